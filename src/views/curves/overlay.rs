//! What is written and marked on the plots: crossings, the bracket of the
//! delay, the outcome, direct labels, the crosshair.

use super::{
    placement::{GRACE_SECS, Kept, LabelSide, Obstacles, Place, Seek},
    series::{Drawn, ScreenPen},
};
use crate::history::{Run, decimate::log_step, format};
use crate::sim::outcome::Outcome;
use crate::training::protocol::Phase;
use crate::views::{polyline::Canvas, theme::Theme};
use egui::{
    Align2, Color32, FontId, Galley, Painter, Pos2, Rect, Shape, Stroke, TextStyle, Ui, Vec2, pos2,
    vec2,
};
use egui_plot::PlotTransform;
use std::{collections::HashMap, sync::Arc};

/// The shapes that mark events on the curves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EventMark {
    /// Train loss fell below its threshold.
    Fit,
    /// Test loss fell below its threshold.
    Generalise,
    /// Highest test loss.
    Peak,
    /// Divergence.
    Diverged,
}

impl EventMark {
    /// Draws it, with a rim in the colour of the ground.
    pub fn paint(self, painter: &Painter, at: Pos2, size: f32, colour: Color32, rim: Color32) {
        let stroke = Stroke::new(1.5, rim);
        let polygon = |corners: &[(f32, f32)]| {
            let points = corners
                .iter()
                .map(|(x, y)| at + size * vec2(*x, *y))
                .collect();
            painter.add(Shape::convex_polygon(points, colour, stroke));
        };
        match self {
            Self::Fit => {
                painter.circle(at, 0.9 * size, colour, stroke);
            }
            Self::Generalise => polygon(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
            Self::Peak => polygon(&[(0.0, -1.1), (1.05, 0.8), (-1.05, 0.8)]),
            Self::Diverged => {
                let stroke = Stroke::new(2.5, colour);
                for (a, b) in [((-0.8, -0.8), (0.8, 0.8)), ((-0.8, 0.8), (0.8, -0.8))] {
                    let ends = [at + size * vec2(a.0, a.1), at + size * vec2(b.0, b.1)];
                    painter.line_segment(ends, stroke);
                }
            }
        }
    }
}

/// Where each label is, by its text.
pub type Places = HashMap<String, Place>;

/// A name to be written beside a curve.
pub struct Label<'l> {
    curve: &'l Drawn,
    name: &'l str,
    side: LabelSide,
}

impl<'l> Label<'l> {
    /// A name, and the side of the curve on which it is tried first.
    pub fn new(curve: &'l Drawn, name: &'l str, side: LabelSide) -> Self {
        Self { curve, name, side }
    }
}

/// Draws on one plot, within its frame.
pub struct Overlay<'a> {
    pub(super) painter: Painter,
    pub(super) canvas: Canvas,
    pub(super) theme: &'a Theme,
    pub(super) body: FontId,
    strong: FontId,
    /// What text must not cover.
    pub obstacles: Obstacles,
    /// Where the outcome is written.
    pub headline: Option<Rect>,
}

impl<'a> Overlay<'a> {
    /// Draws over a plot that was just shown.
    pub fn new(ui: &Ui, transform: PlotTransform, theme: &'a Theme) -> Self {
        Self {
            painter: ui.painter().with_clip_rect(*transform.frame()),
            canvas: Canvas::of(&transform),
            theme,
            body: TextStyle::Body.resolve(ui.style()),
            strong: TextStyle::Heading.resolve(ui.style()),
            obstacles: Obstacles::default(),
            headline: None,
        }
    }

    /// The plot's frame.
    pub fn frame(&self) -> Rect {
        self.canvas.rect
    }

    /// Where a step is on the screen, near the frame at least.
    pub(super) fn x(&self, step: u64) -> f32 {
        let at = self.canvas.at(log_step(step), self.canvas.y.0);
        at.map_or(f32::NAN, |at| at.x)
    }

    /// Where a value is on the screen, near the frame at least.
    fn y(&self, value: f64) -> f32 {
        let at = self.canvas.at(self.canvas.x.0, value);
        at.map_or(f32::NAN, |at| at.y)
    }

    /// Marks a step on a curve.
    pub fn mark(&mut self, mark: EventMark, step: u64, curve: &Drawn) {
        let x = log_step(step);
        let place = curve.at(x).and_then(|y| self.canvas.inside(x, y));
        let Some(at) = place else { return };
        let size = 0.46 * self.body.size;
        mark.paint(
            &self.painter,
            at,
            size,
            curve.pen().colour,
            self.theme.background,
        );
        self.obstacles
            .add_rect(Rect::from_center_size(at, Vec2::splat(2.6 * size)));
    }

