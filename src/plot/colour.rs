//! Inks by what they stand for, and the palettes that give them a colour: on
//! screen and on paper a quantity has the same one.

use crate::sweep::diagram::{Class, Measure};

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// What a line or a text stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    /// Text, axes.
    Text,
    /// Secondary text, tick labels.
    Muted,
    /// What may be overlooked.
    Faint,
    /// Train loss.
    Train,
    /// Test loss.
    Test,
    /// Feature alignment.
    Alignment,
    /// Population kernel alignment.
    KernelAlignment,
    /// Centred kernel alignment.
    CenteredAlignment,
    /// Raw kernel alignment on the train Gram matrix.
    RawAlignment,
    /// Variance term of the test loss.
    Variance,
    /// Misalignment term of the test loss.
    Misalignment,
    /// Linear power, the third term of the test loss.
    LinearPower,
    /// Divergence.
    Warning,
    /// One of the colours for runs that are kept.
    Kept(usize),
    /// A place from 0 to 1 on the ramp for runs of a sweep.
    Ramp(f32),
}

/// Number of colours for kept runs.
pub const KEPT_COLOURS: usize = 8;

/// Colours as 0xRRGGBB, by what they stand for. The hues are from the Okabe–Ito
/// palette, which stays distinct for colour-blind eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `Ink`
pub struct Palette {
    /// Light lines on a dark ground.
    pub dark: bool,
    /// Ground of the plots.
    pub background: u32,
    /// Ground of what lies on it.
    pub panel: u32,
    /// Grid lines.
    pub grid: u32,
    /// Frames.
    pub border: u32,
    pub text: u32,
    pub muted: u32,
    pub faint: u32,
    pub train: u32,
    pub test: u32,
    pub alignment: u32,
    pub kernel_alignment: u32,
    pub centered_alignment: u32,
    pub raw_alignment: u32,
    pub variance: u32,
    pub misalignment: u32,
    pub linear_power: u32,
    pub warning: u32,
    /// Kept runs: greyer than any quantity.
    pub kept: [u32; KEPT_COLOURS],
    /// Ends and middle of the ramp for runs of a sweep.
    pub ramp: [u32; 3],
    /// Numbers of a heat map in greys.
    pub grey_maps: bool,
}

/// Light on dark, as on screen.
pub const DARK: Palette = Palette {
    dark: true,
    background: 0x101317,
    panel: 0x171b21,
    grid: 0x232931,
    border: 0x2a313a,
    text: 0xe6e9ee,
    muted: 0x98a2ae,
    faint: 0x76808c,
    train: 0x56b4e9,
    test: 0xe69f00,
    alignment: 0x009e73,
    kernel_alignment: 0xcc79a7,
    centered_alignment: 0xf0e442,
    raw_alignment: 0x9db7ff,
    variance: 0xcc79a7,
    misalignment: 0xe69f00,
    linear_power: 0x2f8fd0,
    warning: 0xf0743e,
    kept: [
        0xaba0dc, 0xc9ad7c, 0x86bcc2, 0xd79aa2, 0xa6b47c, 0xaab4bf, 0xe6dcc4, 0x8296c4,
    ],
    ramp: [0x8672ee, 0xc993b4, 0xf5ecc8],
    grey_maps: false,
};

/// Dark on light, as on screen.
pub const LIGHT: Palette = Palette {
    dark: false,
    background: 0xf4f5f7,
    panel: 0xffffff,
    grid: 0xe3e6ea,
    border: 0xd9dde2,
    text: 0x1b2027,
    muted: 0x5a6570,
    faint: 0x75808b,
    train: 0x0072b2,
    test: 0xd55e00,
    alignment: 0x00795a,
    kernel_alignment: 0xa94f83,
    centered_alignment: 0x8a7a00,
    raw_alignment: 0x4a63c4,
    variance: 0xa94f83,
    misalignment: 0xd55e00,
    linear_power: 0x0072b2,
    warning: 0xb83a00,
    kept: [
        0x6f62b5, 0x8c6d2f, 0x2f7f88, 0xa8525e, 0x66752f, 0x66717c, 0x54452a, 0x3d5288,
    ],
    ramp: [0x2a1a78, 0x8a4a86, 0xb07c30],
    grey_maps: false,
};

