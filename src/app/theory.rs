//! What the theory says about the run on screen, or about the one that a drag
//! is asking for: requests go out as soon as a setting moves.

use super::{
    look::{Look, Subject},
    session::Session,
    state::Tab,
};
use crate::{
    sim::{
        committee::instance::{Instance, same_instance},
        config::Config,
    },
    training::{
        Answer, FeatureView, Forecast, KernelView, LazyCurve, LazyMovements, MovementRequest,
        PathRequest, PathView, RunId, TheoryHandle, TheoryRequest,
    },
    views::curves::Foresight,
};
use std::sync::Arc;

/// Least time between two looks at the kernel of a run that trains …
const KERNEL_SECS: f64 = 0.5;
/// … and at the neurons, which move visibly.
const FEATURE_SECS: f64 = 0.05;
/// … and at its path.
const PATH_SECS: f64 = 0.1;

/// What the last request was about.
struct Asked {
    number: u64,
    config: Config,
    instance: Option<Arc<Instance>>,
}

/// What was answered, and to which request.
#[derive(Clone)]
struct Known<T> {
    request: u64,
    result: Result<T, String>,
}

impl<T> From<Answer<T>> for Known<T> {
    fn from(answer: Answer<T>) -> Self {
        Self {
            request: answer.request,
            result: answer.result,
        }
    }
}

/// The theory thread's end in the window.
#[derive(Default)]
pub struct Theory {
    handle: Option<TheoryHandle>,
    asked: Option<Asked>,
    forecast: Option<Known<Forecast>>,
    lazy: Option<Known<LazyCurve>>,
    kernel: Look<KernelView>,
    features: Look<FeatureView>,
    // Whether there is anything to say: of the committee machine alone there is.
    applies: bool,
    path: Look<PathView>,
}

impl Theory {
    /// With a thread that answers; without one there is nothing to show.
    pub fn new(handle: Option<TheoryHandle>) -> Self {
        Self {
            handle,
            applies: true,
            ..Self::default()
        }
    }

    /// Takes in answers, and asks again where the settings moved, or where the
    /// tab that is shown, if any, looks at other weights: those at `past`, or as
    /// they are now.
    /// Returns the seconds until it must be called again, if it must.
    pub(super) fn advance(
        &mut self,
        session: &Session,
        past: Option<u64>,
        tab: Option<Tab>,
        now: f64,
    ) -> Option<f64> {
        self.look_ahead(session);
        let kernel = self.look_at_kernel(session, past, tab == Some(Tab::Kernel), now);
        let features = self.look_at_features(session, past, tab == Some(Tab::Features), now);
        let path = self.look_at_path(session, past, tab == Some(Tab::Path), now);
        kernel.or(features).or(path)
    }

    fn look_ahead(&mut self, session: &Session) {
        let Some(handle) = &self.handle else { return };
        if let Some(answer) = handle.forecast() {
            self.forecast = Some(answer.into());
        }
        if let Some(answer) = handle.lazy() {
            self.lazy = Some(answer.into());
        }
        let (run, config) = wanted(session);
        self.applies = config.network.family.is_committee();
        if !self.applies {
            (self.forecast, self.lazy, self.asked) = (None, None, None);
            return;
        }
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
        let number = handle.request(TheoryRequest {
            run,
            config: Box::new(valid),
            instance: instance.cloned(),
        });
        self.asked = Some(Asked {
            number,
            config,
            instance: instance.cloned(),
        });
    }

    fn look_at_kernel(
        &mut self,
        session: &Session,
        past: Option<u64>,
        shown: bool,
        now: f64,
    ) -> Option<f64> {
        let handle = self.handle.as_ref()?;
        self.kernel.receive(handle.kernel(), |view| view.cost);
        let subject = shown.then(|| Subject::of(session, past)).flatten()?;
        let every = if past.is_some() {
            FEATURE_SECS
        } else {
            KERNEL_SECS
        };
        let due = self.kernel.due(session, subject, every, now)?;
        due.ask(|request| handle.request_kernel(request))
    }

    fn look_at_features(
        &mut self,
        session: &Session,
        past: Option<u64>,
        shown: bool,
        now: f64,
    ) -> Option<f64> {
        let handle = self.handle.as_ref()?;
        let answer = handle.features();
        let growing = answer.as_ref().is_some_and(|answer| {
            let view = answer.result.as_ref().ok();
            view.is_some_and(|v| v.features.density.as_ref().is_some_and(|d| d.growing))
        });
        self.features.receive(answer, |view| view.cost);
        if growing {
            self.features.again();
        }
        let subject = shown.then(|| Subject::of(session, past)).flatten()?;
        let due = self.features.due(session, subject, FEATURE_SECS, now)?;
        due.ask(|request| handle.request_features(request))
    }

    fn look_at_path(
        &mut self,
        session: &Session,
        past: Option<u64>,
        shown: bool,
        now: f64,
    ) -> Option<f64> {
        let handle = self.handle.as_ref()?;
        self.path.receive(handle.path(), |view| view.cost);
        let subject = shown.then(|| Subject::of(session, past)).flatten()?;
        let kept = session.snapshot()?.keyframes.clone();
        let due = self.path.due(session, subject, PATH_SECS, now)?;
        due.ask(|now| handle.request_path(PathRequest { now, kept }))
    }

