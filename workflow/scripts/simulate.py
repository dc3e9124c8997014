from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.simulate import simulate

    job.make(simulate)