    /// A dot where a curve grows.
    pub fn head(&self, curve: &Drawn) {
        let head = curve.head().and_then(|[x, y]| self.canvas.inside(x, y));
        if let Some(at) = head {
            let colour = curve.pen().colour;
            self.painter
                .circle_filled(at, 7.0, colour.gamma_multiply(0.22));
            self.painter.circle_filled(at, 3.2, colour);
        }
    }

    /// A horizontal line at a reference value, named at its right end.
    pub fn reference(&mut self, height: f64, colour: Color32, style: ScreenPen, name: &str) {
        if !height.is_finite() {
            return;
        }
        let frame = self.frame();
        let y = self.y(height);
        if !frame.y_range().contains(y) {
            return;
        }
        let ends = [pos2(frame.left(), y), pos2(frame.right(), y)];
        let stroke = Stroke::new(style.width, style.colour);
        self.painter.extend(match style.style {
            egui_plot::LineStyle::Dotted { spacing } => {
                Shape::dotted_line(&ends, style.colour, spacing, style.width)
            }
            egui_plot::LineStyle::Dashed { length } => {
                Shape::dashed_line(&ends, stroke, length, length)
            }
            egui_plot::LineStyle::Solid => vec![Shape::line_segment(ends, stroke)],
        });
        if !name.is_empty() {
            self.name_level(height, colour, name);
        }
        // No text that follows may stand on the line.
        self.obstacles.add_curve(ends.to_vec());
    }

    /// Names a horizontal line, where there is room: at its right end, else
    /// further left.
    pub fn name_level(&mut self, height: f64, colour: Color32, name: &str) {
        let frame = self.frame();
        let y = self.y(height);
        if !y.is_finite() || !frame.y_range().contains(y) {
            return;
        }
        let galley = self
            .painter
            .layout_no_wrap(name.into(), self.body.clone(), colour);
        let size = galley.size();
        let right = frame.right() - size.x - 8.0;
        let left = frame.left() + 12.0;
        let free = [0.0, 1.0, 0.25, 0.5, 0.75]
            .into_iter()
            .map(|part| right + part * (left - right))
            .flat_map(|x| [pos2(x, y - size.y - 4.0), pos2(x, y + 4.0)])
            .map(|corner| Rect::from_min_size(corner, size))
            .find(|rect| frame.contains_rect(*rect) && self.obstacles.is_free(*rect));
        if let Some(rect) = free {
            self.text(rect, galley, colour);
        }
    }

    /// Names curves beside them. A label that has a place keeps it as long as
    /// nothing comes in its way; then those that have none look for one where
    /// their curve is apart from all others.
    pub fn labels(&mut self, labels: &[Label<'_>], places: &mut Places) {
        let now = self.painter.ctx().input(|i| i.time);
        places.retain(|name, _| labels.iter().any(|label| label.name == name));
        let prepared: Vec<_> = labels
            .iter()
            .map(|label| {
                let colour = label.curve.pen().colour;
                let (name, font) = (label.name.to_owned(), self.body.clone());
                let galley = self.painter.layout_no_wrap(name, font, colour);
                let points = label.curve.on_screen(&self.canvas);
                (label, galley, points, colour)
            })
            .collect();
        let frame = self.frame();
        let mut open = Vec::new();
        for (label, galley, points, colour) in prepared {
            let seek = Seek {
                curve: &points,
                size: galley.size(),
                side: label.side,
                frame,
            };
            let place = places.get_mut(label.name);
            match place.map(|place| place.keep(&self.obstacles, &seek, now)) {
                Some(Kept::Here(rect)) => self.text(rect, galley, colour),
                // It may be free again in a moment: a curve grows, a box moves on.
                Some(Kept::Soon) => {
                    let wait = std::time::Duration::from_secs_f64(GRACE_SECS);
                    self.painter.ctx().request_repaint_after(wait);
                }
                Some(Kept::Lost) | None => {
                    open.push((label.name, label.side, galley, points, colour))
                }
            }
        }
        for (name, side, galley, points, colour) in open {
            let seek = Seek {
                curve: &points,
                size: galley.size(),
                side,
                frame,
            };
            match self.obstacles.best(&seek) {
                Some((number, rect)) => {
                    places.insert(name.to_owned(), Place::new(number, now));
                    self.text(rect, galley, colour);
                }
                None => {
                    places.remove(name);
                }
            }
        }
    }

    /// Writes on a patch of the ground, for what may lie below, and keeps the
    /// place.
    pub(super) fn text(&mut self, rect: Rect, galley: Arc<Galley>, colour: Color32) {
        let ground = self.theme.background.gamma_multiply(0.75);
        self.painter.rect_filled(rect.expand(1.0), 3.0, ground);
        self.painter.galley(rect.min, galley, colour);
        self.obstacles.add_rect(rect);
    }

    /// Adds curves that no text may cover.
    pub fn avoid<'c>(&mut self, curves: impl IntoIterator<Item = &'c Drawn>) {
        for curve in curves {
            let points = curve.on_screen(&self.canvas);
            self.obstacles.add_curve(points);
        }
    }

