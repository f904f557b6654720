//! Fills a [`Row`] with the metrics of one state.

use super::accuracy::Points;
use super::engine::{Losses, Problem};
use super::kernel::{
    Alignments, Gram, GramInputs, PopulationAlignment, relative_alignment, relative_distance,
    top_eigenvalue,
};
use super::linearized::{LazyTime, Linearized, MAX_SAMPLES, NoLinearized};
use super::moments::MomentState;
use super::neurons::Network;
use super::test_loss::TestLoss;
use crate::sim::accuracy::Errors;
use crate::sim::metrics::{Metric, Row};
use crate::sim::packed::{Affine, Inputs, Symmetric};
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView2};
use std::sync::{Arc, OnceLock};

/// Largest D at which the eigenvalues of M, O(D³), are measured.
pub const MAX_SPECTRUM_DIM: usize = 512;

/// Measures states of one run against its initial state.
pub struct Meter {
    problem: Problem,
    initial: Arc<MomentState>,
    // Where the moments do not determine function and kernel.
    initial_network: Option<InitialNetwork>,
    momentum: f64,
    train: Inputs,
    test: Option<Inputs>,
    // Gram matrices are P×P: made when first asked for.
    train_gram: OnceLock<(GramInputs, Gram)>,
    test_gram: OnceLock<GramInputs>,
    linearized: OnceLock<Result<Linearized, NoLinearized>>,
    // D×D products that no row needs twice.
    initial_second: OnceLock<Array2<f64>>,
    population: OnceLock<PopulationAlignment>,
}

/// The network at step 0, and f₀ on the train and test set.
struct InitialNetwork {
    train_output: Array1<f64>,
    test_output: Option<Array1<f64>>,
    network: Network,
}

impl Meter {
    /// For a network whose moments do not determine its function and kernel; the
    /// methods then want that network as it is at the step measured.
    pub fn with_network(mut self, network: Network) -> Self {
        let test = self.problem.task.test.as_ref();
        self.initial_network = Some(InitialNetwork {
            train_output: network.output(self.problem.task.x.view()),
            test_output: test.map(|(x, _)| network.output(x.view())),
            network,
        });
        self
    }

    /// For gradient descent with momentum μ.
    pub fn with_momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// A meter for runs that start at `initial`.
    pub fn new(problem: Problem, initial: Arc<MomentState>) -> Self {
        Self {
            train: Inputs::new(problem.task.x.view()),
            test: problem
                .task
                .test
                .as_ref()
                .map(|(x, _)| Inputs::new(x.view())),
            train_gram: OnceLock::new(),
            test_gram: OnceLock::new(),
            linearized: OnceLock::new(),
            initial_second: OnceLock::new(),
            population: OnceLock::new(),
            initial_network: None,
            momentum: 0.0,
            problem,
            initial,
        }
    }

    /// The trained function b·x + ½xᵀAx at these weights.
    fn function(&self, state: &MomentState) -> Affine {
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let m = state.second_moment();
        let m0 = (self.initial_second).get_or_init(|| self.initial.second_moment());
        let b: Vec<f64> = state
            .mean
            .iter()
            .zip(&self.initial.mean)
            .map(|(w, w0)| alpha * (w - kappa * w0))
            .collect();
        let mut function = Affine::zeros(b.len());
        function.set(&b, |i, j| {
            alpha * epsilon * (m[(i, j)] - kappa * m0[(i, j)])
        });
        function
    }

    /// Values f − κf₀ on inputs; `before` is f₀ on them, where the network is
    /// needed for it.
    fn output(
        &self,
        function: &Affine,
        network: Option<&Network>,
        inputs: &Inputs,
        x: ArrayView2<f64>,
        before: Option<&Array1<f64>>,
    ) -> Vec<f64> {
        let mut output = vec![0.0; inputs.rows()];
        match (network, before) {
            (Some(network), Some(before)) => {
                let now = network.output(x) - before * self.problem.kappa;
                output.iter_mut().zip(now).for_each(|(o, f)| *o = f);
            }
            _ => inputs.evaluate(function, &mut inputs.scratch(), &mut output),
        }
        output
    }

