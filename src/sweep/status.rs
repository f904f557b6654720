//! What a directory holds and what is missing.

use super::SweepError;
use super::directory::Directory;
use super::shard::assignment;
use std::collections::BTreeMap;

/// Where a sweep stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Title of the spec; empty if it has none.
    pub title: String,
    /// Cells of the sweep.
    pub cells: usize,
    /// Cells that are done.
    pub done: usize,
    /// Outcome classes of those.
    pub outcomes: BTreeMap<String, usize>,
    /// Done and all cells of each shard that the sweep was begun with.
    pub shards: Vec<(usize, usize)>,
    /// Number of attempts.
    pub attempts: usize,
    /// Torn and corrupted lines.
    pub damaged: usize,
    /// Lines of other sweeps.
    pub foreign: usize,
    /// Cells of which attempts have different results.
    pub disagreements: usize,
}

/// Reads all attempts.
///
/// # Errors
/// Files that cannot be read.
pub fn status(directory: &Directory) -> Result<Status, SweepError> {
    let contents = directory.read()?;
    let spec = directory.spec();
    let mut outcomes = BTreeMap::new();
    for entry in contents.cells.iter().flatten() {
        *outcomes.entry(entry.result.outcome.clone()).or_default() += 1;
    }
    let mut shards = vec![(0, 0); directory.shards()];
    let cells = contents.cells.len();
    let shard_of = assignment(cells, directory.shards(), spec.hash());
    for (cell, shard) in shard_of.into_iter().enumerate() {
        shards[shard].0 += usize::from(contents.has(cell));
        shards[shard].1 += 1;
    }
    Ok(Status {
        title: spec.title().into(),
        cells,
        done: contents.done(),
        outcomes,
        shards,
        attempts: contents.attempts.len(),
        damaged: contents.damaged,
        foreign: contents.foreign,
        disagreements: (contents.cells.iter().flatten())
            .filter(|entry| !entry.others.is_empty())
            .count(),
    })
}
