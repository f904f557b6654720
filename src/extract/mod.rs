//! What was computed, as arrays: data and initial weights, weights at chosen steps,
//! kernels, spectra, the decomposition of the test loss, the gradient flow and the
//! lazy model.
//!
//! | array | shape | part |
//! |---|---|---|
//! | `X`, `y` | P×D, P | instance: train inputs and labels |
//! | `X_test`, `y_test` | P'×D, P' | instance: the test set, if there is one |
//! | `W0` | N×D | instance: initial weights of a finite network |
//! | `beta` | D | instance: target direction, where there is one |
//! | `T` | D×D | instance: the target's matrix, y = ½xᵀTx, where it is known |
//! | `step` | S | the steps of all arrays that begin with S |
//! | `w_mean`, `L` | S×D, S×D×n | weights: M = LLᵀ + w̄w̄ᵀ |
//! | `W` | S×N×D | weights, neuron by neuron, of a finite network |
//! | `readouts` | S×N | weights, where readouts are trained |
//! | `K`, `K_test` | S×P×P, S×P'×P' | kernel: Gram matrices without the factor α²/N |
//! | `kernel_eigenvalues`, `kernel_eigenvectors`, `target_power` | S×P, S×P×P, S×P | spectrum of K/P, a column an eigenvector, and (u·y)²/\|y\|² |
//! | `feature_eigenvalues` | S×D | spectrum of M |
//! | `b`, `A` | S×D, S×D×D | decomposition: the trained function b·x + ½xᵀAx |
//! | `variance_error`, `misalignment_error`, `linear_power` | S | decomposition: the terms of the test loss |
//! | `forecast_step`, `forecast_train_loss`, `forecast_test_loss` | F | forecast: the gradient flow |
//! | `lazy_step`, `lazy_train_loss`, `lazy_test_loss`, `lazy_level` | F, F, F, 1 | lazy: the linearised model, and regression with K₀ |

mod tables;

pub use tables::tables;

use crate::sim::Simulation;
use crate::sim::committee::instance::Instance;
use crate::sim::committee::kernel::{Gram, GramInputs, KernelEigen, Spectrum};
use crate::sim::committee::linearized::{LazyTime, Linearized};
use crate::sim::committee::model::Committee;
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::neurons::Network;
use crate::sim::config::{Config, EngineKind, ValidConfig};
use crate::sim::metrics::Metric;
use ndarray::{Array1, Array2, ArrayD};
use tables::{array, push, stack1, stack2};

/// An array with its name in files.
pub type Named = (String, ArrayD<f64>);

/// What can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Data and initial weights.
    Instance,
    /// Weights, or their moments.
    Weights,
    /// Gram matrices.
    Kernel,
    /// Eigenvalues of kernel and features.
    Spectrum,
    /// The trained function and the terms of its test loss.
    Decomposition,
    /// The gradient flow to the horizon.
    Forecast,
    /// The linearised model to the horizon.
    Lazy,
}

impl Part {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Instance, "instance"),
        (Self::Weights, "weights"),
        (Self::Kernel, "kernel"),
        (Self::Spectrum, "spectrum"),
        (Self::Decomposition, "decomposition"),
        (Self::Forecast, "forecast"),
        (Self::Lazy, "lazy"),
    ];

    /// By its name.
    ///
    /// # Errors
    /// Says which names there are.
    pub fn by_name(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, n)| *n == name.trim());
        found.map(|(part, _)| *part).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(_, n)| *n).collect();
            format!("expected one of {}", names.join(", "))
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(part, _)| *part == self);
        found.map_or("", |(_, name)| name)
    }

    /// Whether it is of chosen steps.
    pub fn has_steps(self) -> bool {
        matches!(
            self,
            Self::Weights | Self::Kernel | Self::Spectrum | Self::Decomposition
        )
    }
}

/// Weights at a step.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The step.
    pub step: u64,
    /// As moments.
    pub state: MomentState,
    /// The network itself, where its moments do not determine it.
    pub network: Option<Network>,
}

/// Most numbers in one array: 1.6 GB.
const MOST: usize = 200_000_000;
/// Neurons one by one are written up to so many numbers; (w̄, L) say the same.
const MOST_NEURONS: usize = 20_000_000;
/// Points of a curve in each decade of steps.
const PER_DECADE: u32 = 50;

/// Runs whose arrays are taken out.
pub struct Extract {
    start: Simulation,
    config: ValidConfig,
    instance: Option<Instance>,
    moments: Vec<Moment>,
}

