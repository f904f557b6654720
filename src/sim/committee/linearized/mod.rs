//! The lazy model: the network linearised about its initial weights, in closed
//! form at every time from one eigendecomposition of K₀ on the train set.
//!
//! With K₀ = UΛUᵀ and r₀ = (1−κ)f₀ − y, the residual along u_k shrinks by
//! ρ_k = e^{−2λ_kτ/P} in gradient flow and (1 − 2η₀λ_k/P)^t in gradient descent,
//! and the function is (1−κ)f₀ + Σ_ν a_ν K₀(·, x_ν), a = −U[(1−ρ)/Λ]Uᵀr₀. Like
//! the network's it is b·x + ½xᵀAx, so that its test loss is exact too.
//!
//! K₀ is singular where ND < P or P > D(D+3)/2: the residual in its null space
//! stays, and τ → ∞ is the pseudo-inverse. Where |1 − 2η₀λ/P| > 1 for some mode
//! linearised gradient descent itself diverges: its losses grow and are infinite
//! once they leave the range of numbers, but never NaN.
//!
//! There is no such form with weight decay: it pulls the weights towards zero,
//! away from the point where the network is linearised.

mod population;
mod time;

pub use time::{LazyTime, LearningRates};

use super::engine::Problem;
use super::kernel::{
    GramInputs, KernelEigen, QuadraticFunction, cross_gram, kernel_function, second_moment,
};
use super::moments::MomentState;
use super::test_loss::TestLoss;
use crate::sim::packed::{Inputs, Symmetric};
use faer::Mat;
use ndarray::{Array1, Array2};
use population::PopulationForm;
use std::sync::Arc;

/// Most samples for which a run measures its linearised model: the
/// eigendecomposition takes O(P³).
pub const MAX_SAMPLES: usize = 2048;

/// Columns of coefficients that are worked on at once.
const BLOCK: usize = 128;

/// Most entries of the Gram matrix between test and train set that is kept.
const MAX_CROSS_ENTRIES: usize = 1 << 24;

/// Why there is no linearised model beside a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLinearized {
    /// λ > 0, now or at an earlier step.
    #[error(
        "the linearised model has no closed form with weight decay: set training.weight_decay = 0 from the start to see it"
    )]
    WeightDecay,
    /// P is too large.
    #[error(
        "the linearised model takes an eigendecomposition of the P×P kernel, which is done up to P = {MAX_SAMPLES}: lower task.samples = {samples} to see it"
    )]
    TooManySamples {
        /// P.
        samples: usize,
    },
    /// Trained readouts or Hermite activations.
    #[error(
        "the closed form of the linearised model is that of the committee machine: set network.train_readouts = false and task.target = \"quadratic\" to see it"
    )]
    NotCommittee,
    /// The initial kernel overflows.
    #[error("the initial kernel is not finite, so it has no linearised model")]
    NotFinite,
}

/// Losses of the linearised model at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LazyLosses {
    /// Mean squared residual on the train set.
    pub train: f64,
    /// Exact test loss, where the target is known.
    pub test: Option<f64>,
    /// Mean squared error on the test set, if there is one.
    pub sample_test: Option<f64>,
}

/// The linearised model of one problem.
pub struct Linearized {
    problem: Problem,
    initial: Arc<MomentState>,
    inputs: Inputs,
    eigen: Arc<KernelEigen>,
    // Uᵀr₀.
    modes: Vec<f64>,
    // (1−κ)f₀.
    offset: QuadraticFunction,
    population: Option<PopulationForm>,
    sample: Option<TestSet>,
}

struct TestSet {
    inputs: Inputs,
    // (1−κ)f₀ − y on the test set.
    offset: Vec<f64>,
    // K₀ between test and train set, unless it is too large.
    cross: Option<Mat<f64>>,
}

impl Linearized {
    /// Linearises about the initial weights. Takes O(P³) for the
    /// eigendecomposition and O(P²D) for the rest.
    ///
    /// # Errors
    /// [`NoLinearized::NotFinite`].
    pub fn new(problem: &Problem, initial: &Arc<MomentState>) -> Result<Self, NoLinearized> {
        let gram = GramInputs::new(problem.task.x.view()).ntk(initial, problem.epsilon);
        let eigen = KernelEigen::new(&gram).ok_or(NoLinearized::NotFinite)?;
        Ok(Self::from_eigen(problem, initial, Arc::new(eigen)))
    }

