//! The settings: one row for each, in groups, drawn from the table
//! [`FIELDS`](crate::sim::config::FIELDS).

use super::{
    action::Action,
    commands,
    entry::{Entry, describe, shown},
    fonts, glossary,
    panels::Tab,
    slider::{Change, Slider},
    sweep_form::SweepForm,
    theme::Theme,
};
use crate::{
    history::{Lowered, format},
    sim::config::{Config, Draggable, Field, Kind, Value, Width, field},
    sim::digits::rate_in_digits,
};
use egui::{Align, FontId, Layout, RichText, Sense, TextStyle, Tooltip, Ui};
use std::collections::BTreeMap;

/// What this view draws.
pub struct View<'a> {
    /// What Ctrl+Z takes back.
    pub undo: Option<&'a str>,
    /// What Ctrl+Y makes again.
    pub redo: Option<&'a str>,
    /// The settings being edited.
    pub config: &'a Config,
    /// The settings as they were opened: what a double click goes back to.
    pub defaults: &'a Config,
    /// Why the last typed value of a field was refused.
    pub errors: &'a BTreeMap<String, String>,
    /// The learning rate in force, where it had to be lowered.
    pub lowered: Option<Lowered>,
    /// File name of the instance in use.
    pub instance: Option<String>,
    /// Keys of the settings that it fixes, and why.
    pub fixed: BTreeMap<&'static str, String>,
}

/// How a setting is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Widget {
    /// Slider and typed field. The slider covers what is worth dragging; the
    /// field takes the whole allowed range.
    Slider,
    /// Typed field alone.
    Typed,
    /// A switch.
    Switch,
    /// One of a few words.
    Choice,
    /// The menu of networks.
    Family,
}

const GROUPS: &[(&str, &[(&str, Widget)])] = &[
    ("WHAT LEARNS", &[("network.family", Widget::Family)]),
    (
        "LAZINESS",
        &[
            ("network.alpha", Widget::Slider),
            ("network.init_scale", Widget::Slider),
        ],
    ),
    ("KERNEL", &[("network.epsilon", Widget::Slider)]),
    (
        "DATA",
        &[
            ("task.samples", Widget::Slider),
            ("task.dim", Widget::Slider),
            ("task.target", Widget::Choice),
            ("task.eigenvector", Widget::Slider),
            ("task.degree", Widget::Slider),
            ("task.label_noise", Widget::Typed),
            ("task.draw", Widget::Choice),
            ("task.test_samples", Widget::Typed),
            ("task.target_rank", Widget::Typed),
            ("task.target_scale", Widget::Typed),
            ("modular.modulus", Widget::Slider),
            ("modular.train_fraction", Widget::Slider),
            ("images.pool", Widget::Slider),
            ("images.test_from", Widget::Typed),
            ("images.images", Widget::Typed),
            ("images.labels", Widget::Typed),
            ("student_teacher.inputs", Widget::Typed),
            ("student_teacher.outputs", Widget::Typed),
        ],
    ),
    (
        "NETWORK",
        &[
            ("network.width", Widget::Slider),
            ("network.centered", Widget::Switch),
            ("network.train_readouts", Widget::Switch),
            ("network.solution_mix", Widget::Typed),
            ("network.mix_rule", Widget::Choice),
            ("transformer.heads", Widget::Typed),
            ("transformer.mlp", Widget::Typed),
            ("transformer.same_key", Widget::Switch),
            ("student_teacher.layers", Widget::Typed),
            ("student_teacher.biases", Widget::Switch),
            ("student_teacher.draw", Widget::Choice),
            ("images.layers", Widget::Typed),
            ("images.scaling", Widget::Choice),
        ],
    ),
    (
        "TRAINING",
        &[
            ("training.learning_rate", Widget::Slider),
            ("training.weight_decay", Widget::Slider),
            ("training.momentum", Widget::Typed),
            ("training.steps", Widget::Slider),
            ("seed", Widget::Typed),
            ("training.engine", Widget::Choice),
        ],
    ),
    (
        "OPTIMISER",
        &[
            ("optimizer.kind", Widget::Choice),
            ("optimizer.rate_rule", Widget::Choice),
            ("optimizer.fixed_decay_clock", Widget::Switch),
            ("optimizer.linearised", Widget::Switch),
            ("optimizer.batch", Widget::Typed),
            ("optimizer.warm_up", Widget::Typed),
            ("optimizer.beta2", Widget::Typed),
        ],
    ),
    (
        "OUTCOME",
        &[
            ("outcome.threshold", Widget::Slider),
            ("outcome.min_ratio", Widget::Typed),
            ("outcome.relative", Widget::Switch),
            ("outcome.accuracy_level", Widget::Slider),
            ("outcome.accuracy_tolerance", Widget::Slider),
        ],
    ),
];

