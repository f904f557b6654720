//! The registry of metrics: each is named, given its symbol and meaning once,
//! and the plots, the CSV columns and the documentation follow.

use super::accuracy::ErrorProfile;
use std::sync::Arc;

/// Number of metrics.
pub const METRIC_COUNT: usize = Metric::ALL.len();

/// A quantity measured at a recorded step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Metric {
    /// Mean squared residual on the train set.
    TrainLoss,
    /// Exact (population) test loss, paper eq 6.
    TestLoss,
    /// First term of eq 6.
    VarianceError,
    /// Second term of eq 6.
    MisalignmentError,
    /// Third term of eq 6.
    LinearPower,
    /// Mean squared error on the sampled test set.
    SampleTestLoss,
    /// Fraction of the train set within the tolerance.
    TrainAccuracy,
    /// Fraction of test points within the tolerance.
    TestAccuracy,
    /// Train loss of the linearised model.
    LinTrainLoss,
    /// Exact test loss of the linearised model.
    LinTestLoss,
    /// Mean squared error of the linearised model on the sampled test set.
    SampleLinTestLoss,
    /// Population kernel alignment.
    PopulationAlignment,
    /// Raw kernel alignment on the train Gram matrix.
    Alignment,
    /// Doubly centred kernel alignment (CKA) on the train Gram matrix.
    CenteredAlignment,
    /// Column-centred kernel alignment on the train Gram matrix.
    ColumnCenteredAlignment,
    /// Raw kernel alignment on the test Gram matrix.
    TestAlignment,
    /// Doubly centred kernel alignment on the test Gram matrix.
    TestCenteredAlignment,
    /// Column-centred kernel alignment on the test Gram matrix.
    TestColumnCenteredAlignment,
    /// Fraction of tr M along the target's directions.
    FeatureAlignment,
    /// Largest eigenvalue of M.
    FeatureEigenvalue1,
    /// Second largest eigenvalue of M.
    FeatureEigenvalue2,
    /// Third largest eigenvalue of M.
    FeatureEigenvalue3,
    /// Effective number of directions of M.
    EffectiveRank,
    /// Relative distance of the NTK from its initial value.
    NtkDrift,
    /// Cosine between the NTK and its initial value.
    NtkRelativeAlignment,
    /// tr M.
    WeightNormSq,
    /// Squared relative distance of the weights from their initial values.
    ParamMovement,
    /// η₀ λ_max(K_t)/P; gradient descent is stable below 1.
    Stability,
    /// η₀ in force (it can be changed while training).
    LearningRate,
    /// Flow time τ: the sum of η₀ over the steps.
    FlowTime,
    /// Fraction of the train set that the linearised model gets right.
    LinTrainAccuracy,
    /// Fraction of the test set that the linearised model gets right.
    LinTestAccuracy,
    /// Fraction of the weights that the next update takes off.
    DecayRate,
    /// Effective number of Fourier frequencies in the weights by token.
    EffectiveFrequencies,
    /// Mean share of the strongest frequency of a unit.
    FrequencyShare,
}

/// What it costs to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// O(D²) or known already.
    Cheap,
    /// Needs a Gram matrix or several passes over the data.
    Gram,
}

/// Name, symbol and meaning of a metric.
#[derive(Clone, Copy, Debug)]
pub struct MetricSpec {
    /// Column name in files.
    pub name: &'static str,
    /// As a physicist would write it.
    pub symbol: &'static str,
    /// Unit; empty for pure numbers.
    pub unit: &'static str,
    /// Positive, so that a logarithmic axis makes sense.
    pub log_safe: bool,
    /// Cost class.
    pub cost: Cost,
    /// Definition, in one sentence.
    pub meaning: &'static str,
}

macro_rules! registry {
    ($($metric:ident: $name:literal, $symbol:literal, $unit:literal, $log:literal, $cost:ident, $meaning:literal;)*) => {
        impl Metric {
            /// All metrics, in column order.
            pub const ALL: &'static [Metric] = &[$(Metric::$metric),*];

            /// Its entry in the registry.
            pub fn spec(self) -> &'static MetricSpec {
                match self {
                    $(Metric::$metric => &MetricSpec {
                        name: $name, symbol: $symbol, unit: $unit, log_safe: $log,
                        cost: Cost::$cost, meaning: $meaning,
                    },)*
                }
            }
        }
    };
}

