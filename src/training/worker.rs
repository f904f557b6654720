//! The worker thread: owns the simulation, obeys commands, reports events.
//!
//! It never waits for the frontend. Rows that the bounded channel has no room for
//! stay here until it has; what only the newest of matters goes through
//! [`Latest`].

use super::live::{Begun, MAX_RESTARTS, Run, Slice, Start, lowered_rate};
use super::piece::{Piece, Pieces, Watch};
use super::protocol::{
    Command, Event, Finish, Hold, Latest, Phase, RunId, Snapshot, StartOptions, Working,
};
use super::{Pace, Pacer, panics};
use crate::sim::SimulationError;
use crate::sim::metrics::Row;
use crate::sim::outcome::Outcome;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, select_biased};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Time between looks at the commands while training.
const SLICE: Duration = Duration::from_millis(4);
/// Time between snapshots and wake-ups.
const FRAME: Duration = Duration::from_millis(33);
/// Time between two words about something long.
const WORDS: Duration = Duration::from_millis(100);
/// Rows sent in one event at most.
const ROWS_PER_EVENT: usize = 1024;

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
        hold: None,
        away: None,
        pieces: Pieces::default(),
        waiting: None,
        deferred: VecDeque::new(),
    };
    std::thread::Builder::new()
        .name("training".into())
        .spawn(move || worker.work())
        .map(drop)
}

/// What long work comes to.
enum Done {
    /// A run begins; nothing where it was given up.
    Begun(Result<Option<Begun>, SimulationError>),
    /// A slice of training is over.
    Trained(Box<Run>, Slice),
}

/// Long work under way.
struct Away {
    run: RunId,
    /// The run has no row yet.
    preparing: bool,
    /// What it costs, where that is known: how many steps a slice takes is not.
    cost: Option<f64>,
    piece: Piece<Done>,
}

struct Worker {
    commands: Receiver<Command>,
    events: Sender<Event>,
    latest: Latest<Snapshot>,
    wake: Box<dyn Fn() + Send>,
    backlog: VecDeque<Event>,
    pace: Pace,
    clock: Instant,
    run: Option<Box<Run>>,
    // Where the run holds by itself.
    hold: Option<Hold>,
    // While this is there, the run is with it.
    away: Option<Away>,
    pieces: Pieces,
    // A start that no thread is free for yet.
    waiting: Option<Start>,
    // Commands for a run that is away.
    deferred: VecDeque<Command>,
}

