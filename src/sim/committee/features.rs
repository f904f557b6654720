//! The neurons as a cloud: where their weights lie along the target direction
//! and along the strongest direction across it.

use super::density::{Density, NeuronSample};
use super::feature_matrix::FeatureMatrix;
use super::moments::{InitialWeights, MomentState};
use crate::sim::config::Width;
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView1};

/// Up to this many neurons are shown one by one.
pub const EVERY_NEURON: usize = 2_000;
/// Of more neurons, this many are shown.
pub const SHOWN: usize = 600;
/// Standard deviations within which the neurons are shown, or as many as the
/// outermost of them lies away.
const SIGMAS: f64 = 3.6;
/// Eigenvalues of M kept.
const EIGENVALUES: usize = 5;
/// Multiplications that the latent coordinates of a run may cost before fewer
/// neurons are shown.
const LATENT_BUDGET: usize = 200_000_000;
/// Relative mean-square movement below which neurons count as unmoved: one per
/// cent of their norm.
const UNMOVED: f64 = 1e-4;

/// Mean and covariance of the neurons' weights in a plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: [f64; 2],
    /// Covariance.
    pub covariance: [[f64; 2]; 2],
}

impl Spread {
    pub(in crate::sim) fn new(state: &MomentState, plane: &[Array1<f64>; 2]) -> Self {
        let mean = [0, 1].map(|a| plane[a].dot(&state.mean));
        let parts = [0, 1].map(|a| state.factor.t().dot(&plane[a]));
        let covariance = [0, 1].map(|a| [0, 1].map(|b| parts[a].dot(&parts[b])));
        Self { mean, covariance }
    }

    /// Standard deviation along an axis of the plane.
    pub fn deviation(&self, axis: usize) -> f64 {
        self.covariance[axis][axis].max(0.0).sqrt()
    }

    /// Root mean square of a coordinate: deviation and mean together.
    pub fn root_mean_square(&self, axis: usize) -> f64 {
        self.mean[axis].hypot(self.deviation(axis))
    }

    /// Points of the ellipse `sigmas` standard deviations around the mean.
    pub fn ellipse(&self, sigmas: f64, points: usize) -> Vec<[f64; 2]> {
        // The Cholesky factor takes the circle to the ellipse.
        let [[a, b], [_, c]] = self.covariance;
        let first = a.max(0.0).sqrt();
        let shear = if first > 0.0 { b / first } else { 0.0 };
        let second = (c - shear * shear).max(0.0).sqrt();
        (0..points)
            .map(|k| {
                let angle = std::f64::consts::TAU * k as f64 / points as f64;
                let (sin, cos) = angle.sin_cos();
                [
                    self.mean[0] + sigmas * first * cos,
                    self.mean[1] + sigmas * (shear * cos + second * sin),
                ]
            })
            .collect()
    }
}

/// What the neurons of a run have in common at every step.
#[derive(Clone, Debug)]
pub struct Cloud {
    width: Width,
    /// Infinitely many neurons with a Gaussian law, whose density is known.
    gaussian: bool,
    /// The neurons shown, by number.
    shown: Vec<usize>,
    /// Their latent coordinates, one row each.
    latents: Array2<f64>,
    eigenvalues: Vec<f64>,
    /// All neurons, where not all of them are shown.
    sample: Option<NeuronSample>,
}

/// The neurons at one step, in the plane of the target direction β (first
/// coordinate) and the strongest direction across it (second).
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Width N.
    pub width: Width,
    /// Neurons; at N = ∞, draws from their distribution.
    pub points: Vec<[f64; 2]>,
    /// Of all neurons.
    pub now: Spread,
    /// Of all neurons at step 0, in the same plane.
    pub initial: Spread,
    /// How densely all neurons lie, where they are too many to draw one by one.
    pub density: Option<Density>,
    /// M in a basis that begins with the target's directions.
    pub matrix: FeatureMatrix,
    /// Largest eigenvalues of M, descending.
    pub eigenvalues: Vec<f64>,
    /// Those at step 0.
    pub initial_eigenvalues: Vec<f64>,
    /// Fraction of tr M inside the target's range.
    pub alignment: f64,
    /// That at step 0.
    pub initial_alignment: f64,
    /// ‖W−W₀‖²/‖W₀‖²; NaN where W₀ = 0 or where it cannot be compared.
    pub movement: f64,
}

/// What the neurons have done since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are where they were.
    Unmoved,
    /// More than half of M lies along the target.
    Aligned,
    /// At least twice as much of M as at the start lies along the target.
    Turning,
    /// At most half as much of M as at the start does.
    TurningAway,
    /// They moved without turning.
    Spread,
}

