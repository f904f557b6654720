//! Writing a file as a whole or not at all.

use super::FileError;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// What a path leads to.
enum Target {
    /// An ordinary file, or none yet: the place itself, behind all links, and what
    /// is known of the file that is there.
    File(PathBuf, Option<Metadata>),
    /// A FIFO, a terminal, /dev/null and the like: written to, never replaced.
    Stream,
}

/// Writes what `fill` produces to `path`: to a temporary file in the same
/// directory first, which then takes the name. A file that was there before
/// stays as it was unless everything succeeds; its mode and, where the system
/// allows, its owner are kept, and a link goes on pointing where it did. FIFOs
/// and character devices are written to as they are.
///
/// # Errors
/// Names the directory that does not exist or may not be written, or the file
/// and the reason.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    let failed = |e: io::Error| FileError::new(path, format!("could not be written: {e}"));
    let (place, before) = match target(path)? {
        Target::File(place, before) => (place, before),
        Target::Stream => {
            let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            let mut writer = BufWriter::new(file);
            fill(&mut writer).map_err(failed)?;
            return writer.flush().map_err(failed);
        }
    };
    let file = temporary_in(parent(&place))?;
    let mut writer = BufWriter::new(file);
    fill(&mut writer).map_err(failed)?;
    let file = writer
        .into_inner()
        .map_err(|e| failed(io::Error::other(e.to_string())))?;
    if let Some(before) = before {
        keep_rights(file.as_file(), &before).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&place).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Gives a file the owner and the mode of the one that it replaces.
fn keep_rights(file: &fs::File, before: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
            // Only some may give files away. The mode is kept all the same.
            let _ = fchown(file, Some(before.uid()), Some(before.gid()));
        }
    }
    file.set_permissions(before.permissions())
}

fn target(path: &Path) -> Result<Target, FileError> {
    let error = |problem: &str| Err(FileError::new(path, problem));
    let Ok(found) = fs::metadata(path) else {
        // Nothing there yet, or a link to nothing: followed to where it leads.
        let mut place = path.to_owned();
        for _ in 0..40 {
            match fs::read_link(&place) {
                Ok(next) => place = parent(&place).join(next),
                Err(_) => return Ok(Target::File(place, None)),
            }
        }
        return error("is a link that leads round in a circle");
    };
    if found.is_dir() {
        return error("is a directory, a file name is needed");
    }
    if found.is_file() && !path.starts_with("/dev") && !path.starts_with("/proc") {
        let place = fs::canonicalize(path)
            .map_err(|e| FileError::new(path, format!("could not be found: {e}")))?;
        if found.permissions().readonly() {
            return error("may not be written; change its permissions or choose another name");
        }
        return Ok(Target::File(place, Some(found)));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = found.file_type();
        if kind.is_block_device() {
            return error("is a disk, which is not written to");
        }
        if kind.is_socket() {
            return error("is a socket, which is not written to");
        }
    }
    Ok(Target::Stream)
}

/// Checks that a file can be written at `path`, before work is spent on what
/// could not be saved afterwards. Nothing is changed, and no FIFO opened.
///
/// # Errors
/// Names the file or the directory, and the reason.
pub fn check_output(path: &Path) -> Result<(), FileError> {
    match target(path)? {
        Target::File(place, _) => check_writable(parent(&place)),
        Target::Stream => Ok(()),
    }
}

/// Checks that the name of a file does not promise another format than the one
/// that is written. A name without an ending promises none.
///
/// # Errors
/// Names the file, its ending and the one that is possible.
pub fn check_ending(path: &Path, ending: &str) -> Result<(), FileError> {
    let found = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match found {
        Some(found) if found != ending => Err(FileError::new(
            path,
            format!(
                "only {} is written here, not .{found}; name it {}",
                ending.to_uppercase(),
                path.with_extension(ending).display()
            ),
        )),
        _ => Ok(()),
    }
}

/// Holds a directory for one run. Given up when it is dropped, or when the
/// process ends in whatever way.
#[derive(Debug)]
pub struct DirectoryLock {
    path: PathBuf,
    // Unlocks when it is closed.
    _file: Option<fs::File>,
}

const LOCK: &str = ".grokscope-lock";

