//! Colours, text sizes and widget style, dark and light. Each quantity has one
//! colour, the same in every plot, legend, panel and slider. The hues are from
//! the Okabe–Ito palette, which stays distinct for colour-blind eyes; dashes,
//! markers and labels say the same without colour.

use super::{fonts, pins::PinColour};
use crate::plot::colour::{self, DARK, Ink, LIGHT, Palette};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle,
    Vec2, Visuals,
    style::{HandleShape, WidgetVisuals, Widgets},
};
use serde::{Deserialize, Serialize};

/// Colours of the window, named by what they stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Light text on a dark ground.
    pub dark: bool,
    /// Ground of the plots.
    pub background: Color32,
    /// Side panels and bars.
    pub panel: Color32,
    /// Buttons and text fields at rest.
    pub control: Color32,
    /// Buttons under the pointer.
    pub control_hovered: Color32,
    /// Lines between panels, frames of windows.
    pub border: Color32,
    /// Grid lines of the plots.
    pub grid: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text, tick labels.
    pub muted: Color32,
    /// Text that may be overlooked: group headings, units.
    pub faint: Color32,
    /// What can be dragged or is switched on.
    pub accent: Color32,
    /// Text on the accent colour.
    pub on_accent: Color32,
    /// Train loss.
    pub train: Color32,
    /// Test loss.
    pub test: Color32,
    /// Feature alignment.
    pub alignment: Color32,
    /// Population kernel alignment.
    pub kernel_alignment: Color32,
    /// Centred kernel alignment.
    pub centered_alignment: Color32,
    /// Raw kernel alignment on the train Gram matrix.
    pub raw_alignment: Color32,
    /// Variance term of the test loss.
    pub variance: Color32,
    /// Misalignment term of the test loss.
    pub misalignment: Color32,
    /// Linear power, the third term of the test loss.
    pub linear_power: Color32,
    /// Divergence, errors.
    pub warning: Color32,
    /// Earlier runs that fade.
    pub ghost: Color32,
    /// The colours by what they stand for, as on paper.
    palette: &'static Palette,
}

/// Number of colours for kept runs.
pub const PINNED_COLORS: usize = colour::KEPT_COLOURS;

const fn rgb(hex: u32) -> Color32 {
    color32(colour::rgb(hex))
}

/// A colour of a palette, for egui.
pub const fn color32([r, g, b]: colour::Rgb) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// What makes the window easier to use for some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ease {
    /// Strong contrast of text and lines.
    pub contrast: bool,
    /// Nothing slides or fades: what changes is there at once.
    pub still: bool,
}

impl Theme {
    /// Light on dark.
    pub const fn dark() -> Self {
        Self {
            dark: true,
            background: rgb(DARK.background),
            panel: rgb(DARK.panel),
            control: rgb(0x242a32),
            control_hovered: rgb(0x2f3742),
            border: rgb(DARK.border),
            grid: rgb(DARK.grid),
            text: rgb(DARK.text),
            muted: rgb(DARK.muted),
            faint: rgb(DARK.faint),
            accent: rgb(0x56b4e9),
            on_accent: rgb(0x0c1116),
            train: rgb(DARK.train),
            test: rgb(DARK.test),
            alignment: rgb(DARK.alignment),
            kernel_alignment: rgb(DARK.kernel_alignment),
            centered_alignment: rgb(DARK.centered_alignment),
            raw_alignment: rgb(DARK.raw_alignment),
            variance: rgb(DARK.variance),
            misalignment: rgb(DARK.misalignment),
            linear_power: rgb(DARK.linear_power),
            warning: rgb(DARK.warning),
            ghost: rgb(0x8a94a0),
            palette: &DARK,
        }
    }

