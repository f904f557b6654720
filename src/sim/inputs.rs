//! The two passes over the data that every form of the dynamics is made of:
//! quadratic forms of all inputs, and weighted second moments of the inputs.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, Par};
use ndarray::ArrayView2;

/// Inputs X (P×D), packed for repeated passes.
#[derive(Clone, Debug)]
pub struct Inputs {
    x: Mat<f64>,
}

/// Scratch space of the passes, kept between calls.
#[derive(Clone, Debug)]
pub struct Scratch {
    a: Mat<f64>,
    q: Mat<f64>,
}

impl Inputs {
    /// Packs the rows of `x` (P×D).
    pub fn new(x: ArrayView2<f64>) -> Self {
        Self {
            x: Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)]),
        }
    }

    /// Number of rows P.
    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// Dimension D.
    pub fn dim(&self) -> usize {
        self.x.ncols()
    }

    /// X as a matrix, P×D.
    pub fn matrix(&self) -> &Mat<f64> {
        &self.x
    }

    /// Scratch space for these inputs.
    pub fn scratch(&self) -> Scratch {
        let (p, d) = (self.rows(), self.dim());
        Scratch {
            a: Mat::zeros(p, d),
            q: Mat::zeros(d, d),
        }
    }

    /// out_μ = b·x_μ + ½ x_μᵀAx_μ for symmetric A (D×D), of which the lower
    /// triangle is read.
    pub fn quadratic_forms(&self, b: &[f64], a: &Mat<f64>, scratch: &mut Scratch, out: &mut [f64]) {
        let d = self.dim();
        // ½xᵀAx = xᵀQx with Q the lower triangle of A, its diagonal halved.
        for j in 0..d {
            let (from, to) = (a.col_as_slice(j), scratch.q.col_as_slice_mut(j));
            to[j..].copy_from_slice(&from[j..]);
            to[j] *= 0.5;
        }
        triangular::matmul(
            scratch.a.as_mut(),
            BlockStructure::Rectangular,
            Accum::Replace,
            self.x.as_ref(),
            BlockStructure::Rectangular,
            scratch.q.as_ref(),
            BlockStructure::TriangularLower,
            1.0,
            Par::Seq,
        );
        out.fill(0.0);
        for j in 0..d {
            let (x, h, b) = (self.x.col_as_slice(j), scratch.a.col_as_slice(j), b[j]);
            for ((out, x), h) in out.iter_mut().zip(x).zip(h) {
                *out += x * (h + b);
            }
        }
    }

    /// s = Σ_μ v_μ x_μ and S = Σ_μ v_μ x_μ x_μᵀ (both triangles).
    pub fn weighted_moments(
        &self,
        v: &[f64],
        scratch: &mut Scratch,
        s: &mut [f64],
        big_s: &mut Mat<f64>,
    ) {
        let d = self.dim();
        for (j, s) in s.iter_mut().enumerate() {
            let (x, vx) = (self.x.col_as_slice(j), scratch.a.col_as_slice_mut(j));
            for ((vx, x), v) in vx.iter_mut().zip(x).zip(v) {
                *vx = v * x;
            }
            *s = vx.iter().sum();
        }
        triangular::matmul(
            big_s.as_mut(),
            BlockStructure::TriangularLower,
            Accum::Replace,
            self.x.transpose(),
            BlockStructure::Rectangular,
            scratch.a.as_ref(),
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
        mirror_lower(big_s, d);
    }
}

/// Copies the lower triangle of the leading d×d block onto the upper one.
pub fn mirror_lower(m: &mut Mat<f64>, d: usize) {
    for j in 0..d {
        for i in j + 1..d {
            m[(j, i)] = m[(i, j)];
        }
    }
}

/// M = LLᵀ (both triangles), for L of shape D×k.
pub fn self_product(l: &Mat<f64>, m: &mut Mat<f64>) {
    triangular::matmul(
        m.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        l.as_ref(),
        BlockStructure::Rectangular,
        l.transpose(),
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    let d = m.nrows();
    mirror_lower(m, d);
}
