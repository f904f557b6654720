//! The centred factor L (D×k) in panels, and its two products.

use super::buffer::{Buffer, LANES, Lane, lanes, lanes_mut, pack, zeroed};
use super::isa::dispatch;
use super::micro::{Broadcast, Columns, Panels, RowsOf, Sink, cover, cover_below, place};
use super::symmetric::{StoreColumns, Symmetric};
use ndarray::{Array2, ArrayView2};
use pulp::{Simd, WithSimd};

/// A D×k matrix: element (i, c) is lane i % 8 of entry c of panel i / 8.
#[derive(Clone, Debug)]
pub struct Factor {
    dim: usize,
    columns: usize,
    data: Buffer,
}

impl Factor {
    /// Packs L.
    pub fn new(l: ArrayView2<f64>) -> Self {
        let (dim, columns) = l.dim();
        Self {
            dim,
            columns,
            data: pack(dim, columns, |i, j| l[(i, j)]),
        }
    }

    /// L, unpacked.
    pub fn to_array(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.dim, self.columns), |(i, c)| {
            self.data[((i / LANES) * self.columns + c) * LANES + i % LANES]
        })
    }

    /// Number of columns k.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The packed values; rows beyond D are zero.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// The packed values, to be written; rows beyond D must stay zero.
    pub fn data_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// Lower triangle of LLᵀ.
    pub fn self_product(&self, out: &mut Symmetric) {
        dispatch(SelfProduct { factor: self, out });
    }

    /// out = keep·L + scale·GL; both triangles of G are read. `scratch` is from
    /// [`Factor::scratch`].
    pub fn scaled_plus_product(
        &self,
        keep: f64,
        scale: f64,
        g: &Symmetric,
        scratch: &mut Buffer,
        out: &mut Self,
    ) {
        dispatch(Push {
            product: PushProduct {
                factor: self,
                keep,
                scale,
                g,
            },
            scratch,
            out: &mut out.data,
        });
    }

    /// Scratch space of [`Factor::scaled_plus_product`].
    pub fn scratch(&self) -> Buffer {
        zeroed(self.dim)
    }
}

struct SelfProduct<'a> {
    factor: &'a Factor,
    out: &'a mut Symmetric,
}

impl WithSimd for SelfProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Factor { dim, columns, data } = self.factor;
        let panels = dim.div_ceil(LANES);
        for block in 0..panels {
            let rows = &lanes(data)[block * columns..(block + 1) * columns];
            let mut sink = StoreColumns {
                matrix: self.out,
                first_column: block * LANES,
                add: false,
            };
            cover_below(
                simd,
                Panels::whole(data, *columns, *dim),
                block,
                rows,
                &mut sink,
            );
        }
    }
}

struct Push<'a> {
    product: PushProduct<'a>,
    scratch: &'a mut Buffer,
    out: &'a mut [f64],
}

impl WithSimd for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            product,
            scratch,
            out,
        } = self;
        let columns = product.factor.columns;
        let whole = columns / LANES;
        for block in 0..whole {
            product.columns_from(simd, block * LANES, Columns::All, out);
        }
        let left = columns % LANES;
        if left > 0 && whole > 0 {
            // Some columns once more rather than less than four or eight.
            let width = if left <= LANES / 2 { LANES / 2 } else { LANES };
            product.columns_from(simd, columns - width, Columns::first(left), out);
        } else if left > 0 {
            product.few_columns(simd, left, lanes_mut(scratch), out);
        }
    }
}

/// keep·L + scale·GL.
#[derive(Clone, Copy)]
struct PushProduct<'a> {
    factor: &'a Factor,
    keep: f64,
    scale: f64,
    g: &'a Symmetric,
}

