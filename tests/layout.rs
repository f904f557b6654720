//! Nothing is clipped, covered or out of reach: the whole window, in every state,
//! with every tab, at every size of window and text. What is looked at is what was
//! drawn: the texts among the shapes of the frame, and the widgets as a screen
//! reader finds them.
#![cfg(feature = "gui")]

#[path = "ui/support.rs"]
#[expect(dead_code, reason = "shared with the other tests of the window")]
mod support;

use egui::{Rect, Role, Shape, Vec2, epaint::TextShape, vec2};
use egui_kittest::{Harness, kittest::NodeT};
use grokscope::{
    app::{
        Action, GrokscopeApp,
        diagram::{DiagramAction, PhaseDiagram},
        export::Exporter,
        layout::{Drawers, PanelSide, Want, text_size},
        state::{SCALES, Tab},
        sweeping::SweepForm,
        time::Scrub,
    },
    history::decimate::log_step,
    sim::{
        config::{Config, Family},
        outcome::Outcome,
        verdict::Status,
    },
    training::{Command, Event, Working},
    views::{
        animation_form::AnimationAction,
        lecture::LectureAction,
        panels::{PANELS, Panel},
        print_form::PrintAction,
        tour::TourAction,
    },
};
use std::collections::BTreeMap;
use support::{Screen, row, settings};

const SIZES: [[f32; 2]; 7] = [
    [640.0, 420.0],
    [800.0, 600.0],
    [1024.0, 700.0],
    [1280.0, 720.0],
    [1366.0, 768.0],
    [1920.0, 1080.0],
    [2560.0, 1440.0],
];

/// A text that was drawn.
struct Drawn {
    text: String,
    rect: Rect,
    clip: Rect,
    /// Place in the order of drawing.
    order: usize,
}

/// A menu or a small window over the rest, and its place in the order of drawing.
struct Over {
    rect: Rect,
    order: usize,
}

fn collect(shape: &Shape, clip: Rect, order: usize, into: &mut Vec<Drawn>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|s| collect(s, clip, order, into)),
        Shape::Text(text) => drawn(text, clip, order, into),
        _ => {}
    }
}

/// How much an opaque rectangle of a shape is this one: 1 where it is the same.
fn likeness(shape: &Shape, sought: Rect) -> f32 {
    match shape {
        Shape::Vec(shapes) => (shapes.iter().map(|s| likeness(s, sought))).fold(0.0, f32::max),
        Shape::Rect(rect) if rect.fill.a() == 255 => {
            let both = rect.rect.intersect(sought);
            match both.is_positive() {
                true => both.area() / (rect.rect.area() + sought.area() - both.area()),
                false => 0.0,
            }
        }
        _ => 0.0,
    }
}

/// The menus and small windows that lie over the rest. What is drawn before their
/// ground, and under it, is not seen.
fn overs(harness: &Harness<'_, GrokscopeApp>) -> Vec<Over> {
    let shapes = &harness.output().shapes;
    let areas: Vec<Rect> = harness.ctx.memory(|memory| {
        let visible = memory.areas().visible_layer_ids();
        let over = visible
            .into_iter()
            .filter(|layer| matches!(layer.order, egui::Order::Middle | egui::Order::Foreground));
        over.filter_map(|layer| memory.area_rect(layer.id))
            .collect()
    });
    let ground = |rect: Rect| {
        let alike = shapes.iter().map(|s| likeness(&s.shape, rect)).enumerate();
        let (order, alike) = alike.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (alike > 0.7).then_some(Over { rect, order })
    };
    areas.into_iter().filter_map(ground).collect()
}

/// The lines of a text: the first may begin beside something else.
fn drawn(shape: &TextShape, clip: Rect, order: usize, into: &mut Vec<Drawn>) {
    let mut push = |text: String, rect: Rect| {
        let text = text.trim().to_owned();
        if !text.is_empty() && rect.is_positive() {
            into.push(Drawn {
                text,
                rect,
                clip,
                order,
            });
        }
    };
    if shape.angle != 0.0 {
        push(shape.galley.text().into(), shape.visual_bounding_rect());
        return;
    }
    for row in &shape.galley.rows {
        let bounds = row.visuals.mesh_bounds;
        push(
            row.text(),
            bounds.translate(shape.pos.to_vec2() + row.pos.to_vec2()),
        );
    }
}

