//! The command line: `grokscope` opens the window, `grokscope run` trains
//! without one, `grokscope picture` draws it.
//!
//! Exit codes: 0 for a run that ended, also by diverging, which its summary
//! says; 2 for arguments, settings or files that cannot be used; 1 for what
//! failed in spite of good arguments; 75 for a run or a sweep that was told to stop
//! and kept what it had.

pub mod animate;
pub mod args;
mod command_line;
mod export;
mod figure;
mod figure_files;
mod figure_print;
pub mod gui_help;
mod open;
mod panics;
mod plot;
mod progress;
mod run;
pub mod settings;
mod signals;
mod submit;
mod sweep;
mod sweep_files;
mod values;

pub use crate::training::headless;
pub use command_line::command_line;

use crate::history::format::thousands;
use crate::io::{FileError, atomic};
use crate::presets;
use crate::sim::config::{Config, ConfigError, EngineKind, fields};
use crate::startup::{DiagramPicture, PanelsPicture, Picture, Startup, Watch};
use args::{Cli, Command, PictureArgs};
use clap::{CommandFactory, Parser};
use progress::{Progress, share_of_run};
use signals::stop_on_signals;
use std::ffi::OsString;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Why a command could not do its work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CliError {
    /// Arguments or files that cannot be used.
    #[error("{0}")]
    Usage(String),
    /// A setting that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A result that could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A run or a window that failed.
    #[error("{0}")]
    Failed(String),
    /// A run or a sweep that was told to stop.
    #[error("{0}")]
    Stopped(String),
}

impl CliError {
    /// An error of arguments or files.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// The exit code that stands for it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Config(_) => 2,
            Self::File(_) | Self::Failed(_) => 1,
            // EX_TEMPFAIL of sysexits.h: try again.
            Self::Stopped(_) => 75,
        }
    }
}

/// What a build with a window can do besides; the command line itself knows no
/// user interface.
#[derive(Clone, Copy)]
pub struct Window {
    /// Opens the window and returns when it is closed, or says why it could not.
    pub open: fn(Startup) -> Result<(), String>,
    /// Trains to the horizon and draws the window that shows it, as PNG.
    pub picture: fn(Startup, Picture, Watch<'_>) -> Result<Vec<u8>, String>,
    /// Draws the phase diagram of a sweep, as PNG.
    pub diagram: fn(DiagramPicture) -> Result<Vec<u8>, String>,
    /// Draws the panels of a figure, as PNG.
    pub panels: fn(PanelsPicture) -> Result<Vec<u8>, String>,
}

/// Parses the arguments (the program's name first), does what they say and
/// returns the exit code. `window` is `None` in a build without one.
pub fn main(arguments: impl IntoIterator<Item = OsString>, window: Option<Window>) -> u8 {
    panics::record();
    crate::io::idx::install();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version come this way too, with exit code 0.
            let printed = e.print().map_or_else(refused_output, Ok);
            return match printed {
                Ok(()) => u8::try_from(e.exit_code()).unwrap_or(2),
                Err(error) => {
                    complain(&format!("error: {error}"));
                    error.exit_code()
                }
            };
        }
    };
    let done = panics::catch(|| dispatch(cli, window)).unwrap_or_else(|panic| {
        Err(CliError::Failed(format!(
            "a mistake in grokscope itself: {panic}"
        )))
    });
    match done {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("error: {error}"));
            error.exit_code()
        }
    }
}

fn dispatch(cli: Cli, window: Option<Window>) -> Result<(), CliError> {
    match cli.command {
        None => {
            let startup = settings::for_window(&cli.source)?;
            open_window(
                settings::with_figure(startup, cli.figure.as_deref())?,
                window,
            )
        }
        Some(Command::Run(args)) => {
            let report = run::run(&args)?;
            let said = say(&report.text);
            if let Some(warning) = report.warning {
                complain(&format!("warning: {warning}"));
            }
            report.stopped.map_or(said, Err)
        }
        Some(Command::Sweep(args)) => {
            let report = sweep::sweep(&args, window)?;
            let said = say(&report.text);
            for warning in report.warnings {
                complain(&format!("warning: {warning}"));
            }
            match report.failure {
                Some(failure) => Err(failure),
                None => said,
            }
        }
        Some(Command::Figure(args)) => {
            if let (Some(id), Some(out)) = (&args.id, &args.out) {
                return say(&figure_print::draw(&args, id, out)?);
            }
            let report = figure::figure(&args, window)?;
            let said = say(report.text.trim_end());
            report.stopped.map_or(said, Err)
        }
        Some(Command::Export(args)) => say(&export::export(&args)?),
        Some(Command::Plot(args)) => say(&plot::plot(&args)?),
        Some(Command::Animate(args)) => say(&animate::animate(&args)?),
        Some(Command::Open(args)) => match open::open(&args)? {
            open::Opened::Window(startup) => open_window(*startup, window),
            open::Opened::Text(text) => say(&text),
        },
        Some(Command::Picture(args)) => draw_picture(&args, window),
        Some(Command::Presets) => {
            let said = say(&list_presets());
            for problem in presets::problems() {
                complain(&format!("warning: {problem}"));
            }
            said
        }
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "grokscope", &mut script);
            say(String::from_utf8_lossy(&script).trim_end())
        }
        Some(Command::Man { directory }) => manual(directory.as_deref()),
        Some(Command::Fields) => say(fields::markdown_table().trim_end()),
    }
}

