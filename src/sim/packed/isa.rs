//! Which vector instructions the passes use: the widest that the processor has,
//! unless narrower ones are asked for to compare them.

use pulp::{Arch, Scalar, Simd, WithSimd};
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// One number at a time.
    Scalar,
    /// Four numbers: AVX2 with FMA.
    Avx2,
    /// Eight numbers: AVX-512.
    Avx512,
    /// Whatever else the processor has (NEON, WASM).
    Native,
}

// 0: the widest.
static LIMIT: AtomicU8 = AtomicU8::new(0);

impl InstructionSet {
    /// Those that this processor has, narrowest first.
    pub fn available() -> Vec<Self> {
        let widest = match Arch::new() {
            Arch::Scalar => return vec![Self::Scalar],
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => return vec![Self::Scalar, Self::Avx2, Self::Avx512],
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => Self::Avx2,
            #[allow(unreachable_patterns)]
            _ => Self::Native,
        };
        vec![Self::Scalar, widest]
    }

    /// Has all later passes of this process use at most these instructions, for
    /// benchmarks and tests; `None` for the widest. The results are the same.
    pub fn limit(to: Option<Self>) {
        let code = match to {
            None | Some(Self::Native | Self::Avx512) => 0,
            Some(Self::Scalar) => 1,
            Some(Self::Avx2) => 2,
        };
        LIMIT.store(code, Ordering::Relaxed);
    }

    /// Name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Native => "native",
        }
    }
}

/// Runs `op` with the widest instructions allowed.
pub fn dispatch<Op: WithSimd>(op: Op) -> Op::Output {
    match LIMIT.load(Ordering::Relaxed) {
        1 => Simd::vectorize(Scalar, op),
        #[cfg(target_arch = "x86_64")]
        2 => match pulp::x86::V3::try_new() {
            Some(simd) => Simd::vectorize(simd, op),
            None => Arch::new().dispatch(op),
        },
        _ => Arch::new().dispatch(op),
    }
}
