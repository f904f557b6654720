//! The networks as a [`Model`]: from the settings of a run, and what is followed on it.

use super::checkpoint::Checkpoint;
use super::families::{
    ImageSettings, ModularSettings, PairInit, PairSettings, RateRule as TransformerRate, Setup,
    TransformerSettings,
};
use super::images;
use super::loss::{AccuracyKind, Scored};
use super::network::Misfit;
use super::optimiser::{OptimiserSettings, Rule};
use super::problem::Order;
use super::run::NetworkRun;
use crate::sim::accuracy::{ErrorProfile, Errors};
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::config::{
    OptimizerKind, PairDraw, TrainingConfig, ValidConfig, WeightScaling, Width,
};
use crate::sim::error::SimulationError;
use crate::sim::metrics::{Metric, Row};
use crate::sim::model::{Alone, Crew, LossPair, Model, Moved, Weights};
use crate::sim::verdict::{Judge, Judged};
use std::sync::Arc;

/// Looks at losses and accuracies in each decade of steps, besides those at rows: a
/// crossing is known to 3 %.
const LOOKS: f64 = 80.0;
/// Draws of signs over which the tangent kernel's mean over outputs is taken.
pub(super) const KERNEL_DRAWS: usize = 4;
/// Rows of a decade of steps that carry their errors, at most.
const ERRORS: f64 = 100.0;

macro_rules! columns {
    ($($more:ident),*) => {
        &[
            Metric::TrainLoss,
            Metric::SampleTestLoss,
            Metric::TrainAccuracy,
            Metric::TestAccuracy,
            Metric::LinTrainLoss,
            Metric::SampleLinTestLoss,
            Metric::CenteredAlignment,
            Metric::NtkDrift,
            Metric::NtkRelativeAlignment,
            Metric::WeightNormSq,
            Metric::ParamMovement,
            Metric::LearningRate,
            Metric::FlowTime,
            Metric::LinTrainAccuracy,
            Metric::LinTestAccuracy,
            Metric::DecayRate,
            $(Metric::$more),*
        ]
    };
}

/// Columns of a network's rows.
pub const COLUMNS: &[Metric] = columns!();
/// Those of a network that adds modulo p.
pub const MODULAR_COLUMNS: &[Metric] = columns!(EffectiveFrequencies, FrequencyShare);

/// The weights of a network at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkWeights {
    /// All parameters θ.
    pub theta: Arc<[f32]>,
    /// Those of the linearised model.
    pub linearised: Option<Arc<[f32]>>,
}

impl Weights for NetworkWeights {
    fn bytes(&self) -> usize {
        let twin = self.linearised.as_ref().map_or(0, |t| t.len());
        size_of::<Self>() + size_of::<f32>() * (self.theta.len() + twin)
    }
}

/// A network in training.
pub struct NetworkModel {
    run: NetworkRun<f32>,
    columns: &'static [Metric],
    zero: LossPair,
    level: f64,
    // Factor on η₀, and on λ, at this α.
    factors: (f64, f64),
    crew: Arc<dyn Crew>,
    judged: Judged,
    losses: LossPair,
    measured: bool,
    next_look: u64,
    next_errors: u64,
    flow_time: f64,
    // What a row measured last, at this step, so that it is not measured twice.
    scored: Option<(u64, Scored, Scored)>,
}

/// A run's network, data and initial weights from its settings.
///
/// # Errors
/// Settings that do not fit each other.
pub fn setup(config: &ValidConfig) -> Result<Setup<f32>, SimulationError> {
    let made = match config.network.family.name() {
        "modular_mlp" => modular_settings(config).setup(),
        "transformer" => transformer_settings(config).setup(),
        "student_teacher" => pair_settings(config).setup(),
        _ => {
            let files = &config.images;
            let images = images::load(&files.images, &files.labels).map_err(misfit)?;
            image_settings(config).setup(&images)
        }
    };
    let mut setup = made.map_err(misfit)?;
    let (rate, decay) = factors(config);
    let training = &config.training;
    let optimizer = &config.optimizer;
    setup.settings.objective.centred = config.network.centered;
    setup.settings.optimiser = OptimiserSettings {
        rule: match optimizer.kind {
            OptimizerKind::Sgd => Rule::Sgd,
            OptimizerKind::Momentum => Rule::Momentum {
                momentum: training.momentum,
            },
            OptimizerKind::AdamW => Rule::AdamW {
                beta1: 0.9,
                beta2: optimizer.beta2,
                epsilon: 1e-8,
            },
        },
        learning_rate: rate * training.learning_rate,
        weight_decay: decay * training.weight_decay,
        warm_up: optimizer.warm_up,
    };
    setup.settings.order = match optimizer.batch {
        0 => Order::Full,
        size => Order::Slices(size),
    };
    setup.settings.linearised = optimizer.linearised;
    Ok(setup)
}

