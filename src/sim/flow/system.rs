//! The right-hand side of the flow, on a train set or on the whole population.

use crate::sim::engine::{Losses, Problem};
use crate::sim::inputs::{Inputs, Scratch, self_product};
use crate::sim::moments::MomentState;
use crate::sim::rkc::{System, Tolerance};
use crate::sim::test_loss::TestLoss;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use ndarray::{Array1, Array2};
use std::sync::Arc;

/// Where the residuals are averaged.
enum Data {
    /// Over the train set: g = cΣr_μx_μ, G = cεΣr_μx_μx_μᵀ, c = 2/(αP).
    Sample {
        inputs: Arc<Inputs>,
        scratch: Scratch,
        residual: Vec<f64>,
    },
    /// Over all x ~ N(0, I/D), P = ∞: g = (2/α)b/D, G = (ε/α)(tr E·I + 2E)/D².
    Population,
}

/// A rise of the Lyapunov function that rounding explains, relative.
const ROUNDING: f64 = 1e-10;

/// Gradient flow of one problem. Its state is the flat vector [w̄ | L], L column by
/// column.
pub struct FlowSystem {
    problem: Problem,
    data: Data,
    target: Option<Mat<f64>>,
    weight_decay: f64,
    initial_mean: Vec<f64>,
    initial_second: Mat<f64>,
    // Root mean square of the target: the scale of the function's errors.
    output_scale: f64,
    factor: Mat<f64>,
    // A of the function b·x + ½xᵀAx, lower triangle; and b.
    quadratic: Mat<f64>,
    linear: Vec<f64>,
    g: Vec<f64>,
    big_g: Mat<f64>,
    // Train loss at the last evaluation.
    train_loss: f64,
    accepted: Option<Accepted>,
    test_set: Option<TestSet>,
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

/// The test set, for problems without a known target.
struct TestSet {
    inputs: Inputs,
    scratch: Scratch,
    output: Vec<f64>,
}

impl FlowSystem {
    /// Flow on the train set of `problem`, from weights with moments `initial`,
    /// with weight decay λ.
    pub fn new(problem: Problem, initial: &MomentState, weight_decay: f64) -> Self {
        let inputs = Arc::new(Inputs::new(problem.task.x.view()));
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
        let (d, k) = initial.factor.dim();
        let factor = Mat::from_fn(d, k, |i, j| initial.factor[(i, j)]);
        let initial_mean = initial.mean.to_vec();
        let mut initial_second = Mat::zeros(d, d);
        second_moment(&initial_mean, &factor, &mut initial_second);
        let target = problem.task.target.as_ref();
        let output_scale = target
            .map_or_else(|| problem.task.zero_train_loss(), |t| t.mean_square())
            .sqrt();
        let test_set = match (target, &problem.task.test) {
            (None, Some((x, y))) => {
                let inputs = Inputs::new(x.view());
                Some(TestSet {
                    scratch: inputs.scratch(),
                    output: vec![0.0; y.len()],
                    inputs,
                })
            }
            _ => None,
        };
        Self {
            test_set,
            target: target.map(|t| Mat::from_fn(d, d, |i, j| t.matrix[(i, j)])),
            quadratic: Mat::zeros(d, d),
            linear: vec![0.0; d],
            g: vec![0.0; d],
            big_g: Mat::zeros(d, d),
            train_loss: f64::NAN,
            accepted: None,
            problem,
            data,
            weight_decay,
            initial_mean,
            initial_second,
            output_scale,
            factor,
        }
    }

    /// Weight decay λ from now on; the integration has to be restarted.
    pub fn set_weight_decay(&mut self, weight_decay: f64) {
        self.weight_decay = weight_decay;
        self.accepted = None;
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
        for column in state.factor.columns() {
            y.extend(column);
        }
        y
    }

    /// A flat vector as a state.
    pub fn unflatten(&self, y: &[f64]) -> MomentState {
        let d = self.linear.len();
        let (mean, factor) = y.split_at(d);
        MomentState {
            mean: Array1::from_vec(mean.to_vec()),
            factor: Array2::from_shape_fn((d, self.factor.ncols()), |(i, j)| factor[j * d + i]),
        }
    }

    /// Losses at a state.
    pub fn losses(&mut self, y: &[f64]) -> Losses {
        self.update_function(y);
        let test = self.exact_test_loss();
        Losses {
            train: self.update_residual(),
            test,
        }
    }

