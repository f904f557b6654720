//! The kernel on the train set: its spectrum against theory, where the labels
//! lie in it, and how much of it points at them.

use super::{
    controls::heading, facts::fact, glossary, polyline::ScreenPen, small_plot::SmallPlot,
    theme::Theme,
};
use crate::{
    history::{Moment, format},
    sim::{
        committee::kernel::{Spectrum, SpectrumTheory},
        metrics::Metric,
    },
    training::KernelView,
};
use egui::{Color32, Rect, Response, RichText, Sense, Shape, Stroke, Ui, Vec2, pos2};

/// Eigenvalues further below the largest one are not drawn.
const DECADES: f64 = 7.0;

const TOOLTIP_WIDTH: f32 = 300.0;

/// The alignments in the table, with their names.
const ALIGNMENTS: [(Metric, &str); 8] = [
    (Metric::PopulationAlignment, "population, P = ∞"),
    (Metric::Alignment, "raw, train set"),
    (Metric::CenteredAlignment, "centred (CKA), train set"),
    (
        Metric::ColumnCenteredAlignment,
        "columns centred, train set",
    ),
    (Metric::TestAlignment, "raw, test set"),
    (Metric::TestCenteredAlignment, "centred (CKA), test set"),
    (
        Metric::TestColumnCenteredAlignment,
        "columns centred, test set",
    ),
    (Metric::NtkRelativeAlignment, "with K₀, train set"),
];

/// Draws the tab's content.
pub fn show(
    ui: &mut Ui,
    theme: &Theme,
    moment: Moment<'_>,
    kernel: Option<Result<&KernelView, &str>>,
) {
    heading(ui, theme, "SPECTRUM OF K/P ON THE TRAIN SET");
    match kernel {
        None if moment.run().failure().is_some() => {
            note(ui, theme, "There is no kernel: the run failed.")
        }
        None => note(ui, theme, "Taking the kernel apart …"),
        Some(Err(why)) => note(ui, theme, &format!("No spectrum: {why}.")),
        Some(Ok(view)) => spectra(ui, theme, view),
    }
    heading(ui, theme, "ALIGNMENT OF THE KERNEL");
    ui.spacing_mut().item_spacing.y = 3.0;
    let now = moment.row().map_or(0, |row| row.step);
    for (metric, name) in ALIGNMENTS {
        let spec = metric.spec();
        let definition = format!("{} = {}\n{}", name, spec.symbol, spec.meaning);
        match moment.last(metric) {
            Some((step, value)) => {
                let when = format!(
                    "{definition}\nMeasured at step {}.",
                    format::thousands(step)
                );
                let text = format::significant(value, 4);
                fact(ui, theme, name, &text, &when, step == now);
            }
            None => {
                let why = format!("{definition}\nNot measured in this run.");
                fact(ui, theme, name, "–", &why, false);
            }
        }
    }
}

fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    glossary::label(ui, theme, text, theme.muted, None);
}

fn spectra(ui: &mut Ui, theme: &Theme, view: &KernelView) {
    let colours = [theme.ghost, theme.kernel_alignment];
    ui.horizontal(|ui| {
        let names = [
            "K₀".to_owned(),
            format!("K at step {}", format::thousands(view.step)),
        ];
        let pens = colours.into_iter().zip([true, false]);
        for (name, (colour, dashed)) in names.into_iter().zip(pens) {
            let (rect, _) = ui.allocate_exact_size(Vec2::new(18.0, 10.0), Sense::hover());
            let ends = [rect.left_center(), rect.right_center()];
            let stroke = Stroke::new(2.0, colour);
            ui.painter().extend(if dashed {
                Shape::dashed_line(&ends, stroke, 5.0, 3.0)
            } else {
                vec![Shape::line_segment(ends, stroke)]
            });
            ui.label(RichText::new(name).color(theme.text));
        }
    });
    eigenvalues(ui, theme, view, colours);
    heading(ui, theme, "WHERE THE LABELS LIE: C(k)");
    power(ui, theme, view, colours);
    note(ui, theme, &reading(view));
    ui.add_space(4.0);
    let difficulty = |s: &Spectrum| format::significant(s.difficulty, 3);
    let meaning = "Difficulty yᵀK⁻¹y of the labels: in proportion to how far the lazy model must move its weights to fit them. Infinite for labels outside the kernel's range.";
    fact(
        ui,
        theme,
        "difficulty yᵀK₀⁻¹y",
        &difficulty(&view.initial),
        meaning,
        true,
    );
    fact(
        ui,
        theme,
        "yᵀK⁻¹y now",
        &difficulty(&view.now),
        meaning,
        true,
    );
}

