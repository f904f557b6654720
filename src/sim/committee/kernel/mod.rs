//! The neural tangent kernel of the committee machine and what is read off it.
//!
//! K(x,x') = x·x' [1 + ε w̄·(x+x') + ε² xᵀMx'], without the factor α²/N that the
//! paper drops too.

mod alignment;
mod eigen;
mod function;
mod gram;
mod spectrum;
mod top_eigenvalue;

pub use alignment::{Alignments, PopulationAlignment, relative_alignment, relative_distance};
pub use eigen::KernelEigen;
pub(crate) use eigen::dot;
pub(crate) use function::second_moment;
pub use function::{QuadraticFunction, cross_gram, kernel_function};
pub use gram::{Gram, GramInputs};
pub use spectrum::{EigenvectorLabels, Level, Spectrum, SpectrumTheory, oriented};
pub use top_eigenvalue::top_eigenvalue;
