//! What else is made of a sweep: the curves of its cells for NumPy, and its picture.

use grokscope::sim::committee::flow::{FlowOptions, FlowSystem, Quality, integrate};
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::outcome::Thresholds;
use grokscope::sweep::Spec;
use ndarray::{Array1, Array2};
use ndarray_npy::NpzReader;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};

const SPEC: &str = r#"
title = "Six cells"
[base.task]
dim = 12
samples = 40
[base.network]
width = 20
[base.training]
engine = "flow"
steps = 3000
[axes]
"network.alpha" = [0.3, 1.0, 3.0]
"training.learning_rate" = [0.5, 1.0]
[measures]
stop = "horizon"
"#;

fn sweep(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .arg("sweep")
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("starts")
}

fn good(output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

fn swept(spec: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("sweep.toml"), spec).expect("written");
    good(&sweep(dir.path(), &["run", "sweep.toml", "--out", "out"]));
    dir
}

#[test]
fn curves_are_those_of_single_runs_and_the_same_bytes_every_time() {
    let dir = swept(SPEC);
    for (file, threads) in [("a.npz", "1"), ("b.npz", "3")] {
        good(&sweep(
            dir.path(),
            &["merge", "out", "--curves", file, "--threads", threads],
        ));
    }
    let path = dir.path().join("a.npz");
    let other = fs::read(dir.path().join("b.npz")).expect("a file");
    assert_eq!(fs::read(&path).expect("a file"), other);

    let mut npz = NpzReader::new(File::open(&path).expect("a file")).expect("an archive");
    let steps: Array1<f64> = npz.by_name("step").expect("steps");
    let cells: Array1<u64> = npz.by_name("cell").expect("cells");
    let alpha: Array1<f64> = npz.by_name("network.alpha").expect("an axis");
    let rate: Array1<f64> = npz.by_name("training.learning_rate").expect("an axis");
    let train: Array2<f64> = npz.by_name("train_loss").expect("losses");
    let test: Array2<f64> = npz.by_name("test_loss").expect("losses");
    assert_eq!(cells, Array1::from_iter(0..6));
    assert_eq!(steps[0], 0.0);
    assert_eq!((steps[1], steps[21]), (1.0, 10.0));
    assert_eq!(train.dim(), (6, steps.len()));

    let spec = Spec::parse(SPEC).expect("valid");
    for cell in 0..6 {
        let config = spec.config(cell).expect("valid");
        assert_eq!(alpha[cell], config.network.alpha);
        assert_eq!(rate[cell], config.training.learning_rate);
        // The same integration by hand.
        let sampled = Sampled::new(&config).expect("data");
        let training = &config.training;
        let quality = Quality {
            rtol: spec.measures().tolerance,
            samples_per_decade: 20,
        };
        let mut options = FlowOptions::new(quality, training.learning_rate, training.steps);
        options.thresholds = Some(Thresholds::new(
            &config.outcome,
            sampled.task.zero_train_loss(),
            sampled.task.zero_test_loss().expect("a test loss"),
        ));
        let mut points = Vec::new();
        let system = FlowSystem::new(sampled.problem(&config), &sampled.initial, 0.0);
        let summary = integrate(
            system,
            &sampled.initial,
            &options,
            &mut || ControlFlow::Continue(()),
            |sample| {
                let test = sample.losses.test.expect("a test loss").total();
                points.push((sample.time, sample.losses.train, test));
                ControlFlow::Continue(())
            },
        );
        let end = summary.time / training.learning_rate;
        for (k, &step) in steps.iter().enumerate() {
            let time = step * training.learning_rate;
            let point = points.iter().find(|p| (p.0 - time).abs() <= 1e-9 * time);
            match point {
                Some(point) => {
                    assert_eq!((train[[cell, k]], test[[cell, k]]), (point.1, point.2));
                }
                // A run may end before its horizon: its train loss is spent.
                None => {
                    assert!(step > end && train[[cell, k]].is_nan() && test[[cell, k]].is_nan())
                }
            }
        }
    }
}

