//! Largest eigenvalue of the NTK's train Gram matrix, without forming it.

use super::GramInputs;
use crate::sim::committee::moments::MomentState;
use crate::sim::packed::{Affine, Inputs, Symmetric};
use faer::{Mat, Side};
use ndarray::ArrayView2;

/// Relative accuracy at which the iteration stops.
const TOLERANCE: f64 = 1e-7;
/// Most Lanczos vectors; the top of the spectrum converges long before.
const MAX_VECTORS: usize = 60;
/// Lanczos vectors that it takes as a rule.
const FEW_VECTORS: f64 = 12.0;

/// Where K is formed by this factor more cheaply than it is applied, it is formed:
/// where D is larger than P, or much the same.
const CLEARLY_CHEAPER: f64 = 4.0;

/// λ_max(K) at weights with these moments, by Lanczos with full
/// reorthogonalisation, from a fixed start vector so that the value depends on
/// the weights alone.
///
/// K acts on v as (Kv)_μ = c·x_μ + x_μᵀQx_μ with s = Σv_νx_ν, S = Σv_νx_νx_νᵀ,
/// c = s + εSw̄ and Q = ½ε(sw̄ᵀ + w̄sᵀ) + ½ε²(SM + MS), which takes O(PD² + D³).
/// `x` is what `inputs` were made from.
pub fn top_eigenvalue(
    inputs: &Inputs,
    x: ArrayView2<f64>,
    state: &MomentState,
    epsilon: f64,
) -> f64 {
    let (p, d) = (inputs.rows(), inputs.dim());
    let k = state.factor.ncols();
    let [p_, d_, k_] = [p, d, k].map(|n| n as f64);
    let formed = p_ * d_ * k_ + p_ * p_ * (d_ + k_);
    let applied = FEW_VECTORS * (p_ * d_ * d_ + d_.powi(3));
    if CLEARLY_CHEAPER * formed < applied {
        let kernel = GramInputs::new(x).ntk(state, epsilon);
        return lanczos(p, |v, out| {
            out.fill(0.0);
            for (j, v) in v.iter().enumerate() {
                let column = kernel.col_as_slice(j);
                out.iter_mut().zip(column).for_each(|(o, k)| *o += v * k);
            }
        });
    }
    let m = {
        let m = state.second_moment();
        Mat::from_fn(d, d, |i, j| m[(i, j)])
    };
    let mean: Vec<f64> = state.mean.to_vec();
    let mut scratch = inputs.scratch();
    let (mut s, mut big_s) = (vec![0.0; d], Symmetric::zeros(d));
    let (mut c, mut function) = (vec![0.0; d], Affine::zeros(d));
    lanczos(p, |v, out| {
        inputs.weighted_moments(v, &mut scratch, &mut s, &mut big_s);
        let big_s = big_s.to_mat();
        for (i, c) in c.iter_mut().enumerate() {
            *c = s[i] + epsilon * dot(big_s.col_as_slice(i), &mean);
        }
        let sm = &big_s * &m;
        // A = 2Q.
        function.set(&c, |i, j| {
            epsilon * (s[i] * mean[j] + mean[i] * s[j])
                + epsilon * epsilon * (sm[(i, j)] + sm[(j, i)])
        });
        inputs.evaluate(&function, &mut scratch, out);
    })
}

/// The largest eigenvalue of a symmetric operator on p numbers.
fn lanczos(p: usize, mut apply: impl FnMut(&[f64], &mut [f64])) -> f64 {
    // Deterministic and overlapping with everything: labels of no kind do.
    let mut v: Vec<f64> = (0..p)
        .map(|i| 1.0 + 0.5 * ((i as f64) * 0.754_877_666).fract())
        .collect();
    let norm = dot(&v, &v).sqrt();
    v.iter_mut().for_each(|x| *x /= norm);
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let (mut diagonal, mut off_diagonal): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut top = 0.0;
    let mut w = vec![0.0; p];
    for step in 0..MAX_VECTORS.min(p) {
        apply(&v, &mut w);
        diagonal.push(dot(&v, &w));
        basis.push(v.clone());
        for _ in 0..2 {
            for u in &basis {
                let overlap = dot(u, &w);
                w.iter_mut().zip(u).for_each(|(w, u)| *w -= overlap * u);
            }
        }
        let beta = dot(&w, &w).sqrt();
        let old = top;
        top = tridiagonal_top(&diagonal, &off_diagonal);
        if !top.is_finite() || beta <= TOLERANCE * top.abs() {
            break;
        }
        if step > 4 && (top - old).abs() <= TOLERANCE * top.abs() {
            break;
        }
        off_diagonal.push(beta);
        v.iter_mut().zip(&w).for_each(|(v, w)| *v = w / beta);
    }
    top
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn tridiagonal_top(diagonal: &[f64], off_diagonal: &[f64]) -> f64 {
    let n = diagonal.len();
    let t = Mat::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off_diagonal[i.min(j)],
        _ => 0.0,
    });
    match t.self_adjoint_eigenvalues(Side::Lower) {
        Ok(values) => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
        Err(_) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::kernel::GramInputs;
    use crate::sim::rng::{Stream, normal_matrix};

    #[test]
    fn agrees_with_the_eigenvalues_of_the_gram_matrix() {
        for (p, d, n, shift) in [
            (40, 6, 30, 0.0),
            (40, 6, 2, 0.5),
            (3, 8, 5, 0.1),
            (1, 2, 1, 0.0),
            // Formed, not applied.
            (30, 60, 90, 0.2),
            (30, 60, 5, 0.2),
        ] {
            let x = normal_matrix(4, Stream::Data, p, d);
            let w = normal_matrix(4, Stream::Init, n, d) + shift;
            let state = MomentState::from_weights(w.view());
            let kernel = GramInputs::new(x.view()).ntk(&state, 0.4);
            let values = kernel
                .self_adjoint_eigenvalues(Side::Lower)
                .expect("symmetric");
            let direct = values.into_iter().fold(0.0, f64::max);
            let lanczos = top_eigenvalue(&Inputs::new(x.view()), x.view(), &state, 0.4);
            assert!(
                (lanczos / direct - 1.0).abs() < 1e-5,
                "P={p} D={d}: {lanczos} {direct}"
            );
        }
    }
}
