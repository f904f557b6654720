//! The centre of the window: the losses over log time, the alignments below
//! them on the same time axis, exact values under the crosshair, the outcome
//! written on the plot.

mod annotations;
mod bounds;
mod cursor;
mod guess;
mod kept;
mod legend;
mod losses;
mod lower;
mod lower_plot;
mod overlay;
mod panel;
mod placement;
mod readout;
mod series;
#[cfg(test)]
mod tests;

use super::{axes::Scale, pins::PinLine, polyline::line_style, scrubber, theme::Theme};
use crate::history::{Run, decimate::LOG_STEP_ZERO};
use crate::plot::runs;
use crate::sim::LossPoint;
pub use annotations::{Annotations, Tool};
use bounds::{Axis, Span};
use egui::{Color32, Pos2, Rangef, Rect, Sense, Shape, Ui, UiBuilder, pos2, vec2};
use egui_plot::LineStyle;
pub use guess::GuessMark;
use kept::KeptSeries;
use losses::losses;
pub use lower::{Lower, LowerCurve};
use lower_plot::{lower_plot, right_room};
pub use overlay::EventMark;
use overlay::Places;
use panel::{Panel, Scene};
use series::ScreenPen;

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
    /// Its colour, from [`Theme::pin`].
    pub colour: Color32,
    /// How its test loss is drawn.
    pub style: LineStyle,
}

/// What is computed about the run beside its training.
#[derive(Clone, Copy, Default)]
pub struct Foresight<'a> {
    /// The gradient flow up to the horizon.
    pub forecast: Option<&'a [LossPoint]>,
    /// The part of its first loss below which its own error shows.
    pub floor: f64,
    /// The linearised model up to the horizon.
    pub lazy: Option<&'a [LossPoint]>,
    /// Test loss of kernel regression with K₀.
    pub level: Option<f64>,
    /// Why there is no forecast.
    pub no_forecast: Option<&'a str>,
    /// Why there is no lazy model.
    pub no_lazy: Option<&'a str>,
    /// The forecast is of settings that have changed since.
    pub stale_forecast: bool,
    /// The lazy model, and its level, are of settings that have changed since.
    pub stale_lazy: bool,
}

impl<'a> Foresight<'a> {
    /// With the lazy twin of a run that trains one, where theory has no lazy model.
    pub fn with_twin(mut self, run: Option<&'a Run>) -> Self {
        let twin = run.map_or(&[][..], Run::twin);
        if self.lazy.is_none() && !twin.is_empty() {
            self.lazy = Some(twin);
        }
        self
    }
}

/// What the plots show.
#[derive(Clone, Copy)]
pub struct CurvesModel<'a> {
    /// The current run.
    pub run: Option<&'a Run>,
    /// What tells it from the kept ones, where it has a name.
    pub name: Option<&'a str>,
    /// Earlier runs that fade, oldest first.
    pub ghosts: &'a [Ghost<'a>],
    /// Runs kept for comparison.
    pub pinned: &'a [Pinned<'a>],
    /// What is computed beside the current run.
    pub foresight: Foresight<'a>,
    /// Right end of the time axis, in steps.
    pub horizon: u64,
    /// The recorded step that the time cursor stands at, where it is in the
    /// past.
    pub cursor: Option<u64>,
}

/// The two plots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotKind {
    /// The losses.
    Loss,
    /// The plot below them.
    Lower,
}

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurvesAction {
    /// A picture of one plot.
    ExportPlot(PlotKind),
    /// The current run kept for comparison.
    PinRun,
    /// What explains the outcome.
    Why,
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
    /// Where the lower plot is, likewise.
    pub lower_rect: Rect,
    /// Room below the plots for what controls time.
    pub foot: Rect,
    /// The time axis: its ends on the screen …
    pub axis: Rangef,
    /// … and what they stand for, as log₁₀ of the step.
    pub time: (f64, f64),
}

/// Which curves the user wants to see.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Train loss.
    pub train: bool,
    /// Test loss.
    pub test: bool,
    /// The forecast.
    pub forecast: bool,
    /// The lazy model.
    pub lazy_model: bool,
    /// The zero predictor's loss and the thresholds.
    pub references: bool,
    /// Kept runs that differ in nothing but their seed are a median with a band.
    pub seeds: bool,
    /// Train losses of kept runs; `None` as long as the user has not said: then
    /// those of a few.
    pub pin_trains: Option<bool>,
    /// What the lower plot shows.
    pub lower: Lower,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            train: true,
            test: true,
            forecast: true,
            lazy_model: true,
            references: true,
            seeds: true,
            pin_trains: None,
            lower: Lower::default(),
        }
    }
}

