//! Nothing that can be dragged makes a frame or the memory grow without bound: every
//! slider of every preset is dragged to both of its ends, while the run trains and
//! while it is held, with the real worker. What is bounded is work, not time.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::{Role, Shape, pos2, vec2};
use egui_kittest::kittest::NodeT;
use grokscope::{
    app::{Action, session::RunState},
    presets,
    views::panels::PANELS,
};
use support::Screen;

/// Size of the window: tall, so that every setting is on screen.
const SIZE: [f32; 2] = [1280.0, 1700.0];
/// Points of all shapes of a frame: some twenty for each column of pixels, and text.
const MOST_POINTS: usize = 60_000;
/// Memory that the whole round may add, in bytes: weights along one run, curves and
/// what can be undone have bounds of their own that add up to less.
const MOST_MEMORY: u64 = 400 << 20;

/// What a frame costs: points of lines and meshes, letters of texts.
fn cost(shape: &Shape) -> usize {
    match shape {
        Shape::Vec(shapes) => shapes.iter().map(cost).sum(),
        Shape::Path(path) => path.points.len(),
        Shape::Mesh(mesh) => mesh.vertices.len(),
        Shape::Text(text) => text.galley.num_vertices,
        _ => 4,
    }
}

fn check(screen: &Screen, what: &str) {
    let shapes = &screen.harness.output().shapes;
    let points: usize = shapes.iter().map(|s| cost(&s.shape)).sum();
    assert!(points < MOST_POINTS, "{what}: {points} points in a frame");
}

/// Memory that the process holds, where the system says so.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Names of the sliders on screen, and where they are.
fn sliders(screen: &Screen) -> Vec<(String, egui::Rect)> {
    let mut found = Vec::new();
    for node in screen.harness.root().children_recursive() {
        let access = node.accesskit_node();
        let settings = screen.harness.state().state.regions.settings;
        if access.role() == Role::Slider
            && access.raw_bounds().is_some()
            && settings.is_some_and(|r| r.contains(node.rect().center()))
        {
            found.extend(access.label().map(|label| (label, node.rect())));
        }
    }
    found
}

fn drag(screen: &mut Screen, name: &str, to_the_right: bool, what: &str) {
    // It may have moved: an error under a field makes room for itself.
    let Some((_, rect)) = sliders(screen).into_iter().find(|(n, _)| n == name) else {
        return;
    };
    let x = match to_the_right {
        true => rect.right() + 200.0,
        false => rect.left() - 200.0,
    };
    let harness = &mut screen.harness;
    harness.drag_at(rect.center());
    harness.run_steps(1);
    for part in [0.5, 1.0] {
        let x = rect.center().x + part * (x - rect.center().x);
        harness.hover_at(pos2(x, rect.center().y));
        harness.run_steps(1);
    }
    check(screen, what);
    screen.harness.drop_at(pos2(x, rect.center().y));
    for _ in 0..4 {
        screen.steps(1);
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    check(screen, what);
}

/// One preset: every slider to both ends, from the preset's own settings each time.
fn every_slider(screen: &mut Screen, preset: &str, held: bool) -> usize {
    let load = |screen: &mut Screen| {
        screen.app().ask(Action::LoadPreset(preset.into()));
        screen.steps(4);
        if held && screen.state() == RunState::Running {
            screen.app().ask(Action::ToggleRun);
            screen.steps(1);
        }
    };
    load(screen);
    let names: Vec<String> = sliders(screen).into_iter().map(|(name, _)| name).collect();
    for (i, name) in names.iter().enumerate() {
        for to_the_right in [true, false] {
            let what = format!("{preset}, {name}, held: {held}, right: {to_the_right}");
            drag(screen, name, to_the_right, &what);
        }
        screen.app().state.tab = PANELS[i % PANELS.len()].tab;
        load(screen);
        check(screen, &format!("{preset} after {name}"));
    }
    names.len()
}

/// What the largest networks that the sliders allow may hold at once: weights, moments
/// of the optimiser, activations of all examples and the weights kept along the run.
const MOST_OF_NETWORKS: u64 = 1_600 << 20;

fn drag_every_slider(networks: bool, most: u64) {
    let of_kind = |p: &&presets::Preset| p.config.network.family.is_committee() != networks;
    let mut screen = Screen::real(presets::opening());
    screen.harness.set_size(vec2(SIZE[0], SIZE[1]));
    screen.steps(4);
    for shown in [true, false] {
        // On both axes of the losses.
        screen.app().state.curves.toggle_loss_scale();
        let mut before = None;
        for preset in presets::all().iter().filter(of_kind) {
            let sliders = every_slider(&mut screen, &preset.name, shown);
            assert!(sliders > 8, "{sliders} sliders in {}", preset.name);
            // The first one fills what there is to fill.
            before = before.or_else(memory);
        }
        if let (Some(before), Some(now)) = (before, memory()) {
            let grown = now.saturating_sub(before);
            println!("held: {shown}, grown by {} MiB", grown >> 20);
            assert!(grown < most, "grown by {} MiB", grown >> 20);
        }
    }
}

#[test]
fn every_slider_of_every_preset_is_dragged_to_both_ends() {
    drag_every_slider(false, MOST_MEMORY);
    // After them: what a process holds is that of all its tests.
    drag_every_slider(true, MOST_OF_NETWORKS);
}

/// On the linear axis a run that explodes draws its train loss far off screen.
#[test]
fn a_run_that_explodes_while_it_is_looked_at_costs_no_more_than_its_pixels() {
    let mut screen = Screen::real(presets::opening());
    screen.app().state.session.keep_learning_rate();
    screen.app().ask(Action::LoadPreset("grokking".into()));
    screen
        .app()
        .ask(Action::SetPace(grokscope::training::Pace::Fast));
    screen.wait("two thousand steps", |app| {
        app.state
            .session
            .run()
            .is_some_and(|run| run.step() > 2_000)
    });
    drag(&mut screen, "η₀ learning rate", true, "η₀ to its right end");
    for scale in ["linear", "log"] {
        for _ in 0..100 {
            screen.steps(1);
            check(&screen, scale);
        }
        screen.app().state.curves.toggle_loss_scale();
    }
}
