//! What is on screen, kept every few seconds: a crash loses no more than that, and the
//! next start offers it.
//!
//! Each window has a file of its own and a lock on it for as long as the process lives.
//! A file without one was left by a window that did not end as it should have.

use crate::{
    io::{FileError, atomic::DirectoryLock},
    workspace::{ENDING, Workspace},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

/// Seconds between two looks at what has changed.
pub const INTERVAL: f64 = 3.0;
/// How the names of its files begin.
const NAME: &str = "session-";
/// Files of windows that ended badly are kept up to this number.
const MOST: usize = 8;

/// A state that was left by a window that did not end as it should have.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its file.
    pub path: PathBuf,
    /// What was on screen.
    pub state: Box<Workspace>,
    /// When it was written.
    pub written: Option<SystemTime>,
}

/// Keeps what is on screen.
pub struct Autosave {
    path: PathBuf,
    _lock: DirectoryLock,
    newest: Option<Workspace>,
    looked: f64,
    changed: bool,
    busy: Arc<AtomicBool>,
}

impl Autosave {
    /// Takes a file in a directory, which is made if it does not exist.
    ///
    /// # Errors
    /// The directory cannot be made or written.
    pub fn new(directory: &Path) -> Result<Self, FileError> {
        std::fs::create_dir_all(directory)
            .map_err(|e| FileError::new(directory, format!("could not be made: {e}")))?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let stamp = since.map_or(0, |d| d.as_millis());
        let name = format!("{NAME}{stamp}-{}", std::process::id());
        let lock = DirectoryLock::take_part(directory, &name)?;
        Ok(Self {
            path: directory.join(format!("{name}.{ENDING}")),
            _lock: lock,
            newest: None,
            looked: 0.0,
            changed: false,
            busy: Arc::default(),
        })
    }

    /// Something was done that may have changed the state.
    pub fn touch(&mut self) {
        self.changed = true;
    }

    /// Whether it is time to look; else the seconds until then, where something was
    /// done since.
    pub fn is_due(&self, now: f64) -> Result<(), Option<f64>> {
        let wait = self.looked + INTERVAL - now;
        match wait <= 0.0 && !self.busy.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(self.changed.then_some(wait.max(0.1))),
        }
    }

    /// Keeps a state, where it differs from the one that is kept; on a thread of its
    /// own, since a disk may take its time.
    pub fn keep(&mut self, state: Workspace, now: f64) {
        (self.looked, self.changed) = (now, false);
        if self.newest.as_ref() == Some(&state) {
            return;
        }
        let (path, busy) = (self.path.clone(), Arc::clone(&self.busy));
        busy.store(true, Ordering::Relaxed);
        self.newest = Some(state.clone());
        std::thread::spawn(move || {
            // What cannot be kept is no reason to disturb; the file before stays.
            let _ = state.write(&path);
            busy.store(false, Ordering::Relaxed);
        });
    }

    /// What windows left that did not end as they should have, the newest first.
    pub fn left(directory: &Path) -> Vec<Left> {
        let Ok(entries) = std::fs::read_dir(directory) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
            let Some(stem) = stem.filter(|stem| stem.starts_with(NAME)) else {
                continue;
            };
            if path.extension().is_none_or(|e| e != ENDING) {
                continue;
            }
            // Who holds it is alive.
            let Ok(_lock) = DirectoryLock::take_part(directory, &stem) else {
                continue;
            };
            let written = entry.metadata().and_then(|m| m.modified()).ok();
            match Workspace::read(&path) {
                Ok(state) => found.push(Left {
                    path,
                    state: Box::new(state),
                    written,
                }),
                // Half a file there is none of: of another version, or damaged.
                Err(_) => continue,
            }
        }
        found.sort_by_key(|left| std::cmp::Reverse(left.written));
        for old in found.iter().skip(MOST) {
            let _ = std::fs::remove_file(&old.path);
        }
        found.truncate(MOST);
        found
    }
}

impl Drop for Autosave {
    fn drop(&mut self) {
        // A window that ends as it should leaves nothing to restore.
        if std::thread::panicking() {
            return;
        }
        while self.busy.load(Ordering::Relaxed) {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(step: u64) -> Workspace {
        Workspace {
            step,
            ..Workspace::default()
        }
    }

    fn wait(autosave: &Autosave) {
        while autosave.busy.load(Ordering::Relaxed) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    #[test]
    fn a_window_that_ends_leaves_nothing_and_one_that_crashes_its_state() {
        let dir = tempfile::tempdir().unwrap();
        let mut clean = Autosave::new(dir.path()).unwrap();
        clean.keep(state(7), 1.0);
        wait(&clean);
        assert!(clean.path.exists());
        assert!(Autosave::left(dir.path()).is_empty(), "its window is open");
        drop(clean);
        assert!(Autosave::left(dir.path()).is_empty());

        let crashed = std::thread::spawn({
            let path = dir.path().to_owned();
            move || {
                let mut autosave = Autosave::new(&path).unwrap();
                autosave.keep(state(9), 1.0);
                wait(&autosave);
                panic!("as in a crash");
            }
        });
        assert!(crashed.join().is_err());
        let left = Autosave::left(dir.path());
        assert_eq!(left.len(), 1);
        assert_eq!(*left[0].state, state(9));
    }

    #[test]
    fn nothing_is_written_while_nothing_changes() {
        let dir = tempfile::tempdir().unwrap();
        let mut autosave = Autosave::new(dir.path()).unwrap();
        assert_eq!(autosave.is_due(1.0), Err(None));
        autosave.touch();
        assert!(matches!(autosave.is_due(1.0), Err(Some(wait)) if wait > 1.0));
        assert_eq!(autosave.is_due(INTERVAL), Ok(()));
        autosave.keep(state(1), INTERVAL);
        wait(&autosave);
        let written = std::fs::metadata(&autosave.path)
            .unwrap()
            .modified()
            .unwrap();
        autosave.keep(state(1), 2.0 * INTERVAL);
        wait(&autosave);
        let again = std::fs::metadata(&autosave.path)
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(written, again);
    }

    #[test]
    fn damaged_files_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("session-1-2.grokscope"), "version = [").unwrap();
        std::fs::write(dir.path().join("notes.grokscope"), "").unwrap();
        assert!(Autosave::left(dir.path()).is_empty());
        assert!(Autosave::left(&dir.path().join("nowhere")).is_empty());
    }
}
