//! Where the parts of a picture stand.

use super::legend::{ROW, legend_rows};
use super::{FAR, SCREEN_TEXT, gauge_height};
use crate::plot::axis::{self, AxisMark, Room, Span};
use crate::plot::{Axis, Picture, Places, Style, cells, font, style};

/// The frame of a panel on the paper, in points.
#[derive(Clone, Copy, Debug)]
pub(in crate::plot) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn x(&self, span: Span, place: f64) -> f64 {
        self.left + (span.part(place) * self.width).clamp(-FAR, FAR)
    }

    pub fn y(&self, span: Span, place: f64) -> f64 {
        self.top + ((1.0 - span.part(place)) * self.height).clamp(-FAR, FAR)
    }

    pub fn rect(&self) -> [f64; 4] {
        [self.left, self.top, self.width, self.height]
    }
}

/// Room around a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// Marks of an axis of this length, with their labels.
pub(super) fn ticks(axis: &Axis, length: f64, size: f64) -> Vec<(AxisMark, String)> {
    let room = Room::new(axis.span, length * SCREEN_TEXT / size);
    let marks = match &axis.places {
        Places::Numbers(scale) => scale.marks(room),
        Places::Time => axis::time_marks(room),
        Places::Names(names) => {
            let mark = |k: usize| AxisMark {
                place: k as f64 + 0.5,
                step: 1.0,
            };
            return (names.iter().enumerate())
                .map(|(k, name)| (mark(k), name.clone()))
                .collect();
        }
    };
    let label = |mark: AxisMark| match &axis.places {
        Places::Numbers(scale) => scale.tick(mark, axis.span),
        _ => axis::time_tick(mark, axis.span),
    };
    let inside = |mark: &AxisMark| (-1e-6..=1.0 + 1e-6).contains(&axis.span.part(mark.place));
    let mut ticks: Vec<(AxisMark, String)> = (marks.into_iter().filter(inside))
        .map(|mark| (mark, label(mark)))
        .collect();
    ticks.sort_by(|a, b| a.0.place.total_cmp(&b.0.place));
    ticks
}

pub(super) fn widest(ticks: &[(AxisMark, String)], size: f64) -> f64 {
    let widths = ticks.iter().map(|(_, text)| font::width(text, size, false));
    widths.fold(0.0, f64::max)
}

/// The letters of panels.
fn letter(i: usize) -> String {
    let c = char::from_u32(u32::from('a') + i as u32 % 26).unwrap_or('a');
    format!("({c})")
}

pub(super) fn head(picture: &Picture, i: usize) -> (String, String) {
    let letter = match picture.lettered && picture.panels.len() > 1 {
        true => letter(i),
        false => String::new(),
    };
    (letter, picture.panels[i].title.clone())
}

/// Room that a panel needs around a frame of this size.
fn around(picture: &Picture, i: usize, frame: [f64; 2], size: f64) -> Around {
    let panel = &picture.panels[i];
    let small = 0.92 * size;
    let left = match panel.y.labelled {
        true => {
            let title = if panel.y.name().is_empty() {
                0.0
            } else {
                1.7 * size
            };
            widest(&ticks(&panel.y, frame[1], size), small) + 0.9 * size + title
        }
        false => 0.6 * size,
    };
    let right = match (&panel.right, &panel.cells) {
        (Some(axis), _) => {
            let title = if axis.name().is_empty() {
                0.0
            } else {
                1.7 * size
            };
            widest(&ticks(axis, frame[1], size), small) + 0.9 * size + title
        }
        (None, Some(cells)) => cells::bar_width(cells, size),
        (None, None) => 0.5 * size,
    };
    let (letter, title) = head(picture, i);
    let titled = !letter.is_empty() || !title.is_empty();
    let rows = legend_rows(panel, frame[0], size);
    let top = if titled { 1.7 * size } else { 0.0 }
        + rows * ROW * size
        + if rows > 0.0 { 0.35 * size } else { 0.6 * size };
    let mut bottom = match panel.x.labelled {
        true => {
            1.75 * size
                + if panel.x.name().is_empty() {
                    0.0
                } else {
                    1.5 * size
                }
        }
        false => 0.5 * size,
    };
    if let Some(cells) = &panel.cells {
        bottom += cells::legend_height(cells, frame[0], size);
    }
    Around {
        left,
        right,
        top,
        bottom,
    }
}

/// Where everything is.
pub(super) struct Layout {
    pub(super) frames: Vec<Frame>,
    pub(super) arounds: Vec<Around>,
    pub(super) caption: Vec<String>,
    pub(super) title: Vec<String>,
    pub(super) size: [f64; 2],
}

/// Outer margin, in sizes of the font.
pub(super) const MARGIN: f64 = 0.5;

/// Size of the caption's font, as part of that of the text.
pub(super) const CAPTION: f64 = 0.85;

