#!/usr/bin/env bash
# What the documentation promises to people who work in Python: the page about the
# model is enough to write it again, and the snippet for notebooks runs as it stands.
# usage: tests/python/run.sh target/release/grokscope
set -euo pipefail
GROKSCOPE=$(realpath "$1"); export GROKSCOPE
cd "$(dirname "$0")/../.."
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

run() { "$GROKSCOPE" run --record log:4 "$@" >/dev/null 2>&1; }
small=(--set task.dim=8 --set task.samples=30 --steps 300)
# Uncentred with noise, momentum, two directions and a test set; decay at N = ∞; more
# neurons than inputs with everything else at its default.
run "${small[@]}" --set network.width=6 --set network.alpha=0.5 --set task.test_samples=20 \
    --set task.label_noise=0.1 --set training.momentum=0.5 --set network.centered=false \
    --set task.target_rank=2 --out "$runs/uncentred"
run "${small[@]}" --set training.weight_decay=1e-3 --set network.init_scale=0.7 --out "$runs/decay"
run "${small[@]}" --set network.width=40 --set seed=123456789012 --set outcome.relative=false \
    --set task.target_scale=2 --set training.learning_rate=0.5 --out "$runs/wide"
python3 tests/python/model.py "$runs"/*

awk '/^```python$/ { inside = 1; next } /^```/ { inside = 0 } inside' docs/notebook.md \
    > "$runs/notebook.py"
python3 "$runs/notebook.py"
echo "3 runs and the notebook agree"
