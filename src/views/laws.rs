//! Laws across the runs that are kept, or the cells of the phase diagram: one product
//! of powers against another, and the curves against rescaled time.

use super::{
    action::Action, controls::heading, glossary, polyline::ScreenPen, small_plot::SmallPlot,
    theme::Theme,
};
use crate::{
    history::format,
    sim::laws::{EXAMPLES, Measured, PowerLaw, Product, collapse, departure},
};
use egui::{Color32, RichText, Sense, TextEdit, TextStyle, Ui};

/// Where the points come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The runs kept for comparison.
    #[default]
    Runs,
    /// The cells of the phase diagram.
    Diagram,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Formula along the horizontal axis, as written.
    pub x: String,
    /// Formula along the vertical axis.
    pub y: String,
    /// What the steps of the curves are multiplied with.
    pub time: String,
    /// Where the points come from.
    pub source: Source,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            x: "α".into(),
            y: "t_test".into(),
            time: "1/α".into(),
            source: Source::Runs,
        }
    }
}

/// A run or a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// x and y.
    pub at: (f64, f64),
    /// What it is called.
    pub name: String,
    /// Its colour.
    pub colour: Color32,
}

/// A test loss over log₁₀ of rescaled time, in units of the zero predictor's.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Points.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub colour: Color32,
}

/// What this view draws.
pub struct View<'a> {
    /// What is asked for.
    pub form: &'a Form,
    /// The runs or cells in which both are there.
    pub points: Vec<Point>,
    /// Those in which one is missing.
    pub missing: usize,
    /// The movement of the lazy solutions is still computed.
    pub waiting: bool,
    /// The curves against rescaled time, of runs.
    pub curves: Vec<Curve>,
    /// What else stands in the way.
    pub problem: Option<String>,
}

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    heading(ui, theme, "LAWS ACROSS RUNS");
    let mut form = view.form.clone();
    ui.horizontal_wrapped(|ui| {
        let menu = ui.menu_button("Examples ▾", |ui| {
            ui.set_min_width(240.0);
            for (k, example) in EXAMPLES.iter().enumerate() {
                if ui
                    .button(example.title)
                    .on_hover_text(example.why)
                    .clicked()
                {
                    actions.push(Action::OpenLaw(k));
                    ui.close();
                }
            }
        });
        menu.response
            .on_hover_text("Laws that ship with the program: computes their runs and pins them");
        for (source, word, why) in [
            (Source::Runs, "runs", "The runs that are pinned and shown"),
            (Source::Diagram, "diagram", "The cells of the phase diagram"),
        ] {
            let on = form.source == source;
            let choice = ui.selectable_label(on, word).on_hover_text(why);
            if choice
                .accessible_name(format!("points from {word}"))
                .clicked()
            {
                form.source = source;
            }
        }
    });
    let names = format!(
        "A product of powers such as σ²α, P/D² or t_test·λ. Settings: by their symbols. Measured: {}.",
        Measured::ALL
            .map(|(_, name, meaning)| format!("{name} ({meaning})"))
            .join(", ")
    );
    let field = |ui: &mut Ui, text: &mut String, label: &str, name: &str| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(label).color(theme.muted));
            let edit = TextEdit::singleline(text)
                .id(egui::Id::unique(name))
                .font(TextStyle::Monospace)
                .desired_width(f32::INFINITY);
            ui.add(edit).on_hover_text(&names).accessible_name(name);
        });
        if let Err(why) = Product::parse(text) {
            ui.label(RichText::new(why).color(theme.warning));
        }
    };
    field(ui, &mut form.y, "y", "formula of the vertical axis");
    field(ui, &mut form.x, "x", "formula of the horizontal axis");
    law(ui, theme, view);
    if form.source == Source::Runs {
        heading(ui, theme, "THE CURVES AGAINST RESCALED TIME");
        field(ui, &mut form.time, "t ×", "factor of time");
        curves(ui, theme, view);
    }
    if form != *view.form {
        actions.push(Action::EditLaw(form));
    }
    ui.add_space(8.0);
}

fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    glossary::label(ui, theme, text, theme.muted, None);
}

/// Ends of a log axis around values, with room.
fn around(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    let half = (0.55 * (high - low)).max(0.2);
    let middle = 0.5 * (low + high);
    (middle - half, middle + half)
}