    /// The outcome at the top of the frame, and under it the bracket from the
    /// step at which the run fits to the one at which it generalises, open
    /// while it has not.
    pub fn outcome(&mut self, run: &Run) {
        let sentence = run.outcome_sentence();
        if sentence.is_empty() {
            return;
        }
        let frame = self.frame();
        let outcome = run.outcome();
        let bad = run.failure().is_some() || matches!(outcome, Some(Outcome::Diverged { .. }));
        let crossings = run.crossings();
        let final_ = outcome.is_some() || crossings.ratio().is_some();
        let (font, colour) = match (bad, final_) {
            (true, _) => (self.strong.clone(), self.theme.warning),
            (_, true) => (self.strong.clone(), self.theme.text),
            _ => (self.body.clone(), self.theme.muted),
        };
        let width = frame.width() - 24.0;
        let galley = self.painter.layout(sentence, font, colour, width);
        let size = galley.size();
        let bracket = (!bad).then(|| self.bracket_ends(run)).flatten();
        // A sentence whose numbers still change is anchored at its left end,
        // so that it does not tremble.
        let left = match bracket {
            Some((from, to, true)) => 0.5 * (from + to - size.x),
            Some((from, _, false)) => from,
            None if final_ => 0.5 * (frame.left() + frame.right() - size.x),
            None => frame.left() + 12.0,
        };
        let most = (frame.right() - 12.0 - size.x).max(frame.left() + 12.0);
        let left = left.clamp(frame.left() + 12.0, most);
        let top = frame.top() + 8.0;
        let mut rect = Rect::from_min_size(pos2(left, top), size);
        if let Some(Outcome::Diverged { step, .. }) = outcome {
            // Beside the line of the divergence, on the side that is empty.
            let right = pos2(self.x(step) + 12.0, top);
            let beside = [right, pos2(frame.left() + 12.0, top)]
                .map(|corner| Rect::from_min_size(corner, size));
            let free = |r: &Rect| frame.contains_rect(*r) && self.obstacles.is_free(*r);
            rect = beside.into_iter().find(free).unwrap_or(rect);
        }
        let ground = self.theme.background.gamma_multiply(0.85);
        self.painter.rect_filled(rect.expand(3.0), 4.0, ground);
        self.painter.galley(rect.min, galley, colour);
        self.headline = Some(rect);
        self.obstacles.add_rect(rect);
        if let Some((from, to, closed)) = bracket {
            self.bracket(from, to, closed, rect.bottom() + 9.0);
        }
    }

    /// Ends of the bracket on the screen, left first, and whether it is closed.
    fn bracket_ends(&self, run: &Run) -> Option<(f32, f32, bool)> {
        let crossings = run.crossings();
        let from = self.x(crossings.fit?);
        match crossings.generalise {
            Some(step) => {
                let to = self.x(step);
                Some((from.min(to), from.max(to), true))
            }
            None => Some((from, self.x(run.step()), false)),
        }
    }

    fn bracket(&mut self, from: f32, to: f32, closed: bool, y: f32) {
        if to - from < 2.0 {
            return;
        }
        let colour = if closed {
            self.theme.text
        } else {
            self.theme.muted
        };
        let stroke = Stroke::new(1.2, colour);
        self.painter.hline(from..=to, y, stroke);
        self.painter.vline(from, y - 5.0..=y + 5.0, stroke);
        if closed {
            self.painter.vline(to, y - 5.0..=y + 5.0, stroke);
        } else {
            let tip = pos2(to, y);
            for dy in [-3.5, 3.5] {
                let ends = [tip, tip + vec2(-5.0, dy)];
                self.painter.line_segment(ends, stroke);
            }
        }
        let rect = Rect::from_min_max(pos2(from, y - 5.0), pos2(to, y + 5.0));
        self.obstacles.add_rect(rect);
    }

    /// A vertical line at the step where a held run stands, with its name.
    pub fn held(&mut self, run: &Run) {
        if run.phase() != Phase::Paused {
            return;
        }
        let text = format!("paused at {}", format::thousands(run.step()));
        self.vertical(run.step(), &text, self.theme.muted);
    }

