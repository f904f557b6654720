//! The bottom bar: what is happening now, in one sentence, and how it ended.

use super::{action::Action, commands, glossary, sweep_form::SweepProgress, theme::Theme};
use egui::{Align, Color32, Layout, Sense, Ui, Vec2};

/// What a run is doing, as the user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// No run.
    Empty,
    /// Training.
    Running,
    /// Held.
    Paused,
    /// At its horizon, or stopped.
    Done,
    /// The loss exploded.
    Diverged,
    /// It could not be made, or the worker panicked.
    Failed,
}

/// What this view draws.
pub struct View {
    /// What the run is doing.
    pub state: RunState,
    /// What is happening, or what the user just did.
    pub sentence: String,
    /// The sentence is about something that went wrong.
    pub bad: bool,
    /// Runs kept for comparison.
    pub pins: usize,
    /// There is a run whose sentence can be explained.
    pub why: bool,
    /// The sweep under way.
    pub sweep: Option<SweepProgress>,
    /// A run is being prepared, which takes long.
    pub preparing: bool,
}

/// Width from which buttons have their words.
const WORDS: f32 = 900.0;
/// Lines that the longest sentence needs in a window of normal size. The bar always
/// has room for them, so that nothing moves as the sentence changes.
const LINES: usize = 2;

/// Height of the bar.
pub const HEIGHT: f32 = 48.0;

/// Draws the bar's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View, actions: &mut Vec<Action>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let short = ui.available_width() < WORDS;
        let command = &commands::COPY_COMMAND;
        let copy = ui
            .button(if short { "Copy" } else { command.label })
            .on_hover_text(command.hover)
            .accessible_name(command.label);
        if copy.clicked() {
            actions.push(command.action.clone());
        }
        if view.why {
            let why = &commands::WHY;
            let button = ui
                .button("why?")
                .on_hover_text(why.hint())
                .accessible_name(why.label);
            if button.clicked() {
                actions.push(why.action.clone());
            }
        }
        if view.preparing {
            let stop = ui.button("Stop").on_hover_text(
                "Gives up the run that is being prepared. A change of a setting does the same, and begins another.",
            );
            if stop.clicked() {
                actions.push(Action::StopRun);
            }
        }
        if let Some(sweep) = &view.sweep {
            let cancel = ui
                .button(match short {
                    true => format!("{}/{} ×", sweep.done, sweep.total),
                    false => format!("Sweep: {} of {} ×", sweep.done, sweep.total),
                })
                .on_hover_text(format!(
                    "Sweeping {}. A click gives it up; the curves that are done stay.",
                    sweep.what
                ))
                .accessible_name("Give up the sweep");
            if cancel.clicked() {
                actions.push(Action::CancelSweep);
            }
        }
        if view.pins > 0 {
            let unpin = ui
                .button(format!("Unpin {}", view.pins))
                .on_hover_text("Takes all pinned runs off the plots. Ctrl+Z brings them back.");
            if unpin.clicked() {
                actions.push(Action::UnpinAll);
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let colour = dot(theme, view);
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(9.0), Sense::hover());
            ui.painter().circle_filled(rect.center(), 4.0, colour);
            let color = match view.bad {
                true => theme.warning,
                false => theme.text,
            };
            glossary::label(ui, theme, &view.sentence, color, Some(LINES));
        });
    });
}

fn dot(theme: &Theme, view: &View) -> Color32 {
    match view.state {
        _ if view.bad => theme.warning,
        RunState::Empty => theme.faint,
        RunState::Running => theme.accent,
        RunState::Paused => theme.muted,
        RunState::Done => theme.alignment,
        RunState::Diverged | RunState::Failed => theme.warning,
    }
}