/// The committee machine, whose arrays these are.
fn machine(run: &Simulation) -> Result<&Committee, String> {
    run.committee().ok_or_else(|| {
        format!(
            "network.family = \"{}\": arrays are taken out of a committee machine alone",
            run.config().network.family.name()
        )
    })
}

impl Extract {
    /// Trains to each of `steps`, which increase. `on_step` is told the step reached,
    /// and ends it by returning `false`.
    ///
    /// # Errors
    /// Settings that cannot be used, a step beyond the run's end, or that it was told
    /// to stop.
    pub fn train(
        config: &ValidConfig,
        instance: Option<&Instance>,
        steps: &[u64],
        mut on_step: impl FnMut(u64) -> bool,
    ) -> Result<Self, String> {
        const CHUNK: u64 = 256;
        let start = Simulation::new(config, instance).map_err(|e| e.to_string())?;
        let make = || Simulation::new(config, instance).map_err(|e| e.to_string());
        let mut run = make()?.without_accuracy();
        let mut moments = Vec::new();
        for &step in steps {
            while run.step() < step && !run.is_finished() {
                run.advance((step - run.step()).min(CHUNK));
                if !on_step(run.step()) {
                    return Err(format!("told to stop at step {}", run.step()));
                }
            }
            if run.step() != step {
                let why = if run.has_diverged() {
                    "diverged"
                } else {
                    "ended"
                };
                return Err(format!("step {step}: the run {why} at step {}", run.step()));
            }
            moments.push(Moment {
                step,
                state: machine(&run)?.state(),
                network: machine(&run)?.network().cloned(),
            });
        }
        let config = start.config().clone();
        Ok(Self {
            start,
            config,
            instance: instance.cloned(),
            moments,
        })
    }

