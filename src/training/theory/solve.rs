//! The computations of the theory thread, and what they keep from one request
//! to the next.

use super::{FeatureView, Forecast, Job, KernelView, LazyCurve, TheoryRequest, WeightsRequest};
use crate::sim::LossPoint;
use crate::sim::committee::engine::Problem;
use crate::sim::committee::features::Cloud;
use crate::sim::committee::flow::{Ending, FlowOptions, FlowSystem, Quality, integrate};
use crate::sim::committee::instance::{Instance, same_instance};
use crate::sim::committee::kernel::{
    GramInputs, KernelEigen, QuadraticFunction, Spectrum, SpectrumTheory,
};
use crate::sim::committee::linearized::{
    LazyLosses, LazyTime, LearningRates, Linearized, MAX_SAMPLES, NoLinearized,
};
use crate::sim::committee::moments::{InitialWeights, MomentState};
use crate::sim::committee::sampled::{Draw, Sampled};
use crate::sim::config::{EngineKind, ValidConfig};
use crate::sim::effective_config;
use crate::sim::packed::Inputs;
use faer::Mat;
use ndarray::Array2;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Points of the lazy model's curve.
const SHADOW_POINTS: usize = 200;
/// Points computed between two looks at newer requests.
const CHUNK: usize = 50;
/// Up to this P the eigendecomposition of K₀ takes a few milliseconds and goes
/// before the refined forecast; above, after it.
const QUICK_SAMPLES: usize = 256;
/// Largest P of which spectra are taken while a run trains: the
/// eigendecomposition, O(P³), cannot be interrupted.
const MAX_KERNEL_SAMPLES: usize = 1024;
/// Largest D of which the neurons are shown: the eigendecomposition of M,
/// O(D³), cannot be interrupted either.
const MAX_FEATURE_DIM: usize = 1024;
/// Time that one look at the neurons spends on drawing more of them.
const GROWTH: Duration = Duration::from_millis(60);
/// A drag that never rests must not see nothing: where requests have gone
/// unanswered for this long, the coarse curve under way is finished although a
/// newer request waits …
const PATIENCE: Duration = Duration::from_millis(50);
/// … unless it takes longer than this.
const MOST_PATIENCE: Duration = Duration::from_millis(300);

/// What one request left for the next.
#[derive(Default)]
pub(super) struct Solver {
    data: Option<Data>,
    eigen: Option<Eigen>,
    /// The neurons, and the initial weights that they come from.
    cloud: Option<(Arc<MomentState>, Cloud)>,
    /// Looks at the neurons so far.
    looks: u64,
    /// The plane of the path.
    pub(super) plane: Option<super::path::Kept>,
    /// Since when no request was answered.
    unanswered: Option<Instant>,
}

/// Sampled data and weights, and what they depend on.
struct Data {
    draw: Draw,
    instance: Option<Arc<Instance>>,
    sampled: Sampled,
}

/// The eigendecomposition of K₀, and what it depends on.
struct Eigen {
    x: Array2<f64>,
    initial: Arc<MomentState>,
    epsilon: f64,
    eigen: Arc<KernelEigen>,
}

/// One problem to solve.
pub(super) struct Setup {
    pub(super) config: ValidConfig,
    pub(super) problem: Problem,
    pub(super) initial: Arc<MomentState>,
    weights: InitialWeights,
}

impl Solver {
    /// Answers a request, part by part, until a newer one comes.
    pub(super) fn solve(&mut self, request: &TheoryRequest, job: &Job<'_>) -> Result<(), String> {
        self.unanswered.get_or_insert(job.asked);
        let setup = self.setup(request)?;
        if let Some((key, value)) = setup.config.needs_neurons() {
            self.unanswered = None;
            job.forecast(Err(format!(
                "there is no forecast with {key} = {value}: it integrates the moments of the weights, which do not determine this network"
            )));
            job.lazy(Err(NoLinearized::NotCommittee.to_string()));
            return Ok(());
        }
        if !self.forecast(&setup, Quality::COARSE, job) {
            return Ok(());
        }
        let samples = setup.problem.task.x.nrows();
        let quick = samples <= QUICK_SAMPLES || self.eigen(&setup).is_some();
        if quick && !self.lazy(&setup, job) {
            return Ok(());
        }
        if self.forecast(&setup, Quality::FORECAST, job) && !quick {
            self.lazy(&setup, job);
        }
        Ok(())
    }