    /// Absolute errors on the train set.
    pub(in crate::sim) fn train_errors(
        &self,
        state: &MomentState,
        network: Option<&Network>,
    ) -> Errors {
        self.train_errors_of(&self.function(state), network)
    }

    /// Absolute errors on the train set, and on the test set or else on other points.
    pub(in crate::sim) fn errors(
        &self,
        state: &MomentState,
        network: Option<&Network>,
        others: Option<&Points>,
    ) -> (Errors, Option<Errors>) {
        let function = self.function(state);
        (
            self.train_errors_of(&function, network),
            self.test_errors_of(&function, network, others),
        )
    }

    fn train_errors_of(&self, function: &Affine, network: Option<&Network>) -> Errors {
        let task = &self.problem.task;
        let before = self.initial_network.as_ref().map(|i| &i.train_output);
        let output = self.output(function, network, &self.train, task.x.view(), before);
        Errors::new(output.iter().zip(&task.y).map(|(f, y)| f - y))
    }

    /// Absolute errors on the test set or else on other points.
    pub(in crate::sim) fn test_errors(
        &self,
        state: &MomentState,
        network: Option<&Network>,
        others: Option<&Points>,
    ) -> Option<Errors> {
        self.test_errors_of(&self.function(state), network, others)
    }

    fn test_errors_of(
        &self,
        function: &Affine,
        network: Option<&Network>,
        others: Option<&Points>,
    ) -> Option<Errors> {
        let initial = self.initial_network.as_ref();
        match (&self.test, &self.problem.task.test, others) {
            (Some(inputs), Some((x, y)), _) => {
                let before = initial.and_then(|initial| initial.test_output.as_ref());
                let output = self.output(function, network, inputs, x.view(), before);
                Some(Errors::new(output.iter().zip(y).map(|(f, y)| f - y)))
            }
            (_, _, Some(points)) => {
                let x = points.x.view();
                let before = initial.map(|initial| initial.network.output(x));
                let output = self.output(function, network, &points.inputs, x, before.as_ref());
                let errors = output.iter().zip(&points.labels).map(|(f, y)| f - y);
                Some(Errors::new(errors))
            }
            _ => None,
        }
    }

    /// Mean squared error on the test set, if there is one.
    pub fn sample_test_loss(&self, state: &MomentState, network: Option<&Network>) -> Option<f64> {
        let (inputs, (x, y)) = (self.test.as_ref()?, self.problem.task.test.as_ref()?);
        let mut output = vec![0.0; inputs.rows()];
        match (network, &self.initial_network) {
            (Some(network), Some(initial)) => {
                let before = initial.test_output.as_ref()?;
                let now = network.output(x.view()) - before * self.problem.kappa;
                output.iter_mut().zip(now).for_each(|(o, f)| *o = f);
            }
            _ => inputs.evaluate(&self.function(state), &mut inputs.scratch(), &mut output),
        }
        let sum: f64 = output.iter().zip(y).map(|(f, y)| (f - y) * (f - y)).sum();
        Some(sum / y.len() as f64)
    }

    /// λ_max(K)/P on the train set: the curvature that the kernel makes.
    pub fn top_eigenvalue_per_sample(&self, state: &MomentState, network: Option<&Network>) -> f64 {
        let top = match network {
            None => {
                let x = self.problem.task.x.view();
                top_eigenvalue(&self.train, x, state, self.problem.epsilon)
            }
            Some(network) => largest_magnitude(&network.ntk(self.problem.task.x.view())),
        };
        top / self.train.rows() as f64
    }

