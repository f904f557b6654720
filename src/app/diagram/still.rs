//! A diagram that stands still: its caption, and its picture without a window.

pub use crate::plot::caption::of_diagram as caption;
use crate::{
    app::{export, raster},
    startup::DiagramPicture,
    sweep::diagram::{Diagram, Measure},
    views::{
        diagram::{self, Figure},
        fonts,
        theme::Theme,
    },
};
use egui::{Context, Frame, Margin, vec2};

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
        escape: false,
        horizon: job.config.training.steps as f64,
        diagram: job.diagram,
        carried: job.carried,
    };
    picture.png(job.size, job.resolution, job.dark)
}

/// A diagram that stands still, to be drawn without a window.
pub(super) struct Still {
    pub title: String,
    pub caption: String,
    pub measure: Measure,
    pub never_is_zero: bool,
    pub escape: bool,
    pub horizon: f64,
    pub diagram: Diagram,
    pub carried: String,
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
                    escape: self.escape,
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
        export::png(image.size, image.as_raw(), &self.carried)
    }
}
