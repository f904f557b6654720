//! Updates per CPU-second of each network, alone and with its linearised twin, and
//! the fraction of the machine's GEMM peak that an update reaches; where Python
//! with PyTorch is at hand, the same updates there, on the same cores in the same
//! run (`benches/peers/networks_peer.py`).
//!
//! `cargo bench --bench networks` — set `PEER_PYTHON` to a Python with PyTorch for
//! the comparison.
//!
//! All figures are of one thread. Peak: faer's product of two 512×512 matrices in
//! single precision.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use grokscope::io::idx::shipped;
use grokscope::sim::networks::families::{
    ImageSettings, ModularSettings, PairSettings, Setup, TransformerSettings,
};
use grokscope::sim::networks::network::{Inputs, Misfit};
use grokscope::sim::networks::passes::Alone;
use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

/// Processor time of this process in seconds, in steps of 10 ms: other programs'
/// share of the cores does not count. Off Linux, the time on the clock.
fn cpu_seconds(start: Instant) -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, of which the name in brackets is the second.
    let ticks = stat.rsplit_once(')').map(|(_, rest)| {
        let fields = rest.split_whitespace().skip(11).take(2);
        fields.filter_map(|n| n.parse::<f64>().ok()).sum::<f64>()
    });
    ticks.map_or_else(|| start.elapsed().as_secs_f64(), |ticks| ticks / 100.0)
}

/// Processor seconds of one call: the best of three runs of at least 0.3 s.
fn best(mut work: impl FnMut(u64)) -> f64 {
    let origin = Instant::now();
    let mut timed = |calls| {
        let start = cpu_seconds(origin);
        work(calls);
        cpu_seconds(origin) - start
    };
    let mut calls = 1;
    while timed(calls) < 0.3 {
        calls *= 2;
    }
    let runs = (0..3).map(|_| timed(calls) / calls as f64);
    runs.fold(f64::INFINITY, f64::min)
}

fn peak() -> f64 {
    let n = 512;
    let a = Mat::from_fn(n, n, |i, j| (i + 3 * j) as f32);
    let b = Mat::from_fn(n, n, |i, j| (2 * i + j) as f32);
    let mut c = Mat::<f32>::zeros(n, n);
    let seconds = best(|calls| {
        for _ in 0..calls {
            matmul(c.as_mut(), Accum::Replace, black_box(&a), &b, 1.0, Par::Seq);
        }
    });
    2.0 * (n * n * n) as f64 / seconds
}

struct Case {
    name: &'static str,
    setup: Setup<f32>,
}

/// The workloads; the names are those of the peer.
fn cases() -> Vec<Case> {
    let images = shipped();
    let case = |name, setup: Result<Setup<f32>, Misfit>| Case {
        name,
        setup: setup.unwrap_or_else(|e| panic!("{name}: {e}")),
    };
    vec![
        case("modular p=23 N=100", ModularSettings::paper().setup()),
        case("modular p=17 N=200", ModularSettings::live().setup()),
        case("student-teacher 5-100-100-5", PairSettings::paper().setup()),
        case(
            "images 196-100-100-100-10",
            ImageSettings::live().setup(&images),
        ),
        case(
            "images 784-200-200-200-10",
            ImageSettings::paper().setup(&images),
        ),
        case("transformer p=31 d=32", TransformerSettings::live().setup()),
        case(
            "transformer p=53 d=48",
            TransformerSettings::medium().setup(),
        ),
        case(
            "transformer p=113 d=128",
            TransformerSettings::paper().setup(),
        ),
    ]
}

/// Updates per CPU-second.
fn speed(case: &Case, linearised: bool) -> f64 {
    let mut setup = case.setup.clone();
    setup.settings.linearised = linearised;
    setup.settings.kernel_examples = 0;
    let mut run = setup.run(&Alone).expect("settings that fit");
    let speed = 1.0 / best(|updates| run.advance(updates, &Alone));
    assert_eq!(run.diverged(), None, "{}", case.name);
    speed
}

/// Multiplications and additions of an update: three products a layer, two in a
/// first layer whose inputs are vectors.
fn work(case: &Case) -> f64 {
    let problem = &case.setup.problem;
    let rows = case.setup.settings.order.batch(&problem.train, 0).len();
    let network = &case.setup.network;
    let first = match &problem.examples.inputs {
        Inputs::Vectors { .. } => network.layout().range(0).len(),
        Inputs::Pairs(_) => 0,
    };
    2.0 * (rows * (3 * network.work() - first)) as f64
}

/// Updates per CPU-second of the peer by workload.
fn peer() -> HashMap<String, f64> {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/peers/networks_peer.py"
    );
    let Ok(python) = std::env::var("PEER_PYTHON") else {
        println!("PEER_PYTHON is not set: no comparison with PyTorch");
        return HashMap::new();
    };
    let output = Command::new(python).arg(script).output().expect("a Python");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let (name, speed) = line.split_once('\t')?;
            Some((name.to_owned(), speed.trim().parse().ok()?))
        })
        .collect()
}

fn main() {
    let peer = peer();
    println!(
        "{:28} {:>11} {:>11} {:>8} {:>11} {:>7}",
        "updates per CPU-second", "network", "with twin", "of peak", "PyTorch", "ratio"
    );
    for case in cases() {
        let (alone, both) = (speed(&case, false), speed(&case, true));
        let of_peak = 100.0 * alone * work(&case) / peak();
        let (other, ratio) = match peer.get(case.name) {
            Some(other) => (format!("{other:.1}"), format!("{:.1}", alone / other)),
            None => ("-".into(), "-".into()),
        };
        println!(
            "{:28} {alone:11.1} {both:11.1} {of_peak:7.0}% {other:>11} {ratio:>7}",
            case.name
        );
    }
}
