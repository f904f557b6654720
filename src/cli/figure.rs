//! `grokscope figure`: the data of the paper's figures.

use super::args::FigureArgs;
use super::figure_files::{self, Known};
use super::progress::{Progress, share_of_run};
use super::signals::stop_on_signals;
use super::{CliError, Window};
use crate::figures::report::{
    CurveSummary, FIGURE_JSON, SUMMARY_CSV, file_names, fractions, write_curve, write_summaries,
};
use crate::figures::run::{self, Update};
use crate::figures::{self, Figure, page};
use crate::history::format::thousands;
use crate::io::FileError;
use crate::io::atomic::{self, DirectoryLock};
use crate::sim::config::{EngineKind, ValidConfig};
use std::fmt::Write as _;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// What to tell the user, and that it was told to stop before its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For standard output.
    pub text: String,
    /// Why not all of it is there.
    pub stopped: Option<CliError>,
}

impl From<String> for Report {
    fn from(text: String) -> Self {
        let stopped = None;
        Self { text, stopped }
    }
}

/// Lists the figures, or computes one; returns what to tell the user.
///
/// # Errors
/// Names the ID, the flag or the directory and what to do.
pub fn figure(args: &FigureArgs, window: Option<Window>) -> Result<Report, CliError> {
    if args.markdown {
        return Ok(page::markdown(figures::all()).into());
    }
    let Some(id) = &args.id else {
        return Ok(list().into());
    };
    let figure = figures::find(id).map_err(|e| CliError::usage(e.to_string()))?;
    if let Some(path) = &args.measure {
        return figure_files::measure(figure, path, args).map(Report::from);
    }
    match (&args.data, &args.picture) {
        (None, None) if args.seeds.is_some() || args.threads.is_some() => Err(CliError::usage(
            "--seeds and --threads: say also where to, with --data DIR or --measure FILE.csv",
        )),
        (None, None) => Ok(describe(figure).into()),
        _ => compute(figure, args, window),
    }
}

fn list() -> String {
    let mut text = String::new();
    for figure in figures::all() {
        let _ = writeln!(
            text,
            "{:4} {} ({} curve{})",
            figure.id,
            figure.title,
            figure.curves.len(),
            if figure.curves.len() == 1 { "" } else { "s" }
        );
    }
    text.push_str("\n`grokscope figure ID` describes one, with `--data DIR` it writes its curves");
    text
}

/// What a person needs to know about a figure.
fn describe(figure: &Figure) -> String {
    let Figure {
        id,
        title,
        caption,
        look,
        paper,
        unstated,
        ..
    } = figure;
    let outcome = figure.outcome();
    let mut text = format!(
        "Figure {id}: {title}\n\n{caption}\n\nLook at: {look}\n\nThe paper's claim: {paper}\n\
         Measured: {outcome}\n"
    );
    for claim in figure.judged() {
        let _ = writeln!(text, "- {claim}");
    }
    if !unstated.is_empty() {
        let _ = writeln!(text, "\nNot in the paper: {unstated}");
    }
    let [shared, own] = page::keys(figure);
    let live = &figure.live().config;
    text.push_str("\nAll curves:");
    for field in shared {
        let _ = write!(text, "\n  {} = {}", field.key, (field.get)(live));
    }
    for curve in &figure.curves {
        let _ = write!(text, "\n{}:", curve.label);
        for field in &own {
            let _ = write!(text, " {} = {}", field.key, (field.get)(&curve.config));
        }
        let (authors, others) = (figure.of_authors(curve), figure.of_others(curve));
        let _ = write!(
            text,
            "\n  {}: {authors}; other seeds: {others}",
            figure.first_draw()
        );
    }
    let _ = write!(text, "\n\n`{}` writes its curves", figure.command());
    text
}

/// Draws of each curve: the authors', then seeds.
fn draws(args: &FigureArgs) -> u64 {
    args.seeds.map_or(1, NonZero::get)
}

