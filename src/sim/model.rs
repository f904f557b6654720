//! Anything that is trained: what a [`Simulation`](super::Simulation) drives, and
//! all that the worker, files, sweeps and the window need of it.
//!
//! A model knows how its weights move and what can be measured on them. When rows are
//! recorded, which thresholds are met, what changes on the way and when a run ends is
//! the same for every model, and is not its business.

use super::checkpoint::{Mismatch, Reader, Writer};
use super::config::TrainingConfig;
use super::metrics::{Metric, Row};
use super::outcome::Crossings;
use super::verdict::{Judge, Judged, Peak, Stability};
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// The weights of a model at one step, for whoever knows what they are.
pub trait Weights: Any + Debug + Send + Sync {
    /// Memory that they take, in bytes.
    fn bytes(&self) -> usize;
}

/// The weights as what they are, if they are that.
pub fn weights_as<W: Weights>(weights: &Arc<dyn Weights>) -> Option<Arc<W>> {
    let any: Arc<dyn Any + Send + Sync> = weights.clone();
    any.downcast().ok()
}

/// Train loss, and test loss where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossPair {
    /// On the train set.
    pub train: f64,
    /// Over all inputs where that is known, else on the test set.
    pub test: Option<f64>,
}

/// What happened on the way between two steps that were looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    /// Crossings of the losses' thresholds, in the order of
    /// [`Criterion::ALL`](super::verdict::Criterion::ALL).
    pub crossings: [Crossings; 3],
    /// A test loss that may be the highest.
    pub peak: Option<Peak>,
    /// The weights could not be moved: there is nothing to be measured.
    pub failed: bool,
    /// The step at which it ended, where that is before the one asked for.
    pub ended_at: Option<u64>,
}

/// Asked on the way whether to go on; `false` ends what is under way.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// Something that trains step by step.
///
/// The order of calls is: [`Model::evaluate`] at step 0; then again and again
/// [`Model::advance`] and [`Model::evaluate`]; [`Model::measure`] at steps to record.
pub trait Model: Any + Send {
    /// What can be measured on it, in the order of the columns.
    fn columns(&self) -> &'static [Metric];

    /// The losses of knowing nothing (of predicting zero, or of guessing): the unit
    /// of the relative thresholds.
    fn zero_losses(&self) -> LossPair;

    /// By what it is judged.
    fn judge(&self) -> Judge {
        Judge::Loss
    }

    /// Whether many steps at once cost little more than one.
    fn jumps(&self) -> bool {
        false
    }

    /// The last step, at most `end`, to which it may be advanced from `step` without
    /// a look at it on the way.
    fn next_stop(&self, step: u64, end: u64) -> u64 {
        (step + 1).min(end)
    }

    /// Trains from step `from` to step `to`, with the learning rate and the decay in
    /// force.
    fn advance(&mut self, from: u64, to: u64, training: &TrainingConfig) -> Moved;

    /// The same, but where it takes long it ends as soon as it is told to, at a step
    /// on the way ([`Moved::ended_at`]); from there it goes on to the same bits.
    fn advance_while(
        &mut self,
        from: u64,
        to: u64,
        training: &TrainingConfig,
        go_on: GoOn,
    ) -> Moved {
        let _ = go_on;
        self.advance(from, to, training)
    }

    /// Looks at the weights at a step that it was advanced to. Returns, where the
    /// training has diverged, the largest learning rate that would have been stable;
    /// NaN where that is not known.
    fn evaluate(&mut self, step: u64, training: &TrainingConfig) -> Option<f64>;

    /// The losses as last evaluated.
    fn losses(&self) -> LossPair;

    /// Whether the losses are those of the last step that was evaluated: a model may
    /// measure them more seldom.
    fn is_measured(&self) -> bool {
        true
    }

    /// Learning rate or decay change at this step.
    fn change(&mut self, step: u64, before: &TrainingConfig, after: &TrainingConfig);

    /// Measures the weights at a step: what costs little, and with `every_column` the
    /// rest.
    fn measure(&mut self, row: &mut Row, training: &TrainingConfig, every_column: bool);

    /// When the accuracies reach their level, where that is followed.
    fn by_accuracy(&self) -> Option<Judged> {
        None
    }

    /// Accuracies are not to be followed from step to step, where that costs more than
    /// the steps of a short run and nothing is judged by them.
    fn forgo_accuracy(&mut self) {}

    /// How stable the training has been.
    fn stability(&self) -> Stability {
        Stability::default()
    }

    /// How stable it is now: below 1 gradient descent is. `None` where that is not
    /// known.
    fn stability_now(&self, training: &TrainingConfig) -> Option<f64> {
        let _ = training;
        None
    }

    /// The current weights.
    fn weights(&self) -> Arc<dyn Weights>;

    /// The initial weights.
    fn initial_weights(&self) -> Arc<dyn Weights>;

    /// Why some columns are empty, where they are, and what else is to be known.
    fn note(&self, training: &TrainingConfig) -> Option<String> {
        let _ = training;
        None
    }

    /// Writes down what the training needs to go on from here.
    fn save(&self, to: &mut Writer);

    /// Goes to a state that was written down at `step`.
    ///
    /// # Errors
    /// A state of something else; the model is then not to be used.
    fn restore(
        &mut self,
        step: u64,
        training: &TrainingConfig,
        from: &mut Reader,
    ) -> Result<(), Mismatch>;

    /// How many threads it may use; the results are the same for any number.
    fn use_threads(&mut self, crew: Arc<dyn Crew>) {
        let _ = crew;
    }
}

/// Who does a number of pieces of work: one thread, or several.
pub trait Crew: Send + Sync {
    /// Calls `work` once for each number below `count`, in any order, and comes
    /// back when all are done.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));
}

/// The calling thread alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Crew for Alone {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}
