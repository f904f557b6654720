//! A diagram that fills while it is looked at: coarse to fine, on threads that
//! leave a processor to the window.
//!
//! Only the newest request counts. A new one stops the cells in flight within one
//! evaluation of the gradient, and nothing of the one before lands any more: the
//! board is emptied under the same lock under which cells are put on it.

use super::cell::{self, Cache, Watch};
use super::diagram::{Cell, Layout, STRIDES};
use super::plan::Plan;
use super::shard::split_mix;
use super::spec::{Measures, Spec};
use crate::sim::LossPoint;
use crate::sim::config::EngineKind;
use crate::training::panics;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Names a request. Later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// Tolerance of the first passes: classes are then right but for a few cells at a
/// border, and crossing times within some per cent.
pub const DRAFT_TOLERANCE: f64 = 2e-2;
/// Points of a kept curve in each decade.
const CURVE_DENSITY: u32 = 8;

/// What came since it was last asked for.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// The request that it is about.
    pub generation: Generation,
    /// The spec and where its cells stand, once; or why there is none.
    pub begun: Option<Result<Arc<Begun>, String>>,
    /// Cells, in the order in which they were finished.
    pub cells: Vec<Arc<Cell>>,
    /// The first pass is over: a coarse picture of the whole is there. Time from
    /// the request.
    pub coarse: Option<Duration>,
    /// Every place is there, if only as a draft. Time from the request.
    pub whole: Option<Duration>,
    /// Everything is there. Time from the request.
    pub complete: Option<Duration>,
    /// Why the rest will not come.
    pub failed: Option<String>,
}

/// A request that is being worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// What `sweep run` would run.
    pub spec: Spec,
    /// Where its cells stand.
    pub layout: Layout,
}

/// The pool. Dropping it stops its threads.
pub struct Live {
    shared: Arc<Shared>,
}

