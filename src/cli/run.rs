//! `grokscope run`: trains without a window and writes three files.

use super::args::RunArgs;
use super::headless::{self, HeadlessRun};
use super::progress::{Progress, share_of_run};
use super::signals::stop_on_signals;
use super::{CliError, export, settings};
use crate::extract::Part;
use crate::history::format::{plain, thousands};
use crate::history::summary::{Summary, describe_instance};
use crate::io::atomic::{self, DirectoryLock};
use crate::io::{FileError, csv};
use crate::sim::committee::instance::Instance;
use crate::sim::config::{Config, EngineKind};
use crate::sim::digits::rate_in_digits;
use crate::sim::model::weights_as;
use crate::sim::verdict::{Judge, Status};
use crate::training::{EscapeReading, Finish, Snapshot, Working};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;

const CURVE: &str = "curve.csv";
const SUMMARY: &str = "summary.json";
const CONFIG: &str = "config.toml";

/// Trains what the arguments say and returns what to tell the user.
///
/// # Errors
/// Names the flag, file or field; nothing is trained unless the results can be
/// written.
pub fn run(args: &RunArgs) -> Result<Report, CliError> {
    let resolved = settings::for_run(args)?;
    let config = resolved.config.check()?;
    let _lock = prepare(&args.out, &args.save, args.force)?;
    let described = match &resolved.instance {
        Some((path, instance)) => {
            let described = describe_instance(path, instance, &config);
            Some(described.map_err(|e| CliError::usage(format!("--instance {e}")))?)
        }
        None => None,
    };
    let data = resolved
        .instance
        .as_ref()
        .map(|(_, instance)| told(instance));
    let stop = stop_on_signals(
        || "training stops, what there is of the run is written".into(),
        "and nothing is written",
    )?;
    let (engine, steps) = (config.training.engine, config.training.horizon());
    let mut progress = Progress::begin("run", steps, "steps");
    let instance = resolved.instance.map(|(_, i)| i);
    let mut last: Option<Snapshot> = None;
    let mut announced = false;
    let trained = headless::train_until(config, instance.clone(), &stop, |stand| {
        let doing = stand.working.map(Working::sentence);
        // Said once at once, for a log; then now and then with the rest.
        if let Some(doing) = &doing
            && !std::mem::replace(&mut announced, true)
        {
            progress.note(&format!("run: {doing}"));
        }
        match stand.snapshot {
            Some(s) => {
                if !args.save.is_empty() {
                    last = Some(s.clone());
                }
                let share = share_of_run(engine, s.step, steps);
                progress.at(s.step, share, &doing.unwrap_or_else(|| state(s)));
            }
            None => progress.at(0, 0.0, &doing.unwrap_or_else(|| "preparing".into())),
        }
    });
    if let Ok(run) = &trained {
        progress.at(run.finish.step, 1.0, "");
    }
    progress.end();
    let run = trained.map_err(|why| match stop.load(Ordering::Relaxed) {
        true => CliError::Stopped(format!("{why}: nothing was written")),
        false => CliError::Failed(why),
    })?;

    let out = &args.out;
    csv::write(&out.join(CURVE), run.info.columns, &run.rows)?;
    let settings = match &instance {
        Some(instance) => instance.toml(&run.info.config),
        None => run.info.config.to_toml(),
    };
    atomic::write(&out.join(CONFIG), settings.as_bytes())?;
    let mut saved = Vec::new();
    if !args.save.is_empty() {
        let moments = run.info.config.training.engine != EngineKind::Neurons;
        let known = last.filter(|s| moments && s.step == run.finish.step);
        let end = export::End {
            step: run.finish.step,
            states: known.and_then(|s| Some([weights_as(&s.initial)?, weights_as(&s.weights)?])),
        };
        saved = export::save(out, &run.info.config, instance.as_ref(), &args.save, &end)?;
    }
    // Last, so that a summary stands for a complete run.
    Summary::new(&run.info, &run.finish, described).write(&out.join(SUMMARY))?;
    let mut report = Report::new(&run, out);
    if let Some(data) = data {
        let _ = write!(report.text, "\n{data}");
    }
    if !saved.is_empty() {
        let _ = write!(report.text, "\nwrote {} beside them", saved.join(", "));
    }
    Ok(report)
}

