//! The networks against references from an independent program, and against
//! themselves: passes, precision, threads.

mod claims;

use grokscope::io::network_reference::{Reference, with_ending};
use grokscope::sim::networks::dense::{Activation, Dense, Scaling};
use grokscope::sim::networks::kernel::{Kernel, Outputs, alignment, drift};
use grokscope::sim::networks::loss::{AccuracyKind, LossKind, Objective};
use grokscope::sim::networks::modular::ModularAddition;
use grokscope::sim::networks::network::{Inputs, Network};
use grokscope::sim::networks::optimiser::{OptimiserSettings, Rule};
use grokscope::sim::networks::passes::{Alone, Crew, Keep, Passes};
use grokscope::sim::networks::problem::{Examples, Order, Problem, Source};
use grokscope::sim::networks::real::Real;
use grokscope::sim::networks::run::{NetworkRun, RunSettings};
use grokscope::sim::networks::transformer::Transformer;
use grokscope::sim::rng::{Stream, normal_vector};
use grokscope::training::Threads;
use std::path::PathBuf;
use std::sync::Arc;

const REFERENCES: [&str; 4] = [
    "modadd_p7",
    "student_teacher_3_8_8_2",
    "mnist_mlp_12_8_8_8_3",
    "transformer_p5",
];

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/data/networks", name]
        .iter()
        .collect()
}

fn read(name: &str) -> Reference {
    Reference::read(&path(name)).expect("a reference")
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Largest distance relative to the largest entry.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let worst = |m: f64, v: f64| if v > m || v.is_nan() { v } else { m };
    let off = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, worst);
    off / b.iter().map(|b| b.abs()).fold(f64::MIN_POSITIVE, f64::max)
}

fn whole(reference: &Reference) -> Passes<f64> {
    let examples = &reference.problem.examples;
    let all: Vec<u32> = (0..examples.count() as u32).collect();
    let mut passes = Passes::new(Arc::clone(&reference.network), Keep::Block);
    let source = Source {
        examples,
        initial: &[],
    };
    passes.load(source, &all);
    passes
}

fn draw(stream: Stream, count: usize) -> Vec<f64> {
    normal_vector(5, stream, count).to_vec()
}

#[test]
fn tangent_and_backward_passes_are_adjoint_and_the_tangent_is_the_derivative() {
    for name in REFERENCES {
        let reference = read(name);
        let mut passes = whole(&reference);
        let theta = &reference.theta;
        let v = draw(Stream::Data, theta.len());
        let u = draw(Stream::Test, passes.rows() * reference.network.outputs());
        let (mut jv, mut up, mut down) = (Vec::new(), Vec::new(), Vec::new());
        passes.tangent(theta, &v, &Alone, &mut jv);
        let forward = dot(&u, &jv);
        let backward = dot(passes.pull_back(theta, &u, &Alone), &v);
        let size = (dot(&u, &u) * dot(&jv, &jv)).sqrt();
        assert!(
            (forward - backward).abs() < 1e-12 * size,
            "{name}: {forward} {backward}"
        );
        let h = 1e-5;
        let moved = |h: f64| -> Vec<f64> { theta.iter().zip(&v).map(|(x, v)| x + h * v).collect() };
        passes.outputs(&moved(h), &Alone, &mut up);
        passes.outputs(&moved(-h), &Alone, &mut down);
        let slope: Vec<f64> = up
            .iter()
            .zip(&down)
            .map(|(a, b)| (a - b) / (2.0 * h))
            .collect();
        let off = distance(&slope, &jv);
        assert!(off < 1e-6, "{name}: {off:e}");
    }
}