    /// What generalisation is judged by, at a state: the exact test loss where the
    /// target is known, else the test set's, if there is one.
    pub fn judged_test_loss(&mut self, y: &[f64]) -> Option<f64> {
        self.update_function(y);
        self.judge()
    }

    fn judge(&mut self) -> Option<f64> {
        if let Some(exact) = self.exact_test_loss() {
            return Some(exact.total());
        }
        let (set, (_, y)) = (self.test_set.as_mut()?, self.problem.task.test.as_ref()?);
        set.inputs.quadratic_forms(
            &self.linear,
            &self.quadratic,
            &mut set.scratch,
            &mut set.output,
        );
        let sum: f64 = set
            .output
            .iter()
            .zip(y)
            .map(|(f, y)| (f - y) * (f - y))
            .sum();
        Some(sum / y.len() as f64)
    }

    /// b and the lower triangle of A at a state.
    fn update_function(&mut self, y: &[f64]) {
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let d = self.linear.len();
        let (mean, factor) = y.split_at(d);
        for (j, column) in factor.chunks_exact(d).enumerate() {
            self.factor.col_as_slice_mut(j).copy_from_slice(column);
        }
        second_moment(mean, &self.factor, &mut self.quadratic);
        for ((b, w), w0) in self.linear.iter_mut().zip(mean).zip(&self.initial_mean) {
            *b = alpha * (w - kappa * w0);
        }
        for j in 0..d {
            let initial = &self.initial_second.col_as_slice(j)[j..];
            let column = &mut self.quadratic.col_as_slice_mut(j)[j..];
            for (a, m0) in column.iter_mut().zip(initial) {
                *a = alpha * epsilon * (*a - kappa * m0);
            }
        }
    }

    fn exact_test_loss(&self) -> Option<TestLoss> {
        let target = self.target.as_ref()?;
        let d = self.linear.len();
        let (mut trace, mut norm_sq) = (0.0, 0.0);
        for j in 0..d {
            let (a, t) = (
                &self.quadratic.col_as_slice(j)[j..],
                &target.col_as_slice(j)[j..],
            );
            let diagonal = a[0] - t[0];
            trace += diagonal;
            let below = a[1..].iter().zip(&t[1..]);
            norm_sq +=
                diagonal * diagonal + 2.0 * below.map(|(a, t)| (a - t) * (a - t)).sum::<f64>();
        }
        let b_norm_sq = self.linear.iter().map(|b| b * b).sum();
        Some(TestLoss::new(d, trace, norm_sq, b_norm_sq))
    }

    /// Residuals of the function, and their mean square.
    fn update_residual(&mut self) -> f64 {
        let Data::Sample {
            inputs,
            scratch,
            residual,
        } = &mut self.data
        else {
            return self.exact_test_loss().map_or(f64::NAN, TestLoss::total);
        };
        inputs.quadratic_forms(&self.linear, &self.quadratic, scratch, residual);
        let mut sum = 0.0;
        for (r, y) in residual.iter_mut().zip(&self.problem.task.y) {
            *r -= y;
            sum += *r * *r;
        }
        sum / residual.len() as f64
    }

    /// −g and −(G + λI) of the function as it stands.
    fn update_gradient(&mut self) {
        let Problem { alpha, epsilon, .. } = self.problem;
        let d = self.linear.len();
        match &mut self.data {
            Data::Sample {
                inputs,
                scratch,
                residual,
            } => {
                let c = 2.0 / (alpha * residual.len() as f64);
                inputs.weighted_moments(residual, scratch, &mut self.g, &mut self.big_g);
                self.g.iter_mut().for_each(|g| *g *= -c);
                for j in 0..d {
                    let column = self.big_g.col_as_slice_mut(j);
                    column.iter_mut().for_each(|v| *v *= -c * epsilon);
                }
            }
            Data::Population => {
                let n = d as f64;
                for (g, b) in self.g.iter_mut().zip(&self.linear) {
                    *g = -2.0 / alpha * b / n;
                }
                let Some(target) = &self.target else { return };
                let scale = -epsilon / (alpha * n * n);
                let mut trace = 0.0;
                for j in 0..d {
                    trace += self.quadratic[(j, j)] - target[(j, j)];
                    for i in j..d {
                        let value = 2.0 * scale * (self.quadratic[(i, j)] - target[(i, j)]);
                        self.big_g[(i, j)] = value;
                        self.big_g[(j, i)] = value;
                    }
                }
                for j in 0..d {
                    self.big_g[(j, j)] += scale * trace;
                }
            }
        }
        if self.weight_decay != 0.0 {
            for j in 0..d {
                self.big_g[(j, j)] -= self.weight_decay;
            }
        }
    }

