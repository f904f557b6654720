//! How densely the neurons lie in a plane, all of them, also where there are too
//! many to draw one by one.
//!
//! Every neuron is w_i = w̄ + L z_i with L₀z_i = w_i(0) − w̄₀, so its part along u
//! at any step is u·w̄ + q·(w_i(0) − w̄₀) with L₀ᵀq = Lᵀu: two products of length D
//! with its initial weights. Those are drawn once and kept, rounded to 16 bits
//! (a thousandth of a cell of the picture); only what fits into a budget of
//! memory is, the first neurons then stand for all of them.

use super::features::Spread;
use super::moments::{InitialWeights, MomentState};
use ndarray::Array1;

/// Weights kept at most: 200 MB.
const BUDGET: usize = 100_000_000;
/// Neurons drawn and projected together.
const BLOCK: usize = 1024;
/// Largest sampled weight that is kept exactly, in standard deviations.
const LARGEST: f64 = 8.0;
/// Cells along the longer side of the picture.
const CELLS: usize = 180;
/// Cells along the shorter side at least.
const FEWEST: usize = 24;

/// Initial weights of the neurons of a run.
#[derive(Clone, Debug)]
pub struct NeuronSample {
    dim: usize,
    width: usize,
    total: usize,
    /// Blocks of [`BLOCK`] neurons, coordinate by coordinate.
    blocks: Vec<Vec<i16>>,
    drawn: usize,
    /// A weight of one unit in the blocks.
    unit: f64,
}

/// How many neurons lie in each cell of a plane; at N = ∞, their density in
/// units of its peak.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    /// Cells from left to right, and from the bottom up.
    pub cells: [usize; 2],
    /// Lower left corner of the picture.
    pub low: [f64; 2],
    /// Upper right corner.
    pub high: [f64; 2],
    /// One for each cell, row by row from the bottom.
    pub values: Vec<f32>,
    /// Neurons counted; `None` where the density is exact.
    pub counted: Option<usize>,
    /// More will be counted: their weights are still being drawn.
    pub growing: bool,
}

impl NeuronSample {
    /// The neurons of a finite width, none of them drawn yet.
    pub fn new(weights: &InitialWeights) -> Option<Self> {
        let width = weights.width().finite()?;
        let dim = weights.dim();
        let largest = match weights {
            InitialWeights::Sampled { scale, .. } => LARGEST * scale,
            InitialWeights::Given(w) => w.iter().fold(0.0, |m: f64, v| m.max(v.abs())),
        };
        Some(Self {
            dim,
            width,
            total: width.min((BUDGET / dim.max(1)).max(BLOCK)),
            blocks: Vec::new(),
            drawn: 0,
            unit: largest / f64::from(i16::MAX),
        })
    }

    /// Draws the weights of the next block of neurons; false where none are
    /// left to draw.
    pub fn grow(&mut self, weights: &InitialWeights) -> bool {
        let rows = BLOCK.min(self.total - self.drawn);
        if rows == 0 {
            return false;
        }
        let mut block = vec![0; BLOCK * self.dim];
        let mut neuron = vec![0.0; self.dim];
        let per_unit = if self.unit > 0.0 {
            1.0 / self.unit
        } else {
            0.0
        };
        for row in 0..rows {
            weights.write_neuron(self.drawn + row, &mut neuron);
            for (coordinate, w) in block.chunks_exact_mut(BLOCK).zip(&neuron) {
                // A cast saturates.
                coordinate[row] = (w * per_unit).round() as i16;
            }
        }
        self.blocks.push(block);
        self.drawn += rows;
        true
    }

    /// Neurons of the run.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Counts the neurons drawn so far at `state` in the plane of two unit
    /// vectors. `None` where the factor is not of the form L ← BL of `initial`.
    pub fn density(
        &self,
        initial: &MomentState,
        state: &MomentState,
        plane: &[Array1<f64>; 2],
        spread: &Spread,
    ) -> Option<Density> {
        let mut density = Density::empty(spread, (2.0 * (self.width as f64).ln()).sqrt() + 0.4);
        if state.factor.ncols() == self.width && state.factor.ncols() != initial.factor.ncols() {
            // A factor with a column for each neuron is (W − w̄)ᵀ/√N itself.
            let root_n = (self.width as f64).sqrt();
            let parts = [0, 1].map(|a| state.factor.t().dot(&plane[a]));
            for (x, y) in parts[0].iter().zip(&parts[1]) {
                density.count(spread.mean[0] + root_n * x, spread.mean[1] + root_n * y);
            }
            density.counted = Some(self.width);
            return Some(density);
        }
        if state.factor.dim() != initial.factor.dim() || initial.factor.ncols() != self.dim {
            return None;
        }
        let weights = [0, 1].map(|a| {
            let q = solve_transposed(initial, &state.factor.t().dot(&plane[a]));
            let start = spread.mean[a] - q.dot(&initial.mean);
            let q: Vec<f32> = q.iter().map(|v| (v * self.unit) as f32).collect();
            (start as f32, q)
        });
        let mut left = self.drawn;
        let (mut x, mut y) = (vec![0.0; BLOCK], vec![0.0; BLOCK]);
        for block in &self.blocks {
            project(block, &weights, &mut x, &mut y);
            for (x, y) in x.iter().zip(&y).take(left) {
                density.count(f64::from(*x), f64::from(*y));
            }
            left = left.saturating_sub(BLOCK);
        }
        density.counted = Some(self.drawn);
        density.growing = self.drawn < self.total;
        Some(density)
    }
}