/// What the user chose to see. Belongs to the window, not to a run: it stays
/// when a run restarts.
#[derive(Clone, Debug, Default)]
pub struct CurvesState {
    /// Scale of the loss axis.
    pub loss_scale: Scale,
    /// Curves on show.
    pub shown: Shown,
    /// Without what is set there: a legend of what is shown, and nothing to choose.
    pub plain: bool,
    /// What was drawn and written on them.
    pub annotations: Annotations,
    /// Where the run was thought to generalise.
    pub guess: Option<GuessMark>,
    fitted_scale: Scale,
    fitted_lower: Scale,
    time: Axis,
    loss: Axis,
    lower: Axis,
    right: Axis,
    axis_width: f32,
    loss_height: f32,
    loss_places: Places,
    lower_places: Places,
    kept: KeptSeries,
}

impl CurvesState {
    /// Shows everything again; the axes ease back.
    pub fn refit(&mut self) {
        self.time.refit();
        self.loss.refit();
        self.lower.refit();
    }

    /// Shows this part of the time axis, in steps, and of the losses; what fits where
    /// nothing is said.
    pub fn look_at(&mut self, time: Option<[f64; 2]>, losses: Option<[f64; 2]>) {
        let time = time.map(|ends| ends.map(|step| step.log10().max(LOG_STEP_ZERO)));
        let scale = self.loss_scale;
        let losses = losses.map(|ends| ends.map(|loss| scale.place(loss)));
        let span = |[low, high]: [f64; 2]| Span::new(low, high);
        self.set_zoom([time.map(span), losses.map(span), None]);
    }

    /// The part of the time axis that the user chose to see, in steps, and that of the
    /// losses.
    pub fn chosen_view(&self) -> [Option<[f64; 2]>; 2] {
        let back = |span: Span, scale: Scale| {
            [span.low, span.high].map(|place| scale.value(place).max(0.0))
        };
        let [time, losses, _] = self.zoom();
        [
            time.map(|span| back(span, Scale::Log)),
            losses.map(|span| back(span, self.loss_scale)),
        ]
    }

    /// Whether the user zoomed or moved the view.
    pub fn is_user_view(&self) -> bool {
        self.time.is_user() || self.loss.is_user() || self.lower.is_user()
    }

    /// What of the two plots the user chose to see, for a picture.
    pub fn views(&self) -> [runs::View; 2] {
        let chosen = |axis: &Axis| axis.shown().filter(|_| axis.is_user());
        let time = chosen(&self.time);
        [&self.loss, &self.lower].map(|axis| runs::View {
            time,
            values: chosen(axis),
        })
    }

    /// What of time, losses and the lower plot the user chose to see.
    pub fn zoom(&self) -> [Option<Span>; 3] {
        [&self.time, &self.loss, &self.lower].map(Axis::user)
    }

    /// Shows these parts of time, losses and the lower plot, or what fits.
    pub fn set_zoom(&mut self, [time, loss, lower]: [Option<Span>; 3]) {
        self.time.choose(time);
        self.loss.choose(loss);
        self.lower.choose(lower);
    }

    /// Whether the train losses of this many kept runs are on show.
    pub fn pin_trains(&self, pins: usize) -> bool {
        self.shown.pin_trains.unwrap_or(pins <= FEW)
    }

    /// Switches the loss axis between linear and logarithmic.
    pub fn toggle_loss_scale(&mut self) {
        self.loss_scale = self.loss_scale.toggled();
    }
}

const DASHED: LineStyle = LineStyle::Dashed { length: 7.0 };

/// More kept runs than this, and what is not their main curve steps back.
const FEW: usize = crate::plot::look::FEW;

/// How the test loss of a kept run is drawn.
pub fn pin_style(line: PinLine) -> LineStyle {
    line_style(line.dash())
}

/// A short piece of such a line.
pub fn line_sample(
    colour: Color32,
    width: f32,
    style: LineStyle,
    left: Pos2,
    length: f32,
) -> Vec<Shape> {
    let pen = ScreenPen {
        colour,
        width,
        style,
    };
    legend::sample(pen, left, length)
}

/// Names the kept runs, for a picture that the Runs tab does not stand beside.
pub fn pins_legend(ui: &mut Ui, pinned: &[Pinned<'_>], theme: &Theme) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
        for pin in pinned {
            let (rect, _) = ui.allocate_exact_size(vec2(20.0, LEGEND_ROW), Sense::hover());
            let left = rect.left_center();
            ui.painter()
                .extend(line_sample(pin.colour, 2.0, pin.style, left, 20.0));
            ui.label(egui::RichText::new(pin.label).color(theme.text));
            ui.add_space(8.0);
        }
    });
}

/// Height of a row of that legend.
const LEGEND_ROW: f32 = 18.0;