/// Slack for rounding to pixels and for letters that overhang.
const SLACK: f32 = 1.5;

/// Everything that is wrong with a frame, each as a sentence.
fn faults(harness: &Harness<'_, GrokscopeApp>) -> Vec<String> {
    let regions = harness.state().state.regions;
    let window = harness.ctx.content_rect();
    let mut texts = Vec::new();
    for (order, shape) in harness.output().shapes.iter().enumerate() {
        collect(&shape.shape, shape.clip_rect, order, &mut texts);
    }
    let overs = overs(harness);
    let hidden = |drawn: &Drawn| {
        let under = |over: &Over| drawn.order < over.order && over.rect.intersects(drawn.rect);
        overs.iter().any(under)
    };
    texts.retain(|drawn| !hidden(drawn));
    let within = |drawn: &Drawn| {
        let on = |over: &Over| {
            let ground = over.rect.expand(SLACK);
            let (x, y) = (drawn.rect.x_range(), drawn.clip.y_range());
            let beside = ground.x_range().intersection(x) != x;
            let beyond = ground.y_range().intersection(y) != y;
            drawn.order > over.order && !beside && !beyond
        };
        overs.iter().any(on)
    };
    // The large diagram scrolls in a low window.
    let large = harness.state().state.phase.is_large();
    let panels = [
        Some(("the bar at the top", regions.top, false)),
        Some(("the status bar", regions.bottom, false)),
        regions.settings.map(|r| ("the settings", r, true)),
        regions.side.map(|r| ("the side panel", r, true)),
        Some(("the plots", regions.plots, large)),
    ];
    let panels: Vec<_> = panels.into_iter().flatten().collect();
    let home = |rect: Rect| panels.iter().find(|(_, r, _)| r.contains(rect.center()));
    let mut faults = Vec::new();
    for over in &overs {
        if !window.expand(SLACK).contains_rect(over.rect) {
            faults.push(format!(
                "what lies over the rest, {}, leaves the window",
                over.rect
            ));
        }
    }
    for drawn in &texts {
        let (rect, clip) = (drawn.rect, drawn.clip.expand(SLACK));
        let Drawn { text, .. } = drawn;
        // Menus and small windows scroll where they do not fit.
        let scrolls = within(drawn) || home(clip).is_some_and(|(_, _, scrolls)| *scrolls);
        if rect.left() < clip.left() || rect.right() > clip.right() {
            // Below or above what is seen of a list that scrolls.
            let unseen = rect.bottom() < clip.top() || rect.top() > clip.bottom();
            if !(scrolls && unseen) {
                faults.push(format!("{text:?} is cut at its side"));
            }
        } else if !scrolls && (rect.top() < clip.top() || rect.bottom() > clip.bottom()) {
            faults.push(format!("{text:?} is cut above or below"));
        }
        let shown = rect.intersect(clip);
        if shown.is_positive() && !window.expand(SLACK).contains_rect(shown) {
            faults.push(format!("{text:?} is outside the window"));
        }
    }
    let seen: Vec<(&Drawn, Rect)> = texts
        .iter()
        .map(|d| (d, d.rect.intersect(d.clip)))
        .filter(|(_, r)| r.is_positive())
        .collect();
    for (i, (a, ra)) in seen.iter().enumerate() {
        for (b, rb) in &seen[i + 1..] {
            let both = ra.intersect(*rb);
            let same = a.text == b.text;
            if !same && both.width() > SLACK && both.height() > SLACK {
                faults.push(format!("{:?} lies on {:?}", a.text, b.text));
            }
        }
    }
    for node in harness.root().children_recursive() {
        let access = node.accesskit_node();
        let role = access.role();
        let control = matches!(
            role,
            Role::Button | Role::Slider | Role::TextInput | Role::CheckBox | Role::ComboBox
        );
        if !control || access.raw_bounds().is_none() {
            continue;
        }
        let rect = node.rect();
        // Of a menu that scrolls, what is not seen lies above or below it.
        let of_over = |over: &Over| over.rect.x_range().contains(rect.center().x);
        if overs.iter().any(of_over) {
            continue;
        }
        let Some((name, panel, scrolls)) = home(rect) else {
            continue;
        };
        let panel = panel.expand(SLACK);
        let beside = rect.left() < panel.left() || rect.right() > panel.right();
        // Under a bar lies what a list has scrolled away.
        let lists = [regions.settings, regions.side].into_iter().flatten();
        let under = lists
            .into_iter()
            .any(|r| r.x_range().contains(rect.center().x));
        let beyond = rect.top() < panel.top() || rect.bottom() > panel.bottom();
        if beyond && under {
            continue;
        }
        if beside || (beyond && !scrolls) {
            let label = access.label().unwrap_or_default();
            faults.push(format!("{role:?} {label:?} sticks out of {name}"));
        }
    }
    faults
}

