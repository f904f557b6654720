//! A run as it was at one of its recorded steps, or as it is now.

use super::Run;
use crate::sim::{
    metrics::{Metric, Row},
    outcome::Crossings,
    verdict::Criterion,
};

/// A run at one time: what the panels beside the plots show.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    run: &'a Run,
    step: u64,
    /// Rows up to this moment.
    end: usize,
    live: bool,
}

impl Run {
    /// The run at a step, with the rows recorded up to it; as it is now without a
    /// step, or where the run has not come that far.
    pub fn moment(&self, step: Option<u64>) -> Moment<'_> {
        let rows = self.rows();
        let past = step.filter(|&step| step < self.step() && !rows.is_empty());
        let end = past.map_or(rows.len(), |step| {
            rows.partition_point(|row| row.step <= step).max(1)
        });
        Moment {
            run: self,
            step: past.unwrap_or(self.step()),
            end,
            live: past.is_none(),
        }
    }
}

impl<'a> Moment<'a> {
    /// The run as a whole.
    pub fn run(&self) -> &'a Run {
        self.run
    }

    /// Whether this is where the run stands now.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The recorded rows up to this moment.
    pub fn rows(&self) -> &'a [Row] {
        &self.run.rows()[..self.end]
    }

    /// The newest of them.
    pub fn row(&self) -> Option<&'a Row> {
        self.rows().last()
    }

    /// The step: the one asked for, or the one that the run has reached by now.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The step of the newest row, where that is not the step of a moment in the past.
    pub fn recorded_before(&self) -> Option<u64> {
        let step = self.row().map(|row| row.step)?;
        (!self.live && step != self.step).then_some(step)
    }

    /// The last finite value of a metric, and its step.
    pub fn last(&self, metric: Metric) -> Option<(u64, f64)> {
        self.rows().iter().rev().find_map(|row| {
            let value = row.get(metric)?;
            value.is_finite().then_some((row.step, value))
        })
    }

    /// The threshold crossings up to this moment.
    pub fn crossings(&self) -> Crossings {
        if self.live {
            return self.run.crossings();
        }
        let step = self.step();
        let verdict = self.run.verdict();
        verdict.map_or_else(Crossings::default, |v| {
            v.judged(Criterion::Configured).as_of(step)
        })
    }
}
