//! Colours for numbers: ramps that are even to the eye (mixed in OKLab) and go
//! from the panel's own colour, so that nothing looks like nothing.

use super::theme::Theme;
use egui::{Color32, ColorImage, Id, Painter, Rect, TextureHandle, TextureOptions, pos2};

/// Part of a ramp after which its colour turns to the contrast.
const TURN: f32 = 0.6;

/// A ramp from the panel's colour over `colour` towards the text's.
pub fn sequential(theme: &Theme, colour: Color32, t: f32) -> Color32 {
    let t = t.clamp(0.0, 1.0);
    if t < TURN {
        mix(theme.panel, colour, t / TURN)
    } else {
        let strong = mix(colour, theme.text, 0.75);
        mix(colour, strong, (t - TURN) / (1.0 - TURN))
    }
}

/// A ramp for −1..=1 around zero: the features' colour above, the kernel's below.
pub fn diverging(theme: &Theme, t: f32) -> Color32 {
    let colour = if t < 0.0 {
        theme.kernel_alignment
    } else {
        theme.alignment
    };
    sequential(theme, colour, t.abs())
}

/// A mix of two opaque colours, `t` of the second.
fn mix(a: Color32, b: Color32, t: f32) -> Color32 {
    let (a, b) = (oklab(a), oklab(b));
    let [l, x, y] = [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t);
    let cone = |p: f32, q: f32| (l + p * x + q * y).powi(3);
    let long = cone(0.396_337_78, 0.215_803_76);
    let middle = cone(-0.105_561_346, -0.063_854_17);
    let short = cone(-0.089_484_18, -1.291_485_5);
    let gamma = |v: f32| {
        let v = v.clamp(0.0, 1.0);
        let v = if v <= 0.003_130_8 {
            12.92 * v
        } else {
            1.055 * v.powf(1.0 / 2.4) - 0.055
        };
        (255.0 * v).round() as u8
    };
    Color32::from_rgb(
        gamma(4.076_741_7 * long - 3.307_711_6 * middle + 0.230_969_94 * short),
        gamma(-1.268_438 * long + 2.609_757_4 * middle - 0.341_319_38 * short),
        gamma(-0.004_196_086_3 * long - 0.703_418_6 * middle + 1.707_614_7 * short),
    )
}

/// Lightness and the two axes of hue (Ottosson 2020).
fn oklab(c: Color32) -> [f32; 3] {
    let linear = |v: u8| {
        let v = f32::from(v) / 255.0;
        if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    };
    let (r, g, b) = (linear(c.r()), linear(c.g()), linear(c.b()));
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// Draws an image over `rect`. It is made anew only when `look` changes.
pub fn image(
    painter: &Painter,
    name: &'static str,
    look: (u64, bool),
    options: TextureOptions,
    rect: Rect,
    make: impl FnOnce() -> ColorImage,
) {
    let ctx = painter.ctx();
    let id = Id::unique(("image", name));
    let kept: Option<((u64, bool), TextureHandle)> = ctx.data(|data| data.get_temp(id));
    let texture = match kept {
        Some((of, texture)) if of == look => texture,
        Some((_, mut texture)) => {
            texture.set(make(), options);
            ctx.data_mut(|data| data.insert_temp(id, (look, texture.clone())));
            texture
        }
        None => {
            let texture = ctx.load_texture(name, make(), options);
            ctx.data_mut(|data| data.insert_temp(id, (look, texture.clone())));
            texture
        }
    };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.image(texture.id(), rect, whole, Color32::WHITE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramps_begin_at_the_panel_and_never_turn_back_in_lightness() {
        for theme in [Theme::dark(), Theme::light()] {
            for sign in [1.0, -1.0] {
                assert_eq!(diverging(&theme, 0.0), theme.panel);
                let lightness = |k: u8| oklab(diverging(&theme, sign * f32::from(k) / 64.0))[0];
                for k in 0..64 {
                    let step = lightness(k + 1) - lightness(k);
                    let forwards = if theme.dark { step } else { -step };
                    assert!(forwards > -2e-3, "dark {} {sign} {k}: {step}", theme.dark);
                }
            }
        }
    }

    #[test]
    fn a_mix_of_one_colour_is_that_colour() {
        for colour in [
            Color32::from_rgb(1, 200, 77),
            Color32::WHITE,
            Color32::BLACK,
        ] {
            assert_eq!(mix(colour, colour, 0.3), colour);
            assert_eq!(mix(colour, Color32::RED, 0.0), colour);
            assert_eq!(mix(Color32::RED, colour, 1.0), colour);
        }
    }
}
