from lfptools.study.job import Job
from lfptools.study.workflow import figure_config, figure_sources

with Job(snakemake) as job:
    from lfptools.study.stages.figure import figure

    plan = job.plan(derived=False)
    config = figure_config(plan, snakemake.wildcards.figure)
    cases, hashes = figure_sources(plan, config)
    provenance = job.provenance(plan, snakemake.wildcards.figure, config, cases, hashes)
    figure(plan.results, config, job.output.with_suffix(""), provenance)
