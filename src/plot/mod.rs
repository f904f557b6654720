//! Figures for print: a plot described once, without a window, and drawn as SVG,
//! PDF or PNG at a size in millimetres.
//!
//! What a plot shows is decided here for the screen too: which quantity has which
//! ink and line ([`look`]), what part of an axis is visible ([`fit`]), where ticks
//! stand and what they say ([`axis`]), which points a curve has ([`runs`]), which
//! colour a cell of a phase diagram has ([`colour`], [`diagram`]).
//!
//! | module | what it holds |
//! |---|---|
//! | this one | the description: [`Picture`], [`Panel`], [`Series`] … |
//! | [`runs`], [`diagram`] | descriptions of runs and of phase diagrams |
//! | [`animation`] | plots that move, as GIF, APNG or numbered PNG |
//! | [`files`] | runs that were written to files |
//! | [`caption`] | the settings, in words |
//! | [`style`] | size, theme, lines, and the file's format |
//! | [`draw`] | a description as SVG; [`svg`] writes it, [`font`] measures text |
//! | [`convert`] | SVG as PDF and PNG |

pub mod animation;
pub mod axis;
pub mod caption;
mod cells;
pub mod colour;
pub mod convert;
pub mod diagram;
pub mod draw;
pub mod files;
pub mod fit;
pub mod font;
pub mod look;
mod place_text;
pub mod runs;
pub mod style;
pub mod svg;
mod text;

pub use axis::{Scale, Span};
pub use colour::Ink;
pub use look::{Dash, Pen};
pub use style::{Format, Paper, Style, Theme};
pub use text::{in_words, panel_in_words};

use crate::sweep::diagram::{Class, Measure};

/// A picture: panels in a grid, and a caption below them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Above the panels; nothing if empty.
    pub title: String,
    /// From left to right, row after row.
    pub panels: Vec<Panel>,
    /// Panels in a row.
    pub columns: usize,
    /// Panels are called (a), (b), …
    pub lettered: bool,
    /// Where a setting that moves stands, below the title.
    pub gauge: Option<Gauge>,
    /// Below the panels: settings and seed.
    pub caption: String,
    /// What made it, for its file to carry: a line of text, or nothing.
    pub carried: String,
}

/// Where a setting stands between two values.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// The two values, in words.
    pub ends: [String; 2],
    /// From 0 to 1.
    pub at: f64,
}

/// One plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Above it; nothing if empty.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The axis at the left.
    pub y: Axis,
    /// An axis at the right, for the series that ask for it.
    pub right: Option<Axis>,
    /// Areas behind the curves.
    pub bands: Vec<Band>,
    /// Curves, those behind first.
    pub series: Vec<Series>,
    /// Levels that curves are read against.
    pub levels: Vec<Level>,
    /// Events on the curves.
    pub markers: Vec<Marker>,
    /// Cells instead of curves.
    pub cells: Option<Cells>,
    /// A moment on the horizontal axis that an upright line marks.
    pub cursor: Option<f64>,
    /// Height of the frame over its width.
    pub aspect: f64,
}

impl Panel {
    /// Axes with nothing in them.
    pub fn new(x: Axis, y: Axis, aspect: f64) -> Self {
        Self {
            title: String::new(),
            x,
            y,
            right: None,
            bands: Vec::new(),
            series: Vec::new(),
            levels: Vec::new(),
            markers: Vec::new(),
            cells: None,
            cursor: None,
            aspect,
        }
    }
}

/// What an axis's places are.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// Numbers.
    Numbers(Scale),
    /// Steps of training in log time, step 0 at a place of its own.
    Time,
    /// Place k is around k + ½ and has this name.
    Names(Vec<String>),
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is on it.
    pub title: String,
    /// In which unit; nothing for pure numbers.
    pub unit: String,
    /// What its places are.
    pub places: Places,
    /// What is visible of it, in places.
    pub span: Span,
    /// Whether title and numbers are written: of panels one below the other that
    /// share an axis only the lowest has them.
    pub labelled: bool,
}

impl Axis {
    /// A labelled axis.
    pub fn new(
        title: impl Into<String>,
        unit: impl Into<String>,
        places: Places,
        span: Span,
    ) -> Self {
        Self {
            title: title.into(),
            unit: unit.into(),
            places,
            span,
            labelled: true,
        }
    }

    /// Title and unit.
    pub fn name(&self) -> String {
        match self.unit.is_empty() {
            true => self.title.clone(),
            false => format!("{} ({})", self.title, self.unit),
        }
    }
}

/// A curve, or points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend; one without is drawn unnamed.
    pub name: String,
    /// How it is drawn.
    pub pen: Pen,
    /// In places on the axes; what is not finite is a gap.
    pub points: Vec<[f64; 2]>,
    /// A symbol at each point.
    pub symbol: Option<Symbol>,
    /// Read at the axis on the right.
    pub right: bool,
}

/// A horizontal line.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Its name in the legend.
    pub name: String,
    /// Where it is, in places.
    pub place: f64,
    /// How it is drawn.
    pub pen: Pen,
}

/// An area between two curves, such as the quartiles over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    pub pen: Pen,
    /// Place on the x axis, lower and upper edge.
    pub points: Vec<[f64; 3]>,
}

/// An event on a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// Where it is, in places.
    pub at: [f64; 2],
    /// Its symbol.
    pub symbol: Symbol,
    /// Its colour.
    pub ink: Ink,
    /// What is written beside it.
    pub text: String,
}

/// The form of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// Train loss fell below its threshold.
    Circle,
    /// Test loss fell below its threshold.
    Diamond,
    /// Highest test loss.
    Triangle,
    /// Divergence.
    Cross,
}

/// Cells over two axes of [`Places::Names`].
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// Cells from left to right and from bottom to top.
    pub size: [usize; 2],
    /// Column after column, each from bottom to top; `None` where nothing is known.
    pub cells: Vec<Option<Cell>>,
    /// What the colours stand for.
    pub bar: Option<ColourBar>,
    /// What the marks stand for.
    pub classes: Vec<ClassEntry>,
    /// Cells whose seeds disagree; they have a corner.
    pub split: usize,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its colour.
    pub fill: Fill,
    /// The class whose mark it has.
    pub mark: Option<Class>,
    /// Its seeds disagree.
    pub split: bool,
    /// Curves in it, from 0 to 1 in both directions.
    pub curves: Vec<Series>,
}

/// The colour of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// A number, at a part of the colour bar.
    Measure(Measure, f64),
    /// A class that has no number.
    Class(Class),
    /// The ground.
    Ground,
}

/// What the colours stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct ColourBar {
    /// What they show, with its unit.
    pub title: String,
    /// Whose colours they are.
    pub measure: Measure,
    /// The ends of the bar.
    pub span: Span,
    /// Numbers at it.
    pub ticks: Vec<(f64, String)>,
}

/// A class in the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEntry {
    /// The class.
    pub class: Class,
    /// Its patch.
    pub fill: Fill,
    /// Drawn with its mark.
    pub marked: bool,
    /// Its name and number of cells.
    pub name: String,
}

#[cfg(test)]
mod tests;
