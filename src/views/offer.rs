//! The offer to go on where a window ended that did not end as it should have.

use super::{action::Action, fonts, theme::Theme};
use egui::{Align2, Context, Id, RichText, Vec2, Window};

/// Draws the offer; the answer is an action.
pub fn show(ctx: &Context, theme: &Theme, text: &str, actions: &mut Vec<Action>) {
    Window::new(RichText::new("Restore the last session?").family(fonts::bold()))
        .id(Id::unique("offer"))
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            ui.set_max_width(400.0);
            ui.label(RichText::new(text).color(theme.text));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                let restore = ui
                    .button(RichText::new("Restore").family(fonts::bold()))
                    .on_hover_text(
                        "Opens what was on screen; the run is trained again to where it stood",
                    );
                if restore.clicked() {
                    actions.push(Action::Restore(true));
                }
                let discard = ui
                    .button("Discard")
                    .on_hover_text("Forgets what was kept, for ever");
                if discard.clicked() {
                    actions.push(Action::Restore(false));
                }
                ui.label(
                    RichText::new("Esc: ask at the next start")
                        .small()
                        .color(theme.muted),
                );
            });
        });
}
