//! The passes over data and weights that every form of the dynamics is made of,
//! on storage packed for them.
//!
//! A step of the moments needs four products, three of them symmetric: ½xᵀAx of
//! all inputs, Σ r_μx_μx_μᵀ, LLᵀ and GL. A general matrix product computes both
//! triangles and stores intermediate results; here one register-blocked kernel
//! (`micro`) computes the lower triangle only and uses each result where it
//! stands. `benches/steps.rs` compares it with a general product in the same run, for
//! every instruction set ([`InstructionSet`]) that the processor has.
//!
//! Storage is in panels: eight rows at a time, each panel contiguous along the
//! other axis. All sums run over the problem's own order, so that results do not
//! depend on the vector length of the machine.

mod buffer;
mod factor;
mod inputs;
mod isa;
mod micro;
mod symmetric;

pub use buffer::{Buffer, LANES, Lane};
pub use factor::Factor;
pub use inputs::{Inputs, Scratch};
pub use isa::{InstructionSet, dispatch};
pub use symmetric::{Affine, Symmetric};
