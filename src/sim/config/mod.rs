//! The settings of one run: typed, checked, and written as TOML sections.
//!
//! A [`Config`] may hold anything; only a [`ValidConfig`], which
//! [`Config::check`] alone makes, can be trained. Every setting is described
//! once, in the table [`fields::FIELDS`]: key, symbol, unit, range, default and
//! why it matters; [`Draggable`] ranges add what is
//! worth trying of it. The file parser, `--set`, the sliders and the documentation all
//! read that table.

mod changes;
mod check;
mod draggable;
pub mod family;
mod field;
pub mod fields;
mod network_fields;
mod networks;
pub mod number;
mod parse;
mod value;

pub use changes::{LiveChange, LiveSetting, MAX_CHANGES, Stretch};
pub use check::{ConfigError, MAX_ENTRIES};
pub use draggable::Draggable;
pub use family::{Family, FamilySettings};
pub use field::{Field, Kind, MAX_RECORDED_STEPS};
pub use fields::{FIELDS, field};
pub use networks::{
    ImagesConfig, ModularConfig, OptimizerConfig, OptimizerKind, PairConfig, PairDraw, RateRule,
    TransformerConfig, WeightScaling,
};
pub use parse::parse_value;
pub use value::Value;

use std::fmt;
use std::ops::Deref;

/// Width N of the network: a number of hidden neurons, or the exact N = ∞ limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// N neurons.
    Finite(usize),
    /// The infinite-width limit, in which only the moments of the weights exist.
    Infinite,
}

impl Width {
    /// The number of neurons, or `None` at N = ∞.
    pub fn finite(self) -> Option<usize> {
        match self {
            Self::Finite(n) => Some(n),
            Self::Infinite => None,
        }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(n) => write!(f, "{n}"),
            Self::Infinite => f.write_str("inf"),
        }
    }
}

/// Which form of the dynamics is iterated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The closed recursion on the mean weight w̄ and the centred factor L
    /// (M = LLᵀ + w̄w̄ᵀ); its cost does not depend on N.
    Moments,
    /// The N×D weight matrix itself: the oracle for the moments.
    Neurons,
    /// Gradient flow, the limit of small η₀: step s stands for flow time η₀s.
    Flow,
}

impl EngineKind {
    /// Name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moments => "moments",
            Self::Neurons => "neurons",
            Self::Flow => "flow",
        }
    }
}

/// What kind of function is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// ½xᵀTx, T = (s/k) Σ β_j β_jᵀ.
    Quadratic,
    /// An eigenvector of the initial kernel K₀ on the train set.
    Eigenvector,
    /// An eigenvector of the initial kernel K₀ on train and test inputs together,
    /// as in the paper's Figure 5: half of its entries are train labels, half are
    /// test labels.
    JointEigenvector,
    /// A Hermite polynomial of β·x, which the activation then has too.
    Hermite,
}

impl TargetKind {
    /// Whether the labels are an eigenvector of K₀.
    pub fn is_eigenvector(self) -> bool {
        matches!(self, Self::Eigenvector | Self::JointEigenvector)
    }

    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Quadratic,
        Self::Eigenvector,
        Self::JointEigenvector,
        Self::Hermite,
    ];

    /// Name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quadratic => "quadratic",
            Self::Eigenvector => "eigenvector",
            Self::JointEigenvector => "joint_eigenvector",
            Self::Hermite => "hermite",
        }
    }

    /// The kind with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where the random numbers of data, target and initial weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawKind {
    /// The named streams of the seed.
    Grokscope,
    /// The authors' own draw, of most of their figures.
    Paper,
    /// The authors' own draw of Figure 9, which has other keys.
    PaperFigure9,
}

impl DrawKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Grokscope, Self::Paper, Self::PaperFigure9];

    /// Name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grokscope => "grokscope",
            Self::Paper => "paper",
            Self::PaperFigure9 => "paper_figure_9",
        }
    }

    /// The kind with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the seed decides the draw.
    pub fn is_seeded(self) -> bool {
        self == Self::Grokscope
    }
}

/// How a part of the solution comes into the initial weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MixRule {
    /// w_i ± sβ/√(αε): added to what was drawn.
    Add,
    /// (1 − s)w_i ± sβ/√(αε): between what was drawn and the solution.
    Interpolate,
}

impl MixRule {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Add, Self::Interpolate];

    /// Name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Interpolate => "interpolate",
        }
    }

    /// The rule with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// What is learned, and from how much data.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskConfig {
    /// Where the random numbers come from.
    pub draw: DrawKind,
    /// Input dimension D.
    pub dim: usize,
    /// Size P of the train set.
    pub samples: usize,
    /// Size of the sampled test set; 0 uses the exact test loss only.
    pub test_samples: usize,
    /// Kind of the target.
    pub target: TargetKind,
    /// Which eigenvector j of K₀ the labels are, 1 having the largest eigenvalue;
    /// only for [`TargetKind::Eigenvector`] and [`TargetKind::JointEigenvector`].
    pub eigenvector: usize,
    /// Degree of the Hermite polynomial; only for [`TargetKind::Hermite`].
    pub degree: usize,
    /// Factor s of the target: y = s·½xᵀTx.
    pub target_scale: f64,
    /// Number k of directions β_j: T = (1/k) Σ β_j β_jᵀ.
    pub target_rank: usize,
    /// Standard deviation of the noise on train labels, as a fraction of the rms of y.
    pub label_noise: f64,
}

