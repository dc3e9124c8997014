from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.compile import compile_folder

    for member in job.members():
        compile_folder(**member)
