//! The path of a run in the plane through its start, the lazy solution and its end.

use super::solve::{Setup, Solver};
use super::{MovementRequest, PathRequest, PathView, TheoryRequest};
use crate::sim::committee::flow::{Ending, FlowOptions, FlowSystem, Quality, integrate};
use crate::sim::committee::linearized::{LazyTime, Linearized, MAX_SAMPLES, NoLinearized};
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::plane::Plane;
use crate::sim::config::{TrainingConfig, ValidConfig};
use crate::sim::model::weights_as;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

/// Largest D of which the path is shown: the lazy model's costs O(D³) for each of its
/// points.
const MAX_DIM: usize = 512;
/// Points of the lazy model's path.
const LAZY_POINTS: u32 = 48;
/// Most points of the run's path.
const MAX_POINTS: usize = 300;

/// The plane of a run, and what it depends on.
pub(super) struct Kept {
    config: ValidConfig,
    initial: Arc<MomentState>,
    plane: Plane,
    lazy_path: Vec<[f64; 2]>,
}

impl Solver {
    /// Where the run is, was and will be; given up once `is_over`.
    pub(super) fn path(
        &mut self,
        request: &PathRequest,
        is_over: &dyn Fn() -> bool,
    ) -> Result<PathView, String> {
        let start = Instant::now();
        let setup = self.setup(&request.now.theory)?;
        if let Some((key, value)) = setup.config.needs_neurons() {
            return Err(format!(
                "the moments do not determine the path of this network: it is not shown with {key} = {value}"
            ));
        }
        let dim = setup.initial.dim();
        if dim > MAX_DIM {
            return Err(format!(
                "it is shown up to D = {MAX_DIM}: lower task.dim = {dim} to see it"
            ));
        }
        let held = self.plane.take().filter(|kept| kept.is_of(&setup));
        let kept = match held {
            Some(kept) => kept,
            None => self.plane_of(&setup, is_over)?,
        };
        let frames = request.kept.all();
        let stride = frames.len().div_ceil(MAX_POINTS).max(1);
        let last = frames.len().saturating_sub(1);
        let thinned = frames.iter().enumerate();
        let path = thinned
            .filter(|(k, _)| k % stride == 0 || *k == last)
            .filter_map(|(_, frame)| {
                let state = weights_as::<MomentState>(&frame.weights)?;
                Some((frame.step, kept.plane.place(&state)?))
            })
            .collect();
        let now = kept.plane.place(&request.now.state);
        let view = PathView {
            step: request.now.step,
            now: now.ok_or("these weights are not finite, or of another run")?,
            path,
            lazy_path: kept.lazy_path.clone(),
            lazy: kept.plane.lazy,
            end: kept.plane.end,
            cost: start.elapsed(),
        };
        self.plane = Some(kept);
        Ok(view)
    }

    fn plane_of(&mut self, setup: &Setup, is_over: &dyn Fn() -> bool) -> Result<Kept, String> {
        let training = &setup.config.training;
        let decay = training.stretches().iter().any(|s| s.weight_decay > 0.0);
        if decay {
            return Err(NoLinearized::WeightDecay.to_string());
        }
        let samples = setup.problem.task.x.nrows();
        if samples > MAX_SAMPLES {
            return Err(NoLinearized::TooManySamples { samples }.to_string());
        }
        let lazy = self.lazy_model(setup)?;
        let end = end_of_flow(setup, is_over)?;
        let solution = lazy.weights(&LazyTime::Limit);
        let plane = Plane::new(&setup.initial, &solution, &end)
            .ok_or("the weights are not finite, or all zero")?;
        let lazy_path = lazy_times(training)
            .filter_map(|time| Some(plane.place(&lazy.weights(&time))?.at))
            .collect();
        Ok(Kept {
            config: setup.config.clone(),
            initial: Arc::clone(&setup.initial),
            plane,
            lazy_path,
        })
    }
}

impl Solver {
    /// ‖W−W₀‖²/‖W₀‖² of the lazy solution: uᵀK₀⁻¹u/(α² tr M₀), u = y − (1−κ)f₀.
    pub(super) fn lazy_movement(&mut self, request: &MovementRequest) -> Result<f64, String> {
        let setup = self.setup(&TheoryRequest {
            run: request.run,
            config: request.config.clone(),
            instance: request.instance.clone(),
        })?;
        let samples = setup.problem.task.x.nrows();
        if setup.config.needs_neurons().is_some() {
            return Err(NoLinearized::NotCommittee.to_string());
        }
        if samples > MAX_SAMPLES {
            return Err(NoLinearized::TooManySamples { samples }.to_string());
        }
        let lazy = self.lazy_model(&setup)?;
        let size = setup.initial.weight_norm_sq() * setup.problem.alpha.powi(2);
        Ok(lazy.difficulty() / size)
    }

    fn lazy_model(&mut self, setup: &Setup) -> Result<Linearized, String> {
        if let Some(eigen) = self.eigen(setup) {
            return Ok(Linearized::from_eigen(
                &setup.problem,
                &setup.initial,
                eigen,
            ));
        }
        let lazy =
            Linearized::new(&setup.problem, &setup.initial).map_err(|why| why.to_string())?;
        self.keep_eigen(setup, lazy.eigen());
        Ok(lazy)
    }
}

impl Kept {
    fn is_of(&self, setup: &Setup) -> bool {
        self.config == setup.config && Arc::ptr_eq(&self.initial, &setup.initial)
    }
}

/// Flow times, even in their logarithm, up to that of the horizon, and the limit.
fn lazy_times(training: &TrainingConfig) -> impl Iterator<Item = LazyTime> {
    let rate = training.learning_rate / (1.0 - training.momentum);
    let last = (rate * training.horizon() as f64).max(1.0).log10();
    let times = (0..=LAZY_POINTS).map(move |k| {
        let part = f64::from(k) / f64::from(LAZY_POINTS);
        LazyTime::Flow(10f64.powf(-1.0 + part * (last + 1.0)))
    });
    times.chain(std::iter::once(LazyTime::Limit))
}

/// The weights at which the gradient flow of the run ends: at its horizon, or where
/// its train loss is spent.
fn end_of_flow(setup: &Setup, is_over: &dyn Fn() -> bool) -> Result<MomentState, String> {
    let training = &setup.config.training;
    let mut state = Arc::clone(&setup.initial);
    for stretch in training.stretches() {
        let rate = stretch.learning_rate / (1.0 - training.momentum);
        let steps = stretch.until - stretch.from;
        let options = FlowOptions::new(Quality::FORECAST, rate, steps);
        let system = FlowSystem::new(setup.problem.clone(), &setup.initial, stretch.weight_decay);
        let mut last = None;
        let mut keep_going = || match is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let summary = integrate(system, &state, &options, &mut keep_going, |sample| {
            last = Some(sample.state());
            ControlFlow::Continue(())
        });
        match summary.ending {
            Ending::Failed(error) => {
                return Err(format!("the end of the run is not known: {error}"));
            }
            Ending::Cancelled => return Err("the settings have changed".into()),
            Ending::Horizon | Ending::Spent | Ending::Classified => {}
        }
        if let Some(last) = last {
            state = Arc::new(last);
        }
    }
    Ok(Arc::unwrap_or_clone(state))
}
