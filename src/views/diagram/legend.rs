//! What the colours and the marks mean: the colour bar and the legend.

use super::{
    colours::{colour, draw_mark, ground},
    figure::Figure,
    inks::corner,
};
use crate::{
    history::format,
    plot::diagram::{bar_ticks, is_never},
    sweep::diagram::{Class, Measure},
    views::theme::Theme,
};
use egui::{Align2, Mesh, Painter, Rect, Sense, Shape, Stroke, TextStyle, Ui, Vec2, pos2, vec2};

/// The colour bar with its ticks, under the diagram.
pub(super) fn bar(
    ui: &mut Ui,
    theme: &Theme,
    measure: Measure,
    [low, high]: [f64; 2],
    linear: bool,
    x: egui::Rangef,
) {
    let small = TextStyle::Small.resolve(ui.style());
    let size = vec2(ui.available_width(), 2.0 * small.size + 22.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let rail = Rect::from_min_max(
        pos2(x.min, rect.top() + small.size + 5.0),
        pos2(x.max, rect.top() + small.size + 15.0),
    );
    let painter = ui.painter();
    painter.text(
        pos2(rail.left(), rect.top()),
        Align2::LEFT_TOP,
        measure.label(),
        small.clone(),
        theme.text,
    );
    ramp(painter, rail, measure);
    for (value, text) in bar_ticks(measure, low, high, linear) {
        let part = ((value - low) / (high - low)) as f32;
        let x = rail.left() + rail.width() * part;
        let line = Stroke::new(1.0, theme.muted);
        painter.vline(x, rail.bottom()..=rail.bottom() + 3.0, line);
        let align = if part < 0.06 {
            Align2::LEFT_TOP
        } else if part > 0.94 {
            Align2::RIGHT_TOP
        } else {
            Align2::CENTER_TOP
        };
        painter.text(
            pos2(x, rail.bottom() + 4.0),
            align,
            text,
            small.clone(),
            theme.muted,
        );
    }
}

/// The patch of a class in the legend.
pub fn swatch(painter: &Painter, rect: Rect, class: Class, theme: &Theme) {
    let fill = ground(class, theme);
    painter.rect_filled(rect, 2.0, fill);
    draw_mark(painter, rect, class, fill);
}

/// The classes that occur, each with its mark and its number of places.
pub(super) fn legend(ui: &mut Ui, theme: &Theme, figure: &Figure<'_>) {
    let counts = figure.diagram.counts();
    let split = (figure.diagram.layout().places())
        .filter_map(|p| figure.diagram.summary(p))
        .filter(|s| s.agreeing() < s.computed)
        .count();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 3.0);
        if figure.measure == Measure::Curves {
            curve_names(ui, theme);
        }
        for class in Class::ALL {
            let count = counts[class as usize];
            if count == 0 {
                continue;
            }
            let small = TextStyle::Small.resolve(ui.style());
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(small.size + 3.0), Sense::hover());
            let groks_by_colour = class == Class::Groks
                && !matches!(figure.measure, Measure::Class | Measure::Curves);
            let never = is_never(class);
            if groks_by_colour {
                ramp(ui.painter(), rect, figure.measure);
            } else if figure.never_is_zero && never {
                (ui.painter()).rect_filled(rect, 2.0, colour(figure.measure, 0.0));
            } else {
                swatch(ui.painter(), rect, class, theme);
            }
            let zero = match figure.never_is_zero && never {
                true => ", drawn as 0 as in the paper",
                false => "",
            };
            let text = format!(
                "{}{zero} {}",
                class.label(),
                format::thousands(count as u64)
            );
            ui.label(egui::RichText::new(text).small().color(theme.text));
            ui.add_space(5.0);
        }
        if figure.has_isolines() {
            let text = "lines: features escape at this step (predicted)";
            ui.label(egui::RichText::new(text).small().color(theme.muted));
            ui.add_space(5.0);
        }
        if figure.has_old_cells() {
            ui.label(
                egui::RichText::new("pale: of the settings before")
                    .small()
                    .color(theme.muted),
            );
            ui.add_space(5.0);
        }
        let unstable = (figure.diagram.layout().places())
            .filter_map(|p| figure.diagram.summary(p))
            .filter(|s| s.unstable > 0)
            .count();
        if unstable > 0 {
            let text = format!("unstable descent {unstable}");
            ui.label(egui::RichText::new(text).small().color(theme.warning))
                .on_hover_text(
                    "Cells with runs whose learning rate is too large for the flow: their class is doubtful.",
                );
            ui.add_space(5.0);
        }
        if split > 0 {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(11.0), Sense::hover());
            ui.painter().add(corner(rect, theme.text));
            let text = format!("seeds disagree {split}");
            ui.label(egui::RichText::new(text).small().color(theme.text));
        }
    });
}

/// What the lines in the cells are.
fn curve_names(ui: &mut Ui, theme: &Theme) {
    for (name, colour, dashed) in [("train", theme.train, true), ("test", theme.test, false)] {
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 11.0), Sense::hover());
        let ends = [rect.left_center(), rect.right_center()];
        let stroke = Stroke::new(1.8, colour);
        ui.painter().extend(match dashed {
            true => Shape::dashed_line(&ends, stroke, 4.0, 2.5),
            false => vec![Shape::line_segment(ends, stroke)],
        });
        ui.label(egui::RichText::new(name).small().color(theme.text));
        ui.add_space(5.0);
    }
}

/// The colours of a measure from left to right.
fn ramp(painter: &Painter, rect: Rect, measure: Measure) {
    const PARTS: u32 = 32;
    let mut mesh = Mesh::default();
    for k in 0..=PARTS {
        let part = f64::from(k) / f64::from(PARTS);
        let x = rect.left() + rect.width() * part as f32;
        for y in [rect.top(), rect.bottom()] {
            mesh.colored_vertex(pos2(x, y), colour(measure, part));
        }
        if k > 0 {
            let last = 2 * k;
            mesh.add_triangle(last - 2, last - 1, last);
            mesh.add_triangle(last - 1, last, last + 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}
