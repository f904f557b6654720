//! When features escape from the size that they begin with, before a run is trained.
//!
//! As long as the residual is what it was at step 0, r = (1−κ)f₀ − y, the factor of
//! M = LLᵀ + w̄w̄ᵀ obeys dL/dτ = ((2ε/α)Ŷ − λ)L with Ŷ = −(1/P)Σ r_μ x_μ x_μᵀ, which at
//! κ = 1 is (1/P)Σ y_μ x_μ x_μᵀ: what the data say of the target at first order. Along
//! the top eigenvector u of Ŷ the second moment then grows as
//! m₀ exp((4ε λ_max(Ŷ)/α − 2λ)τ) from m₀ = uᵀM₀u, and the network's quadratic form αεm
//! is as large as the target's, λ_max(T) = s|β|², at
//!
//! τ* = ln(s|β|²/(αε m₀)) / (4ε λ_max(Ŷ)/α − 2λ).
//!
//! About there the train loss is at half of the zero predictor's: nothing is fitted,
//! and no parameter is free. It needs two things. The features must have far to grow,
//! or the residual falls before they have; and there must be samples enough that the
//! linear modes, which grow at the same time, cannot fit half of the labels alone.

use super::moments::MomentState;
use super::task::Task;
use crate::sim::config::{TrainingConfig, ValidConfig};
use crate::sim::packed::{Affine, Inputs, Symmetric};
use faer::{Mat, Side};

/// Largest D for which it is computed: the eigendecomposition of Ŷ takes O(D³).
pub const MAX_DIM: usize = 512;
/// Samples per input dimension from which on it holds.
pub const MIN_SAMPLES_PER_DIM: f64 = 4.0;
/// Logarithm of the growth from which on it holds.
pub const MIN_LOG_GROWTH: f64 = 6.0;

/// The escape of the features of one run, as its data predict it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Escape {
    /// λ_max(Ŷ).
    pub eigenvalue: f64,
    /// Share of Ŷ's top eigenvector, squared, along the target's directions: 1 where
    /// the data point at the target, about k/D where they say nothing of it.
    pub overlap: f64,
    /// The same of a random vector, k/D.
    pub chance: f64,
    /// Growth rate 4ε λ_max(Ŷ)/α of M per unit of flow time, without weight decay.
    pub rate: f64,
    /// ln(λ_max(T)/(αε m₀)): how far M has to grow.
    pub log_growth: f64,
    /// P/D.
    pub samples_per_dim: f64,
}

/// Where the prediction does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// P < 4D.
    FewSamples,
    /// The features have not far to grow.
    LittleGrowth,
}

impl Doubt {
    /// Why, in words.
    pub fn why(self) -> &'static str {
        match self {
            Self::FewSamples => "P < 4D: the linear modes alone fit much of the labels",
            Self::LittleGrowth => {
                "αεσ² is not far below s|β|²: the residual falls before the features have grown"
            }
        }
    }
}

impl Escape {
    /// Of a run with these settings, data and initial weights. `None` where the
    /// function is not a matter of the moments, the target not known or without a
    /// positive quadratic part, or D above [`MAX_DIM`].
    pub fn new(config: &ValidConfig, task: &Task, initial: &MomentState) -> Option<Self> {
        let target = task.target.as_ref()?;
        let (samples, dim) = task.x.dim();
        let has_linear = target.linear.iter().any(|l| *l != 0.0);
        if config.needs_neurons().is_some() || has_linear || dim > MAX_DIM {
            return None;
        }
        let network = &config.network;
        let (alpha, epsilon) = (network.alpha, network.epsilon);
        let inputs = Inputs::new(task.x.view());
        let mut residual: Vec<f64> = task.y.iter().map(|y| -y).collect();
        if !network.centered {
            let m = initial.second_moment();
            let linear: Vec<f64> = initial.mean.iter().map(|w| alpha * w).collect();
            let mut function = Affine::zeros(dim);
            function.set(&linear, |i, j| alpha * epsilon * m[(i, j)]);
            let mut output = vec![0.0; samples];
            inputs.evaluate(&function, &mut inputs.scratch(), &mut output);
            residual.iter_mut().zip(output).for_each(|(r, f)| *r += f);
        }
        let (mut s, mut moments) = (vec![0.0; dim], Symmetric::zeros(dim));
        inputs.weighted_moments(&residual, &mut inputs.scratch(), &mut s, &mut moments);
        let first_order = moments.to_mat() * faer::Scale(-1.0 / samples as f64);
        let (eigenvalue, u) = top(&first_order)?;
        // T is zero outside its range.
        let k = target.range.nrows();
        let inside = target.range.dot(&target.matrix).dot(&target.range.t());
        let (size, _) = top(&Mat::from_fn(k, k, |i, j| inside[(i, j)]))?;
        let u = ndarray::Array1::from_vec(u);
        let along = initial.factor.t().dot(&u);
        let start = along.dot(&along) + u.dot(&initial.mean).powi(2);
        let log_growth = (size / (alpha * epsilon * start)).ln();
        let rate = 4.0 * epsilon * eigenvalue / alpha;
        let known = eigenvalue > 0.0 && log_growth.is_finite() && rate.is_finite();
        known.then(|| Self {
            eigenvalue,
            overlap: (target.range.rows().into_iter())
                .map(|direction| direction.dot(&u).powi(2))
                .sum(),
            chance: k as f64 / dim as f64,
            rate,
            log_growth,
            samples_per_dim: samples as f64 / dim as f64,
        })
    }

