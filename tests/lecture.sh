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
size=${LECTURE_SIZE:-1366x768}
source "$(dirname "$0")/support/screen.sh"
pictures=${2:-$work/pictures}
mkdir -p "$pictures"

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
