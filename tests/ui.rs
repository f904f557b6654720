//! The real window, driven through its accessibility tree, without a screen: a
//! scripted worker where the test decides what the worker says, the real one
//! where the whole chain is meant.
#![cfg(feature = "gui")]

#[path = "ui/lecture.rs"]
mod lecture;
#[path = "ui/support.rs"]
mod support;
#[path = "ui/words.rs"]
mod words;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{
        Action,
        export::{Export, Exporter},
        session::RunState,
        state::{OPENING_PACE, Tab},
    },
    presets,
    sim::{
        committee::instance::Instance,
        config::{LiveSetting, Value, Width, field},
        outcome::Outcome,
    },
    startup::Startup,
    training::{Command, Event, Pace},
    views::controls::accessible_name,
};
use std::{path::PathBuf, sync::Arc};
use support::{Screen, finish, row};

/// Steps at which a scripted run fits and generalises.
const CROSSED: [u64; 2] = [40, 900];

#[test]
fn the_first_launch_trains_the_opening_preset_by_itself_at_the_lecture_pace() {
    let screen = Screen::scripted();
    let starts = screen.script.starts();
    assert_eq!(starts.len(), 1);
    assert_eq!(*starts[0].1, presets::opening());
    assert!(starts[0].2.lower_unstable_learning_rate && !starts[0].2.paused);
    assert_eq!(screen.script.pace(), Some(OPENING_PACE));
    assert_eq!(OPENING_PACE, Pace::DecadesPerSecond(2.0 / 3.0));
}

#[test]
fn every_control_has_a_name() {
    let mut screen = Screen::scripted();
    screen.steps(2);
    screen.harness.check_accessibility();
    screen.app().ask(Action::ToggleHelp);
    screen.app().ask(Action::SelectTab(Tab::Facts));
    screen.steps(2);
    screen.harness.check_accessibility();
}

#[test]
fn a_slider_changes_its_setting_and_restarts_the_run_once_it_settles() {
    let mut screen = Screen::scripted();
    screen.slider("α output scale").set_value_accesskit(1.25);
    screen.steps(2);
    assert_eq!(screen.config().network.alpha, 1.25);
    screen.steps(5);
    let starts = screen.script.starts();
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[1].1.network.alpha, 1.25);
    assert!(
        starts[1].0 > starts[0].0,
        "a run's name is never used again"
    );
}

#[test]
fn every_slider_answers_to_its_name() {
    let mut screen = Screen::scripted();
    for (name, key, value) in [
        ("σ init scale", "network.init_scale", 0.5),
        ("ε kernel alignment", "network.epsilon", 0.25),
        ("P train samples", "task.samples", 120.0),
        ("D input dimension", "task.dim", 30.0),
        ("N width", "network.width", 64.0),
        ("λ weight decay", "training.weight_decay", 1e-5),
        ("η₀ learning rate", "training.learning_rate", 0.5),
        ("horizon", "training.steps", 20_000.0),
        ("θ threshold", "outcome.threshold", 0.05),
    ] {
        screen.slider(name).set_value_accesskit(value);
        screen.steps(2);
        assert_eq!(screen.value(key).as_f64(), Some(value), "{name}");
    }
}

#[test]
fn a_mouse_drag_moves_the_setting_in_the_same_frame_and_keeps_the_old_curve_as_a_ghost() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 1..200);
    screen.steps(2);
    let rail = screen.slider("α output scale").rect();
    let from = rail.left_center() + egui::vec2(0.5 * rail.width(), 0.0);
    screen.harness.hover_at(from);
    screen.harness.drag_at(from);
    screen.steps(1);
    let mut last = screen.config().network.alpha;
    for i in 1..8 {
        screen
            .harness
            .hover_at(from + egui::vec2(6.0 * i as f32, 0.0));
        screen.steps(1);
        let alpha = screen.config().network.alpha;
        assert!(alpha > last, "{alpha} after {last}");
        last = alpha;
    }
    let during = screen.script.starts().len();
    assert!(during > 1, "the curve moves while the drag lasts");
    assert_eq!(screen.app().state.session.ghosts().count(), 1);
    screen.harness.drop_at(from + egui::vec2(42.0, 0.0));
    screen.steps(6);
    let last = screen.config().network.alpha;
    let (_, config, _) = screen.script.starts().pop().unwrap();
    assert_eq!(config.network.alpha, last, "the last value is trained");
    let ghost = screen.app().state.session.ghosts().next().unwrap();
    assert_eq!(ghost.run.config().network.alpha, 0.3);
    screen.steps(300);
    let ghosts = |screen: &mut Screen| screen.app().state.session.ghosts().count();
    assert_eq!(
        ghosts(&mut screen),
        1,
        "the new run has yet to show what it does"
    );
    let run = screen.run_id();
    screen.script.rows(run, 1..300);
    let outcome = Outcome::Groks;
    screen.script.push(Event::Finished {
        run,
        finish: finish(300, outcome, CROSSED),
    });
    screen.steps(150);
    assert_eq!(ghosts(&mut screen), 1, "it can be compared at the end");
    screen.steps(300);
    assert_eq!(ghosts(&mut screen), 0, "it fades");
}

