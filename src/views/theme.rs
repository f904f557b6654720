//! Colours, text sizes and widget style, dark and light. Each quantity has one
//! colour, the same in every plot, legend, panel and slider. The hues are from
//! the Okabe–Ito palette, which stays distinct for colour-blind eyes; dashes,
//! markers and labels say the same without colour.

use super::{fonts, pins::PinColor};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle,
    Vec2, Visuals,
    style::{HandleShape, WidgetVisuals, Widgets},
};

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
    /// Pinned runs, one after the other: greyer than any quantity, since what
    /// tells them apart is the name at the curve.
    pub pinned: [Color32; PINNED_COLORS],
    /// Ends and middle of the ramp for kept runs of a sweep.
    ramp: [Color32; 3],
}

/// Number of colours for kept runs.
pub const PINNED_COLORS: usize = 8;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Between two colours in Oklab, where equal distances look equal.
fn mix(a: Color32, b: Color32, t: f32) -> Color32 {
    let (a, b) = (oklab(a), oklab(b));
    let lab = [0, 1, 2].map(|i| a[i] + t * (b[i] - a[i]));
    let root = [
        lab[0] + 0.396_337_78 * lab[1] + 0.215_803_76 * lab[2],
        lab[0] - 0.105_561_346 * lab[1] - 0.063_854_17 * lab[2],
        lab[0] - 0.089_484_18 * lab[1] - 1.291_485_5 * lab[2],
    ];
    let [l, m, s] = root.map(|v| v * v * v);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    Color32::from(egui::Rgba::from_rgb(
        linear[0].clamp(0.0, 1.0),
        linear[1].clamp(0.0, 1.0),
        linear[2].clamp(0.0, 1.0),
    ))
}

fn oklab(color: Color32) -> [f32; 3] {
    let [r, g, b, _] = egui::Rgba::from(color).to_array();
    let [l, m, s] = [
        0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b,
        0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b,
        0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b,
    ]
    .map(f32::cbrt);
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

impl Theme {
    /// Light on dark.
    pub const fn dark() -> Self {
        Self {
            dark: true,
            background: rgb(0x101317),
            panel: rgb(0x171b21),
            control: rgb(0x242a32),
            control_hovered: rgb(0x2f3742),
            border: rgb(0x2a313a),
            grid: rgb(0x232931),
            text: rgb(0xe6e9ee),
            muted: rgb(0x98a2ae),
            faint: rgb(0x76808c),
            accent: rgb(0x56b4e9),
            on_accent: rgb(0x0c1116),
            train: rgb(0x56b4e9),
            test: rgb(0xe69f00),
            alignment: rgb(0x009e73),
            kernel_alignment: rgb(0xcc79a7),
            centered_alignment: rgb(0xf0e442),
            raw_alignment: rgb(0x9db7ff),
            variance: rgb(0xcc79a7),
            misalignment: rgb(0xe69f00),
            linear_power: rgb(0x2f8fd0),
            warning: rgb(0xf0743e),
            ghost: rgb(0x8a94a0),
            pinned: [
                rgb(0xaba0dc),
                rgb(0xc9ad7c),
                rgb(0x86bcc2),
                rgb(0xd79aa2),
                rgb(0xa6b47c),
                rgb(0xaab4bf),
                rgb(0xe6dcc4),
                rgb(0x8296c4),
            ],
            ramp: [rgb(0x8672ee), rgb(0xc993b4), rgb(0xf5ecc8)],
        }
    }

    /// Dark on light.
    pub const fn light() -> Self {
        Self {
            dark: false,
            background: rgb(0xf4f5f7),
            panel: rgb(0xffffff),
            control: rgb(0xebedf0),
            control_hovered: rgb(0xdfe3e8),
            border: rgb(0xd9dde2),
            grid: rgb(0xe3e6ea),
            text: rgb(0x1b2027),
            muted: rgb(0x5a6570),
            faint: rgb(0x75808b),
            accent: rgb(0x0072b2),
            on_accent: rgb(0xffffff),
            train: rgb(0x0072b2),
            test: rgb(0xd55e00),
            alignment: rgb(0x00795a),
            kernel_alignment: rgb(0xa94f83),
            centered_alignment: rgb(0x8a7a00),
            raw_alignment: rgb(0x4a63c4),
            variance: rgb(0xa94f83),
            misalignment: rgb(0xd55e00),
            linear_power: rgb(0x0072b2),
            warning: rgb(0xb83a00),
            ghost: rgb(0x8b95a0),
            pinned: [
                rgb(0x6f62b5),
                rgb(0x8c6d2f),
                rgb(0x2f7f88),
                rgb(0xa8525e),
                rgb(0x66752f),
                rgb(0x66717c),
                rgb(0x54452a),
                rgb(0x3d5288),
            ],
            ramp: [rgb(0x2a1a78), rgb(0x8a4a86), rgb(0xb07c30)],
        }
    }

    /// The theme for egui's dark or light mode.
    pub const fn of(dark: bool) -> Self {
        if dark { Self::dark() } else { Self::light() }
    }

    /// The colour of a kept run.
    pub fn pin(&self, color: PinColor) -> Color32 {
        match color {
            PinColor::Palette(i) => self.pinned[i % PINNED_COLORS],
            PinColor::Ramp(t) => {
                let t = 2.0 * t.clamp(0.0, 1.0);
                let [low, middle, high] = self.ramp;
                if t < 1.0 {
                    mix(low, middle, t)
                } else {
                    mix(middle, high, t - 1.0)
                }
            }
        }
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
        for theme in [Theme::dark(), Theme::light()] {
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
