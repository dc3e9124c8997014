from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.index import index
    from lfptools.study.stages.analyse import analyse

    plan = job.plan()
    claims = plan.study.model.claims
    analyse(index(plan), claims, *map(job.path, ("index", "claims", "failures", "data")))
