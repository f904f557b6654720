//! A thin writer of SVG: lines, areas and texts in points, with the fonts that are
//! used. Numbers have three decimals, a thousandth of a point.

use super::colour::Rgb;
use super::font;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A drawing under way.
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
    clips: usize,
    used: [BTreeSet<char>; 2],
}

/// How a line is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub colour: Rgb,
    /// Width in points.
    pub width: f64,
    /// Lengths of dashes and gaps; none for an unbroken line.
    pub dashes: Vec<f64>,
    /// Ends are round: what has no length is then a dot.
    pub round: bool,
}

impl Stroke {
    /// An unbroken line.
    pub fn solid(colour: Rgb, width: f64) -> Self {
        Self {
            colour,
            width,
            dashes: Vec::new(),
            round: false,
        }
    }
}

/// Which point of a text lies at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// How a text is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    /// Size in points.
    pub size: f64,
    /// Bold.
    pub bold: bool,
    /// Colour.
    pub colour: Rgb,
}

/// A number as it is written: at most three decimals, nothing that SVG does not know.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return "0".into();
    }
    let text = format!("{:.3}", x.clamp(-1e6, 1e6));
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".into(),
        text => text.into(),
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A text with the characters that XML reads otherwise in its own way; those that
/// it cannot hold are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The parts of a text, each lowered or not: what follows an underscore after a single
/// letter is, as in t_test.
fn parts(text: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let (mut from, mut search) = (0, 0);
    while let Some(at) = text[search..].find('_').map(|at| at + search) {
        let after = &text[at + 1..];
        let end = after.find(|c: char| !c.is_alphanumeric());
        let end = at + 1 + end.unwrap_or(after.len());
        let mut letters = text[from..at].chars().rev();
        let single = letters.next().is_some_and(char::is_alphabetic)
            && letters.next().is_none_or(|c| !c.is_alphanumeric());
        if single && end > at + 1 {
            parts.push((&text[from..at], false));
            parts.push((&text[at + 1..end], true));
            from = end;
        }
        search = end;
    }
    if from < text.len() {
        parts.push((&text[from..], false));
    }
    parts
}

/// The content of a text element.
fn content(text: &str, size: f64) -> String {
    let parts = parts(text);
    if let [(only, false)] = parts.as_slice() {
        return escaped(only);
    }
    let (mut out, mut low) = (String::new(), false);
    for (part, lowered) in parts {
        let down = match (low, lowered) {
            (false, true) => format!(" dy=\"{}\"", number(0.22 * size)),
            (true, false) => format!(" dy=\"-{}\"", number(0.22 * size)),
            _ => String::new(),
        };
        let small = match lowered {
            true => format!(" font-size=\"{}\"", number(0.75 * size)),
            false => String::new(),
        };
        let _ = write!(out, "<tspan{down}{small}>{}</tspan>", escaped(part));
        low = lowered;
    }
    out
}

impl Svg {
    /// An empty drawing of this size, in points.
    pub fn new(width: f64, height: f64, ground: Rgb) -> Self {
        let mut svg = Self {
            width,
            height,
            body: String::new(),
            clips: 0,
            used: Default::default(),
        };
        svg.rect([0.0, 0.0, width, height], Some(ground), None);
        svg
    }

    fn stroke(&self, stroke: &Stroke) -> String {
        let mut text = format!(
            " stroke=\"{}\" stroke-width=\"{}\"",
            hex(stroke.colour),
            number(stroke.width)
        );
        if !stroke.dashes.is_empty() {
            let lengths: Vec<String> = stroke.dashes.iter().map(|d| number(*d)).collect();
            let _ = write!(text, " stroke-dasharray=\"{}\"", lengths.join(" "));
        }
        if stroke.round {
            text.push_str(" stroke-linecap=\"round\"");
        }
        text
    }

    fn path(points: &[[f64; 2]]) -> String {
        let mut path = String::with_capacity(12 * points.len());
        for (i, [x, y]) in points.iter().enumerate() {
            let letter = if i == 0 { "M" } else { "L" };
            let _ = write!(path, "{letter}{} {}", number(*x), number(*y));
        }
        path
    }

    /// A line through points.
    pub fn line(&mut self, points: &[[f64; 2]], stroke: &Stroke) {
        if points.len() < 2 {
            return;
        }
        let (path, stroke) = (Self::path(points), self.stroke(stroke));
        let _ = writeln!(
            self.body,
            "<path d=\"{path}\" fill=\"none\" stroke-linejoin=\"round\"{stroke}/>"
        );
    }

    /// An area, filled, with an edge or without.
    pub fn area(&mut self, points: &[[f64; 2]], fill: Rgb, opacity: f64, edge: Option<&Stroke>) {
        if points.len() < 3 {
            return;
        }
        let path = Self::path(points);
        let edge = edge.map_or_else(String::new, |edge| self.stroke(edge));
        let opacity = match opacity < 1.0 {
            true => format!(" fill-opacity=\"{}\"", number(opacity)),
            false => String::new(),
        };
        let _ = writeln!(
            self.body,
            "<path d=\"{path}Z\" fill=\"{}\"{opacity}{edge}/>",
            hex(fill)
        );
    }

