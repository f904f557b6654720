//! What is known of a run before it trains: when its features escape, and how much
//! data the lazy model would need.

use super::{
    controls::heading,
    facts::fact,
    glossary,
    polyline::ScreenPen,
    small_plot::{SmallPlot, key},
    theme::Theme,
};
use crate::{
    history::{Run, escape::step_in_words, format},
    sim::committee::learning_curve::LearningCurve,
    training::EscapeReading,
};
use egui::{Align2, Sense, Ui, pos2};

/// Draws the tab's content; `level` is the test loss of kernel regression with K₀ on
/// the run's own samples, where it is known.
pub fn show(ui: &mut Ui, theme: &Theme, run: &Run, level: Option<f64>) {
    heading(ui, theme, "WHEN THE FEATURES ESCAPE");
    match run.escape() {
        Some(reading) => escape(ui, theme, &reading),
        None => note(
            ui,
            theme,
            "Not known for this run: it is for a known quadratic target, fixed readouts and D up to 512.",
        ),
    }
    heading(ui, theme, "HOW MUCH DATA THE LAZY MODEL NEEDS");
    match run.info().and_then(|info| info.learning_curve) {
        Some(curve) => learning_curve(ui, theme, run, &curve, level),
        None => note(
            ui,
            theme,
            "Not known for this run: it is for a quadratic target and weights drawn alike in every direction.",
        ),
    }
}

fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    glossary::label(ui, theme, text, theme.muted, None);
}

fn escape(ui: &mut Ui, theme: &Theme, reading: &EscapeReading) {
    ui.spacing_mut().item_spacing.y = 3.0;
    let escape = &reading.escape;
    let predicted = reading.predicted.map(step_in_words);
    let measured = reading.measured.map(format::thousands);
    for (name, value, why) in [
        (
            "predicted step",
            predicted.unwrap_or_else(|| "never".into()),
            "τ* = α/(4ελ_max(Ŷ)) · ln(s|β|²/(αεσ²)), from data and settings alone: until then the features grow as if nothing were learned yet.",
        ),
        (
            "measured: train loss at half",
            measured.unwrap_or_else(|| "not yet".into()),
            "The step from which on the train loss is below 50 % of the zero predictor's.",
        ),
        (
            "λ_max(Ŷ)",
            format::significant(escape.eigenvalue, 3),
            "The largest eigenvalue of Ŷ = (1/P)Σ y x xᵀ, which says how fast features grow at first.",
        ),
        (
            "its eigenvector along β",
            format::percent(escape.overlap),
            "The share of the top eigenvector of Ŷ, squared, that lies along the target: what the data say of it at first order.",
        ),
    ] {
        fact(ui, theme, name, &value, why, true);
    }
    ui.add_space(2.0);
    note(ui, theme, &told_by_the_data(reading));
}

/// What the overlap means, and whether the prediction is to be relied on.
fn told_by_the_data(reading: &EscapeReading) -> String {
    let escape = &reading.escape;
    let (overlap, chance) = (
        format::percent(escape.overlap),
        format::percent(escape.chance),
    );
    let mut text = match escape.overlap / escape.chance {
        ratio if ratio < 3.0 => format!(
            "At first order the data say next to nothing of the target ({overlap} along β, by chance {chance}): features grow in a wrong direction, below the Goldilocks zone."
        ),
        _ => format!(
            "At first order the data point at the target with {overlap} (by chance {chance}): features grow along it from the start."
        ),
    };
    if let Some(doubt) = escape.doubt() {
        text.push_str(&format!(" The step is rough: {}.", doubt.why()));
    }
    text
}

/// Decades of loss below the zero predictor's that are drawn.
const DECADES: f64 = 2.2;
/// Height of the plot in points.
const HEIGHT: f32 = 190.0;

