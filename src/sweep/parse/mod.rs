//! From the text of a `sweep.toml` to its parts, with the line of every error.

use crate::sim::config::number::{self, Number};
use crate::sim::config::{Config, FIELDS, Kind, Value, field, parse_value};
use crate::sweep::cell::COLUMNS;
use crate::sweep::grid::{Axis, Dimension, Grid};
use crate::sweep::spec::{MAX_CELLS, Measures, SpecError, Stop};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The parts of a spec.
pub(super) struct Parsed {
    pub title: String,
    pub base: Config,
    pub grid: Grid,
    pub measures: Measures,
    pub lines: Lines,
}

/// Where the settings stand in the file; axes win over the base.
#[derive(Default)]
pub(super) struct Lines {
    axes_section: usize,
    settings: BTreeMap<String, usize>,
}

impl Lines {
    /// The line that sets a key, or else that of the axes.
    pub fn of(&self, key: &str) -> usize {
        self.settings.get(key).copied().unwrap_or(self.axes_section)
    }
}

type Result<T> = std::result::Result<T, SpecError>;

pub(super) fn parse(text: &str) -> Result<Parsed> {
    let source = Source(text);
    let document = DeTable::parse(text).map_err(|e| SpecError {
        line: source.line(e.span().map_or(0, |span| span.start)),
        problem: format!("not TOML: {}", e.message().trim()),
    })?;
    let mut parsed = Parsed {
        title: String::new(),
        base: Config::default(),
        grid: Grid::default(),
        measures: Measures::default(),
        lines: Lines {
            axes_section: 1,
            ..Lines::default()
        },
    };
    // The base first, so that the axes' lines replace its own.
    let mut axes = None;
    for (name, at, value) in source.entries(document.get_ref()) {
        match (name, value.get_ref()) {
            ("title", DeValue::String(title)) => parsed.title = title.to_string(),
            ("title", _) => return source.error(at, "title: must be text in quotes"),
            ("base", DeValue::Table(table)) => source.base("", table, &mut parsed)?,
            ("axes", DeValue::Table(table)) => {
                parsed.lines.axes_section = source.line(at);
                axes = Some((at, table));
            }
            ("measures", DeValue::Table(table)) => parsed.measures = source.measures(table)?,
            ("base" | "axes" | "measures", _) => {
                return source.error(at, format!("{name}: must be a section, [{name}]"));
            }
            _ => {
                let known = ["title", "base", "axes", "measures"];
                return source.error(at, unknown(name, known));
            }
        }
    }
    let Some((at, table)) = axes else {
        return source.error(
            text.len(),
            "there is no section [axes]; add one, for example\n[axes]\n\"network.alpha\" = [0.1, 1.0]",
        );
    };
    source.axes("", table, &mut parsed)?;
    if let Some(path) = &parsed.base.instance {
        let line = parsed.lines.of("instance");
        let problem = format!(
            "instance = {path:?}: a sweep samples its data; leave it out and use seed, task.dim and \
             task.samples"
        );
        return Err(SpecError { line, problem });
    }
    if !parsed.base.training.changes.is_empty() {
        let line = parsed.lines.of("training.changes");
        let problem = "training.changes: the runs of a sweep are not steered on the way; leave it \
                       out, and train such a run with grokscope run --config";
        return Err(SpecError {
            line,
            problem: problem.into(),
        });
    }
    if parsed.grid.dimensions.is_empty() {
        return source.error(at, "[axes] is empty; name at least one setting");
    }
    match parsed.grid.checked_len() {
        Some(cells) if cells <= MAX_CELLS => Ok(parsed),
        _ => source.error(
            at,
            format!("more than {MAX_CELLS} cells; shorten an axis or split the sweep"),
        ),
    }
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let near = (known.into_iter())
        .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
    match near {
        Some(near) => format!("{name}: nothing here has this name; did you mean {near}?"),
        None => format!("{name}: nothing here has this name"),
    }
}

/// The text, to say where in it something stands.
struct Source<'s>(&'s str);

impl<'s> Source<'s> {
    fn line(&self, offset: usize) -> usize {
        let before = &self.0.as_bytes()[..offset.min(self.0.len())];
        1 + before.iter().filter(|&&b| b == b'\n').count()
    }

    fn error<T>(&self, offset: usize, problem: impl Into<String>) -> Result<T> {
        Err(SpecError {
            line: self.line(offset),
            problem: problem.into(),
        })
    }

