//! Variants on the task: eigenvector labels, the solution mixed into the initial
//! weights, trained readouts, momentum, Hermite targets and activations.

#[path = "support/runs.rs"]
mod runs;

use grokscope::sim::committee::kernel::{GramInputs, KernelEigen};
use grokscope::sim::committee::neurons::Network;
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::config::{Config, EngineKind, FIELDS, TargetKind, ValidConfig, Value, Width};
use grokscope::sim::metrics::{Metric, Row};
use grokscope::sim::{Simulation, SimulationError};
use ndarray::{Array1, Array2, Axis};
use runs::recorded;

fn config(change: impl FnOnce(&mut Config)) -> ValidConfig {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.task.test_samples) = (8, 30, 0);
    c.network.width = Width::Finite(6);
    (c.network.alpha, c.network.epsilon) = (0.8, 0.3);
    (c.training.learning_rate, c.training.steps) = (0.3, 400);
    change(&mut c);
    c.check().expect("valid")
}

fn rows(config: &ValidConfig, steps: &[u64]) -> Vec<Row> {
    recorded(config.clone().into_inner(), steps, true).0
}

/// Without the columns that take Gram matrices, which a large test set makes large.
fn losses(config: &ValidConfig, steps: &[u64]) -> Vec<Row> {
    recorded(config.clone().into_inner(), steps, false).0
}

/// The metric whose size rounding in this one goes by: M of few neurons has zero
/// eigenvalues, which are rounding and nothing else.
fn on_the_scale_of(metric: Metric) -> Metric {
    match metric {
        Metric::FeatureEigenvalue2 | Metric::FeatureEigenvalue3 => Metric::FeatureEigenvalue1,
        other => other,
    }
}

fn close(a: &[Row], b: &[Row], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for metric in Metric::ALL {
        let scale = a
            .iter()
            .filter_map(|r| r.get(on_the_scale_of(*metric)))
            .fold(1e-300, |m: f64, v| m.max(v.abs()));
        for (a, b) in a.iter().zip(b) {
            let (x, y) = (a.get(*metric), b.get(*metric));
            assert_eq!(x.is_some(), y.is_some(), "{metric:?}");
            let difference = (x.unwrap_or(0.0) - y.unwrap_or(0.0)).abs() / scale;
            assert!(
                difference < tolerance,
                "{metric:?} at step {}: {x:?} and {y:?}",
                a.step
            );
        }
    }
}

fn with_engine(config: &ValidConfig, engine: EngineKind) -> ValidConfig {
    let mut config = config.clone().into_inner();
    config.training.engine = engine;
    config.check().expect("valid")
}

#[test]
fn eigenvector_labels_are_one_mode_which_the_lazy_network_learns_at_one_rate() {
    for j in [1, 5, 20] {
        let config = config(|c| {
            (c.task.target, c.task.eigenvector) = (TargetKind::Eigenvector, j);
            // As lazy as can be: what α does not change.
            c.network.alpha = 1e5;
        });
        let sampled = Sampled::new(&config).expect("in the rank");
        let task = &sampled.task;
        let power = task.y.dot(&task.y) / task.y.len() as f64;
        assert!((power - 1.0).abs() < 1e-9, "mean y² is 1: {power}");
        let kernel = GramInputs::new(task.x.view()).ntk(&sampled.initial, config.network.epsilon);
        let eigen = KernelEigen::new(&kernel).expect("finite");
        let (value, p) = (eigen.values()[j - 1], task.y.len() as f64);
        for row in rows(&config, &[1, 10, 400]) {
            let rho = (1.0 - 2.0 * config.training.learning_rate * value / p).powf(row.step as f64);
            let train = row.get(Metric::TrainLoss).expect("measured");
            assert!(
                (train - rho * rho).abs() < 1e-4,
                "{j} {}: {train}",
                row.step
            );
            let lazy = row.get(Metric::LinTrainLoss).expect("measured");
            assert!((lazy - rho * rho).abs() < 1e-9);
            // The network can only scale its one mode, and so does the test loss.
            let test = row.get(Metric::LinTestLoss).expect("known");
            let zero = task.zero_test_loss().expect("known");
            assert!((test / zero - rho * rho).abs() < 1e-9, "{test}");
        }
    }
}

