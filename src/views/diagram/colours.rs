//! Colours and marks: perceptual colormaps for numbers, and outside of them, by
//! ground and mark, the classes that have no number.

use crate::{
    plot::{self, colour::measure_colour},
    sweep::diagram::{Class, Measure},
    views::theme::{Theme, color32},
};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2};

/// The colour of a measure at a part of its range, from 0 to 1.
pub fn colour(measure: Measure, part: f64) -> Color32 {
    color32(measure_colour(measure, part))
}

/// The ground on which the mark of a class is drawn where it has no number.
pub fn ground(class: Class, theme: &Theme) -> Color32 {
    color32(theme.palette().ground(class))
}

/// The form of a class's mark: each has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellMark {
    /// No mark.
    Plain,
    /// A ring.
    Ring,
    /// Diagonal hatching.
    Hatch,
    /// Hatching both ways.
    CrossHatch,
    /// A dot.
    Dot,
    /// A cross.
    Cross,
}

/// The mark of a class.
pub fn mark(class: Class) -> CellMark {
    match class {
        Class::Groks => CellMark::Plain,
        Class::GeneralisesAtOnce => CellMark::Ring,
        Class::NeverGeneralises => CellMark::Hatch,
        Class::NeverFits => CellMark::CrossHatch,
        Class::NotJudged => CellMark::Dot,
        Class::Diverged => CellMark::Cross,
    }
}

/// Draws the mark of a class over a cell of this colour.
pub fn draw_mark(painter: &Painter, rect: Rect, class: Class, fill: Color32) {
    let size = rect.width().min(rect.height());
    let radius = (0.26 * size).clamp(1.5, 7.0);
    let stroke = Stroke::new((0.07 * size).clamp(0.9, 1.6), ink_on(fill));
    // Large areas of it must not outshine the numbers. Opaque, so that nothing is
    // seen where the lines of two cells meet.
    let faint = Stroke::new(1.0, mixed(ink_on(fill), fill, 0.45));
    match mark(class) {
        CellMark::Plain => {}
        CellMark::Ring => {
            painter.circle_stroke(rect.center(), radius, stroke);
        }
        CellMark::Hatch => hatch(painter, rect, faint, 1.0),
        CellMark::CrossHatch => {
            hatch(painter, rect, faint, 1.0);
            hatch(painter, rect, faint, -1.0);
        }
        CellMark::Dot => {
            painter.circle_filled(rect.center(), 0.5 * radius, stroke.color);
        }
        CellMark::Cross => {
            let c = rect.center();
            for way in [1.0, -1.0] {
                let arm = Vec2::new(radius, way * radius);
                painter.line_segment([c - arm, c + arm], stroke);
            }
        }
    }
}

/// Lines in the plane, the same for every cell, so that they run on from one to the
/// next.
fn hatch(painter: &Painter, rect: Rect, stroke: Stroke, slope: f32) {
    const EVERY: f32 = 7.0;
    // x + slope·y is constant along a line.
    let corner = |p: Pos2| p.x + slope * p.y;
    let corners = [
        rect.left_top(),
        rect.right_top(),
        rect.left_bottom(),
        rect.right_bottom(),
    ]
    .map(corner);
    let low = corners.into_iter().fold(f32::INFINITY, f32::min);
    let high = corners.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let mut level = (low / EVERY).ceil() * EVERY;
    while level <= high {
        let at = |y: f32| pos2(level - slope * y, y);
        // Cut here rather than by the painter, whose cuts are a draw call each.
        let (a, b) = (
            (level - rect.left()) / slope,
            (level - rect.right()) / slope,
        );
        let (top, bottom) = (a.min(b).max(rect.top()), a.max(b).min(rect.bottom()));
        if top < bottom {
            painter.add(Shape::line_segment([at(top), at(bottom)], stroke));
        }
        level += EVERY;
    }
}

/// Ink that is seen on a colour.
pub fn ink_on(colour: Color32) -> Color32 {
    color32(plot::colour::ink_on([colour.r(), colour.g(), colour.b()]))
}

/// So much of one colour, the rest of another.
fn mixed(a: Color32, b: Color32, share: f32) -> Color32 {
    let [a, b] = [a, b].map(|c| [c.r(), c.g(), c.b()]);
    color32(plot::colour::mixed(a, b, share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn lightness(c: Color32) -> f64 {
        0.2126 * f64::from(c.r()) + 0.7152 * f64::from(c.g()) + 0.0722 * f64::from(c.b())
    }

    #[test]
    fn every_class_has_a_mark_and_a_ground_of_its_own() {
        let marks: HashSet<CellMark> = Class::ALL.into_iter().map(mark).collect();
        assert_eq!(marks.len(), Class::ALL.len());
        for theme in [Theme::dark(), Theme::light()] {
            let grounds: HashSet<[u8; 4]> = (Class::ALL.into_iter())
                .map(|class| ground(class, &theme).to_array())
                .collect();
            assert_eq!(grounds.len(), Class::ALL.len());
        }
        assert_ne!(
            mark(Class::NeverGeneralises),
            mark(Class::GeneralisesAtOnce)
        );
    }

    #[test]
    fn lightness_rises_along_every_colormap() {
        for measure in Measure::ALL {
            let along: Vec<f64> = (0..=20)
                .map(|k| lightness(colour(measure, f64::from(k) / 20.0)))
                .collect();
            assert!(along.windows(2).all(|w| w[0] < w[1]), "{measure:?}");
        }
        assert_eq!(
            colour(Measure::default(), f64::NAN),
            colour(Measure::default(), -1.0)
        );
    }
}
