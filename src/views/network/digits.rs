//! Test digits that were wrong when the train set was fitted, turning right one by
//! one, and which digit is taken for which.

use super::View;
use crate::{
    history::format,
    sim::networks::look::ImageAnswers,
    views::{colormap::image, controls::heading, theme::Theme},
};
use egui::{
    Align2, Color32, ColorImage, FontId, Rect, RichText, Role, Sense, Stroke, StrokeKind,
    TextStyle, TextureOptions, Ui, Vec2, WidgetInfo, pos2,
};

/// Digits shown.
const SHOWN: usize = 40;
/// In a row.
const COLUMNS: usize = 8;
const CLASSES: usize = 10;

/// Draws both.
pub fn show(ui: &mut Ui, theme: &Theme, images: &ImageAnswers, view: &View<'_>) {
    let is_right = |i: usize| images.answers.get(i) == images.labels.get(i);
    let wrong_now: Vec<usize>;
    let (chosen, then) = match view.wrong_at_fit {
        Some(wrong) => (wrong, true),
        None => {
            let all = 0..images.labels.len();
            wrong_now = all.filter(|i| !is_right(*i)).take(SHOWN).collect();
            (&wrong_now[..], false)
        }
    };
    let shown = &chosen[..chosen.len().min(SHOWN)];
    grid(ui, theme, images, shown, view.number);
    let right = chosen.iter().filter(|i| is_right(**i)).count();
    let text = match then {
        true => format!(
            "{} of {} test digits were wrong when the train set was fitted; {} of them are right \
             at this step.",
            format::thousands(chosen.len() as u64),
            format::thousands(images.labels.len() as u64),
            format::thousands(right as u64)
        ),
        false => {
            "Test digits that are wrong at this step; once the train set is fitted, those that \
             were wrong then stay here."
                .into()
        }
    };
    ui.label(RichText::new(text).color(theme.muted));
    heading(ui, theme, "WHICH IS TAKEN FOR WHICH");
    confusion(ui, theme, images, view.number);
}

fn grid(ui: &mut Ui, theme: &Theme, images: &ImageAnswers, shown: &[usize], number: u64) {
    let (h, w) = (images.height, images.width);
    let rows = shown.len().div_ceil(COLUMNS).max(1);
    let side = (ui.available_width().min(360.0) / COLUMNS as f32).floor();
    let size = Vec2::new(side * COLUMNS as f32, side * rows as f32);
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let right = shown
            .iter()
            .filter(|i| images.answers[**i] == images.labels[**i]);
        let name = format!("{} test digits, {} right", shown.len(), right.count());
        WidgetInfo::labeled(Role::Image, true, name)
    });
    image(
        ui.painter(),
        "digits",
        (number, theme.dark),
        TextureOptions::LINEAR,
        area,
        || {
            let width = COLUMNS * w;
            let mut picture = ColorImage::filled([width, rows * h], theme.panel);
            for (k, index) in shown.iter().enumerate() {
                let (row, column) = (k / COLUMNS * h, k % COLUMNS * w);
                for at in 0..h * w {
                    let ink = images.pixels[index * h * w + at];
                    picture.pixels[(row + at / w) * width + column + at % w] =
                        theme.panel.lerp_to_gamma(theme.text, ink);
                }
            }
            picture
        },
    );
    let small = FontId::proportional(0.28 * side);
    for (k, index) in shown.iter().enumerate() {
        let min = area.min + Vec2::new((k % COLUMNS) as f32, (k / COLUMNS) as f32) * side;
        let cell = Rect::from_min_size(min, Vec2::splat(side)).shrink(1.0);
        let answer = images.answers[*index];
        let right = answer == images.labels[*index];
        let color = if right {
            theme.alignment
        } else {
            theme.warning
        };
        ui.painter()
            .rect_stroke(cell, 1.0, Stroke::new(1.5, color), StrokeKind::Inside);
        if !right {
            // What it is taken for; the colour alone must not tell.
            let text = match answer < CLASSES as u32 {
                true => answer.to_string(),
                false => "?".into(),
            };
            let at = cell.right_bottom() - Vec2::splat(2.0);
            ui.painter()
                .text(at, Align2::RIGHT_BOTTOM, text, small.clone(), color);
        }
    }
}

fn confusion(ui: &mut Ui, theme: &Theme, images: &ImageAnswers, number: u64) {
    let small = TextStyle::Small.resolve(ui.style());
    let margin = 1.6 * small.size;
    let side = (ui.available_width() - margin).min(220.0);
    let size = Vec2::splat(side + margin);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, "How often each digit is taken for which")
    });
    let area = Rect::from_min_size(rect.min + Vec2::splat(margin), Vec2::splat(side));
    let of_class = |class: usize| {
        let row = &images.confusion[class * CLASSES..(class + 1) * CLASSES];
        row.iter().sum::<u32>().max(1)
    };
    let share = |k: usize| images.confusion[k] as f32 / of_class(k / CLASSES) as f32;
    image(
        ui.painter(),
        "confusion",
        (number, theme.dark),
        TextureOptions::NEAREST,
        area,
        || {
            let pixels = (0..CLASSES * CLASSES).map(|k| {
                let diagonal = k / CLASSES == k % CLASSES;
                let full: Color32 = if diagonal {
                    theme.alignment
                } else {
                    theme.warning
                };
                theme.panel.lerp_to_gamma(full, share(k).sqrt())
            });
            ColorImage::new([CLASSES, CLASSES], pixels.collect())
        },
    );
    let cell = side / CLASSES as f32;
    for class in 0..CLASSES {
        let along = (class as f32 + 0.5) * cell;
        let above = pos2(area.left() + along, area.top() - 2.0);
        let beside = pos2(area.left() - 3.0, area.top() + along);
        for (at, align) in [
            (above, Align2::CENTER_BOTTOM),
            (beside, Align2::RIGHT_CENTER),
        ] {
            ui.painter()
                .text(at, align, class.to_string(), small.clone(), theme.muted);
        }
    }
    if let Some(at) = response.hover_pos().filter(|p| area.contains(*p)) {
        let place = (at - area.min) / cell;
        let (row, column) = ((place.y as usize).min(9), (place.x as usize).min(9));
        let count = images.confusion[row * CLASSES + column];
        response.on_hover_text(format!(
            "{count} of {} test images of a {row} are taken for a {column}",
            of_class(row)
        ));
    }
    let text = "Rows: the digit; columns: the answer.";
    ui.label(RichText::new(text).color(theme.muted));
}
