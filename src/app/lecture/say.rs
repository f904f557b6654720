//! What is said in a lecture: sentences with numbers of the run, each tied to what the
//! run has done, so that none claims what has not happened.

use crate::{
    history::{Run, delay_in_words, format},
    sim::{
        metrics::Metric,
        outcome::{Class, Outcome},
        verdict::Status,
    },
    sweep::diagram::Diagram,
    views::narration::{Numbers, Stage},
};

/// The state of a run that a sentence speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// Whatever the run has done.
    Always,
    /// Neither loss has met its threshold.
    BeforeFit,
    /// The train loss has met it, the test loss has not, and the features have hardly
    /// moved.
    Fitted,
    /// The same, and the features turn towards the target.
    Turning,
    /// Both losses have met it.
    Generalised,
    /// The test loss has met it before the train loss.
    TestFirst,
    /// The run has reached its horizon, and the test loss has not met it.
    NotByHorizon,
    /// Every run beside the main one is there.
    Compared,
    /// Every cell of the diagram is there.
    Filled,
}

impl When {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Always,
        Self::BeforeFit,
        Self::Fitted,
        Self::Turning,
        Self::Generalised,
        Self::TestFirst,
        Self::NotByHorizon,
        Self::Compared,
        Self::Filled,
    ];

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::BeforeFit => "before_fit",
            Self::Fitted => "fitted",
            Self::Turning => "turning",
            Self::Generalised => "generalised",
            Self::TestFirst => "test_first",
            Self::NotByHorizon => "not_by_horizon",
            Self::Compared => "compared",
            Self::Filled => "filled",
        }
    }

    /// In words, for the editor.
    pub fn label(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::BeforeFit => "before it fits",
            Self::Fitted => "fitted, features as they were",
            Self::Turning => "fitted, features turn",
            Self::Generalised => "generalised",
            Self::TestFirst => "test loss first",
            Self::NotByHorizon => "at the horizon, not generalised",
            Self::Compared => "all runs beside it are there",
            Self::Filled => "the diagram is filled",
        }
    }

    /// By its name in files.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|when| when.name() == name)
    }

    /// The state of a run by its numbers; `None` where there is none to tell of: the
    /// losses swing, it diverged, or ended before it fitted.
    pub fn of(numbers: &Numbers<'_>, run: &Run) -> Option<Self> {
        let status = run.verdict().map_or(Status::Running, |v| v.status);
        if numbers.lost || matches!(status, Status::Diverged | Status::Failed) {
            return None;
        }
        let over = status == Status::Finished && numbers.last.step >= run.step();
        Some(match numbers.stage() {
            Stage::Nothing => return None,
            Stage::Generalised => Self::Generalised,
            Stage::TestFirst => Self::TestFirst,
            Stage::Memorised | Stage::Turning if over => Self::NotByHorizon,
            Stage::Memorised => Self::Fitted,
            Stage::Turning => Self::Turning,
            _ if over => return None,
            _ => Self::BeforeFit,
        })
    }

    /// Whether the run has fitted then.
    fn has_fitted(self) -> bool {
        matches!(
            self,
            Self::Fitted | Self::Turning | Self::Generalised | Self::NotByHorizon
        )
    }
}

/// Words in braces that stand for a number, and what they mean.
pub const WORDS: [(&str, &str); 18] = [
    ("alpha", "α of the run"),
    ("epsilon", "ε"),
    ("P", "the number of train samples"),
    ("D", "the input dimension"),
    ("step", "the step that is shown"),
    ("horizon", "the horizon"),
    ("train", "train loss as a share of the zero predictor's"),
    ("test", "test loss as a share of the zero predictor's"),
    ("right", "accuracies on the train set and on the test set"),
    ("features", "share of the weights' norm along the target"),
    (
        "lazy",
        "where the test loss of the lazy model levels off, as a share of the zero predictor's",
    ),
    ("norm", "how the weight norm has changed since step 0"),
    ("fit", "the step at which the run fits"),
    ("generalises", "the step at which it generalises"),
    ("later", "how much later than the fit"),
    ("compared", "what each run beside it came to"),
    ("ends", "the test loss at which each run beside it ends"),
    ("cells", "how many cells of the diagram are of each class"),
];

/// The words in braces of a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split('{').skip(1);
    parts.map(|part| part.split('}').next().unwrap_or_default())
}

