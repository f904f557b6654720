//! What a directory holds and what is missing.

use super::SweepError;
use super::checkpoint::kept_cells;
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
    /// Cells that are not done and of which a state is kept to go on from.
    pub under_way: usize,
}

impl Status {
    /// Per cent that are done, rounded down: 100 only when nothing is missing.
    pub fn percent(&self) -> usize {
        percent(self.done, self.cells)
    }
}

/// Per cent of `all`, rounded down.
pub fn percent(done: usize, all: usize) -> usize {
    (100 * done).checked_div(all).unwrap_or(100)
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
        under_way: (kept_cells(directory).into_iter())
            .filter(|&cell| cell < cells && !contents.has(cell))
            .count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_per_cent_means_that_nothing_is_missing() {
        assert_eq!(percent(899, 900), 99);
        assert_eq!(percent(900, 900), 100);
        assert_eq!(percent(0, 900), 0);
        assert_eq!(percent(999_999, 1_000_000), 99);
    }
}
