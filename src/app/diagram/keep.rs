//! What is kept of the phase diagram in the state of the window, and put back.

use super::PhaseDiagram;
use crate::workspace::Diagram;

impl PhaseDiagram {
    /// What is on its axes and how it is shown.
    pub(in crate::app) fn kept(&self) -> Diagram {
        Diagram {
            x: self.x.clone(),
            y: self.y.clone(),
            measure: self.measure,
            never_as_zero: self.never_is_zero,
            escape: self.escape,
            seeds: self.seeds,
            large: self.large,
        }
    }

    /// Shows what was kept; its cells are computed again.
    pub(in crate::app) fn restore(&mut self, kept: &Diagram) {
        (self.x, self.y) = (kept.x.clone(), kept.y.clone());
        self.measure = kept.measure;
        self.never_is_zero = kept.never_as_zero;
        self.escape = kept.escape;
        self.seeds = kept.seeds;
        self.large = kept.large;
    }
}
