//! The time cursor on the plots: what comes after it is veiled, what it meets is
//! written beside it.

use super::{legend::VALUE_DIGITS, overlay::Overlay, series::Drawn};
use crate::history::{Run, decimate::log_step, format};
use egui::{Color32, Rect, Stroke, pos2};

/// How much of the ground covers what comes after the cursor.
const VEIL: f32 = 0.55;

impl Overlay<'_> {
    /// Veils what comes after a step.
    pub fn veil(&self, step: u64) {
        let frame = self.frame();
        let x = self.x(step).clamp(frame.left(), frame.right());
        let after = Rect::from_min_max(pos2(x, frame.top()), frame.max);
        let ground = self.theme.background.gamma_multiply(VEIL);
        self.painter.rect_filled(after, 0.0, ground);
    }

    /// The cursor: a line at a step and a dot on each curve; with `named` the
    /// step, with `values` what the curves say there.
    pub fn cursor(
        &mut self,
        (run, step): (&Run, u64),
        curves: &[Drawn],
        named: bool,
        values: bool,
    ) {
        let x = self.x(step);
        let frame = self.frame();
        if !frame.x_range().contains(x) {
            return;
        }
        let line = Stroke::new(1.5, self.theme.accent);
        self.painter.vline(x, frame.y_range(), line);
        if named {
            let text = format!("cursor: step {}", format::thousands(step));
            self.name_line(x, &text, self.theme.accent);
        }
        for curve in curves {
            let place = log_step(step);
            let ended = curve.head().is_none_or(|head| place > head[0] + 1e-9);
            let Some(y) = curve.at(place).filter(|_| !ended) else {
                continue;
            };
            let Some(at) = self.canvas.inside(place, y) else {
                continue;
            };
            let colour = curve.pen().colour;
            let rim = Stroke::new(1.5, self.theme.background);
            self.painter.circle(at, 4.5, colour, rim);
            let reading = curve.metric().and_then(|metric| run.reading(metric, step));
            let Some(reading) = reading.filter(|_| values) else {
                continue;
            };
            let mut text = format::significant(reading.value, VALUE_DIGITS);
            if reading.step != step {
                text.push_str(&format!(" at {}", format::thousands(reading.step)));
            }
            let galley = self.painter.layout_no_wrap(text, self.body.clone(), colour);
            let size = galley.size();
            let free = [10.0, 24.0]
                .into_iter()
                .flat_map(|away| {
                    let (right, left) = (at.x + 9.0, at.x - 9.0 - size.x);
                    let (above, below) = (at.y - away - 0.5 * size.y, at.y + away - 0.5 * size.y);
                    [
                        pos2(right, above),
                        pos2(right, below),
                        pos2(left, above),
                        pos2(left, below),
                    ]
                })
                .map(|corner| Rect::from_min_size(corner, size))
                .find(|rect| frame.contains_rect(*rect) && self.obstacles.is_free(*rect));
            if let Some(rect) = free {
                self.text(rect, galley, colour);
            }
        }
    }

    /// What a vertical line stands for, beside it.
    pub(super) fn name_line(&mut self, x: f32, text: &str, colour: Color32) {
        let frame = self.frame();
        let galley = self
            .painter
            .layout_no_wrap(text.into(), self.body.clone(), colour);
        let size = galley.size();
        // From the middle outwards; on a curve rather than on another text.
        let places: Vec<Rect> = [
            0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.73, 0.22, 0.8, 0.15, 0.9,
        ]
        .into_iter()
        .flat_map(|part| {
            let y = frame.top() + part * frame.height();
            [pos2(x + 8.0, y), pos2(x - 8.0 - size.x, y)]
        })
        .map(|corner| Rect::from_min_size(corner, size))
        .filter(|rect| frame.contains_rect(*rect))
        .collect();
        let free = places
            .iter()
            .find(|rect| self.obstacles.is_free(**rect))
            .or_else(|| places.iter().find(|rect| self.obstacles.is_legible(**rect)))
            .copied();
        let right = frame.right() - size.x;
        let beside = pos2((x + 8.0).min(right), frame.center().y);
        let rect = free.unwrap_or(Rect::from_min_size(beside, size));
        self.text(rect, galley, colour);
    }
}
