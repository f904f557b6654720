//! The frame of a panel: axes, ticks and what stands in it.

use super::{colour, mark, style};
use crate::{
    figures::plot::{Axis, AxisScale, Look, Plot},
    history::format,
    views::{
        axes::even_ticks,
        polyline::{Canvas, ScreenPen},
        theme::Theme,
    },
};
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// Where a panel's axes are, and what they stand for.
pub(super) struct Frame {
    pub(super) area: Rect,
    pub(super) x: Laid,
    pub(super) y: Laid,
    pub(super) right: Option<Laid>,
    pub(super) small: FontId,
    pub(super) whole: Rect,
}

/// An axis laid out: its ends as places, and its ticks.
pub(super) struct Laid {
    pub(super) scale: AxisScale,
    pub(super) ends: (f64, f64),
    pub(super) ticks: Vec<(f64, String)>,
}

impl Laid {
    pub(super) fn new(axis: &Axis, points: f32) -> Self {
        let place = |v| place(axis.scale, v);
        let ends = (place(axis.limits[0]), place(axis.limits[1]));
        let ticks = match axis.scale {
            AxisScale::Linear => even_ticks(ends.0, ends.1, f64::from(points)),
            AxisScale::Log => log_ticks(ends, points),
        };
        Self {
            scale: axis.scale,
            ends,
            ticks,
        }
    }
}

/// Place of a value along an axis; NaN where it has none.
pub(super) fn place(scale: AxisScale, value: f64) -> f64 {
    match scale {
        AxisScale::Linear => value,
        AxisScale::Log if value > 0.0 => value.log10(),
        AxisScale::Log => f64::NAN,
    }
}

/// Decades, as many as have room; where there are hardly any, 1, 2 and 5 in each.
pub(super) fn log_ticks((low, high): (f64, f64), points: f32) -> Vec<(f64, String)> {
    const ROOM: f64 = 30.0;
    let decades = (low - 1e-9).ceil() as i32..=(high + 1e-9).floor() as i32;
    let each = f64::from(points) / (high - low).max(1e-9);
    if high - low < 1.6 {
        let digits = [1.0, 2.0, 5.0];
        let all = (low.floor() as i32..=high.ceil() as i32)
            .flat_map(|n| digits.map(|d| f64::from(n) + f64::log10(d)));
        let inside = all.filter(|at| (low..=high).contains(at));
        return inside
            .map(|at| (at, format::plain(10f64.powf(at), 2)))
            .collect();
    }
    let stride = (ROOM / each).ceil().max(1.0) as i32;
    decades
        .filter(|n| n.rem_euclid(stride) == 0)
        .map(|n| (f64::from(n), format::power_of_ten(n)))
        .collect()
}

impl Frame {
    pub(super) fn new(
        painter: &Painter,
        plot: &Plot,
        inner: Rect,
        top: f32,
        small: &FontId,
        compact: bool,
    ) -> Self {
        let height = (inner.bottom() - top - 2.6 * small.size).max(20.0);
        let y = Laid::new(&plot.y, height);
        let right = plot.right.as_ref().map(|axis| Laid::new(axis, height));
        let widest = |axis: &Laid| {
            let widths = axis.ticks.iter().map(|(_, text)| {
                let text = painter.layout_no_wrap(text.clone(), small.clone(), Color32::WHITE);
                text.size().x
            });
            widths.fold(0.0, f32::max)
        };
        let title = if compact { 0.0 } else { small.size + 4.0 };
        let left = inner.left() + title + widest(&y) + 5.0;
        let beyond = right
            .as_ref()
            .map_or(6.0, |axis| widest(axis) + title + 5.0);
        let bottom = inner.bottom() - title - small.size - 4.0;
        let area = Rect::from_min_max(
            pos2(left, top + 4.0),
            pos2(inner.right() - beyond, bottom.max(top + 14.0)),
        );
        Self {
            area,
            x: Laid::new(&plot.x, area.width()),
            y,
            right,
            small: small.clone(),
            whole: inner,
        }
    }

    pub(super) fn at_x(&self, place: f64) -> f32 {
        let part = (place - self.x.ends.0) / (self.x.ends.1 - self.x.ends.0);
        self.area.left() + self.area.width() * part as f32
    }

