//! The edge of a panel beside the plots: a click puts the panel away or brings it
//! back, a drag makes it wider.

use super::{commands, theme::Theme};
use egui::{
    CursorIcon, Pos2, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, epaint::TextShape, pos2,
    vec2,
};

/// One of the two panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelSide {
    /// The settings.
    Left,
    /// The tabs.
    Right,
}

impl PanelSide {
    /// Least, normal and largest width in a window of this width.
    pub fn widths(self, window: f32) -> [f32; 3] {
        match self {
            Self::Left => {
                let least = 208.0;
                let normal = (0.17 * window).clamp(224.0, 330.0);
                [least, normal, (0.4 * window).max(least)]
            }
            Self::Right => {
                let least = 248.0;
                let normal = (0.25 * window).clamp(264.0, 640.0);
                [least, normal, (0.5 * window).max(least)]
            }
        }
    }
}

/// What came of showing the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edge {
    /// The panel is to be opened or put away.
    pub toggled: bool,
    /// It is to be so many points wider.
    pub wider: Option<f32>,
}

/// Draws it over all of `ui`.
pub fn show(ui: &mut Ui, theme: &Theme, side: PanelSide, open: bool, word: &str) -> Edge {
    let rect = ui.available_rect_before_wrap();
    let sense = if open {
        Sense::click_and_drag()
    } else {
        Sense::click()
    };
    let response = ui.allocate_rect(rect, sense);
    let command = match side {
        PanelSide::Left => &commands::TOGGLE_SETTINGS,
        PanelSide::Right => &commands::TOGGLE_SIDE,
    };
    let (name, key) = (command.label, command.key());
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, open, name));
    let lit = response.hovered() || response.has_focus() || response.dragged();
    let fill = if lit {
        theme.control_hovered
    } else {
        theme.control
    };
    ui.painter().rect_filled(rect, 0.0, fill);
    let ink = if lit { theme.text } else { theme.muted };
    let towards_right = (side == PanelSide::Left) != open;
    let middle = rect.center();
    let mark = if open {
        middle
    } else {
        pos2(middle.x, rect.top() + 14.0)
    };
    chevron(ui, mark, towards_right, ink);
    if !open {
        upright(ui, pos2(middle.x, rect.top() + 30.0), word, ink);
    }
    let edge = Edge {
        toggled: response.clicked(),
        wider: response.dragged().then(|| match side {
            PanelSide::Left => response.drag_delta().x,
            PanelSide::Right => -response.drag_delta().x,
        }),
    };
    let (cursor, why) = if open {
        let why = format!("A click puts the panel away ({key}), a drag makes it wider");
        (CursorIcon::ResizeHorizontal, why)
    } else {
        let what = match side {
            PanelSide::Left => "the settings",
            PanelSide::Right => "the side panel: figures, kernel, features, runs, phase diagram",
        };
        (CursorIcon::PointingHand, format!("Opens {what} ({key})"))
    };
    response.on_hover_cursor(cursor).on_hover_text(why);
    edge
}

fn chevron(ui: &Ui, at: Pos2, towards_right: bool, ink: egui::Color32) {
    let x = if towards_right { 2.0 } else { -2.0 };
    let points = [vec2(-x, -4.0), vec2(x, 0.0), vec2(-x, 4.0)].map(|d| at + d);
    ui.painter()
        .add(Shape::line(points.to_vec(), Stroke::new(1.6, ink)));
}

/// A word that reads downwards, from `top`.
fn upright(ui: &Ui, top: Pos2, word: &str, ink: egui::Color32) {
    let font = TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(word.to_owned(), font, ink);
    // Turned by a quarter, its height lies to the left of where it begins.
    let at = pos2(top.x + 0.5 * galley.size().y, top.y);
    let text = TextShape::new(at, galley, ink).with_angle(std::f32::consts::FRAC_PI_2);
    ui.painter().add(text);
}
