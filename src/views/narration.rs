//! What is happening now, in one sentence derived from the numbers.

use crate::{
    history::format::percent,
    sim::{
        metrics::{Metric, Row},
        outcome::Crossings,
        verdict::Judge,
    },
};

/// Where a run stands in its story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No step taken.
    Start,
    /// Labels that are all zero.
    Nothing,
    /// Train loss is above where it began.
    Rising,
    /// Train loss falls and has not met its threshold; test loss is not above where
    /// it began.
    Fitting,
    /// Train loss has fallen, and test loss is above where it began.
    Memorising,
    /// Train loss met its threshold, test loss did not, and the features have hardly
    /// moved.
    Memorised,
    /// Train loss met its threshold and the features turn towards the target.
    Turning,
    /// Test loss met its threshold before the train loss did.
    TestFirst,
    /// Both thresholds met.
    Generalised,
}

/// The numbers that the sentence is made from.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    /// Row of step 0.
    pub first: &'a Row,
    /// Newest row.
    pub last: &'a Row,
    /// Threshold crossings so far.
    pub crossings: Crossings,
    /// The zero predictor's train loss: the unit of train losses.
    pub zero_train: f64,
    /// The zero predictor's test loss: the unit of test losses; NaN where there
    /// is none.
    pub zero_test: f64,
    /// By what the run is judged.
    pub judge: Judge,
    /// Whether the fit and the generalisation are as they were before and do not
    /// hold any more: the losses swing.
    pub lost: bool,
    /// Test loss of kernel regression with K₀, where it is known and too high
    /// to generalise.
    pub lazy_level: Option<f64>,
}

/// Share of the way to the target from which on the features are said to turn:
/// lazy runs drift by a fifth and stay there.
const TURNING: f64 = 0.25;

/// Test loss of a row: the exact one, else that of the test set.
pub fn test_loss(row: &Row) -> Option<f64> {
    row.get(Metric::TestLoss)
        .or_else(|| row.get(Metric::SampleTestLoss))
}

