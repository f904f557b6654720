//! The Features and the Accuracy tab in the real window without a screen, and a
//! window in which nothing happens.
#![cfg(feature = "gui")]

#[expect(dead_code, reason = "shared with the other tests of the window")]
#[path = "ui/support.rs"]
mod support;

use egui::Key;
use grokscope::app::GrokscopeApp;
use grokscope::app::session::RunState;
use grokscope::app::state::Tab;
use grokscope::history::accuracy::ToleranceSweep;
use grokscope::sim::config::{Config, Value, Width};
use grokscope::sim::outcome::Outcome;
use grokscope::training::Pace;
use grokscope::views::panels::{PANELS, Panel};
use support::Screen;

fn small() -> Config {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (12, 50);
    config.training.steps = 2_000;
    config
}

/// A window whose run has ended, on a tab.
fn ended(config: Config, tab: Tab) -> Screen {
    let mut screen = Screen::real(config);
    screen.app().state.session.set_pace(Pace::Fast);
    screen.wait("the end of the run", |app| {
        app.state.session.state() == RunState::Done
    });
    screen.app().state.tab = tab;
    screen.steps(3);
    screen
}

fn run(app: &GrokscopeApp) -> &grokscope::history::Run {
    app.state.session.run().expect("a run")
}

#[test]
fn the_tolerance_changes_the_verdict_and_never_trains_again() {
    let mut screen = ended(Config::default(), Tab::Accuracy);
    let id = screen.run_id();
    let verdict = |screen: &Screen| {
        let app = screen.harness.state();
        let config = &app.state.session.config().outcome;
        let sweep = ToleranceSweep::new(run(app), config).expect("recorded");
        sweep.outcome(config.accuracy_tolerance)
    };
    for (tolerance, outcome, word) in [
        (0.5, Outcome::Groks, "groks"),
        (
            0.2,
            Outcome::NeverGeneralises,
            "has not generalised by its end",
        ),
        (2.8, Outcome::GeneralisesAtOnce, "generalises at once"),
    ] {
        screen.type_into("θₐ accuracy tolerance", &tolerance.to_string());
        assert_eq!(
            screen.value("outcome.accuracy_tolerance"),
            Value::Real(tolerance)
        );
        assert_eq!(verdict(&screen), outcome, "θ = {tolerance}");
        screen.sees(word);
        screen.sees("the same run");
    }
    screen.steps(10);
    assert_eq!(screen.run_id(), id, "the run was trained again");
    assert_eq!(screen.state(), RunState::Done);
    // The paper's definition does not move.
    let run = run(screen.harness.state());
    assert_eq!(run.outcome(), Some(Outcome::Groks));
    // What is exported is judged as on screen.
    let outcome = &screen.config().outcome;
    let rows = run.rows_at(outcome);
    let points = run.accuracies(outcome);
    assert_eq!(rows.len(), points.len());
    let last = rows.last().expect("rows");
    let metric = grokscope::sim::metrics::Metric::TestAccuracy;
    assert_eq!(last.get(metric), points.last().map(|p| p.test));
    assert_ne!(
        last.get(metric),
        run.rows().last().and_then(|r| r.get(metric))
    );
}

#[test]
fn the_accuracy_slider_answers_while_it_is_dragged() {
    let mut screen = ended(small(), Tab::Accuracy);
    let id = screen.run_id();
    let before = screen.value("outcome.accuracy_tolerance");
    screen.slider("θₐ accuracy tolerance").focus();
    screen.steps(2);
    screen.press(Key::ArrowRight);
    screen.steps(10);
    assert_ne!(screen.value("outcome.accuracy_tolerance"), before);
    assert_eq!(screen.run_id(), id);
}

#[test]
fn the_features_tab_shows_m_and_its_eigenvalues_over_time() {
    let mut screen = ended(small(), Tab::Features);
    screen.wait(
        "the neurons",
        |app| matches!(app.state.theory.features(), Some(Ok(view)) if view.step == 2_000),
    );
    screen.steps(2);
    for name in [
        "M in a basis that begins with the target direction β",
        "Largest eigenvalues of M over time",
        "exact density, N = ∞",
    ] {
        screen.sees(name);
    }
    let run = run(screen.harness.state());
    let metric = grokscope::sim::metrics::Metric::FeatureEigenvalue1;
    assert!(run.series(metric).count() > 50);
    let now = match screen.harness.state().state.theory.features() {
        Some(Ok(view)) => view.features.clone(),
        _ => panic!("no neurons"),
    };
    let recorded = run.last(metric).expect("recorded").1;
    assert!((recorded / now.eigenvalues[0] - 1.0).abs() < 1e-9);
    let trace: f32 = now.matrix.values.diag().iter().sum();
    let norm = run.last(grokscope::sim::metrics::Metric::WeightNormSq);
    assert!((f64::from(trace) / norm.expect("recorded").1 - 1.0).abs() < 1e-5);
}

