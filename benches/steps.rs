//! Steps per second of both engines, and the fraction of the machine's GEMM peak
//! that the moments reach: faer's product of 550×100 by 100×100, measured in the
//! same run.
//!
//! `cargo bench --bench steps`

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use grokscope::sim::Simulation;
use grokscope::sim::config::{Config, EngineKind, Width};
use std::hint::black_box;
use std::time::Instant;

/// Best of several timings, in seconds a call.
fn best_secs(calls: usize, mut f: impl FnMut()) -> f64 {
    f();
    (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| f());
            start.elapsed().as_secs_f64() / calls as f64
        })
        .fold(f64::INFINITY, f64::min)
}

/// GEMM peak in flop/s.
fn peak() -> f64 {
    let (m, k, n) = (550, 100, 100);
    let a = Mat::from_fn(m, k, |i, j| (i + 3 * j) as f64);
    let b = Mat::from_fn(k, n, |i, j| (2 * i + j) as f64);
    let mut c = Mat::<f64>::zeros(m, n);
    let secs = best_secs(200, || {
        matmul(c.as_mut(), Accum::Replace, black_box(&a), &b, 1.0, Par::Seq)
    });
    (2 * m * k * n) as f64 / secs
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

fn main() {
    println!(
        "{:8} {:>5} {:>5} {:>7} {:>12} {:>12} {:>10}",
        "engine", "D", "P", "N", "steps/s", "GFLOP/s", "of peak"
    );
    for (dim, samples) in [(20, 60), (40, 160), (50, 200), (100, 550), (200, 1000)] {
        for width in [Width::Infinite, Width::Finite(500), Width::Finite(2)] {
            let mut s = simulation(EngineKind::Moments, dim, samples, width);
            let steps = 400_000_000 / (samples * dim * dim + dim * dim * dim) + 10;
            let secs = best_secs(1, || {
                s.advance(steps as u64);
            }) / steps as f64;
            let columns = width.finite().map_or(dim, |n| (n - 1).min(dim));
            let flops = step_flops(dim, samples, columns) / secs;
            println!(
                "{:8} {dim:5} {samples:5} {:>7} {:12.0} {:12.1} {:9.0}%",
                "moments",
                width.to_string(),
                1.0 / secs,
                flops / 1e9,
                100.0 * flops / peak()
            );
        }
        let mut s = simulation(EngineKind::Neurons, dim, samples, Width::Finite(500));
        let steps = (1_000_000_000 / (samples * dim * 500)).max(3);
        let secs = best_secs(1, || {
            s.advance(steps as u64);
        }) / steps as f64;
        let flops = 4.0 * (samples * dim * 500) as f64 / secs;
        println!(
            "{:8} {dim:5} {samples:5} {:>7} {:12.0} {:12.1} {:9.0}%",
            "neurons",
            500,
            1.0 / secs,
            flops / 1e9,
            100.0 * flops / peak()
        );
    }
}
