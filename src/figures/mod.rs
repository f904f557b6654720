//! The paper's figures: what each one shows, the exact settings of its curves,
//! the paper's claim beside what they measure, and the files with its data.
//!
//! | module | what it holds |
//! |---|---|
//! | [`spec`] | a figure's file in `assets/figures` |
//! | [`panel`] | its panels, as the file describes them |
//! | [`plot`] | the panels as lines, points and axes |
//! | [`run`] | its curves on a pool of threads |
//! | [`measured`] | the table of what they came to, for the authors' draw and other seeds |
//! | [`claim`] | what is claimed of them, as a condition |
//! | [`text`] | sentences whose numbers come from the table |
//! | [`report`] | what a curve came to, and the files |
//! | [`page`] | the page of the documentation |

pub mod claim;
mod file;
pub mod measured;
pub mod page;
pub mod panel;
pub mod plot;
pub mod report;
pub mod run;
pub mod spec;
pub mod text;

pub use report::CurveSummary;
pub use spec::{Claim, Curve, Figure};

use std::fmt;
use std::sync::LazyLock;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name of every figure, its file and the table of what was measured.
        const FILES: &[(&str, &str, &str)] = &[
            $((
                $name,
                include_str!(concat!("../../assets/figures/", $name, ".toml")),
                include_str!(concat!("../../assets/figures/measured/", $name, ".csv")),
            )),*
        ];
    };
}

shipped![
    "1", "2", "3a", "3b", "3e", "4", "5", "6a", "6b", "7", "8", "9", "10", "11", "12", "13a",
    "13b", "13c", "14", "15", "16", "17", "18", "19"
];

static FIGURES: LazyLock<Vec<Figure>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|(id, text, table)| Figure::from_toml(id, text, table).ok())
        .collect()
});

/// Specs of the phase diagrams that belong to figures, by name.
const GRIDS: &[(&str, &str)] = &[(
    "figure3e",
    include_str!("../../assets/sweeps/figure3e.toml"),
)];

/// The spec of a phase diagram, by the name that a figure gives.
pub fn grid(name: &str) -> Option<&'static str> {
    GRIDS
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// Every figure, in the paper's order.
pub fn all() -> &'static [Figure] {
    &FIGURES
}

/// An ID that no figure has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFigure {
    /// The ID asked for.
    pub id: String,
    /// The nearest one there is.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no figure {}; ", self.id)?;
        if let Some(nearest) = self.nearest {
            write!(f, "did you mean {nearest}? ")?;
        }
        f.write_str("`grokscope figure` lists them")
    }
}

impl std::error::Error for UnknownFigure {}

/// The figure with this ID, such as `3a`; `figure-3a` and `Fig. 3(a)` are
/// understood too.
///
/// # Errors
/// Suggests the nearest ID.
pub fn find(id: &str) -> Result<&'static Figure, UnknownFigure> {
    let lower = id.to_lowercase();
    let bare: String = lower
        .trim_start_matches("figure")
        .trim_start_matches("fig")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    all().iter().find(|f| f.id == bare).ok_or_else(|| {
        // Of two that are equally near the first.
        let nearest = all()
            .iter()
            .rev()
            .map(|f| (f.id.as_str(), nearness(&bare, &f.id)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        UnknownFigure {
            id: id.into(),
            nearest: nearest.map(|(id, _)| id),
        }
    })
}

/// How near one ID is to another: the same number first, then the spelling.
fn nearness(asked: &str, id: &str) -> f64 {
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let by_number = match (number(asked), number(id)) {
        (Some(a), Some(b)) => 1.0 / (1.0 + f64::from(a.abs_diff(b))),
        _ => 0.0,
    };
    10.0 * by_number + strsim::jaro_winkler(asked, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_is_registered_and_can_be_read() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/figures");
        let on_disc: BTreeSet<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        let registered: BTreeSet<String> =
            FILES.iter().map(|(id, ..)| format!("{id}.toml")).collect();
        assert_eq!(on_disc, registered);
        for (id, text, table) in FILES {
            let figure = Figure::from_toml(id, text, table);
            let figure = figure.unwrap_or_else(|e| panic!("{id}: {e}"));
            assert!(figure.grid.iter().all(|name| grid(name).is_some()), "{id}");
            assert!(
                !figure.panels.is_empty() && !figure.claims.is_empty(),
                "{id}"
            );
        }
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn an_id_is_found_in_any_spelling_and_an_unknown_one_suggests_the_nearest() {
        for spelling in ["3a", "3A", "figure-3a", "Fig. 3(a)", "fig3a"] {
            assert_eq!(find(spelling).unwrap().id, "3a", "{spelling}");
        }
        for (asked, nearest) in [("3", "3a"), ("3c", "3"), ("144", "14")] {
            let error = find(asked).unwrap_err();
            assert!(
                error.nearest.is_some_and(|id| id.starts_with(nearest)),
                "{error}"
            );
        }
        let error = find("banana").unwrap_err().to_string();
        assert!(error.contains("grokscope figure"), "{error}");
    }
}
