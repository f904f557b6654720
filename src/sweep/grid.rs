//! Axes and the canonical order of the cells.

use crate::sim::config::{Config, ConfigError, Value};

/// One setting and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Dotted key of the setting.
    pub key: String,
    /// Its values, in the order of the spec.
    pub values: Vec<Value>,
}

/// Axes that move together: one, or those of a zip group, equally long.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// The axes.
    pub axes: Vec<Axis>,
}

impl Dimension {
    /// Number of places along it.
    pub fn len(&self) -> usize {
        self.axes.first().map_or(0, |axis| axis.values.len())
    }

    /// Whether it has no places.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The product of the dimensions. Cells are numbered row by row: the last
/// dimension of the spec varies fastest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// The dimensions, in the order of the spec.
    pub dimensions: Vec<Dimension>,
}

impl Grid {
    /// Number of cells; `None` where it does not fit a `usize`.
    pub fn checked_len(&self) -> Option<usize> {
        self.dimensions
            .iter()
            .try_fold(1_usize, |n, dimension| n.checked_mul(dimension.len()))
    }

    /// Number of cells of a grid that a spec has checked.
    pub fn len(&self) -> usize {
        self.checked_len().unwrap_or(0)
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every axis, in the order of the spec.
    pub fn axes(&self) -> impl Iterator<Item = &Axis> {
        self.dimensions.iter().flat_map(|d| &d.axes)
    }

    /// Place of a cell along each dimension.
    pub fn position(&self, cell: usize) -> Vec<usize> {
        let mut rest = cell;
        let mut position: Vec<usize> = (self.dimensions.iter().rev())
            .map(|dimension| {
                let place = rest % dimension.len();
                rest /= dimension.len();
                place
            })
            .collect();
        position.reverse();
        position
    }

    /// Key and value of every axis in a cell.
    pub fn coordinates(&self, cell: usize) -> impl Iterator<Item = (&str, &Value)> {
        let position = self.position(cell);
        self.dimensions
            .iter()
            .zip(position)
            .flat_map(|(dimension, place)| {
                (dimension.axes.iter()).map(move |axis| (axis.key.as_str(), &axis.values[place]))
            })
    }

    /// The settings of a cell: `base` with the cell's coordinates, not checked
    /// against each other yet.
    ///
    /// # Errors
    /// A value that its setting does not allow.
    pub fn settings(&self, base: &Config, cell: usize) -> Result<Config, ConfigError> {
        let mut config = base.clone();
        for (key, value) in self.coordinates(cell) {
            config.set(key, value)?;
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(key: &str, values: &[u64]) -> Axis {
        Axis {
            key: key.into(),
            values: values.iter().map(|&n| Value::Integer(n)).collect(),
        }
    }

    fn grid() -> Grid {
        let alone = |axis| Dimension { axes: vec![axis] };
        Grid {
            dimensions: vec![
                alone(axis("seed", &[1, 2])),
                Dimension {
                    axes: vec![
                        axis("task.dim", &[3, 4, 5]),
                        axis("task.samples", &[6, 7, 8]),
                    ],
                },
            ],
        }
    }

    #[test]
    fn the_last_dimension_varies_fastest_and_a_zip_group_moves_together() {
        let grid = grid();
        assert_eq!(grid.len(), 6);
        let cells: Vec<Vec<String>> = (0..6)
            .map(|cell| {
                let values = grid.coordinates(cell);
                values.map(|(_, v)| v.to_string()).collect()
            })
            .collect();
        let expected = [
            ["1", "3", "6"],
            ["1", "4", "7"],
            ["1", "5", "8"],
            ["2", "3", "6"],
            ["2", "4", "7"],
            ["2", "5", "8"],
        ];
        assert_eq!(cells, expected);
    }

    #[test]
    fn a_cell_has_the_base_settings_besides_its_coordinates() {
        let mut base = Config::default();
        base.network.alpha = 7.0;
        let config = grid().settings(&base, 5).unwrap();
        assert_eq!(
            (config.seed, config.task.dim, config.task.samples),
            (2, 5, 8)
        );
        assert_eq!(config.network.alpha, 7.0);
    }
}
