//! Computes the cells of a shard on a pool of threads.

use super::SweepError;
use super::cell::{self, Cache, CellResult};
use super::checkpoint::{self, Checkpoint, Keeper};
use super::directory::Directory;
use super::record::Attempt;
use super::shard::Shard;
use crossbeam_channel::{RecvTimeoutError, bounded};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
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
    /// Time after which the state of a running cell is kept, again and again.
    pub keep_every: Duration,
    /// What this attempt says about itself.
    pub attempt: Attempt,
}

/// Where a shard stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardProgress {
    /// Cells of the shard.
    pub total: usize,
    /// Cells that were done before this attempt.
    pub before: usize,
    /// Cells that this attempt has done.
    pub done: usize,
    /// Outcome classes of the cells that this attempt has done.
    pub outcomes: BTreeMap<String, usize>,
    /// Cells being computed, each with the step at which it stands.
    pub running: Vec<(usize, u64)>,
    /// Cells that stopped on the way and are kept where they stand.
    pub kept: usize,
    /// Why the state of a cell could not be kept.
    pub trouble: Vec<String>,
}

impl ShardProgress {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.before + self.done == self.total
    }
}

/// Between two calls of `progress` while nothing ends.
const INTERVAL: Duration = Duration::from_millis(100);

/// What a thread has to say of a cell.
enum CellNews {
    Done(Box<CellResult>),
    Kept,
    Lost(String),
}

/// What a thread is at, for those who look on.
struct At {
    // Its cell, or `NONE`.
    cell: AtomicUsize,
    step: AtomicU64,
}

impl At {
    const NONE: usize = usize::MAX;
}

/// Computes what is missing of a shard and writes each cell as it ends; cells that an
/// earlier attempt has left on the way go on from there. Once `stop` is set, it keeps
/// the cells in flight where they stand and returns.
///
/// # Errors
/// A shard that was run before, without `resume`; files that cannot be read or
/// written: what was finished before is kept.
pub fn run(
    directory: &Directory,
    options: &RunOptions,
    stop: &AtomicBool,
    mut progress: impl FnMut(&ShardProgress),
) -> Result<ShardProgress, SweepError> {
    let spec = directory.spec();
    let shard = options.shard;
    let mut todo = shard.cells(spec.grid().len(), spec.hash());
    let mut state = ShardProgress {
        total: todo.len(),
        ..ShardProgress::default()
    };
    if options.resume {
        let contents = directory.read()?;
        todo.retain(|&cell| !contents.has(cell));
        for cell in checkpoint::kept_cells(directory) {
            if contents.has(cell) {
                Checkpoint::of(directory, cell).remove();
            }
        }
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
    let (sender, results) = bounded::<Result<CellNews, SweepError>>(2 * threads);
    let mut failure = None;
    let at: Vec<At> = (0..threads)
        .map(|_| At {
            cell: AtomicUsize::new(At::NONE),
            step: AtomicU64::new(0),
        })
        .collect();
    thread::scope(|scope| {
        for at in &at {
            let sender = sender.clone();
            let (next, abort, todo) = (&next, &abort, &todo);
            scope.spawn(move || {
                let mut cache = Cache::default();
                while !stop.load(Ordering::Relaxed) && !abort.load(Ordering::Relaxed) {
                    let Some(&cell) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    at.step.store(0, Ordering::Relaxed);
                    at.cell.store(cell, Ordering::Relaxed);
                    let file = Checkpoint::of(directory, cell);
                    let mut keeper = Keeper::new(file, options.keep_every, stop, &at.step);
                    let result = cell::resumed(spec, cell, &mut cache, &mut keeper);
                    let news = match (result, keeper.trouble()) {
                        (Ok(Some(result)), _) => Ok(CellNews::Done(Box::new(result))),
                        (Ok(None), None) => Ok(CellNews::Kept),
                        (Ok(None), Some(trouble)) => Ok(CellNews::Lost(trouble.to_string())),
                        (Err(error), _) => Err(error.into()),
                    };
                    at.cell.store(At::NONE, Ordering::Relaxed);
                    if sender.send(news).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match results.recv_timeout(INTERVAL) {
                Ok(news) => {
                    let written = news.and_then(|news| {
                        if let CellNews::Done(result) = &news {
                            file.write(result)?;
                            let kept = Checkpoint::of(directory, result.cell);
                            if kept.exists() {
                                // Only then: there is always one of the two.
                                file.sync()?;
                                kept.remove();
                            }
                        }
                        Ok(news)
                    });
                    match written {
                        Ok(CellNews::Done(result)) => {
                            state.done += 1;
                            *state.outcomes.entry(result.outcome).or_default() += 1;
                        }
                        Ok(CellNews::Kept) => state.kept += 1,
                        Ok(CellNews::Lost(trouble)) => state.trouble.push(trouble),
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
            state.running = (at.iter())
                .map(|at| {
                    let cell = at.cell.load(Ordering::Relaxed);
                    (cell, at.step.load(Ordering::Relaxed))
                })
                .filter(|(cell, _)| *cell != At::NONE)
                .collect();
            progress(&state);
        }
        // Threads that wait for room in the channel see that nobody reads.
        drop(results);
    });
    match failure {
        Some(error) => Err(error),
        None => {
            file.sync()?;
            checkpoint::tidy(directory);
            state.running.clear();
            Ok(state)
        }
    }
}
