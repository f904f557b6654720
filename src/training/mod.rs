//! Training in the background: commands in, events out, both over bounded
//! channels. The window, the command line and the tests are three frontends of
//! the same worker ([`WorkerHandle`]). What the theory says about a run, before
//! it has been trained, is computed beside it ([`TheoryHandle`]).

mod crew;
mod escape;
mod frontend;
mod handle;
pub mod headless;
mod inspect;
mod keyframes;
mod live;
mod pace;
pub mod panics;
mod piece;
pub mod protocol;
mod theory;
mod worker;

pub use crew::Threads;
pub use escape::EscapeReading;
pub use frontend::{Frontend, pump};
pub use handle::WorkerHandle;
pub use inspect::{InspectHandle, NetworkRequest, NetworkView};
pub use keyframes::{BUDGET as KEYFRAME_BUDGET, Keyframe, Keyframes};
pub use pace::{Pace, Pacer};
pub use protocol::{
    Command, Event, Finish, Hold, Latest, Phase, RunId, RunInfo, Snapshot, StartOptions, Working,
};
pub use theory::{
    Answer, FeatureView, Forecast, KernelView, LazyCurve, LazyMovements, MovementRequest,
    PathRequest, PathView, TheoryHandle, TheoryRequest, WeightsRequest,
};
