//! One setting's value, whatever its type.

use super::{LiveChange, Width};
use std::fmt;

/// The value of one setting, as read from a file, a flag or a slider.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(u64),
    /// A real number.
    Real(f64),
    /// On or off.
    Bool(bool),
    /// A width, possibly infinite.
    Width(Width),
    /// A word or a path.
    Text(String),
    /// A list of steps.
    Steps(Vec<u64>),
    /// A list of settings that change on the way.
    Changes(Vec<LiveChange>),
}

impl Value {
    /// As a number, where it is one (N = ∞ is `f64::INFINITY`).
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Real(x) => Some(*x),
            Self::Width(Width::Finite(n)) => Some(*n as f64),
            Self::Width(Width::Infinite) => Some(f64::INFINITY),
            Self::Bool(_) | Self::Text(_) | Self::Steps(_) | Self::Changes(_) => None,
        }
    }
}

impl fmt::Display for Value {
    /// As a TOML literal, which reads back to the bit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => write!(f, "{n}"),
            Self::Real(x) => write!(f, "{x:?}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Width(Width::Finite(n)) => write!(f, "{n}"),
            Self::Width(Width::Infinite) => f.write_str("\"inf\""),
            Self::Text(s) => write!(f, "{}", toml::Value::String(s.clone())),
            Self::Steps(s) => write!(f, "{s:?}"),
            Self::Changes(changes) => {
                let changes: Vec<String> = changes.iter().map(LiveChange::to_string).collect();
                write!(f, "[{}]", changes.join(", "))
            }
        }
    }
}
