//! The weights as moments: mean w̄ and centred factor L, with
//! M = (1/N) Σ w_i w_iᵀ = LLᵀ + w̄w̄ᵀ.
//!
//! For the committee machine, gradient descent closes on (w̄, L), so its cost does
//! not depend on the width N. L has min(N−1, D) columns; iterating it rather than
//! M keeps the rank and the positivity of M by construction.

use super::draws::Draws;
use crate::sim::config::{MixRule, ValidConfig, Width};
use crate::sim::rng::{Stream, fill_normal_row};
use faer::Mat;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use std::sync::Arc;

/// The weights as their mean w̄ (D) and a centred factor L (D×k).
#[derive(Clone, Debug, PartialEq)]
pub struct MomentState {
    /// Mean weight w̄, length D.
    pub mean: Array1<f64>,
    /// Centred factor L, D×k.
    pub factor: Array2<f64>,
}

impl MomentState {
    /// Input dimension D.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// M = LLᵀ + w̄w̄ᵀ, D×D.
    pub fn second_moment(&self) -> Array2<f64> {
        let column = self.mean.view().insert_axis(ndarray::Axis(1));
        self.factor.dot(&self.factor.t()) + column.dot(&column.t())
    }

    /// The eigenvalues of M, descending; none where M is not finite.
    pub fn eigenvalues(&self) -> Vec<f64> {
        let (d, second) = (self.dim(), self.second_moment());
        if !second.iter().all(|v| v.is_finite()) {
            return Vec::new();
        }
        let values = Mat::from_fn(d, d, |i, j| second[(i, j)])
            .self_adjoint_eigenvalues(faer::Side::Lower)
            .unwrap_or_default();
        // Rounding makes a zero negative.
        values.into_iter().rev().map(|v| v.max(0.0)).collect()
    }

    /// tr M, the mean squared norm of a neuron's weights.
    pub fn weight_norm_sq(&self) -> f64 {
        self.mean.dot(&self.mean) + self.factor.iter().map(|v| v * v).sum::<f64>()
    }

    /// ‖W−W₀‖²/‖W₀‖² = (|w̄−w̄₀|² + ‖L−L₀‖²)/tr M₀; NaN where W₀ = 0.
    pub fn movement_from(&self, initial: &Self) -> f64 {
        let square = |a: f64, b: f64| (a - b) * (a - b);
        let mean: f64 = self
            .mean
            .iter()
            .zip(&initial.mean)
            .map(|(a, b)| square(*a, *b))
            .sum();
        let factor: f64 = self
            .factor
            .iter()
            .zip(&initial.factor)
            .map(|(a, b)| square(*a, *b))
            .sum();
        (mean + factor) / initial.weight_norm_sq()
    }

    /// The moments of given weights W (N×D) with the narrowest factor,
    /// D×min(N−1, D).
    pub fn from_weights(w: ArrayView2<f64>) -> Self {
        InitialWeights::Given(w.to_owned()).moments()
    }
}

/// Where the initial weights come from. Every neuron is w_i = w̄ + L z_i with z_i
/// fixed at the start, so that any neuron can be given back at any step.
#[derive(Clone, Debug)]
pub enum InitialWeights {
    /// w_i ~ N(0, σ²I) from the init stream of a seed.
    Sampled {
        /// Seed.
        seed: u64,
        /// Width N.
        width: Width,
        /// Input dimension D.
        dim: usize,
        /// σ.
        scale: f64,
        /// What is mixed in.
        mix: Option<Arc<SolutionMix>>,
    },
    /// Given weights W₀, N×D.
    Given(Array2<f64>),
}

/// A part of the solution in the initial weights (paper Fig 10). The solution is
/// M* = T/(αε), T = (1/k)Σβ_jβ_jᵀ; neuron i gains ±sβ_j/√(αε), the signs and then
/// the directions taking turns, so that w̄ stays and M gains s²M*.
#[derive(Clone, Debug, PartialEq)]
pub struct SolutionMix {
    /// sβ_j/√(αε), k×D, with the target scale in it.
    shifts: Array2<f64>,
    /// What is left of the weights as they were drawn.
    kept: f64,
}

