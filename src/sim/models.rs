//! The families of networks: from settings to a model in training.

use super::committee::{instance::Instance, model::Committee};
use super::config::{ConfigError, Family, FamilySettings, ValidConfig, family};
use super::effort::Effort;
use super::error::SimulationError;
use super::metrics::Metric;
use super::model::Model;
use super::networks::model::{image_mlp, modular_mlp, student_teacher, transformer};
use super::verdict::Judge;
use super::{committee, networks};
use std::sync::{PoisonError, RwLock};

/// Makes a model of a family at step 0 from settings that were checked.
pub type Build = fn(&ValidConfig) -> Result<Box<dyn Model>, SimulationError>;

static ADDED: RwLock<Vec<(&'static str, Build)>> = RwLock::new(Vec::new());

/// Adds a family of networks for the rest of the process: from now on it can be named
/// in settings. One of the same name is kept.
pub fn add(settings: &'static FamilySettings, build: Build) {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    added.push((settings.name, build));
    family::add(settings);
}

/// A model at step 0.
///
/// # Errors
/// Settings that do not fit each other.
pub(super) fn build(
    config: &ValidConfig,
    instance: Option<&Instance>,
) -> Result<Box<dyn Model>, SimulationError> {
    let build: Build = match config.network.family.name() {
        "committee" => return Ok(Box::new(Committee::new(config, instance)?)),
        "modular_mlp" => modular_mlp,
        "transformer" => transformer,
        "student_teacher" => student_teacher,
        "image_mlp" => image_mlp,
        name => {
            let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
            let known = added.iter().find(|(known, _)| *known == name);
            known.ok_or_else(|| unknown(config.network.family))?.1
        }
    };
    build(config)
}

/// What a run with these settings costs; of a family that was added, nothing is known
/// and nothing is paced.
pub fn effort(config: &ValidConfig) -> Effort {
    match config.network.family.name() {
        "committee" => committee::effort::effort(config),
        "modular_mlp" | "transformer" | "student_teacher" | "image_mlp" => {
            networks::effort::effort(config)
        }
        _ => Effort::default(),
    }
}

/// What the rows of a run of a family hold, in the order of the columns.
pub fn columns(family: Family) -> &'static [Metric] {
    match family.name() {
        "committee" => committee::model::COLUMNS,
        "modular_mlp" | "transformer" => networks::model::MODULAR_COLUMNS,
        "student_teacher" | "image_mlp" => networks::model::COLUMNS,
        _ => Metric::ALL,
    }
}

/// By what a run of a family is judged.
pub fn judge(family: Family) -> Judge {
    match family.name() {
        "modular_mlp" | "transformer" | "student_teacher" | "image_mlp" => Judge::Accuracy,
        _ => Judge::Loss,
    }
}

fn unknown(family: Family) -> ConfigError {
    ConfigError {
        field: "network.family".into(),
        value: family.name().into(),
        allowed: "has settings but nothing that makes a network of them".into(),
        fix: format!("use one of {}", Family::names().join(", ")),
    }
}
