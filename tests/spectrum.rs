//! The kernel's spectrum against theory, sampling and independent computation.

use grokscope::sim::committee::kernel::{
    EigenvectorLabels, Gram, GramInputs, KernelEigen, Spectrum, SpectrumTheory, cross_gram,
};
use grokscope::sim::committee::moments::MomentState;
use grokscope::sim::committee::task::Target;
use grokscope::sim::packed::Inputs;
use grokscope::sim::rng::{Stream, normal_matrix};
use ndarray::{Array1, Array2};

fn infinite_width(dim: usize, init_scale: f64) -> MomentState {
    MomentState {
        mean: Array1::zeros(dim),
        factor: Array2::eye(dim) * init_scale,
    }
}

fn inputs(seed: u64, samples: usize, dim: usize) -> Array2<f64> {
    normal_matrix(seed, Stream::Data, samples, dim) / (dim as f64).sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn with_many_samples_the_spectrum_is_that_of_theory() {
    let (d, p, epsilon, sigma) = (5, 1_600, 0.3, 0.8);
    let x = inputs(1, p, d);
    let gram = GramInputs::new(x.view()).ntk(&infinite_width(d, sigma), epsilon);
    let eigen = KernelEigen::new(&gram).expect("finite");
    let y = Target::from_directions(normal_matrix(1, Stream::Target, 1, d).view(), 1.0)
        .labels(x.view())
        .to_vec();
    let spectrum = Spectrum::new(&eigen, &y);
    let theory = SpectrumTheory::new(d, p, epsilon, sigma);
    assert_eq!((theory.linear.count, theory.quadratic.count), (d, 14));
    assert_eq!(spectrum.rank, d * (d + 3) / 2);
    let linear = mean(&spectrum.eigenvalues[..d]);
    let radial = spectrum.eigenvalues[d];
    let quadratic = mean(&spectrum.eigenvalues[d + 1..spectrum.rank]);
    for (what, measured, expected) in [
        ("linear", linear, theory.linear.value),
        ("radial", radial, theory.radial.value),
        ("quadratic", quadratic, theory.quadratic.value),
        ("sampled", theory.sampled_quadratic, theory.quadratic.value),
    ] {
        assert!(
            (measured / expected - 1.0).abs() < 0.15,
            "{what}: {measured} {expected}"
        );
    }
}

#[test]
fn at_few_samples_the_quadratic_bulk_lies_far_above_theory() {
    // D = 100, P = 550: nine times λ_quad.
    let (d, p, epsilon) = (100, 550, 0.02);
    let x = inputs(2, p, d);
    let gram = GramInputs::new(x.view()).ntk(&infinite_width(d, 1.0), epsilon);
    let eigen = KernelEigen::new(&gram).expect("finite");
    let y = Target::from_directions(normal_matrix(2, Stream::Target, 1, d).view(), 1.0)
        .labels(x.view())
        .to_vec();
    let spectrum = Spectrum::new(&eigen, &y);
    let theory = SpectrumTheory::new(d, p, epsilon, 1.0);
    let bulk = mean(&spectrum.eigenvalues[d + 1..]);
    assert!(
        (bulk / theory.sampled_quadratic - 1.0).abs() < 0.1,
        "{bulk} {theory:?}"
    );
    let ratio = theory.sampled_quadratic / theory.quadratic.value;
    assert!(ratio > 8.0 && ratio < 10.0, "{ratio}");
    // Power sums to one, and the linear modes are the first D.
    assert!((spectrum.power.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!((spectrum.cumulative[p - 1] - 1.0).abs() < 1e-12);
    assert!(spectrum.eigenvalues.windows(2).all(|w| w[0] >= w[1]));
    assert!(spectrum.eigenvalues[d - 1] > 10.0 * spectrum.eigenvalues[d]);
    assert!(spectrum.cumulative.windows(2).all(|w| w[0] <= w[1]));
}

#[test]
fn the_difficulty_is_the_solution_of_a_linear_system() {
    let (p, d, epsilon) = (12, 6, 0.4);
    let x = inputs(3, p, d);
    let state = MomentState::from_weights(normal_matrix(3, Stream::Init, 20, d).view());
    let gram = GramInputs::new(x.view()).ntk(&state, epsilon);
    let y: Vec<f64> = (0..p).map(|i| (1.3 * i as f64).cos()).collect();
    let difficulty = KernelEigen::new(&gram).expect("finite").difficulty(&y);
    // Gaussian elimination without pivoting: the matrix is positive.
    let mut rows: Vec<Vec<f64>> = (0..p)
        .map(|i| (0..p).map(|j| gram[(i, j)]).chain([y[i]]).collect())
        .collect();
    for k in 0..p {
        let pivot = rows[k].clone();
        for row in &mut rows[k + 1..] {
            let factor = row[k] / pivot[k];
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(r, v)| *r -= factor * v);
        }
    }
    let mut solution = vec![0.0; p];
    for k in (0..p).rev() {
        let known: f64 = (k + 1..p).map(|j| rows[k][j] * solution[j]).sum();
        solution[k] = (rows[k][p] - known) / rows[k][k];
    }
    let direct: f64 = solution.iter().zip(&y).map(|(s, y)| s * y).sum();
    assert!(
        (difficulty / direct - 1.0).abs() < 1e-8,
        "{difficulty} {direct}"
    );
}

#[test]
fn a_label_outside_the_kernels_range_is_infinitely_difficult() {
    // P > D(D+3)/2: labels of the model class are in the range, others are not.
    let (p, d) = (40, 4);
    let x = inputs(4, p, d);
    let gram = GramInputs::new(x.view()).ntk(&infinite_width(d, 1.0), 0.1);
    let eigen = KernelEigen::new(&gram).expect("finite");
    assert_eq!(eigen.rank(), d * (d + 3) / 2);
    let target = Target::from_directions(normal_matrix(4, Stream::Target, 1, d).view(), 1.0);
    let y = target.labels(x.view()).to_vec();
    assert!(eigen.difficulty(&y).is_finite());
    let mut noisy = y.clone();
    noisy[0] += 0.1;
    assert_eq!(eigen.difficulty(&noisy), f64::INFINITY);
    // In the range the difficulty is the squared norm of the function's weights:
    // x ↦ ½xᵀTx = ⟨½T, xxᵀ⟩ has ‖½T‖²/(ε²σ²) at N = ∞.
    let norm = target.matrix.iter().map(|t| 0.25 * t * t).sum::<f64>() / 0.01;
    assert!((eigen.difficulty(&y) / norm - 1.0).abs() < 1e-9);
}

#[test]
fn eigenvector_labels_extend_to_any_input() {
    let (p, d, epsilon) = (30, 6, 0.5);
    let x = inputs(5, p, d);
    let others = inputs(6, 11, d);
    let state = MomentState::from_weights((normal_matrix(5, Stream::Init, 9, d) + 0.2).view());
    let gram = GramInputs::new(x.view()).ntk(&state, epsilon);
    let eigen = KernelEigen::new(&gram).expect("finite");
    let train = Inputs::new(x.view());
    for j in [1, 7, eigen.rank()] {
        let labels =
            EigenvectorLabels::new(&eigen, j, &train, &state, epsilon).expect("in the rank");
        assert!((labels.train.iter().map(|y| y * y).sum::<f64>() / p as f64 - 1.0).abs() < 1e-12);
        let power = Spectrum::new(&eigen, &labels.train).power;
        assert!((power[j - 1] - 1.0).abs() < 1e-12);
        for (a, b) in labels.labels(&train).iter().zip(&labels.train) {
            assert!((a - b).abs() < 1e-8, "j = {j}: {a} {b}");
        }
        // Σ_μ K(x, x_μ) u_μ/λ, directly.
        let cross = cross_gram(others.view(), x.view(), &state, epsilon);
        for (i, value) in labels
            .labels(&Inputs::new(others.view()))
            .iter()
            .enumerate()
        {
            let direct: f64 = (0..p)
                .map(|m| cross[(i, m)] * labels.train[m] / eigen.values()[j - 1])
                .sum();
            assert!((value - direct).abs() < 1e-8 * (1.0 + direct.abs()));
        }
    }
    assert!(EigenvectorLabels::new(&eigen, 0, &train, &state, epsilon).is_none());
    let beyond = eigen.rank() + 1;
    assert!(EigenvectorLabels::new(&eigen, beyond, &train, &state, epsilon).is_none());
}

#[test]
fn a_kernel_that_is_not_finite_has_no_spectrum() {
    let broken = Gram::from_fn(3, 3, |i, j| if i + j == 0 { f64::NAN } else { 1.0 });
    assert!(KernelEigen::new(&broken).is_none());
    let zero = KernelEigen::new(&Gram::zeros(3, 3)).expect("finite");
    assert_eq!(
        (zero.rank(), zero.difficulty(&[1.0, 0.0, 0.0])),
        (0, f64::INFINITY)
    );
}
