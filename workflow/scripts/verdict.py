from lfptools.study.job import Job

with Job(snakemake) as job:
    from pathlib import Path

    from lfptools.study.stages.verdict import verdict

    inputs = snakemake.input
    checks = [Path(name) for name in inputs.checks if name.endswith(".json")]
    claims, failures, report = Path(inputs.claims), Path(inputs.failures), Path(inputs.report)
    verdict(snakemake.wildcards.study, claims, failures, checks, report, job.output)
