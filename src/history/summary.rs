//! `summary.json`: what ran, how it ended, and how long it took.

use crate::io::{FileError, atomic};
use crate::sim::accuracy::Tolerances;
use crate::sim::committee::escape::Doubt;
use crate::sim::committee::instance::Instance;
use crate::sim::config::{Config, FIELDS, Value};
use crate::sim::outcome::Crossings;
use crate::sim::verdict::{Criterion, Verdict};
use crate::training::{EscapeReading, Finish, RunInfo};
use serde::Serialize;
use serde_json::{Map, json};
use std::path::Path;

/// The losses' thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ThresholdSummary {
    /// For the train loss.
    pub train: f64,
    /// For the test loss; `null` where there is no test loss.
    pub test: f64,
}

/// The instance that a run replayed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstanceSummary {
    /// Its absolute path.
    pub path: String,
    /// FNV-1a hash of the file's bytes in hexadecimal: tells whether it is still
    /// the same file.
    pub fnv1a64: String,
    /// Number of samples P and inputs D, and of neurons N where it has weights.
    pub shape: Vec<usize>,
    /// Keys of the settings that it fixes, which `config` leaves out.
    pub fixes: Vec<&'static str>,
}

/// The outcome by the accuracy criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccuracySummary {
    /// Outcome class, by its name in files.
    pub outcome: String,
    /// Step from which on the train accuracy is at its level.
    pub fit_step: Option<u64>,
    /// Step from which on the test accuracy is at its level: looked for at log-spaced
    /// steps of its own and then found between two of them, whatever is recorded.
    pub generalise_step: Option<u64>,
    /// Steps from the fit to the generalisation.
    pub delay_steps: Option<i64>,
    /// Generalisation step over fit step.
    pub ratio: Option<f64>,
    /// Largest error of a right point of the train set.
    pub train_tolerance: f64,
    /// Largest error of a right test point; `null` where there are none.
    pub test_tolerance: f64,
    /// Fraction of right points from which on a set counts as learned.
    pub level: f64,
}

impl AccuracySummary {
    /// Of a run whose accuracies were followed.
    pub fn new(info: &RunInfo, verdict: &Verdict) -> Option<Self> {
        let config = &info.config.outcome;
        let crossings = verdict.by_accuracy?.crossings();
        let tolerances = Tolerances::new(config, info.zero_train_loss, info.zero_test_loss);
        Some(Self {
            outcome: verdict.accuracy_outcome_name()?.into(),
            fit_step: crossings.fit,
            generalise_step: crossings.generalise,
            delay_steps: crossings.delay(),
            ratio: crossings.ratio(),
            train_tolerance: tolerances.train,
            test_tolerance: tolerances.test,
            level: config.accuracy_level,
        })
    }
}

/// The same measures at a threshold of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeasureSummary {
    /// Step from which on the train loss is below the threshold.
    pub fit_step: Option<u64>,
    /// Step from which on the test loss is below it.
    pub generalise_step: Option<u64>,
    /// Steps from the fit to the generalisation.
    pub delay_steps: Option<i64>,
    /// Generalisation step over fit step.
    pub ratio: Option<f64>,
}

impl From<Crossings> for MeasureSummary {
    fn from(crossings: Crossings) -> Self {
        Self {
            fit_step: crossings.fit,
            generalise_step: crossings.generalise,
            delay_steps: crossings.delay(),
            ratio: crossings.ratio(),
        }
    }
}

/// Whether descent was stable.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StabilitySummary {
    /// It was not: see the warnings.
    pub unstable: bool,
    /// How often η₀λ_max(K)/P was looked at, at log-spaced steps.
    pub looks: u32,
    /// How often it was 1 or more.
    pub unstable_looks: u32,
    /// First step at which it was.
    pub unstable_from: Option<u64>,
    /// The largest value seen; `null` without a look.
    pub largest: Option<f64>,
    /// Steps in which the train loss rose, without weight decay and momentum.
    pub train_loss_rises: u64,
}

impl From<&Verdict> for StabilitySummary {
    fn from(verdict: &Verdict) -> Self {
        let s = verdict.stability;
        Self {
            unstable: verdict.is_unstable(),
            looks: s.looks,
            unstable_looks: s.unstable,
            unstable_from: s.unstable_from,
            largest: (s.looks > 0).then_some(s.largest),
            train_loss_rises: s.rises,
        }
    }
}