#[test]
fn the_exact_test_loss_of_an_eigenvector_is_the_limit_of_a_large_test_set() {
    let config = config(|c| {
        (c.task.target, c.task.eigenvector) = (TargetKind::Eigenvector, 12);
        c.task.test_samples = 16_000;
        c.network.alpha = 0.2;
        c.record.points_per_decade = 1;
    });
    for row in losses(&config, &[1, 30, 300]) {
        let (exact, sample) = (row.get(Metric::TestLoss), row.get(Metric::SampleTestLoss));
        let (exact, sample) = (exact.expect("known"), sample.expect("a test set"));
        assert!((sample / exact - 1.0).abs() < 0.06, "{sample} {exact}");
        let parts: f64 = [
            Metric::VarianceError,
            Metric::MisalignmentError,
            Metric::LinearPower,
        ]
        .iter()
        .filter_map(|m| row.get(*m))
        .sum();
        assert!((parts / exact - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_engines_agree_on_eigenvector_labels_and_mixed_in_solutions() {
    let steps = [1, 20, 200];
    let eigenvector = config(|c| {
        (c.task.target, c.task.eigenvector) = (TargetKind::Eigenvector, 3);
    });
    let mixed = |width: usize| {
        config(|c| {
            (c.network.solution_mix, c.task.target_rank) = (0.4, 2);
            (c.network.width, c.network.centered) = (Width::Finite(width), false);
            c.training.learning_rate = 0.05;
        })
    };
    for config in [eigenvector, mixed(1), mixed(5), mixed(30)] {
        let moments = rows(&config, &steps);
        close(
            &rows(&with_engine(&config, EngineKind::Neurons), &steps),
            &moments,
            1e-9,
        );
        // And the flow at small steps.
        let slow = |engine| {
            let mut config = with_engine(&config, engine).into_inner();
            config.training.learning_rate *= 0.02;
            rows(&config.check().expect("valid"), &[1_000])
        };
        let (flow, descent) = (slow(EngineKind::Flow), slow(EngineKind::Moments));
        for metric in [Metric::TrainLoss, Metric::TestLoss] {
            let (a, b) = (flow[1].get(metric), descent[1].get(metric));
            let (a, b) = (a.expect("known"), b.expect("known"));
            assert!((a / b - 1.0).abs() < 5e-3, "{metric:?}: {a} {b}");
        }
    }
}

#[test]
fn a_single_neuron_flows_as_it_descends() {
    let config = config(|c| {
        (c.network.width, c.network.centered) = (Width::Finite(1), false);
        c.training.learning_rate = 0.003;
    });
    let flow = rows(&with_engine(&config, EngineKind::Flow), &[10, 1_000, 5_000]);
    let descent = rows(&config, &[10, 1_000, 5_000]);
    for (a, b) in flow.iter().zip(&descent) {
        let (a, b) = (a.get(Metric::TestLoss), b.get(Metric::TestLoss));
        let (a, b) = (a.expect("known"), b.expect("known"));
        assert!((a / b - 1.0).abs() < 5e-3, "{a} {b}");
    }
    assert!(descent[3].get(Metric::TrainLoss) < descent[0].get(Metric::TrainLoss));
}

#[test]
fn the_whole_solution_in_the_initial_weights_needs_no_training() {
    for (width, rank) in [
        (Width::Infinite, 1),
        (Width::Infinite, 3),
        (Width::Finite(12), 3),
    ] {
        let config = config(|c| {
            (c.network.solution_mix, c.task.target_rank) = (1.0, rank);
            (c.network.init_scale, c.network.centered) = (0.0, false);
            (c.network.width, c.task.target_scale) = (width, 1.7);
        });
        let simulation = Simulation::new(&config, None).expect("made");
        assert!(
            simulation.train_loss() < 1e-20,
            "{}",
            simulation.train_loss()
        );
        assert!(simulation.test_loss().is_some_and(|l| l < 1e-20));
    }
    // Half of it on top of random weights: M₀ gains a quarter of T/(αε).
    let config = config(|c| {
        (c.network.solution_mix, c.network.width) = (0.5, Width::Infinite);
    });
    let sampled = Sampled::new(&config).expect("made");
    let target = sampled.task.target.as_ref().expect("known");
    let scale = 0.25 / (config.network.alpha * config.network.epsilon);
    let expected = Array2::<f64>::eye(8) + &target.matrix * scale;
    let difference = sampled.initial.second_moment() - expected;
    assert!(difference.iter().all(|e| e.abs() < 1e-12));
    // Its neurons have these moments, and grow with the width.
    let n = 40_000;
    let mut moment = Array2::<f64>::zeros((8, 8));
    for i in 0..n {
        let z = sampled.weights.latent(&sampled.initial, i);
        let w = (&sampled.initial.mean + &sampled.initial.factor.dot(&z)).insert_axis(Axis(1));
        moment += &(w.dot(&w.t()) / n as f64);
    }
    let relative = (&moment - &sampled.initial.second_moment())
        .mapv(f64::abs)
        .sum()
        / moment.sum().abs();
    assert!(relative < 0.2, "{relative}");
}

/// The loss of a network, computed sample by sample and neuron by neuron.
fn brute_loss(
    config: &ValidConfig,
    start: &Network,
    now: &Network,
    x: &Array2<f64>,
    y: &Array1<f64>,
) -> f64 {
    let epsilon = config.network.epsilon;
    let phi = |h: f64| match (config.task.target, config.task.degree) {
        (TargetKind::Hermite, 2) => h + 0.5 * epsilon * (h * h - 1.0),
        (TargetKind::Hermite, 3) => h + 0.5 * epsilon * (h.powi(3) - 3.0 * h),
        (TargetKind::Hermite, _) => h + 0.5 * epsilon * (h.powi(4) - 6.0 * h * h + 3.0),
        _ => h + 0.5 * epsilon * h * h,
    };
    let f = |network: &Network, x: &Array1<f64>| {
        let n = network.weights.nrows();
        let sum: f64 = (0..n)
            .map(|i| {
                let v = network.readouts.as_ref().map_or(1.0, |v| v[i]);
                v * phi(network.weights.row(i).dot(x))
            })
            .sum();
        config.network.alpha * sum / n as f64
    };
    let kappa = f64::from(u8::from(config.network.centered));
    let squares = x.rows().into_iter().zip(y).map(|(x, y)| {
        let x = x.to_owned();
        (f(now, &x) - kappa * f(start, &x) - y).powi(2)
    });
    squares.sum::<f64>() / y.len() as f64
}

/// A step from the gradient of the brute loss by central differences, at
/// η = η₀N/α².
fn brute_step(
    config: &ValidConfig,
    start: &Network,
    now: &Network,
    x: &Array2<f64>,
    y: &Array1<f64>,
) -> Network {
    let eta = config.training.learning_rate * now.weights.nrows() as f64
        / (config.network.alpha * config.network.alpha);
    let slope = |change: &dyn Fn(&mut Network, f64)| {
        let at = |size: f64| {
            let mut moved = now.clone();
            change(&mut moved, size);
            brute_loss(config, start, &moved, x, y)
        };
        (at(1e-5) - at(-1e-5)) / 2e-5
    };
    let mut next = now.clone();
    for i in 0..now.weights.nrows() {
        for d in 0..now.weights.ncols() {
            next.weights[(i, d)] -= eta * slope(&|n, s| n.weights[(i, d)] += s);
        }
        if let Some(v) = &mut next.readouts {
            v[i] -= eta
                * slope(&|n, s| {
                    if let Some(v) = &mut n.readouts {
                        v[i] += s;
                    }
                });
        }
    }
    next
}

#[test]
fn readouts_and_hermite_networks_take_the_steps_of_a_brute_force_gradient() {
    for (readouts, degree, centered) in [
        (true, 0, false),
        (true, 0, true),
        (false, 2, true),
        (false, 3, false),
        (true, 4, true),
    ] {
        let config = config(|c| {
            (c.task.dim, c.task.samples, c.task.test_samples) = (4, 9, 20);
            c.network.width = Width::Finite(3);
            (c.network.train_readouts, c.network.centered) = (readouts, centered);
            if degree > 0 {
                (c.task.target, c.task.degree) = (TargetKind::Hermite, degree);
            }
            c.training.engine = EngineKind::Neurons;
            (c.training.learning_rate, c.training.steps) = (0.02, 5);
        });
        let mut simulation = Simulation::new(&config, None).expect("made");
        let start = simulation
            .committee()
            .unwrap()
            .network()
            .expect("no committee")
            .clone();
        let task = simulation.committee().unwrap().task().clone();
        let mut brute = start.clone();
        for _ in 0..5 {
            simulation.advance(1);
            brute = brute_step(&config, &start, &brute, &task.x, &task.y);
            let network = simulation
                .committee()
                .unwrap()
                .network()
                .expect("no committee")
                .clone();
            let distance = (&network.weights - &brute.weights).mapv(f64::abs).sum();
            assert!(distance < 1e-7, "W, degree {degree}: {distance:e}");
            if let (Some(v), Some(u)) = (&network.readouts, &brute.readouts) {
                assert!((v - u).mapv(f64::abs).sum() < 1e-7);
            }
            let loss = brute_loss(&config, &start, &brute, &task.x, &task.y);
            assert!((simulation.train_loss() / loss - 1.0).abs() < 1e-6);
            let (x, y) = task.test.as_ref().expect("a test set");
            let row = simulation.record(true);
            let test = row.get(Metric::SampleTestLoss).expect("a test set");
            let direct = brute_loss(&config, &start, &network, x, y);
            assert!((test / direct - 1.0).abs() < 1e-9, "{test} {direct}");
        }
        assert!(
            simulation
                .committee()
                .unwrap()
                .linearized(simulation.training())
                .is_err()
        );
    }
}

#[test]
fn the_exact_test_loss_with_trained_readouts_is_the_limit_of_a_large_test_set() {
    let config = config(|c| {
        c.task.test_samples = 16_000;
        c.network.train_readouts = true;
        c.training.engine = EngineKind::Neurons;
        c.training.learning_rate = 0.05;
    });
    for row in losses(&config, &[1, 30, 300]) {
        let (exact, sample) = (row.get(Metric::TestLoss), row.get(Metric::SampleTestLoss));
        let (exact, sample) = (exact.expect("known"), sample.expect("a test set"));
        assert!((sample / exact - 1.0).abs() < 0.06, "{sample} {exact}");
    }
}

#[test]
fn momentum_closes_on_the_moments() {
    for (width, decay) in [(1, 0.0), (2, 1e-3), (30, 0.0)] {
        let config = config(|c| {
            c.network.width = Width::Finite(width);
            (c.training.momentum, c.training.learning_rate) = (0.9, 0.03);
            c.training.weight_decay = decay;
        });
        let steps = [1, 2, 10, 100, 1000];
        let neurons = rows(&with_engine(&config, EngineKind::Neurons), &steps);
        close(&neurons, &rows(&config, &steps), 1e-9);
    }
}

#[test]
fn with_momentum_the_lazy_network_follows_the_linearised_one() {
    let config = config(|c| {
        (c.training.momentum, c.training.learning_rate) = (0.95, 0.05);
        c.network.alpha = 1e6;
    });
    for row in rows(&config, &[1, 10, 100, 1000]) {
        for (network, lazy) in [
            (Metric::TrainLoss, Metric::LinTrainLoss),
            (Metric::TestLoss, Metric::LinTestLoss),
        ] {
            let (a, b) = (row.get(network), row.get(lazy));
            let (a, b) = (a.expect("known"), b.expect("known"));
            assert!((a - b).abs() < 1e-4 * b.max(1e-2), "{}: {a} {b}", row.step);
        }
    }
}

#[test]
fn hermite_labels_have_the_power_of_their_degree_and_are_judged_on_the_test_set() {
    for (degree, power) in [(2, 2.0), (3, 6.0), (4, 24.0)] {
        let config = config(|c| {
            (c.task.target, c.task.degree) = (TargetKind::Hermite, degree);
            c.task.samples = 16_000;
            c.training.engine = EngineKind::Neurons;
        });
        let sampled = Sampled::new(&config).expect("made");
        let task = &sampled.task;
        let (x, y) = task.test.as_ref().expect("one is drawn");
        assert_eq!((x.nrows(), y.len()), (1000, 1000));
        assert!(task.note.as_ref().is_some_and(|n| n.contains("test set")));
        let measured = task.zero_train_loss() / power;
        assert!((measured - 1.0).abs() < 0.25, "degree {degree}: {measured}");
        assert_eq!(task.zero_test_loss(), Some(power));
        // Nothing linear in them.
        let linear = task.x.t().dot(&task.y) / task.y.len() as f64;
        assert!(linear.iter().all(|v| v.abs() < 0.2 * power.sqrt()));
    }
}

#[test]
fn settings_that_cannot_go_together_are_refused_with_what_to_do() {
    type Change = fn(&mut Config);
    let cases: [(Change, &str); 7] = [
        (|c| c.network.train_readouts = true, "training.engine"),
        (|c| c.task.target = TargetKind::Hermite, "training.engine"),
        (
            |c| {
                c.training.engine = EngineKind::Flow;
                c.training.momentum = 0.5;
            },
            "training.momentum",
        ),
        (
            |c| {
                c.task.target = TargetKind::Eigenvector;
                c.task.eigenvector = 201;
            },
            "task.eigenvector",
        ),
        (
            |c| {
                c.task.target = TargetKind::Eigenvector;
                c.network.solution_mix = 0.1;
            },
            "network.solution_mix",
        ),
        (
            |c| {
                c.task.target = TargetKind::Hermite;
                c.task.target_rank = 2;
            },
            "task.target_rank",
        ),
        (
            |c| {
                c.task.target = TargetKind::Eigenvector;
                (c.network.train_readouts, c.network.width) = (true, Width::Finite(5));
                c.training.engine = EngineKind::Neurons;
            },
            "task.target",
        ),
    ];
    for (change, field) in cases {
        let mut config = Config::default();
        change(&mut config);
        let error = config.check().expect_err(field);
        assert_eq!(error.field, field, "{error}");
        assert!(!error.fix.is_empty() && !error.allowed.is_empty());
    }
}

#[test]
fn an_eigenvector_beyond_the_numerical_rank_is_refused() {
    let config = config(|c| {
        (c.task.target, c.task.eigenvector) = (TargetKind::Eigenvector, 30);
        (c.network.width, c.network.epsilon) = (Width::Finite(5), 1e-6);
    });
    match Simulation::new(&config, None) {
        Err(SimulationError::Config(error)) => assert_eq!(error.field, "task.eigenvector"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it has no extension"),
    }
}

#[test]
fn one_change_is_reconciled_with_the_other_settings() {
    let words = |key: &str, text: &str| (key.to_owned(), Value::Text(text.to_owned()));
    let changes = [
        words("task.target", "hermite"),
        words("task.target", "eigenvector"),
        ("network.train_readouts".to_owned(), Value::Bool(true)),
        ("training.momentum".to_owned(), Value::Real(0.9)),
        ("network.solution_mix".to_owned(), Value::Real(0.5)),
        ("task.target_rank".to_owned(), Value::Integer(3)),
        words("training.engine", "moments"),
        words("training.engine", "flow"),
        words("training.engine", "neurons"),
    ];
    // From every pair of changes a third one leads to settings that go together.
    for first in &changes {
        for second in &changes {
            for third in &changes {
                let mut config = Config::default();
                for (key, value) in [first, second, third] {
                    config.set(key, value).expect("in range");
                    config.reconcile(key);
                }
                let (key, value) = third;
                let field = FIELDS.iter().find(|f| f.key == key).expect("a setting");
                assert_eq!(&(field.get)(&config), value, "what was asked for stays");
                if let Err(error) = config.check() {
                    panic!("{first:?}, {second:?}, {third:?}: {error}");
                }
            }
        }
    }
}
