#!/usr/bin/env bash
# What `make slurm-test` does: a Slurm of one node, a study through it, an MPI job with its ranks, and all taken down again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) bin=$1 study=${2:-quickstart}
for program in slurmctld slurmd sbatch munged; do
    command -v "$program" >/dev/null || PATH=$PATH:/usr/sbin command -v "$program" >/dev/null ||
        { echo "$program is not there: apt-get install slurm-wlm munge" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "slurm-test starts daemons and writes /etc/slurm/slurm.conf: it needs root" >&2; exit 1; }
export PATH=$bin:/usr/sbin:$PATH
folder=$(mktemp -d)
trap 'bash "$here/one_node.sh" stop "$folder"; rm -rf "$folder"' EXIT
bash "$here/one_node.sh" start "$folder"
mkdir "$folder/work"
cd "$folder/work"

# One node keeps no accounts, so the jobs' states come from squeue; a real cluster needs neither of these words.
one_node=(--slurm-no-account --slurm-status-command squeue --slurm-init-seconds-before-status-checks 3
    --seconds-between-status-checks 3 --slurm-keep-successful-logs)
lfptools run "$study" -- --workflow-profile "$(dirname "$(dirname "$here")")/profiles/slurm" "${one_node[@]}"
test -s "results/$study/verdict.txt"
submitted=$(find .snakemake/slurm_logs -name '*.log' 2>/dev/null | wc -l)
[ "$submitted" -gt 5 ] || { echo "only $submitted jobs went through Slurm" >&2; exit 1; }
echo "$study went through Slurm in $submitted jobs"

lfptools run "$study" -- --workflow-profile "$(dirname "$(dirname "$here")")/profiles/slurm" "${one_node[@]}" |
    grep -q "claims are met" && echo "and a second run has nothing to do"

snakemake --snakefile "$here/mpi.smk" --executor slurm --jobs 2 "${one_node[@]}" >"$folder/mpi.log" 2>&1 ||
    { cat "$folder/mpi.log" .snakemake/slurm_logs/rule_ranks/*.log >&2; exit 1; }
[ "$(sort -u ranks.txt | tr '\n' ' ')" = "0 of 2 1 of 2 " ] || { cat ranks.txt >&2; exit 1; }
echo "an MPI job had its two ranks"
