//! Each shipped preset is trained at its own size and horizon, as the window and
//! the command line train it, and keeps what its title and its story say.

use grokscope::cli::headless::{self, HeadlessRun};
use grokscope::presets::{self, Preset};
use grokscope::sim::metrics::{Metric, Row};
use std::sync::LazyLock;

/// The one that opens first, which two tests look at.
static FIRST: LazyLock<Trained> = LazyLock::new(|| keeps_its_promise("grokking"));

/// A trained preset.
struct Trained {
    run: HeadlessRun,
    learning_rate: f64,
}

fn preset(name: &str) -> &'static Preset {
    presets::find(name).expect("shipped")
}

fn train(name: &str) -> Trained {
    train_changed(name, |_| {})
}

fn train_changed(name: &str, change: impl Fn(&mut grokscope::sim::config::Config)) -> Trained {
    let mut config = preset(name).config.clone();
    change(&mut config);
    let config = config.check().expect("valid");
    let learning_rate = config.training.learning_rate;
    let run = headless::train(config, None, |_| {}).expect("run");
    let most = run
        .rows
        .iter()
        .filter_map(|r| r.get(Metric::Stability))
        .fold(0.0, f64::max);
    assert!(most < 0.9, "{name}: stability {most} leaves no room");
    let trained = Trained { run, learning_rate };
    println!(
        "{name}: {}, fits {:?}, generalises {:?}, ends at {:.4} of the zero predictor's loss",
        trained.run.finish.verdict.outcome().name(),
        trained.run.finish.verdict.crossings().fit,
        trained.run.finish.verdict.crossings().generalise,
        trained.end()
    );
    trained
}

/// Trains a preset and checks the class that its file promises.
fn keeps_its_promise(name: &str) -> Trained {
    let trained = train(name);
    assert_eq!(
        trained.run.finish.verdict.outcome().name(),
        preset(name).expects,
        "{name}"
    );
    assert_eq!(trained.run.finish.step, preset(name).config.training.steps);
    trained
}

impl Trained {
    /// Exact test loss in units of the zero predictor's.
    fn test_loss(&self, row: &Row) -> f64 {
        row.get(Metric::TestLoss).expect("known target") / self.run.info.zero_test_loss
    }

    fn peak(&self) -> f64 {
        self.run
            .rows
            .iter()
            .map(|r| self.test_loss(r))
            .fold(0.0, f64::max)
    }

    fn end(&self) -> f64 {
        self.test_loss(self.run.rows.last().expect("rows"))
    }

    fn at_fit(&self) -> &Row {
        let fit = self.run.finish.verdict.crossings().fit.expect("fits");
        self.run
            .rows
            .iter()
            .find(|r| r.step >= fit)
            .expect("recorded")
    }

    fn ratio(&self) -> f64 {
        self.run
            .finish
            .verdict
            .crossings()
            .ratio()
            .expect("both crossings")
    }

    /// Delay in flow time, which does not depend on the learning rate.
    fn delay(&self) -> f64 {
        self.run
            .finish
            .verdict
            .crossings()
            .delay()
            .expect("both crossings") as f64
            * self.learning_rate
    }

    /// Flow time of the generalisation.
    fn generalises_at(&self) -> f64 {
        self.run
            .finish
            .verdict
            .crossings()
            .generalise
            .expect("generalises") as f64
            * self.learning_rate
    }
}

/// Presets of a story differ in nothing else than this, but for how fast and how
/// long they are trained.
fn differ_only_in(names: &[&str], erase: fn(&mut grokscope::sim::config::Config)) {
    let erased = |name: &str| {
        let mut config = preset(name).config.clone();
        erase(&mut config);
        config.training.learning_rate = 1.0;
        config.training.steps = 1;
        config
    };
    for name in names {
        assert_eq!(erased(name), erased(names[0]), "{name}");
    }
}

