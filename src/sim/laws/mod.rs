//! Laws across runs: a product of powers of settings and of what was measured against
//! another one, the exponent between them, and how well the runs collapse on one line.

mod examples;

pub use examples::{EXAMPLES, Example};

use super::config::{Config, FIELDS, Field, Width};
use std::fmt;

/// What is measured of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Step of the fit.
    Fit,
    /// Step of the generalisation.
    Generalise,
    /// Their difference.
    Delay,
    /// Their ratio.
    Ratio,
    /// Step at which the train loss is at half of the zero predictor's.
    Half,
    /// The same as the data predict it.
    Escape,
    /// Train loss at the end.
    TrainLoss,
    /// Test loss at the end.
    TestLoss,
    /// ‖W−W₀‖²/‖W₀‖² at the end.
    Movement,
    /// The same of the lazy solution: (N/α²)·uᵀK₀⁻¹u/‖W₀‖² with u = y − (1−κ)f₀.
    LazyMovement,
}

impl Measured {
    /// All, with their names in formulas and in words.
    pub const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Fit, "t_train", "step at which it fits"),
        (Self::Generalise, "t_test", "step at which it generalises"),
        (Self::Delay, "delay", "t_test − t_train"),
        (Self::Ratio, "ratio", "t_test/t_train"),
        (
            Self::Half,
            "t_half",
            "step at which the train loss is at half",
        ),
        (Self::Escape, "t_escape", "the same as the data predict it"),
        (Self::TrainLoss, "L_train", "train loss at the end"),
        (Self::TestLoss, "L_test", "test loss at the end"),
        (Self::Movement, "movement", "‖W−W₀‖²/‖W₀‖² at the end"),
        (
            Self::LazyMovement,
            "lazy_movement",
            "the same of the lazy solution, (N/α²)·yᵀK₀⁻¹y/‖W₀‖²",
        ),
    ];

    /// Its name in formulas.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// One factor's base.
#[derive(Clone, Copy)]
enum Base {
    Setting(&'static Field),
    Measured(Measured),
}

impl Base {
    fn name(self) -> &'static str {
        match self {
            Self::Setting(field) => field.symbol,
            Self::Measured(measured) => measured.name(),
        }
    }

    fn same(self, other: Self) -> bool {
        self.name() == other.name()
    }
}

/// A product of powers: "σ²α", "P/D²", "t_test·λ".
#[derive(Clone, Default)]
pub struct Product {
    factors: Vec<(Base, f64)>,
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Product({self})")
    }
}

impl PartialEq for Product {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&(Base, f64), &(Base, f64))| a.0.same(b.0) && a.1 == b.1;
        self.factors.len() == other.factors.len()
            && self.factors.iter().zip(&other.factors).all(same)
    }
}

const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.factors.is_empty() {
            return f.write_str("1");
        }
        for (k, (base, power)) in self.factors.iter().enumerate() {
            if k > 0 {
                f.write_str("·")?;
            }
            f.write_str(base.name())?;
            if power.fract() == 0.0 && power.abs() < 10.0 {
                if *power < 0.0 {
                    f.write_str("⁻")?;
                }
                let digit = SUPERSCRIPTS.chars().nth(power.abs() as usize);
                if let (Some(digit), true) = (digit, *power != 1.0) {
                    write!(f, "{digit}")?;
                }
            } else {
                write!(f, "^{power}")?;
            }
        }
        Ok(())
    }
}

/// Settings that may stand in a formula: positive numbers with a symbol.
fn settings() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|f| !f.symbol.is_empty())
}