#[test]
fn curves_of_gradient_descent_have_whole_steps() {
    let spec = SPEC
        .replace("\"flow\"", "\"moments\"")
        .replace("steps = 3000", "steps = 200");
    let dir = swept(&spec);
    good(&sweep(dir.path(), &["merge", "out", "--curves", "c.npz"]));
    let file = File::open(dir.path().join("c.npz")).expect("a file");
    let mut npz = NpzReader::new(file).expect("an archive");
    let steps: Array1<f64> = npz.by_name("step").expect("steps");
    let train: Array2<f64> = npz.by_name("train_loss").expect("losses");
    assert!(train.iter().all(|loss| loss.is_finite()));
    // 1 and 1.12 are the same whole step, 1 and 2 are not.
    let at = |step: f64| {
        steps
            .iter()
            .position(|&s| s >= step - 1e-9)
            .expect("a step")
    };
    assert_eq!(train[[0, at(1.0)]], train[[0, at(1.0) + 1]]);
    assert_ne!(train[[0, at(1.0)]], train[[0, at(2.0)]]);
}

#[test]
fn curves_need_a_directory_that_can_be_written() {
    let dir = swept(SPEC);
    let output = sweep(dir.path(), &["merge", "out", "--curves", "nowhere/c.npz"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("nowhere"), "{text}");
}

#[cfg(feature = "gui")]
#[test]
fn the_picture_of_a_sweep_needs_no_screen() {
    let dir = swept(SPEC);
    for (measure, theme) in [
        ("delay_steps", "dark"),
        ("class", "light"),
        ("curves", "light"),
    ] {
        let out = format!("{measure}.png");
        good(&sweep(
            dir.path(),
            &[
                "picture",
                "out",
                "--out",
                &out,
                "--measure",
                measure,
                "--theme",
                theme,
                "--size",
                "480x420",
            ],
        ));
        let bytes = fs::read(dir.path().join(out)).expect("a picture");
        let picture = image::load_from_memory(&bytes).expect("a PNG").to_rgba8();
        assert_eq!(picture.dimensions(), (480, 420));
        let first = *picture.get_pixel(0, 0);
        let drawn = picture.pixels().filter(|p| **p != first).count();
        assert!(drawn > 20_000, "{measure}: only {drawn} pixels are drawn");
    }
}

#[cfg(feature = "gui")]
#[test]
fn a_picture_that_cannot_be_says_why() {
    let three = SPEC.replace("[measures]", "\"network.epsilon\" = [0.1, 0.2]\n[measures]");
    let dir = swept(&three);
    let message = |arguments: &[&str]| {
        let output = sweep(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let text = message(&["picture", "out", "--out", "x.png"]);
    assert!(text.contains("two axes"), "{text}");
    let text = message(&["picture", "out", "--out", "x.png", "--measure", "colour"]);
    assert!(text.contains("t_test"), "{text}");
}

#[test]
fn the_picture_of_a_sweep_is_drawn_for_print_without_a_window() {
    let dir = swept(SPEC);
    for (out, more) in [
        ("a.svg", &["--measure", "delay_ratio"][..]),
        ("a.pdf", &["--theme", "black", "--width", "85mm"]),
        (
            "a.png",
            &["--width", "85mm", "--dpi", "100", "--measure", "curves"],
        ),
    ] {
        let mut arguments = vec!["picture", "out", "--out", out];
        arguments.extend(more);
        let output = sweep(dir.path(), &arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(fs::metadata(dir.path().join(out)).expect("a file").len() > 2_000);
    }
    let svg = fs::read_to_string(dir.path().join("a.svg")).expect("text");
    for part in ["α, output scale", "delay ratio", "Seed", "Grokscope"] {
        assert!(svg.contains(part), "{part}");
    }
}
