//! The form in which a sweep is asked for: a setting and the values that it takes.

use super::pins::MAX_PINS;
use crate::{
    figures::spec::as_flow,
    history::format,
    sim::config::{
        Config, Draggable, Field, Kind, ValidConfig, Value, Width, field,
        number::{self, Number},
    },
};

/// Curves where nothing else is asked for.
const CURVES: usize = 9;

/// Where a sweep stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepProgress {
    /// What is swept.
    pub what: String,
    /// Curves done.
    pub done: usize,
    /// Curves asked for.
    pub total: usize,
}

/// How the values of a sweep are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Equal ratios.
    Log,
    /// Equal differences.
    Linear,
}

/// A sweep as it is asked for: what is written in its form.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepForm {
    /// The setting.
    pub key: &'static str,
    /// First value, as written.
    pub from: String,
    /// Last value, as written.
    pub to: String,
    /// Number of values.
    pub count: usize,
    /// How they are spaced.
    pub spacing: Spacing,
}

impl Default for SweepForm {
    fn default() -> Self {
        Self::of("network.alpha")
    }
}

/// An end of a range as the paper writes it: powers of two as such.
fn end_in_words(value: f64) -> String {
    let power = value.log2();
    if power.fract() == 0.0 && power.abs() >= 3.0 {
        format!("2{}", format::superscript(power as i32))
    } else if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

impl SweepForm {
    /// The usual sweep of a setting: over its slider, α over 2⁻⁵ … 2⁵.
    pub fn of(key: &'static str) -> Self {
        let range = field(key).and_then(|field| field.draggable(&field.home()));
        let (from, to) = match range {
            Some(Draggable::Linear(lo, hi) | Draggable::Log(lo, hi)) => (lo, hi),
            Some(Draggable::ZeroThenLog(lo, hi) | Draggable::LogThenInfinite(lo, hi)) => (lo, hi),
            None => (1.0, 10.0),
        };
        let linear = matches!(range, Some(Draggable::Linear(..)));
        Self {
            key,
            from: end_in_words(from),
            to: end_in_words(to),
            count: CURVES,
            spacing: if linear {
                Spacing::Linear
            } else {
                Spacing::Log
            },
        }
    }

    /// "α: 2⁻⁵ … 2⁵, 9 curves".
    pub fn in_words(&self) -> String {
        format!("{}, {} curves", self.range_in_words(), self.count)
    }

    /// "α: 2⁻⁵ … 2⁵".
    pub fn range_in_words(&self) -> String {
        let name = field(self.key).map_or(self.key, Field::short_name);
        format!("{name}: {} … {}", self.from, self.to)
    }

    /// The settings of each curve, in order.
    ///
    /// # Errors
    /// Ends that are no numbers or out of range, for the user.
    pub fn configs(&self, base: &Config) -> Result<Vec<ValidConfig>, String> {
        self.at_most(base, MAX_PINS)
    }

    /// The same, where so many curves are possible.
    ///
    /// # Errors
    /// As [`SweepForm::configs`].
    pub fn at_most(&self, base: &Config, most: usize) -> Result<Vec<ValidConfig>, String> {
        let field = field(self.key).ok_or_else(|| format!("{} is no setting", self.key))?;
        let read = |text: &str| {
            let number = number::read(text).map(Number::as_f64);
            number.filter(|x| x.is_finite()).ok_or_else(|| {
                format!(
                    "{} = {text}: must be a number such as 0.25, 1/32 or 2^-5",
                    field.key
                )
            })
        };
        let (from, to) = (read(&self.from)?, read(&self.to)?);
        if !(2..=most).contains(&self.count) {
            return Err(format!(
                "{} curves: must be between 2 and {most}",
                self.count
            ));
        }
        if self.spacing == Spacing::Log && (from <= 0.0 || to <= 0.0) {
            return Err(format!(
                "{} … {}: both ends must be positive for a logarithmic spacing; choose linear",
                self.from, self.to
            ));
        }
        let last = (self.count - 1) as f64;
        let mut configs: Vec<ValidConfig> = Vec::new();
        for k in 0..self.count {
            let part = k as f64 / last;
            let value = match self.spacing {
                _ if k == 0 => from,
                _ if part == 1.0 => to,
                Spacing::Log => short(from * (to / from).powf(part)),
                Spacing::Linear => short(from + (to - from) * part),
            };
            let mut config = base.clone();
            field
                .set(&mut config, &typed(field, value))
                .map_err(|e| e.to_string())?;
            let config = as_flow(&config).check().map_err(|e| e.to_string())?;
            // Whole numbers that lie close together meet.
            if configs.last() != Some(&config) {
                configs.push(config);
            }
        }
        Ok(configs)
    }
}

/// To three significant digits, so that a curve's name is its exact value.
fn short(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn typed(field: &Field, value: f64) -> Value {
    match field.kind {
        Kind::Width { .. } => Value::Width(Width::Finite(value.round().max(0.0) as usize)),
        Kind::Integer { .. } => Value::Integer(value.round().max(0.0) as u64),
        _ => Value::Real(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::EngineKind;

    #[test]
    fn the_usual_sweep_of_alpha_is_the_papers() {
        let form = SweepForm::of("network.alpha");
        assert_eq!(form.in_words(), "α: 2⁻⁵ … 2⁵, 9 curves");
        let configs = form.configs(&Config::default()).expect("valid");
        let alphas: Vec<f64> = configs.iter().map(|c| c.network.alpha).collect();
        assert_eq!(
            alphas,
            [0.031_25, 0.074_3, 0.177, 0.42, 1.0, 2.38, 5.66, 13.5, 32.0]
        );
        for config in &configs {
            let mut same = config.clone().into_inner();
            assert_eq!(same.training.engine, EngineKind::Flow);
            same.training.engine = Config::default().training.engine;
            same.network.alpha = Config::default().network.alpha;
            assert_eq!(same, Config::default(), "nothing else is changed");
        }
    }

    #[test]
    fn a_sweep_that_cannot_be_says_why() {
        let base = Config::default();
        let form = |from: &str, to: &str, count| SweepForm {
            from: from.into(),
            to: to.into(),
            count,
            ..SweepForm::of("network.alpha")
        };
        for (form, word) in [
            (form("x", "2", 9), "must be a number"),
            (form("0", "2", 9), "positive"),
            (form("1", "2", 1), "between 2 and 20"),
            (form("1", "1e300", 9), "network.alpha"),
        ] {
            let error = form.configs(&base).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
        let whole = SweepForm {
            from: "10".into(),
            to: "12".into(),
            ..SweepForm::of("task.samples")
        };
        assert_eq!(whole.configs(&base).map(|c| c.len()), Ok(3));
    }
}
