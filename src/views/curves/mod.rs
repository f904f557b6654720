//! The centre of the window: the losses over log time, the alignments below
//! them on the same time axis, exact values under the crosshair, the outcome
//! written on the plot.

mod bounds;
mod legend;
mod overlay;
mod placement;
mod readout;
mod series;

use super::{
    axes::{self, Scale},
    theme::Theme,
};
use crate::history::{Run, decimate::LOG_STEP_ZERO};
use crate::sim::metrics::Metric;
use crate::training::protocol::Phase;
use bounds::{Axis, Extent, Span};
use egui::{
    Color32, Rect, Response, RichText, Role, Sense, TextStyle, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};
use egui_plot::{AxisHints, LineStyle, Plot, PlotBounds, PlotResponse, PlotUi};
use overlay::{Mark, Overlay};
use placement::Side;
use series::{Canvas, Drawn, Pen};

/// An earlier run that fades.
#[derive(Clone, Copy)]
pub struct Ghost<'a> {
    /// The run.
    pub run: &'a Run,
    /// 1 when it has just been replaced, 0 when it is gone.
    pub opacity: f32,
}

/// A run that the user keeps for comparison.
#[derive(Clone, Copy)]
pub struct Pinned<'a> {
    /// The run.
    pub run: &'a Run,
    /// What it is called on the plot, such as "α = 1".
    pub label: &'a str,
    /// Its colour, from [`Theme::pinned`].
    pub color: Color32,
}

/// What the plots show.
#[derive(Clone, Copy)]
pub struct CurvesModel<'a> {
    /// The current run.
    pub run: Option<&'a Run>,
    /// Earlier runs that fade, oldest first.
    pub ghosts: &'a [Ghost<'a>],
    /// Runs kept for comparison.
    pub pinned: &'a [Pinned<'a>],
    /// Right end of the time axis, in steps.
    pub horizon: u64,
}

/// The two plots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotKind {
    /// The losses.
    Loss,
    /// The alignments.
    Alignment,
}

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurvesAction {
    /// A picture of one plot.
    ExportPlot(PlotKind),
    /// The current run kept for comparison.
    PinRun,
    /// The loss axis was switched (already done in [`CurvesState`]).
    LossScaleChanged,
}

/// What came of showing the plots.
#[derive(Debug)]
pub struct CurvesResponse {
    /// The recorded step under the crosshair.
    pub hovered_step: Option<u64>,
    /// What the user asked for.
    pub action: Option<CurvesAction>,
    /// Where the losses are, axes and legend included: what a picture of the
    /// plot shows.
    pub loss_rect: Rect,
    /// Where the alignments are, likewise.
    pub alignment_rect: Rect,
}

/// What the user chose to see. Belongs to the window, not to a run: it stays
/// when a run restarts.
#[derive(Clone, Debug)]
pub struct CurvesState {
    /// Scale of the loss axis.
    pub loss_scale: Scale,
    /// Train loss on show.
    pub train: bool,
    /// Test loss on show.
    pub test: bool,
    /// The zero predictor's loss and the thresholds on show.
    pub references: bool,
    /// Which of [`ALIGNMENTS`] are on show.
    pub alignments: [bool; ALIGNMENTS.len()],
    fitted_scale: Scale,
    time: Axis,
    loss: Axis,
    alignment: Axis,
    axis_width: f32,
    loss_height: f32,
}

impl Default for CurvesState {
    fn default() -> Self {
        Self {
            loss_scale: Scale::Linear,
            train: true,
            test: true,
            references: true,
            alignments: ALIGNMENTS.map(|a| a.on),
            fitted_scale: Scale::Linear,
            time: Axis::default(),
            loss: Axis::default(),
            alignment: Axis::default(),
            axis_width: 0.0,
            loss_height: 400.0,
        }
    }
}

impl CurvesState {
    /// Shows everything again; the axes ease back.
    pub fn refit(&mut self) {
        self.time.refit();
        self.loss.refit();
        self.alignment.refit();
    }

    /// Whether the user zoomed or moved the view.
    pub fn is_user_view(&self) -> bool {
        self.time.is_user() || self.loss.is_user() || self.alignment.is_user()
    }

    /// Switches the loss axis between linear and logarithmic.
    pub fn toggle_loss_scale(&mut self) {
        self.loss_scale = self.loss_scale.toggled();
    }
}

