//! Digits (figure 6(a)).

use super::super::dense::{Activation, Dense, Scaling};
use super::super::images::Images;
use super::super::init::{Draw, weights};
use super::super::layout::Tensor;
use super::super::loss::{AccuracyKind, LossKind, Objective};
use super::super::network::{Inputs, Misfit, Network};
use super::super::optimiser::OptimiserSettings;
use super::super::problem::{Examples, Order, Problem};
use super::super::real::Real;
use super::{Setup, fan_in, positive, run_settings};
use crate::sim::rng::Stream;
use std::sync::Arc;

/// A ReLU network that learns digits: mean squared error on one-hot targets.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSettings {
    /// Pixels are averaged over blocks of this side.
    pub pool: usize,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Factors before the weights.
    pub scaling: Scaling,
    /// Ordinary scaling: weights are uniform within ± this/√fan_in. The
    /// notebook's: normal with σ = this·√(2/fan_in).
    pub weight_scale: f64,
    /// Train images: the first ones.
    pub train: usize,
    /// Test images: those from `test_from` on.
    pub test: usize,
    /// First test image.
    pub test_from: usize,
    /// Batch size; 0 for the whole train set.
    pub batch: usize,
    /// Output scale α.
    pub alpha: f64,
    /// Learning rate, the same for every α.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Seed of the weights.
    pub seed: u64,
}

impl ImageSettings {
    /// Shows the delay in seconds: 14×14 pixels, 200 images.
    pub fn live() -> Self {
        Self {
            pool: 2,
            hidden: vec![100; 3],
            scaling: Scaling::Ordinary,
            weight_scale: 8.0,
            train: 200,
            test: 1000,
            test_from: 1000,
            batch: 0,
            alpha: 0.1,
            learning_rate: 1e-3,
            weight_decay: 0.3,
            seed: 0,
        }
    }

    /// The paper's size.
    pub fn paper() -> Self {
        Self {
            pool: 1,
            hidden: vec![200; 3],
            scaling: Scaling::Notebook,
            weight_scale: 150.0,
            train: 1000,
            test: 2000,
            batch: 200,
            alpha: 0.05,
            weight_decay: 0.01,
            ..Self::live()
        }
    }

    /// Network, data and weights.
    ///
    /// # Errors
    /// Names the setting, or what is wrong with the images.
    pub fn setup<T: Real>(&self, images: &Images) -> Result<Setup<T>, Misfit> {
        images.check()?;
        positive("alpha", self.alpha)?;
        let smallest = images.height.min(images.width);
        if self.pool == 0 || self.pool > smallest {
            return Err(Misfit(format!(
                "pool: expected 1 to {smallest}, the side of the images; found {}",
                self.pool
            )));
        }
        let needed = self.train.max(self.test_from + self.test);
        if self.train > self.test_from || needed > images.count() {
            return Err(Misfit(format!(
                "train and test images: {} and {} from image {} on do not fit into {} images; take fewer",
                self.train,
                self.test,
                self.test_from,
                images.count()
            )));
        }
        let rows = (0..self.train).chain(self.test_from..self.test_from + self.test);
        let rows: Vec<usize> = rows.collect();
        let vectors = rows.iter().flat_map(|i| images.vector(*i, self.pool));
        let values: Vec<T> = vectors.map(T::of).collect();
        let width = (images.height / self.pool) * (images.width / self.pool);
        let labels = rows.iter().map(|i| u32::from(images.labels[*i])).collect();
        let examples = Examples::classes(Inputs::Vectors { width, values }, labels, 10)?;
        let mut sizes = vec![width];
        sizes.extend(&self.hidden);
        sizes.push(10);
        let network = Dense::new(&sizes, Activation::Relu, self.scaling, false)?;
        let layout = Network::<T>::layout(&network);
        let draw = |t: &Tensor| {
            let fan_in = fan_in(layout, t) as f64;
            match self.scaling {
                Scaling::Ordinary => Draw::Uniform(self.weight_scale / fan_in.sqrt()),
                Scaling::Notebook => Draw::Normal(self.weight_scale * (2.0 / fan_in).sqrt()),
            }
        };
        let theta = weights(layout, self.seed, Stream::Init, false, draw);
        let train = self.train as u32;
        Ok(Setup {
            network: Arc::new(network),
            problem: Arc::new(Problem {
                examples,
                train: (0..train).collect(),
                test: (train..train + self.test as u32).collect(),
            }),
            theta: theta.into(),
            settings: run_settings(
                Objective {
                    alpha: self.alpha,
                    centred: false,
                    loss: LossKind::MeanSquare,
                    accuracy: AccuracyKind::Argmax,
                },
                OptimiserSettings::adamw(self.learning_rate, self.weight_decay, 0.999),
                match self.batch {
                    0 => Order::Full,
                    size => Order::Slices(size),
                },
                self.seed,
            ),
        })
    }
}
