//! `sweep.toml`: base settings, axes and measures.
//!
//! ```
//! let spec = grokscope::sweep::Spec::parse(
//!     r#"
//!     title = "Delay over laziness"
//!     [base.task]
//!     dim = 30
//!     [base.training]
//!     engine = "flow"
//!     [axes]
//!     "network.alpha" = { from = 0.1, to = 10.0, count = 5, scale = "log" }
//!     seed = [1, 2, 3]
//!     [measures]
//!     stop = "classified"
//!     "#,
//! )?;
//! assert_eq!(spec.grid().len(), 15);
//! # Ok::<(), grokscope::sweep::SpecError>(())
//! ```

use super::grid::Grid;
use super::parse;
use crate::history::summary::fnv1a64;
use crate::sim::config::{Config, ConfigError, ValidConfig};
use std::fmt::Write as _;

/// Most cells of a sweep.
pub const MAX_CELLS: usize = 1_000_000;

/// A spec that cannot be used: names the line and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SpecError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong there and what to do about it.
    pub problem: String,
}

/// When a cell's run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// Once both losses have crossed their thresholds, or without weight decay
    /// once the train loss is spent; at the horizon at the latest.
    #[default]
    Classified,
    /// At the horizon, or without weight decay once the train loss is spent:
    /// for final losses.
    Horizon,
}

impl Stop {
    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classified => "classified",
            Self::Horizon => "horizon",
        }
    }
}

/// How the cells are measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// When a run ends.
    pub stop: Stop,
    /// Tolerance of the flow engine: rms error of the function in a step over
    /// that of the target.
    pub tolerance: f64,
    /// Columns of `results.csv` after the axes; all of them if empty.
    pub columns: Vec<String>,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            stop: Stop::default(),
            tolerance: DEFAULT_TOLERANCE,
            columns: Vec::new(),
        }
    }
}

/// Crossing times are then within about a per cent of the exact flow.
pub const DEFAULT_TOLERANCE: f64 = 1e-3;

/// A sweep that can be run: every cell's settings are valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    title: String,
    base: Config,
    grid: Grid,
    measures: Measures,
    text: String,
    hash: u64,
}

impl Spec {
    /// Reads a spec and checks the settings of every cell.
    ///
    /// # Errors
    /// Names the line and what to do.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let parsed = parse::parse(text)?;
        let mut spec = Self {
            title: parsed.title,
            base: parsed.base,
            grid: parsed.grid,
            measures: parsed.measures,
            text: text.into(),
            hash: 0,
        };
        for cell in 0..spec.grid.len() {
            if let Err(error) = spec.config(cell) {
                return Err(SpecError {
                    line: parsed.lines.of(&error.field),
                    problem: format!("in cell {cell} ({}): {error}", spec.describe(cell)),
                });
            }
        }
        spec.hash = fnv1a64(spec.canonical().as_bytes());
        Ok(spec)
    }

    /// Its title; empty if it has none.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// How its cells are measured.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Hash of what determines the results: comments, spelling and order of the
    /// file's sections do not count, nor does the title.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The checked settings of a cell.
    ///
    /// # Errors
    /// None for a cell of the grid, because [`Spec::parse`] has checked them.
    pub fn config(&self, cell: usize) -> Result<ValidConfig, ConfigError> {
        self.grid.settings(&self.base, cell)?.check()
    }

    /// A cell's coordinates, for people.
    pub fn describe(&self, cell: usize) -> String {
        let pairs: Vec<String> = (self.grid.coordinates(cell))
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        pairs.join(", ")
    }

    fn canonical(&self) -> String {
        // What an axis sets does not matter in the base.
        let base = self.grid.settings(&self.base, 0);
        let mut text = base.unwrap_or_default().to_toml();
        for dimension in &self.grid.dimensions {
            text.push_str("dimension\n");
            for axis in &dimension.axes {
                let _ = write!(text, "{}", axis.key);
                for value in &axis.values {
                    let _ = write!(text, " {value}");
                }
                text.push('\n');
            }
        }
        let Measures {
            stop, tolerance, ..
        } = &self.measures;
        let _ = writeln!(text, "stop {} tolerance {tolerance:?}", stop.name());
        text
    }
}
