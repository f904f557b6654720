//! What the window shows: each view draws from borrowed data and returns what
//! the user asked for; none of them changes a run.

pub mod accuracy;
pub mod action;
pub mod animation_form;
pub mod axes;
#[cfg(test)]
mod bounded;
pub mod colormap;
pub mod commands;
pub mod controls;
pub mod curves;
pub mod decomposition;
pub mod diagram;
pub mod drawer;
pub mod eigenvalues;
pub mod entry;
pub mod export;
pub mod facts;
pub mod features;
pub mod figure;
pub mod figure_panels;
pub mod fonts;
pub mod glossary;
pub mod heat_map;
pub mod help;
pub mod kernel;
pub mod laws;
pub mod narration;
pub mod network;
pub mod offer;
pub mod open;
pub mod paces;
pub mod panels;
pub mod path;
pub mod pins;
pub mod polyline;
pub mod prediction;
pub mod print_form;
pub mod runs;
pub mod scrubber;
pub mod shortcut;
pub mod slider;
pub mod small_plot;
pub mod status;
pub mod sweep_form;
pub mod theme;
pub mod transport;
