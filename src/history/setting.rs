//! Settings as text: as a field of the window shows them and a caption names them.

use super::format;
use crate::sim::config::{Config, Field, LiveChange, LiveSetting, Value, Width, number};

/// A value as its field shows it, and reads it back: steps with their thousands
/// set apart, real numbers in the shortest form of the same bits.
pub fn shown(field: &Field, value: &Value) -> String {
    match value {
        Value::Width(Width::Infinite) => "∞".into(),
        Value::Integer(n) if field.key == "training.steps" => format::steps(*n),
        Value::Text(text) => text.clone(),
        Value::Real(x) => number::text(*x),
        Value::Changes(changes) => changes_in_words(changes),
        other => other.to_string(),
    }
}

/// A setting with its value: "α = 0.25".
pub fn in_words(field: &Field, config: &Config) -> String {
    let name = match field.symbol.is_empty() {
        true => field.name,
        false => field.symbol,
    };
    format!("{name} = {}", shown(field, &(field.get)(config)))
}

/// Changes on the way as a list: "λ = 0 → 0.001 after 500".
fn changes_in_words(changes: &[LiveChange]) -> String {
    /// More would fill the panel.
    const MOST: usize = 6;
    if changes.is_empty() {
        return "none".into();
    }
    let mut words: Vec<String> = (changes.iter().take(MOST))
        .map(|change| {
            let name = match change.setting {
                LiveSetting::LearningRate => "η₀",
                LiveSetting::WeightDecay => "λ",
                LiveSetting::Steps => "horizon",
            };
            let word = |value: f64| {
                let value = change.setting.value(value);
                let text = change.setting.field().map(|f| shown(f, &value));
                text.unwrap_or_default()
            };
            let old = change.old.map(|old| format!("{} → ", word(old)));
            let (old, new) = (old.unwrap_or_default(), word(change.value));
            let step = format::thousands(change.step);
            format!("{name} = {old}{new} after {step}")
        })
        .collect();
    if changes.len() > MOST {
        words.push(format!("{} more", changes.len() - MOST));
    }
    words.join(", ")
}
