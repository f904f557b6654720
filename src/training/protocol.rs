//! What the worker is told and what it tells.

use super::keyframes::Keyframes;
use crate::sim::{
    Simulation,
    committee::escape::Escape,
    committee::instance::Instance,
    committee::learning_curve::LearningCurve,
    committee::model::Committee,
    committee::moments::InitialWeights,
    config::ValidConfig,
    metrics::{Metric, Row},
    model::Weights,
    outcome::{Crossings, Thresholds},
    verdict::{Judge, Verdict},
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// Names a run. Every event carries one; events of an earlier run are stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

impl RunId {
    /// Names no run.
    pub const NONE: Self = Self(0);

    /// A name that no other run of this process has, whoever trains it: what is
    /// kept of a run can be kept under its name.
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// How a run begins.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// Wait for [`Command::Resume`] or [`Command::Step`].
    pub paused: bool,
    /// Where the run diverges, start it again with a stable learning rate
    /// ([`Event::LearningRateLowered`]) instead of ending it: a slider drag
    /// never ends in divergence.
    pub lower_unstable_learning_rate: bool,
    /// Measure the metrics that need Gram matrices at every recorded row, as
    /// files need; otherwise at a rate that the problem's size allows.
    pub every_column: bool,
    /// Measure no metric that needs a Gram matrix.
    pub cheap_columns: bool,
    /// Keep the weights along the run ([`Snapshot::keyframes`]).
    pub keep_weights: bool,
}

/// Where a run holds by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// At this step.
    Step(u64),
    /// As soon as it fits.
    Fit,
    /// As soon as it generalises.
    Generalisation,
}

impl Hold {
    /// Whether a run that stands at `step` has come that far.
    pub fn is_met(self, step: u64, crossings: Crossings) -> bool {
        match self {
            Self::Step(hold) => step >= hold,
            Self::Fit => crossings.fit.is_some(),
            Self::Generalisation => crossings.generalise.is_some(),
        }
    }
}

/// What the worker is asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Drop the current run, if any, and train this one from step 0.
    Start {
        /// Name of the new run, chosen by the frontend, never used before.
        run: RunId,
        /// Settings.
        config: Box<ValidConfig>,
        /// Data and weights that replace the sampled ones.
        instance: Option<Arc<Instance>>,
        /// How it begins.
        options: StartOptions,
    },
    /// Hold after the current step.
    Pause,
    /// Go on.
    Resume,
    /// Hold, and train this many steps.
    Step(u64),
    /// Hold there once the run has come that far, at whatever pace; a start forgets it.
    HoldAt(Option<Hold>),
    /// End the run where it stands; it is reported as finished.
    Stop,
    /// Speed of training.
    SetPace(Pace),
    /// η₀ from the next step on, without a restart.
    SetLearningRate(f64),
    /// λ from the next step on, without a restart.
    SetWeightDecay(f64),
    /// A longer horizon, also for a finished run, without a restart.
    SetHorizon(u64),
}

pub use super::pace::Pace;

/// What is known about a run before its first step.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// The settings in force: an instance fixes D, P and N.
    pub config: ValidConfig,
    /// What its rows hold, in the order of the columns.
    pub columns: &'static [Metric],
    /// By what it is judged.
    pub judge: Judge,
    /// Thresholds on the losses.
    pub thresholds: Thresholds,
    /// The train loss of knowing nothing: of the zero predictor, mean y² on the train
    /// set, or of guessing.
    pub zero_train_loss: f64,
    /// The same of the test loss, ⟨y²⟩ for the zero predictor; NaN where there is neither a known
    /// target nor a test set.
    pub zero_test_loss: f64,
    /// When its features are to escape, where that is known.
    pub escape: Option<Escape>,
    /// The learning curve of kernel regression with K₀ at N = ∞, where it is known.
    pub learning_curve: Option<LearningCurve>,
    /// Why some columns are empty, where they are.
    pub note: Option<String>,
}

impl RunInfo {
    /// Of a run at step 0.
    pub fn of(simulation: &Simulation) -> Self {
        let zero = simulation.zero_losses();
        Self {
            config: simulation.config().clone(),
            columns: simulation.columns(),
            judge: simulation.model().judge(),
            thresholds: simulation.thresholds(),
            zero_train_loss: zero.train,
            zero_test_loss: zero.test.unwrap_or(f64::NAN),
            escape: (simulation.committee()).and_then(|committee| {
                Escape::new(simulation.config(), committee.task(), committee.initial())
            }),
            learning_curve: (simulation.committee())
                .and_then(|committee| learning_curve(simulation.config(), committee)),
            note: simulation.note(),
        }
    }
}

