//! A run: model, record schedule, crossings, changes on the way and the end.
//! Frontends differ only in when they call it.

use super::checkpoint::{Mismatch, Reader, Writer};
use super::committee::instance::Instance;
use super::committee::model::Committee;
use super::config::{ConfigError, LiveSetting, TrainingConfig, ValidConfig};
use super::error::SimulationError;
use super::metrics::{Metric, Row};
use super::model::{Crew, GoOn, LossPair, Model, Weights};
use super::models;
use super::outcome::{Crossings, Outcome, Thresholds};
use super::schedule::Schedule;
use super::verdict::{Criteria, Judge, Peak, Status, Verdict};
use std::any::Any;
use std::sync::Arc;

/// One training run, at one step.
pub struct Simulation {
    config: ValidConfig,
    // η₀, λ and the horizon in force, and the step at which they change next.
    now: TrainingConfig,
    next_change: u64,
    model: Box<dyn Model>,
    schedule: Schedule,
    criteria: Criteria,
    peak: Option<Peak>,
    step: u64,
    next_record: u64,
    diverged: Option<(u64, f64)>,
    // It ended because its weights could not be moved any further.
    failed: bool,
}

impl Simulation {
    /// A run at step 0. An instance replaces the sampled data and weights and
    /// fixes D, P and N.
    ///
    /// # Errors
    /// An instance whose arrays do not fit, or settings that do not fit it.
    pub fn new(config: &ValidConfig, instance: Option<&Instance>) -> Result<Self, SimulationError> {
        let config = effective_config(config, instance)?;
        let model = models::build(&config, instance)?;
        Ok(Self::of(config, model))
    }

    /// A run of a model at step 0, which the config describes.
    pub fn of(config: ValidConfig, model: Box<dyn Model>) -> Self {
        let zero = model.zero_losses();
        let zero_test = zero.test.unwrap_or(f64::NAN);
        let thresholds = Thresholds::new(&config.outcome, zero.train, zero_test);
        let mut simulation = Self {
            schedule: Schedule::new(&config.record),
            criteria: Criteria::new(thresholds, zero.train, zero_test),
            peak: None,
            now: config.training.after(0),
            next_change: next_change(&config.training, 0),
            config,
            model,
            step: 0,
            next_record: 0,
            diverged: None,
            failed: false,
        };
        simulation.evaluate();
        simulation
    }

    /// The same without following the accuracies from step to step, which costs
    /// more than the steps of a short run.
    pub fn without_accuracy(mut self) -> Self {
        self.model.forgo_accuracy();
        self
    }

    /// Lets it use threads; the rows are the same for any number.
    pub fn use_threads(&mut self, crew: Arc<dyn Crew>) {
        self.model.use_threads(crew);
    }

    /// Trains until the next recorded step, at most `max_steps` steps and not
    /// past the horizon. Returns whether the step reached is one to record: one of
    /// the schedule or, unless the steps are listed, the last one.
    pub fn advance(&mut self, max_steps: u64) -> bool {
        self.advance_while(max_steps, &mut || true)
    }

    /// The same, but ends as soon as `go_on` says no, at whatever step that is; it
    /// goes on from there to the same rows.
    pub fn advance_while(&mut self, max_steps: u64, go_on: GoOn) -> bool {
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
        while self.step < end && self.diverged.is_none() {
            let to = self.model.next_stop(self.step, end);
            self.train_to(to, go_on);
            if self.step < to {
                return false;
            }
        }
        // Also where the horizon is moved on at this very step: it was the last.
        let over = self.diverged.is_some() || self.step >= self.now.steps;
        let last = over && self.config.record.steps.is_empty();
        self.step == self.next_record || last
    }

    fn train_to(&mut self, to: u64, go_on: GoOn) {
        let moved = self.model.advance_while(self.step, to, &self.now, go_on);
        let to = moved.ended_at.unwrap_or(to);
        if to == self.step {
            return;
        }
        self.criteria.cross(moved.crossings);
        if let Some(peak) = moved.peak {
            self.observe_peak(peak);
        }
        self.step = to;
        if moved.failed {
            self.diverged = Some((to, f64::NAN));
            self.failed = true;
        } else {
            self.evaluate();
        }
    }

    fn observe_peak(&mut self, peak: Peak) {
        if self.peak.is_none_or(|p| peak.test_loss > p.test_loss) {
            self.peak = Some(peak);
        }
    }

    fn evaluate(&mut self) {
        let step = self.step;
        let diverged = self.model.evaluate(step, &self.now);
        self.diverged = diverged.map(|stable| (step, stable));
        if !self.model.is_measured() {
            return;
        }
        let losses = self.model.losses();
        self.criteria.observe(step, losses.train, losses.test);
        if let Some(test_loss) = losses.test.filter(|l| l.is_finite()) {
            self.observe_peak(Peak { step, test_loss });
        }
    }

    /// What [`Simulation::restore`] needs to go on from this step.
    pub fn save(&self) -> Vec<u64> {
        let mut to = Writer::new();
        to.count(self.step);
        self.criteria.save(&mut to);
        to.optional_count(self.peak.map(|p| p.step));
        to.optional_number(self.peak.map(|p| p.test_loss));
        self.model.save(&mut to);
        to.into_words()
    }

