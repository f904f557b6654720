//! What trains: the worker thread, or a script in its place.

use crate::training::{Command, Frontend, Snapshot, WorkerHandle, pump};
use std::time::Duration;

/// The window's side of the worker.
pub trait Backend {
    /// Sends a command; never blocks.
    fn send(&mut self, command: Command);

    /// Hands waiting events to the frontend for at most `budget`, stale ones
    /// dropped. Returns whether more may be waiting.
    fn pump(&mut self, frontend: &mut dyn Frontend, budget: Duration) -> bool;

    /// The newest snapshot, if one came since the last call.
    fn latest(&mut self) -> Option<Snapshot>;
}

impl Backend for WorkerHandle {
    fn send(&mut self, command: Command) {
        WorkerHandle::send(self, command);
    }

    fn pump(&mut self, frontend: &mut dyn Frontend, budget: Duration) -> bool {
        pump(self, frontend, budget)
    }

    fn latest(&mut self) -> Option<Snapshot> {
        WorkerHandle::latest(self)
    }
}
