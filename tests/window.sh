#!/usr/bin/env bash
# Drives the real window on a virtual screen: it opens, trains, answers to a
# drag of α with other data (not only other pixels), and writes its files.
#
# Needs Xvfb, xdotool and ImageMagick. Usage: tests/window.sh [BINARY]
# Prints "N passed, M failed" and exits with 1 where anything failed.
set -u

binary=${1:-target/release/grokscope}
work=$(mktemp -d)
passed=0
failed=0
app=
xvfb=

cleanup() {
    [ -n "$app" ] && kill "$app" 2>/dev/null && wait "$app" 2>/dev/null
    [ -n "$xvfb" ] && kill "$xvfb" 2>/dev/null && wait "$xvfb" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

check() { # check DESCRIPTION COMMAND…
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what"
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && exit 0
    echo "--- the program said:"
    cat "$work/log"
    exit 1
}

wait_for() { # wait_for SECONDS COMMAND…
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -ge "$until" ] && return 1
        kill -0 "$app" 2>/dev/null || return 1
        sleep 0.25
    done
}

for tool in Xvfb xdotool import identify; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing: sudo apt install xvfb xdotool imagemagick"
        exit 1
    }
done
[ -x "$binary" ] || {
    echo "$binary is missing: cargo build --release"
    exit 1
}

# The server itself picks a free display.
mkfifo "$work/display"
Xvfb -displayfd 3 -screen 0 1280x800x24 +extension GLX 3>"$work/display" 2>/dev/null &
xvfb=$!
read -r number <"$work/display"
export DISPLAY=":$number"
unset WAYLAND_DISPLAY

mkdir "$work/out" "$work/home"
HOME="$work/home" XDG_DATA_HOME="$work/home" XDG_CONFIG_HOME="$work/home" \
    GROKSCOPE_EXPORT_DIR="$work/out" LIBGL_ALWAYS_SOFTWARE=1 \
    "$binary" >"$work/log" 2>&1 &
app=$!

find_window() {
    window=$(xdotool search --onlyvisible --name '^Grokscope' 2>/dev/null | head -n 1)
    [ -n "$window" ]
}
check "the window opens with the title Grokscope" wait_for 60 find_window
[ "$failed" -eq 0 ] || finish
xdotool windowfocus "$window" 2>/dev/null
xdotool windowmove "$window" 0 0 windowsize "$window" 1280 800 2>/dev/null
sleep 1

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