    /// Goes to a step that a run of the same settings was saved at before it ended.
    /// It trains on from there to the same bits; the accuracies are not followed any
    /// more where nothing is judged by them.
    ///
    /// # Errors
    /// A state of other settings; the run is then not to be used.
    pub fn restore(&mut self, words: &[u64]) -> Result<(), Mismatch> {
        let from = &mut Reader::new(words);
        self.step = from.count()?;
        self.now = self.config.training.after(self.step);
        self.next_change = next_change(&self.config.training, self.step);
        self.criteria.restore(from)?;
        let peak = from.optional_count()?.zip(from.optional_number()?);
        self.peak = peak.map(|(step, test_loss)| Peak { step, test_loss });
        self.model.restore(self.step, &self.now, from)?;
        from.clone().finish()?;
        self.next_record = 0;
        self.diverged = None;
        self.failed = false;
        Ok(())
    }

    /// Measures the current step: the cheap metrics, and with `every_column`
    /// those that cost more.
    pub fn record(&mut self, every_column: bool) -> Row {
        let mut row = Row::new(self.step);
        self.model.measure(&mut row, &self.now, every_column);
        row
    }

    /// Why some columns are empty, where they are.
    pub fn note(&self) -> Option<String> {
        self.model.note(&self.now)
    }

    /// Whether many steps at once cost little more than one: the flow integrates
    /// over them.
    pub fn jumps(&self) -> bool {
        self.model.jumps()
    }

    /// What its rows hold, in the order of the columns.
    pub fn columns(&self) -> &'static [Metric] {
        self.model.columns()
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
        let (losses, zero) = (self.model.losses(), self.model.zero_losses());
        Verdict {
            status: match (self.diverged, self.is_finished()) {
                (Some(_), _) if self.failed => Status::Failed,
                (Some(_), _) => Status::Diverged,
                (None, true) => Status::Finished,
                (None, false) => Status::Running,
            },
            step: self.step,
            horizon: self.now.steps,
            min_ratio: self.config.outcome.min_ratio,
            thresholds: self.criteria.thresholds(),
            judge: self.model.judge(),
            by_loss: self.criteria.judged(),
            by_accuracy: self.model.by_accuracy(),
            train_loss: losses.train,
            test_loss: losses.test,
            zero_train_loss: zero.train,
            zero_test_loss: zero.test,
            peak: self.peak,
            stability: self.model.stability(),
            diverged: self.diverged.filter(|_| !self.failed),
        }
    }

    /// Outcome as of now; final once the run is finished.
    pub fn outcome(&self) -> Outcome {
        self.verdict().outcome()
    }

    /// Crossings so far, of the thresholds or levels that it is judged by.
    pub fn crossings(&self) -> Crossings {
        self.verdict().crossings()
    }

    /// Whether everything that is looked for has been met.
    pub fn is_classified(&self) -> bool {
        match self.model.judge() {
            Judge::Loss => self.criteria.are_complete(),
            Judge::Accuracy => {
                let Crossings { fit, generalise } = self.crossings();
                fit.is_some() && generalise.is_some()
            }
        }
    }

    /// Whether it has diverged.
    pub fn has_diverged(&self) -> bool {
        self.diverged.is_some()
    }

    /// Thresholds on the losses.
    pub fn thresholds(&self) -> Thresholds {
        self.criteria.thresholds()
    }

    /// How stable the training is now: below 1 it is. `None` where that is not
    /// known.
    pub fn stability(&self) -> Option<f64> {
        self.model.stability_now(&self.now)
    }

    /// Current step.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Whether the losses are those of the current step: a model may measure them
    /// more seldom.
    pub fn is_measured(&self) -> bool {
        self.model.is_measured()
    }

    /// Train loss as last measured.
    pub fn train_loss(&self) -> f64 {
        self.model.losses().train
    }

    /// Test loss as last measured: exact where the target is known, else the
    /// sample's.
    pub fn test_loss(&self) -> Option<f64> {
        self.model.losses().test
    }

    /// The losses of knowing nothing.
    pub fn zero_losses(&self) -> LossPair {
        self.model.zero_losses()
    }

    /// The settings in force.
    pub fn config(&self) -> &ValidConfig {
        &self.config
    }

    /// What trains.
    pub fn model(&self) -> &dyn Model {
        self.model.as_ref()
    }

    /// What trains, if it is a committee machine.
    pub fn committee(&self) -> Option<&Committee> {
        let model: &dyn Any = self.model.as_ref();
        model.downcast_ref()
    }

    /// The current weights.
    pub fn weights(&self) -> Arc<dyn Weights> {
        self.model.weights()
    }

    /// The initial weights.
    pub fn initial_weights(&self) -> Arc<dyn Weights> {
        self.model.initial_weights()
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
        let after = self.config.training.after(self.step);
        self.model.change(self.step, &self.now, &after);
        self.now = after;
        self.next_change = next_change(&self.config.training, self.step);
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
    let family = config.network.family;
    if !family.is_committee() {
        return Err(SimulationError::Model(format!(
            "instance: replaces the data and weights of a committee machine; network.family = \"{}\" takes none; leave it out",
            family.name()
        )));
    }
    instance.check()?;
    let mut config = config.clone().into_inner();
    instance.fix(&mut config);
    Ok(config.check()?)
}
