//! A run in training: the simulation and what the worker keeps beside it. It can be
//! moved to another thread for work that takes long ([`super::piece`]).

use super::piece::{Stage, Watch};
use super::protocol::{Hold, Phase, RecentStep, RunId, RunInfo, StartOptions};
use super::{Keyframes, Pace, Pacer};
use crate::sim::committee::instance::Instance;
use crate::sim::config::{ValidConfig, Value, field};
use crate::sim::digits::round_down;
use crate::sim::effort::Effort;
use crate::sim::metrics::Row;
use crate::sim::outcome::Outcome;
use crate::sim::{Simulation, SimulationError, effective_config, models};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps kept one by one for display.
const RECENT: usize = 2048;
/// A lowered learning rate keeps this far from the limit of stability.
const STABILITY_MARGIN: f64 = 0.8;
/// Least steps between two looks at the stability of a lowered rate …
const LOOK_STEPS: u64 = 64;
/// … and this part of the steps so far.
const LOOK_FRACTION: u64 = 10;
/// Restarts with a lower learning rate before the divergence is reported.
pub(super) const MAX_RESTARTS: u32 = 40;
/// Costly columns of a row take at most this many multiplications in the window;
/// larger problems measure them at every n-th row.
const COSTLY_BUDGET: f64 = 2e8;
/// Work of so many multiplications is done where the worker listens: it takes some
/// 50 ms.
const SHORT: f64 = 1.5e8;
/// Steps of the flow's integrator that a stretch up to the next row may take.
const JUMP: f64 = 10.0;

/// A run that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub id: RunId,
    pub config: ValidConfig,
    pub instance: Option<Arc<Instance>>,
    pub options: StartOptions,
    /// How often it was begun before, with a higher learning rate.
    pub restarts: u32,
    /// Train to this step, then hold.
    pub hold_at: Option<u64>,
}

impl Start {
    /// What it costs.
    ///
    /// # Errors
    /// An instance that does not fit.
    pub fn effort(&self) -> Result<Effort, SimulationError> {
        let config = effective_config(&self.config, self.instance.as_deref())?;
        Ok(models::effort(&config))
    }

    /// The parts of [`Run::begin`], and whether they take long.
    pub fn stages(&self, effort: &Effort) -> (Vec<Stage>, bool) {
        let costly = match self.options.cheap_columns {
            true => 0.0,
            false => effort.costly,
        };
        let stages = vec![
            Stage {
                what: "drawing data and weights".into(),
                cost: effort.start,
            },
            Stage {
                what: "measuring step 0".into(),
                cost: effort.row + costly,
            },
        ];
        let cost: f64 = stages.iter().map(|s| s.cost).sum();
        (stages, cost > SHORT)
    }
}

/// A run that begins: what is known of it, and its first row.
pub(super) struct Begun {
    pub run: Box<Run>,
    pub info: Box<RunInfo>,
    pub row: Box<Row>,
}

/// What a slice of training came to.
#[derive(Default)]
pub(super) struct Slice {
    pub rows: Vec<Row>,
    /// The learning rate to begin again with.
    pub lower_to: Option<f64>,
}

/// The largest rate that may be tried where `stable` was found to be the limit
/// and `from` was too much. At least halved: what was seen before the rise is
/// seldom the worst to come.
pub(super) fn lowered_rate(stable: f64, from: f64) -> Option<f64> {
    let exact = (STABILITY_MARGIN * stable).min(0.5 * from);
    // Two digits, so that it can be read out and typed in.
    let to = round_down(exact, 2);
    let range = field("training.learning_rate")?;
    range.check(&Value::Real(to)).is_ok().then_some(to)
}

