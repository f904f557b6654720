//! Writing a file as a whole or not at all.

use super::FileError;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use tempfile::{Builder, NamedTempFile};

/// Writes what `fill` produces to `path`: to a temporary file in the same
/// directory first, which then takes the name. A file that was there before
/// stays as it was unless everything succeeds.
///
/// # Errors
/// Names the directory that does not exist or may not be written, or the file
/// and the reason.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    if path.is_dir() {
        return Err(FileError::new(
            path,
            "is a directory, a file name is needed",
        ));
    }
    let file = temporary_in(parent(path))?;
    let mut writer = BufWriter::new(file);
    let failed = |e: io::Error| FileError::new(path, format!("could not be written: {e}"));
    fill(&mut writer).map_err(failed)?;
    let file = writer
        .into_inner()
        .map_err(|e| failed(io::Error::other(e.to_string())))?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Writes bytes to `path` as [`write_with`] does.
///
/// # Errors
/// As [`write_with`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_with(path, |w| w.write_all(bytes))
}

/// Checks that files can be made in `directory`, before work is spent on what
/// could not be saved afterwards.
///
/// # Errors
/// Names the directory and the reason.
pub fn check_writable(directory: &Path) -> Result<(), FileError> {
    temporary_in(directory).map(drop)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

fn temporary_in(directory: &Path) -> Result<NamedTempFile, FileError> {
    let mut builder = Builder::new();
    builder.prefix(".grokscope-");
    // A temporary file is private by default, but it is about to become an
    // ordinary one: leave its permissions to the user's umask.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory).map_err(|e| {
        let problem = match e.kind() {
            ErrorKind::NotFound => "this directory does not exist; make it first".into(),
            ErrorKind::NotADirectory => "is not a directory".into(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "this directory may not be written; choose another or change its permissions".into()
            }
            _ => format!("no file can be made in this directory: {e}"),
        };
        FileError::new(directory, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_appears_whole_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_the_old_file_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write(&path, b"old").unwrap();
        let error = write_with(&path, |w| {
            w.write_all(b"half")?;
            Err(io::Error::other("disc full"))
        })
        .unwrap_err();
        assert!(error.to_string().contains("disc full"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_directory_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("nowhere");
        let error = write(&missing.join("a.txt"), b"x").unwrap_err();
        assert_eq!(error.path, missing);
        assert!(error.to_string().contains("does not exist"), "{error}");
    }

    #[test]
    fn a_directory_in_place_of_the_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = write(dir.path(), b"x").unwrap_err();
        assert!(error.to_string().contains("is a directory"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_an_ordinary_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ours, plain) = (dir.path().join("ours"), dir.path().join("plain"));
        write(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