#[test]
fn a_changed_run_takes_up_at_full_speed_where_the_old_one_stood() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 1..3_000);
    screen.steps(2);
    screen.slider("ε kernel alignment").set_value_accesskit(0.2);
    screen.steps(5);
    assert_eq!(screen.script.pace(), Some(Pace::Fast));
    // Another change before it got there: it is still on its way.
    screen.script.rows(screen.run_id(), 1..30);
    screen.steps(2);
    screen.slider("ε kernel alignment").set_value_accesskit(0.3);
    screen.steps(5);
    screen.script.rows(screen.run_id(), 1..2_000);
    screen.steps(2);
    assert_eq!(screen.script.pace(), Some(Pace::Fast));
    screen.script.rows(screen.run_id(), 2_000..3_000);
    screen.steps(2);
    assert_eq!(screen.script.pace(), Some(OPENING_PACE));
}

#[test]
fn learning_rate_decay_and_horizon_reach_the_running_worker_without_a_restart() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 1..50);
    screen.steps(2);
    screen.slider("η₀ learning rate").set_value_accesskit(0.5);
    screen.steps(1);
    screen.slider("λ weight decay").set_value_accesskit(1e-4);
    screen.steps(1);
    screen.slider("horizon").set_value_accesskit(500_000.0);
    screen.steps(5);
    let commands = screen.script.commands();
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, Command::SetLearningRate(r) if *r == 0.5))
    );
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, Command::SetWeightDecay(l) if *l == 1e-4))
    );
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, Command::SetHorizon(500_000)))
    );
    assert_eq!(screen.script.starts().len(), 1);
    let mut config = screen.script.starts()[0].1.clone().into_inner();
    let settings = [
        (LiveSetting::LearningRate, 0.5),
        (LiveSetting::WeightDecay, 1e-4),
        (LiveSetting::Steps, 500_000.0),
    ];
    for (setting, value) in settings {
        config.training.change(49, setting, value);
    }
    screen.script.push(Event::Changed {
        run: screen.run_id(),
        config: Box::new(config.clone().check().unwrap()),
    });
    screen.steps(2);
    assert!(screen.app().state.session.changed_live());
    let on_screen = screen.app().state.session.config_on_screen();
    assert_eq!(on_screen.training, config.training, "what reproduces it");
}

#[test]
fn buttons_run_pause_step_reset_and_reseed() {
    let mut screen = Screen::scripted();
    screen.click("Pause");
    assert_eq!(screen.state(), RunState::Paused);
    assert!(matches!(screen.script.last(), Some(Command::Pause)));
    screen.click("Run");
    assert_eq!(screen.state(), RunState::Running);
    assert!(matches!(screen.script.last(), Some(Command::Resume)));
    screen.click("Step");
    assert_eq!(screen.state(), RunState::Paused);
    assert!(matches!(screen.script.last(), Some(Command::Step(1))));
    let seed = screen.config().seed;
    screen.click("Reset");
    assert_eq!(screen.script.starts().len(), 2);
    assert_eq!(screen.config().seed, seed, "a reset keeps the seed");
    screen.click("Reseed");
    assert_eq!(screen.script.starts().len(), 3);
    assert_eq!(screen.script.starts()[2].1.seed, seed + 1);
}

