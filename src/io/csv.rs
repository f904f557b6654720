//! Recorded rows as CSV: a header row, the step first, then the run's columns by their
//! names in the registry. What was not measured is an empty cell. Numbers are
//! written in the shortest form that reads back to the same bits.

use super::{FileError, atomic, read_problem};
use crate::sim::config::Config;
use crate::sim::metrics::{Metric, Row};
use std::io::{self, Write};
use std::path::Path;

/// Name of the first column.
pub const STEP: &str = "step";

/// Writes rows to `path`. Nothing but the table: a reader that knows no comments
/// reads it too, and settings go into a file of their own.
///
/// # Errors
/// Names the file or directory and the reason.
pub fn write(path: &Path, columns: &[Metric], rows: &[Row]) -> Result<(), FileError> {
    atomic::write_with(path, |w| emit(w, columns, rows))
}

/// Writes rows as CSV to any writer.
///
/// # Errors
/// Those of the writer.
pub fn emit(mut w: &mut dyn Write, columns: &[Metric], rows: &[Row]) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(&mut w);
    let names = columns.iter().map(|m| m.spec().name);
    csv.write_record(std::iter::once(STEP).chain(names))?;
    for row in rows {
        csv.write_field(row.step.to_string())?;
        for &metric in columns {
            let cell = row.get(metric).map_or_else(String::new, number);
            csv.write_field(cell)?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}

/// The shortest text that reads back to the same float64.
fn number(x: f64) -> String {
    format!("{x:?}")
}

/// Rows read from a CSV file, with the config of its header if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Settings in comments above the header row, as earlier versions wrote them.
    pub config: Option<Config>,
    /// Rows, in the file's order.
    pub rows: Vec<Row>,
}

/// Reads a CSV file written by [`write()`]. Columns may come in any order; columns
/// that are not in the registry are passed over.
///
/// # Errors
/// Names the file, the line and what was found there.
pub fn read(path: &Path) -> Result<Curve, FileError> {
    let text = std::fs::read_to_string(path).map_err(|e| FileError::new(path, read_problem(&e)))?;
    parse(&text).map_err(|problem| FileError::new(path, problem))
}

fn parse(text: &str) -> Result<Curve, String> {
    let mut csv = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let header = csv.headers().map_err(|e| e.to_string())?.clone();
    let step_column = header
        .iter()
        .position(|name| name == STEP)
        .ok_or_else(|| format!("has no column named {STEP}"))?;
    let columns: Vec<(usize, Metric)> = header
        .iter()
        .enumerate()
        .filter_map(|(i, name)| Some((i, Metric::by_name(name)?)))
        .collect();
    let mut rows = Vec::new();
    for record in csv.records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |i: usize| record.get(i).unwrap_or("").trim();
        let bad = |i: usize, form: &str| {
            format!(
                "line {line}, column {}: `{}` is not {form}",
                header.get(i).unwrap_or(""),
                cell(i)
            )
        };
        let step = cell(step_column)
            .parse()
            .map_err(|_| bad(step_column, "a step"))?;
        let mut row = Row::new(step);
        for &(i, metric) in &columns {
            if !cell(i).is_empty() {
                row.set(metric, cell(i).parse().map_err(|_| bad(i, "a number"))?);
            }
        }
        rows.push(row);
    }
    Ok(Curve {
        config: header_config(text)?,
        rows,
    })
}

fn header_config(text: &str) -> Result<Option<Config>, String> {
    let lines: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix('#'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    Config::from_toml(&lines.join("\n"))
        .map(Some)
        .map_err(|e| format!("the settings above its header row: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let mut first = Row::new(0);
        let mut last = Row::new(10_000_000_000);
        for (i, &m) in Metric::ALL.iter().enumerate() {
            first.set(m, 0.1 * (i as f64 + 1.0) / 3.0);
            last.set(m, 1e-300 / (i as f64 + 0.7));
        }
        last.set(Metric::SampleTestLoss, f64::NAN);
        last.set(Metric::TrainLoss, f64::INFINITY);
        vec![first, last]
    }

    fn text() -> String {
        let mut bytes = Vec::new();
        emit(&mut bytes, Metric::ALL, &rows()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn assert_same(a: &[Row], b: &[Row]) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert_eq!(a.step, b.step);
            for &m in Metric::ALL {
                assert_eq!(a.get(m), b.get(m), "{}", m.spec().name);
            }
        }
    }

    #[test]
    fn rows_read_back_to_the_bit() {
        assert_same(&parse(&text()).unwrap().rows, &rows());
    }

    #[test]
    fn the_step_comes_first_and_then_every_column_in_order() {
        let text = text();
        let mut names = text.lines().next().unwrap().split(',');
        assert_eq!(names.next(), Some("step"));
        for m in Metric::ALL {
            assert_eq!(names.next(), Some(m.spec().name));
        }
        assert_eq!(names.next(), None);
    }

    #[test]
    fn what_was_not_measured_is_an_empty_cell() {
        let text = text();
        let cell = text.lines().nth(2).unwrap().split(',').nth(6);
        assert_eq!(Metric::ALL[5], Metric::SampleTestLoss);
        assert_eq!(cell, Some(""));
    }

    #[test]
    fn a_reader_that_knows_no_comments_finds_one_table() {
        let text = text();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().unwrap().len();
        assert_eq!(columns, 1 + Metric::ALL.len());
        // Records of another length would be errors.
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows().len());
        assert!(!text.contains(['#', '"']));
    }

    #[test]
    fn comments_above_the_header_row_are_read() {
        let mut config = Config::default();
        config.network.alpha = 0.1 + 0.2;
        let toml = config.to_toml();
        let comments: String = toml.lines().map(|line| format!("# {line}\n")).collect();
        let curve = parse(&(comments + &text())).unwrap();
        assert_eq!(curve.config, Some(config));
        assert_same(&curve.rows, &rows());
    }

    #[test]
    fn a_bad_cell_is_named_with_its_line_and_column() {
        let error = parse("step,train_loss\n0,1\n1,lots\n").unwrap_err();
        assert_eq!(error, "line 3, column train_loss: `lots` is not a number");
        assert!(parse("train_loss\n1\n").unwrap_err().contains("step"));
    }
}
