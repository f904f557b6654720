//! Gradient flow against gradient descent, against its own limits, and against
//! what must hold along it.

#[path = "support/runs.rs"]
mod runs;

use grokscope::sim::Simulation;
use grokscope::sim::committee::engine::Problem;
use grokscope::sim::committee::flow::{
    Ending, FlowOptions, FlowSummary, FlowSystem, Quality, integrate,
};
use grokscope::sim::committee::instance::Instance;
use grokscope::sim::committee::limits::TwoModes;
use grokscope::sim::committee::moments::MomentState;
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::config::{Config, EngineKind, ValidConfig, Width};
use grokscope::sim::metrics::{Metric, Row};
use grokscope::sim::outcome::Thresholds;
use grokscope::sim::rkc::System;
use grokscope::sim::rng::{Stream, normal_matrix};
use runs::recorded;
use std::ops::ControlFlow;

const FINE: Quality = Quality {
    rtol: 1e-6,
    samples_per_decade: 20,
};

struct Setup {
    config: ValidConfig,
    problem: Problem,
    initial: MomentState,
}

impl Setup {
    fn new(config: Config) -> Self {
        let config = config.check().expect("valid");
        let sampled = Sampled::new(&config).expect("sampled");
        Self {
            problem: sampled.problem(&config),
            initial: (*sampled.initial).clone(),
            config,
        }
    }

    fn system(&self) -> FlowSystem {
        let decay = self.config.training.weight_decay;
        FlowSystem::new(self.problem.clone(), &self.initial, decay)
    }

    fn options(&self, quality: Quality) -> FlowOptions {
        let training = &self.config.training;
        let mut options = FlowOptions::new(quality, training.learning_rate, training.steps);
        options.thresholds = Some(Thresholds::new(
            &self.config.outcome,
            self.problem.task.zero_train_loss(),
            self.problem.task.zero_test_loss().expect("known"),
        ));
        options
    }

    /// (τ, train, test) of all samples.
    fn curve(&self, system: FlowSystem, quality: Quality) -> (FlowSummary, Vec<[f64; 3]>) {
        let mut samples = Vec::new();
        let summary = integrate(
            system,
            &self.initial,
            &self.options(quality),
            &mut || ControlFlow::Continue(()),
            |s| {
                let test = s.losses.test.expect("known target").total();
                samples.push([s.time, s.losses.train, test]);
                ControlFlow::Continue(())
            },
        );
        (summary, samples)
    }
}

fn small() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples, c.network.width) = (15, 40, Width::Finite(20));
    (c.network.alpha, c.network.epsilon) = (0.7, 0.3);
    c.training.steps = 1_000;
    c
}

fn run(mut config: Config, engine: EngineKind, steps: &[u64]) -> (Vec<Row>, Simulation) {
    config.training.engine = engine;
    recorded(config, steps, false)
}

fn largest_difference(a: &[Row], b: &[Row], metric: Metric) -> f64 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |worst, (a, b)| {
        let (x, y) = (a.get(metric).expect("known"), b.get(metric).expect("known"));
        worst.max((x / y - 1.0).abs())
    })
}

#[test]
fn gradient_descent_tends_to_the_flow_in_proportion_to_its_learning_rate() {
    for decay in [0.0, 1e-3] {
        let mut config = small();
        config.training.weight_decay = decay;
        let setup = Setup::new(config.clone());
        let times = [2u64, 8, 32, 128];
        let mut system = setup.system();
        let mut exact = Vec::new();
        let mut options = setup.options(Quality {
            rtol: 1e-8,
            samples_per_decade: 1,
        });
        options.horizon = 128.0;
        // Samples at 2, 2·4, 2·4², 2·4³.
        for time in times {
            options.first_time = time as f64;
            options.horizon = time as f64;
            integrate(
                system,
                &setup.initial,
                &options,
                &mut || ControlFlow::Continue(()),
                |s| {
                    if s.time == time as f64 {
                        exact.push(s.losses);
                    }
                    ControlFlow::Continue(())
                },
            );
            system = setup.system();
        }
        let mut last = Vec::new();
        for per_unit in [8u64, 16, 32] {
            let mut descent = config.clone();
            descent.training.learning_rate = 1.0 / per_unit as f64;
            let (rows, _) = run(descent, EngineKind::Moments, &times.map(|t| t * per_unit));
            let now: Vec<f64> = rows[1..]
                .iter()
                .zip(&exact)
                .map(|(row, losses)| {
                    row.get(Metric::TrainLoss).expect("known") / losses.train - 1.0
                })
                .collect();
            for (now, last) in now.iter().zip(&last) {
                let ratio: f64 = last / now;
                assert!((ratio - 2.0).abs() < 0.15, "λ = {decay}: {ratio}, {now:e}");
            }
            last = now;
        }
    }
}