#[test]
fn keys_do_what_the_help_says() {
    let mut screen = Screen::scripted();
    screen.press(Key::Space);
    assert_eq!(screen.state(), RunState::Paused);
    screen.press(Key::Space);
    assert_eq!(screen.state(), RunState::Running);
    screen.press(Key::S);
    assert!(matches!(screen.script.last(), Some(Command::Step(1))));
    let (starts, seed) = (screen.script.starts().len(), screen.config().seed);
    screen.press(Key::R);
    assert_eq!(screen.script.starts().len(), starts + 1);
    screen.press_with(Modifiers::SHIFT, Key::R);
    assert_eq!(screen.config().seed, seed + 1);
    let dark = screen.app().state.dark;
    screen.press(Key::T);
    assert_ne!(screen.app().state.dark, dark);
    let scale = screen.app().state.curves.loss_scale;
    screen.press(Key::L);
    assert_ne!(screen.app().state.curves.loss_scale, scale);
    screen.press(Key::Plus);
    assert!(screen.app().state.scale > 1.0);
    screen.press(Key::Minus);
    assert_eq!(screen.app().state.scale, 1.0);
    screen.press(Key::F);
    assert!(screen.app().state.fullscreen);
    screen.press(Key::Escape);
    assert!(!screen.app().state.fullscreen);
    // Shift let go before the key: "+" goes down, "=" comes up.
    for times in 1..=2 {
        for (key, pressed) in [(Key::Plus, true), (Key::Equals, false)] {
            screen.harness.event(egui::Event::Key {
                key,
                physical_key: Some(Key::Equals),
                pressed,
                repeat: times > 1,
                modifiers: Modifiers::NONE,
            });
            screen.steps(1);
        }
    }
    let scale = screen.app().state.scale;
    assert!(scale > 1.2, "twice larger: {scale}");
    screen.press(Key::Minus);
    screen.press(Key::Minus);
    screen.press(Key::F);
    screen.click("Pace");
    screen.press(Key::Escape);
    assert!(screen.app().state.fullscreen, "Esc closes the menu alone");
    screen.press(Key::Escape);
    assert!(!screen.app().state.fullscreen);
    screen.harness.event(egui::Event::Text("?".into()));
    screen.steps(2);
    assert!(screen.app().state.help_open);
    screen.press(Key::Escape);
    assert!(!screen.app().state.help_open, "Esc leaves the help");
}

#[test]
fn letters_typed_into_a_field_are_no_commands() {
    let mut screen = Screen::scripted();
    screen.typed("seed").focus();
    screen.steps(2);
    screen.press(Key::R);
    screen.press(Key::Space);
    screen.press(Key::T);
    assert_eq!(screen.script.starts().len(), 1);
    assert_eq!(screen.state(), RunState::Running);
    assert!(screen.app().state.dark);
}

#[test]
fn a_typed_value_is_taken_and_a_bad_one_says_why_and_keeps_the_old() {
    let mut screen = Screen::scripted();
    screen.type_into("α output scale", "250");
    assert_eq!(
        screen.config().network.alpha,
        250.0,
        "beyond the slider, within the range"
    );
    screen.type_into("α output scale", "-3");
    assert_eq!(screen.config().network.alpha, 250.0);
    screen.sees("network.alpha = -3: must be a number from");
    screen.type_into("N width", "inf");
    assert_eq!(screen.config().network.width, Width::Infinite);
    screen.type_into("α output scale", "2");
    assert!(
        screen
            .harness
            .query_by_label_contains("network.alpha = -3")
            .is_none(),
        "the error goes when the value is good"
    );
}

#[test]
fn a_field_takes_back_what_it_shows_and_every_way_of_writing_a_number() {
    let mut screen = Screen::scripted();
    let horizon = accessible_name(field("training.steps").unwrap());
    for (text, steps) in [
        ("1e8", 100_000_000),
        ("10^7", 10_000_000),
        ("10⁶", 1_000_000),
        ("29,264", 29_264),
        ("10000", 10_000),
    ] {
        screen.type_into(&horizon, text);
        assert_eq!(screen.config().training.steps, steps, "{text}");
        // In and out again, as a click into the field and one elsewhere.
        screen.typed(&horizon).focus();
        screen.steps(2);
        screen.typed("seed").focus();
        screen.steps(3);
        assert_eq!(screen.config().training.steps, steps);
        assert!(screen.app().state.field_errors.is_empty(), "{text}");
    }
}

