//! The figure of the paper on show: a strip above the plots that says what to
//! look at, and a tab with caption, curves, claim and settings.

use super::{
    action::Action,
    commands,
    controls::{heading, upper_first},
    fonts, glossary,
    panels::Tab,
    theme::Theme,
};
use crate::{
    figures::{Curve, CurveSummary, Figure, page},
    history::format,
    sim::config::Config,
};
use egui::{
    Align, Button, CollapsingHeader, Color32, FontId, Frame, Label, Layout, Margin, Pos2, Rect,
    RichText, Sense, Stroke, TextStyle, Ui, Vec2,
};

/// What the tab draws.
pub struct View<'a> {
    /// The figure.
    pub figure: &'a Figure,
    /// Its curves, in order.
    pub curves: Vec<CurveView<'a>>,
    /// Curves are still being computed.
    pub computing: bool,
    /// All curves are the flow's.
    pub flow: bool,
    /// Curves that could not be computed, and why.
    pub failures: &'a [String],
}

/// A curve of the figure.
pub struct CurveView<'a> {
    /// Its name and settings.
    pub curve: &'a Curve,
    /// What it came to, where that is known.
    pub summary: Option<&'a CurveSummary>,
    /// It is the one that is trained live.
    pub live: bool,
    /// Its colour on the plots.
    pub colour: Color32,
}

/// Height below which the strip has two lines of text at most.
const LOW: f32 = 560.0;

/// Draws the strip above the plots. `told` leaves out what the tab says already;
/// `panels` is whether the figure's panels have the place of the plots.
pub fn strip(
    ui: &mut Ui,
    theme: &Theme,
    figure: &Figure,
    told: bool,
    panels: bool,
    actions: &mut Vec<Action>,
) {
    let frame = Frame::new()
        .fill(theme.panel)
        .corner_radius(8.0)
        .inner_margin(Margin::symmetric(12, 6));
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = ui
                    .add(Button::new("×").frame_when_inactive(false))
                    .on_hover_text(commands::ESCAPE.hint_of("Close the figure"))
                    .accessible_name("Close figure");
                if close.clicked() {
                    actions.push(Action::CloseFigure);
                }
                for (on, name, why) in [
                    (
                        false,
                        "Run",
                        "The main curve as it trains, with time to scrub through",
                    ),
                    (true, "Panels", "The panels of the paper's figure"),
                ] {
                    let button = ui
                        .add(Button::selectable(on == panels, name))
                        .on_hover_text(why)
                        .accessible_name(format!("{name} of the figure"));
                    if button.clicked() {
                        actions.push(Action::ShowPanels(on));
                    }
                }
                if !told {
                    let caption = ui
                        .add(Button::new("Caption").frame_when_inactive(false))
                        .on_hover_text("Caption, curves, the paper's claim and the settings")
                        .accessible_name("Caption of the figure");
                    if caption.clicked() {
                        actions.push(Action::SelectTab(Tab::Figure));
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.label(
                        RichText::new(format!("Figure {}", figure.id))
                            .font(FontId::new(13.0, fonts::bold()))
                            .color(theme.accent),
                    );
                    let title = RichText::new(&figure.title)
                        .font(FontId::new(13.0, fonts::bold()))
                        .color(theme.text);
                    // A mark of omission alone says nothing.
                    if ui.available_width() > 40.0 {
                        ui.add(Label::new(title).truncate());
                    }
                });
            });
        });
        if !told {
            // In a low window the plots need the room: the tab and a hover have it all.
            let lines = (ui.available_height() < LOW).then_some(2);
            glossary::label(ui, theme, &figure.look, theme.muted, lines);
        }
    });
    ui.add_space(4.0);
}

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let figure = view.figure;
    heading(ui, theme, &format!("FIGURE {}", figure.id.to_uppercase()));
    ui.label(
        RichText::new(&figure.title)
            .font(FontId::new(14.5, fonts::bold()))
            .color(theme.text),
    );
    glossary::label(ui, theme, &figure.caption, theme.text, None);
    heading(ui, theme, "WHAT TO LOOK AT");
    glossary::label(ui, theme, &figure.look, theme.text, None);
    curves(ui, theme, view);
    heading(ui, theme, "THE PAPER'S CLAIM");
    glossary::label(ui, theme, &figure.paper, theme.text, None);
    heading(ui, theme, "MEASURED AT THESE SETTINGS");
    glossary::label(ui, theme, &figure.outcome(), theme.text, None);
    for claim in figure.judged() {
        ui.add_space(3.0);
        let text = RichText::new(claim).color(theme.muted);
        ui.add(Label::new(text).wrap());
    }
    if !figure.unstated.is_empty() {
        heading(ui, theme, "NOT IN THE PAPER");
        glossary::label(ui, theme, &figure.unstated, theme.text, None);
    }
    settings(ui, theme, figure);
    heading(ui, theme, "THE SAME WITHOUT A WINDOW");
    ui.horizontal_wrapped(|ui| {
        let command = RichText::new(figure.command())
            .text_style(TextStyle::Monospace)
            .color(theme.muted);
        ui.label(command);
        let copy = ui
            .small_button("copy")
            .on_hover_text("Puts the command on the clipboard")
            .accessible_name("Copy the figure's command");
        if copy.clicked() {
            actions.push(Action::CopyFigureCommand);
        }
    });
    ui.add_space(12.0);
}

