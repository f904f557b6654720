//! The bundled fonts. DejaVu has every symbol that the program writes (α, ‖·‖,
//! ᵀ, 10⁻³), so that text needs no fallback and looks the same on every
//! machine; all its digits are equally wide.

use egui::{Context, FontData, FontDefinitions, FontFamily};
use std::sync::Arc;

const SANS: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans.ttf");
const SANS_BOLD: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans-Bold.ttf");
const MONO: &[u8] = include_bytes!("../../assets/fonts/DejaVuSansMono.ttf");

/// Family of headings and of the outcome on the plot.
pub fn bold() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// The bundled fonts and the families that use them. No system font and none
/// of egui's own takes part: a glyph missing here is a fault that a test finds.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, data) in [
        ("DejaVu Sans", SANS),
        ("DejaVu Sans Bold", SANS_BOLD),
        ("DejaVu Sans Mono", MONO),
    ] {
        fonts
            .font_data
            .insert(name.into(), Arc::new(FontData::from_static(data)));
    }
    for (family, names) in [
        (FontFamily::Proportional, vec!["DejaVu Sans"]),
        (bold(), vec!["DejaVu Sans Bold", "DejaVu Sans"]),
        (
            FontFamily::Monospace,
            vec!["DejaVu Sans Mono", "DejaVu Sans"],
        ),
    ] {
        fonts
            .families
            .insert(family, names.into_iter().map(String::from).collect());
    }
    fonts
}

/// Makes `ctx` use the bundled fonts. Call once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}
