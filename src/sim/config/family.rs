//! Which network, on which task: what each family takes of the settings, what they
//! are at first, and what they must fulfil together.

use super::check::error;
use super::networks::{OptimizerKind, PairDraw, RateRule};
use super::{Config, ConfigError, Width};
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// A family as the settings know it.
pub struct FamilySettings {
    /// Name in files and on the command line.
    pub name: &'static str,
    /// Name in the window.
    pub label: &'static str,
    /// What is learned by what, in one sentence.
    pub about: &'static str,
    /// What knows nothing of the task, whose loss is the unit of losses.
    pub ignorant: &'static str,
    /// Whether an example is right where its error is small enough, so that the errors
    /// tell the accuracy at any tolerance.
    pub by_error: bool,
    /// Keys of the settings that it takes, besides [`SHARED`]; a section's name with
    /// a dot takes the whole section.
    pub takes: &'static [&'static str],
    /// Changes the default settings into its own.
    pub defaults: fn(&mut Config),
    /// Checks its settings against each other; each is in its range.
    pub check: fn(&Config) -> Result<(), ConfigError>,
}

/// Settings that every family takes.
pub const SHARED: &[&str] = &[
    "seed",
    "network.family",
    "network.alpha",
    "network.init_scale",
    "network.centered",
    "training.learning_rate",
    "training.weight_decay",
    "training.steps",
    "training.changes",
    "outcome.",
    "record.",
];

/// A family of networks.
#[derive(Clone, Copy)]
pub struct Family(&'static FamilySettings);

impl Family {
    /// The committee machine.
    pub const COMMITTEE: Self = Self(&COMMITTEE);

    /// Whether it is the committee machine.
    pub fn is_committee(self) -> bool {
        self == Self::COMMITTEE
    }

    /// Name in files.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Name in the window.
    pub fn label(self) -> &'static str {
        self.0.label
    }

    /// What is learned by what.
    pub fn about(self) -> &'static str {
        self.0.about
    }

    /// What knows nothing of the task: its loss is the unit of losses.
    pub fn ignorant(self) -> &'static str {
        self.0.ignorant
    }

    /// Whether an example is right where its error is small enough: the errors then
    /// tell the accuracy at any tolerance.
    pub fn by_error(self) -> bool {
        self.0.by_error
    }

    /// All that are known.
    pub fn all() -> Vec<Self> {
        let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
        let own = [&COMMITTEE, &MODULAR, &PAIR, &IMAGES, &TRANSFORMER];
        own.into_iter()
            .chain(added.iter().copied())
            .map(Self)
            .collect()
    }

    /// Their names.
    pub fn names() -> Vec<&'static str> {
        Self::all().into_iter().map(Self::name).collect()
    }

    /// The one with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|f| f.name() == name)
    }

    /// Whether it takes the setting with this key.
    pub fn takes(self, key: &str) -> bool {
        SHARED
            .iter()
            .chain(self.0.takes)
            .any(|taken| *taken == key || (taken.ends_with('.') && key.starts_with(taken)))
    }

    /// Its settings at first.
    pub fn defaults(self) -> Config {
        let mut config = Config::default();
        config.network.family = self;
        (self.0.defaults)(&mut config);
        config
    }

    pub(super) fn check(self, config: &Config) -> Result<(), ConfigError> {
        (self.0.check)(config)
    }
}