/// What must be within reach whatever happens, by the name of its button.
fn missing(harness: &Harness<'_, GrokscopeApp>) -> Vec<String> {
    let window = harness.ctx.content_rect().expand(SLACK);
    let mut there = Vec::new();
    for node in harness.root().children_recursive() {
        let access = node.accesskit_node();
        if access.raw_bounds().is_none() {
            continue;
        }
        let rect = node.rect();
        if window.contains_rect(rect) && rect.width() > 6.0 && rect.height() > 6.0 {
            there.extend(access.label());
        }
    }
    let has = |name: &str| there.iter().any(|label| label == name);
    let mut missing = Vec::new();
    for name in [
        "Reset",
        "Step",
        "Reseed",
        "Presets",
        "Figures",
        "File",
        "Pace",
        "Larger text",
        "Smaller text",
        "Theme",
        "Help",
        "Settings",
        "Side panel",
        "Copy as command",
    ] {
        if !has(name) {
            missing.push(format!("no {name:?}"));
        }
    }
    let run = ["Run", "Pause", "Run again", "Replay", "Hold"];
    if !run.iter().any(|name| has(name)) {
        missing.push("nothing to run or hold it".into());
    }
    let state = &harness.state().state;
    if state.regions.side.is_some() {
        for &Panel { tab, name, .. } in &PANELS {
            let committee = state.session.config().network.family.is_committee();
            let applies = match tab {
                Tab::Figure => state.figure.is_some(),
                Tab::Network => !committee,
                // Of the committee machine alone.
                Tab::Error | Tab::Kernel | Tab::Features | Tab::Theory | Tab::Path => committee,
                Tab::Accuracy => committee,
                _ => true,
            };
            if !has(name) && applies {
                missing.push(format!("no tab {name:?}"));
            }
        }
    }
    if !state.pins.is_empty() && !there.iter().any(|label| label.starts_with("Unpin")) {
        missing.push("nothing to unpin with".into());
    }
    missing
}

/// Makes the window so many pixels large, with text of this size.
fn resize(screen: &mut Screen, [width, height]: [f32; 2], scale: f32) -> Vec2 {
    screen.app().state.scale = scale;
    let wanted = screen.app().state.text_scale();
    let zoom = text_size(vec2(width, height), wanted);
    let points = vec2(width, height) / zoom;
    // A change of zoom stretches the frame that it falls into.
    for _ in 0..6 {
        screen.harness.ctx.set_zoom_factor(zoom);
        screen.harness.set_size(points);
        screen.steps(1);
        screen.harness.set_size(points);
        screen.steps(1);
        let there = screen.harness.ctx.content_rect().size();
        if (there - points).length() < 0.5 && screen.harness.ctx.zoom_factor() == zoom {
            return points;
        }
    }
    panic!("the window does not become {points} points large");
}

