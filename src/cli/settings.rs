//! From arguments to settings.

use super::CliError;
use super::args::{PictureArgs, Record, RunArgs, Source};
use crate::figures;
use crate::io::{self, data};
use crate::presets::{self, Preset};
use crate::sim::committee::instance::Instance;
use crate::sim::config::{Config, ConfigError, FIELDS, Value};
use crate::startup::Startup;
use crate::workspace;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Settings that were asked for, with the instance that they name.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Settings; an instance has fixed D, P and N. Not checked yet.
    pub config: Config,
    /// The instance and its absolute path.
    pub instance: Option<(PathBuf, Arc<Instance>)>,
}

/// The settings that `grokscope run` trains.
///
/// # Errors
/// Names the flag, file or field and what to do.
pub fn for_run(args: &RunArgs) -> Result<Resolved, CliError> {
    let mut draft = Draft::from_source(&args.source)?;
    draft.set_all(&args.set)?;
    let flag = |name: &str, e: ConfigError| CliError::usage(format!("--{name}: {e}"));
    if let Some(engine) = &args.engine {
        draft
            .set_str("training.engine", engine)
            .map_err(|e| flag("engine", e))?;
    }
    for (name, key, value) in [
        ("steps", "training.steps", args.steps),
        ("seed", "seed", args.seed),
    ] {
        if let Some(n) = value {
            draft
                .config
                .set(key, &Value::Integer(n))
                .map_err(|e| flag(name, e))?;
            draft.on_line.insert(key.into());
        }
    }
    match &args.record {
        None => {}
        Some(Record::PerDecade(n)) => {
            let n = Value::Integer(u64::from(*n));
            draft
                .config
                .set("record.points_per_decade", &n)
                .map_err(|e| flag("record", e))?;
            draft.config.record.steps.clear();
        }
        Some(Record::Steps(steps)) => draft
            .config
            .set("record.steps", &Value::Steps(steps.clone()))
            .map_err(|e| flag("record", e))?,
    }
    draft.resolve()
}

/// What the window opens with.
///
/// # Errors
/// Names the flag, file or field and what to do.
pub fn for_window(source: &Source) -> Result<Startup, CliError> {
    if source.preset.is_none()
        && source.config.is_none()
        && source.instance.is_none()
        && !source.rescale
    {
        return Ok(Startup::default());
    }
    let Resolved { config, instance } = Draft::from_source(source)?.resolve()?;
    let config = config.check()?.into_inner();
    Ok(Startup {
        config: Some(config),
        instance,
        preset: source.preset.clone(),
        ..Startup::default()
    })
}

/// The same, with a figure of the paper if one was asked for.
///
/// # Errors
/// Suggests the nearest ID.
pub fn with_figure(startup: Startup, id: Option<&str>) -> Result<Startup, CliError> {
    let Some(id) = id else { return Ok(startup) };
    let figure = figures::find(id).map_err(|e| CliError::usage(format!("--figure: {e}")))?;
    Ok(Startup {
        config: Some(figure.live().config.clone()),
        figure: Some(figure.id.clone()),
        ..startup
    })
}

/// What `grokscope picture` draws.
///
/// # Errors
/// Names the flag, file or field and what to do.
pub fn for_picture(args: &PictureArgs) -> Result<Startup, CliError> {
    let mut draft = Draft::from_source(&args.source)?;
    draft.set_all(&args.set)?;
    let Resolved { config, instance } = draft.resolve()?;
    Ok(Startup {
        config: Some(config.check()?.into_inner()),
        instance,
        // Settings that were changed are no longer the preset's.
        preset: args.source.preset.clone().filter(|_| args.set.is_empty()),
        ..Startup::default()
    })
}

/// Reads a config file, with the instance that it may name: what the window
/// does with a file that is dropped on it.
///
/// # Errors
/// Names the file or field and what to do.
pub fn from_config_file(path: &Path) -> Result<Resolved, CliError> {
    let mut draft = Draft::default();
    draft.read_file(path, "")?;
    draft.resolve()
}

/// Settings on the way, and which of them an instance may not replace silently:
/// those in the file that names it, and those on the command line.
#[derive(Default)]
struct Draft {
    config: Config,
    /// How the instance was named.
    instance_flag: &'static str,
    in_file: BTreeSet<&'static str>,
    on_line: BTreeSet<String>,
}

impl Draft {
    fn from_source(source: &Source) -> Result<Self, CliError> {
        let mut draft = Self::default();
        if let Some(name) = &source.preset {
            let preset =
                presets::find(name).map_err(|e| CliError::usage(format!("--preset: {e}")))?;
            draft.config = preset.config.clone();
        }
        if let Some(path) = &source.config {
            draft.read_file(path, "--config ")?;
        }
        if let Some(path) = &source.instance {
            draft.config.instance = Some(absolute(path)?);
            draft.config.rescale = false;
            draft.instance_flag = "--instance ";
            // The file spoke of another problem.
            draft.in_file.clear();
        }
        if source.rescale {
            draft.config.rescale = true;
        }
        Ok(draft)
    }

