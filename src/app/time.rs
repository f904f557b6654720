//! The time cursor: which moment of the run all panels show, and the replay of
//! what was recorded.
//!
//! While it stands in the past, training is held, so that a replay reaches the
//! live end and goes on training from there.

pub use crate::{history::Bookmark, views::action::Scrub};

use super::{
    GrokscopeApp,
    session::{RunState, Session},
};
use crate::{history::Run, training::Pace};

/// A replay at full speed would be over before it is seen.
const FASTEST_REPLAY: Pace = Pace::DecadesPerSecond(2.0);
/// Jumps of Shift and an arrow key, in decades.
const LEAP: f64 = 0.1;
/// Where step 0 stands in a replay along log time, which has no place for it.
const STEP_ZERO: f64 = 0.5;

/// Which moment is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cursor {
    step: Option<u64>,
    replay: Option<Replay>,
    /// Training waits for the cursor to come back.
    holds: bool,
    /// A step to show once the run has come as far as another.
    wanted: Option<[u64; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Replay {
    /// Where it is, in steps, between recorded ones too.
    at: f64,
    /// When it was there.
    since: f64,
}

impl Cursor {
    /// The step that is shown; `None` where it follows the run.
    pub fn step(&self) -> Option<u64> {
        self.step
    }

    /// Whether training waits for the cursor to come back.
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// Shows a step of the past once the run has reached another one, or its end.
    pub fn want(&mut self, step: u64, reached: u64) {
        self.wanted = Some([step, reached]);
    }

    /// The step that will be shown when the run has come so far.
    pub fn wanted(&self) -> Option<u64> {
        self.wanted.map(|[step, _]| step)
    }

    /// A replay is under way.
    pub fn is_playing(&self) -> bool {
        self.replay.is_some()
    }

    /// Where a move leads; `None` is the live end.
    fn target(&self, scrub: Scrub, run: &Run) -> Option<u64> {
        let rows = run.rows();
        let last = rows.last()?.step;
        let here = self.step.unwrap_or(last).min(last);
        let at = rows.partition_point(|row| row.step < here);
        let leap = |decades: f64| {
            let to = (here as f64).max(STEP_ZERO) * 10f64.powf(decades);
            run.nearest_row(to).map_or(here, |row| row.step)
        };
        let before = rows.get(at.saturating_sub(1)).map_or(0, |row| row.step);
        // A bookmark may stand between two rows.
        let after = rows.partition_point(|row| row.step <= here);
        let after = rows.get(after).map_or(last, |row| row.step);
        let start = rows.first()?.step;
        let marks = || {
            let marks = Bookmark::ALL.into_iter().filter_map(|mark| mark.step(run));
            marks.chain([start])
        };
        let step = match scrub {
            Scrub::To(step) => run.nearest_row(step)?.step,
            Scrub::Previous if self.step.is_none() && run.step() > last => last,
            Scrub::Previous => before,
            Scrub::Next => after,
            Scrub::LeapBack => leap(-LEAP).min(before),
            Scrub::LeapOn => leap(LEAP).max(after),
            Scrub::Start => start,
            Scrub::PreviousMark => marks().filter(|m| *m < here).max().unwrap_or(start),
            Scrub::NextMark => marks().filter(|m| *m > here).min().unwrap_or(run.step()),
            Scrub::Mark(bookmark) => bookmark.step(run)?,
            Scrub::Live => return None,
            Scrub::Play => self.step.unwrap_or(start),
        };
        // Between the last row and where the run stands there is nothing to see.
        (step < last || (step == last && run.step() > last && scrub == Scrub::Previous))
            .then_some(step)
    }

    /// Shows the moment that a move leads to.
    pub fn scrub(&mut self, scrub: Scrub, session: &mut Session, now: f64) {
        let Some(run) = session.run().filter(|run| !run.rows().is_empty()) else {
            return;
        };
        if let Scrub::Mark(bookmark) = scrub
            && bookmark.step(run).is_none()
        {
            return;
        }
        self.wanted = None;
        let playing = self.replay.take().is_some();
        if scrub == Scrub::Play && playing {
            return;
        }
        match self.target(scrub, run) {
            None => self.follow(session, now),
            Some(step) => {
                self.step = Some(step);
                if scrub == Scrub::Play {
                    self.replay = Some(Replay {
                        at: (step as f64).max(STEP_ZERO),
                        since: now,
                    });
                }
                if session.state() == RunState::Running {
                    session.pause();
                    self.holds = true;
                }
            }
        }
    }

    /// Back to where the run stands; training goes on if it waited for this.
    pub fn follow(&mut self, session: &mut Session, now: f64) {
        let holds = std::mem::take(self).holds;
        if holds && session.state() == RunState::Paused {
            session.resume(now);
        }
    }

    /// Moves a replay on. Returns the seconds until it must be called again, if
    /// it must.
    pub fn advance(&mut self, session: &mut Session, now: f64) -> Option<f64> {
        if let (Some([step, reached]), Some(run)) = (self.wanted, session.run()) {
            let over = run.finish().is_some() || run.failure().is_some();
            if !run.rows().is_empty() && (run.step() >= reached || over) {
                self.scrub(Scrub::To(step as f64), session, now);
            }
        }
        let mut replay = self.replay?;
        let elapsed = (now - replay.since).max(0.0);
        let pace = match session.pace() {
            Pace::Fast => FASTEST_REPLAY,
            pace => pace,
        };
        replay.at = match pace {
            Pace::StepsPerSecond(rate) => replay.at + rate * elapsed,
            Pace::DecadesPerSecond(rate) => replay.at * 10f64.powf(rate * elapsed),
            Pace::Fast => f64::INFINITY,
        };
        replay.since = now;
        let rows = session.run().map_or(&[][..], Run::rows);
        let end = rows.partition_point(|row| row.step as f64 <= replay.at);
        if end >= rows.len() {
            // It has caught up: training takes over.
            self.holds |= session.state() == RunState::Paused;
            self.follow(session, now);
            return None;
        }
        self.step = rows.get(end.saturating_sub(1)).map(|row| row.step);
        self.replay = Some(replay);
        Some(0.0)
    }
}

impl GrokscopeApp {
    /// Leaves the past before something is done to the run as it stands.
    pub(super) fn leave_past(&mut self, now: f64) {
        let state = &mut self.state;
        state.time.follow(&mut state.session, now);
    }

    pub(super) fn scrub(&mut self, scrub: Scrub, now: f64) {
        let state = &mut self.state;
        // The sentence is about the moment again.
        state.changed = None;
        state.notice.take_if(|notice| !notice.bad);
        state.time.scrub(scrub, &mut state.session, now);
    }

    /// Plays, or holds a replay, where the cursor stands in the past; false
    /// where it does not.
    pub(super) fn toggle_replay(&mut self, now: f64) -> bool {
        let past = self.state.time.step().is_some();
        if past {
            self.scrub(Scrub::Play, now);
        }
        past
    }
}
