//! A diagram over two settings, written as the spec of a sweep: what the window
//! fills and what a cluster runs are the same cells.

use super::parse::point;
use super::spec::{Measures, Spec, SpecError};
use crate::sim::config::{Config, EngineKind, FIELDS, Family, Field, Kind, Value, field};
use std::fmt::Write as _;

/// Places along an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// Evenly spaced, both ends included. Whole numbers are rounded, and each
    /// stands there once.
    Range {
        /// First value.
        from: f64,
        /// Last value.
        to: f64,
        /// Number of values.
        count: usize,
        /// Equal ratios instead of equal differences.
        log: bool,
    },
    /// These.
    List(Vec<Value>),
}

/// One axis of a diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanAxis {
    /// Dotted key of the setting.
    pub key: &'static str,
    /// Its values.
    pub places: Places,
}

/// Fewest and most places of a range.
pub const COUNTS: std::ops::RangeInclusive<usize> = 2..=64;

/// Ranges worth looking at: key, from, to, whether by ratio.
const RANGES: [(&str, f64, f64, bool); 17] = [
    ("network.alpha", 0.03, 30.0, true),
    ("network.epsilon", 0.02, 2.0, true),
    ("network.init_scale", 0.25, 4.0, true),
    ("network.width", 2.0, 1_000.0, true),
    ("task.samples", 20.0, 800.0, true),
    ("task.dim", 10.0, 60.0, true),
    ("task.label_noise", 0.0, 1.0, false),
    ("task.target_rank", 1.0, 10.0, false),
    ("task.target_scale", 0.25, 4.0, true),
    ("task.eigenvector", 1.0, 100.0, true),
    ("training.learning_rate", 0.1, 10.0, true),
    ("training.weight_decay", 1e-7, 1e-3, true),
    ("training.momentum", 0.0, 0.98, false),
    ("network.solution_mix", 0.0, 1.0, false),
    ("training.steps", 1e3, 1e7, true),
    ("outcome.threshold", 0.01, 0.5, true),
    ("outcome.min_ratio", 1.0, 10.0, true),
];

const DEFAULT_COUNT: usize = 14;

impl PlanAxis {
    /// A setting over a range worth looking at. `None` for one that makes no
    /// axis: a path, a list, how curves are recorded.
    pub fn of(key: &str) -> Option<Self> {
        let field = field(key).filter(|field| makes_an_axis(field))?;
        let range = |from, to, log| Places::Range {
            from,
            to,
            count: DEFAULT_COUNT,
            log,
        };
        let places = match field.kind {
            Kind::Bool => Places::List(vec![Value::Bool(false), Value::Bool(true)]),
            Kind::Choice(words) => {
                Places::List(words.iter().map(|w| Value::Text((*w).into())).collect())
            }
            _ if key == "seed" => range(1.0, DEFAULT_COUNT as f64, false),
            kind => match RANGES.iter().find(|(k, ..)| *k == key) {
                Some(&(_, from, to, log)) => range(from, to, log),
                None => {
                    let (least, most) = bounds(kind);
                    let (from, to) = (least.max(1e-3), most.min(1e3));
                    range(from, to, to > 10.0 * from)
                }
            },
        };
        Some(Self {
            key: field.key,
            places,
        })
    }

