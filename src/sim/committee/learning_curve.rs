//! How much data the lazy model would need: the test loss of kernel regression with
//! K₀ against the number of samples, in closed form.
//!
//! Over x ~ N(0, I/D) and at N = ∞, K₀ has three eigenvalues λ_k, each of m_k modes:
//! the linear functions (1/D, D of them), the quadratic functions without a radial
//! part (2ε²σ²/D², D(D+1)/2 − 1) and |x|² ((ε²σ²/D)(1 + 2/D), one). With v_k the power
//! of what is to be learned in them, regression on P samples with noise of variance s²
//! on the labels has the mean test loss (Bordelon, Canatar and Pehlevan 2020; Canatar,
//! Bordelon and Pehlevan 2021; Simon et al. 2023)
//!
//! (Σ(1 − L_k)²v_k + s²)/(1 − Σ m_k L_k²/P) − s², L_k = λ_k/(λ_k + κ̃), P = Σ m_k L_k.
//!
//! It has a peak at P = D, where the linear modes interpolate, and is zero without
//! noise from P = D(D+3)/2 on, where all modes are known, for every ε > 0: ε sets the
//! time that the lazy model needs, not its data.

use super::task::Target;
use crate::sim::config::{TargetKind, ValidConfig};

/// An eigenvalue of K₀.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Level {
    /// Number of modes.
    count: f64,
    /// Eigenvalue.
    value: f64,
    /// Power of what is to be learned in all of its modes.
    power: f64,
}

/// The learning curve of kernel regression with K₀ at N = ∞.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningCurve {
    levels: [Level; 3],
    dim: usize,
    noise: f64,
    zero: f64,
}

impl LearningCurve {
    /// For a target of these settings, with weights that are drawn alike in every
    /// direction. `None` for another kind of target, or with a part of the solution
    /// in the weights.
    pub fn new(config: &ValidConfig, target: &Target) -> Option<Self> {
        let (task, network) = (&config.task, &config.network);
        let other = task.target != TargetKind::Quadratic
            || network.solution_mix != 0.0
            || config.needs_neurons().is_some();
        if other {
            return None;
        }
        let dim = target.matrix.nrows();
        let d = dim as f64;
        let strength = (network.epsilon * network.init_scale).powi(2);
        // What is left to learn of ½xᵀTx: with κ = 0 the network begins at
        // f₀ = ½αεσ²|x|².
        let begun = match network.centered {
            true => 0.0,
            false => network.alpha * network.epsilon * network.init_scale.powi(2),
        };
        let trace = target.matrix.diag().sum() - d * begun;
        let norm_sq: f64 = (target.matrix.indexed_iter())
            .map(|((i, j), t)| t - if i == j { begun } else { 0.0 })
            .map(|t| t * t)
            .sum();
        let zero = target.mean_square();
        Some(Self {
            levels: [
                Level {
                    count: d,
                    value: 1.0 / d,
                    power: 0.0,
                },
                Level {
                    count: 0.5 * d * (d + 1.0) - 1.0,
                    value: 2.0 * strength / (d * d),
                    power: 0.5 * (norm_sq - trace * trace / d).max(0.0) / (d * d),
                },
                Level {
                    count: 1.0,
                    value: strength / d * (1.0 + 2.0 / d),
                    power: 0.25 * (trace / d).powi(2) * (1.0 + 2.0 / d),
                },
            ],
            dim,
            noise: task.label_noise.powi(2) * zero,
            zero,
        })
    }

    /// The zero predictor's test loss ⟨y²⟩.
    pub fn zero_test_loss(&self) -> f64 {
        self.zero
    }

    /// D(D+3)/2, the number of modes.
    pub fn modes(&self) -> usize {
        self.dim * (self.dim + 3) / 2
    }

    /// Mean test loss of regression on so many samples; infinite where the modes
    /// just interpolate noise.
    pub fn test_loss(&self, samples: f64) -> f64 {
        let learned = self.learned(samples);
        let levels = || self.levels.iter().zip(learned);
        let missed: f64 = levels().map(|(k, l)| (1.0 - l).powi(2) * k.power).sum();
        let used: f64 = levels().map(|(k, l)| k.count * l * l).sum();
        let error = missed + self.noise;
        if error == 0.0 {
            return 0.0;
        }
        let spread = 1.0 - used / samples;
        match spread > 0.0 {
            true => error / spread - self.noise,
            false => f64::INFINITY,
        }
    }