#[test]
fn a_flow_run_agrees_with_gradient_descent_and_finds_the_same_crossings() {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (20, 70);
    config.training.learning_rate = 0.05;
    let steps: Vec<u64> = (0..=11).map(|k| 40 << k).collect();
    let (flow, a) = run(config.clone(), EngineKind::Flow, &steps);
    let (descent, b) = run(config, EngineKind::Moments, &steps);
    for metric in [
        Metric::TrainLoss,
        Metric::TestLoss,
        Metric::WeightNormSq,
        Metric::FeatureAlignment,
        Metric::PopulationAlignment,
    ] {
        let relative = largest_difference(&flow, &descent, metric);
        assert!(relative < 5e-3, "{metric:?}: {relative:e}");
    }
    let (a, b) = (a.crossings(), b.crossings());
    for (a, b) in [(a.fit, b.fit), (a.generalise, b.generalise)] {
        let (a, b) = (a.expect("crosses") as f64, b.expect("crosses") as f64);
        assert!((a / b - 1.0).abs() < 3e-3, "{a} {b}");
    }
}

#[test]
fn a_flow_run_is_the_same_however_it_is_advanced() {
    let mut config = small();
    config.training.engine = EngineKind::Flow;
    let config = config.check().expect("valid");
    let finish = |stride: u64| {
        let mut s = Simulation::new(&config, None).expect("no instance");
        let mut rows = vec![s.record(false)];
        while !s.is_finished() {
            if s.advance(stride) {
                rows.push(s.record(false));
            }
        }
        (rows, s.crossings(), s.outcome())
    };
    let whole = finish(u64::MAX);
    let pieces = finish(7);
    // The flow time of a step is a sum, and sums round.
    assert_eq!(whole.0.len(), pieces.0.len());
    assert!(largest_difference(&whole.0, &pieces.0, Metric::TrainLoss) < 1e-9);
    assert_eq!((whole.1, whole.2), (pieces.1, pieces.2));
}

#[test]
fn weight_decay_can_change_under_way() {
    let mut config = small();
    config.training.steps = 4_000;
    let last = |engine| {
        let mut config = config.clone();
        config.training.engine = engine;
        config.training.learning_rate = 0.05;
        let config = config.check().expect("valid");
        let mut s = Simulation::new(&config, None).expect("no instance");
        while s.step() < 1_000 {
            s.advance(1_000 - s.step());
        }
        s.change("training.weight_decay", 1e-2).expect("in range");
        while !s.is_finished() {
            s.advance(u64::MAX);
        }
        (
            s.train_loss(),
            s.committee().unwrap().state().weight_norm_sq(),
        )
    };
    let (flow, descent) = (last(EngineKind::Flow), last(EngineKind::Moments));
    assert!(
        (flow.0 / descent.0 - 1.0).abs() < 1e-2,
        "{flow:?} {descent:?}"
    );
    assert!((flow.1 / descent.1 - 1.0).abs() < 1e-3);
}

#[test]
fn growing_features_do_not_blow_up_a_long_run() {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (50, 250);
    (config.network.alpha, config.network.epsilon) = (0.03, 0.02);
    let setup = Setup::new(config);
    let (exact, _) = setup.curve(setup.system(), FINE);
    for quality in [Quality::COARSE, Quality::FORECAST, Quality::EXACT] {
        let (summary, samples) = setup.curve(setup.system(), quality);
        assert!(matches!(summary.ending, Ending::Horizon | Ending::Spent));
        assert!(samples.iter().flatten().all(|v| v.is_finite()));
        for pair in samples.windows(2) {
            assert!(pair[1][1] <= pair[0][1] * (1.0 + 1e-9), "{pair:?}");
        }
        let (a, b) = (summary.crossings, exact.crossings);
        for (a, b) in [(a.fit, b.fit), (a.generalise, b.generalise)] {
            let ratio = a.expect("crosses") / b.expect("crosses");
            let allowed = 0.02 + 2.0 * quality.rtol;
            assert!((ratio - 1.0).abs() < allowed, "{quality:?}: {ratio}");
        }
    }
}

