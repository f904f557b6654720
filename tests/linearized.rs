//! The linearised model against curves made by automatic differentiation,
//! against gradient descent on the linearised weights, and in its limits.

use grokscope::io::npz;
use grokscope::sim::Simulation;
use grokscope::sim::committee::engine::Problem;
use grokscope::sim::committee::instance::Instance;
use grokscope::sim::committee::linearized::{LazyTime, LearningRates, Linearized};
use grokscope::sim::committee::moments::{InitialWeights, MomentState};
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::committee::test_loss::TestLoss;
use grokscope::sim::config::{Config, Width};
use grokscope::sim::metrics::{Metric, Row};
use ndarray::{Array1, Array2, Axis};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

fn sampled(config: &Config) -> (Problem, InitialWeights, Arc<MomentState>) {
    let config = config.clone().check().expect("valid");
    let sampled = Sampled::new(&config).expect("sampled");
    let problem = sampled.problem(&config);
    (problem, sampled.weights, sampled.initial)
}

fn small_config() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.task.test_samples) = (8, 30, 40);
    c.network.width = Width::Finite(11);
    (c.network.alpha, c.network.epsilon) = (0.7, 0.4);
    (c.network.centered, c.training.learning_rate) = (false, 0.6);
    c
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs())
}

struct Reference {
    instance: Instance,
    config: Config,
    rows: Vec<(u64, f64, f64)>,
}

fn reference(name: &str) -> Reference {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    read_reference(&directory, name)
}

fn read_reference(directory: &Path, name: &str) -> Reference {
    let path = |extension: &str| directory.join(format!("{name}.{extension}"));
    let text = std::fs::read_to_string(path("json")).expect("settings");
    let settings: serde_json::Value = serde_json::from_str(&text).expect("settings");
    let number = |key: &str| settings[key].as_f64().expect("a number");
    let mut config = Config::default();
    config.network.alpha = number("alpha");
    config.network.epsilon = number("epsilon");
    config.network.centered = settings["centered"].as_bool().expect("a flag");
    config.training.learning_rate = number("eta0");
    let mut csv = csv::Reader::from_path(path("csv")).expect("curve");
    let header = csv.headers().expect("header").clone();
    let column = |name: &str| header.iter().position(|h| h == name).expect("column");
    let (train, test) = (column("lin_train_loss"), column("lin_test_loss"));
    let rows = csv
        .records()
        .map(|record| {
            let record = record.expect("row");
            let value = |i: usize| record[i].parse::<f64>().expect("a number");
            (value(0) as u64, value(train), value(test))
        })
        .collect();
    Reference {
        instance: npz::read_instance(&path("npz")).expect("instance"),
        config,
        rows,
    }
}

#[test]
fn losses_equal_those_of_automatic_differentiation_at_every_recorded_step() {
    for name in ["small", "small_centered_alpha3"] {
        compare(name, reference(name));
    }
}

#[test]
#[ignore = "needs figure1.npz, .csv and .json of the full run in the directory $GROKSCOPE_REFERENCE"]
fn losses_equal_those_of_automatic_differentiation_in_all_of_figure_1() {
    let directory = std::env::var("GROKSCOPE_REFERENCE").expect("GROKSCOPE_REFERENCE is set");
    compare("figure1", read_reference(Path::new(&directory), "figure1"));
}

