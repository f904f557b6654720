# Opens the program in a window on a virtual screen, for a script that is sourced
# from: it sets `binary` and `size` (WIDTHxHEIGHT) before. What the program writes goes
# to $work/out, what it says to $work/log; `check` counts, `finish` ends.
#
# Needs Xvfb, xdotool and ImageMagick.
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
mkdir -p "$work/home" "$work/out"

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
    window=$(xdotool search --onlyvisible --name '^Grokscope' 2>/dev/null | head -n 1)
    [ -n "$window" ]
}
check "the window opens with the title Grokscope" wait_for 60 find_window
[ "$failed" -eq 0 ] || finish
xdotool windowfocus "$window" 2>/dev/null
xdotool windowmove "$window" 0 0 windowsize "$window" "${size%x*}" "${size#*x}" 2>/dev/null
xdotool mousemove 10 10
sleep 2
