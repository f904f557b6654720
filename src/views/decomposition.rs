//! Where the test error comes from: the three terms of eq 6, stacked over log
//! time, with their values at one time.

use super::{
    controls::heading,
    glossary,
    polyline::{Canvas, ScreenPen},
    theme::Theme,
};
use crate::{
    history::{Moment, Run, decimate::log_step, format},
    sim::config::TargetKind,
    sim::metrics::Metric,
};
use egui::{
    Align, Align2, Color32, Layout, Mesh, Pos2, Rect, RichText, Sense, Shape, Stroke, TextStyle,
    Ui, Vec2, epaint::WHITE_UV,
};
use egui_plot::LineStyle;

/// Most columns drawn: more than a panel has pixels.
const COLUMNS: usize = 400;

fn terms(theme: &Theme) -> [(Metric, &'static str, Color32); 3] {
    // From the bottom up.
    [
        (Metric::VarianceError, "variance", theme.variance),
        (
            Metric::MisalignmentError,
            "misalignment",
            theme.misalignment,
        ),
        (Metric::LinearPower, "linear power", theme.linear_power),
    ]
}

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, moment: Moment<'_>) {
    let run = moment.run();
    heading(ui, theme, "WHERE THE TEST ERROR COMES FROM");
    let columns = columns(run);
    if columns.is_empty() && run.rows().len() > 1 {
        let why = match run.config().task.target {
            TargetKind::Hermite => {
                "The test error is taken apart for quadratic functions. This run learns a Hermite \
                 polynomial, whose error has other parts."
            }
            _ => "The target of this run is not known, so its test error cannot be taken apart.",
        };
        ui.label(RichText::new(why).color(theme.muted));
        return;
    }
    plot(ui, theme, moment, &columns);
    ui.add_space(6.0);
    super::facts::recorded_at(ui, theme, moment);
    for (metric, name, colour) in terms(theme).into_iter().rev() {
        let value = moment.last(metric).map_or(f64::NAN, |(_, v)| v);
        legend(ui, theme, metric, name, colour, value);
    }
    if let Some(sentence) = dominant(moment) {
        ui.add_space(6.0);
        glossary::label(ui, theme, sentence, theme.muted, None);
    }
}

/// Log step and the three terms, thinned to what can be seen.
fn columns(run: &Run) -> Vec<(f64, [f64; 3])> {
    let rows: Vec<_> = run
        .rows()
        .iter()
        .filter(|row| row.step > 0)
        .filter_map(|row| {
            let values = [
                row.get(Metric::VarianceError)?,
                row.get(Metric::MisalignmentError)?,
                row.get(Metric::LinearPower)?,
            ];
            values
                .iter()
                .all(|v| v.is_finite())
                .then_some((log_step(row.step), values))
        })
        .collect();
    let stride = rows.len().div_ceil(COLUMNS).max(1);
    let mut thinned: Vec<_> = rows.iter().copied().step_by(stride).collect();
    // The newest row is where the values beside the plot come from.
    if let (Some(last), Some(kept)) = (rows.last(), thinned.last())
        && last.0 > kept.0
    {
        thinned.push(*last);
    }
    thinned
}

/// A stack higher than the first one by this factor leaves the frame: a run that
/// diverges does not flatten all that came before.
const MOST: f64 = 5.0;

/// A round number a little above the highest stack that is to be seen whole.
fn ceiling(columns: &[(f64, [f64; 3])]) -> f64 {
    let heights = || columns.iter().map(|(_, v)| v.iter().sum::<f64>());
    let most = MOST * heights().next().unwrap_or(0.0);
    let top = heights().filter(|h| *h <= most).fold(0.0, f64::max);
    if !(top.is_finite() && top > 0.0) {
        return 1.0;
    }
    let unit = 10f64.powf(top.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0]
        .iter()
        .map(|m| m * unit)
        .find(|&c| c >= 1.02 * top)
        .unwrap_or(2.0 * top)
}

