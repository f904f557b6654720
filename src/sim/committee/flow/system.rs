//! The right-hand side of the flow, on a train set or on the whole population.

use super::error::{ErrorMeasure, Misfit};
use crate::sim::committee::engine::{Losses, Problem};
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::quadratic::QuadraticModel;
use crate::sim::committee::test_loss::TestLoss;
use crate::sim::packed::{Affine, Buffer, Factor, Inputs, LANES, Scratch, Symmetric};
use crate::sim::rkc::{System, Tolerance};
use ndarray::Array1;

/// Where the residuals are averaged.
#[derive(Clone)]
enum Data {
    /// Over the train set: g = cΣr_μx_μ, G = cεΣr_μx_μx_μᵀ, c = 2/(αP).
    Sample {
        inputs: Inputs,
        scratch: Scratch,
        residual: Vec<f64>,
    },
    /// Over all x ~ N(0, I/D), P = ∞: g = (2/α)(b − l)/D,
    /// G = (ε/α)(tr E·I + 2E)/D².
    Population,
}

/// Residuals up to so many times their rounding error say nothing: what they were
/// to fall by is no longer in them.
const SPENT: f64 = 4.0;
/// Relative rounding error of the train loss + ½λα² tr M, a sum of squares.
const SUM_ROUNDING: f64 = 64.0 * f64::EPSILON;

/// Gradient flow of one problem. Its state is the flat vector [w̄ | L]: w̄ padded to
/// whole lanes, and L as [`Factor`] packs it.
#[derive(Clone)]
pub struct FlowSystem {
    problem: Problem,
    data: Data,
    model: QuadraticModel,
    weight_decay: f64,
    errors: ErrorMeasure,
    // The function that an error of the state makes.
    change: Affine,
    dim: usize,
    factor: Factor,
    covariance: Symmetric,
    function: Affine,
    // Exact test loss of the function, where the target is known.
    test: Option<TestLoss>,
    // g/c and G/(cε).
    g: Vec<f64>,
    big_g: Symmetric,
    pushed: Factor,
    push_scratch: Buffer,
    // Train loss at the last evaluation.
    train_loss: f64,
    accepted: Option<Accepted>,
}

/// What is known of the last accepted state.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Its losses.
    pub losses: Losses,
    /// What generalisation is judged by: the exact test loss, else the sample's.
    pub judged: Option<f64>,
    /// Train loss + ½λα² tr M, which never increases along the flow.
    pub potential: f64,
}

impl FlowSystem {
    /// Flow on the train set of `problem`, from weights with moments `initial`,
    /// with weight decay λ.
    pub fn new(problem: Problem, initial: &MomentState, weight_decay: f64) -> Self {
        let inputs = Inputs::new(problem.task.x.view());
        let data = Data::Sample {
            scratch: inputs.scratch(),
            residual: vec![0.0; inputs.rows()],
            inputs,
        };
        Self::with_data(problem, initial, weight_decay, data)
    }

    /// Flow on infinitely many samples, P = ∞, where train and test loss are one;
    /// `None` where the target is not known. Label noise would only add its
    /// variance to the train loss and is left out.
    pub fn population(problem: Problem, initial: &MomentState, weight_decay: f64) -> Option<Self> {
        problem.task.target.as_ref()?;
        Some(Self::with_data(
            problem,
            initial,
            weight_decay,
            Data::Population,
        ))
    }

    fn with_data(problem: Problem, initial: &MomentState, weight_decay: f64, data: Data) -> Self {
        let d = initial.dim();
        let factor = Factor::new(initial.factor.view());
        let inputs = match &data {
            Data::Sample { inputs, .. } => Some(inputs),
            Data::Population => None,
        };
        Self {
            errors: ErrorMeasure::new(&problem, initial, inputs),
            change: Affine::zeros(d),
            model: QuadraticModel::new(&problem, initial),
            covariance: Symmetric::zeros(d),
            function: Affine::zeros(d),
            test: None,
            g: vec![0.0; d],
            big_g: Symmetric::zeros(d),
            pushed: factor.clone(),
            push_scratch: factor.scratch(),
            train_loss: f64::NAN,
            accepted: None,
            dim: d,
            problem,
            data,
            weight_decay,
            factor,
        }
    }

    /// Weight decay λ from now on; the integration has to be restarted.
    pub fn set_weight_decay(&mut self, weight_decay: f64) {
        self.weight_decay = weight_decay;
        self.accepted = None;
    }

    /// Takes `y` for the last accepted state, as when it was accepted.
    pub fn accept(&mut self, y: &[f64]) {
        self.accepted = None;
        self.update_function(y);
        self.train_loss = self.update_residual();
        self.admissible(y);
    }

    /// Weight decay λ.
    pub fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    /// What is known of the last accepted state; `None` before the first.
    pub fn accepted(&self) -> Option<Accepted> {
        self.accepted
    }

