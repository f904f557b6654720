//! The panels of a figure of the paper: lines and points on axes of their own, side
//! by side, as on screen so in a picture.

mod frame;

use super::{
    entry::describe,
    fonts,
    pins::PinColour,
    polyline::{Canvas, ScreenPen},
    theme::Theme,
};
use crate::{
    figures::{
        panel::Kind,
        plot::{Dash, Ink, Key, Look, Plot, Series},
    },
    history::format,
    sim::metrics::Metric,
};
use egui::{
    Align2, Color32, CursorIcon, FontId, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke,
    TextStyle, Ui, Vec2, WidgetInfo, pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};
use egui_plot::LineStyle;
use frame::{Frame, place};

/// Below this size a panel has no legend and no axis titles of its own.
const COMPACT: Vec2 = Vec2::new(170.0, 160.0);
/// Between panels.
const GAP: f32 = 8.0;

/// Draws the panels, `across` side by side, or the one that was enlarged alone;
/// returns the panel that was clicked.
pub fn show(
    ui: &mut Ui,
    theme: &Theme,
    plots: &[Plot],
    across: usize,
    enlarged: Option<usize>,
) -> Option<usize> {
    let mut room = ui.available_rect_before_wrap();
    ui.allocate_rect(room, Sense::hover());
    let chosen: Vec<(usize, &Plot)> = match enlarged {
        Some(k) => plots.get(k).map(|plot| (k, plot)).into_iter().collect(),
        None => plots.iter().enumerate().collect(),
    };
    let across = across.clamp(1, chosen.len().max(1));
    let down = chosen.len().div_ceil(across).max(1);
    let cell = |room: Rect| {
        vec2(
            (room.width() - GAP * (across - 1) as f32) / across as f32,
            (room.height() - GAP * (down - 1) as f32) / down as f32,
        )
    };
    let small = TextStyle::Small.resolve(ui.style());
    let compact = cell(room).x < COMPACT.x || cell(room).y < COMPACT.y;
    if compact && let Some((_, plot)) = chosen.iter().find(|(_, p)| !p.keys.is_empty()) {
        // What all panels share is said once.
        let head = Rect::from_min_max(room.min, pos2(room.right(), room.top() + 40.0));
        let titles = format!("across: {}; up: {}", plot.x.title, plot.y.title);
        let painter = ui.painter();
        let at = painter.text(
            head.min,
            Align2::LEFT_TOP,
            titles,
            small.clone(),
            theme.muted,
        );
        let below = Rect::from_min_max(pos2(head.left(), at.bottom() + 2.0), head.max);
        let used = legend(painter, below, &plot.keys, &small, theme);
        room.min.y = below.top() + used + 4.0;
    }
    let size = cell(room);
    let mut clicked = None;
    for (place, (k, plot)) in chosen.into_iter().enumerate() {
        let (row, column) = (place / across, place % across);
        let corner = room.min + vec2(column as f32 * (size.x + GAP), row as f32 * (size.y + GAP));
        let rect = Rect::from_min_size(corner, size);
        if panel(ui, theme, rect, k, plot, compact) {
            clicked = Some(k);
        }
    }
    clicked
}

