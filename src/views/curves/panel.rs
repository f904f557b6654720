//! What both plots have in common: their axes, what the user moves, the menu.

use super::{
    CurvesAction, CurvesModel, CurvesState, PlotKind, Tool,
    bounds::{Axis, Span},
    overlay::Overlay,
    series::{Canvas, Drawn},
};
use crate::history::Run;
use crate::plot;
use crate::views::{
    axes::{self, Scale},
    theme::Theme,
};
use egui::{CursorIcon, Rect, Response, RichText, Role, TextStyle, Ui, UiBuilder, WidgetInfo};
use egui_plot::{AxisHints, Plot, PlotBounds, PlotResponse};

/// Everything that is drawn in this frame.
pub(super) struct Scene<'a> {
    pub model: &'a CurvesModel<'a>,
    pub theme: &'a Theme,
    pub time: Span,
    pub columns: usize,
}

impl Scene<'_> {
    /// The pixels of a plot whose value axis shows `values` over `height` points.
    pub fn canvas(&self, scale: Scale, values: Option<Span>, height: f32) -> Canvas {
        // A quarter of a point, and the same while the axis eases a little.
        let seen = values.map_or(0.0, |span| span.width() / f64::from(height.max(50.0)));
        Canvas {
            time: self.time,
            scale,
            columns: self.columns,
            tolerance: (0.25 * seen).log2().floor().exp2(),
        }
    }
}

/// One plot after it was shown.
pub(super) struct Panel<'a> {
    pub overlay: Overlay<'a>,
    pub curves: Vec<Drawn>,
    pub response: Response,
    pub transform: egui_plot::PlotTransform,
    pub moving: bool,
    pub refit: bool,
}

impl Panel<'_> {
    /// Draws lines, and its own curves over them.
    pub fn draw<'d>(&self, behind: impl IntoIterator<Item = &'d Drawn>) {
        let Overlay {
            painter, canvas, ..
        } = &self.overlay;
        for line in behind {
            painter.extend(line.shapes(canvas));
        }
        for line in &self.curves {
            painter.extend(line.shapes(canvas));
        }
    }

    /// Whether the outcome at the top of the frame was clicked: it leads to what
    /// explains it.
    pub fn asks_why(&self, ui: &Ui, tool: Tool) -> bool {
        let Some(headline) = self.overlay.headline.filter(|_| tool == Tool::None) else {
            return false;
        };
        let over = self
            .response
            .hover_pos()
            .is_some_and(|p| headline.contains(p));
        if over {
            ui.ctx().set_cursor_icon(CursorIcon::Help);
            let line = headline.bottom() - 1.0;
            let ink = self.overlay.theme.text.gamma_multiply(0.5);
            let stroke = egui::Stroke::new(1.0, ink);
            self.overlay.painter.hline(headline.x_range(), line, stroke);
        }
        over && self.response.clicked()
    }

    pub fn hovered_x(&self) -> Option<f64> {
        let pointer = self.response.hover_pos()?;
        (!self.response.context_menu_opened())
            .then(|| self.transform.value_from_position(pointer).x)
    }
}