impl SolutionMix {
    /// What a config asks for; `None` where that is nothing.
    fn of(config: &ValidConfig) -> Option<Self> {
        let (task, network) = (&config.task, &config.network);
        if network.solution_mix == 0.0 {
            return None;
        }
        let size =
            network.solution_mix * (task.target_scale / (network.alpha * network.epsilon)).sqrt();
        let directions = Draws::of(config).directions(task.target_rank, task.dim);
        Some(Self {
            shifts: directions * size,
            kept: match network.mix_rule {
                MixRule::Add => 1.0,
                MixRule::Interpolate => 1.0 - network.solution_mix,
            },
        })
    }

    /// Number k of directions.
    fn count(&self) -> usize {
        self.shifts.nrows()
    }

    /// Direction and sign for neuron i.
    fn turn(&self, i: usize) -> (usize, f64) {
        let sign = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
        ((i / 2) % self.count(), sign)
    }

    /// Mixes the solution into the weights of neuron i.
    fn apply(&self, i: usize, weights: &mut [f64]) {
        let (j, sign) = self.turn(i);
        for (w, shift) in weights.iter_mut().zip(self.shifts.row(j)) {
            *w = self.kept * *w + sign * shift;
        }
    }
}

impl InitialWeights {
    /// The weights that a config asks for.
    pub fn sample(config: &ValidConfig) -> Self {
        let (width, dim) = (config.network.width, config.task.dim);
        // The authors fill the whole matrix at once.
        let drawn = width
            .finite()
            .and_then(|n| Draws::of(config).weights(n, dim));
        if let Some(mut w) = drawn {
            w *= config.network.init_scale;
            if let Some(mix) = SolutionMix::of(config) {
                for (i, mut row) in w.rows_mut().into_iter().enumerate() {
                    mix.apply(i, row.as_slice_mut().unwrap_or_default());
                }
            }
            return Self::Given(w);
        }
        Self::Sampled {
            seed: config.seed,
            width: config.network.width,
            dim: config.task.dim,
            scale: config.network.init_scale,
            mix: SolutionMix::of(config).map(Arc::new),
        }
    }

    /// Input dimension D.
    pub fn dim(&self) -> usize {
        match self {
            Self::Sampled { dim, .. } => *dim,
            Self::Given(w) => w.ncols(),
        }
    }

    /// Width N.
    pub fn width(&self) -> Width {
        match self {
            Self::Sampled { width, .. } => *width,
            Self::Given(w) => Width::Finite(w.nrows()),
        }
    }

    /// Whether these are infinitely many neurons with a Gaussian law, as at N = ∞
    /// without a part of the solution.
    pub fn is_gaussian(&self) -> bool {
        matches!(
            self,
            Self::Sampled {
                width: Width::Infinite,
                mix: None,
                ..
            }
        )
    }

    /// Writes the initial weights of neuron i (at N = ∞: of the i-th draw).
    ///
    /// # Panics
    /// If `out` is not of length D, or i ≥ N for given weights.
    pub fn write_neuron(&self, i: usize, out: &mut [f64]) {
        match self {
            Self::Sampled {
                seed, scale, mix, ..
            } => {
                fill_normal_row(*seed, Stream::Init, i, out);
                out.iter_mut().for_each(|v| *v *= scale);
                if let Some(mix) = mix {
                    mix.apply(i, out);
                }
            }
            Self::Given(w) => out.iter_mut().zip(w.row(i)).for_each(|(o, v)| *o = *v),
        }
    }

    /// The weight matrix W₀ (N×D), or `None` at N = ∞.
    pub fn matrix(&self) -> Option<Array2<f64>> {
        if let Self::Given(w) = self {
            return Some(w.clone());
        }
        let mut w = Array2::zeros((self.width().finite()?, self.dim()));
        for (i, mut row) in w.rows_mut().into_iter().enumerate() {
            if let Some(row) = row.as_slice_mut() {
                self.write_neuron(i, row);
            }
        }
        Some(w)
    }