    /// With weights that are known already.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub fn of(
        config: &ValidConfig,
        instance: Option<&Instance>,
        moments: Vec<Moment>,
    ) -> Result<Self, String> {
        let start = Simulation::new(config, instance).map_err(|e| e.to_string())?;
        let config = start.config().clone();
        Ok(Self {
            start,
            config,
            instance: instance.cloned(),
            moments,
        })
    }

    /// The arrays of these parts.
    ///
    /// # Errors
    /// Names the part and why there is none of it: too large, or not known.
    pub fn arrays(&self, parts: &[Part]) -> Result<Vec<Named>, String> {
        let mut arrays = Vec::new();
        if parts.iter().any(|part| part.has_steps()) {
            let steps = self.moments.iter().map(|m| m.step as f64);
            push(&mut arrays, "step", Array1::from_iter(steps));
        }
        for part in parts {
            let made = match part {
                Part::Instance => self.instance(&mut arrays),
                Part::Weights => self.weights(&mut arrays),
                Part::Kernel => self.kernel(&mut arrays),
                Part::Spectrum => self.spectrum(&mut arrays),
                Part::Decomposition => self.decomposition(&mut arrays),
                Part::Forecast => self.forecast(&mut arrays),
                Part::Lazy => self.lazy(&mut arrays),
            };
            made.map_err(|e| format!("{}: {e}", part.name()))?;
        }
        Ok(arrays)
    }

    fn instance(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        let task = machine(&self.start)?.task();
        push(arrays, "X", task.x.clone());
        push(arrays, "y", task.y.clone());
        if let Some((x, y)) = &task.test {
            push(arrays, "X_test", x.clone());
            push(arrays, "y_test", y.clone());
        }
        let n = self.config.network.width.finite();
        if n.is_some_and(|n| n * self.config.task.dim <= MOST)
            && let Some(w) = machine(&self.start)?.initial_neurons().matrix()
        {
            push(arrays, "W0", w);
        }
        if let Some(target) = &task.target {
            push(arrays, "T", target.matrix.clone());
            if target.range.nrows() == 1 && target.linear.iter().all(|l| *l == 0.0) {
                // T = |β|²ûûᵀ, with the target scale in it.
                let trace = target.matrix.diag().sum();
                push(
                    arrays,
                    "beta",
                    target.range.row(0).to_owned() * trace.max(0.0).sqrt(),
                );
            }
        } else if let Some(hermite) = &task.hermite {
            push(arrays, "beta", hermite.direction.row(0).to_owned());
        }
        Ok(())
    }

    fn weights(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        let states = || self.moments.iter().map(|m| &m.state);
        let rows: Vec<_> = states().map(|s| s.mean.clone()).collect();
        push(arrays, "w_mean", stack1(&rows)?);
        let factors: Vec<_> = states().map(|s| s.factor.clone()).collect();
        push(arrays, "L", stack2(&factors)?);
        let neurons = self.neurons();
        if !neurons.is_empty() {
            push(arrays, "W", stack2(&neurons)?);
        }
        let networks = self.moments.iter().filter_map(|m| m.network.as_ref());
        let readouts: Vec<_> = networks.filter_map(|n| n.readouts.clone()).collect();
        if !readouts.is_empty() {
            push(arrays, "readouts", stack1(&readouts)?);
        }
        Ok(())
    }

    /// W at each step, N×D; none of infinitely or too many neurons.
    fn neurons(&self) -> Vec<Array2<f64>> {
        let Some(n) = self.config.network.width.finite() else {
            return Vec::new();
        };
        if n * self.config.task.dim * self.moments.len() > MOST_NEURONS {
            return Vec::new();
        }
        if self.moments.iter().all(|m| m.network.is_some()) {
            let networks = self.moments.iter().filter_map(|m| m.network.as_ref());
            return networks.map(|n| n.weights.clone()).collect();
        }
        let Ok(start) = machine(&self.start).map(Committee::initial_neurons) else {
            return Vec::new();
        };
        let initial = start.moments();
        let latents: Vec<Array1<f64>> = (0..n).map(|i| start.latent(&initial, i)).collect();
        let weights = |state: &MomentState| {
            // The factor of an engine that follows neurons has a column for each.
            let as_started = state.factor.dim() == initial.factor.dim();
            as_started.then(|| {
                let mut w = Array2::zeros((n, state.dim()));
                for (mut row, z) in w.rows_mut().into_iter().zip(&latents) {
                    row.assign(&(&state.mean + &state.factor.dot(z)));
                }
                w
            })
        };
        let all: Option<Vec<_>> = self.moments.iter().map(|m| weights(&m.state)).collect();
        all.unwrap_or_default()
    }

    fn grams(&self, test: bool) -> Result<Vec<Gram>, String> {
        let task = machine(&self.start)?.task();
        let x = match (&task.test, test) {
            (Some((x, _)), true) => x,
            (None, true) => return Ok(Vec::new()),
            (_, false) => &task.x,
        };
        let size = x.nrows() * x.nrows() * self.moments.len();
        if size > MOST {
            return Err(format!(
                "{} matrices of {} by {} numbers are too many; ask for fewer steps",
                self.moments.len(),
                x.nrows(),
                x.nrows()
            ));
        }
        let inputs = GramInputs::new(x.view());
        let epsilon = self.config.network.epsilon;
        let gram = |m: &Moment| match &m.network {
            Some(network) => network.ntk(x.view()),
            None => inputs.ntk(&m.state, epsilon),
        };
        Ok(self.moments.iter().map(gram).collect())
    }

    fn kernel(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        for (name, test) in [("K", false), ("K_test", true)] {
            let grams: Vec<Array2<f64>> = self.grams(test)?.iter().map(array).collect();
            if !grams.is_empty() {
                push(arrays, name, stack2(&grams)?);
            }
        }
        Ok(())
    }

    fn spectrum(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        let y = machine(&self.start)?.task().y.to_vec();
        let (mut values, mut vectors, mut power) = (Vec::new(), Vec::new(), Vec::new());
        for gram in self.grams(false)? {
            let eigen = KernelEigen::new(&gram).ok_or("the kernel is not finite")?;
            let spectrum = Spectrum::new(&eigen, &y);
            values.push(Array1::from_vec(spectrum.eigenvalues));
            power.push(Array1::from_vec(spectrum.power));
            vectors.push(array(eigen.vectors()));
        }
        push(arrays, "kernel_eigenvalues", stack1(&values)?);
        push(arrays, "kernel_eigenvectors", stack2(&vectors)?);
        push(arrays, "target_power", stack1(&power)?);
        let features = self.moments.iter().map(|m| m.state.eigenvalues());
        let features: Vec<_> = features.map(Array1::from_vec).collect();
        push(arrays, "feature_eigenvalues", stack1(&features)?);
        Ok(())
    }

    fn decomposition(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        if self.config.network.train_readouts || machine(&self.start)?.task().hermite.is_some() {
            return Err(
                "a network with trained readouts or Hermite activations is no function \
                        b·x + ½xᵀAx of its moments"
                    .into(),
            );
        }
        let network = &self.config.network;
        let (alpha, epsilon) = (network.alpha, network.epsilon);
        let kappa = if network.centered { 1.0 } else { 0.0 };
        let initial = machine(&self.start)?.initial();
        let m0 = initial.second_moment();
        let (mut linear, mut quadratic) = (Vec::new(), Vec::new());
        for moment in &self.moments {
            linear.push((&moment.state.mean - &(&initial.mean * kappa)) * alpha);
            quadratic.push((moment.state.second_moment() - &m0 * kappa) * (alpha * epsilon));
        }
        if let Some(target) = &machine(&self.start)?.task().target {
            let d = self.config.task.dim as f64;
            let mut terms = [Vec::new(), Vec::new(), Vec::new()];
            for (b, a) in linear.iter().zip(&quadratic) {
                let e = a - &target.matrix;
                let b = b - &target.linear;
                terms[0].push(0.25 * (e.diag().sum() / d).powi(2));
                terms[1].push(0.5 * e.mapv(|v| v * v).sum() / (d * d));
                terms[2].push(b.dot(&b) / d);
            }
            let names = ["variance_error", "misalignment_error", "linear_power"];
            for (name, values) in names.into_iter().zip(terms) {
                push(arrays, name, Array1::from_vec(values));
            }
        }
        push(arrays, "b", stack1(&linear)?);
        push(arrays, "A", stack2(&quadratic)?);
        Ok(())
    }

    /// The same settings as gradient flow, at log-spaced steps.
    fn forecast(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        let mut config: Config = self.config.clone().into_inner();
        config.training.engine = EngineKind::Flow;
        config.record.steps.clear();
        config.record.points_per_decade = PER_DECADE;
        // The flow runs 1/(1 − μ) times as fast.
        config.training.learning_rate /= 1.0 - config.training.momentum;
        config.training.momentum = 0.0;
        let config = config.check().map_err(|e| e.to_string())?;
        let flow = Simulation::new(&config, self.instance.as_ref()).map_err(|e| e.to_string())?;
        let mut flow = flow.without_accuracy();
        let mut rows = vec![flow.record(false)];
        while !flow.is_finished() {
            if flow.advance(u64::MAX) {
                rows.push(flow.record(false));
            }
        }
        let exact = rows[0].get(Metric::TestLoss).is_some();
        let test = if exact {
            Metric::TestLoss
        } else {
            Metric::SampleTestLoss
        };
        let column = |metric: Metric| -> Array1<f64> {
            let value = |row: &crate::sim::metrics::Row| row.get(metric).unwrap_or(f64::NAN);
            rows.iter().map(value).collect()
        };
        let steps = rows.iter().map(|row| row.step as f64);
        push(arrays, "forecast_step", Array1::from_iter(steps));
        push(arrays, "forecast_train_loss", column(Metric::TrainLoss));
        push(arrays, "forecast_test_loss", column(test));
        Ok(())
    }

    fn lazy(&self, arrays: &mut Vec<Named>) -> Result<(), String> {
        let lazy = machine(&self.start)?.linearized(self.start.training());
        let lazy: &Linearized = lazy.map_err(|e| e.to_string())?;
        let training = &self.config.training;
        if !training.changes.is_empty() {
            return Err(
                "settings were changed on the way; the losses of the lazy model after \
                        the same steps are the columns lin_* of the run"
                    .into(),
            );
        }
        let mut steps: Vec<u64> = vec![0];
        for k in 0.. {
            let step = 10f64.powf(f64::from(k) / f64::from(PER_DECADE)).round() as u64;
            if step > training.steps {
                break;
            }
            steps.push(step);
        }
        steps.dedup();
        let flow = training.engine == EngineKind::Flow;
        let time = |step: &u64| match flow {
            true => LazyTime::Flow(training.learning_rate * *step as f64),
            false if training.momentum == 0.0 => LazyTime::steps(training.learning_rate, *step),
            false => {
                use crate::sim::committee::linearized::LearningRates;
                let mut rates = LearningRates::with_momentum(training.momentum);
                rates.push(training.learning_rate, *step);
                LazyTime::Descent(rates)
            }
        };
        let times: Vec<LazyTime> = steps.iter().map(time).collect();
        let curve = lazy.curve(&times);
        let column =
            |of: fn(&crate::sim::committee::linearized::LazyLosses) -> f64| -> Array1<f64> {
                curve.iter().map(of).collect()
            };
        push(
            arrays,
            "lazy_step",
            steps.iter().map(|s| *s as f64).collect::<Array1<_>>(),
        );
        push(arrays, "lazy_train_loss", column(|l| l.train));
        push(
            arrays,
            "lazy_test_loss",
            column(|l| l.test.or(l.sample_test).unwrap_or(f64::NAN)),
        );
        let level = lazy.losses(&LazyTime::Limit);
        let level = level.test.or(level.sample_test).unwrap_or(f64::NAN);
        push(arrays, "lazy_level", Array1::from_vec(vec![level]));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
