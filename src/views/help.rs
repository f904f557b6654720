//! What is on screen, in a paragraph; the keys; and the words.

use super::{
    action::Action,
    commands,
    controls::heading,
    fonts, glossary,
    lecture::keys,
    theme::{Ease, Theme},
    tour::TourAction,
};
use egui::{Align2, Context, Grid, Id, Label, RichText, TextStyle, Ui, Vec2, Window};

const PARAGRAPH: &str = "A two-layer network learns a quadratic function of its input by gradient \
descent. At first it is lazy: it fits the train set with the features it was born with, so train \
loss falls while test loss stays, or rises. Much later its features turn towards the target, and \
test loss falls too: it groks. The larger α, the later. The larger ε, the more its first features \
explain by themselves, and the less it learns better ones. P decides whether there is enough data \
at all. Drag them and watch.";

/// Draws the window; closing it is an action.
pub fn show(ctx: &Context, theme: &Theme, ease: Ease, actions: &mut Vec<Action>) {
    let mut open = true;
    Window::new(RichText::new("What is this, which keys, which words").family(fonts::bold()))
        .id(egui::Id::unique("help"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .vscroll(true)
        // As much of it at once as the window has room for.
        .default_height(ctx.content_rect().height() - 90.0)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            ui.set_max_width(620.0_f32.min(ctx.content_rect().width() - 80.0));
            let mut page = page(ui.ctx());
            ui.horizontal(|ui| {
                for (choice, name, why) in [
                    (
                        Page::Keys,
                        "Keys and mouse",
                        "What the keys and the mouse do",
                    ),
                    (
                        Page::Words,
                        "Glossary",
                        "What the words mean: kernel, feature, lazy, flow time …",
                    ),
                ] {
                    let tab = ui.selectable_label(page == choice, name);
                    if tab.on_hover_text(why).clicked() {
                        page = choice;
                        turn(ui.ctx(), choice);
                    }
                }
            });
            ui.add_space(4.0);
            match page {
                Page::Keys => keys_page(ui, theme, ease, actions),
                Page::Words => glossary::list(ui, theme),
            }
        });
    if !open {
        actions.push(Action::ToggleHelp);
    }
}

/// What the window is about now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Keys,
    Words,
}

fn page(ctx: &Context) -> Page {
    ctx.data(|d| d.get_temp(Id::unique("help page")))
        .unwrap_or_default()
}

fn turn(ctx: &Context, to: Page) {
    ctx.data_mut(|d| d.insert_temp(Id::unique("help page"), to));
}

/// Turns to a word of the glossary, for when the window is drawn next.
pub fn look_up(ctx: &Context, word: &str) {
    turn(ctx, Page::Words);
    glossary::look_up(ctx, word);
}

fn keys_page(ui: &mut Ui, theme: &Theme, ease: Ease, actions: &mut Vec<Action>) {
    glossary::label(ui, theme, PARAGRAPH, theme.text, None);
    let tour = ui
        .button("Guided tour")
        .on_hover_text("Two minutes in five cards, beside what they speak of; the run goes on");
    if tour.clicked() {
        actions.push(Action::Tour(TourAction::Begin));
    }
    heading(ui, theme, "KEYS");
    const GAP: f32 = 18.0;
    let column = 0.5 * (ui.available_width() - GAP);
    let grid = Grid::new("keys").spacing([GAP, 3.0]).max_col_width(column);
    grid.show(ui, |ui| {
        for (keys, meaning) in commands::help() {
            let keys = RichText::new(keys).text_style(TextStyle::Monospace);
            ui.add(Label::new(keys.color(theme.accent)).wrap());
            ui.add(Label::new(meaning).wrap());
            ui.end_row();
        }
    });
    heading(ui, theme, "IN A LECTURE");
    ui.label("F5 begins one. These keys are then before all others:");
    Grid::new("lecture keys")
        .spacing([18.0, 3.0])
        .show(ui, |ui| {
            for (keys, meaning) in keys::help() {
                ui.label(
                    RichText::new(keys)
                        .text_style(TextStyle::Monospace)
                        .color(theme.accent),
                );
                ui.label(meaning);
                ui.end_row();
            }
        });
    heading(ui, theme, "EASE OF USE");
    let mut wanted = ease;
    ui.checkbox(&mut wanted.contrast, "Strong contrast")
        .on_hover_text("Text and lines stand out more from their ground");
    ui.checkbox(&mut wanted.still, "No movement")
        .on_hover_text("Axes and menus do not slide or fade: what changes is there at once");
    if wanted != ease {
        actions.push(Action::SetEase(wanted));
    }
    heading(ui, theme, "MOUSE");
    ui.label(format!(
        "Double click a setting for its default, right click it to sweep it over values. \
         Drag below the plots to go back in time, double click a plot to refit its axes. \
         Point at an underlined word for its meaning, click it to find it in the glossary. \
         Drop a state, a picture made here, settings or data on the window to open it, or press {}.",
        commands::OPEN.key()
    ));
    ui.add_space(4.0);
    ui.label(
        RichText::new(
            "Kumar, Bordelon, Gershman and Pehlevan, Grokking as the Transition from \
             Lazy to Rich Training Dynamics, ICLR 2024",
        )
        .text_style(TextStyle::Small)
        .color(theme.muted),
    );
}