fn compare(name: &str, reference: Reference) {
    let Reference {
        instance,
        config,
        rows,
    } = reference;
    let config = config.check().expect("valid");
    let problem = Sampled::from_instance(&config, &instance).problem(&config);
    let initial = Arc::new(MomentState::from_weights(
        instance.w0.as_ref().expect("weights").view(),
    ));
    let start = Instant::now();
    let linearized = Linearized::new(&problem, &initial).expect("finite");
    let made = start.elapsed();
    let times: Vec<LazyTime> = rows
        .iter()
        .map(|(step, ..)| LazyTime::steps(config.training.learning_rate, *step))
        .collect();
    let start = Instant::now();
    let curve = linearized.curve(&times);
    let drawn = start.elapsed();
    let mut worst = (0.0f64, 0.0f64);
    for ((step, train, test), losses) in rows.iter().zip(&curve) {
        let sample = losses.sample_test.expect("a test set");
        let relative = (
            (losses.train / train - 1.0).abs(),
            (sample / test - 1.0).abs(),
        );
        worst = (worst.0.max(relative.0), worst.1.max(relative.1));
        assert!(
            relative.0 < 1e-6 && relative.1 < 1e-6,
            "{name} at {step}: {relative:?}"
        );
    }
    println!(
        "{name}: {} rows, lin_train_loss {:.1e}, lin_test_loss {:.1e}; made in {made:.1?}, drawn in {drawn:.1?}",
        rows.len(),
        worst.0,
        worst.1
    );
}

#[test]
fn the_columns_of_a_run_equal_those_of_automatic_differentiation() {
    let Reference {
        instance,
        mut config,
        rows,
    } = reference("small");
    config.training.steps = 1_000;
    let config = config.check().expect("valid");
    let mut simulation = Simulation::new(&config, Some(&instance)).expect("an instance");
    let mut recorded = vec![simulation.record(true)];
    while !simulation.is_finished() {
        if simulation.advance(u64::MAX) {
            recorded.push(simulation.record(true));
        }
    }
    let mut compared = 0;
    for (step, train, test) in &rows {
        let Some(row) = recorded.iter().find(|row| row.step == *step) else {
            continue;
        };
        let value = |metric| row.get(metric).expect("recorded");
        assert!(close(value(Metric::LinTrainLoss), *train, 1e-6));
        assert!(close(value(Metric::SampleLinTestLoss), *test, 1e-6));
        assert!(value(Metric::LinTestLoss) > 0.0);
        compared += 1;
    }
    assert!(compared > 10, "{compared} rows in common");
}

/// Gradient descent on the parameters of f₀ + ∇f₀·(W − W₀), the weights moved
/// one by one: none of the closed forms.
struct BruteForce {
    problem: Problem,
    w0: Array2<f64>,
    moved: Array2<f64>,
}

impl BruteForce {
    fn output(&self, x: &Array2<f64>) -> Array1<f64> {
        let Problem {
            alpha,
            epsilon,
            kappa,
            ..
        } = self.problem;
        let n = self.w0.nrows() as f64;
        let h = x.dot(&self.w0.t());
        let start = h.mapv(|h| h + 0.5 * epsilon * h * h).sum_axis(Axis(1)) * (alpha / n);
        let change = h.mapv(|h| 1.0 + epsilon * h) * x.dot(&self.moved.t());
        start * (1.0 - kappa) + change.sum_axis(Axis(1)) * (alpha / n)
    }

    fn step(&mut self, learning_rate: f64) -> f64 {
        let Problem { alpha, epsilon, .. } = self.problem;
        let task = Arc::clone(&self.problem.task);
        let residual = self.output(&task.x) - &task.y;
        let p = residual.len() as f64;
        let mut signal = task.x.dot(&self.w0.t()).mapv(|h| 1.0 + epsilon * h);
        for (mut row, r) in signal.rows_mut().into_iter().zip(&residual) {
            row *= *r;
        }
        // η = η₀N/α² times the gradient of the mean squared residual.
        self.moved -= &(signal.t().dot(&task.x) * (2.0 * learning_rate / (alpha * p)));
        residual.dot(&residual) / p
    }

