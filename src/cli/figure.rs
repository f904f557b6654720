//! `grokscope figure`: the data of the paper's figures.

use super::CliError;
use super::args::FigureArgs;
use super::run::grouped;
use crate::figures::report::{
    CurveSummary, FIGURE_JSON, SUMMARY_CSV, file_names, fractions, write_curve, write_summaries,
};
use crate::figures::run::{self, Update};
use crate::figures::{self, Figure, page};
use crate::io::atomic;
use crate::sim::config::ValidConfig;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Lists the figures, or computes one; returns what to tell the user.
///
/// # Errors
/// Names the ID, the flag or the directory and what to do.
pub fn figure(args: &FigureArgs) -> Result<String, CliError> {
    if args.markdown {
        return Ok(page::markdown(figures::all()));
    }
    let Some(id) = &args.id else {
        return Ok(list());
    };
    let figure = figures::find(id).map_err(|e| CliError::usage(e.to_string()))?;
    match &args.data {
        Some(directory) => compute(figure, directory, args),
        None => Ok(describe(figure)),
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
        outcome,
        ..
    } = figure;
    let mut text = format!(
        "Figure {id}: {title}\n\n{caption}\n\nLook at: {look}\n\nThe paper's claim: {paper}\n\
         Measured: {outcome}\n"
    );
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
        if !curve.measured.is_empty() {
            let _ = write!(text, "\n  measured: {}", curve.measured);
        }
    }
    let _ = write!(text, "\n\n`{}` writes its curves", figure.command());
    text
}

/// Curve, seed and settings of each run.
fn jobs(figure: &Figure, args: &FigureArgs) -> Result<(Vec<usize>, Vec<ValidConfig>), CliError> {
    let (mut curves, mut configs) = (Vec::new(), Vec::new());
    for (i, curve) in figure.curves.iter().enumerate() {
        for k in 0..args.seeds.get() {
            let mut config = curve.config.clone();
            config.seed = config.seed.saturating_add(k);
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

fn compute(figure: &Figure, directory: &Path, args: &FigureArgs) -> Result<String, CliError> {
    let (curves, configs) = jobs(figure, args)?;
    prepare(figure, directory, args)?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let started = Instant::now();
    let mut display = Display::new(&configs);
    let mut summaries: Vec<Option<CurveSummary>> = vec![None; configs.len()];
    let mut failure = None;
    run::run(
        &configs,
        threads,
        true,
        &AtomicBool::new(false),
        |update| match update {
            Update::At { job, step } => {
                display.at(job, step);
                ControlFlow::Continue(())
            }
            Update::Done { job, run } => {
                let curve = &figure.curves[curves[job]];
                let written = run
                    .map_err(|e| CliError::Failed(format!("{}: {e}", curve.label)))
                    .and_then(|run| {
                        write_curve(directory, curve, &run)?;
                        Ok(run)
                    });
                match written {
                    Ok(run) => {
                        let summary = CurveSummary::of(curve, &run);
                        display.done(job, &configs, &summary);
                        summaries[job] = Some(summary);
                        ControlFlow::Continue(())
                    }
                    Err(e) => {
                        failure = Some(e);
                        ControlFlow::Break(())
                    }
                }
            }
        },
    );
    display.bar.finish_and_clear();
    if let Some(failure) = failure {
        return Err(failure);
    }
    let summaries: Vec<CurveSummary> = summaries.into_iter().flatten().collect();
    let engine = configs
        .first()
        .map_or("", |config| config.training.engine.name());
    write_summaries(directory, figure, engine, &summaries)?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(told(figure, directory, args, &summaries, seconds))
}

fn told(
    figure: &Figure,
    directory: &Path,
    args: &FigureArgs,
    summaries: &[CurveSummary],
    seconds: f64,
) -> String {
    let mut text = format!("Figure {}: {}\n", figure.id, figure.title);
    let width = |s: &str| s.chars().count();
    let most = figure.curves.iter().map(|c| width(&c.label)).max();
    let most = most.unwrap_or(0);
    if args.seeds.get() == 1 {
        for summary in summaries {
            let pad = " ".repeat(most - width(&summary.label));
            let _ = writeln!(text, "  {}{pad}  {}", summary.label, summary.sentence());
        }
    } else {
        let shares = fractions(summaries);
        for curve in &figure.curves {
            let classes = shares.get(&curve.name).into_iter().flatten();
            let classes: Vec<String> = classes
                .map(|(class, share)| {
                    let of = args.seeds.get() as f64;
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
    let _ = write!(
        text,
        "{} curves in {seconds:.1} s\nwrote them, {SUMMARY_CSV} and {FIGURE_JSON} to {}",
        summaries.len(),
        directory.display()
    );
    text
}

/// Makes the directory, and refuses one that holds this data already or that
/// could not be written to when the work is done.
fn prepare(figure: &Figure, directory: &Path, args: &FigureArgs) -> Result<(), CliError> {
    let error =
        |problem: String| CliError::usage(format!("--data {}: {problem}", directory.display()));
    if directory.exists() && !directory.is_dir() {
        return Err(error("is a file, a directory is needed".into()));
    }
    if !args.force {
        let names = file_names(figure, args.seeds.get());
        if let Some(name) = names.iter().find(|name| directory.join(name).exists()) {
            return Err(error(format!(
                "holds {name} already; choose another directory, or add --force to replace it"
            )));
        }
    }
    std::fs::create_dir_all(directory).map_err(|e| error(format!("could not be made: {e}")))?;
    atomic::check_writable(directory).map_err(|e| CliError::usage(format!("--data {e}")))
}

/// A bar on a terminal; elsewhere a line for each curve that ends.
struct Display {
    bar: ProgressBar,
    steps: Vec<u64>,
    done: usize,
    is_terminal: bool,
}

impl Display {
    fn new(configs: &[ValidConfig]) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let all = configs.iter().map(|c| c.training.steps).sum();
        let bar = ProgressBar::with_draw_target(Some(all), target);
        let template = "{bar:32} {human_pos} of {human_len} steps  {msg}  {elapsed} (left: {eta})";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self {
            bar,
            steps: vec![0; configs.len()],
            done: 0,
            is_terminal,
        }
    }

    fn at(&mut self, job: usize, step: u64) {
        self.steps[job] = step;
        self.bar.set_position(self.steps.iter().sum());
    }

    fn done(&mut self, job: usize, configs: &[ValidConfig], summary: &CurveSummary) {
        self.done += 1;
        // A run may end before its horizon.
        self.at(job, configs[job].training.steps);
        let count = format!("{} of {} curves", self.done, configs.len());
        if !self.is_terminal {
            super::complain(&format!(
                "{count}: {} (seed {}, {} steps): {}",
                summary.label,
                summary.seed,
                grouped(configs[job].training.steps),
                summary.sentence()
            ));
        }
        self.bar.set_message(count);
    }
}
