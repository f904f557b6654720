//! A given problem instance: data that somebody else made, and initial weights, so
//! that the same run can be replayed anywhere. Without weights they are drawn, as those
//! of any other run.

use crate::sim::config::{Config, Kind, MAX_ENTRIES, TargetKind, Width, field};
use ndarray::{Array1, Array2, ArrayViewD, Dimension};
use std::sync::Arc;

/// Data and initial weights, float64. Shapes: P samples, D inputs, N neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Train inputs `X`, P×D.
    pub x: Array2<f64>,
    /// Train labels `y`, P; any labels.
    pub y: Array1<f64>,
    /// Initial weights `W0`, N×D; where there are none, the settings draw them.
    pub w0: Option<Array2<f64>>,
    /// Test inputs `X_test` and labels `y_test`, P'×D and P'.
    pub test: Option<(Array2<f64>, Array1<f64>)>,
    /// Target direction `beta`, D.
    pub beta: Option<Array1<f64>>,
    /// What inputs and labels of the file were multiplied with: 1 and 1 as they are.
    pub rescaled_by: [f64; 2],
}

/// An instance that cannot be used: names the array, what is wrong with it and
/// what is needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InstanceError(pub String);

/// The settings that an instance fixes, and why. The seed is another: see
/// [`Instance::fixes`].
const FIXED: [(&str, &str); 12] = [
    ("task.dim", "X has D columns"),
    ("task.samples", "X has P rows"),
    (
        "task.test_samples",
        "X_test is the test set, and there is none without it",
    ),
    ("task.target", "the labels are its y"),
    ("task.eigenvector", "the labels are its y"),
    ("task.degree", "the labels are its y"),
    ("task.target_scale", "the labels are its y"),
    (
        "task.target_rank",
        "the labels are its y, of one direction beta",
    ),
    ("task.label_noise", "the labels are its y, noise and all"),
    (
        "network.solution_mix",
        "the solution that the settings would draw is not that of its data",
    ),
    (
        "network.mix_rule",
        "the solution that the settings would draw is not that of its data",
    ),
    ("task.draw", "the data are in it"),
];

/// Those that its initial weights fix, where it has any.
const FIXED_BY_WEIGHTS: [(&str, &str); 2] = [
    ("network.width", "W0 has N rows"),
    ("network.init_scale", "the initial weights are its W0"),
];

/// Mean of y² of the paper's target y = ½(β·x)², in the limit of large D.
const TARGET_POWER: f64 = 0.75;

