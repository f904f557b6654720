//! The diagram itself: cells, axes, colour bar and legend, as on screen so in a
//! picture.

use super::{
    colours::{colour, draw_mark, ground, ink_on},
    inks::{corner, fade, inks, text_width},
    isolines,
    legend::{bar, legend, swatch},
    miniature::{self, Window},
};
pub use crate::plot::diagram::shown;
use crate::{
    history::format,
    plot::diagram::{is_linear, is_never, range, title_of},
    sim::config::Value,
    sweep::diagram::{Class, Diagram, Measure, Side, Summary},
    views::theme::Theme,
};
use egui::{
    Align2, Color32, CursorIcon, FontId, Mesh, Painter, Pos2, Rect, Response, Role, Sense, Shape,
    Stroke, TextStyle, Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// What is drawn.
#[derive(Clone, Copy)]
pub struct Figure<'a> {
    /// The newest diagram.
    pub diagram: &'a Diagram,
    /// The one before, drawn pale where the newest has nothing yet.
    pub before: Option<&'a Diagram>,
    /// What the colours show.
    pub measure: Measure,
    /// What never fits or never generalises is drawn as a measure of 0, as the
    /// paper's authors did, rather than with its mark.
    pub never_is_zero: bool,
    /// Lines on which the features are to escape at the same step are drawn.
    pub escape: bool,
    /// Where the sliders stand.
    pub crosshair: Option<[f64; 2]>,
    /// Last step of every cell's run.
    pub horizon: f64,
    /// Written above it; nothing if empty.
    pub title: &'a str,
}

impl Figure<'_> {
    fn old(&self) -> Option<&Diagram> {
        let same = |d: &&Diagram| d.layout().size() == self.diagram.layout().size();
        self.before.filter(same)
    }

    /// Whether the colours are even in the number itself: a logarithm has no 0.
    fn is_linear(&self) -> bool {
        is_linear(self.measure, self.never_is_zero)
    }

    /// Whether lines are drawn over the cells: they would cross out curves.
    pub(super) fn has_isolines(&self) -> bool {
        let known = |place| {
            let summary = self.diagram.summary(place);
            summary.is_some_and(|s| s.escape_log().is_some())
        };
        let flat = self.escape && self.measure != Measure::Curves;
        flat && self.diagram.layout().places().any(known)
    }

    /// Whether cells of the diagram before are seen beside new ones.
    pub(super) fn has_old_cells(&self) -> bool {
        self.old().is_some_and(|old| {
            self.diagram.layout().places().any(|place| {
                self.diagram.filled_by(place).is_none() && old.filled_by(place).is_some()
            })
        })
    }
}

/// What the pointer did.
#[derive(Clone, Default)]
pub struct Seen {
    /// The place under the pointer.
    pub hovered: Option<[usize; 2]>,
    /// The place that was clicked.
    pub clicked: Option<[usize; 2]>,
    /// The diagram's rectangle, for what is shown beside it.
    pub response: Option<Response>,
}

/// Name of the diagram for assistive technology and tests.
pub const NAME: &str = "Phase diagram";

/// Draws the diagram into what room there is.
pub fn show(ui: &mut Ui, theme: &Theme, figure: &Figure<'_>, height: f32) -> Seen {
    if !figure.title.is_empty() {
        ui.label(egui::RichText::new(figure.title).strong());
    }
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, NAME));
    let small = TextStyle::Small.resolve(ui.style());
    let plot = Plot::new(ui.painter(), rect, figure.diagram, small);
    let range = scale(figure);
    plot.empty(theme);
    plot.cells(figure, range, theme);
    if figure.has_isolines() {
        plot.isolines(figure.diagram, theme);
    }
    plot.axes(figure.diagram, theme);
    match figure.crosshair {
        // Lines would cross out the curves.
        Some(at) if figure.measure == Measure::Curves => plot.frame_nearest(at, theme),
        Some(at) => plot.crosshair(at, theme),
        None => {}
    }
    let hovered = response.hover_pos().and_then(|p| plot.place_at(p));
    if let Some(place) = hovered {
        plot.outline(place, theme);
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let clicked = response
        .clicked()
        .then(|| {
            response
                .interact_pointer_pos()
                .and_then(|p| plot.place_at(p))
        })
        .flatten();
    if let Some(range) = range {
        let linear = figure.is_linear();
        bar(
            ui,
            theme,
            figure.measure,
            range,
            linear,
            plot.area.x_range(),
        );
    }
    legend(ui, theme, figure);
    Seen {
        hovered,
        clicked,
        response: Some(response),
    }
}

