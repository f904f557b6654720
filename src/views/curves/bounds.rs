//! What part of the axes is visible: fitted to the runs and eased from one fit
//! to the next, or left where the user put it.

pub use crate::plot::axis::Span;
pub use crate::plot::fit::{Extent, fit_loss};

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

    /// What the user chose to see, if anything.
    pub fn user(&self) -> Option<Span> {
        self.user
    }

    /// Shows an interval that was chosen, or what fits.
    pub fn choose(&mut self, span: Option<Span>) {
        self.user = span.filter(|span| span.is_sound());
    }

    /// Whether the user chose what it shows.
    pub fn is_user(&self) -> bool {
        self.user.is_some()
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
}
