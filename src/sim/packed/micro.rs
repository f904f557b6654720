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

/// Half of the columns of a block.
const HALF: usize = LANES / 2;

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
        if used <= HALF {
            Self::Half(0)
        } else {
            Self::All
        }
    }
}

/// The values that are broadcast, eight for each t.
pub trait Broadcast: Copy {
    /// Whether eight t are found together: then a square is of eight t, else of one.
    const SQUARES: bool;

    /// Where the values of some t stand.
    type Square: Square;

    /// Number of t.
    fn depth(self) -> usize;

    /// Those from `t` on, a multiple of eight where eight are found together.
    fn square(self, t: usize) -> Self::Square;
}

/// The values of some t.
pub trait Square: Copy {
    /// Value `c` at the `t`-th of them.
    fn value(self, t: usize, c: usize) -> f64;
}

impl<'a> Broadcast for &'a [Lane] {
    const SQUARES: bool = false;
    type Square = &'a Lane;

    #[inline(always)]
    fn depth(self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn square(self, t: usize) -> Self::Square {
        &self[t]
    }
}

impl Square for &Lane {
    #[inline(always)]
    fn value(self, _: usize, c: usize) -> f64 {
        self[c]
    }
}

/// Eight columns of a matrix in panels of its rows: value c at t is element
/// (t, first + c).
#[derive(Clone, Copy)]
pub struct RowsOf<'a> {
    /// From the first of the columns of the first panel on.
    pub lanes: &'a [Lane],
    /// Columns of the matrix.
    pub columns: usize,
    /// Number of rows.
    pub rows: usize,
}

/// Columns of one panel.
#[derive(Clone, Copy)]
pub struct ColumnsOf<'a>(&'a [Lane]);

impl<'a> Broadcast for RowsOf<'a> {
    const SQUARES: bool = true;
    type Square = ColumnsOf<'a>;

    #[inline(always)]
    fn depth(self) -> usize {
        self.rows
    }

    #[inline(always)]
    fn square(self, t: usize) -> Self::Square {
        ColumnsOf(&self.lanes[t / LANES * self.columns..])
    }
}

impl Square for ColumnsOf<'_> {
    #[inline(always)]
    fn value(self, t: usize, c: usize) -> f64 {
        self.0[c][t]
    }
}

/// Runs the kernel on N vectors by COLUMNS broadcast values.
///
/// Every sum runs over t in order, in one accumulator.
#[inline(always)]
fn block<S: Simd, const N: usize, const COLUMNS: usize, B: Broadcast>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    part: usize,
    column: usize,
    broadcast: B,
    sink: &mut impl Sink,
) {
    let per_lane = LANES / S::F64_LANES;
    let depth = broadcast.depth();
    let panels = panels.map(|p| &S::as_simd_f64s(p).0[..depth * per_lane]);
    let offsets: [usize; N] = std::array::from_fn(|n| place::<S>(first, part, n).1);
    let mut sums: [[S::f64s; N]; COLUMNS] = sink.begin(simd, first, part, column);
    if !B::SQUARES {
        for t in 0..depth {
            let v = std::array::from_fn(|n| panels[n][t * per_lane + offsets[n]]);
            add_products(simd, v, broadcast.square(t), 0, column, &mut sums);
        }
        sink.take(simd, first, part, column, sums);
        return;
    }
    for start in (0..depth).step_by(LANES) {
        let square = broadcast.square(start);
        if start + LANES <= depth {
            for t in 0..LANES {
                let v = std::array::from_fn(|n| panels[n][(start + t) * per_lane + offsets[n]]);
                add_products(simd, v, square, t, column, &mut sums);
            }
        } else {
            for t in 0..depth - start {
                let v = std::array::from_fn(|n| panels[n][(start + t) * per_lane + offsets[n]]);
                add_products(simd, v, square, t, column, &mut sums);
            }
        }
    }
    sink.take(simd, first, part, column, sums);
}

#[inline(always)]
fn add_products<S: Simd, const N: usize, const COLUMNS: usize>(
    simd: S,
    v: [S::f64s; N],
    square: impl Square,
    t: usize,
    column: usize,
    sums: &mut [[S::f64s; N]; COLUMNS],
) {
    for (c, sums) in sums.iter_mut().enumerate() {
        let b = simd.splat_f64s(square.value(t, column + c));
        for (sum, v) in sums.iter_mut().zip(v) {
            *sum = simd.mul_add_f64s(b, v, *sum);
        }
    }
}

