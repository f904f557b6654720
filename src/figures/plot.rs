//! The panels of a figure as data: lines and points with names, colours and axes.
//! The window, the pictures and the files are all made of these.

use super::measured::Row as Summary;
use super::panel::{Coordinate, Kind, Panel};
use super::spec::{Curve, Figure};
use crate::sim::metrics::{Metric, Row};
use serde::Deserialize;

/// How an axis is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AxisScale {
    /// As it is.
    Linear,
    /// By ratios; what is not positive has no place.
    Log,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Beside it.
    pub title: String,
    /// Its scale.
    pub scale: AxisScale,
    /// Its ends.
    pub limits: [f64; 2],
}

/// A colour by what it stands for; the theme knows what it looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    /// That of a metric.
    Metric(Metric),
    /// One of a few curves, by its place.
    Few(usize),
    /// One of many curves along a sweep, 0 to 1.
    Along(f32),
    /// What is there for comparison.
    Reference,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Without gaps.
    Solid,
    /// With gaps.
    Dashed,
    /// Of points.
    Dotted,
}

/// What a series looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// A line.
    Line(Dash),
    /// Points: each group has a shape of its own, by its place.
    Marks(usize),
}

/// A line, or points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// In the legend.
    pub name: String,
    /// Name of the curve that it is of; empty for points of several.
    pub curve: String,
    /// Its colour.
    pub ink: Ink,
    /// Line or points.
    pub look: Look,
    /// It belongs to the right axis.
    pub right: bool,
    /// x and y; numbers that do not exist are left out.
    pub points: Vec<[f64; 2]>,
}

/// A key in the legend: of a line style or of a colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// What it says.
    pub name: String,
    /// Its colour.
    pub ink: Ink,
    /// Its line or mark.
    pub look: Look,
}

/// A panel to be drawn or written.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Above it.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// To the right.
    pub x: Axis,
    /// Up, on the left.
    pub y: Axis,
    /// Up, on the right, where something belongs to it.
    pub right: Option<Axis>,
    /// What is drawn.
    pub series: Vec<Series>,
    /// Levels across, with a name each.
    pub levels: Vec<(f64, String)>,
    /// The legend.
    pub keys: Vec<Key>,
}

/// What is known of a curve.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Its rows.
    pub rows: &'a [Row],
    /// What it came to, once it is done.
    pub summary: Option<&'a Summary>,
    /// Test loss of regression with its initial kernel.
    pub kernel_regression: Option<f64>,
}

/// All panels of a figure, from what is known of each of its curves, in order.
pub fn plots(figure: &Figure, known: &[Known<'_>]) -> Vec<Plot> {
    let plot = |panel: &Panel| match panel.kind {
        Kind::Curves => lines(figure, panel, known),
        Kind::Points => points(figure, panel, known),
        Kind::Diagram | Kind::Note => blank(panel),
    };
    figure.panels.iter().map(plot).collect()
}

/// The curves of a panel with what is known of them.
fn members<'a>(
    figure: &'a Figure,
    panel: &'a Panel,
    known: &'a [Known<'a>],
) -> Vec<(&'a Curve, Known<'a>)> {
    let all = figure.curves.iter().zip(known.iter().copied());
    all.filter(|(curve, _)| panel.has(&curve.name)).collect()
}

/// Colours of a few curves are told apart; many are a sweep.
fn ink(place: usize, of: usize) -> Ink {
    const FEW: usize = 4;
    if of <= FEW {
        Ink::Few(place)
    } else {
        Ink::Along(place as f32 / (of - 1) as f32)
    }
}

/// Dashes by what a metric is: train loss and what is linearised stand back.
fn dash(metric: Metric) -> Dash {
    match metric {
        Metric::TrainLoss | Metric::TrainAccuracy | Metric::WeightNormSq => Dash::Dashed,
        Metric::LinTrainLoss | Metric::LinTestLoss | Metric::SampleLinTestLoss => Dash::Dotted,
        _ => Dash::Solid,
    }
}

