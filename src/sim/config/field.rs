//! One setting: its type, its range, and the error that names them.

use super::{Config, ConfigError, Family, MAX_CHANGES, Value, Width, number, parse_value};

/// Most steps that `record.steps` may list: keeps a run's history below 50 MiB.
pub const MAX_RECORDED_STEPS: usize = 150_000;

/// Type and allowed range of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number in `min..=max`.
    Integer {
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
    },
    /// A finite real number in `min..=max`.
    Real {
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
    },
    /// `true` or `false`.
    Bool,
    /// A width in `1..=max`, or `"inf"`.
    Width {
        /// Largest finite width allowed.
        max: usize,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of increasing steps.
    Steps,
    /// A list of settings that change on the way.
    Changes,
    /// A path, or nothing.
    Path,
    /// A family of networks.
    Family,
}

/// One setting: how it is written, what it means, what it may be.
pub struct Field {
    /// Dotted key in files and flags.
    pub key: &'static str,
    /// The paper's symbol; empty where there is none.
    pub symbol: &'static str,
    /// Its name in the field's terms.
    pub name: &'static str,
    /// Unit; empty for pure numbers.
    pub unit: &'static str,
    /// Type and range.
    pub kind: Kind,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// Reads it.
    pub get: fn(&Config) -> Value,
    /// Writes a value of the right type.
    pub(super) set: fn(&mut Config, &Value) -> bool,
}

impl Field {
    /// The allowed values, in words.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            // So many zeros are not read.
            Kind::Real { min, max } if min > 0.0 && min < 1e-12 => {
                format!("a number from {min:e} to {max}")
            }
            Kind::Real { min, max } => format!("a number from {min} to {max}"),
            Kind::Bool => "true or false".into(),
            Kind::Width { max } => format!("a whole number from 1 to {max}, or \"inf\""),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Steps => format!("a list of at most {MAX_RECORDED_STEPS} increasing steps"),
            Kind::Changes => format!(
                "a list of at most {MAX_CHANGES} changes with `step`, `key` (training.learning_rate, training.weight_decay or training.steps) and `value`"
            ),
            Kind::Path if self.key == "instance" => "the path of a .npz or .csv file".into(),
            Kind::Path => "the path of a file".into(),
            Kind::Family => format!("one of {}", Family::names().join(", ")),
        }
    }

    /// What it is called where there is little room: its symbol, or its name where
    /// it has none.
    pub fn short_name(&self) -> &'static str {
        match self.symbol {
            "" => self.name,
            symbol => symbol,
        }
    }

    /// The first settings of the first family that takes it.
    pub fn home(&self) -> Config {
        let families = Family::all();
        let home = families.iter().find(|family| family.takes(self.key));
        home.unwrap_or(&Family::COMMITTEE).defaults()
    }

    /// The value that it has at first, in the first family that takes it.
    pub fn default_value(&self) -> Value {
        (self.get)(&self.home())
    }

    /// The value that the family of a config begins with.
    pub fn default_in(&self, config: &Config) -> Value {
        (self.get)(&config.network.family.defaults())
    }

    /// Whether the family of a config takes it.
    pub fn applies(&self, config: &Config) -> bool {
        config.network.family.takes(self.key)
    }

    /// The error that names this field, the value, its range and the fix.
    pub fn error(&self, value: impl ToString) -> ConfigError {
        let default = self.default_value();
        let fix = match &default {
            Value::Text(s) if s.is_empty() => "leave it out".to_owned(),
            Value::Steps(_) => "for example [1, 10, 100]".to_owned(),
            Value::Changes(_) => {
                "for example [{ step = 1000, key = \"training.weight_decay\", value = 1e-4 }]"
                    .to_owned()
            }
            _ => format!("the default is {default}"),
        };
        ConfigError {
            field: self.key.into(),
            value: value.to_string(),
            allowed: format!("must be {}", self.range()),
            fix,
        }
    }

    /// Whether a value of this field's type is in its range.
    ///
    /// # Errors
    /// The error of [`Field::error`] where it is not.
    pub fn check(&self, value: &Value) -> Result<(), ConfigError> {
        let ok = match (self.kind, value) {
            (Kind::Integer { min, max }, Value::Integer(n)) => (min..=max).contains(n),
            (Kind::Real { min, max }, Value::Real(x)) => x.is_finite() && (min..=max).contains(x),
            (Kind::Bool, Value::Bool(_)) | (Kind::Path, Value::Text(_)) => true,
            (Kind::Width { max }, Value::Width(w)) => {
                w.finite().is_none_or(|n| (1..=max).contains(&n))
            }
            (Kind::Choice(words), Value::Text(s)) => words.contains(&s.as_str()),
            (Kind::Family, Value::Text(s)) => Family::by_name(s).is_some(),
            (Kind::Steps, Value::Steps(s)) => s.len() <= MAX_RECORDED_STEPS,
            (Kind::Changes, Value::Changes(c)) => c.len() <= MAX_CHANGES,
            _ => false,
        };
        if ok { Ok(()) } else { Err(self.error(value)) }
    }

    /// A value as this field holds it: text that is a number as that number, 1e3
    /// and 100.0 as whole numbers, 1 as a real one. What cannot be made to fit
    /// comes back as it is.
    fn fitted(&self, value: &Value) -> Value {
        let whole = || match value {
            Value::Integer(n) => Some(*n),
            Value::Width(Width::Finite(n)) => Some(*n as u64),
            Value::Real(x) => number::whole_of(*x),
            Value::Text(text) => number::read_whole(text),
            _ => None,
        };
        let real = || match value {
            Value::Text(text) => number::read(text).map(number::Number::as_f64),
            _ => value.as_f64(),
        };
        let fitted = match (self.kind, value) {
            (Kind::Integer { .. }, _) => whole().map(Value::Integer),
            (Kind::Width { .. }, _) => match whole() {
                Some(n) => usize::try_from(n)
                    .ok()
                    .map(|n| Value::Width(Width::Finite(n))),
                None => (real() == Some(f64::INFINITY)).then_some(Value::Width(Width::Infinite)),
            },
            (Kind::Real { .. }, _) => real().map(Value::Real),
            (Kind::Bool, Value::Integer(n @ (0 | 1))) => Some(Value::Bool(*n == 1)),
            (Kind::Bool, Value::Text(word)) => match word.to_lowercase().as_str() {
                "true" | "on" | "yes" | "1" => Some(Value::Bool(true)),
                "false" | "off" | "no" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            (Kind::Steps, Value::Text(list)) => number::read_list(list).map(Value::Steps),
            (Kind::Changes, Value::Text(list)) => Some(parse_value(list)),
            _ => None,
        };
        fitted.unwrap_or_else(|| value.clone())
    }

    /// Writes `value` into `config` after checking its type and range.
    ///
    /// # Errors
    /// The error of [`Field::error`]; the config is then unchanged.
    pub fn set(&self, config: &mut Config, value: &Value) -> Result<(), ConfigError> {
        let value = &self.fitted(value);
        if !self.applies(config) {
            let family = config.network.family;
            return Err(ConfigError {
                field: self.key.into(),
                value: value.to_string(),
                allowed: format!("is no setting of network.family = \"{}\"", family.name()),
                fix: "leave it out, or choose the network first".into(),
            });
        }
        let mut trial = config.clone();
        if !(self.set)(&mut trial, value) {
            return Err(self.error(value));
        }
        self.check(&(self.get)(&trial))?;
        *config = trial;
        Ok(())
    }
}