/// Other ways to write a setting's symbol.
const ALIASES: [(&str, &str); 14] = [
    ("eta", "η₀"),
    ("η", "η₀"),
    ("alpha", "α"),
    ("epsilon", "ε"),
    ("eps", "ε"),
    ("sigma", "σ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("dim", "D"),
    ("samples", "P"),
    ("width", "N"),
    ("rank", "k"),
    ("scale", "s"),
    ("theta", "θ"),
];

/// The longest name at the beginning of a text, and its length.
fn base_at(text: &str) -> Option<(Base, usize)> {
    let measured = Measured::ALL.map(|(m, name, _)| (name, Base::Measured(m)));
    let fields = settings().map(|field| (field.symbol, Base::Setting(field)));
    let keys = settings().map(|field| (field.key, Base::Setting(field)));
    let aliases = ALIASES.iter().filter_map(|(alias, symbol)| {
        let field = settings().find(|field| field.symbol == *symbol)?;
        Some((*alias, Base::Setting(field)))
    });
    let all = measured
        .into_iter()
        .chain(fields)
        .chain(keys)
        .chain(aliases);
    all.filter(|(name, _)| text.starts_with(name))
        .max_by_key(|(name, _)| name.len())
        .map(|(name, base)| (base, name.len()))
}

/// The exponent at the beginning of a text, if there is one, and its length.
fn power_at(text: &str) -> Result<Option<(f64, usize)>, String> {
    let superscript = |c: char| SUPERSCRIPTS.chars().position(|s| s == c);
    let (mut sign, mut digits, mut length) = (1.0, None, 0);
    for c in text.chars() {
        match superscript(c) {
            Some(digit) => digits = Some(10.0 * digits.unwrap_or(0.0) + digit as f64),
            None if c == '⁻' && length == 0 => sign = -1.0,
            None => break,
        }
        length += c.len_utf8();
    }
    if let Some(digits) = digits {
        return Ok(Some((sign * digits, length)));
    }
    let Some(rest) = text.strip_prefix('^') else {
        return Ok(None);
    };
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '−' | '+');
    let end = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
    let number = rest[..end].replace('−', "-").parse::<f64>();
    match number {
        Ok(power) if power.abs() <= 100.0 => Ok(Some((power, 1 + end))),
        _ => Err(format!(
            "^{rest}: a power is a number such as ^2, ^-1 or ^0.5"
        )),
    }
}

impl Product {
    /// Reads a product: names of settings and of what is measured, powers as ² or ^2,
    /// factors side by side or with · or *, and / before those that divide.
    ///
    /// # Errors
    /// What cannot be read, and what can.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut product = Self::default();
        let mut rest = text.trim_start();
        let mut divides = false;
        if rest.is_empty() {
            return Err("empty: write a product such as σ²α, P/D² or t_test·λ".into());
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(['·', '*', '×', ' ']) {
                rest = after.trim_start();
                continue;
            }
            if let Some(after) = rest.strip_prefix('/') {
                divides = true;
                rest = after.trim_start();
                continue;
            }
            if let Some(after) = rest.strip_prefix('1') {
                rest = after;
                continue;
            }
            let Some((base, length)) = base_at(rest) else {
                return Err(format!(
                    "“{rest}” is no setting and nothing measured: there are {}",
                    Self::names().join(", ")
                ));
            };
            rest = &rest[length..];
            let mut power = 1.0;
            if let Some((read, length)) = power_at(rest)? {
                power = read;
                rest = &rest[length..];
            }
            // a/bc is a/(bc)? As physicists write it: each / divides by one factor.
            let signed = if std::mem::take(&mut divides) {
                -power
            } else {
                power
            };
            match product.factors.iter_mut().find(|(b, _)| b.same(base)) {
                Some((_, total)) => *total += signed,
                None => product.factors.push((base, signed)),
            }
        }
        if divides {
            return Err(format!("{text}: a factor is missing after the /"));
        }
        product.factors.retain(|(_, power)| *power != 0.0);
        Ok(product)
    }

    /// Everything that may stand in a formula.
    pub fn names() -> Vec<&'static str> {
        let measured = Measured::ALL.map(|(_, name, _)| name);
        settings().map(|f| f.symbol).chain(measured).collect()
    }

    /// Whether it needs this of a run.
    pub fn needs(&self, wanted: Measured) -> bool {
        (self.factors.iter()).any(|(base, _)| matches!(base, Base::Measured(m) if *m == wanted))
    }

    /// Its value for a run; `None` where a factor is not there, infinite or not
    /// positive.
    pub fn value(
        &self,
        config: &Config,
        measured: impl Fn(Measured) -> Option<f64>,
    ) -> Option<f64> {
        let mut log = 0.0;
        for (base, power) in &self.factors {
            let value = match base {
                Base::Setting(field) => match (field.get)(config) {
                    super::config::Value::Width(Width::Finite(n)) => n as f64,
                    value => value.as_f64()?,
                },
                Base::Measured(of) => measured(*of)?,
            };
            if !value.is_finite() || value <= 0.0 {
                return None;
            }
            log += power * value.ln();
        }
        let value = log.exp();
        (value.is_finite() && value > 0.0).then_some(value)
    }
}

