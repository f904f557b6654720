//! What a place of the diagram holds, in words and as a curve.

use super::{
    figure::shown,
    legend::swatch,
    miniature::{self, Window},
};
use crate::{
    history::format,
    sim::config::{Value, field},
    sweep::diagram::{Cell, Class, Diagram, Quartiles, Side, Summary},
    views::{fonts, theme::Theme},
};
use egui::{RichText, Sense, Ui, Vec2, vec2};

/// Width of the card.
pub const WIDTH: f32 = 250.0;

/// Draws what is known of a place.
pub fn show(ui: &mut Ui, theme: &Theme, diagram: &Diagram, place: [usize; 2], horizon: f64) {
    ui.set_max_width(WIDTH);
    ui.spacing_mut().item_spacing.y = 3.0;
    let layout = diagram.layout();
    let coordinates: Vec<String> = [(&layout.x, place[0]), (&layout.y, place[1])]
        .into_iter()
        .filter(|(side, _)| !side.key.is_empty())
        .map(|(side, k)| coordinate(side, k))
        .collect();
    ui.label(
        RichText::new(coordinates.join(",  "))
            .family(fonts::bold())
            .color(theme.text),
    );
    let Some(from) = diagram.filled_by(place) else {
        ui.label(RichText::new("Not computed yet.").color(theme.muted));
        return;
    };
    let Some(summary) = diagram.summary(from) else {
        return;
    };
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
        swatch(ui.painter(), rect, summary.class, theme);
        ui.label(RichText::new(summary.class.label()).color(theme.text));
    });
    let cells: Vec<&Cell> = diagram.seeds(from).map(|c| &**c).collect();
    if let Some(cell) = cells.first() {
        let (rect, _) = ui.allocate_exact_size(vec2(WIDTH, 104.0), Sense::hover());
        let window = Window::around(cells.iter().copied(), horizon);
        miniature::framed(ui, rect, theme, cell, window);
    }
    for line in lines(&cells, summary, from != place) {
        ui.label(RichText::new(line).color(theme.text));
    }
    let note = match (from != place, summary.draft) {
        (true, _) => "Its neighbour's, until this one is computed.",
        (false, true) => "A first, rough result: it is computed more closely next.",
        (false, false) => "Click to load it as a run.",
    };
    ui.label(RichText::new(note).small().color(theme.muted));
}

/// A setting and its value at a place.
pub fn coordinate(side: &Side, k: usize) -> String {
    let name = field(&side.key).map_or(side.key.as_str(), |f| f.short_name());
    match side.values.get(k) {
        // In full it may have sixteen digits: that it is rounded is said.
        Some(Value::Real(x)) => {
            let text = format::plain(*x, 4);
            let exact = text.parse() == Ok(*x);
            format!("{name} {} {text}", if exact { "=" } else { "≈" })
        }
        Some(value) => format!("{name} = {}", shown(side, value)),
        None => name.to_owned(),
    }
}

/// What the numbers say.
fn lines(cells: &[&Cell], summary: &Summary, borrowed: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let [cell] = cells {
        let r = &cell.result;
        let step = |s: u64| format::thousands(s);
        match (r.fit_step, r.generalise_step, r.delay_ratio) {
            (Some(fit), Some(test), Some(ratio)) if ratio > 1.0 => lines.push(format!(
                "fits at step {}, generalises at {}: {} steps or {} later",
                step(fit),
                step(test),
                step(test - fit),
                format::times(ratio)
            )),
            (Some(fit), Some(test), _) => lines.push(format!(
                "fits at step {}, generalises at {}",
                step(fit),
                step(test)
            )),
            (Some(fit), None, _) => lines.push(format!("fits at step {}", step(fit))),
            (None, Some(test), _) => lines.push(format!(
                "test loss passes its threshold at step {}, train loss has not",
                step(test)
            )),
            (None, None, _) => {}
        }
        if let Some(predicted) = r.predicted_fit_step_at_50_percent {
            let measured = match r.fit_step_at_50_percent {
                Some(measured) => step(measured),
                None => "not yet".into(),
            };
            lines.push(format!(
                "features escape: predicted {}, measured {measured}",
                step(predicted)
            ));
        }
        if let Some(test) = r.test_loss {
            let when = match r.ended.as_str() {
                "classified" => "where it has generalised and its run ends",
                "spent" => "where the train loss is spent",
                "diverged" => "where it diverged",
                _ => "at the horizon",
            };
            lines.push(format!("test loss {} {when}", format::significant(test, 3)));
        }
        if let Some(note) = &r.note {
            lines.push(note.clone());
        }
    } else if !borrowed {
        let of = summary.computed;
        let parts: Vec<String> = Class::ALL
            .into_iter()
            .filter(|class| summary.counts[*class as usize] > 0)
            .map(|class| format!("{} {}", summary.counts[class as usize], class.label()))
            .collect();
        lines.push(format!(
            "{of} seeds: {} (the curve is the first one's)",
            parts.join(", ")
        ));
        lines.extend(spread("delay in steps", summary.delay[0], of));
        lines.extend(spread("log₁₀ t_test/t_train", summary.ratio[0], of));
        lines.extend(spread("log₁₀ t_train", summary.fit, of));
        lines.extend(spread("log₁₀ t_test", summary.generalise, of));
    }
    lines
}

/// Median and quartiles, and of how many seeds where not of all.
fn spread(name: &str, of: Option<Quartiles>, all: usize) -> Option<String> {
    let q = of?;
    let number = |v: f64| match v.is_finite() {
        true => format::plain(v, 3),
        false => "not yet".into(),
    };
    let share = match q.count == all {
        true => String::new(),
        false => format!(" ({} of {all} seeds got there)", q.count),
    };
    Some(format!(
        "{name}: median {}, quartiles {} to {}{share}",
        number(q.median),
        number(q.lower),
        number(q.upper)
    ))
}
