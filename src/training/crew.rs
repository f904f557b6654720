//! Threads for the passes of a network.

use crate::sim::networks::passes::Crew;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of threads, of which the caller's is one. The others live for one
/// pass: worth it from about a millisecond of work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(usize);

impl Threads {
    /// At least one.
    pub fn new(count: usize) -> Self {
        Self(count.max(1))
    }
}

impl Crew for Threads {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let share = || {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= count {
                    return;
                }
                work(i);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.0.min(count) {
                scope.spawn(share);
            }
            share();
        });
    }
}
