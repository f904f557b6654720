//! Files opened from the window, read in the background.

use super::session::Loaded;
use crate::{io, sim::config::Config};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Settings, and the instance they name, if any.
pub type Opened = Result<(Config, Option<Loaded>), String>;

/// Files that were read.
pub struct Files {
    sender: Sender<(PathBuf, Opened)>,
    receiver: Receiver<(PathBuf, Opened)>,
}

impl Default for Files {
    fn default() -> Self {
        let (sender, receiver) = bounded(4);
        Self { sender, receiver }
    }
}

impl Files {
    /// For the thread that reads.
    pub fn sender(&self) -> Sender<(PathBuf, Opened)> {
        self.sender.clone()
    }

    /// The next file that was read, if any.
    pub fn try_next(&self) -> Option<(PathBuf, Opened)> {
        self.receiver.try_recv().ok()
    }
}

/// Reads a config, or an instance to replay with the settings of `base`.
///
/// # Errors
/// A file that cannot be read or does not hold what its name says, in words.
pub fn read(path: &Path, base: Config) -> Opened {
    let extension = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    match extension.as_str() {
        "npz" => instance(path).map(|loaded| (base, Some(loaded))),
        "toml" => {
            let text = io::read_text(path).map_err(|e| e.to_string())?;
            let config = Config::from_toml(&text).map_err(|e| e.to_string())?;
            let loaded = match &config.instance {
                Some(name) => {
                    // A path in a file is meant from where the file is.
                    let beside = path.parent().map(|dir| dir.join(name));
                    let named = PathBuf::from(name);
                    Some(instance(&beside.filter(|p| p.exists()).unwrap_or(named))?)
                }
                None => None,
            };
            Ok((config, loaded))
        }
        _ => Err("a config.toml or an instance.npz can be opened".into()),
    }
}

fn instance(path: &Path) -> Result<Loaded, String> {
    let instance = io::npz::read_instance(path).map_err(|e| e.to_string())?;
    Ok((path.to_owned(), Arc::new(instance)))
}