impl PushProduct<'_> {
    /// Those columns from `first` on.
    #[inline(always)]
    fn columns_from<S: Simd>(self, simd: S, first: usize, columns: Columns, out: &mut [f64]) {
        let rows = RowsOf {
            lanes: &lanes(&self.factor.data)[first..],
            columns: self.factor.columns,
            rows: self.factor.dim,
        };
        self.multiply(simd, first, columns, rows, out);
    }

    /// All columns, where there are fewer than eight.
    #[inline(always)]
    fn few_columns<S: Simd>(self, simd: S, columns: usize, scratch: &mut [Lane], out: &mut [f64]) {
        let l = lanes(&self.factor.data);
        scratch.fill([0.0; LANES]);
        for (panel, rows) in scratch.chunks_mut(LANES).enumerate() {
            for c in 0..columns {
                let lane = &l[panel * columns + c];
                for (row, v) in rows.iter_mut().zip(lane) {
                    row[c] = *v;
                }
            }
        }
        self.multiply(simd, 0, Columns::first(columns), &*scratch, out);
    }

    #[inline(always)]
    fn multiply<S: Simd>(
        self,
        simd: S,
        first_column: usize,
        columns: Columns,
        rows: impl Broadcast,
        out: &mut [f64],
    ) {
        let dim = self.factor.dim;
        let mut sink = StorePush {
            l: &self.factor.data,
            out,
            columns: self.factor.columns,
            first_column,
            keep: self.keep,
            scale: self.scale,
        };
        let g = Panels::whole(self.g.data(), dim, dim);
        cover(simd, g, 0..dim.div_ceil(LANES), columns, rows, &mut sink);
    }
}

struct StorePush<'a> {
    l: &'a [f64],
    out: &'a mut [f64],
    columns: usize,
    first_column: usize,
    keep: f64,
    scale: f64,
}

impl Sink for StorePush<'_> {
    #[inline(always)]
    fn take<S: Simd, const N: usize, const COLUMNS: usize>(
        &mut self,
        simd: S,
        first: usize,
        part: usize,
        column: usize,
        sums: [[S::f64s; N]; COLUMNS],
    ) {
        let column = self.first_column + column;
        let per_lane = LANES / S::F64_LANES;
        let width = COLUMNS.min(self.columns.saturating_sub(column));
        let (keep, scale) = (simd.splat_f64s(self.keep), simd.splat_f64s(self.scale));
        let (l, out) = (S::as_simd_f64s(self.l).0, S::as_mut_simd_f64s(self.out).0);
        for n in 0..N {
            let (panel, part) = place::<S>(first, part, n);
            let start = (panel * self.columns + column) * per_lane + part;
            for (c, sums) in sums.iter().enumerate() {
                if c < width {
                    let i = start + c * per_lane;
                    out[i] = simd.mul_add_f64s(scale, sums[n], simd.mul_f64s(keep, l[i]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::rng::{Stream, normal_matrix};

    #[test]
    fn both_products_agree_with_plain_ones_at_any_shape() {
        for (d, k) in [
            (1, 0),
            (1, 1),
            (8, 8),
            (9, 3),
            (20, 17),
            (33, 33),
            (100, 100),
            (40, 1),
        ] {
            let l = normal_matrix(1, Stream::Init, d, k);
            let factor = Factor::new(l.view());
            assert_eq!(factor.to_array(), l);
            let mut product = Symmetric::zeros(d);
            factor.self_product(&mut product);
            let direct = l.dot(&l.t());
            for i in 0..d {
                for j in 0..=i {
                    assert!((product.lower(i, j) - direct[(i, j)]).abs() < 1e-12 * (1 + k) as f64);
                }
            }
            let root = normal_matrix(2, Stream::Init, d, d);
            let g = &root + &root.t();
            let packed = Symmetric::from_fn(d, |i, j| g[(i, j)]);
            let mut out = factor.clone();
            factor.scaled_plus_product(0.9, -0.3, &packed, &mut factor.scratch(), &mut out);
            let direct = &l * 0.9 - g.dot(&l) * 0.3;
            assert!(
                (out.to_array() - direct)
                    .iter()
                    .all(|e| e.abs() < 1e-12 * (1 + d) as f64),
                "D={d} k={k}"
            );
        }
    }
}
