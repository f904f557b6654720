//! A lecture as a file: steps, each a state of the window with what is said of it.
//!
//! The format is described in `docs/lecture.md`. What is wrong with a file is told
//! with the step and the field; what a sentence claims it may claim only of a run
//! that has come that far ([`When`]).

use super::say::{When, unknown_word};
use crate::{
    app::state::{PACES, Tab, pace_name},
    figures::{self, spec::as_flow},
    presets,
    sim::{
        config::{Config, FIELDS, ValidConfig, Value, field},
        metrics::Metric,
    },
    training::{Hold, Pace},
    views::{diagram::Subject as Diagram, panels::PANELS},
};
use std::fmt;
use toml::{Table, Value as Toml};

/// The story that ships with the program.
pub const SHIPPED: &str = include_str!("../../../assets/stories/paper.toml");

/// The newest format that this program writes; older ones are read.
pub const FORMAT: i64 = 1;

/// A lecture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// What it is called.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// What is trained.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// The run of the step before, or the opening one.
    Same,
    /// A preset by its name.
    Preset(String),
    /// A figure of the paper by its ID, with its panels.
    Figure(String),
    /// Settings of its own: those that differ from the defaults.
    Settings(Box<Config>),
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Step 0.
    Start,
    /// Where it fits.
    Fit,
    /// Where it generalises.
    Generalisation,
    /// This step.
    Step(u64),
    /// The horizon.
    End,
}

impl Moment {
    fn name(self) -> String {
        match self {
            Self::Start => "start".into(),
            Self::Fit => "fit".into(),
            Self::Generalisation => "generalisation".into(),
            Self::Step(step) => step.to_string(),
            Self::End => "end".into(),
        }
    }

    /// Where training is to hold for it; nowhere where it goes on to the horizon.
    pub fn hold(self) -> Option<Hold> {
        Some(match self {
            Self::Start => Hold::Step(0),
            Self::Fit => Hold::Fit,
            Self::Generalisation => Hold::Generalisation,
            Self::Step(step) => Hold::Step(step),
            Self::End => return None,
        })
    }
}

/// A curve that can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Curve {
    /// Train loss.
    Train,
    /// Test loss.
    Test,
    /// Where the gradient flow leads.
    Forecast,
    /// The lazy model.
    Lazy,
    /// Thresholds, the zero predictor's loss, the escape.
    References,
}

impl Curve {
    /// All, with their names in files.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Train, "train"),
        (Self::Test, "test"),
        (Self::Forecast, "forecast"),
        (Self::Lazy, "lazy"),
        (Self::References, "references"),
    ];
}

/// Runs beside the main one: a setting over values.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// The setting's key.
    pub key: &'static str,
    /// Its values.
    pub values: Vec<Value>,
}

/// A step of a lecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What stands above the plots.
    pub title: String,
    /// What is trained.
    pub subject: Subject,
    /// Where training stands when the step begins.
    pub from: Moment,
    /// Where it holds.
    pub to: Moment,
    /// Whether it trains by itself from there; else it waits for the space bar.
    pub runs: bool,
    /// How fast; as it was chosen where nothing is said.
    pub pace: Option<Pace>,
    /// The panel beside the plots.
    pub beside: Option<Tab>,
    /// What the lower plot shows; the alignments where nothing is said.
    pub lower: Vec<Metric>,
    /// The loss axis is logarithmic.
    pub log_loss: bool,
    /// Curves that are hidden.
    pub hide: Vec<Curve>,
    /// Part of the time axis, in steps.
    pub time: Option<[f64; 2]>,
    /// Part of the loss axis.
    pub losses: Option<[f64; 2]>,
    /// The phase diagram in the place of the plots.
    pub diagram: Option<Diagram>,
    /// Runs beside the main one, over a setting.
    pub compare: Option<Compare>,
    /// Other runs beside it, each with its name.
    pub pins: Vec<(String, Config)>,
    /// What is said, by what the run has done.
    pub say: Vec<(When, String)>,
    /// For the presenter alone.
    pub notes: String,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            title: String::new(),
            subject: Subject::Same,
            from: Moment::Start,
            to: Moment::End,
            runs: true,
            pace: None,
            beside: None,
            lower: Vec::new(),
            log_loss: false,
            hide: Vec::new(),
            time: None,
            losses: None,
            diagram: None,
            compare: None,
            pins: Vec::new(),
            say: Vec::new(),
            notes: String::new(),
        }
    }
}

