//! The sections of a figure's file, as they are written.

use super::panel::PanelEntry;
use super::spec::FigureView;
use crate::sim::metrics::Metric;
use serde::Deserialize;

pub(super) fn metrics<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Metric>, D::Error> {
    let names = Vec::<String>::deserialize(from)?.into_iter();
    let metric = |name: String| {
        let unknown = || serde::de::Error::custom(format!("no metric is called {name}"));
        Metric::by_name(&name).ok_or_else(unknown)
    };
    names.map(metric).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: String,
    pub(super) caption: String,
    pub(super) look: String,
    pub(super) paper: String,
    #[serde(default)]
    pub(super) unstated: String,
    pub(super) outcome: String,
    pub(super) authors: Option<String>,
    pub(super) others: Option<String>,
    pub(super) across: Option<usize>,
    pub(super) grid: Option<String>,
    #[serde(default)]
    pub(super) view: FigureView,
    #[serde(default)]
    pub(super) settings: toml::Table,
    #[serde(default)]
    pub(super) panel: Vec<PanelEntry>,
    #[serde(default)]
    pub(super) claim: Vec<ClaimEntry>,
    pub(super) curve: Vec<CurveEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimEntry {
    pub(super) text: String,
    pub(super) holds: String,
    pub(super) authors: bool,
    pub(super) least: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurveEntry {
    pub(super) name: String,
    pub(super) label: String,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) live: bool,
    #[serde(default)]
    pub(super) set: toml::Table,
}
