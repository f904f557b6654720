//! Places for text among curves: where nothing is covered.

use egui::{Pos2, Rect, Vec2, pos2};

/// What text must not cover.
#[derive(Default)]
pub struct Obstacles {
    curves: Vec<Vec<Pos2>>,
    rects: Vec<Rect>,
}

/// On which side of its curve a label is tried first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LabelSide {
    /// Above the curve.
    Above,
    /// Below the curve.
    Below,
}

impl Obstacles {
    /// Adds a curve, in order of x.
    pub fn add_curve(&mut self, points: Vec<Pos2>) {
        self.curves.push(points);
    }

    /// Adds an area that is taken.
    pub fn add_rect(&mut self, rect: Rect) {
        self.rects.push(rect);
    }

    /// Whether `rect` covers nothing.
    pub fn is_free(&self, rect: Rect) -> bool {
        let rect = rect.expand(3.0);
        !self.rects.iter().any(|taken| taken.intersects(rect))
            && !self.curves.iter().any(|curve| crosses(curve, rect))
    }

    /// Whether `rect` covers no text or marker; it may lie on a curve.
    pub fn is_legible(&self, rect: Rect) -> bool {
        let rect = rect.expand(3.0);
        !self.rects.iter().any(|taken| taken.intersects(rect))
    }

    /// How far the nearest other curve is from a label, in points; that of
    /// nothing near is [`APART`].
    fn clearance(&self, rect: Rect, own: &[Pos2]) -> f32 {
        let probes = [rect.left(), rect.center().x, rect.right()];
        let others = self.curves.iter().filter(|curve| curve[..] != *own);
        let near = others.flat_map(|curve| {
            probes.into_iter().filter_map(|x| {
                let (first, last) = (curve.first()?, curve.last()?);
                let y = (first.x..=last.x)
                    .contains(&x)
                    .then(|| height_at(curve, x))??;
                Some((rect.top() - y).max(y - rect.bottom()).max(0.0))
            })
        });
        near.fold(APART, f32::min)
    }

    fn free(&self, number: usize, seek: &Seek<'_>) -> Option<Rect> {
        let rect = candidate(number, seek)?;
        let inside = seek.frame.shrink(4.0);
        (inside.contains_rect(rect) && self.is_free(rect)).then_some(rect)
    }

    /// The free place for a label that is furthest from all other curves, and its
    /// number; of equals the leftmost. `None` where there is no free place.
    pub fn best(&self, seek: &Seek<'_>) -> Option<(usize, Rect)> {
        let mut best: Option<(i32, usize, Rect)> = None;
        for number in 0..CANDIDATES {
            let Some(rect) = self.free(number, seek) else {
                continue;
            };
            // In steps: a little further is no reason to be further right.
            let far = (self.clearance(rect, seek.curve) / 8.0) as i32;
            if best.is_none_or(|(most, ..)| far > most) {
                best = Some((far, number, rect));
            }
        }
        best.map(|(_, number, rect)| (number, rect))
    }
}

/// A label that looks for a place.
pub struct Seek<'s> {
    /// Its curve on the screen.
    pub curve: &'s [Pos2],
    /// Size of the text.
    pub size: Vec2,
    /// Side of the curve that is tried first.
    pub side: LabelSide,
    /// Where it must stay.
    pub frame: Rect,
}

/// Curves further away than this, in points, do not matter.
const APART: f32 = 48.0;
/// A label with a curve nearer than this may be taken for that curve's …
const NEAR: f32 = 10.0;
/// … and moves to where the nearest is at least this far.
const CLEAR: f32 = 32.0;
/// A place that is taken is waited for this long, in seconds.
pub const GRACE_SECS: f64 = 0.7;

/// Where a label is: its number among the places tried.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    number: usize,
    /// Since when it has been taken.
    taken: Option<f64>,
    /// When it was last asked whether another is better.
    compared: f64,
}

/// What became of a label's place.
pub enum Kept {
    /// It is there.
    Here(Rect),
    /// It is taken, for a moment perhaps.
    Soon,
    /// Another has to be found.
    Lost,
}

impl Place {
    /// A place that was just found.
    pub fn new(number: usize, now: f64) -> Self {
        Self {
            number,
            taken: None,
            compared: now,
        }
    }

    /// Keeps the place where it can be kept.
    pub fn keep(&mut self, obstacles: &Obstacles, seek: &Seek<'_>, now: f64) -> Kept {
        let Some(rect) = obstacles.free(self.number, seek) else {
            let since = *self.taken.get_or_insert(now);
            return match now - since < GRACE_SECS {
                true => Kept::Soon,
                false => Kept::Lost,
            };
        };
        self.taken = None;
        if now - self.compared > GRACE_SECS && obstacles.clearance(rect, seek.curve) < NEAR {
            self.compared = now;
            let better = obstacles.best(seek);
            let far = better.map(|(_, rect)| obstacles.clearance(rect, seek.curve));
            if far.is_some_and(|far| far >= CLEAR) {
                return Kept::Lost;
            }
        }
        Kept::Here(rect)
    }
}

/// Places tried for a label: 25 along the frame, each on both sides of the
/// curve and to the right and to the left of the point.
const CANDIDATES: usize = 25 * 4;

/// The place of this number, if the curve has come that far. A falling curve
/// leaves room on one side of a point, a rising one on the other.
fn candidate(number: usize, seek: &Seek<'_>) -> Option<Rect> {
    let &Seek {
        curve,
        size,
        side,
        frame,
    } = seek;
    let (first, last) = (curve.first()?, curve.last()?);
    let x = frame.left() + frame.width() * (0.035 + 0.038 * (number / 4) as f32);
    if x > last.x.max(first.x + 1.0) {
        return None;
    }
    let above = (side == LabelSide::Above) == (number & 2 == 0);
    let left = if number & 1 == 0 { x } else { x - size.x };
    let y = height_at(curve, x)?;
    let top = if above { y - 6.0 - size.y } else { y + 6.0 };
    Some(Rect::from_min_size(pos2(left, top), size))
}

