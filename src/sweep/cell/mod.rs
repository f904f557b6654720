//! One cell: its run, without a record, and its result.

mod result;

pub use result::{COLUMNS, CellResult};

use super::spec::{Measures, Spec, Stop};
use crate::sim::LossPoint;
use crate::sim::checkpoint::Mismatch;
use crate::sim::committee::engine::Losses;
use crate::sim::committee::escape::Escape;
use crate::sim::committee::flow::{Ending, FlowOptions, FlowSystem, Quality, integrate_on};
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::sampled::{Draw, Sampled};
use crate::sim::committee::task::Task;
use crate::sim::config::{ConfigError, EngineKind, ValidConfig};
use crate::sim::digits::rate_in_digits;
use crate::sim::outcome::Thresholds;
use crate::sim::verdict::{Criterion, Verdict, fixed_thresholds};
use crate::sim::{Simulation, SimulationError};
use result::json;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

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

/// What is seen of a cell's run on its way. None of it changes the result.
pub struct Watch<'a> {
    /// Points of the curve in each decade of steps; at the start and at the end
    /// there is one besides.
    pub samples_per_decade: u32,
    /// Asked again and again; `false` gives the cell up.
    pub keep_going: &'a mut dyn FnMut() -> bool,
    /// Called with each point.
    pub on_sample: &'a mut dyn FnMut(LossPoint),
}

/// Where the state of a cell is kept while it runs, so that a later run goes on
/// from there. None of it changes the result.
pub trait Keep {
    /// The state that an earlier run kept.
    fn kept(&mut self) -> Option<Vec<u64>>;

    /// Called between two steps, in which `step` stands for the last one; `state`
    /// gives what is to be kept. `Break` gives the cell up.
    fn between(&mut self, step: u64, state: &dyn Fn() -> Vec<u64>) -> ControlFlow<()>;
}

/// Keeps nothing.
struct Nowhere;

impl Keep for Nowhere {
    fn kept(&mut self) -> Option<Vec<u64>> {
        None
    }

