//! A figure of the paper in the window: its main curve is trained live, all of
//! them are computed beside it and kept for comparison.

use super::{
    GrokscopeApp,
    state::{MAX_PINS, Pin, Tab},
};
use crate::{
    figures::{self, Curve, CurveSummary, Figure, spec},
    history::Run,
    sim::config::{Config, EngineKind},
    training::{Command, Event, Frontend, RunId, StartOptions, WorkerHandle, pump},
    views::axes::Scale,
};
use egui::Context;
use std::time::Duration;

/// Time that events may take in one frame.
const EVENT_BUDGET: Duration = Duration::from_millis(4);

/// Names of a figure's runs begin here: no run of the session has one of them.
const FIRST_RUN: u64 = 1 << 48;

/// The figure on show, and what is known of its curves.
pub struct OpenFigure {
    figure: &'static Figure,
    summaries: Vec<Option<CurveSummary>>,
    failures: Vec<String>,
    current: Option<Computing>,
}

/// The curve that is being computed.
struct Computing {
    curve: usize,
    worker: WorkerHandle,
    run: Run,
}

struct Collector<'a>(&'a mut Run);

impl Frontend for Collector<'_> {
    fn current_run(&self) -> Option<RunId> {
        Some(self.0.id())
    }

    fn handle(&mut self, event: Event) {
        self.0.handle(&event);
    }
}

impl OpenFigure {
    fn new(figure: &'static Figure) -> Self {
        Self {
            figure,
            summaries: vec![None; figure.curves.len()],
            failures: Vec::new(),
            current: None,
        }
    }

    /// The figure.
    pub fn figure(&self) -> &'static Figure {
        self.figure
    }

    /// Each curve with what it came to, where that is known.
    pub fn curves(&self) -> impl Iterator<Item = (&'static Curve, Option<&CurveSummary>)> {
        let summaries = self.summaries.iter().map(Option::as_ref);
        self.figure.curves.iter().zip(summaries)
    }

    /// Whether a curve is the one that is trained live.
    pub fn is_live(&self, curve: &Curve) -> bool {
        self.figure.live().name == curve.name
    }

    /// Curves that could not be computed, and why.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Whether curves are still being computed.
    pub fn is_computing(&self) -> bool {
        self.current.is_some()
    }

    /// Whether all curves are the flow's.
    pub fn is_flow(&self) -> bool {
        let flow = |c: &Curve| spec::as_flow(&c.config).training.engine == EngineKind::Flow;
        self.figure.curves.iter().all(flow)
    }

    fn compute(&mut self, curve: usize, ctx: &Context) {
        let Some(planned) = self.figure.curves.get(curve) else {
            self.current = None;
            return;
        };
        // A figure's settings are valid, as the flow or as they are.
        let Ok(config) = spec::as_flow(&planned.config).check() else {
            return self.compute(curve + 1, ctx);
        };
        let id = RunId(FIRST_RUN + curve as u64);
        let ctx = ctx.clone();
        let worker = WorkerHandle::spawn(move || ctx.request_repaint());
        worker.send(Command::Start {
            run: id,
            config: Box::new(config.clone()),
            instance: None,
            options: StartOptions::default(),
        });
        self.current = Some(Computing {
            curve,
            worker,
            run: Run::new(id, config.into_inner()),
        });
    }

    /// Takes in what was computed; returns a curve that is done.
    fn advance(&mut self, ctx: &Context) -> Option<(usize, Run)> {
        let computing = self.current.as_mut()?;
        pump(
            &computing.worker,
            &mut Collector(&mut computing.run),
            EVENT_BUDGET,
        );
        let run = &computing.run;
        if run.finish().is_none() && run.failure().is_none() {
            return None;
        }
        let Computing { curve, run, .. } = self.current.take()?;
        let planned = &self.figure.curves[curve];
        match (run.finish(), run.info(), run.failure()) {
            (Some(finish), Some(info), _) => {
                let zero = info.zero_test_loss;
                let summary = CurveSummary::new(planned, run.config(), run.rows(), finish, zero);
                self.summaries[curve] = Some(summary);
            }
            (_, _, why) => {
                let why = why.unwrap_or("it ended before it had begun");
                self.failures.push(format!("{}: {why}", planned.label));
            }
        }
        self.compute(curve + 1, ctx);
        Some((curve, run))
    }
}

/// The tab that shows a figure's claim.
fn tab(tab: spec::FigureTab) -> Tab {
    match tab {
        spec::FigureTab::Figure => Tab::Figure,
        spec::FigureTab::Error => Tab::Error,
        spec::FigureTab::Kernel => Tab::Kernel,
        spec::FigureTab::Features => Tab::Features,
    }
}

impl GrokscopeApp {
    /// Opens a figure by its ID: trains its main curve, computes all of them.
    pub(super) fn open_figure(&mut self, id: &str, ctx: &Context, now: f64) {
        let figure = match figures::find(id) {
            Ok(figure) => figure,
            Err(error) => return self.failure(error.to_string(), now),
        };
        let config = figure.live().config.clone();
        if let Err(error) = self.state.session.open(config.clone(), None, now) {
            return self.failure(error.to_string(), now);
        }
        self.close_figure();
        self.opened(config, None);
        self.state.tab = tab(figure.view.tab);
        let curves = &mut self.state.curves;
        if (curves.loss_scale == Scale::Log) != figure.view.log_loss {
            curves.toggle_loss_scale();
        }
        curves.refit();
        let mut open = OpenFigure::new(figure);
        open.compute(0, ctx);
        self.state.figure = Some(open);
    }

    /// Puts the figure away, with the curves that it kept.
    pub(super) fn close_figure(&mut self) {
        if self.state.figure.take().is_some() {
            self.state.pins.retain(|pin| pin.run.id().0 < FIRST_RUN);
        }
        if self.state.tab == Tab::Figure {
            self.state.tab = Tab::Error;
        }
    }

    /// Puts the headless command for the figure on the clipboard.
    pub(super) fn copy_figure_command(&mut self, ctx: &Context, now: f64) {
        if let Some(open) = &self.state.figure {
            let command = open.figure.command();
            ctx.copy_text(command.clone());
            self.notice(format!("Copied: {command}"), now);
        }
    }

    /// Takes in the figure's curves.
    pub(super) fn advance_figure(&mut self, ctx: &Context) {
        let Some(open) = &mut self.state.figure else {
            return;
        };
        let Some((curve, run)) = open.advance(ctx) else {
            return;
        };
        let planned = &open.figure.curves[curve];
        let worth_keeping = !open.is_live(planned) && run.failure().is_none();
        if worth_keeping && self.state.pins.len() < MAX_PINS {
            let label = planned.label.clone();
            self.state.pins.push(Pin { run, label });
        }
    }

    /// The curves of the figure are computed, or there is none.
    pub(super) fn figure_is_settled(&self) -> bool {
        let open = self.state.figure.as_ref();
        open.is_none_or(|open| !open.is_computing())
    }

    /// Whether these settings are the figure's own.
    pub(super) fn is_of_figure(&self, config: &Config) -> bool {
        let open = self.state.figure.as_ref();
        open.is_some_and(|open| open.figure.live().config == *config)
    }
}
