//! What the window shows: each view draws from borrowed data and returns what
//! the user asked for; none of them changes a run.

pub mod axes;
pub mod curves;
pub mod fonts;
pub mod theme;
