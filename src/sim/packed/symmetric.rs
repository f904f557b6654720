//! Symmetric D×D matrices in panels, and the function b·x + ½xᵀAx.

use super::buffer::{Buffer, LANES, Lane, lanes, lanes_mut, zeroed};
use super::isa::dispatch;
use super::micro::{Sink, place};
use faer::Mat;
use pulp::Simd;

/// A symmetric D×D matrix: element (i, j) is lane i % 8 of entry j of panel i / 8.
/// Passes that make one fill the panels on and below the diagonal;
/// [`Symmetric::mirror`] fills the rest.
#[derive(Clone, Debug)]
pub struct Symmetric {
    dim: usize,
    data: Buffer,
}

impl Symmetric {
    /// The zero matrix.
    pub fn zeros(dim: usize) -> Self {
        Self {
            dim,
            data: zeroed(dim.div_ceil(LANES) * dim),
        }
    }

    /// From its values; both triangles are stored.
    pub fn from_fn(dim: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        Self {
            dim,
            data: super::buffer::pack(dim, dim, value),
        }
    }

    /// Dimension D.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of panels.
    pub fn panels(&self) -> usize {
        self.dim.div_ceil(LANES)
    }

    /// Element (i, j) of the lower triangle, i ≥ j.
    pub fn lower(&self, i: usize, j: usize) -> f64 {
        self.data[((i / LANES) * self.dim + j) * LANES + i % LANES]
    }

    /// Panel `i`: rows 8i to 8i+7, as D lanes.
    pub fn panel(&self, i: usize) -> &[Lane] {
        &lanes(&self.data)[i * self.dim..(i + 1) * self.dim]
    }

    /// Panel `i`, to be written.
    pub fn panel_mut(&mut self, i: usize) -> &mut [Lane] {
        &mut lanes_mut(&mut self.data)[i * self.dim..(i + 1) * self.dim]
    }

    /// All panels, one after the other.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// Copies what is below the diagonal above it.
    pub fn mirror(&mut self) {
        dispatch(
            #[inline(always)]
            || self.mirror_blocks(),
        );
    }

    #[inline(always)]
    fn mirror_blocks(&mut self) {
        let (d, panels) = (self.dim, self.panels());
        let data = lanes_mut(&mut self.data);
        for panel in 0..panels {
            let first = panel * LANES;
            let width = LANES.min(d - first);
            // Right of the diagonal stand the transposed blocks from below it.
            for below in panel..panels {
                let mut block = [[0.0; LANES]; LANES];
                block[..width].copy_from_slice(&data[below * d + first..][..width]);
                let transposed: [Lane; LANES] =
                    std::array::from_fn(|l| std::array::from_fn(|j| block[j][l]));
                let height = LANES.min(d - below * LANES);
                let out = &mut data[panel * d + below * LANES..][..height];
                if below == panel {
                    for (l, (out, new)) in out.iter_mut().zip(&transposed).enumerate() {
                        // Lane j of column l is above the diagonal where j < l.
                        out[..l].copy_from_slice(&new[..l]);
                    }
                } else {
                    out.copy_from_slice(&transposed[..height]);
                }
            }
        }
    }

    /// As a dense matrix, from the lower triangle.
    pub fn to_mat(&self) -> Mat<f64> {
        Mat::from_fn(self.dim, self.dim, |i, j| self.lower(i.max(j), i.min(j)))
    }

    /// Σ_j A_ij v_j added to `out`, times `scale`; both triangles are read.
    pub fn multiply_vector(&self, scale: f64, v: &[f64], out: &mut [f64]) {
        for (i, out) in out.chunks_mut(LANES).enumerate() {
            let mut sums = [0.0; LANES];
            for (lane, v) in self.panel(i).iter().zip(v) {
                for (s, a) in sums.iter_mut().zip(lane) {
                    *s += a * v;
                }
            }
            for (out, s) in out.iter_mut().zip(sums) {
                *out += scale * s;
            }
        }
    }
}

/// Stores the columns of one block of eight of a symmetric matrix.
pub(super) struct StoreColumns<'a> {
    pub matrix: &'a mut Symmetric,
    pub first_column: usize,
    /// Whether the sums go on from what is there.
    pub add: bool,
}

impl Sink for StoreColumns<'_> {
    #[inline(always)]
    fn begin<S: Simd, const N: usize, const COLUMNS: usize>(
        &self,
        simd: S,
        first: usize,
        part: usize,
        column: usize,
    ) -> [[S::f64s; N]; COLUMNS] {
        let mut sums = [[simd.splat_f64s(0.0); N]; COLUMNS];
        if self.add {
            let (dim, column) = (self.matrix.dim, self.first_column + column);
            let per_lane = LANES / S::F64_LANES;
            let data = S::as_simd_f64s(&self.matrix.data).0;
            let width = COLUMNS.min(dim.saturating_sub(column));
            for n in 0..N {
                let (panel, part) = place::<S>(first, part, n);
                let start = (panel * dim + column) * per_lane + part;
                for (c, sums) in sums.iter_mut().enumerate() {
                    if c < width {
                        sums[n] = data[start + c * per_lane];
                    }
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn take<S: Simd, const N: usize, const COLUMNS: usize>(
        &mut self,
        _: S,
        first: usize,
        part: usize,
        column: usize,
        sums: [[S::f64s; N]; COLUMNS],
    ) {
        let (dim, column) = (self.matrix.dim, self.first_column + column);
        let per_lane = LANES / S::F64_LANES;
        let data = S::as_mut_simd_f64s(&mut self.matrix.data).0;
        let width = COLUMNS.min(dim.saturating_sub(column));
        for n in 0..N {
            let (panel, part) = place::<S>(first, part, n);
            let start = (panel * dim + column) * per_lane + part;
            for (c, sums) in sums.iter().enumerate() {
                if c < width {
                    data[start + c * per_lane] = sums[n];
                }
            }
        }
    }
}

/// The function b·x + ½xᵀAx, as b and the lower triangle Q of A with its diagonal
/// halved (½xᵀAx = xᵀQx); what stands above the diagonal is zero.
#[derive(Clone, Debug)]
pub struct Affine {
    /// b, length D, padded with zeros to whole lanes.
    pub linear: Vec<f64>,
    /// Q.
    pub triangle: Symmetric,
}

impl Affine {
    /// The zero function.
    pub fn zeros(dim: usize) -> Self {
        Self {
            linear: vec![0.0; dim.next_multiple_of(LANES)],
            triangle: Symmetric::zeros(dim),
        }
    }

    /// From b and the lower triangle of A.
    pub fn set(&mut self, b: &[f64], mut a: impl FnMut(usize, usize) -> f64) {
        let d = self.triangle.dim;
        self.linear[..d].copy_from_slice(b);
        for panel in 0..self.triangle.panels() {
            for (j, lane) in self.triangle.panel_mut(panel).iter_mut().enumerate() {
                for (l, v) in lane.iter_mut().enumerate() {
                    let i = panel * LANES + l;
                    *v = if i >= d || i < j {
                        0.0
                    } else if i == j {
                        0.5 * a(i, j)
                    } else {
                        a(i, j)
                    };
                }
            }
        }
    }
}
