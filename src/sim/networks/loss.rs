//! Losses and accuracies of the scaled output F = α(f − c·f₀).

use super::network::vectorised;
use super::problem::Examples;
use super::real::Real;
use std::ops::Range;

/// What the training minimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// Mean over examples and outputs of (F − Y)².
    MeanSquare,
    /// Mean over examples of `−log softmax(F)[label]`.
    CrossEntropy,
}

/// When an example counts as right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AccuracyKind {
    /// The largest output is that of the label; ties go to the lowest index, and
    /// an output that is not a number is never right.
    Argmax,
    /// The mean over outputs of (F − Y)² is below this.
    Threshold(f64),
}

/// Output scale, centring, loss and accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// α.
    pub alpha: f64,
    /// Whether the initial function is subtracted (c = 1).
    pub centred: bool,
    /// The loss.
    pub loss: LossKind,
    /// The accuracy.
    pub accuracy: AccuracyKind,
}

impl Objective {
    /// The loss of knowing nothing about `examples`: of predicting zero, or of giving
    /// every class the same chance.
    pub fn chance<T: Real>(&self, examples: &Examples<T>) -> f64 {
        match self.loss {
            LossKind::MeanSquare => {
                let sum: f64 = examples.targets.iter().map(|y| y.wide().powi(2)).sum();
                sum / examples.targets.len() as f64
            }
            LossKind::CrossEntropy => (examples.outputs as f64).ln(),
        }
    }
}

/// The answer of an example whose outputs are not all numbers.
pub const NO_ANSWER: u32 = u32::MAX;

/// Loss and answer of each example of a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// Loss of each: the mean over outputs of (F − Y)², or `−log softmax(F)[label]`.
    pub losses: Vec<f64>,
    /// Index of the largest output, or [`NO_ANSWER`].
    pub answers: Vec<u32>,
    /// Whether it is right.
    pub right: Vec<bool>,
}

impl Scored {
    pub(super) fn resize(&mut self, count: usize) {
        self.losses.resize(count, f64::NAN);
        self.answers.resize(count, NO_ANSWER);
        self.right.resize(count, false);
    }

    /// Mean loss; NaN without examples and where any is NaN.
    pub fn loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.losses.len() as f64
    }

    /// Fraction that is right; NaN without examples.
    pub fn accuracy(&self) -> f64 {
        self.right.iter().filter(|right| **right).count() as f64 / self.right.len() as f64
    }

    /// Fraction whose loss is below a threshold.
    pub fn accuracy_below(&self, threshold: f64) -> f64 {
        let below = self.losses.iter().filter(|e| **e < threshold).count();
        below as f64 / self.losses.len() as f64
    }
}

/// The loss on some rows of a batch.
pub(super) struct Loss<'a, T> {
    objective: &'a Objective,
    targets: &'a [T],
    labels: &'a [u32],
    initial: &'a [T],
    count: usize,
    width: usize,
}

impl<'a, T: Real> Loss<'a, T> {
    pub fn new(
        objective: &'a Objective,
        batch: &'a Examples<T>,
        initial: &'a [T],
        rows: &Range<usize>,
    ) -> Self {
        let c = batch.outputs;
        let initial = match objective.centred {
            true => &initial[rows.start * c..rows.end * c],
            false => &[],
        };
        Self {
            objective,
            targets: &batch.targets[rows.start * c..rows.end * c],
            labels: match batch.labels.is_empty() {
                true => &[],
                false => &batch.labels[rows.clone()],
            },
            initial,
            count: rows.len(),
            width: c,
        }
    }

    /// F into `out`.
    fn scaled(&self, outputs: &[T], out: &mut [T]) {
        let alpha = T::of(self.objective.alpha);
        let outputs = &outputs[..self.count * self.width];
        vectorised(
            #[inline(always)]
            || {
                if self.initial.is_empty() {
                    for (out, f) in out.iter_mut().zip(outputs) {
                        *out = alpha * *f;
                    }
                } else {
                    for ((out, f), f0) in out.iter_mut().zip(outputs).zip(self.initial) {
                        *out = alpha * (*f - *f0);
                    }
                }
            },
        );
    }