/// Not for given weights: nothing is known of their law.
fn learning_curve(config: &ValidConfig, committee: &Committee) -> Option<LearningCurve> {
    let given = matches!(committee.initial_neurons(), InitialWeights::Given(_));
    let is_drawn = !(given && config.task.draw.is_seeded());
    let target = committee.task().target.as_ref().filter(|_| is_drawn)?;
    LearningCurve::new(config, target)
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// Last step.
    pub step: u64,
    /// What it came to.
    pub verdict: Box<Verdict>,
    /// Time spent in training steps alone, without metrics, pacing or files.
    pub training_seconds: f64,
    /// Time spent in measuring rows.
    pub measuring_seconds: f64,
    /// Time spent before the first step: data, weights, and the first row.
    pub preparing_seconds: f64,
    /// η₀, λ or the horizon was changed on the way: its config lists when.
    pub changed_live: bool,
}

/// Something long that the worker is at.
#[derive(Clone, Debug, PartialEq)]
pub struct Working {
    /// What it is, for example "drawing data and weights".
    pub what: String,
    /// The run has no row yet.
    pub preparing: bool,
    /// The share of it that is done, from 0 to 1, by its known parts and what the
    /// machine has been seen to do in a second.
    pub share: f64,
    /// About how many seconds it will still take.
    pub seconds_left: f64,
}

/// What the worker reports. Rows are never lost.
#[derive(Clone, Debug)]
pub enum Event {
    /// The run exists.
    Started {
        /// The run.
        run: RunId,
        /// What is known about it.
        info: Box<RunInfo>,
    },
    /// Recorded rows, in order. One of the step of the last row takes its place: a
    /// setting changed before the first step.
    Rows {
        /// The run.
        run: RunId,
        /// One or more rows.
        rows: Vec<Row>,
    },
    /// The run diverged, or was found unstable after that, and begins again with
    /// no learning rate above this one; its other changes take place again.
    /// Earlier rows of it are void.
    LearningRateLowered {
        /// The run.
        run: RunId,
        /// The largest η₀ it had.
        from: f64,
        /// The largest η₀ from now on.
        to: f64,
        /// Step at which it diverged.
        diverged_at: u64,
    },
    /// Its settings changed while it trained, or with the learning rate that was
    /// lowered.
    Changed {
        /// The run.
        run: RunId,
        /// The settings, with the history of their changes, that give the same
        /// rows to the bit from step 0.
        config: Box<ValidConfig>,
    },
    /// The run reached its horizon, was stopped or diverged. Another follows if
    /// the horizon is then raised.
    Finished {
        /// The run.
        run: RunId,
        /// How.
        finish: Finish,
    },
    /// It is at something that takes a while, before its first step or between two
    /// rows. Said about ten times a second until rows or a snapshot follow.
    Working {
        /// The run.
        run: RunId,
        /// At what.
        working: Working,
    },
    /// The run could not be made, was stopped before its first step, or the worker
    /// panicked; the worker lives on.
    Failed {
        /// The run.
        run: RunId,
        /// What happened, for the user.
        message: String,
    },
}

impl Event {
    /// The run it belongs to.
    pub fn run(&self) -> RunId {
        match self {
            Self::Started { run, .. }
            | Self::Rows { run, .. }
            | Self::LearningRateLowered { run, .. }
            | Self::Changed { run, .. }
            | Self::Finished { run, .. }
            | Self::Working { run, .. }
            | Self::Failed { run, .. } => *run,
        }
    }
}

/// What the worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Training.
    Running,
    /// Held.
    Paused,
    /// At its horizon, stopped or diverged.
    Done,
}

/// Losses of one step, for the dense display of recent steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecentStep {
    /// Step.
    pub step: u64,
    /// Train loss.
    pub train_loss: f64,
    /// Test loss (exact, else the sample's); NaN where there is none.
    pub test_loss: f64,
}

/// Where the run stands now. Only the newest matters.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The run.
    pub run: RunId,
    /// What the worker is doing.
    pub phase: Phase,
    /// Current step.
    pub step: u64,
    /// Horizon.
    pub horizon: u64,
    /// Training speed over the last fraction of a second.
    pub steps_per_second: f64,
    /// How often the run was begun again before, with a lower learning rate.
    pub attempt: u32,
    /// How it stands.
    pub verdict: Verdict,
    /// The last steps, one by one, for display.
    pub recent: Vec<RecentStep>,
    /// Current weights.
    pub weights: Arc<dyn Weights>,
    /// Initial weights.
    pub initial: Arc<dyn Weights>,
    /// Weights at earlier recorded steps; none unless
    /// [`StartOptions::keep_weights`] asked for them.
    pub keyframes: Keyframes,
}

/// A slot that holds only the newest value: writing never waits, reading takes.
#[derive(Debug)]
pub struct Latest<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl<T> Latest<T> {
    /// Replaces the value.
    pub fn put(&self, value: T) {
        let old = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(value);
        drop(old);
    }

    /// Takes the value, if a new one came since.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
