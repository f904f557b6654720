//! The settings: one row for each, in groups, drawn from the table
//! [`FIELDS`](crate::sim::config::FIELDS).

mod explanation;
mod instance;
mod row;

pub use instance::InstanceNote;
pub(super) use row::row;

use super::{action::Action, commands, glossary, theme::Theme};
use crate::{
    history::Lowered,
    sim::config::{Config, Field, field},
};
use egui::{Align, Layout, RichText, TextStyle, Ui};
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
    /// The instance in use.
    pub instance: Option<InstanceNote>,
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
    if let Some(note) = &view.instance {
        instance::show(ui, theme, note, actions);
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

/// Name of a field as a screen reader says it and a test finds it.
pub fn accessible_name(field: &Field) -> String {
    format!("{} {}", field.symbol, field.name).trim().to_owned()
}

/// A sentence begins with a capital.
pub fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
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
