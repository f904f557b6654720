//! Size, theme and lines of a picture, and the format of its file.

use super::colour::{BLACK, DARK, PAPER, Palette};
use crate::io::FileError;
use std::path::Path;

/// Points in a millimetre.
pub const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// Widths of columns that journals have, in millimetres, with their names.
pub const WIDTHS: [(&str, f64); 3] = [
    ("one column", 85.0),
    ("one and a half", 114.0),
    ("two columns", 174.0),
];

/// Ground and inks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Colours on white.
    #[default]
    Light,
    /// Colours on dark, as on screen.
    Dark,
    /// Black and greys on white.
    Black,
}

impl Theme {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Light, "light"),
        (Self::Dark, "dark"),
        (Self::Black, "black"),
    ];

    /// By its name on the command line.
    pub fn by_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, n)| *n == name);
        found.map(|(theme, _)| *theme)
    }

    /// Its colours.
    pub fn palette(self) -> &'static Palette {
        match self {
            Self::Light => &PAPER,
            Self::Dark => &DARK,
            Self::Black => &BLACK,
        }
    }
}

/// Size of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paper {
    /// Width, in millimetres.
    pub width: f64,
    /// Height, in millimetres; what the panels ask for where nothing is said.
    pub height: Option<f64>,
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Its size.
    pub paper: Paper,
    /// Its colours.
    pub theme: Theme,
    /// Size of the font, in points.
    pub font: f64,
    /// Width of a main curve, in points.
    pub line: f64,
    /// Settings and seed below the panels.
    pub caption: bool,
    /// Pixels per inch of a PNG.
    pub dpi: f64,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            paper: Paper {
                width: 114.0,
                height: None,
            },
            theme: Theme::default(),
            font: 8.0,
            line: 1.1,
            caption: true,
            dpi: 300.0,
        }
    }
}

/// Smallest and largest value of a number that a style has, with its name and unit.
pub const LIMITS: [(&str, &str, f64, f64); 5] = [
    ("width", "mm", 40.0, 1000.0),
    ("height", "mm", 30.0, 1000.0),
    ("font-size", "pt", 4.0, 40.0),
    ("line-width", "pt", 0.1, 10.0),
    ("dpi", "pixels per inch", 36.0, 1200.0),
];

/// Most pixels of a PNG.
const MOST_PIXELS: f64 = 1e8;

impl Style {
    /// Reads a number with or without its unit: `174mm`, `17.4cm`, `8pt`, `8`.
    ///
    /// # Errors
    /// Names what is possible.
    pub fn read(name: &str, text: &str) -> Result<f64, String> {
        let (_, unit, low, high) = LIMITS
            .iter()
            .find(|limit| limit.0 == name)
            .ok_or_else(|| format!("no measure is called {name}"))?;
        let refused = || {
            format!(
                "expected a number from {low} to {high} ({unit}), such as {}",
                example(name)
            )
        };
        let text = text.trim();
        let (number, factor) = match *unit {
            "mm" => match () {
                () if text.ends_with("mm") => (&text[..text.len() - 2], 1.0),
                () if text.ends_with("cm") => (&text[..text.len() - 2], 10.0),
                () if text.ends_with("in") => (&text[..text.len() - 2], 25.4),
                () => (text, 1.0),
            },
            "pt" => (text.strip_suffix("pt").unwrap_or(text), 1.0),
            _ => (text, 1.0),
        };
        let value = number.trim().parse::<f64>().map_err(|_| refused())? * factor;
        match (*low..=*high).contains(&value) {
            true => Ok(value),
            false => Err(refused()),
        }
    }

    /// Checks what single numbers do not tell.
    ///
    /// # Errors
    /// A PNG of too many pixels.
    pub fn check(&self) -> Result<(), String> {
        let height = self.paper.height.unwrap_or(2.0 * self.paper.width);
        let pixels = self.paper.width * height * (self.dpi / 25.4).powi(2);
        match pixels <= MOST_PIXELS {
            true => Ok(()),
            false => Err(format!(
                "a PNG of {} by {height} mm at {} pixels per inch has more than 10⁸ pixels; lower \
                 the resolution or the width",
                self.paper.width, self.dpi
            )),
        }
    }
}

fn example(name: &str) -> &'static str {
    match name {
        "width" | "height" => "174mm",
        "dpi" => "300",
        _ => "8pt",
    }
}

/// A file's format, which its ending tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable Vector Graphics, with its fonts in it.
    Svg,
    /// Portable Document Format, with its fonts in it.
    Pdf,
    /// Pixels.
    Png,
}

impl Format {
    /// All, with their endings.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Svg, "svg"), (Self::Pdf, "pdf"), (Self::Png, "png")];

    /// That of a file, by its ending.
    ///
    /// # Errors
    /// Names the file and the endings that are possible.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let ending = ending.as_deref().unwrap_or("");
        let found = Self::ALL.iter().find(|(_, name)| *name == ending);
        found.map(|(format, _)| *format).ok_or_else(|| {
            let said = match ending {
                "" => "has no ending".to_owned(),
                other => format!(".{other} is not written"),
            };
            FileError::new(
                path,
                format!("{said}; name it with .svg, .pdf or .png, which says the format"),
            )
        })
    }

    /// Its ending.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_any_unit_and_bad_ones_name_what_is_possible() {
        for (text, mm) in [
            ("174mm", 174.0),
            (" 17.4 cm", 174.0),
            ("85", 85.0),
            ("2in", 50.8),
        ] {
            let found = Style::read("width", text).unwrap();
            assert!((found - mm).abs() < 1e-12, "{text}: {found}");
        }
        for bad in ["", "wide", "5mm", "nan", "1e9mm", "-85"] {
            let error = Style::read("width", bad).unwrap_err();
            assert!(error.contains("40 to 1000 (mm)"), "{error}");
        }
    }

    #[test]
    fn the_ending_says_the_format_and_no_other_is_taken() {
        let of = |name: &str| Format::of(Path::new(name));
        assert_eq!(of("a/b.SVG"), Ok(Format::Svg));
        assert_eq!(of("b.pdf"), Ok(Format::Pdf));
        for bad in ["b", "b.jpg", "svg"] {
            let error = of(bad).unwrap_err().to_string();
            assert!(error.contains(".svg, .pdf or .png"), "{error}");
        }
    }

    #[test]
    fn a_png_larger_than_memory_is_refused() {
        let mut style = Style::default();
        assert!(style.check().is_ok());
        (style.paper.width, style.dpi) = (1000.0, 1200.0);
        assert!(style.check().unwrap_err().contains("lower the resolution"));
    }
}
