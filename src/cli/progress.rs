//! How far a long piece of work is: a bar on a terminal; elsewhere, for the log of a
//! job, a line at its start, one now and then, and one at its end.

use crate::history::format::{duration, thousands};
use crate::sim::config::EngineKind;
use crate::sweep::status::percent;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Between two lines of a log.
const BETWEEN_LINES: Duration = Duration::from_secs(30);
/// An estimate needs some work to go by.
const TOO_SOON: Duration = Duration::from_secs(2);
/// Parts of the bar.
const PARTS: u64 = 10_000;

/// A piece of work that consists of so many units.
pub(super) struct Progress {
    what: String,
    unit: &'static str,
    total: u64,
    position: u64,
    bar: ProgressBar,
    started: Instant,
    last_line: Instant,
    is_terminal: bool,
}

impl Progress {
    /// Work that begins now: `what` names it, in units such as "steps".
    pub fn begin(what: impl Into<String>, total: u64, unit: &'static str) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(PARTS), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
            bar.set_style(style);
        }
        let now = Instant::now();
        let progress = Self {
            what: what.into(),
            unit,
            total,
            position: 0,
            bar,
            started: now,
            last_line: now,
            is_terminal,
        };
        if !is_terminal {
            super::complain(&format!(
                "{}: {} {unit}",
                progress.what,
                thousands(progress.total)
            ));
        }
        progress
    }

    /// Stands at `position`. `share` is the share of this process's work that is
    /// done, from 0 to 1, which the estimate goes by; `more` is put behind it.
    pub fn at(&mut self, position: u64, share: f64, more: &str) {
        self.position = position.min(self.total);
        let share = share.clamp(0.0, 1.0);
        if self.is_terminal {
            self.bar.set_position((share * PARTS as f64) as u64);
            let text = self.text(share, more);
            self.bar.set_message(text);
        } else if self.last_line.elapsed() >= BETWEEN_LINES {
            self.last_line = Instant::now();
            super::complain(&format!("{}: {}", self.what, self.text(share, more)));
        }
    }

    /// What is to be said of a part that is done: a line in a log.
    pub fn note(&mut self, text: &str) {
        if !self.is_terminal {
            self.last_line = Instant::now();
            super::complain(text);
        }
    }

    /// Ends here, wherever it stands.
    pub fn end(self) {
        self.bar.finish_and_clear();
        if !self.is_terminal {
            super::complain(&format!(
                "{}: {} of {} {} in {}",
                self.what,
                thousands(self.position),
                thousands(self.total),
                self.unit,
                duration(self.started.elapsed().as_secs_f64())
            ));
        }
    }

    fn text(&self, share: f64, more: &str) -> String {
        let elapsed = self.started.elapsed();
        let left = match elapsed > TOO_SOON && share > 0.0 {
            true => {
                let seconds = elapsed.as_secs_f64() * (1.0 - share) / share;
                format!("about {} left", duration(seconds))
            }
            false => "time left not known yet".into(),
        };
        format!(
            "{} of {} {} ({} %), {} so far, {left}{}{more}",
            thousands(self.position),
            thousands(self.total),
            self.unit,
            percent(self.position as usize, self.total as usize),
            duration(elapsed.as_secs_f64()),
            if more.is_empty() { "" } else { "; " },
        )
    }
}

/// The share of a run's work that is done at a step. Gradient descent does the same
/// at every step; the flow's steps grow with time, a decade costs about the same.
pub(super) fn share_of_run(engine: EngineKind, step: u64, horizon: u64) -> f64 {
    let (step, horizon) = (step as f64, horizon.max(1) as f64);
    match engine {
        EngineKind::Flow => step.ln_1p() / horizon.ln_1p(),
        EngineKind::Moments | EngineKind::Neurons => step / horizon,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_goes_by_the_share_that_is_done() {
        let mut progress = Progress::begin("run", 1_000, "steps");
        progress.position = 999;
        assert!(progress.text(0.5, "").contains("(99 %)"));
        assert!(progress.text(0.5, "x").contains("not known yet; x"));
        progress.started = Instant::now()
            .checked_sub(Duration::from_secs(100))
            .unwrap();
        let text = progress.text(0.25, "");
        assert!(text.ends_with("about 5 min 01 s left"), "{text}");
    }

    #[test]
    fn a_decade_of_the_flow_counts_as_much_as_any_other() {
        let share = |step| share_of_run(EngineKind::Flow, step, 9_999);
        assert_eq!(share(0), 0.0);
        assert!((share(99) - 0.5).abs() < 1e-12);
        assert_eq!(share(9_999), 1.0);
        assert_eq!(share_of_run(EngineKind::Moments, 5, 20), 0.25);
    }
}
