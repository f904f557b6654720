//! Runs kept for comparison, sweeps, undo: through the real window, without a
//! screen.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{
        Action, GrokscopeApp,
        compare::{MAX_PINS, PinColour, PinEdit},
        export::{Export, Exporter},
        session::RunState,
        state::Tab,
        sweeping::SweepForm,
    },
    history::seeds::Seeds,
    presets,
    sim::{
        Simulation,
        config::{Config, Value},
        metrics::Metric,
    },
    startup::Startup,
    training::Pace,
    views::curves::PlotKind,
};
use support::Screen;

fn small() -> Config {
    let mut config = presets::opening();
    (config.task.dim, config.task.samples) = (12, 40);
    config.training.steps = 3_000;
    config
}

fn names(app: &GrokscopeApp) -> Vec<String> {
    app.state.pins.iter().map(|pin| pin.name.clone()).collect()
}

fn drag(screen: &mut Screen, name: &str, by: f32) {
    let rail = screen.slider(name).rect();
    let from = rail.left_center() + egui::vec2(0.5 * rail.width(), 0.0);
    screen.harness.hover_at(from);
    screen.harness.drag_at(from);
    screen.steps(1);
    for i in 1..=10 {
        let to = from + egui::vec2(by * i as f32 / 10.0, 0.0);
        screen.harness.hover_at(to);
        screen.steps(1);
    }
    screen.harness.drop_at(from + egui::vec2(by, 0.0));
    screen.steps(3);
}

fn undo(screen: &mut Screen) {
    screen.press_with(Modifiers::COMMAND, Key::Z);
    screen.steps(2);
}

fn redo(screen: &mut Screen) {
    screen.press_with(Modifiers::COMMAND, Key::Y);
    screen.steps(2);
}

#[test]
fn a_drag_is_one_change_and_undo_restores_exactly_what_was() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..50);
    screen.steps(2);
    let before = screen.config().clone();
    let preset = screen.app().state.preset.clone();
    drag(&mut screen, "α output scale", 40.0);
    let dragged = screen.config().clone();
    assert_ne!(before, dragged);
    assert_eq!(screen.app().state.undo.len(), 1);
    let name = screen.app().state.undo.undoable().unwrap().to_owned();
    assert_eq!(name, format!("α 0.3 → {}", dragged.network.alpha));
    drag(&mut screen, "ε kernel alignment", -30.0);
    assert_ne!(screen.config().network.epsilon, 0.1);
    assert_eq!(screen.app().state.undo.len(), 2);
    let both = screen.config().clone();

    undo(&mut screen);
    assert_eq!(*screen.config(), dragged);
    screen.click("Undo");
    assert_eq!(*screen.config(), before);
    assert_eq!(screen.app().state.preset, preset, "the preset is back too");
    let (_, trained, _) = screen.script.starts().pop().unwrap();
    assert_eq!(*trained, before, "and is trained");
    screen.sees("Undone: ");
    redo(&mut screen);
    screen.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(*screen.config(), both);
    redo(&mut screen);
    screen.sees("nothing to redo");
}

#[test]
fn a_drag_back_to_where_it_began_is_no_change() {
    let mut screen = Screen::scripted();
    let edit = |x: f64| Action::Edit {
        key: "network.alpha",
        value: Value::Real(x),
        dragging: true,
    };
    for x in [0.5, 0.9, 0.3] {
        screen.app().ask(edit(x));
        screen.steps(1);
    }
    screen.app().ask(Action::EndDrag);
    screen.steps(1);
    assert!(screen.app().state.undo.is_empty());
}

#[test]
fn typed_values_resets_seeds_presets_and_switches_can_be_undone() {
    let mut screen = Screen::scripted();
    let start = screen.config().clone();
    let mut states = vec![start.clone()];
    screen.type_into("α output scale", "7");
    states.push(screen.config().clone());
    screen.press_with(Modifiers::SHIFT, Key::R);
    states.push(screen.config().clone());
    let other = presets::all()[3].name.clone();
    screen.app().ask(Action::LoadPreset(other.clone()));
    screen.steps(2);
    assert_eq!(screen.app().state.preset, Some(other.clone()));
    states.push(screen.config().clone());
    let centered = screen.config().network.centered;
    screen.app().ask(Action::Edit {
        key: "network.centered",
        value: Value::Bool(!centered),
        dragging: false,
    });
    screen.steps(2);
    states.push(screen.config().clone());
    screen.app().ask(Action::ResetField("network.centered"));
    screen.steps(2);
    for expected in states.iter().rev() {
        undo(&mut screen);
        assert_eq!(screen.config(), expected);
    }
    assert!(screen.app().state.undo.is_empty());
    undo(&mut screen);
    screen.sees("nothing to undo");
    for _ in 0..3 {
        redo(&mut screen);
    }
    assert_eq!(screen.app().state.preset, Some(other));
    assert_eq!(*screen.config(), states[3]);
    // A new change drops what could be made again.
    screen.type_into("α output scale", "3");
    assert_eq!(screen.app().state.undo.redoable(), None);
}

