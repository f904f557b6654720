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
pub enum Side {
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

    /// A free place for text of this size beside `curve`, inside `frame`, and
    /// its number. `last`, the number found before, stays as long as it is free:
    /// labels do not wander while a curve grows. Otherwise the leftmost: the
    /// left end is drawn first and does not move any more. `None` where there
    /// is no free place.
    pub fn beside(
        &self,
        curve: &[Pos2],
        size: Vec2,
        side: Side,
        frame: Rect,
        last: Option<usize>,
    ) -> Option<(usize, Rect)> {
        let inside = frame.shrink(4.0);
        let free = |number: &usize| {
            let rect = candidate(*number, curve, size, side, frame)?;
            (inside.contains_rect(rect) && self.is_free(rect)).then_some((*number, rect))
        };
        last.as_ref()
            .and_then(free)
            .or_else(|| (0..CANDIDATES).find_map(|number| free(&number)))
    }
}

/// Places tried for a label: 25 along the frame, each on both sides of the
/// curve and to the right and to the left of the point.
const CANDIDATES: usize = 25 * 4;

/// The place of this number, if the curve has come that far. A falling curve
/// leaves room on one side of a point, a rising one on the other.
fn candidate(number: usize, curve: &[Pos2], size: Vec2, side: Side, frame: Rect) -> Option<Rect> {
    let (first, last) = (curve.first()?, curve.last()?);
    let x = frame.left() + frame.width() * (0.035 + 0.038 * (number / 4) as f32);
    if x > last.x.max(first.x + 1.0) {
        return None;
    }
    let above = (side == Side::Above) == (number & 2 == 0);
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

    #[test]
    fn a_label_sits_beside_its_curve_and_covers_no_other() {
        let flat = |y: f32| vec![pos2(0.0, y), pos2(600.0, y)];
        let mut obstacles = Obstacles::default();
        obstacles.add_curve(flat(200.0));
        obstacles.add_curve(flat(185.0));
        let size = Vec2::new(40.0, 14.0);
        let (number, rect) = obstacles
            .beside(&flat(200.0), size, Side::Above, frame(), None)
            .expect("room below");
        assert!(rect.top() > 200.0, "the other curve is above: {rect:?}");
        obstacles.add_rect(rect);
        let (_, next) = obstacles
            .beside(&flat(200.0), size, Side::Below, frame(), Some(number))
            .expect("room further right");
        assert!(!next.intersects(rect));
    }

    #[test]
    fn a_label_stays_where_it_was_as_long_as_nothing_comes_in_its_way() {
        let flat = vec![pos2(0.0, 200.0), pos2(600.0, 200.0)];
        let size = Vec2::new(40.0, 14.0);
        let mut obstacles = Obstacles::default();
        let find =
            |obstacles: &Obstacles, last| obstacles.beside(&flat, size, Side::Above, frame(), last);
        let (number, rect) = find(&obstacles, Some(40)).expect("room");
        assert_eq!(number, 40);
        obstacles.add_rect(rect);
        assert_ne!(find(&obstacles, Some(40)).expect("room elsewhere").0, 40);
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
        let size = Vec2::new(40.0, 14.0);
        for curve in [&[pos2(0.0, 100.0), pos2(600.0, 100.0)][..], &[]] {
            let found = obstacles.beside(curve, size, Side::Above, frame(), None);
            assert!(found.is_none());
        }
    }
}