    fn set_all(&mut self, settings: &[(String, String)]) -> Result<(), CliError> {
        // The network decides what the other settings are.
        let (families, others): (Vec<_>, Vec<_>) = settings
            .iter()
            .partition(|(key, _)| key == "network.family");
        for (key, value) in families.into_iter().chain(others) {
            self.set_str(key, value)
                .map_err(|e| CliError::usage(format!("--set {key}={value}: {e}")))?;
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, flag: &str) -> Result<(), CliError> {
        if workspace::open::may_hold(path) {
            let state = workspace::open::read(path);
            let state = state.map_err(|e| CliError::usage(format!("{flag}{e}")))?;
            self.config = state.settings;
            return Ok(());
        }
        let text = io::read_text(path).map_err(|e| CliError::usage(format!("{flag}{e}")))?;
        let at = |e: ConfigError| CliError::usage(format!("{}: {e}", path.display()));
        let table: toml::Table = text.parse().unwrap_or_default();
        if table.get("axes").is_some_and(toml::Value::is_table) {
            return Err(CliError::usage(format!(
                "{0}: is the spec of a sweep, not the settings of one run; `grokscope sweep run {0} \
                 --out DIR` computes it",
                path.display()
            )));
        }
        self.config = match table.contains_key("preset") {
            true => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                Preset::from_toml(&stem, &text).map_err(at)?.config
            }
            false => Config::from_toml(&text).map_err(at)?,
        };
        if let Some(instance) = &self.config.instance {
            // A relative path is meant from where the file is.
            let base = path.parent().unwrap_or(Path::new(""));
            self.config.instance = Some(absolute(&base.join(instance))?);
            self.in_file = (FIELDS.iter().map(|field| field.key))
                .filter(|key| match key.split_once('.') {
                    Some((section, name)) => {
                        table.get(section).is_some_and(|s| s.get(name).is_some())
                    }
                    None => table.contains_key(*key),
                })
                .collect();
        }
        Ok(())
    }

    fn set_str(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        self.config.set_str(key, value)?;
        if let ("instance", Some(path)) = (key, &self.config.instance) {
            self.in_file.clear();
            self.config.instance = Some(absolute(Path::new(path)).map_err(|e| ConfigError {
                field: key.into(),
                value: value.into(),
                allowed: e.to_string(),
                fix: "give another path".into(),
            })?);
        }
        self.on_line.insert(key.into());
        Ok(())
    }

    fn resolve(self) -> Result<Resolved, CliError> {
        let Some(path) = self.config.instance.clone() else {
            return Ok(Resolved {
                config: self.config,
                instance: None,
            });
        };
        let path = PathBuf::from(path);
        let instance = data::read(&path, self.config.rescale)
            .map_err(|e| CliError::usage(format!("{}{e}", self.instance_flag)))?;
        let mut fixed = self.config.clone();
        instance.fix(&mut fixed);
        for field in FIELDS.iter() {
            let Some(why) = instance.fixes(field.key, &self.config) else {
                continue;
            };
            let (asked, found) = ((field.get)(&self.config), (field.get)(&fixed));
            let explicit = self.in_file.contains(field.key) || self.on_line.contains(field.key);
            if explicit && asked != found {
                return Err(CliError::Config(ConfigError {
                    field: field.key.into(),
                    value: asked.to_string(),
                    allowed: format!("the instance {} fixes it: {why}", path.display()),
                    fix: "leave it out".into(),
                }));
            }
        }
        Ok(Resolved {
            config: fixed,
            instance: Some((path, Arc::new(instance))),
        })
    }
}

