//! Spectrum of the NTK on the train set, where the labels lie in it, and what
//! theory says at N = ∞.

use super::eigen::{KernelEigen, dot};
use super::function::{QuadraticFunction, kernel_function};
use crate::sim::committee::moments::MomentState;
use crate::sim::packed::Inputs;

/// Eigenvalues of K/P on the train set and the labels' power along its
/// eigenvectors u_k.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Eigenvalues of K/P, descending.
    pub eigenvalues: Vec<f64>,
    /// Target power (u_k·y)²/|y|²; sums to 1.
    pub power: Vec<f64>,
    /// C(k): power of the first k modes; `cumulative[k − 1]`.
    pub cumulative: Vec<f64>,
    /// Number of eigenvalues that are not numerically zero.
    pub rank: usize,
    /// Difficulty yᵀK⁻¹y (paper eq 8) with the pseudo-inverse; infinite for a
    /// label outside K's range.
    pub difficulty: f64,
}

impl Spectrum {
    /// Of a decomposed Gram matrix K (P×P) and labels y (P).
    pub fn new(eigen: &KernelEigen, y: &[f64]) -> Self {
        let p = eigen.values().len() as f64;
        let norm_sq = dot(y, y);
        let power: Vec<f64> = eigen
            .project(y)
            .into_iter()
            .map(|z| z * z / norm_sq)
            .collect();
        let cumulative = power
            .iter()
            .scan(0.0, |sum, power| {
                *sum += power;
                Some(*sum)
            })
            .collect();
        Self {
            eigenvalues: eigen.values().iter().map(|v| v / p).collect(),
            power,
            cumulative,
            rank: eigen.rank(),
            difficulty: eigen.difficulty(y),
        }
    }
}

/// A theoretical eigenvalue of K₀ and how many modes share it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Eigenvalue, on the scale of K/P.
    pub value: f64,
    /// Number of modes.
    pub count: usize,
}

/// Spectrum of the initial NTK over x ~ N(0, I/D) at N = ∞, where
/// K₀(x,x') = x·x' + ε²σ²(x·x')².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpectrumTheory {
    /// λ_lin = 1/D: the linear functions.
    pub linear: Level,
    /// λ_radial = (ε²σ²/D)(1 + 2/D): the function |x|².
    pub radial: Level,
    /// λ_quad = 2ε²σ²/D²: the quadratic functions without a radial part. The
    /// single-index target lies here but for its mean.
    pub quadratic: Level,
    /// Where P samples put the quadratic modes instead:
    /// ε²σ²(1 + 2/D)(1 − 1/D)/min(P, number of quadratic modes), which is about
    /// ε²σ²/P up to P ~ D²/2 and λ_quad beyond.
    pub sampled_quadratic: f64,
}

impl SpectrumTheory {
    /// Why [`SpectrumTheory::sampled_quadratic`] is not λ_quad.
    pub const WHY_SAMPLED: &str = "P samples see at most P of the about D²/2 quadratic modes, and the power of all of them falls on those few: below P ~ D²/2 the quadratic eigenvalues of K₀/P sit near ε²σ²/P, above λ_quad = 2ε²σ²/D².";

    /// For inputs of dimension D, P samples, and the network's ε and σ.
    pub fn new(dim: usize, samples: usize, epsilon: f64, init_scale: f64) -> Self {
        let d = dim as f64;
        let strength = (epsilon * init_scale).powi(2);
        let radial = strength / d * (1.0 + 2.0 / d);
        let count = (dim + 2) * dim.saturating_sub(1) / 2;
        // ⟨|x|⁴⟩ε²σ² less the radial eigenvalue: the trace that the modes share.
        let trace = strength * (1.0 + 2.0 / d) * (1.0 - 1.0 / d);
        Self {
            linear: Level {
                value: 1.0 / d,
                count: dim,
            },
            radial: Level {
                value: radial,
                count: 1,
            },
            quadratic: Level {
                value: 2.0 * strength / (d * d),
                count,
            },
            sampled_quadratic: trace / count.min(samples).max(1) as f64,
        }
    }
}

/// An eigenvector with the sign that makes its largest entry in absolute value
/// positive. A network of fixed readouts learns u and −u differently.
pub fn oriented(u: &[f64]) -> Vec<f64> {
    let largest = u
        .iter()
        .fold(0.0f64, |m, v| if v.abs() > m.abs() { *v } else { m });
    u.iter().map(|v| v * largest.signum()).collect()
}

/// Labels that are an eigenvector of K₀ on the train inputs, and the function
/// that they are the values of.
#[derive(Clone, Debug)]
pub struct EigenvectorLabels {
    /// √P u_j on the train inputs, so that the mean of y² is 1. Its largest
    /// entry in absolute value is positive.
    pub train: Vec<f64>,
    /// The Nyström extension y(x) = (√P/λ_j) Σ_μ u_jμ K₀(x, x_μ), a function
    /// b·x + ½xᵀAx that equals the labels on the train inputs.
    pub extension: QuadraticFunction,
}

impl EigenvectorLabels {
    /// The j-th eigenvector (j = 1 has the largest eigenvalue) of the Gram
    /// matrix of the NTK at weights with these moments; `None` for j = 0, and
    /// for j beyond the matrix's rank, where no extension exists.
    pub fn new(
        eigen: &KernelEigen,
        j: usize,
        inputs: &Inputs,
        state: &MomentState,
        epsilon: f64,
    ) -> Option<Self> {
        if j == 0 || j > eigen.rank() {
            return None;
        }
        let u = oriented(eigen.vectors().col_as_slice(j - 1));
        let scale = (u.len() as f64).sqrt();
        let train: Vec<f64> = u.iter().map(|v| v * scale).collect();
        let coefficients: Vec<f64> = train.iter().map(|v| v / eigen.values()[j - 1]).collect();
        Some(Self {
            extension: kernel_function(inputs, &coefficients, state, epsilon),
            train,
        })
    }

    /// The extension's labels on other inputs.
    pub fn labels(&self, inputs: &Inputs) -> Vec<f64> {
        self.extension.values(inputs)
    }
}
