//! A setting with its symbol, its value and what changes it.

use super::{View, Widget, accessible_name, explanation::explain, sweepable};
use crate::{
    history::format,
    sim::config::{Draggable, Field, Kind, Value, Width},
    sim::digits::rate_in_digits,
    views::{
        action::Action,
        entry::{Entry, describe, shown},
        fonts, glossary,
        panels::Tab,
        slider::{Change, Slider},
        sweep_form::SweepForm,
        theme::Theme,
        tour,
    },
};
use egui::{Align, FontId, Layout, RichText, Sense, TextStyle, Ui};

/// A setting with its symbol, its value and what changes it.
pub fn row(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    field: &'static Field,
    widget: Widget,
    actions: &mut Vec<Action>,
) {
    let why_locked = view.fixed.get(field.key).map(String::as_str);
    let locked = why_locked.is_some();
    let value = (field.get)(view.config);
    let name = accessible_name(field);
    let entry = Entry {
        field,
        value: &value,
        name: &name,
        locked,
        refused: view.errors.contains_key(field.key),
    };
    let row = ui
        .scope(|ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.set_min_height(20.0);
                ui.spacing_mut().item_spacing.x = 0.0;
                // The value first: it is the name that may be shortened.
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    match widget {
                        Widget::Slider | Widget::Typed => {
                            entry.typed(ui, theme, actions);
                        }
                        Widget::Switch => {
                            ui.add_enabled_ui(!locked, |ui| entry.switch(ui, theme, actions));
                        }
                        // Words need the whole width: they stand below the name.
                        Widget::Choice | Widget::Family => {}
                    }
                    ui.add_space(4.0);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        label(ui, theme, field, locked, actions);
                    });
                });
            });
            if let Widget::Family = widget {
                ui.add_enabled_ui(!locked, |ui| entry.family(ui, theme, actions));
            }
            if let Widget::Choice = widget {
                ui.add_enabled_ui(!locked, |ui| {
                    ui.horizontal_wrapped(|ui| entry.choice(ui, theme, actions));
                });
            }
            if let (Widget::Slider, Some(range)) = (widget, field.draggable(view.config)) {
                slider(ui, theme, view, entry, range, actions);
            }
        })
        .response;
    let default = shown(field, &(field.get)(view.defaults));
    explain(
        &row.interact(Sense::hover()),
        theme,
        field,
        &default,
        why_locked,
        view.errors.get(field.key).map(String::as_str),
    );
    if field.key == "training.learning_rate" {
        let text = view.lowered.map_or_else(String::new, |lowered| {
            format!(
                "η₀ lowered to {}: {} diverges at step {}",
                rate_in_digits(lowered.to),
                format::plain(lowered.from, 3),
                format::steps(lowered.diverged_at)
            )
        });
        note(ui, theme, &text);
    }
}

/// A line of its own, there or not: what stands below must not move.
fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    let text = RichText::new(text)
        .text_style(TextStyle::Small)
        .color(theme.warning);
    let line = TextStyle::Small.resolve(ui.style()).size + 4.0;
    ui.allocate_ui_with_layout(
        egui::vec2(ui.available_width(), line),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_height(line);
            // What does not fit is shown on hover by the label itself.
            ui.add(egui::Label::new(text).truncate());
        },
    );
}

fn label(
    ui: &mut Ui,
    theme: &Theme,
    field: &'static Field,
    locked: bool,
    actions: &mut Vec<Action>,
) {
    let mut text = egui::text::LayoutJob::default();
    let size = TextStyle::Body.resolve(ui.style()).size;
    let colour = if locked { theme.faint } else { theme.text };
    if !field.symbol.is_empty() {
        let symbol = egui::TextFormat {
            font_id: FontId::new(size * 1.1, fonts::bold()),
            color: colour,
            ..Default::default()
        };
        text.append(field.symbol, 0.0, symbol);
    }
    let format = egui::TextFormat {
        font_id: FontId::proportional(size),
        color: if locked { theme.faint } else { theme.muted },
        ..Default::default()
    };
    let name = if field.symbol.is_empty() {
        field.name.to_owned()
    } else {
        format!(" {}", field.name)
    };
    let gap = if field.symbol.is_empty() { 0.0 } else { 3.0 };
    text.append(&name, gap, format);
    let response = ui.add(
        egui::Label::new(text)
            .truncate()
            .sense(Sense::click())
            .selectable(false),
    );
    if response.double_clicked() && !locked {
        actions.push(Action::ResetField(field.key));
    }
    if !locked {
        menu(&response, field, actions);
    }
}

/// What else can be done with a setting, on a right click.
fn menu(response: &egui::Response, field: &'static Field, actions: &mut Vec<Action>) {
    response.context_menu(|ui| {
        if sweepable().any(|f| f.key == field.key) {
            let form = SweepForm::of(field.key);
            let sweep = ui
                .button(format!("Sweep {}", form.in_words()))
                .on_hover_text("Computes one curve for each value and pins it");
            if sweep.clicked() {
                actions.push(Action::Sweep(form.clone()));
                ui.close();
            }
            let other = ui
                .button("Sweep other values …")
                .on_hover_text("Choose the values in the tab Runs");
            if other.clicked() {
                actions.push(Action::EditSweep(form));
                actions.push(Action::SelectTab(Tab::Runs));
                ui.close();
            }
        }
        let reset = ui
            .button("Back to the default")
            .on_hover_text("The value that this setting had when the run was opened");
        if reset.clicked() {
            actions.push(Action::ResetField(field.key));
            ui.close();
        }
        for (_, term) in glossary::mentions(&accessible_name(field)) {
            let item = ui
                .button(format!("Glossary: {}", term.name))
                .on_hover_text(term.meaning);
            if item.clicked() {
                actions.push(Action::LookUp(term.name));
                ui.close();
            }
        }
    });
}

fn slider(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    entry: Entry<'_>,
    scale: Draggable,
    actions: &mut Vec<Action>,
) {
    let Entry {
        field,
        value,
        name,
        locked,
        ..
    } = entry;
    let integer = !matches!(field.kind, Kind::Real { .. });
    let mark = (field.key == "training.learning_rate")
        .then_some(view.lowered)
        .flatten()
        .map(|l| l.to);
    let (response, change) = Slider {
        name,
        value: value.as_f64().unwrap_or_default(),
        scale,
        integer,
        enabled: !locked,
        mark,
    }
    .show(ui, theme);
    describe(&response, field.why);
    if field.key == "network.alpha" {
        ui.data_mut(|d| d.insert_temp(tour::alpha_id(), response.rect));
    }
    if !locked {
        menu(&response, field, actions);
    }
    match change {
        Some(Change::Value { value: x, dragging }) => {
            let value = match field.kind {
                Kind::Width { .. } if x.is_infinite() => Value::Width(Width::Infinite),
                Kind::Width { .. } => Value::Width(Width::Finite(x.max(1.0) as usize)),
                Kind::Integer { .. } => Value::Integer(x.max(0.0) as u64),
                _ => Value::Real(x),
            };
            actions.push(Action::Edit {
                key: field.key,
                value,
                dragging,
            });
        }
        Some(Change::Released) => actions.push(Action::EndDrag),
        Some(Change::Reset) => actions.push(Action::ResetField(field.key)),
        None => {}
    }
}