impl Numbers<'_> {
    /// Train loss in units of the zero predictor's.
    pub fn train(&self) -> f64 {
        self.last.get(Metric::TrainLoss).unwrap_or(f64::NAN) / self.zero_train
    }

    /// Test loss in units of the zero predictor's; NaN where there is none.
    pub fn test(&self) -> f64 {
        test_loss(self.last).unwrap_or(f64::NAN) / self.zero_test
    }

    /// Share of the way from the initial feature alignment to 1.
    pub fn turned(&self) -> Option<f64> {
        let start = self.first.get(Metric::FeatureAlignment)?;
        let now = self.last.get(Metric::FeatureAlignment)?;
        (start < 1.0).then(|| (now - start) / (1.0 - start))
    }

    /// The stage these numbers show.
    pub fn stage(&self) -> Stage {
        if self.zero_train == 0.0 {
            return Stage::Nothing;
        }
        match (self.crossings.fit, self.crossings.generalise) {
            (Some(_), Some(_)) => Stage::Generalised,
            (Some(_), None) if self.turned().is_some_and(|t| t > TURNING) => Stage::Turning,
            (Some(_), None) => Stage::Memorised,
            (None, Some(_)) => Stage::TestFirst,
            (None, None) if self.last.step == 0 => Stage::Start,
            (None, None) => {
                let before = test_loss(self.first).unwrap_or(f64::NAN);
                let now = test_loss(self.last).unwrap_or(f64::NAN);
                let train = |row: &Row| row.get(Metric::TrainLoss).unwrap_or(f64::NAN);
                if train(self.last) > train(self.first) {
                    Stage::Rising
                } else if now > 1.02 * before {
                    Stage::Memorising
                } else {
                    Stage::Fitting
                }
            }
        }
    }

    fn test_clause(&self) -> String {
        let test = self.test();
        if test.is_nan() {
            "there is no test loss to watch".into()
        } else {
            format!("test loss is {} of predicting zero", percent(test))
        }
    }

    /// The same of a run that is judged by its accuracies.
    fn by_accuracy(&self) -> String {
        let share = |metric: Metric| self.last.get(metric).map_or("?".into(), percent);
        let (train, test) = (share(Metric::TrainAccuracy), share(Metric::TestAccuracy));
        let right = format!("{train} of the train set and {test} of the test set are right");
        match (self.crossings.fit, self.crossings.generalise) {
            (None, None) if self.last.step == 0 => "Before the first step.".into(),
            _ if self.lost => {
                format!("Unsteady: an accuracy met its level and lost it again; {right}.")
            }
            (None, None) => format!("Fitting: {right}."),
            (None, Some(_)) => format!("The test set came first: {right}."),
            (Some(_), None) => format!("Memorised: {right}."),
            (Some(_), Some(_)) => format!("Generalised: {right}."),
        }
    }

    /// One sentence about this moment.
    pub fn sentence(&self) -> String {
        if self.judge == Judge::Accuracy {
            return self.by_accuracy();
        }
        let train = percent(self.train());
        match self.stage() {
            Stage::Start => "Before the first step.".into(),
            Stage::Nothing => "All labels are zero: there is nothing to learn.".into(),
            _ if self.lost => format!(
                "Unsteady: a threshold was met and lost again; train loss is {train} of predicting zero now, {}.",
                self.test_clause()
            ),
            Stage::Rising => format!(
                "Train loss is above where it began: {train} of predicting zero, {}.",
                self.test_clause()
            ),
            Stage::Fitting => format!(
                "Fitting: train loss is {train} of predicting zero, {}.",
                self.test_clause()
            ),
            Stage::Memorising => format!(
                "Memorising: train loss has fallen to {train} of predicting zero, test loss has risen to {}.",
                percent(self.test())
            ),
            Stage::Memorised => {
                let lazy = self.lazy_level.map(|l| percent(l / self.zero_test));
                let features = match (lazy, self.turned()) {
                    // What it takes says more than how far it is.
                    (Some(level), _) => {
                        format!(
                            "; with features that stay as they are (the lazy model) it would level off at {level}"
                        )
                    }
                    (None, Some(t)) if t > 0.02 => {
                        format!("; the features have turned {} of the way", percent(t))
                    }
                    (None, Some(_)) => "; the features have hardly moved".into(),
                    (None, None) => String::new(),
                };
                format!(
                    "Memorised: train loss is down to {train} of predicting zero, but {}{features}.",
                    self.test_clause()
                )
            }
            Stage::Turning => format!(
                "Features turn: {} of the weights' norm lies along the target by now, and {}.",
                percent(self.last.get(Metric::FeatureAlignment).unwrap_or(f64::NAN)),
                self.test_clause()
            ),
            Stage::TestFirst => format!(
                "The rule is found before the data are fitted: train loss is still {train} of predicting zero, {}.",
                self.test_clause()
            ),
            Stage::Generalised => {
                let features = match self.last.get(Metric::FeatureAlignment) {
                    Some(a) => format!(
                        "; {} of the weights' norm lies along the target",
                        percent(a)
                    ),
                    None => String::new(),
                };
                format!("Generalised: {}{features}.", self.test_clause())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, train: f64, test: f64, features: f64) -> Row {
        let mut row = Row::new(step);
        row.set(Metric::TrainLoss, train);
        row.set(Metric::TestLoss, test);
        row.set(Metric::FeatureAlignment, features);
        row
    }

    fn at(last: &Row, fit: Option<u64>, generalise: Option<u64>) -> (Stage, String) {
        let first = row(0, 1.0, 1.0, 0.02);
        let numbers = Numbers {
            judge: Judge::Loss,
            first: &first,
            last,
            crossings: Crossings { fit, generalise },
            zero_train: 1.0,
            zero_test: 1.0,
            lost: false,
            lazy_level: None,
        };
        (numbers.stage(), numbers.sentence())
    }

    #[test]
    fn a_grokking_run_passes_through_every_stage_in_order() {
        let story = [
            (row(0, 1.0, 1.0, 0.02), None, None, Stage::Start),
            (row(3, 0.95, 1.0, 0.02), None, None, Stage::Fitting),
            (row(60, 0.4, 1.2, 0.02), None, None, Stage::Memorising),
            (row(300, 0.05, 0.9, 0.05), Some(250), None, Stage::Memorised),
            (row(3_000, 0.001, 0.3, 0.6), Some(250), None, Stage::Turning),
            (
                row(9_000, 0.0, 0.01, 0.9),
                Some(250),
                Some(4_700),
                Stage::Generalised,
            ),
        ];
        for (last, fit, generalise, stage) in story {
            assert_eq!(at(&last, fit, generalise).0, stage);
        }
    }

    #[test]
    fn the_sentence_says_the_numbers() {
        let (_, text) = at(&row(60, 0.4, 1.2, 0.02), None, None);
        assert_eq!(
            text,
            "Memorising: train loss has fallen to 40 % of predicting zero, test loss has risen to 120 %."
        );
        let (_, text) = at(&row(300, 0.05, 0.9, 0.02), Some(250), None);
        assert!(text.contains("features have hardly moved"), "{text}");
    }

    #[test]
    fn a_train_loss_that_rises_is_not_said_to_fall() {
        let (stage, text) = at(&row(3, 1.81, 1.9, 0.02), None, None);
        assert_eq!(stage, Stage::Rising);
        assert!(!text.contains("fall") && text.contains("181 %"), "{text}");
    }

    #[test]
    fn the_lazy_model_is_spoken_of_where_it_explains_something() {
        let first = row(0, 1.0, 1.0, 0.02);
        let stages = [
            (row(60, 0.4, 1.2, 0.02), None, false),
            (row(300, 0.01, 0.9, 0.05), Some(250), true),
            (row(3_000, 0.001, 0.6, 0.6), Some(250), false),
        ];
        for (last, fit, spoken) in stages {
            let numbers = Numbers {
                judge: Judge::Loss,
                first: &first,
                last: &last,
                crossings: Crossings {
                    fit,
                    generalise: None,
                },
                zero_train: 1.0,
                zero_test: 2.0,
                lost: false,
                lazy_level: Some(0.86),
            };
            let text = numbers.sentence();
            assert_eq!(
                text.contains("(the lazy model) it would level off at 43 %"),
                spoken,
                "{text}"
            );
        }
    }

    #[test]
    fn a_run_without_a_test_loss_says_so() {
        let mut last = Row::new(5);
        last.set(Metric::TrainLoss, 0.5);
        let (stage, text) = at(&last, None, None);
        assert_eq!(stage, Stage::Fitting);
        assert!(text.contains("no test loss"), "{text}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(16))]

        /// Whatever a run does, what the sentence says of it is so in its rows.
        #[test]
        fn every_sentence_holds_in_the_rows_of_a_run(
            (seed, dim, samples) in (0u64..99, 2usize..10, 1usize..40),
            (rate, alpha) in (0.05f64..8.0, 0.05f64..4.0),
            centered in proptest::bool::ANY,
        ) {
            use proptest::{prop_assert, prop_assert_eq};
            let mut config = crate::sim::config::Config { seed, ..Default::default() };
            (config.task.dim, config.task.samples) = (dim, samples);
            (config.network.alpha, config.network.centered) = (alpha, centered);
            (config.training.learning_rate, config.training.steps) = (rate, 300);
            let config = config.check().expect("valid");
            let mut run = crate::sim::Simulation::new(&config, None).expect("made");
            let first = run.record(false);
            while !run.is_finished() {
                if !run.advance(u64::MAX) {
                    continue;
                }
                let last = run.record(false);
                let verdict = run.verdict();
                let judged = verdict.judged(crate::sim::verdict::Criterion::Configured);
                let numbers = Numbers {
                judge: Judge::Loss,
                    first: &first,
                    last: &last,
                    crossings: verdict.crossings(),
                    zero_train: verdict.zero_train_loss,
                    zero_test: verdict.zero_test_loss.expect("known"),
                    lost: judged.fit.lost().is_some() || judged.generalise.lost().is_some(),
                    lazy_level: None,
                };
                let text = numbers.sentence();
                let train = |row: &Row| row.get(Metric::TrainLoss).unwrap_or(f64::NAN);
                if !train(&last).is_finite() {
                    continue;
                }
                if text.contains("fallen") {
                    prop_assert!(train(&last) <= train(&first), "{}", text);
                }
                if text.contains("risen") {
                    prop_assert!(test_loss(&last) > test_loss(&first), "{}", text);
                }
                if text.contains("above where it began") {
                    prop_assert!(train(&last) > train(&first), "{}", text);
                }
                if text.contains("Memorised") || text.contains("Features turn") {
                    prop_assert!(train(&last) < verdict.thresholds.train, "{}", text);
                }
                if text.contains("Generalised") {
                    let below = test_loss(&last).is_some_and(|l| l < verdict.thresholds.test);
                    prop_assert!(below && train(&last) < verdict.thresholds.train, "{}", text);
                }
                if text.contains("% of predicting zero") {
                    let shown = percent(train(&last) / verdict.zero_train_loss);
                    let of_test = percent(test_loss(&last).unwrap_or(f64::NAN) / numbers.zero_test);
                    prop_assert!(text.contains(&shown) || text.contains(&of_test), "{}", text);
                }
                prop_assert_eq!(text.contains("NaN"), false);
            }
        }
    }
}
