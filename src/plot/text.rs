//! A picture in words, for those who hear it.

use super::{Axis, Panel, Picture, Places, Series};
use crate::history::format;

/// The same text, beginning with a capital.
pub(super) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn value(axis: &Axis, place: f64) -> String {
    match &axis.places {
        Places::Numbers(scale) => format::plain(scale.value(place), 3),
        Places::Time => {
            let step = 10f64.powf(place).round();
            match place < -0.2 {
                true => "0".into(),
                false => format::thousands(step as u64),
            }
        }
        Places::Names(names) => names.get(place as usize).cloned().unwrap_or_default(),
    }
}

/// From where to where a curve goes, and its highest point where that is neither.
fn course(series: &Series, x: &Axis, y: &Axis) -> Option<String> {
    let mut points = series.points.iter().filter(|p| p[1].is_finite());
    let first = points.next()?;
    let last = points.next_back().unwrap_or(first);
    let highest = series.points.iter().filter(|p| p[1].is_finite());
    let highest = highest.max_by(|a, b| a[1].total_cmp(&b[1]))?;
    let at = |p: &[f64; 2]| format!("{} at {}", value(y, p[1]), value(x, p[0]));
    let mut text = format!("{} goes from {} to {}", series.name, at(first), at(last));
    if highest[1] > first[1].max(last[1]) + 0.02 * y.span.width() {
        text.push_str(&format!(", with its highest value {}", at(highest)));
    }
    Some(text)
}

/// What is to be seen on a panel: axes, courses of the named curves, events.
pub fn panel_in_words(panel: &Panel) -> String {
    let mut sentences = Vec::new();
    let name = match panel.title.is_empty() {
        true => String::new(),
        false => format!("{}: ", panel.title),
    };
    sentences.push(format!("{name}{} over {}", panel.y.name(), panel.x.name()));
    for series in panel.series.iter().rev().filter(|s| !s.name.is_empty()) {
        let y = match &panel.right {
            Some(axis) if series.right => axis,
            _ => &panel.y,
        };
        sentences.extend(course(series, &panel.x, y));
    }
    sentences.extend(panel.markers.iter().map(|m| m.text.clone()));
    if let Some(cells) = &panel.cells {
        let [width, height] = cells.size;
        let shown = cells.bar.as_ref().map_or("classes", |bar| &bar.title);
        sentences.push(format!("{width} by {height} cells, which show {shown}"));
        sentences.extend(cells.classes.iter().map(|class| class.name.clone()));
    }
    let sentences = sentences.iter().filter(|s| !s.is_empty());
    let text: String = sentences.map(|s| format!("{}. ", upper_first(s))).collect();
    text.trim_end().to_owned()
}

/// All panels, and the caption.
pub fn in_words(picture: &Picture) -> String {
    let panels = picture.panels.iter().map(panel_in_words);
    let parts = panels
        .chain([picture.caption.clone()])
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}
