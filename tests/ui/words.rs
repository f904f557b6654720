//! Every control says what it is for, and the words of the window have a meaning.

use super::support::Screen;
use egui::{Key, Role, accessibility::is_input};
use egui_kittest::kittest::{NodeT, Queryable};
use grokscope::{
    app::{Action, state::Tab},
    figures,
    sim::config::FIELDS,
    views::{
        controls::accessible_name,
        glossary,
        lecture::LectureAction,
        panels::{PANELS, Panel},
        tour::TourAction,
    },
};
use std::collections::BTreeSet;

/// Controls that can be used now and say nothing on hover. `egui` takes a hover text
/// as the description of what it belongs to.
fn untold(screen: &Screen) -> BTreeSet<String> {
    let nodes = screen.harness.root().children_recursive();
    let nodes = nodes.map(|node| node.accesskit_node());
    nodes
        .filter(|node| is_input(node.role()) && !node.is_hidden() && !node.is_disabled())
        .filter(|node| node.data().description().is_none_or(str::is_empty))
        .map(|node| format!("{:?} {}", node.role(), node.label().unwrap_or_default()))
        // Drawn by egui: of every window, and the edge that widens a panel.
        .filter(|name| name != "Button Close window" && !name.starts_with("Splitter"))
        .collect()
}

fn rows(screen: &mut Screen) {
    let run = screen.run_id();
    screen.script.rows(run, 0..40);
    screen.steps(3);
}

#[test]
fn every_control_of_every_tab_says_what_it_is_for() {
    let mut screen = Screen::scripted();
    rows(&mut screen);
    let mut wrong = BTreeSet::new();
    let mut look = |screen: &Screen, place: &str| {
        wrong.extend(
            untold(screen)
                .into_iter()
                .map(|name| format!("{place}: {name}")),
        );
    };
    screen.app().ask(Action::Pin);
    screen.steps(2);
    for &Panel { tab, name, .. } in &PANELS {
        screen.app().ask(Action::SelectTab(tab));
        screen.steps(3);
        look(&screen, name);
    }
    let figure = figures::all()[0].id.clone();
    screen.app().ask(Action::OpenFigure(figure));
    screen.steps(3);
    rows(&mut screen);
    screen.app().ask(Action::SelectTab(Tab::Figure));
    screen.steps(3);
    look(&screen, "a figure");
    screen.app().ask(Action::ToggleHelp);
    screen.steps(3);
    look(&screen, "help");
    screen.app().ask(Action::LookUp("kernel"));
    screen.steps(3);
    look(&screen, "glossary");
    screen.app().ask(Action::ToggleHelp);
    screen.app().ask(Action::ShowOpen(true));
    screen.steps(3);
    look(&screen, "open");
    screen.app().ask(Action::ShowOpen(false));
    screen.app().ask(Action::ToggleWhy);
    screen.steps(3);
    look(&screen, "why");
    screen.app().ask(Action::ToggleWhy);
    screen.app().ask(Action::Tour(TourAction::Begin));
    screen.steps(3);
    look(&screen, "tour");
    screen.app().ask(Action::Tour(TourAction::Leave));
    screen.app().ask(Action::ToggleGuess);
    screen.steps(3);
    look(&screen, "guess");
    screen.app().ask(Action::Lecture(LectureAction::Toggle));
    screen.steps(3);
    for action in [
        LectureAction::Sliders,
        LectureAction::Presenter,
        LectureAction::Editor,
    ] {
        screen.app().ask(Action::Lecture(action));
    }
    screen.steps(3);
    look(&screen, "lecture");
    assert!(wrong.is_empty(), "without a hover text: {wrong:#?}");
}

