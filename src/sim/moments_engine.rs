//! Gradient descent on the moments (w̄, L): exact at any width, N = ∞ included.
//!
//! With r the residuals, c = 2η₀/(αP), g = cΣ r_μx_μ, G = cεΣ r_μx_μx_μᵀ and
//! B = (1−η₀λ)I − G, a step is L ← BL, w̄ ← Bw̄ − g.

use super::engine::{Engine, Losses, Problem};
use super::inputs::{Inputs, Scratch, self_product};
use super::moments::MomentState;
use super::test_loss::TestLoss;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use ndarray::{Array1, Array2};
use std::sync::Arc;

/// The function b·x + ½xᵀAx that weights with moments (w̄, M) compute:
/// b = α(w̄ − κw̄₀), A = αε(M − κM₀).
#[derive(Clone, Debug)]
pub struct QuadraticFunction {
    /// b, length D.
    pub linear: Vec<f64>,
    /// A, D×D, symmetric.
    pub quadratic: Mat<f64>,
}

/// Exact gradient descent in the moments.
#[derive(Clone)]
pub struct MomentsEngine {
    problem: Problem,
    inputs: Arc<Inputs>,
    target: Option<Arc<Mat<f64>>>,
    mean: Vec<f64>,
    factor: Mat<f64>,
    initial_mean: Arc<Vec<f64>>,
    initial_second: Arc<Mat<f64>>,
    function: QuadraticFunction,
    residual: Vec<f64>,
    scratch: Scratch,
    g: Vec<f64>,
    big_g: Mat<f64>,
    next_factor: Mat<f64>,
}

impl MomentsEngine {
    /// An engine at the given initial weights.
    pub fn new(problem: Problem, initial: &MomentState) -> Self {
        let task = &problem.task;
        let inputs = Arc::new(Inputs::new(task.x.view()));
        let (p, d, k) = (inputs.rows(), inputs.dim(), initial.factor.ncols());
        let factor = Mat::from_fn(d, k, |i, j| initial.factor[(i, j)]);
        let mean = initial.mean.to_vec();
        let mut second = Mat::zeros(d, d);
        second_moment(&mean, &factor, &mut second);
        let target = task
            .target
            .as_ref()
            .map(|t| Arc::new(Mat::from_fn(d, d, |i, j| t.matrix[(i, j)])));
        Self {
            scratch: inputs.scratch(),
            target,
            initial_mean: Arc::new(mean.clone()),
            initial_second: Arc::new(second),
            function: QuadraticFunction {
                linear: vec![0.0; d],
                quadratic: Mat::zeros(d, d),
            },
            residual: vec![0.0; p],
            g: vec![0.0; d],
            big_g: Mat::zeros(d, d),
            next_factor: Mat::zeros(d, k),
            mean,
            factor,
            inputs,
            problem,
        }
    }

    /// The function computed at the last evaluation.
    pub fn function(&self) -> &QuadraticFunction {
        &self.function
    }

    fn update_function(&mut self) -> Option<TestLoss> {
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let d = self.mean.len();
        let QuadraticFunction { linear, quadratic } = &mut self.function;
        second_moment(&self.mean, &self.factor, quadratic);
        let scale = alpha * epsilon;
        let mut b_norm_sq = 0.0;
        for ((b, w), w0) in linear
            .iter_mut()
            .zip(&self.mean)
            .zip(self.initial_mean.iter())
        {
            *b = alpha * (w - kappa * w0);
            b_norm_sq += *b * *b;
        }
        let (mut trace, mut norm_sq) = (0.0, 0.0);
        for j in 0..d {
            let initial = &self.initial_second.col_as_slice(j)[j..];
            let column = &mut quadratic.col_as_slice_mut(j)[j..];
            for (a, m0) in column.iter_mut().zip(initial) {
                *a = scale * (*a - kappa * m0);
            }
            if let Some(target) = &self.target {
                let target = &target.col_as_slice(j)[j..];
                let diagonal = column[0] - target[0];
                trace += diagonal;
                norm_sq += diagonal * diagonal + 2.0 * distance_sq(&column[1..], &target[1..]);
            }
        }
        self.target
            .as_ref()
            .map(|_| TestLoss::new(d, trace, norm_sq, b_norm_sq))
    }
}

/// Σ (a − b)², summed in four interleaved parts so that it vectorises.
fn distance_sq(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for l in 0..LANES {
            sums[l] += (a[l] - b[l]) * (a[l] - b[l]);
        }
    }
    let rest: f64 = a_rest
        .iter()
        .zip(b_rest)
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    sums.iter().sum::<f64>() + rest
}

/// Lower triangle of M = LLᵀ + w̄w̄ᵀ.
fn second_moment(mean: &[f64], factor: &Mat<f64>, m: &mut Mat<f64>) {
    self_product(factor, m);
    for (j, w) in mean.iter().enumerate() {
        for (m, v) in m.col_as_slice_mut(j)[j..].iter_mut().zip(&mean[j..]) {
            *m += w * v;
        }
    }
}

impl Engine for MomentsEngine {
    fn evaluate(&mut self) -> Losses {
        let test = self.update_function();
        self.inputs.quadratic_forms(
            &self.function.linear,
            &self.function.quadratic,
            &mut self.scratch,
            &mut self.residual,
        );
        let mut sum = 0.0;
        for (r, y) in self.residual.iter_mut().zip(&self.problem.task.y) {
            *r -= y;
            sum += *r * *r;
        }
        Losses {
            train: sum / self.residual.len() as f64,
            test,
        }
    }

    fn update(&mut self, learning_rate: f64, weight_decay: f64) {
        let Problem { alpha, epsilon, .. } = self.problem;
        let c = 2.0 * learning_rate / (alpha * self.inputs.rows() as f64);
        self.inputs.weighted_moments(
            &self.residual,
            &mut self.scratch,
            &mut self.g,
            &mut self.big_g,
        );
        let keep = 1.0 - learning_rate * weight_decay;
        // L ← keep·L − cεS·L.
        self.next_factor.copy_from(&self.factor);
        if keep != 1.0 {
            for j in 0..self.next_factor.ncols() {
                self.next_factor
                    .col_as_slice_mut(j)
                    .iter_mut()
                    .for_each(|v| *v *= keep);
            }
        }
        matmul(
            self.next_factor.as_mut(),
            Accum::Add,
            &self.big_g,
            &self.factor,
            -c * epsilon,
            Par::Seq,
        );
        std::mem::swap(&mut self.factor, &mut self.next_factor);
        // w̄ ← keep·w̄ − cεS·w̄ − c·s.
        let old = self.mean.clone();
        for (w, s) in self.mean.iter_mut().zip(&self.g) {
            *w = keep * *w - c * s;
        }
        for (j, v) in old.iter().enumerate() {
            let push = -c * epsilon * v;
            if push != 0.0 {
                for (w, s) in self.mean.iter_mut().zip(self.big_g.col_as_slice(j)) {
                    *w += push * s;
                }
            }
        }
    }

    fn state(&self) -> MomentState {
        MomentState {
            mean: Array1::from_vec(self.mean.clone()),
            factor: Array2::from_shape_fn((self.factor.nrows(), self.factor.ncols()), |(i, j)| {
                self.factor[(i, j)]
            }),
        }
    }

    fn snapshot(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
