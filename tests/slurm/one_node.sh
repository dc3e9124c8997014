#!/usr/bin/env bash
# A Slurm of one node on the loopback address: one_node.sh start FOLDER | stop FOLDER. Needs root, slurm-wlm and munge.
# The files that it puts in place of others (slurm.conf, munge.key) are given back by `stop`.
set -euo pipefail
action=$1 folder=$2
host=$(hostname -s)

start() {
    mkdir -p "$folder"/{spool,state,log}
    [ ! -e /etc/slurm/slurm.conf ] || cp -p /etc/slurm/slurm.conf "$folder/slurm.conf.before"
    mkdir -p /etc/slurm /run/munge
    grep -q "[[:space:]]$host\$" /etc/hosts || { echo "127.0.0.1 $host" >>/etc/hosts; touch "$folder/hosts.changed"; }
    cat >/etc/slurm/slurm.conf <<CONF
ClusterName=lfptools
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MinJobAge=300
ReturnToService=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(free -m | awk '/^Mem/ {print int($2 * 0.9)}') State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
    [ -e /etc/munge/munge.key ] || { mungekey --create --force; touch "$folder/munge.made"; }
    chown -R munge: /etc/munge /var/lib/munge /var/log/munge /run/munge
    pgrep -x munged >/dev/null || { su -s /bin/sh munge -c "munged --force"; touch "$folder/munged.started"; }
    slurmctld
    slurmd
    for _ in $(seq 30); do
        sinfo -h -o %T 2>/dev/null | grep -q idle && return 0
        sleep 1
    done
    tail -20 "$folder"/log/*.log >&2
    echo "Slurm did not start" >&2
    return 1
}

stop() {
    for name in slurmd slurmctld; do
        [ ! -e "$folder/$name.pid" ] || kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
    done
    [ ! -e "$folder/munged.started" ] || pkill -x munged || true
    if [ -e "$folder/slurm.conf.before" ]; then
        mv "$folder/slurm.conf.before" /etc/slurm/slurm.conf
    else
        rm -f /etc/slurm/slurm.conf
    fi
    [ ! -e "$folder/munge.made" ] || rm -f /etc/munge/munge.key
    [ ! -e "$folder/hosts.changed" ] || sed -i "/^127.0.0.1 $host\$/d" /etc/hosts
}

"$action"