fn misfit(misfit: Misfit) -> SimulationError {
    SimulationError::Model(misfit.to_string())
}

/// Factors on η₀ and λ at the α of the settings.
fn factors(config: &ValidConfig) -> (f64, f64) {
    let optimizer = &config.optimizer;
    let rate = optimizer.rate_rule.factor(config.network.alpha);
    let decay = match optimizer.fixed_decay_clock {
        true => 1.0 / rate,
        false => 1.0,
    };
    (rate, decay)
}

fn width(config: &ValidConfig) -> usize {
    match config.network.width {
        Width::Finite(n) => n,
        // A checked config of these families has a finite width.
        Width::Infinite => 1,
    }
}

fn modular_settings(config: &ValidConfig) -> ModularSettings {
    ModularSettings {
        p: config.modular.modulus,
        units: width(config),
        train_fraction: config.modular.train_fraction,
        alpha: config.network.alpha,
        base_rate: config.training.learning_rate,
        init_scale: config.network.init_scale,
        centred: config.network.centered,
        seed: config.seed,
    }
}

fn transformer_settings(config: &ValidConfig) -> TransformerSettings {
    TransformerSettings {
        p: config.modular.modulus,
        width: width(config),
        heads: config.transformer.heads,
        mlp: config.transformer.mlp,
        train_fraction: config.modular.train_fraction,
        alpha: config.network.alpha,
        centred: config.network.centered,
        init_scale: config.network.init_scale,
        base_rate: config.training.learning_rate,
        rate_rule: TransformerRate::Fixed,
        weight_decay: config.training.weight_decay,
        fixed_decay_clock: false,
        warm_up: config.optimizer.warm_up,
        same_key: config.transformer.same_key,
        seed: config.seed,
    }
}

fn pair_settings(config: &ValidConfig) -> PairSettings {
    let pair = &config.student_teacher;
    let mut sizes = vec![pair.inputs];
    sizes.extend(std::iter::repeat_n(width(config), pair.layers));
    sizes.push(pair.outputs);
    PairSettings {
        sizes,
        biases: pair.biases,
        init: match pair.draw {
            PairDraw::Uniform => PairInit::Uniform,
            PairDraw::Normal => PairInit::Normal,
        },
        student_scale: config.network.init_scale,
        train: config.task.samples,
        test: config.task.test_samples,
        alpha: config.network.alpha,
        learning_rate: config.training.learning_rate,
        weight_decay: config.training.weight_decay,
        threshold: config.outcome.accuracy_tolerance,
        seed: config.seed,
    }
}

fn image_settings(config: &ValidConfig) -> ImageSettings {
    let images = &config.images;
    ImageSettings {
        pool: images.pool,
        hidden: vec![width(config); images.layers],
        scaling: match images.scaling {
            WeightScaling::Ordinary => super::dense::Scaling::Ordinary,
            WeightScaling::Notebook => super::dense::Scaling::Notebook,
        },
        weight_scale: config.network.init_scale,
        train: config.task.samples,
        test: config.task.test_samples,
        test_from: images.test_from,
        batch: config.optimizer.batch,
        alpha: config.network.alpha,
        learning_rate: config.training.learning_rate,
        weight_decay: config.training.weight_decay,
        seed: config.seed,
    }
}

pub(in crate::sim) fn modular_mlp(config: &ValidConfig) -> Result<Box<dyn Model>, SimulationError> {
    NetworkModel::boxed(config, MODULAR_COLUMNS)
}

