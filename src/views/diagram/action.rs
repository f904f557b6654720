//! What the user can ask of the diagram.

use super::Subject;
use crate::sweep::{diagram::Measure, plan::PlanAxis};

/// What the user can ask of the diagram.
#[derive(Clone, Debug, PartialEq)]
pub enum DiagramAction {
    /// Another axis from left to right.
    AxisX(PlanAxis),
    /// Another axis from bottom to top.
    AxisY(PlanAxis),
    /// Show another number.
    Measure(Measure),
    /// Draw what never generalises as 0, or with its mark.
    NeverIsZero(bool),
    /// Draw the lines of equal predicted escape of the features.
    Escape(bool),
    /// So many seeds in each place.
    Seeds(usize),
    /// In the plots' place, or back in the side panel.
    Large(bool),
    /// Load the cell at a place as a run.
    Load([usize; 2]),
    /// A diagram with a name.
    Open(Subject),
    /// Fill it, however long it takes.
    Fill,
    /// Stop filling.
    Stop,
    /// Write a file.
    Save(DiagramFile),
    /// Put the spec on the clipboard.
    CopySpec,
}

/// Files of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagramFile {
    /// The picture as it is seen, at twice the resolution.
    Png,
    /// The cells, in the columns of a sweep's `results.csv`.
    Csv,
    /// The spec for `grokscope sweep run`.
    Spec,
}

impl DiagramFile {
    /// All, in the order of the menu, with label and explanation.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Png, "Diagram as PNG, 2×…", "As it is seen"),
        (
            Self::Csv,
            "Cells as CSV…",
            "The columns of a sweep's results.csv, a row for each finished cell",
        ),
        (
            Self::Spec,
            "Save sweep.toml…",
            "The same cells as a file for `grokscope sweep run`",
        ),
    ];
}