/// A straight line through the logarithms, by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// Exponent p of y = a·xᵖ.
    pub exponent: f64,
    /// Its standard error, from the scatter about the line; infinite for two points.
    pub error: f64,
    /// ln a.
    pub log_factor: f64,
    /// Points.
    pub count: usize,
    /// Scatter about the line: root mean square of ln y, with n − 2 in the mean.
    pub scatter: f64,
}

impl PowerLaw {
    /// Through points (x, y), all positive; `None` for fewer than two different x.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
        let spread: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
        let together: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        // What is left by rounding of equal values is no spread.
        if points.len() < 2 || spread <= 1e-18 * n * (1.0 + x * x) {
            return None;
        }
        let exponent = together / spread;
        let log_factor = y - exponent * x;
        let left: f64 = (logs.iter())
            .map(|p| (p.1 - log_factor - exponent * p.0).powi(2))
            .sum();
        let free = n - 2.0;
        let variance = if free > 0.0 {
            left / free
        } else {
            f64::INFINITY
        };
        Some(Self {
            exponent,
            error: (variance / spread).sqrt(),
            log_factor,
            count: points.len(),
            scatter: variance.sqrt(),
        })
    }

    /// y at x.
    pub fn at(&self, x: f64) -> f64 {
        (self.log_factor + self.exponent * x.ln()).exp()
    }
}

/// How well points lie on one curve, whatever its form: 1 minus the mean squared
/// distance of each ln y from the line between its neighbours in ln x, over the variance
/// of ln y. 1 is perfect, 0 no better than their mean. `None` for fewer than four
/// points, or equal y. Points of one family of runs collapse trivially: it says
/// something where several settings vary.
pub fn collapse(points: &[(f64, f64)]) -> Option<f64> {
    let mut logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    logs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = logs.len();
    if n < 4 {
        return None;
    }
    let mean = logs.iter().map(|p| p.1).sum::<f64>() / n as f64;
    let variance = logs.iter().map(|p| (p.1 - mean).powi(2)).sum::<f64>() / n as f64;
    if variance <= 1e-24 {
        return None;
    }
    let between = |w: &[(f64, f64)]| {
        let (a, b, c) = (w[0], w[1], w[2]);
        let part = match c.0 - a.0 {
            width if width > 1e-12 => (b.0 - a.0) / width,
            _ => 0.5,
        };
        let line = a.1 + part * (c.1 - a.1);
        // Of equal variances: that of the point and that of the line.
        (b.1 - line).powi(2) / (1.0 + part.powi(2) + (1.0 - part).powi(2))
    };
    let missed = logs.windows(3).map(between).sum::<f64>() / (n - 2) as f64;
    Some(1.0 - missed / variance)
}

/// The ratio y/x beyond which laziness has ended.
pub const DEPARTURE: f64 = 1.2;