fn open_window(startup: Startup, window: Option<Window>) -> Result<(), CliError> {
    let headless = headless_line(&startup);
    let Some(window) = window else {
        return Err(CliError::usage(format!(
            "this build has no window (it was made without the feature `gui`); without one, use\n  \
             {headless}"
        )));
    };
    // Libraries that are opened at run time panic where they are missing.
    let opened = panics::catch(|| (window.open)(startup)).unwrap_or_else(Err);
    opened.map_err(|e| CliError::Failed(gui_help::explain(&e, &headless)))
}

fn draw_picture(args: &PictureArgs, window: Option<Window>) -> Result<(), CliError> {
    let Some(window) = window else {
        return Err(CliError::usage(
            "this build draws no pictures (it was made without the feature `gui`); \
             `grokscope run` writes the curves",
        ));
    };
    check_picture(&args.out)?;
    let startup = settings::with_figure(settings::for_picture(args)?, args.figure.as_deref())?;
    let picture = Picture {
        size: args.size,
        resolution: args.resolution,
        dark: args.theme == "dark",
        log_loss: args.log_loss,
    };
    let stop = stop_on_signals(
        || "training stops, the picture is drawn of what there is".into(),
        "and nothing is drawn",
    )?;
    let engine = startup.config.as_ref().map(|c| c.training.engine);
    let mut progress: Option<Progress> = None;
    let mut reached = (0, 0);
    let png = (window.picture)(startup, picture, &mut |step, horizon| {
        reached = (step, horizon);
        progress
            .get_or_insert_with(|| Progress::begin("picture", horizon, "steps"))
            .at(
                step,
                share_of_run(engine.unwrap_or(EngineKind::Moments), step, horizon),
                "",
            );
        match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if let Some(progress) = progress {
        progress.end();
    }
    atomic::write(&args.out, &png.map_err(CliError::Failed)?)?;
    let said = say(&format!("wrote {}", args.out.display()));
    match stop.load(Ordering::Relaxed) {
        true => Err(CliError::Stopped(format!(
            "told to stop at step {} of {}, which the picture shows",
            thousands(reached.0),
            thousands(reached.1)
        ))),
        false => said,
    }
}

/// Prints the manual page of the program, or writes one for each command.
fn manual(directory: Option<&Path>) -> Result<(), CliError> {
    let command = Cli::command();
    let Some(directory) = directory else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.map_err(|e| CliError::Failed(format!("no manual page: {e}")))?;
        return say(String::from_utf8_lossy(&page).trim_end());
    };
    let failed = |e: std::io::Error| FileError::new(directory, format!("no pages: {e}"));
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(command, directory).map_err(failed)?;
    say(&format!(
        "wrote the manual pages to {}",
        directory.display()
    ))
}

/// Refuses a picture that could not be written, or not under this name, before the
/// work that it takes.
fn check_picture(out: &Path) -> Result<(), CliError> {
    let usage = |e: FileError| CliError::usage(format!("--out {e}"));
    atomic::check_ending(out, "png").map_err(usage)?;
    atomic::check_output(out).map_err(usage)
}

/// The headless command that does the same job as the window would.
fn headless_line(startup: &Startup) -> String {
    if let Some(id) = &startup.figure {
        return format!("grokscope figure {id} --data figure-{id}");
    }
    if let Some((_, state)) = &startup.workspace {
        return command_line(&state.settings);
    }
    match (&startup.preset, &startup.instance, &startup.config) {
        (Some(name), None, _) => format!("grokscope run --preset {name} --out run"),
        (_, _, Some(config)) => command_line(config),
        _ => command_line(&Config::default()),
    }
}

fn list_presets() -> String {
    let width = presets::all()
        .iter()
        .map(|p| p.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for preset in presets::all() {
        text.push_str(&format!("{:width$}  {}\n", preset.name, preset.title));
        text.push_str(&format!("{:width$}  {}\n", "", preset.description));
    }
    text.truncate(text.trim_end().len());
    text
}

/// Prints a line and says where that failed.
fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_or_else(refused_output, Ok)
}

/// A closed pipe (`| head`) is no reason to fail; a full disk is.
fn refused_output(error: std::io::Error) -> Result<(), CliError> {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(CliError::Failed(format!(
            "standard output could not be written: {error}"
        ))),
    }
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