/// An alignment that can be shown.
#[derive(Clone, Copy)]
pub struct AlignmentCurve {
    /// The metric.
    pub metric: Metric,
    /// Name in the legend.
    pub name: &'static str,
    /// Name at the curve.
    pub label: &'static str,
    /// On show at first.
    pub on: bool,
    color: fn(&Theme) -> Color32,
    style: LineStyle,
}

const DASHED: LineStyle = LineStyle::Dashed { length: 7.0 };

/// The alignments, in the order of the legend.
pub static ALIGNMENTS: [AlignmentCurve; 4] = [
    AlignmentCurve {
        metric: Metric::FeatureAlignment,
        name: "features",
        label: "feature alignment βᵀMβ/(|β|² tr M)",
        on: true,
        color: |theme| theme.alignment,
        style: LineStyle::Solid,
    },
    AlignmentCurve {
        metric: Metric::PopulationAlignment,
        name: "kernel",
        label: "kernel alignment A",
        on: true,
        color: |theme| theme.kernel_alignment,
        style: LineStyle::Dashed { length: 11.0 },
    },
    AlignmentCurve {
        metric: Metric::Alignment,
        name: "on train set",
        label: "A on the train set",
        on: false,
        color: |theme| theme.raw_alignment,
        style: LineStyle::Dashed { length: 5.0 },
    },
    AlignmentCurve {
        metric: Metric::CenteredAlignment,
        name: "centred",
        label: "A centred, on the train set",
        on: false,
        color: |theme| theme.centered_alignment,
        style: LineStyle::Dotted { spacing: 5.0 },
    },
];

/// Share of the height that the losses take.
const LOSS_SHARE: f32 = 0.65;
/// Below this height of the whole, the alignments make room for the losses.
const MIN_HEIGHT_FOR_BOTH: f32 = 300.0;

/// Everything that is drawn in this frame.
struct Scene<'a> {
    model: &'a CurvesModel<'a>,
    theme: &'a Theme,
    time: Span,
    columns: usize,
}

impl Scene<'_> {
    fn canvas(&self, scale: Scale) -> Canvas {
        Canvas {
            time: self.time,
            scale,
            columns: self.columns,
        }
    }
}

/// Shows both plots in all the room there is.
pub fn show(
    ui: &mut Ui,
    model: &CurvesModel<'_>,
    state: &mut CurvesState,
    theme: &Theme,
) -> CurvesResponse {
    let whole = ui.available_rect_before_wrap();
    ui.allocate_rect(whole, Sense::hover());
    let inner = whole.shrink2(vec2(8.0, 4.0));
    let strip = ui.spacing().interact_size.y + 4.0;
    let footer = TextStyle::Body.resolve(ui.style()).size + 10.0;
    let both = inner.height() >= MIN_HEIGHT_FOR_BOTH;
    let share = if both { LOSS_SHARE } else { 1.0 };
    let split = inner.top() + share * (inner.height() - footer);
    let loss_rect = Rect::from_min_max(inner.min, pos2(inner.right(), split));
    let alignment_rect = Rect::from_min_max(
        pos2(inner.left(), split + 4.0),
        pos2(inner.right(), inner.bottom() - footer),
    );
    let below = |rect: Rect| {
        // Room on the right for half of the last tick label.
        Rect::from_min_max(rect.min + vec2(0.0, strip), rect.max - vec2(12.0, 0.0))
    };

    let dt = f64::from(ui.input(|i| i.stable_dt.min(i.unstable_dt.max(1.0 / 240.0))));
    let end = (model.horizon.max(10) as f64).log10();
    let (time, time_moves) = state
        .time
        .advance(Span::new(LOG_STEP_ZERO, end + 0.015), dt);
    let scene = Scene {
        model,
        theme,
        time,
        columns: (inner.width() * ui.ctx().pixels_per_point()) as usize,
    };
    let mut action = None;
    let loss = losses(ui, below(loss_rect), &scene, state, dt, &mut action);
    let alignment =
        both.then(|| alignments(ui, below(alignment_rect), &scene, state, dt, &mut action));

    let hovered = loss
        .hovered_x()
        .or_else(|| alignment.as_ref().and_then(Panel::hovered_x));
    let hovered_step = hovered.and_then(|x| readout::nearest(model.run?, x));
    if let Some(step) = hovered_step {
        loss.overlay.crosshair(step, &loss.curves);
        if let Some(panel) = &alignment {
            panel.overlay.crosshair(step, &panel.curves);
        }
    }
    let head = |rect: Rect| Rect::from_min_size(rect.min, vec2(rect.width(), strip - 2.0));
    at(ui, head(loss_rect), |ui| {
        if readout::losses(ui, model.run, hovered_step, state, theme) {
            action = Some(CurvesAction::LossScaleChanged);
        }
    });
    if both {
        at(ui, head(alignment_rect), |ui| {
            readout::alignments(ui, model.run, hovered_step, state, theme);
        });
    }
    let foot = Rect::from_min_max(pos2(inner.left(), inner.bottom() - footer), inner.max);
    let frame = loss.overlay.frame();
    paint_footer(ui, foot, frame, theme);

    let moving = time_moves || loss.moving || alignment.as_ref().is_some_and(|p| p.moving);
    let refit = loss.refit || alignment.as_ref().is_some_and(|p| p.refit);
    if refit {
        state.refit();
    }
    if moving || refit || ui.data(|_| state.fitted_scale != state.loss_scale) {
        ui.ctx().request_repaint();
    }
    CurvesResponse {
        hovered_step,
        action,
        loss_rect,
        alignment_rect,
    }
}

