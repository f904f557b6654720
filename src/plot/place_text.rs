//! Where names of events go: beside their symbols, on no curve and no other text
//! where that is possible.

use super::draw::{Frame, Pens, symbol};
use super::svg::{Anchor, Stroke, Svg};
use super::{Panel, font};

type Box4 = [f64; 4];

fn overlap(a: Box4, b: Box4) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// How many of the curves' points lie in a rectangle, long lines counted by pieces.
fn crossed(curves: &[Vec<[f64; 2]>], rect: Box4) -> usize {
    let inside =
        |p: [f64; 2]| (rect[0]..=rect[2]).contains(&p[0]) && (rect[1]..=rect[3]).contains(&p[1]);
    let mut count = 0;
    for pair in curves.iter().flat_map(|curve| curve.windows(2)) {
        let [a, b] = [pair[0], pair[1]];
        let outside = |i: usize| a[i].max(b[i]) < rect[i] || a[i].min(b[i]) > rect[i + 2];
        if outside(0) || outside(1) {
            continue;
        }
        let pieces = (((b[0] - a[0]).abs() + (b[1] - a[1]).abs()) / 1.5).clamp(1.0, 400.0) as usize;
        let at = |k: usize| {
            let t = k as f64 / pieces as f64;
            [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
        };
        count += (0..=pieces).filter(|k| inside(at(*k))).count();
    }
    count
}

/// Draws the events of a panel with their names.
pub(super) fn markers(
    svg: &mut Svg,
    pens: &Pens<'_>,
    panel: &Panel,
    frame: Frame,
    curves: &[Vec<[f64; 2]>],
) {
    let size = pens.size;
    let font = pens.font(0.92, pens.palette.text);
    let height = 1.1 * font.size;
    let radius = 0.42 * size;
    let at = |m: &super::Marker| {
        [
            frame.x(panel.x.span, m.at[0]),
            frame.y(panel.y.span, m.at[1]),
        ]
    };
    let inside = |p: [f64; 2]| {
        (frame.left..=frame.right()).contains(&p[0])
            && (frame.top - 1.0..=frame.bottom() + 1.0).contains(&p[1])
    };
    let shown: Vec<_> = panel.markers.iter().filter(|m| inside(at(m))).collect();
    let mut taken: Vec<Box4> = shown
        .iter()
        .map(|m| {
            let [x, y] = at(m);
            [x - radius, y - radius, x + radius, y + radius]
        })
        .collect();
    for marker in &shown {
        let [x, y] = at(marker);
        let width = font::width(&marker.text, font.size, false);
        let mut best: Option<(f64, Box4)> = None;
        for (k, distance) in [1.0, 1.9, 2.9, 4.2, 6.0].into_iter().enumerate() {
            let d = distance * size;
            for (j, [dx, dy]) in [
                [d.min(1.0 * size), -d - height],
                [-0.5 * width, -d - height],
                [-width - d.min(1.0 * size), -d - height],
                [d, -0.5 * height],
                [-width - d, -0.5 * height],
                [d.min(1.0 * size), d],
                [-width - d.min(1.0 * size), d],
                [-0.5 * width, d],
            ]
            .into_iter()
            .enumerate()
            {
                let rect = [x + dx, y + dy, x + dx + width, y + dy + height];
                let fits = rect[0] >= frame.left + 2.0
                    && rect[2] <= frame.right()
                    && rect[1] >= frame.top
                    && rect[3] <= frame.bottom() - 1.0;
                if !fits {
                    continue;
                }
                let wide = [rect[0] - 1.5, rect[1] - 0.5, rect[2] + 1.5, rect[3] + 0.5];
                // Rather no name than one on another: the caption has the step too.
                if taken.iter().any(|t| overlap(*t, wide)) {
                    continue;
                }
                let cost = 12.0 * crossed(curves, wide) as f64 + 6.0 * k as f64 + 0.5 * j as f64;
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, rect));
                }
            }
        }
        if let Some((_, rect)) = best {
            taken.push(rect);
            // A name that is far away is led to.
            let near = [x.clamp(rect[0], rect[2]), y.clamp(rect[1], rect[3])];
            let [dx, dy] = [near[0] - x, near[1] - y];
            let away = dx.hypot(dy);
            if away > 1.6 * size {
                let start = [x + dx / away * 1.6 * radius, y + dy / away * 1.6 * radius];
                let line = Stroke::solid(pens.muted().colour, 0.8 * pens.hair());
                let gap = (0.3 * size / away).min(0.5);
                let end = [near[0] - gap * dx, near[1] - gap * dy];
                svg.line(&[start, end], &line);
            }
            let at = [rect[0], rect[1] + 0.82 * height];
            svg.text(at, Anchor::Start, font, false, &marker.text);
        }
    }
    for marker in &shown {
        let colour = pens.palette.of(marker.ink);
        symbol(
            svg,
            marker.symbol,
            at(marker),
            radius,
            colour,
            pens.ground(),
        );
    }
}
