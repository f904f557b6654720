//! The whole curve of a run at once, to be drawn before the run has begun.

use super::engine::RTOL;
use super::integration::{FlowCrossings, FlowIntegration, MARKS};
use super::system::FlowSystem;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::committee::engine::Losses;
use crate::sim::committee::moments::MomentState;
use crate::sim::outcome::{Outcome, Thresholds};
use crate::sim::rkc::{Cost, RkcError};
use std::ops::ControlFlow;

/// How closely and how densely a curve is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Tolerance of a step: rms error of the function over that of the labels.
    pub rtol: f64,
    /// Samples per decade of flow time.
    pub samples_per_decade: u32,
}

impl Quality {
    /// While a slider is dragged: losses within a few per cent.
    pub const COARSE: Self = Self {
        rtol: 3e-2,
        samples_per_decade: 10,
    };
    /// When it rests: within about one per cent.
    pub const FORECAST: Self = Self {
        rtol: 2e-3,
        samples_per_decade: 20,
    };
    /// To be read off: the tolerance of [`super::FlowEngine`].
    pub const EXACT: Self = Self {
        rtol: RTOL,
        samples_per_decade: 50,
    };

    /// Fraction of its initial value below which the train loss is spent, as far
    /// as this accuracy can tell: residuals are only good to about rtol/10.
    fn spent(self) -> f64 {
        (0.1 * self.rtol).powi(2)
    }
}

/// What to integrate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowOptions {
    /// Accuracy and density.
    pub quality: Quality,
    /// First sample after τ = 0: η₀, one step.
    pub first_time: f64,
    /// Last flow time: η₀ times the steps.
    pub horizon: f64,
    /// Without weight decay the curve ends where the train loss is below this
    /// fraction of its initial value, because nothing moves any more. By default
    /// what the accuracy can tell from zero.
    pub spent: f64,
    /// Thresholds whose crossings are to be found.
    pub thresholds: Option<Thresholds>,
    /// Other thresholds whose crossings are to be found too.
    pub marks: Option<[Thresholds; MARKS]>,
    /// Ends the curve once all crossings are known: for outcomes alone.
    pub until_classified: bool,
}

impl FlowOptions {
    /// The curve of a run of so many steps of η₀.
    pub fn new(quality: Quality, learning_rate: f64, steps: u64) -> Self {
        Self {
            quality,
            first_time: learning_rate,
            horizon: learning_rate * steps as f64,
            spent: quality.spent(),
            thresholds: None,
            marks: None,
            until_classified: false,
        }
    }
}

/// One point of the curve.
pub struct FlowSample<'a> {
    /// Flow time τ.
    pub time: f64,
    /// Losses; the exact test loss with its three terms.
    pub losses: Losses,
    integration: &'a FlowIntegration,
}

impl FlowSample<'_> {
    /// The weights there, as moments.
    pub fn state(&self) -> MomentState {
        self.integration.state_at(self.time)
    }
}

/// Why a curve ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    /// At the horizon.
    Horizon,
    /// The train loss is spent.
    Spent,
    /// All crossings are known, and no more was asked for.
    Classified,
    /// A callback asked for it.
    Cancelled,
    /// The integrator failed.
    Failed(RkcError),
}

/// A curve as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowSummary {
    /// Why it ended.
    pub ending: Ending,
    /// Where it ended.
    pub time: f64,
    /// Threshold crossings, at any τ.
    pub crossings: FlowCrossings,
    /// Crossings of the marks.
    pub marks: [FlowCrossings; MARKS],
    /// The train loss rose above its threshold again.
    pub fit_lost: bool,
    /// Evaluations and steps.
    pub cost: Cost,
}

impl FlowSummary {
    /// The outcome class of a curve that was not cancelled.
    pub fn outcome(&self, learning_rate: f64, min_ratio: f64) -> Option<Outcome> {
        match self.ending {
            Ending::Horizon | Ending::Spent | Ending::Classified => Some(Outcome::classify(
                self.crossings.in_steps(learning_rate),
                min_ratio,
            )),
            Ending::Cancelled | Ending::Failed(_) => None,
        }
    }
}

