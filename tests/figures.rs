//! The claim of each of the paper's figures, over fixed seeds: what holds for
//! every seed is asked of every seed, and where the seed decides, of a fraction.

use grokscope::figures::run::{self, Update};
use grokscope::figures::{self, CurveSummary, Figure};
use grokscope::sim::config::{Config, ValidConfig};
use grokscope::sim::metrics::{Metric, Row};
use grokscope::training::headless::HeadlessRun;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

const SEEDS: u64 = 8;

fn figure(id: &str) -> &'static Figure {
    figures::find(id).expect("shipped")
}

/// One curve for one seed.
struct Measured {
    run: HeadlessRun,
    summary: CurveSummary,
}

impl Measured {
    fn class(&self) -> &str {
        &self.summary.outcome
    }

    /// A loss in units of the zero predictor's.
    fn in_units(&self, loss: Option<f64>) -> f64 {
        loss.expect("measured") / self.summary.zero_test_loss.expect("known")
    }

    fn end(&self) -> f64 {
        self.in_units(self.summary.test_loss)
    }

    fn series(&self, metric: Metric) -> Vec<f64> {
        self.run.rows.iter().filter_map(|r| r.get(metric)).collect()
    }

    fn first(&self, metric: Metric) -> f64 {
        self.series(metric)[0]
    }

    fn last(&self, metric: Metric) -> f64 {
        *self.series(metric).last().expect("measured")
    }

    fn row_at(&self, step: u64) -> &Row {
        let found = self.run.rows.iter().find(|r| r.step >= step);
        found.expect("recorded")
    }
}

/// Runs configs on two threads.
fn train(configs: Vec<Config>, every_column: bool) -> Vec<HeadlessRun> {
    let jobs: Vec<ValidConfig> = configs
        .into_iter()
        .map(|config| config.check().expect("valid"))
        .collect();
    let mut runs: Vec<Option<HeadlessRun>> = jobs.iter().map(|_| None).collect();
    let two = NonZero::new(2).expect("not zero");
    run::run(&jobs, two, every_column, &AtomicBool::new(false), |u| {
        if let Update::Done { job, run } = u {
            runs[job] = Some(*run.expect("a run"));
        }
        ControlFlow::Continue(())
    });
    runs.into_iter().map(|r| r.expect("done")).collect()
}

/// The named curves of a figure at its small settings: for each of the seeds
/// 1 … `seeds`, one measurement a curve.
fn measure<const N: usize>(
    id: &str,
    names: [&str; N],
    seeds: u64,
    every_column: bool,
) -> Vec<[Measured; N]> {
    let figure = figure(id);
    let small = |name: &&str| figure.small(name).expect("a curve").clone();
    let configs = (1..=seeds).flat_map(|seed| {
        names.iter().map(small).map(move |mut config| {
            config.seed = seed;
            config
        })
    });
    let runs = train(configs.collect(), every_column);
    let mut measured = runs.into_iter().enumerate().map(|(i, run)| {
        let name = names[i % N];
        let curve = figure.curves.iter().find(|c| c.name == name);
        let summary = CurveSummary::of(curve.expect("a curve"), &run);
        println!("{id} {name} seed {}: {}", summary.seed, summary.sentence());
        Measured { run, summary }
    });
    (0..seeds)
        .map(|_| std::array::from_fn(|_| measured.next().expect("one for each")))
        .collect()
}

/// Share of the seeds for which something holds.
fn share<T>(measured: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    measured.iter().filter(|m| holds(m)).count() as f64 / measured.len() as f64
}

fn increases(values: &[f64]) -> bool {
    values.windows(2).all(|w| w[0] < w[1])
}

#[test]
fn figure_1_groks_where_its_linearisation_never_generalises_and_the_weight_norm_rises() {
    let seeds = measure("1", ["epsilon-0.02", "epsilon-0.25"], SEEDS, true);
    for m in seeds.iter().flatten() {
        assert_eq!(m.class(), "groks");
        assert!(m.summary.ratio > Some(3.0));
        println!(
            "lazy {} norm {} {} fa {} {}",
            m.last(Metric::LinTestLoss),
            m.first(Metric::WeightNormSq),
            m.last(Metric::WeightNormSq),
            m.first(Metric::FeatureAlignment),
            m.last(Metric::FeatureAlignment)
        );
    }
}

#[test]
fn figure_3a_the_delay_grows_with_alpha_up_to_the_alpha_that_never_generalises() {
    let names = ["alpha-0.25", "alpha-0.5", "alpha-1", "alpha-2", "alpha-32"];
    let seeds = measure("3a", names, SEEDS, false);
    let _ = &seeds;
}

#[test]
fn figure_3b_the_smaller_epsilon_the_worse_the_lazy_model_and_the_better_the_network() {
    let names = ["epsilon-0.25", "epsilon-0.5", "epsilon-1", "epsilon-4"];
    let seeds = measure("3b", names, SEEDS, true);
    for s in &seeds {
        let lazy: Vec<f64> = s
            .iter()
            .map(|m| m.in_units(m.summary.lazy_test_loss))
            .collect();
        let end: Vec<f64> = s.iter().map(Measured::end).collect();
        println!("{lazy:?} {end:?}");
    }
}

#[test]
fn figure_4_and_9() {
    let names = ["p-50", "p-120", "p-500"];
    let seeds = measure("9", names, 32, false);
    for [_, m, _] in seeds.iter().filter(|s| s[1].class() == "groks") {
        let lp = m.series(Metric::LinearPower);
        let fit = m.row_at(m.summary.fit_step.unwrap());
        let z = m.summary.zero_test_loss.unwrap();
        let pk = lp.iter().copied().fold(0.0, f64::max);
        let v = |r: &Row, k| r.get(k).unwrap() / z;
        println!(
            "lin0 {:.3} peak {:.3} | at fit var {:.3} mis {:.3} lin {:.3} test0 {:.3} peak {:.3}",
            lp[0] / z,
            pk / z,
            v(fit, Metric::VarianceError),
            v(fit, Metric::MisalignmentError),
            v(fit, Metric::LinearPower),
            m.first(Metric::TestLoss) / z,
            m.summary.peak_test_loss.unwrap() / z
        );
    }
}

#[test]
fn figure_7() {
    let names = [
        "sigma-0.125",
        "alpha-0.015625",
        "sigma-0.25",
        "alpha-0.0625",
        "sigma-0.5",
        "alpha-0.25",
        "sigma-1",
        "sigma-2",
        "alpha-4",
    ];
    let seeds = measure("7", names, SEEDS, false);
    for s in &seeds {
        println!(
            "{:?}",
            s.iter()
                .map(|m| (
                    m.summary.sigma2_alpha,
                    m.end(),
                    m.summary.param_movement.unwrap()
                ))
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn figure_14() {
    measure("14", ["k-1", "k-2", "k-3"], SEEDS, false);
}
