//! The paper's other networks: modular addition, student and teacher, images,
//! and a one-layer transformer.
//!
//! | module | what it holds |
//! |---|---|
//! | [`network`] | the trait: forward, tangent (Jv) and backward (Jᵀu) passes by hand over one flat parameter vector |
//! | [`dense`], [`modular`], [`transformer`] | the kinds of network |
//! | [`product`] | the matrix product, the one place that names its library |
//! | [`passes`] | a pass over a batch, split into chunks of rows |
//! | [`loss`], [`optimiser`], [`problem`] | losses and accuracies, update rules, examples and batches |
//! | [`kernel`] | the tangent kernel on a sub-sample |
//! | [`run`], [`columns`] | a training run with its linearised twin, and what is measured on it |
//! | [`families`] | the four experiments: settings, data, initial weights |
//! | [`readings`], [`fourier`] | what is read off a network for the eye |
//!
//! A fifth network is one more type with the trait [`network::Network`].

pub mod checkpoint;
pub mod columns;
pub mod dense;
pub mod effort;
pub mod families;
pub mod fourier;
pub mod idx;
pub mod images;
pub mod init;
pub mod kernel;
pub mod layout;
pub mod look;
pub mod loss;
pub mod model;
pub mod modular;
pub mod network;
pub mod optimiser;
pub mod passes;
pub mod problem;
pub mod product;
pub mod readings;
pub mod real;
pub mod run;
pub mod transformer;
