//! The one-layer transformer (figures 6(b), 12 and 13(c)).

use super::super::init::{Draw, weights};
use super::super::layout::Tensor;
use super::super::loss::{AccuracyKind, LossKind, Objective};
use super::super::network::{Misfit, Network};
use super::super::optimiser::OptimiserSettings;
use super::super::problem::Order;
use super::super::real::Real;
use super::super::transformer::Transformer;
use super::{Setup, positive, run_settings, sums};
use crate::sim::rng::Stream;
use std::sync::Arc;

/// How the transformer's learning rate goes with α.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateRule {
    /// lr = base, whatever α.
    Fixed,
    /// lr = base/α.
    Inverse,
    /// lr = base/α², as in the authors' code.
    InverseSquare,
}

/// A one-layer transformer that learns modular addition.
#[derive(Clone, Debug, PartialEq)]
pub struct TransformerSettings {
    /// Modulus; need not be prime.
    pub p: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Number of heads, a divisor of the width.
    pub heads: usize,
    /// Units of the MLP.
    pub mlp: usize,
    /// Fraction of the p² pairs that is trained on.
    pub train_fraction: f64,
    /// Output scale α.
    pub alpha: f64,
    /// Whether the initial function is subtracted.
    pub centred: bool,
    /// Factor on the initial weights.
    pub init_scale: f64,
    /// Learning rate at α = 1.
    pub base_rate: f64,
    /// How it goes with α.
    pub rate_rule: RateRule,
    /// Weight decay at α = 1.
    pub weight_decay: f64,
    /// Whether lr·wd, the clock of weight decay, is that of α = 1 for every α: the
    /// decay then goes up as the learning rate goes down.
    pub fixed_decay_clock: bool,
    /// Updates over which the learning rate grows.
    pub warm_up: u64,
    /// Whether all arrays are drawn from the same place of the stream.
    pub same_key: bool,
    /// Seed of split and weights.
    pub seed: u64,
}

impl TransformerSettings {
    /// Shows the delay in seconds: p = 31, d = 32.
    pub fn live() -> Self {
        Self {
            p: 31,
            width: 32,
            heads: 4,
            mlp: 128,
            train_fraction: 0.7,
            alpha: 0.5,
            centred: true,
            init_scale: 1.0,
            base_rate: 1.5e-3,
            rate_rule: RateRule::Inverse,
            weight_decay: 1.0,
            fixed_decay_clock: false,
            warm_up: 10,
            same_key: false,
            seed: 0,
        }
    }

    /// The textbook picture in half a minute: p = 53, d = 48.
    pub fn medium() -> Self {
        Self {
            p: 53,
            width: 48,
            mlp: 192,
            train_fraction: 0.4,
            ..Self::live()
        }
    }

    /// The paper's size.
    pub fn paper() -> Self {
        Self {
            p: 113,
            width: 128,
            mlp: 512,
            train_fraction: 0.4,
            base_rate: 6e-6,
            rate_rule: RateRule::InverseSquare,
            ..Self::live()
        }
    }

    /// Learning rate and weight decay at this α.
    pub fn rates(&self) -> (f64, f64) {
        let factor = match self.rate_rule {
            RateRule::Fixed => 1.0,
            RateRule::Inverse => 1.0 / self.alpha,
            RateRule::InverseSquare => 1.0 / (self.alpha * self.alpha),
        };
        let decay = match self.fixed_decay_clock {
            true => self.weight_decay / factor,
            false => self.weight_decay,
        };
        (self.base_rate * factor, decay)
    }

    /// Network, data and weights.
    ///
    /// # Errors
    /// Names the setting.
    pub fn setup<T: Real>(&self) -> Result<Setup<T>, Misfit> {
        positive("alpha", self.alpha)?;
        let network = Transformer::new(self.p, self.width, self.heads, self.mlp)?;
        let layout = Network::<T>::layout(&network);
        // W_out too, whose fan-in is the MLP's width: as in the authors' code.
        let (inner, outer) = (self.width as f64, (self.p + 1) as f64);
        let draw = |t: &Tensor| match t.name.as_str() {
            "W_U" => Draw::Normal(self.init_scale / outer.sqrt()),
            "b_in" | "b_out" => Draw::Zero,
            _ => Draw::Normal(self.init_scale / inner.sqrt()),
        };
        let theta = weights(layout, self.seed, Stream::Init, self.same_key, draw);
        let problem = sums(self.p, self.p + 1, self.train_fraction, self.seed)?;
        let (learning_rate, weight_decay) = self.rates();
        let rule = OptimiserSettings::adamw(learning_rate, weight_decay, 0.98);
        Ok(Setup {
            network: Arc::new(network),
            problem: Arc::new(problem),
            theta: theta.into(),
            settings: run_settings(
                Objective {
                    alpha: self.alpha,
                    centred: self.centred,
                    loss: LossKind::CrossEntropy,
                    accuracy: AccuracyKind::Argmax,
                },
                OptimiserSettings {
                    warm_up: self.warm_up,
                    ..rule
                },
                Order::Full,
                self.seed,
            ),
        })
    }
}
