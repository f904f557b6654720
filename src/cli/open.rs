//! `grokscope open`: the window with a state, or the state in words; and what pictures
//! that are drawn without a window carry.

use super::CliError;
use super::args::{OpenArgs, Source};
use super::settings;
use crate::figures::Figure;
use crate::plot::files::Recorded;
use crate::startup::{Startup, is_story};
use crate::sweep::diagram::{Diagram, Measure, Side};
use crate::sweep::plan::{Places, PlanAxis};
use crate::workspace::{self, ENDING, Pin, Workspace, code, open};
use std::path::{Path, PathBuf};

/// What is opened: a window, or a text to print.
pub(super) enum Opened {
    Window(Box<Startup>),
    Text(String),
}

/// Reads what the argument names.
///
/// # Errors
/// Names the file or the code, the field and what to do.
pub(super) fn open(args: &OpenArgs) -> Result<Opened, CliError> {
    let path = PathBuf::from(&args.what);
    let usage = |text: String| CliError::usage(text);
    let of_code = code::is_code(&args.what) && !path.exists();
    if !of_code && !open::may_hold(&path) {
        if args.print || args.code {
            let ending = path.extension().map(|e| e.to_string_lossy().into_owned());
            let config = settings::from_config_file(&path);
            return match ending.as_deref() {
                Some("toml") => Ok(text(args, &Workspace::of_settings(&config?.config))),
                _ => Err(usage(format!(
                    "{}: holds no state; give a .{ENDING} file, a .toml, a picture that Grokscope \
                     made, or a code",
                    path.display()
                ))),
            };
        }
        if is_story(&path) {
            return Ok(Opened::Window(Box::new(Startup {
                story: Some(path),
                ..Startup::default()
            })));
        }
        let startup = settings::for_window(&source_of(&path)?)?;
        return Ok(Opened::Window(Box::new(startup)));
    }
    let state = match of_code {
        true => Workspace::from_code(&args.what).map_err(|e| usage(e.to_string()))?,
        false => open::read(&path).map_err(|e| usage(e.to_string()))?,
    };
    if args.print || args.code {
        return Ok(text(args, &state));
    }
    let own = path.extension().is_some_and(|e| e == ENDING) && !of_code;
    Ok(Opened::Window(Box::new(Startup {
        workspace: Some((own.then_some(path), Box::new(state))),
        ..Startup::default()
    })))
}

fn text(args: &OpenArgs, state: &Workspace) -> Opened {
    Opened::Text(match args.code {
        true => state.to_code(),
        false => state.to_toml().trim_end().to_owned(),
    })
}

/// Settings or an instance, by the ending of a name.
fn source_of(path: &Path) -> Result<Source, CliError> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let path_given = Some(path.to_owned());
    match ending.as_deref() {
        Some("toml") => Ok(Source {
            config: path_given,
            ..Source::default()
        }),
        Some("npz" | "csv" | "tsv" | "txt") => Ok(Source {
            instance: path_given,
            ..Source::default()
        }),
        _ => Err(CliError::usage(format!(
            "{}: can not be opened; give a .{ENDING} file, a picture that Grokscope made, a .toml, \
             a .npz or .csv, or a code that begins with `{}1.`",
            path.display(),
            code::PREFIX
        ))),
    }
}

/// What a picture of runs carries: the settings of the first, and the others beside it.
pub(super) fn of_runs(runs: &[Recorded], names: &[String]) -> Option<Workspace> {
    let mut known = runs.iter().zip(names).filter(|(run, _)| run.has_config);
    let (main, _) = known.next()?;
    let pins = known.take(workspace::MAX_PINS).map(|(recorded, name)| Pin {
        name: name.clone(),
        settings: recorded.run.config().clone(),
        ..Pin::default()
    });
    let mut pins: Vec<Pin> = pins.collect();
    for (i, pin) in pins.iter_mut().enumerate() {
        pin.colour = workspace::Colour::Palette(i);
    }
    Some(Workspace {
        step: main.run.step(),
        settings: main.run.config().clone(),
        pins,
        ..Workspace::default()
    })
}

/// What a picture of a figure carries.
pub(super) fn of_figure(figure: &Figure) -> Workspace {
    let mut state = Workspace::of_settings(&figure.live().config);
    state.figure = Some(figure.id.clone());
    state.layout.tab = "figure".into();
    state.layout.log_loss = figure.view.log_loss;
    let lower = figure.view.lower.iter();
    if !figure.view.lower.is_empty() {
        state.layout.lower = lower.map(|m| m.spec().name.to_owned()).collect();
    }
    state
}

/// What a picture of a sweep carries: the settings of its first cell, and its axes.
pub(super) fn of_diagram(
    config: &crate::sim::config::Config,
    diagram: &Diagram,
    measure: Measure,
    never_as_zero: bool,
) -> Workspace {
    let axis = |side: &Side| {
        PlanAxis::of(&side.key).map(|axis| PlanAxis {
            key: axis.key,
            places: Places::List(side.values.clone()),
        })
    };
    let mut state = Workspace::of_settings(config);
    let layout = diagram.layout();
    if let (Some(x), Some(y)) = (axis(&layout.x), axis(&layout.y)) {
        (state.diagram.x, state.diagram.y) = (x, y);
    }
    state.diagram.measure = measure;
    state.diagram.never_as_zero = never_as_zero;
    state.diagram.seeds = layout.seeds.clamp(1, workspace::MAX_SEEDS);
    state.diagram.large = true;
    state.layout.tab = "phase".into();
    state
}
