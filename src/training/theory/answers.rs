//! What the theory thread is asked, and what it answers.

use crate::sim::LossPoint;
use crate::sim::committee::features::Features;
use crate::sim::committee::instance::Instance;
use crate::sim::committee::kernel::{Spectrum, SpectrumTheory};
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::plane::Place;
use crate::sim::config::ValidConfig;
use crate::training::keyframes::Keyframes;
use crate::training::protocol::{Latest, RunId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A run to say something about.
#[derive(Clone, Debug)]
pub struct TheoryRequest {
    /// The run, which need not have been started.
    pub run: RunId,
    /// Its settings.
    pub config: Box<ValidConfig>,
    /// Data and weights that replace the sampled ones.
    pub instance: Option<Arc<Instance>>,
}

/// The gradient flow of a run up to its horizon, against t = τ/η₀.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The curve. It ends early where the train loss is spent.
    pub points: Vec<LossPoint>,
    /// Whether it is within about one per cent; the first answer is coarser.
    pub refined: bool,
    /// Time from the request to this answer.
    pub latency: Duration,
}

impl Forecast {
    /// The part of its first loss below which it is not to be trusted: residuals
    /// are good to about the tolerance of the integration, losses to its square.
    pub fn floor(&self) -> f64 {
        if self.refined { 1e-5 } else { 1e-3 }
    }
}

/// The linearised model of a run up to its horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct LazyCurve {
    /// Its losses: of gradient descent, or of the flow beside a run of the flow.
    pub points: Vec<LossPoint>,
    /// Test loss of kernel regression with K₀, to which gradient descent on the
    /// linearised model tends where it is stable; NaN where there is no test
    /// loss.
    pub level: f64,
    /// Time from the request to this answer.
    pub latency: Duration,
}

/// Weights at which the kernel or the neurons are to be looked at.
#[derive(Clone, Debug)]
pub struct WeightsRequest {
    /// The run and its settings.
    pub theory: TheoryRequest,
    /// Step at which the weights are.
    pub step: u64,
    /// The weights as moments.
    pub state: Arc<MomentState>,
}

/// The NTK on the train set, at the start and at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelView {
    /// The step of [`KernelView::now`].
    pub step: u64,
    /// Of K₀.
    pub initial: Spectrum,
    /// Of K_t.
    pub now: Spectrum,
    /// What theory says of K₀ at N = ∞; not for given weights.
    pub theory: Option<SpectrumTheory>,
    /// Time that the computation took.
    pub cost: Duration,
}

/// The neurons at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureView {
    /// The step.
    pub step: u64,
    /// Tells this look from every other one.
    pub look: u64,
    /// The neurons and M.
    pub features: Features,
    /// Time that the computation took.
    pub cost: Duration,
}

/// A run whose path is to be looked at.
#[derive(Clone, Debug)]
pub struct PathRequest {
    /// The run, and where it stands.
    pub now: WeightsRequest,
    /// The weights kept along it.
    pub kept: Keyframes,
}

/// The path of a run in the plane through its initial weights, the lazy solution and
/// its end, in units of ‖W₀‖ from step 0.
#[derive(Clone, Debug, PartialEq)]
pub struct PathView {
    /// The step of [`PathView::now`].
    pub step: u64,
    /// Where the run stands.
    pub now: Place,
    /// Where it was, at the steps that were kept.
    pub path: Vec<(u64, Place)>,
    /// The path of the lazy model at log-spaced times, up to the lazy solution.
    pub lazy_path: Vec<[f64; 2]>,
    /// The lazy solution: kernel regression with K₀.
    pub lazy: [f64; 2],
    /// Where the gradient flow of the run ends.
    pub end: [f64; 2],
    /// Time that the computation took.
    pub cost: Duration,
}

/// A run whose lazy solution is asked for.
#[derive(Clone, Debug)]
pub struct MovementRequest {
    /// The run.
    pub run: RunId,
    /// Its settings.
    pub config: Box<ValidConfig>,
    /// Data and weights that replace the sampled ones.
    pub instance: Option<Arc<Instance>>,
}

/// ‖W−W₀‖²/‖W₀‖² of the lazy solutions of runs; NaN where there is none.
pub type LazyMovements = Vec<(RunId, f64)>;

/// An answer to the request about one run, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<T> {
    /// The run of the request.
    pub run: RunId,
    /// Number of the request ([`TheoryHandle::request`](super::TheoryHandle::request)); 0 for looks at the
    /// weights, which are not numbered.
    pub request: u64,
    /// What was computed; else why not, for the user.
    pub result: Result<T, String>,
}

/// The newest answers.
#[derive(Clone, Default)]
pub(super) struct Answers {
    pub(super) forecast: Latest<Answer<Forecast>>,
    pub(super) lazy: Latest<Answer<LazyCurve>>,
    pub(super) kernel: Latest<Answer<KernelView>>,
    pub(super) features: Latest<Answer<FeatureView>>,
    pub(super) path: Latest<Answer<PathView>>,
    pub(super) movements: Gathered<(RunId, f64)>,
}

/// What is handed over between threads, none of it lost.
pub(super) struct Gathered<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Gathered<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Gathered<T> {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, items: impl IntoIterator<Item = T>) {
        self.lock().extend(items);
    }

    pub(super) fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.lock())
    }

    /// The one that came first.
    pub(super) fn first(&self) -> Option<T> {
        let mut items = self.lock();
        (!items.is_empty()).then(|| items.remove(0))
    }
}

impl Answers {
    pub(super) fn fail(&self, run: RunId, request: u64, message: &str) {
        let result = Err(message.to_owned());
        self.forecast.put(Answer {
            run,
            request,
            result,
        });
        let result = Err(message.to_owned());
        self.lazy.put(Answer {
            run,
            request,
            result,
        });
    }
}

pub(super) const NOT_RUNNING: &str = "the theory thread is not running: start the program again";
