//! Both definitions of grokking side by side: by the losses and by the
//! accuracies, the latter at any tolerance, and how the verdict depends on it.

use super::{
    action::Action,
    controls::{self, Widget, heading},
    diagram::colours,
    polyline::ScreenPen,
    small_plot::{SmallPlot, key},
    theme::Theme,
};
use crate::{
    history::{
        Run,
        accuracy::{AccuracyPoint, ToleranceSweep},
        decimate::log_step,
        format,
    },
    sim::{
        config::{OutcomeConfig, Value, field},
        outcome::Outcome,
    },
};
use egui::{
    Align2, Color32, Grid, Label, Painter, Rect, RichText, Sense, Shape, Stroke, TextStyle, Ui,
    Vec2, pos2,
};

/// Tolerances of the slider and of the chart.
const RANGE: (f64, f64) = (0.01, 3.0);
/// Tolerances at which the chart is drawn.
const SAMPLES: usize = 120;
const TOLERANCE: &str = "outcome.accuracy_tolerance";
const LEVEL: &str = "outcome.accuracy_level";

/// Draws the tab's content. `at` is the step that the window shows.
pub fn show(
    ui: &mut Ui,
    theme: &Theme,
    run: &Run,
    at: u64,
    settings: &controls::View<'_>,
    actions: &mut Vec<Action>,
) {
    let config = &settings.config.outcome;
    let Some(sweep) = ToleranceSweep::new(run, config) else {
        heading(ui, theme, "ACCURACY");
        ui.label(RichText::new("No step has been recorded yet.").color(theme.muted));
        return;
    };
    heading(ui, theme, "ACCURACY OVER TIME");
    over_time(ui, theme, run, at, config, &sweep);
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut setting = |ui: &mut Ui, key, widget| {
        if let Some(field) = field(key) {
            controls::row(ui, theme, settings, field, widget, actions);
        }
    };
    setting(ui, TOLERANCE, Widget::Slider);
    setting(ui, LEVEL, Widget::Typed);
    heading(ui, theme, "TWO DEFINITIONS OF GROKKING");
    table(ui, theme, run, config, &sweep);
    heading(ui, theme, "THE MIRAGE: THIS RUN AT EVERY θₐ");
    let ended = run.finish().is_some();
    let verdict = sentence(&sweep, config.accuracy_tolerance, ended);
    ui.label(RichText::new(verdict).color(theme.muted));
    ui.add_space(4.0);
    chart(ui, theme, config, &sweep, actions);
}

/// A patch in the colour and with the mark of an outcome class, as in the phase
/// diagram.
fn patch(painter: &Painter, rect: Rect, outcome: Outcome, theme: &Theme) -> Color32 {
    let fill = colours::ground(outcome.class(), theme);
    painter.rect_filled(rect, 0.0, fill);
    colours::draw_mark(painter, rect, outcome.class(), fill);
    fill
}

fn pens(theme: &Theme) -> [(ScreenPen, &'static str); 2] {
    let pen = |colour, dashed| ScreenPen::line(colour, 1.8, dashed);
    [
        (pen(theme.train, true), "train"),
        (pen(theme.test, false), "test"),
    ]
}

/// What a tolerance is measured in.
fn unit(config: &OutcomeConfig) -> &'static str {
    if config.relative { " rms of y" } else { "" }
}

fn over_time(
    ui: &mut Ui,
    theme: &Theme,
    run: &Run,
    at: u64,
    config: &OutcomeConfig,
    sweep: &ToleranceSweep,
) {
    let points = run.accuracies(config);
    let (plot, response) =
        SmallPlot::over_time(ui, "Accuracy over time", 118.0, run.horizon(), (0.0, 1.04));
    plot.time_ticks(theme);
    for (value, text) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
        plot.y_tick(value, text, theme);
    }
    let level = config.accuracy_level;
    let y = plot.y(level);
    let ends = [pos2(plot.area.left(), y), pos2(plot.area.right(), y)];
    let pen = Stroke::new(1.0, theme.muted);
    plot.clipped()
        .extend(Shape::dashed_line(&ends, pen, 2.0, 3.0));
    plot.cursor(log_step(at), theme.faint);
    let [(train, _), (test, _)] = pens(theme);
    let line = |of: fn(&AccuracyPoint) -> f64| {
        let point = move |p: &AccuracyPoint| (log_step(p.step), of(p));
        points.iter().map(point).collect::<Vec<_>>()
    };
    plot.curve(line(|p| p.train).into_iter(), train);
    plot.curve(line(|p| p.test).into_iter(), test);
    let found = sweep.crossings(config.accuracy_tolerance);
    for (step, diamond, pen) in [(found.fit, false, train), (found.generalise, true, test)] {
        if let Some(step) = step {
            plot.mark(log_step(step), level, diamond, pen.colour);
        }
    }
    ui.horizontal(|ui| {
        for (pen, name) in pens(theme) {
            key(ui, pen, name, theme);
        }
        let text = format!("level {}", format::percent(level));
        ui.label(RichText::new(text).color(theme.muted));
    });
    let Some(step) = plot.hovered(&response) else {
        return;
    };
    let nearest = |p: &&AccuracyPoint| (log_step(p.step) - step.max(0.5).log10()).abs();
    let Some(point) = points
        .iter()
        .min_by(|a, b| nearest(a).total_cmp(&nearest(b)))
    else {
        return;
    };
    plot.cursor(log_step(point.step), theme.muted);
    let mut text = format!(
        "step {}\ntrain {}",
        format::thousands(point.step),
        format::percent(point.train)
    );
    if point.test.is_finite() {
        text.push_str(&format!("\ntest {}", format::percent(point.test)));
    }
    text.push_str(&format!(
        "\n\nThe fraction of points with |f(x) − κf₀(x) − y| ≤ θₐ = {}{}. Without a test set, test is on 1,000 points drawn for this.",
        format::plain(config.accuracy_tolerance, 3),
        unit(config)
    ));
    response.show_tooltip_ui(|ui| {
        ui.set_max_width(280.0);
        ui.label(text);
    });
}

