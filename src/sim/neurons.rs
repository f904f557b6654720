//! Gradient descent on the N×D weight matrix itself: the oracle for the moments.
//!
//! f(x) = (α/N) Σ_i φ(w_i·x), φ(h) = h + (ε/2)h², and a step is
//! w_i ← (1−η₀λ)w_i − (2η₀/(αP)) Σ_μ r_μ (1 + ε w_i·x_μ) x_μ.

use super::engine::{Engine, Losses, Problem};
use super::moments::MomentState;
use super::test_loss::TestLoss;
use ndarray::{Array1, Array2, Axis};

/// Exact gradient descent in the weights.
#[derive(Clone)]
pub struct NeuronsEngine {
    problem: Problem,
    weights: Array2<f64>,
    initial_moments: (Array1<f64>, Array2<f64>),
    initial_output: Array1<f64>,
    preactivations: Array2<f64>,
    residual: Array1<f64>,
}

impl NeuronsEngine {
    /// An engine at the given initial weights W₀ (N×D).
    pub fn new(problem: Problem, weights: Array2<f64>) -> Self {
        let p = problem.task.x.nrows();
        let mut engine = Self {
            initial_moments: moments(&weights),
            initial_output: Array1::zeros(p),
            preactivations: Array2::zeros((p, weights.nrows())),
            residual: Array1::zeros(p),
            weights,
            problem,
        };
        engine.initial_output = engine.output();
        engine
    }

    /// The current weights W, N×D.
    pub fn weights(&self) -> &Array2<f64> {
        &self.weights
    }

    /// f on the train set.
    fn output(&mut self) -> Array1<f64> {
        let Problem { alpha, epsilon, .. } = self.problem;
        self.preactivations = self.problem.task.x.dot(&self.weights.t());
        let n = self.weights.nrows() as f64;
        self.preactivations.map_axis(Axis(1), |h| {
            alpha / n * h.iter().map(|h| h + 0.5 * epsilon * h * h).sum::<f64>()
        })
    }

    fn test_loss(&self) -> Option<TestLoss> {
        let target = self.problem.task.target.as_ref()?;
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let (mean, second) = moments(&self.weights);
        let (mean0, second0) = &self.initial_moments;
        let b = (mean - mean0 * kappa) * alpha;
        let e = (second - second0 * kappa) * (alpha * epsilon) - &target.matrix;
        Some(TestLoss::new(
            b.len(),
            e.diag().sum(),
            e.iter().map(|v| v * v).sum(),
            b.dot(&b),
        ))
    }
}

/// w̄ and M of a weight matrix.
fn moments(w: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let n = w.nrows() as f64;
    (w.sum_axis(Axis(0)) / n, w.t().dot(w) / n)
}

impl Engine for NeuronsEngine {
    fn evaluate(&mut self) -> Losses {
        let output = self.output();
        self.residual = output - &self.initial_output * self.problem.kappa - &self.problem.task.y;
        let train = self.residual.dot(&self.residual) / self.residual.len() as f64;
        Losses {
            train,
            test: self.test_loss(),
        }
    }

    fn update(&mut self, learning_rate: f64, weight_decay: f64) {
        let Problem { alpha, epsilon, .. } = self.problem;
        let c = 2.0 * learning_rate / (alpha * self.residual.len() as f64);
        // r_μ φ'(h_μi), P×N.
        let mut signal = self.preactivations.mapv(|h| 1.0 + epsilon * h);
        for (mut row, r) in signal.rows_mut().into_iter().zip(&self.residual) {
            row *= *r;
        }
        let keep = 1.0 - learning_rate * weight_decay;
        ndarray::linalg::general_mat_mul(
            -c,
            &signal.t(),
            &self.problem.task.x,
            keep,
            &mut self.weights,
        );
    }

    fn state(&self) -> MomentState {
        // The centred weights themselves are a factor: L = (W − w̄)ᵀ/√N.
        let (mean, _) = moments(&self.weights);
        let factor = (&self.weights - &mean).reversed_axes() / (self.weights.nrows() as f64).sqrt();
        MomentState {
            mean,
            factor: factor.as_standard_layout().into_owned(),
        }
    }

    fn snapshot(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
