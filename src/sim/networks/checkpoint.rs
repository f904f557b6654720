//! Everything that a run of a network goes on from.

use super::optimiser::Optimiser;
use super::real::Real;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use std::sync::Arc;

/// All that a run needs to go on as if it had never stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<T> {
    pub(super) step: u64,
    pub(super) theta: Arc<[T]>,
    pub(super) optimiser: Optimiser<T>,
    pub(super) twin: Option<(Vec<T>, Optimiser<T>)>,
    pub(super) diverged: Option<u64>,
}

impl<T> Checkpoint<T> {
    /// Number of updates before it.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Writes it down.
    pub fn save(&self, to: &mut Writer)
    where
        T: Real,
    {
        to.count(self.step);
        save_all(&self.theta, to);
        self.optimiser.save(to);
        to.flag(self.twin.is_some());
        if let Some((displacement, optimiser)) = &self.twin {
            save_all(displacement, to);
            optimiser.save(to);
        }
        to.optional_count(self.diverged);
    }

    /// One that was written down by a run of the same settings, of which `like` is
    /// any other.
    ///
    /// # Errors
    /// One of other settings.
    pub fn restored(from: &mut Reader, like: &Self) -> Result<Self, Mismatch>
    where
        T: Real,
    {
        let step = from.count()?;
        let theta = restored_all(from, like.theta.len())?.into();
        let optimiser = Optimiser::restored(from, &like.optimiser)?;
        let twin = match (from.flag()?, &like.twin) {
            (true, Some((displacement, optimiser))) => Some((
                restored_all(from, displacement.len())?,
                Optimiser::restored(from, optimiser)?,
            )),
            (false, None) => None,
            _ => return Err(Mismatch),
        };
        Ok(Self {
            step,
            theta,
            optimiser,
            twin,
            diverged: from.optional_count()?,
        })
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        // θ and two moments, and the same of the twin.
        self.theta.len() * size_of::<T>() * if self.twin.is_some() { 6 } else { 3 }
    }
}

/// Writes numbers down, each to the bit.
pub(super) fn save_all<T: Real>(numbers: &[T], to: &mut Writer) {
    to.count(numbers.len() as u64);
    numbers.iter().for_each(|x| to.number(x.wide()));
}

/// So many numbers that were written down.
pub(super) fn restored_all<T: Real>(from: &mut Reader, count: usize) -> Result<Vec<T>, Mismatch> {
    if from.count()? != count as u64 {
        return Err(Mismatch);
    }
    (0..count).map(|_| Ok(T::of(from.number()?))).collect()
}
