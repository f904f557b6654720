//! Files written from the window: a dialog asks where, a background thread
//! writes, the status bar says how it went.
//!
//! With `GROKSCOPE_EXPORT_DIR` set, files go to that directory under their
//! default names and no dialog opens.

pub use crate::views::export::Export;

use crate::{
    io,
    sim::config::{Config, number},
    views::curves::PlotKind,
};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Name of the variable that replaces the file dialog.
pub const EXPORT_DIR: &str = "GROKSCOPE_EXPORT_DIR";

/// No person answers a file dialog sooner.
const NO_DIALOG: Duration = Duration::from_millis(400);

/// A file name that tells runs apart: grokscope-alpha0.3-eps0.1-P200-seed1.csv.
pub fn default_name(export: Export, config: &Config) -> String {
    let what = match export {
        Export::Window => "-window",
        Export::Plot(PlotKind::Loss) => "-loss",
        Export::Plot(PlotKind::Lower) => "-lower",
        Export::Csv | Export::Toml => "",
        Export::Figure(_) => "-figure",
        Export::Workspace => "",
        Export::Animation(_) => "-animation",
        Export::Arrays => "-arrays",
    };
    format!(
        "grokscope{what}-alpha{}-eps{}-P{}-seed{}.{}",
        number::short(config.network.alpha),
        number::short(config.network.epsilon),
        config.task.samples,
        config.seed,
        export.extension()
    )
}

/// What an exported file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The file's own bytes.
    pub bytes: Vec<u8>,
    /// Settings that belong to it, for a file of their own beside it.
    pub settings: Option<String>,
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            settings: None,
        }
    }
}

/// Where the settings of an exported table are: a table that every reader of CSV
/// reads has no room for them.
pub fn settings_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".toml");
    name.into()
}

/// Where a file went; nowhere if no place was chosen.
type Done = Result<Option<PathBuf>, String>;

/// What helps where a system has no file dialog.
pub const NO_DIALOG_APPEARED: &str =
    "Where no dialog appears, set GROKSCOPE_EXPORT_DIR to a directory.";

/// Writes files in the background.
pub struct Exporter {
    directory: Option<PathBuf>,
    sender: Sender<Done>,
    receiver: Receiver<Done>,
}

impl Exporter {
    /// An exporter that asks where, or writes to `directory` if given.
    pub fn new(directory: Option<PathBuf>) -> Arc<Self> {
        let (sender, receiver) = bounded(16);
        Arc::new(Self {
            directory,
            sender,
            receiver,
        })
    }

    /// As [`Exporter::new`], with the directory of [`EXPORT_DIR`].
    pub fn from_env() -> Arc<Self> {
        let directory = std::env::var_os(EXPORT_DIR)
            .filter(|v: &OsString| !v.is_empty())
            .map(PathBuf::from);
        Self::new(directory)
    }

    /// Asks where, makes the content and writes it, all off this thread.
    pub fn start(
        &self,
        name: String,
        export: Export,
        ctx: &egui::Context,
        content: impl FnOnce() -> Result<Content, String> + Send + 'static,
    ) {
        self.start_at(name, export, ctx, move |path| {
            save(path, export, &content()?).map_err(|e| e.to_string())?;
            Ok(Some(path.to_owned()))
        });
    }

    /// Asks where, and has `make` write there, off this thread; it returns where the
    /// file went.
    pub fn start_at(
        &self,
        name: String,
        export: Export,
        ctx: &egui::Context,
        make: impl FnOnce(&Path) -> Done + Send + 'static,
    ) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let directory = self.directory.clone();
        // The dialog is made here, as macOS demands of its main thread, and
        // waited for elsewhere.
        let dialog = directory.is_none().then(|| {
            let extension = export.extension();
            rfd::AsyncFileDialog::new()
                .set_title("Save")
                .set_file_name(&name)
                .add_filter(extension.to_uppercase(), &[extension])
                .save_file()
        });
        thread::spawn(move || {
            let path = match (directory, dialog) {
                (Some(directory), _) => Some(unused(&directory, &name)),
                (None, Some(dialog)) => answer(dialog, &name),
                (None, None) => None,
            };
            let done = match path {
                None => Ok(None),
                Some(path) => make(&path),
            };
            // The window may be gone; the file is written all the same.
            let _ = sender.send(done);
            ctx.request_repaint();
        });
    }

    /// Makes the content and writes it to a place that is known, off this thread.
    pub fn write(
        &self,
        path: PathBuf,
        export: Export,
        ctx: &egui::Context,
        content: impl FnOnce() -> Result<Content, String> + Send + 'static,
    ) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        thread::spawn(move || {
            let done = content().and_then(|content| {
                save(&path, export, &content).map_err(|e| e.to_string())?;
                Ok(Some(path))
            });
            let _ = sender.send(done);
            ctx.request_repaint();
        });
    }

    /// The next finished export, if any.
    pub fn try_done(&self) -> Option<Done> {
        self.receiver.try_recv().ok()
    }
}

