//! Diagrams with a name: what is on their axes, and which settings they open.

use crate::{
    figures,
    sim::config::Value,
    sweep::{
        diagram::{Criterion, Measure},
        plan::{Places, PlanAxis},
    },
};

/// Diagrams with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// α × ε of the settings as they stand.
    Laziness,
    /// α × P of the settings as they stand.
    Data,
    /// Figure 3(e) at D = 30, P = 120.
    Figure3eSmall,
    /// Figure 3(e) at its own size.
    Figure3e,
    /// Figure 19, a grid of curves.
    Figure19,
}

const FIGURE_19: &str = include_str!("../../../assets/sweeps/figure19.toml");
const FIGURE_3E_SMALL: &str = include_str!("../../../assets/sweeps/figure3e-small.toml");

impl Subject {
    /// All, in the order of the menu.
    pub const ALL: [Self; 5] = [
        Self::Laziness,
        Self::Data,
        Self::Figure3eSmall,
        Self::Figure3e,
        Self::Figure19,
    ];

    /// The diagram of a figure, by the name that the figure gives.
    pub fn by_name(name: &str) -> Option<Self> {
        (name == "figure3e").then_some(Self::Figure3e)
    }

    /// In the menu.
    pub fn label(self) -> &'static str {
        match self {
            Self::Laziness => "Laziness and alignment: α × ε",
            Self::Data => "Laziness and data: α × P",
            Self::Figure3eSmall => "Figure 3(e), small: D = 30, P = 120",
            Self::Figure3e => "Figure 3(e): D = 100, P = 550",
            Self::Figure19 => "Figure 19: eigenvector j × P, curves",
        }
    }

    /// What it shows.
    pub fn why(self) -> &'static str {
        match self {
            Self::Laziness => "Over the settings as they stand",
            Self::Data => "Over the settings as they stand: the Goldilocks zone of P",
            Self::Figure3eSmall => {
                "The paper's axes at a size that fills in a second; opens its settings"
            }
            Self::Figure3e => "The paper's own size, filled on demand; opens its settings",
            Self::Figure19 => {
                "The labels are the j-th eigenvector of K₀ on train and test inputs together, at \
                 the settings of Figure 5, since the paper states none; opens these settings"
            }
        }
    }

    /// The sweep that it opens, if it has settings of its own.
    pub fn spec(self) -> Option<&'static str> {
        match self {
            Self::Laziness | Self::Data => None,
            Self::Figure3eSmall => Some(FIGURE_3E_SMALL),
            Self::Figure3e => figures::grid("figure3e"),
            Self::Figure19 => Some(FIGURE_19),
        }
    }

    /// Its axes: from left to right, from bottom to top.
    pub fn axes(self) -> [PlanAxis; 2] {
        let axis = |key, from, to, count, log| PlanAxis {
            key,
            places: Places::Range {
                from,
                to,
                count,
                log,
            },
        };
        let list = |key, values: [u64; 4]| PlanAxis {
            key,
            places: Places::List(values.map(Value::Integer).to_vec()),
        };
        match self {
            Self::Figure19 => [
                list("task.samples", [50, 100, 200, 400]),
                list("task.eigenvector", [1, 30, 70, 90]),
            ],
            Self::Laziness => [
                axis("network.alpha", 0.03, 30.0, 14, true),
                axis("network.epsilon", 0.02, 2.0, 14, true),
            ],
            Self::Data => [
                axis("task.samples", 50.0, 800.0, 14, true),
                axis("network.alpha", 0.03, 30.0, 14, true),
            ],
            // As in the paper: alignment to the right, laziness up.
            Self::Figure3eSmall | Self::Figure3e => [
                axis("network.epsilon", 0.02, 0.28, 14, false),
                axis("network.alpha", 0.4, 5.6, 14, false),
            ],
        }
    }

    /// What its colours show.
    pub fn measure(self) -> Measure {
        match self {
            Self::Laziness | Self::Data => Measure::default(),
            Self::Figure3eSmall | Self::Figure3e => Measure::Delay(Criterion::Configured),
            Self::Figure19 => Measure::Curves,
        }
    }
}