    /// Largest η₀ at which gradient descent is stable at these weights: one over
    /// the larger of λ_max(K)/P and ‖G‖, G = (2ε/(αP))Σr_μx_μx_μᵀ. The second is
    /// what the residuals add, by which the weights grow in a step; it matters
    /// where α is small. Momentum μ allows 1 + μ times as much.
    ///
    /// With trained readouts or Hermite activations G is only the part of the
    /// residuals' curvature that the quadratic activation would have.
    pub fn largest_stable_rate(&self, state: &MomentState, network: Option<&Network>) -> f64 {
        let (p, d) = (self.train.rows(), self.train.dim());
        let mut scratch = self.train.scratch();
        let mut residual = vec![0.0; p];
        match (network, &self.initial_network) {
            (Some(network), Some(initial)) => {
                let now = network.output(self.problem.task.x.view());
                let output = now - &initial.train_output * self.problem.kappa;
                residual.iter_mut().zip(output).for_each(|(r, f)| *r = f);
            }
            _ => self
                .train
                .evaluate(&self.function(state), &mut scratch, &mut residual),
        }
        for (r, y) in residual.iter_mut().zip(&self.problem.task.y) {
            *r -= y;
        }
        let (mut s, mut moments) = (vec![0.0; d], Symmetric::zeros(d));
        self.train
            .weighted_moments(&residual, &mut scratch, &mut s, &mut moments);
        let scale = 2.0 * self.problem.epsilon / (self.problem.alpha * p as f64);
        let growth = scale * largest_magnitude(&moments.to_mat());
        let curvature = self.top_eigenvalue_per_sample(state, network).max(growth);
        (1.0 + self.momentum) / curvature
    }

    /// Losses; the sampled one is computed if it is not given.
    pub fn losses(
        &self,
        row: &mut Row,
        losses: &Losses,
        sample: Option<f64>,
        state: &MomentState,
        network: Option<&Network>,
    ) {
        row.set(Metric::TrainLoss, losses.train);
        if let Some(test) = losses.test {
            row.set(Metric::TestLoss, test.total());
        }
        // Generalisation is judged on the test set where labels are only extended to all
        // inputs: their terms stand without a test loss.
        if let Some(test) = losses.test.or_else(|| self.extended_loss(state)) {
            row.set(Metric::VarianceError, test.variance);
            row.set(Metric::MisalignmentError, test.misalignment);
            row.set(Metric::LinearPower, test.linear_power);
        }
        if let Some(sample) = sample.or_else(|| self.sample_test_loss(state, network)) {
            row.set(Metric::SampleTestLoss, sample);
        }
    }

    /// The exact test loss where labels are extended to all inputs. It costs O(D³).
    fn extended_loss(&self, state: &MomentState) -> Option<TestLoss> {
        let extension = self.problem.task.extension.as_ref()?;
        if self.initial_network.is_some() {
            return None;
        }
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let linear = (&state.mean - &(&self.initial.mean * kappa)) * alpha;
        let second = state.second_moment() - self.initial.second_moment() * kappa;
        let quadratic = second * (alpha * epsilon);
        Some(extension.test_loss(linear.view(), quadratic.view()))
    }

    /// Metrics that cost O(D²).
    pub fn cheap(&self, row: &mut Row, state: &MomentState) {
        row.set(Metric::WeightNormSq, state.weight_norm_sq());
        row.set(Metric::ParamMovement, state.movement_from(&self.initial));
        if let (Some(target), None) = (&self.problem.task.target, &self.initial_network) {
            let alignment = (self.population).get_or_init(|| PopulationAlignment::new(target));
            let value = alignment.of(state, self.problem.epsilon);
            row.set(Metric::PopulationAlignment, value);
        }
        if let Some(directions) = self.problem.task.directions() {
            let inside: f64 = directions
                .rows()
                .into_iter()
                .map(|u| {
                    let projected = state.factor.t().dot(&u);
                    projected.dot(&projected) + u.dot(&state.mean).powi(2)
                })
                .sum();
            row.set(Metric::FeatureAlignment, inside / state.weight_norm_sq());
        }
    }

    /// Learning rate and flow time.
    pub fn training(&self, row: &mut Row, learning_rate: f64, flow_time: f64) {
        row.set(Metric::LearningRate, learning_rate);
        row.set(Metric::FlowTime, flow_time);
    }