/// Colours on white paper.
pub const PAPER: Palette = Palette {
    background: 0xffffff,
    muted: 0x4a545e,
    ..LIGHT
};

/// Black and greys on white: dashes and widths alone tell curves apart.
pub const BLACK: Palette = Palette {
    dark: false,
    background: 0xffffff,
    panel: 0xffffff,
    grid: 0xe6e6e6,
    border: 0x000000,
    text: 0x000000,
    muted: 0x000000,
    faint: 0x555555,
    train: 0x000000,
    test: 0x000000,
    alignment: 0x000000,
    kernel_alignment: 0x666666,
    centered_alignment: 0x666666,
    raw_alignment: 0x888888,
    variance: 0x000000,
    misalignment: 0x666666,
    linear_power: 0x999999,
    warning: 0x000000,
    kept: [
        0x777777, 0x444444, 0xa0a0a0, 0x222222, 0x8c8c8c, 0x606060, 0xb4b4b4, 0x333333,
    ],
    ramp: [0x000000, 0x606060, 0xb8b8b8],
    grey_maps: true,
};

/// The three bytes of 0xRRGGBB.
pub const fn rgb(hex: u32) -> Rgb {
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
}

/// So much of one colour, the rest of another.
pub fn mixed(a: Rgb, b: Rgb, share: f32) -> Rgb {
    let of = |i: usize| (f32::from(a[i]) * share + f32::from(b[i]) * (1.0 - share)).round() as u8;
    [of(0), of(1), of(2)]
}

impl Palette {
    /// The colour of an ink.
    pub fn of(&self, ink: Ink) -> Rgb {
        rgb(match ink {
            Ink::Text => self.text,
            Ink::Muted => self.muted,
            Ink::Faint => self.faint,
            Ink::Train => self.train,
            Ink::Test => self.test,
            Ink::Alignment => self.alignment,
            Ink::KernelAlignment => self.kernel_alignment,
            Ink::CenteredAlignment => self.centered_alignment,
            Ink::RawAlignment => self.raw_alignment,
            Ink::Variance => self.variance,
            Ink::Misalignment => self.misalignment,
            Ink::LinearPower => self.linear_power,
            Ink::Warning => self.warning,
            Ink::Kept(i) => self.kept[i % KEPT_COLOURS],
            Ink::Ramp(t) => {
                let t = 2.0 * t.clamp(0.0, 1.0);
                let [low, middle, high] = self.ramp.map(rgb);
                return match t < 1.0 {
                    true => oklab_mix(low, middle, t),
                    false => oklab_mix(middle, high, t - 1.0),
                };
            }
        })
    }

    /// The colour of a measure at a part of its range.
    pub fn measure(&self, measure: Measure, part: f64) -> Rgb {
        if !self.grey_maps {
            return measure_colour(measure, part);
        }
        let part = if part.is_nan() {
            0.0
        } else {
            part.clamp(0.0, 1.0)
        };
        // More is darker, and nothing is as white as the paper.
        [(235.0 - 195.0 * part).round() as u8; 3]
    }

    /// The ground on which the mark of a class is drawn where it has no number.
    pub fn ground(&self, class: Class) -> Rgb {
        let mix = |a: u32, share: f32| mixed(rgb(a), rgb(self.panel), share);
        match class {
            Class::Groks => self.measure(Measure::Class, 0.72),
            // Greys are numbers: classes have their marks on white.
            Class::GeneralisesAtOnce | Class::NeverGeneralises if self.grey_maps => rgb(self.panel),
            Class::GeneralisesAtOnce => mix(self.train, if self.dark { 0.42 } else { 0.35 }),
            Class::NeverGeneralises => mix(self.muted, if self.dark { 0.22 } else { 0.20 }),
            Class::NeverFits => mix(self.muted, if self.dark { 0.50 } else { 0.48 }),
            Class::NotJudged => mix(self.muted, if self.dark { 0.08 } else { 0.07 }),
            Class::Diverged => mix(self.warning, if self.dark { 0.45 } else { 0.40 }),
        }
    }
}