    fn between(&mut self, _: u64, _: &dyn Fn() -> Vec<u64>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Runs a cell. The result depends on the spec and the cell alone.
///
/// # Errors
/// Settings that do not fit each other, which a parsed spec does not have.
pub fn evaluate(spec: &Spec, cell: usize, cache: &mut Cache) -> Result<CellResult, ConfigError> {
    let run = run_quietly(spec, cell, cache, &mut Nowhere)?;
    Ok(result(spec, cell, run))
}

/// Runs a cell as [`evaluate`] does, from where `keep` has it. `None` where `keep`
/// gave it up.
///
/// # Errors
/// As [`evaluate`].
pub fn resumed(
    spec: &Spec,
    cell: usize,
    cache: &mut Cache,
    keep: &mut dyn Keep,
) -> Result<Option<CellResult>, ConfigError> {
    let run = run_quietly(spec, cell, cache, keep)?;
    let given_up = run.ended == CANCELLED;
    Ok((!given_up).then(|| result(spec, cell, run)))
}

fn run_quietly(
    spec: &Spec,
    cell: usize,
    cache: &mut Cache,
    keep: &mut dyn Keep,
) -> Result<Run, ConfigError> {
    let config = spec.config(cell)?;
    let mut watch = Watch {
        // Nothing is drawn: only the sample at the end counts.
        samples_per_decade: 1,
        keep_going: &mut || true,
        on_sample: &mut |_| {},
    };
    let measures = spec.measures();
    match config.training.engine {
        EngineKind::Flow => flow(measures, &config, cache, &mut watch, keep),
        EngineKind::Moments | EngineKind::Neurons => descent(measures, &config, &mut watch, keep),
    }
}

/// Runs a cell as [`evaluate`] does, measured in its own way, and shows its curve.
/// `None` where it was given up.
///
/// # Errors
/// As [`evaluate`].
pub fn watched(
    spec: &Spec,
    cell: usize,
    measures: &Measures,
    cache: &mut Cache,
    watch: &mut Watch<'_>,
) -> Result<Option<CellResult>, ConfigError> {
    let config = spec.config(cell)?;
    let run = match config.training.engine {
        EngineKind::Flow => flow(measures, &config, cache, watch, &mut Nowhere)?,
        EngineKind::Moments | EngineKind::Neurons => {
            descent(measures, &config, watch, &mut Nowhere)?
        }
    };
    let given_up = run.ended == CANCELLED;
    Ok((!given_up).then(|| result(spec, cell, run)))
}

const CANCELLED: &str = "cancelled";

fn result(spec: &Spec, cell: usize, run: Run) -> CellResult {
    let finite = |x: f64| x.is_finite().then_some(x);
    let verdict = &run.verdict;
    let of = |by| verdict.judged(by).crossings();
    let (crossings, tenth, half) = (
        of(Criterion::Configured),
        of(Criterion::Tenth),
        of(Criterion::Half),
    );
    let stability = verdict.stability;
    CellResult {
        cell,
        axes: (spec.grid().coordinates(cell))
            .map(|(key, value)| (key.to_owned(), json(value)))
            .collect(),
        outcome: verdict.outcome().name().into(),
        fit_step: crossings.fit,
        generalise_step: crossings.generalise,
        fit_time: run.times.0,
        generalise_time: run.times.1,
        delay_steps: crossings.delay(),
        delay_ratio: crossings.ratio(),
        log10_delay_ratio: crossings.ratio().map(f64::log10),
        fit_step_at_10_percent: tenth.fit,
        generalise_step_at_10_percent: tenth.generalise,
        delay_steps_at_10_percent: tenth.delay(),
        delay_ratio_at_10_percent: tenth.ratio(),
        fit_step_at_50_percent: half.fit,
        generalise_step_at_50_percent: half.generalise,
        delay_steps_at_50_percent: half.delay(),
        delay_ratio_at_50_percent: half.ratio(),
        predicted_fit_step_at_50_percent: run.predicted.map(|step| step.round() as u64),
        fit_lost: run.fit_lost,
        unstable: verdict.is_unstable(),
        unstable_from: stability.unstable_from,
        largest_stability: (stability.looks > 0).then_some(stability.largest),
        train_loss: finite(run.train_loss),
        test_loss: run.test_loss.and_then(finite),
        ended: run.ended.into(),
        end_time: run.end_time,
        steps: run.steps,
        evaluations: run.evaluations,
        note: run.note,
    }
}

struct Run {
    verdict: Verdict,
    predicted: Option<f64>,
    fit_lost: bool,
    times: (Option<f64>, Option<f64>),
    train_loss: f64,
    test_loss: Option<f64>,
    ended: &'static str,
    end_time: f64,
    steps: u64,
    evaluations: u64,
    note: Option<String>,
}

fn flow(
    measures: &Measures,
    config: &ValidConfig,
    cache: &mut Cache,
    watch: &mut Watch<'_>,
    keep: &mut dyn Keep,
) -> Result<Run, ConfigError> {
    let sampled = cache.get(config)?;
    let problem = sampled.problem(config);
    let Sampled { task, initial, .. } = sampled;
    let training = &config.training;
    let predicted = predicted(config, &task, &initial);
    let quality = Quality {
        rtol: measures.tolerance,
        samples_per_decade: watch.samples_per_decade,
    };
    let mut options = FlowOptions::new(quality, training.learning_rate, training.steps);
    let zero_test = task.zero_test_loss().unwrap_or(f64::NAN);
    let zero_train = task.zero_train_loss();
    let thresholds = Thresholds::new(&config.outcome, zero_train, zero_test);
    options.thresholds = Some(thresholds);
    options.marks = Some(fixed_thresholds(zero_train, zero_test));
    options.until_classified = measures.stop == Stop::Classified;
    let mut losses = Losses {
        train: f64::NAN,
        test: None,
    };
    let mut curve = |from: Option<&[u64]>, keep: &mut dyn Keep| {
        integrate_on(
            FlowSystem::new(problem.clone(), &initial, training.weight_decay),
            &initial,
            &options,
            from,
            &mut |between| {
                let step = (between.time() / training.learning_rate) as u64;
                keep.between(step, &|| between.state())
            },
            &mut || match (watch.keep_going)() {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            },
            |sample| {
                losses = sample.losses;
                (watch.on_sample)(LossPoint {
                    step: sample.time / training.learning_rate,
                    train: losses.train,
                    test: losses.test.map_or(f64::NAN, |t| t.total()),
                });
                ControlFlow::Continue(())
            },
        )
    };
    let kept = keep.kept();
    let summary = match curve(kept.as_deref(), keep) {
        Ok(summary) => summary,
        // What was kept is of something else: from the start.
        Err(Mismatch) => curve(None, keep).map_err(|e| broken(&e.to_string()))?,
    };
    let (ended, note) = match summary.ending {
        Ending::Horizon => ("horizon", None),
        Ending::Spent => ("spent", None),
        Ending::Classified => ("classified", None),
        // The exact flow cannot diverge; its numbers can leave the range of f64.
        Ending::Failed(error) => ("diverged", Some(error.to_string())),
        Ending::Cancelled => (CANCELLED, None),
    };
    let mut verdict = Verdict::begun(
        thresholds,
        config.outcome.min_ratio,
        training.steps,
        zero_train,
        task.zero_test_loss(),
    );
    let [tenth, half] = summary.marks;
    verdict.by_loss = [summary.crossings, tenth, half]
        .map(|crossings| crossings.in_steps(training.learning_rate).into());
    verdict.step = (summary.time / training.learning_rate) as u64;
    verdict.diverged = (ended == "diverged").then_some((verdict.step, f64::NAN));
    Ok(Run {
        verdict,
        predicted,
        fit_lost: summary.fit_lost && summary.crossings.fit.is_none(),
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

/// The step at which the features escape, where the prediction holds.
fn predicted(config: &ValidConfig, task: &Task, initial: &MomentState) -> Option<f64> {
    let escape = Escape::new(config, task, initial)?;
    match escape.doubt() {
        None => escape.step(&config.training),
        Some(_) => None,
    }
}

/// Steps of gradient descent between two looks at whether the run can end.
const CHUNK: u64 = 256;
/// Fraction of its initial value at which the train loss of gradient descent is
/// spent: nothing moves any more.
const SPENT: f64 = 1e-12;

fn descent(
    measures: &Measures,
    config: &ValidConfig,
    watch: &mut Watch<'_>,
    keep: &mut dyn Keep,
) -> Result<Run, ConfigError> {
    // Nothing is recorded: the next step to record would cut the chunks.
    let mut quiet = config.clone().into_inner();
    quiet.record.steps = vec![0];
    let quiet = quiet.check()?;
    let begin = || {
        let made = Simulation::new(&quiet, None).map(Simulation::without_accuracy);
        made.map_err(|e| match e {
            SimulationError::Config(e) => e,
            SimulationError::Instance(e) => broken(&e.to_string()),
            SimulationError::Model(problem) => ConfigError {
                field: "network.family".into(),
                value: config.network.family.name().into(),
                allowed: problem,
                fix: "change it".into(),
            },
        })
    };
    let mut simulation = begin()?;
    let spent = SPENT * simulation.train_loss();
    if let Some(kept) = keep.kept()
        && simulation.restore(&kept).is_err()
    {
        simulation = begin()?;
    }
    let until_classified = measures.stop == Stop::Classified;
    let mut schedule = Sampling::new(watch.samples_per_decade);
    let mut check_every = STEPS_BETWEEN_CHECKS;
    let ended = loop {
        let is_due = simulation.step().is_multiple_of(CHUNK);
        if simulation.has_diverged() {
            break "diverged";
        } else if !is_due && !simulation.is_finished() {
            // Gone on with within a chunk.
        } else if until_classified && simulation.is_classified() {
            break "classified";
        } else if config.training.weight_decay == 0.0 && simulation.train_loss() <= spent {
            break "spent";
        } else if simulation.is_finished() {
            break "horizon";
        }
        let end = (simulation.step() / CHUNK + 1) * CHUNK;
        while simulation.step() < end && !simulation.is_finished() {
            schedule.look_at(&simulation, watch);
            if !(watch.keep_going)() {
                return Ok(Run::given_up());
            }
            let next = schedule.next.min(simulation.step() + check_every).min(end);
            let begun = Instant::now();
            simulation.advance(next - simulation.step());
            if simulation.has_diverged() {
                break;
            }
            if begun.elapsed() > LONG {
                check_every = 1;
            }
            if !simulation.is_finished()
                && (keep.between(simulation.step(), &|| simulation.save())).is_break()
            {
                return Ok(Run::given_up());
            }
        }
    };
    (watch.on_sample)(point(&simulation));
    let verdict = simulation.verdict();
    let note = match verdict.diverged {
        Some((step, stable_learning_rate)) => Some(format!(
            "diverged at step {step}; the largest stable training.learning_rate is about \
             {}",
            rate_in_digits(stable_learning_rate)
        )),
        None => verdict.warnings().into_iter().next(),
    };
    let crossings = verdict.crossings();
    let time = |step: u64| step as f64 * config.training.learning_rate;
    Ok(Run {
        predicted: (simulation.committee())
            .and_then(|committee| predicted(config, committee.task(), committee.initial())),
        fit_lost: verdict.judged(Criterion::Configured).fit.lost().is_some(),
        verdict,
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

/// Steps between two questions whether to go on.
const STEPS_BETWEEN_CHECKS: u64 = 32;
/// Where they take longer than this, one step.
const LONG: Duration = Duration::from_millis(200);

/// What a parsed spec does not have.
fn broken(problem: &str) -> ConfigError {
    ConfigError {
        field: "instance".into(),
        value: String::new(),
        allowed: problem.into(),
        fix: "leave it out".into(),
    }
}

/// The whole steps nearest to 10^(k/n).
struct Sampling {
    per_decade: f64,
    k: i32,
    next: u64,
}

impl Sampling {
    fn new(per_decade: u32) -> Self {
        Self {
            per_decade: f64::from(per_decade.max(1)),
            k: -1,
            next: 0,
        }
    }

    fn look_at(&mut self, simulation: &Simulation, watch: &mut Watch<'_>) {
        if simulation.step() < self.next {
            return;
        }
        (watch.on_sample)(point(simulation));
        while self.next <= simulation.step() {
            self.k += 1;
            self.next = 10f64.powf(f64::from(self.k) / self.per_decade).round() as u64;
        }
    }
}

fn point(simulation: &Simulation) -> LossPoint {
    LossPoint {
        step: simulation.step() as f64,
        train: simulation.train_loss(),
        test: simulation.test_loss().unwrap_or(f64::NAN),
    }
}

impl Run {
    fn given_up() -> Self {
        Self {
            verdict: Verdict::begun(
                Thresholds {
                    train: 0.0,
                    test: 0.0,
                },
                1.0,
                0,
                0.0,
                None,
            ),
            predicted: None,
            fit_lost: false,
            times: (None, None),
            train_loss: f64::NAN,
            test_loss: None,
            ended: CANCELLED,
            end_time: 0.0,
            steps: 0,
            evaluations: 0,
            note: None,
        }
    }
}
