//! The matrix product: the one place that names the library behind it.

use super::real::Real;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A row-major matrix in a slice, or its transpose.
#[derive(Clone, Copy)]
pub struct Matrix<'a, T>(MatRef<'a, T>);

/// `rows`×`cols`, row by row, from the start of `values`.
#[inline]
pub fn matrix<T: Real>(values: &[T], rows: usize, cols: usize) -> Matrix<'_, T> {
    Matrix(MatRef::from_row_major_slice(
        &values[..rows * cols],
        rows,
        cols,
    ))
}

impl<T: Real> Matrix<'_, T> {
    /// Its transpose, without moving a number.
    #[inline]
    pub fn t(self) -> Self {
        Self(self.0.transpose())
    }
}

/// Whether a product replaces what was there or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// out = scale·AB.
    Replace,
    /// out += scale·AB.
    Add,
}

/// The product of two matrices times `scale`, into the rows of `out`, on the
/// calling thread alone. `out` has the rows of A and the columns of B.
#[inline]
pub fn product<T: Real>(out: &mut [T], into: Into, a: Matrix<T>, b: Matrix<T>, scale: T) {
    let (rows, cols) = (a.0.nrows(), b.0.ncols());
    let out = MatMut::from_row_major_slice_mut(&mut out[..rows * cols], rows, cols);
    let accumulate = match into {
        Into::Replace => Accum::Replace,
        Into::Add => Accum::Add,
    };
    matmul(out, accumulate, a.0, b.0, scale, Par::Seq);
}
