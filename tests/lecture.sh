#!/usr/bin/env bash
# Rehearses the lecture that ships with the program in a real window on a virtual
# screen, with keys alone: every step comes on, shows something else than the one
# before, and the window is as before at the end.
#
# Needs Xvfb, xdotool and ImageMagick. Usage: tests/lecture.sh [BINARY [DIRECTORY]]
# DIRECTORY receives a picture of each step. Prints "N passed, M failed" and exits
# with 1 where anything failed.
set -u

binary=${1:-target/release/grokscope}
work=$(mktemp -d)
pictures=${2:-$work/pictures}
size=${LECTURE_SIZE:-1366x768}
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

for tool in Xvfb xdotool import identify compare; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing: sudo apt install xvfb xdotool imagemagick"
        exit 1
    }
done
[ -x "$binary" ] || {
    echo "$binary is missing: cargo build --release"
    exit 1
}
mkdir -p "$pictures" "$work/home" "$work/out"

# The server itself picks a free display.
mkfifo "$work/display"
Xvfb -displayfd 3 -screen 0 "${size}x24" +extension GLX 3>"$work/display" 2>/dev/null &
xvfb=$!
read -r number <"$work/display"
export DISPLAY=":$number"
unset WAYLAND_DISPLAY
HOME="$work/home" XDG_DATA_HOME="$work/home" XDG_CONFIG_HOME="$work/home" \
    GROKSCOPE_EXPORT_DIR="$work/out" LIBGL_ALWAYS_SOFTWARE=1 \
    "$binary" >"$work/log" 2>&1 &
app=$!

find_window() {
    window=$(xdotool search --onlyvisible --name '^Grokscope$' 2>/dev/null | head -n 1)
    [ -n "$window" ]
}
check "the window opens" wait_for 60 find_window
[ "$failed" -eq 0 ] || finish
xdotool windowfocus "$window" 2>/dev/null
xdotool windowmove "$window" 0 0 windowsize "$window" "${size%x*}" "${size#*x}" 2>/dev/null
xdotool mousemove 10 10
sleep 2

press() { xdotool key --clearmodifiers "$1"; sleep "${2:-0.5}"; }
shot() { import -window "$window" "$pictures/$1.png"; }
colours() { identify -format %k "$pictures/$1.png"; }
# Pixels in which two pictures differ.
differ() {
    local pixels
    pixels=$(compare -metric AE -fuzz 5% "$pictures/$1.png" "$pictures/$2.png" null: 2>&1 || true)
    [ "${pixels%%.*}" -gt "$3" ] 2>/dev/null
}

shot window
press F5 2
shot begun
check "F5 begins the lecture" differ window begun 20000
steps=9
before=begun
for step in $(seq 1 "$steps"); do
    # As long as a sentence or two takes; every run of the story is at work meanwhile.
    sleep "${LECTURE_PAUSE:-4}"
    shot "step-$step"
    check "step $step is on the screen" test "$(colours "step-$step")" -gt 60
    [ "$step" -gt 1 ] && check "step $step shows something else" differ "$before" "step-$step" 3000
    before=step-$step
    press Next 1.5
done
check "the program is still alive" kill -0 "$app"

press Home 4
shot again
check "Home leads back to the first step" differ "step-$steps" again 3000
press b 0.7
shot blank
check "B blanks the screen" test "$(colours blank)" -le 2
press period 0.7
shot back
check "a full stop brings it back" test "$(colours back)" -gt 60
press s 1
shot sliders
check "S brings the settings" differ back sliders 5000
press r 1
press p 0.5
xdotool mousemove 500 300 mousedown 1
for x in 520 540 560 580 600; do
    xdotool mousemove "$x" $((300 + (x - 500) / 2))
    sleep 0.05
done
xdotool mouseup 1
press p 0.5
shot drawn
press c 0.7
shot cleared
check "the pen draws, and C takes it away" differ drawn cleared 100
press v 2
presenter() {
    notes=$(xdotool search --onlyvisible --name "presenter's view" 2>/dev/null | head -n 1)
    [ -n "$notes" ]
}
check "V opens the presenter's view in a window of its own" wait_for 10 presenter
[ -n "${notes:-}" ] && import -window "$notes" "$pictures/presenter.png"
xdotool windowfocus "$window" 2>/dev/null
press v 1
gone() { ! presenter; }
check "V closes it" wait_for 10 gone
xdotool windowfocus "$window" 2>/dev/null
press Escape 2
shot left
check "Esc leaves the lecture" differ again left 20000
check "the program is still alive at the end" kill -0 "$app"
finish
