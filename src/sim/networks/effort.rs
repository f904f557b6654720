//! What a run of a network costs.

use super::model::KERNEL_DRAWS;
use crate::sim::config::ValidConfig;
use crate::sim::effort::Effort;

/// Multiplications that a normal draw is worth.
const DRAW: f64 = 20.0;
/// Products of a pass forward and back, against one forward.
const BOTH: f64 = 3.0;
/// The same of the linearised model.
const TWIN: f64 = 5.0;
/// Examples of the tangent kernel's sub-sample.
const KERNEL: f64 = 64.0;

/// Of a run with these settings.
pub fn effort(config: &ValidConfig) -> Effort {
    let n = config.network.width.finite().unwrap_or(1) as f64;
    let p = config.modular.modulus as f64;
    let examples = [config.task.samples, config.task.test_samples].map(|n| n as f64);
    // Multiplications of an example forward, parameters, train and all examples.
    let (pass, parameters, train, all) = match config.network.family.name() {
        "modular_mlp" => {
            let all = p * p;
            (n * p, 3.0 * n * p, config.modular.train_fraction * all, all)
        }
        "transformer" => {
            let (mlp, all) = (config.transformer.mlp as f64, p * p);
            let pass = n * n + 2.0 * n * mlp + n * p;
            let parameters = pass + 3.0 * n * n + n * p;
            (pass, parameters, config.modular.train_fraction * all, all)
        }
        name => {
            let (inputs, outputs, layers) = match name {
                "student_teacher" => {
                    let c = &config.student_teacher;
                    (c.inputs as f64, c.outputs as f64, c.layers)
                }
                _ => {
                    let side = 28.0 / config.images.pool as f64;
                    (side * side, 10.0, config.images.layers)
                }
            };
            let pass = n * (inputs + outputs) + n * n * layers.saturating_sub(1) as f64;
            (pass, pass, examples[0], examples[0] + examples[1])
        }
    };
    let batch = match config.optimizer.batch {
        0 => train,
        size => size as f64,
    };
    let twin = config.optimizer.linearised;
    let per_example = if twin { BOTH + TWIN } else { BOTH };
    let scored = if twin { 3.0 } else { 1.0 };
    // Half of the Gram matrix.
    let gram = KERNEL * KERNEL * parameters / 2.0;
    let kernel = KERNEL_DRAWS as f64 * KERNEL * BOTH * pass + gram;
    Effort {
        start: DRAW * parameters + 2.0 * all * pass + kernel,
        step: batch * pass * per_example + 10.0 * parameters,
        row: scored * all * pass + parameters,
        costly: kernel,
        lazy: 0.0,
    }
}
