//! What the theory says, as the window shows it: through the accessibility
//! tree, without a screen.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::Role;
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{Action, GrokscopeApp, export::Exporter, persist::Stored, state::Tab},
    sim::config::Config,
    startup::Startup,
    training::{Pace, TheoryHandle},
};
use std::time::{Duration, Instant};
use support::{Screen, row, settings};

/// A window with a scripted worker and the real theory thread.
fn window(config: Config) -> Screen {
    Screen::with(settings(config), 0.01, Exporter::new(None), |app, ctx| {
        let ctx = ctx.clone();
        app.with_theory(TheoryHandle::spawn(move || ctx.request_repaint()))
    })
}

fn small() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.training.steps) = (15, 40, 10_000);
    c
}

fn first_point(app: &GrokscopeApp) -> Option<f64> {
    let forecast = app.state.theory.forecast()?;
    forecast
        .refined
        .then(|| forecast.points.iter().map(|p| p.test).sum())
}

#[test]
fn a_run_that_has_not_begun_has_its_forecast_and_its_lazy_model_already() {
    let mut screen = window(small());
    screen.wait("a forecast", |app| {
        app.state.theory.forecast().is_some_and(|f| f.refined)
    });
    screen.wait("a lazy model", |app| app.state.theory.lazy().is_some());
    screen.steps(3);
    screen.harness.check_accessibility();
    let foresight = screen.harness.state().state.theory.foresight();
    assert!(foresight.level.is_some_and(|level| level > 0.0));
}

#[test]
fn a_moving_slider_moves_the_forecast_before_the_run_starts_again() {
    let mut screen = window(small());
    screen.wait("a forecast", |app| first_point(app).is_some());
    let before = first_point(screen.harness.state());
    // A drag that never rests keeps the restart waiting.
    for i in 0..4 {
        screen
            .slider("α output scale")
            .set_value_accesskit(1.0 + 0.1 * f64::from(i));
        screen.steps(1);
    }
    assert_eq!(screen.script.starts().len(), 1, "the restart still waits");
    // No frame passes meanwhile: the request is on its way already.
    std::thread::sleep(Duration::from_millis(300));
    screen.steps(1);
    assert_ne!(first_point(screen.harness.state()), before);
}

#[test]
fn the_legend_hides_the_forecast_and_the_lazy_model_and_both_choices_are_kept() {
    let mut screen = window(small());
    for name in ["forecast", "lazy model"] {
        let state = &screen.harness.state().state.curves;
        assert!(state.shown.forecast || state.shown.lazy_model);
        screen
            .harness
            .get_by_role_and_label(Role::CheckBox, name)
            .click();
        screen.steps(3);
    }
    let state = &screen.harness.state().state;
    assert!(!state.curves.shown.forecast && !state.curves.shown.lazy_model);
    let stored = Stored::of(state);
    let again = stored.curves();
    assert!(!again.shown.forecast && !again.shown.lazy_model);
    let first_launch = Stored::load(None).curves();
    assert!(first_launch.shown.forecast && first_launch.shown.lazy_model);
}

#[test]
fn opening_a_preset_forgets_what_was_said_about_another_run() {
    let mut screen = window(small());
    screen.wait("a forecast", |app| first_point(app).is_some());
    let before = first_point(screen.harness.state());
    let name = grokscope::presets::all()[0].name.clone();
    screen.app().ask(Action::LoadPreset(name));
    screen.steps(1);
    assert_ne!(first_point(screen.harness.state()), before);
    screen.wait("another forecast", |app| first_point(app).is_some());
    assert_ne!(first_point(screen.harness.state()), before);
}

#[test]
fn weight_decay_takes_the_lazy_model_away_and_says_why() {
    let mut config = small();
    config.training.weight_decay = 1e-4;
    let mut screen = window(config);
    screen.wait("a forecast", |app| first_point(app).is_some());
    screen.wait("a reason", |app| {
        app.state.theory.foresight().no_lazy.is_some()
    });
    screen
        .harness
        .get_by_role_and_label(Role::CheckBox, "lazy model")
        .hover();
    screen.steps(60);
    screen.sees("no closed form with weight decay");
}

#[test]
fn the_status_says_where_the_lazy_model_would_level_off() {
    let mut screen = window(small());
    screen.wait("a lazy model", |app| app.state.theory.lazy().is_some());
    let thresholds = grokscope::sim::outcome::Thresholds {
        train: 0.1,
        test: 1e-9,
    };
    screen.script.push(grokscope::training::Event::Started {
        run: screen.run_id(),
        info: Box::new(grokscope::training::RunInfo {
            config: small().check().unwrap(),
            columns: grokscope::sim::committee::model::COLUMNS,
            judge: Default::default(),
            thresholds,
            zero_train_loss: 1.0,
            zero_test_loss: 1.0,
            learning_curve: None,
            escape: None,
            note: None,
        }),
    });
    screen.script.push(grokscope::training::Event::Rows {
        run: screen.run_id(),
        rows: vec![row(0, 1.0), row(100, 0.05)],
    });
    screen.script.push(grokscope::training::Event::Finished {
        run: screen.run_id(),
        finish: grokscope::training::Finish {
            step: 100,
            verdict: Box::new(
                grokscope::sim::verdict::Verdict::begun(thresholds, 2.0, 100, 1.0, Some(1.0))
                    .crossed(
                        grokscope::sim::verdict::Status::Finished,
                        100,
                        grokscope::sim::outcome::Crossings {
                            fit: Some(60),
                            generalise: None,
                        },
                    ),
            ),
            training_seconds: 0.1,
            measuring_seconds: 0.25,
            preparing_seconds: 0.125,
            changed_live: false,
        },
    });
    screen.steps(3);
    screen.sees("(the lazy model) it would level off at");
}