/// What is wrong with a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryError {
    /// The step, counted from 1; `None` where it is about the file.
    pub step: Option<usize>,
    /// The field.
    pub field: String,
    /// Its value.
    pub value: String,
    /// What it may be.
    pub allowed: String,
}

impl fmt::Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = self.step {
            write!(f, "step {step}: ")?;
        }
        let Self {
            field,
            value,
            allowed,
            ..
        } = self;
        match value.is_empty() {
            true => write!(f, "{field}: {allowed}"),
            false => write!(f, "{field} = {value}: {allowed}"),
        }
    }
}

impl std::error::Error for StoryError {}

type Wrong = (String, String, String);

fn wrong(field: &str, value: impl fmt::Display, allowed: impl Into<String>) -> Wrong {
    (field.into(), value.to_string(), allowed.into())
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    format!("must be one of {}", names.join(", "))
}

fn text(table: &mut Table, name: &str) -> Result<Option<String>, Wrong> {
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

fn list(table: &mut Table, name: &str) -> Result<Vec<Toml>, Wrong> {
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

fn no_more(table: &Table, prefix: &str, known: &[&str]) -> Result<(), Wrong> {
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

const FIELDS_OF_STEP: [&str; 19] = [
    "title", "preset", "figure", "settings", "from", "to", "runs", "pace", "beside", "lower",
    "log_loss", "hide", "time", "losses", "diagram", "compare", "pins", "say", "notes",
];

/// The diagrams that a story can show, with their names in files.
const DIAGRAMS: [(Diagram, &str); 4] = [
    (Diagram::Laziness, "laziness"),
    (Diagram::Data, "data"),
    (Diagram::Figure3eSmall, "figure3e-small"),
    (Diagram::Figure3e, "figure3e"),
];

impl Step {
    fn read(mut table: Table) -> Result<Self, Wrong> {
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
    if items.is_empty() || items.len() > super::super::compare::MAX_PINS {
        let allowed = format!("must be 1 to {} values", super::super::compare::MAX_PINS);
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

impl Story {
    /// The story that ships with the program; an empty one in a build that fails its
    /// tests.
    pub fn shipped() -> Self {
        Self::from_toml(SHIPPED).unwrap_or_default()
    }

    /// Reads a story.
    ///
    /// # Errors
    /// The step and the field that are wrong, and what they may be.
    pub fn from_toml(text: &str) -> Result<Self, StoryError> {
        let of_file = |(field, value, allowed): Wrong| StoryError {
            step: None,
            field,
            value,
            allowed,
        };
        let mut table: Table = text.parse().map_err(|e: toml::de::Error| {
            let place = e.span().map_or(0, |span| span.start);
            let line = 1 + text[..place.min(text.len())].matches('\n').count();
            of_file(wrong(&format!("line {line}"), "", e.message()))
        })?;
        match table.remove("format") {
            None => {}
            Some(Toml::Integer(format)) if (1..=FORMAT).contains(&format) => {}
            Some(other) => {
                let allowed = format!("this program reads formats 1 to {FORMAT}");
                return Err(of_file(wrong("format", other, allowed)));
            }
        }
        let title = self::text(&mut table, "title").map_err(of_file)?;
        let steps = list(&mut table, "step").map_err(of_file)?;
        no_more(&table, "", &["format", "title", "step"]).map_err(of_file)?;
        if steps.is_empty() {
            return Err(of_file(wrong(
                "step",
                "",
                "a story needs at least one [[step]]",
            )));
        }
        let mut story = Self {
            title: title.unwrap_or_default(),
            steps: Vec::new(),
        };
        for (k, step) in steps.into_iter().enumerate() {
            let of_step = |(field, value, allowed): Wrong| StoryError {
                step: Some(k + 1),
                field,
                value,
                allowed,
            };
            let Toml::Table(step) = step else {
                return Err(of_step(wrong("step", step, "must be a table: [[step]]")));
            };
            story.steps.push(Step::read(step).map_err(of_step)?);
        }
        Ok(story)
    }

    /// The settings of a step: those of the nearest one before it that has some.
    pub fn config(&self, step: usize) -> Config {
        let mut config = presets::opening();
        for step in self.steps.iter().take(step + 1) {
            config = step.config(&config);
        }
        config
    }

    /// Writes it; [`Story::from_toml`] reads it back.
    pub fn to_toml(&self) -> String {
        let mut out = format!("format = {FORMAT}\ntitle = {}\n", quoted(&self.title));
        for step in &self.steps {
            step.write(&mut out);
        }
        out
    }
}

fn quoted(text: &str) -> String {
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
    fn write(&self, out: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_story_is_read_and_read_back() {
        let story = Story::from_toml(SHIPPED).unwrap_or_else(|e| panic!("{e}"));
        assert!(story.steps.len() >= 9);
        let again = Story::from_toml(&story.to_toml());
        assert_eq!(again, Ok(story));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_step_and_field() {
        let first = "[[step]]\ntitle = \"good\"\n";
        for (step, told) in [
            ("", "step 2: title: every step needs one"),
            ("title = 3", "step 2: title = 3: must be a text"),
            (
                "title = \"t\"\npreset = \"grok\"",
                "step 2: preset = \"grok\": no preset is named",
            ),
            (
                "title = \"t\"\npreset = \"lazy\"\nfigure = \"1\"",
                "step 2: preset: give one of",
            ),
            ("title = \"t\"\nfigure = \"99\"", "step 2: figure = \"99\""),
            (
                "title = \"t\"\nfrom = \"later\"",
                "step 2: from = \"later\": must be a step, or one of start, fit",
            ),
            (
                "title = \"t\"\nfrom = 100\nto = 50",
                "step 2: to = 50: must not lie before from = 100",
            ),
            (
                "title = \"t\"\npace = \"fast\"",
                "step 2: pace = \"fast\": must be one of lecture, slow",
            ),
            (
                "title = \"t\"\nbeside = \"Neurons\"",
                "step 2: beside = \"Neurons\": must be one of Error",
            ),
            (
                "title = \"t\"\nlower = [\"norm\"]",
                "step 2: lower = \"norm\": must be the name of a column",
            ),
            (
                "title = \"t\"\nhide = [\"all\"]",
                "step 2: hide = \"all\": must be one of train",
            ),
            (
                "title = \"t\"\ntime = [5, 1]",
                "step 2: time = [5, 1]: must be two numbers",
            ),
            (
                "title = \"t\"\ndiagram = \"x\"",
                "step 2: diagram = \"x\": must be one of laziness",
            ),
            (
                "title = \"t\"\nfrmo = 5",
                "step 2: frmo: there is no such field; did you mean from?",
            ),
            (
                "title = \"t\"\n[step.settings.network]\nalpha = -1",
                "step 2: settings.network.alpha = -1",
            ),
            (
                "title = \"t\"\n[step.settings.network]\nalfa = 1",
                "step 2: settings.network.alfa",
            ),
            (
                "title = \"t\"\n[step.compare]\nsetting = \"alpha\"\nvalues = [1]",
                "step 2: compare.setting = \"alpha\": must be the key",
            ),
            (
                "title = \"t\"\n[step.compare]\nsetting = \"network.alpha\"\nvalues = [1, -2]",
                "step 2: compare.values = -2",
            ),
            (
                "title = \"t\"\n[step.say]\nwon = \"x\"",
                "step 2: say.won: there is no such state; must be one of",
            ),
            (
                "title = \"t\"\n[step.say]\nbefore_fit = \"at {generalises}\"",
                "step 2: say.before_fit = … {generalises} …: is known only",
            ),
            (
                "title = \"t\"\n[step.say]\nalways = \"{foo}\"",
                "step 2: say.always = … {foo} …: must be one of",
            ),
        ] {
            let error = Story::from_toml(&format!("{first}[[step]]\n{step}\n")).unwrap_err();
            assert!(
                error.to_string().starts_with(told),
                "{step}\n→ {error}\nnot {told}"
            );
            assert_eq!(error.step, Some(2));
        }
        for (text, told) in [
            (
                "format = 9\n[[step]]\ntitle = \"t\"",
                "format = 9: this program reads formats 1 to 1",
            ),
            ("title = \"t\"", "step: a story needs at least one"),
            (
                "title = \"t\"\ncolour = 1\n[[step]]\ntitle = \"t\"",
                "colour: there is no such field",
            ),
            ("title = \"t\nx", "line 2"),
        ] {
            let error = Story::from_toml(text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{text}\n→ {error}");
        }
    }

    #[test]
    fn every_field_is_written_and_read_back() {
        let mut config = presets::opening();
        config.network.alpha = 0.7;
        let mut step = Step {
            title: "A \"quoted\" title".into(),
            subject: Subject::Settings(Box::new(config.clone())),
            from: Moment::Fit,
            to: Moment::Step(70_000),
            runs: false,
            pace: Some(Pace::Fast),
            beside: Some(Tab::Kernel),
            lower: vec![Metric::WeightNormSq],
            log_loss: true,
            hide: vec![Curve::Train, Curve::Lazy],
            time: Some([1.0, 1e4]),
            losses: Some([0.0, 0.5]),
            diagram: Some(Diagram::Data),
            compare: Some(Compare {
                key: "task.samples",
                values: vec![Value::Integer(100), Value::Integer(200)],
            }),
            pins: vec![("other".into(), config)],
            notes: "two\nlines".into(),
            ..Step::default()
        };
        step.put_line(When::Generalised, "at {generalises}".into());
        step.put_line(When::Always, "now".into());
        let other = presets::find("modular-addition").unwrap().config.clone();
        let of_network = Step {
            title: "n".into(),
            subject: Subject::Settings(Box::new(other)),
            ..Step::default()
        };
        let story = Story {
            title: "s".into(),
            steps: vec![
                step,
                of_network,
                Step {
                    title: "x".into(),
                    ..Step::default()
                },
            ],
        };
        let text = story.to_toml();
        assert_eq!(Story::from_toml(&text), Ok(story), "{text}");
    }

    #[test]
    fn the_page_about_lectures_names_every_field_state_and_word() {
        let page = include_str!("../../../docs/lecture.md");
        let mut named: Vec<String> = FIELDS_OF_STEP.iter().map(|f| format!("`{f}`")).collect();
        named.extend(
            When::ALL
                .iter()
                .map(|when| format!("| `{}` |", when.name())),
        );
        named.extend(
            super::super::say::WORDS
                .iter()
                .map(|(word, _)| format!("`{{{word}}}`")),
        );
        named.extend(Curve::ALL.iter().map(|(_, name)| format!("`{name}`")));
        named.extend(DIAGRAMS.iter().map(|(_, name)| format!("`{name}`")));
        for name in named {
            assert!(page.contains(&name), "docs/lecture.md lacks {name}");
        }
        let example = page
            .split("```toml")
            .nth(1)
            .and_then(|t| t.split("```").next());
        let story = Story::from_toml(example.unwrap_or_default());
        assert_eq!(story.map(|story| story.steps.len()), Ok(2));
        for (i, step) in Story::shipped().steps.iter().enumerate() {
            let line = format!("{}. {}", i + 1, step.title);
            assert!(page.contains(&line), "docs/lecture.md lacks: {line}");
        }
    }
}
