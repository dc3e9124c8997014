from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.report import report

    plan = job.plan()
    report(plan.results, plan.study.config().get("figures", {}), plan.folder, job.output, job.provenance(plan))
