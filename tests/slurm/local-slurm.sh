# A Slurm cluster on this machine: munged, slurmctld and two slurmds on loopback,
# without systemd and without cgroups. To be sourced. Needs root and the Debian
# packages slurmctld, slurmd, slurm-client and munge.
#
#   start_slurm DIR   DIR is absolute, and others may enter every parent of it
#   stop_slurm        ends what start_slurm started; call it in a trap

start_slurm() {
    slurm_dir=$1
    mkdir -p "$slurm_dir"/{state,spool,log,run,munge}
    chmod 700 "$slurm_dir/munge"
    cat > "$slurm_dir/slurm.conf" <<CONF
ClusterName=ci
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$slurm_dir/run/munge.sock,cred_expire=6
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$slurm_dir/state
SlurmdSpoolDir=$slurm_dir/spool/%n
SlurmctldPidFile=$slurm_dir/run/slurmctld.pid
SlurmdPidFile=$slurm_dir/run/slurmd-%n.pid
SlurmctldLogFile=$slurm_dir/log/slurmctld.log
SlurmdLogFile=$slurm_dir/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
MaxArraySize=1001
ReturnToService=2
JobRequeue=1
SlurmdTimeout=10
MessageTimeout=10
KillWait=2
MinJobAge=600
MailProg=/bin/true
NodeName=n1 NodeAddr=127.0.0.1 NodeHostname=localhost Port=16821 CPUs=2 RealMemory=1000
NodeName=n2 NodeAddr=127.0.0.1 NodeHostname=localhost Port=16822 CPUs=2 RealMemory=1000
PartitionName=ci Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF=$slurm_dir/slurm.conf
    head -c 1024 /dev/urandom > "$slurm_dir/munge/munge.key"
    chmod 400 "$slurm_dir/munge/munge.key"
    # In sessions of their own: a daemon that ends signals its process group.
    setsid munged --key-file="$slurm_dir/munge/munge.key" --socket="$slurm_dir/run/munge.sock" \
        --pid-file="$slurm_dir/munge/munged.pid" --log-file="$slurm_dir/munge/munged.log" \
        --seed-file="$slurm_dir/munge/munged.seed" --num-threads=2
    setsid slurmctld -f "$SLURM_CONF"
    local node
    for node in n1 n2; do setsid slurmd -N "$node" -f "$SLURM_CONF"; done
    for _ in $(seq 60); do
        [ "$(sinfo --noheader --states=idle --format=%D 2>/dev/null)" = 2 ] && return
        sleep 0.5
    done
    echo "the nodes do not come up:" >&2
    tail -n 20 "$slurm_dir"/log/*.log >&2
    return 1
}

# The processes are told apart by the pid files in the directory, so that no other
# Slurm on this machine is touched.
stop_slurm() {
    [ -n "${slurm_dir:-}" ] || return 0
    scancel --full --state=RUNNING,PENDING --user=root 2>/dev/null || true
    local file pid
    for file in "$slurm_dir"/run/slurmd-n1.pid "$slurm_dir"/run/slurmd-n2.pid \
        "$slurm_dir"/run/slurmctld.pid "$slurm_dir"/munge/munged.pid; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
    done
    slurm_dir=
}
