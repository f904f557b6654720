//! Axes: the places of values, what part is visible, where ticks stand and what
//! they say. Data are placed as log₁₀ on a logarithmic axis; the marks and labels
//! here say what the places stand for.

use crate::history::{decimate::LOG_STEP_ZERO, format};

/// A visible interval, in places on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Span {
    /// An interval.
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// From end to end.
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Finite and not empty: it can be drawn.
    pub fn is_sound(self) -> bool {
        self.low.is_finite() && self.high.is_finite() && self.width() > 1e-12 * self.high.abs()
    }

    /// The part of the axis at which a place stands: 0 at the lower end, 1 at the
    /// upper one.
    pub fn part(self, place: f64) -> f64 {
        (place - self.low) / self.width()
    }
}

/// What marks of an axis depend on.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// What is visible.
    pub span: Span,
    /// Length of a unit on the axis, in units of text 12.5 high.
    pub points_per_unit: f64,
}

impl Room {
    /// Of an axis that shows `span` over a length of `points`.
    pub fn new(span: Span, points: f64) -> Self {
        let points_per_unit = points / span.width();
        Self {
            span,
            points_per_unit,
        }
    }
}

/// A mark of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisMark {
    /// Its place.
    pub place: f64,
    /// Distance to its neighbours: those of a larger one are major.
    pub step: f64,
}

/// Smallest distance between labelled ticks, in points.
const MIN_TICK_DISTANCE: f64 = 34.0;
/// Below this many visible decades, ticks are the numbers 1, 2, 5, 10, …
const LABEL_MINOR_BELOW: f64 = 2.0;
/// Below this many visible decades, ticks are evenly spaced numbers.
const EVEN_BELOW: f64 = 0.5;

/// How a quantity is laid out along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// As it is: the paper's choice for the loss.
    #[default]
    Linear,
    /// log₁₀.
    Log,
}

impl Scale {
    /// A value's place on the axis; NaN where it has none (zero on a log axis).
    pub fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear if value.is_finite() => value,
            Self::Log if value > 0.0 && value.is_finite() => value.log10(),
            _ => f64::NAN,
        }
    }

    /// The value at a place on the axis.
    pub fn value(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Log => 10f64.powf(place),
        }
    }

    /// Grid marks of this scale.
    pub fn marks(self, input: Room) -> Vec<AxisMark> {
        match self {
            Self::Linear => linear_marks(&input),
            Self::Log => log_marks(&input),
        }
    }

    /// Tick label of this scale.
    pub fn tick(self, mark: AxisMark, range: Span) -> String {
        match self {
            Self::Linear => linear_tick(mark),
            Self::Log => log_tick(mark, range, |value| format::plain(value, 4)),
        }
    }

    /// The other one.
    pub fn toggled(self) -> Self {
        match self {
            Self::Linear => Self::Log,
            Self::Log => Self::Linear,
        }
    }
}

/// Marks of the time axis: those of a log axis from step 1 on, and one for
/// step 0 at its own place ([`LOG_STEP_ZERO`]).
pub fn time_marks(input: Room) -> Vec<AxisMark> {
    let Span { low, high } = input.span;
    let mut marks = log_marks(&input);
    marks.retain(|mark| mark.place > -1e-9);
    if high - low < EVEN_BELOW {
        // Between two steps there is nothing to mark.
        marks.retain(|mark| {
            let step = 10f64.powf(mark.place);
            (step - step.round()).abs() < 1e-6 * step
        });
    }
    if (low - 1e-9..=high).contains(&LOG_STEP_ZERO) {
        marks.push(AxisMark {
            place: LOG_STEP_ZERO,
            step: 1.0,
        });
    }
    marks
}

/// Tick label of the time axis: 0, 10⁰, 10¹, …, or step counts when zoomed in.
pub fn time_tick(mark: AxisMark, range: Span) -> String {
    if (mark.place - LOG_STEP_ZERO).abs() < 1e-9 {
        return "0".into();
    }
    log_tick(mark, range, |value| format::thousands(value.round() as u64))
}