/// Looks at a state in every tab at every size, and says what is wrong.
fn look(name: &str, screen: &mut Screen, tabs: &[Tab]) {
    at_every_size(name, screen, |screen, points, found| {
        let drawers = Drawers::default();
        let mut views: Vec<(Tab, Drawers)> = tabs.iter().map(|tab| (*tab, drawers)).collect();
        let mut settings = drawers;
        settings.left.want = Want::Open;
        views.push((tabs[0], settings));
        for (tab, drawers) in views {
            let state = &mut screen.app().state;
            (state.tab, state.drawers) = (tab, drawers);
            if drawers.open(points.x).right.is_none() && drawers == Drawers::default() {
                state.drawers.toggle(PanelSide::Right, points.x);
            }
            screen.steps(2);
            let there = screen.harness.ctx.content_rect().size();
            assert!((there - points).length() < 0.5, "{there} for {points}");
            let mut wrong = faults(&screen.harness);
            wrong.extend(missing(&screen.harness));
            found.extend(wrong.into_iter().map(|fault| (fault, format!("{tab:?}"))));
        }
    });
}

/// Makes the window every size, with every size of text, and collects what is found
/// to be wrong, and where.
fn at_every_size(
    name: &str,
    screen: &mut Screen,
    mut look: impl FnMut(&mut Screen, Vec2, &mut Vec<(String, String)>),
) {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for size in SIZES {
        let mut last = None;
        for scale in SCALES {
            let points = resize(screen, size, scale);
            // Text that may not grow any more: the same picture again.
            if last.replace(points) == Some(points) {
                continue;
            }
            let mut wrong = Vec::new();
            look(screen, points, &mut wrong);
            let [width, height] = size;
            for (fault, at) in wrong {
                let at = format!("{width}x{height} at {scale}, {points:.0} points, {at}");
                found.entry(fault).or_insert(at);
            }
        }
    }
    let list: Vec<String> = found.iter().map(|(f, at)| format!("{f} ({at})")).collect();
    assert!(
        list.is_empty(),
        "{name}: {} faults\n{}",
        list.len(),
        list.join("\n")
    );
}

fn all_tabs() -> Vec<Tab> {
    let tabs = PANELS.iter().map(|panel| panel.tab);
    tabs.filter(|tab| !matches!(tab, Tab::Figure | Tab::Network))
        .collect()
}

/// Every tab, this one first: it is looked at together with the open settings.
fn first(tab: Tab, mut tabs: Vec<Tab>) -> Vec<Tab> {
    tabs.retain(|other| *other != tab);
    tabs.insert(0, tab);
    tabs
}

/// A window with a scripted worker and, if wanted, the real pool of the diagram.
fn window(config: Config, pool: bool) -> Screen {
    Screen::with(
        settings(config),
        0.05,
        Exporter::new(None),
        |app, _| match pool {
            true => app.with_diagram(PhaseDiagram::new(|| {})),
            false => app,
        },
    )
}

/// A run that groks: test loss rises, then falls long after train loss did.
fn train(screen: &mut Screen) {
    let run = screen.run_id();
    let mut rows = Vec::new();
    let mut step = 1_u64;
    while step < 80_000 {
        let t = log_step(step);
        let mut row = row(step, 1.2 * (-(t - 1.0).max(0.0) * 2.5).exp());
        let test = 1.0 + 0.6 * (-(t - 2.0).powi(2)).exp() - 0.98 / (1.0 + (4.2 - t).exp().powi(4));
        row.set(grokscope::sim::metrics::Metric::TestLoss, test);
        row.set(
            grokscope::sim::metrics::Metric::PopulationAlignment,
            0.1 + 0.1 * t,
        );
        rows.push(row);
        step = (step + 1).max((step as f64 * 1.05) as u64);
    }
    screen.script.push(Event::Rows { run, rows });
    screen.steps(3);
}

fn finish(screen: &mut Screen, outcome: Outcome) {
    let step = screen.harness.state().state.session.run().unwrap().step();
    let finish = support::finish(step, outcome, [219, 14_971]);
    let run = screen.run_id();
    screen.script.push(Event::Finished { run, finish });
    screen.steps(3);
}

#[test]
fn before_the_first_row() {
    let mut screen = window(Config::default(), false);
    look("starting", &mut screen, &all_tabs());
}

