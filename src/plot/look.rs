//! How quantities are drawn: their inks and lines, the same on screen and on paper.

use super::colour::Ink;
use crate::sim::metrics::Metric;

/// How a line runs; lengths in points beside a line 2.2 wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Dashes of this length.
    Dashed(f32),
    /// Dots at this distance.
    Dotted(f32),
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pen {
    /// What it stands for.
    pub ink: Ink,
    /// From 0 to 1; the rest is the ground's colour.
    pub strength: f32,
    /// Width; that of a main curve is 2.2.
    pub width: f32,
    /// How it runs.
    pub dash: Dash,
}

impl Pen {
    /// At full strength.
    pub const fn new(ink: Ink, width: f32, dash: Dash) -> Self {
        Self {
            ink,
            strength: 1.0,
            width,
            dash,
        }
    }

    /// The same, so much of its strength.
    pub fn times(self, share: f32) -> Self {
        Self {
            strength: self.strength * share,
            ..self
        }
    }
}

/// Width of a main curve.
pub const WIDTH: f32 = 2.2;
/// Width of a kept run's curve.
pub const KEPT_WIDTH: f32 = 1.5;
/// How train losses run.
pub const TRAIN_DASH: Dash = Dash::Dashed(7.0);
/// How levels that curves are read against run.
pub const LEVEL_DASH: Dash = Dash::Dashed(3.0);

/// More kept runs than this, and what is not their main curve steps back.
pub const FEW: usize = 4;

/// Colours of what is only computed fade by this much …
const PALE: f32 = 0.42;
/// … and those of the lazy model by this.
const LAZY: f32 = 0.8;

/// Train and test loss of the run on show.
pub const fn main_pens() -> [Pen; 2] {
    [
        Pen::new(Ink::Train, WIDTH, TRAIN_DASH),
        Pen::new(Ink::Test, WIDTH, Dash::Solid),
    ]
}

/// Medians over seeds of train and test loss.
pub const fn median_pens() -> [Pen; 2] {
    [
        Pen::new(Ink::Train, 1.6, TRAIN_DASH),
        Pen::new(Ink::Test, 1.6, Dash::Solid),
    ]
}

/// Train and test loss of a kept run among `count`.
pub fn kept_pens(ink: Ink, dash: Dash, count: usize) -> [Pen; 2] {
    let train = match count > FEW {
        true => Pen::new(ink, 1.0, TRAIN_DASH).times(0.5),
        false => Pen::new(ink, KEPT_WIDTH, TRAIN_DASH),
    };
    [train, Pen::new(ink, KEPT_WIDTH, dash)]
}

/// Another quantity of a kept run among `count`; `first` of those on show or not.
pub fn kept_pen(ink: Ink, dash: Dash, count: usize, first: bool) -> Pen {
    match count > FEW {
        true if first => Pen::new(ink, 1.2, dash),
        true => Pen::new(ink, 1.2, dash).times(0.5),
        false => Pen::new(ink, KEPT_WIDTH, dash),
    }
}

/// The forecast: train, test.
pub fn forecast_pens() -> [Pen; 2] {
    main_pens().map(|pen| pen.times(PALE))
}

/// The lazy model's test loss.
pub fn lazy_pen() -> Pen {
    Pen::new(Ink::Test, 1.3, Dash::Dotted(5.0)).times(LAZY)
}

/// The level of kernel regression.
pub fn level_pen() -> Pen {
    Pen::new(Ink::Test, 1.0, Dash::Solid).times(0.35)
}

/// The zero predictor's loss.
pub fn zero_pen() -> Pen {
    Pen::new(Ink::Muted, 0.8, Dash::Dotted(5.0)).times(0.6)
}

/// Thresholds: train, test.
pub fn threshold_pens() -> [Pen; 2] {
    [Ink::Train, Ink::Test].map(|ink| Pen::new(ink, 1.0, LEVEL_DASH).times(0.6))
}

/// Ink and line of a quantity in the lower plot.
pub fn of(metric: Metric) -> (Ink, Dash) {
    use Dash::{Dashed, Dotted, Solid};
    match metric {
        Metric::TrainLoss => (Ink::Train, TRAIN_DASH),
        Metric::TestLoss | Metric::SampleTestLoss => (Ink::Test, Solid),
        Metric::FeatureAlignment => (Ink::Alignment, Solid),
        Metric::PopulationAlignment => (Ink::KernelAlignment, Dashed(11.0)),
        Metric::Alignment => (Ink::RawAlignment, Dashed(5.0)),
        Metric::CenteredAlignment => (Ink::CenteredAlignment, Dotted(5.0)),
        Metric::WeightNormSq => (Ink::Text, Dashed(8.0)),
        Metric::TrainAccuracy | Metric::LinTrainLoss => (Ink::Train, TRAIN_DASH),
        Metric::TestAccuracy | Metric::LinTestLoss => (Ink::Test, Solid),
        Metric::VarianceError => (Ink::Variance, Solid),
        Metric::MisalignmentError => (Ink::Misalignment, Solid),
        Metric::LinearPower => (Ink::LinearPower, Solid),
        Metric::FeatureEigenvalue1 => (Ink::RawAlignment, Solid),
        Metric::FeatureEigenvalue2 => (Ink::RawAlignment, Dashed(9.0)),
        Metric::FeatureEigenvalue3 => (Ink::RawAlignment, Dotted(5.0)),
        Metric::EffectiveRank => (Ink::CenteredAlignment, Solid),
        Metric::ParamMovement => (Ink::Test, Dashed(6.0)),
        Metric::NtkDrift => (Ink::KernelAlignment, Solid),
        other => {
            let number = other as usize;
            let inks = [Ink::LinearPower, Ink::RawAlignment, Ink::Muted];
            let dashes = [Solid, Dashed(9.0), Dashed(4.0)];
            (inks[number % 3], dashes[number / 3 % 3])
        }
    }
}
