//! The committee machine as a [`Model`]: dynamics, meters, and what is followed from
//! step to step.

use super::accuracy::AccuracyMeter;
use super::draws::Draws;
use super::engine::{Engine, Losses};
use super::flow::FlowEngine;
use super::following::{AccuracyWatch, Reached, Replay, StabilityLooks};
use super::instance::Instance;
use super::linearized::{LazyTime, LearningRates, Linearized, NoLinearized};
use super::measure::Meter;
use super::moments::{InitialWeights, MomentState};
use super::moments_engine::MomentsEngine;
use super::neurons::{Network, NeuronsEngine};
use super::sampled::Sampled;
use super::stability::StabilityWatch;
use super::task::Task;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::config::{ConfigError, EngineKind, TrainingConfig, ValidConfig};
use crate::sim::metrics::{Metric, Row};
use crate::sim::model::{GoOn, LossPair, Model, Moved, Weights};
use crate::sim::outcome::{Crossings, Thresholds};
use crate::sim::verdict::{Judged, Peak, Stability, fixed_thresholds};
use std::sync::Arc;

/// The columns of its rows.
pub const COLUMNS: &[Metric] = &[
    Metric::TrainLoss,
    Metric::TestLoss,
    Metric::VarianceError,
    Metric::MisalignmentError,
    Metric::LinearPower,
    Metric::SampleTestLoss,
    Metric::TrainAccuracy,
    Metric::TestAccuracy,
    Metric::LinTrainLoss,
    Metric::LinTestLoss,
    Metric::SampleLinTestLoss,
    Metric::PopulationAlignment,
    Metric::Alignment,
    Metric::CenteredAlignment,
    Metric::ColumnCenteredAlignment,
    Metric::TestAlignment,
    Metric::TestCenteredAlignment,
    Metric::TestColumnCenteredAlignment,
    Metric::FeatureAlignment,
    Metric::FeatureEigenvalue1,
    Metric::FeatureEigenvalue2,
    Metric::FeatureEigenvalue3,
    Metric::EffectiveRank,
    Metric::NtkDrift,
    Metric::NtkRelativeAlignment,
    Metric::WeightNormSq,
    Metric::ParamMovement,
    Metric::Stability,
    Metric::LearningRate,
    Metric::FlowTime,
];

impl Weights for MomentState {
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<f64>() * (self.mean.len() + self.factor.len())
    }
}

/// What moves the weights.
enum Dynamics {
    /// Gradient descent, step by step.
    Descent(Box<dyn Engine>),
    /// Gradient flow, in one go to any time.
    Flow(Box<FlowEngine>),
}

/// A committee machine in training.
pub struct Committee {
    task: Arc<Task>,
    initial_weights: InitialWeights,
    initial: Arc<MomentState>,
    dynamics: Dynamics,
    seeded: bool,
    accuracy_watch: Option<AccuracyWatch>,
    stability: StabilityLooks,
    watch: StabilityWatch,
    meter: Meter,
    accuracy: AccuracyMeter,
    flow_time: f64,
    // Step and flow time at which the learning rate in force took hold.
    rate_since: (u64, f64),
    rates: LearningRates,
    decayed: bool,
    losses: Losses,
    sample_test_loss: Option<f64>,
}

