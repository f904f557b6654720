//! Weights kept along a run, so that any earlier time can be looked at again.

use crate::sim::model::Weights;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Memory that the weights of one run may take.
pub const BUDGET: usize = 64 << 20;
/// Most weights kept, however small they are: more than a window has pixels.
const MOST: usize = 4096;

/// Weights at one step.
#[derive(Clone, Debug)]
pub struct Keyframe {
    /// The step.
    pub step: u64,
    /// The weights.
    pub weights: Arc<dyn Weights>,
}

/// The weights kept along one run, shared by the worker, which adds to them,
/// and the window, which looks them up. Over the budget they are thinned out
/// evenly in log time; the first and the newest stay. Weights of which not even
/// two fit are not kept.
#[derive(Clone, Debug, Default)]
pub struct Keyframes(Arc<Mutex<Vec<Keyframe>>>);

impl Keyframes {
    /// Keeps the weights of a step later than those kept so far.
    pub fn push(&self, step: u64, weights: Arc<dyn Weights>) {
        let most = (BUDGET / bytes(weights.as_ref())).min(MOST);
        if most < 2 {
            return;
        }
        let mut frames = self.lock();
        if frames.last().is_some_and(|last| last.step >= step) {
            return;
        }
        frames.push(Keyframe { step, weights });
        while frames.len() > most {
            let Some(crowded) = most_crowded(&frames) else {
                return;
            };
            frames.remove(crowded);
        }
    }

    /// The last weights kept that are not of a later step.
    pub fn at_or_before(&self, step: u64) -> Option<Keyframe> {
        let frames = self.lock();
        let after = frames.partition_point(|frame| frame.step <= step);
        frames.get(after.checked_sub(1)?).cloned()
    }

    /// The steps of which the weights are kept.
    pub fn steps(&self) -> Vec<u64> {
        self.lock().iter().map(|frame| frame.step).collect()
    }

    /// Everything that is kept, in order.
    pub fn all(&self) -> Vec<Keyframe> {
        self.lock().clone()
    }

    /// Memory held by the weights, in bytes.
    pub fn bytes(&self) -> usize {
        let frames = self.lock();
        frames.iter().map(|f| bytes(f.weights.as_ref())).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Keyframe>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(weights: &dyn Weights) -> usize {
    size_of::<Keyframe>() + weights.bytes()
}

/// The frame between the first and the last whose neighbours are closest to each
/// other in log time.
fn most_crowded(frames: &[Keyframe]) -> Option<usize> {
    // Step 0 stands left of step 1, as on the plots.
    let place = |frame: &Keyframe| (frame.step as f64).max(0.5).ln();
    let gap = |i: usize| place(&frames[i + 1]) - place(&frames[i - 1]);
    (1..frames.len().checked_sub(1)?).min_by(|&a, &b| gap(a).total_cmp(&gap(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::moments::MomentState;
    use ndarray::{Array1, Array2};

    fn state(dim: usize) -> Arc<MomentState> {
        Arc::new(MomentState {
            mean: Array1::zeros(dim),
            factor: Array2::zeros((dim, dim)),
        })
    }

    #[test]
    fn the_budget_holds_at_any_size_and_length() {
        for (dim, steps) in [(10, 10_000u64), (300, 400), (1_200, 40)] {
            let frames = Keyframes::default();
            let shared = state(dim);
            for step in 0..steps {
                frames.push(step * step, shared.clone());
                assert!(frames.bytes() <= BUDGET, "D = {dim} at {step}");
            }
            let kept = frames.steps();
            assert!(kept.len() >= 2 && kept.len() <= MOST);
            assert_eq!(kept.first(), Some(&0));
            assert_eq!(kept.last(), Some(&((steps - 1) * (steps - 1))));
        }
    }

    #[test]
    fn what_is_thinned_out_stays_even_in_log_time() {
        let frames = Keyframes::default();
        let large = state(600);
        let mut step = 1.0f64;
        while step < 1e6 {
            frames.push(step as u64, large.clone());
            step *= 1.05;
        }
        let steps = frames.steps();
        assert!(steps.len() < 30, "{} kept", steps.len());
        let gaps: Vec<f64> = steps
            .windows(2)
            .map(|w| (w[1] as f64 / w[0] as f64).log10())
            .collect();
        let widest = gaps.iter().copied().fold(0.0, f64::max);
        assert!(widest < 3.0 * 6.0 / gaps.len() as f64, "{gaps:?}");
    }

    #[test]
    fn the_nearest_earlier_weights_are_found() {
        let frames = Keyframes::default();
        for step in [0, 10, 100] {
            frames.push(step, state(2));
        }
        let found = |step| frames.at_or_before(step).map(|frame| frame.step);
        assert_eq!(found(0), Some(0));
        assert_eq!(found(9), Some(0));
        assert_eq!(found(10), Some(10));
        assert_eq!(found(5_000), Some(100));
        assert!(Keyframes::default().at_or_before(3).is_none());
    }
}
