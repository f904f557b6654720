//! What is worth trying of a setting: the range of its slider and of a sweep of it,
//! narrower than what is allowed, and whether it means anything beside the others.

use super::{Config, Field, OptimizerKind, TargetKind};

/// A range worth trying, and how it is spaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draggable {
    /// Equal distances are equal differences.
    Linear(f64, f64),
    /// Equal distances are equal ratios.
    Log(f64, f64),
    /// Zero at the left end, logarithmic from there on.
    ZeroThenLog(f64, f64),
    /// Logarithmic, with ∞ at the right end.
    LogThenInfinite(f64, f64),
}

/// Share of the range that belongs to the special end (0 or ∞).
const END: f64 = 0.05;
impl Draggable {
    /// Smallest and largest value.
    pub fn bounds(self) -> (f64, f64) {
        match self {
            Self::Linear(lo, hi) | Self::Log(lo, hi) => (lo, hi),
            Self::ZeroThenLog(_, hi) => (0.0, hi),
            Self::LogThenInfinite(lo, _) => (lo, f64::INFINITY),
        }
    }

    /// Position in 0..=1 of a value; values beyond the range sit at its ends.
    pub fn position(self, value: f64) -> f64 {
        let log = |lo: f64, hi: f64| (value / lo).ln() / (hi / lo).ln();
        let position = match self {
            Self::Linear(lo, hi) => (value - lo) / (hi - lo),
            Self::Log(lo, hi) => log(lo, hi),
            Self::ZeroThenLog(..) if value <= 0.0 => 0.0,
            Self::ZeroThenLog(lo, hi) => END + (1.0 - END) * log(lo, hi).max(0.0),
            Self::LogThenInfinite(..) if value == f64::INFINITY => 1.0,
            Self::LogThenInfinite(lo, hi) => (1.0 - END) * log(lo, hi).min(1.0),
        };
        position.clamp(0.0, 1.0)
    }

    /// The value at a position.
    pub fn value(self, position: f64) -> f64 {
        let t = position.clamp(0.0, 1.0);
        let log = |lo: f64, hi: f64, t: f64| lo * (hi / lo).powf(t.clamp(0.0, 1.0));
        match self {
            Self::Linear(lo, hi) => lo + (hi - lo) * t,
            Self::Log(lo, hi) => log(lo, hi, t),
            Self::ZeroThenLog(..) if t < 0.5 * END => 0.0,
            Self::ZeroThenLog(lo, hi) => log(lo, hi, (t - END) / (1.0 - END)),
            Self::LogThenInfinite(..) if t > 1.0 - 0.5 * END => f64::INFINITY,
            Self::LogThenInfinite(lo, hi) => log(lo, hi, t / (1.0 - END)),
        }
    }
}

/// The same for every network but where [`Field::draggable`] says otherwise.
const RANGES: &[(&str, Draggable)] = &[
    ("network.alpha", Draggable::Log(1.0 / 32.0, 32.0)),
    ("network.init_scale", Draggable::Log(0.125, 4.0)),
    ("network.epsilon", Draggable::Log(0.01, 4.0)),
    ("task.samples", Draggable::Log(10.0, 1_000.0)),
    ("task.dim", Draggable::Log(5.0, 150.0)),
    ("task.eigenvector", Draggable::Log(1.0, 1_000.0)),
    ("task.degree", Draggable::Linear(2.0, 4.0)),
    ("modular.modulus", Draggable::Log(5.0, 113.0)),
    ("modular.train_fraction", Draggable::Linear(0.05, 0.95)),
    ("images.pool", Draggable::Linear(1.0, 4.0)),
    ("network.width", Draggable::LogThenInfinite(1.0, 10_000.0)),
    ("training.learning_rate", Draggable::Log(0.01, 100.0)),
    ("training.weight_decay", Draggable::ZeroThenLog(1e-7, 1e-2)),
    ("training.steps", Draggable::Log(1e3, 1e8)),
    ("outcome.threshold", Draggable::Log(1e-3, 1.0)),
    ("outcome.accuracy_level", Draggable::Linear(0.5, 1.0)),
    ("outcome.accuracy_tolerance", Draggable::Log(0.01, 3.0)),
];