    /// The state as a flat vector.
    pub fn flatten(state: &MomentState) -> Vec<f64> {
        let mut y = state.mean.to_vec();
        y.resize(y.len().next_multiple_of(LANES), 0.0);
        y.extend(Factor::new(state.factor.view()).data());
        y
    }

    /// A flat vector as a state.
    pub fn unflatten(&self, y: &[f64]) -> MomentState {
        let (mean, packed) = y.split_at(self.padded());
        let mut factor = self.factor.clone();
        factor.data_mut().copy_from_slice(packed);
        MomentState {
            mean: Array1::from_vec(mean[..self.dim].to_vec()),
            factor: factor.to_array(),
        }
    }

    fn padded(&self) -> usize {
        self.dim.next_multiple_of(LANES)
    }

    /// Losses at a state.
    pub fn losses(&mut self, y: &[f64]) -> Losses {
        self.update_function(y);
        Losses {
            train: self.update_residual(),
            test: self.test,
        }
    }

    /// What generalisation is judged by, at a state: the exact test loss where the
    /// target is known, else the test set's, if there is one.
    pub fn judged_test_loss(&mut self, y: &[f64]) -> Option<f64> {
        self.update_function(y);
        self.judge()
    }

    fn judge(&mut self) -> Option<f64> {
        if let Some(exact) = self.test {
            return Some(exact.total());
        }
        self.errors.test_set_loss(&self.function)
    }

    /// The function at a state, and its exact test loss.
    fn update_function(&mut self, y: &[f64]) {
        let (mean, packed) = y.split_at(self.padded());
        self.factor.data_mut().copy_from_slice(packed);
        self.factor.self_product(&mut self.covariance);
        self.test = self
            .model
            .evaluate(mean, &self.covariance, &mut self.function);
    }

    /// Residuals of the function, and their mean square.
    fn update_residual(&mut self) -> f64 {
        let Data::Sample {
            inputs,
            scratch,
            residual,
        } = &mut self.data
        else {
            return self.test.map_or(f64::NAN, TestLoss::total);
        };
        inputs.evaluate(&self.function, scratch, residual);
        let mut sum = 0.0;
        for (r, y) in residual.iter_mut().zip(&self.problem.task.y) {
            *r -= y;
            sum += *r * *r;
        }
        sum / residual.len() as f64
    }

    /// g/c and G/(cε) of the function as it stands; returns c.
    fn update_gradient(&mut self) -> f64 {
        let Problem { alpha, .. } = self.problem;
        match &mut self.data {
            Data::Sample {
                inputs,
                scratch,
                residual,
            } => {
                inputs.weighted_moments(residual, scratch, &mut self.g, &mut self.big_g);
                self.big_g.mirror();
                2.0 / (alpha * residual.len() as f64)
            }
            Data::Population => {
                // ⟨r x⟩ = (b − l)/D and ⟨r xxᵀ⟩ = (½ tr E·I + E)/D².
                let n = self.dim as f64;
                for (g, b) in self.g.iter_mut().zip(&self.function.linear) {
                    *g = b / n;
                }
                if let Some(target) = &self.problem.task.target {
                    for (g, l) in self.g.iter_mut().zip(&target.linear) {
                        *g -= l / n;
                    }
                    let triangle = &self.function.triangle;
                    let error = |i: usize, j: usize| {
                        let a = triangle.lower(i.max(j), i.min(j));
                        (if i == j { 2.0 * a } else { a }) - target.matrix[(i, j)]
                    };
                    let trace: f64 = (0..self.dim).map(|i| error(i, i)).sum();
                    self.big_g = Symmetric::from_fn(self.dim, |i, j| {
                        (error(i, j) + if i == j { 0.5 * trace } else { 0.0 }) / (n * n)
                    });
                }
                2.0 / alpha
            }
        }
    }

    /// The change of the function that the change `error` of a state makes, δb = αδw̄
    /// and δA = αε(C + Cᵀ) with C = δL Lᵀ + δw̄ w̄ᵀ, into `self.change`; returns its
    /// mean square over x ~ N(0, I/D).
    fn update_change(&mut self, error: &[f64], y: &[f64]) -> TestLoss {
        let Problem { alpha, epsilon, .. } = self.problem;
        let (d, k) = (self.dim, self.factor.columns());
        let (dm, dl) = error.split_at(self.padded());
        let (m, l) = y.split_at(self.padded());
        // Polarisation with the symmetric product that is there:
        // δL Lᵀ + L δLᵀ = ½[(L + δL)(L + δL)ᵀ − (L − δL)(L − δL)ᵀ], δL scaled to L.
        let size = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
        let (error_size, state_size) = (size(dl), size(l));
        let ratio = if error_size > 0.0 && state_size > 0.0 {
            error_size / state_size
        } else {
            1.0
        };
        let mut shifted = |sign: f64, out: &mut Symmetric| {
            let values = self.pushed.data_mut().iter_mut();
            for ((v, l), e) in values.zip(l).zip(dl) {
                *v = l + sign * e / ratio;
            }
            self.pushed.self_product(out);
        };
        // A single neuron has no spread: L has no columns.
        if k > 0 {
            shifted(1.0, &mut self.big_g);
            shifted(-1.0, &mut self.covariance);
        }
        let scale = alpha * epsilon;
        let (mut trace, mut norm_sq) = (0.0, 0.0);
        let b: Vec<f64> = dm[..d].iter().map(|e| alpha * e).collect();
        let (plus, minus) = (&self.big_g, &self.covariance);
        self.change.set(&b, |i, j| {
            let factor = if k > 0 {
                0.5 * ratio * (plus.lower(i, j) - minus.lower(i, j))
            } else {
                0.0
            };
            let change = scale * (factor + dm[i] * m[j] + m[i] * dm[j]);
            if i == j {
                trace += change;
                norm_sq += change * change;
            } else {
                norm_sq += 2.0 * change * change;
            }
            change
        });
        TestLoss::new(d, trace, norm_sq, b.iter().map(|b| b * b).sum())
    }