/// When it fits and generalises by either definition.
fn table(ui: &mut Ui, theme: &Theme, run: &Run, config: &OutcomeConfig, sweep: &ToleranceSweep) {
    let ended = run.finish().is_some();
    let by_loss = run.crossings();
    let by_accuracy = sweep.crossings(config.accuracy_tolerance);
    let diverged = |class| match run.outcome() {
        Some(outcome @ Outcome::Diverged { .. }) => outcome,
        _ => class,
    };
    let columns = [
        (by_loss, run.verdict().map(|v| v.outcome())),
        (by_accuracy, Some(sweep.outcome(config.accuracy_tolerance))),
    ]
    .map(|(crossings, outcome)| (crossings, outcome.map(diverged)));
    let step = |step: Option<u64>| match step {
        Some(step) => format::thousands(step),
        None if ended => format!("> {}", format::steps(run.step())),
        None => "not yet".into(),
    };
    let cell = |ui: &mut Ui, text: String, colour| {
        let text = RichText::new(text).text_style(TextStyle::Monospace);
        ui.add(Label::new(text.color(colour)).wrap());
    };
    let third = ((ui.available_width() - 16.0) / 3.0).max(60.0);
    let grid = Grid::new("two definitions")
        .num_columns(3)
        .spacing(Vec2::new(8.0, 3.0))
        .min_col_width(third)
        .max_col_width(third);
    grid.show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        ui.label("");
        ui.label(RichText::new("by loss").color(theme.text))
            .on_hover_text("The paper's: the first step with the loss below its threshold θ, found at every step.");
        ui.label(RichText::new("by accuracy").color(theme.text))
            .on_hover_text("Power et al.'s: the step with the accuracy at its level. At the tolerance that the run was started with it is found to the step; at another one it is the first recorded step.");
        ui.end_row();
        let found = [
            ("fits at", columns.map(|(c, _)| c.fit)),
            ("generalises", columns.map(|(c, _)| c.generalise)),
        ];
        for (name, steps) in found {
            ui.label(RichText::new(name).color(theme.muted));
            for at in steps {
                let colour = if at.is_some() { theme.text } else { theme.muted };
                cell(ui, step(at), colour);
            }
            ui.end_row();
        }
        ui.label(RichText::new("later by").color(theme.muted));
        for (crossings, _) in columns {
            let text = crossings.ratio().map_or_else(|| "–".into(), format::times);
            cell(ui, text, theme.text);
        }
        ui.end_row();
        ui.label(RichText::new("outcome").color(theme.muted));
        for (crossings, outcome) in columns {
            let Some(class) = outcome else { continue };
            let open = !ended && crossings.ratio().is_none();
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let text = if open { "open" } else { class.label() };
                if !open {
                    let (rect, _) = ui.allocate_exact_size(Vec2::new(10.0, 14.0), Sense::hover());
                    let square = Rect::from_center_size(rect.center(), Vec2::splat(10.0));
                    patch(ui.painter(), square, class, theme);
                }
                ui.add(Label::new(RichText::new(text).color(theme.text)).wrap());
            });
        }
        ui.end_row();
    });
}

