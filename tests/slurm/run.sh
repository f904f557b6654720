#!/usr/bin/env bash
# A sweep through a real Slurm and through GNU parallel, with tasks that are killed,
# requeued and told to stop on the way: merged, it has the bytes of one undisturbed
# run. Takes about a minute.
#
# usage: tests/slurm/run.sh [--install] GROKSCOPE
#
# Slurm needs root. --install gets the Debian packages first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" = --install ]; then
    shift
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        slurmctld slurmd slurm-client munge parallel >/dev/null
fi
grokscope=$(realpath "${1:?usage: run.sh [--install] GROKSCOPE}")
for program in slurmctld slurmd sbatch munged parallel; do
    command -v "$program" >/dev/null || {
        echo "$program is missing: run it with --install, or see docs/cluster.md" >&2
        exit 1
    }
done
. "$here/local-slurm.sh"

work=$(mktemp -d /tmp/grokscope-slurm.XXXXXX)
chmod 755 "$work"
finish() {
    status=$?
    stop_slurm
    [ "$status" = 0 ] || tail -n 30 "$work"/*/submit/*.log "$work"/cluster/log/*.log 2>/dev/null >&2
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '%3s s  %s\n' "$SECONDS" "$1"; }
sweep() { "$grokscope" sweep "$@"; }
fail() { echo "failed: $1" >&2; exit 1; }

# Figure 3(e) at D = 30 with a fine tolerance, so that a shard lasts some seconds.
spec=$work/small.toml
cat "$here/../../assets/sweeps/figure3e-small.toml" - > "$spec" <<'TOML'
tolerance = 1e-7
TOML

say "one undisturbed run"
sweep run "$spec" --out "$work/one" >/dev/null
sweep merge "$work/one" >/dev/null

same() {
    for table in results.jsonl results.csv; do
        cmp "$work/one/$table" "$1/$table" || fail "$1/$table differs from the undisturbed run's"
    done
}

say "Slurm comes up"
start_slurm "$work/cluster"
out=$work/slurm
log=$out/submit

# State of a task, such as RUNNING; empty once Slurm has forgotten it.
state() { squeue --noheader --array --states=all --jobs="$1" --format=%T 2>/dev/null || true; }
wait_for() { # JOB_TASK STATE
    for _ in $(seq 1200); do
        [ "$(state "$1")" = "$2" ] && return
        sleep 0.1
    done
    fail "task $1 is '$(state "$1")', not $2"
}
# The process of a task, once its first cells are done.
process_of() { # SHARD
    for _ in $(seq 200); do
        for file in "$out"/attempts/"$1"of*; do
            if [ -e "$file" ] && [ "$(wc -l < "$file")" -ge 3 ]; then
                head -n 1 "$file" | grep -o '"pid":[0-9]*' | cut -d: -f2
                return
            fi
        done
        sleep 0.02
    done
    fail "shard $1 does not begin"
}

say "an array of 4 shards, one of them killed, one requeued, one told to stop"
submitted=$(sweep submit "$spec" --engine slurm --out "$out" --shards 4)
job=$(grep -oE '[0-9]+$' <<<"$(grep 'Submitted batch job' <<<"$submitted")")
kill -9 "$(process_of 0)"
# B: signals the batch process itself, as Slurm does before the time limit.
scancel --batch --signal=TERM "${job}_1"
process_of 2 >/dev/null
scontrol requeue "${job}_2"
wait_for "${job}_0" FAILED
wait_for "${job}_1" FAILED
scontrol show job "${job}_1" | grep -q 'ExitCode=75:0' || fail "the task told to stop did not exit with 75"
grep -q 'told to stop' "$log/slurm-${job}_1.log" || fail "the task told to stop did not say so"
# A requeued task waits until its credential has expired, then goes on by itself.
wait_for "${job}_2" COMPLETED
wait_for "${job}_3" COMPLETED
sweep status "$out"
if sweep merge "$out" >/dev/null 2>"$work/gaps"; then fail "a merge with gaps succeeds"; fi
grep -q 'cells are missing' "$work/gaps" || fail "the merge does not tell its gaps"

say "what is missing is submitted again"
submitted=$(sweep submit "$spec" --engine slurm --out "$out" --resume)
grep 'submitted 2 of 4 shards (0, 1)' <<<"$submitted" || fail "not the two that are incomplete"
grep -q '/4 --threads' "$log/slurm.sh" || fail "the number of shards changed"
for _ in $(seq 300); do
    [ -z "$(squeue --noheader 2>/dev/null)" ] && break
    sleep 0.2
done
sweep merge "$out"
same "$out"
sweep submit "$spec" --engine slurm --out "$out" --resume | grep -q 'nothing to submit' ||
    fail "a complete sweep is submitted again"

say "a directory with a hostile name, and every option, pass sbatch"
hostile="$work/100%job it's #1 \"α\" \$(id)"
mkdir "$hostile"
for time in 90 10:00 01:00:00 1-12 1-2:3 1-02:03:04 UNLIMITED; do
    sweep submit "$spec" --engine slurm --out "$hostile/out" --shards 2 --time "$time" --mem 100M \
        --account "my lab" --qos "it's" --extra-arg="--comment=a # b %j" \
        --extra-arg=--nice=5 --dry-run > "$work/try.sh"
    sbatch --test-only "$work/try.sh" 2>"$work/test-only" ||
        fail "--time $time: $(cat "$work/test-only")"
done
submitted=$(sweep submit "$spec" --engine slurm --out "$hostile/out" --shards 2)
job=$(grep -oE '[0-9]+$' <<<"$(grep 'Submitted batch job' <<<"$submitted")")
wait_for "${job}_0" COMPLETED
wait_for "${job}_1" COMPLETED
sweep merge "$hostile/out" >/dev/null
same "$hostile/out"
[ -e "$hostile/out/submit/slurm-${job}_0.log" ] || fail "the log is not where it should be"

say "cells that last longer than their tasks"
long=$work/long.toml
cat > "$long" <<'TOML'
[base.task]
dim = 40
samples = 150
[base.network]
width = 60
[base.training]
weight_decay = 1e-6
steps = 150000
[measures]
stop = "horizon"
[axes]
"network.alpha" = [1.0, 2.0]
TOML
sweep run "$long" --out "$work/long-one" >/dev/null 2>&1
sweep merge "$work/long-one" >/dev/null
out=$work/long
for attempt in 1 2; do
    submitted=$(sweep submit "$long" --engine slurm --out "$out" --shards 2 --resume)
    job=$(grep -oE '[0-9]+$' <<<"$(grep 'Submitted batch job' <<<"$submitted")")
    wait_for "${job}_0" RUNNING
    wait_for "${job}_1" RUNNING
    sleep 1
    scancel --batch --signal=TERM "$job"
    wait_for "${job}_0" FAILED
    wait_for "${job}_1" FAILED
    sweep status "$out" | grep -q '2 under way' || fail "attempt $attempt keeps nothing"
done
submitted=$(sweep submit "$long" --engine slurm --out "$out" --resume)
job=$(grep -oE '[0-9]+$' <<<"$(grep 'Submitted batch job' <<<"$submitted")")
wait_for "${job}_0" COMPLETED
wait_for "${job}_1" COMPLETED
sweep merge "$out" >/dev/null
cmp "$work/long-one/results.jsonl" "$out/results.jsonl" || fail "the long cells differ"
stop_slurm

say "GNU parallel, stopped and resumed"
out=$work/parallel
JOBS=2 sweep submit "$spec" --engine parallel --out "$out" --shards 4 >/dev/null 2>&1 &
submit=$!
kill -9 "$(process_of 0)"
kill -TERM "$(process_of 1)"
if wait "$submit"; then fail "parallel does not tell that tasks failed"; fi
JOBS=2 sweep submit "$spec" --engine parallel --out "$out" --resume | grep 'submitted'
sweep merge "$out"
same "$out"
say "all byte for byte the same"
