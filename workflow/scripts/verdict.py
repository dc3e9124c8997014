from lfptools.study.job import Job

with Job(snakemake) as job:
    from pathlib import Path

    from lfptools.study.stages.verdict import verdict

    inputs = snakemake.input
    verdict(snakemake.wildcards.study, Path(inputs.claims), Path(inputs.failures), Path(inputs.report), job.output)
