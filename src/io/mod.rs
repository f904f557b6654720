//! Files. Everything is written to a temporary name beside its target and then
//! renamed, so that a reader never meets half a file.

pub mod arrays;
pub mod atomic;
pub mod csv;
pub mod data;
pub mod idx;
pub mod json;
pub mod network_reference;
mod npy;
pub mod npz;

use std::path::{Path, PathBuf};

/// A file that could not be read or written: names it, says why and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it and what to do about it.
    pub problem: String,
}

impl FileError {
    /// An error about this path.
    pub fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Reads a text file.
///
/// # Errors
/// Names the file and the reason.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|e| FileError::new(path, read_problem(&e)))
}

/// Why a file could not be read, in words.
pub(crate) fn read_problem(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "no such file".into(),
        Kind::PermissionDenied => "may not be read; check its permissions".into(),
        Kind::IsADirectory => "is a directory, a file is needed".into(),
        Kind::InvalidData => "is not text in UTF-8".into(),
        _ => format!("could not be read: {error}"),
    }
}
