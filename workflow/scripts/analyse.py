from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.analyse import analyse

    plan = job.plan()
    claims = plan.study.model.claims
    analyse(plan.index(), claims, *map(job.path, ("index", "claims", "failures", "data")))
