from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.forward import forward

    job.make(forward)
