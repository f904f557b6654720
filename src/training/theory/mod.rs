//! The theory thread: the whole curve of a run before it is trained, and the
//! lazy model beside it.
//!
//! Only the newest request matters, and of its answers only the newest: both
//! go through [`Latest`]. A new request stops the computation for the one
//! before.

mod answers;
mod path;
mod solve;

pub use answers::{
    Answer, FeatureView, Forecast, KernelView, LazyCurve, LazyMovements, MovementRequest,
    PathRequest, PathView, TheoryRequest, WeightsRequest,
};
use answers::{Answers, Gathered, NOT_RUNNING};

use super::panics;
use super::protocol::{Latest, RunId};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use solve::Solver;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

struct Pending {
    generation: u64,
    asked: Instant,
    request: TheoryRequest,
}

/// The window's end. Dropping it stops the computation and ends the thread.
pub struct TheoryHandle {
    request_sent: Sender<()>,
    newest: Arc<AtomicU64>,
    pending: Latest<Pending>,
    pending_kernel: Latest<WeightsRequest>,
    pending_features: Latest<WeightsRequest>,
    pending_path: Latest<PathRequest>,
    pending_movements: Gathered<MovementRequest>,
    answers: Answers,
}

impl TheoryHandle {
    /// Starts the theory thread. `wake` is called whenever there is an answer.
    pub fn spawn(wake: impl Fn() + Send + 'static) -> Self {
        let (request_sent, requested) = bounded(1);
        let handle = Self {
            request_sent,
            newest: Arc::default(),
            pending: Latest::default(),
            pending_kernel: Latest::default(),
            pending_features: Latest::default(),
            pending_path: Latest::default(),
            pending_movements: Gathered::default(),
            answers: Answers::default(),
        };
        let thread = Thread {
            requested,
            newest: Arc::clone(&handle.newest),
            pending: handle.pending.clone(),
            pending_kernel: handle.pending_kernel.clone(),
            pending_features: handle.pending_features.clone(),
            pending_path: handle.pending_path.clone(),
            pending_movements: handle.pending_movements.clone(),
            answers: handle.answers.clone(),
            wake: Box::new(wake),
        };
        // Without the thread every request is answered by a failure.
        std::thread::Builder::new()
            .name("theory".into())
            .spawn(move || thread.work())
            .map(drop)
            .unwrap_or_else(|e| eprintln!("grokscope: the theory thread cannot be started: {e}"));
        handle
    }

    /// Asks about a run instead of whatever was asked before; never blocks.
    /// Returns the number that its answers carry.
    pub fn request(&self, request: TheoryRequest) -> u64 {
        let run = request.run;
        let generation = self.newest.fetch_add(1, Ordering::AcqRel) + 1;
        self.pending.put(Pending {
            generation,
            asked: Instant::now(),
            request,
        });
        if let Err(TrySendError::Disconnected(())) = self.request_sent.try_send(()) {
            self.answers.fail(run, generation, NOT_RUNNING);
        }
        generation
    }

    /// Asks for the kernel's spectrum instead of the one asked for before; never
    /// blocks. It comes after a forecast that waits.
    pub fn request_kernel(&self, request: WeightsRequest) {
        let run = request.theory.run;
        self.pending_kernel.put(request);
        if let Err(TrySendError::Disconnected(())) = self.request_sent.try_send(()) {
            let result = Err(NOT_RUNNING.to_owned());
            self.answers.kernel.put(Answer {
                run,
                request: 0,
                result,
            });
        }
    }

    /// Asks for the neurons in the plane of the target instead of those asked
    /// for before; never blocks. They come after a forecast that waits.
    pub fn request_features(&self, request: WeightsRequest) {
        let run = request.theory.run;
        self.pending_features.put(request);
        if let Err(TrySendError::Disconnected(())) = self.request_sent.try_send(()) {
            let result = Err(NOT_RUNNING.to_owned());
            self.answers.features.put(Answer {
                run,
                request: 0,
                result,
            });
        }
    }

    /// Asks for the path of a run instead of the one asked for before; never blocks.
    /// It comes after a forecast that waits.
    pub fn request_path(&self, request: PathRequest) {
        let run = request.now.theory.run;
        self.pending_path.put(request);
        if let Err(TrySendError::Disconnected(())) = self.request_sent.try_send(()) {
            let result = Err(NOT_RUNNING.to_owned());
            self.answers.path.put(Answer {
                run,
                request: 0,
                result,
            });
        }
    }

    /// Asks how far the lazy solutions of runs are, besides what was asked before; never
    /// blocks. All else comes first.
    pub fn request_movements(&self, requests: Vec<MovementRequest>) {
        if requests.is_empty() {
            return;
        }
        let runs: Vec<RunId> = requests.iter().map(|request| request.run).collect();
        self.pending_movements.add(requests);
        if let Err(TrySendError::Disconnected(())) = self.request_sent.try_send(()) {
            let none = runs.into_iter().map(|run| (run, f64::NAN));
            self.answers.movements.add(none);
        }
    }

    /// The movements that came since the last call.
    pub fn movements(&self) -> LazyMovements {
        self.answers.movements.take()
    }

    /// The newest path, if one came since the last call.
    pub fn path(&self) -> Option<Answer<PathView>> {
        self.answers.path.take()
    }

