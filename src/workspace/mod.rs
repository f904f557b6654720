//! A state of the window that can be kept: settings, kept runs and what is on show,
//! as a file, as a line of text, or in a picture that was made of it.
//!
//! | module | what it holds |
//! |---|---|
//! | this one | the state: [`Workspace`] and its parts |
//! | [`mod@file`] | as TOML, and back |
//! | [`code`] | as a line of text to send, and back |
//! | [`carry`] | in PNG, SVG and PDF, and out of them |
//! | [`open`] | from whatever a person has: file, picture, code |
//!
//! What belongs to the person and the screen, such as the size of text, is no part of
//! it. Kept runs are stored as their settings and trained again, which gives the same
//! rows to the bit.

pub mod carry;
pub mod code;
pub mod file;
pub mod open;
mod serial;

use crate::sim::config::Config;
use crate::sweep::diagram::Measure;
use crate::sweep::plan::{Places, PlanAxis};
use serde::{Deserialize, Serialize};

/// The newest version of the file; older ones are read.
pub const VERSION: u32 = 1;
/// How the names of its files end.
pub const ENDING: &str = "grokscope";
/// Most kept runs: more could not be told apart.
pub const MAX_PINS: usize = 20;
/// Most notes, and most pen marks.
pub const MAX_NOTES: usize = 500;
/// Most characters of a name or a note.
pub const MAX_TEXT: usize = 2_000;
/// Most points of a pen mark.
pub const MAX_POINTS: usize = 5_000;
/// Most seeds in a cell of the diagram.
pub const MAX_SEEDS: usize = 64;
/// Most columns of the lower plot.
const MAX_COLUMNS: usize = 200;

/// A state of the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workspace {
    /// Version of the file.
    pub version: u32,
    /// Version of the program that wrote it; for people.
    pub program: String,
    /// The preset that the settings are, if they are one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The figure of the paper that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<String>,
    /// Step to which the run was trained.
    pub step: u64,
    /// The run waits there.
    pub held: bool,
    /// The recorded step that all panels show; none where they follow the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// Settings of the run, with what was changed while it trained.
    #[serde(with = "serial::settings")]
    pub settings: Config,
    /// What is on show, and where.
    pub layout: Layout,
    /// The phase diagram.
    pub diagram: Diagram,
    /// The form of a sweep.
    pub sweep: Sweep,
    /// The formulas of a law across runs.
    pub law: Law,
    /// Runs kept for comparison.
    #[serde(rename = "pin", skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// Texts on the plots.
    #[serde(rename = "note", skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Pen marks on the plots.
    #[serde(rename = "stroke", skip_serializing_if = "Vec::is_empty")]
    pub strokes: Vec<Stroke>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            preset: None,
            figure: None,
            step: 0,
            held: false,
            cursor: None,
            settings: Config::default(),
            layout: Layout::default(),
            diagram: Diagram::default(),
            sweep: Sweep::default(),
            law: Law::default(),
            pins: Vec::new(),
            notes: Vec::new(),
            strokes: Vec::new(),
        }
    }
}

/// What is on show, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layout {
    /// Light on dark.
    pub dark: bool,
    /// Speed of training, by its name in the menu.
    pub pace: String,
    /// Tab of the side panel, by its name in small letters.
    pub tab: String,
    /// The panels of the open figure have the plots' place.
    pub panels: bool,
    /// Loss on a logarithmic axis.
    pub log_loss: bool,
    /// The lower plot on a logarithmic axis.
    pub log_lower: bool,
    /// Columns of the lower plot, in the order of its legend.
    pub lower: Vec<String>,
    /// Those of them that are in the legend alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lower_hidden: Vec<String>,
    /// The train loss is drawn.
    pub train: bool,
    /// The test loss is drawn.
    pub test: bool,
    /// The gradient flow is drawn.
    pub forecast: bool,
    /// The lazy model is drawn.
    pub lazy_model: bool,
    /// The zero predictor's loss and the thresholds are drawn.
    pub references: bool,
    /// Kept runs that differ in nothing but their seed are a median with a band.
    pub seeds: bool,
    /// Train losses of kept runs are drawn; where nothing is said, those of a few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_trains: Option<bool>,
    /// The panel of the settings.
    pub settings_panel: Drawer,
    /// The panel of the tabs.
    pub side_panel: Drawer,
    /// What of the axes is visible, where that was chosen.
    pub zoom: Zoom,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            dark: true,
            pace: "lecture".into(),
            tab: "error".into(),
            panels: true,
            log_loss: false,
            log_lower: false,
            lower: vec!["feature_alignment".into(), "population_alignment".into()],
            lower_hidden: Vec::new(),
            train: true,
            test: true,
            forecast: true,
            lazy_model: true,
            references: true,
            seeds: true,
            pin_trains: None,
            settings_panel: Drawer::default(),
            side_panel: Drawer::default(),
            zoom: Zoom::default(),
        }
    }
}

