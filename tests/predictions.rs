//! What is computed about a run from its data alone, against runs.

use grokscope::sim::Simulation;
use grokscope::sim::committee::engine::Problem;
use grokscope::sim::committee::escape::Escape;
use grokscope::sim::committee::learning_curve::LearningCurve;
use grokscope::sim::committee::linearized::{LazyTime, Linearized};
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::config::{Config, DrawKind, TargetKind, Width};
use grokscope::sim::laws::{EXAMPLES, Example, Measured, PowerLaw, Product, collapse, departure};
use grokscope::sim::metrics::Metric;
use grokscope::sim::rng::{Stream, normal_matrix};
use grokscope::sweep::Spec;
use grokscope::sweep::cell::{self, Cache, CellResult};

fn cells(spec: &str) -> Vec<CellResult> {
    let spec = Spec::parse(spec).expect("a spec");
    let mut cache = Cache::default();
    (0..spec.grid().len())
        .map(|cell| cell::evaluate(&spec, cell, &mut cache).expect("a cell"))
        .collect()
}

/// Predicted over measured step of the escape.
fn errors(results: &[CellResult]) -> Vec<f64> {
    let mut errors: Vec<f64> = (results.iter())
        .filter_map(|r| {
            let measured = r.fit_step_at_50_percent.filter(|step| *step > 20)?;
            Some(r.predicted_fit_step_at_50_percent? as f64 / measured as f64)
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    errors
}

const ESCAPE: &str = r#"
[base.task]
dim = 30

[base.training]
engine = "flow"
learning_rate = 0.1
steps = 10000000

[axes]
seed = [1, 2, 3, 4]
"task.samples" = [120, 180, 300]
"network.alpha" = [0.1, 0.3, 1.0]
"network.epsilon" = [0.02, 0.05]
"network.centered" = [true, false]

[measures]
stop = "horizon"
"#;

/// The numbers are those of docs/theory.md.
#[test]
fn features_escape_when_the_data_say() {
    let results = cells(ESCAPE);
    let of = |samples: u64| -> Vec<CellResult> {
        let has = |r: &&CellResult| r.axes["task.samples"] == samples;
        results.iter().filter(has).cloned().collect()
    };
    let mut seen = 0;
    for (samples, least, most) in [(120, 0.8, 2.2), (180, 0.85, 1.6), (300, 0.85, 1.5)] {
        let errors = errors(&of(samples));
        let (low, high) = (errors[0], errors[errors.len() - 1]);
        let middle = errors[errors.len() / 2];
        seen += errors.len();
        println!(
            "P/D = {}: {} cells, predicted/measured {low:.2} to {high:.2}, median {middle:.2}",
            samples / 30,
            errors.len()
        );
        assert!(low > least && high < most && (0.95..1.3).contains(&middle));
    }
    assert!(seen > results.len() / 2, "{seen} of {}", results.len());
}

const FIGURE_1: &str = r#"
[base.task]
draw = "paper"
dim = 100
samples = 550

[base.network]
width = 500
alpha = 1.0
epsilon = 0.02

[base.training]
engine = "flow"
steps = 20000

[axes]
seed = [0]

[measures]
stop = "horizon"
"#;

#[test]
fn the_features_of_figure_1_escape_when_the_data_say() {
    let mut config = Config::default();
    config.task.draw = DrawKind::Paper;
    (config.task.dim, config.task.samples) = (100, 550);
    config.network.width = Width::Finite(500);
    (config.network.alpha, config.network.epsilon) = (1.0, 0.02);
    let config = config.check().expect("valid");
    let sampled = Sampled::new(&config).expect("drawn");
    let escape = Escape::new(&config, &sampled.task, &sampled.initial).expect("known");
    let predicted = escape.step(&config.training).expect("some time");
    let measured = cells(FIGURE_1)[0].fit_step_at_50_percent;
    let measured = measured.expect("half of the train loss") as f64;
    println!(
        "Figure 1: predicted {predicted:.0}, measured {measured}, overlap {:.3}",
        escape.overlap
    );
    assert_eq!(escape.doubt(), None);
    assert!((predicted / 5_736.0 - 1.0).abs() < 0.01);
    assert!((measured / 5_308.0 - 1.0).abs() < 0.01);
    assert!(escape.overlap > 10.0 * escape.chance);
}

fn drawn(config: &Config) -> (Problem, Sampled) {
    let config = config.clone().check().expect("valid");
    let sampled = Sampled::new(&config).expect("drawn");
    (sampled.problem(&config), sampled)
}

#[test]
fn the_lazy_weights_make_the_lazy_function_and_move_as_far_as_the_difficulty_says() {
    for (width, centered) in [(Width::Infinite, true), (Width::Finite(7), false)] {
        let mut config = Config::default();
        (config.task.dim, config.task.samples) = (12, 40);
        (config.network.alpha, config.network.epsilon) = (0.7, 0.3);
        (config.network.width, config.network.centered) = (width, centered);
        let (problem, sampled) = drawn(&config);
        let start = &sampled.initial;
        let lazy = Linearized::new(&problem, start).expect("finite");
        for time in [LazyTime::steps(0.5, 300), LazyTime::Limit] {
            let weights = lazy.weights(&time);
            let (w, l) = (&weights.mean - &start.mean, &weights.factor - &start.factor);
            let outer = |a: &ndarray::Array1<f64>, b: &ndarray::Array1<f64>| {
                let column = a.view().insert_axis(ndarray::Axis(1));
                column.dot(&b.view().insert_axis(ndarray::Axis(0)))
            };
            let half = start.factor.dot(&l.t()) + outer(&start.mean, &w);
            let change = &half + &half.t();
            // f₀ begins at what κ = 0 does not take away.
            let function = lazy.function(&time);
            let (alpha, epsilon) = (problem.alpha, problem.epsilon);
            let begun = (1.0 - problem.kappa) * alpha;
            let m0 = start.second_moment();
            let scale = function.quadratic.norm_l2();
            for i in 0..12 {
                let b = alpha * w[i] + begun * start.mean[i];
                assert!((b - function.linear[i]).abs() < 1e-9 * scale);
                for j in 0..12 {
                    let a = epsilon * (alpha * change[(i, j)] + begun * m0[(i, j)]);
                    assert!((a - function.quadratic[(i, j)]).abs() < 1e-9 * scale);
                }
            }
            if time == LazyTime::Limit {
                let moved = w.dot(&w) + l.iter().map(|v| v * v).sum::<f64>();
                let expected = lazy.difficulty() / alpha.powi(2);
                assert!((moved / expected - 1.0).abs() < 1e-6);
            }
        }
    }
}

/// Mean and standard error of the test loss of exact regression, in units of the zero
/// predictor's, and the theory's mean.
fn regression(config: &Config, seeds: u64) -> [f64; 3] {
    let (mut exact, mut theory) = (Vec::new(), Vec::new());
    for seed in 0..seeds {
        let mut config = config.clone();
        config.seed = seed;
        let (problem, sampled) = drawn(&config);
        let target = sampled.task.target.as_ref().expect("known");
        let valid = config.check().expect("valid");
        let curve = LearningCurve::new(&valid, target).expect("of this target");
        let zero = curve.zero_test_loss();
        let lazy = Linearized::new(&problem, &sampled.initial).expect("finite");
        let test = lazy.losses(&LazyTime::Limit).test.expect("known");
        exact.push(test / zero);
        theory.push(curve.test_loss(valid.task.samples as f64) / zero);
    }
    let n = exact.len() as f64;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (middle, expected) = (mean(&exact), mean(&theory));
    let variance = exact.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / (n - 1.0);
    [middle, (variance / n).sqrt(), expected]
}

#[test]
fn the_learning_curve_is_the_mean_of_exact_regressions() {
    let mut wrong = Vec::new();
    for (epsilon, centered, noise) in [
        (0.05, true, 0.0),
        (1.0, true, 0.0),
        (0.3, false, 0.0),
        (0.3, true, 0.3),
    ] {
        // With noise and D = 20, the quadratic modes learn it more than theory says where
        // P is near their number.
        let sizes: &[usize] = match noise > 0.0 {
            true => &[20, 30, 40, 80, 700],
            false => &[20, 30, 40, 80, 140, 200, 260],
        };
        for &samples in sizes {
            let mut config = Config::default();
            (config.task.dim, config.task.samples) = (20, samples);
            (config.network.epsilon, config.network.centered) = (epsilon, centered);
            (config.network.alpha, config.task.label_noise) = (0.5, noise);
            let seeds = if samples > 300 { 6 } else { 16 };
            let [exact, error, theory] = regression(&config, seeds);
            println!(
                "ε = {epsilon}, κ = {}, noise {noise}, P = {samples}: theory {theory:.3}, exact {exact:.3} ± {error:.3}",
                u8::from(centered)
            );
            // At the peak the law of the regressions has a heavy tail.
            let part = match samples {
                20 => 0.7,
                _ if noise > 0.0 => 0.15,
                _ => 0.08,
            };
            let apart = (exact - theory).abs();
            if apart > 3.5 * error + (part * theory).max(0.002) {
                wrong.push((epsilon, centered, noise, samples));
            }
        }
    }
    assert_eq!(wrong, []);
}

/// What the runs of an example come to, in its own formulas.
fn points_of(example: &Example) -> Vec<(String, (f64, f64))> {
    let [x, y] = [example.x, example.y].map(|text| Product::parse(text).expect(text));
    let runs = example.runs().expect("settings in range");
    let points = runs.into_iter().filter_map(|(name, config)| {
        let made = Simulation::new(&config, None).expect("a run");
        let mut run = made.without_accuracy();
        while !run.is_finished() {
            run.advance(u64::MAX);
        }
        let row = run.record(false);
        let sampled = Sampled::new(&config).expect("drawn");
        let lazy = || {
            let problem = sampled.problem(&config);
            let lazy = Linearized::new(&problem, &sampled.initial).ok()?;
            let size = sampled.initial.weight_norm_sq() * problem.alpha.powi(2);
            Some(lazy.difficulty() / size)
        };
        let measured = |of: Measured| match of {
            Measured::Generalise => run.crossings().generalise.map(|step| step as f64),
            Measured::Movement => row.get(Metric::ParamMovement),
            Measured::LazyMovement => lazy(),
            other => panic!("{other:?} is not needed"),
        };
        let place = (x.value(&config, measured)?, y.value(&config, measured)?);
        println!(
            "{name}: {} = {:.4e}, {} = {:.4e}",
            example.x, place.0, example.y, place.1
        );
        Some((name, place))
    });
    points.collect()
}

fn places(points: &[(String, (f64, f64))]) -> Vec<(f64, f64)> {
    points.iter().map(|(_, place)| *place).collect()
}

/// The numbers of docs/theory.md.
#[test]
fn output_scale_and_init_scale_are_one_knob() {
    let points = points_of(&EXAMPLES[0]);
    assert_eq!(points.len(), 18);
    let score = collapse(&places(&points)).expect("a score");
    let rich: Vec<(f64, f64)> = places(&points).into_iter().filter(|p| p.0 <= 1.0).collect();
    let law = PowerLaw::fit(&rich).expect("a law");
    println!(
        "collapse {score:.3}; for σ²α ≤ 1 exponent {:.3} ± {:.3}",
        law.exponent, law.error
    );
    assert!(score > 0.9 && (law.exponent + 1.0).abs() < 0.1);
}

#[test]
fn weight_decay_is_the_clock() {
    let points = points_of(&EXAMPLES[1]);
    let small: Vec<(f64, f64)> = places(&points).into_iter().filter(|p| p.0 < 2e-6).collect();
    let law = PowerLaw::fit(&small).expect("a law");
    println!("t_test ∝ λ^{:.3} ± {:.3}", law.exponent, law.error);
    for (lambda, step) in &small {
        println!("λ = {lambda:e}: t_test·λ = {:.3}", lambda * step);
    }
    assert!(small.len() >= 4 && (law.exponent + 1.0).abs() < 0.1);
}

#[test]
fn laziness_ends_where_the_movement_leaves_that_of_the_lazy_solution() {
    let points = points_of(&EXAMPLES[2]);
    let left = departure(&places(&points)).expect("it leaves the line");
    println!("laziness ends at a movement of {left:.3}");
    let lazy: Vec<(f64, f64)> = places(&points)
        .into_iter()
        .filter(|p| p.0 < 0.3 * left)
        .collect();
    let law = PowerLaw::fit(&lazy).expect("a law");
    println!("below it: movement ∝ lazy_movement^{:.3}", law.exponent);
    assert!((law.exponent - 1.0).abs() < 0.1 && lazy.len() >= 3);
}

#[test]
fn the_loss_of_a_joint_eigenvector_over_all_inputs_is_exact() {
    let mut config = Config::default();
    config.task.target = TargetKind::JointEigenvector;
    (config.task.dim, config.task.samples) = (20, 30);
    config.network.width = Width::Finite(40);
    (config.network.alpha, config.network.epsilon) = (0.5, 0.4);
    config.training.learning_rate = 0.3;
    for (eigenvector, centered) in [(1, true), (9, false), (25, true)] {
        (config.task.eigenvector, config.network.centered) = (eigenvector, centered);
        let valid = config.clone().check().expect("valid");
        let sampled = Sampled::new(&valid).expect("drawn");
        let task = &sampled.task;
        let extension = task.extension.as_ref().expect("extended");
        // At the inputs that made it, it is the labels.
        let (x_test, y_test) = task.test.as_ref().expect("a test set");
        for (x, y) in [(&task.x, &task.y), (x_test, y_test)] {
            let apart = &extension.labels(x.view()) - y;
            assert!(apart.iter().all(|e| e.abs() < 1e-9), "j = {eigenvector}");
        }
        let mut run = Simulation::new(&valid, None).expect("a run");
        while run.step() < 200 {
            run.advance(200 - run.step());
        }
        let row = run.record(false);
        let parts = [
            Metric::VarianceError,
            Metric::MisalignmentError,
            Metric::LinearPower,
        ];
        let exact: f64 = parts.iter().filter_map(|m| row.get(*m)).sum();
        assert_eq!(row.get(Metric::TestLoss), None, "nothing is judged by it");
        let sample = row.get(Metric::SampleTestLoss).expect("of the test set");
        let state = run.committee().expect("a committee").state();
        let points = 40_000;
        let x = normal_matrix(77, Stream::Test, points, 20) / 20f64.sqrt();
        let kappa = f64::from(u8::from(centered));
        let b = (&state.mean - &(&sampled.initial.mean * kappa)) * 0.5;
        let m = state.second_moment() - sampled.initial.second_moment() * kappa;
        let a = m * (0.5 * 0.4);
        let f = x.dot(&b) + (x.dot(&a) * &x).sum_axis(ndarray::Axis(1)) * 0.5;
        let squares = (f - extension.labels(x.view())).mapv(|e| e * e);
        let mean = squares.mean().expect("points");
        let error = squares.std(1.0) / (points as f64).sqrt();
        println!(
            "j = {eigenvector}: exact {exact:.4}, fresh {mean:.4} ± {error:.4}, test set {sample:.4}"
        );
        assert!((exact - mean).abs() < 4.0 * error, "j = {eigenvector}");
        assert!((run.test_loss().expect("judged") - sample).abs() < 1e-12 * sample);
    }
}
