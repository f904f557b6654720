//! Decimation for display: at most six points for each pixel column, so that
//! neither a spike nor a gap is lost, whatever the length of the series.
//!
//! Points are given in the coordinates in which they are drawn (log₁₀ of the
//! step, log₁₀ of a loss on a logarithmic axis). Stored rows and exports never
//! pass through here.

use std::ops::RangeInclusive;

/// Where step 0 is drawn in log time, which has no place for it: half a step,
/// log₁₀ ½ ≈ −0.3, left of step 1. Axes label that position "0".
pub const LOG_STEP_ZERO: f64 = -std::f64::consts::LOG10_2;

/// A step in log time; step 0 is at [`LOG_STEP_ZERO`].
pub fn log_step(step: u64) -> f64 {
    if step == 0 {
        LOG_STEP_ZERO
    } else {
        (step as f64).log10()
    }
}

/// The extremes of the points that fall into one pixel column, as indices.
#[derive(Clone, Copy)]
struct Column {
    number: i64,
    keep: [usize; 6],
    min: f64,
    max: f64,
}

impl Column {
    const FIRST: usize = 0;
    const MIN: usize = 1;
    const MAX: usize = 2;
    const LAST: usize = 3;
    const FIRST_GAP: usize = 4;
    const LAST_GAP: usize = 5;
    const NONE: usize = usize::MAX;

    fn new(number: i64) -> Self {
        Self {
            number,
            keep: [Self::NONE; 6],
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }

    fn add(&mut self, index: usize, y: f64) {
        if !y.is_finite() {
            if self.keep[Self::FIRST_GAP] == Self::NONE {
                self.keep[Self::FIRST_GAP] = index;
            }
            self.keep[Self::LAST_GAP] = index;
            return;
        }
        if self.keep[Self::FIRST] == Self::NONE {
            self.keep[Self::FIRST] = index;
        }
        self.keep[Self::LAST] = index;
        if y < self.min {
            self.min = y;
            self.keep[Self::MIN] = index;
        }
        if y > self.max {
            self.max = y;
            self.keep[Self::MAX] = index;
        }
    }

    fn flush(mut self, points: &[[f64; 2]], out: &mut Vec<[f64; 2]>) {
        self.keep.sort_unstable();
        let mut previous = Self::NONE;
        for index in self.keep {
            if index != Self::NONE && index != previous {
                out.push(points[index]);
                previous = index;
            }
        }
    }
}

/// Keeps the first, lowest, highest and last point of each of `columns` equal
/// pixel columns over the visible range `x`, in their order; what lies left and
/// right of it counts as one column each, so that lines run out of the frame
/// and the end points stay. A point whose y is not finite stays as a gap: the
/// first and the last of each column. Points whose x is not finite have no
/// place and are dropped. Expects points in order of x.
pub fn decimate(points: &[[f64; 2]], x: RangeInclusive<f64>, columns: usize) -> Vec<[f64; 2]> {
    let (low, high) = x.into_inner();
    let columns = columns.max(1);
    let scale = columns as f64 / (high - low);
    let usable = scale.is_finite() && scale > 0.0;
    let number = |x: f64| {
        if usable {
            // Clamped before the cast: one column on either side of the range.
            ((x - low) * scale).floor().clamp(-1.0, columns as f64) as i64
        } else {
            0
        }
    };
    let mut out = Vec::with_capacity(points.len().min(6 * (columns + 2)));
    let mut column: Option<Column> = None;
    for (index, &[x, y]) in points.iter().enumerate() {
        if !x.is_finite() {
            continue;
        }
        let number = number(x);
        match &mut column {
            Some(open) if open.number == number => open.add(index, y),
            _ => {
                let mut next = Column::new(number);
                next.add(index, y);
                if let Some(full) = column.replace(next) {
                    full.flush(points, &mut out);
                }
            }
        }
    }
    if let Some(full) = column {
        full.flush(points, &mut out);
    }
    out
}

/// Drops points that the line between their neighbours passes within `tolerance`
/// (in y): a smooth curve needs few. First and last points, gaps and points that
/// share their x with the one before stay. Expects points in order of x.
pub fn simplify(points: &[[f64; 2]], tolerance: f64) -> Vec<[f64; 2]> {
    let mut out = Vec::new();
    // The last point kept, and the slopes of lines from it that pass every point
    // since closely enough; then the newest of those.
    let mut anchor: Option<([f64; 2], f64, f64)> = None;
    let mut newest: Option<[f64; 2]> = None;
    for &point in points {
        if !point[0].is_finite() || !point[1].is_finite() {
            out.extend(newest.take());
            out.push(point);
            anchor = None;
            continue;
        }
        if let (Some(([x, y], low, high)), Some(last)) = (anchor, newest)
            && !((point[0] - x) > 0.0 && (low..=high).contains(&((point[1] - y) / (point[0] - x))))
        {
            out.push(last);
            anchor = Some((last, f64::NEG_INFINITY, f64::INFINITY));
        }
        match &mut anchor {
            Some(([x, y], low, high)) if point[0] > *x => {
                let (up, across) = (point[1] - *y, point[0] - *x);
                *low = low.max((up - tolerance) / across);
                *high = high.min((up + tolerance) / across);
                newest = Some(point);
            }
            _ => {
                out.push(point);
                anchor = Some((point, f64::NEG_INFINITY, f64::INFINITY));
                newest = None;
            }
        }
    }
    out.extend(newest);
    out
}

/// The unbroken stretches of a series: gaps, where y is not finite, split it.
pub fn segments(points: &[[f64; 2]]) -> impl Iterator<Item = &[[f64; 2]]> {
    points
        .split(|p| !p[0].is_finite() || !p[1].is_finite())
        .filter(|stretch| !stretch.is_empty())
}
