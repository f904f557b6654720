//! Examples, their split into train and test set, and the order of batches.

use super::network::{Inputs, Misfit};
use super::real::Real;

/// Inputs with their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples<T> {
    /// Inputs.
    pub inputs: Inputs<T>,
    /// Number of outputs C.
    pub outputs: usize,
    /// Targets Y, C a row; one-hot for classes.
    pub targets: Vec<T>,
    /// Classes; empty where the targets are real vectors.
    pub labels: Vec<u32>,
}

impl<T: Real> Examples<T> {
    /// Nothing yet.
    pub fn empty(outputs: usize) -> Self {
        Self {
            inputs: Inputs::Pairs(Vec::new()),
            outputs,
            targets: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Examples of classes below `outputs`, with one-hot targets.
    ///
    /// # Errors
    /// Labels that are not as many as the inputs or not below `outputs`.
    pub fn classes(inputs: Inputs<T>, labels: Vec<u32>, outputs: usize) -> Result<Self, Misfit> {
        if labels.len() != inputs.count() {
            return Err(Misfit(format!(
                "labels: expected {}, one for each input; found {}",
                inputs.count(),
                labels.len()
            )));
        }
        let mut targets = vec![T::ZERO; labels.len() * outputs];
        for (row, label) in targets.chunks_exact_mut(outputs).zip(&labels) {
            match row.get_mut(*label as usize) {
                Some(t) => *t = T::ONE,
                None => {
                    return Err(Misfit(format!(
                        "labels: expected numbers below {outputs}, the number of outputs; found {label}"
                    )));
                }
            }
        }
        Ok(Self {
            inputs,
            outputs,
            targets,
            labels,
        })
    }

    /// Number of examples.
    pub fn count(&self) -> usize {
        self.targets.len() / self.outputs.max(1)
    }

    /// Makes these the given rows of `all`.
    pub fn gather(&mut self, all: &Self, rows: &[u32]) {
        self.inputs.gather(&all.inputs, rows);
        self.outputs = all.outputs;
        self.targets.clear();
        self.labels.clear();
        for row in rows {
            let at = *row as usize * all.outputs;
            self.targets
                .extend_from_slice(&all.targets[at..at + all.outputs]);
            self.labels.extend(all.labels.get(*row as usize));
        }
    }
}

/// All examples with their raw initial outputs (row by row, or none).
#[derive(Clone, Copy)]
pub struct Source<'a, T> {
    /// The examples.
    pub examples: &'a Examples<T>,
    /// f₀.
    pub initial: &'a [T],
}

/// Examples and which of them are trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem<T> {
    /// All examples.
    pub examples: Examples<T>,
    /// Train set: rows of the examples.
    pub train: Vec<u32>,
    /// Test set.
    pub test: Vec<u32>,
}

impl<T: Real> Problem<T> {
    /// Checks that the sets name examples and that there is something to train on.
    ///
    /// # Errors
    /// An empty train set, or a row that there is not.
    pub fn check(&self) -> Result<(), Misfit> {
        let count = self.examples.count();
        if self.train.is_empty() {
            return Err(Misfit(
                "train set: expected at least one example; found none".into(),
            ));
        }
        for (name, rows) in [("train set", &self.train), ("test set", &self.test)] {
            if let Some(row) = rows.iter().find(|row| **row as usize >= count) {
                return Err(Misfit(format!(
                    "{name}: expected rows below {count}, the number of examples; found {row}"
                )));
            }
        }
        Ok(())
    }
}

/// Which examples each update sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// The whole train set.
    Full,
    /// Consecutive slices of the train set, over and over; the last one is
    /// shorter where the size does not divide the set.
    Slices(usize),
    /// Given rows of the examples for each update, over and over.
    Listed(Vec<Vec<u32>>),
}

impl Order {
    /// The rows of an update, from 0.
    pub fn batch<'a>(&'a self, train: &'a [u32], update: u64) -> &'a [u32] {
        match self {
            Self::Full => train,
            Self::Slices(size) => {
                let slices = train.len().div_ceil(*size) as u64;
                let start = (update % slices) as usize * size;
                &train[start..(start + size).min(train.len())]
            }
            Self::Listed(batches) => &batches[(update % batches.len() as u64) as usize],
        }
    }

    /// Checks the order against a problem.
    ///
    /// # Errors
    /// A batch of no examples, larger than the train set, or with a row that
    /// there is not.
    pub fn check<T: Real>(&self, problem: &Problem<T>) -> Result<(), Misfit> {
        let (train, count) = (problem.train.len(), problem.examples.count());
        match self {
            Self::Full => Ok(()),
            Self::Slices(size) if *size == 0 || *size > train => Err(Misfit(format!(
                "batch size: expected 1 to {train}, the size of the train set; found {size}"
            ))),
            Self::Slices(_) => Ok(()),
            Self::Listed(batches) => {
                let bad = |b: &Vec<u32>| b.is_empty() || b.iter().any(|r| *r as usize >= count);
                match batches.is_empty() || batches.iter().any(bad) {
                    true => Err(Misfit(format!(
                        "batches: expected at least one, none empty, of rows below {count}"
                    ))),
                    false => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_go_round() {
        let train = [5, 6, 7, 8, 9];
        let order = Order::Slices(2);
        let seen: Vec<&[u32]> = (0..4).map(|t| order.batch(&train, t)).collect();
        assert_eq!(seen, [&[5, 6][..], &[7, 8], &[9], &[5, 6]]);
    }

    #[test]
    fn labels_beyond_the_outputs_are_named() {
        let inputs = Inputs::<f64>::Pairs(vec![[0, 0], [0, 1]]);
        let error = Examples::classes(inputs, vec![0, 5], 3).unwrap_err();
        assert!(error.to_string().contains("below 3"), "{error}");
    }
}
