//! The strip above a plot: a legend that toggles and says the values under the
//! crosshair, so that nothing in the plot is ever covered.

use super::series::ScreenPen;
use crate::history::{Reading, format};
use egui::{
    Align2, Color32, Response, Role, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::LineStyle;

/// One entry.
pub struct Chip<'a> {
    /// Name, as on the plot.
    pub name: &'a str,
    /// What it is, on hover.
    pub meaning: &'a str,
    /// How its line is drawn.
    pub pen: ScreenPen,
    /// Whether it is on show.
    pub on: bool,
    /// Whether there is such a curve; without one the entry has no line and its
    /// hover text says why.
    pub there: bool,
    /// Its value under the crosshair or now; `None` leaves no room for one.
    pub value: Option<Option<Reading>>,
    /// The step that is read: a value measured earlier is fainter and says when.
    pub step: Option<u64>,
}

/// Digits of a value, in the legend and at the time cursor.
pub const VALUE_DIGITS: usize = 4;

/// Widest value, for which room is kept so that nothing moves.
const WIDEST_VALUE: &str = "0.00000000";

/// A short piece of line in the style of a curve.
pub fn sample(pen: ScreenPen, left: egui::Pos2, length: f32) -> Vec<Shape> {
    let ends = [left, left + vec2(length, 0.0)];
    let stroke = Stroke::new(pen.width, pen.colour);
    match pen.style {
        LineStyle::Solid => vec![Shape::line_segment(ends, stroke)],
        LineStyle::Dashed { .. } => Shape::dashed_line(&ends, stroke, 5.0, 3.0),
        LineStyle::Dotted { .. } => Shape::dotted_line(&ends, pen.colour, 4.0, pen.width * 0.6),
    }
}

impl Chip<'_> {
    /// Draws the entry; clicked when the user toggles it. Leaves out the value
    /// where `room` is too small.
    pub fn show(&self, ui: &mut Ui, text: Color32, muted: Color32) -> Response {
        const SAMPLE: f32 = 20.0;
        let body = TextStyle::Body.resolve(ui.style());
        let mono = TextStyle::Monospace.resolve(ui.style());
        let painter = ui.painter();
        let name_color = if self.on && self.there { text } else { muted };
        let name = painter.layout_no_wrap(self.name.into(), body, name_color);
        let reading = self.value.flatten();
        let earlier = reading.filter(|reading| self.step.is_some_and(|step| step != reading.step));
        let value = self.value.filter(|_| self.on).map(|value| {
            let room = painter
                .layout_no_wrap(WIDEST_VALUE.into(), mono.clone(), text)
                .size()
                .x;
            let shown = value.map_or_else(
                || "–".into(),
                |reading| format::significant(reading.value, VALUE_DIGITS),
            );
            let ink = if earlier.is_some() { muted } else { text };
            (painter.layout_no_wrap(shown, mono, ink), room)
        });
        let height = ui.spacing().interact_size.y;
        let value_width = value.as_ref().map_or(0.0, |(_, room)| 6.0 + room);
        let width = 6.0 + SAMPLE + 6.0 + name.size().x + value_width + 6.0;
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, self.on, self.name));
        let painter = ui.painter();
        if response.hovered() || response.has_focus() {
            let fill = ui.visuals().widgets.hovered.weak_bg_fill;
            painter.rect_filled(rect, 6.0, fill);
        }
        let mut pen = self.pen;
        if !self.on {
            pen.colour = pen.colour.gamma_multiply(0.35);
        }
        let middle = rect.center().y;
        if self.there {
            painter.extend(sample(pen, pos2(rect.left() + 6.0, middle), SAMPLE));
        }
        let mut x = rect.left() + 12.0 + SAMPLE;
        let name_size = name.size();
        painter.galley(pos2(x, middle - 0.5 * name_size.y), name, name_color);
        x += name_size.x + 6.0;
        if let Some((galley, _)) = value {
            let size = galley.size();
            let at = Align2::LEFT_CENTER.anchor_size(pos2(x, middle), size);
            painter.galley(at.min, galley, text);
        }
        match earlier {
            None => response.on_hover_text(self.meaning),
            Some(reading) => response.on_hover_text(format!(
                "{}\nMeasured last at step {}.",
                self.meaning,
                format::thousands(reading.step)
            )),
        }
    }

    /// Width it takes with and without its value.
    pub fn width(&self, ui: &Ui) -> f32 {
        let body = TextStyle::Body.resolve(ui.style());
        let mono = TextStyle::Monospace.resolve(ui.style());
        let measure = |text: &str, font| {
            ui.painter()
                .layout_no_wrap(text.into(), font, Color32::WHITE)
                .size()
                .x
        };
        let value = if self.on && self.value.is_some() {
            6.0 + measure(WIDEST_VALUE, mono)
        } else {
            0.0
        };
        38.0 + measure(self.name, body) + value
    }
}
