//! A setting swept over values in one action.

use super::View;
use crate::{
    history::format,
    sim::config::field,
    views::{
        action::Action,
        controls::{self, accessible_name, heading},
        pins::MAX_PINS,
        sweep_form::{Spacing, SweepForm, SweepProgress},
        theme::Theme,
    },
};
use egui::{
    Button, ComboBox, DragValue, Id, Label, ProgressBar, RichText, TextEdit, TextStyle, Ui, vec2,
};

/// Draws the form, or how far the sweep under way is.
pub(super) fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    heading(ui, theme, "SWEEP A SETTING");
    let mut form = view.form.clone();
    ui.horizontal_wrapped(|ui| {
        let name = |key| field(key).map_or_else(String::new, accessible_name);
        ComboBox::from_id_salt("swept setting")
            .selected_text(name(form.key))
            .width(138.0)
            .show_ui(ui, |ui| {
                for choice in controls::sweepable() {
                    let on = choice.key == form.key;
                    let item = ui
                        .selectable_label(on, accessible_name(choice))
                        .on_hover_text(choice.why);
                    if item.clicked() && !on {
                        form = SweepForm::of(choice.key);
                    }
                }
            })
            .response
            .on_hover_text("The setting that takes one value for each curve")
            .accessible_name("Setting to sweep");
        for (spacing, word, why) in [
            (Spacing::Log, "log", "Equal ratios between the values."),
            (
                Spacing::Linear,
                "linear",
                "Equal differences between the values.",
            ),
        ] {
            let on = form.spacing == spacing;
            let button = ui.selectable_label(on, word).on_hover_text(why);
            let button = button.accessible_name(format!("{word} spacing"));
            if button.clicked() {
                form.spacing = spacing;
            }
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let muted = |text: &str| RichText::new(text).color(theme.muted);
        let end = |ui: &mut Ui, text: &mut String, name: &str| {
            let edit = TextEdit::singleline(text)
                .id(Id::unique(name))
                .font(TextStyle::Monospace)
                .desired_width(40.0);
            ui.add(edit)
                .on_hover_text("A number: 0.25, 1e-5, 1/32, 2^-5")
                .accessible_name(name);
        };
        ui.label(muted("from"));
        end(ui, &mut form.from, "first value");
        ui.label(muted("to"));
        end(ui, &mut form.to, "last value");
        ui.label(muted("curves"));
        ui.add(DragValue::new(&mut form.count).range(2..=MAX_PINS))
            .on_hover_text("How many curves: one for each value")
            .accessible_name("number of curves");
    });
    match &view.sweep {
        Some(sweep) => progress(ui, sweep, actions),
        None => {
            let text = RichText::new(format!("Sweep {}", form.in_words())).color(theme.on_accent);
            let button = Button::new(text).fill(theme.accent).wrap();
            let ready = view.run.is_some();
            let response = ui
                .add_enabled(ready, button)
                .on_hover_text(
                    "Computes one curve for each value and pins it. Ctrl+Z takes them all back.",
                )
                .accessible_name("Sweep");
            if response.clicked() {
                actions.push(Action::Sweep(form.clone()));
            }
        }
    }
    let horizon = format::steps(view.horizon);
    ui.add(
        Label::new(
            RichText::new(format!(
                "The gradient flow to {horizon} steps, everything else as set on the left."
            ))
            .text_style(TextStyle::Small)
            .color(theme.muted),
        )
        .wrap(),
    );
    if form != *view.form {
        actions.push(Action::EditSweep(form));
    }
}

/// In the place of the button, so that nothing moves.
fn progress(ui: &mut Ui, progress: &SweepProgress, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let width = ui.available_width() - 76.0;
        let part = progress.done as f32 / progress.total.max(1) as f32;
        ui.add(
            ProgressBar::new(part)
                .desired_width(width)
                .text(format!("{} of {}", progress.done, progress.total)),
        )
        .on_hover_text(&progress.what);
        let cancel = Button::new("Cancel").min_size(vec2(60.0, 0.0));
        let response = ui
            .add(cancel)
            .on_hover_text("The curves that are done stay.")
            .accessible_name("Cancel the sweep");
        if response.clicked() {
            actions.push(Action::CancelSweep);
        }
    });
}