/// Both coordinates of a block of neurons.
fn project(block: &[i16], weights: &[(f32, Vec<f32>); 2], x: &mut [f32], y: &mut [f32]) {
    let [(x0, along), (y0, across)] = weights;
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            x.fill(*x0);
            y.fill(*y0);
            for ((values, a), b) in block.chunks_exact(BLOCK).zip(along).zip(across) {
                for ((x, y), v) in x.iter_mut().zip(y.iter_mut()).zip(values) {
                    let v = f32::from(*v);
                    *x += a * v;
                    *y += b * v;
                }
            }
        },
    );
}

/// q in L₀ᵀq = p for the lower triangular L₀ of `initial`; a zero pivot gives a
/// zero coordinate.
fn solve_transposed(initial: &MomentState, p: &Array1<f64>) -> Array1<f64> {
    let l = &initial.factor;
    let mut q = Array1::<f64>::zeros(p.len());
    for i in (0..p.len()).rev() {
        let mut rest = p[i];
        for j in i + 1..p.len() {
            rest -= l[(j, i)] * q[j];
        }
        q[i] = if l[(i, i)] == 0.0 {
            0.0
        } else {
            rest / l[(i, i)]
        };
    }
    q
}

impl Density {
    /// No neurons yet; the picture reaches `sigmas` standard deviations from
    /// the mean.
    fn empty(spread: &Spread, sigmas: f64) -> Self {
        // A cloud that has collapsed onto a line or a point still has cells.
        let widest = spread.deviation(0).max(spread.deviation(1)).max(1e-12);
        let half = [0, 1].map(|a| sigmas * spread.deviation(a).max(1e-3 * widest));
        let longest = half[0].max(half[1]);
        let cells = half.map(|h| ((CELLS as f64 * h / longest).round() as usize).max(FEWEST));
        Self {
            low: [0, 1].map(|a| spread.mean[a] - half[a]),
            high: [0, 1].map(|a| spread.mean[a] + half[a]),
            values: vec![0.0; cells[0] * cells[1]],
            cells,
            counted: None,
            growing: false,
        }
    }

    fn count(&mut self, x: f64, y: f64) {
        let cell = |v: f64, a: usize| {
            let part = (v - self.low[a]) / (self.high[a] - self.low[a]);
            let cell = (part * self.cells[a] as f64).floor();
            (cell >= 0.0 && cell < self.cells[a] as f64).then_some(cell as usize)
        };
        if let (Some(column), Some(row)) = (cell(x, 0), cell(y, 1))
            && let Some(value) = self.values.get_mut(row * self.cells[0] + column)
        {
            *value += 1.0;
        }
    }

