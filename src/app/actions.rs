//! The one place that does what the user asked for.

use super::{
    Action, GrokscopeApp,
    diagram::DiagramAction,
    export::{Content, Export, NO_DIALOG_APPEARED},
    files::{self, From},
    layout::{self, PanelSide},
    state::{Notice, SCALES},
};
use crate::{
    cli,
    history::{Run, format},
    io, presets,
    sim::config::{Config, FIELDS, Value, field},
    views::{
        animation_form::AnimationAction, curves::Tool, entry, help, lecture::LectureAction,
        print_form::PrintAction, tour::TourAction,
    },
    workspace::ENDING,
};
use egui::{Context, ViewportCommand};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Files that are remembered.
const MAX_RECENT: usize = 8;

impl GrokscopeApp {
    /// Does what the user asked for.
    pub(super) fn apply(&mut self, action: Action, ctx: &Context, now: f64) {
        self.state.kept.touch();
        let asked = action.clone();
        self.undoably(&asked, now, |app| app.perform(action, ctx, now));
    }

    fn perform(&mut self, action: Action, ctx: &Context, now: f64) {
        match action {
            Action::ToggleRun => {
                if !self.toggle_replay(now) {
                    self.state.session.toggle(now);
                }
            }
            Action::Step => {
                self.leave_past(now);
                self.state.session.step(now);
            }
            Action::Reset => {
                self.leave_past(now);
                self.state.session.reset(now);
            }
            Action::Reseed => {
                self.leave_past(now);
                self.state.session.reseed(now);
                let seed = self.state.session.config().seed;
                self.notice(
                    format!("Seed {seed}: other data, target and initial weights."),
                    now,
                );
            }
            Action::CarryOn => match self.state.session.carry_on(now) {
                Ok(()) => {
                    let horizon = self.state.session.config().training.horizon();
                    self.notice(
                        format!("Carried on to {} steps.", format::steps(horizon)),
                        now,
                    );
                }
                Err(error) => self.failure(error.to_string(), now),
            },
            Action::Edit {
                key,
                value,
                dragging,
            } => self.edit(key, &value, dragging, now),
            Action::EndDrag => self.state.session.end_drag(),
            Action::Type { key, text } => {
                let before = self.state.session.config().clone();
                let result = self.state.session.edit_text(key, &text, now);
                self.edited(key, &before, result, now);
            }
            Action::ResetField(key) => {
                if let Some(field) = field(key) {
                    let value = (field.get)(&self.state.defaults);
                    self.edit(key, &value, false, now);
                    self.state.session.end_drag();
                }
            }
            Action::LoadPreset(name) => self.load_preset(&name, now),
            Action::OpenFigure(id) => self.open_figure(&id, ctx, now),
            Action::CloseFigure => self.close_figure(),
            Action::ShowPanels(on) => self.show_panels(on),
            Action::EnlargePanel(panel) => {
                if let Some(open) = &mut self.state.figure {
                    open.enlarge(panel);
                }
            }
            Action::CopyFigureCommand => self.copy_figure_command(ctx, now),
            Action::OpenFile(path) => self.open_file(path, ctx),
            Action::OpenCode(code) => self.open_code(code, ctx),
            Action::Save => self.save_workspace(false, ctx),
            Action::SaveAs => self.save_workspace(true, ctx),
            Action::CopyCode => self.copy_code(ctx, now),
            Action::Restore(restore) => self.answer_offer(restore, ctx, now),
            Action::ShowOpen(shown) => self.state.open_shown = shown,
            Action::Browse => {
                let base = Config {
                    rescale: false,
                    ..self.state.session.config().clone()
                };
                super::files::browse(&self.files, base, ctx);
            }
            Action::Rescale(on) => self.rescale(on, ctx),
            Action::CloseInstance => {
                self.leave_past(now);
                self.state.session.drop_instance(now);
            }
            Action::SetPace(pace) => self.state.session.set_pace(pace),
            Action::ToggleTheme => self.state.dark = !self.state.dark,
            Action::Resize(by) => self.resize(by, now),
            Action::ToggleFullscreen => self.set_fullscreen(!self.state.fullscreen, ctx),
            Action::ToggleLossAxis => self.state.curves.toggle_loss_scale(),
            Action::SetEase(ease) => self.state.ease = ease,
            Action::ToggleHelp => self.state.help_open = !self.state.help_open,
            Action::LookUp(word) => {
                help::look_up(ctx, word);
                self.state.help_open = true;
            }
            Action::Escape => self.escape(ctx, now),
            Action::SelectTab(tab) => {
                self.state.tab = tab;
                let width = ctx.content_rect().width();
                if self.state.drawers.open(width).right.is_none() {
                    self.state.drawers.toggle(PanelSide::Right, width);
                }
            }
            Action::TogglePanel(side) => {
                let width = ctx.content_rect().width();
                self.state.drawers.toggle(side, width);
            }
            Action::WidenPanel(side, by) => {
                let width = ctx.content_rect().width();
                let open = self.state.drawers.open(width);
                let now = match side {
                    PanelSide::Left => open.left,
                    PanelSide::Right => open.right,
                };
                if let Some(now) = now {
                    self.state.drawers.draw_to(side, now + by, width);
                }
            }
            Action::Diagram(action) => self.apply_diagram(action, ctx, now),
            Action::Export(export) => self.export(export, ctx, now),
            Action::Print(action) => self.print(action, ctx, now),
            Action::Animate(action) => self.animate(action, ctx, now),
            Action::Scrub(scrub) => self.scrub(scrub, now),
            Action::Undo => self.undo(true, now),
            Action::Redo => self.undo(false, now),
            action
            @ (Action::Pin | Action::UnpinAll | Action::EditPin(..) | Action::LoadPin(_)) => {
                self.compare(action, now)
            }
            Action::EditSweep(form) => self.state.sweep_form = form,
            Action::ShowSeeds(on) => self.state.curves.shown.seeds = on,
            Action::EditLaw(form) => self.state.laws.form = form,
            Action::OpenLaw(number) => self.open_law(number, ctx, now),
            Action::Sweep(form) => self.start_sweep(&form, ctx, now),
            Action::StopRun => self.state.session.stop(),
            Action::CancelSweep => self.cancel_sweep(),
            Action::CopyCommand => self.copy_command(ctx, now),
            Action::Lecture(action) => self.lecture(action, ctx, now),
            Action::ToggleWhy => self.state.why = !self.state.why,
            Action::ShowWhy(on) => self.state.why = on,
            Action::ToggleGuess => self.toggle_guess(now),
            Action::Tour(action) => self.tour(action),
        }
    }