struct Shared {
    newest: AtomicU64,
    board: Mutex<Board>,
    changed: Condvar,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Board {
    news: News,
    work: Option<Work>,
    closed: bool,
}

enum Work {
    Asked(Box<Plan>, Instant),
    Begun(Arc<Job>),
}

struct Job {
    generation: Generation,
    begun: Arc<Begun>,
    draft: Measures,
    tasks: Vec<Task>,
    /// Number of tasks in the first pass.
    coarse: usize,
    asked: Instant,
    progress: Mutex<PoolProgress>,
}

#[derive(Default)]
struct PoolProgress {
    next: usize,
    first_done: usize,
    done: usize,
}

/// What is over with a task.
#[derive(Default)]
struct Milestones {
    coarse: bool,
    whole: bool,
    complete: bool,
}

#[derive(Clone, Copy)]
struct Task {
    cell: usize,
    draft: bool,
}

/// Processors but one.
pub fn threads() -> NonZero<usize> {
    let all = thread::available_parallelism().map_or(1, NonZero::get);
    NonZero::new(all - 1).unwrap_or(NonZero::<usize>::MIN)
}

impl Live {
    /// Starts so many threads. `wake` is called whenever there is news that was
    /// not there when it was last taken.
    pub fn spawn(threads: NonZero<usize>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            newest: AtomicU64::new(0),
            board: Mutex::default(),
            changed: Condvar::new(),
            wake: Box::new(wake),
        });
        for k in 0..threads.get() {
            let work = Arc::clone(&shared);
            // One thread less only makes it slower; without any the request says so.
            if let Err(e) = thread::Builder::new()
                .name(format!("diagram {k}"))
                .spawn(move || work.work())
                && k == 0
            {
                shared.lock().news.failed = Some(format!("no thread can be started: {e}"));
            }
        }
        Self { shared }
    }

    /// Fills this diagram instead of the one before; never waits for it.
    pub fn request(&self, plan: Plan) -> Generation {
        let mut board = self.shared.lock();
        let generation = Generation(self.shared.newest.fetch_add(1, Ordering::AcqRel) + 1);
        board.news = News {
            generation,
            ..News::default()
        };
        board.work = Some(Work::Asked(Box::new(plan), Instant::now()));
        drop(board);
        self.shared.changed.notify_all();
        generation
    }

    /// Stops; what is there stays.
    pub fn stop(&self) {
        let mut board = self.shared.lock();
        let generation = Generation(self.shared.newest.fetch_add(1, Ordering::AcqRel) + 1);
        board.work = None;
        board.news.generation = generation;
    }

    /// What came since the last call; never waits for a cell.
    pub fn news(&self) -> News {
        let mut board = self.shared.lock();
        let generation = board.news.generation;
        std::mem::replace(
            &mut board.news,
            News {
                generation,
                ..News::default()
            },
        )
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let mut board = self.shared.lock();
        board.closed = true;
        board.work = None;
        self.shared.newest.fetch_add(1, Ordering::AcqRel);
        drop(board);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_newest(&self, generation: Generation) -> bool {
        self.newest.load(Ordering::Acquire) == generation.0
    }

    fn work(&self) {
        let mut cache = Cache::default();
        while let Some(job) = self.next_job() {
            while let Some(task) = job.take() {
                if !self.is_newest(job.generation) {
                    break;
                }
                let done = catch_unwind(AssertUnwindSafe(|| self.compute(&job, task, &mut cache)));
                match done {
                    Ok(Ok(Some(cell))) => self.put(&job, cell),
                    // Given up: a newer request came.
                    Ok(Ok(None)) => break,
                    Ok(Err(message)) => self.fail(&job, message),
                    Err(panic) => {
                        cache = Cache::default();
                        let reason = panics::reason(panic.as_ref());
                        self.fail(&job, format!("cell {} was given up: {reason}", task.cell));
                    }
                }
            }
            self.retire(&job);
        }
    }

    /// Waits for work; `None` at the end of the pool.
    fn next_job(&self) -> Option<Arc<Job>> {
        let mut board = self.lock();
        loop {
            if board.closed {
                return None;
            }
            match board.work.take() {
                None => {
                    board = (self.changed.wait(board)).unwrap_or_else(PoisonError::into_inner);
                }
                Some(Work::Begun(job)) => {
                    board.work = Some(Work::Begun(Arc::clone(&job)));
                    return Some(job);
                }
                Some(Work::Asked(plan, asked)) => {
                    let generation = board.news.generation;
                    // Checking thousands of cells takes a moment: others may ask.
                    drop(board);
                    let begun = begin(&plan);
                    board = self.lock();
                    if !self.is_newest(generation) {
                        continue;
                    }
                    board.news.begun = Some(begun.clone());
                    if let Ok(begun) = begun {
                        let job = Arc::new(Job::new(generation, begun, asked));
                        board.work = Some(Work::Begun(job));
                        self.changed.notify_all();
                    }
                    (self.wake)();
                }
            }
        }
    }

    /// Takes a job away that has no tasks left.
    fn retire(&self, job: &Arc<Job>) {
        let mut board = self.lock();
        if matches!(&board.work, Some(Work::Begun(current)) if Arc::ptr_eq(current, job)) {
            board.work = None;
        }
    }

    fn compute(&self, job: &Job, task: Task, cache: &mut Cache) -> Result<Option<Cell>, String> {
        let spec = &job.begun.spec;
        let mut curve: Vec<LossPoint> = Vec::new();
        let result = cell::watched(
            spec,
            task.cell,
            if task.draft {
                &job.draft
            } else {
                spec.measures()
            },
            cache,
            &mut Watch {
                samples_per_decade: CURVE_DENSITY,
                keep_going: &mut || self.is_newest(job.generation),
                on_sample: &mut |point| {
                    if curve.last().is_none_or(|last| last.step < point.step) {
                        curve.push(point);
                    }
                },
            },
        );
        let result = result.map_err(|e| e.to_string())?;
        Ok(result.map(|result| Cell {
            result,
            curve,
            draft: task.draft,
        }))
    }

    fn put(&self, job: &Job, cell: Cell) {
        let over = job.count(cell.draft);
        let mut board = self.lock();
        if board.news.generation != job.generation {
            return;
        }
        let idle = board.news.cells.is_empty();
        board.news.cells.push(Arc::new(cell));
        let elapsed = |is_over: bool, slot: &mut Option<Duration>| {
            if is_over {
                *slot = Some(job.asked.elapsed());
            }
        };
        elapsed(over.coarse, &mut board.news.coarse);
        elapsed(over.whole, &mut board.news.whole);
        elapsed(over.complete, &mut board.news.complete);
        drop(board);
        if idle || over.coarse || over.complete {
            (self.wake)();
        }
    }

    fn fail(&self, job: &Job, message: String) {
        let mut board = self.lock();
        if board.news.generation == job.generation {
            board.news.failed = Some(message);
            drop(board);
            (self.wake)();
        }
    }
}