/// The delay against the tolerance, and below it the classes.
fn chart(
    ui: &mut Ui,
    theme: &Theme,
    config: &OutcomeConfig,
    sweep: &ToleranceSweep,
    actions: &mut Vec<Action>,
) {
    let logs = (RANGE.0.log10(), RANGE.1.log10());
    let samples = samples(sweep);
    let most = samples
        .iter()
        .filter_map(|s| s.ratio)
        .fold(config.min_ratio.max(10.0), f64::max);
    let high = (1.15 * most).log10();
    let (plot, response) = SmallPlot::new(
        ui,
        "Delay against the tolerance",
        128.0,
        logs,
        (-0.32 * high, high),
        Sense::click_and_drag(),
    );
    for value in [0.01, 0.1, 1.0] {
        plot.x_tick(f64::log10(value), &format::plain(value, 2), theme);
    }
    let decades = high.floor() as i32;
    for power in (0..=decades).step_by((decades / 3).max(1) as usize) {
        let text = format!("{}×", format::plain(10f64.powi(power), 3));
        plot.y_tick(f64::from(power), &text, theme);
    }
    let y = plot.y(config.min_ratio.log10());
    let ends = [pos2(plot.area.left(), y), pos2(plot.area.right(), y)];
    let pen = Stroke::new(1.0, theme.muted);
    plot.clipped()
        .extend(Shape::dashed_line(&ends, pen, 2.0, 3.0));
    let name = format!("grokking from {} on", format::times(config.min_ratio));
    plot.text(
        ends[0] + Vec2::new(3.0, -2.0),
        Align2::LEFT_BOTTOM,
        &name,
        theme.muted,
    );
    let pen = ScreenPen::line(theme.text, 1.8, false);
    let delay = |s: &Sample| (s.log, s.ratio.map_or(f64::NAN, f64::log10));
    plot.curve(samples.iter().map(delay), pen);
    let band = Rect::from_min_max(
        pos2(plot.area.left(), plot.y(-0.06 * high)),
        pos2(plot.area.right(), plot.area.bottom()),
    );
    let width = band.width() / samples.len() as f32;
    for region in regions(&samples) {
        let (first, last) = (region.samples.start, region.samples.end);
        let rect = Rect::from_min_max(
            pos2(band.left() + width * first as f32, band.top() + 6.0),
            pos2(band.left() + width * last as f32, band.bottom()),
        );
        let fill = patch(ui.painter(), rect, region.outcome, theme);
        let ink = colours::ink_on(fill);
        // A class that is named where there is room is read without the legend.
        let name = region.outcome.label();
        let galley =
            ui.painter()
                .layout_no_wrap(name.into(), TextStyle::Small.resolve(ui.style()), ink);
        if galley.size().x + 6.0 < rect.width() && galley.size().y <= rect.height() + 2.0 {
            let at = rect.center() - galley.size() / 2.0;
            // The hatching stops where the name stands.
            let behind = Rect::from_min_size(at, galley.size()).expand2(Vec2::new(3.0, 0.0));
            ui.painter().rect_filled(behind.intersect(rect), 0.0, fill);
            ui.painter().galley(at, galley, ink);
        }
    }
    let now = config.accuracy_tolerance.log10().clamp(logs.0, logs.1);
    plot.cursor(now, theme.accent);
    if let Some(ratio) = sweep.crossings(config.accuracy_tolerance).ratio() {
        plot.mark(now, ratio.log10(), false, theme.accent);
    }
    choose(&plot, &response, actions);
    if let Some(pointer) = response.hover_pos().filter(|p| plot.area.contains(*p)) {
        let tolerance = 10f64.powf(plot.log_at(pointer));
        let crossings = sweep.crossings(tolerance);
        let step = |s: Option<u64>| s.map_or_else(|| "–".into(), format::thousands);
        let text = format!(
            "θₐ = {}{}: {}\nfits at {}, generalises at {}\n\nt_test/t_train by accuracy at every tolerance, from the errors stored at the recorded steps of this one run. Click to choose a tolerance.",
            format::plain(tolerance, 2),
            unit(config),
            sweep.outcome(tolerance).label(),
            step(crossings.fit),
            step(crossings.generalise)
        );
        response.show_tooltip_ui(|ui| {
            ui.set_max_width(280.0);
            ui.label(text);
        });
    }
    legend(ui, theme, &samples);
}

/// A click or a drag in the chart chooses the tolerance.
fn choose(plot: &SmallPlot, response: &egui::Response, actions: &mut Vec<Action>) {
    if response.is_pointer_button_down_on()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let tolerance = 10f64.powf(plot.log_at(pointer));
        actions.push(Action::Edit {
            key: TOLERANCE,
            value: Value::Real(super::slider::round_for_drag(tolerance, false)),
            dragging: true,
        });
    } else if response.drag_stopped() || response.clicked() {
        actions.push(Action::EndDrag);
    }
}

