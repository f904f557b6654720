//! What a picture was made with, in words: the outcome, every setting that differs
//! from the default, and the seed.

use super::runs::Runs;
use crate::history::{format, setting};
use crate::sim::config::{Config, EngineKind, FIELDS, Field, TargetKind, field};
use crate::sim::models;
use crate::sim::verdict::Judge;
use crate::sweep::diagram::Measure;

/// Every setting that differs from the default and is the same for all, and the
/// seed; of what differs between them nothing: their names say it.
pub fn settings<'a>(configs: impl Iterator<Item = &'a Config> + Clone) -> String {
    let usual = Config::default();
    let Some(first) = configs.clone().next() else {
        return String::new();
    };
    let common = |f: &Field| configs.clone().all(|c| (f.get)(c) == (f.get)(first));
    let told = |f: &&Field| f.key != "seed" && common(f) && (f.get)(first) != (f.get)(&usual);
    let words: Vec<String> = FIELDS
        .iter()
        .filter(told)
        .map(|f| shortened(setting::in_words(f, first)))
        .collect();
    let mut text = match words.is_empty() {
        true => "Default settings".to_owned(),
        false => format!("Default settings but for {}", words.join(", ")),
    };
    if let Some(seed) = field("seed").filter(|f| common(f)) {
        text.push_str(&format!("; {}", setting::in_words(seed, first)));
    }
    text
}

/// A list of steps may be as long as a page.
fn shortened(text: String) -> String {
    const MOST: usize = 80;
    match text.chars().count() > MOST {
        true => text.chars().take(MOST).chain(['…']).collect(),
        false => text,
    }
}

/// With which version.
pub fn program() -> String {
    format!("Grokscope {}", env!("CARGO_PKG_VERSION"))
}

/// Outcome of the main run, settings and seed.
pub fn of_runs(runs: &Runs<'_>) -> String {
    let main = runs.main.map(|run| run.config());
    let others = runs.kept.iter().map(|kept| kept.run.config());
    let configs = main.into_iter().chain(others);
    let mut parts = Vec::new();
    if let Some(verdict) = runs.main.and_then(|run| run.verdict()) {
        let sentence = super::text::upper_first(&verdict.sentence());
        parts.push(match runs.name {
            Some(name) => format!("{name}: {}", verdict.sentence()),
            None => sentence,
        });
    }
    parts.push(settings(configs));
    parts.push(program());
    parts.retain(|part| !part.is_empty());
    format!("{}.", parts.join(". ").replace("..", "."))
}

/// What all cells of a diagram have in common, in words.
pub fn of_diagram(base: &Config, axes: &[&str], seeds: usize, measure: Measure) -> String {
    let shown = |key: &str| {
        let field = field(key).filter(|f| !axes.contains(&key) && f.applies(base))?;
        Some(setting::in_words(field, base))
    };
    let family = base.network.family;
    let always = [
        "task.dim",
        "task.samples",
        "network.width",
        "network.alpha",
        "network.epsilon",
        "training.learning_rate",
    ];
    // What else shapes the runs is told where it is not as usual.
    let usual = family.defaults();
    let unusual = FIELDS.iter().filter(|f| {
        let section = f.key.split_once('.').map(|(section, _)| section);
        let shapes = !matches!(section, None | Some("outcome" | "record")) || f.key == "seed";
        let told = [
            "training.steps",
            "training.engine",
            "task.target",
            "task.eigenvector",
        ];
        shapes
            && !always.contains(&f.key)
            && !told.contains(&f.key)
            && f.applies(base)
            && (f.get)(base) != (f.get)(&usual)
    });
    let fixed: Vec<String> = (always.into_iter())
        .chain(unusual.map(|f| f.key))
        .filter_map(shown)
        .collect();
    let labels = match base.task.target {
        TargetKind::Quadratic => String::new(),
        TargetKind::Eigenvector if axes.contains(&"task.eigenvector") => {
            " The labels are the j-th eigenvector of K₀ on the train inputs; test labels extend it (Nyström).".into()
        }
        TargetKind::JointEigenvector if axes.contains(&"task.eigenvector") => {
            " The labels are the j-th eigenvector of K₀ on train and test inputs together.".into()
        }
        kind => format!(" The target is of the kind {}.", kind.name()),
    };
    let engine = match base.training.engine {
        _ if axes.contains(&"training.engine") => "",
        EngineKind::Flow => "Gradient flow, the limit of small η₀, ",
        _ => "Gradient descent, ",
    };
    let outcome = &base.outcome;
    let judged = match (models::judge(family), outcome.relative) {
        (Judge::Accuracy, _) => format!(
            "Judged by accuracy, at a level of {}",
            outcome.accuracy_level
        ),
        (Judge::Loss, true) => format!(
            "Thresholds θ = {} of the zero predictor's loss",
            outcome.threshold
        ),
        (Judge::Loss, false) => format!("Thresholds θ = {} as a loss", outcome.threshold),
    };
    let network = match family.is_committee() {
        true => String::new(),
        false => format!("{}: ", family.label()),
    };
    let mut text = format!(
        "{engine}to {} steps. {network}{}. {judged}.",
        format::steps(base.training.steps),
        fixed.join(", ")
    );
    text.push_str(&labels);
    if seeds > 1 && !axes.contains(&"seed") {
        text.push_str(&format!(
            " {seeds} seeds in each cell from {} on: the colour is {}, the mark the class of most.",
            base.seed,
            measure.statistic()
        ));
    }
    if measure == Measure::FinalTest || measure == Measure::Curves {
        text.push_str(" Every run goes on to the horizon, or until its train loss is spent.");
    }
    if measure == Measure::Curves {
        text.push_str(
            " Log time from step 1 to the horizon; each cell has a loss axis of its own, from 0.",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_tells_every_setting_that_is_not_the_default_and_the_seed() {
        let usual = Config::default();
        assert_eq!(settings([&usual].into_iter()), "Default settings; seed = 9");
        let mut config = usual.clone();
        for (key, value) in [
            ("seed", "7"),
            ("task.dim", "30"),
            ("network.alpha", "0.25"),
            ("training.momentum", "0.5"),
            ("outcome.threshold", "0.2"),
        ] {
            config.set_str(key, value).unwrap();
        }
        let text = settings([&config].into_iter());
        for part in [
            "Default settings but for D = 30",
            "α = 0.25",
            "0.5",
            "0.2",
            "seed = 7",
        ] {
            assert!(text.contains(part), "{text}");
        }
        // What differs is told by the names of the curves.
        let mut other = config.clone();
        other.network.alpha = 1.0;
        let text = settings([&config, &other].into_iter());
        assert!(!text.contains("α") && text.contains("D = 30"), "{text}");
    }
}