    /// The same from an eigendecomposition of K₀ on the train set that is there
    /// already: it depends on the inputs, the initial weights and ε alone, not
    /// on α, κ or the labels.
    pub fn from_eigen(
        problem: &Problem,
        initial: &Arc<MomentState>,
        eigen: Arc<KernelEigen>,
    ) -> Self {
        let task = &problem.task;
        let inputs = Inputs::new(task.x.view());
        // f₀ is b·x + ½xᵀAx with b = αw̄₀, A = αεM₀.
        let scale = (1.0 - problem.kappa) * problem.alpha;
        let offset = QuadraticFunction {
            linear: initial.mean.iter().map(|w| scale * w).collect(),
            quadratic: second_moment(initial) * faer::Scale(scale * problem.epsilon),
        };
        let residual = misfit(&offset, &inputs, task.y.iter());
        let sample = task.test.as_ref().map(|(x, y)| {
            let inputs = Inputs::new(x.view());
            TestSet {
                offset: misfit(&offset, &inputs, y.iter()),
                cross: (x.nrows() * task.x.nrows() <= MAX_CROSS_ENTRIES)
                    .then(|| cross_gram(x.view(), task.x.view(), initial, problem.epsilon)),
                inputs,
            }
        });
        Self {
            modes: eigen.project(&residual),
            population: task
                .target
                .as_ref()
                .map(|target| PopulationForm::new(problem, target, initial, &offset)),
            problem: problem.clone(),
            initial: Arc::clone(initial),
            inputs,
            eigen,
            offset,
            sample,
        }
    }

    /// The eigendecomposition of K₀ on the train set.
    pub fn eigen(&self) -> &Arc<KernelEigen> {
        &self.eigen
    }

    /// uᵀK₀⁻¹u with u = y − (1−κ)f₀ and the pseudo-inverse: the lazy limit
    /// moves the weights by ‖W−W₀‖² = (N/α²)·uᵀK₀⁻¹u. With κ = 1 it is the
    /// difficulty yᵀK₀⁻¹y of the labels (paper eq 8).
    pub fn difficulty(&self) -> f64 {
        self.eigen.difficulty_of_modes(&self.modes)
    }

    /// Losses at one time.
    pub fn losses(&self, time: &LazyTime) -> LazyLosses {
        self.curve(std::slice::from_ref(time))
            .pop()
            .unwrap_or(LazyLosses {
                train: f64::NAN,
                test: None,
                sample_test: None,
            })
    }

    /// Losses at many times, O(P²) each.
    pub fn curve(&self, times: &[LazyTime]) -> Vec<LazyLosses> {
        times
            .chunks(BLOCK)
            .flat_map(|times| self.block(times))
            .collect()
    }

    fn block(&self, times: &[LazyTime]) -> Vec<LazyLosses> {
        let (grown, train) = self.grown_modes(times);
        let range = self.eigen.vectors().get(.., ..self.eigen.rank());
        let a = range * &grown;
        let test = self.population.as_ref().map(|form| form.losses(&a));
        let cross = self
            .sample
            .as_ref()
            .and_then(|sample| Some(sample.cross.as_ref()? * &a));
        train
            .into_iter()
            .enumerate()
            .map(|(i, train)| {
                let coefficients = a.col_as_slice(i);
                // A mode that left the range of numbers makes all losses infinite.
                let finite = coefficients.iter().all(|a| a.is_finite());
                let test =
                    self.population
                        .as_ref()
                        .zip(test.as_ref())
                        .map(|(form, fast)| match fast[i] {
                            Some(loss) => loss,
                            None if finite => form.terms(&self.function_from(coefficients)).total(),
                            None => f64::INFINITY,
                        });
                let sample_test = self.sample.as_ref().map(|sample| match &cross {
                    Some(f) => sample.loss(f.col_as_slice(i)),
                    None => sample.loss(&self.kernel_part(coefficients).values(&sample.inputs)),
                });
                LazyLosses {
                    train,
                    test: test.map(or_infinite),
                    sample_test: sample_test.map(or_infinite),
                }
            })
            .collect()
    }

