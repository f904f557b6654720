//! The path of the weights in the plane through their start, the lazy solution and
//! the end of the run: the paper's Figure 1(a), measured.

use super::{
    controls::heading,
    facts::fact,
    glossary,
    polyline::ScreenPen,
    small_plot::{SmallPlot, key},
    theme::Theme,
};
use crate::{
    history::{Moment, format},
    training::PathView,
};
use egui::{Align2, Rect, RichText, Sense, Ui, Vec2, pos2};

/// Height of the plot as a part of its width, and its ends in points.
const HEIGHT: (f32, f32, f32) = (0.9, 170.0, 300.0);

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, moment: Moment<'_>, view: Option<Result<&PathView, &str>>) {
    heading(ui, theme, "THE PATH OF THE WEIGHTS");
    match view {
        None if moment.run().failure().is_some() => {
            note(ui, theme, "There is no path: the run failed.")
        }
        None => note(ui, theme, "Looking for the plane …"),
        Some(Err(why)) => note(ui, theme, &format!("No path: {why}.")),
        Some(Ok(view)) => path(ui, theme, view),
    }
}

fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    glossary::label(ui, theme, text, theme.muted, None);
}

/// The lazy solution may be so far off that the run would be a dot beside it: beyond
/// this many times the run's own extent it is left out of the frame.
const FAR: f64 = 3.0;

/// How far the run goes, the end included.
fn extent(view: &PathView) -> f64 {
    let run = view.path.iter().map(|(_, place)| place.at);
    let all = run.chain([view.end, view.now.at]);
    all.map(|[x, y]| x.hypot(y)).fold(0.0, f64::max)
}

/// Ends of both axes, with one scale for both: all that is drawn, but for a lazy solution
/// far away.
fn ranges(view: &PathView, size: Vec2) -> [(f64, f64); 2] {
    let most = FAR * extent(view);
    let is_far = view.lazy[0] > most;
    let lazy = match is_far {
        true => [0.5 * most, 0.0],
        false => view.lazy,
    };
    let fixed = [[0.0; 2], lazy, view.end, view.now.at];
    let run = view.path.iter().map(|(_, place)| place.at);
    let lazy_path = view.lazy_path.iter().copied().filter(|_| !is_far);
    let points = || {
        fixed
            .into_iter()
            .chain(run.clone())
            .chain(lazy_path.clone())
    };
    let ends = [0, 1].map(|axis| {
        let values = || points().map(|p| p[axis]);
        let low = values().fold(f64::INFINITY, f64::min);
        (low, values().fold(f64::NEG_INFINITY, f64::max))
    });
    let spans = ends.map(|(low, high)| (high - low).max(1e-12));
    let (width, height) = (f64::from(size.x), f64::from(size.y));
    let scale = 1.16 * (spans[0] / width).max(spans[1] / height);
    let around = |(low, high): (f64, f64), room: f64| {
        let middle = 0.5 * (low + high);
        (middle - 0.5 * scale * room, middle + 0.5 * scale * room)
    };
    [around(ends[0], width), around(ends[1], height)]
}

/// A few round numbers between two ends.
fn round_ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 4.0;
    let unit = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * unit);
    let step = step.into_iter().find(|s| *s >= rough).unwrap_or(unit);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last.min(first + 12))
        .map(|k| k as f64 * step)
        .collect()
}

