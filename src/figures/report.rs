//! What the curves of a figure came to, and the files that say so.

use super::spec::{Curve, Figure};
use crate::io::{FileError, atomic, csv};
use crate::sim::config::Config;
use crate::sim::metrics::{Metric, Row};
use crate::sim::verdict::Criterion;
use crate::training::Finish;
use crate::training::headless::HeadlessRun;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the table of summaries.
pub const SUMMARY_CSV: &str = "summary.csv";
/// Name of the figure with its summaries.
pub const FIGURE_JSON: &str = "figure.json";

/// What a curve came to. Numbers that do not exist are `null`, or empty cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurveSummary {
    /// Name of the curve.
    pub curve: String,
    /// Its label.
    pub label: String,
    /// Its seed.
    pub seed: u64,
    /// Outcome class, by its name in files.
    pub outcome: String,
    /// Step from which on the train loss is below its threshold.
    pub fit_step: Option<u64>,
    /// Step from which on the test loss is below its threshold.
    pub generalise_step: Option<u64>,
    /// Steps from the fit to the generalisation.
    pub delay_steps: Option<i64>,
    /// Generalisation step over fit step.
    pub ratio: Option<f64>,
    /// Steps from fit to generalisation at 10 % of the zero predictor's loss.
    pub delay_steps_at_10_percent: Option<i64>,
    /// Ratio of the same.
    pub ratio_at_10_percent: Option<f64>,
    /// Steps from fit to generalisation at 50 % of the zero predictor's loss.
    pub delay_steps_at_50_percent: Option<i64>,
    /// Ratio of the same.
    pub ratio_at_50_percent: Option<f64>,
    /// Steps trained.
    pub steps: u64,
    /// How it ended, or what makes it doubtful, in a sentence.
    pub verdict: String,
    /// Train loss at the end.
    pub train_loss: Option<f64>,
    /// Test loss at the end: exact, else the sample's.
    pub test_loss: Option<f64>,
    /// Test loss at the first recorded step from the fit on.
    pub test_loss_at_fit: Option<f64>,
    /// Highest test loss of all steps.
    pub peak_test_loss: Option<f64>,
    /// The zero predictor's test loss.
    pub zero_test_loss: Option<f64>,
    /// Test loss of the lazy model at the end.
    pub lazy_test_loss: Option<f64>,
    /// Fraction of M along the target's directions at the end.
    pub feature_alignment: Option<f64>,
    /// tr M at the start.
    pub initial_weight_norm_sq: Option<f64>,
    /// tr M at the end.
    pub weight_norm_sq: Option<f64>,
    /// Squared relative distance of the weights from where they began.
    pub param_movement: Option<f64>,
    /// σ²α.
    pub sigma2_alpha: f64,
}

impl CurveSummary {
    /// Of a run as the frontends know it.
    pub fn new(
        curve: &Curve,
        config: &Config,
        rows: &[Row],
        finish: &Finish,
        zero_test_loss: f64,
    ) -> Self {
        let known = rows
            .first()
            .is_some_and(|r| r.get(Metric::TestLoss).is_some());
        let test = if known {
            Metric::TestLoss
        } else {
            Metric::SampleTestLoss
        };
        let lazy = if known {
            Metric::LinTestLoss
        } else {
            Metric::SampleLinTestLoss
        };
        let finite = |x: f64| x.is_finite().then_some(x);
        let first = |m: Metric| rows.iter().find_map(|r| r.get(m)).and_then(finite);
        let last = |m: Metric| rows.iter().rev().find_map(|r| r.get(m)).and_then(finite);
        let verdict = &finish.verdict;
        let crossings = verdict.crossings();
        let [tenth, half] =
            [Criterion::Tenth, Criterion::Half].map(|by| verdict.judged(by).crossings());
        let at_fit = crossings
            .fit
            .and_then(|fit| rows.iter().find(|r| r.step >= fit));
        Self {
            curve: curve.name.clone(),
            label: curve.label.clone(),
            seed: config.seed,
            outcome: verdict.outcome_name().into(),
            fit_step: crossings.fit,
            generalise_step: crossings.generalise,
            delay_steps: crossings.delay(),
            ratio: crossings.ratio(),
            delay_steps_at_10_percent: tenth.delay(),
            ratio_at_10_percent: tenth.ratio(),
            delay_steps_at_50_percent: half.delay(),
            ratio_at_50_percent: half.ratio(),
            steps: verdict.step,
            verdict: verdict.sentence(),
            train_loss: last(Metric::TrainLoss),
            test_loss: last(test),
            test_loss_at_fit: at_fit.and_then(|r| r.get(test)).and_then(finite),
            peak_test_loss: verdict.peak.and_then(|p| finite(p.test_loss)),
            zero_test_loss: finite(zero_test_loss),
            lazy_test_loss: last(lazy),
            feature_alignment: last(Metric::FeatureAlignment),
            initial_weight_norm_sq: first(Metric::WeightNormSq),
            weight_norm_sq: last(Metric::WeightNormSq),
            param_movement: last(Metric::ParamMovement),
            sigma2_alpha: config.network.init_scale.powi(2) * config.network.alpha,
        }
    }

