//! The panels of a figure as its file describes them.
//!
//! ```toml
//! [[panel]]
//! title = "(b) loss"             # above it
//! kind = "curves"                # curves, points, diagram or note
//! curves = ["alpha-1"]           # which curves; all where nothing is said
//! columns = ["train_loss"]       # metrics, by their names in files
//! right = ["weight_norm_sq"]     # metrics on an axis of their own
//! kernel_regression = true       # a line at the test loss of regression with K₀
//! relative = true                # each line divided by its first value
//! x = { title = "step", scale = "log", limits = [1.0, 1e5] }
//! y = { title = "MSE", scale = "linear" }
//!
//! [[panel]]
//! title = "(d)"
//! kind = "points"                # one point a curve
//! across = "sigma2_alpha"        # against this …
//! up = "movement"                # … this: quantities of curves, or settings
//! ```

use super::measured::Quantity;
use super::plot::AxisScale;
use crate::sim::config::{Config, Value, field};
use crate::sim::metrics::{Cost, Metric};
use serde::Deserialize;

/// What a panel is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Lines over the steps.
    #[default]
    Curves,
    /// A point for each curve.
    Points,
    /// The phase diagram of the figure.
    Diagram,
    /// A place that the paper's grid leaves empty, with a word why.
    Note,
}

/// An axis as a file describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AxisEntry {
    /// Beside it; the usual where nothing is said.
    pub title: String,
    /// Its scale; that of the kind of panel where nothing is said.
    pub scale: Option<AxisScale>,
    /// Its ends; those of the data where nothing is said.
    pub limits: Option<[f64; 2]>,
}

/// What a point of a curve stands at.
#[derive(Clone, Debug, PartialEq)]
pub enum Coordinate {
    /// A number that sums up the run.
    Quantity(Quantity),
    /// σ²α: laziness in one number, as α and σ are one knob.
    SigmaSquaredAlpha,
    /// A setting.
    Setting(String),
}

impl Coordinate {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "sigma2_alpha" => Some(Self::SigmaSquaredAlpha),
            _ => Quantity::by_name(name)
                .map(Self::Quantity)
                .or_else(|| field(name).map(|_| Self::Setting(name.into()))),
        }
    }

    /// Its value from the settings alone, where they have it.
    pub fn of_settings(&self, config: &Config) -> Option<f64> {
        match self {
            Self::Quantity(_) => None,
            Self::SigmaSquaredAlpha => {
                Some(config.network.init_scale.powi(2) * config.network.alpha)
            }
            Self::Setting(key) => {
                let value = (field(key)?.get)(config);
                Value::as_f64(&value)
            }
        }
    }

    /// Beside an axis.
    pub fn title(&self) -> String {
        match self {
            Self::Quantity(Quantity::Movement) => "|w − w₀|/|w₀|".into(),
            Self::Quantity(Quantity::TestEnd) => "final test loss / zero predictor's".into(),
            Self::Quantity(quantity) => quantity.meaning().into(),
            Self::SigmaSquaredAlpha => "σ²α".into(),
            Self::Setting(key) => field(key).map_or_else(|| key.clone(), |f| f.symbol.to_owned()),
        }
    }
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Above it.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// Names of its curves; all of the figure's if empty.
    pub curves: Vec<String>,
    /// Metrics on the left axis.
    pub columns: Vec<Metric>,
    /// Metrics on the right axis.
    pub right: Vec<Metric>,
    /// A line at the test loss of regression with K₀ for the first curve.
    pub kernel_regression: bool,
    /// Each line is divided by its first value.
    pub relative: bool,
    /// To the right and up: for points.
    pub coordinates: Option<[Coordinate; 2]>,
    /// To the right.
    pub x: AxisEntry,
    /// Up.
    pub y: AxisEntry,
}

/// A panel in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PanelEntry {
    title: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    curves: Vec<String>,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    right: Vec<String>,
    #[serde(default)]
    kernel_regression: bool,
    #[serde(default)]
    relative: bool,
    across: Option<String>,
    up: Option<String>,
    #[serde(default)]
    x: AxisEntry,
    #[serde(default)]
    y: AxisEntry,
}

impl PanelEntry {
    /// Checked against the names of the figure's curves.
    pub(super) fn resolve(self, names: &[&str]) -> Result<Panel, String> {
        let metrics = |names: Vec<String>| -> Result<Vec<Metric>, String> {
            let metric = |name: &String| {
                Metric::by_name(name).ok_or_else(|| format!("no metric is called {name}"))
            };
            names.iter().map(metric).collect()
        };
        let (columns, right) = (metrics(self.columns)?, metrics(self.right)?);
        if let Some(name) = self.curves.iter().find(|n| !names.contains(&n.as_str())) {
            return Err(format!("no curve is called {name}"));
        }
        let coordinate = |name: Option<String>| {
            let name = name.unwrap_or_default();
            Coordinate::by_name(&name)
                .ok_or_else(|| format!("`{name}` is neither a quantity nor a setting"))
        };
        let coordinates = match self.kind {
            Kind::Points => Some([coordinate(self.across)?, coordinate(self.up)?]),
            _ => None,
        };
        if self.kind == Kind::Curves && columns.is_empty() {
            return Err("a panel of curves needs columns".into());
        }
        for axis in [&self.x, &self.y] {
            if let Some([low, high]) = axis.limits
                && (low >= high || (axis.scale == Some(AxisScale::Log) && low <= 0.0))
            {
                return Err(format!("limits {low} to {high} make no axis"));
            }
        }
        Ok(Panel {
            title: self.title,
            kind: self.kind,
            curves: self.curves,
            columns,
            right,
            kernel_regression: self.kernel_regression,
            relative: self.relative,
            coordinates,
            x: self.x,
            y: self.y,
        })
    }
}

impl Panel {
    /// Whether a curve is in it.
    pub fn has(&self, curve: &str) -> bool {
        self.curves.is_empty() || self.curves.iter().any(|name| name == curve)
    }

    /// Whether it needs more than what every run measures.
    pub fn is_costly(&self) -> bool {
        let columns = self.columns.iter().chain(&self.right);
        columns.into_iter().any(|m| m.spec().cost == Cost::Gram)
    }
}
