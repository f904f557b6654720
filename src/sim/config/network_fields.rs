//! The settings that only some networks have, as rows of the table of settings.

use super::fields::{access, setting};
use super::{Config, Field, Kind, OptimizerKind, PairDraw, RateRule, Value, WeightScaling};

macro_rules! word {
    ($kind:ident at $($path:ident).+) => {
        (|c| Value::Text(c.$($path).+.name().into()),
         |c, v| match v {
             Value::Text(name) => {
                 $kind::by_name(name).map(|kind| c.$($path).+ = kind).is_some()
             }
             _ => false,
         })
    };
}

macro_rules! path {
    ($($path:ident).+) => {
        (|c| Value::Text(c.$($path).+.clone()),
         |c, v| if let Value::Text(s) = v { c.$($path).+ = s.clone(); true } else { false })
    };
}

/// They come after those of the training.
pub(super) const NETWORK_FIELDS: [Field; 23] = [
    setting!(
        "optimizer.kind",
        "",
        "optimiser",
        "",
        Kind::Choice(OptimizerKind::NAMES),
        "How a gradient moves the weights: plain descent, descent with training.momentum, or AdamW, which gives every weight a step of its own. Weight decay is decoupled from the gradient in all of them.",
        word!(OptimizerKind at optimizer.kind)
    ),
    setting!(
        "optimizer.beta2",
        "β₂",
        "memory of AdamW",
        "",
        Kind::Real {
            min: 0.0,
            max: 0.999_999
        },
        "How long AdamW remembers the squares of the gradients by which it divides.",
        access!(real optimizer.beta2)
    ),
    setting!(
        "optimizer.batch",
        "",
        "batch size",
        "examples",
        Kind::Integer {
            min: 0,
            max: 1_000_000
        },
        "Examples in an update, taken in turn; 0 takes the whole train set each time.",
        access!(int optimizer.batch as usize)
    ),
    setting!(
        "optimizer.warm_up",
        "",
        "warm-up",
        "steps",
        Kind::Integer {
            min: 0,
            max: 1_000_000
        },
        "Steps over which the learning rate grows from 0; the first one then moves nothing.",
        access!(int optimizer.warm_up as u64)
    ),
    setting!(
        "optimizer.rate_rule",
        "",
        "learning rate with α",
        "",
        Kind::Choice(RateRule::NAMES),
        "How the learning rate goes with the output scale α: not at all, as 1/α, or as 1/α², which the lazy limit asks for. Where it falls, weight decay acts more slowly too, and a longer delay may be nothing but that.",
        word!(RateRule at optimizer.rate_rule)
    ),
    setting!(
        "optimizer.fixed_decay_clock",
        "",
        "decay clock fixed",
        "",
        Kind::Bool,
        "Holds η₀λ, the part of the weights that decay takes in a step, at its value for α = 1: what is left of the effect of α is laziness.",
        access!(bool optimizer.fixed_decay_clock)
    ),
    setting!(
        "optimizer.linearised",
        "",
        "lazy twin",
        "",
        Kind::Bool,
        "Trains the network linearised about its initial weights beside it, by the same rule on the same batches; it costs one and a half times as much as the network.",
        access!(bool optimizer.linearised)
    ),
    setting!(
        "modular.modulus",
        "p",
        "modulus",
        "",
        Kind::Integer { min: 2, max: 200 },
        "The numbers are 0 to p − 1 and are added modulo p. For a prime every Fourier frequency serves as well as any other; otherwise some of them confuse numbers.",
        access!(int modular.modulus as usize)
    ),
    setting!(
        "modular.train_fraction",
        "",
        "train fraction",
        "",
        Kind::Real {
            min: 1e-4,
            max: 0.999
        },
        "Part of the p² sums that is trained on; the others are the test set.",
        access!(real modular.train_fraction)
    ),
    setting!(
        "transformer.heads",
        "",
        "attention heads",
        "",
        Kind::Integer { min: 1, max: 64 },
        "Number of attention heads, a divisor of the width.",
        access!(int transformer.heads as usize)
    ),
    setting!(
        "transformer.mlp",
        "",
        "MLP units",
        "",
        Kind::Integer { min: 1, max: 8192 },
        "Units of the layer after the attention.",
        access!(int transformer.mlp as usize)
    ),
    setting!(
        "transformer.same_key",
        "",
        "one key for all draws",
        "",
        Kind::Bool,
        "Draws every array from the same place of the stream, as the authors' code does for one of their figures: the arrays then begin with the same numbers.",
        access!(bool transformer.same_key)
    ),
    setting!(
        "student_teacher.inputs",
        "",
        "inputs",
        "",
        Kind::Integer { min: 1, max: 512 },
        "Number of inputs of student and teacher.",
        access!(int student_teacher.inputs as usize)
    ),
    setting!(
        "student_teacher.outputs",
        "",
        "outputs",
        "",
        Kind::Integer { min: 1, max: 512 },
        "Number of outputs of student and teacher.",
        access!(int student_teacher.outputs as usize)
    ),
    setting!(
        "student_teacher.layers",
        "",
        "hidden layers",
        "",
        Kind::Integer { min: 1, max: 8 },
        "Number of hidden layers of student and teacher, each as wide as the network.",
        access!(int student_teacher.layers as usize)
    ),
    setting!(
        "student_teacher.biases",
        "",
        "biases",
        "",
        Kind::Bool,
        "Whether the layers have biases.",
        access!(bool student_teacher.biases)
    ),
    setting!(
        "student_teacher.draw",
        "",
        "draw of the weights",
        "",
        Kind::Choice(PairDraw::NAMES),
        "Uniform within ±1/√(inputs of the layer), or standard normal, with which the hidden units are saturated from the start.",
        word!(PairDraw at student_teacher.draw)
    ),
    setting!(
        "images.images",
        "",
        "file of images",
        "",
        Kind::Path,
        "An IDX file of images, plain or gzipped; without one the digits that come with the program are used.",
        path!(images.images)
    ),
    setting!(
        "images.labels",
        "",
        "file of labels",
        "",
        Kind::Path,
        "The IDX file of their labels, 0 to 9.",
        path!(images.labels)
    ),
    setting!(
        "images.pool",
        "",
        "pixels averaged",
        "",
        Kind::Integer { min: 1, max: 28 },
        "Side of the blocks of pixels that are averaged: 2 makes 14×14 pixels of 28×28.",
        access!(int images.pool as usize)
    ),
    setting!(
        "images.layers",
        "",
        "hidden layers",
        "",
        Kind::Integer { min: 1, max: 8 },
        "Number of hidden layers, each as wide as the network.",
        access!(int images.layers as usize)
    ),
    setting!(
        "images.scaling",
        "",
        "factors of the layers",
        "",
        Kind::Choice(WeightScaling::NAMES),
        "Ordinary: no factors, weights uniform within ±σ/√(inputs of the layer). Notebook: the authors' factors 1/√inputs before hidden layers and 1/inputs before the last, weights normal with σ√(2/inputs).",
        word!(WeightScaling at images.scaling)
    ),
    setting!(
        "images.test_from",
        "",
        "first test image",
        "",
        Kind::Integer {
            min: 1,
            max: 200_000
        },
        "The first images are trained on; those from this one on are the test set.",
        access!(int images.test_from as usize)
    ),
];
