//! How large an error of the state is, in the values that the losses are made of.
//!
//! A tolerance on the weights would mean something else for inputs of another
//! scale. The change of the function that an error makes does not: it is measured
//! on the train inputs, and where the test loss is measured, each against the
//! labels and against the misfit there. Nothing but ratios enters, so that
//! equivalent problems (x → sx with w → w/s, y → cy with α → cα) take the same
//! steps.

use crate::sim::committee::engine::Problem;
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::test_loss::TestLoss;
use crate::sim::packed::{Affine, Inputs, Scratch};
use crate::sim::rkc::Tolerance;
use faer::{Mat, Par};
use ndarray::ArrayView2;

/// Rounding error of a value of the function, over the size of what it is summed
/// from, in units of the machine's.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Inputs on which errors are measured, besides the train inputs.
#[derive(Clone)]
enum Elsewhere {
    /// All x ~ N(0, I/D), as the exact test loss.
    Population,
    /// The test set.
    Set {
        inputs: Inputs,
        scratch: Scratch,
        values: Vec<f64>,
        labels: Vec<f64>,
    },
    /// All x ~ N(0, S) with S = XᵀX/P of the train inputs, where there is no test
    /// loss: parts of the state that no train output shows yet must be right too.
    LikeTrain(Mat<f64>),
}

/// Measures the error of a function.
#[derive(Clone)]
pub(super) struct ErrorMeasure {
    elsewhere: Elsewhere,
    // Root mean squares of the labels, on the train set and elsewhere.
    train_scale: f64,
    test_scale: f64,
    /// Root mean square error of the residuals that rounding makes.
    pub(super) rounding: f64,
    values: Vec<f64>,
}

/// Misfits (root mean square) at the state whose error is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Misfit {
    /// On the train set.
    pub train: f64,
    /// Elsewhere, where it is known.
    pub test: Option<f64>,
}

impl ErrorMeasure {
    /// For one problem, from its initial weights; `inputs` are the train inputs,
    /// `None` for P = ∞.
    pub(super) fn new(problem: &Problem, initial: &MomentState, inputs: Option<&Inputs>) -> Self {
        let task = &problem.task;
        let train_scale = match (inputs, &task.target) {
            (None, Some(target)) => target.mean_square().sqrt(),
            _ => task.zero_train_loss().sqrt(),
        };
        let (elsewhere, test_scale) = match (&task.target, &task.test) {
            (Some(target), _) => (Elsewhere::Population, target.mean_square().sqrt()),
            (None, Some((x, y))) => (
                Elsewhere::set(x.view(), y.to_vec()),
                task.zero_test_loss().map_or(train_scale, f64::sqrt),
            ),
            (None, None) => {
                let s = task.x.t().dot(&task.x) / task.x.nrows() as f64;
                let s = Mat::from_fn(s.nrows(), s.ncols(), |i, j| s[(i, j)]);
                (Elsewhere::LikeTrain(s), train_scale)
            }
        };
        let mut measure = Self {
            elsewhere,
            train_scale,
            test_scale,
            rounding: 0.0,
            values: vec![0.0; inputs.map_or(0, Inputs::rows)],
        };
        // The function is a difference of two of about the initial one's size.
        let scale = problem.alpha * problem.epsilon;
        let second = initial.second_moment();
        let mut function = Affine::zeros(initial.dim());
        let b: Vec<f64> = initial.mean.iter().map(|w| problem.alpha * w).collect();
        function.set(&b, |i, j| scale * second[(i, j)]);
        let initial_size = match inputs {
            Some(inputs) => measure.on_train(inputs, &mut inputs.scratch(), &function),
            None => {
                let (trace, norm_sq) = (
                    scale * second.diag().sum(),
                    scale * scale * second.iter().map(|m| m * m).sum::<f64>(),
                );
                let linear = b.iter().map(|b| b * b).sum();
                let power = TestLoss::new(initial.dim(), trace, norm_sq, linear);
                power.total().sqrt()
            }
        };
        measure.rounding = ROUNDING * (train_scale + (1.0 + problem.kappa) * initial_size);
        measure
    }

    /// Root mean square of a function on the train inputs.
    fn on_train(&mut self, inputs: &Inputs, scratch: &mut Scratch, function: &Affine) -> f64 {
        inputs.evaluate(function, scratch, &mut self.values);
        rms(&self.values)
    }

