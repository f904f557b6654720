//! The columns that are measured on a run.

use super::network::Network;
use super::real::Real;
use std::sync::Arc;

/// A column of the measurements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in files.
    pub name: String,
    /// As a physicist would write it.
    pub symbol: String,
    /// Definition, in one sentence.
    pub meaning: String,
}

/// The columns that every run has, in order. Norms per array of parameters
/// follow them.
pub(super) const COLUMNS: [(&str, &str, &str); 17] = [
    ("train_loss", "L_train", "Loss on the whole train set."),
    (
        "test_loss",
        "L_test",
        "Loss on the whole test set; empty without one.",
    ),
    (
        "train_accuracy",
        "acc_train",
        "Fraction of the train set that is right.",
    ),
    (
        "test_accuracy",
        "acc_test",
        "Fraction of the test set that is right.",
    ),
    (
        "weight_norm_sq",
        "‖θ‖²",
        "Sum of squares of all parameters.",
    ),
    (
        "param_movement",
        "‖θ−θ₀‖/‖θ₀‖",
        "Relative distance of the parameters from their initial values.",
    ),
    (
        "lin_train_loss",
        "L_train (lazy)",
        "Train loss of the model linearised about the initial weights, trained beside the network; empty without it.",
    ),
    (
        "lin_test_loss",
        "L_test (lazy)",
        "Test loss of the linearised model.",
    ),
    (
        "lin_train_accuracy",
        "acc_train (lazy)",
        "Fraction of the train set that the linearised model gets right.",
    ),
    (
        "lin_test_accuracy",
        "acc_test (lazy)",
        "Fraction of the test set that the linearised model gets right.",
    ),
    (
        "learning_rate",
        "lr",
        "Learning rate of the next update, warm-up included.",
    ),
    (
        "decay_rate",
        "lr·wd",
        "Fraction of the weights that the next update takes off: the clock of weight decay.",
    ),
    (
        "centered_alignment",
        "A(HKH, Yc)",
        "Alignment (CKA) of the tangent kernel with the targets on the kernel's sub-sample; empty without one.",
    ),
    (
        "ntk_drift",
        "‖K_t−K₀‖/‖K₀‖",
        "Relative distance of the tangent kernel from its initial value; can be far above 1.",
    ),
    (
        "ntk_turn",
        "1−⟨K_t,K₀⟩/(‖K_t‖‖K₀‖)",
        "How far the direction of the tangent kernel turned from its initial one.",
    ),
    (
        "effective_frequencies",
        "1/Σ shares²",
        "Effective number of Fourier frequencies in the weights that are indexed by token; empty for other networks.",
    ),
    (
        "unit_frequency_share",
        "⟨max_k share⟩",
        "Mean over units of the share of their strongest frequency in those weights.",
    ),
];
/// Place of the first of the columns that need the kernel.
pub(super) const KERNEL_COLUMNS: usize = 12;

/// What was measured at one step, in the order of [`columns`](super::run::NetworkRun::columns); NaN
/// where it was not measured or does not exist.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Number of updates so far.
    pub step: u64,
    /// The values.
    pub values: Vec<f64>,
}

/// The columns of a network's runs, in order.
pub(super) fn columns<T: Real>(network: &dyn Network<T>) -> Arc<[Column]> {
    let fixed = COLUMNS.iter().map(|(name, symbol, meaning)| Column {
        name: (*name).into(),
        symbol: (*symbol).into(),
        meaning: (*meaning).into(),
    });
    let layers = network.layout().tensors().iter().map(|t| Column {
        name: format!("norm_sq_{}", t.name),
        symbol: format!("‖{}‖²", t.name),
        meaning: format!("Sum of squares of the entries of {}.", t.name),
    });
    fixed.chain(layers).collect()
}
