//! What a network is to the trainer: passes over rows of examples.
//!
//! A network is a pure function of one flat parameter vector θ. What depends on θ
//! alone and not on the example (the transformer's keys and values by token and
//! position) is its *tables*: computed once a pass, shared by all rows, and the
//! gradient with respect to them taken back to θ once at the end.

use super::fourier::TokenWeights;
use super::layout::Layout;
use super::product::Into;
use super::real::Real;
use std::ops::Range;

/// Inputs of several examples.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs<T> {
    /// Real vectors, row by row.
    Vectors {
        /// Length of one.
        width: usize,
        /// All rows.
        values: Vec<T>,
    },
    /// Pairs (a, b) of whole numbers below a modulus.
    Pairs(Vec<[u32; 2]>),
}

impl<T: Real> Inputs<T> {
    /// Number of examples.
    pub fn count(&self) -> usize {
        match self {
            Self::Vectors { width, values } => values.len() / (*width).max(1),
            Self::Pairs(pairs) => pairs.len(),
        }
    }

    /// The pairs; none for vectors.
    pub fn pairs(&self) -> &[[u32; 2]] {
        match self {
            Self::Pairs(pairs) => pairs,
            Self::Vectors { .. } => &[],
        }
    }

    /// Some of the vectors, row by row; none for pairs.
    pub fn vectors(&self, rows: &Range<usize>) -> &[T] {
        match self {
            Self::Vectors { width, values } => &values[rows.start * width..rows.end * width],
            Self::Pairs(_) => &[],
        }
    }

    /// Makes these inputs the given rows of `all`, in that order, within what is
    /// allocated already once it was as large.
    pub fn gather(&mut self, all: &Self, rows: &[u32]) {
        match (self, all) {
            (
                Self::Vectors { width, values },
                Self::Vectors {
                    width: w,
                    values: v,
                },
            ) => {
                *width = *w;
                values.clear();
                for row in rows {
                    let at = *row as usize * *w;
                    values.extend_from_slice(&v[at..at + *w]);
                }
            }
            (Self::Pairs(pairs), Self::Pairs(p)) => {
                pairs.clear();
                pairs.extend(rows.iter().map(|row| p[*row as usize]));
            }
            (this, all) => {
                *this = match all {
                    Self::Vectors { width, .. } => Self::Vectors {
                        width: *width,
                        values: Vec::new(),
                    },
                    Self::Pairs(_) => Self::Pairs(Vec::new()),
                };
                this.gather(all, rows);
            }
        }
    }
}

/// Parameters and the tables that were made from them.
#[derive(Clone, Copy)]
pub struct At<'a, T> {
    /// θ, or a direction in the space of parameters.
    pub theta: &'a [T],
    /// Its tables, or their change along the direction.
    pub tables: &'a [T],
}

/// Where a gradient is added: by parameter and by entry of the tables.
pub struct Gradient<'a, T> {
    /// With respect to θ at fixed tables.
    pub theta: &'a mut [T],
    /// With respect to the tables.
    pub tables: &'a mut [T],
    /// Whether the part by parameter is added to or, by networks that say so
    /// ([`Network::overwrites`]), replaced.
    pub into: Into,
}

/// What a forward pass leaves behind for one block of rows. Each network says
/// what its buffers are.
#[derive(Clone, Debug, Default)]
pub struct Activations<T> {
    /// Layer by layer, row by row.
    pub hidden: Vec<Vec<T>>,
    /// Raw outputs f, row by row.
    pub outputs: Vec<T>,
}

/// Room for the tangent and the backward pass of one block of rows.
#[derive(Clone, Debug, Default)]
pub struct Scratch<T> {
    /// As [`Activations::hidden`].
    pub hidden: Vec<Vec<T>>,
    /// Change of the outputs along a direction: written by the tangent pass.
    pub output_tangent: Vec<T>,
    /// Derivative of the loss by the outputs: read by the backward pass.
    pub output_gradient: Vec<T>,
}

/// A kind of network, of some size.
///
/// All passes work on the rows `rows` of `inputs`; buffers may be larger than
/// needed and nothing is allocated. `activations` are those of the forward pass
/// at the same `at` and the same rows.
pub trait Network<T: Real>: Send + Sync {
    /// The parameters.
    fn layout(&self) -> &Layout;

    /// Number of outputs C.
    fn outputs(&self) -> usize;

    /// Lengths of the hidden buffers for one row.
    fn hidden(&self) -> Vec<usize>;

    /// Multiplications of a forward pass for one row: what the split into chunks
    /// is measured by.
    fn work(&self) -> usize;

    /// The weights at θ that are indexed by a number modulo p, where there are
    /// such: what the Fourier spectrum is taken of.
    fn by_token(&self, _theta: &[T]) -> Option<TokenWeights> {
        None
    }

    /// Length of the tables.
    fn tables(&self) -> usize {
        0
    }

    /// Whether a backward pass that is asked to replace the gradient overwrites every
    /// parameter's, so that it need not be cleared before.
    fn overwrites(&self) -> bool {
        false
    }

    /// Makes the tables of θ.
    fn prepare(&self, _theta: &[T], _tables: &mut [T]) {}

    /// Change of the tables along the direction `along.theta`, whose tables are
    /// written.
    fn prepare_tangent(&self, _at: At<T>, _along: &[T], _tables: &mut [T]) {}

    /// Takes the gradient with respect to the tables back to θ; the tables' part
    /// may be used as room to work in.
    fn prepare_backward(&self, _at: At<T>, _gradient: Gradient<T>) {}

    /// Outputs and activations.
    fn forward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &mut Activations<T>,
    );

    /// Change of the outputs along a direction: J v.
    fn tangent(
        &self,
        at: At<T>,
        along: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &Activations<T>,
        scratch: &mut Scratch<T>,
    );

    /// Adds Jᵀu for the output gradient u, or puts it there.
    fn backward(
        &self,
        at: At<T>,
        inputs: &Inputs<T>,
        rows: Range<usize>,
        activations: &Activations<T>,
        scratch: &mut Scratch<T>,
        gradient: Gradient<T>,
    );
}

/// Why inputs do not fit a network or its sizes are impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misfit(pub String);

/// Elementwise work compiled for the widest vectors of the machine.
#[inline(always)]
pub(super) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Adds the sum of the rows of `values` (as long as `sum`) to `sum`.
pub(super) fn add_rows<T: Real>(values: &[T], sum: &mut [T]) {
    vectorised(
        #[inline(always)]
        || {
            for row in values.chunks_exact(sum.len()) {
                for (s, v) in sum.iter_mut().zip(row) {
                    *s += *v;
                }
            }
        },
    );
}

/// Makes every row of `values` a copy of `row`.
pub(super) fn fill_rows<T: Real>(values: &mut [T], row: &[T]) {
    for out in values.chunks_exact_mut(row.len()) {
        out.copy_from_slice(row);
    }
}

/// out += x, elementwise.
pub(super) fn add<T: Real>(out: &mut [T], x: &[T]) {
    vectorised(
        #[inline(always)]
        || {
            for (out, x) in out.iter_mut().zip(x) {
                *out += *x;
            }
        },
    );
}