fn path(ui: &mut Ui, theme: &Theme, view: &PathView) {
    let (part, least, most) = HEIGHT;
    let width = ui.available_width();
    let height = (part * width).clamp(least, most);
    let small = egui::TextStyle::Small.resolve(ui.style()).size;
    // What the plot's area will be.
    let area = Vec2::new(width - 3.3 * small - 8.0, height - 2.0 * small - 6.0);
    let [x, y] = ranges(view, area);
    let name = "Path of the weights in the plane of start, lazy solution and end";
    let (plot, response) = SmallPlot::new(ui, name, height, x, y, Sense::hover());
    let text = |value: f64| match value.abs() < 1e-12 {
        true => "0".to_owned(),
        false => format::plain(value, 2),
    };
    for value in round_ticks(x) {
        plot.x_tick(value, &text(value), theme);
    }
    for value in round_ticks(y) {
        plot.y_tick(value, &text(value), theme);
    }
    let lazy = ScreenPen::line(theme.ghost, 1.4, true);
    let before = ScreenPen::line(theme.test, 2.2, false);
    let after = ScreenPen {
        colour: theme.test.gamma_multiply(0.35),
        width: 1.4,
        ..before
    };
    let at = |[x, y]: [f64; 2]| (x, y);
    plot.curve(view.lazy_path.iter().map(|p| at(*p)), lazy);
    let seen = view.path.partition_point(|(step, _)| *step <= view.step);
    let later = view.path[seen.saturating_sub(1)..].iter();
    plot.curve(later.map(|(_, place)| at(place.at)), after);
    let earlier = view.path[..seen].iter().map(|(_, place)| at(place.at));
    plot.curve(earlier.chain(std::iter::once(at(view.now.at))), before);
    let mut taken: Vec<Rect> = Vec::new();
    for ([x, y], diamond, colour, name) in [
        ([0.0; 2], false, theme.muted, "step 0"),
        (view.lazy, false, theme.ghost, "lazy solution"),
        (view.end, true, theme.alignment, "end"),
    ] {
        plot.mark(x, y, diamond, colour);
        let point = pos2(plot.x(x), plot.y(y));
        let places = [
            (Vec2::new(7.0, -3.0), Align2::LEFT_BOTTOM),
            (Vec2::new(-7.0, -3.0), Align2::RIGHT_BOTTOM),
            (Vec2::new(7.0, 3.0), Align2::LEFT_TOP),
            (Vec2::new(-7.0, 3.0), Align2::RIGHT_TOP),
        ];
        let size = plot.galley(name, theme.text).size();
        let free = places.into_iter().find(|(offset, anchor)| {
            let rect = anchor.anchor_size(point + *offset, size);
            plot.area.contains_rect(rect) && !taken.iter().any(|r| r.intersects(rect))
        });
        if let Some((offset, anchor)) = free {
            taken.push(plot.text(point + offset, anchor, name, theme.text));
        }
    }
    if view.lazy[0] > x.1 {
        let text = format!(
            "lazy solution at {} →",
            format::significant(view.lazy[0], 2)
        );
        let at = pos2(plot.area.right() - 3.0, plot.y(0.0) - 3.0);
        plot.text(at, Align2::RIGHT_BOTTOM, &text, theme.text);
    }
    plot.mark(view.now.at[0], view.now.at[1], false, theme.test);
    if let Some(pointer) = response.hover_pos().filter(|p| plot.area.contains(*p)) {
        let distance =
            |place: &[f64; 2]| pointer.distance(pos2(plot.x(place[0]), plot.y(place[1])));
        let nearest =
            (view.path.iter()).min_by(|(_, a), (_, b)| distance(&a.at).total_cmp(&distance(&b.at)));
        if let Some((step, place)) = nearest.filter(|(_, place)| distance(&place.at) < 30.0) {
            plot.mark(place.at[0], place.at[1], false, theme.text);
            response.show_tooltip_text(format!(
                "step {}\n{} along the way to the lazy solution\n{} across it\n{} outside of the plane",
                format::thousands(*step),
                format::significant(place.at[0], 3),
                format::significant(place.at[1], 3),
                format::significant(place.outside, 3)
            ));
        }
    }
    ui.horizontal_wrapped(|ui| {
        key(ui, before, "the run", theme);
        key(ui, lazy, "the lazy model", theme);
    });
    note(ui, theme, &reading(view));
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.y = 3.0;
    let share = view.now.inside_share();
    for (name, value, why) in [
        (
            "towards the lazy solution",
            part_of(view.now.at[0], view.lazy[0]),
            "How much of the way from step 0 to the lazy solution the run has gone along it.",
        ),
        (
            "towards the end, across it",
            part_of(view.now.at[1], view.end[1]),
            "How much of the end's distance from that way the run has gone.",
        ),
        (
            "of the way in this plane",
            if share.is_finite() {
                format::percent(share)
            } else {
                "–".into()
            },
            "The share of the squared distance from step 0 that lies in the plane: the rest is the path's bend out of it.",
        ),
    ] {
        fact(ui, theme, name, &value, why, true);
    }
    ui.label(
        RichText::new("Distances of all weights at once, in units of ‖W₀‖.")
            .text_style(egui::TextStyle::Small)
            .color(theme.muted),
    );
}

