//! `summary.json`: what ran, how it ended, and how long it took.

use super::{FileError, atomic};
use crate::sim::committee::accuracy::{self, Tolerances};
use crate::sim::config::{Config, FIELDS, Value, Width};
use crate::sim::metrics::Row;
use crate::sim::outcome::Outcome;
use crate::training::{Finish, RunInfo};
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
}

/// The outcome by the accuracy criterion, at recorded steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccuracySummary {
    /// Outcome class, by its name in files.
    pub outcome: String,
    /// First recorded step with the train accuracy at its level.
    pub fit_step: Option<u64>,
    /// First recorded step with the test accuracy at its level.
    pub generalise_step: Option<u64>,
    /// Steps from the fit to the generalisation.
    pub delay: Option<i64>,
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
    /// From every recorded row.
    pub fn new(info: &RunInfo, rows: &[Row]) -> Self {
        let config = &info.config.outcome;
        let crossings = accuracy::crossings(rows, config.accuracy_level);
        let tolerances = Tolerances::new(config, info.zero_train_loss, info.zero_test_loss);
        Self {
            outcome: Outcome::classify(crossings, config.min_ratio).name().into(),
            fit_step: crossings.fit,
            generalise_step: crossings.generalise,
            delay: crossings.delay(),
            ratio: crossings.ratio(),
            train_tolerance: tolerances.train,
            test_tolerance: tolerances.test,
            level: config.accuracy_level,
        }
    }
}

/// Everything about a finished run but its curve. Numbers that do not exist are
/// `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Version of the program.
    pub version: String,
    /// Outcome class, by its name in files.
    pub outcome: String,
    /// First step with the train loss below its threshold.
    pub fit_step: Option<u64>,
    /// First step with the test loss below its threshold.
    pub generalise_step: Option<u64>,
    /// Steps from the fit to the generalisation.
    pub delay: Option<i64>,
    /// Generalisation step over fit step.
    pub ratio: Option<f64>,
    /// The same by accuracy instead of loss.
    pub accuracy: AccuracySummary,
    /// Steps trained.
    pub steps: u64,
    /// Training steps a second, metrics and files left out.
    pub steps_per_second: Option<f64>,
    /// Seconds spent in training steps, metrics and files left out.
    pub wall_seconds: f64,
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
    /// The learning rate or weight decay was changed while it ran, so that the
    /// config alone does not reproduce it.
    pub changed_live: bool,
    /// Why some columns are empty, where they are.
    pub note: Option<String>,
    /// The instance that was replayed.
    pub instance: Option<InstanceSummary>,
    /// The checked settings, in the sections of `config.toml`.
    pub config: serde_json::Value,
}

impl Summary {
    /// The summary of a run that ended, with every recorded row.
    pub fn new(
        info: &RunInfo,
        finish: &Finish,
        rows: &[Row],
        instance: Option<InstanceSummary>,
    ) -> Self {
        let (diverged_at, stable_learning_rate) = match finish.outcome {
            Outcome::Diverged {
                step,
                stable_learning_rate,
            } => (Some(step), Some(stable_learning_rate)),
            _ => (None, None),
        };
        let seconds = finish.training_seconds;
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            outcome: finish.outcome.name().into(),
            fit_step: finish.crossings.fit,
            generalise_step: finish.crossings.generalise,
            delay: finish.crossings.delay(),
            ratio: finish.crossings.ratio(),
            accuracy: AccuracySummary::new(info, rows),
            steps: finish.step,
            steps_per_second: (seconds > 0.0).then(|| finish.step as f64 / seconds),
            wall_seconds: seconds,
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
            instance,
            config: config_json(&info.config),
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

/// The settings as nested JSON, in the sections of the TOML file.
pub fn config_json(config: &Config) -> serde_json::Value {
    let mut root = Map::new();
    for field in FIELDS {
        let value = match (field.get)(config) {
            Value::Integer(n) => json!(n),
            Value::Real(x) => json!(x),
            Value::Bool(b) => json!(b),
            Value::Width(Width::Finite(n)) => json!(n),
            Value::Width(Width::Infinite) => json!("inf"),
            Value::Text(s) if s.is_empty() => continue,
            Value::Text(s) => json!(s),
            Value::Steps(s) => json!(s),
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

/// Describes an instance file.
///
/// # Errors
/// Names the file and the reason why it could not be read.
pub fn describe_instance(path: &Path) -> Result<InstanceSummary, FileError> {
    let bytes = std::fs::read(path).map_err(|e| FileError::new(path, super::read_problem(&e)))?;
    Ok(InstanceSummary {
        path: path.display().to_string(),
        fnv1a64: format!("{:016x}", fnv1a64(&bytes)),
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
    use crate::sim::outcome::{Crossings, Thresholds};

    fn summary(outcome: Outcome) -> serde_json::Value {
        let info = RunInfo {
            config: Config::default().check().unwrap(),
            thresholds: Thresholds {
                train: 0.01,
                test: f64::NAN,
            },
            zero_train_loss: 0.1,
            zero_test_loss: f64::NAN,
            note: Some("no target".into()),
        };
        let finish = Finish {
            step: 1_000,
            outcome,
            crossings: Crossings {
                fit: Some(10),
                generalise: Some(400),
            },
            training_seconds: 0.5,
            changed_live: false,
        };
        serde_json::to_value(Summary::new(&info, &finish, &[], None)).unwrap()
    }

    #[test]
    fn the_fields_say_how_it_ended() {
        let s = summary(Outcome::Groks);
        assert_eq!(s["outcome"], "groks");
        assert_eq!(s["fit_step"], 10);
        assert_eq!(s["generalise_step"], 400);
        assert_eq!(s["delay"], 390);
        assert_eq!(s["ratio"], 40.0);
        assert_eq!(s["steps_per_second"], 2_000.0);
        assert_eq!(s["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(s["config"]["network"]["width"], "inf");
        assert_eq!(s["config"]["task"]["dim"], 50);
        assert_eq!(s["config"]["seed"], Config::default().seed);
        assert_eq!(s["accuracy"]["outcome"], "never_fits");
        assert_eq!(s["accuracy"]["level"], 0.95);
        assert!(s["diverged_at"].is_null() && s["config"]["instance"].is_null());
    }

    #[test]
    fn what_does_not_exist_is_null() {
        let s = summary(Outcome::Groks);
        assert!(s["zero_test_loss"].is_null() && s["thresholds"]["test"].is_null());
    }

    #[test]
    fn a_diverged_run_names_its_stable_learning_rate() {
        let s = summary(Outcome::Diverged {
            step: 7,
            stable_learning_rate: 3.5,
        });
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