    /// w̄₀ and L₀. Needs O(D²) memory whatever N is.
    pub fn moments(&self) -> MomentState {
        let d = self.dim();
        match (self, self.width()) {
            (Self::Sampled { scale, mix, .. }, Width::Infinite) => {
                // L = [σI | shifts/√k]: neuron i is L(z, ±√k e_j); (1 − s)σ where the
                // solution takes the place of what was drawn.
                let extra = mix.as_ref().map_or(0, |mix| mix.count());
                let mut factor = Array2::zeros((d, d + extra));
                let kept = mix.as_ref().map_or(1.0, |mix| mix.kept);
                factor.diag_mut().fill(kept * *scale);
                if let Some(mix) = mix {
                    let columns = mix.shifts.t().to_owned() / (extra as f64).sqrt();
                    factor.slice_mut(ndarray::s![.., d..]).assign(&columns);
                }
                MomentState {
                    mean: Array1::zeros(d),
                    factor,
                }
            }
            (_, Width::Finite(n)) if n <= d => self.narrow_moments(n),
            (_, Width::Finite(n)) => self.wide_moments(n),
            // Given weights have a finite width.
            (Self::Given(_), Width::Infinite) => MomentState {
                mean: Array1::zeros(d),
                factor: Array2::zeros((d, 0)),
            },
        }
    }

    /// N ≤ D: L = Wᵀ H/√N with H (N×(N−1)) the Helmert basis orthogonal to 1.
    fn narrow_moments(&self, n: usize) -> MomentState {
        let d = self.dim();
        let mut mean = Array1::zeros(d);
        let mut factor = Array2::zeros((d, n - 1));
        let mut sum = Array1::<f64>::zeros(d);
        let mut w = Array1::<f64>::zeros(d);
        let root_n = (n as f64).sqrt();
        for i in 0..n {
            self.write_neuron(i, w.as_slice_mut().unwrap_or_default());
            if i > 0 {
                // Helmert column i−1: 1/√(i(i+1)) on the first i rows, −i/√(i(i+1)) on row i.
                let k = i as f64;
                let norm = (k * (k + 1.0)).sqrt() * root_n;
                factor
                    .column_mut(i - 1)
                    .assign(&((&sum - &(&w * k)) / norm));
            }
            sum += &w;
            mean += &(&w / n as f64);
        }
        MomentState { mean, factor }
    }

    /// N > D: L is the Cholesky factor of the covariance, which is accumulated
    /// in blocks of neurons.
    fn wide_moments(&self, n: usize) -> MomentState {
        const BLOCK: usize = 1024;
        let d = self.dim();
        let mut mean = Array1::<f64>::zeros(d);
        let mut second = Array2::<f64>::zeros((d, d));
        let mut block = Array2::<f64>::zeros((BLOCK.min(n), d));
        let mut start = 0;
        while start < n {
            let rows = BLOCK.min(n - start);
            for r in 0..rows {
                self.write_neuron(
                    start + r,
                    block.row_mut(r).as_slice_mut().unwrap_or_default(),
                );
            }
            let filled = block.slice(ndarray::s![..rows, ..]);
            mean += &filled.sum_axis(ndarray::Axis(0));
            ndarray::linalg::general_mat_mul(1.0, &filled.t(), &filled, 1.0, &mut second);
            start += rows;
        }
        mean /= n as f64;
        let covariance = Mat::from_fn(d, d, |i, j| second[(i, j)] / n as f64 - mean[i] * mean[j]);
        let factor = match covariance.llt(faer::Side::Lower) {
            Ok(llt) => {
                Array2::from_shape_fn((d, d), |(i, j)| if j <= i { llt.L()[(i, j)] } else { 0.0 })
            }
            // Rank-deficient weights (for example σ = 0): the symmetric root.
            Err(_) => symmetric_root(&covariance),
        };
        MomentState { mean, factor }
    }

