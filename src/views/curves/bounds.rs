//! What part of the axes is visible: fitted to the runs and eased from one fit
//! to the next, or left where the user put it.

use crate::views::axes::Scale;

/// A visible interval, in plot coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Span {
    /// An interval.
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Finite and not empty, so that egui_plot accepts it.
    fn is_sound(self) -> bool {
        self.low.is_finite() && self.high.is_finite() && self.width() > 1e-12 * self.high.abs()
    }
}

/// Time constant of easing, in seconds.
const EASE: f64 = 0.09;

/// One axis: what it shows, and whether the user chose it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Axis {
    shown: Option<Span>,
    user: Option<Span>,
}

impl Axis {
    /// The interval to show in this frame, given the one that fits the data;
    /// and whether it is still on its way there.
    pub fn advance(&mut self, fit: Span, dt: f64) -> (Span, bool) {
        if let Some(user) = self.user {
            self.shown = Some(user);
            return (user, false);
        }
        let Some(shown) = self.shown.filter(|s| s.is_sound()) else {
            self.shown = Some(fit);
            return (fit, false);
        };
        let part = 1.0 - (-dt.max(0.0) / EASE).exp();
        let ease = |from: f64, to: f64| from + part * (to - from);
        let next = Span::new(ease(shown.low, fit.low), ease(shown.high, fit.high));
        let left = (next.low - fit.low).abs().max((next.high - fit.high).abs());
        let moving = left > 2e-3 * fit.width();
        let next = if moving { next } else { fit };
        self.shown = Some(next);
        (next, moving)
    }

    /// The interval shown in the last frame.
    pub fn shown(&self) -> Option<Span> {
        self.shown.filter(|span| span.is_sound())
    }

    /// Takes what the plot shows after the user's input of this frame; keeps it
    /// if it is not what was asked for.
    pub fn adopt(&mut self, asked: Span, found: Span) {
        let slack = 1e-6 * asked.width();
        let moved =
            (asked.low - found.low).abs() > slack || (asked.high - found.high).abs() > slack;
        if moved && found.is_sound() {
            self.user = Some(found);
        }
    }

    /// Shows what fits the data again.
    pub fn refit(&mut self) {
        self.user = None;
    }

    /// Forgets where it was: the next frame starts at its fit.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether the user chose what it shows.
    pub fn is_user(&self) -> bool {
        self.user.is_some()
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_eases_to_a_new_fit_and_gets_there() {
        let mut axis = Axis::default();
        assert_eq!(
            axis.advance(Span::new(0.0, 1.0), 0.0).0,
            Span::new(0.0, 1.0)
        );
        let (first, moving) = axis.advance(Span::new(0.0, 2.0), 1.0 / 60.0);
        assert!(moving && first.high > 1.0 && first.high < 1.5, "{first:?}");
        let frames = (0..120).take_while(|_| axis.advance(Span::new(0.0, 2.0), 1.0 / 60.0).1);
        assert!(frames.count() < 60);
        assert_eq!(
            axis.advance(Span::new(0.0, 2.0), 0.0).0,
            Span::new(0.0, 2.0)
        );
    }

    #[test]
    fn the_users_view_stays_until_it_is_refitted() {
        let mut axis = Axis::default();
        let (asked, _) = axis.advance(Span::new(0.0, 5.0), 0.0);
        axis.adopt(asked, asked);
        assert!(!axis.is_user());
        axis.adopt(asked, Span::new(1.0, 2.0));
        assert_eq!(
            axis.advance(Span::new(0.0, 9.0), 1.0).0,
            Span::new(1.0, 2.0)
        );
        axis.adopt(asked, Span::new(f64::NAN, 2.0));
        assert_eq!(
            axis.advance(Span::new(0.0, 9.0), 1.0).0,
            Span::new(1.0, 2.0)
        );
        axis.refit();
        let (back, moving) = axis.advance(Span::new(0.0, 5.0), 1.0 / 60.0);
        assert!(moving && back.high > 2.0, "it eases back");
    }

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
}
