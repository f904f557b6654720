//! A given problem instance: data and initial weights that somebody else made,
//! so that the same run can be replayed anywhere.

use ndarray::{Array1, Array2};

/// Data and initial weights, float64. Shapes: P samples, D inputs, N neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Train inputs `X`, P×D.
    pub x: Array2<f64>,
    /// Train labels `y`, P; any labels.
    pub y: Array1<f64>,
    /// Initial weights `W0`, N×D.
    pub w0: Array2<f64>,
    /// Test inputs `X_test` and labels `y_test`, P'×D and P'.
    pub test: Option<(Array2<f64>, Array1<f64>)>,
    /// Target direction `beta`, D.
    pub beta: Option<Array1<f64>>,
}

/// An instance that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: expected {expected}, found {found}")]
pub struct InstanceError {
    /// Key of the array in the file.
    pub key: &'static str,
    /// What was expected, with the reason.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Instance {
    /// Number of samples P, inputs D and neurons N.
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.x.nrows(), self.x.ncols(), self.w0.nrows())
    }

    /// Checks that all arrays agree on P, D and the size of the test set, and
    /// that every number is finite.
    ///
    /// # Errors
    /// Names the key, what was expected and what was found.
    pub fn check(&self) -> Result<(), InstanceError> {
        let (p, d, n) = self.shape();
        let shape = |key, ok: bool, expected: String, found: &[usize]| {
            if ok {
                Ok(())
            } else {
                Err(InstanceError {
                    key,
                    expected: format!("shape {expected}"),
                    found: format!("{found:?}"),
                })
            }
        };
        shape(
            "X",
            p > 0 && d > 0,
            "[P, D] with P, D ≥ 1".into(),
            self.x.shape(),
        )?;
        shape(
            "y",
            self.y.len() == p,
            format!("[{p}], one label for each row of X"),
            self.y.shape(),
        )?;
        shape(
            "W0",
            n > 0 && self.w0.ncols() == d,
            format!("[N, {d}], the columns of X"),
            self.w0.shape(),
        )?;
        if let Some((x, y)) = &self.test {
            shape(
                "X_test",
                x.nrows() > 0 && x.ncols() == d,
                format!("[P', {d}], the columns of X"),
                x.shape(),
            )?;
            shape(
                "y_test",
                y.len() == x.nrows(),
                format!("[{}], the rows of X_test", x.nrows()),
                y.shape(),
            )?;
        }
        if let Some(beta) = &self.beta {
            shape(
                "beta",
                beta.len() == d,
                format!("[{d}], the columns of X"),
                beta.shape(),
            )?;
        }
        let finite = |key, mut values: ndarray::iter::Iter<'_, f64, ndarray::IxDyn>| match values
            .position(|v| !v.is_finite())
        {
            None => Ok(()),
            Some(i) => Err(InstanceError {
                key,
                expected: "finite numbers".into(),
                found: format!("NaN or infinity at flat index {i}"),
            }),
        };
        finite("X", self.x.view().into_dyn().iter())?;
        finite("y", self.y.view().into_dyn().iter())?;
        finite("W0", self.w0.view().into_dyn().iter())?;
        // Neurons that begin alike stay alike but for rounding.
        if self.w0.iter().all(|w| *w == 0.0) {
            return Err(InstanceError {
                key: "W0",
                expected: "initial weights that are not all zero (a saddle that only rounding \
                           leaves; use small random ones)"
                    .into(),
                found: "zeros".into(),
            });
        }
        if let Some((x, y)) = &self.test {
            finite("X_test", x.view().into_dyn().iter())?;
            finite("y_test", y.view().into_dyn().iter())?;
        }
        if let Some(beta) = &self.beta {
            finite("beta", beta.view().into_dyn().iter())?;
        }
        Ok(())
    }
}