/// Draws a panel; whether it was clicked.
fn panel(ui: &mut Ui, theme: &Theme, rect: Rect, k: usize, plot: &Plot, compact: bool) -> bool {
    let id = ui.scope_id().with(("panel", k));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!("Panel {}", plot.title);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    describe(
        &response,
        "A click shows this panel alone, or all of them again",
    );
    let painter = ui
        .painter()
        .with_clip_rect(rect.expand(2.0).intersect(ui.clip_rect()));
    painter.rect_filled(rect, 6.0, theme.panel);
    let small = TextStyle::Small.resolve(ui.style());
    let inner = rect.shrink2(vec2(8.0, 5.0));
    let bold = FontId::new(small.size + 1.0, fonts::bold());
    let mut text = LayoutJob::simple_singleline(plot.title.clone(), bold, theme.text);
    text.wrap = TextWrapping::truncate_at_width(inner.width());
    let text = painter.layout_job(text);
    let title = Rect::from_min_size(inner.min, text.size());
    painter.galley(inner.min, text, theme.text);
    if matches!(plot.kind, Kind::Note | Kind::Diagram) {
        let text = painter.layout(
            plot.x.title.clone(),
            small,
            theme.faint,
            inner.width() - 8.0,
        );
        let at = inner.center() - 0.5 * text.size();
        painter.galley(at, text, theme.faint);
        return false;
    }
    let mut top = title.bottom() + 3.0;
    if !compact {
        let below = Rect::from_min_max(pos2(inner.left(), top), inner.max);
        top += legend(&painter, below, &plot.keys, &small, theme) + 2.0;
    }
    let frame = Frame::new(&painter, plot, inner, top, &small, compact);
    frame.axes(&painter, plot, theme, compact);
    frame.series(&painter, plot, theme);
    hover(&response, &painter, &frame, plot, theme);
    if plot.series.iter().all(|s| s.points.is_empty()) {
        let at = frame.area.center();
        painter.text(at, Align2::CENTER_CENTER, "computing …", small, theme.faint);
    }
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::ZoomIn);
    }
    response.clicked()
}

/// What a colour looks like.
pub fn colour(ink: Ink, theme: &Theme) -> Color32 {
    match ink {
        Ink::Metric(metric) => match metric {
            Metric::TrainLoss | Metric::LinTrainLoss | Metric::TrainAccuracy => theme.train,
            Metric::VarianceError => theme.variance,
            Metric::MisalignmentError => theme.misalignment,
            Metric::LinearPower => theme.linear_power,
            Metric::WeightNormSq => theme.muted,
            Metric::TestColumnCenteredAlignment => theme.alignment,
            _ => theme.test,
        },
        Ink::Few(k) => {
            let few = [
                theme.train,
                theme.test,
                theme.alignment,
                theme.kernel_alignment,
            ];
            few[k % few.len()]
        }
        Ink::Along(part) => theme.pin(PinColour::Ramp(part)),
        Ink::Reference => theme.muted,
    }
}

fn style(dash: Dash) -> LineStyle {
    match dash {
        Dash::Solid => LineStyle::Solid,
        Dash::Dashed => LineStyle::Dashed { length: 6.0 },
        Dash::Dotted => LineStyle::Dotted { spacing: 4.0 },
    }
}

/// What several labels begin with alike, up to and with the equals sign.
fn shared(keys: &[Key]) -> usize {
    let Some((first, rest)) = keys.split_first() else {
        return 0;
    };
    let end = first.name.find("= ").map_or(0, |at| at + "= ".len());
    let same = rest
        .iter()
        .filter(|k| k.name.starts_with(&first.name[..end]));
    if same.count() >= 2 { end } else { 0 }
}

/// Draws the keys in as many rows as they need; returns the height.
fn legend(painter: &Painter, rect: Rect, keys: &[Key], font: &FontId, theme: &Theme) -> f32 {
    const SAMPLE: f32 = 15.0;
    let skip = shared(keys);
    let prefix = keys.first().map_or("", |k| &k.name[..skip]).to_owned();
    let height = font.size + 4.0;
    let (mut x, mut y) = (rect.left(), rect.top());
    for (k, key) in keys.iter().enumerate() {
        let alike = k > 0 && skip > 0 && key.name.starts_with(&prefix);
        let name = if alike { &key.name[skip..] } else { &key.name };
        let text = painter.layout_no_wrap(name.to_owned(), font.clone(), theme.muted);
        let width = SAMPLE + 4.0 + text.size().x + 9.0;
        if x > rect.left() && x + width > rect.right() {
            (x, y) = (rect.left(), y + height);
        }
        let middle = y + 0.5 * text.size().y;
        let ink = colour(key.ink, theme);
        match key.look {
            Look::Line(dash) => {
                let canvas = Canvas {
                    rect: Rect::from_min_size(pos2(x, middle - 2.0), vec2(SAMPLE, 4.0)),
                    x: (0.0, 1.0),
                    y: (0.0, 1.0),
                };
                let pen = ScreenPen {
                    colour: ink,
                    width: 2.0,
                    style: style(dash),
                };
                painter.extend(canvas.stroke([[0.0, 0.5], [1.0, 0.5]], pen));
            }
            Look::Marks(shape) => mark(painter, pos2(x + 0.5 * SAMPLE, middle), shape, ink),
        }
        painter.galley(pos2(x + SAMPLE + 4.0, y), text, theme.muted);
        x += width;
    }
    match keys.is_empty() {
        true => 0.0,
        false => y - rect.top() + height,
    }
}