    pub(super) fn setup(&mut self, request: &TheoryRequest) -> Result<Setup, String> {
        let instance = request.instance.as_ref();
        let config = effective_config(&request.config, instance.map(Arc::as_ref))
            .map_err(|e| e.to_string())?;
        if !self
            .data
            .as_ref()
            .is_some_and(|d| d.fits(&config, instance))
        {
            self.data = Some(Data::new(&config, instance)?);
        }
        let data = self.data.as_ref().ok_or("there are no data")?;
        Ok(Setup {
            problem: data.sampled.problem(&config),
            initial: Arc::clone(&data.sampled.initial),
            weights: data.sampled.weights.clone(),
            config,
        })
    }

    /// Publishes the forecast; false if a newer request came before.
    fn forecast(&mut self, setup: &Setup, quality: Quality, job: &Job<'_>) -> bool {
        let start = Instant::now();
        let refined = quality != Quality::COARSE;
        let unanswered = self.unanswered.filter(|_| !refined);
        let mut keep_going = || {
            let starved = || unanswered.is_some_and(|since| since.elapsed() > PATIENCE);
            if job.is_cancelled() && !(starved() && start.elapsed() < MOST_PATIENCE) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let training = &setup.config.training;
        let test_set = setup.test_set();
        let mut points: Vec<LossPoint> = Vec::new();
        let mut state = Arc::clone(&setup.initial);
        // One piece of the flow for each change of η₀ or λ on the way.
        for stretch in training.stretches() {
            // With momentum μ the flow's time runs 1/(1 − μ) times as fast.
            let rate = stretch.learning_rate / (1.0 - training.momentum);
            let steps = stretch.until - stretch.from;
            let mut options = FlowOptions::new(quality, rate, steps);
            if stretch.from > 0 {
                // As densely as along one log axis.
                options.first_time = options.first_time.max(options.horizon / 20.0);
            }
            let problem = setup.problem.clone();
            let system = FlowSystem::new(problem, &setup.initial, stretch.weight_decay);
            let mut last = None;
            let summary = integrate(system, &state, &options, &mut keep_going, |sample| {
                let step = stretch.from as f64 + sample.time / rate;
                if points.last().is_some_and(|point| point.step >= step) {
                    return ControlFlow::Continue(());
                }
                let test = match (sample.losses.test, &test_set) {
                    (Some(test), _) => test.total(),
                    (None, Some((inputs, y))) => setup.sample_loss(&sample.state(), inputs, y),
                    (None, None) => f64::NAN,
                };
                points.push(LossPoint {
                    step,
                    train: sample.losses.train,
                    test,
                });
                last = (stretch.until < training.horizon()).then(|| sample.state());
                ControlFlow::Continue(())
            });
            match summary.ending {
                Ending::Cancelled => return false,
                Ending::Failed(error) => {
                    job.forecast(Err(format!("there is no forecast: {error}")));
                    self.unanswered = None;
                    return !job.is_cancelled();
                }
                Ending::Horizon | Ending::Spent | Ending::Classified => {}
            }
            if let Some(last) = last {
                state = Arc::new(last);
            }
        }
        job.forecast(Ok(Forecast {
            points,
            refined,
            latency: job.latency(),
        }));
        self.unanswered = None;
        !job.is_cancelled()
    }

    /// Publishes the lazy model or why there is none; false if a newer request
    /// came before.
    fn lazy(&mut self, setup: &Setup, job: &Job<'_>) -> bool {
        match self.lazy_curve(setup, job) {
            Ok(Some((points, level))) => job.lazy(Ok(LazyCurve {
                points,
                level,
                latency: job.latency(),
            })),
            Ok(None) => return false,
            Err(why) => job.lazy(Err(why.to_string())),
        }
        !job.is_cancelled()
    }

    fn lazy_curve(
        &mut self,
        setup: &Setup,
        job: &Job<'_>,
    ) -> Result<Option<(Vec<LossPoint>, f64)>, NoLinearized> {
        let training = &setup.config.training;
        let samples = setup.problem.task.x.nrows();
        let stretches = training.stretches();
        if stretches.iter().any(|stretch| stretch.weight_decay > 0.0) {
            return Err(NoLinearized::WeightDecay);
        }
        if samples > MAX_SAMPLES {
            return Err(NoLinearized::TooManySamples { samples });
        }
        let lazy = match self.eigen(setup) {
            Some(eigen) => Linearized::from_eigen(&setup.problem, &setup.initial, eigen),
            None => {
                let lazy = Linearized::new(&setup.problem, &setup.initial)?;
                self.keep_eigen(setup, lazy.eigen());
                lazy
            }
        };
        let steps = log_spaced(training.horizon(), SHADOW_POINTS);
        let time = |step: u64| {
            let mut rates = LearningRates::with_momentum(training.momentum);
            let mut time = 0.0;
            for stretch in stretches.iter().take_while(|stretch| stretch.from < step) {
                let steps = stretch.until.min(step) - stretch.from;
                rates.push(stretch.learning_rate, steps);
                time += stretch.learning_rate * steps as f64;
            }
            match training.engine {
                EngineKind::Flow => LazyTime::Flow(time),
                EngineKind::Moments | EngineKind::Neurons => LazyTime::Descent(rates),
            }
        };
        let mut points = Vec::with_capacity(steps.len());
        for steps in steps.chunks(CHUNK) {
            if job.is_cancelled() {
                return Ok(None);
            }
            let times: Vec<LazyTime> = steps.iter().map(|&step| time(step)).collect();
            let losses = lazy.curve(&times);
            points.extend(steps.iter().zip(losses).map(|(&step, losses)| LossPoint {
                step: step as f64,
                train: losses.train,
                test: test_loss(&losses),
            }));
        }
        Ok(Some((points, test_loss(&lazy.losses(&LazyTime::Limit)))))
    }

    /// The spectra of K₀ and of K_t.
    pub(super) fn kernel(&mut self, request: &WeightsRequest) -> Result<KernelView, String> {
        let start = Instant::now();
        let setup = self.setup(&request.theory)?;
        if let Some((key, value)) = setup.config.needs_neurons() {
            return Err(format!(
                "the spectrum is that of a network with fixed readouts and quadratic activation: it is not shown with {key} = {value}"
            ));
        }
        let task = &setup.problem.task;
        let (samples, dim) = task.x.dim();
        if samples > MAX_KERNEL_SAMPLES {
            return Err(format!(
                "the spectrum is shown up to P = {MAX_KERNEL_SAMPLES}: lower task.samples = {samples} to see it"
            ));
        }
        if request.state.dim() != dim {
            return Err("these weights are of another run".into());
        }
        let y = task.y.as_slice().ok_or("the labels are not in order")?;
        let inputs = GramInputs::new(task.x.view());
        let epsilon = setup.problem.epsilon;
        let decompose = |state: &MomentState| {
            KernelEigen::new(&inputs.ntk(state, epsilon)).ok_or("the kernel is not finite")
        };
        let before = match self.eigen(&setup) {
            Some(eigen) => eigen,
            None => {
                let eigen = Arc::new(decompose(&setup.initial)?);
                self.keep_eigen(&setup, &eigen);
                eigen
            }
        };
        let initial = Spectrum::new(&before, y);
        let now = if *request.state == *setup.initial {
            initial.clone()
        } else {
            Spectrum::new(&decompose(&request.state)?, y)
        };
        let network = &setup.config.network;
        // Of weights that are drawn alike in every direction.
        let isotropic = request.theory.instance.is_none() && network.solution_mix == 0.0;
        let theory = isotropic
            .then(|| SpectrumTheory::new(dim, samples, network.epsilon, network.init_scale));
        Ok(KernelView {
            step: request.step,
            initial,
            now,
            theory,
            cost: start.elapsed(),
        })
    }

    /// The neurons in the plane of the target direction.
    pub(super) fn features(&mut self, request: &WeightsRequest) -> Result<FeatureView, String> {
        let start = Instant::now();
        let setup = self.setup(&request.theory)?;
        let dim = setup.initial.dim();
        let Some(directions) = setup.problem.task.directions() else {
            return Err("the target of this run is not known".into());
        };
        if dim > MAX_FEATURE_DIM {
            return Err(format!(
                "neurons are shown up to D = {MAX_FEATURE_DIM}: lower task.dim = {dim} to see them"
            ));
        }
        let kept = self.cloud.take();
        let mut cloud = match kept.filter(|(of, _)| Arc::ptr_eq(of, &setup.initial)) {
            Some((_, cloud)) => cloud,
            None => {
                let cloud = Cloud::new(&setup.weights, &setup.initial);
                cloud.ok_or("the weights are not finite")?
            }
        };
        // A million neurons take longer to draw than anyone should wait: each
        // look draws some more.
        while start.elapsed() < GROWTH && cloud.grow(&setup.weights) {}
        let features = cloud.at(directions, &setup.initial, &request.state);
        self.cloud = Some((Arc::clone(&setup.initial), cloud));
        self.looks += 1;
        Ok(FeatureView {
            step: request.step,
            look: self.looks,
            features: features.ok_or("these weights are not finite, or of another run")?,
            cost: start.elapsed(),
        })
    }

    pub(super) fn keep_eigen(&mut self, setup: &Setup, eigen: &Arc<KernelEigen>) {
        self.eigen = Some(Eigen {
            x: setup.problem.task.x.clone(),
            initial: Arc::clone(&setup.initial),
            epsilon: setup.problem.epsilon,
            eigen: Arc::clone(eigen),
        });
    }

    /// The eigendecomposition from an earlier request, where it still holds.
    pub(super) fn eigen(&self, setup: &Setup) -> Option<Arc<KernelEigen>> {
        let kept = self.eigen.as_ref()?;
        let holds = kept.epsilon == setup.problem.epsilon
            && (Arc::ptr_eq(&kept.initial, &setup.initial) || kept.initial == setup.initial)
            && kept.x == setup.problem.task.x;
        holds.then(|| Arc::clone(&kept.eigen))
    }
}

impl Data {
    fn new(config: &ValidConfig, instance: Option<&Arc<Instance>>) -> Result<Self, String> {
        let mut sampled = match instance {
            Some(instance) => Sampled::from_instance(config, instance),
            None => Sampled::new(config).map_err(|e| e.to_string())?,
        };
        // Where the target is known the test set would not be looked at.
        let task = Arc::make_mut(&mut sampled.task);
        if task.target.is_some() {
            task.test = None;
        }
        Ok(Self {
            draw: Draw::of(config),
            instance: instance.cloned(),
            sampled,
        })
    }

