//! The cells of a sweep as a picture over two settings: where each stands, what
//! several seeds come to, which number is shown.

use super::cell::CellResult;
use super::grid::Grid;
use super::spec::Stop;
use crate::sim::LossPoint;
use crate::sim::config::Value;
pub use crate::sim::outcome::{CLASSES, Class};
pub use crate::sim::verdict::Criterion;
use std::sync::Arc;

/// What the colours show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Generalisation step minus fit step, by a criterion.
    Delay(Criterion),
    /// Generalisation step over fit step, by a criterion.
    Ratio(Criterion),
    /// Step of the fit.
    Fit,
    /// Step of the generalisation.
    Generalise,
    /// Test loss where the run ends.
    FinalTest,
    /// The outcome class alone.
    Class,
    /// Fraction of the seeds that grok.
    Fraction,
    /// Interquartile range over seeds of log₁₀ of the delay ratio.
    Spread,
    /// The train and the test curve of every cell.
    Curves,
}

impl Default for Measure {
    fn default() -> Self {
        Self::Ratio(Criterion::Configured)
    }
}

impl Measure {
    /// All, in the order of the menu.
    pub const ALL: [Self; 13] = [
        Self::Delay(Criterion::Configured),
        Self::Ratio(Criterion::Configured),
        Self::Fit,
        Self::Generalise,
        Self::FinalTest,
        Self::Class,
        Self::Fraction,
        Self::Spread,
        Self::Curves,
        Self::Delay(Criterion::Tenth),
        Self::Ratio(Criterion::Tenth),
        Self::Delay(Criterion::Half),
        Self::Ratio(Criterion::Half),
    ];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay(Criterion::Configured) => "delay_steps",
            Self::Delay(Criterion::Tenth) => "delay_steps_at_10_percent",
            Self::Delay(Criterion::Half) => "delay_steps_at_50_percent",
            Self::Ratio(Criterion::Configured) => "delay_ratio",
            Self::Ratio(Criterion::Tenth) => "delay_ratio_at_10_percent",
            Self::Ratio(Criterion::Half) => "delay_ratio_at_50_percent",
            Self::Fit => "t_train",
            Self::Generalise => "t_test",
            Self::FinalTest => "final_test",
            Self::Class => "class",
            Self::Fraction => "grokking_fraction",
            Self::Spread => "spread",
            Self::Curves => "curves",
        }
    }

    /// By its name on the command line.
    ///
    /// # Errors
    /// Says which names there are.
    pub fn by_name(name: &str) -> Result<Self, String> {
        if let Some(measure) = Self::ALL.into_iter().find(|m| m.name() == name) {
            return Ok(measure);
        }
        if name == "delay" {
            return Err(
                "say which delay: delay_steps is t_test − t_train, delay_ratio is t_test / t_train"
                    .into(),
            );
        }
        let names: Vec<&str> = Self::ALL.iter().map(|m| m.name()).collect();
        Err(format!("expected one of {}", names.join(", ")))
    }

    /// In words, as a physicist would write it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Delay(Criterion::Configured) => "delay t_test − t_train, steps",
            Self::Delay(Criterion::Tenth) => "delay at 10 % of zero predictor, steps",
            Self::Delay(Criterion::Half) => "delay at 50 % of zero predictor, steps",
            Self::Ratio(Criterion::Configured) => "delay ratio t_test / t_train",
            Self::Ratio(Criterion::Tenth) => "delay ratio at 10 % of zero predictor",
            Self::Ratio(Criterion::Half) => "delay ratio at 50 % of zero predictor",
            Self::Fit => "t_train, steps to fit",
            Self::Generalise => "t_test, steps to generalise",
            Self::FinalTest => "final test loss",
            Self::Class => "outcome class",
            Self::Fraction => "fraction of seeds that grok",
            Self::Spread => "spread over seeds: quartiles of log₁₀ ratio",
            Self::Curves => "the curves themselves",
        }
    }

    /// What a cell with several seeds shows of them, as the end of "the colour is …".
    pub fn statistic(self) -> &'static str {
        match self {
            Self::Fraction => "the fraction of them that grok",
            Self::Spread => {
                "the distance between the quartiles of log₁₀ t_test/t_train, none where a quartile has not generalised"
            }
            Self::FinalTest => "the median of log₁₀ of their test loss",
            Self::Class | Self::Curves => "that of the class of most",
            _ => "their median, in which one that has not got there counts as infinite",
        }
    }

    /// When a cell's run must end for it.
    pub fn stop(self) -> Stop {
        match self {
            Self::FinalTest | Self::Curves => Stop::Horizon,
            _ => Stop::Classified,
        }
    }

    /// Whether it needs several seeds.
    pub fn needs_seeds(self) -> bool {
        matches!(self, Self::Fraction | Self::Spread)
    }

    /// Whether its colours are decimal logarithms.
    pub fn is_log(self) -> bool {
        !matches!(
            self,
            Self::Class | Self::Fraction | Self::Spread | Self::Curves
        )
    }
}

