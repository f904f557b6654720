//! Runs that differ in nothing but their seed: the median of their curves with a band
//! of quantiles, and the share that has generalised by a step.

use super::Run;
use super::decimate::{LOG_STEP_ZERO, log_step};
use crate::sim::LossPoint;
use crate::sim::config::Config;
use crate::sim::metrics::{Metric, Row};

/// Fewer runs than these have no band.
pub const FEWEST: usize = 3;
/// Lower and upper edge of the band, as quantiles.
pub const QUANTILES: [f64; 2] = [0.1, 0.9];
/// Points of a band in each decade of steps.
const PER_DECADE: f64 = 48.0;

/// Runs that differ in nothing but their seed.
#[derive(Clone, Debug)]
pub struct Seeds<'a> {
    /// Places of the runs among those that were looked through.
    pub members: Vec<usize>,
    runs: Vec<&'a Run>,
}

/// The losses of several runs at each step: the median, and the edges of the band.
#[derive(Clone, Debug, PartialEq)]
pub struct LossBand {
    /// Lower edge.
    pub low: Vec<LossPoint>,
    /// Median of the runs, step by step.
    pub median: Vec<LossPoint>,
    /// Upper edge.
    pub high: Vec<LossPoint>,
}

/// The share of runs to which something has happened by a step, by the estimator of
/// Kaplan and Meier: a run that ended before it happened counts up to its end and is
/// not taken for one to which it never happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Steps at which the share grows, and the share from there on.
    pub steps: Vec<(u64, f64)>,
    /// Runs to which it happened.
    pub happened: usize,
    /// Runs that ended before it did.
    pub not_yet: usize,
    /// Last step of any run.
    pub end: u64,
}

fn but_seed(config: &Config) -> Config {
    Config {
        seed: 0,
        ..config.clone()
    }
}

/// A value between sorted ones, by its part of the way.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + place.fract() * (sorted[above] - sorted[below])
}

/// A metric at a place in log time, between two recorded rows in proportion.
fn value_at(run: &Run, metric: Metric, log: f64) -> f64 {
    let rows = run.rows();
    let after = rows.partition_point(|row| log_step(row.step) < log);
    let Some(next) = rows.get(after) else {
        return f64::NAN;
    };
    let of = |row: &Row| row.get(metric).unwrap_or(f64::NAN);
    let to = of(next);
    match after.checked_sub(1).map(|before| &rows[before]) {
        None => to,
        Some(before) => {
            let (a, b) = (log_step(before.step), log_step(next.step));
            let from = of(before);
            from + (to - from) * (log - a) / (b - a)
        }
    }
}

impl<'a> Seeds<'a> {
    /// The largest set of runs that differ in nothing but their seed; `None` where
    /// there are fewer than [`FEWEST`].
    pub fn among(runs: impl IntoIterator<Item = &'a Run>) -> Option<Self> {
        let mut sets: Vec<(Config, Self)> = Vec::new();
        for (place, run) in runs.into_iter().enumerate() {
            if run.rows().is_empty() || !run.config().task.draw.is_seeded() {
                continue;
            }
            let config = but_seed(run.config());
            let set = match sets.iter().position(|(other, _)| *other == config) {
                Some(known) => &mut sets[known].1,
                None => {
                    let (members, runs) = (Vec::new(), Vec::new());
                    sets.push((config, Self { members, runs }));
                    &mut sets.last_mut()?.1
                }
            };
            let seed = run.config().seed;
            if set.runs.iter().all(|other| other.config().seed != seed) {
                set.members.push(place);
                set.runs.push(run);
            }
        }
        let sets = sets.into_iter().map(|(_, set)| set);
        let enough = sets.filter(|set| set.runs.len() >= FEWEST);
        enough.max_by_key(|set| set.runs.len())
    }

    /// Number of runs.
    pub fn count(&self) -> usize {
        self.runs.len()
    }

