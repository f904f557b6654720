//! A piece of work that would make the worker deaf, on a thread of its own: the
//! worker goes on listening, and gives the piece up where it is no longer wanted.
//!
//! A matrix product or an eigendecomposition cannot be interrupted: a piece that was
//! given up ends with the stage that it is in, and what it made is dropped there. No
//! more than [`MOST`] threads are at work at once, so that neither memory nor
//! processors run out however fast runs are started.

use super::panics;
use crossbeam_channel::{Receiver, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Threads that may be at work at once: the one that is wanted, and two that were
/// given up and have not noticed yet.
pub(super) const MOST: usize = 3;
/// What a machine does in a second, in multiplications, until it has been seen.
const FIRST_GUESS: f64 = 3e9;
/// Work too short to tell the speed by.
const TOO_SHORT: Duration = Duration::from_millis(50);

/// What a piece is told and tells while it works.
#[derive(Debug)]
pub(super) struct Watch {
    stages: Vec<Stage>,
    at: AtomicUsize,
    hurried: AtomicBool,
}

/// A part of a piece.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    /// What is done in it, for the user.
    pub what: String,
    /// What it costs, in multiplications.
    pub cost: f64,
}

impl Watch {
    /// Of work in these stages.
    pub fn new(stages: Vec<Stage>) -> Arc<Self> {
        Arc::new(Self {
            stages,
            at: AtomicUsize::new(0),
            hurried: AtomicBool::new(false),
        })
    }

    /// The stage with this number begins.
    pub fn enter(&self, stage: usize) {
        self.at.store(stage, Ordering::Relaxed);
    }

    /// Whether it is to end as soon as it can.
    pub fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Relaxed)
    }

    fn hurry(&self) {
        self.hurried.store(true, Ordering::Relaxed);
    }
}

/// The threads at work, and how fast they are.
#[derive(Debug)]
pub(super) struct Pieces {
    alive: Arc<AtomicUsize>,
    // Multiplications a second.
    speed: f64,
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            alive: Arc::default(),
            speed: FIRST_GUESS,
        }
    }
}

/// Counts a thread as long as it lives, also through a panic.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Pieces {
    /// Whether another thread may begin.
    pub fn has_room(&self) -> bool {
        self.alive.load(Ordering::Acquire) < MOST
    }

    /// Begins work on a thread of its own.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn begin<T: Send + 'static>(
        &self,
        watch: &Arc<Watch>,
        work: impl FnOnce(&Watch) -> T + Send + 'static,
    ) -> std::io::Result<Piece<T>> {
        let (sender, result) = bounded(1);
        self.alive.fetch_add(1, Ordering::Acquire);
        let alive = Alive(Arc::clone(&self.alive));
        let theirs = Arc::clone(watch);
        std::thread::Builder::new()
            .name("training, long work".into())
            .spawn(move || {
                let made = catch_unwind(AssertUnwindSafe(|| work(&theirs)));
                // Nobody may be waiting any more; what was made is dropped then,
                // before the thread counts as gone.
                drop(sender.send(made.map_err(|panic| panics::reason(panic.as_ref()).to_owned())));
                drop(alive);
            })?;
        Ok(Piece {
            result,
            watch: Arc::clone(watch),
            begun: Instant::now(),
            stage: (0, Instant::now()),
        })
    }

    /// Learns from work that is done.
    pub fn observe(&mut self, cost: f64, took: Duration) {
        if took >= TOO_SHORT && cost > 0.0 {
            // The model is rough: half old, half new.
            self.speed = (self.speed * (cost / took.as_secs_f64())).sqrt();
        }
    }

    /// How far a piece is by its stages and the machine's speed.
    pub fn progress<T>(&self, piece: &mut Piece<T>) -> PieceProgress {
        /// A stage may take longer than was thought: it is not done before it is.
        const NEARLY: f64 = 0.95;
        let watch = &piece.watch;
        let at = watch.at.load(Ordering::Relaxed);
        if piece.stage.0 != at {
            piece.stage = (at, Instant::now());
        }
        let cost = |stages: &[Stage]| stages.iter().map(|s| s.cost).sum::<f64>();
        let stages = &watch.stages;
        let (before, rest) = stages.split_at(at.min(stages.len()));
        let (this, total) = (rest.first(), cost(stages).max(1.0));
        let within = piece.stage.1.elapsed().as_secs_f64() * self.speed;
        let done = cost(before) + within.min(this.map_or(0.0, |s| s.cost) * NEARLY);
        PieceProgress {
            what: this.map(|s| s.what.clone()).unwrap_or_default(),
            share: (done / total).clamp(0.0, 1.0),
            seconds_left: (total - done) / self.speed,
        }
    }
}

