//! The settings: one row for each, in groups, drawn from the table
//! [`FIELDS`](crate::sim::config::FIELDS).

use super::{
    fonts,
    slider::{Change, Scale, Slider},
    theme::Theme,
};
use crate::{
    app::{Action, session::INSTANCE_KEYS},
    history::{Lowered, format},
    sim::config::{Config, Field, Kind, Value, Width, field},
};
use egui::{
    Align, Color32, FontId, Frame, Id, Key, Layout, Margin, RichText, Sense, Stroke, TextEdit,
    TextStyle, Tooltip, Ui, Vec2,
};
use std::collections::BTreeMap;

/// What this view draws.
pub struct View<'a> {
    /// The settings being edited.
    pub config: &'a Config,
    /// The settings as they were opened: what a double click goes back to.
    pub defaults: &'a Config,
    /// Why the last typed value of a field was refused.
    pub errors: &'a BTreeMap<String, String>,
    /// The learning rate in force, where it had to be lowered.
    pub lowered: Option<Lowered>,
    /// File name of the instance that fixes D, P and N.
    pub instance: Option<String>,
}

/// How a setting is changed.
#[derive(Clone, Copy)]
enum Widget {
    /// Slider and typed field. The slider covers what is worth dragging; the
    /// field takes the whole allowed range.
    Slider(Scale),
    /// Typed field alone.
    Typed,
    /// A switch.
    Switch,
    /// One of a few words.
    Choice,
}

const GROUPS: &[(&str, &[(&str, Widget)])] = &[
    (
        "LAZINESS",
        &[
            (
                "network.alpha",
                Widget::Slider(Scale::Log(1.0 / 32.0, 32.0)),
            ),
            ("network.init_scale", Widget::Slider(Scale::Log(0.125, 4.0))),
        ],
    ),
    (
        "KERNEL",
        &[("network.epsilon", Widget::Slider(Scale::Log(0.01, 4.0)))],
    ),
    (
        "DATA",
        &[
            ("task.samples", Widget::Slider(Scale::Log(10.0, 1_000.0))),
            ("task.dim", Widget::Slider(Scale::Log(5.0, 150.0))),
            ("task.label_noise", Widget::Typed),
            ("task.test_samples", Widget::Typed),
            ("task.target_rank", Widget::Typed),
            ("task.target_scale", Widget::Typed),
        ],
    ),
    (
        "NETWORK",
        &[
            (
                "network.width",
                Widget::Slider(Scale::LogThenInfinite(1.0, 10_000.0)),
            ),
            ("network.centered", Widget::Switch),
        ],
    ),
    (
        "TRAINING",
        &[
            (
                "training.learning_rate",
                Widget::Slider(Scale::Log(0.01, 100.0)),
            ),
            (
                "training.weight_decay",
                Widget::Slider(Scale::ZeroThenLog(1e-7, 1e-2)),
            ),
            ("training.steps", Widget::Slider(Scale::Log(1e3, 1e8))),
            ("seed", Widget::Typed),
            ("training.engine", Widget::Choice),
        ],
    ),
    (
        "OUTCOME",
        &[
            ("outcome.threshold", Widget::Slider(Scale::Log(1e-3, 1.0))),
            ("outcome.min_ratio", Widget::Typed),
            ("outcome.relative", Widget::Switch),
        ],
    ),
];

/// Draws the panel's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 1.0;
    if let Some(name) = &view.instance {
        instance_note(ui, theme, name, actions);
    }
    for (group, rows) in GROUPS {
        heading(ui, theme, group);
        for (key, widget) in *rows {
            if let Some(field) = field(key) {
                row(ui, theme, view, field, *widget, actions);
            }
        }
    }
    ui.add_space(8.0);
}

/// A small heading in spaced capitals.
pub fn heading(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.add_space(8.0);
    ui.label(
        RichText::new(text)
            .text_style(TextStyle::Small)
            .extra_letter_spacing(0.9)
            .color(theme.faint),
    );
    ui.add_space(1.0);
}

fn instance_note(ui: &mut Ui, theme: &Theme, name: &str, actions: &mut Vec<Action>) {
    heading(ui, theme, "INSTANCE");
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(RichText::new(name).color(theme.text)).truncate())
            .on_hover_text("Data and initial weights come from this file, which fixes D, P and N.");
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

