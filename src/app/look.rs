//! Looks at the weights of the run that trains, one at a time and at a modest
//! rate.

use super::{session::Session, theory::wanted};
use crate::{
    sim::{committee::moments::MomentState, model::weights_as},
    training::{Answer, RunId, TheoryRequest, WeightsRequest},
};
use std::{sync::Arc, time::Duration};

/// Least time between two looks as a multiple of what one costs.
const SHARE: f64 = 5.0;

/// What was seen last, and what was asked for last.
pub(super) struct Look<T> {
    newest: Option<Result<T, String>>,
    cost: Duration,
    asked: Option<Asked>,
}

struct Asked {
    run: RunId,
    step: u64,
    since: f64,
    waiting: bool,
}

/// Weights to look at.
pub(super) struct Subject {
    run: RunId,
    step: u64,
    state: Arc<MomentState>,
}

impl Subject {
    /// The weights of the run on screen at a past step, or the nearest earlier
    /// ones that were kept; as they are now without one.
    pub(super) fn of(session: &Session, past: Option<u64>) -> Option<Self> {
        let snapshot = session.snapshot()?;
        let kept = past.and_then(|step| snapshot.keyframes.at_or_before(step));
        let (step, weights) = match kept {
            Some(kept) => (kept.step, kept.weights),
            None => (snapshot.step, Arc::clone(&snapshot.weights)),
        };
        Some(Self {
            run: snapshot.run,
            step,
            state: weights_as(&weights)?,
        })
    }
}

/// What is to be done about the next look.
pub(super) enum Due {
    /// Ask this.
    Now(WeightsRequest),
    /// Wait this many seconds.
    In(f64),
}

impl Due {
    /// Asks where it is time to; returns the seconds until it is otherwise.
    pub(super) fn ask(self, request: impl FnOnce(WeightsRequest)) -> Option<f64> {
        match self {
            Self::Now(weights) => {
                request(weights);
                None
            }
            Self::In(wait) => Some(wait),
        }
    }
}

impl<T> Default for Look<T> {
    fn default() -> Self {
        Self {
            newest: None,
            cost: Duration::ZERO,
            asked: None,
        }
    }
}

impl<T> Look<T> {
    /// Takes in an answer.
    pub(super) fn receive(&mut self, answer: Option<Answer<T>>, cost: impl Fn(&T) -> Duration) {
        let Some(answer) = answer else { return };
        self.cost = answer.result.as_ref().map_or(Duration::ZERO, cost);
        self.newest = Some(answer.result);
        if let Some(asked) = &mut self.asked {
            asked.waiting = false;
        }
    }

    /// What to ask where the subject is another than that of the last look.
    pub(super) fn due(
        &mut self,
        session: &Session,
        subject: Subject,
        every: f64,
        now: f64,
    ) -> Option<Due> {
        if let Some(asked) = &self.asked {
            if asked.waiting || (asked.run, asked.step) == (subject.run, subject.step) {
                return None;
            }
            let due = asked.since + every.max(SHARE * self.cost.as_secs_f64());
            if now < due {
                return Some(Due::In(due - now));
            }
        }
        let (run, config) = wanted(session);
        if run != subject.run {
            return None;
        }
        let request = WeightsRequest {
            theory: TheoryRequest {
                run,
                config: Box::new(config.check().ok()?),
                instance: session.instance().map(|(_, instance)| Arc::clone(instance)),
            },
            step: subject.step,
            state: Arc::clone(&subject.state),
        };
        self.asked = Some(Asked {
            run,
            step: subject.step,
            since: now,
            waiting: true,
        });
        Some(Due::Now(request))
    }

    /// Asks again although nothing moved: what was seen is not all there is.
    pub(super) fn again(&mut self) {
        self.asked = None;
    }

    /// What was seen last, or why nothing was.
    pub(super) fn newest(&self) -> Option<Result<&T, &str>> {
        let newest = self.newest.as_ref()?.as_ref();
        Some(newest.map_err(String::as_str))
    }

    /// What was seen is about something else.
    pub(super) fn forget(&mut self) {
        self.newest = None;
    }
}
