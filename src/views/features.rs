//! The neurons in the plane of the target direction and the strongest direction
//! across it, the eigenvalues of M, and how much of M lies along the target.

use super::{
    colormap::{image, sequential},
    controls::heading,
    eigenvalues,
    facts::fact,
    glossary, heat_map,
    theme::Theme,
};
use crate::{
    history::{Run, format},
    sim::{
        committee::density::Density,
        committee::features::{EVERY_NEURON, Features, Spread, Verdict},
        config::Width,
        metrics::Metric,
    },
    training::FeatureView,
};
use egui::{
    Align2, Color32, ColorImage, FontId, Painter, Pos2, Rect, RichText, Role, Sense, Shape, Stroke,
    TextStyle, TextureOptions, Ui, Vec2, WidgetInfo, pos2,
};
use std::time::Duration;

/// Height of the scatter plot.
const HEIGHT: f32 = 212.0;
/// Where the ramp of the densest cell ends: before the colour of the ellipses.
const FULL: f32 = 0.62;
/// Corners of an ellipse.
const CORNERS: usize = 96;

/// Draws the tab's content.
///
/// `at` is the step that the window shows.
pub fn show(
    ui: &mut Ui,
    theme: &Theme,
    run: &Run,
    at: u64,
    view: Option<Result<&FeatureView, &str>>,
) {
    let view = match view {
        Some(Ok(view)) => view,
        other => {
            heading(ui, theme, "NEURONS");
            let text = match other {
                Some(Err(why)) => format!("No picture of the neurons: {why}."),
                _ if run.failure().is_some() => "There are no neurons: the run failed.".into(),
                _ => "Looking at the neurons …".into(),
            };
            ui.label(RichText::new(text).color(theme.muted));
            return;
        }
    };
    let features = &view.features;
    let title = format!("NEURONS AT STEP {}", format::thousands(view.step));
    heading(ui, theme, &title);
    scatter(ui, theme, features, view.look);
    legend(ui, theme, view);
    ui.add_space(4.0);
    glossary::label(ui, theme, &sentence(features), theme.muted, None);
    heading(ui, theme, "LARGEST EIGENVALUES OF M OVER TIME");
    eigenvalues::over_time(ui, theme, run, at);
    heading(ui, theme, "M, THE TARGET DIRECTION FIRST");
    heat_map::show(ui, theme, &features.matrix, view.look);
    heading(ui, theme, "FEATURE ALIGNMENT");
    ui.spacing_mut().item_spacing.y = 3.0;
    let spec = Metric::FeatureAlignment.spec();
    let meaning = format!("{}\n{}", spec.symbol, spec.meaning);
    for (name, value) in [
        ("now", features.alignment),
        ("at step 0", features.initial_alignment),
    ] {
        fact(ui, theme, name, &number(value, 4), &meaning, true);
    }
    heading(ui, theme, "LARGEST EIGENVALUES OF M NOW");
    eigenvalues::now(ui, theme, features);
}

/// A number, or a dash where there is none.
pub(super) fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        "–".into()
    } else {
        format::significant(value, digits)
    }
}

/// What the cloud looks like, from its numbers.
fn sentence(features: &Features) -> String {
    let wide = format::times(features.elongation());
    let share = format::percent(features.alignment);
    match features.verdict() {
        Verdict::Unmoved => {
            "The neurons have not moved yet: the features are those of the initial weights.".into()
        }
        Verdict::Aligned if features.elongation().is_finite() => format!(
            "Aligned: the cloud is {wide} as wide along β as across it, and {share} of the squared weights lie along the target."
        ),
        Verdict::Aligned => {
            format!("Aligned: {share} of the squared weights lie along the target.")
        }
        Verdict::Turning => format!(
            "Turning: {share} of the squared weights lie along the target, {} what it was at step 0.",
            format::times(features.alignment / features.initial_alignment)
        ),
        Verdict::TurningAway => format!(
            "Turning away: {share} of the squared weights lie along the target, less than half of what it was at step 0."
        ),
        Verdict::Spread => format!(
            "Spread: the neurons have moved, but as at step 0 about {share} of the squared weights lie along the target."
        ),
    }
}

/// Which neurons the dots are.
fn population(features: &Features) -> String {
    let shown = format::thousands(features.points.len() as u64);
    match features.width {
        Width::Finite(1) => "the only neuron".into(),
        Width::Finite(n) if n == features.points.len() => format!("all {shown} neurons"),
        Width::Finite(n) => format!("sample: {shown} of {} neurons", format::thousands(n as u64)),
        Width::Infinite => format!("sample: {shown} draws, N = ∞"),
    }
}