impl Committee {
    /// At step 0; `instance` replaces the sampled data and weights, and the config
    /// fits it.
    ///
    /// # Errors
    /// Settings that do not fit the data that they draw.
    pub fn new(config: &ValidConfig, instance: Option<&Instance>) -> Result<Self, ConfigError> {
        let sampled = match instance {
            Some(instance) => Sampled::from_instance(config, instance),
            None => Sampled::new(config)?,
        };
        let problem = sampled.problem(config);
        let Sampled {
            task,
            weights: initial_weights,
            initial,
        } = sampled;
        let momentum = config.training.momentum;
        let meter_problem = problem.clone();
        let mut initial_network = None;
        let (dynamics, initial) = match config.training.engine {
            EngineKind::Moments => {
                let engine = MomentsEngine::new(problem, &initial).with_momentum(momentum);
                (Dynamics::Descent(Box::new(engine)), initial)
            }
            EngineKind::Neurons => {
                // A checked config has a finite width here.
                let weights = initial_weights.matrix().unwrap_or_default();
                let mut network = Network::new(&problem, weights);
                if config.network.train_readouts {
                    let n = network.width();
                    network.readouts = Some(Draws::of(config).readouts(n));
                }
                let engine = NeuronsEngine::of(problem, network, momentum);
                initial_network = engine.network().cloned();
                // With a column for each neuron, as all later ones.
                let initial = Arc::new(engine.state());
                (Dynamics::Descent(Box::new(engine)), initial)
            }
            EngineKind::Flow => {
                let decay = config.training.weight_decay;
                let zero_train = task.zero_train_loss();
                let zero_test = task.zero_test_loss().unwrap_or(f64::NAN);
                let thresholds = Thresholds::new(&config.outcome, zero_train, zero_test);
                let marks = fixed_thresholds(zero_train, zero_test);
                let engine = FlowEngine::new(problem, &initial, decay, thresholds, marks);
                (Dynamics::Flow(Box::new(engine)), initial)
            }
        };
        let mut meter = Meter::new(meter_problem, Arc::clone(&initial)).with_momentum(momentum);
        if let Some(network) = initial_network {
            meter = meter.with_network(network);
        }
        Ok(Self {
            accuracy_watch: Some(AccuracyWatch::new()),
            stability: StabilityLooks::new(),
            watch: StabilityWatch::new(),
            accuracy: AccuracyMeter::new(Arc::clone(&task), config.seed, &config.outcome),
            meter,
            rates: LearningRates::with_momentum(momentum),
            seeded: config.task.draw.is_seeded(),
            task,
            initial_weights,
            initial,
            dynamics,
            flow_time: 0.0,
            rate_since: (0, 0.0),
            decayed: false,
            losses: Losses {
                train: 0.0,
                test: None,
            },
            sample_test_loss: None,
        })
    }

    fn descend(&mut self, from: u64, to: u64, training: &TrainingConfig) {
        for _ in from..to {
            if let Dynamics::Descent(engine) = &mut self.dynamics {
                engine.update(training.learning_rate, training.weight_decay);
            }
            self.flow_time += training.learning_rate;
            self.rates.push(training.learning_rate, 1);
            self.decayed |= training.weight_decay > 0.0;
        }
    }

    fn flow(&mut self, from: u64, to: u64, training: &TrainingConfig, go_on: GoOn) -> Moved {
        let Dynamics::Flow(flow) = &mut self.dynamics else {
            return Moved::default();
        };
        // From where the rate took hold: the same at any pace.
        let (step, start) = self.rate_since;
        let time_at = |end: u64| start + training.learning_rate * (end.saturating_sub(step)) as f64;
        let (time, horizon) = (time_at(to), time_at(training.steps));
        // The last step that lies behind, none before the first and after the last.
        let last_step = |reached: f64| {
            let steps = ((reached - start) / training.learning_rate).floor();
            (step + steps.max(0.0) as u64).clamp(from, to)
        };
        let whole = |reached: f64| {
            let last = last_step(reached);
            // Rounding may put a step just behind where it is.
            time_at(if time_at(last) > reached && last > from {
                last - 1
            } else {
                last
            })
        };
        let moved = flow.advance_while(time, horizon, training.weight_decay, &whole, go_on);
        let time = moved.ok().flatten().unwrap_or(time);
        let ended_at = (moved.is_ok_and(|ended| ended.is_some()))
            .then(|| (step + ((time - start) / training.learning_rate).round() as u64).max(from));
        // A loss crosses between two steps; it is seen at the later one.
        let rate = training.learning_rate;
        let step_at = |time: f64| step + ((time - start) / rate).ceil().max(0.0) as u64;
        // Those found earlier were at another learning rate, perhaps.
        let new = |time: Option<f64>| time.filter(|t| *t > start).map(step_at);
        let crossings = flow.crossings().map(|c| Crossings {
            fit: new(c.fit),
            generalise: new(c.generalise),
        });
        let peak = flow.peak().map(|(time, test_loss)| Peak {
            step: step_at(time),
            test_loss,
        });
        self.flow_time = time;
        self.decayed |= training.weight_decay > 0.0;
        Moved {
            crossings,
            peak,
            // The exact flow cannot diverge; its numbers can leave the range of f64.
            failed: moved.is_err(),
            ended_at,
        }
    }

