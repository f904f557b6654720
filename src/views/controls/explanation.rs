//! What a setting is for, beside its row while the pointer is there.

use super::{accessible_name, sweepable, upper_first};
use crate::{
    sim::config::{Field, Kind},
    views::{fonts, theme::Theme},
};
use egui::{RichText, TextStyle, Tooltip};

/// Range, reason and default, beside the row and never over it.
pub(super) fn explain(
    row: &egui::Response,
    theme: &Theme,
    field: &Field,
    default: &str,
    locked: Option<&str>,
    refused: Option<&str>,
) {
    // While a slider is dragged all eyes are on the curves beside it, and the
    // status bar says what changed.
    if row.ctx.input(|i| i.pointer.any_down()) {
        if Explained::is_over(row) {
            Explained::spend(row);
        }
        return;
    }
    // It goes away with the pointer, and after a while by itself: the curves and
    // their legend lie under it. What was refused is said as long as one looks.
    if refused.is_none() && !Explained::shows(row) {
        return;
    }
    let mut tooltip = Tooltip::for_enabled(row);
    tooltip.popup = tooltip
        .popup
        .align(egui::RectAlign::RIGHT_START)
        .align_alternatives(&[egui::RectAlign::RIGHT_END, egui::RectAlign::RIGHT])
        .gap(14.0)
        .width(260.0);
    tooltip.show(|ui| {
        if let Some(refused) = refused {
            ui.label(RichText::new(upper_first(refused)).color(theme.warning));
        }
        let unit = if field.unit.is_empty() {
            String::new()
        } else {
            format!(" ({})", field.unit)
        };
        ui.label(
            RichText::new(format!("{}{unit}", accessible_name(field)))
                .family(fonts::bold())
                .color(theme.text),
        );
        if let Some(why) = locked {
            let text = format!("{}. Close the instance to change it.", upper_first(why));
            ui.label(RichText::new(text).color(theme.warning));
        }
        ui.label(field.why);
        let sweep = if sweepable().any(|f| f.key == field.key) {
            " Right click: sweep it over values."
        } else {
            ""
        };
        ui.label(
            RichText::new(format!(
                "{}. Double click: back to {default}.{sweep} In files: {}",
                upper_first(&allowed(field)),
                field.key
            ))
            .text_style(TextStyle::Small)
            .color(theme.muted),
        );
    });
}

/// What a setting may be, in the words that its control has.
fn allowed(field: &Field) -> String {
    match field.kind {
        Kind::Bool => "on or off".into(),
        _ => field.range(),
    }
}

/// How long an explanation stays under a pointer that rests.
const EXPLANATION_SECS: f64 = 6.0;

/// The explanation under the pointer: it is there for a while after the pointer
/// came to a row or moved on it, and no more once something was pressed there.
#[derive(Clone, Copy)]
struct Explained {
    row: egui::Id,
    since: f64,
    spent: bool,
}

impl Explained {
    fn id() -> egui::Id {
        egui::Id::unique("explained setting")
    }

    /// What is explained, where that is this row.
    fn of(row: &egui::Response) -> Option<Self> {
        let last = row.ctx.data(|d| d.get_temp::<Self>(Self::id()));
        last.filter(|explained| explained.row == row.id)
    }

    /// Something was pressed here: all eyes are on the curves until the pointer
    /// comes back.
    fn spend(row: &egui::Response) {
        let spent = Self {
            row: row.id,
            since: 0.0,
            spent: true,
        };
        row.ctx.data_mut(|d| d.insert_temp(Self::id(), spent));
    }

    /// Whether the pointer is over the row, also while its slider is dragged.
    fn is_over(row: &egui::Response) -> bool {
        let pointer = row.ctx.input(|i| i.pointer.latest_pos());
        pointer.is_some_and(|at| row.rect.contains(at))
    }

    fn shows(row: &egui::Response) -> bool {
        let last = Self::of(row);
        if !Self::is_over(row) {
            if last.is_some() {
                row.ctx.data_mut(|d| d.remove::<Self>(Self::id()));
            }
            return true;
        }
        let now = row.ctx.input(|i| i.time);
        let moved = row.ctx.input(|i| i.pointer.delta() != egui::Vec2::ZERO);
        let since = match last {
            Some(explained) if explained.spent => return false,
            Some(explained) if !moved => explained.since,
            _ => {
                let begun = Self {
                    row: row.id,
                    since: now,
                    spent: false,
                };
                row.ctx.data_mut(|d| d.insert_temp(Self::id(), begun));
                now
            }
        };
        let left = EXPLANATION_SECS - (now - since);
        if left > 0.0 {
            let left = std::time::Duration::from_secs_f64(left);
            row.ctx.request_repaint_after(left);
        }
        left > 0.0
    }
}