#[test]
fn the_first_one_fits_while_the_test_loss_rises_and_groks_twenty_times_later() {
    let t = &*FIRST;
    assert!((15.0..30.0).contains(&t.ratio()), "{}", t.ratio());
    assert!(
        t.run
            .finish
            .verdict
            .crossings()
            .fit
            .is_some_and(|step| step < 500)
    );
    assert!(t.peak() > 1.1, "the test loss rises: {}", t.peak());
    let aligned = |row: &Row| row.get(Metric::FeatureAlignment).expect("known target");
    let (fit, end) = (
        aligned(t.at_fit()),
        aligned(t.run.rows.last().expect("rows")),
    );
    assert!(fit < 0.4 && end > 0.75, "features turn: {fit} to {end}");
}

#[test]
fn the_smaller_alpha_the_shorter_the_delay_and_lazy_never_generalises() {
    differ_only_in(&["grokking", "rich", "lazier", "lazy"], |c| {
        c.network.alpha = 1.0
    });
    let [rich, lazier, lazy] = ["rich", "lazier", "lazy"].map(keeps_its_promise);
    let first = &*FIRST;
    assert!(
        10.0 * rich.delay() < first.delay(),
        "{} {}",
        rich.delay(),
        first.delay()
    );
    assert!(
        rich.peak() < 1.01,
        "the test loss never rises: {}",
        rich.peak()
    );
    assert!(lazier.generalises_at() > 4.0 * first.generalises_at());
    assert!(
        (0.4..0.55).contains(&lazy.end()),
        "near half: {}",
        lazy.end()
    );
    let drift = lazy.at_fit().get(Metric::NtkDrift).expect("measured");
    assert!(drift < 0.02, "the kernel stays: {drift}");
}

#[test]
fn a_misaligned_kernel_ends_better_than_an_aligned_one() {
    differ_only_in(&["misaligned", "aligned", "lazier"], |c| {
        c.network.epsilon = 1.0
    });
    let [misaligned, aligned] = ["misaligned", "aligned"].map(keeps_its_promise);
    assert!(10.0 * misaligned.end() < aligned.end());
    assert!(
        aligned
            .run
            .finish
            .verdict
            .crossings()
            .fit
            .is_some_and(|step| step < 30)
    );
}

#[test]
fn grokking_needs_neither_too_little_nor_plenty_of_data() {
    let names = [
        "too-little-data",
        "goldilocks",
        "more-data",
        "plenty-of-data",
    ];
    differ_only_in(&names, |c| c.task.samples = 1);
    let [little, goldilocks, more, plenty] = names.map(keeps_its_promise);
    assert!(
        little.end() > 0.9,
        "near the zero predictor: {}",
        little.end()
    );
    assert!(goldilocks.ratio() > 50.0, "{}", goldilocks.ratio());
    assert!(more.ratio() < 4.0, "{}", more.ratio());
    assert!(plenty.ratio() < more.ratio());
    let [a, b, c] = [&goldilocks, &more, &plenty].map(Trained::delay);
    assert!(a > b && b > c, "{a} {b} {c}");
}

#[test]
fn a_pinch_of_decay_makes_the_difference() {
    let with = keeps_its_promise("weight-decay");
    let without = train_changed("weight-decay", |c| {
        c.training.weight_decay = 0.0;
        c.training.steps = 100_000;
    });
    assert_eq!(
        without.run.finish.verdict.outcome().name(),
        "never_generalises"
    );
    assert!(
        5.0 * with.end() < without.end(),
        "{} {}",
        with.end(),
        without.end()
    );
}

#[test]
fn figure_1_of_the_paper_groks() {
    let t = keeps_its_promise("figure-1");
    assert_eq!(t.run.info.thresholds.train, 0.1);
    let last = t.run.rows.last().expect("rows");
    let sampled = last.get(Metric::SampleTestLoss).expect("a test set");
    assert!(sampled < 0.1, "{sampled}");
    assert!(t.ratio() > 3.0, "{}", t.ratio());
}
