//! What else is made of a sweep's cells: their curves in NumPy's format, and the
//! phase diagram as a picture.

use super::args::{SweepMergeArgs, SweepPictureArgs};
use super::progress::Progress;
use super::signals::stop_on_signals;
use super::{CliError, Window, open, plot};
use crate::history::format::thousands;
use crate::io::{FileError, atomic};
use crate::plot::diagram::Plot;
use crate::plot::{Format, Style, Theme};
use crate::sim::LossPoint;
use crate::startup::DiagramPicture;
use crate::sweep::Spec;
use crate::sweep::cell::{self, Cache, Watch};
use crate::sweep::curves::Curves;
use crate::sweep::diagram::{Cell, Diagram, Layout, Measure};
use crate::sweep::directory::Directory;
use crate::sweep::spec::{Measures, Stop};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Width of a diagram for print where nothing is said, in millimetres.
const PRINT_WIDTH: f64 = 114.0;

fn processors() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Computes and writes the curves of the cells that are done; says what it wrote.
pub(super) fn write_curves(
    directory: &Directory,
    args: &SweepMergeArgs,
    path: &Path,
) -> Result<String, CliError> {
    let shown = path.to_owned();
    let usage = |e: FileError| CliError::usage(format!("--curves {e}"));
    atomic::check_ending(path, "npz").map_err(usage)?;
    atomic::check_output(path).map_err(usage)?;
    let contents = directory.read()?;
    let cells: Vec<usize> = (0..contents.cells.len())
        .filter(|&c| contents.has(c))
        .collect();
    let stop = stop_on_signals(
        move || {
            format!(
                "the computation of the curves stops, {} is not written",
                shown.display()
            )
        },
        "which is the same",
    )?;
    let progress = Mutex::new(Progress::begin("curves", cells.len() as u64, "cells"));
    let threads = args.threads.unwrap_or_else(processors);
    let spec = directory.spec();
    let curves = Curves::compute(spec, &cells, threads, &stop, &|done| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.at(done as u64, done as f64 / cells.len() as f64, "");
    });
    progress
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .end();
    let Some(curves) = curves? else {
        return Err(CliError::Stopped(format!(
            "told to stop; {} was not written",
            path.display()
        )));
    };
    curves.write(spec, path)?;
    Ok(format!(
        "wrote the curves of {} cells at {} times to {}",
        thousands(cells.len() as u64),
        thousands(curves.steps.len() as u64),
        path.display()
    ))
}

