//! The settings in which the runs differ.

use super::{View, kept::shortened};
use crate::{
    sim::config::{Config, Field},
    views::{
        controls::{accessible_name, heading},
        entry,
        pins::differences,
        theme::Theme,
    },
};
use egui::{Color32, Grid, Label, RichText, TextFormat, TextStyle, Ui, text::LayoutJob};

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
    let names: Vec<&str> = std::iter::once("on screen")
        .chain(view.pins.iter().map(|pin| pin.name))
        .collect();
    let cell = |field: &Field, config: &Config| entry::shown(field, &(field.get)(config));
    let colour = |field: &Field, config: &Config| match (field.get)(config) == (field.get)(now) {
        true => theme.muted,
        false => theme.text,
    };
    if table_width(ui, &names, &fields, &configs) <= ui.available_width() {
        table(ui, theme, &names, &fields, &configs, cell, colour);
        return;
    }
    // No table fits: the settings of each run one after the other.
    for (name, config) in names.iter().zip(&configs) {
        ui.add(Label::new(RichText::new(*name).color(theme.text)).wrap());
        let mut job = LayoutJob::default();
        for (i, field) in fields.iter().enumerate() {
            let comma = if i + 1 < fields.len() { ", " } else { "" };
            let text = format!("{} = {}{comma}", field.short_name(), cell(field, config));
            let font = TextStyle::Body.resolve(ui.style());
            job.append(&text, 0.0, TextFormat::simple(font, colour(field, config)));
        }
        ui.indent(("differs", *name), |ui| ui.add(Label::new(job).wrap()));
    }
}

/// Room between the columns of the table of differences.
const COLUMN_GAP: f32 = 12.0;
/// Width of the runs' names in it.
const NAMES: f32 = 110.0;

/// Width that the table of differences needs.
fn table_width(ui: &Ui, names: &[&str], fields: &[&Field], configs: &[&Config]) -> f32 {
    let width = |text: String, style: TextStyle| {
        let font = style.resolve(ui.style());
        let galley = ui.painter().layout_no_wrap(text, font, Color32::WHITE);
        galley.size().x
    };
    let columns = fields.iter().map(|field| {
        let head = width(field.short_name().into(), TextStyle::Body);
        configs.iter().fold(head, |widest, config| {
            let text = entry::shown(field, &(field.get)(config));
            widest.max(width(text, TextStyle::Monospace))
        })
    });
    let columns: f32 = columns.map(|width| width + COLUMN_GAP).sum();
    let first = names.iter().map(|name| {
        let shown = shortened(ui, name, NAMES);
        width(shown.to_string(), TextStyle::Body)
    });
    first.fold(0.0, f32::max) + columns
}

fn table(
    ui: &mut Ui,
    theme: &Theme,
    names: &[&str],
    fields: &[&Field],
    configs: &[&Config],
    cell: impl Fn(&Field, &Config) -> String,
    colour: impl Fn(&Field, &Config) -> Color32,
) {
    Grid::new("difference table")
        .striped(true)
        .spacing([COLUMN_GAP, 3.0])
        .show(ui, |ui| {
            ui.label("");
            for field in fields {
                ui.label(RichText::new(field.short_name()).color(theme.muted))
                    .on_hover_text(accessible_name(field));
            }
            ui.end_row();
            for (name, config) in names.iter().zip(configs) {
                let shown = shortened(ui, name, NAMES);
                ui.add(Label::new(RichText::new(shown).color(theme.text)).extend())
                    .on_hover_text(*name);
                for field in fields {
                    let text = RichText::new(cell(field, config)).monospace();
                    ui.label(text.color(colour(field, config)));
                }
                ui.end_row();
            }
        });
}
