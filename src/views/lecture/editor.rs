//! The story as a list: what is on screen becomes a step, steps are renamed, moved,
//! written and deleted, and the whole is saved.

use super::{LectureAction, StoryEdit, beside};
use crate::views::{action::Action, controls::heading, fonts, theme::Theme};
use egui::{
    Align, Button, Context, Id, Layout, RichText, ScrollArea, TextEdit, TextStyle, Ui, Window, vec2,
};

/// A sentence of a step that can be changed.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name of the state that it speaks of.
    pub name: &'static str,
    /// The same in words.
    pub label: &'static str,
    /// The sentence; empty where there is none.
    pub text: String,
}

/// What this view draws.
pub struct View<'a> {
    /// What the story is called.
    pub title: &'a str,
    /// The titles of its steps.
    pub steps: Vec<&'a str>,
    /// The step that is shown or changed.
    pub step: usize,
    /// Its notes.
    pub notes: &'a str,
    /// Its sentences.
    pub lines: Vec<Line>,
    /// What is wrong with a sentence.
    pub problem: Option<&'a str>,
    /// The words in braces that a sentence can have.
    pub words: String,
    /// It was changed and not saved.
    pub changed: bool,
    /// A lecture is under way.
    pub lecturing: bool,
}

const WIDTH: f32 = 340.0;

/// Draws the window; what is changed are actions.
pub fn show(ctx: &Context, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let mut open = true;
    Window::new(RichText::new("The lecture's story").family(fonts::bold()))
        .id(Id::unique("story"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .default_pos(beside(ctx, WIDTH))
        .vscroll(true)
        .default_height(ctx.content_rect().height() - 110.0)
        .show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 70.0));
            content(ui, theme, view, &mut |action| {
                actions.push(Action::Lecture(action));
            });
        });
    if !open {
        actions.push(Action::Lecture(LectureAction::Editor));
    }
}

fn content(ui: &mut Ui, theme: &Theme, view: &View<'_>, ask: &mut dyn FnMut(LectureAction)) {
    let mut title = view.title.to_owned();
    let field = TextEdit::singleline(&mut title).desired_width(f32::INFINITY);
    let field = ui
        .add(field.hint_text("title of the lecture"))
        .on_hover_text("What the lecture is called")
        .accessible_name("Title of the lecture");
    if field.changed() {
        ask(LectureAction::Edit(StoryEdit::Title(title)));
    }
    ui.horizontal_wrapped(|ui| {
        let mut button = |text: &str, why: &str, action: LectureAction| {
            if ui.button(text).on_hover_text(why).clicked() {
                ask(action);
            }
        };
        button(
            "Add this state",
            "What is on screen becomes a step after the chosen one: settings, step, pace, what is shown, pins",
            LectureAction::Edit(StoryEdit::Add),
        );
        let (text, why) = match view.lecturing {
            true => ("End", "Ends the lecture (F5)"),
            false => ("Begin", "Begins the lecture (F5)"),
        };
        button(text, why, LectureAction::Toggle);
        button(
            if view.changed { "Save as … •" } else { "Save as …" },
            "Writes the story to a file, to be opened again (Ctrl+O) or dropped on the window",
            LectureAction::Edit(StoryEdit::Save),
        );
        button(
            "New",
            "A story without steps; nothing on screen changes",
            LectureAction::Edit(StoryEdit::New),
        );
        button(
            "The paper's story",
            "The story that ships with the program",
            LectureAction::Edit(StoryEdit::Shipped),
        );
    });
    heading(ui, theme, "STEPS");
    ScrollArea::vertical()
        .id_salt("steps")
        .max_height(210.0)
        .show(ui, |ui| {
            for (i, title) in view.steps.iter().enumerate() {
                row(ui, theme, view, i, title, ask);
            }
            if view.steps.is_empty() {
                ui.label(
                    RichText::new("None yet: bring the window into a state and add it.")
                        .color(theme.muted),
                );
            }
        });
    if view.steps.is_empty() {
        return;
    }
    let step = view.step;
    heading(ui, theme, "WHAT IS SAID IN THIS STEP");
    for line in &view.lines {
        let mut text = line.text.clone();
        ui.label(
            RichText::new(line.label)
                .text_style(TextStyle::Small)
                .color(theme.muted),
        );
        let field = TextEdit::multiline(&mut text)
            .desired_rows(1)
            .desired_width(f32::INFINITY);
        let field = ui
            .add(field)
            .on_hover_text(format!(
                "Said only while the run is in this state. Words in braces become its numbers: {}",
                view.words
            ))
            .accessible_name(format!("Sentence: {}", line.label));
        if field.changed() {
            ask(LectureAction::Edit(StoryEdit::Line(step, line.name, text)));
        }
    }
    if let Some(problem) = view.problem {
        ui.label(RichText::new(problem).color(theme.warning));
    }
    heading(ui, theme, "NOTES FOR THE PRESENTER");
    let mut notes = view.notes.to_owned();
    let field = TextEdit::multiline(&mut notes)
        .desired_rows(2)
        .desired_width(f32::INFINITY);
    let field = ui
        .add(field)
        .on_hover_text("Seen in the presenter's view alone (V in the lecture)")
        .accessible_name("Notes for the presenter");
    if field.changed() {
        ask(LectureAction::Edit(StoryEdit::Notes(step, notes)));
    }
    let replace = ui.button("Take what is on screen for this step").on_hover_text(
        "Settings, step, pace, what is shown and pins are replaced; title, sentences and notes stay",
    );
    if replace.clicked() {
        ask(LectureAction::Edit(StoryEdit::Replace(step)));
    }
}

fn row(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    i: usize,
    title: &str,
    ask: &mut dyn FnMut(LectureAction),
) {
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.spacing_mut().button_padding.x = 6.0;
        for (sign, why, edit, able) in [
            ("×", "Deletes this step", StoryEdit::Delete(i), true),
            (
                "▾",
                "One place down",
                StoryEdit::Down(i),
                i + 1 < view.steps.len(),
            ),
            ("▴", "One place up", StoryEdit::Up(i), i > 0),
        ] {
            let button = ui
                .add_enabled(able, Button::new(sign))
                .on_hover_text(why)
                .accessible_name(format!("{why}: step {}", i + 1));
            if button.clicked() {
                ask(LectureAction::Edit(edit));
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let chosen = i == view.step;
            let number = RichText::new(format!("{}", i + 1));
            let number = Button::selectable(chosen, number.color(theme.text));
            let go = ui
                .add(number.min_size(vec2(24.0, 0.0)))
                .on_hover_text("Go to this step")
                .accessible_name(format!("Go to step {}", i + 1));
            if go.clicked() {
                ask(LectureAction::Go(i));
            }
            let mut text = title.to_owned();
            let field = TextEdit::singleline(&mut text).desired_width(f32::INFINITY);
            let field = ui
                .add(field)
                .on_hover_text("What the step is called")
                .accessible_name(format!("Title of step {}", i + 1));
            if field.changed() {
                ask(LectureAction::Edit(StoryEdit::Retitle(i, text)));
            }
        });
    });
}
