//! A model that is not part of the program goes through all of it: the worker, the
//! history, the files, the sweep and the replay know nothing of what they train.

use grokscope::figures::run::alone;
use grokscope::history::Run;
use grokscope::io::csv;
use grokscope::sim::checkpoint::{Mismatch, Reader, Writer};
use grokscope::sim::config::{FamilySettings, TrainingConfig, ValidConfig};
use grokscope::sim::metrics::{Metric, Row};
use grokscope::sim::model::{LossPair, Model, Moved, Weights, weights_as};
use grokscope::sim::outcome::Class;
use grokscope::sim::{Simulation, SimulationError, config::Config, models};
use grokscope::sweep::Spec;
use grokscope::sweep::cell::{Cache, evaluate};
use grokscope::training::{Command, Event, RunId, StartOptions, WorkerHandle, headless};
use std::sync::Arc;
use std::time::Duration;

/// A line through the origin, whose slope is learned from two points of noise.
struct Line {
    slope: f64,
}

#[derive(Debug, PartialEq)]
struct Slope(f64);

impl Weights for Slope {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl Model for Line {
    fn columns(&self) -> &'static [Metric] {
        &[
            Metric::TrainLoss,
            Metric::SampleTestLoss,
            Metric::WeightNormSq,
        ]
    }

    fn zero_losses(&self) -> LossPair {
        LossPair {
            train: 1.0,
            test: Some(1.0),
        }
    }

    fn advance(&mut self, from: u64, to: u64, training: &TrainingConfig) -> Moved {
        for _ in from..to {
            self.slope += training.learning_rate * (1.0 - self.slope);
        }
        Moved::default()
    }

    fn evaluate(&mut self, _: u64, _: &TrainingConfig) -> Option<f64> {
        (!self.slope.is_finite()).then_some(1.0)
    }

    fn losses(&self) -> LossPair {
        LossPair {
            train: (1.0 - self.slope).powi(2),
            // The true slope is a little less than that of the train points.
            test: Some((0.9 - self.slope).powi(2) + 0.05),
        }
    }

    fn change(&mut self, _: u64, _: &TrainingConfig, _: &TrainingConfig) {}

    fn measure(&mut self, row: &mut Row, _: &TrainingConfig, _: bool) {
        let LossPair { train, test } = self.losses();
        row.set(Metric::TrainLoss, train);
        row.set(Metric::SampleTestLoss, test.unwrap_or(f64::NAN));
        row.set(Metric::WeightNormSq, self.slope * self.slope);
    }

    fn weights(&self) -> Arc<dyn Weights> {
        Arc::new(Slope(self.slope))
    }

    fn initial_weights(&self) -> Arc<dyn Weights> {
        Arc::new(Slope(0.0))
    }

    fn save(&self, to: &mut Writer) {
        to.number(self.slope);
    }

    fn restore(&mut self, _: u64, _: &TrainingConfig, from: &mut Reader) -> Result<(), Mismatch> {
        self.slope = from.number()?;
        Ok(())
    }
}

static LINE: FamilySettings = FamilySettings {
    name: "line",
    label: "a line",
    about: "A slope is learned from two points.",
    ignorant: "zero predictor",
    by_error: false,
    takes: &[],
    defaults: |c| {
        c.training.learning_rate = 0.05;
        c.training.steps = 200;
    },
    check: |_| Ok(()),
};

fn line(_: &ValidConfig) -> Result<Box<dyn Model>, SimulationError> {
    Ok(Box::new(Line { slope: 0.0 }))
}

fn config() -> Config {
    models::add(&LINE, line);
    Config::from_toml("[network]\nfamily = \"line\"\n").expect("the family is known")
}

