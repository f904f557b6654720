//! What the user can ask for, and the one place that does it.

use super::{
    GrokscopeApp,
    export::Export,
    state::{MAX_PINS, Notice, Pin, SCALES, Tab},
};
use crate::{
    cli,
    history::format,
    io, presets,
    sim::config::{Config, FIELDS, Value, field},
    training::Pace,
    views::entry,
};
use egui::{Context, ViewportCommand};
use std::{path::PathBuf, sync::Arc};

/// What the user asked for. Views return these and change nothing themselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Hold, go on, or begin.
    ToggleRun,
    /// Hold and train one step.
    Step,
    /// Step 0 again, same seed.
    Reset,
    /// Step 0 with the next seed.
    Reseed,
    /// Ten times the horizon, without a restart.
    CarryOn,
    /// Change a setting; `dragging` while more may follow.
    Edit {
        /// Dotted key.
        key: &'static str,
        /// New value.
        value: Value,
        /// A drag goes on.
        dragging: bool,
    },
    /// The slider was let go.
    EndDrag,
    /// Change a setting to what was typed.
    Type {
        /// Dotted key.
        key: &'static str,
        /// As typed.
        text: String,
    },
    /// Back to the default.
    ResetField(&'static str),
    /// Open a preset by name.
    LoadPreset(String),
    /// Open a figure of the paper by its ID.
    OpenFigure(String),
    /// Put the figure away.
    CloseFigure,
    /// Put the headless command for the figure on the clipboard.
    CopyFigureCommand,
    /// Open a config or an instance file.
    OpenFile(PathBuf),
    /// Go back to sampled data.
    CloseInstance,
    /// Speed of training.
    SetPace(Pace),
    /// Dark or light.
    ToggleTheme,
    /// Larger (+1) or smaller (−1) text and controls.
    Resize(i32),
    /// Full screen or not.
    ToggleFullscreen,
    /// Linear or logarithmic loss axis.
    ToggleLossAxis,
    /// Show or hide the keys.
    ToggleHelp,
    /// Leave whatever is open.
    Escape,
    /// A tab of the side panel.
    SelectTab(Tab),
    /// Write a file.
    Export(Export),
    /// Keep the run on screen for comparison.
    Pin,
    /// Keep none any more.
    UnpinAll,
    /// Put the headless command for this run on the clipboard.
    CopyCommand,
}

