from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.build import build

    job.make(build)
