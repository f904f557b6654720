//! How long the linearised model has trained, and what that does to one mode.

use crate::sim::checkpoint::{Mismatch, Reader, Writer};

/// The learning rates of a run of gradient descent, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearningRates {
    // Each η₀ and the number of steps taken with it.
    phases: Vec<(f64, u64)>,
    // μ.
    momentum: f64,
}

impl LearningRates {
    /// None yet, with momentum μ.
    pub fn with_momentum(momentum: f64) -> Self {
        Self {
            phases: Vec::new(),
            momentum,
        }
    }

    /// Steps with one learning rate η₀.
    pub fn constant(learning_rate: f64, steps: u64) -> Self {
        let mut rates = Self::default();
        rates.push(learning_rate, steps);
        rates
    }

    /// 1 − ρ of a mode with momentum: with b the gradient's sum, in units of the
    /// mode's first gradient, a step is b ← μb + ρ, ρ ← ρ − η₀(2λ/P)b.
    fn lost_with_momentum(&self, rate: f64) -> f64 {
        // (1 − ρ, b, 1) → the same after a step; the last is for the constant.
        let mut state = [0.0, 0.0, 1.0];
        for &(learning_rate, steps) in &self.phases {
            let (x, mu) = (learning_rate * rate, self.momentum);
            let step = [[1.0 - x, x * mu, x], [-1.0, mu, 1.0], [0.0, 0.0, 1.0]];
            state = apply_power(step, steps, state);
        }
        state[0]
    }

    /// Writes the steps down.
    pub fn save(&self, to: &mut Writer) {
        let Self {
            phases,
            momentum: _,
        } = self;
        to.count(phases.len() as u64);
        for (rate, steps) in phases {
            to.number(*rate);
            to.count(*steps);
        }
    }

    /// Has the steps that were written down.
    ///
    /// # Errors
    /// Something else was.
    pub fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        self.phases.clear();
        for _ in 0..from.count()? {
            self.phases.push((from.number()?, from.count()?));
        }
        Ok(())
    }

    /// Adds steps with learning rate η₀.
    pub fn push(&mut self, learning_rate: f64, steps: u64) {
        match self.phases.last_mut() {
            Some((last, count)) if *last == learning_rate => *count += steps,
            _ if steps > 0 => self.phases.push((learning_rate, steps)),
            _ => {}
        }
    }
}

type Matrix3 = [[f64; 3]; 3];

/// mⁿv, by repeated squaring.
fn apply_power(mut m: Matrix3, mut n: u64, mut v: [f64; 3]) -> [f64; 3] {
    while n > 0 {
        if n % 2 == 1 {
            v = std::array::from_fn(|i| (0..3).map(|k| m[i][k] * v[k]).sum());
        }
        m = std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..3).map(|k| m[i][k] * m[k][j]).sum())
        });
        n /= 2;
    }
    v
}

/// A time at which the linearised model is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum LazyTime {
    /// After these steps of gradient descent. Where the learning rate changed
    /// on the way the factors compose, which is exact: Π(1 − 2η_iλ/P)^{t_i}.
    Descent(LearningRates),
    /// At flow time τ of gradient flow: e^{−2λτ/P}.
    Flow(f64),
    /// τ → ∞: kernel regression with K₀, by the pseudo-inverse.
    Limit,
}

impl LazyTime {
    /// After `steps` steps of gradient descent with learning rate η₀.
    pub fn steps(learning_rate: f64, steps: u64) -> Self {
        Self::Descent(LearningRates::constant(learning_rate, steps))
    }

    /// For an eigenvalue λ ≥ 0 of K and P samples: the factor ρ of the residual
    /// along its eigenvector, and 1 − ρ without cancellation.
    pub(super) fn factor(&self, eigenvalue: f64, samples: f64) -> (f64, f64) {
        let rate = 2.0 * eigenvalue / samples;
        match self {
            Self::Limit if eigenvalue > 0.0 => (0.0, 1.0),
            Self::Limit => (1.0, 0.0),
            Self::Flow(tau) => ((-rate * tau).exp(), -(-rate * tau).exp_m1()),
            Self::Descent(rates) if rates.momentum > 0.0 => {
                let lost = rates.lost_with_momentum(rate);
                (1.0 - lost, lost)
            }
            Self::Descent(rates) => {
                let (mut log, mut negative) = (0.0, false);
                for &(learning_rate, steps) in &rates.phases {
                    let x = learning_rate * rate;
                    // ln|1 − x|, accurate about x = 0 and x = 2.
                    log += steps as f64
                        * if x <= 1.0 {
                            (-x).ln_1p()
                        } else {
                            (x - 2.0).ln_1p()
                        };
                    negative ^= x > 1.0 && steps % 2 == 1;
                }
                if negative {
                    (-log.exp(), 1.0 + log.exp())
                } else {
                    (log.exp(), -log.exp_m1())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_is_the_product_of_the_steps() {
        let mut rates = LearningRates::default();
        let steps = [(0.3, 5), (1.7, 3), (0.3, 1), (2.6, 4), (0.5, 0)];
        steps.iter().for_each(|&(rate, n)| rates.push(rate, n));
        for eigenvalue in [0.0, 1e-13, 0.2, 1.0 / 0.6, 2.0, 7.0] {
            let mut product = 1.0;
            for &(rate, n) in &steps {
                for _ in 0..n {
                    product *= 1.0 - 2.0 * rate * eigenvalue / 2.0;
                }
            }
            let (factor, grown) = LazyTime::Descent(rates.clone()).factor(eigenvalue, 2.0);
            assert!(
                (factor - product).abs() < 1e-12 * product.abs().max(1e-3),
                "λ = {eigenvalue}"
            );
            assert!((grown - (1.0 - product)).abs() < 1e-12 * grown.abs().max(1e-3));
        }
    }

    #[test]
    fn with_momentum_it_follows_the_steps_too() {
        for momentum in [0.3, 0.95] {
            let mut rates = LearningRates::with_momentum(momentum);
            let steps = [(0.3, 5), (0.7, 40), (0.3, 1)];
            steps.iter().for_each(|&(rate, n)| rates.push(rate, n));
            for eigenvalue in [0.0, 1e-9, 0.2, 1.0] {
                let (mut residual, mut sum) = (1.0, 0.0);
                for &(rate, n) in &steps {
                    for _ in 0..n {
                        sum = momentum * sum + residual;
                        residual -= rate * eigenvalue * sum;
                    }
                }
                let (factor, grown) = LazyTime::Descent(rates.clone()).factor(eigenvalue, 2.0);
                assert!((factor - residual).abs() < 1e-12, "λ = {eigenvalue}");
                assert!((grown - (1.0 - residual)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn slow_modes_grow_in_proportion_to_time() {
        // (1 − ρ)/λ → 2τ/P as λ → 0, in both forms.
        let (eigenvalue, samples) = (1e-18, 7.0);
        for time in [LazyTime::Flow(30.0), LazyTime::steps(0.5, 60)] {
            let (_, grown) = time.factor(eigenvalue, samples);
            assert!((grown / eigenvalue / (2.0 * 30.0 / samples) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_step_that_is_too_large_grows_without_bound_and_stays_a_number_or_infinite() {
        for steps in [999, 1_000, 1_000_000_000] {
            let (factor, grown) = LazyTime::steps(5.0, steps).factor(1.0, 2.0);
            assert!(factor.abs() > 1e100 && !factor.is_nan() && !grown.is_nan());
        }
        assert_eq!(LazyTime::steps(1.0, 3).factor(1.0, 2.0), (0.0, 1.0));
    }
}