    /// The newest neurons, if some came since the last call.
    pub fn features(&self) -> Option<Answer<FeatureView>> {
        self.answers.features.take()
    }

    /// The newest spectra, if some came since the last call.
    pub fn kernel(&self) -> Option<Answer<KernelView>> {
        self.answers.kernel.take()
    }

    /// The newest forecast, if one came since the last call.
    pub fn forecast(&self) -> Option<Answer<Forecast>> {
        self.answers.forecast.take()
    }

    /// The newest lazy model, if one came since the last call.
    pub fn lazy(&self) -> Option<Answer<LazyCurve>> {
        self.answers.lazy.take()
    }
}

impl Drop for TheoryHandle {
    fn drop(&mut self) {
        self.newest.fetch_add(1, Ordering::AcqRel);
    }
}

struct Thread {
    requested: Receiver<()>,
    newest: Arc<AtomicU64>,
    pending: Latest<Pending>,
    pending_kernel: Latest<WeightsRequest>,
    pending_features: Latest<WeightsRequest>,
    pending_path: Latest<PathRequest>,
    pending_movements: Gathered<MovementRequest>,
    answers: Answers,
    wake: Box<dyn Fn() + Send>,
}

impl Thread {
    fn work(&self) {
        let mut solver = Solver::default();
        loop {
            // What is left of a long list, or a ring.
            if !self.next_movement(&mut solver) && self.requested.recv().is_err() {
                return;
            }
            // One ring may stand for all of them, and for several of each.
            while let Some(pending) = self.pending.take() {
                self.look_ahead(&mut solver, &pending);
            }
            if let Some(request) = self.pending_kernel.take() {
                let run = request.theory.run;
                let result = guarded(&mut solver, |solver| solver.kernel(&request));
                self.answers.kernel.put(Answer {
                    run,
                    request: 0,
                    result,
                });
                (self.wake)();
            }
            if let Some(request) = self.pending_features.take() {
                let run = request.theory.run;
                let result = guarded(&mut solver, |solver| solver.features(&request));
                self.answers.features.put(Answer {
                    run,
                    request: 0,
                    result,
                });
                (self.wake)();
            }
            if let Some(request) = self.pending_path.take() {
                let run = request.now.theory.run;
                // A run that is asked about instead must not wait for this one's end.
                let asked = self.newest.load(Ordering::Acquire);
                let is_over = || self.newest.load(Ordering::Acquire) != asked;
                let result = guarded(&mut solver, |solver| solver.path(&request, &is_over));
                self.answers.path.put(Answer {
                    run,
                    request: 0,
                    result,
                });
                (self.wake)();
            }
        }
    }

    /// Computes the movement of one lazy solution, where that is asked for and nothing
    /// else is.
    fn next_movement(&self, solver: &mut Solver) -> bool {
        if !self.requested.is_empty() {
            return false;
        }
        let Some(request) = self.pending_movements.first() else {
            return false;
        };
        let movement = guarded(solver, |solver| solver.lazy_movement(&request));
        let movement = (request.run, movement.unwrap_or(f64::NAN));
        self.answers.movements.add([movement]);
        (self.wake)();
        true
    }

    fn look_ahead(&self, solver: &mut Solver, pending: &Pending) {
        let run = pending.request.run;
        let job = Job {
            thread: self,
            generation: pending.generation,
            asked: pending.asked,
            run,
        };
        if let Err(message) = guarded(solver, |solver| solver.solve(&pending.request, &job)) {
            self.answers.fail(run, pending.generation, &message);
            (self.wake)();
        }
    }
}

/// Does the work; a panic in it becomes a message and a new solver: whatever it
/// was changing is not to be trusted.
fn guarded<T>(
    solver: &mut Solver,
    work: impl FnOnce(&mut Solver) -> Result<T, String>,
) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(|| work(solver))).unwrap_or_else(|panic| {
        *solver = Solver::default();
        let reason = panics::reason(panic.as_ref());
        Err(format!("the computation was given up: {reason}"))
    })
}

/// The request being answered.
struct Job<'a> {
    thread: &'a Thread,
    generation: u64,
    asked: Instant,
    run: RunId,
}

impl Job<'_> {
    /// A newer request came, or the handle is gone.
    fn is_cancelled(&self) -> bool {
        self.thread.newest.load(Ordering::Acquire) != self.generation
    }

    fn latency(&self) -> Duration {
        self.asked.elapsed()
    }

    fn forecast(&self, result: Result<Forecast, String>) {
        let run = self.run;
        self.thread.answers.forecast.put(Answer {
            run,
            request: self.generation,
            result,
        });
        (self.thread.wake)();
    }

    fn lazy(&self, result: Result<LazyCurve, String>) {
        let run = self.run;
        self.thread.answers.lazy.put(Answer {
            run,
            request: self.generation,
            result,
        });
        (self.thread.wake)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_message() {
        let mut solver = Solver::default();
        let failed = guarded(&mut solver, |_| -> Result<(), String> {
            panic!("no {}", "x")
        });
        assert_eq!(failed, Err("the computation was given up: no x".into()));
        assert_eq!(guarded(&mut solver, |_| Ok(3)), Ok(3));
    }
}
