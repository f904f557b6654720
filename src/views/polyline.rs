//! Lines that cost no more than the pixels they cover. Whatever the numbers
//! are, a line is thinned to the columns of its frame and cut to the frame
//! before it is stroked, so that neither a value of 10³⁰⁰ nor a curve that goes
//! up and down at every step makes more vertices than there is room for.

use crate::plot::{self, Dash};
use crate::views::theme::Theme;
use egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke, pos2};
use egui_plot::LineStyle;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScreenPen {
    /// Colour.
    pub colour: Color32,
    /// Width in points.
    pub width: f32,
    /// Solid, dashed or dotted.
    pub style: LineStyle,
}

/// A line of a plot, for egui.
pub fn line_style(dash: Dash) -> LineStyle {
    match dash {
        Dash::Solid => LineStyle::Solid,
        Dash::Dashed(length) => LineStyle::Dashed { length },
        Dash::Dotted(spacing) => LineStyle::Dotted { spacing },
    }
}

impl ScreenPen {
    /// A line of a small plot.
    pub fn line(colour: Color32, width: f32, dashed: bool) -> Self {
        let style = match dashed {
            true => LineStyle::Dashed { length: 5.0 },
            false => LineStyle::Solid,
        };
        Self {
            colour,
            width,
            style,
        }
    }

    /// A pen of a plot, for egui.
    pub fn of(pen: plot::Pen, theme: &Theme) -> Self {
        Self {
            colour: theme.ink(pen.ink).gamma_multiply(pen.strength),
            width: pen.width,
            style: line_style(pen.dash),
        }
    }
}

/// Width of a column, in points: a pixel on a screen of high resolution. Of the
/// points in one column the first, the lowest, the highest and the last stay.
const COLUMN: f64 = 0.5;
/// Lines run out of the frame by this much, so that the cut is not seen.
const MARGIN: f32 = 4.0;
/// Points further away than this are brought nearer: beyond it a line is upright
/// or level to the eye, and sums of such numbers are still exact enough.
const FAR: f64 = 1e7;
/// A line longer than this many times the frame's half circumference goes up
/// and down within its own dashes: they are then laid along x.
const WOUND: f32 = 8.0;

/// A rectangle of the screen, and what its edges stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canvas {
    /// On the screen.
    pub rect: Rect,
    /// Its left and right edges.
    pub x: (f64, f64),
    /// Its lower and upper edges.
    pub y: (f64, f64),
}

impl Canvas {
    /// The canvas of a plot that was just shown.
    pub fn of(transform: &egui_plot::PlotTransform) -> Self {
        let bounds = transform.bounds();
        let (min, max) = (bounds.min(), bounds.max());
        Self {
            rect: *transform.frame(),
            x: (min[0], max[0]),
            y: (min[1], max[1]),
        }
    }

    /// A point on the screen, in double precision; what is far away is brought
    /// nearer. `None` where it has no place.
    fn place(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let part = |v: f64, (low, high): (f64, f64)| {
            // Halves: the difference of the largest numbers has no double.
            let part = (0.5 * v - 0.5 * low) / (0.5 * high - 0.5 * low);
            (v.is_finite() && !part.is_nan()).then_some(part)
        };
        let [left, top] = [self.rect.left(), self.rect.top()].map(f64::from);
        let [width, height] = [self.rect.width(), self.rect.height()].map(f64::from);
        Some([
            left + (part(x, self.x)? * width).clamp(-FAR, FAR),
            top + ((1.0 - part(y, self.y)?) * height).clamp(-FAR, FAR),
        ])
    }

    /// A point on the screen; what is far away is brought nearer. `None` where
    /// it has no place.
    pub fn at(&self, x: f64, y: f64) -> Option<Pos2> {
        let [x, y] = self.place([x, y])?;
        Some(pos2(x as f32, y as f32))
    }

    /// The area between two edges, as far as it is in the frame. Where an edge is not
    /// finite there is a gap.
    pub fn area(&self, edges: impl IntoIterator<Item = [f64; 3]>, colour: Color32) -> Shape {
        let mut mesh = Mesh::default();
        let mut last: Option<f32> = None;
        for [x, low, high] in edges {
            let (Some(low), Some(high)) = (self.at(x, low), self.at(x, high)) else {
                last = None;
                continue;
            };
            // No finer than the columns of the screen.
            if last.is_some_and(|x| low.x - x < COLUMN as f32) {
                continue;
            }
            for at in [low, high] {
                mesh.colored_vertex(self.rect.clamp(at), colour);
            }
            let k = mesh.vertices.len() as u32;
            if last.is_some() {
                mesh.add_triangle(k - 4, k - 3, k - 2);
                mesh.add_triangle(k - 3, k - 1, k - 2);
            }
            last = Some(low.x);
        }
        Shape::mesh(mesh)
    }

