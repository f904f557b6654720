//! The accuracy of a run at any tolerance, from the errors that its rows carry:
//! nothing is trained again.

use super::Run;
use crate::sim::{
    accuracy::Tolerances,
    config::OutcomeConfig,
    metrics::{Metric, Row},
    outcome::{Crossings, Outcome},
};

/// When a run fits and generalises by accuracy, as a function of the tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct ToleranceSweep {
    train: Reached,
    test: Reached,
    min_ratio: f64,
    has_test: bool,
    // At the tolerance that the run was started with: found at every step.
    exact: Option<(f64, Crossings)>,
}

/// Tolerances, in the config's units and falling, with the first step at which
/// the accuracy reaches the level within them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reached(Vec<(f64, u64)>);

impl Reached {
    fn observe(&mut self, tolerance: f64, step: u64) {
        if self.0.last().is_none_or(|last| tolerance < last.0) && tolerance.is_finite() {
            self.0.push((tolerance, step));
        }
    }

    fn first(&self, tolerance: f64) -> Option<u64> {
        let later = self.0.partition_point(|(needed, _)| *needed > tolerance);
        self.0.get(later).map(|(_, step)| *step)
    }
}

impl ToleranceSweep {
    /// Of the rows recorded so far; `None` before the first.
    pub fn new(run: &Run, config: &OutcomeConfig) -> Option<Self> {
        let unit = unit(run, config)?;
        let mut sweep = Self {
            train: Reached::default(),
            test: Reached::default(),
            min_ratio: config.min_ratio,
            has_test: run.errors().iter().any(|(_, e)| e.test.is_some()),
            exact: exact(run, config),
        };
        for (step, errors) in run.errors() {
            let level = config.accuracy_level;
            let needed = errors.train.tolerance_for(level) / unit.train;
            sweep.train.observe(needed, *step);
            if let Some(test) = &errors.test {
                let needed = test.tolerance_for(level) / unit.test;
                sweep.test.observe(needed, *step);
            }
        }
        (!run.errors().is_empty()).then_some(sweep)
    }

    /// First recorded steps at which the accuracies at this tolerance reach the
    /// level; at the tolerance that the run was started with, as its verdict has it.
    pub fn crossings(&self, tolerance: f64) -> Crossings {
        if let Some((started, crossings)) = self.exact
            && started == tolerance
        {
            return crossings;
        }
        Crossings {
            fit: self.train.first(tolerance),
            generalise: self.test.first(tolerance),
        }
    }

    /// Outcome class at this tolerance, of what has been recorded.
    pub fn outcome(&self, tolerance: f64) -> Outcome {
        match Outcome::classify(self.crossings(tolerance), self.min_ratio) {
            Outcome::NeverGeneralises if !self.has_test => Outcome::NotJudged,
            outcome => outcome,
        }
    }
}

/// The tolerance that the run was started with and when the accuracies within it
/// reach the level, where the level is still the one that was followed.
fn exact(run: &Run, config: &OutcomeConfig) -> Option<(f64, Crossings)> {
    let started = &run.config().outcome;
    let same =
        started.accuracy_level == config.accuracy_level && started.relative == config.relative;
    let judged = run.verdict()?.by_accuracy?;
    same.then(|| (started.accuracy_tolerance, judged.crossings()))
}

/// The tolerance 1 of the config, in units of the output.
fn unit(run: &Run, config: &OutcomeConfig) -> Option<Tolerances> {
    let one = OutcomeConfig {
        accuracy_tolerance: 1.0,
        ..config.clone()
    };
    let info = run.info()?;
    Some(Tolerances::new(
        &one,
        info.zero_train_loss,
        info.zero_test_loss,
    ))
}

/// Accuracies at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccuracyPoint {
    /// Step.
    pub step: u64,
    /// On the train set.
    pub train: f64,
    /// On test points; NaN where there are none.
    pub test: f64,
}

impl Run {
    /// The accuracies over time at the config's tolerance, which need not be the
    /// one that the run was started with.
    pub fn accuracies(&self, config: &OutcomeConfig) -> Vec<AccuracyPoint> {
        let Some(unit) = unit(self, config) else {
            return Vec::new();
        };
        let tolerance = config.accuracy_tolerance;
        let point = |(step, errors): &(u64, _)| {
            let errors: &crate::sim::accuracy::ErrorProfile = std::sync::Arc::as_ref(errors);
            AccuracyPoint {
                step: *step,
                train: errors.train.within(tolerance * unit.train),
                test: errors
                    .test
                    .as_ref()
                    .map_or(f64::NAN, |test| test.within(tolerance * unit.test)),
            }
        };
        self.errors().iter().map(point).collect()
    }

    /// Every recorded row with the accuracies at the config's tolerance; empty
    /// where a row does not carry its errors and the tolerance is not the one
    /// that the run was started with.
    pub fn rows_at(&self, config: &OutcomeConfig) -> Vec<Row> {
        let mut rows = self.rows().to_vec();
        let started = &self.config().outcome;
        let same = started.accuracy_tolerance == config.accuracy_tolerance
            && started.relative == config.relative;
        if same {
            return rows;
        }
        let mut points = self.accuracies(config).into_iter().peekable();
        for row in &mut rows {
            let here = points.next_if(|point| point.step == row.step);
            let (train, test) = here.map_or((f64::NAN, f64::NAN), |p| (p.train, p.test));
            row.set(Metric::TrainAccuracy, train);
            row.set(Metric::TestAccuracy, test);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_tolerance_is_never_reached_later() {
        let mut reached = Reached::default();
        for (tolerance, step) in [(2.0, 0), (2.5, 1), (1.0, 5), (1.5, 8), (0.2, 90)] {
            reached.observe(tolerance, step);
        }
        reached.observe(f64::NAN, 100);
        for (tolerance, step) in [
            (3.0, Some(0)),
            (2.0, Some(0)),
            (1.99, Some(5)),
            (1.0, Some(5)),
            (0.9, Some(90)),
            (0.1, None),
        ] {
            assert_eq!(reached.first(tolerance), step, "{tolerance}");
        }
    }
}
