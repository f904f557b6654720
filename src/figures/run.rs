//! The curves of a figure on a pool of threads.

use super::measured::{AUTHORS, Measured, Row};
use super::spec::{Curve, Figure};
use crate::sim::Simulation;
use crate::sim::committee::linearized::LazyTime;
use crate::sim::config::ValidConfig;
use crate::training::headless::{HeadlessRun, train_until};
use crate::training::{Finish, RunInfo};
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

/// Trains every config, at most `threads` at a time, until `stop` is set. With
/// `every_column` each goes the way of `grokscope run`, as files need; without,
/// only the cheap metrics are measured. `on_update` is told on the calling thread how the jobs stand;
/// with `Break` it gives up the rest.
pub fn run(
    jobs: &[ValidConfig],
    threads: NonZero<usize>,
    every_column: bool,
    stop: &AtomicBool,
    mut on_update: impl FnMut(Update) -> ControlFlow<()>,
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
            if on_update(update).is_break() {
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
    if !every_column {
        let run = match alone(config, false, over) {
            Ok(None) => return ControlFlow::Break(()),
            Ok(Some(run)) => Ok(Box::new(run)),
            Err(problem) => Err(problem),
        };
        return match sender.send(Update::Done { job, run }) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
    }
    let stop = AtomicBool::new(false);
    let trained = train_until(config.clone(), None, &stop, |stand| {
        // A listener that lags behind hears of it the next time.
        let step = stand.snapshot.map_or(0, |s| s.step);
        let _ = sender.try_send(Update::At { job, step });
        stop.store(over(), Ordering::Relaxed);
    });
    if over() {
        return ControlFlow::Break(());
    }
    match sender.send(Update::Done {
        job,
        run: trained.map(Box::new),
    }) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// Test loss of regression with a run's initial kernel, where there is one.
pub fn kernel_regression(config: &ValidConfig) -> Option<f64> {
    let simulation = Simulation::new(config, None).ok()?;
    let committee = simulation.committee()?;
    let lazy = committee.linearized(simulation.training()).ok()?;
    let losses = lazy.losses(&LazyTime::Limit);
    losses.test.or(losses.sample_test)
}

/// The table of a figure: every curve for the authors' draw, by its own engine, and
/// for this many other seeds. `on_update` is told how many of all runs are done; with
/// `Break` it gives up.
///
/// # Errors
/// Which run could not be made and why, or that it was given up.
pub fn measure(
    figure: &Figure,
    seeds: u64,
    threads: NonZero<usize>,
    stop: &AtomicBool,
    mut on_update: impl FnMut(usize, usize),
) -> Result<Measured, String> {
    let mut jobs = Vec::new();
    for curve in &figure.curves {
        for k in 0..=seeds {
            jobs.push(job(figure, curve, k)?);
        }
    }
    let rows = rows_of(&jobs, figure.measures_costly, threads, stop, &mut on_update)?;
    Ok(Measured::new(rows))
}

/// The k-th draw of a curve for the table: the authors' first.
///
/// # Errors
/// Settings that cannot be used.
pub fn job<'a>(figure: &Figure, curve: &'a Curve, k: u64) -> Result<DrawJob<'a>, String> {
    let mut config = figure.draw(curve, k);
    let engine = if k == 0 {
        figure.authors
    } else {
        figure.others
    };
    if let Some(engine) = engine {
        config.training.engine = engine;
    }
    let draw = match k {
        0 => AUTHORS.to_owned(),
        _ => config.seed.to_string(),
    };
    let config = config
        .check()
        .map_err(|e| format!("{}: {e}", curve.label))?;
    Ok((curve, draw, config))
}

/// A curve, the name of a draw, and the settings for it.
pub type DrawJob<'a> = (&'a Curve, String, ValidConfig);

