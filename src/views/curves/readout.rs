//! The strips above the plots: legend, exact values at one step, the scale.

use super::{
    CurvesModel, CurvesState, DASHED,
    legend::Chip,
    losses::{forecast_pens, lazy_pen},
    lower,
    series::ScreenPen,
};
use crate::history::{Reading, Run, format};
use crate::sim::metrics::Metric;
use crate::views::{axes::Scale, theme::Theme};
use egui::{Align, Color32, Layout, RichText, TextStyle, Ui};
use egui_plot::LineStyle;

/// The step that the legend reads, and a word for which one it is.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The step; none without a run.
    pub step: Option<u64>,
    word: &'static str,
    chosen: bool,
}

impl Asked {
    /// Under the pointer, else at the time cursor, else where the run stands.
    pub fn of(model: &CurvesModel<'_>, hovered: Option<u64>) -> Self {
        let (step, word) = match (hovered, model.cursor) {
            (Some(step), _) => (Some(step), "pointer"),
            (None, Some(step)) => (Some(step), "cursor"),
            (None, None) => (model.run.map(Run::step), "now"),
        };
        let chosen = word != "now";
        Self { step, word, chosen }
    }

    fn read(self, run: Option<&Run>, metric: Metric) -> Option<Reading> {
        run?.reading(metric, self.step?)
    }

    fn text(self) -> Option<String> {
        let step = format::thousands(self.step?);
        Some(format!("{}: step {step}", self.word))
    }
}

/// Whether a run has a curve of a metric. Those that need a Gram matrix are
/// measured at the first row, and where one is measured at all it goes on.
fn has(run: &Run, metric: Metric) -> bool {
    let rows = run.rows();
    let some = rows.iter().take(8).chain(rows.last());
    some.filter_map(|row| row.get(metric)).next().is_some()
}

/// Whether a curve of a metric is or would be drawn.
fn drawn(model: &CurvesModel<'_>, metric: Metric) -> bool {
    let pins = model.pinned.iter().map(|pin| pin.run);
    // Before its first row a run has all that it may come to have.
    let begins = model.run.is_some_and(|run| run.rows().is_empty());
    begins
        || model
            .run
            .into_iter()
            .chain(pins)
            .any(|run| has(run, metric))
}

const FORECAST: &str = "The gradient flow from step 0 up to the horizon with the settings as they are, computed before it is trained: against t = τ/η₀, train dashed and test solid. It is drawn down to 10⁻⁵ of the loss at step 0 (a first sketch to 10⁻³): below, the errors of this quick computation show. It ends where the train loss is spent. Gradient descent runs along it as long as η₀ is small enough.";
const LAZY: &str = "Test loss of the lazy model: the network linearised about its initial weights, in closed form. Its features never move. The horizontal line is where it tends: kernel regression with the initial kernel K₀.";

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
    let asked = Asked::of(model, hovered);
    let test_metric = run.map_or(Metric::TestLoss, Run::test_metric);
    let pen = |colour, width, style| ScreenPen {
        colour,
        width,
        style,
    };
    let shown = &state.shown;
    let chip = |name, metric: Metric, pen, on| Chip {
        name,
        meaning: metric.spec().meaning,
        pen,
        on,
        there: true,
        value: Some(asked.read(run, metric)),
        step: asked.step,
    };
    let dashed = pen(theme.train, 2.2, DASHED);
    let solid = pen(theme.test, 2.2, LineStyle::Solid);
    let mut train = chip("train", Metric::TrainLoss, dashed, shown.train);
    let mut test = chip("test", test_metric, solid, shown.test);
    let [_, forecast_pen] = forecast_pens(theme);
    let plain = |name, meaning, pen, on, there| Chip {
        name,
        meaning,
        pen,
        on,
        there,
        value: None,
        step: None,
    };
    let foresight = &model.foresight;
    let explained = |meaning: &str, problem: Option<&str>| match problem {
        Some(problem) => format!("{meaning} Not now: {problem}."),
        None => meaning.to_owned(),
    };
    let meanings = [
        explained(FORECAST, foresight.no_forecast),
        explained(LAZY, foresight.no_lazy),
    ];
    let there = foresight.forecast.is_some();
    let forecast = plain(
        "forecast",
        &meanings[0],
        forecast_pen,
        shown.forecast,
        there,
    );
    let (there, pen_of) = (foresight.lazy.is_some(), lazy_pen(theme));
    let lazy = plain("lazy model", &meanings[1], pen_of, shown.lazy_model, there);
    let references = plain(
        "references",
        "The loss of always answering 0, the thresholds θ below which a run counts as fitted and as generalising, and at the foot the step at which the data say that the features escape.",
        pen(theme.muted, 1.6, LineStyle::Dotted { spacing: 4.0 }),
        shown.references,
        true,
    );
    let mut trains_on = state.pin_trains(model.pinned.len());
    let trains = plain(
        "train of pins",
        "The dashed train losses of all pinned runs. Off at first where many are pinned.",
        pen(theme.muted, 1.6, DASHED),
        trains_on,
        true,
    );
    let known = run.is_some_and(|run| run.info().is_some());
    // Only what is drawn, or would be if it were switched on, has an entry; what is
    // still computed, or cannot be, has one without a line, which says so.
    let there = [
        run.is_some_and(Run::has_theory),
        run.is_some_and(|run| run.has_theory() || !run.twin().is_empty())
            && drawn(model, test_metric),
        known,
        !model.pinned.is_empty() && state.shown.train,
    ];
    if let Some(name) = model.name {
        ui.label(RichText::new(format!("{name}:")).color(theme.text));
    }
    let plain_view = state.plain;
    let scale_width = match plain_view {
        true => 12.0,
        false => scales_width(ui) + 12.0,
    };
    // Nothing to choose: what is hidden has no entry.
    let is_listed = |on: bool| on || !plain_view;
    if train.width(ui) + test.width(ui) + 8.0 + scale_width > ui.available_width() {
        (train.value, test.value) = (None, None);
    }
    let shown = &mut state.shown;
    let mut main = vec![(&train, &mut shown.train)];
    if drawn(model, test_metric) {
        main.push((&test, &mut shown.test));
    }
    for (chip, on) in main {
        // What has no room here is in the plot's menu.
        let room = ui.available_width() - scale_width;
        let fits = room > chip.width(ui) && is_listed(*on);
        if fits && chip.show(ui, theme.text, theme.muted).clicked() {
            *on = !*on;
        }
    }
    let mut switched = false;
    let mono = TextStyle::Monospace.resolve(ui.style());
    let text = asked.text();
    let step_width = {
        let widest = text.clone().unwrap_or_default();
        let galley = ui.painter().layout_no_wrap(widest, mono, theme.text);
        galley.size().x + 14.0
    };
    let was = trains_on;
    let others = [
        (&forecast, &mut shown.forecast),
        (&lazy, &mut shown.lazy_model),
        (&references, &mut shown.references),
        (&trains, &mut trains_on),
    ];
    for ((chip, on), _) in others.into_iter().zip(there).filter(|(_, there)| *there) {
        // What has no room here is in the plot's menu.
        let room = ui.available_width() - scale_width;
        let fits = room > chip.width(ui) && is_listed(*on);
        if fits && chip.show(ui, theme.text, theme.muted).clicked() {
            *on = !*on;
        }
    }
    if trains_on != was {
        shown.pin_trains = Some(trains_on);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(12.0);
        let why = [
            "Logarithmic loss axis: the late decay is seen.",
            "Linear loss axis, as in the paper.",
        ];
        if !plain_view {
            switched = scales(ui, &mut state.loss_scale, "", why);
        }
        if let Some(text) = text
            // Without room for it here the line in the plot names the step.
            && ui.available_width() > step_width
        {
            ui.add_space(8.0);
            let colour = if asked.chosen {
                theme.text
            } else {
                theme.muted
            };
            ui.label(RichText::new(text).monospace().color(colour));
        }
    });
    switched
}

