//! Why it is so: a paragraph for each kind of sentence in the status line and above
//! the curves, with the numbers of the run.

use super::{
    action::Action,
    fonts, glossary,
    narration::{Numbers, Stage},
    theme::Theme,
};
use crate::{
    history::{
        Run,
        format::{percent, plain, steps, thousands},
    },
    sim::{
        config::Config,
        metrics::Metric,
        outcome::Outcome,
        verdict::{Judge, Verdict},
    },
};
use egui::{Align2, Context, Id, RichText, ScrollArea, Ui, Window, vec2};

/// What explains a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// Its heading.
    pub title: String,
    /// Itself.
    pub text: String,
}

fn paragraph(title: &str, text: String) -> Paragraph {
    Paragraph {
        title: title.into(),
        text,
    }
}

/// What explains the sentence about a moment, and then what explains the outcome.
pub fn paragraphs(numbers: Option<&Numbers<'_>>, run: &Run) -> Vec<Paragraph> {
    let mut found = Vec::new();
    if let Some(why) = run.failure() {
        return vec![paragraph(
            "It failed",
            format!(
                "{why} Nothing was lost: the settings stay, and any change of them begins a new run."
            ),
        )];
    }
    if let Some(numbers) = numbers {
        found.push(of_moment(numbers, run.config()));
    }
    if let Some(verdict) = run.verdict() {
        found.extend(of_outcome(verdict));
    }
    found
}

/// "train 5 % and test 71 % of predicting zero".
fn losses(n: &Numbers<'_>) -> String {
    match n.test().is_finite() {
        true => format!(
            "train loss is {} and test loss {} of predicting zero",
            percent(n.train()),
            percent(n.test())
        ),
        false => format!("train loss is {} of predicting zero", percent(n.train())),
    }
}

fn features(n: &Numbers<'_>) -> Option<String> {
    let now = n.last.get(Metric::FeatureAlignment)?;
    let then = n.first.get(Metric::FeatureAlignment)?;
    Some(format!(
        "{} of the weights' norm lies along the target, {} at step 0",
        percent(now),
        percent(then)
    ))
}

fn of_moment(n: &Numbers<'_>, config: &Config) -> Paragraph {
    let (alpha, epsilon) = (
        plain(config.network.alpha, 3),
        plain(config.network.epsilon, 3),
    );
    let (samples, dim) = (
        thousands(config.task.samples as u64),
        thousands(config.task.dim as u64),
    );
    let step = thousands(n.last.step);
    let losses = losses(n);
    if n.lost {
        let text = format!(
            "A loss met its threshold and lost it again, so that the crossing does not count; at step {step} {losses}. Losses swing where a step is too large for the curvature: a smaller η₀ follows the gradient flow."
        );
        return paragraph("Why unsteady?", text);
    }
    if n.judge == Judge::Accuracy {
        let right = |metric| n.last.get(metric).map_or("?".into(), percent);
        let (train, test) = (right(Metric::TrainAccuracy), right(Metric::TestAccuracy));
        let text = match (n.crossings.fit, n.crossings.generalise) {
            (None, None) => format!(
                "At step {step} {train} of the train set and {test} of the test set are right. What is shown again and again can be learned by heart, one example after the other; what is not shown can only come right by a rule."
            ),
            (Some(fit), None) => format!(
                "The train set is right since step {}, the test set is {test} right: what was learned so far is the examples and not the rule. The loss is not zero, and what is left of it goes on changing the features.",
                thousands(fit)
            ),
            (fit, Some(test_at)) => format!(
                "The test set is right since step {}{}: {train} of the train set and {test} of the test set. The features that carry the rule are there.",
                thousands(test_at),
                fit.map_or(String::new(), |fit| format!(
                    ", the train set since step {}",
                    thousands(fit)
                ))
            ),
        };
        return paragraph("Why this accuracy?", text);
    }
    match n.stage() {
        Stage::Start => paragraph(
            "What will happen?",
            format!("At step 0 {losses}. A loss of 100 % is that of an output of 0 for every input, which knows nothing. Each step moves all weights a little downhill on the train loss alone; the test loss is only looked at."),
        ),
        Stage::Nothing => paragraph(
            "Why nothing?",
            "Every label is zero, which an output of 0 fits already: there is no gradient, and nothing moves. Reseed, or choose another target.".into(),
        ),
        Stage::Rising => paragraph(
            "Why does the train loss rise?",
            format!("At step {step} {losses}, more than at step 0. A step that is too large for the curvature overshoots: η₀λ_max(K)/P is 1 or more. A smaller η₀ falls again."),
        ),
        Stage::Fitting => paragraph(
            "Why does it fit?",
            format!("At step {step} {losses}. There are P = {samples} samples, and far more ways to move the weights: a small move of each fits them all. At α = {alpha} that move is the smaller, the larger α is, and the features stay nearly as they were."),
        ),
        Stage::Memorising => paragraph(
            "Why does the test loss rise?",
            format!("At step {step} {losses}; it was {} at step 0. The samples are fitted with the features of step 0, which hardly point at the target: between the samples the output then goes anywhere, and that is worse than an output of 0.", percent(super::narration::test_loss(n.first).unwrap_or(f64::NAN) / n.zero_test)),
        ),
        Stage::Memorised => {
            let level = n.lazy_level.map(|level| {
                format!(" With features that stay as they are it would level off at {}: kernel regression with K₀ on these {samples} samples.", percent(level / n.zero_test))
            });
            let moved = features(n).map_or(String::new(), |f| format!(" So far {f}."));
            paragraph(
                "Why is the test loss still high?",
                format!(
                    "It fits since step {}: {losses}. The labels are reproduced with the kernel of step 0, and ε = {epsilon} says how much of that kernel points at the target.{}{moved} The train loss is small but not zero, and what is left of it pulls at the features in the same direction for thousands of steps.",
                    n.crossings.fit.map_or("?".into(), thousands),
                    level.unwrap_or_default()
                ),
            )
        }
        Stage::Turning => paragraph(
            "Why do the features turn now?",
            format!(
                "{}; {losses}. A neuron that already points along the target a little is pulled there more, so this part grows by a factor in each while: for long it is too small to be seen, then it is all there is. It began at the fit, step {}.",
                features(n).map_or("The features move".into(), |f| {
                    let mut chars = f.chars();
                    let first = chars.next().map_or(String::new(), |c| c.to_uppercase().collect());
                    format!("{first}{}", chars.as_str())
                }),
                n.crossings.fit.map_or("?".into(), thousands)
            ),
        ),
        Stage::TestFirst => paragraph(
            "Why does the test loss fall first?",
            format!("The test loss is below its threshold since step {}, the train loss is not: {losses}. The rule was found before the rest of the train labels was: with noise in the labels, or with a threshold that asks more of the train loss.", n.crossings.generalise.map_or("?".into(), thousands)),
        ),
        Stage::Generalised => paragraph(
            "Why does it generalise?",
            format!(
                "{} {losses}. With features along β the network needs one direction of D = {dim} to say what the samples say, and so it is right on every other input too.",
                features(n).map_or(String::new(), |f| format!("At step {step}, {f}:"))
            ),
        ),
    }
}

