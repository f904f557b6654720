#!/usr/bin/env bash
# Makes the pictures of the gallery in the README: bash assets/pictures/gallery.sh
# GROKSCOPE is the program; built where it is not given.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/assets/pictures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${GROKSCOPE:-}" ]; then
    cargo build --release --quiet
    GROKSCOPE=$PWD/target/release/grokscope
fi

run() { "$GROKSCOPE" "$@" >/dev/null 2>"$work/log" || { cat "$work/log"; exit 1; }; }
page=(--width 114mm --font-size 8)

# The opening run, and what laziness does to it.
for alpha in 0.1 0.3 1 3; do
    run run --preset grokking --engine flow --set "network.alpha=$alpha" --out "$work/alpha-$alpha"
done
run plot "$work/alpha-0.3" --out "$out/gallery-run.svg" "${page[@]}"
run plot "$work"/alpha-* --plot loss --out "$out/gallery-alpha.svg" "${page[@]}" --height 85mm
# How much of the kernel points at the target.
run plot "$work"/alpha-* --plot lower --lower feature_alignment --out "$out/gallery-features.svg" \
    "${page[@]}" --height 85mm --theme black
# Where it groks.
run sweep run assets/sweeps/figure3e-small.toml --out "$work/sweep"
run sweep picture "$work/sweep" --out "$out/gallery-diagram.svg" "${page[@]}"
ls -l "$out"/gallery-*.svg
