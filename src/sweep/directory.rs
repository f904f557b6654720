//! A sweep on disk.
//!
//! ```text
//! DIR/manifest.json       the spec, its hash and the number of shards
//! DIR/attempts/*.jsonl    one file and one writer for each attempt, only appended to
//! DIR/checkpoints/*.state cells that are under way (see [`super::checkpoint`])
//! DIR/results.jsonl, .csv what `merge` makes of them
//! ```
//!
//! Nothing else in it is ever rewritten but the results: whatever dies, what was
//! finished stays.

use super::cell::CellResult;
use super::record::{self, Attempt, BadLine, Record};
use super::shard::{Shard, assignment};
use super::{Spec, SweepError};
use crate::io::{FileError, atomic, read_text};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::Builder;

const MANIFEST: &str = "manifest.json";
const ATTEMPTS: &str = "attempts";
/// Version of the files' form.
const FORMAT: u32 = 1;

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Manifest {
    format: u32,
    spec_hash: String,
    shards: usize,
    spec: String,
}

/// A directory that holds a sweep.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    spec: Spec,
    shards: usize,
}

impl Directory {
    /// The sweep that a directory holds.
    ///
    /// # Errors
    /// A directory that holds none, or one that cannot be read.
    pub fn open(path: &Path) -> Result<Self, SweepError> {
        let file = path.join(MANIFEST);
        if !file.exists() {
            return Err(SweepError::Usage(format!(
                "{}: holds no sweep (there is no {MANIFEST}); `grokscope sweep run SPEC --out {}` \
                 begins one",
                path.display(),
                path.display()
            )));
        }
        let text = read_text(&file)?;
        let broken = |problem: String| FileError::new(&file, problem);
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|e| broken(format!("is not a manifest of a sweep: {e}")))?;
        if manifest.format != FORMAT {
            return Err(SweepError::Usage(format!(
                "{}: is of format {}, this program reads {FORMAT}; use the version that made it",
                file.display(),
                manifest.format
            )));
        }
        let spec = Spec::parse(&manifest.spec).map_err(|e| broken(format!("its spec: {e}")))?;
        if manifest.spec_hash != hex(spec.hash()) {
            return Err(SweepError::Usage(format!(
                "{}: its spec does not have the hash written there; it was edited, or another \
                 version of the program made it",
                file.display()
            )));
        }
        if !(1..=super::shard::MAX_SHARDS).contains(&manifest.shards) {
            return Err(broken(format!("{} shards cannot be", manifest.shards)).into());
        }
        Ok(Self {
            path: path.to_owned(),
            spec,
            shards: manifest.shards,
        })
    }

    /// Begins a sweep in a directory, or joins the same sweep there. Another
    /// number of shards than it was begun with needs `resume`.
    ///
    /// # Errors
    /// A directory that holds another sweep or cannot be written.
    pub fn join(path: &Path, spec: &Spec, shards: usize, resume: bool) -> Result<Self, SweepError> {
        fs::create_dir_all(path.join(ATTEMPTS)).map_err(|e| {
            let problem = match e.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    "may not be written; choose another directory or change its permissions".into()
                }
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                    "is a file, a directory is needed".into()
                }
                _ => format!("could not be made: {e}"),
            };
            FileError::new(path, problem)
        })?;
        atomic::check_writable(path)?;
        begin(path, spec, shards)?;
        let directory = Self::open(path)?;
        if directory.spec.hash() != spec.hash() {
            return Err(SweepError::Usage(format!(
                "{}: holds another sweep ({}, not {}); choose another directory",
                path.display(),
                named(&directory.spec),
                named(spec)
            )));
        }
        if directory.shards != shards && !resume {
            return Err(SweepError::Usage(format!(
                "{}: this sweep was begun with {} shards, not {shards}; add --resume to share out \
                 what is missing among {shards}",
                path.display(),
                directory.shards
            )));
        }
        Ok(directory)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its spec.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The number of shards it was begun with.
    pub fn shards(&self) -> usize {
        self.shards
    }

    fn attempt_files(&self) -> Result<Vec<PathBuf>, FileError> {
        let directory = self.path.join(ATTEMPTS);
        let unreadable = |e| FileError::new(&directory, format!("could not be read: {e}"));
        let mut files = Vec::new();
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Refuses to compute again what an attempt at the same shard has begun.
    ///
    /// # Errors
    /// Names the file of that attempt.
    pub fn refuse_second_attempt(&self, shard: Shard) -> Result<(), SweepError> {
        let prefix = file_prefix(shard);
        let same = self.attempt_files()?.into_iter().find(|path| {
            (path.file_name().and_then(|n| n.to_str())).is_some_and(|n| n.starts_with(&prefix))
        });
        match same {
            None => Ok(()),
            Some(file) => Err(SweepError::Usage(format!(
                "shard {shard} has been run here before ({}); add --resume to compute what is \
                 missing",
                file.display()
            ))),
        }
    }

    /// A new file for an attempt, of which this is the only writer.
    ///
    /// # Errors
    /// Names the directory and the reason.
    pub fn new_attempt(&self, shard: Shard, attempt: &Attempt) -> Result<AttemptFile, FileError> {
        let directory = self.path.join(ATTEMPTS);
        let prefix = file_prefix(shard);
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(".jsonl").append(true);
        // Private by default, but an attempt is for everybody who may read the rest.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let made = builder.tempfile_in(&directory);
        let made = made.map_err(|e| FileError::new(&directory, format!("no file: {e}")))?;
        let (file, path) = made
            .keep()
            .map_err(|e| FileError::new(&directory, e.to_string()))?;
        let mut file = AttemptFile {
            file,
            path,
            spec: self.spec.hash(),
            synced: Instant::now(),
        };
        let line = record::attempt_line(file.spec, attempt);
        file.append(line)?;
        Ok(file)
    }

    /// Everything that all attempts have written so far.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn read(&self) -> Result<Contents, FileError> {
        let mut contents = Contents {
            cells: vec![None; self.spec.grid().len()],
            ..Contents::default()
        };
        for path in self.attempt_files()? {
            let bytes = fs::read(&path)
                .map_err(|e| FileError::new(&path, format!("could not be read: {e}")))?;
            for line in bytes.split(|&b| b == b'\n').filter(|l| !l.is_empty()) {
                contents.add(record::read_line(line, self.spec.hash()));
            }
        }
        Ok(contents)
    }
}

