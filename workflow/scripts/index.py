from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.io.atomic import write_json
    from lfptools.study.index import index

    write_json(index(job.plan()), job.output)
