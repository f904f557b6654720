//! Float64 storage that begins on a cache line, as full-width loads want it.

use aligned_vec::{AVec, ConstAlign};

/// Rows of a panel: the lanes of the widest vector.
pub const LANES: usize = 8;

/// Eight values side by side.
pub type Lane = [f64; LANES];

/// Zeroed, cache-line aligned storage of a whole number of lanes.
pub type Buffer = AVec<f64, ConstAlign<64>>;

/// A zeroed buffer of `lanes` lanes.
pub fn zeroed(lanes: usize) -> Buffer {
    AVec::from_iter(64, std::iter::repeat_n(0.0, lanes * LANES))
}

/// The storage as lanes.
pub fn lanes(data: &[f64]) -> &[Lane] {
    data.as_chunks().0
}

/// The storage as mutable lanes.
pub fn lanes_mut(data: &mut [f64]) -> &mut [Lane] {
    data.as_chunks_mut().0
}

/// Packs rows × cols values into panels of eight rows: element (i, j) is lane
/// i % 8 of entry j of panel i / 8. Missing rows are zero.
pub fn pack(rows: usize, cols: usize, value: impl Fn(usize, usize) -> f64) -> Buffer {
    let mut data = zeroed(rows.div_ceil(LANES) * cols);
    for (panel, chunk) in lanes_mut(&mut data)
        .chunks_exact_mut(cols.max(1))
        .enumerate()
    {
        for (j, lane) in chunk.iter_mut().enumerate() {
            for (l, v) in lane.iter_mut().enumerate() {
                let i = panel * LANES + l;
                if i < rows {
                    *v = value(i, j);
                }
            }
        }
    }
    data
}