/// Whether two runs have the same instance, or none: the same in memory, since the
/// arrays may be large.
pub fn same_instance(one: Option<&Arc<Instance>>, other: Option<&Arc<Instance>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl Instance {
    /// Number of samples P and inputs D.
    pub fn shape(&self) -> (usize, usize) {
        self.x.dim()
    }

    /// Number of neurons N, where it has initial weights.
    pub fn width(&self) -> Option<usize> {
        self.w0.as_ref().map(Array2::nrows)
    }

    /// Mean |x|² over the train inputs, and mean y². Inputs of the model have the first
    /// at 1, its target the second at ¾.
    pub fn scale(&self) -> [f64; 2] {
        let mean = |sum: f64| sum / self.x.nrows().max(1) as f64;
        [
            mean(self.x.iter().map(|x| x * x).sum()),
            mean(self.y.iter().map(|y| y * y).sum()),
        ]
    }

    /// What inputs and labels are multiplied with to have the unit of the model; 1 where
    /// all are zero.
    pub fn factors(&self) -> [f64; 2] {
        let [input, label] = self.scale();
        let factor = |wanted: f64, found: f64| match (wanted / found).sqrt() {
            factor if factor.is_finite() && factor > 0.0 => factor,
            _ => 1.0,
        };
        [factor(1.0, input), factor(TARGET_POWER, label)]
    }

    /// In the unit of the model: test inputs and labels by the factors of the train set.
    /// Initial weights and `beta` stay.
    pub fn rescaled(mut self) -> Self {
        let [input, label] = self.factors();
        self.x *= input;
        self.y *= label;
        if let Some((x, y)) = &mut self.test {
            *x *= input;
            *y *= label;
        }
        self.rescaled_by[0] *= input;
        self.rescaled_by[1] *= label;
        self
    }

    /// What a person should know of the data before they are trained on, in sentences:
    /// inputs that never change, labels that are all the same, no test set.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let constant = |values: ndarray::ArrayView1<'_, f64>| {
            values.len() > 1 && values.iter().all(|v| *v == values[0])
        };
        let columns: Vec<String> = (self.x.columns().into_iter().enumerate())
            .filter(|(_, column)| constant(*column))
            .map(|(i, _)| (i + 1).to_string())
            .collect();
        match columns.as_slice() {
            [] => {}
            [one] => remarks.push(format!("Input {one} is the same in every sample.")),
            few if few.len() <= 5 => {
                remarks.push(format!(
                    "Inputs {} are the same in every sample.",
                    few.join(", ")
                ));
            }
            many => remarks.push(format!(
                "{} of {} inputs are the same in every sample.",
                many.len(),
                self.x.ncols()
            )),
        }
        if constant(self.y.view()) {
            remarks.push("All labels are the same.".into());
        }
        if self.test.is_none() && self.beta.is_none() {
            remarks.push(
                "There is no test set, so the test loss, and whether it generalises, is unknown."
                    .into(),
            );
        }
        remarks
    }

    /// Why a setting has no effect with this instance, where it has none.
    ///
    /// The seed has one where something is still drawn: the weights of a network of
    /// finite width, where they are not in it, the readouts, where they are trained,
    /// and the points on which the test accuracy is measured, where `beta` is known and
    /// there is no test set.
    pub fn fixes(&self, key: &str, config: &Config) -> Option<&'static str> {
        if key == "seed" {
            let points = self.beta.is_some() && self.test.is_none();
            let weights = self.w0.is_none() && config.network.width != Width::Infinite;
            let drawn = config.network.train_readouts || points || weights;
            let why = match self.w0 {
                Some(_) => "data and initial weights are in it, nothing is drawn",
                None => "the data are in it, and at N = ∞ no weights are drawn",
            };
            return (!drawn).then_some(why);
        }
        let by_weights = FIXED_BY_WEIGHTS.iter().filter(|_| self.w0.is_some());
        let (_, why) = FIXED.iter().chain(by_weights).find(|(k, _)| *k == key)?;
        Some(why)
    }

    /// Whether every instance fixes a setting; those with weights fix width and scale of
    /// them too, and some the seed.
    pub fn always_fixes(key: &str) -> bool {
        FIXED.iter().any(|(k, _)| *k == key)
    }

    /// Gives every setting that the instance fixes the value that it has there;
    /// those that mean nothing with an instance, such as the label noise, their
    /// default.
    pub fn fix(&self, config: &mut Config) {
        let (p, d) = self.shape();
        let default = Config::default();
        let seed = match self.fixes("seed", config) {
            Some(_) => default.seed,
            None => config.seed,
        };
        config.seed = seed;
        config.task = default.task;
        config.task.target = TargetKind::Quadratic;
        config.task.dim = d;
        config.task.samples = p;
        config.task.test_samples = self.test.as_ref().map_or(0, |(x, _)| x.nrows());
        if let Some(n) = self.width() {
            config.network.width = Width::Finite(n);
            config.network.init_scale = default.network.init_scale;
        }
        config.network.solution_mix = default.network.solution_mix;
        config.network.mix_rule = default.network.mix_rule;
    }

    /// The settings as TOML, without those that the instance fixes: what a file
    /// records is what was used.
    pub fn toml(&self, config: &Config) -> String {
        config.to_toml_without(|key| self.fixes(key, config).is_some())
    }

    /// Checks the shape that an array says it has, before anything is read of it:
    /// the limits are those of the settings.
    ///
    /// # Errors
    /// Names the array, what was expected and what was found.
    pub fn check_shape(key: &str, shape: &[usize]) -> Result<(), InstanceError> {
        let (rows, columns) = match key {
            "X" => (("task.samples", "a train sample"), Some("task.dim")),
            "y" => (("task.samples", "a label"), None),
            "W0" => (("network.width", "a neuron"), Some("task.dim")),
            "X_test" => (("task.test_samples", "a test sample"), Some("task.dim")),
            "y_test" => (("task.test_samples", "a label"), None),
            _ => (("task.dim", "an input"), None),
        };
        let error = |problem: String| Err(InstanceError(format!("{key}: {problem}")));
        let most = |key: &str| match field(key).map(|f| f.kind) {
            Some(Kind::Integer { max, .. }) => usize::try_from(max).unwrap_or(usize::MAX),
            Some(Kind::Width { max }) => max,
            _ => usize::MAX,
        };
        let names = ["row", "column"];
        let limits = [Some(rows.0), columns];
        for (axis, setting) in limits.into_iter().enumerate() {
            let (Some(setting), Some(&n)) = (setting, shape.get(axis)) else {
                continue;
            };
            let name = if columns.is_none() {
                "number"
            } else {
                names[axis]
            };
            if n == 0 && axis == 0 {
                let rest = match key {
                    "X_test" | "y_test" => "; leave X_test and y_test out if there is no test set",
                    _ => "",
                };
                return error(format!(
                    "needs at least one {name}, {}; its shape is {shape:?}{rest}",
                    rows.1
                ));
            }
            if n == 0 {
                return error(format!("needs at least one {name}; its shape is {shape:?}"));
            }
            if n > most(setting) {
                return error(format!(
                    "has {n} {name}s, and at most {} are possible ({setting}); its shape is \
                     {shape:?}",
                    most(setting)
                ));
            }
        }
        match shape
            .iter()
            .try_fold(1usize, |n, &side| n.checked_mul(side))
        {
            Some(n) if n <= MAX_ENTRIES => Ok(()),
            _ => error(format!(
                "its shape {shape:?} is of more than {MAX_ENTRIES} numbers, the most that are \
                 possible"
            )),
        }
    }

    /// Checks that all arrays agree on P, D and the size of the test set, that
    /// they are within the limits of the settings, and that every number is
    /// finite.
    ///
    /// # Errors
    /// Names the key, what was expected and what was found.
    pub fn check(&self) -> Result<(), InstanceError> {
        let (p, d) = self.shape();
        for (key, values) in self.arrays() {
            Self::check_shape(key, values.shape())?;
        }
        let fits = |key: &str, ok: bool, expected: String, found: &[usize]| match ok {
            true => Ok(()),
            false => Err(InstanceError(format!(
                "{key}: expected shape {expected}, found {found:?}"
            ))),
        };
        fits(
            "y",
            self.y.len() == p,
            format!("[{p}], one label for each row of X"),
            self.y.shape(),
        )?;
        if let Some(w0) = &self.w0 {
            fits(
                "W0",
                w0.ncols() == d,
                format!("[N, {d}], the columns of X"),
                w0.shape(),
            )?;
        }
        if let Some((x, y)) = &self.test {
            fits(
                "X_test",
                x.ncols() == d,
                format!("[P', {d}], the columns of X"),
                x.shape(),
            )?;
            fits(
                "y_test",
                y.len() == x.nrows(),
                format!("[{}], the rows of X_test", x.nrows()),
                y.shape(),
            )?;
        }
        if let Some(beta) = &self.beta {
            fits(
                "beta",
                beta.len() == d,
                format!("[{d}], the columns of X"),
                beta.shape(),
            )?;
        }
        for (key, values) in self.arrays() {
            if let Some((at, x)) = values.indexed_iter().find(|(_, x)| !x.is_finite()) {
                let at: Vec<String> = at.as_array_view().iter().map(usize::to_string).collect();
                return Err(InstanceError(format!(
                    "{key}[{}] is {}: numbers must be finite",
                    at.join(", "),
                    if x.is_nan() { "NaN" } else { "infinite" }
                )));
            }
        }
        // Neurons that begin alike stay alike but for rounding.
        let weights = self.w0.as_ref();
        if weights.is_some_and(|w0| w0.iter().all(|w| *w == 0.0)) {
            return Err(InstanceError(
                "W0: expected initial weights that are not all zero (a saddle that only rounding \
                 leaves; use small random ones), found zeros"
                    .into(),
            ));
        }
        Ok(())
    }

    /// The arrays by their keys in the file.
    fn arrays(&self) -> impl Iterator<Item = (&'static str, ArrayViewD<'_, f64>)> {
        let test = self.test.as_ref();
        [
            Some(("X", self.x.view().into_dyn())),
            Some(("y", self.y.view().into_dyn())),
            self.w0.as_ref().map(|w0| ("W0", w0.view().into_dyn())),
            test.map(|(x, _)| ("X_test", x.view().into_dyn())),
            test.map(|(_, y)| ("y_test", y.view().into_dyn())),
            self.beta.as_ref().map(|b| ("beta", b.view().into_dyn())),
        ]
        .into_iter()
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Simulation;
    use crate::sim::config::{FIELDS, Value};

    fn instance(test: bool, beta: bool) -> Instance {
        with_weights(test, beta, true)
    }

    fn with_weights(test: bool, beta: bool, weights: bool) -> Instance {
        let wave = |i: usize, j: usize| ((7 * i + 3 * j) as f64).sin() / 2.0;
        let x = Array2::from_shape_fn((9, 4), |(i, j)| wave(i, j + 1));
        let direction = Array1::from_shape_fn(4, |j| wave(3, j));
        let label = |row: ndarray::ArrayView1<'_, f64>| 0.5 * row.dot(&direction).powi(2);
        Instance {
            y: x.rows().into_iter().map(label).collect(),
            test: test.then(|| (x.clone() * 0.7, x.rows().into_iter().map(label).collect())),
            w0: weights.then(|| Array2::from_shape_fn((3, 4), |(i, j)| 2.0 * wave(i + 50, j))),
            rescaled_by: [1.0; 2],
            beta: beta.then(|| direction.clone()),
            x,
        }
    }

    /// Another value than the default, where one can be had.
    fn other(key: &str) -> Value {
        match key {
            "seed" => Value::Integer(5),
            "task.dim" | "task.samples" | "task.test_samples" => Value::Integer(4),
            "task.target" => Value::Text("eigenvector".into()),
            "task.draw" => Value::Text("paper".into()),
            "network.mix_rule" => Value::Text("interpolate".into()),
            "task.eigenvector" | "task.target_rank" => Value::Integer(2),
            "task.degree" => Value::Integer(3),
            "network.width" => Value::Integer(5),
            _ => Value::Real(0.5),
        }
    }

    #[test]
    fn what_an_instance_fixes_changes_nothing_and_nothing_else_is_fixed() {
        let rows = |config: &Config, instance: &Instance| {
            let config = config.clone().check().unwrap();
            let mut simulation = Simulation::new(&config, Some(instance)).unwrap();
            simulation.advance(30);
            format!("{:?}", simulation.record(true))
        };
        for (test, beta, weights) in [
            (false, false, true),
            (true, true, true),
            (false, true, true),
            (true, false, false),
        ] {
            let instance = with_weights(test, beta, weights);
            let mut config = Config::default();
            config.training.steps = 30;
            let before = rows(&config, &instance);
            for field in FIELDS.iter() {
                let fixed = FIXED.iter().chain(&FIXED_BY_WEIGHTS);
                let named = fixed.into_iter().any(|(key, _)| *key == field.key);
                if !named && field.key != "seed" {
                    assert_eq!(instance.fixes(field.key, &config), None);
                    continue;
                }
                let mut changed = config.clone();
                field.set(&mut changed, &other(field.key)).unwrap();
                let same = rows(&changed, &instance) == before;
                let fixed = instance.fixes(field.key, &config).is_some();
                assert_eq!(same, fixed, "{} (test {test}, beta {beta})", field.key);
            }
        }
    }

    #[test]
    fn with_trained_readouts_the_seed_draws_them() {
        let mut config = Config::default();
        assert!(instance(true, true).fixes("seed", &config).is_some());
        config.network.train_readouts = true;
        assert!(instance(true, true).fixes("seed", &config).is_none());
    }

    #[test]
    fn files_record_what_was_used() {
        let text = instance(true, true).toml(&Config::default());
        for absent in [
            "seed",
            "dim",
            "label_noise",
            "init_scale",
            "width",
            "[task]",
        ] {
            assert!(!text.contains(absent), "{absent} in {text}");
        }
        assert!(text.contains("alpha = 0.3"), "{text}");
        assert!(
            instance(false, true)
                .toml(&Config::default())
                .contains("seed")
        );
    }

    #[test]
    fn bad_numbers_and_sizes_are_named_in_one_line() {
        let mut bad = instance(false, false);
        bad.x[[3, 2]] = f64::NAN;
        assert_eq!(
            bad.check().unwrap_err().to_string(),
            "X[3, 2] is NaN: numbers must be finite"
        );
        let mut bad = instance(false, false);
        bad.w0 = Some(Array2::zeros((0, 4)));
        let error = bad.check().unwrap_err().to_string();
        assert!(
            error.starts_with("W0: needs at least one row, a neuron"),
            "{error}"
        );
        let error = Instance::check_shape("X", &[3, 2001])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("X: has 2001 columns, and at most 2000"),
            "{error}"
        );
        assert!(Instance::check_shape("W0", &[1_000_000, 2_000]).is_err());
    }

    #[test]
    fn weights_that_are_all_zero_are_refused() {
        let mut instance = Instance {
            x: Array2::from_elem((3, 2), 0.5),
            y: Array1::from_elem(3, 1.0),
            w0: Some(Array2::zeros((4, 2))),
            rescaled_by: [1.0; 2],
            test: None,
            beta: None,
        };
        let why = instance.check().expect_err("a saddle").to_string();
        assert!(
            why.starts_with("W0: expected") && why.contains("saddle"),
            "{why}"
        );
        if let Some(w0) = &mut instance.w0 {
            w0[(0, 0)] = 1e-3;
        }
        assert_eq!(instance.check(), Ok(()));
    }
}
