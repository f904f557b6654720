//! Fully connected networks: the student and its teacher (tanh), and the
//! classifier of images (ReLU).
//!
//! h₀ = x, h_l = g(s_l·W_l h_{l−1} + b_l), f = s_L·W_L h_{L−1} + b_L; the scales s
//! are 1 in the ordinary parametrisation.

use super::layout::Layout;
use super::network::{Activations, At, Gradient, Inputs, Misfit, Network, Scratch};
use super::network::{add_rows, fill_rows, vectorised};
use super::product::{Into, matrix, product};
use super::real::{Real, relu, relu_slope};
use std::ops::Range;

/// g.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// tanh.
    Tanh,
    /// max(·, 0).
    Relu,
}

/// Factors before the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// None.
    Ordinary,
    /// 1/√fan_in in the hidden layers and 1/fan_in in the last one, as in the
    /// authors' notebook.
    Notebook,
}

/// A fully connected network.
#[derive(Clone, Debug)]
pub struct Dense {
    sizes: Vec<usize>,
    activation: Activation,
    biases: bool,
    scales: Vec<f64>,
    layout: Layout,
}

impl Dense {
    /// Widths from the inputs to the outputs.
    ///
    /// # Errors
    /// Fewer than two widths, or a width of 0.
    pub fn new(
        sizes: &[usize],
        activation: Activation,
        scaling: Scaling,
        biases: bool,
    ) -> Result<Self, Misfit> {
        if sizes.len() < 2 || sizes.contains(&0) {
            return Err(Misfit(format!(
                "sizes: expected at least two whole numbers above 0 from inputs to outputs; found {sizes:?}"
            )));
        }
        let layers = sizes.len() - 1;
        let scales = (0..layers)
            .map(|l| match scaling {
                Scaling::Ordinary => 1.0,
                Scaling::Notebook if l + 1 == layers => 1.0 / sizes[l] as f64,
                Scaling::Notebook => 1.0 / (sizes[l] as f64).sqrt(),
            })
            .collect();
        let tensors = (0..layers).flat_map(|l| {
            let weights = (format!("W{}", l + 1), vec![sizes[l + 1], sizes[l]]);
            let bias = biases.then(|| (format!("b{}", l + 1), vec![sizes[l + 1]]));
            std::iter::once(weights).chain(bias)
        });
        Ok(Self {
            layout: Layout::new(tensors),
            sizes: sizes.to_vec(),
            activation,
            biases,
            scales,
        })
    }

    /// Number of layers of weights L.
    fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    fn weights<'a, T>(&self, l: usize, theta: &'a [T]) -> &'a [T] {
        &theta[self.layout.range(l * (1 + usize::from(self.biases)))]
    }

    fn bias<'a, T>(&self, l: usize, theta: &'a [T]) -> Option<&'a [T]> {
        self.biases.then(|| &theta[self.layout.range(2 * l + 1)])
    }

    /// out = s·W h + b for all rows.
    fn affine<T: Real>(&self, l: usize, theta: &[T], input: &[T], n: usize, out: &mut [T]) {
        let (inside, outside) = (self.sizes[l], self.sizes[l + 1]);
        let into = match self.bias(l, theta) {
            Some(bias) => {
                fill_rows(&mut out[..n * outside], bias);
                Into::Add
            }
            None => Into::Replace,
        };
        let weights = matrix(self.weights(l, theta), outside, inside);
        let scale = T::of(self.scales[l]);
        product(out, into, matrix(input, n, inside), weights.t(), scale);
    }

    fn activate<T: Real>(&self, values: &mut [T]) {
        let activation = self.activation;
        vectorised(
            #[inline(always)]
            || match activation {
                Activation::Tanh => {
                    for v in values.iter_mut() {
                        *v = v.hyperbolic_tangent();
                    }
                }
                Activation::Relu => {
                    for v in values.iter_mut() {
                        *v = relu(*v);
                    }
                }
            },
        );
    }

    /// Multiplies by g′, which the activation's own output gives.
    fn times_slope<T: Real>(&self, values: &mut [T], outputs: &[T]) {
        let activation = self.activation;
        vectorised(
            #[inline(always)]
            || match activation {
                Activation::Tanh => {
                    for (v, y) in values.iter_mut().zip(outputs) {
                        *v *= T::ONE - *y * *y;
                    }
                }
                Activation::Relu => {
                    for (v, y) in values.iter_mut().zip(outputs) {
                        *v *= relu_slope(*y);
                    }
                }
            },
        );
    }
}

