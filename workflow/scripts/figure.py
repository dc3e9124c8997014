from lfptools.study.job import Job
from lfptools.study.workflow import figure_config

with Job(snakemake) as job:
    from lfptools.study.stages.figure import figure

    plan = job.plan()
    config = figure_config(plan, snakemake.wildcards.figure)
    provenance = job.provenance(plan, snakemake.wildcards.figure, {"figure": config, "study": plan.study.config()})
    figure(plan.results, config, job.output.with_suffix(""), provenance)
