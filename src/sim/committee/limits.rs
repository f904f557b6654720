//! The limit N = ∞, P = ∞ with a rank-1 target T = sββᵀ: two ordinary differential
//! equations.
//!
//! The weights stay isotropic around u = β/|β|: w̄ = 0 and
//! M = m∥uuᵀ + m⊥(I − uuᵀ), with
//!
//! ```text
//! ṁ_k = −[(4ε/(αD²))·(½ tr E + e_k) + 2λ]·m_k,   k ∈ {∥, ⊥}
//! e∥ = αε(m∥ − κσ²) − s|β|²,   e⊥ = αε(m⊥ − κσ²),   tr E = e∥ + (D − 1)e⊥
//! ```
//!
//! in the flow time τ of [`super::flow`].

use super::test_loss::TestLoss;
use crate::sim::rkc::{Options, Rkc, RkcError, System, Tolerance};
use std::ops::ControlFlow;

/// The limit's parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoModes {
    /// Input dimension D.
    pub dim: usize,
    /// α.
    pub alpha: f64,
    /// ε.
    pub epsilon: f64,
    /// κ, 0 or 1.
    pub kappa: f64,
    /// σ.
    pub init_scale: f64,
    /// s|β|² = tr T.
    pub target_norm_sq: f64,
    /// Weight decay λ.
    pub weight_decay: f64,
}

/// A state of the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoModesPoint {
    /// Flow time τ.
    pub time: f64,
    /// m∥.
    pub parallel: f64,
    /// m⊥.
    pub perpendicular: f64,
    /// Train and test loss, which are one here.
    pub loss: TestLoss,
}

impl TwoModes {
    /// e∥ and e⊥.
    fn errors(&self, m: &[f64]) -> (f64, f64) {
        let initial = self.kappa * self.init_scale * self.init_scale;
        let scale = self.alpha * self.epsilon;
        (
            scale * (m[0] - initial) - self.target_norm_sq,
            scale * (m[1] - initial),
        )
    }

    fn point(&self, time: f64, m: &[f64]) -> TwoModesPoint {
        let (parallel, perpendicular) = self.errors(m);
        let rest = self.dim.saturating_sub(1) as f64;
        TwoModesPoint {
            time,
            parallel: m[0],
            perpendicular: m[1],
            loss: TestLoss::new(
                self.dim,
                parallel + rest * perpendicular,
                parallel * parallel + rest * perpendicular * perpendicular,
                0.0,
            ),
        }
    }

    /// The states at increasing times, to relative tolerance `rtol`.
    ///
    /// # Errors
    /// Those of the integrator.
    pub fn integrate(&self, times: &[f64], rtol: f64) -> Result<Vec<TwoModesPoint>, RkcError> {
        let start = vec![self.init_scale * self.init_scale; 2];
        let options = Options {
            tolerance: Tolerance {
                relative: rtol,
                absolute: rtol * f64::EPSILON.sqrt(),
            },
            max_steps: u64::MAX,
            ..Options::default()
        };
        let mut rkc = Rkc::new(0.0, start, options);
        let end = times.last().copied().unwrap_or(0.0);
        let mut m = [0.0; 2];
        let mut points = Vec::with_capacity(times.len());
        for &time in times {
            while rkc.time() < time {
                rkc.step(&mut Modes(*self), end, &mut || ControlFlow::Continue(()))?;
            }
            rkc.interpolate(time, &mut m);
            points.push(self.point(time, &m));
        }
        Ok(points)
    }
}

struct Modes(TwoModes);

impl System for Modes {
    fn slope(&mut self, _: f64, m: &[f64], slope: &mut [f64]) {
        let p = &self.0;
        let d = p.dim as f64;
        let (parallel, perpendicular) = p.errors(m);
        let half_trace = 0.5 * (parallel + (d - 1.0) * perpendicular);
        let rate = 4.0 * p.epsilon / (p.alpha * d * d);
        slope[0] = -(rate * (half_trace + parallel) + 2.0 * p.weight_decay) * m[0];
        slope[1] = -(rate * (half_trace + perpendicular) + 2.0 * p.weight_decay) * m[1];
    }
}
