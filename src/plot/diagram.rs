//! Phase diagrams: which colours and marks cells have, and what the axes say.

use super::axis::Span;
use super::look::{Dash, Pen};
use super::{
    Axis, Cell, Cells, ClassEntry, ColourBar, Fill, Ink, Panel, Picture, Places, Series, caption,
};
use crate::history::{format, setting};
use crate::sim::LossPoint;
use crate::sim::config::{Config, Value, field};
use crate::sweep::diagram::{self, Class, Diagram, Measure, Side};

/// A phase diagram to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Plot<'a> {
    /// The cells.
    pub diagram: &'a Diagram,
    /// What the colours show.
    pub measure: Measure,
    /// What never fits or never generalises is drawn as 0.
    pub never_is_zero: bool,
    /// Last step of every cell's run.
    pub horizon: f64,
}

/// Whether the colours are even in the number itself: a logarithm has no 0.
pub fn is_linear(measure: Measure, never_is_zero: bool) -> bool {
    never_is_zero && measure.is_log()
}

/// The ends of the colour bar: the values' own, rounded outwards, so that they stay
/// while cells come in. `None` where the colours are no numbers.
pub fn range(
    diagram: &Diagram,
    before: Option<&Diagram>,
    measure: Measure,
    never_is_zero: bool,
) -> Option<[f64; 2]> {
    if matches!(measure, Measure::Class | Measure::Curves) {
        return None;
    }
    let old = before.and_then(|d| d.range(measure));
    let [low, high] = diagram.range(measure).or(old)?;
    if is_linear(measure, never_is_zero) {
        return Some([0.0, 10f64.powf(high)]);
    }
    let grain = if measure.is_log() { 0.5 } else { 0.1 };
    let low = match measure {
        Measure::Spread => 0.0,
        Measure::Fraction => return Some([0.0, 1.0]),
        _ => (low / grain).floor() * grain,
    };
    let high = (high / grain).ceil() * grain;
    Some([low, high.max(low + grain)])
}

/// The numbers at a colour bar.
pub fn bar_ticks(measure: Measure, low: f64, high: f64, linear: bool) -> Vec<(f64, String)> {
    if linear {
        return (0..=4)
            .map(|k| low + (high - low) * f64::from(k) / 4.0)
            .map(|v| (v, format::thousands(v.round() as u64)))
            .collect();
    }
    if !measure.is_log() {
        return (0..=2)
            .map(|k| low + (high - low) * f64::from(k) / 2.0)
            .map(|v| (v, format::plain(v, 2)))
            .collect();
    }
    let text = |v: f64| match measure {
        Measure::Ratio(_) => format::times(10f64.powf(v)),
        _ if v.fract() == 0.0 && v.abs() >= 4.0 => format::power_of_ten(v as i32),
        Measure::FinalTest => format::plain(10f64.powf(v), 1),
        _ => format::thousands(10f64.powf(v).round() as u64),
    };
    let decades = high - low;
    let grain = match decades {
        d if d <= 2.0 => 0.5,
        d if d <= 6.0 => 1.0,
        _ => 2.0,
    };
    let first = (low / grain).ceil() as i32;
    let last = (high / grain).floor() as i32;
    (first..=last)
        .map(|k| f64::from(k) * grain)
        .map(|v| (v, text(v)))
        .collect()
}

/// A value at an axis.
pub fn shown(side: &Side, value: &Value) -> String {
    match (value, field(&side.key)) {
        (Value::Real(x), _) => format::plain(*x, 2),
        (Value::Bool(on), _) => if *on { "on" } else { "off" }.into(),
        (value, Some(field)) => setting::shown(field, value),
        (value, None) => value.to_string(),
    }
}

/// Symbol and name of a side's setting.
pub fn title_of(side: &Side) -> String {
    match field(&side.key) {
        Some(f) if f.symbol.is_empty() => f.name.into(),
        Some(f) => format!("{}, {}", f.symbol, f.name),
        None => String::new(),
    }
}

/// What never fits or never generalises has no number, which is not a 0.
pub fn is_never(class: Class) -> bool {
    matches!(class, Class::NeverGeneralises | Class::NeverFits)
}

fn axis(side: &Side) -> Axis {
    let named = !side.key.is_empty();
    let names = side.values.iter().map(|v| match named {
        true => shown(side, v),
        false => String::new(),
    });
    let span = Span::new(0.0, side.values.len().max(1) as f64);
    Axis::new(title_of(side), "", Places::Names(names.collect()), span)
}

