//! Recorded runs: every row that the worker reported, and what is known about
//! how the run stands. Knows nothing of the window; exports use these rows and the [`summary`] of a run,
//! [`decimate`] is for display alone.

pub mod accuracy;
mod bookmark;
pub mod decimate;
pub mod escape;
pub mod format;
mod guess;
mod laws;
mod missing;
mod moment;
mod reading;
mod run;
pub mod seeds;
mod sentence;
pub mod setting;
pub mod summary;

pub use bookmark::Bookmark;
pub use guess::Guess;
pub use moment::Moment;
pub use reading::Reading;
pub use run::{Lowered, Run};
pub use sentence::delay_in_words;
