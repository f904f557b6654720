//! Runs as plots: the losses over log time, and other quantities below them.

use super::axis::{Scale, Span};
use super::fit::{Extent, fit_loss, fit_values};
use super::look::{self, Pen};
use super::{
    Axis, Band, Dash, Ink, Level, Marker, Panel, Picture, Places, Series, Symbol, caption,
};
use crate::history::decimate::{LOG_STEP_ZERO, log_step};
use crate::history::seeds::{QUANTILES, Seeds};
use crate::history::{Run, format};
use crate::sim::metrics::{Metric, Row};
use crate::sim::outcome::Outcome;
use crate::sim::quantity::{Group, Range};
use crate::sim::verdict::Judge;
use crate::sim::{LossOf, LossPoint};

/// A run kept beside the main one.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its name, such as "α = 1".
    pub name: &'a str,
    /// Its colour.
    pub ink: Ink,
    /// How its test loss is drawn.
    pub dash: Dash,
}

/// What is computed about the main run beside its training.
#[derive(Clone, Copy, Debug, Default)]
pub struct Computed<'a> {
    /// The gradient flow up to the horizon.
    pub forecast: Option<&'a [LossPoint]>,
    /// The part of its first loss below which its own error shows.
    pub floor: f64,
    /// The linearised model up to the horizon.
    pub lazy: Option<&'a [LossPoint]>,
    /// Test loss of kernel regression with K₀.
    pub level: Option<f64>,
}

/// Which curves are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Train losses.
    pub train: bool,
    /// Test losses.
    pub test: bool,
    /// Train losses of kept runs.
    pub kept_trains: bool,
    /// Kept runs that differ in nothing but their seed are a median with a band.
    pub seeds: bool,
    /// The zero predictor's loss and the thresholds.
    pub references: bool,
    /// Where the run fits, peaks and generalises.
    pub markers: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            train: true,
            test: true,
            kept_trains: true,
            seeds: false,
            references: true,
            markers: true,
        }
    }
}

/// What of the axes is visible; what fits where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View {
    /// In log time.
    pub time: Option<Span>,
    /// On the axis of values.
    pub values: Option<Span>,
}

/// Runs to be drawn.
#[derive(Clone, Debug, Default)]
pub struct Runs<'a> {
    /// The main one.
    pub main: Option<&'a Run>,
    /// What tells it from the others, where it has a name.
    pub name: Option<&'a str>,
    /// Others beside it.
    pub kept: Vec<Kept<'a>>,
    /// What is computed about the main one.
    pub computed: Computed<'a>,
}

/// The ink of a kept run at a place among `count`: few from the colours for kept
/// runs, many on a ramp.
pub fn kept_ink(place: usize, count: usize) -> Ink {
    /// More than these are a sweep.
    const FEW: usize = 3;
    match count.saturating_sub(1) {
        last if last < FEW => Ink::Kept(place),
        last => Ink::Ramp(place as f32 / last as f32),
    }
}

/// Room above the curves that is left free in print.
const HEADROOM: f64 = 0.06;

/// The time axis up to a horizon, in log time.
pub fn time_span(horizon: u64) -> Span {
    let end = (horizon.max(10) as f64).log10();
    Span::new(LOG_STEP_ZERO, end + 0.015)
}

/// A loss or another metric of a run, in places. Between the first and the last of
/// the run's recent steps its dense window replaces the recorded rows (losses
/// only), so that the end of a curve that grows moves smoothly.
pub fn points(run: &Run, metric: Metric, scale: Scale) -> Vec<[f64; 2]> {
    let recent = match metric == Metric::TrainLoss || metric == run.test_metric() {
        true => run.recent(),
        false => &[],
    };
    let place = |step: u64, value: f64| [log_step(step), scale.place(value)];
    let recorded = |rows: &[Row]| {
        rows.iter()
            .filter_map(|row| Some(place(row.step, row.get(metric)?)))
            .collect::<Vec<_>>()
    };
    let rows = run.rows();
    let (Some(first), Some(last)) = (recent.first(), recent.last()) else {
        return recorded(rows);
    };
    let before = rows.partition_point(|row| row.step < first.step);
    let after = rows.partition_point(|row| row.step <= last.step);
    let mut points = recorded(&rows[..before]);
    points.extend(recent.iter().map(|step| {
        let loss = match metric {
            Metric::TrainLoss => step.train_loss,
            _ => step.test_loss,
        };
        place(step.step, loss)
    }));
    points.extend(recorded(&rows[after..]));
    points
}