pub(in crate::sim) fn transformer(config: &ValidConfig) -> Result<Box<dyn Model>, SimulationError> {
    NetworkModel::boxed(config, MODULAR_COLUMNS)
}

pub(in crate::sim) fn student_teacher(
    config: &ValidConfig,
) -> Result<Box<dyn Model>, SimulationError> {
    NetworkModel::boxed(config, COLUMNS)
}

pub(in crate::sim) fn image_mlp(config: &ValidConfig) -> Result<Box<dyn Model>, SimulationError> {
    NetworkModel::boxed(config, COLUMNS)
}

impl NetworkModel {
    fn boxed(
        config: &ValidConfig,
        columns: &'static [Metric],
    ) -> Result<Box<dyn Model>, SimulationError> {
        let setup = setup(config)?;
        let (objective, problem) = (setup.settings.objective, Arc::clone(&setup.problem));
        let mut targets = problem.examples.clone();
        let mut chance = |rows: &[u32]| {
            targets.gather(&problem.examples, rows);
            objective.chance(&targets)
        };
        let zero = LossPair {
            train: chance(&problem.train),
            test: (!problem.test.is_empty()).then(|| chance(&problem.test)),
        };
        let run = setup.run(&Alone).map_err(misfit)?;
        Ok(Box::new(Self {
            run,
            columns,
            losses: zero,
            zero,
            level: config.outcome.accuracy_level,
            factors: factors(config),
            crew: Arc::new(Alone),
            judged: Judged::default(),
            measured: false,
            next_look: 0,
            next_errors: 0,
            flow_time: 0.0,
            scored: None,
        }))
    }

    /// Losses and answers of every example at the step that the run stands at.
    fn score(&mut self) -> &(u64, Scored, Scored) {
        let step = self.run.step();
        let known = self.scored.take().filter(|(at, ..)| *at == step);
        let scored = known.unwrap_or_else(|| {
            let (train, test) = self.run.scores(self.crew.as_ref());
            (step, train, test)
        });
        self.scored.insert(scored)
    }

    fn has_test(&self) -> bool {
        self.zero.test.is_some()
    }

    /// The run.
    pub fn run(&self) -> &NetworkRun<f32> {
        &self.run
    }
}

/// The next of the steps that are evenly spaced in log time, at most `per_decade` a
/// decade.
fn spaced(step: u64, per_decade: f64) -> u64 {
    let next = (step as f64 * 10f64.powf(1.0 / per_decade)).ceil() as u64;
    next.max(step + 1)
}

