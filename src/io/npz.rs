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
//! Other keys are passed over, however they are stored. Numbers may be float64,
//! float32, float16 or whole, in either order of bytes and of axes; they are
//! converted to float64. A shape is held against the limits of the settings and
//! against the size of the file before anything is read.

use super::npy::Header;
use super::{FileError, read_problem};
use crate::sim::committee::instance::Instance;
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, ShapeBuilder};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// Deflate makes nothing smaller than this part of its size.
const MOST_COMPRESSED: u64 = 1_100;

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
    if !path.is_file() {
        return Err(error(
            "is not an ordinary file, which an archive must be".into(),
        ));
    }
    from_archive(BufReader::new(file)).map_err(error)
}

fn from_archive(file: impl Read + Seek) -> Result<Instance, String> {
    let instance = Archive::open(file)?.instance()?;
    instance.check().map_err(|e| e.to_string())?;
    Ok(instance)
}

/// An archive of arrays.
pub(super) struct Archive<R = BufReader<File>> {
    archive: ZipArchive<R>,
    names: Vec<String>,
}

impl<R: Read + Seek> Archive<R> {
    pub(super) fn open(file: R) -> Result<Self, String> {
        let archive = ZipArchive::new(file)
            .map_err(|e| format!("is not a NumPy .npz file ({e}); write it with numpy.savez"))?;
        let key = |name: &str| name.strip_suffix(".npy").unwrap_or(name).to_owned();
        let names = archive.file_names().map(key).collect();
        Ok(Self { archive, names })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| name == key)
    }

    fn instance(&mut self) -> Result<Instance, String> {
        let x: Array2<f64> = self.required("X", "[P, D], one row for each train sample")?;
        let y: Array1<f64> = self.required("y", "[P], one label for each row of X")?;
        let w0 = match self.has("W0") {
            true => Some(self.required("W0", "[N, D], one row for each neuron")?),
            false => None,
        };
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
            rescaled_by: [1.0; 2],
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
        let array = self.numbers(key, |shape| {
            if D::NDIM.is_some_and(|axes| axes != shape.len()) {
                return Err(format!("{key}: expected shape {expected}; found {shape:?}"));
            }
            Instance::check_shape(key, shape).map_err(|e| e.to_string())
        })?;
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
            true => self.numbers(key, |_| Ok(())),
            false => Err(format!(
                "{key}: missing; the file holds {}",
                self.names.join(", ")
            )),
        }
    }

    /// The array under a key as float64, whatever numbers it holds.
    /// Nothing is read of it before `allowed` has seen its shape.
    pub(super) fn numbers(
        &mut self,
        key: &str,
        allowed: impl Fn(&[usize]) -> Result<(), String>,
    ) -> Result<ArrayD<f64>, String> {
        let at = |problem: String| format!("{key}: {problem}");
        let with_ending = format!("{key}.npy");
        let name = match self.archive.index_for_name(&with_ending) {
            Some(_) => with_ending.as_str(),
            None => key,
        };
        let mut member = self.archive.by_name(name).map_err(|e| {
            at(match e {
                ZipError::UnsupportedArchive(why) => format!(
                    "is stored in a way that is not read ({why}); write it with numpy.savez or \
                     numpy.savez_compressed"
                ),
                e => format!("could not be read: {e}"),
            })
        })?;
        let header = Header::read(&mut member).map_err(at)?;
        allowed(&header.shape)?;
        let size = member.size();
        let fits = header.bytes().and_then(|n| n.checked_add(header.length)) == Some(size);
        let most = member.compressed_size().saturating_mul(MOST_COMPRESSED);
        if !fits || size > most.saturating_add(1 << 10) {
            return Err(at(format!(
                "its shape {:?} does not fit the {size} bytes that the file has of it",
                header.shape
            )));
        }
        let numbers = header.numbers(&mut member).map_err(at)?;
        let shape = header.shape.as_slice().set_f(header.fortran_order);
        Array::from_shape_vec(shape, numbers).map_err(|e| at(e.to_string()))
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
        fn bytes(self) -> Vec<u8> {
            self.1.finish().unwrap();
            std::fs::read(self.0.path().join("i.npz")).unwrap()
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
        assert_eq!((i.shape(), i.width()), ((3, 2), Some(1)));
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
        assert_eq!(i.w0, Some(array![[1.0, 2.0]]));
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
        let message = Npz::new()
            .add("X", array![[true]])
            .add("y", array![1.0])
            .add("W0", array![[1.0]])
            .message();
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

    #[test]
    fn a_claimed_size_is_held_against_the_file_before_it_is_believed() {
        let claim = |shape: &str| {
            let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n");
            let mut npy = b"\x93NUMPY\x01\x00".to_vec();
            npy.extend((header.len() as u16).to_le_bytes());
            npy.extend(header.as_bytes());
            let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            let stored = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Stored);
            zip.start_file("X.npy", stored).unwrap();
            std::io::Write::write_all(&mut zip, &npy).unwrap();
            from_archive(zip.finish().unwrap()).unwrap_err()
        };
        let message = claim("(8589934592, 4)");
        assert!(
            message.starts_with("X: has 8589934592 rows, and at most 16384"),
            "{message}"
        );
        let message = claim("(16000, 2000)");
        assert!(message.contains("[16000, 2000] does not fit"), "{message}");
        let message = claim("(18446744073709551615, 2)");
        assert!(message.starts_with("X: "), "{message}");
    }

    #[test]
    fn members_that_are_not_used_may_be_anything() {
        let bytes = Npz::minimal().add("zzz", array![1.0]).bytes();
        // Another compression, for the last member alone: 99 is none there is.
        let mut strange = bytes.clone();
        let mut patched = 0;
        for (signature, method, name) in [(b"PK\x03\x04", 8, 30), (b"PK\x01\x02", 10, 46)] {
            for at in 0..strange.len() - 50 {
                if &strange[at..at + 4] == signature && strange[at + name..].starts_with(b"zzz") {
                    strange[at + method] = 12;
                    patched += 1;
                }
            }
        }
        assert_eq!(patched, 2);
        let instance = from_archive(std::io::Cursor::new(strange)).unwrap();
        assert_eq!(instance.shape(), (3, 2));
    }

    #[test]
    fn damaged_files_are_refused_in_one_line_and_never_crash() {
        use rand::{RngExt, SeedableRng};
        let bytes = Npz::minimal()
            .add("X_test", array![[1.0, 0.0]])
            .add("y_test", array![7.0])
            .add("beta", array![1.0f32, -1.0])
            .bytes();
        assert!(from_archive(std::io::Cursor::new(&bytes)).is_ok());
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut read = 0;
        for _ in 0..4_000 {
            let mut damaged = bytes.clone();
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(0..damaged.len());
                match rng.random_range(0..4) {
                    0 => damaged[at] ^= 1 << rng.random_range(0..8),
                    1 => damaged[at] = 255,
                    2 => drop(damaged.remove(at)),
                    _ => damaged.insert(at, rng.random_range(0..=255)),
                }
            }
            if rng.random_range(0..10) == 0 {
                damaged.truncate(rng.random_range(0..damaged.len()));
            }
            match from_archive(std::io::Cursor::new(damaged)) {
                Ok(_) => read += 1,
                Err(message) => assert!(!message.contains('\n'), "{message}"),
            }
        }
        // Bytes that mean nothing, such as dates, may change.
        assert!(read < 2_000, "{read} of 4,000 damaged files were read");
    }
}