    /// What fills a shape and what runs along its edge, as attributes.
    fn paint(&mut self, fill: Option<Rgb>, edge: Option<&Stroke>) -> String {
        let fill = fill.map_or_else(|| "none".to_owned(), hex);
        let edge = edge.map_or_else(String::new, |edge| self.stroke(edge));
        format!("fill=\"{fill}\"{edge}")
    }

    /// A rectangle of left, top, width and height.
    pub fn rect(
        &mut self,
        [x, y, width, height]: [f64; 4],
        fill: Option<Rgb>,
        edge: Option<&Stroke>,
    ) {
        let paint = self.paint(fill, edge);
        let _ = writeln!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {paint}/>",
            number(x),
            number(y),
            number(width.max(0.0)),
            number(height.max(0.0))
        );
    }

    /// A circle.
    pub fn circle(
        &mut self,
        [x, y]: [f64; 2],
        radius: f64,
        fill: Option<Rgb>,
        edge: Option<&Stroke>,
    ) {
        let paint = self.paint(fill, edge);
        let _ = writeln!(
            self.body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {paint}/>",
            number(x),
            number(y),
            number(radius)
        );
    }

    /// A text whose baseline is at `at`; `upright` has it read from below.
    pub fn text(
        &mut self,
        [x, y]: [f64; 2],
        anchor: Anchor,
        font: Font,
        upright: bool,
        text: &str,
    ) {
        if text.is_empty() {
            return;
        }
        self.used[usize::from(font.bold)].extend(text.chars());
        // Spaces at the ends of parts are spaces.
        let spaced = match parts(text).len() {
            0 | 1 => "",
            _ => " xml:space=\"preserve\"",
        };
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if font.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let (x, y) = (number(x), number(y));
        let place = match upright {
            true => format!("transform=\"translate({x} {y}) rotate(-90)\""),
            false => format!("x=\"{x}\" y=\"{y}\""),
        };
        let _ = writeln!(
            self.body,
            "<text {place}{anchor}{spaced} font-size=\"{}\"{weight} fill=\"{}\">{}</text>",
            number(font.size),
            hex(font.colour),
            content(text, font.size)
        );
    }

    /// What `draw` draws is seen in a rectangle only.
    pub fn clipped(&mut self, [x, y, width, height]: [f64; 4], draw: impl FnOnce(&mut Self)) {
        self.clips += 1;
        let id = format!("frame{}", self.clips);
        let _ = writeln!(
            self.body,
            "<clipPath id=\"{id}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n\
             <g clip-path=\"url(#{id})\">",
            number(x),
            number(y),
            number(width),
            number(height)
        );
        draw(self);
        self.body.push_str("</g>\n");
    }

    /// The file. `title` and `description` are for those who hear it.
    pub fn finish(self, title: &str, description: &str) -> String {
        let mut faces = String::new();
        for (bold, used) in [false, true].into_iter().zip(&self.used) {
            if let Some(file) = font::subset(bold, used) {
                let _ = writeln!(
                    faces,
                    "@font-face {{ font-family: \"{}\"; font-weight: {}; src: \
                     url(data:font/ttf;base64,{}) format(\"truetype\"); }}",
                    font::FAMILY,
                    if bold { "bold" } else { "normal" },
                    font::base64(&file)
                );
            }
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" \
             viewBox=\"0 0 {} {}\" role=\"img\" font-family=\"'{}', Verdana, sans-serif\">\n\
             <title>{}</title>\n<desc>{}</desc>\n<defs><style>{faces}</style></defs>\n{}</svg>\n",
            number(self.width / super::style::POINTS_PER_MM),
            number(self.height / super::style::POINTS_PER_MM),
            number(self.width),
            number(self.height),
            font::FAMILY,
            escaped(title),
            escaped(description),
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_always_numbers() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0001, "0"),
            (1.5, "1.5"),
            (-2.0, "-2"),
            (0.123_456, "0.123"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
            (1e300, "1000000"),
        ] {
            assert_eq!(number(x), text);
        }
    }

    #[test]
    fn what_stands_below_the_line_is_lowered() {
        assert_eq!(
            parts("delay t_test − t_train, steps"),
            [
                ("delay t", false),
                ("test", true),
                (" − t", false),
                ("train", true),
                (", steps", false)
            ]
        );
        for plain in ["", "feature_alignment", "a file_name", "_", "t_"] {
            assert!(parts(plain).iter().all(|(_, lowered)| !lowered), "{plain}");
        }
        assert!(content("λ_max", 10.0).contains("dy=\"2.2\" font-size=\"7.5\">max<"));
    }

    #[test]
    fn texts_keep_their_characters() {
        assert_eq!(
            escaped("|r| < θ & \"x\"\u{7}"),
            "|r| &lt; θ &amp; &quot;x&quot;"
        );
    }
}
