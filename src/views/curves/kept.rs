//! Series as they were drawn in the last frame: pinned runs and finished ones
//! are the same in the next.

use super::series::Canvas;
use crate::{history::Run, sim::metrics::Metric};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Which numbers a series is made of. No two runs have one name; rows only ever
/// grow, or are all dropped and recorded again: then the newest value tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Source {
    metric: Metric,
    columns: usize,
    run: u64,
    rows: usize,
    newest: Option<u64>,
    recent: Option<(usize, u64)>,
}

impl Source {
    fn of(run: &Run, metric: Metric, columns: usize) -> Self {
        let rows = run.rows();
        let newest = rows.iter().rev().find_map(|row| row.get(metric));
        let recent = run.recent();
        Self {
            metric,
            columns,
            run: run.id().0,
            rows: rows.len(),
            newest: newest.map(f64::to_bits),
            recent: recent.last().map(|step| (recent.len(), step.step)),
        }
    }
}

struct Series {
    canvas: Canvas,
    points: Arc<[[f64; 2]]>,
    used: bool,
}

/// The series of the last frame.
#[derive(Default)]
pub struct KeptSeries(Mutex<HashMap<Source, Series>>);

impl KeptSeries {
    /// The series as it was drawn last, or as `make` makes it.
    pub fn get(
        &self,
        run: &Run,
        metric: Metric,
        canvas: Canvas,
        make: impl FnOnce() -> Arc<[[f64; 2]]>,
    ) -> Arc<[[f64; 2]]> {
        let source = Source::of(run, metric, canvas.columns);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = kept.get_mut(&source)
            && series.canvas == canvas
        {
            series.used = true;
            return Arc::clone(&series.points);
        }
        let points = make();
        let series = Series {
            canvas,
            points: Arc::clone(&points),
            used: true,
        };
        kept.insert(source, series);
        points
    }

    /// A frame is over: forgets what it did not use.
    pub fn end_frame(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, series| std::mem::take(&mut series.used));
    }
}

/// A copy begins with nothing: it is drawn elsewhere, in another size.
impl Clone for KeptSeries {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for KeptSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptSeries").finish_non_exhaustive()
    }
}
