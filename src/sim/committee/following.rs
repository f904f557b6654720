//! What is followed from step to step beside the losses' crossings: when the
//! accuracies reach their level, and whether descent is stable. None of it depends
//! on which steps are recorded.

use super::engine::Engine;
use super::flow::FlowEngine;
use super::moments::MomentState;
use super::neurons::Network;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::verdict::{Judged, Stability};

/// Looks at the test accuracy in each decade of steps. Between two looks of which
/// only the later one finds the level reached, the step is found by halving.
const ACCURACY_LOOKS: f64 = 50.0;
/// Looks at the stability in each decade of steps.
const STABILITY_LOOKS: f64 = 5.0;
/// The first of them, so that they cost less than the steps: one costs some thirty.
const FIRST_STABILITY_LOOK: u64 = 10;
/// Fraction of its initial value at which the train loss is spent: rounding makes it
/// rise and fall from there on.
const SPENT: f64 = 1e-12;
/// A rise that counts, relative.
const RISE: f64 = 1e-9;

fn next_look(step: u64, per_decade: f64) -> u64 {
    let spaced = (step as f64 * 10f64.powf(1.0 / per_decade)).ceil();
    (step + 1).max(spaced as u64)
}

/// A copy of the dynamics, to find what happened between two looks.
pub(super) enum Replay {
    Descent {
        engine: Box<dyn Engine>,
        learning_rate: f64,
        weight_decay: f64,
    },
    Flow {
        engine: Box<FlowEngine>,
        learning_rate: f64,
        weight_decay: f64,
        /// Flow time at step 0, were the rate always this one.
        origin: f64,
    },
}

impl Replay {
    fn copy(&self) -> Self {
        match self {
            Self::Descent {
                engine,
                learning_rate,
                weight_decay,
            } => Self::Descent {
                engine: engine.snapshot(),
                learning_rate: *learning_rate,
                weight_decay: *weight_decay,
            },
            Self::Flow {
                engine,
                learning_rate,
                weight_decay,
                origin,
            } => Self::Flow {
                engine: engine.clone(),
                learning_rate: *learning_rate,
                weight_decay: *weight_decay,
                origin: *origin,
            },
        }
    }

    fn advance(&mut self, from: u64, to: u64) {
        match self {
            Self::Descent {
                engine,
                learning_rate,
                weight_decay,
            } => {
                for _ in from..to {
                    engine.update(*learning_rate, *weight_decay);
                    engine.evaluate();
                }
            }
            Self::Flow {
                engine,
                learning_rate,
                weight_decay,
                origin,
            } => {
                let time = *origin + *learning_rate * to as f64;
                // What cannot be integrated is not reached earlier than it was seen.
                let _ = engine.advance_to(time, time, *weight_decay);
            }
        }
    }

    pub fn state(&self) -> MomentState {
        match self {
            Self::Descent { engine, .. } => engine.state(),
            Self::Flow { engine, .. } => engine.state(),
        }
    }

    pub fn network(&self) -> Option<&Network> {
        match self {
            Self::Descent { engine, .. } => engine.network(),
            Self::Flow { .. } => None,
        }
    }
}

/// Whether the accuracies of a state reach their level: on the train set, and on
/// test points where there are any.
pub(super) type Reached = (bool, Option<bool>);

/// When the accuracies reach their level.
pub(super) struct AccuracyWatch {
    judged: Judged,
    next_look: u64,
    // The last look, where something was not reached yet.
    before: Option<(u64, Replay)>,
}

impl AccuracyWatch {
    pub fn new() -> Self {
        Self {
            judged: Judged::default(),
            next_look: 0,
            before: None,
        }
    }

    pub fn judged(&self) -> Judged {
        self.judged
    }

    /// The next step to [`AccuracyWatch::look`] at.
    pub fn next_look(&self) -> u64 {
        self.next_look
    }

    /// What is not reached yet is looked for from this step on; `here` copies the
    /// dynamics there.
    pub fn begin_again(&mut self, step: u64, here: impl FnOnce() -> Replay) {
        if self.before.is_some() {
            self.before = Some((step, here()));
        }
    }

