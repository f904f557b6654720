//! Settings that change while a run trains: which may, and the schedule of when
//! they do.

use super::{ConfigError, Field, TrainingConfig, Value, field, number};
use std::fmt;

/// Most changes that one run may have: a slider that is dragged for minutes
/// makes some ten thousand.
pub const MAX_CHANGES: usize = 20_000;

/// A setting that may change while a run trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiveSetting {
    /// η₀.
    LearningRate,
    /// λ.
    WeightDecay,
    /// The horizon.
    Steps,
}

impl LiveSetting {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LearningRate, Self::WeightDecay, Self::Steps];

    /// Its key among the settings.
    pub fn key(self) -> &'static str {
        match self {
            Self::LearningRate => "training.learning_rate",
            Self::WeightDecay => "training.weight_decay",
            Self::Steps => "training.steps",
        }
    }

    /// The setting with this key.
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.key() == key)
    }

    /// Its row in the table of settings.
    pub fn field(self) -> Option<&'static Field> {
        field(self.key())
    }

    /// A number as this setting's value.
    pub fn value(self, value: f64) -> Value {
        match self {
            Self::Steps => Value::Integer(value as u64),
            Self::LearningRate | Self::WeightDecay => Value::Real(value),
        }
    }
}

/// One setting changes after one step: the step after it is the first with the
/// new value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveChange {
    /// The step after which it changes, at least 1.
    pub step: u64,
    /// What changes.
    pub setting: LiveSetting,
    /// The value from then on; a whole number for the horizon.
    pub value: f64,
    /// The value before, where the history is told ([`TrainingConfig::history`]).
    /// The schedule itself holds none: it follows from the rest.
    pub old: Option<f64>,
}

impl fmt::Display for LiveChange {
    /// As a TOML inline table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{{ step = {}, key = \"{}\"",
            self.step,
            self.setting.key()
        )?;
        if let Some(old) = self.old {
            write!(f, ", old = {}", self.setting.value(old))?;
        }
        write!(f, ", value = {} }}", self.setting.value(self.value))
    }
}

impl LiveChange {
    /// From a TOML table with `step`, `key` and `value`. An `old` value is for the
    /// reader: it must be a number, and is told anew.
    pub(super) fn from_toml(value: &toml::Value) -> Option<Self> {
        let table = value.as_table()?;
        if table.len() != 3 + usize::from(table.contains_key("old")) {
            return None;
        }
        let setting = LiveSetting::by_key(table.get("key")?.as_str()?)?;
        let number = |key: &str| match table.get(key)? {
            toml::Value::Integer(n) => Some(*n as f64),
            toml::Value::Float(x) => Some(*x),
            toml::Value::String(text) => number::read(text).map(number::Number::as_f64),
            _ => None,
        };
        let value = number("value")?;
        if table.contains_key("old") {
            number("old")?;
        }
        // `as` would round a horizon in silence.
        if setting == LiveSetting::Steps {
            number::whole_of(value)?;
        }
        Some(Self {
            step: number::whole_of(number("step")?)?,
            setting,
            value,
            old: None,
        })
    }
}

/// Steps trained with the same η₀ and λ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Last step before it.
    pub from: u64,
    /// Its last step.
    pub until: u64,
    /// η₀.
    pub learning_rate: f64,
    /// λ.
    pub weight_decay: f64,
}

impl TrainingConfig {
    /// What the run begins with, without the changes.
    fn begin(&self) -> Self {
        Self {
            changes: Vec::new(),
            ..*self
        }
    }

    /// Takes one change in, unless the run is over by then: such a run changes no
    /// more, but for a new horizon at its last step.
    fn take(&mut self, change: &LiveChange) {
        let trains = change.step < self.steps;
        if trains || change.step == self.steps && change.setting == LiveSetting::Steps {
            self.put(change.setting, change.value);
        }
    }

    /// The settings in force after `step`: those that the run begins with, and
    /// the changes up to there. It lists no changes itself.
    pub fn after(&self, step: u64) -> Self {
        let mut now = self.begin();
        let due = self.changes.iter().take_while(|change| change.step <= step);
        due.for_each(|change| now.take(change));
        now
    }

