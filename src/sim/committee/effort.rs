//! What a run of the committee machine costs.

use super::linearized::MAX_SAMPLES;
use super::measure::MAX_SPECTRUM_DIM;
use crate::sim::config::{EngineKind, TargetKind, ValidConfig};
use crate::sim::effort::Effort;

/// Multiplications that a normal draw is worth.
const DRAW: f64 = 20.0;
/// Multiplications of an eigendecomposition, per n³: it runs at a fraction of the
/// speed of a matrix product.
const EIGEN: f64 = 15.0;
/// The same for the eigenvalues alone.
const EIGENVALUES: f64 = 4.0;
/// Products with the kernel until its largest eigenvalue is found.
const LANCZOS: f64 = 12.0;
/// Multiplications that the passes over the entries of a Gram matrix are worth, per
/// entry: they wait for memory.
const PASSES: f64 = 40.0;
/// Passes over the data of one step of the flow's integrator.
const FLOW_STAGES: f64 = 20.0;
/// Points on which the accuracy is measured without a test set.
const TEST_POINTS: f64 = super::accuracy::TEST_POINTS as f64;

/// Of a run with these settings; of an instance, with the D, P, P' and N that it
/// fixes.
pub fn effort(config: &ValidConfig) -> Effort {
    let (task, network) = (&config.task, &config.network);
    let [p, d] = [task.samples, task.dim].map(|n| n as f64);
    let n = network.width.finite().map(|n| n as f64);
    // Columns of the factor L.
    let k = n.map_or(d, |n| n.min(d));
    let test = match task.test_samples {
        0 => TEST_POINTS,
        given => given as f64,
    };
    let moments_are_not_all = network.train_readouts || task.target == TargetKind::Hermite;
    let eigenvector = task.target.is_eigenvector();
    let drawn = n.unwrap_or(0.0);
    let moments = if drawn > d {
        drawn * d * d + d.powi(3)
    } else {
        0.0
    };
    let joint = if task.target == TargetKind::JointEigenvector {
        2.0 * p
    } else {
        p
    };
    let gram = |p: f64| p * p * ((d + k) / 2.0 + PASSES);
    let labels = match eigenvector {
        true => gram(joint) + EIGEN * joint.powi(3),
        false => 0.0,
    };
    let pass = p * d * d / 2.0;
    let step = match (config.training.engine, n) {
        (EngineKind::Neurons, Some(n)) => 4.0 * n * p * d,
        (EngineKind::Flow, _) => FLOW_STAGES * (2.0 * pass + 1.5 * d * d * k),
        _ => 2.0 * pass + 1.5 * d * d * k,
    };
    let kernel = match (moments_are_not_all, n) {
        (true, Some(n)) => p * p * n + EIGENVALUES * p.powi(3),
        _ => gram(p) + LANCZOS * 2.0 * pass.min(gram(p)) + d * d * k,
    };
    let given_test = task.test_samples as f64;
    let spectrum = if task.dim <= MAX_SPECTRUM_DIM {
        EIGENVALUES * d.powi(3)
    } else {
        0.0
    };
    let has_lazy = task.samples <= MAX_SAMPLES && !moments_are_not_all;
    let when = |there: bool, cost: f64| if there { cost } else { 0.0 };
    Effort {
        start: DRAW * d * (p + test + drawn)
            + moments
            + labels
            + 2.0 * pass
            + d * d * (test / 2.0 + k),
        step,
        row: d * d * (k + (p + test) / 2.0) + when(moments_are_not_all, drawn * d * (p + test)),
        costly: kernel
            + when(moments_are_not_all, given_test * given_test * drawn)
            + gram(given_test)
            + spectrum
            + when(has_lazy, 2.0 * p * p + d * d * p),
        lazy: when(
            has_lazy,
            gram(p) + EIGEN * p.powi(3) + p * p * d + p * given_test * d,
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::sim::config::{Config, Width};
    use crate::sim::effort::Effort;

    fn effort(dim: usize, samples: usize, width: Width) -> Effort {
        let mut c = Config::default();
        (c.task.dim, c.task.samples) = (dim, samples);
        c.network.width = width;
        super::effort(&c.check().expect("valid"))
    }

    #[test]
    fn what_is_large_costs_more_and_small_problems_are_measured_at_every_row() {
        let small = effort(50, 200, Width::Infinite);
        assert_eq!(small.rows_between(2e8), 1);
        let wide = effort(50, 200, Width::Finite(1_000_000));
        assert!(wide.start > 100.0 * small.start && wide.step <= small.step);
        let many = effort(10, 5_000, Width::Infinite);
        assert!(many.rows_between(2e7) > 1 && many.lazy == 0.0);
        let large = effort(2_000, 200, Width::Infinite);
        assert!(large.step > 1e9 && large.longest(false, true) >= large.step);
        assert!(small.longest(true, false) > small.longest(true, true));
    }
}
