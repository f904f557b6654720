//! Cells over two axes, their colour bar and the legend of their classes.

use super::colour::{Rgb, ink_on, mixed};
use super::draw::{Frame, Pens, ROW, flow};
use super::svg::{Anchor, Stroke, Svg};
use super::{Cells, Fill, Span, font};
use crate::sweep::diagram::Class;

fn colour(pens: &Pens<'_>, fill: Fill) -> Rgb {
    match fill {
        Fill::Measure(measure, part) => pens.palette.measure(measure, part),
        Fill::Class(class) => pens.palette.ground(class),
        Fill::Ground => pens.ground(),
    }
}

/// Draws the cells into a frame.
pub(super) fn draw(svg: &mut Svg, pens: &Pens<'_>, cells: &Cells, frame: Frame) {
    let [columns, rows] = cells.size;
    let width = frame.width / columns.max(1) as f64;
    let height = frame.height / rows.max(1) as f64;
    let rect = |k: usize| {
        let (x, y) = (k / rows.max(1), k % rows.max(1));
        [
            frame.left + x as f64 * width,
            frame.bottom() - (y + 1) as f64 * height,
            width,
            height,
        ]
    };
    // Of one colour with their neighbours' edges: no seams between them.
    for (k, cell) in cells.cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        let fill = colour(pens, cell.fill);
        let edge = Stroke::solid(fill, 0.25);
        let edge = (!matches!(cell.fill, Fill::Ground)).then_some(&edge);
        svg.rect(rect(k), Some(fill), edge);
    }
    for (k, cell) in cells.cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        let at = rect(k);
        let fill = colour(pens, cell.fill);
        if !cell.curves.is_empty() {
            let edge = Stroke::solid(super::colour::rgb(pens.palette.grid), pens.hair());
            svg.rect(at, None, Some(&edge));
            let [x, y, w, h] = [
                at[0] + 0.08 * width,
                at[1] + 0.1 * height,
                0.84 * width,
                0.8 * height,
            ];
            for series in &cell.curves {
                for stretch in crate::history::decimate::segments(&series.points) {
                    let place = |p: &[f64; 2]| [x + p[0] * w, y + (1.0 - p[1]) * h];
                    let points: Vec<[f64; 2]> = stretch.iter().map(place).collect();
                    svg.line(&points, &pens.stroke(series.pen));
                }
            }
            if let Some(class) = cell.mark {
                let side = (0.2 * width.min(height)).clamp(3.0, 7.0);
                let badge = [at[0] + width - side - 1.5, at[1] + 1.5, side, side];
                patch(svg, pens, badge, Fill::Class(class), Some(class));
            }
        } else if let Some(class) = cell.mark {
            mark(svg, class, at, fill);
        }
        if cell.split {
            corner(svg, at, ink_on(fill));
        }
    }
}

/// A triangle in the corner: the seeds of this place disagree.
fn corner(svg: &mut Svg, [x, y, w, h]: [f64; 4], ink: Rgb) {
    let side = (0.34 * w.min(h)).clamp(1.5, 6.0);
    let tip = [x + w, y];
    svg.area(
        &[tip, [tip[0], y + side], [tip[0] - side, y]],
        ink,
        1.0,
        None,
    );
}

/// The mark of a class over a cell of this colour.
fn mark(svg: &mut Svg, class: Class, at: [f64; 4], fill: Rgb) {
    let [x, y, w, h] = at;
    let size = w.min(h);
    let radius = (0.26 * size).clamp(1.0, 6.0);
    let ink = ink_on(fill);
    let stroke = Stroke::solid(ink, (0.07 * size).clamp(0.5, 1.2));
    let middle = [x + 0.5 * w, y + 0.5 * h];
    match class {
        Class::Groks => {}
        Class::GeneralisesAtOnce => svg.circle(middle, radius, None, Some(&stroke)),
        Class::NeverGeneralises => hatch(svg, at, mixed(ink, fill, 0.45), &[1.0]),
        Class::NeverFits => hatch(svg, at, mixed(ink, fill, 0.45), &[1.0, -1.0]),
        Class::NotJudged => svg.circle(middle, 0.5 * radius, Some(ink), None),
        Class::Diverged => {
            for way in [1.0, -1.0] {
                let ends = [
                    [middle[0] - radius, middle[1] - way * radius],
                    [middle[0] + radius, middle[1] + way * radius],
                ];
                svg.line(&ends, &stroke);
            }
        }
    }
}

/// Lines in the plane, the same for every cell, so that they run on from one to
/// the next.
fn hatch(svg: &mut Svg, [x, y, w, h]: [f64; 4], colour: Rgb, slopes: &[f64]) {
    const EVERY: f64 = 4.5;
    let stroke = Stroke::solid(colour, 0.5);
    for slope in slopes {
        // x + slope·y is constant along a line.
        let levels = [
            x + slope * y,
            x + w + slope * y,
            x + slope * (y + h),
            x + w + slope * (y + h),
        ];
        let low = levels.into_iter().fold(f64::INFINITY, f64::min);
        let high = levels.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let mut level = (low / EVERY).ceil() * EVERY;
        while level <= high {
            let (a, b) = ((level - x) / slope, (level - x - w) / slope);
            let (top, bottom) = (a.min(b).max(y), a.max(b).min(y + h));
            if top < bottom {
                let at = |y: f64| [level - slope * y, y];
                svg.line(&[at(top), at(bottom)], &stroke);
            }
            level += EVERY;
        }
    }
}

