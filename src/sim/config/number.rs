//! Numbers as people write them, and as they are written for people: the one
//! reader behind typed fields, `--set`, TOML, sweeps' axes and lists of steps,
//! and the one writer whose text it reads back.
//!
//! | written | is |
//! |---|---|
//! | `0.3`, `-2`, `−2`, `1e8`, `2.5E-3` | decimal |
//! | `1,000,000`, `1_000_000` | thousands set apart |
//! | `10^8`, `10⁸`, `2^-5`, `10⁻³` | a power |
//! | `3×10⁴`, `3*10^4`, `2.5·10⁻³` | a number times a power |
//! | `1/32` | a fraction |
//! | `inf`, `∞` | no bound |

/// A number that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number from 0 to 2⁶⁴ − 1, exactly.
    Whole(u64),
    /// Any other.
    Real(f64),
}

/// Largest float64 below which every whole number is one of its own: 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

impl Number {
    /// As float64, rounded where it is whole and has more than 53 bits.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole(n) => n as f64,
            Self::Real(x) => x,
        }
    }
}

/// The whole number that a float64 stands for, if it stands for exactly one.
pub fn whole_of(x: f64) -> Option<u64> {
    ((0.0..=EXACT).contains(&x) && x.fract() == 0.0).then_some(x as u64)
}

/// Reads a number; `None` where the text is none.
pub fn read(text: &str) -> Option<Number> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some((above, below)) = digits.split_once('/') {
        let fraction = product(above.trim())?.as_f64() / product(below.trim())?.as_f64();
        return finite(if negative { -fraction } else { fraction });
    }
    let number = match digits {
        "inf" | "infinity" | "∞" => Number::Real(f64::INFINITY),
        _ => product(digits)?,
    };
    Some(match (negative, number) {
        (false, number) => number,
        (true, number) => Number::Real(-number.as_f64()),
    })
}

/// Reads a whole number.
pub fn read_whole(text: &str) -> Option<u64> {
    match read(text)? {
        Number::Whole(n) => Some(n),
        Number::Real(x) => whole_of(x),
    }
}

/// Reads a list of whole numbers with commas or spaces between them, brackets
/// around it or not. A comma parts two numbers here, and never thousands.
pub fn read_list(text: &str) -> Option<Vec<u64>> {
    let text = text.trim();
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.trim(),
        None => text,
    };
    // A comma may follow the last number, as in TOML.
    let inner = inner.strip_suffix(',').unwrap_or(inner).trim();
    if inner.is_empty() {
        return Some(Vec::new());
    }
    if !inner.contains(',') {
        return inner.split_whitespace().map(read_whole).collect();
    }
    inner.split(',').map(read_whole).collect()
}

fn product(text: &str) -> Option<Number> {
    if let Some((factor, power)) = text.split_once(['×', '*', '·']) {
        let (base, exponent) = split_power(power.trim())?;
        let factor = plain_digits(factor.trim())?;
        if base.trim() == "10" && !factor.contains(['e', 'E']) {
            return decimal(&format!("{factor}e{exponent}"));
        }
        let power = power_of(base, exponent)?.as_f64();
        return finite(factor.parse::<f64>().ok()? * power);
    }
    match split_power(text) {
        Some((base, exponent)) => power_of(base, exponent),
        None => decimal(&plain_digits(text)?),
    }
}

/// Base and exponent of 10^8 or 10⁸.
fn split_power(text: &str) -> Option<(&str, i32)> {
    if let Some((base, exponent)) = text.split_once('^') {
        let exponent = exponent.trim().replace('−', "-");
        return Some((base, exponent.parse().ok()?));
    }
    let at = text.find(|c| SUPERSCRIPTS.contains(&c) || c == '⁻')?;
    let mut exponent = String::new();
    for c in text[at..].chars() {
        match SUPERSCRIPTS.iter().position(|&s| s == c) {
            Some(digit) => exponent.push_str(&digit.to_string()),
            None if c == '⁻' && exponent.is_empty() => exponent.push('-'),
            None => return None,
        }
    }
    Some((&text[..at], exponent.parse().ok()?))
}

fn power_of(base: &str, exponent: i32) -> Option<Number> {
    let base = plain_digits(base.trim())?;
    if base == "10" {
        // Through text, so that 10^-3 is the float64 that 0.001 is.
        return decimal(&format!("1e{exponent}"));
    }
    if let (Ok(base), Ok(exponent)) = (base.parse::<u64>(), u32::try_from(exponent))
        && let Some(n) = base.checked_pow(exponent)
    {
        return Some(Number::Whole(n));
    }
    finite(base.parse::<f64>().ok()?.powi(exponent))
}

/// Digits without what sets thousands apart; `None` where groups are not of
/// three, since 0,5 may be half and 1,2,3 a list.
fn plain_digits(text: &str) -> Option<String> {
    if !text.bytes().next()?.is_ascii_digit() && !text.starts_with('.') {
        return None;
    }
    let Some(mark) = text.chars().find(|c| matches!(c, ',' | '_')) else {
        return Some(text.to_owned());
    };
    let end = text.find(['.', 'e', 'E']).unwrap_or(text.len());
    let (whole, rest) = text.split_at(end);
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let starts = (1..=3).contains(&first.len()) && digits(first) && !first.starts_with('0');
    let grouped = starts && groups.all(|g| g.len() == 3 && digits(g));
    (grouped && !rest.contains(mark)).then(|| whole.replace(mark, "") + rest)
}

