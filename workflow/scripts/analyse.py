from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.analyse import analyse

    claims = job.plan().study.model.claims
    analyse(snakemake.input.index, claims, *map(job.path, ("claims", "failures", "data")))
