//! A lecture as a file: steps, each a state of the window with what is said of it.
//!
//! The format is described in `docs/lecture.md`. What is wrong with a file is told
//! with the step and the field; what a sentence claims it may claim only of a run
//! that has come that far ([`When`]).

mod read;
mod write;

use super::say::When;
use crate::{
    app::state::Tab,
    presets,
    sim::{
        config::{Config, Value},
        metrics::Metric,
    },
    training::{Hold, Pace},
    views::diagram::Subject as Diagram,
};
use read::{Wrong, list, no_more, wrong};
use std::fmt;
use toml::{Table, Value as Toml};
use write::quoted;

/// The story that ships with the program.
pub const SHIPPED: &str = include_str!("../../../../assets/stories/paper.toml");

/// The newest format that this program writes; older ones are read.
pub const FORMAT: i64 = 1;

/// A lecture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// What it is called.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// What is trained.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// The run of the step before, or the opening one.
    Same,
    /// A preset by its name.
    Preset(String),
    /// A figure of the paper by its ID, with its panels.
    Figure(String),
    /// Settings of its own: those that differ from the defaults.
    Settings(Box<Config>),
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Step 0.
    Start,
    /// Where it fits.
    Fit,
    /// Where it generalises.
    Generalisation,
    /// This step.
    Step(u64),
    /// The horizon.
    End,
}

impl Moment {
    fn name(self) -> String {
        match self {
            Self::Start => "start".into(),
            Self::Fit => "fit".into(),
            Self::Generalisation => "generalisation".into(),
            Self::Step(step) => step.to_string(),
            Self::End => "end".into(),
        }
    }

    /// Where training is to hold for it; nowhere where it goes on to the horizon.
    pub fn hold(self) -> Option<Hold> {
        Some(match self {
            Self::Start => Hold::Step(0),
            Self::Fit => Hold::Fit,
            Self::Generalisation => Hold::Generalisation,
            Self::Step(step) => Hold::Step(step),
            Self::End => return None,
        })
    }
}

/// A curve that can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Curve {
    /// Train loss.
    Train,
    /// Test loss.
    Test,
    /// Where the gradient flow leads.
    Forecast,
    /// The lazy model.
    Lazy,
    /// Thresholds, the zero predictor's loss, the escape.
    References,
}

impl Curve {
    /// All, with their names in files.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Train, "train"),
        (Self::Test, "test"),
        (Self::Forecast, "forecast"),
        (Self::Lazy, "lazy"),
        (Self::References, "references"),
    ];
}

/// Runs beside the main one: a setting over values.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// The setting's key.
    pub key: &'static str,
    /// Its values.
    pub values: Vec<Value>,
}

/// A step of a lecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What stands above the plots.
    pub title: String,
    /// What is trained.
    pub subject: Subject,
    /// Where training stands when the step begins.
    pub from: Moment,
    /// Where it holds.
    pub to: Moment,
    /// Whether it trains by itself from there; else it waits for the space bar.
    pub runs: bool,
    /// How fast; as it was chosen where nothing is said.
    pub pace: Option<Pace>,
    /// The panel beside the plots.
    pub beside: Option<Tab>,
    /// What the lower plot shows; the alignments where nothing is said.
    pub lower: Vec<Metric>,
    /// The loss axis is logarithmic.
    pub log_loss: bool,
    /// Curves that are hidden.
    pub hide: Vec<Curve>,
    /// Part of the time axis, in steps.
    pub time: Option<[f64; 2]>,
    /// Part of the loss axis.
    pub losses: Option<[f64; 2]>,
    /// The phase diagram in the place of the plots.
    pub diagram: Option<Diagram>,
    /// Runs beside the main one, over a setting.
    pub compare: Option<Compare>,
    /// Other runs beside it, each with its name.
    pub pins: Vec<(String, Config)>,
    /// What is said, by what the run has done.
    pub say: Vec<(When, String)>,
    /// For the presenter alone.
    pub notes: String,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            title: String::new(),
            subject: Subject::Same,
            from: Moment::Start,
            to: Moment::End,
            runs: true,
            pace: None,
            beside: None,
            lower: Vec::new(),
            log_loss: false,
            hide: Vec::new(),
            time: None,
            losses: None,
            diagram: None,
            compare: None,
            pins: Vec::new(),
            say: Vec::new(),
            notes: String::new(),
        }
    }
}

/// What is wrong with a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryError {
    /// The step, counted from 1; `None` where it is about the file.
    pub step: Option<usize>,
    /// The field.
    pub field: String,
    /// Its value.
    pub value: String,
    /// What it may be.
    pub allowed: String,
}

impl fmt::Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = self.step {
            write!(f, "step {step}: ")?;
        }
        let Self {
            field,
            value,
            allowed,
            ..
        } = self;
        match value.is_empty() {
            true => write!(f, "{field}: {allowed}"),
            false => write!(f, "{field} = {value}: {allowed}"),
        }
    }
}

impl std::error::Error for StoryError {}

impl Story {
    /// The story that ships with the program; an empty one in a build that fails its
    /// tests.
    pub fn shipped() -> Self {
        Self::from_toml(SHIPPED).unwrap_or_default()
    }

    /// Reads a story.
    ///
    /// # Errors
    /// The step and the field that are wrong, and what they may be.
    pub fn from_toml(text: &str) -> Result<Self, StoryError> {
        let of_file = |(field, value, allowed): Wrong| StoryError {
            step: None,
            field,
            value,
            allowed,
        };
        let mut table: Table = text.parse().map_err(|e: toml::de::Error| {
            let place = e.span().map_or(0, |span| span.start);
            let line = 1 + text[..place.min(text.len())].matches('\n').count();
            of_file(wrong(&format!("line {line}"), "", e.message()))
        })?;
        match table.remove("format") {
            None => {}
            Some(Toml::Integer(format)) if (1..=FORMAT).contains(&format) => {}
            Some(other) => {
                let allowed = format!("this program reads formats 1 to {FORMAT}");
                return Err(of_file(wrong("format", other, allowed)));
            }
        }
        let title = read::text(&mut table, "title").map_err(of_file)?;
        let steps = list(&mut table, "step").map_err(of_file)?;
        no_more(&table, "", &["format", "title", "step"]).map_err(of_file)?;
        if steps.is_empty() {
            return Err(of_file(wrong(
                "step",
                "",
                "a story needs at least one [[step]]",
            )));
        }
        let mut story = Self {
            title: title.unwrap_or_default(),
            steps: Vec::new(),
        };
        for (k, step) in steps.into_iter().enumerate() {
            let of_step = |(field, value, allowed): Wrong| StoryError {
                step: Some(k + 1),
                field,
                value,
                allowed,
            };
            let Toml::Table(step) = step else {
                return Err(of_step(wrong("step", step, "must be a table: [[step]]")));
            };
            story.steps.push(Step::read(step).map_err(of_step)?);
        }
        Ok(story)
    }

    /// The settings of a step: those of the nearest one before it that has some.
    pub fn config(&self, step: usize) -> Config {
        let mut config = presets::opening();
        for step in self.steps.iter().take(step + 1) {
            config = step.config(&config);
        }
        config
    }

    /// Writes it; [`Story::from_toml`] reads it back.
    pub fn to_toml(&self) -> String {
        let mut out = format!("format = {FORMAT}\ntitle = {}\n", quoted(&self.title));
        for step in &self.steps {
            step.write(&mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests;
