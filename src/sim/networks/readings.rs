//! What is read off a network for the eye: tables of answers, confusion, and the
//! spread of the errors.

use super::loss::{NO_ANSWER, Scored, largest};
use super::real::Real;

/// An example's outputs as an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Index of the largest output; none where an output is NaN.
    pub answer: Option<u32>,
    /// Whether that is the label.
    pub right: bool,
    /// F of the label minus the largest other output: above 0 where right.
    pub margin: f64,
    /// softmax(F) of the label.
    pub probability: f64,
}

/// The answer of every example; `outputs` holds `width` scaled outputs F a row.
/// For modular addition, row a·p + b is the table's cell (a, b).
pub fn answers<T: Real>(outputs: &[T], width: usize, labels: &[u32]) -> Vec<Answer> {
    let rows = outputs.chunks_exact(width).zip(labels);
    rows.map(|(row, label)| {
        let label = *label as usize;
        let own = row[label].wide();
        let others = || {
            let all = row.iter().enumerate().filter(move |(i, _)| *i != label);
            all.map(|(_, v)| v.wide())
        };
        // NaN in any output makes both numbers NaN.
        let best = others().fold(
            f64::NEG_INFINITY,
            |m, v| {
                if v > m || v.is_nan() { v } else { m }
            },
        );
        let best = if others().any(f64::is_nan) {
            f64::NAN
        } else {
            best
        };
        let rest: f64 = others().map(|v| (v - own).exp()).sum();
        let answer = largest(row);
        Answer {
            answer: (answer != NO_ANSWER).then_some(answer),
            right: answer as usize == label,
            margin: own - best,
            probability: 1.0 / (1.0 + rest),
        }
    })
    .collect()
}

/// How often each answer was given to each label: `classes`×`classes`, row by
/// label. Examples without an answer are left out.
pub fn confusion(scored: &Scored, labels: &[u32], classes: usize) -> Vec<u32> {
    let mut counts = vec![0; classes * classes];
    for (answer, label) in scored.answers.iter().zip(labels) {
        let (answer, label) = (*answer as usize, *label as usize);
        if answer < classes && label < classes {
            counts[label * classes + answer] += 1;
        }
    }
    counts
}

/// The losses of a set below which the given fractions of it lie (nearest rank);
/// NaN counts as larger than any number. NaN for an empty set.
pub fn quantiles(losses: &[f64], fractions: &[f64]) -> Vec<f64> {
    let mut sorted = losses.to_vec();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let at = |fraction: &f64| {
        let rank = (fraction * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
    };
    fractions.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_its_margin_and_probability() {
        let found = answers(&[0.0, 2.0, 1.0, 3.0, 3.0, f64::NAN], 3, &[1, 0]);
        assert_eq!(
            (found[0].answer, found[0].right, found[0].margin),
            (Some(1), true, 1.0)
        );
        let e = 1f64.exp();
        assert!((found[0].probability - e * e / (1.0 + e + e * e)).abs() < 1e-15);
        assert_eq!((found[1].answer, found[1].right), (None, false));
        assert!(found[1].margin.is_nan() && found[1].probability.is_nan());
    }

    #[test]
    fn quantiles_put_nan_last() {
        let losses = [3.0, f64::NAN, 1.0, 2.0];
        assert_eq!(quantiles(&losses, &[0.25, 0.5, 0.75]), [1.0, 2.0, 3.0]);
        assert!(quantiles(&losses, &[1.0])[0].is_nan());
        assert!(quantiles(&[], &[0.5])[0].is_nan());
    }

    #[test]
    fn confusion_counts_by_label() {
        let scored = Scored {
            losses: vec![0.0; 4],
            answers: vec![0, 1, 1, NO_ANSWER],
            right: vec![true, false, true, false],
        };
        assert_eq!(confusion(&scored, &[0, 0, 1, 1], 2), [1, 1, 0, 1]);
    }
}
