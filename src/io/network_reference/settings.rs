//! The settings of a reference: kind, objective and optimiser.

use super::fields::Fields;
use crate::sim::networks::dense::{Activation, Scaling};
use crate::sim::networks::loss::{AccuracyKind, LossKind, Objective};
use crate::sim::networks::optimiser::{OptimiserSettings, Rule};
use serde_json::Value;

/// Which network, before its scaling is known.
pub(super) enum Kind {
    Modular {
        p: usize,
        units: usize,
    },
    Dense {
        sizes: Vec<usize>,
        activation: Activation,
        biases: Option<bool>,
        scaling: Option<Scaling>,
    },
    Transformer {
        p: usize,
        width: usize,
        heads: usize,
        mlp: usize,
    },
}

pub(super) fn kind(settings: &mut Fields) -> Result<Kind, String> {
    let kind = settings.text("kind")?;
    Ok(match kind.as_str() {
        "modadd" => Kind::Modular {
            p: settings.whole("p")?,
            units: settings.whole("N")?,
        },
        "transformer" => Kind::Transformer {
            p: settings.whole("p")?,
            width: settings.whole("d_model")?,
            heads: settings.whole("n_heads")?,
            mlp: settings.whole("d_mlp")?,
        },
        "student_teacher" | "mnist_mlp" => {
            let student = kind == "student_teacher";
            let activation = match settings.optional("activation") {
                None if student => Activation::Tanh,
                None => Activation::Relu,
                Some(Value::String(s)) if s == "tanh" => Activation::Tanh,
                Some(Value::String(s)) if s == "relu" => Activation::Relu,
                Some(v) => {
                    return Err(format!(
                        "settings.activation: expected tanh or relu; found {v}"
                    ));
                }
            };
            let named = ["scaling", "parametrisation", "parametrization"];
            let scaling = named.iter().find_map(|key| settings.optional(key));
            let scaling = match scaling {
                None if student => Some(Scaling::Ordinary),
                None => None,
                Some(Value::String(s)) if s == "notebook" || s == "ntk" => Some(Scaling::Notebook),
                Some(Value::String(s)) if s == "ordinary" || s == "standard" => {
                    Some(Scaling::Ordinary)
                }
                Some(v) => {
                    return Err(format!(
                        "settings.scaling: expected notebook or ordinary; found {v}"
                    ));
                }
            };
            let biases = match settings.flag("biases")? {
                None => settings.flag("bias")?,
                known => known,
            };
            Kind::Dense {
                sizes: settings.sizes("sizes")?,
                activation,
                biases,
                scaling,
            }
        }
        _ => {
            return Err(format!(
                "settings.kind: expected modadd, student_teacher, mnist_mlp or transformer; found {kind}"
            ));
        }
    })
}

pub(super) fn objective(settings: &mut Fields) -> Result<Objective, String> {
    let loss = match settings.text("loss")?.as_str() {
        "mse" => LossKind::MeanSquare,
        "cross_entropy" => LossKind::CrossEntropy,
        other => {
            return Err(format!(
                "settings.loss: expected mse or cross_entropy; found {other}"
            ));
        }
    };
    let accuracy = match settings.text("accuracy")?.as_str() {
        "argmax" => {
            settings.skip(&["threshold"]);
            AccuracyKind::Argmax
        }
        "threshold" => AccuracyKind::Threshold(settings.number("threshold")?),
        other => {
            return Err(format!(
                "settings.accuracy: expected argmax or threshold; found {other}"
            ));
        }
    };
    Ok(Objective {
        alpha: settings.number("alpha")?,
        centred: settings.flag("centred")?.unwrap_or(false),
        loss,
        accuracy,
    })
}

pub(super) fn optimiser(mut fields: Fields) -> Result<OptimiserSettings, String> {
    let name = fields.text("name")?;
    let rule = match name.as_str() {
        "sgd" | "gd" | "momentum" => match fields.number_or("momentum", 0.0)? {
            0.0 => Rule::Sgd,
            momentum => Rule::Momentum { momentum },
        },
        "adamw" | "adam" => Rule::AdamW {
            beta1: fields.number_or("beta1", 0.9)?,
            beta2: fields.number_or("beta2", 0.999)?,
            epsilon: fields.number_or("eps", 1e-8)?,
        },
        other => {
            return Err(format!(
                "optimiser.name: expected sgd, momentum or adamw; found {other}"
            ));
        }
    };
    let decay = fields.number_or("weight_decay", 0.0)?;
    if name == "adam" && decay != 0.0 {
        return Err("optimiser: adam with weight_decay adds the decay to the gradient, which cannot be replayed; adamw decouples it".into());
    }
    let settings = OptimiserSettings {
        rule,
        learning_rate: fields.number("lr")?,
        weight_decay: decay,
        warm_up: fields.whole_or("warmup_steps")?.unwrap_or(0) as u64,
    };
    fields.done()?;
    Ok(settings)
}
