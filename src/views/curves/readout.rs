//! Exact values under the crosshair, in the legend above each plot.

use super::{
    ALIGNMENTS, CurvesModel, CurvesState, DASHED,
    legend::Chip,
    losses::{forecast_pens, shadow_pen},
    series::Pen,
};
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

const FORECAST: &str = "The gradient flow from step 0 up to the horizon with the settings as they are, computed before it is trained: against t = τ/η₀, train dashed and test solid. It ends where the train loss is spent. Gradient descent runs along it as long as η₀ is small enough.";
const SHADOW: &str = "Test loss of the lazy model: the network linearised about its initial weights, in closed form. Its features never move. The horizontal line is where it tends: kernel regression with the initial kernel K₀.";

/// The strip above the losses. Returns whether the scale was switched.
pub fn losses(
    ui: &mut Ui,
    model: &CurvesModel<'_>,
    hovered: Option<u64>,
    state: &mut CurvesState,
    theme: &Theme,
) -> bool {
    let run = model.run;
    ui.spacing_mut().item_spacing.x = 4.0;
    let step = hovered.or(model.cursor).or(run.map(Run::step));
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
    let [_, forecast_pen] = forecast_pens(theme);
    let explained = |meaning: &str, problem: Option<&str>| match problem {
        Some(problem) => format!("{meaning} Not now: {problem}."),
        None => meaning.to_owned(),
    };
    let forecast_meaning = explained(FORECAST, model.foresight.no_forecast);
    let forecast = Chip {
        name: "forecast",
        meaning: &forecast_meaning,
        pen: forecast_pen,
        on: state.forecast,
        value: None,
    };
    let shadow_meaning = explained(SHADOW, model.foresight.no_shadow);
    let shadow = Chip {
        name: "lazy shadow",
        meaning: &shadow_meaning,
        pen: shadow_pen(theme),
        on: state.lazy_shadow,
        value: None,
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
    let scale_width = 7.0 * ui.text_style_height(&egui::TextStyle::Body);
    for (chip, on) in [
        (&forecast, &mut state.forecast),
        (&shadow, &mut state.lazy_shadow),
        (&references, &mut state.references),
    ] {
        // What has no room here is in the plot's menu.
        let room = ui.available_width() - scale_width;
        if room > chip.width(ui) && chip.show(ui, theme.text, theme.muted).clicked() {
            *on = !*on;
        }
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
            let color = if hovered.or(model.cursor).is_some() {
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
    model: &CurvesModel<'_>,
    hovered: Option<u64>,
    state: &mut CurvesState,
    theme: &Theme,
) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let run = model.run;
    let step = hovered.or(model.cursor).or(run.map(Run::step));
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