#[test]
fn tangents_gradients_and_kernels_are_those_of_the_references() {
    for name in REFERENCES {
        let mut reference = read(name);
        let theta = Arc::clone(&reference.theta);
        let tangent = reference
            .parameters("tangent_")
            .expect("readable")
            .expect("there");
        let mut array = |key: &str| -> Vec<f64> {
            let array = reference.array(key).expect("readable").expect("there");
            array.iter().copied().collect()
        };
        let rows: Vec<u32> = array("kernel_idx").iter().map(|i| *i as u32).collect();
        let (expected, start) = (array("jvp_of_tangent"), array("kernel_start"));
        let (initial, end) = (array("f0"), array("kernel_end"));
        let examples = &reference.problem.examples;
        let source = Source {
            examples,
            initial: &initial,
        };
        let network = Arc::clone(&reference.network);
        let mut passes = Passes::new(Arc::clone(&network), Keep::Block);
        passes.load(source, &rows);
        let mut jv = Vec::new();
        passes.tangent(&theta, &tangent, &Alone, &mut jv);
        assert!(distance(&jv, &expected) < 1e-12, "{name}");
        let batch = reference.settings.order.batch(&reference.problem.train, 0);
        passes.load(source, batch);
        let objective = &reference.settings.objective;
        let gradient = passes.gradient(&theta, objective, &Alone).to_vec();
        let mut kernel = Kernel::new(network, examples, &rows, Outputs::Every, 0);
        let (found, targets) = (kernel.gram(&theta), kernel.targets());
        assert!(distance(&found, &start) < 1e-12, "{name}");
        let text = std::fs::read_to_string(with_ending(&path(name), "json")).expect("json");
        let json: serde_json::Value = serde_json::from_str(&text).expect("json");
        let number = |key: &str| json["kernel"][key].as_f64().expect("a number");
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-10 * b.abs(), "{name}: {a} {b}");
        close(alignment(&start, &targets, 12), number("alignment_start"));
        close(alignment(&end, &targets, 12), number("alignment_end"));
        close(drift(&end, &start), number("kernel_drift"));
        let stored = reference
            .parameters("grad_step0_")
            .expect("readable")
            .expect("there");
        let off = distance(&gradient, &stored);
        assert!(off < 1e-12, "{name}: {off:e}");
    }
}

#[test]
fn two_hundred_updates_of_network_and_linearised_model_are_those_of_the_references() {
    for name in REFERENCES {
        let mut reference = read(name);
        let mut run = reference.run().expect("a run");
        let mut table = csv::Reader::from_path(with_ending(&path(name), "csv")).expect("a table");
        let mut rows = 0;
        for record in table.records() {
            let expected: Vec<f64> = record
                .expect("a row")
                .iter()
                .map(|v| v.parse().expect("a number"))
                .collect();
            run.advance(expected[0] as u64 - run.step(), &Alone);
            let found = run.measure(false, &Alone).values;
            for (i, (a, b)) in found.iter().zip(&expected[1..]).take(8).enumerate() {
                // The reference's fractions are single precision.
                let tolerance = if i == 2 || i == 3 { 1e-6 } else { 1e-10 };
                let off = (a - b).abs() / b.abs();
                assert!(
                    a == b || off < tolerance,
                    "{name} row {rows} column {i}: {a} {b}"
                );
            }
            let step = run.step();
            if [1, 10, 200].contains(&step) {
                let models = [
                    ("net", run.weights().to_vec()),
                    ("lin", run.linearised_weights().expect("a twin")),
                ];
                for (model, found) in models {
                    let stored = reference.parameters(&format!("{model}_step{step}_"));
                    let stored = stored.expect("readable").expect("there");
                    assert!(distance(&found, &stored) < 1e-10, "{name} {model} {step}");
                }
            }
            rows += 1;
        }
        assert_eq!(rows, 201, "{name}");
    }
}