    /// The latent coordinates z_i of neuron i in `initial`, the moments that
    /// [`InitialWeights::moments`] returned: w_i = w̄ + L z_i at every step.
    pub fn latent(&self, initial: &MomentState, i: usize) -> Array1<f64> {
        let (d, k) = initial.factor.dim();
        match (self, self.width()) {
            (Self::Sampled { seed, mix, .. }, Width::Infinite) => {
                let mut z = Array1::zeros(k);
                let normal = z.as_slice_mut().and_then(|z| z.get_mut(..d));
                fill_normal_row(*seed, Stream::Init, i, normal.unwrap_or_default());
                if let Some(mix) = mix {
                    let (j, sign) = mix.turn(i);
                    z[d + j] = sign * (mix.count() as f64).sqrt();
                }
                z
            }
            (_, Width::Finite(n)) if n <= d => {
                // √N times row i of the Helmert basis.
                let root_n = (n as f64).sqrt();
                Array1::from_shape_fn(k, |c| {
                    let m = (c + 1) as f64;
                    let norm = (m * (m + 1.0)).sqrt();
                    root_n
                        * if i <= c {
                            1.0 / norm
                        } else if i == c + 1 {
                            -m / norm
                        } else {
                            0.0
                        }
                })
            }
            _ => {
                let mut w = Array1::zeros(d);
                self.write_neuron(i, w.as_slice_mut().unwrap_or_default());
                solve_lower(initial.factor.view(), (w - &initial.mean).view())
            }
        }
    }
}

/// Forward substitution L z = v; a zero pivot gives a zero coordinate.
fn solve_lower(l: ArrayView2<f64>, v: ArrayView1<f64>) -> Array1<f64> {
    let mut z = Array1::<f64>::zeros(v.len());
    for i in 0..v.len() {
        let mut rest = v[i];
        for j in 0..i {
            rest -= l[(i, j)] * z[j];
        }
        z[i] = if l[(i, i)] == 0.0 {
            0.0
        } else {
            rest / l[(i, i)]
        };
    }
    z
}

/// A factor L with LLᵀ = the positive part of a symmetric matrix.
fn symmetric_root(m: &Mat<f64>) -> Array2<f64> {
    let d = m.nrows();
    match m.self_adjoint_eigen(faer::Side::Lower) {
        Ok(eigen) => Array2::from_shape_fn((d, d), |(i, j)| {
            eigen.U()[(i, j)] * eigen.S()[j].max(0.0).sqrt()
        }),
        Err(_) => Array2::zeros((d, d)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(width: usize, dim: usize) -> InitialWeights {
        InitialWeights::Sampled {
            seed: 5,
            width: Width::Finite(width),
            dim,
            scale: 1.3,
            mix: None,
        }
    }

    #[test]
    fn moments_and_latents_give_back_every_neuron() {
        for (n, d) in [(1, 4), (2, 4), (4, 4), (5, 4), (40, 4), (3000, 3)] {
            let init = sampled(n, d);
            let w = init.matrix().expect("finite");
            let state = init.moments();
            assert_eq!(state.factor.dim(), (d, (n - 1).min(d)));
            let direct = w.t().dot(&w) / n as f64;
            assert!(
                (state.second_moment() - direct)
                    .iter()
                    .all(|e| e.abs() < 1e-12)
            );
            for i in [0, n / 2, n - 1] {
                let back = &state.mean + &state.factor.dot(&init.latent(&state, i));
                assert!(
                    (&back - &w.row(i)).iter().all(|e| e.abs() < 1e-11),
                    "N={n} neuron {i}"
                );
            }
        }
    }

    #[test]
    fn growing_the_width_keeps_the_first_neurons() {
        let (small, large) = (sampled(3, 6).matrix(), sampled(9, 6).matrix());
        let (small, large) = (small.expect("finite"), large.expect("finite"));
        assert_eq!(small, large.slice(ndarray::s![..3, ..]));
    }

    #[test]
    fn infinite_width_has_isotropic_moments() {
        let init = InitialWeights::Sampled {
            seed: 1,
            width: Width::Infinite,
            dim: 3,
            scale: 0.5,
            mix: None,
        };
        assert_eq!(init.moments().second_moment(), Array2::<f64>::eye(3) * 0.25);
    }
}