    pub(super) fn notice(&mut self, text: String, now: f64) {
        self.state.notice = Some(Notice {
            text,
            bad: false,
            since: now,
        });
    }

    pub(super) fn failure(&mut self, text: String, now: f64) {
        self.state.notice = Some(Notice {
            text,
            bad: true,
            since: now,
        });
    }

    fn edit(&mut self, key: &'static str, value: &Value, dragging: bool, now: f64) {
        let before = self.state.session.config().clone();
        let result = self.state.session.edit(key, value, dragging, now);
        self.edited(key, &before, result, now);
    }

    /// Says what changed and why it matters, or why it did not.
    fn edited(
        &mut self,
        key: &str,
        before: &Config,
        result: Result<(), crate::sim::config::ConfigError>,
        now: f64,
    ) {
        match result {
            Err(error) => {
                self.state
                    .field_errors
                    .insert(key.into(), error.to_string());
            }
            Ok(()) => {
                self.state.field_errors.remove(key);
                let Some(field) = field(key) else { return };
                if (field.get)(before) == (field.get)(self.state.session.config()) {
                    return;
                }
                let config = self.state.session.config();
                let (mut needed, mut restored) = (Vec::new(), Vec::new());
                for f in FIELDS.iter().filter(|f| f.key != key) {
                    let value = (f.get)(config);
                    if (f.get)(before) == value {
                        continue;
                    }
                    let words = format!("{} = {}", f.short_name(), entry::shown(f, &value));
                    match self.state.session.is_implied(f.key) {
                        true => needed.push(words),
                        false => restored.push(words),
                    }
                }
                let mut text = String::new();
                if !needed.is_empty() {
                    let value = entry::shown(field, &(field.get)(config));
                    let (name, needed) = (field.short_name(), needed.join(", "));
                    text = format!("{name} = {value} needs {needed}: set too.");
                }
                if !restored.is_empty() {
                    text.push_str(&format!(" As before again: {}.", restored.join(", ")));
                }
                self.state.preset = None;
                self.state.changed = Some((field.key, now));
                if !text.is_empty() {
                    self.notice(text.trim().to_owned(), now);
                }
            }
        }
    }

