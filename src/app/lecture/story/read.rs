//! A story as it is read: each field with what it may be.

use super::{Compare, Curve, Moment, Step, Subject};
use crate::{
    app::lecture::say::{When, unknown_word},
    app::state::{PACES, Tab},
    figures::{self, spec::as_flow},
    presets,
    sim::{
        config::{Config, ValidConfig, field},
        metrics::Metric,
    },
    training::Pace,
    views::{diagram::Subject as Diagram, panels::PANELS},
};
use std::fmt;
use toml::{Table, Value as Toml};

pub(super) type Wrong = (String, String, String);

pub(super) fn wrong(field: &str, value: impl fmt::Display, allowed: impl Into<String>) -> Wrong {
    (field.into(), value.to_string(), allowed.into())
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    format!("must be one of {}", names.join(", "))
}

pub(super) fn text(table: &mut Table, name: &str) -> Result<Option<String>, Wrong> {
    match table.remove(name) {
        None => Ok(None),
        Some(Toml::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(name, other, "must be a text in quotes")),
    }
}

fn flag(table: &mut Table, name: &str) -> Result<Option<bool>, Wrong> {
    match table.remove(name) {
        None => Ok(None),
        Some(Toml::Boolean(on)) => Ok(Some(on)),
        Some(other) => Err(wrong(name, other, "must be true or false")),
    }
}

pub(super) fn list(table: &mut Table, name: &str) -> Result<Vec<Toml>, Wrong> {
    match table.remove(name) {
        None => Ok(Vec::new()),
        Some(Toml::Array(items)) => Ok(items),
        Some(other) => Err(wrong(name, other, "must be a list in brackets")),
    }
}

fn inner(table: &mut Table, name: &str) -> Result<Option<Table>, Wrong> {
    match table.remove(name) {
        None => Ok(None),
        Some(Toml::Table(inner)) => Ok(Some(inner)),
        Some(other) => Err(wrong(name, other, "must be a table of its own")),
    }
}

fn moment(table: &mut Table, name: &str, usual: Moment) -> Result<Moment, Wrong> {
    const ALLOWED: &str = "must be a step, or one of start, fit, generalisation, end";
    match table.remove(name) {
        None => Ok(usual),
        Some(Toml::Integer(step)) => {
            let step = u64::try_from(step).map_err(|_| wrong(name, step, ALLOWED))?;
            Ok(match step {
                0 => Moment::Start,
                step => Moment::Step(step),
            })
        }
        Some(Toml::String(text)) => Ok(match text.as_str() {
            "start" => Moment::Start,
            "fit" => Moment::Fit,
            "generalisation" => Moment::Generalisation,
            "end" => Moment::End,
            _ => return Err(wrong(name, format!("{text:?}"), ALLOWED)),
        }),
        Some(other) => Err(wrong(name, other, ALLOWED)),
    }
}

fn interval(table: &mut Table, name: &str, least: f64) -> Result<Option<[f64; 2]>, Wrong> {
    let items = match table.remove(name) {
        None => return Ok(None),
        Some(Toml::Array(items)) => items,
        Some(other) => return Err(wrong(name, other, "must be two numbers, [from, to]")),
    };
    let number = |item: &Toml| match item {
        Toml::Integer(n) => Some(*n as f64),
        Toml::Float(x) => Some(*x),
        _ => None,
    };
    let numbers: Option<Vec<f64>> = items.iter().map(number).collect();
    match numbers.as_deref() {
        Some(&[from, to]) if from >= least && from < to && to.is_finite() => Ok(Some([from, to])),
        _ => Err(wrong(
            name,
            Toml::Array(items),
            format!("must be two numbers, [from, to], from at least {least} and below to"),
        )),
    }
}

fn settings(name: &str, table: &Table) -> Result<Config, Wrong> {
    let mut config = Config::default();
    let told = |e: crate::sim::config::ConfigError| {
        let allowed = format!("{}; {}", e.allowed, e.fix);
        wrong(&format!("{name}.{}", e.field), e.value, allowed)
    };
    config.apply("", table).map_err(told)?;
    Ok(config.check().map_err(told)?.into_inner())
}

