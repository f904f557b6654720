//! The two engines against each other and against exact statements.

#[path = "support/runs.rs"]
mod runs;

use grokscope::sim::Simulation;
use grokscope::sim::config::{Config, EngineKind, Width};
use grokscope::sim::metrics::{Metric, Row};
use proptest::prelude::*;
use runs::{recorded, trained};

fn run(mut config: Config, engine: EngineKind, steps: &[u64]) -> Vec<Row> {
    config.training.engine = engine;
    recorded(config, steps, true).0
}

/// The metric whose size rounding in this one goes by: M of few neurons has zero
/// eigenvalues, which are rounding and nothing else.
fn on_the_scale_of(metric: Metric) -> Metric {
    match metric {
        Metric::FeatureEigenvalue2 | Metric::FeatureEigenvalue3 => Metric::FeatureEigenvalue1,
        other => other,
    }
}

/// Largest relative difference over all rows and metrics. Metrics that are a
/// small remainder of larger terms are compared on the scale of those.
fn difference(a: &[Row], b: &[Row]) -> (f64, String) {
    assert_eq!(a.len(), b.len());
    let mut worst = (0.0, String::new());
    for metric in Metric::ALL {
        let scale = a
            .iter()
            .filter_map(|r| r.get(on_the_scale_of(*metric)))
            .fold(0.0, |m: f64, v| m.max(v.abs()));
        for (a, b) in a.iter().zip(b) {
            let (x, y) = (a.get(*metric), b.get(*metric));
            assert_eq!(x.is_some(), y.is_some(), "{metric:?}");
            let (Some(x), Some(y)) = (x, y) else { continue };
            let relative = (x - y).abs() / scale.max(1e-300);
            if relative > worst.0 {
                worst = (
                    relative,
                    format!("{metric:?} at step {}: {x:e} and {y:e}", a.step),
                );
            }
        }
    }
    worst
}

