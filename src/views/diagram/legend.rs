//! What the colours and the marks mean: the colour bar and the legend.

use super::{
    colours::{colour, draw_mark, ground},
    figure::{Figure, corner},
};
use crate::{
    history::format,
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
    for (value, text) in ticks(measure, low, high, linear) {
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

fn ticks(measure: Measure, low: f64, high: f64, linear: bool) -> Vec<(f64, String)> {
    if linear {
        return (0..=4)
            .map(|k| low + (high - low) * f64::from(k) / 4.0)
            .map(|v| (v, format::thousands(v.round() as u64)))
            .collect();
    }
    if !measure.is_log() {
        return (0..=2)
            .map(|k| low + (high - low) * f64::from(k) / 2.0)
            .map(|v| (v, format::plain(v, 2)))
            .collect();
    }
    let text = |v: f64| match measure {
        Measure::Ratio(_) => format::times(10f64.powf(v)),
        _ if v.fract() == 0.0 && v.abs() >= 4.0 => format::power_of_ten(v as i32),
        Measure::FinalTest => format::plain(10f64.powf(v), 1),
        _ => format::thousands(10f64.powf(v).round() as u64),
    };
    let decades = high - low;
    let grain = match decades {
        d if d <= 2.0 => 0.5,
        d if d <= 6.0 => 1.0,
        _ => 2.0,
    };
    let first = (low / grain).ceil() as i32;
    let last = (high / grain).floor() as i32;
    (first..=last)
        .map(|k| f64::from(k) * grain)
        .map(|v| (v, text(v)))
        .collect()
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
            let never = matches!(class, Class::NeverGeneralises | Class::NeverFits);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_round_ticks() {
        let texts = |m, low, high| -> Vec<String> {
            ticks(m, low, high, false)
                .into_iter()
                .map(|(_, t)| t)
                .collect()
        };
        assert_eq!(
            texts(Measure::default(), 0.0, 3.0),
            ["1×", "10×", "100×", "1,000×"]
        );
        assert_eq!(texts(Measure::Fit, 3.0, 5.0)[0], "1,000");
        let delay = Measure::ALL[0];
        let linear: Vec<String> = (ticks(delay, 0.0, 8_000.0, true).into_iter())
            .map(|(_, t)| t)
            .collect();
        assert_eq!(linear, ["0", "2,000", "4,000", "6,000", "8,000"]);
    }
}
