//! The settings being edited and the run they make: turns changes into commands
//! to the worker, and its events into the run on screen.

mod edits;
mod journey;

pub use super::screen::Ghost;
pub use crate::views::status::RunState;

use super::{
    backend::Backend,
    screen::{GHOST_SECS, Screen, TRAIL_SECS},
};
use crate::{
    history::Run,
    sim::{
        committee::instance::Instance,
        config::{Config, ValidConfig, Value, field},
    },
    training::{Command, Keyframe, Pace, RunId, Snapshot, StartOptions},
};
use journey::Journey;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Time that events may take in one frame.
const EVENT_BUDGET: Duration = Duration::from_millis(10);
/// A change restarts the run when no other followed for this long …
const QUIET_SECS: f64 = 0.04;
/// … or when the first one waited this long: curves move during a long drag.
const PATIENCE_SECS: f64 = 0.15;

/// How long the run before stays drawn while the new one has no curve.
const HANDOVER_SECS: f64 = 0.25;

/// Keys that no run has to be trained again for: its rows carry their errors.
const ACCURACY_KEYS: [&str; 2] = ["outcome.accuracy_tolerance", "outcome.accuracy_level"];

/// A restart that waits for a drag to settle.
#[derive(Clone, Copy)]
struct Pending {
    first: f64,
    last: f64,
}

/// A setting that had to change with another: given back when that one no longer
/// needs it.
#[derive(Clone, Debug, PartialEq)]
struct Implied {
    /// Key of the setting that the user changed.
    cause: &'static str,
    /// Key of the one that was set too.
    key: &'static str,
    was: Value,
    became: Value,
}

/// Data and weights that replace the sampled ones, and where they came from.
pub type Loaded = (PathBuf, Arc<Instance>);

/// The settings, the run and the worker.
pub struct Session {
    backend: Box<dyn Backend>,
    /// The name that the next run will have.
    next_run: RunId,
    config: Config,
    instance: Option<Loaded>,
    /// The settings as they were before an instance fixed some of them.
    set_aside: Option<Config>,
    /// Settings that a change of another one set too.
    implied: Vec<Implied>,
    screen: Screen,
    ghost: Option<Ghost>,
    trail: Option<Ghost>,
    pending: Option<Pending>,
    dragging: bool,
    /// A learning rate with which a run diverges is lowered.
    lowers: bool,
    /// When the run on screen was asked for.
    started: f64,
    /// The current run was started by the drag that still lasts.
    within_drag: bool,
    pace: Pace,
    /// Train at full speed up to this step, then at `pace`: a changed run takes
    /// up where the previous one stood.
    catch_up: Option<u64>,
    /// From where to where the run is to be seen, while it is under way.
    journey: Option<Journey>,
}

impl Session {
    /// A session without a run.
    pub fn new(backend: Box<dyn Backend>, config: Config, pace: Pace) -> Self {
        Self {
            backend,
            next_run: RunId::next(),
            config,
            instance: None,
            set_aside: None,
            implied: Vec::new(),
            screen: Screen::default(),
            ghost: None,
            trail: None,
            pending: None,
            dragging: false,
            lowers: true,
            started: 0.0,
            within_drag: false,
            pace,
            catch_up: None,
            journey: None,
        }
    }

    /// From the next run on: a learning rate with which it diverges stays as it
    /// is, and the run ends there.
    pub fn keep_learning_rate(&mut self) {
        self.lowers = false;
    }

    /// The settings being edited.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The instance in use, if any.
    pub fn instance(&self) -> Option<&Loaded> {
        self.instance.as_ref()
    }

    /// Why a setting cannot be changed, where the instance in use fixes it.
    pub fn fixed(&self, key: &str) -> Option<String> {
        let (_, instance) = self.instance.as_ref()?;
        let why = instance.fixes(key, &self.config)?;
        Some(format!("the instance fixes it: {why}"))
    }

    /// Settings as TOML: what was used, where an instance fixes some of them.
    pub fn toml(&self, config: &Config) -> String {
        match &self.instance {
            Some((_, instance)) => instance.toml(config),
            None => config.to_toml(),
        }
    }

    /// Whether a setting has the value that another one needed, and not its own.
    pub fn is_implied(&self, key: &str) -> bool {
        let value = field(key).map(|f| (f.get)(&self.config));
        (self.implied.iter()).any(|i| i.key == key && Some(&i.became) == value.as_ref())
    }

    /// The name that the next run will have.
    pub fn next_run(&self) -> RunId {
        self.next_run
    }

    /// The run on screen.
    pub fn run(&self) -> Option<&Run> {
        self.screen.run.as_ref()
    }