/// Which neurons were counted, how many lie in the fullest cell, and how long
/// it took.
fn counted(features: &Features, density: &Density, cost: Duration) -> String {
    let count = density.counted.unwrap_or(0);
    let all = features.width.finite().unwrap_or(count);
    let [some, every] = [count, all].map(|n| format::thousands(n as u64));
    let which = if density.growing {
        format!("first {some} of {every} neurons, more to come")
    } else if count < all {
        format!("first {some} of {every} neurons: more do not fit into 200 MB")
    } else {
        format!("all {every} neurons")
    };
    format!(
        "{which}, 1 to {} a cell, counted in {} ms",
        format::thousands(density.peak() as u64),
        cost.as_millis().max(1)
    )
}

/// Equal axes around the origin.
struct Plane {
    area: Rect,
    centre: Pos2,
    /// Pixels for each unit.
    scale: f64,
}

impl Plane {
    fn new(area: Rect, features: &Features) -> Self {
        let fit = |pixels: f32, reach: f64| f64::from(pixels) / 2.0 / reach.max(1e-12);
        Self {
            area,
            centre: area.center(),
            scale: fit(area.width(), features.reach(0)).min(fit(area.height(), features.reach(1))),
        }
    }

    fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        self.centre + Vec2::new((x * self.scale) as f32, (-y * self.scale) as f32)
    }

    /// A round distance between ticks, the same on both axes.
    fn tick(&self) -> f64 {
        let least = 42.0 / self.scale;
        let unit = 10f64.powf(least.log10().floor());
        [1.0, 2.0, 5.0]
            .iter()
            .map(|m| m * unit)
            .find(|t| *t >= least)
            .unwrap_or(10.0 * unit)
    }

    fn grid(&self, painter: &Painter, theme: &Theme, small: &FontId) {
        let tick = self.tick();
        let reach = |pixels: f32| (f64::from(pixels) / 2.0 / self.scale / tick).floor() as i32;
        let pen = |k: i32| match k {
            0 => Stroke::new(1.0, theme.faint.gamma_multiply(0.6)),
            _ => Stroke::new(1.0, theme.grid),
        };
        let text = |k: i32| match f64::from(k) * tick {
            v if v < 0.0 => format!("−{}", format::plain(-v, 2)),
            v => format::plain(v, 2),
        };
        let columns = reach(self.area.width());
        for k in -columns..=columns {
            let x = self.at([f64::from(k) * tick, 0.0]).x;
            painter.vline(x, self.area.y_range(), pen(k));
            let at = pos2(x, self.area.bottom() + 4.0);
            painter.text(at, Align2::CENTER_TOP, text(k), small.clone(), theme.muted);
        }
        let rows = reach(self.area.height());
        for k in -rows..=rows {
            let y = self.at([0.0, f64::from(k) * tick]).y;
            painter.hline(self.area.x_range(), y, pen(k));
            let at = pos2(self.area.left() - 6.0, y);
            painter.text(
                at,
                Align2::RIGHT_CENTER,
                text(k),
                small.clone(),
                theme.muted,
            );
        }
    }

    fn ellipse(&self, spread: &Spread, sigmas: f64, colour: Color32, dashed: bool) -> Vec<Shape> {
        let points = spread.ellipse(sigmas, CORNERS);
        let mut corners: Vec<Pos2> = points.into_iter().map(|p| self.at(p)).collect();
        if dashed {
            corners.extend(corners.first().copied());
            Shape::dashed_line(&corners, Stroke::new(1.3, colour), 4.0, 3.0)
        } else {
            vec![Shape::closed_line(corners, Stroke::new(1.5, colour))]
        }
    }
}

