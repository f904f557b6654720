//! One training run of a network, with its linearised twin beside it.

use super::checkpoint::Checkpoint;
use super::columns::{COLUMNS, Column, KERNEL_COLUMNS, Measurement, columns};
use super::kernel::{Kernel, Outputs, alignment, drift, turn};
use super::loss::{AccuracyKind, LossKind, Objective, Scored};
use super::network::{Misfit, Network, vectorised};
use super::optimiser::{Optimiser, OptimiserSettings};
use super::passes::{Crew, Keep, Passes};
use super::problem::{Order, Problem, Source};
use super::real::Real;
use std::sync::Arc;

/// How a network is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSettings {
    /// Output, loss and accuracy.
    pub objective: Objective,
    /// The rule and its rates.
    pub optimiser: OptimiserSettings,
    /// The batches.
    pub order: Order,
    /// Whether the model linearised about the initial weights is trained beside
    /// the network, on the same batches with the same rule.
    pub linearised: bool,
    /// Sub-sample on which the tangent kernel is measured: half of it train
    /// examples, half test examples; 0 for no kernel.
    pub kernel_examples: usize,
    /// How the kernel's mean over outputs is taken.
    pub kernel_outputs: Outputs,
    /// Draws the signs of the kernel's outputs.
    pub seed: u64,
}

/// The tangent kernel on the sub-sample against the targets and its initial value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelReadings {
    /// Alignment (CKA) with the targets.
    pub alignment: f64,
    /// ‖K_t − K₀‖/‖K₀‖.
    pub drift: f64,
    /// 1 − cosine between the two.
    pub turn: f64,
}

/// What is read off the weights at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Readings {
    /// ‖θ‖².
    pub norm_sq: f64,
    /// ‖θ − θ₀‖/‖θ₀‖.
    pub movement: f64,
    /// Learning rate of the next update.
    pub learning_rate: f64,
    /// Fraction of the weights that the next update takes off.
    pub decay_rate: f64,
    /// The kernel, where it was measured.
    pub kernel: Option<KernelReadings>,
    /// Effective number of frequencies and mean share of a unit's strongest one, where
    /// there are weights by token and they were measured.
    pub frequencies: Option<(f64, f64)>,
}

struct Twin<T> {
    passes: Passes<T>,
    // θ_lin − θ₀: rounding is less than that of θ_lin.
    displacement: Vec<T>,
    optimiser: Optimiser<T>,
    // Whether the activations at θ₀ of the batch are there.
    ready: bool,
}

/// A run at some step.
pub struct NetworkRun<T> {
    network: Arc<dyn Network<T>>,
    problem: Arc<Problem<T>>,
    settings: RunSettings,
    initial: Arc<[T]>,
    initial_outputs: Vec<T>,
    theta: Vec<T>,
    optimiser: Optimiser<T>,
    passes: Passes<T>,
    twin: Option<Twin<T>>,
    train: Passes<T>,
    test: Passes<T>,
    every: Passes<T>,
    kernel: Option<(Kernel<T>, Vec<f64>)>,
    columns: Arc<[Column]>,
    step: u64,
    diverged: Option<u64>,
}

