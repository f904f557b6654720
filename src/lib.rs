//! Grokscope shows grokking as it happens: the transition from lazy to rich
//! training dynamics of a two-layer network, live.
//!
//! | module | what it holds |
//! |---|---|
//! | [`sim`] | the paper's dynamics: pure numerics |
//! | [`training`] | the background worker and its protocol |
//! | [`extract`] | what was computed, as arrays |
//! | [`figures`] | the paper's figures: settings, claims, data |
//! | [`history`] | recorded runs, decimated for display |
//! | [`io`] | files: CSV, JSON, TOML, NumPy |
//! | [`plot`] | figures for print: SVG, PDF, PNG |
//! | [`presets`] | the runs that ship with the program |
//! | [`startup`] | what the window opens with |
//! | [`sweep`] | one run for each cell of a grid, on one machine or many |
//! | [`workspace`] | a state of the window that can be kept |
//! | [`cli`] | the headless commands |
//! | `app`, `views` | the window (feature `gui`) |

#[cfg(feature = "gui")]
pub mod app;
pub mod cli;
pub mod extract;
pub mod figures;
pub mod history;
pub mod io;
pub mod plot;
pub mod presets;
pub mod sim;
pub mod startup;
pub mod sweep;
pub mod training;
#[cfg(feature = "gui")]
pub mod views;
pub mod workspace;
