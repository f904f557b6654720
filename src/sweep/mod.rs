//! Sweeps: one run for each cell of a grid over any settings, on one machine or
//! on many.
//!
//! | module | what it holds |
//! |---|---|
//! | [`spec`] | `sweep.toml`: base settings, axes, measures |
//! | [`grid`] | axes and the canonical order of the cells |
//! | [`shard`] | which cells a shard computes |
//! | [`cell`] | one cell: its run and its result |
//! | [`checkpoint`] | the states of cells that are under way |
//! | [`record`] | a line of an attempt's file, with its checksum |
//! | [`directory`] | manifest and attempts on disk |
//! | [`runner`] | a thread pool that computes cells and writes each as it ends |
//! | [`merge`] | all attempts as one canonical table |
//! | [`status`] | what is there and what is missing |
//! | [`submit`] | the same shards on a cluster |
//! | [`plan`] | a diagram over two settings, as a spec |
//! | [`diagram`] | the cells of a sweep as a picture over two settings |
//! | [`live`] | a diagram that fills while it is looked at |
//! | [`curves`] | the curves of the cells in NumPy's format |
//!
//! A cell's result is a function of the spec alone: not of the thread, the shard
//! or the attempt that computes it. That is what makes attempts interchangeable
//! and `merge` canonical.

pub mod cell;
pub mod checkpoint;
pub mod curves;
pub mod diagram;
pub mod directory;
pub mod grid;
pub mod live;
pub mod merge;
mod parse;
pub mod plan;
pub mod record;
pub mod runner;
pub mod shard;
pub mod spec;
pub mod statistics;
pub mod status;
pub mod submit;

pub use spec::{Spec, SpecError};

use crate::io::FileError;
use crate::sim::config::ConfigError;

/// Why a sweep cannot go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SweepError {
    /// What was asked for does not fit the directory.
    #[error("{0}")]
    Usage(String),
    /// A file that could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Settings of a cell.
    #[error(transparent)]
    Config(#[from] ConfigError),
}