/// The ends of the colour bar.
fn scale(figure: &Figure<'_>) -> Option<[f64; 2]> {
    let (diagram, before) = (figure.diagram, figure.before);
    range(diagram, before, figure.measure, figure.never_is_zero)
}

struct Plot<'p> {
    painter: &'p Painter,
    area: Rect,
    places: [usize; 2],
    small: FontId,
    /// Left edge of the vertical axis's name.
    title_x: f32,
}

impl<'p> Plot<'p> {
    fn new(painter: &'p Painter, rect: Rect, diagram: &Diagram, small: FontId) -> Self {
        let widest = (diagram.layout().y.values.iter())
            .map(|v| text_width(painter, &shown(&diagram.layout().y, v), &small))
            .fold(0.0, f32::max);
        let left = widest + small.size + 11.0;
        let bottom = 2.0 * small.size + 13.0;
        let area = Rect::from_min_max(rect.min + vec2(left, 4.0), rect.max - vec2(4.0, bottom));
        Self {
            painter,
            area,
            places: diagram.layout().size(),
            small,
            title_x: rect.left(),
        }
    }

    fn edge(&self, part: f32, vertical: bool) -> f32 {
        let raw = match vertical {
            false => self.area.left() + self.area.width() * part / self.places[0] as f32,
            true => self.area.bottom() - self.area.height() * part / self.places[1] as f32,
        };
        egui::emath::GuiRounding::round_to_pixels(raw, self.painter.pixels_per_point())
    }

    fn rect(&self, [x, y]: [usize; 2]) -> Rect {
        Rect::from_min_max(
            pos2(self.edge(x as f32, false), self.edge(y as f32 + 1.0, true)),
            pos2(self.edge(x as f32 + 1.0, false), self.edge(y as f32, true)),
        )
    }

    fn place_at(&self, at: Pos2) -> Option<[usize; 2]> {
        let inside = self.area.contains(at);
        let part = |offset: f32, length: f32, n: usize| {
            ((offset / length * n as f32) as usize).min(n.saturating_sub(1))
        };
        inside.then(|| {
            [
                part(at.x - self.area.left(), self.area.width(), self.places[0]),
                part(
                    self.area.bottom() - at.y,
                    self.area.height(),
                    self.places[1],
                ),
            ]
        })
    }

    /// Cells without a result: the ground with a faint grid.
    fn empty(&self, theme: &Theme) {
        self.painter.rect_filled(self.area, 0.0, theme.background);
        let line = Stroke::new(1.0, theme.grid);
        for x in 0..=self.places[0] {
            self.painter
                .vline(self.edge(x as f32, false), self.area.y_range(), line);
        }
        for y in 0..=self.places[1] {
            self.painter
                .hline(self.area.x_range(), self.edge(y as f32, true), line);
        }
    }