/// A finished cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What its run came to.
    pub result: CellResult,
    /// Its curve, where it was watched.
    pub curve: Vec<LossPoint>,
    /// Computed less closely, to be replaced.
    pub draft: bool,
}

/// One side of a diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Dotted key; empty for a side that the sweep does not have.
    pub key: String,
    /// The values along it.
    pub values: Vec<Value>,
}

/// Where the cells of a grid stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// From left to right.
    pub x: Side,
    /// From bottom to top.
    pub y: Side,
    /// Seeds in each place.
    pub seeds: usize,
    strides: [usize; 3],
}

impl Layout {
    /// Of a grid with at most two dimensions besides the seed.
    ///
    /// # Errors
    /// Says what a picture needs.
    pub fn of(grid: &Grid) -> Result<Self, String> {
        let lengths: Vec<usize> = grid.dimensions.iter().map(|d| d.len()).collect();
        let stride = |dimension: usize| lengths[dimension + 1..].iter().product::<usize>();
        let is_seed = |dimension: usize| {
            grid.dimensions[dimension]
                .axes
                .iter()
                .all(|a| a.key == "seed")
        };
        let (seeds, mut sides): (Vec<usize>, Vec<usize>) =
            (0..lengths.len()).partition(|&d| is_seed(d));
        let mut seed = seeds.first().copied();
        if sides.is_empty() {
            sides.extend(seed.take());
        }
        if sides.len() > 2 {
            return Err(format!(
                "a picture has two axes besides the seed, and this sweep has {}; fix the others in \
                 [base] or move them together in a zip group",
                sides.len()
            ));
        }
        let side = |place: usize| match sides.get(place) {
            Some(&d) => {
                let axis = grid.dimensions[d].axes.first();
                let side = axis.map(|axis| Side {
                    key: axis.key.clone(),
                    values: axis.values.clone(),
                });
                (side, stride(d))
            }
            None => (None, 0),
        };
        let nothing = || Side {
            key: String::new(),
            values: vec![Value::Integer(0)],
        };
        let ((x, along_x), (y, along_y)) = (side(0), side(1));
        Ok(Self {
            x: x.unwrap_or_else(nothing),
            y: y.unwrap_or_else(nothing),
            seeds: seed.map_or(1, |d| lengths[d]),
            strides: [along_x, along_y, seed.map_or(0, stride)],
        })
    }

    /// Places from left to right and from bottom to top.
    pub fn size(&self) -> [usize; 2] {
        [self.x.values.len(), self.y.values.len()]
    }

    /// The cell of a seed in a place.
    pub fn cell(&self, [x, y]: [usize; 2], seed: usize) -> usize {
        x * self.strides[0] + y * self.strides[1] + seed * self.strides[2]
    }

    /// All places.
    pub fn places(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let [width, height] = self.size();
        (0..width).flat_map(move |x| (0..height).map(move |y| [x, y]))
    }
}

/// Median and quartiles over seeds, in which what has not happened by the horizon
/// counts as infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// Lower quartile.
    pub lower: f64,
    /// Median; infinite where not half of the seeds got there.
    pub median: f64,
    /// Upper quartile.
    pub upper: f64,
    /// Seeds that got there.
    pub count: usize,
    /// Seeds in all.
    pub of: usize,
}

impl Quartiles {
    /// `None` is what has not happened.
    pub fn of(values: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.map(|v| v.unwrap_or(f64::INFINITY)).collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        // Between neighbours by their distance; past the finite ones it is infinite.
        let at = |part: f64| {
            let place = part * last as f64;
            let (below, rest) = (place.floor() as usize, place.fract());
            let low = sorted[below];
            match rest > 0.0 {
                true if sorted[below + 1].is_infinite() => f64::INFINITY,
                true => low + rest * (sorted[below + 1] - low),
                false => low,
            }
        };
        Some(Self {
            lower: at(0.25),
            median: at(0.5),
            upper: at(0.75),
            count: sorted.iter().filter(|v| v.is_finite()).count(),
            of: sorted.len(),
        })
    }