/// What each curve came to.
fn curves(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    heading(ui, theme, "CURVES");
    ui.spacing_mut().item_spacing.y = 2.0;
    let small = |text: &str| RichText::new(text).small().color(theme.faint);
    row(ui, |ui, column| {
        let (name, why) = COLUMNS[column];
        ui.add(Label::new(small(name)).truncate())
            .on_hover_text(why);
    });
    for curve in &view.curves {
        name(ui, theme, view.figure, curve);
        let cells = cells(curve.summary);
        let every_measure = curve.summary.map(measures);
        row(ui, |ui, column| {
            let text = RichText::new(&cells[column]).text_style(TextStyle::Monospace);
            let text = text.size(11.0).color(theme.muted);
            let label = ui.add(Label::new(text).truncate());
            if let Some(text) = &every_measure {
                label.on_hover_text(text);
            }
        });
        ui.add_space(2.0);
    }
    ui.add_space(2.0);
    let how = match (view.computing, view.flow) {
        (true, true) => "Computing the gradient flow of each curve …",
        (true, false) => "Training each curve …",
        (false, true) => {
            "From the gradient flow, which gradient descent follows closely. The live curve is \
             trained besides, step by step."
        }
        (false, false) => "Each trained as the command below trains it.",
    };
    ui.label(RichText::new(how).small().color(theme.faint));
    for failure in view.failures {
        ui.label(RichText::new(failure).color(theme.warning));
    }
}

/// What is told of each curve, and what it means.
const COLUMNS: [(&str, &str); 4] = [
    (
        "fits",
        "Step from which on the train loss is below its threshold",
    ),
    (
        "generalises",
        "Step from which on the test loss is below its threshold",
    ),
    ("later", "How many times later it generalises than it fits"),
    (
        "ends at",
        "Test loss at the horizon over the zero predictor's",
    ),
];

/// Equal columns that together have the width of the panel, whatever is in them:
/// the text around the table must not become wider than the panel.
fn row(ui: &mut Ui, mut cell: impl FnMut(&mut Ui, usize)) {
    let height = ui.text_style_height(&TextStyle::Monospace);
    let size = Vec2::new(ui.available_width(), height);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let width = rect.width() / COLUMNS.len() as f32;
    for column in 0..COLUMNS.len() {
        let left = rect.left() + width * column as f32;
        let place =
            Rect::from_min_size(Pos2::new(left, rect.top()), Vec2::new(width - 4.0, height));
        let layout = Layout::right_to_left(Align::Center);
        let builder = egui::UiBuilder::new().max_rect(place).layout(layout);
        ui.scope_builder(builder, |ui| cell(ui, column));
    }
}

