//! The softmax over three positions and the sum that it weights.

use super::super::network::vectorised;
use super::super::real::Real;
use super::tables::{Parts, PartsMut};
use super::{POSITIONS, Transformer};

impl Transformer {
    /// z and the attention's weights for all rows.
    pub(super) fn attend<T: Real>(
        &self,
        tables: &[T],
        pairs: &[[u32; 2]],
        weights: &mut [T],
        mixed: &mut [T],
    ) {
        let (d, heads, size) = (self.width, self.heads, self.head_width);
        let Parts { score, value, .. } = self.tables.parts(tables);
        vectorised(
            #[inline(always)]
            || {
                let weights = weights.chunks_exact_mut(POSITIONS * heads);
                for ((z, w), pair) in mixed.chunks_exact_mut(d).zip(weights).zip(pairs) {
                    let at = self.places(*pair);
                    for h in 0..heads {
                        let s = at.map(|row| score[row * heads + h]);
                        // NaN passes by the comparisons, and then into every weight.
                        let mut top = s[0];
                        for s in &s[1..] {
                            top = if *s > top { *s } else { top };
                        }
                        let e = s.map(|s| (s - top).exponential());
                        let inverse = T::ONE / (e[0] + e[1] + e[2]);
                        for (t, e) in e.iter().enumerate() {
                            w[t * heads + h] = *e * inverse;
                        }
                    }
                    let v = at.map(|row| &value[row * d..(row + 1) * d]);
                    for h in 0..heads {
                        let [a, b, c] = [0, 1, 2].map(|t| w[t * heads + h]);
                        let part = h * size..(h + 1) * size;
                        let v = v.map(|v| &v[part.clone()]);
                        let rows = v[0].iter().zip(v[1]).zip(v[2]);
                        for (z, ((x, y), u)) in z[part.clone()].iter_mut().zip(rows) {
                            *z = a * *x + b * *y + c * *u;
                        }
                    }
                }
            },
        );
    }

    /// Change of z along a direction.
    pub(super) fn attend_tangent<T: Real>(
        &self,
        (tables, along): (&[T], &[T]),
        pairs: &[[u32; 2]],
        weights: &[T],
        change: &mut [T],
    ) {
        let (d, heads, size) = (self.width, self.heads, self.head_width);
        let (at, along) = (self.tables.parts(tables), self.tables.parts(along));
        vectorised(
            #[inline(always)]
            || {
                let weights = weights.chunks_exact(POSITIONS * heads);
                for ((z, w), pair) in change.chunks_exact_mut(d).zip(weights).zip(pairs) {
                    let rows = self.places(*pair);
                    for h in 0..heads {
                        let w = [0, 1, 2].map(|t| w[t * heads + h]);
                        let s = rows.map(|row| along.score[row * heads + h]);
                        let mean = w[0] * s[0] + w[1] * s[1] + w[2] * s[2];
                        let part = h * size..(h + 1) * size;
                        let z = &mut z[part.clone()];
                        z.fill(T::ZERO);
                        for t in 0..POSITIONS {
                            let dw = w[t] * (s[t] - mean);
                            let row = rows[t] * d;
                            let place = row + part.start..row + part.end;
                            let v = at.value[place.clone()].iter().zip(&along.value[place]);
                            for (z, (v, dv)) in z.iter_mut().zip(v) {
                                *z += dw * *v + w[t] * *dv;
                            }
                        }
                    }
                }
            },
        );
    }

    /// Adds to the gradient of scores and values, for the gradient `delta` of z.
    pub(super) fn attend_backward<T: Real>(
        &self,
        tables: &[T],
        pairs: &[[u32; 2]],
        weights: &[T],
        delta: &[T],
        gradient: &mut PartsMut<T>,
    ) {
        let (d, heads, size) = (self.width, self.heads, self.head_width);
        let value = self.tables.parts(tables).value;
        let PartsMut {
            score,
            value: values,
            ..
        } = gradient;
        vectorised(
            #[inline(always)]
            || {
                let weights = weights.chunks_exact(POSITIONS * heads);
                for ((delta, w), pair) in delta.chunks_exact(d).zip(weights).zip(pairs) {
                    let rows = self.places(*pair);
                    for h in 0..heads {
                        let w = [0, 1, 2].map(|t| w[t * heads + h]);
                        let part = h * size..(h + 1) * size;
                        let delta = &delta[part.clone()];
                        let mut dw = [T::ZERO; POSITIONS];
                        for t in 0..POSITIONS {
                            let row = rows[t] * d;
                            let place = row + part.start..row + part.end;
                            dw[t] = dot(delta, &value[place.clone()]);
                            for (g, d) in values[place].iter_mut().zip(delta) {
                                *g += w[t] * *d;
                            }
                        }
                        let mean = w[0] * dw[0] + w[1] * dw[1] + w[2] * dw[2];
                        for t in 0..POSITIONS {
                            score[rows[t] * heads + h] += w[t] * (dw[t] - mean);
                        }
                    }
                }
            },
        );
    }
}

/// Σ a_i b_i, in eight sums side by side so that it can be vectorised.
#[inline(always)]
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::ZERO; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let mut rest = T::ZERO;
    for (x, y) in a8.remainder().iter().zip(b8.remainder()) {
        rest += *x * *y;
    }
    for (a, b) in a8.zip(b8) {
        for l in 0..8 {
            sums[l] += a[l] * b[l];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
}
