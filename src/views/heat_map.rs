//! M as a heat map, in a basis that begins with the target's directions.

use super::{
    colormap::{diverging, image},
    theme::Theme,
};
use crate::{history::format, sim::committee::feature_matrix::FeatureMatrix};
use egui::{
    Align2, Button, ColorImage, Id, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextStyle,
    TextureOptions, Ui, Vec2, WidgetInfo, pos2,
};

/// Axes shown unless all are asked for.
const LEADING: usize = 16;
/// Elements below this fraction of the largest one look like zero.
const LEAST: f32 = 1e-4;

/// Where an element lies on the colour scale, −1..=1: linear around zero,
/// logarithmic beyond.
fn place(value: f32, largest: f32) -> f32 {
    if largest <= 0.0 {
        return 0.0;
    }
    let part = value.abs() / (LEAST * largest);
    (part.ln_1p() / (1.0 / LEAST).ln_1p()).copysign(value)
}

/// Draws the matrix, its axes and its colour scale; `look` tells this matrix
/// from the last one.
pub fn show(ui: &mut Ui, theme: &Theme, matrix: &FeatureMatrix, look: u64) {
    let all = matrix.values.nrows();
    let id = Id::unique("all axes of M");
    let mut whole = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    if all > LEADING {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (choice, name) in [
                (false, format!("first {LEADING} axes")),
                (
                    true,
                    if all < matrix.dim {
                        format!("first {all}")
                    } else {
                        format!("all {all}")
                    },
                ),
            ] {
                let on = whole == choice;
                let colour = if on { theme.text } else { theme.muted };
                let text = RichText::new(name)
                    .text_style(TextStyle::Small)
                    .color(colour);
                let button = ui
                    .add(Button::selectable(on, text))
                    .on_hover_text("How many rows and columns of the matrix are drawn");
                if button.clicked() {
                    whole = choice;
                    ui.data_mut(|data| data.insert_temp(id, choice));
                }
            }
        });
    }
    let n = if whole { all } else { all.min(LEADING) };
    let largest = matrix.largest();
    let margin = 20.0;
    let side = (ui.available_width() - margin - 6.0).clamp(40.0, 300.0);
    let size = Vec2::new(ui.available_width(), side + margin);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let name = "M in a basis that begins with the target direction β";
        WidgetInfo::labeled(Role::Image, true, name)
    });
    let corner = rect.min + Vec2::splat(margin);
    let area = Rect::from_min_size(corner, Vec2::splat(side));
    // Twice as many looks: the same matrix in part and in whole.
    let key = 2 * look + u64::from(whole);
    image(
        ui.painter(),
        "feature matrix",
        (key, theme.dark),
        TextureOptions::NEAREST,
        area,
        || {
            let value = |k: usize| matrix.values[(k / n, k % n)];
            let pixels = (0..n * n).map(|k| diverging(theme, place(value(k), largest)));
            ColorImage::new([n, n], pixels.collect())
        },
    );
    let border = Stroke::new(1.0, theme.border);
    ui.painter()
        .rect_stroke(area, 0.0, border, StrokeKind::Outside);
    let small = TextStyle::Small.resolve(ui.style());
    let cell = side / n as f32;
    // As many names as do not touch.
    let every = ((2.2 * small.size / cell).ceil() as usize).max(1);
    for k in (0..n).filter(|&k| k == 0 || k % every == 0 && k + every / 2 < n.max(2)) {
        let along = (k as f32 + 0.5) * cell;
        let name = matrix.axis(k);
        let colour = if k < matrix.target_axes {
            theme.text
        } else {
            theme.muted
        };
        let (above, beside) = (
            pos2(area.left() + along, area.top() - 3.0),
            pos2(area.left() - 4.0, area.top() + along),
        );
        ui.painter()
            .text(above, Align2::CENTER_BOTTOM, &name, small.clone(), colour);
        ui.painter()
            .text(beside, Align2::RIGHT_CENTER, &name, small.clone(), colour);
    }
    scale(ui, theme, largest);
    ui.label(RichText::new(explanation(matrix)).color(theme.muted));
    let Some(pointer) = response.hover_pos().filter(|p| area.contains(*p)) else {
        return;
    };
    let at = (pointer - area.min) / cell;
    let (row, column) = ((at.y as usize).min(n - 1), (at.x as usize).min(n - 1));
    let place = Rect::from_min_size(
        area.min + Vec2::new(column as f32, row as f32) * cell,
        Vec2::splat(cell),
    );
    ui.painter().rect_stroke(
        place,
        0.0,
        Stroke::new(1.0, theme.text),
        StrokeKind::Outside,
    );
    let value = f64::from(matrix.values[(row, column)]);
    let number = if value.abs() < 1e-7 * f64::from(largest) {
        "0".into()
    } else {
        format::significant(value.abs(), 3)
    };
    let sign = if value < 0.0 && number != "0" {
        "−"
    } else {
        ""
    };
    let (row, column) = (matrix.axis(row), matrix.axis(column));
    response.show_tooltip_text(format!("{row}ᵀ M {column} = {sign}{number}"));
}