fn scatter(ui: &mut Ui, theme: &Theme, features: &Features, look: u64) {
    let size = Vec2::new(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let name = "Neurons in the plane of the target direction β";
        WidgetInfo::labeled(Role::Image, true, name)
    });
    let area = Rect::from_min_max(
        rect.min + Vec2::new(34.0, 6.0),
        rect.max - Vec2::new(6.0, 20.0),
    );
    let small = TextStyle::Small.resolve(ui.style());
    let plane = Plane::new(area, features);
    plane.grid(ui.painter(), theme, &small);
    let painter = ui.painter_at(area);
    if let Some(density) = &features.density {
        shade(ui, area, theme, &plane, density, look);
    }
    // Counted neurons are in the picture already.
    if features
        .density
        .as_ref()
        .is_none_or(|d| d.counted.is_none())
    {
        let many = features.points.len() > 300;
        let (radius, opacity) = if many { (1.5, 0.5) } else { (2.0, 0.8) };
        let colour = theme.alignment.gamma_multiply(opacity);
        let dots = features.points.iter().map(|p| plane.at(*p));
        painter.extend(dots.map(|p| Shape::circle_filled(p, radius, colour)));
    }
    painter.extend(plane.ellipse(&features.initial, 2.0, theme.ghost, true));
    for sigmas in [1.0, 2.0] {
        painter.extend(plane.ellipse(&features.now, sigmas, theme.text, false));
    }
    let zero = plane.at([0.0, 0.0]);
    let name = |at: Pos2, align: Align2, text: &str| {
        let galley = painter.layout_no_wrap(text.into(), small.clone(), theme.text);
        let place = align.anchor_size(at, galley.size());
        let ground = theme.panel.gamma_multiply(0.85);
        painter.rect_filled(place.expand2(Vec2::new(3.0, 1.0)), 2.0, ground);
        painter.galley(place.min, galley, theme.text);
    };
    // Below the cloud, which is seldom as tall as it is wide.
    let right = area.right_bottom() - Vec2::new(5.0, 3.0);
    name(right, Align2::RIGHT_BOTTOM, "w·β/|β|");
    let top = pos2(zero.x + 7.0, area.top() + 3.0);
    name(top, Align2::LEFT_TOP, "w·v");
    if let Some(pointer) = response.hover_pos() {
        let x = f64::from(pointer.x - plane.centre.x) / plane.scale;
        let y = -f64::from(pointer.y - plane.centre.y) / plane.scale;
        let mut text = String::new();
        if area.contains(pointer) {
            let at = [x, y].map(|v| number(v, 3));
            text = format!("w·β/|β| = {}, w·v = {}\n\n", at[0], at[1]);
        }
        text.push_str(&explanation(features));
        response.show_tooltip_ui(|ui| {
            ui.set_max_width(300.0);
            ui.label(text);
        });
    }
}

/// Colours the plane by how many neurons there are.
fn shade(ui: &mut Ui, area: Rect, theme: &Theme, plane: &Plane, density: &Density, look: u64) {
    let [columns, rows] = density.cells;
    let place = Rect::from_two_pos(plane.at(density.low), plane.at(density.high));
    let part = shading(density);
    let make = || {
        let value = |k: usize| density.values[(rows - 1 - k / columns) * columns + k % columns];
        let pixels = (0..columns * rows).map(|k| {
            let value = value(k);
            // Ground without neurons stays as it is, grid lines and all.
            if value <= 0.0 {
                return Color32::TRANSPARENT;
            }
            let part = part(value);
            let colour = sequential(theme, theme.alignment, part);
            colour.gamma_multiply((4.0 * part).min(1.0))
        });
        ColorImage::new([columns, rows], pixels.collect())
    };
    let name = "density of the neurons";
    let painter = ui.painter_at(area);
    image(
        &painter,
        name,
        (look, theme.dark),
        TextureOptions::LINEAR,
        place,
        make,
    );
}

/// Where a density lies on the ramp: the logarithm of a count, so that one
/// neuron is seen; the root of an exact density.
fn shading(density: &Density) -> impl Fn(f32) -> f32 + use<> {
    let counts = density.counted.is_some();
    let peak = density.peak().max(1e-12);
    move |value| {
        if counts {
            FULL * (0.25 + 0.75 * value.ln() / peak.ln().max(1e-6))
        } else {
            FULL * (value / peak).sqrt()
        }
    }
}

fn explanation(features: &Features) -> String {
    let dots = match features.width {
        Width::Infinite if features.density.is_none() => format!(
            "Each dot is one of infinitely many neurons, the same {} draws at every step.",
            features.points.len()
        ),
        Width::Infinite => format!(
            "The shading is the exact density of the infinitely many neurons, a Gaussian. Each dot is a draw from it, the same {} draws at every step.",
            features.points.len()
        ),
        Width::Finite(n) if n == features.points.len() => {
            "Each dot is a neuron's weight vector w_i.".into()
        }
        Width::Finite(_) => format!(
            "Shaded by how many neurons there are, on a logarithmic scale: more than {} are not drawn one by one. Each is counted where its own weight vector w_i lies.",
            format::thousands(EVERY_NEURON as u64)
        ),
    };
    let deviations = [0, 1].map(|axis| number(features.now.deviation(axis), 3));
    let before = [0, 1].map(|axis| number(features.initial.deviation(axis), 3));
    format!(
        "{dots} Across: its part along the target direction β (the first one, if there are several). Up: along v, the direction orthogonal to β in which M = (1/N) Σ w_i w_iᵀ is largest now. The ellipses are exact for all neurons.\n\nStandard deviation along β {}, at step 0 {}\nalong v {}, at step 0 {}",
        deviations[0], before[0], deviations[1], before[1]
    )
}

