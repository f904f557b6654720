//! The axis that fits what is to be seen on it: the same on screen and on paper.

use super::axis::{Scale, Span};

/// Lowest and highest of the losses on show.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Lowest positive value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
}

impl Extent {
    /// Of nothing.
    pub const EMPTY: Self = Self {
        min: f64::INFINITY,
        max: 0.0,
    };

    /// Widens it to hold a loss; what cannot be drawn is ignored.
    pub fn add(&mut self, loss: f64) {
        if loss.is_finite() && loss > 0.0 {
            self.min = self.min.min(loss);
            self.max = self.max.max(loss);
        }
    }
}

/// The loss axis that fits `extent` and leaves `headroom`, a fraction of its
/// length, free at the top. `usual` is the loss at the start, which is always
/// in view; what is higher than `most` leaves the frame.
pub fn fit_loss(scale: Scale, extent: Extent, usual: f64, most: f64, headroom: f64) -> Span {
    let usual = if usual.is_finite() && usual > 0.0 {
        usual
    } else {
        1.0
    };
    let max = extent.max.min(most).max(1.08 * usual);
    let free = 1.0 / (1.0 - headroom.clamp(0.0, 0.6));
    match scale {
        Scale::Linear => {
            let unit = 10f64.powf(max.log10().floor()) / 20.0;
            let high = (max * free / unit).ceil() * unit;
            Span::new(-0.03 * high, high)
        }
        Scale::Log => {
            let top = max.log10();
            let min = extent.min.max(max * 1e-12).min(1e-2 * usual);
            let low = ((min.log10() - 0.05) * 2.0).floor() / 2.0;
            let high = low + (top - low) * free;
            Span::new(low, (high * 20.0).ceil() / 20.0)
        }
    }
}

/// The axis that holds a range of values. Fractions have the whole of 0 to 1 on a
/// linear one.
pub fn fit_values(scale: Scale, extent: Extent, unit: bool) -> Span {
    match scale {
        Scale::Linear if unit => Span::new(-0.04, 1.08),
        Scale::Linear => {
            let high = if extent.max > 0.0 { extent.max } else { 1.0 };
            let unit = 10f64.powf(high.log10().floor()) / 10.0;
            let high = (1.1 * high / unit).ceil() * unit;
            Span::new(-0.036 * high, high)
        }
        Scale::Log => {
            let (low, high) = if extent.max > 0.0 && extent.min.is_finite() {
                (extent.min.max(1e-12 * extent.max), extent.max)
            } else {
                (0.1, 1.0)
            };
            let (low, high) = (low.log10(), high.log10());
            let room = (0.08 * (high - low)).max(0.15);
            let half = |v: f64| 0.25 * v;
            Span::new(
                half((4.0 * (low - room)).floor()),
                half((4.0 * (high + room)).ceil()),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linear_loss_axis_holds_the_peak_and_the_headroom() {
        let extent = Extent {
            min: 1e-9,
            max: 1.8,
        };
        let span = fit_loss(Scale::Linear, extent, 1.5, 6.0, 0.15);
        assert!(span.low < 0.0 && span.high >= 1.8 / 0.85);
    }

    #[test]
    fn a_small_rise_of_the_loss_does_not_move_the_axis() {
        let span = |max| fit_loss(Scale::Linear, Extent { min: 0.1, max }, 1.5, 6.0, 0.15);
        assert_eq!(span(1.50), span(1.55));
    }

    #[test]
    fn divergence_does_not_flatten_what_came_before() {
        let extent = Extent {
            min: 0.1,
            max: 1e200,
        };
        assert!(fit_loss(Scale::Linear, extent, 1.0, 4.0, 0.15).high < 6.0);
        assert!(fit_loss(Scale::Log, extent, 1.0, 4.0, 0.15).high < 2.0);
    }

    #[test]
    fn every_fit_is_an_interval_that_can_be_drawn() {
        for usual in [f64::NAN, 0.0, 1e-12, 1.0, 1e9] {
            for extent in [
                Extent::EMPTY,
                Extent {
                    min: 1e-300,
                    max: 1e300,
                },
            ] {
                for scale in [Scale::Linear, Scale::Log] {
                    let span = fit_loss(scale, extent, usual, f64::MAX, 0.2);
                    assert!(span.is_sound(), "{usual} {extent:?} {scale:?}: {span:?}");
                }
            }
        }
    }

    #[test]
    fn every_axis_is_an_interval() {
        for (min, max) in [
            (f64::INFINITY, 0.0),
            (1.0, 1.0),
            (1e-300, 1e300),
            (5e-324, 1e308),
        ] {
            for scale in [Scale::Linear, Scale::Log] {
                for unit in [false, true] {
                    let span = fit_values(scale, Extent { min, max }, unit);
                    assert!(span.high > span.low && span.width().is_finite(), "{span:?}");
                }
            }
        }
    }
}
