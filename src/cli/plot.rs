//! `grokscope plot`: runs that were written to files, as figures for print; and what
//! all such figures have in common.

use super::CliError;
use super::args::{PlotArgs, PlotPart, PrintArgs};
use super::open;
use crate::history::{seeds::FEWEST, setting};
use crate::io::{FileError, atomic};
use crate::plot::files::Recorded;
use crate::plot::runs::{Kept, Runs, Shown, View, kept_ink};
use crate::plot::{Dash, Format, Paper, Picture, Scale, Style, Theme, caption, convert};
use crate::sim::config::{Config, FIELDS};
use crate::sim::metrics::Metric;
use crate::sim::quantity::Group;
use std::path::Path;

/// The format of a file that is to be written, by its ending; refuses what could not
/// be written before the work that it takes.
pub(super) fn format_of(out: &Path) -> Result<Format, CliError> {
    let usage = |e: FileError| CliError::usage(format!("--out {e}"));
    let format = Format::of(out).map_err(usage)?;
    atomic::check_output(out).map_err(usage)?;
    Ok(format)
}

impl PrintArgs {
    /// Whether any of it was given.
    pub(super) fn is_given(&self) -> bool {
        *self != Self::default()
    }

    /// Size, theme and lines.
    pub(super) fn style(&self, theme: Theme, usual_width: f64) -> Result<Style, CliError> {
        let usual = Style::default();
        let style = Style {
            paper: Paper {
                width: self.width.unwrap_or(usual_width),
                height: self.height,
            },
            theme,
            font: self.font_size.unwrap_or(usual.font),
            line: self.line_width.unwrap_or(usual.line),
            caption: !self.no_caption,
            dpi: self.dpi.unwrap_or(usual.dpi),
        };
        style.check().map_err(CliError::usage)?;
        Ok(style)
    }
}

/// Writes a picture and says so.
pub(super) fn write(
    picture: &Picture,
    style: &Style,
    format: Format,
    out: &Path,
) -> Result<String, CliError> {
    let bytes = convert::file(picture, style, format).map_err(CliError::Failed)?;
    atomic::write(out, &bytes)?;
    Ok(format!("wrote {}", out.display()))
}

/// Names by which runs are told apart: the settings in which they differ, else their
/// files'.
fn names(runs: &[Recorded]) -> Vec<String> {
    let known = runs.iter().all(|run| run.has_config);
    let configs: Vec<&Config> = runs.iter().map(|r| r.run.config()).collect();
    let differing: Vec<_> = FIELDS
        .iter()
        .filter(|f| f.key != "training.steps")
        .filter(|f| configs.iter().any(|c| (f.get)(c) != (f.get)(configs[0])))
        .collect();
    let by_settings: Vec<String> = (configs.iter())
        .map(|config| {
            let words = differing.iter().map(|f| setting::in_words(f, config));
            words.collect::<Vec<_>>().join(", ")
        })
        .collect();
    let distinct: std::collections::BTreeSet<&String> = by_settings.iter().collect();
    let few = differing.len() <= 3;
    match known && few && distinct.len() == runs.len() {
        true => by_settings,
        false => runs.iter().map(Recorded::name).collect(),
    }
}

/// Draws the runs.
///
/// # Errors
/// Names the flag or the file.
pub(super) fn plot(args: &PlotArgs) -> Result<String, CliError> {
    let format = format_of(&args.out)?;
    let theme = Theme::by_name(&args.curves.theme).unwrap_or_default();
    let style = args.print.style(theme, Style::default().paper.width)?;
    let recorded: Vec<Recorded> = (args.runs.iter())
        .map(|path| Recorded::read(path).map_err(|e| CliError::usage(e.to_string())))
        .collect::<Result<_, _>>()?;
    let names = names(&recorded);
    let count = recorded.len();
    let runs = match recorded.as_slice() {
        [one] => Runs::of(&one.run),
        several => Runs {
            kept: (several.iter().zip(&names).enumerate())
                .map(|(k, (recorded, name))| Kept {
                    run: &recorded.run,
                    name,
                    ink: kept_ink(k, count),
                    dash: Dash::Solid,
                })
                .collect(),
            ..Runs::default()
        },
    };
    let scale = if args.curves.log_loss {
        Scale::Log
    } else {
        Scale::Linear
    };
    let mut panels = Vec::new();
    if args.curves.plot != PlotPart::Lower {
        let shown = Shown {
            seeds: args.seeds,
            ..Shown::default()
        };
        let panel = runs.losses(shown, scale, View::default());
        if args.seeds && panel.bands.is_empty() {
            return Err(CliError::usage(format!(
                "--seeds: needs at least {FEWEST} runs with their settings beside them that differ in nothing but their seed"
            )));
        }
        panels.push(panel);
    }
    if args.curves.plot != PlotPart::Loss {
        let metrics = match args.curves.lower.is_empty() {
            true => vec![Metric::FeatureAlignment, Metric::PopulationAlignment],
            false => args.curves.lower.clone(),
        };
        let scale = if args.curves.log_lower {
            Scale::Log
        } else {
            Scale::Linear
        };
        let panel = runs.values(&metrics, scale, View::default());
        if !panel.series.is_empty() {
            panels.push(panel);
        } else if args.curves.plot == PlotPart::Lower || !args.curves.lower.is_empty() {
            return Err(CliError::usage(format!(
                "--lower: these runs have no numbers in {}",
                metrics
                    .iter()
                    .map(|m| m.spec().name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        }
    }
    if panels.iter().all(|panel| panel.series.is_empty()) {
        return Err(CliError::usage(format!(
            "{}: has neither losses nor alignments in its columns",
            args.runs[0].display()
        )));
    }
    let mut picture = runs.picture(panels);
    if let Some(mut state) = open::of_runs(&recorded, &names) {
        state.layout.log_loss = args.curves.log_loss;
        state.layout.log_lower = args.curves.log_lower;
        if !args.curves.lower.is_empty() {
            let lower = args.curves.lower.iter().map(|m| m.spec().name.to_owned());
            state.layout.lower = lower.collect();
        }
        picture.carried = state.to_code();
    }
    picture.title = args.title.clone().unwrap_or_default();
    if !recorded.iter().all(|run| run.has_config) {
        let files: Vec<String> = recorded.iter().map(Recorded::name).collect();
        picture.caption = format!(
            "From {}, beside which there are no settings. {}.",
            files.join(", "),
            caption::program()
        );
    }
    write(&picture, &style, format, &args.out)
}

/// A metric for the lower plot, by its name in files.
pub(super) fn lower_metric(name: &str) -> Result<Metric, String> {
    let known = |m: &&Metric| m.quantity().group != Group::Losses;
    let metric = Metric::by_name(name).filter(|m| known(&m));
    metric.ok_or_else(|| {
        let all = Metric::ALL.iter().filter(known);
        let near = all.max_by(|a, b| {
            let nearness = |m: &Metric| strsim::jaro_winkler(name, m.spec().name);
            nearness(a).total_cmp(&nearness(b))
        });
        format!(
            "no column of the lower plot has this name; did you mean {}? docs/metrics.md lists them",
            near.map_or("feature_alignment", |m| m.spec().name)
        )
    })
}

/// The theme of a figure for print that has no other.
pub(super) fn themes() -> Vec<&'static str> {
    Theme::ALL.iter().map(|(_, name)| *name).collect()
}