/// The absolute form of a path, which a config file can carry elsewhere.
fn absolute(path: &Path) -> Result<String, CliError> {
    let problem = |what: &str| CliError::usage(format!("instance {}: {what}", path.display()));
    std::path::absolute(path)
        .map_err(|e| problem(&format!("is no path: {e}")))?
        .into_os_string()
        .into_string()
        .map_err(|_| problem("is not UTF-8, so config.toml could not name it; rename it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Width;
    use ndarray::{Array1, Array2};
    use ndarray_npy::NpzWriter;

    fn run(args: RunArgs) -> Result<Resolved, String> {
        for_run(&args).map_err(|e| e.to_string())
    }

    fn set(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect()
    }

    /// P = 4, D = 3, N = 2.
    fn instance_in(dir: &Path) -> PathBuf {
        let path = dir.join("i.npz");
        let mut npz = NpzWriter::new(std::fs::File::create(&path).unwrap());
        npz.add_array("X", &Array2::<f64>::ones((4, 3))).unwrap();
        npz.add_array("y", &Array1::<f64>::ones(4)).unwrap();
        npz.add_array("W0", &Array2::<f64>::ones((2, 3))).unwrap();
        npz.finish().unwrap();
        path
    }

    #[test]
    fn named_flags_win_over_set_and_set_over_the_preset() {
        let config = run(RunArgs {
            source: Source {
                preset: Some("lazy".into()),
                ..Source::default()
            },
            set: set(&[
                ("network.alpha", "2"),
                ("training.steps", "7"),
                ("network.width", "9"),
            ]),
            engine: Some("neurons".into()),
            steps: Some(5),
            seed: Some(3),
            record: Some(Record::Steps(vec![1, 2])),
            ..RunArgs::default()
        })
        .unwrap()
        .config;
        let preset = &presets::find("lazy").unwrap().config;
        assert_eq!(config.network.alpha, 2.0);
        assert_eq!(config.network.epsilon, preset.network.epsilon);
        assert_eq!(config.training.steps, 5);
        assert_eq!(config.training.engine.name(), "neurons");
        assert_eq!(config.seed, 3);
        assert_eq!(config.record.steps, [1, 2]);
    }

    #[test]
    fn a_density_replaces_an_explicit_list() {
        let config = run(RunArgs {
            set: set(&[("record.steps", "[1, 2]")]),
            record: Some(Record::PerDecade(20)),
            ..RunArgs::default()
        })
        .unwrap()
        .config;
        assert_eq!(config.record.points_per_decade, 20);
        assert!(config.record.steps.is_empty());
    }

    #[test]
    fn errors_name_the_flag_and_the_field() {
        let error = run(RunArgs {
            set: set(&[("network.alpah", "2")]),
            ..RunArgs::default()
        })
        .unwrap_err();
        assert!(
            error.contains("--set") && error.contains("did you mean network.alpha?"),
            "{error}"
        );
        let error = run(RunArgs {
            steps: Some(0),
            ..RunArgs::default()
        })
        .unwrap_err();
        assert!(
            error.contains("--steps") && error.contains("training.steps"),
            "{error}"
        );
    }

    #[test]
    fn an_instance_fixes_the_shape_and_is_named_absolutely() {
        let dir = tempfile::tempdir().unwrap();
        let path = instance_in(dir.path());
        let resolved = run(RunArgs {
            source: Source {
                instance: Some(path.clone()),
                ..Source::default()
            },
            ..RunArgs::default()
        })
        .unwrap();
        let config = resolved.config;
        assert_eq!((config.task.dim, config.task.samples), (3, 4));
        assert_eq!(config.network.width, Width::Finite(2));
        assert_eq!(config.instance.as_deref(), path.to_str());
    }

    #[test]
    fn a_shape_that_disagrees_with_the_instance_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let source = Source {
            instance: Some(instance_in(dir.path())),
            ..Source::default()
        };
        for (key, value, ok) in [
            ("task.dim", "3", true),
            ("task.dim", "5", false),
            ("task.samples", "5", false),
            ("network.width", "inf", false),
            ("seed", "5", false),
            ("task.label_noise", "1", false),
            ("network.solution_mix", "0.5", false),
            ("task.target_scale", "5", false),
            ("network.init_scale", "3", false),
            ("task.target", "eigenvector", false),
            ("task.degree", "3", false),
            ("network.alpha", "5", true),
        ] {
            let result = run(RunArgs {
                source: source.clone(),
                set: set(&[(key, value)]),
                ..RunArgs::default()
            });
            assert_eq!(result.is_ok(), ok, "{key}={value}");
            if let Err(error) = result {
                assert!(error.contains(key) && error.contains("fixes it"), "{error}");
            }
        }
    }

    #[test]
    fn a_config_file_finds_its_instance_beside_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = instance_in(dir.path());
        let file = dir.path().join("c.toml");
        std::fs::write(&file, "instance = \"i.npz\"\n[network]\nalpha = 2.0\n").unwrap();
        let resolved = from_config_file(&file).unwrap();
        assert_eq!(resolved.instance.unwrap().0, path);
        std::fs::write(&file, "instance = \"i.npz\"\n[task]\ndim = 7\n").unwrap();
        let error = from_config_file(&file).unwrap_err().to_string();
        assert!(error.contains("task.dim = 7"), "{error}");
    }

    #[test]
    fn the_window_opens_with_what_was_named_and_else_with_nothing() {
        assert!(for_window(&Source::default()).unwrap().config.is_none());
        let startup = for_window(&Source {
            preset: Some("goldilocks".into()),
            ..Source::default()
        })
        .unwrap();
        assert_eq!(startup.preset.as_deref(), Some("goldilocks"));
        assert!(!startup.config.unwrap().network.centered);
    }
}
