from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.recording import recording

    job.make(recording)
