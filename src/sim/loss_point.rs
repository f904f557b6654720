//! A point of a curve of losses.

/// One of the two losses of a point.
pub type LossOf = fn(&LossPoint) -> f64;

/// Losses at one step of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossPoint {
    /// Step t = τ/η₀; between steps in a curve of the flow.
    pub step: f64,
    /// Train loss.
    pub train: f64,
    /// Test loss: exact, else that of the test set; NaN where there is neither.
    pub test: f64,
}
