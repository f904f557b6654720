//! Every metric of the run, with its value at one time.

use super::{controls::heading, theme::Theme};
use crate::history::{Moment, format};
use egui::{Align, Label, Layout, RichText, TextStyle, Ui};

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, moment: Moment<'_>) {
    let title = match moment.is_live() {
        true => "THE NEWEST NUMBERS".to_owned(),
        false => format!("THE NUMBERS AT STEP {}", format::thousands(moment.step())),
    };
    heading(ui, theme, &title);
    recorded_at(ui, theme, moment);
    ui.spacing_mut().item_spacing.y = 3.0;
    fact(
        ui,
        theme,
        "step",
        &format::thousands(moment.step()),
        "Number of gradient descent steps taken.",
        true,
    );
    let now = moment.row().map_or(0, |row| row.step);
    // What this run will never have, by the reason.
    let mut missing: Vec<(String, Vec<&str>)> = Vec::new();
    for &metric in moment.run().columns() {
        let spec = metric.spec();
        let Some((step, value)) = moment.last(metric) else {
            match moment.run().missing(metric) {
                Some(why) => match missing.iter_mut().find(|(reason, _)| *reason == why) {
                    Some((_, symbols)) => symbols.push(spec.symbol),
                    None => missing.push((why, vec![spec.symbol])),
                },
                None => {
                    let reason = format!("{} ({})\nNot measured yet.", spec.meaning, spec.name);
                    fact(ui, theme, spec.symbol, "not yet", &reason, false);
                }
            }
            continue;
        };
        let when = if step == now {
            String::new()
        } else {
            format!("\nMeasured at step {}.", format::thousands(step))
        };
        let why = format!("{} ({}){when}", spec.meaning, spec.name);
        let text = format::significant(value, 4);
        fact(ui, theme, spec.symbol, &text, &why, step == now);
    }
    for (why, symbols) in missing {
        ui.add_space(6.0);
        let text = format!("Not measured, because {why}: {}.", symbols.join(", "));
        ui.add(Label::new(RichText::new(text).color(theme.muted)).wrap());
    }
    if let Some(note) = moment.run().info().and_then(|info| info.note.as_ref()) {
        ui.add_space(6.0);
        ui.label(RichText::new(note).color(theme.muted));
    }
}

/// Says which row the numbers of a moment are from, where that is an earlier one: an
/// event lies between two recorded steps.
pub(super) fn recorded_at(ui: &mut Ui, theme: &Theme, moment: Moment<'_>) {
    if let Some(step) = moment.recorded_before() {
        let text = format!(
            "Recorded at step {}, the last before step {}.",
            format::thousands(step),
            format::thousands(moment.step())
        );
        ui.add(Label::new(RichText::new(text).color(theme.muted)).wrap());
    }
}

/// A name, its value, and what it means on hover.
pub(super) fn fact(ui: &mut Ui, theme: &Theme, symbol: &str, value: &str, why: &str, fresh: bool) {
    let response = ui
        .horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(
                    RichText::new(value)
                        .text_style(TextStyle::Monospace)
                        .color(if fresh { theme.text } else { theme.muted }),
                );
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(RichText::new(symbol).color(theme.muted)).truncate());
                });
            });
        })
        .response;
    response.on_hover_text(why);
}