/// A number in decimal notation, exact where it is whole.
fn decimal(text: &str) -> Option<Number> {
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    if !text.bytes().all(allowed) {
        return None;
    }
    let x: f64 = text.parse().ok()?;
    if let Some(n) = exact(text) {
        return Some(Number::Whole(n));
    }
    finite(x)
}

/// The whole number that decimal text stands for, to the last digit.
fn exact(text: &str) -> Option<u64> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let zeros = u32::try_from(zeros).ok()?;
    let n: u64 = significant.parse().ok()?;
    n.checked_mul(10u64.checked_pow(zeros)?)
}

/// Beyond the range of float64 is no number that somebody meant.
fn finite(x: f64) -> Option<Number> {
    x.is_finite().then_some(match whole_of(x) {
        Some(n) if x.is_sign_positive() => Number::Whole(n),
        _ => Number::Real(x),
    })
}

/// The shortest text that [`read`] reads back to the same bits, plain between
/// 10⁻³ and 10⁶.
pub fn text(x: f64) -> String {
    if x == f64::INFINITY {
        "∞".into()
    } else if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        format!("{x}")
    } else {
        format!("{x:e}")
    }
}

/// A number to four significant digits, in the letters of a file name: for
/// names and labels, where the settings themselves are at hand.
pub fn short(x: f64) -> String {
    let rounded = format!("{x:.3e}").parse().unwrap_or(x);
    text(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_number_is_read() {
        for (written, n) in [
            ("1e8", 100_000_000),
            ("10^8", 100_000_000),
            ("10⁸", 100_000_000),
            (" 10^ 8", 100_000_000),
            ("3×10⁴", 30_000),
            ("2.5*10^4", 25_000),
            ("1,000,000", 1_000_000),
            ("1_000", 1_000),
            ("29,264", 29_264),
            ("100.0", 100),
            ("1.5e3", 1_500),
            ("2^10", 1_024),
            ("+7", 7),
            ("9223372036854775807", i64::MAX as u64),
            ("18446744073709551615", u64::MAX),
            ("1e18", 1_000_000_000_000_000_000),
            ("0", 0),
        ] {
            assert_eq!(read(written), Some(Number::Whole(n)), "{written}");
        }
        for (written, x) in [
            ("0.3", 0.3),
            ("2^-5", 1.0 / 32.0),
            ("1/32", 1.0 / 32.0),
            ("10⁻³", 0.001),
            ("10^-3", 0.001),
            ("1.23×10⁻⁹", 1.23e-9),
            ("−2.5", -2.5),
            ("-3", -3.0),
            (".5", 0.5),
            ("1,234.5", 1_234.5),
            ("∞", f64::INFINITY),
        ] {
            assert_eq!(read(written), Some(Number::Real(x)), "{written}");
        }
    }

    #[test]
    fn what_may_mean_two_things_is_no_number() {
        for written in [
            "",
            "0,5",
            "1,2,3",
            "1,00",
            "0,500",
            "12,34,567",
            "1,000_000",
            "many",
            "nan",
            "1e",
            "10^",
            "^8",
            "10^8^2",
            "⁸",
            "10⁸x",
            "1e999",
            "1 000",
            "--3",
            "0x10",
            "1e-",
            "10⁻",
            "1/0",
            "1/2/3",
        ] {
            assert_eq!(read(written), None, "{written:?}");
        }
    }

    #[test]
    fn in_a_list_a_comma_parts() {
        for (written, list) in [
            ("1,2,3", vec![1, 2, 3]),
            ("1,200", vec![1, 200]),
            ("[1, 10, 1e3]", vec![1, 10, 1_000]),
            ("1, 2,1e3, 10⁴", vec![1, 2, 1_000, 10_000]),
            ("1 10 100", vec![1, 10, 100]),
            ("[7]", vec![7]),
            ("[1, 2,]", vec![1, 2]),
            ("[]", vec![]),
        ] {
            assert_eq!(read_list(written).as_ref(), Some(&list), "{written}");
        }
        for bad in ["1,,2", "[1", "x", "1.5", "-1", "1;2"] {
            assert_eq!(read_list(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_reads_back_to_the_bit() {
        let numbers = [
            0.3,
            1.0,
            1e-5,
            123.456,
            0.1 + 0.2,
            2.5e7,
            0.0,
            1e300,
            5e-324,
            -0.7,
        ];
        for x in numbers {
            assert_eq!(read(&text(x)).map(Number::as_f64), Some(x), "{x}");
        }
        assert_eq!(short(10.365_321_883_8), "10.37");
        assert_eq!(short(1e-5), "1e-5");
        assert_eq!(short(0.3), "0.3");
    }
}
