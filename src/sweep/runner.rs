//! Computes the cells of a shard on a pool of threads.

use super::SweepError;
use super::cell::{self, Cache, CellResult};
use super::directory::Directory;
use super::record::Attempt;
use super::shard::Shard;
use crossbeam_channel::{RecvTimeoutError, bounded};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How to run a shard.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The shard.
    pub shard: Shard,
    /// Threads that compute cells.
    pub threads: NonZero<usize>,
    /// Goes on from whatever all attempts have done.
    pub resume: bool,
    /// What this attempt says about itself.
    pub attempt: Attempt,
}

/// Where a shard stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Cells of the shard.
    pub total: usize,
    /// Cells that were done before this attempt.
    pub before: usize,
    /// Cells that this attempt has done.
    pub done: usize,
    /// Outcome classes of the cells that this attempt has done.
    pub outcomes: BTreeMap<String, usize>,
}

impl Progress {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.before + self.done == self.total
    }
}

/// Between two calls of `progress` while nothing ends.
const INTERVAL: Duration = Duration::from_millis(100);

/// Computes what is missing of a shard and writes each cell as it ends. Once
/// `stop` is set, it finishes the cells in flight and returns.
///
/// # Errors
/// A shard that was run before, without `resume`; files that cannot be read or
/// written: what was finished before is kept.
pub fn run(
    directory: &Directory,
    options: &RunOptions,
    stop: &AtomicBool,
    mut progress: impl FnMut(&Progress),
) -> Result<Progress, SweepError> {
    let spec = directory.spec();
    let shard = options.shard;
    let mut todo = shard.cells(spec.grid().len(), spec.hash());
    let mut state = Progress {
        total: todo.len(),
        ..Progress::default()
    };
    if options.resume {
        let contents = directory.read()?;
        todo.retain(|&cell| !contents.has(cell));
        state.before = state.total - todo.len();
    } else {
        directory.refuse_second_attempt(shard)?;
    }
    progress(&state);
    if todo.is_empty() {
        return Ok(state);
    }
    let mut file = directory.new_attempt(shard, &options.attempt)?;
    let next = AtomicUsize::new(0);
    let abort = AtomicBool::new(false);
    let threads = options.threads.get().min(todo.len());
    let (sender, results) = bounded::<Result<CellResult, SweepError>>(2 * threads);
    let mut failure = None;
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (next, abort, todo) = (&next, &abort, &todo);
            scope.spawn(move || {
                let mut cache = Cache::default();
                while !stop.load(Ordering::Relaxed) && !abort.load(Ordering::Relaxed) {
                    let Some(&cell) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    let result = cell::evaluate(spec, cell, &mut cache);
                    if sender.send(result.map_err(SweepError::from)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match results.recv_timeout(INTERVAL) {
                Ok(result) => {
                    let written = result.and_then(|result| {
                        file.write(&result)?;
                        Ok(result)
                    });
                    match written {
                        Ok(result) => {
                            state.done += 1;
                            *state.outcomes.entry(result.outcome).or_default() += 1;
                        }
                        // A line may be torn now: nothing may follow it.
                        Err(error) => {
                            abort.store(true, Ordering::Relaxed);
                            failure = Some(error);
                            break;
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            progress(&state);
        }
        // Threads that wait for room in the channel see that nobody reads.
        drop(results);
    });
    match failure {
        Some(error) => Err(error),
        None => {
            file.sync()?;
            Ok(state)
        }
    }
}