fn at(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), add);
}

/// One plot after it was shown.
struct Panel<'a> {
    overlay: Overlay<'a>,
    curves: Vec<Drawn>,
    response: Response,
    transform: egui_plot::PlotTransform,
    moving: bool,
    refit: bool,
}

impl Panel<'_> {
    fn hovered_x(&self) -> Option<f64> {
        let pointer = self.response.hover_pos()?;
        (!self.response.context_menu_opened())
            .then(|| self.transform.value_from_position(pointer).x)
    }
}

/// A bare plot with this view's axes; reads back what the user moved.
#[expect(
    clippy::too_many_arguments,
    reason = "one private helper for two plots"
)]
fn plot<'a>(
    ui: &mut Ui,
    rect: Rect,
    name: &str,
    scale: Scale,
    theme: &Theme,
    (time, values): (Span, Span),
    state: &mut CurvesState,
    draw: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> PlotResponse<()> {
    let tick = TextStyle::Body.resolve(ui.style());
    let axis = |hints: AxisHints<'a>| {
        hints
            .tick_label_color(theme.muted)
            .tick_label_font(tick.clone())
            .label_spacing(0.5..=1.0)
    };
    let label = RichText::new(name).color(theme.muted);
    let shown = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        ui.visuals_mut().widgets.noninteractive.bg_stroke = egui::Stroke::NONE;
        Plot::new(name)
            .width(rect.width())
            .height(rect.height())
            .allow_scroll(false)
            .allow_double_click_reset(false)
            .show_x(false)
            .show_y(false)
            .show_crosshair(false)
            .grid_color(theme.grid)
            .grid_spacing(axes::MIN_GRID_DISTANCE as f32..=46.0)
            .grid_fade(1.0)
            .x_grid_spacer(axes::time_marks)
            .y_grid_spacer(move |input| scale.marks(input))
            .custom_x_axes(vec![axis(AxisHints::new_x()).formatter(axes::time_tick)])
            .custom_y_axes(vec![
                axis(AxisHints::new_y())
                    .label(label)
                    .min_thickness(state.axis_width)
                    .formatter(move |mark, range| scale.tick(mark, range)),
            ])
            .show(ui, move |plot| {
                plot.set_plot_bounds(PlotBounds::from_min_max(
                    [time.low, values.low],
                    [time.high, values.high],
                ));
                draw(plot);
            })
    });
    let response = shown.inner;
    let frame = *response.transform.frame();
    // Both plots keep as much room for their tick labels as the wider one needs.
    state.axis_width = state.axis_width.max(frame.left() - rect.left());
    response
}

/// The wheel zooms the time axis about the pointer.
fn wheel(response: &Response, transform: &egui_plot::PlotTransform, time: Span) -> Option<Span> {
    let pointer = response.hover_pos()?;
    let turned = response.ctx.input(|i| i.smooth_scroll_delta.y);
    if turned == 0.0 {
        return None;
    }
    let factor = f64::from((-turned / 240.0).exp().clamp(0.5, 2.0));
    let x = transform.value_from_position(pointer).x;
    Some(Span::new(
        x + (time.low - x) * factor,
        x + (time.high - x) * factor,
    ))
}

