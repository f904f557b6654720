//! The phase diagram in the window: asks the pool for the diagram over the settings
//! as they stand, and takes in its cells.

mod keep;
mod still;

pub use crate::views::diagram::{DiagramAction, DiagramFile, Subject};
pub use still::{caption, picture};

use super::{
    Action, GrokscopeApp,
    export::{Content, Export},
    session::Session,
};
use crate::{
    history::summary,
    sim::config::{Config, EngineKind, Family, ValidConfig, field},
    sweep::{
        Spec,
        diagram::{Diagram, Measure, Side},
        live::{self, Begun, Generation, Live},
        merge,
        plan::{Plan, PlanAxis},
        spec::{DEFAULT_TOLERANCE, Measures},
    },
    views::{
        diagram::{self, FillProgress, View, figure::position},
        theme::Theme,
    },
};
use egui::{Context, Ui};
use std::{sync::Arc, time::Duration};
use still::Still;

/// Inputs up to this dimension are filled unasked: the whole diagram then follows
/// a drag, or at least a release.
const UNASKED_DIM: f64 = 60.0;
/// A request may be replaced before its coarse picture is there only after this
/// time, so that something is seen during a long drag.
const PATIENCE_SECS: f64 = 0.25;

/// The diagram, what is on its axes, and the pool that fills it.
pub struct PhaseDiagram {
    live: Option<Live>,
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
    x: PlanAxis,
    y: PlanAxis,
    of_networks: [PlanAxis; 2],
    measure: Measure,
    never_is_zero: bool,
    escape: bool,
    seeds: usize,
    large: bool,
    asked: Option<Asked>,
    begun: Option<Arc<Begun>>,
    diagram: Option<Diagram>,
    before: Option<Diagram>,
    progress: FillProgress,
    /// The plan that the user wants filled, however large.
    demanded: Option<Plan>,
    wanted: Option<Plan>,
}

struct Asked {
    plan: Plan,
    generation: Generation,
    since: f64,
    coarse: bool,
    first_done: Option<(f64, usize)>,
}

impl Default for PhaseDiagram {
    fn default() -> Self {
        let [x, y] = Subject::Laziness.axes();
        let axis = |key, other: &PlanAxis| PlanAxis::of(key).unwrap_or_else(|| other.clone());
        Self {
            live: None,
            wake: None,
            of_networks: [axis("network.alpha", &x), axis("training.weight_decay", &y)],
            x,
            y,
            measure: Measure::default(),
            never_is_zero: false,
            escape: true,
            seeds: 1,
            large: false,
            asked: None,
            begun: None,
            diagram: None,
            before: None,
            progress: FillProgress::Idle,
            demanded: None,
            wanted: None,
        }
    }
}