    fn cells(&self, figure: &Figure<'_>, range: Option<[f64; 2]>, theme: &Theme) {
        let before = figure.old();
        let curves = figure.measure == Measure::Curves;
        let mut mesh = Mesh::default();
        let mut marked = Vec::new();
        for place in figure.diagram.layout().places() {
            let newest = figure
                .diagram
                .filled_by(place)
                .map(|p| (figure.diagram, p, 1.0));
            let old = || before.and_then(|d| Some((d, d.filled_by(place)?, 0.4)));
            let Some((diagram, from, strength)) = newest.or_else(old) else {
                continue;
            };
            let Some(summary) = diagram.summary(from) else {
                continue;
            };
            let rect = self.rect(place);
            if curves {
                self.curves(diagram, place, summary, rect, figure.horizon, theme);
                continue;
            }
            let value = summary
                .value(figure.measure)
                .map(|v| if figure.is_linear() { 10f64.powf(v) } else { v });
            let never = is_never(summary.class);
            let zero = figure.never_is_zero && value.is_none() && never;
            let fill = match (value, range) {
                _ if zero => colour(figure.measure, 0.0),
                (Some(v), Some([low, high])) => colour(figure.measure, (v - low) / (high - low)),
                _ => ground(summary.class, theme),
            };
            let fill = fade(fill, strength, theme.background);
            mesh.add_colored_rect(rect, fill);
            if zero {
                continue;
            }
            if summary.class != Class::Groks || summary.agreeing() < summary.computed {
                marked.push((rect, summary, fill));
            }
        }
        self.painter.add(Shape::mesh(mesh));
        for (rect, summary, fill) in marked {
            draw_mark(self.painter, rect, summary.class, fill);
            if summary.agreeing() < summary.computed {
                self.painter.add(corner(rect, ink_on(fill)));
            }
        }
    }

    fn curves(
        &self,
        diagram: &Diagram,
        place: [usize; 2],
        summary: &Summary,
        rect: Rect,
        horizon: f64,
        theme: &Theme,
    ) {
        // Losses differ too much from cell to cell to share an axis.
        let cells = diagram.seeds(place).map(|c| &**c);
        let window = Window::around(cells, horizon);
        let inner = rect.shrink(2.0);
        self.painter.rect_filled(inner, 3.0, theme.panel);
        for cell in diagram.seeds(place) {
            let width = if diagram.layout().seeds > 1 { 0.9 } else { 1.4 };
            miniature::draw(self.painter, inner.shrink(3.0), theme, cell, window, width);
        }
        if summary.class != Class::Groks {
            let size = (0.2 * inner.height().min(inner.width())).clamp(9.0, 14.0);
            let badge = Rect::from_min_size(
                inner.right_top() + vec2(-size - 3.0, 3.0),
                Vec2::splat(size),
            );
            swatch(self.painter, badge, summary.class, theme);
        }
    }

    /// Lines on which the features are to escape at the same step, each with its step.
    fn isolines(&self, diagram: &Diagram, theme: &Theme) {
        let at = |[x, y]: [f64; 2]| {
            let [width, height] = self.places.map(|n| n as f64);
            pos2(
                self.area.left() + self.area.width() * (x / width) as f32,
                self.area.bottom() - self.area.height() * (y / height) as f32,
            )
        };
        let (ink, halo) = inks(theme);
        let mut taken: Vec<Rect> = Vec::new();
        for (step, pieces) in isolines::escape(diagram) {
            let ends = pieces.iter().map(|piece| piece.map(at));
            for stroke in [Stroke::new(2.6, halo), Stroke::new(1.2, ink)] {
                for piece in ends.clone() {
                    self.painter.line_segment(piece, stroke);
                }
            }
            let text = format::steps(step);
            let galley = (self.painter).layout_no_wrap(text, self.small.clone(), ink);
            let place = ends
                .flatten()
                .map(|end| Rect::from_center_size(end, galley.size() + vec2(4.0, 0.0)))
                .filter(|rect| self.area.shrink(2.0).contains_rect(*rect))
                .filter(|rect| !taken.iter().any(|other| other.intersects(*rect)))
                .max_by(|a, b| a.center().x.total_cmp(&b.center().x));
            if let Some(rect) = place {
                let ground = theme.background.gamma_multiply(0.8);
                self.painter.rect_filled(rect, 3.0, ground);
                let corner = rect.min + vec2(2.0, 0.0);
                self.painter.galley(corner, galley, theme.text);
                taken.push(rect.expand(4.0));
            }
        }
    }

