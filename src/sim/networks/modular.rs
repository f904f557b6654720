//! The modular-addition MLP with a quadratic activation:
//! f(a, b) = W2 (W1 x)² / (D·N), x = one-hot(a) then one-hot(b), D = 2p.
//!
//! Because x is two one-hot blocks, W1x is the sum of two columns of W1: the
//! tables are W1ᵀ, and no first matrix product is needed.

use super::fourier::{TokenWeights, by_token};
use super::layout::Layout;
use super::network::{Activations, At, Gradient, Inputs, Misfit, Network, Scratch, vectorised};
use super::product::{Into, matrix, product};
use super::real::Real;
use std::ops::Range;

/// Modulus p and number N of hidden units.
#[derive(Clone, Debug)]
pub struct ModularAddition {
    p: usize,
    units: usize,
    layout: Layout,
}

// Hidden buffers.
const PRE: usize = 0;
const SQUARE: usize = 1;

impl ModularAddition {
    /// For sums modulo `p`; p need not be prime.
    ///
    /// # Errors
    /// p below 2 or no hidden unit.
    pub fn new(p: usize, units: usize) -> Result<Self, Misfit> {
        if p < 2 || units == 0 {
            return Err(Misfit(format!(
                "p and N: expected p ≥ 2 and N ≥ 1; found p = {p}, N = {units}"
            )));
        }
        Ok(Self {
            p,
            units,
            layout: Layout::new([("W1", vec![units, 2 * p]), ("W2", vec![p, units])]),
        })
    }

    /// The modulus.
    pub fn p(&self) -> usize {
        self.p
    }

    /// Number of hidden units N.
    pub fn units(&self) -> usize {
        self.units
    }

    /// 1/(D·N).
    pub fn scale(&self) -> f64 {
        1.0 / (2 * self.p * self.units) as f64
    }

    /// The rows of the tables for one pair.
    #[inline(always)]
    fn places(&self, pair: [u32; 2]) -> [Range<usize>; 2] {
        let n = self.units;
        let (a, b) = (pair[0] as usize * n, (self.p + pair[1] as usize) * n);
        [a..a + n, b..b + n]
    }

    /// out = U_a + V_b for all rows.
    fn first_layer<T: Real>(&self, tables: &[T], pairs: &[[u32; 2]], out: &mut [T]) {
        vectorised(
            #[inline(always)]
            || {
                for (out, pair) in out.chunks_exact_mut(self.units).zip(pairs) {
                    let [a, b] = self.places(*pair);
                    for ((out, u), v) in out.iter_mut().zip(&tables[a]).zip(&tables[b]) {
                        *out = *u + *v;
                    }
                }
            },
        );
    }
}

/// out = inᵀ for a row-major `rows`×`cols` matrix `values`.
fn transpose<T: Real>(values: &[T], rows: usize, cols: usize, out: &mut [T]) {
    for (i, row) in values.chunks_exact(cols).enumerate() {
        for (j, v) in row.iter().enumerate() {
            out[j * rows + i] = *v;
        }
    }
}

impl<T: Real> Network<T> for ModularAddition {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn outputs(&self) -> usize {
        self.p
    }

    fn hidden(&self) -> Vec<usize> {
        vec![self.units, self.units]
    }

    fn work(&self) -> usize {
        self.units * (self.p + 2)
    }

    fn tables(&self) -> usize {
        2 * self.p * self.units
    }

    fn by_token(&self, theta: &[T]) -> Option<TokenWeights> {
        Some(by_token(&self.layout, theta, self.p))
    }

    fn prepare(&self, theta: &[T], tables: &mut [T]) {
        transpose(&theta[self.layout.range(0)], self.units, 2 * self.p, tables);
    }

    fn prepare_tangent(&self, _at: At<T>, along: &[T], tables: &mut [T]) {
        self.prepare(along, tables);
    }

    fn prepare_backward(&self, _at: At<T>, gradient: Gradient<T>) {
        let out = &mut gradient.theta[self.layout.range(0)];
        for (j, row) in gradient.tables.chunks_exact(self.units).enumerate() {
            for (i, v) in row.iter().enumerate() {
                out[i * 2 * self.p + j] += *v;
            }
        }
    }

    fn forward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &mut Activations<T>,
    ) {
        let (n, units) = (rows.len(), self.units);
        let Activations { hidden, outputs } = activations;
        let (pre, square) = hidden.split_at_mut(SQUARE);
        let (pre, square) = (&mut pre[PRE][..n * units], &mut square[0][..n * units]);
        self.first_layer(at.tables, &inputs.pairs()[rows], pre);
        vectorised(
            #[inline(always)]
            || {
                for (s, h) in square.iter_mut().zip(pre.iter()) {
                    *s = *h * *h;
                }
            },
        );
        let readout = matrix(&at.theta[self.layout.range(1)], self.p, units).t();
        let scale = T::of(self.scale());
        product(
            outputs,
            Into::Replace,
            matrix(square, n, units),
            readout,
            scale,
        );
    }

    fn tangent(
        &self,
        at: At<T>,
        along: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &Activations<T>,
        scratch: &mut Scratch<T>,
    ) {
        let (n, units) = (rows.len(), self.units);
        let change = &mut scratch.hidden[PRE][..n * units];
        self.first_layer(along.tables, &inputs.pairs()[rows], change);
        let two = T::of(2.0);
        vectorised(
            #[inline(always)]
            || {
                for (c, h) in change.iter_mut().zip(&activations.hidden[PRE]) {
                    *c *= two * *h;
                }
            },
        );
        let scale = T::of(self.scale());
        let out = &mut scratch.output_tangent;
        let readout = matrix(&at.theta[self.layout.range(1)], self.p, units).t();
        product(out, Into::Replace, matrix(change, n, units), readout, scale);
        let readout = matrix(&along.theta[self.layout.range(1)], self.p, units).t();
        let square = matrix(&activations.hidden[SQUARE], n, units);
        product(out, Into::Add, square, readout, scale);
    }

    fn backward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &Activations<T>,
        scratch: &mut Scratch<T>,
        gradient: Gradient<T>,
    ) {
        let (n, units) = (rows.len(), self.units);
        let scale = T::of(self.scale());
        let u = matrix(&scratch.output_gradient, n, self.p);
        let square = matrix(&activations.hidden[SQUARE], n, units);
        let out = &mut gradient.theta[self.layout.range(1)];
        product(out, Into::Add, u.t(), square, scale);
        let delta = &mut scratch.hidden[PRE][..n * units];
        let readout = matrix(&at.theta[self.layout.range(1)], self.p, units);
        product(delta, Into::Replace, u, readout, T::of(2.0) * scale);
        let (tables, pairs) = (gradient.tables, &inputs.pairs()[rows]);
        vectorised(
            #[inline(always)]
            || {
                let pre = activations.hidden[PRE].chunks_exact(units);
                for ((delta, h), pair) in delta.chunks_exact_mut(units).zip(pre).zip(pairs) {
                    let [a, b] = self.places(*pair);
                    for ((d, h), t) in delta.iter_mut().zip(h).zip(&mut tables[a]) {
                        *d *= *h;
                        *t += *d;
                    }
                    for (d, t) in delta.iter().zip(&mut tables[b]) {
                        *t += *d;
                    }
                }
            },
        );
    }
}