/// Each class that occurs, and at which tolerances.
fn legend(ui: &mut Ui, theme: &Theme, samples: &[Sample]) {
    for region in regions(samples) {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
            patch(ui.painter(), rect, region.outcome, theme);
            let bound = |k: usize| format::plain(10f64.powf(samples[k].log), 2);
            let (first, last) = (region.samples.start, region.samples.end - 1);
            let text = format!(
                "{}: θₐ {} – {}",
                region.outcome.label(),
                bound(first),
                bound(last)
            );
            ui.add(Label::new(RichText::new(text).color(theme.text)).truncate());
        });
    }
}

/// The run at one tolerance.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    log: f64,
    outcome: Outcome,
    ratio: Option<f64>,
}

fn samples(sweep: &ToleranceSweep) -> Vec<Sample> {
    let (low, high) = (RANGE.0.log10(), RANGE.1.log10());
    (0..SAMPLES)
        .map(|i| {
            let log = low + (high - low) * i as f64 / (SAMPLES - 1) as f64;
            let tolerance = 10f64.powf(log);
            Sample {
                log,
                outcome: sweep.outcome(tolerance),
                ratio: sweep.crossings(tolerance).ratio(),
            }
        })
        .collect()
}

/// Neighbouring tolerances with the same outcome.
struct Region {
    outcome: Outcome,
    samples: std::ops::Range<usize>,
}

fn regions(samples: &[Sample]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for (i, sample) in samples.iter().enumerate() {
        match regions.last_mut() {
            Some(last) if last.outcome == sample.outcome => last.samples.end = i + 1,
            _ => regions.push(Region {
                outcome: sample.outcome,
                samples: i..i + 1,
            }),
        }
    }
    regions
}

/// What the run does at a tolerance, as the end of "At θₐ = 0.1 it …".
fn verdict(outcome: Outcome, ratio: Option<f64>, ended: bool) -> String {
    match (outcome, ratio) {
        (Outcome::Groks, Some(ratio)) => {
            format!(
                "groks, generalising {} later than it fits",
                format::times(ratio)
            )
        }
        (Outcome::GeneralisesAtOnce, Some(ratio)) if ratio < 1.0 => {
            "generalises before it has fitted".into()
        }
        (Outcome::GeneralisesAtOnce, _) => "generalises with hardly a delay".into(),
        (Outcome::NotJudged, _) => "fits, and there are no test points to judge by".into(),
        (Outcome::NeverGeneralises, _) if ended => "fits and has not generalised by its end".into(),
        (Outcome::NeverGeneralises, _) => "fits and has not generalised yet".into(),
        (_, _) if ended => "has not fitted by its end".into(),
        (_, _) => "has not fitted yet".into(),
    }
}

/// The mirage in one sentence: the class at this tolerance, and the nearest
/// other one.
fn sentence(sweep: &ToleranceSweep, tolerance: f64, ended: bool) -> String {
    let told = |tolerance: f64| {
        let ratio = sweep.crossings(tolerance).ratio();
        verdict(sweep.outcome(tolerance), ratio, ended)
    };
    let here = sweep.outcome(tolerance);
    let samples = samples(sweep);
    let distance = |region: &Region| {
        let ends = [region.samples.start, region.samples.end - 1];
        let far = ends.map(|k| (samples[k].log - tolerance.log10()).abs());
        far[0].min(far[1])
    };
    let other = regions(&samples)
        .into_iter()
        .filter(|region| region.outcome != here)
        // One or two samples wide, it is an accident of the recorded steps.
        .filter(|region| region.samples.len() > 4)
        .min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let now = format::plain(tolerance, 3);
    if let Some(region) = other {
        // Well inside, on the side that is near.
        let (first, last) = (region.samples.start, region.samples.end - 1);
        let inside = ((last - first) / 2).min(12);
        let k = if samples[first].log > tolerance.log10() {
            first + inside
        } else {
            last - inside
        };
        let other = super::slider::round_for_drag(10f64.powf(samples[k].log), false);
        if sweep.outcome(other) == region.outcome {
            return format!(
                "At θₐ = {now} this run {}; at θₐ = {} the same run {}.",
                told(tolerance),
                format::plain(other, 3),
                told(other)
            );
        }
    }
    let ratios = samples.iter().filter_map(|s| s.ratio);
    let (low, high) = ratios.fold((f64::INFINITY, 0.0_f64), |(low, high), r| {
        (low.min(r), high.max(r))
    });
    if high > 1.5 * low {
        return format!(
            "At θₐ = {now} this run {}; the delay is between {} and {} depending on θₐ alone.",
            told(tolerance),
            format::times(low),
            format::times(high)
        );
    }
    format!(
        "This run {} at every tolerance: no mirage here.",
        told(tolerance)
    )
}