    /// A point on the screen, if it is in the frame.
    pub fn inside(&self, x: f64, y: f64) -> Option<Pos2> {
        self.at(x, y).filter(|at| self.rect.contains(*at))
    }

    /// The stretches of a line that are seen, thinned to the columns of the
    /// frame. What is not finite is a gap.
    pub fn pieces(&self, points: impl IntoIterator<Item = [f64; 2]>) -> Vec<Vec<Pos2>> {
        let mut pieces = Pieces::new(self.rect.expand(MARGIN));
        let mut column: Option<Column> = None;
        for point in points {
            let Some(at) = self.place(point) else {
                if let Some(full) = column.take() {
                    full.empty_into(&mut pieces);
                }
                pieces.gap();
                continue;
            };
            match &mut column {
                Some(open) if open.holds(at) => open.add(at),
                _ => {
                    if let Some(full) = column.replace(Column::new(at)) {
                        full.empty_into(&mut pieces);
                    }
                }
            }
        }
        if let Some(full) = column {
            full.empty_into(&mut pieces);
        }
        pieces.gap();
        pieces.done
    }

    /// A line as shapes.
    pub fn stroke(&self, points: impl IntoIterator<Item = [f64; 2]>, pen: ScreenPen) -> Vec<Shape> {
        let pieces = self.pieces(points);
        let sum = |of: fn(Pos2, Pos2) -> f32| -> f32 {
            let ends = pieces.iter().flat_map(|piece| piece.windows(2));
            ends.map(|ends| of(ends[0], ends[1])).sum()
        };
        let length = sum(|a, b| a.distance(b));
        let wound = length > WOUND * (self.rect.width() + self.rect.height());
        let mut pen = pen;
        if sum(|a, b| (a.x - b.x).abs()) > WOUND * self.rect.width() {
            // No function of x: a tangle.
            pen.style = LineStyle::Solid;
        }
        let mut shapes = Vec::new();
        for piece in pieces {
            stroke(piece, pen, wound, &mut shapes);
        }
        shapes
    }
}

/// Points of a line that share a column.
struct Column {
    number: f64,
    /// How many came before.
    count: u32,
    first: [f64; 2],
    /// Lowest and highest on the screen, with their place in the order.
    ends: [(u32, [f64; 2]); 2],
    last: [f64; 2],
}

impl Column {
    fn new(at: [f64; 2]) -> Self {
        Self {
            number: (at[0] / COLUMN).floor(),
            count: 0,
            first: at,
            ends: [(0, at); 2],
            last: at,
        }
    }

    fn holds(&self, at: [f64; 2]) -> bool {
        (at[0] / COLUMN).floor() == self.number
    }

    fn add(&mut self, at: [f64; 2]) {
        self.count += 1;
        if at[1] < self.ends[0].1[1] {
            self.ends[0] = (self.count, at);
        }
        if at[1] > self.ends[1].1[1] {
            self.ends[1] = (self.count, at);
        }
        self.last = at;
    }

    fn empty_into(mut self, pieces: &mut Pieces) {
        pieces.add(self.first);
        self.ends.sort_by_key(|(number, _)| *number);
        let mut newest = 0;
        for (number, at) in self.ends {
            if number > newest {
                pieces.add(at);
                newest = number;
            }
        }
        if self.count > newest {
            pieces.add(self.last);
        }
    }
}

/// Cuts a line to a rectangle, segment by segment.
struct Pieces {
    clip: [[f64; 2]; 2],
    before: Option<[f64; 2]>,
    open: Vec<Pos2>,
    done: Vec<Vec<Pos2>>,
}

impl Pieces {
    fn new(clip: Rect) -> Self {
        Self {
            clip: [clip.min, clip.max].map(|p| [f64::from(p.x), f64::from(p.y)]),
            before: None,
            open: Vec::new(),
            done: Vec::new(),
        }
    }