    /// Looks at the train set alone, which costs nothing where the residuals are
    /// known.
    pub fn observe_train(&mut self, step: u64, reached: bool) {
        self.judged.fit.observe(step, reached);
    }

    /// Looks at a state; `here` copies the dynamics there.
    pub fn look(
        &mut self,
        step: u64,
        (train, test): Reached,
        reached: &dyn Fn(&Replay) -> Reached,
        here: impl FnOnce() -> Replay,
    ) {
        self.next_look = next_look(step, ACCURACY_LOOKS);
        if let Some((from, before)) = &self.before {
            let first = |met: &dyn Fn(Reached) -> bool| {
                halve(*from, step, before, &|replay| met(reached(replay)))
            };
            if train && self.judged.fit.needs() {
                self.judged.fit.cross(first(&|(train, _)| train));
            }
            if test == Some(true) && self.judged.generalise.needs() {
                let at = first(&|(_, test)| test == Some(true));
                self.judged.generalise.cross(at);
            }
        }
        self.judged.fit.observe(step, train);
        if let Some(test) = test {
            self.judged.generalise.observe(step, test);
        }
        let open = !train || test == Some(false);
        self.before = open.then(|| (step, here()));
    }
}

/// The first step after `from` at which it is met, if it stays so until `to`.
fn halve(from: u64, to: u64, before: &Replay, met: &dyn Fn(&Replay) -> bool) -> u64 {
    let (mut low, mut high) = (from, to);
    let mut at_low = before.copy();
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let mut ahead = at_low.copy();
        ahead.advance(low, middle);
        if met(&ahead) {
            high = middle;
        } else {
            (low, at_low) = (middle, ahead);
        }
    }
    high
}

/// Whether descent is stable.
#[derive(Clone, Copy)]
pub(super) struct StabilityLooks {
    pub stability: Stability,
    next_look: u64,
    initial: f64,
    previous: f64,
}

impl StabilityLooks {
    pub fn new() -> Self {
        Self {
            stability: Stability::default(),
            next_look: FIRST_STABILITY_LOOK,
            initial: f64::NAN,
            previous: f64::NAN,
        }
    }

    /// Takes in the train loss of a step. `may_rise` with decay or momentum.
    pub fn observe(&mut self, step: u64, train_loss: f64, may_rise: bool) {
        if step == 0 {
            self.initial = train_loss;
        } else if !may_rise
            && train_loss > self.previous * (1.0 + RISE)
            && train_loss > SPENT * self.initial
        {
            self.stability.rise(step);
        }
        self.previous = train_loss;
    }

    /// Takes in η₀λ_max(K)/P where it is time to look.
    pub fn look(&mut self, step: u64, value: impl FnOnce() -> f64) {
        if step >= self.next_look {
            self.next_look = next_look(step, STABILITY_LOOKS);
            self.stability.look(step, value());
        }
    }

    /// Writes down what was seen.
    pub fn save(&self, to: &mut Writer) {
        let Self {
            stability: s,
            next_look,
            initial,
            previous,
        } = self;
        to.count(u64::from(s.looks));
        to.count(u64::from(s.unstable));
        to.optional_count(s.unstable_from);
        to.number(s.largest);
        to.count(s.rises);
        to.optional_count(s.first_rise);
        to.count(*next_look);
        to.number(*initial);
        to.number(*previous);
    }

    /// Has seen what was written down.
    ///
    /// # Errors
    /// Something else was.
    pub fn restored(from: &mut Reader) -> Result<Self, Mismatch> {
        let small = |n: u64| u32::try_from(n).map_err(|_| Mismatch);
        Ok(Self {
            stability: Stability {
                looks: small(from.count()?)?,
                unstable: small(from.count()?)?,
                unstable_from: from.optional_count()?,
                largest: from.number()?,
                rises: from.count()?,
                first_rise: from.optional_count()?,
            },
            next_look: from.count()?,
            initial: from.number()?,
            previous: from.number()?,
        })
    }
}