/// How many modes hold half of the labels' power, then and now.
fn reading(view: &KernelView) -> String {
    let half = |s: &Spectrum| s.cumulative.partition_point(|&c| c < 0.5) + 1;
    let (before, now) = (half(&view.initial), half(&view.now));
    let modes = |n: usize| match n {
        1 => "the first mode".to_owned(),
        n => format!("the first {} modes", format::thousands(n as u64)),
    };
    let verdict = match 2 * now {
        twice if twice <= before => "the kernel has turned towards the labels",
        _ if now < before => "the kernel leans towards the labels",
        _ if now == before => "the kernel points where it did",
        _ => "the kernel has turned away from the labels",
    };
    if view.step == 0 {
        return format!("Half of the labels' power lies in {} of K₀.", modes(before));
    }
    format!(
        "Half of the labels' power lies in {} of K now, in {} of K₀: {verdict}.",
        modes(now),
        modes(before)
    )
}

/// A small plot over the log of the mode's number.
fn plot_of_modes(
    ui: &mut Ui,
    name: &str,
    height: f32,
    modes: usize,
    range: (f64, f64),
    theme: &Theme,
) -> (SmallPlot, Response) {
    let x = (0.0, log_mode(modes.max(2)));
    let (plot, response) = SmallPlot::new(ui, name, height, x, range, Sense::hover());
    for k in 0..=x.1.floor() as u32 {
        let text = format::thousands(10u64.pow(k));
        plot.x_tick(f64::from(k), &text, theme);
    }
    (plot, response)
}

fn log_mode(mode: usize) -> f64 {
    (mode.max(1) as f64).log10()
}

/// The mode under the pointer, marked by a line.
fn hovered_mode(
    plot: &SmallPlot,
    response: &Response,
    modes: usize,
    theme: &Theme,
) -> Option<usize> {
    let mode = plot.hovered(response)?.round() as usize;
    let mode = mode.clamp(1, modes.max(1));
    plot.cursor(log_mode(mode), theme.muted);
    Some(mode)
}

/// Names a horizontal line where the text covers neither curve nor name;
/// nowhere if there is no such place.
fn name_level(
    plot: &SmallPlot,
    y: f32,
    name: &str,
    curves: &[Vec<f64>; 2],
    taken: &mut Vec<Rect>,
    theme: &Theme,
) {
    let galley = plot.galley(name, theme.alignment);
    let size = galley.size();
    let (left, right) = (plot.area.left() + 3.0, plot.area.right() - size.x - 3.0);
    let covers = |rect: Rect| {
        curves
            .iter()
            .flat_map(|c| c.windows(2).enumerate())
            .any(|(k, ends)| {
                let along = plot.x(log_mode(k + 1)) <= rect.right()
                    && plot.x(log_mode(k + 2)) >= rect.left();
                along && plot.y(ends[0]) <= rect.bottom() && plot.y(ends[1]) >= rect.top()
            })
    };
    let free = [1.0, 0.0, 0.75, 0.25, 0.5]
        .into_iter()
        .map(|part| left + part * (right - left))
        .flat_map(|x| [pos2(x, y - size.y - 1.0), pos2(x, y + 1.0)])
        .map(|corner| Rect::from_min_size(corner, size))
        .find(|rect| {
            plot.area.contains_rect(*rect)
                && !taken.iter().any(|other| other.intersects(*rect))
                && !covers(rect.expand(2.0))
        });
    if let Some(rect) = free {
        plot.painter().galley(rect.min, galley, theme.alignment);
        taken.push(rect);
    }
}

