//! The tangent kernel on a fixed sub-sample:
//! K_ij = (1/C) Σ_c ∇f_c(x_i)·∇f_c(x_j), raw f, all parameters.

use super::network::Network;
use super::passes::{Alone, Keep, Passes};
use super::problem::{Examples, Source};
use super::product::{Into, matrix, product};
use super::real::Real;
use crate::sim::rng::{Stream, row_rng};
use rand::Rng;
use std::sync::Arc;

/// How the mean over outputs is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// Every output: exact, C backward passes an example.
    Every,
    /// This many sums of all outputs with fixed random signs: unbiased.
    Signs(usize),
}

/// The kernel of a network on some examples.
pub struct Kernel<T> {
    passes: Passes<T>,
    examples: Examples<T>,
    // Weights of the outputs, one row a direction; K is the mean over directions.
    directions: Vec<Vec<T>>,
    gradients: Vec<T>,
    square: Vec<T>,
}

impl<T: Real> Kernel<T> {
    /// On the given rows of the examples; `seed` draws the signs.
    pub fn new(
        network: Arc<dyn Network<T>>,
        examples: &Examples<T>,
        rows: &[u32],
        outputs: Outputs,
        seed: u64,
    ) -> Self {
        let c = network.outputs();
        let count = network.layout().count();
        let directions = match outputs {
            Outputs::Every => (0..c)
                .map(|i| {
                    (0..c)
                        .map(|j| if i == j { T::ONE } else { T::ZERO })
                        .collect()
                })
                .collect(),
            Outputs::Signs(draws) => (0..draws)
                .map(|draw| {
                    let mut rng = row_rng(seed, Stream::Choice, draw);
                    let size = T::of(1.0 / (c as f64).sqrt());
                    let sign = |_| if rng.next_u32() & 1 == 1 { size } else { -size };
                    (0..c).map(sign).collect()
                })
                .collect(),
        };
        let mut own = Examples::empty(c);
        own.gather(examples, rows);
        Self {
            passes: Passes::new(network, Keep::Block),
            examples: own,
            directions,
            gradients: vec![T::ZERO; rows.len() * count],
            square: vec![T::ZERO; rows.len() * rows.len()],
        }
    }

    /// Number of examples n.
    pub fn size(&self) -> usize {
        self.examples.count()
    }

    /// Targets Y of the examples, row by row.
    pub fn targets(&self) -> Vec<f64> {
        self.examples.targets.iter().map(|y| y.wide()).collect()
    }

    /// K at θ, n×n row by row.
    pub fn gram(&mut self, theta: &[T]) -> Vec<f64> {
        let n = self.size();
        let count = theta.len();
        let mut kernel = vec![0.0; n * n];
        let source = Source {
            examples: &self.examples,
            initial: &[],
        };
        for direction in &self.directions {
            for (i, row) in self.gradients.chunks_exact_mut(count).enumerate() {
                self.passes.load(source, &[i as u32]);
                row.copy_from_slice(self.passes.pull_back(theta, direction, &Alone));
            }
            let g = matrix(&self.gradients, n, count);
            product(&mut self.square, Into::Replace, g, g.t(), T::ONE);
            for (k, s) in kernel.iter_mut().zip(&self.square) {
                *k += s.wide() / self.directions.len() as f64;
            }
        }
        kernel
    }
}

/// Alignment of a kernel with the targets:
/// ⟨HKH, YcYcᵀ⟩/(‖HKH‖‖YcYcᵀ‖), H = I − 11ᵀ/n, Yc the targets minus their column
/// means. 1 where the centred kernel is that of the targets.
pub fn alignment(kernel: &[f64], targets: &[f64], n: usize) -> f64 {
    let outputs = targets.len() / n;
    let mean = |c: usize| targets.iter().skip(c).step_by(outputs).sum::<f64>() / n as f64;
    let means: Vec<f64> = (0..outputs).map(mean).collect();
    let centred: Vec<f64> = targets
        .iter()
        .enumerate()
        .map(|(i, y)| y - means[i % outputs])
        .collect();
    let rows: Vec<f64> = kernel
        .chunks_exact(n)
        .map(|r| r.iter().sum::<f64>() / n as f64)
        .collect();
    let all = rows.iter().sum::<f64>() / n as f64;
    let (mut both, mut own, mut label) = (0.0, 0.0, 0.0);
    for i in 0..n {
        for j in 0..n {
            let k = kernel[i * n + j] - rows[i] - rows[j] + all;
            let yi = &centred[i * outputs..(i + 1) * outputs];
            let yj = &centred[j * outputs..(j + 1) * outputs];
            let y: f64 = yi.iter().zip(yj).map(|(a, b)| a * b).sum();
            both += k * y;
            own += k * k;
            label += y * y;
        }
    }
    both / (own * label).sqrt()
}

/// ‖K − K₀‖/‖K₀‖: how far the kernel moved, in size and direction; it can be far
/// above 1.
pub fn drift(kernel: &[f64], initial: &[f64]) -> f64 {
    let pairs = kernel.iter().zip(initial);
    let moved: f64 = pairs.map(|(k, k0)| (k - k0).powi(2)).sum();
    let size: f64 = initial.iter().map(|k| k * k).sum();
    (moved / size).sqrt()
}

/// 1 − ⟨K, K₀⟩/(‖K‖‖K₀‖): how far its direction turned.
pub fn turn(kernel: &[f64], initial: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    1.0 - dot(kernel, initial) / (dot(kernel, kernel) * dot(initial, initial)).sqrt()
}
