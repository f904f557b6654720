//! The p×p table of sums: right and wrong, sure and unsure, trained on or not; and
//! one sum at a time.

use crate::{
    history::format,
    sim::networks::{look::SumTable, readings::Answer},
    views::{colormap::image, theme::Theme},
};
use egui::{
    Color32, ColorImage, DragValue, Id, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextStyle,
    TextureOptions, Ui, Vec2, WidgetInfo, pos2,
};

/// Pixels of a cell: its middle is a dot where the pair is trained on.
const CELL: usize = 3;

/// Draws the table and the sum that was chosen.
pub fn show(ui: &mut Ui, theme: &Theme, sums: &SumTable, number: u64) {
    let p = sums.p;
    let id = Id::unique("sum that is looked at");
    let mut chosen = ui.data(|d| d.get_temp::<[usize; 2]>(id)).unwrap_or([1, 2]);
    chosen = chosen.map(|n| n.min(p - 1));
    let side = ui.available_width().min(330.0);
    let (area, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    response.widget_info(|| {
        let right = sums.answers.iter().filter(|a| a.right).count();
        let name = format!("Table of sums modulo {p}: {right} of {} right", p * p);
        WidgetInfo::labeled(Role::Image, true, name)
    });
    image(
        ui.painter(),
        "table of sums",
        (number, theme.dark),
        TextureOptions::NEAREST,
        area,
        || pixels(sums, theme),
    );
    let cell = side / p as f32;
    let at = response.interact_pointer_pos().or(response.hover_pos());
    let under = at.filter(|p| area.contains(*p)).map(|at| {
        let place = (at - area.min) / cell;
        [(place.y as usize).min(p - 1), (place.x as usize).min(p - 1)]
    });
    if let (true, Some(cell)) = (response.clicked(), under) {
        chosen = cell;
    }
    let [a, b] = chosen;
    let frame = Rect::from_min_size(
        area.min + Vec2::new(b as f32, a as f32) * cell,
        Vec2::splat(cell),
    );
    ui.painter().rect_stroke(
        frame,
        0.0,
        Stroke::new(1.5, theme.text),
        StrokeKind::Outside,
    );
    if let Some([a, b]) = under {
        response.on_hover_text(sentence(sums, a, b));
    }
    legend(ui, theme);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let most = p - 1;
        for (name, at) in [("a", 0), ("b", 1)] {
            let field = DragValue::new(&mut chosen[at])
                .range(0..=most)
                .prefix(format!("{name} = "));
            ui.add(field)
                .on_hover_text("One of the two numbers; click a cell of the table to choose both");
        }
        ui.label(RichText::new(sentence(sums, chosen[0], chosen[1])).color(theme.text));
    });
    ui.data_mut(|d| d.insert_temp(id, chosen));
    logits(ui, theme, sums, chosen);
}

/// "12 + 30 = 42: answers 42, by a margin of 3.1; trained on".
fn sentence(sums: &SumTable, a: usize, b: usize) -> String {
    let at = a * sums.p + b;
    let (answer, sum) = (&sums.answers[at], (a + b) % sums.p);
    let given = match answer.answer {
        Some(given) => format!("answers {given}"),
        None => "gives no answer".into(),
    };
    let margin = match answer.margin {
        m if m.is_nan() => String::new(),
        m if m >= 0.0 => format!(", by a margin of {}", format::plain(m, 2)),
        m => format!(", {} short of it", format::plain(-m, 2)),
    };
    let told = match sums.trained[at] {
        true => "trained on",
        false => "not trained on",
    };
    let word = if answer.right { "right" } else { "wrong" };
    format!("{a} + {b} = {sum}: {given}, {word}{margin}; {told}")
}

/// How sure an answer is, from 0 to 1.
fn sureness(answer: &Answer, scale: f64) -> f32 {
    match answer.margin.is_nan() {
        true => 0.0,
        false => (answer.margin.abs() / scale).clamp(0.0, 1.0).sqrt() as f32,
    }
}

fn pixels(sums: &SumTable, theme: &Theme) -> ColorImage {
    let p = sums.p;
    let margins = sums.answers.iter().map(|a| a.margin.abs());
    let scale = margins.filter(|m| m.is_finite()).fold(1e-9, f64::max);
    let width = p * CELL;
    let mut image = ColorImage::filled([width, width], theme.panel);
    for (at, answer) in sums.answers.iter().enumerate() {
        let (row, column) = (at / p, at % p);
        let full = if answer.right {
            theme.alignment
        } else {
            theme.warning
        };
        let color = mix(theme.panel, full, 0.25 + 0.75 * sureness(answer, scale));
        for k in 0..CELL * CELL {
            let (i, j) = (k / CELL, k % CELL);
            let dot = sums.trained[at] && (i, j) == (CELL / 2, CELL / 2);
            image.pixels[(row * CELL + i) * width + column * CELL + j] =
                if dot { theme.text } else { color };
        }
    }
    image
}

fn mix(from: Color32, to: Color32, part: f32) -> Color32 {
    from.lerp_to_gamma(to, part)
}

fn legend(ui: &mut Ui, theme: &Theme) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let size = TextStyle::Small.resolve(ui.style()).size;
        for (color, dot, name) in [
            (theme.alignment, false, "right"),
            (theme.warning, false, "wrong"),
            (theme.panel, true, "trained on"),
        ] {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
            ui.painter().rect_filled(rect, 1.0, color);
            if dot {
                ui.painter()
                    .circle_filled(rect.center(), size / 5.0, theme.text);
            }
            let text = RichText::new(name).text_style(TextStyle::Small);
            ui.label(text.color(theme.muted));
        }
        let text = RichText::new("brighter: surer").text_style(TextStyle::Small);
        ui.label(text.color(theme.muted));
    });
}

/// The outputs for one sum as bars, the right one in its colour.
fn logits(ui: &mut Ui, theme: &Theme, sums: &SumTable, [a, b]: [usize; 2]) {
    let values = sums.logits_of(a, b);
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite().fold((0.0f32, 0.0f32), |(l, h), v| (l.min(v), h.max(v)));
    let size = Vec2::new(ui.available_width().min(330.0), 56.0);
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    let sum = (a + b) % sums.p;
    response.widget_info(|| {
        let name = format!("Outputs for {a} + {b}, one bar for each answer");
        WidgetInfo::labeled(Role::Image, true, name)
    });
    if high <= low {
        return;
    }
    let step = area.width() / values.len() as f32;
    let y = |v: f32| area.bottom() - area.height() * (v - low) / (high - low);
    for (k, v) in values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let x = area.left() + k as f32 * step;
        let bar = Rect::from_two_pos(pos2(x, y(0.0)), pos2(x + (step - 1.0).max(0.7), y(*v)));
        let color = if k == sum { theme.test } else { theme.faint };
        ui.painter().rect_filled(bar, 0.0, color);
    }
    let text = "Output for each answer; the right one is coloured.";
    let text = RichText::new(text).text_style(TextStyle::Small);
    ui.label(text.color(theme.muted));
}