impl Model for NetworkModel {
    fn columns(&self) -> &'static [Metric] {
        self.columns
    }

    fn zero_losses(&self) -> LossPair {
        self.zero
    }

    fn judge(&self) -> Judge {
        Judge::Accuracy
    }

    fn next_stop(&self, step: u64, end: u64) -> u64 {
        self.next_look.max(step + 1).min(end)
    }

    fn advance(&mut self, from: u64, to: u64, training: &TrainingConfig) -> Moved {
        self.run.advance(to - from, self.crew.as_ref());
        self.flow_time += training.learning_rate * (to - from) as f64;
        Moved::default()
    }

    fn evaluate(&mut self, step: u64, training: &TrainingConfig) -> Option<f64> {
        self.measured = false;
        if self.run.diverged().is_some() {
            return Some(f64::NAN);
        }
        if step < self.next_look && step < training.steps {
            return None;
        }
        self.next_look = spaced(step, LOOKS);
        self.measured = true;
        let (level, has_test) = (self.level, self.has_test());
        let (_, train, test) = self.score();
        let losses = LossPair {
            train: train.loss(),
            test: has_test.then(|| test.loss()),
        };
        let (fit, general) = (train.accuracy() >= level, test.accuracy() >= level);
        self.losses = losses;
        self.judged.fit.observe(step, fit);
        if has_test {
            self.judged.generalise.observe(step, general);
        }
        // A loss that is no number is told of before the weights are none either.
        losses.train.is_nan().then_some(f64::NAN)
    }

    fn losses(&self) -> LossPair {
        self.losses
    }

    fn is_measured(&self) -> bool {
        self.measured
    }

    fn change(&mut self, _: u64, _: &TrainingConfig, after: &TrainingConfig) {
        let (rate, decay) = self.factors;
        self.run
            .set_rates(rate * after.learning_rate, decay * after.weight_decay);
    }

    fn measure(&mut self, row: &mut Row, _: &TrainingConfig, every_column: bool) {
        let has_test = self.has_test();
        // By the error of an example, at any threshold.
        let accuracy = self.run.settings().objective.accuracy;
        let by_error = matches!(accuracy, AccuracyKind::Threshold(_));
        let keep_errors = by_error && row.step >= self.next_errors;
        if keep_errors {
            self.next_errors = spaced(row.step, ERRORS);
        }
        let (_, train, test) = self.score();
        row.set(Metric::TrainLoss, train.loss());
        row.set(Metric::TrainAccuracy, train.accuracy());
        if has_test {
            row.set(Metric::SampleTestLoss, test.loss());
            row.set(Metric::TestAccuracy, test.accuracy());
        }
        if keep_errors {
            let errors = |scored: &Scored| Errors::new(scored.losses.iter().copied()).thinned();
            row.keep_errors(ErrorProfile {
                train: errors(train),
                test: has_test.then(|| errors(test)),
            });
        }
        if let Some((train, test)) = self.run.linearised_scores(self.crew.as_ref()) {
            row.set(Metric::LinTrainLoss, train.loss());
            row.set(Metric::LinTrainAccuracy, train.accuracy());
            if has_test {
                row.set(Metric::SampleLinTestLoss, test.loss());
                row.set(Metric::LinTestAccuracy, test.accuracy());
            }
        }
        let readings = self.run.readings(every_column);
        row.set(Metric::FlowTime, self.flow_time);
        row.set(Metric::WeightNormSq, readings.norm_sq);
        row.set(Metric::ParamMovement, readings.movement.powi(2));
        row.set(Metric::LearningRate, readings.learning_rate);
        row.set(Metric::DecayRate, readings.decay_rate);
        if let Some(kernel) = readings.kernel {
            row.set(Metric::CenteredAlignment, kernel.alignment);
            row.set(Metric::NtkDrift, kernel.drift);
            row.set(Metric::NtkRelativeAlignment, 1.0 - kernel.turn);
        }
        if let Some((effective, share)) = readings.frequencies {
            row.set(Metric::EffectiveFrequencies, effective);
            row.set(Metric::FrequencyShare, share);
        }
    }

    fn by_accuracy(&self) -> Option<Judged> {
        Some(self.judged)
    }

    fn weights(&self) -> Arc<dyn Weights> {
        Arc::new(NetworkWeights {
            theta: self.run.weights(),
            linearised: self.run.linearised_weights().map(Into::into),
        })
    }

    fn initial_weights(&self) -> Arc<dyn Weights> {
        let theta = Arc::clone(self.run.initial_weights());
        Arc::new(NetworkWeights {
            linearised: self.run.settings().linearised.then(|| Arc::clone(&theta)),
            theta,
        })
    }

    fn note(&self, _: &TrainingConfig) -> Option<String> {
        (!self.run.settings().linearised).then(|| {
            "the lazy twin is not trained: optimizer.linearised = false (the columns lin_* stay \
             empty)"
                .to_owned()
        })
    }

    fn save(&self, to: &mut Writer) {
        self.run.checkpoint().save(to);
        to.number(self.flow_time);
        to.count(self.next_look);
        self.judged.save(to);
        to.number(self.losses.train);
        to.optional_number(self.losses.test);
    }

    fn restore(
        &mut self,
        step: u64,
        training: &TrainingConfig,
        from: &mut Reader,
    ) -> Result<(), Mismatch> {
        let checkpoint = Checkpoint::restored(from, &self.run.checkpoint())?;
        if checkpoint.step() != step {
            return Err(Mismatch);
        }
        self.run.restore(&checkpoint);
        self.flow_time = from.number()?;
        self.next_look = from.count()?;
        self.judged = Judged::restored(from)?;
        self.losses = LossPair {
            train: from.number()?,
            test: from.optional_number()?,
        };
        self.scored = None;
        self.change(step, training, training);
        Ok(())
    }

    fn use_threads(&mut self, crew: Arc<dyn Crew>) {
        self.crew = crew;
    }
}
