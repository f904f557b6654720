//! A window to test, with a worker that says what the test tells it to.

use eframe::CreationContext;
use egui::{Key, Modifiers, Role};
use egui_kittest::{Harness, Node, kittest::Queryable};
use grokscope::{
    app::{GrokscopeApp, backend::Backend, export::Exporter, session::RunState},
    sim::{
        config::{Config, ValidConfig, Value, field},
        metrics::{Metric, Row},
        outcome::{Crossings, Outcome, Thresholds},
        verdict::{Status, Verdict},
    },
    startup::Startup,
    training::{Command, Event, Finish, Frontend, Pace, RunId, Snapshot, StartOptions},
};
use std::{
    collections::VecDeque,
    ops::Range,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// The end at `step` of a run that fits and, where it groks, generalises at the
/// steps of `crossed`.
pub fn finish(step: u64, outcome: Outcome, crossed: [u64; 2]) -> Finish {
    let thresholds = Thresholds {
        train: 0.1,
        test: 0.1,
    };
    let crossings = Crossings {
        fit: Some(crossed[0]),
        generalise: matches!(outcome, Outcome::Groks).then_some(crossed[1]),
    };
    let begun = Verdict::begun(thresholds, 2.0, step, 1.0, Some(1.0));
    let mut verdict = begun.crossed(Status::Finished, step, crossings);
    if let Outcome::Diverged {
        step,
        stable_learning_rate,
    } = outcome
    {
        verdict.status = Status::Diverged;
        verdict.diverged = Some((step, stable_learning_rate));
    }
    assert_eq!(verdict.outcome(), outcome);
    Finish {
        step,
        verdict: Box::new(verdict),
        training_seconds: 0.1,
        measuring_seconds: 0.25,
        preparing_seconds: 0.125,
        changed_live: false,
    }
}

#[derive(Default)]
struct Tape {
    commands: Vec<Command>,
    events: VecDeque<Event>,
}

/// Records commands and plays events.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Tape>>);

impl Script {
    pub fn commands(&self) -> Vec<Command> {
        self.0.lock().unwrap().commands.clone()
    }

    pub fn last(&self) -> Option<Command> {
        self.0.lock().unwrap().commands.last().cloned()
    }

    pub fn starts(&self) -> Vec<(RunId, ValidConfig, StartOptions)> {
        self.commands()
            .into_iter()
            .filter_map(|command| match command {
                Command::Start {
                    run,
                    config,
                    options,
                    ..
                } => Some((run, *config, options)),
                _ => None,
            })
            .collect()
    }

    /// The pace in force.
    pub fn pace(&self) -> Option<Pace> {
        self.commands().into_iter().rev().find_map(|c| match c {
            Command::SetPace(pace) => Some(pace),
            _ => None,
        })
    }

    pub fn push(&self, event: Event) {
        self.0.lock().unwrap().events.push_back(event);
    }

    pub fn rows(&self, run: RunId, steps: Range<u64>) {
        let rows = steps
            .map(|step| row(step, 1.0 / (1.0 + step as f64)))
            .collect();
        self.push(Event::Rows { run, rows });
    }
}

/// A row with these losses and plausible other columns.
pub fn row(step: u64, loss: f64) -> Row {
    let mut row = Row::new(step);
    row.set(Metric::TrainLoss, loss);
    row.set(Metric::TestLoss, 1.2 * loss);
    row.set(Metric::VarianceError, 0.2 * loss);
    row.set(Metric::MisalignmentError, 0.7 * loss);
    row.set(Metric::LinearPower, 0.3 * loss);
    row.set(Metric::FeatureAlignment, 0.5);
    row
}

impl Backend for Script {
    fn send(&mut self, command: Command) {
        self.0.lock().unwrap().commands.push(command);
    }

    // Hands over everything, stale or not: the window has to cope.
    fn pump(&mut self, frontend: &mut dyn Frontend, budget: Duration) -> bool {
        let start = Instant::now();
        while let Some(event) = { self.0.lock().unwrap().events.pop_front() } {
            frontend.handle(event);
            if start.elapsed() >= budget {
                return true;
            }
        }
        false
    }

    fn latest(&mut self) -> Option<Snapshot> {
        None
    }
}

/// A start with these settings.
pub fn settings(config: Config) -> Startup {
    Startup {
        config: Some(config),
        ..Startup::default()
    }
}

/// The window under test.
pub struct Screen {
    pub harness: Harness<'static, GrokscopeApp>,
    pub script: Script,
}

impl Screen {
    /// A first launch with a scripted worker.
    pub fn scripted() -> Self {
        Self::open(Startup::default(), Exporter::new(None))
    }

    pub fn open(startup: Startup, exporter: Arc<Exporter>) -> Self {
        Self::with(startup, 0.05, exporter, |app, _| app)
    }

    /// A window with the real worker.
    pub fn real(config: Config) -> Self {
        Self::started(settings(config))
    }

    /// A window with the real worker, started in any way.
    pub fn started(startup: Startup) -> Self {
        Self::build(Script::default(), 0.05, move |cc| {
            GrokscopeApp::new(cc, startup)
        })
    }

    /// A window with a scripted worker, completed by `finish`.
    pub fn with(
        startup: Startup,
        step_secs: f32,
        exporter: Arc<Exporter>,
        finish: impl FnOnce(GrokscopeApp, &egui::Context) -> GrokscopeApp,
    ) -> Self {
        let script = Script::default();
        let backend = Box::new(script.clone());
        Self::build(script, step_secs, move |cc| {
            let app = GrokscopeApp::with_backend(cc, startup, backend, exporter);
            finish(app, &cc.egui_ctx)
        })
    }

    fn build(
        script: Script,
        step_secs: f32,
        make: impl FnOnce(&mut CreationContext<'static>) -> GrokscopeApp,
    ) -> Self {
        let harness = Harness::builder()
            .with_size(egui::vec2(1280.0, 800.0))
            .with_step_dt(step_secs)
            .build_eframe(make);
        let mut screen = Self { harness, script };
        screen.steps(2);
        screen
    }

    pub fn app(&mut self) -> &mut GrokscopeApp {
        self.harness.state_mut()
    }

    pub fn steps(&mut self, n: usize) {
        self.harness.run_steps(n);
    }

    pub fn config(&self) -> &Config {
        self.harness.state().state.session.config()
    }

    pub fn value(&self, key: &str) -> Value {
        (field(key).unwrap().get)(self.config())
    }

    pub fn state(&self) -> RunState {
        self.harness.state().state.session.state()
    }

    pub fn run_id(&self) -> RunId {
        self.harness.state().state.session.run().unwrap().id()
    }

    pub fn slider<'s>(&'s self, name: &'s str) -> Node<'s> {
        self.harness.get_by_role_and_label(Role::Slider, name)
    }

    pub fn typed<'s>(&'s self, name: &'s str) -> Node<'s> {
        self.harness.get_by_role_and_label(Role::TextInput, name)
    }

    /// Replaces the content of a typed field and leaves it with Enter.
    pub fn type_into(&mut self, name: &str, text: &str) {
        self.typed(name).focus();
        self.steps(2);
        self.press_with(Modifiers::COMMAND, Key::A);
        self.typed(name).type_text(text);
        self.steps(2);
        self.press(Key::Enter);
        self.steps(5);
    }

    /// Checks that this is written somewhere on screen.
    pub fn sees(&self, text: &str) {
        let found = self.harness.query_all_by_label_contains(text).count();
        assert!(found > 0, "nothing on screen says {text:?}");
    }

    /// Clicks the button with this name.
    pub fn click(&mut self, name: &str) {
        self.harness
            .get_by_role_and_label(Role::Button, name)
            .click();
        self.steps(3);
    }

    pub fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.steps(2);
    }

    pub fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.steps(2);
    }

    /// Draws frames until `done`, at most 30 s.
    pub fn wait(&mut self, what: &str, mut done: impl FnMut(&GrokscopeApp) -> bool) {
        let start = Instant::now();
        while !done(self.harness.state()) {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "no sign of {what}"
            );
            std::thread::sleep(Duration::from_millis(5));
            self.steps(1);
        }
    }

    /// Where the export that was just asked for went.
    pub fn exported(&mut self) -> PathBuf {
        self.wait("an export", |app| app.state.last_export.is_some());
        self.app().state.last_export.take().unwrap()
    }
}