impl DirectoryLock {
    /// Takes a directory that exists.
    ///
    /// # Errors
    /// Another process has it; the directory may not be written.
    pub fn take(directory: &Path) -> Result<Self, FileError> {
        Self::take_as(directory, LOCK, "writing to this directory")
    }

    /// Takes a part of a directory, which others share: the shard with this name.
    ///
    /// # Errors
    /// Another process has that part; the directory may not be written.
    pub fn take_part(directory: &Path, part: &str) -> Result<Self, FileError> {
        let name = format!("{LOCK}-{part}");
        Self::take_as(directory, &name, &format!("computing shard {part} here"))
    }

    fn take_as(directory: &Path, name: &str, doing: &str) -> Result<Self, FileError> {
        let path = directory.join(name);
        let failed = |e: io::Error| FileError::new(&path, format!("could not be made: {e}"));
        loop {
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).read(true).write(true);
            let file = options.open(&path).map_err(failed)?;
            match file.try_lock() {
                // The one before may have removed the name in between.
                Ok(()) if !same_file(&file, &path) => continue,
                Ok(()) => {
                    return Ok(Self {
                        path,
                        _file: Some(file),
                    });
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(FileError::new(
                        directory,
                        format!(
                            "another grokscope is {doing}; wait for it, or choose another directory"
                        ),
                    ));
                }
                // Some network file systems know no locks.
                Err(fs::TryLockError::Error(_)) => return Ok(Self { path, _file: None }),
            }
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // While it is still held: nobody else's can be removed.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn same_file(file: &fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |m: io::Result<Metadata>| m.map(|m| (m.dev(), m.ino())).ok();
    id(file.metadata()) == id(fs::metadata(path)) && path.exists()
}

#[cfg(not(unix))]
fn same_file(_: &fs::File, path: &Path) -> bool {
    path.exists()
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

    #[cfg(unix)]
    #[test]
    fn links_modes_and_streams_stay_what_they_are() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        fs::create_dir(at("there")).unwrap();
        fs::write(at("there/real"), "old").unwrap();
        fs::set_permissions(at("there/real"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("there/real", at("link")).unwrap();
        symlink("link", at("link-2")).unwrap();
        write(&at("link-2"), b"new").unwrap();
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert!(fs::symlink_metadata(at("link-2")).unwrap().is_symlink());
        assert_eq!(fs::read(at("there/real")).unwrap(), b"new");
        assert_eq!(mode(&at("there/real")), 0o600);

        symlink("there/not-yet", at("dangling")).unwrap();
        write(&at("dangling"), b"made").unwrap();
        assert_eq!(fs::read(at("there/not-yet")).unwrap(), b"made");
        symlink("circle", at("circle")).unwrap();
        let error = check_output(&at("circle")).unwrap_err().to_string();
        assert!(error.contains("circle"), "{error}");

        let null = Path::new("/dev/null");
        check_output(null).unwrap();
        write(null, b"x").unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
        fs::set_permissions(at("there/real"), fs::Permissions::from_mode(0o400)).unwrap();
        let error = check_output(&at("link")).unwrap_err().to_string();
        assert!(error.contains("may not be written"), "{error}");
    }

    #[test]
    fn an_ending_that_promises_another_format_is_refused() {
        for name in ["x.png", "x.PNG", "x", "/dev/null"] {
            check_ending(Path::new(name), "png").unwrap();
        }
        for name in ["x.jpg", "x.pdf", "a/x.SVG", "x.png.gz"] {
            let error = check_ending(Path::new(name), "png")
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("only PNG") && error.contains(".png"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_directory_belongs_to_one_run_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirectoryLock::take(dir.path()).unwrap();
        let error = DirectoryLock::take(dir.path()).unwrap_err().to_string();
        assert!(error.contains("another grokscope"), "{error}");
        // Shards share it, each of them once.
        let shard = |part| DirectoryLock::take_part(dir.path(), part);
        let (one, two) = (shard("0-of-2").unwrap(), shard("1-of-2").unwrap());
        let error = shard("1-of-2").unwrap_err().to_string();
        assert!(error.contains("shard 1-of-2"), "{error}");
        drop((first, one, two));
        drop(DirectoryLock::take(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
