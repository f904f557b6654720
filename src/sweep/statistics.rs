//! What several seeds of one place come to.

use super::cell::CellResult;
use super::diagram::{Cell, Measure};
use crate::sim::outcome::{CLASSES, Class};
use crate::sim::verdict::Criterion;

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
