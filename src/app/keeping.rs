//! The file of the state on screen: saved, kept by itself, offered after a crash.

use super::{
    GrokscopeApp,
    autosave::{Autosave, Left},
    export::{Content, Export},
    files,
};
use crate::{
    history::format,
    workspace::{ENDING, Workspace},
};
use egui::{Context, ViewportCommand};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The file of what is on screen.
#[derive(Default)]
pub struct Keeping {
    /// Its path, once it has one.
    path: Option<PathBuf>,
    /// What the file holds.
    saved: Option<Workspace>,
    /// What is about to be in a file.
    saving: Option<Workspace>,
    autosave: Option<Autosave>,
    /// What windows left that did not end as they should have.
    left: Vec<Left>,
    /// What stands in the title bar.
    title: String,
}

impl Keeping {
    /// The file, once there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is offered: the newest state that was left, in words.
    pub fn offer(&self) -> Option<String> {
        let left = self.left.first()?;
        let since = left.written.and_then(|at| at.elapsed().ok());
        let since = since.map_or_else(String::new, |age| {
            format!(", {} ago", format::duration(age.as_secs_f64()))
        });
        let state = &left.state;
        let pins = match state.pins.len() {
            0 => String::new(),
            1 => " and one pinned run".into(),
            n => format!(" and {n} pinned runs"),
        };
        Some(format!(
            "Grokscope did not end as it should have{since}. What was on screen was kept: the \
             run at step {}{pins}.",
            format::thousands(state.step)
        ))
    }

    /// Something was done.
    pub(super) fn touch(&mut self) {
        if let Some(autosave) = &mut self.autosave {
            autosave.touch();
        }
    }

    /// A file holds this now, or did when it was opened.
    pub(super) fn is_in(&mut self, path: Option<PathBuf>, state: Workspace) {
        (self.path, self.saved) = (path, Some(state));
    }

    fn name(&self) -> Option<String> {
        let name = self.path.as_ref()?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }
}

/// Whether two states differ in more than in where their runs stand.
fn differ(one: &Workspace, other: &Workspace) -> bool {
    let of = |state: &Workspace| Workspace {
        step: 0,
        held: false,
        cursor: None,
        ..state.clone()
    };
    of(one) != of(other)
}

impl GrokscopeApp {
    /// With the states of crashed windows looked for in a directory, and this one kept
    /// there.
    pub fn with_autosave(mut self, directory: &Path) -> Self {
        let kept = &mut self.state.kept;
        kept.left = Autosave::left(directory);
        // Where nothing can be written, nothing is kept.
        kept.autosave = Autosave::new(directory).ok();
        self
    }

    /// Keeps what is on screen now and then.
    pub(super) fn advance_keeping(&mut self, ctx: &Context, now: f64) {
        let Some(autosave) = &self.state.kept.autosave else {
            return;
        };
        match autosave.is_due(now) {
            Err(Some(wait)) => ctx.request_repaint_after(Duration::from_secs_f64(wait)),
            Err(None) => {}
            Ok(()) => {
                let state = self.workspace();
                let kept = &mut self.state.kept;
                let changed = kept
                    .saved
                    .as_ref()
                    .is_some_and(|saved| differ(saved, &state));
                let title = match kept.name() {
                    Some(name) if changed => format!("{name} (changed) – {}", super::TITLE),
                    Some(name) => format!("{name} – {}", super::TITLE),
                    None => super::TITLE.to_owned(),
                };
                if title != kept.title && !(kept.title.is_empty() && title == super::TITLE) {
                    ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
                    kept.title = title;
                }
                if let Some(autosave) = &mut kept.autosave {
                    autosave.keep(state, now);
                }
            }
        }
    }

    /// Writes the state on screen into its file, or asks for one.
    pub(super) fn save_workspace(&mut self, anew: bool, ctx: &Context) {
        let state = self.workspace();
        let bytes = state.to_toml().into_bytes();
        let name = super::export::default_name(Export::Workspace, &state.settings);
        let kept = &mut self.state.kept;
        kept.saving = Some(state);
        let content = move || Ok(Content::from(bytes));
        match kept.path.clone().filter(|_| !anew) {
            Some(path) => (self.exporter).write(path, Export::Workspace, ctx, content),
            None => (self.exporter).start(name, Export::Workspace, ctx, content),
        }
    }

    /// A file was written.
    pub(super) fn saved_to(&mut self, path: &Path) {
        if path.extension().is_some_and(|e| e == ENDING)
            && let Some(state) = self.state.kept.saving.take()
        {
            self.remember(path);
            self.state.kept.is_in(Some(path.to_owned()), state);
            self.state.kept.touch();
        }
    }

    /// Puts the state on the clipboard, as a line of text.
    pub(super) fn copy_code(&mut self, ctx: &Context, now: f64) {
        let code = self.workspace().to_code();
        let text = format!(
            "Copied a code of {} characters: whoever pastes it here (Ctrl+V) has this state.",
            format::thousands(code.len() as u64)
        );
        ctx.copy_text(code);
        self.notice(text, now);
    }

    /// Opens a code, read in the background: its instances may be large.
    pub(super) fn open_code(&mut self, code: String, ctx: &Context) {
        let (sender, ctx) = (self.files.sender(), ctx.clone());
        std::thread::spawn(move || {
            let _ = sender.send((files::From::Code, files::read_code(&code)));
            ctx.request_repaint();
        });
    }

    /// Restores what was left, or drops it.
    pub(super) fn answer_offer(&mut self, restore: bool, ctx: &Context, now: f64) {
        let kept = &mut self.state.kept;
        if kept.left.is_empty() {
            return;
        }
        let left = kept.left.remove(0);
        if restore {
            let state = *left.state;
            let opened = super::workspace::instances_of(&state).and_then(|instances| {
                self.open_workspace(&state, &instances, "the last session", ctx, now)
            });
            match opened {
                Ok(()) => self.notice("The last session is back.".into(), now),
                Err(error) => {
                    // Not lost: it is offered again at the next start.
                    self.failure(format!("The last session was not opened: {error}"), now);
                    return;
                }
            }
        }
        let _ = std::fs::remove_file(&left.path);
    }

    /// Looks at the offer later: it stays until the next start.
    pub(super) fn put_offer_off(&mut self) {
        self.state.kept.left.clear();
    }
}
