//! How long the linearised model has trained, and what that does to one mode.

/// The learning rates of a run of gradient descent, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearningRates {
    // Each η₀ and the number of steps taken with it.
    phases: Vec<(f64, u64)>,
}

impl LearningRates {
    /// Steps with one learning rate η₀.
    pub fn constant(learning_rate: f64, steps: u64) -> Self {
        let mut rates = Self::default();
        rates.push(learning_rate, steps);
        rates
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
