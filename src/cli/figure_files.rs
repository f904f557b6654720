//! What `grokscope figure` makes of a figure besides its curves: its panels as a
//! picture and as a table, its phase diagram, and the table of what was measured.

use super::args::{FigureArgs, PrintArgs, SweepMergeArgs, SweepPictureArgs, SweepRunArgs};
use super::progress::Progress;
use super::signals::stop_on_signals;
use super::{CliError, Window, sweep, sweep_files};
use crate::figures::measured::{AUTHORS, Row as Summary};
use crate::figures::panel::Kind;
use crate::figures::plot::{self, Plot};
use crate::figures::{self, Curve, Figure, run};
use crate::io::{FileError, atomic};
use crate::sim::config::ValidConfig;
use crate::sim::metrics::Row;
use crate::startup::PanelsPicture;
use crate::sweep::diagram::{Criterion, Measure};
use crate::training::headless::HeadlessRun;
use std::num::NonZero;
use std::path::Path;

/// Name of the picture of the panels.
const FIGURE_PNG: &str = "figure.png";
/// The same with what never generalises as a delay of 0.
const NEVER_AS_ZERO_PNG: &str = "figure-never-as-zero.png";
/// Name of the table of the panels' lines and points.
const PANELS_CSV: &str = "panels.csv";
/// Other seeds of a table where nothing is said.
const OTHERS: u64 = 32;

/// What the panels need of a curve on the authors' draw.
#[derive(Clone, Debug)]
pub(super) struct Known {
    rows: Vec<Row>,
    summary: Summary,
    kernel_regression: Option<f64>,
}

impl Known {
    /// Of a run.
    pub(super) fn new(figure: &Figure, curve: &Curve, run: HeadlessRun) -> Self {
        let asked = |p: &figures::panel::Panel| p.kernel_regression && p.has(&curve.name);
        let config: &ValidConfig = &run.info.config;
        Self {
            summary: Summary::of(curve, AUTHORS, &run),
            kernel_regression: (figure.panels.iter().any(asked))
                .then(|| run::kernel_regression(config))
                .flatten(),
            rows: run.rows,
        }
    }
}

/// Refuses what could not be written before the work that it takes.
pub(super) fn check(
    figure: &Figure,
    args: &FigureArgs,
    window: Option<Window>,
) -> Result<(), CliError> {
    let Some(path) = &args.picture else {
        return Ok(());
    };
    let usage = |e: FileError| CliError::usage(format!("--picture {e}"));
    if window.is_none() {
        return Err(CliError::usage(
            "--picture: this build draws no pictures (it was made without the feature `gui`); \
             --data DIR writes the panels as a table",
        ));
    }
    if figure.grid.is_some() && args.data.is_none() {
        return Err(CliError::usage(format!(
            "--picture: figure {} is a phase diagram; add --data DIR, where its cells are kept",
            figure.id
        )));
    }
    atomic::check_ending(path, "png").map_err(usage)?;
    atomic::check_output(path).map_err(usage)
}

/// Writes the panels; says what was written, a line each.
pub(super) fn write(
    figure: &Figure,
    args: &FigureArgs,
    first: &[Option<Known>],
    window: Option<Window>,
) -> Result<Vec<String>, CliError> {
    let mut told = Vec::new();
    let known: Vec<plot::Known<'_>> = first
        .iter()
        .map(|known| match known {
            Some(known) => plot::Known {
                rows: &known.rows,
                summary: Some(&known.summary),
                kernel_regression: known.kernel_regression,
            },
            None => plot::Known::default(),
        })
        .collect();
    let plots = plot::plots(figure, &known);
    if let Some(name) = &figure.grid {
        if let Some(directory) = &args.data {
            told.extend(diagram(name, directory, args, window)?);
        }
        return Ok(told);
    }
    if let Some(directory) = &args.data {
        write_table(&directory.join(PANELS_CSV), &plots)?;
        told.push(format!("wrote the panels to {PANELS_CSV} beside them"));
    }
    let in_data = (args.data.as_ref()).map(|directory| directory.join(FIGURE_PNG));
    let paths = in_data.into_iter().chain(args.picture.clone());
    for (path, window) in paths.zip(std::iter::repeat(window)) {
        let Some(window) = window else { break };
        let png = (window.panels)(PanelsPicture {
            title: format!("Figure {}: {}", figure.id, figure.title),
            plots: plots.clone(),
            across: figure.across,
            dark: args.theme == "dark",
            carried: super::open::of_figure(figure).to_code(),
        });
        atomic::write(&path, &png.map_err(CliError::Failed)?)?;
        told.push(format!("wrote {}", path.display()));
    }
    Ok(told)
}

