//! Training without a window: a frontend of the worker that collects one run.

use crate::sim::committee::instance::Instance;
use crate::sim::config::ValidConfig;
use crate::sim::metrics::Row;
use crate::training::{
    Command, Event, Finish, Frontend, RunId, RunInfo, Snapshot, StartOptions, WorkerHandle,
    Working, pump,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A run from start to end, with every column of every recorded row.
#[derive(Clone, Debug)]
pub struct HeadlessRun {
    /// What was known before the first step.
    pub info: RunInfo,
    /// Every recorded row, in order.
    pub rows: Vec<Row>,
    /// How it ended.
    pub finish: Finish,
}

/// Collects what the worker reports about one run.
#[derive(Default)]
struct Collector {
    info: Option<RunInfo>,
    rows: Vec<Row>,
    end: Option<Result<Finish, String>>,
    working: Option<Working>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
pub struct Stand<'a> {
    /// The newest state; none while the run is being prepared.
    pub snapshot: Option<&'a Snapshot>,
    /// Something long that it is at.
    pub working: Option<&'a Working>,
}

const RUN: RunId = RunId(1);

impl Frontend for Collector {
    fn current_run(&self) -> Option<RunId> {
        Some(RUN)
    }

    fn handle(&mut self, event: Event) {
        self.working = None;
        match event {
            Event::Working { working, .. } => self.working = Some(working),
            Event::Started { info, .. } => self.info = Some(*info),
            Event::Rows { rows, .. } => self.rows.extend(rows),
            // Asked for by nobody here; the rows so far are void all the same.
            Event::LearningRateLowered { .. } => self.rows.clear(),
            Event::Changed { config, .. } => {
                if let Some(info) = &mut self.info {
                    info.config = *config;
                }
            }
            Event::Finished { finish, .. } => self.end = Some(Ok(finish)),
            Event::Failed { message, .. } => self.end = Some(Err(message)),
        }
    }
}

/// Trains to the horizon. `progress` is told where the run stands some ten times a
/// second, also while it is prepared.
///
/// # Errors
/// What the worker reports where the run could not be made or failed.
pub fn train(
    config: ValidConfig,
    instance: Option<Arc<Instance>>,
    progress: impl FnMut(Stand<'_>),
) -> Result<HeadlessRun, String> {
    train_until(config, instance, &AtomicBool::new(false), progress)
}

/// The same, but ends where the run stands once `stop` is set.
///
/// # Errors
/// As [`train`].
pub fn train_until(
    config: ValidConfig,
    instance: Option<Arc<Instance>>,
    stop: &AtomicBool,
    mut progress: impl FnMut(Stand<'_>),
) -> Result<HeadlessRun, String> {
    /// Often enough for a smooth bar, seldom enough to cost nothing.
    const INTERVAL: Duration = Duration::from_millis(100);
    let worker = WorkerHandle::spawn(|| {});
    worker.send(Command::Start {
        run: RUN,
        config: Box::new(config),
        instance,
        options: StartOptions {
            every_column: true,
            ..StartOptions::default()
        },
    });
    let mut collector = Collector::default();
    let mut told = false;
    let mut newest = None;
    let finish = loop {
        if stop.load(Ordering::Relaxed) && !told {
            worker.send(Command::Stop);
            told = true;
        }
        if let Some(event) = worker.event_timeout(INTERVAL) {
            if collector.current_run() == Some(event.run()) {
                collector.handle(event);
            }
            pump(&worker, &mut collector, INTERVAL);
        }
        if let Some(end) = collector.end.take() {
            break end?;
        }
        newest = worker.latest().or(newest);
        progress(Stand {
            snapshot: newest.as_ref(),
            working: collector.working.as_ref(),
        });
    };
    let info = collector
        .info
        .ok_or("the run ended before it had begun; please report this")?;
    Ok(HeadlessRun {
        info,
        rows: collector.rows,
        finish,
    })
}
