//! Sentences whose numbers come from the table of what was measured.
//!
//! | in a sentence | stands for |
//! |---|---|
//! | `{fit(network)}` | a quantity of a curve on the authors' draw |
//! | `{median delay(network)}`, `{min …}`, `{max …}` | the same over the other seeds |
//! | `{n: ratio(network) > 2}` | for how many other seeds a condition holds |
//! | `{seeds}` | how many other seeds there are |

use super::claim::Condition;
use super::measured::{AUTHORS, Measured, Quantity};
use crate::history::format;

/// Fills in the numbers.
///
/// # Errors
/// Names what cannot be read or was not measured.
pub fn fill(text: &str, curves: &[&str], measured: &Measured) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after
            .split_once('}')
            .ok_or_else(|| format!("`{{{after}` has no end"))?;
        filled.push_str(before);
        filled.push_str(&number(inside.trim(), curves, measured)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn number(inside: &str, curves: &[&str], measured: &Measured) -> Result<String, String> {
    if inside == "seeds" {
        return Ok(seeds(measured).to_string());
    }
    if let Some(condition) = inside.strip_prefix("n:") {
        let condition = Condition::parse(condition, curves)?;
        return Ok(count(&condition, measured).to_string());
    }
    let statistics = [("min ", 0.0), ("median ", 0.5), ("max ", 1.0)];
    for (word, part) in statistics {
        if let Some(of) = inside.strip_prefix(word) {
            let (quantity, curve) = quantity_of(of, curves)?;
            let mut values: Vec<f64> = measured
                .others(curve)
                .filter_map(|row| row.get(quantity))
                .collect();
            values.sort_by(f64::total_cmp);
            let last = values.len().checked_sub(1);
            let value = last.and_then(|last| values.get((part * last as f64).round() as usize));
            return shown(value.copied(), of);
        }
    }
    let (quantity, curve) = quantity_of(inside, curves)?;
    let row = measured.row(curve, AUTHORS);
    shown(row.and_then(|row| row.get(quantity)), inside)
}

fn quantity_of<'t>(text: &'t str, curves: &[&str]) -> Result<(Quantity, &'t str), String> {
    let parts = text
        .trim()
        .strip_suffix(')')
        .and_then(|t| t.split_once('('));
    let (quantity, curve) = parts.ok_or_else(|| format!("`{text}` is no quantity(curve)"))?;
    let quantity =
        Quantity::by_name(quantity).ok_or_else(|| format!("no quantity is called {quantity}"))?;
    if !curves.contains(&curve) {
        return Err(format!("no curve is called {curve}"));
    }
    Ok((quantity, curve))
}

fn shown(value: Option<f64>, of: &str) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("{of} was not measured"))?;
    Ok(plain(value))
}

/// A number in a sentence: steps whole, others to three digits.
pub fn plain(value: f64) -> String {
    match value {
        v if v.is_infinite() => "never".into(),
        v if v == v.round() && (0.0..1e15).contains(&v) => format::thousands(v as u64),
        v => format::plain(v, 3),
    }
}

/// How many seeds besides the authors' draw a table has.
pub fn seeds(measured: &Measured) -> usize {
    let draws = measured.draws();
    draws.keys().filter(|draw| **draw != AUTHORS).count()
}

/// For how many of them a condition holds.
pub fn count(condition: &Condition, measured: &Measured) -> usize {
    let draws = measured.draws();
    let others = draws.iter().filter(|(draw, _)| **draw != AUTHORS);
    others.filter(|(_, curves)| condition.holds(curves)).count()
}

/// Whether it holds for the authors' draw.
pub fn for_authors(condition: &Condition, measured: &Measured) -> bool {
    let draws = measured.draws();
    draws
        .get(AUTHORS)
        .is_some_and(|curves| condition.holds(curves))
}

#[cfg(test)]
mod tests {
    use super::super::measured::Row;
    use super::*;

    #[test]
    fn numbers_come_from_the_table() {
        let row = |draw: &str, fit: f64, generalise: f64| {
            let mut row = Row::empty("a", draw);
            row.set(Quantity::Fit, fit);
            row.set(Quantity::Generalise, generalise);
            row
        };
        let measured = Measured::new(vec![
            row(AUTHORS, 1_200.0, 3_500.0),
            row("1", 100.0, 300.0),
            row("2", 100.0, 150.0),
            row("3", 100.0, f64::NAN),
        ]);
        let text = "{fit(a)}, {ratio(a)}×; of {seeds} seeds {n: ratio(a) >= 2} and \
                    {min delay(a)} to {max delay(a)}";
        let filled = fill(text, &["a"], &measured).unwrap();
        assert_eq!(filled, "1,200, 2.92×; of 3 seeds 2 and 50 to never");
        for bad in ["{fat(a)}", "{fit(b)}", "{fit(a)", "{test_end(a)}"] {
            assert!(fill(bad, &["a"], &measured).is_err(), "{bad}");
        }
    }
}