    /// The setting.
    pub fn field(&self) -> Option<&'static Field> {
        field(self.key)
    }

    /// The values, as the setting holds them.
    pub fn values(&self) -> Vec<Value> {
        match &self.places {
            Places::List(values) => values.clone(),
            &Places::Range {
                from,
                to,
                count,
                log,
            } => {
                let whole = (self.field())
                    .is_some_and(|f| matches!(f.kind, Kind::Integer { .. } | Kind::Width { .. }));
                let mut values: Vec<Value> = (0..count)
                    .map(|k| {
                        let x = point(from, to, k, count.max(2) - 1, log);
                        match whole && x >= 0.0 {
                            true => Value::Integer(x.round() as u64),
                            false => Value::Real(x),
                        }
                    })
                    .collect();
                values.dedup();
                values
            }
        }
    }

    fn toml(&self) -> String {
        let values = self.values();
        match self.places {
            Places::Range {
                from,
                to,
                count,
                log,
            } if values.len() == count => {
                let scale = if log { "log" } else { "linear" };
                format!("{{ from = {from:?}, to = {to:?}, count = {count}, scale = \"{scale}\" }}")
            }
            _ => {
                let items: Vec<String> = values.iter().map(Value::to_string).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    /// The range with each number moved to where the setting and its scale allow
    /// it.
    pub fn limited(mut self) -> Self {
        let kind = self.field().map(|f| f.kind);
        if let Places::Range {
            from,
            to,
            count,
            log,
        } = &mut self.places
        {
            let (least, most) = kind.map_or((f64::MIN, f64::MAX), bounds);
            *count = (*count).clamp(*COUNTS.start(), *COUNTS.end());
            *from = from.clamp(least, most);
            *to = to.clamp(least, most);
            *log &= *from > 0.0 && *to > 0.0;
        }
        self
    }
}

/// Whether gradient flow is possible at the four corners.
fn corners_allow_flow(base: &Config, x: &PlanAxis, y: &PlanAxis) -> bool {
    let (across, up) = (x.values(), y.values());
    let ends = |values: &[Value]| [values.first().cloned(), values.last().cloned()];
    let corner = |a: &Value, b: &Value| {
        let mut config = base.clone();
        config.training.engine = EngineKind::Flow;
        config.set(x.key, a).is_ok() && config.set(y.key, b).is_ok() && config.check().is_ok()
    };
    let up = ends(&up);
    (ends(&across).iter().flatten()).all(|a| up.iter().flatten().all(|b| corner(a, b)))
}

/// Whether a setting makes an axis: it changes results, and its values can be
/// listed.
pub fn makes_an_axis(field: &Field) -> bool {
    !matches!(
        field.kind,
        Kind::Path | Kind::Steps | Kind::Changes | Kind::Family
    ) && !field.key.starts_with("record.")
        && field.key != "rescale"
}

/// The settings of a network that make an axis, in the order of the table.
pub fn axis_fields(family: Family) -> impl Iterator<Item = &'static Field> {
    let fields = FIELDS.iter().filter(|field| makes_an_axis(field));
    fields.filter(move |field| family.takes(field.key))
}

fn bounds(kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Integer { min, max } => (min as f64, max as f64),
        Kind::Real { min, max } => (min, max),
        Kind::Width { max } => (1.0, max as f64),
        Kind::Bool | Kind::Choice(_) | Kind::Family | Kind::Steps | Kind::Changes | Kind::Path => {
            (0.0, 1.0)
        }
    }
}

/// A diagram to fill.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Settings of every cell, besides its coordinates.
    pub base: Config,
    /// From left to right.
    pub x: PlanAxis,
    /// From bottom to top.
    pub y: PlanAxis,
    /// Seeds in each cell, from that of the base on.
    pub seeds: usize,
    /// How the cells are measured.
    pub measures: Measures,
}

impl Plan {
    /// A diagram over settings as they stand. It is of gradient flow, the limit
    /// of small learning rates, where the task allows it.
    pub fn new(base: &Config, x: PlanAxis, y: PlanAxis, seeds: usize, measures: Measures) -> Self {
        let mut base = base.clone();
        base.instance = None;
        base.record = Config::default().record;
        for axis in [&x, &y] {
            // What an axis sets does not matter in the base: plans that differ in
            // it alone are the same.
            if let Some(first) = axis.values().first() {
                let _ = base.set(axis.key, first);
            }
        }
        let is_axis = |key: &str| x.key == key || y.key == key;
        if base.network.family.is_committee()
            && !is_axis("training.engine")
            && corners_allow_flow(&base, &x, &y)
        {
            base.training.engine = EngineKind::Flow;
        }
        let seeds = if is_axis("seed") { 1 } else { seeds.max(1) };
        Self {
            base,
            x,
            y,
            seeds,
            measures,
        }
    }

