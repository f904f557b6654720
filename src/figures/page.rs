//! The page of the documentation about the figures.

use super::spec::Figure;
use crate::sim::config::{Config, FIELDS, Field};
use std::fmt::Write as _;

/// Everything about every figure, as Markdown.
pub fn markdown(figures: &[Figure]) -> String {
    let mut text = String::new();
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
    let (default, live) = (Config::default(), &figure.live().config);
    let (mut shared, mut own) = (Vec::new(), Vec::new());
    for field in FIELDS {
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