    fn measure_losses(&mut self) {
        self.losses = match &mut self.dynamics {
            Dynamics::Descent(engine) => engine.evaluate(),
            Dynamics::Flow(flow) => flow.losses(),
        };
        // Without a known target generalisation is judged on the test set.
        self.sample_test_loss = match self.losses.test {
            Some(_) => None,
            None => self.meter.sample_test_loss(&self.state(), self.network()),
        };
    }

    /// A kernel that has to be formed is decomposed only where that is cheap.
    fn can_look_at_stability(&self, step: u64) -> bool {
        const MOST: usize = 256;
        let (p, d) = self.task.x.dim();
        match self.network() {
            Some(_) => p <= MOST,
            // It costs as much as some thirty steps, and O(D³).
            None => d <= 2 * MOST || step >= 1000,
        }
    }

    /// Looks at the accuracies: on the train set at every step of descent, on test
    /// points where it is time, or with `at_once`.
    fn follow_accuracy(&mut self, step: u64, training: &TrainingConfig, at_once: bool) {
        let Some(mut watch) = self.accuracy_watch.take() else {
            return;
        };
        let (meter, accuracy) = (&self.meter, &self.accuracy);
        if let Dynamics::Descent(engine) = &self.dynamics {
            let reached = accuracy.train_reached(engine.residual());
            watch.observe_train(step, reached);
        }
        if at_once || step >= watch.next_look() {
            let state = self.state();
            let test = accuracy.test_reached(meter, &state, self.network());
            let train = match &self.dynamics {
                Dynamics::Descent(engine) => accuracy.train_reached(engine.residual()),
                Dynamics::Flow(_) => accuracy.train_state_reached(meter, &state, None),
            };
            let descends = matches!(self.dynamics, Dynamics::Descent(_));
            let reached = |replay: &Replay| -> Reached {
                let (state, network) = (replay.state(), replay.network());
                // Of descent every step of the train set has been seen.
                let train = !descends && accuracy.train_state_reached(meter, &state, network);
                (train, accuracy.test_reached(meter, &state, network))
            };
            watch.look(step, (train, test), &reached, || {
                self.replay(step, training)
            });
        }
        self.accuracy_watch = Some(watch);
    }

    fn replay(&self, step: u64, training: &TrainingConfig) -> Replay {
        let (learning_rate, weight_decay) = (training.learning_rate, training.weight_decay);
        match &self.dynamics {
            Dynamics::Descent(engine) => Replay::Descent {
                engine: engine.snapshot(),
                learning_rate,
                weight_decay,
            },
            Dynamics::Flow(flow) => Replay::Flow {
                engine: flow.clone(),
                learning_rate,
                weight_decay,
                origin: self.flow_time - learning_rate * step as f64,
            },
        }
    }

    /// Losses of the linearised model. At step 0 they are the network's own,
    /// so that a run that goes no further pays for no eigendecomposition.
    fn measure_lazy(&self, row: &mut Row) {
        if row.step > 0 {
            self.meter.lazy(row, &self.lazy_time());
            return;
        }
        for (network, lazy) in [
            (Metric::TrainLoss, Metric::LinTrainLoss),
            (Metric::TestLoss, Metric::LinTestLoss),
            (Metric::SampleTestLoss, Metric::SampleLinTestLoss),
        ] {
            if let Some(loss) = row.get(network) {
                row.set(lazy, loss);
            }
        }
    }

    fn has_linearized(&self, training: &TrainingConfig) -> Result<(), NoLinearized> {
        if self.decayed || training.weight_decay > 0.0 {
            return Err(NoLinearized::WeightDecay);
        }
        self.meter.linearizable()
    }

    /// The linearised model beside the run: an eigendecomposition when first
    /// asked for.
    ///
    /// # Errors
    /// Why there is none.
    pub fn linearized(&self, training: &TrainingConfig) -> Result<&Linearized, NoLinearized> {
        self.has_linearized(training)?;
        self.meter.linearized()
    }

