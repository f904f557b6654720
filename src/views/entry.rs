//! What a value is entered with besides a slider: a typed field, a switch, a
//! choice of words.

use super::{action::Action, theme::Theme};
pub use crate::history::setting::shown;
use crate::sim::config::{Family, Field, Kind, Value};
use egui::{
    Color32, Frame, Id, Key, Margin, Response, RichText, Sense, Stroke, TextEdit, TextStyle, Ui,
    Vec2,
};

/// What a control is for, for those who hear the window: it is in the hover text of
/// the whole row.
pub fn describe(response: &Response, why: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_description(why);
    });
}

/// Widths of a typed field, in points: what is short is still easy to hit.
const LEAST: f32 = 40.0;
/// The widest, and that of one in which somebody types.
const MOST: f32 = 84.0;

/// A value to enter.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// Its setting.
    pub field: &'static Field,
    /// Its value now.
    pub value: &'a Value,
    /// Accessible name.
    pub name: &'a str,
    /// It cannot be changed.
    pub locked: bool,
    /// What was typed last was refused.
    pub refused: bool,
}

impl Entry<'_> {
    /// The typed field: shows the value, takes text until Enter or the focus moves
    /// on; Esc gives the old value back.
    pub fn typed(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let Self {
            field,
            value,
            name,
            locked,
            ..
        } = *self;
        let id = Id::unique(("typed", field.key));
        let draft_id = id.with("draft");
        let full = shown(field, value);
        let editing = ui.memory(|m| m.has_focus(id));
        let draft: Option<String> = ui.data(|d| d.get_temp(draft_id));
        let mut text = match (editing, draft) {
            (true, Some(draft)) => draft,
            (true, None) => full.clone(),
            (false, _) => full.clone(),
        };
        let outline = if self.refused {
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
        // As wide as what it shows, so that the name beside it has the rest.
        let font = TextStyle::Monospace.resolve(ui.style());
        let needed = ui.painter().layout_no_wrap(full.clone(), font, theme.text);
        let width = match editing {
            true => MOST,
            false => (needed.size().x + 8.0).clamp(LEAST, MOST),
        };
        let response = ui.add_enabled(
            !locked,
            TextEdit::singleline(&mut text)
                .id(id)
                .font(TextStyle::Monospace)
                .align(egui::Align2::RIGHT_CENTER)
                .desired_width(width)
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
        describe(&response, field.why);
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

    /// A switch.
    pub fn switch(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let Self {
            field, value, name, ..
        } = *self;
        let on = *value == Value::Bool(true);
        let (rect, response) = ui.allocate_exact_size(Vec2::new(30.0, 16.0), Sense::click());
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::CheckBox, ui.is_enabled(), on, name)
        });
        describe(&response, field.why);
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

    /// A menu of the networks.
    pub fn family(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let Value::Text(chosen) = self.value else {
            return;
        };
        let label = |name: &str| Family::by_name(name).map_or("", Family::label);
        let text = RichText::new(format!("{} ▾", label(chosen))).color(theme.text);
        let button = egui::Button::new(text).min_size(Vec2::new(ui.available_width(), 0.0));
        let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
            for family in Family::all() {
                let on = family.name() == chosen.as_str();
                let color = if on { theme.text } else { theme.muted };
                let text = RichText::new(family.label()).color(color);
                let item = ui
                    .add(egui::Button::selectable(on, text))
                    .on_hover_text(family.about());
                if item.clicked() {
                    if !on {
                        actions.push(Action::Edit {
                            key: self.field.key,
                            value: Value::Text(family.name().to_owned()),
                            dragging: false,
                        });
                    }
                    ui.close();
                }
            }
        });
        describe(&response.accessible_name(self.name), self.field.why);
    }

    /// One button for each word.
    pub fn choice(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let Self {
            field, value, name, ..
        } = *self;
        let Kind::Choice(words) = field.kind else {
            return;
        };
        let Value::Text(chosen) = value else { return };
        ui.spacing_mut().item_spacing.x = 2.0;
        for word in words {
            let on = word == chosen;
            let text = RichText::new(*word)
                .text_style(TextStyle::Small)
                .color(if on { theme.text } else { theme.muted });
            let button = egui::Button::selectable(on, text);
            let response = ui.add(button).accessible_name(format!("{name}: {word}"));
            describe(&response, field.why);
            if response.clicked() && !on {
                actions.push(Action::Edit {
                    key: field.key,
                    value: Value::Text((*word).to_owned()),
                    dragging: false,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::{Config, FIELDS, Family, LiveChange, LiveSetting, Width};
    use proptest::prelude::*;

    /// A value that a field may have.
    fn value_of(field: &Field, u: f64, k: u64) -> Value {
        match field.kind {
            Kind::Integer { min, max } => Value::Integer(match k % 3 {
                // Powers of ten are shown as such.
                0 => 10u64.pow((k % 10) as u32).clamp(min, max),
                _ => min + k % (max - min + 1),
            }),
            Kind::Real { min, max } => {
                let low = min.max(1e-12);
                Value::Real((low * (max / low).powf(u)).clamp(min, max))
            }
            Kind::Bool => Value::Bool(k.is_multiple_of(2)),
            Kind::Width { .. } if k.is_multiple_of(5) => Value::Width(Width::Infinite),
            Kind::Width { max } => Value::Width(Width::Finite(1 + k as usize % max)),
            Kind::Choice(words) => Value::Text(words[k as usize % words.len()].into()),
            Kind::Steps => Value::Steps((0..k % 7).map(|i| 10u64.pow(i as u32) + k % 9).collect()),
            Kind::Changes => Value::Changes(
                (1..k % 5)
                    .map(|step| LiveChange {
                        step,
                        setting: LiveSetting::WeightDecay,
                        value: u / 3.0 / step as f64,
                        old: None,
                    })
                    .collect(),
            ),
            Kind::Path => Value::Text(format!("a/b {k}.npz")),
            Kind::Family => {
                let names = Family::names();
                Value::Text(names[k as usize % names.len()].into())
            }
        }
    }

    proptest! {
        #[test]
        fn every_field_reads_back_what_it_shows_and_what_files_hold(
            u in 0.0f64..=1.0, k in any::<u64>(), i in 0..FIELDS.len()
        ) {
            let field = &FIELDS[i];
            let value = value_of(field, u, k);
            // Changes on the way are not typed: they are shown in words.
            let typed = (field.kind != Kind::Changes).then(|| shown(field, &value));
            for text in typed.into_iter().chain([value.to_string()]) {
                let mut config = field.home();
                config.set_str(field.key, &text).unwrap_or_else(|e| panic!("{e}"));
                // The values before are told, not read.
                let read = match (field.get)(&config) {
                    Value::Changes(changes) => Value::Changes(
                        (changes.iter())
                            .map(|c| LiveChange { old: None, ..*c })
                            .collect(),
                    ),
                    read => read,
                };
                prop_assert_eq!(&read, &value, "{} from {}", field.key, text);
            }
            let mut config = field.home();
            // Files record what was used: of an instance there must be one.
            if field.key == "rescale" {
                config.instance = Some("data.npz".into());
            }
            field.set(&mut config, &value).unwrap_or_else(|e| panic!("{e}"));
            prop_assert_eq!(&Config::from_toml(&config.to_toml()), &Ok(config));
        }
    }
}