impl Features {
    /// What the numbers say.
    pub fn verdict(&self) -> Verdict {
        if self.movement < UNMOVED {
            Verdict::Unmoved
        } else if self.alignment > 0.5 {
            Verdict::Aligned
        } else if self.alignment >= 2.0 * self.initial_alignment {
            Verdict::Turning
        } else if self.alignment <= 0.5 * self.initial_alignment {
            Verdict::TurningAway
        } else {
            Verdict::Spread
        }
    }

    /// How far the neurons reach along an axis of the plane, now or at step 0.
    pub fn reach(&self, axis: usize) -> f64 {
        // Of n normal draws about one lies beyond √(2 ln n).
        let sigmas = match self.width {
            Width::Finite(n) => (2.0 * (n.max(2) as f64).ln()).sqrt(),
            Width::Infinite => SIGMAS,
        };
        let of = |s: &Spread| s.mean[axis].abs() + sigmas.max(SIGMAS) * s.deviation(axis);
        of(&self.now).max(of(&self.initial))
    }

    /// How many times as wide the cloud is along the target as across it.
    pub fn elongation(&self) -> f64 {
        self.now.root_mean_square(0) / self.now.root_mean_square(1)
    }
}

impl Cloud {
    /// The neurons of `weights`, whose moments are `initial`. `None` where a
    /// weight is not finite.
    pub fn new(weights: &InitialWeights, initial: &MomentState) -> Option<Self> {
        let (d, k) = initial.factor.dim();
        let width = weights.width();
        let shown: Vec<usize> = match width {
            Width::Finite(n) if n <= EVERY_NEURON && (n <= d || n * d * d <= LATENT_BUDGET) => {
                (0..n).collect()
            }
            // Evenly over all: given weights may come in any order.
            Width::Finite(n) => {
                let count = SHOWN.min(n);
                (0..count).map(|i| i * n / count).collect()
            }
            Width::Infinite => (0..SHOWN).collect(),
        };
        let mut latents = Array2::zeros((shown.len(), k));
        for (mut row, &i) in latents.rows_mut().into_iter().zip(&shown) {
            row.assign(&weights.latent(initial, i));
        }
        Some(Self {
            width,
            gaussian: weights.is_gaussian(),
            latents,
            eigenvalues: decompose(&initial.second_moment())?.0,
            sample: NeuronSample::new(weights)
                .filter(|_| shown.len() < weights.width().finite().unwrap_or(0)),
            shown,
        })
    }

    /// Draws more of the neurons of which only some are shown; false where all
    /// are there, or as many as fit into memory.
    pub fn grow(&mut self, weights: &InitialWeights) -> bool {
        self.sample
            .as_mut()
            .is_some_and(|sample| sample.grow(weights))
    }

    /// The neurons at `state`, with the orthonormal `directions` of the target,
    /// k×D, of which the first is the plane's first axis. `None` where they are not
    /// finite, or not of the same run.
    pub fn at(
        &self,
        directions: &Array2<f64>,
        initial: &MomentState,
        state: &MomentState,
    ) -> Option<Features> {
        if state.dim() != initial.dim() || directions.nrows() == 0 {
            return None;
        }
        let beta = directions.row(0).to_owned();
        let second = state.second_moment();
        let across = strongest_across(&second, beta.view())?;
        let plane = [beta, across];
        let now = Spread::new(state, &plane);
        let alignment = |state: &MomentState| {
            let inside = directions.dot(&state.mean).mapv(|v| v * v).sum()
                + directions.dot(&state.factor).mapv(|v| v * v).sum();
            inside / state.weight_norm_sq()
        };
        Some(Features {
            width: self.width,
            points: self.points(state, &plane, now.mean)?,
            density: match &self.sample {
                Some(sample) => sample.density(initial, state, &plane, &now),
                None if self.gaussian => Some(Density::gaussian(&now, SIGMAS)),
                None => None,
            },
            matrix: FeatureMatrix::new(&second, directions)?,
            now,
            initial: Spread::new(initial, &plane),
            eigenvalues: decompose(&second)?.0,
            initial_eigenvalues: self.eigenvalues.clone(),
            alignment: alignment(state),
            initial_alignment: alignment(initial),
            movement: if state.factor.dim() == initial.factor.dim() {
                state.movement_from(initial)
            } else {
                f64::NAN
            },
        })
    }

    fn points(
        &self,
        state: &MomentState,
        plane: &[Array1<f64>; 2],
        mean: [f64; 2],
    ) -> Option<Vec<[f64; 2]>> {
        let parts = [0, 1].map(|a| state.factor.t().dot(&plane[a]));
        let columns = state.factor.ncols();
        if columns == self.latents.ncols() {
            let [along, across] = [0, 1].map(|a| self.latents.dot(&parts[a]) + mean[a]);
            return Some(along.into_iter().zip(across).map(|(x, y)| [x, y]).collect());
        }
        // A factor with a column for each neuron is (W − w̄)ᵀ/√N itself.
        if self.width != Width::Finite(columns) {
            return None;
        }
        let root_n = (columns as f64).sqrt();
        let neuron = |&i: &usize| [0, 1].map(|a| mean[a] + root_n * parts[a][i]);
        Some(self.shown.iter().map(neuron).collect())
    }
}

