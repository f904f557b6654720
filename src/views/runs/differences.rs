//! The settings in which the runs differ.

use super::{View, kept::shortened};
use crate::{
    sim::config::Config,
    views::{
        controls::{accessible_name, heading},
        entry,
        pins::differences,
        theme::Theme,
    },
};
use egui::{Grid, Label, RichText, ScrollArea, Ui};

/// The settings in which the runs differ, and no other.
pub(super) fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    if view.pins.is_empty() {
        return;
    }
    heading(ui, theme, "WHAT DIFFERS");
    let now = &view.config;
    let configs: Vec<&Config> = std::iter::once(now)
        .chain(view.pins.iter().map(|pin| pin.config))
        .collect();
    let fields = differences(configs.iter().copied());
    if fields.is_empty() {
        ui.label(RichText::new("Nothing: all runs have the same settings.").color(theme.muted));
        return;
    }
    let names = std::iter::once("on screen").chain(view.pins.iter().map(|pin| pin.name));
    ScrollArea::horizontal().show(ui, |ui| {
        Grid::new("difference table")
            .striped(true)
            .spacing([12.0, 3.0])
            .show(ui, |ui| {
                ui.label("");
                for field in &fields {
                    ui.label(RichText::new(field.short_name()).color(theme.muted))
                        .on_hover_text(accessible_name(field));
                }
                ui.end_row();
                for (name, config) in names.zip(&configs) {
                    let shown = shortened(ui, name, 110.0);
                    ui.add(Label::new(RichText::new(shown).color(theme.text)).extend())
                        .on_hover_text(name);
                    for field in &fields {
                        let value = (field.get)(config);
                        let same = value == (field.get)(now);
                        let color = if same { theme.muted } else { theme.text };
                        let text = RichText::new(entry::shown(field, &value));
                        ui.label(text.monospace().color(color));
                    }
                    ui.end_row();
                }
            });
    });
}
