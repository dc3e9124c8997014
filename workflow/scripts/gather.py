from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.gather import gather

    job.make(gather)
