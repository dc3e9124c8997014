"""What a reader sees: the index of results, measured claims, figures, the page, the verdict."""


rule index:
    output:
        f"{W.folder}/{{study}}/index.json",
    log:
        f"{W.folder}/{{study}}/logs/index.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/index.tsv"
    priority: 100  # first: results are opened by it while others are still made
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("index"),
        runtime=W.runtime("index"),
    params:
        depends=W.index_depends,
    script:
        "../scripts/index.py"


rule analyse:
    input:
        W.results,
        index=f"{W.folder}/{{study}}/index.json",
    output:
        claims=f"{W.folder}/{{study}}/claims.json",
        failures=f"{W.folder}/{{study}}/failures.json",
        data=directory(f"{W.folder}/{{study}}/data"),
    log:
        f"{W.folder}/{{study}}/logs/analyse.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/analyse.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("analyse"),
        runtime=W.runtime("analyse"),
    params:
        depends=W.analyse_depends,
    script:
        "../scripts/analyse.py"


rule figure:
    input:
        W.figure_inputs,
    output:
        report(
            f"{W.folder}/{{study}}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category="{study}",
            labels={"figure": "{figure}"},
        ),
        multiext(
            f"{W.folder}/{{study}}/figures/{{figure}}", ".pdf", ".png", ".nc", ".csv"
        ),
    log:
        f"{W.folder}/{{study}}/logs/figure/{{figure}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/figure/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("figure"),
        runtime=W.runtime("figure"),
    params:
        depends=W.figure_depends,
        caption=W.figure_caption,
    script:
        "../scripts/figure.py"


rule check:
    input:
        W.check_inputs,
    output:
        multiext(
            f"{W.folder}/{{study}}/checks/{{figure}}",
            ".json",
            ".svg",
            ".pdf",
            ".png",
            ".nc",
            ".csv",
        ),
    log:
        f"{W.folder}/{{study}}/logs/check/{{figure}}.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/check/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("check"),
        runtime=W.runtime("check"),
    params:
        depends=W.check_depends,
    script:
        "../scripts/check.py"


rule report:
    input:
        figures=W.figures,
        checks=W.checks,
        index=f"{W.folder}/{{study}}/index.json",
        claims=f"{W.folder}/{{study}}/claims.json",
        failures=f"{W.folder}/{{study}}/failures.json",
    output:
        f"{W.folder}/{{study}}/report.html",
    log:
        f"{W.folder}/{{study}}/logs/report.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/report.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("report"),
        runtime=W.runtime("report"),
    params:
        depends=W.report_depends,
    script:
        "../scripts/report.py"


rule verdict:
    input:
        claims=f"{W.folder}/{{study}}/claims.json",
        failures=f"{W.folder}/{{study}}/failures.json",
        checks=W.checks,
        report=f"{W.folder}/{{study}}/report.html",
    output:
        f"{W.folder}/{{study}}/verdict.txt",
    log:
        f"{W.folder}/{{study}}/logs/verdict.log",
    benchmark:
        f"{W.folder}/{{study}}/benchmarks/verdict.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=W.memory("verdict"),
        runtime=W.runtime("verdict"),
    params:
        depends=W.verdict_depends,
    script:
        "../scripts/verdict.py"
