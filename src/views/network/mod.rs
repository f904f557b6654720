//! What is to be seen in the networks other than the committee machine: the table of
//! sums and its frequencies, the digits, the errors of each example.

mod digits;
mod errors;
mod frequencies;
mod table;

use super::{controls::heading, theme::Theme};
use crate::{history::format, sim::networks::look::NetworkLook};
use egui::{RichText, Ui};

/// What this view draws.
pub struct View<'a> {
    /// The network, or why it is not seen.
    pub look: Option<Result<&'a NetworkLook, &'a str>>,
    /// Tells this look from every other one.
    pub number: u64,
    /// Step that the window shows.
    pub at: u64,
    /// Test examples that were wrong where the train set was fitted.
    pub wrong_at_fit: Option<&'a [usize]>,
    /// Below this loss an example counts as right, where that is so.
    pub threshold: Option<f64>,
}

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    let look = match view.look {
        None => {
            heading(ui, theme, "NETWORK");
            ui.label(RichText::new("Nothing has been seen of it yet.").color(theme.muted));
            return;
        }
        Some(Err(why)) => {
            heading(ui, theme, "NETWORK");
            ui.label(RichText::new(why).color(theme.warning));
            return;
        }
        Some(Ok(look)) => look,
    };
    if look.step != view.at {
        let text = format!("Weights of step {}.", format::thousands(look.step));
        ui.label(RichText::new(text).color(theme.muted));
    }
    if let Some(sums) = &look.sums {
        heading(ui, theme, "TABLE OF SUMS");
        table::show(ui, theme, sums, view.number);
        frequencies::show(ui, theme, sums);
        return;
    }
    if let Some(images) = &look.images {
        heading(ui, theme, "DIGITS");
        digits::show(ui, theme, images, view);
        return;
    }
    heading(ui, theme, "ERROR OF EACH EXAMPLE");
    errors::show(ui, theme, look, view.threshold);
}
