//! A description as SVG: layout, axes, legends, captions.

mod axes;
mod layout;
mod legend;

pub(super) use layout::Frame;
pub(super) use legend::{ROW, flow, symbol};

use super::axis::Span;
use super::colour::{Palette, Rgb, mixed, rgb};
use super::svg::{Anchor, Font, Stroke, Svg};
use super::{Dash, Gauge, Panel, Pen, Picture, Series, Style};
use super::{cells, font, look, place_text};
use crate::history::decimate::{decimate, simplify};
use axes::{axes, grid, names, titles};
use layout::{Around, CAPTION, MARGIN, head, layout, ticks};
use legend::legend;

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