impl Config {
    /// Goes to another family's first settings; seed and record stay. Nothing changes
    /// where it is of that family already.
    pub fn become_family(&mut self, family: Family) {
        if family != self.network.family {
            let (seed, record) = (self.seed, self.record.clone());
            *self = family.defaults();
            (self.seed, self.record) = (seed, record);
        }
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Family {}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

static ADDED: RwLock<Vec<&'static FamilySettings>> = RwLock::new(Vec::new());

/// Adds a family; one of the same name is kept.
pub fn add(family: &'static FamilySettings) {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    if !added.iter().any(|f| f.name == family.name) {
        added.push(family);
    }
}

static COMMITTEE: FamilySettings = FamilySettings {
    name: "committee",
    label: "committee machine",
    about: "A two-layer network learns (β·x)²: the paper's own model, exactly.",
    ignorant: "zero predictor",
    by_error: true,
    takes: &["instance", "rescale", "task.", "network.", "training."],
    defaults: |_| {},
    check: Config::check_committee,
};

static MODULAR: FamilySettings = FamilySettings {
    name: "modular_mlp",
    label: "modular addition, MLP",
    about: "A two-layer network with quadratic units learns a + b mod p from part of the table.",
    ignorant: "zero predictor",
    by_error: false,
    takes: &[
        "network.width",
        "training.momentum",
        "modular.",
        "optimizer.",
    ],
    defaults: |c| {
        by_accuracy(c, 0.9);
        c.network.width = Width::Finite(200);
        // The delay is long in steps and short as a ratio: the fit itself is slow.
        c.outcome.min_ratio = 1.5;
        c.network.alpha = 1.0;
        c.network.centered = false;
        c.training.learning_rate = 200.0;
        c.training.steps = 12_000;
        c.optimizer.rate_rule = RateRule::InverseSquare;
    },
    check: |c| {
        finite_width(c)?;
        sums(c)?;
        batch(c, train_pairs(c))
    },
};

static TRANSFORMER: FamilySettings = FamilySettings {
    name: "transformer",
    label: "modular addition, transformer",
    about: "A one-layer transformer learns a + b mod p from part of the table.",
    ignorant: "guessing",
    by_error: false,
    takes: &[
        "network.width",
        "training.momentum",
        "modular.",
        "transformer.",
        "optimizer.",
    ],
    defaults: |c| {
        by_accuracy(c, 0.9);
        c.network.width = Width::Finite(48);
        c.network.alpha = 0.5;
        c.network.centered = true;
        c.modular.modulus = 53;
        c.modular.train_fraction = 0.4;
        c.transformer.mlp = 192;
        c.training.learning_rate = 1.5e-3;
        c.training.weight_decay = 1.0;
        c.training.steps = 4_000;
        c.optimizer.kind = OptimizerKind::AdamW;
        c.optimizer.beta2 = 0.98;
        c.optimizer.warm_up = 10;
        c.optimizer.rate_rule = RateRule::Inverse;
        c.optimizer.linearised = false;
    },
    check: |c| {
        finite_width(c)?;
        sums(c)?;
        let (width, heads) = (c.network.width.finite().unwrap_or(1), c.transformer.heads);
        if width % heads != 0 {
            return error(
                "transformer.heads",
                heads,
                format!("must divide network.width = {width}"),
                "use 1, 2 or 4 heads, or a width that is a multiple of them",
            );
        }
        batch(c, train_pairs(c))
    },
};

static PAIR: FamilySettings = FamilySettings {
    name: "student_teacher",
    label: "student and teacher",
    about: "A tanh network learns the function of another one from a few examples.",
    ignorant: "zero predictor",
    by_error: true,
    takes: &[
        "task.samples",
        "task.test_samples",
        "network.width",
        "training.momentum",
        "student_teacher.",
        "optimizer.",
    ],
    defaults: |c| {
        by_accuracy(c, 0.9);
        c.task.samples = 100;
        c.task.test_samples = 100;
        c.network.width = Width::Finite(100);
        c.network.alpha = 1.0;
        c.network.init_scale = 2.0;
        c.network.centered = false;
        c.outcome.relative = false;
        c.outcome.threshold = 1e-3;
        c.outcome.accuracy_tolerance = 1e-3;
        c.training.learning_rate = 3e-4;
        c.training.weight_decay = 0.05;
        c.training.steps = 30_000;
        c.optimizer.kind = OptimizerKind::AdamW;
        c.student_teacher.draw = PairDraw::Uniform;
    },
    check: |c| {
        finite_width(c)?;
        if c.task.test_samples == 0 {
            return error(
                "task.test_samples",
                "0",
                "must be at least 1 for network.family = \"student_teacher\", which is judged on test examples",
                "use 100",
            );
        }
        if c.outcome.relative {
            return error(
                "outcome.relative",
                "true",
                "must be false for network.family = \"student_teacher\": an example is right where its mean squared error is below outcome.accuracy_tolerance itself",
                "set it to false",
            );
        }
        batch(c, c.task.samples)
    },
};

static IMAGES: FamilySettings = FamilySettings {
    name: "image_mlp",
    label: "digits, MLP",
    about: "A ReLU network learns handwritten digits from a few images.",
    ignorant: "zero predictor",
    by_error: false,
    takes: &[
        "task.samples",
        "task.test_samples",
        "network.width",
        "training.momentum",
        "images.",
        "optimizer.",
    ],
    defaults: |c| {
        // 200 images take it no further than to 0.8.
        by_accuracy(c, 0.7);
        c.task.samples = 200;
        c.task.test_samples = 1000;
        c.network.width = Width::Finite(100);
        c.network.alpha = 0.1;
        c.network.init_scale = 8.0;
        c.network.centered = false;
        c.training.learning_rate = 1e-3;
        c.training.weight_decay = 0.3;
        c.training.steps = 5_000;
        c.optimizer.kind = OptimizerKind::AdamW;
        c.optimizer.linearised = false;
    },
    check: |c| {
        finite_width(c)?;
        if c.task.test_samples == 0 {
            return error(
                "task.test_samples",
                "0",
                "must be at least 1 for network.family = \"image_mlp\", which is judged on test images",
                "use 1000",
            );
        }
        if c.task.samples > c.images.test_from {
            return error(
                "task.samples",
                c.task.samples,
                format!(
                    "must be at most images.test_from = {}: the images before it are trained on",
                    c.images.test_from
                ),
                "lower it or raise images.test_from",
            );
        }
        batch(c, c.task.samples)
    },
};

fn by_accuracy(c: &mut Config, level: f64) {
    c.outcome.accuracy_level = level;
    c.network.init_scale = 1.0;
}

/// Pairs that are trained on, rounded down as by the authors.
fn train_pairs(c: &Config) -> usize {
    let pairs = c.modular.modulus * c.modular.modulus;
    (c.modular.train_fraction * pairs as f64) as usize
}

fn finite_width(c: &Config) -> Result<(), ConfigError> {
    const MOST: usize = 4096;
    let n = c.network.width.finite();
    match n {
        Some(n) if n <= MOST => {}
        _ => {
            return error(
                "network.width",
                c.network.width,
                format!(
                    "must be a whole number from 1 to {MOST} for network.family = \"{}\"",
                    c.network.family.name()
                ),
                "use 100",
            );
        }
    }
    if c.network.init_scale == 0.0 {
        return error(
            "network.init_scale",
            "0",
            "must be above 0: with all weights at zero nothing moves",
            "use 1",
        );
    }
    Ok(())
}

fn sums(c: &Config) -> Result<(), ConfigError> {
    if train_pairs(c) == 0 {
        return error(
            "modular.train_fraction",
            c.modular.train_fraction,
            format!(
                "must leave at least one of the {} pairs to train on",
                c.modular.modulus * c.modular.modulus
            ),
            "use 0.5",
        );
    }
    Ok(())
}

fn batch(c: &Config, train: usize) -> Result<(), ConfigError> {
    if c.optimizer.batch > train {
        return error(
            "optimizer.batch",
            c.optimizer.batch,
            format!("must be at most {train}, the number of train examples"),
            "use 0 for the whole train set",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{EngineKind, FIELDS, Value};
    use super::*;

    #[test]
    fn every_family_begins_with_valid_settings_that_files_give_back() {
        for family in Family::all() {
            let config = family.defaults();
            let valid = config.clone().check().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(*valid, config, "{family:?}");
            let text = config.to_toml();
            assert_eq!(Config::from_toml(&text), Ok(config), "{family:?}");
            assert_eq!(text.contains("family"), !family.is_committee());
        }
    }

    #[test]
    fn a_setting_of_another_family_is_refused_and_never_reaches_a_run() {
        let mut config = MODULAR_FAMILY.defaults();
        for (key, value) in [("network.epsilon", "0.3"), ("training.engine", "flow")] {
            let error = config.set_str(key, value).unwrap_err().to_string();
            assert!(
                error.contains("network.family = \"modular_mlp\""),
                "{error}"
            );
        }
        config.training.engine = EngineKind::Flow;
        let valid = config.check().expect("valid");
        assert_eq!(valid.training.engine, EngineKind::Moments);
    }

    const MODULAR_FAMILY: Family = Family(&MODULAR);

    #[test]
    fn what_does_not_fit_is_named_with_the_way_out() {
        let fails = |family: &str, key: &str, value: Value, says: &str| {
            let mut config = Family::by_name(family).expect("known").defaults();
            config.set(key, &value).expect("in range");
            let error = config.check().unwrap_err().to_string();
            assert!(error.starts_with(key) && error.contains(says), "{error}");
        };
        let n = Value::Integer;
        fails(
            "transformer",
            "transformer.heads",
            n(5),
            "must divide network.width = 48",
        );
        fails("modular_mlp", "optimizer.batch", n(261), "at most 260");
        fails(
            "image_mlp",
            "task.samples",
            n(1001),
            "images.test_from = 1000",
        );
        fails("student_teacher", "task.test_samples", n(0), "at least 1");
        fails(
            "student_teacher",
            "outcome.relative",
            Value::Bool(true),
            "must be false",
        );
        fails(
            "modular_mlp",
            "modular.train_fraction",
            Value::Real(1e-4),
            "at least one",
        );
        fails(
            "image_mlp",
            "network.width",
            Value::Width(Width::Infinite),
            "1 to 4096",
        );
        let mut unknown = Config::default();
        let error = unknown
            .set_str("network.family", "cnn")
            .unwrap_err()
            .to_string();
        assert!(error.contains("student_teacher"), "{error}");
    }

    #[test]
    fn every_field_belongs_to_a_family() {
        for field in FIELDS.iter() {
            assert!(
                Family::all().iter().any(|f| f.takes(field.key)),
                "{}",
                field.key
            );
        }
    }
}
