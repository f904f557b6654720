//! `grokscope animate`: a run over time, or one setting over its values, as a GIF, an
//! APNG or numbered PNG files.

use super::args::{AnimateArgs, PlotPart, RunArgs};
use super::progress::{Progress, share_of_run};
use super::signals::stop_on_signals;
use super::{CliError, settings};
use crate::figures::run::{self, Update};
use crate::history::{Run, setting};
use crate::io::atomic;
use crate::plot::animation::{self, Film, FilmError, Filming, Scene, Values};
use crate::plot::files::Recorded;
use crate::plot::runs::{Runs, Shown, View};
use crate::plot::{Scale, Theme};
use crate::sim::committee::instance::Instance;
use crate::sim::config::{Config, Field, Kind, ValidConfig, Value, field, number};
use crate::sim::metrics::{Cost, Metric};
use crate::training::headless;
use crate::workspace::Workspace;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Width of a frame where nothing is said, in millimetres, and its resolution: about
/// 900 pixels.
const WIDTH: f64 = 160.0;
const DPI: f64 = 144.0;

/// What moves.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// Training.
    Time,
    /// A setting, between two values.
    Setting {
        /// Dotted key.
        key: &'static str,
        /// First value.
        from: f64,
        /// Last value.
        to: f64,
        /// In equal ratios.
        log: bool,
    },
}

impl Over {
    /// Reads `time` or `KEY=FROM..TO`, with `:log` or `:lin` behind it.
    ///
    /// # Errors
    /// Says what is expected.
    pub fn read(text: &str) -> Result<Self, String> {
        if text == "time" {
            return Ok(Self::Time);
        }
        let form = || {
            "expected time, or a setting with its values such as network.alpha=0.03..3:log"
                .to_owned()
        };
        let (key, range) = text.split_once('=').ok_or_else(form)?;
        let field = field(key.trim())
            .ok_or_else(|| format!("there is no setting {key:?}; `grokscope fields` lists them"))?;
        if !matches!(
            field.kind,
            Kind::Integer { .. } | Kind::Real { .. } | Kind::Width { .. }
        ) {
            return Err(format!(
                "{key} is no number, so there is nothing between its values"
            ));
        }
        let (range, scale) = match range.rsplit_once(':') {
            Some((range, scale)) => (range, Some(scale)),
            None => (range, None),
        };
        let (from, to) = range.split_once("..").ok_or_else(form)?;
        let value = |text: &str| number::read(text.trim()).map(number::Number::as_f64);
        let (from, to) = (value(from).ok_or_else(form)?, value(to).ok_or_else(form)?);
        if !from.is_finite() || !to.is_finite() || from == to {
            return Err(format!("{key}: expected two different finite values"));
        }
        let positive = from > 0.0 && to > 0.0;
        let log = match scale {
            Some("log") if positive => true,
            Some("log") => return Err(format!("{key}: a logarithm needs values above 0")),
            Some("lin" | "linear") => false,
            Some(other) => return Err(format!("{key}: {other:?} is no scale; log or lin")),
            None => positive && (from / to).max(to / from) >= 10.0,
        };
        Ok(Self::Setting {
            key: field.key,
            from,
            to,
            log,
        })
    }
}

/// The settings of a sweep over a setting, with where each stands between the ends.
///
/// # Errors
/// A value that the setting cannot have, or that does not agree with the others.
pub fn configs_over(
    base: &Config,
    field: &Field,
    [from, to]: [f64; 2],
    log: bool,
    frames: usize,
) -> Result<Vec<(f64, ValidConfig)>, String> {
    let whole = matches!(field.kind, Kind::Integer { .. } | Kind::Width { .. });
    (0..frames)
        .map(|k| {
            let part = k as f64 / (frames.max(2) - 1) as f64;
            let x = match log {
                true => from * (to / from).powf(part),
                false => from + part * (to - from),
            };
            let value = match whole && x >= 0.0 {
                true => Value::Integer(x.round() as u64),
                false => Value::Real(rounded(x)),
            };
            let mut config = base.clone();
            field.set(&mut config, &value).map_err(|e| e.to_string())?;
            config.reconcile(field.key);
            Ok((part, config.check().map_err(|e| e.to_string())?))
        })
        .collect()
}

