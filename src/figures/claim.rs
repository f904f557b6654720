//! Claims as conditions on what the curves of one draw came to, such as
//! `delay(alpha-1) < delay(alpha-2) and test_peak(alpha-1) > 1.1`.
//!
//! A condition is a chain of comparisons (`<`, `<=`, `>`, `>=`, `=`) between terms; a
//! term is a product or quotient of numbers, `never`, and quantities of curves.
//! Several conditions are joined by `and`.

use super::measured::{Quantity, Row};
use std::collections::BTreeMap;

/// What each curve of a draw came to, by its name.
pub type Draw<'a> = BTreeMap<&'a str, &'a Row>;

/// A condition that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    chains: Vec<Chain>,
}

#[derive(Clone, Debug, PartialEq)]
struct Chain {
    first: Term,
    rest: Vec<(Compare, Term)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
}

/// A product: each factor with whether it divides.
#[derive(Clone, Debug, PartialEq)]
struct Term(Vec<(Factor, bool)>);

#[derive(Clone, Debug, PartialEq)]
enum Factor {
    Number(f64),
    Of(Quantity, String),
}

impl Compare {
    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::More => a > b,
            Self::AtLeast => a >= b,
            Self::Equal => a == b,
        }
    }
}

impl Term {
    /// `None` where a quantity was not measured.
    fn value(&self, draw: &Draw<'_>) -> Option<f64> {
        self.0.iter().try_fold(1.0, |product, (factor, divides)| {
            let value = match factor {
                Factor::Number(value) => *value,
                Factor::Of(quantity, curve) => draw.get(curve.as_str())?.get(*quantity)?,
            };
            Some(if *divides {
                product / value
            } else {
                product * value
            })
        })
    }
}

impl Condition {
    /// Reads a condition over these curves.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str, curves: &[&str]) -> Result<Self, String> {
        let chains = text.split(" and ").map(|chain| chain_of(chain, curves));
        let chains = chains.collect::<Result<_, _>>()?;
        Ok(Self { chains })
    }

    /// Whether it holds for a draw; what was not measured, holds not.
    pub fn holds(&self, draw: &Draw<'_>) -> bool {
        self.chains.iter().all(|chain| {
            let mut left = chain.first.value(draw);
            chain.rest.iter().all(|(compare, term)| {
                let right = term.value(draw);
                let met = (left.zip(right)).is_some_and(|(a, b)| compare.holds(a, b));
                left = right;
                met
            })
        })
    }
}

fn chain_of(text: &str, curves: &[&str]) -> Result<Chain, String> {
    let mut rest = text.trim();
    let (first, after) = split(rest);
    let first = term_of(first, curves)?;
    let mut chain = Chain {
        first,
        rest: Vec::new(),
    };
    rest = after;
    while !rest.is_empty() {
        let (compare, length) = match rest.as_bytes() {
            [b'<', b'=', ..] => (Compare::AtMost, 2),
            [b'>', b'=', ..] => (Compare::AtLeast, 2),
            [b'<', ..] => (Compare::Less, 1),
            [b'>', ..] => (Compare::More, 1),
            _ => (Compare::Equal, 1),
        };
        let (term, after) = split(&rest[length..]);
        chain.rest.push((compare, term_of(term, curves)?));
        rest = after;
    }
    if chain.rest.is_empty() {
        return Err(format!("`{text}` compares nothing"));
    }
    Ok(chain)
}

/// What comes before the next comparison, and the rest from there on.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(['<', '>', '=']).unwrap_or(text.len());
    text.split_at(end)
}

fn term_of(text: &str, curves: &[&str]) -> Result<Term, String> {
    let mut factors = Vec::new();
    let mut divides = false;
    // Names of curves have hyphens and dots, never these.
    for piece in text.split_inclusive(['*', '/']) {
        let factor = piece.trim_end_matches(['*', '/']);
        factors.push((factor_of(factor.trim(), curves)?, divides));
        divides = piece.ends_with('/');
    }
    if factors.is_empty() {
        return Err("a term is missing".into());
    }
    Ok(Term(factors))
}

fn factor_of(text: &str, curves: &[&str]) -> Result<Factor, String> {
    if text == "never" {
        return Ok(Factor::Number(f64::INFINITY));
    }
    if let Ok(number) = text.parse() {
        return Ok(Factor::Number(number));
    }
    let (quantity, curve) = text
        .strip_suffix(')')
        .and_then(|text| text.split_once('('))
        .ok_or_else(|| format!("`{text}` is neither a number nor quantity(curve)"))?;
    let quantity = Quantity::by_name(quantity)
        .ok_or_else(|| format!("`{quantity}` is no quantity that is measured"))?;
    if !curves.contains(&curve) {
        return Err(format!("no curve is called `{curve}`"));
    }
    Ok(Factor::Of(quantity, curve.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[(&str, f64)]) -> Row {
        let mut row = Row::empty("a", "paper");
        for (name, value) in values {
            row.set(Quantity::by_name(name).unwrap(), *value);
        }
        row
    }

    #[test]
    fn chains_products_and_never() {
        let (a, b) = (
            row(&[("fit", 10.0), ("generalise", 30.0), ("test_peak", 1.5)]),
            row(&[("fit", 20.0)]),
        );
        let draw: Draw<'_> = [("a", &a), ("b-1.5", &b)].into();
        for (text, holds) in [
            ("delay(a) = 20", true),
            ("ratio(a) >= 3", true),
            ("1 < test_peak(a) < 1.4", false),
            ("1 < test_peak(a) < 1.6", true),
            (
                "generalise(b-1.5) = never and fit(b-1.5) = 2 * fit(a)",
                true,
            ),
            ("delay(b-1.5) = never", true),
            ("delay(a) < delay(b-1.5)", true),
            ("fit(b-1.5) / fit(a) < 2", false),
            // Never measured, so that nothing can be said.
            ("test_peak(b-1.5) < 100", false),
        ] {
            let condition = Condition::parse(text, &["a", "b-1.5"]).unwrap();
            assert_eq!(condition.holds(&draw), holds, "{text}");
        }
    }

    #[test]
    fn a_condition_that_cannot_be_read_says_why() {
        for (text, why) in [
            ("fit(a)", "compares nothing"),
            ("fat(a) > 1", "`fat` is no quantity"),
            ("fit(c) > 1", "no curve is called `c`"),
            ("fit > 1", "neither a number"),
            ("fit(a) >", "neither a number"),
            ("fit(a) * > 1", "neither a number"),
        ] {
            let error = Condition::parse(text, &["a"]).unwrap_err();
            assert!(
                error.contains(why) || error.contains("missing"),
                "{text}: {error}"
            );
        }
    }
}
