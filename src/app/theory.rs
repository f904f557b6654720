//! What the theory says about the run on screen, or about the one that a drag
//! is asking for: requests go out as soon as a setting moves.

use super::session::Session;
use crate::{
    sim::{config::Config, instance::Instance},
    training::{Forecast, LazyShadow, RunId, TheoryHandle, TheoryRequest},
    views::curves::Foresight,
};
use std::sync::Arc;

/// What the last request was about.
struct Asked {
    config: Config,
    instance: Option<Arc<Instance>>,
}

/// The theory thread's end in the window.
#[derive(Default)]
pub struct Theory {
    handle: Option<TheoryHandle>,
    asked: Option<Asked>,
    forecast: Option<Result<Forecast, String>>,
    shadow: Option<Result<LazyShadow, String>>,
}

impl Theory {
    /// With a thread that answers; without one there is nothing to show.
    pub fn new(handle: Option<TheoryHandle>) -> Self {
        Self {
            handle,
            ..Self::default()
        }
    }

    /// Takes in answers, and asks again where the settings moved.
    pub(super) fn advance(&mut self, session: &Session) {
        let Some(handle) = &self.handle else { return };
        if let Some(answer) = handle.forecast() {
            self.forecast = Some(answer.result);
        }
        if let Some(answer) = handle.shadow() {
            self.shadow = Some(answer.result);
        }
        let (run, config) = wanted(session);
        let instance = session.instance().map(|(_, instance)| instance);
        if self
            .asked
            .as_ref()
            .is_some_and(|a| a.is_for(&config, instance))
        {
            return;
        }
        let Ok(valid) = config.clone().check() else {
            return;
        };
        handle.request(TheoryRequest {
            run,
            config: Box::new(valid),
            instance: instance.cloned(),
        });
        self.asked = Some(Asked {
            config,
            instance: instance.cloned(),
        });
    }

    /// Other settings were opened: what is known is about something else.
    pub(super) fn forget(&mut self) {
        (self.forecast, self.shadow) = (None, None);
    }

    /// The newest forecast.
    pub fn forecast(&self) -> Option<&Forecast> {
        self.forecast.as_ref()?.as_ref().ok()
    }

    /// The newest lazy model.
    pub fn shadow(&self) -> Option<&LazyShadow> {
        self.shadow.as_ref()?.as_ref().ok()
    }

    /// What the plots draw of it.
    pub fn foresight(&self) -> Foresight<'_> {
        Foresight {
            forecast: self.forecast().map(|f| f.points.as_slice()),
            shadow: self.shadow().map(|s| s.points.as_slice()),
            level: self.shadow().map(|s| s.level).filter(|l| l.is_finite()),
            no_forecast: self.forecast.as_ref().and_then(problem),
            no_shadow: self.shadow.as_ref().and_then(problem),
        }
    }

    /// A copy to draw elsewhere, without the thread.
    pub(super) fn picture(&self) -> Self {
        Self {
            handle: None,
            asked: None,
            forecast: self.forecast.clone(),
            shadow: self.shadow.clone(),
        }
    }
}

fn problem<T>(result: &Result<T, String>) -> Option<&str> {
    result.as_ref().err().map(String::as_str)
}

impl Asked {
    fn is_for(&self, config: &Config, instance: Option<&Arc<Instance>>) -> bool {
        let same_instance = match (&self.instance, instance) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_instance && self.config == *config
    }
}

/// The settings to look ahead for, and the run that they belong to: the one on
/// screen, or the next where they changed since it was started.
fn wanted(session: &Session) -> (RunId, Config) {
    let mut config = session.config().clone();
    // Neither moves a curve.
    let Config {
        outcome, record, ..
    } = Config::default();
    (config.outcome, config.record) = (outcome, record);
    let Some(run) = session.run() else {
        return (RunId(0), config);
    };
    let mut trained = run.config().clone();
    if let Some(lowered) = run.lowered()
        && trained.training.learning_rate == config.training.learning_rate
    {
        config.training.learning_rate = lowered.to;
    }
    // These change while it trains.
    trained.training = config.training.clone();
    (trained.outcome, trained.record) = (config.outcome.clone(), config.record.clone());
    let id = run.id();
    let id = if trained == config {
        id
    } else {
        RunId(id.0 + 1)
    };
    (id, config)
}
