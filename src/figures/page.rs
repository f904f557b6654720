//! The page of the documentation about the figures.

use super::spec::Figure;
use crate::sim::config::{Config, FIELDS, Field};
use std::fmt::Write as _;

/// What stands above the figures.
const HEAD: &str = r#"# The paper's figures

Each figure of the paper that this program can draw: what it shows, the paper's claim
and what was measured when it was run at the settings given here. `grokscope figure`
lists them; the *Figures* menu in the window opens one, trains its main curve live and
computes the others beside it; `grokscope figure ID --data DIR` writes every curve as
CSV (the columns of [metrics.md](metrics.md)) with its settings as TOML, a `summary.csv`
with a row for each curve, and a `figure.json` that holds it all.

`--engine flow` computes gradient flow instead of gradient descent, seconds instead of
minutes; `--seeds 16` runs each curve for 16 seeds, counted up from the figure's own.
The table of each figure below was measured with its own engine, step by step.

A run *fits* at the step from which on its train loss is below the threshold and
*generalises* at the one from which on its test loss is below it: 10 % of the loss that
predicting zero has, or an absolute 0.1 where `outcome.relative = false`. It *groks*
when it generalises at least twice as late as it fits. Each `summary.csv` also has the
delay in steps and the ratio at 10 % and at 50 % of the zero predictor's loss. `tests/figures.rs` holds each
claim to at least eight fixed seeds at smaller settings.

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
         **Measured.** {}\n\n```sh\n{}\n```\n\n",
        figure.id,
        figure.title,
        figure.caption,
        figure.look,
        figure.paper,
        figure.outcome,
        figure.command()
    );
    let [shared, own] = keys(figure);
    let live = &figure.live().config;
    let _ = writeln!(text, "All curves: {}.\n", listed(live, &shared));
    text.push_str("| curve | its own settings | measured at these settings |\n|---|---|---|\n");
    for curve in &figure.curves {
        let own = listed(&curve.config, &own);
        let _ = writeln!(text, "| {} | {own} | {} |", curve.label, curve.measured);
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
    const ALWAYS: [&str; 4] = ["seed", "task.dim", "task.samples", "training.steps"];
    let live = &figure.live().config;
    let default = live.network.family.defaults();
    let (mut shared, mut own) = (Vec::new(), Vec::new());
    for field in FIELDS.iter() {
        let value = (field.get)(live);
        if figure
            .curves
            .iter()
            .any(|c| (field.get)(&c.config) != value)
        {
            own.push(field);
        } else if ALWAYS.contains(&field.key) || value != (field.get)(&default) {
            shared.push(field);
        }
    }
    [shared, own]
}
