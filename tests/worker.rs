//! The worker through its protocol, as a frontend sees it.

use grokscope::sim::config::{Config, EngineKind, ValidConfig, Width};
use grokscope::sim::metrics::{Metric, Row};
use grokscope::sim::outcome::Outcome;
use grokscope::training::{
    Command, Event, Finish, Frontend, Hold, Pace, Phase, RunId, StartOptions, WorkerHandle,
    headless, pump,
};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

fn small(steps: u64) -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.training.steps) = (8, 20, steps);
    c
}

fn valid(config: Config) -> ValidConfig {
    config.check().expect("valid")
}

fn start(worker: &WorkerHandle, run: u64, config: Config, options: StartOptions) {
    worker.send(Command::Start {
        run: RunId(run),
        config: Box::new(valid(config)),
        instance: None,
        options,
    });
}

/// Options of a run that waits to be told to go on.
fn paused() -> StartOptions {
    StartOptions {
        paused: true,
        ..StartOptions::default()
    }
}

/// The third frontend: collects.
#[derive(Default)]
struct Collector {
    run: u64,
    rows: Vec<Row>,
    finish: Option<Finish>,
    lowered: Vec<f64>,
    config: Option<Config>,
    failed: Option<String>,
    working: usize,
}

impl Frontend for Collector {
    fn current_run(&self) -> Option<RunId> {
        Some(RunId(self.run))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Started { .. } => {}
            Event::Changed { config, .. } => self.config = Some(config.into_inner()),
            Event::Rows { rows, .. } => {
                for row in rows {
                    // A row takes the place of one of the same step.
                    self.rows.pop_if(|last| last.step == row.step);
                    self.rows.push(row);
                }
            }
            Event::LearningRateLowered { to, .. } => {
                self.rows.clear();
                self.lowered.push(to);
            }
            Event::Finished { finish, .. } => self.finish = Some(finish),
            Event::Working { .. } => self.working += 1,
            Event::Failed { message, .. } => self.failed = Some(message),
        }
    }
}

fn collect(worker: &WorkerHandle, run: u64) -> Collector {
    let mut c = Collector {
        run,
        ..Collector::default()
    };
    wait(|| {
        pump(worker, &mut c, Duration::from_millis(10));
        c.finish.is_some() || c.failed.is_some()
    });
    c
}

fn wait(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "nothing came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The newest snapshot that satisfies a condition.
fn snapshot_where(
    worker: &WorkerHandle,
    condition: impl Fn(&grokscope::training::Snapshot) -> bool,
) -> grokscope::training::Snapshot {
    let mut found = None;
    wait(|| {
        found = worker.latest().filter(|s| condition(s)).or(found.take());
        found.is_some()
    });
    found.expect("waited for")
}

#[test]
fn two_runs_of_a_config_give_the_same_rows_to_the_bit_at_any_pace() {
    let worker = WorkerHandle::spawn(|| {});
    let every = StartOptions {
        every_column: true,
        ..StartOptions::default()
    };
    start(&worker, 1, small(3_000), every.clone());
    let first = collect(&worker, 1);
    worker.send(Command::SetPace(Pace::DecadesPerSecond(8.0)));
    start(&worker, 2, small(3_000), every);
    let second = collect(&worker, 2);
    assert!(first.rows == second.rows);
    assert_eq!(first.rows.first().map(|r| r.step), Some(0));
    assert_eq!(first.rows.last().map(|r| r.step), Some(3_000));
}

#[test]
fn no_row_is_lost_when_the_frontend_does_not_look() {
    let worker = WorkerHandle::spawn(|| {});
    let mut config = small(40_000);
    config.record.steps = (1..=40_000).collect();
    start(&worker, 1, config, StartOptions::default());
    let done = snapshot_where(&worker, |s| s.phase == Phase::Done);
    assert_eq!(done.step, 40_000, "the worker waited for nobody");
    let rows = collect(&worker, 1).rows;
    assert!(rows.iter().map(|r| r.step).eq(0..=40_000));
}

#[test]
fn a_new_run_makes_the_events_of_the_old_one_stale() {
    let worker = WorkerHandle::spawn(|| {});
    for run in 1..=30 {
        start(&worker, run, small(1_000_000_000), StartOptions::default());
    }
    start(&worker, 31, small(500), StartOptions::default());
    let c = collect(&worker, 31);
    assert!(c.rows.windows(2).all(|w| w[0].step < w[1].step));
    assert_eq!(c.finish.map(|f| f.step), Some(500));
}

#[test]
fn pause_step_and_resume_hold_where_they_say() {
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, small(1_000_000_000), paused());
    assert_eq!(
        snapshot_where(&worker, |s| s.phase == Phase::Paused).step,
        0
    );
    worker.send(Command::Step(7));
    assert_eq!(
        snapshot_where(&worker, |s| s.step > 0 && s.phase == Phase::Paused).step,
        7
    );
    worker.send(Command::Resume);
    snapshot_where(&worker, |s| s.step > 1_000);
    worker.send(Command::Pause);
    let held = snapshot_where(&worker, |s| s.phase == Phase::Paused).step;
    worker.send(Command::Step(1));
    assert_eq!(snapshot_where(&worker, |s| s.step > held).step, held + 1);
    worker.send(Command::Stop);
    let c = collect(&worker, 1);
    assert_eq!(c.finish.map(|f| f.step), Some(held + 1));
}