    /// The changes in order, each with the value before it.
    pub fn history(&self) -> Vec<LiveChange> {
        let mut now = self.begin();
        (self.changes.iter())
            .map(|change| {
                let old = Some(now.get(change.setting));
                now.take(change);
                LiveChange { old, ..*change }
            })
            .collect()
    }

    /// The step at which training stops, all changes taken in.
    pub fn horizon(&self) -> u64 {
        self.after(u64::MAX).steps
    }

    /// The whole run in stretches of equal η₀ and λ, in order.
    pub fn stretches(&self) -> Vec<Stretch> {
        let horizon = self.horizon();
        let mut now = self.begin();
        let stretch = |from, now: &Self| Stretch {
            from,
            until: horizon,
            learning_rate: now.learning_rate,
            weight_decay: now.weight_decay,
        };
        let mut whole = vec![stretch(0, &now)];
        for change in &self.changes {
            now.take(change);
            let next = stretch(change.step, &now);
            let Some(last) = whole.last_mut() else { break };
            let (rate, decay) = (next.learning_rate, next.weight_decay);
            if change.step >= horizon || (last.learning_rate, last.weight_decay) == (rate, decay) {
                continue;
            }
            if last.from == change.step {
                *last = next;
            } else {
                last.until = change.step;
                whole.push(next);
            }
        }
        whole
    }

    /// Takes note that a setting changes after `step`. Later changes of it, and
    /// one at the same step, are dropped; before the first step it is what the
    /// run begins with.
    pub fn change(&mut self, step: u64, setting: LiveSetting, value: f64) {
        self.changes
            .retain(|c| c.setting != setting || c.step < step);
        if step == 0 {
            self.put(setting, value);
            return;
        }
        let before = self.after(step).get(setting);
        if before != value {
            let place = self.changes.partition_point(|c| c.step <= step);
            self.changes.insert(
                place,
                LiveChange {
                    step,
                    setting,
                    value,
                    old: None,
                },
            );
        }
    }

    /// A setting's value.
    pub fn get(&self, setting: LiveSetting) -> f64 {
        match setting {
            LiveSetting::LearningRate => self.learning_rate,
            LiveSetting::WeightDecay => self.weight_decay,
            LiveSetting::Steps => self.steps as f64,
        }
    }

    /// Writes a setting's value.
    pub fn put(&mut self, setting: LiveSetting, value: f64) {
        match setting {
            LiveSetting::LearningRate => self.learning_rate = value,
            LiveSetting::WeightDecay => self.weight_decay = value,
            LiveSetting::Steps => self.steps = value as u64,
        }
    }

    /// No learning rate of the run above `most`.
    pub fn cap_learning_rate(&mut self, most: f64) {
        self.learning_rate = self.learning_rate.min(most);
        for change in &mut self.changes {
            if change.setting == LiveSetting::LearningRate {
                change.value = change.value.min(most);
            }
        }
    }

    /// The largest learning rate of the run.
    pub fn largest_learning_rate(&self) -> f64 {
        let stretches = self.stretches();
        stretches.iter().fold(0.0, |m, s| m.max(s.learning_rate))
    }