fn row(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    field: &'static Field,
    widget: Widget,
    actions: &mut Vec<Action>,
) {
    let locked = view.instance.is_some() && INSTANCE_KEYS.contains(&field.key);
    let value = (field.get)(view.config);
    let name = accessible_name(field);
    let row = ui
        .scope(|ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.set_min_height(20.0);
                ui.spacing_mut().item_spacing.x = 0.0;
                label(ui, theme, field, locked, actions);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| match widget {
                    Widget::Slider(_) | Widget::Typed => {
                        typed(ui, theme, view, field, &value, &name, locked, actions);
                    }
                    Widget::Switch => switch(ui, theme, field, &value, &name, actions),
                    Widget::Choice => choice(ui, theme, field, &value, &name, actions),
                });
            });
            if let Widget::Slider(scale) = widget {
                slider(
                    ui, theme, view, field, scale, &value, &name, locked, actions,
                );
            }
        })
        .response;
    let default = shown(field, &(field.get)(view.defaults));
    explain(
        &row.interact(Sense::hover()),
        theme,
        field,
        &default,
        locked,
    );
    if let Some(error) = view.errors.get(field.key) {
        note(ui, theme, error);
    }
    if field.key == "training.learning_rate"
        && let Some(lowered) = view.lowered
    {
        note(
            ui,
            theme,
            &format!(
                "η₀ lowered to {}: {} diverges at step {}",
                format::plain(lowered.to, 3),
                format::plain(lowered.from, 3),
                format::steps(lowered.diverged_at)
            ),
        );
    }
}

fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.add(
        egui::Label::new(
            RichText::new(text)
                .text_style(TextStyle::Small)
                .color(theme.warning),
        )
        .wrap(),
    );
    ui.add_space(3.0);
}

fn label(ui: &mut Ui, theme: &Theme, field: &Field, locked: bool, actions: &mut Vec<Action>) {
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
            .sense(Sense::click())
            .selectable(false),
    );
    if response.double_clicked() && !locked {
        actions.push(Action::ResetField(field.key));
    }
}

/// Range, reason and default, beside the row and never over it.
fn explain(row: &egui::Response, theme: &Theme, field: &Field, default: &str, locked: bool) {
    let mut tooltip = Tooltip::for_enabled(row);
    tooltip.popup = tooltip
        .popup
        .align(egui::RectAlign::RIGHT)
        .align_alternatives(&[egui::RectAlign::RIGHT_START, egui::RectAlign::RIGHT_END])
        .gap(14.0)
        .width(260.0);
    tooltip.show(|ui| {
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
        if locked {
            ui.label(
                RichText::new(
                    "Locked: the loaded instance fixes D, P and N. Close it to change them.",
                )
                .color(theme.warning),
            );
        }
        ui.label(field.why);
        ui.label(
            RichText::new(format!(
                "{}. Double click: back to {default}. In files: {}",
                upper_first(&field.range()),
                field.key
            ))
            .text_style(TextStyle::Small)
            .color(theme.muted),
        );
    });
}

/// A sentence begins with a capital.
pub fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// A value as its field shows it.
pub fn shown(field: &Field, value: &Value) -> String {
    match value {
        Value::Width(Width::Infinite) => "∞".into(),
        Value::Integer(n) if field.key == "training.steps" => format::steps(*n),
        Value::Text(text) => text.clone(),
        Value::Real(x) => number(*x),
        other => other.to_string(),
    }
}

/// The shortest text that reads back to `x`.
fn number(x: f64) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        format!("{x}")
    } else {
        format!("{x:e}")
    }
}

