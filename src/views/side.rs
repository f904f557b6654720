//! The right panel: tabs.

use super::{
    accuracy, controls, decomposition, diagram, facts, features, figure, kernel, runs, theme::Theme,
};
use crate::{
    app::{
        Action,
        figures::OpenFigure,
        session::Session,
        state::{State, Tab},
    },
    history::{Moment, Run, format},
};
use egui::{Button, RichText, ScrollArea, Sense, Ui, UiBuilder};

/// Draws the panel's content.
pub fn show(
    ui: &mut Ui,
    theme: &Theme,
    run: Option<&Run>,
    state: &State,
    settings: &controls::View<'_>,
    shown: Option<(&OpenFigure, figure::CurveColor<'_>)>,
    actions: &mut Vec<Action>,
) {
    // A figure that was put away has no tab.
    let tab = match state.tab {
        Tab::Figure if shown.is_none() => Tab::default(),
        tab => tab,
    };
    tabs(ui, theme, tab, shown.is_some(), actions);
    let ui = &mut fixed(ui);
    if let (Tab::Figure, Some((open, color))) = (tab, shown) {
        ScrollArea::vertical()
            .id_salt(("figure", &open.figure().id))
            .auto_shrink([false, false])
            .show(ui, |ui| figure::show(ui, theme, open, color, actions));
        return;
    }
    if tab == Tab::Runs {
        runs::show(ui, theme, state, actions);
        return;
    }
    let Some(run) = run else {
        ui.add_space(12.0);
        ui.label(RichText::new("Nothing has been trained yet.").color(theme.muted));
        return;
    };
    let (moment, theory) = (run.moment(state.time.step()), &state.theory);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| match tab {
            Tab::Error => decomposition::show(ui, theme, moment),
            Tab::Kernel => {
                let view = theory.kernel();
                whose(ui, theme, moment, &state.session);
                kernel::show(ui, theme, moment, view);
            }
            Tab::Features => {
                let view = theory.features();
                whose(ui, theme, moment, &state.session);
                features::show(ui, theme, run, moment.step(), view);
            }
            Tab::Accuracy => {
                accuracy::show(ui, theme, run, moment.step(), settings, actions);
            }
            Tab::Facts => facts::show(ui, theme, moment),
            // Drawn above, and by `show_diagram`: they need no run.
            Tab::Runs | Tab::Figure | Tab::Phase => {}
        });
}

/// Draws the panel with the phase diagram.
pub fn show_diagram(
    ui: &mut Ui,
    theme: &Theme,
    view: &diagram::View<'_>,
    figure: bool,
    actions: &mut Vec<Action>,
) {
    tabs(ui, theme, Tab::Phase, figure, actions);
    diagram::scrolled(&mut fixed(ui), |ui| {
        diagram::show_small(ui, theme, view, actions)
    });
}

/// All the room that is left: what does not fit must not widen the panel, or the
/// plots would jump.
fn fixed(ui: &mut Ui) -> Ui {
    let room = ui.available_rect_before_wrap();
    ui.allocate_rect(room, Sense::hover());
    ui.new_child(UiBuilder::new().max_rect(room))
}

/// The tabs; that of a figure only where there is one.
fn tabs(ui: &mut Ui, theme: &Theme, tab: Tab, figure: bool, actions: &mut Vec<Action>) {
    ui.add_space(8.0);
    // Large text takes a second line.
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding.x = 7.0;
        for (choice, name) in Tab::ALL {
            if choice == Tab::Figure && !figure {
                continue;
            }
            let on = choice == tab;
            let text = RichText::new(name).color(if on { theme.text } else { theme.muted });
            let button = ui.add(Button::selectable(on, text));
            if button.on_hover_text(choice.why()).clicked() {
                actions.push(Action::SelectTab(choice));
            }
        }
    });
}

/// Says so where the weights of the moment were not kept.
fn whose(ui: &mut Ui, theme: &Theme, moment: Moment<'_>, session: &Session) {
    let past = !moment.is_live() && moment.run().failure().is_none();
    let Some(kept) = past.then(|| session.keyframe(moment.step())) else {
        return;
    };
    let asked = format::thousands(moment.step());
    let text = match kept.map(|kept| kept.step) {
        Some(step) if step == moment.step() => return,
        Some(step) => format!(
            "Weights of step {}, the nearest kept before step {asked}.",
            format::thousands(step)
        ),
        None => {
            format!("The weights of step {asked} were not kept: too large. These are the newest.")
        }
    };
    ui.add_space(6.0);
    ui.label(RichText::new(text).color(theme.muted));
}
