//! The error of each example in order of size, train and test, with the threshold
//! below which it counts as right.

use crate::{history::format, sim::networks::look::NetworkLook, views::theme::Theme};
use egui::{
    Align2, Rect, RichText, Role, Sense, Shape, Stroke, StrokeKind, TextStyle, Ui, Vec2,
    WidgetInfo, pos2,
};

/// Draws them.
pub fn show(ui: &mut Ui, theme: &Theme, look: &NetworkLook, threshold: Option<f64>) {
    let sorted = |losses: &[f64]| {
        let mut sorted: Vec<f64> = losses.iter().map(|l| l.abs().max(1e-30).log10()).collect();
        sorted.retain(|l| l.is_finite());
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (train, test) = (sorted(&look.train_losses), sorted(&look.test_losses));
    let line = threshold.filter(|t| *t > 0.0).map(f64::log10);
    let ends = train.iter().chain(&test).chain(&line);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
        (l.min(*v), h.max(*v))
    });
    if low >= high || !low.is_finite() {
        ui.label(RichText::new("There is no error to be shown.").color(theme.muted));
        return;
    }
    let (low, high) = ((low - 0.1).max(high - 12.0), high + 0.1);
    let small = TextStyle::Small.resolve(ui.style());
    let size = Vec2::new(ui.available_width(), 170.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, "Error of each example, in order of size")
    });
    let area = Rect::from_min_max(
        rect.min + Vec2::new(3.4 * small.size, 4.0),
        rect.max - Vec2::new(4.0, 1.6 * small.size),
    );
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_stroke(
        area,
        0.0,
        Stroke::new(1.0, theme.border),
        StrokeKind::Outside,
    );
    let y = |log: f64| {
        area.bottom() - area.height() * ((log - low) / (high - low)).clamp(0.0, 1.0) as f32
    };
    for power in low.ceil() as i32..=high.floor() as i32 {
        let at = y(f64::from(power));
        painter.hline(area.x_range(), at, Stroke::new(1.0, theme.grid));
        let text = format::power_of_ten(power);
        let place = pos2(area.left() - 4.0, at);
        painter.text(
            place,
            Align2::RIGHT_CENTER,
            text,
            small.clone(),
            theme.muted,
        );
    }
    for (errors, color) in [(&train, theme.train), (&test, theme.test)] {
        let n = errors.len().max(1) as f32;
        let points = errors
            .iter()
            .enumerate()
            .map(|(i, log)| pos2(area.left() + area.width() * (i as f32 + 0.5) / n, y(*log)));
        painter.add(Shape::line(points.collect(), Stroke::new(1.8, color)));
    }
    if let Some(line) = line {
        let ends = [pos2(area.left(), y(line)), pos2(area.right(), y(line))];
        let pen = Stroke::new(1.2, theme.text);
        painter.extend(Shape::dashed_line(&ends, pen, 4.0, 3.0));
    }
    let below = pos2(area.center().x, area.bottom() + 2.0);
    let text = "examples, by error";
    painter.text(below, Align2::CENTER_TOP, text, small, theme.muted);
    ui.horizontal_wrapped(|ui| {
        for (color, name) in [(theme.train, "train"), (theme.test, "test")] {
            ui.label(RichText::new("▬").color(color));
            ui.label(RichText::new(name).color(theme.muted));
        }
    });
    if let Some(threshold) = threshold {
        let share = |losses: &[f64]| {
            let below = losses.iter().filter(|l| **l < threshold).count();
            format::percent(below as f64 / losses.len().max(1) as f64)
        };
        let text = format!(
            "Below the threshold {} lie {} of the train and {} of the test examples. Another \
             threshold gives other accuracies of the same run: see the tab Accuracy.",
            format::plain(threshold, 3),
            share(&look.train_losses),
            share(&look.test_losses)
        );
        ui.label(RichText::new(text).color(theme.muted));
    }
}
