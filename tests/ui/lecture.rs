//! The lecture, its story, and what teaches: with keys alone where a lecturer has
//! nothing else.

use super::support::{Screen, finish, settings};
use egui::{Key, Role};
use egui_kittest::kittest::Queryable;
use grokscope::{
    app::{
        Action, GrokscopeApp,
        export::Exporter,
        lecture::{
            LectureAction, StoryEdit,
            say::When,
            story::{Moment, Step, Story},
        },
        session::RunState,
    },
    history::format,
    presets,
    sim::{config::Value, outcome::Outcome},
    training::{Command, Event, Hold, Pace},
    views::{curves::Tool, tour::TourAction},
};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

fn place(screen: &mut Screen) -> usize {
    screen.app().state.lecture.step()
}

fn now(screen: &Screen) -> f64 {
    screen.harness.input().time.unwrap_or_default()
}

/// Whether what a sentence speaks of is so, by the run's own verdict.
fn holds(app: &GrokscopeApp, when: When) -> bool {
    let run = app.state.session.run();
    let crossings = run.map(|r| r.crossings()).unwrap_or_default();
    let over = run.is_some_and(|r| r.finish().is_some());
    match when {
        When::Always => true,
        When::BeforeFit => crossings.fit.is_none() && crossings.generalise.is_none(),
        When::Fitted | When::Turning => crossings.fit.is_some() && crossings.generalise.is_none(),
        When::Generalised => crossings.fit.is_some() && crossings.generalise.is_some(),
        When::TestFirst => crossings.fit.is_none() && crossings.generalise.is_some(),
        When::NotByHorizon => over && crossings.generalise.is_none(),
        When::Compared => app.state.pins.iter().all(|pin| pin.run.finish().is_some()),
        When::Filled => app
            .state
            .phase
            .diagram()
            .is_some_and(|d| d.done() == d.len()),
    }
}

/// Whether a sentence was said, in any of the states that it is written for: one of
/// them may pass between two frames.
fn is_said(step: &Step, line: &str, said: &BTreeSet<When>) -> bool {
    let states = step.say.iter().filter(|(_, other)| other == line);
    states.into_iter().any(|(when, _)| said.contains(when))
}

