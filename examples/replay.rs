//! Replays a reference run of a network in float64.
//!
//! `cargo run --release --example replay -- PATH/NAME --out FILE.csv` reads
//! `PATH/NAME.json` (settings) and `PATH/NAME.npz` (examples, initial weights,
//! batches), trains the network and its linearised twin, and writes the columns of
//! the reference. Where `PATH/NAME.csv` is there, the largest relative difference
//! of each column from it is printed, and so are those of the stored gradient and
//! weights.

use clap::Parser;
use grokscope::io::network_reference::{Reference, with_ending};
use grokscope::sim::networks::passes::Alone;
use grokscope::sim::networks::run::NetworkRun;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Replays a reference run of a network in float64.
#[derive(Parser)]
struct Arguments {
    /// Path of the reference without its ending: PATH/NAME for PATH/NAME.json and
    /// PATH/NAME.npz.
    name: PathBuf,
    /// Where the rows are written.
    #[arg(long)]
    out: PathBuf,
    /// Number of updates; without it those of the reference's table, of its
    /// batches, or 200.
    #[arg(long)]
    steps: Option<u64>,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match replay(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn replay(arguments: &Arguments) -> Result<(), Failure> {
    let name = match arguments.name.extension().and_then(|e| e.to_str()) {
        Some("json" | "npz" | "csv") => arguments.name.with_extension(""),
        _ => arguments.name.clone(),
    };
    let mut reference = Reference::read(&name)?;
    let table = with_ending(&name, "csv");
    let expected = match table.exists() {
        true => Some(Table::read(&table)?),
        false => None,
    };
    let steps: Vec<u64> = match (&expected, arguments.steps) {
        (_, Some(steps)) => (0..=steps).collect(),
        (Some(table), None) => table.steps()?,
        (None, None) => (0..=reference.steps.unwrap_or(200)).collect(),
    };
    for note in &reference.notes {
        println!("{note}");
    }
    let mut run = reference.run()?;
    let mut out = csv::Writer::from_path(&arguments.out)
        .map_err(|e| format!("{}: could not be written: {e}", arguments.out.display()))?;
    out.write_record(&reference.columns)?;
    let mut rows = Vec::new();
    let mut checks = Vec::new();
    for step in steps {
        let from = run.step();
        for at in from..=step {
            run.advance(at - run.step(), &Alone);
            if [1, 10, 200].contains(&at) && (at > from || from == 0) {
                compare_weights(&mut reference, &run, at, &mut checks)?;
            }
        }
        if let Some(step) = run.diverged() {
            eprintln!("warning: the weights are not finite numbers after step {step}");
        }
        let row = row(&mut run, &reference.columns);
        out.write_record(row.iter().map(|v| number(*v)))?;
        rows.push(row);
    }
    out.flush()?;
    println!("{} rows written to {}", rows.len(), arguments.out.display());
    if let Some(expected) = expected {
        println!("largest relative difference from {}:", table.display());
        for (i, column) in reference.columns.iter().enumerate() {
            println!("  {column:16} {}", expected.difference(column, &rows, i)?);
        }
    }
    checks.sort();
    checks.dedup();
    for check in checks {
        println!("  {check}");
    }
    Ok(())
}

/// As many digits as read back to the same number; whole numbers without a point.
fn number(value: f64) -> String {
    format!("{value}")
}

fn row(run: &mut NetworkRun<f64>, columns: &[String]) -> Vec<f64> {
    let measured = run.measure(false, &Alone);
    let names = run.columns();
    let value = |name: &String| match names.iter().position(|c| c.name == *name) {
        Some(i) => measured.values[i],
        None => measured.step as f64,
    };
    columns.iter().map(value).collect()
}

fn compare_weights(
    reference: &mut Reference,
    run: &NetworkRun<f64>,
    step: u64,
    checks: &mut Vec<String>,
) -> Result<(), Failure> {
    let weights = [
        ("net", Some(run.weights().to_vec())),
        ("lin", run.linearised_weights()),
    ];
    for (model, found) in weights {
        let stored = reference.parameters(&format!("{model}_step{step}_"))?;
        if let (Some(stored), Some(found)) = (stored, found) {
            let off = largest(stored.iter().zip(&found).map(|(a, b)| (a - b).abs()));
            let size = largest(stored.iter().map(|a| a.abs()));
            checks.push(format!("{model}_step{step:<8} {:.1e}", off / size));
        }
    }
    Ok(())
}

/// NaN where there is one.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |m, v| if v > m || v.is_nan() { v } else { m })
}

struct Table {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
}

impl Table {
    fn read(path: &Path) -> Result<Self, Failure> {
        let named = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let mut reader = csv::Reader::from_path(path).map_err(|e| named(&e))?;
        let names = reader.headers().map_err(|e| named(&e))?;
        let names = names.iter().map(String::from).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| named(&e))?;
            let row = record.iter().map(|v| match v {
                "" => Ok(f64::NAN),
                v => v
                    .trim()
                    .parse()
                    .map_err(|_| named(&format!("{v:?} is no number"))),
            });
            rows.push(row.collect::<Result<Vec<f64>, _>>()?);
        }
        Ok(Self {
            path: path.to_owned(),
            names,
            rows,
        })
    }

    fn column(&self, name: &str) -> Result<usize, Failure> {
        let found = self.names.iter().position(|n| n == name);
        found.ok_or_else(|| {
            format!(
                "{}: no column {name}; found {}",
                self.path.display(),
                self.names.join(", ")
            )
            .into()
        })
    }

    fn steps(&self) -> Result<Vec<u64>, Failure> {
        let column = self.column("step")?;
        let steps: Vec<u64> = self.rows.iter().map(|r| r[column] as u64).collect();
        match steps.is_sorted() {
            true => Ok(steps),
            false => Err(format!("{}: the steps do not rise", self.path.display()).into()),
        }
    }

    /// Largest relative difference in one column, where it is and at which step.
    fn difference(&self, name: &str, rows: &[Vec<f64>], i: usize) -> Result<String, Failure> {
        let (column, step) = (self.column(name)?, self.column("step")?);
        let mut worst = (0.0, 0.0);
        let mut compared = 0;
        for (expected, found) in self.rows.iter().zip(rows) {
            let (a, b) = (expected[column], found[i]);
            let off = match a == b || (a.is_nan() && b.is_nan()) {
                true => 0.0,
                false => (a - b).abs() / a.abs(),
            };
            if off > worst.0 || off.is_nan() {
                worst = (off, expected[step]);
            }
            compared += 1;
        }
        Ok(match compared {
            0 => "nothing to compare".into(),
            _ => format!("{:.1e} (step {})", worst.0, worst.1),
        })
    }
}