    /// The settings that they share; the seed is that of the first.
    pub fn config(&self) -> &'a Config {
        self.runs[0].config()
    }

    /// Median and band of their losses, as far as all of them go.
    pub fn losses(&self) -> LossBand {
        let last = |run: &&Run| run.rows().last().map_or(0, |row| row.step);
        let end = log_step(self.runs.iter().map(last).min().unwrap_or(0));
        let count = (PER_DECADE * (end - LOG_STEP_ZERO)).ceil().max(1.0) as usize;
        let mut band = LossBand {
            low: Vec::new(),
            median: Vec::new(),
            high: Vec::new(),
        };
        for k in 0..=count {
            let log = LOG_STEP_ZERO + (end - LOG_STEP_ZERO) * k as f64 / count as f64;
            let step = if k == 0 { 0.0 } else { 10f64.powf(log) };
            let sorted = |metric: fn(&Run) -> Metric| -> Option<Vec<f64>> {
                let value = |run: &&Run| value_at(run, metric(run), log);
                let mut values: Vec<f64> = self.runs.iter().map(value).collect();
                values.sort_by(f64::total_cmp);
                values.iter().all(|v| v.is_finite()).then_some(values)
            };
            let (train, test) = (sorted(|_| Metric::TrainLoss), sorted(Run::test_metric));
            let at = |part: f64| {
                let of = |sorted: &Option<Vec<f64>>| {
                    sorted.as_ref().map_or(f64::NAN, |s| quantile(s, part))
                };
                LossPoint {
                    step,
                    train: of(&train),
                    test: of(&test),
                }
            };
            band.low.push(at(QUANTILES[0]));
            band.median.push(at(0.5));
            band.high.push(at(QUANTILES[1]));
        }
        band
    }

    /// By which step how many have generalised.
    pub fn generalised(&self) -> Survival {
        let seen = |run: &&Run| (run.crossings().generalise, run.step());
        Survival::of(self.runs.iter().map(seen))
    }
}

impl Survival {
    /// Of the step at which it happened to each, if it did, and the step at which each
    /// ended.
    pub fn of(runs: impl Iterator<Item = (Option<u64>, u64)>) -> Self {
        let runs: Vec<(Option<u64>, u64)> = runs.collect();
        let mut events: Vec<u64> = runs.iter().filter_map(|run| run.0).collect();
        events.sort_unstable();
        let happened = events.len();
        events.dedup();
        let mut share = 1.0;
        let steps = events.into_iter().map(|step| {
            let at_risk = runs.iter().filter(|run| run.0.unwrap_or(run.1) >= step);
            let now = runs.iter().filter(|run| run.0 == Some(step)).count();
            share *= 1.0 - now as f64 / at_risk.count() as f64;
            (step, 1.0 - share)
        });
        Self {
            steps: steps.collect(),
            happened,
            not_yet: runs.len() - happened,
            end: runs.iter().map(|run| run.1).max().unwrap_or(0),
        }
    }

    /// The step by which half of them have it behind them; `None` where it is later
    /// than what was seen.
    pub fn median(&self) -> Option<u64> {
        let half = |(_, share): &&(u64, f64)| *share >= 0.5 - 1e-12;
        self.steps.iter().find(half).map(|(step, _)| *step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_yet_is_not_taken_for_who_never_will() {
        // At 3 one of four, at 7 one of the two that are still watched.
        let runs = [(Some(3), 10), (None, 5), (Some(7), 10), (None, 10)];
        let found = Survival::of(runs.into_iter());
        assert_eq!(found.steps.len(), 2);
        assert_eq!((found.happened, found.not_yet, found.end), (2, 2, 10));
        assert_eq!(found.steps[0], (3, 0.25));
        assert!((found.steps[1].1 - (1.0 - 0.75 * 0.5)).abs() < 1e-12);
        assert_eq!(found.median(), Some(7));
        let none = Survival::of([(None, 9), (None, 4)].into_iter());
        assert!(none.steps.is_empty() && none.median().is_none());
        let all = Survival::of([(Some(2), 2), (Some(2), 8)].into_iter());
        assert_eq!(all.steps, [(2, 1.0)]);
    }

    #[test]
    fn quantiles_lie_between_the_values() {
        let sorted = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(quantile(&sorted, 0.5), 3.0);
        assert!((quantile(&sorted, 0.1) - 1.4).abs() < 1e-12);
        assert_eq!((quantile(&sorted, 0.0), quantile(&sorted, 1.0)), (1.0, 5.0));
        assert_eq!(quantile(&[7.0], 0.9), 7.0);
    }
}
