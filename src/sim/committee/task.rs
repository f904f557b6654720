//! What is to be learned: train set, optional test set, and the target itself
//! where it is known.

use super::draws::Draws;
use super::hermite::Hermite;
use super::instance::Instance;
use super::kernel::{
    EigenvectorLabels, GramInputs, KernelEigen, QuadraticFunction, kernel_function, oriented,
};
use super::moments::MomentState;
use super::test_loss::TestLoss;
use crate::sim::config::{ConfigError, TargetKind, ValidConfig};
use crate::sim::packed::Inputs;
use crate::sim::rng::{Stream, normal_vector};
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// A target y(x) = l·x + ½ xᵀTx, T symmetric D×D. The paper's own have no linear
/// part; an eigenvector of K₀ has.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// l, length D, with the target scale in it.
    pub linear: Array1<f64>,
    /// T, with the target scale in it.
    pub matrix: Array2<f64>,
    /// Orthonormal basis of T's range, k×D; its first row is along β₁. For an
    /// eigenvector of K₀, whose T has full rank, only the one strongest direction:
    /// that of l, or T's leading eigenvector where T has more of the power.
    pub range: Array2<f64>,
}

/// A target y(x) = s·H_k(β·x̂): a Hermite polynomial of the standard normal
/// variable β·x̂ = √D β·x/|β|.
#[derive(Clone, Debug, PartialEq)]
pub struct HermiteTarget {
    /// H_k.
    pub polynomial: Hermite,
    /// Unit vector along β, 1×D.
    pub direction: Array2<f64>,
    /// s.
    pub scale: f64,
}

impl HermiteTarget {
    /// Labels of the rows of `x` (P×D).
    pub fn labels(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let root_d = (x.ncols() as f64).sqrt();
        x.dot(&self.direction.row(0))
            .mapv(|z| self.scale * self.polynomial.value(root_d * z))
    }

    /// ⟨y²⟩ = s²k!.
    pub fn mean_square(&self) -> f64 {
        self.scale * self.scale * self.polynomial.mean_square()
    }
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
        Self {
            linear: Array1::zeros(directions.ncols()),
            matrix,
            range,
        }
    }

    /// A function b·x + ½xᵀAx, times `scale`, as a target.
    pub fn from_function(function: &QuadraticFunction, scale: f64) -> Self {
        let d = function.linear.len();
        let linear = Array1::from_shape_fn(d, |i| scale * function.linear[i]);
        let matrix = Array2::from_shape_fn((d, d), |(i, j)| scale * function.quadratic[(i, j)]);
        let mut target = Self {
            linear,
            matrix,
            range: Array2::zeros((1, d)),
        };
        let linear_power = target.linear_power();
        let direction = if linear_power > 0.5 * target.mean_square() {
            &target.linear / target.linear.dot(&target.linear).sqrt()
        } else {
            leading_eigenvector(&target.matrix)
        };
        target.range.row_mut(0).assign(&direction);
        target
    }

    /// Labels l·x + ½ xᵀTx of the rows of `x` (P×D).
    pub fn labels(&self, x: ArrayView2<f64>) -> Array1<f64> {
        (x.dot(&self.matrix) * x).sum_axis(ndarray::Axis(1)) * 0.5 + x.dot(&self.linear)
    }

    /// ⟨y²⟩ over x ~ N(0, I/D): ¼[(tr T)² + 2 tr T²]/D² + |l|²/D.
    pub fn mean_square(&self) -> f64 {
        let d = self.matrix.nrows() as f64;
        let trace = self.matrix.diag().sum();
        0.25 * (trace * trace + 2.0 * self.matrix.mapv(|v| v * v).sum()) / (d * d)
            + self.linear_power()
    }

    /// Power |l|²/D of the linear part.
    fn linear_power(&self) -> f64 {
        self.linear.dot(&self.linear) / self.linear.len() as f64
    }
}

/// Labels that are an eigenvector of K₀ − c on given inputs, c the mean of its entries,
/// at any other input: y(x) = (1/λ)Σ_ν y_ν(K₀(x, x_ν) − c), the Nyström extension. It is
/// a function t₀ + l·x + ½xᵀTx, so that the loss of a network over all inputs is known
/// in closed form. The constant is what is left of the mean that was subtracted.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension {
    /// t₀.
    pub constant: f64,
    /// l, length D.
    pub linear: Array1<f64>,
    /// T, D×D.
    pub matrix: Array2<f64>,
}

impl Extension {
    /// Labels of the rows of `x` (P×D).
    pub fn labels(&self, x: ArrayView2<f64>) -> Array1<f64> {
        let quadratic = (x.dot(&self.matrix) * x).sum_axis(ndarray::Axis(1)) * 0.5;
        quadratic + x.dot(&self.linear) + self.constant
    }

