//! The time cursor: through the real window, without a screen.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{
        Action, GrokscopeApp,
        session::RunState,
        state::Tab,
        time::{Bookmark, Scrub},
    },
    presets,
    sim::{Simulation, config::Config, metrics::Metric, model::weights_as},
    training::{KEYFRAME_BUDGET, Pace},
};
use support::Screen;

/// The opening preset, small: fits, and generalises much later.
fn small() -> Config {
    let mut config = presets::opening();
    (config.task.dim, config.task.samples) = (20, 80);
    config.training.steps = 20_000;
    config
}

/// A window whose run is at its end.
fn trained(config: Config) -> Screen {
    let mut screen = Screen::real(config);
    screen.app().ask(Action::SetPace(Pace::Fast));
    screen.wait("the end", |app| app.state.session.state() == RunState::Done);
    screen.steps(2);
    screen
}

fn cursor(screen: &Screen) -> Option<u64> {
    screen.harness.state().state.past()
}

fn rows(app: &GrokscopeApp) -> Vec<u64> {
    let run = app.state.session.run().unwrap();
    run.rows().iter().map(|row| row.step).collect()
}

#[test]
fn every_panel_shows_the_moment_under_the_cursor() {
    let mut screen = trained(small());
    let recorded = rows(screen.harness.state());
    let step = recorded[recorded.len() / 2];
    let name = grokscope::history::format::thousands(step);
    screen
        .harness
        .get_by_role_and_label(Role::Slider, "time cursor")
        .set_value_accesskit(step as f64);
    screen.steps(3);
    assert_eq!(cursor(&screen), Some(step));
    screen.sees(&format!("At step {name} of 20,000:"));

    let row = {
        let run = screen.harness.state().state.session.run().unwrap();
        run.rows()[recorded.len() / 2].clone()
    };
    let written = |metric| grokscope::history::format::significant(row.get(metric).unwrap(), 3);
    screen.app().ask(Action::SelectTab(Tab::Error));
    screen.steps(3);
    screen.sees(&written(Metric::LinearPower));
    screen.sees(&written(Metric::MisalignmentError));
    screen.app().ask(Action::SelectTab(Tab::Facts));
    screen.steps(3);
    screen.sees(&format!("THE NUMBERS AT STEP {name}"));
    screen.app().ask(Action::SelectTab(Tab::Kernel));
    screen.wait("the kernel of that step", |app| {
        app.state
            .theory
            .kernel()
            .is_some_and(|k| k.is_ok_and(|k| k.step == step))
    });
    screen.steps(2);
    screen.sees(&format!("K at step {name}"));
    screen.app().ask(Action::SelectTab(Tab::Features));
    screen.wait("the neurons of that step", |app| {
        app.state
            .theory
            .features()
            .is_some_and(|f| f.is_ok_and(|f| f.step == step))
    });
    screen.steps(2);
    screen.sees(&format!("NEURONS AT STEP {name}"));
    screen.harness.check_accessibility();

    screen.press(Key::End);
    assert_eq!(cursor(&screen), None);
    screen.wait("the newest neurons", |app| {
        app.state
            .theory
            .features()
            .is_some_and(|f| f.is_ok_and(|f| f.step == 20_000))
    });
    screen.sees("Done:");
}

#[test]
fn the_weights_kept_are_those_of_the_run_to_the_bit() {
    let screen = trained(small());
    let app = screen.harness.state();
    let snapshot = app.state.session.snapshot().unwrap();
    assert_eq!(snapshot.keyframes.steps(), rows(app));
    assert!(snapshot.keyframes.bytes() < KEYFRAME_BUDGET);
    let config = small().check().unwrap();
    let mut simulation = Simulation::new(&config, None).unwrap();
    for step in rows(app).into_iter().filter(|step| *step <= 1_000) {
        while simulation.step() < step {
            simulation.advance(step - simulation.step());
        }
        let kept = app.state.session.keyframe(step).unwrap();
        let state = weights_as::<grokscope::sim::committee::moments::MomentState>(&kept.weights)
            .expect("moments");
        assert_eq!(
            (kept.step, &*state),
            (step, &simulation.committee().unwrap().state())
        );
    }
}