    fn end(&mut self) {
        if !self.open.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    fn gap(&mut self) {
        // A point between two gaps is a dot.
        if let (Some(alone), true) = (self.before.take(), self.open.is_empty())
            && self.contains(alone)
        {
            self.open.push(point(alone));
        }
        self.end();
    }

    fn contains(&self, at: [f64; 2]) -> bool {
        (0..2).all(|i| (self.clip[0][i]..=self.clip[1][i]).contains(&at[i]))
    }

    fn add(&mut self, at: [f64; 2]) {
        let Some(from) = self.before.replace(at) else {
            return;
        };
        let Some((start, stop)) = self.cut(from, at) else {
            return self.end();
        };
        let between = |t: f64| point([0, 1].map(|i| from[i] + t * (at[i] - from[i])));
        if start > 0.0 || self.open.is_empty() {
            self.end();
            self.open.push(between(start));
        }
        self.open
            .push(if stop < 1.0 { between(stop) } else { point(at) });
        if stop < 1.0 {
            self.end();
        }
    }

    /// The part of a segment that is inside (Liang and Barsky).
    fn cut(&self, from: [f64; 2], to: [f64; 2]) -> Option<(f64, f64)> {
        let (mut start, mut stop) = (0.0_f64, 1.0_f64);
        for i in 0..2 {
            let along = to[i] - from[i];
            if along == 0.0 {
                if !(self.clip[0][i]..=self.clip[1][i]).contains(&from[i]) {
                    return None;
                }
                continue;
            }
            let mut ends = [self.clip[0][i], self.clip[1][i]].map(|edge| (edge - from[i]) / along);
            ends.sort_by(f64::total_cmp);
            start = start.max(ends[0]);
            stop = stop.min(ends[1]);
        }
        (start <= stop).then_some((start, stop))
    }
}

fn point([x, y]: [f64; 2]) -> Pos2 {
    pos2(x as f32, y as f32)
}

/// Gap between two dashes as a part of their length.
const GAP: f32 = 0.618;

fn stroke(piece: Vec<Pos2>, pen: ScreenPen, wound: bool, shapes: &mut Vec<Shape>) {
    let ScreenPen { colour, width, .. } = pen;
    let line = Stroke::new(width, colour);
    if let [alone] = piece[..] {
        shapes.push(Shape::circle_filled(alone, 0.75 * width, colour));
        return;
    }
    match (pen.style, wound) {
        (LineStyle::Solid, _) => shapes.push(Shape::line(piece, line)),
        (LineStyle::Dashed { length }, false) => {
            shapes.extend(Shape::dashed_line(&piece, line, length, GAP * length));
        }
        (LineStyle::Dotted { spacing }, false) => {
            shapes.extend(Shape::dotted_line(&piece, colour, spacing, width));
        }
        (LineStyle::Dashed { length: on } | LineStyle::Dotted { spacing: on }, true) => {
            let dashes = along_x(&piece, on, GAP * on).into_iter();
            shapes.extend(dashes.map(|dash| Shape::line(dash, line)));
        }
    }
}

/// The parts of a line over every other stretch of x.
fn along_x(piece: &[Pos2], on: f32, off: f32) -> Vec<Vec<Pos2>> {
    let period = on + off;
    let is_on = |x: f32| x.rem_euclid(period) < on;
    let mut dashes: Vec<Vec<Pos2>> = Vec::new();
    let mut open: Vec<Pos2> = Vec::new();
    for ends in piece.windows(2) {
        let (from, to) = (ends[0], ends[1]);
        // Where the stretches meet, in the order of the segment.
        let (low, high) = (from.x.min(to.x), from.x.max(to.x));
        let periods = (low / period).floor() as i64..=(high / period).floor() as i64;
        let mut cuts: Vec<f32> = periods
            .flat_map(|k| [k as f32 * period, k as f32 * period + on])
            .filter(|x| (low..high).contains(x) && *x > low)
            .collect();
        if to.x < from.x {
            cuts.reverse();
        }
        let at = |x: f32| from + (to - from) * ((x - from.x) / (to.x - from.x));
        let stops = cuts.into_iter().map(at).chain([to]);
        let mut start = from;
        for stop in stops {
            if is_on(0.5 * (start.x + stop.x)) {
                if open.is_empty() {
                    open.push(start);
                }
                open.push(stop);
            } else if !open.is_empty() {
                dashes.push(std::mem::take(&mut open));
            }
            start = stop;
        }
    }
    if !open.is_empty() {
        dashes.push(open);
    }
    dashes
}

/// What shapes cost to draw: the points that they are made of.
#[cfg(test)]
pub fn cost(shapes: &[Shape]) -> usize {
    let one = |shape: &Shape| match shape {
        Shape::Vec(inner) => cost(inner),
        Shape::Path(path) => path.points.len(),
        Shape::Mesh(mesh) => mesh.vertices.len(),
        Shape::Text(text) => 4 * text.galley.text().chars().count(),
        _ => 4,
    };
    shapes.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;
    use proptest::prelude::*;

    fn canvas() -> Canvas {
        Canvas {
            rect: Rect::from_min_size(pos2(20.0, 30.0), vec2(600.0, 300.0)),
            x: (0.0, 6.0),
            y: (0.0, 1.5),
        }
    }

    fn pen(style: LineStyle) -> ScreenPen {
        ScreenPen {
            colour: Color32::WHITE,
            width: 2.0,
            style,
        }
    }

    const STYLES: [LineStyle; 3] = [
        LineStyle::Solid,
        LineStyle::Dashed { length: 7.0 },
        LineStyle::Dotted { spacing: 5.0 },
    ];

    #[test]
    fn a_line_that_leaves_the_frame_is_cut_at_its_edge_and_comes_back_where_it_was() {
        let canvas = canvas();
        let pieces = canvas.pieces([[1.0, 1.0], [2.0, 1e200], [3.0, 0.5], [4.0, 0.5]]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0][0], canvas.at(1.0, 1.0).unwrap());
        assert!((pieces[0][1].y - (30.0 - MARGIN)).abs() < 1e-3);
        assert_eq!(
            pieces[1][1..],
            [canvas.at(3.0, 0.5).unwrap(), canvas.at(4.0, 0.5).unwrap()]
        );
    }

