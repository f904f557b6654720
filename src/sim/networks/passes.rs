//! A network's passes over a batch, split into chunks of rows.
//!
//! The split depends on the sizes alone and the chunks' gradients are added in
//! their order, so the numbers are the same to the bit however many threads work.

use super::loss::{Loss, Objective, Scored};
use super::network::{Activations, At, Gradient, Network, Scratch, add};
use super::problem::{Examples, Source};
use super::product::Into;
use super::real::Real;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

pub use crate::sim::model::{Alone, Crew};

/// Rows that stay in the second-level cache through a pass.
const BLOCK: usize = 240;
/// Multiplications below which another thread does not pay.
const CHUNK_WORK: usize = 2_000_000;
/// Rows below which a chunk's products are slow and its gradient, as long as all
/// parameters, costs as much as they do.
const CHUNK_ROWS: usize = 100;
/// Most chunks.
const MOST_CHUNKS: usize = 8;

/// Whether the activations of every row are kept after a pass, or only those of
/// the block at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Every row's: for passes one after the other at one θ.
    All,
    /// One block's for each chunk.
    Block,
}

struct Chunk<T> {
    rows: Range<usize>,
    kept: Vec<Activations<T>>,
    scratch: Scratch<T>,
    gradient: Vec<T>,
    gradient_tables: Vec<T>,
}

impl<T: Real> Chunk<T> {
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        let Range { start, end } = self.rows;
        (start..end)
            .step_by(BLOCK)
            .map(move |from| from..(from + BLOCK).min(end))
    }
}

/// The passes of one network over one batch at a time, with all their buffers.
pub struct Passes<T> {
    network: Arc<dyn Network<T>>,
    batch: Examples<T>,
    initial: Vec<T>,
    keep: Keep,
    chunks: Vec<Mutex<Chunk<T>>>,
    tables: Vec<T>,
    tangent_tables: Vec<T>,
    gradient: Vec<T>,
    gradient_tables: Vec<T>,
}

/// What is done with a block of rows after its forward pass.
#[derive(Clone, Copy)]
enum Model<'a, T> {
    /// The network itself.
    Network,
    /// Linearised about θ, at θ + d.
    Linearised(At<'a, T>),
}

impl<T: Real> Passes<T> {
    /// Passes over a batch that [`Passes::load`] says; buffers are made for its size.
    pub fn new(network: Arc<dyn Network<T>>, keep: Keep) -> Self {
        let (count, tables) = (network.layout().count(), network.tables());
        Self {
            batch: Examples::empty(network.outputs()),
            initial: Vec::new(),
            keep,
            chunks: Vec::new(),
            tables: vec![T::ZERO; tables],
            tangent_tables: vec![T::ZERO; tables],
            gradient: vec![T::ZERO; count],
            gradient_tables: vec![T::ZERO; tables],
            network,
        }
    }

    /// Makes the batch the given rows of the examples. `initial` holds the raw
    /// outputs f₀ of all examples, or nothing.
    pub fn load(&mut self, source: Source<T>, rows: &[u32]) {
        self.batch.gather(source.examples, rows);
        let c = self.network.outputs();
        self.initial.clear();
        if !source.initial.is_empty() {
            for row in rows {
                let at = *row as usize * c;
                self.initial.extend_from_slice(&source.initial[at..at + c]);
            }
        }
        let lengths = split(rows.len(), self.network.work());
        let same = self.chunks.len() == lengths.len()
            && self.chunks.iter_mut().zip(&lengths).all(|(chunk, rows)| {
                chunk.get_mut().unwrap_or_else(PoisonError::into_inner).rows == *rows
            });
        if !same {
            // Only a batch of another size comes here.
            self.chunks = lengths.into_iter().map(|rows| self.chunk(rows)).collect();
        }
    }

