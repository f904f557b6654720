//! Files opened from the window, read in the background.

use super::{
    lecture::story::Story,
    session::Loaded,
    workspace::{Instances, instances_of},
};
use crate::{
    cli::settings::{self, Resolved},
    io,
    sim::config::Config,
    startup::is_story,
    workspace::{self, Workspace},
};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What was read.
#[derive(Debug)]
pub enum Content {
    /// Settings, and the instance they name, if any.
    Run(Box<Config>, Option<Loaded>),
    /// A state of the window.
    State(Box<Workspace>, Instances),
    /// The story of a lecture.
    Story(Box<Story>),
}

/// What was read, or why nothing was.
pub type Opened = Result<Content, String>;

/// Where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// No file was chosen.
    Nowhere,
    /// A file.
    File(PathBuf),
    /// A code that was pasted.
    Code,
}

impl From {
    /// What a person calls it.
    pub fn name(&self) -> String {
        match self {
            Self::Nowhere => String::new(),
            Self::File(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                name.to_string_lossy().into_owned()
            }
            Self::Code => "the code".into(),
        }
    }
}

/// Files that were read.
pub struct Files {
    sender: Sender<(From, Opened)>,
    receiver: Receiver<(From, Opened)>,
}

impl Default for Files {
    fn default() -> Self {
        let (sender, receiver) = bounded(4);
        Self { sender, receiver }
    }
}

impl Files {
    /// For the thread that reads.
    pub fn sender(&self) -> Sender<(From, Opened)> {
        self.sender.clone()
    }

    /// The next file that was read, if any.
    pub fn try_next(&self) -> Option<(From, Opened)> {
        self.receiver.try_recv().ok()
    }
}

/// Reads an instance.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read_instance(path: &Path, rescale: bool) -> Result<Loaded, String> {
    let instance = io::data::read(path, rescale).map_err(|e| e.to_string())?;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok((path, Arc::new(instance)))
}

/// Reads a state of the window, settings, or an instance to replay with the settings of
/// `base`.
///
/// # Errors
/// A file that cannot be read or does not hold what its name says, in words.
pub fn read(path: &Path, base: Config) -> Opened {
    if workspace::open::may_hold(path) {
        return with_instances(workspace::open::read(path).map_err(|e| e.to_string())?);
    }
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    match extension.as_str() {
        ending if ending == "npz" || io::data::TABLES.contains(&ending) => {
            let instance = read_instance(path, base.rescale)?;
            // Other networks bring data of their own.
            let base = match base.network.family.is_committee() {
                true => base,
                false => Config::default(),
            };
            Ok(Content::Run(Box::new(base), Some(instance)))
        }
        "toml" if is_story(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| io::read_problem(&e))?;
            let story = Story::from_toml(&text).map_err(|e| e.to_string())?;
            Ok(Content::Story(Box::new(story)))
        }
        // As `--config` does, with the same errors.
        "toml" => {
            let Resolved { config, instance } =
                settings::from_config_file(path).map_err(|e| e.to_string())?;
            Ok(Content::Run(Box::new(config), instance))
        }
        _ => Err(
            "a state (.grokscope, or a picture that Grokscope made), settings or a story (.toml) \
             or data (.csv, .npz) can be opened"
                .into(),
        ),
    }
}

/// Reads a code that was pasted.
///
/// # Errors
/// Says what is wrong with it and what to do.
pub fn read_code(code: &str) -> Opened {
    with_instances(Workspace::from_code(code).map_err(|e| e.to_string())?)
}

fn with_instances(state: Workspace) -> Opened {
    let instances = instances_of(&state)?;
    Ok(Content::State(Box::new(state), instances))
}

/// Asks for a file with the system's dialog, and reads it, all off this thread.
/// However long the answer takes, it is waited for.
pub fn browse(files: &Files, base: Config, ctx: &egui::Context) {
    let (sender, ctx) = (files.sender(), ctx.clone());
    // The dialog is made here, as macOS demands of its main thread.
    let dialog = rfd::AsyncFileDialog::new()
        .set_title("Open a state, settings, data or a story")
        .add_filter(
            "States, pictures, settings, data and stories",
            &[
                "grokscope",
                "png",
                "apng",
                "svg",
                "pdf",
                "gif",
                "toml",
                "npz",
                "csv",
                "tsv",
                "txt",
            ],
        )
        .pick_file();
    std::thread::spawn(move || {
        let answer = pollster::block_on(dialog).map(|file| file.path().to_owned());
        let opened = match answer {
            Some(path) => {
                let opened = read(&path, base);
                (From::File(path), opened)
            }
            None => (From::Nowhere, Err(String::new())),
        };
        // The window may be gone by now; then nobody wants the file.
        let _ = sender.send(opened);
        ctx.request_repaint();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_read_as_the_command_line_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mut npz = ndarray_npy::NpzWriter::new(std::fs::File::create(at("i.npz")).unwrap());
        npz.add_array("X", &ndarray::Array2::<f64>::ones((4, 3)))
            .unwrap();
        npz.add_array("y", &ndarray::Array1::<f64>::ones(4))
            .unwrap();
        npz.add_array("W0", &ndarray::Array2::<f64>::ones((2, 3)))
            .unwrap();
        npz.finish().unwrap();
        let read = |name: &str, text: &str| {
            std::fs::write(at(name), text).unwrap();
            match super::read(&at(name), Config::default())? {
                Content::Run(config, instance) => Ok((*config, instance)),
                Content::State(..) | Content::Story(_) => Err(format!("{name} is a state")),
            }
        };
        let (config, instance) = read("c.toml", "instance = \"i.npz\"\n").unwrap();
        assert_eq!(instance.unwrap().0, at("i.npz"));
        assert_eq!(config.task.dim, 3);
        let error = read("d.toml", "instance = \"i.npz\"\n[task]\ndim = 7\n").unwrap_err();
        assert!(
            error.contains("task.dim = 7") && error.contains("fixes it"),
            "{error}"
        );
        let error = read("e.toml", "instance = \"none.npz\"\n").unwrap_err();
        assert!(error.contains("none.npz: no such file"), "{error}");
        let error = read("s.toml", "[axes]\nseed = [1]\n").unwrap_err();
        assert!(error.contains("spec of a sweep"), "{error}");
        let preset = include_str!("../../assets/presets/lazy.toml");
        let (config, _) = read("p.toml", preset).unwrap();
        assert_eq!(config, crate::presets::find("lazy").unwrap().config);
        assert!(read("x.txt", "").is_err());
    }
}