#[test]
fn what_a_choice_set_too_is_given_back_when_it_is_undone() {
    let mut screen = Screen::scripted();
    let before = screen.config().clone();
    let choose = |screen: &mut Screen, key: &'static str, word: &str| {
        screen.app().ask(Action::Edit {
            key,
            value: Value::Text(word.into()),
            dragging: false,
        });
        screen.steps(3);
    };
    choose(&mut screen, "task.target", "hermite");
    assert_eq!(
        screen.value("training.engine"),
        Value::Text("neurons".into())
    );
    assert_eq!(screen.config().network.width, Width::Finite(100));
    screen.sees("target = hermite needs N = 100, engine = neurons: set too.");
    choose(&mut screen, "task.target", "quadratic");
    assert_eq!(*screen.config(), before);
    screen.sees("As before again: N = ∞, engine = moments.");
    // What the user has changed since is theirs.
    choose(&mut screen, "task.target", "hermite");
    screen.type_into("N width", "70");
    choose(&mut screen, "task.target", "quadratic");
    assert_eq!(screen.config().network.width, Width::Finite(70));
    assert_eq!(
        screen.value("training.engine"),
        Value::Text("moments".into())
    );
}

#[test]
fn files_are_opened_by_path_and_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, "[network]\nalpha = 2.5\n").unwrap();
    let mut screen = Screen::scripted();
    screen.press_with(Modifiers::COMMAND, Key::O);
    screen.sees("Open a file");
    screen.app().ask(Action::OpenFile(path.clone()));
    screen.wait("the file", |app| !app.state.recent.is_empty());
    assert_eq!(screen.config().network.alpha, 2.5);
    assert_eq!(screen.app().state.recent.first(), Some(&path));
    assert!(!screen.app().state.open_shown);
    let stored = grokscope::app::persist::Stored::of(&screen.app().state);
    assert_eq!(stored.recent, [path]);
}

#[test]
fn a_double_click_gives_the_default_back() {
    let mut screen = Screen::scripted();
    screen.type_into("ε kernel alignment", "0.7");
    assert_eq!(screen.config().network.epsilon, 0.7);
    let place = screen.slider("ε kernel alignment").rect().left_center() + egui::vec2(60.0, 0.0);
    for _ in 0..2 {
        screen.harness.drag_at(place);
        screen.steps(1);
        screen.harness.drop_at(place);
        screen.steps(1);
    }
    screen.steps(2);
    assert_eq!(screen.config().network.epsilon, 0.1);
}

#[test]
fn events_of_an_earlier_run_are_ignored() {
    let mut screen = Screen::scripted();
    let old = screen.run_id();
    screen.click("Reset");
    assert_ne!(screen.run_id(), old);
    screen.script.rows(old, 1..500);
    screen.script.push(Event::Failed {
        run: old,
        message: "of the past".into(),
    });
    screen.steps(3);
    let run = screen.app().state.session.run().unwrap();
    assert!(run.rows().is_empty());
    assert_eq!(screen.state(), RunState::Running);
    screen.script.rows(screen.run_id(), 0..5);
    screen.steps(2);
    assert_eq!(screen.app().state.session.run().unwrap().rows().len(), 5);
}

#[test]
fn a_flood_of_events_never_holds_a_frame_for_long() {
    let mut screen = Screen::scripted();
    let id = screen.run_id();
    for start in 0..400 {
        screen.script.rows(id, start * 500..(start + 1) * 500);
    }
    let mut frames = 0;
    while screen.app().state.session.run().unwrap().rows().len() < 200_000 {
        screen.steps(1);
        frames += 1;
        assert!(frames < 10_000, "all rows arrive in the end");
    }
}

#[test]
fn divergence_is_said_with_the_learning_rate_that_would_do() {
    let mut screen = Screen::scripted();
    let run = screen.run_id();
    screen.script.rows(run, 0..100);
    screen.script.push(Event::Finished {
        run,
        finish: finish(
            300,
            Outcome::Diverged {
                step: 300,
                stable_learning_rate: 0.42,
            },
            CROSSED,
        ),
    });
    screen.steps(3);
    assert_eq!(screen.state(), RunState::Diverged);
    screen.sees("Diverged at step 300");
    screen.click("Run again");
    assert_eq!(screen.script.starts().len(), 2);
}

#[test]
fn a_lowered_learning_rate_is_shown_at_its_slider_and_asked_for_again() {
    let mut screen = Screen::scripted();
    let run = screen.run_id();
    screen.script.push(Event::LearningRateLowered {
        run,
        from: 1.0,
        to: 0.42,
        diverged_at: 300,
    });
    screen.steps(2);
    screen
        .harness
        .get_by_label("η₀ lowered to 0.42: 1 diverges at step 300");
    assert_eq!(
        screen
            .app()
            .state
            .session
            .config_on_screen()
            .training
            .learning_rate,
        0.42
    );
    screen.slider("α output scale").set_value_accesskit(2.0);
    screen.steps(5);
    let (_, config, _) = screen.script.starts().pop().unwrap();
    assert_eq!(config.training.learning_rate, 1.0, "it comes back");
    assert!(
        screen
            .harness
            .query_by_label_contains("η₀ lowered")
            .is_none()
    );
}

