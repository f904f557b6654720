//! `grokscope figure ID --out FILE`: a figure of the paper for print.

use super::CliError;
use super::args::FigureArgs;
use super::open;
use super::plot;
use super::progress::{Progress, share_of_run};
use super::signals::stop_on_signals;
use crate::figures::run::{self, Update};
use crate::figures::{self, Figure};
use crate::history::Run;
use crate::plot::runs::{Kept, Runs, Shown, View, kept_ink};
use crate::plot::{Dash, Scale, Theme};
use crate::sim::config::ValidConfig;
use crate::sim::metrics::{Cost, Metric};
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::Path;

/// Width of a figure where nothing is said, in millimetres.
const WIDTH: f64 = 114.0;

/// Computes the curves and draws them as the window shows them: the main one with its
/// events, the others beside it.
///
/// # Errors
/// Names the ID, the flag or the file; nothing is computed unless it can be written.
pub(super) fn draw(args: &FigureArgs, id: &str, out: &Path) -> Result<String, CliError> {
    let figure = figures::find(id).map_err(|e| CliError::usage(e.to_string()))?;
    let format = plot::format_of(out)?;
    let theme = Theme::by_name(&args.theme).unwrap_or_default();
    let style = args.print.style(theme, WIDTH)?;
    let runs = compute(figure, args)?;
    let mut picture = picture(figure, &runs);
    picture.carried = open::of_figure(figure).to_code();
    plot::write(&picture, &style, format, out)
}

fn picture(figure: &Figure, runs: &[Run]) -> crate::plot::Picture {
    let live = figure.live_index();
    let count = runs.len().saturating_sub(1);
    let others = runs.iter().zip(&figure.curves).enumerate();
    let kept = others.filter(|(i, _)| *i != live).enumerate();
    let drawn = Runs {
        main: runs.get(live),
        name: Some(figure.live().label.as_str()).filter(|_| count > 0),
        kept: kept
            .map(|(place, (_, (run, curve)))| Kept {
                run,
                name: &curve.label,
                ink: kept_ink(place, count),
                dash: Dash::Solid,
            })
            .collect(),
        ..Runs::default()
    };
    let scale = match figure.view.log_loss {
        true => Scale::Log,
        false => Scale::Linear,
    };
    let mut panels = vec![drawn.losses(Shown::default(), scale, View::default())];
    if !figure.view.lower.is_empty() {
        let lower = drawn.values(&figure.view.lower, Scale::Linear, View::default());
        if !lower.series.is_empty() {
            panels.push(lower);
        }
    }
    let mut picture = drawn.picture(panels);
    picture.title = format!("Figure {}: {}", figure.id, figure.title);
    picture
}

fn configs(figure: &Figure, args: &FigureArgs) -> Result<Vec<ValidConfig>, CliError> {
    let config = |curve: &figures::Curve| {
        let mut config = curve.config.clone();
        if let Some(engine) = &args.engine {
            config
                .set_str("training.engine", engine)
                .map_err(|e| CliError::usage(format!("--engine: {e}")))?;
        }
        let checked = config.check();
        checked.map_err(|e| CliError::usage(format!("{}: {e}", curve.label)))
    };
    figure.curves.iter().map(config).collect()
}

fn compute(figure: &Figure, args: &FigureArgs) -> Result<Vec<Run>, CliError> {
    let configs = configs(figure, args)?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let stop = stop_on_signals(|| "nothing is drawn".into(), "which is the same")?;
    let costly = |m: &Metric| m.spec().cost == Cost::Gram;
    let every_column = figure.view.lower.iter().any(costly);
    let mut progress = Progress::begin("figure", configs.len() as u64, "curves");
    let mut shares = vec![0.0; configs.len()];
    let mut runs: Vec<Option<Run>> = configs.iter().map(|_| None).collect();
    let mut failure = None;
    run::run(&configs, threads, every_column, &stop, |update| {
        match update {
            Update::At { job, step } => {
                let training = &configs[job].training;
                shares[job] = share_of_run(training.engine, step, training.steps);
            }
            Update::Done { job, run } => {
                shares[job] = 1.0;
                match run {
                    Ok(run) => runs[job] = Some(Run::trained(*run)),
                    Err(e) => {
                        let label = &figure.curves[job].label;
                        failure = Some(CliError::Failed(format!("{label}: {e}")));
                        return ControlFlow::Break(());
                    }
                }
            }
        }
        let done = runs.iter().flatten().count() as u64;
        progress.at(done, shares.iter().sum::<f64>() / shares.len() as f64, "");
        ControlFlow::Continue(())
    });
    progress.end();
    if let Some(failure) = failure {
        return Err(failure);
    }
    let all: Option<Vec<Run>> = runs.into_iter().collect();
    all.ok_or_else(|| CliError::Stopped("told to stop; nothing was drawn".into()))
}