fn preset(name: &str) -> Result<Config, Wrong> {
    let found = presets::find(name);
    let found = found.map_err(|e| wrong("preset", format!("{name:?}"), e.to_string()))?;
    Ok(found.config.clone())
}

pub(super) fn no_more(table: &Table, prefix: &str, known: &[&str]) -> Result<(), Wrong> {
    let Some((name, _)) = table.iter().next() else {
        return Ok(());
    };
    let nearest = (known.iter())
        .map(|k| (*k, strsim::jaro_winkler(name, k)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let hint = nearest.filter(|(_, likeness)| *likeness > 0.8);
    let hint = hint.map_or_else(
        || listed(known.iter().copied()),
        |(k, _)| format!("did you mean {k}?"),
    );
    let field = format!("{prefix}{name}");
    Err((
        field,
        String::new(),
        format!("there is no such field; {hint}"),
    ))
}

pub(super) const FIELDS_OF_STEP: [&str; 19] = [
    "title", "preset", "figure", "settings", "from", "to", "runs", "pace", "beside", "lower",
    "log_loss", "hide", "time", "losses", "diagram", "compare", "pins", "say", "notes",
];

/// The diagrams that a story can show, with their names in files.
pub(super) const DIAGRAMS: [(Diagram, &str); 4] = [
    (Diagram::Laziness, "laziness"),
    (Diagram::Data, "data"),
    (Diagram::Figure3eSmall, "figure3e-small"),
    (Diagram::Figure3e, "figure3e"),
];

impl Step {
    pub(super) fn read(mut table: Table) -> Result<Self, Wrong> {
        let t = &mut table;
        let title = text(t, "title")?.unwrap_or_default();
        if title.trim().is_empty() {
            return Err(wrong("title", "", "every step needs one"));
        }
        let (named, figure, own) = (
            text(t, "preset")?,
            text(t, "figure")?,
            inner(t, "settings")?,
        );
        let subject = match (named, figure, own) {
            (None, None, None) => Subject::Same,
            (Some(name), None, None) => {
                preset(&name)?;
                Subject::Preset(name)
            }
            (None, Some(id), None) => {
                let found = figures::find(&id);
                found.map_err(|e| wrong("figure", format!("{id:?}"), e.to_string()))?;
                Subject::Figure(id)
            }
            (None, None, Some(own)) => Subject::Settings(Box::new(settings("settings", &own)?)),
            _ => {
                let why = "give one of preset, figure and settings, not several";
                return Err(wrong("preset", "", why));
            }
        };
        let step = Self {
            title,
            subject,
            from: moment(t, "from", Moment::Start)?,
            to: moment(t, "to", Moment::End)?,
            runs: flag(t, "runs")?.unwrap_or(true),
            pace: read_pace(t)?,
            beside: read_tab(t)?,
            lower: read_lower(t)?,
            log_loss: flag(t, "log_loss")?.unwrap_or(false),
            hide: read_hidden(t)?,
            time: interval(t, "time", 0.0)?,
            losses: interval(t, "losses", 0.0)?,
            diagram: read_diagram(t)?,
            compare: None,
            pins: read_pins(t)?,
            say: read_say(t)?,
            notes: text(t, "notes")?.unwrap_or_default(),
        };
        let compare = read_compare(t, &step)?;
        no_more(&table, "", &FIELDS_OF_STEP)?;
        let step = Self { compare, ..step };
        step.order()?;
        Ok(step)
    }

    /// That it does not end before it begins.
    fn order(&self) -> Result<(), Wrong> {
        let rank = |moment: Moment| match moment {
            Moment::Start => Some(0),
            Moment::Step(step) => Some(step),
            Moment::End => Some(u64::MAX),
            Moment::Fit | Moment::Generalisation => None,
        };
        let backwards = match (self.from, self.to) {
            (Moment::Generalisation, Moment::Fit) => true,
            (from, to) => rank(from).zip(rank(to)).is_some_and(|(a, b)| a > b),
        };
        match backwards {
            true => Err(wrong(
                "to",
                self.to.name(),
                format!("must not lie before from = {}", self.from.name()),
            )),
            false => Ok(()),
        }
    }

    /// The settings that it trains; `before` are those of the step before.
    pub fn config(&self, before: &Config) -> Config {
        match &self.subject {
            Subject::Same => before.clone(),
            Subject::Preset(name) => preset(name).unwrap_or_else(|_| before.clone()),
            Subject::Figure(id) => {
                figures::find(id).map_or_else(|_| before.clone(), |f| f.live().config.clone())
            }
            Subject::Settings(config) => (**config).clone(),
        }
    }

    /// The runs beside the main one, each with its name.
    pub fn others(&self, config: &Config) -> Vec<(String, ValidConfig)> {
        let swept = self.compare.iter().flat_map(|compare| {
            let field = field(compare.key);
            compare.values.iter().filter_map(move |value| {
                let field = field?;
                let mut config = as_flow(config);
                config.set(field.key, value).ok()?;
                let name = crate::history::setting::in_words(field, &config);
                Some((name, config.check().ok()?))
            })
        });
        let kept = self
            .pins
            .iter()
            .filter_map(|(name, config)| Some((name.clone(), as_flow(config).check().ok()?)));
        swept.chain(kept).collect()
    }

    /// The sentence for a state of the run, as it is written.
    pub fn line(&self, when: When) -> Option<&str> {
        let found = self.say.iter().find(|(other, _)| *other == when);
        found.map(|(_, line)| line.as_str())
    }

    /// Writes a sentence, or takes it away where it is empty.
    pub fn put_line(&mut self, when: When, line: String) {
        self.say.retain(|(other, _)| *other != when);
        if !line.trim().is_empty() {
            self.say.push((when, line));
            self.say.sort_by_key(|(when, _)| *when);
        }
    }
}

fn read_pace(table: &mut Table) -> Result<Option<Pace>, Wrong> {
    let Some(name) = text(table, "pace")? else {
        return Ok(None);
    };
    let found = PACES.iter().find(|(known, _)| *known == name);
    let allowed = || listed(PACES.iter().map(|(name, _)| *name));
    match found {
        Some((_, pace)) => Ok(Some(*pace)),
        None => Err(wrong("pace", format!("{name:?}"), allowed())),
    }
}

fn read_tab(table: &mut Table) -> Result<Option<Tab>, Wrong> {
    let Some(name) = text(table, "beside")? else {
        return Ok(None);
    };
    let same = |known: &str| known.eq_ignore_ascii_case(&name);
    match PANELS.iter().find(|panel| same(panel.name)) {
        Some(panel) => Ok(Some(panel.tab)),
        None => {
            let allowed = listed(PANELS.iter().map(|panel| panel.name));
            Err(wrong("beside", format!("{name:?}"), allowed))
        }
    }
}

fn read_lower(table: &mut Table) -> Result<Vec<Metric>, Wrong> {
    let items = list(table, "lower")?;
    let known = |item: Toml| {
        let metric = item.as_str().and_then(Metric::by_name);
        metric.ok_or_else(|| {
            wrong(
                "lower",
                item,
                "must be the name of a column (docs/metrics.md)",
            )
        })
    };
    items.into_iter().map(known).collect()
}

fn read_hidden(table: &mut Table) -> Result<Vec<Curve>, Wrong> {
    let items = list(table, "hide")?;
    let known = |item: Toml| {
        let named = |name: &str| Curve::ALL.iter().find(|(_, known)| *known == name);
        match item.as_str().and_then(named) {
            Some((curve, _)) => Ok(*curve),
            None => Err(wrong("hide", item, listed(Curve::ALL.iter().map(|c| c.1)))),
        }
    };
    let mut hidden: Vec<Curve> = items.into_iter().map(known).collect::<Result<_, _>>()?;
    hidden.sort();
    hidden.dedup();
    Ok(hidden)
}

fn read_diagram(table: &mut Table) -> Result<Option<Diagram>, Wrong> {
    let Some(name) = text(table, "diagram")? else {
        return Ok(None);
    };
    match DIAGRAMS.iter().find(|(_, known)| *known == name) {
        Some((diagram, _)) => Ok(Some(*diagram)),
        None => {
            let allowed = listed(DIAGRAMS.iter().map(|d| d.1));
            Err(wrong("diagram", format!("{name:?}"), allowed))
        }
    }
}

fn read_compare(table: &mut Table, step: &Step) -> Result<Option<Compare>, Wrong> {
    let Some(mut compare) = inner(table, "compare")? else {
        return Ok(None);
    };
    let within = |(field, value, allowed): Wrong| (format!("compare.{field}"), value, allowed);
    let name = text(&mut compare, "setting")
        .map_err(within)?
        .unwrap_or_default();
    let Some(field) = field(&name) else {
        let allowed = "must be the key of a setting, such as network.alpha (docs/settings.md)";
        return Err(wrong("compare.setting", format!("{name:?}"), allowed));
    };
    let items = list(&mut compare, "values").map_err(within)?;
    if items.is_empty() || items.len() > crate::app::compare::MAX_PINS {
        let allowed = format!("must be 1 to {} values", crate::app::compare::MAX_PINS);
        return Err(wrong("compare.values", Toml::Array(items), allowed));
    }
    no_more(&compare, "compare.", &["setting", "values"])?;
    let base = step.config(&presets::opening());
    let mut values = Vec::new();
    for item in items {
        let text = item
            .as_str()
            .map_or_else(|| item.to_string(), str::to_owned);
        let mut config = base.clone();
        let taken = config.set_str(field.key, &text);
        let checked = taken.and_then(|()| config.clone().check().map(drop));
        checked.map_err(|e| wrong("compare.values", &item, format!("{}; {}", e.allowed, e.fix)))?;
        values.push((field.get)(&config));
    }
    let key = field.key;
    Ok(Some(Compare { key, values }))
}

fn read_pins(table: &mut Table) -> Result<Vec<(String, Config)>, Wrong> {
    let mut pins = Vec::new();
    for item in list(table, "pins")? {
        let Toml::Table(mut pin) = item else {
            return Err(wrong("pins", item, "must be tables: [[step.pins]]"));
        };
        let within = |(field, value, allowed): Wrong| (format!("pins.{field}"), value, allowed);
        let name = text(&mut pin, "name").map_err(within)?;
        let named = text(&mut pin, "preset").map_err(within)?;
        let own = inner(&mut pin, "settings").map_err(within)?;
        let config = match (&named, own) {
            (Some(named), None) => preset(named).map_err(within)?,
            (None, Some(own)) => settings("pins.settings", &own)?,
            _ => {
                let why = "give each pin either a preset or settings";
                return Err(wrong("pins", name.unwrap_or_default(), why));
            }
        };
        no_more(&pin, "pins.", &["name", "preset", "settings"])?;
        let name = name.or(named).unwrap_or_default();
        pins.push((name, config));
    }
    Ok(pins)
}

fn read_say(table: &mut Table) -> Result<Vec<(When, String)>, Wrong> {
    let Some(lines) = inner(table, "say")? else {
        return Ok(Vec::new());
    };
    let mut say = Vec::new();
    for (name, line) in lines {
        let field = format!("say.{name}");
        let Some(when) = When::by_name(&name) else {
            let allowed = listed(When::ALL.iter().map(|when| when.name()));
            return Err((
                field,
                String::new(),
                format!("there is no such state; {allowed}"),
            ));
        };
        let Toml::String(line) = line else {
            return Err(wrong(&field, line, "must be a text in quotes"));
        };
        if let Some((word, why)) = unknown_word(&line, when) {
            return Err(wrong(&field, format!("… {{{word}}} …"), why));
        }
        say.push((when, line));
    }
    say.sort_by_key(|(when, _)| *when);
    Ok(say)
}
