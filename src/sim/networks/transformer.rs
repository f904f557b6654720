//! The one-layer transformer on the sequence [a, b, "="], read at the last
//! position; "=" is token p.
//!
//! x_t = W_E[:, token_t] + W_pos[t]; per head k = W_K x, q = W_Q x, v = W_V x;
//! z = Σ_t softmax_t(q·k_t/√d_head) v_t over the three positions; r = x₂ + W_O z;
//! f = W_Uᵀ(r + W_out relu(W_in r + b_in) + b_out), p + 1 logits.
//!
//! Only the last position is read, where the token is always "=": so there is one
//! query for all examples, and scores and values depend on (token, position)
//! alone. They are the tables; an example costs a softmax over three numbers per
//! head, a weighted sum of three rows, and the products after it. This is the
//! plain causal transformer to rounding.

use super::layout::Layout;
use super::network::{Activations, At, Gradient, Inputs, Misfit, Network, Scratch};
use super::network::{add, add_rows, fill_rows, vectorised};
use super::product::{Into, matrix, product};
use super::real::{Real, relu, relu_slope};
use std::ops::Range;

/// A one-layer transformer for sums modulo p.
#[derive(Clone, Debug)]
pub struct Transformer {
    p: usize,
    width: usize,
    heads: usize,
    head_width: usize,
    mlp: usize,
    layout: Layout,
    tables: Tables,
}

// Arrays of parameters, in the order of the flat vector.
const EMBED: usize = 0;
const POSITION: usize = 1;
const KEY: usize = 2;
const QUERY: usize = 3;
const VALUE: usize = 4;
const OUT: usize = 5;
const MLP_IN: usize = 6;
const MLP_IN_BIAS: usize = 7;
const MLP_OUT: usize = 8;
const MLP_OUT_BIAS: usize = 9;
const UNEMBED: usize = 10;

// Hidden buffers: attention weights (position, head), z, r, the MLP's units, and
// the residual stream after it.
const ATTENTION: usize = 0;
const MIXED: usize = 1;
const RESIDUAL: usize = 2;
const UNITS: usize = 3;
const FINAL: usize = 4;

/// Number of positions.
const POSITIONS: usize = 3;

/// Places in the tables. Rows are (token, position): p for position 0, p for
/// position 1 and one for "=" at position 2.
#[derive(Clone, Debug)]
struct Tables {
    rows: usize,
    // x, row by row.
    input: Range<usize>,
    // q of "=".
    query: Range<usize>,
    // W_Kᵀq/√d_head, one row a head: a score is its product with x.
    probe: Range<usize>,
    // Scores, one column a head.
    score: Range<usize>,
    // v, row by row.
    value: Range<usize>,
    count: usize,
}

/// The tables, apart.
struct Parts<'a, T> {
    input: &'a [T],
    query: &'a [T],
    probe: &'a [T],
    score: &'a [T],
    value: &'a [T],
}

struct PartsMut<'a, T> {
    input: &'a mut [T],
    query: &'a mut [T],
    probe: &'a mut [T],
    score: &'a mut [T],
    value: &'a mut [T],
}

impl Tables {
    fn new(p: usize, width: usize, heads: usize) -> Self {
        let rows = 2 * p + 1;
        let mut start = 0;
        let mut next = |length: usize| {
            let from = start;
            start += length;
            from..start
        };
        let input = next(rows * width);
        let query = next(width);
        let probe = next(heads * width);
        let score = next(rows * heads);
        let value = next(rows * width);
        Self {
            rows,
            count: value.end,
            input,
            query,
            probe,
            score,
            value,
        }
    }

    fn parts<'a, T>(&self, tables: &'a [T]) -> Parts<'a, T> {
        Parts {
            input: &tables[self.input.clone()],
            query: &tables[self.query.clone()],
            probe: &tables[self.probe.clone()],
            score: &tables[self.score.clone()],
            value: &tables[self.value.clone()],
        }
    }

    fn parts_mut<'a, T>(&self, tables: &'a mut [T]) -> PartsMut<'a, T> {
        let (input, rest) = tables.split_at_mut(self.input.end);
        let (query, rest) = rest.split_at_mut(self.query.len());
        let (probe, rest) = rest.split_at_mut(self.probe.len());
        let (score, value) = rest.split_at_mut(self.score.len());
        PartsMut {
            input,
            query,
            probe,
            score,
            value,
        }
    }
}

