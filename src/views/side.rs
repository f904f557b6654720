//! The right panel: tabs.

use super::{decomposition, diagram, facts, features, kernel, theme::Theme};
use crate::{
    app::{Action, state::Tab, theory::Theory},
    history::Run,
};
use egui::{Button, RichText, ScrollArea, Ui};

/// Draws the panel's content.
pub fn show(
    ui: &mut Ui,
    theme: &Theme,
    tab: Tab,
    run: Option<&Run>,
    theory: &Theory,
    actions: &mut Vec<Action>,
) {
    tabs(ui, theme, tab, actions);
    let Some(run) = run else {
        ui.add_space(12.0);
        ui.label(RichText::new("Nothing has been trained yet.").color(theme.muted));
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| match tab {
            Tab::Error => decomposition::show(ui, theme, run),
            Tab::Kernel => kernel::show(ui, theme, run, theory.kernel()),
            Tab::Features => features::show(ui, theme, run, theory.features()),
            // Drawn by `show_diagram`: it needs no run.
            Tab::Phase => {}
            Tab::Facts => facts::show(ui, theme, run),
        });
}

/// Draws the panel with the phase diagram.
pub fn show_diagram(
    ui: &mut Ui,
    theme: &Theme,
    view: &diagram::View<'_>,
    actions: &mut Vec<Action>,
) {
    tabs(ui, theme, Tab::Phase, actions);
    diagram::scrolled(ui, |ui| diagram::show_small(ui, theme, view, actions));
}

fn tabs(ui: &mut Ui, theme: &Theme, tab: Tab, actions: &mut Vec<Action>) {
    ui.add_space(8.0);
    // Large text takes a second line.
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding.x = 7.0;
        for (choice, name) in Tab::ALL {
            let on = choice == tab;
            let text = RichText::new(name).color(if on { theme.text } else { theme.muted });
            if ui.add(Button::selectable(on, text)).clicked() {
                actions.push(Action::SelectTab(choice));
            }
        }
    });
}
