//! The train and the test curve of a cell, small.

use crate::{
    history::format,
    sim::LossPoint,
    sweep::diagram::Cell,
    views::{
        polyline::{Canvas, ScreenPen},
        theme::Theme,
    },
};
use egui::{Align2, FontId, Painter, Pos2, Rect, Shape, Stroke, TextStyle, Ui, pos2};
use egui_plot::LineStyle;

/// What the axes of a miniature cover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Last step.
    pub horizon: f64,
    /// Highest loss.
    pub top: f64,
}

impl Window {
    /// One that holds these cells' curves; a curve that explodes is cut.
    pub fn around<'a>(cells: impl Iterator<Item = &'a Cell>, horizon: f64) -> Self {
        let mut top = 0.0_f64;
        for cell in cells {
            let Some(start) = cell.curve.first() else {
                continue;
            };
            let cut = 3.0 * start.test.max(start.train);
            for point in &cell.curve {
                for loss in [point.train, point.test] {
                    if loss.is_finite() && loss <= cut {
                        top = top.max(loss);
                    }
                }
            }
        }
        Self {
            horizon: horizon.max(10.0),
            top: if top > 0.0 { 1.05 * top } else { 1.0 },
        }
    }

    fn x(&self, step: f64, rect: Rect) -> f32 {
        let part = step.max(1.0).log10() / self.horizon.log10();
        rect.left() + rect.width() * part.clamp(0.0, 1.0) as f32
    }

    fn y(&self, loss: f64, rect: Rect) -> f32 {
        let part = (loss / self.top).clamp(0.0, 1.0);
        rect.bottom() - rect.height() * part as f32
    }
}

/// Draws the curves of a cell into a rectangle: train dashed, test solid.
pub fn draw(painter: &Painter, rect: Rect, theme: &Theme, cell: &Cell, window: Window, width: f32) {
    let canvas = Canvas {
        rect,
        x: (0.0, window.horizon.log10()),
        y: (0.0, window.top),
    };
    let line = |loss: fn(&LossPoint) -> f64, colour, style| {
        let points = cell.curve.iter();
        // Step 0 has no place on log time.
        let seen = points.filter(|p| p.step >= 1.0 && loss(p).is_finite());
        // What explodes is kept at the upper edge.
        let points = seen.map(|p| [p.step.log10(), loss(p).min(window.top)]);
        let pen = ScreenPen {
            colour,
            width,
            style,
        };
        painter.extend(canvas.stroke(points, pen));
    };
    line(|p| p.test, theme.test, LineStyle::Solid);
    let dashes = LineStyle::Dashed {
        length: 3.0 * width,
    };
    line(|p| p.train, theme.train, dashes);
}

/// Draws one cell's curves with axes, and where they cross their thresholds.
pub fn framed(ui: &Ui, rect: Rect, theme: &Theme, cell: &Cell, window: Window) {
    let painter = ui.painter();
    let small = TextStyle::Small.resolve(ui.style());
    let area = Rect::from_min_max(
        rect.min + egui::vec2(26.0, 4.0),
        rect.max - egui::vec2(6.0, 16.0),
    );
    let grid = Stroke::new(1.0, theme.grid);
    let decades = window.horizon.log10().floor() as i32;
    let every = (decades / 4 + 1).max(1) as usize;
    for k in (0..=decades).step_by(every) {
        let x = window.x(10f64.powi(k), area);
        painter.vline(x, area.y_range(), grid);
        let at = pos2(x, area.bottom() + 2.0);
        label(
            painter,
            at,
            Align2::CENTER_TOP,
            format::power_of_ten(k),
            &small,
            theme,
        );
    }
    for loss in [0.0, window.top / 1.05] {
        let y = window.y(loss, area);
        painter.hline(area.x_range(), y, grid);
        let at = pos2(area.left() - 4.0, y);
        label(
            painter,
            at,
            Align2::RIGHT_CENTER,
            format::plain(loss, 2),
            &small,
            theme,
        );
    }
    draw(painter, area, theme, cell, window, 1.6);
    let crossing = |step: Option<u64>, loss: fn(&LossPoint) -> f64| {
        let step = step? as f64;
        let after = cell.curve.iter().find(|p| p.step >= step)?;
        Some(pos2(window.x(step, area), window.y(loss(after), area)))
    };
    if let Some(at) = crossing(cell.result.fit_step, |p| p.train) {
        painter.circle_filled(at, 3.5, theme.train);
    }
    if let Some(at) = crossing(cell.result.generalise_step, |p| p.test) {
        let r = 4.5;
        let diamond = [(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)];
        let corners = diamond.map(|(dx, dy)| at + egui::vec2(dx, dy)).to_vec();
        painter.add(Shape::convex_polygon(corners, theme.test, Stroke::NONE));
    }
}

fn label(painter: &Painter, at: Pos2, align: Align2, text: String, font: &FontId, theme: &Theme) {
    painter.text(at, align, text, font.clone(), theme.muted);
}
