//! The cells of a sweep as a picture over two settings: where each stands, what
//! several seeds come to, which number is shown.

use super::cell::CellResult;
use super::grid::Grid;
use super::spec::Stop;
pub use super::statistics::{Quartiles, Summary};
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