#[test]
fn a_finished_run_is_carried_on_and_ends_as_a_longer_one_would_have() {
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, small(1_000), StartOptions::default());
    let mut first = collect(&worker, 1);
    worker.send(Command::SetHorizon(10_000));
    let rest = collect(&worker, 1);
    first.rows.extend(rest.rows);
    start(&worker, 2, small(10_000), StartOptions::default());
    let whole = collect(&worker, 2);
    assert!(first.rows == whole.rows);
}

#[test]
fn live_changes_of_rate_and_decay_need_no_restart_and_are_owned_up_to() {
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, small(1_000_000_000), paused());
    worker.send(Command::Step(100));
    snapshot_where(&worker, |s| s.step == 100);
    worker.send(Command::SetLearningRate(0.25));
    worker.send(Command::SetWeightDecay(1e-3));
    worker.send(Command::SetHorizon(200));
    worker.send(Command::Resume);
    let c = collect(&worker, 1);
    assert!(c.finish.is_some_and(|f| f.changed_live && f.step == 200));
    let rate = |step| {
        c.rows
            .iter()
            .find(|r| r.step == step)
            .and_then(|r| r.get(Metric::LearningRate))
    };
    assert_eq!((rate(100), rate(200)), (Some(1.0), Some(0.25)));
}

#[test]
fn an_unstable_rate_is_lowered_until_the_run_ends_well() {
    let mut config = small(5_000);
    config.training.learning_rate = 100.0;
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, config.clone(), StartOptions::default());
    let c = collect(&worker, 1);
    let Some(Outcome::Diverged {
        step,
        stable_learning_rate,
    }) = c.finish.map(|f| f.verdict.outcome())
    else {
        panic!("η₀ = 100 must diverge");
    };
    assert!(step > 0 && stable_learning_rate < 100.0);
    start(
        &worker,
        2,
        config,
        StartOptions {
            lower_unstable_learning_rate: true,
            ..StartOptions::default()
        },
    );
    let c = collect(&worker, 2);
    assert!(!matches!(
        c.finish.map(|f| f.verdict.outcome()),
        Some(Outcome::Diverged { .. }) | None
    ));
    assert!(!c.lowered.is_empty() && c.lowered.iter().all(|r| *r < 100.0));
    assert_eq!(
        c.rows.first().and_then(|r| r.get(Metric::LearningRate)),
        c.lowered.last().copied()
    );
}

