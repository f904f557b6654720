//! The legend of a panel: a sample of each line and its name.

use super::Pens;
use super::layout::{Frame, MARGIN};
use crate::plot::colour::Rgb;
use crate::plot::svg::{Anchor, Stroke, Svg};
use crate::plot::{Panel, Pen, Symbol, font};

/// What a legend names: line, symbol or area, and the name.
struct Entry<'a> {
    pub name: &'a str,
    pub pen: Pen,
    pub symbol: Option<Symbol>,
    pub area: bool,
}

fn entries(panel: &Panel) -> Vec<Entry<'_>> {
    let named = |name: &str| !name.is_empty();
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let series = panel.series.iter().rev().filter(|s| named(&s.name));
    let series = series.map(|s| Entry {
        name: &s.name,
        pen: s.pen,
        symbol: s.symbol,
        area: false,
    });
    let levels = panel
        .levels
        .iter()
        .filter(|l| named(&l.name))
        .map(|l| Entry {
            name: &l.name,
            pen: l.pen,
            symbol: None,
            area: false,
        });
    let bands = panel
        .bands
        .iter()
        .filter(|b| named(&b.name))
        .map(|b| Entry {
            name: &b.name,
            pen: b.pen,
            symbol: None,
            area: true,
        });
    for entry in series.chain(bands).chain(levels) {
        // A curve in several pieces has one name.
        let twin = entries
            .iter()
            .any(|e| e.name == entry.name && e.pen == entry.pen);
        if !twin {
            entries.push(entry);
        }
    }
    entries
}

/// Length of the sample of a line in a legend, in sizes of the font.
const SAMPLE: f64 = 2.6;

/// Height of a row of a legend, likewise.
pub(in crate::plot) const ROW: f64 = 1.45;

/// Places of legend entries: row and left edge.
pub(in crate::plot) fn flow(
    widths: impl Iterator<Item = f64>,
    most: f64,
    gap: f64,
) -> Vec<(usize, f64)> {
    let (mut row, mut left) = (0, 0.0);
    widths
        .map(|width| {
            if left > 0.0 && left + width > most {
                (row, left) = (row + 1, 0.0);
            }
            let place = (row, left);
            left += width + gap;
            place
        })
        .collect()
}

fn legend_flow(panel: &Panel, most: f64, size: f64) -> Vec<(usize, f64)> {
    let width = |e: &Entry<'_>| (SAMPLE + 0.4) * size + font::width(e.name, size, false);
    flow(entries(panel).iter().map(width), most, 1.1 * size)
}

pub(super) fn legend_rows(panel: &Panel, width: f64, size: f64) -> f64 {
    match legend_flow(panel, width, size).last() {
        Some((row, _)) => (*row + 1) as f64,
        None => 0.0,
    }
}

pub(super) fn legend(svg: &mut Svg, pens: &Pens<'_>, panel: &Panel, frame: Frame, top: f64) {
    let size = pens.size;
    for (entry, (row, left)) in entries(panel)
        .iter()
        .zip(legend_flow(panel, frame.width, size))
    {
        // A name longer than the frame is wide begins before it.
        let long = (SAMPLE + 0.4) * size + font::width(entry.name, size, false);
        let beyond = (left + long - frame.width).max(0.0);
        let x = (frame.left + left - beyond).max(MARGIN * size);
        let y = top + (row as f64 * ROW + 0.72) * size;
        let stroke = pens.stroke(entry.pen);
        let ends = [[x, y], [x + SAMPLE * size, y]];
        if entry.area {
            let corners = [
                [x, y - 0.4 * size],
                [x + SAMPLE * size, y - 0.4 * size],
                [x + SAMPLE * size, y + 0.4 * size],
                [x, y + 0.4 * size],
            ];
            svg.area(&corners, stroke.colour, 0.22, None);
        } else {
            svg.line(&ends, &stroke);
        }
        if let Some(form) = entry.symbol {
            let at = [x + 0.5 * SAMPLE * size, y];
            symbol(svg, form, at, 0.32 * size, stroke.colour, pens.ground());
        }
        let at = [x + (SAMPLE + 0.4) * size, y + 0.35 * size];
        svg.text(at, Anchor::Start, pens.text(), false, entry.name);
    }
}

/// The form of an event, with a rim in the colour of the ground.
pub(in crate::plot) fn symbol(
    svg: &mut Svg,
    form: Symbol,
    at: [f64; 2],
    radius: f64,
    colour: Rgb,
    rim: Rgb,
) {
    let rim = Stroke::solid(rim, 0.3 * radius);
    let corners = |points: &[(f64, f64)]| -> Vec<[f64; 2]> {
        let corner = |(x, y): &(f64, f64)| [at[0] + x * radius, at[1] + y * radius];
        points.iter().map(corner).collect()
    };
    match form {
        Symbol::Circle => svg.circle(at, 0.95 * radius, Some(colour), Some(&rim)),
        Symbol::Diamond => {
            let points = corners(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]);
            svg.area(&points, colour, 1.0, Some(&rim));
        }
        Symbol::Triangle => {
            let points = corners(&[(0.0, -1.1), (1.05, 0.8), (-1.05, 0.8)]);
            svg.area(&points, colour, 1.0, Some(&rim));
        }
        Symbol::Cross => {
            let stroke = Stroke::solid(colour, 0.5 * radius);
            svg.line(&corners(&[(-0.9, -0.9), (0.9, 0.9)]), &stroke);
            svg.line(&corners(&[(-0.9, 0.9), (0.9, -0.9)]), &stroke);
        }
    }
}