    /// The run to draw: a new one from its first curve on, the one before until
    /// then, so that a drag never shows empty axes.
    pub fn shown(&self, now: f64) -> Option<&Run> {
        let run = self.run()?;
        let empty = run.rows().len() < 2 && self.state() == RunState::Running;
        if empty && now - self.started < HANDOVER_SECS {
            let before = [&self.ghost, &self.trail];
            let newest = before.into_iter().flatten().max_by_key(|g| g.run.id());
            if let Some(ghost) = newest {
                return Some(&ghost.run);
            }
        }
        Some(run)
    }

    /// Where the run on screen stood when the worker last said.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.screen.snapshot.as_ref()
    }

    /// The weights at a step of the run on screen, or the nearest earlier ones
    /// that were kept.
    pub fn keyframe(&self, step: u64) -> Option<Keyframe> {
        self.snapshot()?.keyframes.at_or_before(step)
    }

    /// What the run on screen is doing.
    pub fn state(&self) -> RunState {
        self.screen.state()
    }

    /// Earlier curves, still fading.
    pub fn ghosts(&self) -> impl Iterator<Item = &Ghost> {
        self.ghost.iter().chain(&self.trail)
    }

    /// The pace that the user chose.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// η₀, λ or the horizon changed while the run on screen trained.
    pub fn changed_live(&self) -> bool {
        self.run()
            .is_some_and(|run| !run.config().training.changes.is_empty())
    }

    /// The settings moved, and a run with them is about to begin.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The step that the run has reached, or is about to at full speed.
    pub fn reached(&self) -> u64 {
        let stood = self.run().map_or(0, Run::step);
        stood.max(self.catch_up.unwrap_or(0))
    }

    /// A changed run is taking up where the previous one stood.
    pub fn catching_up(&self) -> bool {
        self.catch_up.is_some()
    }

    /// The settings that reproduce what is on screen: a lowered learning rate and
    /// the changes while it trained included, the width and shape of an instance
    /// too.
    pub fn config_on_screen(&self) -> Config {
        match self.run() {
            None => self.config.clone(),
            Some(run) => {
                let mut config = run.config().clone();
                config.outcome.accuracy_tolerance = self.config.outcome.accuracy_tolerance;
                config.outcome.accuracy_level = self.config.outcome.accuracy_level;
                config.instance = self.config.instance.clone();
                config
            }
        }
    }

    /// Takes in what the worker reported and does what is due. Returns the
    /// seconds until it must be called again, if it must.
    pub fn advance(&mut self, now: f64) -> Option<f64> {
        let more = self.backend.pump(&mut self.screen, EVENT_BUDGET);
        if let Some(snapshot) = self.backend.latest() {
            self.screen.observe(snapshot);
        }
        self.end_catch_up();
        self.advance_journey();
        if let Some(ghost) = &mut self.ghost
            && !self.dragging
            && self.screen.run.as_ref().is_some_and(has_had_its_chance)
        {
            ghost.since.get_or_insert(now);
        }
        for ghost in [&mut self.ghost, &mut self.trail] {
            if ghost.as_ref().is_some_and(|g| g.opacity(now) <= 0.0) {
                *ghost = None;
            }
        }
        let mut wait = more.then_some(0.0);
        if let Some(pending) = self.pending {
            let due = (pending.last + QUIET_SECS).min(pending.first + PATIENCE_SECS);
            if now >= due {
                self.restart(now, true);
            } else {
                wait = Some((due - now).min(wait.unwrap_or(f64::INFINITY)));
            }
        }
        if self
            .ghosts()
            .any(|g| g.opacity(now) < 1.0 || g.since.is_some())
        {
            wait = Some(wait.unwrap_or(0.05).min(0.05));
        }
        wait
    }

    fn end_catch_up(&mut self) {
        let Some(target) = self.catch_up else { return };
        let over = self.run().is_none_or(|run| {
            run.step() >= target || run.finish().is_some() || run.failure().is_some()
        });
        if over {
            self.catch_up = None;
            self.backend.send(Command::SetPace(self.pace));
        }
    }

    /// Starts, or starts again, with the settings as they are.
    ///
    /// With `take_up`, training goes at full speed to where the run on screen
    /// stands; otherwise it is watched from step 0.
    fn restart(&mut self, now: f64, take_up: bool) {
        (self.pending, self.journey) = (None, None);
        // `edit` admits valid settings alone; a stored one that is not would
        // have been dropped at launch.
        let Ok(config) = self.config.clone().check() else {
            return;
        };
        // A run that a drag replaced early was on its way to where the drag began.
        let stood = self.run().map_or(0, Run::step);
        let old_step = stood.max(self.catch_up.unwrap_or(0));
        let held = take_up && self.state() == RunState::Paused;
        self.restart_to(config, if take_up { old_step } else { 0 }, held, now);
    }

    /// Starts with checked settings, trains at full speed to a step, and waits there
    /// where it is `held`.
    fn restart_to(&mut self, config: ValidConfig, step: u64, held: bool, now: f64) {
        self.pending = None;
        self.leave_ghost(now);
        let id = std::mem::replace(&mut self.next_run, RunId::next());
        self.backend.send(Command::Start {
            run: id,
            config: Box::new(config.clone()),
            instance: self.instance.as_ref().map(|(_, i)| Arc::clone(i)),
            options: StartOptions {
                paused: held,
                lower_unstable_learning_rate: self.lowers,
                every_column: false,
                cheap_columns: false,
                keep_weights: true,
            },
        });
        if step > 0 {
            self.catch_up = Some(step);
            self.backend.send(Command::SetPace(Pace::Fast));
            if held {
                self.backend.send(Command::Step(step));
            }
        } else {
            self.catch_up = None;
            self.backend.send(Command::SetPace(self.pace));
        }
        self.within_drag = self.dragging;
        self.started = now;
        self.screen = Screen {
            run: Some(Run::new(id, config.into_inner())),
            snapshot: None,
            held,
            carried_on: false,
        };
    }

    fn leave_ghost(&mut self, now: f64) {
        let Some(run) = self.screen.run.take() else {
            return;
        };
        if run.rows().len() < 2 {
            return;
        }
        let within_drag = self.within_drag;
        // A run that hardly began does not take the place of one that is still
        // compared with.
        let brief = |ghost: &Ghost| ghost.since.is_none() && run.step() < ghost.run.step() / 10;
        if !within_drag && self.ghost.as_ref().is_some_and(brief) {
            return;
        }
        let ghost = Ghost {
            run,
            since: within_drag.then_some(now),
            lifetime: if within_drag { TRAIL_SECS } else { GHOST_SECS },
        };
        if within_drag {
            self.trail = Some(ghost);
        } else {
            self.ghost = Some(ghost);
        }
    }

    /// What is on screen is a subject of its own: nothing of the one before stays.
    pub(super) fn forget_ghosts(&mut self) {
        (self.ghost, self.trail) = (None, None);
    }

    /// Holds a run in training, lets a held one go on, starts one that ended.
    pub fn toggle(&mut self, now: f64) {
        match self.state() {
            RunState::Running => self.pause(),
            _ => self.resume(now),
        }
    }

    /// Holds.
    pub fn pause(&mut self) {
        if self.in_training() {
            self.screen.held = true;
            self.backend.send(Command::Pause);
        }
    }

    /// Ends the run where it stands.
    pub fn stop(&mut self) {
        if self.in_training() {
            self.backend.send(Command::Stop);
        }
    }

    /// Goes on; starts a run where there is none in training.
    pub fn resume(&mut self, now: f64) {
        if self.in_training() {
            self.screen.held = false;
            self.backend.send(Command::Resume);
        } else {
            self.restart(now, false);
        }
    }

    /// Holds and trains one step.
    pub fn step(&mut self, now: f64) {
        if !self.in_training() {
            self.restart(now, false);
        }
        self.screen.held = true;
        self.backend.send(Command::Step(1));
    }

    fn in_training(&self) -> bool {
        matches!(self.state(), RunState::Running | RunState::Paused)
    }

    /// The same run again from step 0: same seed, same settings.
    pub fn reset(&mut self, now: f64) {
        let held = self.state() == RunState::Paused;
        self.restart(now, false);
        if held {
            self.pause();
        }
    }

    /// The next seed: other data, target and initial weights.
    pub fn reseed(&mut self, now: f64) {
        self.config.seed = self.config.seed.wrapping_add(1) & (i64::MAX as u64);
        self.reset(now);
    }

    /// Sets the pace for when the run has caught up.
    pub fn set_pace_later(&mut self, pace: Pace) {
        self.pace = pace;
        if self.catch_up.is_none() {
            self.backend.send(Command::SetPace(pace));
        }
    }

    /// Sets the pace.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
        self.catch_up = None;
        self.backend.send(Command::SetPace(pace));
    }
}

/// Whether a run has shown whether it groks: it has, or it ended.
fn has_had_its_chance(run: &Run) -> bool {
    run.crossings().generalise.is_some() || run.finish().is_some() || run.failure().is_some()
}
