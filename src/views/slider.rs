//! A thin slider over a linear or logarithmic range.

use super::theme::Theme;
use crate::sim::config::Draggable;
use egui::{
    CursorIcon, EventFilter, Key, Pos2, Rect, Response, Sense, Stroke, Ui, Vec2, WidgetInfo,
    accesskit,
};

/// Radius of the handle, in points.
const RADIUS: f32 = 6.0;
/// Keyboard steps from end to end.
const KEY_STEPS: f64 = 60.0;

/// A value that a hand can choose on a rail: steps of about 2 %.
pub fn round_for_drag(value: f64, integer: bool) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let decade = 10f64.powf(value.abs().log10().floor());
    let mantissa = value / decade;
    let step = if mantissa.abs() < 2.0 {
        50.0
    } else if mantissa.abs() < 5.0 {
        20.0
    } else {
        10.0
    };
    let rounded = (mantissa * step).round() / step * decade;
    if integer {
        rounded.round()
    } else {
        // Through text: 3 × 0.1 is shown, and stored, as 0.3.
        format!("{rounded:.3e}").parse().unwrap_or(rounded)
    }
}

/// What the user did to a slider in this frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Chose this value; `dragging` while the button is held.
    Value {
        /// The value.
        value: f64,
        /// More may follow.
        dragging: bool,
    },
    /// Let go.
    Released,
    /// Double clicked.
    Reset,
}

/// A slider to show.
pub struct Slider<'a> {
    /// Accessible name.
    pub name: &'a str,
    /// Value now.
    pub value: f64,
    /// What it covers.
    pub scale: Draggable,
    /// Whole numbers only.
    pub integer: bool,
    /// Whether it can be moved.
    pub enabled: bool,
    /// A second value to mark, such as the learning rate in force.
    pub mark: Option<f64>,
}

impl Slider<'_> {
    /// Draws it over the available width.
    pub fn show(&self, ui: &mut Ui, theme: &Theme) -> (Response, Option<Change>) {
        let height = 16.0;
        let sense = if self.enabled {
            Sense::click_and_drag()
        } else {
            Sense::hover()
        };
        let (rect, response) =
            ui.allocate_exact_size(Vec2::new(ui.available_width(), height), sense);
        let rail = rect.x_range().shrink(RADIUS);
        let change = if self.enabled {
            self.interact(ui, &response, rail.min, rail.span())
        } else {
            None
        };
        let shown = match change {
            Some(Change::Value { value, .. }) => value,
            _ => self.value,
        };
        response.widget_info(|| WidgetInfo::slider(self.enabled, shown, self.name));
        let (lo, hi) = self.scale.bounds();
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_min_numeric_value(lo);
            if hi.is_finite() {
                node.set_max_numeric_value(hi);
            }
            if self.enabled {
                for action in [
                    accesskit::Action::SetValue,
                    accesskit::Action::Increment,
                    accesskit::Action::Decrement,
                ] {
                    node.add_action(action);
                }
            }
        });
        self.paint(ui, theme, &response, rect, shown);
        let response = if self.enabled {
            response.on_hover_cursor(CursorIcon::PointingHand)
        } else {
            response.on_hover_cursor(CursorIcon::NotAllowed)
        };
        (response, change)
    }

    fn interact(&self, ui: &Ui, response: &Response, left: f32, width: f32) -> Option<Change> {
        let id = response.id;
        let at = |position: f64| round_for_drag(self.scale.value(position), self.integer);
        if response.double_clicked() {
            return Some(Change::Reset);
        }
        // A right click is for the menu.
        if response.is_pointer_button_down_on()
            && ui.input(|i| i.pointer.primary_down())
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let value = at(f64::from((pointer.x - left) / width.max(1.0)));
            // The same value is no change, but it is still a drag: the caller
            // must not take the pause for a release.
            return (value != self.value || response.dragged()).then_some(Change::Value {
                value,
                dragging: true,
            });
        }
        if response.drag_stopped() || response.clicked() {
            return Some(Change::Released);
        }
        let set = ui.input(|i| {
            i.accesskit_action_requests(id, accesskit::Action::SetValue)
                .filter_map(|request| match request.data {
                    Some(accesskit::ActionData::NumericValue(value)) => Some(value),
                    _ => None,
                })
                .last()
        });
        if let Some(value) = set {
            return Some(Change::Value {
                value,
                dragging: false,
            });
        }
        let mut steps = ui.input(|i| {
            i.num_accesskit_action_requests(id, accesskit::Action::Increment) as f64
                - i.num_accesskit_action_requests(id, accesskit::Action::Decrement) as f64
        });
        if response.has_focus() {
            let filter = EventFilter {
                horizontal_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|m| m.set_focus_lock_filter(id, filter));
            steps += ui.input(|i| {
                i.num_presses(Key::ArrowRight) as f64 - i.num_presses(Key::ArrowLeft) as f64
            });
        }
        if steps == 0.0 {
            return None;
        }
        let mut value = at(self.scale.position(self.value) + steps / KEY_STEPS);
        if self.integer && value == self.value {
            value += steps.signum();
        }
        let (lo, hi) = self.scale.bounds();
        Some(Change::Value {
            value: value.clamp(lo, hi),
            dragging: false,
        })
    }

    fn paint(&self, ui: &Ui, theme: &Theme, response: &Response, rect: Rect, value: f64) {
        let rail = rect.x_range().shrink(RADIUS);
        let y = rect.center().y;
        let x_of = |v: f64| rail.min + rail.span() * self.scale.position(v) as f32;
        let x = x_of(value);
        let painter = ui.painter();
        let bar = |from: f32, to: f32| {
            Rect::from_min_max(Pos2::new(from, y - 2.0), Pos2::new(to, y + 2.0))
        };
        painter.rect_filled(bar(rect.left(), rect.right()), 2.0, theme.control);
        let accent = if self.enabled {
            theme.accent
        } else {
            theme.faint
        };
        painter.rect_filled(bar(rect.left(), x), 2.0, accent);
        if let Some(mark) = self.mark {
            let x = x_of(mark);
            painter.line_segment(
                [Pos2::new(x, y - 7.0), Pos2::new(x, y + 7.0)],
                Stroke::new(2.0, theme.warning),
            );
        }
        let centre = Pos2::new(x, y);
        if self.enabled
            && (response.hovered() || response.is_pointer_button_down_on() || response.has_focus())
        {
            painter.circle_filled(centre, 11.0, accent.gamma_multiply(0.25));
        }
        let handle = if self.enabled {
            theme.text
        } else {
            theme.faint
        };
        painter.circle_filled(centre, RADIUS, handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_chooses_short_numbers() {
        for (value, rounded) in [
            (0.300_1, 0.3),
            (0.123_4, 0.124),
            (7.777, 7.8),
            (1e-5, 1e-5),
            (0.0, 0.0),
        ] {
            assert_eq!(round_for_drag(value, false), rounded);
        }
        assert_eq!(round_for_drag(203.7, true), 205.0);
        assert_eq!(round_for_drag(f64::INFINITY, true), f64::INFINITY);
    }
}
