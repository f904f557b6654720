//! The curves of a sweep's cells in NumPy's format.
//!
//! | array | shape | |
//! |---|---|---|
//! | `cell` | cells | numbers of the cells, in the canonical order |
//! | `step` | times | 0, then 10^(k/20): times t = τ/η₀ |
//! | `train_loss`, `test_loss` | cells × times | NaN after the end of a cell's run |
//! | an axis, by its dotted key | cells | its values; N = ∞ is infinity, a word its place in the list |
//!
//! The curves are computed anew from the spec, from which every cell follows to
//! the bit, and are not kept with the results. Gradient descent has a value at the
//! whole step nearest to the time asked for. The bytes depend on the spec and the
//! cells alone.

use super::SweepError;
use super::cell::{self, Cache, Watch};
use super::spec::Spec;
use crate::io::{FileError, atomic};
use crate::sim::LossPoint;
use crate::sim::config::{ConfigError, EngineKind, Value};
use ndarray::{Array1, Array2};
use ndarray_npy::{NpzWriter, WriteNpzError};
use std::io::Cursor;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime};

/// Times in each decade of steps.
pub const PER_DECADE: u32 = 20;

/// Most numbers in one array: 1 GiB.
const MAX_ENTRIES: usize = 1 << 27;

/// Curves of some cells of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Numbers of the cells.
    pub cells: Vec<usize>,
    /// Times t = τ/η₀.
    pub steps: Vec<f64>,
    /// Train loss, cells × times.
    pub train: Array2<f64>,
    /// Test loss, cells × times.
    pub test: Array2<f64>,
}

impl Curves {
    /// Computes the curves of these cells; `None` once `stop` is set.
    ///
    /// # Errors
    /// More numbers than an array may have.
    pub fn compute(
        spec: &Spec,
        cells: &[usize],
        threads: NonZero<usize>,
        stop: &AtomicBool,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Option<Self>, SweepError> {
        let steps = times(spec)?;
        let entries = cells.len().saturating_mul(steps.len());
        if entries > MAX_ENTRIES {
            return Err(SweepError::Usage(format!(
                "{} cells × {} times are more than {MAX_ENTRIES} numbers; split the sweep",
                cells.len(),
                steps.len()
            )));
        }
        let shape = (cells.len(), steps.len());
        let (mut train, mut test) = (
            Array2::from_elem(shape, f64::NAN),
            Array2::from_elem(shape, f64::NAN),
        );
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<ConfigError>> = Mutex::new(None);
        let rows = Mutex::new((&mut train, &mut test, 0_usize));
        thread::scope(|scope| {
            for _ in 0..threads.get().min(cells.len()) {
                scope.spawn(|| {
                    let mut cache = Cache::default();
                    while !stop.load(Ordering::Relaxed) {
                        let row = next.fetch_add(1, Ordering::Relaxed);
                        let Some(&cell) = cells.get(row) else { break };
                        match curve(spec, cell, &mut cache, stop, &steps) {
                            Ok([a, b]) => {
                                let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                                rows.0.row_mut(row).assign(&a);
                                rows.1.row_mut(row).assign(&b);
                                rows.2 += 1;
                                progress(rows.2);
                            }
                            Err(error) => {
                                let mut failure =
                                    failure.lock().unwrap_or_else(PoisonError::into_inner);
                                *failure = Some(error);
                                break;
                            }
                        }
                    }
                });
            }
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error.into());
        }
        Ok((!stop.load(Ordering::Relaxed)).then(|| Self {
            cells: cells.to_vec(),
            steps,
            train,
            test,
        }))
    }

    /// Writes them beside the axes of `spec`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, spec: &Spec, path: &Path) -> Result<(), FileError> {
        let bytes = (self.npz(spec))
            .map_err(|e| FileError::new(path, format!("could not be written: {e}")))?;
        atomic::write(path, &bytes)
    }

    fn npz(&self, spec: &Spec) -> Result<Vec<u8>, WriteNpzError> {
        // The time of writing would make equal curves different bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        let mut npz = NpzWriter::new_with_options(Cursor::new(Vec::new()), options);
        let cells: Array1<u64> = self.cells.iter().map(|&c| c as u64).collect();
        npz.add_array("cell", &cells)?;
        npz.add_array("step", &Array1::from_vec(self.steps.clone()))?;
        npz.add_array("train_loss", &self.train)?;
        npz.add_array("test_loss", &self.test)?;
        for axis in spec.grid().axes() {
            let values: Array1<f64> = (self.cells.iter())
                .map(|&cell| {
                    let value = (spec.grid().coordinates(cell))
                        .find(|(key, _)| *key == axis.key)
                        .map(|(_, value)| value);
                    value.map_or(f64::NAN, |value| number(value, &axis.values))
                })
                .collect();
            npz.add_array(axis.key.as_str(), &values)?;
        }
        Ok(npz.finish()?.into_inner())
    }
}

/// A value as a number; of a word or a switch its place in the axis.
fn number(value: &Value, all: &[Value]) -> f64 {
    match (value.as_f64(), value) {
        (Some(x), _) => x,
        (None, Value::Bool(on)) => f64::from(u8::from(*on)),
        _ => (all.iter().position(|v| v == value)).map_or(f64::NAN, |place| place as f64),
    }
}

/// 0 and 10^(k/n) up to the longest horizon.
fn times(spec: &Spec) -> Result<Vec<f64>, ConfigError> {
    let mut horizon = 0;
    for cell in 0..spec.grid().len() {
        horizon = horizon.max(spec.config(cell)?.training.steps);
    }
    let later = (0..)
        .map(|k| 10f64.powf(f64::from(k) / f64::from(PER_DECADE)))
        .take_while(|&t| t <= horizon as f64 * (1.0 + 1e-12));
    Ok(std::iter::once(0.0).chain(later).collect())
}

fn curve(
    spec: &Spec,
    cell: usize,
    cache: &mut Cache,
    stop: &AtomicBool,
    times: &[f64],
) -> Result<[Array1<f64>; 2], ConfigError> {
    let mut points: Vec<LossPoint> = Vec::new();
    cell::watched(
        spec,
        cell,
        spec.measures(),
        cache,
        &mut Watch {
            samples_per_decade: PER_DECADE,
            keep_going: &mut || !stop.load(Ordering::Relaxed),
            on_sample: &mut |point| points.push(point),
        },
    )?;
    let whole = spec.config(cell)?.training.engine != EngineKind::Flow;
    let mut rows = [(); 2].map(|()| Array1::from_elem(times.len(), f64::NAN));
    for (k, &time) in times.iter().enumerate() {
        let step = if whole { time.round() } else { time };
        let near = points.partition_point(|p| p.step < step * (1.0 - 1e-9));
        if let Some(point) = points.get(near)
            && point.step <= step * (1.0 + 1e-9)
        {
            (rows[0][k], rows[1][k]) = (point.train, point.test);
        }
    }
    Ok(rows)
}
