//! The table of settings: one row for each, read by everything that names one.

use super::network_fields::NETWORK_FIELDS;
use super::{
    Config, DrawKind, EngineKind, Family, Field, Kind, LiveChange, MixRule, TargetKind, Value,
};
use std::sync::LazyLock;

macro_rules! access {
    (int $($path:ident).+ as $t:ty) => {
        (|c| Value::Integer(c.$($path).+ as u64),
         |c, v| if let Value::Integer(n) = v { c.$($path).+ = *n as $t; true } else { false })
    };
    (real $($path:ident).+) => {
        (|c| Value::Real(c.$($path).+),
         |c, v| if let Value::Real(x) = v { c.$($path).+ = *x; true } else { false })
    };
    (bool $($path:ident).+) => {
        (|c| Value::Bool(c.$($path).+),
         |c, v| if let Value::Bool(b) = v { c.$($path).+ = *b; true } else { false })
    };
}

macro_rules! setting {
    ($key:literal, $symbol:literal, $name:literal, $unit:literal, $kind:expr, $why:literal, $access:expr) => {{
        const ACCESS: (fn(&Config) -> Value, fn(&mut Config, &Value) -> bool) = $access;
        Field {
            key: $key,
            symbol: $symbol,
            name: $name,
            unit: $unit,
            kind: $kind,
            why: $why,
            get: ACCESS.0,
            set: ACCESS.1,
        }
    }};
}

pub(super) use {access, setting};

const MAX_WIDTH: usize = 1_000_000;

/// Every setting, in the order of the file.
pub static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let mut fields = Vec::from(FIRST);
    fields.extend(NETWORK_FIELDS);
    fields.extend(LAST);
    fields
});

