//! The theory thread through its handle, as the window uses it.

use grokscope::sim::LossPoint;
use grokscope::sim::Simulation;
use grokscope::sim::committee::instance::Instance;
use grokscope::sim::committee::kernel::{GramInputs, KernelEigen, Spectrum};
use grokscope::sim::committee::linearized::{LazyTime, Linearized};
use grokscope::sim::config::{Config, EngineKind, ValidConfig, Width};
use grokscope::sim::metrics::{Metric, Row};
use grokscope::training::{
    Answer, Command, Forecast, KernelView, Keyframes, LazyCurve, MovementRequest, Pace,
    PathRequest, PathView, RunId, StartOptions, TheoryHandle, TheoryRequest, WeightsRequest,
    WorkerHandle,
};
use ndarray::Array2;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

fn small() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.training.steps) = (15, 40, 10_000);
    (c.network.alpha, c.network.epsilon) = (0.7, 0.3);
    c
}

/// A problem whose forecast takes far longer than any test waits.
fn huge() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.training.steps) = (300, 2_000, 10_000_000);
    c
}

fn valid(config: &Config) -> ValidConfig {
    config.clone().check().expect("valid")
}

fn ask(theory: &TheoryHandle, run: u64, config: &Config) {
    theory.request(TheoryRequest {
        run: RunId(run),
        config: Box::new(valid(config)),
        instance: None,
    });
}

fn wait<T>(what: &str, mut next: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = next() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "no sign of {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn refined(theory: &TheoryHandle, run: u64) -> Forecast {
    wait("a refined forecast", || {
        let answer = theory.forecast()?;
        let forecast = answer.result.expect("a forecast");
        (answer.run == RunId(run) && forecast.refined).then_some(forecast)
    })
}

fn lazy_curve(theory: &TheoryHandle, run: u64) -> Result<LazyCurve, String> {
    wait("a lazy model", || {
        let Answer {
            run: of, result, ..
        } = theory.lazy()?;
        (of == RunId(run)).then_some(result)
    })
}

fn descend(config: &Config) -> Vec<Row> {
    let mut simulation = Simulation::new(&valid(config), None).expect("no instance");
    let mut rows = vec![simulation.record(false)];
    while !simulation.is_finished() {
        if simulation.advance(u64::MAX) {
            rows.push(simulation.record(false));
        }
    }
    rows
}

/// A curve at a step, interpolated in log time.
fn at(points: &[LossPoint], step: f64) -> Option<[f64; 2]> {
    let after = points.iter().position(|p| p.step >= step)?;
    let (a, b) = (points[after.checked_sub(1)?], points[after]);
    let part = (step / a.step).ln() / (b.step / a.step).ln();
    let between = |a: f64, b: f64| a + part * (b - a);
    Some([between(a.train, b.train), between(a.test, b.test)])
}

#[test]
fn gradient_descent_runs_along_the_refined_forecast() {
    for (epsilon, decay) in [(0.3, 0.0), (0.1, 0.0), (0.3, 1e-4)] {
        let mut config = small();
        (config.network.epsilon, config.training.weight_decay) = (epsilon, decay);
        config.training.learning_rate = 0.5;
        let theory = TheoryHandle::spawn(|| {});
        ask(&theory, 1, &config);
        let forecast = refined(&theory, 1);
        assert_eq!(forecast.points[0].step, 0.0);
        let rows = descend(&config);
        let zero = rows[0].get(Metric::TestLoss).expect("known");
        let mut compared = 0;
        for row in rows.iter().filter(|row| row.step >= 2) {
            let Some([train, test]) = at(&forecast.points, row.step as f64) else {
                continue;
            };
            for (metric, found) in [(Metric::TrainLoss, train), (Metric::TestLoss, test)] {
                let exact = row.get(metric).expect("measured");
                assert!(
                    (found - exact).abs() < 0.03 * exact + 0.003 * zero,
                    "ε = {epsilon}, step {}: {metric:?} {found} against {exact}",
                    row.step
                );
            }
            compared += 1;
        }
        assert!(compared > 50, "{compared} rows compared");
    }
}