    /// Of a run without a window.
    pub fn of(curve: &Curve, run: &HeadlessRun) -> Self {
        Self::new(
            curve,
            &run.info.config,
            &run.rows,
            &run.finish,
            run.info.zero_test_loss,
        )
    }

    /// How it ended, in a few words, with the steps.
    pub fn sentence(&self) -> String {
        let end = match (self.test_loss, self.zero_test_loss) {
            (Some(loss), Some(zero)) => {
                format!(
                    "; ends at {} of the zero predictor's loss",
                    short(loss / zero)
                )
            }
            (Some(loss), None) => format!("; ends at {}", short(loss)),
            _ => String::new(),
        };
        format!("{}{end}", self.verdict)
    }
}

fn short(x: f64) -> String {
    if x < 1e-3 {
        format!("{x:.1e}")
    } else {
        format!("{x:.3}")
    }
}

/// Name of a curve's files without ending; the first seed needs none.
pub fn stem(curve: &Curve, seed: u64) -> String {
    if seed == curve.config.seed {
        curve.name.clone()
    } else {
        format!("{}-seed-{seed}", curve.name)
    }
}

/// Names of all files for these seeds.
pub fn file_names(figure: &Figure, seeds: u64) -> Vec<String> {
    let mut names = vec![SUMMARY_CSV.to_owned(), FIGURE_JSON.to_owned()];
    for curve in &figure.curves {
        for i in 0..seeds {
            let stem = stem(curve, curve.config.seed + i);
            names.extend([format!("{stem}.csv"), format!("{stem}.toml")]);
        }
    }
    names
}

/// Writes the rows and the settings of one curve.
///
/// # Errors
/// Names the file or directory and the reason.
pub fn write_curve(directory: &Path, curve: &Curve, run: &HeadlessRun) -> Result<(), FileError> {
    let stem = stem(curve, run.info.config.seed);
    let config = &run.info.config;
    csv::write(
        &directory.join(format!("{stem}.csv")),
        run.info.columns,
        &run.rows,
    )?;
    let toml = directory.join(format!("{stem}.toml"));
    atomic::write(&toml, config.to_toml().as_bytes())
}

/// Writes `summary.csv`, then `figure.json`, which stands for a complete figure.
///
/// # Errors
/// Names the file or directory and the reason.
pub fn write_summaries(
    directory: &Path,
    figure: &Figure,
    engine: &str,
    summaries: &[CurveSummary],
    runs: usize,
) -> Result<(), FileError> {
    write_table(&directory.join(SUMMARY_CSV), summaries)?;
    let columns: Vec<_> = figure.columns().iter().map(|m| m.spec().name).collect();
    let value = json!({
        "figure": figure.id,
        "title": figure.title,
        "caption": figure.caption,
        "look": figure.look,
        "paper": figure.paper,
        "version": env!("CARGO_PKG_VERSION"),
        "engine": engine,
        "columns": columns,
        "runs": runs,
        "runs_finished": summaries.len(),
        "fractions": fractions(summaries),
        "curves": summaries,
    });
    let path = directory.join(FIGURE_JSON);
    let mut text = serde_json::to_string_pretty(&value)
        .map_err(|e| FileError::new(&path, format!("could not be written: {e}")))?;
    text.push('\n');
    atomic::write(&path, text.as_bytes())
}

/// For each curve, which share of its seeds fell into which class.
pub fn fractions(summaries: &[CurveSummary]) -> BTreeMap<String, BTreeMap<String, f64>> {
    let mut counts: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for summary in summaries {
        let classes = counts.entry(summary.curve.clone()).or_default();
        *classes.entry(summary.outcome.clone()).or_default() += 1.0;
    }
    for classes in counts.values_mut() {
        let all: f64 = classes.values().sum();
        classes.values_mut().for_each(|n| *n /= all);
    }
    counts
}

/// The summaries as CSV, a row for each.
fn write_table(path: &Path, summaries: &[CurveSummary]) -> Result<(), FileError> {
    atomic::write_with(path, |w| {
        let mut table = ::csv::Writer::from_writer(w);
        for summary in summaries {
            table.serialize(summary).map_err(std::io::Error::other)?;
        }
        table.flush()
    })
}
