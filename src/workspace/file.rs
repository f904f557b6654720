//! A state as TOML, and back.

use super::{VERSION, Workspace, WorkspaceError};
use crate::io::FileError;
use crate::{io, presets};
use std::path::Path;

/// Most bytes of a file: a longer one is something else.
pub const MAX_BYTES: u64 = 8 << 20;

const HEAD: &str = "# A state of Grokscope. Open it with `grokscope open FILE`, Ctrl+O or by \
                    dropping it on the window.\n";

impl Workspace {
    /// As the text of a file.
    pub fn to_toml(&self) -> String {
        // What serde refuses is a table as a key, which there is none of.
        let text = toml::to_string(self).unwrap_or_default();
        format!("{HEAD}{text}")
    }

    /// Reads the text of a file, of this version or an earlier one. What it leaves out
    /// is as at first; a `preset` gives the settings that are left out.
    ///
    /// # Errors
    /// Names the field, the value and what is possible; says so where the file is of a
    /// newer version.
    pub fn from_toml(text: &str) -> Result<Self, WorkspaceError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |span| {
                1 + text.get(..span.start).unwrap_or("").matches('\n').count()
            });
            WorkspaceError::new(format!(
                "line {line} is no TOML ({}); mend it, or save the state again",
                one_line(e.message())
            ))
        })?;
        Self::from_table(table)
    }

    /// Reads a table, such as a part of another file; as [`Self::from_toml`].
    ///
    /// # Errors
    /// As [`Self::from_toml`].
    pub fn from_table(mut table: toml::Table) -> Result<Self, WorkspaceError> {
        match table.get("version") {
            None => {}
            Some(toml::Value::Integer(n)) if (1..=i64::from(VERSION)).contains(n) => {}
            Some(toml::Value::Integer(n)) if *n > i64::from(VERSION) => {
                return Err(WorkspaceError::new(format!(
                    "version = {n}: a newer Grokscope wrote it, and this one reads up to version \
                     {VERSION}; update Grokscope"
                )));
            }
            Some(other) => {
                return Err(WorkspaceError::new(format!(
                    "version = {other}: expected a whole number from 1 to {VERSION}"
                )));
            }
        }
        if let Some(toml::Value::String(name)) = table.get("preset") {
            let preset =
                presets::find(name).map_err(|e| WorkspaceError::new(format!("preset: {e}")))?;
            let base: toml::Table = (preset.config.to_toml().parse())
                .map_err(|e| WorkspaceError::new(format!("preset {name}: {e}")))?;
            let own = match table.remove("settings") {
                Some(toml::Value::Table(own)) => own,
                None => toml::Table::new(),
                Some(_) => {
                    return Err(WorkspaceError::new(
                        "settings: expected a table of sections, as in a config.toml",
                    ));
                }
            };
            table.insert("settings".into(), toml::Value::Table(laid_over(base, own)));
        }
        let mut state: Self = table
            .try_into()
            .map_err(|e: toml::de::Error| WorkspaceError::new(one_line(&e.to_string())))?;
        state.version = VERSION;
        state.check()?;
        // Settings that differ from the preset's are no longer its own.
        state.preset = state
            .preset
            .filter(|name| presets::find(name).is_ok_and(|p| p.config == state.settings));
        Ok(state)
    }

    /// As a table, to be a part of another file.
    pub fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }

    /// Reads a file. Instances with a relative path are looked for beside it.
    ///
    /// # Errors
    /// Names the file, the field and what is possible.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let size = std::fs::metadata(path).map_or(0, |m| m.len());
        if size > MAX_BYTES {
            return Err(FileError::new(
                path,
                format!(
                    "has {size} bytes; a state of Grokscope has at most {MAX_BYTES}: this is another file"
                ),
            ));
        }
        let text = io::read_text(path)?;
        let state = Self::from_toml(&text).map_err(|e| FileError::new(path, e.to_string()))?;
        Ok(state.with_paths_from(path.parent().unwrap_or(Path::new(""))))
    }

    /// Writes a file: as a whole or not at all.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        io::atomic::check_ending(path, super::ENDING)?;
        io::atomic::write(path, self.to_toml().as_bytes())
    }

    /// With the paths of instances as seen from a directory.
    fn with_paths_from(mut self, base: &Path) -> Self {
        let configs = std::iter::once(&mut self.settings)
            .chain(self.pins.iter_mut().map(|pin| &mut pin.settings));
        for config in configs {
            if let Some(path) = &mut config.instance
                && let Ok(found) = std::path::absolute(base.join(&*path))
                && let Some(text) = found.to_str()
            {
                *path = text.to_owned();
            }
        }
        self
    }
}

/// A table with the entries of another in place of its own.
fn laid_over(mut base: toml::Table, own: toml::Table) -> toml::Table {
    for (key, value) in own {
        let merged = match (base.remove(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => {
                toml::Value::Table(laid_over(below, above))
            }
            (_, value) => value,
        };
        base.insert(key, merged);
    }
    base
}

/// A message of a parser in one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