#[test]
fn bookmarks_lead_to_the_fit_the_peak_and_the_grokking() {
    let mut screen = trained(small());
    let run = screen.harness.state().state.session.run().unwrap().clone();
    let crossings = run.crossings();
    let (fit, grok) = (crossings.fit.unwrap(), crossings.generalise.unwrap());
    assert!(grok > 3 * fit, "it groks: {fit}, {grok}");
    for (key, step) in [
        (Key::Num1, Some(fit)),
        (Key::Num3, Some(grok)),
        (Key::Num2, Bookmark::Peak.step(&run)),
    ] {
        screen.press(key);
        assert_eq!(cursor(&screen), step, "{key:?}");
    }
    let test = |step| {
        let moment = run.moment(Some(step));
        moment.last(Metric::TestLoss).unwrap().1
    };
    let peak = cursor(&screen).unwrap();
    let highest = run
        .series(Metric::TestLoss)
        .map(|p| p.1)
        .fold(0.0, f64::max);
    assert!(test(peak) > 0.999 * highest);
    screen.click("Go to: generalises");
    assert_eq!(cursor(&screen), Some(grok));
    let thousands = grokscope::history::format::thousands;
    screen.sees(&format!("At step {} of", thousands(grok)));
    screen.press(Key::Escape);
    assert_eq!(cursor(&screen), None, "Esc leads back to the live end");
    // The moments one after the other, as with a presenter's remote.
    screen.press(Key::Home);
    let peak = Bookmark::Peak.step(&run).unwrap();
    let mut marks = [fit, peak, grok];
    marks.sort_unstable();
    for mark in marks {
        screen.press(Key::PageDown);
        assert_eq!(cursor(&screen), Some(mark));
    }
    screen.press(Key::PageDown);
    assert_eq!(cursor(&screen), None);
    for mark in marks.into_iter().rev().chain([0]) {
        screen.press(Key::PageUp);
        assert_eq!(cursor(&screen), Some(mark));
    }
    // From between two rows to the next one.
    screen.press(Key::Num1);
    screen.press(Key::ArrowRight);
    let next = run.rows().iter().find(|row| row.step > fit).unwrap().step;
    assert_eq!(cursor(&screen), Some(next));
    let moment = run.moment(Some(fit));
    assert_eq!(moment.crossings().fit, Some(fit));
    assert_eq!(moment.crossings().generalise, None);
}

#[test]
fn a_run_that_has_met_no_threshold_has_no_bookmarks() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..20);
    screen.steps(2);
    for key in [Key::Num1, Key::Num2, Key::Num3] {
        screen.press(key);
        assert_eq!(cursor(&screen), None);
        assert_eq!(screen.state(), RunState::Running);
    }
}

#[test]
fn the_arrows_go_from_one_recorded_step_to_the_next() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..2_000);
    screen.steps(2);
    screen.press(Key::ArrowLeft);
    assert_eq!(cursor(&screen), Some(1_998));
    assert_eq!(screen.state(), RunState::Paused, "training waits");
    screen.press(Key::ArrowLeft);
    assert_eq!(cursor(&screen), Some(1_997));
    screen.press_with(Modifiers::SHIFT, Key::ArrowLeft);
    let leap = cursor(&screen).unwrap() as f64;
    assert!((leap / 1_997.0 - 10f64.powf(-0.1)).abs() < 1e-3, "{leap}");
    screen.press(Key::Home);
    assert_eq!(cursor(&screen), Some(0));
    screen.press(Key::ArrowLeft);
    assert_eq!(cursor(&screen), Some(0));
    screen.press(Key::ArrowRight);
    assert_eq!(cursor(&screen), Some(1));
    screen.press_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(cursor(&screen), Some(2), "never less than one step");
    screen.press(Key::End);
    assert_eq!(cursor(&screen), None);
    assert_eq!(screen.state(), RunState::Running, "training goes on");
}

