//! Named arrays as files: one archive for NumPy, or a CSV table for each.

use super::{FileError, atomic};
use crate::extract::{Named, tables};
use ndarray::Array2;
use ndarray_npy::{NpzWriter, WriteNpzError};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime};

/// The bytes of an `.npz` file: equal arrays give equal bytes.
///
/// # Errors
/// Those of the archive.
pub fn npz(arrays: &[Named]) -> Result<Vec<u8>, String> {
    let written = || -> Result<Vec<u8>, WriteNpzError> {
        // The time of writing would make equal arrays different bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .large_file(arrays.iter().any(|(_, a)| a.len() > 1 << 28));
        let mut npz = NpzWriter::new_with_options(Cursor::new(Vec::new()), options);
        for (name, array) in arrays {
            npz.add_array(name.as_str(), array)?;
        }
        Ok(npz.finish()?.into_inner())
    };
    written().map_err(|e| format!("the arrays could not be written: {e}"))
}

/// Writes an `.npz` file.
///
/// # Errors
/// Names the file and the reason.
pub fn write_npz(path: &Path, arrays: &[Named]) -> Result<(), FileError> {
    let bytes = npz(arrays).map_err(|e| FileError::new(path, e))?;
    atomic::write(path, &bytes)
}

/// Writes a CSV table for each array into a directory: numbers alone, no header row;
/// an array of three dimensions is a table for each step. Returns the files.
///
/// # Errors
/// Names the file or directory and the reason.
pub fn write_tables(directory: &Path, arrays: &[Named]) -> Result<Vec<PathBuf>, FileError> {
    let steps: Vec<u64> = (arrays.iter())
        .find(|(name, _)| name == "step")
        .map(|(_, steps)| steps.iter().map(|s| *s as u64).collect())
        .unwrap_or_default();
    let mut files = Vec::new();
    for named in arrays {
        for (name, table) in tables(named, &steps) {
            let path = directory.join(format!("{name}.csv"));
            atomic::write_with(&path, |w| emit(w, &table))?;
            files.push(path);
        }
    }
    Ok(files)
}

/// Each number in the shortest form that reads back to the same bits.
fn emit(w: &mut dyn Write, table: &Array2<f64>) -> std::io::Result<()> {
    for row in table.rows() {
        let numbers: Vec<String> = row.iter().map(|x| format!("{x:?}")).collect();
        writeln!(w, "{}", numbers.join(","))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array3};

    #[test]
    fn arrays_read_back_and_equal_ones_are_equal_bytes() {
        let matrix = Array2::from_shape_fn((3, 4), |(i, j)| (i as f64 + 0.1) / (j as f64 + 0.3));
        let arrays: Vec<Named> = vec![
            ("step".into(), Array1::from_vec(vec![0.0, 7.0]).into_dyn()),
            ("A".into(), matrix.clone().into_dyn()),
            ("K".into(), Array3::from_elem((2, 2, 2), 1e-300).into_dyn()),
        ];
        let bytes = npz(&arrays).unwrap();
        assert_eq!(bytes, npz(&arrays).unwrap());
        let mut read = ndarray_npy::NpzReader::new(Cursor::new(bytes)).unwrap();
        let back: Array2<f64> = read.by_name("A").unwrap();
        assert_eq!(back, matrix);
        let dir = tempfile::tempdir().unwrap();
        let files = write_tables(dir.path(), &arrays).unwrap();
        let names: Vec<_> = files.iter().filter_map(|f| f.file_name()).collect();
        assert_eq!(names, ["step.csv", "A.csv", "K-step-0.csv", "K-step-7.csv"]);
        let text = std::fs::read_to_string(&files[1]).unwrap();
        let numbers: Vec<f64> = text
            .lines()
            .flat_map(|line| line.split(','))
            .map(|x| x.parse().unwrap())
            .collect();
        assert_eq!(numbers, matrix.into_iter().collect::<Vec<_>>());
    }
}
