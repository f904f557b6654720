//! How much of a kernel points at the labels.

use super::Gram;
use crate::sim::committee::moments::MomentState;
use crate::sim::committee::task::Target;
use ndarray::Array2;

/// Kernel–label alignment in its three variants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alignments {
    /// A = yᵀKy/(‖K‖_F|y|²), the paper's formula.
    pub raw: f64,
    /// The same of HKH and Hy, H = I − 11ᵀ/P: the centred kernel alignment of
    /// Cortes et al. 2012 (CKA; Kornblith et al. 2019).
    pub centered: f64,
    /// The same of y − mean(y) and K minus its column means, as in the published
    /// notebooks.
    pub column_centered: f64,
}

impl Alignments {
    /// Of a Gram matrix K (P×P) and labels y (P).
    pub fn new(kernel: &Gram, y: &[f64]) -> Self {
        let p = y.len() as f64;
        let y_mean = y.iter().sum::<f64>() / p;
        let column_means: Vec<f64> = (0..y.len())
            .map(|j| kernel.col_as_slice(j).iter().sum::<f64>() / p)
            .collect();
        let grand_mean = column_means.iter().sum::<f64>() / p;
        let (mut raw, mut centered) = (0.0, 0.0);
        let (mut norm, mut centered_norm, mut column_norm) = (0.0, 0.0, 0.0);
        for (j, (y_j, mean_j)) in y.iter().zip(&column_means).enumerate() {
            let (mut ky, mut kyc) = (0.0, 0.0);
            for ((k, y_i), mean_i) in kernel.col_as_slice(j).iter().zip(y).zip(&column_means) {
                ky += k * y_i;
                kyc += k * (y_i - y_mean);
                norm += k * k;
                let column = k - mean_j;
                column_norm += column * column;
                // K is symmetric: its row means are its column means.
                let double = column - mean_i + grand_mean;
                centered_norm += double * double;
            }
            raw += y_j * ky;
            centered += (y_j - y_mean) * kyc;
        }
        let y_sq: f64 = y.iter().map(|y| y * y).sum();
        let yc_sq: f64 = y.iter().map(|y| (y - y_mean) * (y - y_mean)).sum();
        Self {
            raw: raw / (norm.sqrt() * y_sq),
            // Hy is centred already, so (Hy)ᵀ(HKH)(Hy) = (Hy)ᵀK(Hy), and the same
            // for K minus its column means.
            centered: centered / (centered_norm.sqrt() * yc_sq),
            column_centered: centered / (column_norm.sqrt() * yc_sq),
        }
    }
}

/// ⟨K,K₀⟩/(‖K‖‖K₀‖) of two Gram matrices.
pub fn relative_alignment(kernel: &Gram, initial: &Gram) -> f64 {
    let (mut product, mut a, mut b) = (0.0, 0.0, 0.0);
    for j in 0..kernel.ncols() {
        for (k, k0) in kernel.col_as_slice(j).iter().zip(initial.col_as_slice(j)) {
            product += k * k0;
            a += k * k;
            b += k0 * k0;
        }
    }
    product / (a.sqrt() * b.sqrt())
}

/// ‖K−K₀‖_F/‖K₀‖_F of two Gram matrices.
pub fn relative_distance(kernel: &Gram, initial: &Gram) -> f64 {
    let (mut distance, mut norm) = (0.0, 0.0);
    for j in 0..kernel.ncols() {
        for (k, k0) in kernel.col_as_slice(j).iter().zip(initial.col_as_slice(j)) {
            distance += (k - k0) * (k - k0);
            norm += k0 * k0;
        }
    }
    (distance / norm).sqrt()
}

/// Raw kernel alignment over all pairs x, x' ~ N(0, I/D), for one target: O(D²)
/// beside M.
///
/// With Y = ½(tr T·I + 2T)/D²: numerator |l|²/D² + 2ε l·Yw̄/D + ε² tr(YMY),
/// ⟨K²⟩ = 1/D + 2ε²|w̄|²(D+2)/D³ + ε⁴[(D+6) tr M² + 2(tr M)²]/D⁴.
#[derive(Clone, Debug)]
pub struct PopulationAlignment {
    target: Target,
    // T².
    squared: Array2<f64>,
}