    /// −(1−ρ)/Λ Uᵀr₀ on K₀'s range, a column for each time, and the train losses.
    fn grown_modes(&self, times: &[LazyTime]) -> (Mat<f64>, Vec<f64>) {
        let p = self.modes.len() as f64;
        let rank = self.eigen.rank();
        let stays: f64 = self.modes[rank..].iter().map(|z| z * z).sum();
        let mut grown = Mat::zeros(rank, times.len());
        let train = times
            .iter()
            .enumerate()
            .map(|(i, time)| {
                let mut sum = stays;
                let modes = self.eigen.values().iter().zip(&self.modes);
                for (g, (value, z)) in grown.col_as_slice_mut(i).iter_mut().zip(modes) {
                    let (factor, lost) = time.factor(*value, p);
                    *g = -lost / value * z;
                    sum += (factor * z) * (factor * z);
                }
                or_infinite(sum / p)
            })
            .collect();
        (grown, train)
    }

    /// Σ a_ν K₀(·, x_ν).
    fn kernel_part(&self, a: &[f64]) -> QuadraticFunction {
        kernel_function(&self.inputs, a, &self.initial, self.problem.epsilon)
    }

    fn function_from(&self, a: &[f64]) -> QuadraticFunction {
        let mut f = self.kernel_part(a);
        f.linear
            .iter_mut()
            .zip(&self.offset.linear)
            .for_each(|(b, b0)| *b += b0);
        f.quadratic += &self.offset.quadratic;
        f
    }

    /// The trained function (f − κf₀ of the linearised model) at one time, in
    /// O(P² + PD² + D³).
    pub fn function(&self, time: &LazyTime) -> QuadraticFunction {
        let (grown, _) = self.grown_modes(std::slice::from_ref(time));
        let a = self.eigen.vectors().get(.., ..self.eigen.rank()) * &grown;
        self.function_from(a.col_as_slice(0))
    }

    /// The weights at one time, as moments. Σ_ν a_ν K₀(·, x_ν) is what the gradient at
    /// W₀ makes of a move of neuron i by (1/α)Σ_ν a_ν(1 + εw_i·x_ν)x_ν, which is
    /// (s + εSw_i)/α with s = Xᵀa and S = Xᵀdiag(a)X: the same affine map of every
    /// neuron. Takes O(P² + PD² + D³).
    pub fn weights(&self, time: &LazyTime) -> MomentState {
        let (grown, _) = self.grown_modes(std::slice::from_ref(time));
        let a = self.eigen.vectors().get(.., ..self.eigen.rank()) * &grown;
        let d = self.inputs.dim();
        let (mut s, mut big_s) = (vec![0.0; d], Symmetric::zeros(d));
        self.inputs.weighted_moments(
            a.col_as_slice(0),
            &mut self.inputs.scratch(),
            &mut s,
            &mut big_s,
        );
        let big_s = big_s.to_mat();
        let map = Array2::from_shape_fn((d, d), |(i, j)| {
            big_s[(i, j)] * self.problem.epsilon / self.problem.alpha
        });
        let shift = Array1::from_vec(s) / self.problem.alpha;
        MomentState {
            mean: &self.initial.mean + &map.dot(&self.initial.mean) + shift,
            factor: &self.initial.factor + &map.dot(&self.initial.factor),
        }
    }

    /// The three terms of the exact test loss at one time, where the target is
    /// known.
    pub fn test_loss(&self, time: &LazyTime) -> Option<TestLoss> {
        Some(self.population.as_ref()?.terms(&self.function(time)))
    }
}

impl TestSet {
    /// Mean squared error, given Σ a_ν K₀(·, x_ν) on the test set.
    fn loss(&self, kernel_part: &[f64]) -> f64 {
        let sum: f64 = self
            .offset
            .iter()
            .zip(kernel_part)
            .map(|(r, f)| (r + f) * (r + f))
            .sum();
        sum / self.offset.len() as f64
    }
}

fn misfit<'a>(
    function: &QuadraticFunction,
    inputs: &Inputs,
    y: impl Iterator<Item = &'a f64>,
) -> Vec<f64> {
    let mut out = function.values(inputs);
    out.iter_mut().zip(y).for_each(|(f, y)| *f -= y);
    out
}

fn or_infinite(loss: f64) -> f64 {
    if loss.is_nan() { f64::INFINITY } else { loss }
}