/// Ticks of a log axis: whole decades, or 1, 2 and 5 where there are few.
fn log_ticks((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let decades: Vec<i32> = (low.ceil() as i32..=high.floor() as i32).collect();
    if decades.len() >= 2 {
        let every = decades.len().div_ceil(5);
        let shown = decades.into_iter().step_by(every);
        return shown
            .map(|k| (f64::from(k), format::power_of_ten(k)))
            .collect();
    }
    (low.floor() as i32..=high.ceil() as i32)
        .flat_map(|k| [1.0, 2.0, 5.0].map(|m: f64| m * 10f64.powi(k)))
        .filter(|v| (low..=high).contains(&v.log10()))
        .map(|v| (v.log10(), format::plain(v, 1)))
        .collect()
}

fn axes(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    height: f32,
    x: (f64, f64),
    y: (f64, f64),
) -> (SmallPlot, egui::Response) {
    let (plot, response) = SmallPlot::new(ui, name, height, x, y, Sense::hover());
    for (value, text) in log_ticks(x) {
        plot.x_tick(value, &text, theme);
    }
    for (value, text) in log_ticks(y) {
        plot.y_tick(value, &text, theme);
    }
    (plot, response)
}

fn law(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    if let Some(problem) = &view.problem {
        note(ui, theme, problem);
    }
    let places: Vec<(f64, f64)> = view.points.iter().map(|p| p.at).collect();
    if places.len() < 2 {
        let text = match (view.waiting, view.form.source) {
            (true, _) => "Computing the lazy solutions …",
            (_, Source::Runs) => {
                "Two points at least are needed: pin runs or sweep a setting (tab Runs), or take an example."
            }
            (_, Source::Diagram) => {
                "Two points at least are needed: fill the phase diagram (tab Phase)."
            }
        };
        note(ui, theme, text);
        return;
    }
    let logs: Vec<(f64, f64)> = (places.iter())
        .map(|(x, y)| (x.log10(), y.log10()))
        .collect();
    let x = around(logs.iter().map(|p| p.0));
    let y = around(logs.iter().map(|p| p.1));
    let name = format!("{} against {}", view.form.y, view.form.x);
    let (plot, response) = axes(ui, theme, &name, 190.0, x, y);
    let line = PowerLaw::fit(&places);
    let own = is_own_line(view.form);
    if let Some(law) = line.filter(|_| !own) {
        let ends = [x.0, x.1].map(|log| (log, law.at(10f64.powf(log)).log10()));
        let pen = ScreenPen::line(theme.muted, 1.2, true);
        plot.curve(ends.into_iter(), pen);
    }
    let left = departure(&places).filter(|_| own);
    if own {
        let pen = ScreenPen::line(theme.muted, 1.2, true);
        plot.curve([(x.0, x.0), (x.1, x.1)].into_iter(), pen);
        if let Some(left) = left {
            plot.cursor(left.log10(), theme.accent);
            let at = egui::pos2(plot.x(left.log10()) - 4.0, plot.area.bottom() - 2.0);
            let (at, anchor) = match at.x - plot.area.left() > 0.5 * plot.area.width() {
                true => (at, egui::Align2::RIGHT_BOTTOM),
                false => (at + egui::vec2(8.0, 0.0), egui::Align2::LEFT_BOTTOM),
            };
            plot.text(at, anchor, "laziness ends", theme.accent);
        }
    }
    for (point, (x, y)) in view.points.iter().zip(&logs) {
        plot.mark(*x, *y, false, point.colour);
    }
    if let Some(pointer) = response.hover_pos() {
        let distance = |(x, y): &(f64, f64)| pointer.distance(egui::pos2(plot.x(*x), plot.y(*y)));
        let nearest = (view.points.iter().zip(&logs))
            .min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)))
            .filter(|(_, place)| distance(place) < 14.0);
        if let Some((point, _)) = nearest {
            response.show_tooltip_text(format!(
                "{}\n{} = {}\n{} = {}",
                point.name,
                view.form.x,
                format::significant(point.at.0, 3),
                view.form.y,
                format::significant(point.at.1, 3)
            ));
        }
    }
    let mut text = match own {
        true => departed(left),
        false => fitted(view.form, line, &places),
    };
    if view.waiting {
        text.push_str(" More is still computed.");
    } else if view.missing > 0 {
        let plural = if view.missing == 1 {
            "point has"
        } else {
            "points have"
        };
        text.push_str(&format!(" {} more {plural} no such number.", view.missing));
    }
    note(ui, theme, &text);
}

/// Whether the two axes are of the same kind, movement against that of the lazy
/// solution, so that the line to look at is y = x.
fn is_own_line(form: &Form) -> bool {
    let is = |text: &str, of: &str| Product::parse(text).is_ok_and(|p| p == named(of));
    is(&form.x, Measured::LazyMovement.name()) && is(&form.y, Measured::Movement.name())
}

fn named(name: &str) -> Product {
    Product::parse(name).unwrap_or_default()
}

fn departed(left: Option<f64>) -> String {
    match left {
        Some(left) => format!(
            "The runs move as the lazy solution does up to a movement of {}; from there on they leave the line by more than 20 %: laziness ends.",
            format::significant(left, 2)
        ),
        None => "No run leaves the line, or none begins on it.".into(),
    }
}