/// Integrates the flow from `initial` to the horizon, calling `on_sample` at τ = 0,
/// at log-spaced times first_time·10^(k/n), and at the end. `keep_going` is asked
/// before every evaluation of the right-hand side. Either ends the curve with
/// `Break`.
pub fn integrate(
    system: FlowSystem,
    initial: &MomentState,
    options: &FlowOptions,
    keep_going: &mut dyn FnMut() -> ControlFlow<()>,
    mut on_sample: impl FnMut(FlowSample) -> ControlFlow<()>,
) -> FlowSummary {
    let mut flow = FlowIntegration::new(system, initial, options.quality.rtol, options.thresholds)
        .with_marks(options.marks);
    let spent = options.spent * flow.train_loss();
    let between = &mut |_: Between| ControlFlow::Continue(());
    let ending = run(
        &mut flow,
        options,
        spent,
        keep_going,
        between,
        &mut on_sample,
    );
    summary(&flow, ending)
}

/// A curve between two steps of the integrator.
pub struct Between<'a>(&'a FlowIntegration);

impl Between<'_> {
    /// Flow time reached.
    pub fn time(&self) -> f64 {
        self.0.time()
    }

    /// What [`integrate_on`] needs to go on from here.
    pub fn state(&self) -> Vec<u64> {
        let mut state = Writer::new();
        self.0.save(&mut state);
        state.into_words()
    }
}

/// Integrates as [`integrate`] does, from the start or from a state that was kept
/// on the way; either way the rest is the same to the bit. `between` is called after
/// every step and ends the curve with `Break`.
///
/// # Errors
/// A state that belongs to something else.
pub fn integrate_on(
    system: FlowSystem,
    initial: &MomentState,
    options: &FlowOptions,
    from: Option<&[u64]>,
    between: &mut dyn FnMut(Between) -> ControlFlow<()>,
    keep_going: &mut dyn FnMut() -> ControlFlow<()>,
    mut on_sample: impl FnMut(FlowSample) -> ControlFlow<()>,
) -> Result<FlowSummary, Mismatch> {
    let mut flow = FlowIntegration::new(system, initial, options.quality.rtol, options.thresholds)
        .with_marks(options.marks);
    let spent = options.spent * flow.train_loss();
    if let Some(words) = from {
        let mut state = Reader::new(words);
        flow.restore(&mut state)?;
        state.finish()?;
    }
    let ending = run(
        &mut flow,
        options,
        spent,
        keep_going,
        between,
        &mut on_sample,
    );
    Ok(summary(&flow, ending))
}

fn summary(flow: &FlowIntegration, ending: Ending) -> FlowSummary {
    FlowSummary {
        ending,
        time: flow.time(),
        crossings: flow.crossings(),
        marks: flow.marks(),
        fit_lost: flow.fit_lost(),
        cost: flow.cost(),
    }
}

fn run(
    flow: &mut FlowIntegration,
    options: &FlowOptions,
    spent: f64,
    keep_going: &mut dyn FnMut() -> ControlFlow<()>,
    between: &mut dyn FnMut(Between) -> ControlFlow<()>,
    on_sample: &mut dyn FnMut(FlowSample) -> ControlFlow<()>,
) -> Ending {
    let mut sample = |flow: &mut FlowIntegration, time: f64| {
        let losses = flow.losses_at(time);
        on_sample(FlowSample {
            time,
            losses,
            integration: flow,
        })
    };
    let begun = flow.time();
    if begun == 0.0 && sample(flow, 0.0).is_break() {
        return Ending::Cancelled;
    }
    let per_decade = f64::from(options.quality.samples_per_decade.max(1));
    let time_of = |k: u32| options.first_time * 10f64.powf(f64::from(k) / per_decade);
    let mut k = 0;
    while begun > 0.0 && time_of(k) <= begun {
        k += 1;
    }
    let mut sampled = 0.0;
    loop {
        match flow.step(options.horizon, keep_going) {
            Ok(()) => {}
            Err(RkcError::Stopped { .. }) => return Ending::Cancelled,
            Err(error) => return Ending::Failed(error),
        }
        while time_of(k) <= flow.time() {
            sampled = time_of(k);
            k += 1;
            if sample(flow, sampled).is_break() {
                return Ending::Cancelled;
            }
        }
        let ending = if flow.time() >= options.horizon {
            Ending::Horizon
        } else if flow.is_spent()
            || flow.system().weight_decay() == 0.0 && flow.train_loss() <= spent
        {
            Ending::Spent
        } else if options.until_classified && flow.are_complete() {
            Ending::Classified
        } else if between(Between(flow)).is_break() {
            return Ending::Cancelled;
        } else {
            continue;
        };
        let end = flow.time();
        if end > sampled && sample(flow, end).is_break() {
            return Ending::Cancelled;
        }
        return ending;
    }
}
