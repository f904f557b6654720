//! What teaches: a guess at what a run will do, and the guided tour.

use super::{GrokscopeApp, state::State};
use crate::{
    training::Hold,
    views::{
        curves::GuessMark,
        tour::{self, TourAction},
        why::{self, Paragraph},
    },
};

impl State {
    /// What explains the sentence about what is shown, and the outcome.
    pub fn explanation(&self, now: f64) -> Vec<Paragraph> {
        let Some(run) = self.session.shown(now) else {
            return Vec::new();
        };
        let moment = run.moment(self.past());
        let numbers = super::telling::numbers(moment, self.lazy_level(run));
        why::paragraphs(numbers.as_ref(), run)
    }
}

impl GrokscopeApp {
    /// Begins a guess at when the run generalises, from step 0 and with nothing on the
    /// plot that gives it away; or ends one.
    pub(super) fn toggle_guess(&mut self, now: f64) {
        if self.state.curves.guess.take().is_some() {
            return;
        }
        self.leave_past(now);
        let config = self.state.session.config().clone();
        let start = Some(Hold::Step(0));
        let session = &mut self.state.session;
        if session.instance().is_some() {
            session.reset(now);
            session.pause();
        } else {
            session.forget_run();
            session.travel(&config, [start, None], false, now);
        }
        session.forget_ghosts();
        self.state.curves.guess = Some(GuessMark::new(config.training.horizon()));
        let text =
            "Drag the mark to where you think the test loss will fall below θ, then press Space.";
        self.notice(text.into(), now);
    }

    /// Does what was asked of the guided tour.
    pub(super) fn tour(&mut self, action: TourAction) {
        let state = &mut self.state;
        state.tour = match action {
            TourAction::Begin => Some(0),
            TourAction::Card(card) if card < tour::cards() => Some(card),
            TourAction::Card(_) | TourAction::Leave => None,
        };
        state.help_open &= action != TourAction::Begin;
        // Whoever has begun it need not be asked again.
        state.toured = true;
    }
}
