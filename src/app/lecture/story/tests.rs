//! Stories are read as they were written, and what is wrong with one is told.

use super::read::{DIAGRAMS, FIELDS_OF_STEP};
use super::*;

#[test]
fn the_shipped_story_is_read_and_read_back() {
    let story = Story::from_toml(SHIPPED).unwrap_or_else(|e| panic!("{e}"));
    assert!(story.steps.len() >= 9);
    let again = Story::from_toml(&story.to_toml());
    assert_eq!(again, Ok(story));
}

#[test]
fn what_is_wrong_is_told_with_its_step_and_field() {
    let first = "[[step]]\ntitle = \"good\"\n";
    for (step, told) in [
        ("", "step 2: title: every step needs one"),
        ("title = 3", "step 2: title = 3: must be a text"),
        (
            "title = \"t\"\npreset = \"grok\"",
            "step 2: preset = \"grok\": no preset is named",
        ),
        (
            "title = \"t\"\npreset = \"lazy\"\nfigure = \"1\"",
            "step 2: preset: give one of",
        ),
        ("title = \"t\"\nfigure = \"99\"", "step 2: figure = \"99\""),
        (
            "title = \"t\"\nfrom = \"later\"",
            "step 2: from = \"later\": must be a step, or one of start, fit",
        ),
        (
            "title = \"t\"\nfrom = 100\nto = 50",
            "step 2: to = 50: must not lie before from = 100",
        ),
        (
            "title = \"t\"\npace = \"fast\"",
            "step 2: pace = \"fast\": must be one of lecture, slow",
        ),
        (
            "title = \"t\"\nbeside = \"Neurons\"",
            "step 2: beside = \"Neurons\": must be one of Error",
        ),
        (
            "title = \"t\"\nlower = [\"norm\"]",
            "step 2: lower = \"norm\": must be the name of a column",
        ),
        (
            "title = \"t\"\nhide = [\"all\"]",
            "step 2: hide = \"all\": must be one of train",
        ),
        (
            "title = \"t\"\ntime = [5, 1]",
            "step 2: time = [5, 1]: must be two numbers",
        ),
        (
            "title = \"t\"\ndiagram = \"x\"",
            "step 2: diagram = \"x\": must be one of laziness",
        ),
        (
            "title = \"t\"\nfrmo = 5",
            "step 2: frmo: there is no such field; did you mean from?",
        ),
        (
            "title = \"t\"\n[step.settings.network]\nalpha = -1",
            "step 2: settings.network.alpha = -1",
        ),
        (
            "title = \"t\"\n[step.settings.network]\nalfa = 1",
            "step 2: settings.network.alfa",
        ),
        (
            "title = \"t\"\n[step.compare]\nsetting = \"alpha\"\nvalues = [1]",
            "step 2: compare.setting = \"alpha\": must be the key",
        ),
        (
            "title = \"t\"\n[step.compare]\nsetting = \"network.alpha\"\nvalues = [1, -2]",
            "step 2: compare.values = -2",
        ),
        (
            "title = \"t\"\n[step.say]\nwon = \"x\"",
            "step 2: say.won: there is no such state; must be one of",
        ),
        (
            "title = \"t\"\n[step.say]\nbefore_fit = \"at {generalises}\"",
            "step 2: say.before_fit = … {generalises} …: is known only",
        ),
        (
            "title = \"t\"\n[step.say]\nalways = \"{foo}\"",
            "step 2: say.always = … {foo} …: must be one of",
        ),
    ] {
        let error = Story::from_toml(&format!("{first}[[step]]\n{step}\n")).unwrap_err();
        assert!(
            error.to_string().starts_with(told),
            "{step}\n→ {error}\nnot {told}"
        );
        assert_eq!(error.step, Some(2));
    }
    for (text, told) in [
        (
            "format = 9\n[[step]]\ntitle = \"t\"",
            "format = 9: this program reads formats 1 to 1",
        ),
        ("title = \"t\"", "step: a story needs at least one"),
        (
            "title = \"t\"\ncolour = 1\n[[step]]\ntitle = \"t\"",
            "colour: there is no such field",
        ),
        ("title = \"t\nx", "line 2"),
    ] {
        let error = Story::from_toml(text).unwrap_err().to_string();
        assert!(error.starts_with(told), "{text}\n→ {error}");
    }
}

#[test]
fn every_field_is_written_and_read_back() {
    let mut config = presets::opening();
    config.network.alpha = 0.7;
    let mut step = Step {
        title: "A \"quoted\" title".into(),
        subject: Subject::Settings(Box::new(config.clone())),
        from: Moment::Fit,
        to: Moment::Step(70_000),
        runs: false,
        pace: Some(Pace::Fast),
        beside: Some(Tab::Kernel),
        lower: vec![Metric::WeightNormSq],
        log_loss: true,
        hide: vec![Curve::Train, Curve::Lazy],
        time: Some([1.0, 1e4]),
        losses: Some([0.0, 0.5]),
        diagram: Some(Diagram::Data),
        compare: Some(Compare {
            key: "task.samples",
            values: vec![Value::Integer(100), Value::Integer(200)],
        }),
        pins: vec![("other".into(), config)],
        notes: "two\nlines".into(),
        ..Step::default()
    };
    step.put_line(When::Generalised, "at {generalises}".into());
    step.put_line(When::Always, "now".into());
    let other = presets::find("modular-addition").unwrap().config.clone();
    let of_network = Step {
        title: "n".into(),
        subject: Subject::Settings(Box::new(other)),
        ..Step::default()
    };
    let story = Story {
        title: "s".into(),
        steps: vec![
            step,
            of_network,
            Step {
                title: "x".into(),
                ..Step::default()
            },
        ],
    };
    let text = story.to_toml();
    assert_eq!(Story::from_toml(&text), Ok(story), "{text}");
}

#[test]
fn the_page_about_lectures_names_every_field_state_and_word() {
    let page = include_str!("../../../../docs/lecture.md");
    let mut named: Vec<String> = FIELDS_OF_STEP.iter().map(|f| format!("`{f}`")).collect();
    named.extend(
        When::ALL
            .iter()
            .map(|when| format!("| `{}` |", when.name())),
    );
    named.extend(
        super::super::say::WORDS
            .iter()
            .map(|(word, _)| format!("`{{{word}}}`")),
    );
    named.extend(Curve::ALL.iter().map(|(_, name)| format!("`{name}`")));
    named.extend(DIAGRAMS.iter().map(|(_, name)| format!("`{name}`")));
    for name in named {
        assert!(page.contains(&name), "docs/lecture.md lacks {name}");
    }
    let example = page
        .split("```toml")
        .nth(1)
        .and_then(|t| t.split("```").next());
    let story = Story::from_toml(example.unwrap_or_default());
    assert_eq!(story.map(|story| story.steps.len()), Ok(2));
    for (i, step) in Story::shipped().steps.iter().enumerate() {
        let line = format!("{}. {}", i + 1, step.title);
        assert!(page.contains(&line), "docs/lecture.md lacks: {line}");
    }
}