#[test]
fn while_a_run_is_prepared_that_takes_long() {
    let mut screen = window(Config::default(), false);
    let run = screen.run_id();
    let working = Working {
        what: "drawing data and weights".into(),
        preparing: true,
        share: 0.37,
        seconds_left: 4_321.0,
    };
    screen.script.push(Event::Working { run, working });
    screen.steps(3);
    screen.sees("Preparing: drawing data and weights, 37 %, about 1 h 12 min left");
    look("preparing", &mut screen, &all_tabs());
    screen.click("Stop");
    let sent = screen.script.commands();
    assert!(sent.iter().any(|c| matches!(c, Command::Stop)));
    screen.script.push(Event::Failed {
        run,
        message: "stopped before its first step".into(),
    });
    screen.steps(3);
    look("failed", &mut screen, &all_tabs());
}

#[test]
fn settings_that_are_refused() {
    let mut config = Config::default();
    config.network.alpha = -1.0;
    let mut screen = window(config, false);
    look("empty", &mut screen, &all_tabs());
}

#[test]
fn while_it_trains_and_when_it_is_done() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    look("running", &mut screen, &all_tabs());
    finish(&mut screen, Outcome::Groks);
    look("done", &mut screen, &all_tabs());
}

#[test]
fn in_the_past_and_with_a_value_that_was_refused() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    screen.app().ask(Action::Scrub(Scrub::To(300.0)));
    screen.app().ask(Action::Type {
        key: "training.learning_rate",
        text: "no number at all".into(),
    });
    screen.steps(3);
    look("in the past", &mut screen, &all_tabs());
}

#[test]
fn when_it_diverged() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    let step = screen.harness.state().state.session.run().unwrap().step();
    finish(
        &mut screen,
        Outcome::Diverged {
            step,
            stable_learning_rate: 0.5,
        },
    );
    look("diverged", &mut screen, &all_tabs());
}

#[test]
fn when_it_is_held_or_was_stopped() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    screen.app().ask(Action::ToggleRun);
    screen.steps(3);
    look("held", &mut screen, &all_tabs());
    let step = screen.harness.state().state.session.run().unwrap().step();
    let mut finish = support::finish(step, Outcome::Groks, [219, 14_971]);
    finish.verdict.status = Status::Stopped;
    let run = screen.run_id();
    screen.script.push(Event::Finished { run, finish });
    screen.steps(3);
    look("stopped", &mut screen, &all_tabs());
}

#[test]
fn the_settings_and_the_tab_of_every_other_network() {
    for family in Family::all().into_iter().filter(|f| !f.is_committee()) {
        let mut screen = window(family.defaults(), false);
        screen.steps(3);
        look(family.name(), &mut screen, &[Tab::Network, Tab::Runs]);
    }
}

#[test]
fn with_a_menu_open() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    at_every_size("menus", &mut screen, |screen, _, found| {
        for menu in ["Presets", "Figures", "File", "Pace"] {
            screen.click(menu);
            // What appears fades in.
            screen.steps(8);
            if overs(&screen.harness).is_empty() {
                found.push((format!("{menu} does not open"), menu.into()));
            }
            let wrong = faults(&screen.harness).into_iter();
            found.extend(wrong.map(|fault| (fault, menu.to_owned())));
            screen.press(egui::Key::Escape);
            screen.steps(8);
        }
    });
}

#[test]
fn with_the_help_or_a_dialog_over_it() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    let long = "a-directory-of-some-length/".repeat(6);
    screen.app().state.recent = vec!["config.toml".into(), long.into()];
    let dialogs = [
        ("help", Action::ToggleHelp, Action::ToggleHelp),
        ("open", Action::ShowOpen(true), Action::ShowOpen(false)),
        (
            "print",
            Action::Print(PrintAction::Open),
            Action::Print(PrintAction::Close),
        ),
        (
            "animation",
            Action::Animate(AnimationAction::Open),
            Action::Animate(AnimationAction::Close),
        ),
    ];
    at_every_size("dialogs", &mut screen, |screen, _, found| {
        for (name, open, close) in &dialogs {
            screen.app().ask(open.clone());
            // What appears fades in.
            screen.steps(8);
            if overs(&screen.harness).is_empty() {
                found.push((format!("{name} does not open"), (*name).into()));
            }
            let wrong = faults(&screen.harness).into_iter();
            found.extend(wrong.map(|fault| (fault, (*name).to_owned())));
            screen.app().ask(close.clone());
            screen.steps(8);
        }
    });
}

