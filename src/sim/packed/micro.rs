//! The register-blocked kernel that all passes share.

use super::buffer::{LANES, Lane};
use pulp::Simd;

/// Most panels of a tile. With vectors of eight, three panels by eight columns of
/// Σ_t v_t b_tᵀ, where v_t are the lanes of the panels at t and b_t eight broadcast
/// values, are 24 sums of the 32 registers there are.
pub const PANELS: usize = 3;

/// Vectors of a tile where a panel is several of them. There are 16 registers then:
/// two vectors of one panel, which share its cache lines, by four columns are eight
/// sums, as many as two multipliers with a latency of four cycles keep busy, and
/// none is spilled.
const NARROW: usize = 2;

/// Work that takes the sums of a tile: `sums[c][n]` holds the products of the
/// vector at [`place`] n and broadcast value `column + c`.
pub trait Sink {
    /// What the sums of a tile begin with: zero, or where a pass goes over its
    /// depth in pieces, what they had reached.
    #[inline(always)]
    fn begin<S: Simd, const N: usize, const COLUMNS: usize>(
        &self,
        simd: S,
        first: usize,
        part: usize,
        column: usize,
    ) -> [[S::f64s; N]; COLUMNS] {
        let _ = (first, part, column);
        [[simd.splat_f64s(0.0); N]; COLUMNS]
    }

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

/// Panel and vector within it of the n-th vector of a tile: one of each panel from
/// `first` on where a panel is one vector, else those from `part` on.
#[inline(always)]
pub fn place<S: Simd>(first: usize, part: usize, n: usize) -> (usize, usize) {
    if S::F64_LANES == LANES {
        (first + n, 0)
    } else {
        (first, part + n)
    }
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
/// `broadcast` (`depth` × 8).
///
/// Every sum runs over t in order, in one accumulator.
#[inline(always)]
fn tile<S: Simd, const N: usize>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    part: usize,
    columns: Columns,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    match columns {
        Columns::Half(half) => {
            block::<S, N, 4>(simd, panels, first, part, 4 * half, broadcast, sink)
        }
        Columns::All if S::F64_LANES == LANES => {
            block::<S, N, 8>(simd, panels, first, part, 0, broadcast, sink);
        }
        Columns::All => {
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
    let offsets: [usize; N] = std::array::from_fn(|n| place::<S>(first, part, n).1);
    let mut sums: [[S::f64s; N]; COLUMNS] = sink.begin(simd, first, part, column);
    for (t, b) in broadcast.iter().enumerate() {
        let v: [S::f64s; N] = std::array::from_fn(|n| panels[n][t * per_lane + offsets[n]]);
        for c in 0..COLUMNS {
            let b = simd.splat_f64s(b[column + c]);
            for n in 0..N {
                sums[c][n] = simd.mul_add_f64s(b, v[n], sums[c][n]);
            }
        }
    }
    sink.take(simd, first, part, column, sums);
}

/// Panels of one length, of which a pass uses the lanes from `from` on.
#[derive(Clone, Copy)]
pub struct Panels<'a> {
    /// All of them, one after the other.
    pub data: &'a [f64],
    /// Lanes of each.
    pub length: usize,
    /// First lane used.
    pub from: usize,
}

impl<'a> Panels<'a> {
    /// Whole panels.
    pub fn whole(data: &'a [f64], length: usize) -> Self {
        Self {
            data,
            length,
            from: 0,
        }
    }

    #[inline(always)]
    fn at(self, i: usize) -> &'a [f64] {
        let start = i * self.length;
        &self.data[(start + self.from) * LANES..(start + self.length) * LANES]
    }
}

/// Covers a range of panels with tiles.
#[inline(always)]
pub fn cover<S: Simd>(
    simd: S,
    panels: Panels,
    range: std::ops::Range<usize>,
    columns: Columns,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    let at = |i| panels.at(i);
    if S::F64_LANES < LANES {
        for i in range {
            for part in (0..LANES / S::F64_LANES).step_by(NARROW) {
                let twice = [at(i); NARROW];
                tile(simd, twice, i, part, columns, broadcast, sink);
            }
        }
        return;
    }
    let mut i = range.start;
    while i < range.end {
        // 4 left are better done as 2 + 2 than as 3 + 1.
        let n = match range.end - i {
            4 => 2,
            left => left.min(PANELS),
        };
        match n {
            3 => {
                let three = [at(i), at(i + 1), at(i + 2)];
                tile(simd, three, i, 0, columns, broadcast, sink);
            }
            2 => tile(simd, [at(i), at(i + 1)], i, 0, columns, broadcast, sink),
            _ => tile(simd, [at(i)], i, 0, columns, broadcast, sink),
        }
        i += n;
    }
}
