//! A small plot over log time for the side panel, and one over the log of any
//! other quantity.

use super::{
    polyline::{Canvas, ScreenPen},
    theme::Theme,
};
use crate::history::{
    decimate::{LOG_STEP_ZERO, log_step},
    format,
};
use egui::{
    Align2, Color32, FontId, Galley, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke,
    TextStyle, Ui, Vec2, WidgetInfo, pos2,
};
use egui_plot::LineStyle;
use std::sync::Arc;

/// Axes: log₁₀ of a quantity to the right, another one up.
pub struct SmallPlot {
    /// Where the curves are.
    pub area: Rect,
    x: (f64, f64),
    y: (f64, f64),
    small: FontId,
    painter: Painter,
}

impl SmallPlot {
    /// Axes over the time of a run with this horizon.
    pub fn over_time(
        ui: &mut Ui,
        name: &str,
        height: f32,
        horizon: u64,
        y: (f64, f64),
    ) -> (Self, Response) {
        let x = (LOG_STEP_ZERO, log_step(horizon.max(10)));
        Self::new(ui, name, height, x, y, Sense::hover())
    }

    /// Axes from `x.0` to `x.1`, the log₁₀ of what is to the right.
    pub fn new(
        ui: &mut Ui,
        name: &str,
        height: f32,
        x: (f64, f64),
        y: (f64, f64),
        sense: Sense,
    ) -> (Self, Response) {
        let size = Vec2::new(ui.available_width(), height);
        let (rect, response) = ui.allocate_exact_size(size, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        let small = TextStyle::Small.resolve(ui.style());
        let area = Rect::from_min_max(
            rect.min + Vec2::new(3.3 * small.size, 6.0),
            rect.max - Vec2::new(8.0, 2.0 * small.size),
        );
        let painter = ui.painter().clone();
        let plot = Self {
            area,
            x,
            y,
            small,
            painter,
        };
        (plot, response)
    }

    /// Where a log₁₀ is.
    pub fn x(&self, log: f64) -> f32 {
        let part = (log - self.x.0) / (self.x.1 - self.x.0);
        self.area.left() + self.area.width() * part as f32
    }

    /// Where a value is.
    pub fn y(&self, value: f64) -> f32 {
        let part = (value - self.y.0) / (self.y.1 - self.y.0);
        self.area.bottom() - self.area.height() * part as f32
    }

    /// The log₁₀ under the pointer.
    pub fn log_at(&self, pointer: Pos2) -> f64 {
        let part = f64::from((pointer.x - self.area.left()) / self.area.width());
        self.x.0 + part.clamp(0.0, 1.0) * (self.x.1 - self.x.0)
    }

    /// The quantity to the right under the pointer, if it is over the curves.
    pub fn hovered(&self, response: &Response) -> Option<f64> {
        let pointer = response.hover_pos().filter(|p| self.area.contains(*p))?;
        Some(10f64.powf(self.log_at(pointer)))
    }

    /// A line up at a log₁₀, with its name below.
    pub fn x_tick(&self, log: f64, text: &str, theme: &Theme) {
        let x = self.x(log);
        let pen = Stroke::new(1.0, theme.grid);
        self.painter.vline(x, self.area.y_range(), pen);
        let at = pos2(x, self.area.bottom() + 4.0);
        self.text(at, Align2::CENTER_TOP, text, theme.muted);
    }

    /// Decades of time; step 0 has its own place.
    pub fn time_ticks(&self, theme: &Theme) {
        let decades = self.x.1.floor().max(1.0) as usize;
        let every = decades.div_ceil(5).max(1);
        for k in (0..=decades).step_by(every) {
            self.x_tick(k as f64, &format::power_of_ten(k as i32), theme);
        }
    }

    /// A line across at a value, with its name to the left.
    pub fn y_tick(&self, value: f64, text: &str, theme: &Theme) {
        let y = self.y(value);
        let pen = Stroke::new(1.0, theme.grid);
        self.painter.hline(self.area.x_range(), y, pen);
        let at = pos2(self.area.left() - 6.0, y);
        self.text(at, Align2::RIGHT_CENTER, text, theme.muted);
    }

    /// Small text.
    pub fn text(&self, at: Pos2, anchor: Align2, text: &str, colour: Color32) -> Rect {
        self.painter
            .text(at, anchor, text, self.small.clone(), colour)
    }

    /// Small text, laid out to find a place for it.
    pub fn galley(&self, text: &str, colour: Color32) -> Arc<Galley> {
        let font = self.small.clone();
        self.painter.layout_no_wrap(text.to_owned(), font, colour)
    }

    /// Draws over everything.
    pub fn painter(&self) -> &Painter {
        &self.painter
    }

    /// A line up at a log₁₀.
    pub fn cursor(&self, log: f64, colour: Color32) {
        let x = self.x(log);
        self.painter
            .vline(x, self.area.y_range(), Stroke::new(1.0, colour));
    }

    /// Draws inside the area only.
    pub fn clipped(&self) -> Painter {
        self.painter.with_clip_rect(self.area)
    }

    /// A curve through (log₁₀, value); what is not finite is a gap.
    pub fn curve(&self, points: impl Iterator<Item = (f64, f64)>, pen: ScreenPen) {
        let canvas = Canvas {
            rect: self.area,
            x: self.x,
            y: self.y,
        };
        let points = points.map(|(log, value)| [log, value]);
        self.clipped().extend(canvas.stroke(points, pen));
    }

    /// A filled disc, or a diamond.
    pub fn mark(&self, log: f64, value: f64, diamond: bool, colour: Color32) {
        let at = pos2(self.x(log), self.y(value));
        if !self.area.expand(1.0).contains(at) {
            return;
        }
        let r = 4.0;
        if diamond {
            let corners = [(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)];
            let corners = corners.map(|(x, y)| at + Vec2::new(x, y) * 1.2).to_vec();
            self.painter
                .add(Shape::convex_polygon(corners, colour, Stroke::NONE));
        } else {
            self.painter.circle_filled(at, r, colour);
        }
    }
}

/// A short line as a key to a curve, and its name.
pub fn key(ui: &mut Ui, pen: ScreenPen, name: &str, theme: &Theme) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(18.0, 10.0), Sense::hover());
    let ends = [rect.left_center(), rect.right_center()];
    let stroke = Stroke::new(pen.width, pen.colour);
    if pen.style != LineStyle::Solid {
        let line = Shape::dashed_line(&ends, stroke, 5.0, 3.0);
        ui.painter().extend(line);
    } else {
        ui.painter().line_segment(ends, stroke);
    }
    ui.label(egui::RichText::new(name).color(theme.text));
}