#[test]
fn wherever_the_sliders_stand_a_run_ends_well() {
    let worker = WorkerHandle::spawn(|| {});
    let lower = StartOptions {
        lower_unstable_learning_rate: true,
        ..StartOptions::default()
    };
    let mut run = 0;
    for alpha in [1e-6, 1e-3, 0.01, 0.1, 1.0, 30.0] {
        for (epsilon, sigma) in [(0.01, 1.0), (0.3, 1.0), (2.0, 1.0), (0.3, 0.1), (0.3, 5.0)] {
            for centered in [true, false] {
                run += 1;
                let mut c = small(3_000);
                (c.network.alpha, c.network.epsilon) = (alpha, epsilon);
                (c.network.init_scale, c.network.centered) = (sigma, centered);
                start(&worker, run, c, lower.clone());
                let c = collect(&worker, run);
                let outcome = c.finish.map(|f| f.verdict.outcome());
                assert!(
                    !matches!(outcome, Some(Outcome::Diverged { .. }) | None),
                    "α={alpha} ε={epsilon} σ={sigma} κ={centered}: {outcome:?} after {:?}",
                    c.lowered
                );
            }
        }
    }
}

fn every_column() -> StartOptions {
    StartOptions {
        every_column: true,
        ..StartOptions::default()
    }
}

fn lowering() -> StartOptions {
    StartOptions {
        lower_unstable_learning_rate: true,
        ..StartOptions::default()
    }
}

#[test]
fn a_run_steered_by_hand_is_trained_again_to_the_bit_from_its_settings() {
    let mut descent = small(2_000);
    descent.training.learning_rate = 0.5;
    let mut momentum = descent.clone();
    momentum.training.momentum = 0.9;
    momentum.training.learning_rate = 0.02;
    let mut neurons = descent.clone();
    neurons.training.engine = EngineKind::Neurons;
    neurons.network.width = Width::Finite(20);
    let mut flow = descent.clone();
    flow.training.engine = EngineKind::Flow;
    for config in [descent, momentum, neurons, flow] {
        let name = format!(
            "{:?}, μ = {}",
            config.training.engine, config.training.momentum
        );
        let rate = config.training.learning_rate;
        let worker = WorkerHandle::spawn(|| {});
        let options = StartOptions {
            paused: true,
            ..every_column()
        };
        start(&worker, 1, config, options);
        let step_to = |from: u64, to: u64| {
            worker.send(Command::Step(to - from));
            snapshot_where(&worker, |s| s.step == to && s.phase == Phase::Paused);
        };
        step_to(0, 37);
        worker.send(Command::SetWeightDecay(1e-3));
        step_to(37, 260);
        worker.send(Command::SetLearningRate(rate / 3.0));
        step_to(260, 600);
        worker.send(Command::SetHorizon(700));
        worker.send(Command::Resume);
        snapshot_where(&worker, |s| s.phase == Phase::Done);
        worker.send(Command::SetHorizon(5_000));
        snapshot_where(&worker, |s| s.step == 5_000 && s.phase == Phase::Done);
        let mut steered = Collector {
            run: 1,
            ..Collector::default()
        };
        pump(&worker, &mut steered, Duration::from_secs(5));
        let settings = steered.config.expect("the history was told");
        assert_eq!(settings.training.changes.len(), 4, "{name}: {settings:?}");

        let read = Config::from_toml(&settings.to_toml()).expect("reads back");
        assert_eq!(read, settings);
        let again = headless::train(valid(read), None, |_| {}).expect("trains");
        assert!(steered.rows.iter().any(|row| row.step == 700));
        assert_eq!(steered.rows.len(), again.rows.len(), "{name}");
        for (a, b) in steered.rows.iter().zip(&again.rows) {
            // Which of the expensive columns there are is a matter of pace.
            for metric in [Metric::TrainLoss, Metric::TestLoss, Metric::FlowTime] {
                let bits = |row: &Row| row.get(metric).map(f64::to_bits);
                assert_eq!(bits(a), bits(b), "{name}: {metric:?} at {}", a.step);
            }
        }
        assert!(steered.rows == again.rows, "{name}");
        let judged = |finish: &Finish| {
            let verdict = &finish.verdict;
            let stability = verdict.stability;
            format!(
                "{:?} {:?} {stability:?}",
                verdict.by_loss, verdict.by_accuracy
            )
        };
        let steered = steered.finish.expect("it ended");
        assert_eq!(judged(&steered), judged(&again.finish), "{name}");
    }
}

