//! A run that is recorded by itself, beside the one on screen.

use crate::{
    history::Run,
    training::{Event, Frontend, RunId, WorkerHandle, pump},
};
use std::time::Duration;

/// Time that events may take in one frame.
const EVENT_BUDGET: Duration = Duration::from_millis(4);

struct Collector<'a>(&'a mut Run);

impl Frontend for Collector<'_> {
    fn current_run(&self) -> Option<RunId> {
        Some(self.0.id())
    }

    fn handle(&mut self, event: Event) {
        self.0.handle(&event);
    }
}

/// Takes in what a worker has to say of its run.
pub(super) fn collect(worker: &WorkerHandle, run: &mut Run) {
    pump(worker, &mut Collector(run), EVENT_BUDGET);
}