    /// τ*, with weight decay λ throughout; `None` where the decay wins, or nothing
    /// has to grow.
    pub fn flow_time(&self, weight_decay: f64) -> Option<f64> {
        let rate = self.rate - 2.0 * weight_decay;
        (rate > 0.0 && self.log_growth > 0.0).then(|| self.log_growth / rate)
    }

    /// The step of τ*, which may lie beyond the horizon, for the learning rates and
    /// the decay of a run: with momentum μ the flow's time runs 1/(1 − μ) times as
    /// fast.
    pub fn step(&self, training: &TrainingConfig) -> Option<f64> {
        if self.log_growth <= 0.0 {
            return None;
        }
        let stretches = training.stretches();
        let mut left = self.log_growth;
        for (k, stretch) in stretches.iter().enumerate() {
            let rate = self.rate - 2.0 * stretch.weight_decay;
            let per_step = rate * stretch.learning_rate / (1.0 - training.momentum);
            let last = k + 1 == stretches.len();
            let gained = per_step * (stretch.until - stretch.from) as f64;
            if per_step > 0.0 && (last || gained >= left) {
                return Some(stretch.from as f64 + left / per_step);
            }
            left -= gained;
        }
        None
    }

    /// Why the prediction is not to be relied on, where it is not.
    pub fn doubt(&self) -> Option<Doubt> {
        if self.samples_per_dim < MIN_SAMPLES_PER_DIM {
            Some(Doubt::FewSamples)
        } else if self.log_growth < MIN_LOG_GROWTH {
            Some(Doubt::LittleGrowth)
        } else {
            None
        }
    }
}

/// The largest eigenvalue of a symmetric matrix and its unit eigenvector.
fn top(matrix: &Mat<f64>) -> Option<(f64, Vec<f64>)> {
    let last = matrix.nrows().checked_sub(1)?;
    if !matrix.is_all_finite() {
        return None;
    }
    let eigen = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    // faer's order is ascending.
    let vector = eigen.U().col(last).iter().copied().collect();
    Some((eigen.S()[last], vector))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::sampled::Sampled;
    use crate::sim::config::{Config, LiveSetting};

    fn escape(config: &Config) -> Escape {
        let config = config.clone().check().unwrap();
        let sampled = Sampled::new(&config).unwrap();
        Escape::new(&config, &sampled.task, &sampled.initial).unwrap()
    }

    #[test]
    fn it_is_the_formula_of_the_data() {
        let mut config = Config::default();
        config.task.target_scale = 2.0;
        config.network.init_scale = 0.5;
        let e = escape(&config);
        let valid = config.clone().check().unwrap();
        let sampled = Sampled::new(&valid).unwrap();
        let (task, p) = (&sampled.task, config.task.samples);
        let beta_sq = task.target.as_ref().unwrap().matrix.diag().sum() / 2.0;
        let scale = config.network.alpha * config.network.epsilon * 0.25;
        assert!((e.log_growth - (2.0 * beta_sq / scale).ln()).abs() < 1e-10);
        // The top eigenvalue by power iteration on (1/P)Σ y xxᵀ.
        let mut u = ndarray::Array1::from_elem(config.task.dim, 1.0);
        let mut value = 0.0;
        for _ in 0..3_000 {
            let seen = task.x.dot(&u) * &task.y / p as f64;
            let next = task.x.t().dot(&seen);
            value = next.dot(&next).sqrt();
            u = next / value;
        }
        assert!((e.eigenvalue / value - 1.0).abs() < 1e-9);
        let rate = 4.0 * config.network.epsilon * value / config.network.alpha;
        let expected = e.log_growth / rate;
        assert!((e.flow_time(0.0).unwrap() / expected - 1.0).abs() < 1e-9);
        assert_eq!(e.flow_time(rate), None, "a decay that is stronger");
    }

    #[test]
    fn steps_follow_the_learning_rates() {
        let mut config = Config::default();
        let e = escape(&config);
        let tau = e.flow_time(0.0).unwrap();
        assert!((e.step(&config.training).unwrap() - tau).abs() < 1e-9 * tau);
        config.training.learning_rate = 0.5;
        assert!((e.step(&config.training).unwrap() - 2.0 * tau).abs() < 1e-9 * tau);
        // Half of the way at ½, the rest at 2.
        let half = tau.round() as u64;
        config.training.change(half, LiveSetting::LearningRate, 2.0);
        let expected = half as f64 + (tau - 0.5 * half as f64) / 2.0;
        assert!((e.step(&config.training).unwrap() / expected - 1.0).abs() < 1e-9);
        // With momentum 0.5 twice as fast.
        config.training.changes.clear();
        config.training.momentum = 0.5;
        assert!((e.step(&config.training).unwrap() - tau).abs() < 1e-9 * tau);
    }

    #[test]
    fn few_samples_and_little_growth_are_doubted() {
        let mut config = Config::default();
        assert_eq!(escape(&config).doubt(), None);
        config.task.samples = 3 * config.task.dim;
        assert_eq!(escape(&config).doubt(), Some(Doubt::FewSamples));
        config.task.samples = 6 * config.task.dim;
        config.network.alpha = 8.0;
        assert_eq!(escape(&config).doubt(), Some(Doubt::LittleGrowth));
    }

    #[test]
    fn with_more_data_the_top_eigenvector_turns_to_the_target() {
        let mut config = Config::default();
        let mut overlap = |samples: usize| {
            config.task.samples = samples;
            escape(&config).overlap
        };
        assert!(overlap(10) < 0.3);
        assert!(overlap(4_000) > 0.9);
    }
}
