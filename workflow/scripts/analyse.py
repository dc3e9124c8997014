from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.analyse import analyse

    plan = job.plan()
    analyse(plan.index(), plan.study.model.claims, job.path("index"), job.path("claims"))
