//! Gradient descent, with momentum, and AdamW.

use super::checkpoint::{restored_all, save_all};
use super::network::vectorised;
use super::real::Real;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};

/// How a gradient moves the weights. Weight decay is decoupled in all of them:
/// θ ← θ(1 − lr·wd) before the gradient's part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// θ ← θ − lr·g.
    Sgd,
    /// u ← μu + g, θ ← θ − lr·u.
    Momentum {
        /// μ.
        momentum: f64,
    },
    /// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
    /// θ ← θ − lr·(m/(1−β₁ᵗ⁺¹))/(√(v/(1−β₂ᵗ⁺¹)) + ε).
    AdamW {
        /// β₁.
        beta1: f64,
        /// β₂.
        beta2: f64,
        /// ε.
        epsilon: f64,
    },
}

/// A rule and its rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimiserSettings {
    /// The rule.
    pub rule: Rule,
    /// lr.
    pub learning_rate: f64,
    /// wd.
    pub weight_decay: f64,
    /// Updates over which lr grows from 0 in equal parts; the first has lr = 0.
    pub warm_up: u64,
}

impl OptimiserSettings {
    /// Plain gradient descent.
    pub fn sgd(learning_rate: f64) -> Self {
        Self {
            rule: Rule::Sgd,
            learning_rate,
            weight_decay: 0.0,
            warm_up: 0,
        }
    }

    /// AdamW with β₁ = 0.9 and ε = 10⁻⁸.
    pub fn adamw(learning_rate: f64, weight_decay: f64, beta2: f64) -> Self {
        Self {
            rule: Rule::AdamW {
                beta1: 0.9,
                beta2,
                epsilon: 1e-8,
            },
            learning_rate,
            weight_decay,
            warm_up: 0,
        }
    }

    /// lr of update number `update`, from 0.
    pub fn rate(&self, update: u64) -> f64 {
        match self.warm_up {
            0 => self.learning_rate,
            w => self.learning_rate * (update as f64 / w as f64).min(1.0),
        }
    }
}

/// An optimiser with its moments: all that a run needs to go on as if it had
/// never stopped, besides the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser<T> {
    updates: u64,
    first: Vec<T>,
    second: Vec<T>,
}

impl<T: Real> Optimiser<T> {
    /// Before the first update of `count` parameters.
    pub fn new(rule: Rule, count: usize) -> Self {
        let (first, second) = match rule {
            Rule::Sgd => (0, 0),
            Rule::Momentum { .. } => (count, 0),
            Rule::AdamW { .. } => (count, count),
        };
        Self {
            updates: 0,
            first: vec![T::ZERO; first],
            second: vec![T::ZERO; second],
        }
    }

    /// Writes the state down.
    pub(super) fn save(&self, to: &mut Writer) {
        to.count(self.updates);
        save_all(&self.first, to);
        save_all(&self.second, to);
    }

    /// One that was written down; `like` has the same rule and as many parameters.
    pub(super) fn restored(from: &mut Reader, like: &Self) -> Result<Self, Mismatch> {
        Ok(Self {
            updates: from.count()?,
            first: restored_all(from, like.first.len())?,
            second: restored_all(from, like.second.len())?,
        })
    }

    /// Number of updates so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Moves `x`. The weights are x, or `origin` + x where there is an origin;
    /// decay acts on the weights.
    pub fn update(
        &mut self,
        settings: &OptimiserSettings,
        x: &mut [T],
        origin: Option<&[T]>,
        gradient: &[T],
    ) {
        let rate = settings.rate(self.updates);
        self.updates += 1;
        self.decay(rate * settings.weight_decay, x, origin);
        let rate_t = T::of(rate);
        match settings.rule {
            Rule::Sgd => vectorised(
                #[inline(always)]
                || {
                    for (x, g) in x.iter_mut().zip(gradient) {
                        *x -= rate_t * *g;
                    }
                },
            ),
            Rule::Momentum { momentum } => {
                let momentum = T::of(momentum);
                vectorised(
                    #[inline(always)]
                    || {
                        for ((x, g), u) in x.iter_mut().zip(gradient).zip(&mut self.first) {
                            *u = momentum * *u + *g;
                            *x -= rate_t * *u;
                        }
                    },
                );
            }
            Rule::AdamW {
                beta1,
                beta2,
                epsilon,
            } => {
                let power = self.updates as f64;
                let step = T::of(rate / (1.0 - beta1.powf(power)));
                let correction = T::of(1.0 / (1.0 - beta2.powf(power)));
                let epsilon = T::of(epsilon);
                let (b1, c1) = (T::of(beta1), T::of(1.0 - beta1));
                let (b2, c2) = (T::of(beta2), T::of(1.0 - beta2));
                let (first, second) = (&mut self.first, &mut self.second);
                vectorised(
                    #[inline(always)]
                    || {
                        let moments = first.iter_mut().zip(second.iter_mut());
                        for ((x, g), (m, v)) in x.iter_mut().zip(gradient).zip(moments) {
                            *m = b1 * *m + c1 * *g;
                            *v = b2 * *v + c2 * (*g * *g);
                            *x -= step * *m / ((*v * correction).root() + epsilon);
                        }
                    },
                );
            }
        }
    }

    fn decay(&self, amount: f64, x: &mut [T], origin: Option<&[T]>) {
        if amount == 0.0 {
            return;
        }
        let (keep, amount) = (T::of(1.0 - amount), T::of(amount));
        vectorised(
            #[inline(always)]
            || match origin {
                None => {
                    for x in x.iter_mut() {
                        *x *= keep;
                    }
                }
                Some(origin) => {
                    for (x, o) in x.iter_mut().zip(origin) {
                        *x -= amount * (*x + *o);
                    }
                }
            },
        );
    }
}
