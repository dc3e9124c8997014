from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.capture import capture

    job.make(capture)