/// A bare plot with this view's axes; reads back what the user moved.
pub(super) fn plot(
    ui: &mut Ui,
    rect: Rect,
    (name, title): (&str, &str),
    scale: Scale,
    theme: &Theme,
    (time, values): (Span, Span),
    state: &mut CurvesState,
) -> PlotResponse<()> {
    let tick = TextStyle::Body.resolve(ui.style());
    let axis = |hints: AxisHints<'static>| {
        hints
            .tick_label_color(theme.muted)
            .tick_label_font(tick.clone())
            .label_spacing(0.5..=1.0)
    };
    let label = RichText::new(title).color(theme.muted);
    // Else the pointer draws or writes.
    let free = state.annotations.tool == Tool::None;
    let shown = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        ui.visuals_mut().widgets.noninteractive.bg_stroke = egui::Stroke::NONE;
        Plot::new(name)
            .width(rect.width())
            .height(rect.height())
            .allow_scroll(false)
            .allow_drag(free)
            .allow_boxed_zoom(free)
            .allow_double_click_reset(false)
            .show_x(false)
            .show_y(false)
            .show_crosshair(false)
            .grid_color(theme.grid)
            .grid_spacing(axes::MIN_GRID_DISTANCE as f32..=46.0)
            .grid_fade(1.0)
            .x_grid_spacer(axes::time_marks)
            .y_grid_spacer(move |input| axes::marks(scale, input))
            .custom_x_axes(vec![axis(AxisHints::new_x()).formatter(axes::time_tick)])
            .custom_y_axes(vec![
                axis(AxisHints::new_y())
                    .label(label)
                    .min_thickness(state.axis_width)
                    .formatter(move |mark, range| axes::tick(scale, mark, range)),
            ])
            .show(ui, move |plot| {
                plot.set_plot_bounds(PlotBounds::from_min_max(
                    [time.low, values.low],
                    [time.high, values.high],
                ));
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
    let factor = f64::from((-turned / 500.0).exp().clamp(0.5, 2.0));
    let x = transform.value_from_position(pointer).x;
    let zoomed = Span::new(x + (time.low - x) * factor, x + (time.high - x) * factor);
    // No step count has more than 20 digits.
    (zoomed.high - zoomed.low < 24.0).then_some(zoomed)
}

pub(super) fn finish<'a>(
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
pub(super) fn settle(
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

/// What a screen reader says of a plot: its name and the outcome, and as a description
/// the course of every curve.
pub(super) fn describe(
    response: &Response,
    name: &str,
    run: Option<&Run>,
    panel: impl FnOnce() -> plot::Panel,
) {
    response.widget_info(|| {
        let sentence = run.map(Run::outcome_sentence).unwrap_or_default();
        let text = if sentence.is_empty() {
            name.to_owned()
        } else {
            format!("{name}: {sentence}")
        };
        WidgetInfo::labeled(Role::Image, true, text)
    });
    if run.is_some_and(|run| !run.rows().is_empty()) {
        // Only where somebody listens.
        response.ctx.accesskit_node_builder(response.id, |node| {
            node.set_description(plot::panel_in_words(&panel()));
        });
    }
}

pub(super) fn context_menu(
    response: &Response,
    kind: PlotKind,
    state: &mut CurvesState,
    model: &CurvesModel<'_>,
    action: &mut Option<CurvesAction>,
) {
    response.context_menu(|ui| {
        let fit = ui
            .button("Fit the view (double click)")
            .on_hover_text("Axes that show all of every curve");
        if fit.clicked() {
            state.refit();
            ui.close();
        }
        if kind == PlotKind::Loss {
            let text = match state.loss_scale {
                Scale::Linear => "Logarithmic loss axis",
                Scale::Log => "Linear loss axis",
            };
            let scale = ui.button(text).on_hover_text(
                "A logarithmic axis shows small losses, a linear one large ones (L)",
            );
            if scale.clicked() {
                state.toggle_loss_scale();
                *action = Some(CurvesAction::LossScaleChanged);
                ui.close();
            }
        }
        if kind == PlotKind::Loss {
            let shown = &mut state.shown;
            for (on, name, why) in [
                (&mut shown.train, "Train loss", "The dashed curve"),
                (&mut shown.test, "Test loss", "The solid curve"),
                (
                    &mut shown.forecast,
                    "Forecast",
                    "The pale curve: where the gradient flow leads, up to the horizon",
                ),
                (
                    &mut shown.lazy_model,
                    "Lazy model",
                    "The dotted curve: the same network if its features never moved",
                ),
                (
                    &mut shown.references,
                    "References",
                    "Threshold and the loss of predicting zero as horizontal lines, and a tick where the features are to escape",
                ),
            ] {
                ui.checkbox(on, name).on_hover_text(why);
            }
            if !model.pinned.is_empty() {
                let mut trains = state.pin_trains(model.pinned.len());
                let switch = ui
                    .checkbox(&mut trains, "Train loss of pins")
                    .on_hover_text(
                        "The train losses of the pinned runs too, not only their test losses",
                    );
                if switch.changed() {
                    state.shown.pin_trains = Some(trains);
                }
            }
        } else {
            let scale = &mut state.shown.lower.scale;
            let text = match scale {
                Scale::Linear => "Logarithmic axis",
                Scale::Log => "Linear axis",
            };
            let switch = ui
                .button(text)
                .on_hover_text("Equal ratios or equal differences along the axis");
            if switch.clicked() {
                *scale = scale.toggled();
                ui.close();
            }
        }
        ui.separator();
        let pin = ui
            .add_enabled(model.run.is_some(), egui::Button::new("Pin this run"))
            .on_hover_text("Keeps the run on the plots, whatever is changed next");
        if pin.clicked() {
            *action = Some(CurvesAction::PinRun);
            ui.close();
        }
        let export = ui
            .button("Export this plot as PNG …")
            .on_hover_text("As it is now, at twice the resolution");
        if export.clicked() {
            *action = Some(CurvesAction::ExportPlot(kind));
            ui.close();
        }
    });
}