    fn axes(&self, diagram: &Diagram, theme: &Theme) {
        let layout = diagram.layout();
        let frame = Stroke::new(1.0, theme.border);
        self.painter
            .rect_stroke(self.area, 0.0, frame, egui::StrokeKind::Outside);
        let [width, height] = self.places;
        let labels: Vec<String> = layout
            .x
            .values
            .iter()
            .map(|v| shown(&layout.x, v))
            .collect();
        let widest = (labels.iter())
            .map(|text| text_width(self.painter, text, &self.small))
            .fold(8.0, f32::max);
        let room = self.area.width() / width as f32;
        let every = ((widest + 8.0) / room).ceil().max(1.0) as usize;
        for (k, text) in labels.iter().enumerate().step_by(every) {
            let x = 0.5 * (self.edge(k as f32, false) + self.edge(k as f32 + 1.0, false));
            let at = pos2(x, self.area.bottom() + 3.0);
            self.text(at, Align2::CENTER_TOP, text, theme.muted);
        }
        let room = self.area.height() / height as f32;
        let every = ((self.small.size + 4.0) / room).ceil().max(1.0) as usize;
        for (k, value) in layout.y.values.iter().enumerate().step_by(every) {
            if layout.y.key.is_empty() {
                break;
            }
            let y = 0.5 * (self.edge(k as f32, true) + self.edge(k as f32 + 1.0, true));
            let at = pos2(self.area.left() - 5.0, y);
            self.text(
                at,
                Align2::RIGHT_CENTER,
                &shown(&layout.y, value),
                theme.muted,
            );
        }
        let at = pos2(
            self.area.center().x,
            self.area.bottom() + self.small.size + 7.0,
        );
        self.text(at, Align2::CENTER_TOP, &title_of(&layout.x), theme.text);
        self.upright(&title_of(&layout.y), theme);
    }

    /// The name of the vertical axis, read from below.
    fn upright(&self, name: &str, theme: &Theme) {
        let galley = (self.painter).layout_no_wrap(name.to_owned(), self.small.clone(), theme.text);
        let at = pos2(self.title_x, self.area.center().y + 0.5 * galley.size().x);
        let mut shape = egui::epaint::TextShape::new(at, galley, theme.text);
        shape.angle = -std::f32::consts::FRAC_PI_2;
        self.painter.add(shape);
    }

    fn text(&self, at: Pos2, align: Align2, text: &str, colour: Color32) {
        self.painter
            .text(at, align, text, self.small.clone(), colour);
    }

    /// Lines through the sliders' values, seen on any colour; a value beyond the
    /// axis stands at its end as an arrow head.
    fn crosshair(&self, [x, y]: [f64; 2], theme: &Theme) {
        let [width, height] = self.places.map(|n| n as f64);
        let (inside_x, inside_y) = ((0.0..=width).contains(&x), (0.0..=height).contains(&y));
        let at = pos2(
            self.area.left() + self.area.width() * (x.clamp(0.0, width) / width) as f32,
            self.area.bottom() - self.area.height() * (y.clamp(0.0, height) / height) as f32,
        );
        let (ink, halo) = inks(theme);
        for stroke in [Stroke::new(3.0, halo), Stroke::new(1.0, ink)] {
            if inside_x {
                for part in [
                    self.area.top()..=at.y - 7.0,
                    at.y + 7.0..=self.area.bottom(),
                ] {
                    if part.start() < part.end() {
                        self.painter.vline(at.x, part, stroke);
                    }
                }
            }
            if inside_y {
                for part in [
                    self.area.left()..=at.x - 7.0,
                    at.x + 7.0..=self.area.right(),
                ] {
                    if part.start() < part.end() {
                        self.painter.hline(part, at.y, stroke);
                    }
                }
            }
        }
        if inside_x && inside_y {
            self.painter.circle_stroke(at, 6.0, Stroke::new(4.0, halo));
            self.painter.circle_stroke(at, 6.0, Stroke::new(2.0, ink));
        } else {
            let away = |v: f64, length: f64| {
                if v < 0.0 {
                    -1.0
                } else if v > length {
                    1.0
                } else {
                    0.0
                }
            };
            let toward = vec2(away(x, width), -away(y, height)).normalized();
            let side = vec2(-toward.y, toward.x);
            let tip = at - 1.0 * toward;
            let back = at - 10.0 * toward;
            let corners = vec![tip, back + 5.0 * side, back - 5.0 * side];
            self.painter
                .add(Shape::convex_polygon(corners, ink, Stroke::new(1.5, halo)));
        }
    }

