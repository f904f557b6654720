//! Modular addition with the quadratic network (figures 2 and 16).

use super::super::init::{Draw, weights};
use super::super::layout::Tensor;
use super::super::loss::{AccuracyKind, LossKind, Objective};
use super::super::modular::ModularAddition;
use super::super::network::{Misfit, Network};
use super::super::optimiser::OptimiserSettings;
use super::super::problem::Order;
use super::super::real::Real;
use super::{Setup, positive, run_settings, sums};
use crate::sim::rng::Stream;
use std::sync::Arc;

/// Modular addition with the quadratic MLP: mean squared error, no decay.
#[derive(Clone, Debug, PartialEq)]
pub struct ModularSettings {
    /// Modulus; need not be prime.
    pub p: usize,
    /// Hidden units N.
    pub units: usize,
    /// Fraction of the p² pairs that is trained on.
    pub train_fraction: f64,
    /// Output scale α (the square of the notebook's s).
    pub alpha: f64,
    /// η₀: the learning rate is η₀/α².
    pub base_rate: f64,
    /// Factor on the initial weights.
    pub init_scale: f64,
    /// Whether the initial function is subtracted.
    pub centred: bool,
    /// Seed of split and weights.
    pub seed: u64,
}

impl ModularSettings {
    /// Shows the delay in seconds: p = 17, N = 200.
    pub fn live() -> Self {
        Self {
            p: 17,
            units: 200,
            train_fraction: 0.9,
            alpha: 1.0,
            base_rate: 200.0,
            init_scale: 1.0,
            centred: false,
            seed: 0,
        }
    }

    /// The paper's size.
    pub fn paper() -> Self {
        Self {
            p: 23,
            units: 100,
            base_rate: 100.0,
            ..Self::live()
        }
    }

    /// Network, data and weights.
    ///
    /// # Errors
    /// Names the setting.
    pub fn setup<T: Real>(&self) -> Result<Setup<T>, Misfit> {
        positive("alpha", self.alpha)?;
        let network = ModularAddition::new(self.p, self.units)?;
        let layout = Network::<T>::layout(&network);
        let draw = |_: &Tensor| Draw::Normal(self.init_scale);
        let theta = weights(layout, self.seed, Stream::Init, false, draw);
        let problem = sums(self.p, self.p, self.train_fraction, self.seed)?;
        let rate = self.base_rate / (self.alpha * self.alpha);
        Ok(Setup {
            network: Arc::new(network),
            problem: Arc::new(problem),
            theta: theta.into(),
            settings: run_settings(
                Objective {
                    alpha: self.alpha,
                    centred: self.centred,
                    loss: LossKind::MeanSquare,
                    accuracy: AccuracyKind::Argmax,
                },
                OptimiserSettings::sgd(rate),
                Order::Full,
                self.seed,
            ),
        })
    }
}