/// One run.
pub(super) struct Run {
    pub id: RunId,
    pub simulation: Simulation,
    pub instance: Option<Arc<Instance>>,
    pub options: StartOptions,
    pub restarts: u32,
    pub phase: Phase,
    pub hold_at: Option<u64>,
    pub pacer: Pacer,
    pub recent: VecDeque<RecentStep>,
    pub training: Duration,
    pub measuring: Duration,
    pub preparing: Duration,
    pub speed: Speed,
    pub last_frame: Instant,
    pub keyframes: Keyframes,
    effort: Effort,
    recorded: u64,
    costly_every: u64,
    // The linearised model is made when first measured.
    lazy_is_made: bool,
    // The step after which the next look at the stability is due.
    look_at: u64,
}

impl Run {
    /// Makes a run and measures step 0. `None` where it was given up on the way.
    ///
    /// # Errors
    /// Settings or an instance that no run can be made of.
    pub fn begin(
        start: Start,
        effort: Effort,
        watch: &Watch,
    ) -> Result<Option<Begun>, SimulationError> {
        let begun = Instant::now();
        let mut simulation = Simulation::new(&start.config, start.instance.as_deref())?;
        if watch.is_hurried() {
            return Ok(None);
        }
        watch.enter(1);
        let info = Box::new(RunInfo::of(&simulation));
        let options = start.options;
        let row = Box::new(simulation.record(!options.cheap_columns));
        let run = Self {
            id: start.id,
            instance: start.instance,
            restarts: start.restarts,
            phase: match options.paused {
                true => Phase::Paused,
                false => Phase::Running,
            },
            hold_at: start.hold_at,
            pacer: Pacer::new(Pace::Fast, 0, 0.0),
            recent: VecDeque::with_capacity(RECENT),
            training: Duration::ZERO,
            measuring: Duration::ZERO,
            preparing: begun.elapsed(),
            speed: Speed::new(),
            last_frame: Instant::now(),
            keyframes: Keyframes::default(),
            costly_every: match options.every_column {
                true => 1,
                false => effort.rows_between(COSTLY_BUDGET),
            },
            effort,
            recorded: 1,
            lazy_is_made: false,
            look_at: 0,
            options,
            simulation,
        };
        run.keep_weights();
        let run = Box::new(run);
        Ok(Some(Begun { run, info, row }))
    }

    /// Whether a slice of it may take long, and its parts.
    pub fn stages(&self) -> (Vec<Stage>, bool) {
        let measures = !self.options.cheap_columns;
        let costly = match measures && self.recorded.is_multiple_of(self.costly_every) {
            true if self.lazy_is_made => self.effort.costly,
            true => self.effort.costly + self.effort.lazy,
            false => 0.0,
        };
        let stages = vec![
            Stage {
                what: "training a step".into(),
                cost: self.effort.step,
            },
            Stage {
                what: "measuring kernel and eigenvalues".into(),
                cost: self.effort.row + costly,
            },
        ];
        // The last row has every column, and may come with any step.
        let longest = self.effort.longest(measures, self.lazy_is_made);
        let jump = match self.simulation.jumps() {
            true => JUMP * self.effort.step,
            false => 0.0,
        };
        (stages, longest.max(jump) > SHORT)
    }

    /// Whether it has come to where it is to hold.
    pub fn holds_at(&self, hold: Option<Hold>) -> bool {
        let (step, crossings) = (self.simulation.step(), self.simulation.crossings());
        hold.is_some_and(|hold| hold.is_met(step, crossings))
    }