impl Transformer {
    /// Modulus p, width d of the residual stream, number of heads (each of
    /// d/heads) and number of units in the MLP.
    ///
    /// # Errors
    /// p below 2, a size of 0, or heads that do not divide d.
    pub fn new(p: usize, width: usize, heads: usize, mlp: usize) -> Result<Self, Misfit> {
        if p < 2 || width == 0 || heads == 0 || mlp == 0 {
            return Err(Misfit(format!(
                "p, d_model, n_heads, d_mlp: expected p ≥ 2 and the others ≥ 1; found {p}, {width}, {heads}, {mlp}"
            )));
        }
        if !width.is_multiple_of(heads) {
            return Err(Misfit(format!(
                "n_heads: expected a divisor of d_model = {width}; found {heads}"
            )));
        }
        let head_width = width / heads;
        let tokens = p + 1;
        Ok(Self {
            p,
            width,
            heads,
            head_width,
            mlp,
            layout: Layout::new([
                ("W_E", vec![width, tokens]),
                ("W_pos", vec![POSITIONS, width]),
                ("W_K", vec![heads, head_width, width]),
                ("W_Q", vec![heads, head_width, width]),
                ("W_V", vec![heads, head_width, width]),
                ("W_O", vec![width, width]),
                ("W_in", vec![mlp, width]),
                ("b_in", vec![mlp]),
                ("W_out", vec![width, mlp]),
                ("b_out", vec![width]),
                ("W_U", vec![width, tokens]),
            ]),
            tables: Tables::new(p, width, heads),
        })
    }

    /// The modulus.
    pub fn p(&self) -> usize {
        self.p
    }

    /// Number of heads.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Attention of the last position to each position, per head: `[a, b, "="]`
    /// for head 0, then for head 1, from the activations of a forward pass.
    pub fn attention<T: Real>(&self, activations: &Activations<T>, row: usize) -> Vec<[f64; 3]> {
        let size = POSITIONS * self.heads;
        let weights = &activations.hidden[ATTENTION][row * size..(row + 1) * size];
        (0..self.heads)
            .map(|h| [0, 1, 2].map(|t| weights[t * self.heads + h].wide()))
            .collect()
    }

