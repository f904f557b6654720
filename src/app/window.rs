//! Where the window opens: inside the work area of any screen, and where it was
//! last only if that is still on a screen.

use serde::{Deserialize, Serialize};

/// A screen, in pixels of the desktop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Monitor {
    /// Left and top.
    pub position: [f32; 2],
    /// Width and height.
    pub size: [f32; 2],
    /// Pixels for each logical point.
    pub scale: f32,
}

/// Where a window was, in pixels of the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Left and top of its frame; unknown under Wayland.
    pub position: Option<[f32; 2]>,
    /// Width and height without the frame.
    pub size: [f32; 2],
    /// It filled its work area.
    pub maximized: bool,
}

/// Title bar, frame and the panels of the desktop, in points. The work area itself
/// cannot be asked for everywhere: this is what the common desktops need at most.
const RESERVED: [f32; 2] = [32.0, 112.0];
/// A screen lower than this is filled, which leaves the exact fit to the window
/// manager: it alone knows its title bar and panels.
const FILL_BELOW: f32 = 1_000.0;
/// Share of a larger screen.
const SHARE: [f32; 2] = [0.88, 0.84];
/// The least part of the title bar that must be on a screen to be taken hold of.
const GRIP: f32 = 120.0;

/// Where to open. `monitors` begins with the primary one.
pub fn opening(monitors: &[Monitor], last: Option<Place>) -> Option<Place> {
    let primary = monitors.first()?;
    let Some(last) = last.filter(|l| l.size.iter().all(|s| s.is_finite() && *s > 0.0)) else {
        return Some(first(primary));
    };
    let reached = last
        .position
        .and_then(|at| monitors.iter().find(|m| m.holds(at, last.size)));
    let monitor = reached.unwrap_or(primary);
    let room = monitor.room();
    let size = [0, 1].map(|i| last.size[i].min(room[i]));
    let position = match (reached, last.position) {
        // What no longer fits is moved back as far as it must.
        (Some(_), Some(at)) => [0, 1].map(|i| {
            let slack = monitor.size[i] - size[i] - monitor.reserved(i);
            at[i].clamp(monitor.position[i], monitor.position[i] + slack.max(0.0))
        }),
        _ => monitor.centred(size),
    };
    Some(Place {
        position: last.position.map(|_| position),
        size,
        maximized: last.maximized,
    })
}

fn first(monitor: &Monitor) -> Place {
    let room = monitor.room();
    let small = monitor.size[1] / monitor.scale < FILL_BELOW;
    let size = match small {
        true => room,
        false => [0, 1].map(|i| (SHARE[i] * monitor.size[i]).min(room[i])),
    };
    Place {
        position: Some(monitor.centred(size)),
        size,
        maximized: small,
    }
}

impl Monitor {
    fn reserved(&self, axis: usize) -> f32 {
        RESERVED[axis] * self.scale
    }

    /// Room for a window without its frame.
    fn room(&self) -> [f32; 2] {
        [0, 1].map(|i| (self.size[i] - self.reserved(i)).max(64.0))
    }

    /// Where a window of this size has as much room on its left as on its right.
    fn centred(&self, size: [f32; 2]) -> [f32; 2] {
        // Half of what is reserved lies above: a title bar or a panel.
        let free = [0, 1].map(|i| (self.size[i] - size[i]).max(0.0));
        [
            (self.position[0] + 0.5 * free[0]).round(),
            (self.position[1] + (0.5 * free[1] - 0.3 * self.reserved(1)).max(0.0)).round(),
        ]
    }

    /// Whether the title bar of a window could be taken hold of here.
    fn holds(&self, at: [f32; 2], size: [f32; 2]) -> bool {
        let end = [0, 1].map(|i| self.position[i] + self.size[i]);
        let seen = (at[0] + size[0]).min(end[0]) - at[0].max(self.position[0]);
        let grip = (GRIP * self.scale).min(size[0]);
        seen >= grip && at[1] >= self.position[1] - 1.0 && at[1] < end[1] - 0.5 * self.reserved(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: f32, height: f32) -> Monitor {
        Monitor {
            position: [0.0, 0.0],
            size: [width, height],
            scale: 1.0,
        }
    }

    /// A title bar and a panel of the desktop.
    const FRAME: f32 = 30.0 + 48.0;

    fn inside(place: Place, monitor: &Monitor) -> bool {
        let Some(at) = place.position else {
            return true;
        };
        (0..2).all(|i| {
            let frame = if i == 1 { FRAME } else { 2.0 };
            at[i] >= monitor.position[i]
                && at[i] + place.size[i] + frame * monitor.scale
                    <= monitor.position[i] + monitor.size[i] + 1.0
        })
    }

    #[test]
    fn the_first_window_is_inside_the_work_area_of_every_screen() {
        for (width, height) in [
            (800.0, 600.0),
            (1024.0, 768.0),
            (1280.0, 720.0),
            (1366.0, 768.0),
            (1920.0, 1080.0),
            (2560.0, 1440.0),
            (3840.0, 2160.0),
            (1080.0, 1920.0),
        ] {
            for scale in [1.0, 1.25, 2.0] {
                let monitor = Monitor {
                    scale,
                    ..screen(width, height)
                };
                let place = opening(&[monitor], None).expect("a place");
                assert!(inside(place, &monitor), "{monitor:?}: {place:?}");
                assert_eq!(place.maximized, height / scale < 1000.0);
            }
        }
        assert_eq!(opening(&[], None), None);
    }

    #[test]
    fn a_place_that_is_gone_is_not_gone_back_to() {
        let place = Place {
            position: Some([2_400.0, 300.0]),
            size: [1_200.0, 900.0],
            maximized: false,
        };
        let second = Monitor {
            position: [1_920.0, 0.0],
            ..screen(1_920.0, 1_080.0)
        };
        let first = screen(1_920.0, 1_080.0);
        let there = opening(&[first, second], Some(place)).expect("a place");
        assert!(inside(there, &second), "{there:?}");
        let alone = opening(&[first], Some(place)).expect("a place");
        assert!(inside(alone, &first), "{alone:?}");
        let small = screen(1_366.0, 768.0);
        let shrunk = opening(&[small], Some(place)).expect("a place");
        assert!(inside(shrunk, &small), "{shrunk:?}");
        // Where it fits it is where it was.
        let fitting = Place {
            position: Some([100.0, 40.0]),
            size: [1_000.0, 700.0],
            maximized: false,
        };
        assert_eq!(opening(&[first], Some(fitting)), Some(fitting));
    }
}