impl PopulationAlignment {
    /// For a target. Takes O(D³), once.
    pub fn new(target: &Target) -> Self {
        Self {
            squared: target.matrix.dot(&target.matrix),
            target: target.clone(),
        }
    }

    /// At weights with these moments.
    pub fn of(&self, state: &MomentState, epsilon: f64) -> f64 {
        let target = &self.target;
        let d = state.dim() as f64;
        let m = state.second_moment();
        let trace = m.diag().sum();
        let norm_sq: f64 = m.iter().map(|v| v * v).sum();
        let mean_sq = state.mean.dot(&state.mean);
        let e2 = epsilon * epsilon;
        let kernel_sq = 1.0 / d
            + 2.0 * e2 * mean_sq * (d + 2.0) / d.powi(3)
            + e2 * e2 * ((d + 6.0) * norm_sq + 2.0 * trace * trace) / d.powi(4);
        // tr(YMY) with Y = (t·I + 2T)/(2D²): t² tr M + 4t tr TM + 4 tr T²M, over 4D⁴.
        let t = target.matrix.diag().sum();
        let trace_of_product =
            |a: &Array2<f64>| -> f64 { a.iter().zip(&m).map(|(a, m)| a * m).sum() };
        let (t_m, t_m_t) = (
            trace_of_product(&target.matrix),
            trace_of_product(&self.squared),
        );
        let linear = &target.linear;
        let y_mean = (&state.mean * t + target.matrix.dot(&state.mean) * 2.0) * (0.5 / (d * d));
        let numerator = linear.dot(linear) / (d * d)
            + 2.0 * epsilon * linear.dot(&y_mean) / d
            + e2 * (t * t * trace + 4.0 * t * t_m + 4.0 * t_m_t) / (4.0 * d.powi(4));
        numerator / (kernel_sq.sqrt() * target.mean_square())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::kernel::GramInputs;
    use crate::sim::rng::{Stream, normal_matrix};

    #[test]
    fn population_alignment_is_the_limit_of_the_sampled_one() {
        let (d, epsilon) = (6, 0.8);
        let w = normal_matrix(2, Stream::Init, 9, d) + 0.3;
        let state = MomentState::from_weights(w.view());
        let mut target =
            Target::from_directions(normal_matrix(2, Stream::Target, 2, d).view(), 1.0);
        let x = normal_matrix(2, Stream::Data, 4000, d) / (d as f64).sqrt();
        let kernel = GramInputs::new(x.view()).ntk(&state, epsilon);
        for linear in [0.0, 3.0] {
            target.linear.fill(linear);
            let y = target.labels(x.view());
            let sampled = Alignments::new(&kernel, &y.to_vec()).raw;
            let exact = PopulationAlignment::new(&target).of(&state, epsilon);
            assert!((sampled / exact - 1.0).abs() < 0.06, "{sampled} {exact}");
        }
    }

    #[test]
    fn a_kernel_that_is_the_labels_outer_product_is_fully_aligned() {
        let y = [0.5, -1.0, 2.0, 0.25];
        let kernel = Gram::from_fn(4, 4, |i, j| y[i] * y[j]);
        let a = Alignments::new(&kernel, &y);
        assert!((a.raw - 1.0).abs() < 1e-14 && (a.centered - 1.0).abs() < 1e-14);
        assert!(relative_distance(&kernel, &kernel) == 0.0);
        assert!((relative_alignment(&kernel, &kernel) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn centring_makes_the_alignment_blind_to_constants() {
        let y = [0.5, -1.0, 2.0, 0.25];
        let shifted: Vec<f64> = y.iter().map(|y| y + 3.0).collect();
        let kernel = Gram::from_fn(4, 4, |i, j| 1.0 / (1.0 + (i as f64 - j as f64).powi(2)));
        let lifted = Gram::from_fn(4, 4, |i, j| kernel[(i, j)] + 7.0);
        let (a, b) = (
            Alignments::new(&kernel, &y),
            Alignments::new(&lifted, &shifted),
        );
        assert!((a.centered - b.centered).abs() < 1e-13);
        assert!((a.raw - b.raw).abs() > 1e-3);
    }
}