#[test]
fn a_double_click_that_resets_a_slider_is_one_change() {
    let mut screen = Screen::scripted();
    screen.type_into("ε kernel alignment", "0.7");
    let place = screen.slider("ε kernel alignment").rect().left_center() + egui::vec2(60.0, 0.0);
    for _ in 0..2 {
        screen.harness.drag_at(place);
        screen.steps(1);
        screen.harness.drop_at(place);
        screen.steps(1);
    }
    screen.steps(2);
    assert_eq!(screen.config().network.epsilon, 0.1);
    undo(&mut screen);
    assert_eq!(screen.config().network.epsilon, 0.7);
}

#[test]
fn more_than_a_hundred_changes_can_be_taken_back() {
    let mut screen = Screen::scripted();
    for k in 0..150 {
        screen.app().ask(Action::Edit {
            key: "network.alpha",
            value: Value::Real(1.0 + f64::from(k)),
            dragging: false,
        });
    }
    screen.steps(2);
    for _ in 0..149 {
        screen.app().ask(Action::Undo);
    }
    screen.steps(2);
    assert_eq!(screen.config().network.alpha, 1.0);
}

#[test]
fn twenty_runs_are_kept_and_the_next_one_says_why_not() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..50);
    screen.app().ask(Action::SelectTab(Tab::Runs));
    screen.steps(3);
    for _ in 0..MAX_PINS {
        screen.click("Pin this run");
    }
    let kept = names(screen.harness.state());
    assert_eq!(kept.len(), 20);
    let mut different = kept.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 20, "each has a name of its own: {kept:?}");
    screen.app().ask(Action::Pin);
    screen.steps(2);
    assert_eq!(screen.app().state.pins.len(), 20);
    screen.sees("20 runs are pinned already");
    screen.harness.check_accessibility();
    screen.click("Unpin all");
    assert!(screen.app().state.pins.is_empty());
    undo(&mut screen);
    assert_eq!(
        names(screen.harness.state()),
        kept,
        "all are back, in order"
    );
}

#[test]
fn a_kept_run_can_be_renamed_recoloured_hidden_loaded_and_removed() {
    let mut screen = Screen::scripted();
    screen.app().ask(Action::SelectTab(Tab::Runs));
    screen.type_into("α output scale", "5");
    screen.steps(5);
    screen.script.rows(screen.run_id(), 0..50);
    screen.steps(2);
    screen.click("Pin this run");
    assert_eq!(names(screen.harness.state()), ["α = 5"]);
    screen.type_into("α output scale", "8");
    screen.steps(5);
    screen.type_into("Name of α = 5", "lazy");
    assert_eq!(names(screen.harness.state()), ["lazy"]);
    let id = screen.app().state.pins[0].id;
    screen
        .harness
        .get_by_role_and_label(Role::CheckBox, "Show lazy")
        .click();
    screen.steps(3);
    assert!(!screen.app().state.pins[0].shown);
    screen.click("Colour of lazy");
    screen.click("Colour 4");
    assert_eq!(screen.app().state.pins[0].colour, PinColour::Palette(3));
    screen.click("More about lazy");
    screen.click("Train with these settings");
    assert_eq!(screen.config().network.alpha, 5.0);
    undo(&mut screen);
    assert_eq!(screen.config().network.alpha, 8.0, "loading can be undone");
    screen.app().ask(Action::EditPin(id, PinEdit::Remove));
    screen.steps(2);
    assert!(screen.app().state.pins.is_empty());
    undo(&mut screen);
    assert_eq!(names(screen.harness.state()), ["lazy"]);
}

#[test]
fn the_difference_table_shows_the_settings_that_differ_and_no_other() {
    let mut screen = Screen::scripted();
    screen.app().ask(Action::SelectTab(Tab::Runs));
    screen.script.rows(screen.run_id(), 0..50);
    screen.steps(2);
    screen.click("Pin this run");
    screen.sees("Nothing: all runs have the same settings.");
    screen.type_into("α output scale", "8");
    screen.type_into("P train samples", "111");
    screen.steps(5);
    screen.script.rows(screen.run_id(), 0..50);
    screen.steps(2);
    screen.click("Pin this run");
    assert_eq!(names(screen.harness.state())[1], "P = 111, α = 8");
    for cell in ["α", "P", "111", "8", "0.3", "200"] {
        let found = screen
            .harness
            .query_all_by_role_and_label(Role::Label, cell);
        assert!(found.count() > 0, "{cell} is in the table");
    }
    let heads = screen.harness.query_all_by_role_and_label(Role::Label, "ε");
    assert_eq!(heads.count(), 0, "ε is the same everywhere");
}

