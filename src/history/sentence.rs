//! The outcome of a run in one sentence, from its numbers.

use super::{Run, format};
use crate::sim::{metrics::Metric, outcome::Outcome};

impl Run {
    /// How the run ended, or how it stands, for example "groks: fits at 641,
    /// generalises at 29,264, 46× later".
    pub fn outcome_sentence(&self) -> String {
        if let Some(message) = self.failure() {
            return format!("failed: {message}");
        }
        if self.rows().is_empty() && self.finish().is_none() {
            return String::new();
        }
        match self.finish() {
            None => self.standing(),
            Some(finish) => match finish.outcome {
                Outcome::Diverged {
                    step,
                    stable_learning_rate,
                } => self.diverged(step, stable_learning_rate),
                _ if finish.step < self.horizon() && finish.crossings.ratio().is_none() => {
                    format!(
                        "stopped at {}: {}",
                        format::steps(finish.step),
                        self.standing()
                    )
                }
                Outcome::NeverGeneralises => self.never_generalises(finish.step),
                Outcome::NeverFits => format!(
                    "never fits: train still at {} at {}",
                    self.loss_in_words(Metric::TrainLoss),
                    format::steps(finish.step)
                ),
                Outcome::Groks | Outcome::GeneralisesAtOnce => self.standing(),
            },
        }
    }

    /// The learning rate that was lowered to keep the run stable, in words.
    pub fn lowered_sentence(&self) -> Option<String> {
        let lowered = self.lowered()?;
        Some(format!(
            "η₀ lowered from {} to {}: it diverged at step {}",
            format::plain(lowered.from, 3),
            format::plain(lowered.to, 3),
            format::thousands(lowered.diverged_at)
        ))
    }

    fn standing(&self) -> String {
        let crossings = self.crossings();
        let steps = format::thousands;
        match (crossings.fit, crossings.generalise) {
            (None, None) => format!("train at {}", self.loss_in_words(Metric::TrainLoss)),
            (None, Some(test)) => {
                format!("generalises at {}; has not fitted yet", steps(test))
            }
            (Some(fit), None) if self.last(self.test_metric()).is_none() => {
                format!("fits at {}; there is no test loss to follow", steps(fit))
            }
            (Some(fit), None) => format!("fits at {}; has not generalised yet", steps(fit)),
            (Some(fit), Some(test)) => {
                let class = Outcome::classify(crossings, self.config().outcome.min_ratio).label();
                let delay = match test.checked_sub(fit) {
                    Some(0) => "in the same step".into(),
                    Some(_) => {
                        let ratio = crossings.ratio().unwrap_or(1.0);
                        if ratio >= 1.05 {
                            format!("{} later", format::times(ratio))
                        } else {
                            format!("{} steps later", steps(test - fit))
                        }
                    }
                    None => format!("{} steps earlier", steps(fit - test)),
                };
                format!(
                    "{class}: fits at {}, generalises at {}, {delay}",
                    steps(fit),
                    steps(test)
                )
            }
        }
    }

    fn never_generalises(&self, step: u64) -> String {
        let fit = self.crossings().fit.map_or_else(String::new, |fit| {
            format!("fits at {}, ", format::thousands(fit))
        });
        if self.last(self.test_metric()).is_none() {
            return format!("{fit}there is no test loss to follow");
        }
        format!(
            "never generalises: {fit}test still at {} at {}",
            self.loss_in_words(self.test_metric()),
            format::steps(step)
        )
    }

    fn diverged(&self, step: u64, stable: f64) -> String {
        let advice = if stable.is_finite() && stable > 0.0 {
            format!("; try η₀ ≤ {}", format::plain(round_down(stable), 2))
        } else {
            "; try a smaller η₀".into()
        };
        format!("diverged at step {}{advice}", format::thousands(step))
    }

    /// The last value of a loss, in units of the zero predictor's where known.
    fn loss_in_words(&self, metric: Metric) -> String {
        let Some((_, loss)) = self.last(metric) else {
            return "an unknown loss".into();
        };
        let zero = self.info().map_or(f64::NAN, |info| {
            if metric == Metric::TrainLoss {
                info.zero_train_loss
            } else {
                info.zero_test_loss
            }
        });
        if zero.is_finite() && zero > 0.0 {
            format!("{} of the zero predictor", format::percent(loss / zero))
        } else {
            format!("a loss of {}", format::plain(loss, 3))
        }
    }
}

/// To two significant digits towards zero: advice must stay on the stable side.
fn round_down(value: f64) -> f64 {
    let unit = 10f64.powi(value.log10().floor() as i32 - 1);
    // 0.3/0.01 is 29.999…: a hair more than rounding error is allowed for.
    (value / unit + 1e-9).floor() * unit
}

#[cfg(test)]
mod tests {
    use super::round_down;

    #[test]
    fn advice_on_the_learning_rate_is_never_rounded_up() {
        for (value, rounded) in [(0.629, 0.62), (0.3, 0.3), (1.0, 1.0), (12.9, 12.0)] {
            assert!((round_down(value) - rounded).abs() < 1e-12, "{value}");
        }
    }
}
