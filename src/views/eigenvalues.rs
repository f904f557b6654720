//! The largest eigenvalues of M: over time, and now beside those at step 0.

use super::{polyline::ScreenPen, small_plot::SmallPlot, theme::Theme};
use crate::{
    history::{Run, decimate::log_step, format},
    sim::{committee::features::Features, metrics::Metric},
};
use egui::{Align2, Rect, RichText, Role, Sense, Stroke, TextStyle, Ui, Vec2, WidgetInfo, pos2};

const METRICS: [(Metric, &str); 3] = [
    (Metric::FeatureEigenvalue1, "λ₁"),
    (Metric::FeatureEigenvalue2, "λ₂"),
    (Metric::FeatureEigenvalue3, "λ₃"),
];

/// The recorded ones over log time; `at` is the step that the window shows.
pub fn over_time(ui: &mut Ui, theme: &Theme, run: &Run, at: u64) {
    let series = METRICS.map(|(metric, _)| -> Vec<(f64, f64)> {
        let positive = run.series(metric).filter(|(_, value)| *value > 0.0);
        positive
            .map(|(step, value)| (log_step(step), value.log10()))
            .collect()
    });
    let values = || series.iter().flatten().map(|(_, value)| *value);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() {
        let none = "Not recorded: they are measured up to D = 512.";
        ui.label(RichText::new(none).color(theme.muted));
        return;
    }
    let middle = 0.5 * (low + high);
    let half = (0.54 * (high - low)).max(0.55);
    let range = (middle - half, middle + half);
    let name = "Largest eigenvalues of M over time";
    let (plot, response) = SmallPlot::over_time(ui, name, 122.0, run.horizon(), range);
    plot.time_ticks(theme);
    let decades = range.0.ceil() as i32..=range.1.floor() as i32;
    let every = (decades.end() - decades.start() + 1).max(1) as usize / 5 + 1;
    for power in decades.step_by(every) {
        plot.y_tick(f64::from(power), &format::power_of_ten(power), theme);
    }
    plot.cursor(log_step(at), theme.faint);
    let widths = [2.0, 1.4, 1.0];
    for (points, width) in series.iter().zip(widths) {
        let pen = ScreenPen::line(theme.alignment, width, width < 1.2);
        plot.curve(points.iter().copied(), pen);
    }
    // At their ends; λ₂ and λ₃ often run together.
    let mut last_y = f32::NEG_INFINITY;
    for (points, (_, name)) in series.iter().zip(METRICS) {
        let Some((log, value)) = points.last() else {
            continue;
        };
        let y = plot.y(*value).max(last_y + 12.0);
        last_y = y;
        let x = plot.x(*log).max(plot.area.left() + 24.0) - 3.0;
        plot.text(pos2(x, y - 1.0), Align2::RIGHT_BOTTOM, name, theme.text);
    }
    let row = plot
        .hovered(&response)
        .and_then(|step| run.nearest_row(step));
    if let Some(row) = row {
        plot.cursor(log_step(row.step), theme.muted);
        let mut text = format!("step {}", format::thousands(row.step));
        for (metric, name) in METRICS {
            if let Some(value) = row.get(metric) {
                text.push_str(&format!("\n{name} {}", format::significant(value, 3)));
            }
        }
        response.show_tooltip_text(text);
    }
}

/// A bar for each eigenvalue, with a mark where it was at step 0.
pub fn now(ui: &mut Ui, theme: &Theme, features: &Features) {
    let (now, before) = (&features.eigenvalues, &features.initial_eigenvalues);
    let top = now.iter().chain(before).copied().fold(0.0, f64::max);
    let mono = TextStyle::Monospace.resolve(ui.style());
    let line = 1.35 * mono.size;
    for (k, (value, initial)) in now.iter().zip(before).enumerate() {
        let size = Vec2::new(ui.available_width(), line);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let text = super::features::number(*value, 3);
        response.widget_info(|| {
            let name = format!("eigenvalue {} of M: {text}", k + 1);
            WidgetInfo::labeled(Role::Label, true, name)
        });
        let painter = ui.painter();
        let room = 6.0 * mono.size;
        let rail = Rect::from_min_max(
            rect.min + Vec2::new(0.0, 0.22 * line),
            rect.max - Vec2::new(room, 0.22 * line),
        );
        let part = |v: f64| {
            if top > 0.0 {
                rail.width() * (v / top) as f32
            } else {
                0.0
            }
        };
        painter.rect_filled(rail, 2.0, theme.grid);
        let mut bar = rail;
        bar.set_width(part(*value));
        painter.rect_filled(bar, 2.0, theme.alignment);
        let x = rail.left() + part(*initial);
        let mark = rail.expand2(Vec2::new(0.0, 2.0)).y_range();
        painter.vline(x, mark, Stroke::new(1.5, theme.text));
        painter.text(
            rect.right_center(),
            Align2::RIGHT_CENTER,
            &text,
            mono.clone(),
            theme.text,
        );
        response.on_hover_text(format!(
            "Eigenvalue {} of M = (1/N) Σ w_i w_iᵀ: {text}\nAt step 0 (mark): {}",
            k + 1,
            super::features::number(*initial, 3)
        ));
    }
    ui.label(
        RichText::new("Bars now, marks at step 0.")
            .text_style(TextStyle::Small)
            .color(theme.muted),
    );
}
