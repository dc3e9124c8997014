# A job of two MPI ranks through the Slurm executor, as a rule of a network's simulation asks for them. mpirun starts its
# ranks itself: inside a job it would ask srun, which a node on the loopback address does not reach.


rule ranks:
    output:
        "ranks.txt",
    resources:
        mpi="mpirun",
        tasks=2,
        mem_mb=500,
        runtime=5,
    shell:
        "{resources.mpi} --mca plm ^slurm --mca ras ^slurm --allow-run-as-root --oversubscribe -n {resources.tasks} bash -c "
        "'echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE' > {output}"