    /// Whether the residuals are down to their rounding error, so that the exact
    /// flow, which would lower them further, stands still in these numbers. Weight
    /// decay goes on moving the weights.
    pub fn is_spent(&self, train_loss: f64) -> bool {
        self.weight_decay == 0.0 && train_loss <= (SPENT * self.errors.rounding).powi(2)
    }

    /// Derivative of the train loss along the flow where the state moves by
    /// `slope`, −α²|dy/dτ|²; `None` with weight decay, and for P = ∞.
    pub fn train_slope(&self, slope: &[f64]) -> Option<f64> {
        if self.weight_decay != 0.0 || matches!(self.data, Data::Population) {
            return None;
        }
        let speed_sq: f64 = slope.iter().map(|v| v * v).sum();
        Some(-self.problem.alpha * self.problem.alpha * speed_sq)
    }
}

impl System for FlowSystem {
    fn slope(&mut self, _: f64, y: &[f64], slope: &mut [f64]) {
        self.update_function(y);
        self.train_loss = self.update_residual();
        let c = self.update_gradient();
        let (padded, decay) = (self.padded(), self.weight_decay);
        let scale = -c * self.problem.epsilon;
        self.factor.scaled_plus_product(
            -decay,
            scale,
            &self.big_g,
            &mut self.push_scratch,
            &mut self.pushed,
        );
        let (mean_slope, factor_slope) = slope.split_at_mut(padded);
        factor_slope.copy_from_slice(self.pushed.data());
        mean_slope.fill(0.0);
        for ((s, w), g) in mean_slope.iter_mut().zip(y).zip(&self.g) {
            *s = -decay * w - c * g;
        }
        self.big_g
            .multiply_vector(scale, &y[..padded], &mut mean_slope[..self.dim]);
    }

    /// The change of the function that the error makes against what is allowed: see
    /// `flow::error`.
    fn error_ratio(
        &mut self,
        error: &[f64],
        _: &[f64],
        after: &[f64],
        tolerance: Tolerance,
    ) -> f64 {
        let power = self.update_change(error, after);
        let judged = match self.test {
            Some(exact) => Some(exact.total()),
            None => self.accepted.and_then(|a| a.judged),
        };
        let misfit = Misfit {
            train: self.train_loss.sqrt(),
            test: judged.map(f64::sqrt),
        };
        let train = match &mut self.data {
            Data::Sample {
                inputs, scratch, ..
            } => Some((&*inputs, scratch)),
            Data::Population => None,
        };
        self.errors
            .ratio(&self.change, power, train, misfit, tolerance)
    }

    /// The size of the weights or, where they are all zero, of weights whose
    /// linear function is as large as the labels.
    fn size(&self, y: &[f64]) -> f64 {
        let norm = y.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 0.0 {
            norm
        } else {
            self.errors.weights_for_labels(&self.problem)
        }
    }

    /// The train loss plus ½λα² tr M never increases along the flow.
    fn admissible(&mut self, after: &[f64]) -> bool {
        let alpha = self.problem.alpha;
        let decay = if self.weight_decay == 0.0 {
            0.0
        } else {
            let norm_sq: f64 = after.iter().map(|v| v * v).sum();
            0.5 * self.weight_decay * alpha * alpha * norm_sq
        };
        let potential = self.train_loss + decay;
        let rounding = self.errors.rounding;
        let slack = rounding * (2.0 * self.train_loss.sqrt() + rounding) + SUM_ROUNDING * potential;
        let passes = potential.is_finite()
            && self
                .accepted
                .is_none_or(|a| potential <= a.potential + slack);
        if passes {
            self.accepted = Some(Accepted {
                losses: Losses {
                    train: self.train_loss,
                    test: self.test,
                },
                judged: self.judge(),
                potential,
            });
        }
        passes
    }
}
