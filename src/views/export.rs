//! What can be saved from the window.

use super::curves::PlotKind;
use crate::plot::{Format, animation::Film};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// PNG of the window.
    Window,
    /// PNG of one plot at twice the resolution.
    Plot(PlotKind),
    /// CSV of the run.
    Csv,
    /// TOML of the settings.
    Toml,
    /// A figure for print.
    Figure(Format),
    /// The state of the window.
    Workspace,
    /// Plots that move.
    Animation(Film),
    /// Data, weights and kernel of the step at the cursor, for NumPy.
    Arrays,
}

impl Export {
    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Window | Self::Plot(_) => "png",
            Self::Csv => "csv",
            Self::Toml => "toml",
            Self::Animation(film) => film.ending(),
            Self::Workspace => crate::workspace::ENDING,
            Self::Figure(format) => format.ending(),
            Self::Arrays => "npz",
        }
    }
}