/// What a person should know of an instance.
fn told(instance: &Instance) -> String {
    let (samples, dim) = instance.shape();
    let [input, label] = instance.scale();
    let number = |x: f64| plain(x, 4);
    let mut text = format!(
        "data: P = {samples}, D = {dim}; mean |x|² = {}, mean y² = {}",
        number(input),
        number(label)
    );
    let far = |factor: f64| !(0.8..=1.25).contains(&factor);
    let ([x, y], done) = (instance.factors(), instance.rescaled_by);
    if done != [1.0; 2] {
        let [x, y] = done.map(number);
        let _ = write!(text, " (rescaled: x × {x}, y × {y})");
    } else if far(x) || far(y) {
        let _ = write!(
            text,
            "; the model's own are 1 and 0.75: --rescale multiplies x by {} and y by {}",
            number(x),
            number(y)
        );
    }
    for remark in instance.remarks() {
        let _ = write!(text, "\n{remark}");
    }
    text
}

/// What the user reads when the run is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For standard output.
    pub text: String,
    /// For standard error: what went otherwise than asked.
    pub warning: Option<String>,
    /// That it was told to stop before its end.
    pub stopped: Option<CliError>,
}

impl Report {
    fn new(run: &HeadlessRun, out: &Path) -> Self {
        let finish = &run.finish;
        let mut text = finish.verdict.sentence();
        if let Some(by_accuracy) = accuracy_sentence(run) {
            let _ = write!(text, "\n{by_accuracy}");
        }
        let escape =
            EscapeReading::new(&run.info, &run.info.config.training, Some(&finish.verdict));
        if let Some(escape) = escape {
            let _ = write!(text, "\n{}", escape.sentence());
        }
        let _ = write!(text, "\n{}", time_taken(finish));
        if let Some(note) = &run.info.note {
            let _ = write!(text, "\nnote: {note}");
        }
        let _ = write!(
            text,
            "\nwrote {CURVE} ({} rows), {SUMMARY} and {CONFIG} to {}",
            run.rows.len(),
            out.display()
        );
        let warning = match finish.verdict.diverged {
            _ if finish.verdict.status == Status::Failed => Some(format!(
                "the flow left the range of numbers by step {}: raise network.alpha or lower \
                 network.epsilon",
                thousands(finish.step)
            )),
            Some((step, stable_learning_rate)) => {
                Some(diverged(&run.info.config, step, stable_learning_rate))
            }
            None => None,
        };
        let steps = run.info.config.training.horizon();
        let stopped = (finish.verdict.status == Status::Stopped).then(|| {
            CliError::Stopped(format!(
                "told to stop at step {} of {}: what was trained until then is in {}",
                thousands(finish.step),
                thousands(steps),
                out.display()
            ))
        });
        Self {
            text,
            warning,
            stopped,
        }
    }
}

/// How long it took, and with what where that was not training.
fn time_taken(finish: &Finish) -> String {
    let training = finish.training_seconds;
    let others = [
        (finish.measuring_seconds, "measuring"),
        (finish.preparing_seconds, "before the first step"),
    ];
    let total = training + others.iter().map(|(seconds, _)| seconds).sum::<f64>();
    let rate = |seconds: f64| match seconds > 0.0 {
        true => format!(
            " ({} steps/s)",
            thousands((finish.step as f64 / seconds).round() as u64)
        ),
        false => String::new(),
    };
    let mut text = format!(
        "{} steps in {total:.2} s{}",
        thousands(finish.step),
        rate(total)
    );
    let long = others.iter().filter(|(seconds, _)| *seconds > 0.1 * total);
    let long: Vec<_> = long
        .map(|(seconds, what)| format!("{seconds:.2} s {what}"))
        .collect();
    if !long.is_empty() {
        let _ = write!(
            text,
            "; training {training:.2} s{}, {}",
            rate(training),
            long.join(", ")
        );
    }
    text
}