#[test]
fn the_coarse_forecast_comes_before_the_refined_one() {
    let coarse_first = Arc::new(AtomicUsize::new(0));
    let woken = Arc::clone(&coarse_first);
    let theory = TheoryHandle::spawn(move || {
        woken.fetch_add(1, Ordering::Relaxed);
    });
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (100, 550);
    ask(&theory, 1, &config);
    let first = wait("a forecast", || theory.forecast());
    let first = first.result.expect("a forecast");
    let last = refined(&theory, 1);
    assert!(!first.refined && first.latency < last.latency);
    assert!(last.points.len() > first.points.len());
    assert!(
        coarse_first.load(Ordering::Relaxed) >= 2,
        "the window is woken"
    );
}

#[test]
fn the_latest_request_wins_and_stops_the_one_before_at_once() {
    let theory = TheoryHandle::spawn(|| {});
    ask(&theory, 1, &huge());
    std::thread::sleep(Duration::from_millis(300));
    let asked = Instant::now();
    for run in 2..=9 {
        let mut config = small();
        config.network.alpha = 0.1 * run as f64;
        ask(&theory, run, &config);
    }
    let forecast = refined(&theory, 9);
    assert!(asked.elapsed() < Duration::from_secs(5));
    let mut config = small();
    config.network.alpha = 0.9;
    let alone = TheoryHandle::spawn(|| {});
    ask(&alone, 9, &config);
    assert_eq!(refined(&alone, 9).points, forecast.points);
    assert!(theory.forecast().is_none(), "nothing follows");
}

#[test]
fn the_lazy_model_is_that_of_the_closed_form_also_when_the_kernel_is_reused() {
    let theory = TheoryHandle::spawn(|| {});
    // α, κ and the horizon change on the way, then what K₀ depends on.
    let changes: [fn(&mut Config); 6] = [
        |_| {},
        |c| c.network.alpha = 2.0,
        |c| c.network.centered = false,
        |c| c.training.steps = 5_000,
        |c| c.network.epsilon = 0.15,
        |c| c.seed += 1,
    ];
    let mut config = small();
    for (run, change) in (1..).zip(changes) {
        change(&mut config);
        ask(&theory, run, &config);
        let found = lazy_curve(&theory, run).expect("a lazy model");
        let simulation = Simulation::new(&valid(&config), None).expect("no instance");
        let exact = simulation
            .committee()
            .unwrap()
            .linearized(simulation.training())
            .expect("a lazy model");
        let rate = config.training.learning_rate;
        assert_eq!(
            found.points.last().map(|p| p.step),
            Some(config.training.steps as f64)
        );
        for point in found.points.iter().step_by(17) {
            let losses = exact.losses(&LazyTime::steps(rate, point.step as u64));
            assert!((point.train - losses.train).abs() < 1e-9 * (1.0 + losses.train));
            let test = losses.test.expect("known");
            assert!((point.test - test).abs() < 1e-9 * (1.0 + test));
        }
        let level = exact.losses(&LazyTime::Limit).test.expect("known");
        assert!((found.level - level).abs() < 1e-9 * level);
    }
}

#[test]
fn beside_the_flow_the_lazy_model_is_that_of_the_flow() {
    let theory = TheoryHandle::spawn(|| {});
    let mut config = small();
    config.training.engine = EngineKind::Flow;
    ask(&theory, 1, &config);
    let found = lazy_curve(&theory, 1).expect("a lazy model");
    let simulation = Simulation::new(&valid(&config), None).expect("no instance");
    let exact: &Linearized = simulation
        .committee()
        .unwrap()
        .linearized(simulation.training())
        .expect("a lazy model");
    let point = found.points[40];
    let losses = exact.losses(&LazyTime::Flow(config.training.learning_rate * point.step));
    assert!((point.train - losses.train).abs() < 1e-9);
}

