//! A line of an attempt's file: JSON, with a checksum of what it holds.
//!
//! ```text
//! {"fnv1a64":"<16 hex>","spec":"<16 hex>","result":{…}}
//! ```
//!
//! The checksum is that of the bytes from `"spec"` to the end. A line that was
//! torn by a crash or a full disk, or that was corrupted, is told from a whole one
//! by it, and a whole one by its spec's hash from that of another sweep.

use super::cell::CellResult;
use crate::history::summary::fnv1a64;
use serde::{Deserialize, Serialize};

/// What an attempt says about itself in its first line. None of it enters the
/// results.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Shard, as i/n.
    pub shard: String,
    /// Host name, where it is known.
    pub host: String,
    /// Process.
    pub pid: u32,
    /// The job's name in the queueing system, where there is one.
    pub job: Option<String>,
    /// Seconds since 1970 at its start.
    pub started: u64,
    /// Version of the program.
    pub version: String,
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A finished cell: its result, and the very bytes it is written in.
    Result(Box<CellResult>, String),
    /// An attempt's first line.
    Attempt(Attempt),
}

const RESULT: &str = "result";
const ATTEMPT: &str = "attempt";

/// The line of a finished cell, with its line break.
///
/// # Errors
/// Those of the JSON writer.
pub fn result_line(spec: u64, result: &CellResult) -> serde_json::Result<String> {
    Ok(line(spec, RESULT, &serde_json::to_string(result)?))
}

/// The first line of an attempt, with its line break.
///
/// # Errors
/// Those of the JSON writer.
pub fn attempt_line(spec: u64, attempt: &Attempt) -> serde_json::Result<String> {
    Ok(line(spec, ATTEMPT, &serde_json::to_string(attempt)?))
}

fn line(spec: u64, kind: &str, body: &str) -> String {
    let covered = format!("\"spec\":\"{spec:016x}\",\"{kind}\":{body}}}");
    format!(
        "{{\"fnv1a64\":\"{:016x}\",{covered}\n",
        fnv1a64(covered.as_bytes())
    )
}

/// Why a line does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLine {
    /// Torn or corrupted.
    Damaged,
    /// Of another sweep.
    OtherSpec,
}

/// Reads a line, without its line break.
///
/// # Errors
/// Why it does not count.
pub fn read_line(line: &[u8], spec: u64) -> Result<Record, BadLine> {
    parse(line, spec).unwrap_or(Err(BadLine::Damaged))
}

fn parse(line: &[u8], spec: u64) -> Option<Result<Record, BadLine>> {
    let text = std::str::from_utf8(line).ok()?;
    let rest = text.strip_prefix("{\"fnv1a64\":\"")?;
    let (sum, covered) = (rest.get(..16)?, rest.get(16..)?.strip_prefix("\",")?);
    if format!("{:016x}", fnv1a64(covered.as_bytes())) != sum {
        return None;
    }
    let rest = covered.strip_prefix("\"spec\":\"")?;
    let (hash, rest) = (rest.get(..16)?, rest.get(16..)?.strip_prefix("\",\"")?);
    let (kind, rest) = rest.split_once("\":")?;
    let body = rest.strip_suffix('}')?;
    if hash != format!("{spec:016x}") {
        return Some(Err(BadLine::OtherSpec));
    }
    match kind {
        RESULT => {
            let result = Box::new(serde_json::from_str(body).ok()?);
            Some(Ok(Record::Result(result, body.into())))
        }
        ATTEMPT => Some(Ok(Record::Attempt(serde_json::from_str(body).ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> CellResult {
        CellResult {
            cell: 3,
            axes: [("network.alpha".to_owned(), (0.1 + 0.2).into())].into(),
            outcome: "groks".into(),
            fit_step: Some(10),
            generalise_step: None,
            fit_time: Some(1.0 / 3.0),
            generalise_time: None,
            delay_steps: Some(-3),
            delay_ratio: None,
            log10_delay_ratio: None,
            fit_step_at_10_percent: Some(12),
            generalise_step_at_10_percent: None,
            delay_steps_at_10_percent: None,
            delay_ratio_at_10_percent: None,
            fit_step_at_50_percent: Some(4),
            generalise_step_at_50_percent: Some(8),
            delay_steps_at_50_percent: Some(4),
            delay_ratio_at_50_percent: Some(2.0),
            predicted_fit_step_at_50_percent: Some(5),
            fit_lost: false,
            unstable: true,
            unstable_from: Some(3),
            largest_stability: Some(1.25),
            train_loss: Some(2.225_073_858_507_201e-308),
            test_loss: Some(0.1),
            ended: "horizon".into(),
            end_time: 1e6,
            steps: 7,
            evaluations: 70,
            note: Some("\"a\"\n".into()),
        }
    }

    #[test]
    fn a_line_reads_back_to_the_bit() {
        let line = result_line(7, &result()).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
        match read_line(line.trim_end().as_bytes(), 7) {
            Ok(Record::Result(read, body)) => {
                assert_eq!(*read, result());
                assert_eq!(body, serde_json::to_string(&result()).unwrap());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            read_line(line.trim_end().as_bytes(), 8),
            Err(BadLine::OtherSpec)
        );
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_noticed() {
        let line = result_line(7, &result()).unwrap();
        let line = line.trim_end().as_bytes();
        for end in 0..line.len() {
            assert_eq!(read_line(&line[..end], 7), Err(BadLine::Damaged), "{end}");
        }
        for byte in 0..line.len() {
            for bit in 0..8 {
                let mut bad = line.to_vec();
                bad[byte] ^= 1 << bit;
                assert_eq!(read_line(&bad, 7), Err(BadLine::Damaged), "{byte}.{bit}");
            }
        }
    }
}