impl<T: Real> NetworkRun<T> {
    /// A run at step 0 from the initial weights `theta`.
    ///
    /// # Errors
    /// Weights, examples, loss or batches that do not fit the network.
    pub fn new(
        network: Arc<dyn Network<T>>,
        problem: Arc<Problem<T>>,
        theta: Arc<[T]>,
        settings: RunSettings,
        crew: &dyn Crew,
    ) -> Result<Self, Misfit> {
        check(network.as_ref(), &problem, &theta, &settings)?;
        let all: Vec<u32> = (0..problem.examples.count() as u32).collect();
        let examples = &problem.examples;
        let bare = Source {
            examples,
            initial: &[],
        };
        let passes = |keep| Passes::new(Arc::clone(&network), keep);
        let mut initial_outputs = Vec::new();
        let mut every = passes(Keep::Block);
        every.load(bare, &all);
        every.outputs(&theta, crew, &mut initial_outputs);
        let source = Source {
            examples,
            initial: &initial_outputs,
        };
        let set = |rows: &[u32]| {
            let mut passes = passes(Keep::Block);
            passes.load(source, rows);
            passes
        };
        let (train, test) = (set(&problem.train), set(&problem.test));
        let full = settings.order == Order::Full;
        let rule = settings.optimiser.rule;
        let count = network.layout().count();
        let mut batch = passes(Keep::Block);
        let mut twin = settings.linearised.then(|| Twin {
            passes: passes(if full { Keep::All } else { Keep::Block }),
            displacement: vec![T::ZERO; count],
            optimiser: Optimiser::new(rule, count),
            ready: false,
        });
        if full {
            batch.load(source, &problem.train);
            if let Some(twin) = &mut twin {
                twin.passes.load(source, &problem.train);
            }
        }
        let kernel = (settings.kernel_examples > 0).then(|| {
            let rows = sub_sample(&problem, settings.kernel_examples);
            let (outputs, seed) = (settings.kernel_outputs, settings.seed);
            let mut kernel = Kernel::new(Arc::clone(&network), examples, &rows, outputs, seed);
            let start = kernel.gram(&theta);
            (kernel, start)
        });
        Ok(Self {
            columns: columns(network.as_ref()),
            theta: theta.to_vec(),
            optimiser: Optimiser::new(rule, count),
            passes: batch,
            initial: theta,
            initial_outputs,
            twin,
            train,
            test,
            every,
            kernel,
            network,
            problem,
            settings,
            step: 0,
            diverged: None,
        })
    }

    /// Trains for `steps` updates, or until the weights are no longer numbers.
    pub fn advance(&mut self, steps: u64, crew: &dyn Crew) {
        for _ in 0..steps {
            if self.diverged.is_some() {
                return;
            }
            self.update(crew);
        }
    }

    fn update(&mut self, crew: &dyn Crew) {
        let RunSettings {
            order, objective, ..
        } = &self.settings;
        let source = Source {
            examples: &self.problem.examples,
            initial: &self.initial_outputs,
        };
        let moving = *order != Order::Full;
        let rows = order.batch(&self.problem.train, self.step);
        if moving {
            self.passes.load(source, rows);
        }
        let gradient = self.passes.gradient(&self.theta, objective, crew);
        let rates = &self.settings.optimiser;
        self.optimiser
            .update(rates, &mut self.theta, None, gradient);
        if let Some(twin) = &mut self.twin {
            if moving {
                twin.passes.load(source, rows);
            }
            let fresh = moving || !twin.ready;
            let (d, origin) = (&twin.displacement, &self.initial);
            let gradient = twin
                .passes
                .linearised_gradient(origin, d, fresh, objective, crew);
            twin.ready = true;
            let d = &mut twin.displacement;
            twin.optimiser.update(rates, d, Some(origin), gradient);
        }
        self.step += 1;
        // A NaN anywhere stays: it is in a weight after the update it came in.
        if !finite(&self.theta) {
            self.diverged = Some(self.step);
        }
    }

    /// Measures the current step; with `every_column` also what needs the kernel.
    pub fn measure(&mut self, every_column: bool, crew: &dyn Crew) -> Measurement {
        let mut values = vec![f64::NAN; self.columns.len()];
        let (train, test) = self.scores(crew);
        values[..4].copy_from_slice(&[
            train.loss(),
            test.loss(),
            train.accuracy(),
            test.accuracy(),
        ]);
        if let Some((train, test)) = self.linearised_scores(crew) {
            values[6..10].copy_from_slice(&[
                train.loss(),
                test.loss(),
                train.accuracy(),
                test.accuracy(),
            ]);
        }
        let readings = self.readings(every_column);
        values[4] = readings.norm_sq;
        values[5] = readings.movement;
        values[10] = readings.learning_rate;
        values[11] = readings.decay_rate;
        if let Some(KernelReadings {
            alignment,
            drift,
            turn,
        }) = readings.kernel
        {
            values[KERNEL_COLUMNS..KERNEL_COLUMNS + 3].copy_from_slice(&[alignment, drift, turn]);
        }
        if let Some((effective, share)) = readings.frequencies {
            values[KERNEL_COLUMNS + 3] = effective;
            values[KERNEL_COLUMNS + 4] = share;
        }
        for (i, tensor) in self.network.layout().tensors().iter().enumerate() {
            let norm = norm_sq(&self.theta[tensor.range.clone()]);
            values[COLUMNS.len() + i] = norm;
        }
        Measurement {
            step: self.step,
            values,
        }
    }

