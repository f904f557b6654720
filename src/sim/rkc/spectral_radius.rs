//! Spectral radius of a Jacobian that is only known through F.

use super::RkcError;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};

/// Relative change of the estimate at which the iteration ends.
const SETTLED: f64 = 0.03;
/// Most evaluations of F for one estimate.
const MOST_ITERATIONS: u32 = 40;

/// The nonlinear power method: v ← [F(y + δv) − F(y)]/δ, |v| = 1, whose length
/// tends to ρ(∂F/∂y) from below where the Jacobian is symmetric. It goes on from
/// the direction it found last, so that following a slowly changing Jacobian
/// takes one or two evaluations.
#[derive(Clone, Debug)]
pub struct PowerMethod {
    direction: Vec<f64>,
    /// The estimate; always positive.
    pub value: f64,
    /// Accepted steps since it was made.
    pub age: u32,
}

impl PowerMethod {
    pub fn new(n: usize) -> Self {
        Self {
            direction: vec![0.0; n],
            value: 0.0,
            age: 0,
        }
    }

    /// Writes the estimate and its direction down.
    pub fn save(&self, to: &mut Writer) {
        let Self {
            direction,
            value,
            age,
        } = self;
        to.numbers(direction.iter());
        to.number(*value);
        to.count(u64::from(*age));
    }

    /// Goes on from what was written down.
    pub fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        from.numbers(self.direction.iter_mut())?;
        self.value = from.number()?;
        self.age = u32::try_from(from.count()?).map_err(|_| Mismatch)?;
        Ok(())
    }

    /// Estimates ρ at y, a state of size `size`, where F is `slope`; `trial` and
    /// `image` are scratch.
    pub fn estimate(
        &mut self,
        y: &[f64],
        size: f64,
        slope: &[f64],
        trial: &mut [f64],
        image: &mut [f64],
        evaluate: &mut impl FnMut(&[f64], &mut [f64]) -> Result<(), RkcError>,
    ) -> Result<(), RkcError> {
        if norm(&self.direction) == 0.0 {
            self.begin(slope);
        }
        let delta = f64::EPSILON.sqrt() * size;
        for _ in 0..MOST_ITERATIONS {
            for ((trial, y), v) in trial.iter_mut().zip(y).zip(&self.direction) {
                *trial = y + delta * v;
            }
            evaluate(trial, image)?;
            for ((v, image), slope) in self.direction.iter_mut().zip(&*image).zip(slope) {
                *v = (image - slope) / delta;
            }
            let length = norm(&self.direction);
            if !length.is_finite() {
                self.value = f64::NAN;
                self.direction.fill(0.0);
                return Ok(());
            }
            let old = self.value;
            self.value = length.max(f64::MIN_POSITIVE.sqrt());
            if length == 0.0 {
                // The Jacobian vanishes in this direction: any step is stable.
                self.begin(slope);
                break;
            }
            self.direction.iter_mut().for_each(|v| *v /= length);
            if (self.value - old).abs() <= SETTLED * self.value {
                break;
            }
        }
        self.age = 0;
        Ok(())
    }

    /// Along F, and a little in every direction: a fixed quasi-random pattern.
    fn begin(&mut self, slope: &[f64]) {
        let unit = norm(slope).max(f64::MIN_POSITIVE);
        let spread = 0.3 / (slope.len().max(1) as f64).sqrt();
        for (i, (v, f)) in self.direction.iter_mut().zip(slope).enumerate() {
            *v = f / unit + spread * (((i as f64 + 1.0) * 0.618_033_988_75).fract() - 0.5);
        }
        let length = norm(&self.direction);
        if length > 0.0 {
            self.direction.iter_mut().for_each(|v| *v /= length);
        }
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}
