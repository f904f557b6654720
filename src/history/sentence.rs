//! The outcome of a run in one sentence, from its numbers: the only place where a
//! verdict is put into words.

use super::{Run, format};
use crate::sim::{
    digits::rate_in_digits,
    outcome::{Class, Crossings, Outcome},
    verdict::{Crossing, Judge, Judged, Status, Verdict},
};
use crate::training::Working;

/// What is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Loss,
    Accuracy,
}

impl Verdict {
    /// How the run ended, or how it stands, for example "groks: fits at 641,
    /// generalises at 29,264, 46× later".
    pub fn sentence(&self) -> String {
        let mut text = self.told(match self.judge {
            Judge::Loss => By::Loss,
            Judge::Accuracy => By::Accuracy,
        });
        if self.status == Status::Stopped {
            let (step, horizon) = (format::steps(self.step), format::steps(self.horizon));
            text = format!("stopped at {step} of {horizon}: {text}");
        }
        if self.status == Status::Failed {
            let (step, horizon) = (format::steps(self.step), format::steps(self.horizon));
            text = format!(
                "the flow left the range of numbers by step {step} of {horizon} and could not be \
                 integrated further: {text}"
            );
        }
        for warning in self.warnings() {
            text.push_str("; ");
            text.push_str(&warning);
        }
        text
    }

    /// The same by the accuracies, where they were followed.
    pub fn accuracy_sentence(&self) -> Option<String> {
        self.by_accuracy.map(|_| self.told(By::Accuracy))
    }

    /// What makes the outcome doubtful.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.diverged.is_none() && self.is_unstable() {
            let s = self.stability;
            let steps = format::thousands;
            warnings.push(match s.unstable_from {
                Some(from) => format!(
                    "descent is unstable: η₀λ_max(K)/P ≥ 1 at {} of {} looks, first at step {}",
                    s.unstable,
                    s.looks,
                    steps(from)
                ),
                None => format!(
                    "descent is unstable: train loss rose in {} of {} steps, first at step {}",
                    steps(s.rises),
                    steps(self.step),
                    steps(s.first_rise.unwrap_or_default())
                ),
            });
        }
        if self.is_trivial() {
            warnings.push(
                "the threshold θ lies above the zero predictor's loss, so that meeting it says \
                 nothing"
                    .into(),
            );
        }
        warnings
    }

    fn told(&self, by: By) -> String {
        let (judged, outcome) = match (by, self.by_accuracy) {
            (By::Accuracy, Some(judged)) => (judged, self.accuracy_outcome()),
            _ => (self.by_loss[0], None),
        };
        match outcome.unwrap_or_else(|| self.outcome()) {
            Outcome::Diverged {
                step,
                stable_learning_rate,
            } => diverged(step, stable_learning_rate),
            Outcome::NotJudged if self.zero_labels() => {
                "not judged: all labels are zero, so that there is nothing to learn".into()
            }
            outcome => self.standing(outcome.class(), judged, by),
        }
    }

    /// "by step 30", and that it is the last one.
    fn by_now(&self) -> String {
        let step = format::steps(self.step);
        match self.status {
            Status::Finished => format!("by step {step} (the horizon)"),
            _ => format!("by step {step}"),
        }
    }

    fn standing(&self, class: Class, judged: Judged, by: By) -> String {
        let steps = format::thousands;
        let crossings = judged.crossings();
        let (train, test) = match by {
            By::Loss => (
                format!(": train at {}", self.loss_in_words(true)),
                format!(", test at {}", self.loss_in_words(false)),
            ),
            By::Accuracy => (String::new(), String::new()),
        };
        let lost = |crossing: Crossing| {
            let (first, lost) = (steps(crossing.first()?), steps(crossing.lost()?));
            Some(match by {
                By::Loss => format!("loss met θ at {first} and lost it again at {lost}"),
                By::Accuracy => {
                    format!("accuracy met its level at {first} and lost it again at {lost}")
                }
            })
        };
        let (fit_lost, test_lost) = (lost(judged.fit), lost(judged.generalise));
        let fit = match (crossings.fit, fit_lost) {
            (Some(step), _) => format!("fits at {}", steps(step)),
            (None, Some(lost)) => format!("has not fitted {}: train {lost}", self.by_now()),
            (None, None) => format!("has not fitted {}{train}", self.by_now()),
        };
        match (crossings.fit, crossings.generalise) {
            (_, Some(test)) if crossings.fit.is_none() => {
                format!("generalises at {}; {fit}", steps(test))
            }
            (None, _) => fit,
            (Some(_), None) if !self.has_test() => {
                format!("{fit}; there is no test loss to judge by")
            }
            (Some(_), None) => match test_lost {
                Some(lost) => {
                    format!("has not generalised {}: {fit}, test {lost}", self.by_now())
                }
                None if self.status == Status::Finished => {
                    format!("has not generalised {}: {fit}{test}", self.by_now())
                }
                None => format!("{fit}; has not generalised yet"),
            },
            (Some(fit), Some(test)) => {
                let delay = delay_in_words(crossings).unwrap_or_default();
                format!(
                    "{}: fits at {}, generalises at {}, {delay}",
                    class.label(),
                    steps(fit),
                    steps(test)
                )
            }
        }
    }

    /// A loss as it is now, in units of the zero predictor's where known.
    fn loss_in_words(&self, train: bool) -> String {
        let (loss, zero) = match train {
            true => (Some(self.train_loss), Some(self.zero_train_loss)),
            false => (self.test_loss, self.zero_test_loss),
        };
        match (loss, zero) {
            (None, _) => "an unknown loss".into(),
            (Some(loss), Some(zero)) if zero > 0.0 => {
                format!("{} of the zero predictor", format::percent(loss / zero))
            }
            (Some(loss), _) => format!("a loss of {}", format::plain(loss, 3)),
        }
    }
}

