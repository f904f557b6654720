//! A figure's file in `assets/figures`.
//!
//! ```toml
//! title = "…"          # in the menu
//! caption = "…"        # what is drawn, in our own words
//! look = "…"           # what to look at
//! paper = "…"          # the paper's claim
//! outcome = "…"        # what came of it at these settings
//! columns = ["…"]      # metrics that the figure plots
//! points = "σ²α"       # optional: one point a curve, against this
//!
//! [view]               # how the window shows it
//! tab = "error"        # error, kernel, features or numbers
//! log_loss = false
//! lower = ["…"]        # columns of the lower plot
//!
//! [settings]           # over the defaults: the sections of a config
//! [small]              # changes that make it small enough for a test
//!
//! [[curve]]
//! name = "alpha-1"     # of its files
//! label = "α = 1"      # in the window
//! group = "…"          # optional: which line of points it belongs to
//! measured = "…"       # what it came to when it was run
//! live = true          # the one that the window trains; one of them
//! set = { "network.alpha" = 1.0 }
//! ```

use crate::sim::config::{Config, ConfigError, EngineKind, ValidConfig};
use crate::sim::metrics::Metric;
use serde::Deserialize;
use std::collections::BTreeSet;

/// A figure of the paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its number in the paper, such as `3a`.
    pub id: String,
    /// Its name in the menu.
    pub title: String,
    /// What is drawn.
    pub caption: String,
    /// What to look at.
    pub look: String,
    /// The paper's claim.
    pub paper: String,
    /// What came of it when it was run at these settings.
    pub outcome: String,
    /// The metrics that it plots.
    pub columns: Vec<Metric>,
    /// Where it plots one point a curve: against what.
    pub points: Option<PointAxis>,
    /// How the window shows it.
    pub view: FigureView,
    /// Its curves.
    pub curves: Vec<Curve>,
    live: usize,
    small: Vec<Config>,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name of its files.
    pub name: String,
    /// Its name in the window.
    pub label: String,
    /// Which line of points it belongs to; empty where there is only one.
    pub group: String,
    /// What it came to when it was run.
    pub measured: String,
    /// Its settings, which are valid.
    pub config: Config,
}

/// A tab of the window's side panel that shows a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FigureTab {
    /// The caption itself.
    #[default]
    Figure,
    /// The decomposition of the test loss.
    Error,
    /// The kernel.
    Kernel,
    /// The neurons.
    Features,
}

/// How the window shows a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FigureView {
    /// The tab that shows the claim.
    pub tab: FigureTab,
    /// Loss on a logarithmic axis.
    pub log_loss: bool,
    /// What the lower plot shows; the usual where nothing is said.
    #[serde(deserialize_with = "metrics")]
    pub lower: Vec<Metric>,
}

fn metrics<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Metric>, D::Error> {
    let names = Vec::<String>::deserialize(from)?.into_iter();
    let metric = |name: String| {
        let unknown = || serde::de::Error::custom(format!("no metric is called {name}"));
        Metric::by_name(&name).ok_or_else(unknown)
    };
    names.map(metric).collect()
}

/// What a figure of points is drawn against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum PointAxis {
    /// Laziness in one number: α and σ are one knob.
    #[serde(rename = "σ²α")]
    SigmaSquaredAlpha,
}