registry! {
    TrainLoss: "train_loss", "L_train", "", true, Cheap,
        "Mean over the train set of (f(x) − κf₀(x) − y)².";
    TestLoss: "test_loss", "L_test", "", true, Cheap,
        "Exact mean of (f(x) − κf₀(x) − y)² over all inputs x ~ N(0, I/D) (paper eq 6); empty where the target is not known or a Hermite polynomial.";
    VarianceError: "variance_error", "¼(tr E/D)²", "", true, Cheap,
        "Term of eq 6 from the wrong mean output, E = A − T; for an eigenvector of K₀ on train and test inputs together, which has a constant t₀, (½tr E/D − t₀)²: the terms are those over all inputs, to which it is extended.";
    MisalignmentError: "misalignment_error", "½‖E‖²/D²", "", true, Cheap,
        "Term of eq 6 from quadratic features that do not match the target, E = A − T.";
    LinearPower: "linear_power", "|b|²/D", "", true, Cheap,
        "Term of eq 6 from linear modes, which a quadratic target has none of: with them train labels are fitted that say nothing of other inputs. For an eigenvector of K₀, which has a linear part l, |b − l|²/D.";
    SampleTestLoss: "sample_test_loss", "L_test (sample)", "", true, Cheap,
        "Mean of (f(x) − κf₀(x) − y)² over the finite test set; empty without one. Of the other networks their loss on the test set.";
    TrainAccuracy: "train_accuracy", "P(|r| ≤ θ), train", "", false, Cheap,
        "Fraction of the train set with |f(x) − κf₀(x) − y| at most the tolerance `outcome.accuracy_tolerance`.";
    TestAccuracy: "test_accuracy", "P(|r| ≤ θ), test", "", false, Cheap,
        "The same on the test set, or without one on the first 1,000 points of the seed's test stream; empty where the target is not known either.";
    LinTrainLoss: "lin_train_loss", "L_train (lazy)", "", true, Gram,
        "Train loss of the network linearised about its initial weights (kernel K₀) after the same steps; empty with weight decay, trained readouts or Hermite activations.";
    LinTestLoss: "lin_test_loss", "L_test (lazy)", "", true, Gram,
        "Exact test loss of the linearised network; empty where lin_train_loss is and where the target is not known.";
    SampleLinTestLoss: "sample_lin_test_loss", "L_test (lazy, sample)", "", true, Gram,
        "Mean squared error of the linearised network on the finite test set; empty where lin_train_loss is and without a test set.";
    PopulationAlignment: "population_alignment", "A(∞)", "", true, Cheap,
        "Kernel alignment ⟨yKy⟩/(√⟨K²⟩⟨y²⟩) over all pairs of inputs, in closed form; empty where the target is not known, with trained readouts and with Hermite activations.";
    Alignment: "alignment", "A = yᵀKy/(‖K‖_F|y|²)", "", true, Gram,
        "Kernel alignment on the train Gram matrix, uncentred, as in the paper's formula.";
    CenteredAlignment: "centered_alignment", "A(HKH, Hy)", "", true, Gram,
        "Kernel alignment on the train Gram matrix with kernel and labels doubly centred (Cortes et al. 2012).";
    ColumnCenteredAlignment: "column_centered_alignment", "A(K_c, y_c)", "", false, Gram,
        "Kernel alignment on the train Gram matrix with only the columns' means removed, as in the published notebooks.";
    TestAlignment: "test_alignment", "A (test)", "", true, Gram,
        "Kernel alignment on the test Gram matrix, uncentred; empty without a test set.";
    TestCenteredAlignment: "test_centered_alignment", "A(HKH, Hy) (test)", "", true, Gram,
        "Kernel alignment on the test Gram matrix, doubly centred; empty without a test set.";
    TestColumnCenteredAlignment: "test_column_centered_alignment", "A(K_c, y_c) (test)", "", false, Gram,
        "Kernel alignment on the test Gram matrix, column-centred; empty without a test set.";
    FeatureAlignment: "feature_alignment", "βᵀMβ/(|β|² tr M)", "", true, Cheap,
        "Fraction of the weights' second moment M along the target's directions; empty where the target is not known.";
    FeatureEigenvalue1: "feature_eigenvalue_1", "λ₁(M)", "", true, Gram,
        "Largest eigenvalue of the weights' second moment M; empty above D = 512.";
    FeatureEigenvalue2: "feature_eigenvalue_2", "λ₂(M)", "", true, Gram,
        "Second largest eigenvalue of M; empty above D = 512 and for D = 1.";
    FeatureEigenvalue3: "feature_eigenvalue_3", "λ₃(M)", "", true, Gram,
        "Third largest eigenvalue of M; empty above D = 512 and for D < 3.";
    EffectiveRank: "effective_rank", "(tr M)²/tr M²", "", true, Gram,
        "Effective number of directions of M: 1 where all weights point the same way, about D where none is preferred; empty above D = 512.";
    NtkDrift: "ntk_drift", "‖K_t−K₀‖/‖K₀‖", "", true, Gram,
        "Relative Frobenius distance of the NTK's train Gram matrix from its initial value: zero while training is lazy.";
    NtkRelativeAlignment: "ntk_relative_alignment", "⟨K_t,K₀⟩/(‖K_t‖‖K₀‖)", "", true, Gram,
        "Cosine between the NTK's train Gram matrix and its initial value.";
    WeightNormSq: "weight_norm_sq", "tr M = Σ|w_i|²/N", "", true, Cheap,
        "Mean squared norm of a neuron's weights; of the other networks the sum of squares of all parameters.";
    ParamMovement: "param_movement", "‖W−W₀‖²/‖W₀‖²", "", true, Cheap,
        "Squared relative distance of the weights from their initial values.";
    Stability: "stability", "η₀λ_max(K_t)/P", "", true, Gram,
        "Gradient descent is stable while this is below 1; with momentum μ it is divided by 1 + μ.";
    LearningRate: "learning_rate", "η₀", "", true, Cheap,
        "Learning rate in force at this step.";
    FlowTime: "flow_time", "τ = Σ η₀", "", true, Cheap,
        "Flow time: the sum of the learning rate over the steps so far.";
    LinTrainAccuracy: "lin_train_accuracy", "acc_train (lazy)", "", false, Cheap,
        "Fraction of the train set that the linearised network gets right; only of the networks that are judged by accuracy.";
    LinTestAccuracy: "lin_test_accuracy", "acc_test (lazy)", "", false, Cheap,
        "Fraction of the test set that the linearised network gets right; only of the networks that are judged by accuracy.";
    DecayRate: "decay_rate", "η₀λ", "", true, Cheap,
        "Fraction of the weights that the next update takes off: the clock of weight decay; only of the networks trained by an optimiser.";
    EffectiveFrequencies: "effective_frequencies", "1/Σ shares²", "", true, Gram,
        "Effective number of Fourier frequencies in the weights that belong to the numbers a and b; only of networks that add modulo p.";
    FrequencyShare: "frequency_share", "⟨max_k share⟩", "", true, Gram,
        "Mean over units of the share of their strongest Fourier frequency; only of networks that add modulo p.";
}