#[test]
fn every_item_of_every_menu_says_what_it_is_for() {
    let mut wrong = BTreeSet::new();
    for (tab, role, menu, item) in [
        (Tab::Error, Role::Button, "Presets", "Rich: a short delay"),
        (Tab::Error, Role::Button, "File", "Run as CSV…"),
        (Tab::Error, Role::Button, "Pace", "full speed"),
        (
            Tab::Error,
            Role::Button,
            "What the lower plot shows",
            "As at first",
        ),
        (Tab::Phase, Role::Button, "Diagrams ▾", ""),
        (Tab::Phase, Role::Button, "Save ▾", "Copy sweep.toml"),
        (Tab::Phase, Role::ComboBox, "Seeds in each cell", ""),
        (Tab::Phase, Role::ComboBox, "What the colours show", ""),
        (Tab::Phase, Role::ComboBox, "Setting on axis x", ""),
        (Tab::Runs, Role::ComboBox, "Setting to sweep", ""),
        (Tab::Laws, Role::Button, "Examples ▾", "Where laziness ends"),
    ] {
        let mut screen = Screen::scripted();
        rows(&mut screen);
        screen.app().ask(Action::SelectTab(tab));
        screen.steps(3);
        let before = screen.harness.root().children_recursive().count();
        screen.harness.get_by_role_and_label(role, menu).click();
        screen.steps(3);
        let after = screen.harness.root().children_recursive().count();
        assert!(after > before, "{menu} does not open");
        if !item.is_empty() {
            screen.sees(item);
        }
        wrong.extend(
            untold(&screen)
                .into_iter()
                .map(|name| format!("{menu}: {name}")),
        );
    }
    assert!(wrong.is_empty(), "without a hover text: {wrong:#?}");
}

#[test]
fn the_explanation_of_a_setting_comes_up_on_hover_and_is_in_its_description() {
    let mut screen = Screen::scripted();
    let epsilon = FIELDS.iter().find(|f| f.key == "network.epsilon").unwrap();
    let slider = screen.slider("ε kernel alignment");
    assert_eq!(accessible_name(epsilon), "ε kernel alignment");
    assert_eq!(
        slider.accesskit_node().data().description(),
        Some(epsilon.why)
    );
    let at = slider.rect().center();
    assert_eq!(screen.harness.query_all_by_label(epsilon.why).count(), 0);
    screen.harness.hover_at(at);
    screen.steps(15);
    screen.sees(epsilon.why);
}

#[test]
fn after_a_drag_the_explanation_stays_away_until_the_pointer_comes_back() {
    let mut screen = Screen::scripted();
    let field = FIELDS.iter().find(|f| f.key == "network.alpha").unwrap();
    let at = screen.slider("α output scale").rect().center();
    let to = at + egui::vec2(20.0, 0.0);
    screen.harness.hover_at(at);
    screen.steps(2);
    screen.harness.drag_at(at);
    screen.steps(2);
    screen.harness.hover_at(to);
    screen.steps(2);
    screen.harness.drop_at(to);
    screen.steps(15);
    let explained = |screen: &Screen| screen.harness.query_all_by_label(field.why).count();
    assert_eq!(explained(&screen), 0);
    screen.harness.hover_at(to + egui::vec2(400.0, 0.0));
    screen.steps(2);
    screen.harness.hover_at(to);
    screen.steps(15);
    assert_eq!(explained(&screen), 1);
}

#[test]
fn a_word_of_the_status_line_shows_its_meaning_and_leads_to_the_glossary() {
    let mut screen = Screen::scripted();
    rows(&mut screen);
    let now = screen.harness.input().time.unwrap_or_default();
    let (sentence, _) = screen.harness.state().state.sentence(now);
    let (place, term) = glossary::mentions(&sentence)
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("no word in {sentence:?}"));
    assert_eq!(place.start, 0, "{sentence:?}");
    let rect = screen.harness.get_by_label(&sentence).rect();
    let at = rect.left_center() + egui::vec2(6.0, 0.0);
    screen.harness.hover_at(at);
    screen.steps(15);
    screen.sees(term.meaning);
    screen.harness.drag_at(at);
    screen.harness.drop_at(at);
    screen.steps(4);
    assert!(screen.app().state.help_open);
    screen.harness.remove_cursor();
    screen.steps(4);
    let listed = |screen: &Screen, text: &str| screen.harness.query_all_by_label(text).count();
    for other in glossary::TERMS.iter() {
        let found = glossary::find(term.name).any(|t| t == other);
        assert_eq!(listed(&screen, other.meaning) > 0, found, "{}", other.name);
    }
    screen.press(Key::Escape);
    assert!(!screen.app().state.help_open);
}
