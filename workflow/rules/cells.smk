"""Mod files, cells and their runs: the rules that need NEURON."""


rule compile:
    output:
        directory(f"{W.folder}/{{study}}/compile/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/compile/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/compile/{{bucket}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("compile"),
        runtime=W.runtime("compile"),
    params:
        depends=W.depends("compile"),
    script:
        "../scripts/compile.py"


rule capture:
    input:
        W.inputs("capture"),
    output:
        directory(f"{W.folder}/{{study}}/capture/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/capture/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/capture/{{bucket}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("capture"),
        runtime=W.runtime("capture"),
    params:
        depends=W.depends("capture"),
    script:
        "../scripts/capture.py"


rule build:
    input:
        W.inputs("build"),
    output:
        directory(f"{W.folder}/{{study}}/build/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/build/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/build/{{bucket}}.tsv"
    priority: 5  # short, and lead fields wait for it
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("build"),
        runtime=W.runtime("build"),
    params:
        depends=W.depends("build"),
    script:
        "../scripts/build.py"


rule simulate:
    input:
        W.inputs("simulate"),
    output:
        directory(f"{W.folder}/{{study}}/simulate/{{bucket}}"),
    log:
        f"{W.folder}/{{study}}/logs/simulate/{{bucket}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/simulate/{{bucket}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("simulate"),
        runtime=W.runtime("simulate"),
    params:
        depends=W.depends("simulate"),
    script:
        "../scripts/simulate.py"
