//! Gradient descent on the moments (w̄, L): exact at any width, N = ∞ included.
//!
//! With r the residuals, c = 2η₀/(αP), g = cΣ r_μx_μ, G = cεΣ r_μx_μx_μᵀ and
//! B = (1−η₀λ)I − G, a step is L ← BL, w̄ ← Bw̄ − g.

use super::engine::{Engine, Losses, Problem};
use super::moments::MomentState;
use super::packed::{Affine, Buffer, Factor, Inputs, LANES, Scratch, Symmetric};
use super::quadratic::QuadraticModel;
use ndarray::Array1;
use std::sync::Arc;

/// Exact gradient descent in the moments.
#[derive(Clone)]
pub struct MomentsEngine {
    problem: Problem,
    inputs: Arc<Inputs>,
    model: Arc<QuadraticModel>,
    // w̄, padded to whole lanes.
    mean: Vec<f64>,
    factor: Factor,
    covariance: Symmetric,
    function: Affine,
    residual: Vec<f64>,
    // Σ r_μx_μ and Σ r_μx_μx_μᵀ.
    g: Vec<f64>,
    big_g: Symmetric,
    next_mean: Vec<f64>,
    next_factor: Factor,
    pass_scratch: Scratch,
    push_scratch: Buffer,
}

impl MomentsEngine {
    /// An engine at the given initial weights.
    pub fn new(problem: Problem, initial: &MomentState) -> Self {
        let inputs = Arc::new(Inputs::new(problem.task.x.view()));
        let d = inputs.dim();
        let factor = Factor::new(initial.factor.view());
        let mut mean = initial.mean.to_vec();
        mean.resize(d.next_multiple_of(LANES), 0.0);
        Self {
            model: Arc::new(QuadraticModel::new(&problem, initial)),
            covariance: Symmetric::zeros(d),
            function: Affine::zeros(d),
            residual: vec![0.0; inputs.rows()],
            g: vec![0.0; d],
            big_g: Symmetric::zeros(d),
            next_mean: mean.clone(),
            next_factor: factor.clone(),
            pass_scratch: inputs.scratch(),
            push_scratch: factor.scratch(),
            mean,
            factor,
            inputs,
            problem,
        }
    }
}

impl Engine for MomentsEngine {
    fn evaluate(&mut self) -> Losses {
        self.factor.self_product(&mut self.covariance);
        let test = self
            .model
            .evaluate(&self.mean, &self.covariance, &mut self.function);
        self.inputs
            .evaluate(&self.function, &mut self.pass_scratch, &mut self.residual);
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
        let keep = 1.0 - learning_rate * weight_decay;
        self.inputs.weighted_moments(
            &self.residual,
            &mut self.pass_scratch,
            &mut self.g,
            &mut self.big_g,
        );
        self.big_g.mirror();
        self.factor.push(
            keep,
            -c * epsilon,
            &self.big_g,
            &mut self.push_scratch,
            &mut self.next_factor,
        );
        std::mem::swap(&mut self.factor, &mut self.next_factor);
        let d = self.g.len();
        for ((next, w), s) in self.next_mean.iter_mut().zip(&self.mean).zip(&self.g) {
            *next = keep * w - c * s;
        }
        self.big_g
            .multiply_vector(-c * epsilon, &self.mean, &mut self.next_mean[..d]);
        std::mem::swap(&mut self.mean, &mut self.next_mean);
    }

    fn state(&self) -> MomentState {
        MomentState {
            mean: Array1::from_iter(self.mean.iter().copied().take(self.g.len())),
            factor: self.factor.to_array(),
        }
    }

    fn snapshot(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