    /// Trains up to a step for about so long, recording as it goes; ends early where
    /// it is to hold, where it is hurried, and with a learning rate to begin again with.
    pub fn train(
        &mut self,
        allowed: u64,
        hold: Option<Hold>,
        budget: Duration,
        watch: &Watch,
    ) -> Slice {
        let allowed = match hold {
            Some(Hold::Step(step)) => allowed.min(step),
            _ => allowed,
        };
        let start = Instant::now();
        let mut slice = Slice::default();
        // Few steps between looks at the clock, so that large problems stay responsive.
        while self.simulation.step() < allowed
            && !self.simulation.is_finished()
            && start.elapsed() < budget
            && !watch.is_hurried()
            && !self.holds_at(hold)
        {
            watch.enter(0);
            let left = allowed - self.simulation.step();
            let clock = Instant::now();
            let mut recorded = false;
            let (rounds, stride) = match self.simulation.jumps() {
                true => (1, left),
                false => (left.min(16), 1),
            };
            for _ in 0..rounds {
                let go_on = &mut || !watch.is_hurried();
                recorded = self.simulation.advance_while(stride, go_on);
                if self.recent.len() == RECENT {
                    self.recent.pop_front();
                }
                if self.simulation.is_measured() {
                    self.recent.push_back(RecentStep {
                        step: self.simulation.step(),
                        train_loss: self.simulation.train_loss(),
                        test_loss: self.simulation.test_loss().unwrap_or(f64::NAN),
                    });
                }
                let over = self.holds_at(hold) || watch.is_hurried();
                if recorded || over || start.elapsed() >= budget {
                    break;
                }
            }
            let trained = clock.elapsed();
            self.training += trained;
            if recorded {
                watch.enter(1);
                slice.rows.push(self.record());
                self.measuring += clock.elapsed().saturating_sub(trained);
                slice.lower_to = self.lower_rate();
                if slice.lower_to.is_some() {
                    break;
                }
            }
        }
        self.speed.observe(self.simulation.step());
        slice
    }

    /// Measures a row. Which of them have every column is a matter of the settings
    /// alone.
    fn record(&mut self) -> Row {
        let due = self.recorded.is_multiple_of(self.costly_every) || self.simulation.is_finished();
        let every_column = due && !self.options.cheap_columns;
        let row = self.simulation.record(every_column);
        self.lazy_is_made |= every_column;
        self.keep_weights();
        self.recorded += 1;
        row
    }

    /// The row of step 0 once more, after a setting changed there.
    pub fn record_again(&mut self) -> Row {
        self.simulation.record(!self.options.cheap_columns)
    }

    /// The learning rate to begin again with, where the one in force has been
    /// lowered and is still not stable at the weights that training came to:
    /// features grow, and the kernel's largest eigenvalue with them.
    ///
    /// The looks are at fixed steps, so that the rate depends on the settings
    /// alone, and seldom enough to cost a small part of the training.
    fn lower_rate(&mut self) -> Option<f64> {
        let step = self.simulation.step();
        let last = self.simulation.is_finished();
        if self.restarts == 0 || self.restarts >= MAX_RESTARTS || !(step >= self.look_at || last) {
            return None;
        }
        self.look_at = (step + LOOK_STEPS).max(step + step / LOOK_FRACTION);
        let stability = self.simulation.stability()?;
        // A diverged run says itself what would be stable.
        if stability < 1.0 || matches!(self.simulation.outcome(), Outcome::Diverged { .. }) {
            return None;
        }
        let rate = self.simulation.training().learning_rate;
        lowered_rate(rate / stability, rate)
    }

    fn keep_weights(&self) {
        if self.options.keep_weights {
            let weights = self.simulation.weights();
            self.keyframes.push(self.simulation.step(), weights);
        }
    }
}

/// Steps per second over the last fraction of a second, with all that is measured on
/// the way.
pub(super) struct Speed {
    since: Instant,
    step: u64,
    value: f64,
}

impl Speed {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            step: 0,
            value: 0.0,
        }
    }

    fn observe(&mut self, step: u64) {
        let elapsed = self.since.elapsed().as_secs_f64();
        let moved = step.saturating_sub(self.step);
        // Where a step takes longer than that, from one step to the next.
        if elapsed >= 0.25 && (moved > 0 || elapsed >= 5.0) {
            self.value = moved as f64 / elapsed;
            (self.since, self.step) = (Instant::now(), step);
        }
    }

    /// Steps a second.
    pub fn value(&self) -> f64 {
        self.value
    }
}