/// The exponent and the collapse, in words.
fn fitted(form: &Form, law: Option<PowerLaw>, places: &[(f64, f64)]) -> String {
    let canonical = |text: &str| {
        Product::parse(text).map_or_else(|_| text.to_owned(), |product| product.to_string())
    };
    let (x, y) = (canonical(&form.x), canonical(&form.y));
    let mut text = match law {
        Some(law) => format!(
            "{y} ∝ ({x})^p with p = {}{} from {} points.",
            signed(law.exponent),
            match law.error.is_finite() {
                true => format!(" ± {}", format::significant(law.error, 1)),
                false => String::new(),
            },
            law.count
        ),
        None => format!("{x} is the same for all."),
    };
    if let Some(score) = collapse(places) {
        text.push_str(&format!(
            " Collapse {}: {}.",
            format::plain(score.max(0.0), 2),
            match score {
                s if s > 0.95 => "one curve",
                s if s > 0.7 => "nearly one curve",
                _ => "no curve",
            }
        ));
    }
    text
}

fn signed(value: f64) -> String {
    format::significant(value, 3)
}

fn curves(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    let points = || view.curves.iter().flat_map(|c| &c.points).copied();
    if view.curves.is_empty() || points().next().is_none() {
        note(
            ui,
            theme,
            "There are no curves: pin runs or sweep a setting.",
        );
        return;
    }
    let low = points().map(|p| p.0).fold(f64::INFINITY, f64::min);
    let high = points().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
    let top = points().map(|p| p.1).fold(1.0, f64::max).min(3.0);
    let name = "Test losses against rescaled time";
    let (plot, _) = SmallPlot::new(
        ui,
        name,
        160.0,
        (low, high.max(low + 0.1)),
        (0.0, 1.05 * top),
        Sense::hover(),
    );
    for (value, text) in log_ticks((low, high)) {
        plot.x_tick(value, &text, theme);
    }
    for (value, text) in [(0.0, "0"), (1.0, "1")] {
        plot.y_tick(value, text, theme);
    }
    for curve in &view.curves {
        let pen = ScreenPen::line(curve.colour, 1.4, false);
        plot.curve(curve.points.iter().copied(), pen);
    }
    note(ui, theme, &spread(&view.curves));
}

/// How far apart the curves pass half of the zero predictor's loss for the last time.
fn spread(curves: &[Curve]) -> String {
    let half = |curve: &Curve| {
        let above = curve.points.iter().rposition(|p| p.1 >= 0.5)?;
        let (a, b) = (curve.points[above], *curve.points.get(above + 1)?);
        Some(a.0 + (b.0 - a.0) * (a.1 - 0.5) / (a.1 - b.1))
    };
    let times: Vec<f64> = curves.iter().filter_map(half).collect();
    if times.len() < 2 {
        return "Test losses in units of the zero predictor's. Fewer than two fall to half.".into();
    }
    let low = times.iter().copied().fold(f64::INFINITY, f64::min);
    let high = times.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(
        "Test losses in units of the zero predictor's. {} of {} fall to half, at rescaled times that differ by at most {}.",
        times.len(),
        curves.len(),
        format::times(10f64.powf(high - low))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_has_the_exponent_with_its_error_and_the_collapse() {
        let form = Form {
            x: "σ²α".into(),
            y: "movement".into(),
            ..Form::default()
        };
        let places: Vec<(f64, f64)> = (1..9).map(f64::from).map(|x| (x, 2.0 / x)).collect();
        assert_eq!(
            fitted(&form, PowerLaw::fit(&places), &places),
            format!(
                "movement ∝ (σ²·α)^p with p = −1.00 ± {} from 8 points. Collapse 1: one curve.",
                format::significant(PowerLaw::fit(&places).expect("a law").error, 1)
            )
        );
        let lazy = Form {
            x: "lazy_movement".into(),
            y: "movement".into(),
            ..Form::default()
        };
        assert!(is_own_line(&lazy) && !is_own_line(&form));
    }

    #[test]
    fn curves_that_coincide_differ_by_nothing() {
        let curve = |shift: f64| Curve {
            points: (0..20)
                .map(|k| (f64::from(k) + shift, 1.0 - f64::from(k) / 20.0))
                .collect(),
            colour: Color32::WHITE,
        };
        assert!(spread(&[curve(0.0), curve(0.0)]).ends_with("differ by at most 1×."));
        assert!(spread(&[curve(0.0), curve(1.0)]).ends_with("differ by at most 10×."));
    }

    #[test]
    fn ticks_are_round_on_any_range() {
        assert_eq!(log_ticks((-0.1, 2.1)).len(), 3);
        let close: Vec<String> = log_ticks((0.0, 0.8)).into_iter().map(|t| t.1).collect();
        assert_eq!(close, ["1", "2", "5"]);
    }
}
