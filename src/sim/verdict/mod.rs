//! All that there is to say about how a run went or stands: one value, from which
//! every sentence, marker, table and file is made.

mod criteria;

pub use criteria::{Criteria, Criterion, Crossing, Judged, fixed_thresholds};

use super::outcome::{Crossings, Outcome, Thresholds};

/// Whether gradient descent follows the flow or is too coarse for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stability {
    /// How often η₀λ_max(K)/P was looked at, at log-spaced steps.
    pub looks: u32,
    /// How often it was 1 or more.
    pub unstable: u32,
    /// The first step at which it was.
    pub unstable_from: Option<u64>,
    /// The largest value seen; 0 before the first.
    pub largest: f64,
    /// Steps in which the train loss rose, without decay and momentum, which may
    /// make it rise.
    pub rises: u64,
    /// The first of them.
    pub first_rise: Option<u64>,
}

impl Stability {
    /// Takes in one look.
    pub fn look(&mut self, step: u64, value: f64) {
        self.looks += 1;
        self.largest = self.largest.max(value);
        if value >= 1.0 {
            self.unstable += 1;
            self.unstable_from.get_or_insert(step);
        }
    }

    /// A step in which the train loss rose.
    pub fn rise(&mut self, step: u64) {
        self.rises += 1;
        self.first_rise.get_or_insert(step);
    }

    /// Whether a run of so many steps is to be warned about: the curvature was too
    /// large for η₀ at some look, or the loss rose in more than a thousandth of the
    /// steps and more than twice.
    pub fn is_unstable(&self, steps: u64) -> bool {
        self.unstable > 0 || self.rises > (steps / 1000).max(2)
    }
}

/// The highest test loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Step.
    pub step: u64,
    /// Test loss there.
    pub test_loss: f64,
}

/// By what a run is judged first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// The losses against their thresholds.
    #[default]
    Loss,
    /// The accuracies against their level.
    Accuracy,
}

/// Whether a run has ended, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It has not.
    #[default]
    Running,
    /// At its horizon.
    Finished,
    /// Before its horizon, because it was told to.
    Stopped,
    /// The loss exploded.
    Diverged,
    /// The flow could not be integrated any further.
    Failed,
}

impl Status {
    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }
}

/// What a run came to, or where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it has ended.
    pub status: Status,
    /// Step reached.
    pub step: u64,
    /// Last step asked for.
    pub horizon: u64,
    /// How many times later than the fit the generalisation must come to be
    /// called grokking.
    pub min_ratio: f64,
    /// Thresholds of the settings.
    pub thresholds: Thresholds,
    /// By what it is judged first.
    pub judge: Judge,
    /// By the losses, in the order of [`Criterion::ALL`].
    pub by_loss: [Judged; 3],
    /// By the accuracies, where they were followed.
    pub by_accuracy: Option<Judged>,
    /// Train loss at the step reached.
    pub train_loss: f64,
    /// Test loss there, exact or else the sample's, where there is one.
    pub test_loss: Option<f64>,
    /// The zero predictor's train loss.
    pub zero_train_loss: f64,
    /// The zero predictor's test loss, where it is known.
    pub zero_test_loss: Option<f64>,
    /// The highest test loss of all steps.
    pub peak: Option<Peak>,
    /// Whether descent was stable.
    pub stability: Stability,
    /// Step at which the run was seen to diverge, and the largest η₀ that would
    /// have been stable.
    pub diverged: Option<(u64, f64)>,
}

impl Verdict {
    /// Of a run at step 0 that has not been looked at.
    pub fn begun(
        thresholds: Thresholds,
        min_ratio: f64,
        horizon: u64,
        zero_train_loss: f64,
        zero_test_loss: Option<f64>,
    ) -> Self {
        Self {
            status: Status::Running,
            step: 0,
            horizon,
            min_ratio,
            thresholds,
            judge: Judge::Loss,
            by_loss: Default::default(),
            by_accuracy: None,
            train_loss: zero_train_loss,
            test_loss: zero_test_loss,
            zero_train_loss,
            zero_test_loss,
            peak: None,
            stability: Stability::default(),
            diverged: None,
        }
    }

