//! Looks at the network on screen, where it is none of the committee machines: the
//! newest weights, or those kept of a past step, one look at a time.

use super::session::Session;
use crate::{
    sim::{
        config::ValidConfig,
        model::weights_as,
        networks::{look::NetworkLook, model::NetworkWeights},
    },
    training::{InspectHandle, NetworkRequest, RunId},
};
use std::{sync::Arc, time::Duration};

/// Least time between two looks as a multiple of what one costs, and in seconds.
const SHARE: f64 = 5.0;
const SECS: f64 = 0.1;

/// What was seen of the network on screen.
#[derive(Default)]
pub struct Network {
    handle: Option<InspectHandle>,
    // Run, settings and number of the last look, and whether it is waited for.
    config: Option<(RunId, ValidConfig)>,
    seen: Option<Result<Arc<NetworkLook>, String>>,
    number: u64,
    asked: Option<(RunId, u64, f64)>,
    waiting: bool,
    cost: Duration,
    fit: Fit,
}

/// What was wrong where the train set was fitted.
#[derive(Default)]
enum Fit {
    #[default]
    Unknown,
    Asked,
    Wrong(Vec<usize>),
}

impl Network {
    /// With a thread that looks.
    pub fn new(handle: Option<InspectHandle>) -> Self {
        Self {
            handle,
            ..Self::default()
        }
    }

    /// Takes in what was seen and asks for the next look while `shown`; returns the
    /// seconds until it must be called again, if it must.
    pub(super) fn advance(
        &mut self,
        session: &Session,
        past: Option<u64>,
        shown: bool,
        now: f64,
    ) -> Option<f64> {
        let handle = self.handle.as_ref()?;
        if let Some(view) = handle.view() {
            self.waiting = false;
            self.cost = view.cost;
            if self
                .config
                .as_ref()
                .is_some_and(|(run, _)| *run == view.run)
            {
                match (&self.fit, view.look) {
                    (Fit::Asked, Ok(look)) => self.fit = Fit::Wrong(wrong(&look)),
                    (_, look) => {
                        self.number += 1;
                        self.seen = Some(look);
                    }
                }
            }
        }
        let snapshot = session.snapshot()?;
        if self
            .config
            .as_ref()
            .is_none_or(|(run, _)| *run != snapshot.run)
        {
            let config = session.run()?.config().clone().check().ok()?;
            self.config = Some((snapshot.run, config));
            (self.seen, self.asked, self.fit) = (None, None, Fit::Unknown);
        }
        if !shown || self.waiting {
            return None;
        }
        let (run, config) = self.config.as_ref()?;
        if config.network.family.is_committee() {
            return None;
        }
        let kept = |step| snapshot.keyframes.at_or_before(step);
        let fitted = session.run().and_then(|run| run.crossings().fit);
        let at_fit = fitted
            .filter(|_| matches!(self.fit, Fit::Unknown))
            .and_then(kept);
        let (step, weights) = match (&at_fit, past.and_then(kept)) {
            (Some(fit), _) => (fit.step, Arc::clone(&fit.weights)),
            (None, Some(kept)) => (kept.step, kept.weights),
            (None, None) => (snapshot.step, Arc::clone(&snapshot.weights)),
        };
        if at_fit.is_none() {
            if let Some((asked_run, asked_step, since)) = self.asked {
                if (asked_run, asked_step) == (*run, step) {
                    return None;
                }
                let due = since + SECS.max(SHARE * self.cost.as_secs_f64());
                if now < due {
                    return Some(due - now);
                }
            }
            self.asked = Some((*run, step, now));
        } else {
            self.fit = Fit::Asked;
        }
        handle.request(NetworkRequest {
            run: *run,
            config: Box::new(config.clone()),
            step,
            weights: weights_as::<NetworkWeights>(&weights)?,
        });
        self.waiting = true;
        None
    }

    /// What was seen last, or why nothing was.
    pub fn look(&self) -> Option<Result<&NetworkLook, &str>> {
        let seen = self.seen.as_ref()?;
        Some(seen.as_deref().map_err(String::as_str))
    }

    /// Tells that look from every other one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Test examples that were wrong where the train set was fitted.
    pub fn wrong_at_fit(&self) -> Option<&[usize]> {
        match &self.fit {
            Fit::Wrong(wrong) => Some(wrong),
            Fit::Unknown | Fit::Asked => None,
        }
    }
}

/// Test images with a wrong answer.
fn wrong(look: &NetworkLook) -> Vec<usize> {
    let images = look.images.as_ref();
    images.map_or_else(Vec::new, |images| {
        let pairs = images.answers.iter().zip(images.labels.iter()).enumerate();
        pairs.filter(|(_, (a, l))| a != l).map(|(i, _)| i).collect()
    })
}
