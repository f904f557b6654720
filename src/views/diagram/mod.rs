//! The phase diagram: controls, the picture, what is under the pointer.

mod action;
mod card;
pub mod colours;
pub mod figure;
mod inks;
mod isolines;
mod legend;
mod miniature;
mod settings;
mod subject;

pub use action::{DiagramAction, DiagramFile};
pub use card::coordinate;
pub use figure::Figure;
pub use subject::Subject;

use super::{action::Action, commands, theme::Theme};
use crate::{
    history::format,
    sim::config::Family,
    sweep::{
        diagram::{Diagram, Measure},
        plan::PlanAxis,
    },
};
use egui::{Button, ProgressBar, RichText, ScrollArea, Ui, vec2};
use std::time::Duration;

/// Numbers of seeds to choose from.
pub const SEEDS: [usize; 4] = [1, 3, 5, 8];

/// Where the computation stands.
#[derive(Clone, Debug, PartialEq)]
pub enum FillProgress {
    /// Nothing was asked for.
    Idle,
    /// So many of so many cells, and the seconds that are left.
    Filling {
        /// Places that a draft has filled, while nothing is done.
        sketched: usize,
        /// Cells done.
        done: usize,
        /// Cells in all.
        of: usize,
        /// Cells a second, where it is known.
        rate: Option<f64>,
    },
    /// Everything is there, after this time.
    Complete(usize, Duration),
    /// Too large to be filled unasked; it takes about so many seconds.
    OnDemand(f64),
    /// It was stopped.
    Stopped(usize, usize),
    /// It cannot be.
    Failed(String),
}

/// What this view draws.
pub struct View<'a> {
    /// The newest diagram, if there is one.
    pub diagram: Option<&'a Diagram>,
    /// The one before.
    pub before: Option<&'a Diagram>,
    /// The network whose settings make the axes.
    pub family: Family,
    /// Axis from left to right.
    pub x: &'a PlanAxis,
    /// Axis from bottom to top.
    pub y: &'a PlanAxis,
    /// What the colours show.
    pub measure: Measure,
    /// What never generalises is drawn as 0.
    pub never_is_zero: bool,
    /// Lines of equal predicted escape of the features are drawn.
    pub escape: bool,
    /// Seeds in each place.
    pub seeds: usize,
    /// Where the sliders stand.
    pub crosshair: Option<[f64; 2]>,
    /// Last step of every run.
    pub horizon: f64,
    /// Where the computation stands.
    pub progress: FillProgress,
    /// It has the plots' place.
    pub large: bool,
    /// What every cell has in common, for the caption.
    pub caption: String,
}

/// What leaving the large diagram does.
const BACK: &str = "Puts the plots back in its place";

fn ask(actions: &mut Vec<Action>, action: DiagramAction) {
    actions.push(Action::Diagram(action));
}

/// Draws it in the side panel.
pub fn show_small(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.add_space(6.0);
    settings::show(ui, theme, view, actions);
    if view.large {
        ui.add_space(8.0);
        ui.label(
            RichText::new("The diagram is shown large, in place of the plots.").color(theme.muted),
        );
        let back = ui
            .button("Back to the plots")
            .on_hover_text(commands::ESCAPE.hint_of(BACK));
        if back.clicked() {
            ask(actions, DiagramAction::Large(false));
        }
        ui.add_space(8.0);
        note(ui, theme, &view.caption);
        return;
    }
    ui.add_space(4.0);
    let height = ui.available_width().clamp(180.0, 300.0);
    picture(ui, theme, view, height, true, actions);
    footer(ui, theme, view, actions);
    ui.add_space(4.0);
    note(ui, theme, &view.caption);
}

/// Draws it where the plots are.
pub fn show_large(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.heading("Phase diagram");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui
                .button("Back to the plots")
                .on_hover_text(commands::ESCAPE.hint_of(BACK))
                .clicked()
            {
                ask(actions, DiagramAction::Large(false));
            }
            footer_buttons(ui, view, actions);
        });
    });
    note(ui, theme, &view.caption);
    ui.add_space(4.0);
    let space = Space {
        room: ui.available_height() - 24.0,
        most: 1.45,
        hint: true,
    };
    // A low window scrolls to what it has no room for.
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| large_picture(ui, theme, view, space, actions));
}

