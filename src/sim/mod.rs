//! The paper's dynamics: pure numerics without I/O, clocks, threads or user
//! interface. Equations are those of Kumar, Bordelon, Gershman and Pehlevan,
//! "Grokking as the Transition from Lazy to Rich Training Dynamics" (ICLR 2024).

pub mod config;
pub mod instance;
pub mod metrics;
pub mod moments;
pub mod outcome;
pub mod schedule;
