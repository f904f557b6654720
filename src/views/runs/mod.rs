//! The runs kept for comparison: their names, colours, outcomes, the settings
//! in which they differ, and a setting swept over values in one action.

mod differences;
mod kept;
mod seeds;
mod sweep;

use super::{
    action::Action,
    controls::{self, heading},
    pins::{MAX_PINS, PinView},
    sweep_form::{SweepForm, SweepProgress},
    theme::Theme,
};
use crate::{
    history::{Run, format},
    sim::{config::Config, outcome::Outcome},
};
use egui::{
    Align, Align2, Button, FontId, Layout, RichText, Role, ScrollArea, Sense, Stroke, TextStyle,
    Ui, WidgetInfo, vec2,
};

/// Height of a row of the table.
const ROW: f32 = 21.0;
/// Widths of the columns: fits, generalises, ratio.
const COLUMNS: [f32; 3] = [46.0, 56.0, 27.0];
const CHECK: f32 = 16.0;
const SWATCH: f32 = 20.0;
const MENU: f32 = 17.0;
/// Width from which a run has its name and its outcome in one line.
const ONE_LINE: f32 = 351.0;

/// What this view draws.
pub struct View<'a> {
    /// The run on screen.
    pub run: Option<&'a Run>,
    /// The settings that it was trained with.
    pub config: Config,
    /// Steps to which the curves of a sweep go.
    pub horizon: u64,
    /// The runs kept for comparison.
    pub pins: Vec<PinView<'a>>,
    /// What is written in the form of a sweep.
    pub form: &'a SweepForm,
    /// Seeds are drawn as a band.
    pub seeds: bool,
    /// The sweep under way.
    pub sweep: Option<SweepProgress>,
}

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            sweep::show(ui, theme, view, actions);
            seeds::show(ui, theme, view, actions);
            runs(ui, theme, view, actions);
            differences::show(ui, theme, view);
            ui.add_space(8.0);
        });
}

fn runs(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    heading(ui, theme, "RUNS");
    ui.horizontal(|ui| {
        let full = view.pins.len() >= MAX_PINS;
        let ready = view.run.is_some_and(|r| !r.rows().is_empty());
        let why = if full {
            format!("{MAX_PINS} runs are pinned already: remove one first.")
        } else {
            "Keeps the run on the plots, whatever is changed next.".into()
        };
        let keep = ui
            .add_enabled(ready && !full, Button::new("Pin this run"))
            .on_hover_text(&why)
            .on_disabled_hover_text(&why);
        if keep.clicked() {
            actions.push(Action::Pin);
        }
        let remove = ui
            .add_enabled(!view.pins.is_empty(), Button::new("Unpin all"))
            .on_hover_text("Takes all pinned runs off the plots. Ctrl+Z brings them back.");
        if remove.clicked() {
            actions.push(Action::UnpinAll);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // The scroll bar stands here.
            ui.add_space(6.0);
            let text = format!("{} of {MAX_PINS}", view.pins.len());
            ui.label(RichText::new(text).color(theme.faint));
        });
    });
    ui.spacing_mut().item_spacing = vec2(2.0, 0.0);
    let width = ui.available_width();
    let one_line = width >= ONE_LINE;
    header(ui, theme, width, one_line);
    if let Some(run) = view.run {
        line(ui, width, one_line, |ui, name_width| {
            ui.allocate_exact_size(vec2(CHECK, ROW), Sense::hover());
            let (rect, _) = ui.allocate_exact_size(vec2(SWATCH, ROW), Sense::hover());
            let middle = rect.left_center();
            let half = 0.5 * SWATCH - 1.0;
            for (x, colour) in [(0.0, theme.train), (half, theme.test)] {
                let ends = [middle + vec2(x, 0.0), middle + vec2(x + half, 0.0)];
                ui.painter().line_segment(ends, Stroke::new(3.0, colour));
            }
            cell(ui, name_width, Layout::left_to_right(Align::Center), |ui| {
                ui.label(RichText::new("on screen").color(theme.text));
            });
            if one_line {
                outcome(ui, theme, run);
            }
        });
        if !one_line {
            below(ui, theme, width, run);
        }
    }
    for pin in &view.pins {
        line(ui, width, one_line, |ui, name_width| {
            kept::show(ui, theme, pin, name_width, one_line, actions);
        });
        if !one_line {
            below(ui, theme, width, pin.run);
        }
    }
    if view.pins.is_empty() {
        ui.add_space(4.0);
        ui.label(
            RichText::new(
                "Pin this run, then change a setting: both curves stay. Or sweep a setting.",
            )
            .color(theme.muted),
        );
    }
}

