//! The moments of a run that are worth going to.

use super::Run;
use crate::sim::metrics::Metric;

/// A moment of a run worth going to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bookmark {
    /// Train loss fell below its threshold.
    Fit,
    /// Highest test loss.
    Peak,
    /// Test loss fell below its threshold.
    Grok,
}

impl Bookmark {
    /// All, in the order of their keys.
    pub const ALL: [Self; 3] = [Self::Fit, Self::Peak, Self::Grok];

    /// What happened there, in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fit => "fits",
            Self::Peak => "test peak",
            Self::Grok => "generalises",
        }
    }

    /// The step at which it happened, and the loss that it is about.
    pub fn event(self, run: &Run) -> Option<(u64, Metric)> {
        let crossings = run.crossings();
        match self {
            Self::Fit => Some((crossings.fit?, Metric::TrainLoss)),
            Self::Grok => Some((crossings.generalise?, run.test_metric())),
            // A peak is one where test loss rose before it fell.
            Self::Peak => {
                let peak = run.peak().filter(|p| p.step > 0 && p.step < run.step())?;
                let first = run.series(run.test_metric()).next()?.1;
                (peak.test_loss > 1.01 * first).then_some((peak.step, run.test_metric()))
            }
        }
    }

    /// The step to go to: that of the event, as every sentence about it says.
    pub fn step(self, run: &Run) -> Option<u64> {
        let (event, _) = self.event(run)?;
        (event <= run.step()).then_some(event)
    }
}
