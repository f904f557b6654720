//! What is to be learned: train set, optional test set, and the target itself
//! where it is known.

use super::config::ValidConfig;
use super::instance::Instance;
use super::rng::{Stream, normal_matrix, normal_vector};
use ndarray::{Array1, Array2, ArrayView2};

/// A quadratic target y(x) = ½ xᵀTx, T symmetric D×D.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// T, with the target scale in it.
    pub matrix: Array2<f64>,
    /// Orthonormal basis of T's range, k×D; its first row is along β₁.
    pub range: Array2<f64>,
}

impl Target {
    /// T = (scale/k) Σ_j β_j β_jᵀ from the k rows of `directions` (k×D).
    pub fn from_directions(directions: ArrayView2<f64>, scale: f64) -> Self {
        let k = directions.nrows() as f64;
        let matrix = directions.t().dot(&directions) * (scale / k);
        // Gram–Schmidt, twice for orthogonality to rounding.
        let mut basis: Vec<Array1<f64>> = Vec::new();
        for row in directions.rows() {
            let mut v = row.to_owned();
            for _ in 0..2 {
                for u in &basis {
                    let overlap = u.dot(&v);
                    v.scaled_add(-overlap, u);
                }
            }
            let norm = v.dot(&v).sqrt();
            if norm > 1e-12 * row.dot(&row).sqrt() {
                basis.push(v / norm);
            }
        }
        let mut range = Array2::zeros((basis.len(), directions.ncols()));
        for (mut row, u) in range.rows_mut().into_iter().zip(&basis) {
            row.assign(u);
        }
        Self { matrix, range }
    }

    /// Labels ½ xᵀTx of the rows of `x` (P×D).
    pub fn labels(&self, x: ArrayView2<f64>) -> Array1<f64> {
        (x.dot(&self.matrix) * x).sum_axis(ndarray::Axis(1)) * 0.5
    }

    /// ⟨y²⟩ over x ~ N(0, I/D): ¼[(tr T)² + 2 tr T²]/D².
    pub fn mean_square(&self) -> f64 {
        let d = self.matrix.nrows() as f64;
        let trace = self.matrix.diag().sum();
        0.25 * (trace * trace + 2.0 * self.matrix.mapv(|v| v * v).sum()) / (d * d)
    }
}

/// Train set, optional test set, and the target where it is known.
#[derive(Clone, Debug)]
pub struct Task {
    /// Train inputs, P×D.
    pub x: Array2<f64>,
    /// Train labels, P.
    pub y: Array1<f64>,
    /// Test inputs and labels, P'×D and P'.
    pub test: Option<(Array2<f64>, Array1<f64>)>,
    /// The target, which the exact test loss needs.
    pub target: Option<Target>,
    /// Why the target is not known, where it is not.
    pub note: Option<String>,
}

/// Largest relative misfit of y to s·½(β·x)² at which an instance's `beta` is
/// taken to be its target.
const TARGET_TOLERANCE: f64 = 1e-6;

impl Task {
    /// Draws the task of a config: x ~ N(0, I/D), β_j ~ N(0, I).
    pub fn sample(config: &ValidConfig) -> Self {
        let (seed, task) = (config.seed, &config.task);
        let scale = 1.0 / (task.dim as f64).sqrt();
        let directions = normal_matrix(seed, Stream::Target, task.target_rank, task.dim);
        let target = Target::from_directions(directions.view(), task.target_scale);
        let x = normal_matrix(seed, Stream::Data, task.samples, task.dim) * scale;
        let mut y = target.labels(x.view());
        if task.label_noise > 0.0 {
            let deviation = task.label_noise * target.mean_square().sqrt();
            y.scaled_add(deviation, &normal_vector(seed, Stream::Noise, task.samples));
        }
        let test = (task.test_samples > 0).then(|| {
            let x = normal_matrix(seed, Stream::Test, task.test_samples, task.dim) * scale;
            let y = target.labels(x.view());
            (x, y)
        });
        Self {
            x,
            y,
            test,
            target: Some(target),
            note: None,
        }
    }

