//! The phase diagram as the window shows it, without a screen.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::{Key, PointerButton, Pos2, Role};
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{
        Action,
        diagram::{DiagramAction, DiagramFile, PhaseDiagram, Subject},
        export::Exporter,
    },
    sim::config::{Config, EngineKind, Value},
    sweep::{Spec, diagram::Measure, plan::PlanAxis},
    views::diagram::{FillProgress, figure},
};
use support::{Screen, settings};

/// A window with a scripted worker and the real pool.
fn window(config: Config, exporter: std::sync::Arc<Exporter>) -> Screen {
    Screen::with(settings(config), 0.05, exporter, |app, ctx| {
        let ctx = ctx.clone();
        app.with_diagram(PhaseDiagram::new(move || ctx.request_repaint()))
    })
}

fn small() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.training.steps) = (10, 30, 20_000);
    c
}

fn open() -> Screen {
    let mut screen = window(small(), Exporter::new(None));
    screen.click("Phase");
    filled(&mut screen);
    screen
}

fn filled(screen: &mut Screen) {
    screen.steps(8);
    screen.wait("a filled diagram", |app| {
        matches!(app.state.phase.progress(), FillProgress::Complete(..))
    });
    screen.steps(2);
}

fn act(screen: &mut Screen, action: DiagramAction) {
    screen.app().ask(Action::Diagram(action));
    screen.steps(3);
}

/// The middle of a place of the diagram on screen, as far as its axes leave room.
fn middle(screen: &Screen) -> Pos2 {
    let node = (screen.harness).get_by_role_and_label(Role::Image, figure::NAME);
    node.rect().center()
}

#[test]
fn the_tab_fills_a_diagram_of_the_settings_as_they_stand() {
    let mut screen = open();
    screen.sees("groks");
    screen.sees("Gradient flow, the limit of small η₀");
    screen.sees("196 cells in");
    let app = screen.app();
    let spec = app.state.phase.spec().expect("a spec").clone();
    assert_eq!(spec.grid().len(), 196);
    let config = spec.config(0).expect("valid");
    assert_eq!((config.task.dim, config.task.samples), (10, 30));
    assert_eq!(config.training.engine, EngineKind::Flow);
}

#[test]
fn nothing_is_computed_before_the_diagram_is_looked_at() {
    let mut screen = window(small(), Exporter::new(None));
    screen.steps(10);
    assert_eq!(*screen.app().state.phase.progress(), FillProgress::Idle);
}

#[test]
fn a_click_loads_exactly_the_cells_settings_and_the_diagram_stays() {
    let mut screen = open();
    let before = screen.config().clone();
    let hash = screen.app().state.phase.spec().expect("a spec").hash();
    act(&mut screen, DiagramAction::Load([3, 9]));
    let spec = screen.app().state.phase.spec().expect("a spec").clone();
    let cell = spec.config(3 * 14 + 9).expect("valid");
    let mut expected = cell.into_inner();
    // Trained by the engine of the window; the curves are recorded as ever.
    expected.training.engine = before.training.engine;
    expected.record = before.record.clone();
    assert_eq!(*screen.config(), expected);
    let (_, started, _) = screen.script.starts().pop().expect("a run");
    assert_eq!(*started, expected);
    filled(&mut screen);
    assert_eq!(
        screen.app().state.phase.spec().expect("a spec").hash(),
        hash
    );
    screen.sees("Loaded the cell α =");
    // The crosshair sits in the middle of the loaded cell.
    let config = screen.config().clone();
    let view = screen.app().state.phase.view(&config);
    assert_eq!(view.crosshair, Some([3.5, 9.5]));
}

#[test]
fn a_real_click_on_the_picture_loads_a_cell() {
    let mut screen = open();
    let runs = screen.script.starts().len();
    let at = middle(&screen);
    for pressed in [true, false] {
        screen.harness.event(egui::Event::PointerMoved(at));
        screen.harness.event(egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::default(),
        });
        screen.steps(1);
    }
    screen.steps(3);
    assert_eq!(screen.script.starts().len(), runs + 1);
    screen.sees("Loaded the cell");
}

#[test]
fn the_pointer_shows_the_cells_numbers() {
    let mut screen = open();
    let at = middle(&screen);
    screen.harness.event(egui::Event::PointerMoved(at));
    screen.steps(12);
    screen.sees("Click to load it as a run.");
    screen.sees("ε = ");
}

#[test]
fn another_setting_makes_another_diagram_and_the_axes_own_do_not() {
    let mut screen = open();
    let hash = |s: &mut Screen| s.app().state.phase.spec().expect("a spec").hash();
    let first = hash(&mut screen);
    screen.app().ask(Action::Edit {
        key: "network.alpha",
        value: Value::Real(2.0),
        dragging: false,
    });
    filled(&mut screen);
    assert_eq!(hash(&mut screen), first);
    screen.app().ask(Action::Edit {
        key: "task.samples",
        value: Value::Integer(40),
        dragging: true,
    });
    screen.steps(10);
    filled(&mut screen);
    assert_ne!(hash(&mut screen), first);
    let spec = screen.app().state.phase.spec().expect("a spec").clone();
    assert_eq!(spec.config(0).expect("valid").task.samples, 40);
}

