//! The errors on a set of points, from which the accuracy at any tolerance follows.
//!
//! Whether a run groks by accuracy can depend on the tolerance alone (paper §16), so
//! recorded rows carry the sorted errors themselves.

use super::config::OutcomeConfig;

/// Errors kept of a set; of larger ones, as many evenly spaced quantiles.
const KEPT: usize = 2_048;
/// Fractions of points this close count as equal: 0.95 of 1,000 is 950.
pub(super) const ROUNDING: f64 = 1e-9;

/// Absolute errors on a set of points, in order of size.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors(Box<[f32]>);

impl Errors {
    /// Sorts the errors; one that is no number counts as infinite.
    pub fn new(errors: impl Iterator<Item = f64>) -> Self {
        let size = |e: f64| {
            let size = e.abs() as f32;
            if size.is_nan() { f32::INFINITY } else { size }
        };
        let mut sorted: Vec<f32> = errors.map(size).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        Self(sorted.into())
    }

    /// The same in at most [`KEPT`] numbers.
    pub(super) fn thinned(self) -> Self {
        let n = self.0.len();
        if n <= KEPT {
            return self;
        }
        // The largest error of each of KEPT equal parts.
        let part = |j: usize| self.0[(j + 1) * n / KEPT - 1];
        Self((0..KEPT).map(part).collect())
    }

    /// Accuracy at a tolerance: the fraction of points within it.
    pub fn within(&self, tolerance: f64) -> f64 {
        let right = self.0.partition_point(|&e| f64::from(e) <= tolerance);
        right as f64 / self.0.len() as f64
    }

    /// The smallest tolerance at which the accuracy reaches `level`; NaN for an
    /// empty set.
    pub fn tolerance_for(&self, level: f64) -> f64 {
        let n = self.0.len();
        let right = (level * n as f64 - ROUNDING).ceil().max(1.0) as usize;
        self.0
            .get(right.min(n).wrapping_sub(1))
            .map_or(f64::NAN, |&e| f64::from(e))
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// The errors of one state.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorProfile {
    /// On the train set.
    pub train: Errors,
    /// On the test set, or on points drawn for this where there is none; none
    /// where the target is not known either.
    pub test: Option<Errors>,
}

impl ErrorProfile {
    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.train.bytes() + self.test.as_ref().map_or(0, Errors::bytes)
    }
}

/// Absolute tolerances of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerances {
    /// On the train set.
    pub train: f64,
    /// On test points; NaN where there are none.
    pub test: f64,
}

impl Tolerances {
    /// θ itself, or θ times the rms of y, the root of the zero predictor's loss:
    /// on the train set, and over all inputs for test.
    pub fn new(config: &OutcomeConfig, zero_train_loss: f64, zero_test_loss: f64) -> Self {
        let unit = |zero: f64| if config.relative { zero.sqrt() } else { 1.0 };
        Self {
            train: config.accuracy_tolerance * unit(zero_train_loss),
            test: config.accuracy_tolerance * unit(zero_test_loss),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accuracy_reaches_the_level_exactly_at_the_tolerance_for_it() {
        let errors =
            Errors::new((1..=20).map(|i| f64::from(i) * if i % 2 == 0 { 1.0 } else { -1.0 }));
        assert_eq!(errors.tolerance_for(0.95), 19.0);
        assert_eq!(errors.within(19.0), 0.95);
        assert!(errors.within(18.99) < 0.95);
        assert_eq!((errors.within(0.0), errors.within(20.0)), (0.0, 1.0));
        assert_eq!(
            (errors.tolerance_for(1.0), errors.tolerance_for(0.0)),
            (20.0, 1.0)
        );
    }

    #[test]
    fn an_error_that_is_no_number_is_never_right() {
        let errors = Errors::new([0.1, f64::NAN, f64::INFINITY, 0.2].into_iter());
        assert_eq!(errors.within(1e30), 0.5);
        assert_eq!(errors.tolerance_for(0.75), f64::INFINITY);
    }

    #[test]
    fn many_errors_are_kept_as_quantiles() {
        let all = Errors::new((0..100_000).map(|i| f64::from(i) / 1e5));
        let few = all.clone().thinned();
        assert_eq!(few.0.len(), KEPT);
        for tolerance in [0.0, 0.1, 0.5, 0.933, 1.0] {
            let difference = all.within(tolerance) - few.within(tolerance);
            assert!((0.0..=1.0 / KEPT as f64).contains(&difference));
        }
    }
}
