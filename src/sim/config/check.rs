//! Whether settings are in range and agree with each other.

use super::{Config, EngineKind, FIELDS, TargetKind, ValidConfig, Width};

/// A setting that cannot be used: names the field, the value, what is allowed
/// and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} = {value}: {allowed}; {fix}")]
pub struct ConfigError {
    /// Dotted key, such as `network.alpha`.
    pub field: String,
    /// The offending value, as written.
    pub value: String,
    /// The allowed range or form.
    pub allowed: String,
    /// What to do about it.
    pub fix: String,
}

/// Largest number of matrix entries a run may ask for (2 GiB of float64).
pub const MAX_ENTRIES: usize = 1 << 28;

/// Width that a network takes where it has to have one.
const FINITE_WIDTH: usize = 100;

/// Largest P of which K₀ is decomposed for its eigenvectors.
const MAX_EIGENVECTOR_SAMPLES: usize = 2048;

pub(super) fn error<T>(
    field: &str,
    value: impl ToString,
    allowed: impl Into<String>,
    fix: &str,
) -> Result<T, ConfigError> {
    Err(ConfigError {
        field: field.into(),
        value: value.to_string(),
        allowed: allowed.into(),
        fix: fix.into(),
    })
}

impl Config {
    /// Checks every field against its range in [`FIELDS`], then the fields
    /// against each other.
    ///
    /// # Errors
    /// The first [`ConfigError`] found, in table order.
    pub fn check(mut self) -> Result<ValidConfig, ConfigError> {
        self.forget_what_does_not_apply();
        for field in FIELDS.iter().filter(|field| field.applies(&self)) {
            field.check(&(field.get)(&self))?;
        }
        self.network.family.check(&self)?;
        let outcome = &self.outcome;
        if outcome.relative && outcome.threshold >= 1.0 {
            return error(
                "outcome.threshold",
                outcome.threshold,
                "must be below 1 with outcome.relative = true: predicting zero has a loss of 1 in these units",
                "use a fraction such as 0.1, or set outcome.relative = false for an absolute loss",
            );
        }
        let training = &self.training;
        if training.learning_rate * training.weight_decay >= 1.0 {
            return error(
                "training.weight_decay",
                training.weight_decay,
                format!(
                    "η₀·λ must be below 1 (learning_rate = {})",
                    training.learning_rate
                ),
                "lower the weight decay or the learning rate",
            );
        }
        training.check_changes()?;
        if self.record.steps.windows(2).any(|w| w[0] >= w[1]) {
            return error(
                "record.steps",
                format!("{:?}", self.record.steps),
                "must be strictly increasing",
                "sort the list and drop repeated steps",
            );
        }
        Ok(ValidConfig(self))
    }

    /// Settings that a network does not take are what it begins with: nothing that
    /// they say can reach it.
    fn forget_what_does_not_apply(&mut self) {
        let family = self.network.family;
        if family.is_committee() {
            return;
        }
        let first = family.defaults();
        for field in FIELDS.iter().filter(|field| !family.takes(field.key)) {
            (field.set)(self, &(field.get)(&first));
        }
    }

    /// The settings of the committee machine against each other.
    pub(super) fn check_committee(&self) -> Result<(), ConfigError> {
        self.check_target()?;
        self.check_engine()?;
        self.check_size()?;
        let network = &self.network;
        if network.init_scale == 0.0 && network.solution_mix == 0.0 {
            return error(
                "network.init_scale",
                0,
                "must be above 0: with all weights at zero the neurons stay alike for ever, a saddle that only rounding leaves",
                "set a small value such as 0.001",
            );
        }
        Ok(())
    }

    fn check_target(&self) -> Result<(), ConfigError> {
        let (task, network) = (&self.task, &self.network);
        if task.target_rank > task.dim {
            return error(
                "task.target_rank",
                task.target_rank,
                format!("must be at most task.dim = {}", task.dim),
                "lower the rank or raise task.dim",
            );
        }
        if !task.draw.is_seeded() && task.label_noise > 0.0 {
            return error(
                "task.label_noise",
                task.label_noise,
                format!(
                    "must be 0 for task.draw = \"{}\": the authors drew none",
                    task.draw.name()
                ),
                "set it to 0 or task.draw to \"grokscope\"",
            );
        }
        let kind = task.target;
        if kind != TargetKind::Quadratic {
            let needs = format!("task.target = \"{}\"", kind.name());
            if task.target_rank != 1 {
                return error(
                    "task.target_rank",
                    task.target_rank,
                    format!("must be 1 for {needs}"),
                    "only the quadratic target has several directions",
                );
            }
            if network.solution_mix != 0.0 {
                return error(
                    "network.solution_mix",
                    network.solution_mix,
                    format!("must be 0 for {needs}"),
                    "only the quadratic target has a solution to mix in",
                );
            }
        }
        if kind.is_eigenvector() {
            let joint = kind == TargetKind::JointEigenvector;
            // The joint kernel loses one direction to the mean taken from it, but
            // gains no more than the inputs have.
            let points = if joint {
                2 * task.samples
            } else {
                task.samples
            };
            let modes = (task.dim * (task.dim + 3) / 2 + usize::from(joint)).min(points);
            let rank = network.width.finite().map_or(modes, |n| {
                n.saturating_mul(task.dim)
                    .saturating_add(usize::from(joint))
                    .min(modes)
            });
            if task.eigenvector > rank {
                return error(
                    "task.eigenvector",
                    task.eigenvector,
                    format!("K₀ has at most {rank} eigenvalues that are not zero"),
                    "lower it, or raise task.samples, task.dim or network.width",
                );
            }
            if joint && task.test_samples != 0 && task.test_samples != task.samples {
                return error(
                    "task.test_samples",
                    task.test_samples,
                    format!(
                        "must be 0 or task.samples = {} for task.target = \"joint_eigenvector\", whose other half is the test set",
                        task.samples
                    ),
                    "leave it at 0",
                );
            }
            if points > MAX_EIGENVECTOR_SAMPLES {
                return error(
                    "task.samples",
                    task.samples,
                    format!(
                        "must be at most {} for task.target = \"{}\", which takes an eigendecomposition of the kernel on all of them",
                        MAX_EIGENVECTOR_SAMPLES * task.samples / points,
                        kind.name()
                    ),
                    "lower it or choose another target",
                );
            }
        }
        Ok(())
    }