/// Control points of matplotlib's viridis and magma (CC0), evenly spaced:
/// lightness rises evenly along each, also for colour-blind eyes and in grey.
const VIRIDIS: [u32; 9] = [
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725,
];
const MAGMA: [u32; 10] = [
    0x000004, 0x180f3d, 0x440f76, 0x721f81, 0x9e2f7f, 0xcd4071, 0xf1605d, 0xfd9668, 0xfeca8d,
    0xfcfdbf,
];

/// The colour of a measure at a part of its range, from 0 to 1.
pub fn measure_colour(measure: Measure, part: f64) -> Rgb {
    // The darkest end would be taken for the ground.
    match measure {
        Measure::Delay(_)
        | Measure::Ratio(_)
        | Measure::Fraction
        | Measure::Class
        | Measure::Curves => along(&VIRIDIS, 0.08 + 0.92 * part),
        Measure::Fit | Measure::Generalise | Measure::FinalTest | Measure::Spread => {
            along(&MAGMA, 0.18 + 0.80 * part)
        }
    }
}

fn along(map: &[u32], part: f64) -> Rgb {
    let last = map.len() - 1;
    let place = if part.is_nan() {
        0.0
    } else {
        part.clamp(0.0, 1.0) * last as f64
    };
    let below = (place.floor() as usize).min(last - 1);
    let rest = place - below as f64;
    let (a, b) = (rgb(map[below]), rgb(map[below + 1]));
    [0, 1, 2].map(|i| {
        let (a, b) = (f64::from(a[i]), f64::from(b[i]));
        (a + rest * (b - a)).round() as u8
    })
}

/// Ink that is seen on a colour.
pub fn ink_on(colour: Rgb) -> Rgb {
    let [r, g, b] = colour.map(f32::from);
    let light = 0.299 * r + 0.587 * g + 0.114 * b;
    let ink = if light > 128.0 { [0; 3] } else { [255; 3] };
    mixed(ink, colour, 0.67)
}

/// Between two colours in Oklab (Ottosson 2020), where equal distances look equal.
pub fn oklab_mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
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
    [
        gamma(4.076_741_7 * long - 3.307_711_6 * middle + 0.230_969_94 * short),
        gamma(-1.268_438 * long + 2.609_757_4 * middle - 0.341_319_38 * short),
        gamma(-0.004_196_086_3 * long - 0.703_418_6 * middle + 1.707_614_7 * short),
    ]
}

/// Lightness and the two axes of hue.
pub fn oklab(c: Rgb) -> [f32; 3] {
    let [r, g, b] = c.map(|v| {
        let v = f32::from(v) / 255.0;
        if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_begins_and_ends_with_its_own_colours() {
        for palette in [DARK, LIGHT, PAPER, BLACK] {
            for (t, hex) in [(0.0, 0), (0.5, 1), (1.0, 2)] {
                let (found, wanted) = (palette.of(Ink::Ramp(t)), rgb(palette.ramp[hex]));
                let near = found.iter().zip(&wanted).all(|(a, b)| a.abs_diff(*b) <= 1);
                assert!(near, "{found:?} {wanted:?}");
            }
        }
    }

    #[test]
    fn in_black_and_white_more_is_darker() {
        let grey = |part| BLACK.measure(Measure::default(), part)[0];
        assert!(grey(0.0) > grey(0.5) && grey(0.5) > grey(1.0));
        assert!(grey(f64::NAN) < 255);
    }
}
