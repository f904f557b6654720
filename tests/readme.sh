#!/usr/bin/env bash
# Runs every command of the README, as it stands there, from the project's root.
# `cargo test --release` is left to whoever calls this; the command that opens the
# window is given a virtual screen and must still be open after some seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0
scratch=(runs)
cleanup() {
    rm -rf "${scratch[@]}"
    # The picture differs in no more than rounding between machines.
    git checkout -q -- assets/pictures 2>/dev/null || true
}
trap cleanup EXIT
for directory in "${scratch[@]}"; do
    [ ! -e "$directory" ] || { echo "$directory exists already"; exit 1; }
done

while IFS= read -r command; do
    case "$command" in
    "cargo test --release") continue ;;
    "cargo run --release")
        echo "--- $command (on a virtual screen)"
        cargo build --release --quiet
        status=0
        timeout 8 xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX" $command --quiet || status=$?
        [ "$status" = 124 ] || { echo "FAILED: the window closed with $status"; exit 1; }
        ;;
    *)
        echo "--- $command"
        $command >/dev/null || { echo "FAILED: $command"; exit 1; }
        ;;
    esac
    passed=$((passed + 1))
done < <(awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside && NF' README.md)

for picture in grokking figure3e; do
    [ -s "assets/pictures/$picture.png" ] || { echo "FAILED: no picture of $picture"; exit 1; }
done
echo "$passed passed, 0 failed"