/// Whether a panel beside the plots is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// Where there is room.
    #[default]
    Auto,
    /// Open.
    Open,
    /// Put away.
    Shut,
}

/// A panel beside the plots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drawer {
    /// Whether it is open.
    pub want: Want,
    /// Its share of the window's width, where it was drawn wider or narrower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f32>,
}

/// What of the axes is visible, in places: log₁₀ of the step, or of the value on a
/// logarithmic axis; what fits where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Zoom {
    /// Time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<[f64; 2]>,
    /// The axis of the losses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<[f64; 2]>,
    /// The axis of the lower plot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower: Option<[f64; 2]>,
}

/// The phase diagram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Diagram {
    /// The axis from left to right.
    #[serde(with = "serial::axis")]
    pub x: PlanAxis,
    /// The axis from bottom to top.
    #[serde(with = "serial::axis")]
    pub y: PlanAxis,
    /// What the colours show.
    #[serde(with = "serial::measure")]
    pub measure: Measure,
    /// What never generalises is drawn as 0.
    pub never_as_zero: bool,
    /// Lines of equal escape times are drawn.
    pub escape: bool,
    /// Seeds in each cell.
    pub seeds: usize,
    /// It has the plots' place.
    pub large: bool,
}

impl Default for Diagram {
    fn default() -> Self {
        let axis = |key: &'static str, from, to| PlanAxis {
            key,
            places: Places::Range {
                from,
                to,
                count: 14,
                log: true,
            },
        };
        Self {
            x: axis("network.alpha", 0.03, 30.0),
            y: axis("network.epsilon", 0.02, 2.0),
            measure: Measure::default(),
            never_as_zero: false,
            escape: true,
            seeds: 1,
            large: false,
        }
    }
}

/// The form of a sweep, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sweep {
    /// Dotted key of the setting.
    pub key: String,
    /// First value.
    pub from: String,
    /// Last value.
    pub to: String,
    /// Number of values.
    pub count: usize,
    /// Equal ratios instead of equal differences.
    pub log: bool,
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            key: "network.alpha".into(),
            from: "0.03125".into(),
            to: "32".into(),
            count: 9,
            log: true,
        }
    }
}

/// A law across runs, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Law {
    /// Formula along the horizontal axis.
    pub x: String,
    /// Formula along the vertical axis.
    pub y: String,
    /// What the steps of the curves are multiplied with.
    pub time: String,
    /// Over the cells of the diagram, not the kept runs.
    pub of_diagram: bool,
}

impl Default for Law {
    fn default() -> Self {
        Self {
            x: "α".into(),
            y: "t_test".into(),
            time: "1/α".into(),
            of_diagram: false,
        }
    }
}

/// The colour of a kept run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// One of the theme's colours for kept runs.
    Palette(usize),
    /// A place on the theme's ramp, from 0 to 1.
    Ramp(f32),
}

/// How the test loss of a kept run is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// Unbroken.
    #[default]
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
}

/// A run kept for comparison: trained again from its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pin {
    /// What tells it from the others.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// Its line.
    pub line: Line,
    /// It is drawn.
    pub shown: bool,
    /// Its settings, with what was changed while it trained.
    #[serde(with = "serial::settings")]
    pub settings: Config,
}

impl Default for Pin {
    fn default() -> Self {
        Self {
            name: String::new(),
            colour: Colour::Palette(0),
            line: Line::default(),
            shown: true,
            settings: Config::default(),
        }
    }
}

/// Which plot a note or a mark is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plot {
    /// The losses.
    #[default]
    Loss,
    /// The plot below them.
    Lower,
}

/// A text on a plot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Note {
    /// The plot.
    pub plot: Plot,
    /// Step and value to which it is pinned.
    pub at: [f64; 2],
    /// What it says.
    pub text: String,
}

/// A pen mark on a plot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stroke {
    /// The plot.
    pub plot: Plot,
    /// Steps and values on its way.
    pub points: Vec<[f64; 2]>,
}

/// What is wrong with a state: names the field, the value and what is possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WorkspaceError(pub String);

impl WorkspaceError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Workspace {
    /// That of settings alone.
    pub fn of_settings(config: &Config) -> Self {
        Self {
            settings: config.clone(),
            ..Self::default()
        }
    }