    fn load_preset(&mut self, name: &str, now: f64) {
        self.leave_past(now);
        let before = self.state.session.config().clone();
        match presets::find(name) {
            Ok(preset) => match self.state.session.open(preset.config.clone(), None, now) {
                Ok(()) => {
                    self.opened(preset.config.clone(), Some(preset.name.clone()));
                    if let Some(words) = training_changes(&before, &preset.config) {
                        self.notice(format!("{}: {words}.", preset.title), now);
                    }
                }
                Err(error) => self.failure(error.to_string(), now),
            },
            Err(error) => self.failure(error.to_string(), now),
        }
    }

    /// New settings are in force: what a double click resets to, what the menu
    /// shows.
    pub(super) fn opened(&mut self, config: Config, preset: Option<String>) {
        if !self.is_of_figure(&config) {
            self.close_figure();
        }
        self.fresh(config, preset);
    }

    /// The same, with the figure that is open.
    pub(super) fn fresh(&mut self, config: Config, preset: Option<String>) {
        self.state.theory.forget();
        self.state.session.forget_ghosts();
        self.state.time = Default::default();
        self.state.defaults = config;
        self.state.preset = preset;
        self.state.field_errors.clear();
        self.state.changed = None;
        self.state.notice = None;
    }

    /// Reads a dropped file in the background: an instance may be large.
    fn open_file(&mut self, path: PathBuf, ctx: &Context) {
        let base = Config {
            rescale: false,
            ..self.state.session.config().clone()
        };
        self.read_file(path, base, ctx);
    }

    /// Reads the instance again, in the unit of the model or in its own.
    fn rescale(&mut self, on: bool, ctx: &Context) {
        let session = &self.state.session;
        if let Some((path, _)) = session.instance() {
            let base = Config {
                rescale: on,
                ..session.config().clone()
            };
            self.read_file(path.clone(), base, ctx);
        }
    }

    fn read_file(&mut self, path: PathBuf, base: Config, ctx: &Context) {
        let (files, ctx) = (self.files.sender(), ctx.clone());
        std::thread::spawn(move || {
            let opened = super::files::read(&path, base);
            // The window may be gone by now; then nobody wants the file.
            let _ = files.send((From::File(path), opened));
            ctx.request_repaint();
        });
    }

    /// Takes in files that were read in the background.
    pub(super) fn take_files(&mut self, ctx: &Context, now: f64) {
        while let Some((from, opened)) = self.files.try_next() {
            if from == From::Nowhere {
                let text = "No file was chosen. Where no dialog appears, type a path (Ctrl+O).";
                self.notice(text.into(), now);
                continue;
            }
            let name = from.name();
            let after = match &opened {
                Ok(files::Content::Story(_)) => " F5 begins the lecture.",
                _ => "",
            };
            match opened.and_then(|content| self.take_in(content, &from, ctx, now)) {
                Ok(()) => {
                    self.state.open_shown = false;
                    if let From::File(path) = &from {
                        self.remember(path);
                    }
                    let data = self.data_in_words().unwrap_or_default();
                    let text = format!("Opened {name}.{after} {data}");
                    self.notice(text.trim_end().to_owned(), now);
                }
                Err(error) => self.failure(format!("{name} was not opened: {error}"), now),
            }
        }
    }

    /// What is to be said of data that were just opened.
    fn data_in_words(&self) -> Option<String> {
        let (_, instance) = self.state.session.instance()?;
        Some(instance.remarks().join(" "))
    }

