//! The function that weights with moments (w̄, M) compute, and its exact test loss.

use super::engine::Problem;
use super::moments::MomentState;
use super::test_loss::TestLoss;
use crate::sim::packed::{Affine, Factor, LANES, Lane, Symmetric, dispatch};

/// Maps moments to the trained function b·x + ½xᵀAx, b = α(w̄ − κw̄₀),
/// A = αε(M − κM₀), for one problem and one initial state.
#[derive(Clone, Debug)]
pub struct QuadraticModel {
    alpha: f64,
    scale: f64,
    kappa: f64,
    // Both padded to whole lanes.
    initial_mean: Vec<f64>,
    initial_second: Symmetric,
    // l and T.
    target: Option<(Vec<f64>, Symmetric)>,
}

impl QuadraticModel {
    /// For runs of `problem` that start at `initial`.
    pub fn new(problem: &Problem, initial: &MomentState) -> Self {
        let d = initial.dim();
        let mut initial_mean = initial.mean.to_vec();
        initial_mean.resize(d.next_multiple_of(LANES), 0.0);
        // By the passes of every later step, so that M − M₀ is exactly 0 at first.
        let mut initial_second = Symmetric::zeros(d);
        Factor::new(initial.factor.view()).self_product(&mut initial_second);
        for panel in 0..initial_second.panels() {
            let (lanes, mean) = (initial_second.panel_mut(panel), &initial_mean);
            for (lane, v) in lanes.iter_mut().zip(mean) {
                let w = lane_at(mean, panel);
                for l in 0..LANES {
                    lane[l] += w[l] * v;
                }
            }
        }
        Self {
            alpha: problem.alpha,
            scale: problem.alpha * problem.epsilon,
            kappa: problem.kappa,
            initial_mean,
            initial_second,
            target: problem.task.target.as_ref().map(|t| {
                let mut linear = t.linear.to_vec();
                linear.resize(d.next_multiple_of(LANES), 0.0);
                (linear, Symmetric::from_fn(d, |i, j| t.matrix[(i, j)]))
            }),
        }
    }

    /// Writes the function at mean w̄ (padded to whole lanes) and covariance LLᵀ
    /// (lower triangle) to `function`; returns its exact test loss where the
    /// target is known.
    pub fn evaluate(
        &self,
        mean: &[f64],
        covariance: &Symmetric,
        function: &mut Affine,
    ) -> Option<TestLoss> {
        for ((b, w), w0) in function.linear.iter_mut().zip(mean).zip(&self.initial_mean) {
            *b = self.alpha * (w - self.kappa * w0);
        }
        let error = dispatch(
            #[inline(always)]
            || self.quadratic_part(mean, covariance, &mut function.triangle),
        );
        self.target.as_ref().map(|(target, _)| {
            let parts = function.linear.iter().zip(target);
            let linear = parts.map(|(b, l)| (b - l) * (b - l)).sum();
            TestLoss::new(covariance.dim(), error.trace, error.norm_sq, linear)
        })
    }

    #[inline(always)]
    fn quadratic_part(
        &self,
        mean: &[f64],
        covariance: &Symmetric,
        triangle: &mut Symmetric,
    ) -> Error {
        let d = covariance.dim();
        let mut trace = 0.0;
        let mut norm_sq = [0.0; LANES];
        for panel in 0..covariance.panels() {
            let first = panel * LANES;
            let (c, m0) = (covariance.panel(panel), self.initial_second.panel(panel));
            let target = self.target.as_ref().map(|(_, t)| t.panel(panel));
            let q = triangle.panel_mut(panel);
            let w = lane_at(mean, panel);
            // Below the diagonal: every element of A stands for two.
            for j in 0..first {
                let a = self.element(&c[j], &w, mean[j], &m0[j]);
                q[j] = a;
                if let Some(target) = target {
                    for l in 0..LANES {
                        let e = a[l] - target[j][l];
                        norm_sq[l] += 2.0 * e * e;
                    }
                }
            }
            // On the diagonal.
            for j in first..d.min(first + LANES) {
                let a = self.element(&c[j], &w, mean[j], &m0[j]);
                for l in 0..LANES {
                    let (in_a, in_q) = match (first + l).cmp(&j) {
                        std::cmp::Ordering::Less => (0.0, 0.0),
                        std::cmp::Ordering::Equal => (1.0, 0.5),
                        std::cmp::Ordering::Greater => (2.0, 1.0),
                    };
                    q[j][l] = in_q * a[l];
                    if let Some(target) = target {
                        let e = a[l] - target[j][l];
                        norm_sq[l] += in_a * e * e;
                        trace += if first + l == j { e } else { 0.0 };
                    }
                }
            }
        }
        Error {
            trace,
            norm_sq: norm_sq.iter().sum(),
        }
    }

    /// Eight elements of A.
    #[inline(always)]
    fn element(&self, covariance: &Lane, w: &Lane, v: f64, initial: &Lane) -> Lane {
        std::array::from_fn(|l| self.scale * (covariance[l] + w[l] * v - self.kappa * initial[l]))
    }
}

/// tr E and ‖E‖_F² of E = A − T.
struct Error {
    trace: f64,
    norm_sq: f64,
}

#[inline(always)]
fn lane_at(padded: &[f64], panel: usize) -> Lane {
    padded.as_chunks().0[panel]
}