fn patch(svg: &mut Svg, pens: &Pens<'_>, at: [f64; 4], fill: Fill, class: Option<Class>) {
    let ground = colour(pens, fill);
    let edge = Stroke::solid(super::colour::rgb(pens.palette.muted), 0.5 * pens.hair());
    svg.rect(at, Some(ground), Some(&edge));
    if let Some(class) = class {
        mark(svg, class, at, ground);
    }
}

/// Room that the colour bar needs at the right.
pub(super) fn bar_width(cells: &Cells, size: f64) -> f64 {
    let Some(bar) = &cells.bar else {
        return 0.5 * size;
    };
    let widths = bar
        .ticks
        .iter()
        .map(|(_, text)| font::width(text, 0.92 * size, false));
    1.0 * size + 1.1 * size + 0.8 * size + widths.fold(0.0, f64::max) + 1.9 * size
}

/// Draws the colour bar at the right of a frame.
pub(super) fn bar(svg: &mut Svg, pens: &Pens<'_>, cells: &Cells, frame: Frame) {
    const STEPS: usize = 64;
    let Some(bar) = &cells.bar else { return };
    let size = pens.size;
    let (left, width) = (frame.right() + 1.0 * size, 1.1 * size);
    let step = frame.height / STEPS as f64;
    for k in 0..STEPS {
        let part = (k as f64 + 0.5) / STEPS as f64;
        let fill = pens.palette.measure(bar.measure, part);
        // Each covers the seam above it.
        let top = frame.bottom() - (k + 1) as f64 * step;
        svg.rect(
            [left, top, width, step + if k > 0 { 0.3 } else { 0.0 }],
            Some(fill),
            None,
        );
    }
    let line = Stroke::solid(pens.muted().colour, pens.hair());
    svg.rect([left, frame.top, width, frame.height], None, Some(&line));
    let mut widest: f64 = 0.0;
    let Span { low, high } = bar.span;
    for (value, text) in &bar.ticks {
        let part = (value - low) / (high - low);
        let y = frame.bottom() - part * frame.height;
        svg.line(&[[left + width, y], [left + width + 0.35 * size, y]], &line);
        let at = [left + width + 0.6 * size, y + 0.34 * size];
        svg.text(at, Anchor::Start, pens.muted(), false, text);
        widest = widest.max(font::width(text, pens.muted().size, false));
    }
    let at = [
        left + width + 0.8 * size + widest + 1.35 * size,
        frame.top + 0.5 * frame.height,
    ];
    svg.text(at, Anchor::Middle, pens.text(), true, &bar.title);
}

fn places(cells: &Cells, width: f64, size: f64) -> Vec<(usize, f64)> {
    let split = split_name(cells);
    let names = cells
        .classes
        .iter()
        .map(|c| c.name.as_str())
        .chain(split.as_deref());
    let widths: Vec<f64> = names
        .map(|n| 1.6 * size + font::width(n, size, false))
        .collect();
    flow(widths.into_iter(), width, 1.2 * size)
}

fn split_name(cells: &Cells) -> Option<String> {
    (cells.split > 0).then(|| format!("seeds disagree ({})", cells.split))
}

/// Height of the legend below a frame of this width.
pub(super) fn legend_height(cells: &Cells, width: f64, size: f64) -> f64 {
    match places(cells, width, size).last() {
        Some((row, _)) => (*row + 1) as f64 * ROW * size + 0.5 * size,
        None => 0.0,
    }
}

/// Draws the legend of the classes.
pub(super) fn legend(svg: &mut Svg, pens: &Pens<'_>, cells: &Cells, frame: Frame, top: f64) {
    let size = pens.size;
    let split = split_name(cells);
    let entries = cells
        .classes
        .iter()
        .map(Some)
        .chain(split.iter().map(|_| None));
    for (entry, (row, left)) in entries.zip(places(cells, frame.width, size)) {
        let (x, y) = (frame.left + left, top + (row as f64 * ROW + 0.5) * size);
        let at = [x, y, 1.1 * size, 1.1 * size];
        let name = match entry {
            Some(class) => {
                patch(
                    svg,
                    pens,
                    at,
                    class.fill,
                    class.marked.then_some(class.class),
                );
                class.name.as_str()
            }
            None => {
                corner(svg, at, pens.text().colour);
                split.as_deref().unwrap_or_default()
            }
        };
        svg.text(
            [x + 1.6 * size, y + 0.92 * size],
            Anchor::Start,
            pens.text(),
            false,
            name,
        );
    }
}