pub(super) fn layout(picture: &Picture, style: &Style) -> Layout {
    let size = style.font;
    let width = style.paper.width * style::POINTS_PER_MM;
    let margin = MARGIN * size;
    let columns = picture.columns.clamp(1, picture.panels.len().max(1));
    let rows = picture.panels.len().div_ceil(columns);
    let gap = [1.2 * size, 1.0 * size];
    let inner = width - 2.0 * margin;
    let caption = match style.caption {
        true => font::wrap(&picture.caption, CAPTION * size, inner),
        false => Vec::new(),
    };
    let title = font::wrap(&picture.title, 1.1 * size, 0.92 * inner);
    let gauge = gauge_height(picture, size);
    let fixed = margin * 2.0
        + title.len() as f64 * 1.6 * size
        + gauge
        + caption.len() as f64 * 1.4 * CAPTION * size
        + if caption.is_empty() { 0.0 } else { 0.6 * size };

    // Ticks depend on the frame and the frame on the ticks: a few rounds settle it,
    // in which after the first the sides only grow.
    let guess = inner / columns as f64;
    let mut frame_width = vec![0.7 * guess; columns];
    let mut frame_height = vec![0.5 * guess; rows];
    let mut arounds = vec![Around::default(); picture.panels.len()];
    for round in 0..8 {
        for (i, around_i) in arounds.iter_mut().enumerate() {
            let frame = [frame_width[i % columns], frame_height[i / columns]];
            let mut next = around(picture, i, frame, size);
            if round > 1 {
                next.left = next.left.max(around_i.left);
                next.right = next.right.max(around_i.right);
            }
            *around_i = next;
        }
        let most = |of: fn(&Around) -> f64, keep: &dyn Fn(usize) -> bool| {
            let kept = arounds.iter().enumerate().filter(|(i, _)| keep(*i));
            kept.map(|(_, a)| of(a)).fold(0.0, f64::max)
        };
        let sides: f64 = (0..columns)
            .map(|c| {
                most(|a| a.left, &|i| i % columns == c) + most(|a| a.right, &|i| i % columns == c)
            })
            .sum();
        let share = (inner - sides - gap[0] * (columns - 1) as f64) / columns as f64;
        frame_width = vec![share.max(4.0 * size); columns];
        let aspects: Vec<f64> = (0..rows)
            .map(|r| {
                let of_row = picture
                    .panels
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| i / columns == r);
                of_row.map(|(_, p)| p.aspect).fold(0.1, f64::max)
            })
            .collect();
        let asked: Vec<f64> = aspects.iter().map(|a| a * share.max(4.0 * size)).collect();
        frame_height = match style.paper.height {
            None => asked,
            Some(height) => {
                let between: f64 = (0..rows)
                    .map(|r| {
                        most(|a| a.top, &|i| i / columns == r)
                            + most(|a| a.bottom, &|i| i / columns == r)
                    })
                    .sum();
                let left = height * style::POINTS_PER_MM
                    - fixed
                    - between
                    - gap[1] * rows.saturating_sub(1) as f64;
                let sum: f64 = asked.iter().sum();
                let of = |asked: &f64| (asked / sum * left).max(3.0 * size);
                asked.iter().map(of).collect()
            }
        };
    }
    // Frames of a column and of a row are in line.
    let mut frames = Vec::new();
    let mut top = margin + title.len() as f64 * 1.6 * size + gauge;
    for (r, height) in frame_height.iter().enumerate() {
        let of_row = |of: fn(&Around) -> f64| {
            let row = arounds.iter().enumerate().filter(|(i, _)| i / columns == r);
            row.map(|(_, a)| of(a)).fold(0.0, f64::max)
        };
        let (above, below) = (of_row(|a| a.top), of_row(|a| a.bottom));
        let mut left = margin;
        for (c, width) in frame_width.iter().enumerate() {
            let of_column = |of: fn(&Around) -> f64| {
                let column = arounds.iter().enumerate().filter(|(i, _)| i % columns == c);
                column.map(|(_, a)| of(a)).fold(0.0, f64::max)
            };
            let (before, after) = (of_column(|a| a.left), of_column(|a| a.right));
            if r * columns + c < picture.panels.len() {
                frames.push(Frame {
                    left: left + before,
                    top: top + above,
                    width: *width,
                    height: *height,
                });
            }
            left += before + width + after + gap[0];
        }
        top += above + height + below + if r + 1 < rows { gap[1] } else { 0.0 };
    }
    let below = caption.len() as f64 * 1.4 * CAPTION * size
        + if caption.is_empty() { 0.0 } else { 0.6 * size };
    let natural = top + below + margin;
    let height = match style.paper.height {
        Some(height) => natural.max(height * style::POINTS_PER_MM),
        None => natural,
    };
    Layout {
        frames,
        arounds,
        caption,
        title,
        size: [width, height],
    }
}