#[test]
fn two_neurons_flow_as_they_descend_for_fifty_thousand_steps() {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (40, 120);
    config.network.width = Width::Finite(2);
    (config.network.alpha, config.network.epsilon) = (1.0, 0.25);
    config.network.centered = false;
    config.training.learning_rate = 0.1;
    let steps = [100, 1_000, 10_000, 50_000];
    let (flow, _) = run(config.clone(), EngineKind::Flow, &steps);
    let (descent, _) = run(config, EngineKind::Moments, &steps);
    for (a, b) in flow.iter().zip(&descent) {
        for metric in [Metric::TestLoss, Metric::WeightNormSq] {
            let (x, y) = (a.get(metric).expect("known"), b.get(metric).expect("known"));
            assert!(
                (x / y - 1.0).abs() < 1e-2,
                "{metric:?} at {}: {x} {y}",
                a.step
            );
        }
    }
}

#[test]
fn with_many_samples_the_flow_approaches_the_population_flow() {
    // Mean over seeds of the largest difference along the curve: one draw may be
    // luckier than another.
    let distance = |samples: usize| {
        const SEEDS: u64 = 6;
        let sum: f64 = (0..SEEDS)
            .map(|seed| {
                let mut config = Config {
                    seed,
                    ..Config::default()
                };
                (config.task.dim, config.task.samples) = (8, samples);
                (config.network.alpha, config.network.epsilon) = (0.5, 0.3);
                config.training.steps = 300;
                let setup = Setup::new(config);
                let population = FlowSystem::population(setup.problem.clone(), &setup.initial, 0.0)
                    .expect("known target");
                let (_, exact) = setup.curve(population, FINE);
                let (_, sampled) = setup.curve(setup.system(), FINE);
                assert!(exact.iter().all(|s| (s[1] - s[2]).abs() <= 1e-14 * s[2]));
                let start = exact[0][2];
                let pairs = exact.iter().zip(&sampled);
                pairs.fold(0.0f64, |m, (a, b)| m.max((a[2] - b[2]).abs() / start))
            })
            .sum();
        sum / SEEDS as f64
    };
    let distances = [250, 1_000, 4_000, 16_000].map(distance);
    // Like 1/√P, an eighth from the first to the last, up to the luck of the draw.
    assert!(distances.is_sorted_by(|a, b| a > b), "{distances:?}");
    assert!(distances[3] < 0.2 * distances[0], "{distances:?}");
}

#[test]
fn the_population_flow_at_infinite_width_is_two_equations() {
    for (centered, decay) in [(true, 0.0), (false, 0.0), (true, 1e-4)] {
        let mut config = Config::default();
        (config.task.dim, config.task.samples) = (20, 5);
        (config.network.alpha, config.network.epsilon) = (0.5, 0.2);
        (config.network.init_scale, config.network.centered) = (0.8, centered);
        (config.training.weight_decay, config.training.steps) = (decay, 2_000);
        config.task.target_scale = 1.7;
        let setup = Setup::new(config);
        let target = setup.problem.task.target.as_ref().expect("known");
        let limit = TwoModes {
            dim: 20,
            alpha: 0.5,
            epsilon: 0.2,
            kappa: setup.problem.kappa,
            init_scale: 0.8,
            target_norm_sq: target.matrix.diag().sum(),
            weight_decay: decay,
        };
        let population = FlowSystem::population(setup.problem.clone(), &setup.initial, decay);
        let quality = Quality {
            rtol: 1e-11,
            samples_per_decade: 4,
        };
        let mut options = setup.options(quality);
        options.spent = 1e-10;
        let mut samples = Vec::new();
        integrate(
            population.expect("known target"),
            &setup.initial,
            &options,
            &mut || ControlFlow::Continue(()),
            |s| {
                samples.push((s.time, s.losses.train));
                ControlFlow::Continue(())
            },
        );
        let times: Vec<f64> = samples.iter().map(|s| s.0).collect();
        let points = limit.integrate(&times, 1e-11).expect("integrates");
        let start = samples[0].1;
        for (point, (time, loss)) in points.iter().zip(&samples) {
            let difference = (point.loss.total() - loss).abs() / start;
            assert!(
                difference < 1e-6,
                "κ={centered} λ={decay} τ={time}: {difference:e}"
            );
        }
    }
}