    /// Checks what the types do not: sizes, finite numbers, settings that agree.
    ///
    /// # Errors
    /// Names the field, the value and what is possible.
    pub fn check(&self) -> Result<(), WorkspaceError> {
        let refuse = |text: String| Err(WorkspaceError(text));
        let valid = |place: String, config: &Config| {
            let checked = config.clone().check();
            checked.map_err(|e| WorkspaceError(format!("{place}{e}")))
        };
        valid("settings: ".into(), &self.settings)?;
        let most = |name: &str, count: usize, most: usize| match count > most {
            true => refuse(format!(
                "{name}: there are {count}, and at most {most} are possible; leave some out"
            )),
            false => Ok(()),
        };
        most("pin", self.pins.len(), MAX_PINS)?;
        most("note", self.notes.len(), MAX_NOTES)?;
        most("stroke", self.strokes.len(), MAX_NOTES)?;
        most("layout.lower", self.layout.lower.len(), MAX_COLUMNS)?;
        most(
            "layout.lower_hidden",
            self.layout.lower_hidden.len(),
            MAX_COLUMNS,
        )?;
        let short = |name: String, text: &str| match text.chars().count() > MAX_TEXT {
            true => refuse(format!(
                "{name}: has more than {MAX_TEXT} characters; shorten it"
            )),
            false => Ok(()),
        };
        for (i, pin) in self.pins.iter().enumerate() {
            short(format!("pin {}, name", i + 1), &pin.name)?;
            valid(
                format!("pin {} ({}), settings: ", i + 1, pin.name),
                &pin.settings,
            )?;
            if let Colour::Ramp(at) = pin.colour
                && !(0.0..=1.0).contains(&at)
            {
                return refuse(format!(
                    "pin {}, colour.ramp = {at}: expected a place from 0 to 1",
                    i + 1
                ));
            }
        }
        for (name, text) in [
            ("preset", self.preset.as_deref()),
            ("figure", self.figure.as_deref()),
            ("program", Some(self.program.as_str())),
            ("sweep.from", Some(self.sweep.from.as_str())),
            ("sweep.to", Some(self.sweep.to.as_str())),
            ("law.x", Some(self.law.x.as_str())),
            ("law.y", Some(self.law.y.as_str())),
            ("law.time", Some(self.law.time.as_str())),
        ] {
            short(name.into(), text.unwrap_or(""))?;
        }
        let finite = |name: String, at: [f64; 2]| match at.iter().all(|x| x.is_finite()) {
            true => Ok(()),
            false => refuse(format!("{name} = {at:?}: numbers must be finite")),
        };
        for (i, note) in self.notes.iter().enumerate() {
            short(format!("note {}, text", i + 1), &note.text)?;
            finite(format!("note {}, at", i + 1), note.at)?;
        }
        for (i, stroke) in self.strokes.iter().enumerate() {
            most(
                &format!("stroke {}, points", i + 1),
                stroke.points.len(),
                MAX_POINTS,
            )?;
            for point in &stroke.points {
                finite(format!("stroke {}, points", i + 1), *point)?;
            }
        }
        let zoom = &self.layout.zoom;
        for (name, span) in [
            ("time", zoom.time),
            ("loss", zoom.loss),
            ("lower", zoom.lower),
        ] {
            let name = format!("layout.zoom.{name}");
            if let Some([low, high]) = span {
                finite(name.clone(), [low, high])?;
                if low >= high {
                    return refuse(format!(
                        "{name} = [{low}, {high}]: the first must be below the second"
                    ));
                }
            }
        }
        for (name, drawer) in [
            ("settings_panel", &self.layout.settings_panel),
            ("side_panel", &self.layout.side_panel),
        ] {
            if let Some(share) = drawer.share
                && !(0.0..=1.0).contains(&share)
            {
                return refuse(format!(
                    "layout.{name}.share = {share}: expected a share of the window from 0 to 1"
                ));
            }
        }
        if !(1..=MAX_SEEDS).contains(&self.diagram.seeds) {
            return refuse(format!(
                "diagram.seeds = {}: expected 1 to {MAX_SEEDS}",
                self.diagram.seeds
            ));
        }
        if self.diagram.x.key == self.diagram.y.key {
            return refuse(format!(
                "diagram.y.key = {}: expected another setting than that of diagram.x",
                self.diagram.y.key
            ));
        }
        if !(1..=MAX_PINS).contains(&self.sweep.count) {
            return refuse(format!(
                "sweep.count = {}: expected 1 to {MAX_PINS}",
                self.sweep.count
            ));
        }
        if let Some(name) = &self.preset {
            crate::presets::find(name).map_err(|e| WorkspaceError(format!("preset: {e}")))?;
        }
        if let Some(id) = &self.figure {
            crate::figures::find(id).map_err(|e| WorkspaceError(format!("figure: {e}")))?;
        }
        Ok(())
    }
}
