//! Which steps are recorded: log-spaced, so that a run of 10⁸ steps has a few
//! hundred rows, or an explicit list.

use super::config::RecordConfig;

/// Recorded steps, in order; step 0 always comes first.
#[derive(Clone, Debug)]
pub struct Schedule {
    record: RecordConfig,
}

impl Schedule {
    /// The schedule of a config.
    pub fn new(record: &RecordConfig) -> Self {
        Self {
            record: record.clone(),
        }
    }

    /// The first recorded step after `step`, or `None` where the list ends.
    ///
    /// Log-spaced steps are the distinct values of ⌈10^(k/n)⌋, k = 0, 1, …:
    /// every step at first, n per decade later.
    pub fn next_after(&self, step: u64) -> Option<u64> {
        if !self.record.steps.is_empty() {
            let i = self.record.steps.partition_point(|&s| s <= step);
            return self.record.steps.get(i).copied();
        }
        let n = f64::from(self.record.points_per_decade);
        let at = |k: f64| 10f64.powf(k / n).round() as u64;
        // Start one index low: rounding may have put a later k below `step`.
        let mut k = if step == 0 {
            0.0
        } else {
            ((step as f64).log10() * n).floor().max(0.0)
        };
        while at(k) <= step {
            k += 1.0;
        }
        Some(at(k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(record: RecordConfig, below: u64) -> Vec<u64> {
        let schedule = Schedule::new(&record);
        std::iter::successors(schedule.next_after(0), |&s| schedule.next_after(s))
            .take_while(|&s| s <= below)
            .collect()
    }

    #[test]
    fn log_spacing_hits_decades_and_never_repeats() {
        for n in [1, 7, 20, 50, 1000] {
            let all = steps(
                RecordConfig {
                    points_per_decade: n,
                    steps: vec![],
                },
                1_000_000,
            );
            assert!(all.windows(2).all(|w| w[0] < w[1]));
            for decade in [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] {
                assert!(all.contains(&decade), "{n} per decade misses {decade}");
            }
            assert!(all.len() <= 6 * n as usize + 1);
        }
    }

    #[test]
    fn an_explicit_list_is_kept_and_ends() {
        let record = RecordConfig {
            points_per_decade: 50,
            steps: vec![0, 3, 9],
        };
        assert_eq!(steps(record, u64::MAX), [3, 9]);
    }
}