#[test]
fn every_one_of_many_neurons_is_counted_in_the_end() {
    let mut config = small();
    config.network.width = Width::Finite(30_000);
    let mut screen = ended(config, Tab::Features);
    screen.wait("all neurons", |app| match app.state.theory.features() {
        Some(Ok(view)) => {
            let density = view.features.density.as_ref().expect("too many to draw");
            density.counted == Some(30_000) && !density.growing
        }
        _ => false,
    });
    screen.steps(2);
    screen.sees("all 30,000 neurons");
}

#[test]
fn a_window_in_which_nothing_happens_is_not_drawn_again() {
    for &Panel { tab, name, .. } in &PANELS {
        let mut screen = ended(small(), tab);
        screen.wait("the theory", |app| app.state.theory.is_settled());
        // Axes ease, notices fade, the tab's own answer comes.
        for _ in 0..250 {
            std::thread::sleep(std::time::Duration::from_millis(4));
            screen.steps(1);
        }
        let output = screen.harness.output();
        let delay = output.viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert!(
            delay > std::time::Duration::from_secs(3600),
            "the tab {name} asks to be drawn again after {delay:?}: {:?}",
            screen.harness.ctx.repaint_causes()
        );
    }
}

#[test]
fn what_is_not_measured_says_why_and_the_status_goes_on_with_the_run() {
    let mut screen = ended(small(), Tab::Facts);
    screen.sees("there is no test set");
    screen.app().state.tab = Tab::Accuracy;
    screen.steps(3);
    screen.type_into("θₐ accuracy tolerance", "0.3");
    let said = |screen: &Screen, later: f64| {
        let now = screen.harness.ctx.input(|i| i.time);
        screen.harness.state().state.sentence(now + later).0
    };
    assert!(
        said(&screen, 0.0).contains("is now"),
        "{}",
        said(&screen, 0.0)
    );
    let later = said(&screen, 4.5);
    assert!(
        !later.contains("is now") && later.contains("Done"),
        "{later}"
    );
}

#[test]
fn every_network_trains_in_the_window_and_shows_what_is_in_it() {
    use grokscope::sim::config::Family;
    let mut screen = Screen::real(small());
    for family in Family::all() {
        let name = family.name();
        let value = Value::Text(name.into());
        let now = 0.0;
        let edit = |app: &mut GrokscopeApp, key: &str, value: &Value| {
            app.state.session.edit(key, value, false, now).expect(key);
        };
        edit(screen.app(), "network.family", &value);
        if name == "transformer" {
            edit(screen.app(), "modular.modulus", &Value::Integer(7));
            edit(screen.app(), "transformer.mlp", &Value::Integer(32));
        }
        edit(screen.app(), "training.steps", &Value::Integer(60));
        screen.app().state.session.set_pace(Pace::Fast);
        screen.app().state.tab = Tab::Error;
        screen.wait(name, |app| {
            let run = app.state.session.run().expect("a run");
            let over = app.state.session.state() == RunState::Done;
            over && run.config().network.family == family && run.rows().len() > 10
        });
        screen.steps(3);
        if family.is_committee() {
            assert!(screen.harness.state().state.network.look().is_none());
            continue;
        }
        screen.wait("a look at it", |app| {
            let look = app.state.network.look();
            look.is_some_and(|look| look.is_ok_and(|look| look.step == 60))
        });
        screen.steps(3);
        let app = screen.harness.state();
        let shown: Vec<_> = app.state.curves.shown.lower.shown().collect();
        assert!(
            shown.contains(&grokscope::sim::metrics::Metric::TestAccuracy),
            "{name}: {shown:?}"
        );
        assert!(app.state.theory.forecast().is_none(), "{name}");
        let look = app.state.network.look().unwrap().unwrap();
        assert_eq!(
            look.sums.is_some(),
            name != "student_teacher" && name != "image_mlp"
        );
    }
}