#[test]
fn a_drag_on_the_scrubber_moves_the_cursor() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..5_000);
    screen.steps(3);
    let rail = screen
        .harness
        .get_by_role_and_label(Role::Slider, "time cursor")
        .rect();
    let at = |part: f32| rail.left_center() + egui::vec2(part * rail.width(), 0.0);
    screen.harness.hover_at(at(0.3));
    screen.harness.drag_at(at(0.3));
    screen.steps(2);
    let first = cursor(&screen).expect("in the past");
    screen.harness.hover_at(at(0.45));
    screen.steps(2);
    let second = cursor(&screen).expect("in the past");
    assert!(second > 2 * first, "{first}, {second}");
    screen.harness.drop_at(at(0.45));
    screen.steps(5);
    assert_eq!(cursor(&screen), Some(second), "it stays");
    screen.harness.hover_at(at(0.99));
    screen.harness.drag_at(at(0.99));
    screen.steps(2);
    screen.harness.drop_at(at(0.99));
    screen.steps(2);
    assert_eq!(cursor(&screen), None, "beyond the last row is the live end");
    assert_eq!(screen.state(), RunState::Running);
}

#[test]
fn a_replay_goes_along_log_time_and_trains_on_from_the_live_end() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..1_000);
    screen.steps(2);
    screen.app().ask(Action::Scrub(Scrub::To(100.0)));
    screen.steps(2);
    assert_eq!(cursor(&screen), Some(100));
    screen.press(Key::Space);
    screen.sees("Replay, step");
    screen.steps(10);
    let halfway = cursor(&screen).expect("still in the past");
    assert!(halfway > 130 && halfway < 500, "{halfway}");
    screen.press(Key::Space);
    let held = cursor(&screen);
    screen.steps(10);
    assert_eq!(cursor(&screen), held, "held");
    assert_eq!(screen.state(), RunState::Paused);
    screen.press(Key::Space);
    // A decade in 1.5 s, frames of 0.05 s.
    screen.steps(40);
    assert_eq!(cursor(&screen), None);
    assert_eq!(screen.state(), RunState::Running, "training takes over");
}

#[test]
fn a_replay_from_the_live_end_begins_at_step_0() {
    let mut screen = trained(small());
    screen.click("Replay");
    assert!(cursor(&screen).is_some_and(|step| step < 5));
    screen.wait("the live end", |app| app.state.past().is_none());
    assert_eq!(screen.state(), RunState::Done, "there is nothing to train");
}

#[test]
fn the_cursor_stays_at_its_step_when_a_setting_is_changed() {
    let mut screen = trained(small());
    screen.press(Key::Num1);
    let step = cursor(&screen).unwrap();
    screen.slider("α output scale").set_value_accesskit(0.6);
    screen.steps(5);
    screen.wait("the new run", |app| {
        app.state
            .session
            .run()
            .is_some_and(|run| run.step() > 2 * step)
    });
    screen.steps(2);
    assert_eq!(cursor(&screen), Some(step));
    screen.press(Key::R);
    assert_eq!(cursor(&screen), None, "a reset is watched from step 0");
}

#[test]
fn a_step_or_a_reset_leaves_the_past_and_training_as_it_was() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..100);
    screen.steps(2);
    screen.press(Key::Home);
    assert_eq!(screen.state(), RunState::Paused);
    screen.press(Key::R);
    assert_eq!(cursor(&screen), None);
    assert_eq!(screen.state(), RunState::Running);
}

#[test]
fn the_scrubber_takes_its_place_from_the_first_frame_on() {
    let mut screen = Screen::scripted();
    let place = |screen: &Screen| {
        let node = screen
            .harness
            .get_by_label_contains("Loss over training steps");
        node.rect()
    };
    let before = place(&screen);
    screen.script.rows(screen.run_id(), 0..2_000);
    screen.steps(4);
    assert_eq!(place(&screen), before);
    screen.press(Key::Home);
    screen.steps(4);
    assert_eq!(place(&screen), before);
}
