//! The register-blocked kernel that all passes share.

use super::buffer::{LANES, Lane};
use pulp::Simd;

/// Up to three panels by eight columns of Σ_t v_t b_tᵀ, where v_t are the lanes of
/// the panels at t and b_t eight broadcast values; 24 sums fill the registers of
/// the widest vectors.
pub const PANELS: usize = 3;

/// Work that runs on a tile of sums: `panel` is the index of the panel, `column`
/// that of the broadcast value, `sums` the eight rows.
pub trait Sink {
    /// Takes the sums of vector `part` of a panel (`part` counts vectors within
    /// the eight lanes).
    fn take<S: Simd>(&mut self, simd: S, panel: usize, part: usize, column: usize, sums: S::f64s);
}

/// Runs the kernel on `panels` (each a slice of `depth` lanes) against
/// `broadcast` (`depth` × 8), from sums that start at zero.
///
/// Every sum runs over t in order, in one accumulator.
#[inline(always)]
pub fn tile<S: Simd, const N: usize>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    if S::F64_LANES == LANES {
        block::<S, N, 8>(simd, panels, first, 0, 0, broadcast, sink);
    } else {
        // Narrow vectors have fewer registers: half the columns at a time.
        for part in 0..LANES / S::F64_LANES {
            block::<S, N, 4>(simd, panels, first, part, 0, broadcast, sink);
            block::<S, N, 4>(simd, panels, first, part, 4, broadcast, sink);
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
    for (c, sums) in sums.into_iter().enumerate() {
        for (n, sum) in sums.into_iter().enumerate() {
            sink.take(simd, first + n, part, column + c, sum);
        }
    }
}

/// Covers panels `from..to` with tiles of one to three, as even as can be.
#[inline(always)]
pub fn cover<S: Simd>(
    simd: S,
    data: &[f64],
    depth: usize,
    from: usize,
    to: usize,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    let panel = |i: usize| &data[i * depth * LANES..(i + 1) * depth * LANES];
    let mut i = from;
    while i < to {
        // 4 left are better done as 2 + 2 than as 3 + 1.
        let n = match to - i {
            4 => 2,
            left => left.min(PANELS),
        };
        match n {
            3 => tile::<S, 3>(
                simd,
                [panel(i), panel(i + 1), panel(i + 2)],
                i,
                broadcast,
                sink,
            ),
            2 => tile::<S, 2>(simd, [panel(i), panel(i + 1)], i, broadcast, sink),
            _ => tile::<S, 1>(simd, [panel(i)], i, broadcast, sink),
        }
        i += n;
    }
}