/// Draws the diagram of what is done.
pub(super) fn picture(args: &SweepPictureArgs, window: Option<Window>) -> Result<String, CliError> {
    let format = plot::format_of(&args.out)?;
    // A picture for a screen is drawn by the window's own code where there is one.
    let screen = window.filter(|_| {
        format == Format::Png && !args.print.is_given() && args.theme.as_deref() != Some("black")
    });
    let style = print_style(args, format)?;
    let directory = Directory::open(&args.dir)?;
    let spec = directory.spec();
    let broken = |problem: String| FileError::new(&args.dir, problem);
    let layout = Layout::of(spec.grid()).map_err(|e| CliError::usage(broken(e).to_string()))?;
    let measure = args.measure;
    if args.never_as_zero && !matches!(measure, Measure::Delay(_)) {
        return Err(CliError::usage(
            "--never-as-zero: only a delay in steps can be 0; add --measure delay_steps",
        ));
    }
    if measure == Measure::FinalTest && spec.measures().stop != Stop::Horizon {
        return Err(CliError::usage(
            "--measure final_test: the cells of this sweep end once they are classified; set \
             stop = \"horizon\" in its section [measures] and run it into another directory",
        ));
    }
    if measure.needs_seeds() && layout.seeds < 2 {
        return Err(CliError::usage(format!(
            "--measure {}: this sweep has one seed in each cell; add seed = [1, 2, 3] to its \
             section [axes]",
            measure.name()
        )));
    }
    let contents = directory.read()?;
    let mut diagram = Diagram::new(layout);
    let cells = contents.done();
    let results = contents
        .cells
        .into_iter()
        .flatten()
        .map(|entry| entry.result);
    // Only curves take any time.
    let mut computing = match measure {
        Measure::Curves => Some((
            stop_on_signals(|| "no picture is drawn".into(), "which is the same")?,
            Progress::begin("curves", cells as u64, "cells"),
        )),
        _ => None,
    };
    for (done, result) in results.enumerate() {
        let curve = match &mut computing {
            Some((stop, progress)) => {
                progress.at(done as u64, done as f64 / cells as f64, "");
                whole_curve(spec, result.cell, stop)?.ok_or_else(|| {
                    CliError::Stopped(format!(
                        "told to stop; {} was not drawn",
                        args.out.display()
                    ))
                })?
            }
            None => Vec::new(),
        };
        diagram.put(Arc::new(Cell {
            result,
            curve,
            draft: false,
        }));
    }
    if let Some((_, mut progress)) = computing {
        progress.at(cells as u64, 1.0, "");
        progress.end();
    }
    if diagram.done() == 0 {
        return Err(CliError::Failed(format!(
            "{}: no cell is done yet; `grokscope sweep run` computes them",
            args.dir.display()
        )));
    }
    let config = spec.config(0)?.into_inner();
    let carried = open::of_diagram(&config, &diagram, measure, args.never_as_zero).to_code();
    let job = DiagramPicture {
        title: spec.title().into(),
        config,
        carried,
        diagram,
        measure,
        never_is_zero: args.never_as_zero,
        size: args.size,
        resolution: args.resolution,
        dark: args.theme.as_deref() != Some("light"),
    };
    let missing = job.diagram.len() - job.diagram.done();
    match screen {
        Some(window) => {
            let png = (window.diagram)(job).map_err(CliError::Failed)?;
            atomic::write(&args.out, &png)?;
        }
        None => {
            let plot = Plot {
                diagram: &job.diagram,
                measure,
                never_is_zero: job.never_is_zero,
                horizon: job.config.training.steps as f64,
            };
            let mut picture = plot.picture(&job.title, &job.config);
            picture.carried = job.carried;
            plot::write(&picture, &style, format, &args.out)?;
        }
    }
    Ok(match missing {
        0 => format!("wrote {}", args.out.display()),
        n => format!(
            "wrote {}; {} cells are missing and drawn as those beside them, or empty",
            args.out.display(),
            thousands(n as u64)
        ),
    })
}

/// Of a figure for print; of a picture for a screen that no window draws the size in
/// points is that of 96 pixels to the inch.
fn print_style(args: &SweepPictureArgs, format: Format) -> Result<Style, CliError> {
    let named = args.theme.as_deref().and_then(Theme::by_name);
    if format != Format::Png || args.print.is_given() {
        return args.print.style(named.unwrap_or(Theme::Light), PRINT_WIDTH);
    }
    const POINTS_PER_INCH: f64 = 96.0;
    let [width, height] = args
        .size
        .map(|side| f64::from(side) * 25.4 / POINTS_PER_INCH);
    let mut style = args.print.style(named.unwrap_or(Theme::Dark), width)?;
    style.paper.height = Some(height);
    style.dpi = POINTS_PER_INCH * f64::from(args.resolution);
    style.check().map_err(CliError::usage)?;
    Ok(style)
}

/// A cell's curve to the horizon; `None` where it was told to stop.
fn whole_curve(
    spec: &Spec,
    cell: usize,
    stop: &AtomicBool,
) -> Result<Option<Vec<LossPoint>>, CliError> {
    const DENSITY: u32 = 12;
    let measures = Measures {
        stop: Stop::Horizon,
        ..spec.measures().clone()
    };
    let mut curve = Vec::new();
    let whole = cell::watched(
        spec,
        cell,
        &measures,
        &mut Cache::default(),
        &mut Watch {
            samples_per_decade: DENSITY,
            keep_going: &mut || !stop.load(Ordering::Relaxed),
            on_sample: &mut |point| curve.push(point),
        },
    )?;
    Ok(whole.map(|_| curve))
}
