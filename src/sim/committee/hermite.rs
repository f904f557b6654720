//! Hermite polynomials of the probabilists' kind, of degree 2 to 4.

/// H_k: orthogonal under the standard normal law, ⟨H_k²⟩ = k!.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hermite {
    /// z² − 1.
    Two,
    /// z³ − 3z.
    Three,
    /// z⁴ − 6z² + 3.
    Four,
}

impl Hermite {
    /// The polynomial of this degree; 2 below and 4 above the range.
    pub fn new(degree: usize) -> Self {
        match degree {
            0..=2 => Self::Two,
            3 => Self::Three,
            _ => Self::Four,
        }
    }

    /// H_k(z).
    #[inline]
    pub fn value(self, z: f64) -> f64 {
        match self {
            Self::Two => z * z - 1.0,
            Self::Three => z * (z * z - 3.0),
            Self::Four => (z * z - 6.0) * z * z + 3.0,
        }
    }

    /// H_k'(z) = k H_{k−1}(z).
    #[inline]
    pub fn slope(self, z: f64) -> f64 {
        match self {
            Self::Two => 2.0 * z,
            Self::Three => 3.0 * (z * z - 1.0),
            Self::Four => 4.0 * z * (z * z - 3.0),
        }
    }

    /// ⟨H_k²⟩ = k! over a standard normal variable.
    pub fn mean_square(self) -> f64 {
        match self {
            Self::Two => 2.0,
            Self::Three => 6.0,
            Self::Four => 24.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean over a standard normal variable, by the trapezoidal rule.
    fn mean(f: impl Fn(f64) -> f64) -> f64 {
        let step = 1e-2;
        (-1200..=1200)
            .map(|i| f64::from(i) * step)
            .map(|z| f(z) * (-0.5 * z * z).exp() * step)
            .sum::<f64>()
            / std::f64::consts::TAU.sqrt()
    }

    #[test]
    fn they_are_orthogonal_to_each_other_and_to_lower_powers() {
        for k in 2..=4 {
            let h = Hermite::new(k);
            for j in 2..=4 {
                let expected = if j == k { h.mean_square() } else { 0.0 };
                let product = mean(|z| h.value(z) * Hermite::new(j).value(z));
                assert!((product - expected).abs() < 1e-9, "{j} {k}: {product}");
            }
            for power in 0..k {
                let overlap = mean(|z| h.value(z) * z.powi(power as i32));
                assert!(overlap.abs() < 1e-9, "H_{k} and z^{power}: {overlap}");
            }
        }
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for k in 2..=4 {
            let h = Hermite::new(k);
            for z in [-1.7, 0.0, 0.3, 2.0] {
                let difference = (h.value(z + 1e-6) - h.value(z - 1e-6)) / 2e-6;
                assert!((h.slope(z) - difference).abs() < 1e-6);
            }
        }
    }
}