    fn losses(&self) -> (f64, f64, f64) {
        let task = &self.problem.task;
        let mean_square = |r: Array1<f64>| r.dot(&r) / r.len() as f64;
        let (x, y) = task.test.as_ref().expect("a test set");
        let (alpha, epsilon, kappa) =
            (self.problem.alpha, self.problem.epsilon, self.problem.kappa);
        // b and A of the linearised function from the weights themselves.
        let n = self.w0.nrows() as f64;
        let b = (self.w0.sum_axis(Axis(0)) * (1.0 - kappa) + self.moved.sum_axis(Axis(0)))
            * (alpha / n);
        let mixed = self.w0.t().dot(&self.moved);
        let a = (self.w0.t().dot(&self.w0) * (1.0 - kappa) + &mixed + mixed.t())
            * (alpha * epsilon / n);
        let e = a - &task.target.as_ref().expect("known").matrix;
        let exact = TestLoss::new(
            b.len(),
            e.diag().sum(),
            e.iter().map(|e| e * e).sum(),
            b.dot(&b),
        );
        (
            mean_square(self.output(&task.x) - &task.y),
            exact.total(),
            mean_square(self.output(x) - y),
        )
    }
}

#[test]
fn gradient_descent_on_the_linearised_weights_has_the_same_losses() {
    // Widths and sample counts on both sides of every rank condition, with a
    // learning rate that is changed on the way.
    for (width, dim, samples, centered) in [
        (11, 8, 30, false),
        (2, 8, 30, true),
        (1, 6, 9, false),
        (30, 4, 40, true),
        (40, 3, 5, false),
    ] {
        let mut c = small_config();
        (c.task.dim, c.task.samples) = (dim, samples);
        (c.network.width, c.network.centered) = (Width::Finite(width), centered);
        c.task.target_rank = 2;
        let (problem, weights, initial) = sampled(&c);
        let w0 = weights.matrix().expect("finite");
        let mut brute = BruteForce {
            moved: Array2::zeros(w0.dim()),
            problem: problem.clone(),
            w0,
        };
        let linearized = Linearized::new(&problem, &initial).expect("finite");
        let mut rates = LearningRates::default();
        for (rate, steps) in [(0.3, 0), (0.3, 1), (0.3, 20), (0.1, 300), (0.35, 3_000)] {
            for _ in 0..steps {
                brute.step(rate);
            }
            rates.push(rate, steps);
            let time = LazyTime::Descent(rates.clone());
            let losses = linearized.losses(&time);
            let (train, exact, sample) = brute.losses();
            let place = format!("N={width} D={dim} P={samples} {rates:?}");
            let scale = problem.task.zero_train_loss();
            assert!(
                (losses.train - train).abs() < 1e-9 * train + 1e-20 * scale,
                "{place}: train {} {train}",
                losses.train
            );
            assert!(
                close(losses.test.expect("known"), exact, 1e-9),
                "{place}: exact {:?} {exact}",
                losses.test
            );
            assert!(
                close(losses.sample_test.expect("a test set"), sample, 1e-9),
                "{place}: sample {:?} {sample}",
                losses.sample_test
            );
            let terms = linearized.test_loss(&time).expect("known").total();
            assert!(close(terms, exact, 1e-9), "{place}: terms {terms} {exact}");
        }
    }
}

#[test]
fn descent_with_small_steps_is_the_flow() {
    let (problem, _, initial) = sampled(&small_config());
    let linearized = Linearized::new(&problem, &initial).expect("finite");
    for tau in [0.3, 5.0, 80.0] {
        let flow = linearized.losses(&LazyTime::Flow(tau));
        let error = |steps: u64| {
            let descent = linearized.losses(&LazyTime::steps(tau / steps as f64, steps));
            (descent.train / flow.train - 1.0).abs()
        };
        let (coarse, fine) = (error(1_000_000), error(10_000_000));
        assert!(
            coarse < 1e-2 && fine < 0.2 * coarse,
            "{tau}: {coarse} {fine}"
        );
    }
}

#[test]
fn at_time_zero_the_model_is_the_network() {
    for centered in [false, true] {
        let mut c = small_config();
        c.network.centered = centered;
        let mut simulation =
            Simulation::new(&c.check().expect("valid"), None).expect("no instance");
        let row = simulation.record(true);
        let value = |metric| row.get(metric).expect("recorded");
        for time in [LazyTime::steps(1.0, 0), LazyTime::Flow(0.0)] {
            let lazy = simulation
                .committee()
                .unwrap()
                .linearized(simulation.training())
                .expect("no decay")
                .losses(&time);
            let (test, sample) = (lazy.test.expect("known"), lazy.sample_test.expect("set"));
            assert!(close(value(Metric::TrainLoss), lazy.train, 1e-12));
            assert!(close(value(Metric::TestLoss), test, 1e-12));
            assert!(close(value(Metric::SampleTestLoss), sample, 1e-12));
            assert_eq!(value(Metric::LinTrainLoss), value(Metric::TrainLoss));
        }
    }
}

