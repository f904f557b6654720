//! The words and their meanings.

/// A word and what it means.
#[derive(Debug, PartialEq, Eq)]
pub struct Term {
    /// The word.
    pub name: &'static str,
    /// Other forms of it, by which it is found in texts.
    pub forms: &'static [&'static str],
    /// Its meaning, in one to three sentences.
    pub meaning: &'static str,
}

const fn term(name: &'static str, forms: &'static [&'static str], meaning: &'static str) -> Term {
    Term {
        name,
        forms,
        meaning,
    }
}

/// All words, in the order of the alphabet; symbols stand by their names.
pub static TERMS: &[Term] = &[
    term(
        "accuracy",
        &["accuracies", "accuracy tolerance", "θₐ"],
        "The share of samples for which the network's output is close enough to the label. What is close enough is set by the tolerance θₐ, and whether a run groks by accuracy can depend on it.",
    ),
    term(
        "centring κ",
        &["κ", "centred output", "centring"],
        "With centred output on (κ = 1) the network's output at step 0 is subtracted, so that every run begins at zero output. Off (κ = 0), a lazy network begins with a large random output, which it has to unlearn first.",
    ),
    term(
        "decade",
        &["decades"],
        "A factor of ten in the number of steps: from 100 to 1,000 is one decade. On the log axis all decades are equally wide.",
    ),
    term(
        "difficulty",
        &[],
        "yᵀK⁻¹y: large where the labels lie along directions that the kernel learns slowly. The lazy model must move its weights the further, the larger it is.",
    ),
    term(
        "divergence",
        &["diverges", "diverged", "unstable"],
        "With too large a learning rate each step overshoots and the loss grows without end. The stability metric says how near a run is: below 1 the steps are stable.",
    ),
    term(
        "effective rank",
        &[],
        "In how many directions the neurons' weights effectively spread: 1 where all point the same way, about D where none is preferred.",
    ),
    term(
        "eigenvalue",
        &["eigenvalues", "eigenvector", "mode", "modes", "spectrum"],
        "The kernel can be taken apart into patterns over the samples, its modes or eigenvectors. The eigenvalue of a mode says how fast labels with this pattern are learned: small means slow.",
    ),
    term(
        "ε, the share of the quadratic part",
        &["ε"],
        "How well the network is born: a neuron puts out h + ½εh², so ε sets how much of the first kernel points at the target, which is quadratic. At a small ε features must be learned, and the end is good. At a large ε a part is explained at once, but more solutions fit the data, and the network stops at one near its start.",
    ),
    term(
        "escape of the features",
        &["escape", "escapes", "escaped", "escape times"],
        "At first the features grow exponentially and the output hardly changes: nothing seems to happen. They escape when the output they make is as large as the target, and the train loss falls. When that is follows from the data alone.",
    ),
    term(
        "feature",
        &["features"],
        "What a neuron responds to in an input: here one direction, its weight vector w. To learn features is to turn and stretch these directions towards what matters for the target.",
    ),
    term(
        "feature alignment",
        &["alignment of the features"],
        "The share of the neurons' squared weights that lies along the target's direction β: about 1/D at step 0, and 1 when every neuron points along it. It rises when a network groks.",
    ),
    term(
        "flow time",
        &["gradient flow"],
        "Learning rate times number of steps, summed over the run. Runs with different learning rates follow nearly the same curve in flow time; the limit of ever smaller steps is the gradient flow.",
    ),
    term(
        "generalise",
        &["generalises", "generalised", "generalisation"],
        "To be right on inputs that were not in the train set. Here a run has generalised when its test loss falls below the threshold and stays there.",
    ),
    term(
        "Goldilocks zone",
        &["Goldilocks"],
        "The numbers of samples in between: enough for the features to find the target, too few for the initial kernel to. Grokking lives there.",
    ),
    term(
        "grokking",
        &["grok", "groks", "grokked"],
        "Generalising long after the train set was fitted: the train loss is nearly spent, the test loss is still high, and only much later it falls. Here a run groks if this takes at least twice as many steps as the fit (the least delay ratio).",
    ),
    term(
        "horizon",
        &[],
        "The step at which training stops. What has not happened by then may still happen later.",
    ),
    term(
        "initial weights σ",
        &["σ", "init scale", "initial weights"],
        "The weights before the first step are random numbers of size σ. Larger ones make a network lazier: twice the σ trains just as twice the α together with twice the ε.",
    ),
    term(
        "instance",
        &[],
        "A file with data and initial weights that somebody else made, so that exactly the same run can be made again.",
    ),
    term(
        "kernel",
        &["kernels", "K", "K₀"],
        "A number for every two inputs: how much a training step on the one changes the output at the other. What the kernel finds alike, the network learns alike. K₀ is the kernel at step 0.",
    ),
    term(
        "kernel alignment",
        &["alignment", "alignments", "aligned", "misaligned", "CKA"],
        "How far kernel and labels agree, from 0 to 1. Near 1, inputs that the kernel finds alike have like labels, and few samples teach much; a kernel that hardly agrees with them is called misaligned.",
    ),
    term(
        "laziness α",
        &["α", "output scale", "laziness"],
        "α multiplies the network's output. The larger it is, the smaller the change of the weights that fits the data, so the lazier the network and the later it groks, if at all.",
    ),
    term(
        "lazy",
        &["lazier", "lazily"],
        "A network is lazy while it fits the data with hardly any change of its weights: features and kernel stay as they were. It can memorise so, but learns no new features.",
    ),
    term(
        "lazy (linearised) model",
        &[
            "lazy model",
            "linearised",
            "lazy curve",
            "kernel regression",
        ],
        "The network as it would be if its features, and with them its kernel, stayed as at step 0 for ever. It is solved exactly and ends at kernel regression with K₀; where the run comes below it, features have been learned.",
    ),
    term(
        "learning curve",
        &["learning curves"],
        "The test loss that a model ends at against the number of samples that it learns from. That of the lazy model has a peak where P = D and is zero from D(D+3)/2 samples on.",
    ),
    term(
        "learning rate η₀",
        &["learning rate", "η₀"],
        "The size of a training step. Too large and training diverges; smaller ones follow the same path in more steps.",
    ),
    term(
        "memorise, fit",
        &[
            "memorise",
            "memorises",
            "memorised",
            "memorising",
            "fit",
            "fits",
            "fitted",
            "fitting",
        ],
        "To reproduce the labels of the train set. A run has fitted when its train loss falls below the threshold and stays there; it has only memorised while it is no good on other inputs.",
    ),
    term(
        "momentum μ",
        &["momentum", "μ"],
        "Each step keeps the part μ of the step before. Training then runs 1/(1 − μ) times as fast.",
    ),
    term(
        "neuron",
        &["neurons", "width", "N"],
        "One unit of the network: it takes the part of the input along its weight vector and puts out a quadratic function of it. The network's output is the mean over its N neurons, times α.",
    ),
    term(
        "NTK",
        &["neural tangent kernel"],
        "Neural tangent kernel: the kernel that a network has at its present weights, made of the slopes of its output in every weight. It stays as it is while training is lazy, and changes as features are learned.",
    ),
    term(
        "P, the number of samples",
        &["P", "train samples"],
        "How many inputs with labels the network is trained on. Too few say too little about the target; with plenty the initial kernel is enough and nothing is late.",
    ),
    term(
        "readout",
        &["readouts"],
        "The weight with which a neuron's output is added to the network's. Readouts are fixed to 1, unless they are trained too.",
    ),
    term(
        "residual",
        &["residuals"],
        "What is still wrong for a sample: output minus label. Each step moves the weights in proportion to it, so features go on moving as long as some of it is left, even when the train loss looks spent.",
    ),
    term(
        "rich",
        &["richer"],
        "The opposite of lazy: the weights move so far that the network gets new features, and its kernel turns towards the target. A rich network is right on new inputs as soon as these features are there; from lazy to rich is what grokking is here.",
    ),
    term(
        "seed",
        &["seeds"],
        "The number from which all random numbers of a run follow: the same seed gives the same data, target and initial weights.",
    ),
    term(
        "target",
        &["β"],
        "The function to be learned. In the opening run it is ½(β·x)²: only the part of the input along one direction β matters.",
    ),
    term(
        "test loss",
        &[],
        "The mean squared error on inputs that the network was not trained on: over all possible inputs, computed exactly, or over a test set.",
    ),
    term(
        "threshold θ",
        &["threshold", "thresholds", "θ"],
        "The loss below which a run counts as fitted (train loss) or generalised (test loss); by default a tenth of the zero predictor's loss.",
    ),
    term(
        "train loss",
        &[],
        "The mean squared error on the train set, which training makes smaller step by step.",
    ),
    term(
        "variance, misalignment, linear power",
        &["variance", "misalignment", "linear power"],
        "The three parts of the exact test loss: a wrong mean output, quadratic features that do not match the target, and a linear part, which the target does not have.",
    ),
    term(
        "weight decay λ",
        &["weight decay", "λ"],
        "Shrinks all weights a little at every step. What the data do not hold up fades over a flow time of 1/λ, so that the simplest function that fits remains.",
    ),
    term(
        "zero predictor",
        &["predicting zero", "zero predictor's"],
        "A network that puts out 0 for every input. Its loss, the mean squared label, is the unit of the losses here: 100 % is no better than knowing nothing.",
    ),
];