fn begin(plan: &Plan) -> Result<Arc<Begun>, String> {
    let spec = plan.spec().map_err(|e| e.problem)?;
    let layout = Layout::of(spec.grid())?;
    Ok(Arc::new(Begun { spec, layout }))
}

impl Job {
    fn new(generation: Generation, begun: Arc<Begun>, asked: Instant) -> Self {
        let measures = begun.spec.measures().clone();
        let draft = Measures {
            tolerance: measures.tolerance.max(DRAFT_TOLERANCE),
            ..measures
        };
        // The tolerance is that of the flow alone.
        let engine = begun.spec.config(0).map(|c| c.training.engine);
        let drafts = draft != *begun.spec.measures() && engine == Ok(EngineKind::Flow);
        let (tasks, coarse) = order(&begun.layout, begun.spec.hash(), drafts);
        Self {
            generation,
            begun,
            draft,
            tasks,
            coarse,
            asked,
            progress: Mutex::default(),
        }
    }

    fn take(&self) -> Option<Task> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let task = self.tasks.get(progress.next).copied();
        progress.next += 1;
        task
    }

    /// Counts a finished task.
    fn count(&self, draft: bool) -> Milestones {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let places = self.begun.layout.places().count();
        let mut over = Milestones::default();
        // The tasks of the first seed come first, and as drafts if there are any.
        if draft == self.tasks.first().is_some_and(|t| t.draft) && progress.first_done < places {
            progress.first_done += 1;
            over.coarse = progress.first_done == self.coarse;
            over.whole = progress.first_done == places;
        }
        progress.done += 1;
        over.complete = progress.done == self.tasks.len();
        over
    }
}

/// The order of the tasks, and the length of the first pass: every fourth place,
/// every second, all of them, each pass scattered by a seed; first as drafts if
/// `drafts`. Further seeds come last: they share data and weights.
fn order(layout: &Layout, seed: u64, drafts: bool) -> (Vec<Task>, usize) {
    let mut passes: Vec<Vec<[usize; 2]>> = vec![Vec::new(); STRIDES.len()];
    for [x, y] in layout.places() {
        let pass = (STRIDES.iter()).position(|s| x.is_multiple_of(*s) && y.is_multiple_of(*s));
        passes[pass.unwrap_or(STRIDES.len() - 1)].push([x, y]);
    }
    for pass in &mut passes {
        pass.sort_by_key(|&place| split_mix(seed, layout.cell(place, 0) as u64));
    }
    let coarse = passes[0].len();
    let scattered: Vec<[usize; 2]> = passes.into_iter().flatten().collect();
    let mut tasks = Vec::new();
    let mut add = |seed: usize, draft: bool| {
        tasks.extend(scattered.iter().map(|&place| Task {
            cell: layout.cell(place, seed),
            draft,
        }));
    };
    if drafts {
        add(0, true);
    }
    for seed in 0..layout.seeds {
        add(seed, false);
    }
    (tasks, coarse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        Layout::of(Spec::parse(text).expect("valid").grid()).expect("two axes")
    }

    #[test]
    fn every_cell_comes_once_and_the_coarse_ones_first() {
        let layout = layout(
            "[axes]\n\"network.alpha\" = { from = 1, to = 2, count = 9 }\n\
             \"network.epsilon\" = { from = 1, to = 2, count = 6 }\nseed = [1, 2]",
        );
        for drafts in [false, true] {
            let (tasks, coarse) = order(&layout, 3, drafts);
            assert_eq!(coarse, 3 * 2);
            let mut exact: Vec<usize> = tasks.iter().filter(|t| !t.draft).map(|t| t.cell).collect();
            exact.sort_unstable();
            assert_eq!(exact, (0..9 * 6 * 2).collect::<Vec<_>>());
            let first: Vec<usize> = tasks[..coarse].iter().map(|t| t.cell).collect();
            for x in [0, 4, 8] {
                for y in [0, 4] {
                    assert!(first.contains(&layout.cell([x, y], 0)));
                }
            }
            assert_eq!(tasks.len(), 108 + if drafts { 54 } else { 0 });
        }
    }
}