/// One loss of a computed curve, in places.
pub fn computed_points(
    curve: &[LossPoint],
    loss: impl Fn(&LossPoint) -> f64,
    scale: Scale,
) -> Vec<[f64; 2]> {
    let place = |p: &LossPoint| {
        let x = p.step.log10().max(LOG_STEP_ZERO);
        [x, scale.place(loss(p))]
    };
    curve.iter().map(place).collect()
}

/// A loss that is known to be one: above what is only its own error.
pub fn above(floor: f64, loss: f64) -> f64 {
    if loss < floor { f64::NAN } else { loss }
}

/// The loss at the start, what an axis is made for, of the first run that has one.
pub fn usual_loss<'a>(runs: impl Iterator<Item = &'a Run>) -> f64 {
    for run in runs {
        let first = [run.test_metric(), Metric::TrainLoss].map(|m| run.series(m).next());
        let first = first.into_iter().flatten().map(|(_, loss)| loss);
        let most = first.chain(run.zero_test_loss()).fold(0.0, f64::max);
        if most > 0.0 {
            return most;
        }
    }
    1.0
}

/// Whether a run diverged.
pub fn diverged(run: &Run) -> bool {
    matches!(run.outcome(), Some(Outcome::Diverged { .. }))
}

/// The highest loss that its axis holds: a diverging run leaves the frame at the
/// top instead of flattening all that came before.
pub fn most_loss(run: Option<&Run>, usual: f64) -> f64 {
    usual * if run.is_some_and(diverged) { 1.5 } else { 4.0 }
}

/// Highest value of a metric that the axis must hold: what a run that diverges
/// does in the end does not flatten all that came before.
pub fn most_value(run: &Run, metric: Metric) -> f64 {
    match run.outcome() {
        Some(Outcome::Diverged { step, .. }) => {
            let before = run.series(metric).take_while(|(t, _)| *t < step - step / 8);
            3.0 * before.map(|(_, value)| value).fold(0.0, f64::max)
        }
        _ => f64::INFINITY,
    }
}

/// Whether a quantity is read at the right: fractions and other quantities share no
/// linear axis.
pub fn is_right(metric: Metric, mut shown: impl Iterator<Item = Metric>, scale: Scale) -> bool {
    let unit = |metric: Metric| metric.quantity().range == Range::Unit;
    scale == Scale::Linear && !unit(metric) && shown.any(unit)
}

/// What an axis with these quantities is called.
pub fn axis_title(metrics: &[Metric]) -> String {
    let mut groups: Vec<Group> = metrics.iter().map(|m| m.quantity().group).collect();
    groups.dedup();
    match (metrics, &groups[..]) {
        ([only], [group]) if *group != Group::Alignment => only.quantity().name.to_owned(),
        (_, [group]) => group.name().to_lowercase(),
        _ => "value".into(),
    }
}

fn time_axis(span: Span) -> Axis {
    Axis::new("training step", "", Places::Time, span)
}

fn series(name: impl Into<String>, pen: Pen, points: Vec<[f64; 2]>) -> Series {
    Series {
        name: name.into(),
        pen,
        points,
        symbol: None,
        right: false,
    }
}

impl<'a> Runs<'a> {
    /// One run alone.
    pub fn of(run: &'a Run) -> Self {
        Self {
            main: Some(run),
            ..Self::default()
        }
    }

    fn all(&self) -> impl Iterator<Item = &'a Run> + '_ {
        self.main.into_iter().chain(self.kept.iter().map(|k| k.run))
    }

    fn horizon(&self) -> u64 {
        let of = |run: &Run| match run.finish().is_some() {
            true => run.step().max(run.horizon().min(run.step() * 2)),
            false => run.horizon(),
        };
        self.all().map(of).max().unwrap_or(10)
    }

