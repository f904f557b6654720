//! Coefficients of the Runge–Kutta–Chebyshev method of order 2.
//!
//! With T_j the Chebyshev polynomials, ω₀ = 1 + ε/s², ω₁ = T'_s(ω₀)/T''_s(ω₀),
//! b_j = T''_j(ω₀)/T'_j(ω₀)² (b₀ = b₁ = b₂) and a_j = 1 − b_jT_j(ω₀), an s-stage
//! step of size h from y is
//!
//! ```text
//! Y₀ = y,  Y₁ = Y₀ + μ̃₁hF₀
//! Y_j = (1−μ_j−ν_j)Y₀ + μ_jY_{j−1} + ν_jY_{j−2} + μ̃_jhF_{j−1} + γ̃_jhF₀
//! μ̃₁ = b₁ω₁,  μ_j = 2b_jω₀/b_{j−1},  ν_j = −b_j/b_{j−2},  μ̃_j = 2b_jω₁/b_{j−1},  γ̃_j = −a_{j−1}μ̃_j
//! ```
//!
//! (Sommeijer, Shampine and Verwer 1998, eq 2.1–2.4).

/// Damping ε of the stability polynomial.
const DAMPING: f64 = 2.0 / 13.0;

/// Length of the stability interval on the negative real axis, over s² − 1:
/// ⅔(1 − 2ε/15).
const INTERVAL: f64 = 2.0 / 3.0 * (1.0 - 2.0 / 15.0 * DAMPING);

/// Fewest stages of the method.
pub const MIN_STAGES: usize = 2;

/// Fewest stages with which a step is stable where h·(spectral radius) = `z`.
pub fn stages_for(z: f64) -> usize {
    ((z / INTERVAL + 1.0).sqrt().ceil() as usize).max(MIN_STAGES)
}

/// Largest h·(spectral radius) that `stages` stages are stable for.
pub fn stability_interval(stages: usize) -> f64 {
    let s = stages as f64;
    INTERVAL * (s * s - 1.0)
}

/// The multipliers of one stage j ≥ 2.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// 1 − μ_j − ν_j, of Y₀.
    pub initial: f64,
    /// μ_j, of Y_{j−1}.
    pub previous: f64,
    /// ν_j, of Y_{j−2}.
    pub before_previous: f64,
    /// μ̃_j, of hF_{j−1}.
    pub slope: f64,
    /// γ̃_j, of hF₀.
    pub initial_slope: f64,
    /// c_j: the stage approximates y(t + c_jh).
    pub node: f64,
}

/// Makes the stages of one step in order, from the three-term recurrences of T_j,
/// T'_j and T''_j at ω₀.
#[derive(Clone, Debug)]
pub struct Stages {
    w0: f64,
    w1: f64,
    // T, T', T'' at j − 1 and j − 2.
    last: [f64; 3],
    before: [f64; 3],
    b_last: f64,
    b_before: f64,
    left: usize,
}

impl Stages {
    /// The coefficients of an s-stage step, s ≥ 2.
    pub fn new(stages: usize) -> Self {
        let s = stages.max(MIN_STAGES) as f64;
        let w0 = 1.0 + DAMPING / (s * s);
        // T_s and its derivatives at ω₀ = cosh θ.
        let sinh_sq = w0 * w0 - 1.0;
        let sinh = sinh_sq.sqrt();
        let arg = s * (w0 + sinh).ln();
        let (first, second) = (
            s * arg.sinh() / sinh,
            (s * s * arg.cosh() - s * w0 * arg.sinh() / sinh) / sinh_sq,
        );
        let b = 1.0 / (4.0 * w0 * w0);
        Self {
            w0,
            w1: first / second,
            last: [w0, 1.0, 0.0],
            before: [1.0, 0.0, 0.0],
            b_last: b,
            b_before: b,
            left: stages.max(MIN_STAGES) - 1,
        }
    }

    /// μ̃₁ of the first stage, which is also its node c₁.
    pub fn first_slope(&self) -> f64 {
        self.w1 / (4.0 * self.w0 * self.w0)
    }
}

impl Iterator for Stages {
    type Item = Stage;

    fn next(&mut self) -> Option<Stage> {
        self.left = self.left.checked_sub(1)?;
        let ([t, d, d2], [t0, d0, d20]) = (self.last, self.before);
        let w0 = self.w0;
        let now = [
            2.0 * w0 * t - t0,
            2.0 * w0 * d - d0 + 2.0 * t,
            2.0 * w0 * d2 - d20 + 4.0 * d,
        ];
        let b = now[2] / (now[1] * now[1]);
        let previous = 2.0 * w0 * b / self.b_last;
        let before_previous = -b / self.b_before;
        let slope = 2.0 * self.w1 * b / self.b_last;
        let stage = Stage {
            initial: 1.0 - previous - before_previous,
            previous,
            before_previous,
            slope,
            initial_slope: -(1.0 - self.b_last * t) * slope,
            node: self.w1 * now[2] / now[1],
        };
        (self.before, self.last) = (self.last, now);
        (self.b_before, self.b_last) = (self.b_last, b);
        Some(stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stability polynomial: a step of y' = λy, y = 1, as a function of z = λh.
    fn amplification(stages: usize, z: f64) -> f64 {
        let coefficients = Stages::new(stages);
        let (mut before, mut last) = (1.0, 1.0 + coefficients.first_slope() * z);
        for c in coefficients {
            let next = c.initial
                + c.previous * last
                + c.before_previous * before
                + c.slope * z * last
                + c.initial_slope * z;
            (before, last) = (last, next);
        }
        last
    }

    #[test]
    fn the_stability_polynomial_matches_the_exponential_to_second_order() {
        for s in [2, 3, 5, 10, 50, 300] {
            let error = |z: f64| amplification(s, z) - (1.0 + z + 0.5 * z * z);
            let (coarse, fine) = (error(-1e-2), error(-5e-3));
            assert!(coarse.abs() < 1e-6, "{s} stages: {coarse:e}");
            if coarse.abs() > 1e-10 {
                assert!(
                    (coarse / fine - 8.0).abs() < 0.5,
                    "{s}: {coarse:e} {fine:e}"
                );
            }
        }
    }

    #[test]
    fn every_step_is_stable_over_the_whole_interval() {
        for s in [2, 3, 4, 7, 20, 100, 400] {
            let end = stability_interval(s);
            for i in 1..=4000 {
                let z = -end * f64::from(i) / 4000.0;
                let p = amplification(s, z);
                assert!(p.abs() <= 1.0, "{s} stages at {z}: {p}");
            }
            // Not much is given away (where T_s rises beyond it rather than falls).
            assert!(amplification(s, -1.1 * end).abs() > 1.0 || s % 2 == 1);
            assert!(stages_for(end * (1.0 - 1e-12)) <= s);
            assert_eq!(stages_for(end * 1.001), s + 1);
        }
    }

    #[test]
    fn the_last_node_is_the_end_of_the_step() {
        for s in [2, 5, 40] {
            let node = Stages::new(s).last().expect("at least one stage").node;
            assert!((node - 1.0).abs() < 1e-10, "{s}: {node}");
        }
    }
}
