//! The one-layer transformer on the sequence [a, b, "="], read at the last
//! position; "=" is token p.
//!
//! `x_t = W_E[:, token_t] + W_pos[t]`; per head k = W_K x, q = W_Q x, v = W_V x;
//! z = Σ_t softmax_t(q·k_t/√d_head) v_t over the three positions; r = x₂ + W_O z;
//! f = W_Uᵀ(r + W_out relu(W_in r + b_in) + b_out), p + 1 logits.
//!
//! Only the last position is read, where the token is always "=": so there is one
//! query for all examples, and scores and values depend on (token, position)
//! alone. They are the tables; an example costs a softmax over three numbers per
//! head, a weighted sum of three rows, and the products after it. This is the
//! plain causal transformer to rounding.

mod attention;
mod tables;

use super::fourier::{TokenWeights, by_token};
use super::layout::Layout;
use super::network::{Activations, At, Gradient, Inputs, Misfit, Network, Scratch};
use super::network::{add, add_rows, fill_rows, vectorised};
use super::product::{Into, matrix, product};
use super::real::{Real, relu, relu_slope};
use std::ops::Range;
use tables::Tables;

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

    /// Attention of the last position to each position `[a, b, "="]` for one pair,
    /// head by head.
    pub fn attention<T: Real>(&self, theta: &[T], pair: [u32; 2]) -> Vec<[f64; 3]> {
        let mut tables = vec![T::ZERO; self.tables.count];
        self.prepare(theta, &mut tables);
        let mut weights = vec![T::ZERO; POSITIONS * self.heads];
        let mut mixed = vec![T::ZERO; self.width];
        self.attend(&tables, &[pair], &mut weights, &mut mixed);
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

    fn by_token(&self, theta: &[T]) -> Option<TokenWeights> {
        Some(by_token(&self.layout, theta, self.p))
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
