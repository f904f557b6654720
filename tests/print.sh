#!/usr/bin/env bash
# Figures for print, by a build without a window and on no screen: opened by renderers
# and readers that are not ours, and their text found as text.
# usage: tests/print.sh target/release/grokscope
# Needs rsvg-convert (librsvg), pdftotext (poppler), mutool (mupdf) and qpdf.
set -euo pipefail
grokscope=$(realpath "$1")
unset DISPLAY WAYLAND_DISPLAY
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0

ok() { passed=$((passed + 1)); }
fail() { echo "FAILED: $*"; exit 1; }
has() { # has FILE TEXT…: the PDF's text, found by both readers, has them
    local file=$1 text both
    shift
    pdftotext -layout "$file" text.txt 2>errors.txt || fail "pdftotext $file"
    [ ! -s errors.txt ] || fail "$file: $(cat errors.txt)"
    mutool draw -q -F txt -o mutool.txt "$file" 2>errors.txt || fail "mutool $file"
    ! grep -i error errors.txt || fail "$file by mutool"
    qpdf --check "$file" >/dev/null || fail "qpdf $file"
    for both in text.txt mutool.txt; do
        for text in "$@"; do
            tr -s ' \n' ' ' <"$both" | grep -qF -- "$text" || fail "$file: no \"$text\" in $both"
        done
    done
    ok
}
drawn() { # drawn FILE.svg: another renderer reads it
    rsvg-convert "$1" -o by-librsvg.png 2>errors.txt || fail "librsvg: $(cat errors.txt)"
    [ ! -s errors.txt ] || fail "$1: $(cat errors.txt)"
    [ "$(stat -c %s by-librsvg.png)" -gt 3000 ] || fail "$1 is empty by librsvg"
    ok
}

quiet() { "$@" >/dev/null 2>log.txt || { cat log.txt; fail "$*"; }; }
small=(--set task.dim=10 --set task.samples=40 --steps 5000 --record log:20)
for alpha in 0.3 1 3; do
    quiet "$grokscope" run "${small[@]}" --set "network.alpha=$alpha" --out "run-$alpha"
done
for theme in light dark black; do
    quiet "$grokscope" plot run-0.3 --out "$theme.svg" --theme "$theme" --width 85mm
    quiet "$grokscope" plot run-0.3 run-1 run-3 --out "$theme.pdf" --theme "$theme" --width 174mm
    quiet "$grokscope" plot run-1 --out "$theme.png" --theme "$theme" --log-loss --plot loss
    drawn "$theme.svg"
    has "$theme.pdf" "loss (mean squared error)" "training step" "α = 3, test" "D = 10"
    [ "$(head -c 4 "$theme.png" | tail -c 3)" = PNG ] || fail "$theme.png"
done

quiet "$grokscope" figure 4 --engine flow --out figure.pdf --width 174mm
has figure.pdf "Figure 4" "loss (mean squared error)" "training step"

printf '[base]\ntask.dim = 10\ntask.samples = 30\ntraining.engine = "flow"\ntraining.steps = 2000\n[axes]\n"network.alpha" = [0.3, 1.0, 3.0]\n"network.epsilon" = [0.1, 0.3]\n' >sweep.toml
quiet "$grokscope" sweep run sweep.toml --out sweep
quiet "$grokscope" sweep picture sweep --out sweep.svg
quiet "$grokscope" sweep picture sweep --out sweep.pdf --measure t_test --theme black
drawn sweep.svg
has sweep.pdf "steps to generalise" "α, output scale"
"$grokscope" sweep picture sweep --out sweep.png >/dev/null || fail "a PNG without a window"
echo "$passed passed, 0 failed"
