//! A state of the window as a file, a code and inside a picture, and back.

#[cfg(feature = "gui")]
#[expect(dead_code, reason = "shared with the other tests of the window")]
#[path = "ui/support.rs"]
mod support;

use grokscope::figures;
use grokscope::plot::{Axis, Format, Panel, Picture, Places, Scale, Span, Style, convert};
use grokscope::presets;
use grokscope::sim::config::{Config, LiveChange, LiveSetting, Value};
use grokscope::sweep::diagram::Measure;
use grokscope::sweep::plan::{Places as Values, PlanAxis};
use grokscope::workspace::{
    Colour, Diagram, Drawer, Law, Layout, Line, Note, Pin, Plot, Stroke, Sweep, Want, Workspace,
    Zoom, carry, code, open,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use std::path::Path;
use std::process::Command;

/// A state in which nothing is as at first.
fn everything() -> Workspace {
    let mut settings = presets::find("lazy").unwrap().config.clone();
    settings.seed = 1_234_567_890_123;
    settings.network.alpha = 0.1 + 0.2;
    settings.training.steps = 5_000;
    settings.training.changes = vec![LiveChange {
        step: 100,
        setting: LiveSetting::WeightDecay,
        value: 1e-5,
        old: None,
    }];
    let transformer = presets::find("transformer").unwrap().config.clone();
    Workspace {
        figure: Some("3a".into()),
        step: 4_321,
        held: true,
        cursor: Some(17),
        settings,
        layout: Layout {
            dark: false,
            pace: "full speed".into(),
            tab: "runs".into(),
            panels: false,
            log_loss: true,
            log_lower: true,
            lower: vec!["weight_norm_sq".into(), "feature_alignment".into()],
            lower_hidden: vec!["feature_alignment".into()],
            train: false,
            test: false,
            forecast: false,
            lazy_model: false,
            references: false,
            seeds: false,
            pin_trains: Some(true),
            settings_panel: Drawer {
                want: Want::Shut,
                share: None,
            },
            side_panel: Drawer {
                want: Want::Open,
                share: Some(0.3),
            },
            zoom: Zoom {
                time: Some([0.5, 3.25]),
                loss: Some([-3.0, 0.1]),
                lower: Some([0.0, 0.5]),
            },
        },
        diagram: Diagram {
            x: PlanAxis {
                key: "task.samples",
                places: Values::Range {
                    from: 20.0,
                    to: 400.0,
                    count: 9,
                    log: false,
                },
            },
            y: PlanAxis {
                key: "training.engine",
                places: Values::List(vec![
                    Value::Text("flow".into()),
                    Value::Text("moments".into()),
                ]),
            },
            measure: Measure::Spread,
            never_as_zero: true,
            escape: false,
            seeds: 5,
            large: true,
        },
        sweep: Sweep {
            key: "network.epsilon".into(),
            from: "0.01".into(),
            to: "2⁻¹".into(),
            count: 5,
            log: false,
        },
        law: Law {
            x: "α·ε".into(),
            y: "t_test/t_train".into(),
            time: "1".into(),
            of_diagram: true,
        },
        pins: vec![
            Pin {
                name: "α = 1 \"quoted\"".into(),
                colour: Colour::Palette(2),
                line: Line::Dotted,
                shown: false,
                settings: presets::opening(),
            },
            Pin {
                name: "a transformer".into(),
                colour: Colour::Ramp(0.25),
                line: Line::Dashed,
                shown: true,
                settings: transformer,
            },
        ],
        notes: vec![Note {
            plot: Plot::Lower,
            at: [1_000.0, 0.5],
            text: "the features turn\nhere".into(),
        }],
        strokes: vec![Stroke {
            plot: Plot::Loss,
            points: vec![[1.0, 0.5], [10.5, 0.25]],
        }],
        ..Workspace::default()
    }
}

#[test]
fn every_field_comes_back_from_a_file_a_table_and_a_code() {
    for state in [Workspace::default(), everything()] {
        let text = state.to_toml();
        let back = Workspace::from_toml(&text).unwrap();
        assert_eq!(back, state);
        assert_eq!(back.to_toml(), text);
        assert_eq!(Workspace::from_table(state.to_table()).unwrap(), state);
        let line = state.to_code();
        assert!(code::is_code(&line) && !line.contains(char::is_whitespace));
        assert_eq!(Workspace::from_code(&line).unwrap(), state);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.grokscope");
    everything().write(&path).unwrap();
    assert_eq!(open::read(&path).unwrap(), everything());
    let error = everything().write(&dir.path().join("a.toml")).unwrap_err();
    assert!(error.to_string().contains("only GROKSCOPE"), "{error}");
}

#[test]
fn the_settings_of_every_preset_and_figure_come_back() {
    let presets = presets::all().iter().map(|p| &p.config);
    let curves = figures::all().iter().flat_map(|f| &f.curves);
    for config in presets.chain(curves.map(|c| &c.config)) {
        let state = Workspace::of_settings(config);
        assert_eq!(Workspace::from_toml(&state.to_toml()).unwrap(), state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_numbers_and_texts_come_back(
        step in any::<u32>(),
        alpha in 1e-4..1e4f64,
        text in any::<String>(),
        name in any::<String>(),
        at in prop::array::uniform2(-1e300..1e300f64),
        ramp in 0.0..1.0f32,
        low in -9.0..0.0f64,
    ) {
        let mut state = everything();
        state.step = u64::from(step);
        state.settings.network.alpha = alpha;
        state.notes[0].text = text.chars().take(2_000).collect();
        state.notes[0].at = at;
        state.pins[0].name = name.chars().take(2_000).collect();
        state.pins[1].colour = Colour::Ramp(ramp);
        state.layout.zoom.loss = Some([low, 0.5]);
        prop_assert_eq!(&Workspace::from_toml(&state.to_toml()).unwrap(), &state);
        prop_assert_eq!(&Workspace::from_code(&state.to_code()).unwrap(), &state);
    }
}

#[test]
fn a_file_of_each_earlier_version_still_opens() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workspaces/v1.grokscope");
    if std::env::var_os("GROKSCOPE_WRITE_WORKSPACE").is_some() {
        everything().write(&path).unwrap();
    }
    assert_eq!(open::read(&path).unwrap(), everything());
}

#[test]
fn what_a_file_leaves_out_is_as_at_first_and_a_preset_gives_settings() {
    assert_eq!(Workspace::from_toml("").unwrap(), Workspace::default());
    let lazy = Workspace::from_toml("preset = \"lazy\"\n").unwrap();
    assert_eq!(lazy.settings, presets::find("lazy").unwrap().config);
    assert_eq!(lazy.preset.as_deref(), Some("lazy"));
    let changed = "preset = \"lazy\"\n[settings.network]\nalpha = 0.5\n";
    let changed = Workspace::from_toml(changed).unwrap();
    assert_eq!(changed.settings.network.alpha, 0.5);
    assert_eq!(changed.settings.task, lazy.settings.task);
    assert_eq!(changed.preset, None, "it is no longer the preset");
}

#[test]
fn bad_files_name_the_field_and_what_is_possible() {
    let error = |text: &str| Workspace::from_toml(text).unwrap_err().to_string();
    for (text, parts) in [
        ("version = 2", &["version = 2", "newer", "update"][..]),
        ("version = \"x\"", &["version", "whole number"]),
        ("version = 0", &["version = 0"]),
        ("a b", &["line 1", "TOML"]),
        ("step = 1\nstep = 2", &["line 2"]),
        ("cursors = 3", &["unknown field", "cursors", "cursor"]),
        ("step = -3", &["step"]),
        ("step = \"x\"", &["step"]),
        ("[settings.network]\nalpha = -3", &["network.alpha", "-3"]),
        (
            "[settings.network]\nalpah = 3",
            &["network.alpah", "did you mean"],
        ),
        ("settings = 3", &["settings"]),
        ("preset = \"lazzy\"", &["preset", "lazy"]),
        ("figure = \"33\"", &["figure", "33"]),
        (
            "[layout.zoom]\ntime = [3.0, 1.0]",
            &["layout.zoom.time", "below"],
        ),
        (
            "[layout.zoom]\nloss = [nan, 1.0]",
            &["layout.zoom.loss", "finite"],
        ),
        ("[diagram]\nmeasure = \"x\"", &["measure", "delay_steps"]),
        ("[diagram]\nseeds = 9999999", &["diagram.seeds", "1 to 64"]),
        ("[diagram.x]\nkey = \"instance\"", &["instance", "axis"]),
        (
            "[diagram.x]\nkey = \"network.alpha\"\ncount = 1000000000",
            &["count", "64"],
        ),
        ("[[note]]\nat = [inf, 0.0]", &["note 1", "finite"]),
        (
            "[[pin]]\n[pin.settings.task]\ndim = 0",
            &["pin", "task.dim"],
        ),
        (
            "[layout.side_panel]\nshare = 7.0",
            &["side_panel", "0 to 1"],
        ),
    ] {
        let error = error(text);
        for part in parts {
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(!error.contains('\n'), "{error}");
    }
    let many = "[[pin]]\n".repeat(21);
    assert!(error(&many).contains("at most 20"), "{}", error(&many));
    let long = format!("[[note]]\ntext = \"{}\"", "x".repeat(3_000));
    assert!(error(&long).contains("note 1") && error(&long).contains("2000"));
}

#[test]
fn damaged_codes_say_what_to_do() {
    let line = everything().to_code();
    let error = |text: &str| Workspace::from_code(text).unwrap_err().to_string();
    // As a chat leaves it: broken into lines, between quotes.
    let (one, two) = line.split_at(40);
    let pasted = format!(" `{one}\n  {two}` \n");
    assert!(code::is_code(&pasted));
    assert_eq!(Workspace::from_code(&pasted).unwrap(), everything());
    assert!(error(&line[..line.len() - 12]).contains("not whole"));
    assert!(error(&line.replacen("1.", "1.AAAA", 1)).contains("damaged"));
    assert!(error(&line.replacen("grokscope1", "grokscope2", 1)).contains("update"));
    assert!(error("hello").contains("grokscope1."));
    for other in ["", "grokscope", "grokscope is a program", "grokscope.toml"] {
        assert!(!code::is_code(other), "{other}");
    }
}

#[test]
fn a_small_code_that_unpacks_to_more_than_a_state_is_refused() {
    use base64::Engine as _;
    use std::io::Write as _;
    let zeros = vec![b' '; 64 << 20];
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&zeros).unwrap();
    let packed = encoder.finish().unwrap();
    let packed = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(packed);
    let error = Workspace::from_code(&format!("grokscope1.{packed}.00000000")).unwrap_err();
    assert!(error.to_string().contains("more than"), "{error}");
}

fn picture() -> Picture {
    let axis = |title: &str| {
        let span = Span::new(0.0, 1.0);
        Axis::new(title, "", Places::Numbers(Scale::Linear), span)
    };
    Picture {
        panels: vec![Panel::new(axis("x < 1 & y"), axis("y"), 0.5)],
        columns: 1,
        caption: "A caption.".into(),
        carried: everything().to_code(),
        ..Picture::default()
    }
}

#[test]
fn pictures_of_every_format_carry_the_state_that_made_them() {
    let dir = tempfile::tempdir().unwrap();
    let style = Style {
        dpi: 72.0,
        ..Style::default()
    };
    for (format, name) in Format::ALL {
        let bytes = convert::file(&picture(), &style, format).unwrap();
        assert_eq!(carry::state_of(&bytes).unwrap(), everything(), "{name}");
        let path = dir.path().join(format!("a.{name}"));
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(open::read(&path).unwrap(), everything(), "{name}");

        let mut plain = picture();
        plain.carried.clear();
        let bytes = convert::file(&plain, &style, format).unwrap();
        let error = carry::state_of(&bytes).unwrap_err().to_string();
        assert!(error.contains("carries no state"), "{name}: {error}");
    }
    std::fs::write(dir.path().join("b.png"), "hello").unwrap();
    assert!(open::read(&dir.path().join("b.png")).is_err());
    let missing = open::read(&dir.path().join("none.svg")).unwrap_err();
    assert!(missing.to_string().contains("no such file"), "{missing}");
}

#[test]
fn hostile_files_are_refused_in_one_line_and_never_crash() {
    let style = Style {
        dpi: 36.0,
        caption: false,
        ..Style::default()
    };
    let mut seeds: Vec<(Vec<u8>, bool)> = vec![(everything().to_toml().into_bytes(), false)];
    for (format, _) in Format::ALL {
        seeds.push((convert::file(&picture(), &style, format).unwrap(), true));
    }
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut refused = 0;
    for round in 0..1_200 {
        let (bytes, is_picture) = &seeds[round % seeds.len()];
        let mut damaged = bytes.clone();
        for _ in 0..rng.random_range(1..5) {
            let at = rng.random_range(0..damaged.len().min(6_000));
            match rng.random_range(0..4) {
                0 => damaged[at] ^= 1 << rng.random_range(0..8),
                1 => damaged[at] = rng.random_range(0..=255),
                2 => drop(damaged.remove(at)),
                _ => damaged.insert(at, rng.random_range(0..=255)),
            }
        }
        if rng.random_range(0..8) == 0 {
            damaged.truncate(rng.random_range(0..damaged.len()));
        }
        let read = match is_picture {
            true => carry::state_of(&damaged),
            false => Workspace::from_toml(&String::from_utf8_lossy(&damaged)),
        };
        if let Err(error) = read {
            refused += 1;
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
    assert!(refused > 300, "only {refused} were refused");
}

fn grokscope(args: &[&str], dir: &Path) -> (bool, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (out.status.success(), text(out.stdout), text(out.stderr))
}

#[test]
fn pictures_from_the_command_line_give_their_settings_back() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let (ok, out, err) = grokscope(args, dir.path());
        assert!(ok, "{args:?}: {err}");
        out
    };
    for (name, alpha) in [("one", "0.25"), ("two", "0.5")] {
        let set = format!("network.alpha={alpha}");
        run(&[
            "run",
            "--set",
            "task.dim=8",
            "--set",
            "task.samples=20",
            "--set",
            &set,
            "--steps",
            "50",
            "--out",
            name,
        ]);
    }
    for ending in ["svg", "pdf", "png"] {
        let name = format!("plot.{ending}");
        run(&["plot", "one", "two", "--log-loss", "--out", &name]);
        let text = run(&["open", &name, "--print"]);
        let state = Workspace::from_toml(&text).unwrap();
        let config = std::fs::read_to_string(dir.path().join("one/config.toml")).unwrap();
        assert_eq!(
            state.settings,
            Config::from_toml(&config).unwrap(),
            "{ending}"
        );
        assert_eq!(state.pins.len(), 1);
        assert_eq!(state.pins[0].settings.network.alpha, 0.5);
        assert!(state.layout.log_loss);
        let line = run(&["open", &name, "--code"]);
        assert_eq!(Workspace::from_code(&line).unwrap(), state);
        assert_eq!(run(&["open", line.trim(), "--print"]), text);
    }
    // The same run again, from the picture alone.
    run(&["run", "--config", "plot.svg", "--out", "again"]);
    let curve = |name: &str| std::fs::read(dir.path().join(name).join("curve.csv")).unwrap();
    assert_eq!(curve("again"), curve("one"));
    let (ok, _, error) = grokscope(&["open", "one/curve.csv", "--print"], dir.path());
    assert!(!ok && error.contains("holds no state"), "{error}");
    let (ok, _, error) = grokscope(&["open", "none.grokscope", "--print"], dir.path());
    assert!(!ok && error.contains("no such file"), "{error}");
}

/// A table with a test set, in units of its own: y = (x₁ + x₂)²/2 · 40.
fn table(with_test: bool) -> String {
    let mut text = String::from(if with_test { "a,b,set,y\n" } else { "a,b,y\n" });
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    for k in 0..60 {
        let [a, b]: [f64; 2] = [0, 1].map(|_| 10.0 * (rng.random::<f64>() - 0.5));
        let y = 20.0 * (a + b) * (a + b);
        match (with_test, k % 3) {
            (true, 0) => text.push_str(&format!("{a},{b},test,{y}\n")),
            (true, _) => text.push_str(&format!("{a},{b},train,{y}\n")),
            (false, _) => text.push_str(&format!("{a},{b},{y}\n")),
        }
    }
    text
}

#[test]
fn data_of_ones_own_are_trained_on_and_rescaled_on_request() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("own.csv"), table(true)).unwrap();
    std::fs::write(dir.path().join("alone.csv"), table(false)).unwrap();
    std::fs::write(dir.path().join("bad.csv"), "a,b,y\n1,2,3\n1,2\n").unwrap();
    let run = |args: &[&str]| {
        let all = [&["run", "--steps", "200"], args].concat();
        grokscope(&all, dir.path())
    };
    let (ok, out, err) = run(&[
        "--instance",
        "own.csv",
        "--rescale",
        "--seed",
        "5",
        "--set",
        "network.width=40",
        "--out",
        "own",
    ]);
    assert!(ok, "{err}");
    assert!(
        out.contains("P = 40, D = 2") && out.contains("mean |x|² = 1"),
        "{out}"
    );
    assert!(out.contains("rescaled: x ×"), "{out}");
    // The file of settings trains it again, and another seed draws other weights.
    let (ok, _, err) = run(&["--config", "own/config.toml", "--out", "again"]);
    assert!(ok, "{err}");
    let curve = |name: &str| std::fs::read_to_string(dir.path().join(name).join("curve.csv"));
    assert_eq!(curve("again").unwrap(), curve("own").unwrap());
    let (ok, ..) = run(&[
        "--config",
        "own/config.toml",
        "--seed",
        "6",
        "--out",
        "other",
    ]);
    assert!(ok);
    assert_ne!(curve("other").unwrap(), curve("own").unwrap());
    let header = curve("own").unwrap();
    let header: Vec<&str> = header.lines().next().unwrap().split(',').collect();
    let last = curve("own").unwrap();
    let last: Vec<&str> = last.lines().last().unwrap().split(',').collect();
    let cell = |name: &str| last[header.iter().position(|n| *n == name).unwrap()];
    assert!(cell("sample_test_loss").parse::<f64>().unwrap() > 0.0);
    assert!(cell("train_loss").parse::<f64>().unwrap() > 0.0);

    let (ok, out, err) = run(&["--instance", "alone.csv", "--out", "alone"]);
    assert!(ok, "{err}");
    assert!(
        out.contains("test loss, and whether it generalises, is unknown"),
        "{out}"
    );
    assert!(out.contains("--rescale multiplies x by"), "{out}");
    let (ok, _, err) = run(&["--instance", "bad.csv", "--out", "bad"]);
    assert!(!ok && err.contains("bad.csv: line 3 has 2 cells"), "{err}");
    let (ok, _, err) = run(&[
        "--instance",
        "own.csv",
        "--set",
        "task.dim=5",
        "--out",
        "bad",
    ]);
    assert!(
        !ok && err.contains("task.dim = 5") && err.contains("fixes it"),
        "{err}"
    );
}

#[cfg(feature = "gui")]
mod window {
    use super::support::{Screen, settings};
    use super::*;
    use egui::{Key, Modifiers};
    use egui_kittest::kittest::Queryable as _;
    use grokscope::app::{Action, autosave::Autosave, export::Exporter};
    use grokscope::startup::Startup;

    fn with_state(state: Workspace) -> Startup {
        Startup {
            workspace: Some((None, Box::new(state))),
            ..Startup::default()
        }
    }

    #[test]
    fn a_state_goes_through_the_window_and_comes_out_as_it_was() {
        let mut state = everything();
        state.figure = None;
        // Those of a figure.
        state.layout.panels = true;
        let screen = Screen::open(with_state(state.clone()), Exporter::new(None));
        assert_eq!(screen.harness.state().workspace(), state);
        let starts = screen.script.starts();
        assert_eq!(*starts.last().unwrap().1, state.settings);
        assert!(starts.last().unwrap().2.paused);

        // With a figure open, its curves are its own and no pins.
        let mut of_figure = Workspace {
            figure: Some("3a".into()),
            settings: figures::find("3a").unwrap().live().config.clone(),
            ..Workspace::default()
        };
        of_figure.layout.tab = "figure".into();
        let mut screen = Screen::open(with_state(of_figure.clone()), Exporter::new(None));
        screen.wait("a curve of the figure", |app| !app.state.pins.is_empty());
        assert_eq!(screen.harness.state().workspace(), of_figure);
    }

    #[test]
    fn a_run_is_trained_to_where_it_stood_and_shows_the_moment_that_was_shown() {
        let mut config = presets::opening();
        config.task.dim = 10;
        config.task.samples = 30;
        config.training.steps = 2_000;
        let mut pinned = config.clone();
        pinned.network.alpha = 1.0;
        let mut state = Workspace {
            step: 500,
            held: true,
            cursor: Some(100),
            settings: config.clone(),
            pins: vec![Pin {
                name: "lazier".into(),
                settings: pinned.clone(),
                ..Pin::default()
            }],
            ..Workspace::default()
        };
        state.layout.tab = "runs".into();
        let mut screen = Screen::started(with_state(state.clone()));
        screen.wait("the moment", |app| app.state.past() == Some(100));
        screen.wait("the kept run", |app| {
            app.state.pins[0].run.finish().is_some()
        });
        assert_eq!(screen.harness.state().workspace(), state);
        let kept = screen.harness.state().state.pins[0].run.clone();
        let alone = grokscope::training::headless::train(pinned.check().unwrap(), None, |_| {});
        let alone = alone.unwrap();
        let last = kept.rows().last().unwrap();
        assert_eq!(last.step, 2_000);
        let metric = grokscope::sim::metrics::Metric::TestLoss;
        assert_eq!(last.get(metric), alone.rows.last().unwrap().get(metric));
        screen.sees("lazier");
    }

    #[test]
    fn a_state_is_saved_opened_dropped_and_pasted() {
        let dir = tempfile::tempdir().unwrap();
        let exporter = Exporter::new(Some(dir.path().to_owned()));
        let mut screen = Screen::open(Startup::default(), exporter);
        screen.script.rows(screen.run_id(), 1..50);
        screen.steps(2);
        screen.app().ask(Action::Pin);
        screen.app().ask(Action::ToggleTheme);
        screen.steps(3);
        screen.press_with(Modifiers::COMMAND, Key::S);
        let path = screen.exported();
        assert_eq!(path.extension().unwrap(), "grokscope");
        let state = screen.harness.state().workspace();
        assert_eq!(open::read(&path).unwrap(), state);
        assert_eq!(
            screen.harness.state().state.kept.path(),
            Some(path.as_path())
        );

        // Again, into the same file.
        screen.app().ask(Action::ToggleLossAxis);
        screen.steps(2);
        screen.press_with(Modifiers::COMMAND, Key::S);
        assert_eq!(screen.exported(), path);
        let state = screen.harness.state().workspace();
        assert_eq!(open::read(&path).unwrap(), state);

        let mut other = Screen::open(Startup::default(), Exporter::new(None));
        other.app().ask(Action::OpenFile(path.clone()));
        other.wait("the file", |app| app.state.pins.len() == 1);
        assert_eq!(other.harness.state().workspace(), state);
        other.sees("Opened");
        // What was there before comes back.
        other.app().ask(Action::Undo);
        other.steps(2);
        assert!(other.harness.state().state.pins.is_empty());

        let mut third = Screen::open(Startup::default(), Exporter::new(None));
        let line = state.to_code();
        third
            .harness
            .event(egui::Event::Paste(format!("look: {line}")));
        third.steps(4);
        assert!(
            third.harness.state().state.pins.is_empty(),
            "that is no code"
        );
        third.harness.event(egui::Event::Paste(line));
        third.wait("the code", |app| app.state.pins.len() == 1);
        assert_eq!(third.harness.state().workspace(), state);
    }

    #[test]
    fn a_picture_of_the_window_restores_what_made_it() {
        let config = settings(presets::find("rich").unwrap().config.clone());
        let dir = tempfile::tempdir().unwrap();
        let exporter = Exporter::new(Some(dir.path().to_owned()));
        let mut screen = Screen::open(config, exporter);
        screen.script.rows(screen.run_id(), 1..50);
        screen.steps(3);
        for format in [Format::Svg, Format::Pdf, Format::Png] {
            let mut form = screen.harness.state().state.print_form;
            form.format = format;
            screen.app().state.print_form = form;
            screen.app().ask(Action::Print(
                grokscope::views::print_form::PrintAction::Save,
            ));
            let path = screen.exported();
            let state = open::read(&path).unwrap();
            assert_eq!(state, screen.harness.state().workspace());
            let mut other = Screen::open(Startup::default(), Exporter::new(None));
            other.app().ask(Action::OpenFile(path));
            other.wait("the picture", |app| {
                app.state.session.config().network.alpha == state.settings.network.alpha
            });
        }
    }

    #[test]
    fn bad_files_change_nothing_and_say_why() {
        let dir = tempfile::tempdir().unwrap();
        let mut screen = Screen::open(Startup::default(), Exporter::new(None));
        let before = screen.harness.state().workspace();
        for (name, text, said) in [
            ("a.grokscope", "[layout]\ntab = \"spectra\"", "layout.tab"),
            ("b.grokscope", "version = 9", "newer"),
            (
                "c.grokscope",
                "[settings.network]\nalpha = -1",
                "network.alpha",
            ),
            (
                "d.grokscope",
                "[settings]\ninstance = \"none.npz\"",
                "none.npz",
            ),
            ("e.svg", "<svg></svg>", "carries no state"),
            ("f.docx", "", "can be opened"),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            screen.app().ask(Action::OpenFile(path));
            screen.wait(name, |app| {
                let notice = app.state.notice.as_ref();
                notice.is_some_and(|n| n.bad && n.text.contains(said))
            });
            assert_eq!(screen.harness.state().workspace(), before, "{name}");
            screen.app().state.notice = None;
        }
    }

    #[test]
    fn data_are_opened_in_the_window_and_rescaled_with_the_factor_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.csv");
        std::fs::write(&path, table(false)).unwrap();
        let mut screen = Screen::started(Startup::default());
        screen.app().ask(Action::OpenFile(path.clone()));
        screen.wait("the data", |app| app.state.session.instance().is_some());
        screen.steps(3);
        assert_eq!(
            (screen.config().task.samples, screen.config().task.dim),
            (60, 2)
        );
        screen.sees("There is no test set");
        let factors = {
            let (_, instance) = screen.harness.state().state.session.instance().unwrap();
            instance.factors()
        };
        screen.sees(&format!(
            "x × {}",
            grokscope::history::format::plain(factors[0], 3)
        ));
        screen
            .harness
            .get_by_label_contains("Rescale the data")
            .click();
        screen.wait("other data", |app| app.state.session.config().rescale);
        let scale = {
            let (_, instance) = screen.harness.state().state.session.instance().unwrap();
            instance.scale()
        };
        assert!((scale[0] - 1.0).abs() < 1e-12, "{scale:?}");
        // Weights are drawn, so that the width is free.
        assert!(
            screen
                .harness
                .state()
                .state
                .session
                .fixed("network.width")
                .is_none()
        );
        assert!(
            screen
                .harness
                .state()
                .state
                .session
                .fixed("task.dim")
                .is_some()
        );
        screen.wait("a curve", |app| {
            app.state.session.run().is_some_and(|r| r.step() > 100)
        });
        // A state has the data too, by their path.
        let state = screen.harness.state().workspace();
        assert!(state.settings.rescale);
        let file = dir.path().join("a.grokscope");
        state.write(&file).unwrap();
        let mut other = Screen::open(Startup::default(), Exporter::new(None));
        other.app().ask(Action::OpenFile(file));
        other.wait("the state", |app| app.state.session.instance().is_some());
        assert_eq!(other.config().instance, state.settings.instance);
        assert!(other.config().rescale);
        other.app().ask(Action::CloseInstance);
        other.steps(2);
        assert!(!other.config().rescale && other.config().instance.is_none());
        std::fs::write(&path, "a,y\n1,x\n").unwrap();
        screen.app().ask(Action::OpenFile(path));
        screen.wait("the refusal", |app| {
            let notice = app.state.notice.as_ref();
            notice.is_some_and(|n| n.bad && n.text.contains("column y"))
        });
        assert!(screen.harness.state().state.session.instance().is_some());
    }

    #[test]
    fn after_a_crash_the_last_state_is_offered_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let autosave = dir.path().to_owned();
        let open = || {
            let autosave = autosave.clone();
            Screen::with(
                Startup::default(),
                0.5,
                Exporter::new(None),
                move |app, _| app.with_autosave(&autosave),
            )
        };
        let mut screen = open();
        assert!(screen.harness.state().state.kept.offer().is_none());
        screen.app().ask(Action::ToggleTheme);
        screen.steps(9);
        let state = screen.harness.state().workspace();
        let file = || {
            let files = std::fs::read_dir(&autosave).unwrap().flatten();
            files
                .map(|f| f.path())
                .find(|p| p.extension().is_some_and(|e| e == "grokscope"))
        };
        screen.wait("the file", |_| file().is_some());
        // As a killed process leaves it: without its lock.
        let left = autosave.join("session-1-1.grokscope");
        std::fs::copy(file().unwrap(), &left).unwrap();
        drop(screen);
        assert_eq!(file(), Some(left.clone()), "a clean end leaves nothing");

        let mut screen = open();
        screen.sees("Restore the last session?");
        // Put off, it is there at the next start.
        screen.press(Key::Escape);
        assert!(screen.harness.state().state.kept.offer().is_none());
        drop(screen);
        let mut screen = open();
        screen.click("Restore");
        assert_eq!(screen.harness.state().workspace(), state);
        assert!(!left.exists());
        drop(screen);
        assert!(Autosave::left(&autosave).is_empty());
    }
}
