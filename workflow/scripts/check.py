from lfptools.study.job import Job
from lfptools.study.workflow import check_config, check_sources, figure_config

with Job(snakemake) as job:
    from lfptools.study.stages.check import asked_of, check

    plan, name = job.plan(), snakemake.wildcards.figure
    provenance = job.provenance(plan, name, check_config(plan, name), *check_sources(plan, name))
    check(name, figure_config(plan, name), asked_of(plan, name), job.output.with_suffix(""), provenance)