    /// The task of an instance. Where `beta` explains the labels as
    /// s·½(β·x)², the target is T = sββᵀ.
    pub fn from_instance(instance: &Instance) -> Self {
        let (target, note) = match &instance.beta {
            None => (
                None,
                Some("the instance has no `beta`, so the target is not known".to_owned()),
            ),
            Some(beta) => match fit_scale(instance, beta) {
                Ok(scale) => {
                    let rows = beta.view().insert_axis(ndarray::Axis(0));
                    (Some(Target::from_directions(rows, scale)), None)
                }
                Err(misfit) => (
                    None,
                    Some(format!(
                        "the instance's `y` is not s·½(β·x)² for any s (relative misfit {misfit:.1e}), so the target is not known"
                    )),
                ),
            },
        };
        let note = note.map(|why| {
            format!("{why}: columns that need it stay empty, and generalisation is judged on the test set, if there is one")
        });
        Self {
            x: instance.x.clone(),
            y: instance.y.clone(),
            test: instance.test.clone(),
            target,
            note,
        }
    }

    /// The zero predictor's train loss: mean y².
    pub fn zero_train_loss(&self) -> f64 {
        mean_square(&self.y)
    }

    /// The zero predictor's test loss: ⟨y²⟩ of the target where it is known,
    /// else the mean over the test set.
    pub fn zero_test_loss(&self) -> Option<f64> {
        match (&self.target, &self.test) {
            (Some(target), _) => Some(target.mean_square()),
            (None, Some((_, y))) => Some(mean_square(y)),
            (None, None) => None,
        }
    }
}

fn mean_square(y: &Array1<f64>) -> f64 {
    y.dot(y) / y.len() as f64
}

/// Least-squares s in y = s·½(β·x)², or the relative misfit.
fn fit_scale(instance: &Instance, beta: &Array1<f64>) -> Result<f64, f64> {
    let q = instance.x.dot(beta).mapv(|z| 0.5 * z * z);
    let scale = q.dot(&instance.y) / q.dot(&q);
    let misfit = &instance.y - &(&q * scale);
    let relative = (misfit.dot(&misfit) / instance.y.dot(&instance.y)).sqrt();
    if scale.is_finite() && relative <= TARGET_TOLERANCE {
        Ok(scale)
    } else {
        Err(relative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Config;

    #[test]
    fn exact_mean_square_of_labels_matches_a_large_sample() {
        for rank in [1, 3] {
            let mut c = Config::default();
            (
                c.task.dim,
                c.task.samples,
                c.task.target_rank,
                c.task.target_scale,
            ) = (8, 16_000, rank, 2.0);
            let c = c.check().expect("valid");
            let task = Task::sample(&c);
            let (exact, sampled) = (
                task.zero_test_loss().expect("known"),
                task.zero_train_loss(),
            );
            assert!((sampled / exact - 1.0).abs() < 0.1, "{sampled} {exact}");
        }
    }

    #[test]
    fn the_trace_of_the_target_does_not_grow_with_its_rank() {
        let directions = normal_matrix(3, Stream::Target, 40, 50);
        let trace = |k: usize| {
            Target::from_directions(directions.slice(ndarray::s![..k, ..]), 1.0)
                .matrix
                .diag()
                .sum()
        };
        assert!((trace(40) / trace(1) - 1.0).abs() < 0.5);
    }

    #[test]
    fn a_beta_that_does_not_explain_the_labels_is_not_a_target() {
        let x = normal_matrix(1, Stream::Data, 6, 4);
        let beta = normal_vector(1, Stream::Target, 4);
        let y = x.dot(&beta).mapv(|z| 1.5 * z * z);
        let w0 = normal_matrix(1, Stream::Init, 3, 4);
        let mut instance = Instance {
            x,
            y,
            w0,
            test: None,
            beta: Some(beta),
        };
        let task = Task::from_instance(&instance);
        let target = task.target.expect("explained with s = 3");
        assert!(
            (target.labels(task.x.view()) - &task.y)
                .iter()
                .all(|e| e.abs() < 1e-12)
        );
        instance.y[2] += 1.0;
        let task = Task::from_instance(&instance);
        assert!(task.target.is_none() && task.note.is_some_and(|n| n.contains("misfit")));
    }
}
