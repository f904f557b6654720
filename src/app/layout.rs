//! Where there is room for what: how large text is in a window of some size, and
//! which panels stand beside the plots. Pure geometry, in points.

pub use crate::views::drawer::PanelSide;

use super::state::SCALES;
use egui::Vec2;
use serde::{Deserialize, Serialize};

/// The least room for which every control has a place, in points at the size of
/// text in force. Text grows no further than this allows.
pub const LEAST: Vec2 = Vec2::new(560.0, 340.0);
/// Width of the edge by which an open panel is drawn wider or put away.
pub const EDGE: f32 = 10.0;
/// Width of the handle of a panel that was put away.
pub const HANDLE: f32 = 22.0;

/// Text sizes that a window has by itself.
const AUTOMATIC: [f32; 9] = [1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0];
/// Window height for which text has its normal size. At 1,080 lines a small letter
/// is then about 1/60 of the height, which can be read from the back of a room.
const NORMAL_HEIGHT: f32 = 700.0;
/// Window width that text of normal size needs to have everything in one row.
const NORMAL_WIDTH: f32 = 1_150.0;
/// The plots keep this much where both panels were drawn as wide as they go …
const PLOTS_BESIDE_BOTH: f32 = 400.0;
/// … this share of the window, and their margins, where the user drew neither …
const PLOTS_SHARE: f32 = 0.5;
const PLOTS_MARGINS: f32 = 20.0;
/// … and this much where one is.
const PLOTS_BESIDE_ONE: f32 = 340.0;

/// Size of text that fits a window of this size, before the user has a say.
pub fn automatic(window: Vec2) -> f32 {
    let most = (window.y / NORMAL_HEIGHT).min(window.x / NORMAL_WIDTH);
    let fitting = AUTOMATIC.into_iter().rev().find(|s| *s <= most);
    fitting.unwrap_or(AUTOMATIC[0])
}

/// Size of text in a window of this size, where the user wants it `scale` times as
/// large as it is by itself.
pub fn text_size(window: Vec2, scale: f32) -> f32 {
    let most = (window.x / LEAST.x).min(window.y / LEAST.y).max(1.0);
    (automatic(window) * scale).min(most)
}

/// The step of [`SCALES`] that comes closest to an absolute size.
pub fn nearest_scale(window: Vec2, size: f32) -> f32 {
    let wanted = size / automatic(window);
    let distance = |scale: &f32| (scale / wanted).ln().abs();
    SCALES
        .into_iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(1.0)
}

/// What the user wants of a panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Want {
    /// Open where there is room.
    #[default]
    Auto,
    /// Open.
    Open,
    /// Put away.
    Shut,
}

/// A panel as the user left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drawer {
    /// Open or put away.
    pub want: Want,
    /// Its share of the window's width, once it was drawn wider or narrower.
    pub share: Option<f32>,
}

/// Both panels as the user left them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drawers {
    /// The settings.
    pub left: Drawer,
    /// The tabs.
    pub right: Drawer,
}

/// Widths of the panels that are open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Open {
    /// The settings.
    pub left: Option<f32>,
    /// The tabs.
    pub right: Option<f32>,
}

impl Open {
    /// Whether a panel has the place of the plots.
    pub fn covers(&self, window: f32) -> bool {
        let used = self.left.unwrap_or(0.0) + self.right.unwrap_or(0.0);
        window - used < PLOTS_BESIDE_ONE
    }
}

impl Drawers {
    /// What is open in a window of this width. Where only one has room the settings
    /// yield: who presents can do without them. Where none has, one that is asked
    /// for covers the plots.
    pub fn open(&self, window: f32) -> Open {
        let [left_least, mut left, _] = self.widths(PanelSide::Left, window);
        let [right_least, mut right, _] = self.widths(PanelSide::Right, window);
        let drawn = self.left.share.is_some() || self.right.share.is_some();
        let plots = match drawn {
            true => PLOTS_BESIDE_BOTH,
            false => PLOTS_BESIDE_BOTH.max(PLOTS_SHARE * window + PLOTS_MARGINS),
        };
        let both = window - plots - 2.0 * EDGE;
        let one = window - PLOTS_BESIDE_ONE - EDGE - HANDLE;
        let room_for_both = left_least + right_least <= both;
        let (wants_left, wants_right) = (self.left.want, self.right.want);
        let (has_left, has_right) = if room_for_both {
            (wants_left != Want::Shut, wants_right != Want::Shut)
        } else if wants_left == Want::Open && wants_right != Want::Open {
            (true, false)
        } else {
            let fits = wants_right == Want::Auto && right_least <= one;
            (false, wants_right == Want::Open || fits)
        };
        if has_left && has_right {
            right = right.min(both - left_least).max(right_least);
            left = left.min(both - right).max(left_least);
        } else {
            // Where there is no room beside it, it has the plots' place.
            let all = window - EDGE - HANDLE;
            left = if left_least <= one {
                left.min(one)
            } else {
                all
            };
            right = if right_least <= one {
                right.min(one)
            } else {
                all
            };
        }
        Open {
            left: has_left.then_some(left),
            right: has_right.then_some(right),
        }
    }

