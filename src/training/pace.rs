//! How fast a run goes by: for the work, or for the eye.

/// Speed of training as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as the machine allows.
    Fast,
    /// At most this many steps a second.
    StepsPerSecond(f64),
    /// Constant speed along the log axis, in decades of steps a second: the
    /// lecture mode.
    DecadesPerSecond(f64),
}

/// Turns a pace and elapsed time into the step that may be reached by now.
///
/// Time is passed in, so that pacing can be tested without waiting.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    pace: Pace,
    start_step: u64,
    start_secs: f64,
}

impl Pacer {
    /// Starts pacing at this step and time.
    pub fn new(pace: Pace, step: u64, now_secs: f64) -> Self {
        Self {
            pace,
            start_step: step,
            start_secs: now_secs,
        }
    }

    /// The pace.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The step that may be reached by `now_secs`.
    pub fn allowed_step(&self, now_secs: f64) -> u64 {
        let elapsed = (now_secs - self.start_secs).max(0.0);
        let start = self.start_step as f64;
        let step = match self.pace {
            Pace::Fast => return u64::MAX,
            Pace::StepsPerSecond(rate) => start + elapsed * rate,
            // Step 0 has no place on the log axis: the first decade begins at 1.
            Pace::DecadesPerSecond(rate) => start.max(1.0) * 10f64.powf(elapsed * rate),
        };
        step as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_pace_covers_a_decade_in_its_time_from_anywhere() {
        for start in [0, 1, 10, 12_345] {
            let pacer = Pacer::new(Pace::DecadesPerSecond(2.0 / 3.0), start, 100.0);
            let reached = pacer.allowed_step(101.5);
            assert!(
                reached.abs_diff(10 * start.max(1)) <= 1,
                "{start} → {reached}"
            );
        }
    }

    #[test]
    fn step_pace_counts_from_where_it_was_set() {
        let pacer = Pacer::new(Pace::StepsPerSecond(20.0), 1_000, 5.0);
        assert_eq!(pacer.allowed_step(7.0), 1_040);
        assert_eq!(pacer.allowed_step(4.0), 1_000);
        assert_eq!(Pacer::new(Pace::Fast, 3, 0.0).allowed_step(0.0), u64::MAX);
    }
}