/// A panel of two vectors against its own eight columns, of which only what is on or
/// below the diagonal is needed: all but the first vector by the last four.
#[inline(always)]
fn diagonal<S: Simd>(
    simd: S,
    panel: &[f64],
    first: usize,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    let depth = broadcast.depth();
    let panel = &S::as_simd_f64s(panel).0[..depth * 2];
    let mut left: [[S::f64s; 2]; HALF] = sink.begin(simd, first, 0, 0);
    let mut right: [[S::f64s; 1]; HALF] = sink.begin(simd, first, 1, HALF);
    for t in 0..depth {
        let v = [panel[2 * t], panel[2 * t + 1]];
        let square = broadcast.square(t);
        add_products(simd, v, square, 0, 0, &mut left);
        add_products(simd, [v[1]], square, 0, HALF, &mut right);
    }
    sink.take(simd, first, 0, 0, left);
    sink.take(simd, first, 1, HALF, right);
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
    /// Rows of all of them: where the last four of a panel are beyond, they are left out.
    pub rows: usize,
}

impl<'a> Panels<'a> {
    /// Whole panels.
    pub fn whole(data: &'a [f64], length: usize, rows: usize) -> Self {
        Self {
            data,
            length,
            from: 0,
            rows,
        }
    }

    #[inline(always)]
    fn at(self, i: usize) -> &'a [f64] {
        let start = i * self.length;
        &self.data[(start + self.from) * LANES..(start + self.length) * LANES]
    }
}

/// Covers the panels from `block` on against the eight columns of that block: those of
/// a symmetric product, of which the lower triangle is needed.
#[inline(always)]
pub fn cover_below<S: Simd>(
    simd: S,
    panels: Panels,
    block: usize,
    broadcast: &[Lane],
    sink: &mut impl Sink,
) {
    let all = panels.rows.div_ceil(LANES);
    let used = panels.rows - block * LANES;
    let mut from = block;
    if LANES == 2 * S::F64_LANES && used > HALF {
        diagonal(simd, panels.at(block), block, broadcast, sink);
        from += 1;
    }
    cover(
        simd,
        panels,
        from..all,
        Columns::first(used),
        broadcast,
        sink,
    );
}

/// Covers a range of panels with tiles.
#[inline(always)]
pub fn cover<S: Simd>(
    simd: S,
    panels: Panels,
    range: std::ops::Range<usize>,
    columns: Columns,
    broadcast: impl Broadcast,
    sink: &mut impl Sink,
) {
    let at = |i| panels.at(i);
    if S::F64_LANES < LANES {
        // Of a last panel with its second half empty, only the first vector.
        let halved = LANES == 2 * S::F64_LANES && (1..=HALF).contains(&(panels.rows % LANES));
        let whole = match halved {
            true => range.end.min(panels.rows / LANES),
            false => range.end,
        };
        for i in range.start..whole {
            for part in (0..LANES / S::F64_LANES).step_by(NARROW) {
                narrow(simd, [at(i); NARROW], i, part, columns, broadcast, sink);
            }
        }
        if whole < range.end {
            let panel = [at(whole)];
            match columns {
                Columns::Half(half) => {
                    block::<S, 1, HALF, _>(simd, panel, whole, 0, HALF * half, broadcast, sink);
                }
                Columns::All => block::<S, 1, LANES, _>(simd, panel, whole, 0, 0, broadcast, sink),
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
            3 => wide(
                simd,
                [at(i), at(i + 1), at(i + 2)],
                i,
                columns,
                broadcast,
                sink,
            ),
            2 => wide(simd, [at(i), at(i + 1)], i, columns, broadcast, sink),
            _ => wide(simd, [at(i)], i, columns, broadcast, sink),
        }
        i += n;
    }
}

/// Vectors of one panel, by four columns at a time.
#[inline(always)]
fn narrow<S: Simd, const N: usize>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    part: usize,
    columns: Columns,
    broadcast: impl Broadcast,
    sink: &mut impl Sink,
) {
    match columns {
        Columns::Half(half) => {
            block::<S, N, HALF, _>(simd, panels, first, part, HALF * half, broadcast, sink);
        }
        Columns::All => {
            block::<S, N, HALF, _>(simd, panels, first, part, 0, broadcast, sink);
            block::<S, N, HALF, _>(simd, panels, first, part, HALF, broadcast, sink);
        }
    }
}

/// A tile of panels that are one vector each.
#[inline(always)]
fn wide<S: Simd, const N: usize>(
    simd: S,
    panels: [&[f64]; N],
    first: usize,
    columns: Columns,
    broadcast: impl Broadcast,
    sink: &mut impl Sink,
) {
    match columns {
        Columns::Half(half) => {
            block::<S, N, HALF, _>(simd, panels, first, 0, HALF * half, broadcast, sink)
        }
        Columns::All => block::<S, N, LANES, _>(simd, panels, first, 0, 0, broadcast, sink),
    }
}