/// The first point of an x-ordered curve that is not left of `x`.
fn first_from(curve: &[Pos2], x: f32) -> usize {
    curve.partition_point(|p| p.x < x)
}

fn height_at(curve: &[Pos2], x: f32) -> Option<f32> {
    let i = first_from(curve, x);
    let b = curve.get(i).or(curve.last())?;
    let a = curve.get(i.saturating_sub(1)).unwrap_or(b);
    Some(if b.x > a.x {
        a.y + (b.y - a.y) * ((x - a.x) / (b.x - a.x)).clamp(0.0, 1.0)
    } else {
        b.y
    })
}

/// Whether the curve passes through `rect`: between neighbouring points it
/// covers the heights between them.
fn crosses(curve: &[Pos2], rect: Rect) -> bool {
    let start = first_from(curve, rect.left()).saturating_sub(1);
    let stop = (first_from(curve, rect.right()) + 1).min(curve.len());
    let inside = &curve[start.min(stop)..stop];
    if let [only] = inside {
        return rect.contains(*only);
    }
    inside.windows(2).any(|w| {
        let (left, right) = (w[0].x.max(rect.left()), w[1].x.min(rect.right()));
        if left > right {
            return false;
        }
        let ends = [left, right].map(|x| height_at(w, x).unwrap_or(w[0].y));
        let (top, bottom) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        top <= rect.bottom() && bottom >= rect.top()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Rect {
        Rect::from_min_size(Pos2::ZERO, Vec2::new(600.0, 400.0))
    }

    const SIZE: Vec2 = Vec2::new(40.0, 14.0);

    fn flat(y: f32) -> Vec<Pos2> {
        (0..=60).map(|i| pos2(10.0 * i as f32, y)).collect()
    }

    fn seek(curve: &[Pos2]) -> Seek<'_> {
        Seek {
            curve,
            size: SIZE,
            side: LabelSide::Above,
            frame: frame(),
        }
    }

    #[test]
    fn a_label_stands_where_its_curve_is_apart_from_the_others() {
        // They part at x = 300.
        let other: Vec<Pos2> = (0..=60)
            .map(|i| pos2(10.0 * i as f32, 200.0 + (10.0 * i as f32 - 300.0).max(0.0)))
            .collect();
        let own = flat(199.0);
        let mut obstacles = Obstacles::default();
        obstacles.add_curve(own.clone());
        obstacles.add_curve(other);
        let (_, rect) = obstacles.best(&seek(&own)).expect("room");
        let apart = |rect: Rect| obstacles.clearance(rect, &own);
        assert!(rect.right() > 300.0 || apart(rect) >= 20.0, "{rect:?}");
        assert!(obstacles.is_free(rect) && rect.bottom() < 199.0);
    }

    #[test]
    fn labels_cover_neither_curves_nor_each_other() {
        let curves: Vec<Vec<Pos2>> = [100.0, 112.0, 130.0, 300.0].map(flat).to_vec();
        let mut obstacles = Obstacles::default();
        for curve in &curves {
            obstacles.add_curve(curve.clone());
        }
        let mut placed = 0;
        for curve in &curves {
            // The one between two others has no room.
            if let Some((_, rect)) = obstacles.best(&seek(curve)) {
                assert!(obstacles.is_free(rect));
                obstacles.add_rect(rect);
                placed += 1;
            }
        }
        assert_eq!(placed, 3);
    }

    #[test]
    fn a_label_waits_a_moment_for_its_place_before_it_takes_another() {
        let own = flat(200.0);
        let mut obstacles = Obstacles::default();
        obstacles.add_curve(own.clone());
        let (number, rect) = obstacles.best(&seek(&own)).expect("room");
        let mut place = Place::new(number, 0.0);
        let here = |kept| matches!(kept, Kept::Here(at) if at == rect);
        assert!(here(place.keep(&obstacles, &seek(&own), 5.0)));
        // The curve begins again, as after a drag.
        let begun = &own[..2];
        assert!(matches!(
            place.keep(&obstacles, &seek(begun), 5.1),
            Kept::Soon
        ));
        assert!(here(place.keep(&obstacles, &seek(&own), 5.2)));
        obstacles.add_rect(rect);
        assert!(matches!(
            place.keep(&obstacles, &seek(&own), 5.3),
            Kept::Soon
        ));
        assert!(matches!(
            place.keep(&obstacles, &seek(&own), 6.1),
            Kept::Lost
        ));
    }

    #[test]
    fn a_steep_curve_between_two_points_is_seen() {
        let steep = [pos2(0.0, 0.0), pos2(100.0, 0.0), pos2(104.0, 400.0)];
        let rect = Rect::from_min_size(pos2(95.0, 150.0), Vec2::new(40.0, 14.0));
        assert!(crosses(&steep, rect));
        assert!(!crosses(&steep, rect.translate(Vec2::new(20.0, 0.0))));
        assert!(!crosses(&steep, rect.translate(Vec2::new(-80.0, 0.0))));
    }

    #[test]
    fn where_there_is_no_room_there_is_no_label() {
        let mut obstacles = Obstacles::default();
        obstacles.add_rect(frame());
        for curve in [&[pos2(0.0, 100.0), pos2(600.0, 100.0)][..], &[]] {
            assert!(obstacles.best(&seek(curve)).is_none());
        }
    }
}