/// Room that [`scales`] takes, with the gap before it.
fn scales_width(ui: &Ui) -> f32 {
    let font = TextStyle::Body.resolve(ui.style());
    let text = |word: &str| {
        let galley = ui
            .painter()
            .layout_no_wrap(word.into(), font.clone(), Color32::WHITE);
        galley.size().x + 2.0 * ui.spacing().button_padding.x
    };
    text("linear") + text("log") + 2.0 * ui.spacing().item_spacing.x
}

/// A switch between a logarithmic and a linear axis; whether it was moved.
fn scales(ui: &mut Ui, scale: &mut Scale, owner: &str, [log, linear]: [&str; 2]) -> bool {
    let mut switched = false;
    for (choice, name, meaning) in [(Scale::Log, "log", log), (Scale::Linear, "linear", linear)] {
        let chosen = *scale == choice;
        // Two switches with one name could not be told apart by ear.
        let button = ui
            .selectable_label(chosen, name)
            .on_hover_text(meaning)
            .accessible_name(format!("{owner}{name}"));
        if button.clicked() && !chosen {
            *scale = choice;
            switched = true;
        }
    }
    switched
}

/// The strip above the lower plot.
pub fn lower(
    ui: &mut Ui,
    model: &CurvesModel<'_>,
    hovered: Option<u64>,
    state: &mut CurvesState,
    theme: &Theme,
) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let asked = Asked::of(model, hovered);
    if !state.plain {
        lower::menu(ui, &mut state.shown.lower, model.run, theme);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(12.0);
        let why = [
            "Logarithmic axis for all that is shown.",
            "Linear axis; fractions at the left, other quantities at the right.",
        ];
        if !state.plain {
            scales(ui, &mut state.shown.lower.scale, "Lower plot: ", why);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            legend(ui, model, asked, state, theme);
        });
    });
}

fn legend(
    ui: &mut Ui,
    model: &CurvesModel<'_>,
    asked: Asked,
    state: &mut CurvesState,
    theme: &Theme,
) {
    let lower = state.shown.lower.clone();
    let names: Vec<String> = lower
        .curves
        .iter()
        .map(|curve| {
            let name = curve.metric.quantity().name;
            match lower.is_right(curve.metric) {
                true => format!("{name} →"),
                false => name.to_owned(),
            }
        })
        .collect();
    let mut chips = Vec::new();
    for (place, (curve, name)) in lower.curves.iter().zip(&names).enumerate() {
        if !drawn(model, curve.metric) || (state.plain && !curve.on) {
            continue;
        }
        let (colour, style) = lower::look(curve.metric, theme);
        let chip = Chip {
            name,
            meaning: curve.metric.spec().meaning,
            pen: ScreenPen {
                colour,
                width: 2.2,
                style,
            },
            on: curve.on,
            there: true,
            value: Some(asked.read(model.run, curve.metric)),
            step: asked.step,
        };
        chips.push((place, chip));
    }
    let width = |ui: &Ui, chips: &[(usize, Chip<'_>)]| -> f32 {
        chips.iter().map(|(_, chip)| chip.width(ui) + 4.0).sum()
    };
    if width(ui, &chips) > ui.available_width() {
        for (_, chip) in &mut chips {
            chip.value = None;
        }
    }
    for (place, chip) in &chips {
        // What has no room here is in the menu.
        if chip.width(ui) > ui.available_width() {
            break;
        }
        if chip.show(ui, theme.text, theme.muted).clicked() {
            let on = &mut state.shown.lower.curves[*place].on;
            *on = !*on;
        }
    }
}