/// A metric in the legend.
fn short(metric: Metric) -> &'static str {
    match metric {
        Metric::TrainLoss => "train",
        Metric::TestLoss => "test",
        Metric::SampleTestLoss => "test, sample",
        Metric::LinTrainLoss => "train, linearised",
        Metric::LinTestLoss => "test, linearised",
        Metric::SampleLinTestLoss => "test, linearised, sample",
        Metric::TestColumnCenteredAlignment => "NTK alignment, test set",
        metric => metric.quantity().name,
    }
}

fn lines(figure: &Figure, panel: &Panel, known: &[Known<'_>]) -> Plot {
    let members = members(figure, panel, known);
    let columns = panel.columns.iter().map(|m| (*m, false));
    let columns: Vec<_> = columns
        .chain(panel.right.iter().map(|m| (*m, true)))
        .collect();
    // One curve is told by its metrics, several by their labels.
    let single = members.len() == 1;
    let log_x = panel.x.scale != Some(AxisScale::Linear);
    let mut series = Vec::new();
    for (place, (curve, known)) in members.iter().enumerate() {
        for &(metric, right) in &columns {
            let of_row = |row: &Row| Some([row.step as f64, row.get(metric)?]);
            let mut points: Vec<[f64; 2]> = known.rows.iter().filter_map(of_row).collect();
            points.retain(|[step, value]| value.is_finite() && (!log_x || *step > 0.0));
            let first = known.rows.iter().find_map(|row| row.get(metric));
            if panel.relative
                && let Some(first) = first
            {
                points.iter_mut().for_each(|point| point[1] /= first);
            }
            let sum = metric == Metric::TestLoss && columns.len() > 3;
            let (name, ink) = match single {
                // Beside its terms, of which one has the colour of the test loss.
                true if sum => (short(metric).to_owned(), Ink::Reference),
                true => (short(metric).to_owned(), Ink::Metric(metric)),
                false => (
                    format!("{}, {}", curve.label, short(metric)),
                    ink(place, members.len()),
                ),
            };
            series.push(Series {
                name,
                curve: curve.name.clone(),
                ink,
                look: Look::Line(dash(metric)),
                right,
                points,
            });
        }
    }
    let keys = match single {
        true => series.iter().map(key).collect(),
        false => {
            let of_curves = members.iter().enumerate().map(|(place, (curve, _))| Key {
                name: curve.label.clone(),
                ink: ink(place, members.len()),
                look: Look::Line(Dash::Solid),
            });
            let of_columns = columns.iter().map(|(metric, _)| Key {
                name: short(*metric).into(),
                ink: Ink::Reference,
                look: Look::Line(dash(*metric)),
            });
            of_curves.chain(of_columns).collect()
        }
    };
    let level = members
        .first()
        .and_then(|(_, known)| known.kernel_regression);
    let level = level.filter(|_| panel.kernel_regression);
    let levels: Vec<(f64, String)> = level
        .map(|level| (level, "regression with K₀".to_owned()))
        .into_iter()
        .collect();
    let horizon = members.iter().map(|(c, _)| c.config.training.steps).max();
    let horizon = horizon.unwrap_or(10).max(10) as f64;
    let x = Axis {
        title: or(&panel.x.title, "steps"),
        scale: panel.x.scale.unwrap_or(AxisScale::Log),
        limits: panel
            .x
            .limits
            .unwrap_or([f64::from(u8::from(log_x)), horizon]),
    };
    let scale = panel.y.scale.unwrap_or(AxisScale::Linear);
    let on = |right: bool| series.iter().filter(move |s| s.right == right);
    let values = |right: bool| on(right).flat_map(|s| s.points.iter().map(|p| p[1]));
    let all = values(false).chain(levels.iter().map(|(level, _)| *level));
    let y = Axis {
        title: or(&panel.y.title, "loss (MSE)"),
        scale,
        limits: panel.y.limits.unwrap_or_else(|| around(all, scale, true)),
    };
    let right = panel.right.first().map(|metric| Axis {
        title: metric.quantity().name.into(),
        scale: AxisScale::Linear,
        limits: around(values(true), AxisScale::Linear, true),
    });
    Plot {
        title: panel.title.clone(),
        kind: panel.kind,
        x,
        y,
        right,
        series,
        levels,
        keys,
    }
}

fn key(series: &Series) -> Key {
    Key {
        name: series.name.clone(),
        ink: series.ink,
        look: series.look,
    }
}

fn points(figure: &Figure, panel: &Panel, known: &[Known<'_>]) -> Plot {
    let members = members(figure, panel, known);
    let mut groups: Vec<&str> = Vec::new();
    for (curve, _) in &members {
        for group in &curve.groups {
            if !groups.contains(&group.as_str()) {
                groups.push(group);
            }
        }
    }
    let value = |coordinate: &Coordinate, (curve, known): &(&Curve, Known<'_>)| match coordinate {
        Coordinate::Quantity(quantity) => known.summary?.get(*quantity),
        other => other.of_settings(&curve.config),
    };
    let Some([across, up]) = &panel.coordinates else {
        return blank(panel);
    };
    let series: Vec<Series> = (groups.iter().enumerate())
        .map(|(place, group)| {
            let of_group = members
                .iter()
                .filter(|(curve, _)| curve.groups.iter().any(|g| g == group));
            let mut points: Vec<[f64; 2]> = of_group
                .filter_map(|member| Some([value(across, member)?, value(up, member)?]))
                .filter(|point| point.iter().all(|v| v.is_finite()))
                .collect();
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
            Series {
                name: (*group).to_owned(),
                curve: String::new(),
                ink: Ink::Few(place),
                look: Look::Marks(place),
                right: false,
                points,
            }
        })
        .collect();
    let axis = |k: usize, entry: &super::panel::AxisEntry, coordinate: &Coordinate| {
        let scale = entry.scale.unwrap_or(AxisScale::Log);
        let values = series.iter().flat_map(|s| s.points.iter().map(|p| p[k]));
        Axis {
            title: or(&entry.title, &coordinate.title()),
            scale,
            limits: entry.limits.unwrap_or_else(|| around(values, scale, false)),
        }
    };
    let (x, y) = (axis(0, &panel.x, across), axis(1, &panel.y, up));
    Plot {
        title: panel.title.clone(),
        kind: panel.kind,
        x,
        y,
        right: None,
        keys: series.iter().map(key).collect(),
        series,
        levels: Vec::new(),
    }
}

fn blank(panel: &Panel) -> Plot {
    let axis = |entry: &super::panel::AxisEntry| Axis {
        title: entry.title.clone(),
        scale: AxisScale::Linear,
        limits: [0.0, 1.0],
    };
    Plot {
        title: panel.title.clone(),
        kind: panel.kind,
        x: axis(&panel.x),
        y: axis(&panel.y),
        right: None,
        series: Vec::new(),
        levels: Vec::new(),
        keys: Vec::new(),
    }
}

fn or(title: &str, usual: &str) -> String {
    if title.is_empty() { usual } else { title }.to_owned()
}

/// Ends of an axis that holds these values with a little room; a linear axis of
/// losses begins at 0.
fn around(values: impl Iterator<Item = f64>, scale: AxisScale, from_zero: bool) -> [f64; 2] {
    let values = values.filter(|v| v.is_finite());
    match scale {
        AxisScale::Linear => {
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
                (a.min(v), b.max(v))
            });
            if low > high {
                return [0.0, 1.0];
            }
            let low = if from_zero { low.min(0.0) } else { low };
            let room = 0.06 * (high - low).max(1e-12 + 1e-3 * high.abs());
            [if low == 0.0 { 0.0 } else { low - room }, high + room]
        }
        AxisScale::Log => {
            // Rounding has no place on the axis: what is spent is spent.
            let logs = values.filter(|v| *v > 1e-12).map(f64::log10);
            let (low, high) = logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
                (a.min(v), b.max(v))
            });
            if low > high {
                return [0.1, 1.0];
            }
            let room = 0.08 * (high - low).max(0.5);
            [10f64.powf(low - room), 10f64.powf(high + room)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_values() {
        assert_eq!(around([].into_iter(), AxisScale::Linear, true), [0.0, 1.0]);
        let [low, high] = around([0.2, 1.0].into_iter(), AxisScale::Linear, true);
        assert!(low == 0.0 && high > 1.0 && high < 1.1);
        let [low, high] = around([1e-3, 10.0, f64::NAN].into_iter(), AxisScale::Log, false);
        assert!(low < 1e-3 && high > 10.0);
    }
}