fn name(ui: &mut Ui, theme: &Theme, figure: &Figure, view: &CurveView<'_>) {
    let CurveView {
        curve,
        live,
        colour,
        ..
    } = *view;
    let row = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let (rect, _) = ui.allocate_exact_size(Vec2::new(14.0, 10.0), Sense::hover());
        let stroke = Stroke::new(if live { 2.4 } else { 1.6 }, colour);
        ui.painter().hline(rect.x_range(), rect.center().y, stroke);
        ui.add(Label::new(RichText::new(&curve.label).color(theme.text)).wrap());
    });
    let what = if live {
        "Trained live: the coloured curves on the plots"
    } else {
        "Kept on the plots under this name"
    };
    let (authors, others) = (figure.of_authors(curve), figure.of_others(curve));
    let text = format!(
        "{what}\nOf {}: {authors}\nOther seeds: {others}",
        figure.first_draw()
    );
    row.response.on_hover_text(text);
}

/// The verdict, and the delay in steps and as a ratio by every criterion.
fn measures(summary: &CurveSummary) -> String {
    let line = |name: &str, steps: Option<i64>, ratio: Option<f64>| {
        let delay = match (steps, ratio) {
            (Some(steps), Some(ratio)) if steps >= 0 => format!(
                "{} steps, {}",
                format::thousands(steps.unsigned_abs()),
                format::times(ratio)
            ),
            (Some(steps), _) => format!("test {} steps earlier", steps.unsigned_abs()),
            _ => format!("none by step {}", format::steps(summary.steps)),
        };
        format!("\nDelay {name}: {delay}")
    };
    let s = summary;
    [
        upper_first(&s.verdict),
        line("at the threshold", s.delay_steps, s.ratio),
        line(
            "at 10 % of the zero predictor's loss",
            s.delay_steps_at_10_percent,
            s.ratio_at_10_percent,
        ),
        line(
            "at 50 % of it",
            s.delay_steps_at_50_percent,
            s.ratio_at_50_percent,
        ),
    ]
    .concat()
}

fn cells(summary: Option<&CurveSummary>) -> [String; 4] {
    let Some(summary) = summary else {
        return std::array::from_fn(|_| "…".into());
    };
    let not_yet = || format!("> {}", format::steps(summary.steps));
    let step = |step: Option<u64>| step.map_or_else(not_yet, format::steps);
    let end = match (summary.test_loss, summary.zero_test_loss) {
        (Some(loss), Some(zero)) => format::significant(loss / zero, 2),
        _ => "–".into(),
    };
    [
        step(summary.fit_step),
        step(summary.generalise_step),
        summary.ratio.map_or_else(|| "–".into(), format::times),
        end,
    ]
}

/// The settings that differ from the defaults, exactly.
fn settings(ui: &mut Ui, theme: &Theme, figure: &Figure) {
    ui.add_space(4.0);
    CollapsingHeader::new(RichText::new("Exact settings").color(theme.text))
        .id_salt("figure settings")
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let [shared, own] = page::keys(figure);
            let line = |ui: &mut Ui, text: String| {
                let text = RichText::new(text).text_style(TextStyle::Monospace);
                ui.label(text.size(11.0).color(theme.muted));
            };
            let config: &Config = &figure.live().config;
            for field in shared {
                line(ui, format!("{} = {}", field.key, (field.get)(config)));
            }
            for curve in &figure.curves {
                if own.is_empty() {
                    break;
                }
                ui.add_space(2.0);
                ui.label(RichText::new(&curve.label).small().color(theme.faint));
                for field in &own {
                    let value = (field.get)(&curve.config);
                    line(ui, format!("{} = {value}", field.key));
                }
            }
        })
        .header_response
        .on_hover_text("What each curve was computed with, where it is not the default");
}