fn of_outcome(v: &Verdict) -> Option<Paragraph> {
    let crossings = v.crossings();
    let share = |loss: f64, zero: f64| percent(loss / zero);
    let by_accuracy = v.judge == Judge::Accuracy;
    let met = match by_accuracy {
        true => "the accuracy met its level".to_owned(),
        false => format!(
            "the loss fell below θ, {} of the zero predictor's",
            share(v.thresholds.train, v.zero_train_loss)
        ),
    };
    let both = crossings.fit.zip(crossings.generalise);
    let mut found = match v.outcome() {
        Outcome::Groks | Outcome::GeneralisesAtOnce => {
            let (fit, test) = both?;
            let ratio = crossings.ratio()?;
            let least = plain(v.min_ratio, 3);
            let (fit, test) = (thousands(fit), thousands(test));
            let ratio = plain(ratio, 3);
            match v.outcome() {
                Outcome::Groks => paragraph(
                    "Why is this grokking?",
                    format!("“Fits” and “generalises” are the steps from which on {met}, on the train set at {fit} and on the test set at {test}: {ratio} times as many steps. From {least} times on it is called grokking here. The delay is the time that the features need to turn, after the data were fitted without them."),
                ),
                _ => paragraph(
                    "Why at once?",
                    format!("On the train set {met} at {fit}, on the test set at {test}, which is {ratio} times as many steps; only from {least} times on it is called grokking. Either the features turned while it fitted (a small α), or there are enough samples for the kernel of step 0."),
                ),
            }
        }
        Outcome::NeverGeneralises => {
            let ended = v.status == crate::sim::verdict::Status::Finished;
            let now = v.test_loss.zip(v.zero_test_loss).map(|(loss, zero)| share(loss, zero));
            let now = now.map_or(String::new(), |now| format!(" The test loss is {now} of predicting zero."));
            let fit = thousands(crossings.fit?);
            match ended {
                true => paragraph(
                    "Why does it not generalise?",
                    format!("On the train set {met} at {fit}, on the test set it did not by step {}.{now} Not by the horizon is not never: a lazier run takes longer, and a run whose train loss is spent has nothing left that could turn its features. Carry on shows which.", steps(v.step)),
                ),
                false => paragraph(
                    "Why no verdict yet?",
                    format!("On the train set {met} at {fit}, on the test set it has not by step {}.{now} Whether it groks is settled when it does, or at the horizon of {}.", thousands(v.step), steps(v.horizon)),
                ),
            }
        }
        Outcome::NeverFits => {
            let now = share(v.train_loss, v.zero_train_loss);
            paragraph(
                "Why has it not fitted?",
                format!("The train loss is {now} of predicting zero at step {}, and counts as fitted below {}. A larger η₀ or a longer horizon gets there sooner; weight decay may keep it above for ever.", thousands(v.step), share(v.thresholds.train, v.zero_train_loss)),
            )
        }
        Outcome::NotJudged => paragraph(
            "Why is it not judged?",
            match v.zero_labels() {
                true => "All labels are zero: every loss is 0 from the start, and a threshold means nothing.".into(),
                false => "There is no test loss: neither the target nor a test set is known, so that nothing tells how it does on other inputs.".into(),
            },
        ),
        Outcome::Diverged { step, stable_learning_rate } => paragraph(
            "Why did it diverge?",
            format!("At step {} the loss had left all bounds. Descent is stable as long as η₀λ_max(K)/P stays below 1; just before the loss first rose that allowed an η₀ of {} at most. Rich features have a larger kernel, so a rate may be stable at first and too large later.", thousands(step), plain(stable_learning_rate, 2)),
        ),
    };
    for warning in v.warnings() {
        found.text.push_str(&format!(" A doubt: {warning}."));
    }
    Some(found)
}

