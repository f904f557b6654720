//! One cell: its run, without a record, and its result.

use super::spec::{Spec, Stop};
use crate::sim::config::{ConfigError, EngineKind, ValidConfig, Value, Width};
use crate::sim::engine::Losses;
use crate::sim::flow::{Ending, FlowOptions, FlowSystem, Quality, integrate};
use crate::sim::outcome::{Crossings, Outcome, Thresholds};
use crate::sim::sampled::{Draw, Sampled};
use crate::sim::{Simulation, SimulationError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Names of the results' columns, after the cell's number and its axes.
pub const COLUMNS: [&str; 14] = [
    "outcome",
    "fit_step",
    "generalise_step",
    "fit_time",
    "generalise_time",
    "delay_ratio",
    "log10_delay_ratio",
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
    /// First step with the train loss below its threshold.
    pub fit_step: Option<u64>,
    /// First step with the test loss below its threshold.
    pub generalise_step: Option<u64>,
    /// Flow time of the same; with gradient descent, that of the step.
    pub fit_time: Option<f64>,
    /// Flow time of the same.
    pub generalise_time: Option<f64>,
    /// Generalisation step over fit step.
    pub delay_ratio: Option<f64>,
    /// Its decimal logarithm.
    pub log10_delay_ratio: Option<f64>,
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

/// Data and initial weights that neighbouring cells share.
#[derive(Default)]
pub struct Cache {
    held: Option<(Draw, Sampled)>,
}

impl Cache {
    fn get(&mut self, config: &ValidConfig) -> Result<Sampled, ConfigError> {
        let draw = Draw::of(config);
        if let Some((held, sampled)) = &self.held
            && *held == draw
        {
            return Ok(sampled.clone());
        }
        let sampled = Sampled::new(config)?;
        self.held = Some((draw, sampled.clone()));
        Ok(sampled)
    }
}

/// Runs a cell. The result depends on the spec and the cell alone.
///
/// # Errors
/// Settings that do not fit each other, which a parsed spec does not have.
pub fn evaluate(spec: &Spec, cell: usize, cache: &mut Cache) -> Result<CellResult, ConfigError> {
    let config = spec.config(cell)?;
    let run = match config.training.engine {
        EngineKind::Flow => flow(spec, &config, cache)?,
        EngineKind::Moments | EngineKind::Neurons => descent(spec, &config)?,
    };
    let finite = |x: f64| x.is_finite().then_some(x);
    let ratio = run.crossings.ratio();
    Ok(CellResult {
        cell,
        axes: (spec.grid().coordinates(cell))
            .map(|(key, value)| (key.to_owned(), json(value)))
            .collect(),
        outcome: run.outcome.name().into(),
        fit_step: run.crossings.fit,
        generalise_step: run.crossings.generalise,
        fit_time: run.times.0,
        generalise_time: run.times.1,
        delay_ratio: ratio,
        log10_delay_ratio: ratio.map(f64::log10),
        train_loss: finite(run.train_loss),
        test_loss: run.test_loss.and_then(finite),
        ended: run.ended.into(),
        end_time: run.end_time,
        steps: run.steps,
        evaluations: run.evaluations,
        note: run.note,
    })
}

struct Run {
    outcome: Outcome,
    crossings: Crossings,
    times: (Option<f64>, Option<f64>),
    train_loss: f64,
    test_loss: Option<f64>,
    ended: &'static str,
    end_time: f64,
    steps: u64,
    evaluations: u64,
    note: Option<String>,
}

fn flow(spec: &Spec, config: &ValidConfig, cache: &mut Cache) -> Result<Run, ConfigError> {
    let sampled = cache.get(config)?;
    let problem = sampled.problem(config);
    let Sampled { task, initial, .. } = sampled;
    let training = &config.training;
    let quality = Quality {
        rtol: spec.measures().tolerance,
        // Nothing is drawn: only the sample at the end counts.
        samples_per_decade: 1,
    };
    let mut options = FlowOptions::new(quality, training.learning_rate, training.steps);
    let zero_test = task.zero_test_loss().unwrap_or(f64::NAN);
    options.thresholds = Some(Thresholds::new(
        &config.outcome,
        task.zero_train_loss(),
        zero_test,
    ));
    options.until_classified = spec.measures().stop == Stop::Classified;
    let mut losses = Losses {
        train: f64::NAN,
        test: None,
    };
    let summary = integrate(
        FlowSystem::new(problem, &initial, training.weight_decay),
        &initial,
        &options,
        &mut || ControlFlow::Continue(()),
        |sample| {
            losses = sample.losses;
            ControlFlow::Continue(())
        },
    );
    let crossings = summary.crossings.in_steps(training.learning_rate);
    let (ended, note) = match summary.ending {
        Ending::Horizon => ("horizon", None),
        Ending::Spent => ("spent", None),
        Ending::Classified => ("classified", None),
        // The exact flow cannot diverge; its numbers can leave the range of f64.
        Ending::Failed(error) => ("diverged", Some(error.to_string())),
        Ending::Cancelled => ("diverged", Some("cancelled".into())),
    };
    let outcome = summary
        .outcome(training.learning_rate, config.outcome.min_ratio)
        .unwrap_or(Outcome::Diverged {
            step: (summary.time / training.learning_rate) as u64,
            stable_learning_rate: f64::NAN,
        });
    Ok(Run {
        outcome,
        crossings,
        times: (summary.crossings.fit, summary.crossings.generalise),
        train_loss: losses.train,
        test_loss: losses.test.map(|t| t.total()),
        ended,
        end_time: summary.time,
        steps: summary.cost.accepted,
        evaluations: summary.cost.evaluations,
        note,
    })
}

/// Steps of gradient descent between two looks at whether the run can end.
const CHUNK: u64 = 256;
/// Fraction of its initial value at which the train loss of gradient descent is
/// spent: nothing moves any more.
const SPENT: f64 = 1e-12;

fn descent(spec: &Spec, config: &ValidConfig) -> Result<Run, ConfigError> {
    // Nothing is recorded: the next step to record would cut the chunks.
    let mut quiet = config.clone().into_inner();
    quiet.record.steps = vec![0];
    let quiet = quiet.check()?;
    let mut simulation = Simulation::new(&quiet, None).map_err(|e| match e {
        SimulationError::Config(e) => e,
        SimulationError::Instance(e) => ConfigError {
            field: "instance".into(),
            value: String::new(),
            allowed: e.to_string(),
            fix: "leave it out".into(),
        },
    })?;
    let spent = SPENT * simulation.train_loss();
    let until_classified = spec.measures().stop == Stop::Classified;
    let ended = loop {
        let Crossings { fit, generalise } = simulation.crossings();
        if let Outcome::Diverged { .. } = simulation.outcome() {
            break "diverged";
        } else if until_classified && fit.is_some() && generalise.is_some() {
            break "classified";
        } else if config.training.weight_decay == 0.0 && simulation.train_loss() <= spent {
            break "spent";
        } else if simulation.is_finished() {
            break "horizon";
        }
        simulation.advance(CHUNK);
    };
    let note = match simulation.outcome() {
        Outcome::Diverged {
            step,
            stable_learning_rate,
        } => Some(format!(
            "diverged at step {step}; the largest stable training.learning_rate is about \
             {stable_learning_rate:.4}"
        )),
        _ => None,
    };
    let crossings = simulation.crossings();
    let time = |step: u64| step as f64 * config.training.learning_rate;
    Ok(Run {
        outcome: simulation.outcome(),
        crossings,
        times: (crossings.fit.map(time), crossings.generalise.map(time)),
        train_loss: simulation.train_loss(),
        test_loss: simulation.test_loss(),
        ended,
        end_time: time(simulation.step()),
        steps: simulation.step(),
        evaluations: simulation.step() + 1,
        note,
    })
}

/// A setting's value in JSON; N = ∞ is `"inf"`.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(n) => (*n).into(),
        Value::Real(x) => (*x).into(),
        Value::Bool(b) => (*b).into(),
        Value::Width(Width::Finite(n)) => (*n).into(),
        Value::Width(Width::Infinite) => "inf".into(),
        Value::Text(s) => s.as_str().into(),
        Value::Steps(steps) => steps.clone().into(),
    }
}
