//! What a curve of the flow costs: time and evaluations of the right-hand side for
//! the named cases, and over 100 random slider positions. Times are of the
//! processor where the system tells them (Linux), so that other programs do not
//! count, and of the wall clock elsewhere.
//!
//! `cargo bench --bench forecast`; with `--test` every case runs once, small.

use grokscope::sim::committee::flow::{FlowOptions, FlowSummary, FlowSystem, Quality, integrate};
use grokscope::sim::committee::sampled::Sampled;
use grokscope::sim::config::{Config, Width};
use grokscope::sim::outcome::Thresholds;
use grokscope::sim::rng::{Stream, row_rng};
use rand_distr::{Distribution, Uniform};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

/// Processor time of this thread, or else the wall clock's.
struct Clock(Option<f64>, Instant);

impl Clock {
    fn start() -> Self {
        Self(Self::processor(), Instant::now())
    }

    fn processor() -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
        Some(nanoseconds * 1e-6)
    }

    fn milliseconds(&self) -> f64 {
        match (self.0, Self::processor()) {
            (Some(start), Some(end)) => end - start,
            _ => self.1.elapsed().as_secs_f64() * 1e3,
        }
    }
}

/// One curve; the data and the initial weights are made beforehand, as they are
/// while a slider of the network or the training moves.
fn curve(config: &Config, quality: Quality, until_classified: bool) -> (f64, FlowSummary) {
    let config = config.clone().check().expect("valid");
    let sampled = Sampled::new(&config).expect("sampled");
    let (problem, initial) = (sampled.problem(&config), sampled.initial);
    let zero_test = problem.task.zero_test_loss().expect("known target");
    let training = &config.training;
    let mut options = FlowOptions::new(quality, training.learning_rate, training.steps);
    options.thresholds = Some(Thresholds::new(
        &config.outcome,
        problem.task.zero_train_loss(),
        zero_test,
    ));
    options.until_classified = until_classified;
    let clock = Clock::start();
    let system = FlowSystem::new(problem, &initial, training.weight_decay);
    let summary = integrate(
        system,
        &initial,
        &options,
        &mut || ControlFlow::Continue(()),
        |sample| {
            black_box(sample.losses.train);
            ControlFlow::Continue(())
        },
    );
    (clock.milliseconds(), summary)
}

fn paper() -> Config {
    let mut c = Config::default();
    (c.task.dim, c.task.samples) = (100, 550);
    (c.network.alpha, c.network.epsilon) = (1.0, 0.02);
    c.network.centered = false;
    c
}

fn named(name: &str, config: &Config, quality: Quality, until_classified: bool, repeats: u32) {
    let mut runs: Vec<_> = (0..repeats)
        .map(|_| curve(config, quality, until_classified))
        .collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (fastest, summary) = runs[0];
    let cost = summary.cost;
    println!(
        "{name:<34} rtol {:.0e}: {fastest:8.1} ms (median {:8.1}), {:5} evaluations, {:3}+{} steps, ends {:?} at τ = {:.2e}",
        quality.rtol,
        runs[runs.len() / 2].0,
        cost.evaluations,
        cost.accepted,
        cost.rejected,
        summary.ending,
        summary.time,
    );
}

/// α, ε, σ, λ and κ as the sliders give them.
fn random_position(base: &Config, index: usize) -> Config {
    let mut rng = row_rng(2024, Stream::Choice, index);
    let unit = Uniform::new(0.0, 1.0).expect("a range");
    let mut log = |low: f64, high: f64| low * (high / low).powf(unit.sample(&mut rng));
    let mut c = base.clone();
    c.network.alpha = log(0.05, 20.0);
    c.network.epsilon = log(0.02, 0.5);
    c.network.init_scale = log(0.5, 2.0);
    c.network.centered = index.is_multiple_of(2);
    c
}

fn positions(name: &str, base: &Config, quality: Quality, count: usize) {
    let runs: Vec<_> = (0..count)
        .map(|i| curve(&random_position(base, i), quality, false))
        .collect();
    let quantiles = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let at = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
        (at(0.5), at(0.95), at(1.0))
    };
    let times = quantiles(runs.iter().map(|r| r.0).collect());
    let counts = quantiles(runs.iter().map(|r| r.1.cost.evaluations as f64).collect());
    println!(
        "{name:<34} rtol {:.0e}, {count} positions: p50 {:.1}, p95 {:.1}, max {:.1} ms; evaluations p50 {}, p95 {}, max {}",
        quality.rtol, times.0, times.1, times.2, counts.0, counts.1, counts.2
    );
}

fn main() {
    let smoke = std::env::args().any(|a| a == "--test");
    let (repeats, count) = if smoke { (1, 2) } else { (5, 100) };
    for quality in [Quality::COARSE, Quality::FORECAST, Quality::EXACT] {
        named(
            "opening (D=50, P=200, τ=1e5)",
            &Config::default(),
            quality,
            false,
            repeats,
        );
        named(
            "paper (D=100, P=550, τ=1e5)",
            &paper(),
            quality,
            false,
            repeats,
        );
    }
    let mut cell = paper();
    cell.network.width = Width::Finite(500);
    cell.network.centered = true;
    (cell.training.learning_rate, cell.training.steps) = (20.0, 110_000);
    (cell.outcome.threshold, cell.outcome.relative) = (0.1, false);
    for (k, j) in [(1, 1), (1, 14), (7, 5), (14, 1), (14, 14)] {
        cell.network.epsilon = 0.02 * f64::from(k);
        cell.network.alpha = 0.4 * f64::from(j);
        let name = format!(
            "figure 3(e) ε={:.2}, α={:.1}",
            cell.network.epsilon, cell.network.alpha
        );
        named(&name, &cell, Quality::FORECAST, true, repeats.min(2));
        if smoke {
            break;
        }
    }
    for quality in [Quality::COARSE, Quality::FORECAST] {
        positions("opening", &Config::default(), quality, count);
        positions("paper", &paper(), quality, count);
    }
}