fn save(path: &Path, export: Export, content: &Content) -> Result<(), io::FileError> {
    io::atomic::check_ending(path, export.extension())?;
    if let Some(settings) = &content.settings {
        io::atomic::write(&settings_of(path), settings.as_bytes())?;
    }
    io::atomic::write(path, &content.bytes)
}

/// The name itself, or the first of name-2, name-3, … that no file has.
fn unused(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(name);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut free = path;
    for i in 2.. {
        if !free.exists() {
            break;
        }
        free = directory.join(format!("{stem}-{i}.{extension}"));
    }
    free
}

/// The path that the dialog gives, or `None` where the user changed their mind.
///
/// A Linux without a portal and without zenity shows no dialog, and rfd tells that
/// no otherwise than by an answer that no person could have given so soon: the file
/// then goes to the current directory, and the status bar says so. A portal may also
/// fail late; the status bar then says that nothing was saved.
fn answer(dialog: impl Future<Output = Option<rfd::FileHandle>>, name: &str) -> Option<PathBuf> {
    let asked = Instant::now();
    let chosen = pollster::block_on(dialog).map(|file| file.path().to_owned());
    if cfg!(target_os = "linux") && chosen.is_none() && asked.elapsed() < NO_DIALOG {
        let here = std::env::current_dir().ok()?;
        return Some(unused(&here, name));
    }
    chosen
}

pub use crate::plot::convert::encode as png;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_dialog_files_go_to_the_current_directory() {
        let name = "grokscope-no-such-file.csv";
        let here = std::env::current_dir().expect("a directory");
        assert_eq!(
            answer(std::future::ready(None), name),
            Some(here.join(name))
        );
    }

    #[test]
    fn a_dialog_that_was_closed_writes_nothing() {
        let closed = async {
            thread::sleep(NO_DIALOG);
            None
        };
        assert_eq!(answer(closed, "x.csv"), None);
    }

    #[test]
    fn exports_never_overwrite_each_other_in_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let exporter = Exporter::new(Some(dir.path().to_owned()));
        let ctx = egui::Context::default();
        let mut paths = Vec::new();
        for _ in 0..3 {
            exporter.start("run.csv".into(), Export::Csv, &ctx, || {
                Ok(b"x".to_vec().into())
            });
            paths.push(exporter.receiver.recv().unwrap().unwrap().unwrap());
        }
        paths.dedup();
        assert_eq!(paths.len(), 3);
        assert!(paths.iter().all(|p| p.exists()), "{paths:?}");
    }

    #[test]
    fn a_table_has_its_settings_beside_it_and_a_picture_the_ending_of_one() {
        let dir = tempfile::tempdir().unwrap();
        let content = Content {
            bytes: b"step\n".to_vec(),
            settings: Some("seed = 1\n".into()),
        };
        let path = dir.path().join("run.csv");
        save(&path, Export::Csv, &content).unwrap();
        assert_eq!(std::fs::read(settings_of(&path)).unwrap(), b"seed = 1\n");
        let error = save(&dir.path().join("x.pdf"), Export::Window, &content).unwrap_err();
        assert!(error.to_string().contains("only PNG"), "{error}");
    }

    #[test]
    fn a_failed_export_says_why() {
        let exporter = Exporter::new(Some(PathBuf::from("/nowhere/at/all")));
        let ctx = egui::Context::default();
        exporter.start(
            "run.csv".into(),
            Export::Csv,
            &ctx,
            || Ok(Vec::new().into()),
        );
        let error = exporter.receiver.recv().unwrap().unwrap_err();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }

    #[test]
    fn a_png_has_the_pixels_that_went_in() {
        let rgba = [255, 0, 0, 255, 0, 255, 0, 255];
        let bytes = png([2, 1], &rgba, "").unwrap();
        let image = image::load_from_memory(&bytes).unwrap().to_rgba8();
        assert_eq!(image.into_raw(), rgba);
        assert!(png([3, 1], &rgba, "").is_err());
    }
}
