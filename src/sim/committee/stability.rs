//! Watches the train loss for divergence, and finds the learning rate that would
//! have been stable.

use super::engine::Engine;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::config::TrainingConfig;

/// A loss this many times the initial one has exploded.
const EXPLOSION: f64 = 1e6;

/// A rise that counts, relative: rounding makes a spent loss rise a little.
const RISE: f64 = 1e-9;

/// Watches the losses of every step.
pub struct StabilityWatch {
    initial: Option<f64>,
    previous: f64,
    rose: bool,
    // The last recorded state before the loss first rose, and how many steps
    // after it the loss first rose.
    checkpoint: Option<Box<dyn Engine>>,
    steps_to_rise: u64,
}

impl Default for StabilityWatch {
    fn default() -> Self {
        Self::new()
    }
}

impl StabilityWatch {
    /// A watch that has seen no step.
    pub fn new() -> Self {
        Self {
            initial: None,
            previous: f64::INFINITY,
            rose: false,
            checkpoint: None,
            steps_to_rise: 0,
        }
    }

    /// Looks at the train loss of one step; returns whether the run has diverged.
    pub fn observe(&mut self, train_loss: f64) -> bool {
        let initial = *self.initial.get_or_insert(train_loss);
        if !self.rose {
            if train_loss > self.previous * (1.0 + RISE) || !train_loss.is_finite() {
                self.rose = true;
            } else {
                self.steps_to_rise += 1;
            }
        }
        self.previous = train_loss;
        !train_loss.is_finite() || train_loss > EXPLOSION * initial.max(f64::MIN_POSITIVE)
    }

    /// Keeps a state to look back at, unless the loss has risen since.
    pub fn remember(&mut self, engine: &dyn Engine) {
        if !self.rose {
            self.checkpoint = Some(engine.snapshot());
            self.steps_to_rise = 0;
        }
    }

    /// Forgets past rises: the learning rate has changed.
    pub fn restart(&mut self) {
        self.rose = false;
        self.previous = f64::INFINITY;
    }

    /// Writes down what was seen.
    pub fn save(&self, to: &mut Writer) {
        let Self {
            initial,
            previous,
            rose,
            checkpoint,
            steps_to_rise,
        } = self;
        to.optional_number(*initial);
        to.number(*previous);
        to.flag(*rose);
        to.count(*steps_to_rise);
        to.flag(checkpoint.is_some());
        if let Some(engine) = checkpoint {
            engine.save(to);
        }
    }

    /// Has seen what was written down; `engine` is one of the same settings.
    ///
    /// # Errors
    /// A state of other settings.
    pub fn restore(&mut self, from: &mut Reader, engine: &dyn Engine) -> Result<(), Mismatch> {
        self.initial = from.optional_number()?;
        self.previous = from.number()?;
        self.rose = from.flag()?;
        self.steps_to_rise = from.count()?;
        self.checkpoint = None;
        if from.flag()? {
            let mut checkpoint = engine.snapshot();
            checkpoint.restore(from)?;
            self.checkpoint = Some(checkpoint);
        }
        Ok(())
    }

    /// Largest η₀ that would have been stable in the states before the loss
    /// first rose: the smaller of that of the last state kept and that of the one
    /// just before the rise. `stable` gives it for one state.
    pub fn stable_learning_rate(
        &self,
        training: &TrainingConfig,
        stable: impl Fn(&dyn Engine) -> f64,
    ) -> f64 {
        let Some(checkpoint) = &self.checkpoint else {
            return f64::NAN;
        };
        let mut engine = checkpoint.snapshot();
        let first = stable(engine.as_ref());
        for _ in 0..self.steps_to_rise {
            engine.evaluate();
            engine.update(training.learning_rate, training.weight_decay);
        }
        first.min(stable(engine.as_ref()))
    }
}