/// Sweeps α over five values and waits for the end.
fn swept(screen: &mut Screen) -> SweepForm {
    let mut form = SweepForm::of("network.alpha");
    (form.from, form.to, form.count) = ("1/4".into(), "2^2".into(), 5);
    screen.app().ask(Action::EditSweep(form.clone()));
    screen.app().ask(Action::SelectTab(Tab::Runs));
    screen.steps(3);
    screen.click("Sweep");
    screen.wait("the end of the sweep", |app| {
        app.state.sweep.is_none() && !app.state.pins.is_empty()
    });
    screen.steps(2);
    form
}

#[test]
fn a_sweep_keeps_the_curves_of_headless_runs_of_the_flow_to_the_bit() {
    let mut screen = Screen::real(small());
    let form = swept(&mut screen);
    let configs = form.configs(&small()).unwrap();
    assert_eq!(
        names(screen.harness.state()),
        ["α = 0.25", "α = 0.5", "α = 1", "α = 2", "α = 4"]
    );
    for (pin, config) in screen.harness.state().state.pins.iter().zip(&configs) {
        let mut simulation = Simulation::new(config, None).unwrap();
        let mut rows = vec![simulation.record(false)];
        while !simulation.is_finished() {
            if simulation.advance(u64::MAX) {
                rows.push(simulation.record(false));
            }
        }
        assert_eq!(pin.run.rows(), rows, "{}", pin.name);
        assert_eq!(pin.run.crossings(), simulation.crossings());
        assert_eq!(pin.config, **config);
    }
    screen.harness.check_accessibility();
}

#[test]
fn a_sweep_is_one_change_that_can_be_undone_and_redone() {
    let mut screen = Screen::real(small());
    screen.wait("rows", |app| {
        app.state
            .session
            .run()
            .is_some_and(|run| run.rows().len() > 2)
    });
    screen.app().ask(Action::Pin);
    screen.steps(2);
    swept(&mut screen);
    let all = names(screen.harness.state());
    assert_eq!(all.len(), 6);
    undo(&mut screen);
    assert_eq!(names(screen.harness.state()), all[..1]);
    redo(&mut screen);
    assert_eq!(names(screen.harness.state()), all);
}

#[test]
fn a_sweep_that_would_be_too_many_runs_says_so_and_one_given_up_keeps_what_is_done() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..50);
    screen.steps(2);
    for _ in 0..15 {
        screen.app().ask(Action::Pin);
    }
    screen
        .app()
        .ask(Action::Sweep(SweepForm::of("network.alpha")));
    screen.steps(2);
    assert!(screen.app().state.sweep.is_none());
    screen.sees("15 of at most 20 runs are pinned already");
    screen.app().ask(Action::UnpinAll);
    screen
        .app()
        .ask(Action::Sweep(SweepForm::of("network.epsilon")));
    screen.steps(2);
    assert!(screen.app().state.sweep.is_some());
    screen.click("Give up the sweep");
    assert!(screen.app().state.sweep.is_none());
}

#[test]
fn other_seeds_are_a_median_with_a_band_and_say_by_when_how_many_generalise() {
    let mut screen = Screen::real(small());
    screen.app().ask(Action::SelectTab(Tab::Runs));
    screen.wait("a run", |app| {
        app.state
            .session
            .run()
            .is_some_and(|run| !run.rows().is_empty())
    });
    screen.steps(3);
    screen.click("Train 8 other seeds");
    screen.wait("eight seeds", |app| {
        app.state.sweep.is_none() && app.state.pins.len() == 8
    });
    let pins = &screen.app().state.pins;
    let seeds = Seeds::among(pins.iter().map(|pin| &*pin.run)).expect("seeds");
    assert_eq!(seeds.count(), 8);
    let (band, found) = (seeds.losses(), seeds.generalised());
    for ((low, median), high) in band.low.iter().zip(&band.median).zip(&band.high) {
        assert!(low.test <= median.test && median.test <= high.test);
        assert!(low.train <= median.train && median.train <= high.train);
    }
    // The median at step 0 is that of the first rows.
    let mut first: Vec<f64> = (pins.iter())
        .filter_map(|pin| pin.run.rows()[0].get(Metric::TrainLoss))
        .collect();
    first.sort_by(f64::total_cmp);
    assert_eq!(band.median[0].train, 0.5 * (first[3] + first[4]));
    let sentence = format!("{} of 8 seeds generalise.", found.happened);
    screen.sees("8 seeds as median and band");
    screen.sees(&sentence);
    let banded = "8 seeds as median and band";
    let checkbox = screen.harness.get_by_role_and_label(Role::CheckBox, banded);
    checkbox.click();
    screen.steps(2);
    assert!(!screen.app().state.curves.shown.seeds);
}

