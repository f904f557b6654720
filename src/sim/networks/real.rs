//! The two precisions, and the elementwise functions in each.

use faer::traits::RealField;
use std::fmt::Debug;

/// f32 or f64: what weights, activations and gradients are made of.
///
/// The functions keep NaN: a NaN that enters a ReLU, a tanh or an exponential
/// comes out of it as NaN.
pub trait Real: RealField + Copy + Default + Debug + Send + Sync + 'static {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The nearest number in this precision.
    fn of(value: f64) -> Self;

    /// As f64, exactly.
    fn wide(self) -> f64;

    /// √x.
    fn root(self) -> Self;

    /// eˣ. In f32 to about 2 units in the last place, by Cody and Waite's
    /// reduction, as plain arithmetic that the compiler can vectorise.
    fn exponential(self) -> Self;

    /// tanh x. In f32 to a few units in the last place, by a rational function of
    /// degree 13/6, as plain arithmetic that the compiler can vectorise.
    fn hyperbolic_tangent(self) -> Self;
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn exponential(self) -> Self {
        self.exp()
    }

    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        self.tanh()
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn exponential(self) -> Self {
        // 1.5·2²³: adding it rounds to a whole number, which the low bits of the
        // sum then hold.
        const ROUND: f32 = 12_582_912.0;
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        let x = keep_within(self, -87.3, 88.3);
        let rounded = x * std::f32::consts::LOG2_E + ROUND;
        let n = rounded - ROUND;
        let r = (x - n * LN2_HIGH) - n * LN2_LOW;
        let mut p = 1.987_569_1e-4;
        p = p * r + 1.398_199_9e-3;
        p = p * r + 8.333_452e-3;
        p = p * r + 4.166_579_6e-2;
        p = p * r + 1.666_666_5e-1;
        p = p * r + 0.5;
        let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
        // Below the range the answer is 0 as far as sums of weights go.
        let inside = (p * r * r + r + 1.0) * power;
        if self > 88.8 {
            f32::INFINITY
        } else if self < -87.3 {
            0.0
        } else {
            // The bits of a NaN make no power: it is put back.
            inside + x * 0.0
        }
    }

    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        // Beyond this the f32 nearest to tanh x is ±1.
        let x = keep_within(self, -7.905_311, 7.905_311);
        let x2 = x * x;
        let mut p = -2.760_768_5e-16;
        p = p * x2 + 2.000_188e-13;
        p = p * x2 - 8.604_672e-11;
        p = p * x2 + 5.122_297e-8;
        p = p * x2 + 1.485_722_4e-5;
        p = p * x2 + 6.372_619e-4;
        p = p * x2 + 4.893_525e-3;
        let mut q = 1.198_258_4e-6;
        q = q * x2 + 1.185_347e-4;
        q = q * x2 + 2.268_434_6e-3;
        q = q * x2 + 4.893_525e-3;
        x * p / q
    }
}

/// x moved into [low, high]; NaN stays NaN, which `clamp` and `max` do not
/// promise to keep when vectorised.
#[inline(always)]
fn keep_within(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// max(x, 0), NaN for NaN.
#[inline(always)]
pub fn relu<T: Real>(x: T) -> T {
    if x <= T::ZERO { T::ZERO } else { x }
}

/// The derivative of a ReLU where its output is `y`: 0 at y = 0, and not 0 for
/// NaN.
#[inline(always)]
pub fn relu_slope<T: Real>(y: T) -> T {
    if y <= T::ZERO { T::ZERO } else { T::ONE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_precision_functions_are_close_to_the_exact_ones() {
        for i in -9000..=9000 {
            let x = i as f32 * 0.01;
            let (found, exact) = (x.exponential(), f64::from(x).exp());
            if (-87.0..88.0).contains(&x) {
                assert!((f64::from(found) / exact - 1.0).abs() < 3e-7, "exp {x}");
            }
            let (found, exact) = (x.hyperbolic_tangent(), f64::from(x).tanh());
            assert!((f64::from(found) - exact).abs() < 4e-7, "tanh {x}: {found}");
        }
        assert_eq!(0f32.exponential(), 1.0);
        assert_eq!((-200f32).exponential(), 0.0);
        assert_eq!(f32::NEG_INFINITY.exponential(), 0.0);
        assert_eq!(200f32.exponential(), f32::INFINITY);
    }

    #[test]
    fn nan_comes_out_of_every_function() {
        assert!(relu(f32::NAN).is_nan() && relu(f64::NAN).is_nan());
        assert!(f32::NAN.exponential().is_nan() && f64::NAN.exponential().is_nan());
        assert!(f32::NAN.hyperbolic_tangent().is_nan());
        assert!(f64::NAN.hyperbolic_tangent().is_nan());
        assert_eq!(relu_slope(f64::NAN), 1.0);
        assert_eq!((relu(-1.0), relu(2.0), relu_slope(0.0)), (0.0, 2.0, 0.0));
    }
}