/// Curve, seed and settings of each run.
fn jobs(figure: &Figure, args: &FigureArgs) -> Result<(Vec<usize>, Vec<ValidConfig>), CliError> {
    let (mut curves, mut configs) = (Vec::new(), Vec::new());
    for (i, curve) in figure.curves.iter().enumerate() {
        for k in 0..draws(args) {
            let mut config = figure.draw(curve, k);
            if let Some(engine) = &args.engine {
                config
                    .set_str("training.engine", engine)
                    .map_err(|e| CliError::usage(format!("--engine: {e}")))?;
            }
            curves.push(i);
            configs.push(
                config
                    .check()
                    .map_err(|e| CliError::usage(format!("{}: {e}", curve.label)))?,
            );
        }
    }
    Ok((curves, configs))
}

fn compute(figure: &Figure, args: &FigureArgs, window: Option<Window>) -> Result<Report, CliError> {
    let directory = args.data.as_deref();
    let (curves, configs) = jobs(figure, args)?;
    figure_files::check(figure, args, window)?;
    let _lock = directory
        .map(|directory| prepare(figure, directory, args))
        .transpose()?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let stop = stop_on_signals(
        || "the curves that are finished and their summary are written".into(),
        "and no summary is written",
    )?;
    let started = Instant::now();
    let mut display = Display::new(&configs);
    let mut summaries: Vec<Option<CurveSummary>> = vec![None; configs.len()];
    let mut first: Vec<Option<Known>> = vec![None; figure.curves.len()];
    let mut failure = None;
    run::run(&configs, threads, true, &stop, |update| match update {
        Update::At { job, step } => {
            display.at(job, step, &configs);
            ControlFlow::Continue(())
        }
        Update::Done { job, run } => {
            let curve = &figure.curves[curves[job]];
            let written = run
                .map_err(|e| CliError::Failed(format!("{}: {e}", curve.label)))
                .and_then(|run| {
                    if let Some(directory) = directory {
                        write_curve(directory, curve, &run)?;
                    }
                    Ok(run)
                });
            match written {
                Ok(run) => {
                    let summary = CurveSummary::of(curve, &run);
                    display.done(job, &configs, &summary);
                    summaries[job] = Some(summary);
                    if configs[job].seed == curve.config.seed {
                        first[curves[job]] = Some(Known::new(figure, curve, *run));
                    }
                    ControlFlow::Continue(())
                }
                Err(e) => {
                    failure = Some(e);
                    ControlFlow::Break(())
                }
            }
        }
    });
    display.progress.end();
    if let Some(failure) = failure {
        return Err(failure);
    }
    let summaries: Vec<CurveSummary> = summaries.into_iter().flatten().collect();
    let seconds = started.elapsed().as_secs_f64();
    let stopped = (summaries.len() < configs.len()).then(|| {
        CliError::Stopped(format!(
            "told to stop with {} of {} curves finished{}",
            summaries.len(),
            configs.len(),
            directory.map_or_else(String::new, |directory| format!(
                "; those and their summary are in {}",
                directory.display()
            ))
        ))
    });
    let mut text = told(figure, args, &summaries, seconds);
    if let Some(directory) = directory {
        let engine = configs
            .first()
            .map_or("", |config| config.training.engine.name());
        write_summaries(directory, figure, engine, &summaries, configs.len())?;
        let _ = write!(
            text,
            "\nwrote them, {SUMMARY_CSV} and {FIGURE_JSON} to {}",
            directory.display()
        );
    }
    if stopped.is_none() {
        for line in figure_files::write(figure, args, &first, window)? {
            let _ = write!(text, "\n{line}");
        }
    }
    Ok(Report { text, stopped })
}