/// Draws it over all the room there is, with nothing to set and in the size of other
/// text: for a lecture.
pub fn show_alone(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let body = egui::TextStyle::Body.resolve(ui.style());
    let styles = &mut ui.style_mut().text_styles;
    styles.insert(egui::TextStyle::Small, body);
    let space = Space {
        room: ui.available_height() - 30.0,
        most: 2.2,
        hint: false,
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| large_picture(ui, theme, view, space, actions));
}

/// Room for the large diagram.
#[derive(Clone, Copy)]
struct Space {
    /// Height that it may take.
    room: f32,
    /// It is at most so many times as wide as high.
    most: f32,
    /// What to do with it is said beside it.
    hint: bool,
}

/// The diagram, and what is under the pointer beside it, in this much height or in
/// the least that it needs.
fn large_picture(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    space: Space,
    actions: &mut Vec<Action>,
) {
    let beside = ui.available_width() > 620.0;
    // The colour bar, the legend and the progress need so much.
    let height = (space.room - 104.0).max(160.0);
    ui.horizontal_top(|ui| {
        let width = match beside {
            true => (ui.available_width() - card::WIDTH - 16.0).min(space.most * height),
            false => ui.available_width(),
        };
        let seen = ui
            .vertical(|ui| {
                ui.set_max_width(width);
                let seen = picture(ui, theme, view, height, !beside, actions);
                progress(ui, theme, view, actions);
                seen
            })
            .inner;
        if beside && let Some(diagram) = view.diagram {
            ui.add_space(8.0);
            ui.vertical(|ui| match seen {
                Some(place) => card::show(ui, theme, diagram, place, view.horizon),
                None if space.hint => hint(ui, theme, view),
                None => {}
            });
        }
    });
}

/// What to do with it, while nothing is under the pointer.
fn hint(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    ui.set_max_width(card::WIDTH);
    let mut text = String::from(
        "Each cell is a whole run. Point at one for its curve: train dashed, test solid, over \
         log time. Click it to load it as a run.",
    );
    if view.crosshair.is_some() {
        text.push_str(match view.measure {
            Measure::Curves => " The framed cell is where the sliders stand; drag another one and the whole diagram follows.",
            _ => " The crosshair is where the sliders stand; drag another one and the whole diagram follows.",
        });
    }
    note(ui, theme, &text);
}

fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.label(RichText::new(text).small().color(theme.muted));
}

/// The diagram itself; returns the place under the pointer.
fn picture(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    height: f32,
    card_beside: bool,
    actions: &mut Vec<Action>,
) -> Option<[usize; 2]> {
    let Some(diagram) = view.diagram else {
        let size = vec2(ui.available_width(), height);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        ui.painter().rect_filled(rect, 4.0, theme.background);
        let words = match &view.progress {
            FillProgress::Failed(_) => "No diagram",
            FillProgress::OnDemand(_) => "Not filled yet",
            _ => "Filling …",
        };
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            words,
            egui::TextStyle::Body.resolve(ui.style()),
            theme.muted,
        );
        return None;
    };
    let figure = Figure {
        diagram,
        before: view.before,
        measure: view.measure,
        never_is_zero: view.never_is_zero && matches!(view.measure, Measure::Delay(_)),
        escape: view.escape,
        crosshair: view.crosshair,
        horizon: view.horizon,
        title: "",
    };
    let seen = figure::show(ui, theme, &figure, height);
    if let Some(place) = seen.clicked {
        ask(actions, DiagramAction::Load(place));
    }
    if card_beside && let (Some(place), Some(response)) = (seen.hovered, &seen.response) {
        response.show_tooltip_ui(|ui| card::show(ui, theme, diagram, place, view.horizon));
    }
    seen.hovered
}

