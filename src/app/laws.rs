//! Laws across the runs that are kept and the cells of the phase diagram.

use super::{GrokscopeApp, compare::Pin, state::State};
use crate::{
    history::Run,
    sim::laws::{EXAMPLES, Measured, Product},
    training::{LazyMovements, MovementRequest, RunId},
    views::{
        laws::{Curve, Form, Point, Source, View},
        theme::Theme,
    },
};
use egui::{Color32, Context};
use std::collections::{BTreeMap, BTreeSet};

/// Points of a curve that are drawn.
const MAX_POINTS: usize = 200;

/// What is asked for, and the movement of lazy solutions as far as it is known.
#[derive(Default)]
pub struct Laws {
    /// What is asked for.
    pub form: Form,
    movements: BTreeMap<RunId, f64>,
    asked: BTreeSet<RunId>,
}

impl Laws {
    /// Takes in movements.
    pub(super) fn receive(&mut self, movements: LazyMovements) {
        self.movements.extend(movements);
    }

    /// The runs whose lazy solution must be known and was not asked for yet.
    pub(super) fn wanted(&mut self, pins: &[Pin]) -> Vec<MovementRequest> {
        let needs = [&self.form.x, &self.form.y]
            .into_iter()
            .any(|text| Product::parse(text).is_ok_and(|p| p.needs(Measured::LazyMovement)));
        if !needs || self.form.source != Source::Runs {
            return Vec::new();
        }
        let mut requests = Vec::new();
        for pin in pins.iter().filter(|pin| pin.shown) {
            let (run, config) = (pin.run.id(), pin.run.config());
            if !self.asked.insert(run) {
                continue;
            }
            match config.clone().check() {
                Ok(config) if config.network.family.is_committee() => {
                    requests.push(MovementRequest {
                        run,
                        config: Box::new(config),
                        instance: pin.instance.as_ref().map(|(_, instance)| instance.clone()),
                    });
                }
                // It has no lazy solution in closed form.
                _ => drop(self.movements.insert(run, f64::NAN)),
            }
        }
        requests
    }

    fn of_run(&self, run: &Run, of: Measured) -> Option<f64> {
        match of {
            Measured::LazyMovement => {
                let moved = self.movements.get(&run.id()).copied();
                moved.filter(|m| m.is_finite())
            }
            of => run.measured(of),
        }
    }
}

impl State {
    /// What the tab of laws shows.
    pub fn laws_view(&self, theme: &Theme) -> View<'_> {
        let form = &self.laws.form;
        let products = [&form.x, &form.y].map(|text| Product::parse(text).ok());
        let mut view = View {
            form,
            points: Vec::new(),
            missing: 0,
            waiting: false,
            curves: Vec::new(),
            problem: None,
        };
        let [Some(x), Some(y)] = products else {
            view.problem = Some("A formula cannot be read.".into());
            return view;
        };
        match form.source {
            Source::Runs => self.of_runs(&mut view, &x, &y, theme),
            Source::Diagram => self.of_cells(&mut view, &x, &y, theme),
        }
        view
    }

    fn of_runs(&self, view: &mut View<'_>, x: &Product, y: &Product, theme: &Theme) {
        let time = Product::parse(&view.form.time).ok();
        let needs_lazy = [x, y].iter().any(|p| p.needs(Measured::LazyMovement));
        for pin in self.pins.iter().filter(|pin| pin.shown) {
            let (run, config) = (&*pin.run, pin.run.config());
            let colour = theme.pin(pin.colour);
            let value = |p: &Product| p.value(config, |of| self.laws.of_run(run, of));
            match (value(x), value(y)) {
                (Some(x), Some(y)) => view.points.push(Point {
                    at: (x, y),
                    name: pin.name.clone(),
                    colour,
                }),
                _ => view.missing += 1,
            }
            view.waiting |= needs_lazy && !self.laws.movements.contains_key(&run.id());
            if let Some(factor) = time.as_ref().and_then(value) {
                view.curves.extend(curve(run, factor, colour));
            }
        }
    }

    fn of_cells(&self, view: &mut View<'_>, x: &Product, y: &Product, theme: &Theme) {
        let (Some(diagram), Some(spec)) = (self.phase.diagram(), self.phase.spec()) else {
            return;
        };
        let layout = diagram.layout();
        for place in layout.places() {
            for cell in diagram.seeds(place) {
                let result = &cell.result;
                let Ok(config) = spec.config(result.cell) else {
                    continue;
                };
                let value = |p: &Product| p.value(&config, |of| result.measured(of));
                match (value(x), value(y)) {
                    (Some(x), Some(y)) => view.points.push(Point {
                        at: (x, y),
                        name: spec
                            .grid()
                            .coordinates(result.cell)
                            .map(|(key, value)| format!("{key} = {value}"))
                            .collect::<Vec<_>>()
                            .join(", "),
                        colour: theme.test,
                    }),
                    _ => view.missing += 1,
                }
            }
        }
    }
}

/// The test loss of a run against its time times a factor.
fn curve(run: &Run, factor: f64, colour: Color32) -> Option<Curve> {
    let zero = run.zero_test_loss()?;
    let series: Vec<(u64, f64)> = run.series(run.test_metric()).collect();
    let stride = series.len().div_ceil(MAX_POINTS).max(1);
    let points = (series.iter().filter(|(step, _)| *step > 0))
        .step_by(stride)
        .map(|(step, loss)| ((*step as f64 * factor).log10(), loss / zero))
        .collect();
    Some(Curve { points, colour })
}

impl GrokscopeApp {
    /// Asks for what the formulas need of the runs kept, while the tab is shown.
    pub(super) fn advance_laws(&mut self, shown: bool) {
        if let Some(movements) = self.state.theory.movements() {
            self.state.laws.receive(movements);
        }
        if shown {
            let State { laws, pins, .. } = &mut self.state;
            let wanted = laws.wanted(pins);
            self.state.theory.request_movements(wanted);
        }
    }

    /// Shows a law that ships with the program: its formulas, and its runs.
    pub(super) fn open_law(&mut self, number: usize, ctx: &Context, now: f64) {
        let Some(example) = EXAMPLES.get(number) else {
            return;
        };
        self.state.laws.form = Form {
            x: example.x.into(),
            y: example.y.into(),
            time: example.time.into(),
            source: Source::Runs,
        };
        match example.runs() {
            Ok(runs) => self.sweep_runs(example.title, runs, ctx, now),
            Err(error) => self.failure(error.to_string(), now),
        }
    }
}