#[test]
fn it_trains_in_the_worker_and_is_kept_in_history_and_file() {
    let config = config().check().expect("valid");
    let trained = headless::train(config.clone(), None, |_| {}).expect("it trains");
    assert_eq!(trained.info.columns.len(), 3);
    assert_eq!(
        trained.finish.verdict.outcome().class(),
        Class::GeneralisesAtOnce
    );
    let mut bytes = Vec::new();
    csv::emit(&mut bytes, trained.info.columns, &trained.rows).expect("written");
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.starts_with("step,train_loss,sample_test_loss,weight_norm_sq\n0,1.0,0.86"));
    // The same rows on this thread.
    let again = alone(&config, true, &|| false)
        .expect("it trains")
        .expect("to its end");
    assert_eq!(again.rows, trained.rows);
}

#[test]
fn its_weights_are_kept_and_its_settings_change_while_it_trains() {
    let config = config();
    let worker = WorkerHandle::spawn(|| {});
    let run = RunId(7);
    let mut history = Run::new(run, config.clone());
    worker.send(Command::Start {
        run,
        config: Box::new(config.check().expect("valid")),
        instance: None,
        options: StartOptions {
            keep_weights: true,
            paused: true,
            ..StartOptions::default()
        },
    });
    worker.send(Command::Step(50));
    worker.send(Command::SetLearningRate(0.01));
    worker.send(Command::Resume);
    let mut newest = None;
    while history.finish().is_none() {
        if let Some(event) = worker.event_timeout(Duration::from_secs(5)) {
            assert!(!matches!(event, Event::Failed { .. }), "{event:?}");
            history.handle(&event);
        }
        newest = worker.latest().or(newest);
    }
    let snapshot = worker.latest().or(newest).expect("a snapshot");
    let kept = snapshot.keyframes.at_or_before(10).expect("kept");
    let slope = weights_as::<Slope>(&kept.weights).expect("a slope");
    // The rate was changed before the first step.
    let expected = 1.0 - 0.99f64.powi(kept.step as i32);
    assert_eq!(*slope, Slope(expected).near(&slope));
    // What was steered by hand is the same run again from its settings.
    let steered = history.config().clone().check().expect("valid");
    let mut again = Simulation::new(&steered, None).expect("made");
    while !again.is_finished() {
        again.advance(1_000);
    }
    let last = history.rows().last().expect("rows");
    assert_eq!(again.record(true), *last);
}

impl Slope {
    /// Itself, or the other one where they differ by rounding.
    fn near(self, other: &Self) -> Self {
        match (self.0 - other.0).abs() < 1e-12 {
            true => Self(other.0),
            false => self,
        }
    }
}

#[test]
fn it_goes_on_from_a_kept_state_and_refuses_foreign_settings() {
    let config = config().check().expect("valid");
    let mut first = Simulation::new(&config, None).expect("made");
    while first.step() < 60 {
        first.advance(60 - first.step());
    }
    let words = first.save();
    let mut second = Simulation::new(&config, None).expect("made");
    second.restore(&words).expect("its own state");
    for run in [&mut first, &mut second] {
        while !run.is_finished() {
            run.advance(1_000);
        }
    }
    assert_eq!(first.record(true), second.record(true));
    let error = Config::from_toml("[network]\nfamily = \"line\"\nepsilon = 0.1\n").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no setting of network.family = \"line\""),
        "{error}"
    );
}

#[test]
fn it_is_swept_like_any_other() {
    config();
    let spec = r#"
        title = "a line"
        [base.network]
        family = "line"
        [axes]
        "training.learning_rate" = [0.02, 0.05]
        [measures]
        stop = "horizon"
    "#;
    let spec = Spec::parse(spec).expect("a spec");
    let cells: Vec<_> = (0..2)
        .map(|cell| evaluate(&spec, cell, &mut Cache::default()).expect("a cell"))
        .collect();
    let fits: Vec<_> = cells
        .iter()
        .map(|cell| cell.fit_step.expect("fits"))
        .collect();
    // (1 − η)^2t < 0.1.
    assert_eq!(fits, [57, 23]);
    assert!(
        cells
            .iter()
            .all(|cell| cell.outcome == "generalises_at_once")
    );
}