#[test]
fn a_setting_can_be_swept_by_a_right_click_on_its_slider() {
    let mut screen = Screen::real(small());
    screen.slider("α output scale").click_secondary();
    screen.steps(3);
    screen.click("Sweep α: 2⁻⁵ … 2⁵, 9 curves");
    screen.wait("nine curves", |app| {
        app.state.sweep.is_none() && app.state.pins.len() == 9
    });
    assert_eq!(names(screen.harness.state())[0], "α = 0.03125");
    assert_eq!(names(screen.harness.state())[8], "α = 32");
}

#[test]
fn an_exported_picture_has_room_for_the_names_of_the_kept_runs() {
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::new(Some(folder.path().to_path_buf()));
    let startup = Startup {
        config: Some(small()),
        ..Startup::default()
    };
    let mut screen = Screen::open(startup, exporter);
    screen.script.rows(screen.run_id(), 0..200);
    screen.steps(3);
    let size = |screen: &mut Screen, kind| {
        screen.app().ask(Action::Export(Export::Plot(kind)));
        let path = screen.exported();
        let picture = image::open(&path).unwrap();
        (picture.width(), picture.height())
    };
    let kinds = [PlotKind::Loss, PlotKind::Lower];
    let bare = kinds.map(|kind| size(&mut screen, kind));
    for _ in 0..MAX_PINS {
        screen.app().ask(Action::Pin);
    }
    screen.steps(2);
    for (kind, bare) in kinds.into_iter().zip(bare) {
        let named = size(&mut screen, kind);
        assert!(named.1 > bare.1 + 60, "{kind:?}: {bare:?}, {named:?}");
        assert!(named.0.abs_diff(bare.0) < 60);
    }
}

#[test]
fn the_plots_keep_their_place_whatever_tab_is_open() {
    let mut screen = Screen::real(small());
    screen.app().ask(Action::SetPace(Pace::Fast));
    screen.wait("the end", |app| app.state.session.state() == RunState::Done);
    swept(&mut screen);
    let mut widths = Vec::new();
    for tab in [Tab::Error, Tab::Runs, Tab::Facts, Tab::Runs] {
        screen.app().ask(Action::SelectTab(tab));
        screen.steps(5);
        widths.push(screen.app().state.plots_size.x);
    }
    assert!(
        widths.iter().all(|w| (w - widths[0]).abs() < 0.5),
        "{widths:?}"
    );
}

#[test]
fn a_run_pinned_before_its_end_grows_while_it_trains_and_ends_where_it_was_left() {
    let mut screen = Screen::scripted();
    let run = screen.run_id();
    screen.script.rows(run, 0..50);
    screen.steps(2);
    screen.app().ask(Action::Pin);
    screen.steps(2);
    screen.script.rows(run, 50..400);
    screen.steps(2);
    let kept = |screen: &Screen| screen.harness.state().state.pins[0].run.rows().len();
    assert_eq!(kept(&screen), 400);
    screen.script.rows(run, 400..403);
    screen.steps(1);
    screen.type_into("α output scale", "3");
    assert_ne!(screen.run_id(), run, "another run has begun");
    assert_eq!(kept(&screen), 403, "with all that it had");
    screen.script.rows(screen.run_id(), 0..900);
    screen.steps(2);
    assert_eq!(kept(&screen), 403, "of its own run alone");
}

#[test]
fn undoing_names_the_value_that_comes_back_and_presets_what_they_change() {
    let mut screen = Screen::scripted();
    screen.type_into("D input dimension", "60");
    undo(&mut screen);
    screen.sees("Undone: D back to 50.");
    redo(&mut screen);
    screen.sees("Done again: D 50 → 60.");
    let before = screen.config().clone();
    let other = (presets::all().iter())
        .find(|p| p.config.training.learning_rate != before.training.learning_rate)
        .expect("one with another learning rate");
    screen.app().ask(Action::LoadPreset(other.name.clone()));
    screen.steps(2);
    screen.sees("η₀ 1 → ");
}
