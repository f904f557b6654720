//! Runs that were written to files, to be drawn: the directory of `grokscope run`,
//! or a table with its settings beside it.

use crate::history::Run;
use crate::io::{FileError, csv, read_text};
use crate::sim::config::Config;
use crate::sim::models;
use crate::sim::outcome::{Crossings, Thresholds};
use crate::sim::verdict::{Judge, Peak, Status, Verdict};
use crate::training::protocol::{Event, Finish, RunId, RunInfo};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A run that was read.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The run, as the window knows one.
    pub run: Run,
    /// Its settings are known; else they are the default ones, which say nothing.
    pub has_config: bool,
    /// The file or directory.
    pub path: PathBuf,
}

impl Recorded {
    /// Reads a directory that `grokscope run` wrote, or a CSV file of a run; its
    /// settings are in `config.toml` or in a file of the same name and `.toml`, its
    /// outcome in `summary.json`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let directory = path.is_dir();
        let table = match directory {
            true => path.join("curve.csv"),
            false => path.to_owned(),
        };
        if directory && !table.exists() {
            return Err(FileError::new(
                path,
                "holds no curve.csv; give a directory that `grokscope run` wrote, or a CSV file",
            ));
        }
        let curve = csv::read(&table)?;
        if curve.rows.is_empty() {
            return Err(FileError::new(
                &table,
                "has no rows, so there is nothing to draw",
            ));
        }
        let config = match curve.config {
            Some(config) => Some(config),
            None => settings(&table, directory)?,
        };
        let has_config = config.is_some();
        let config = config.unwrap_or_default();
        let run = RunId::next();
        let mut read = Run::new(run, config.clone());
        let summary = table.with_file_name("summary.json");
        let summary = match directory && summary.exists() {
            true => Some(Summary::read(&summary)?),
            false => None,
        };
        let checked = config.check().ok().filter(|_| has_config);
        if let (Some(summary), Some(config)) = (&summary, checked) {
            let info = Box::new(summary.info(config));
            read.handle(&Event::Started { run, info });
        }
        let last = curve.rows.last().map_or(0, |row| row.step);
        read.handle(&Event::Rows {
            run,
            rows: curve.rows,
        });
        if let Some(summary) = &summary {
            let judge = read.info().map_or_else(Judge::default, |info| info.judge);
            let finish = summary.finish(last, read.config().outcome.min_ratio, judge);
            read.handle(&Event::Finished { run, finish });
        }
        Ok(Self {
            run: read,
            has_config,
            path: path.to_owned(),
        })
    }

    /// What a person calls it.
    pub fn name(&self) -> String {
        let name = match self.path.file_name() {
            Some(_) if self.path.is_dir() => self.path.file_name(),
            _ => self.path.file_stem(),
        };
        name.map_or_else(
            || self.path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }
}

fn settings(table: &Path, directory: bool) -> Result<Option<Config>, FileError> {
    let mut beside = table.as_os_str().to_owned();
    beside.push(".toml");
    let places = match directory {
        true => vec![table.with_file_name("config.toml")],
        false => vec![PathBuf::from(beside), table.with_extension("toml")],
    };
    let Some(path) = places.into_iter().find(|path| path.exists()) else {
        return Ok(None);
    };
    let config = Config::from_toml(&read_text(&path)?);
    config
        .map(Some)
        .map_err(|e| FileError::new(&path, e.to_string()))
}

/// What is drawn of a `summary.json`.
struct Summary(Value);

impl Summary {
    fn read(path: &Path) -> Result<Self, FileError> {
        let text = read_text(path)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|e| FileError::new(path, format!("is no summary of a run: {e}")))
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    fn step(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    fn thresholds(&self) -> Thresholds {
        let of = |set: &str| {
            let thresholds = self.0.get("thresholds");
            let number = thresholds.and_then(|t| t.get(set)).and_then(Value::as_f64);
            number.unwrap_or(f64::NAN)
        };
        Thresholds {
            train: of("train"),
            test: of("test"),
        }
    }

    fn info(&self, config: crate::sim::config::ValidConfig) -> RunInfo {
        RunInfo {
            columns: models::columns(config.network.family),
            judge: models::judge(config.network.family),
            config,
            thresholds: self.thresholds(),
            zero_train_loss: self.number("zero_train_loss").unwrap_or(f64::NAN),
            zero_test_loss: self.number("zero_test_loss").unwrap_or(f64::NAN),
            escape: None,
            learning_curve: None,
            note: None,
        }
    }

    fn finish(&self, last: u64, min_ratio: f64, judge: Judge) -> Finish {
        let diverged = self.step("diverged_at").map(|step| {
            let stable = self.number("stable_learning_rate");
            (step, stable.unwrap_or(f64::NAN))
        });
        let stopped = self.0.get("status").and_then(Value::as_str) == Some("stopped");
        let status = match (diverged, stopped) {
            (Some(_), _) => Status::Diverged,
            (None, true) => Status::Stopped,
            (None, false) => Status::Finished,
        };
        let crossings = Crossings {
            fit: self.step("fit_step"),
            generalise: self.step("generalise_step"),
        };
        let step = self.step("steps").unwrap_or(last);
        let horizon = self.step("horizon").unwrap_or(step);
        let begun = Verdict::begun(
            self.thresholds(),
            min_ratio,
            horizon,
            self.number("zero_train_loss").unwrap_or(f64::NAN),
            self.number("zero_test_loss"),
        );
        let begun = Verdict { judge, ..begun };
        let mut verdict = begun.crossed(status, step, crossings);
        verdict.diverged = diverged;
        let peak = self.step("peak_step").zip(self.number("peak_test_loss"));
        verdict.peak = peak.map(|(step, test_loss)| Peak { step, test_loss });
        Finish {
            step,
            verdict: Box::new(verdict),
            training_seconds: self.number("wall_seconds").unwrap_or(0.0),
            preparing_seconds: self.number("preparing_seconds").unwrap_or(0.0),
            measuring_seconds: self.number("measuring_seconds").unwrap_or(0.0),
            changed_live: self.0.get("changed_live").and_then(Value::as_bool) == Some(true),
        }
    }
}