/// Writes the manifest unless another process was there first.
fn begin(path: &Path, spec: &Spec, shards: usize) -> Result<(), FileError> {
    let file = path.join(MANIFEST);
    if file.exists() {
        return Ok(());
    }
    let failed = |e: std::io::Error| FileError::new(&file, format!("could not be written: {e}"));
    let manifest = Manifest {
        format: FORMAT,
        spec_hash: hex(spec.hash()),
        shards,
        spec: spec.text().into(),
    };
    let mut text = serde_json::to_string_pretty(&manifest).map_err(|e| failed(e.into()))?;
    text.push('\n');
    let mut builder = Builder::new();
    builder.prefix(".grokscope-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(path).map_err(failed)?;
    temporary.write_all(text.as_bytes()).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    match temporary.persist_noclobber(&file) {
        Ok(_) => Ok(()),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(failed(e.error)),
    }
}

fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}

fn named(spec: &Spec) -> String {
    match spec.title() {
        "" => format!("spec {}", hex(spec.hash())),
        title => format!("`{title}`, spec {}", hex(spec.hash())),
    }
}

fn file_prefix(shard: Shard) -> String {
    format!("{}of{}-", shard.index, shard.count)
}

/// The file of one attempt.
pub struct AttemptFile {
    file: File,
    path: PathBuf,
    spec: u64,
    synced: Instant,
}

impl AttemptFile {
    /// Between two times at which what is written is also made to survive a power
    /// failure.
    const SYNC: Duration = Duration::from_secs(2);

    /// Appends a finished cell, in one write.
    ///
    /// # Errors
    /// Names the file and the reason, such as a full disk.
    pub fn write(&mut self, result: &CellResult) -> Result<(), FileError> {
        self.append(record::result_line(self.spec, result))?;
        if self.synced.elapsed() >= Self::SYNC {
            self.sync()?;
        }
        Ok(())
    }

    /// Makes what is written survive a power failure.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.synced = Instant::now();
        let done = self.file.sync_data();
        done.map_err(|e| FileError::new(&self.path, format!("could not be written: {e}")))
    }

    fn append(&mut self, line: serde_json::Result<String>) -> Result<(), FileError> {
        let failed = |problem: String| FileError::new(&self.path, problem);
        let line = line.map_err(|e| failed(format!("could not be written: {e}")))?;
        self.file.write_all(line.as_bytes()).map_err(|e| {
            let fix = match e.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room, then ",
                _ => "",
            };
            failed(format!(
                "could not be written: {e}; what was finished before is kept: {fix}run it again \
                 with --resume"
            ))
        })
    }
}

/// A cell that is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its result. Where attempts disagree, the first in the order of their bytes,
    /// so that the order of the files does not matter.
    pub result: CellResult,
    /// The bytes it is written in.
    pub body: String,
    /// Other results of the same cell.
    pub others: Vec<(CellResult, String)>,
}

/// What the attempts of a sweep have written.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Each cell that is done.
    pub cells: Vec<Option<Entry>>,
    /// The attempts whose first line is whole.
    pub attempts: Vec<Attempt>,
    /// Torn and corrupted lines, which do not count.
    pub damaged: usize,
    /// Lines of other sweeps, which do not count.
    pub foreign: usize,
}

impl Contents {
    fn add(&mut self, line: Result<Record, BadLine>) {
        match line {
            Ok(Record::Result(result, body)) => match self.cells.get_mut(result.cell) {
                Some(place) => add_result(place, *result, body),
                None => self.damaged += 1,
            },
            Ok(Record::Attempt(attempt)) => self.attempts.push(attempt),
            Err(BadLine::Damaged) => self.damaged += 1,
            Err(BadLine::OtherSpec) => self.foreign += 1,
        }
    }

    /// Number of cells that are done.
    pub fn done(&self) -> usize {
        self.cells.iter().flatten().count()
    }

    /// Whether a cell is done.
    pub fn has(&self, cell: usize) -> bool {
        self.cells.get(cell).is_some_and(Option::is_some)
    }

    /// The cells that are not.
    pub fn missing(&self) -> Vec<usize> {
        (0..self.cells.len()).filter(|&c| !self.has(c)).collect()
    }

    /// Of `count` shards, those with cells that are not done.
    pub fn incomplete_shards(&self, count: usize, seed: u64) -> Vec<usize> {
        let mut complete = vec![true; count];
        let shard_of = assignment(self.cells.len(), count, seed);
        for (cell, shard) in shard_of.into_iter().enumerate() {
            complete[shard] &= self.has(cell);
        }
        (0..count).filter(|&shard| !complete[shard]).collect()
    }
}

fn add_result(place: &mut Option<Entry>, mut result: CellResult, mut body: String) {
    let Some(entry) = place else {
        *place = Some(Entry {
            result,
            body,
            others: Vec::new(),
        });
        return;
    };
    if entry.body == body || entry.others.iter().any(|(_, b)| *b == body) {
        return;
    }
    if body < entry.body {
        std::mem::swap(&mut entry.body, &mut body);
        std::mem::swap(&mut entry.result, &mut result);
    }
    entry.others.push((result, body));
}