    /// Derivative by the raw outputs of the mean loss over `total` examples.
    pub fn gradient(&self, outputs: &[T], total: usize, out: &mut [T]) {
        let out = &mut out[..self.count * self.width];
        self.scaled(outputs, out);
        let alpha = self.objective.alpha;
        match self.objective.loss {
            LossKind::MeanSquare => {
                let scale = T::of(2.0 * alpha / (total * self.width) as f64);
                vectorised(
                    #[inline(always)]
                    || {
                        for (out, y) in out.iter_mut().zip(self.targets) {
                            *out = scale * (*out - *y);
                        }
                    },
                );
            }
            LossKind::CrossEntropy => {
                let scale = T::of(alpha / total as f64);
                vectorised(
                    #[inline(always)]
                    || {
                        let rows = out.chunks_exact_mut(self.width);
                        for (row, label) in rows.zip(self.labels) {
                            let sum = exponentials(row);
                            let factor = scale / sum;
                            for v in row.iter_mut() {
                                *v *= factor;
                            }
                            row[*label as usize] -= scale;
                        }
                    },
                );
            }
        }
    }

    /// Writes the rows' losses and answers to their places.
    pub fn score(&self, outputs: &[T], rows: Range<usize>, out: &mut Scored) {
        let mut scaled = vec![T::ZERO; self.count * self.width];
        self.scaled(outputs, &mut scaled);
        for (i, row) in scaled.chunks_exact_mut(self.width).enumerate() {
            let at = rows.start + i;
            let y = &self.targets[i * self.width..(i + 1) * self.width];
            let squares = row.iter().zip(y).map(|(f, y)| (*f - *y).wide().powi(2));
            let error = squares.sum::<f64>() / self.width as f64;
            let answer = largest(row);
            out.answers[at] = answer;
            out.right[at] = match self.objective.accuracy {
                AccuracyKind::Argmax => self.labels.get(i).is_some_and(|l| *l == answer),
                AccuracyKind::Threshold(threshold) => error < threshold,
            };
            out.losses[at] = match self.objective.loss {
                LossKind::MeanSquare => error,
                LossKind::CrossEntropy => cross_entropy(row, self.labels[i] as usize),
            };
        }
    }
}

/// Replaces a row by eˣ of its distance from its largest entry; returns the sum.
#[inline(always)]
fn exponentials<T: Real>(row: &mut [T]) -> T {
    // NaN passes by the comparison, and then makes the sum NaN.
    let top = row
        .iter()
        .fold(row[0], |top, v| if *v > top { *v } else { top });
    for v in row.iter_mut() {
        *v = (*v - top).exponential();
    }
    let mut sum = T::ZERO;
    for v in row.iter() {
        sum += *v;
    }
    sum
}

/// −log softmax(row)[label] in f64.
fn cross_entropy<T: Real>(row: &[T], label: usize) -> f64 {
    let top = row.iter().fold(row[0].wide(), |top, v| {
        let v = v.wide();
        if v > top { v } else { top }
    });
    let sum: f64 = row.iter().map(|v| (v.wide() - top).exp()).sum();
    sum.ln() - (row[label].wide() - top)
}

/// Index of the largest output, the lowest of equal ones; [`NO_ANSWER`] where one
/// is NaN.
pub fn largest<T: Real>(row: &[T]) -> u32 {
    let mut best = 0;
    for (i, v) in row.iter().enumerate() {
        if v.wide().is_nan() {
            return NO_ANSWER;
        }
        if *v > row[best] {
            best = i;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lowest_index_and_nan_is_no_answer() {
        assert_eq!(largest(&[0.0, 1.0, 1.0]), 1);
        assert_eq!(largest(&[0.0f32; 4]), 0);
        assert_eq!(largest(&[0.0, f64::NAN, 1.0]), NO_ANSWER);
        assert_eq!(largest(&[f64::NAN, 1.0]), NO_ANSWER);
    }

    #[test]
    fn cross_entropy_of_large_outputs_and_of_nan() {
        assert!((cross_entropy(&[1000.0, 0.0], 1) - 1000.0).abs() < 1e-9);
        assert!(cross_entropy(&[f64::NAN, 0.0], 1).is_nan());
        assert!(cross_entropy(&[0.0, f64::NAN], 0).is_nan());
    }
}
