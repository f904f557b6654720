//! The frontend's end of the worker.

use super::protocol::{Command, Event, Latest, Snapshot};
use super::worker;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Room in each channel.
const CHANNEL_ROOM: usize = 256;

/// The frontend's end: commands, events, newest snapshot. Dropping it ends the
/// thread.
pub struct WorkerHandle {
    commands: Sender<Command>,
    // Commands that the channel had no room for yet.
    unsent: Mutex<VecDeque<Command>>,
    // Failures of runs that there was no thread for.
    unserved: Mutex<VecDeque<Event>>,
    events: Receiver<Event>,
    latest: Latest<Snapshot>,
}

impl WorkerHandle {
    /// Starts the worker thread. `wake` is called, about 30 times a second while
    /// training and at every change of phase, when there is something to show.
    pub fn spawn(wake: impl Fn() + Send + 'static) -> Self {
        let (command_sender, command_receiver) = bounded(CHANNEL_ROOM);
        let (event_sender, event_receiver) = bounded(CHANNEL_ROOM);
        let latest = Latest::default();
        worker::spawn(
            command_receiver,
            event_sender,
            latest.clone(),
            Box::new(wake),
        )
        .unwrap_or_else(|e| eprintln!("grokscope: the training thread cannot be started: {e}"));
        Self {
            commands: command_sender,
            unsent: Mutex::default(),
            unserved: Mutex::default(),
            events: event_receiver,
            latest,
        }
    }

    /// Sends a command; never blocks, keeps the order, loses nothing.
    pub fn send(&self, command: Command) {
        let mut unsent = lock(&self.unsent);
        unsent.push_back(command);
        self.flush(&mut unsent);
    }

    fn flush(&self, unsent: &mut VecDeque<Command>) {
        while let Some(command) = unsent.pop_front() {
            match self.commands.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(command)) => {
                    unsent.push_front(command);
                    return;
                }
                Err(TrySendError::Disconnected(Command::Start { run, .. })) => {
                    let message = "the training thread is not running: start the program again";
                    lock(&self.unserved).push_back(Event::Failed {
                        run,
                        message: message.into(),
                    });
                }
                Err(TrySendError::Disconnected(_)) => {}
            }
        }
    }

    /// The next waiting event, if any; never blocks.
    pub fn try_event(&self) -> Option<Event> {
        self.flush(&mut lock(&self.unsent));
        lock(&self.unserved)
            .pop_front()
            .or_else(|| self.events.try_recv().ok())
    }

    /// The next event, waiting at most this long.
    pub fn event_timeout(&self, timeout: Duration) -> Option<Event> {
        self.flush(&mut lock(&self.unsent));
        lock(&self.unserved)
            .pop_front()
            .or_else(|| self.events.recv_timeout(timeout).ok())
    }

    /// The newest snapshot, if one came since the last call.
    pub fn latest(&self) -> Option<Snapshot> {
        self.latest.take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