/// The first word in braces that there is not, or that is not known in this state,
/// and why.
pub fn unknown_word(line: &str, when: When) -> Option<(String, String)> {
    let only = |words: &str| format!("is known only {words}");
    words(line).find_map(|word| {
        if !WORDS.iter().any(|(known, _)| *known == word) {
            let known: Vec<&str> = WORDS.iter().map(|(known, _)| *known).collect();
            let why = format!("must be one of {}", known.join(", "));
            return Some((word.to_owned(), why));
        }
        let why = match word {
            "fit" if !when.has_fitted() => only("once the run has fitted"),
            "generalises" | "later" if when != When::Generalised => {
                only("in say.generalised, once the run has generalised")
            }
            "compared" | "ends" if when != When::Compared => only("in say.compared"),
            "cells" if when != When::Filled => only("in say.filled"),
            _ => return None,
        };
        Some((word.to_owned(), why))
    })
}

/// What a sentence can take its numbers from.
#[derive(Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The run on screen.
    pub run: Option<&'a Run>,
    /// Its numbers at the moment that is shown.
    pub numbers: Option<Numbers<'a>>,
    /// The runs beside it that are there, with their names …
    pub others: &'a [(&'a str, &'a Run)],
    /// … and how many are to come.
    pub expected: usize,
    /// The diagram, once it is filled.
    pub filled: Option<&'a Diagram>,
}

impl Facts<'_> {
    /// The states that hold now, those first that say more.
    pub fn states(&self) -> Vec<When> {
        let mut states = Vec::new();
        if self.filled.is_some() {
            states.push(When::Filled);
        }
        if self.expected > 0 && self.others.len() >= self.expected {
            states.push(When::Compared);
        }
        let run = self.numbers.zip(self.run);
        states.extend(run.and_then(|(numbers, run)| When::of(&numbers, run)));
        states.push(When::Always);
        states
    }

    /// A line with its numbers; `None` where one of them is not known.
    pub fn fill(&self, line: &str) -> Option<String> {
        let mut parts = line.split('{');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (word, rest) = part.split_once('}')?;
            text.push_str(&self.value(word)?);
            text.push_str(rest);
        }
        Some(text)
    }

    fn value(&self, word: &str) -> Option<String> {
        let config = || self.run.map(Run::config);
        let crossings = || self.numbers.map(|n| n.crossings);
        let share = |share: f64| share.is_finite().then(|| format::percent(share));
        let last = |metric: Metric| self.numbers?.last.get(metric);
        match word {
            "alpha" => Some(format::plain(config()?.network.alpha, 3)),
            "epsilon" => Some(format::plain(config()?.network.epsilon, 3)),
            "P" => Some(format::thousands(config()?.task.samples as u64)),
            "D" => Some(format::thousands(config()?.task.dim as u64)),
            "step" => Some(format::thousands(self.numbers?.last.step)),
            "horizon" => Some(format::steps(self.run?.horizon())),
            "train" => share(self.numbers?.train()),
            "test" => share(self.numbers?.test()),
            "right" => {
                let right = |metric| last(metric).and_then(share);
                let (train, test) = (right(Metric::TrainAccuracy)?, right(Metric::TestAccuracy)?);
                Some(format!(
                    "{train} of the train set and {test} of the test set are right"
                ))
            }
            "features" => last(Metric::FeatureAlignment).and_then(share),
            "lazy" => share(self.numbers?.lazy_level? / self.numbers?.zero_test),
            "norm" => {
                let norm = last(Metric::WeightNormSq)?;
                changed(self.numbers?.first.get(Metric::WeightNormSq)?, norm)
            }
            "fit" => Some(format::thousands(crossings()?.fit?)),
            "generalises" => Some(format::thousands(crossings()?.generalise?)),
            "later" => delay_in_words(crossings()?),
            "compared" => joined(self.others.iter().map(|(name, run)| came_to(name, run))),
            "ends" => joined(self.others.iter().map(|(name, run)| ends_at(name, run))),
            "cells" => Some(classes(self.filled?)),
            _ => None,
        }
    }
}

/// "has risen by 12 %", "has grown to 48× what it was".
fn changed(from: f64, to: f64) -> Option<String> {
    let change = to / from - 1.0;
    if !change.is_finite() {
        return None;
    }
    Some(match format::percent(change.abs()) {
        _ if change.abs() < 0.005 => "has hardly changed".into(),
        _ if change >= 1.0 => format!("has grown to {} what it was", format::times(to / from)),
        percent if change > 0.0 => format!("has risen by {percent}"),
        percent => format!("has fallen by {percent}"),
    })
}

