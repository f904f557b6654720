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

/// The bundled fonts and the families that use them.
pub fn bundled() -> FontDefinitions {
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

/// The bundled fonts, then egui's icons for the few symbols that egui draws
/// itself (the arrow of a submenu). The program's own text is in [`bundled`]
/// alone, which a test proves.
pub fn definitions() -> FontDefinitions {
    let mut fonts = bundled();
    let icons = FontDefinitions::default();
    for (name, data) in icons.font_data {
        if name.to_lowercase().contains("emoji") {
            for names in fonts.families.values_mut() {
                names.push(name.clone());
            }
            fonts.font_data.insert(name, data);
        }
    }
    fonts
}

/// Makes `ctx` use the bundled fonts. Call once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}