/// Draws the window; closing it is an action.
pub fn show(ctx: &Context, theme: &Theme, found: &[Paragraph], actions: &mut Vec<Action>) {
    let mut open = true;
    Window::new(RichText::new("Why?").family(fonts::bold()))
        .id(Id::unique("why"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::LEFT_BOTTOM, vec2(14.0, -58.0))
        .show(ctx, |ui| {
            ui.set_max_width(440.0_f32.min(ctx.content_rect().width() - 80.0));
            let most = (ctx.content_rect().height() - 170.0).max(80.0);
            let list = ScrollArea::vertical().max_height(most);
            list.show(ui, |ui| list_of(ui, theme, found));
        });
    if !open {
        actions.push(Action::ShowWhy(false));
    }
}

fn list_of(ui: &mut Ui, theme: &Theme, found: &[Paragraph]) {
    for Paragraph { title, text } in found {
        ui.add_space(2.0);
        ui.label(RichText::new(title).family(fonts::bold()).color(theme.text));
        glossary::label(ui, theme, text, theme.text, None);
        ui.add_space(4.0);
    }
    if found.is_empty() {
        ui.label(RichText::new("Nothing has been trained yet.").color(theme.muted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        figures::spec::as_flow,
        presets,
        sim::{Simulation, verdict::Criterion},
        training::RunId,
    };
    use std::collections::BTreeSet;

    /// The paragraphs along a run, each with the numbers that it must hold.
    fn along(config: Config, mut look: impl FnMut(&Paragraph, &Paragraph, &Verdict, &Numbers<'_>)) {
        let checked = config.check().expect("valid");
        let mut simulation = Simulation::new(&checked, None).expect("made");
        let first = simulation.record(false);
        while !simulation.is_finished() {
            if !simulation.advance(u64::MAX) {
                continue;
            }
            let last = simulation.record(false);
            let verdict = simulation.verdict();
            let judged = verdict.judged(Criterion::Configured);
            let numbers = Numbers {
                first: &first,
                last: &last,
                crossings: verdict.crossings(),
                zero_train: verdict.zero_train_loss,
                zero_test: verdict.zero_test_loss.expect("known"),
                judge: verdict.judge,
                lost: judged.fit.lost().is_some() || judged.generalise.lost().is_some(),
                lazy_level: None,
            };
            let moment = of_moment(&numbers, checked_config(&checked));
            let outcome = of_outcome(&verdict).expect("an outcome");
            look(&moment, &outcome, &verdict, &numbers);
        }
    }

    fn checked_config(config: &crate::sim::config::ValidConfig) -> &Config {
        config
    }

    #[test]
    fn along_a_run_that_groks_each_stage_is_explained_with_its_numbers() {
        let config = as_flow(&presets::opening());
        let mut titles = BTreeSet::new();
        along(config, |moment, outcome, verdict, numbers| {
            titles.insert(moment.title.clone());
            titles.insert(outcome.title.clone());
            for text in [&moment.text, &outcome.text] {
                assert!(!text.contains("NaN") && !text.contains('?'), "{text}");
            }
            assert!(
                moment.text.contains(&percent(numbers.train())),
                "{}",
                moment.text
            );
            let crossings = verdict.crossings();
            if let Some(fit) = crossings.fit {
                assert!(outcome.text.contains(&thousands(fit)), "{}", outcome.text);
            }
            if let Some(test) = crossings.generalise {
                assert!(outcome.text.contains(&thousands(test)), "{}", outcome.text);
            }
        });
        for title in [
            "Why does it fit?",
            "Why is the test loss still high?",
            "Why do the features turn now?",
            "Why does it generalise?",
            "Why has it not fitted?",
            "Why no verdict yet?",
            "Why is this grokking?",
        ] {
            assert!(titles.contains(title), "{title} in {titles:?}");
        }
    }

    #[test]
    fn what_did_not_come_about_is_explained_too() {
        let lazy = as_flow(&presets::find("lazy").expect("there").config);
        let mut last = String::new();
        along(lazy, |_, outcome, _, _| last.clone_from(&outcome.title));
        assert_eq!(last, "Why does it not generalise?");
        let run = Run::new(RunId::next(), presets::opening());
        assert!(paragraphs(None, &run).is_empty());
    }
}
