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
    &["io"],
    &["history"],
    &["figures", "sweep"],
    &["plot"],
    &["workspace"],
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

/// What each part of `sim` uses of the others: `crate::sim::…`, and `super::…` as far
/// up as `sim`. Tests within a file, which may use anything, do not count.
fn uses_within_sim() -> BTreeMap<String, BTreeSet<String>> {
    let sim = root().join("sim");
    let mut files = Vec::new();
    sources(&sim, &mut files);
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(&sim).expect("under sim");
        let mut path: Vec<String> = (relative.components())
            .map(|c| {
                c.as_os_str()
                    .to_string_lossy()
                    .trim_end_matches(".rs")
                    .to_owned()
            })
            .collect();
        if path.last().is_some_and(|name| name == "mod") {
            path.pop();
        }
        let Some(part) = path.first().cloned() else {
            continue;
        };
        if path.last().is_some_and(|name| name == "tests") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = text
            .lines()
            .map(|l| l.split("//").next().unwrap_or_default());
        let code = lines.collect::<Vec<_>>().join("\n");
        let up = "super::".repeat(path.len());
        let mut found = BTreeSet::new();
        for prefix in ["crate::sim::", up.as_str()] {
            for (at, text) in code.match_indices(prefix) {
                let rest = &code[at + text.len()..];
                if begins_word(&code, at) && !rest.starts_with("super::") {
                    found.extend(first_names(rest));
                }
            }
        }
        found.retain(|name| *name != part && name.starts_with(|c: char| c.is_lowercase()));
        uses.entry(part).or_default().extend(found);
    }
    uses
}

#[test]
fn no_part_of_the_numerics_uses_itself_by_way_of_another() {
    let uses = uses_within_sim();
    assert!(uses["committee"].contains("rkc") && uses["simulation"].contains("model"));
    // Parts that use only what is settled are settled; what is left over is a circle.
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    loop {
        let (before, known) = (settled.len(), settled.clone());
        let lower = |name: &String| known.contains(name.as_str()) || !uses.contains_key(name);
        let next = uses.iter().filter(|(_, used)| used.iter().all(lower));
        settled.extend(next.map(|(part, _)| part.as_str()));
        if settled.len() == before {
            break;
        }
    }
    let circle: Vec<_> = uses
        .iter()
        .filter(|(part, _)| !settled.contains(part.as_str()))
        .collect();
    assert!(circle.is_empty(), "{circle:#?}");
}

/// What stands between backticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn the_page_about_the_architecture_names_what_is_there() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(crate_root.join("ARCHITECTURE.md")).expect("the page");
    let mut paths = 0;
    for path in page.lines().flat_map(quoted) {
        let folders = ["src/", "assets/", "docs/", "tests/"];
        if folders.iter().any(|folder| path.starts_with(folder)) {
            assert!(crate_root.join(path).exists(), "there is no {path}");
            paths += 1;
        }
    }
    assert!(paths > 30, "only {paths} paths");
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let words: Vec<&str> = quoted(line).collect();
        if let [path, word] = words[..]
            && crate_root.join(path).is_file()
        {
            let text = std::fs::read_to_string(crate_root.join(path)).expect("a text");
            assert!(text.contains(word), "{path} says nothing of {word}");
        }
    }
}

#[test]
fn the_page_about_the_architecture_has_the_floors() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(crate_root.join("ARCHITECTURE.md")).expect("the page");
    for (i, floor) in FLOORS.iter().enumerate() {
        let number = format!("| {} |", i + 1);
        let line = page.lines().find(|line| line.starts_with(&number));
        let line = line.unwrap_or_else(|| panic!("no floor {}", i + 1));
        let mut told: Vec<&str> = quoted(line)
            .map(|path| path.trim_start_matches("src/").trim_end_matches(".rs"))
            .collect();
        let mut there = floor.to_vec();
        told.sort_unstable();
        there.sort_unstable();
        assert_eq!(told, there, "floor {}", i + 1);
    }
}
