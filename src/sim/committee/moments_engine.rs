//! Gradient descent on the moments (w̄, L): exact at any width, N = ∞ included.
//!
//! With r the residuals, c = 2η₀/(αP), g = cΣ r_μx_μ, G = cεΣ r_μx_μx_μᵀ and
//! B = (1−η₀λ)I − G, a step is L ← BL, w̄ ← Bw̄ − g.
//!
//! Momentum closes on moments too: the gradient λw_i + (g + Gw_i)/η₀ of a neuron
//! is the same affine map of every w_i, so that its sum over the steps is
//! u + Vz_i as w_i = w̄ + Lz_i is: V ← μV + (λI + G/η₀)L, L ← L − η₀V.

use super::engine::{Engine, Losses, Problem};
use super::moments::MomentState;
use super::quadratic::QuadraticModel;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::packed::{Affine, Buffer, Factor, Inputs, LANES, Scratch, Symmetric};
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
    momentum: Option<Momentum>,
    pass_scratch: Scratch,
    push_scratch: Buffer,
}

/// Gradients summed with momentum.
#[derive(Clone)]
struct Momentum {
    // μ.
    keep: f64,
    mean: Vec<f64>,
    factor: Factor,
}

impl MomentsEngine {
    /// With momentum μ.
    pub fn with_momentum(mut self, momentum: f64) -> Self {
        self.momentum = (momentum > 0.0).then(|| {
            let mut factor = self.factor.clone();
            factor.data_mut().fill(0.0);
            Momentum {
                keep: momentum,
                mean: vec![0.0; self.mean.len()],
                factor,
            }
        });
        self
    }

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
            momentum: None,
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
        // Without momentum the step itself, with it the gradient.
        let (rate, keep) = match self.momentum {
            None => (-learning_rate, 1.0 - learning_rate * weight_decay),
            Some(_) => (1.0, weight_decay),
        };
        let c = 2.0 * rate / (alpha * self.inputs.rows() as f64);
        self.inputs.weighted_moments(
            &self.residual,
            &mut self.pass_scratch,
            &mut self.g,
            &mut self.big_g,
        );
        self.big_g.mirror();
        self.factor.scaled_plus_product(
            keep,
            c * epsilon,
            &self.big_g,
            &mut self.push_scratch,
            &mut self.next_factor,
        );
        let d = self.g.len();
        for ((next, w), s) in self.next_mean.iter_mut().zip(&self.mean).zip(&self.g) {
            *next = keep * w + c * s;
        }
        self.big_g
            .multiply_vector(c * epsilon, &self.mean, &mut self.next_mean[..d]);
        match &mut self.momentum {
            None => {
                std::mem::swap(&mut self.factor, &mut self.next_factor);
                std::mem::swap(&mut self.mean, &mut self.next_mean);
            }
            Some(momentum) => {
                let mu = momentum.keep;
                let move_by = |w: &mut [f64], velocity: &mut [f64], gradient: &[f64]| {
                    for ((w, v), g) in w.iter_mut().zip(velocity).zip(gradient) {
                        *v = mu * *v + g;
                        *w -= learning_rate * *v;
                    }
                };
                move_by(
                    self.factor.data_mut(),
                    momentum.factor.data_mut(),
                    self.next_factor.data(),
                );
                move_by(&mut self.mean, &mut momentum.mean, &self.next_mean);
            }
        }
    }

    fn residual(&self) -> &[f64] {
        &self.residual
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

    fn save(&self, to: &mut Writer) {
        to.numbers(self.mean.iter());
        to.numbers(self.factor.data().iter());
        if let Some(Momentum {
            keep: _,
            mean,
            factor,
        }) = &self.momentum
        {
            to.numbers(mean.iter());
            to.numbers(factor.data().iter());
        }
    }

    fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        from.numbers(self.mean.iter_mut())?;
        from.numbers(self.factor.data_mut().iter_mut())?;
        if let Some(momentum) = &mut self.momentum {
            from.numbers(momentum.mean.iter_mut())?;
            from.numbers(momentum.factor.data_mut().iter_mut())?;
        }
        Ok(())
    }
}