#[test]
fn at_infinite_time_the_model_is_kernel_regression() {
    // Singular kernels (P > D(D+3)/2, ND < P) and regular ones.
    for (width, dim, samples) in [(11, 8, 30), (40, 4, 60), (2, 6, 25)] {
        let mut c = small_config();
        (c.task.dim, c.task.samples) = (dim, samples);
        (c.network.width, c.task.label_noise) = (Width::Finite(width), 0.1);
        let (problem, weights, initial) = sampled(&c);
        let linearized = Linearized::new(&problem, &initial).expect("finite");
        let limit = linearized.losses(&LazyTime::Limit);
        let late = linearized.losses(&LazyTime::Flow(1e12));
        // Least squares of smallest norm in the weights, by conjugate gradients
        // on the normal equations: no kernel and no eigenvector.
        let w0 = weights.matrix().expect("finite");
        let n = width as f64;
        let mut brute = BruteForce {
            moved: Array2::zeros(w0.dim()),
            problem: problem.clone(),
            w0,
        };
        least_squares(&mut brute, n);
        let (train, exact, sample) = brute.losses();
        for (losses, tolerance) in [(limit, 1e-6), (late, 1e-6)] {
            let floor = 1e-14 * problem.task.zero_train_loss();
            assert!(
                (losses.train - train).abs() < tolerance * train + floor,
                "N={width}: {} {train}",
                losses.train
            );
            assert!(close(losses.test.expect("known"), exact, tolerance));
            assert!(close(losses.sample_test.expect("set"), sample, tolerance));
        }
    }
}

/// Conjugate gradients (CGLS) from W − W₀ = 0.
fn least_squares(brute: &mut BruteForce, n: f64) {
    let Problem { alpha, epsilon, .. } = brute.problem;
    let task = Arc::clone(&brute.problem.task);
    let slope = task.x.dot(&brute.w0.t()).mapv(|h| 1.0 + epsilon * h) * (alpha / n);
    let forward = |w: &Array2<f64>| (&slope * &task.x.dot(&w.t())).sum_axis(Axis(1));
    let backward = |r: &Array1<f64>| {
        let mut signal = slope.clone();
        for (mut row, r) in signal.rows_mut().into_iter().zip(r) {
            row *= *r;
        }
        signal.t().dot(&task.x)
    };
    let mut residual = &task.y - &brute.output(&task.x);
    let mut gradient = backward(&residual);
    let mut direction = gradient.clone();
    let square = |m: &Array2<f64>| m.iter().map(|v| v * v).sum::<f64>();
    let first = square(&gradient);
    let mut norm = first;
    for _ in 0..2_000 {
        let image = forward(&direction);
        let length = norm / image.dot(&image);
        brute.moved.scaled_add(length, &direction);
        residual.scaled_add(-length, &image);
        gradient = backward(&residual);
        let next = square(&gradient);
        if next <= 1e-28 * first {
            return;
        }
        direction = &gradient + &(direction * (next / norm));
        norm = next;
    }
}

#[test]
fn the_exact_test_loss_is_the_limit_of_a_large_test_set() {
    let mut c = small_config();
    c.task.test_samples = 16_000;
    let (problem, _, initial) = sampled(&c);
    let linearized = Linearized::new(&problem, &initial).expect("finite");
    for time in [LazyTime::Flow(3.0), LazyTime::Limit] {
        let losses = linearized.losses(&time);
        let (exact, sample) = (
            losses.test.expect("known"),
            losses.sample_test.expect("set"),
        );
        assert!(close(exact, sample, 0.06), "{exact} {sample}");
    }
}

