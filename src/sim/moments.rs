//! stub
use ndarray::{Array1, Array2};

/// The weights as their mean w̄ (D) and a centred factor L (D×k), so that
/// M = (1/N) Σ w_i w_iᵀ = LLᵀ + w̄w̄ᵀ.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentState {
    /// Mean weight w̄, length D.
    pub mean: Array1<f64>,
    /// Centred factor L, D×k.
    pub factor: Array2<f64>,
}