fn losses<'a>(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'a>,
    state: &mut CurvesState,
    dt: f64,
    action: &mut Option<CurvesAction>,
) -> Panel<'a> {
    let Scene { model, theme, .. } = *scene;
    let scale = state.loss_scale;
    let canvas = scene.canvas(scale);
    let pens = |color: Color32, width: f32| {
        let pen = |style| Pen {
            color,
            width,
            style,
        };
        [pen(DASHED), pen(LineStyle::Solid)]
    };
    let pair = |run: &Run, [train, test]: [Pen; 2], state: &CurvesState| {
        let mut lines = Vec::new();
        if state.test {
            lines.push(Drawn::new(run, run.test_metric(), canvas, test));
        }
        if state.train {
            lines.push(Drawn::new(run, Metric::TrainLoss, canvas, train));
        }
        lines
    };
    let mut behind = Vec::new();
    for ghost in model.ghosts {
        let color = theme
            .ghost
            .gamma_multiply(0.75 * ghost.opacity.clamp(0.0, 1.0));
        behind.extend(pair(ghost.run, pens(color, 1.5), state));
    }
    let mut pinned = Vec::new();
    for kept in model.pinned {
        let lines = pair(kept.run, pens(kept.color, 1.5), state);
        pinned.push((kept, lines));
    }
    let mut curves = Vec::new();
    if let Some(run) = model.run {
        let [mut train, mut test] = pens(theme.train, 2.2);
        train.color = theme.train;
        test.color = theme.test;
        curves = pair(run, [train, test], state);
    }

    let mut extent = Extent::EMPTY;
    let kept = pinned.iter().flat_map(|(_, lines)| lines);
    for curve in behind.iter().chain(kept).chain(&curves) {
        curve.extend(&mut extent, scale);
    }
    let usual = usual_loss(model);
    let headroom = {
        let strong = TextStyle::Heading.resolve(ui.style()).size;
        (strong * 1.4 + 34.0) / state.loss_height.max(120.0)
    };
    let fit = bounds::fit_loss(scale, extent, usual, f64::from(headroom));
    if state.fitted_scale != scale {
        state.loss.reset();
        state.fitted_scale = scale;
    }
    let (values, moving) = state.loss.advance(fit, dt);

    let shown = {
        let layers: Vec<&Drawn> = behind
            .iter()
            .chain(pinned.iter().flat_map(|(_, lines)| lines))
            .chain(&curves)
            .collect();
        plot(
            ui,
            rect,
            "loss",
            scale,
            theme,
            (scene.time, values),
            state,
            |plot| {
                for curve in layers {
                    curve.add_to(plot);
                }
            },
        )
    };
    let mut panel = finish(ui, shown, theme, moving, curves);
    state.loss_height = panel.overlay.frame().height();
    settle(
        &mut panel,
        scene.time,
        values,
        &mut state.time,
        &mut state.loss,
    );
    let kept = pinned.iter().flat_map(|(_, lines)| lines);
    panel.overlay.avoid(kept.chain(&panel.curves));
    annotate_losses(&mut panel, scene, state, &pinned);
    describe(&panel.response, "Loss over training steps", model.run);
    context_menu(&panel.response, PlotKind::Loss, state, model, action);
    panel
}

/// The loss at the start: what the axis is made for.
fn usual_loss(model: &CurvesModel<'_>) -> f64 {
    let runs = model.run.into_iter();
    let all = runs.chain(model.ghosts.iter().rev().map(|ghost| ghost.run));
    for run in all {
        let first = [run.test_metric(), Metric::TrainLoss].map(|m| run.series(m).next());
        let first = first.into_iter().flatten().map(|(_, loss)| loss);
        let most = first.chain(run.zero_test_loss()).fold(0.0, f64::max);
        if most > 0.0 {
            return most;
        }
    }
    1.0
}