/// How much later than it fits a run generalises, once it has done both: "46× later".
pub fn delay_in_words(crossings: Crossings) -> Option<String> {
    let steps = format::thousands;
    let (fit, test) = (crossings.fit?, crossings.generalise?);
    Some(match test.checked_sub(fit) {
        Some(0) => "in the same step".into(),
        Some(_) => {
            let ratio = crossings.ratio().unwrap_or(1.0);
            if ratio >= 1.05 {
                format!("{} later", format::times(ratio))
            } else {
                format!("{} steps later", steps(test - fit))
            }
        }
        None => format!("{} steps earlier", steps(fit - test)),
    })
}

impl Run {
    /// How the run ended, or how it stands; nothing before anything is known.
    pub fn outcome_sentence(&self) -> String {
        if let Some(message) = self.failure() {
            return format!("failed: {message}");
        }
        if self.rows().is_empty() && self.finish().is_none() {
            return String::new();
        }
        self.verdict().map_or_else(String::new, Verdict::sentence)
    }

    /// What takes long just now, how far it is, and how long the rest will take.
    pub fn working_sentence(&self) -> Option<String> {
        self.working().map(Working::sentence)
    }

    /// The learning rate that was lowered to keep the run stable, in words.
    pub fn lowered_sentence(&self) -> Option<String> {
        let lowered = self.lowered()?;
        Some(format!(
            "η₀ lowered to {}: {} was asked for, which diverges at step {}",
            rate_in_digits(lowered.to),
            format::plain(lowered.from, 3),
            format::thousands(lowered.diverged_at)
        ))
    }
}

impl Working {
    /// In words, for example "preparing: drawing data and weights, 40 %, about 12 s
    /// left".
    pub fn sentence(&self) -> String {
        let mut text = match self.preparing {
            true => format!("preparing: {}", self.what),
            false => self.what.clone(),
        };
        if self.seconds_left.is_finite() {
            let percent = format::percent(self.share);
            let left = format::duration(self.seconds_left);
            text.push_str(&format!(", {percent}, about {left} left"));
        }
        text
    }
}

fn diverged(step: u64, stable: f64) -> String {
    let advice = if stable.is_finite() && stable > 0.0 {
        format!("; try η₀ ≤ {}", rate_in_digits(stable))
    } else {
        "; try a smaller η₀".into()
    };
    format!("diverged at step {}{advice}", format::thousands(step))
}
