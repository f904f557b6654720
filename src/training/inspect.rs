//! Looks at networks on a thread of its own: only the newest question matters.

use super::protocol::{Latest, RunId};
use crate::sim::config::ValidConfig;
use crate::sim::networks::look::{Looker, NetworkLook};
use crate::sim::networks::model::NetworkWeights;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A network to look at.
#[derive(Clone, Debug)]
pub struct NetworkRequest {
    /// The run.
    pub run: RunId,
    /// Its settings.
    pub config: Box<ValidConfig>,
    /// The step.
    pub step: u64,
    /// The weights there.
    pub weights: Arc<NetworkWeights>,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct NetworkView {
    /// The run.
    pub run: RunId,
    /// The network, or why nothing was seen.
    pub look: Result<Arc<NetworkLook>, String>,
    /// Time that it took.
    pub cost: Duration,
}

/// The window's end of the thread, which ends when it is dropped.
pub struct InspectHandle {
    signal: Sender<()>,
    request: Latest<NetworkRequest>,
    view: Latest<NetworkView>,
}

impl InspectHandle {
    /// Starts the thread; `wake` is called whenever something was seen.
    ///
    /// # Errors
    /// The system starts no more threads.
    pub fn spawn(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (signal, signals) = bounded(1);
        let handle = Self {
            signal,
            request: Latest::default(),
            view: Latest::default(),
        };
        let (request, view) = (handle.request.clone(), handle.view.clone());
        std::thread::Builder::new()
            .name("inspection".into())
            .spawn(move || work(&signals, &request, &view, &wake))?;
        Ok(handle)
    }

    /// Asks for a look instead of the one asked for before; never blocks.
    pub fn request(&self, request: NetworkRequest) {
        self.request.put(request);
        // A full channel says the same already.
        let _ = self.signal.try_send(());
    }

    /// What was seen since the last call.
    pub fn view(&self) -> Option<NetworkView> {
        self.view.take()
    }
}

fn work(
    signals: &Receiver<()>,
    request: &Latest<NetworkRequest>,
    view: &Latest<NetworkView>,
    wake: &dyn Fn(),
) {
    let mut looker = Looker::default();
    while signals.recv().is_ok() {
        let Some(asked) = request.take() else {
            continue;
        };
        let begun = Instant::now();
        let seen = catch_unwind(AssertUnwindSafe(|| {
            looker.look(&asked.config, asked.step, &asked.weights)
        }));
        let look = seen.unwrap_or_else(|_| {
            // Whatever was being changed is not to be trusted.
            looker = Looker::default();
            Err("the look at the network was given up; please report this".into())
        });
        view.put(NetworkView {
            run: asked.run,
            look: look.map(Arc::new),
            cost: begun.elapsed(),
        });
        wake();
    }
}