impl GrokscopeApp {
    /// Does what the user asked for.
    pub(super) fn apply(&mut self, action: Action, ctx: &Context, now: f64) {
        match action {
            Action::ToggleRun => self.state.session.toggle(now),
            Action::Step => self.state.session.step(now),
            Action::Reset => self.state.session.reset(now),
            Action::Reseed => {
                self.state.session.reseed(now);
                let seed = self.state.session.config().seed;
                self.notice(
                    format!("Seed {seed}: other data, target and initial weights."),
                    now,
                );
            }
            Action::CarryOn => match self.state.session.carry_on(now) {
                Ok(()) => {
                    let horizon = self.state.session.config().training.steps;
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
            Action::EndDrag => self.state.session.end_drag(now),
            Action::Type { key, text } => {
                let before = self.state.session.config().clone();
                let result = self.state.session.edit_text(key, &text, now);
                self.edited(key, &before, result, now);
            }
            Action::ResetField(key) => {
                if let Some(field) = field(key) {
                    let value = (field.get)(&self.state.defaults);
                    self.edit(key, &value, false, now);
                    self.state.session.end_drag(now);
                }
            }
            Action::LoadPreset(name) => self.load_preset(&name, now),
            Action::OpenFigure(id) => self.open_figure(&id, ctx, now),
            Action::CloseFigure => self.close_figure(),
            Action::CopyFigureCommand => self.copy_figure_command(ctx, now),
            Action::OpenFile(path) => self.open_file(path, ctx),
            Action::CloseInstance => self.state.session.drop_instance(now),
            Action::SetPace(pace) => self.state.session.set_pace(pace),
            Action::ToggleTheme => self.state.dark = !self.state.dark,
            Action::Resize(by) => self.resize(by),
            Action::ToggleFullscreen => self.set_fullscreen(!self.state.fullscreen, ctx),
            Action::ToggleLossAxis => self.state.curves.toggle_loss_scale(),
            Action::ToggleHelp => self.state.help_open = !self.state.help_open,
            Action::Escape => self.escape(ctx),
            Action::SelectTab(tab) => self.state.tab = tab,
            Action::Export(export) => self.export(export, ctx, now),
            Action::Pin => self.pin(now),
            Action::UnpinAll => self.state.pins.clear(),
            Action::CopyCommand => self.copy_command(ctx, now),
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
                let others: Vec<String> = FIELDS
                    .iter()
                    .filter(|f| f.key != key && (f.get)(before) != (f.get)(config))
                    .map(|f| format!("{} = {}", f.key, (f.get)(config)))
                    .collect();
                self.state.preset = None;
                self.state.changed = Some((field.key, now));
                if !others.is_empty() {
                    let text = format!("{} needs {}: set too.", field.key, others.join(", "));
                    self.notice(text, now);
                }
            }
        }
    }

    fn load_preset(&mut self, name: &str, now: f64) {
        match presets::find(name) {
            Ok(preset) => match self.state.session.open(preset.config.clone(), None, now) {
                Ok(()) => self.opened(preset.config.clone(), Some(preset.name.clone())),
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
        self.state.theory.forget();
        self.state.defaults = config;
        self.state.preset = preset;
        self.state.field_errors.clear();
        self.state.changed = None;
        self.state.notice = None;
    }

    /// Reads a dropped file in the background: an instance may be large.
    fn open_file(&mut self, path: PathBuf, ctx: &Context) {
        let (files, ctx) = (self.files.sender(), ctx.clone());
        let base = self.state.session.config().clone();
        std::thread::spawn(move || {
            let opened = super::files::read(&path, base);
            // The window may be gone by now; then nobody wants the file.
            let _ = files.send((path, opened));
            ctx.request_repaint();
        });
    }

    /// Takes in files that were read in the background.
    pub(super) fn take_files(&mut self, now: f64) {
        while let Some((path, opened)) = self.files.try_next() {
            let result = opened.and_then(|(config, instance)| {
                self.state
                    .session
                    .open(config, instance, now)
                    .map_err(|e| e.to_string())
            });
            let name = path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy();
            match result {
                Ok(()) => {
                    let config = self.state.session.config().clone();
                    self.opened(config, None);
                    self.notice(format!("Opened {name}."), now);
                }
                Err(error) => self.failure(format!("{name} was not opened: {error}"), now),
            }
        }
    }

    fn resize(&mut self, by: i32) {
        let at = SCALES
            .iter()
            .position(|&s| s >= self.state.scale - 1e-3)
            .unwrap_or(SCALES.len() - 1);
        let to = (at as i32 + by).clamp(0, SCALES.len() as i32 - 1);
        self.state.scale = SCALES[to as usize];
    }

    fn set_fullscreen(&mut self, on: bool, ctx: &Context) {
        self.state.fullscreen = on;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(on));
    }

    /// Leaves the innermost thing that is open.
    fn escape(&mut self, ctx: &Context) {
        if self.state.help_open {
            self.state.help_open = false;
        } else if self.state.notice.as_ref().is_some_and(|n| n.bad)
            || !self.state.field_errors.is_empty()
        {
            self.state.notice = None;
            self.state.field_errors.clear();
        } else if self.state.fullscreen {
            self.set_fullscreen(false, ctx);
        } else if self.state.figure.is_some() {
            self.close_figure();
        } else {
            self.state.curves.refit();
        }
    }

    fn pin(&mut self, now: f64) {
        let Some(run) = self.state.session.run().filter(|r| !r.rows().is_empty()) else {
            return;
        };
        if self.state.pins.len() == MAX_PINS {
            self.failure(
                format!("{MAX_PINS} runs are pinned already: unpin them first."),
                now,
            );
            return;
        }
        let label = pin_label(run.config(), &self.state.defaults);
        let run = run.clone();
        self.notice(format!("Pinned {label}."), now);
        self.state.pins.push(Pin { run, label });
    }

    fn copy_command(&mut self, ctx: &Context, now: f64) {
        let command = cli::command_line(&self.state.session.config_on_screen());
        ctx.copy_text(command.clone());
        let caution = if self.state.session.changed_live() {
            " η₀ or λ was changed while it trained: the command trains with the last values."
        } else {
            ""
        };
        self.notice(format!("Copied: {command}{caution}"), now);
    }

    fn export(&mut self, export: Export, ctx: &Context, now: f64) {
        let config = self.state.session.config_on_screen();
        let name = super::export::default_name(export, &config);
        let exporter = self.exporter.clone();
        let ctx_done = ctx.clone();
        match export {
            Export::Window => {
                ctx.request_screenshot(move |image| {
                    exporter.start(name, export, &ctx_done, move || {
                        super::export::png(image.size, image.as_raw())
                    });
                    ctx_done.request_repaint();
                });
            }
            Export::Plot(kind) => match self.plot_picture(kind, ctx) {
                Some(picture) => exporter.start(name, export, ctx, move || {
                    let image = picture();
                    super::export::png(image.size, image.as_raw())
                }),
                None => self.failure("There is no curve to export yet.".into(), now),
            },
            Export::Csv => {
                let Some(run) = self.state.session.run().filter(|r| !r.rows().is_empty()) else {
                    self.failure("There is no recorded row to export yet.".into(), now);
                    return;
                };
                let rows = run.rows().to_vec();
                let note = self.state.session.changed_live().then_some(
                    "# η₀ or λ was changed while this run trained: see the column learning_rate\n",
                );
                exporter.start(name, export, ctx, move || {
                    let mut bytes = note.unwrap_or_default().as_bytes().to_vec();
                    io::csv::emit(&mut bytes, &rows, Some(&config)).map_err(|e| e.to_string())?;
                    Ok(bytes)
                });
            }
            Export::Toml => {
                let text = config.to_toml();
                exporter.start(name, export, ctx, move || Ok(text.into_bytes()));
            }
        }
    }

    /// Says where exports went, or why not.
    pub(super) fn take_exports(&mut self, now: f64) {
        let exporter = Arc::clone(&self.exporter);
        while let Some(done) = exporter.try_done() {
            match done {
                Ok(path) => {
                    self.notice(format!("Saved {}", path.display()), now);
                    self.state.last_export = Some(path);
                }
                Err(problem) => self.failure(format!("Not saved: {problem}"), now),
            }
        }
    }
}

/// What tells a run from the settings as they were opened; α where nothing does.
fn pin_label(config: &Config, opened: &Config) -> String {
    let different: Vec<String> = FIELDS
        .iter()
        .filter(|f| f.key != "training.steps" && (f.get)(config) != (f.get)(opened))
        .map(|f| {
            let name = if f.symbol.is_empty() {
                f.name
            } else {
                f.symbol
            };
            format!("{name} = {}", entry::shown(f, &(f.get)(config)))
        })
        .take(3)
        .collect();
    if different.is_empty() {
        format!("α = {}", config.network.alpha)
    } else {
        different.join(", ")
    }
}