    /// The density of infinitely many neurons, a Gaussian at every step: they
    /// begin as one, and each moves by the same affine map.
    pub fn gaussian(spread: &Spread, sigmas: f64) -> Self {
        let mut density = Self::empty(spread, sigmas);
        let [[a, b], [_, c]] = spread.covariance;
        let least = 1e-6 * a.max(c).max(1e-24);
        let (a, c) = (a.max(least), c.max(least));
        let determinant = (a * c - b * b).max(least * least);
        let [columns, rows] = density.cells;
        let centre = |k: usize, axis: usize| {
            let part = (k as f64 + 0.5) / density.cells[axis] as f64;
            let at = density.low[axis] + part * (density.high[axis] - density.low[axis]);
            at - spread.mean[axis]
        };
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let y = centre(row, 1);
            for column in 0..columns {
                let x = centre(column, 0);
                let square = (c * x * x - 2.0 * b * x * y + a * y * y) / determinant;
                values.push((-0.5 * square).exp() as f32);
            }
        }
        density.values = values;
        density
    }

    /// The largest value of a cell.
    pub fn peak(&self) -> f32 {
        self.values.iter().copied().fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::Width;
    use crate::sim::{Simulation, config::Config};

    fn plane(dim: usize) -> [Array1<f64>; 2] {
        [0, 1].map(|a| Array1::from_shape_fn(dim, |i| f64::from(u8::from(i == a))))
    }

    fn spread(state: &MomentState, plane: &[Array1<f64>; 2]) -> Spread {
        Spread::new(state, plane)
    }

    fn trained(width: usize, steps: u64, engine: &str) -> Simulation {
        let mut c = Config::default();
        (c.task.dim, c.task.samples, c.training.steps) = (6, 40, 500);
        c.network.width = Width::Finite(width);
        c.set_str("training.engine", engine).expect("an engine");
        let mut run = Simulation::new(&c.check().expect("valid"), None).expect("a run");
        while run.step() < steps {
            run.advance(steps - run.step());
        }
        run
    }

    /// Cells that two pictures disagree about, as a fraction of the neurons.
    fn difference(a: &Density, b: &Density) -> f64 {
        let moved: f32 = a
            .values
            .iter()
            .zip(&b.values)
            .map(|(a, b)| (a - b).abs())
            .sum();
        f64::from(moved) / 2.0 / a.counted.expect("counted") as f64
    }

    #[test]
    fn every_neuron_is_counted_where_the_weight_matrix_has_it() {
        let n = 3_000;
        let neurons = trained(n, 300, "neurons");
        let moments = trained(n, 300, "moments");
        let weights = moments.committee().unwrap().initial_neurons();
        let initial = weights.moments();
        let mut sample = NeuronSample::new(weights).expect("finite");
        while sample.grow(weights) {}
        let plane = plane(6);
        let around = spread(&moments.committee().unwrap().state(), &plane);
        let density = |state: &MomentState| {
            let density = sample.density(&initial, state, &plane, &around);
            density.expect("the same run")
        };
        let (a, b) = (
            density(&moments.committee().unwrap().state()),
            density(&neurons.committee().unwrap().state()),
        );
        assert_eq!((a.counted, a.growing), (Some(n), false));
        assert!(a.values.iter().sum::<f32>() > 0.998 * n as f32);
        // Rounding moves a neuron over the border of a cell now and then.
        assert!(difference(&a, &b) < 0.01, "{}", difference(&a, &b));
    }

    #[test]
    fn the_first_neurons_stand_for_all_until_the_rest_is_drawn() {
        let run = trained(5_000, 0, "moments");
        let weights = run.committee().unwrap().initial_neurons();
        let mut sample = NeuronSample::new(weights).expect("finite");
        assert!(sample.grow(weights));
        let plane = plane(6);
        let around = spread(&run.committee().unwrap().state(), &plane);
        let some = sample.density(
            run.committee().unwrap().initial(),
            &run.committee().unwrap().state(),
            &plane,
            &around,
        );
        let some = some.expect("the same run");
        assert_eq!((some.counted, some.growing), (Some(BLOCK), true));
    }

    #[test]
    fn many_neurons_are_spread_as_the_gaussian_of_infinitely_many() {
        let run = trained(200_000, 0, "moments");
        let weights = run.committee().unwrap().initial_neurons();
        let mut sample = NeuronSample::new(weights).expect("finite");
        while sample.grow(weights) {}
        let plane = plane(6);
        let around = spread(&run.committee().unwrap().state(), &plane);
        let counted = sample.density(
            run.committee().unwrap().initial(),
            &run.committee().unwrap().state(),
            &plane,
            &around,
        );
        let counted = counted.expect("the same run");
        let sigmas = (2.0 * 200_000_f64.ln()).sqrt() + 0.4;
        let exact = Density::gaussian(&around, sigmas);
        assert_eq!(exact.cells, counted.cells);
        let total: f32 = exact.values.iter().sum();
        let mut expected = exact.clone();
        expected
            .values
            .iter_mut()
            .for_each(|v| *v *= 200_000.0 / total);
        expected.counted = Some(200_000);
        // Counting noise alone: about √(2 cells/(π N)).
        assert!(difference(&expected, &counted) < 0.12);
    }

    #[test]
    fn neurons_without_extent_are_one_spot() {
        let spread = Spread {
            mean: [1.0, 2.0],
            covariance: [[0.0; 2]; 2],
        };
        let mut density = Density::empty(&spread, 4.0);
        density.count(1.0, 2.0);
        assert_eq!(density.peak(), 1.0);
        let exact = Density::gaussian(&spread, 4.0);
        assert!(exact.values.iter().all(|v| v.is_finite()));
    }
}