fn small(ui: &Ui) -> FontId {
    let size = TextStyle::Small.resolve(ui.style()).size;
    FontId::new(size, egui::FontFamily::Monospace)
}

fn line(ui: &mut Ui, width: f32, one_line: bool, add: impl FnOnce(&mut Ui, f32)) {
    let columns: f32 = COLUMNS.iter().sum();
    let gaps = if one_line { 7.0 } else { 3.0 } * ui.spacing().item_spacing.x;
    let fixed = CHECK + SWATCH + MENU + if one_line { columns } else { 0.0 } + gaps;
    ui.allocate_ui_with_layout(
        vec2(width, ROW),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, ROW));
            add(ui, (width - fixed).max(40.0));
        },
    );
}

/// The outcome in a line of its own, under the name.
fn below(ui: &mut Ui, theme: &Theme, width: f32, run: &Run) {
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
        ui.set_min_size(vec2(width, ROW));
        let columns: f32 = COLUMNS.iter().sum();
        let gaps = 4.0 * ui.spacing().item_spacing.x;
        ui.add_space((width - columns - gaps - MENU).max(0.0));
        outcome(ui, theme, run);
    });
}

fn cell(ui: &mut Ui, width: f32, layout: Layout, add: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
        ui.set_min_width(width);
        add(ui);
    });
}

fn header(ui: &mut Ui, theme: &Theme, width: f32, one_line: bool) {
    line(ui, width, one_line, |ui, name_width| {
        let gap = ui.spacing().item_spacing.x;
        let columns: f32 = COLUMNS.iter().sum();
        ui.add_space(if one_line {
            CHECK + SWATCH + name_width + 3.0 * gap
        } else {
            (width - columns - 4.0 * gap - MENU).max(0.0)
        });
        for (word, why, width) in [
            (
                "fits",
                "Step at which train loss falls below its threshold.",
                COLUMNS[0],
            ),
            (
                "groks",
                "Step at which test loss falls below its threshold.",
                COLUMNS[1],
            ),
            ("ratio", "How many times later that is.", COLUMNS[2]),
        ] {
            cell(ui, width, Layout::right_to_left(Align::Center), |ui| {
                let text = RichText::new(word).text_style(TextStyle::Small);
                ui.label(text.color(theme.faint)).on_hover_text(why);
            });
        }
    });
}

/// When it fits, when it generalises, how many times later.
fn outcome(ui: &mut Ui, theme: &Theme, run: &Run) {
    let crossings = run.crossings();
    // What has not happened is later than the last step.
    let not_yet = match (run.finish(), run.failure()) {
        (_, Some(_)) => "–".to_owned(),
        (Some(finish), _) => format!("> {}", format::steps(finish.step)),
        (None, None) => "…".to_owned(),
    };
    let step = |step: Option<u64>| match step {
        Some(step) if step < 1_000_000 => format::thousands(step),
        Some(step) => format::significant(step as f64, 2),
        None => not_yet.clone(),
    };
    let diverged = matches!(run.outcome(), Some(Outcome::Diverged { .. }));
    let failed = diverged || run.failure().is_some();
    let ratio = match crossings.ratio() {
        _ if failed => "–".to_owned(),
        Some(ratio) => format::times(ratio),
        None => "–".to_owned(),
    };
    let texts = [step(crossings.fit), step(crossings.generalise), ratio];
    let sentence = controls::upper_first(&run.outcome_sentence());
    for (text, width) in texts.into_iter().zip(COLUMNS) {
        let colour = match text.as_str() {
            _ if failed => theme.warning,
            text if text.starts_with(['>', '…', '–']) => theme.muted,
            _ => theme.text,
        };
        let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let at = rect.right_center();
        let font = small(ui);
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, &text, font, colour);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        if !sentence.is_empty() {
            response.on_hover_text(&sentence);
        }
    }
}