    /// Name, offset and value of a table's entries, in the order of the file.
    fn entries<'t>(
        &self,
        table: &'t DeTable<'s>,
    ) -> Vec<(&'t str, usize, &'t Spanned<DeValue<'s>>)> {
        let mut entries: Vec<_> = (table.iter())
            .map(|(name, value)| (name.get_ref().as_ref(), name.span().start, value))
            .collect();
        entries.sort_by_key(|&(_, at, _)| at);
        entries
    }

    /// A value as a setting would read it.
    fn value(&self, value: &Spanned<DeValue<'s>>) -> Value {
        parse_value(self.0.get(value.span()).unwrap_or_default())
    }

    fn base(&self, prefix: &str, table: &DeTable<'s>, parsed: &mut Parsed) -> Result<()> {
        for (name, at, value) in self.entries(table) {
            let key = joined(prefix, name);
            match value.get_ref() {
                DeValue::Table(section) if is_section(&key) => self.base(&key, section, parsed)?,
                _ => {
                    let set = parsed.base.set(&key, &self.value(value));
                    set.or_else(|e| self.error(at, e.to_string()))?;
                    parsed.lines.settings.insert(key, self.line(at));
                }
            }
        }
        Ok(())
    }

    fn axes(&self, prefix: &str, table: &DeTable<'s>, parsed: &mut Parsed) -> Result<()> {
        for (name, at, value) in self.entries(table) {
            let key = joined(prefix, name);
            match value.get_ref() {
                // `network.alpha = [...]` without quotes.
                DeValue::Table(section) if is_section(&key) => self.axes(&key, section, parsed)?,
                _ if key == "zip" => self.zip(at, value, parsed)?,
                _ => {
                    let axis = self.axis(key, at, value, parsed)?;
                    parsed.grid.dimensions.push(Dimension { axes: vec![axis] });
                }
            }
        }
        Ok(())
    }

    fn zip(&self, at: usize, value: &Spanned<DeValue<'s>>, parsed: &mut Parsed) -> Result<()> {
        const FORM: &str =
            "zip: write a section [[axes.zip]] for each group of axes that move together";
        let DeValue::Array(groups) = value.get_ref() else {
            return self.error(at, FORM);
        };
        for group in groups {
            let start = group.span().start;
            let DeValue::Table(table) = group.get_ref() else {
                return self.error(start, FORM);
            };
            let mut axes: Vec<Axis> = Vec::new();
            for (key, at, value) in self.entries(table) {
                let axis = self.axis(key.to_owned(), at, value, parsed)?;
                if let Some(first) = axes.first()
                    && first.values.len() != axis.values.len()
                {
                    let (n, m) = (axis.values.len(), first.values.len());
                    let problem = format!(
                        "{key} has {n} values, but {} of the same zip group has {m}; make them \
                         equally long",
                        first.key
                    );
                    return self.error(at, problem);
                }
                axes.push(axis);
            }
            if axes.is_empty() {
                return self.error(start, "an empty zip group; name the axes or leave it out");
            }
            parsed.grid.dimensions.push(Dimension { axes });
        }
        Ok(())
    }

    fn axis(
        &self,
        key: String,
        at: usize,
        value: &Spanned<DeValue<'s>>,
        parsed: &mut Parsed,
    ) -> Result<Axis> {
        // Also says which name is nearest where there is none.
        if field(&key).is_none() {
            let error = Config::default().set(&key, &Value::Bool(true));
            let problem = error
                .err()
                .map_or_else(String::new, |e| format!("{key}: {}; {}", e.allowed, e.fix));
            return self.error(at, problem);
        }
        if key == "instance" || key.starts_with("record.") {
            return self.error(at, format!("{key} cannot be an axis: it changes no result"));
        }
        if parsed.grid.axes().any(|axis| axis.key == key) {
            return self.error(at, format!("{key} is an axis already; merge the two"));
        }
        let raw: Vec<(usize, Value)> = match value.get_ref() {
            DeValue::Array(items) => (items.iter())
                .map(|item| (item.span().start, self.value(item)))
                .collect(),
            DeValue::Table(range) => (self.range(&key, at, range)?.into_iter())
                .map(|value| (at, value))
                .collect(),
            _ => {
                let problem = format!(
                    "{key}: an axis is a list, [0.1, 1.0], or a range, {{ from = 0.1, to = 1.0, \
                     count = 5 }}; a single value belongs into [base]"
                );
                return self.error(at, problem);
            }
        };
        let mut values: Vec<Value> = Vec::with_capacity(raw.len());
        for (at, value) in raw {
            let mut config = Config::default();
            (config.set(&key, &value)).or_else(|e| self.error(at, e.to_string()))?;
            // As the setting holds it, so that 1 and 1.0 are the same.
            let value = field(&key).map_or(value, |f| (f.get)(&config));
            if values.contains(&value) {
                return self.error(at, format!("{key}: {value} stands there twice"));
            }
            values.push(value);
        }
        if values.is_empty() {
            return self.error(at, format!("{key}: an axis needs at least one value"));
        }
        if values.len() > MAX_CELLS {
            return self.error(at, format!("{key}: at most {MAX_CELLS} values"));
        }
        parsed.lines.settings.insert(key.clone(), self.line(at));
        Ok(Axis { key, values })
    }

    fn range(&self, key: &str, at: usize, table: &DeTable<'s>) -> Result<Vec<Value>> {
        let (mut from, mut to, mut count, mut log) = (None, None, None, false);
        for (name, at, value) in self.entries(table) {
            let read = self.value(value);
            match (name, &read) {
                ("from", v) if finite(v).is_some() => from = finite(v),
                ("to", v) if finite(v).is_some() => to = finite(v),
                ("count", v) if count_of(v).is_some() => count = count_of(v),
                ("scale", Value::Text(s)) if s == "linear" || s == "log" => log = s == "log",
                ("from" | "to", v) => {
                    return self.error(at, format!("{name} = {v}: must be a finite number"));
                }
                ("count", v) => {
                    let range = format!("must be a whole number from 2 to {MAX_CELLS}");
                    return self.error(at, format!("count = {v}: {range}"));
                }
                ("scale", v) => {
                    return self.error(at, format!("scale = {v}: must be \"linear\" or \"log\""));
                }
                _ => return self.error(at, unknown(name, ["from", "to", "count", "scale"])),
            }
        }
        let (Some(from), Some(to), Some(count)) = (from, to, count) else {
            let problem = format!("{key}: a range needs from, to and count");
            return self.error(at, problem);
        };
        if log && (from <= 0.0 || to <= 0.0) {
            let problem = format!("{key}: a log range needs from > 0 and to > 0");
            return self.error(at, problem);
        }
        let whole =
            field(key).is_some_and(|f| matches!(f.kind, Kind::Integer { .. } | Kind::Width { .. }));
        Ok((0..count)
            .map(|k| {
                let x = point(from, to, k, count - 1, log);
                if whole && x >= 0.0 {
                    Value::Integer(x.round() as u64)
                } else {
                    Value::Real(x)
                }
            })
            .collect())
    }

    fn measures(&self, table: &DeTable<'s>) -> Result<Measures> {
        let mut measures = Measures::default();
        for (name, at, value) in self.entries(table) {
            match (name, value.get_ref()) {
                ("stop", _) => {
                    measures.stop = match self.value(value) {
                        Value::Text(s) if s == "classified" => Stop::Classified,
                        Value::Text(s) if s == "horizon" => Stop::Horizon,
                        v => {
                            let form = "must be \"classified\" or \"horizon\"";
                            return self.error(at, format!("stop = {v}: {form}"));
                        }
                    }
                }
                ("tolerance", _) => {
                    let v = self.value(value);
                    match v.as_f64().filter(|x| (1e-8..=3e-2).contains(x)) {
                        Some(x) => measures.tolerance = x,
                        None => {
                            let form = "must be a number from 1e-8 to 0.03";
                            return self.error(at, format!("tolerance = {v}: {form}"));
                        }
                    }
                }
                ("columns", DeValue::Array(items)) => {
                    for item in items {
                        match item.get_ref() {
                            DeValue::String(s) if COLUMNS.contains(&s.as_ref()) => {
                                measures.columns.push(s.to_string());
                            }
                            _ => {
                                let name = self.value(item).to_string();
                                let problem = unknown(name.trim_matches('"'), COLUMNS.to_vec());
                                return self.error(item.span().start, problem);
                            }
                        }
                    }
                }
                ("columns", _) => {
                    return self.error(at, "columns: must be a list, such as [\"outcome\"]");
                }
                _ => return self.error(at, unknown(name, ["stop", "tolerance", "columns"])),
            }
        }
        Ok(measures)
    }
}

