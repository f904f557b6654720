//! What is said of the instance in use: its file, its unit, and what it lacks.

use super::heading;
use crate::history::format;
use crate::views::{action::Action, theme::Theme};
use egui::{RichText, Ui};

/// What is said of the instance in use.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceNote {
    /// Name of its file.
    pub name: String,
    /// It has initial weights; else those are drawn.
    pub has_weights: bool,
    /// Mean |x|² of its train inputs, and mean y².
    pub scale: [f64; 2],
    /// What inputs and labels are multiplied with, or would be, to have the unit of the
    /// model.
    pub factors: [f64; 2],
    /// They are.
    pub rescaled: bool,
    /// What else a person should know.
    pub remarks: Vec<String>,
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, theme: &Theme, note: &InstanceNote, actions: &mut Vec<Action>) {
    heading(ui, theme, "INSTANCE");
    let what = match note.has_weights {
        true => "Data and initial weights come",
        false => "The data come",
    };
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(RichText::new(&note.name).color(theme.text)).truncate())
            .on_hover_text(format!(
                "{what} from this file. The settings that it fixes are grey and say why."
            ));
        if ui
            .small_button("close")
            .on_hover_text("Go back to data and weights drawn from the seed.")
            .clicked()
        {
            actions.push(Action::CloseInstance);
        }
    });
    let small =
        |text: String| egui::Label::new(RichText::new(text).small().color(theme.muted)).wrap();
    let plain = |x: f64| format::plain(x, 3);
    let [input, label] = note.scale;
    ui.add(small(format!("mean |x|² = {}, mean y² = {}", plain(input), plain(label))))
        .on_hover_text("Of the train set as it is trained on. The model's own inputs have mean |x|² = 1, its target has mean y² = 0.75.");
    let [input, label] = note.factors;
    let far = |factor: f64| !(0.8..=1.25).contains(&factor);
    if note.rescaled || far(input) || far(label) {
        let mut on = note.rescaled;
        let factors = format!("x × {}, y × {}", plain(input), plain(label));
        let text = format!("rescaled: {factors}");
        let switch = ui
            .checkbox(&mut on, RichText::new(text).small())
            .on_hover_text("Multiplies inputs and labels so that they have the unit of the model: α, ε and η₀ then mean what they mean elsewhere.")
            .accessible_name(format!("Rescale the data: {factors}"));
        if switch.changed() {
            actions.push(Action::Rescale(on));
        }
    }
    for remark in &note.remarks {
        ui.add(small(remark.clone()));
    }
}