/// The largest eigenvalues of a symmetric matrix, descending, and the
/// eigenvector of the largest one.
fn decompose(matrix: &Array2<f64>) -> Option<(Vec<f64>, Array1<f64>)> {
    let d = matrix.nrows();
    if !matrix.iter().all(|v| v.is_finite()) {
        return None;
    }
    let eigen = Mat::from_fn(d, d, |i, j| matrix[(i, j)])
        .self_adjoint_eigen(Side::Lower)
        .ok()?;
    // faer's order is ascending; rounding makes a zero negative.
    let values = (0..d.min(EIGENVALUES)).map(|k| eigen.S()[d - 1 - k].max(0.0));
    let vector = Array1::from_shape_fn(d, |i| eigen.U()[(i, d - 1)]);
    Some((values.collect(), vector))
}

/// The unit vector orthogonal to the unit vector `beta` along which M is largest;
/// zero where D = 1.
fn strongest_across(second: &Array2<f64>, beta: ArrayView1<f64>) -> Option<Array1<f64>> {
    let d = beta.len();
    let mb = second.dot(&beta);
    let bmb = beta.dot(&mb);
    let projected = Array2::from_shape_fn((d, d), |(i, j)| {
        second[(i, j)] - beta[i] * mb[j] - mb[i] * beta[j] + bmb * beta[i] * beta[j]
    });
    let (_, vector) = decompose(&projected)?;
    let across = |v: Array1<f64>| {
        let overlap = v.dot(&beta);
        let mut v = v;
        v.scaled_add(-overlap, &beta);
        let norm = v.dot(&v).sqrt();
        (norm > 1e-6).then(|| v / norm)
    };
    // Where M has nothing across β any orthogonal direction will do, such as
    // that of the coordinate with least of β.
    let axis = (0..d).min_by(|&i, &j| beta[i].abs().total_cmp(&beta[j].abs()))?;
    let fallback = || across(Array1::from_shape_fn(d, |i| f64::from(u8::from(i == axis))));
    let Some(v) = across(vector).or_else(fallback) else {
        return Some(Array1::zeros(d));
    };
    // An eigenvector has no sign of its own: without a rule the cloud would
    // flip from one step to the next.
    let largest = v
        .iter()
        .copied()
        .fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
    Some(v * largest.signum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Simulation, committee::task::Task, config::Config};

    fn trained(width: Width, steps: u64) -> Simulation {
        let mut c = Config::default();
        (c.task.dim, c.task.samples, c.training.steps) = (15, 90, 5_000);
        c.network.width = width;
        let c = c.check().expect("valid");
        let mut simulation = Simulation::new(&c, None).expect("a run");
        while simulation.step() < steps && !simulation.is_finished() {
            simulation.advance(steps - simulation.step());
        }
        simulation
    }

    fn look(simulation: &Simulation) -> Features {
        let weights = simulation.committee().unwrap().initial_neurons();
        let initial = simulation.committee().unwrap().initial();
        let cloud = Cloud::new(weights, initial).expect("finite");
        let target = simulation
            .committee()
            .unwrap()
            .task()
            .target
            .as_ref()
            .expect("known");
        cloud
            .at(
                &target.range,
                initial,
                &simulation.committee().unwrap().state(),
            )
            .expect("finite")
    }

    fn sampled(points: &[[f64; 2]], axis: usize) -> f64 {
        let n = points.len() as f64;
        let mean = points.iter().map(|p| p[axis]).sum::<f64>() / n;
        let square = points.iter().map(|p| (p[axis] - mean).powi(2)).sum::<f64>();
        (square / n).sqrt()
    }

    #[test]
    fn training_stretches_the_cloud_along_the_target() {
        for width in [Width::Infinite, Width::Finite(200), Width::Finite(8)] {
            let (before, after) = (look(&trained(width, 0)), look(&trained(width, 5_000)));
            assert_eq!(before.verdict(), Verdict::Unmoved, "{width:?}");
            assert_eq!(before.eigenvalues, before.initial_eigenvalues);
            assert!(
                matches!(after.verdict(), Verdict::Aligned | Verdict::Turning),
                "{width:?}: {} after {}",
                after.alignment,
                after.initial_alignment
            );
            assert!(after.now.deviation(0) > 1.5 * after.initial.deviation(0));
            assert!(after.elongation() > 1.5 * before.elongation());
            assert!(sampled(&after.points, 0) > 1.5 * sampled(&before.points, 0));
            assert!(after.eigenvalues[0] > after.initial_eigenvalues[0]);
            assert!(after.eigenvalues.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn all_neurons_have_exactly_the_spread_that_is_drawn_around_them() {
        for width in [8, 200] {
            let features = look(&trained(Width::Finite(width), 2_000));
            assert_eq!(features.points.len(), width);
            for axis in [0, 1] {
                let deviation = features.now.deviation(axis);
                let error = sampled(&features.points, axis) / deviation - 1.0;
                assert!(error.abs() < 1e-9, "N = {width}: {error}");
            }
        }
    }

    #[test]
    fn a_sample_of_many_neurons_has_nearly_the_spread_of_all() {
        for width in [Width::Infinite, Width::Finite(20_000)] {
            let features = look(&trained(width, 2_000));
            assert_eq!(features.points.len(), SHOWN);
            for axis in [0, 1] {
                let ratio = sampled(&features.points, axis) / features.now.deviation(axis);
                // Five standard errors of a standard deviation of normal draws.
                assert!((ratio - 1.0).abs() < 5.0 / (2.0 * SHOWN as f64).sqrt());
            }
        }
    }

    #[test]
    fn neurons_trained_one_by_one_are_shown_as_they_are() {
        let simulation = trained(Width::Finite(20), 50);
        let weights = simulation
            .committee()
            .unwrap()
            .initial_neurons()
            .matrix()
            .expect("finite");
        let n = weights.nrows() as f64;
        let mean = weights.mean_axis(ndarray::Axis(0)).expect("neurons");
        let state = MomentState {
            factor: (&weights - &mean).reversed_axes() / n.sqrt(),
            mean,
        };
        let cloud = Cloud::new(
            simulation.committee().unwrap().initial_neurons(),
            simulation.committee().unwrap().initial(),
        )
        .expect("finite");
        let target = simulation
            .committee()
            .unwrap()
            .task()
            .target
            .as_ref()
            .expect("known");
        let features = cloud
            .at(
                &target.range,
                simulation.committee().unwrap().initial(),
                &state,
            )
            .expect("finite");
        let along = weights.dot(&target.range.row(0));
        for (point, w) in features.points.iter().zip(&along) {
            assert!((point[0] - w).abs() < 1e-12);
        }
    }

    #[test]
    fn the_second_axis_is_the_strongest_direction_across_the_target() {
        let beta = Array1::from_vec(vec![0.6, 0.8, 0.0, 0.0]);
        let mut second = Array2::eye(4);
        second[(2, 2)] = 5.0;
        // Stronger still, but along the target.
        for i in 0..4 {
            for j in 0..4 {
                second[(i, j)] += 100.0 * beta[i] * beta[j];
            }
        }
        let v = strongest_across(&second, beta.view()).expect("finite");
        assert!((v[2] - 1.0).abs() < 1e-12 && v.dot(&beta).abs() < 1e-12);
        // Nothing lies across: any orthogonal direction.
        let v = strongest_across(&Array2::zeros((4, 4)), beta.view()).expect("finite");
        assert!((v.dot(&v) - 1.0).abs() < 1e-12 && v.dot(&beta).abs() < 1e-12);
        let v = strongest_across(&Array2::eye(1), Array1::ones(1).view()).expect("finite");
        assert_eq!(v[0], 0.0);
    }

    #[test]
    fn the_ellipse_has_the_spread_as_its_covariance() {
        let spread = Spread {
            mean: [1.0, -2.0],
            covariance: [[4.0, 1.5], [1.5, 1.0]],
        };
        // Points of a 1σ ellipse have twice the inverse as covariance: ½C.
        let points = spread.ellipse(1.0, 64);
        for (a, b) in [(0, 0), (0, 1), (1, 1)] {
            let products = points
                .iter()
                .map(|p| (p[a] - spread.mean[a]) * (p[b] - spread.mean[b]));
            let moment = 2.0 * products.sum::<f64>() / points.len() as f64;
            assert!((moment - spread.covariance[a][b]).abs() < 1e-12);
        }
    }

    #[test]
    fn weights_of_another_shape_give_no_picture() {
        let simulation = trained(Width::Infinite, 0);
        let cloud = Cloud::new(
            simulation.committee().unwrap().initial_neurons(),
            simulation.committee().unwrap().initial(),
        );
        let other = MomentState {
            mean: Array1::zeros(15),
            factor: Array2::zeros((15, 4)),
        };
        let task: &Task = simulation.committee().unwrap().task();
        let target = task.target.as_ref().expect("known");
        let picture = cloud.expect("finite").at(
            &target.range,
            simulation.committee().unwrap().initial(),
            &other,
        );
        assert!(picture.is_none());
    }
}
