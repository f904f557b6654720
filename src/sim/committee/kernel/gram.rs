//! Gram matrices of the NTK.

use crate::sim::committee::moments::MomentState;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use ndarray::ArrayView2;

/// A P×P Gram matrix.
pub type Gram = Mat<f64>;

/// Inputs and their inner products XXᵀ, which every Gram matrix starts from.
#[derive(Clone, Debug)]
pub struct GramInputs {
    x: Mat<f64>,
    products: Mat<f64>,
}

impl GramInputs {
    /// From the rows of `x` (P×D).
    pub fn new(x: ArrayView2<f64>) -> Self {
        let x = Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)]);
        let mut products = Mat::zeros(x.nrows(), x.nrows());
        matmul(
            products.as_mut(),
            Accum::Replace,
            &x,
            x.transpose(),
            1.0,
            Par::Seq,
        );
        Self { x, products }
    }

    /// Number of inputs P.
    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// The NTK's Gram matrix at weights with these moments, P×P.
    pub fn ntk(&self, state: &MomentState, epsilon: f64) -> Gram {
        let (p, d) = (self.x.nrows(), self.x.ncols());
        let k = state.factor.ncols();
        // XMXᵀ = CCᵀ with C = [XL, Xw̄].
        let root = Mat::from_fn(d, k + 1, |i, j| {
            if j < k {
                state.factor[(i, j)]
            } else {
                state.mean[i]
            }
        });
        let mut c = Mat::zeros(p, k + 1);
        matmul(c.as_mut(), Accum::Replace, &self.x, &root, 1.0, Par::Seq);
        let z: Vec<f64> = c.col_as_slice(k).to_vec();
        let mut kernel = Mat::zeros(p, p);
        matmul(
            kernel.as_mut(),
            Accum::Replace,
            &c,
            c.transpose(),
            epsilon * epsilon,
            Par::Seq,
        );
        for j in 0..p {
            let shift = 1.0 + epsilon * z[j];
            let products = self.products.col_as_slice(j);
            for ((k, g), z) in kernel.col_as_slice_mut(j).iter_mut().zip(products).zip(&z) {
                *k = g * (shift + epsilon * z + *k);
            }
        }
        kernel
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::{Stream, normal_matrix};

    #[test]
    fn the_ntk_is_the_inner_product_of_parameter_gradients() {
        let (p, d, n, epsilon) = (5, 4, 7, 0.3);
        let x = normal_matrix(1, Stream::Data, p, d);
        let w = normal_matrix(1, Stream::Init, n, d) + 0.2;
        let kernel = GramInputs::new(x.view()).ntk(&MomentState::from_weights(w.view()), epsilon);
        for a in 0..p {
            for b in 0..p {
                // ∇_{w_i} f = φ'(w_i·x) x, averaged over neurons.
                let direct: f64 = w
                    .rows()
                    .into_iter()
                    .map(|w| {
                        (1.0 + epsilon * w.dot(&x.row(a))) * (1.0 + epsilon * w.dot(&x.row(b)))
                    })
                    .sum::<f64>()
                    / n as f64
                    * x.row(a).dot(&x.row(b));
                assert!((kernel[(a, b)] - direct).abs() < 1e-12 * (1.0 + direct.abs()));
            }
        }
    }
}
