//! The losses over log time.

use super::{
    CurvesAction, CurvesModel, CurvesState, DASHED, Pinned, PlotKind,
    bounds::{self, Extent},
    overlay::{EventMark, Label, Overlay},
    panel::{Panel, Scene, context_menu, describe, finish, plot, settle},
    placement::LabelSide,
    series::{Drawn, ScreenPen},
};
use crate::history::Run;
use crate::history::seeds::Seeds;
use crate::plot::{
    Dash, Ink, look,
    runs::{self, Runs, above, diverged},
};
use crate::sim::{LossOf, LossPoint};
use crate::sim::{metrics::Metric, verdict::Judge};
use crate::training::protocol::Phase;
use crate::views::{axes::Scale, controls::upper_first, theme::Theme};
use egui::{Color32, Rect, TextStyle, Ui};
use egui_plot::LineStyle;

/// Shows the losses.
pub(super) fn losses<'a>(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'a>,
    state: &mut CurvesState,
    dt: f64,
    action: &mut Option<CurvesAction>,
) -> Panel<'a> {
    let Scene { model, theme, .. } = *scene;
    let scale = state.loss_scale;
    let canvas = scene.canvas(scale, state.loss.shown(), state.loss_height);
    let pens = |colour: Color32, width: f32| {
        let pen = |style| ScreenPen {
            colour,
            width,
            style,
        };
        [pen(DASHED), pen(LineStyle::Solid)]
    };
    let trains = state.pin_trains(model.pinned.len());
    let pair = |run: &Run, [train, test]: [ScreenPen; 2], state: &CurvesState, train_too: bool| {
        let mut lines = Vec::new();
        if state.shown.test {
            lines.push(Drawn::new(
                run,
                run.test_metric(),
                canvas,
                test,
                &state.kept,
            ));
        }
        if state.shown.train && train_too {
            lines.push(Drawn::new(
                run,
                Metric::TrainLoss,
                canvas,
                train,
                &state.kept,
            ));
        }
        lines
    };
    let mut behind = Vec::new();
    for ghost in model.ghosts {
        let colour = theme
            .ghost
            .gamma_multiply(0.75 * ghost.opacity.clamp(0.0, 1.0));
        behind.extend(pair(ghost.run, pens(colour, 1.5), state, true));
    }
    let seeds = Seeds::among(model.pinned.iter().map(|kept| kept.run));
    let seeds = seeds.filter(|_| state.shown.seeds);
    let band = seeds.as_ref().map(Seeds::losses);
    let medians = band.as_ref().map_or_else(Vec::new, |band| {
        let mut lines = Vec::new();
        let [train, test] = look::median_pens().map(|pen| ScreenPen::of(pen, theme));
        if state.shown.test {
            lines.push(Drawn::computed(&band.median, |p| p.test, canvas, test));
        }
        if state.shown.train {
            lines.push(Drawn::computed(&band.median, |p| p.train, canvas, train));
        }
        lines
    });
    let mut pinned = Vec::new();
    for (place, kept) in model.pinned.iter().enumerate() {
        if seeds.as_ref().is_some_and(|s| s.members.contains(&place)) {
            continue;
        }
        // The colour of its ink is the pin's own.
        let dash = Dash::Solid;
        let [mut train, mut test] =
            look::kept_pens(Ink::Text, dash, model.pinned.len()).map(|pen| ScreenPen {
                colour: kept.colour.gamma_multiply(pen.strength),
                ..ScreenPen::of(pen, theme)
            });
        test.style = kept.style;
        train.style = DASHED;
        let lines = pair(kept.run, [train, test], state, trains);
        pinned.push((kept, lines));
    }
    let computed = foreseen(scene, state);
    let mut curves = Vec::new();
    if let Some(run) = model.run {
        let main = look::main_pens().map(|pen| ScreenPen::of(pen, theme));
        curves = pair(run, main, state, true);
    }

    let mut extent = Extent::EMPTY;
    let kept = pinned.iter().flat_map(|(_, lines)| lines).chain(&medians);
    for curve in behind.iter().chain(&computed).chain(kept).chain(&curves) {
        curve.extend(&mut extent, scale);
    }
    let usual = usual_loss(model);
    let most = runs::most_loss(model.run, usual);
    let headroom = {
        let strong = TextStyle::Heading.resolve(ui.style()).size;
        (strong * 1.4 + 34.0) / state.loss_height.max(120.0)
    };
    let fit = bounds::fit_loss(scale, extent, usual, most, f64::from(headroom));
    if state.fitted_scale != scale {
        state.loss.reset();
        state.fitted_scale = scale;
    }
    let (values, moving) = state.loss.advance(fit, dt);

    let axes = (scene.time, values);
    let shown = plot(ui, rect, ("loss", "loss"), scale, theme, axes, state);
    let mut panel = finish(ui, shown, theme, moving, curves);
    let kept = pinned.iter().flat_map(|(_, lines)| lines);
    if let Some(band) = &band {
        let losses: [(bool, Color32, LossOf); 2] = [
            (state.shown.train, theme.train, |p| p.train),
            (state.shown.test, theme.test, |p| p.test),
        ];
        for (_, colour, loss) in losses.into_iter().filter(|(shown, ..)| *shown) {
            let edge = |points: &[LossPoint]| runs::computed_points(points, loss, scale);
            let edges = edge(&band.low).into_iter().zip(edge(&band.high));
            let edges = edges.map(|(low, high)| [low[0], low[1], high[1]]);
            let Overlay {
                painter, canvas, ..
            } = &panel.overlay;
            painter.add(canvas.area(edges, colour.gamma_multiply(0.18)));
        }
    }
    panel.draw(behind.iter().chain(&computed).chain(kept).chain(&medians));
    state.loss_height = panel.overlay.frame().height();
    settle(
        &mut panel,
        scene.time,
        values,
        &mut state.time,
        &mut state.loss,
    );
    let kept = pinned.iter().flat_map(|(_, lines)| lines);
    panel
        .overlay
        .avoid(computed.iter().chain(kept).chain(&panel.curves));
    let count = seeds.as_ref().map_or(0, Seeds::count);
    let median = (count, medians.as_slice());
    annotate_losses(&mut panel, scene, state, &pinned, median);
    describe(
        &panel.response,
        "Loss over training steps",
        model.run,
        || {
            let shown = runs::Shown {
                train: state.shown.train,
                test: state.shown.test,
                ..runs::Shown::default()
            };
            let runs = Runs {
                main: model.run,
                ..Runs::default()
            };
            runs.losses(shown, scale, runs::View::default())
        },
    );
    context_menu(&panel.response, PlotKind::Loss, state, model, action);
    panel
}

