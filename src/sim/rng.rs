//! Named random streams from one seed.
//!
//! Each stream is a ChaCha stream of its own, and each row of a matrix starts at
//! its own place in it. So drawing more test points does not change the weights,
//! and growing P, N or D keeps the samples, neurons and coordinates that were
//! there already.

use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rand_distr::{Distribution, StandardNormal};

/// What a random stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Train inputs.
    Data = 1,
    /// Test inputs.
    Test = 2,
    /// Target directions β.
    Target = 3,
    /// Initial weights.
    Init = 4,
    /// Label noise.
    Noise = 5,
    /// Choices of a study, such as which cells of a sweep are checked.
    Choice = 6,
    /// Initial readouts, where they are trained.
    Readout = 7,
    /// Which examples are trained on.
    Split = 8,
    /// Weights of a teacher network.
    Teacher = 9,
}

/// Words of a stream set apart for a row: far more than the normal draws of the
/// largest dimension need (about 2 words each).
const WORDS_PER_ROW: u128 = 1 << 16;

/// The generator at the start of one row of a stream.
pub fn row_rng(seed: u64, stream: Stream, row: usize) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng.set_word_pos(row as u128 * WORDS_PER_ROW);
    rng
}

/// Fills `out` with the standard normal draws of one row of a stream.
pub fn fill_normal_row(seed: u64, stream: Stream, row: usize, out: &mut [f64]) {
    let mut rng = row_rng(seed, stream, row);
    for v in out {
        *v = StandardNormal.sample(&mut rng);
    }
}

/// A matrix of standard normal draws, row by row; the first rows and columns of
/// a larger matrix are this one.
pub fn normal_matrix(seed: u64, stream: Stream, rows: usize, cols: usize) -> Array2<f64> {
    let mut m = Array2::zeros((rows, cols));
    for (i, mut row) in m.rows_mut().into_iter().enumerate() {
        if let Some(row) = row.as_slice_mut() {
            fill_normal_row(seed, stream, i, row);
        }
    }
    m
}

/// A vector of standard normal draws whose first entries do not depend on its
/// length.
pub fn normal_vector(seed: u64, stream: Stream, len: usize) -> Array1<f64> {
    let mut v = vec![0.0; len];
    for (i, v) in v.iter_mut().enumerate() {
        fill_normal_row(seed, stream, i, std::slice::from_mut(v));
    }
    Array1::from_vec(v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::s;

    #[test]
    fn growing_a_matrix_keeps_what_was_there() {
        let small = normal_matrix(7, Stream::Data, 5, 3);
        let large = normal_matrix(7, Stream::Data, 9, 8);
        assert_eq!(small, large.slice(s![..5, ..3]));
        assert_eq!(
            normal_vector(7, Stream::Noise, 4),
            normal_vector(7, Stream::Noise, 9).slice(s![..4])
        );
    }

    #[test]
    fn streams_and_seeds_differ() {
        let base = normal_matrix(7, Stream::Data, 2, 2);
        assert_ne!(base, normal_matrix(7, Stream::Test, 2, 2));
        assert_ne!(base, normal_matrix(8, Stream::Data, 2, 2));
    }

    #[test]
    fn draws_are_standard_normal() {
        let m = normal_matrix(1, Stream::Init, 200, 500);
        let n = m.len() as f64;
        let mean = m.sum() / n;
        let var = m.mapv(|v| v * v).sum() / n;
        let fourth = m.mapv(|v| v.powi(4)).sum() / n;
        // Five standard errors of each moment.
        assert!(mean.abs() < 5.0 / n.sqrt());
        assert!((var - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
        assert!((fourth - 3.0).abs() < 5.0 * (96.0 / n).sqrt());
    }
}
