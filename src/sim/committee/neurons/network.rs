//! A finite network neuron by neuron: what it computes and its NTK, also where
//! the moments of the weights determine neither.

use crate::sim::committee::engine::Problem;
use crate::sim::committee::hermite::Hermite;
use faer::Mat;
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// The activation φ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// φ(h) = h + (ε/2)h², the paper's.
    Quadratic,
    /// φ(h) = h + (ε/2)H_k(h), of its Fig 15.
    Hermite(Hermite),
}

impl Activation {
    /// φ(h).
    #[inline]
    pub fn value(self, epsilon: f64, h: f64) -> f64 {
        match self {
            Self::Quadratic => h + 0.5 * epsilon * h * h,
            Self::Hermite(polynomial) => h + 0.5 * epsilon * polynomial.value(h),
        }
    }

    /// φ'(h).
    #[inline]
    pub fn slope(self, epsilon: f64, h: f64) -> f64 {
        match self {
            Self::Quadratic => 1.0 + epsilon * h,
            Self::Hermite(polynomial) => 1.0 + 0.5 * epsilon * polynomial.slope(h),
        }
    }
}

/// f(x) = (α/N) Σ_i v_i φ(w_i·x).
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// W, N×D.
    pub weights: Array2<f64>,
    /// v, length N, where the readouts are trained; they are 1 otherwise.
    pub readouts: Option<Array1<f64>>,
    /// φ.
    pub activation: Activation,
    /// Output scale α.
    pub alpha: f64,
    /// ε of φ.
    pub epsilon: f64,
}

impl Network {
    /// A network with weights W (N×D), readouts 1 and the quadratic activation.
    pub fn new(problem: &Problem, weights: Array2<f64>) -> Self {
        Self {
            weights,
            readouts: None,
            activation: match &problem.task.hermite {
                Some(target) => Activation::Hermite(target.polynomial),
                None => Activation::Quadratic,
            },
            alpha: problem.alpha,
            epsilon: problem.epsilon,
        }
    }

    /// Width N.
    pub fn width(&self) -> usize {
        self.weights.nrows()
    }

    /// Whether the moments (w̄, M) of the weights determine function and kernel.
    pub fn is_committee(&self) -> bool {
        self.readouts.is_none() && self.activation == Activation::Quadratic
    }

    /// w_i·x of the rows of `x`, P×N.
    pub fn preactivations(&self, x: ArrayView2<f64>) -> Array2<f64> {
        x.dot(&self.weights.t())
    }

    /// f from preactivations (P×N), length P.
    pub fn output_of(&self, preactivations: &Array2<f64>) -> Array1<f64> {
        let scale = self.alpha / self.width() as f64;
        let (activation, epsilon) = (self.activation, self.epsilon);
        preactivations.map_axis(Axis(1), |h| match &self.readouts {
            None => scale * h.iter().map(|h| activation.value(epsilon, *h)).sum::<f64>(),
            Some(v) => {
                let terms = h.iter().zip(v);
                scale
                    * terms
                        .map(|(h, v)| v * activation.value(epsilon, *h))
                        .sum::<f64>()
            }
        })
    }

    /// f on the rows of `x`.
    pub fn output(&self, x: ArrayView2<f64>) -> Array1<f64> {
        self.output_of(&self.preactivations(x))
    }

    /// (1/N)Σ v_i w_i and (1/N)Σ v_i w_i w_iᵀ: with the quadratic activation f is
    /// α(w̄·x + (ε/2)xᵀMx) with these.
    pub fn moments(&self) -> (Array1<f64>, Array2<f64>) {
        let n = self.width() as f64;
        let w = &self.weights;
        match &self.readouts {
            None => (w.sum_axis(Axis(0)) / n, w.t().dot(w) / n),
            Some(v) => {
                let weighted = w * &v.view().insert_axis(Axis(1));
                (weighted.sum_axis(Axis(0)) / n, w.t().dot(&weighted) / n)
            }
        }
    }

    /// The NTK's Gram matrix on the rows of `x`, without its factor α²/N as
    /// everywhere: K = (XXᵀ) ∘ (1/N)Σ v_i²φ'φ'ᵀ, and with trained readouts
    /// + (1/N)Σ φφᵀ.
    pub fn ntk(&self, x: ArrayView2<f64>) -> Mat<f64> {
        let h = self.preactivations(x);
        let n = self.width() as f64;
        let (activation, epsilon) = (self.activation, self.epsilon);
        let mut slopes = h.mapv(|h| activation.slope(epsilon, h));
        if let Some(v) = &self.readouts {
            slopes *= &v.view().insert_axis(Axis(0));
        }
        let (x, slopes) = (dense(x), dense(slopes.view()));
        let products = &x * x.transpose();
        let mut kernel = &slopes * slopes.transpose();
        for j in 0..kernel.ncols() {
            let products = products.col_as_slice(j);
            for (k, g) in kernel.col_as_slice_mut(j).iter_mut().zip(products) {
                *k *= g / n;
            }
        }
        if self.readouts.is_some() {
            let values = h.mapv(|h| activation.value(epsilon, h));
            let values = dense(values.view());
            kernel += (&values * values.transpose()) * faer::Scale(1.0 / n);
        }
        kernel
    }
}

