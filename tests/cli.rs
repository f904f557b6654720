//! The program itself, as a person or a script runs it.

use ndarray::{Array1, Array2};
use ndarray_npy::NpzWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Small enough to take milliseconds.
const QUICK: [&str; 8] = [
    "--set",
    "task.dim=8",
    "--set",
    "task.samples=30",
    "--set",
    "network.width=6",
    "--steps",
    "200",
];

fn grokscope(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A directory and the quick run in it, with these arguments besides.
fn quick(more: &[&str]) -> (TempDir, Output) {
    let dir = tempfile::tempdir().expect("directory");
    let output = quick_in(dir.path(), more);
    (dir, output)
}

fn quick_in(dir: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["run", "--out", "out"];
    arguments.extend(QUICK);
    arguments.extend(more);
    grokscope(&arguments, dir)
}

fn succeeded((dir, output): (TempDir, Output)) -> TempDir {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    dir
}

fn read(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn summary(dir: &Path) -> serde_json::Value {
    serde_json::from_str(&read(dir, "out/summary.json")).expect("JSON")
}

/// The lines of a curve by step, without the header row.
fn rows(dir: &Path, file: &str) -> Vec<(u64, String)> {
    read(dir, file)
        .lines()
        .skip(1)
        .map(|line| {
            let step = line.split(',').next().and_then(|s| s.parse().ok());
            (step.expect("a step"), line.to_owned())
        })
        .collect()
}

/// Asserts exit code 2 and a message with all of these parts.
fn refused(output: &Output, parts: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// P = 20, D = 5, N = 4, with labels that are no quadratic form.
fn instance_in(dir: &Path, name: &str, labels: usize) -> PathBuf {
    let path = dir.join(name);
    let wave = |i: usize, j: usize| ((7 * i + 3 * j) as f64).sin() / 2.0;
    let x = Array2::from_shape_fn((20, 5), |(i, j)| wave(i, j + 1));
    let y = Array1::from_shape_fn(labels, |i| if i % 2 == 0 { 1.0 } else { -1.0 });
    let w0 = Array2::from_shape_fn((4, 5), |(i, j)| 2.0 * wave(i + 50, j));
    let file = std::fs::File::create(&path).expect("file");
    let mut npz = NpzWriter::new(file);
    npz.add_array("X", &x).expect("X");
    npz.add_array("y", &y).expect("y");
    npz.add_array("W0", &w0).expect("W0");
    npz.finish().expect("npz");
    path
}

#[test]
fn a_run_writes_three_files_and_nothing_else() {
    let (dir, output) = quick(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut names: Vec<String> = std::fs::read_dir(dir.path().join("out"))
        .expect("out")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["config.toml", "curve.csv", "summary.json"]);
    assert!(
        stdout(&output).contains("wrote curve.csv"),
        "{}",
        stdout(&output)
    );
    // Lines for a log rather than a bar, where there is no terminal.
    let log = stderr(&output);
    assert!(!log.contains(['\r', '\u{1b}']), "{log:?}");
    assert!(log.lines().all(|line| line.starts_with("run: ")), "{log}");
}

#[test]
fn every_column_of_every_row_is_there() {
    let dir = succeeded(quick(&["--set", "task.test_samples=25"]));
    let curve = read(dir.path(), "out/curve.csv");
    let mut lines = curve.lines();
    let header: Vec<&str> = lines.next().expect("header").split(',').collect();
    assert_eq!(header[0], "step");
    for name in [
        "train_loss",
        "test_loss",
        "sample_test_loss",
        "alignment",
        "centered_alignment",
        "ntk_drift",
        "weight_norm_sq",
        "feature_alignment",
        "param_movement",
        "variance_error",
        "misalignment_error",
        "linear_power",
        "stability",
    ] {
        assert!(header.contains(&name), "{name}");
    }
    for line in lines {
        for (name, cell) in header.iter().zip(line.split(',')) {
            assert!(!cell.is_empty(), "{name} is empty in {line}");
        }
    }
    let steps: Vec<u64> = rows(dir.path(), "out/curve.csv")
        .iter()
        .map(|r| r.0)
        .collect();
    assert_eq!(steps[0], 0);
    assert_eq!(steps.last(), Some(&200));
}

#[test]
fn without_a_test_set_its_columns_are_empty() {
    let dir = succeeded(quick(&[]));
    let curve = read(dir.path(), "out/curve.csv");
    let header: Vec<&str> = curve.lines().next().expect("header").split(',').collect();
    let column = header
        .iter()
        .position(|n| *n == "sample_test_loss")
        .expect("column");
    for line in curve.lines().skip(1) {
        assert_eq!(line.split(',').nth(column), Some(""), "{line}");
    }
}

#[test]
fn the_summary_holds_config_version_outcome_and_speed() {
    let dir = succeeded(quick(&["--seed", "5"]));
    let s = summary(dir.path());
    assert_eq!(s["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(s["steps"], 200);
    assert_eq!(s["config"]["seed"], 5);
    assert_eq!(s["config"]["task"]["dim"], 8);
    assert_eq!(s["config"]["network"]["width"], 6);
    let classes = [
        "groks",
        "generalises_at_once",
        "never_generalises",
        "never_fits",
    ];
    let outcome = s["outcome"].as_str().expect("outcome");
    assert!(classes.contains(&outcome), "{outcome}");
    for key in [
        "steps_per_second",
        "wall_seconds",
        "zero_train_loss",
        "zero_test_loss",
    ] {
        assert!(
            s[key].as_f64().is_some_and(|x| x > 0.0),
            "{key}: {}",
            s[key]
        );
    }
    for key in [
        "fit_step",
        "generalise_step",
        "status",
        "warnings",
        "delay_steps",
        "ratio",
        "at_10_percent",
        "at_50_percent",
        "stability",
        "diverged_at",
        "note",
    ] {
        assert!(s.as_object().is_some_and(|s| s.contains_key(key)), "{key}");
    }
    // Each key is explained, and no other one is.
    let page = include_str!("../docs/summary.md");
    let explained: std::collections::BTreeSet<&str> = (page.lines())
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next())
        .flat_map(|keys| keys.split(", "))
        .map(|key| key.trim_matches('`'))
        .collect();
    let keys = s.as_object().expect("an object").keys();
    assert_eq!(explained, keys.map(String::as_str).collect());
    let threshold = s["thresholds"]["train"].as_f64().expect("threshold");
    let zero = s["zero_train_loss"].as_f64().expect("zero");
    assert!((threshold / zero - 0.1).abs() < 1e-12);
}

#[test]
fn a_directory_with_a_run_is_refused_without_force() {
    let dir = succeeded(quick(&[]));
    let before = read(dir.path(), "out/curve.csv");
    refused(
        &quick_in(dir.path(), &["--seed", "8"]),
        &["--out", "--force"],
    );
    assert_eq!(read(dir.path(), "out/curve.csv"), before);
    let forced = quick_in(dir.path(), &["--seed", "8", "--force"]);
    assert_eq!(forced.status.code(), Some(0), "{}", stderr(&forced));
    assert_ne!(read(dir.path(), "out/curve.csv"), before);
}

#[test]
fn bad_arguments_exit_with_2_and_name_the_flag() {
    let dir = tempfile::tempdir().expect("directory");
    for (arguments, parts) in [
        (&["--stesp", "3"][..], &["--stesp", "--steps"][..]),
        (&["--engine", "moment"], &["--engine", "moments"]),
        (&["--steps", "many"], &["--steps", "many"]),
        (&["--steps", "-4"], &["--steps", "-4"]),
        (&["--steps", "0"], &["--steps", "training.steps"]),
        (&["--seed", "1.5"], &["--seed"]),
        (&["--record", "5,3"], &["--record", "increase"]),
        (&["--record", "log:x"], &["--record", "log:20"]),
        (
            &["--record", "log:5000"],
            &["--record", "points_per_decade"],
        ),
        (&["--set", "network.alpha"], &["--set", "section.key=value"]),
        (&["--preset", "goldilock"], &["--preset", "goldilocks"]),
        (&["--config", "none.toml"], &["--config", "none.toml"]),
        (&["--instance", "none.npz"], &["--instance", "none.npz"]),
        (
            &["--preset", "lazy", "--config", "x"],
            &["--preset", "--config"],
        ),
    ] {
        let mut all = vec!["run", "--out", "out"];
        all.extend(arguments);
        refused(&grokscope(&all, dir.path()), parts);
        assert!(!dir.path().join("out").exists(), "{arguments:?}");
    }
    refused(&grokscope(&["run"], dir.path()), &["--out"]);
    refused(&grokscope(&["rum"], dir.path()), &["rum"]);
}

#[test]
fn bad_settings_exit_with_2_and_name_field_range_and_fix() {
    for (setting, parts) in [
        (
            "network.alhpa=1",
            &["network.alhpa", "did you mean network.alpha"][..],
        ),
        ("alpha=1", &["did you mean network.alpha"]),
        (
            "network.alpha=-1",
            &["network.alpha", "-1", "from", "default"],
        ),
        ("network.alpha=big", &["network.alpha", "big", "number"]),
        ("task.dim=0", &["task.dim", "whole number from 1"]),
        ("task.dim=2.5", &["task.dim", "2.5"]),
        ("network.width=-3", &["network.width", "inf"]),
        ("task.target_rank=99", &["task.target_rank", "task.dim"]),
        ("training.engine=neuron", &["training.engine", "neurons"]),
    ] {
        refused(&quick(&["--set", setting]).1, parts);
    }
}

#[test]
fn bad_files_exit_with_2_and_name_the_file() {
    for (text, parts) in [
        (
            "[network]\nalfa = 1.0\n",
            &["c.toml", "network.alfa", "network.alpha"][..],
        ),
        ("[network]\nalpha = \"x\"\n", &["c.toml", "network.alpha"]),
        ("[netwrok]\nalpha = 1.0\n", &["c.toml", "netwrok"]),
        ("[network\n", &["c.toml", "TOML"]),
    ] {
        let dir = tempfile::tempdir().expect("directory");
        std::fs::write(dir.path().join("c.toml"), text).expect("file");
        let output = grokscope(&["run", "--config", "c.toml", "--out", "out"], dir.path());
        refused(&output, parts);
    }
}

#[test]
fn an_output_that_cannot_be_made_is_refused_before_training() {
    let dir = tempfile::tempdir().expect("directory");
    std::fs::write(dir.path().join("file"), "").expect("file");
    let output = grokscope(&["run", "--steps", "1e10", "--out", "file"], dir.path());
    refused(&output, &["--out", "file"]);
    let output = grokscope(
        &["run", "--steps", "1e10", "--out", "file/below"],
        dir.path(),
    );
    refused(&output, &["--out", "below"]);
}

#[test]
fn a_diverged_run_exits_with_0_and_names_the_stable_learning_rate() {
    let (dir, output) = quick(&["--set", "training.learning_rate=1000"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let s = summary(dir.path());
    assert_eq!(s["outcome"], "diverged");
    assert!(s["diverged_at"].as_u64().is_some_and(|step| step > 0));
    let stable = s["stable_learning_rate"].as_f64().expect("a learning rate");
    assert!(stable > 0.0 && stable < 1000.0, "{stable}");
    assert!(stderr(&output).contains("diverged"), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("learning_rate"),
        "{}",
        stderr(&output)
    );

    let rate = format!("training.learning_rate={}", 0.5 * stable);
    let (again, output) = quick(&["--set", &rate]);
    assert_eq!(output.status.code(), Some(0));
    assert_ne!(summary(again.path())["outcome"], "diverged");
}

#[test]
#[cfg(unix)]
fn a_run_that_is_told_to_stop_writes_what_it_has_and_exits_with_75() {
    for signal in ["INT", "TERM", "HUP"] {
        a_run_is_saved_at(signal);
    }
}

#[cfg(unix)]
fn a_run_is_saved_at(signal: &str) {
    let dir = tempfile::tempdir().expect("directory");
    let child = Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .args(["run", "--steps", "1000000000", "--out", "out"])
        .current_dir(dir.path())
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("started");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let killed = Command::new("kill")
        .args([&format!("-{signal}"), &child.id().to_string()])
        .status();
    assert!(killed.expect("sent").success());
    let output = child.wait_with_output().expect("ended");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(75), "{said}");
    let name = if signal == "INT" {
        "Ctrl-C".into()
    } else {
        format!("SIG{signal}")
    };
    // What is going on, when it began, and what a second signal does.
    let words = ["run: 1,000,000,000 steps", &name, "is written", "a second"];
    assert!(words.iter().all(|w| said.contains(w)), "{said}");
    let rows = rows(dir.path(), "out/curve.csv");
    assert!(rows.len() > 5, "{} rows", rows.len());
    let summary = summary(dir.path());
    let step = summary["steps"].as_u64().expect("the last step");
    assert!((1..1_000_000_000).contains(&step));
    assert!(dir.path().join("out/config.toml").exists());
}

#[test]
fn the_written_config_reproduces_the_curve_byte_for_byte() {
    for engine in ["moments", "neurons"] {
        let dir = succeeded(quick(&[
            "--engine",
            engine,
            "--set",
            "network.alpha=0.7071067811865476",
            "--set",
            "task.label_noise=0.1",
            "--set",
            "training.weight_decay=1e-3",
            "--record",
            "log:7",
        ]));
        let output = grokscope(
            &["run", "--config", "out/config.toml", "--out", "again"],
            dir.path(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        for file in ["curve.csv", "config.toml"] {
            assert_eq!(
                read(dir.path(), &format!("out/{file}")),
                read(dir.path(), &format!("again/{file}")),
                "{engine} {file}"
            );
        }
    }
}

#[test]
fn rows_do_not_depend_on_which_others_are_recorded() {
    let dense = succeeded(quick(&["--record", "log:200"]));
    let dense = rows(dense.path(), "out/curve.csv");
    for record in ["1,2,3,50,199", "log:3", "200"] {
        let dir = succeeded(quick(&["--record", record]));
        let sparse = rows(dir.path(), "out/curve.csv");
        assert!(sparse.len() < dense.len());
        for row in &sparse {
            if let Some(same) = dense.iter().find(|d| d.0 == row.0) {
                assert_eq!(row, same, "--record {record}");
            }
        }
    }
}

#[test]
fn a_list_of_steps_is_recorded_as_it_is_and_step_0_with_it() {
    let dir = succeeded(quick(&["--record", "1,2,3,50,1000"]));
    let steps: Vec<u64> = rows(dir.path(), "out/curve.csv")
        .iter()
        .map(|r| r.0)
        .collect();
    assert_eq!(steps, [0, 1, 2, 3, 50]);
    assert_eq!(summary(dir.path())["config"]["record"]["steps"][3], 50);
    assert_eq!(summary(dir.path())["steps"], 200);
}

#[test]
fn an_instance_is_replayed_and_its_config_reproduces_it() {
    let dir = tempfile::tempdir().expect("directory");
    let path = instance_in(dir.path(), "i.npz", 20);
    let output = grokscope(
        &[
            "run",
            "--instance",
            "i.npz",
            "--steps",
            "300",
            "--out",
            "out",
        ],
        dir.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let s = summary(dir.path());
    assert_eq!(s["instance"]["shape"], serde_json::json!([20, 5, 4]));
    assert_eq!(s["instance"]["path"].as_str(), path.to_str());
    assert!(
        s["note"].as_str().is_some_and(|n| n.contains("beta")),
        "{}",
        s["note"]
    );
    assert_eq!(stdout(&output).matches("beta").count(), 1, "said once");
    assert!(s["zero_test_loss"].is_null());

    // From another directory: the path in config.toml is absolute.
    let elsewhere = tempfile::tempdir().expect("directory");
    let config = dir.path().join("out/config.toml");
    let output = grokscope(
        &[
            "run",
            "--config",
            config.to_str().expect("path"),
            "--out",
            "again",
        ],
        elsewhere.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        read(dir.path(), "out/curve.csv"),
        read(elsewhere.path(), "again/curve.csv")
    );
}

#[test]
fn a_bad_instance_exits_with_2_and_names_key_expected_and_found() {
    let dir = tempfile::tempdir().expect("directory");
    instance_in(dir.path(), "bad.npz", 19);
    instance_in(dir.path(), "good.npz", 20);
    let run = |arguments: &[&str]| {
        let mut all = vec!["run", "--out", "out", "--instance"];
        all.extend(arguments);
        grokscope(&all, dir.path())
    };
    refused(
        &run(&["bad.npz"]),
        &["--instance", "y: expected", "[20]", "found [19]"],
    );
    refused(
        &run(&["good.npz", "--set", "task.dim=6"]),
        &["task.dim = 6", "fixes it: X has D columns"],
    );
    refused(
        &run(&["good.npz", "--set", "network.width=inf"]),
        &["network.width", "fixes it: W0 has N rows"],
    );
}

#[test]
fn the_presets_are_listed_and_their_command_trains_them() {
    let dir = tempfile::tempdir().expect("directory");
    let list = stdout(&grokscope(&["presets"], dir.path()));
    for preset in grokscope::presets::all() {
        assert!(
            list.contains(&preset.name) && list.contains(&preset.title),
            "{list}"
        );
    }
    let output = grokscope(
        &[
            "run",
            "--preset",
            "goldilocks",
            "--steps",
            "20",
            "--out",
            "out",
        ],
        dir.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(summary(dir.path())["config"]["network"]["centered"], false);
}

#[test]
fn the_settings_are_listed_with_their_ranges() {
    let dir = tempfile::tempdir().expect("directory");
    let table = stdout(&grokscope(&["fields"], dir.path()));
    for field in grokscope::sim::config::FIELDS.iter() {
        assert!(table.contains(&format!("`{}`", field.key)), "{}", field.key);
    }
}

// Elsewhere a window needs no such variable, and would open.
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_one_message_names_the_headless_command() {
    let dir = tempfile::tempdir().expect("directory");
    let output = grokscope(&["--preset", "lazy"], dir.path());
    let message = stderr(&output);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{message}");
    assert!(
        message.contains("grokscope run --preset lazy --out run"),
        "{message}"
    );
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn the_help_names_the_exit_codes() {
    for command in [
        &[][..],
        &["run"],
        &["figure"],
        &["picture"],
        &["sweep", "run"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let output = Command::new(env!("CARGO_BIN_EXE_grokscope"))
            .args(&arguments)
            .output()
            .expect("started");
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, codes) = help.split_once("Exit codes:").expect("a list");
        let codes: Vec<&str> = (codes.lines())
            .filter_map(|line| line.split_whitespace().next())
            .filter(|word| word.parse::<u8>().is_ok())
            .collect();
        assert_eq!(codes, ["0", "1", "2", "75"], "{help}");
    }
}

#[test]
fn shells_complete_every_command_and_a_manual_is_there() {
    let call = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_grokscope"))
            .args(arguments)
            .output()
            .expect("started");
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = call(&["completions", shell]);
        for word in ["sweep", "submit", "extra-arg", "qos", "preset"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    #[cfg(unix)]
    {
        let script = call(&["completions", "bash"]);
        let line = format!(
            "{script}\nCOMP_WORDS=(grokscope sweep su) COMP_CWORD=2\n\
             _grokscope grokscope su sweep\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        if let Ok(output) = Command::new("bash").args(["-c", &line]).output() {
            let words = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(words.trim(), "submit", "{}", stderr(&output));
        }
    }
    assert!(call(&["man"]).contains("Exit codes"));
    let dir = tempfile::tempdir().expect("directory");
    let pages = dir.path().join("man");
    call(&["man", pages.to_str().expect("UTF-8")]);
    let page = std::fs::read_to_string(pages.join("grokscope-sweep-run.1")).expect("a page");
    assert!(page.contains("resume"));
}

/// An instance of 12 samples in 4 dimensions with these labels and this target.
fn bare_instance(path: &Path, y: f64, beta: Option<f64>) {
    let number = |i: usize, j: usize| ((7 * i + 3 * j + 1) as f64 * 0.618).fract() - 0.5;
    let mut npz = NpzWriter::new(std::fs::File::create(path).expect("file"));
    let x = Array2::from_shape_fn((12, 4), |(i, j)| number(i, j));
    let w0 = Array2::from_shape_fn((6, 4), |(i, j)| number(j, i + 2));
    npz.add_array("X", &x).expect("X");
    let labels = Array1::from_shape_fn(12, |i| y * (1.0 + number(i, 1)));
    npz.add_array("y", &labels).expect("y");
    npz.add_array("W0", &w0).expect("W0");
    if let Some(beta) = beta {
        npz.add_array("beta", &Array1::from_elem(4, beta))
            .expect("beta");
    }
    npz.finish().expect("written");
}

#[test]
fn what_cannot_be_judged_is_not_said_to_be_never() {
    for (y, beta, word) in [
        (1.0, None, "no test loss"),
        (0.0, Some(1.0), "all labels"),
        (1.0, Some(0.0), "all zeros"),
    ] {
        let dir = tempfile::tempdir().expect("directory");
        bare_instance(&dir.path().join("i.npz"), y, beta);
        let arguments = [
            "run",
            "--instance",
            "i.npz",
            "--steps",
            "200",
            "--out",
            "out",
        ];
        let output = grokscope(&arguments, dir.path());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let said = format!(
            "{}{}",
            stdout(&output),
            read(dir.path(), "out/summary.json")
        );
        assert!(said.contains(word), "{said}");
        for wrong in [
            "never_generalises",
            "never generalises",
            "NaN",
            "never fits",
        ] {
            assert!(!said.contains(wrong), "{wrong}: {said}");
        }
        assert_eq!(summary(dir.path())["status"], "finished");
    }
}

#[test]
fn settings_that_mean_nothing_are_refused_with_the_fix() {
    for (set, words) in [
        (
            "network.init_scale=0",
            ["network.init_scale", "saddle", "0.001"],
        ),
        (
            "outcome.threshold=1000",
            ["outcome.threshold", "below 1", "relative"],
        ),
    ] {
        let (_dir, output) = quick(&["--set", set]);
        assert_eq!(output.status.code(), Some(2), "{set}");
        for word in words {
            assert!(
                stderr(&output).contains(word),
                "{word}: {}",
                stderr(&output)
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        return; // Linux alone has it.
    };
    for arguments in [&["presets"][..], &["fields"], &["--help"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_grokscope"))
            .args(arguments)
            .stdout(full.try_clone().expect("handle"))
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            stderr(&output).contains("standard output"),
            "{}",
            stderr(&output)
        );
    }
}

#[cfg(feature = "gui")]
#[test]
fn a_picture_is_refused_before_the_work_where_it_could_not_be_written() {
    let dir = tempfile::tempdir().expect("directory");
    let started = std::time::Instant::now();
    for (out, part) in [
        ("no/dir/x.png", "does not exist"),
        ("x.pdf", "only PNG"),
        ("x.jpg", "x.png"),
        (".", "is a directory"),
    ] {
        let output = grokscope(&["picture", "--preset", "lazy", "--out", out], dir.path());
        refused(&output, &["--out", part]);
    }
    // The lazy preset alone takes far longer than all four.
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn whole_numbers_may_have_an_exponent_everywhere() {
    let dir = tempfile::tempdir().expect("directory");
    let config =
        "[task]\ndim = 8\nsamples = 30.0\n[training]\nsteps = 1e2\n[record]\nsteps = [1, 1e2]\n";
    std::fs::write(dir.path().join("c.toml"), config).expect("config");
    let output = grokscope(&["run", "--config", "c.toml", "--out", "out"], dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(summary(dir.path())["steps"], 100);
    let output = grokscope(
        &[
            "run",
            "--config",
            "c.toml",
            "--set",
            "training.steps=10^2",
            "--out",
            "o2",
        ],
        dir.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let spec = "[base]\ntask.dim = 8\ntask.samples = 30\n[axes]\n\"training.steps\" = [1e1, 2e1]\n";
    std::fs::write(dir.path().join("s.toml"), spec).expect("spec");
    let output = grokscope(&["sweep", "run", "s.toml", "--out", "s"], dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = grokscope(&["run", "--config", "s.toml", "--out", "o3"], dir.path());
    refused(&output, &["spec of a sweep", "grokscope sweep run"]);
}

#[test]
fn a_run_of_an_instance_records_what_was_used_and_its_config_runs_again() {
    let dir = tempfile::tempdir().expect("directory");
    instance_in(dir.path(), "i.npz", 20);
    let arguments = [
        "run",
        "--instance",
        "i.npz",
        "--steps",
        "50",
        "--out",
        "out",
    ];
    let output = grokscope(&arguments, dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let config = read(dir.path(), "out/config.toml");
    let summary = summary(dir.path());
    for absent in ["seed", "label_noise", "init_scale", "width"] {
        assert!(!config.contains(absent), "{absent} in {config}");
    }
    assert!(summary["config"]["seed"].is_null() && summary["config"]["task"].is_null());
    assert_eq!(summary["instance"]["shape"], serde_json::json!([20, 5, 4]));
    let output = grokscope(
        &["run", "--config", "out/config.toml", "--out", "again"],
        dir.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        read(dir.path(), "out/curve.csv"),
        read(dir.path(), "again/curve.csv")
    );
    for setting in [
        "seed=5",
        "task.label_noise=1",
        "network.init_scale=3",
        "task.degree=3",
    ] {
        let mut all = arguments.to_vec();
        all.extend(["--force", "--set", setting]);
        refused(
            &grokscope(&all, dir.path()),
            &["the instance", "fixes it:", "leave it out"],
        );
    }
}

#[test]
fn runs_are_drawn_for_print_in_the_format_that_the_ending_says() {
    let dir = succeeded(quick(&[]));
    let other = grokscope(
        &[
            "run",
            "--out",
            "b",
            "--config",
            "out/config.toml",
            "--set",
            "network.alpha=2",
        ],
        dir.path(),
    );
    assert_eq!(other.status.code(), Some(0), "{}", stderr(&other));
    for (out, start) in [
        ("a.svg", &b"<?xml"[..]),
        ("a.pdf", b"%PDF-"),
        ("a.png", b"\x89PNG"),
    ] {
        let drawn = grokscope(
            &["plot", "out", "b", "--out", out, "--width", "85mm"],
            dir.path(),
        );
        assert_eq!(drawn.status.code(), Some(0), "{}", stderr(&drawn));
        let bytes = std::fs::read(dir.path().join(out)).expect("a file");
        assert!(bytes.starts_with(start), "{out}");
    }
    let svg = read(dir.path(), "a.svg");
    assert!(
        svg.contains("α = 0.3, test") && svg.contains("α = 2, test"),
        "{svg}"
    );
    // A table alone has no settings, and the caption says so.
    std::fs::copy(
        dir.path().join("out/curve.csv"),
        dir.path().join("bare.csv"),
    )
    .expect("a copy");
    let bare = grokscope(
        &["plot", "bare.csv", "--out", "bare.svg", "--log-loss"],
        dir.path(),
    );
    assert_eq!(bare.status.code(), Some(0), "{}", stderr(&bare));
    assert!(read(dir.path(), "bare.svg").contains("no settings"));
}

#[test]
fn runs_that_differ_in_their_seed_alone_are_a_median_with_a_band() {
    let dir = succeeded(quick(&[]));
    let mut plot = vec!["plot", "out"];
    let too_few = [&plot[..], &["--out", "x.svg", "--seeds"]].concat();
    refused(&grokscope(&too_few, dir.path()), &["--seeds", "at least 3"]);
    for (out, seed) in [("b", "seed=11"), ("c", "seed=12"), ("d", "seed=13")] {
        let mut run = vec!["run", "--out", out, "--config", "out/config.toml"];
        run.extend(["--set", seed]);
        let run = grokscope(&run, dir.path());
        assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
        plot.push(out);
    }
    let band = [&plot[..], &["--out", "band.svg", "--seeds"]].concat();
    let drawn = grokscope(&band, dir.path());
    assert_eq!(drawn.status.code(), Some(0), "{}", stderr(&drawn));
    let svg = read(dir.path(), "band.svg");
    for part in [
        "median of 4 seeds, test",
        "median of 4 seeds, train",
        "10 to 90 % of the seeds, test",
    ] {
        assert!(svg.contains(part), "{part}");
    }
    // One curve for each without it.
    let each = [&plot[..], &["--out", "each.svg"]].concat();
    assert_eq!(grokscope(&each, dir.path()).status.code(), Some(0));
    assert!(!read(dir.path(), "each.svg").contains("median of"));
}

#[test]
fn a_plot_that_cannot_be_is_refused_before_the_work() {
    let dir = succeeded(quick(&[]));
    for (arguments, parts) in [
        (
            &["plot", "out", "--out", "x.jpg"][..],
            &["--out", ".svg, .pdf or .png"][..],
        ),
        (
            &["plot", "out", "--out", "nowhere/x.svg"],
            &["--out", "nowhere"],
        ),
        (
            &["plot", "nothing", "--out", "x.svg"],
            &["nothing", "no such file"],
        ),
        (&["plot", ".", "--out", "x.svg"], &["curve.csv"]),
        (
            &["plot", "out", "--out", "x.svg", "--width", "3mm"],
            &["--width", "40 to 1000"],
        ),
        (
            &["plot", "out", "--out", "x.svg", "--lower", "weight_norm"],
            &["weight_norm_sq"],
        ),
        (
            &[
                "plot", "out", "--out", "x.png", "--width", "1m", "--dpi", "1200",
            ],
            &["--width"],
        ),
    ] {
        refused(&grokscope(arguments, dir.path()), parts);
    }
    assert!(!dir.path().join("x.svg").exists());
}

#[test]
fn what_was_computed_is_written_as_arrays() {
    let dir = succeeded(quick(&["--save", "instance,weights,kernel"]));
    for name in ["instance.npz", "weights.npz", "kernel.npz"] {
        assert!(dir.path().join("out").join(name).exists(), "{name}");
    }
    let arrays = |file: &str| {
        let file = std::fs::File::open(dir.path().join(file)).expect("a file");
        ndarray_npy::NpzReader::new(file).expect("an archive")
    };
    let saved: ndarray::Array3<f64> = arrays("out/weights.npz").by_name("W").expect("W");
    assert_eq!(saved.dim(), (2, 6, 8));
    let exported = grokscope(
        &[
            "export",
            "out",
            "--what",
            "weights,spectrum",
            "--at",
            "0,50,200",
            "--out",
            "state.npz",
        ],
        dir.path(),
    );
    assert_eq!(exported.status.code(), Some(0), "{}", stderr(&exported));
    let weights: ndarray::Array3<f64> = arrays("state.npz").by_name("W").expect("W");
    assert_eq!(weights.dim(), (3, 6, 8));
    // The run trained again has the same weights, to the bit.
    assert_eq!(
        weights.index_axis(ndarray::Axis(0), 2),
        saved.index_axis(ndarray::Axis(0), 1)
    );
    // What was written is an instance that replays the run.
    let replayed = grokscope(
        &[
            "run",
            "--instance",
            "out/instance.npz",
            "--steps",
            "200",
            "--out",
            "again",
        ],
        dir.path(),
    );
    assert_eq!(replayed.status.code(), Some(0), "{}", stderr(&replayed));
    let loss = |file: &str| -> f64 {
        let text = read(dir.path(), file);
        let last = text
            .lines()
            .last()
            .expect("a row")
            .split(',')
            .nth(2)
            .map(str::parse);
        last.expect("a test loss").expect("a number")
    };
    let (a, b) = (loss("out/curve.csv"), loss("again/curve.csv"));
    assert!((a - b).abs() < 1e-9 * a, "{a} {b}");
    let tables = grokscope(
        &["export", "out", "--what", "weights", "--out", "tables"],
        dir.path(),
    );
    assert_eq!(tables.status.code(), Some(0), "{}", stderr(&tables));
    assert_eq!(read(dir.path(), "tables/L-step-200.csv").lines().count(), 8);
    refused(
        &grokscope(
            &["export", "out", "--at", "201", "--out", "x.npz"],
            dir.path(),
        ),
        &["--at", "201", "horizon"],
    );
    refused(
        &grokscope(
            &["export", "out", "--what", "everything", "--out", "x.npz"],
            dir.path(),
        ),
        &["instance", "lazy"],
    );
    refused(
        &grokscope(&["export", "out", "--out", "x.csv"], dir.path()),
        &["--out", "npz"],
    );
}
