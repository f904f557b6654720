//! What the presenter alone sees: notes, the next step and a clock, in a second
//! window, or in this one where there is no other.

use super::{LectureAction, keys};
use crate::views::{action::Action, fonts, theme::Theme};
use egui::{
    Align, Context, Event, Frame, Layout, Margin, RichText, ScrollArea, TextStyle, Ui,
    ViewportBuilder, ViewportClass, ViewportId, vec2,
};

/// What this view draws.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The step that is shown.
    pub title: &'a str,
    /// What is said on the screen.
    pub line: &'a str,
    /// What the presenter wrote for it.
    pub notes: &'a str,
    /// The next step; `None` at the end.
    pub next: Option<&'a str>,
    /// The step, counted from 1, and how many there are.
    pub place: [usize; 2],
    /// Seconds since the lecture began.
    pub seconds: f64,
}

/// "4:05".
fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Shows it. Its keys are those of the lecture.
pub fn show(ctx: &Context, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let id = ViewportId::from_hash_of("presenter");
    let builder = ViewportBuilder::default()
        .with_title("Grokscope: presenter's view")
        .with_inner_size(vec2(520.0, 460.0))
        .with_min_inner_size(vec2(320.0, 240.0));
    ctx.show_viewport_immediate(id, builder, |ui, class| {
        if class == ViewportClass::EmbeddedWindow {
            ui.set_max_width(420.0);
            content(ui, theme, view, actions);
            return;
        }
        let frame = Frame::new()
            .fill(theme.panel)
            .inner_margin(Margin::same(16));
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            content(ui, theme, view, actions);
        });
        // Keys that go to this window belong to the lecture too.
        ui.input(|input| {
            for event in &input.events {
                if let Event::Key {
                    key,
                    pressed: true,
                    repeat: false,
                    modifiers,
                    ..
                } = event
                    && let Some(command) = keys::of_key(*key, *modifiers)
                {
                    actions.push(command.action.clone());
                }
            }
            if input.viewport().close_requested() {
                actions.push(Action::Lecture(LectureAction::Presenter));
            }
        });
    });
    // The clock goes on where nothing moves.
    ctx.request_repaint_after(std::time::Duration::from_millis(500));
}

fn content(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let [step, of] = view.place;
        let place = format!("Step {step} of {of}");
        ui.label(RichText::new(place).color(theme.muted));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let clock = RichText::new(clock(view.seconds))
                .text_style(TextStyle::Heading)
                .color(theme.text);
            ui.label(clock).on_hover_text("Since the lecture began");
        });
    });
    ui.add_space(4.0);
    let title = RichText::new(view.title).family(fonts::bold()).size(17.0);
    ui.add(egui::Label::new(title.color(theme.text)).wrap());
    ui.add(egui::Label::new(RichText::new(view.line).color(theme.muted)).wrap());
    ui.separator();
    let room = (ui.available_height() - 92.0).clamp(70.0, 400.0);
    ScrollArea::vertical().max_height(room).show(ui, |ui| {
        let notes = match view.notes.is_empty() {
            true => RichText::new("No notes for this step.").color(theme.muted),
            false => RichText::new(view.notes).size(15.0).color(theme.text),
        };
        ui.add(egui::Label::new(notes).wrap());
    });
    ui.separator();
    let next = view.next.unwrap_or("the end");
    ui.label(RichText::new(format!("Next: {next}")).color(theme.text));
    ui.horizontal_wrapped(|ui| {
        for action in [
            LectureAction::Previous,
            LectureAction::Next,
            LectureAction::Blank,
        ] {
            let Some(command) = keys::of_action(&action) else {
                continue;
            };
            let button = ui.button(command.label).on_hover_text(command.hint());
            if button.clicked() {
                actions.push(command.action.clone());
            }
        }
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_clock_counts_minutes_and_seconds() {
        assert_eq!(super::clock(245.9), "4:05");
        assert_eq!(super::clock(-1.0), "0:00");
    }
}