/// The settings that can be swept over values: those with a slider that move
/// the curves.
pub fn sweepable() -> impl Iterator<Item = &'static Field> {
    let rows = GROUPS.iter().flat_map(|(_, rows)| *rows);
    rows.filter(|(_, widget)| *widget == Widget::Slider)
        .filter_map(|(key, _)| field(key))
        .filter(|field| field.moves_curves())
}

/// Draws what stands above the settings and stays there: undo and redo.
pub fn head(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        let text = RichText::new("SETTINGS").text_style(TextStyle::Small);
        ui.label(text.extra_letter_spacing(0.9).color(theme.faint));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().button_padding.x = 7.0;
            for (icon, command, what) in [
                ("↷", &commands::REDO, view.redo),
                ("↶", &commands::UNDO, view.undo),
            ] {
                let name = command.label;
                let why = command.hint_of(&what.map_or_else(
                    || format!("Nothing to {}", name.to_lowercase()),
                    |what| format!("{name} {what}"),
                ));
                let response = ui
                    .add_enabled(what.is_some(), egui::Button::new(icon))
                    .on_hover_text(&why)
                    .on_disabled_hover_text(&why)
                    .accessible_name(name);
                if response.clicked() {
                    actions.push(command.action.clone());
                }
            }
        });
    });
}

/// Draws the panel's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 1.0;
    if let Some(name) = &view.instance {
        instance_note(ui, theme, name, actions);
    }
    for (group, rows) in GROUPS {
        let rows = rows.iter().filter_map(|(key, widget)| {
            let field = field(key).filter(|field| stands_here(field, view.config))?;
            Some((field, *widget))
        });
        let mut rows = rows.peekable();
        if rows.peek().is_some() {
            heading(ui, theme, group);
        }
        for (field, widget) in rows {
            row(ui, theme, view, field, widget, actions);
        }
    }
    ui.add_space(8.0);
}

/// Whether a setting stands here: where it means something, and has no place of its
/// own.
fn stands_here(field: &Field, config: &Config) -> bool {
    // They stand in the tab Accuracy.
    let elsewhere = ["outcome.accuracy_level", "outcome.accuracy_tolerance"];
    let elsewhere = config.network.family.is_committee() && elsewhere.contains(&field.key);
    field.matters(config) && !elsewhere
}

/// A small heading in spaced capitals.
pub fn heading(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.add_space(8.0);
    glossary::heading(ui, theme, text);
    ui.add_space(1.0);
}

fn instance_note(ui: &mut Ui, theme: &Theme, name: &str, actions: &mut Vec<Action>) {
    heading(ui, theme, "INSTANCE");
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(RichText::new(name).color(theme.text)).truncate())
            .on_hover_text("Data and initial weights come from this file. The settings that it fixes are grey and say why.");
        if ui
            .small_button("close")
            .on_hover_text("Go back to data and weights drawn from the seed.")
            .clicked()
        {
            actions.push(Action::CloseInstance);
        }
    });
}

/// Name of a field as a screen reader says it and a test finds it.
pub fn accessible_name(field: &Field) -> String {
    format!("{} {}", field.symbol, field.name).trim().to_owned()
}

