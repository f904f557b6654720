//! What a sweep costs: cells a second against threads and D on the axes of Figure
//! 3(e), and how the cost of a cell grows with P, D and the horizon.
//!
//! `cargo bench --bench sweep`; with `--test` every case runs once, small. Wall
//! clock: other programs count.

use grokscope::sweep::Spec;
use grokscope::sweep::directory::Directory;
use grokscope::sweep::record::Attempt;
use grokscope::sweep::runner::{RunOptions, ShardProgress, run};
use grokscope::sweep::shard::Shard;
use std::num::NonZero;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// `side`² cells on the axes of Figure 3(e).
fn spec(dim: usize, samples: usize, steps: u64, side: usize) -> Spec {
    let text = format!(
        r#"
        [axes]
        "network.alpha" = {{ from = 0.4, to = 5.6, count = {side} }}
        "network.epsilon" = {{ from = 0.02, to = 0.28, count = {side} }}
        [base.task]
        dim = {dim}
        samples = {samples}
        [base.network]
        width = 500
        [base.training]
        engine = "flow"
        learning_rate = 20.0
        steps = {steps}
        [base.outcome]
        threshold = 0.1
        relative = false
        "#
    );
    Spec::parse(&text).expect("a valid spec")
}

/// Seconds and results of a whole sweep, written as ever.
fn sweep(spec: &Spec, threads: usize) -> (f64, ShardProgress) {
    let dir = tempfile::tempdir().expect("a directory");
    let directory = Directory::join(dir.path(), spec, 1, false).expect("a directory");
    let options = RunOptions {
        shard: Shard::WHOLE,
        threads: NonZero::new(threads).expect("not zero"),
        resume: false,
        keep_every: grokscope::sweep::checkpoint::EVERY,
        attempt: Attempt {
            shard: Shard::WHOLE.to_string(),
            host: String::new(),
            pid: 0,
            job: None,
            started: 0,
            version: String::new(),
        },
    };
    let start = Instant::now();
    let progress = run(&directory, &options, &AtomicBool::new(false), |_| {}).expect("a sweep");
    (start.elapsed().as_secs_f64(), progress)
}

fn report(name: &str, spec: &Spec, threads: usize) {
    let (seconds, progress) = sweep(spec, threads);
    let cells = progress.done as f64;
    println!(
        "{name:<28} {threads} threads: {:8.1} cells/s, {:8.1} ms a cell and thread ({cells} cells)",
        cells / seconds,
        1e3 * seconds * threads as f64 / cells
    );
}

fn main() {
    const HORIZON: u64 = 110_000;
    if std::env::args().any(|a| a == "--test") {
        report("D=10, P=40", &spec(10, 40, HORIZON, 2), 2);
        return;
    }
    let most = std::thread::available_parallelism().map_or(1, NonZero::get);
    for (dim, samples, side) in [(20, 80, 14), (30, 120, 14), (50, 200, 8), (100, 550, 4)] {
        let spec = spec(dim, samples, HORIZON, side);
        let mut threads = 1;
        while threads <= most {
            report(&format!("D={dim}, P={samples}"), &spec, threads);
            threads *= 2;
        }
    }
    for samples in [100, 200, 400, 800] {
        let name = format!("P={samples} at D=50");
        report(&name, &spec(50, samples, HORIZON, 4), 1);
    }
    for dim in [25, 50, 100] {
        let name = format!("D={dim} at P=4D");
        report(&name, &spec(dim, 4 * dim, HORIZON, 4), 1);
    }
    for steps in [110, 1_100, 11_000, 110_000, 1_100_000] {
        let name = format!("horizon τ={:.1e} at D=50", 20.0 * steps as f64);
        report(&name, &spec(50, 200, steps, 4), 1);
    }
}
