//! The page of the documentation about the figures.

use super::spec::Figure;
use crate::sim::config::{Config, FIELDS, Field};
use std::fmt::Write as _;

/// What stands above the figures.
const HEAD: &str = r#"# The paper's figures

Each figure of the paper that this program can draw: what it shows, the paper's claim
and what was measured when it was run at the settings given here. `grokscope figure`
lists them; the *Figures* menu in the window opens one with all of its panels, trains
its main curve live and computes the others beside it. `grokscope figure ID --data DIR`
writes every curve as CSV (the columns of [metrics.md](metrics.md)) with its settings as
TOML, the panels as `figure.png` and as `panels.csv`, a `summary.csv` with a row for each
curve, and a `figure.json` that holds it all; `--picture FILE.png` draws the panels alone.

The settings and the random numbers are the authors' where they are known, else what
stands here under *Not in the paper*. Of the networks other than the committee machine
the data and initial weights are ours, and most are smaller than the paper's. The first run of each curve is on the authors'
draw; with `--seeds 16` the other 15 are seeds of ours, counted up from the figure's own.
`--engine flow` computes gradient flow instead of gradient descent, seconds instead of
minutes.

A run *fits* at the step from which on its train loss is below the threshold and
*generalises* at the one from which on its test loss is below it: 10 % of the loss that
predicting zero has, or what `outcome.threshold` and `outcome.relative` say. It *groks*
when it generalises at least twice as late as it fits. Each `summary.csv` also has the
delay in steps and the ratio at 10 % and at 50 % of the zero predictor's loss.

Every number under *Measured* is taken from a table in `assets/figures/measured`, which
`grokscope figure ID --measure FILE.csv` computes: each curve once on the authors' draw
and for other seeds, by gradient descent or, where its column `engine` says so, as
gradient flow. A test trains a part of them again and compares, and holds every claim to
the whole table.

This page is printed by `grokscope figure --markdown` from `assets/figures`.

"#;

/// The whole page, as Markdown.
pub fn markdown(figures: &[Figure]) -> String {
    let mut text = String::from(HEAD);
    for figure in figures {
        section(&mut text, figure);
    }
    text
}

fn section(text: &mut String, figure: &Figure) {
    let _ = write!(
        text,
        "## Figure {}: {}\n\n{}\n\n**What to look at.** {}\n\n**The paper's claim.** {}\n\n\
         **Measured.** {}\n\n",
        figure.id,
        figure.title,
        figure.caption,
        figure.look,
        figure.paper,
        figure.outcome(),
    );
    for claim in figure.judged() {
        let _ = writeln!(text, "- {claim}");
    }
    if !figure.unstated.is_empty() {
        let _ = write!(text, "\n**Not in the paper.** {}\n", figure.unstated);
    }
    let _ = write!(text, "\n```sh\n{}\n```\n\n", figure.command());
    let [shared, own] = keys(figure);
    let live = &figure.live().config;
    let _ = writeln!(text, "All curves: {}.\n", listed(live, &shared));
    let first = figure.first_draw();
    let first = first.trim_start_matches("the ");
    let _ = write!(
        text,
        "| curve | its own settings | {first} | other seeds |\n|---|---|---|---|\n"
    );
    for curve in &figure.curves {
        let own = listed(&curve.config, &own);
        let (authors, others) = (figure.of_authors(curve), figure.of_others(curve));
        let _ = writeln!(text, "| {} | {own} | {authors} | {others} |", curve.label);
    }
    text.push('\n');
}

fn listed(config: &Config, fields: &[&Field]) -> String {
    let settings: Vec<String> = fields
        .iter()
        .map(|f| format!("`{} = {}`", f.key, (f.get)(config)))
        .collect();
    settings.join(", ")
}

/// The settings that all curves of a figure share, as far as they are worth
/// telling, and those in which they differ.
pub fn keys(figure: &Figure) -> [Vec<&'static Field>; 2] {
    const ALWAYS: [&str; 3] = ["task.dim", "task.samples", "training.steps"];
    let live = &figure.live().config;
    let default = live.network.family.defaults();
    let (mut shared, mut own) = (Vec::new(), Vec::new());
    // The authors' draw has no seed.
    for field in FIELDS
        .iter()
        .filter(|field| field.key != "seed" && field.applies(live))
    {
        let value = (field.get)(live);
        if figure
            .curves
            .iter()
            .any(|c| (field.get)(&c.config) != value)
        {
            own.push(field);
        } else if ALWAYS.contains(&field.key)
            || (field.key == "network.family" && !live.network.family.is_committee())
            || value != (field.get)(&default)
        {
            shared.push(field);
        }
    }
    [shared, own]
}