fn annotate_losses(
    panel: &mut Panel<'_>,
    scene: &Scene<'_>,
    state: &CurvesState,
    pinned: &[(&Pinned<'_>, Vec<Drawn>)],
) {
    let theme = scene.theme;
    let overlay = &mut panel.overlay;
    let Some(run) = scene.model.run else {
        overlay.message("No run yet. Press space to train.", theme.muted);
        return;
    };
    overlay.divergence(run, true);
    overlay.outcome(run);
    let mut lines = panel.curves.iter();
    let test = if state.test { lines.next() } else { None };
    let train = if state.train { lines.next() } else { None };
    let crossings = run.crossings();
    if let (Some(step), Some(curve)) = (crossings.fit, train) {
        overlay.mark(Mark::Fit, step, curve);
    }
    if let (Some(peak), Some(curve)) = (run.peak(), test) {
        let first = run.series(run.test_metric()).next().map_or(0.0, |p| p.1);
        let diverged = matches!(
            run.outcome(),
            Some(crate::sim::outcome::Outcome::Diverged { .. })
        );
        // A peak is worth a mark where test loss rose before it fell.
        if !diverged && peak.test_loss > 1.01 * first && peak.step < run.step() {
            overlay.mark(Mark::Peak, peak.step, curve);
        }
    }
    if let (Some(step), Some(curve)) = (crossings.generalise, test) {
        overlay.mark(Mark::Generalise, step, curve);
    }
    if let Some(curve) = test {
        overlay.label(curve, "test", theme.test, Side::Above);
    }
    if let Some(curve) = train {
        overlay.label(curve, "train", theme.train, Side::Below);
    }
    for (kept, lines) in pinned {
        if let Some(curve) = lines.first() {
            overlay.label(curve, kept.label, kept.color, Side::Above);
        }
    }
    if state.references {
        references(overlay, run, state.loss_scale, theme);
    }
    overlay.held(run);
    if run.phase() == Phase::Running {
        for curve in &panel.curves {
            overlay.head(curve);
        }
    }
    if run.rows().is_empty() && run.failure().is_none() {
        overlay.message("starting …", theme.muted);
    }
}

fn references(overlay: &mut Overlay<'_>, run: &Run, scale: Scale, theme: &Theme) {
    let pen = |color: Color32, width, style| Pen {
        color: color.gamma_multiply(0.6),
        width,
        style,
    };
    if let Some(zero) = run.zero_test_loss() {
        let dots = pen(theme.muted, 0.8, LineStyle::Dotted { spacing: 5.0 });
        overlay.reference(scale.place(zero), theme.faint, dots, "zero predictor");
    }
    if let Some(thresholds) = run.thresholds() {
        let dashes = LineStyle::Dashed { length: 3.0 };
        for (value, color, name) in [
            (thresholds.test, theme.test, "threshold θ"),
            (thresholds.train, theme.train, ""),
        ] {
            let place = scale.place(value);
            overlay.reference(place, theme.faint, pen(color, 1.0, dashes), name);
        }
    }
}

fn alignments<'a>(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'a>,
    state: &mut CurvesState,
    dt: f64,
    action: &mut Option<CurvesAction>,
) -> Panel<'a> {
    let Scene { model, theme, .. } = *scene;
    let canvas = scene.canvas(Scale::Linear);
    let on = state.alignments;
    let chosen = ALIGNMENTS.iter().zip(on).filter(|(_, on)| *on);
    let chosen: Vec<&AlignmentCurve> = chosen.map(|(curve, _)| curve).collect();
    let draw = |run: &Run, color: &dyn Fn(&AlignmentCurve) -> Color32, width| {
        let line = |curve: &&AlignmentCurve| {
            let pen = Pen {
                color: color(curve),
                width,
                style: curve.style,
            };
            Drawn::new(run, curve.metric, canvas, pen)
        };
        chosen.iter().map(line).collect::<Vec<_>>()
    };
    let mut behind = Vec::new();
    for ghost in model.ghosts {
        let color = theme
            .ghost
            .gamma_multiply(0.75 * ghost.opacity.clamp(0.0, 1.0));
        behind.extend(draw(ghost.run, &|_| color, 1.5));
    }
    for kept in model.pinned {
        behind.extend(draw(kept.run, &|_| kept.color, 1.5));
    }
    let curves = model
        .run
        .map(|run| draw(run, &|curve| (curve.color)(theme), 2.2))
        .unwrap_or_default();
    let (values, moving) = state.alignment.advance(Span::new(-0.04, 1.08), dt);
    let shown = {
        let layers: Vec<&Drawn> = behind.iter().chain(&curves).collect();
        plot(
            ui,
            rect,
            "alignment",
            Scale::Linear,
            theme,
            (scene.time, values),
            state,
            |plot| {
                for curve in layers {
                    curve.add_to(plot);
                }
            },
        )
    };
    let mut panel = finish(ui, shown, theme, moving, curves);
    let (time, axis) = (&mut state.time, &mut state.alignment);
    settle(&mut panel, scene.time, values, time, axis);
    panel.overlay.avoid(&panel.curves);
    if let Some(run) = model.run {
        panel.overlay.divergence(run, false);
        for (line, curve) in panel.curves.iter().zip(&chosen) {
            let color = (curve.color)(theme);
            panel.overlay.label(line, curve.label, color, Side::Above);
        }
        if run.phase() == Phase::Running {
            for curve in &panel.curves {
                panel.overlay.head(curve);
            }
        }
    }
    describe(&panel.response, "Alignment over training steps", model.run);
    context_menu(&panel.response, PlotKind::Alignment, state, model, action);
    panel
}

