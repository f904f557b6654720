//! The families of networks: from settings to a model in training.

use super::committee::{instance::Instance, model::Committee};
use super::config::{ConfigError, Family, FamilySettings, ValidConfig, family};
use super::effort::Effort;
use super::error::SimulationError;
use super::metrics::Metric;
use super::model::Model;
use super::networks::model::{
    COLUMNS, MODULAR_COLUMNS, image_mlp, modular_mlp, student_teacher, transformer,
};
use super::verdict::Judge;
use super::{committee, networks};
use std::sync::{PoisonError, RwLock};

/// Makes a model of a family at step 0 from settings that were checked.
pub type Build = fn(&ValidConfig) -> Result<Box<dyn Model>, SimulationError>;

/// What is known of a family's models before there is one.
#[derive(Clone, Copy)]
struct Made {
    family: &'static str,
    build: Build,
    effort: fn(&ValidConfig) -> Effort,
    columns: &'static [Metric],
    judge: Judge,
}

const fn network(family: &'static str, build: Build, columns: &'static [Metric]) -> Made {
    Made {
        family,
        build,
        effort: networks::effort::effort,
        columns,
        judge: Judge::Accuracy,
    }
}

/// Every family: a network more is a line more.
static MADE: [Made; 5] = [
    Made {
        family: "committee",
        build: |config| Ok(Box::new(Committee::new(config, None)?)),
        effort: committee::effort::effort,
        columns: committee::model::COLUMNS,
        judge: Judge::Loss,
    },
    network("modular_mlp", modular_mlp, MODULAR_COLUMNS),
    network("transformer", transformer, MODULAR_COLUMNS),
    network("student_teacher", student_teacher, COLUMNS),
    network("image_mlp", image_mlp, COLUMNS),
];

static ADDED: RwLock<Vec<Made>> = RwLock::new(Vec::new());

/// Adds a family of networks for the rest of the process: from now on it can be named
/// in settings. It is judged by its losses; what it costs is not known, and nothing of
/// it is paced. One of the same name is kept.
pub fn add(settings: &'static FamilySettings, build: Build) {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    added.push(Made {
        family: settings.name,
        build,
        effort: |_| Effort::default(),
        columns: Metric::ALL,
        judge: Judge::Loss,
    });
    family::add(settings);
}

fn made(family: Family) -> Option<Made> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    let all = MADE.iter().chain(added.iter());
    all.copied().find(|made| made.family == family.name())
}

/// A model at step 0; an instance, which committee machines alone take, has its data
/// and weights.
///
/// # Errors
/// Settings that do not fit each other.
pub(super) fn build(
    config: &ValidConfig,
    instance: Option<&Instance>,
) -> Result<Box<dyn Model>, SimulationError> {
    let family = config.network.family;
    match (made(family), instance) {
        (Some(_), Some(instance)) if family.is_committee() => {
            Ok(Box::new(Committee::new(config, Some(instance))?))
        }
        (Some(made), _) => (made.build)(config),
        (None, _) => Err(unknown(family).into()),
    }
}

/// What a run with these settings costs.
pub fn effort(config: &ValidConfig) -> Effort {
    made(config.network.family).map_or_else(Effort::default, |made| (made.effort)(config))
}

/// What the rows of a run of a family hold, in the order of the columns.
pub fn columns(family: Family) -> &'static [Metric] {
    made(family).map_or(Metric::ALL, |made| made.columns)
}

/// By what a run of a family is judged.
pub fn judge(family: Family) -> Judge {
    made(family).map_or(Judge::Loss, |made| made.judge)
}

fn unknown(family: Family) -> ConfigError {
    ConfigError {
        field: "network.family".into(),
        value: family.name().into(),
        allowed: "has settings but nothing that makes a network of them".into(),
        fix: format!("use one of {}", Family::names().join(", ")),
    }
}
