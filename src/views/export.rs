//! What can be saved from the window.

use super::curves::PlotKind;

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
}

impl Export {
    /// All, in the order of the menu, with label and key.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Csv, "Run as CSV…", "Ctrl+S"),
        (Self::Toml, "Settings as TOML…", "Ctrl+Shift+S"),
        (
            Self::Plot(PlotKind::Loss),
            "Loss plot as PNG, 2×…",
            "Ctrl+E",
        ),
        (Self::Plot(PlotKind::Lower), "Lower plot as PNG, 2×…", ""),
        (Self::Window, "Window as PNG…", "Ctrl+Shift+E"),
    ];

    /// What is written.
    pub fn why(self) -> &'static str {
        match self {
            Self::Csv => {
                "Every measured number at every recorded step, as a table; the settings go into \
                 a file beside it"
            }
            Self::Toml => "The settings, to open again here or to train with on the command line",
            Self::Plot(PlotKind::Loss) => "The loss plot as it is now, at twice the resolution",
            Self::Plot(PlotKind::Lower) => "The lower plot as it is now, at twice the resolution",
            Self::Window => "The whole window as it is now",
        }
    }

    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Window | Self::Plot(_) => "png",
            Self::Csv => "csv",
            Self::Toml => "toml",
        }
    }
}