    /// Distance of the quartiles, from two seeds on and where both are finite.
    pub fn range(&self) -> Option<f64> {
        (self.of > 1 && self.upper.is_finite()).then_some(self.upper - self.lower)
    }

    fn shown(self) -> Option<f64> {
        self.median.is_finite().then_some(self.median)
    }
}

/// What the seeds of a place come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The class of most seeds; of equally frequent ones the worst.
    pub class: Class,
    /// How many seeds are in each class, in the order of [`Class::ALL`].
    pub counts: [usize; CLASSES],
    /// Seeds computed.
    pub computed: usize,
    /// log₁₀ of the delay ratio, by the order of [`Criterion::ALL`].
    pub ratio: [Option<Quartiles>; 3],
    /// Delay in steps, in the same order.
    pub delay: [Option<Quartiles>; 3],
    /// log₁₀ of the fit step.
    pub fit: Option<Quartiles>,
    /// log₁₀ of the generalisation step.
    pub generalise: Option<Quartiles>,
    /// log₁₀ of the test loss at the end.
    pub final_test: Option<Quartiles>,
    /// log₁₀ of the step at which the features escape, as the data predict it.
    pub escape: Option<Quartiles>,
    /// Cells of which descent was unstable.
    pub unstable: usize,
    /// A number may still change: computed less closely.
    pub draft: bool,
}

impl Summary {
    /// Of the cells of one place; `None` for none.
    pub fn of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<Self> {
        let cells: Vec<&Cell> = cells.collect();
        let mut counts = [0; CLASSES];
        for cell in &cells {
            if let Some(class) = Class::by_name(&cell.result.outcome) {
                counts[class as usize] += 1;
            }
        }
        let class =
            (Class::ALL.into_iter()).max_by_key(|&class| (counts[class as usize], class))?;
        if counts[class as usize] == 0 {
            return None;
        }
        // A run that diverged tells nothing of when it would have got there.
        let counted = |cell: &&&Cell| cell.result.outcome != Class::Diverged.name();
        let over = |value: &dyn Fn(&CellResult) -> Option<f64>| {
            let counted = cells.iter().filter(counted);
            Quartiles::of(counted.map(|cell| value(&cell.result)))
        };
        let log = |step: Option<u64>| Some((step?.max(1) as f64).log10());
        Some(Self {
            class,
            counts,
            computed: cells.len(),
            ratio: Criterion::ALL.map(|by| over(&|r| Some(r.ratio_by(by)?.log10()))),
            delay: Criterion::ALL.map(|by| over(&|r| Some(r.delay_by(by)? as f64))),
            fit: over(&|r| log(r.fit_step)),
            generalise: over(&|r| log(r.generalise_step)),
            final_test: over(&|r| Some(r.test_loss?.max(f64::MIN_POSITIVE).log10())),
            escape: Quartiles::of(cells.iter().map(|cell| {
                let step = cell.result.predicted_fit_step_at_50_percent?;
                Some((step.max(1) as f64).log10())
            })),
            unstable: cells.iter().filter(|cell| cell.result.unstable).count(),
            draft: cells.iter().any(|cell| cell.draft),
        })
    }

    /// log₁₀ of the median step at which the features are to escape.
    pub fn escape_log(&self) -> Option<f64> {
        self.escape.and_then(Quartiles::shown)
    }

    /// Seeds in the class of most.
    pub fn agreeing(&self) -> usize {
        self.counts[self.class as usize]
    }

    /// The number that a measure shows in this place, a decimal logarithm where
    /// [`Measure::is_log`]. `None` where there is no such number: a cell that
    /// never generalises has no delay, which is not a delay of zero.
    pub fn value(&self, measure: Measure) -> Option<f64> {
        let both = matches!(self.class, Class::Groks | Class::GeneralisesAtOnce);
        let median = |of: Option<Quartiles>| of.and_then(Quartiles::shown);
        match measure {
            // Whether there is a delay by another criterion than that of the class
            // is for the number itself to say.
            Measure::Delay(by) if both || by != Criterion::Configured => {
                let steps = median(self.delay[by as usize])?;
                (steps > 0.0).then(|| steps.log10())
            }
            Measure::Ratio(by) if self.class == Class::Groks || by != Criterion::Configured => {
                median(self.ratio[by as usize])
            }
            Measure::Generalise if both => median(self.generalise),
            Measure::Fit if !matches!(self.class, Class::NeverFits | Class::Diverged) => {
                median(self.fit)
            }
            Measure::FinalTest if self.class != Class::Diverged => median(self.final_test),
            Measure::Fraction if self.computed > 1 => {
                Some(self.counts[Class::Groks as usize] as f64 / self.computed as f64)
            }
            Measure::Spread if both => self.ratio[0]?.range(),
            _ => None,
        }
    }
}