/// One shape a group, so that it can be told without its colour.
fn mark(painter: &Painter, at: Pos2, shape: usize, colour: Color32) {
    let corners = |corners: &[(f32, f32)]| -> Vec<Pos2> {
        corners.iter().map(|&(x, y)| at + vec2(x, y)).collect()
    };
    match shape % 3 {
        0 => {
            painter.circle_filled(at, 3.6, colour);
        }
        1 => {
            let s = 5.0;
            let points = corners(&[(0.0, -s), (s, 0.0), (0.0, s), (-s, 0.0)]);
            painter.add(Shape::closed_line(points, Stroke::new(1.6, colour)));
        }
        _ => {
            let s = 4.6;
            let points = corners(&[(0.0, -s), (s, 0.8 * s), (-s, 0.8 * s)]);
            painter.add(Shape::closed_line(points, Stroke::new(1.6, colour)));
        }
    }
}

/// The numbers under the pointer.
fn hover(response: &Response, painter: &Painter, frame: &Frame, plot: &Plot, theme: &Theme) {
    const MOST: usize = 20;
    let Some(pointer) = response.hover_pos().filter(|p| frame.area.contains(*p)) else {
        return;
    };
    let screen = |series: &Series, point: &[f64; 2]| {
        let y = match (&frame.right, series.right) {
            (Some(right), true) => right,
            _ => &frame.y,
        };
        pos2(
            frame.at_x(place(frame.x.scale, point[0])),
            frame.at_y(y, place(y.scale, point[1])),
        )
    };
    let points = plot.kind == Kind::Points;
    let mut lines = Vec::new();
    for series in &plot.series {
        let distance = |point: &&[f64; 2]| {
            let at = screen(series, point);
            match points {
                true => at.distance(pointer),
                false => (at.x - pointer.x).abs(),
            }
        };
        let near = |a: &&[f64; 2], b: &&[f64; 2]| distance(a).total_cmp(&distance(b));
        let Some(nearest) = series.points.iter().min_by(near) else {
            continue;
        };
        let [x, y] = nearest.map(|v| format::plain(v, 3));
        match points {
            true if distance(&nearest) < 9.0 => lines.push(format!("{}: {x}, {y}", series.name)),
            true => {}
            false => {
                if lines.is_empty() {
                    lines.push(format!("step {}", format::thousands(nearest[0] as u64)));
                }
                lines.push(format!("{}: {y}", series.name));
            }
        }
    }
    if !points {
        let stroke = Stroke::new(1.0, theme.faint);
        painter.vline(pointer.x, frame.area.y_range(), stroke);
    }
    if !lines.is_empty() {
        lines.truncate(MOST);
        response.clone().on_hover_text_at_pointer(lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::frame::log_ticks;
    use super::*;

    #[test]
    fn labels_that_begin_alike_say_it_once() {
        let key = |name: &str| Key {
            name: name.into(),
            ink: Ink::Reference,
            look: Look::Line(Dash::Solid),
        };
        let many = ["α = ¼", "α = ½", "α = 1", "train"].map(key);
        assert_eq!(shared(&many), "α = ".len());
        assert_eq!(shared(&["train", "test"].map(key)), 0);
        assert_eq!(shared(&["P = 1", "j = 2"].map(key)), 0);
    }

    #[test]
    fn ticks_have_room() {
        let wide = log_ticks((0.0, 5.0), 400.0);
        assert_eq!(wide.len(), 6);
        let narrow = log_ticks((0.0, 5.0), 60.0);
        assert!((2..=3).contains(&narrow.len()), "{narrow:?}");
        let short = log_ticks((-0.1, 0.8), 200.0);
        let names: Vec<&str> = short.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["1", "2", "5"]);
    }
}
