//! Where the random arrays of a task come from: the named streams of a seed, or the
//! keys of the paper's authors.
//!
//! In the authors' draw ([`jax`]) every array is filled at once, an
//! input a column; so another P, N or D gives other numbers, while the streams of a
//! seed keep the samples, neurons and coordinates that were there already.

use crate::sim::config::{Config, DrawKind};
use crate::sim::jax;
use crate::sim::rng::{Stream, normal_matrix, normal_vector};
use ndarray::{Array1, Array2};

/// Key of the authors' initial weights and readouts in every figure.
const WEIGHTS_KEY: u32 = 0;

/// Where random arrays come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// The named streams of a seed.
    Streams(u64),
    /// The authors' keys of the train inputs, the test inputs and β.
    Paper {
        /// Train inputs.
        train: u32,
        /// Test inputs.
        test: u32,
        /// Target directions.
        target: u32,
    },
}

impl Draws {
    /// Those of a config.
    pub fn of(config: &Config) -> Self {
        let keys = |train| Self::Paper {
            train,
            test: train + 1,
            target: train + 2,
        };
        match config.task.draw {
            DrawKind::Grokscope => Self::Streams(config.seed),
            DrawKind::Paper => keys(0),
            DrawKind::PaperFigure9 => keys(10),
        }
    }

    /// Train inputs x ~ N(0, I/D), P×D.
    pub fn train_inputs(&self, samples: usize, dim: usize) -> Array2<f64> {
        match self {
            Self::Streams(seed) => stream_inputs(*seed, Stream::Data, samples, dim),
            Self::Paper { train, .. } => paper_inputs(*train, samples, dim),
        }
    }

    /// Test inputs, P'×D.
    pub fn test_inputs(&self, samples: usize, dim: usize) -> Array2<f64> {
        match self {
            Self::Streams(seed) => stream_inputs(*seed, Stream::Test, samples, dim),
            Self::Paper { test, .. } => paper_inputs(*test, samples, dim),
        }
    }

    /// P train and P test inputs. The authors draw both from the key of the train
    /// inputs where the labels are an eigenvector of the kernel on all of them.
    pub fn joint_inputs(&self, samples: usize, dim: usize) -> (Array2<f64>, Array2<f64>) {
        match self {
            Self::Streams(_) => (
                self.train_inputs(samples, dim),
                self.test_inputs(samples, dim),
            ),
            Self::Paper { train, .. } => {
                let both = paper_inputs(*train, 2 * samples, dim);
                let (train, test) = both.view().split_at(ndarray::Axis(0), samples);
                (train.to_owned(), test.to_owned())
            }
        }
    }

    /// Target directions β_j ~ N(0, I), k×D.
    pub fn directions(&self, rank: usize, dim: usize) -> Array2<f64> {
        match self {
            Self::Streams(seed) => normal_matrix(*seed, Stream::Target, rank, dim),
            Self::Paper { target, .. } => paper_rows(*target, rank, dim),
        }
    }

    /// Standard normal weights, N×D, where they do not come neuron by neuron from
    /// a stream.
    pub fn weights(&self, width: usize, dim: usize) -> Option<Array2<f64>> {
        match self {
            Self::Streams(_) => None,
            Self::Paper { .. } => Some(paper_rows(WEIGHTS_KEY, width, dim)),
        }
    }

    /// Initial readouts v_i ~ N(0, 1), where they are trained.
    pub fn readouts(&self, width: usize) -> Array1<f64> {
        match self {
            Self::Streams(seed) => normal_vector(*seed, Stream::Readout, width),
            Self::Paper { .. } => jax::normals(WEIGHTS_KEY, width)
                .into_iter()
                .map(f64::from)
                .collect(),
        }
    }
}

fn stream_inputs(seed: u64, stream: Stream, samples: usize, dim: usize) -> Array2<f64> {
    normal_matrix(seed, stream, samples, dim) * (1.0 / (dim as f64).sqrt())
}

fn paper_inputs(key: u32, samples: usize, dim: usize) -> Array2<f64> {
    let drawn = jax::normals(key, samples * dim);
    let root_d = (dim as f64).sqrt();
    Array2::from_shape_fn((samples, dim), |(mu, j)| {
        f64::from(drawn[j * samples + mu]) / root_d
    })
}

fn paper_rows(key: u32, rows: usize, columns: usize) -> Array2<f64> {
    let drawn = jax::normals(key, rows * columns);
    Array2::from_shape_fn((rows, columns), |(i, j)| f64::from(drawn[i * columns + j]))
}
