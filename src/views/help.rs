//! The keys, and what is on screen, in a paragraph.

use super::{controls::heading, fonts, theme::Theme};
use crate::app::{Action, keys};
use egui::{Align2, Context, Grid, RichText, TextStyle, Vec2, Window};

const PARAGRAPH: &str = "A two-layer network learns a quadratic function of its input by gradient \
descent. At first it is lazy: it fits the train set with the features it was born with, so train \
loss falls while test loss stays, or rises. Much later its features turn towards the target, and \
test loss falls too: it groks. The larger α, the later; the larger ε, the better the features it \
is born with; P decides whether there is enough data at all. Drag them and watch.";

/// Draws the window; closing it is an action.
pub fn show(ctx: &Context, theme: &Theme, actions: &mut Vec<Action>) {
    let mut open = true;
    Window::new(RichText::new("What is this, and which keys").family(fonts::bold()))
        .id(egui::Id::unique("help"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .vscroll(true)
        // As much of it at once as the window has room for.
        .default_height(ctx.content_rect().height() - 90.0)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            ui.set_max_width(430.0);
            ui.label(PARAGRAPH);
            heading(ui, theme, "KEYS");
            Grid::new("keys").spacing([18.0, 3.0]).show(ui, |ui| {
                for (key, meaning) in keys::HELP {
                    ui.label(
                        RichText::new(*key)
                            .text_style(TextStyle::Monospace)
                            .color(theme.accent),
                    );
                    ui.label(*meaning);
                    ui.end_row();
                }
            });
            heading(ui, theme, "MOUSE");
            ui.label(
                "Double click a setting for its default, right click it to sweep it over values. \
                 Drag below the plots to go back in time, double click a plot to refit its axes. \
                 Drop a config.toml or an instance.npz on the window to open it, or press Ctrl+O.",
            );
            ui.add_space(4.0);
            ui.label(
                RichText::new(
                    "Kumar, Bordelon, Gershman and Pehlevan, Grokking as the Transition from \
                     Lazy to Rich Training Dynamics, ICLR 2024",
                )
                .text_style(TextStyle::Small)
                .color(theme.muted),
            );
        });
    if !open {
        actions.push(Action::ToggleHelp);
    }
}
