from lfptools.study.job import Job

with Job(snakemake) as job:
    from pathlib import Path

    from lfptools.study.stages.verdict import verdict

    verdict(snakemake.wildcards.study, Path(snakemake.input.claims), Path(snakemake.input.report), job.output)
