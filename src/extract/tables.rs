//! Arrays by name, and as tables.

use super::{MOST, Named};
use ndarray::{Array1, Array2, Array3, Axis, Ix1, s};

pub(super) fn push<D: ndarray::Dimension>(
    arrays: &mut Vec<Named>,
    name: &str,
    array: ndarray::Array<f64, D>,
) {
    arrays.push((name.into(), array.into_dyn()));
}

pub(super) fn array(matrix: &faer::Mat<f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.nrows(), matrix.ncols()), |(i, j)| matrix[(i, j)])
}

pub(super) fn stack1(rows: &[Array1<f64>]) -> Result<Array2<f64>, String> {
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    ndarray::stack(Axis(0), &views).map_err(|e| e.to_string())
}

pub(super) fn stack2(matrices: &[Array2<f64>]) -> Result<Array3<f64>, String> {
    let size: usize = matrices.iter().map(Array2::len).sum();
    if size > MOST {
        return Err(format!("{size} numbers are too many; ask for fewer steps"));
    }
    let views: Vec<_> = matrices.iter().map(|m| m.view()).collect();
    ndarray::stack(Axis(0), &views).map_err(|e| e.to_string())
}

/// The tables of one array: one or two dimensions are one table, three are one for
/// each entry of the first, which is a step.
pub fn tables(named: &Named, steps: &[u64]) -> Vec<(String, Array2<f64>)> {
    let (name, array) = named;
    match array.ndim() {
        1 => {
            let column = array.view().into_dimensionality::<Ix1>();
            let column = column.map(|c| c.insert_axis(Axis(1)).to_owned());
            column.map(|c| (name.clone(), c)).into_iter().collect()
        }
        2 => {
            let table = array.view().into_dimensionality::<ndarray::Ix2>();
            table
                .map(|t| (name.clone(), t.to_owned()))
                .into_iter()
                .collect()
        }
        _ => {
            let Ok(array) = array.view().into_dimensionality::<ndarray::Ix3>() else {
                return Vec::new();
            };
            (0..array.len_of(Axis(0)))
                .map(|k| {
                    let step = steps.get(k).copied().unwrap_or(k as u64);
                    (
                        format!("{name}-step-{step}"),
                        array.slice(s![k, .., ..]).to_owned(),
                    )
                })
                .collect()
        }
    }
}