impl Plot<'_> {
    fn cell(&self, place: [usize; 2], range: Option<[f64; 2]>) -> Option<Cell> {
        let from = self.diagram.filled_by(place)?;
        let summary = self.diagram.summary(from)?;
        let split = summary.agreeing() < summary.computed;
        if self.measure == Measure::Curves {
            return Some(Cell {
                fill: Fill::Ground,
                mark: (summary.class != Class::Groks).then_some(summary.class),
                split,
                curves: self.curves(place),
            });
        }
        let linear = is_linear(self.measure, self.never_is_zero);
        let value = summary.value(self.measure);
        let value = value.map(|v| if linear { 10f64.powf(v) } else { v });
        let zero = self.never_is_zero && value.is_none() && is_never(summary.class);
        let fill = match (value, range) {
            _ if zero => Fill::Measure(self.measure, 0.0),
            (Some(v), Some([low, high])) => Fill::Measure(self.measure, (v - low) / (high - low)),
            _ => Fill::Class(summary.class),
        };
        Some(Cell {
            fill,
            mark: (summary.class != Class::Groks && !zero).then_some(summary.class),
            split: split && !zero,
            curves: Vec::new(),
        })
    }

    /// The curves of a place in a unit square; losses differ too much from cell to
    /// cell to share an axis.
    fn curves(&self, place: [usize; 2]) -> Vec<Series> {
        let horizon = self.horizon.max(10.0).log10();
        let cells = || self.diagram.seeds(place);
        let mut top = 0.0_f64;
        for cell in cells() {
            let Some(start) = cell.curve.first() else {
                continue;
            };
            // A curve that explodes is cut.
            let cut = 3.0 * start.test.max(start.train);
            let losses = cell.curve.iter().flat_map(|p| [p.train, p.test]);
            top = losses.filter(|l| *l <= cut).fold(top, f64::max);
        }
        let top = if top > 0.0 { 1.05 * top } else { 1.0 };
        let line = |curve: &[LossPoint], loss: fn(&LossPoint) -> f64, pen: Pen| Series {
            name: String::new(),
            pen,
            points: (curve.iter())
                .filter(|p| p.step >= 1.0 && loss(p).is_finite())
                .map(|p| [p.step.log10() / horizon, (loss(p) / top).min(1.0)])
                .collect(),
            symbol: None,
            right: false,
        };
        let mut series = Vec::new();
        for cell in cells() {
            let width = if self.diagram.layout().seeds > 1 {
                0.8
            } else {
                1.3
            };
            series.push(line(
                &cell.curve,
                |p| p.test,
                Pen::new(Ink::Test, width, Dash::Solid),
            ));
            series.push(line(
                &cell.curve,
                |p| p.train,
                Pen::new(Ink::Train, width, Dash::Dashed(3.0)),
            ));
        }
        series
    }

    fn classes(&self) -> Vec<ClassEntry> {
        let counts = self.diagram.counts();
        let numbered = !matches!(self.measure, Measure::Class | Measure::Curves);
        Class::ALL
            .into_iter()
            .filter(|class| counts[*class as usize] > 0)
            .map(|class| {
                let zero = self.never_is_zero && is_never(class);
                let fill = match class {
                    Class::Groks if numbered => Fill::Measure(self.measure, 0.7),
                    _ if zero => Fill::Measure(self.measure, 0.0),
                    class => Fill::Class(class),
                };
                let drawn = if zero {
                    ", drawn as 0 as in the paper"
                } else {
                    ""
                };
                ClassEntry {
                    class,
                    fill,
                    marked: !zero,
                    name: format!(
                        "{}{drawn} ({})",
                        class.label(),
                        format::thousands(counts[class as usize] as u64)
                    ),
                }
            })
            .collect()
    }

    /// The panel.
    pub fn panel(&self) -> Panel {
        let layout = self.diagram.layout();
        let range = range(self.diagram, None, self.measure, self.never_is_zero);
        let linear = is_linear(self.measure, self.never_is_zero);
        let bar = range.map(|[low, high]| ColourBar {
            title: self.measure.label().into(),
            measure: self.measure,
            span: Span::new(low, high),
            ticks: bar_ticks(self.measure, low, high, linear),
        });
        let split = (layout.places())
            .filter_map(|p| self.diagram.summary(p))
            .filter(|s| s.agreeing() < s.computed)
            .count();
        let [width, height] = layout.size();
        let aspect = (height as f64 / width.max(1) as f64).clamp(0.25, 1.0);
        let aspect = if layout.y.key.is_empty() {
            0.12
        } else {
            aspect
        };
        let mut panel = Panel::new(axis(&layout.x), axis(&layout.y), aspect);
        if self.measure == Measure::Curves {
            // For the legend alone.
            for (name, ink, dash) in [
                ("train", Ink::Train, Dash::Dashed(3.0)),
                ("test", Ink::Test, Dash::Solid),
            ] {
                panel.series.push(Series {
                    name: name.into(),
                    pen: Pen::new(ink, 1.8, dash),
                    points: Vec::new(),
                    symbol: None,
                    right: false,
                });
            }
        }
        panel.cells = Some(Cells {
            size: layout.size(),
            cells: layout
                .places()
                .map(|place| self.cell(place, range))
                .collect(),
            bar,
            classes: self.classes(),
            split,
        });
        panel
    }

    /// The picture, with what its cells have in common below it.
    pub fn picture(&self, title: &str, base: &Config) -> Picture {
        let layout: &diagram::Layout = self.diagram.layout();
        let axes = [layout.x.key.as_str(), layout.y.key.as_str()];
        let mut text = caption::of_diagram(base, &axes, layout.seeds, self.measure);
        if !axes.contains(&"seed") && !text.contains("seed") {
            text.push_str(&format!(" Seed {}.", base.seed));
        }
        text.push_str(&format!(" {}.", caption::program()));
        Picture {
            title: title.into(),
            panels: vec![self.panel()],
            columns: 1,
            lettered: false,
            gauge: None,
            caption: text,
            carried: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_round_ticks() {
        let texts = |m, low, high| -> Vec<String> {
            let ticks = bar_ticks(m, low, high, false).into_iter();
            ticks.map(|(_, t)| t).collect()
        };
        assert_eq!(
            texts(Measure::default(), 0.0, 3.0),
            ["1×", "10×", "100×", "1,000×"]
        );
        assert_eq!(texts(Measure::Fit, 3.0, 5.0)[0], "1,000");
        let delay = Measure::ALL[0];
        let linear: Vec<String> = (bar_ticks(delay, 0.0, 8_000.0, true).into_iter())
            .map(|(_, t)| t)
            .collect();
        assert_eq!(linear, ["0", "2,000", "4,000", "6,000", "8,000"]);
    }
}
