//! A description as SVG: layout, axes, legends, captions.

use super::axis::{self, AxisMark, Room, Span};
use super::colour::{Palette, Rgb, mixed, rgb};
use super::svg::{Anchor, Font, Stroke, Svg};
use super::{Axis, Dash, Gauge, Panel, Pen, Picture, Places, Series, Style, Symbol};
use super::{cells, font, look, place_text, style};
use crate::history::decimate::{decimate, simplify};

/// Size of the text that distances between ticks are made for.
const SCREEN_TEXT: f64 = 12.5;
/// Points further away than this are brought nearer: beyond it a line is upright or
/// level to the eye.
const FAR: f64 = 1e5;

/// Everything that drawing needs besides the description.
pub(super) struct Pens<'a> {
    pub style: &'a Style,
    pub palette: &'a Palette,
    /// Size of the font, in points.
    pub size: f64,
}

impl Pens<'_> {
    pub fn ground(&self) -> Rgb {
        rgb(self.palette.background)
    }

    pub fn text(&self) -> Font {
        self.font(1.0, self.palette.text)
    }

    pub fn muted(&self) -> Font {
        self.font(0.92, self.palette.muted)
    }

    pub fn font(&self, part: f64, colour: u32) -> Font {
        Font {
            size: part * self.size,
            bold: false,
            colour: rgb(colour),
        }
    }

    /// Width of an axis.
    pub fn hair(&self) -> f64 {
        (0.6 * self.style.line).clamp(0.35, 1.2)
    }

    pub fn stroke(&self, pen: Pen) -> Stroke {
        let unit = self.style.line / f64::from(look::WIDTH);
        let width = unit * f64::from(pen.width);
        let colour = mixed(self.palette.of(pen.ink), self.ground(), pen.strength);
        let (dashes, round) = match pen.dash {
            Dash::Solid => (Vec::new(), false),
            // As long as on screen, where lines are thicker; never a blob.
            Dash::Dashed(length) => {
                let length = f64::from(length) * unit.max(0.45) * 1.15;
                (vec![length, 0.62 * length.min(9.0 * width.max(0.6))], false)
            }
            Dash::Dotted(spacing) => {
                let spacing = (f64::from(spacing) * unit.max(0.45)).max(2.2 * width);
                (vec![0.0, spacing], true)
            }
        };
        Stroke {
            colour,
            width: if round { 1.25 * width } else { width },
            dashes,
            round,
        }
    }
}

/// The frame of a panel on the paper, in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
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

    fn rect(&self) -> [f64; 4] {
        [self.left, self.top, self.width, self.height]
    }
}

/// Room around a frame.
#[derive(Clone, Copy, Debug, Default)]
struct Around {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// Marks of an axis of this length, with their labels.
fn ticks(axis: &Axis, length: f64, size: f64) -> Vec<(AxisMark, String)> {
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

fn widest(ticks: &[(AxisMark, String)], size: f64) -> f64 {
    let widths = ticks.iter().map(|(_, text)| font::width(text, size, false));
    widths.fold(0.0, f64::max)
}

/// What a legend names: line, symbol or area, and the name.
pub(super) struct Entry<'a> {
    pub name: &'a str,
    pub pen: Pen,
    pub symbol: Option<Symbol>,
    pub area: bool,
}

fn entries(panel: &Panel) -> Vec<Entry<'_>> {
    let named = |name: &str| !name.is_empty();
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let series = panel.series.iter().rev().filter(|s| named(&s.name));
    let series = series.map(|s| Entry {
        name: &s.name,
        pen: s.pen,
        symbol: s.symbol,
        area: false,
    });
    let levels = panel
        .levels
        .iter()
        .filter(|l| named(&l.name))
        .map(|l| Entry {
            name: &l.name,
            pen: l.pen,
            symbol: None,
            area: false,
        });
    let bands = panel
        .bands
        .iter()
        .filter(|b| named(&b.name))
        .map(|b| Entry {
            name: &b.name,
            pen: b.pen,
            symbol: None,
            area: true,
        });
    for entry in series.chain(bands).chain(levels) {
        // A curve in several pieces has one name.
        let twin = entries
            .iter()
            .any(|e| e.name == entry.name && e.pen == entry.pen);
        if !twin {
            entries.push(entry);
        }
    }
    entries
}

/// Length of the sample of a line in a legend, in sizes of the font.
const SAMPLE: f64 = 2.6;
/// Height of a row of a legend, likewise.
pub(super) const ROW: f64 = 1.45;

