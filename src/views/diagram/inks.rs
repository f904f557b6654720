//! Inks and small shapes of the phase diagram.

use crate::views::theme::Theme;
use egui::{Color32, FontId, Painter, Rect, Shape, Stroke, vec2};

/// A line that is seen on any colour, and what surrounds it.
pub(super) fn inks(theme: &Theme) -> (Color32, Color32) {
    match theme.dark {
        true => (Color32::WHITE, Color32::from_black_alpha(150)),
        false => (Color32::BLACK, Color32::from_white_alpha(170)),
    }
}

/// A triangle in the corner: the seeds of this place disagree.
pub(super) fn corner(rect: Rect, ink: Color32) -> Shape {
    let side = (0.34 * rect.width().min(rect.height())).clamp(3.0, 8.0);
    let tip = rect.right_top();
    let corners = vec![tip, tip + vec2(0.0, side), tip - vec2(side, 0.0)];
    Shape::convex_polygon(corners, ink, Stroke::NONE)
}

pub(super) fn fade(colour: Color32, strength: f32, ground: Color32) -> Color32 {
    if strength >= 1.0 {
        return colour;
    }
    egui::lerp(
        egui::Rgba::from(ground)..=egui::Rgba::from(colour),
        strength,
    )
    .into()
}

pub(super) fn text_width(painter: &Painter, text: &str, font: &FontId) -> f32 {
    painter
        .layout_no_wrap(text.to_owned(), font.clone(), Color32::WHITE)
        .size()
        .x
}