/// That a run diverged, and what would do instead.
pub fn diverged(config: &Config, step: u64, stable: f64) -> String {
    let rate = config.training.learning_rate;
    let advice = if stable.is_finite() && stable > 0.0 {
        format!(
            "training.learning_rate = {rate} is too large; the largest stable one is about {}",
            rate_in_digits(stable)
        )
    } else {
        format!(
            "the numbers leave the range of float64 with training.learning_rate = {rate}; \
             divide the inputs by their largest magnitude, or lower network.epsilon or \
             task.target_scale"
        )
    };
    format!("diverged at step {}: {advice}", thousands(step))
}

/// The same by accuracy, and what counts as right.
fn accuracy_sentence(run: &HeadlessRun) -> Option<String> {
    // It is what the run is judged by, and has been said.
    if run.info.judge == Judge::Accuracy {
        return None;
    }
    let config = &run.info.config.outcome;
    Some(format!(
        "by accuracy ({} % of points within {}{}): {}",
        100.0 * config.accuracy_level,
        config.accuracy_tolerance,
        if config.relative { " rms of y" } else { "" },
        run.finish.verdict.accuracy_sentence()?
    ))
}

/// Makes the directory, and refuses one that holds a run already or that could
/// not be written to when the work is done.
fn prepare(out: &Path, save: &[Part], force: bool) -> Result<DirectoryLock, CliError> {
    let error = |problem: &str| CliError::usage(format!("--out {}: {problem}", out.display()));
    if out.exists() && !out.is_dir() {
        return Err(error("is a file, a directory is needed"));
    }
    std::fs::create_dir_all(out).map_err(|e| error(&format!("could not be made: {e}")))?;
    let usage = |e: FileError| CliError::usage(format!("--out {e}"));
    atomic::check_writable(out).map_err(usage)?;
    // Held from before the look at what is there until everything is written.
    let lock = DirectoryLock::take(out).map_err(usage)?;
    let parts = save.iter().map(|part| export::file_name(*part));
    let names: Vec<String> = ([CURVE, SUMMARY, CONFIG].map(str::to_owned).into_iter())
        .chain(parts)
        .collect();
    if !force {
        let holds: Vec<&String> = (names.iter())
            .filter(|name| out.join(name).exists())
            .collect();
        if !holds.is_empty() {
            return Err(error(&format!(
                "holds a run already ({}); choose another directory, or add --force to replace it",
                holds.into_iter().cloned().collect::<Vec<_>>().join(", ")
            )));
        }
    }
    for name in &names {
        atomic::check_output(&out.join(name)).map_err(usage)?;
    }
    Ok(lock)
}

/// Speed and losses, for the progress.
fn state(snapshot: &Snapshot) -> String {
    let mut text = format!("{} steps/s", thousands(snapshot.steps_per_second as u64));
    if let Some(last) = snapshot.recent.last() {
        let _ = write!(text, ", train loss {:.3e}", last.train_loss);
        if last.test_loss.is_finite() {
            let _ = write!(text, ", test loss {:.3e}", last.test_loss);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_holds_a_run_is_refused_without_force() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a/b");
        let held = prepare(&out, &[], false).unwrap();
        let error = prepare(&out, &[], true).unwrap_err().to_string();
        assert!(error.contains("another grokscope"), "{error}");
        drop(held);
        drop(prepare(&out, &[], false).unwrap());
        std::fs::write(out.join(SUMMARY), "{}").unwrap();
        let error = prepare(&out, &[], false).unwrap_err().to_string();
        assert!(
            error.contains("--out") && error.contains("--force") && error.contains(SUMMARY),
            "{error}"
        );
        drop(prepare(&out, &[], true).unwrap());
        let file = out.join(SUMMARY);
        let error = prepare(&file, &[], true).unwrap_err().to_string();
        assert!(error.contains("is a file"), "{error}");
    }
}