impl Worker {
    fn work(&mut self) {
        loop {
            if self.away.is_some() {
                if self.listen().is_err() {
                    return;
                }
                continue;
            }
            if let Some(start) = self.waiting.take_if(|_| self.pieces.has_room()) {
                self.guarded(|worker| worker.start(start));
                continue;
            }
            if self.waiting.is_none()
                && let Some(command) = self.deferred.pop_front()
            {
                self.guarded(|worker| worker.obey(command));
                continue;
            }
            // Wait for a command only as long as there is nothing to train.
            let wait = if self.is_training() {
                self.pacing_delay()
            } else {
                Duration::from_millis(50)
            };
            match self.commands.recv_timeout(wait) {
                Ok(command) if self.waiting.is_some() => {
                    self.obey_later(command);
                    continue;
                }
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
            let reason = panics::reason(panic.as_ref());
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

    /// Waits for a command or for the end of the long work under way.
    ///
    /// # Errors
    /// Where nobody sends commands any more.
    fn listen(&mut self) -> Result<(), RecvTimeoutError> {
        let Some(away) = &self.away else {
            return Ok(());
        };
        select_biased! {
            recv(self.commands) -> command => match command {
                Ok(command) => self.obey_later(command),
                Err(_) => return Err(RecvTimeoutError::Disconnected),
            },
            recv(away.piece.result()) -> done => {
                let done = done.unwrap_or_else(|_| Err("its thread ended".into()));
                self.guarded(|worker| worker.come_back(done));
            },
            default(WORDS) => {
                if let Some(away) = &mut self.away {
                    let progress = self.pieces.progress(&mut away.piece);
                    let run = away.run;
                    let working = Working {
                        what: progress.what,
                        preparing: away.preparing,
                        share: progress.share,
                        seconds_left: progress.seconds_left,
                    };
                    self.tell(run, working);
                }
            },
        }
        self.flush();
        Ok(())
    }

    /// Says what takes long; only the newest word waits to be heard.
    fn tell(&mut self, run: RunId, working: Working) {
        self.backlog
            .retain(|event| !matches!(event, Event::Working { .. }));
        self.emit(Event::Working { run, working });
    }

    /// Takes a command while the run is away, or waits for a thread: another start
    /// takes its place at once, a stop ends it as soon as it can, everything else is
    /// done in order when it is back.
    fn obey_later(&mut self, command: Command) {
        match command {
            Command::Start { .. } => {
                self.deferred.clear();
                (self.away, self.waiting) = (None, None);
                self.guarded(|worker| worker.obey(command));
                return;
            }
            Command::Stop => {
                let begins = self.away.as_ref().filter(|a| a.preparing).map(|a| a.run);
                let waits = self.waiting.as_ref().map(|start| start.id);
                if let Some(run) = begins.or(waits) {
                    (self.away, self.waiting) = (None, None);
                    self.deferred.clear();
                    let message = "stopped before its first step".into();
                    self.emit(Event::Failed { run, message });
                    return;
                }
            }
            Command::SetPace(pace) => self.pace = pace,
            _ => {}
        }
        if let Some(away) = self.away.as_ref().filter(|a| !a.preparing) {
            away.piece.hurry();
        }
        self.deferred.push_back(command);
    }

    /// Long work is over.
    fn come_back(&mut self, done: Result<Done, String>) {
        let Some(away) = self.away.take() else { return };
        if let Some(cost) = away.cost {
            self.pieces.observe(cost, away.piece.elapsed());
        }
        match done {
            Ok(Done::Begun(Ok(Some(begun)))) => self.begun(begun),
            Ok(Done::Begun(Ok(None))) => {}
            Ok(Done::Begun(Err(error))) => self.emit(Event::Failed {
                run: away.run,
                message: error.to_string(),
            }),
            Ok(Done::Trained(run, slice)) => {
                self.run = Some(run);
                self.trained(slice);
            }
            Err(reason) => self.emit(Event::Failed {
                run: away.run,
                message: format!("training stopped: {reason}"),
            }),
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
                (self.run, self.hold) = (None, None);
                // Whatever still waits is of runs that nobody shows any more.
                self.backlog
                    .retain(|event| !matches!(event, Event::Rows { .. }));
                self.start(Start {
                    id: run,
                    config: *config,
                    instance,
                    options,
                    restarts: 0,
                    hold_at: None,
                });
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
                    // Also where it is still on its way to where it was to hold.
                    if run.phase == Phase::Paused || run.hold_at.is_some() {
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
            Command::HoldAt(hold) => self.hold = hold,
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
            let id = run.id;
            let event = Event::Changed {
                run: id,
                config: Box::new(run.simulation.config().clone()),
            };
            // A run that was never trained with the old value begins with the new one.
            let first = (run.simulation.step() == 0).then(|| run.record_again());
            self.emit(event);
            if let Some(row) = first {
                self.emit_row(id, row);
            }
        }
        self.show();
    }

    /// Begins a run: here where that is a matter of milliseconds, else on a thread of
    /// its own, as soon as there is one.
    fn start(&mut self, start: Start) {
        let id = start.id;
        let effort = match start.effort() {
            Ok(effort) => effort,
            Err(error) => {
                let message = error.to_string();
                self.emit(Event::Failed { run: id, message });
                return;
            }
        };
        let (stages, long) = start.stages(&effort);
        let cost = stages.iter().map(|stage| stage.cost).sum();
        let watch = Watch::new(stages);
        if !long {
            match Run::begin(start, effort, &watch) {
                Ok(Some(begun)) => self.begun(begun),
                Ok(None) => {}
                Err(error) => {
                    let message = error.to_string();
                    self.emit(Event::Failed { run: id, message });
                }
            }
            return;
        }
        if !self.pieces.has_room() {
            let working = Working {
                what: "waiting for earlier starts to end".into(),
                preparing: true,
                share: 0.0,
                seconds_left: f64::NAN,
            };
            self.tell(id, working);
            self.waiting = Some(start);
            return;
        }
        let work = move |watch: &Watch| Done::Begun(Run::begin(start, effort, watch));
        match self.pieces.begin(&watch, work) {
            Ok(piece) => {
                self.away = Some(Away {
                    run: id,
                    preparing: true,
                    cost: Some(cost),
                    piece,
                });
            }
            Err(error) => self.emit(Event::Failed {
                run: id,
                message: format!("no thread to prepare it on: {error}"),
            }),
        }
    }

    /// A run exists.
    fn begun(&mut self, begun: Begun) {
        let Begun { mut run, info, row } = begun;
        let id = run.id;
        let pace = match run.hold_at {
            Some(_) => Pace::Fast,
            None => self.pace,
        };
        run.pacer = Pacer::new(pace, 0, self.clock.elapsed().as_secs_f64());
        if run.restarts == 0 {
            self.emit(Event::Started { run: id, info });
        }
        self.run = Some(run);
        self.emit_row(id, *row);
        self.show();
    }

    /// Trains for one slice of time, recording as it goes: here, or on a thread of
    /// its own where a step or a row takes long.
    fn train_slice(&mut self) {
        let now = self.clock.elapsed().as_secs_f64();
        let hold = self.hold;
        let Some(run) = &mut self.run else { return };
        let allowed = run
            .pacer
            .allowed_step(now)
            .min(run.hold_at.unwrap_or(u64::MAX));
        let held = run.holds_at(hold);
        let idle = held || run.simulation.step() >= allowed || run.simulation.is_finished();
        let (stages, long) = run.stages();
        let watch = Watch::new(stages);
        if idle || !long || !self.pieces.has_room() {
            let slice = run.train(allowed, hold, SLICE, &watch);
            self.trained(slice);
            return;
        }
        let id = run.id;
        let Some(mut run) = self.run.take() else {
            return;
        };
        let work = move |watch: &Watch| {
            let slice = run.train(allowed, hold, FRAME, watch);
            Done::Trained(run, slice)
        };
        match self.pieces.begin(&watch, work) {
            Ok(piece) => {
                self.away = Some(Away {
                    run: id,
                    preparing: false,
                    cost: None,
                    piece,
                });
            }
            Err(error) => self.emit(Event::Failed {
                run: id,
                message: format!("no thread to train it on: {error}"),
            }),
        }
    }

    /// Takes in what a slice of training came to.
    fn trained(&mut self, slice: Slice) {
        let hold = self.hold;
        let Some(run) = &mut self.run else { return };
        let id = run.id;
        if let Some(rate) = slice.lower_to {
            let from = run.simulation.config().training.largest_learning_rate();
            let step = run.simulation.step();
            self.lower(from, rate, step);
            return;
        }
        let finished = run.simulation.is_finished();
        // A run that is over says so, or begins again and comes here once more.
        let there = run.hold_at.is_some_and(|s| run.simulation.step() >= s);
        if !finished && (there || run.holds_at(hold)) {
            run.phase = Phase::Paused;
            run.hold_at = None;
            self.hold = hold.filter(|_| !run.holds_at(hold));
        }
        let show = run.last_frame.elapsed() >= FRAME || run.phase == Phase::Paused;
        for row in slice.rows {
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
        self.start(Start {
            id,
            config,
            instance: run.instance,
            options,
            restarts: run.restarts + 1,
            hold_at: run.hold_at,
        });
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
            measuring_seconds: run.measuring.as_secs_f64(),
            preparing_seconds: run.preparing.as_secs_f64(),
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
                    run.speed.value()
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
                weights: run.simulation.weights(),
                initial: run.simulation.initial_weights(),
                keyframes: run.keyframes.clone(),
            });
        }
        (self.wake)();
    }
}