    /// The same at a later step, with these crossings of the thresholds of the
    /// settings.
    pub fn crossed(mut self, status: Status, step: u64, crossings: Crossings) -> Self {
        (self.status, self.step) = (status, step);
        match self.judge {
            Judge::Loss => self.by_loss[0] = crossings.into(),
            Judge::Accuracy => self.by_accuracy = Some(crossings.into()),
        }
        self
    }

    /// By one criterion; that of the settings is on the accuracies where the run is
    /// judged by them.
    pub fn judged(&self, by: Criterion) -> Judged {
        match (by, self.judge, self.by_accuracy) {
            (Criterion::Configured, Judge::Accuracy, Some(judged)) => judged,
            _ => self.by_loss[by as usize],
        }
    }

    /// The steps from which on the run meets what it is judged by.
    pub fn crossings(&self) -> Crossings {
        self.judged(Criterion::Configured).crossings()
    }

    /// Whether there is a test loss to judge by.
    pub fn has_test(&self) -> bool {
        self.test_loss.is_some()
    }

    /// Whether all labels are zero, so that there is nothing to learn.
    pub fn zero_labels(&self) -> bool {
        self.zero_train_loss == 0.0
    }

    /// Whether predicting zero already meets the thresholds.
    pub fn is_trivial(&self) -> bool {
        let test = self.zero_test_loss.unwrap_or(f64::INFINITY);
        self.judge == Judge::Loss
            && !self.zero_labels()
            && (self.thresholds.train > self.zero_train_loss || self.thresholds.test > test)
    }

    /// Whether descent was too coarse.
    pub fn is_unstable(&self) -> bool {
        self.stability.is_unstable(self.step)
    }

    /// Outcome by what it is judged by; final once the run has finished.
    pub fn outcome(&self) -> Outcome {
        self.outcome_of(self.judged(Criterion::Configured))
    }

    /// Outcome by the accuracies, where they were followed.
    pub fn accuracy_outcome(&self) -> Option<Outcome> {
        self.by_accuracy.map(|judged| self.outcome_of(judged))
    }

    fn outcome_of(&self, judged: Judged) -> Outcome {
        if let Some((step, stable_learning_rate)) = self.diverged {
            return Outcome::Diverged {
                step,
                stable_learning_rate,
            };
        }
        if self.zero_labels() {
            return Outcome::NotJudged;
        }
        match Outcome::classify(judged.crossings(), self.min_ratio) {
            Outcome::NeverGeneralises if !self.has_test() => Outcome::NotJudged,
            outcome => outcome,
        }
    }

    /// Name of the outcome in files. What a run that has not reached its horizon
    /// has not done it may still do.
    pub fn outcome_name(&self) -> &'static str {
        self.name_of(self.outcome())
    }

    /// The same by the accuracies.
    pub fn accuracy_outcome_name(&self) -> Option<&'static str> {
        self.accuracy_outcome().map(|outcome| self.name_of(outcome))
    }

    fn name_of(&self, outcome: Outcome) -> &'static str {
        match (self.status, outcome) {
            (Status::Running | Status::Stopped | Status::Failed, Outcome::NeverFits) => {
                "has_not_fitted"
            }
            (Status::Running | Status::Stopped | Status::Failed, Outcome::NeverGeneralises) => {
                "has_not_generalised"
            }
            (_, outcome) => outcome.name(),
        }
    }

    /// As it stands where the run is told to stop.
    pub fn stopped(mut self) -> Self {
        if self.status == Status::Running {
            self.status = Status::Stopped;
        }
        self
    }
}

#[cfg(test)]
mod tests;
