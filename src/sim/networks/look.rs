//! All that is to be seen in a network at one step, computed at once.

use super::fourier::{Phases, phases};
use super::loss::Scored;
use super::model::{NetworkWeights, setup};
use super::modular::ModularAddition;
use super::readings::{Answer, answers, confusion};
use super::run::NetworkRun;
use super::transformer::Transformer;
use crate::sim::config::ValidConfig;
use crate::sim::model::Alone;
use std::sync::Arc;

/// The table of sums of a network that adds modulo p.
#[derive(Clone, Debug, PartialEq)]
pub struct SumTable {
    /// p.
    pub p: usize,
    /// Answer to a + b at a·p + b.
    pub answers: Vec<Answer>,
    /// Whether the pair is trained on.
    pub trained: Arc<[bool]>,
    /// Scaled outputs F, `outputs` a pair.
    pub logits: Vec<f32>,
    /// Number of outputs: p, or one more for "=".
    pub outputs: usize,
    /// Share of the power at each frequency from 1 in the weights by token.
    pub spectrum: Vec<f64>,
    /// Each hidden unit's frequency and phases, of the MLP.
    pub phases: Vec<Phases>,
    /// How much each head looks at a, b and "=", on average over all pairs; of the
    /// transformer.
    pub attention: Vec<[f64; 3]>,
}

impl SumTable {
    /// Scaled outputs for a + b.
    pub fn logits_of(&self, a: usize, b: usize) -> &[f32] {
        let at = (a * self.p + b) * self.outputs;
        self.logits.get(at..at + self.outputs).unwrap_or(&[])
    }
}

/// What a network answers to test images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageAnswers {
    /// Rows of pixels of an image.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Pixels from 0 to 1 of all test images, as the network sees them.
    pub pixels: Arc<[f32]>,
    /// Class of each.
    pub labels: Arc<[u32]>,
    /// Answer to each; as large as no class where it is none.
    pub answers: Vec<u32>,
    /// How often each answer was given to each class, row by class.
    pub confusion: Vec<u32>,
}

/// A network at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkLook {
    /// The step.
    pub step: u64,
    /// Of a network that adds modulo p.
    pub sums: Option<SumTable>,
    /// Of a network that reads images.
    pub images: Option<ImageAnswers>,
    /// Loss of every train example.
    pub train_losses: Vec<f64>,
    /// Loss of every test example.
    pub test_losses: Vec<f64>,
}

/// Looks at networks of one run after the other; data and network are made once.
#[derive(Default)]
pub struct Looker {
    held: Option<Held>,
}

struct Held {
    config: ValidConfig,
    run: NetworkRun<f32>,
    trained: Arc<[bool]>,
    pixels: Arc<[f32]>,
    labels: Arc<[u32]>,
}

impl Looker {
    /// The network of these settings with these weights.
    ///
    /// # Errors
    /// Settings that make no network, or weights of another one.
    pub fn look(
        &mut self,
        config: &ValidConfig,
        step: u64,
        weights: &NetworkWeights,
    ) -> Result<NetworkLook, String> {
        if self.held.as_ref().is_none_or(|held| held.config != *config) {
            self.held = Some(Held::new(config)?);
        }
        let Some(held) = &mut self.held else {
            return Err("there is no network to look at".into());
        };
        if held.run.initial_weights().len() != weights.theta.len() {
            return Err("the weights are of another network".into());
        }
        held.run.show(&weights.theta);
        Ok(held.look(step, weights))
    }
}

impl Held {
    fn new(config: &ValidConfig) -> Result<Self, String> {
        let mut setup = setup(config).map_err(|e| e.to_string())?;
        setup.settings.linearised = false;
        setup.settings.kernel_examples = 0;
        let problem = Arc::clone(&setup.problem);
        let mut trained = vec![false; problem.examples.count()];
        for row in &problem.train {
            trained[*row as usize] = true;
        }
        let labels = &problem.examples.labels;
        let test = problem.test.iter().map(|row| *row as usize);
        let mut pixels = Vec::new();
        for row in test.clone() {
            pixels.extend_from_slice(problem.examples.inputs.vectors(&(row..row + 1)));
        }
        let run = setup.run(&Alone).map_err(|e| e.to_string())?;
        Ok(Self {
            config: config.clone(),
            run,
            trained: trained.into(),
            pixels: pixels.into(),
            labels: test.filter_map(|row| labels.get(row).copied()).collect(),
        })
    }

    fn look(&mut self, step: u64, weights: &NetworkWeights) -> NetworkLook {
        let (train, test) = self.run.scores(&Alone);
        let sums = self.sums(weights);
        let images = sums.is_none().then(|| self.images(&test)).flatten();
        NetworkLook {
            step,
            sums,
            images,
            train_losses: train.losses,
            test_losses: test.losses,
        }
    }