fn learning_curve(
    ui: &mut Ui,
    theme: &Theme,
    run: &Run,
    curve: &LearningCurve,
    level: Option<f64>,
) {
    let config = run.config();
    let (dim, samples) = (config.task.dim as f64, config.task.samples as f64);
    let (zero, modes) = (curve.zero_test_loss(), curve.modes() as f64);
    if zero == 0.0 {
        note(ui, theme, "There is nothing to learn.");
        return;
    }
    let at = |p: f64| (curve.test_loss(p) / zero).log10();
    let from = (0.25 * dim).min(samples).max(1.0).log10() - 0.05;
    let to = (1.6 * modes).max(samples).log10() + 0.05;
    const POINTS: usize = 160;
    let points: Vec<(f64, f64)> = (0..=POINTS)
        .map(|k| from + (to - from) * k as f64 / POINTS as f64)
        // The peak is narrow.
        .chain([dim.log10(), modes.log10()])
        .map(|log| (log, at(10f64.powf(log))))
        .collect();
    let mut points = points;
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    // What is zero, and the infinite peak of noise, leave the frame.
    let points = points.into_iter().map(|(x, y)| (x, y.clamp(-30.0, 30.0)));
    let points: Vec<(f64, f64)> = points.collect();
    let peak = points.iter().map(|p| p.1).fold(0.0, f64::max).min(1.8);
    let range = (-DECADES, peak + 0.25);
    let name = "Test loss of kernel regression against the number of samples";
    let (plot, response) = SmallPlot::new(ui, name, HEIGHT, (from, to), range, Sense::hover());
    for power in from.ceil() as i32..=to.floor() as i32 {
        plot.x_tick(
            f64::from(power),
            &format::steps(10u64.pow(power.max(0) as u32)),
            theme,
        );
    }
    for (value, text) in [(1.0, "10×"), (0.0, "1×"), (-1.0, "0.1×"), (-2.0, "0.01×")] {
        if (range.0..=range.1).contains(&value) {
            plot.y_tick(value, text, theme);
        }
    }
    let foot = plot.area.bottom() - 3.0;
    for (value, text, align) in [
        (dim, "P = D", Align2::LEFT_BOTTOM),
        (modes, "D(D+3)/2", Align2::RIGHT_BOTTOM),
    ] {
        plot.cursor(value.log10(), theme.faint);
        let aside = if align == Align2::LEFT_BOTTOM {
            3.0
        } else {
            -3.0
        };
        let at = pos2(plot.x(value.log10()) + aside, foot);
        plot.text(at, align, text, theme.muted);
    }
    plot.curve(
        points.iter().copied(),
        ScreenPen::line(theme.test, 1.8, false),
    );
    plot.cursor(samples.log10(), theme.accent);
    plot.mark(samples.log10(), at(samples).max(range.0), false, theme.test);
    let exact = level.map(|level| level / zero);
    if let Some(exact) = exact {
        let y = exact.max(1e-12).log10().clamp(range.0, range.1);
        plot.mark(samples.log10(), y, true, theme.text);
    }
    if let Some(step) = plot.hovered(&response) {
        plot.cursor(step.log10(), theme.muted);
        response.show_tooltip_text(format!(
            "P = {}\n{} of the zero predictor's loss",
            format::thousands(step.round().max(1.0) as u64),
            format::plain(10f64.powf(at(step)), 3)
        ));
    }
    ui.horizontal_wrapped(|ui| {
        let pen = |colour| ScreenPen::line(colour, 1.8, false);
        key(ui, pen(theme.test), "lazy model", theme);
        key(ui, pen(theme.accent), "this run's P", theme);
        if exact.is_some() {
            ui.label(egui::RichText::new("diamond: its own data").color(theme.text));
        }
    });
    note(ui, theme, &needed(run, curve, exact));
}

/// How much data it would take, in words.
fn needed(run: &Run, curve: &LearningCurve, exact: Option<f64>) -> String {
    let samples = run.config().task.samples as u64;
    let zero = curve.zero_test_loss();
    let here = curve.test_loss(samples as f64) / zero;
    let number = |part: f64| match part.is_finite() {
        true => format!("{}×", format::plain(part, 2)),
        false => "without bound above".into(),
    };
    let own = exact.map_or_else(String::new, |exact| {
        format!(", {} on the data of this run", number(exact))
    });
    let mut text = format!(
        "At P = {} the lazy model ends at {} the zero predictor's loss{own}.",
        format::thousands(samples),
        number(here),
    );
    if let Some(threshold) = run.thresholds().map(|t| t.test).filter(|t| *t > 0.0) {
        let share = format::plain(threshold / zero, 2);
        text.push_str(&match curve.samples_for(threshold) {
            Some(p) if p <= samples as f64 => {
                format!(" It is below the threshold of {share} already: it needs no features.")
            }
            Some(p) => format!(
                " To be below the threshold of {share} it would need P = {}.",
                format::thousands(p.ceil() as u64)
            ),
            None => format!(" It is never below the threshold of {share}."),
        });
    }
    if let Some(width) = run.config().network.width.finite() {
        text.push_str(&format!(
            " The curve is that of N = ∞, this run has N = {}.",
            format::thousands(width as u64)
        ));
    }
    text
}
