//! Gradient descent on the N×D weight matrix itself: the oracle for the moments,
//! and the only form where these do not suffice (trained readouts, Hermite
//! activations).
//!
//! f(x) = (α/N) Σ_i v_i φ(w_i·x), and a step is
//! w_i ← w_i − η₀(λw_i + (2/(αP)) v_i Σ_μ r_μ φ'(w_i·x_μ) x_μ) and, where the
//! readouts are trained, v_i ← v_i − η₀(λv_i + (2/(αP)) Σ_μ r_μ φ(w_i·x_μ)). With
//! momentum μ the brackets are replaced by their sums Σ_s μ^{t−s} over the steps.

mod network;

pub use network::{Activation, Network};

use super::engine::{Engine, Losses, Problem};
use super::moments::MomentState;
use super::test_loss::TestLoss;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use ndarray::{Array1, Array2, Axis};

/// Exact gradient descent in the weights.
#[derive(Clone)]
pub struct NeuronsEngine {
    problem: Problem,
    network: Network,
    momentum: f64,
    // Gradients summed with momentum, of W and v; empty without it.
    velocity: Option<(Array2<f64>, Array1<f64>)>,
    initial_moments: (Array1<f64>, Array2<f64>),
    initial_output: Array1<f64>,
    preactivations: Array2<f64>,
    residual: Array1<f64>,
}

impl NeuronsEngine {
    /// An engine at the given initial weights W₀ (N×D), with readouts fixed to 1.
    pub fn new(problem: Problem, weights: Array2<f64>) -> Self {
        let network = Network::new(&problem, weights);
        Self::of(problem, network, 0.0)
    }

    /// An engine at a given network, with momentum μ.
    pub fn of(problem: Problem, network: Network, momentum: f64) -> Self {
        let preactivations = network.preactivations(problem.task.x.view());
        let initial_output = network.output_of(&preactivations);
        Self {
            initial_moments: network.moments(),
            residual: Array1::zeros(initial_output.len()),
            velocity: (momentum > 0.0).then(|| {
                let n = network.width();
                (Array2::zeros(network.weights.dim()), Array1::zeros(n))
            }),
            preactivations,
            initial_output,
            momentum,
            network,
            problem,
        }
    }

    /// The current weights W, N×D.
    pub fn weights(&self) -> &Array2<f64> {
        &self.network.weights
    }

    fn test_loss(&self) -> Option<TestLoss> {
        let target = self.problem.task.target.as_ref()?;
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let (mean, second) = self.network.moments();
        let (mean0, second0) = &self.initial_moments;
        let b = (mean - mean0 * kappa) * alpha - &target.linear;
        let e = (second - second0 * kappa) * (alpha * epsilon) - &target.matrix;
        Some(TestLoss::new(
            b.len(),
            e.diag().sum(),
            e.iter().map(|v| v * v).sum(),
            b.dot(&b),
        ))
    }

    /// v_i r_μ φ'(w_i·x_μ), P×N.
    fn signal(&self) -> Array2<f64> {
        let (activation, epsilon) = (self.network.activation, self.problem.epsilon);
        let mut signal = self.preactivations.mapv(|h| activation.slope(epsilon, h));
        for (mut row, r) in signal.rows_mut().into_iter().zip(&self.residual) {
            row *= *r;
        }
        if let Some(v) = &self.network.readouts {
            signal *= &v.view().insert_axis(Axis(0));
        }
        signal
    }

    /// Σ_μ r_μ φ(w_i·x_μ), length N.
    fn readout_signal(&self) -> Array1<f64> {
        let (activation, epsilon) = (self.network.activation, self.problem.epsilon);
        let values = self.preactivations.mapv(|h| activation.value(epsilon, h));
        values.t().dot(&self.residual)
    }
}

impl Engine for NeuronsEngine {
    fn evaluate(&mut self) -> Losses {
        self.preactivations = self.network.preactivations(self.problem.task.x.view());
        let output = self.network.output_of(&self.preactivations);
        self.residual = output - &self.initial_output * self.problem.kappa - &self.problem.task.y;
        let train = self.residual.dot(&self.residual) / self.residual.len() as f64;
        Losses {
            train,
            test: self.test_loss(),
        }
    }

    fn update(&mut self, learning_rate: f64, weight_decay: f64) {
        let scale = 2.0 / (self.problem.alpha * self.residual.len() as f64);
        let signal = self.signal();
        // Both gradients belong to the weights before the step.
        let readout_signal = self
            .network
            .readouts
            .is_some()
            .then(|| self.readout_signal());
        let x = &self.problem.task.x;
        let Network {
            weights, readouts, ..
        } = &mut self.network;
        let Some((weight_velocity, readout_velocity)) = &mut self.velocity else {
            let (c, keep) = (learning_rate * scale, 1.0 - learning_rate * weight_decay);
            ndarray::linalg::general_mat_mul(-c, &signal.t(), x, keep, weights);
            if let (Some(v), Some(gradient)) = (readouts, readout_signal) {
                *v *= keep;
                v.scaled_add(-c, &gradient);
            }
            return;
        };
        let mu = self.momentum;
        ndarray::linalg::general_mat_mul(scale, &signal.t(), x, mu, weight_velocity);
        weight_velocity.scaled_add(weight_decay, weights);
        weights.scaled_add(-learning_rate, weight_velocity);
        if let (Some(v), Some(gradient)) = (readouts, readout_signal) {
            *readout_velocity *= mu;
            readout_velocity.scaled_add(scale, &gradient);
            readout_velocity.scaled_add(weight_decay, v);
            v.scaled_add(-learning_rate, readout_velocity);
        }
    }

    fn residual(&self) -> &[f64] {
        // Made by arithmetic on whole arrays: one piece of memory.
        self.residual.as_slice().unwrap_or_default()
    }

    fn state(&self) -> MomentState {
        // The centred weights themselves are a factor: L = (W − w̄)ᵀ/√N.
        let w = &self.network.weights;
        let n = w.nrows() as f64;
        let mean = w.sum_axis(Axis(0)) / n;
        let factor = (w - &mean).reversed_axes() / n.sqrt();
        MomentState {
            mean,
            factor: factor.as_standard_layout().into_owned(),
        }
    }

    fn network(&self) -> Option<&Network> {
        (!self.network.is_committee()).then_some(&self.network)
    }

    fn snapshot(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }

    fn save(&self, to: &mut Writer) {
        to.numbers(self.network.weights.iter());
        if let Some(readouts) = &self.network.readouts {
            to.numbers(readouts.iter());
        }
        if let Some((weights, readouts)) = &self.velocity {
            to.numbers(weights.iter());
            to.numbers(readouts.iter());
        }
    }

    fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        from.numbers(self.network.weights.iter_mut())?;
        if let Some(readouts) = &mut self.network.readouts {
            from.numbers(readouts.iter_mut())?;
        }
        if let Some((weights, readouts)) = &mut self.velocity {
            from.numbers(weights.iter_mut())?;
            from.numbers(readouts.iter_mut())?;
        }
        Ok(())
    }
}
