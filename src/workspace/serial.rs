//! Parts of a state that have a form of their own in the file.

/// Settings: the sections of a config.toml.
pub mod settings {
    use crate::sim::config::Config;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    pub fn serialize<S: Serializer>(config: &Config, serializer: S) -> Result<S::Ok, S::Error> {
        let table: Result<toml::Table, _> = config.to_toml().parse();
        table.map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Config, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        let mut config = Config::default();
        config.apply("", &table).map_err(de::Error::custom)?;
        Ok(config)
    }
}

/// An axis of the diagram: a setting with its range, or with a list of values.
pub mod axis {
    use crate::sim::config::{Config, Value, Width};
    use crate::sweep::plan::{COUNTS, Places, PlanAxis};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Axis {
        key: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        log: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        values: Option<Vec<toml::Value>>,
    }

    /// Most values in a list.
    const MOST: usize = 200;

    fn plain(value: &Value) -> toml::Value {
        match value {
            Value::Integer(n) => toml::Value::Integer((*n).min(i64::MAX as u64) as i64),
            Value::Real(x) => toml::Value::Float(*x),
            Value::Bool(on) => toml::Value::Boolean(*on),
            Value::Width(Width::Finite(n)) => toml::Value::Integer(*n as i64),
            other => toml::Value::String(other.to_string().trim_matches('"').to_owned()),
        }
    }

    fn value(key: &str, value: &toml::Value) -> Result<Value, String> {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
                value.to_string()
            }
            _ => return Err(format!("{key}: expected numbers or words in values")),
        };
        let field = crate::sim::config::field(key).ok_or_else(|| format!("no setting {key}"))?;
        // A value of another family is still a value of this setting.
        let mut config = Config::default();
        field
            .set(&mut config, &Value::Text(text))
            .map_err(|e| e.to_string())?;
        Ok((field.get)(&config))
    }

    pub fn serialize<S: Serializer>(axis: &PlanAxis, serializer: S) -> Result<S::Ok, S::Error> {
        let key = axis.key.to_owned();
        let form = match &axis.places {
            &Places::Range {
                from,
                to,
                count,
                log,
            } => Axis {
                key,
                from: Some(from),
                to: Some(to),
                count: Some(count),
                log: Some(log),
                values: None,
            },
            Places::List(values) => Axis {
                key,
                from: None,
                to: None,
                count: None,
                log: None,
                values: Some(values.iter().map(plain).collect()),
            },
        };
        form.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlanAxis, D::Error> {
        let form = Axis::deserialize(deserializer)?;
        read(form).map_err(de::Error::custom)
    }

    fn read(form: Axis) -> Result<PlanAxis, String> {
        let key = form.key.as_str();
        let axis = PlanAxis::of(key).ok_or_else(|| {
            format!("key = {key:?}: no setting of this name makes an axis; `grokscope fields` lists the settings")
        })?;
        if let Some(values) = &form.values {
            if values.is_empty() || values.len() > MOST {
                return Err(format!(
                    "{key}: has {} values; expected 1 to {MOST}",
                    values.len()
                ));
            }
            let values: Result<Vec<Value>, String> = values.iter().map(|v| value(key, v)).collect();
            return Ok(PlanAxis {
                key: axis.key,
                places: Places::List(values?),
            });
        }
        let Places::Range {
            from,
            to,
            count,
            log,
        } = axis.places
        else {
            return Ok(axis);
        };
        let (from, to) = (form.from.unwrap_or(from), form.to.unwrap_or(to));
        let count = form.count.unwrap_or(count);
        if !from.is_finite() || !to.is_finite() {
            return Err(format!(
                "{key}: from = {from}, to = {to}; both must be finite"
            ));
        }
        if !COUNTS.contains(&count) {
            return Err(format!(
                "{key}: count = {count}; expected {} to {}",
                COUNTS.start(),
                COUNTS.end()
            ));
        }
        let places = Places::Range {
            from,
            to,
            count,
            log: form.log.unwrap_or(log),
        };
        Ok(PlanAxis {
            key: axis.key,
            places,
        }
        .limited())
    }
}

/// A measure of the diagram, by its name on the command line.
pub mod measure {
    use crate::sweep::diagram::Measure;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub fn serialize<S: Serializer>(measure: &Measure, serializer: S) -> Result<S::Ok, S::Error> {
        measure.name().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Measure, D::Error> {
        let name = String::deserialize(deserializer)?;
        Measure::by_name(&name).map_err(|e| de::Error::custom(format!("measure = {name:?}: {e}")))
    }
}
