//! When somebody thought that a run would generalise, and how far off that was.

use super::{Run, format};

/// A guess at when a run generalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// At this step.
    At(u64),
    /// Not by the horizon.
    Never,
}

/// A guess within this factor of the step was a good one.
const CLOSE: f64 = 1.1;

impl Guess {
    /// "at 3,000".
    pub fn sentence(self) -> String {
        match self {
            Self::At(step) => format!("your guess: it generalises at {}", format::thousands(step)),
            Self::Never => "your guess: not by the horizon".into(),
        }
    }

    /// What became of it, once the run has generalised or ended; how far off it was in
    /// steps and as a ratio.
    pub fn told(self, run: &Run) -> Option<String> {
        let steps = format::thousands;
        let guessed = match self {
            Self::At(step) => format!("You said {}", steps(step)),
            Self::Never => "You said: not by the horizon".into(),
        };
        if let Some(why) = run.failure() {
            return Some(format!("{guessed}; the run failed: {why}"));
        }
        match run.crossings().generalise {
            Some(step) => Some(match self {
                Self::Never => format!("{guessed}; it generalised at {}.", steps(step)),
                Self::At(guess) => {
                    let (low, high) = (guess.min(step).max(1), guess.max(step).max(1));
                    let ratio = high as f64 / low as f64;
                    let off = match step.cmp(&guess) {
                        std::cmp::Ordering::Equal => "to the step".to_owned(),
                        order => format!(
                            "{} steps {} than you said, {}",
                            steps(high - low),
                            match order {
                                std::cmp::Ordering::Greater => "later",
                                _ => "earlier",
                            },
                            format::times(ratio)
                        ),
                    };
                    let praise = match ratio <= CLOSE {
                        true => ": well guessed",
                        false => "",
                    };
                    format!(
                        "{guessed}; it generalised at {}, {off}{praise}.",
                        steps(step)
                    )
                }
            }),
            None => {
                run.finish()?;
                let by = format::steps(run.step());
                Some(match self {
                    Self::Never => format!("{guessed}, and it has not by {by}: well guessed."),
                    Self::At(_) => format!("{guessed}; it has not generalised by {by}."),
                })
            }
        }
    }
}