    fn sums(&mut self, weights: &NetworkWeights) -> Option<SumTable> {
        let config = &self.config;
        let p = config.modular.modulus;
        let tokens = self.run.network().by_token(&weights.theta)?;
        let logits = self.run.outputs(&Alone);
        let examples = &self.run.problem().examples;
        let theta: &[f32] = &weights.theta;
        let width = config.network.width.finite().unwrap_or(1);
        let (heads, mlp) = (config.transformer.heads, config.transformer.mlp);
        let adds = config.network.family.name();
        let network = (adds == "modular_mlp").then(|| ModularAddition::new(p, width).ok());
        let transformer =
            (adds == "transformer").then(|| Transformer::new(p, width, heads, mlp).ok());
        Some(SumTable {
            p,
            answers: answers(&logits, examples.outputs, &examples.labels),
            trained: Arc::clone(&self.trained),
            outputs: examples.outputs,
            logits,
            spectrum: tokens.spectrum(),
            phases: network
                .flatten()
                .map_or_else(Vec::new, |n| phases(&n, theta)),
            attention: transformer
                .flatten()
                .map_or_else(Vec::new, |n| mean_attention(&n, theta)),
        })
    }

    fn images(&self, test: &Scored) -> Option<ImageAnswers> {
        if self.config.network.family.name() != "image_mlp" {
            return None;
        }
        let count = self.labels.len();
        let size = self.pixels.len().checked_div(count)?;
        let side = (size as f64).sqrt().round() as usize;
        // Images that are not square are shown as one line each.
        let (height, width) = match side * side == size {
            true => (side, side),
            false => (1, size),
        };
        Some(ImageAnswers {
            height,
            width,
            pixels: Arc::clone(&self.pixels),
            labels: Arc::clone(&self.labels),
            answers: test.answers.clone(),
            confusion: confusion(test, &self.labels, 10),
        })
    }
}

/// Mean over some hundred pairs, evenly spread over the table.
fn mean_attention(network: &Transformer, theta: &[f32]) -> Vec<[f64; 3]> {
    let p = network.p();
    let stride = (p * p / 200).max(1);
    let mut sum = vec![[0.0; 3]; network.heads()];
    let mut count = 0.0;
    for pair in (0..p * p).step_by(stride) {
        let pair = [(pair / p) as u32, (pair % p) as u32];
        for (sum, seen) in sum.iter_mut().zip(network.attention(theta, pair)) {
            for (sum, seen) in sum.iter_mut().zip(seen) {
                *sum += seen;
            }
        }
        count += 1.0;
    }
    sum.iter_mut().flatten().for_each(|s| *s /= count);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::{Config, Family};
    use crate::sim::model::weights_as;
    use crate::sim::{Simulation, metrics::Metric};

    fn config(family: &str) -> ValidConfig {
        let mut config: Config = Family::by_name(family).unwrap().defaults();
        config.training.steps = 30;
        if family == "transformer" {
            config.modular.modulus = 7;
            (config.network.width, config.transformer.mlp) =
                (crate::sim::config::Width::Finite(8), 16);
        }
        config.check().unwrap()
    }

    #[test]
    fn a_look_says_what_the_rows_say() {
        for family in ["modular_mlp", "transformer", "student_teacher", "image_mlp"] {
            let config = config(family);
            let mut simulation = Simulation::new(&config, None).unwrap();
            while !simulation.is_finished() {
                simulation.advance(30);
            }
            let row = simulation.record(false);
            let weights = weights_as::<NetworkWeights>(&simulation.weights()).unwrap();
            let look = Looker::default().look(&config, 30, &weights).unwrap();
            let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
            let loss = row.get(Metric::SampleTestLoss).unwrap();
            assert!(
                (mean(&look.test_losses) / loss - 1.0).abs() < 1e-6,
                "{family}"
            );
            if let Some(sums) = &look.sums {
                let right = |trained: bool| {
                    let cells = sums.answers.iter().zip(sums.trained.iter());
                    let of: Vec<bool> = cells
                        .filter(|(_, t)| **t == trained)
                        .map(|(a, _)| a.right)
                        .collect();
                    of.iter().filter(|r| **r).count() as f64 / of.len() as f64
                };
                assert_eq!(
                    row.get(Metric::TrainAccuracy),
                    Some(right(true)),
                    "{family}"
                );
                assert_eq!(
                    row.get(Metric::TestAccuracy),
                    Some(right(false)),
                    "{family}"
                );
                assert!((sums.spectrum.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                assert_eq!(
                    sums.attention.len(),
                    if family == "transformer" { 4 } else { 0 }
                );
            }
            if let Some(images) = &look.images {
                let pairs = images.answers.iter().zip(images.labels.iter());
                let right = pairs.filter(|(a, l)| a == l).count() as f64;
                let share = right / images.labels.len() as f64;
                assert_eq!(row.get(Metric::TestAccuracy), Some(share));
                assert_eq!(images.confusion.iter().sum::<u32>(), 1000);
            }
            assert_eq!(look.images.is_some(), family == "image_mlp");
            assert_eq!(
                look.sums.is_some(),
                family.starts_with("modular") || family == "transformer"
            );
        }
    }
}
