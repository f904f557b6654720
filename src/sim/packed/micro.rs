//! The register-blocked kernel that all passes share.

use super::buffer::{LANES, Lane};
use pulp::Simd;

/// Up to three panels by eight columns of Σ_t v_t b_tᵀ, where v_t are the lanes of
/// the panels at t and b_t eight broadcast values; 24 sums fill the registers of
/// the widest vectors.
pub const PANELS: usize = 3;

/// Work that takes the sums of a tile: `sums[c][n]` holds, of panel `first + n` and
/// broadcast value `column + c`, the rows of vector `part` within the eight lanes.
pub trait Sink {
    /// Takes them.
    fn take<S: Simd, const N: usize, const COLUMNS: usize>(
        &mut self,
        simd: S,
        first: usize,
        part: usize,
        column: usize,
        sums: [[S::f64s; N]; COLUMNS],
    );
}

/// Which of the eight broadcast values a pass uses.
#[derive(Clone, Copy)]
pub enum Columns {
    /// All.
    All,
    /// The first four (0) or the last four (1): less to throw away at a diagonal.
    Half(usize),
}

impl Columns {
    /// Those that hold the first `used` values.
    pub fn first(used: usize) -> Self {
        if used <= LANES / 2 {
            Self::Half(0)
        } else {
            Self::All
        }
    }
}

/// Runs the kernel on `panels` (each a slice of `depth` lanes or more) against
/// `broadcast` (`depth` × 8), from sums that start at zero.
///
/// Every sum runs over t in order, in one accumulator.
#[inline(always)]
fn tile<S: Simd, const N: usize>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    columns: Columns,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    for part in 0..LANES / S::F64_LANES {
        match columns {
            Columns::Half(half) => {
                block::<S, N, 4>(simd, panels, first, part, 4 * half, broadcast, sink)
            }
            Columns::All if S::F64_LANES == LANES => {
                block::<S, N, 8>(simd, panels, first, part, 0, broadcast, sink);
            }
            // Narrow vectors have fewer registers.
            Columns::All => {
                block::<S, N, 4>(simd, panels, first, part, 0, broadcast, sink);
                block::<S, N, 4>(simd, panels, first, part, 4, broadcast, sink);
            }
        }
    }
}

#[inline(always)]
fn block<S: Simd, const N: usize, const COLUMNS: usize>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    part: usize,
    column: usize,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    let per_lane = LANES / S::F64_LANES;
    let depth = broadcast.len();
    let panels = panels.map(|p| &S::as_simd_f64s(p).0[..depth * per_lane]);
    let mut sums = [[simd.splat_f64s(0.0); N]; COLUMNS];
    for (t, b) in broadcast.iter().enumerate() {
        let v: [S::f64s; N] = std::array::from_fn(|n| panels[n][t * per_lane + part]);
        for c in 0..COLUMNS {
            let b = simd.splat_f64s(b[column + c]);
            for n in 0..N {
                sums[c][n] = simd.mul_add_f64s(b, v[n], sums[c][n]);
            }
        }
    }
    sink.take(simd, first, part, column, sums);
}

/// Covers a range of panels, each `length` lanes long, with tiles of one to three.
#[inline(always)]
pub fn cover<S: Simd>(
    simd: S,
    data: &[f64],
    length: usize,
    range: std::ops::Range<usize>,
    columns: Columns,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    let panel = |i: usize| &data[i * length * LANES..(i + 1) * length * LANES];
    let mut i = range.start;
    while i < range.end {
        // 4 left are better done as 2 + 2 than as 3 + 1.
        let n = match range.end - i {
            4 => 2,
            left => left.min(PANELS),
        };
        match n {
            3 => tile(
                simd,
                [panel(i), panel(i + 1), panel(i + 2)],
                i,
                columns,
                broadcast,
                sink,
            ),
            2 => tile(simd, [panel(i), panel(i + 1)], i, columns, broadcast, sink),
            _ => tile(simd, [panel(i)], i, columns, broadcast, sink),
        }
        i += n;
    }
}