impl PhaseDiagram {
    /// With a pool whose threads start when the diagram is first looked at.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            wake: Some(Arc::new(wake)),
            ..Self::default()
        }
    }

    /// On the axes of another one, and for what was asked of that.
    pub(super) fn showing_what(self, earlier: Self) -> Self {
        Self {
            x: earlier.x,
            y: earlier.y,
            measure: earlier.measure,
            large: earlier.large,
            demanded: earlier.demanded,
            ..self
        }
    }

    /// It has the plots' place.
    pub fn is_large(&self) -> bool {
        self.large
    }

    /// What its colours show.
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// What never generalises is drawn as 0.
    pub fn never_is_zero(&self) -> bool {
        self.never_is_zero && matches!(self.measure, Measure::Delay(_))
    }

    /// Gives it the plots' place, or gives that back.
    pub(super) fn set_large(&mut self, on: bool) {
        self.large = on;
    }

    /// Shows the diagram of a figure large, and begins to fill it unasked.
    pub(super) fn show_figure(&mut self, subject: Subject, config: &Config) {
        [self.x, self.y] = subject.axes();
        self.measure = subject.measure();
        self.large = true;
        self.never_is_zero = false;
        self.demanded = Some(self.plan(config));
    }

    /// Nothing is left to compute.
    pub(super) fn is_settled(&self) -> bool {
        matches!(
            self.progress,
            FillProgress::Complete(..) | FillProgress::Failed(_) | FillProgress::Stopped(..)
        )
    }

    /// The named diagram that it is, if it is one.
    pub fn subject(&self) -> Option<Subject> {
        let all = Subject::ALL.into_iter();
        let same = |subject: &Subject| subject.axes() == [self.x.clone(), self.y.clone()];
        all.filter(same)
            .find(|subject| subject.measure() == self.measure)
    }

    /// The newest diagram.
    pub fn diagram(&self) -> Option<&Diagram> {
        self.diagram.as_ref()
    }

    /// The spec of the newest diagram.
    pub fn spec(&self) -> Option<&Spec> {
        self.begun.as_ref().map(|b| &b.spec)
    }

    /// Where the computation stands.
    pub fn progress(&self) -> &FillProgress {
        &self.progress
    }

    /// The axes; those that a network does not have give way to α and weight decay.
    fn axes(&self, family: Family) -> [&PlanAxis; 2] {
        let others = &self.of_networks;
        match family.takes(self.x.key) && family.takes(self.y.key) {
            true => [&self.x, &self.y],
            false => [&others[0], &others[1]],
        }
    }

    fn plan(&self, config: &Config) -> Plan {
        let measures = Measures {
            stop: self.measure.stop(),
            tolerance: DEFAULT_TOLERANCE,
            columns: Vec::new(),
        };
        let [x, y] = self.axes(config.network.family);
        Plan::new(config, x.clone(), y.clone(), self.seeds, measures)
    }

    /// Takes in cells, and asks again where the settings moved, if it is shown.
    /// Returns the seconds until it must be called again, if it must.
    pub(super) fn advance(&mut self, session: &Session, shown: bool, now: f64) -> Option<f64> {
        self.receive(now);
        if !shown {
            return None;
        }
        let plan = self.plan(session.config());
        let wait = self.ask(&plan, now);
        self.wanted = Some(plan);
        wait
    }

    fn ask(&mut self, plan: &Plan, now: f64) -> Option<f64> {
        if let Some(asked) = &self.asked {
            if asked.plan == *plan {
                return None;
            }
            let age = now - asked.since;
            if !asked.coarse
                && age < PATIENCE_SECS
                && !matches!(self.progress, FillProgress::Failed(_))
            {
                return Some(PATIENCE_SECS - age);
            }
        }
        let unasked = plan.largest_dim() <= UNASKED_DIM
            && plan.base.training.engine == EngineKind::Flow
            && self.wake.is_some();
        let demanded = self.demanded.as_ref() == Some(plan);
        if !(unasked || demanded) {
            let told = matches!(self.progress, FillProgress::OnDemand(_));
            if !(told && self.wanted.as_ref() == Some(plan)) {
                if let Some(live) = &self.live {
                    live.stop();
                }
                self.asked = None;
                self.fade();
                self.progress = FillProgress::OnDemand(estimate(plan));
            }
            return None;
        }
        let wake = self.wake.clone()?;
        let live = self
            .live
            .get_or_insert_with(|| Live::spawn(live::threads(), move || wake()));
        let generation = live.request(plan.clone());
        self.progress = FillProgress::Idle;
        self.asked = Some(Asked {
            plan: plan.clone(),
            generation,
            since: now,
            coarse: false,
            first_done: None,
        });
        None
    }

    /// What is drawn belongs to other settings now: it stays as a pale ground.
    fn fade(&mut self) {
        self.begun = None;
        let Some(diagram) = self.diagram.take() else {
            return;
        };
        self.diagram = Some(Diagram::new(diagram.layout().clone()));
        // One with gaps says less than the one before it.
        let whole = (diagram.layout().places()).all(|place| diagram.filled_by(place).is_some());
        if whole || self.before.is_none() {
            self.before = Some(diagram);
        }
    }

    fn receive(&mut self, now: f64) {
        let Some(live) = &self.live else { return };
        let news = live.news();
        let Some(asked) = &mut self.asked else { return };
        if news.generation != asked.generation {
            return;
        }
        asked.coarse |= news.coarse.is_some();
        match news.begun {
            Some(Ok(begun)) => {
                self.fade();
                self.diagram = Some(Diagram::new(begun.layout.clone()));
                self.begun = Some(begun);
            }
            Some(Err(why)) => {
                self.fade();
                self.progress = FillProgress::Failed(why);
                return;
            }
            None => {}
        }
        let Some(diagram) = &mut self.diagram else {
            return;
        };
        for cell in news.cells {
            diagram.put(cell);
        }
        let (done, of) = (diagram.done(), diagram.len());
        let Some(asked) = &mut self.asked else { return };
        if done > 0 && asked.first_done.is_none() {
            asked.first_done = Some((now, done));
        }
        if let Some(why) = news.failed {
            self.progress = FillProgress::Failed(why);
        } else if let Some(time) = news.complete {
            self.progress = FillProgress::Complete(of, time);
            self.before = None;
        } else if done < of && !matches!(self.progress, FillProgress::Failed(_)) {
            // Rates of the exact cells alone: drafts are quicker.
            let rate = asked.first_done.and_then(|(since, first)| {
                (now - since > 0.3 && done > first).then(|| (done - first) as f64 / (now - since))
            });
            let sketched = diagram.counts().iter().sum();
            self.progress = FillProgress::Filling {
                sketched,
                done,
                of,
                rate,
            };
        }
    }

    /// The settings of a cell, for a run by the engine chosen in the window.
    pub fn cell_config(&self, place: [usize; 2], on_screen: &Config) -> Option<ValidConfig> {
        let layout = self.diagram.as_ref()?.layout();
        let mut config = on_screen.clone();
        for (side, k) in [(&layout.x, place[0]), (&layout.y, place[1])] {
            if !side.key.is_empty() {
                config.set(&side.key, side.values.get(k)?).ok()?;
            }
        }
        config.instance = None;
        config.check().ok()
    }

    /// What the view draws.
    pub fn view(&self, config: &Config) -> View<'_> {
        let crosshair = self.diagram.as_ref().and_then(|diagram| {
            let layout = diagram.layout();
            let at = |side: &Side| position(side, &(field(&side.key)?.get)(config));
            Some([at(&layout.x)?, at(&layout.y)?])
        });
        let family = config.network.family;
        let [x, y] = self.axes(family);
        View {
            diagram: self.diagram.as_ref(),
            before: self.before.as_ref(),
            family,
            x,
            y,
            measure: self.measure,
            never_is_zero: self.never_is_zero,
            escape: self.escape,
            seeds: self.seeds,
            crosshair,
            horizon: config.training.steps as f64,
            progress: self.progress.clone(),
            large: self.large,
            caption: self.caption(config),
        }
    }

    /// What every cell has in common, in a sentence.
    fn caption(&self, config: &Config) -> String {
        let plan = self.plan(config);
        let axes = [self.x.key, self.y.key];
        let mut text = caption(&plan.base, &axes, self.seeds, self.measure);
        if config.instance.is_some() {
            text.push_str(" Its data are sampled: the instance is for the run alone.");
        }
        text
    }
}

