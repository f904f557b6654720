//! Eigendecomposition of a kernel's Gram matrix and what its null space means.

use super::Gram;
use faer::{Mat, Side};

/// Part of a label's norm outside a kernel's range beyond which the kernel
/// cannot represent it; smaller parts are rounding.
const OUTSIDE_RANGE: f64 = 1e-6;

/// A Gram matrix K = UΛUᵀ (P×P), eigenvalues in descending order.
///
/// Eigenvalues up to P·ε_machine·λ_max cannot be told from zero: their vectors
/// count as K's null space, here and in every pseudo-inverse. A mode so slow
/// that it falls below that needs a flow time of about 10¹²/λ_max to be learned.
#[derive(Clone, Debug)]
pub struct KernelEigen {
    values: Vec<f64>,
    vectors: Mat<f64>,
    rank: usize,
}

impl KernelEigen {
    /// Decomposes a symmetric matrix; `None` where an entry is not finite.
    pub fn new(kernel: &Gram) -> Option<Self> {
        let p = kernel.nrows();
        if !kernel.is_all_finite() {
            return None;
        }
        let eigen = kernel.self_adjoint_eigen(Side::Lower).ok()?;
        // faer's order is ascending.
        let values: Vec<f64> = (0..p).map(|k| eigen.S()[p - 1 - k]).collect();
        let vectors = eigen.U().reverse_cols().to_owned();
        let tolerance = p as f64 * f64::EPSILON * values.first().copied().unwrap_or(0.0);
        let rank = values.iter().take_while(|&&v| v > tolerance).count();
        Some(Self {
            values,
            vectors,
            rank,
        })
    }

    /// Eigenvalues of K, descending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Eigenvectors, the columns of a P×P matrix, in the order of the values.
    pub fn vectors(&self) -> &Mat<f64> {
        &self.vectors
    }

    /// Number of eigenvalues that are not numerically zero; they come first.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Uᵀv, the coordinates of a vector in the eigenbasis.
    pub fn project(&self, v: &[f64]) -> Vec<f64> {
        (0..self.values.len())
            .map(|k| dot(self.vectors.col_as_slice(k), v))
            .collect()
    }

    /// yᵀK⁻¹y (paper eq 8) with the pseudo-inverse; infinite for a label with a
    /// part outside K's range, which no weights of the linearised model fit.
    pub fn difficulty(&self, y: &[f64]) -> f64 {
        self.difficulty_of_modes(&self.project(y))
    }

    /// The same from a label's coordinates in the eigenbasis.
    pub(crate) fn difficulty_of_modes(&self, z: &[f64]) -> f64 {
        let (range, null) = z.split_at(self.rank);
        let square = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>();
        if square(null) > OUTSIDE_RANGE * OUTSIDE_RANGE * square(z) {
            return f64::INFINITY;
        }
        range.iter().zip(&self.values).map(|(z, v)| z * z / v).sum()
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