    /// Metrics that need Gram matrices or several passes over the data.
    pub fn gram(
        &self,
        row: &mut Row,
        state: &MomentState,
        network: Option<&Network>,
        learning_rate: f64,
    ) {
        let epsilon = self.problem.epsilon;
        let kernel_of = |inputs: &GramInputs, x: ArrayView2<f64>| match network {
            None => inputs.ntk(state, epsilon),
            Some(network) => network.ntk(x),
        };
        row.set(
            Metric::Stability,
            learning_rate * self.top_eigenvalue_per_sample(state, network) / (1.0 + self.momentum),
        );
        let (inputs, initial) = self.train_gram.get_or_init(|| {
            let inputs = GramInputs::new(self.problem.task.x.view());
            let initial = match &self.initial_network {
                None => inputs.ntk(&self.initial, epsilon),
                Some(initial) => initial.network.ntk(self.problem.task.x.view()),
            };
            (inputs, initial)
        });
        let kernel = kernel_of(inputs, self.problem.task.x.view());
        let train = Alignments::new(&kernel, &self.problem.task.y.to_vec());
        row.set(Metric::Alignment, train.raw);
        row.set(Metric::CenteredAlignment, train.centered);
        row.set(Metric::ColumnCenteredAlignment, train.column_centered);
        row.set(Metric::NtkDrift, relative_distance(&kernel, initial));
        row.set(
            Metric::NtkRelativeAlignment,
            relative_alignment(&kernel, initial),
        );
        if let Some((x, y)) = &self.problem.task.test {
            let inputs = self.test_gram.get_or_init(|| GramInputs::new(x.view()));
            let test = Alignments::new(&kernel_of(inputs, x.view()), &y.to_vec());
            row.set(Metric::TestAlignment, test.raw);
            row.set(Metric::TestCenteredAlignment, test.centered);
            row.set(Metric::TestColumnCenteredAlignment, test.column_centered);
        }
    }

    /// The largest eigenvalues of M.
    pub fn spectrum(&self, row: &mut Row, state: &MomentState) {
        if state.dim() > MAX_SPECTRUM_DIM {
            return;
        }
        let metrics = [
            Metric::FeatureEigenvalue1,
            Metric::FeatureEigenvalue2,
            Metric::FeatureEigenvalue3,
        ];
        let eigenvalues = state.eigenvalues();
        let sum = |power: i32| -> f64 { eigenvalues.iter().map(|v| v.powi(power)).sum() };
        row.set(Metric::EffectiveRank, sum(1).powi(2) / sum(2));
        for (metric, value) in metrics.into_iter().zip(eigenvalues) {
            row.set(metric, value);
        }
    }

    /// The linearised model, made when first asked for.
    ///
    /// # Errors
    /// More than [`MAX_SAMPLES`] samples, or an initial kernel that overflows.
    pub fn linearized(&self) -> Result<&Linearized, NoLinearized> {
        self.linearizable()?;
        let made = self
            .linearized
            .get_or_init(|| Linearized::new(&self.problem, &self.initial));
        made.as_ref().map_err(|why| *why)
    }

    /// Whether the problem's size and the network allow the linearised model.
    ///
    /// # Errors
    /// More than [`MAX_SAMPLES`] samples, or a network that is no committee
    /// machine.
    pub fn linearizable(&self) -> Result<(), NoLinearized> {
        if self.initial_network.is_some() {
            return Err(NoLinearized::NotCommittee);
        }
        let samples = self.train.rows();
        if samples > MAX_SAMPLES {
            return Err(NoLinearized::TooManySamples { samples });
        }
        Ok(())
    }

    /// Losses of the linearised model, where there is one.
    pub fn lazy(&self, row: &mut Row, time: &LazyTime) {
        let Ok(linearized) = self.linearized() else {
            return;
        };
        let losses = linearized.losses(time);
        row.set(Metric::LinTrainLoss, losses.train);
        if let Some(test) = losses.test {
            row.set(Metric::LinTestLoss, test);
        }
        if let Some(sample) = losses.sample_test {
            row.set(Metric::SampleLinTestLoss, sample);
        }
    }
}

/// Largest absolute eigenvalue of a symmetric matrix.
fn largest_magnitude(matrix: &Mat<f64>) -> f64 {
    match matrix.self_adjoint_eigenvalues(Side::Lower) {
        Ok(values) => values.into_iter().fold(0.0, |m: f64, v| m.max(v.abs())),
        Err(_) => f64::NAN,
    }
}