#[test]
fn with_kept_runs_and_a_sweep_under_way() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    for name in [
        "α = 0.3",
        "a name that is longer than any panel is wide, as names go",
    ] {
        screen.app().ask(Action::Pin);
        screen.steps(2);
        let pin = screen.app().state.pins.last().expect("a pin").id;
        let rename = grokscope::app::compare::PinEdit::Rename(name.into());
        screen.app().ask(Action::EditPin(pin, rename));
        screen.app().ask(Action::Edit {
            key: "network.alpha",
            value: grokscope::sim::config::Value::Real(0.777_123_45),
            dragging: false,
        });
        screen.steps(8);
        train(&mut screen);
    }
    screen
        .app()
        .ask(Action::Sweep(SweepForm::of("network.alpha")));
    screen.steps(2);
    look("sweep", &mut screen, &first(Tab::Runs, all_tabs()));
}

#[test]
fn with_a_figure_open() {
    let mut screen = window(Config::default(), false);
    screen.app().ask(Action::OpenFigure("9".into()));
    screen.steps(4);
    train(&mut screen);
    screen.wait("the figure's curves", |app| {
        let open = app.state.figure.as_ref().unwrap();
        open.curves().all(|(_, summary)| summary.is_some())
    });
    look("figure", &mut screen, &first(Tab::Figure, all_tabs()));
}

#[test]
fn while_the_diagram_fills() {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (10, 30);
    let mut screen = window(config, true);
    train(&mut screen);
    screen.app().ask(Action::SelectTab(Tab::Phase));
    screen.steps(10);
    look("diagram", &mut screen, &first(Tab::Phase, all_tabs()));
    screen
        .app()
        .ask(Action::Diagram(DiagramAction::Large(true)));
    screen.steps(3);
    look("large diagram", &mut screen, &first(Tab::Phase, all_tabs()));
}

#[test]
fn a_lecture_with_and_without_a_panel_and_the_settings() {
    let mut screen = window(Config::default(), false);
    screen.app().ask(Action::Lecture(LectureAction::Toggle));
    screen.steps(3);
    let lecture = |name: &str, screen: &mut Screen| {
        at_every_size(name, screen, |screen, _, found| {
            screen.steps(2);
            let wrong = faults(&screen.harness).into_iter();
            found.extend(wrong.map(|fault| (fault, "lecture".to_owned())));
        });
    };
    train(&mut screen);
    lecture("lecture", &mut screen);
    screen.app().ask(Action::Lecture(LectureAction::Sliders));
    screen.steps(2);
    lecture("lecture with settings", &mut screen);
    screen.app().ask(Action::Lecture(LectureAction::Go(2)));
    screen.steps(2);
    train(&mut screen);
    lecture("lecture with a panel", &mut screen);
}

#[test]
fn the_tour_the_guess_and_what_explains() {
    let mut screen = window(Config::default(), false);
    train(&mut screen);
    for card in 0..5 {
        screen.app().ask(Action::Tour(TourAction::Card(card)));
        screen.steps(3);
        look("tour", &mut screen, &[Tab::Error]);
    }
    screen.app().ask(Action::Tour(TourAction::Leave));
    screen.app().ask(Action::ToggleWhy);
    screen.steps(2);
    look("why", &mut screen, &[Tab::Error]);
    screen.app().ask(Action::ToggleWhy);
    screen.app().ask(Action::ToggleGuess);
    screen.steps(2);
    look("guess", &mut screen, &[Tab::Error]);
    train(&mut screen);
    finish(&mut screen, Outcome::Groks);
    look("guess told", &mut screen, &[Tab::Error]);
}
