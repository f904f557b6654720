//! A figure's file in `assets/figures`.
//!
//! ```toml
//! title = "…"          # in the menu
//! caption = "…"        # what is drawn, in our own words
//! look = "…"           # what to look at
//! paper = "…"          # the paper's claim
//! unstated = "…"       # optional: what the paper does not say, and what is taken here
//! outcome = "…"        # what came of it; numbers from the table of what was measured
//! authors = "flow"     # optional: engine of the authors' draw in that table
//! others = "flow"      # optional: engine of the other seeds in that table
//! across = 2           # optional: panels side by side
//! grid = "figure3e"    # optional: a phase diagram that belongs to it
//!
//! [view]               # how the window shows it
//! tab = "error"        # error, kernel, features or numbers
//! log_loss = false
//! lower = ["…"]        # columns of the lower plot
//!
//! [settings]           # over the defaults: the sections of a config
//!
//! [[panel]]            # see the module `panel`
//!
//! [[claim]]
//! text = "…"           # in words
//! holds = "…"          # as a condition, see the module `claim`
//! authors = true       # whether it holds for the authors' draw
//! least = 0.9          # at least for this share of the other seeds
//!
//! [[curve]]
//! name = "alpha-1"     # of its files
//! label = "α = 1"      # in the window
//! groups = ["…"]       # optional: which groups of points it belongs to
//! live = true          # the one that the window trains; one of them
//! set = { "network.alpha" = 1.0 }
//! ```
//!
//! The numbers in `outcome` are placeholders, see the module `text`.

use super::claim::Condition;
use super::file::{File, metrics};
use super::measured::{AUTHORS, Measured};
use super::panel::Panel;
use super::text;
use crate::history::format;
use crate::sim::config::{Config, ConfigError, DrawKind, EngineKind, ValidConfig};
use crate::sim::metrics::Metric;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

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
    /// What the paper does not say; empty where it says all.
    pub unstated: String,
    /// Its panels, row by row.
    pub panels: Vec<Panel>,
    /// How many panels stand side by side.
    pub across: usize,
    /// Name of its phase diagram, if it has one.
    pub grid: Option<String>,
    /// What is claimed of its curves.
    pub claims: Vec<Claim>,
    /// Engine of the authors' draw in its table; each curve's own where none is said.
    pub authors: Option<EngineKind>,
    /// Engine of the other seeds in its table, likewise.
    pub others: Option<EngineKind>,
    /// How the window shows it.
    pub view: FigureView,
    /// Its curves.
    pub curves: Vec<Curve>,
    /// What they came to.
    pub measured: Measured,
    /// Its table needs more than what every run measures.
    pub measures_costly: bool,
    outcome: String,
    live: usize,
}

/// A claim about the curves of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// In words.
    pub text: String,
    /// As a condition on one draw.
    pub condition: Condition,
    /// Whether it holds for the authors' draw.
    pub authors: bool,
    /// It holds for at least this share of the other seeds.
    pub least: f64,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name of its files.
    pub name: String,
    /// Its name in the window.
    pub label: String,
    /// Which groups of points it belongs to.
    pub groups: Vec<String>,
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
    /// The phase diagram.
    Phase,
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

