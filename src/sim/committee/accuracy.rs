//! Accuracy for regression, after the criterion of Power et al. (2022): a point
//! counts as right where the network is within a tolerance θ of its label,
//! |f(x) − κf₀(x) − y| ≤ θ, and a set counts as learned once the fraction of its
//! points that are right reaches a level.
//!
//! Whether a run groks by this criterion can depend on θ alone (paper §16). So
//! each recorded row carries the sorted errors themselves, from which the
//! accuracy at any θ follows without training again.

use super::measure::Meter;
use super::moments::MomentState;
use super::neurons::Network;
use super::task::Task;
use crate::sim::accuracy::{ErrorProfile, Errors, ROUNDING, Tolerances};
use crate::sim::config::OutcomeConfig;
use crate::sim::metrics::{Metric, Row};
use crate::sim::packed::Inputs;
use crate::sim::rng::{Stream, normal_matrix};
use ndarray::{Array1, Array2};
use std::sync::{Arc, OnceLock};

/// Points on which the test accuracy is measured where the run has no test set
/// of its own: the first of the seed's test stream.
pub const TEST_POINTS: usize = 1_000;
/// Rows of a decade of steps that carry their errors, at most.
const PER_DECADE: f64 = 100.0;

/// Points of the test stream, and their labels.
pub(in crate::sim) struct Points {
    pub(in crate::sim) inputs: Inputs,
    pub(in crate::sim) x: Array2<f64>,
    pub(in crate::sim) labels: Array1<f64>,
}

/// Measures the errors of the states of one run.
pub(in crate::sim) struct AccuracyMeter {
    task: Arc<Task>,
    seed: u64,
    tolerances: Tolerances,
    level: f64,
    /// For a run without a test set.
    drawn: OnceLock<Option<Points>>,
    /// The next step whose errors are kept.
    next: u64,
}

impl AccuracyMeter {
    pub(in crate::sim) fn new(task: Arc<Task>, seed: u64, config: &OutcomeConfig) -> Self {
        let zero_test = task.zero_test_loss().unwrap_or(f64::NAN);
        Self {
            tolerances: Tolerances::new(config, task.zero_train_loss(), zero_test),
            task,
            seed,
            level: config.accuracy_level,
            drawn: OnceLock::new(),
            next: 0,
        }
    }

    /// Sets the accuracies of the row, and gives it the errors unless they
    /// would be closer to the last ones kept than [`PER_DECADE`]. `network` as
    /// the meter wants it.
    pub(in crate::sim) fn measure(
        &mut self,
        meter: &Meter,
        state: &MomentState,
        network: Option<&Network>,
        row: &mut Row,
    ) {
        let drawn = self.task.test.is_none().then(|| self.drawn()).flatten();
        let (train, test) = meter.errors(state, network, drawn);
        row.set(Metric::TrainAccuracy, train.within(self.tolerances.train));
        if let Some(test) = &test {
            row.set(Metric::TestAccuracy, test.within(self.tolerances.test));
        }
        if row.step >= self.next {
            let spaced = (row.step as f64 * 10f64.powf(1.0 / PER_DECADE)).ceil();
            self.next = (row.step + 1).max(spaced as u64);
            row.keep_errors(ErrorProfile {
                train: train.thinned(),
                test: test.map(Errors::thinned),
            });
        }
    }

    /// Whether the accuracy on the train set with these residuals reaches the
    /// level; as the errors of a row would tell.
    pub(in crate::sim) fn train_reached(&self, residual: &[f64]) -> bool {
        let tolerance = self.tolerances.train;
        let right = residual
            .iter()
            .filter(|r| f64::from(r.abs() as f32) <= tolerance)
            .count();
        right as f64 / residual.len() as f64 + ROUNDING >= self.level
    }

    /// Whether the accuracy on the train set of a state reaches the level.
    pub(in crate::sim) fn train_state_reached(
        &self,
        meter: &Meter,
        state: &MomentState,
        network: Option<&Network>,
    ) -> bool {
        let errors = meter.train_errors(state, network);
        errors.within(self.tolerances.train) + ROUNDING >= self.level
    }

    /// Whether the accuracy on test points reaches the level, where there are any.
    pub(in crate::sim) fn test_reached(
        &self,
        meter: &Meter,
        state: &MomentState,
        network: Option<&Network>,
    ) -> Option<bool> {
        let drawn = self.task.test.is_none().then(|| self.drawn()).flatten();
        let errors = meter.test_errors(state, network, drawn)?;
        Some(errors.within(self.tolerances.test) + ROUNDING >= self.level)
    }

    fn drawn(&self) -> Option<&Points> {
        self.drawn
            .get_or_init(|| {
                let target = self.task.target.as_ref()?;
                let dim = self.task.x.ncols();
                let scale = 1.0 / (dim as f64).sqrt();
                let x = normal_matrix(self.seed, Stream::Test, TEST_POINTS, dim) * scale;
                Some(Points {
                    inputs: Inputs::new(x.view()),
                    labels: target.labels(x.view()),
                    x,
                })
            })
            .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Simulation, config::Config};

    #[test]
    fn a_run_without_a_test_set_is_judged_on_the_points_that_one_would_have() {
        let mut config = Config::default();
        (config.task.dim, config.task.samples, config.training.steps) = (10, 40, 500);
        let last = |config: &Config| {
            let mut run =
                Simulation::new(&config.clone().check().expect("valid"), None).expect("a run");
            let mut rows = vec![run.record(false)];
            while !run.is_finished() {
                if run.advance(1_000) {
                    rows.push(run.record(false));
                }
            }
            rows
        };
        let without = last(&config);
        config.task.test_samples = TEST_POINTS;
        let with = last(&config);
        for (a, b) in without.iter().zip(&with) {
            for metric in [Metric::TrainAccuracy, Metric::TestAccuracy] {
                assert_eq!(a.get(metric), b.get(metric), "step {}", a.step);
            }
        }
        let accuracy = |row: &Row| row.get(Metric::TrainAccuracy).expect("measured");
        assert!(accuracy(&without[0]) < 0.8);
        assert!(accuracy(without.last().expect("rows")) > 0.95);
        // What a row carries says the same as its columns.
        let row = without.last().expect("rows");
        let errors = row.errors().expect("kept");
        let units = Tolerances::new(&config.outcome, 0.0, 0.0);
        assert_eq!((units.train, units.test), (0.0, 0.0));
        assert!(errors.train.within(f64::MAX) == 1.0 && errors.test.is_some());
    }

    #[test]
    fn dense_records_carry_their_errors_now_and_then() {
        let mut config = Config::default();
        (config.task.dim, config.task.samples, config.training.steps) = (5, 20, 3_000);
        config.record.steps = (0..=3_000).collect();
        let config = config.check().expect("valid");
        let mut run = Simulation::new(&config, None).expect("a run");
        let mut kept = Vec::new();
        while !run.is_finished() {
            run.advance(1);
            if let Some(errors) = run.record(false).errors() {
                kept.push((run.step(), errors.bytes()));
            }
        }
        assert_eq!(kept[0].0, 1);
        assert!((150..300).contains(&kept.len()), "{}", kept.len());
    }
}
