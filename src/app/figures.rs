//! A figure of the paper in the window: its main curve is trained live, all of
//! them are computed beside it and kept for comparison.

use super::{
    GrokscopeApp,
    compare::{MAX_PINS, Pin, PinColour, PinLine},
    diagram::Subject,
    export, raster,
    session::Session,
    state::Tab,
};
use crate::{
    figures::{
        self, Curve, CurveSummary, Figure,
        measured::{AUTHORS, Row as Summary},
        plot::{self, Known, Plot},
        run::{alone, kernel_regression},
        spec,
    },
    history::Run,
    sim::{
        config::{Config, EngineKind},
        metrics::Row,
    },
    startup::PanelsPicture,
    training::{Event, RunId, headless::HeadlessRun},
    views::{
        axes::Scale,
        curves::{Lower, Shown},
        figure_panels, fonts,
        theme::Theme,
    },
};
use crossbeam_channel::{Receiver, bounded};
use egui::{Context, RichText, vec2};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The figure on show, and what is known of its curves.
pub struct OpenFigure {
    figure: &'static Figure,
    summaries: Vec<Option<CurveSummary>>,
    /// The name of each curve's run.
    runs: Vec<RunId>,
    failures: Vec<String>,
    /// What the panels draw of each curve.
    drawn: Vec<Option<Drawn>>,
    panels: bool,
    enlarged: Option<usize>,
    computed: Receiver<Computed>,
    stop: Arc<AtomicBool>,
    /// What the user saw of the plots before: comes back with the figure's end.
    pub(super) before: (Shown, Scale),
}

/// A curve, by its place, and its run or why there is none.
type Computed = (usize, Result<Box<Done>, String>);

/// A curve that was computed.
struct Done {
    run: HeadlessRun,
    kernel_regression: Option<f64>,
}

/// What the panels draw of a curve.
struct Drawn {
    rows: Vec<Row>,
    summary: Summary,
    kernel_regression: Option<f64>,
}

/// Room for curves that the window has not taken in yet.
const ROOM: usize = 4;