    /// Whether these are the data and weights of this config.
    fn fits(&self, config: &ValidConfig, instance: Option<&Arc<Instance>>) -> bool {
        same_instance(self.instance.as_ref(), instance) && self.draw == Draw::of(config)
    }
}

impl Setup {
    /// The test set, where the target is not known.
    fn test_set(&self) -> Option<(Inputs, &[f64])> {
        let (x, y) = self.problem.task.test.as_ref()?;
        Some((Inputs::new(x.view()), y.as_slice()?))
    }

    /// Mean squared error on the test set.
    fn sample_loss(&self, state: &MomentState, inputs: &Inputs, y: &[f64]) -> f64 {
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let (now, before) = (state.second_moment(), self.initial.second_moment());
        let means = state.mean.iter().zip(&self.initial.mean);
        let function = QuadraticFunction {
            linear: means.map(|(w, w0)| alpha * (w - kappa * w0)).collect(),
            quadratic: Mat::from_fn(state.dim(), state.dim(), |i, j| {
                alpha * epsilon * (now[[i, j]] - kappa * before[[i, j]])
            }),
        };
        let values = function.values(inputs);
        let squares = values.iter().zip(y).map(|(f, y)| (f - y) * (f - y));
        squares.sum::<f64>() / y.len() as f64
    }
}

fn test_loss(losses: &LazyLosses) -> f64 {
    losses.test.or(losses.sample_test).unwrap_or(f64::NAN)
}

/// Step 0 and about `count` steps up to the horizon, even in log time.
fn log_spaced(horizon: u64, count: usize) -> Vec<u64> {
    let decades = (horizon.max(1) as f64).log10();
    let mut steps = vec![0];
    steps.extend((0..=count).map(|i| {
        let step = 10f64.powf(decades * i as f64 / count as f64).round() as u64;
        step.clamp(1, horizon.max(1))
    }));
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_spaced_steps_begin_at_zero_end_at_the_horizon_and_increase() {
        for horizon in [1, 2, 9, 1_000, 100_000, 10_000_000_000] {
            let steps = log_spaced(horizon, 200);
            assert_eq!((steps[0], steps[1]), (0, 1));
            assert_eq!(steps.last(), Some(&horizon));
            assert!(steps.windows(2).all(|w| w[0] < w[1]) && steps.len() <= 202);
        }
    }
}