/// Decades as major marks and 2 … 9 between them as minor ones; where decades
/// crowd, only every second, fifth, … is major; within half a decade, evenly
/// spaced numbers.
fn log_marks(input: &Room) -> Vec<AxisMark> {
    let Span { low, high } = input.span;
    if !(low.is_finite() && high.is_finite() && high > low && high - low < 1e4) {
        return Vec::new();
    }
    if high - low < EVEN_BELOW {
        return even_marks(low, high);
    }
    let decade = input.points_per_unit;
    let stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
        .into_iter()
        .find(|&n| f64::from(n) * decade >= MIN_TICK_DISTANCE)
        .unwrap_or(2000);
    let mut marks = Vec::new();
    for n in low.floor() as i32..=high.ceil() as i32 {
        let major = n.rem_euclid(stride) == 0;
        marks.push(AxisMark {
            place: f64::from(n),
            step: if major { f64::from(stride) } else { 0.9 },
        });
        for k in 2..10 {
            let k = f64::from(k);
            marks.push(AxisMark {
                place: f64::from(n) + k.log10(),
                step: ((k + 1.0) / k).log10(),
            });
        }
    }
    marks.retain(|mark| (low..=high).contains(&mark.place));
    marks
}

/// Evenly spaced round numbers between 10^low and 10^high, as log₁₀.
fn even_marks(low: f64, high: f64) -> Vec<AxisMark> {
    let (from, to) = (10f64.powf(low), 10f64.powf(high));
    let step = round_up_to_125((to - from) / 6.0);
    if !(step.is_finite() && step > 0.0 && step > to * 1e-12) {
        return Vec::new();
    }
    let first = (from / step).ceil();
    (0..=12)
        .map(|i| (first + f64::from(i)) * step)
        .take_while(|value| *value <= to * (1.0 + 1e-12))
        .filter(|value| *value > 0.0)
        .map(|value| AxisMark {
            place: value.log10(),
            step: step / to / std::f64::consts::LN_10,
        })
        .collect()
}

fn log_tick(mark: AxisMark, range: Span, number: impl Fn(f64) -> String) -> String {
    let decades = range.width();
    let nearest = mark.place.round();
    let is_decade = (mark.place - nearest).abs() < 1e-9;
    if decades < EVEN_BELOW {
        number(10f64.powf(mark.place))
    } else if decades < LABEL_MINOR_BELOW {
        // All as numbers: never 10⁰ beside 2.
        if is_decade || is_roomy(mark.place) {
            number(10f64.powf(mark.place))
        } else {
            String::new()
        }
    } else if is_decade && mark.step >= 1.0 {
        format::power_of_ten(nearest as i32)
    } else {
        String::new()
    }
}

/// Whether a mark between decades is labelled where they are: 2 and 5.
fn is_roomy(place: f64) -> bool {
    let digit = 10f64.powf(place - place.floor());
    [2.0, 5.0].iter().any(|roomy| (digit - roomy).abs() < 1e-6)
}

fn linear_marks(input: &Room) -> Vec<AxisMark> {
    let Span { low, high } = input.span;
    let step = round_up_to_125(MIN_TICK_DISTANCE * 1.4 / input.points_per_unit);
    if !(step.is_finite() && step > 0.0 && high > low && (high - low) / step < 1e3) {
        return Vec::new();
    }
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .map(|i| AxisMark {
            place: i as f64 * step,
            step,
        })
        .collect()
}

/// Evenly spaced ticks between two values, an axis of so many points apart, with
/// their labels.
pub fn even_ticks(low: f64, high: f64, points: f64) -> Vec<(f64, String)> {
    let marks = linear_marks(&Room::new(Span::new(low, high), points.max(1.0))).into_iter();
    marks.map(|mark| (mark.place, linear_tick(mark))).collect()
}

/// A linear axis's label: as many decimals as tell neighbours apart.
fn linear_tick(mark: AxisMark) -> String {
    let value = mark.place;
    if value.abs() < 1e-9 * mark.step {
        return "0".into();
    }
    if !(1e-4..1e5).contains(&mark.step) {
        return format::plain(value, 3);
    }
    let decimals = (-(mark.step.log10() + 1e-9).floor()).max(0.0) as usize;
    let sign = if value < 0.0 { "−" } else { "" };
    let text = format!("{:.decimals$}", value.abs());
    // 1.0 among 0.5, 1.5 is written 1, as on the paper's axes.
    let text = match text.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => text,
    };
    format!("{sign}{text}")
}