fn joined(parts: impl Iterator<Item = Option<String>>) -> Option<String> {
    let parts: Option<Vec<String>> = parts.collect();
    parts
        .map(|parts| parts.join("; "))
        .filter(|text| !text.is_empty())
}

/// "α = 1 generalises at 25,307, 39× later".
fn came_to(name: &str, run: &Run) -> Option<String> {
    let verdict = run.verdict()?;
    let crossings = verdict.crossings();
    let horizon = format::steps(run.horizon());
    Some(match verdict.outcome() {
        Outcome::Groks | Outcome::GeneralisesAtOnce => {
            let (step, delay) = (crossings.generalise?, delay_in_words(crossings)?);
            format!("{name} generalises at {}, {delay}", format::thousands(step))
        }
        Outcome::NeverGeneralises => format!("{name} has not generalised by {horizon}"),
        Outcome::NeverFits => format!("{name} has not fitted by {horizon}"),
        Outcome::Diverged { step, .. } => {
            format!("{name} diverged at {}", format::thousands(step))
        }
        Outcome::NotJudged => format!("{name} is not judged"),
    })
}

/// "ε = 0.3 at 20 %".
fn ends_at(name: &str, run: &Run) -> Option<String> {
    let verdict = run.verdict()?;
    let share = verdict.test_loss? / verdict.zero_test_loss?;
    let share = share.is_finite().then(|| format::percent(share))?;
    Some(format!("{name} at {share}"))
}

/// "58 groks, 20 does not generalise".
fn classes(diagram: &Diagram) -> String {
    let counts = diagram.counts();
    let there = Class::ALL
        .into_iter()
        .filter(|class| counts[*class as usize] > 0);
    let words = there.map(|class| {
        let what = match class {
            Class::Groks => "grok",
            Class::GeneralisesAtOnce => "generalise at once",
            Class::NeverGeneralises => "do not generalise by the horizon",
            Class::NeverFits => "do not fit by the horizon",
            Class::NotJudged => "are not judged",
            Class::Diverged => "diverge",
        };
        format!("{} {what}", counts[class as usize])
    });
    let words: Vec<String> = words.collect();
    format!("of {} runs {}", diagram.done(), words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{metrics::Row, outcome::Crossings, verdict::Judge};

    fn row(step: u64, train: f64, test: f64, features: f64) -> Row {
        let mut row = Row::new(step);
        row.set(Metric::TrainLoss, train);
        row.set(Metric::TestLoss, test);
        row.set(Metric::FeatureAlignment, features);
        row.set(Metric::WeightNormSq, 1.0 + 0.001 * step as f64);
        row
    }

    #[test]
    fn a_line_has_the_numbers_of_the_run_or_is_not_said() {
        let (first, last) = (row(0, 1.0, 2.0, 0.02), row(320, 0.05, 1.0, 0.4));
        let crossings = Crossings {
            fit: Some(212),
            generalise: None,
        };
        let numbers = Numbers {
            first: &first,
            last: &last,
            crossings,
            zero_train: 1.0,
            zero_test: 2.0,
            judge: Judge::Loss,
            lost: false,
            lazy_level: None,
        };
        let facts = Facts {
            numbers: Some(numbers),
            ..Facts::default()
        };
        let fill = |line: &str| facts.fill(line);
        assert_eq!(
            fill("at {fit}: {train}, {test}; {features}").as_deref(),
            Some("at 212: 5 %, 50 %; 40 %")
        );
        assert_eq!(
            fill("the norm {norm}").as_deref(),
            Some("the norm has risen by 32 %")
        );
        assert_eq!(fill("plain").as_deref(), Some("plain"));
        assert_eq!(fill("{generalises}"), None, "it has not");
        assert_eq!(fill("{alpha}"), None, "there is no run");
        assert_eq!(
            changed(1.0, 48.2).as_deref(),
            Some("has grown to 48× what it was")
        );
        assert_eq!(changed(1.0, 0.8).as_deref(), Some("has fallen by 20 %"));
    }

    #[test]
    fn what_a_line_may_speak_of_depends_on_what_has_happened() {
        for when in When::ALL {
            assert_eq!(When::by_name(when.name()), Some(when));
            let may = |line: &str| unknown_word(line, when).is_none();
            assert!(may("{train} {test} {alpha}"));
            assert!(!may("{nonsense}"));
            assert_eq!(may("{fit}"), when.has_fitted());
            assert_eq!(may("{later}"), when == When::Generalised);
            assert_eq!(may("{ends}"), when == When::Compared);
            assert_eq!(may("{cells}"), when == When::Filled);
        }
    }
}
