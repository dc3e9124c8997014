from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.report import report

    plan = job.plan(derived=False)
    provenance = job.provenance(plan, "report", {}, [case.id for case in plan.study.cases], plan.file_hashes())
    report(plan.results, plan.study.config().get("figures", {}), plan.folder, job.output, provenance)