#[test]
fn the_kernel_tab_takes_the_newest_kernel_apart_and_only_when_it_is_looked_at() {
    let mut screen = Screen::real(small());
    screen.wait("a step", |app| {
        app.state.session.run().is_some_and(|r| r.step() > 5)
    });
    assert!(screen.harness.state().state.theory.kernel().is_none());
    screen.app().ask(Action::SelectTab(Tab::Kernel));
    screen.wait("spectra", |app| app.state.theory.kernel().is_some());
    screen.steps(2);
    screen.harness.check_accessibility();
    screen.sees("difficulty yᵀK₀⁻¹y");
    screen.sees("Half of the labels' power lies in");
    screen.sees("centred (CKA), train set");
    let step = |app: &GrokscopeApp| {
        let view = app.state.theory.kernel()?.ok()?;
        Some(view.step)
    };
    let first = step(screen.harness.state());
    screen.wait("later spectra", |app| step(app) > first);
}

#[test]
fn the_features_tab_shows_the_cloud_stretching_along_the_target() {
    let mut config = small();
    config.task.samples = 90;
    let mut screen = Screen::real(config);
    screen.wait("a step", |app| {
        app.state.session.run().is_some_and(|r| r.step() > 0)
    });
    assert!(screen.harness.state().state.theory.features().is_none());
    screen
        .harness
        .get_by_role_and_label(Role::Button, "Features")
        .click();
    screen.wait("neurons", |app| app.state.theory.features().is_some());
    screen.steps(2);
    screen.harness.check_accessibility();
    screen.sees("Neurons in the plane of the target direction β");
    screen.sees("eigenvalue 1 of M");
    screen.app().ask(Action::SetPace(Pace::Fast));
    let stretched = |app: &GrokscopeApp| {
        let Some(Ok(view)) = app.state.theory.features() else {
            return false;
        };
        let features = &view.features;
        features.now.deviation(0) > 1.5 * features.initial.deviation(0)
    };
    screen.wait("a stretched cloud", stretched);
    let stored = Stored::of(&screen.harness.state().state);
    assert_eq!(stored.tab, Tab::Features);
}

#[test]
fn the_features_tab_says_where_the_target_is_not_known() {
    let instance = grokscope::sim::committee::instance::Instance {
        x: ndarray::array![[0.5, 0.1], [0.2, -0.4], [-0.3, 0.6]],
        y: ndarray::array![0.3, 0.1, 0.2],
        w0: Some(ndarray::array![[1.0, 0.2], [-0.4, 0.7]]),
        rescaled_by: [1.0; 2],
        test: None,
        beta: None,
    };
    let startup = Startup {
        config: Some(small()),
        instance: Some(("data.npz".into(), std::sync::Arc::new(instance))),
        ..Startup::default()
    };
    let mut screen = Screen::started(startup);
    screen.app().ask(Action::SelectTab(Tab::Features));
    screen.wait("an answer", |app| app.state.theory.features().is_some());
    screen.steps(2);
    screen.sees("the target of this run is not known");
}

/// Time of frames while a slider moves and the theory thread computes. Prints.
#[test]
#[ignore = "a measurement"]
fn frame_time_while_a_slider_is_dragged() {
    for (name, config) in [
        ("opening", Config::default()),
        ("D=100, P=550", {
            let mut c = Config::default();
            (c.task.dim, c.task.samples) = (100, 550);
            c
        }),
    ] {
        let mut screen = window(config);
        screen.steps(20);
        let mut times = Vec::new();
        let mut curves = 0;
        let mut last = None;
        for i in 0..200 {
            screen
                .slider("α output scale")
                .set_value_accesskit(0.3 + 0.005 * f64::from(i));
            let start = Instant::now();
            screen.steps(1);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            std::thread::sleep(Duration::from_millis(16));
            let latency = screen
                .harness
                .state()
                .state
                .theory
                .forecast()
                .map(|f| f.latency);
            curves += usize::from(latency != last);
            last = latency;
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{name}: frame median {:.1} ms, 95 % {:.1} ms, most {:.1} ms; {curves} forecasts drawn in 200 moves",
            times[100], times[190], times[199]
        );
    }
}

#[test]
fn a_forecast_of_other_settings_is_stale_from_the_frame_of_the_change() {
    let mut screen = window(small());
    screen.wait("everything", |app| app.state.theory.is_settled());
    let fresh = screen.harness.state().state.theory.foresight();
    assert!(!fresh.stale_forecast && !fresh.stale_lazy);
    // Large enough that no answer comes within a frame.
    screen
        .app()
        .state
        .session
        .edit_text("task.dim", "400", 0.0)
        .unwrap();
    screen.steps(1);
    let after = screen.harness.state().state.theory.foresight();
    assert!(after.stale_forecast && after.stale_lazy);
    assert!(!screen.harness.state().state.theory.is_settled());
}