#[test]
fn a_worker_panic_is_read_by_the_user_and_the_app_lives_on() {
    let mut screen = Screen::scripted();
    let run = screen.run_id();
    screen.script.push(Event::Failed {
        run,
        message: "training stopped at step 7: index out of bounds".into(),
    });
    screen.steps(3);
    assert_eq!(screen.state(), RunState::Failed);
    screen.sees("index out of bounds");
    screen.press(Key::Space);
    assert_eq!(screen.state(), RunState::Running);
    assert_eq!(screen.script.starts().len(), 2);
}

#[test]
fn a_finished_run_is_carried_on_without_a_restart() {
    let mut screen = Screen::scripted();
    let run = screen.run_id();
    screen.script.rows(run, 0..100);
    screen.script.push(Event::Finished {
        run,
        finish: finish(100_000, Outcome::Groks, CROSSED),
    });
    screen.steps(3);
    assert_eq!(screen.state(), RunState::Done);
    screen.sees("groks: fits at 40, generalises at 900, 23× later");
    screen.click("Carry on");
    assert!(matches!(
        screen.script.last(),
        Some(Command::SetHorizon(1_000_000))
    ));
    assert_eq!(screen.state(), RunState::Running);
    assert_eq!(screen.run_id(), run);
    screen.script.push(Event::Finished {
        run,
        finish: finish(1_000_000, Outcome::Groks, CROSSED),
    });
    screen.steps(2);
    assert_eq!(screen.state(), RunState::Done);
}

#[test]
fn a_preset_from_the_menu_is_trained_from_step_0() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..300);
    screen.steps(2);
    screen.click("Presets");
    let lazy = presets::find("lazy").unwrap();
    screen.click(&lazy.title);
    assert_eq!(*screen.config(), lazy.config);
    assert_eq!(*screen.script.starts().pop().unwrap().1, lazy.config);
    assert_eq!(
        screen.script.pace(),
        Some(OPENING_PACE),
        "watched, not rushed"
    );
    for preset in presets::all() {
        screen.app().ask(Action::LoadPreset(preset.name.clone()));
        screen.steps(2);
        assert_eq!(*screen.config(), preset.config, "{}", preset.name);
        assert_eq!(
            screen.app().state.preset.as_deref(),
            Some(preset.name.as_str())
        );
    }
}

#[test]
fn an_instance_locks_the_shape_it_fixes() {
    let instance = Instance {
        x: ndarray::Array2::ones((6, 3)),
        y: ndarray::Array1::ones(6),
        w0: Some(ndarray::Array2::ones((4, 3))),
        rescaled_by: [1.0; 2],
        test: None,
        beta: None,
    };
    let mut screen = Screen::open(
        Startup {
            instance: Some((PathBuf::from("a/small.npz"), Arc::new(instance))),
            ..Startup::default()
        },
        Exporter::new(None),
    );
    let config = screen.config().clone();
    assert_eq!((config.task.samples, config.task.dim), (6, 3));
    assert_eq!(config.network.width, Width::Finite(4));
    screen.slider("P train samples").set_value_accesskit(50.0);
    screen.slider("N width").set_value_accesskit(50.0);
    screen.steps(4);
    assert_eq!(screen.config(), &config);
    screen.app().ask(Action::Edit {
        key: "task.dim",
        value: Value::Integer(9),
        dragging: false,
    });
    screen.steps(2);
    assert_eq!(screen.config(), &config);
    screen.sees("the instance fixes it: X has D columns");
    screen.slider("α output scale").set_value_accesskit(2.0);
    screen.steps(5);
    assert_eq!(screen.config().network.alpha, 2.0);
    screen.click("close");
    assert!(screen.app().state.session.instance().is_none());
}

