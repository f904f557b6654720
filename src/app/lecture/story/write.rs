//! A story as it is written.

use super::read::DIAGRAMS;
use super::{Compare, Curve, Moment, Step, Subject};
use crate::{
    app::state::pace_name,
    sim::config::{Config, FIELDS, Value, field},
};
use toml::Value as Toml;

pub(super) fn quoted(text: &str) -> String {
    Toml::String(text.into()).to_string()
}

fn list_of<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.map(quoted).collect();
    format!("[{}]", items.join(", "))
}

/// The settings that differ from the defaults, as tables under `[prefix]`.
fn write_settings(out: &mut String, prefix: &str, config: &Config) {
    let usual = Config::default();
    let same = |key: &str| {
        let value = field(key).map(|f| ((f.get)(config), (f.get)(&usual)));
        value.is_some_and(|(mine, usual)| mine == usual)
    };
    // The network decides what its other settings begin as.
    let text = match config.network.family.is_committee() {
        true => config.to_toml_without(same),
        false => config.to_toml(),
    };
    let first = FIELDS.iter().any(|f| !f.key.contains('.') && !same(f.key));
    if first || text.trim().is_empty() {
        out.push_str(&format!("[{prefix}]\n"));
    }
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let section = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'));
        match section.filter(|name| !name.contains(['[', '"', '='])) {
            Some(name) => out.push_str(&format!("[{prefix}.{name}]\n")),
            None => out.push_str(&format!("{line}\n")),
        }
    }
}

impl Step {
    pub(super) fn write(&self, out: &mut String) {
        let mut put = |name: &str, value: String| out.push_str(&format!("{name} = {value}\n"));
        let named = |moment: Moment| match moment {
            Moment::Step(step) => step.to_string(),
            other => quoted(&other.name()),
        };
        put("\n[[step]]\ntitle", quoted(&self.title));
        match &self.subject {
            Subject::Preset(name) => put("preset", quoted(name)),
            Subject::Figure(id) => put("figure", quoted(id)),
            Subject::Same | Subject::Settings(_) => {}
        }
        if self.from != Moment::Start {
            put("from", named(self.from));
        }
        if self.to != Moment::End {
            put("to", named(self.to));
        }
        if !self.runs {
            put("runs", "false".into());
        }
        if let Some(pace) = self.pace {
            put("pace", quoted(pace_name(pace)));
        }
        if let Some(tab) = self.beside {
            put("beside", quoted(tab.name()));
        }
        if !self.lower.is_empty() {
            put("lower", list_of(self.lower.iter().map(|m| m.spec().name)));
        }
        if self.log_loss {
            put("log_loss", "true".into());
        }
        if !self.hide.is_empty() {
            let hidden = Curve::ALL.iter().filter(|(c, _)| self.hide.contains(c));
            put("hide", list_of(hidden.map(|(_, name)| *name)));
        }
        for (name, interval) in [("time", self.time), ("losses", self.losses)] {
            if let Some([from, to]) = interval {
                put(name, format!("[{from:?}, {to:?}]"));
            }
        }
        let diagram = DIAGRAMS.iter().find(|(d, _)| Some(*d) == self.diagram);
        if let Some((_, name)) = diagram {
            put("diagram", quoted(name));
        }
        if !self.notes.is_empty() {
            put("notes", quoted(&self.notes));
        }
        if !self.say.is_empty() {
            out.push_str("[step.say]\n");
            for (when, line) in &self.say {
                out.push_str(&format!("{} = {}\n", when.name(), quoted(line)));
            }
        }
        if let Some(Compare { key, values }) = &self.compare {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            let (key, values) = (quoted(key), values.join(", "));
            out.push_str(&format!(
                "[step.compare]\nsetting = {key}\nvalues = [{values}]\n"
            ));
        }
        if let Subject::Settings(config) = &self.subject {
            write_settings(out, "step.settings", config);
        }
        for (name, config) in &self.pins {
            out.push_str(&format!("[[step.pins]]\nname = {}\n", quoted(name)));
            write_settings(out, "step.pins.settings", config);
        }
    }
}
