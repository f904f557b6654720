//! The predicted escape time of a run in words.

use super::{Run, format};
use crate::training::EscapeReading;

impl EscapeReading {
    /// "features escape: predicted 5,811, measured 5,495".
    pub fn sentence(&self) -> String {
        let predicted = match self.predicted {
            Some(step) => step_in_words(step),
            None => "never".into(),
        };
        let measured = match self.measured {
            Some(step) => format::thousands(step),
            None => "not yet".into(),
        };
        let doubt = match self.escape.doubt() {
            Some(_) => " (rough here)",
            None => "",
        };
        format!("features escape: predicted {predicted}{doubt}, measured {measured}")
    }
}

/// A predicted step.
pub fn step_in_words(step: f64) -> String {
    if step < 1e12 {
        format::thousands(step.round() as u64)
    } else {
        format::significant(step, 2)
    }
}

impl Run {
    /// When its features were to escape, once that is known.
    pub fn escape(&self) -> Option<EscapeReading> {
        EscapeReading::new(self.info()?, &self.config().training, self.verdict())
    }
}
