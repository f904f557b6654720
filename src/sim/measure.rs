//! Fills a [`Row`] with the metrics of one state.

use super::accuracy::Errors;
use super::engine::{Losses, Problem};
use super::kernel::{
    Alignments, Gram, GramInputs, population_alignment, relative_alignment, relative_distance,
    top_eigenvalue,
};
use super::linearized::{LazyTime, Linearized, MAX_SAMPLES, NoLinearized};
use super::metrics::{Metric, Row};
use super::moments::MomentState;
use super::packed::{Affine, Inputs, Symmetric};
use std::sync::{Arc, OnceLock};

/// Largest D at which the eigenvalues of M, O(D³), are measured.
const MAX_SPECTRUM_DIM: usize = 512;

/// Measures states of one run against its initial state.
pub struct Meter {
    problem: Problem,
    initial: Arc<MomentState>,
    train: Inputs,
    test: Option<Inputs>,
    // Gram matrices are P×P: made when first asked for.
    train_gram: OnceLock<(GramInputs, Gram)>,
    test_gram: OnceLock<GramInputs>,
    linearized: OnceLock<Result<Linearized, NoLinearized>>,
}

impl Meter {
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
        let (m, m0) = (state.second_moment(), self.initial.second_moment());
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

    /// The test set's inputs, if there is one.
    pub(super) fn test_inputs(&self) -> Option<&Inputs> {
        self.test.as_ref()
    }

    /// Absolute errors on the train set and on other points with their labels.
    pub(super) fn errors(
        &self,
        state: &MomentState,
        others: Option<(&Inputs, &[f64])>,
    ) -> (Errors, Option<Errors>) {
        let function = self.function(state);
        let errors = |inputs: &Inputs, labels: &mut dyn Iterator<Item = &f64>| {
            let mut output = vec![0.0; inputs.rows()];
            inputs.evaluate(&function, &mut inputs.scratch(), &mut output);
            Errors::new(output.iter().zip(labels).map(|(f, y)| f - y))
        };
        let train = errors(&self.train, &mut self.problem.task.y.iter());
        let others = others.map(|(inputs, labels)| errors(inputs, &mut labels.iter()));
        (train, others)
    }

    /// Mean squared error on the test set, if there is one.
    pub fn sample_test_loss(&self, state: &MomentState) -> Option<f64> {
        let (inputs, (_, y)) = (self.test.as_ref()?, self.problem.task.test.as_ref()?);
        let mut output = vec![0.0; inputs.rows()];
        inputs.evaluate(&self.function(state), &mut inputs.scratch(), &mut output);
        let sum: f64 = output.iter().zip(y).map(|(f, y)| (f - y) * (f - y)).sum();
        Some(sum / y.len() as f64)
    }

    /// λ_max(K)/P on the train set: the curvature that the kernel makes.
    pub fn top_eigenvalue_per_sample(&self, state: &MomentState) -> f64 {
        top_eigenvalue(&self.train, state, self.problem.epsilon) / self.train.rows() as f64
    }

    /// Largest η₀ at which gradient descent is stable at these weights: one over
    /// the larger of λ_max(K)/P and ‖G‖, G = (2ε/(αP))Σr_μx_μx_μᵀ. The second is
    /// what the residuals add, by which the weights grow in a step; it matters
    /// where α is small.
    pub fn largest_stable_rate(&self, state: &MomentState) -> f64 {
        let (p, d) = (self.train.rows(), self.train.dim());
        let mut scratch = self.train.scratch();
        let mut residual = vec![0.0; p];
        self.train
            .evaluate(&self.function(state), &mut scratch, &mut residual);
        for (r, y) in residual.iter_mut().zip(&self.problem.task.y) {
            *r -= y;
        }
        let (mut s, mut moments) = (vec![0.0; d], Symmetric::zeros(d));
        self.train
            .weighted_moments(&residual, &mut scratch, &mut s, &mut moments);
        let scale = 2.0 * self.problem.epsilon / (self.problem.alpha * p as f64);
        let growth = match moments.to_mat().self_adjoint_eigenvalues(faer::Side::Lower) {
            Ok(values) => values.into_iter().fold(0.0, |m: f64, v| m.max(v.abs())) * scale,
            Err(_) => f64::NAN,
        };
        1.0 / self.top_eigenvalue_per_sample(state).max(growth)
    }

    /// Losses; the sampled one is computed if it is not given.
    pub fn losses(&self, row: &mut Row, losses: &Losses, sample: Option<f64>, state: &MomentState) {
        row.set(Metric::TrainLoss, losses.train);
        if let Some(test) = losses.test {
            row.set(Metric::TestLoss, test.total());
            row.set(Metric::VarianceError, test.variance);
            row.set(Metric::MisalignmentError, test.misalignment);
            row.set(Metric::LinearPower, test.linear_power);
        }
        if let Some(sample) = sample.or_else(|| self.sample_test_loss(state)) {
            row.set(Metric::SampleTestLoss, sample);
        }
    }

    /// Metrics that cost O(D²).
    pub fn cheap(&self, row: &mut Row, state: &MomentState) {
        row.set(Metric::WeightNormSq, state.weight_norm_sq());
        row.set(Metric::ParamMovement, state.movement_from(&self.initial));
        if let Some(target) = &self.problem.task.target {
            row.set(
                Metric::PopulationAlignment,
                population_alignment(state, target, self.problem.epsilon),
            );
            let inside: f64 = target
                .range
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
    pub fn gram(&self, row: &mut Row, state: &MomentState, learning_rate: f64) {
        let epsilon = self.problem.epsilon;
        row.set(
            Metric::Stability,
            learning_rate * self.top_eigenvalue_per_sample(state),
        );
        let (inputs, initial) = self.train_gram.get_or_init(|| {
            let inputs = GramInputs::new(self.problem.task.x.view());
            let initial = inputs.ntk(&self.initial, epsilon);
            (inputs, initial)
        });
        let kernel = inputs.ntk(state, epsilon);
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
            let test = Alignments::new(&inputs.ntk(state, epsilon), &y.to_vec());
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
        for (metric, value) in metrics.into_iter().zip(state.eigenvalues()) {
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

    /// Whether the problem's size allows the linearised model.
    ///
    /// # Errors
    /// More than [`MAX_SAMPLES`] samples.
    pub fn linearizable(&self) -> Result<(), NoLinearized> {
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