fn plot(ui: &mut Ui, theme: &Theme, moment: Moment<'_>, columns: &[(f64, [f64; 3])]) {
    let run = moment.run();
    let size = Vec2::new(ui.available_width(), 178.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Image, true, "Test error decomposition")
    });
    let area = Rect::from_min_max(
        rect.min + Vec2::new(32.0, 6.0),
        rect.max - Vec2::new(6.0, 20.0),
    );
    let decades = log_step(run.horizon().max(10)).max(1.0);
    let top = ceiling(columns);
    let canvas = Canvas {
        rect: area,
        x: (0.0, decades),
        y: (0.0, top),
    };
    // A stack that leaves the frame ends just above it.
    let at = |x: f64, y: f64| canvas.at(x, y.min(1.1 * top)).unwrap_or(area.left_bottom());
    let painter = ui.painter();
    let small = TextStyle::Small.resolve(ui.style());
    let every = (decades / 5.0).ceil().max(1.0) as usize;
    for k in (0..=decades.floor() as usize).step_by(every) {
        let x = at(k as f64, 0.0).x;
        painter.vline(x, area.y_range(), Stroke::new(1.0, theme.grid));
        painter.text(
            Pos2::new(x, area.bottom() + 4.0),
            Align2::CENTER_TOP,
            format::power_of_ten(k as i32),
            small.clone(),
            theme.muted,
        );
    }
    for (share, text) in [(0.0, "0".to_owned()), (1.0, format::plain(top, 2))] {
        let y = at(0.0, share * top).y;
        painter.hline(area.x_range(), y, Stroke::new(1.0, theme.grid));
        painter.text(
            Pos2::new(area.left() - 6.0, y),
            Align2::RIGHT_CENTER,
            text,
            small.clone(),
            theme.muted,
        );
    }
    let clipped = ui.painter_at(area);
    let mut below = vec![0.0; columns.len()];
    for (i, (_, _, colour)) in terms(theme).into_iter().enumerate() {
        let above: Vec<f64> = columns
            .iter()
            .zip(&below)
            .map(|((_, v), b)| b + v[i])
            .collect();
        let mut mesh = Mesh::default();
        for (j, (x, _)) in columns.iter().enumerate() {
            for y in [below[j], above[j]] {
                mesh.vertices.push(egui::epaint::Vertex {
                    pos: at(*x, y),
                    uv: WHITE_UV,
                    color: colour.gamma_multiply(0.78),
                });
            }
            if j > 0 {
                let k = 2 * j as u32;
                mesh.add_triangle(k - 2, k - 1, k);
                mesh.add_triangle(k - 1, k + 1, k);
            }
        }
        clipped.add(Shape::mesh(mesh));
        let line = columns.iter().zip(&above).map(|((x, _), y)| [*x, *y]);
        let pen = ScreenPen {
            colour,
            width: 1.2,
            style: LineStyle::Solid,
        };
        clipped.extend(canvas.stroke(line, pen));
        below = above;
    }
    if !moment.is_live() {
        let x = at(log_step(moment.step()).max(0.0), 0.0).x;
        let after = Rect::from_min_max(Pos2::new(x, area.top()), area.max);
        clipped.rect_filled(after, 0.0, theme.panel.gamma_multiply(0.55));
        clipped.vline(x, area.y_range(), Stroke::new(1.5, theme.accent));
    }
    explain_pointer(ui, theme, run, &response, area, decades);
}