    /// The time axis that holds all runs.
    pub fn time(&self) -> Span {
        time_span(self.horizon())
    }

    fn of_name(&self, what: &str) -> String {
        match self.name {
            Some(name) => format!("{what}, {name}"),
            None => what.to_owned(),
        }
    }

    /// Kept runs that are drawn as one.
    fn seeds(&self, shown: Shown) -> Option<Seeds<'a>> {
        let seeds = Seeds::among(self.kept.iter().map(|kept| kept.run));
        seeds.filter(|_| shown.seeds)
    }

    /// The bands of the losses over seeds, in places.
    fn loss_bands(&self, shown: Shown, scale: Scale) -> Vec<Band> {
        let Some(seeds) = self.seeds(shown) else {
            return Vec::new();
        };
        let band = seeds.losses();
        let losses: [(bool, Pen, &str, LossOf); 2] = {
            let [train, test] = look::median_pens();
            [
                (shown.train, train, "train", |p| p.train),
                (shown.test, test, "test", |p| p.test),
            ]
        };
        let shown = losses.into_iter().filter(|(shown, ..)| *shown);
        let bands = shown.map(|(_, pen, name, loss)| {
            let edge = |points: &[LossPoint]| computed_points(points, loss, scale);
            let edges = edge(&band.low).into_iter().zip(edge(&band.high));
            let points = edges.map(|(low, high)| [low[0], low[1], high[1]]);
            let whole = |p: &[f64; 3]| p.iter().all(|x| x.is_finite());
            let [low, high] = QUANTILES.map(|q| 100.0 * q);
            Band {
                name: format!("{low:.0} to {high:.0} % of the seeds, {name}"),
                pen,
                points: points.filter(whole).collect(),
            }
        });
        bands.filter(|band| band.points.len() > 1).collect()
    }

    /// The curves of the losses, those behind first, in places.
    pub fn loss_series(&self, shown: Shown, scale: Scale) -> Vec<Series> {
        let mut lines = Vec::new();
        let Computed {
            forecast,
            floor,
            lazy,
            ..
        } = self.computed;
        if let Some(curve) = lazy.filter(|_| shown.test) {
            let points = computed_points(curve, |p| p.test, scale);
            lines.push(series("lazy model, test", look::lazy_pen(), points));
        }
        if let Some(curve) = forecast {
            let [train, test] = look::forecast_pens();
            let first = curve.first().map_or([0.0; 2], |p| [p.train, p.test]);
            let [train_floor, test_floor] = first.map(|loss| floor * loss);
            if shown.test {
                let points = computed_points(curve, |p| above(test_floor, p.test), scale);
                lines.push(series("gradient flow, test", test, points));
            }
            if shown.train {
                let points = computed_points(curve, |p| above(train_floor, p.train), scale);
                lines.push(series("gradient flow, train", train, points));
            }
        }
        let count = self.kept.len();
        let seeds = self.seeds(shown);
        if let Some(seeds) = &seeds {
            let (band, count) = (seeds.losses(), seeds.count());
            let [train, test] = look::median_pens();
            if shown.train {
                let points = computed_points(&band.median, |p| p.train, scale);
                lines.push(series(
                    format!("median of {count} seeds, train"),
                    train,
                    points,
                ));
            }
            if shown.test {
                let points = computed_points(&band.median, |p| p.test, scale);
                lines.push(series(
                    format!("median of {count} seeds, test"),
                    test,
                    points,
                ));
            }
        }
        let banded = |place: &usize| seeds.as_ref().is_some_and(|s| s.members.contains(place));
        let alone = (0..self.kept.len()).rev().filter(|place| !banded(place));
        for kept in alone.map(|place| &self.kept[place]) {
            let [train, test] = look::kept_pens(kept.ink, kept.dash, count);
            if shown.train && shown.kept_trains {
                let points = points(kept.run, Metric::TrainLoss, scale);
                lines.push(series(format!("{}, train", kept.name), train, points));
            }
            if shown.test {
                let points = points(kept.run, kept.run.test_metric(), scale);
                lines.push(series(format!("{}, test", kept.name), test, points));
            }
        }
        if let Some(run) = self.main {
            let [train, test] = look::main_pens();
            if shown.train {
                let points = points(run, Metric::TrainLoss, scale);
                lines.push(series(self.of_name("train"), train, points));
            }
            if shown.test {
                let points = points(run, run.test_metric(), scale);
                lines.push(series(self.of_name("test"), test, points));
            }
        }
        // A run without a test loss has no curve of it.
        lines.retain(|s| !s.points.is_empty());
        lines
    }

    /// The losses over log time.
    pub fn losses(&self, shown: Shown, scale: Scale, view: View) -> Panel {
        let lines = self.loss_series(shown, scale);
        let mut extent = Extent::EMPTY;
        for point in lines.iter().flat_map(|s| &s.points) {
            extent.add(scale.value(point[1]));
        }
        let usual = usual_loss(self.all());
        let most = most_loss(self.main, usual);
        let values =
            (view.values).unwrap_or_else(|| fit_loss(scale, extent, usual, most, HEADROOM));
        let y = Axis::new("loss", "mean squared error", Places::Numbers(scale), values);
        let mut panel = Panel::new(time_axis(view.time.unwrap_or(self.time())), y, 0.5);
        if let Some(level) = self.computed.level.filter(|_| shown.test) {
            panel.levels.push(Level {
                name: "kernel regression with K₀".into(),
                place: scale.place(level),
                pen: look::level_pen(),
            });
        }
        if let Some(run) = self.main {
            if shown.references {
                panel.levels.extend(references(run, scale));
            }
            if shown.markers {
                panel.markers = markers(run, shown, scale);
            }
        }
        panel.levels.retain(|level| level.place.is_finite());
        panel.series = lines;
        panel.bands = self.loss_bands(shown, scale);
        panel
    }

    /// Other quantities over log time.
    pub fn values(&self, metrics: &[Metric], scale: Scale, view: View) -> Panel {
        let right = |metric: Metric| is_right(metric, metrics.iter().copied(), scale);
        let of_side = |on_right: bool| -> Vec<Metric> {
            let side = metrics.iter().copied().filter(|m| right(*m) == on_right);
            side.collect()
        };
        let mut lines = Vec::new();
        let count = self.kept.len();
        let named = |metric: Metric| match right(metric) {
            true => format!("{} (right)", metric.quantity().name),
            false => metric.quantity().name.to_owned(),
        };
        let mut extents = [Extent::EMPTY; 2];
        let mut add = |run: &Run, metric: Metric, pen: Pen, name: String| {
            let points = points(run, metric, scale);
            let most = self
                .main
                .map_or(f64::INFINITY, |main| most_value(main, metric));
            for point in &points {
                extents[usize::from(right(metric))].add(scale.value(point[1]).min(most));
            }
            if !points.is_empty() {
                let right = right(metric);
                lines.push(Series {
                    right,
                    ..series(name, pen, points)
                });
            }
        };
        for kept in self.kept.iter().rev() {
            for (i, &metric) in metrics.iter().enumerate().rev() {
                let (_, dash) = look::of(metric);
                let pen = look::kept_pen(kept.ink, dash, count, i == 0);
                let name = match metrics.len() {
                    1 => kept.name.to_owned(),
                    _ => format!("{}, {}", kept.name, named(metric)),
                };
                add(kept.run, metric, pen, name);
            }
        }
        if let Some(run) = self.main {
            for &metric in metrics.iter().rev() {
                let (ink, dash) = look::of(metric);
                let name = match (metrics.len(), self.name) {
                    (1, Some(name)) => name.to_owned(),
                    _ => self.of_name(&named(metric)),
                };
                add(run, metric, Pen::new(ink, look::WIDTH, dash), name);
            }
        }
        let unit = |on_right: bool| {
            let side = of_side(on_right);
            side.iter().all(|m| m.quantity().range == Range::Unit)
        };
        let span = (view.values).unwrap_or_else(|| fit_values(scale, extents[0], unit(false)));
        // One quantity is named at its axis: the legend tells runs apart.
        let title = |side: &[Metric]| match side {
            [only] => only.quantity().name.to_owned(),
            side => axis_title(side),
        };
        let y = Axis::new(title(&of_side(false)), "", Places::Numbers(scale), span);
        let mut panel = Panel::new(time_axis(view.time.unwrap_or(self.time())), y, 0.32);
        let on_right = of_side(true);
        if !on_right.is_empty() {
            let span = fit_values(scale, extents[1], false);
            panel.right = Some(Axis::new(
                title(&on_right),
                "",
                Places::Numbers(scale),
                span,
            ));
        }
        panel.series = lines;
        panel
    }

    /// Outcome, settings and seed.
    pub fn caption(&self) -> String {
        caption::of_runs(self)
    }

    /// One plot, or both with a common time axis, and the caption.
    pub fn picture(&self, panels: Vec<Panel>) -> Picture {
        let mut panels = panels;
        let below = panels.len().saturating_sub(1);
        for panel in panels.iter_mut().take(below) {
            panel.x.labelled = false;
        }
        Picture {
            title: String::new(),
            columns: 1,
            lettered: false,
            gauge: None,
            caption: self.caption(),
            carried: String::new(),
            panels,
        }
    }
}

