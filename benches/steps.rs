//! Steps per second of both engines with every instruction set that the processor
//! has, and the fraction of a general matrix product's rate that the moments reach.
//!
//! The product is 552×100 by 100×96, with each instruction set a register-blocked
//! one written for this bench on packed operands (2×6 or, with eight lanes, 3×8
//! vectors by columns), and with the widest also faer's if it is faster. Times are
//! of this thread's processor time, so that other programs count little, and the
//! product is measured before and after every case.
//!
//! `cargo bench --bench steps`; with `--test` every case runs once, small.

use cpu_time::ThreadTime;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use grokscope::sim::Simulation;
use grokscope::sim::config::{Config, EngineKind, Width};
use grokscope::sim::packed::{InstructionSet, dispatch};
use pulp::{Simd, WithSimd};
use std::hint::black_box;

/// Best of several timings, in seconds a call.
fn best_secs(calls: usize, mut f: impl FnMut()) -> f64 {
    f();
    (0..7)
        .map(|_| {
            let start = ThreadTime::now();
            (0..calls).for_each(|_| f());
            start.elapsed().as_secs_f64() / calls as f64
        })
        .fold(f64::INFINITY, f64::min)
}

const ROWS: usize = 552;
const DEPTH: usize = 100;
const COLUMNS: usize = 96;

/// C = AB on operands packed for one instruction set.
struct Product<'a> {
    a: &'a [f64],
    b: &'a [f64],
    c: &'a mut [f64],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F64_LANES >= 8 {
            product::<S, 3, 8>(simd, self);
        } else if S::F64_LANES > 1 {
            product::<S, 2, 6>(simd, self);
        } else {
            product::<S, 2, 4>(simd, self);
        }
    }
}

#[inline(always)]
fn product<S: Simd, const N: usize, const C: usize>(simd: S, product: Product) {
    let a = S::as_simd_f64s(product.a).0;
    let c = S::as_mut_simd_f64s(product.c).0;
    let out = c.chunks_exact_mut(N * C);
    let tiles = a.chunks_exact(N * DEPTH).flat_map(|a| {
        let columns = product.b.chunks_exact(C * DEPTH);
        columns.map(move |b| (a, b))
    });
    for (out, (a, b)) in out.zip(tiles) {
        let mut sums = [[simd.splat_f64s(0.0); N]; C];
        for (a, b) in a.as_chunks::<N>().0.iter().zip(b.as_chunks::<C>().0) {
            for c in 0..C {
                let b = simd.splat_f64s(b[c]);
                for n in 0..N {
                    sums[c][n] = simd.mul_add_f64s(b, a[n], sums[c][n]);
                }
            }
        }
        for (out, sum) in out.iter_mut().zip(sums.iter().flatten()) {
            *out = *sum;
        }
    }
}

/// Rate of a general matrix product, in flop/s.
fn product_rate(widest: bool) -> f64 {
    let flops = (2 * ROWS * DEPTH * COLUMNS) as f64;
    let numbers = |count: usize| {
        let values = (0..count).map(|i| (i % 7) as f64 * 0.1);
        aligned_vec::AVec::<f64>::from_iter(64, values)
    };
    let (a, b) = (numbers(ROWS * DEPTH), numbers(DEPTH * COLUMNS));
    let mut c = numbers(ROWS * COLUMNS);
    let mut secs = best_secs(50, || {
        dispatch(Product {
            a: black_box(&a),
            b: &b,
            c: &mut c,
        });
    });
    black_box(&c);
    if widest {
        let a = Mat::from_fn(ROWS, DEPTH, |i, j| (i + 3 * j) as f64);
        let b = Mat::from_fn(DEPTH, COLUMNS, |i, j| (2 * i + j) as f64);
        let mut c = Mat::<f64>::zeros(ROWS, COLUMNS);
        secs = secs.min(best_secs(50, || {
            matmul(c.as_mut(), Accum::Replace, black_box(&a), &b, 1.0, Par::Seq)
        }));
    }
    flops / secs
}

fn simulation(engine: EngineKind, dim: usize, samples: usize, width: Width) -> Simulation {
    let mut c = Config::default();
    (c.task.dim, c.task.samples) = (dim, samples);
    (c.network.width, c.network.alpha) = (width, 1.0);
    (c.training.engine, c.training.steps) = (engine, u64::from(u32::MAX));
    c.record.steps = vec![u64::from(u32::MAX)];
    Simulation::new(&c.check().expect("valid"), None).expect("no instance")
}

/// Multiplications and additions that a step cannot do without: PD² for the
/// forms, PD² for the moments, D²k for LLᵀ (its lower triangle) and 2D²k for GL.
fn step_flops(dim: usize, samples: usize, columns: usize) -> f64 {
    let (d, p, k) = (dim as f64, samples as f64, columns as f64);
    2.0 * p * d * d + 3.0 * d * d * k
}

fn measure(set: InstructionSet, widest: bool, smoke: bool) {
    let sizes: &[(usize, usize)] = if smoke {
        &[(20, 60)]
    } else {
        &[(20, 60), (40, 160), (50, 200), (100, 550), (200, 1000)]
    };
    for &(dim, samples) in sizes {
        for width in [Width::Infinite, Width::Finite(500), Width::Finite(2)] {
            let before = product_rate(widest);
            let mut s = simulation(EngineKind::Moments, dim, samples, width);
            let work = if smoke { 1_000_000 } else { 100_000_000 };
            let steps = work / (samples * dim * dim + dim * dim * dim) + 5;
            let secs = best_secs(1, || {
                s.advance(steps as u64);
            }) / steps as f64;
            let columns = width.finite().map_or(dim, |n| (n - 1).min(dim));
            let flops = step_flops(dim, samples, columns) / secs;
            let product = before.max(product_rate(widest));
            println!(
                "{:8} {:8} {dim:5} {samples:5} {:>7} {:12.0} {:12.1} {:12.1} {:10.2}",
                set.name(),
                "moments",
                width.to_string(),
                1.0 / secs,
                flops / 1e9,
                product / 1e9,
                flops / product
            );
        }
    }
}

fn main() {
    let smoke = std::env::args().any(|a| a == "--test");
    println!(
        "{:8} {:8} {:>5} {:>5} {:>7} {:>12} {:>12} {:>12} {:>10}",
        "set", "engine", "D", "P", "N", "steps/s", "GFLOP/s", "GEMM's", "fraction"
    );
    let sets = InstructionSet::available();
    for &set in sets.iter().rev() {
        InstructionSet::limit(Some(set));
        measure(set, Some(&set) == sets.last(), smoke);
    }
    InstructionSet::limit(None);
    for (dim, samples) in [(20, 60), (100, 550)] {
        let mut s = simulation(EngineKind::Neurons, dim, samples, Width::Finite(500));
        let work = if smoke { 1 } else { 500_000_000 };
        let steps = (work / (samples * dim * 500)).max(3);
        let secs = best_secs(1, || {
            s.advance(steps as u64);
        }) / steps as f64;
        let flops = 4.0 * (samples * dim * 500) as f64 / secs;
        let product = product_rate(true);
        println!(
            "{:8} {:8} {dim:5} {samples:5} {:>7} {:12.0} {:12.1} {:12.1} {:10.2}",
            "widest",
            "neurons",
            500,
            1.0 / secs,
            flops / 1e9,
            product / 1e9,
            flops / product
        );
    }
}