impl Field {
    /// What is worth dragging it over in the network of a config; `None` for what is
    /// typed or chosen. Other networks than the committee machine begin elsewhere:
    /// what matters there goes around what they begin with.
    pub fn draggable(&self, config: &Config) -> Option<Draggable> {
        let (_, usual) = RANGES.iter().find(|(key, _)| *key == self.key)?;
        let family = config.network.family;
        if family.is_committee() {
            return Some(*usual);
        }
        let first = family.defaults();
        let around = |x: f64, by: f64| Draggable::Log(x / by, x * by);
        Some(match self.key {
            "training.learning_rate" => around(first.training.learning_rate, 30.0),
            "training.weight_decay" => Draggable::ZeroThenLog(1e-3, 10.0),
            "training.steps" => Draggable::Log(100.0, 1e6),
            "network.width" => Draggable::Log(4.0, 512.0),
            "outcome.accuracy_tolerance" => Draggable::Log(1e-5, 1.0),
            "network.init_scale" => around(first.network.init_scale, 16.0),
            _ => *usual,
        })
    }

    /// Whether another value gives other curves: a longer run only goes on, and a
    /// threshold only judges.
    pub fn moves_curves(&self) -> bool {
        self.key != "training.steps" && !self.key.starts_with("outcome.")
    }

    /// Whether it means anything beside the other settings of a config.
    pub fn matters(&self, config: &Config) -> bool {
        let target = config.task.target;
        let family = config.network.family;
        if !self.applies(config) {
            return false;
        }
        if !family.is_committee() {
            return match self.key {
                // It is right where its largest output is.
                "outcome.accuracy_tolerance" => family.by_error(),
                "outcome.threshold" | "outcome.relative" => false,
                "training.momentum" => config.optimizer.kind == OptimizerKind::Momentum,
                "optimizer.beta2" => config.optimizer.kind == OptimizerKind::AdamW,
                _ => true,
            };
        }
        match self.key {
            "task.eigenvector" => target.is_eigenvector(),
            "task.degree" => target == TargetKind::Hermite,
            "task.target_rank" | "network.solution_mix" => target == TargetKind::Quadratic,
            "network.mix_rule" => {
                target == TargetKind::Quadratic && config.network.solution_mix > 0.0
            }
            "seed" => config.task.draw.is_seeded(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FIELDS, Family, Kind, Value, Width, field};
    use super::*;

    #[test]
    fn every_scale_maps_there_and_back() {
        for scale in [
            Draggable::Linear(0.0, 2.0),
            Draggable::Log(0.03, 30.0),
            Draggable::ZeroThenLog(1e-7, 1e-2),
            Draggable::LogThenInfinite(1.0, 1e4),
        ] {
            for i in 0..=100 {
                let t = f64::from(i) / 100.0;
                let value = scale.value(t);
                let back = scale.value(scale.position(value));
                assert!(
                    back == value || (back / value - 1.0).abs() < 1e-9,
                    "{scale:?} at {t}: {value} → {back}"
                );
            }
        }
        assert_eq!(Draggable::ZeroThenLog(1e-7, 1e-2).value(0.0), 0.0);
        assert_eq!(
            Draggable::LogThenInfinite(1.0, 1e4).value(1.0),
            f64::INFINITY
        );
    }

    #[test]
    fn values_beyond_the_range_sit_at_its_ends() {
        let scale = Draggable::Log(0.1, 10.0);
        assert_eq!(scale.position(1e-9), 0.0);
        assert_eq!(scale.position(1e9), 1.0);
        assert_eq!(Draggable::ZeroThenLog(1e-7, 1e-2).position(1e-12), END);
    }

    #[test]
    fn what_is_worth_dragging_is_allowed_in_every_network() {
        for (key, _) in RANGES {
            assert!(field(key).is_some(), "{key} is no setting");
        }
        for family in Family::all() {
            let config = family.defaults();
            for field in FIELDS.iter().filter(|field| field.applies(&config)) {
                let Some(range) = field.draggable(&config) else {
                    continue;
                };
                for t in [0.0, 0.3, 1.0] {
                    let x = range.value(t);
                    let value = match field.kind {
                        Kind::Width { .. } if x.is_infinite() => Value::Width(Width::Infinite),
                        Kind::Width { .. } => Value::Width(Width::Finite(x as usize)),
                        Kind::Integer { .. } => Value::Integer(x as u64),
                        _ => Value::Real(x),
                    };
                    let at = format!("{}: {} = {x}", family.name(), field.key);
                    assert!(field.check(&value).is_ok(), "{at}");
                }
            }
        }
    }
}
