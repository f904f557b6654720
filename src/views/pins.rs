//! Runs kept for comparison, as the views know them: how they look, and what can
//! be asked of them.

use crate::{
    history::Run,
    plot::{Dash, Ink, runs::kept_ink},
    sim::config::{Config, FIELDS, Field},
};

/// Most runs kept: more could not be told apart.
pub const MAX_PINS: usize = 20;

/// Names a kept run for as long as the window is open.
pub type PinId = u64;

/// The colour of a kept run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PinColour {
    /// One of the theme's colours for kept runs.
    Palette(usize),
    /// A place on the theme's ramp, from 0 to 1: runs of a sweep.
    Ramp(f32),
}

impl PinColour {
    /// That of a run at a place among `count`.
    pub fn of_kept(place: usize, count: usize) -> Self {
        match kept_ink(place, count) {
            Ink::Ramp(t) => Self::Ramp(t),
            _ => Self::Palette(place),
        }
    }

    /// The ink of plots.
    pub fn ink(self) -> Ink {
        match self {
            Self::Palette(i) => Ink::Kept(i),
            Self::Ramp(t) => Ink::Ramp(t),
        }
    }
}

/// How the test loss of a kept run is drawn; its train loss is dashed, as that
/// of every run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinLine {
    /// An unbroken line.
    #[default]
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
}

impl PinLine {
    /// How it runs.
    pub fn dash(self) -> Dash {
        match self {
            Self::Solid => Dash::Solid,
            Self::Dashed => Dash::Dashed(16.0),
            Self::Dotted => Dash::Dotted(5.0),
        }
    }

    /// All, with their names.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Solid, "solid"),
        (Self::Dashed, "long dashes"),
        (Self::Dotted, "dotted"),
    ];
}

/// A run kept for comparison, as it is shown.
#[derive(Clone, Copy)]
pub struct PinView<'a> {
    /// Its name in actions.
    pub id: PinId,
    /// The run as it was.
    pub run: &'a Run,
    /// The settings that it was asked for.
    pub config: &'a Config,
    /// What tells it from the others, such as "α = 1".
    pub name: &'a str,
    /// Its colour.
    pub colour: PinColour,
    /// Its line.
    pub line: PinLine,
    /// It is drawn.
    pub shown: bool,
}

/// A change to one kept run.
#[derive(Clone, Debug, PartialEq)]
pub enum PinEdit {
    /// Another name.
    Rename(String),
    /// Another colour.
    Color(PinColour),
    /// Another line.
    Line(PinLine),
    /// Shown or hidden.
    Show(bool),
    /// Kept no longer.
    Remove,
}

/// The settings in which at least two of these runs differ, in table order.
pub fn differences<'c>(
    configs: impl IntoIterator<Item = &'c Config> + Clone,
) -> Vec<&'static Field> {
    let differs = |field: &&Field| {
        let mut values = configs.clone().into_iter().map(|c| (field.get)(c));
        values
            .next()
            .is_some_and(|first| values.any(|value| value != first))
    };
    FIELDS.iter().filter(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_table_has_exactly_the_settings_that_differ() {
        let a = Config::default();
        let mut b = a.clone();
        b.network.alpha = 8.0;
        let mut c = a.clone();
        c.task.samples += 1;
        c.training.steps += 1;
        let keys = |configs: &[&Config]| -> Vec<&str> {
            let fields = differences(configs.iter().copied());
            fields.iter().map(|f| f.key).collect()
        };
        assert_eq!(keys(&[]), Vec::<&str>::new());
        assert_eq!(keys(&[&a]), Vec::<&str>::new());
        assert_eq!(keys(&[&a, &a]), Vec::<&str>::new());
        assert_eq!(keys(&[&a, &b]), ["network.alpha"]);
        let mut all = keys(&[&a, &b, &c]);
        all.sort_unstable();
        assert_eq!(all, ["network.alpha", "task.samples", "training.steps"]);
    }
}