    /// Mean squared error over x ~ N(0, I/D) of b·x + ½xᵀAx, by the formula of the
    /// paper's eq 6 with the constant in its first term: (½tr E/D − t₀)².
    pub fn test_loss(&self, linear: ArrayView1<f64>, quadratic: ArrayView2<f64>) -> TestLoss {
        let error = &quadratic - &self.matrix;
        let off = &linear - &self.linear;
        let norm_sq = error.iter().map(|e| e * e).sum();
        let dim = self.linear.len();
        let mean = 0.5 * error.diag().sum() / dim as f64 - self.constant;
        TestLoss {
            variance: mean * mean,
            ..TestLoss::new(dim, 0.0, norm_sq, off.dot(&off))
        }
    }
}

/// The eigenvector of the eigenvalue that is largest in absolute value; the first
/// axis where there is none.
fn leading_eigenvector(matrix: &Array2<f64>) -> Array1<f64> {
    let d = matrix.nrows();
    let dense = Mat::from_fn(d, d, |i, j| matrix[(i, j)]);
    let Ok(eigen) = dense.self_adjoint_eigen(Side::Lower) else {
        return Array1::from_shape_fn(d, |i| f64::from(u8::from(i == 0)));
    };
    let last = d - 1;
    // Ascending: the largest in absolute value is at one of the ends.
    let column = if eigen.S()[0].abs() > eigen.S()[last].abs() {
        0
    } else {
        last
    };
    Array1::from_shape_fn(d, |i| eigen.U()[(i, column)])
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
    /// The target where it is a Hermite polynomial: its loss is taken on the test
    /// set.
    pub hermite: Option<HermiteTarget>,
    /// Labels that are an eigenvector of K₀ on train and test inputs, at other inputs.
    /// Generalisation is judged on the test set all the same: the authors' test inputs
    /// are among those that make the eigenvector.
    pub extension: Option<Extension>,
    /// Why the target is not known, where it is not.
    pub note: Option<String>,
}

/// Largest relative misfit of y to s·½(β·x)² at which an instance's `beta` is
/// taken to be its target.
const TARGET_TOLERANCE: f64 = 1e-6;

/// Size of the test set where the target has no exact test loss and none was
/// asked for.
const DEFAULT_TEST_SAMPLES: usize = 1000;

impl Task {
    /// Draws the task of a config: x ~ N(0, I/D), β_j ~ N(0, I). Labels that are an
    /// eigenvector of K₀ depend on the initial weights too.
    ///
    /// # Errors
    /// An eigenvector beyond the rank of K₀.
    pub fn sample(config: &ValidConfig, initial: &MomentState) -> Result<Self, ConfigError> {
        let task = &config.task;
        if task.target == TargetKind::JointEigenvector {
            return joint_eigenvector(config, initial);
        }
        let draws = Draws::of(config);
        let x = draws.train_inputs(task.samples, task.dim);
        let (mut target, mut hermite, mut note) = (None, None, None);
        match task.target {
            TargetKind::Quadratic => {
                let directions = draws.directions(task.target_rank, task.dim);
                target = Some(Target::from_directions(
                    directions.view(),
                    task.target_scale,
                ));
            }
            TargetKind::Eigenvector | TargetKind::JointEigenvector => {
                let function = eigenvector_function(config, x.view(), initial)?;
                target = Some(Target::from_function(&function, task.target_scale));
            }
            TargetKind::Hermite => {
                let beta = draws.directions(task.target_rank, task.dim);
                let norm = beta.iter().map(|v| v * v).sum::<f64>().sqrt();
                hermite = Some(HermiteTarget {
                    polynomial: Hermite::new(task.degree),
                    direction: beta / norm,
                    scale: task.target_scale,
                });
                note = Some(
                    "a Hermite target has no exact test loss: generalisation is judged on the test set (task.test_samples points, 1000 where that is 0)".to_owned(),
                );
            }
        }
        let labels = |x: ArrayView2<f64>| match (&target, &hermite) {
            (Some(target), _) => target.labels(x),
            (None, Some(hermite)) => hermite.labels(x),
            (None, None) => Array1::zeros(x.nrows()),
        };
        let test_samples = match (&hermite, task.test_samples) {
            (Some(_), 0) => DEFAULT_TEST_SAMPLES,
            (_, asked) => asked,
        };
        let test = (test_samples > 0).then(|| {
            let x = draws.test_inputs(test_samples, task.dim);
            let y = labels(x.view());
            (x, y)
        });
        let mut sampled = Self {
            y: labels(x.view()),
            x,
            test,
            target,
            hermite,
            extension: None,
            note,
        };
        sampled.add_noise(config);
        Ok(sampled)
    }

    /// Adds the noise that a config asks for to the train labels.
    fn add_noise(&mut self, config: &ValidConfig) {
        let level = config.task.label_noise;
        if level > 0.0 {
            let power = self.zero_test_loss().unwrap_or_default();
            let noise = normal_vector(config.seed, Stream::Noise, self.y.len());
            self.y.scaled_add(level * power.sqrt(), &noise);
        }
    }