/// Exact values under the pointer.
fn explain_pointer(
    ui: &Ui,
    theme: &Theme,
    run: &Run,
    response: &egui::Response,
    area: Rect,
    decades: f64,
) {
    let Some(pointer) = response.hover_pos().filter(|p| area.contains(*p)) else {
        return;
    };
    let log = f64::from((pointer.x - area.left()) / area.width()) * decades;
    let Some(row) = run.nearest_row(10f64.powf(log)) else {
        return;
    };
    let x = area.left() + area.width() * (log_step(row.step) / decades) as f32;
    ui.painter()
        .vline(x, area.y_range(), Stroke::new(1.0, theme.muted));
    let mut text = format!("step {}", format::steps(row.step));
    for (metric, name, _) in terms(theme).into_iter().rev() {
        let value = row.get(metric).unwrap_or(f64::NAN);
        text.push_str(&format!("\n{name} {}", format::significant(value, 3)));
    }
    response.show_tooltip_text(text);
}

fn legend(ui: &mut Ui, theme: &Theme, metric: Metric, name: &str, colour: Color32, value: f64) {
    let response = ui
        .horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, colour);
            ui.label(RichText::new(name).color(theme.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let text = if value.is_nan() {
                    "–".into()
                } else {
                    format::significant(value, 3)
                };
                ui.label(
                    RichText::new(text)
                        .text_style(TextStyle::Monospace)
                        .color(theme.text),
                );
            });
        })
        .response;
    let spec = metric.spec();
    response.on_hover_text(format!("{} = {}\n{}", name, spec.symbol, spec.meaning));
}

/// Fraction of the zero predictor's loss below which the test error is a remainder.
const LATE: f64 = 0.1;

/// Which term rules now, and what that means.
fn dominant(moment: Moment<'_>) -> Option<&'static str> {
    let value = |m| moment.last(m).map(|(_, v)| v);
    let variance = value(Metric::VarianceError)?;
    let misalignment = value(Metric::MisalignmentError)?;
    let linear = value(Metric::LinearPower)?;
    let total = variance + misalignment + linear;
    let zero = moment.run().zero_test_loss()?;
    Some(if total < 0.02 * zero {
        "Little error is left."
    } else if linear > variance.max(misalignment) && moment.run().config().task.label_noise > 0.0 {
        "Most of it is linear power: linear modes fit the train labels and their noise, and the target has none."
    } else if linear > variance.max(misalignment) {
        "Most of it is linear power: linear modes fit the train labels, and the target has none."
    } else if misalignment >= variance && total < LATE * zero {
        "What is left is mostly misalignment: some quadratic features still point elsewhere than the target."
    } else if misalignment >= variance {
        "Most of it is misalignment: the quadratic features do not point along the target yet."
    } else {
        "Most of it is variance: the mean output is off."
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sim::{config::Config, metrics::Row},
        training::{Event, RunId},
    };

    fn run_with(rows: u64, terms: [f64; 3]) -> Run {
        let mut run = Run::new(RunId(1), Config::default());
        let rows = (0..rows)
            .map(|step| {
                let mut row = Row::new(step);
                row.set(Metric::VarianceError, terms[0]);
                row.set(Metric::MisalignmentError, terms[1]);
                row.set(Metric::LinearPower, terms[2]);
                row
            })
            .collect();
        run.handle(&Event::Rows {
            run: RunId(1),
            rows,
        });
        run
    }

    #[test]
    fn thinning_keeps_the_newest_row() {
        let run = run_with(5_000, [0.1, 0.2, 0.3]);
        let columns = columns(&run);
        assert!(columns.len() <= COLUMNS + 1);
        assert_eq!(columns.last().map(|c| c.0), Some(log_step(4_999)));
    }

    #[test]
    fn a_run_without_a_known_target_has_no_columns() {
        assert!(columns(&run_with(10, [f64::NAN, 0.1, 0.1])).is_empty());
    }

    #[test]
    fn the_axis_ends_just_above_the_highest_stack() {
        assert_eq!(ceiling(&[(0.0, [0.5, 0.5, 0.3])]), 1.5);
        assert_eq!(ceiling(&[]), 1.0);
        assert!((ceiling(&[(0.0, [1e-4, 0.0, 0.0])]) - 1.5e-4).abs() < 1e-12);
    }
}