/// The spectrum at the start is dashed, the one now solid.
fn curve(plot: &SmallPlot, values: &[f64], colour: Color32, dashed: bool) {
    let values = values.iter().enumerate().filter(|(_, v)| v.is_finite());
    let points = values.map(|(k, v)| (log_mode(k + 1), *v));
    let width = if dashed { 1.4 } else { 1.8 };
    plot.curve(points, ScreenPen::line(colour, width, dashed));
}

/// Theory's eigenvalues: name, value, what it is.
fn levels(theory: &SpectrumTheory) -> [(&'static str, f64, String); 4] {
    let modes = |count: usize| format!("{} modes", format::thousands(count as u64));
    [
        (
            "λ lin",
            theory.linear.value,
            format!("1/D, the linear functions, {}", modes(theory.linear.count)),
        ),
        (
            "λ radial",
            theory.radial.value,
            "(ε²σ²/D)(1 + 2/D), the function |x|², one mode".into(),
        ),
        (
            "λ quad",
            theory.quadratic.value,
            format!(
                "2ε²σ²/D², the other quadratic functions, {}",
                modes(theory.quadratic.count)
            ),
        ),
        (
            "sampled",
            theory.sampled_quadratic,
            "where P samples put λ quad instead".into(),
        ),
    ]
}

fn eigenvalues(ui: &mut Ui, theme: &Theme, view: &KernelView, colours: [Color32; 2]) {
    let shown = [&view.initial, &view.now];
    let logs =
        |s: &Spectrum| -> Vec<f64> { s.eigenvalues[..s.rank].iter().map(|v| v.log10()).collect() };
    let curves = shown.map(logs);
    let levels = view.theory.as_ref().map(levels).into_iter().flatten();
    let levels: Vec<_> = levels.filter(|(_, v, _)| *v > 0.0).collect();
    let all = || {
        let values = curves.iter().flatten().copied();
        values.chain(levels.iter().map(|(_, v, _)| v.log10()))
    };
    let top = all().fold(f64::NEG_INFINITY, f64::max);
    let bottom = all().fold(f64::INFINITY, f64::min);
    if !(top.is_finite() && bottom.is_finite()) {
        note(ui, theme, "The kernel is zero.");
        return;
    }
    let range = ((bottom - 0.2).max(top - DECADES), top + 0.2);
    let modes = view.initial.eigenvalues.len();
    let (plot, response) = plot_of_modes(ui, "Spectrum of the kernel", 190.0, modes, range, theme);
    let (first, last) = (range.0.ceil() as i32, range.1.floor() as i32);
    let every = ((last - first) / 4 + 1).max(1) as usize;
    for power in (first..=last).step_by(every) {
        plot.y_tick(f64::from(power), &format::power_of_ten(power), theme);
    }
    for (values, (colour, dashed)) in curves.iter().zip(colours.into_iter().zip([true, false])) {
        curve(&plot, values, colour, dashed);
    }
    let mut taken: Vec<Rect> = Vec::new();
    for (name, value, _) in &levels {
        let y = plot.y(value.log10());
        if !plot.area.y_range().contains(y) {
            continue;
        }
        let ends = [pos2(plot.area.left(), y), pos2(plot.area.right(), y)];
        let stroke = Stroke::new(1.0, theme.alignment.gamma_multiply(0.8));
        plot.painter()
            .extend(Shape::dashed_line(&ends, stroke, 4.0, 3.0));
        name_level(&plot, y, name, &curves, &mut taken, theme);
    }
    let Some(mode) = hovered_mode(&plot, &response, modes, theme) else {
        return;
    };
    let value = |s: &Spectrum| match s.eigenvalues.get(mode - 1) {
        Some(v) if mode <= s.rank => format::significant(*v, 3),
        _ => "0".into(),
    };
    let mut text = format!(
        "mode {}\nK₀ {}\nK at step {} {}",
        format::thousands(mode as u64),
        value(&view.initial),
        format::thousands(view.step),
        value(&view.now)
    );
    if !levels.is_empty() {
        text.push_str("\n\nTheory of K₀ at N = ∞");
        for (name, value, meaning) in &levels {
            text.push_str(&format!(
                "\n{name} {}: {meaning}",
                format::significant(*value, 3)
            ));
        }
        text.push_str(&format!("\n{}", SpectrumTheory::WHY_SAMPLED));
    }
    explain(&response, text);
}

fn power(ui: &mut Ui, theme: &Theme, view: &KernelView, colours: [Color32; 2]) {
    let modes = view.initial.eigenvalues.len();
    let range = (0.0, 1.02);
    let (plot, response) = plot_of_modes(
        ui,
        "Power of the labels by mode",
        130.0,
        modes,
        range,
        theme,
    );
    for (value, text) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
        plot.y_tick(value, text, theme);
    }
    let base = plot.y(0.0);
    let stem = Stroke::new(1.2, colours[1].gamma_multiply(0.55));
    for (k, power) in view.now.power.iter().enumerate() {
        // Lower stems are less than a pixel.
        if *power > 4e-3 {
            let x = plot.x(log_mode(k + 1));
            plot.painter().vline(x, plot.y(*power)..=base, stem);
        }
    }
    for (spectrum, colour) in [&view.initial, &view.now].into_iter().zip(colours) {
        let dashed = std::ptr::eq(spectrum, &view.initial);
        curve(&plot, &spectrum.cumulative, colour, dashed);
    }
    let Some(mode) = hovered_mode(&plot, &response, modes, theme) else {
        return;
    };
    let line = |name: String, s: &Spectrum| {
        let at = |v: &[f64]| {
            v.get(mode - 1)
                .map_or_else(|| "–".into(), |v| format::percent(*v))
        };
        format!(
            "{name}: {} in this mode, C(k) = {}",
            at(&s.power),
            at(&s.cumulative)
        )
    };
    let text = format!(
        "mode {}\n{}\n{}\nPower (u_k·y)²/|y|² of the labels along the k-th eigenvector (stems, of K now), and its sum C(k) over the first k (curves).",
        format::thousands(mode as u64),
        line("K₀".into(), &view.initial),
        line(
            format!("K at step {}", format::thousands(view.step)),
            &view.now
        ),
    );
    explain(&response, text);
}

