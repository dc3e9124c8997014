from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.forward import forward

    for member in job.members():
        forward(**member)
