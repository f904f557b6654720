//! SVG as PDF and as PNG: one parser, the shipped fonts and no others.

use super::font::{BOLD, FAMILY, REGULAR};
use super::style::Style;
use super::{Format, Picture, draw};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use std::sync::{Arc, LazyLock};

static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    Arc::new(fonts)
});

fn tree(svg: &str) -> Result<usvg::Tree, String> {
    let options = usvg::Options {
        font_family: FAMILY.into(),
        fontdb: Arc::clone(&FONTS),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(svg, &options).map_err(|e| format!("the picture could not be read: {e}"))
}

/// Pixels to the inch that SVG counts in.
const SVG_DPI: f64 = 96.0;

/// SVG as PDF, of the same size, with its text as text.
///
/// # Errors
/// What is no SVG.
pub fn pdf(svg: &str) -> Result<Vec<u8>, String> {
    let page = svg2pdf::PageOptions {
        dpi: SVG_DPI as f32,
    };
    let options = svg2pdf::ConversionOptions {
        compress: true,
        embed_text: true,
        ..svg2pdf::ConversionOptions::default()
    };
    svg2pdf::to_pdf(&tree(svg)?, options, page).map_err(|e| format!("no PDF can be made: {e}"))
}

/// SVG as pixels: width, height, and RGBA with premultiplied alpha.
///
/// # Errors
/// What is no SVG, or too large.
pub fn pixels(svg: &str, dpi: f64) -> Result<([usize; 2], Vec<u8>), String> {
    let map = pixmap(svg, dpi)?;
    Ok(([map.width() as usize, map.height() as usize], map.take()))
}

fn pixmap(svg: &str, dpi: f64) -> Result<Pixmap, String> {
    let tree = tree(svg)?;
    let scale = (dpi / SVG_DPI) as f32;
    let side = |length: f32| (length * scale).round().max(1.0) as u32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let mut map = Pixmap::new(width, height)
        .ok_or_else(|| format!("{width} by {height} pixels are too many"))?;
    let fit = Transform::from_scale(
        width as f32 / tree.size().width(),
        height as f32 / tree.size().height(),
    );
    resvg::render(&tree, fit, &mut map.as_mut());
    Ok(map)
}

/// SVG as PNG.
///
/// # Errors
/// What is no SVG, or too large.
pub fn png(svg: &str, dpi: f64) -> Result<Vec<u8>, String> {
    let map = pixmap(svg, dpi)?;
    map.encode_png()
        .map_err(|e| format!("no PNG can be made: {e}"))
}

/// A picture as the bytes of a file.
///
/// # Errors
/// A size that is too large.
pub fn file(picture: &Picture, style: &Style, format: Format) -> Result<Vec<u8>, String> {
    if format == Format::Png {
        style.check()?;
    }
    let svg = draw::svg(picture, style);
    match format {
        Format::Svg => Ok(svg.into_bytes()),
        Format::Pdf => pdf(&svg),
        Format::Png => png(&svg, style.dpi),
    }
}