#[test]
fn a_vanishing_test_loss_keeps_its_digits() {
    // P > D(D+3)/2 without noise: kernel regression finds the target itself.
    let mut c = small_config();
    (c.task.dim, c.task.samples) = (5, 60);
    c.network.width = Width::Infinite;
    let (problem, _, initial) = sampled(&c);
    let linearized = Linearized::new(&problem, &initial).expect("finite");
    let mut last = f64::INFINITY;
    for tau in [1e2, 1e3, 1e4] {
        let time = LazyTime::Flow(tau);
        let loss = linearized.losses(&time).test.expect("known");
        let terms = linearized.test_loss(&time).expect("known").total();
        assert!(loss < last && (close(loss, terms, 1e-6) || loss < 1e-26));
        last = loss;
    }
    assert!(linearized.losses(&LazyTime::Limit).test.expect("known") < 1e-24);
}

/// Largest difference between network and linearised model, relative to the
/// initial loss, and the final rows.
fn distance_to_lazy(alpha: f64) -> (f64, Simulation, Row) {
    let mut c = small_config();
    (c.network.alpha, c.network.centered) = (alpha, true);
    c.training.steps = 3_000;
    c.record.points_per_decade = 10;
    let mut simulation = Simulation::new(&c.check().expect("valid"), None).expect("no instance");
    let first = simulation.record(true);
    let (mut worst, mut row) = (0.0f64, first.clone());
    while !simulation.is_finished() {
        if simulation.advance(u64::MAX) {
            row = simulation.record(true);
            for (network, lazy) in [
                (Metric::TrainLoss, Metric::LinTrainLoss),
                (Metric::TestLoss, Metric::LinTestLoss),
            ] {
                let value = |row: &Row, metric| row.get(metric).expect("recorded");
                let difference = (value(&row, network) - value(&row, lazy)).abs();
                worst = worst.max(difference / value(&first, network));
            }
        }
    }
    (worst, simulation, row)
}

#[test]
fn the_network_becomes_its_linearisation_as_alpha_grows() {
    let [a, b, c] = [1e2, 1e3, 1e4].map(|alpha| distance_to_lazy(alpha).0);
    println!("difference from the linearised model at α = 1e2, 1e3, 1e4: {a:.2e} {b:.2e} {c:.2e}");
    assert!(a < 0.1 && b < 0.11 * a && c < 0.11 * b, "{a} {b} {c}");
}

#[test]
fn a_lazy_network_moves_its_weights_by_the_difficulty_of_the_labels() {
    // ‖W−W₀‖² = (N/α²) uᵀK₀⁻¹u with u = y − (1−κ)f₀; P small, so that it ends.
    // Without centring f₀ grows with α, so that only a small f₀/α is lazy: wide,
    // hardly quadratic, and fitted by linear modes.
    for (centered, samples, width, epsilon) in [(true, 12, 11, 0.4), (false, 5, 1_000_000, 1e-3)] {
        let mut c = small_config();
        (c.task.samples, c.network.width) = (samples, Width::Finite(width));
        (c.network.epsilon, c.network.centered) = (epsilon, centered);
        c.network.alpha = 1e3;
        let n = width as f64;
        c.training.learning_rate = 1.0;
        c.training.steps = 200_000;
        let mut simulation =
            Simulation::new(&c.check().expect("valid"), None).expect("no instance");
        simulation.record(true);
        while !simulation.is_finished() {
            simulation.advance(u64::MAX);
        }
        let row = simulation.record(true);
        let linearized = simulation
            .committee()
            .unwrap()
            .linearized(simulation.training())
            .expect("no decay");
        let moved = row.get(Metric::ParamMovement).expect("recorded")
            * n
            * simulation.committee().unwrap().initial().weight_norm_sq();
        let expected = n / 1e6 * linearized.difficulty();
        assert!(row.get(Metric::TrainLoss).expect("recorded") < 1e-6);
        assert!(
            (moved / expected - 1.0).abs() < 0.02,
            "κ={centered}: moved {moved:e}, expected {expected:e}"
        );
    }
}