    fn chunk(&self, rows: Range<usize>) -> Mutex<Chunk<T>> {
        let block = rows.len().min(BLOCK);
        let blocks = match self.keep {
            Keep::All => rows.len().div_ceil(BLOCK),
            Keep::Block => 1,
        };
        let c = self.network.outputs();
        let hidden = || -> Vec<Vec<T>> {
            let lengths = self.network.hidden().into_iter();
            lengths.map(|n| vec![T::ZERO; n * block]).collect()
        };
        let kept = (0..blocks).map(|_| Activations {
            hidden: hidden(),
            outputs: vec![T::ZERO; block * c],
        });
        Mutex::new(Chunk {
            kept: kept.collect(),
            scratch: Scratch {
                hidden: hidden(),
                output_tangent: vec![T::ZERO; block * c],
                output_gradient: vec![T::ZERO; block * c],
            },
            // Only a backward pass needs them.
            gradient: Vec::new(),
            gradient_tables: Vec::new(),
            rows,
        })
    }

    /// The network.
    pub fn network(&self) -> &Arc<dyn Network<T>> {
        &self.network
    }

    /// Number of examples in the batch.
    pub fn rows(&self) -> usize {
        self.batch.count()
    }

    /// How many threads can work on the batch at once.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    fn on_chunks(&self, crew: &dyn Crew, work: impl Fn(&mut Chunk<T>) + Sync) {
        crew.each(self.chunks.len(), &|i| {
            let mut chunk = self.chunks[i]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            work(&mut chunk);
        });
    }

    /// Raw outputs f at θ, row by row.
    pub fn outputs(&mut self, theta: &[T], crew: &dyn Crew, out: &mut Vec<T>) {
        self.raw(theta, Model::Network, crew, out);
    }

    /// J v at θ, row by row.
    pub fn tangent(&mut self, theta: &[T], v: &[T], crew: &dyn Crew, out: &mut Vec<T>) {
        self.prepare(theta, Some(v));
        let tables = std::mem::take(&mut self.tangent_tables);
        let along = At {
            theta: v,
            tables: &tables,
        };
        self.raw(theta, Model::Linearised(along), crew, out);
        self.tangent_tables = tables;
    }

    fn prepare(&mut self, theta: &[T], along: Option<&[T]>) {
        self.network.prepare(theta, &mut self.tables);
        if let Some(v) = along {
            let at = At {
                theta,
                tables: &self.tables,
            };
            self.network
                .prepare_tangent(at, v, &mut self.tangent_tables);
        }
    }

    fn raw(&mut self, theta: &[T], model: Model<T>, crew: &dyn Crew, out: &mut Vec<T>) {
        if matches!(model, Model::Network) {
            self.prepare(theta, None);
        }
        let c = self.network.outputs();
        out.clear();
        out.resize(self.rows() * c, T::ZERO);
        let at = At {
            theta,
            tables: &self.tables,
        };
        let shared = Mutex::new(out);
        self.on_chunks(crew, |chunk| {
            for rows in chunk.blocks() {
                let Chunk { kept, scratch, .. } = chunk;
                let (inputs, kept) = (&self.batch.inputs, &mut kept[0]);
                self.network.forward(at, inputs, rows.clone(), kept);
                let values = match model {
                    Model::Network => &kept.outputs,
                    Model::Linearised(along) => {
                        self.network
                            .tangent(at, along, inputs, rows.clone(), kept, scratch);
                        &scratch.output_tangent
                    }
                };
                let mut out = shared.lock().unwrap_or_else(PoisonError::into_inner);
                out[rows.start * c..rows.end * c].copy_from_slice(&values[..rows.len() * c]);
            }
        });
    }

    /// Jᵀu at θ for an output gradient u, row by row.
    pub fn pull_back(&mut self, theta: &[T], u: &[T], crew: &dyn Crew) -> &[T] {
        self.prepare(theta, None);
        let at = At {
            theta,
            tables: &self.tables,
        };
        let c = self.network.outputs();
        self.on_chunks(crew, |chunk| {
            self.clear(chunk);
            for rows in chunk.blocks() {
                let (inputs, kept) = (&self.batch.inputs, &mut chunk.kept[0]);
                self.network.forward(at, inputs, rows.clone(), kept);
                let u = &u[rows.start * c..rows.end * c];
                chunk.scratch.output_gradient[..u.len()].copy_from_slice(u);
                self.back(at, rows, chunk, 0);
            }
        });
        self.add_up(theta)
    }

    fn back(&self, at: At<T>, rows: Range<usize>, chunk: &mut Chunk<T>, block: usize) {
        let first = rows.start == chunk.rows.start;
        let gradient = Gradient {
            theta: &mut chunk.gradient,
            tables: &mut chunk.gradient_tables,
            into: match first && self.network.overwrites() {
                true => Into::Replace,
                false => Into::Add,
            },
        };
        let (kept, scratch) = (&chunk.kept[block], &mut chunk.scratch);
        self.network
            .backward(at, &self.batch.inputs, rows, kept, scratch, gradient);
    }

    /// The chunks' gradients in their order, taken back through the tables.
    fn add_up(&mut self, theta: &[T]) -> &[T] {
        for (i, chunk) in self.chunks.iter_mut().enumerate() {
            let chunk = chunk.get_mut().unwrap_or_else(PoisonError::into_inner);
            match i {
                0 => {
                    // What was there is overwritten by the chunk's next pass.
                    std::mem::swap(&mut self.gradient, &mut chunk.gradient);
                    std::mem::swap(&mut self.gradient_tables, &mut chunk.gradient_tables);
                }
                _ => {
                    add(&mut self.gradient, &chunk.gradient);
                    add(&mut self.gradient_tables, &chunk.gradient_tables);
                }
            }
        }
        let at = At {
            theta,
            tables: &self.tables,
        };
        let gradient = Gradient {
            theta: &mut self.gradient,
            tables: &mut self.gradient_tables,
            into: Into::Add,
        };
        self.network.prepare_backward(at, gradient);
        &self.gradient
    }

    /// Gradient of the batch's loss at θ.
    pub fn gradient(&mut self, theta: &[T], objective: &Objective, crew: &dyn Crew) -> &[T] {
        self.prepare(theta, None);
        let (at, scale) = (self.at(theta), self.rows());
        self.on_chunks(crew, |chunk| {
            self.clear(chunk);
            for rows in chunk.blocks() {
                let Chunk { kept, scratch, .. } = chunk;
                self.network
                    .forward(at, &self.batch.inputs, rows.clone(), &mut kept[0]);
                self.differentiate(objective, scale, &rows, &kept[0].outputs, scratch);
                self.back(at, rows, chunk, 0);
            }
        });
        self.add_up(theta)
    }

    /// Gradient by d of the batch's loss of the model linearised about θ, at
    /// θ + d: the network's own backward pass at θ. With `fresh` the activations
    /// at θ are computed first; without, those of the last pass at θ over this
    /// batch are used ([`Keep::All`]).
    pub fn linearised_gradient(
        &mut self,
        theta: &[T],
        d: &[T],
        fresh: bool,
        objective: &Objective,
        crew: &dyn Crew,
    ) -> &[T] {
        self.prepare(theta, Some(d));
        let (at, scale) = (self.at(theta), self.rows());
        let along = At {
            theta: d,
            tables: &self.tangent_tables,
        };
        let fresh = fresh || self.keep == Keep::Block;
        self.on_chunks(crew, |chunk| {
            self.clear(chunk);
            for (i, rows) in chunk.blocks().enumerate() {
                let block = i.min(chunk.kept.len() - 1);
                let Chunk { kept, scratch, .. } = chunk;
                let (inputs, kept) = (&self.batch.inputs, &mut kept[block]);
                if fresh {
                    self.network.forward(at, inputs, rows.clone(), kept);
                }
                self.network
                    .tangent(at, along, inputs, rows.clone(), kept, scratch);
                let mut outputs = std::mem::take(&mut scratch.output_tangent);
                add(&mut outputs, &kept.outputs);
                self.differentiate(objective, scale, &rows, &outputs, scratch);
                scratch.output_tangent = outputs;
                self.back(at, rows, chunk, block);
            }
        });
        self.add_up(theta)
    }

    fn at<'a>(&'a self, theta: &'a [T]) -> At<'a, T> {
        At {
            theta,
            tables: &self.tables,
        }
    }

    fn differentiate(
        &self,
        objective: &Objective,
        count: usize,
        rows: &Range<usize>,
        outputs: &[T],
        scratch: &mut Scratch<T>,
    ) {
        let loss = Loss::new(objective, &self.batch, &self.initial, rows);
        loss.gradient(outputs, count, &mut scratch.output_gradient);
    }

    /// Loss and answer of every example of the batch, for the network at θ.
    pub fn score(&mut self, theta: &[T], objective: &Objective, crew: &dyn Crew, out: &mut Scored) {
        self.prepare(theta, None);
        self.score_model(theta, None, objective, crew, out);
    }

    /// The same for the model linearised about θ, at θ + d.
    pub fn score_linearised(
        &mut self,
        theta: &[T],
        d: &[T],
        objective: &Objective,
        crew: &dyn Crew,
        out: &mut Scored,
    ) {
        self.prepare(theta, Some(d));
        self.score_model(theta, Some(d), objective, crew, out);
    }

    fn score_model(
        &self,
        theta: &[T],
        d: Option<&[T]>,
        objective: &Objective,
        crew: &dyn Crew,
        out: &mut Scored,
    ) {
        let at = self.at(theta);
        out.resize(self.rows());
        let shared = Mutex::new(out);
        self.on_chunks(crew, |chunk| {
            for rows in chunk.blocks() {
                let Chunk { kept, scratch, .. } = chunk;
                let (inputs, kept) = (&self.batch.inputs, &mut kept[0]);
                self.network.forward(at, inputs, rows.clone(), kept);
                if let Some(d) = d {
                    let along = At {
                        theta: d,
                        tables: &self.tangent_tables,
                    };
                    self.network
                        .tangent(at, along, inputs, rows.clone(), kept, scratch);
                    add(&mut kept.outputs, &scratch.output_tangent);
                }
                let loss = Loss::new(objective, &self.batch, &self.initial, &rows);
                let mut out = shared.lock().unwrap_or_else(PoisonError::into_inner);
                loss.score(&kept.outputs, rows, &mut out);
            }
        });
    }

    /// Makes room for the chunk's gradient and clears what a pass adds to.
    fn clear(&self, chunk: &mut Chunk<T>) {
        chunk.gradient.resize(self.gradient.len(), T::ZERO);
        chunk.gradient_tables.resize(self.tables.len(), T::ZERO);
        chunk.gradient_tables.fill(T::ZERO);
        if !self.network.overwrites() {
            chunk.gradient.fill(T::ZERO);
        }
    }
}

/// Chunks of `rows` rows, by size alone.
fn split(rows: usize, work: usize) -> Vec<Range<usize>> {
    let most = (rows / CHUNK_ROWS).clamp(1, MOST_CHUNKS);
    let chunks = (rows * work / CHUNK_WORK).clamp(1, most);
    let length = rows.div_ceil(chunks).max(1);
    (0..rows)
        .step_by(length)
        .map(|from| from..(from + length).min(rows))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_all_rows_in_order() {
        for (rows, work) in [(1, 1), (7, 10_000_000), (476, 2_500), (5_107, 160_000)] {
            let chunks = split(rows, work);
            assert!(chunks.len() <= MOST_CHUNKS);
            let all: Vec<usize> = chunks.into_iter().flatten().collect();
            assert_eq!(all, (0..rows).collect::<Vec<_>>());
        }
    }
}