/// The smallest of 1, 2, 5 × 10ⁿ that is not below `x`.
fn round_up_to_125(x: f64) -> f64 {
    let unit = 10f64.powf(x.log10().floor());
    let mantissa = x / unit;
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|m| *m >= mantissa * (1.0 - 1e-9))
        .unwrap_or(10.0);
    round * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(low: f64, high: f64, points: f64) -> Room {
        Room::new(Span::new(low, high), points)
    }

    fn labels(
        marks: Vec<AxisMark>,
        (low, high): (f64, f64),
        tick: impl Fn(AxisMark, Span) -> String,
    ) -> Vec<String> {
        marks
            .into_iter()
            .map(|mark| tick(mark, Span::new(low, high)))
            .filter(|text| !text.is_empty())
            .collect()
    }

    #[test]
    fn decades_of_steps_are_labelled_with_superscripts_and_step_0_as_0() {
        let range = (LOG_STEP_ZERO, 5.0);
        let mut marks = time_marks(input(range.0, range.1, 680.0));
        marks.sort_by(|a, b| a.place.total_cmp(&b.place));
        let found = labels(marks, range, time_tick);
        assert_eq!(found, ["0", "10⁰", "10¹", "10²", "10³", "10⁴", "10⁵"]);
    }

    #[test]
    fn crowded_decades_are_thinned_evenly() {
        let range = (-20.0, 1.0);
        let marks = Scale::Log.marks(input(range.0, range.1, 300.0));
        let found = labels(marks, range, |m, r| Scale::Log.tick(m, r));
        assert_eq!(found, ["10⁻²⁰", "10⁻¹⁵", "10⁻¹⁰", "10⁻⁵", "10⁰"]);
    }

    #[test]
    fn minor_marks_are_2_to_9_and_those_with_room_are_labelled_when_zoomed_in() {
        let wide = Scale::Log.marks(input(-3.0, 0.0, 600.0));
        assert_eq!(wide.len(), 4 + 3 * 8);
        let range = (2.9, 4.1);
        let found = labels(time_marks(input(range.0, range.1, 600.0)), range, time_tick);
        assert_eq!(found, ["1,000", "2,000", "5,000", "10,000"]);
        let range = (-0.3, 1.1);
        let marks = Scale::Log.marks(input(range.0, range.1, 300.0));
        let mut found = labels(marks, range, |m, r| Scale::Log.tick(m, r));
        found.sort();
        assert_eq!(found, ["1", "10", "2", "5"]);
    }

    #[test]
    fn deep_zoom_shows_round_numbers_and_never_fractions_of_a_step() {
        let range = (3.0_f64.log10(), 5.5_f64.log10());
        let found = labels(time_marks(input(range.0, range.1, 600.0)), range, time_tick);
        assert_eq!(found, ["3", "4", "5"]);
        let range = (29_000_f64.log10(), 30_000_f64.log10());
        let found = labels(time_marks(input(range.0, range.1, 600.0)), range, time_tick);
        assert_eq!(found[..3], ["29,000", "29,200", "29,400"].map(String::from));
    }

    #[test]
    fn linear_ticks_are_plain_and_tell_neighbours_apart() {
        let marks = Scale::Linear.marks(input(-0.05, 2.04, 300.0));
        let found = labels(marks, (-0.05, 2.04), |m, r| Scale::Linear.tick(m, r));
        assert_eq!(found, ["0", "0.5", "1", "1.5", "2"]);
        let marks = Scale::Linear.marks(input(-0.021, 0.04, 300.0));
        let found = labels(marks, (-0.021, 0.04), |m, r| Scale::Linear.tick(m, r));
        assert_eq!(
            found,
            ["−0.02", "−0.01", "0", "0.01", "0.02", "0.03", "0.04"]
        );
    }

    #[test]
    fn values_that_have_no_place_are_not_placed() {
        assert!(Scale::Log.place(0.0).is_nan());
        assert!(Scale::Log.place(-1.0).is_nan());
        assert!(Scale::Log.place(f64::INFINITY).is_nan());
        assert!(Scale::Linear.place(f64::INFINITY).is_nan());
        assert!((Scale::Log.value(Scale::Log.place(0.02)) - 0.02).abs() < 1e-15);
    }

    #[test]
    fn degenerate_ranges_give_no_marks_and_do_not_hang() {
        for (low, high) in [
            (f64::NAN, 1.0),
            (1.0, 1.0),
            (0.0, f64::INFINITY),
            (2.0, 1.0),
        ] {
            for scale in [Scale::Linear, Scale::Log] {
                let marks = scale.marks(input(low, high, 600.0));
                assert!(marks.len() < 2_000, "{low} {high}");
            }
        }
    }
}
