//! `grokscope figure`, as a user meets it.

use grokscope::figures;
use grokscope::io::csv;
use grokscope::sim::config::Config;
use std::path::Path;
use std::process::{Command, Output};

fn grokscope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .args(arguments)
        .output()
        .expect("the program")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn the_list_names_every_figure_and_an_id_alone_describes_it() {
    let list = out(&grokscope(&["figure"]));
    for figure in figures::all() {
        assert!(list.contains(&figure.title), "{list}");
    }
    let text = out(&grokscope(&["figure", "Fig. 9"]));
    for part in [
        "Look at:",
        "The paper's claim:",
        "Measured:",
        "task.samples = 500",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn an_unknown_id_names_the_nearest_and_exits_with_2() {
    for arguments in [
        &["figure", "3c", "--data", "x"][..],
        &["--figure", "3c"],
        &["picture", "--figure", "3c", "--out", "x.png"],
    ] {
        let output = grokscope(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("did you mean 3"), "{}", err(&output));
    }
    let output = grokscope(&[
        "figure",
        "10",
        "--data",
        "x",
        "--engine",
        "neurons",
        "--threads",
        "0",
    ]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_figure_leaves_its_curves_their_settings_and_a_summary() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("figure-9");
    let output = grokscope(&["figure", "9", "--data", path(&data), "--engine", "flow"]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).contains("P = 500"), "{}", out(&output));
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(data.join("figure.json")).unwrap()).unwrap();
    assert_eq!(json["figure"], "9");
    assert_eq!(json["curves"].as_array().unwrap().len(), 3);
    assert_eq!(json["curves"][0]["outcome"], "never_generalises");
    let panels = std::fs::read_to_string(data.join("panels.csv")).unwrap();
    assert!(panels.starts_with("panel,curve,series,axis,x,y\n"));
    assert!(panels.contains("\"(f) P = 500, terms\",p-500,linear power,left,"));
    let summary = std::fs::read_to_string(data.join("summary.csv")).unwrap();
    assert_eq!(summary.lines().count(), 4);
    assert!(summary.starts_with("curve,label,seed,outcome,fit_step,generalise_step"));
    for name in ["p-50", "p-120", "p-500"] {
        let curve = csv::read(&data.join(format!("{name}.csv"))).unwrap();
        assert!(curve.rows.len() > 100);
        let toml = std::fs::read_to_string(data.join(format!("{name}.toml"))).unwrap();
        assert_eq!(Config::from_toml(&toml).unwrap().seed, 0);
    }
    // Nothing is replaced unasked.
    let again = grokscope(&["figure", "9", "--data", path(&data), "--engine", "flow"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(err(&again).contains("--force"), "{}", err(&again));
}

#[test]
fn the_rows_of_a_figure_are_those_of_the_same_run_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let (data, run) = (dir.path().join("figure"), dir.path().join("run"));
    let output = grokscope(&["figure", "4", "--data", path(&data), "--threads", "1"]);
    assert!(output.status.success(), "{}", err(&output));
    let config = data.join("p-120.toml");
    let output = grokscope(&["run", "--config", path(&config), "--out", path(&run)]);
    assert!(output.status.success(), "{}", err(&output));
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert_eq!(
        bytes(&data.join("p-120.csv")),
        bytes(&run.join("curve.csv"))
    );
}

#[test]
fn several_seeds_have_files_of_their_own_and_fractions_in_the_summary() {
    let dir = tempfile::tempdir().unwrap();
    let output = grokscope(&[
        "figure",
        "9",
        "--data",
        path(dir.path()),
        "--engine",
        "flow",
        "--seeds",
        "3",
    ]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).contains("of 3"), "{}", out(&output));
    for seed in ["", "-seed-1", "-seed-2"] {
        assert!(dir.path().join(format!("p-50{seed}.csv")).exists());
    }
    let text = std::fs::read_to_string(dir.path().join("figure.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let shares = json["fractions"]["p-500"].as_object().unwrap().values();
    let all: f64 = shares.map(|share| share.as_f64().unwrap()).sum();
    assert!((all - 1.0).abs() < 1e-12);
    assert!(out(&output).contains("The first draw of each curve is the authors' own"));
    assert_eq!(json["curves"].as_array().unwrap().len(), 9);
}

#[test]
fn the_table_of_a_figure_holds_the_authors_draw_and_seeds() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("4.csv");
    let output = grokscope(&["figure", "4", "--measure", path(&table), "--seeds", "2"]);
    assert!(output.status.success(), "{}", err(&output));
    let text = std::fs::read_to_string(&table).unwrap();
    let measured = figures::measured::Measured::read(&text).unwrap();
    let draws: Vec<&str> = measured.rows().iter().map(|r| r.draw.as_str()).collect();
    assert_eq!(draws, ["paper", "1", "2"]);
    let shipped = &figures::find("4").unwrap().measured;
    let [found, kept] = [&measured, shipped].map(|m| m.row("p-120", "paper").unwrap());
    // What was not measured is NaN, which is not itself.
    assert_eq!(format!("{found:?}"), format!("{kept:?}"));
    let alone = grokscope(&["figure", "4", "--seeds", "2"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(err(&alone).contains("--data DIR"), "{}", err(&alone));
}

#[cfg(unix)]
#[test]
fn a_figure_that_is_told_to_stop_keeps_its_finished_curves_and_their_summary() {
    let dir = tempfile::tempdir().unwrap();
    // One at a time: some are finished when others have not begun.
    let child = Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .args([
            "figure",
            "9",
            "--data",
            path(dir.path()),
            "--engine",
            "flow",
        ])
        .args(["--seeds", "2000", "--threads", "1"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !dir.path().join("p-50-seed-2.csv").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = err(&output);
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(
        said.contains("SIGTERM: the curves that are finished"),
        "{said}"
    );
    let text = std::fs::read_to_string(dir.path().join("figure.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let curves = json["curves"].as_array().unwrap().len();
    assert!((3..6000).contains(&curves), "{curves}");
    assert_eq!(json["runs_finished"], curves);
    assert_eq!(json["runs"], 6000);
    assert!(
        said.contains(&format!("{curves} of 6000 curves finished")),
        "{said}"
    );
    let summary = std::fs::read_to_string(dir.path().join("summary.csv")).unwrap();
    assert_eq!(summary.lines().count(), curves + 1);
    let files = std::fs::read_dir(dir.path()).unwrap();
    let written = files.filter(|f| {
        let name = f.as_ref().unwrap().file_name();
        name.to_str()
            .is_some_and(|n| n.starts_with("p-") && n.ends_with(".csv"))
    });
    assert_eq!(written.count(), curves);
}