#[test]
fn where_there_is_no_lazy_model_the_answer_says_why_and_the_forecast_still_comes() {
    let theory = TheoryHandle::spawn(|| {});
    let mut config = small();
    config.training.weight_decay = 1e-4;
    ask(&theory, 1, &config);
    let why = lazy_curve(&theory, 1).expect_err("weight decay");
    assert!(why.contains("weight decay"), "{why}");
    refined(&theory, 1);
    let mut config = small();
    (config.task.samples, config.training.steps) = (2_100, 50);
    ask(&theory, 2, &config);
    let why = lazy_curve(&theory, 2).expect_err("too many samples");
    assert!(why.contains("2048") && why.contains("2100"), "{why}");
    refined(&theory, 2);
}

fn instance(known_target: bool) -> Instance {
    let config = small();
    let simulation = Simulation::new(&valid(&config), None).expect("no instance");
    let task = simulation.committee().unwrap().task();
    let w0 = Array2::from_shape_fn((3, 15), |(i, j)| ((7 * i + 3 * j) as f64).sin());
    Instance {
        x: task.x.clone(),
        // Cubes are no quadratic function of x: the target is not known then.
        y: if known_target {
            task.y.clone()
        } else {
            task.y.mapv(|y| y.powi(3))
        },
        test: task
            .test
            .clone()
            .or_else(|| Some((task.x.clone(), task.y.clone()))),
        beta: None,
        w0: Some(w0),
        rescaled_by: [1.0; 2],
    }
}

