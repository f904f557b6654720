//! Initial weights on the seed's named streams.

use super::layout::{Layout, Tensor};
use super::real::Real;
use crate::sim::rng::{Stream, row_rng};
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// What the entries of an array are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// N(0, σ²) with this σ.
    Normal(f64),
    /// Uniform between ± this.
    Uniform(f64),
    /// All 0.
    Zero,
}

/// Rows of a stream set apart for one array.
const ROWS_PER_ARRAY: usize = 1 << 20;

/// A flat parameter vector; `draw` says for each array what it is drawn from.
///
/// Each array and each of its rows has its own place in the stream, so a wider
/// network keeps the weights that a narrower one had. With `same_key` all arrays
/// start at the same place, as code that reuses its random key does.
pub fn weights<T: Real>(
    layout: &Layout,
    seed: u64,
    stream: Stream,
    same_key: bool,
    draw: impl Fn(&Tensor) -> Draw,
) -> Vec<T> {
    let mut theta = vec![T::ZERO; layout.count()];
    for (i, tensor) in layout.tensors().iter().enumerate() {
        let first = if same_key { 0 } else { i * ROWS_PER_ARRAY };
        let length = tensor.shape.last().copied().unwrap_or(1).max(1);
        let draw = draw(tensor);
        let rows = theta[tensor.range.clone()].chunks_exact_mut(length);
        for (row, values) in rows.enumerate() {
            let mut rng = row_rng(seed, stream, first + row);
            for v in values {
                *v = T::of(match draw {
                    Draw::Normal(deviation) => {
                        let x: f64 = StandardNormal.sample(&mut rng);
                        deviation * x
                    }
                    Draw::Uniform(bound) => {
                        let x: f64 = StandardUniform.sample(&mut rng);
                        bound * (2.0 * x - 1.0)
                    }
                    Draw::Zero => 0.0,
                });
            }
        }
    }
    theta
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_their_spread_and_a_wider_array_keeps_them() {
        let layout = |n: usize| Layout::new([("W", vec![n, 50]), ("b", vec![n])]);
        let draw = |t: &Tensor| match t.name.as_str() {
            "W" => Draw::Normal(3.0),
            _ => Draw::Uniform(0.5),
        };
        let small: Vec<f64> = weights(&layout(100), 1, Stream::Init, false, draw);
        let large: Vec<f64> = weights(&layout(200), 1, Stream::Init, false, draw);
        assert_eq!(small[..5000], large[..5000]);
        assert_eq!(small[5000..], large[10_000..10_100]);
        let spread = (small[..5000].iter().map(|x| x * x).sum::<f64>() / 5000.0).sqrt();
        assert!((spread - 3.0).abs() < 0.2, "{spread}");
        let b = &small[5000..];
        assert!(b.iter().all(|x| x.abs() <= 0.5) && b.iter().any(|x| x.abs() > 0.4));
    }
}
