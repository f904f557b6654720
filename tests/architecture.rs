//! Which part may know which.

use std::path::{Path, PathBuf};

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
    for part in ["sim", "training", "history", "io", "cli", "sweep"] {
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
