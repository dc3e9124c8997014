from lfptools.study.job import Job

with Job(snakemake) as job:
    from lfptools.study.stages.compile import compile_folder

    job.make(compile_folder)