    /// What is read off the weights; with `every_column` also what costs more.
    pub fn readings(&mut self, every_column: bool) -> Readings {
        let learning_rate = self.settings.optimiser.rate(self.step);
        let kernel = match &mut self.kernel {
            Some((kernel, start)) if every_column => {
                let now = kernel.gram(&self.theta);
                let (targets, n) = (kernel.targets(), kernel.size());
                Some(KernelReadings {
                    alignment: alignment(&now, &targets, n),
                    drift: drift(&now, start),
                    turn: turn(&now, start),
                })
            }
            _ => None,
        };
        let tokens = every_column.then(|| self.network.by_token(&self.theta));
        Readings {
            norm_sq: norm_sq(&self.theta),
            movement: self.movement(),
            learning_rate,
            decay_rate: learning_rate * self.settings.optimiser.weight_decay,
            kernel,
            frequencies: tokens
                .flatten()
                .map(|weights| (weights.effective_frequencies(), weights.mean_share())),
        }
    }

    /// Loss and answer of every train and every test example.
    pub fn scores(&mut self, crew: &dyn Crew) -> (Scored, Scored) {
        let (mut train, mut test) = (Scored::default(), Scored::default());
        let objective = &self.settings.objective;
        self.train.score(&self.theta, objective, crew, &mut train);
        self.test.score(&self.theta, objective, crew, &mut test);
        (train, test)
    }

    /// The same of the linearised model, where there is one.
    pub fn linearised_scores(&mut self, crew: &dyn Crew) -> Option<(Scored, Scored)> {
        let twin = self.twin.as_ref()?;
        let (d, objective) = (&twin.displacement, &self.settings.objective);
        let (mut train, mut test) = (Scored::default(), Scored::default());
        for (passes, out) in [(&mut self.train, &mut train), (&mut self.test, &mut test)] {
            passes.score_linearised(&self.initial, d, objective, crew, out);
        }
        Some((train, test))
    }

    /// Scaled outputs F of all examples, row by row.
    pub fn outputs(&mut self, crew: &dyn Crew) -> Vec<T> {
        let mut outputs = Vec::new();
        self.every.outputs(&self.theta, crew, &mut outputs);
        let objective = &self.settings.objective;
        let alpha = T::of(objective.alpha);
        for (f, f0) in outputs.iter_mut().zip(&self.initial_outputs) {
            *f = alpha * if objective.centred { *f - *f0 } else { *f };
        }
        outputs
    }

    /// ‖θ − θ₀‖/‖θ₀‖.
    pub fn movement(&self) -> f64 {
        let pairs = self.theta.iter().zip(self.initial.iter());
        let moved: f64 = pairs.map(|(x, x0)| (x.wide() - x0.wide()).powi(2)).sum();
        (moved / norm_sq(&self.initial)).sqrt()
    }

    /// What [`NetworkRun::measure`] measures, in order.
    pub fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// The state, from which [`NetworkRun::restore`] goes on to the bit.
    pub fn checkpoint(&self) -> Checkpoint<T> {
        Checkpoint {
            step: self.step,
            theta: self.weights(),
            optimiser: self.optimiser.clone(),
            twin: self
                .twin
                .as_ref()
                .map(|t| (t.displacement.clone(), t.optimiser.clone())),
            diverged: self.diverged,
        }
    }

    /// Goes back, or on, to a checkpoint of the same run.
    pub fn restore(&mut self, checkpoint: &Checkpoint<T>) {
        self.step = checkpoint.step;
        self.theta.copy_from_slice(&checkpoint.theta);
        self.optimiser = checkpoint.optimiser.clone();
        if let (Some(twin), Some((d, optimiser))) = (&mut self.twin, &checkpoint.twin) {
            twin.displacement.copy_from_slice(d);
            twin.optimiser = optimiser.clone();
        }
        self.diverged = checkpoint.diverged;
    }