    /// The error of a function over the error allowed. `power` is the mean square
    /// of `change` over x ~ N(0, I/D), `train` the train inputs with their scratch
    /// space (`None` for P = ∞).
    pub(super) fn ratio(
        &mut self,
        change: &Affine,
        power: TestLoss,
        train: Option<(&Inputs, &mut Scratch)>,
        misfit: Misfit,
        tolerance: Tolerance,
    ) -> f64 {
        let elsewhere = match &mut self.elsewhere {
            Elsewhere::Population => power.total().sqrt(),
            Elsewhere::Set {
                inputs,
                scratch,
                values,
                ..
            } => {
                inputs.evaluate(change, scratch, values);
                rms(values)
            }
            Elsewhere::LikeTrain(second) => gaussian_mean_square(change, second).sqrt(),
        };
        let test = match self.elsewhere {
            Elsewhere::LikeTrain(_) => misfit.train,
            _ => misfit.test.unwrap_or(self.test_scale),
        };
        let test_allowed = self.allowed(self.test_scale, test, tolerance);
        let mut ratio = over(elsewhere, test_allowed);
        if let Some((inputs, scratch)) = train {
            let error = self.on_train(inputs, scratch, change);
            let allowed = self.allowed(self.train_scale, misfit.train, tolerance);
            ratio = worse(ratio, over(error, allowed));
        }
        ratio
    }

    /// The root mean square error that a step may make where the labels have root
    /// mean square `scale` and the residuals `misfit`: a part rtol of the labels,
    /// and a part 3√rtol of the residuals where these are so small that it is less,
    /// so that a loss that falls by many decades is right in each of them. Labels
    /// that are tiny beside the residuals do not ask for more than about rtol^1.5
    /// of these.
    fn allowed(&self, scale: f64, misfit: f64, tolerance: Tolerance) -> f64 {
        let part = 3.0 * tolerance.relative.sqrt() * misfit;
        (tolerance.relative * scale.max(part))
            .min(part)
            .max(tolerance.absolute)
            .max(FLOOR * self.rounding)
    }

    /// Length of weights w̄ whose function αw̄·x is about as large as the labels on
    /// the train inputs; 1 where there are none.
    pub(super) fn weights_for_labels(&self, problem: &Problem) -> f64 {
        let x = &problem.task.x;
        let inputs = (x.iter().map(|x| x * x).sum::<f64>() / x.len().max(1) as f64).sqrt();
        let length = self.train_scale / (problem.alpha * inputs);
        if length.is_normal() { length } else { 1.0 }
    }

    /// Mean squared error of a function on the test set, if errors are measured
    /// there.
    pub(super) fn test_set_loss(&mut self, function: &Affine) -> Option<f64> {
        let Elsewhere::Set {
            inputs,
            scratch,
            values,
            labels,
        } = &mut self.elsewhere
        else {
            return None;
        };
        inputs.evaluate(function, scratch, values);
        let squares = values.iter().zip(&*labels).map(|(f, y)| (f - y) * (f - y));
        Some(squares.sum::<f64>() / labels.len() as f64)
    }
}

/// Least error asked for, in units of rounding: the error estimate of a long step
/// multiplies the rounding of the residuals by the step's stiffness.
const FLOOR: f64 = 64.0;

impl Elsewhere {
    fn set(x: ArrayView2<f64>, labels: Vec<f64>) -> Self {
        let inputs = Inputs::new(x);
        Self::Set {
            scratch: inputs.scratch(),
            values: vec![0.0; labels.len()],
            inputs,
            labels,
        }
    }
}

fn rms(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().map(|v| v * v).sum();
    (sum / values.len().max(1) as f64).sqrt()
}

fn over(error: f64, allowed: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / allowed }
}

/// The larger one, and NaN where one is.
fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || b <= a { a } else { b }
}

/// ⟨(b·x + ½xᵀAx)²⟩ over x ~ N(0, S): bᵀSb + ¼(tr AS)² + ½tr(ASAS).
fn gaussian_mean_square(function: &Affine, second: &Mat<f64>) -> f64 {
    let d = second.nrows();
    let a = Mat::from_fn(d, d, |i, j| {
        let q = function.triangle.lower(i.max(j), i.min(j));
        if i == j { 2.0 * q } else { q }
    });
    let mut product = Mat::<f64>::zeros(d, d);
    faer::linalg::matmul::matmul(
        product.as_mut(),
        faer::Accum::Replace,
        &a,
        second,
        1.0,
        Par::Seq,
    );
    let trace: f64 = (0..d).map(|i| product[(i, i)]).sum();
    let (mut square, mut linear) = (0.0, 0.0);
    for j in 0..d {
        for i in 0..d {
            square += product[(i, j)] * product[(j, i)];
            linear += function.linear[i] * second[(i, j)] * function.linear[j];
        }
    }
    // Rounding must not make a square negative.
    (linear + 0.25 * trace * trace + 0.5 * square).max(0.0)
}
