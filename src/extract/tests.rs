//! The arrays of a run agree with what it recorded.

use super::*;
use ndarray::{Array3, Axis};

fn config(change: impl Fn(&mut Config)) -> ValidConfig {
    let mut config = Config::default();
    (
        config.task.dim,
        config.task.samples,
        config.task.test_samples,
    ) = (6, 20, 5);
    config.network.width = crate::sim::config::Width::Finite(9);
    config.training.steps = 100;
    change(&mut config);
    config.check().unwrap()
}

fn get(arrays: &[Named], name: &str) -> ArrayD<f64> {
    let found = arrays.iter().find(|(n, _)| n == name);
    found.unwrap_or_else(|| panic!("no {name}")).1.clone()
}

const ALL: [Part; 7] = [
    Part::Instance,
    Part::Weights,
    Part::Kernel,
    Part::Spectrum,
    Part::Decomposition,
    Part::Forecast,
    Part::Lazy,
];

#[test]
fn everything_has_its_shape_and_agrees_with_the_run() {
    let config = config(|_| {});
    let extract = Extract::train(&config, None, &[0, 10, 100], |_| true).unwrap();
    let arrays = extract.arrays(&ALL).unwrap();
    for (name, shape) in [
        ("X", vec![20, 6]),
        ("y", vec![20]),
        ("X_test", vec![5, 6]),
        ("W0", vec![9, 6]),
        ("beta", vec![6]),
        ("T", vec![6, 6]),
        ("step", vec![3]),
        ("w_mean", vec![3, 6]),
        ("L", vec![3, 6, 6]),
        ("W", vec![3, 9, 6]),
        ("K", vec![3, 20, 20]),
        ("K_test", vec![3, 5, 5]),
        ("kernel_eigenvalues", vec![3, 20]),
        ("target_power", vec![3, 20]),
        ("feature_eigenvalues", vec![3, 6]),
        ("b", vec![3, 6]),
        ("A", vec![3, 6, 6]),
        ("lazy_level", vec![1]),
    ] {
        assert_eq!(get(&arrays, name).shape(), shape, "{name}");
    }
    // The terms of the test loss are those of the run's own rows.
    let mut run = Simulation::new(&config, None).unwrap();
    while run.step() < 100 {
        run.advance(100);
    }
    let row = run.record(true);
    for metric in [
        Metric::VarianceError,
        Metric::MisalignmentError,
        Metric::LinearPower,
    ] {
        let found = get(&arrays, metric.spec().name)[2];
        let wanted = row.get(metric).unwrap();
        assert!(
            (found - wanted).abs() <= 1e-12 * wanted.abs().max(1e-9),
            "{metric:?}"
        );
    }
    let (w, w0) = (get(&arrays, "W"), get(&arrays, "W0"));
    let first = w.index_axis(Axis(0), 0).to_owned();
    assert!((first - w0).iter().all(|e| e.abs() < 1e-12));
    let lazy = get(&arrays, "lazy_test_loss");
    let wanted = row.get(Metric::LinTestLoss).unwrap();
    assert!((lazy[lazy.len() - 1] - wanted).abs() < 1e-9 * wanted);
    // Both neurons and moments give the same weights.
    let neurons = self::config(|c| c.training.engine = EngineKind::Neurons);
    let by_neuron = Extract::train(&neurons, None, &[100], |_| true).unwrap();
    let other = by_neuron.arrays(&[Part::Kernel]).unwrap();
    let difference = &get(&arrays, "K").index_axis(Axis(0), 2).to_owned()
        - &get(&other, "K").index_axis(Axis(0), 0);
    assert!(difference.iter().all(|e| e.abs() < 1e-9));
}

#[test]
fn what_cannot_be_had_says_why() {
    let error = |config: &ValidConfig, part: Part| {
        let extract = Extract::train(config, None, &[0], |_| true).unwrap();
        extract.arrays(&[part]).unwrap_err()
    };
    let decayed = config(|c| c.training.weight_decay = 0.1);
    assert!(error(&decayed, Part::Lazy).starts_with("lazy: "));
    let readouts = config(|c| {
        c.network.train_readouts = true;
        c.training.engine = EngineKind::Neurons;
    });
    assert!(error(&readouts, Part::Decomposition).contains("trained readouts"));
    let beyond = Extract::train(&config(|_| {}), None, &[101], |_| true);
    assert!(
        beyond
            .err()
            .is_some_and(|e| e.contains("ended at step 100"))
    );
    let stopped = Extract::train(&config(|_| {}), None, &[90], |_| false);
    assert!(stopped.err().is_some_and(|e| e.contains("told to stop")));
}

#[test]
fn an_array_of_three_dimensions_is_a_table_for_each_step() {
    let array = Array3::from_shape_fn((2, 3, 4), |(k, i, j)| (100 * k + 10 * i + j) as f64);
    let tables = tables(&("K".into(), array.into_dyn()), &[0, 50]);
    let names: Vec<&str> = tables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["K-step-0", "K-step-50"]);
    assert_eq!(tables[1].1[(2, 3)], 123.0);
    assert_eq!(
        super::tables(&("y".into(), Array1::zeros(3).into_dyn()), &[])[0]
            .1
            .dim(),
        (3, 1)
    );
}