#[test]
fn the_flow_is_the_gradient_of_loss_plus_half_the_decay() {
    // d/dτ [L_train + ½λα² tr M] = −α²(|dw̄/dτ|² + ‖dL/dτ‖²).
    let mut config = small();
    (config.training.weight_decay, config.network.alpha) = (0.05, 1.3);
    let setup = Setup::new(config);
    let mut system = setup.system();
    let y = FlowSystem::flatten(&setup.initial);
    let mut slope = vec![0.0; y.len()];
    system.slope(0.0, &y, &mut slope);
    let mut potential = |along: f64| {
        let y: Vec<f64> = y.iter().zip(&slope).map(|(y, s)| y + along * s).collect();
        let norm_sq: f64 = y.iter().map(|v| v * v).sum();
        system.losses(&y).train + 0.5 * 0.05 * 1.3 * 1.3 * norm_sq
    };
    let h = 1e-4;
    let derivative = (potential(h) - potential(-h)) / (2.0 * h);
    let speed_sq: f64 = slope.iter().map(|v| v * v).sum();
    let expected = -1.3 * 1.3 * speed_sq;
    assert!(
        (derivative / expected - 1.0).abs() < 1e-6,
        "{derivative} {expected}"
    );
}

#[test]
fn curves_are_the_same_to_the_bit_and_coarse_ones_are_close() {
    let setup = Setup::new(Config::default());
    let (a, b) = (
        setup.curve(setup.system(), Quality::COARSE),
        setup.curve(setup.system(), Quality::COARSE),
    );
    assert_eq!(a, b);
    let (exact, _) = setup.curve(setup.system(), Quality::EXACT);
    for quality in [Quality::COARSE, Quality::FORECAST] {
        let (summary, _) = setup.curve(setup.system(), quality);
        assert!(summary.cost.evaluations < exact.cost.evaluations);
        let outcome = |s: &FlowSummary| s.outcome(1.0, 2.0).expect("finished").name();
        assert_eq!(outcome(&summary), outcome(&exact));
        let ratio = summary.crossings.generalise.expect("groks")
            / exact.crossings.generalise.expect("groks");
        assert!((ratio - 1.0).abs() < 0.02 + 2.0 * quality.rtol, "{ratio}");
    }
}

