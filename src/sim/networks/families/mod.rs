//! The four experiments: settings, and from them network, data, initial weights
//! and training.

mod attention;
mod digits;
mod modular;
mod pair;

use super::kernel::Outputs;
use super::layout::{Layout, Tensor};
use super::loss::Objective;
use super::model::KERNEL_DRAWS;
use super::network::{Inputs, Misfit, Network};
use super::optimiser::OptimiserSettings;
use super::passes::Crew;
use super::problem::{Examples, Order, Problem};
use super::real::Real;
use super::run::{NetworkRun, RunSettings};
use crate::sim::rng::{Stream, row_rng};
pub use attention::{RateRule, TransformerSettings};
pub use digits::ImageSettings;
pub use modular::ModularSettings;
pub use pair::{PairInit, PairSettings};
use rand::seq::SliceRandom;
use std::sync::Arc;

/// All that a run starts from.
#[derive(Clone)]
pub struct Setup<T> {
    /// The network.
    pub network: Arc<dyn Network<T>>,
    /// Examples and their split.
    pub problem: Arc<Problem<T>>,
    /// Initial weights.
    pub theta: Arc<[T]>,
    /// How it is trained.
    pub settings: RunSettings,
}

impl<T: Real> Setup<T> {
    /// The run at step 0.
    ///
    /// # Errors
    /// Settings that do not fit each other.
    pub fn run(&self, crew: &dyn Crew) -> Result<NetworkRun<T>, Misfit> {
        NetworkRun::new(
            Arc::clone(&self.network),
            Arc::clone(&self.problem),
            Arc::clone(&self.theta),
            self.settings.clone(),
            crew,
        )
    }
}

fn run_settings(
    objective: Objective,
    optimiser: OptimiserSettings,
    order: Order,
    seed: u64,
) -> RunSettings {
    RunSettings {
        objective,
        optimiser,
        order,
        linearised: true,
        kernel_examples: 64,
        kernel_outputs: Outputs::Signs(KERNEL_DRAWS),
        seed,
    }
}

fn positive(name: &str, value: f64) -> Result<(), Misfit> {
    match value.is_finite() && value > 0.0 {
        true => Ok(()),
        false => Err(Misfit(format!(
            "{name}: expected a finite number above 0; found {value}"
        ))),
    }
}

/// Inputs of the layer that a weight matrix, or the bias after it, belongs to.
fn fan_in(layout: &Layout, tensor: &Tensor) -> usize {
    let weights = match tensor.name.strip_prefix('b') {
        Some(layer) => layout.get(&format!("W{layer}")),
        None => Some(tensor),
    };
    weights.and_then(|t| t.shape.last().copied()).unwrap_or(1)
}

/// All p² sums; example a·p + b. A random part is trained on.
fn sums<T: Real>(
    p: usize,
    outputs: usize,
    train_fraction: f64,
    seed: u64,
) -> Result<Problem<T>, Misfit> {
    let count = p * p;
    // As the authors count it: rounded down.
    let train = (train_fraction * count as f64) as usize;
    if !(train_fraction > 0.0 && train_fraction <= 1.0) || train == 0 {
        return Err(Misfit(format!(
            "train fraction: expected a number above 0 and up to 1 that leaves at least one of the {count} pairs to train on; found {train_fraction}"
        )));
    }
    let p = p as u32;
    let pairs: Vec<[u32; 2]> = (0..count as u32).map(|i| [i / p, i % p]).collect();
    let labels = pairs.iter().map(|[a, b]| (a + b) % p).collect();
    let examples = Examples::classes(Inputs::Pairs(pairs), labels, outputs)?;
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.shuffle(&mut row_rng(seed, Stream::Split, 0));
    let test = order.split_off(train);
    Ok(Problem {
        examples,
        train: order,
        test,
    })
}