/// Name of the level of kernel regression.
const LEVEL: &str = "kernel regression with K₀ (lazy model)";

/// How the forecast is drawn: train, test.
pub(super) fn forecast_pens(theme: &Theme) -> [ScreenPen; 2] {
    look::forecast_pens().map(|pen| ScreenPen::of(pen, theme))
}

/// How the lazy model's test loss is drawn.
pub(super) fn lazy_pen(theme: &Theme) -> ScreenPen {
    ScreenPen::of(look::lazy_pen(), theme)
}

/// The level that is on show.
fn level(model: &CurvesModel<'_>, state: &CurvesState) -> Option<f64> {
    model
        .foresight
        .level
        .filter(|_| state.shown.lazy_model && state.shown.test)
}

/// The pen of a curve that may be of settings that have changed since: such a
/// one is hardly there.
fn faded(pen: ScreenPen, stale: bool) -> ScreenPen {
    let fade = if stale { 0.3 } else { 1.0 };
    ScreenPen {
        colour: pen.colour.gamma_multiply(fade),
        ..pen
    }
}

/// The curves that are computed rather than trained.
fn foreseen(scene: &Scene<'_>, state: &CurvesState) -> Vec<Drawn> {
    let (model, theme) = (scene.model, scene.theme);
    let canvas = scene.canvas(state.loss_scale, state.loss.shown(), state.loss_height);
    let mut lines = Vec::new();
    if let Some(level) = level(model, state) {
        let hair = ScreenPen::of(look::level_pen(), theme);
        let hair = faded(hair, model.foresight.stale_lazy);
        lines.push(Drawn::level(level, canvas, hair));
    }
    if let Some(curve) = model.foresight.lazy
        && state.shown.lazy_model
        && state.shown.test
    {
        let pen = faded(lazy_pen(theme), model.foresight.stale_lazy);
        lines.push(Drawn::computed(curve, |p| p.test, canvas, pen));
    }
    if let Some(curve) = model.foresight.forecast
        && state.shown.forecast
    {
        let [train, test] =
            forecast_pens(theme).map(|pen| faded(pen, model.foresight.stale_forecast));
        let first = curve.first().map_or([0.0; 2], |p| [p.train, p.test]);
        let [train_floor, test_floor] = first.map(|loss| model.foresight.floor * loss);
        if state.shown.test {
            let known = |p: &LossPoint| above(test_floor, p.test);
            lines.push(Drawn::computed(curve, known, canvas, test));
        }
        if state.shown.train {
            let known = |p: &LossPoint| above(train_floor, p.train);
            lines.push(Drawn::computed(curve, known, canvas, train));
        }
    }
    lines
}

