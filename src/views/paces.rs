//! The paces of training that a user can choose.

use crate::training::Pace;

/// Paces in the menu.
pub const PACES: [(&str, Pace); 8] = [
    ("lecture, slow", Pace::DecadesPerSecond(1.0 / 3.0)),
    ("lecture", Pace::DecadesPerSecond(2.0 / 3.0)),
    ("lecture, brisk", Pace::DecadesPerSecond(2.0)),
    ("10 steps/s", Pace::StepsPerSecond(10.0)),
    ("100 steps/s", Pace::StepsPerSecond(100.0)),
    ("1,000 steps/s", Pace::StepsPerSecond(1_000.0)),
    ("10,000 steps/s", Pace::StepsPerSecond(10_000.0)),
    ("full speed", Pace::Fast),
];

/// Name of a pace in the menu.
pub fn pace_name(pace: Pace) -> &'static str {
    PACES
        .iter()
        .find(|(_, p)| *p == pace)
        .map_or("pace", |(name, _)| name)
}