fn dense(x: ArrayView2<f64>) -> Mat<f64> {
    Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::kernel::GramInputs;
    use crate::sim::committee::moments::MomentState;
    use crate::sim::rng::{Stream, normal_matrix, normal_vector};

    fn network(activation: Activation, trained: bool) -> Network {
        Network {
            weights: normal_matrix(3, Stream::Init, 7, 4) + 0.2,
            readouts: trained.then(|| normal_vector(3, Stream::Readout, 7)),
            activation,
            alpha: 1.7,
            epsilon: 0.4,
        }
    }

    #[test]
    fn the_kernel_of_a_committee_is_that_of_its_moments() {
        let network = network(Activation::Quadratic, false);
        let x = normal_matrix(3, Stream::Data, 6, 4);
        let state = MomentState::from_weights(network.weights.view());
        let (a, b) = (
            network.ntk(x.view()),
            GramInputs::new(x.view()).ntk(&state, network.epsilon),
        );
        assert!((&a - &b).norm_max() < 1e-12 * b.norm_max());
    }

    /// (N/α²) Σ_θ ∂f/∂θ ∂f'/∂θ by central differences.
    #[test]
    fn the_kernel_is_the_inner_product_of_parameter_gradients() {
        let x = normal_matrix(5, Stream::Data, 4, 4) * 0.7;
        for degree in [0, 2, 3, 4] {
            for trained in [false, true] {
                let activation = match degree {
                    0 => Activation::Quadratic,
                    k => Activation::Hermite(Hermite::new(k)),
                };
                let network = network(activation, trained);
                let n = network.width();
                let mut kernel = Mat::<f64>::zeros(4, 4);
                let mut add = |change: &dyn Fn(&mut Network, f64)| {
                    let moved = |size: f64| {
                        let mut moved = network.clone();
                        change(&mut moved, size);
                        moved.output(x.view())
                    };
                    let gradient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    let scale = n as f64 / (network.alpha * network.alpha);
                    for a in 0..4 {
                        for b in 0..4 {
                            kernel[(a, b)] += scale * gradient[a] * gradient[b];
                        }
                    }
                };
                for i in 0..n {
                    for d in 0..4 {
                        add(&|network, size| network.weights[(i, d)] += size);
                    }
                    if trained {
                        add(&|network, size| {
                            if let Some(v) = &mut network.readouts {
                                v[i] += size;
                            }
                        });
                    }
                }
                let direct = network.ntk(x.view());
                let distance = (&kernel - &direct).norm_max() / direct.norm_max();
                assert!(distance < 1e-7, "degree {degree}, {trained}: {distance}");
            }
        }
    }

    #[test]
    fn the_initial_kernel_with_trained_readouts_has_its_limit_at_large_width() {
        // K₀ = 2x·x' + (3ε²/2)(x·x')² + (ε²/4)|x|²|x'|² at N = ∞.
        let (n, d, epsilon) = (400_000, 3, 0.7);
        let network = Network {
            weights: normal_matrix(8, Stream::Init, n, d),
            readouts: Some(normal_vector(8, Stream::Readout, n)),
            activation: Activation::Quadratic,
            alpha: 1.0,
            epsilon,
        };
        let x = normal_matrix(8, Stream::Data, 3, d) / (d as f64).sqrt();
        let kernel = network.ntk(x.view());
        for a in 0..3 {
            for b in 0..3 {
                let dot = |i: usize, j: usize| x.row(i).dot(&x.row(j));
                let e2 = epsilon * epsilon;
                let limit = 2.0 * dot(a, b)
                    + 1.5 * e2 * dot(a, b).powi(2)
                    + 0.25 * e2 * dot(a, a) * dot(b, b);
                assert!((kernel[(a, b)] - limit).abs() < 0.02, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_moments_of_a_quadratic_network_give_its_output() {
        for trained in [false, true] {
            let network = network(Activation::Quadratic, trained);
            let x = normal_matrix(3, Stream::Data, 5, 4);
            let (mean, second) = network.moments();
            let quadratic = (x.dot(&second) * &x).sum_axis(Axis(1)) * (0.5 * network.epsilon);
            let function = (x.dot(&mean) + quadratic) * network.alpha;
            let difference = &function - &network.output(x.view());
            assert!(difference.iter().all(|e| e.abs() < 1e-12));
        }
    }
}