/// Those of every network and of the committee machine, up to the training.
const FIRST: [Field; 28] = [
    setting!(
        "seed",
        "",
        "seed",
        "",
        Kind::Integer {
            min: 0,
            max: i64::MAX as u64
        },
        "Fixes every random draw: the same seed gives the same data, target and initial weights.",
        access!(int seed as u64)
    ),
    setting!(
        "instance",
        "",
        "instance",
        "",
        Kind::Path,
        "A file whose data, and initial weights where it has any, replace the sampled ones: one's own, or somebody's to be replayed.",
        (
            |c| Value::Text(c.instance.clone().unwrap_or_default()),
            |c, v| if let Value::Text(s) = v {
                c.instance = (!s.is_empty()).then(|| s.clone());
                true
            } else {
                false
            }
        )
    ),
    setting!(
        "rescale",
        "",
        "rescale",
        "",
        Kind::Bool,
        "Brings the inputs of an instance to a mean square norm of 1 and its labels to a mean square of 3/4, those of the model's own: α, ε and η₀ then mean what they mean elsewhere.",
        access!(bool rescale)
    ),
    setting!(
        "task.dim",
        "D",
        "input dimension",
        "",
        Kind::Integer { min: 1, max: 2000 },
        "The target has D²/2 numbers to learn, so the data a lazy network needs grows with D².",
        access!(int task.dim as usize)
    ),
    setting!(
        "task.samples",
        "P",
        "train samples",
        "",
        Kind::Integer {
            min: 1,
            max: 16_384
        },
        "Too few never generalise, plenty generalise at once: grokking lives in the Goldilocks zone between.",
        access!(int task.samples as usize)
    ),
    setting!(
        "task.test_samples",
        "",
        "test samples",
        "",
        Kind::Integer {
            min: 0,
            max: 16_384
        },
        "A finite test set is a noisy estimate of the exact test loss, which is always computed; 0 draws none.",
        access!(int task.test_samples as usize)
    ),
    setting!(
        "task.draw",
        "",
        "random draw",
        "",
        Kind::Choice(&["grokscope", "paper", "paper_figure_9"]),
        "Whose random numbers: those of the seed, or the authors' own to the last bit (of their Figure 9, which has other keys). With the authors' the seed chooses nothing, and another P, N or D is another draw.",
        (
            |c| Value::Text(c.task.draw.name().into()),
            |c, v| if let Value::Text(s) = v {
                DrawKind::by_name(s)
                    .map(|kind| c.task.draw = kind)
                    .is_some()
            } else {
                false
            }
        )
    ),
    setting!(
        "task.target",
        "",
        "target",
        "",
        Kind::Choice(&["quadratic", "eigenvector", "joint_eigenvector", "hermite"]),
        "What is learned: ½xᵀTx; an eigenvector of the initial kernel K₀, which tells kernels that suit the task from those that do not; the same on train and test inputs together, as in the paper; or a Hermite polynomial of β·x.",
        (
            |c| Value::Text(c.task.target.name().into()),
            |c, v| if let Value::Text(s) = v {
                TargetKind::by_name(s)
                    .map(|kind| c.task.target = kind)
                    .is_some()
            } else {
                false
            }
        )
    ),
    setting!(
        "task.eigenvector",
        "j",
        "eigenvector",
        "",
        Kind::Integer { min: 1, max: 2048 },
        "Which eigenvector of K₀ the labels are, from the largest eigenvalue down: the later it is, the less the initial kernel can do.",
        access!(int task.eigenvector as usize)
    ),
    setting!(
        "task.degree",
        "",
        "Hermite degree",
        "",
        Kind::Integer { min: 2, max: 4 },
        "Degree of the Hermite polynomial that the target and the activation are: the higher, the less a random feature tells about the target.",
        access!(int task.degree as usize)
    ),
    setting!(
        "task.target_scale",
        "s",
        "target scale",
        "",
        Kind::Real {
            min: 1e-6,
            max: 1e6
        },
        "Multiplies the target; the paper's sweeps learn (β·x)² without the ½, which is 2 here.",
        access!(real task.target_scale)
    ),
    setting!(
        "task.target_rank",
        "k",
        "target rank",
        "",
        Kind::Integer { min: 1, max: 2000 },
        "How many directions the target has: with more of them there is more for the features to find.",
        access!(int task.target_rank as usize)
    ),
    setting!(
        "task.label_noise",
        "",
        "label noise",
        "rms of y",
        Kind::Real {
            min: 0.0,
            max: 100.0
        },
        "Noise on the train labels, which the network can only memorise.",
        access!(real task.label_noise)
    ),
    setting!(
        "network.family",
        "",
        "network",
        "",
        Kind::Family,
        "Which network, on which task: the paper's own committee machine, or one of those for which it claims the same. Each has settings of its own; those of another do not apply.",
        (
            |c| Value::Text(c.network.family.name().into()),
            |c, v| if let Value::Text(name) = v {
                Family::by_name(name)
                    .map(|family| c.become_family(family))
                    .is_some()
            } else {
                false
            }
        )
    ),
    setting!(
        "network.width",
        "N",
        "width",
        "neurons",
        Kind::Width { max: MAX_WIDTH },
        "Number of neurons. A wider network starts from a less random kernel; at ∞ the kernel is the exact mean. Training takes as long at any width, except with the engine neurons, which follows each neuron.",
        (
            |c| Value::Width(c.network.width),
            |c, v| if let Value::Width(w) = v {
                c.network.width = *w;
                true
            } else {
                false
            }
        )
    ),
    setting!(
        "network.alpha",
        "α",
        "output scale",
        "",
        Kind::Real {
            min: 1e-6,
            max: 1e6
        },
        "Laziness: the larger α, the less the weights have to move to fit the data, and the later the features change, if they ever do.",
        access!(real network.alpha)
    ),
    setting!(
        "network.epsilon",
        "ε",
        "kernel alignment",
        "",
        Kind::Real {
            min: 1e-6,
            max: 1e3
        },
        "How much of the initial kernel points at the target. At a small ε it hardly does (misaligned): little can be fitted until the features are learned, and the test loss ends low. At a large ε (aligned) the initial kernel explains a part at once, but more solutions fit the same data, and the network stops at one near its start: the test loss ends higher.",
        access!(real network.epsilon)
    ),
    setting!(
        "network.init_scale",
        "σ",
        "init scale",
        "",
        Kind::Real { min: 0.0, max: 1e3 },
        "Size of the initial weights; laziness again: twice the σ trains just as twice the α together with twice the ε would.",
        access!(real network.init_scale)
    ),
    setting!(
        "network.centered",
        "κ",
        "centred output",
        "",
        Kind::Bool,
        "Subtracts the initial function, so that every run starts from zero output, whatever α is.",
        access!(bool network.centered)
    ),
    setting!(
        "network.solution_mix",
        "",
        "solution in the init",
        "",
        Kind::Real {
            min: 0.0,
            max: 10.0
        },
        "How much of the solution is put into the initial weights: 0 is none, 1 the whole, more than 1 too much of it. Features that are there already need not be found.",
        access!(real network.solution_mix)
    ),
    setting!(
        "network.mix_rule",
        "",
        "way of mixing",
        "",
        Kind::Choice(&["add", "interpolate"]),
        "How the solution comes into the initial weights: added to them, or in their place by the same fraction, as in the paper's Figure 10.",
        (
            |c| Value::Text(c.network.mix_rule.name().into()),
            |c, v| if let Value::Text(s) = v {
                MixRule::by_name(s)
                    .map(|rule| c.network.mix_rule = rule)
                    .is_some()
            } else {
                false
            }
        )
    ),
    setting!(
        "network.train_readouts",
        "",
        "trained readouts",
        "",
        Kind::Bool,
        "Trains the readouts too, the weights with which the neurons are added up; they begin as random numbers. This takes a finite width and the engine neurons; in the window both are chosen for you.",
        access!(bool network.train_readouts)
    ),
    setting!(
        "training.engine",
        "",
        "engine",
        "",
        Kind::Choice(&["moments", "neurons", "flow"]),
        "The moments iterate the mean and covariance of the weights, exactly; the neurons iterate each weight; the flow is the limit of small learning rates.",
        (
            |c| Value::Text(c.training.engine.name().into()),
            |c, v| match v {
                Value::Text(s) => match s.as_str() {
                    "moments" => {
                        c.training.engine = EngineKind::Moments;
                        true
                    }
                    "neurons" => {
                        c.training.engine = EngineKind::Neurons;
                        true
                    }
                    "flow" => {
                        c.training.engine = EngineKind::Flow;
                        true
                    }
                    _ => false,
                },
                _ => false,
            }
        )
    ),
    setting!(
        "training.learning_rate",
        "η₀",
        "learning rate",
        "",
        Kind::Real {
            min: 1e-30,
            max: 1e9
        },
        "Size of a step: too large and training diverges, smaller only takes more steps. Runs with different η₀ are compared by η₀ times the number of steps, called the flow time.",
        access!(real training.learning_rate)
    ),
    setting!(
        "training.momentum",
        "μ",
        "momentum",
        "",
        Kind::Real {
            min: 0.0,
            max: 0.9999
        },
        "Keeps a part of the last step: training runs 1/(1 − μ) times as fast.",
        access!(real training.momentum)
    ),
    setting!(
        "training.weight_decay",
        "λ",
        "weight decay",
        "per flow time",
        Kind::Real { min: 0.0, max: 1e3 },
        "Even a little pulls the weights, over a flow time of 1/λ, towards the simplest function that fits.",
        access!(real training.weight_decay)
    ),
    setting!(
        "training.steps",
        "",
        "horizon",
        "steps",
        Kind::Integer {
            min: 1,
            max: 10_000_000_000
        },
        "Where training stops. Grokking may come long after the train loss is nearly spent: what is left of it goes on pulling at the features.",
        access!(int training.steps as u64)
    ),
    setting!(
        "training.changes",
        "",
        "changes on the way",
        "",
        Kind::Changes,
        "What was changed while it trained, and after which step: with it a run that was steered by hand can be trained again. The value before each change is told as `old`; it need not be given.",
        (
            |c| Value::Changes(c.training.history()),
            |c, v| match v {
                Value::Changes(changes) => {
                    let bare = changes.iter().map(|c| LiveChange { old: None, ..*c });
                    c.training.changes = bare.collect();
                    true
                }
                // An empty list has no type.
                Value::Steps(none) if none.is_empty() => {
                    c.training.changes.clear();
                    true
                }
                _ => false,
            }
        )
    ),
];