    /// Frames the cell at the sliders' values, where there is one.
    fn frame_nearest(&self, at: [f64; 2], theme: &Theme) {
        let inside = |v: f64, n: usize| (0.0..n as f64).contains(&v).then_some(v as usize);
        if let (Some(x), Some(y)) = (inside(at[0], self.places[0]), inside(at[1], self.places[1])) {
            let stroke = Stroke::new(2.0, theme.accent);
            let rect = self.rect([x, y]).shrink(1.0);
            self.painter
                .rect_stroke(rect, 3.0, stroke, egui::StrokeKind::Inside);
        }
    }

    fn outline(&self, place: [usize; 2], theme: &Theme) {
        let rect = self.rect(place);
        for (width, colour) in [(3.0, theme.background), (1.5, theme.text)] {
            self.painter.rect_stroke(
                rect,
                0.0,
                Stroke::new(width, colour),
                egui::StrokeKind::Outside,
            );
        }
    }
}

/// Where a value stands along a side, in places from its beginning: the middle of
/// place k is k + ½. Below 0 or above the number of places where it is beyond.
pub fn position(side: &Side, value: &Value) -> Option<f64> {
    let values = &side.values;
    if let Some(k) = values.iter().position(|v| v == value) {
        return Some(k as f64 + 0.5);
    }
    let x = value.as_f64()?;
    let numbers: Vec<f64> = values.iter().map(Value::as_f64).collect::<Option<_>>()?;
    let (&first, &last) = (numbers.first()?, numbers.last()?);
    let count = numbers.len();
    if count < 2 {
        return Some(if x < first { -1.0 } else { count as f64 + 1.0 });
    }
    let rising = last > first;
    // By ratio where the places are.
    let log = first > 0.0 && last > 0.0 && {
        let ratio = |k: usize| (numbers[k + 1] / numbers[k]).ln();
        let step = |k: usize| numbers[k + 1] - numbers[k];
        let (a, b) = (0, count - 2);
        (ratio(a) - ratio(b)).abs() / ratio(a).abs() <= (step(a) - step(b)).abs() / step(a).abs()
    };
    let map = |v: f64| {
        if log {
            v.max(f64::MIN_POSITIVE).ln()
        } else {
            v
        }
    };
    let between = |a: f64, b: f64| (map(x) - map(a)) / (map(b) - map(a));
    let k = (numbers.windows(2))
        .position(|w| if rising { x < w[1] } else { x > w[1] })
        .unwrap_or(count - 2);
    let part = between(numbers[k], numbers[k + 1]);
    let place = k as f64 + 0.5 + part;
    Some(if place.is_finite() {
        place
    } else {
        count as f64 + 1.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(values: &[f64]) -> Side {
        Side {
            key: "network.alpha".into(),
            values: values.iter().map(|&x| Value::Real(x)).collect(),
        }
    }

    #[test]
    fn the_crosshair_sits_at_the_sliders_values() {
        let log = side(&[0.1, 1.0, 10.0]);
        let at = |x: f64| position(&log, &Value::Real(x)).expect("a number");
        assert_eq!(at(1.0), 1.5);
        assert!((at(10f64.sqrt()) - 2.0).abs() < 1e-12);
        assert!(at(0.01) < 0.0 && at(1e3) > 3.0);
        let linear = side(&[1.0, 2.0, 3.0]);
        let at = position(&linear, &Value::Real(2.5)).expect("a number");
        assert!((at - 2.0).abs() < 1e-12);
        let words = Side {
            key: "network.centered".into(),
            values: vec![Value::Bool(false), Value::Bool(true)],
        };
        assert_eq!(position(&words, &Value::Bool(true)), Some(1.5));
    }
}
