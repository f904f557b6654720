//! SVG as PDF and as PNG: one parser, the shipped fonts and no others. Each format can
//! carry a line of text that says what made the picture.

use super::font::{BOLD, FAMILY, REGULAR};
use super::style::Style;
use super::{Format, Picture, draw};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
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

/// The name under which PNG and PDF carry what made them.
pub const METADATA_KEY: &str = "GrokscopeWorkspace";
/// The element in which SVG does.
pub const SVG_METADATA: &str = "grokscope:workspace";

/// SVG with a line of text in its metadata.
fn with_metadata(svg: String, carried: &str) -> String {
    let Some(at) = svg.find("<defs>").filter(|_| !carried.is_empty()) else {
        return svg;
    };
    let (head, body) = svg.split_at(at);
    format!(
        "{head}<metadata><{SVG_METADATA} xmlns:grokscope=\"urn:grokscope\">{}</{SVG_METADATA}>\
         </metadata>\n{body}",
        super::svg::escaped(carried)
    )
}

/// SVG as PDF, of the same size, with its text as text, and with a line of text in its
/// document information.
///
/// # Errors
/// What is no SVG.
pub fn pdf(svg: &str, carried: &str) -> Result<Vec<u8>, String> {
    let options = svg2pdf::ConversionOptions {
        compress: true,
        embed_text: true,
        ..svg2pdf::ConversionOptions::default()
    };
    let tree = tree(svg)?;
    let (chunk, drawing) =
        svg2pdf::to_chunk(&tree, options).map_err(|e| format!("no PDF can be made: {e}"))?;
    let used = chunk.refs().map(Ref::get).max().unwrap_or(0);
    let id = |k: i32| Ref::new(used + k);
    let [catalog, pages, page, content, info] = [id(1), id(2), id(3), id(4), id(5)];
    let points = |length: f32| length * 72.0 / SVG_DPI as f32;
    let size = [tree.size().width(), tree.size().height()].map(points);
    let name = Name(b"Drawing");
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet.media_box(Rect::new(0.0, 0.0, size[0], size[1]));
    sheet.parent(pages);
    sheet.contents(content);
    sheet.resources().x_objects().pair(name, drawing);
    sheet.finish();
    let mut drawn = Content::new();
    drawn.transform([size[0], 0.0, 0.0, size[1], 0.0, 0.0]);
    drawn.x_object(name);
    pdf.stream(content, &drawn.finish());
    pdf.extend(&chunk);
    let mut about = pdf.document_info(info);
    about
        .creator(TextStr("Grokscope"))
        .producer(TextStr("svg2pdf"));
    if !carried.is_empty() {
        about.pair(Name(METADATA_KEY.as_bytes()), Str(carried.as_bytes()));
    }
    about.finish();
    Ok(pdf.finish())
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

/// SVG as PNG, with a line of text in it.
///
/// # Errors
/// What is no SVG, or too large.
pub fn png(svg: &str, dpi: f64, carried: &str) -> Result<Vec<u8>, String> {
    let (size, rgba) = straight_pixels(svg, dpi)?;
    encode(size, &rgba, carried)
}

/// SVG as pixels: width, height, and RGBA.
///
/// # Errors
/// What is no SVG, or too large.
pub fn straight_pixels(svg: &str, dpi: f64) -> Result<([usize; 2], Vec<u8>), String> {
    let map = pixmap(svg, dpi)?;
    let rgba: Vec<u8> = (map.pixels().iter())
        .flat_map(|pixel| {
            let colour = pixel.demultiply();
            [colour.red(), colour.green(), colour.blue(), colour.alpha()]
        })
        .collect();
    Ok(([map.width() as usize, map.height() as usize], rgba))
}

/// RGBA pixels as PNG, with a line of text in it.
///
/// # Errors
/// A size that does not fit the pixels, or an encoder's error.
pub fn encode(size: [usize; 2], rgba: &[u8], carried: &str) -> Result<Vec<u8>, String> {
    let failed = |e: png::EncodingError| format!("no PNG can be made: {e}");
    let side = |n: usize| u32::try_from(n).map_err(|_| format!("{n} pixels are too many"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side(size[0])?, side(size[1])?);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    if !carried.is_empty() {
        let [name, carried] = [METADATA_KEY, carried].map(str::to_owned);
        encoder.add_text_chunk(name, carried).map_err(failed)?;
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(rgba).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
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
    let carried = picture.carried.as_str();
    match format {
        Format::Svg => Ok(with_metadata(svg, carried).into_bytes()),
        Format::Pdf => pdf(&svg, carried),
        Format::Png => png(&svg, style.dpi, carried),
    }
}