impl PointAxis {
    /// As a physicist writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::SigmaSquaredAlpha => "σ²α",
        }
    }

    /// Its value for a curve.
    pub fn value(self, config: &Config) -> f64 {
        let network = &config.network;
        match self {
            Self::SigmaSquaredAlpha => network.init_scale.powi(2) * network.alpha,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    caption: String,
    look: String,
    paper: String,
    outcome: String,
    columns: Vec<String>,
    points: Option<PointAxis>,
    #[serde(default)]
    view: FigureView,
    #[serde(default)]
    settings: toml::Table,
    #[serde(default)]
    small: toml::Table,
    curve: Vec<CurveEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CurveEntry {
    name: String,
    label: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    measured: String,
    #[serde(default)]
    live: bool,
    #[serde(default)]
    set: toml::Table,
}

impl Figure {
    /// Reads a figure's file.
    ///
    /// # Errors
    /// Names the field and what is wrong with it.
    pub fn from_toml(id: &str, text: &str) -> Result<Self, ConfigError> {
        let error = |field: &str, value: String, allowed: String| ConfigError {
            field: field.into(),
            value,
            allowed,
            fix: format!("correct assets/figures/{id}.toml"),
        };
        let file: File = toml::from_str(text)
            .map_err(|e| error("file", id.into(), e.to_string().trim().to_owned()))?;
        let live: Vec<usize> = (0..file.curve.len())
            .filter(|&i| file.curve[i].live)
            .collect();
        let &[live] = live.as_slice() else {
            return Err(error(
                "curve.live",
                live.len().to_string(),
                "must be true for one curve".into(),
            ));
        };
        let columns = file
            .columns
            .iter()
            .map(|name| {
                Metric::by_name(name)
                    .ok_or_else(|| error("columns", name.clone(), "no metric has this name".into()))
            })
            .collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        let (mut curves, mut small) = (Vec::new(), Vec::new());
        for entry in file.curve {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let unique = names.insert(entry.name.clone());
            if !unique || entry.name.is_empty() || !entry.name.chars().all(plain) {
                return Err(error(
                    "curve.name",
                    entry.name,
                    "must be a file name that no other curve has".into(),
                ));
            }
            let resolve = |over: &[&toml::Table]| {
                let mut config = Config::default();
                for table in over {
                    config.apply("", table)?;
                }
                config.check().map(ValidConfig::into_inner)
            };
            small.push(resolve(&[&file.settings, &file.small, &entry.set])?);
            curves.push(Curve {
                config: resolve(&[&file.settings, &entry.set])?,
                name: entry.name,
                label: entry.label,
                group: entry.group,
                measured: entry.measured,
            });
        }
        Ok(Self {
            id: id.into(),
            title: file.title,
            caption: file.caption,
            look: file.look,
            paper: file.paper,
            outcome: file.outcome,
            columns,
            points: file.points,
            view: file.view,
            curves,
            live,
            small,
        })
    }

    /// The curve that the window trains.
    pub fn live(&self) -> &Curve {
        &self.curves[self.live]
    }

    /// Place of that curve among the others.
    pub fn live_index(&self) -> usize {
        self.live
    }

    /// Settings of a curve that are small enough for a test.
    pub fn small(&self, name: &str) -> Option<&Config> {
        let i = self.curves.iter().position(|c| c.name == name)?;
        self.small.get(i)
    }

    /// The command that writes its data.
    pub fn command(&self) -> String {
        format!("grokscope figure {0} --data figure-{0}", self.id)
    }
}

/// The same run as gradient flow, where the flow knows its dynamics; otherwise
/// as it is.
pub fn as_flow(config: &Config) -> Config {
    let mut flow = config.clone();
    flow.training.engine = EngineKind::Flow;
    if flow.clone().check().is_ok() {
        flow
    } else {
        config.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        title = "t"
        caption = "c"
        look = "l"
        paper = "p"
        outcome = "o"
        columns = ["train_loss"]
        [settings.task]
        dim = 20
        [small]
        "task.dim" = 10
        [[curve]]
        name = "a"
        label = "α = 1"
        live = true
        set = { "network.alpha" = 1.0 }
        [[curve]]
        name = "b"
        label = "α = 2"
        set = { "network.alpha" = 2.0, "task.samples" = 30 }
    "#;

    #[test]
    fn a_curve_wins_over_small_and_small_over_the_settings() {
        let figure = Figure::from_toml("x", GOOD).unwrap();
        assert_eq!(figure.live().name, "a");
        let b = &figure.curves[1].config;
        assert_eq!((b.task.dim, b.task.samples, b.network.alpha), (20, 30, 2.0));
        let small = figure.small("b").unwrap();
        assert_eq!((small.task.dim, small.task.samples), (10, 30));
        assert!(figure.small("c").is_none());
    }

    #[test]
    fn a_bad_file_names_its_field() {
        for (from, to, field) in [
            ("live = true", "live = false", "curve.live"),
            ("\"train_loss\"", "\"trian_loss\"", "columns"),
            ("name = \"b\"", "name = \"a\"", "curve.name"),
            ("name = \"b\"", "name = \"../b\"", "curve.name"),
            ("dim = 20", "dmi = 20", "task.dmi"),
            ("look =", "lock =", "file"),
            ("\"task.dim\" = 10", "\"task.dim\" = 0", "task.dim"),
            ("[small]", "[view]\nlower = [\"norm\"]\n[small]", "file"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD);
            assert_eq!(Figure::from_toml("x", &text).unwrap_err().field, field);
        }
    }
}
