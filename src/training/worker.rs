//! The worker thread: owns the simulation, obeys commands, reports events.
//!
//! It never waits for the frontend. Rows that the bounded channel has no room for
//! stay here until it has; what only the newest of matters goes through
//! [`Latest`].

use super::protocol::{
    Command, Event, Finish, Latest, Phase, RecentStep, RunId, RunInfo, Snapshot, StartOptions,
};
use super::{Keyframes, Pace, Pacer};
use crate::sim::Simulation;
use crate::sim::committee::instance::Instance;
use crate::sim::config::{ValidConfig, Value, field};
use crate::sim::digits::round_down;
use crate::sim::metrics::Row;
use crate::sim::outcome::Outcome;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between looks at the commands while training.
const SLICE: Duration = Duration::from_millis(4);
/// Time between snapshots and wake-ups.
const FRAME: Duration = Duration::from_millis(33);
/// Steps kept one by one for display.
const RECENT: usize = 2048;
/// Rows sent in one event at most.
const ROWS_PER_EVENT: usize = 1024;
/// A lowered learning rate keeps this far from the limit of stability.
const STABILITY_MARGIN: f64 = 0.8;
/// Least steps between two looks at the stability of a lowered rate …
const LOOK_STEPS: u64 = 64;
/// … and this part of the steps so far.
const LOOK_FRACTION: u64 = 10;
/// Restarts with a lower learning rate before the divergence is reported.
const MAX_RESTARTS: u32 = 40;
/// Gram matrices of a row cost at most this many multiplications in the window;
/// larger problems measure them at every n-th row.
const GRAM_BUDGET: f64 = 2e8;

/// Starts the thread, which ends when the sender of commands is dropped.
pub(super) fn spawn(
    commands: Receiver<Command>,
    events: Sender<Event>,
    latest: Latest<Snapshot>,
    wake: Box<dyn Fn() + Send>,
) -> std::io::Result<()> {
    let mut worker = Worker {
        commands,
        events,
        latest,
        wake,
        backlog: VecDeque::new(),
        pace: Pace::Fast,
        clock: Instant::now(),
        run: None,
    };
    std::thread::Builder::new()
        .name("training".into())
        .spawn(move || worker.work())
        .map(drop)
}

/// The largest rate that may be tried where `stable` was found to be the limit
/// and `from` was too much. At least halved: what was seen before the rise is
/// seldom the worst to come.
fn lowered_rate(stable: f64, from: f64) -> Option<f64> {
    let exact = (STABILITY_MARGIN * stable).min(0.5 * from);
    // Two digits, so that it can be read out and typed in.
    let to = round_down(exact, 2);
    let range = field("training.learning_rate")?;
    range.check(&Value::Real(to)).is_ok().then_some(to)
}

struct Run {
    id: RunId,
    simulation: Simulation,
    instance: Option<Arc<Instance>>,
    options: StartOptions,
    restarts: u32,
    phase: Phase,
    // Train to this step, then hold.
    hold_at: Option<u64>,
    pacer: Pacer,
    recent: VecDeque<RecentStep>,
    recorded: u64,
    gram_every: u64,
    training: Duration,
    speed: Speed,
    last_frame: Instant,
    // The step after which the next look at the stability is due.
    look_at: u64,
    keyframes: Keyframes,
}

impl Run {
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
            let state = Arc::new(self.simulation.state());
            self.keyframes.push(self.simulation.step(), state);
        }
    }
}

/// Steps per second over the last fraction of a second.
struct Speed {
    since: Instant,
    step: u64,
    value: f64,
}

impl Speed {
    fn observe(&mut self, step: u64) {
        let elapsed = self.since.elapsed().as_secs_f64();
        if elapsed >= 0.25 {
            self.value = step.saturating_sub(self.step) as f64 / elapsed;
            (self.since, self.step) = (Instant::now(), step);
        }
    }
}

