//! Problem instances in NumPy's `.npz` format: data and initial weights that
//! somebody else made.
//!
//! | key | shape | |
//! |---|---|---|
//! | `X` | P×D | train inputs, one row a sample |
//! | `y` | P | train labels, any |
//! | `W0` | N×D | initial weights, one row a neuron |
//! | `X_test`, `y_test` | P'×D, P' | test set; both or neither |
//! | `beta` | D | target direction; optional |
//!
//! Other keys are passed over. Numbers may be float64, float32 or whole; they
//! are converted to float64.

use super::{FileError, read_problem};
use crate::sim::committee::instance::Instance;
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpyError, ReadNpzError};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Reads and checks an instance.
///
/// # Errors
/// Names the file and the key, what was expected there and what was found.
pub fn read_instance(path: &Path) -> Result<Instance, FileError> {
    let error = |problem: String| FileError::new(path, problem);
    let file = File::open(path).map_err(|e| error(read_problem(&e)))?;
    if path.is_dir() {
        return Err(error("is a directory, a file is needed".into()));
    }
    let mut archive = Archive::open(file).map_err(error)?;
    let instance = archive.instance().map_err(error)?;
    instance.check().map_err(|e| error(e.to_string()))?;
    Ok(instance)
}

pub(super) struct Archive {
    reader: NpzReader<BufReader<File>>,
    names: Vec<String>,
}

impl Archive {
    pub(super) fn open(file: File) -> Result<Self, String> {
        let not_npz =
            |e: ReadNpzError| format!("is not a NumPy .npz file ({e}); write it with numpy.savez");
        let mut reader = NpzReader::new(BufReader::new(file)).map_err(not_npz)?;
        let names = reader.names().map_err(not_npz)?;
        Ok(Self { reader, names })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| name == key)
    }

    fn instance(&mut self) -> Result<Instance, String> {
        let x: Array2<f64> = self.required("X", "[P, D], one row for each train sample")?;
        let y: Array1<f64> = self.required("y", "[P], one label for each row of X")?;
        let w0: Array2<f64> = self.required("W0", "[N, D], one row for each neuron")?;
        let test = match (self.has("X_test"), self.has("y_test")) {
            (false, false) => None,
            (true, true) => Some((
                self.required("X_test", "[P', D], one row for each test sample")?,
                self.required("y_test", "[P'], one label for each row of X_test")?,
            )),
            (true, false) => return Err(unpaired("y_test", "X_test")),
            (false, true) => return Err(unpaired("X_test", "y_test")),
        };
        let beta = match self.has("beta") {
            true => Some(self.required("beta", "[D], the target direction")?),
            false => None,
        };
        Ok(Instance {
            x,
            y,
            w0,
            test,
            beta,
        })
    }

    /// The array under a key, with the number of dimensions that is asked for.
    fn required<D: Dimension>(
        &mut self,
        key: &str,
        expected: &str,
    ) -> Result<Array<f64, D>, String> {
        if !self.has(key) {
            let found = match self.names.as_slice() {
                [] => "an empty file".to_owned(),
                names => format!("only {}", names.join(", ")),
            };
            return Err(format!(
                "{key}: expected an array of shape {expected}; found {found}"
            ));
        }
        let array = self.numbers(key)?;
        let shape = array.shape().to_vec();
        let array = array
            .into_dimensionality::<D>()
            .map_err(|_| format!("{key}: expected shape {expected}; found {shape:?}"))?;
        // NumPy may have stored the columns first.
        Ok(match array.is_standard_layout() {
            true => array,
            false => array.as_standard_layout().into_owned(),
        })
    }

    /// The array under a key as float64, of any shape, or that it is missing.
    pub(super) fn numbers_of(&mut self, key: &str) -> Result<ArrayD<f64>, String> {
        match self.has(key) {
            true => self.numbers(key),
            false => Err(format!(
                "{key}: missing; the file holds {}",
                self.names.join(", ")
            )),
        }
    }

    /// The array under a key as float64, whatever numbers it holds.
    pub(super) fn numbers(&mut self, key: &str) -> Result<ArrayD<f64>, String> {
        macro_rules! first_that_fits {
            ($($number:ty),*) => {$(
                match self.reader.by_name::<OwnedRepr<$number>, ndarray::IxDyn>(key) {
                    Ok(array) => return Ok(array.mapv(|x| x as f64)),
                    Err(ReadNpzError::Npy(ReadNpyError::WrongDescriptor(_))) => {}
                    Err(e) => return Err(format!("{key}: could not be read: {e}")),
                }
            )*};
        }
        first_that_fits!(f64, f32, i64, i32, i16, i8, u64, u32, u16, u8);
        match self.reader.by_name::<OwnedRepr<bool>, ndarray::IxDyn>(key) {
            Err(ReadNpzError::Npy(ReadNpyError::WrongDescriptor(kind))) => Err(format!(
                "{key}: expected real numbers (float64, float32 or whole); found NumPy type {kind}"
            )),
            _ => Err(format!(
                "{key}: expected real numbers (float64, float32 or whole); found true and false"
            )),
        }
    }
}