#[test]
fn the_settings_leave_narrow_windows_to_the_plots() {
    let mut screen = Screen::scripted();
    let settings = |screen: &Screen| {
        let nodes = screen.harness.query_all_by_label("α output scale");
        nodes.count() > 0
    };
    assert!(settings(&screen));
    screen.harness.set_size(egui::vec2(700.0, 600.0));
    screen.steps(2);
    assert!(!settings(&screen));
    screen.harness.get_by_label("Numbers");
    screen.press(Key::B);
    screen.steps(2);
    assert!(settings(&screen));
    screen.press(Key::B);
    for width in [900.0, 1100.0, 1280.0, 1920.0] {
        screen.harness.set_size(egui::vec2(width, 720.0));
        screen.steps(3);
        let plots = screen.app().state.plots_size.x;
        assert!(plots >= 0.5 * width, "{plots} of {width}");
    }
}

#[test]
fn exports_are_written_and_the_status_bar_says_where() {
    let dir = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(
        Startup::default(),
        Exporter::new(Some(dir.path().to_owned())),
    );
    screen.script.rows(screen.run_id(), 0..200);
    screen.steps(2);
    screen.press_with(Modifiers::COMMAND, Key::D);
    let csv = screen.exported();
    let text = std::fs::read_to_string(&csv).unwrap();
    assert!(text.starts_with("step,train_loss,"), "{text}");
    assert_eq!(text.lines().count(), 201);
    let settings = std::fs::read_to_string(csv.with_extension("csv.toml")).unwrap();
    assert!(settings.contains("alpha = 0.3"), "{settings}");
    screen.sees("Saved ");
    screen.app().ask(Action::Export(Export::Toml));
    screen.steps(2);
    let toml = std::fs::read_to_string(screen.exported()).unwrap();
    let config = grokscope::sim::config::Config::from_toml(&toml).unwrap();
    assert_eq!(config, *screen.config());
    screen.press_with(Modifiers::COMMAND, Key::E);
    let png = image::open(screen.exported()).unwrap().to_rgba8();
    let room = screen.app().state.plots_size;
    assert!(
        png.width() as f32 > 1.8 * room.x,
        "{} for {room:?}",
        png.width()
    );
    let colours: std::collections::HashSet<_> = png.pixels().map(|p| p.0).collect();
    assert!(colours.len() > 50, "text and curves are antialiased");
}

#[test]
fn the_command_for_what_is_on_screen_goes_to_the_clipboard() {
    let mut screen = Screen::scripted();
    screen.slider("α output scale").set_value_accesskit(1.5);
    screen.steps(6);
    screen.click("Copy as command");
    screen.sees("network.alpha=1.5");
}

#[test]
fn the_real_worker_trains_to_the_horizon_and_answers_to_pause() {
    let mut config = presets::opening();
    config.task.dim = 10;
    config.task.samples = 20;
    config.training.steps = 2_000;
    let mut screen = Screen::real(config);
    screen
        .app()
        .ask(Action::SetPace(Pace::StepsPerSecond(200.0)));
    screen.wait("some rows", |app| {
        app.state.session.run().is_some_and(|run| run.step() > 20)
    });
    screen.press(Key::Space);
    assert_eq!(screen.state(), RunState::Paused);
    screen.app().ask(Action::SetPace(Pace::Fast));
    screen.steps(2);
    screen.press(Key::Space);
    screen.wait("the end", |app| app.state.session.state() == RunState::Done);
    let run = screen.app().state.session.run().unwrap();
    assert_eq!(run.rows().last().unwrap().step, 2_000);
    screen.sees("Done:");
}

#[test]
fn the_real_worker_never_ends_a_drag_in_divergence() {
    let mut config = presets::opening();
    config.task.dim = 10;
    config.task.samples = 20;
    config.training.steps = 2_000;
    config.training.learning_rate = 1.0;
    let mut screen = Screen::real(config);
    screen.app().ask(Action::SetPace(Pace::Fast));
    screen.type_into("η₀ learning rate", "400");
    screen.press(Key::R);
    screen.wait("the end", |app| {
        !matches!(app.state.session.state(), RunState::Running)
    });
    assert_eq!(screen.state(), RunState::Done);
    let lowered = screen.app().state.session.run().unwrap().lowered().unwrap();
    assert!(lowered.to < 400.0);
    screen.sees("η₀ lowered to");
}

#[test]
fn an_empty_row_of_metrics_is_drawn_as_unknown() {
    let mut screen = Screen::scripted();
    screen.app().ask(Action::SelectTab(Tab::Facts));
    let id = screen.run_id();
    screen.script.push(Event::Rows {
        run: id,
        rows: vec![row(0, f64::NAN), row(1, 0.5), row(2, f64::INFINITY)],
    });
    screen.steps(4);
    assert_eq!(screen.run_id(), id);
    assert_eq!(screen.state(), RunState::Running);
}