struct Worker {
    commands: Receiver<Command>,
    events: Sender<Event>,
    latest: Latest<Snapshot>,
    wake: Box<dyn Fn() + Send>,
    backlog: VecDeque<Event>,
    pace: Pace,
    clock: Instant,
    run: Option<Run>,
}

impl Worker {
    fn work(&mut self) {
        loop {
            // Wait for a command only as long as there is nothing to train.
            let wait = if self.is_training() {
                self.pacing_delay()
            } else {
                Duration::from_millis(50)
            };
            match self.commands.recv_timeout(wait) {
                Ok(command) => {
                    self.guarded(|worker| worker.obey(command));
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.is_training() {
                self.guarded(Self::train_slice);
            }
            self.flush();
        }
    }

    /// Runs part of the work; a panic in it becomes an event and ends the run,
    /// not the thread.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(self))) {
            let reason = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason was given");
            if let Some(run) = self.run.take() {
                self.emit(Event::Failed {
                    run: run.id,
                    message: format!(
                        "training stopped at step {}: {reason}",
                        run.simulation.step()
                    ),
                });
            }
        }
    }

    fn is_training(&self) -> bool {
        self.run.as_ref().is_some_and(|r| r.phase == Phase::Running)
    }

    /// How long the pace leaves nothing to do, at most one frame.
    fn pacing_delay(&self) -> Duration {
        let Some(run) = &self.run else { return FRAME };
        let now = self.clock.elapsed().as_secs_f64();
        if run.pacer.allowed_step(now) > run.simulation.step() {
            Duration::ZERO
        } else {
            FRAME / 4
        }
    }

    fn emit(&mut self, event: Event) {
        self.backlog.push_back(event);
        self.flush();
        (self.wake)();
    }