fn legend(ui: &mut Ui, theme: &Theme, view: &FeatureView) {
    let features = &view.features;
    let row = |ui: &mut Ui, text: &str, draw: &dyn Fn(&Painter, Rect)| {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::new(18.0, 10.0), Sense::hover());
            draw(ui.painter(), rect);
            ui.add(egui::Label::new(RichText::new(text).color(theme.text)).wrap());
        });
    };
    let ramp = |painter: &Painter, rect: Rect| {
        for k in 0..9u8 {
            let part = FULL * f32::from(k) / 8.0;
            let x = rect.left() + 2.0 * f32::from(k);
            let stripe = Rect::from_min_size(pos2(x, rect.top()), Vec2::new(2.0, 10.0));
            painter.rect_filled(stripe, 0.0, sequential(theme, theme.alignment, part));
        }
    };
    match &features.density {
        Some(density) if density.counted.is_some() => {
            row(ui, &counted(features, density, view.cost), &ramp);
        }
        density => {
            row(ui, &population(features), &|painter, rect| {
                painter.circle_filled(rect.center(), 3.0, theme.alignment);
            });
            if density.is_some() {
                row(ui, "exact density, N = ∞", &ramp);
            }
        }
    }
    row(ui, "1σ and 2σ of all neurons", &|painter, rect| {
        let ends = [rect.left_center(), rect.right_center()];
        painter.line_segment(ends, Stroke::new(1.5, theme.text));
    });
    row(ui, "2σ at step 0", &|painter, rect| {
        let ends = [rect.left_center(), rect.right_center()];
        let stroke = Stroke::new(1.3, theme.ghost);
        painter.extend(Shape::dashed_line(&ends, stroke, 4.0, 3.0));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::committee::feature_matrix::FeatureMatrix;

    fn features(movement: f64, alignment: f64) -> Features {
        let spread = |along: f64| Spread {
            mean: [0.0; 2],
            covariance: [[along * along, 0.0], [0.0, 1.0]],
        };
        Features {
            width: Width::Infinite,
            points: vec![[0.0; 2]; 600],
            density: None,
            matrix: FeatureMatrix {
                values: ndarray::Array2::eye(2),
                target_axes: 1,
                dim: 2,
            },
            now: spread(6.0),
            initial: spread(1.0),
            eigenvalues: vec![36.0, 1.0],
            initial_eigenvalues: vec![1.0, 1.0],
            alignment,
            initial_alignment: 0.02,
            movement,
        }
    }

    #[test]
    fn the_sentence_follows_from_the_numbers() {
        for (movement, alignment, start) in [
            (0.0, 0.02, "The neurons have not moved yet"),
            (0.5, 0.72, "Aligned: the cloud is 6× as wide along β"),
            (0.5, 0.30, "Turning: 30 %"),
            (0.5, 0.021, "Spread:"),
            (0.5, 0.004, "Turning away:"),
        ] {
            let text = sentence(&features(movement, alignment));
            assert!(text.starts_with(start), "{text}");
        }
    }

    #[test]
    fn a_sample_is_called_a_sample() {
        let mut some = features(0.5, 0.5);
        assert_eq!(population(&some), "sample: 600 draws, N = ∞");
        some.width = Width::Finite(10_000);
        assert_eq!(population(&some), "sample: 600 of 10,000 neurons");
        some.width = Width::Finite(600);
        assert_eq!(population(&some), "all 600 neurons");
    }

    #[test]
    fn both_axes_have_the_same_unit_and_hold_the_cloud() {
        let area = Rect::from_min_size(Pos2::ZERO, Vec2::new(200.0, 180.0));
        let plane = Plane::new(area, &features(0.5, 0.7));
        let right = plane.at([features(0.5, 0.5).reach(0), 0.0]);
        assert!((right.x - area.right()).abs() < 1e-3);
        let up = plane.centre.y - plane.at([0.0, 1.0]).y;
        let along = plane.at([1.0, 0.0]).x - plane.centre.x;
        assert!((up - along).abs() < 1e-4);
    }
}
