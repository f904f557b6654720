//! What kind of quantity a metric is: its plain name, its neighbours in a menu,
//! and the range that an axis must hold. Each metric has to declare it.

use super::metrics::Metric;

/// Quantities that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The losses themselves.
    Losses,
    /// How far features and kernel point at the target.
    Alignment,
    /// The weights' second moment M and how far the weights have moved.
    Weights,
    /// How far the kernel has moved.
    Kernel,
    /// The terms of the test loss, the lazy model.
    Errors,
    /// The accuracies.
    Accuracy,
    /// Step size and time.
    Training,
}

impl Group {
    /// Its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Losses => "Losses",
            Self::Alignment => "Alignment",
            Self::Weights => "Weights",
            Self::Kernel => "Kernel",
            Self::Errors => "Errors",
            Self::Accuracy => "Accuracy",
            Self::Training => "Training",
        }
    }
}

/// The values that a quantity can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// A pure number of size at most 1: several share an axis from 0 to 1.
    Unit,
    /// Not negative, without an upper end.
    Positive,
}

/// Name, group and range of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// In plain words.
    pub name: &'static str,
    /// What it belongs to.
    pub group: Group,
    /// Its values.
    pub range: Range,
}

impl Metric {
    /// What kind of quantity it is.
    pub fn quantity(self) -> Quantity {
        use Group::{Accuracy, Alignment, Errors, Kernel, Losses, Training, Weights};
        use Range::{Positive, Unit};
        let (name, group, range) = match self {
            Self::TrainLoss => ("train loss", Losses, Positive),
            Self::TestLoss => ("test loss", Losses, Positive),
            Self::SampleTestLoss => ("test loss, sample", Losses, Positive),
            Self::FeatureAlignment => ("feature alignment", Alignment, Unit),
            Self::PopulationAlignment => ("kernel alignment", Alignment, Unit),
            Self::Alignment => ("kernel, train set", Alignment, Unit),
            Self::CenteredAlignment => ("kernel centred, train set", Alignment, Unit),
            Self::ColumnCenteredAlignment => ("kernel column-centred, train set", Alignment, Unit),
            Self::TestAlignment => ("kernel, test set", Alignment, Unit),
            Self::TestCenteredAlignment => ("kernel centred, test set", Alignment, Unit),
            Self::TestColumnCenteredAlignment => {
                ("kernel column-centred, test set", Alignment, Unit)
            }
            Self::WeightNormSq => ("weight norm tr M", Weights, Positive),
            Self::ParamMovement => ("parameter movement", Weights, Positive),
            Self::EffectiveRank => ("effective rank of M", Weights, Positive),
            Self::FeatureEigenvalue1 => ("λ₁ of M", Weights, Positive),
            Self::FeatureEigenvalue2 => ("λ₂ of M", Weights, Positive),
            Self::FeatureEigenvalue3 => ("λ₃ of M", Weights, Positive),
            Self::NtkDrift => ("NTK drift", Kernel, Positive),
            Self::NtkRelativeAlignment => ("NTK, cosine with K₀", Kernel, Unit),
            Self::VarianceError => ("variance", Errors, Positive),
            Self::MisalignmentError => ("misalignment", Errors, Positive),
            Self::LinearPower => ("linear power", Errors, Positive),
            Self::LinTrainLoss => ("train loss, lazy", Errors, Positive),
            Self::LinTestLoss => ("test loss, lazy", Errors, Positive),
            Self::SampleLinTestLoss => ("test loss, lazy, sample", Errors, Positive),
            Self::TrainAccuracy => ("train accuracy", Accuracy, Unit),
            Self::TestAccuracy => ("test accuracy", Accuracy, Unit),
            Self::Stability => ("stability η₀λ_max/P", Training, Positive),
            Self::LearningRate => ("learning rate η₀", Training, Positive),
            Self::FlowTime => ("flow time τ", Training, Positive),
            Self::LinTrainAccuracy => ("train accuracy, lazy", Accuracy, Unit),
            Self::LinTestAccuracy => ("test accuracy, lazy", Accuracy, Unit),
            Self::DecayRate => ("decay rate η₀λ", Training, Positive),
            Self::EffectiveFrequencies => ("effective frequencies", Weights, Positive),
            Self::FrequencyShare => ("share of a unit's frequency", Weights, Unit),
        };
        Quantity { name, group, range }
    }
}