/// Room that the legend needs at most, where lines are this wide.
pub fn pins_legend_height(pinned: &[Pinned<'_>], width: f32) -> f32 {
    // Wider than any character of the font on average.
    let entry = |pin: &Pinned<'_>| 48.0 + 8.5 * pin.label.chars().count() as f32;
    let mut rows = 0.0;
    let mut left = 0.0;
    for pin in pinned {
        let entry = entry(pin).min(width);
        if entry > left {
            rows += 1.0;
            left = width;
        }
        left -= entry;
    }
    rows * (LEGEND_ROW + 4.0)
}

/// Share of the height that the losses take.
const LOSS_SHARE: f32 = 0.65;
/// Below this height of the whole, the alignments make room for the losses.
const MIN_HEIGHT_FOR_BOTH: f32 = 300.0;

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
    let footer = scrubber::height(ui);
    let both = inner.height() >= MIN_HEIGHT_FOR_BOTH;
    let share = if both { LOSS_SHARE } else { 1.0 };
    let split = inner.top() + share * (inner.height() - footer);
    let loss_rect = Rect::from_min_max(inner.min, pos2(inner.right(), split));
    let lower_rect = Rect::from_min_max(
        pos2(inner.left(), split + 4.0),
        pos2(inner.right(), inner.bottom() - footer),
    );
    // A guess that is open is not given away.
    let hidden = CurvesModel {
        foresight: Foresight::default(),
        ..*model
    };
    let model = match guess::is_open(model, state.guess.as_ref()) {
        true => &hidden,
        false => model,
    };
    // Room on the right for half of the last tick label, or for an axis.
    let right = match both && state.shown.lower.has_right() {
        true => right_room(ui),
        false => 12.0,
    };
    let below =
        |rect: Rect| Rect::from_min_max(rect.min + vec2(0.0, strip), rect.max - vec2(right, 0.0));

    // Where nothing is to move, an axis is at once where it is going.
    let dt = match ui.style().animation_time > 0.0 {
        true => f64::from(ui.input(|i| i.stable_dt.min(0.25))),
        false => f64::INFINITY,
    };
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
    let mut loss = losses(ui, below(loss_rect), &scene, state, dt, &mut action);
    let mut lower = both.then(|| lower_plot(ui, below(lower_rect), &scene, state, dt, &mut action));

    // Who draws reads no values.
    let hovered = loss
        .hovered_x()
        .or_else(|| lower.as_ref().and_then(Panel::hovered_x))
        .filter(|_| state.annotations.tool == Tool::None);
    let hovered_step = hovered.and_then(|x| model.run?.nearest_known(x));
    if let Some((step, run)) = model.cursor.zip(model.run) {
        // Where the pointer asks, the legend answers for it alone.
        let values = hovered_step.is_none();
        let Panel {
            overlay, curves, ..
        } = &mut loss;
        overlay.cursor((run, step), curves, true, values);
        if let Some(Panel {
            overlay, curves, ..
        }) = &mut lower
        {
            overlay.cursor((run, step), curves, false, values);
        }
    }
    state.kept.end_frame();
    if let Some(step) = hovered_step {
        let over_loss = loss.hovered_x().is_some();
        loss.overlay.crosshair(step, &loss.curves, over_loss);
        if let Some(panel) = &mut lower {
            panel.overlay.crosshair(step, &panel.curves, !over_loss);
        }
    }
    if let Some(mut mark) = state.guess {
        guess::show(ui, &mut loss, model, &mut mark, theme);
        state.guess = Some(mark);
    }
    let mut annotate = |panel: &Panel<'_>, kind, scale| {
        annotations::show(ui, panel, kind, scale, &mut state.annotations, theme);
    };
    annotate(&loss, PlotKind::Loss, state.loss_scale);
    if let Some(panel) = &lower {
        annotate(panel, PlotKind::Lower, state.shown.lower.scale);
    }
    if loss.asks_why(ui, state.annotations.tool) {
        action = Some(CurvesAction::Why);
    }
    let head = |rect: Rect| Rect::from_min_size(rect.min, vec2(rect.width(), strip - 2.0));
    at(ui, head(loss_rect), |ui| {
        if readout::losses(ui, model, hovered_step, state, theme) {
            action = Some(CurvesAction::LossScaleChanged);
        }
    });
    if both {
        at(ui, head(lower_rect), |ui| {
            readout::lower(ui, model, hovered_step, state, theme);
        });
    }
    let foot = Rect::from_min_max(pos2(inner.left(), inner.bottom() - footer), inner.max);
    let frame = loss.overlay.frame();

    let moving = time_moves || loss.moving || lower.as_ref().is_some_and(|p| p.moving);
    let refit = loss.refit || lower.as_ref().is_some_and(|p| p.refit);
    if refit {
        state.refit();
    }
    let switched =
        state.fitted_scale != state.loss_scale || state.fitted_lower != state.shown.lower.scale;
    if moving || refit || switched {
        ui.ctx().request_repaint();
    }
    CurvesResponse {
        hovered_step,
        action,
        loss_rect,
        lower_rect,
        foot,
        axis: frame.x_range(),
        time: (time.low, time.high),
    }
}

fn at(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui)) {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), add);
}