    fn widths(&self, side: PanelSide, window: f32) -> [f32; 3] {
        let [least, normal, most] = side.widths(window);
        let share = self.of(side).share;
        let width = share.map_or(normal, |share| share * window);
        [least, width.clamp(least, most), most]
    }

    fn of(&self, side: PanelSide) -> &Drawer {
        match side {
            PanelSide::Left => &self.left,
            PanelSide::Right => &self.right,
        }
    }

    /// Opens a panel or puts it away. What has no room beside it yields, and comes
    /// back when there is room.
    pub fn toggle(&mut self, side: PanelSide, window: f32) {
        let open = self.open(window);
        let (it, other, is_open) = match side {
            PanelSide::Left => (&mut self.left, &mut self.right, open.left.is_some()),
            PanelSide::Right => (&mut self.right, &mut self.left, open.right.is_some()),
        };
        it.want = if is_open { Want::Shut } else { Want::Open };
        if !is_open && other.want == Want::Open {
            other.want = Want::Auto;
        }
    }

    /// Gives a panel another width.
    pub fn draw_to(&mut self, side: PanelSide, width: f32, window: f32) {
        let [least, _, most] = side.widths(window);
        let share = Some(width.clamp(least, most) / window.max(1.0));
        match side {
            PanelSide::Left => self.left.share = share,
            PanelSide::Right => self.right.share = share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    #[test]
    fn text_follows_the_window_and_never_leaves_too_little_room() {
        assert_eq!(automatic(vec2(1280.0, 720.0)), 1.0);
        assert_eq!(automatic(vec2(1366.0, 768.0)), 1.0);
        assert_eq!(automatic(vec2(1280.0, 800.0)), 1.0);
        assert_eq!(automatic(vec2(1920.0, 1080.0)), 1.5);
        assert_eq!(automatic(vec2(1080.0, 1920.0)), 1.0);
        assert!(automatic(vec2(2560.0, 1440.0)) >= 2.0);
        for window in [vec2(640.0, 420.0), vec2(800.0, 600.0), vec2(2560.0, 1440.0)] {
            for scale in SCALES {
                let room = window / text_size(window, scale);
                assert!(room.x >= LEAST.x - 0.1 && room.y >= LEAST.y - 0.1, "{room}");
            }
        }
        assert_eq!(nearest_scale(vec2(1280.0, 720.0), 1.5), 1.5);
        assert_eq!(nearest_scale(vec2(1920.0, 1080.0), 1.5), 1.0);
    }

    #[test]
    fn the_settings_yield_first_and_each_panel_can_be_opened_at_any_width() {
        let mut width = LEAST.x;
        while width < 4_000.0 {
            let open = Drawers::default().open(width);
            assert!(open.right.is_some() || open.left.is_none(), "{width}");
            for side in [PanelSide::Left, PanelSide::Right] {
                let mut drawers = Drawers::default();
                let is_open = |d: &Drawers| match side {
                    PanelSide::Left => d.open(width).left.is_some(),
                    PanelSide::Right => d.open(width).right.is_some(),
                };
                let before = is_open(&drawers);
                drawers.toggle(side, width);
                assert_eq!(is_open(&drawers), !before, "{side:?} at {width}");
                drawers.toggle(side, width);
                assert_eq!(is_open(&drawers), before, "{side:?} at {width}");
            }
            let used = open.left.unwrap_or(0.0) + open.right.unwrap_or(0.0);
            assert!(width - used >= PLOTS_BESIDE_ONE, "{width}: {used}");
            width += 7.0;
        }
        let open = Drawers::default().open(1_920.0);
        assert_eq!(open.right, Some(480.0), "a quarter");
        assert!(open.left.is_some());
        assert!(Drawers::default().open(683.0).right.is_some());
    }

    #[test]
    fn a_panel_drawn_wider_keeps_its_share() {
        let mut drawers = Drawers::default();
        drawers.draw_to(PanelSide::Right, 700.0, 1_920.0);
        assert_eq!(drawers.open(1_920.0).right, Some(700.0));
        assert!(drawers.open(1_280.0).right.is_some_and(|w| w < 500.0));
    }
}