/// Beside the plot, no wider than the panel.
fn explain(response: &Response, text: String) {
    response.show_tooltip_ui(|ui| {
        ui.set_max_width(TOOLTIP_WIDTH);
        ui.label(text);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn spectrum(power: &[f64]) -> Spectrum {
        let mut sum = 0.0;
        Spectrum {
            eigenvalues: power.iter().map(|_| 1.0).collect(),
            power: power.to_vec(),
            cumulative: power
                .iter()
                .map(|p| {
                    sum += p;
                    sum
                })
                .collect(),
            rank: power.len(),
            difficulty: 1.0,
        }
    }

    #[test]
    fn the_reading_says_where_the_labels_went() {
        let (late, early) = (
            spectrum(&[0.1, 0.1, 0.1, 0.7]),
            spectrum(&[0.9, 0.1, 0.0, 0.0]),
        );
        let say = |initial: &Spectrum, now: &Spectrum, step| {
            reading(&KernelView {
                step,
                initial: initial.clone(),
                now: now.clone(),
                theory: None,
                cost: Duration::ZERO,
            })
        };
        assert!(say(&late, &early, 9).ends_with("has turned towards the labels."));
        assert!(say(&early, &late, 9).ends_with("has turned away from the labels."));
        assert!(say(&late, &late, 9).ends_with("points where it did."));
        assert_eq!(
            say(&late, &late, 0),
            "Half of the labels' power lies in the first 4 modes of K₀."
        );
    }
}
