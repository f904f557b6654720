//! The paper's dynamics: pure numerics without I/O, clocks, threads or user
//! interface. Equations are those of Kumar, Bordelon, Gershman and Pehlevan,
//! "Grokking as the Transition from Lazy to Rich Training Dynamics" (ICLR 2024).
//!
//! A [`config::ValidConfig`] makes a [`Simulation`], which trains one of the
//! engines ([`moments_engine`], [`neurons`]) on a [`task`], measures the
//! [`metrics`] at the steps of a [`schedule`] and says what the [`outcome`] is.

pub mod config;
pub mod engine;
pub mod features;
pub mod flow;
pub mod hermite;
pub mod instance;
pub mod kernel;
pub mod limits;
pub mod linearized;
pub mod measure;
pub mod metrics;
pub mod moments;
pub mod moments_engine;
pub mod neurons;
pub mod outcome;
pub mod packed;
pub mod quadratic;
pub mod rkc;
pub mod rng;
pub mod sampled;
pub mod schedule;
mod simulation;
pub mod stability;
pub mod task;
pub mod test_loss;

pub(crate) use simulation::effective_config;
pub use simulation::{Simulation, SimulationError};
