//! The paper's figures in the real window, without a screen.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::Key;
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{Action, state::Tab},
    figures,
    sim::metrics::Metric,
    startup::Startup,
};
use support::Screen;

fn open(id: &str) -> Screen {
    Screen::started(Startup {
        config: Some(figures::find(id).unwrap().live().config.clone()),
        figure: Some(id.into()),
        ..Startup::default()
    })
}

#[test]
fn the_menu_opens_a_figure_live_with_what_to_look_at() {
    let mut screen = Screen::scripted();
    screen.click("Figures");
    screen.click("Figure 4: Where the test error comes from");
    screen.steps(3);
    let figure = figures::find("4").unwrap();
    assert_eq!(*screen.config(), figure.live().config);
    let (_, started, _) = screen.script.starts().pop().unwrap();
    assert_eq!(*started, figure.live().config);
    assert_eq!(screen.app().state.tab, Tab::Error);
    screen.sees("Right: while the network memorises");
    screen.sees("Panel test loss and its terms");
    screen.click("Caption of the figure");
    for part in [&figure.caption, &figure.paper, &figure.outcome()] {
        screen.sees(&part[..40]);
    }
    screen.harness.check_accessibility();
}

#[test]
fn a_figure_shows_all_that_it_consists_of_and_gives_back_what_was_hidden() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..2_000);
    screen.steps(2);
    screen.app().state.curves.shown.train = false;
    screen
        .app()
        .state
        .curves
        .shown
        .lower
        .toggle(Metric::NtkDrift);
    let before = screen.app().state.curves.shown.clone();
    screen.press(Key::Home);
    assert_eq!(screen.app().state.past(), Some(0));
    screen.app().ask(Action::OpenFigure("1".into()));
    screen.steps(3);
    let state = &screen.app().state;
    assert_eq!(state.time.step(), None, "the new run is watched live");
    assert_eq!(
        state.session.ghosts().count(),
        0,
        "nothing lies under the figure"
    );
    let shown = &state.curves.shown;
    assert!(shown.train && shown.lazy_model);
    let lower: Vec<Metric> = shown.lower.shown().collect();
    assert!(lower.starts_with(&[Metric::WeightNormSq, Metric::FeatureAlignment]));
    // The live curve is named beside its legend.
    screen.click("Run of the figure");
    screen.steps(2);
    screen.sees("ε = 0.02:");
    screen.app().ask(Action::CloseFigure);
    screen.steps(2);
    assert_eq!(screen.app().state.curves.shown, before);
}

#[test]
fn every_curve_is_computed_and_all_but_the_live_one_are_kept() {
    let mut screen = open("9");
    screen.wait("three curves", |app| {
        let open = app.state.figure.as_ref().unwrap();
        open.curves().all(|(_, summary)| summary.is_some())
    });
    let app = screen.app();
    let open = app.state.figure.as_ref().unwrap();
    let classes: Vec<String> = open
        .curves()
        .map(|(_, summary)| summary.unwrap().outcome.clone())
        .collect();
    assert_eq!(classes, ["never_generalises", "never_generalises", "groks"]);
    assert!(!open.is_computing() && open.failures().is_empty());
    assert_eq!(app.state.pins.len(), 2);
    screen.app().ask(Action::SelectTab(Tab::Figure));
    screen.steps(3);
    for label in ["P = 50", "P = 120", "P = 500"] {
        screen.sees(label);
    }
}

#[test]
fn escape_a_preset_and_the_cross_put_the_figure_away_with_its_curves() {
    for way in ["escape", "preset", "cross"] {
        let mut screen = open("9");
        screen.wait("a curve that is kept", |app| !app.state.pins.is_empty());
        match way {
            "escape" => screen.press(Key::Escape),
            "preset" => screen.app().ask(Action::LoadPreset("lazy".into())),
            _ => screen.click("Close figure"),
        }
        screen.steps(4);
        let state = &screen.app().state;
        assert!(state.figure.is_none() && state.pins.is_empty(), "{way}");
        assert_ne!(state.tab, Tab::Figure);
        let found = screen
            .harness
            .query_all_by_label_contains("Figure 9")
            .count();
        assert_eq!(found, 0, "{way}");
    }
}

#[test]
fn another_figure_takes_the_place_of_the_one_before() {
    let mut screen = open("9");
    screen.wait("a curve that is kept", |app| !app.state.pins.is_empty());
    screen.app().ask(Action::OpenFigure("4".into()));
    screen.steps(4);
    screen.wait("its curve", |app| {
        let open = app.state.figure.as_ref().unwrap();
        open.figure().id == "4" && open.curves().all(|(_, summary)| summary.is_some())
    });
    assert!(screen.app().state.pins.is_empty(), "it has one curve only");
    screen.app().ask(Action::OpenFigure("33".into()));
    screen.steps(3);
    screen.sees("there is no figure 33");
    assert!(screen.app().state.figure.is_some(), "nothing else changes");
}

#[test]
fn the_panels_of_the_paper_have_the_centre_and_one_can_be_enlarged() {
    let mut screen = open("9");
    screen.steps(3);
    for letter in ["(a)", "(b)", "(c)", "(d)", "(e)", "(f)"] {
        screen.sees(&format!("Panel {letter} P = "));
    }
    screen.click("Panel (e) P = 120, terms");
    screen.steps(3);
    let found = |screen: &Screen| {
        let panels = screen.harness.query_all_by_label_contains("Panel (");
        panels.count()
    };
    assert_eq!(found(&screen), 1);
    screen.click("Panel (e) P = 120, terms");
    screen.steps(3);
    assert_eq!(found(&screen), 6);
    screen.click("Run of the figure");
    screen.steps(3);
    assert_eq!(found(&screen), 0);
    screen.click("Panels of the figure");
    screen.steps(3);
    assert_eq!(found(&screen), 6);
    screen.wait("the curves", |app| {
        let open = app.state.figure.as_ref().unwrap();
        let plots = open.plots(&app.state.session);
        plots
            .iter()
            .flat_map(|p| &p.series)
            .all(|s| s.points.len() > 50)
    });
}

#[test]
fn figure_3e_is_a_phase_diagram_with_the_papers_axes() {
    let mut screen = open("3e");
    screen.wait("cells", |app| {
        let diagram = app.state.phase.diagram();
        diagram.is_some_and(|d| d.done() > 0 || d.counts().iter().any(|n| *n > 0))
    });
    let state = &screen.app().state;
    assert!(state.phase.is_large());
    let layout = state.phase.diagram().unwrap().layout();
    assert_eq!(
        (layout.x.key.as_str(), layout.y.key.as_str()),
        ("network.epsilon", "network.alpha")
    );
    screen.click("Close figure");
    screen.steps(3);
    assert!(!screen.app().state.phase.is_large());
}