    /// Orthonormal basis, k×D, of the directions that the target depends on, where
    /// it is known.
    pub fn directions(&self) -> Option<&Array2<f64>> {
        let quadratic = self.target.as_ref().map(|t| &t.range);
        quadratic.or(self.hermite.as_ref().map(|t| &t.direction))
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
                Err(_) if is_zero(&instance.y) => (
                    None,
                    Some("all labels `y` of the instance are zero, so that there is nothing to learn and the target is not known".into()),
                ),
                Err(_) if is_zero(beta) => (
                    None,
                    Some("the instance's `beta` is all zeros, which gives no target".into()),
                ),
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
            hermite: None,
            extension: None,
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
        match (&self.target, &self.hermite, &self.test) {
            (Some(target), _, _) => Some(target.mean_square()),
            (None, Some(hermite), _) => Some(hermite.mean_square()),
            (None, None, Some((_, y))) => Some(mean_square(y)),
            (None, None, None) => None,
        }
    }
}

/// The Nyström extension of √P times the j-th eigenvector of K₀ on the train set.
fn eigenvector_function(
    config: &ValidConfig,
    x: ArrayView2<f64>,
    initial: &MomentState,
) -> Result<QuadraticFunction, ConfigError> {
    let (j, epsilon) = (config.task.eigenvector, config.network.epsilon);
    let kernel = GramInputs::new(x).ntk(initial, epsilon);
    let refused = |allowed: String| ConfigError {
        field: "task.eigenvector".into(),
        value: j.to_string(),
        allowed,
        fix: "lower it, or raise task.samples, task.dim or network.width".into(),
    };
    let Some(eigen) = KernelEigen::new(&kernel) else {
        return Err(refused("the initial kernel is not finite".into()));
    };
    let labels = EigenvectorLabels::new(&eigen, j, &Inputs::new(x), initial, epsilon);
    labels.map(|labels| labels.extension).ok_or_else(|| {
        refused(format!(
            "K₀ has {} eigenvalues that are not zero",
            eigen.rank()
        ))
    })
}

fn is_zero(values: &Array1<f64>) -> bool {
    values.iter().all(|v| *v == 0.0)
}

/// Labels as in the paper's Figure 5: K₀ on P train and P test inputs together, the
/// mean of all its entries taken from each, as the authors do; the labels are its
/// j-th eigenvector times √(2P), so that their mean square is 1.
fn joint_eigenvector(config: &ValidConfig, initial: &MomentState) -> Result<Task, ConfigError> {
    let task = &config.task;
    let (p, j) = (task.samples, task.eigenvector);
    let (x, test) = Draws::of(config).joint_inputs(p, task.dim);
    let both = ndarray::concatenate![ndarray::Axis(0), x, test];
    let mut kernel = GramInputs::new(both.view()).ntk(initial, config.network.epsilon);
    let points = (2 * p) as f64;
    let mean = (0..2 * p).flat_map(|k| kernel.col_as_slice(k)).sum::<f64>() / (points * points);
    for k in 0..2 * p {
        kernel
            .col_as_slice_mut(k)
            .iter_mut()
            .for_each(|v| *v -= mean);
    }
    let (u, eigenvalue) = KernelEigen::new(&kernel)
        .filter(|eigen| j <= eigen.rank())
        .map(|eigen| {
            let u = oriented(eigen.vectors().col_as_slice(j - 1));
            (u, eigen.values()[j - 1])
        })
        .ok_or_else(|| ConfigError {
            field: "task.eigenvector".into(),
            value: j.to_string(),
            allowed: "K₀ has fewer positive eigenvalues, or is not finite".into(),
            fix: "lower it, or raise task.samples, task.dim or network.width".into(),
        })?;
    let labels = Array1::from_vec(u) * (task.target_scale * points.sqrt());
    let coefficients: Vec<f64> = labels.iter().map(|y| y / eigenvalue).collect();
    let inputs = Inputs::new(both.view());
    let function = kernel_function(&inputs, &coefficients, initial, config.network.epsilon);
    let d = task.dim;
    let extension = Extension {
        constant: -mean * coefficients.iter().sum::<f64>(),
        linear: Array1::from_vec(function.linear),
        matrix: Array2::from_shape_fn((d, d), |(i, j)| function.quadratic[(i, j)]),
    };
    let (y, y_test) = labels.view().split_at(ndarray::Axis(0), p);
    let mut sampled = Task {
        x,
        y: y.to_owned(),
        test: Some((test, y_test.to_owned())),
        target: None,
        hermite: None,
        extension: Some(extension),
        note: Some(
            "the labels are an eigenvector on the train and the test inputs: generalisation is judged on the P test inputs; the terms of the test loss are those over all inputs, to which the eigenvector is extended, and other columns that need the target stay empty".to_owned(),
        ),
    };
    sampled.add_noise(config);
    Ok(sampled)
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
    use crate::sim::committee::sampled::Sampled;
    use crate::sim::config::Config;
    use crate::sim::rng::normal_matrix;

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
            let task = Sampled::new(&c).expect("sampled").task;
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
            w0: Some(w0),
            rescaled_by: [1.0; 2],
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