    /// The spec in the form of a file.
    pub fn to_toml(&self) -> String {
        let name = |axis: &PlanAxis| axis.field().map_or(axis.key, Field::short_name);
        let mut text = format!(
            "title = \"Phase diagram over {} and {}\"\n\n[base]\n",
            name(&self.x),
            name(&self.y)
        );
        for line in self.base.to_toml().lines() {
            match line.strip_prefix('[') {
                Some(section) => {
                    let _ = writeln!(text, "[base.{section}");
                }
                None => {
                    let _ = writeln!(text, "{line}");
                }
            }
        }
        text.push_str("\n[axes]\n");
        for axis in [&self.x, &self.y] {
            let _ = writeln!(text, "\"{}\" = {}", axis.key, axis.toml());
        }
        if self.seeds > 1 {
            let first = self.base.seed;
            let seeds: Vec<String> = (0..self.seeds as u64)
                .map(|k| first.saturating_add(k).to_string())
                .collect();
            let _ = writeln!(text, "seed = [{}]", seeds.join(", "));
        }
        let Measures {
            stop,
            tolerance,
            columns,
        } = &self.measures;
        let _ = write!(
            text,
            "\n[measures]\nstop = \"{}\"\ntolerance = {tolerance:?}\n",
            stop.name()
        );
        if !columns.is_empty() {
            let _ = writeln!(text, "columns = {columns:?}");
        }
        text
    }

    /// The spec.
    ///
    /// # Errors
    /// Says which setting does not fit in which cell. The line that it names is
    /// that of [`Plan::to_toml`].
    pub fn spec(&self) -> Result<Spec, SpecError> {
        if self.x.key == self.y.key {
            return Err(SpecError {
                line: 1,
                problem: format!("{} is on both axes; choose two settings", self.x.key),
            });
        }
        Spec::parse(&self.to_toml())
    }

    /// The largest D of its cells: what the cost of a cell depends on most.
    pub fn largest_dim(&self) -> f64 {
        let axis = [&self.x, &self.y].into_iter().find(|a| a.key == "task.dim");
        axis.and_then(|a| a.values().iter().filter_map(Value::as_f64).reduce(f64::max))
            .unwrap_or(self.base.task.dim as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(x: &str, y: &str, seeds: usize) -> Plan {
        let axis = |key| PlanAxis::of(key).expect("an axis");
        Plan::new(
            &Config::default(),
            axis(x),
            axis(y),
            seeds,
            Measures::default(),
        )
    }

    #[test]
    fn every_setting_that_makes_an_axis_makes_a_spec() {
        for field in axis_fields(Family::COMMITTEE) {
            let other = if field.key == "network.alpha" {
                "network.epsilon"
            } else {
                "network.alpha"
            };
            let plan = plan(field.key, other, 1);
            let spec = plan.spec();
            // Some cells of these ask for what others of the same plan exclude; the
            // message says so.
            if field.key == "network.train_readouts" || matches!(field.kind, Kind::Choice(_)) {
                continue;
            }
            assert!(spec.is_ok(), "{}: {spec:?}", field.key);
            let values = plan.x.values();
            assert_eq!(spec.unwrap().grid().dimensions[0].len(), values.len());
        }
    }

    #[test]
    fn what_an_axis_sets_makes_no_other_plan() {
        let mut config = Config::default();
        let of = |c: &Config| {
            Plan::new(
                c,
                PlanAxis::of("network.alpha").unwrap(),
                PlanAxis::of("network.epsilon").unwrap(),
                3,
                Measures::default(),
            )
        };
        let before = of(&config);
        (config.network.alpha, config.network.epsilon) = (7.0, 0.3);
        assert_eq!(of(&config), before);
        config.task.samples += 1;
        assert_ne!(of(&config), before);
        assert_eq!(before.spec().unwrap().grid().len(), 14 * 14 * 3);
        assert_eq!(plan("seed", "network.alpha", 8).seeds, 1);
    }

    #[test]
    fn whole_numbers_stand_there_once() {
        let axis = PlanAxis {
            key: "task.dim",
            places: Places::Range {
                from: 1.0,
                to: 3.0,
                count: 9,
                log: false,
            },
        };
        assert_eq!(axis.values(), [1, 2, 3].map(Value::Integer));
        assert_eq!(axis.toml(), "[1, 2, 3]");
    }

    #[test]
    fn one_setting_on_both_axes_is_refused() {
        let error = plan("seed", "seed", 1).spec().unwrap_err();
        assert!(error.problem.contains("both axes"), "{error}");
    }
}