impl<T: Real> Network<T> for Dense {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn outputs(&self) -> usize {
        self.sizes[self.layers()]
    }

    fn hidden(&self) -> Vec<usize> {
        self.sizes[1..self.layers()].to_vec()
    }

    fn overwrites(&self) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.sizes.windows(2).map(|w| w[0] * w[1]).sum()
    }

    fn forward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &mut Activations<T>,
    ) {
        let n = rows.len();
        let Activations { hidden, outputs } = activations;
        for l in 0..self.layers() {
            let (before, after) = hidden.split_at_mut(l);
            let input = match before.last() {
                Some(h) => h,
                None => inputs.vectors(&rows),
            };
            match after.first_mut() {
                Some(h) => {
                    self.affine(l, at.theta, input, n, h);
                    self.activate(&mut h[..n * self.sizes[l + 1]]);
                }
                None => self.affine(l, at.theta, input, n, outputs),
            }
        }
    }

    fn tangent(
        &self,
        at: At<T>,
        along: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &Activations<T>,
        scratch: &mut Scratch<T>,
    ) {
        let n = rows.len();
        for l in 0..self.layers() {
            let (before, after) = scratch.hidden.split_at_mut(l);
            let input = match l {
                0 => inputs.vectors(&rows),
                _ => &activations.hidden[l - 1],
            };
            let out = match after.first_mut() {
                Some(h) => h,
                None => &mut scratch.output_tangent,
            };
            self.affine(l, along.theta, input, n, out);
            if let Some(change) = before.last() {
                let (inside, outside) = (self.sizes[l], self.sizes[l + 1]);
                let weights = matrix(self.weights(l, at.theta), outside, inside);
                let scale = T::of(self.scales[l]);
                let change = matrix(change, n, inside);
                product(out, Into::Add, change, weights.t(), scale);
            }
            if let Some(h) = activations.hidden.get(l) {
                let length = n * self.sizes[l + 1];
                self.times_slope(&mut out[..length], &h[..length]);
            }
        }
    }

    fn backward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &Activations<T>,
        scratch: &mut Scratch<T>,
        gradient: Gradient<T>,
    ) {
        let n = rows.len();
        for l in (0..self.layers()).rev() {
            let (inside, outside) = (self.sizes[l], self.sizes[l + 1]);
            let (before, after) = scratch.hidden.split_at_mut(l);
            let delta = match after.first() {
                Some(h) => h,
                None => &scratch.output_gradient,
            };
            let scale = T::of(self.scales[l]);
            let delta_rows = matrix(delta, n, outside);
            let input = match l {
                0 => inputs.vectors(&rows),
                _ => &activations.hidden[l - 1],
            };
            let stride = 1 + usize::from(self.biases);
            let out = &mut gradient.theta[self.layout.range(l * stride)];
            let input = matrix(input, n, inside);
            product(out, gradient.into, delta_rows.t(), input, scale);
            if self.biases {
                let out = &mut gradient.theta[self.layout.range(2 * l + 1)];
                if gradient.into == Into::Replace {
                    out.fill(T::ZERO);
                }
                add_rows(&delta[..n * outside], out);
            }
            if let Some(next) = before.last_mut() {
                let weights = matrix(self.weights(l, at.theta), outside, inside);
                product(next, Into::Replace, delta_rows, weights, scale);
                let length = n * inside;
                self.times_slope(&mut next[..length], &activations.hidden[l - 1][..length]);
            }
        }
    }
}