/// To three digits: what stands in the title is what was trained.
fn rounded(x: f64) -> f64 {
    format!("{x:.2e}").parse().unwrap_or(x)
}

/// Draws what the arguments say and returns what to tell the user.
///
/// # Errors
/// Names the flag, file or field; nothing is trained unless the file can be written.
pub(super) fn animate(args: &AnimateArgs) -> Result<String, CliError> {
    let usage = |text: String| CliError::usage(text);
    let film = Film::of(&args.out).map_err(|e| usage(format!("--out {e}")))?;
    let place = match film {
        Film::Numbered => animation::numbered(&args.out, 0, args.frames),
        Film::Gif | Film::Apng => args.out.clone(),
    };
    atomic::check_output(&place).map_err(|e| usage(format!("--out {e}")))?;
    let theme = Theme::by_name(&args.curves.theme).unwrap_or_default();
    let mut style = args.print.style(theme, WIDTH)?;
    style.dpi = args.print.dpi.unwrap_or(DPI);
    let mut filming = Filming {
        film,
        style,
        rate: args.rate,
        carried: String::new(),
    };
    filming.check(args.frames).map_err(usage)?;
    let stop = stop_on_signals(|| "no animation is made".into(), "which is the same")?;
    let (scene, state) = scene(args, &stop)?;
    filming.carried = state.to_code();
    let frames = scene.frames();
    let mut progress = Progress::begin("animation", frames as u64, "frames");
    let filmed = animation::film(&scene, &filming, &args.out, |done| {
        progress.at(done as u64, done as f64 / frames as f64, "");
        match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if filmed.is_ok() {
        progress.at(frames as u64, 1.0, "");
    }
    progress.end();
    let paths = filmed.map_err(|e| match e {
        FilmError::File(e) => CliError::File(e),
        FilmError::Drawing(problem) => CliError::Failed(problem),
        FilmError::Stopped(done) => CliError::Stopped(match film {
            Film::Numbered => format!("told to stop; {done} of {frames} frames were written"),
            Film::Gif | Film::Apng => "told to stop; no animation was made".into(),
        }),
    })?;
    Ok(match paths.as_slice() {
        [only] => format!("wrote {} ({frames} frames)", only.display()),
        [first, .., last] => format!(
            "wrote {frames} frames, {} to {}",
            first.display(),
            last.display()
        ),
        [] => "wrote nothing".into(),
    })
}

fn scale(log: bool) -> Scale {
    if log { Scale::Log } else { Scale::Linear }
}

fn lower(args: &AnimateArgs) -> Vec<Metric> {
    match (args.curves.plot, args.curves.lower.is_empty()) {
        (PlotPart::Loss, _) => Vec::new(),
        (_, true) => vec![Metric::FeatureAlignment, Metric::PopulationAlignment],
        (_, false) => args.curves.lower.clone(),
    }
}

/// What is filmed, and the state that made it.
fn scene(args: &AnimateArgs, stop: &AtomicBool) -> Result<(Scene, Workspace), CliError> {
    let mut state = Workspace::default();
    let lower = lower(args);
    state.layout.log_loss = args.curves.log_loss;
    state.layout.log_lower = args.curves.log_lower;
    if !lower.is_empty() {
        state.layout.lower = lower.iter().map(|m| m.spec().name.to_owned()).collect();
    }
    let losses = (args.curves.plot != PlotPart::Lower).then_some(scale(args.curves.log_loss));
    let title = args.title.clone().unwrap_or_default();
    match args.over {
        Over::Time => {
            let run = recorded(args, &lower, stop)?;
            state.settings = run.config().clone();
            state.step = run.step();
            let runs = Runs::of(&run);
            let mut panels = Vec::new();
            if let Some(scale) = losses {
                panels.push(runs.losses(Shown::default(), scale, View::default()));
            }
            if !lower.is_empty() {
                let panel = runs.values(&lower, scale(args.curves.log_lower), View::default());
                if !panel.series.is_empty() {
                    panels.push(panel);
                }
            }
            if panels.iter().all(|panel| panel.series.is_empty()) {
                return Err(CliError::usage(
                    "this run has no numbers in the columns that are to be drawn",
                ));
            }
            let mut whole = runs.picture(panels);
            whole.title = title;
            Ok((Scene::over_time(whole, run.step(), args.frames), state))
        }
        Over::Setting { key, from, to, log } => {
            let Some(field) = field(key) else {
                return Err(CliError::usage(format!("--over: no setting {key}")));
            };
            let (config, instance) = resolved(args)?;
            if let Some(why) = instance.as_ref().and_then(|i| i.fixes(key, &config)) {
                return Err(CliError::usage(format!(
                    "--over {key}: the instance fixes it: {why}"
                )));
            }
            let configs = configs_over(&config, field, [from, to], log, args.frames)
                .map_err(|e| CliError::usage(format!("--over {key}: {e}")))?;
            let words = |config: &Config| setting::in_words(field, config);
            let ends = [configs.first(), configs.last()]
                .map(|end| end.map_or_else(String::new, |(_, config)| words(config)));
            let parts = configs.iter().map(|(part, _)| *part).collect();
            let configs: Vec<ValidConfig> = configs.into_iter().map(|(_, c)| c).collect();
            state.settings = (**configs
                .first()
                .ok_or_else(|| CliError::usage("--frames: at least 2 are needed"))?)
            .clone();
            state.sweep.key = key.into();
            (state.sweep.from, state.sweep.to) = (from.to_string(), to.to_string());
            state.sweep.log = log;
            let trained = train(&configs, instance, args.threads, &lower, stop)?;
            let runs = trained.into_iter().map(|run| (words(run.config()), run));
            let scene = Scene::over_values(Values {
                runs: runs.collect(),
                ends,
                parts,
                title,
                losses,
                lower: (lower, scale(args.curves.log_lower)),
            });
            Ok((scene, state))
        }
    }
}

/// The settings that were asked for.
fn resolved(args: &AnimateArgs) -> Result<(Config, Option<Arc<Instance>>), CliError> {
    let mut run = RunArgs {
        source: args.source.clone(),
        set: args.set.clone(),
        engine: args.engine.clone(),
        ..RunArgs::default()
    };
    if let Some(directory) = &args.run {
        let config: PathBuf = match directory.is_dir() {
            true => directory.join("config.toml"),
            false => directory.clone(),
        };
        if !config.exists() {
            return Err(CliError::usage(format!(
                "{}: holds no config.toml; give a directory that `grokscope run` wrote, or \
                 --config or --preset",
                directory.display()
            )));
        }
        run.source.config = Some(config);
    }
    let resolved = settings::for_run(&run)?;
    Ok((resolved.config, resolved.instance.map(|(_, i)| i)))
}

/// The run whose time goes by: one that was written, or one that is trained now.
fn recorded(args: &AnimateArgs, lower: &[Metric], stop: &AtomicBool) -> Result<Run, CliError> {
    let changed = !args.set.is_empty() || args.engine.is_some();
    if let Some(path) = args.run.as_ref().filter(|_| !changed) {
        let recorded = Recorded::read(path).map_err(|e| CliError::usage(e.to_string()))?;
        return Ok(recorded.run);
    }
    let (config, instance) = resolved(args)?;
    let mut runs = train(&[config.check()?], instance, args.threads, lower, stop)?;
    runs.pop()
        .ok_or_else(|| CliError::Failed("nothing was trained".into()))
}

/// Trains all settings.
fn train(
    configs: &[ValidConfig],
    instance: Option<Arc<Instance>>,
    threads: Option<NonZero<usize>>,
    lower: &[Metric],
    stop: &AtomicBool,
) -> Result<Vec<Run>, CliError> {
    let costly = lower.iter().any(|m| m.spec().cost == Cost::Gram);
    let total = configs.len();
    let mut progress = Progress::begin("training", total as u64, "runs");
    let mut runs: Vec<Option<Run>> = configs.iter().map(|_| None).collect();
    let mut failure = None;
    let share = |config: &ValidConfig, step: u64| {
        share_of_run(config.training.engine, step, config.training.horizon())
    };
    if total == 1 || instance.is_some() {
        for (k, config) in configs.iter().enumerate() {
            let trained = headless::train_until(config.clone(), instance.clone(), stop, |stand| {
                let step = stand.snapshot.map_or(0, |s| s.step);
                let done = (k as f64 + share(config, step)) / total as f64;
                progress.at(k as u64, done, "");
            });
            match trained {
                _ if stop.load(Ordering::Relaxed) => break,
                Ok(run) => runs[k] = Some(Run::trained(run)),
                Err(why) => {
                    failure = Some(CliError::Failed(why));
                    break;
                }
            }
        }
    } else {
        let threads = threads
            .or_else(|| std::thread::available_parallelism().ok())
            .unwrap_or(NonZero::<usize>::MIN);
        let mut shares = vec![0.0; total];
        run::run(configs, threads, costly, stop, |update| {
            match update {
                Update::At { job, step } => shares[job] = share(&configs[job], step),
                Update::Done { job, run } => {
                    shares[job] = 1.0;
                    match run {
                        Ok(run) => runs[job] = Some(Run::trained(*run)),
                        Err(why) => {
                            failure = Some(CliError::Failed(why));
                            return ControlFlow::Break(());
                        }
                    }
                }
            }
            let done = runs.iter().flatten().count() as u64;
            progress.at(done, shares.iter().sum::<f64>() / total as f64, "");
            ControlFlow::Continue(())
        });
    }
    progress.end();
    if let Some(failure) = failure {
        return Err(failure);
    }
    let all: Option<Vec<Run>> = runs.into_iter().collect();
    all.ok_or_else(|| CliError::Stopped("told to stop; no animation was made".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_time_or_a_setting_with_its_ends() {
        assert_eq!(Over::read("time"), Ok(Over::Time));
        let over = |key, from, to, log| Ok(Over::Setting { key, from, to, log });
        let alpha = "network.alpha";
        assert_eq!(
            Over::read("network.alpha=0.03..3"),
            over(alpha, 0.03, 3.0, true)
        );
        assert_eq!(
            Over::read("network.alpha=1..2"),
            over(alpha, 1.0, 2.0, false)
        );
        assert_eq!(
            Over::read("network.alpha = 2 .. 1:log"),
            over(alpha, 2.0, 1.0, true)
        );
        for (bad, said) in [
            ("", "expected time"),
            ("alpha=1..2", "no setting"),
            ("network.alpha=1", "expected time"),
            ("network.alpha=1..x", "expected time"),
            ("network.alpha=1..1", "different"),
            ("network.alpha=0..1:log", "above 0"),
            ("network.alpha=1..2:cube", "log or lin"),
            ("network.centered=0..1", "no number"),
        ] {
            let error = Over::read(bad).unwrap_err();
            assert!(error.contains(said), "{bad}: {error}");
        }
    }

    #[test]
    fn values_along_a_setting_are_what_the_title_says() {
        let base = Config::default();
        let field = field("network.alpha").unwrap();
        let configs = configs_over(&base, field, [0.03, 3.0], true, 5).unwrap();
        let alphas: Vec<f64> = configs.iter().map(|(_, c)| c.network.alpha).collect();
        assert_eq!(alphas, [0.03, 0.0949, 0.3, 0.949, 3.0]);
        assert_eq!(configs[2].0, 0.5);
        let field = crate::sim::config::field("task.samples").unwrap();
        assert!(configs_over(&base, field, [-4.0, 10.0], false, 3).is_err());
    }
}
