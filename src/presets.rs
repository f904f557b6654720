//! The runs that ship with the program. Each is a TOML file in
//! `assets/presets`: a `[preset]` table with its title, its story, its place in
//! the list and the outcome it promises, then the sections of a config. A test
//! trains each of them and checks what it promises.

use crate::sim::config::{Config, ConfigError};
use serde::Deserialize;
use std::fmt;
use std::sync::LazyLock;

/// Outcome classes that a preset may promise, by their names in files.
const PROMISES: [&str; 4] = [
    "groks",
    "generalises_at_once",
    "never_generalises",
    "never_fits",
];

/// A run with a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Its name on the command line: the stem of its file.
    pub name: String,
    /// Its name in menus.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub description: String,
    /// Place in the list; the lowest one opens first.
    pub order: u32,
    /// The outcome class it promises, by its name in files.
    pub expects: String,
    /// Its settings.
    pub config: Config,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    description: String,
    order: u32,
    expects: String,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name and text of every preset file.
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../assets/presets/", $name, ".toml")))),*
        ];
    };
}

shipped![
    "grokking",
    "rich",
    "lazier",
    "lazy",
    "misaligned",
    "aligned",
    "too-little-data",
    "goldilocks",
    "more-data",
    "plenty-of-data",
    "weight-decay",
    "figure-1",
    "modular-addition",
    "transformer",
    "student-teacher",
    "digits",
];

static PRESETS: LazyLock<(Vec<Preset>, Vec<String>)> = LazyLock::new(|| read_all(FILES));

/// The presets in the order of the list, and what is wrong with files that are
/// none.
fn read_all(files: &[(&str, &str)]) -> (Vec<Preset>, Vec<String>) {
    let (mut presets, mut problems) = (Vec::new(), Vec::new());
    for (name, text) in files {
        match Preset::from_toml(name, text) {
            Ok(preset) => presets.push(preset),
            Err(e) => problems.push(format!("the preset {name} cannot be used: {e}")),
        }
    }
    presets.sort_by_key(|p| p.order);
    (presets, problems)
}

/// Every preset, in the order of the list.
pub fn all() -> &'static [Preset] {
    &PRESETS.0
}

/// What is wrong with presets that are missing from the list: nothing in a build
/// that passed its tests.
pub fn problems() -> &'static [String] {
    &PRESETS.1
}

/// The settings of the run that opens first.
pub fn opening() -> Config {
    all()
        .first()
        .map_or_else(Config::default, |p| p.config.clone())
}

/// A name that no preset has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPreset {
    /// The name asked for.
    pub name: String,
    /// The nearest one there is.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownPreset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no preset is named \"{}\"; ", self.name)?;
        if let Some(nearest) = self.nearest {
            write!(f, "did you mean {nearest}? ")?;
        }
        f.write_str("`grokscope presets` lists them")
    }
}

impl std::error::Error for UnknownPreset {}

/// The preset with this name.
///
/// # Errors
/// Suggests the nearest name.
pub fn find(name: &str) -> Result<&'static Preset, UnknownPreset> {
    all().iter().find(|p| p.name == name).ok_or_else(|| {
        let nearest = all()
            .iter()
            .map(|p| (p.name.as_str(), strsim::jaro_winkler(name, &p.name)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        UnknownPreset {
            name: name.into(),
            nearest: nearest.map(|(name, _)| name),
        }
    })
}

impl Preset {
    /// Reads a preset file.
    ///
    /// # Errors
    /// Names the field and what is wrong with it.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, ConfigError> {
        let error = |field: &str, value: String, allowed: String| ConfigError {
            field: field.into(),
            value,
            allowed,
            fix: format!("correct assets/presets/{name}.toml"),
        };
        let mut table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| error("file", e.to_string(), "must be TOML".into()))?;
        let header = table
            .remove("preset")
            .unwrap_or_else(|| toml::Table::new().into());
        let header: Header = header.clone().try_into().map_err(|e: toml::de::Error| {
            error("preset", header.to_string(), e.message().to_owned())
        })?;
        if !PROMISES.contains(&header.expects.as_str()) {
            return Err(error(
                "preset.expects",
                header.expects,
                format!("must be one of {}", PROMISES.join(", ")),
            ));
        }
        let mut config = Config::default();
        config.apply("", &table)?;
        let config = config.check()?.into_inner();
        Ok(Self {
            name: name.into(),
            title: header.title,
            description: header.description,
            order: header.order,
            expects: header.expects,
            config,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_is_registered_and_can_be_read() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets");
        let on_disc: BTreeSet<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let registered: BTreeSet<String> = FILES
            .iter()
            .map(|(name, _)| format!("{name}.toml"))
            .collect();
        assert_eq!(on_disc, registered);
        for (name, text) in FILES {
            Preset::from_toml(name, text).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        assert_eq!(all().len(), FILES.len());
        assert!(problems().is_empty(), "{:?}", problems());
    }

    #[test]
    fn a_preset_that_cannot_be_read_is_named() {
        let (presets, problems) = read_all(&[("bad", "[network]\nalfa = 1"), FILES[0]]);
        assert_eq!(presets.len(), 1);
        assert!(
            problems[0].contains("the preset bad cannot be used"),
            "{problems:?}"
        );
    }

    #[test]
    fn orders_are_distinct_and_the_default_config_opens_first() {
        let orders: BTreeSet<u32> = all().iter().map(|p| p.order).collect();
        assert_eq!(orders.len(), all().len());
        assert_eq!(all()[0].name, "grokking");
        let mut first = opening();
        first.seed = Config::default().seed;
        assert_eq!(first, Config::default());
    }

    #[test]
    fn a_preset_fixes_its_seed_learning_rate_and_horizon() {
        let own = |name: &str| find(name).is_ok_and(|p| p.config.network.family.is_committee());
        // The others are the first settings of their networks.
        for (name, text) in FILES.iter().filter(|(name, _)| own(name)) {
            for key in ["seed = ", "learning_rate = ", "steps = "] {
                let fixed = text.lines().any(|line| line.starts_with(key));
                assert!(fixed, "{name}: {key}");
            }
        }
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let error = find("goldilock").unwrap_err().to_string();
        assert!(error.contains("did you mean goldilocks?"), "{error}");
        assert_eq!(find("lazy").unwrap().name, "lazy");
    }

    #[test]
    fn a_bad_preset_file_names_its_field() {
        let with = |expects: &str, rest: &str| {
            let text = format!(
                "[preset]\ntitle = \"t\"\ndescription = \"d\"\norder = 1\nexpects = \"{expects}\"\n{rest}"
            );
            Preset::from_toml("x", &text)
        };
        assert!(with("groks", "[network]\nalpha = 2\n").is_ok());
        assert_eq!(with("maybe", "").unwrap_err().field, "preset.expects");
        let unknown = with("groks", "[network]\nalfa = 2\n").unwrap_err();
        assert_eq!(unknown.field, "network.alfa");
        assert!(with("groks", "colour = 2\n").is_err());
    }
}