#[expect(clippy::too_many_arguments)]
fn slider(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    field: &'static Field,
    scale: Scale,
    value: &Value,
    name: &str,
    locked: bool,
    actions: &mut Vec<Action>,
) {
    let integer = !matches!(field.kind, Kind::Real { .. });
    let mark = (field.key == "training.learning_rate")
        .then_some(view.lowered)
        .flatten()
        .map(|l| l.to);
    let (_, change) = Slider {
        name,
        value: value.as_f64().unwrap_or_default(),
        scale,
        integer,
        enabled: !locked,
        mark,
    }
    .show(ui, theme);
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

/// The typed field: shows the value, takes text until Enter or the focus moves
/// on; Esc gives the old value back.
#[expect(clippy::too_many_arguments)]
fn typed(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    field: &'static Field,
    value: &Value,
    name: &str,
    locked: bool,
    actions: &mut Vec<Action>,
) {
    let id = Id::unique(("typed", field.key));
    let draft_id = id.with("draft");
    let full = match value {
        Value::Width(Width::Infinite) => "∞".to_owned(),
        Value::Real(x) => number(*x),
        other => other.to_string(),
    };
    let editing = ui.memory(|m| m.has_focus(id));
    let draft: Option<String> = ui.data(|d| d.get_temp(draft_id));
    let mut text = match (editing, draft) {
        (true, Some(draft)) => draft,
        (true, None) => full.clone(),
        (false, _) => shown(field, value),
    };
    let outline = if view.errors.contains_key(field.key) {
        Stroke::new(1.0, theme.warning)
    } else if editing {
        Stroke::new(1.0, theme.accent)
    } else {
        Stroke::NONE
    };
    let fill = if editing {
        theme.background
    } else {
        Color32::TRANSPARENT
    };
    let response = ui.add_enabled(
        !locked,
        TextEdit::singleline(&mut text)
            .id(id)
            .font(TextStyle::Monospace)
            .align(egui::Align2::RIGHT_CENTER)
            .desired_width(70.0)
            .clip_text(true)
            .text_color(if locked { theme.faint } else { theme.text })
            .background_color(fill)
            .margin(Margin::symmetric(4, 1))
            .frame(
                Frame::new()
                    .fill(fill)
                    .stroke(outline)
                    .corner_radius(4)
                    .inner_margin(Margin::symmetric(4, 1)),
            ),
    );
    let response = response.accessible_name(name);
    if response.hovered() && !editing && !locked {
        ui.painter().hline(
            response.rect.x_range().shrink(4.0),
            response.rect.bottom() - 1.0,
            Stroke::new(1.0, theme.faint),
        );
    }
    if response.gained_focus() {
        ui.data_mut(|d| d.insert_temp(draft_id, full));
    } else if response.lost_focus() {
        let cancelled = ui.input(|i| i.key_pressed(Key::Escape));
        ui.data_mut(|d| d.remove::<String>(draft_id));
        if !cancelled && text.trim() != full {
            actions.push(Action::Type {
                key: field.key,
                text: text.trim().to_owned(),
            });
        }
    } else if editing {
        ui.data_mut(|d| d.insert_temp(draft_id, text));
    }
}

fn switch(
    ui: &mut Ui,
    theme: &Theme,
    field: &'static Field,
    value: &Value,
    name: &str,
    actions: &mut Vec<Action>,
) {
    let on = *value == Value::Bool(true);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(30.0, 16.0), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::CheckBox, ui.is_enabled(), on, name)
    });
    let how_on = ui.ctx().animate_bool_responsive(response.id, on);
    let fill = theme.control.lerp_to_gamma(theme.accent, how_on);
    ui.painter().rect_filled(rect, 8.0, fill);
    let x = egui::lerp(rect.left() + 8.0..=rect.right() - 8.0, how_on);
    let knob = if response.hovered() || response.has_focus() {
        6.5
    } else {
        5.5
    };
    ui.painter()
        .circle_filled(egui::pos2(x, rect.center().y), knob, theme.text);
    ui.add_space(6.0);
    ui.label(
        RichText::new(if on { "on" } else { "off" })
            .text_style(TextStyle::Monospace)
            .color(theme.text),
    );
    if response.clicked() {
        actions.push(Action::Edit {
            key: field.key,
            value: Value::Bool(!on),
            dragging: false,
        });
    }
}

fn choice(
    ui: &mut Ui,
    theme: &Theme,
    field: &'static Field,
    value: &Value,
    name: &str,
    actions: &mut Vec<Action>,
) {
    let Kind::Choice(words) = field.kind else {
        return;
    };
    let Value::Text(chosen) = value else { return };
    ui.spacing_mut().item_spacing.x = 2.0;
    for word in words.iter().rev() {
        let on = word == chosen;
        let text = RichText::new(*word)
            .text_style(TextStyle::Small)
            .color(if on { theme.text } else { theme.muted });
        let button = egui::Button::selectable(on, text);
        let response = ui.add(button).accessible_name(format!("{name}: {word}"));
        if response.clicked() && !on {
            actions.push(Action::Edit {
                key: field.key,
                value: Value::Text((*word).to_owned()),
                dragging: false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_setting_and_its_slider_stays_within_the_allowed_range() {
        for (key, widget) in GROUPS.iter().flat_map(|(_, rows)| *rows) {
            let field = field(key).unwrap_or_else(|| panic!("{key} is no setting"));
            if let Widget::Slider(scale) = widget {
                for t in [0.0, 0.3, 1.0] {
                    let x = scale.value(t);
                    let value = match field.kind {
                        Kind::Width { .. } if x.is_infinite() => Value::Width(Width::Infinite),
                        Kind::Width { .. } => Value::Width(Width::Finite(x as usize)),
                        Kind::Integer { .. } => Value::Integer(x as u64),
                        _ => Value::Real(x),
                    };
                    assert!(field.check(&value).is_ok(), "{key} = {x}");
                }
            }
        }
    }

    #[test]
    fn typed_numbers_read_back_to_the_bit() {
        for x in [0.3, 1.0, 1e-5, 123.456, 0.1 + 0.2, 2.5e7, 0.0] {
            assert_eq!(number(x).parse::<f64>(), Ok(x));
        }
    }
}
