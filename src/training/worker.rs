//! stub
use super::{Command, Event, Snapshot};
use std::time::Duration;

/// The worker thread's loop.
pub struct Worker;

/// The frontend's end: commands, events, newest snapshot. Dropping it ends the
/// thread.
pub struct WorkerHandle;

impl WorkerHandle {
    /// Starts the worker thread. `wake` is called, at most about 30 times a
    /// second while training, when there is something new to show.
    pub fn spawn(wake: impl Fn() + Send + 'static) -> Self {
        let _ = wake;
        Self
    }
    /// Sends a command; never blocks, keeps order, loses nothing.
    pub fn send(&self, command: Command) {
        let _ = command;
    }
    /// The next waiting event, if any; never blocks.
    pub fn try_event(&self) -> Option<Event> {
        None
    }
    /// The next event, waiting at most this long.
    pub fn event_timeout(&self, timeout: Duration) -> Option<Event> {
        let _ = timeout;
        None
    }
    /// The newest snapshot, if one came since the last call.
    pub fn latest(&self) -> Option<Snapshot> {
        None
    }
}