#[test]
fn what_was_changed_by_hand_survives_a_lowering_of_the_learning_rate() {
    let worker = WorkerHandle::spawn(|| {});
    let mut config = small(3_000);
    config.training.learning_rate = 0.2;
    let options = StartOptions {
        paused: true,
        ..lowering()
    };
    start(&worker, 1, config, options);
    worker.send(Command::Step(500));
    snapshot_where(&worker, |s| s.step == 500);
    worker.send(Command::SetWeightDecay(2e-3));
    worker.send(Command::SetHorizon(4_000));
    worker.send(Command::Step(100));
    snapshot_where(&worker, |s| s.step == 600);
    worker.send(Command::SetLearningRate(100.0));
    worker.send(Command::Resume);
    let c = collect(&worker, 1);
    assert_eq!(
        c.finish.map(|f| f.step),
        Some(4_000),
        "it does not wait at step 0"
    );
    let training = c.config.expect("told").training;
    let used = *c.lowered.last().expect("lowered");
    assert_eq!(training.after(499).weight_decay, 0.0);
    assert_eq!(training.after(500).weight_decay, 2e-3);
    assert_eq!(training.horizon(), 4_000);
    assert_eq!(training.after(600).learning_rate, used);
    assert!(used < 100.0 && training.learning_rate <= 0.2);
}

#[test]
fn a_lowered_learning_rate_is_stable_to_the_end_and_the_same_on_every_path() {
    let mut single = small(3_000);
    (single.task.dim, single.task.samples) = (10, 1);
    single.network.width = Width::Finite(7);
    let mut rich = small(3_000);
    rich.network.alpha = 0.01;
    for (name, mut config, asked) in [
        ("P = 1", single, 7.0),
        ("far too much", small(3_000), 1_000.0),
        ("rich", rich, 100.0),
    ] {
        config.training.learning_rate = asked;
        let worker = WorkerHandle::spawn(|| {});
        let launched = StartOptions {
            every_column: true,
            ..lowering()
        };
        start(&worker, 1, config.clone(), launched);
        let whole = collect(&worker, 1);
        assert!(!whole.lowered.is_empty(), "{name} does not diverge");
        for row in &whole.rows {
            let stability = row.get(Metric::Stability).expect("measured");
            assert!(stability < 1.0, "{name}: {stability} at {}", row.step);
        }
        let options = StartOptions {
            paused: true,
            ..lowering()
        };
        start(&worker, 2, config, options);
        worker.send(Command::Step(1));
        snapshot_where(&worker, |s| s.run == RunId(2) && s.step == 1);
        worker.send(Command::Resume);
        let stepped = collect(&worker, 2);
        assert_eq!(whole.lowered, stepped.lowered, "{name}");
        println!("{name}: {asked} asked, lowered {:?}", whole.lowered);
        let losses = |rows: &[Row]| -> Vec<Option<u64>> {
            let losses = rows.iter().map(|r| r.get(Metric::TrainLoss));
            losses.map(|l| l.map(f64::to_bits)).collect()
        };
        assert!(losses(&whole.rows) == losses(&stepped.rows), "{name}");
    }
}

/// A run whose first step is far away: the moments of so many neurons.
fn long_start() -> Config {
    let mut config = small(1_000);
    (config.task.dim, config.network.width) = (200, Width::Finite(200_000));
    config
}