/// How far a piece is, as far as can be told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PieceProgress {
    /// What it is doing.
    pub what: String,
    /// The share that is done, from 0 to 1.
    pub share: f64,
    /// Seconds that the rest takes.
    pub seconds_left: f64,
}

/// Work under way. Dropped, it is given up.
pub(super) struct Piece<T> {
    result: Receiver<Result<T, String>>,
    watch: Arc<Watch>,
    begun: Instant,
    stage: (usize, Instant),
}

impl<T> Piece<T> {
    /// What it comes to, or why it panicked.
    pub fn result(&self) -> &Receiver<Result<T, String>> {
        &self.result
    }

    /// It is to end as soon as it can, with what it has.
    pub fn hurry(&self) {
        self.watch.hurry();
    }

    /// For how long it has been at work.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl<T> Drop for Piece<T> {
    fn drop(&mut self) {
        self.watch.hurry();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_stages() -> Arc<Watch> {
        Watch::new(
            ["first", "second"]
                .map(|what| Stage {
                    what: what.into(),
                    cost: 1e9,
                })
                .into(),
        )
    }

    #[test]
    fn pieces_that_were_given_up_count_until_they_end_and_are_told_to() {
        let pieces = Pieces::default();
        let (release, held) = bounded::<()>(0);
        for _ in 0..MOST {
            let held = held.clone();
            let work = move |watch: &Watch| {
                let _ = held.recv();
                watch.is_hurried()
            };
            drop(pieces.begin(&two_stages(), work).unwrap());
        }
        assert!(!pieces.has_room());
        drop(release);
        let start = Instant::now();
        while !pieces.has_room() {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::yield_now();
        }
        let watch = two_stages();
        let piece = pieces.begin(&watch, |watch| {
            while !watch.is_hurried() {
                std::thread::yield_now();
            }
            7
        });
        let piece = piece.unwrap();
        piece.hurry();
        assert_eq!(piece.result().recv().unwrap(), Ok(7));
    }

    #[test]
    fn a_panic_is_a_result() {
        let pieces = Pieces::default();
        let piece = pieces.begin(&two_stages(), |_| -> u8 { panic!("no luck") });
        let result = piece.unwrap().result().recv().unwrap();
        assert_eq!(result, Err("no luck".into()));
    }

    #[test]
    fn progress_goes_by_stages_and_never_runs_ahead_of_one() {
        let mut pieces = Pieces::default();
        let watch = two_stages();
        let mut piece = pieces.begin(&watch, |_| ()).unwrap();
        piece.stage.1 = Instant::now()
            .checked_sub(Duration::from_secs(1_000))
            .unwrap();
        let first = pieces.progress(&mut piece);
        assert!(first.what == "first" && (0.4..0.5).contains(&first.share));
        watch.enter(1);
        let second = pieces.progress(&mut piece);
        assert!(second.what == "second" && (0.5..1.0).contains(&second.share));
        assert!(second.seconds_left < first.seconds_left);
        let before = pieces.speed;
        pieces.observe(1e9, Duration::from_secs(10));
        assert!(pieces.speed < before && pieces.speed > 1e8);
    }
}