/// Places of legend entries: row and left edge.
pub(super) fn flow(widths: impl Iterator<Item = f64>, most: f64, gap: f64) -> Vec<(usize, f64)> {
    let (mut row, mut left) = (0, 0.0);
    widths
        .map(|width| {
            if left > 0.0 && left + width > most {
                (row, left) = (row + 1, 0.0);
            }
            let place = (row, left);
            left += width + gap;
            place
        })
        .collect()
}

fn legend_flow(panel: &Panel, most: f64, size: f64) -> Vec<(usize, f64)> {
    let width = |e: &Entry<'_>| (SAMPLE + 0.4) * size + font::width(e.name, size, false);
    flow(entries(panel).iter().map(width), most, 1.1 * size)
}

fn legend_rows(panel: &Panel, width: f64, size: f64) -> f64 {
    match legend_flow(panel, width, size).last() {
        Some((row, _)) => (*row + 1) as f64,
        None => 0.0,
    }
}

/// The letters of panels.
fn letter(i: usize) -> String {
    let c = char::from_u32(u32::from('a') + i as u32 % 26).unwrap_or('a');
    format!("({c})")
}

fn head(picture: &Picture, i: usize) -> (String, String) {
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
struct Layout {
    frames: Vec<Frame>,
    arounds: Vec<Around>,
    caption: Vec<String>,
    title: Vec<String>,
    size: [f64; 2],
}

/// Outer margin, in sizes of the font.
const MARGIN: f64 = 0.5;
/// Size of the caption's font, as part of that of the text.
const CAPTION: f64 = 0.85;

fn layout(picture: &Picture, style: &Style) -> Layout {
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

/// Room for the gauge of a setting.
fn gauge_height(picture: &Picture, size: f64) -> f64 {
    if picture.gauge.is_some() {
        1.9 * size
    } else {
        0.0
    }
}

/// A rail between two values, and where the setting stands.
fn draw_gauge(svg: &mut Svg, pens: &Pens<'_>, gauge: &Gauge, top: f64, width: f64) {
    let size = pens.size;
    let font = pens.muted();
    let left = MARGIN * size;
    let y = top + 0.8 * size;
    let base = y + 0.32 * size;
    let [from, to] = gauge.ends.each_ref();
    svg.text([left, base], Anchor::Start, font, false, from);
    let [before, after] = [from, to].map(|text| font::width(text, font.size, false));
    let rail = [
        left + before + size,
        (left + 0.6 * width - after - size).max(left + before + 4.0 * size),
    ];
    svg.text([rail[1] + size, base], Anchor::Start, font, false, to);
    let line = Stroke::solid(rgb(pens.palette.border), 1.5 * pens.hair());
    svg.line(&[[rail[0], y], [rail[1], y]], &line);
    let x = rail[0] + gauge.at.clamp(0.0, 1.0) * (rail[1] - rail[0]);
    svg.circle([x, y], 0.38 * size, Some(rgb(pens.palette.text)), None);
}

/// Width and height of the picture, in points.
pub fn size(picture: &Picture, style: &Style) -> [f64; 2] {
    layout(picture, style).size
}

/// The picture as SVG.
pub fn svg(picture: &Picture, style: &Style) -> String {
    let pens = Pens {
        style,
        palette: style.theme.palette(),
        size: style.font,
    };
    let size = style.font;
    let layout = layout(picture, style);
    let mut svg = Svg::new(layout.size[0], layout.size[1], pens.ground());
    let margin = MARGIN * size;
    for (k, line) in layout.title.iter().enumerate() {
        let font = Font {
            size: 1.1 * size,
            bold: true,
            ..pens.text()
        };
        let at = [margin, margin + (1.05 + 1.6 * k as f64) * size];
        svg.text(at, Anchor::Start, font, false, line);
    }
    if let Some(gauge) = &picture.gauge {
        let top = margin + 1.6 * layout.title.len() as f64 * size;
        draw_gauge(&mut svg, &pens, gauge, top, layout.size[0] - 2.0 * margin);
    }
    for (i, (panel, frame)) in picture.panels.iter().zip(&layout.frames).enumerate() {
        draw_panel(
            &mut svg,
            &pens,
            panel,
            *frame,
            layout.arounds[i],
            &head(picture, i),
        );
    }
    let caption = pens.font(CAPTION, pens.palette.muted);
    let height = layout.caption.len() as f64 * 1.4 * CAPTION * size;
    for (k, line) in layout.caption.iter().enumerate() {
        let y = layout.size[1] - margin - height + (1.1 + 1.4 * k as f64) * CAPTION * size;
        svg.text([margin, y], Anchor::Start, caption, false, line);
    }
    let title = match picture.title.is_empty() {
        true => picture
            .panels
            .first()
            .map_or_else(String::new, |p| p.y.title.clone()),
        false => picture.title.clone(),
    };
    svg.finish(&title, &super::in_words(picture))
}

fn draw_panel(
    svg: &mut Svg,
    pens: &Pens<'_>,
    panel: &Panel,
    frame: Frame,
    around: Around,
    (letter, title): &(String, String),
) {
    let size = pens.size;
    let mut y = frame.top - around.top;
    if !letter.is_empty() || !title.is_empty() {
        let bold = Font {
            bold: true,
            ..pens.text()
        };
        let at = [frame.left, y + 1.05 * size];
        svg.text(at, Anchor::Start, bold, false, letter);
        let after = if letter.is_empty() {
            0.0
        } else {
            font::width(letter, size, true) + 0.5 * size
        };
        svg.text(
            [at[0] + after, at[1]],
            Anchor::Start,
            pens.text(),
            false,
            title,
        );
        y += 1.7 * size;
    }
    legend(svg, pens, panel, frame, y);
    let x_ticks = ticks(&panel.x, frame.width, size);
    let y_ticks = ticks(&panel.y, frame.height, size);
    if let Some(cells) = &panel.cells {
        cells::draw(svg, pens, cells, frame);
        let edge = Stroke::solid(rgb(pens.palette.border), pens.hair());
        svg.rect(frame.rect(), None, Some(&edge));
        names(svg, pens, &panel.x, &x_ticks, frame, true);
        names(svg, pens, &panel.y, &y_ticks, frame, false);
        titles(svg, pens, panel, frame, around);
        cells::bar(svg, pens, cells, frame);
        let below = frame.bottom()
            + 1.75 * size
            + if panel.x.name().is_empty() {
                0.0
            } else {
                1.5 * size
            };
        cells::legend(svg, pens, cells, frame, below);
        return;
    }
    grid(svg, pens, panel, frame, &x_ticks, &y_ticks);
    let right = panel.right.as_ref();
    let place = |point: [f64; 2], on_right: bool| {
        let span = right
            .filter(|_| on_right)
            .map_or(panel.y.span, |axis| axis.span);
        [frame.x(panel.x.span, point[0]), frame.y(span, point[1])]
    };
    let mut curves = Vec::new();
    // Thick lines at the frame's edge are not cut in half.
    let slack = pens.style.line;
    let clip = [
        frame.left,
        frame.top - slack,
        frame.width + slack,
        frame.height + 2.0 * slack,
    ];
    svg.clipped(clip, |svg| {
        for band in &panel.bands {
            let lower = band.points.iter().map(|p| place([p[0], p[1]], false));
            let upper = band.points.iter().rev().map(|p| place([p[0], p[2]], false));
            let points: Vec<[f64; 2]> = lower.chain(upper).collect();
            svg.area(
                &points,
                pens.palette.of(band.pen.ink),
                0.22 * f64::from(band.pen.strength),
                None,
            );
        }
        for level in &panel.levels {
            let y = frame.y(panel.y.span, level.place);
            svg.line(
                &[[frame.left, y], [frame.right(), y]],
                &pens.stroke(level.pen),
            );
        }
        for series in &panel.series {
            for stretch in thinned(series, panel.x.span, &frame) {
                let points: Vec<[f64; 2]> =
                    stretch.iter().map(|p| place(*p, series.right)).collect();
                if series.symbol.is_none() || points.len() > 1 {
                    svg.line(&points, &pens.stroke(series.pen));
                }
                curves.push(points);
            }
        }
    });
    for series in &panel.series {
        let Some(form) = series.symbol else { continue };
        let colour = pens.stroke(series.pen).colour;
        for point in series
            .points
            .iter()
            .filter(|p| p[0].is_finite() && p[1].is_finite())
        {
            symbol(
                svg,
                form,
                place(*point, series.right),
                0.32 * size,
                colour,
                pens.ground(),
            );
        }
    }
    if let Some(place) = panel.cursor {
        let x = frame.x(panel.x.span, place);
        let line = Stroke::solid(rgb(pens.palette.text), 1.4 * pens.hair());
        svg.line(&[[x, frame.top], [x, frame.bottom()]], &line);
    }
    axes(svg, pens, panel, frame, &x_ticks, &y_ticks);
    titles(svg, pens, panel, frame, around);
    for level in &panel.levels {
        let y = frame.y(panel.y.span, level.place);
        curves.push(vec![[frame.left, y], [frame.right(), y]]);
    }
    place_text::markers(svg, pens, panel, frame, &curves);
}

/// The stretches of a series, of as many points as can be told apart in print.
fn thinned(series: &Series, time: Span, frame: &Frame) -> Vec<Vec<[f64; 2]>> {
    // Columns of a quarter of a point: a pixel at 288 to the inch.
    let columns = (4.0 * frame.width).max(10.0) as usize;
    let points = match series.symbol {
        Some(_) => series.points.clone(),
        None => decimate(&series.points, time.low..=time.high, columns),
    };
    crate::history::decimate::segments(&points)
        .map(|stretch| simplify(stretch, 0.0))
        .collect()
}

fn grid(
    svg: &mut Svg,
    pens: &Pens<'_>,
    panel: &Panel,
    frame: Frame,
    x_ticks: &[(AxisMark, String)],
    y_ticks: &[(AxisMark, String)],
) {
    let line = Stroke::solid(rgb(pens.palette.grid), 0.8 * pens.hair());
    for (mark, _) in x_ticks.iter().filter(|(_, text)| !text.is_empty()) {
        let x = frame.x(panel.x.span, mark.place);
        svg.line(&[[x, frame.top], [x, frame.bottom()]], &line);
    }
    for (mark, _) in y_ticks.iter().filter(|(_, text)| !text.is_empty()) {
        let y = frame.y(panel.y.span, mark.place);
        svg.line(&[[frame.left, y], [frame.right(), y]], &line);
    }
}

/// Lines, ticks and numbers.
fn axes(
    svg: &mut Svg,
    pens: &Pens<'_>,
    panel: &Panel,
    frame: Frame,
    x_ticks: &[(AxisMark, String)],
    y_ticks: &[(AxisMark, String)],
) {
    let size = pens.size;
    let small = pens.muted();
    let line = Stroke::solid(pens.muted().colour, pens.hair());
    let [left, bottom] = [frame.left, frame.bottom()];
    svg.line(
        &[[left, frame.top], [left, bottom], [frame.right(), bottom]],
        &line,
    );
    let mut last = f64::NEG_INFINITY;
    for (mark, text) in x_ticks {
        let x = frame.x(panel.x.span, mark.place);
        let length = if text.is_empty() { 0.2 } else { 0.4 } * size;
        svg.line(&[[x, bottom], [x, bottom + length]], &line);
        let half = 0.5 * font::width(text, small.size, false);
        if panel.x.labelled && !text.is_empty() && x - half > last {
            svg.text(
                [x, bottom + 1.35 * size],
                Anchor::Middle,
                small,
                false,
                text,
            );
            last = x + half + 0.3 * size;
        }
    }
    for (mark, text) in y_ticks {
        let y = frame.y(panel.y.span, mark.place);
        let length = if text.is_empty() { 0.2 } else { 0.4 } * size;
        svg.line(&[[left - length, y], [left, y]], &line);
        if panel.y.labelled {
            let at = [left - 0.65 * size, y + 0.34 * size];
            svg.text(at, Anchor::End, small, false, text);
        }
    }
    if let Some(axis) = &panel.right {
        let right = frame.right();
        svg.line(&[[right, frame.top], [right, bottom]], &line);
        for (mark, text) in ticks(axis, frame.height, size) {
            let y = frame.y(axis.span, mark.place);
            let length = if text.is_empty() { 0.2 } else { 0.4 } * size;
            svg.line(&[[right, y], [right + length, y]], &line);
            let at = [right + 0.65 * size, y + 0.34 * size];
            svg.text(at, Anchor::Start, small, false, &text);
        }
    }
}

/// Names of places beside cells, as many as there is room for.
fn names(
    svg: &mut Svg,
    pens: &Pens<'_>,
    axis: &Axis,
    ticks: &[(AxisMark, String)],
    frame: Frame,
    along_x: bool,
) {
    let (size, small) = (pens.size, pens.muted());
    if ticks.is_empty() || !axis.labelled {
        return;
    }
    let (room, needed) = match along_x {
        true => (
            frame.width / ticks.len() as f64,
            widest(ticks, small.size) + 0.5 * size,
        ),
        false => (frame.height / ticks.len() as f64, 1.15 * size),
    };
    let every = (needed / room).ceil().max(1.0) as usize;
    for (mark, text) in ticks.iter().step_by(every) {
        match along_x {
            true => {
                let at = [frame.x(axis.span, mark.place), frame.bottom() + 1.2 * size];
                svg.text(at, Anchor::Middle, small, false, text);
            }
            false => {
                let at = [
                    frame.left - 0.45 * size,
                    frame.y(axis.span, mark.place) + 0.34 * size,
                ];
                svg.text(at, Anchor::End, small, false, text);
            }
        }
    }
}

/// What is on the axes.
fn titles(svg: &mut Svg, pens: &Pens<'_>, panel: &Panel, frame: Frame, around: Around) {
    let size = pens.size;
    let middle = [
        frame.left + 0.5 * frame.width,
        frame.top + 0.5 * frame.height,
    ];
    if panel.x.labelled {
        let at = [middle[0], frame.bottom() + 2.85 * size];
        svg.text(at, Anchor::Middle, pens.text(), false, &panel.x.name());
    }
    if panel.y.labelled {
        let at = [frame.left - around.left + 0.95 * size, middle[1]];
        svg.text(at, Anchor::Middle, pens.text(), true, &panel.y.name());
    }
    if let Some(axis) = &panel.right {
        let at = [frame.right() + around.right - 0.3 * size, middle[1]];
        svg.text(at, Anchor::Middle, pens.text(), true, &axis.name());
    }
}

fn legend(svg: &mut Svg, pens: &Pens<'_>, panel: &Panel, frame: Frame, top: f64) {
    let size = pens.size;
    for (entry, (row, left)) in entries(panel)
        .iter()
        .zip(legend_flow(panel, frame.width, size))
    {
        // A name longer than the frame is wide begins before it.
        let long = (SAMPLE + 0.4) * size + font::width(entry.name, size, false);
        let beyond = (left + long - frame.width).max(0.0);
        let x = (frame.left + left - beyond).max(MARGIN * size);
        let y = top + (row as f64 * ROW + 0.72) * size;
        let stroke = pens.stroke(entry.pen);
        let ends = [[x, y], [x + SAMPLE * size, y]];
        if entry.area {
            let corners = [
                [x, y - 0.4 * size],
                [x + SAMPLE * size, y - 0.4 * size],
                [x + SAMPLE * size, y + 0.4 * size],
                [x, y + 0.4 * size],
            ];
            svg.area(&corners, stroke.colour, 0.22, None);
        } else {
            svg.line(&ends, &stroke);
        }
        if let Some(form) = entry.symbol {
            let at = [x + 0.5 * SAMPLE * size, y];
            symbol(svg, form, at, 0.32 * size, stroke.colour, pens.ground());
        }
        let at = [x + (SAMPLE + 0.4) * size, y + 0.35 * size];
        svg.text(at, Anchor::Start, pens.text(), false, entry.name);
    }
}

/// The form of an event, with a rim in the colour of the ground.
pub(super) fn symbol(
    svg: &mut Svg,
    form: Symbol,
    at: [f64; 2],
    radius: f64,
    colour: Rgb,
    rim: Rgb,
) {
    let rim = Stroke::solid(rim, 0.3 * radius);
    let corners = |points: &[(f64, f64)]| -> Vec<[f64; 2]> {
        let corner = |(x, y): &(f64, f64)| [at[0] + x * radius, at[1] + y * radius];
        points.iter().map(corner).collect()
    };
    match form {
        Symbol::Circle => svg.circle(at, 0.95 * radius, Some(colour), Some(&rim)),
        Symbol::Diamond => {
            let points = corners(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]);
            svg.area(&points, colour, 1.0, Some(&rim));
        }
        Symbol::Triangle => {
            let points = corners(&[(0.0, -1.1), (1.05, 0.8), (-1.05, 0.8)]);
            svg.area(&points, colour, 1.0, Some(&rim));
        }
        Symbol::Cross => {
            let stroke = Stroke::solid(colour, 0.5 * radius);
            svg.line(&corners(&[(-0.9, -0.9), (0.9, 0.9)]), &stroke);
            svg.line(&corners(&[(-0.9, 0.9), (0.9, -0.9)]), &stroke);
        }
    }
}