/// The loss at the start: what the axis is made for.
fn usual_loss(model: &CurvesModel<'_>) -> f64 {
    let ghosts = model.ghosts.iter().rev().map(|ghost| ghost.run);
    runs::usual_loss(model.run.into_iter().chain(ghosts))
}

fn annotate_losses(
    panel: &mut Panel<'_>,
    scene: &Scene<'_>,
    state: &mut CurvesState,
    pinned: &[(&Pinned<'_>, Vec<Drawn>)],
    (seeds, medians): (usize, &[Drawn]),
) {
    let theme = scene.theme;
    let overlay = &mut panel.overlay;
    let Some(run) = scene.model.run else {
        overlay.message("No run yet. Press space to train.", theme.muted);
        return;
    };
    if let Some(step) = scene.model.cursor {
        overlay.veil(step);
    }
    overlay.divergence(run, true);
    overlay.outcome(run);
    let mut lines = panel.curves.iter();
    let test = if state.shown.test { lines.next() } else { None };
    let train = if state.shown.train {
        lines.next()
    } else {
        None
    };
    let crossings = run.crossings();
    if let (Some(step), Some(curve)) = (crossings.fit, train) {
        overlay.mark(EventMark::Fit, step, curve);
    }
    if let (Some(peak), Some(curve)) = (run.peak(), test) {
        let first = run.series(run.test_metric()).next().map_or(0.0, |p| p.1);
        // A peak is worth a mark where test loss rose before it fell.
        if !diverged(run) && peak.test_loss > 1.01 * first && peak.step < run.step() {
            overlay.mark(EventMark::Peak, peak.step, curve);
        }
    }
    if let (Some(step), Some(curve)) = (crossings.generalise, test) {
        overlay.mark(EventMark::Generalise, step, curve);
    }
    // Lines that have no choice first: labels of curves find their way around.
    if state.shown.references {
        references(overlay, run, state.loss_scale, theme);
    }
    // A tick that foretells is no help to who guesses.
    let foretold = state.shown.references && state.guess.is_none();
    if let (true, Some(reading)) = (foretold, run.escape())
        && let Some(step) = reading.predicted
    {
        overlay.tick(step, &reading.sentence(), theme.muted);
    }
    if let Some(level) = level(scene.model, state) {
        overlay.name_level(state.loss_scale.place(level), theme.test, LEVEL);
    }
    if scene.model.cursor.is_none() {
        overlay.held(run);
    }
    let of = |name: &str| match scene.model.name {
        Some(run) => format!("{name}, {run}"),
        None => name.to_owned(),
    };
    let (test_name, train_name) = (of("test"), of("train"));
    let mut labels = Vec::new();
    labels.extend(test.map(|curve| Label::new(curve, &test_name, LabelSide::Above)));
    labels.extend(train.map(|curve| Label::new(curve, &train_name, LabelSide::Below)));
    for (kept, lines) in pinned {
        let main = lines.first();
        labels.extend(main.map(|curve| Label::new(curve, kept.label, LabelSide::Above)));
    }
    let median = format!("median of {seeds} seeds");
    labels.extend((medians.first()).map(|curve| Label::new(curve, &median, LabelSide::Above)));
    overlay.labels(&labels, &mut state.loss_places);
    if run.phase() == Phase::Running {
        for curve in &panel.curves {
            overlay.head(curve);
        }
    }
    if run.rows().is_empty() && run.failure().is_none() {
        let doing = run.working_sentence();
        let text = doing.map_or_else(|| "starting …".into(), |doing| upper_first(&doing));
        overlay.message(&text, theme.muted);
    }
}

fn references(overlay: &mut Overlay<'_>, run: &Run, scale: Scale, theme: &Theme) {
    let ignorant = run.config().network.family.ignorant();
    if let Some(zero) = run.zero_test_loss() {
        let dots = ScreenPen::of(look::zero_pen(), theme);
        overlay.reference(scale.place(zero), theme.faint, dots, ignorant);
    }
    let by_loss = run.info().is_some_and(|info| info.judge == Judge::Loss);
    if let Some(thresholds) = run.thresholds().filter(|_| by_loss) {
        let [train, test] = look::threshold_pens().map(|pen| ScreenPen::of(pen, theme));
        let mut both = [(thresholds.test, test), (thresholds.train, train)];
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Lower first: the name stands above the higher one.
        for ((value, pen), name) in both.into_iter().zip(["", "threshold θ"]) {
            overlay.reference(scale.place(value), theme.faint, pen, name);
        }
    }
}