fn footer(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    progress(ui, theme, view, actions);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let large = ui
            .button("Large")
            .on_hover_text("Shows the diagram large, in place of the plots");
        if large.clicked() {
            ask(actions, DiagramAction::Large(true));
        }
        footer_buttons(ui, view, actions);
    });
}

fn footer_buttons(ui: &mut Ui, view: &View<'_>, actions: &mut Vec<Action>) {
    let save = ui.menu_button("Save ▾", |ui| {
        ui.set_min_width(250.0);
        let there = view.diagram.is_some_and(|d| d.done() > 0);
        for (file, label, why) in DiagramFile::ALL {
            let item = ui.add_enabled(there || file == DiagramFile::Spec, Button::new(label));
            if item.on_hover_text(why).clicked() {
                ask(actions, DiagramAction::Save(file));
                ui.close();
            }
        }
        let copy = ui.button("Copy sweep.toml").on_hover_text(
            "The same cells as a file for `grokscope sweep run`, on this machine or a cluster",
        );
        if copy.clicked() {
            ask(actions, DiagramAction::CopySpec);
            ui.close();
        }
    });
    save.response
        .on_hover_text("The diagram as a picture, its numbers, or the sweep that makes it");
}

/// Where the computation stands, in a line.
fn progress(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let small = |text: String| RichText::new(text).small().color(theme.muted);
    match &view.progress {
        FillProgress::Idle => {}
        FillProgress::Filling {
            sketched,
            done,
            of,
            rate,
        } => {
            ui.horizontal_wrapped(|ui| {
                let stop = ui
                    .small_button("Stop")
                    .on_hover_text("Stops computing; the cells that are done stay");
                if stop.clicked() {
                    ask(actions, DiagramAction::Stop);
                }
                let (what, n) = match *done {
                    0 => ("first pass: ", *sketched),
                    done => ("", done),
                };
                let share = n as f32 / (*of).max(1) as f32;
                ui.add(
                    ProgressBar::new(share)
                        .desired_width(60.0)
                        .desired_height(6.0)
                        .fill(theme.accent),
                );
                let mut text = format!(
                    "{what}{} of {} cells",
                    format::thousands(n as u64),
                    format::thousands(*of as u64)
                );
                if let Some(rate) = rate.filter(|r| *r > 0.0) {
                    let left = (*of - *done) as f64 / rate;
                    text.push_str(&format!(", {} left", seconds(left)));
                }
                ui.label(small(text));
            });
        }
        FillProgress::Complete(cells, time) => {
            ui.label(small(format!(
                "{} cells in {}",
                format::thousands(*cells as u64),
                seconds(time.as_secs_f64())
            )));
        }
        FillProgress::Stopped(done, of) => {
            ui.horizontal_wrapped(|ui| {
                ui.label(small(format!("stopped at {done} of {of} cells")));
                let fill = ui
                    .small_button("Fill")
                    .on_hover_text("Computes the cells that are still empty");
                if fill.clicked() {
                    ask(actions, DiagramAction::Fill);
                }
            });
        }
        FillProgress::OnDemand(estimate) => {
            ui.horizontal_wrapped(|ui| {
                let fill = ui
                    .button("Fill the diagram")
                    .on_hover_text("Trains one run for each cell");
                if fill.clicked() {
                    ask(actions, DiagramAction::Fill);
                }
                ui.label(small(format!("takes about {}", seconds(*estimate))));
            });
        }
        FillProgress::Failed(why) => {
            ui.label(RichText::new(why).small().color(theme.warning));
        }
    }
}

/// A duration, no more exactly than matters.
fn seconds(s: f64) -> String {
    match s {
        s if s < 0.95 => format!("{} s", format::plain(s, 1)),
        s if s < 10.0 => format!("{} s", format::plain(s, 2)),
        s if s < 120.0 => format!("{} s", s.ceil()),
        s => format!("{} min", (s / 60.0).ceil()),
    }
}

/// Room for the panel in a scroll area.
pub fn scrolled(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, contents);
}