    /// The current step as the linearised model counts time: the same steps
    /// with the same learning rates, also where they were changed on the way, or
    /// the same flow time.
    pub fn lazy_time(&self) -> LazyTime {
        match self.dynamics {
            Dynamics::Descent(_) => LazyTime::Descent(self.rates.clone()),
            Dynamics::Flow(_) => LazyTime::Flow(self.flow_time),
        }
    }

    /// Data and target.
    pub fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// Current weights as moments.
    pub fn state(&self) -> MomentState {
        match &self.dynamics {
            Dynamics::Descent(engine) => engine.state(),
            Dynamics::Flow(flow) => flow.state(),
        }
    }

    /// The network itself, where the moments of its weights do not determine its
    /// function and kernel: trained readouts, Hermite activations.
    pub fn network(&self) -> Option<&Network> {
        match &self.dynamics {
            Dynamics::Descent(engine) => engine.network(),
            Dynamics::Flow(_) => None,
        }
    }

    /// Initial weights as moments.
    pub fn initial(&self) -> &Arc<MomentState> {
        &self.initial
    }

    /// Where the initial weights came from: gives any neuron back.
    pub fn initial_neurons(&self) -> &InitialWeights {
        &self.initial_weights
    }
}

impl Model for Committee {
    fn columns(&self) -> &'static [Metric] {
        COLUMNS
    }

    fn zero_losses(&self) -> LossPair {
        LossPair {
            train: self.task.zero_train_loss(),
            test: self.task.zero_test_loss(),
        }
    }

    fn jumps(&self) -> bool {
        matches!(self.dynamics, Dynamics::Flow(_))
    }

    fn next_stop(&self, step: u64, end: u64) -> u64 {
        match self.dynamics {
            Dynamics::Descent(_) => (step + 1).min(end),
            // In pieces from look to look, on the integrator's own steps.
            Dynamics::Flow(_) => {
                let look = self.accuracy_watch.as_ref().map(AccuracyWatch::next_look);
                look.filter(|look| *look > step).unwrap_or(end).min(end)
            }
        }
    }

    fn advance(&mut self, from: u64, to: u64, training: &TrainingConfig) -> Moved {
        self.advance_while(from, to, training, &mut || true)
    }

    fn advance_while(
        &mut self,
        from: u64,
        to: u64,
        training: &TrainingConfig,
        go_on: GoOn,
    ) -> Moved {
        match self.dynamics {
            Dynamics::Descent(_) => {
                self.descend(from, to, training);
                Moved::default()
            }
            Dynamics::Flow(_) => self.flow(from, to, training, go_on),
        }
    }

    fn evaluate(&mut self, step: u64, training: &TrainingConfig) -> Option<f64> {
        self.measure_losses();
        self.follow_accuracy(step, training, step == training.steps);
        if let Dynamics::Flow(_) = self.dynamics {
            return None;
        }
        let may_rise = training.weight_decay > 0.0 || training.momentum > 0.0;
        self.stability.observe(step, self.losses.train, may_rise);
        if self.watch.observe(self.losses.train) {
            let stable = self.watch.stable_learning_rate(training, |engine| {
                self.meter
                    .largest_stable_rate(&engine.state(), engine.network())
            });
            return Some(stable);
        }
        if self.can_look_at_stability(step) {
            let rate = training.learning_rate / (1.0 + training.momentum);
            let mut looks = self.stability;
            looks.look(step, || {
                rate * (self.meter).top_eigenvalue_per_sample(&self.state(), self.network())
            });
            self.stability = looks;
        }
        None
    }

    fn losses(&self) -> LossPair {
        LossPair {
            train: self.losses.train,
            test: (self.losses.test.map(|t| t.total())).or(self.sample_test_loss),
        }
    }

    fn change(&mut self, step: u64, before: &TrainingConfig, after: &TrainingConfig) {
        // What lies between two looks is trained again at one learning rate.
        self.follow_accuracy(step, before, true);
        if after.learning_rate != before.learning_rate {
            self.rate_since = (step, self.flow_time);
        }
        // From here on it is trained again at the new one.
        if let Some(mut watch) = self.accuracy_watch.take() {
            watch.begin_again(step, || self.replay(step, after));
            self.accuracy_watch = Some(watch);
        }
        self.watch.restart();
        if let Dynamics::Descent(engine) = &self.dynamics {
            self.watch.remember(engine.as_ref());
        }
    }

    fn measure(&mut self, row: &mut Row, training: &TrainingConfig, every_column: bool) {
        if let Dynamics::Descent(engine) = &self.dynamics {
            self.watch.remember(engine.as_ref());
        }
        let state = self.state();
        self.meter.losses(
            row,
            &self.losses,
            self.sample_test_loss,
            &state,
            self.network(),
        );
        self.meter.cheap(row, &state);
        let network = match &self.dynamics {
            Dynamics::Descent(engine) => engine.network(),
            Dynamics::Flow(_) => None,
        };
        self.accuracy.measure(&self.meter, &state, network, row);
        self.meter
            .training(row, training.learning_rate, self.flow_time);
        if every_column {
            self.meter.spectrum(row, &state);
            self.meter
                .gram(row, &state, self.network(), training.learning_rate);
            if self.has_linearized(training).is_ok() {
                self.measure_lazy(row);
            }
        }
    }

    fn by_accuracy(&self) -> Option<Judged> {
        self.accuracy_watch.as_ref().map(AccuracyWatch::judged)
    }

    fn forgo_accuracy(&mut self) {
        self.accuracy_watch = None;
    }

    fn stability(&self) -> Stability {
        self.stability.stability
    }

    /// η₀λ_max(K_t)/P, over 1 + μ with momentum. `None` for the flow, which takes no
    /// steps.
    fn stability_now(&self, training: &TrainingConfig) -> Option<f64> {
        let Dynamics::Descent(engine) = &self.dynamics else {
            return None;
        };
        let top = (self.meter).top_eigenvalue_per_sample(&engine.state(), engine.network());
        Some(training.learning_rate * top / (1.0 + training.momentum))
    }

    fn weights(&self) -> Arc<dyn Weights> {
        Arc::new(self.state())
    }

    fn initial_weights(&self) -> Arc<dyn Weights> {
        self.initial.clone()
    }

    fn note(&self, training: &TrainingConfig) -> Option<String> {
        let lazy = self
            .has_linearized(training)
            .err()
            .map(|why| format!("{why} (the columns lin_* stay empty)"));
        let draw = (!self.seeded).then(|| {
            "the random numbers are those of the paper's authors: the seed chooses nothing"
                .to_owned()
        });
        let notes: Vec<String> = draw
            .into_iter()
            .chain(self.task.note.iter().cloned())
            .chain(lazy)
            .collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    fn save(&self, to: &mut Writer) {
        // Settings, data and what is measured at a row follow from the settings.
        let Self {
            task: _,
            initial_weights: _,
            initial: _,
            dynamics,
            seeded: _,
            // For sweeps, which do not follow it.
            accuracy_watch: _,
            stability,
            watch,
            meter: _,
            accuracy: _,
            flow_time,
            rate_since,
            rates,
            decayed,
            losses: _,
            sample_test_loss: _,
        } = self;
        to.number(*flow_time);
        to.count(rate_since.0);
        to.number(rate_since.1);
        to.flag(*decayed);
        rates.save(to);
        stability.save(to);
        match dynamics {
            Dynamics::Descent(engine) => {
                engine.save(to);
                watch.save(to);
            }
            // Its losses are not watched.
            Dynamics::Flow(flow) => flow.save(to),
        }
    }

    /// It trains on from there to the same bits; the accuracies are not followed any
    /// more.
    fn restore(&mut self, _: u64, _: &TrainingConfig, from: &mut Reader) -> Result<(), Mismatch> {
        self.flow_time = from.number()?;
        self.rate_since = (from.count()?, from.number()?);
        self.decayed = from.flag()?;
        self.rates.restore(from)?;
        self.stability = StabilityLooks::restored(from)?;
        self.accuracy_watch = None;
        match &mut self.dynamics {
            Dynamics::Descent(engine) => {
                engine.restore(from)?;
                self.watch.restore(from, engine.as_ref())?;
            }
            Dynamics::Flow(flow) => flow.restore(from)?,
        }
        self.measure_losses();
        Ok(())
    }
}