/// About how long a diagram takes, from the times of docs/cluster.md.
fn estimate(plan: &Plan) -> f64 {
    const SECONDS_AT_100: f64 = 0.2;
    let cell = SECONDS_AT_100 * (plan.largest_dim() / 100.0).powf(2.9);
    let cells = plan.x.values().len() * plan.y.values().len() * plan.seeds;
    cell * cells as f64 / live::threads().get() as f64
}

impl GrokscopeApp {
    /// Does what the user asked of the diagram.
    pub(super) fn apply_diagram(&mut self, action: DiagramAction, ctx: &Context, now: f64) {
        let phase = &mut self.state.phase;
        match action {
            DiagramAction::AxisX(axis) => swap_if_same(&mut phase.x, &mut phase.y, axis),
            DiagramAction::AxisY(axis) => swap_if_same(&mut phase.y, &mut phase.x, axis),
            DiagramAction::Measure(measure) => phase.measure = measure,
            DiagramAction::NeverIsZero(zero) => phase.never_is_zero = zero,
            DiagramAction::Escape(on) => phase.escape = on,
            DiagramAction::Seeds(seeds) => {
                phase.seeds = seeds;
                if seeds == 1 && phase.measure.needs_seeds() {
                    phase.measure = Measure::default();
                }
            }
            DiagramAction::Large(on) => phase.large = on,
            DiagramAction::Load(place) => self.load_cell(place, now),
            DiagramAction::Open(subject) => self.open_subject(subject, now),
            DiagramAction::Fill => {
                phase.demanded = phase.wanted.clone();
                if matches!(phase.progress, FillProgress::Stopped(..)) {
                    phase.asked = None;
                }
                phase.progress = FillProgress::Idle;
            }
            DiagramAction::Stop => {
                if let Some(live) = &phase.live {
                    live.stop();
                }
                let (done, of) = (phase.diagram.as_ref()).map_or((0, 0), |d| (d.done(), d.len()));
                phase.progress = FillProgress::Stopped(done, of);
            }
            DiagramAction::Save(file) => self.save_diagram(file, ctx, now),
            DiagramAction::CopySpec => {
                let text = phase.plan(self.state.session.config()).to_toml();
                ctx.copy_text(text);
                self.notice(
                    "Copied: save it as sweep.toml and run `grokscope sweep run sweep.toml --out sweep`."
                        .into(),
                    now,
                );
            }
        }
    }

