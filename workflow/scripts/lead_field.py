from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.lead_field import lead_field

    job.make(lead_field)
