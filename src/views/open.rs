//! What can be opened: a file that is looked for, typed or was open lately.

use super::{action::Action, controls::heading, fonts, theme::Theme};
use crate::workspace::code::is_code;
use egui::{Align2, Button, Context, Id, Key, RichText, TextEdit, Vec2, Window};
use std::path::{Path, PathBuf};

/// Draws the window; what is chosen is an action.
pub fn show(ctx: &Context, theme: &Theme, recent: &[PathBuf], actions: &mut Vec<Action>) {
    let mut open = true;
    Window::new(RichText::new("Open a file").family(fonts::bold()))
        .id(Id::unique("open"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .vscroll(true)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            ui.set_max_width(430.0);
            ui.label(
                "A state (.grokscope), a picture that was made here (PNG, SVG, PDF), settings or \
                 the story of a lecture (.toml), or data of your own: a .csv with the labels \
                 last, or NumPy's .npz with X, y and, if there are any, X_test, y_test and W0.",
            );
            ui.add_space(4.0);
            // Where the system has no file dialog, a path can be typed.
            let id = Id::unique("open path");
            let mut typed: String = ui.data(|d| d.get_temp(id)).unwrap_or_default();
            ui.horizontal(|ui| {
                let field = TextEdit::singleline(&mut typed)
                    .hint_text("path of a file, or a code")
                    .desired_width(250.0);
                let field = ui
                    .add(field)
                    .on_hover_text("A path, or a code that somebody sent, then Enter")
                    .accessible_name("Path of a file");
                let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                let button = ui
                    .add_enabled(!typed.trim().is_empty(), Button::new("Open"))
                    .on_hover_text("Open the file at this path");
                if (entered || button.clicked()) && !typed.trim().is_empty() {
                    actions.push(match is_code(&typed) {
                        true => Action::OpenCode(typed.trim().into()),
                        false => Action::OpenFile(typed.trim().into()),
                    });
                }
                let browse = ui
                    .button("Browse …")
                    .on_hover_text("Look for a file with the system's dialog");
                if browse.clicked() {
                    actions.push(Action::Browse);
                }
            });
            ui.data_mut(|d| d.insert_temp(id, typed));
            if !recent.is_empty() {
                heading(ui, theme, "OPEN LATELY");
                for path in recent {
                    let button = Button::new(name_of(path))
                        .truncate()
                        .frame_when_inactive(false)
                        .min_size(Vec2::new(400.0, 0.0));
                    let response = ui.add(button).on_hover_text(path.display().to_string());
                    if response.clicked() {
                        actions.push(Action::OpenFile(path.clone()));
                    }
                }
            }
            heading(ui, theme, "PRESETS");
            ui.label("Runs that ship with the program are in the menu Presets.");
        });
    if !open {
        actions.push(Action::ShowOpen(false));
    }
}

/// A file's name and the directory that it is in.
fn name_of(path: &Path) -> String {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    match path.parent().and_then(Path::file_name) {
        Some(directory) => format!("{name}  ({})", directory.to_string_lossy()),
        None => name.into_owned(),
    }
}