    /// Dark on light.
    pub const fn light() -> Self {
        Self {
            dark: false,
            background: rgb(LIGHT.background),
            panel: rgb(LIGHT.panel),
            control: rgb(0xebedf0),
            control_hovered: rgb(0xdfe3e8),
            border: rgb(LIGHT.border),
            grid: rgb(LIGHT.grid),
            text: rgb(LIGHT.text),
            muted: rgb(LIGHT.muted),
            faint: rgb(LIGHT.faint),
            accent: rgb(0x0072b2),
            on_accent: rgb(0xffffff),
            train: rgb(LIGHT.train),
            test: rgb(LIGHT.test),
            alignment: rgb(LIGHT.alignment),
            kernel_alignment: rgb(LIGHT.kernel_alignment),
            centered_alignment: rgb(LIGHT.centered_alignment),
            raw_alignment: rgb(LIGHT.raw_alignment),
            variance: rgb(LIGHT.variance),
            misalignment: rgb(LIGHT.misalignment),
            linear_power: rgb(LIGHT.linear_power),
            warning: rgb(LIGHT.warning),
            ghost: rgb(0x8b95a0),
            palette: &LIGHT,
        }
    }

    /// The theme for egui's dark or light mode.
    pub const fn of(dark: bool) -> Self {
        if dark { Self::dark() } else { Self::light() }
    }

    /// The same, with strong contrast where `ease` asks for it: what is secondary
    /// stands out as much as what is not, and lines between parts can be seen.
    pub fn eased(dark: bool, ease: Ease) -> Self {
        let usual = Self::of(dark);
        if !ease.contrast {
            return usual;
        }
        let shade = |on_dark: u32, on_light: u32| rgb(if dark { on_dark } else { on_light });
        Self {
            background: shade(0x000000, 0xffffff),
            panel: shade(0x000000, 0xffffff),
            control: shade(0x202020, 0xe8e8e8),
            control_hovered: shade(0x3c3c3c, 0xd0d0d0),
            border: shade(0xb8b8b8, 0x404040),
            grid: shade(0x4a4a4a, 0xb4b4b4),
            text: shade(0xffffff, 0x000000),
            muted: shade(0xe4e4e4, 0x202020),
            faint: shade(0xd0d0d0, 0x303030),
            ghost: shade(0xc0c0c0, 0x505050),
            alignment: shade(0x2fd6a4, 0x00664a),
            ..usual
        }
    }

    /// The colour of an ink.
    pub fn ink(&self, ink: Ink) -> Color32 {
        color32(self.palette.of(ink))
    }