#[test]
fn a_long_start_says_what_it_does_and_is_given_up_for_another_at_once() {
    let worker = WorkerHandle::spawn(|| {});
    // More of them than threads may be at work: the last one waits its turn.
    for run in 1..=6 {
        start(&worker, run, long_start(), StartOptions::default());
    }
    let mut told = None;
    wait(|| {
        told = told.take().or(match worker.try_event() {
            Some(Event::Working {
                run: RunId(6),
                working,
            }) => Some(working),
            _ => None,
        });
        told.is_some()
    });
    let told = told.expect("waited for");
    assert!(told.preparing && !told.what.is_empty());
    assert!((0.0..1.0).contains(&told.share));
    let asked = Instant::now();
    start(&worker, 7, small(500), StartOptions::default());
    let c = collect(&worker, 7);
    assert_eq!(c.finish.map(|f| f.step), Some(500));
    // It trains while the others have not noticed yet.
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn a_long_start_is_stopped_before_its_first_step() {
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, long_start(), StartOptions::default());
    worker.send(Command::SetHorizon(2_000));
    worker.send(Command::Stop);
    let asked = Instant::now();
    let c = collect(&worker, 1);
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    assert!(c.rows.is_empty() && c.finish.is_none());
    assert!(
        c.failed
            .is_some_and(|why| why.contains("before its first step"))
    );
}

#[test]
fn what_is_asked_of_a_run_whose_steps_take_long_is_done_in_order() {
    let mut config = small(1_000);
    (config.task.dim, config.task.samples) = (700, 100);
    let worker = WorkerHandle::spawn(|| {});
    let paused_all = StartOptions {
        paused: true,
        ..every_column()
    };
    start(&worker, 1, config.clone(), paused_all);
    worker.send(Command::Step(2));
    worker.send(Command::SetLearningRate(0.25));
    worker.send(Command::SetHorizon(4));
    worker.send(Command::Resume);
    let c = collect(&worker, 1);
    assert_eq!(
        c.rows.iter().map(|r| r.step).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4]
    );
    let finish = c.finish.expect("it ended");
    assert!(finish.preparing_seconds > 0.0 && finish.measuring_seconds > 0.0);
    let settings = c.config.expect("the changes were told");
    let again = headless::train(valid(settings), None, |_| {}).expect("trains");
    assert!(c.rows == again.rows);
}

#[test]
fn costly_columns_are_measured_at_steps_that_the_settings_alone_decide() {
    let mut config = small(30);
    (config.task.dim, config.task.samples) = (8, 3_000);
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, config.clone(), StartOptions::default());
    let seen = collect(&worker, 1);
    worker.send(Command::SetPace(Pace::StepsPerSecond(200.0)));
    start(&worker, 2, config.clone(), StartOptions::default());
    let paced = collect(&worker, 2);
    let measured = |c: &Collector| -> Vec<u64> {
        let rows = c.rows.iter().filter(|r| r.get(Metric::Stability).is_some());
        rows.map(|r| r.step).collect()
    };
    assert_eq!(measured(&seen), measured(&paced));
    let some = measured(&seen).len();
    assert!(
        some > 2 && some < seen.rows.len(),
        "{some} of {}",
        seen.rows.len()
    );
    // Where both are measured they are the same to the bit as in files.
    let whole = headless::train(valid(config), None, |_| {}).expect("trains");
    for (row, file) in seen.rows.iter().zip(&whole.rows) {
        for metric in Metric::ALL {
            if let Some(value) = row.get(*metric) {
                assert_eq!(Some(value.to_bits()), file.get(*metric).map(f64::to_bits));
            }
        }
    }
}

#[test]
fn a_run_holds_by_itself_in_the_very_step_at_which_it_fits() {
    let worker = WorkerHandle::spawn(|| {});
    start(&worker, 1, small(1_000_000), paused());
    for (hold, met) in [
        (Hold::Step(5), 5),
        (Hold::Fit, 0),
        // Met already: it goes no further.
        (Hold::Fit, 0),
    ] {
        worker.send(Command::HoldAt(Some(hold)));
        worker.send(Command::Resume);
        let held = snapshot_where(&worker, |s| {
            s.phase == Phase::Paused && hold.is_met(s.step, s.verdict.crossings())
        });
        let step = match hold {
            Hold::Step(_) => met,
            _ => held.verdict.crossings().fit.expect("it fits"),
        };
        assert_eq!(held.step, step, "{hold:?}");
    }
    worker.send(Command::HoldAt(None));
    worker.send(Command::Resume);
    snapshot_where(&worker, |s| s.step > 2_000);
    worker.send(Command::Stop);
    collect(&worker, 1);
}