#[test]
fn both_callbacks_end_a_curve_at_once() {
    let setup = Setup::new(Config::default());
    let options = setup.options(Quality::EXACT);
    let mut left = 25;
    let summary = integrate(
        setup.system(),
        &setup.initial,
        &options,
        &mut || {
            left -= 1;
            if left < 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
        |_| ControlFlow::Continue(()),
    );
    assert_eq!(summary.ending, Ending::Cancelled);
    assert!(summary.cost.evaluations <= 25);
    let mut seen = 0;
    let summary = integrate(
        setup.system(),
        &setup.initial,
        &options,
        &mut || ControlFlow::Continue(()),
        |_| {
            seen += 1;
            if seen == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    );
    assert_eq!((summary.ending, seen), (Ending::Cancelled, 3));
    assert_eq!(summary.outcome(1.0, 2.0), None);
}

#[test]
fn crossings_do_not_depend_on_where_the_samples_are() {
    let setup = Setup::new(small());
    let crossings = |samples_per_decade| {
        let quality = Quality {
            rtol: 1e-4,
            samples_per_decade,
        };
        setup.curve(setup.system(), quality).0.crossings
    };
    let dense = crossings(200);
    assert_eq!(dense, crossings(1));
    // And they are where the losses cross.
    let fit = dense.fit.expect("fits");
    let mut options = setup.options(FINE);
    (options.first_time, options.horizon) = (fit, fit);
    let threshold = options.thresholds.expect("given").train;
    let mut at_fit = 0.0;
    integrate(
        setup.system(),
        &setup.initial,
        &options,
        &mut || ControlFlow::Continue(()),
        |s| {
            at_fit = s.losses.train;
            ControlFlow::Continue(())
        },
    );
    assert!(
        (at_fit / threshold - 1.0).abs() < 1e-3,
        "{at_fit} {threshold}"
    );
}

/// Inputs like raw pixels: whole numbers from 0 to 255 with a common pattern.
fn pixels(samples: usize, dim: usize, neurons: usize) -> Instance {
    let noise = |seed, rows, cols| normal_matrix(seed, Stream::Data, rows, cols);
    let x = noise(3, samples, dim).mapv(|v| (110.0 + 60.0 * v).round().clamp(0.0, 255.0));
    let y = noise(5, samples, 1)
        .column(0)
        .mapv(|v| if v > 0.0 { 1.0 } else { 2.0 });
    Instance {
        x,
        y,
        w0: Some(noise(4, neurons, dim)),
        rescaled_by: [1.0; 2],
        test: None,
        beta: None,
    }
}

fn given(instance: &Instance, config: &Config) -> Setup {
    let config = config.clone().check().expect("valid");
    let sampled = Sampled::from_instance(&config, instance);
    Setup {
        problem: sampled.problem(&config),
        initial: (*sampled.initial).clone(),
        config,
    }
}

/// (τ, train loss) at the samples of a curve, which must not rise.
fn losses(setup: &Setup, quality: Quality, horizon: f64, decades: i32) -> Vec<[f64; 2]> {
    let mut options = FlowOptions::new(quality, horizon * 10f64.powi(-decades), 1);
    (options.horizon, options.spent) = (horizon, 0.0);
    let mut samples = Vec::new();
    let summary = integrate(
        setup.system(),
        &setup.initial,
        &options,
        &mut || ControlFlow::Continue(()),
        |s| {
            samples.push([s.time, s.losses.train]);
            ControlFlow::Continue(())
        },
    );
    let done = matches!(summary.ending, Ending::Horizon | Ending::Spent);
    assert!(done, "{summary:?}");
    for pair in samples.windows(2) {
        assert!(pair[1][1] <= pair[0][1] * (1.0 + 1e-12), "{pair:?}");
    }
    samples
}

/// The train loss at increasing times by the classical Runge–Kutta method with
/// `steps` equal steps to each.
fn runge_kutta(setup: &Setup, times: &[f64], steps: u32) -> Vec<f64> {
    let mut system = setup.system();
    let mut y = FlowSystem::flatten(&setup.initial);
    let mut now = 0.0;
    let mut k = vec![vec![0.0; y.len()]; 4];
    times
        .iter()
        .map(|time| {
            let h = (time - now) / f64::from(steps);
            for _ in 0..steps {
                for stage in 0..4 {
                    let part = [0.0, 0.5, 0.5, 1.0][stage] * h;
                    let at: Vec<f64> = match stage {
                        0 => y.clone(),
                        _ => y
                            .iter()
                            .zip(&k[stage - 1])
                            .map(|(y, k)| y + part * k)
                            .collect(),
                    };
                    system.slope(0.0, &at, &mut k[stage]);
                }
                for (i, y) in y.iter_mut().enumerate() {
                    *y += h / 6.0 * (k[0][i] + 2.0 * (k[1][i] + k[2][i]) + k[3][i]);
                }
            }
            now = *time;
            system.losses(&y).train
        })
        .collect()
}

#[test]
fn inputs_of_any_scale_are_integrated_to_the_same_accuracy() {
    let mut config = Config::default();
    config.network.epsilon = 0.3;
    config.network.centered = false;
    let setup = given(&pixels(40, 8, 20), &config);
    let times = [1.0, 3.0, 10.0, 30.0, 100.0].map(|t| 4e-9 * t);
    let exact = runge_kutta(&setup, &times, 4_000);
    let close = runge_kutta(&setup, &times, 2_000);
    for (quality, allowed) in [(Quality::EXACT, 1e-3), (Quality::FORECAST, 2e-2)] {
        for (i, time) in times.iter().enumerate() {
            assert!(
                (close[i] / exact[i] - 1.0).abs() < 1e-6,
                "{close:?} {exact:?}"
            );
            let found = losses(&setup, quality, *time, 2).pop().expect("samples")[1];
            let error = (found / exact[i] - 1.0).abs();
            assert!(error < allowed, "τ = {time}: {found} against {}", exact[i]);
        }
    }
}

#[test]
fn equivalent_problems_have_the_same_curve() {
    for (samples, dim, neurons) in [(1, 1, 1), (1, 6, 3), (12, 1, 2), (30, 9, 4), (60, 5, 40)] {
        for (epsilon, centered) in [(0.2, true), (0.5, false)] {
            let mut instance = pixels(samples, dim, neurons);
            instance.x /= 110.0;
            let mut config = Config::default();
            (config.network.alpha, config.network.epsilon) = (0.8, epsilon);
            config.network.centered = centered;
            let plain = losses(&given(&instance, &config), Quality::EXACT, 30.0, 3);
            // f(x) = (α/N)Σφ(w_i·x) is the same for x → sx, w → w/s in time τ/s²; and
            // for α → α/c, ε → ε/c, w → cw; and c times as large for α → cα, y → cy.
            for (x_scale, w_scale, y_scale) in [
                (30.0, 1.0, 1.0),
                (1.0 / 30.0, 1.0, 1.0),
                (1.0, 4.0, 1.0),
                (1.0, 0.25, 1.0),
                (1.0, 1.0, 1e3),
                (200.0, 0.5, 1e-2),
            ] {
                let mut other = instance.clone();
                other.x = &instance.x * x_scale;
                other.w0 = instance.w0.as_ref().map(|w0| w0 * (w_scale / x_scale));
                other.y = &instance.y * y_scale;
                let mut scaled = config.clone();
                scaled.network.alpha *= y_scale / w_scale;
                scaled.network.epsilon /= w_scale;
                // Time of x → sx is τ/s²; of w → cw it stays.
                let horizon = 30.0 / (x_scale * x_scale);
                let curve = losses(&given(&other, &scaled), Quality::EXACT, horizon, 3);
                // Where the residual is rounding they end as rounding has it.
                let start = plain[0][1];
                if curve.len() != plain.len() {
                    assert!(plain.last().expect("samples")[1] < 1e-24 * start);
                }
                let whole = curve.len().min(plain.len()) - 1;
                for (a, b) in plain[..whole].iter().zip(&curve) {
                    let (a, b) = (a[1], b[1] / (y_scale * y_scale));
                    assert!(
                        (a - b).abs() < 1e-3 * a + 1e-20 * start,
                        "P={samples} D={dim} N={neurons}, x·{x_scale}, w·{w_scale}, y·{y_scale}: {a} {b}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_train_loss_falls_at_every_sample_until_it_is_rounding() {
    for (alpha, epsilon) in [(0.5, 0.3), (5.0, 0.1)] {
        let mut config = small();
        (config.network.alpha, config.network.epsilon) = (alpha, epsilon);
        config.training.steps = 100_000_000;
        let setup = Setup::new(config.clone());
        for quality in [Quality::COARSE, Quality::EXACT] {
            let quality = Quality {
                samples_per_decade: 100,
                ..quality
            };
            let samples = losses(&setup, quality, 1e8, 8);
            let (first, last) = (samples[0][1], samples.last().expect("samples")[1]);
            assert!(last < 1e-24 * first, "{first} … {last}");
        }
        // A run has all its rows, and time passes at once where nothing moves.
        let steps = [1, 100, 10_000, 1_000_000, 10_000_000, 100_000_000];
        let (rows, _) = run(config, EngineKind::Flow, &steps);
        assert_eq!(rows.len(), steps.len() + 1);
        let train = |row: &Row| row.get(Metric::TrainLoss).expect("measured");
        assert!(rows.windows(2).all(|w| train(&w[1]) <= train(&w[0])));
    }
}

#[test]
fn a_long_flow_is_given_up_at_once_and_goes_on_to_the_same_bits() {
    let mut config = small();
    config.training.engine = EngineKind::Flow;
    (config.training.learning_rate, config.training.steps) = (0.1, 2_000_000);
    config.record.steps = vec![1_000, 100_000, 2_000_000];
    let config = config.check().expect("valid");
    let finish = |mut patience: u64| {
        let mut s = Simulation::new(&config, None).expect("no instance");
        let (mut rows, mut given_up) = (Vec::new(), 0);
        while !s.is_finished() {
            let (mut asked, mut told) = (0, false);
            let recorded = s.advance_while(u64::MAX, &mut || {
                asked += 1;
                // Once it has been told it is not asked again.
                assert!(!told);
                told = asked > patience;
                !told
            });
            given_up += u64::from(told);
            assert_eq!(told, !recorded);
            // It gets on in the end.
            patience += 7;
            if recorded {
                rows.push(s.record(false));
            } else {
                assert!(s.train_loss().is_finite());
            }
        }
        (rows, s.crossings(), given_up)
    };
    let (whole, often) = (finish(u64::MAX / 2), finish(0));
    assert_eq!((whole.2, whole.0.len()), (0, 3));
    assert!(often.2 > 5, "given up {} times", often.2);
    assert_eq!((whole.0, whole.1), (often.0, often.1));
}
