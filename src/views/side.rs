//! The right panel: tabs.

use super::{decomposition, facts, features, figure, kernel, theme::Theme};
use crate::{
    app::{Action, figures::OpenFigure, state::Tab, theory::Theory},
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
    shown: Option<(&OpenFigure, figure::CurveColor<'_>)>,
    actions: &mut Vec<Action>,
) {
    // A figure that was put away has no tab.
    let tab = match tab {
        Tab::Figure if shown.is_none() => Tab::default(),
        tab => tab,
    };
    ui.add_space(8.0);
    // Large text takes a second line.
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding.x = 7.0;
        for (choice, name) in Tab::ALL {
            if choice == Tab::Figure && shown.is_none() {
                continue;
            }
            let on = choice == tab;
            let text = RichText::new(name).color(if on { theme.text } else { theme.muted });
            if ui.add(Button::selectable(on, text)).clicked() {
                actions.push(Action::SelectTab(choice));
            }
        }
    });
    if let (Tab::Figure, Some((open, color))) = (tab, shown) {
        ScrollArea::vertical()
            .id_salt(("figure", &open.figure().id))
            .auto_shrink([false, false])
            .show(ui, |ui| figure::show(ui, theme, open, color, actions));
        return;
    }
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
            Tab::Facts => facts::show(ui, theme, run),
            Tab::Figure => {}
        });
}