fn unpaired(missing: &str, present: &str) -> String {
    format!("{missing}: expected it together with {present}; found {present} alone")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ShapeBuilder, array};
    use ndarray_npy::{NpzWriter, WritableElement};

    struct Npz(tempfile::TempDir, NpzWriter<File>);

    impl Npz {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let file = File::create(dir.path().join("i.npz")).unwrap();
            let deflated = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            Self(dir, NpzWriter::new_with_options(file, deflated))
        }
        fn add<T: WritableElement, D: Dimension>(mut self, key: &str, a: Array<T, D>) -> Self {
            self.1.add_array(key, &a).unwrap();
            self
        }
        fn read(self) -> Result<Instance, FileError> {
            self.1.finish().unwrap();
            read_instance(&self.0.path().join("i.npz"))
        }
        /// X 3×2, y 3, W0 1×2.
        fn minimal() -> Self {
            Self::new()
                .add("X", array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
                .add("y", array![1.0, 2.0, 3.0])
                .add("W0", array![[0.5, -0.5]])
        }
        fn message(self) -> String {
            self.read().unwrap_err().problem
        }
    }

    #[test]
    fn data_and_weights_are_enough() {
        let i = Npz::minimal().read().unwrap();
        assert_eq!(i.shape(), (3, 2, 1));
        assert_eq!(i.x[[2, 1]], 6.0);
        assert!(i.test.is_none() && i.beta.is_none());
    }

    #[test]
    fn everything_is_read_and_other_keys_are_passed_over() {
        let i = Npz::minimal()
            .add("X_test", array![[1.0, 0.0]])
            .add("y_test", array![7.0])
            .add("beta", array![1.0, -1.0])
            .add("W_final", array![1.0])
            .read()
            .unwrap();
        assert_eq!(i.test.unwrap().1, array![7.0]);
        assert_eq!(i.beta.unwrap(), array![1.0, -1.0]);
    }

    #[test]
    fn single_precision_whole_numbers_and_column_order_are_converted() {
        let columns_first =
            Array2::from_shape_vec((3, 2).f(), vec![1.0f32, 3.0, 5.0, 2.0, 4.0, 6.0]).unwrap();
        let i = Npz::new()
            .add("X", columns_first)
            .add("y", array![1i64, -1, 1])
            .add("W0", array![[1u8, 2]])
            .read()
            .unwrap();
        assert_eq!(i.x, array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert!(i.x.is_standard_layout());
        assert_eq!(i.y, array![1.0, -1.0, 1.0]);
        assert_eq!(i.w0, array![[1.0, 2.0]]);
    }

    #[test]
    fn a_missing_key_is_named_with_what_the_file_holds() {
        let message = Npz::new()
            .add("X", array![[1.0]])
            .add("labels", array![1.0])
            .message();
        assert!(message.starts_with("y: expected"), "{message}");
        assert!(message.contains("only X, labels"), "{message}");
    }

    #[test]
    fn wrong_shapes_name_key_expected_and_found() {
        let message = Npz::new()
            .add("X", array![[1.0, 2.0]])
            .add("y", array![[1.0]])
            .add("W0", array![[1.0, 2.0]])
            .message();
        assert_eq!(
            message,
            "y: expected shape [P], one label for each row of X; found [1, 1]"
        );
        let message = Npz::new()
            .add("X", array![[1.0, 2.0]])
            .add("y", array![1.0, 2.0])
            .add("W0", array![[1.0, 2.0]])
            .message();
        assert!(message.starts_with("y: expected shape [1]"), "{message}");
        assert!(message.contains("found [2]"), "{message}");
    }

    #[test]
    fn half_a_test_set_is_refused() {
        let message = Npz::minimal().add("X_test", array![[1.0, 0.0]]).message();
        assert!(
            message.starts_with("y_test: expected it together with X_test"),
            "{message}"
        );
    }

    #[test]
    fn truth_values_are_not_numbers() {
        let message = Npz::new().add("X", array![[true]]).message();
        assert!(message.starts_with("X: expected real numbers"), "{message}");
    }

    #[test]
    fn a_file_that_is_not_npz_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.npz");
        std::fs::write(&path, "hello").unwrap();
        let error = read_instance(&path).unwrap_err();
        assert_eq!(error.path, path);
        assert!(error.problem.contains("not a NumPy .npz"), "{error}");
        let none = read_instance(&dir.path().join("none.npz")).unwrap_err();
        assert!(none.to_string().contains("no such file"), "{none}");
    }
}
