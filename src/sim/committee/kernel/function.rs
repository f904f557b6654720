//! Functions in the span of the NTK.

use crate::sim::committee::moments::MomentState;
use crate::sim::packed::{Affine, Inputs, Symmetric};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use ndarray::ArrayView2;

/// A function b·x + ½xᵀAx.
#[derive(Clone, Debug)]
pub struct QuadraticFunction {
    /// b, length D.
    pub linear: Vec<f64>,
    /// A, D×D, symmetric.
    pub quadratic: Mat<f64>,
}

impl QuadraticFunction {
    /// Its values on all inputs.
    pub fn values(&self, inputs: &Inputs) -> Vec<f64> {
        let mut function = Affine::zeros(self.linear.len());
        function.set(&self.linear, |i, j| self.quadratic[(i, j)]);
        let mut out = vec![0.0; inputs.rows()];
        inputs.evaluate(&function, &mut inputs.scratch(), &mut out);
        out
    }
}

/// Σ_ν a_ν K(·, x_ν) for the NTK at weights with these moments: a function
/// b·x + ½xᵀAx with s = Xᵀa, S = Xᵀdiag(a)X, b = s + εSw̄ and
/// A = ε(sw̄ᵀ + w̄sᵀ) + ε²(SM + MS).
pub fn kernel_function(
    inputs: &Inputs,
    a: &[f64],
    state: &MomentState,
    epsilon: f64,
) -> QuadraticFunction {
    let d = inputs.dim();
    let (mut s, mut big_s) = (vec![0.0; d], Symmetric::zeros(d));
    inputs.weighted_moments(a, &mut inputs.scratch(), &mut s, &mut big_s);
    let big_s = big_s.to_mat();
    let m = second_moment(state);
    let sm = &big_s * &m;
    let mean = &state.mean;
    let linear = (0..d)
        .map(|i| {
            let sw: f64 = big_s
                .col_as_slice(i)
                .iter()
                .zip(mean)
                .map(|(s, w)| s * w)
                .sum();
            s[i] + epsilon * sw
        })
        .collect();
    let quadratic = Mat::from_fn(d, d, |i, j| {
        epsilon * (s[i] * mean[j] + mean[i] * s[j]) + epsilon * epsilon * (sm[(i, j)] + sm[(j, i)])
    });
    QuadraticFunction { linear, quadratic }
}

/// K(x_μ, x'_ν) between the rows of two input matrices, P'×P.
pub fn cross_gram(
    x: ArrayView2<f64>,
    other: ArrayView2<f64>,
    state: &MomentState,
    epsilon: f64,
) -> Mat<f64> {
    let dense = |x: ArrayView2<f64>| Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)]);
    let (u, v) = (x.dot(&state.mean), other.dot(&state.mean));
    let (x, other) = (dense(x), dense(other));
    let products = &x * other.transpose();
    let xm = &x * &second_moment(state);
    let mut kernel = Mat::zeros(x.nrows(), other.nrows());
    matmul(
        kernel.as_mut(),
        Accum::Replace,
        &xm,
        other.transpose(),
        epsilon * epsilon,
        Par::Seq,
    );
    for (j, v) in v.iter().enumerate() {
        let products = products.col_as_slice(j);
        for ((k, g), u) in kernel.col_as_slice_mut(j).iter_mut().zip(products).zip(&u) {
            *k = g * (1.0 + epsilon * (u + v) + *k);
        }
    }
    kernel
}

/// M, D×D.
pub(crate) fn second_moment(state: &MomentState) -> Mat<f64> {
    let m = state.second_moment();
    Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::kernel::GramInputs;
    use crate::sim::rng::{Stream, normal_matrix};

    #[test]
    fn a_sum_of_kernels_is_the_gram_matrix_times_its_coefficients() {
        let (p, d, n, epsilon) = (17, 5, 3, 0.4);
        let x = normal_matrix(8, Stream::Data, p, d);
        let state = MomentState::from_weights((normal_matrix(8, Stream::Init, n, d) + 0.3).view());
        let a: Vec<f64> = (0..p).map(|i| (i as f64 * 1.7).sin()).collect();
        let gram = GramInputs::new(x.view()).ntk(&state, epsilon);
        let cross = cross_gram(x.view(), x.view(), &state, epsilon);
        let inputs = Inputs::new(x.view());
        let f = kernel_function(&inputs, &a, &state, epsilon);
        let values = f.values(&inputs);
        for i in 0..p {
            let direct: f64 = (0..p).map(|j| gram[(i, j)] * a[j]).sum();
            assert!((values[i] - direct).abs() < 1e-11 * (1.0 + direct.abs()));
            for j in 0..p {
                assert!((cross[(i, j)] - gram[(i, j)]).abs() < 1e-12 * (1.0 + gram[(i, j)].abs()));
            }
        }
    }
}
