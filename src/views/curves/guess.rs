//! The mark that is put where somebody thinks that the run generalises.

use super::{CurvesModel, panel::Panel};
use crate::{
    history::{Guess, decimate::log_step},
    views::theme::Theme,
};
use egui::{CursorIcon, Key, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, accesskit, pos2, vec2};

/// A guess that is being made, or was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuessMark {
    /// Where it is, as log₁₀ of the step.
    pub place: f64,
    /// The horizon of the run that it is about.
    pub horizon: u64,
}

/// Room beside the line that takes hold of it.
const GRIP: f32 = 9.0;
/// A part of the axis, by which an arrow key moves it.
const KEY: f64 = 0.02;

impl GuessMark {
    /// In the middle of the axis.
    pub fn new(horizon: u64) -> Self {
        Self {
            place: 0.5 * log_step(horizon),
            horizon,
        }
    }

    /// The guess; at the end of the axis it is that it never does.
    pub fn guess(&self) -> Guess {
        match self.place >= log_step(self.horizon) - 1e-9 {
            true => Guess::Never,
            false => Guess::At(10f64.powf(self.place.max(0.0)).round().max(1.0) as u64),
        }
    }

    fn put(&mut self, place: f64) {
        if place.is_finite() {
            self.place = place.clamp(0.0, log_step(self.horizon));
        }
    }
}

/// Whether the run has yet to show what was guessed: then nothing may give it away.
pub(super) fn is_open(model: &CurvesModel<'_>, mark: Option<&GuessMark>) -> bool {
    let told = |mark: &GuessMark| {
        model
            .run
            .is_some_and(|run| mark.guess().told(run).is_some())
    };
    mark.is_some_and(|mark| !told(mark))
}

/// Draws it over the losses; it is dragged as long as the run has not begun.
pub(super) fn show(
    ui: &mut Ui,
    panel: &mut Panel<'_>,
    model: &CurvesModel<'_>,
    mark: &mut GuessMark,
    theme: &Theme,
) {
    let canvas = panel.overlay.canvas;
    let frame = canvas.rect;
    let Some(at) = canvas.at(mark.place, canvas.y.0) else {
        return;
    };
    let x = at.x.clamp(frame.left(), frame.right());
    let free = model.run.is_none_or(|run| run.step() == 0);
    let grip = Rect::from_x_y_ranges(x - GRIP..=x + GRIP, frame.y_range());
    let sense = if free {
        Sense::click_and_drag()
    } else {
        Sense::hover()
    };
    let response = ui.interact(grip, ui.scope_id().with("guess"), sense);
    let step = 10f64.powf(mark.place);
    response.widget_info(|| WidgetInfo::slider(free, step, "guess: step of generalisation"));
    let most = mark.horizon as f64;
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(1.0);
        node.set_max_numeric_value(most);
        if free {
            node.add_action(accesskit::Action::SetValue);
        }
    });
    if free {
        let width = canvas.x.1 - canvas.x.0;
        if let Some(pointer) = response
            .interact_pointer_pos()
            .filter(|_| response.dragged())
        {
            let part = f64::from((pointer.x - frame.left()) / frame.width().max(1.0));
            mark.put(canvas.x.0 + part * width);
        }
        let set = ui.input(|i| {
            i.accesskit_action_requests(response.id, accesskit::Action::SetValue)
                .filter_map(|request| match request.data {
                    Some(accesskit::ActionData::NumericValue(value)) => Some(value),
                    _ => None,
                })
                .last()
        });
        if let Some(step) = set {
            mark.put(step.max(1.0).log10());
        }
        if response.has_focus() {
            let keys = ui.input(|i| [Key::ArrowLeft, Key::ArrowRight].map(|k| i.key_pressed(k)));
            for (pressed, by) in keys.into_iter().zip([-KEY, KEY]) {
                if pressed {
                    mark.put(mark.place + by * width);
                }
            }
        }
    }
    let lit = free && (response.hovered() || response.dragged() || response.has_focus());
    let stroke = Stroke::new(if lit { 3.0 } else { 2.0 }, theme.accent);
    let ends = [pos2(x, frame.top()), pos2(x, frame.bottom())];
    let painter = &panel.overlay.painter;
    painter.extend(Shape::dashed_line(&ends, stroke, 8.0, 5.0));
    if free {
        let handle = pos2(x, frame.center().y);
        painter.circle(
            handle,
            8.0,
            theme.accent,
            Stroke::new(2.0, theme.background),
        );
        response
            .on_hover_cursor(CursorIcon::ResizeHorizontal)
            .on_hover_text("Drag it to where you think the test loss falls below θ; at the right end: not by the horizon. Then press Space.");
    }
    // Where there is no row yet it is said what is done meanwhile.
    if model.run.is_none_or(|run| run.rows().is_empty()) {
        return;
    }
    let guess = mark.guess();
    let told = model.run.and_then(|run| guess.told(run));
    let text = told.unwrap_or_else(|| guess.sentence());
    let font = panel.overlay.body.clone();
    let beside = (frame.right() - x).max(x - frame.left());
    let width = (0.55 * frame.width()).min(beside - 30.0).max(60.0);
    let galley = painter.layout(text, font, theme.text, width);
    let size = galley.size();
    // Below the outcome and its bracket, on either side of the line; else on a curve, but
    // never on other words: the status line says it too.
    let places = [0.3, 0.42, 0.54, 0.66, 0.8, 0.2]
        .into_iter()
        .flat_map(|part| {
            let top = frame.top() + part * frame.height();
            let sides = [x + 12.0, x - 12.0 - size.x];
            sides.map(|left| Rect::from_min_size(pos2(left, top), size).expand2(vec2(5.0, 3.0)))
        });
    let places: Vec<Rect> = places.filter(|r| frame.contains_rect(*r)).collect();
    let obstacles = &panel.overlay.obstacles;
    let free = places.iter().find(|rect| obstacles.is_free(**rect));
    let rect = free.or_else(|| places.iter().find(|rect| obstacles.is_legible(**rect)));
    let Some(rect) = rect.copied() else {
        return;
    };
    panel.overlay.painter.rect(
        rect,
        5.0,
        theme.panel,
        Stroke::new(1.0, theme.accent),
        egui::StrokeKind::Inside,
    );
    panel
        .overlay
        .painter
        .galley(rect.min + vec2(5.0, 3.0), galley, theme.text);
    panel.overlay.obstacles.add_rect(rect);
}