    /// Whether the changes are in order and in range.
    pub(super) fn check_changes(&self) -> Result<(), ConfigError> {
        let error = |change: &LiveChange, allowed: String, fix: &str| ConfigError {
            field: "training.changes".into(),
            value: change.to_string(),
            allowed,
            fix: fix.into(),
        };
        let mut now = self.begin();
        for (i, change) in self.changes.iter().enumerate() {
            let repeated = |c: &LiveChange| c.step == change.step && c.setting == change.setting;
            let before = &self.changes[..i];
            if change.step == 0
                || before.last().is_some_and(|c| c.step > change.step)
                || before.iter().rev().take(2).any(repeated)
            {
                return Err(error(
                    change,
                    "steps must be 1 or more and in order, each setting once at a step".into(),
                    "sort them; what holds from the start is the setting itself",
                ));
            }
            if let Some(field) = change.setting.field() {
                field
                    .check(&change.setting.value(change.value))
                    .map_err(|e| error(change, format!("the value {}", e.allowed), &e.fix))?;
            }
            if change.setting == LiveSetting::Steps && change.value as u64 <= change.step {
                return Err(error(
                    change,
                    "the horizon must lie after the step at which it changes".into(),
                    "raise it, or drop the change",
                ));
            }
            now.take(change);
            if now.learning_rate * now.weight_decay >= 1.0 {
                return Err(error(
                    change,
                    "η₀·λ must be below 1 at every step".into(),
                    "lower the weight decay or the learning rate",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Config;

    fn training() -> TrainingConfig {
        let mut training = Config::default().training;
        (training.learning_rate, training.steps) = (1.0, 1_000);
        training
    }

    #[test]
    fn changes_take_hold_after_their_step() {
        let mut t = training();
        t.change(100, LiveSetting::LearningRate, 0.5);
        t.change(100, LiveSetting::WeightDecay, 1e-3);
        t.change(300, LiveSetting::LearningRate, 0.25);
        t.change(1_000, LiveSetting::Steps, 5_000.0);
        assert_eq!(t.after(99).learning_rate, 1.0);
        assert_eq!(t.after(100).learning_rate, 0.5);
        assert_eq!(t.after(300).learning_rate, 0.25);
        assert_eq!((t.steps, t.horizon()), (1_000, 5_000));
        let spans: Vec<(u64, u64, f64)> = t
            .stretches()
            .iter()
            .map(|s| (s.from, s.until, s.learning_rate))
            .collect();
        assert_eq!(spans, [(0, 100, 1.0), (100, 300, 0.5), (300, 5_000, 0.25)]);
    }

    #[test]
    fn a_change_replaces_those_that_were_to_come() {
        let mut t = training();
        t.change(500, LiveSetting::LearningRate, 0.5);
        t.change(200, LiveSetting::LearningRate, 0.25);
        assert_eq!(t.changes.len(), 1);
        t.change(200, LiveSetting::LearningRate, 1.0);
        assert!(t.changes.is_empty(), "back to what it was");
        t.change(0, LiveSetting::WeightDecay, 1e-3);
        assert!(t.changes.is_empty() && t.weight_decay == 1e-3);
    }

    #[test]
    fn a_run_that_is_over_changes_no_more_but_for_its_horizon() {
        let mut t = training();
        t.steps = 100;
        t.change(50, LiveSetting::LearningRate, 0.5);
        t.changes.push(LiveChange {
            step: 200,
            setting: LiveSetting::LearningRate,
            value: 0.1,
            old: None,
        });
        assert_eq!(t.horizon(), 100);
        assert_eq!(t.after(u64::MAX).learning_rate, 0.5);
    }

    #[test]
    fn changes_are_written_and_read_back_to_the_bit() {
        let mut config = Config::default();
        config
            .training
            .change(7, LiveSetting::LearningRate, 0.1 + 0.2);
        config
            .training
            .change(7, LiveSetting::WeightDecay, 1e-5 / 3.0);
        config.training.change(900, LiveSetting::Steps, 1e10);
        let text = config.to_toml();
        assert_eq!(Config::from_toml(&text).unwrap(), config, "{text}");
        for told in ["old = 0.0, value = 3", "old = 100000, value = 10000000000"] {
            assert!(text.contains(told), "{text}");
        }
        assert!(!Config::default().to_toml().contains("changes"));
        let long = text.replace("training.steps", "training.speed");
        assert!(Config::from_toml(&long).is_err());
    }

    #[test]
    fn changes_out_of_range_or_order_are_refused() {
        for (step, key, value) in [
            (0, "training.learning_rate", "0.1"),
            (5, "training.learning_rate", "-1"),
            (5, "training.steps", "5"),
            (5, "training.steps", "7.5"),
            (5, "training.weight_decay", "2.0"),
            (5, "network.alpha", "2.0"),
        ] {
            let text =
                format!("[[training.changes]]\nstep = {step}\nkey = \"{key}\"\nvalue = {value}\n");
            let refused = Config::from_toml(&text).and_then(Config::check);
            let message = refused.expect_err(&text).to_string();
            assert!(message.contains("training.changes"), "{message}");
        }
    }
}