    fn load_cell(&mut self, place: [usize; 2], now: f64) {
        self.leave_past(now);
        let on_screen = self.state.session.config();
        let Some(config) = self.state.phase.cell_config(place, on_screen) else {
            return;
        };
        let words = self.state.phase.diagram.as_ref().map(|d| {
            let layout = d.layout();
            let x = diagram::coordinate(&layout.x, place[0]);
            format!("{x}, {}", diagram::coordinate(&layout.y, place[1]))
        });
        match self.state.session.open(config.into_inner(), None, now) {
            Ok(()) => {
                self.state.theory.forget();
                self.state.preset = None;
                self.state.field_errors.clear();
                self.state.changed = None;
                self.notice(
                    format!("Loaded the cell {}.", words.unwrap_or_default()),
                    now,
                );
            }
            Err(error) => self.failure(error.to_string(), now),
        }
    }

    fn open_subject(&mut self, subject: Subject, now: f64) {
        self.leave_past(now);
        let phase = &mut self.state.phase;
        [phase.x, phase.y] = subject.axes();
        phase.measure = subject.measure();
        let Some(text) = subject.spec() else { return };
        // The middle of the diagram.
        let config = Spec::parse(text)
            .map_err(|e| e.to_string())
            .and_then(|spec| {
                let middle = spec.grid().len() / 2;
                spec.config(middle).map_err(|e| e.to_string())
            });
        let opened = config.and_then(|config| {
            let config = config.into_inner();
            let opened = self.state.session.open(config.clone(), None, now);
            opened.map(|()| config).map_err(|e| e.to_string())
        });
        match opened {
            Ok(config) => self.opened(config, None),
            Err(error) => self.failure(error, now),
        }
    }

    fn save_diagram(&mut self, file: DiagramFile, ctx: &Context, now: f64) {
        let phase = &self.state.phase;
        let plan = phase.plan(self.state.session.config());
        let name = format!(
            "grokscope-diagram-{:08x}.{}",
            summary::fnv1a64(plan.to_toml().as_bytes()) as u32,
            match file {
                DiagramFile::Png => "png",
                DiagramFile::Csv => "csv",
                DiagramFile::Spec => "toml",
            }
        );
        let exporter = Arc::clone(&self.exporter);
        let there = phase.begun.clone().zip(phase.diagram.clone());
        match (file, there) {
            (DiagramFile::Spec, _) => {
                exporter.start(name, Export::Toml, ctx, move || {
                    Ok(plan.to_toml().into_bytes().into())
                });
            }
            (DiagramFile::Csv, Some((begun, diagram))) => {
                exporter.start(name, Export::Csv, ctx, move || {
                    let mut bytes = Vec::new();
                    let results = diagram.finished().map(|cell| &cell.result);
                    merge::table(&mut bytes, &begun.spec, results).map_err(|e| e.to_string())?;
                    Ok(bytes.into())
                });
            }
            (DiagramFile::Png, Some((_, diagram))) => {
                let carried = self.workspace().to_code();
                let phase = &self.state.phase;
                // Without the crosshair: a file is not about where the sliders stand.
                let view = phase.view(self.state.session.config());
                let picture = Still {
                    title: String::new(),
                    caption: view.caption.clone(),
                    measure: phase.measure,
                    never_is_zero: view.never_is_zero && matches!(view.measure, Measure::Delay(_)),
                    escape: view.escape,
                    horizon: view.horizon,
                    diagram,
                    carried,
                };
                let dark = self.state.dark;
                exporter.start(name, Export::Window, ctx, move || {
                    picture.png([720, 620], 2.0, dark).map(Content::from)
                });
            }
            (_, None) => self.failure("There is no diagram to save yet.".into(), now),
        }
    }

    /// Draws the large diagram where the plots are.
    pub(super) fn draw_diagram(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let view = self.state.phase.view(self.state.session.config());
        let lecture = &self.state.lecture;
        match lecture.is_on() && !lecture.sliders {
            true => diagram::show_alone(ui, theme, &view, actions),
            false => diagram::show_large(ui, theme, &view, actions),
        }
    }
}

/// An axis may not have the setting of the other one: then they change places.
fn swap_if_same(axis: &mut PlanAxis, other: &mut PlanAxis, new: PlanAxis) {
    if new.key == other.key {
        std::mem::swap(axis, other);
    } else {
        *axis = new;
    }
}

/// Least time between two frames that news asks for.
pub(super) const BETWEEN_FRAMES: Duration = Duration::from_millis(30);
