"""Lead fields, what they make of currents, what recording chains and analyses make of that: no NEURON.

The nearer to the end, the sooner: cases are finished one after the other, and can be looked at while others still run.
"""


rule lead_field:
    input:
        W.inputs("lead_field"),
    output:
        directory(f"{W.folder}/{{study}}/lead_field/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/lead_field/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/lead_field/{{bucket}}.tsv"
    priority: 10
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("lead_field"),
        runtime=W.runtime("lead_field"),
    params:
        depends=W.depends("lead_field"),
    script:
        "../scripts/lead_field.py"


rule forward:
    input:
        W.inputs("forward"),
    output:
        directory(f"{W.folder}/{{study}}/forward/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/forward/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/forward/{{bucket}}.tsv"
    priority: 20
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("forward"),
        runtime=W.runtime("forward"),
    params:
        depends=W.depends("forward"),
    script:
        "../scripts/forward.py"


rule recording:
    input:
        W.inputs("recording"),
    output:
        directory(f"{W.folder}/{{study}}/recording/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/recording/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/recording/{{bucket}}.tsv"
    priority: 30
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("recording"),
        runtime=W.runtime("recording"),
    params:
        depends=W.depends("recording"),
    script:
        "../scripts/recording.py"


rule analysis:
    input:
        W.inputs("analysis"),
    output:
        directory(f"{W.folder}/{{study}}/analysis/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/analysis/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/analysis/{{bucket}}.tsv"
    priority: 40
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("analysis"),
        runtime=W.runtime("analysis"),
    params:
        depends=W.depends("analysis"),
    script:
        "../scripts/analysis.py"


rule gather:
    input:
        W.inputs("gather"),
    output:
        directory(f"{W.folder}/{{study}}/gather/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/gather/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/gather/{{bucket}}.tsv"
    priority: 50
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("gather"),
        runtime=W.runtime("gather"),
    params:
        depends=W.depends("gather"),
    script:
        "../scripts/gather.py"