fn finish<'a>(
    ui: &Ui,
    shown: PlotResponse<()>,
    theme: &'a Theme,
    moving: bool,
    curves: Vec<Drawn>,
) -> Panel<'a> {
    Panel {
        overlay: Overlay::new(ui, shown.transform, theme),
        refit: shown.response.double_clicked(),
        response: shown.response,
        transform: shown.transform,
        moving,
        curves,
    }
}

/// Keeps what the user moved, zoomed or turned.
fn settle(
    panel: &mut Panel<'_>,
    time: Span,
    values: Span,
    time_axis: &mut Axis,
    value_axis: &mut Axis,
) {
    let found = panel.transform.bounds();
    let (min, max) = (found.min(), found.max());
    let turned = wheel(&panel.response, &panel.transform, time);
    let found_time = turned.unwrap_or(Span::new(min[0], max[0]));
    time_axis.adopt(time, found_time);
    value_axis.adopt(values, Span::new(min[1], max[1]));
    panel.moving |= turned.is_some();
}

/// What a screen reader says of a plot.
fn describe(response: &Response, name: &str, run: Option<&Run>) {
    response.widget_info(|| {
        let sentence = run.map(Run::outcome_sentence).unwrap_or_default();
        let text = if sentence.is_empty() {
            name.to_owned()
        } else {
            format!("{name}: {sentence}")
        };
        WidgetInfo::labeled(Role::Image, true, text)
    });
}

fn context_menu(
    response: &Response,
    kind: PlotKind,
    state: &mut CurvesState,
    model: &CurvesModel<'_>,
    action: &mut Option<CurvesAction>,
) {
    response.context_menu(|ui| {
        if ui.button("Fit the view (double click)").clicked() {
            state.refit();
            ui.close();
        }
        if kind == PlotKind::Loss {
            let text = match state.loss_scale {
                Scale::Linear => "Logarithmic loss axis",
                Scale::Log => "Linear loss axis",
            };
            if ui.button(text).clicked() {
                state.toggle_loss_scale();
                *action = Some(CurvesAction::LossScaleChanged);
                ui.close();
            }
        }
        ui.separator();
        if ui
            .add_enabled(model.run.is_some(), egui::Button::new("Pin this run"))
            .clicked()
        {
            *action = Some(CurvesAction::PinRun);
            ui.close();
        }
        if ui.button("Export this plot as PNG …").clicked() {
            *action = Some(CurvesAction::ExportPlot(kind));
            ui.close();
        }
    });
}

/// The name of the time axis, and the key to the marks.
fn paint_footer(ui: &Ui, foot: Rect, frame: Rect, theme: &Theme) {
    let painter = ui.painter();
    let font = TextStyle::Body.resolve(ui.style());
    let y = foot.center().y;
    let mut right = frame.right();
    for (mark, name) in [
        (Mark::Generalise, "generalises"),
        (Mark::Peak, "test peak"),
        (Mark::Fit, "fits"),
    ] {
        let galley = painter.layout_no_wrap(name.into(), font.clone(), theme.muted);
        let size = galley.size();
        right -= size.x;
        painter.galley(pos2(right, y - 0.5 * size.y), galley, theme.muted);
        right -= 10.0;
        mark.paint(
            painter,
            pos2(right, y),
            0.4 * font.size,
            theme.muted,
            Color32::TRANSPARENT,
        );
        right -= 18.0;
    }
    let galley = painter.layout_no_wrap("training step t".into(), font, theme.muted);
    let size = galley.size();
    let left = frame.center().x - 0.5 * size.x;
    if left + size.x < right {
        painter.galley(pos2(left, y - 0.5 * size.y), galley, theme.muted);
    }
}
