//! The predicted escape time of a run beside the one measured.

use super::protocol::RunInfo;
use crate::sim::committee::escape::Escape;
use crate::sim::config::TrainingConfig;
use crate::sim::verdict::{Criterion, Verdict};

/// When the features were to escape, and when the train loss was at half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EscapeReading {
    /// What the data say.
    pub escape: Escape,
    /// Predicted step; `None` where it never happens.
    pub predicted: Option<f64>,
    /// Step from which on the train loss is below 50 % of the zero predictor's.
    pub measured: Option<u64>,
}

impl EscapeReading {
    /// Of a run trained in this way.
    pub fn new(
        info: &RunInfo,
        training: &TrainingConfig,
        verdict: Option<&Verdict>,
    ) -> Option<Self> {
        let escape = info.escape?;
        Some(Self {
            escape,
            predicted: escape.step(training),
            measured: verdict.and_then(|v| v.judged(Criterion::Half).crossings().fit),
        })
    }
}