#[test]
fn every_step_of_the_shipped_story_says_what_its_run_does_and_nothing_else() {
    let mut screen = Screen::started(settings(presets::opening()));
    screen.press(Key::F5);
    let story = screen.app().state.lecture.story().clone();
    assert!(screen.app().state.lecture.is_on());
    let mut missed = Vec::new();
    for (at, step) in story.steps.iter().enumerate() {
        assert_eq!(place(&mut screen), at);
        // As fast as every state can be seen.
        screen
            .app()
            .ask(Action::SetPace(Pace::DecadesPerSecond(1.5)));
        let mut said = BTreeSet::new();
        let begun = Instant::now();
        loop {
            screen.steps(1);
            let now = now(&screen);
            let app = screen.app();
            let (line, when, bad) = app.said(now);
            assert!(!bad, "step {}: {line}", at + 1);
            if let Some(when) = when {
                assert!(holds(app, when), "step {}: {line}", at + 1);
                assert!(!line.contains('{') && !line.contains("NaN"), "{line}");
                let crossings = app.state.session.run().unwrap().crossings();
                let written = step.line(when).unwrap();
                for (word, step) in [
                    ("{fit}", crossings.fit),
                    ("{generalises}", crossings.generalise),
                ] {
                    if written.contains(word) {
                        assert!(line.contains(&format::thousands(step.unwrap())), "{line}");
                    }
                }
                if said.insert(when) {
                    println!("{} {when:?}: {line}", at + 1);
                    screen.sees(&line);
                }
            }
            let app = screen.app();
            let over = matches!(app.state.session.state(), RunState::Paused | RunState::Done);
            let waits = app.state.sweep.is_some() || app.state.session.is_on_its_way();
            let all = step.say.iter().all(|(_, line)| is_said(step, line, &said));
            if all || (over && !waits && !step.say.iter().any(|(w, _)| *w == When::Filled)) {
                break;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(150),
                "step {} does not end",
                at + 1
            );
            std::thread::sleep(Duration::from_millis(4));
        }
        for (_, line) in &step.say {
            if !is_said(step, line, &said) {
                missed.push(format!("step {} never says: {line}", at + 1));
            }
        }
        if step.to == Moment::Fit {
            let run = screen.app().state.session.run().unwrap();
            assert_eq!(
                Some(run.step()),
                run.crossings().fit,
                "it holds where it fits"
            );
        }
        screen.press(Key::PageDown);
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_lecture_is_given_with_keys_alone_and_leaves_the_window_as_it_was() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..40);
    screen.steps(2);
    screen.app().ask(Action::Pin);
    screen.steps(2);
    let shown = screen.app().state.curves.shown.clone();
    let pace = screen.app().state.session.pace();
    screen.press(Key::F5);
    screen.sees("1 / 9");
    screen.sees("It fits with the features it was born with");
    assert!(screen.app().state.pins.is_empty() && screen.app().state.fullscreen);
    let sent = screen.script.commands();
    assert!(
        sent.iter()
            .any(|c| matches!(c, Command::HoldAt(Some(Hold::Fit))))
    );
    screen.press(Key::PageDown);
    screen.press(Key::ArrowRight);
    assert_eq!(place(&mut screen), 2);
    screen.press(Key::PageUp);
    screen.press(Key::ArrowLeft);
    assert_eq!(place(&mut screen), 0);
    screen.press(Key::End);
    assert_eq!(place(&mut screen), 8);
    assert_eq!(
        screen.config(),
        &presets::find("modular-addition").unwrap().config
    );
    screen.press(Key::PageDown);
    screen.sees("That was the last step");
    screen.press(Key::Home);
    assert_eq!(screen.config(), &presets::opening());
    for (key, on) in [
        (Key::B, true),
        (Key::Period, false),
        (Key::B, true),
        (Key::PageDown, false),
    ] {
        screen.press(key);
        assert_eq!(screen.app().state.lecture.blank, on, "{key:?}");
    }
    screen.press(Key::V);
    screen.sees("Step 2 of 9");
    screen.sees("Next: The features turn");
    screen.press(Key::V);
    screen.press(Key::X);
    assert!(screen.app().state.lecture.laser);
    // Left: everything is as it was, but for the run.
    screen.press(Key::Escape);
    assert!(!screen.app().state.lecture.is_on() && !screen.app().state.fullscreen);
    assert_eq!(screen.app().state.curves.shown, shown);
    assert_eq!(screen.app().state.session.pace(), pace);
    assert_eq!(screen.app().state.pins.len(), 1);
    // It is taken up where it was left.
    screen.press(Key::F5);
    assert_eq!(place(&mut screen), 1);
}

#[test]
fn a_step_is_played_with_and_comes_back_as_it_was() {
    let mut screen = Screen::scripted();
    screen.press(Key::F5);
    let starts = screen.script.starts().len();
    screen.press(Key::S);
    screen.slider("α output scale").set_value_accesskit(2.0);
    screen.steps(6);
    assert_eq!(screen.config().network.alpha, 2.0);
    screen.press(Key::R);
    screen.steps(3);
    assert_eq!(screen.config(), &presets::opening());
    let (_, config, _) = screen.script.starts().pop().unwrap();
    assert_eq!(*config, presets::opening());
    assert!(screen.script.starts().len() >= starts + 2);
    assert!(!screen.app().state.lecture.sliders);
    // Going back begins a step anew, too.
    screen.script.rows(screen.run_id(), 0..40);
    screen.steps(2);
    screen.press(Key::PageDown);
    let starts = screen.script.starts().len();
    screen.press(Key::PageUp);
    assert_eq!(screen.script.starts().len(), starts + 1);
}

