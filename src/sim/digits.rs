//! Numbers cut to the digits that a person reads out and types in.

/// `value` with this many significant digits, towards zero: advice must stay on
/// the stable side. Numbers that are not finite, and 0, come back as they are.
pub fn round_down(value: f64, digits: usize) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    let places = digits.max(1) - 1;
    let text = format!("{value:.*e}", places);
    // Through text: exactly the number that its digits name.
    let near: f64 = text.parse().unwrap_or(value);
    if near.abs() <= value.abs() * (1.0 + 1e-9) {
        return near;
    }
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return value;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let mantissa: f64 = mantissa.parse().unwrap_or_default();
    let unit = 10f64.powi(-(places as i32));
    // Below 1 the next number with as many digits is 9.9…, a decade lower.
    let (below, exponent) = if mantissa.abs() == 1.0 {
        ((10.0 - unit) * mantissa, exponent - 1)
    } else {
        (mantissa - unit * mantissa.signum(), exponent)
    };
    let text = format!("{below:.*}e{exponent}", places);
    text.parse().unwrap_or(value)
}

/// A learning rate with two significant digits towards zero, as it can be typed
/// in: "0.62", "2.3e-7".
pub fn rate_in_digits(rate: f64) -> String {
    let rate = round_down(rate, 2);
    if rate == 0.0 || (1e-3..1e6).contains(&rate.abs()) {
        format!("{rate}")
    } else {
        format!("{rate:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_never_rounded_up_and_reads_back() {
        for (value, text) in [
            (0.629, "0.62"),
            (0.3, "0.3"),
            (0.1 + 0.2, "0.3"),
            (1.0, "1"),
            (12.9, "12"),
            (0.9999, "0.99"),
            (1.09, "1"),
            (2.3999e-7, "2.3e-7"),
            (1.09e-10, "1e-10"),
            (9.999e12, "9.9e12"),
        ] {
            assert_eq!(rate_in_digits(value), text, "{value}");
            let back: f64 = text.parse().unwrap();
            assert_eq!(back, round_down(value, 2));
            assert!(back <= value * (1.0 + 1e-9));
        }
        assert!(round_down(f64::NAN, 2).is_nan());
    }
}