    /// Mean square over all inputs of the change δf of the function that the change
    /// `error` of a state makes: ¼(tr δA/D)² + ½‖δA‖²/D² + |δb|²/D with
    /// δA = αε(C + Cᵀ), C = δL Lᵀ + δw̄ w̄ᵀ, δb = αδw̄.
    fn mean_square_change(&mut self, error: &[f64], y: &[f64]) -> f64 {
        let Problem { alpha, epsilon, .. } = self.problem;
        let (d, k) = (self.linear.len(), self.factor.ncols());
        let (dm, dl) = error.split_at(d);
        let (m, l) = y.split_at(d);
        // big_g is free between evaluations.
        let c = &mut self.big_g;
        matmul(
            c.as_mut(),
            Accum::Replace,
            MatRef::from_column_major_slice(dl, d, k),
            MatRef::from_column_major_slice(l, d, k).transpose(),
            1.0,
            Par::Seq,
        );
        for (j, w) in m.iter().enumerate() {
            for (c, e) in c.col_as_slice_mut(j).iter_mut().zip(dm) {
                *c += e * w;
            }
        }
        let scale = alpha * epsilon;
        let (mut trace, mut norm_sq) = (0.0, 0.0);
        for j in 0..d {
            trace += 2.0 * scale * c[(j, j)];
            for i in 0..=j {
                let sum = scale * (c[(i, j)] + c[(j, i)]);
                norm_sq += if i == j { sum * sum } else { 2.0 * sum * sum };
            }
        }
        let linear: f64 = dm.iter().map(|e| alpha * alpha * e * e).sum();
        TestLoss::new(d, trace, norm_sq, linear).total()
    }
}

/// M = LLᵀ + w̄w̄ᵀ, of which the lower triangle is right.
fn second_moment(mean: &[f64], factor: &Mat<f64>, m: &mut Mat<f64>) {
    self_product(factor, m);
    for (j, w) in mean.iter().enumerate() {
        for (m, v) in m.col_as_slice_mut(j)[j..].iter_mut().zip(&mean[j..]) {
            *m += w * v;
        }
    }
}

impl System for FlowSystem {
    fn slope(&mut self, _: f64, y: &[f64], slope: &mut [f64]) {
        self.update_function(y);
        self.train_loss = self.update_residual();
        self.update_gradient();
        let (d, k) = (self.linear.len(), self.factor.ncols());
        let (mean, factor) = y.split_at(d);
        let (mean_slope, factor_slope) = slope.split_at_mut(d);
        matmul(
            MatMut::from_column_major_slice_mut(factor_slope, d, k),
            Accum::Replace,
            &self.big_g,
            MatRef::from_column_major_slice(factor, d, k),
            1.0,
            Par::Seq,
        );
        mean_slope.copy_from_slice(&self.g);
        for (j, w) in mean.iter().enumerate() {
            for (s, g) in mean_slope.iter_mut().zip(self.big_g.col_as_slice(j)) {
                *s += w * g;
            }
        }
    }

    /// The root mean square over all inputs of the change of the function, against
    /// that of the target: what the losses are made of, whatever the scale of the
    /// weights and however they are rotated.
    fn error_ratio(
        &mut self,
        error: &[f64],
        _: &[f64],
        after: &[f64],
        tolerance: Tolerance,
    ) -> f64 {
        let rms = self.mean_square_change(error, after).sqrt();
        rms / (tolerance.absolute + tolerance.relative * self.output_scale)
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
        let slack = ROUNDING * (potential + self.output_scale * self.output_scale);
        let passes = potential.is_finite()
            && self
                .accepted
                .is_none_or(|a| potential <= a.potential + slack);
        if passes {
            self.accepted = Some(Accepted {
                losses: Losses {
                    train: self.train_loss,
                    test: self.exact_test_loss(),
                },
                judged: self.judge(),
                potential,
            });
        }
        passes
    }
}
