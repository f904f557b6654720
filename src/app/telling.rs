//! What the status line says.

use super::{
    session::RunState,
    state::{EDIT_SECS, State},
};
use crate::{
    history::{Moment, Run, format},
    sim::{config::field, verdict::Criterion},
    views::{controls, entry, narration::Numbers},
};

impl State {
    /// What is happening now, or what the user just did; and whether it went
    /// wrong.
    pub fn sentence(&self, now: f64) -> (String, bool) {
        if let Some(notice) = &self.notice
            && now < notice.until()
        {
            return (notice.text.clone(), notice.bad);
        }
        // It stays as long as the field shows what was not taken.
        if let Some(error) = self.field_errors.values().next() {
            return (error.clone(), true);
        }
        if let Some((key, since)) = self.changed
            && now - since < EDIT_SECS
            && let Some(field) = field(key)
        {
            let name = controls::accessible_name(field);
            let value = entry::shown(field, &(field.get)(self.session.config()));
            return (format!("{name} is now {value}. {}", field.why), false);
        }
        let Some(run) = self.session.run() else {
            return ("Press space to train.".into(), false);
        };
        if let Some(mark) = &self.curves.guess
            && let Some(told) = mark.guess().told(run)
        {
            return (told, false);
        }
        let lazy_level = self.lazy_level(run);
        if let Some(working) = run.working_sentence()
            && self.past().is_none()
        {
            return (format!("{}.", controls::upper_first(&working)), false);
        }
        if let Some(step) = self.past() {
            let moment = run.moment(Some(step));
            let doing = if self.time.is_playing() {
                "Replay, step"
            } else {
                "At step"
            };
            let steps = format::thousands;
            // The numbers are those of a row.
            let recorded = moment.recorded_before();
            let recorded = recorded.map(|row| format!(" (recorded at {})", steps(row)));
            return (
                format!(
                    "{doing} {} of {}{}: {}",
                    steps(step),
                    steps(run.step()),
                    recorded.unwrap_or_default(),
                    telling(moment, lazy_level)
                ),
                false,
            );
        }
        let now = run.moment(None);
        match self.session.state() {
            RunState::Failed => (
                format!(
                    "{} Change a setting or run again.",
                    controls::upper_first(&run.outcome_sentence())
                ),
                true,
            ),
            RunState::Diverged => (
                format!("{}.", controls::upper_first(&run.outcome_sentence())),
                true,
            ),
            RunState::Done => (
                format!(
                    "Done: {}. {}",
                    run.outcome_sentence(),
                    telling(now, lazy_level)
                ),
                false,
            ),
            RunState::Paused => (format!("Paused. {}", telling(now, lazy_level)), false),
            RunState::Empty | RunState::Running => (telling(now, lazy_level), false),
        }
    }
}

impl State {
    /// Where the lazy model of this run levels off, if that is too high to
    /// generalise.
    pub(super) fn lazy_level(&self, run: &Run) -> Option<f64> {
        let level = self.theory.lazy()?.level;
        (level > run.thresholds()?.test).then_some(level)
    }
}

/// The numbers of a moment, once there are any.
pub(super) fn numbers(moment: Moment<'_>, lazy_level: Option<f64>) -> Option<Numbers<'_>> {
    let run = moment.run();
    let (first, last) = (run.rows().first()?, moment.row()?);
    let (zero_train, zero_test) = run.info().map_or((f64::NAN, f64::NAN), |info| {
        (info.zero_train_loss, info.zero_test_loss)
    });
    Some(Numbers {
        first,
        last,
        crossings: moment.crossings(),
        zero_train,
        zero_test,
        judge: run.info().map_or_else(Default::default, |info| info.judge),
        lost: moment.is_live()
            && run.verdict().is_some_and(|v| {
                let judged = v.judged(Criterion::Configured);
                judged.fit.lost().is_some() || judged.generalise.lost().is_some()
            }),
        lazy_level,
    })
}

/// The sentence about the numbers of a moment.
fn telling(moment: Moment<'_>, lazy_level: Option<f64>) -> String {
    match numbers(moment, lazy_level) {
        Some(numbers) => numbers.sentence(),
        None => "Preparing data and weights.".into(),
    }
}