    #[test]
    fn gaps_split_a_line_and_a_point_between_them_is_a_dot() {
        let canvas = canvas();
        let nan = f64::NAN;
        let line = [
            [1.0, 1.0],
            [1.5, nan],
            [2.0, 1.0],
            [2.5, nan],
            [3.0, 1.0],
            [4.0, 1.0],
        ];
        let lengths: Vec<usize> = canvas.pieces(line).iter().map(Vec::len).collect();
        assert_eq!(lengths, [1, 1, 2]);
    }

    #[test]
    fn a_line_across_the_whole_frame_is_seen_although_both_ends_are_outside() {
        let canvas = canvas();
        let pieces = canvas.pieces([[-1e9, 0.75], [1e9, 0.75]]);
        assert_eq!(pieces.len(), 1);
        assert!(pieces[0][0].x <= 20.0 && pieces[0][1].x >= 620.0);
        assert!(canvas.pieces([[-1.0, -1e9], [-1.0, 1e9]]).is_empty());
    }

    #[test]
    fn a_dash_of_eight_hundred_trillion_on_an_axis_of_one_costs_as_much_as_any_other() {
        // The train loss of a run that diverges, on a linear axis.
        let canvas = canvas();
        let line = (0..200).map(|i| [0.03 * f64::from(i), 1.4f64.max(10f64.powi(i - 185))]);
        for style in STYLES {
            let shapes = canvas.stroke(line.clone(), pen(style));
            assert!(cost(&shapes) < 1_000, "{style:?}: {}", cost(&shapes));
        }
    }

    #[test]
    fn a_curve_that_swings_at_every_step_keeps_its_dashes_and_its_price() {
        let canvas = canvas();
        let swing = (0..200_000).map(|i| [6.0 * f64::from(i) / 2e5, f64::from(i % 2)]);
        for style in STYLES {
            let shapes = canvas.stroke(swing.clone(), pen(style));
            let price = cost(&shapes);
            assert!(price > 100 && price < 12_000, "{style:?}: {price}");
        }
    }

    /// Any number that a computation can leave behind.
    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => -2.0..8.0,
            2 => (-300.0..300.0).prop_map(|e: f64| 10f64.powf(e)),
            2 => (-300.0..300.0).prop_map(|e: f64| -(10f64.powf(e))),
            1 => prop::sample::select(vec![
                f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -0.0,
            ]),
        ]
    }

    proptest! {
        #[test]
        fn nothing_costs_more_than_its_frame_and_nothing_is_drawn_outside(
            points in prop::collection::vec((number(), number()), 0..2_000),
            edges in (number(), number(), number(), number()),
            sorted in any::<bool>(),
            sane in any::<bool>(),
        ) {
            let mut canvas = canvas();
            if !sane {
                (canvas.x, canvas.y) = ((edges.0, edges.1), (edges.2, edges.3));
            }
            let mut points: Vec<[f64; 2]> = points.into_iter().map(|(x, y)| [x, y]).collect();
            if sorted {
                points.sort_by(|a, b| a[0].total_cmp(&b[0]));
            }
            let seen = canvas.rect.expand(MARGIN + 0.01);
            for piece in canvas.pieces(points.iter().copied()) {
                prop_assert!(piece.iter().all(|p| seen.contains(*p)), "{piece:?}");
            }
            for style in STYLES {
                let shapes = canvas.stroke(points.iter().copied(), pen(style));
                let most = 8 * points.len() + 4 * 8 * 900 / 5 + 64;
                prop_assert!(cost(&shapes) <= most, "{style:?} {} > {most}", cost(&shapes));
            }
        }
    }
}