fn joined(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}.{name}"),
    }
}

fn is_section(key: &str) -> bool {
    FIELDS
        .iter()
        .any(|f| (f.key.strip_prefix(key)).is_some_and(|rest| rest.starts_with('.')))
}

fn finite(value: &Value) -> Option<f64> {
    let x = match value {
        Value::Text(text) => number::read(text).map(Number::as_f64),
        _ => value.as_f64(),
    };
    x.filter(|x| x.is_finite())
}

fn count_of(value: &Value) -> Option<usize> {
    let n = finite(value).and_then(number::whole_of)?;
    let n = usize::try_from(n).ok()?;
    (2..=MAX_CELLS).contains(&n).then_some(n)
}

/// The k-th of n + 1 points, to as few significant digits as move it by no more
/// than a fiftieth of the way to its neighbours: a value that a person can read,
/// type and find in a file name is the one that was computed. The ends are exactly
/// those given.
pub(super) fn point(from: f64, to: f64, k: usize, n: usize, log: bool) -> f64 {
    let u = k as f64 / n as f64;
    if k == 0 {
        return from;
    } else if k == n {
        return to;
    }
    let at = |u: f64| match log {
        true => from * (to / from).powf(u),
        false => from + u * (to - from),
    };
    let (x, step) = (at(u), 1.0 / n as f64);
    let room = (at(u + step) - x).abs().min((x - at(u - step)).abs()) / 50.0;
    (0..12)
        .filter_map(|digits| format!("{x:.digits$e}").parse::<f64>().ok())
        .find(|rounded| (rounded - x).abs() <= room)
        .unwrap_or(x)
}

#[cfg(test)]
mod tests;