impl Metric {
    /// The metric with this column name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.spec().name == name)
    }
}

/// One recorded step. Metrics that were not measured, or do not exist for the
/// run, are NaN.
#[derive(Clone, Debug)]
pub struct Row {
    /// Step count t; 0 is before the first update.
    pub step: u64,
    values: [f64; METRIC_COUNT],
    errors: Option<Arc<ErrorProfile>>,
}

/// To the bit, so that two metrics that were not measured are equal. The errors
/// are not compared: files do not hold them.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let bits = |row: &Self| row.values.map(f64::to_bits);
        self.step == other.step && bits(self) == bits(other)
    }
}

impl Row {
    /// A row with nothing measured yet.
    pub fn new(step: u64) -> Self {
        Self {
            step,
            values: [f64::NAN; METRIC_COUNT],
            errors: None,
        }
    }

    /// The errors from which the accuracy at any tolerance follows, where the
    /// row carries them.
    pub fn errors(&self) -> Option<&Arc<ErrorProfile>> {
        self.errors.as_ref()
    }

    /// Gives the row its errors.
    pub(crate) fn keep_errors(&mut self, errors: ErrorProfile) {
        self.errors = Some(Arc::new(errors));
    }

    /// The value of a metric, or `None` where it was not measured.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        let value = self.values[metric as usize];
        (!value.is_nan()).then_some(value)
    }

    /// Sets a metric.
    pub fn set(&mut self, metric: Metric, value: f64) {
        self.values[metric as usize] = value;
    }

    /// All values in [`Metric::ALL`] order; NaN where not measured.
    pub fn values(&self) -> &[f64; METRIC_COUNT] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_order_is_the_discriminant() {
        for (i, m) in Metric::ALL.iter().enumerate() {
            assert_eq!(*m as usize, i);
            assert_eq!(Metric::by_name(m.spec().name), Some(*m));
        }
    }
}