#[test]
fn an_instance_without_a_known_target_is_forecast_on_its_test_set() {
    let instance = Arc::new(instance(false));
    let mut config = small();
    config.network.width = Width::Finite(3);
    let theory = TheoryHandle::spawn(|| {});
    theory.request(TheoryRequest {
        run: RunId(1),
        config: Box::new(valid(&config)),
        instance: Some(Arc::clone(&instance)),
    });
    let lazy = lazy_curve(&theory, 1).expect("a lazy model");
    let forecast = refined(&theory, 1);
    let simulation = Simulation::new(&valid(&config), Some(&instance)).expect("it fits");
    let exact = simulation.test_loss().expect("a test set");
    assert!(simulation.committee().unwrap().task().target.is_none());
    for start in [forecast.points[0], lazy.points[0]] {
        assert!((start.test / exact - 1.0).abs() < 1e-9);
        assert!((start.train / simulation.train_loss() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn an_instance_that_does_not_fit_is_answered_by_a_message_and_the_thread_lives_on() {
    let mut broken = instance(true);
    broken.w0 = Some(Array2::zeros((3, 4)));
    let theory = TheoryHandle::spawn(|| {});
    theory.request(TheoryRequest {
        run: RunId(1),
        config: Box::new(valid(&small())),
        instance: Some(Arc::new(broken)),
    });
    let answer = wait("an answer", || theory.forecast());
    assert_eq!(answer.run, RunId(1));
    assert!(!answer.result.expect_err("it does not fit").is_empty());
    ask(&theory, 2, &small());
    refined(&theory, 2);
}

fn kernel_at(theory: &TheoryHandle, config: &Config, steps: u64) -> Result<KernelView, String> {
    let mut simulation = Simulation::new(&valid(config), None).expect("no instance");
    while simulation.step() < steps {
        simulation.advance(steps - simulation.step());
    }
    theory.request_kernel(WeightsRequest {
        theory: TheoryRequest {
            run: RunId(1),
            config: Box::new(valid(config)),
            instance: None,
        },
        step: steps,
        state: Arc::new(simulation.committee().unwrap().state()),
    });
    wait("spectra", || theory.kernel()).result
}

#[test]
fn the_spectra_are_those_of_the_kernel_at_the_start_and_at_the_weights_given() {
    let theory = TheoryHandle::spawn(|| {});
    let config = small();
    let start = kernel_at(&theory, &config, 0).expect("spectra");
    assert_eq!(start.initial, start.now);
    let later = kernel_at(&theory, &config, 2_000).expect("spectra");
    assert_eq!(later.initial, start.initial);
    assert_eq!(later.step, 2_000);
    let mut simulation = Simulation::new(&valid(&config), None).expect("no instance");
    while simulation.step() < 2_000 {
        simulation.advance(2_000 - simulation.step());
    }
    let gram = GramInputs::new(simulation.committee().unwrap().task().x.view()).ntk(
        &simulation.committee().unwrap().state(),
        config.network.epsilon,
    );
    let y = simulation.committee().unwrap().task().y.to_vec();
    let exact = Spectrum::new(&KernelEigen::new(&gram).expect("finite"), &y);
    assert_eq!(later.now, exact);
    // The kernel turned towards the labels: fewer modes hold half of them.
    let half = |s: &Spectrum| s.cumulative.partition_point(|&c| c < 0.5);
    assert!(half(&later.now) < half(&later.initial));
    assert!(later.theory.is_some_and(|t| t.linear.count == 15));
}

#[test]
fn spectra_come_after_a_forecast_that_waits_and_stop_nothing() {
    let theory = TheoryHandle::spawn(|| {});
    ask(&theory, 7, &small());
    kernel_at(&theory, &small(), 10).expect("spectra");
    refined(&theory, 7);
    assert!(lazy_curve(&theory, 7).is_ok());
}

#[test]
fn where_there_are_no_spectra_the_answer_says_why() {
    let theory = TheoryHandle::spawn(|| {});
    let mut large = small();
    large.task.samples = 1_025;
    let why = kernel_at(&theory, &large, 0).expect_err("too large");
    assert!(why.contains("P = 1024") && why.contains("1025"), "{why}");
    let simulation = Simulation::new(&valid(&small()), None).expect("no instance");
    let mut other = small();
    other.task.dim = 20;
    theory.request_kernel(WeightsRequest {
        theory: TheoryRequest {
            run: RunId(1),
            config: Box::new(valid(&other)),
            instance: None,
        },
        step: 0,
        state: Arc::new(simulation.committee().unwrap().state()),
    });
    let why = wait("an answer", || theory.kernel()).result;
    assert!(why.expect_err("they do not fit").contains("another run"));
}

/// Latencies of forecasts at random slider positions while gradient descent
/// runs on another core. Prints; asserts nothing but that answers come.
#[test]
#[ignore = "a measurement"]
fn latency_of_a_forecast_while_gradient_descent_runs() {
    let mut paper = Config::default();
    (paper.task.dim, paper.task.samples) = (100, 550);
    (paper.network.alpha, paper.network.epsilon) = (1.0, 0.02);
    for (name, base) in [("opening", Config::default()), ("D=100, P=550", paper)] {
        let worker = WorkerHandle::spawn(|| {});
        worker.send(Command::SetPace(Pace::Fast));
        let mut trained = base.clone();
        trained.training.steps = 1_000_000_000;
        worker.send(Command::Start {
            run: RunId(1),
            config: Box::new(valid(&trained)),
            instance: None,
            options: StartOptions::default(),
        });
        let theory = TheoryHandle::spawn(|| {});
        let mut latencies: [Vec<f64>; 3] = Default::default();
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f64 / (1u64 << 24) as f64
        };
        for run in 0..100 {
            let mut config = base.clone();
            config.network.alpha = 10f64.powf(2.0 * random() - 1.5);
            if run % 2 == 0 {
                config.network.epsilon = 10f64.powf(1.5 * random() - 2.0);
            }
            ask(&theory, run, &config);
            let first = wait("a forecast", || theory.forecast());
            let first = first.result.expect("a forecast");
            latencies[0].push(first.latency.as_secs_f64());
            let last = if first.refined {
                first
            } else {
                refined(&theory, run)
            };
            latencies[1].push(last.latency.as_secs_f64());
            let lazy = lazy_curve(&theory, run).expect("a lazy model");
            latencies[2].push(lazy.latency.as_secs_f64());
        }
        for (what, mut times) in ["coarse", "refined", "lazy"].into_iter().zip(latencies) {
            times.sort_by(f64::total_cmp);
            let ms = |i: usize| 1e3 * times[i];
            println!(
                "{name}, {what}: median {:.1} ms, 90 % {:.1} ms, most {:.1} ms",
                ms(50),
                ms(90),
                ms(99)
            );
        }
    }
}

/// The path up to a step, with the weights kept at a few steps on the way.
fn path_at(theory: &TheoryHandle, config: &Config, steps: u64) -> Result<PathView, String> {
    let mut simulation = Simulation::new(&valid(config), None).expect("no instance");
    let kept = Keyframes::default();
    kept.push(
        0,
        Arc::new(simulation.committee().expect("a committee").state()),
    );
    while simulation.step() < steps {
        simulation.advance(steps - simulation.step());
        kept.push(
            simulation.step(),
            Arc::new(simulation.committee().expect("a committee").state()),
        );
    }
    let now = WeightsRequest {
        theory: TheoryRequest {
            run: RunId(1),
            config: Box::new(valid(config)),
            instance: None,
        },
        step: steps,
        state: Arc::new(simulation.committee().expect("a committee").state()),
    };
    theory.request_path(PathRequest { now, kept });
    wait("a path", || theory.path()).result
}

#[test]
fn the_path_leads_from_the_start_to_the_end_and_that_of_the_lazy_model_to_its_solution() {
    let theory = TheoryHandle::spawn(|| {});
    let mut config = small();
    config.training.engine = EngineKind::Flow;
    let view = path_at(&theory, &config, config.training.steps).expect("a path");
    let far = |[x, y]: [f64; 2], [u, v]: [f64; 2]| ((x - u).powi(2) + (y - v).powi(2)).sqrt();
    let length = far(view.end, [0.0; 2]);
    assert!(view.lazy[0] > 0.0 && view.lazy[1].abs() < 1e-9);
    assert!(view.end[1] > 0.1 * length, "it learns features");
    let (first, last) = (view.path.first().expect("a start"), view.path.last());
    assert!(first.0 == 0 && far(first.1.at, [0.0; 2]) < 1e-12);
    let last = last.expect("an end");
    assert_eq!(
        (last.0, view.step),
        (config.training.steps, config.training.steps)
    );
    assert!(far(last.1.at, view.end) < 1e-2 * length && last.1.outside < 1e-2 * length);
    let lazy_end = view.lazy_path.last().expect("points");
    assert!(far(*lazy_end, view.lazy) < 1e-9 * length);
    assert!(far(view.lazy_path[0], [0.0; 2]) < 0.1 * view.lazy[0]);
    // Gradient descent takes the same way.
    config.training.engine = EngineKind::Moments;
    config.training.learning_rate = 0.2;
    config.training.steps *= 5;
    let slow = path_at(&theory, &config, config.training.steps).expect("a path");
    assert!(far(slow.end, view.end) < 1e-2 * length);
    config.training.weight_decay = 1e-3;
    let why = path_at(&theory, &config, 10).expect_err("no lazy model");
    assert!(why.contains("weight decay"), "{why}");
}

#[test]
fn a_very_lazy_run_ends_at_the_lazy_solution_as_far_as_its_difficulty_says() {
    let theory = TheoryHandle::spawn(|| {});
    let mut config = small();
    config.network.alpha = 1e4;
    config.training.engine = EngineKind::Flow;
    config.training.steps = 100_000_000;
    let view = path_at(&theory, &config, 10).expect("a path");
    assert!((view.end[0] / view.lazy[0] - 1.0).abs() < 2e-2);
    theory.request_movements(vec![MovementRequest {
        run: RunId(3),
        config: Box::new(valid(&config)),
        instance: None,
    }]);
    let movements = wait("a movement", || {
        Some(theory.movements()).filter(|m| !m.is_empty())
    });
    let (run, movement) = movements[0];
    assert_eq!(run, RunId(3));
    assert!((movement / view.lazy[0].powi(2) - 1.0).abs() < 1e-6);
}
