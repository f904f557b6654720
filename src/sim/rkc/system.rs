//! What is integrated, how exactly, and what it cost.

/// Error allowed in a step: relative, and absolute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Relative to the size of the solution.
    pub relative: f64,
    /// In units of the solution.
    pub absolute: f64,
}

/// A system of ordinary differential equations.
pub trait System {
    /// F(t, y), written to `slope`.
    fn slope(&mut self, t: f64, y: &[f64], slope: &mut [f64]);

    /// Size of a local error over the size allowed: a step passes up to 1. By
    /// default the root mean square of error_i/(absolute + relative·|y_i|).
    fn error_ratio(
        &mut self,
        error: &[f64],
        before: &[f64],
        after: &[f64],
        tolerance: Tolerance,
    ) -> f64 {
        let sum: f64 = error
            .iter()
            .zip(before.iter().zip(after))
            .map(|(e, (a, b))| {
                let allowed = tolerance.absolute + tolerance.relative * a.abs().max(b.abs());
                (e / allowed) * (e / allowed)
            })
            .sum();
        (sum / error.len().max(1) as f64).sqrt()
    }

    /// The size of a state, against which differences that measure the Jacobian
    /// are small: by default |y|, at least 1.
    fn size(&self, y: &[f64]) -> f64 {
        y.iter().map(|v| v * v).sum::<f64>().sqrt().max(1.0)
    }

    /// Whether a step to `after` may be accepted. Called right after
    /// [`System::slope`] was evaluated there, for steps whose error is small enough.
    fn admissible(&mut self, after: &[f64]) -> bool {
        let _ = after;
        true
    }
}

/// How to integrate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Error allowed in a step.
    pub tolerance: Tolerance,
    /// Most stages of a step; longer steps are cut.
    pub max_stages: usize,
    /// Accepted steps between estimates of the spectral radius.
    pub refresh: u32,
    /// Factor of the estimated spectral radius, for its error and its growth
    /// within a step.
    pub safety: f64,
    /// Steps tried (accepted or not) before giving up.
    pub max_steps: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tolerance: Tolerance {
                relative: 1e-4,
                absolute: 1e-7,
            },
            max_stages: 1000,
            refresh: 4,
            safety: 1.15,
            max_steps: 100_000,
        }
    }
}

/// Why an integration cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RkcError {
    /// The callback asked to stop.
    #[error("stopped at t = {t}")]
    Stopped {
        /// Time reached.
        t: f64,
    },
    /// No step, however small, passes.
    #[error("step size fell to {step} at t = {t}: the tolerance cannot be met")]
    StepTooSmall {
        /// Time reached.
        t: f64,
        /// Last step size tried.
        step: f64,
    },
    /// The derivative is not finite where the integration stands.
    #[error("the derivative at t = {t} is not finite")]
    NotFinite {
        /// Time reached.
        t: f64,
    },
    /// More steps than allowed.
    #[error("gave up at t = {t} after {steps} steps")]
    TooManySteps {
        /// Time reached.
        t: f64,
        /// Steps tried.
        steps: u64,
    },
}

/// What an integration has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Evaluations of F, those for the spectral radius included.
    pub evaluations: u64,
    /// Evaluations of F for the spectral radius.
    pub radius_evaluations: u64,
    /// Accepted steps.
    pub accepted: u64,
    /// Rejected steps.
    pub rejected: u64,
    /// Most stages of a step.
    pub most_stages: usize,
}
