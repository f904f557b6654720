//! Settings in JSON.

use crate::sim::config::{Value, Width};
use serde_json::json;

/// A setting's value; N = ∞ is `"inf"`, changes while training are a list of
/// objects.
pub fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(n) => json!(n),
        Value::Real(x) => json!(x),
        Value::Bool(b) => json!(b),
        Value::Width(Width::Finite(n)) => json!(n),
        Value::Width(Width::Infinite) => json!("inf"),
        Value::Text(text) => json!(text),
        Value::Steps(steps) => json!(steps),
        Value::Changes(changes) => changes
            .iter()
            .map(|c| {
                let (key, old) = (c.setting.key(), c.old);
                json!({"step": c.step, "key": key, "old": old, "value": c.value})
            })
            .collect(),
    }
}