impl Figure {
    /// Reads a figure's file, and the table of what was measured; an empty one where
    /// nothing was yet.
    ///
    /// # Errors
    /// Names the field and what is wrong with it.
    pub fn from_toml(id: &str, text: &str, table: &str) -> Result<Self, ConfigError> {
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
        let mut names = BTreeSet::new();
        let mut curves: Vec<Curve> = Vec::new();
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
            let mut config = Config::default();
            for table in [&file.settings, &entry.set] {
                config.apply("", table)?;
            }
            curves.push(Curve {
                config: config.check().map(ValidConfig::into_inner)?,
                name: entry.name,
                label: entry.label,
                groups: entry.groups,
            });
        }
        let names: Vec<&str> = curves.iter().map(|c| c.name.as_str()).collect();
        let panels = file.panel.into_iter().map(|entry| {
            entry
                .resolve(&names)
                .map_err(|why| error("panel", id.into(), why))
        });
        let panels: Vec<Panel> = panels.collect::<Result<_, _>>()?;
        let claims = file.claim.into_iter().map(|entry| {
            let condition = Condition::parse(&entry.holds, &names)
                .map_err(|why| error("claim.holds", entry.holds.clone(), why))?;
            Ok(Claim {
                condition,
                text: entry.text,
                authors: entry.authors,
                least: entry.least,
            })
        });
        let claims: Vec<Claim> = claims.collect::<Result<_, ConfigError>>()?;
        let engine = |name: Option<String>| {
            let engine = name.map(|name| {
                let mut config = curves[live].config.clone();
                config.set_str("training.engine", &name)?;
                Ok(config.training.engine)
            });
            engine.transpose()
        };
        let (authors, others) = (engine(file.authors)?, engine(file.others)?);
        let measured = match table {
            "" => Measured::default(),
            table => Measured::read(table).map_err(|why| error("table", id.into(), why))?,
        };
        let costly = ["lazy_end", "alignment_growth"];
        let holds = |name: &str| text.contains(&format!("{name}("));
        let measures_costly = costly.into_iter().any(holds);
        let across = file.across.unwrap_or_else(|| panels.len().clamp(1, 3));
        Ok(Self {
            id: id.into(),
            title: file.title,
            caption: file.caption,
            look: file.look,
            paper: file.paper,
            unstated: file.unstated,
            outcome: file.outcome,
            panels,
            across: across.max(1),
            grid: file.grid,
            claims,
            authors,
            others,
            view: file.view,
            curves,
            measured,
            measures_costly,
            live,
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

    /// The metrics that it plots, each once.
    pub fn columns(&self) -> Vec<Metric> {
        let mut columns = Vec::new();
        for panel in &self.panels {
            for metric in panel.columns.iter().chain(&panel.right) {
                if !columns.contains(metric) {
                    columns.push(*metric);
                }
            }
        }
        columns
    }

    /// Whether its panels show more than what every run measures.
    pub fn is_costly(&self) -> bool {
        self.panels.iter().any(Panel::is_costly)
    }

    /// Names of its curves.
    pub fn names(&self) -> Vec<&str> {
        self.curves.iter().map(|c| c.name.as_str()).collect()
    }

    /// The settings of a curve for the k-th draw: first the authors', as the curve
    /// has it, then seeds counted up from its own.
    pub fn draw(&self, curve: &Curve, k: u64) -> Config {
        let mut config = curve.config.clone();
        if k > 0 {
            config.seed = config.seed.saturating_add(k);
            // The authors' draw has no seed: others are of our own streams.
            config.task.draw = DrawKind::Grokscope;
        }
        config
    }

    /// What came of it, with the numbers of the table.
    ///
    /// # Errors
    /// Names a number that the table does not have.
    pub fn try_outcome(&self) -> Result<String, String> {
        text::fill(&self.outcome, &self.names(), &self.measured)
    }

    /// The same; where the table lacks a number, that is said instead.
    pub fn outcome(&self) -> String {
        if self.measured.rows().is_empty() {
            return format!(
                "The table of this figure is still to be computed: `grokscope figure {} --measure \
                 FILE.csv` does so.",
                self.id
            );
        }
        self.try_outcome()
            .unwrap_or_else(|why| format!("Not measured yet: {why}."))
    }

    /// Its claims and how far each holds, once its table was computed.
    pub fn judged(&self) -> Vec<String> {
        let measured = !self.measured.rows().is_empty();
        let claims = self.claims.iter().filter(|_| measured);
        claims.map(|claim| self.told(claim)).collect()
    }

    /// A claim and how far it holds, in a sentence.
    pub fn told(&self, claim: &Claim) -> String {
        let seeds = text::seeds(&self.measured);
        let authors = match text::for_authors(&claim.condition, &self.measured) {
            true => "holds",
            false => "does not hold",
        };
        let n = text::count(&claim.condition, &self.measured);
        format!(
            "{}: {authors} for {} and holds for {n} of {seeds} other seeds.",
            claim.text,
            self.first_draw()
        )
    }

    /// What the first draw of its curves is.
    pub fn first_draw(&self) -> String {
        let config = &self.live().config;
        match config.network.family.is_committee() {
            true => "the authors' draw".into(),
            // Their draws of the other networks are not to be had.
            false => format!("seed {}", config.seed),
        }
    }

    /// What a curve came to on the authors' draw, in a few words.
    pub fn of_authors(&self, curve: &Curve) -> String {
        use super::measured::Quantity as Q;
        let Some(row) = self.measured.row(&curve.name, AUTHORS) else {
            return "not measured".into();
        };
        let number = |q| row.get(q).map_or_else(|| "–".into(), text::plain);
        let mut told = match [Q::Fit, Q::Generalise].map(|q| row.get(q)) {
            [Some(fit), _] if fit.is_infinite() => "never fits".to_owned(),
            [_, Some(g)] if g.is_infinite() => {
                format!("fits at {}, never generalises", number(Q::Fit))
            }
            _ => format!(
                "fits at {}, generalises at {}",
                number(Q::Fit),
                number(Q::Generalise)
            ),
        };
        if let Some(end) = row.get(Q::TestEnd) {
            let end = if end < 1e-3 {
                format!("{end:.0e}")
            } else {
                format::significant(end, 2)
            };
            let _ = write!(told, ", ends at {end}");
        }
        told
    }

    /// What a curve came to for the other seeds, in a few words.
    pub fn of_others(&self, curve: &Curve) -> String {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for row in self.measured.others(&curve.name) {
            let class = row.outcome.replace('_', " ");
            match counts.iter_mut().find(|(c, _)| *c == class) {
                Some((_, n)) => *n += 1,
                None => counts.push((class, 1)),
            }
        }
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let counts: Vec<String> = counts.iter().map(|(c, n)| format!("{n} {c}")).collect();
        match counts.is_empty() {
            true => "not measured".into(),
            false => counts.join(", "),
        }
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
        outcome = "it fits at {fit(a)}"
        [settings.task]
        dim = 20
        [[panel]]
        title = "loss"
        columns = ["train_loss"]
        [[claim]]
        text = "b is later"
        holds = "fit(a) < fit(b)"
        authors = true
        least = 0.0
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

    const TABLE: &str = "curve,draw,engine,outcome,fit\na,paper,flow,groks,10\n\
                         b,paper,flow,never_generalises,20\na,1,flow,groks,3\nb,1,flow,groks,2\n";

    #[test]
    fn a_curve_wins_over_the_settings_and_numbers_come_from_the_table() {
        let figure = Figure::from_toml("x", GOOD, TABLE).unwrap();
        assert_eq!(figure.live().name, "a");
        let b = &figure.curves[1].config;
        assert_eq!((b.task.dim, b.task.samples, b.network.alpha), (20, 30, 2.0));
        assert_eq!(figure.outcome(), "it fits at 10");
        let told = figure.told(&figure.claims[0]);
        assert!(told.ends_with("holds for the authors' draw and holds for 0 of 1 other seeds."));
        assert_eq!(figure.of_others(&figure.curves[0]), "1 groks");
        let bare = Figure::from_toml("x", GOOD, "").unwrap();
        assert!(bare.try_outcome().is_err());
        assert!(bare.outcome().contains("grokscope figure x --measure"));
        assert!(bare.judged().is_empty() && figure.judged().len() == 1);
    }

    #[test]
    fn a_bad_file_names_its_field() {
        for (from, to, field) in [
            ("live = true", "live = false", "curve.live"),
            ("\"train_loss\"", "\"trian_loss\"", "panel"),
            ("fit(a) < fit(b)", "fit(a) < fit(c)", "claim.holds"),
            ("name = \"b\"", "name = \"a\"", "curve.name"),
            ("name = \"b\"", "name = \"../b\"", "curve.name"),
            ("dim = 20", "dmi = 20", "task.dmi"),
            ("look =", "lock =", "file"),
            ("dim = 20", "dim = 0", "task.dim"),
            ("[[panel]]", "[view]\nlower = [\"norm\"]\n[[panel]]", "file"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD);
            assert_eq!(Figure::from_toml("x", &text, "").unwrap_err().field, field);
        }
    }
}