fn told(figure: &Figure, args: &FigureArgs, summaries: &[CurveSummary], seconds: f64) -> String {
    let mut text = format!("Figure {}: {}\n", figure.id, figure.title);
    let width = |s: &str| s.chars().count();
    let most = figure.curves.iter().map(|c| width(&c.label)).max();
    let most = most.unwrap_or(0);
    if draws(args) == 1 {
        for summary in summaries {
            let pad = " ".repeat(most - width(&summary.label));
            let _ = writeln!(text, "  {}{pad}  {}", summary.label, summary.sentence());
        }
    } else {
        let _ = writeln!(
            text,
            "  The first draw of each curve is the authors' own, the other {} are seeds of ours.",
            draws(args) - 1
        );
        let shares = fractions(summaries);
        for curve in &figure.curves {
            let classes = shares.get(&curve.name).into_iter().flatten();
            let classes: Vec<String> = classes
                .map(|(class, share)| {
                    let of = draws(args) as f64;
                    format!(
                        "{} {} of {}",
                        class.replace('_', " "),
                        (share * of).round(),
                        of
                    )
                })
                .collect();
            let pad = " ".repeat(most - width(&curve.label));
            let _ = writeln!(text, "  {}{pad}  {}", curve.label, classes.join(", "));
        }
    }
    let _ = write!(text, "{} curves in {seconds:.1} s", summaries.len());
    text
}

/// Makes the directory, and refuses one that holds this data already or that
/// could not be written to when the work is done.
fn prepare(
    figure: &Figure,
    directory: &Path,
    args: &FigureArgs,
) -> Result<DirectoryLock, CliError> {
    let error =
        |problem: String| CliError::usage(format!("--data {}: {problem}", directory.display()));
    if directory.exists() && !directory.is_dir() {
        return Err(error("is a file, a directory is needed".into()));
    }
    std::fs::create_dir_all(directory).map_err(|e| error(format!("could not be made: {e}")))?;
    let usage = |e: FileError| CliError::usage(format!("--data {e}"));
    atomic::check_writable(directory).map_err(usage)?;
    let lock = DirectoryLock::take(directory).map_err(usage)?;
    let names = file_names(figure, draws(args));
    if let Some(name) = names.iter().find(|name| directory.join(name).exists())
        && !args.force
    {
        return Err(error(format!(
            "holds {name} already; choose another directory, or add --force to replace it"
        )));
    }
    for name in &names {
        atomic::check_output(&directory.join(name)).map_err(usage)?;
    }
    Ok(lock)
}

/// How far the curves are; in a log also a line for each that ends.
struct Display {
    progress: Progress,
    shares: Vec<f64>,
    weights: Vec<f64>,
    done: usize,
}

impl Display {
    fn new(configs: &[ValidConfig]) -> Self {
        // A curve of the flow costs about the same to any horizon.
        let weight = |c: &ValidConfig| match c.training.engine {
            EngineKind::Flow => 1.0,
            EngineKind::Moments | EngineKind::Neurons => c.training.steps as f64,
        };
        Self {
            progress: Progress::begin("figure", configs.len() as u64, "curves"),
            shares: vec![0.0; configs.len()],
            weights: configs.iter().map(weight).collect(),
            done: 0,
        }
    }

    fn at(&mut self, job: usize, step: u64, configs: &[ValidConfig]) {
        let training = &configs[job].training;
        self.shares[job] = share_of_run(training.engine, step, training.steps);
        self.show();
    }

    fn show(&mut self) {
        let all: f64 = self.weights.iter().sum();
        let done: f64 = (self.shares.iter().zip(&self.weights))
            .map(|(share, weight)| share * weight)
            .sum();
        self.progress.at(self.done as u64, done / all, "");
    }

    fn done(&mut self, job: usize, configs: &[ValidConfig], summary: &CurveSummary) {
        self.done += 1;
        // A run may end before its horizon.
        self.shares[job] = 1.0;
        self.show();
        self.progress.note(&format!(
            "{} of {} curves: {} (seed {}, {} steps): {}",
            self.done,
            configs.len(),
            summary.label,
            summary.seed,
            thousands(configs[job].training.steps),
            summary.sentence()
        ));
    }
}
