//! A state from whatever a person has of it.

use super::{Workspace, carry, code};
use crate::io::FileError;
use std::io::Read as _;
use std::path::Path;

/// Whether a name is that of a file that may hold a state: its own, or a picture's.
pub fn may_hold(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    ending
        .is_some_and(|e| [super::ENDING, "png", "apng", "svg", "pdf", "gif"].contains(&e.as_str()))
}

/// Reads a file of its own, or a picture that carries a state.
///
/// # Errors
/// Names the file, what is wrong and what to do.
pub fn read(path: &Path) -> Result<Workspace, FileError> {
    let error = |problem: String| FileError::new(path, problem);
    let failed = |e: std::io::Error| error(crate::io::read_problem(&e));
    if path.is_dir() {
        return Err(error("is a directory, a file is needed".into()));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let most = carry::MAX_BYTES;
    (file.take(most + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(error(format!(
            "has more than {most} bytes, which no picture of Grokscope has"
        )));
    }
    if carry::Kind::of(&bytes).is_some() {
        return carry::state_of(&bytes).map_err(|e| error(e.to_string()));
    }
    if code::is_code(&String::from_utf8_lossy(&bytes[..bytes.len().min(64)])) {
        let text = String::from_utf8_lossy(&bytes);
        return Workspace::from_code(&text).map_err(|e| error(e.to_string()));
    }
    Workspace::read(path)
}
