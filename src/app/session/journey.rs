//! A run that is to be seen from one moment to another: at full speed to where it
//! begins, then at its pace to where it holds.

use super::{RunState, Screen, Session};
use crate::{
    history::Run,
    sim::config::Config,
    training::{Command, Hold, Pace, protocol::Phase},
};

/// Where a run is on its way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Journey {
    /// Where it is to be seen from; `None` is the horizon.
    from: Option<Hold>,
    /// Where it holds; `None` is the horizon.
    to: Option<Hold>,
    /// It trains on from where it begins; else it waits.
    runs: bool,
    /// It has come to where it begins.
    arrived: bool,
}

fn is_met(hold: Hold, run: &Run) -> bool {
    hold.is_met(run.step(), run.crossings())
}

/// Whether a run stands there now, and not beyond.
fn stands_at(hold: Hold, run: &Run) -> bool {
    let crossings = run.crossings();
    let step = match hold {
        Hold::Step(step) => Some(step),
        Hold::Fit => crossings.fit,
        Hold::Generalisation => crossings.generalise,
    };
    step == Some(run.step())
}

impl Session {
    /// Shows a run of these settings from one moment to another; `None` is the
    /// horizon. The run on screen goes on where it is such a run and has not come
    /// further than that; else it begins again, so that it looks the same each time.
    /// With `runs` off it waits where it begins.
    pub fn travel(&mut self, config: &Config, [from, to]: [Option<Hold>; 2], runs: bool, now: f64) {
        let same = self.config == *config
            && self.instance.is_none()
            && self.pending.is_none()
            && !self.changed_live()
            && self.state() != RunState::Diverged;
        let goes_on = same
            && self.run().is_some_and(|run| match from {
                Some(hold) => !is_met(hold, run) || stands_at(hold, run),
                None => run.failure().is_none(),
            });
        if !goes_on {
            // What is valid was checked where the settings were read.
            if self.open(config.clone(), None, now).is_err() {
                return;
            }
        }
        self.catch_up = None;
        self.journey = Some(Journey {
            from,
            to,
            runs,
            arrived: false,
        });
        let run = self.run().filter(|_| goes_on);
        match from {
            Some(hold) if run.is_some_and(|run| is_met(hold, run)) => self.arrive(),
            Some(Hold::Step(0)) => self.arrive(),
            _ => {
                self.backend.send(Command::SetPace(Pace::Fast));
                self.backend.send(Command::HoldAt(from));
                self.let_go();
            }
        }
    }

    /// The run on screen is no longer to go on with: the next begins anew.
    pub fn forget_run(&mut self) {
        self.screen = Screen::default();
    }

    /// It is where it is to be seen from.
    fn arrive(&mut self) {
        let Some(journey) = &mut self.journey else {
            return;
        };
        journey.arrived = true;
        let Journey { to, runs, .. } = *journey;
        self.backend.send(Command::SetPace(self.pace));
        self.backend.send(Command::HoldAt(to));
        match runs {
            true => self.let_go(),
            false => {
                self.screen.held = true;
                self.backend.send(Command::Pause);
            }
        }
        if to.is_none() {
            self.journey = None;
        }
    }

    fn let_go(&mut self) {
        if self.run().is_some_and(|run| run.finish().is_none()) {
            self.screen.held = false;
            self.backend.send(Command::Resume);
        }
    }

    /// Whether it is still on its way to where it is to be seen from.
    pub fn is_on_its_way(&self) -> bool {
        self.journey.is_some_and(|journey| !journey.arrived)
    }

    /// Takes in that the run holds by itself, and goes on to the next part.
    pub(super) fn advance_journey(&mut self) {
        let (Some(journey), Some(run)) = (self.journey, self.screen.run.as_ref()) else {
            return;
        };
        if run.finish().is_some() || run.failure().is_some() {
            self.journey = None;
            self.backend.send(Command::SetPace(self.pace));
            return;
        }
        let hold = match journey.arrived {
            true => journey.to,
            false => journey.from,
        };
        let there = hold.is_some_and(|hold| is_met(hold, run));
        if !(there && run.phase() == Phase::Paused) {
            return;
        }
        match journey.arrived {
            true => {
                self.screen.held = true;
                self.journey = None;
            }
            false => self.arrive(),
        }
    }
}