/// When the features were to escape, and when the train loss was at half.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EscapeSummary {
    /// Predicted step; `null` where it never happens.
    pub predicted_step: Option<f64>,
    /// Step from which on the train loss is below 50 % of the zero predictor's.
    pub measured_step: Option<u64>,
    /// λ_max(Ŷ).
    pub eigenvalue: f64,
    /// Share of Ŷ's top eigenvector along the target's directions.
    pub overlap: f64,
    /// ln(s|β|²/(αεσ²)): how far the features have to grow.
    pub log_growth: f64,
    /// Why the prediction is rough; `null` where it is not.
    pub doubt: Option<&'static str>,
}

impl From<EscapeReading> for EscapeSummary {
    fn from(reading: EscapeReading) -> Self {
        Self {
            predicted_step: reading.predicted,
            measured_step: reading.measured,
            eigenvalue: reading.escape.eigenvalue,
            overlap: reading.escape.overlap,
            log_growth: reading.escape.log_growth,
            doubt: reading.escape.doubt().map(Doubt::why),
        }
    }
}

/// A loss that met its threshold and did not stay below it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LostSummary {
    /// First step below the threshold.
    pub met_at: u64,
    /// First step above it again.
    pub lost_at: u64,
    /// How often it was lost.
    pub times: u64,
}

/// Everything about a finished run but its curve. Numbers that do not exist are
/// `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Version of the program.
    pub version: String,
    /// `finished` at the horizon, `stopped` before it, or `diverged`.
    pub status: String,
    /// Outcome class, by its name in files; of a run that was stopped what it has
    /// not done so far.
    pub outcome: String,
    /// The same in a sentence.
    pub sentence: String,
    /// What makes the outcome doubtful; empty as a rule.
    pub warnings: Vec<String>,
    /// Step from which on the train loss is below its threshold.
    pub fit_step: Option<u64>,
    /// Step from which on the test loss is below its threshold.
    pub generalise_step: Option<u64>,
    /// Steps from the fit to the generalisation.
    pub delay_steps: Option<i64>,
    /// The same under its earlier name, for scripts.
    pub delay: Option<i64>,
    /// Generalisation step over fit step.
    pub ratio: Option<f64>,
    /// The same at 10 % of the zero predictor's loss.
    pub at_10_percent: MeasureSummary,
    /// The same at 50 % of it.
    pub at_50_percent: MeasureSummary,
    /// A fit that did not last.
    pub fit_lost: Option<LostSummary>,
    /// A generalisation that did not last.
    pub generalisation_lost: Option<LostSummary>,
    /// The escape of the features, predicted and measured.
    pub escape: Option<EscapeSummary>,
    /// The same by accuracy instead of loss.
    pub accuracy: Option<AccuracySummary>,
    /// Whether descent was stable.
    pub stability: StabilitySummary,
    /// Step of the highest test loss.
    pub peak_step: Option<u64>,
    /// The highest test loss of all steps.
    pub peak_test_loss: Option<f64>,
    /// Steps trained.
    pub steps: u64,
    /// Steps asked for.
    pub horizon: u64,
    /// Training steps a second, metrics and files left out.
    pub steps_per_second: Option<f64>,
    /// Seconds spent in training steps, metrics and files left out.
    pub wall_seconds: f64,
    /// Seconds spent in measuring rows.
    pub measuring_seconds: f64,
    /// Seconds before the first step: data, weights and the first row.
    pub preparing_seconds: f64,
    /// Thresholds on the losses.
    pub thresholds: ThresholdSummary,
    /// The zero predictor's train loss.
    pub zero_train_loss: f64,
    /// The zero predictor's test loss.
    pub zero_test_loss: f64,
    /// Step at which the run was seen to diverge.
    pub diverged_at: Option<u64>,
    /// For a diverged run: the largest η₀ that would have been stable.
    pub stable_learning_rate: Option<f64>,
    /// η₀, λ or the horizon was changed on the way: `config.training.changes`
    /// says when, with which the config reproduces the run.
    pub changed_live: bool,
    /// Why some columns are empty, where they are.
    pub note: Option<String>,
    /// The instance that was replayed.
    pub instance: Option<InstanceSummary>,
    /// The checked settings, in the sections of `config.toml`.
    pub config: serde_json::Value,
}

