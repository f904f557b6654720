//! The linearised model's exact test loss as a quadratic form of its
//! coefficients, so that a whole curve costs two matrix products.

use crate::sim::committee::engine::Problem;
use crate::sim::committee::kernel::{QuadraticFunction, dot, second_moment};
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::task::Target;
use crate::sim::committee::test_loss::TestLoss;
use faer::Mat;

/// Relative error beyond which the quadratic form is not trusted.
const TOLERANCE: f64 = 1e-10;

/// The test loss of (1−κ)f₀ + Σ a_ν K₀(·, x_ν).
///
/// With E₀ = (1−κ)αεM₀ − T, s = Xᵀa, S = Xᵀdiag(a)X, W = sw̄ᵀ + w̄sᵀ and
/// C = SM₀ + M₀S, the error is E = E₀ + εW + ε²C, and
/// b − l = b₀ − l + Xᵀ(a∘(1 + εXw̄₀)).
/// Only ‖C‖² is quadratic in a with a P×P matrix; all else follows from
/// vectors of length P and D. Keeping the linear modes out of that matrix
/// matters: they are larger by up to 1/ε² and would drown the rest in rounding.
pub(super) struct PopulationForm {
    target: Mat<f64>,
    target_linear: Vec<f64>,
    epsilon: f64,
    x: Mat<f64>,
    // XM₀, P×D.
    xm: Mat<f64>,
    mean: Vec<f64>,
    // Xw̄₀ and XM₀w̄₀, P.
    x_mean: Vec<f64>,
    xm_mean: Vec<f64>,
    // x_μᵀM₀x_μ and x_μᵀM₀E₀x_μ, P.
    trace: Vec<f64>,
    cross: Vec<f64>,
    // ‖C‖² = aᵀQa, and ‖Q‖_F.
    norm: Mat<f64>,
    norm_size: f64,
    // Of E₀, and E₀w̄₀.
    offset_trace: f64,
    offset_norm_sq: f64,
    offset_mean: Vec<f64>,
    // b₀ − l.
    offset_linear: Vec<f64>,
}

impl PopulationForm {
    /// `offset` is (1−κ)f₀.
    pub(super) fn new(
        problem: &Problem,
        target: &Target,
        initial: &MomentState,
        offset: &QuadraticFunction,
    ) -> Self {
        let (p, d) = problem.task.x.dim();
        let target_linear = target.linear.to_vec();
        let x = Mat::from_fn(p, d, |i, j| problem.task.x[(i, j)]);
        let target = Mat::from_fn(d, d, |i, j| target.matrix[(i, j)]);
        let m = second_moment(initial);
        let mean = initial.mean.to_vec();
        let xm = &x * &m;
        let error = &offset.quadratic - &target;
        let xe = &x * &error;
        let (xx, xmx, xmmx) = (
            &x * x.transpose(),
            &xm * x.transpose(),
            &xm * xm.transpose(),
        );
        let mut norm = xmmx;
        let mut norm_sq = 0.0;
        for j in 0..p {
            let (xx, xmx) = (xx.col_as_slice(j), xmx.col_as_slice(j));
            for ((q, g), h) in norm.col_as_slice_mut(j).iter_mut().zip(xx).zip(xmx) {
                *q = 2.0 * (g * *q + h * h);
                norm_sq += *q * *q;
            }
        }
        Self {
            epsilon: problem.epsilon,
            x_mean: times(&x, &mean),
            xm_mean: times(&xm, &mean),
            trace: row_products(&x, &xm),
            cross: row_products(&xe, &xm),
            norm,
            norm_size: norm_sq.sqrt(),
            offset_trace: (0..d).map(|i| error[(i, i)]).sum(),
            offset_norm_sq: error.squared_norm_l2(),
            offset_mean: times(&error, &mean),
            offset_linear: (offset.linear.iter().zip(&target_linear))
                .map(|(b, l)| b - l)
                .collect(),
            target_linear,
            target,
            x,
            xm,
            mean,
        }
    }

    /// Test losses for coefficients `a`, one column each; `None` where rounding
    /// in the quadratic form may exceed [`TOLERANCE`].
    pub(super) fn losses(&self, a: &Mat<f64>) -> Vec<Option<f64>> {
        let d = self.mean.len();
        let qa = &self.norm * a;
        let s = self.x.transpose() * a;
        let (xs, xms) = (&self.x * &s, &self.xm * &s);
        let mut weighted = a.clone();
        for column in 0..a.ncols() {
            for (a, u) in weighted
                .col_as_slice_mut(column)
                .iter_mut()
                .zip(&self.x_mean)
            {
                *a *= 1.0 + self.epsilon * u;
            }
        }
        let linear = self.x.transpose() * weighted;
        let mean_sq = dot(&self.mean, &self.mean);
        let e = self.epsilon;
        (0..a.ncols())
            .map(|column| {
                let a = a.col_as_slice(column);
                let s = s.col_as_slice(column);
                let s_mean = dot(s, &self.mean);
                let trace =
                    self.offset_trace + 2.0 * e * s_mean + 2.0 * e * e * dot(a, &self.trace);
                // ½⟨W,C⟩ = s·SM₀w̄ + M₀s·Sw̄.
                let mut w_c = 0.0;
                let (xs, xms) = (xs.col_as_slice(column), xms.col_as_slice(column));
                for (i, a) in a.iter().enumerate() {
                    w_c += a * (xs[i] * self.xm_mean[i] + xms[i] * self.x_mean[i]);
                }
                let terms = [
                    self.offset_norm_sq,
                    2.0 * e * e * (dot(s, s) * mean_sq + s_mean * s_mean),
                    e.powi(4) * dot(a, qa.col_as_slice(column)),
                    4.0 * e * dot(s, &self.offset_mean),
                    4.0 * e * e * dot(a, &self.cross),
                    4.0 * e.powi(3) * w_c,
                ];
                let b_norm_sq = linear
                    .col_as_slice(column)
                    .iter()
                    .zip(&self.offset_linear)
                    .map(|(b, b0)| (b + b0) * (b + b0))
                    .sum();
                let total = TestLoss::new(d, trace, terms.iter().sum(), b_norm_sq).total();
                let size = terms.iter().map(|t| t.abs()).sum::<f64>()
                    + e.powi(4) * self.norm_size * dot(a, a);
                let rounding = f64::EPSILON * 0.5 * size / (d * d) as f64;
                (rounding <= TOLERANCE * total).then_some(total)
            })
            .collect()
    }

    /// The three terms of a function's test loss.
    pub(super) fn terms(&self, function: &QuadraticFunction) -> TestLoss {
        let error = &function.quadratic - &self.target;
        let d = self.mean.len();
        let parts = function.linear.iter().zip(&self.target_linear);
        TestLoss::new(
            d,
            (0..d).map(|i| error[(i, i)]).sum(),
            error.squared_norm_l2(),
            parts.map(|(b, l)| (b - l) * (b - l)).sum(),
        )
    }
}

fn times(m: &Mat<f64>, v: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; m.nrows()];
    for (j, v) in v.iter().enumerate() {
        for (out, m) in out.iter_mut().zip(m.col_as_slice(j)) {
            *out += v * m;
        }
    }
    out
}

/// Inner products of the rows of two matrices with each other.
fn row_products(a: &Mat<f64>, b: &Mat<f64>) -> Vec<f64> {
    let mut out = vec![0.0; a.nrows()];
    for j in 0..a.ncols() {
        let columns = a.col_as_slice(j).iter().zip(b.col_as_slice(j));
        for (out, (a, b)) in out.iter_mut().zip(columns) {
            *out += a * b;
        }
    }
    out
}