    /// Puts on screen what was read.
    fn take_in(
        &mut self,
        content: files::Content,
        from: &From,
        ctx: &Context,
        now: f64,
    ) -> Result<(), String> {
        let name = from.name();
        match content {
            files::Content::State(state, instances) => {
                self.open_workspace(&state, &instances, &name, ctx, now)?;
                let own = |path: &&PathBuf| path.extension().is_some_and(|e| e == ENDING);
                let path = match from {
                    From::File(path) => Some(path).filter(own).cloned(),
                    From::Nowhere | From::Code => None,
                };
                self.state.kept.is_in(path, *state);
            }
            files::Content::Run(config, instance) => {
                self.leave_past(now);
                let before = self.settings();
                let session = &mut self.state.session;
                session
                    .open(*config, instance, now)
                    .map_err(|e| e.to_string())?;
                let config = session.config().clone();
                self.opened(config, None);
                self.opened_file(before, &name);
            }
            files::Content::Story(story) => self.take_story(*story, ctx, now),
        }
        Ok(())
    }

    /// Puts a file at the head of those that were opened lately.
    pub(super) fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.state.recent.retain(|p| *p != path);
        self.state.recent.insert(0, path);
        self.state.recent.truncate(MAX_RECENT);
    }

    fn resize(&mut self, by: i32, now: f64) {
        let at = SCALES
            .iter()
            .position(|&s| s >= self.state.scale - 1e-3)
            .unwrap_or(SCALES.len() - 1);
        let next = |at: i32| (at + by).clamp(0, SCALES.len() as i32 - 1);
        let (window, from) = (self.state.window, self.state.scale);
        let size = |scale| layout::text_size(window, scale);
        let mut at = next(at as i32);
        // A size that the window has no room for looks like the one below it.
        while by < 0 && at > 0 && size(SCALES[at as usize]) >= size(from) {
            at = next(at);
        }
        let to = SCALES[at as usize];
        if by > 0 && window != egui::Vec2::ZERO && size(to) <= size(from) {
            self.notice(
                "Larger text would leave no room in this window.".into(),
                now,
            );
            return;
        }
        self.state.scale = to;
    }

    fn set_fullscreen(&mut self, on: bool, ctx: &Context) {
        self.state.fullscreen = on;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(on));
    }

    /// Leaves the innermost thing that is open.
    fn escape(&mut self, ctx: &Context, now: f64) {
        let tool = &mut self.state.curves.annotations.tool;
        if self.state.lecture.blank {
            self.state.lecture.blank = false;
        } else if self.state.help_open {
            self.state.help_open = false;
        } else if self.state.kept.offer().is_some() {
            self.put_offer_off();
        } else if self.state.printing.is_some() {
            self.state.printing = None;
        } else if self.state.animating.is_some() {
            self.state.animating = None;
        } else if self.state.open_shown {
            self.state.open_shown = false;
        } else if self.state.why {
            self.state.why = false;
        } else if self.state.tour.is_some() {
            self.tour(TourAction::Leave);
        } else if *tool != Tool::None {
            *tool = Tool::None;
        } else if self.state.lecture.editor {
            self.state.lecture.editor = false;
        } else if self.state.lecture.is_on() {
            match self.state.lecture.sliders {
                true => self.state.lecture.sliders = false,
                false => self.lecture(LectureAction::Toggle, ctx, now),
            }
        } else if self.state.curves.guess.is_some() {
            self.state.curves.guess = None;
        } else if self.state.phase.is_large() {
            self.apply_diagram(DiagramAction::Large(false), ctx, 0.0);
        } else if self.state.notice.as_ref().is_some_and(|n| n.bad)
            || !self.state.field_errors.is_empty()
        {
            self.state.notice = None;
            self.state.field_errors.clear();
        } else if self.state.time.step().is_some() {
            self.leave_past(now);
        } else if self.state.fullscreen {
            self.set_fullscreen(false, ctx);
        } else if self.state.figure.is_some() {
            self.close_figure();
        } else {
            self.state.curves.refit();
        }
    }

    fn copy_command(&mut self, ctx: &Context, now: f64) {
        let command = cli::command_line(&self.state.session.config_on_screen());
        ctx.copy_text(command.clone());
        self.notice(format!("Copied: {command}"), now);
    }

    fn export(&mut self, export: Export, ctx: &Context, now: f64) {
        let config = self.state.session.config_on_screen();
        let name = super::export::default_name(export, &config);
        let exporter = self.exporter.clone();
        let ctx_done = ctx.clone();
        // What a picture carries.
        let code = || self.workspace().to_code();
        match export {
            Export::Window => {
                let code = code();
                ctx.request_screenshot(move |image| {
                    exporter.start(name, export, &ctx_done, move || {
                        super::export::png(image.size, image.as_raw(), &code).map(Content::from)
                    });
                    ctx_done.request_repaint();
                });
            }
            Export::Plot(kind) => match self.plot_picture(kind, ctx) {
                Some(picture) => {
                    let code = code();
                    exporter.start(name, export, ctx, move || {
                        let image = picture();
                        super::export::png(image.size, image.as_raw(), &code).map(Content::from)
                    });
                }
                None => self.failure("There is no curve to export yet.".into(), now),
            },
            Export::Csv => {
                let Some(run) = self.state.session.run().filter(|r| !r.rows().is_empty()) else {
                    self.failure("There is no recorded row to export yet.".into(), now);
                    return;
                };
                let rows = run.rows_at(&config.outcome);
                let columns = run.columns();
                let settings = lowered_note(run) + &self.state.session.toml(&config);
                exporter.start(name, export, ctx, move || {
                    let mut bytes = Vec::new();
                    io::csv::emit(&mut bytes, columns, &rows).map_err(|e| e.to_string())?;
                    Ok(Content {
                        bytes,
                        settings: Some(settings),
                    })
                });
            }
            Export::Figure(_) => self.print(PrintAction::Save, ctx, now),
            Export::Arrays => self.export_arrays(ctx, now),
            Export::Animation(_) => self.animate(AnimationAction::Save, ctx, now),
            Export::Workspace => self.save_workspace(true, ctx),
            Export::Toml => {
                let session = &self.state.session;
                let note = session.run().map_or_else(String::new, lowered_note);
                let text = note + &session.toml(&config);
                exporter.start(name, export, ctx, move || Ok(text.into_bytes().into()));
            }
        }
    }

    /// Says where exports went, or why not.
    pub(super) fn take_exports(&mut self, now: f64) {
        let exporter = Arc::clone(&self.exporter);
        while let Some(done) = exporter.try_done() {
            match done {
                Ok(None) => {
                    let text =
                        format!("No file was chosen, so nothing was saved. {NO_DIALOG_APPEARED}");
                    self.notice(text, now);
                }
                Ok(Some(path)) => {
                    let settings = super::export::settings_of(&path);
                    let beside = match path.extension().is_some_and(|e| e == "csv")
                        && settings.exists()
                    {
                        true => ", with its settings beside it in a file that ends in .csv.toml",
                        false => "",
                    };
                    self.notice(format!("Saved {}{beside}", path.display()), now);
                    self.saved_to(&path);
                    self.state.last_export = Some(path);
                }
                Err(problem) => self.failure(format!("Not saved: {problem}"), now),
            }
        }
    }
}

/// A comment for the head of a file: the learning rate asked for, where another
/// was used.
fn lowered_note(run: &Run) -> String {
    run.lowered().map_or_else(String::new, |lowered| {
        format!(
            "# learning_rate asked for: {:?}, which diverges at step {}; used: {:?}\n",
            lowered.from, lowered.diverged_at, lowered.to
        )
    })
}

/// What other settings do to the learning rate and to the horizon, which are not
/// what they are opened for: "η₀ 1 → 10, horizon 10⁵ → 10⁶".
fn training_changes(before: &Config, after: &Config) -> Option<String> {
    let mut changes = Vec::new();
    for key in ["training.learning_rate", "training.steps"] {
        let field = field(key)?;
        let [old, new] = [before, after].map(|config| entry::shown(field, &(field.get)(config)));
        if old != new {
            changes.push(format!("{} {old} → {new}", field.short_name()));
        }
    }
    (!changes.is_empty()).then(|| changes.join(", "))
}