impl Summary {
    /// The summary of a run that ended.
    pub fn new(info: &RunInfo, finish: &Finish, instance: Option<InstanceSummary>) -> Self {
        let verdict: &Verdict = &finish.verdict;
        let crossings = verdict.crossings();
        let at = |by| MeasureSummary::from(verdict.judged(by).crossings());
        let lost = |crossing: crate::sim::verdict::Crossing| {
            Some(LostSummary {
                met_at: crossing.first()?,
                lost_at: crossing.lost()?,
                times: crossing.losses(),
            })
        };
        let judged = verdict.judged(Criterion::Configured);
        let (diverged_at, stable_learning_rate) = verdict.diverged.unzip();
        let seconds = finish.training_seconds;
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            status: verdict.status.name().into(),
            outcome: verdict.outcome_name().into(),
            sentence: verdict.sentence(),
            warnings: verdict.warnings(),
            fit_step: crossings.fit,
            generalise_step: crossings.generalise,
            delay_steps: crossings.delay(),
            delay: crossings.delay(),
            ratio: crossings.ratio(),
            at_10_percent: at(Criterion::Tenth),
            at_50_percent: at(Criterion::Half),
            fit_lost: lost(judged.fit),
            generalisation_lost: lost(judged.generalise),
            escape: EscapeReading::new(info, &info.config.training, Some(verdict))
                .map(EscapeSummary::from),
            accuracy: AccuracySummary::new(info, verdict),
            stability: verdict.into(),
            peak_step: verdict.peak.map(|p| p.step),
            peak_test_loss: verdict.peak.map(|p| p.test_loss),
            horizon: verdict.horizon,
            steps: finish.step,
            steps_per_second: (seconds > 0.0).then(|| finish.step as f64 / seconds),
            wall_seconds: seconds,
            measuring_seconds: finish.measuring_seconds,
            preparing_seconds: finish.preparing_seconds,
            thresholds: ThresholdSummary {
                train: info.thresholds.train,
                test: info.thresholds.test,
            },
            zero_train_loss: info.zero_train_loss,
            zero_test_loss: info.zero_test_loss,
            diverged_at,
            stable_learning_rate,
            changed_live: finish.changed_live,
            note: info.note.clone(),
            config: config_json(&info.config, |key| {
                instance.as_ref().is_some_and(|i| i.fixes.contains(&key))
            }),
            instance,
        }
    }

    /// Writes it as indented JSON.
    ///
    /// # Errors
    /// Names the file or directory and the reason.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| FileError::new(path, format!("could not be written: {e}")))?;
        text.push('\n');
        atomic::write(path, text.as_bytes())
    }
}

/// The settings as nested JSON, in the sections of the TOML file, without those
/// whose keys `skip` names.
fn config_json(config: &Config, skip: impl Fn(&str) -> bool) -> serde_json::Value {
    let mut root = Map::new();
    for field in FIELDS.iter().filter(|field| !skip(field.key)) {
        let value = match (field.get)(config) {
            Value::Text(text) if text.is_empty() => continue,
            Value::Changes(changes) if changes.is_empty() => continue,
            value => crate::io::json::value(&value),
        };
        match field.key.split_once('.') {
            None => {
                root.insert(field.key.into(), value);
            }
            Some((section, name)) => {
                if let Some(section) = root
                    .entry(section)
                    .or_insert_with(|| json!({}))
                    .as_object_mut()
                {
                    section.insert(name.into(), value);
                }
            }
        }
    }
    root.into()
}

/// Describes an instance and its file.
///
/// # Errors
/// Names the file and the reason why it could not be read.
pub fn describe_instance(
    path: &Path,
    instance: &Instance,
    config: &Config,
) -> Result<InstanceSummary, FileError> {
    let bytes =
        std::fs::read(path).map_err(|e| FileError::new(path, crate::io::read_problem(&e)))?;
    let (samples, dim) = instance.shape();
    let shape = [Some(samples), Some(dim), instance.width()];
    Ok(InstanceSummary {
        path: path.display().to_string(),
        fnv1a64: format!("{:016x}", fnv1a64(&bytes)),
        shape: shape.into_iter().flatten().collect(),
        fixes: (FIELDS.iter().map(|field| field.key))
            .filter(|key| instance.fixes(key, config).is_some())
            .collect(),
    })
}

