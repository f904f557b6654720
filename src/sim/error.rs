//! Why a run cannot be made.

use super::committee::instance::InstanceError;
use super::config::ConfigError;

/// Why a run cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The instance.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// Settings of a network that do not fit each other, found when it was made.
    #[error("{0}")]
    Model(String),
}
