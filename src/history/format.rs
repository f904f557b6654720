//! Numbers as they are written in the window: thousands separated, as many
//! digits as mean something, powers of ten with proper superscripts.

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// An integer as an exponent: −3 → ⁻³.
pub fn superscript(n: i32) -> String {
    let sign = if n < 0 { "⁻" } else { "" };
    let digits = n.unsigned_abs().to_string();
    digits.bytes().fold(String::from(sign), |mut text, digit| {
        text.push(SUPERSCRIPTS[usize::from(digit - b'0')]);
        text
    })
}

/// 10ⁿ: −3 → 10⁻³.
pub fn power_of_ten(n: i32) -> String {
    format!("10{}", superscript(n))
}

/// A count with its thousands separated: 29264 → 29,264.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A step count: whole powers of ten from 10⁴ on are written as such, others
/// with their thousands separated.
pub fn steps(n: u64) -> String {
    match n.checked_ilog10() {
        Some(k) if k >= 4 && n == 10u64.pow(k) => power_of_ten(k as i32),
        _ => thousands(n),
    }
}

/// A number to `digits` significant digits, plain between 10⁻³ and 10⁶, as
/// m×10ⁿ beyond; NaN and infinities by name.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let digits = digits.max(1);
    // Rounding first: 0.9996 to three digits is 1.00, one decade up.
    let scientific = format!("{:.*e}", digits - 1, value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "−" } else { "" };
    if (-3..6).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        format!("{sign}{:.decimals$}", value.abs())
    } else {
        format!("{sign}{mantissa}×{}", power_of_ten(exponent))
    }
}

/// As [`significant`], without zeros that say nothing: 1.500 → 1.5.
pub fn plain(value: f64, digits: usize) -> String {
    let text = significant(value, digits);
    if text.contains('.') && !text.contains('×') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

/// A fraction in percent, to two digits.
pub fn percent(fraction: f64) -> String {
    let percent = 100.0 * fraction;
    if !percent.is_finite() {
        return significant(percent, 2);
    }
    if percent >= 10.0 {
        format!("{percent:.0} %")
    } else if percent >= 0.1 {
        format!("{} %", plain(percent, 2))
    } else {
        "less than 0.1 %".into()
    }
}

/// A length of time, to the second.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil().clamp(0.0, 1e15) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// How many times: 45.7 → 46×, 1.83 → 1.8×.
pub fn times(ratio: f64) -> String {
    if ratio >= 10.0 && ratio.is_finite() {
        format!("{}×", thousands(ratio.round() as u64))
    } else {
        format!("{}×", plain(ratio, 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(duration(0.2), "1 s");
        assert_eq!(duration(61.0), "1 min 01 s");
        assert_eq!(duration(3_725.0), "1 h 02 min");
        assert_eq!(duration(200_000.0), "2 d 07 h");
    }

    #[test]
    fn powers_of_ten_have_proper_superscripts() {
        assert_eq!(power_of_ten(-3), "10⁻³");
        assert_eq!(power_of_ten(0), "10⁰");
        assert_eq!(power_of_ten(10), "10¹⁰");
        assert_eq!(superscript(i32::MIN), "⁻²¹⁴⁷⁴⁸³⁶⁴⁸");
    }

    #[test]
    fn steps_are_readable_from_0_to_the_largest() {
        for (n, text) in [
            (0, "0"),
            (7, "7"),
            (1000, "1,000"),
            (10_000, "10⁴"),
            (29_264, "29,264"),
            (100_000_000, "10⁸"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(steps(n), text);
        }
    }

    #[test]
    fn numbers_keep_their_significant_digits() {
        for (value, digits, text) in [
            (0.0, 4, "0"),
            (1.5, 4, "1.500"),
            (0.001_628_4, 4, "0.001628"),
            (0.999_96, 4, "1.000"),
            (123_456.0, 3, "123456"),
            (-0.25, 2, "−0.25"),
            (1.234e-9, 3, "1.23×10⁻⁹"),
            (9.999e-4, 2, "0.0010"),
            (2.5e12, 2, "2.5×10¹²"),
            (f64::INFINITY, 3, "∞"),
            (f64::NAN, 3, "not a number"),
        ] {
            assert_eq!(significant(value, digits), text, "{value} to {digits}");
        }
        assert_eq!(plain(1.5, 4), "1.5");
        assert_eq!(plain(2.0, 4), "2");
    }

    #[test]
    fn ratios_and_percentages_have_sensible_digits() {
        assert_eq!(times(45.65), "46×");
        assert_eq!(times(1.826), "1.8×");
        assert_eq!(times(12_345.6), "12,346×");
        assert_eq!(percent(0.4321), "43 %");
        assert_eq!(percent(0.0213), "2.1 %");
        assert_eq!(percent(1e-7), "less than 0.1 %");
        assert_eq!(percent(f64::INFINITY), "∞");
    }
}