/// The network and its initialisation.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// Which network, on which task.
    pub family: Family,
    /// Width N.
    pub width: Width,
    /// Output scale α (laziness).
    pub alpha: f64,
    /// Strength ε of the quadratic part of φ(h) = h + (ε/2)h².
    pub epsilon: f64,
    /// Standard deviation σ of the initial weights.
    pub init_scale: f64,
    /// κ = 1: the initial function is subtracted (paper eq 7).
    pub centered: bool,
    /// Fraction s of the solution in the initial weights: M₀ gains s²T/(αε).
    pub solution_mix: f64,
    /// How it comes in.
    pub mix_rule: MixRule,
    /// The readouts v_i, which begin as N(0, 1), are trained too; otherwise they
    /// are 1.
    pub train_readouts: bool,
}

/// How it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingConfig {
    /// Form of the dynamics.
    pub engine: EngineKind,
    /// η₀; the step size in the weights is η = η₀·N/α².
    pub learning_rate: f64,
    /// Momentum μ: the step is along Σ_s μ^{t−s} times the gradient at step s.
    pub momentum: f64,
    /// Weight decay λ per unit of flow time.
    pub weight_decay: f64,
    /// Horizon: number of gradient descent steps.
    pub steps: u64,
    /// What changes on the way: the others are what the run begins with.
    pub changes: Vec<LiveChange>,
}

/// When a run counts as fitted and as generalising.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeConfig {
    /// Threshold θ on the losses.
    pub threshold: f64,
    /// θ is relative to the zero predictor's loss.
    pub relative: bool,
    /// Smallest t_test/t_train that counts as grokking.
    pub min_ratio: f64,
    /// Largest error of a point that counts as right, in units of the rms of y
    /// where `relative`.
    pub accuracy_tolerance: f64,
    /// Fraction of right points from which on a set counts as learned.
    pub accuracy_level: f64,
}

/// Which steps are recorded; step 0 always is.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordConfig {
    /// Density of the log-spaced record.
    pub points_per_decade: u32,
    /// An explicit list of steps; replaces the log-spaced record unless empty.
    pub steps: Vec<u64>,
}

/// All settings of a run, unchecked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Seed of every random stream (data, test, target, init, noise).
    pub seed: u64,
    /// Path of a NumPy instance that replaces the sampled data and weights.
    pub instance: Option<String>,
    /// Its inputs and labels are brought to the unit of the model.
    pub rescale: bool,
    /// Task.
    pub task: TaskConfig,
    /// Network.
    pub network: NetworkConfig,
    /// Training.
    pub training: TrainingConfig,
    /// The optimiser, of the networks that have one.
    pub optimizer: OptimizerConfig,
    /// Modular addition.
    pub modular: ModularConfig,
    /// The transformer.
    pub transformer: TransformerConfig,
    /// Student and teacher.
    pub student_teacher: PairConfig,
    /// Images.
    pub images: ImagesConfig,
    /// Outcome.
    pub outcome: OutcomeConfig,
    /// Record.
    pub record: RecordConfig,
}

impl Default for Config {
    /// The run that opens first: it groks for every seed tried, for this one 21×
    /// later.
    fn default() -> Self {
        Self {
            seed: 9,
            instance: None,
            rescale: false,
            task: TaskConfig {
                draw: DrawKind::Grokscope,
                dim: 50,
                samples: 200,
                test_samples: 0,
                target: TargetKind::Quadratic,
                eigenvector: 1,
                degree: 2,
                target_scale: 1.0,
                target_rank: 1,
                label_noise: 0.0,
            },
            network: NetworkConfig {
                family: Family::COMMITTEE,
                width: Width::Infinite,
                alpha: 0.3,
                epsilon: 0.1,
                init_scale: 1.0,
                centered: true,
                solution_mix: 0.0,
                mix_rule: MixRule::Add,
                train_readouts: false,
            },
            training: TrainingConfig {
                engine: EngineKind::Moments,
                learning_rate: 1.0,
                momentum: 0.0,
                weight_decay: 0.0,
                steps: 100_000,
                changes: Vec::new(),
            },
            optimizer: OptimizerConfig::default(),
            modular: ModularConfig::default(),
            transformer: TransformerConfig::default(),
            student_teacher: PairConfig::default(),
            images: ImagesConfig::default(),
            outcome: OutcomeConfig {
                threshold: 0.1,
                relative: true,
                min_ratio: 2.0,
                accuracy_tolerance: 0.5,
                accuracy_level: 0.95,
            },
            record: RecordConfig {
                points_per_decade: 50,
                steps: Vec::new(),
            },
        }
    }
}

/// A checked config: every field is in range and the fields agree with each
/// other. Only [`Config::check`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidConfig(Config);

impl Deref for ValidConfig {
    type Target = Config;
    fn deref(&self) -> &Config {
        &self.0
    }
}

impl ValidConfig {
    /// The settings, unlocked for editing.
    pub fn into_inner(self) -> Config {
        self.0
    }
}
