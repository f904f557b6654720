//! The run on screen, and the fading curves of those before it.

use crate::{
    history::Run,
    sim::{outcome::Outcome, verdict::Status},
    training::{Event, Frontend, RunId, Snapshot},
    views::status::RunState,
};

/// How long the curve of the previous settings takes to fade, once the new run
/// has had its chance to grok.
pub const GHOST_SECS: f64 = 10.0;
/// How long a run that began and ended within a drag stays visible.
pub const TRAIL_SECS: f64 = 0.5;

/// The curve of earlier settings, fading.
pub struct Ghost {
    /// The run as it was left.
    pub run: Run,
    /// When it began to fade; `None` as long as the new run may still come to
    /// what it is compared with.
    pub since: Option<f64>,
    /// How long it stays visible from then on.
    pub lifetime: f64,
}

impl Ghost {
    /// Opacity now, from 1 down to 0.
    pub fn opacity(&self, now: f64) -> f32 {
        let age = self.since.map_or(0.0, |since| now - since) / self.lifetime;
        // Stays legible for half its life, then fades.
        (2.0 * (1.0 - age)).clamp(0.0, 1.0) as f32
    }
}

/// The run on screen, if any: the worker's frontend in the window.
#[derive(Default)]
pub struct Screen {
    /// The run.
    pub run: Option<Run>,
    /// Where it stood when the worker last said.
    pub snapshot: Option<Snapshot>,
    /// The user holds it. The worker follows a moment later.
    pub held: bool,
    /// A run that ended was given a longer horizon; until the worker confirms,
    /// its end is no longer news.
    pub carried_on: bool,
}

impl Frontend for Screen {
    fn current_run(&self) -> Option<RunId> {
        self.run.as_ref().map(Run::id)
    }

    fn handle(&mut self, event: Event) {
        if let Some(run) = &mut self.run {
            self.carried_on &= !matches!(event, Event::Finished { .. });
            run.handle(&event);
        }
    }
}

impl Screen {
    /// Takes in where the run stands.
    pub fn observe(&mut self, snapshot: Snapshot) {
        if self.run.as_mut().is_some_and(|run| run.observe(&snapshot)) {
            self.snapshot = Some(snapshot);
        }
    }

    /// What the run is doing.
    pub fn state(&self) -> RunState {
        let Some(run) = &self.run else {
            return RunState::Empty;
        };
        if run.failure().is_some() {
            return RunState::Failed;
        }
        match run.finish() {
            Some(finish) if !self.carried_on => match finish.verdict.outcome() {
                Outcome::Diverged { .. } => RunState::Diverged,
                _ if finish.verdict.status == Status::Failed => RunState::Diverged,
                _ => RunState::Done,
            },
            _ if self.held => RunState::Paused,
            _ => RunState::Running,
        }
    }
}
