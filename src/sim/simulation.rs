//! A run: engine, record schedule, metrics, crossings and the watch for
//! divergence. Frontends differ only in when they call it.

use super::checkpoint::{Mismatch, Reader, Writer};
use super::committee::accuracy::AccuracyMeter;
use super::committee::draws::Draws;
use super::committee::engine::{Engine, Losses};
use super::committee::flow::FlowEngine;
use super::committee::instance::{Instance, InstanceError};
use super::committee::linearized::{LazyTime, LearningRates, Linearized, NoLinearized};
use super::committee::measure::Meter;
use super::committee::moments::{InitialWeights, MomentState};
use super::committee::moments_engine::MomentsEngine;
use super::committee::neurons::{Network, NeuronsEngine};
use super::committee::sampled::Sampled;
use super::committee::stability::StabilityWatch;
use super::committee::task::Task;
use super::config::{ConfigError, EngineKind, LiveSetting, TrainingConfig, ValidConfig};
use super::following::{AccuracyWatch, Reached, Replay, StabilityLooks};
use super::metrics::{Metric, Row};
use super::outcome::{Crossings, Outcome, Thresholds};
use super::schedule::Schedule;
use super::verdict::{Criteria, Peak, Status, Verdict, fixed_thresholds};
use std::sync::Arc;

/// Why a run cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The instance.
    #[error(transparent)]
    Instance(#[from] InstanceError),
}

/// What moves the weights.
enum Dynamics {
    /// Gradient descent, step by step.
    Descent(Box<dyn Engine>),
    /// Gradient flow, in one go to any time.
    Flow(Box<FlowEngine>),
}

/// One training run, at one step.
pub struct Simulation {
    config: ValidConfig,
    // η₀, λ and the horizon in force, and the step at which they change next.
    now: TrainingConfig,
    next_change: u64,
    task: Arc<Task>,
    initial_weights: InitialWeights,
    initial: Arc<MomentState>,
    dynamics: Dynamics,
    schedule: Schedule,
    criteria: Criteria,
    accuracy_watch: Option<AccuracyWatch>,
    stability: StabilityLooks,
    peak: Option<Peak>,
    watch: StabilityWatch,
    meter: Meter,
    accuracy: AccuracyMeter,
    step: u64,
    next_record: u64,
    flow_time: f64,
    // Step and flow time at which the learning rate in force took hold.
    rate_since: (u64, f64),
    rates: LearningRates,
    decayed: bool,
    losses: Losses,
    sample_test_loss: Option<f64>,
    diverged: Option<(u64, f64)>,
}

