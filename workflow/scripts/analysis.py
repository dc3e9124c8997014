from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.analysis import analysis

    job.make(analysis)