#[test]
fn any_two_settings_and_several_seeds() {
    let mut screen = open();
    act(
        &mut screen,
        DiagramAction::AxisX(PlanAxis::of("network.centered").expect("an axis")),
    );
    act(&mut screen, DiagramAction::Seeds(3));
    act(&mut screen, DiagramAction::Measure(Measure::Spread));
    filled(&mut screen);
    let diagram = screen
        .app()
        .state
        .phase
        .diagram()
        .expect("a diagram")
        .clone();
    assert_eq!((diagram.layout().size(), diagram.len()), ([2, 14], 84));
    screen.sees("3 seeds in each cell");
    // The setting of one axis on the other: they change places.
    act(
        &mut screen,
        DiagramAction::AxisY(PlanAxis::of("network.centered").expect("an axis")),
    );
    filled(&mut screen);
    let diagram = screen
        .app()
        .state
        .phase
        .diagram()
        .expect("a diagram")
        .clone();
    assert_eq!(diagram.layout().size(), [14, 2]);
    // One seed has no spread.
    act(&mut screen, DiagramAction::Seeds(1));
    let config = screen.config().clone();
    let measure = screen.app().state.phase.view(&config).measure;
    assert_eq!(measure, Measure::default());
}

#[test]
fn the_large_diagram_takes_the_plots_place_and_escape_gives_it_back() {
    let mut screen = open();
    screen.click("Large");
    assert!(screen.app().state.phase.is_large());
    screen.sees("Each cell is a whole run.");
    screen.press(Key::Escape);
    screen.steps(2);
    assert!(!screen.app().state.phase.is_large());
}

#[test]
fn a_large_problem_is_filled_on_demand_and_can_be_stopped() {
    let mut screen = window(small(), Exporter::new(None));
    screen.click("Phase");
    act(&mut screen, DiagramAction::Open(Subject::Figure3e));
    screen.steps(5);
    assert!(matches!(
        screen.app().state.phase.progress(),
        FillProgress::OnDemand(_)
    ));
    screen.sees("takes about");
    screen.click("Fill the diagram");
    screen.wait("a cell", |app| {
        app.state
            .phase
            .diagram()
            .is_some_and(|d| d.counts().iter().any(|&n| n > 0))
    });
    screen.click("Stop");
    screen.sees("stopped at");
    assert_eq!(screen.config().task.dim, 100);
}

#[test]
fn figure_3e_in_small_is_the_shipped_sweep() {
    let mut screen = window(small(), Exporter::new(None));
    screen.click("Phase");
    act(&mut screen, DiagramAction::Open(Subject::Figure3eSmall));
    filled(&mut screen);
    let shipped = Spec::parse(include_str!("../assets/sweeps/figure3e-small.toml"));
    let spec = screen.app().state.phase.spec().expect("a spec").clone();
    assert_eq!(spec.hash(), shipped.expect("valid").hash());
}

#[test]
fn figure_19_is_a_grid_of_curves() {
    let mut screen = window(small(), Exporter::new(None));
    screen.click("Phase");
    act(&mut screen, DiagramAction::Open(Subject::Figure19));
    screen.steps(3);
    act(&mut screen, DiagramAction::Fill);
    filled(&mut screen);
    let shipped = Spec::parse(include_str!("../assets/sweeps/figure19.toml"));
    let spec = screen.app().state.phase.spec().expect("a spec").clone();
    assert_eq!(spec.hash(), shipped.expect("valid").hash());
    screen.sees("the j-th eigenvector of K₀");
    let diagram = screen
        .app()
        .state
        .phase
        .diagram()
        .expect("a diagram")
        .clone();
    assert!(diagram.finished().all(|cell| cell.curve.len() > 10));
}

#[test]
fn the_diagram_can_be_saved_as_picture_table_and_spec() {
    let dir = tempfile::tempdir().unwrap();
    let mut screen = window(small(), Exporter::new(Some(dir.path().to_owned())));
    screen.click("Phase");
    filled(&mut screen);
    act(&mut screen, DiagramAction::Save(DiagramFile::Png));
    let png = std::fs::read(screen.exported()).unwrap();
    let image = image::load_from_memory(&png).unwrap();
    assert_eq!((image.width(), image.height()), (1440, 1240));
    act(&mut screen, DiagramAction::Save(DiagramFile::Csv));
    let table = std::fs::read_to_string(screen.exported()).unwrap();
    assert!(table.starts_with("cell,network.alpha,network.epsilon,outcome,"));
    assert_eq!(table.lines().count(), 197);
    act(&mut screen, DiagramAction::Save(DiagramFile::Spec));
    let text = std::fs::read_to_string(screen.exported()).unwrap();
    let hash = screen.app().state.phase.spec().expect("a spec").hash();
    assert_eq!(Spec::parse(&text).expect("valid").hash(), hash);
}