    /// Asks how far the lazy solutions of runs are.
    pub(super) fn request_movements(&self, requests: Vec<MovementRequest>) {
        if let Some(handle) = &self.handle {
            handle.request_movements(requests);
        }
    }

    /// How far those are that came since the last call.
    pub(super) fn movements(&self) -> Option<LazyMovements> {
        self.handle.as_ref().map(TheoryHandle::movements)
    }

    /// The newest path of the run, or why there is none.
    pub fn path(&self) -> Option<Result<&PathView, &str>> {
        self.path.newest()
    }

    /// The newest spectra of the kernel, or why there are none.
    pub fn kernel(&self) -> Option<Result<&KernelView, &str>> {
        self.kernel.newest()
    }

    /// The newest neurons, or why there are none.
    pub fn features(&self) -> Option<Result<&FeatureView, &str>> {
        self.features.newest()
    }

    /// Other settings were opened: what is known is about something else.
    pub(super) fn forget(&mut self) {
        (self.forecast, self.lazy) = (None, None);
        self.kernel.forget();
        self.features.forget();
        self.path.forget();
    }

    /// Test loss of kernel regression with K₀, where it is that of the settings as they
    /// are now.
    pub fn lazy_level(&self) -> Option<f64> {
        let lazy = self.lazy().filter(|_| self.lazy_is_current())?;
        Some(lazy.level).filter(|level| level.is_finite())
    }

    /// The newest forecast.
    pub fn forecast(&self) -> Option<&Forecast> {
        self.forecast.as_ref()?.result.as_ref().ok()
    }

    /// The newest lazy model.
    pub fn lazy(&self) -> Option<&LazyCurve> {
        self.lazy.as_ref()?.result.as_ref().ok()
    }

    /// Whether the newest forecast is of the settings as they are now, and not of
    /// those before a change.
    pub fn forecast_is_current(&self) -> bool {
        (self.forecast.as_ref()).is_some_and(|known| self.is_current(known.request))
    }

    /// Whether the newest lazy model is of the settings as they are now.
    pub fn lazy_is_current(&self) -> bool {
        (self.lazy.as_ref()).is_some_and(|known| self.is_current(known.request))
    }

    fn is_current(&self, request: u64) -> bool {
        self.asked
            .as_ref()
            .is_none_or(|asked| asked.number == request)
    }

    /// Whether nothing more will come as long as the settings stay.
    pub fn is_settled(&self) -> bool {
        let forecast = match self.forecast.as_ref().map(|known| &known.result) {
            Some(Ok(forecast)) => forecast.refined,
            Some(Err(_)) => true,
            None => false,
        };
        !self.applies || forecast && self.forecast_is_current() && self.lazy_is_current()
    }

    /// Whether what a tab shows of the weights is there.
    pub fn has_looked(&self, tab: Tab) -> bool {
        match tab {
            Tab::Kernel => self.kernel().is_some(),
            Tab::Path => self.path().is_some(),
            Tab::Features => self.features().is_some_and(|view| {
                let density = view.ok().and_then(|v| v.features.density.as_ref());
                !density.is_some_and(|d| d.growing)
            }),
            _ => true,
        }
    }

    /// Whether there is a theory of what is on screen.
    pub fn applies(&self) -> bool {
        self.applies
    }

    /// What the plots draw of it.
    pub fn foresight(&self) -> Foresight<'_> {
        Foresight {
            forecast: self.forecast().map(|f| f.points.as_slice()),
            floor: self.forecast().map_or(0.0, Forecast::floor),
            lazy: self.lazy().map(|s| s.points.as_slice()),
            level: self.lazy().map(|s| s.level).filter(|l| l.is_finite()),
            no_forecast: self.forecast.as_ref().and_then(problem),
            no_lazy: self.lazy.as_ref().and_then(problem),
            stale_forecast: !self.forecast_is_current(),
            stale_lazy: !self.lazy_is_current(),
        }
    }

    /// A copy to draw elsewhere, without the thread.
    pub(super) fn picture(&self) -> Self {
        Self {
            forecast: self.forecast.clone(),
            lazy: self.lazy.clone(),
            ..Self::default()
        }
    }
}

fn problem<T>(known: &Known<T>) -> Option<&str> {
    known.result.as_ref().err().map(String::as_str)
}

impl Asked {
    fn is_for(&self, config: &Config, instance: Option<&Arc<Instance>>) -> bool {
        same_instance(self.instance.as_ref(), instance) && self.config == *config
    }
}

/// The settings to look ahead for, and the run that they belong to: the one on
/// screen as it is trained, with its lowered learning rate and its changes on the
/// way, or the next where the settings moved since it was started.
pub(super) fn wanted(session: &Session) -> (RunId, Config) {
    let (id, mut config) = match session.run() {
        None => (RunId::NONE, session.config().clone()),
        Some(_) if session.is_pending() => (session.next_run(), session.config().clone()),
        Some(run) => (run.id(), session.config_on_screen()),
    };
    // Neither moves a curve.
    let Config {
        outcome, record, ..
    } = Config::default();
    (config.outcome, config.record) = (outcome, record);
    (id, config)
}
