//! Exact values under the crosshair, in the legend above each plot.

use super::{ALIGNMENTS, CurvesState, DASHED, legend::Chip, series::Pen};
use crate::history::{Run, decimate::log_step, format};
use crate::sim::metrics::{Metric, Row};
use crate::views::{axes::Scale, theme::Theme};
use egui::{Align, Layout, RichText, Ui};
use egui_plot::LineStyle;

/// The step nearest to a place in log time of which something is known: a
/// recorded row or one of the recent steps.
pub fn nearest(run: &Run, x: f64) -> Option<u64> {
    let asked = 10f64.powf(x);
    let row = run.nearest_row(asked).map(|row| row.step);
    let recent = run.recent();
    let after = recent.partition_point(|r| (r.step as f64) < asked);
    let around = [after.checked_sub(1), Some(after)];
    let steps = around.into_iter().flatten().filter_map(|i| recent.get(i));
    steps.map(|r| r.step).chain(row).min_by(|a, b| {
        (log_step(*a) - x)
            .abs()
            .total_cmp(&(log_step(*b) - x).abs())
    })
}

/// A metric at a step, or the last measured before it (Gram-based metrics are
/// measured more rarely).
fn value(run: &Run, metric: Metric, step: u64) -> Option<f64> {
    let recent = run.recent();
    if let Ok(i) = recent.binary_search_by_key(&step, |r| r.step) {
        if metric == Metric::TrainLoss {
            return Some(recent[i].train_loss);
        } else if metric == run.test_metric() {
            return Some(recent[i].test_loss).filter(|loss| !loss.is_nan());
        }
    }
    let rows = run.rows();
    let end = rows.partition_point(|row: &Row| row.step <= step);
    rows[..end].iter().rev().find_map(|row| row.get(metric))
}

/// The strip above the losses. Returns whether the scale was switched.
pub fn losses(
    ui: &mut Ui,
    run: Option<&Run>,
    hovered: Option<u64>,
    state: &mut CurvesState,
    theme: &Theme,
) -> bool {
    ui.spacing_mut().item_spacing.x = 4.0;
    let step = hovered.or(run.map(Run::step));
    let read = |metric: Metric| {
        run.zip(step)
            .and_then(|(run, step)| value(run, metric, step))
    };
    let test_metric = run.map_or(Metric::TestLoss, Run::test_metric);
    let train = Chip {
        name: "train",
        meaning: Metric::TrainLoss.spec().meaning,
        pen: Pen {
            color: theme.train,
            width: 2.2,
            style: DASHED,
        },
        on: state.train,
        value: Some(read(Metric::TrainLoss)),
    };
    let test = Chip {
        name: "test",
        meaning: test_metric.spec().meaning,
        pen: Pen {
            color: theme.test,
            width: 2.2,
            style: LineStyle::Solid,
        },
        on: state.test,
        value: Some(read(test_metric)),
    };
    let references = Chip {
        name: "references",
        meaning: "The loss of always answering 0, and the thresholds θ below which a run counts as fitted and as generalising.",
        pen: Pen {
            color: theme.muted,
            width: 1.6,
            style: LineStyle::Dotted { spacing: 4.0 },
        },
        on: state.references,
        value: None,
    };
    for (chip, on) in [(&train, &mut state.train), (&test, &mut state.test)] {
        if chip.show(ui, theme.text, theme.muted).clicked() {
            *on = !*on;
        }
    }
    let mut switched = false;
    let rest = ui.available_width();
    let scale_width = 11.0 * ui.text_style_height(&egui::TextStyle::Body);
    let room = rest - scale_width;
    if room > references.width(ui) && references.show(ui, theme.text, theme.muted).clicked() {
        state.references = !state.references;
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(12.0);
        for (scale, name, meaning) in [
            (
                Scale::Log,
                "log",
                "Logarithmic loss axis: the late decay is seen.",
            ),
            (
                Scale::Linear,
                "linear",
                "Linear loss axis, as in the paper.",
            ),
        ] {
            let chosen = state.loss_scale == scale;
            let button = ui.selectable_label(chosen, name).on_hover_text(meaning);
            if button.clicked() && !chosen {
                state.loss_scale = scale;
                switched = true;
            }
        }
        if let Some(step) = step {
            let text = RichText::new(format!("step {}", format::thousands(step))).monospace();
            let color = if hovered.is_some() {
                theme.text
            } else {
                theme.muted
            };
            if ui.available_width() > 130.0 {
                ui.add_space(8.0);
                ui.label(text.color(color));
            }
        }
    });
    switched
}

/// The strip above the alignments.
pub fn alignments(
    ui: &mut Ui,
    run: Option<&Run>,
    hovered: Option<u64>,
    state: &mut CurvesState,
    theme: &Theme,
) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let step = hovered.or(run.map(Run::step));
    let mut chips = Vec::new();
    for (curve, on) in ALIGNMENTS.iter().zip(state.alignments) {
        let read = run
            .zip(step)
            .and_then(|(run, step)| value(run, curve.metric, step));
        chips.push(Chip {
            name: curve.name,
            meaning: curve.metric.spec().meaning,
            pen: Pen {
                color: (curve.color)(theme),
                width: 2.2,
                style: curve.style,
            },
            on,
            value: Some(read),
        });
    }
    let total: f32 = chips.iter().map(|chip| chip.width(ui) + 4.0).sum();
    if total > ui.available_width() {
        for chip in &mut chips {
            chip.value = None;
        }
    }
    for (chip, on) in chips.iter().zip(&mut state.alignments) {
        if chip.show(ui, theme.text, theme.muted).clicked() {
            *on = !*on;
        }
    }
}
