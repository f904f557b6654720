//! Student and teacher (figures 8, 13(b), 17 and 18).

use super::super::dense::{Activation, Dense, Scaling};
use super::super::init::{Draw, weights};
use super::super::layout::Tensor;
use super::super::loss::{AccuracyKind, LossKind, Objective};
use super::super::network::{Inputs, Misfit, Network};
use super::super::optimiser::OptimiserSettings;
use super::super::passes::{Alone, Keep, Passes};
use super::super::problem::{Examples, Order, Problem, Source};
use super::super::real::Real;
use super::{Setup, fan_in, positive, run_settings};
use crate::sim::rng::{Stream, fill_normal_row};
use std::sync::Arc;

/// How the student–teacher pair is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairInit {
    /// Uniform ±1/√fan_in for weights and biases.
    Uniform,
    /// N(0, 1) entries: the hidden units are saturated.
    Normal,
}

/// A tanh network that learns another one's function.
#[derive(Clone, Debug, PartialEq)]
pub struct PairSettings {
    /// Widths from inputs to outputs.
    pub sizes: Vec<usize>,
    /// Whether the layers have biases.
    pub biases: bool,
    /// How both are drawn.
    pub init: PairInit,
    /// Factor on the student's initial weights and biases.
    pub student_scale: f64,
    /// Train and test examples.
    pub train: usize,
    /// Test examples.
    pub test: usize,
    /// Output scale α.
    pub alpha: f64,
    /// Learning rate, the same for every α.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// An example is right where its mean squared error is below this.
    pub threshold: f64,
    /// Seed of data, teacher and student.
    pub seed: u64,
}

impl PairSettings {
    /// The paper's figures 8, 17 and 18; its size is live.
    pub fn paper() -> Self {
        Self {
            sizes: vec![5, 100, 100, 5],
            biases: true,
            init: PairInit::Uniform,
            student_scale: 2.0,
            train: 100,
            test: 100,
            alpha: 1.0,
            learning_rate: 3e-4,
            weight_decay: 0.05,
            threshold: 0.001,
            seed: 0,
        }
    }

    /// The paper's figure 13(b).
    pub fn saturated() -> Self {
        Self {
            biases: false,
            init: PairInit::Normal,
            student_scale: 1.0,
            learning_rate: 3e-3,
            weight_decay: 0.1,
            ..Self::paper()
        }
    }

    /// Network, data and weights.
    ///
    /// # Errors
    /// Names the setting.
    pub fn setup<T: Real>(&self) -> Result<Setup<T>, Misfit> {
        positive("alpha", self.alpha)?;
        let make = || {
            Dense::new(
                &self.sizes,
                Activation::Tanh,
                Scaling::Ordinary,
                self.biases,
            )
        };
        let network: Arc<dyn Network<T>> = Arc::new(make()?);
        let teacher: Arc<dyn Network<f64>> = Arc::new(make()?);
        let layout = teacher.layout();
        let draw = |scale: f64| {
            move |t: &Tensor| match self.init {
                PairInit::Normal => Draw::Normal(scale),
                PairInit::Uniform => Draw::Uniform(scale / (fan_in(layout, t) as f64).sqrt()),
            }
        };
        let taught: Vec<f64> = weights(layout, self.seed, Stream::Teacher, false, draw(1.0));
        let student = draw(self.student_scale);
        let theta = weights(layout, self.seed, Stream::Init, false, student);
        let (width, outputs) = (self.sizes[0], teacher.outputs());
        let count = self.train + self.test;
        let mut values = vec![0.0; count * width];
        for (i, row) in values.chunks_exact_mut(width).enumerate() {
            let (stream, i) = match i < self.train {
                true => (Stream::Data, i),
                false => (Stream::Test, i - self.train),
            };
            fill_normal_row(self.seed, stream, i, row);
        }
        let questions = Examples {
            inputs: Inputs::Vectors {
                width,
                values: values.clone(),
            },
            outputs,
            targets: vec![0.0; count * outputs],
            labels: Vec::new(),
        };
        let all: Vec<u32> = (0..count as u32).collect();
        let mut passes = Passes::new(teacher, Keep::Block);
        let source = Source {
            examples: &questions,
            initial: &[],
        };
        passes.load(source, &all);
        let mut answers = Vec::new();
        passes.outputs(&taught, &Alone, &mut answers);
        let examples = Examples {
            inputs: Inputs::Vectors {
                width,
                values: values.into_iter().map(T::of).collect(),
            },
            outputs,
            targets: answers.into_iter().map(T::of).collect(),
            labels: Vec::new(),
        };
        Ok(Setup {
            network,
            problem: Arc::new(Problem {
                examples,
                train: all[..self.train].to_vec(),
                test: all[self.train..].to_vec(),
            }),
            theta: theta.into(),
            settings: run_settings(
                Objective {
                    alpha: self.alpha,
                    centred: false,
                    loss: LossKind::MeanSquare,
                    accuracy: AccuracyKind::Threshold(self.threshold),
                },
                OptimiserSettings::adamw(self.learning_rate, self.weight_decay, 0.999),
                Order::Full,
                self.seed,
            ),
        })
    }
}
