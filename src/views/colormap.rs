//! Colours for numbers: ramps that are even to the eye (mixed in OKLab) and go
//! from the panel's own colour, so that nothing looks like nothing.

use super::theme::{Theme, color32};
use crate::plot::colour::oklab_mix;
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
    let [a, b] = [a, b].map(|c| [c.r(), c.g(), c.b()]);
    color32(oklab_mix(a, b, t))
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
                let lightness = |k: u8| {
                    let c = diverging(&theme, sign * f32::from(k) / 64.0);
                    crate::plot::colour::oklab([c.r(), c.g(), c.b()])[0]
                };
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