    fn check_engine(&self) -> Result<(), ConfigError> {
        let (network, training) = (&self.network, &self.training);
        if let Some((key, value)) = self.needs_neurons() {
            if training.engine != EngineKind::Neurons {
                return error(
                    "training.engine",
                    training.engine.name(),
                    format!("must be \"neurons\" for {key} = {value}"),
                    "the moments of the weights do not determine such a network",
                );
            }
            if network.train_readouts && self.task.target.is_eigenvector() {
                return error(
                    "task.target",
                    self.task.target.name(),
                    "must be another target for network.train_readouts = true",
                    "the eigenvectors are those of the kernel with fixed readouts",
                );
            }
        }
        if training.engine == EngineKind::Flow && training.momentum > 0.0 {
            return error(
                "training.momentum",
                training.momentum,
                "must be 0 for training.engine = \"flow\"",
                "flow has no steps; momentum only makes its time run 1/(1 − μ) times as fast",
            );
        }
        if training.engine == EngineKind::Neurons && network.width == Width::Infinite {
            return error(
                "network.width",
                "inf",
                "must be finite for training.engine = \"neurons\"",
                "use training.engine = \"moments\" or give a width",
            );
        }
        Ok(())
    }

    fn check_size(&self) -> Result<(), ConfigError> {
        let (task, network) = (&self.task, &self.network);
        if let (EngineKind::Neurons, Width::Finite(n)) = (self.training.engine, network.width) {
            let entries = n.saturating_mul(task.dim + task.samples);
            if entries > MAX_ENTRIES {
                return error(
                    "network.width",
                    n,
                    format!(
                        "N·(D + P) must be at most {MAX_ENTRIES} for training.engine = \"neurons\""
                    ),
                    "use training.engine = \"moments\", whose cost does not depend on N",
                );
            }
        }
        for (key, rows) in [
            ("task.samples", task.samples),
            ("task.test_samples", task.test_samples),
        ] {
            if rows.saturating_mul(task.dim.max(rows)) > MAX_ENTRIES {
                return error(
                    key,
                    rows,
                    format!("rows × max(rows, task.dim) must be at most {MAX_ENTRIES}"),
                    "lower it, or lower task.dim",
                );
            }
        }
        Ok(())
    }

    /// The setting, with its value, for which the moments of the weights do not
    /// suffice, if there is one.
    pub fn needs_neurons(&self) -> Option<(&'static str, &'static str)> {
        if self.network.train_readouts {
            Some(("network.train_readouts", "true"))
        } else if self.task.target == TargetKind::Hermite {
            Some(("task.target", "\"hermite\""))
        } else {
            None
        }
    }

    /// Makes the other settings agree with one that was just changed, where only
    /// one value of them is possible; returns the keys of those that changed.
    /// What cannot be settled so is left to [`Config::check`].
    pub fn reconcile(&mut self, changed: &str) -> Vec<&'static str> {
        if !self.network.family.is_committee() {
            return Vec::new();
        }
        let before = self.clone();
        match changed {
            "task.target" if self.task.target != TargetKind::Quadratic => {
                self.task.target_rank = 1;
                self.network.solution_mix = 0.0;
                if self.task.target.is_eigenvector() {
                    self.network.train_readouts = false;
                }
            }
            "network.train_readouts"
                if self.network.train_readouts && self.task.target.is_eigenvector() =>
            {
                self.task.target = TargetKind::Quadratic;
            }
            "network.solution_mix" if self.network.solution_mix > 0.0 => {
                self.task.target = TargetKind::Quadratic;
            }
            "task.target_rank" if self.task.target_rank > 1 => {
                self.task.target = TargetKind::Quadratic;
            }
            "training.engine" => {
                if self.training.engine != EngineKind::Neurons {
                    self.network.train_readouts = false;
                    if self.task.target == TargetKind::Hermite {
                        self.task.target = TargetKind::Quadratic;
                    }
                }
                if self.training.engine == EngineKind::Flow {
                    self.training.momentum = 0.0;
                }
            }
            "training.momentum"
                if self.training.momentum > 0.0 && self.training.engine == EngineKind::Flow =>
            {
                self.training.engine = EngineKind::Moments;
            }
            "network.width"
                if self.network.width == Width::Infinite
                    && self.needs_neurons().is_none()
                    && self.training.engine == EngineKind::Neurons =>
            {
                self.training.engine = EngineKind::Moments;
            }
            _ => {}
        }
        if matches!(changed, "task.target" | "network.train_readouts")
            && self.needs_neurons().is_some()
        {
            self.training.engine = EngineKind::Neurons;
        }
        if changed != "network.width"
            && self.training.engine == EngineKind::Neurons
            && self.network.width == Width::Infinite
        {
            self.network.width = Width::Finite(FINITE_WIDTH);
        }
        FIELDS
            .iter()
            .filter(|f| f.key != changed && (f.get)(&before) != (f.get)(self))
            .map(|f| f.key)
            .collect()
    }
}