/// Where points that begin on the line y = x leave it for good: the x from which on y/x
/// is more than [`DEPARTURE`] away from 1, between the last point that is on the line
/// and the first that is not. `None` where they never begin on it or never leave.
pub fn departure(points: &[(f64, f64)]) -> Option<f64> {
    let mut logs: Vec<(f64, f64)> = (points.iter())
        .map(|(x, y)| (x.ln(), (y / x).ln().abs()))
        .collect();
    logs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let limit = DEPARTURE.ln();
    let first = logs.iter().position(|p| p.1 > limit)?;
    let (before, after) = (*logs.get(first.checked_sub(1)?)?, logs[first]);
    let part = (limit - before.1) / (after.1 - before.1);
    Some((before.0 + part * (after.0 - before.0)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, config: &Config) -> Option<f64> {
        let product = Product::parse(text).expect(text);
        product.value(config, |m| (m == Measured::Generalise).then_some(1_000.0))
    }

    #[test]
    fn products_are_read_as_they_are_written() {
        let mut config = Config::default();
        (config.network.alpha, config.network.init_scale) = (3.0, 0.5);
        (config.task.dim, config.task.samples) = (20, 100);
        config.training.weight_decay = 1e-3;
        for (text, expected, canonical) in [
            ("σ²α", 0.75, "σ²·α"),
            ("alpha * sigma^2", 0.75, "α·σ²"),
            ("P/D²", 0.25, "P·D⁻²"),
            ("P / D^2", 0.25, "P·D⁻²"),
            ("t_test·λ", 1.0, "t_test·λ"),
            ("1/α", 1.0 / 3.0, "α⁻¹"),
            ("α^0.5", 3f64.sqrt(), "α^0.5"),
            ("σ⁻²", 4.0, "σ⁻²"),
            ("α/α", 1.0, "1"),
        ] {
            let found = value(text, &config).expect(text);
            assert!((found / expected - 1.0).abs() < 1e-12, "{text}: {found}");
            let product = Product::parse(text).unwrap();
            assert_eq!(product.to_string(), canonical);
            assert_eq!(Product::parse(canonical).unwrap(), product);
        }
        assert_eq!(value("N", &config), None, "at N = ∞");
        assert_eq!(value("t_train", &config), None, "never fits");
        for wrong in ["", "x", "α^", "α/", "σ^y"] {
            assert!(Product::parse(wrong).is_err(), "{wrong}");
        }
        let why = Product::parse("σ²w").unwrap_err();
        assert!(why.contains("“w”") && why.contains("t_test") && why.contains('α'));
        assert!(
            Product::parse("lazy_movement")
                .unwrap()
                .needs(Measured::LazyMovement)
        );
    }

    #[test]
    fn a_power_law_is_found_with_its_error() {
        let exact: Vec<(f64, f64)> = (1..8)
            .map(f64::from)
            .map(|x| (x, 3.0 * x.powf(-1.5)))
            .collect();
        let law = PowerLaw::fit(&exact).unwrap();
        assert!((law.exponent + 1.5).abs() < 1e-12 && law.error < 1e-12);
        assert!((law.at(4.0) / (3.0 / 8.0) - 1.0).abs() < 1e-12);
        // By hand: ln y = 0, 1, 1 at ln x = 0, 1, 2: slope ½, left 1/6 on one degree
        // of freedom, error √(1/6/2).
        let e = std::f64::consts::E;
        let law = PowerLaw::fit(&[(1.0, 1.0), (e, e), (e * e, e)]).unwrap();
        assert!((law.exponent - 0.5).abs() < 1e-12);
        assert!((law.error - (1.0f64 / 12.0).sqrt()).abs() < 1e-12);
        assert_eq!(PowerLaw::fit(&[(2.0, 1.0), (2.0, 3.0)]), None);
        assert!(
            PowerLaw::fit(&[(2.0, 1.0), (3.0, 3.0)])
                .unwrap()
                .error
                .is_infinite()
        );
    }

    #[test]
    fn a_collapse_tells_one_curve_from_a_cloud() {
        // Any curve will do.
        let curve: Vec<(f64, f64)> = (0..30)
            .map(|k| f64::from(k) / 3.0)
            .map(|x| (x.exp(), (2.0 + x.sin()).exp()))
            .collect();
        assert!(collapse(&curve).unwrap() > 0.99);
        // The same heights in another order.
        let mixed: Vec<(f64, f64)> = (0..30)
            .map(|k| (curve[k].0, curve[(k * 7) % 30].1))
            .collect();
        assert!(collapse(&mixed).unwrap() < 0.4);
        assert_eq!(collapse(&curve[..3]), None);
    }

    #[test]
    fn the_departure_lies_where_the_line_is_left() {
        let points: Vec<(f64, f64)> = (0..20)
            .map(|k| 10f64.powf(f64::from(k) / 5.0 - 2.0))
            .map(|x| (x, x * (1.0 + x)))
            .collect();
        let left = departure(&points).unwrap();
        assert!((left / 0.2 - 1.0).abs() < 0.1, "{left}");
        assert_eq!(departure(&[(1.0, 1.0), (2.0, 2.1)]), None);
        assert_eq!(departure(&[(1.0, 9.0), (2.0, 2.1)]), None);
    }
}