/// What is looked at, of every network.
const LAST: [Field; 7] = [
    setting!(
        "outcome.threshold",
        "θ",
        "threshold",
        "",
        Kind::Real {
            min: 1e-12,
            max: 1e6
        },
        "A loss below it counts as fitted (train) or generalised (test).",
        access!(real outcome.threshold)
    ),
    setting!(
        "outcome.relative",
        "",
        "relative threshold",
        "",
        Kind::Bool,
        "The threshold is a fraction of the zero predictor's loss, rather than a loss.",
        access!(bool outcome.relative)
    ),
    setting!(
        "outcome.min_ratio",
        "",
        "least delay ratio",
        "",
        Kind::Real { min: 1.0, max: 1e9 },
        "How many times later than the fit the generalisation must come to be called grokking.",
        access!(real outcome.min_ratio)
    ),
    setting!(
        "outcome.accuracy_tolerance",
        "θₐ",
        "accuracy tolerance",
        "",
        Kind::Real {
            min: 1e-12,
            max: 1e6
        },
        "A point counts as right if the network is this close to its label (in units of the rms of y where outcome.relative): the accuracy can grok at one tolerance and not at another.",
        access!(real outcome.accuracy_tolerance)
    ),
    setting!(
        "outcome.accuracy_level",
        "",
        "accuracy level",
        "",
        Kind::Real {
            min: 0.01,
            max: 1.0
        },
        "The fraction of right points from which on a set counts as fitted (train) or generalised (test).",
        access!(real outcome.accuracy_level)
    ),
    setting!(
        "record.points_per_decade",
        "",
        "points per decade",
        "",
        Kind::Integer { min: 1, max: 1000 },
        "How densely the curves are recorded along log time.",
        (
            |c| Value::Integer(u64::from(c.record.points_per_decade)),
            |c, v| if let Value::Integer(n) = v {
                c.record.points_per_decade = u32::try_from(*n).unwrap_or(u32::MAX);
                true
            } else {
                false
            }
        )
    ),
    setting!(
        "record.steps",
        "",
        "recorded steps",
        "",
        Kind::Steps,
        "An explicit list of steps to record, instead of the log-spaced ones.",
        (
            |c| Value::Steps(c.record.steps.clone()),
            |c, v| if let Value::Steps(s) = v {
                c.record.steps = s.clone();
                true
            } else {
                false
            }
        )
    ),
];

/// The setting with this dotted key.
pub fn field(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|f| f.key == key)
}

/// The documented table of settings, as Markdown.
pub fn markdown_table() -> String {
    let mut table =
        String::from("| Name | Symbol | Default | Range | Meaning |\n|---|---|---|---|---|\n");
    for field in FIELDS.iter() {
        table.push_str(&format!(
            "| `{}` | {} | `{}` | {} | {} |\n",
            field.key,
            field.symbol,
            field.default_value(),
            field.range(),
            field.why
        ));
    }
    table
}