#[test]
fn what_is_drawn_and_written_stays_with_its_step_until_it_is_cleared() {
    let mut screen = Screen::scripted();
    screen.press(Key::F5);
    screen.script.rows(screen.run_id(), 0..400);
    screen.steps(4);
    screen.press(Key::P);
    assert_eq!(screen.app().state.curves.annotations.tool, Tool::Pen);
    let plots = screen.app().state.regions.plots;
    let from = plots.center() - egui::vec2(60.0, 60.0);
    screen.harness.hover_at(from);
    screen.steps(1);
    screen.harness.drag_at(from);
    screen.steps(1);
    for i in 1..6 {
        screen
            .harness
            .hover_at(from + egui::vec2(12.0 * i as f32, 4.0));
        screen.steps(1);
    }
    screen.harness.drop_at(from + egui::vec2(60.0, 4.0));
    screen.steps(2);
    let mark = screen.app().state.curves.annotations.strokes[0].clone();
    assert!(mark.points.len() >= 5, "{mark:?}");
    assert!(mark.points[0][0] < mark.points[4][0]);
    assert!(
        !screen.app().state.curves.is_user_view(),
        "the plot was not dragged"
    );
    screen.press(Key::N);
    let at = plots.center() - egui::vec2(0.0, 90.0);
    screen.harness.hover_at(at);
    screen.steps(1);
    screen.harness.drag_at(at);
    screen.harness.drop_at(at);
    screen.steps(3);
    screen.typed("Note on the plot").type_text("see here");
    screen.steps(2);
    screen.press(Key::Enter);
    assert_eq!(
        screen.app().state.curves.annotations.notes[0].text,
        "see here"
    );
    let kept = screen.app().state.curves.annotations.clone();
    screen.press(Key::PageDown);
    assert!(screen.app().state.curves.annotations.is_empty());
    screen.press(Key::PageUp);
    assert_eq!(screen.app().state.curves.annotations.strokes, kept.strokes);
    assert_eq!(screen.app().state.curves.annotations.notes, kept.notes);
    screen.press(Key::C);
    assert!(screen.app().state.curves.annotations.is_empty());
}

#[test]
fn a_story_is_made_of_states_of_the_window_saved_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let exporter = Exporter::new(Some(dir.path().into()));
    let mut screen = Screen::open(settings(presets::opening()), exporter);
    let edit = |screen: &mut Screen, edit| {
        screen.app().ask(Action::Lecture(LectureAction::Edit(edit)));
        screen.steps(2);
    };
    screen.app().ask(Action::Lecture(LectureAction::Editor));
    screen.steps(2);
    screen.click("New");
    screen.click("Add this state");
    let edited = |key, value| Action::Edit {
        key,
        value,
        dragging: false,
    };
    screen.app().ask(edited("network.alpha", Value::Real(0.9)));
    screen.app().ask(Action::ToggleLossAxis);
    screen.steps(8);
    screen.click("Add this state");
    edit(&mut screen, StoryEdit::Retitle(1, "Lazier".into()));
    edit(
        &mut screen,
        StoryEdit::Line(1, "always", "α is {alpha}.".into()),
    );
    edit(
        &mut screen,
        StoryEdit::Line(1, "fitted", "at {generalises}".into()),
    );
    screen.sees("is known only");
    screen.click("Save as … •");
    screen.sees("The story was not saved: step 2: say.fitted");
    edit(&mut screen, StoryEdit::Line(1, "fitted", String::new()));
    edit(&mut screen, StoryEdit::Up(1));
    edit(&mut screen, StoryEdit::Notes(0, "slowly".into()));
    screen.click("Save as … •");
    let path = screen.exported();
    let story = Story::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(story.steps.len(), 2);
    assert_eq!(
        (story.steps[0].title.as_str(), story.steps[0].notes.as_str()),
        ("Lazier", "slowly")
    );
    assert!(story.steps[0].log_loss && !story.steps[1].log_loss);
    assert_eq!(story.config(0).network.alpha, 0.9);
    assert_eq!(story.config(1), presets::opening());
    assert_eq!(&story, screen.app().state.lecture.story());
    edit(&mut screen, StoryEdit::Shipped);
    screen.app().ask(Action::OpenFile(path.clone()));
    screen.wait("the story", |app| {
        app.state.lecture.story().steps.len() == 2
    });
    screen.press(Key::Escape);
    screen.press(Key::F5);
    screen.steps(3);
    assert_eq!(screen.config().network.alpha, 0.9);
    screen.script.rows(screen.run_id(), 0..4);
    screen.steps(4);
    screen.sees("α is 0.9.");
    screen.press(Key::F5);
    std::fs::write(&path, "[[step]]\ntitle = \"t\"\npace = \"fast\"\n").unwrap();
    screen.app().ask(Action::OpenFile(path));
    screen.wait("the error", |app| {
        let notice = app.state.notice.as_ref();
        notice.is_some_and(|n| n.bad && n.text.contains("step 1: pace = \"fast\": must be one of"))
    });
}

