//! Grid, ticks, names of levels and titles of a panel.

use super::layout::{Around, Frame, ticks, widest};
use super::{Panel, Pens};
use crate::plot::axis::AxisMark;
use crate::plot::colour::rgb;
use crate::plot::svg::{Anchor, Stroke, Svg};
use crate::plot::{Axis, font};

pub(super) fn grid(
    svg: &mut Svg,
    pens: &Pens<'_>,
    panel: &Panel,
    frame: Frame,
    x_ticks: &[(AxisMark, String)],
    y_ticks: &[(AxisMark, String)],
) {
    let line = Stroke::solid(rgb(pens.palette.grid), 0.8 * pens.hair());
    for (mark, _) in x_ticks.iter().filter(|(_, text)| !text.is_empty()) {
        let x = frame.x(panel.x.span, mark.place);
        svg.line(&[[x, frame.top], [x, frame.bottom()]], &line);
    }
    for (mark, _) in y_ticks.iter().filter(|(_, text)| !text.is_empty()) {
        let y = frame.y(panel.y.span, mark.place);
        svg.line(&[[frame.left, y], [frame.right(), y]], &line);
    }
}

/// Lines, ticks and numbers.
pub(super) fn axes(
    svg: &mut Svg,
    pens: &Pens<'_>,
    panel: &Panel,
    frame: Frame,
    x_ticks: &[(AxisMark, String)],
    y_ticks: &[(AxisMark, String)],
) {
    let size = pens.size;
    let small = pens.muted();
    let line = Stroke::solid(pens.muted().colour, pens.hair());
    let [left, bottom] = [frame.left, frame.bottom()];
    svg.line(
        &[[left, frame.top], [left, bottom], [frame.right(), bottom]],
        &line,
    );
    let mut last = f64::NEG_INFINITY;
    for (mark, text) in x_ticks {
        let x = frame.x(panel.x.span, mark.place);
        let length = if text.is_empty() { 0.2 } else { 0.4 } * size;
        svg.line(&[[x, bottom], [x, bottom + length]], &line);
        let half = 0.5 * font::width(text, small.size, false);
        if panel.x.labelled && !text.is_empty() && x - half > last {
            svg.text(
                [x, bottom + 1.35 * size],
                Anchor::Middle,
                small,
                false,
                text,
            );
            last = x + half + 0.3 * size;
        }
    }
    for (mark, text) in y_ticks {
        let y = frame.y(panel.y.span, mark.place);
        let length = if text.is_empty() { 0.2 } else { 0.4 } * size;
        svg.line(&[[left - length, y], [left, y]], &line);
        if panel.y.labelled {
            let at = [left - 0.65 * size, y + 0.34 * size];
            svg.text(at, Anchor::End, small, false, text);
        }
    }
    if let Some(axis) = &panel.right {
        let right = frame.right();
        svg.line(&[[right, frame.top], [right, bottom]], &line);
        for (mark, text) in ticks(axis, frame.height, size) {
            let y = frame.y(axis.span, mark.place);
            let length = if text.is_empty() { 0.2 } else { 0.4 } * size;
            svg.line(&[[right, y], [right + length, y]], &line);
            let at = [right + 0.65 * size, y + 0.34 * size];
            svg.text(at, Anchor::Start, small, false, &text);
        }
    }
}

/// Names of places beside cells, as many as there is room for.
pub(super) fn names(
    svg: &mut Svg,
    pens: &Pens<'_>,
    axis: &Axis,
    ticks: &[(AxisMark, String)],
    frame: Frame,
    along_x: bool,
) {
    let (size, small) = (pens.size, pens.muted());
    if ticks.is_empty() || !axis.labelled {
        return;
    }
    let (room, needed) = match along_x {
        true => (
            frame.width / ticks.len() as f64,
            widest(ticks, small.size) + 0.5 * size,
        ),
        false => (frame.height / ticks.len() as f64, 1.15 * size),
    };
    let every = (needed / room).ceil().max(1.0) as usize;
    for (mark, text) in ticks.iter().step_by(every) {
        match along_x {
            true => {
                let at = [frame.x(axis.span, mark.place), frame.bottom() + 1.2 * size];
                svg.text(at, Anchor::Middle, small, false, text);
            }
            false => {
                let at = [
                    frame.left - 0.45 * size,
                    frame.y(axis.span, mark.place) + 0.34 * size,
                ];
                svg.text(at, Anchor::End, small, false, text);
            }
        }
    }
}

/// What is on the axes.
pub(super) fn titles(svg: &mut Svg, pens: &Pens<'_>, panel: &Panel, frame: Frame, around: Around) {
    let size = pens.size;
    let middle = [
        frame.left + 0.5 * frame.width,
        frame.top + 0.5 * frame.height,
    ];
    if panel.x.labelled {
        let at = [middle[0], frame.bottom() + 2.85 * size];
        svg.text(at, Anchor::Middle, pens.text(), false, &panel.x.name());
    }
    if panel.y.labelled {
        let at = [frame.left - around.left + 0.95 * size, middle[1]];
        svg.text(at, Anchor::Middle, pens.text(), true, &panel.y.name());
    }
    if let Some(axis) = &panel.right {
        let at = [frame.right() + around.right - 0.3 * size, middle[1]];
        svg.text(at, Anchor::Middle, pens.text(), true, &axis.name());
    }
}
