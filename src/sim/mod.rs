//! The paper's dynamics: pure numerics without I/O, clocks, threads or user
//! interface. Equations are those of Kumar, Bordelon, Gershman and Pehlevan,
//! "Grokking as the Transition from Lazy to Rich Training Dynamics" (ICLR 2024).
//!
//! A [`config::ValidConfig`] makes a [`Simulation`], which trains one of the
//! engines ([`committee::moments_engine`], [`committee::neurons`]) on a [`committee::task`], measures the
//! [`metrics`] at the steps of a [`schedule`] and says what the [`outcome`] is.

pub mod accuracy;
pub mod checkpoint;
pub mod committee;
pub mod config;
pub mod digits;
pub mod effort;
mod error;
pub mod jax;
pub mod laws;
mod loss_point;
pub mod metrics;
pub mod model;
pub mod models;
pub mod networks;
pub mod outcome;
pub mod packed;
pub mod quantity;
pub mod rkc;
pub mod rng;
pub mod schedule;
mod simulation;
pub mod verdict;

pub use error::SimulationError;
pub use loss_point::{LossOf, LossPoint};
pub use simulation::Simulation;
pub(crate) use simulation::effective_config;
