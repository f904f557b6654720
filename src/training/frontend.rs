//! The three faces of the worker (window, command line, test) behind one trait.

use super::{Event, RunId, WorkerHandle};
use std::time::{Duration, Instant};

/// Something that shows or stores what the worker reports.
pub trait Frontend {
    /// The run it shows; events of other runs are stale and dropped.
    fn current_run(&self) -> Option<RunId>;

    /// Takes one event of the current run.
    fn handle(&mut self, event: Event);
}

/// Hands waiting events to a frontend without ever blocking, for at most
/// `budget`. Returns whether more may be waiting.
pub fn pump(worker: &WorkerHandle, frontend: &mut dyn Frontend, budget: Duration) -> bool {
    let start = Instant::now();
    while let Some(event) = worker.try_event() {
        if frontend.current_run() == Some(event.run()) {
            frontend.handle(event);
        }
        if start.elapsed() >= budget {
            return true;
        }
    }
    false
}
