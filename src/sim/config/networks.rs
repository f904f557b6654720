//! Settings that only some networks have.

/// How a gradient moves the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimizerKind {
    /// Plain gradient descent.
    Sgd,
    /// Gradient descent with momentum (`training.momentum`).
    Momentum,
    /// AdamW, with decoupled weight decay.
    AdamW,
}

/// How the learning rate goes with α.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateRule {
    /// It is the same for every α.
    Fixed,
    /// It is divided by α.
    Inverse,
    /// It is divided by α².
    InverseSquare,
}

impl RateRule {
    /// Factor on the learning rate at α.
    pub fn factor(self, alpha: f64) -> f64 {
        match self {
            Self::Fixed => 1.0,
            Self::Inverse => 1.0 / alpha,
            Self::InverseSquare => 1.0 / (alpha * alpha),
        }
    }
}

/// How student and teacher are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairDraw {
    /// Uniform within ±1/√(inputs of the layer).
    Uniform,
    /// Standard normal: the hidden units are saturated.
    Normal,
}

/// Factors before the weights of the network on images, and the law of their draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightScaling {
    /// None; uniform within ±σ/√(inputs of the layer).
    Ordinary,
    /// As in the authors' notebook; normal with σ√(2/inputs).
    Notebook,
}

macro_rules! words {
    ($kind:ident: $($variant:ident = $name:literal),+) => {
        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Their names, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Name in files and on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// The one with this name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

words!(OptimizerKind: Sgd = "sgd", Momentum = "momentum", AdamW = "adamw");
words!(RateRule: Fixed = "fixed", Inverse = "inverse", InverseSquare = "inverse_square");
words!(PairDraw: Uniform = "uniform", Normal = "normal");
words!(WeightScaling: Ordinary = "ordinary", Notebook = "notebook");

/// The optimiser.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerConfig {
    /// The rule.
    pub kind: OptimizerKind,
    /// β₂ of AdamW.
    pub beta2: f64,
    /// Examples in an update; 0 for the whole train set.
    pub batch: usize,
    /// Updates over which the learning rate grows from 0.
    pub warm_up: u64,
    /// How the learning rate goes with α.
    pub rate_rule: RateRule,
    /// Whether η₀λ, the clock of weight decay, is that of α = 1 for every α.
    pub fixed_decay_clock: bool,
    /// Whether the linearised model is trained beside the network.
    pub linearised: bool,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            kind: OptimizerKind::Sgd,
            beta2: 0.999,
            batch: 0,
            warm_up: 0,
            rate_rule: RateRule::Fixed,
            fixed_decay_clock: false,
            linearised: true,
        }
    }
}

/// Addition modulo p.
#[derive(Clone, Debug, PartialEq)]
pub struct ModularConfig {
    /// p.
    pub modulus: usize,
    /// Fraction of the p² pairs that is trained on.
    pub train_fraction: f64,
}

impl Default for ModularConfig {
    fn default() -> Self {
        Self {
            modulus: 17,
            train_fraction: 0.9,
        }
    }
}

/// The one-layer transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct TransformerConfig {
    /// Attention heads, a divisor of the width.
    pub heads: usize,
    /// Units of the MLP.
    pub mlp: usize,
    /// Whether all arrays are drawn from the same place of the stream, as by the
    /// authors.
    pub same_key: bool,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self {
            heads: 4,
            mlp: 128,
            same_key: false,
        }
    }
}

/// Student and teacher.
#[derive(Clone, Debug, PartialEq)]
pub struct PairConfig {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Number of hidden layers.
    pub layers: usize,
    /// Whether the layers have biases.
    pub biases: bool,
    /// How both are drawn.
    pub draw: PairDraw,
}

impl Default for PairConfig {
    fn default() -> Self {
        Self {
            inputs: 5,
            outputs: 5,
            layers: 2,
            biases: true,
            draw: PairDraw::Uniform,
        }
    }
}

/// Digits.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagesConfig {
    /// File of images; the digits that come with the program where there is none.
    pub images: String,
    /// File of their labels.
    pub labels: String,
    /// Side of the blocks of pixels that are averaged.
    pub pool: usize,
    /// Number of hidden layers.
    pub layers: usize,
    /// Factors before the weights, and the law of their draw.
    pub scaling: WeightScaling,
    /// First test image.
    pub test_from: usize,
}

impl Default for ImagesConfig {
    fn default() -> Self {
        Self {
            images: String::new(),
            labels: String::new(),
            pool: 2,
            layers: 3,
            scaling: WeightScaling::Ordinary,
            test_from: 1000,
        }
    }
}
