//! The states of cells that are under way, so that a cell that takes longer than a
//! job may last is gone on with and not begun again.
//!
//! ```text
//! DIR/checkpoints/CELL.state   64-bit words, little-endian: a head that says what
//!                              they belong to, the state, a checksum
//! ```
//!
//! A file is written whole or not at all, and goes when its cell is done. One that
//! is torn, or of another spec, cell or version of the program, does not count.

use super::cell::Keep;
use super::directory::Directory;
use crate::history::summary::fnv1a64;
use crate::io::{FileError, atomic};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CHECKPOINTS: &str = "checkpoints";
const ENDING: &str = "state";
/// "grokcell", and the version of the files' form.
const MAGIC: u64 = u64::from_le_bytes(*b"grokcell");
const FORMAT: u64 = 1;
/// Words before the state.
const HEAD: usize = 6;

/// Between two states that are kept of a cell: the most of it that is lost when the
/// process is killed.
pub const EVERY: Duration = Duration::from_secs(30);

/// The file of one cell.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    spec: u64,
    cell: usize,
}

impl Checkpoint {
    /// That of a cell, whether there is one or not.
    pub fn of(directory: &Directory, cell: usize) -> Self {
        Self {
            path: (directory.path().join(CHECKPOINTS)).join(format!("{cell}.{ENDING}")),
            spec: directory.spec().hash(),
            cell,
        }
    }

    fn head(&self, words: usize) -> [u64; HEAD] {
        let version = fnv1a64(env!("CARGO_PKG_VERSION").as_bytes());
        let (cell, words) = (self.cell as u64, words as u64);
        [MAGIC, FORMAT, version, self.spec, cell, words]
    }

    /// Replaces what is kept.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn write(&self, state: &[u64]) -> Result<(), FileError> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)
                .map_err(|e| FileError::new(directory, format!("could not be made: {e}")))?;
        }
        let head = self.head(state.len());
        let mut bytes: Vec<u8> = (head.iter().chain(state))
            .flat_map(|word| word.to_le_bytes())
            .collect();
        bytes.extend(fnv1a64(&bytes).to_le_bytes());
        atomic::write(&self.path, &bytes)
    }

    /// What is kept, if it is whole and belongs to this cell.
    pub fn read(&self) -> Option<Vec<u64>> {
        let bytes = fs::read(&self.path).ok()?;
        let (whole, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return None;
        }
        let words: Vec<u64> = whole.iter().map(|w| u64::from_le_bytes(*w)).collect();
        let (checksum, words) = words.split_last()?;
        let (head, state) = words.split_at_checked(HEAD)?;
        let is_ours = head == self.head(state.len());
        let is_whole = *checksum == fnv1a64(&bytes[..bytes.len() - 8]);
        (is_ours && is_whole).then(|| state.to_vec())
    }

    /// Whether anything is kept.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Takes the file away.
    pub fn remove(&self) {
        // Not there is as good, and one that stays is passed over.
        let _ = fs::remove_file(&self.path);
    }
}

/// The cells of which a state is kept, in order.
pub fn kept_cells(directory: &Directory) -> Vec<usize> {
    let Ok(entries) = fs::read_dir(directory.path().join(CHECKPOINTS)) else {
        return Vec::new();
    };
    let mut cells: Vec<usize> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let is_state = path.extension().is_some_and(|e| e == ENDING);
            path.file_stem()
                .filter(|_| is_state)?
                .to_str()?
                .parse()
                .ok()
        })
        .collect();
    cells.sort_unstable();
    cells
}

/// Takes the directory of the states away once it is empty.
pub fn tidy(directory: &Directory) {
    let _ = fs::remove_dir(directory.path().join(CHECKPOINTS));
}

/// Keeps the state of one cell now and then, and when it is told to stop.
pub struct Keeper<'a> {
    file: Checkpoint,
    every: Duration,
    stop: &'a AtomicBool,
    // The step reached, for those who look on.
    at: &'a AtomicU64,
    last: Instant,
    trouble: Option<FileError>,
}

impl<'a> Keeper<'a> {
    /// Keeps a state after each time `every`; gives up once `stop` is set.
    pub fn new(file: Checkpoint, every: Duration, stop: &'a AtomicBool, at: &'a AtomicU64) -> Self {
        Self {
            file,
            every,
            stop,
            at,
            last: Instant::now(),
            trouble: None,
        }
    }

    /// Why the last state could not be kept, if it could not.
    pub fn trouble(self) -> Option<FileError> {
        self.trouble
    }
}

impl Keep for Keeper<'_> {
    fn kept(&mut self) -> Option<Vec<u64>> {
        self.file.read()
    }

    fn between(&mut self, step: u64, state: &dyn Fn() -> Vec<u64>) -> ControlFlow<()> {
        self.at.store(step, Ordering::Relaxed);
        let stop = self.stop.load(Ordering::Relaxed);
        if stop || self.last.elapsed() >= self.every {
            self.trouble = self.file.write(&state()).err();
            self.last = Instant::now();
        }
        match stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
