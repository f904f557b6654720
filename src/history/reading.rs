//! What a run's curves say at one step: the one place that legend, time cursor
//! and crosshair ask.

use super::Run;
use crate::sim::metrics::Metric;

/// A value and the step at which it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The step at which it was measured: the one asked for, or the last one
    /// before it at which the metric was measured.
    pub step: u64,
    /// The value; may be infinite.
    pub value: f64,
}

impl Run {
    /// A metric at a step, or the last measured before it: metrics that need a
    /// Gram matrix are measured more rarely than the losses.
    pub fn reading(&self, metric: Metric, step: u64) -> Option<Reading> {
        let recent = self.recent();
        if let Ok(i) = recent.binary_search_by_key(&step, |r| r.step) {
            let value = match metric {
                Metric::TrainLoss => recent[i].train_loss,
                metric if metric == self.test_metric() => recent[i].test_loss,
                _ => f64::NAN,
            };
            if !value.is_nan() {
                return Some(Reading { step, value });
            }
        }
        let rows = self.rows();
        let end = rows.partition_point(|row| row.step <= step);
        rows[..end].iter().rev().find_map(|row| {
            let (step, value) = (row.step, row.get(metric)?);
            Some(Reading { step, value })
        })
    }

    /// The step nearest to a place in log time of which something is known: a
    /// recorded row or one of the recent steps.
    pub fn nearest_known(&self, log: f64) -> Option<u64> {
        let asked = 10f64.powf(log);
        let row = self.nearest_row(asked).map(|row| row.step);
        let recent = self.recent();
        let after = recent.partition_point(|r| (r.step as f64) < asked);
        let around = [after.checked_sub(1), Some(after)];
        let steps = around.into_iter().flatten().filter_map(|i| recent.get(i));
        steps.map(|r| r.step).chain(row).min_by(|a, b| {
            let far = |step: u64| (super::decimate::log_step(step) - log).abs();
            far(*a).total_cmp(&far(*b))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sim::{config::Config, metrics::Row},
        training::{Event, RunId},
    };

    #[test]
    fn a_reading_names_the_step_at_which_it_was_measured() {
        let mut run = Run::new(RunId(1), Config::default());
        let rows = [0_u64, 10, 100].map(|step| {
            let mut row = Row::new(step);
            row.set(Metric::TrainLoss, 1.0 / (1.0 + step as f64));
            if step != 100 {
                row.set(Metric::NtkDrift, step as f64);
            }
            row
        });
        run.handle(&Event::Rows {
            run: RunId(1),
            rows: rows.to_vec(),
        });
        let read = |metric, step| run.reading(metric, step).map(|r| (r.step, r.value));
        assert_eq!(read(Metric::TrainLoss, 10), Some((10, 1.0 / 11.0)));
        assert_eq!(read(Metric::TrainLoss, 99), Some((10, 1.0 / 11.0)));
        assert_eq!(read(Metric::NtkDrift, 100), Some((10, 10.0)));
        assert_eq!(read(Metric::TestLoss, 100), None);
        assert_eq!(run.nearest_known(1.4), Some(10));
        assert_eq!(run.nearest_known(9.0), Some(100));
    }
}