    /// The palette that it shares with pictures for print.
    pub fn palette(&self) -> &'static Palette {
        self.palette
    }

    /// The colour of a kept run.
    pub fn pin(&self, colour: PinColour) -> Color32 {
        self.ink(colour.ink())
    }

    /// Installs this theme as the style of both of egui's modes. `text_scale`
    /// enlarges text and controls together, for a projector; 1 is normal.
    pub fn apply(&self, ctx: &Context, text_scale: f32) {
        let style = self.style(text_scale);
        ctx.set_theme(if self.dark {
            egui::Theme::Dark
        } else {
            egui::Theme::Light
        });
        ctx.set_global_style(style);
    }

    /// Text sizes, spacing and colours.
    pub fn style(&self, text_scale: f32) -> Style {
        let size = |points: f32| (points * text_scale * 2.0).round() / 2.0;
        let sans = |points| FontId::new(size(points), FontFamily::Proportional);
        let mut style = Style {
            text_styles: [
                (TextStyle::Small, sans(10.5)),
                (TextStyle::Body, sans(12.5)),
                (TextStyle::Button, sans(12.5)),
                (TextStyle::Heading, FontId::new(size(14.5), fonts::bold())),
                (
                    TextStyle::Monospace,
                    FontId::new(size(12.5), FontFamily::Monospace),
                ),
            ]
            .into(),
            visuals: self.visuals(),
            ..Style::default()
        };
        // Numbers under drag change live: equal digit widths keep them still.
        style.drag_value_text_style = TextStyle::Monospace;
        let spacing = &mut style.spacing;
        spacing.item_spacing = Vec2::new(8.0, 6.0) * text_scale;
        spacing.button_padding = Vec2::new(10.0, 5.0) * text_scale;
        spacing.interact_size = Vec2::new(36.0, 22.0) * text_scale;
        spacing.icon_width = 15.0 * text_scale;
        spacing.icon_width_inner = 9.0 * text_scale;
        spacing.slider_rail_height = 4.0;
        // A bar that covers nothing: as wide as the room it is given.
        let thin = egui::style::ScrollStyle::thin();
        spacing.scroll = egui::style::ScrollStyle {
            bar_width: thin.floating_allocated_width,
            ..thin
        };
        spacing.menu_margin = Margin::same(6);
        spacing.window_margin = Margin::same(14);
        style.interaction.tooltip_delay = 0.35;
        style
    }

    /// Colours, corners and shadows.
    pub fn visuals(&self) -> Visuals {
        let base = if self.dark {
            Visuals::dark()
        } else {
            Visuals::light()
        };
        let state = |fill, stroke, text| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: stroke,
            corner_radius: CornerRadius::same(6),
            fg_stroke: Stroke::new(1.0, text),
            expansion: 0.0,
        };
        let line = Stroke::new(1.0, self.border);
        let mut visuals = Visuals {
            widgets: Widgets {
                noninteractive: state(self.panel, line, self.text),
                inactive: state(self.control, Stroke::NONE, self.text),
                hovered: state(self.control_hovered, Stroke::NONE, self.text),
                active: state(
                    self.control_hovered,
                    Stroke::new(1.0, self.accent),
                    self.text,
                ),
                open: state(self.control_hovered, Stroke::NONE, self.text),
            },
            weak_text_color: Some(self.muted),
            hyperlink_color: self.accent,
            faint_bg_color: self.control.gamma_multiply(0.5),
            extreme_bg_color: self.background,
            text_edit_bg_color: Some(self.background),
            code_bg_color: self.control,
            warn_fg_color: self.warning,
            error_fg_color: self.warning,
            panel_fill: self.panel,
            window_fill: self.panel,
            window_stroke: line,
            window_corner_radius: CornerRadius::same(10),
            menu_corner_radius: CornerRadius::same(8),
            window_shadow: self.shadow(24),
            popup_shadow: self.shadow(14),
            slider_trailing_fill: true,
            handle_shape: HandleShape::Circle,
            ..base
        };
        visuals.selection.bg_fill = self
            .accent
            .gamma_multiply(if self.dark { 0.45 } else { 0.3 });
        visuals.selection.stroke =
            Stroke::new(1.0, if self.dark { self.text } else { self.accent });
        visuals
    }

    fn shadow(&self, blur: u8) -> Shadow {
        Shadow {
            offset: [0, 4],
            blur,
            spread: 0,
            color: Color32::from_black_alpha(if self.dark { 110 } else { 40 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG relative luminance.
    fn luminance(c: Color32) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_curves_stand_out_from_their_ground() {
        let strong = [true, false].map(|dark| {
            let ease = Ease {
                contrast: true,
                still: false,
            };
            let theme = Theme::eased(dark, ease);
            for secondary in [theme.muted, theme.faint] {
                assert!(contrast(secondary, theme.background) >= 10.0);
            }
            assert!(contrast(theme.border, theme.panel) >= 4.5);
            theme
        });
        for theme in [Theme::dark(), Theme::light()].into_iter().chain(strong) {
            for ground in [theme.background, theme.panel] {
                for (name, colour, least) in [
                    ("text", theme.text, 7.0),
                    ("muted", theme.muted, 4.5),
                    ("faint", theme.faint, 3.5),
                    ("warning", theme.warning, 4.5),
                    ("train", theme.train, 3.0),
                    ("test", theme.test, 3.0),
                    ("alignment", theme.alignment, 3.0),
                    ("kernel alignment", theme.kernel_alignment, 3.0),
                    ("centred alignment", theme.centered_alignment, 3.0),
                    ("raw alignment", theme.raw_alignment, 3.0),
                ] {
                    let found = contrast(colour, ground);
                    assert!(
                        found >= least,
                        "{name} on {ground:?} (dark: {}): contrast {found:.2} < {least}",
                        theme.dark
                    );
                }
            }
            assert!(contrast(theme.on_accent, theme.accent) >= 4.5);
        }
    }

    #[test]
    fn a_projector_scale_enlarges_every_text_style() {
        let theme = Theme::dark();
        let (normal, large) = (theme.style(1.0), theme.style(1.6));
        for (name, font) in &normal.text_styles {
            assert!(large.text_styles[name].size >= 1.5 * font.size, "{name}");
        }
    }
}
