#!/usr/bin/env bash
# Drives the real window on a virtual screen: it opens, trains, answers to a
# drag of α with other data (not only other pixels), and writes its files.
#
# Needs Xvfb, xdotool and ImageMagick. Usage: tests/window.sh [BINARY]
# Prints "N passed, M failed" and exits with 1 where anything failed.
set -u

binary=${1:-target/release/grokscope}
size=1280x800
source "$(dirname "$0")/support/screen.sh"

# export KEY: presses the key and leaves the name of the new file in $file.
# What was exported, newest first; the settings of a table stand beside it.
exports() { ls -t "$work/out" | { grep -v '\.toml$' || true; }; }

export_by() {
    local key=$1 before
    before=$(exports | wc -l)
    # The pointer must not rest on something that takes the key.
    xdotool mousemove 640 420
    xdotool key --clearmodifiers "$key"
    more() { [ "$(exports | wc -l)" -gt "$before" ]; }
    wait_for 30 more || return 1
    file=$work/out/$(exports | head -n 1)
}

rows() { grep -vc '^#' "$1"; }
setting() { sed -n "s/^$2 = //p" "$1.toml"; }
curve() { grep -v '^#' "$1" | cut -d, -f1-3; }
last_step() { grep -v '^#' "$1" | tail -n 1 | cut -d, -f1; }

has_progressed() {
    export_by ctrl+d && [ "$(rows "$file")" -gt 40 ] && [ "$(last_step "$file")" -gt 50 ]
}
check "it trains by itself and exports the run as CSV" wait_for 60 has_progressed
[ "$failed" -eq 0 ] || finish
first=$file
check "the file holds its settings" test "$(setting "$first" alpha)" = 0.3

# The handle of α is on the first rail of the left panel, below the menu of networks: drag it to the right.
drag_alpha() {
    xdotool mousemove 79 "$1" mousedown 1
    for x in 90 100 110 120 130 140 150; do
        xdotool mousemove "$x" "$1"
        sleep 0.05
    done
    xdotool mouseup 1
    sleep 2
}
drag_alpha 204
check "the run after a drag of α is exported too" export_by ctrl+d
second=$file
alpha=$(setting "$second" alpha)
echo "        α went from 0.3 to $alpha"
larger() { awk -v a="$alpha" 'BEGIN { exit !(a > 0.5) }'; }
check "the drag changed α in the settings" larger
differ() { # the same steps, other losses
    join -t, <(curve "$first" | sort -t, -k1,1) <(curve "$second" | sort -t, -k1,1) |
        awk -F, 'NR > 2 && $2 != $4 { changed++ } END { exit !(changed > 5) }'
}
check "the drag changed the data of the curve" differ

xdotool key space
sleep 1
export_by ctrl+d && held=$(last_step "$file")
sleep 2
export_by ctrl+d && again=$(last_step "$file")
check "space holds the run" test "${held:-a}" = "${again:-b}"
xdotool key space

check "the loss plot is exported as PNG" export_by ctrl+e
colours() { identify -format %k "$1"; }
check "the picture of the plot is not blank" test "$(colours "$file")" -gt 50
echo "        $(identify -format '%wx%h, %k colours' "$file")"
check "the window is exported as PNG" export_by ctrl+dhift+e
check "the picture of the window is not blank" test "$(colours "$file")" -gt 50
echo "        $(identify -format '%wx%h, %k colours' "$file")"

check "the program is still alive" kill -0 "$app"
xdotool windowclose "$window" 2>/dev/null || xdotool key alt+F4
finish