/// What each job came to, in their order.
///
/// # Errors
/// As [`measure`].
pub fn rows_of(
    jobs: &[DrawJob<'_>],
    every_column: bool,
    threads: NonZero<usize>,
    stop: &AtomicBool,
    on_update: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Row>, String> {
    let next = AtomicUsize::new(0);
    let (sender, done) = bounded(jobs.len().max(1));
    let mut rows: Vec<Option<Row>> = jobs.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads.get().min(jobs.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                let over = || stop.load(Ordering::Relaxed);
                while let Some((curve, draw, config)) =
                    jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let row = match alone(config, every_column, &over) {
                        Ok(Some(run)) => Ok(Row::of(curve, draw, &run)),
                        Ok(None) => Err("told to stop".to_owned()),
                        Err(why) => Err(format!("{}, draw {draw}: {why}", curve.label)),
                    };
                    let job = jobs
                        .iter()
                        .position(|(c, d, _)| (c.name == curve.name) && d == draw);
                    let _ = sender.send((job, row));
                    if over() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut count = 0;
        for (job, row) in done {
            count += 1;
            on_update(count, jobs.len());
            if let Some(slot) = job.and_then(|job| rows.get_mut(job)) {
                *slot = Some(row?);
            }
        }
        Ok::<(), String>(())
    })?;
    let rows: Option<Vec<Row>> = rows.into_iter().collect();
    rows.ok_or_else(|| "told to stop".into())
}

/// Steps between two looks at whether the run is still wanted.
const CHUNK: u64 = 256;

/// A run on the calling thread, with the cheap metrics alone unless every column is
/// asked for; `None` where `over` ended it.
///
/// # Errors
/// Why the run could not be made.
pub fn alone(
    config: &ValidConfig,
    every_column: bool,
    over: &dyn Fn() -> bool,
) -> Result<Option<HeadlessRun>, String> {
    let mut simulation = Simulation::new(config, None).map_err(|e| e.to_string())?;
    let info = RunInfo::of(&simulation);
    let chunk = if simulation.jumps() { u64::MAX } else { CHUNK };
    let mut rows = vec![simulation.record(every_column)];
    while !simulation.is_finished() {
        if over() {
            return Ok(None);
        }
        if simulation.advance(chunk) {
            rows.push(simulation.record(every_column));
        }
    }
    let finish = Finish {
        step: simulation.step(),
        verdict: Box::new(simulation.verdict()),
        training_seconds: 0.0,
        measuring_seconds: 0.0,
        preparing_seconds: 0.0,
        changed_live: false,
    };
    Ok(Some(HeadlessRun { info, rows, finish }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Config;
    use crate::sim::metrics::Metric;

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
    fn a_run_with_the_cheap_metrics_alone_has_the_same_losses() {
        let jobs = jobs(2, 300);
        let rows = |every_column| {
            let mut rows = vec![Vec::new(); jobs.len()];
            let stop = AtomicBool::new(false);
            run(&jobs, TWO, every_column, &stop, |update| {
                if let Update::Done { job, run } = update {
                    rows[job] = run.unwrap().rows;
                }
                ControlFlow::Continue(())
            });
            rows.into_iter().flatten()
        };
        let (mut seen, mut gram) = (0, 0);
        for (cheap, every) in rows(false).zip(rows(true)) {
            assert_eq!(cheap.step, every.step);
            for metric in [Metric::TrainLoss, Metric::TestLoss, Metric::ParamMovement] {
                assert_eq!(cheap.get(metric), every.get(metric));
            }
            seen += 1;
            gram += usize::from(cheap.get(Metric::NtkDrift).is_some());
        }
        assert!(seen > 100 && gram == 0);
    }

    #[test]
    fn it_ends_early_when_told_to_and_when_nobody_listens() {
        let jobs = jobs(4, 10_000_000_000);
        let stop = AtomicBool::new(false);
        let mut done = 0;
        run(&jobs, TWO, true, &stop, |update| {
            done += usize::from(matches!(update, Update::Done { .. }));
            stop.store(true, Ordering::Relaxed);
            ControlFlow::Continue(())
        });
        assert_eq!(done, 0);
        run(&jobs, TWO, true, &AtomicBool::new(false), |_| {
            ControlFlow::Break(())
        });
    }
    #[test]
    fn a_run_with_the_cheap_metrics_alone_ends_when_it_is_no_longer_wanted() {
        let jobs = jobs(1, 10_000_000_000);
        let asked = std::cell::Cell::new(0);
        let over = || {
            asked.set(asked.get() + 1);
            asked.get() > 5
        };
        assert!(alone(&jobs[0], false, &over).unwrap().is_none());
    }
}
