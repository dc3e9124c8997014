from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.simulate import simulate

    for member in job.members():
        simulate(**member)
