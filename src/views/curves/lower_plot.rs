//! The plot below the losses: what the user chose, over log time.

use super::{
    CurvesAction, CurvesState, FEW, PlotKind,
    bounds::Extent,
    lower,
    overlay::Label,
    panel::{Panel, Scene, context_menu, describe, finish, plot, settle},
    placement::LabelSide,
    series::{Drawn, ScreenPen},
};
use crate::history::Run;
use crate::plot::{
    fit::fit_values,
    look,
    runs::{Runs, View, most_value},
};
use crate::sim::{metrics::Metric, quantity::Range};
use crate::training::protocol::Phase;
use crate::views::axes;
use egui::{Align2, Color32, Rect, TextStyle, Ui, pos2};

/// Shows it.
pub(super) fn lower_plot<'a>(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'a>,
    state: &mut CurvesState,
    dt: f64,
    action: &mut Option<CurvesAction>,
) -> Panel<'a> {
    let Scene { model, theme, .. } = *scene;
    let lower = state.shown.lower.clone();
    let scale = lower.scale;
    let chosen: Vec<Metric> = lower.shown().collect();
    let known = &state.kept;
    let canvas = |metric: Metric| {
        let right = lower.is_right(metric);
        let axis = if right { &state.right } else { &state.lower };
        scene.canvas(scale, axis.shown(), rect.height())
    };
    let draw = |run: &Run, colour: &dyn Fn(Metric) -> Color32, width| {
        let line = |metric: &Metric| {
            let pen = ScreenPen {
                colour: colour(*metric),
                width,
                style: lower::look(*metric, theme).1,
            };
            Drawn::new(run, *metric, canvas(*metric), pen, known)
        };
        chosen.iter().map(line).collect::<Vec<_>>()
    };
    let mut behind = Vec::new();
    for ghost in model.ghosts {
        let colour = theme
            .ghost
            .gamma_multiply(0.75 * ghost.opacity.clamp(0.0, 1.0));
        behind.extend(draw(ghost.run, &|_| colour, 1.5));
    }
    let faded = behind.len();
    for kept in model.pinned {
        let many = model.pinned.len() > FEW;
        let pale = |metric: Metric| {
            if many && chosen.first() != Some(&metric) {
                kept.colour.gamma_multiply(0.5)
            } else {
                kept.colour
            }
        };
        behind.extend(draw(kept.run, &pale, if many { 1.2 } else { 1.5 }));
    }
    let mut curves = model
        .run
        .map(|run| draw(run, &|metric| lower::look(metric, theme).0, look::WIDTH))
        .unwrap_or_default();

    // What the axes have to hold: an earlier run that is only a ghost has no say.
    let mut extents = [Extent::EMPTY; 2];
    for curve in behind[faded..].iter().chain(&curves) {
        let Some(metric) = curve.metric() else {
            continue;
        };
        let mut own = Extent::EMPTY;
        curve.extend(&mut own, scale);
        if let Some(run) = model.run {
            own.max = own.max.min(most_value(run, metric));
        }
        for value in [own.min, own.max] {
            extents[usize::from(lower.is_right(metric))].add(value);
        }
    }
    let unit = |right: bool| {
        let mut side = chosen.iter().filter(|m| lower.is_right(**m) == right);
        side.all(|m| m.quantity().range == Range::Unit)
    };
    if state.fitted_lower != scale {
        (state.lower, state.right) = Default::default();
        state.fitted_lower = scale;
    }
    let fit = fit_values(scale, extents[0], unit(false));
    let (values, mut moving) = state.lower.advance(fit, dt);
    let mut right = None;
    if lower.has_right() {
        let fit = fit_values(scale, extents[1], false);
        let (span, moves) = state.right.advance(fit, dt);
        moving |= moves;
        // Read at the right, drawn in the coordinates of the left axis.
        let part = values.width() / span.width();
        let shift = [values.low - span.low * part, part];
        for curve in behind.iter_mut().chain(&mut curves) {
            if curve.metric().is_some_and(|m| lower.is_right(m)) {
                curve.shift(shift);
            }
        }
        right = Some(shift);
    }

    let axes = (scene.time, values);
    let title = lower.title();
    let shown = plot(ui, rect, ("lower", &title), scale, theme, axes, state);
    let mut panel = finish(ui, shown, theme, moving, curves);
    panel.draw(&behind);
    if let Some(shift) = right {
        right_axis(ui, &panel, shift, scene);
    }
    let (time, axis) = (&mut state.time, &mut state.lower);
    settle(&mut panel, scene.time, values, time, axis);
    panel
        .overlay
        .avoid(behind[faded..].iter().chain(&panel.curves));
    if let Some(run) = model.run {
        if let Some(step) = model.cursor {
            panel.overlay.veil(step);
        }
        panel.overlay.divergence(run, false);
        let labels: Vec<Label<'_>> = panel
            .curves
            .iter()
            .filter_map(|line| {
                let name = line.metric()?.quantity().name;
                Some(Label::new(line, name, LabelSide::Above))
            })
            .collect();
        panel.overlay.labels(&labels, &mut state.lower_places);
        if run.phase() == Phase::Running {
            for curve in &panel.curves {
                panel.overlay.head(curve);
            }
        }
    }
    if chosen.is_empty() {
        let text = "Nothing is chosen: the menu Plot above has what can be shown.";
        panel.overlay.message(text, theme.muted);
    }
    let name = format!("{} over training steps", lower.name());
    describe(&panel.response, &name, model.run, || {
        let runs = Runs {
            main: model.run,
            ..Runs::default()
        };
        runs.values(&chosen, scale, View::default())
    });
    context_menu(&panel.response, PlotKind::Lower, state, model, action);
    panel
}

/// Room for the numbers of an axis at the right.
pub(super) fn right_room(ui: &Ui) -> f32 {
    3.6 * TextStyle::Body.resolve(ui.style()).size
}

/// Numbers of the axis at the right, where the scale is another one.
fn right_axis(ui: &Ui, panel: &Panel<'_>, [offset, part]: [f64; 2], scene: &Scene<'_>) {
    let canvas = panel.overlay.canvas;
    let frame = canvas.rect;
    let font = TextStyle::Body.resolve(ui.style());
    let (low, high) = ((canvas.y.0 - offset) / part, (canvas.y.1 - offset) / part);
    for (value, text) in axes::even_ticks(low, high, f64::from(frame.height())) {
        let Some(at) = canvas.at(canvas.x.1, offset + part * value) else {
            continue;
        };
        let half = 0.5 * font.size;
        if !(frame.top() + half..=frame.bottom() - half).contains(&at.y) {
            continue;
        }
        let tick = [pos2(frame.right() - 4.0, at.y), pos2(frame.right(), at.y)];
        let stroke = egui::Stroke::new(1.0, scene.theme.muted);
        ui.painter().line_segment(tick, stroke);
        let place = pos2(frame.right() + 6.0, at.y);
        let (font, colour) = (font.clone(), scene.theme.muted);
        ui.painter()
            .text(place, Align2::LEFT_CENTER, text, font, colour);
    }
}
