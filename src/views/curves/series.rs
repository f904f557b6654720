//! A run's series as points to draw: transformed, then decimated to the pixels.

use super::bounds::{Extent, Span};
use super::kept::KeptSeries;
use crate::history::{
    Run,
    decimate::{decimate, simplify},
};
use crate::plot::runs::{computed_points, points};
use crate::sim::LossPoint;
use crate::sim::metrics::Metric;
use crate::views::axes::Scale;
use crate::views::polyline;
pub use crate::views::polyline::ScreenPen;
use egui::{Pos2, Shape};
use egui_plot::LineStyle;
use std::sync::Arc;

/// A series ready to draw.
pub struct Drawn {
    points: Arc<[[f64; 2]]>,
    pen: ScreenPen,
    metric: Option<Metric>,
    /// Heights are drawn at offset + part × height.
    shift: [f64; 2],
}

const UNSHIFTED: [f64; 2] = [0.0, 1.0];

/// The pixels that a series is drawn on.
#[derive(Clone, Copy, PartialEq)]
pub struct Canvas {
    /// Visible time, as log₁₀ of the step.
    pub time: Span,
    /// Scale of the value axis.
    pub scale: Scale,
    /// Width in pixels.
    pub columns: usize,
    /// Height on the value axis that is too small to see.
    pub tolerance: f64,
}

impl Canvas {
    /// Points as they are drawn: few.
    fn thin(&self, points: &[[f64; 2]], columns: usize) -> Vec<[f64; 2]> {
        let decimated = decimate(points, self.time.low..=self.time.high, columns);
        simplify(&decimated, self.tolerance)
    }
}

impl Drawn {
    /// A run's metric, decimated to the canvas: as it was in the last frame where
    /// neither has changed.
    pub fn new(
        run: &Run,
        metric: Metric,
        canvas: Canvas,
        pen: ScreenPen,
        kept: &KeptSeries,
    ) -> Self {
        // A dash is several pixels long: half the columns show the same.
        let columns = match pen.style {
            LineStyle::Solid => canvas.columns,
            LineStyle::Dashed { .. } | LineStyle::Dotted { .. } => canvas.columns / 2,
        };
        let canvas = Canvas { columns, ..canvas };
        let make = || {
            canvas
                .thin(&points(run, metric, canvas.scale), columns)
                .into()
        };
        Self {
            points: kept.get(run, metric, canvas, make),
            pen,
            metric: Some(metric),
            shift: UNSHIFTED,
        }
    }

    /// One loss of a computed curve, decimated to the canvas.
    pub fn computed(
        curve: &[LossPoint],
        loss: impl Fn(&LossPoint) -> f64,
        canvas: Canvas,
        pen: ScreenPen,
    ) -> Self {
        let points = computed_points(curve, loss, canvas.scale);
        Self {
            points: canvas.thin(&points, canvas.columns).into(),
            pen,
            metric: None,
            shift: UNSHIFTED,
        }
    }

    /// A level, over the whole canvas.
    pub fn level(value: f64, canvas: Canvas, pen: ScreenPen) -> Self {
        let y = canvas.scale.place(value);
        Self {
            points: Arc::new([[canvas.time.low, y], [canvas.time.high, y]]),
            pen,
            metric: None,
            shift: UNSHIFTED,
        }
    }

    /// The metric that it shows, where it is a run's.
    pub fn metric(&self) -> Option<Metric> {
        self.metric
    }

    /// Draws it at offset + part × height from now on: on an axis of its own.
    pub fn shift(&mut self, [offset, part]: [f64; 2]) {
        self.shift = [offset, part];
    }

    fn seen(&self) -> impl DoubleEndedIterator<Item = [f64; 2]> + '_ {
        let [offset, part] = self.shift;
        self.points
            .iter()
            .map(move |p| [p[0], offset + part * p[1]])
    }

    /// Its shapes on a plot that was shown.
    pub fn shapes(&self, canvas: &polyline::Canvas) -> Vec<Shape> {
        canvas.stroke(self.seen(), self.pen)
    }

    /// Widens `extent` to hold its values.
    pub fn extend(&self, extent: &mut Extent, scale: Scale) {
        for point in self.points.iter() {
            extent.add(scale.value(point[1]));
        }
    }

    /// Its points on the screen, without gaps; what is far away is brought
    /// nearer.
    pub fn on_screen(&self, canvas: &polyline::Canvas) -> Vec<Pos2> {
        self.seen().filter_map(|p| canvas.at(p[0], p[1])).collect()
    }

    /// The last point that can be drawn, in plot coordinates.
    pub fn head(&self) -> Option<[f64; 2]> {
        self.seen()
            .rev()
            .find(|p| p[0].is_finite() && p[1].is_finite())
    }

    /// Height of the curve at a place in log time, interpolated, in plot
    /// coordinates.
    pub fn at(&self, x: f64) -> Option<f64> {
        let after = self.points.partition_point(|p| p[0] < x);
        let b = self.points.get(after).or(self.points.last())?;
        let a = self.points.get(after.saturating_sub(1)).unwrap_or(b);
        let y = if b[0] > a[0] {
            a[1] + (b[1] - a[1]) * ((x - a[0]) / (b[0] - a[0])).clamp(0.0, 1.0)
        } else {
            b[1]
        };
        let y = self.shift[0] + self.shift[1] * y;
        y.is_finite().then_some(y)
    }

    /// How it is drawn.
    pub fn pen(&self) -> ScreenPen {
        self.pen
    }
}
