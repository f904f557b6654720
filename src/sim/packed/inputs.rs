//! The two passes over the data: quadratic forms of all inputs, and weighted
//! second moments of the inputs.

use super::buffer::{Buffer, LANES, Lane, lanes, pack, zeroed};
use super::isa::dispatch;
use super::micro::{Columns, PANELS, Panels, Sink, cover, cover_below, place};
use super::symmetric::{Affine, StoreColumns, Symmetric};
use ndarray::ArrayView2;
use pulp::{Simd, WithSimd};

/// Samples of which the weighted moments are summed at a time where a tile holds few
/// sums and so needs its panels often: a panel's part of 8 KiB and the weighted
/// inputs of the same length share the first-level cache.
const SAMPLES: usize = 128;

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
        dispatch(Evaluate {
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
        dispatch(WeightedMoments {
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
            let to = (from + PANELS).min(panels);
            for first_row in (0..*dim).step_by(LANES / 2) {
                // Row i of Q ends at its diagonal.
                let depth = (first_row + LANES / 2).min(*dim);
                let q = &self.function.triangle.panel(first_row / LANES)[..depth];
                let half = Columns::Half(first_row % LANES / (LANES / 2));
                let mut sink = AddProduct {
                    by_sample,
                    dim: *dim,
                    first_row: first_row / LANES * LANES,
                    linear: &self.function.linear,
                    outputs: self.outputs,
                };
                let panels = Panels::whole(by_sample, *dim, *rows);
                cover(simd, panels, from..to, half, q, &mut sink);
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
    fn take<S: Simd, const N: usize, const COLUMNS: usize>(
        &mut self,
        simd: S,
        first: usize,
        part: usize,
        column: usize,
        sums: [[S::f64s; N]; COLUMNS],
    ) {
        let row = self.first_row + column;
        let per_lane = LANES / S::F64_LANES;
        let (x, out) = (
            S::as_simd_f64s(self.by_sample).0,
            S::as_mut_simd_f64s(self.outputs).0,
        );
        for n in 0..N {
            let (panel, part) = place::<S>(first, part, n);
            let start = (panel * self.dim + row) * per_lane + part;
            let mut total = out[panel * per_lane + part];
            for (c, sums) in sums.iter().enumerate() {
                // Rows beyond D are zero in Q and b; any x will do for them.
                let x = x[(start + c * per_lane).min(x.len() - 1)];
                let h = simd.add_f64s(sums[n], simd.splat_f64s(self.linear[row + c]));
                total = simd.mul_add_f64s(x, h, total);
            }
            out[panel * per_lane + part] = total;
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
        self.s.fill(0.0);
        // Tiles of eight lanes are large enough to live on the second-level cache,
        // and there short pieces only interrupt its prefetching.
        let piece = if S::F64_LANES == LANES {
            *rows
        } else {
            SAMPLES
        };
        for from in (0..*rows).step_by(piece.max(1)) {
            let samples = piece.min(rows - from);
            let v = &self.v[from..from + samples];
            let weighted = &mut self.weighted[..samples * LANES];
            for block in 0..panels {
                let x = &by_coordinate[(block * rows + from) * LANES..][..samples * LANES];
                // In the same pieces whatever the vectors.
                let pieces = x.chunks(SAMPLES * LANES).zip(v.chunks(SAMPLES));
                for ((x, v), out) in pieces.zip(weighted.chunks_mut(SAMPLES * LANES)) {
                    let sums = weigh(simd, x, v, out);
                    for (s, sum) in self.s[block * LANES..].iter_mut().zip(sums) {
                        *s += sum;
                    }
                }
                let mut sink = StoreColumns {
                    matrix: self.big_s,
                    first_column: block * LANES,
                    add: from > 0,
                };
                let panels_from = Panels {
                    data: by_coordinate,
                    length: *rows,
                    from,
                    rows: *dim,
                };
                cover_below(simd, panels_from, block, lanes(weighted), &mut sink);
            }
        }
    }
}

/// weighted_μ = v_μ x_μ; returns their sum.
#[inline(always)]
fn weigh<S: Simd>(simd: S, x: &[f64], v: &[f64], weighted: &mut [f64]) -> Lane {
    // Interleaved sums, since each waits for its own last addition.
    const PARTS: usize = 4;
    let mut total = [0.0; LANES];
    let per_lane = LANES / S::F64_LANES;
    let (x, weighted) = (S::as_simd_f64s(x).0, S::as_mut_simd_f64s(weighted).0);
    for part in 0..per_lane {
        let mut sums = [simd.splat_f64s(0.0); PARTS];
        let mut x = x.chunks_exact(PARTS * per_lane);
        let mut out = weighted.chunks_exact_mut(PARTS * per_lane);
        let (v, v_rest) = v.as_chunks::<PARTS>();
        for ((x, out), v) in x.by_ref().zip(out.by_ref()).zip(v) {
            for i in 0..PARTS {
                let product = simd.mul_f64s(simd.splat_f64s(v[i]), x[i * per_lane + part]);
                out[i * per_lane + part] = product;
                sums[i] = simd.add_f64s(sums[i], product);
            }
        }
        let (x, out) = (
            x.remainder().chunks_exact(per_lane),
            out.into_remainder().chunks_exact_mut(per_lane),
        );
        for (i, ((x, out), v)) in x.zip(out).zip(v_rest).enumerate() {
            out[part] = simd.mul_f64s(simd.splat_f64s(*v), x[part]);
            sums[i] = simd.add_f64s(sums[i], out[part]);
        }
        let sum = simd.add_f64s(
            simd.add_f64s(sums[0], sums[1]),
            simd.add_f64s(sums[2], sums[3]),
        );
        S::as_mut_simd_f64s(&mut total).0[part] = sum;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::packed::{Factor, InstructionSet};
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

    #[test]
    fn vectors_of_any_length_give_the_same_numbers() {
        let (p, d) = (300, 21);
        let x = normal_matrix(1, Stream::Data, p, d);
        let v = normal_vector(4, Stream::Noise, p);
        let inputs = Inputs::new(x.view());
        let root = normal_matrix(3, Stream::Init, d, d);
        let factor = Factor::new(root.view());
        let moments = |set| {
            InstructionSet::limit(Some(set));
            let (mut s, mut big_s) = (vec![0.0; d], Symmetric::zeros(d));
            let mut scratch = inputs.scratch();
            let v = v.as_slice().expect("contiguous");
            inputs.weighted_moments(v, &mut scratch, &mut s, &mut big_s);
            big_s.mirror();
            let mut square = Symmetric::zeros(d);
            factor.self_product(&mut square);
            let mut pushed = factor.clone();
            factor.scaled_plus_product(0.9, 0.1, &big_s, &mut factor.scratch(), &mut pushed);
            let mut function = Affine::zeros(d);
            function.set(&s, |i, j| square.lower(i, j));
            let mut out = vec![0.0; p];
            inputs.evaluate(&function, &mut scratch, &mut out);
            InstructionSet::limit(None);
            (s, big_s.data().to_vec(), pushed.data().to_vec(), out)
        };
        let widest = moments(InstructionSet::Native);
        for set in InstructionSet::available() {
            assert_eq!(moments(set), widest, "{}", set.name());
        }
    }
}
