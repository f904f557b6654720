//! What the window opens with, and how a picture of it is made.

use crate::figures::plot::Plot;
use crate::sim::committee::instance::Instance;
use crate::sim::config::Config;
use crate::sweep::diagram::{Diagram, Measure};
use crate::workspace::Workspace;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was asked for on the command line. Where nothing was, the window opens
/// with what it had when it was last closed, or with the opening preset.
#[derive(Clone, Debug, Default)]
pub struct Startup {
    /// Settings to begin with.
    pub config: Option<Config>,
    /// An instance to replay, with its path.
    pub instance: Option<(PathBuf, Arc<Instance>)>,
    /// Name of the preset that the settings are.
    pub preset: Option<String>,
    /// Figure of the paper to open.
    pub figure: Option<String>,
    /// The story of a lecture to open.
    pub story: Option<PathBuf>,
    /// A whole state, and the file that holds it, if it is one of its own.
    pub workspace: Option<(Option<PathBuf>, Box<Workspace>)>,
}

/// Whether a file is meant to be the story of a lecture, right or wrong.
pub fn is_story(path: &Path) -> bool {
    let toml = (path.extension()).is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let text = toml.then(|| std::fs::read_to_string(path).ok()).flatten();
    text.is_some_and(|text| text.lines().any(|line| line.trim() == "[[step]]"))
}

/// A phase diagram to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagramPicture {
    /// Above it; nothing if empty.
    pub title: String,
    /// The settings that its cells have in common.
    pub config: Config,
    /// The cells.
    pub diagram: Diagram,
    /// What the colours show.
    pub measure: Measure,
    /// What never generalises is drawn as 0.
    pub never_is_zero: bool,
    /// Width and height, in points.
    pub size: [u32; 2],
    /// Pixels for each point.
    pub resolution: f32,
    /// Dark colours.
    pub dark: bool,
    /// What made it, for its file to carry.
    pub carried: String,
}

/// The panels of a figure to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelsPicture {
    /// Above them; nothing if empty.
    pub title: String,
    /// Row by row.
    pub plots: Vec<Plot>,
    /// How many stand side by side.
    pub across: usize,
    /// Dark colours.
    pub dark: bool,
    /// What made it, for its file to carry.
    pub carried: String,
}

/// Told the step and the horizon of a run that is to be drawn, again and again;
/// `Break` has it drawn as it stands.
pub type Watch<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// How a picture of the window is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture {
    /// Width and height of the window, in points.
    pub size: [u32; 2],
    /// Pixels for each point.
    pub resolution: f32,
    /// Dark colours, as on screen by default.
    pub dark: bool,
    /// Loss on a logarithmic axis.
    pub log_loss: bool,
}
