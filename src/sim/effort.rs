//! What a run costs, in multiplications, from its settings alone: what is measured
//! how often must not depend on the clock, and whoever waits wants an estimate.

/// Multiplications, to within a factor of about two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effort {
    /// Drawing data and weights, and the first evaluation.
    pub start: f64,
    /// One step: of the integrator for the flow.
    pub step: f64,
    /// The cheap columns of a row.
    pub row: f64,
    /// Its columns that need Gram matrices or eigenvalues.
    pub costly: f64,
    /// The linearised model, made at the first such row after step 0.
    pub lazy: f64,
}

impl Effort {
    /// A run measures its costly columns at every so many-th recorded row, if they may
    /// take `budget` multiplications.
    pub fn rows_between(&self, budget: f64) -> u64 {
        (self.costly / budget).ceil().max(1.0) as u64
    }

    /// The longest stretch of a run, once it is there, that nothing can interrupt.
    pub fn longest(&self, costly: bool, lazy_is_made: bool) -> f64 {
        let lazy = if lazy_is_made { 0.0 } else { self.lazy };
        let row = self.row + if costly { self.costly + lazy } else { 0.0 };
        self.step.max(row)
    }
}