fn references(run: &Run, scale: Scale) -> Vec<Level> {
    let mut levels = Vec::new();
    if let Some(zero) = run.zero_test_loss() {
        levels.push(Level {
            name: format!("{}, test", run.config().network.family.ignorant()),
            place: scale.place(zero),
            pen: look::zero_pen(),
        });
    }
    let by_loss = run.info().is_some_and(|info| info.judge == Judge::Loss);
    if let Some(thresholds) = run.thresholds().filter(|_| by_loss) {
        let [train, test] = look::threshold_pens();
        for (name, value, pen) in [
            ("threshold θ, train", thresholds.train, train),
            ("threshold θ, test", thresholds.test, test),
        ] {
            levels.push(Level {
                name: name.into(),
                place: scale.place(value),
                pen,
            });
        }
    }
    levels
}

/// Where the run fits, peaks and generalises.
fn markers(run: &Run, shown: Shown, scale: Scale) -> Vec<Marker> {
    let mut markers = Vec::new();
    let crossings = run.crossings();
    let mut mark = |metric: Metric, step: u64, symbol, ink, text: String| {
        if let Some(y) = height(&points(run, metric, scale), log_step(step)) {
            markers.push(Marker {
                at: [log_step(step), y],
                symbol,
                ink,
                text,
            });
        }
    };
    let steps = format::thousands;
    if let Some(step) = crossings.fit.filter(|_| shown.train) {
        let text = format!("fits at {}", steps(step));
        mark(Metric::TrainLoss, step, Symbol::Circle, Ink::Train, text);
    }
    let test = run.test_metric();
    if let Some(step) = crossings.generalise.filter(|_| shown.test) {
        let text = format!("generalises at {}", steps(step));
        mark(test, step, Symbol::Diamond, Ink::Test, text);
    }
    if let Some(peak) = run.peak().filter(|_| shown.test) {
        let first = run.series(test).next().map_or(0.0, |p| p.1);
        // A peak is worth a mark where test loss rose before it fell.
        if !diverged(run) && peak.test_loss > 1.01 * first && peak.step < run.step() {
            let text = format!("test peak at {}", steps(peak.step));
            mark(test, peak.step, Symbol::Triangle, Ink::Test, text);
        }
    }
    markers
}

/// Height of a curve at a place, between its neighbours.
fn height(points: &[[f64; 2]], x: f64) -> Option<f64> {
    let after = points.partition_point(|p| p[0] < x);
    let b = points.get(after).or(points.last())?;
    let a = points.get(after.saturating_sub(1)).unwrap_or(b);
    let y = match b[0] > a[0] {
        true => a[1] + (b[1] - a[1]) * ((x - a[0]) / (b[0] - a[0])).clamp(0.0, 1.0),
        false => b[1],
    };
    y.is_finite().then_some(y)
}