type Kind<T> = (&'static str, Arc<dyn Network<T>>, Examples<T>, f64);

/// The four kinds at sizes that need several chunks and blocks of rows.
fn large<T: Real>() -> Vec<(&'static str, NetworkRun<T>)> {
    let p = 47;
    let pairs: Vec<[u32; 2]> = (0..p * p).map(|i| [i / p, i % p]).collect();
    let sums: Vec<u32> = pairs.iter().map(|[a, b]| (a + b) % p).collect();
    let classes = |c| Examples::classes(Inputs::Pairs(pairs.clone()), sums.clone(), c);
    let vectors = |n: usize, width: usize| Inputs::Vectors {
        width,
        values: draw(Stream::Data, n * width)
            .into_iter()
            .map(T::of)
            .collect(),
    };
    let real = Examples {
        inputs: vectors(700, 5),
        outputs: 5,
        targets: draw(Stream::Target, 3500).into_iter().map(T::of).collect(),
        labels: Vec::new(),
    };
    let images = Examples::classes(vectors(900, 60), (0..900).map(|i| i % 10).collect(), 10);
    let tanh = Dense::new(&[5, 90, 90, 5], Activation::Tanh, Scaling::Ordinary, true);
    let relu = Dense::new(
        &[60, 90, 90, 10],
        Activation::Relu,
        Scaling::Notebook,
        false,
    );
    let transformer = Transformer::new(p as usize, 24, 3, 60).expect("sizes");
    let modular = ModularAddition::new(p as usize, 120).expect("sizes");
    let kinds: Vec<Kind<T>> = vec![
        (
            "modular",
            Arc::new(modular),
            classes(47).expect("classes"),
            1.0,
        ),
        ("tanh", Arc::new(tanh.expect("sizes")), real, 0.15),
        (
            "relu",
            Arc::new(relu.expect("sizes")),
            images.expect("classes"),
            1.0,
        ),
        (
            "transformer",
            Arc::new(transformer),
            classes(48).expect("classes"),
            0.2,
        ),
    ];
    kinds
        .into_iter()
        .map(|(name, network, examples, size)| {
            let count = network.layout().count();
            let theta = draw(Stream::Init, count)
                .into_iter()
                .map(|x| T::of(size * x));
            let labelled = !examples.labels.is_empty();
            let transformer = name == "transformer";
            let rows = examples.count() as u32;
            let problem = Problem {
                examples,
                train: (0..rows).filter(|i| i % 3 != 0).collect(),
                test: (0..rows).filter(|i| i % 3 == 0).collect(),
            };
            let mut optimiser = OptimiserSettings::adamw(1e-3, 0.1, 0.98);
            optimiser.warm_up = 3;
            if name == "modular" {
                optimiser = OptimiserSettings::sgd(5.0);
                optimiser.rule = Rule::Momentum { momentum: 0.5 };
            }
            let settings = RunSettings {
                objective: Objective {
                    alpha: 0.7,
                    centred: transformer,
                    loss: match transformer {
                        true => LossKind::CrossEntropy,
                        false => LossKind::MeanSquare,
                    },
                    accuracy: match labelled {
                        true => AccuracyKind::Argmax,
                        false => AccuracyKind::Threshold(0.5),
                    },
                },
                optimiser,
                order: if name == "relu" {
                    Order::Slices(300)
                } else {
                    Order::Full
                },
                linearised: true,
                kernel_examples: 6,
                kernel_outputs: Outputs::Signs(2),
                seed: 1,
            };
            let theta: Arc<[T]> = theta.collect();
            let run = NetworkRun::new(network, Arc::new(problem), theta, settings, &Alone);
            (name, run.expect("a run"))
        })
        .collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn two_and_three_threads_give_the_bits_of_one() {
    let run = |crew: &dyn Crew| -> Vec<Vec<u64>> {
        large::<f32>()
            .into_iter()
            .map(|(name, mut run)| {
                run.advance(6, crew);
                assert!(run.chunks() > 1, "{name} has nothing to share");
                bits(&run.measure(true, crew).values)
            })
            .collect()
    };
    let one = run(&Alone);
    assert_eq!(one, run(&Threads::new(2)));
    assert_eq!(one, run(&Threads::new(3)));
}

#[test]
fn single_precision_follows_double() {
    for ((name, mut wide), (_, mut single)) in large::<f64>().into_iter().zip(large::<f32>()) {
        wide.advance(10, &Alone);
        single.advance(10, &Alone);
        let (a, b) = (wide.measure(true, &Alone), single.measure(true, &Alone));
        for (column, (a, b)) in wide.columns().iter().zip(a.values.iter().zip(&b.values)) {
            // A label can sit on the edge of right and wrong.
            let edge = if column.name.contains("accuracy") {
                4e-3
            } else {
                0.0
            };
            let off = (a - b).abs();
            assert!(
                off <= 2e-3 * a.abs() + edge + 1e-6 || (a.is_nan() && b.is_nan()),
                "{name} {}: {a} {b}",
                column.name
            );
        }
    }
}

#[test]
fn a_run_restored_from_a_checkpoint_goes_on_to_the_bit() {
    for (name, mut run) in large::<f32>() {
        run.advance(3, &Alone);
        let checkpoint = run.checkpoint();
        run.advance(4, &Alone);
        let (weights, twin) = (run.weights(), run.linearised_weights());
        run.restore(&checkpoint);
        assert_eq!(run.step(), 3);
        run.advance(4, &Alone);
        assert_eq!(
            (run.weights(), run.linearised_weights()),
            (weights, twin),
            "{name}"
        );
        let (_, mut other) = large::<f32>()
            .into_iter()
            .find(|(n, _)| *n == name)
            .expect("the same kind");
        other.restore(&checkpoint);
        other.advance(4, &Alone);
        assert_eq!(other.checkpoint(), run.checkpoint(), "{name}");
    }
}

#[test]
fn a_nan_in_any_array_of_weights_reaches_loss_and_gradient() {
    for name in REFERENCES {
        let reference = read(name);
        let source = Source {
            examples: &reference.problem.examples,
            initial: &vec![0.0; reference.problem.examples.targets.len()],
        };
        let objective = &reference.settings.objective;
        for tensor in reference.network.layout().tensors() {
            let mut theta = reference.theta.to_vec();
            let range = tensor.range.clone();
            theta[range].fill(f64::NAN);
            let mut passes = Passes::new(Arc::clone(&reference.network), Keep::Block);
            passes.load(source, &reference.problem.train);
            let mut scored = Default::default();
            passes.score(&theta, objective, &Alone, &mut scored);
            assert!(scored.loss().is_nan(), "{name} {}", tensor.name);
            assert_eq!(scored.accuracy(), 0.0, "{name} {}", tensor.name);
            let gradient = passes.gradient(&theta, objective, &Alone);
            assert!(
                gradient.iter().any(|g| g.is_nan()),
                "{name} {}",
                tensor.name
            );
        }
        let mut run = reference.run().expect("a run");
        run.set_rates(1e200, 0.0);
        run.advance(50, &Alone);
        assert!(run.diverged().is_some_and(|step| step <= 50), "{name}");
        assert_eq!(run.diverged(), Some(run.step()), "{name}");
    }
}

#[test]
fn settings_and_arrays_that_do_not_fit_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let name = "modadd_p7";
    let text = std::fs::read_to_string(with_ending(&path(name), "json")).expect("json");
    let copy = directory.path().join(name);
    let error = |text: &str| -> String {
        std::fs::write(with_ending(&copy, "json"), text).expect("written");
        match Reference::read(&copy) {
            Ok(_) => "none".into(),
            Err(e) => e.to_string(),
        }
    };
    assert!(error(&text).contains("modadd_p7.npz: no such file"));
    std::fs::copy(with_ending(&path(name), "npz"), with_ending(&copy, "npz")).expect("copied");
    assert_eq!(error(&text), "none");
    for (from, to, expected) in [
        ("\"modadd\"", "\"gru\"", "settings.kind: expected modadd"),
        ("\"p\": 7", "\"p\": 8", "X: expected rows"),
        (
            "\"N\": 16",
            "\"N\": 17",
            "init_W1: expected shape [17, 14]; found [16, 14]",
        ),
        (
            "\"N\": 16",
            "\"N\": 16, \"dropout\": 0.1",
            "settings.dropout: unknown",
        ),
        ("\"sgd\"", "\"lion\"", "optimiser.name: expected sgd"),
        ("\"mse\"", "\"hinge\"", "settings.loss: expected mse"),
        (
            "\"lr\": 20.0",
            "\"lr\": 20.0, \"nesterov\": true",
            "optimiser.nesterov: unknown",
        ),
        (
            "\"lr\": 20.0",
            "\"lr\": \"x\"",
            "optimiser.lr: expected a number",
        ),
        (
            "\"weight_norm_sq\",",
            "\"sharpness\",",
            "columns: expected names",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let found = error(&text.replacen(from, to, 1));
        assert!(found.contains(expected), "{to}: {found}");
    }
}