/// What the axes are.
fn explanation(matrix: &FeatureMatrix) -> String {
    let across = "the strongest directions across, in order: among them M is diagonal";
    match matrix.target_axes {
        1 => format!(
            "First the target direction β, then {across}. The first row is what couples them to the target."
        ),
        k => format!(
            "First the target's {k} directions, orthogonalised, then {across}. The first {k} rows are what couples them to the target."
        ),
    }
}

/// The colours and what they stand for.
fn scale(ui: &mut Ui, theme: &Theme, largest: f32) {
    let small = TextStyle::Small.resolve(ui.style());
    let size = Vec2::new(ui.available_width(), 12.0 + 1.6 * small.size);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let bar = Rect::from_min_size(
        rect.min + Vec2::new(20.0, 4.0),
        Vec2::new((rect.width() - 26.0).clamp(40.0, 300.0), 8.0),
    );
    image(
        ui.painter(),
        "scale of the feature matrix",
        (0, theme.dark),
        TextureOptions::LINEAR,
        bar,
        || {
            let pixels = (0..=128).map(|k| diverging(theme, k as f32 / 64.0 - 1.0));
            ColorImage::new([129, 1], pixels.collect())
        },
    );
    let border = Stroke::new(1.0, theme.border);
    ui.painter()
        .rect_stroke(bar, 0.0, border, StrokeKind::Outside);
    for part in [-1.0, -0.01, 0.0, 0.01, 1.0_f32] {
        let value = part * largest;
        let x = bar.center().x + 0.5 * bar.width() * place(value, largest);
        let number = format::plain(f64::from(value.abs()), 2);
        let text = match value {
            v if v < 0.0 => format!("−{number}"),
            _ => number,
        };
        let anchor = match part {
            -1.0 => Align2::LEFT_TOP,
            1.0 => Align2::RIGHT_TOP,
            _ => Align2::CENTER_TOP,
        };
        ui.painter().vline(
            x,
            bar.bottom()..=bar.bottom() + 3.0,
            Stroke::new(1.0, theme.muted),
        );
        ui.painter().text(
            pos2(x, bar.bottom() + 3.0),
            anchor,
            text,
            small.clone(),
            theme.muted,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_odd_and_ends_at_the_largest_element() {
        assert_eq!(place(0.0, 5.0), 0.0);
        assert!((place(5.0, 5.0) - 1.0).abs() < 1e-6);
        assert!((place(-5.0, 5.0) + 1.0).abs() < 1e-6);
        assert_eq!(place(-0.3, 5.0), -place(0.3, 5.0));
        assert!(place(0.05, 5.0) > 0.4, "a hundredth of the largest is seen");
        assert_eq!(place(0.0, 0.0), 0.0);
    }
}
