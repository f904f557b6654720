//! All attempts as one canonical table: ordered by cell, without host, time or
//! job, so that the same results give the same bytes wherever they were computed.

use super::cell::{COLUMNS, CellResult};
use super::directory::{Directory, Entry};
use super::{Spec, SweepError};
use crate::io::atomic;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

/// Name of the table in JSON, a cell a line.
pub const RESULTS_JSONL: &str = "results.jsonl";
/// Name of the same table in CSV.
pub const RESULTS_CSV: &str = "results.csv";

/// A cell of which attempts have different results. Across different processors
/// rounding may differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// The cell.
    pub cell: usize,
    /// Number of different results.
    pub results: usize,
    /// The outcome classes, where they differ too.
    pub outcomes: Option<Vec<String>>,
    /// Largest difference of a number, relative to the larger one; infinite where
    /// a number is missing in one of them.
    pub largest_difference: f64,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cell, results, .. } = self;
        let difference = self.largest_difference;
        write!(
            f,
            "cell {cell} has {results} different results, by up to {difference:.1e}"
        )?;
        match &self.outcomes {
            Some(outcomes) => write!(f, ", and different outcomes: {}", outcomes.join(", ")),
            None => Ok(()),
        }
    }
}

/// What a merge found.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeReport {
    /// Cells of the sweep.
    pub cells: usize,
    /// Cells without a result.
    pub missing: Vec<usize>,
    /// Cells with several.
    pub disagreements: Vec<Disagreement>,
    /// Torn and corrupted lines that were passed over.
    pub damaged: usize,
    /// Lines of other sweeps that were passed over.
    pub foreign: usize,
    /// The tables.
    pub files: [PathBuf; 2],
}

/// Writes both tables of what is there.
///
/// # Errors
/// Files that cannot be read or written; the tables that were there stay.
pub fn merge(directory: &Directory) -> Result<MergeReport, SweepError> {
    let contents = directory.read()?;
    let files = [RESULTS_JSONL, RESULTS_CSV].map(|name| directory.path().join(name));
    atomic::write_with(&files[0], |w| {
        for entry in contents.cells.iter().flatten() {
            writeln!(w, "{}", entry.body)?;
        }
        Ok(())
    })?;
    let results = contents.cells.iter().flatten().map(|entry| &entry.result);
    atomic::write_with(&files[1], |w| table(w, directory.spec(), results))?;
    Ok(MergeReport {
        cells: contents.cells.len(),
        missing: contents.missing(),
        disagreements: (contents.cells.iter().flatten())
            .filter_map(disagreement)
            .collect(),
        damaged: contents.damaged,
        foreign: contents.foreign,
        files,
    })
}

/// Writes results in the columns that the spec asks for.
///
/// # Errors
/// Those of the writer.
pub fn table<'a>(
    mut w: &mut dyn Write,
    spec: &Spec,
    results: impl Iterator<Item = &'a CellResult>,
) -> io::Result<()> {
    let keys: Vec<&str> = spec.grid().axes().map(|a| a.key.as_str()).collect();
    let chosen = &spec.measures().columns;
    let columns: Vec<&str> = match chosen.is_empty() {
        true => COLUMNS.to_vec(),
        false => chosen.iter().map(String::as_str).collect(),
    };
    let mut csv = csv::Writer::from_writer(&mut w);
    csv.write_record(std::iter::once(&"cell").chain(&keys).chain(&columns))?;
    for result in results {
        let values = serde_json::to_value(result)?;
        csv.write_field(result.cell.to_string())?;
        for key in &keys {
            csv.write_field(text(result.axes.get(*key)))?;
        }
        for column in &columns {
            csv.write_field(text(values.get(column)))?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}

/// A value in a field of a table; what does not exist is empty.
fn text(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    }
}

fn disagreement(entry: &Entry) -> Option<Disagreement> {
    if entry.others.is_empty() {
        return None;
    }
    let mut outcomes = vec![entry.result.outcome.clone()];
    let mut largest_difference = 0.0_f64;
    for (other, _) in &entry.others {
        if !outcomes.contains(&other.outcome) {
            outcomes.push(other.outcome.clone());
        }
        largest_difference = largest_difference.max(difference(&entry.result, other));
    }
    outcomes.sort();
    Some(Disagreement {
        cell: entry.result.cell,
        results: 1 + entry.others.len(),
        outcomes: (outcomes.len() > 1).then_some(outcomes),
        largest_difference,
    })
}

fn difference(a: &CellResult, b: &CellResult) -> f64 {
    let numbers = |r: &CellResult| {
        let step = |s: Option<u64>| s.map(|s| s as f64);
        [
            step(r.fit_step),
            step(r.generalise_step),
            r.fit_time,
            r.generalise_time,
            r.delay_ratio,
            r.delay_ratio_at_10_percent,
            r.delay_ratio_at_50_percent,
            r.train_loss,
            r.test_loss,
            Some(r.end_time),
        ]
    };
    (numbers(a).into_iter().zip(numbers(b))).fold(0.0_f64, |worst, pair| match pair {
        (Some(x), Some(y)) if x != y => worst.max((x - y).abs() / x.abs().max(y.abs())),
        (None, Some(_)) | (Some(_), None) => f64::INFINITY,
        _ => worst,
    })
}