fn part_of(value: f64, whole: f64) -> String {
    match whole > 1e-9 {
        true => format::percent((value / whole).max(0.0)),
        false => "–".into(),
    }
}

/// What the picture shows, in one sentence.
fn reading(view: &PathView) -> String {
    let most = (view.path.iter())
        .filter(|(step, _)| *step <= view.step)
        .map(|(_, place)| place.at[0])
        .fold(view.now.at[0], f64::max);
    let towards = match view.lazy[0] > 1e-12 {
        true => (most / view.lazy[0]).max(0.0),
        false => 0.0,
    };
    let length = |[x, y]: [f64; 2]| (x * x + y * y).sqrt();
    let far = length(view.end) / view.lazy[0].max(1e-12);
    let leaves = view.end[1] > 0.2 * length(view.end);
    let so_far = format!(
        "Up to step {} the weights have gone {} of the way to the lazy solution",
        format::thousands(view.step),
        format::percent(towards)
    );
    match leaves {
        true => format!(
            "{so_far}; the end lies elsewhere, {} as far from step 0 and {} of that across the lazy way, where features are learned.",
            format::times(far),
            format::percent(view.end[1] / length(view.end))
        ),
        false => format!("{so_far}, and the end lies on that way: the run stays lazy."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::plane::Place;
    use std::time::Duration;

    fn view(end: [f64; 2]) -> PathView {
        let place = |at| Place { at, outside: 0.1 };
        PathView {
            step: 100,
            now: place([0.2, 0.1]),
            path: vec![
                (0, place([0.0; 2])),
                (50, place([0.3, 0.05])),
                (200, place(end)),
            ],
            lazy_path: vec![[0.0; 2], [0.5, 0.0]],
            lazy: [0.5, 0.0],
            end,
            cost: Duration::ZERO,
        }
    }

    #[test]
    fn the_sentence_says_where_the_run_went() {
        assert_eq!(
            reading(&view([0.3, 4.0])),
            "Up to step 100 the weights have gone 60 % of the way to the lazy solution; the end lies elsewhere, 8× as far from step 0 and 100 % of that across the lazy way, where features are learned."
        );
        assert!(reading(&view([0.5, 0.01])).ends_with("the run stays lazy."));
    }

    #[test]
    fn both_axes_have_one_scale_and_hold_everything() {
        let view = view([0.3, 4.0]);
        let [x, y] = ranges(&view, Vec2::new(300.0, 150.0));
        let scale = |(low, high): (f64, f64), room: f64| (high - low) / room;
        assert!((scale(x, 300.0) / scale(y, 150.0) - 1.0).abs() < 1e-9);
        assert!(x.0 < 0.0 && x.1 > 0.5 && y.0 < 0.0 && y.1 > 4.0);
        let ticks = round_ticks(y);
        assert!(ticks.contains(&0.0) && (2..=8).contains(&ticks.len()));
        // A lazy solution far away does not make a dot of the run.
        let far = PathView {
            lazy: [90.0, 0.0],
            ..view
        };
        let [x, _] = ranges(&far, Vec2::new(300.0, 150.0));
        assert!(x.1 < 20.0);
    }
}
