//! A diagram that stands still: its caption, and its picture without a window.

use crate::{
    app::{export, raster},
    sim::config::{Config, EngineKind, FIELDS, TargetKind, field},
    startup::DiagramPicture,
    sweep::diagram::{Diagram, Measure},
    views::{
        diagram::{self, Figure},
        entry, fonts,
        theme::Theme,
    },
};
use egui::{Context, Frame, Margin, vec2};

/// What all cells of a diagram have in common, in words.
pub fn caption(base: &Config, axes: &[&str], seeds: usize, measure: Measure) -> String {
    let shown = |key: &str| {
        let field = field(key).filter(|_| !axes.contains(&key))?;
        let name = if field.symbol.is_empty() {
            field.name
        } else {
            field.symbol
        };
        Some(format!(
            "{name} = {}",
            entry::shown(field, &(field.get)(base))
        ))
    };
    let always = [
        "task.dim",
        "task.samples",
        "network.width",
        "network.alpha",
        "network.epsilon",
        "training.learning_rate",
    ];
    // What else shapes the runs is told where it is not as usual.
    let usual = Config::default();
    let unusual = FIELDS.iter().filter(|f| {
        let section = f.key.split_once('.').map(|(section, _)| section);
        let shapes = matches!(section, Some("task" | "network" | "training")) || f.key == "seed";
        let told = [
            "training.steps",
            "training.engine",
            "task.target",
            "task.eigenvector",
        ];
        shapes
            && !always.contains(&f.key)
            && !told.contains(&f.key)
            && (f.get)(base) != (f.get)(&usual)
    });
    let fixed: Vec<String> = (always.into_iter())
        .chain(unusual.map(|f| f.key))
        .filter_map(shown)
        .collect();
    let labels = match base.task.target {
        TargetKind::Quadratic => String::new(),
        TargetKind::Eigenvector if axes.contains(&"task.eigenvector") => {
            " The labels are the j-th eigenvector of K₀ on the train inputs; test labels extend it (Nyström).".into()
        }
        TargetKind::JointEigenvector if axes.contains(&"task.eigenvector") => {
            " The labels are the j-th eigenvector of K₀ on train and test inputs together.".into()
        }
        kind => format!(" The target is of the kind {}.", kind.name()),
    };
    let engine = match base.training.engine {
        _ if axes.contains(&"training.engine") => "",
        EngineKind::Flow => "Gradient flow, the limit of small η₀, ",
        _ => "Gradient descent, ",
    };
    let theta = match base.outcome.relative {
        true => "of the zero predictor's loss",
        false => "as a loss",
    };
    let mut text = format!(
        "{engine}to {} steps. {}. Thresholds θ = {} {theta}.",
        crate::history::format::steps(base.training.steps),
        fixed.join(", "),
        base.outcome.threshold
    );
    text.push_str(&labels);
    if seeds > 1 && !axes.contains(&"seed") {
        text.push_str(&format!(
            " {seeds} seeds in each cell from {} on: the colour is {}, the mark the class of most.",
            base.seed,
            measure.statistic()
        ));
    }
    if measure == Measure::FinalTest || measure == Measure::Curves {
        text.push_str(" Every run goes on to the horizon, or until its train loss is spent.");
    }
    if measure == Measure::Curves {
        text.push_str(
            " Log time from step 1 to the horizon; each cell has a loss axis of its own, from 0.",
        );
    }
    text
}

/// Draws the diagram of a sweep, as PNG.
///
/// # Errors
/// Those of the encoder.
pub fn picture(job: DiagramPicture) -> Result<Vec<u8>, String> {
    let layout = job.diagram.layout();
    let axes = [layout.x.key.as_str(), layout.y.key.as_str()];
    let picture = Still {
        caption: caption(&job.config, &axes, layout.seeds, job.measure),
        title: job.title,
        measure: job.measure,
        never_is_zero: job.never_is_zero,
        horizon: job.config.training.steps as f64,
        diagram: job.diagram,
    };
    picture.png(job.size, job.resolution, job.dark)
}

/// A diagram that stands still, to be drawn without a window.
pub(super) struct Still {
    pub title: String,
    pub caption: String,
    pub measure: Measure,
    pub never_is_zero: bool,
    pub horizon: f64,
    pub diagram: Diagram,
}

impl Still {
    pub fn png(&self, size: [u32; 2], resolution: f32, dark: bool) -> Result<Vec<u8>, String> {
        let theme = Theme::of(dark);
        let size = vec2(size[0] as f32, size[1] as f32);
        let setup = |ctx: &Context| {
            fonts::install(ctx);
            theme.apply(ctx, 1.0);
        };
        // What stands below the diagram is known only once it is drawn.
        let mut below = 150.0;
        let image = raster::draw(size, resolution, theme.background, setup, |ui| {
            Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| {
                let figure = Figure {
                    diagram: &self.diagram,
                    before: None,
                    measure: self.measure,
                    never_is_zero: self.never_is_zero,
                    crosshair: None,
                    horizon: self.horizon,
                    title: &self.title,
                };
                let height = (size.y - 32.0 - below).max(100.0);
                diagram::figure::show(ui, &theme, &figure, height);
                ui.add_space(4.0);
                let text = egui::RichText::new(&self.caption).small();
                ui.label(text.color(theme.muted));
                below = (ui.min_rect().height() - height).ceil();
            });
        });
        export::png(image.size, image.as_raw())
    }
}