/// A diagram, as far as it is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    layout: Layout,
    cells: Vec<Option<Arc<Cell>>>,
    summaries: Vec<Option<Summary>>,
}

/// Sides of the blocks that the first passes fill, from coarse to fine.
pub const STRIDES: [usize; 3] = [4, 2, 1];

impl Diagram {
    /// An empty one.
    pub fn new(layout: Layout) -> Self {
        let [width, height] = layout.size();
        Self {
            cells: vec![None; width * height * layout.seeds],
            summaries: vec![None; width * height],
            layout,
        }
    }

    /// Where its cells stand.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Takes in a cell, unless a closer one is there.
    pub fn put(&mut self, cell: Arc<Cell>) {
        let index = cell.result.cell;
        let Some(slot) = self.cells.get_mut(index) else {
            return;
        };
        if cell.draft && slot.as_ref().is_some_and(|c| !c.draft) {
            return;
        }
        *slot = Some(cell);
        if let Some(place) = self.place_of(index) {
            let summary = Summary::of(self.seeds(place).map(Arc::as_ref));
            let height = self.layout.size()[1];
            self.summaries[place[0] * height + place[1]] = summary;
        }
    }

    fn place_of(&self, cell: usize) -> Option<[usize; 2]> {
        let [width, height] = self.layout.size();
        let [along_x, along_y, _] = self.layout.strides;
        let part = |stride: usize, length: usize| match stride {
            0 => 0,
            stride => cell / stride % length,
        };
        let place = [part(along_x, width), part(along_y, height)];
        (place[0] < width && place[1] < height).then_some(place)
    }

    /// The computed cells of a place, seed by seed.
    pub fn seeds(&self, place: [usize; 2]) -> impl Iterator<Item = &Arc<Cell>> {
        (0..self.layout.seeds)
            .filter_map(move |seed| self.cells.get(self.layout.cell(place, seed))?.as_ref())
    }

    /// What its seeds come to.
    pub fn summary(&self, [x, y]: [usize; 2]) -> Option<&Summary> {
        self.summaries.get(x * self.layout.size()[1] + y)?.as_ref()
    }

    /// The place whose cell fills this one: itself, or else the corner of the
    /// smallest block that is computed.
    pub fn filled_by(&self, [x, y]: [usize; 2]) -> Option<[usize; 2]> {
        (STRIDES.iter().rev())
            .map(|&stride| [x - x % stride, y - y % stride])
            .find(|&corner| self.summary(corner).is_some())
    }

    /// Cells that are computed as closely as they will be.
    pub fn done(&self) -> usize {
        self.cells.iter().flatten().filter(|c| !c.draft).count()
    }

    /// Cells in all.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has no cells.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Whether every cell is done.
    pub fn is_complete(&self) -> bool {
        self.done() == self.len()
    }

    /// The cells that are done, in their order.
    pub fn finished(&self) -> impl Iterator<Item = &Arc<Cell>> {
        self.cells.iter().flatten().filter(|c| !c.draft)
    }

    /// Places in each class, in the order of [`Class::ALL`].
    pub fn counts(&self) -> [usize; CLASSES] {
        let mut counts = [0; CLASSES];
        for summary in self.summaries.iter().flatten() {
            counts[summary.class as usize] += 1;
        }
        counts
    }

    /// Least and largest value of a measure.
    pub fn range(&self, measure: Measure) -> Option<[f64; 2]> {
        let values = (self.summaries.iter().flatten()).filter_map(|s| s.value(measure));
        values.fold(None, |range, v| match range {
            None => Some([v, v]),
            Some([low, high]) => Some([low.min(v), high.max(v)]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::outcome::Outcome;

    #[test]
    fn every_outcome_has_its_class() {
        let diverged = Outcome::Diverged {
            step: 1,
            stable_learning_rate: 1.0,
        };
        let outcomes = [
            Outcome::Groks,
            Outcome::GeneralisesAtOnce,
            Outcome::NeverGeneralises,
            Outcome::NeverFits,
            Outcome::NotJudged,
            diverged,
        ];
        for (outcome, class) in outcomes.into_iter().zip(Class::ALL) {
            assert_eq!(Class::by_name(outcome.name()), Some(class));
            assert_eq!(outcome.label(), class.label());
        }
    }
}