    /// Where the run diverged: the line, a cross, and a tint on what is lost.
    pub fn divergence(&mut self, run: &Run, named: bool) {
        let Some(Outcome::Diverged { step, .. }) = run.outcome() else {
            return;
        };
        let frame = self.frame();
        let x = self.x(step);
        let colour = self.theme.warning;
        let lost = Rect::from_min_max(pos2(x, frame.top()), frame.max).intersect(frame);
        if lost.is_positive() {
            self.painter
                .rect_filled(lost, 0.0, colour.gamma_multiply(0.06));
        }
        self.vertical(step, "", colour);
        if named {
            let at = pos2(x, frame.top() + 0.3 * frame.height());
            EventMark::Diverged.paint(&self.painter, at, 6.0, colour, colour);
        }
    }

    /// A short line up from the foot of the frame at a step, with its name beside it.
    pub fn tick(&mut self, step: f64, text: &str, colour: Color32) {
        let frame = self.frame();
        let at = (self.canvas).at(step.max(1.0).log10(), self.canvas.y.0);
        let x = at.map_or(f32::NAN, |at| at.x);
        if !frame.x_range().contains(x) {
            return;
        }
        let height = 1.3 * self.body.size;
        let foot = frame.bottom();
        let stroke = Stroke::new(2.0, colour);
        self.painter.vline(x, foot - height..=foot, stroke);
        let line = Rect::from_x_y_ranges(x - 1.5..=x + 1.5, foot - height..=foot);
        let galley = self
            .painter
            .layout_no_wrap(text.into(), self.body.clone(), colour);
        let size = galley.size();
        let free = [4.0, height + 4.0]
            .into_iter()
            .map(|up| foot - up - size.y)
            .flat_map(|y| [pos2(x + 7.0, y), pos2(x - 7.0 - size.x, y)])
            .map(|corner| Rect::from_min_size(corner, size))
            .find(|rect| frame.contains_rect(*rect) && self.obstacles.is_free(*rect));
        if let Some(rect) = free {
            self.text(rect, galley, colour);
        }
        self.obstacles.add_rect(line);
    }

    fn vertical(&mut self, step: u64, text: &str, colour: Color32) {
        let frame = self.frame();
        let x = self.x(step);
        if !frame.x_range().contains(x) {
            return;
        }
        self.painter.vline(
            x,
            frame.y_range(),
            Stroke::new(1.0, colour.gamma_multiply(0.7)),
        );
        if text.is_empty() {
            return;
        }
        let galley = self
            .painter
            .layout_no_wrap(text.into(), self.body.clone(), colour);
        let size = galley.size();
        let free = [0.6, 0.45, 0.75, 0.3, 0.88]
            .into_iter()
            .flat_map(|part| {
                let y = frame.top() + part * frame.height();
                [pos2(x + 8.0, y), pos2(x - 8.0 - size.x, y)]
            })
            .map(|corner| Rect::from_min_size(corner, size))
            .find(|rect| frame.contains_rect(*rect) && self.obstacles.is_free(*rect));
        if let Some(rect) = free {
            self.text(rect, galley, colour);
        }
    }

    /// The crosshair: a line at a step and a dot on each curve, and with `named`
    /// the step, at any width of the window.
    pub fn crosshair<'c>(
        &mut self,
        step: u64,
        curves: impl IntoIterator<Item = &'c Drawn>,
        named: bool,
    ) {
        let x = log_step(step);
        let line = Stroke::new(1.0, self.theme.text.gamma_multiply(0.35));
        self.painter
            .vline(self.x(step), self.frame().y_range(), line);
        for curve in curves {
            let ended = curve.head().is_none_or(|head| x > head[0] + 1e-9);
            let place = curve.at(x).and_then(|y| self.canvas.inside(x, y));
            if let Some(at) = place.filter(|_| !ended) {
                let rim = Stroke::new(1.5, self.theme.background);
                self.painter.circle(at, 4.0, curve.pen().colour, rim);
            }
        }
        if named {
            let text = format!("pointer: step {}", format::thousands(step));
            self.name_line(self.x(step), &text, self.theme.text);
        }
    }

    /// A message in the middle of the frame.
    pub fn message(&self, text: &str, colour: Color32) {
        let frame = self.frame();
        let width = (frame.width() - 80.0).max(80.0);
        let galley = self
            .painter
            .layout(text.into(), self.body.clone(), colour, width);
        let rect = Align2::CENTER_CENTER.anchor_size(frame.center(), galley.size());
        self.painter.galley(rect.min, galley, colour);
    }
}