    fn flush(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.backlog.push_front(event);
                return;
            }
        }
    }

    /// Adds a row to the last waiting event where there is one, so that a slow
    /// frontend finds few long events rather than many short ones.
    fn emit_row(&mut self, run: RunId, row: Row) {
        match self.backlog.back_mut() {
            Some(Event::Rows { run: last, rows })
                if *last == run && rows.len() < ROWS_PER_EVENT =>
            {
                rows.push(row)
            }
            _ => self.backlog.push_back(Event::Rows {
                run,
                rows: vec![row],
            }),
        }
    }

    fn obey(&mut self, command: Command) {
        let now = self.clock.elapsed().as_secs_f64();
        match command {
            Command::Start {
                run,
                config,
                instance,
                options,
            } => {
                self.run = None;
                // Whatever still waits is of runs that nobody shows any more.
                self.backlog
                    .retain(|event| !matches!(event, Event::Rows { .. }));
                self.start(run, *config, instance, options, 0);
            }
            Command::SetPace(pace) => {
                self.pace = pace;
                if let Some(run) = &mut self.run {
                    run.pacer = Pacer::new(pace, run.simulation.step(), now);
                }
            }
            Command::Pause => self.with_run(|run| {
                if run.phase == Phase::Running {
                    run.phase = Phase::Paused;
                }
            }),
            Command::Resume => {
                let pace = self.pace;
                self.with_run(|run| {
                    if run.phase == Phase::Paused {
                        run.phase = Phase::Running;
                        run.hold_at = None;
                        run.pacer = Pacer::new(pace, run.simulation.step(), now);
                    }
                });
            }
            Command::Step(steps) => self.with_run(|run| {
                if run.phase != Phase::Done {
                    run.phase = Phase::Running;
                    run.hold_at = Some(run.simulation.step().saturating_add(steps));
                    run.pacer = Pacer::new(Pace::Fast, run.simulation.step(), now);
                }
            }),
            Command::Stop => {
                if self.run.as_ref().is_some_and(|r| r.phase != Phase::Done) {
                    self.finish();
                }
            }
            Command::SetLearningRate(rate) => self.change("training.learning_rate", rate),
            Command::SetWeightDecay(decay) => self.change("training.weight_decay", decay),
            Command::SetHorizon(steps) => {
                self.change("training.steps", steps as f64);
                let pace = self.pace;
                self.with_run(|run| {
                    if run.phase == Phase::Done && !run.simulation.is_finished() {
                        run.phase = Phase::Running;
                        run.pacer = Pacer::new(pace, run.simulation.step(), now);
                    }
                });
            }
        }
    }

    fn with_run(&mut self, change: impl FnOnce(&mut Run)) {
        if let Some(run) = &mut self.run {
            change(run);
        }
        self.show();
    }

    fn change(&mut self, key: &str, value: f64) {
        let Some(run) = &mut self.run else { return };
        // Out of range is the frontend's to say; the run goes on as it was.
        if run.simulation.change(key, value).is_ok() {
            let event = Event::Changed {
                run: run.id,
                config: Box::new(run.simulation.config().clone()),
            };
            self.emit(event);
        }
        self.show();
    }

    fn start(
        &mut self,
        id: RunId,
        config: ValidConfig,
        instance: Option<Arc<Instance>>,
        options: StartOptions,
        restarts: u32,
    ) {
        let mut simulation = match Simulation::new(&config, instance.as_deref()) {
            Ok(simulation) => simulation,
            Err(error) => {
                self.emit(Event::Failed {
                    run: id,
                    message: error.to_string(),
                });
                return;
            }
        };
        if restarts == 0 {
            let info = RunInfo::of(&simulation);
            self.emit(Event::Started {
                run: id,
                info: Box::new(info),
            });
        }
        let now = self.clock.elapsed().as_secs_f64();
        let (p, d) = simulation.task().x.dim();
        let gram_cost = (p * p) as f64 * d as f64 * 2.0;
        let row = simulation.record(!options.cheap_columns);
        self.run = Some(Run {
            id,
            simulation,
            instance,
            restarts,
            phase: if options.paused {
                Phase::Paused
            } else {
                Phase::Running
            },
            gram_every: if options.every_column {
                1
            } else {
                (gram_cost / GRAM_BUDGET).ceil().max(1.0) as u64
            },
            options,
            hold_at: None,
            pacer: Pacer::new(self.pace, 0, now),
            recent: VecDeque::with_capacity(RECENT),
            recorded: 1,
            training: Duration::ZERO,
            speed: Speed {
                since: Instant::now(),
                step: 0,
                value: 0.0,
            },
            last_frame: Instant::now(),
            look_at: 0,
            keyframes: Keyframes::default(),
        });
        if let Some(run) = &self.run {
            run.keep_weights();
        }
        self.emit_row(id, row);
        self.show();
    }

    /// Trains for one slice of time, recording as it goes.
    fn train_slice(&mut self) {
        let start = Instant::now();
        let now = self.clock.elapsed().as_secs_f64();
        let Some(run) = &mut self.run else { return };
        let id = run.id;
        let allowed = run
            .pacer
            .allowed_step(now)
            .min(run.hold_at.unwrap_or(u64::MAX));
        let mut rows = Vec::new();
        // Few steps between looks at the clock, so that large problems stay responsive.
        while run.simulation.step() < allowed
            && !run.simulation.is_finished()
            && start.elapsed() < SLICE
        {
            let left = allowed - run.simulation.step();
            let clock = Instant::now();
            let mut recorded = false;
            let (rounds, stride) = if run.simulation.jumps() {
                (1, left)
            } else {
                (left.min(16), 1)
            };
            for _ in 0..rounds {
                recorded = run.simulation.advance(stride);
                if run.recent.len() == RECENT {
                    run.recent.pop_front();
                }
                run.recent.push_back(RecentStep {
                    step: run.simulation.step(),
                    train_loss: run.simulation.train_loss(),
                    test_loss: run.simulation.test_loss().unwrap_or(f64::NAN),
                });
                if recorded {
                    break;
                }
            }
            run.training += clock.elapsed();
            if recorded {
                let due =
                    run.recorded.is_multiple_of(run.gram_every) || run.simulation.is_finished();
                let every_column = due && !run.options.cheap_columns;
                rows.push(run.simulation.record(every_column));
                run.keep_weights();
                run.recorded += 1;
                if let Some(rate) = run.lower_rate() {
                    let from = run.simulation.config().training.largest_learning_rate();
                    let step = run.simulation.step();
                    self.lower(from, rate, step);
                    return;
                }
            }
        }
        run.speed.observe(run.simulation.step());
        let finished = run.simulation.is_finished();
        // A run that is over says so, or begins again and comes here once more.
        if !finished && run.hold_at.is_some_and(|s| run.simulation.step() >= s) {
            run.phase = Phase::Paused;
            run.hold_at = None;
        }
        let show = run.last_frame.elapsed() >= FRAME || run.phase == Phase::Paused;
        for row in rows {
            self.emit_row(id, row);
        }
        if finished {
            self.finish();
        } else if show {
            self.show();
        }
    }

    /// Begins the run again with no learning rate above `to`. What was changed
    /// while it trained changes again at the same steps, and where it was to
    /// hold it holds.
    fn lower(&mut self, from: f64, to: f64, step: u64) {
        let Some(run) = self.run.take() else { return };
        let mut config = run.simulation.config().clone().into_inner();
        config.training.cap_learning_rate(to);
        let id = run.id;
        self.backlog
            .retain(|event| !matches!(event, Event::Rows { .. }));
        self.emit(Event::LearningRateLowered {
            run: id,
            from,
            to,
            diverged_at: step,
        });
        let config = match config.check() {
            Ok(config) => config,
            Err(error) => {
                let message = error.to_string();
                self.emit(Event::Failed { run: id, message });
                return;
            }
        };
        self.emit(Event::Changed {
            run: id,
            config: Box::new(config.clone()),
        });
        let options = StartOptions {
            paused: run.phase == Phase::Paused,
            ..run.options
        };
        self.start(id, config, run.instance, options, run.restarts + 1);
        if let (Some(begun), Some(hold)) = (&mut self.run, run.hold_at) {
            begun.hold_at = Some(hold);
            let now = self.clock.elapsed().as_secs_f64();
            begun.pacer = Pacer::new(Pace::Fast, 0, now);
        }
    }

    /// Ends the run where it stands, or begins it again with a stable learning
    /// rate where that was asked for.
    fn finish(&mut self) {
        let Some(run) = &mut self.run else { return };
        let outcome = run.simulation.outcome();
        if let Outcome::Diverged {
            step,
            stable_learning_rate,
        } = outcome
        {
            let from = run.simulation.config().training.largest_learning_rate();
            let to = lowered_rate(stable_learning_rate, from);
            let may_lower = run.options.lower_unstable_learning_rate && run.restarts < MAX_RESTARTS;
            if let (true, Some(to)) = (may_lower, to) {
                self.lower(from, to, step);
                return;
            }
        }
        run.phase = Phase::Done;
        let finish = Finish {
            step: run.simulation.step(),
            verdict: Box::new(run.simulation.verdict().stopped()),
            training_seconds: run.training.as_secs_f64(),
            changed_live: !run.simulation.config().training.changes.is_empty(),
        };
        let id = run.id;
        self.emit(Event::Finished { run: id, finish });
        self.show();
    }

    /// Publishes a snapshot and wakes the frontend.
    fn show(&mut self) {
        self.flush();
        if let Some(run) = &mut self.run {
            run.last_frame = Instant::now();
            self.latest.put(Snapshot {
                run: run.id,
                phase: run.phase,
                step: run.simulation.step(),
                horizon: run.simulation.training().steps,
                steps_per_second: if run.phase == Phase::Running {
                    run.speed.value
                } else {
                    0.0
                },
                attempt: run.restarts,
                // A run that is done stands as it was reported.
                verdict: match run.phase {
                    Phase::Done => run.simulation.verdict().stopped(),
                    _ => run.simulation.verdict(),
                },
                recent: run.recent.iter().copied().collect(),
                state: Arc::new(run.simulation.state()),
                initial: Arc::clone(run.simulation.initial()),
                keyframes: run.keyframes.clone(),
            });
        }
        (self.wake)();
    }
}
