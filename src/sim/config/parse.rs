//! Config to TOML and back. Unknown keys are errors that suggest the nearest name.

use super::{Config, ConfigError, FIELDS, Field, Kind, LiveChange, Value, field, number};

impl Config {
    /// Sets one field by its dotted key.
    ///
    /// # Errors
    /// An unknown key, with the nearest known one; a value of the wrong type or
    /// out of range.
    pub fn set(&mut self, key: &str, value: &Value) -> Result<(), ConfigError> {
        known(key, value)?.set(self, value)
    }

    /// Sets one field from text, as `--set network.alpha=0.3` does. Words need
    /// no quotes, numbers may be written in every way of [`number`].
    ///
    /// # Errors
    /// As [`Config::set`].
    pub fn set_str(&mut self, key: &str, text: &str) -> Result<(), ConfigError> {
        let field = known(key, &Value::Text(text.into()))?;
        field
            .set(self, &Value::Text(unquoted(text)))
            .map_err(|e| ConfigError {
                value: text.into(),
                ..e
            })
    }

    /// Reads settings from TOML; what the text leaves out keeps its default.
    /// Ranges are checked field by field; [`Config::check`] checks the rest.
    ///
    /// # Errors
    /// Text that is not TOML, with its line; unknown keys; values of the wrong
    /// type or out of range.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| ConfigError {
            field: "file".into(),
            value: e.to_string().trim().to_owned(),
            allowed: "must be TOML".into(),
            fix: "compare it with a config.toml written by `grokscope run`".into(),
        })?;
        let mut config = Self::default();
        config.apply("", &table)?;
        Ok(config)
    }

    /// Applies the settings of a TOML table on top of this config.
    ///
    /// # Errors
    /// As [`Config::from_toml`].
    pub fn apply(&mut self, prefix: &str, table: &toml::Table) -> Result<(), ConfigError> {
        // The network decides what the other settings are.
        let family = table
            .get("network")
            .and_then(|section| section.get("family"));
        if let (true, Some(family)) = (prefix.is_empty(), family) {
            self.set("network.family", &from_toml_value(family))?;
        }
        for (name, value) in table {
            let key = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            if let toml::Value::Table(section) = value {
                let is_section = FIELDS.iter().any(|f| f.key.starts_with(&format!("{key}.")));
                if is_section {
                    self.apply(&key, section)?;
                    continue;
                }
            }
            self.set(&key, &from_toml_value(value))?;
        }
        Ok(())
    }

    /// Writes every setting as TOML in its section; [`Config::from_toml`] reads
    /// it back to the bit.
    pub fn to_toml(&self) -> String {
        self.to_toml_without(|_| false)
    }

    /// As [`Config::to_toml`], without the settings whose keys `skip` names.
    pub fn to_toml_without(&self, skip: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        let mut section = "";
        for f in FIELDS.iter().filter(|f| f.applies(self)) {
            let value = (f.get)(self);
            let nothing = match (f.kind, &value) {
                // As before there were others.
                (Kind::Family, _) => self.network.family.is_committee(),
                (Kind::Path, Value::Text(path)) => path.is_empty(),
                (Kind::Changes, Value::Changes(changes)) => changes.is_empty(),
                (Kind::Bool, _) => f.key == "rescale" && self.instance.is_none(),
                _ => false,
            };
            if skip(f.key) || nothing {
                continue;
            }
            let name = match f.key.split_once('.') {
                None => f.key,
                Some((s, name)) => {
                    if s != section {
                        section = s;
                        text.push_str(&format!("\n[{s}]\n"));
                    }
                    name
                }
            };
            text.push_str(&format!("{name} = {value}\n"));
        }
        text
    }
}

/// Text without the quotes that TOML has around it, if it has any.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with(['"', '\'']) {
        return text.to_owned();
    }
    let table = format!("v = {text}").parse::<toml::Table>();
    match table.as_ref().map(|table| table.get("v")) {
        Ok(Some(toml::Value::String(inner))) => inner.clone(),
        _ => text.to_owned(),
    }
}

/// Reads a TOML literal; anything that is none is a word. What kind of value a
/// setting makes of it is said by [`Field::set`].
pub fn parse_value(text: &str) -> Value {
    let text = text.trim();
    match format!("v = {text}").parse::<toml::Table>() {
        Ok(table) => table
            .get("v")
            .map_or_else(|| Value::Text(text.into()), from_toml_value),
        Err(_) => Value::Text(text.into()),
    }
}

fn from_toml_value(value: &toml::Value) -> Value {
    match value {
        toml::Value::Integer(n) => match u64::try_from(*n) {
            Ok(n) => Value::Integer(n),
            // Negative: kept as a real, so that the range check names it.
            Err(_) => Value::Real(*n as f64),
        },
        toml::Value::Float(x) => Value::Real(*x),
        toml::Value::Boolean(b) => Value::Bool(*b),
        toml::Value::String(s) => Value::Text(s.clone()),
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            let changes: Option<Vec<LiveChange>> =
                items.iter().map(LiveChange::from_toml).collect();
            changes.map_or_else(|| Value::Text(value.to_string()), Value::Changes)
        }
        toml::Value::Array(items) => {
            let step = |v: &toml::Value| match v {
                toml::Value::Integer(n) => u64::try_from(*n).ok(),
                toml::Value::Float(x) => number::whole_of(*x),
                toml::Value::String(s) => number::read_whole(s),
                _ => None,
            };
            let steps: Option<Vec<u64>> = items.iter().map(step).collect();
            steps.map_or_else(|| Value::Text(value.to_string()), Value::Steps)
        }
        other => Value::Text(other.to_string()),
    }
}

fn known(key: &str, value: &Value) -> Result<&'static Field, ConfigError> {
    field(key).ok_or_else(|| ConfigError {
        field: key.into(),
        value: value.to_string(),
        allowed: "no setting has this name".into(),
        fix: match nearest(key) {
            Some(near) => format!("did you mean {near}?"),
            None => "see `grokscope run --help`".into(),
        },
    })
}

/// The known key nearest in spelling, by its whole name or by its last part.
fn nearest(key: &str) -> Option<&'static str> {
    let last = key.rsplit('.').next().unwrap_or(key);
    FIELDS
        .iter()
        .map(|f| {
            let tail = f.key.rsplit('.').next().unwrap_or(f.key);
            let score = strsim::jaro_winkler(key, f.key)
                .max(strsim::jaro_winkler(last, tail))
                .max(if last == f.symbol { 1.0 } else { 0.0 });
            (f.key, score)
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(key, _)| key)
}
