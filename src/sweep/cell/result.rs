//! What a cell came to, as it is written.

use crate::sim::config::Value;
use crate::sim::laws::Measured;
use crate::sim::verdict::Criterion;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names of the results' columns, after the cell's number and its axes.
pub const COLUMNS: [&str; 28] = [
    "outcome",
    "fit_step",
    "generalise_step",
    "fit_time",
    "generalise_time",
    "delay_steps",
    "delay_ratio",
    "log10_delay_ratio",
    "fit_step_at_10_percent",
    "generalise_step_at_10_percent",
    "delay_steps_at_10_percent",
    "delay_ratio_at_10_percent",
    "fit_step_at_50_percent",
    "generalise_step_at_50_percent",
    "delay_steps_at_50_percent",
    "delay_ratio_at_50_percent",
    "predicted_fit_step_at_50_percent",
    "fit_lost",
    "unstable",
    "unstable_from",
    "largest_stability",
    "train_loss",
    "test_loss",
    "ended",
    "end_time",
    "steps",
    "evaluations",
    "note",
];

/// What a cell's run came to. Numbers that do not exist are `null`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CellResult {
    /// The cell's number in the canonical order.
    pub cell: usize,
    /// Its coordinates by dotted key.
    pub axes: BTreeMap<String, serde_json::Value>,
    /// Outcome class, by its name in files.
    pub outcome: String,
    /// Step from which on the train loss is below its threshold.
    pub fit_step: Option<u64>,
    /// Step from which on the test loss is below its threshold.
    pub generalise_step: Option<u64>,
    /// Flow time of the same; with gradient descent, that of the step.
    pub fit_time: Option<f64>,
    /// Flow time of the same.
    pub generalise_time: Option<f64>,
    /// Steps from the fit to the generalisation.
    #[serde(default)]
    pub delay_steps: Option<i64>,
    /// Generalisation step over fit step.
    pub delay_ratio: Option<f64>,
    /// Its decimal logarithm.
    pub log10_delay_ratio: Option<f64>,
    /// `fit_step` at 10 % of the zero predictor's loss.
    #[serde(default)]
    pub fit_step_at_10_percent: Option<u64>,
    /// `generalise_step` at 10 % of it.
    #[serde(default)]
    pub generalise_step_at_10_percent: Option<u64>,
    /// `delay_steps` at 10 % of it.
    #[serde(default)]
    pub delay_steps_at_10_percent: Option<i64>,
    /// `delay_ratio` at 10 % of it.
    #[serde(default)]
    pub delay_ratio_at_10_percent: Option<f64>,
    /// `fit_step` at 50 % of the zero predictor's loss.
    #[serde(default)]
    pub fit_step_at_50_percent: Option<u64>,
    /// `generalise_step` at 50 % of it.
    #[serde(default)]
    pub generalise_step_at_50_percent: Option<u64>,
    /// `delay_steps` at 50 % of it.
    #[serde(default)]
    pub delay_steps_at_50_percent: Option<i64>,
    /// `delay_ratio` at 50 % of it.
    #[serde(default)]
    pub delay_ratio_at_50_percent: Option<f64>,
    /// `fit_step_at_50_percent` as the data predict it: the escape of the features.
    /// Only where that holds.
    #[serde(default)]
    pub predicted_fit_step_at_50_percent: Option<u64>,
    /// The train loss met its threshold and did not stay below it.
    #[serde(default)]
    pub fit_lost: bool,
    /// Descent was too coarse for the flow, so that the outcome is doubtful.
    #[serde(default)]
    pub unstable: bool,
    /// First step at which η₀λ_max(K)/P was seen to be 1 or more.
    #[serde(default)]
    pub unstable_from: Option<u64>,
    /// The largest η₀λ_max(K)/P seen.
    #[serde(default)]
    pub largest_stability: Option<f64>,
    /// Train loss where the run ended.
    pub train_loss: Option<f64>,
    /// Test loss where the run ended.
    pub test_loss: Option<f64>,
    /// Why it ended: `classified`, `spent`, `horizon` or `diverged`.
    pub ended: String,
    /// Flow time at which it ended.
    pub end_time: f64,
    /// Steps taken: of gradient descent, or those that the flow's integrator
    /// accepted.
    pub steps: u64,
    /// Evaluations of the gradient.
    pub evaluations: u64,
    /// What else there is to say.
    pub note: Option<String>,
}

impl CellResult {
    /// What laws across cells are about; `None` for what has not happened or was not
    /// measured.
    pub fn measured(&self, of: Measured) -> Option<f64> {
        let step = |step: Option<u64>| step.map(|step| step as f64);
        match of {
            Measured::Fit => step(self.fit_step),
            Measured::Generalise => step(self.generalise_step),
            Measured::Delay => self.delay_steps.map(|delay| delay as f64),
            Measured::Ratio => self.delay_ratio,
            Measured::Half => step(self.fit_step_at_50_percent),
            Measured::Escape => step(self.predicted_fit_step_at_50_percent),
            Measured::TrainLoss => self.train_loss,
            Measured::TestLoss => self.test_loss,
            Measured::Movement | Measured::LazyMovement => None,
        }
    }

    /// Steps from the fit to the generalisation by a criterion.
    pub fn delay_by(&self, by: Criterion) -> Option<i64> {
        match by {
            Criterion::Configured => self.delay_steps,
            Criterion::Tenth => self.delay_steps_at_10_percent,
            Criterion::Half => self.delay_steps_at_50_percent,
        }
    }

    /// Generalisation step over fit step by a criterion.
    pub fn ratio_by(&self, by: Criterion) -> Option<f64> {
        match by {
            Criterion::Configured => self.delay_ratio,
            Criterion::Tenth => self.delay_ratio_at_10_percent,
            Criterion::Half => self.delay_ratio_at_50_percent,
        }
    }
}

/// A setting's value in JSON; changes while training in one word, which is one cell
/// of a table.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Changes(_) => value.to_string().into(),
        value => crate::io::json::value(value),
    }
}
