//! The curves of a figure on a pool of threads, each by the same path as
//! `grokscope run`.

use crate::sim::config::ValidConfig;
use crate::training::StartOptions;
use crate::training::headless::{HeadlessRun, train_until};
use crossbeam_channel::{Sender, bounded};
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// What is heard of the jobs while they run.
#[derive(Debug)]
pub enum Update {
    /// A job stands at this step.
    At {
        /// Its place in the list.
        job: usize,
        /// Steps trained.
        step: u64,
    },
    /// A job has ended.
    Done {
        /// Its place in the list.
        job: usize,
        /// Its run, or why there is none.
        run: Result<Box<HeadlessRun>, String>,
    },
}

/// Trains every config, at most `threads` at a time, until `stop` is set.
/// `every_column` measures the metrics that need Gram matrices at every recorded
/// row, as files need. `hear` is told on the calling thread how the jobs stand;
/// with `Break` it gives up the rest.
pub fn run(
    jobs: &[ValidConfig],
    threads: NonZero<usize>,
    every_column: bool,
    stop: &AtomicBool,
    mut hear: impl FnMut(Update) -> ControlFlow<()>,
) {
    let next = AtomicUsize::new(0);
    let abandoned = AtomicBool::new(false);
    let threads = threads.get().min(jobs.len());
    let (sender, updates) = bounded(2 * threads.max(1));
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (next, abandoned) = (&next, &abandoned);
            scope.spawn(move || {
                let over = || stop.load(Ordering::Relaxed) || abandoned.load(Ordering::Relaxed);
                while !over() {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    let Some(config) = jobs.get(job) else { break };
                    if one(job, config, every_column, &over, &sender).is_break() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for update in &updates {
            if hear(update).is_break() {
                abandoned.store(true, Ordering::Relaxed);
                break;
            }
        }
        // Threads that wait for room in the channel see that nobody listens.
        drop(updates);
    });
}

fn one(
    job: usize,
    config: &ValidConfig,
    every_column: bool,
    over: &dyn Fn() -> bool,
    sender: &Sender<Update>,
) -> ControlFlow<()> {
    let options = StartOptions {
        every_column,
        ..StartOptions::default()
    };
    let trained = train_until(config.clone(), None, options, |snapshot| {
        if let Some(snapshot) = snapshot {
            // A listener that lags behind hears of it the next time.
            let step = snapshot.step;
            let _ = sender.try_send(Update::At { job, step });
        }
        if over() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let run = match trained {
        Ok(None) => return ControlFlow::Break(()),
        Ok(Some(run)) => Ok(Box::new(run)),
        Err(problem) => Err(problem),
    };
    match sender.send(Update::Done { job, run }) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Config;

    fn jobs(n: u64, steps: u64) -> Vec<ValidConfig> {
        (0..n)
            .map(|seed| {
                let mut config = Config {
                    seed,
                    ..Config::default()
                };
                config.task.dim = 6;
                config.task.samples = 10;
                config.training.steps = steps;
                config.check().unwrap()
            })
            .collect()
    }

    const TWO: NonZero<usize> = NonZero::new(2).unwrap();

    #[test]
    fn every_job_ends_once_and_the_rows_do_not_depend_on_the_threads() {
        let jobs = jobs(5, 50);
        let rows = |threads| {
            let mut rows = vec![None; jobs.len()];
            run(&jobs, threads, true, &AtomicBool::new(false), |update| {
                if let Update::Done { job, run } = update {
                    assert!(rows[job].replace(run.unwrap().rows).is_none());
                }
                ControlFlow::Continue(())
            });
            rows
        };
        let one = rows(NonZero::<usize>::MIN);
        assert!(one.iter().all(|r| r.as_ref().is_some_and(|r| r.len() > 10)));
        assert_eq!(one, rows(TWO));
    }

    #[test]
    fn it_ends_early_when_told_to_and_when_nobody_listens() {
        let jobs = jobs(4, 10_000_000_000);
        let stop = AtomicBool::new(false);
        let mut done = 0;
        run(&jobs, TWO, false, &stop, |update| {
            done += usize::from(matches!(update, Update::Done { .. }));
            stop.store(true, Ordering::Relaxed);
            ControlFlow::Continue(())
        });
        assert_eq!(done, 0);
        run(&jobs, TWO, false, &AtomicBool::new(false), |_| {
            ControlFlow::Break(())
        });
    }
}
