//! What laws across runs are about, of one run.

use super::Run;
use crate::sim::laws::Measured;
use crate::sim::metrics::Metric;
use crate::sim::verdict::Criterion;

impl Run {
    /// What was measured of it; `None` for what has not happened, and for the movement
    /// of the lazy solution, which is not a run's own.
    pub fn measured(&self, of: Measured) -> Option<f64> {
        let crossings = self.crossings();
        let step = |step: Option<u64>| step.map(|step| step as f64);
        match of {
            Measured::Fit => step(crossings.fit),
            Measured::Generalise => step(crossings.generalise),
            Measured::Delay => crossings.delay().map(|delay| delay as f64),
            Measured::Ratio => crossings.ratio(),
            Measured::Half => step((self.verdict()?.judged(Criterion::Half)).crossings().fit),
            Measured::Escape => self.escape()?.predicted,
            Measured::TrainLoss => self.last(Metric::TrainLoss).map(|(_, loss)| loss),
            Measured::TestLoss => self.last(self.test_metric()).map(|(_, loss)| loss),
            Measured::Movement => self.last(Metric::ParamMovement).map(|(_, moved)| moved),
            Measured::LazyMovement => None,
        }
    }
}