#[test]
fn too_large_a_learning_rate_makes_the_losses_grow_to_infinity_and_never_nan() {
    let (problem, _, initial) = sampled(&small_config());
    let linearized = Linearized::new(&problem, &initial).expect("finite");
    let mut last = 0.0;
    for steps in [10, 100, 1_000, 1_000_000, 100_000_000] {
        let losses = linearized.losses(&LazyTime::steps(1e3, steps));
        let all = [
            losses.train,
            losses.test.expect("known"),
            losses.sample_test.expect("set"),
        ];
        assert!(
            all.iter().all(|l| *l >= last && !l.is_nan()),
            "{steps}: {all:?}"
        );
        last = all[0].min(all[1]).min(all[2]);
    }
    assert_eq!(last, f64::INFINITY);
}

#[test]
fn with_weight_decay_there_is_no_linearised_model_and_the_run_says_why() {
    let mut c = small_config();
    c.training.steps = 100;
    let mut run = Simulation::new(&c.clone().check().expect("valid"), None).expect("no instance");
    assert!(run.record(true).get(Metric::LinTrainLoss).is_some() && run.note().is_none());
    run.change("training.learning_rate", 0.2).expect("in range");
    run.advance(5);
    assert!(run.record(true).get(Metric::LinTrainLoss).is_some());
    run.change("training.weight_decay", 1e-4).expect("in range");
    run.advance(5);
    run.change("training.weight_decay", 0.0).expect("in range");
    assert!(run.record(true).get(Metric::LinTrainLoss).is_none());
    assert!(run.note().is_some_and(|n| n.contains("weight decay")));
    c.training.weight_decay = 1e-3;
    let mut run = Simulation::new(&c.check().expect("valid"), None).expect("no instance");
    assert!(
        run.record(true).get(Metric::LinTestLoss).is_none()
            && run.committee().unwrap().linearized(run.training()).is_err()
    );
}

#[test]
fn an_unknown_target_leaves_only_the_exact_test_loss_empty() {
    let Reference {
        mut instance,
        config,
        ..
    } = reference("small");
    instance.beta = None;
    instance.y[3] += 1.0;
    let mut run =
        Simulation::new(&config.check().expect("valid"), Some(&instance)).expect("instance");
    let row = run.record(true);
    assert!(row.get(Metric::LinTestLoss).is_none());
    assert!(row.get(Metric::LinTrainLoss).is_some());
    assert!(row.get(Metric::SampleLinTestLoss).is_some());
}

#[test]
fn more_samples_than_an_eigendecomposition_allows_leave_the_columns_empty_with_a_reason() {
    let mut c = Config::default();
    (c.task.dim, c.task.samples) = (2, 2_049);
    let mut run = Simulation::new(&c.check().expect("valid"), None).expect("no instance");
    assert!(
        run.note()
            .is_some_and(|n| n.contains("2049") && n.contains("2048"))
    );
    assert!(run.record(true).get(Metric::LinTrainLoss).is_none());
}

#[test]
fn a_test_set_too_large_to_keep_its_kernel_gives_the_same_loss() {
    let mut c = small_config();
    (c.task.dim, c.task.samples, c.task.test_samples) = (3, 1_050, 16_000);
    let (problem, _, initial) = sampled(&c);
    let linearized = Linearized::new(&problem, &initial).expect("finite");
    let time = LazyTime::Flow(40.0);
    let function = linearized.function(&time);
    let (x, y) = problem.task.test.as_ref().expect("a test set");
    let b = Array1::from_vec(function.linear.clone());
    let a = Array2::from_shape_fn((3, 3), |(i, j)| function.quadratic[(i, j)]);
    let f = x.dot(&b) + (x.dot(&a) * x).sum_axis(Axis(1)) * 0.5;
    let direct = (f - y).mapv(|r| r * r).mean().expect("not empty");
    assert!(close(
        linearized.losses(&time).sample_test.expect("set"),
        direct,
        1e-9
    ));
}
