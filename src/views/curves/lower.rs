//! What the lower plot shows: any metric that is no loss, on one axis, or where
//! pure fractions stand beside other quantities on two.

use crate::{
    history::Run,
    plot::{look, runs},
    sim::{metrics::Metric, quantity::Group, verdict::Judge},
    views::{axes::Scale, polyline::line_style, theme::Theme},
};
use egui::{Color32, RichText, ScrollArea, Ui, containers::menu::MenuButton};
use egui_plot::LineStyle;

/// A quantity that the user chose for the lower plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerCurve {
    /// The quantity.
    pub metric: Metric,
    /// On show; else only in the legend.
    pub on: bool,
}

/// What the lower plot shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Lower {
    /// The quantities chosen, in the order of the legend.
    pub curves: Vec<LowerCurve>,
    /// Scale of its axis.
    pub scale: Scale,
}

impl Default for Lower {
    fn default() -> Self {
        Self::of(&[Metric::FeatureAlignment, Metric::PopulationAlignment])
    }
}

impl Lower {
    /// These quantities, on a linear axis.
    pub fn of(metrics: &[Metric]) -> Self {
        let curve = |metric: &Metric| LowerCurve {
            metric: *metric,
            on: true,
        };
        Self {
            curves: metrics.iter().map(curve).collect(),
            scale: Scale::Linear,
        }
    }

    /// What a run's plot shows at first: alignments, or accuracies where it is judged
    /// by them.
    pub fn first_of(run: &Run) -> Self {
        let accuracies = [
            Metric::TrainAccuracy,
            Metric::TestAccuracy,
            Metric::LinTestAccuracy,
        ];
        match run.info().map(|info| info.judge) {
            Some(Judge::Accuracy) => Self::of(&accuracies),
            _ => Self::default(),
        }
    }

    /// Whether a run has any of it.
    pub fn suits(&self, run: &Run) -> bool {
        let columns = run.columns();
        columns.is_empty()
            || self.curves.is_empty()
            || self.curves.iter().any(|c| columns.contains(&c.metric))
    }

    /// Everything that can be chosen of a run's columns, group by group.
    pub fn choices(columns: &[Metric]) -> impl Iterator<Item = Metric> {
        let mut all: Vec<Metric> = columns.to_vec();
        all.retain(|metric| metric.quantity().group != Group::Losses);
        all.sort_by_key(|metric| metric.quantity().group);
        all.into_iter()
    }

    /// Whether a quantity is chosen.
    pub fn has(&self, metric: Metric) -> bool {
        self.curves.iter().any(|curve| curve.metric == metric)
    }

    /// Chooses a quantity, or drops it.
    pub fn toggle(&mut self, metric: Metric) {
        if self.has(metric) {
            self.curves.retain(|curve| curve.metric != metric);
        } else {
            self.curves.push(LowerCurve { metric, on: true });
        }
    }

    /// The quantities on show.
    pub fn shown(&self) -> impl Iterator<Item = Metric> {
        let on = self.curves.iter().filter(|curve| curve.on);
        on.map(|curve| curve.metric)
    }

    /// Whether a quantity is read at the right: fractions and other quantities
    /// share no linear axis.
    pub fn is_right(&self, metric: Metric) -> bool {
        runs::is_right(metric, self.shown(), self.scale)
    }

    /// Whether there is an axis at the right.
    pub fn has_right(&self) -> bool {
        self.shown().any(|metric| self.is_right(metric))
    }

    /// What the axis at the left is called.
    pub fn title(&self) -> String {
        let left = self.shown().filter(|metric| !self.is_right(*metric));
        runs::axis_title(&left.collect::<Vec<_>>())
    }

    /// What the plot is called.
    pub fn name(&self) -> String {
        let mut groups: Vec<&str> = self.shown().map(|m| m.quantity().group.name()).collect();
        groups.dedup();
        match groups.is_empty() {
            true => "Nothing".into(),
            false => groups.join(" and "),
        }
    }
}

/// Colour and line of a quantity.
pub fn look(metric: Metric, theme: &Theme) -> (Color32, LineStyle) {
    let (ink, dash) = look::of(metric);
    (theme.ink(ink), line_style(dash))
}

/// The menu of what can be shown.
pub fn menu(ui: &mut Ui, lower: &mut Lower, run: Option<&Run>, theme: &Theme) {
    let columns = run.map_or(&[][..], Run::columns);
    // Before there is a run: those of the committee machine.
    let columns = match columns.is_empty() {
        true => crate::sim::committee::model::COLUMNS,
        false => columns,
    };
    let button = MenuButton::new("Plot ▾").config(
        egui::containers::menu::MenuConfig::new()
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside),
    );
    let (response, _) = button.ui(ui, |ui| {
        let most = 0.6 * ui.ctx().content_rect().height();
        ScrollArea::vertical().max_height(most).show(ui, |ui| {
            let mut group = None;
            for metric in Lower::choices(columns) {
                let quantity = metric.quantity();
                if group != Some(quantity.group) {
                    group = Some(quantity.group);
                    ui.label(
                        RichText::new(quantity.group.name())
                            .small()
                            .color(theme.muted),
                    );
                }
                let mut chosen = lower.has(metric);
                let choice = ui
                    .checkbox(&mut chosen, quantity.name)
                    .on_hover_text(format!(
                        "{}. {}",
                        metric.spec().symbol,
                        metric.spec().meaning
                    ));
                if choice.changed() {
                    lower.toggle(metric);
                }
            }
            ui.separator();
            let first = ui
                .button("As at first")
                .on_hover_text("The alignments of features and kernel, and nothing else");
            if first.clicked() {
                *lower = run.map_or_else(Lower::default, Lower::first_of);
            }
        });
    });
    response.on_hover_text("What this plot shows: alignments, weight norm, movement of weights and kernel, eigenvalues of M …").accessible_name("What the lower plot shows");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_but_the_losses_can_be_chosen_once() {
        let choices: Vec<Metric> = Lower::choices(Metric::ALL).collect();
        assert_eq!(choices.len(), Metric::ALL.len() - 3);
        let mut lower = Lower::default();
        for metric in choices {
            let had = lower.has(metric);
            lower.toggle(metric);
            assert_ne!(lower.has(metric), had);
        }
        assert!(!lower.title().is_empty());
    }

    #[test]
    fn fractions_and_other_quantities_have_an_axis_each_unless_it_is_logarithmic() {
        let mut lower = Lower::of(&[Metric::WeightNormSq, Metric::FeatureAlignment]);
        assert!(lower.is_right(Metric::WeightNormSq) && lower.has_right());
        assert!(!lower.is_right(Metric::FeatureAlignment));
        lower.scale = Scale::Log;
        assert!(!lower.has_right());
        lower.scale = Scale::Linear;
        lower.curves[1].on = false;
        assert!(!lower.has_right());
        assert_eq!(lower.title(), "weight norm tr M");
    }
}