/// A row for each point of each panel.
fn write_table(path: &Path, plots: &[Plot]) -> Result<(), FileError> {
    atomic::write_with(path, |w| {
        let mut table = csv::Writer::from_writer(w);
        let mut record =
            |cells: [&str; 6]| table.write_record(cells).map_err(std::io::Error::other);
        record(["panel", "curve", "series", "axis", "x", "y"])?;
        for plot in plots.iter().filter(|p| p.kind != Kind::Note) {
            for series in &plot.series {
                let axis = if series.right { "right" } else { "left" };
                for [x, y] in &series.points {
                    let (x, y) = (x.to_string(), y.to_string());
                    record([&plot.title, &series.curve, &series.name, axis, &x, &y])?;
                }
            }
            for (level, name) in &plot.levels {
                record([&plot.title, "", name, "left", "", &level.to_string()])?;
            }
        }
        table.flush()
    })
}

/// The phase diagram of a figure: a sweep of its own in the directory.
fn diagram(
    name: &str,
    directory: &Path,
    args: &FigureArgs,
    window: Option<Window>,
) -> Result<Vec<String>, CliError> {
    let text = figures::grid(name)
        .ok_or_else(|| CliError::Failed(format!("no phase diagram is called {name}")))?;
    let spec = directory.join("sweep.toml");
    atomic::write(&spec, text.as_bytes())?;
    let out = directory.join("sweep");
    let resume = out.exists();
    let mut told = Vec::new();
    let run = SweepRunArgs {
        spec,
        out: out.clone(),
        threads: args.threads,
        shard: "0/1".parse().map_err(CliError::usage)?,
        resume,
    };
    let report = sweep::run(&run)?;
    told.push(report.text);
    if let Some(failure) = report.failure {
        return Err(failure);
    }
    sweep::merge_into_tables(&SweepMergeArgs {
        dir: out.clone(),
        curves: None,
        threads: args.threads,
    })?;
    let in_data = [(FIGURE_PNG, false), (NEVER_AS_ZERO_PNG, true)];
    let mut pictures: Vec<_> = in_data
        .map(|(name, zero)| (directory.join(name), zero))
        .into();
    pictures.extend(args.picture.clone().map(|path| (path, false)));
    for (path, never_as_zero) in pictures {
        if window.is_none() {
            break;
        }
        told.push(sweep_files::picture(
            &SweepPictureArgs {
                dir: out.clone(),
                out: path,
                measure: Measure::Delay(Criterion::Configured),
                never_as_zero,
                size: [720, 640],
                resolution: 2.0,
                theme: Some(args.theme.clone()),
                print: PrintArgs::default(),
            },
            window,
        )?);
    }
    Ok(told)
}

/// Writes the table of what the curves come to on the authors' draw and for others.
pub(super) fn measure(figure: &Figure, path: &Path, args: &FigureArgs) -> Result<String, CliError> {
    let usage = |e: FileError| CliError::usage(format!("--measure {e}"));
    atomic::check_ending(path, "csv").map_err(usage)?;
    atomic::check_output(path).map_err(usage)?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let stop = stop_on_signals(|| "no table is written".into(), "which is the same")?;
    let seeds = args.seeds.map_or(OTHERS, NonZero::get);
    let runs = figure.curves.len() as u64 * (seeds + 1);
    let mut progress = Progress::begin("figure", runs, "runs");
    let measured = run::measure(figure, seeds, threads, &stop, |done, of| {
        progress.at(done as u64, done as f64 / of as f64, "");
    });
    progress.end();
    let measured = measured.map_err(CliError::Failed)?;
    measured.write(path)?;
    Ok(format!(
        "{runs} runs: {} curves on the authors' draw and for {seeds} other seeds\nwrote {}",
        figure.curves.len(),
        path.display()
    ))
}
