//! Reference runs of the networks that somebody else computed: `NAME.json` with
//! the settings, `NAME.npz` with examples, initial weights and batches.

mod fields;
mod header;
mod settings;

use super::npz::Archive;
use super::{FileError, read_problem, read_text};
use crate::sim::networks::network::Network;
use crate::sim::networks::passes::Alone;
use crate::sim::networks::problem::Problem;
use crate::sim::networks::run::{NetworkRun, RunSettings};
use header::{Header, parameters};
use ndarray::ArrayD;
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The columns that a reference may have.
pub const COLUMNS: [&str; 9] = [
    "step",
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "weight_norm_sq",
    "param_movement",
    "lin_train_loss",
    "lin_test_loss",
];

/// A reference: everything that is needed to run it again in float64.
pub struct Reference {
    /// The network.
    pub network: Arc<dyn Network<f64>>,
    /// Examples and their split.
    pub problem: Arc<Problem<f64>>,
    /// Initial weights.
    pub theta: Arc<[f64]>,
    /// How it is trained.
    pub settings: RunSettings,
    /// Columns of its table, in order.
    pub columns: Vec<String>,
    /// Number of updates, where the files say: rows of the batches' table or the
    /// setting `steps`.
    pub steps: Option<u64>,
    /// What was found in the files rather than said there.
    pub notes: Vec<String>,
    arrays: Archive,
    path: PathBuf,
}

impl Reference {
    /// Reads `NAME.json` and `NAME.npz`; `name` is the path without the ending.
    ///
    /// # Errors
    /// Names the file and the setting or array that is missing, unknown or does
    /// not fit.
    pub fn read(name: &Path) -> Result<Self, FileError> {
        let (json, npz) = (with_ending(name, "json"), with_ending(name, "npz"));
        let problem = |path: &Path| {
            let path = path.to_owned();
            move |e: String| FileError::new(&path, e)
        };
        let text = read_text(&json)?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|e| FileError::new(&json, format!("is not JSON: {e}")))?;
        let header = Header::parse(value).map_err(problem(&json))?;
        let file = File::open(&npz).map_err(|e| FileError::new(&npz, read_problem(&e)))?;
        let arrays = Archive::open(BufReader::new(file)).map_err(problem(&npz))?;
        header.assemble(arrays, &npz).map_err(problem(&npz))
    }

    /// A run at step 0.
    ///
    /// # Errors
    /// Parts that do not fit each other.
    pub fn run(&self) -> Result<NetworkRun<f64>, FileError> {
        let (network, problem) = (Arc::clone(&self.network), Arc::clone(&self.problem));
        let (theta, settings) = (Arc::clone(&self.theta), self.settings.clone());
        NetworkRun::new(network, problem, theta, settings, &Alone)
            .map_err(|e| FileError::new(&self.path, e.to_string()))
    }

    /// Parameters stored under `prefix` + name (`net_step10_` …) as a flat vector;
    /// none where the file has not one of them.
    ///
    /// # Errors
    /// Some but not all of them, or a wrong shape.
    pub fn parameters(&mut self, prefix: &str) -> Result<Option<Vec<f64>>, FileError> {
        let layout = self.network.layout();
        if !layout
            .tensors()
            .iter()
            .any(|t| self.arrays.has(&format!("{prefix}{}", t.name)))
        {
            return Ok(None);
        }
        parameters(self.network.as_ref(), &mut self.arrays, prefix)
            .map(Some)
            .map_err(|e| FileError::new(&self.path, e))
    }

    /// The array under a key, where there is one.
    ///
    /// # Errors
    /// An array that holds no numbers.
    pub fn array(&mut self, key: &str) -> Result<Option<ArrayD<f64>>, FileError> {
        match self.arrays.has(key) {
            true => {
                let array = self.arrays.numbers(key, |_| Ok(()));
                array.map(Some).map_err(|e| FileError::new(&self.path, e))
            }
            false => Ok(None),
        }
    }
}

/// `NAME.ending`, where NAME may hold dots.
pub fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut path = name.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}