fn configs() -> impl Strategy<Value = Config> {
    (
        (any::<u32>(), 2usize..13, 1usize..41, 1usize..31),
        (0.2f64..4.0, 0.02f64..0.6, 0.3f64..1.5, any::<bool>()),
        (
            0.05f64..0.4,
            prop_oneof![Just(0.0), 1e-5f64..1e-2],
            1usize..4,
            0.0f64..0.5,
        ),
    )
        .prop_map(
            |(
                (seed, dim, samples, width),
                (alpha, epsilon, scale, centered),
                (rate, decay, rank, noise),
            )| {
                let mut c = Config {
                    seed: seed.into(),
                    ..Config::default()
                };
                (c.task.dim, c.task.samples, c.task.test_samples) = (dim, samples, 5);
                (c.task.target_rank, c.task.label_noise) = (rank.min(dim), noise);
                c.network.width = Width::Finite(width);
                (c.network.alpha, c.network.epsilon) = (alpha, epsilon);
                (c.network.init_scale, c.network.centered) = (scale, centered);
                (c.training.learning_rate, c.training.weight_decay) = (rate, decay);
                c
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn moments_follow_the_neurons_for_a_thousand_steps(mut config in configs()) {
        // Where gradient descent is unstable both diverge, and rounding decides how.
        loop {
            let rows = run(config.clone(), EngineKind::Neurons, &[10, 100, 300, 1000]);
            let worst = rows.iter().filter_map(|r| r.get(Metric::Stability)).fold(0.0, f64::max);
            if rows.last().is_some_and(|r| r.step == 1000) && worst < 0.9 {
                let (relative, place) = difference(&run(config, EngineKind::Moments, &[10, 100, 300, 1000]), &rows);
                prop_assert!(relative < 1e-10, "{relative:e}: {place}");
                break;
            }
            config.training.learning_rate *= 0.5;
        }
    }
}

#[test]
fn one_and_two_neurons_agree_for_fifty_thousand_steps() {
    for (width, dim, samples) in [(2, 40, 120), (1, 40, 120), (2, 7, 30)] {
        let mut c = Config::default();
        (c.task.dim, c.task.samples) = (dim, samples);
        c.network.width = Width::Finite(width);
        (c.network.alpha, c.network.epsilon, c.network.centered) = (1.0, 0.25, false);
        c.training.learning_rate = 0.5;
        let steps = [1, 10, 100, 1_000, 10_000, 50_000];
        let (a, b) = (
            run(c.clone(), EngineKind::Moments, &steps),
            run(c, EngineKind::Neurons, &steps),
        );
        let (relative, place) = difference(&a, &b);
        assert!(relative < 1e-9, "N={width}, D={dim}: {relative:e}: {place}");
    }
}

#[test]
fn without_weight_decay_the_train_loss_never_rises_below_the_limit_of_stability() {
    let rows = run(
        Config::default(),
        EngineKind::Moments,
        &[1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000],
    );
    for pair in rows.windows(2) {
        let loss = |r: &Row| r.get(Metric::TrainLoss).expect("recorded");
        assert!(pair[1].get(Metric::Stability).expect("recorded") < 1.0);
        assert!(loss(&pair[1]) < loss(&pair[0]));
    }
}

#[test]
fn output_scale_and_init_scale_are_one_knob() {
    // With w = σu: (α, ε, σ) ≡ (ασ, εσ, 1) at the same η₀.
    let sigma = 0.5;
    let mut scaled = Config::default();
    (scaled.task.dim, scaled.task.samples, scaled.network.width) = (12, 30, Width::Finite(9));
    (
        scaled.network.alpha,
        scaled.network.epsilon,
        scaled.network.init_scale,
    ) = (1.2, 0.4, sigma);
    scaled.training.learning_rate = 0.4;
    let mut unit = scaled.clone();
    (
        unit.network.alpha,
        unit.network.epsilon,
        unit.network.init_scale,
    ) = (1.2 * sigma, 0.4 * sigma, 1.0);
    let steps = [1, 10, 100, 1000];
    let (a, b) = (
        run(scaled, EngineKind::Moments, &steps),
        run(unit, EngineKind::Moments, &steps),
    );
    for (a, b) in a.iter().zip(&b) {
        for metric in [
            Metric::TrainLoss,
            Metric::TestLoss,
            Metric::FeatureAlignment,
            Metric::ParamMovement,
        ] {
            let (x, y) = (a.get(metric).expect("known"), b.get(metric).expect("known"));
            assert!(
                (x - y).abs() <= 1e-9 * x.abs().max(1e-6),
                "{metric:?} at {}: {x} {y}",
                a.step
            );
        }
    }
}

#[test]
fn a_rate_beyond_stability_diverges_and_the_named_rate_does_not() {
    let mut c = Config::default();
    (c.task.dim, c.task.samples) = (10, 30);
    (c.training.learning_rate, c.training.steps) = (30.0, 2_000);
    let finish = |c: &Config| {
        let mut s = Simulation::new(&c.clone().check().expect("valid"), None).expect("no instance");
        s.record(true);
        while !s.is_finished() {
            if s.advance(u64::MAX) {
                s.record(false);
            }
        }
        s.outcome()
    };
    let grokscope::sim::outcome::Outcome::Diverged {
        step,
        stable_learning_rate,
    } = finish(&c)
    else {
        panic!("η₀ = 30 must diverge");
    };
    assert!(
        step < 200 && stable_learning_rate > 0.1 && stable_learning_rate < 30.0,
        "{step} {stable_learning_rate}"
    );
    // The kernel grows along the run, so that a margin is needed.
    c.training.learning_rate = 0.5 * stable_learning_rate;
    assert!(!matches!(
        finish(&c),
        grokscope::sim::outcome::Outcome::Diverged { .. }
    ));
}

/// The losses of every step, and the verdict at the end.
fn followed(config: &Config) -> (Vec<Row>, grokscope::sim::verdict::Verdict) {
    let mut config = config.clone();
    config.record.steps = (0..=config.training.steps).collect();
    let config = config.check().expect("valid");
    let (rows, simulation) = trained(&config, false);
    (rows, simulation.verdict())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What the verdict and its sentence say is so in the rows.
    #[test]
    fn the_verdict_holds_in_the_rows(
        config in configs(),
        rate in 0.05f64..3.0,
        steps in 1u64..400,
        threshold in 0.05f64..0.9,
        sparse in 1u32..9,
    ) {
        use grokscope::sim::{outcome::Outcome, verdict::{Criterion, Status}};
        let mut config = config;
        config.training.learning_rate = rate;
        config.training.steps = steps;
        (config.outcome.threshold, config.outcome.relative) = (threshold, true);
        config.outcome.accuracy_tolerance = 0.5;
        config.outcome.accuracy_level = 0.8;
        let (rows, verdict) = followed(&config);
        let value = |row: &Row, metric| row.get(metric).expect("measured");
        let train: Vec<f64> = rows.iter().map(|r| value(r, Metric::TrainLoss)).collect();
        let test: Vec<f64> = rows.iter().map(|r| value(r, Metric::TestLoss)).collect();
        let text = verdict.sentence();
        if let Outcome::Diverged { step, .. } = verdict.outcome() {
            prop_assert_eq!(step, verdict.step);
            prop_assert!(text.starts_with("diverged"), "{}", text);
            return Ok(());
        }
        prop_assert_eq!((verdict.status, verdict.step), (Status::Finished, steps));
        let zero = (verdict.zero_train_loss, verdict.zero_test_loss.expect("known"));
        for (by, share) in [
            (Criterion::Configured, threshold),
            (Criterion::Tenth, 0.1),
            (Criterion::Half, 0.5),
        ] {
            let judged = verdict.judged(by);
            for (crossing, losses, level) in [
                (judged.fit, &train, share * zero.0),
                (judged.generalise, &test, share * zero.1),
            ] {
                let first = losses.iter().position(|l| *l < level).map(|t| t as u64);
                prop_assert_eq!(crossing.first(), first);
                match crossing.step() {
                    Some(t) => {
                        let t = t as usize;
                        prop_assert!(losses[t..].iter().all(|l| *l < level));
                        prop_assert!(t == 0 || losses[t - 1] >= level);
                    }
                    None => prop_assert!(
                        losses.iter().rev().take(1).all(|l| *l >= level) || crossing.losses() > 0
                    ),
                }
            }
        }
        let peak = verdict.peak.expect("a test loss");
        prop_assert_eq!(peak.test_loss, test.iter().copied().fold(0.0, f64::max));
        prop_assert_eq!(test[peak.step as usize], peak.test_loss);
        // The train accuracy is followed at every step; whatever is recorded, the
        // verdict is the same.
        let accuracy = verdict.by_accuracy.expect("followed");
        let reached = rows.iter().position(|r| value(r, Metric::TrainAccuracy) + 1e-9 >= 0.8);
        prop_assert_eq!(accuracy.fit.first(), reached.map(|t| t as u64));
        if let Some(t) = accuracy.generalise.first() {
            let at = |t: u64| value(&rows[t as usize], Metric::TestAccuracy) + 1e-9 >= 0.8;
            prop_assert!(at(t) && (t == 0 || !at(t - 1)));
        }
        let mut thin = config.clone();
        thin.record.points_per_decade = sparse;
        let thin = thin.check().expect("valid");
        let mut simulation = Simulation::new(&thin, None).expect("no instance");
        while !simulation.is_finished() {
            simulation.advance(u64::MAX);
        }
        prop_assert_eq!(simulation.verdict(), verdict);
        // The sentence: its class, its order of events, its numbers.
        let crossings = verdict.crossings();
        let thousands = grokscope::history::format::thousands;
        for (word, step) in [("fits at ", crossings.fit), ("generalises at ", crossings.generalise)] {
            match step {
                Some(step) => prop_assert!(text.contains(&format!("{word}{}", thousands(step))), "{}", text),
                None => prop_assert!(!text.contains(word), "{}", text),
            }
        }
        prop_assert!(!text.contains("never"), "{}", text);
        if let (Some(fit), Some(generalise)) = (crossings.fit, crossings.generalise) {
            prop_assert_eq!(text.contains("earlier"), generalise < fit, "{}", text);
        }
        if crossings.fit.is_none() && verdict.judged(Criterion::Configured).fit.first().is_none() {
            let share = grokscope::history::format::percent(train[steps as usize] / zero.0);
            prop_assert!(text.contains(&format!("train at {share}")), "{}", text);
        }
        prop_assert_eq!(text.contains("unstable"), verdict.is_unstable());
    }
}

#[test]
fn a_fit_that_does_not_hold_is_not_a_fit_and_descent_is_said_to_be_unstable() {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (10, 1);
    config.network.width = Width::Finite(7);
    config.training.learning_rate = 1.0;
    config.training.steps = 3_000;
    for seed in 0..8 {
        config.seed = seed;
        let (rows, verdict) = followed(&config);
        let fitted = verdict.crossings().fit;
        let level = verdict.thresholds.train;
        let loss = |row: &Row| row.get(Metric::TrainLoss).expect("measured");
        if let Some(fit) = fitted {
            assert!(
                rows[fit as usize..].iter().all(|r| loss(r) < level),
                "{seed}"
            );
        }
        let rises = rows
            .windows(2)
            .filter(|w| loss(&w[1]) > 1.5 * loss(&w[0]) && loss(&w[0]) > 1e-6);
        if rises.count() > 30 {
            assert!(verdict.is_unstable(), "{seed}: {}", verdict.sentence());
        }
    }
}

#[test]
fn the_flow_finds_the_same_accuracies_whatever_is_recorded() {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (12, 40);
    config.training.engine = EngineKind::Flow;
    config.training.steps = 20_000;
    let verdict = |points: u32| {
        let mut config = config.clone();
        config.record.points_per_decade = points;
        let config = config.check().expect("valid");
        let mut simulation = Simulation::new(&config, None).expect("no instance");
        while !simulation.is_finished() {
            simulation.advance(u64::MAX);
        }
        simulation.verdict()
    };
    let (few, many) = (verdict(1), verdict(200));
    assert_eq!(few.by_accuracy, many.by_accuracy);
    assert_eq!(few.crossings(), many.crossings());
    assert!(few.by_accuracy.is_some_and(|a| a.fit.step().is_some()));
}
