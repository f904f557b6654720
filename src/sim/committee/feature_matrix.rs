//! M in a basis of its own: first the target's directions, then the strongest
//! directions across them.

use faer::{Mat, Side};
use ndarray::{Array1, Array2, s};

/// Axes shown at most.
const AXES: usize = 128;

/// M = (1/N) Σ w_i w_iᵀ in an orthonormal basis that begins with the target's
/// directions.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMatrix {
    /// The leading block, n×n.
    pub values: Array2<f32>,
    /// How many axes are directions of the target.
    pub target_axes: usize,
    /// Input dimension D.
    pub dim: usize,
}

impl FeatureMatrix {
    /// Of a second moment M, D×D, with the orthonormal `directions` of the target,
    /// k×D, as its first axes. `None` where it is not finite.
    pub fn new(second: &Array2<f64>, directions: &Array2<f64>) -> Option<Self> {
        let dim = second.nrows();
        if !second.iter().all(|v| v.is_finite()) {
            return None;
        }
        let count = dim.min(AXES);
        let target_axes = directions.nrows().min(count);
        let mut basis = Array2::zeros((count, dim));
        basis
            .slice_mut(s![..target_axes, ..])
            .assign(&directions.slice(s![..target_axes, ..]));
        // P M P with P the projection across the target.
        let range = directions;
        let half = second - &range.t().dot(&range.dot(second));
        let projected = &half - &half.dot(&range.t()).dot(range);
        let eigen = Mat::from_fn(dim, dim, |i, j| {
            0.5 * (projected[(i, j)] + projected[(j, i)])
        })
        .self_adjoint_eigen(Side::Lower)
        .ok()?;
        let mut found = target_axes;
        for k in (0..dim).rev() {
            if found == count {
                break;
            }
            let mut v = Array1::from_shape_fn(dim, |i| eigen.U()[(i, k)]);
            // Where M has nothing across the target, eigenvectors may point
            // along it or along each other.
            for _ in 0..2 {
                let known = basis.slice(s![..found, ..]);
                let overlap = known.dot(&v);
                v -= &known.t().dot(&overlap);
            }
            let norm = v.dot(&v).sqrt();
            if norm > 1e-3 {
                basis.row_mut(found).assign(&(v / norm));
                found += 1;
            }
        }
        let basis = basis.slice(s![..found, ..]);
        let mut values = basis.dot(second).dot(&basis.t());
        // An eigenvector has no sign of its own: the coupling to β₁ is positive.
        for axis in target_axes..found {
            if values[(0, axis)] < 0.0 {
                values.row_mut(axis).mapv_inplace(|v| -v);
                values.column_mut(axis).mapv_inplace(|v| -v);
            }
        }
        Some(Self {
            values: values.mapv(|v| v as f32),
            target_axes,
            dim,
        })
    }

    /// The largest absolute element.
    pub fn largest(&self) -> f32 {
        self.values.iter().fold(0.0, |m, v| m.max(v.abs()))
    }

    /// Name of an axis: β (or β₁, β₂, …), then v₁, v₂, ….
    pub fn axis(&self, k: usize) -> String {
        let subscript = |n: usize| -> String {
            let digit = |c: char| char::from_u32('₀' as u32 + c as u32 - '0' as u32);
            n.to_string().chars().filter_map(digit).collect()
        };
        match k {
            0 if self.target_axes == 1 => "β".into(),
            k if k < self.target_axes => format!("β{}", subscript(k + 1)),
            k => format!("v{}", subscript(k + 1 - self.target_axes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::task::Target;
    use crate::sim::rng::{Stream, normal_matrix};

    fn target(rank: usize, dim: usize) -> Target {
        Target::from_directions(normal_matrix(1, Stream::Target, rank, dim).view(), 1.0)
    }

    #[test]
    fn the_basis_begins_with_the_target_and_goes_on_by_strength() {
        for (rank, columns) in [(1, 9), (3, 9), (1, 2), (9, 4), (2, 0)] {
            let target = target(rank, 9);
            let l = normal_matrix(2, Stream::Init, 9, columns);
            let second = l.dot(&l.t());
            let m = FeatureMatrix::new(&second, &target.range).expect("finite");
            assert_eq!((m.values.dim(), m.target_axes), ((9, 9), rank));
            let trace: f64 = m.values.diag().iter().map(|v| f64::from(*v)).sum();
            assert!(
                (trace - second.diag().sum()).abs() < 1e-4,
                "a basis keeps the trace"
            );
            let beta = target.range.row(0);
            let along = beta.dot(&second.dot(&beta));
            assert!((f64::from(m.values[(0, 0)]) - along).abs() < 1e-4);
            for i in rank..9 {
                assert!(m.values[(0, i)] >= 0.0);
                assert!(i == rank || m.values[(i, i)] <= m.values[(i - 1, i - 1)] + 1e-4);
                for j in rank..i {
                    assert!(m.values[(i, j)].abs() < 1e-4, "diagonal across the target");
                }
            }
        }
    }

    #[test]
    fn large_matrices_show_their_leading_block() {
        let second = Array2::eye(200);
        let m = FeatureMatrix::new(&second, &target(1, 200).range).expect("finite");
        assert_eq!((m.values.dim(), m.dim), ((AXES, AXES), 200));
        assert_eq!(
            (m.axis(0), m.axis(1), m.axis(12)),
            ("β".into(), "v₁".into(), "v₁₂".into())
        );
    }
}