impl Drop for OpenFigure {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl OpenFigure {
    /// Begins to compute all curves on a thread of its own.
    fn new(figure: &'static Figure, before: (Shown, Scale), ctx: &Context) -> Self {
        let (sender, computed) = bounded(ROOM);
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, ctx) = (Arc::clone(&stop), ctx.clone());
        std::thread::spawn(move || {
            let over = || stopped.load(Ordering::Relaxed);
            for (i, curve) in figure.curves.iter().enumerate() {
                let asked = |p: &figures::panel::Panel| p.kernel_regression && p.has(&curve.name);
                let level = figure.panels.iter().any(asked);
                let config = spec::as_flow(&curve.config).check();
                let run = config.map_err(|e| e.to_string()).and_then(|config| {
                    let run = alone(&config, figure.is_costly(), &over)?;
                    let level = level.then(|| kernel_regression(&config)).flatten();
                    Ok(run.map(|run| (run, level)))
                });
                let run = match run {
                    Ok(None) => return,
                    Ok(Some((run, kernel_regression))) => Ok(Box::new(Done {
                        run,
                        kernel_regression,
                    })),
                    Err(problem) => Err(problem),
                };
                // Another figure was opened, or the window closed.
                if sender.send((i, run)).is_err() {
                    return;
                }
                ctx.request_repaint();
            }
        });
        Self {
            figure,
            summaries: vec![None; figure.curves.len()],
            runs: figure.curves.iter().map(|_| RunId::next()).collect(),
            failures: Vec::new(),
            drawn: figure.curves.iter().map(|_| None).collect(),
            panels: true,
            enlarged: None,
            computed,
            stop,
            before,
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

    /// Whether a run on the plots is this curve.
    pub fn is_run_of(&self, curve: &Curve, run: RunId) -> bool {
        let mut curves = self.figure.curves.iter().zip(&self.runs);
        curves.any(|(c, id)| *id == run && c.name == curve.name)
    }

    /// The colour of a curve that is kept: few from the palette, many on a ramp.
    fn colour(&self, curve: &Curve) -> PinColour {
        let others = || self.figure.curves.iter().filter(|c| !self.is_live(c));
        let place = others().position(|c| c.name == curve.name).unwrap_or(0);
        PinColour::of_kept(place, others().count())
    }

    /// Curves that could not be computed, and why.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Whether curves are still being computed.
    pub fn is_computing(&self) -> bool {
        let known = self.summaries.iter().flatten().count();
        known + self.failures.len() < self.figure.curves.len()
    }

    /// Whether all curves are the flow's.
    pub fn is_flow(&self) -> bool {
        let flow = |c: &Curve| {
            let committee = c.config.network.family.is_committee();
            committee && spec::as_flow(&c.config).training.engine == EngineKind::Flow
        };
        self.figure.curves.iter().all(flow)
    }

    /// Whether its panels have the place of the plots.
    pub fn panels_shown(&self) -> bool {
        self.panels && self.figure.grid.is_none()
    }

    /// Whether its panels, or its diagram, are meant to have the place of the plots.
    pub(super) fn has_panels(&self) -> bool {
        self.panels
    }

    /// Gives the plots' place to its panels, or not.
    pub(super) fn set_panels(&mut self, on: bool) {
        self.panels = on;
    }

    /// Whether a kept run is one of its curves.
    pub(super) fn is_kept(&self, run: RunId) -> bool {
        self.runs.contains(&run)
    }

    /// The panel that is shown alone, if one is.
    pub fn enlarged(&self) -> Option<usize> {
        self.enlarged
    }

    /// Shows a panel alone, or all again.
    pub fn enlarge(&mut self, panel: usize) {
        self.enlarged = match self.enlarged {
            Some(_) => None,
            None => (self.figure.panels.len() > 1).then_some(panel),
        };
    }

    /// Its panels with what is known of the curves. The live one is drawn as far as
    /// it was trained until it is computed.
    pub fn plots(&self, session: &Session) -> Vec<Plot> {
        let live = session
            .run()
            .filter(|run| *run.config() == self.figure.live().config);
        let known = |i: usize| match (&self.drawn[i], live) {
            (Some(drawn), _) => Known {
                rows: &drawn.rows,
                summary: Some(&drawn.summary),
                kernel_regression: drawn.kernel_regression,
            },
            (None, Some(run)) if i == self.figure.live_index() => Known {
                rows: run.rows(),
                ..Known::default()
            },
            _ => Known::default(),
        };
        let known: Vec<Known<'_>> = (0..self.drawn.len()).map(known).collect();
        plot::plots(self.figure, &known)
    }

    /// Takes in a curve that is done.
    fn advance(&mut self) -> Option<(&'static Curve, Run)> {
        let (i, computed) = self.computed.try_recv().ok()?;
        let curve = self.figure.curves.get(i)?;
        match computed {
            Ok(done) => {
                let Done {
                    run,
                    kernel_regression,
                } = *done;
                self.summaries[i] = Some(CurveSummary::of(curve, &run));
                self.drawn[i] = Some(Drawn {
                    rows: run.rows.clone(),
                    summary: Summary::of(curve, AUTHORS, &run),
                    kernel_regression,
                });
                Some((curve, drawable(self.runs[i], run)))
            }
            Err(why) => {
                self.failures.push(format!("{}: {why}", curve.label));
                None
            }
        }
    }
}

/// A run as the plots draw it.
fn drawable(id: RunId, run: HeadlessRun) -> Run {
    let HeadlessRun { info, rows, finish } = run;
    let mut drawn = Run::new(id, (*info.config).clone());
    let info = Box::new(info);
    drawn.handle(&Event::Started { run: id, info });
    drawn.handle(&Event::Rows { run: id, rows });
    drawn.handle(&Event::Finished { run: id, finish });
    drawn
}

/// The tab that shows a figure's claim.
fn tab(tab: spec::FigureTab) -> Tab {
    match tab {
        spec::FigureTab::Figure => Tab::Figure,
        spec::FigureTab::Error => Tab::Error,
        spec::FigureTab::Kernel => Tab::Kernel,
        spec::FigureTab::Features => Tab::Features,
        spec::FigureTab::Phase => Tab::Phase,
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
        self.leave_past(now);
        if let Err(error) = self.state.session.open(config.clone(), None, now) {
            return self.failure(error.to_string(), now);
        }
        self.close_figure();
        self.opened(config, None);
        self.state.tab = tab(figure.view.tab);
        let curves = &mut self.state.curves;
        let before = (curves.shown.clone(), curves.loss_scale);
        // All that the figure consists of, whatever was hidden.
        curves.shown = Shown::default();
        if !figure.view.lower.is_empty() {
            curves.shown.lower = Lower::of(&figure.view.lower);
        }
        if (curves.loss_scale == Scale::Log) != figure.view.log_loss {
            curves.toggle_loss_scale();
        }
        curves.refit();
        self.state.figure = Some(OpenFigure::new(figure, before, ctx));
        if let Some(subject) = figure.grid.as_deref().and_then(Subject::by_name) {
            let config = self.state.session.config();
            self.state.phase.show_figure(subject, config);
        }
    }

    /// Gives the plots' place to the panels of the figure, or back.
    pub(super) fn show_panels(&mut self, on: bool) {
        let Some(open) = &mut self.state.figure else {
            return;
        };
        open.panels = on;
        if open.figure.grid.is_some() {
            self.state.phase.set_large(on);
        } else if on {
            self.state.phase.set_large(false);
        }
    }

    /// Puts the figure away, with the curves that it kept.
    pub(super) fn close_figure(&mut self) {
        if let Some(open) = self.state.figure.take() {
            let curves = &mut self.state.curves;
            curves.shown = open.before.0.clone();
            curves.loss_scale = open.before.1;
            let kept = |pin: &Pin| !open.runs.contains(&pin.run.id());
            self.state.pins.retain(kept);
            if open.figure.grid.is_some() {
                self.state.phase.set_large(false);
            }
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

    /// Takes in the figure's curves. They belong to the figure, not to what the
    /// user kept: undo leaves them alone.
    pub(super) fn advance_figure(&mut self) {
        let mut found = Vec::new();
        if let Some(open) = &mut self.state.figure {
            while let Some((curve, run)) = open.advance() {
                if !open.is_live(curve) {
                    found.push((curve, run, open.colour(curve)));
                }
            }
        }
        for (curve, run, colour) in found {
            if self.state.pins.len() >= MAX_PINS {
                break;
            }
            let pin = Pin {
                grows: false,
                id: self.next_pin_id(),
                config: run.config().clone(),
                run: Arc::new(run),
                instance: None,
                name: self.free_name(curve.label.clone()),
                colour,
                line: PinLine::default(),
                shown: true,
            };
            self.state.pins.push(pin);
        }
    }

    /// The curves of the figure are computed, and its diagram, or there is none.
    pub(super) fn figure_is_settled(&self) -> bool {
        let open = self.state.figure.as_ref();
        open.is_none_or(|open| {
            let diagram = open.figure.grid.is_none() || self.state.phase.is_settled();
            diagram && !open.is_computing()
        })
    }

    /// Whether these settings are the figure's own.
    pub(super) fn is_of_figure(&self, config: &Config) -> bool {
        let open = self.state.figure.as_ref();
        open.is_some_and(|open| open.figure.live().config == *config)
    }
}

/// Draws the panels of a figure, as PNG.
///
/// # Errors
/// Those of the encoder.
pub fn picture(job: PanelsPicture) -> Result<Vec<u8>, String> {
    /// Width and height of a panel where there are few, and of many.
    const FEW: [f32; 2] = [440.0, 320.0];
    const MANY: [f32; 2] = [250.0, 170.0];
    let theme = Theme::of(job.dark);
    let across = job.across.clamp(1, job.plots.len().max(1));
    let down = job.plots.len().div_ceil(across).max(1);
    let [width, height] = if across * down > 6 { MANY } else { FEW };
    let width = width * across.max(if down == 1 { 1 } else { 2 }) as f32;
    let size = vec2(width + 32.0, height * down as f32 + 60.0);
    let setup = |ctx: &Context| {
        fonts::install(ctx);
        theme.apply(ctx, 1.0);
    };
    let image = raster::draw(size, 2.0, theme.background, setup, |ui| {
        let frame = egui::Frame::new().inner_margin(egui::Margin::same(16));
        frame.show(ui, |ui| {
            if !job.title.is_empty() {
                ui.label(RichText::new(&job.title).strong().color(theme.text));
            }
            figure_panels::show(ui, &theme, &job.plots, across, None);
        });
    });
    export::png(image.size, image.as_raw(), &job.carried)
}