    /// L_k: how much of each mode is learned.
    fn learned(&self, samples: f64) -> [f64; 3] {
        let all: f64 = (self.levels.iter())
            .filter(|k| k.value > 0.0)
            .map(|k| k.count)
            .sum();
        if samples >= all {
            return self.levels.map(|k| f64::from(u8::from(k.value > 0.0)));
        }
        let at = |log: f64| self.levels.map(|k| k.value / (k.value + log.exp()));
        let count = |log: f64| -> f64 {
            let learned = self.levels.iter().zip(at(log));
            learned.map(|(k, l)| k.count * l).sum()
        };
        // Falls with κ̃; below the lower end all is learned, above the upper nothing.
        let (mut low, mut high) = (-700.0, 50.0);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            match count(middle) > samples {
                true => low = middle,
                false => high = middle,
            }
        }
        at(0.5 * (low + high))
    }

    /// The number of samples from which on the test loss stays below a level, at most
    /// 10¹²; `None` where it never does.
    pub fn samples_for(&self, level: f64) -> Option<f64> {
        // Where it is above the level for the last time: beyond the peak at P = D, and
        // with noise beyond that at D(D+3)/2, it falls.
        let peak = if self.noise > 0.0 {
            self.modes()
        } else {
            self.dim
        };
        let (mut low, mut high) = (peak as f64, 1e12);
        let below = |samples: f64| self.test_loss(samples) < level;
        if !below(high) {
            return None;
        }
        if below(low) {
            return Some(low);
        }
        for _ in 0..100 {
            let middle = (low * high).sqrt();
            match below(middle) {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Config;

    /// D = 30, T = ββᵀ.
    fn curve(epsilon: f64, noise: f64) -> LearningCurve {
        let mut config = Config::default();
        config.task.dim = 30;
        config.task.label_noise = noise;
        config.network.epsilon = epsilon;
        let beta = ndarray::Array2::from_shape_fn((1, 30), |(_, i)| 1.0 + 0.1 * i as f64);
        let target = Target::from_directions(beta.view(), 1.0);
        LearningCurve::new(&config.check().unwrap(), &target).unwrap()
    }

    #[test]
    fn it_has_the_published_values() {
        for (epsilon, values) in [
            (
                0.02,
                [
                    (60.0, 1.39),
                    (120.0, 0.72),
                    (240.0, 0.41),
                    (400.0, 0.143),
                    (480.0, 0.022),
                ],
            ),
            (
                1.0,
                [
                    (60.0, 0.78),
                    (120.0, 0.62),
                    (240.0, 0.395),
                    (400.0, 0.142),
                    (480.0, 0.022),
                ],
            ),
        ] {
            let curve = curve(epsilon, 0.0);
            for (samples, value) in values {
                let found = curve.test_loss(samples) / curve.zero_test_loss();
                assert!(
                    (found / value - 1.0).abs() < 0.03,
                    "ε = {epsilon}, P = {samples}: {found}"
                );
            }
            assert_eq!(curve.test_loss(495.0), 0.0);
            assert_eq!((curve.modes(), curve.test_loss(1e4)), (495, 0.0));
        }
    }

    #[test]
    fn it_peaks_where_the_linear_modes_interpolate() {
        for (epsilon, least) in [(0.02, 20.0), (0.25, 2.0)] {
            let curve = curve(epsilon, 0.0);
            let at = |p: f64| curve.test_loss(p) / curve.zero_test_loss();
            assert!(at(30.0) > least);
            assert!((1..=480).all(|p| at(f64::from(p)) <= 1.001 * at(30.0)));
            assert!(
                (at(1e-6) - 1.0).abs() < 1e-4,
                "without data nothing is known"
            );
        }
    }

    #[test]
    fn noise_makes_the_second_peak_and_falls_off_as_one_over_p() {
        let curve = curve(0.3, 0.2);
        let zero = curve.zero_test_loss();
        assert!(curve.test_loss(495.0) > 1e3 * zero);
        let (p, noise) = (1e5, 0.04 * zero);
        let expected = noise * 495.0 / (p - 495.0);
        assert!((curve.test_loss(p) / expected - 1.0).abs() < 1e-9);
        let needed = curve.samples_for(0.1 * zero).unwrap();
        assert!(needed > 495.0 && (curve.test_loss(needed) / zero - 0.1).abs() < 1e-6);
    }

    #[test]
    fn with_hardly_a_quadratic_part_it_learns_as_late_as_can_be() {
        let curve = curve(1e-6, 0.0);
        let at = |p: f64| curve.test_loss(p) / curve.zero_test_loss();
        assert!(at(200.0) > 0.4 && at(495.0) == 0.0);
    }
}