    pub(super) fn at_y(&self, axis: &Laid, place: f64) -> f32 {
        let part = (place - axis.ends.0) / (axis.ends.1 - axis.ends.0);
        self.area.bottom() - self.area.height() * part as f32
    }

    pub(super) fn axes(&self, painter: &Painter, plot: &Plot, theme: &Theme, compact: bool) {
        let (area, grid) = (self.area, Stroke::new(1.0, theme.grid));
        let text = |at: Pos2, align: Align2, text: &str| {
            painter.text(at, align, text, self.small.clone(), theme.muted);
        };
        for (place, name) in &self.x.ticks {
            let x = self.at_x(*place);
            painter.vline(x, area.y_range(), grid);
            text(pos2(x, area.bottom() + 4.0), Align2::CENTER_TOP, name);
        }
        for (place, name) in &self.y.ticks {
            let y = self.at_y(&self.y, *place);
            painter.hline(area.x_range(), y, grid);
            text(pos2(area.left() - 4.0, y), Align2::RIGHT_CENTER, name);
        }
        if let Some(right) = &self.right {
            for (place, name) in &right.ticks {
                let y = self.at_y(right, *place);
                text(pos2(area.right() + 4.0, y), Align2::LEFT_CENTER, name);
            }
        }
        painter.rect_stroke(
            area,
            0.0,
            Stroke::new(1.0, theme.border),
            egui::StrokeKind::Outside,
        );
        if compact {
            return;
        }
        let at = pos2(area.center().x, self.whole.bottom());
        text(at, Align2::CENTER_BOTTOM, &plot.x.title);
        self.upright(painter, &plot.y.title, self.whole.left(), theme);
        if let Some(axis) = &plot.right {
            let x = self.whole.right() - self.small.size - 2.0;
            self.upright(painter, &axis.title, x, theme);
        }
    }

    /// The name of a vertical axis, read from below.
    fn upright(&self, painter: &Painter, name: &str, x: f32, theme: &Theme) {
        let galley = painter.layout_no_wrap(name.to_owned(), self.small.clone(), theme.muted);
        let at = pos2(x, self.area.center().y + 0.5 * galley.size().x);
        let mut shape = egui::epaint::TextShape::new(at, galley, theme.muted);
        shape.angle = -std::f32::consts::FRAC_PI_2;
        painter.add(shape);
    }

    pub(super) fn series(&self, painter: &Painter, plot: &Plot, theme: &Theme) {
        let inside = painter.with_clip_rect(self.area.intersect(painter.clip_rect()));
        for (level, name) in &plot.levels {
            let y = self.at_y(&self.y, place(self.y.scale, *level));
            let ends = [pos2(self.area.left(), y), pos2(self.area.right(), y)];
            let stroke = Stroke::new(1.2, theme.muted);
            inside.extend(Shape::dashed_line(&ends, stroke, 2.0, 3.0));
            inside.text(
                pos2(self.area.left() + 4.0, y - 1.0),
                Align2::LEFT_BOTTOM,
                name,
                self.small.clone(),
                theme.muted,
            );
        }
        for series in &plot.series {
            let ink = colour(series.ink, theme);
            let y = match (&self.right, series.right) {
                (Some(right), true) => right,
                _ => &self.y,
            };
            let canvas = Canvas {
                rect: self.area,
                x: self.x.ends,
                y: y.ends,
            };
            let places = series
                .points
                .iter()
                .map(|[a, b]| [place(self.x.scale, *a), place(y.scale, *b)]);
            match series.look {
                Look::Line(dash) => {
                    let pen = ScreenPen {
                        colour: ink,
                        width: if dash == crate::figures::plot::Dash::Solid {
                            1.7
                        } else {
                            1.3
                        },
                        style: style(dash),
                    };
                    inside.extend(canvas.stroke(places, pen));
                }
                Look::Marks(shape) => {
                    for at in places.filter_map(|[a, b]| canvas.inside(a, b)) {
                        mark(painter, at, shape, ink);
                    }
                }
            }
        }
    }
}
