//! The two passes over the data: quadratic forms of all inputs, and weighted
//! second moments of the inputs.

use super::buffer::{Buffer, LANES, Lane, lanes, lanes_mut, pack, zeroed};
use super::micro::{Sink, cover};
use super::symmetric::{Affine, StoreColumns, Symmetric};
use ndarray::ArrayView2;
use pulp::{Arch, Simd, WithSimd};

/// Inputs X (P×D), packed once along each axis.
#[derive(Clone, Debug)]
pub struct Inputs {
    rows: usize,
    dim: usize,
    // Eight samples a panel, D entries long.
    by_sample: Buffer,
    // Eight coordinates a panel, P entries long.
    by_coordinate: Buffer,
}

/// Scratch space of the passes, kept between calls.
#[derive(Clone, Debug)]
pub struct Scratch {
    outputs: Buffer,
    weighted: Buffer,
}

impl Inputs {
    /// Packs the rows of `x` (P×D).
    pub fn new(x: ArrayView2<f64>) -> Self {
        let (rows, dim) = x.dim();
        Self {
            rows,
            dim,
            by_sample: pack(rows, dim, |i, j| x[(i, j)]),
            by_coordinate: pack(dim, rows, |i, j| x[(j, i)]),
        }
    }

    /// Number of rows P.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Dimension D.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Scratch space for these inputs.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            outputs: zeroed(self.rows.div_ceil(LANES)),
            weighted: zeroed(self.rows),
        }
    }

    /// out_μ = b·x_μ + ½x_μᵀAx_μ. `out` has length P.
    pub fn evaluate(&self, function: &Affine, scratch: &mut Scratch, out: &mut [f64]) {
        scratch.outputs.fill(0.0);
        Arch::new().dispatch(Evaluate {
            inputs: self,
            function,
            outputs: &mut scratch.outputs,
        });
        out.copy_from_slice(&scratch.outputs[..self.rows]);
    }

    /// s = Σ_μ v_μ x_μ and the lower triangle of S = Σ_μ v_μ x_μ x_μᵀ.
    pub fn weighted_moments(
        &self,
        v: &[f64],
        scratch: &mut Scratch,
        s: &mut [f64],
        big_s: &mut Symmetric,
    ) {
        Arch::new().dispatch(WeightedMoments {
            inputs: self,
            v,
            weighted: &mut scratch.weighted,
            s,
            big_s,
        });
    }
}

struct Evaluate<'a> {
    inputs: &'a Inputs,
    function: &'a Affine,
    outputs: &'a mut Buffer,
}

impl WithSimd for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Inputs {
            dim,
            rows,
            by_sample,
            ..
        } = self.inputs;
        let panels = rows.div_ceil(LANES);
        // All blocks of Q for a few samples at a time, which then stay in the
        // first-level cache.
        let mut from = 0;
        while from < panels {
            let to = (from + super::micro::PANELS).min(panels);
            for block in 0..dim.div_ceil(LANES) {
                // Row i of Q ends at its diagonal.
                let depth = ((block + 1) * LANES).min(*dim);
                let mut sink = AddProduct {
                    by_sample,
                    dim: *dim,
                    first_row: block * LANES,
                    linear: &self.function.linear,
                    outputs: self.outputs,
                };
                let q = &self.function.triangle.panel(block)[..depth];
                cover(simd, by_sample, *dim, from, to, q, &mut sink);
            }
            from = to;
        }
    }
}

/// outputs += x_i ∘ (b_i + Σ_j Q_ij x_j).
struct AddProduct<'a> {
    by_sample: &'a [f64],
    dim: usize,
    first_row: usize,
    linear: &'a [f64],
    outputs: &'a mut [f64],
}

impl Sink for AddProduct<'_> {
    #[inline(always)]
    fn take<S: Simd>(&mut self, simd: S, panel: usize, part: usize, column: usize, sums: S::f64s) {
        let row = self.first_row + column;
        if row < self.dim {
            let per_lane = LANES / S::F64_LANES;
            let x = S::as_simd_f64s(self.by_sample).0[(panel * self.dim + row) * per_lane + part];
            let h = simd.add_f64s(sums, simd.splat_f64s(self.linear[row]));
            let out = &mut S::as_mut_simd_f64s(self.outputs).0[panel * per_lane + part];
            *out = simd.mul_add_f64s(x, h, *out);
        }
    }
}

