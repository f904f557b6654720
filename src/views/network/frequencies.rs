//! The Fourier spectrum of the weights that belong to the numbers, the phases of the
//! hidden units, and where the heads of attention look.

use crate::{
    history::format,
    sim::networks::{fourier::Phases, look::SumTable},
    views::{controls::heading, theme::Theme},
};
use egui::{
    Align2, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextStyle, Ui, Vec2, WidgetInfo, pos2,
};
use std::f64::consts::{PI, TAU};

/// Draws all of them, as far as the network has them.
pub fn show(ui: &mut Ui, theme: &Theme, sums: &SumTable) {
    heading(ui, theme, "FREQUENCIES");
    spectrum(ui, theme, sums);
    if !sums.phases.is_empty() {
        heading(ui, theme, "PHASES OF THE HIDDEN UNITS");
        phases(ui, theme, &sums.phases);
    }
    if !sums.attention.is_empty() {
        heading(ui, theme, "ATTENTION");
        attention(ui, theme, &sums.attention);
    }
}

fn spectrum(ui: &mut Ui, theme: &Theme, sums: &SumTable) {
    let shares = &sums.spectrum;
    let most = shares.iter().copied().fold(1e-12, f64::max);
    let size = Vec2::new(ui.available_width(), 84.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Image, true, "Share of the power at each frequency")
    });
    let small = TextStyle::Small.resolve(ui.style());
    let area = rect
        .shrink2(Vec2::new(2.0, 0.0))
        .with_max_y(rect.bottom() - 1.6 * small.size);
    let step = area.width() / shares.len().max(1) as f32;
    for (i, share) in shares.iter().enumerate().filter(|(_, s)| s.is_finite()) {
        let x = area.left() + i as f32 * step;
        let height = area.height() * (share / most) as f32;
        let bar = Rect::from_min_max(
            pos2(x, area.bottom() - height),
            pos2(x + (step - 1.0).max(0.7), area.bottom()),
        );
        ui.painter().rect_filled(bar, 0.0, theme.alignment);
    }
    let below = area.bottom() + 2.0;
    let ends = [
        (area.left(), Align2::LEFT_TOP, "1".to_owned()),
        (area.right(), Align2::RIGHT_TOP, shares.len().to_string()),
        (
            area.center().x,
            Align2::CENTER_TOP,
            "frequency k".to_owned(),
        ),
    ];
    for (x, align, text) in ends {
        ui.painter()
            .text(pos2(x, below), align, text, small.clone(), theme.muted);
    }
    let at = response.hover_pos().filter(|p| area.contains(*p));
    if let Some(at) = at {
        let i = (((at.x - area.left()) / step) as usize).min(shares.len().saturating_sub(1));
        if let Some(share) = shares.get(i) {
            response.on_hover_text(format!(
                "frequency {}: {} of the power",
                i + 1,
                format::percent(*share)
            ));
        }
    }
    let effective = 1.0 / shares.iter().map(|s| s * s).sum::<f64>();
    let text = format!(
        "The weights of the numbers use {} of {} frequencies.",
        format::plain(effective, 3),
        shares.len()
    );
    ui.label(RichText::new(text).color(theme.muted));
}

fn phases(ui: &mut Ui, theme: &Theme, units: &[Phases]) {
    let side = ui.available_width().min(220.0);
    let (area, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    response.widget_info(|| {
        let name = "Phase of each hidden unit's output against the sum of its inputs' phases";
        WidgetInfo::labeled(Role::Image, true, name)
    });
    let painter = ui.painter().with_clip_rect(area);
    painter.rect_filled(area, 0.0, theme.panel);
    painter.rect_stroke(
        area,
        0.0,
        Stroke::new(1.0, theme.border),
        StrokeKind::Inside,
    );
    let place = |x: f64| (x.rem_euclid(TAU) / TAU) as f32;
    let ends = [area.left_bottom(), area.right_top()];
    painter.line_segment(ends, Stroke::new(1.0, theme.faint));
    let mut near = 0;
    for unit in units {
        let [a, b, c] = unit.phases;
        near += usize::from(unit.mismatch().abs() < PI / 8.0);
        let at = pos2(
            area.left() + side * place(a + b),
            area.bottom() - side * place(c),
        );
        let color = theme
            .alignment
            .gamma_multiply(0.35 + 0.65 * unit.share as f32);
        painter.circle_filled(at, 2.2, color);
    }
    let text = format!(
        "Across: φ_a + φ_b; up: φ_c, each from 0 to 2π. On the line a unit adds: {} of {} units lie \
         within π/8 of it.",
        near,
        units.len()
    );
    ui.label(RichText::new(text).color(theme.muted));
}

fn attention(ui: &mut Ui, theme: &Theme, heads: &[[f64; 3]]) {
    egui::Grid::new("attention")
        .spacing([12.0, 2.0])
        .show(ui, |ui| {
            for name in ["head", "a", "b", "="] {
                ui.label(RichText::new(name).color(theme.muted));
            }
            ui.end_row();
            for (i, head) in heads.iter().enumerate() {
                ui.label(RichText::new((i + 1).to_string()).color(theme.text));
                for share in head {
                    ui.label(RichText::new(format::percent(*share)).color(theme.text));
                }
                ui.end_row();
            }
        });
    let text = "How much each head looks at a, b and \"=\", on average over the table.";
    ui.label(RichText::new(text).color(theme.muted));
}