    fn array<'a, T>(&self, index: usize, theta: &'a [T]) -> &'a [T] {
        &theta[self.layout.range(index)]
    }

    /// Rows of the tables for one pair.
    #[inline(always)]
    fn places(&self, pair: [u32; 2]) -> [usize; POSITIONS] {
        [pair[0] as usize, self.p + pair[1] as usize, 2 * self.p]
    }

    /// x by token and position, and the same for a direction.
    fn inputs<T: Real>(&self, theta: &[T], out: &mut [T]) {
        let (p, d) = (self.p, self.width);
        let embed = self.array(EMBED, theta);
        let position = self.array(POSITION, theta);
        for (row, x) in out.chunks_exact_mut(d).enumerate() {
            let (token, t) = (if row == 2 * p { p } else { row % p }, row / p);
            for (i, x) in x.iter_mut().enumerate() {
                *x = embed[i * (p + 1) + token] + position[t * d + i];
            }
        }
    }

    /// out (+)= W_K[h]ᵀ q_h/√d_head for every head.
    fn probes<T: Real>(&self, key: &[T], query: &[T], into: Into, out: &mut [T]) {
        let (d, size) = (self.width, self.head_width);
        let scale = T::of(1.0 / (size as f64).sqrt());
        for h in 0..self.heads {
            let key = matrix(&key[h * size * d..], size, d);
            let query = matrix(&query[h * size..], 1, size);
            product(&mut out[h * d..(h + 1) * d], into, query, key, scale);
        }
    }

    /// z and the attention's weights for all rows.
    fn attend<T: Real>(
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
    fn attend_tangent<T: Real>(
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
    fn attend_backward<T: Real>(
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

impl<T: Real> Network<T> for Transformer {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn outputs(&self) -> usize {
        self.p + 1
    }

    fn hidden(&self) -> Vec<usize> {
        let d = self.width;
        vec![POSITIONS * self.heads, d, d, self.mlp, d]
    }

    fn work(&self) -> usize {
        self.width * (POSITIONS + self.width + 2 * self.mlp + self.p + 1)
    }

    fn tables(&self) -> usize {
        self.tables.count
    }

    fn prepare(&self, theta: &[T], tables: &mut [T]) {
        let (d, heads, rows) = (self.width, self.heads, self.tables.rows);
        let parts = self.tables.parts_mut(tables);
        self.inputs(theta, parts.input);
        let last = matrix(&parts.input[(rows - 1) * d..], 1, d);
        let query = matrix(self.array(QUERY, theta), d, d).t();
        product(parts.query, Into::Replace, last, query, T::ONE);
        self.probes(
            self.array(KEY, theta),
            parts.query,
            Into::Replace,
            parts.probe,
        );
        let input = matrix(parts.input, rows, d);
        let probe = matrix(parts.probe, heads, d).t();
        product(parts.score, Into::Replace, input, probe, T::ONE);
        let value = matrix(self.array(VALUE, theta), d, d).t();
        product(parts.value, Into::Replace, input, value, T::ONE);
    }

    fn prepare_tangent(&self, at: At<T>, along: &[T], tables: &mut [T]) {
        let (d, heads, rows) = (self.width, self.heads, self.tables.rows);
        let base = self.tables.parts(at.tables);
        let change = self.tables.parts_mut(tables);
        self.inputs(along, change.input);
        let square = |index: usize, theta| matrix(self.array(index, theta), d, d).t();
        // The query of "=".
        let (x, dx) = (
            &base.input[(rows - 1) * d..],
            &change.input[(rows - 1) * d..],
        );
        let (x, dx) = (matrix(x, 1, d), matrix(dx, 1, d));
        product(change.query, Into::Replace, x, square(QUERY, along), T::ONE);
        product(change.query, Into::Add, dx, square(QUERY, at.theta), T::ONE);
        let (key, key_change) = (self.array(KEY, at.theta), self.array(KEY, along));
        self.probes(key_change, base.query, Into::Replace, change.probe);
        self.probes(key, change.query, Into::Add, change.probe);
        // Scores and values.
        let (x, dx) = (matrix(base.input, rows, d), matrix(change.input, rows, d));
        let probe = matrix(base.probe, heads, d).t();
        let probe_change = matrix(change.probe, heads, d).t();
        product(change.score, Into::Replace, dx, probe, T::ONE);
        product(change.score, Into::Add, x, probe_change, T::ONE);
        product(
            change.value,
            Into::Replace,
            dx,
            square(VALUE, at.theta),
            T::ONE,
        );
        product(change.value, Into::Add, x, square(VALUE, along), T::ONE);
    }

    fn prepare_backward(&self, at: At<T>, gradient: Gradient<T>) {
        let (p, d, heads, size) = (self.p, self.width, self.heads, self.head_width);
        let rows = self.tables.rows;
        let base = self.tables.parts(at.tables);
        let delta = self.tables.parts_mut(gradient.tables);
        let theta = gradient.theta;
        // Values and scores, as products with x.
        let input = matrix(base.input, rows, d);
        let out = &mut theta[self.layout.range(VALUE)];
        product(
            out,
            Into::Add,
            matrix(delta.value, rows, d).t(),
            input,
            T::ONE,
        );
        let value = matrix(self.array(VALUE, at.theta), d, d);
        product(
            delta.input,
            Into::Add,
            matrix(delta.value, rows, d),
            value,
            T::ONE,
        );
        let score = matrix(delta.score, rows, heads);
        product(delta.probe, Into::Replace, score.t(), input, T::ONE);
        let probe = matrix(base.probe, heads, d);
        product(delta.input, Into::Add, score, probe, T::ONE);
        // Probes: keys and the query.
        let scale = T::of(1.0 / (size as f64).sqrt());
        for h in 0..heads {
            let range = self.layout.range(KEY);
            let part = h * size * d..(h + 1) * size * d;
            let probe = matrix(&delta.probe[h * d..], 1, d);
            let query = matrix(&base.query[h * size..], 1, size).t();
            product(
                &mut theta[range][part.clone()],
                Into::Add,
                query,
                probe,
                scale,
            );
            let key = matrix(&self.array(KEY, at.theta)[part], size, d).t();
            let query = &mut delta.query[h * size..(h + 1) * size];
            product(query, Into::Replace, probe, key, scale);
        }
        let last = (rows - 1) * d..rows * d;
        let query = matrix(delta.query, 1, d);
        let x = matrix(&base.input[last.clone()], 1, d);
        let out = &mut theta[self.layout.range(QUERY)];
        product(out, Into::Add, query.t(), x, T::ONE);
        let weights = matrix(self.array(QUERY, at.theta), d, d);
        product(&mut delta.input[last], Into::Add, query, weights, T::ONE);
        // x = W_E[:, token] + W_pos[t].
        for (row, x) in delta.input.chunks_exact(d).enumerate() {
            let (token, t) = (if row == 2 * p { p } else { row % p }, row / p);
            let embed = &mut theta[self.layout.range(EMBED)];
            for (i, x) in x.iter().enumerate() {
                embed[i * (p + 1) + token] += *x;
            }
            add(
                &mut theta[self.layout.range(POSITION)][t * d..(t + 1) * d],
                x,
            );
        }
    }

    fn forward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &mut Activations<T>,
    ) {
        let (n, d, m, tokens) = (rows.len(), self.width, self.mlp, self.p + 1);
        let Activations { hidden, outputs } = activations;
        let [attention, mixed, residual, units, last] = hidden.as_mut_slice() else {
            return;
        };
        let pairs = &inputs.pairs()[rows];
        self.attend(at.tables, pairs, attention, mixed);
        let base = self.tables.parts(at.tables).input;
        fill_rows(&mut residual[..n * d], &base[2 * self.p * d..]);
        let out = matrix(self.array(OUT, at.theta), d, d).t();
        product(residual, Into::Add, matrix(mixed, n, d), out, T::ONE);
        let inward = matrix(self.array(MLP_IN, at.theta), m, d).t();
        fill_rows(&mut units[..n * m], self.array(MLP_IN_BIAS, at.theta));
        product(units, Into::Add, matrix(residual, n, d), inward, T::ONE);
        let bias = self.array(MLP_OUT_BIAS, at.theta);
        vectorised(
            #[inline(always)]
            || {
                for h in units[..n * m].iter_mut() {
                    *h = relu(*h);
                }
                let rows = residual.chunks_exact(d);
                for (last, r) in last[..n * d].chunks_exact_mut(d).zip(rows) {
                    for ((last, r), b) in last.iter_mut().zip(r).zip(bias) {
                        *last = *r + *b;
                    }
                }
            },
        );
        let outward = matrix(self.array(MLP_OUT, at.theta), d, m).t();
        product(last, Into::Add, matrix(units, n, m), outward, T::ONE);
        let unembed = matrix(self.array(UNEMBED, at.theta), d, tokens);
        product(outputs, Into::Replace, matrix(last, n, d), unembed, T::ONE);
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
        let (n, d, m, tokens) = (rows.len(), self.width, self.mlp, self.p + 1);
        let values = &activations.hidden;
        let [_, mixed, residual, units, last] = scratch.hidden.as_mut_slice() else {
            return;
        };
        let pairs = &inputs.pairs()[rows];
        let tables = (at.tables, along.tables);
        self.attend_tangent(tables, pairs, &values[ATTENTION], mixed);
        let base = self.tables.parts(along.tables).input;
        fill_rows(&mut residual[..n * d], &base[2 * self.p * d..]);
        let out = |theta| matrix(self.array(OUT, theta), d, d).t();
        product(
            residual,
            Into::Add,
            matrix(mixed, n, d),
            out(at.theta),
            T::ONE,
        );
        let z = matrix(&values[MIXED], n, d);
        product(residual, Into::Add, z, out(along.theta), T::ONE);
        let inward = |theta| matrix(self.array(MLP_IN, theta), m, d).t();
        fill_rows(&mut units[..n * m], self.array(MLP_IN_BIAS, along.theta));
        product(
            units,
            Into::Add,
            matrix(residual, n, d),
            inward(at.theta),
            T::ONE,
        );
        let r = matrix(&values[RESIDUAL], n, d);
        product(units, Into::Add, r, inward(along.theta), T::ONE);
        let bias = self.array(MLP_OUT_BIAS, along.theta);
        vectorised(
            #[inline(always)]
            || {
                for (dh, h) in units[..n * m].iter_mut().zip(&values[UNITS]) {
                    *dh *= relu_slope(*h);
                }
                let rows = residual.chunks_exact(d);
                for (last, r) in last[..n * d].chunks_exact_mut(d).zip(rows) {
                    for ((last, r), b) in last.iter_mut().zip(r).zip(bias) {
                        *last = *r + *b;
                    }
                }
            },
        );
        let outward = |theta| matrix(self.array(MLP_OUT, theta), d, m).t();
        product(
            last,
            Into::Add,
            matrix(units, n, m),
            outward(at.theta),
            T::ONE,
        );
        let h = matrix(&values[UNITS], n, m);
        product(last, Into::Add, h, outward(along.theta), T::ONE);
        let unembed = |theta| matrix(self.array(UNEMBED, theta), d, tokens);
        let out = &mut scratch.output_tangent;
        product(
            out,
            Into::Replace,
            matrix(last, n, d),
            unembed(at.theta),
            T::ONE,
        );
        let last = matrix(&values[FINAL], n, d);
        product(out, Into::Add, last, unembed(along.theta), T::ONE);
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
        let (n, d, m, tokens) = (rows.len(), self.width, self.mlp, self.p + 1);
        let values = &activations.hidden;
        let [_, mixed, residual, units, last] = scratch.hidden.as_mut_slice() else {
            return;
        };
        let theta = gradient.theta;
        let u = matrix(&scratch.output_gradient, n, tokens);
        let out = &mut theta[self.layout.range(UNEMBED)];
        product(out, Into::Add, matrix(&values[FINAL], n, d).t(), u, T::ONE);
        let unembed = matrix(self.array(UNEMBED, at.theta), d, tokens).t();
        product(last, Into::Replace, u, unembed, T::ONE);
        // The MLP.
        let delta = matrix(last, n, d);
        let out = &mut theta[self.layout.range(MLP_OUT)];
        product(
            out,
            Into::Add,
            delta.t(),
            matrix(&values[UNITS], n, m),
            T::ONE,
        );
        add_rows(&last[..n * d], &mut theta[self.layout.range(MLP_OUT_BIAS)]);
        let outward = matrix(self.array(MLP_OUT, at.theta), d, m);
        product(units, Into::Replace, delta, outward, T::ONE);
        vectorised(
            #[inline(always)]
            || {
                for (dh, h) in units[..n * m].iter_mut().zip(&values[UNITS]) {
                    *dh *= relu_slope(*h);
                }
            },
        );
        let delta = matrix(units, n, m);
        let out = &mut theta[self.layout.range(MLP_IN)];
        product(
            out,
            Into::Add,
            delta.t(),
            matrix(&values[RESIDUAL], n, d),
            T::ONE,
        );
        add_rows(&units[..n * m], &mut theta[self.layout.range(MLP_IN_BIAS)]);
        residual[..n * d].copy_from_slice(&last[..n * d]);
        let inward = matrix(self.array(MLP_IN, at.theta), m, d);
        product(residual, Into::Add, delta, inward, T::ONE);
        // The attention.
        let mut tables = self.tables.parts_mut(gradient.tables);
        add_rows(&residual[..n * d], &mut tables.input[2 * self.p * d..]);
        let delta = matrix(residual, n, d);
        let out = &mut theta[self.layout.range(OUT)];
        product(
            out,
            Into::Add,
            delta.t(),
            matrix(&values[MIXED], n, d),
            T::ONE,
        );
        let weights = matrix(self.array(OUT, at.theta), d, d);
        product(mixed, Into::Replace, delta, weights, T::ONE);
        let pairs = &inputs.pairs()[rows];
        let (attention, mixed) = (&values[ATTENTION], &mixed[..n * d]);
        self.attend_backward(at.tables, pairs, attention, mixed, &mut tables);
    }
}
