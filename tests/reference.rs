//! The engines against curves that were computed by automatic differentiation.

use grokscope::cli::headless;
use grokscope::io::npz;
use grokscope::sim::Simulation;
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::config::{Config, DrawKind, EngineKind, MixRule, TargetKind, Width};
use grokscope::sim::jax::normals;
use grokscope::sim::metrics::Metric;
use ndarray::Array2;
use std::path::PathBuf;
use std::sync::Arc;

/// Largest relative difference allowed, in any column at any row.
const TOLERANCE: f64 = 1e-6;

struct Reference {
    config: Config,
    path: PathBuf,
    /// Metric of each compared column.
    columns: Vec<(Metric, usize)>,
    rows: Vec<Vec<f64>>,
}

fn read(name: &str) -> Reference {
    let path = |extension: &str| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/reference")
            .join(format!("{name}.{extension}"))
    };
    let mut csv = csv::Reader::from_path(path("csv")).expect("reference curve");
    let header = csv.headers().expect("header").clone();
    assert_eq!(&header[0], "step");
    let columns = header
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, column)| !column.starts_with("lin_"))
        .map(|(i, column)| {
            // The reference knows no exact test loss: its own is the sample's.
            let here = match column {
                "test_loss" => "sample_test_loss",
                same => same,
            };
            (Metric::by_name(here).expect(column), i)
        })
        .collect();
    let rows: Vec<Vec<f64>> = csv
        .records()
        .map(|r| {
            let record = r.expect("record");
            record.iter().map(|x| x.parse().expect("number")).collect()
        })
        .collect();

    let text = std::fs::read_to_string(path("json")).expect("settings");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let number = |key: &str| json[key].as_f64().expect(key);
    assert_eq!(number("weight_decay"), 0.0);
    let mut config = Config::default();
    config.network.alpha = number("alpha");
    config.network.epsilon = number("epsilon");
    config.network.init_scale = number("sigma_w");
    config.network.centered = json["centered"].as_bool().expect("centered");
    config.training.learning_rate = number("eta0");
    config.record.steps = rows.iter().map(|r| r[0] as u64).collect();
    config.training.steps = *config.record.steps.last().expect("rows");
    Reference {
        config,
        path: path("npz"),
        columns,
        rows,
    }
}

/// Replays a reference and compares it; returns the largest relative difference.
fn replay(name: &str, engine: EngineKind) -> f64 {
    let reference = read(name);
    let instance = npz::read_instance(&reference.path).expect("instance");
    let mut config = reference.config;
    config.training.engine = engine;
    instance.fix(&mut config);
    let config = config.check().expect("settings");
    let run = headless::train(config, Some(Arc::new(instance)), |_| {}).expect("run");
    assert_eq!(run.info.note, None, "the target is known");
    assert_eq!(run.rows.len(), reference.rows.len());

    let mut largest: f64 = 0.0;
    for (ours, theirs) in run.rows.iter().zip(&reference.rows) {
        assert_eq!(ours.step, theirs[0] as u64);
        for &(metric, column) in &reference.columns {
            let name = metric.spec().name;
            let value = ours.get(metric).unwrap_or(f64::NAN);
            let expected = theirs[column];
            let difference = if expected == 0.0 {
                value.abs()
            } else {
                (value / expected - 1.0).abs()
            };
            assert!(
                difference <= TOLERANCE,
                "{name} at step {}: {value}, expected {expected}",
                ours.step
            );
            largest = largest.max(difference);
        }
    }
    println!("{name}, {}: {largest:.1e}", engine.name());
    largest
}

#[test]
fn moments_reproduce_the_small_reference_over_all_its_steps() {
    replay("small", EngineKind::Moments);
}

#[test]
fn neurons_reproduce_the_small_reference_over_all_its_steps() {
    replay("small", EngineKind::Neurons);
}

#[test]
fn moments_reproduce_the_centred_reference_over_all_its_steps() {
    replay("small_centered_alpha3", EngineKind::Moments);
}

#[test]
fn neurons_reproduce_the_centred_reference_over_all_its_steps() {
    replay("small_centered_alpha3", EngineKind::Neurons);
}

#[test]
fn moments_reproduce_the_first_thousand_steps_of_figure_1() {
    replay("figure1", EngineKind::Moments);
}

#[test]
fn neurons_reproduce_the_first_thousand_steps_of_figure_1() {
    replay("figure1", EngineKind::Neurons);
}

#[test]
fn the_references_compare_eight_columns_at_every_row() {
    for (name, rows, last) in [
        ("small", 50, 20_000),
        ("small_centered_alpha3", 50, 20_000),
        ("figure1", 30, 1_000),
    ] {
        let reference = read(name);
        assert_eq!(reference.columns.len(), 8, "{name}");
        assert!(
            reference.rows.len() > rows,
            "{name}: {}",
            reference.rows.len()
        );
        assert!(
            reference.config.training.steps <= last
                && reference.config.training.steps > last - last / 8,
            "{name} ends at {}",
            reference.config.training.steps
        );
    }
}

