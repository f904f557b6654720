//! Laws that are worth a look, with the runs that show them.

use crate::sim::config::{Config, ConfigError, EngineKind, ValidConfig};

/// A law and its runs.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Name in the menu.
    pub title: &'static str,
    /// What there is to see.
    pub why: &'static str,
    /// Formula along the horizontal axis.
    pub x: &'static str,
    /// Formula along the vertical axis.
    pub y: &'static str,
    /// What the steps of the curves are multiplied with, as a formula.
    pub time: &'static str,
    runs: fn() -> Vec<(String, Config)>,
}

impl PartialEq for Example {
    fn eq(&self, other: &Self) -> bool {
        self.title == other.title
    }
}

impl Example {
    /// Its runs, with their names.
    ///
    /// # Errors
    /// None of those that ship has a setting out of range.
    pub fn runs(&self) -> Result<Vec<(String, ValidConfig)>, ConfigError> {
        let runs = (self.runs)().into_iter();
        runs.map(|(name, config)| Ok((name, config.check()?)))
            .collect()
    }
}

/// All of them.
pub static EXAMPLES: [Example; 3] = [
    Example {
        title: "One knob: σ²α (Figure 7)",
        why: "Output scale and size of the initial weights are one knob: the movement of the weights depends on σ²α alone, but for the laziest",
        x: "σ²α",
        y: "movement",
        time: "1/α",
        runs: one_knob,
    },
    Example {
        title: "The clock of weight decay: t_test·λ",
        why: "Where the data alone do not pin the target, the test loss falls when the decay has had its time 1/λ",
        x: "λ",
        y: "t_test",
        time: "λ",
        runs: decay_clock,
    },
    Example {
        title: "Where laziness ends",
        why: "A lazy network moves its weights by (N/α²)·yᵀK₀⁻¹y and no further: where the movement leaves that line, features are learned",
        x: "lazy_movement",
        y: "movement",
        time: "1/α",
        runs: end_of_laziness,
    },
];

fn flow(dim: usize, samples: usize, epsilon: f64, steps: u64) -> Config {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (dim, samples);
    config.network.epsilon = epsilon;
    config.training.engine = EngineKind::Flow;
    config.training.steps = steps;
    config
}

/// Figure 7's three families at D = 40: α, σ, and σ with α = σ⁻².
fn one_knob() -> Vec<(String, Config)> {
    let base = |alpha: f64, sigma: f64| {
        let mut config = flow(40, 180, 0.25, 60_000);
        config.task.target_scale = 2.0;
        (config.network.alpha, config.network.init_scale) = (alpha, sigma);
        config.training.learning_rate = 0.5 / (sigma * sigma);
        config
    };
    let alphas = (-4..=4).map(|k| 2f64.powi(k)).map(|alpha| {
        let name = format!("α = {alpha}");
        (name, base(alpha, 1.0))
    });
    let sigmas = [0.25, 0.5, 0.707, 1.414, 2.0].map(|sigma| {
        let name = format!("σ = {sigma}");
        (name, base(1.0, sigma))
    });
    let both = [0.5, 0.707, 1.414, 2.0].map(|sigma: f64| {
        let alpha = 1.0 / (sigma * sigma);
        let name = format!("σ = {sigma}, α = σ⁻²");
        (name, base(alpha, sigma))
    });
    alphas.chain(sigmas).chain(both).collect()
}

/// A run that levels off above its threshold without decay, which is smaller here.
fn decay_clock() -> Vec<(String, Config)> {
    let lambdas = [1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5];
    let run = |lambda: f64| {
        let mut config = flow(30, 105, 0.3, 300_000_000);
        config.seed = 4;
        (config.network.alpha, config.network.centered) = (3.0, false);
        config.training.weight_decay = lambda;
        config.outcome.threshold = 0.05;
        (format!("λ = {lambda:e}"), config)
    };
    lambdas.map(run).into()
}

/// α from rich to lazy.
fn end_of_laziness() -> Vec<(String, Config)> {
    let run = |k: i32| {
        let alpha = 2f64.powi(k);
        let mut config = flow(30, 100, 0.3, 100_000_000);
        config.network.alpha = alpha;
        (format!("α = {alpha}"), config)
    };
    (-3..=12).map(run).collect()
}
