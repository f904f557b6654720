//! Why a metric is missing from a run.

use super::Run;
use crate::sim::{
    committee::measure::MAX_SPECTRUM_DIM,
    config::{Config, TargetKind},
    metrics::Metric,
};

impl Run {
    /// Why this run will never have the metric; `None` where it may only not have
    /// been measured yet.
    pub fn missing(&self, metric: Metric) -> Option<String> {
        let config = self.config();
        if !config.network.family.is_committee() {
            return self.missing_of_network(metric);
        }
        let first = self.rows().first()?;
        // Each step has its losses: what the first one lacks all lack.
        let no_test_set = first.get(Metric::SampleTestLoss).is_none();
        let test_set = || {
            let why = match config.instance {
                Some(_) => "the instance has no test set",
                None => "there is no test set (task.test_samples = 0)",
            };
            why.to_owned()
        };
        let no_target = first.get(Metric::TestLoss).is_none();
        let target = || match config.task.target {
            TargetKind::Hermite => "a Hermite target has no such closed form".to_owned(),
            _ => "the target of the instance is not known".to_owned(),
        };
        let network = needs_network(config);
        match metric {
            Metric::SampleTestLoss
            | Metric::TestAlignment
            | Metric::TestCenteredAlignment
            | Metric::TestColumnCenteredAlignment
                if no_test_set =>
            {
                Some(test_set())
            }
            Metric::TestLoss
            | Metric::VarianceError
            | Metric::MisalignmentError
            | Metric::LinearPower
                if no_target =>
            {
                Some(target())
            }
            Metric::FeatureAlignment if config.task.target != TargetKind::Hermite && no_target => {
                Some(target())
            }
            Metric::TestAccuracy if no_target && no_test_set => Some(target()),
            Metric::PopulationAlignment => network.or_else(|| no_target.then(target)),
            Metric::LinTrainLoss | Metric::LinTestLoss | Metric::SampleLinTestLoss => {
                if network.is_some() {
                    network
                } else if config.training.weight_decay > 0.0 {
                    Some("the lazy model has no closed form with weight decay".into())
                } else if metric == Metric::LinTestLoss && no_target {
                    Some(target())
                } else if metric == Metric::SampleLinTestLoss && no_test_set {
                    Some(test_set())
                } else {
                    None
                }
            }
            Metric::FeatureEigenvalue1
            | Metric::FeatureEigenvalue2
            | Metric::FeatureEigenvalue3
                if config.task.dim > MAX_SPECTRUM_DIM =>
            {
                Some(format!(
                    "the eigenvalues of M are not measured above D = {MAX_SPECTRUM_DIM}"
                ))
            }
            Metric::FeatureEigenvalue2 if config.task.dim < 2 => Some(few_dimensions(config)),
            Metric::FeatureEigenvalue3 if config.task.dim < 3 => Some(few_dimensions(config)),
            _ => None,
        }
    }
}

impl Run {
    /// The same of a network that is no committee machine.
    fn missing_of_network(&self, metric: Metric) -> Option<String> {
        let lazy = [
            Metric::LinTrainLoss,
            Metric::SampleLinTestLoss,
            Metric::LinTrainAccuracy,
            Metric::LinTestAccuracy,
        ];
        let columns = self.columns();
        if !columns.is_empty() && !columns.contains(&metric) {
            return Some("there is no such thing for this network".into());
        }
        let untrained = !self.config().optimizer.linearised;
        (untrained && lazy.contains(&metric))
            .then(|| "the lazy twin is not trained (optimizer.linearised = false)".into())
    }
}

fn few_dimensions(config: &Config) -> String {
    format!("M has only {} eigenvalues (D = {0})", config.task.dim)
}

fn needs_network(config: &Config) -> Option<String> {
    config.needs_neurons().map(|(key, value)| {
        format!("it is known for fixed readouts and quadratic activations alone ({key} = {value})")
    })
}