/// The authors' arrays, drawn anew: every number to the last bit.
#[test]
fn the_authors_draw_is_theirs_to_the_last_bit() {
    // Keys of X, X_test and β, as the authors' notebook has them; W₀ has key 0.
    for (name, [x, x_test, beta]) in [("fig4", [0, 1, 2]), ("fig9_120", [10, 11, 12])] {
        let scale = |array: &Array2<f64>| (array.ncols() as f64).sqrt();
        let (train, test) = (paper_array(name, "X"), paper_array(name, "X_test"));
        assert_eq!(
            drawn_in_columns(x, &train, scale(&train)),
            train,
            "{name} X"
        );
        assert_eq!(
            drawn_in_columns(x_test, &test, scale(&test)),
            test,
            "{name} X_test"
        );
        let weights = paper_array(name, "W0");
        let drawn = normals(0, weights.len()).into_iter().map(f64::from);
        assert_eq!(
            drawn.collect::<Vec<_>>(),
            weights.iter().copied().collect::<Vec<_>>()
        );
        let drawn = normals(beta, train.ncols()).into_iter().map(f64::from);
        let file = std::fs::File::open(paper_file(name)).expect("file");
        let target: ndarray::Array1<f64> = ndarray_npy::NpzReader::new(file)
            .expect("npz")
            .by_name("beta")
            .expect("beta");
        assert_eq!(drawn.collect::<Vec<_>>(), target.to_vec(), "{name} beta");
    }
    // Figure 5 draws train and test inputs together.
    let (train, test) = (
        paper_array("fig5_70", "X"),
        paper_array("fig5_70", "X_test"),
    );
    let both = ndarray::concatenate![ndarray::Axis(0), train, test];
    assert_eq!(drawn_in_columns(0, &both, 10.0), both);
}

/// Settings of the authors' Figure 4.
fn figure_4() -> Config {
    let mut config = Config::default();
    config.task.draw = DrawKind::Paper;
    (config.task.dim, config.task.samples) = (40, 120);
    config.task.test_samples = 1000;
    (config.network.alpha, config.network.epsilon) = (1.0, 0.25);
    config.network.width = Width::Finite(2);
    config.network.centered = false;
    config.training.learning_rate = 0.5;
    config.training.steps = 8_000;
    config.outcome.relative = false;
    config
}

#[test]
fn a_config_draws_the_authors_data_target_and_weights() {
    let close = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{a} {b}");
        }
    };
    let flat = |a: &Array2<f64>| a.iter().copied().collect::<Vec<_>>();
    let mut nine = figure_4();
    nine.task.draw = DrawKind::PaperFigure9;
    (nine.network.width, nine.network.epsilon) = (Width::Finite(100), 0.5);
    let mut ten = figure_4();
    (ten.network.solution_mix, ten.network.mix_rule) = (0.2, MixRule::Interpolate);
    let mut five = figure_4();
    (five.task.dim, five.task.samples, five.task.test_samples) = (100, 100, 0);
    (five.task.target, five.task.eigenvector) = (TargetKind::JointEigenvector, 70);
    // The authors' labels are the unit vector on 200 points.
    five.task.target_scale = 1.0 / 200f64.sqrt();
    for (name, config) in [
        ("fig4", figure_4()),
        ("fig9_120", nine),
        ("fig10_0.2", ten),
        ("fig5_70", five),
    ] {
        // Without influence: the draw is the authors'.
        let config = Config { seed: 77, ..config };
        let sampled = Sampled::new(&config.check().expect(name)).expect(name);
        let (x_test, y_test) = sampled.task.test.as_ref().expect("test set");
        let instance = npz::read_instance(&paper_file(name)).expect(name);
        assert_eq!(sampled.task.x, instance.x, "{name}");
        let given = instance.test.as_ref().expect("test set");
        assert_eq!(x_test, &given.0, "{name}");
        close(
            &flat(&sampled.weights.matrix().expect("finite")),
            &flat(instance.w0.as_ref().expect("weights")),
        );
        close(&sampled.task.y.to_vec(), &instance.y.to_vec());
        close(&y_test.to_vec(), &given.1.to_vec());
    }
}

#[test]
fn the_authors_figure_4_groks() {
    let config = figure_4().check().expect("valid");
    let mut simulation = Simulation::new(&config, None).expect("simulation");
    while !simulation.is_finished() {
        simulation.advance(u64::MAX);
    }
    let crossings = simulation.crossings();
    assert_eq!(
        (crossings.fit, crossings.generalise),
        (Some(2_482), Some(6_918))
    );
    assert!(
        simulation
            .note()
            .is_some_and(|n| n.contains("seed chooses nothing"))
    );
}

fn paper_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/paper/{name}.npz"))
}

fn paper_array(name: &str, member: &str) -> Array2<f64> {
    let file = std::fs::File::open(paper_file(name)).expect(name);
    ndarray_npy::NpzReader::new(file)
        .expect("npz")
        .by_name(member)
        .expect(member)
}

/// Inputs of the shape of `like`: the authors draw an input a column.
fn drawn_in_columns(key: u32, like: &Array2<f64>, scale: f64) -> Array2<f64> {
    let (rows, columns) = like.dim();
    let drawn = normals(key, rows * columns);
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        f64::from(drawn[j * rows + i]) / scale
    })
}
