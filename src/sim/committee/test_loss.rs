//! Exact test loss and its three terms (paper eq 6).

/// Mean squared error over x ~ N(0, I/D) of the function b·x + ½xᵀAx against the
/// target l·x + ½xᵀTx, as the sum of three terms of E = A − T and b − l. The
/// paper's target has l = 0; an eigenvector of K₀ has not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TestLoss {
    /// ¼(tr E/D)².
    pub variance: f64,
    /// ½‖E‖_F²/D².
    pub misalignment: f64,
    /// |b − l|²/D.
    pub linear_power: f64,
}

impl TestLoss {
    /// From tr E, ‖E‖_F² and |b − l|².
    pub fn new(dim: usize, trace: f64, norm_sq: f64, b_norm_sq: f64) -> Self {
        let d = dim as f64;
        Self {
            variance: 0.25 * (trace / d) * (trace / d),
            misalignment: 0.5 * norm_sq / (d * d),
            linear_power: b_norm_sq / d,
        }
    }

    /// Their sum, the test loss.
    pub fn total(self) -> f64 {
        self.variance + self.misalignment + self.linear_power
    }
}
