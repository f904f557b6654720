//! When is it grokking? Threshold crossings of the losses, and the classes of
//! outcome they define (paper §3: both losses against θ, at every step).

use super::config::OutcomeConfig;

/// Steps from which on the losses are below their thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossings {
    /// Of the train loss: the fit.
    pub fit: Option<u64>,
    /// Of the test loss: the generalisation.
    pub generalise: Option<u64>,
}

impl Crossings {
    /// t_test − t_train in steps; negative where test came first.
    pub fn delay(self) -> Option<i64> {
        Some(self.generalise? as i64 - self.fit? as i64)
    }

    /// t_test / t_train; a crossing at step 0 counts as step 1.
    pub fn ratio(self) -> Option<f64> {
        Some(self.generalise?.max(1) as f64 / self.fit?.max(1) as f64)
    }
}

/// The class of an outcome, without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Fits, and generalises much later.
    Groks,
    /// Fits and generalises with no such delay.
    GeneralisesAtOnce,
    /// Fits, and does not generalise within the horizon.
    NeverGeneralises,
    /// Does not fit within the horizon.
    NeverFits,
    /// There is nothing to judge it by: no test loss, or labels that are all zero.
    NotJudged,
    /// The loss exploded.
    Diverged,
}

/// Number of classes.
pub const CLASSES: usize = 6;

impl Class {
    /// All of them, from the best to the worst.
    pub const ALL: [Self; CLASSES] = [
        Self::Groks,
        Self::GeneralisesAtOnce,
        Self::NeverGeneralises,
        Self::NeverFits,
        Self::NotJudged,
        Self::Diverged,
    ];

    /// By its name in files.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Groks => "groks",
            Self::GeneralisesAtOnce => "generalises_at_once",
            Self::NeverGeneralises => "never_generalises",
            Self::NeverFits => "never_fits",
            Self::NotJudged => "not_judged",
            Self::Diverged => "diverged",
        }
    }

    /// In words, of runs that reached their horizon.
    pub fn label(self) -> &'static str {
        match self {
            Self::Groks => "groks",
            Self::GeneralisesAtOnce => "generalises at once",
            Self::NeverGeneralises => "does not generalise",
            Self::NeverFits => "does not fit",
            Self::NotJudged => "not judged",
            Self::Diverged => "diverged",
        }
    }
}

/// How a run ended, or where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Fits, and generalises at least `min_ratio` times later.
    Groks,
    /// Fits and generalises with no such delay.
    GeneralisesAtOnce,
    /// Fits, but test loss stays above its threshold within the horizon.
    NeverGeneralises,
    /// Train loss stays above its threshold within the horizon.
    NeverFits,
    /// There is nothing to judge it by: no test loss, or labels that are all zero.
    NotJudged,
    /// The loss exploded or ceased to be a number.
    Diverged {
        /// Step at which it was noticed.
        step: u64,
        /// Largest η₀ that would have been stable just before the loss first
        /// rose.
        stable_learning_rate: f64,
    },
}

impl Outcome {
    /// Its class.
    pub fn class(self) -> Class {
        match self {
            Self::Groks => Class::Groks,
            Self::GeneralisesAtOnce => Class::GeneralisesAtOnce,
            Self::NeverGeneralises => Class::NeverGeneralises,
            Self::NeverFits => Class::NeverFits,
            Self::NotJudged => Class::NotJudged,
            Self::Diverged { .. } => Class::Diverged,
        }
    }

    /// Name in files: `groks`, `generalises_at_once`, `never_generalises`,
    /// `never_fits`, `not_judged` or `diverged`.
    pub fn name(self) -> &'static str {
        self.class().name()
    }

    /// In words.
    pub fn label(self) -> &'static str {
        self.class().label()
    }

    /// The class of a run that did not diverge and has a test loss, from its
    /// crossings.
    pub fn classify(crossings: Crossings, min_ratio: f64) -> Self {
        match (crossings.fit, crossings.ratio()) {
            (None, _) => Self::NeverFits,
            (Some(_), None) => Self::NeverGeneralises,
            (Some(_), Some(ratio)) if ratio >= min_ratio => Self::Groks,
            (Some(_), Some(_)) => Self::GeneralisesAtOnce,
        }
    }
}

/// Absolute loss thresholds of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// For the train loss.
    pub train: f64,
    /// For the test loss.
    pub test: f64,
}

impl Thresholds {
    /// θ itself, or θ times the zero predictor's loss: mean y² on the train
    /// set, ⟨y²⟩ for test.
    pub fn new(config: &OutcomeConfig, zero_train_loss: f64, zero_test_loss: f64) -> Self {
        let unit = |zero: f64| if config.relative { zero } else { 1.0 };
        Self {
            train: config.threshold * unit(zero_train_loss),
            test: config.threshold * unit(zero_test_loss),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(fit: Option<u64>, generalise: Option<u64>) -> Outcome {
        Outcome::classify(Crossings { fit, generalise }, 2.0)
    }

    #[test]
    fn no_delay_and_never_generalising_are_different_classes() {
        assert_eq!(class(Some(100), Some(150)), Outcome::GeneralisesAtOnce);
        assert_eq!(class(Some(100), None), Outcome::NeverGeneralises);
        assert_eq!(class(None, Some(3)), Outcome::NeverFits);
        assert_eq!(class(Some(100), Some(200)), Outcome::Groks);
        assert_eq!(class(Some(0), Some(0)), Outcome::GeneralisesAtOnce);
    }
}
