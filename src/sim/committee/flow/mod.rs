//! Gradient flow: the limit of gradient descent of small η₀, as a function of flow
//! time τ = η₀t, from one adaptive integration instead of step by step.
//!
//! In the moments (w̄, L) of [`crate::sim::committee::moments`], with g and G those of
//! gradient descent at η₀ = 1,
//!
//! ```text
//! dL/dτ = −(G + λI)L,   dw̄/dτ = −(g + (G + λI)w̄)
//! ```
//!
//! which [`system::FlowSystem`] evaluates and [`crate::sim::rkc`] integrates.
//! [`trajectory`] makes whole curves of it, [`engine`] a run with recorded steps.

pub mod engine;
mod error;
pub mod integration;
pub mod system;
pub mod trajectory;

pub use engine::FlowEngine;
pub use integration::{FlowCrossings, FlowIntegration, MARKS};
pub use system::FlowSystem;
pub use trajectory::{
    Between, Ending, FlowOptions, FlowSample, FlowSummary, Quality, integrate, integrate_on,
};