/// A setting with its symbol, its value and what changes it.
pub(super) fn row(
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

/// Range, reason and default, beside the row and never over it.
fn explain(
    row: &egui::Response,
    theme: &Theme,
    field: &Field,
    default: &str,
    locked: Option<&str>,
    refused: Option<&str>,
) {
    // While a slider is dragged all eyes are on the curves beside it, and the
    // status bar says what changed.
    if row.ctx.input(|i| i.pointer.any_down()) {
        if Explained::is_over(row) {
            Explained::spend(row);
        }
        return;
    }
    // It goes away with the pointer, and after a while by itself: the curves and
    // their legend lie under it. What was refused is said as long as one looks.
    if refused.is_none() && !Explained::shows(row) {
        return;
    }
    let mut tooltip = Tooltip::for_enabled(row);
    tooltip.popup = tooltip
        .popup
        .align(egui::RectAlign::RIGHT_START)
        .align_alternatives(&[egui::RectAlign::RIGHT_END, egui::RectAlign::RIGHT])
        .gap(14.0)
        .width(260.0);
    tooltip.show(|ui| {
        if let Some(refused) = refused {
            ui.label(RichText::new(upper_first(refused)).color(theme.warning));
        }
        let unit = if field.unit.is_empty() {
            String::new()
        } else {
            format!(" ({})", field.unit)
        };
        ui.label(
            RichText::new(format!("{}{unit}", accessible_name(field)))
                .family(fonts::bold())
                .color(theme.text),
        );
        if let Some(why) = locked {
            let text = format!("{}. Close the instance to change it.", upper_first(why));
            ui.label(RichText::new(text).color(theme.warning));
        }
        ui.label(field.why);
        let sweep = if sweepable().any(|f| f.key == field.key) {
            " Right click: sweep it over values."
        } else {
            ""
        };
        ui.label(
            RichText::new(format!(
                "{}. Double click: back to {default}.{sweep} In files: {}",
                upper_first(&allowed(field)),
                field.key
            ))
            .text_style(TextStyle::Small)
            .color(theme.muted),
        );
    });
}

/// What a setting may be, in the words that its control has.
fn allowed(field: &Field) -> String {
    match field.kind {
        Kind::Bool => "on or off".into(),
        _ => field.range(),
    }
}

/// How long an explanation stays under a pointer that rests.
const EXPLANATION_SECS: f64 = 6.0;

/// The explanation under the pointer: it is there for a while after the pointer
/// came to a row or moved on it, and no more once something was pressed there.
#[derive(Clone, Copy)]
struct Explained {
    row: egui::Id,
    since: f64,
    spent: bool,
}

impl Explained {
    fn id() -> egui::Id {
        egui::Id::unique("explained setting")
    }

    /// What is explained, where that is this row.
    fn of(row: &egui::Response) -> Option<Self> {
        let last = row.ctx.data(|d| d.get_temp::<Self>(Self::id()));
        last.filter(|explained| explained.row == row.id)
    }

    /// Something was pressed here: all eyes are on the curves until the pointer
    /// comes back.
    fn spend(row: &egui::Response) {
        let spent = Self {
            row: row.id,
            since: 0.0,
            spent: true,
        };
        row.ctx.data_mut(|d| d.insert_temp(Self::id(), spent));
    }

    /// Whether the pointer is over the row, also while its slider is dragged.
    fn is_over(row: &egui::Response) -> bool {
        let pointer = row.ctx.input(|i| i.pointer.latest_pos());
        pointer.is_some_and(|at| row.rect.contains(at))
    }

    fn shows(row: &egui::Response) -> bool {
        let last = Self::of(row);
        if !Self::is_over(row) {
            if last.is_some() {
                row.ctx.data_mut(|d| d.remove::<Self>(Self::id()));
            }
            return true;
        }
        let now = row.ctx.input(|i| i.time);
        let moved = row.ctx.input(|i| i.pointer.delta() != egui::Vec2::ZERO);
        let since = match last {
            Some(explained) if explained.spent => return false,
            Some(explained) if !moved => explained.since,
            _ => {
                let begun = Self {
                    row: row.id,
                    since: now,
                    spent: false,
                };
                row.ctx.data_mut(|d| d.insert_temp(Self::id(), begun));
                now
            }
        };
        let left = EXPLANATION_SECS - (now - since);
        if left > 0.0 {
            let left = std::time::Duration::from_secs_f64(left);
            row.ctx.request_repaint_after(left);
        }
        left > 0.0
    }
}

/// A sentence begins with a capital.
pub fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_setting_and_every_slider_has_a_range() {
        for (key, widget) in GROUPS.iter().flat_map(|(_, rows)| *rows) {
            let field = field(key).unwrap_or_else(|| panic!("{key} is no setting"));
            let range = field.draggable(&field.home());
            assert_eq!(range.is_some(), *widget == Widget::Slider, "{key}");
        }
    }
}
