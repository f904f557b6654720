//! Reading a JSON object so that nothing in it is passed over unseen.

use serde_json::{Map, Value};

/// Entries of a JSON object, taken one by one, so that those left are unknown.
pub(super) struct Fields {
    name: &'static str,
    pub entries: Map<String, Value>,
}

impl Fields {
    pub fn new(name: &'static str, value: Value) -> Result<Self, String> {
        match value {
            Value::Object(entries) => Ok(Self { name, entries }),
            other => Err(format!("{name}: expected an object; found {other}")),
        }
    }

    pub fn value(&mut self, key: &str) -> Result<Value, String> {
        self.optional(key)
            .ok_or_else(|| format!("{}.{key}: missing", self.name))
    }

    pub fn optional(&mut self, key: &str) -> Option<Value> {
        self.entries.remove(key).filter(|v| !v.is_null())
    }

    pub fn number(&mut self, key: &str) -> Result<f64, String> {
        let value = self.value(key)?;
        let name = self.name;
        value
            .as_f64()
            .ok_or_else(|| format!("{name}.{key}: expected a number; found {value}"))
    }

    pub fn number_or(&mut self, key: &str, default: f64) -> Result<f64, String> {
        match self.entries.contains_key(key) {
            true => self.number(key),
            false => Ok(default),
        }
    }

    pub fn whole(&mut self, key: &str) -> Result<usize, String> {
        let value = self.value(key)?;
        let name = self.name;
        value
            .as_u64()
            .map(|n| n as usize)
            .ok_or_else(|| format!("{name}.{key}: expected a whole number; found {value}"))
    }

    pub fn whole_or(&mut self, key: &str) -> Result<Option<usize>, String> {
        match self.entries.get(key).is_some_and(|v| !v.is_null()) {
            true => self.whole(key).map(Some),
            false => Ok(None),
        }
    }

    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, String> {
        let name = self.name;
        match self.optional(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(v) => Err(format!("{name}.{key}: expected true or false; found {v}")),
        }
    }

    pub fn text(&mut self, key: &str) -> Result<String, String> {
        match self.value(key)? {
            Value::String(text) => Ok(text),
            v => Err(format!("{}.{key}: expected a word; found {v}", self.name)),
        }
    }

    pub fn sizes(&mut self, key: &str) -> Result<Vec<usize>, String> {
        let value = self.value(key)?;
        let sizes = value.as_array().and_then(|sizes| {
            let sizes = sizes.iter().map(|v| v.as_u64().map(|n| n as usize));
            sizes.collect::<Option<Vec<_>>>()
        });
        let name = self.name;
        sizes.ok_or_else(|| format!("{name}.{key}: expected whole numbers; found {value}"))
    }

    /// Passes over entries that a replay has no use for.
    pub fn skip(&mut self, keys: &[&str]) {
        for key in keys {
            self.entries.remove(*key);
        }
    }

    pub fn done(self) -> Result<(), String> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(key) => Err(format!(
                "{}.{key}: unknown entry; what it asks for cannot be replayed",
                self.name
            )),
        }
    }
}