/// Fowler–Noll–Vo hash: not for security, but the same everywhere and for ever.
pub(crate) fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::outcome::Thresholds;
    use crate::sim::verdict::Status;

    fn verdict() -> Verdict {
        let thresholds = Thresholds {
            train: 0.01,
            test: f64::NAN,
        };
        let mut verdict = Verdict::begun(thresholds, 2.0, 1_000, 0.1, None);
        (verdict.step, verdict.status, verdict.test_loss) = (1_000, Status::Finished, Some(0.5));
        verdict.by_loss[0] = Crossings {
            fit: Some(10),
            generalise: Some(400),
        }
        .into();
        verdict.by_accuracy = Some(Default::default());
        verdict
    }

    fn summary(verdict: Verdict) -> serde_json::Value {
        let info = RunInfo {
            columns: &[],
            judge: Default::default(),
            config: Config::default().check().unwrap(),
            thresholds: verdict.thresholds,
            zero_train_loss: 0.1,
            zero_test_loss: f64::NAN,
            learning_curve: None,
            escape: None,
            note: Some("no target".into()),
        };
        let finish = Finish {
            step: verdict.step,
            verdict: Box::new(verdict),
            training_seconds: 0.5,
            measuring_seconds: 0.25,
            preparing_seconds: 0.125,
            changed_live: false,
        };
        serde_json::to_value(Summary::new(&info, &finish, None)).unwrap()
    }

    #[test]
    fn the_fields_say_how_it_ended() {
        let s = summary(verdict());
        assert_eq!(s["status"], "finished");
        assert_eq!(s["outcome"], "groks");
        assert_eq!(s["fit_step"], 10);
        assert_eq!(s["generalise_step"], 400);
        assert_eq!(s["delay_steps"], 390);
        assert_eq!(s["ratio"], 40.0);
        assert!(s["at_10_percent"]["ratio"].is_null());
        assert_eq!(s["steps_per_second"], 2_000.0);
        assert_eq!(s["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(s["config"]["network"]["width"], "inf");
        assert_eq!(s["config"]["task"]["dim"], 50);
        assert_eq!(s["config"]["seed"], Config::default().seed);
        assert_eq!(s["accuracy"]["outcome"], "never_fits");
        assert_eq!(s["accuracy"]["level"], 0.95);
        assert!(s["diverged_at"].is_null() && s["config"]["instance"].is_null());
        assert_eq!(s["warnings"], json!([]));
    }

    #[test]
    fn a_run_that_was_stopped_says_so_and_never_never() {
        let mut stopped = verdict();
        (stopped.status, stopped.step) = (Status::Running, 7);
        stopped.by_loss = Default::default();
        let s = summary(stopped.stopped());
        assert_eq!(s["status"], "stopped");
        assert_eq!(s["outcome"], "has_not_fitted");
        assert!(!s.to_string().contains("never"), "{s}");
        assert!((s["steps"].as_u64(), s["horizon"].as_u64()) == (Some(7), Some(1_000)));
    }

    #[test]
    fn an_unstable_run_carries_a_warning() {
        let mut unstable = verdict();
        unstable.stability.look(17, 1.5);
        let s = summary(unstable);
        assert_eq!(s["stability"]["unstable"], true);
        assert_eq!(s["stability"]["unstable_from"], 17);
        assert!(
            s["warnings"][0]
                .as_str()
                .is_some_and(|w| w.contains("first at step 17"))
        );
        assert!(
            s["sentence"]
                .as_str()
                .is_some_and(|w| w.contains("unstable"))
        );
    }

    #[test]
    fn what_does_not_exist_is_null() {
        let s = summary(verdict());
        assert!(s["zero_test_loss"].is_null() && s["thresholds"]["test"].is_null());
    }

    #[test]
    fn a_diverged_run_names_its_stable_learning_rate() {
        let mut diverged = verdict();
        (diverged.status, diverged.diverged) = (Status::Diverged, Some((7, 3.5)));
        let s = summary(diverged);
        assert_eq!(s["outcome"], "diverged");
        assert_eq!(s["diverged_at"], 7);
        assert_eq!(s["stable_learning_rate"], 3.5);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a64(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a64(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