    /// Takes over weights of any step, to be looked at.
    pub(super) fn show(&mut self, theta: &[T]) {
        self.theta.copy_from_slice(theta);
    }

    /// Number of updates so far.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The step after which the weights were no longer finite.
    pub fn diverged(&self) -> Option<u64> {
        self.diverged
    }

    /// The current weights.
    pub fn weights(&self) -> Arc<[T]> {
        self.theta.as_slice().into()
    }

    /// The initial weights.
    pub fn initial_weights(&self) -> &Arc<[T]> {
        &self.initial
    }

    /// The weights of the linearised model.
    pub fn linearised_weights(&self) -> Option<Vec<T>> {
        let twin = self.twin.as_ref()?;
        let pairs = self.initial.iter().zip(&twin.displacement);
        Some(pairs.map(|(x, d)| *x + *d).collect())
    }

    /// Raw initial outputs f₀ of all examples, row by row.
    pub fn initial_outputs(&self) -> &[T] {
        &self.initial_outputs
    }

    /// How many threads can work on an update at once; 0 before the first update on
    /// batches that move.
    pub fn chunks(&self) -> usize {
        self.passes.chunks()
    }

    /// The network.
    pub fn network(&self) -> &Arc<dyn Network<T>> {
        &self.network
    }

    /// Examples and their split.
    pub fn problem(&self) -> &Arc<Problem<T>> {
        &self.problem
    }

    /// The settings in force.
    pub fn settings(&self) -> &RunSettings {
        &self.settings
    }

    /// Changes learning rate, decay or warm-up from the next update on; the rule
    /// stays.
    pub fn set_rates(&mut self, learning_rate: f64, weight_decay: f64) {
        self.settings.optimiser.learning_rate = learning_rate;
        self.settings.optimiser.weight_decay = weight_decay;
    }
}

/// Whether all are numbers and none is infinite; without an early end, so that it
/// can be vectorised.
fn finite<T: Real>(x: &[T]) -> bool {
    let bad = vectorised(
        #[inline(always)]
        || {
            x.iter()
                .fold(0, |bad, x| bad | u32::from(*x * T::ZERO != T::ZERO))
        },
    );
    bad == 0
}

fn norm_sq<T: Real>(x: &[T]) -> f64 {
    x.iter().map(|x| x.wide().powi(2)).sum()
}

/// First train and first test examples, half of each where there are enough.
fn sub_sample<T>(problem: &Problem<T>, count: usize) -> Vec<u32> {
    let test = problem.test.len().min(count / 2);
    let train = problem.train.len().min(count - test);
    let train = problem.train[..train].iter();
    train.chain(&problem.test[..test]).copied().collect()
}

fn check<T: Real>(
    network: &dyn Network<T>,
    problem: &Problem<T>,
    theta: &[T],
    settings: &RunSettings,
) -> Result<(), Misfit> {
    problem.check()?;
    settings.order.check(problem)?;
    let (count, c) = (network.layout().count(), network.outputs());
    if theta.len() != count {
        return Err(Misfit(format!(
            "initial weights: expected {count} numbers; found {}",
            theta.len()
        )));
    }
    if problem.examples.outputs != c {
        return Err(Misfit(format!(
            "targets: expected {c} for each example, as the network has outputs; found {}",
            problem.examples.outputs
        )));
    }
    let objective = &settings.objective;
    let classes =
        objective.loss == LossKind::CrossEntropy || objective.accuracy == AccuracyKind::Argmax;
    if classes && problem.examples.labels.is_empty() {
        return Err(Misfit(
            "labels: cross-entropy and argmax accuracy need classes; the targets are real vectors, so use mse and a threshold".into(),
        ));
    }
    let rates = &settings.optimiser;
    for (name, value) in [
        ("alpha", objective.alpha),
        ("lr", rates.learning_rate),
        ("weight_decay", rates.weight_decay),
    ] {
        if !value.is_finite() || value < 0.0 {
            return Err(Misfit(format!(
                "{name}: expected a finite number, 0 or above; found {value}"
            )));
        }
    }
    Ok(())
}
