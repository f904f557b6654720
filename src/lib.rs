//! Grokscope shows grokking as it happens: the transition from lazy to rich
//! training dynamics of a two-layer network, live.
//!
//! | module | what it holds |
//! |---|---|
//! | [`sim`] | the paper's dynamics: pure numerics |
//! | [`training`] | the background worker and its protocol |
//! | [`history`] | recorded runs, decimated for display |
//! | [`io`] | files: CSV, JSON, TOML, NumPy |
//! | [`presets`] | the runs that ship with the program |
//! | [`cli`] | the headless commands |
//! | `app`, `views` | the window (feature `gui`) |

pub mod history;
pub mod sim;
pub mod training;
#[cfg(feature = "gui")]
pub mod views;
