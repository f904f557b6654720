//! Data and initial weights of a config, drawn together: labels that are an
//! eigenvector of K₀ depend on the weights, and weights with a part of the
//! solution in them on the target.

use super::engine::Problem;
use super::instance::Instance;
use super::moments::{InitialWeights, MomentState};
use super::task::Task;
use crate::sim::config::{ConfigError, MixRule, TaskConfig, ValidConfig, Width};
use std::sync::Arc;

/// Data and initial weights.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Data and target.
    pub task: Arc<Task>,
    /// Initial weights.
    pub weights: InitialWeights,
    /// Their moments.
    pub initial: Arc<MomentState>,
}

/// Everything that data and initial weights depend on: two configs with the same
/// draw have the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    seed: u64,
    task: TaskConfig,
    width: Width,
    init_scale: f64,
    // Fraction of the solution, how it comes in, α and ε, where there is any.
    mix: Option<(f64, MixRule, f64, f64)>,
    // ε of K₀, where the labels are one of its eigenvectors.
    kernel_epsilon: Option<f64>,
}

impl Draw {
    /// What a config draws.
    pub fn of(config: &ValidConfig) -> Self {
        let network = &config.network;
        let mix = network.solution_mix;
        Self {
            // The authors' draw is the same for every seed.
            seed: if config.task.draw.is_seeded() {
                config.seed
            } else {
                0
            },
            task: config.task.clone(),
            width: network.width,
            init_scale: network.init_scale,
            mix: (mix > 0.0).then_some((mix, network.mix_rule, network.alpha, network.epsilon)),
            kernel_epsilon: config
                .task
                .target
                .is_eigenvector()
                .then_some(network.epsilon),
        }
    }
}

impl Sampled {
    /// Draws data and initial weights.
    ///
    /// # Errors
    /// Labels that are an eigenvector beyond the rank of K₀.
    pub fn new(config: &ValidConfig) -> Result<Self, ConfigError> {
        let weights = InitialWeights::sample(config);
        let initial = weights.moments();
        Ok(Self {
            task: Arc::new(Task::sample(config, &initial)?),
            weights,
            initial: Arc::new(initial),
        })
    }

    /// The data of an instance, and its initial weights or, where it has none, those
    /// that the settings draw.
    pub fn from_instance(config: &ValidConfig, instance: &Instance) -> Self {
        let weights = match &instance.w0 {
            Some(w0) => InitialWeights::Given(w0.clone()),
            None => InitialWeights::sample(config),
        };
        Self {
            task: Arc::new(Task::from_instance(instance)),
            initial: Arc::new(weights.moments()),
            weights,
        }
    }

    /// What the equations need of them and of a config's α, ε and κ.
    pub fn problem(&self, config: &ValidConfig) -> Problem {
        Problem {
            task: Arc::clone(&self.task),
            alpha: config.network.alpha,
            epsilon: config.network.epsilon,
            kappa: if config.network.centered { 1.0 } else { 0.0 },
        }
    }
}