struct WeightedMoments<'a> {
    inputs: &'a Inputs,
    v: &'a [f64],
    weighted: &'a mut Buffer,
    s: &'a mut [f64],
    big_s: &'a mut Symmetric,
}

impl WithSimd for WeightedMoments<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Inputs {
            rows,
            dim,
            by_coordinate,
            ..
        } = self.inputs;
        let panels = dim.div_ceil(LANES);
        for block in 0..panels {
            let x = &lanes(by_coordinate)[block * rows..(block + 1) * rows];
            let sums = weigh(simd, x, self.v, lanes_mut(self.weighted));
            for (s, sum) in self.s[block * LANES..].iter_mut().zip(sums) {
                *s = sum;
            }
            let mut sink = StoreColumns {
                matrix: self.big_s,
                first_column: block * LANES,
            };
            cover(
                simd,
                by_coordinate,
                *rows,
                block,
                panels,
                lanes(self.weighted),
                &mut sink,
            );
        }
    }
}

/// weighted_μ = v_μ x_μ; returns their sum.
#[inline(always)]
fn weigh<S: Simd>(simd: S, x: &[Lane], v: &[f64], weighted: &mut [Lane]) -> Lane {
    const PARTS: usize = 4;
    let _ = simd;
    let mut sums = [[0.0; LANES]; PARTS];
    for (i, ((x, v), out)) in x.iter().zip(v).zip(weighted).enumerate() {
        for l in 0..LANES {
            out[l] = v * x[l];
            sums[i % PARTS][l] += out[l];
        }
    }
    std::array::from_fn(|l| (sums[0][l] + sums[1][l]) + (sums[2][l] + sums[3][l]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::{Stream, normal_matrix, normal_vector};

    #[test]
    fn both_passes_agree_with_plain_sums_at_any_shape() {
        for (p, d) in [
            (1, 1),
            (7, 3),
            (8, 8),
            (33, 9),
            (64, 16),
            (50, 31),
            (200, 50),
            (25, 100),
        ] {
            let x = normal_matrix(1, Stream::Data, p, d);
            let inputs = Inputs::new(x.view());
            let mut scratch = inputs.scratch();
            let b = normal_vector(2, Stream::Init, d);
            let root = normal_matrix(3, Stream::Init, d, d);
            let a = &root + &root.t();
            let mut function = Affine::zeros(d);
            function.set(b.as_slice().expect("contiguous"), |i, j| a[(i, j)]);
            let mut out = vec![0.0; p];
            inputs.evaluate(&function, &mut scratch, &mut out);
            for (row, out) in x.rows().into_iter().zip(&out) {
                let direct = b.dot(&row) + 0.5 * row.dot(&a.dot(&row));
                assert!(
                    (direct - out).abs() < 1e-11 * (1.0 + direct.abs()),
                    "P={p} D={d}"
                );
            }
            let v = normal_vector(4, Stream::Noise, p);
            let (mut s, mut big_s) = (vec![0.0; d], Symmetric::zeros(d));
            inputs.weighted_moments(
                v.as_slice().expect("contiguous"),
                &mut scratch,
                &mut s,
                &mut big_s,
            );
            big_s.mirror();
            let direct_s = x.t().dot(&v);
            let direct = (&x * &v.view().insert_axis(ndarray::Axis(1))).t().dot(&x);
            for i in 0..d {
                assert!((s[i] - direct_s[i]).abs() < 1e-12 * p as f64);
                for j in 0..d {
                    let stored = big_s.panel(i / LANES)[j][i % LANES];
                    assert!(
                        (stored - direct[(i, j)]).abs() < 1e-12 * p as f64,
                        "P={p} D={d}"
                    );
                }
            }
        }
    }
}
