//! Which part may know which.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The floors of the house, from the ground up: what stands on one may know only
/// what stands on those before it.
const FLOORS: &[&[&str]] = &[
    &["sim"],
    &["training", "presets", "extract"],
    &["history", "io"],
    &["figures", "sweep"],
    &["plot"],
    &["startup"],
    &["cli", "views"],
    &["app"],
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a source directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Lines of code under `part` that contain one of `words`, comments apart.
fn offenders(part: &str, words: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(part);
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(!files.is_empty(), "{part} holds no sources");
    let mut lines = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for (i, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|w| code.contains(w)) {
                lines.push(format!("{}:{}: {}", file.display(), i + 1, line.trim()));
            }
        }
    }
    lines
}

#[test]
fn the_numerics_know_no_interface_no_files_no_threads_and_no_clock() {
    let words = [
        "egui",
        "eframe",
        "std::fs",
        "std::thread",
        "Instant",
        "SystemTime",
        "println!",
    ];
    assert_eq!(offenders("sim", &words), Vec::<String>::new());
}

#[test]
fn only_the_window_knows_the_user_interface() {
    for part in ["sim", "training", "history", "io", "cli", "sweep", "plot"] {
        let found: Vec<_> = offenders(part, &["egui", "rfd"])
            .into_iter()
            .filter(|line| !line.contains("gui_help.rs"))
            .collect();
        assert_eq!(found, Vec::<String>::new(), "{part}");
    }
}

#[test]
fn views_send_no_commands_and_write_no_files() {
    let words = ["Command::", "std::fs", "WorkerHandle", "std::thread"];
    assert_eq!(offenders("views", &words), Vec::<String>::new());
}

#[test]
fn every_channel_has_a_bound() {
    assert_eq!(offenders("", &["unbounded("]), Vec::<String>::new());
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Whether a place in a text begins a word.
fn begins_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

/// The first names that follow `crate::` at the beginning of a text: one, or all
/// between braces, as in `crate::{history::Run, sim}`.
fn first_names(text: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        let text = text.trim_start();
        let ends = |c: char| !(c.is_alphanumeric() || c == '_');
        text[..text.find(ends).unwrap_or(text.len())].to_owned()
    };
    let Some(inner) = text.trim_start().strip_prefix('{') else {
        return vec![word(text)];
    };
    let mut names = vec![word(inner)];
    let mut depth = 0;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(&inner[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What each part of the crate uses of the others, and in which files.
fn uses() -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let mut uses: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(root()).expect("under src");
        let first = relative.components().next().expect("a name");
        let part = first.as_os_str().to_string_lossy();
        let part = part.trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&part.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        let lines = text
            .lines()
            .map(|l| l.split("//").next().unwrap_or_default());
        let code = lines.collect::<Vec<_>>().join("\n");
        for (at, found) in code.match_indices("crate::") {
            if !begins_word(&code, at) {
                continue;
            }
            for name in first_names(&code[at + found.len()..]) {
                if name != part {
                    let places = uses.entry((part.clone(), name)).or_default();
                    places.insert(relative.display().to_string());
                }
            }
        }
    }
    uses
}

#[test]
fn names_are_found_in_every_form_of_a_use() {
    assert_eq!(first_names("sim::{a, b};"), ["sim"]);
    assert_eq!(
        first_names("{\n  history::{Run, format},\n  sim::config::Config,\n  io,\n}; {x, y}"),
        ["history", "sim", "io"]
    );
}

#[test]
fn each_part_knows_only_the_floors_below_it() {
    let floor = |part: &str| FLOORS.iter().position(|f| f.contains(&part));
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for ((part, other), files) in uses() {
        let (Some(upper), Some(lower)) = (floor(&part), floor(&other)) else {
            panic!("{part} or {other} has no floor: say in FLOORS on which it stands");
        };
        seen.extend([part.clone(), other.clone()]);
        if upper <= lower {
            wrong.push(format!("{part} uses {other}: {files:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let floors = FLOORS.iter().flat_map(|floor| floor.iter());
    let gone: Vec<_> = floors.filter(|part| !seen.contains(**part)).collect();
    assert!(gone.is_empty(), "no longer there: {gone:?}");
}