impl Simulation {
    /// A run at step 0. An instance replaces the sampled data and weights and
    /// fixes D, P and N.
    ///
    /// # Errors
    /// An instance whose arrays do not fit, or settings that do not fit it.
    pub fn new(config: &ValidConfig, instance: Option<&Instance>) -> Result<Self, SimulationError> {
        let config = effective_config(config, instance)?;
        let sampled = match instance {
            Some(instance) => Sampled::from_instance(instance),
            None => Sampled::new(&config)?,
        };
        let problem = sampled.problem(&config);
        let Sampled {
            task,
            weights: initial_weights,
            initial,
        } = sampled;
        let zero_train = task.zero_train_loss();
        let zero_test = task.zero_test_loss().unwrap_or(f64::NAN);
        let thresholds = Thresholds::new(&config.outcome, zero_train, zero_test);
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
                    network.readouts = Some(Draws::of(&config).readouts(n));
                }
                let engine = NeuronsEngine::of(problem, network, momentum);
                initial_network = engine.network().cloned();
                // With a column for each neuron, as all later ones.
                let initial = Arc::new(engine.state());
                (Dynamics::Descent(Box::new(engine)), initial)
            }
            EngineKind::Flow => {
                let decay = config.training.weight_decay;
                let marks = fixed_thresholds(zero_train, zero_test);
                let engine = FlowEngine::new(problem, &initial, decay, thresholds, marks);
                (Dynamics::Flow(Box::new(engine)), initial)
            }
        };
        let mut meter = Meter::new(meter_problem, Arc::clone(&initial)).with_momentum(momentum);
        if let Some(network) = initial_network {
            meter = meter.with_network(network);
        }
        let mut simulation = Self {
            schedule: Schedule::new(&config.record),
            criteria: Criteria::new(thresholds, zero_train, zero_test),
            accuracy_watch: Some(AccuracyWatch::new()),
            stability: StabilityLooks::new(),
            peak: None,
            watch: StabilityWatch::new(),
            accuracy: AccuracyMeter::new(Arc::clone(&task), config.seed, &config.outcome),
            meter,
            rates: LearningRates::with_momentum(momentum),
            now: config.training.after(0),
            next_change: next_change(&config.training, 0),
            config,
            task,
            initial_weights,
            initial,
            dynamics,
            step: 0,
            next_record: 0,
            flow_time: 0.0,
            rate_since: (0, 0.0),
            decayed: false,
            losses: Losses {
                train: 0.0,
                test: None,
            },
            sample_test_loss: None,
            diverged: None,
        };
        simulation.evaluate();
        Ok(simulation)
    }

    /// The same without following the accuracies from step to step, which costs
    /// more than the steps of a short run.
    pub fn without_accuracy(mut self) -> Self {
        self.accuracy_watch = None;
        self
    }

    /// Trains until the next recorded step, at most `max_steps` steps and not
    /// past the horizon. Returns whether the step reached is one to record: one of
    /// the schedule or, unless the steps are listed, the last one.
    pub fn advance(&mut self, max_steps: u64) -> bool {
        if self.next_change <= self.step {
            self.take_hold();
        }
        if self.next_record <= self.step {
            self.next_record = self.schedule.next_after(self.step).unwrap_or(u64::MAX);
        }
        let end = self
            .next_record
            .min(self.now.steps)
            .min(self.next_change)
            .min(self.step.saturating_add(max_steps));
        match &self.dynamics {
            Dynamics::Descent(_) => self.descend_to(end),
            // In pieces from look to look, on the integrator's own steps.
            Dynamics::Flow(_) => {
                while self.step < end && self.diverged.is_none() {
                    let look = self.accuracy_watch.as_ref().map(AccuracyWatch::next_look);
                    let next = look.filter(|look| *look > self.step).unwrap_or(end);
                    self.flow_to(next.min(end));
                }
            }
        }
        // Also where the horizon is moved on at this very step: it was the last.
        let over = self.diverged.is_some() || self.step >= self.now.steps;
        let last = over && self.config.record.steps.is_empty();
        self.step == self.next_record || last
    }

    fn descend_to(&mut self, end: u64) {
        while self.step < end && self.diverged.is_none() {
            let learning_rate = self.now.learning_rate;
            let weight_decay = self.now.weight_decay;
            if let Dynamics::Descent(engine) = &mut self.dynamics {
                engine.update(learning_rate, weight_decay);
            }
            self.step += 1;
            self.flow_time += learning_rate;
            self.rates.push(learning_rate, 1);
            self.decayed |= weight_decay > 0.0;
            self.evaluate();
        }
    }

    fn flow_to(&mut self, end: u64) {
        let Dynamics::Flow(flow) = &mut self.dynamics else {
            return;
        };
        if self.step >= end || self.diverged.is_some() {
            return;
        }
        let training = &self.now;
        // From where the rate took hold: the same at any pace.
        let (step, start) = self.rate_since;
        let time_at = |end: u64| start + training.learning_rate * (end.saturating_sub(step)) as f64;
        let (time, horizon) = (time_at(end), time_at(training.steps));
        let moved = flow.advance_to(time, horizon, training.weight_decay);
        // A loss crosses between two steps; it is seen at the later one.
        let rate = training.learning_rate;
        let step_at = |time: f64| step + ((time - start) / rate).ceil().max(0.0) as u64;
        // Those found earlier were at another learning rate, perhaps.
        let new = |time: Option<f64>| time.filter(|t| *t > start).map(step_at);
        self.criteria.cross(flow.crossings().map(|c| Crossings {
            fit: new(c.fit),
            generalise: new(c.generalise),
        }));
        if let Some((time, test_loss)) = flow.peak()
            && self.peak.is_none_or(|p| test_loss > p.test_loss)
        {
            let step = step_at(time);
            self.peak = Some(Peak { step, test_loss });
        }
        self.step = end;
        self.flow_time = time;
        self.decayed |= training.weight_decay > 0.0;
        match moved {
            Ok(()) => self.evaluate(),
            // The exact flow cannot diverge; its numbers can leave the range of f64.
            Err(_) => self.diverged = Some((end, f64::NAN)),
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

    fn evaluate(&mut self) {
        self.measure_losses();
        let test = self.test_loss();
        self.criteria.observe(self.step, self.losses.train, test);
        if let Some(test_loss) = test.filter(|l| l.is_finite())
            && self.peak.is_none_or(|p| test_loss > p.test_loss)
        {
            let step = self.step;
            self.peak = Some(Peak { step, test_loss });
        }
        let ends = self.step == self.now.steps;
        self.follow_accuracy(ends);
        if let Dynamics::Flow(_) = self.dynamics {
            return;
        }
        let training = &self.now;
        let may_rise = training.weight_decay > 0.0 || training.momentum > 0.0;
        self.stability
            .observe(self.step, self.losses.train, may_rise);
        if self.watch.observe(self.losses.train) {
            let stable_learning_rate = self.watch.stable_learning_rate(&self.now, |engine| {
                self.meter
                    .largest_stable_rate(&engine.state(), engine.network())
            });
            self.diverged = Some((self.step, stable_learning_rate));
        } else if self.can_look_at_stability() {
            let rate = training.learning_rate / (1.0 + training.momentum);
            let mut looks = self.stability;
            looks.look(self.step, || {
                rate * (self.meter).top_eigenvalue_per_sample(&self.state(), self.network())
            });
            self.stability = looks;
        }
    }

    /// A kernel that has to be formed is decomposed only where that is cheap.
    fn can_look_at_stability(&self) -> bool {
        const MOST: usize = 256;
        let (p, d) = self.task.x.dim();
        match self.network() {
            Some(_) => p <= MOST,
            // It costs as much as some thirty steps, and O(D³).
            None => d <= 2 * MOST || self.step >= 1000,
        }
    }

    /// Looks at the accuracies: on the train set at every step of descent, on test
    /// points where it is time, or with `at_once`.
    fn follow_accuracy(&mut self, at_once: bool) {
        let Some(mut watch) = self.accuracy_watch.take() else {
            return;
        };
        let (meter, accuracy) = (&self.meter, &self.accuracy);
        if let Dynamics::Descent(engine) = &self.dynamics {
            let reached = accuracy.train_reached(engine.residual());
            watch.observe_train(self.step, reached);
        }
        if at_once || self.step >= watch.next_look() {
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
            watch.look(self.step, (train, test), &reached, || self.replay());
        }
        self.accuracy_watch = Some(watch);
    }

    fn replay(&self) -> Replay {
        let training = &self.now;
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
                origin: self.flow_time - learning_rate * self.step as f64,
            },
        }
    }

    /// What [`Simulation::restore`] needs to go on from this step.
    pub fn save(&self) -> Vec<u64> {
        // Settings, data and what is measured at a row follow from the settings.
        let Self {
            config: _,
            now: _,
            next_change: _,
            task: _,
            initial_weights: _,
            initial: _,
            dynamics,
            schedule: _,
            criteria,
            // For sweeps, which do not follow it.
            accuracy_watch: _,
            stability,
            peak,
            watch,
            meter: _,
            accuracy: _,
            step,
            next_record: _,
            flow_time,
            rate_since,
            rates,
            decayed,
            losses: _,
            sample_test_loss: _,
            diverged: _,
        } = self;
        let mut to = Writer::new();
        to.count(*step);
        to.number(*flow_time);
        to.count(rate_since.0);
        to.number(rate_since.1);
        to.flag(*decayed);
        rates.save(&mut to);
        criteria.save(&mut to);
        stability.save(&mut to);
        to.optional_count(peak.map(|p| p.step));
        to.optional_number(peak.map(|p| p.test_loss));
        match dynamics {
            Dynamics::Descent(engine) => {
                engine.save(&mut to);
                watch.save(&mut to);
            }
            // Its losses are not watched.
            Dynamics::Flow(flow) => flow.save(&mut to),
        }
        to.into_words()
    }

    /// Goes to a step that a run of the same settings was saved at before it ended.
    /// It trains on from there to the same bits; the accuracies are not followed any
    /// more.
    ///
    /// # Errors
    /// A state of other settings; the run is then not to be used.
    pub fn restore(&mut self, words: &[u64]) -> Result<(), Mismatch> {
        let from = &mut Reader::new(words);
        self.step = from.count()?;
        self.flow_time = from.number()?;
        self.rate_since = (from.count()?, from.number()?);
        self.now = self.config.training.after(self.step);
        self.next_change = next_change(&self.config.training, self.step);
        self.decayed = from.flag()?;
        self.rates.restore(from)?;
        self.criteria.restore(from)?;
        self.stability = StabilityLooks::restored(from)?;
        let peak = from.optional_count()?.zip(from.optional_number()?);
        self.peak = peak.map(|(step, test_loss)| Peak { step, test_loss });
        self.accuracy_watch = None;
        match &mut self.dynamics {
            Dynamics::Descent(engine) => {
                engine.restore(from)?;
                self.watch.restore(from, engine.as_ref())?;
            }
            Dynamics::Flow(flow) => flow.restore(from)?,
        }
        from.clone().finish()?;
        self.next_record = 0;
        self.diverged = None;
        self.measure_losses();
        Ok(())
    }

    /// Measures the current step: the cheap metrics, and with `every_column`
    /// those that need Gram matrices.
    pub fn record(&mut self, every_column: bool) -> Row {
        if let Dynamics::Descent(engine) = &self.dynamics {
            self.watch.remember(engine.as_ref());
        }
        let mut row = Row::new(self.step);
        let state = self.state();
        self.meter.losses(
            &mut row,
            &self.losses,
            self.sample_test_loss,
            &state,
            self.network(),
        );
        self.meter.cheap(&mut row, &state);
        let network = match &self.dynamics {
            Dynamics::Descent(engine) => engine.network(),
            Dynamics::Flow(_) => None,
        };
        self.accuracy
            .measure(&self.meter, &state, network, &mut row);
        self.meter
            .training(&mut row, self.now.learning_rate, self.flow_time);
        if every_column {
            self.meter.spectrum(&mut row, &state);
            self.meter
                .gram(&mut row, &state, self.network(), self.now.learning_rate);
            if self.has_linearized().is_ok() {
                self.record_lazy(&mut row);
            }
        }
        row
    }

    /// Losses of the linearised model. At step 0 they are the network's own,
    /// so that a run that goes no further pays for no eigendecomposition.
    fn record_lazy(&self, row: &mut Row) {
        if self.step > 0 {
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

    fn has_linearized(&self) -> Result<(), NoLinearized> {
        if self.decayed || self.now.weight_decay > 0.0 {
            return Err(NoLinearized::WeightDecay);
        }
        self.meter.linearizable()
    }

    /// The linearised model beside the run: an eigendecomposition when first
    /// asked for.
    ///
    /// # Errors
    /// Why there is none.
    pub fn linearized(&self) -> Result<&Linearized, NoLinearized> {
        self.has_linearized()?;
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

    /// Why some columns are empty, where they are.
    pub fn note(&self) -> Option<String> {
        let lazy = self
            .has_linearized()
            .err()
            .map(|why| format!("{why} (the columns lin_* stay empty)"));
        let draw = (!self.config.task.draw.is_seeded()).then(|| {
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

    /// Whether many steps at once cost little more than one: the flow integrates
    /// over them.
    pub fn jumps(&self) -> bool {
        matches!(self.dynamics, Dynamics::Flow(_))
    }

    /// Whether the run is at its horizon or diverged.
    pub fn is_finished(&self) -> bool {
        let moved_on = self.next_change <= self.step
            && self.config.training.after(self.step).steps > self.step;
        self.diverged.is_some() || self.step >= self.now.steps && !moved_on
    }

    /// η₀, λ and the horizon in force at the current step.
    pub fn training(&self) -> &TrainingConfig {
        &self.now
    }

    /// What the run came to, or where it stands. Only who runs it knows whether it
    /// was told to stop.
    pub fn verdict(&self) -> Verdict {
        let task = &self.task;
        Verdict {
            status: match (self.diverged, self.is_finished()) {
                (Some(_), _) => Status::Diverged,
                (None, true) => Status::Finished,
                (None, false) => Status::Running,
            },
            step: self.step,
            horizon: self.now.steps,
            min_ratio: self.config.outcome.min_ratio,
            thresholds: self.criteria.thresholds(),
            by_loss: self.criteria.judged(),
            by_accuracy: self.accuracy_watch.as_ref().map(AccuracyWatch::judged),
            train_loss: self.losses.train,
            test_loss: self.test_loss(),
            zero_train_loss: task.zero_train_loss(),
            zero_test_loss: task.zero_test_loss(),
            peak: self.peak,
            stability: self.stability.stability,
            diverged: self.diverged,
        }
    }

    /// Outcome as of now; final once the run is finished.
    pub fn outcome(&self) -> Outcome {
        self.verdict().outcome()
    }

    /// Threshold crossings so far.
    pub fn crossings(&self) -> Crossings {
        self.criteria.judged()[0].crossings()
    }

    /// Whether the losses meet every threshold that is looked for.
    pub fn is_classified(&self) -> bool {
        self.criteria.are_complete()
    }

    /// Whether it has diverged.
    pub fn has_diverged(&self) -> bool {
        self.diverged.is_some()
    }

    /// Thresholds on the losses.
    pub fn thresholds(&self) -> Thresholds {
        self.criteria.thresholds()
    }

    /// η₀λ_max(K_t)/P, over 1 + μ with momentum: gradient descent is stable below
    /// 1. `None` for the flow, which takes no steps.
    pub fn stability(&self) -> Option<f64> {
        let Dynamics::Descent(engine) = &self.dynamics else {
            return None;
        };
        let top = (self.meter).top_eigenvalue_per_sample(&engine.state(), engine.network());
        Some(self.now.learning_rate * top / (1.0 + self.config.training.momentum))
    }

    /// Current step.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Train loss at the current step.
    pub fn train_loss(&self) -> f64 {
        self.losses.train
    }

    /// Test loss at the current step: exact where the target is known, else the
    /// sample's.
    pub fn test_loss(&self) -> Option<f64> {
        self.losses
            .test
            .map(|t| t.total())
            .or(self.sample_test_loss)
    }

    /// The settings in force.
    pub fn config(&self) -> &ValidConfig {
        &self.config
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
    pub fn initial_weights(&self) -> &InitialWeights {
        &self.initial_weights
    }

    /// Changes a setting that may change while training, from the next step on:
    /// `training.learning_rate`, `training.weight_decay` or `training.steps`. It
    /// is noted in [`Simulation::config`], with which a run from step 0 is the
    /// same; scheduled changes of the same setting are dropped.
    ///
    /// # Errors
    /// Another setting, or a value out of range; the run is then unchanged.
    pub fn change(&mut self, key: &str, value: f64) -> Result<(), ConfigError> {
        let mut config = self.config.clone().into_inner();
        let Some(setting) = LiveSetting::by_key(key) else {
            return Err(ConfigError {
                field: key.into(),
                value: value.to_string(),
                allowed: "does not change while a run trains".into(),
                fix: "start another run".into(),
            });
        };
        if let Some(field) = setting.field() {
            field.check(&setting.value(value))?;
        }
        config.training.change(self.step, setting, value);
        self.config = config.check()?;
        self.take_hold();
        Ok(())
    }

    /// Brings the changes that are due into force.
    fn take_hold(&mut self) {
        // What lies between two looks is trained again at one learning rate.
        self.follow_accuracy(true);
        let rate = self.now.learning_rate;
        self.now = self.config.training.after(self.step);
        self.next_change = next_change(&self.config.training, self.step);
        if self.now.learning_rate != rate {
            self.rate_since = (self.step, self.flow_time);
        }
        // From here on it is trained again at the new one.
        if let Some(mut watch) = self.accuracy_watch.take() {
            watch.begin_again(self.step, || self.replay());
            self.accuracy_watch = Some(watch);
        }
        self.watch.restart();
        if let Dynamics::Descent(engine) = &self.dynamics {
            self.watch.remember(engine.as_ref());
        }
    }
}

/// The first step after `step` at which a setting changes.
fn next_change(training: &TrainingConfig, step: u64) -> u64 {
    let next = training.changes.iter().find(|change| change.step > step);
    next.map_or(u64::MAX, |change| change.step)
}

/// The config with D, P and N of the instance, if there is one.
pub(crate) fn effective_config(
    config: &ValidConfig,
    instance: Option<&Instance>,
) -> Result<ValidConfig, SimulationError> {
    let Some(instance) = instance else {
        return Ok(config.clone());
    };
    instance.check()?;
    let mut config = config.clone().into_inner();
    instance.fix(&mut config);
    Ok(config.check()?)
}