#[test]
fn a_guess_is_dragged_before_the_run_and_told_after_it() {
    let mut screen = Screen::scripted();
    screen.script.rows(screen.run_id(), 0..90);
    screen.steps(3);
    screen.press(Key::G);
    assert_eq!(screen.state(), RunState::Paused, "from step 0");
    assert_eq!(screen.app().state.session.ghosts().count(), 0);
    screen
        .slider("guess: step of generalisation")
        .set_value_accesskit(3_000.0);
    screen.steps(2);
    screen.press(Key::Space);
    assert_eq!(screen.state(), RunState::Running);
    let run = screen.run_id();
    screen.script.rows(run, 0..900);
    screen.script.push(Event::Finished {
        run,
        finish: finish(10_000, Outcome::Groks, [40, 4_500]),
    });
    screen.steps(4);
    let now = now(&screen);
    let (told, bad) = screen.app().state.sentence(now + 60.0);
    assert_eq!(
        (told.as_str(), bad),
        (
            "You said 3,000; it generalised at 4,500, 1,500 steps later than you said, 1.5×.",
            false
        )
    );
    screen.press(Key::G);
    assert!(screen.app().state.curves.guess.is_none());
}

#[test]
fn a_sentence_is_explained_with_the_numbers_of_the_run() {
    let mut screen = Screen::scripted();
    let run = screen.run_id();
    screen.script.rows(run, 0..900);
    screen.script.push(Event::Finished {
        run,
        finish: finish(10_000, Outcome::Groks, [40, 4_500]),
    });
    screen.steps(3);
    screen
        .harness
        .get_by_role_and_label(Role::Button, "Why?")
        .click();
    screen.steps(3);
    screen.sees("Why is this grokking?");
    screen.sees("on the train set at 40 and on the test set at 4,500");
    screen.press(Key::Escape);
    assert!(!screen.app().state.why);
}

#[test]
fn the_tour_can_be_left_at_once_and_holds_nothing_up() {
    let mut screen = Screen::scripted();
    assert_eq!(
        screen.app().state.tour,
        None,
        "it could not be remembered that it was seen"
    );
    screen.app().ask(Action::Tour(TourAction::Begin));
    screen.steps(3);
    screen.sees("Watch the two curves");
    assert_eq!(screen.state(), RunState::Running);
    screen.slider("α output scale").set_value_accesskit(0.7);
    screen.steps(3);
    assert_eq!(screen.config().network.alpha, 0.7);
    for title in ["α: how lazy", "The features turn", "Time", "From here"] {
        screen.click("Next");
        screen.sees(title);
    }
    screen.click("Back");
    screen.press(Key::Escape);
    assert_eq!(screen.app().state.tour, None);
    assert!(screen.app().state.toured);
}
