//! Figures for print from the window: what each picture is, the preview of the dialog,
//! and the file.

use super::{
    GrokscopeApp,
    export::{Content, Export},
};
use crate::{
    extract::{Extract, Moment, Part},
    plot::{
        Axis, Dash, Ink, Panel, Pen, Picture, Places, Scale, Series, Span, caption, convert,
        diagram::Plot,
        draw, in_words, look,
        runs::{Computed, Kept, Runs, Shown, View},
    },
    sim::{committee::moments::MomentState, metrics::Metric, model::weights_as},
    training::KernelView,
    views::curves::PlotKind,
    views::print_form::{PREVIEW, PrintAction, PrintForm, Subject},
};
use crossbeam_channel::{Receiver, Sender, bounded};
use egui::{ColorImage, Context, TextureHandle, TextureOptions};

/// What a preview depends on, as far as it is cheap to tell.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    form: PrintForm,
    run: Option<(u64, usize)>,
    pins: Vec<String>,
    cells: usize,
    pixels_per_point: f32,
}

/// The dialog, while it is open.
pub struct Printing {
    /// What is chosen.
    pub form: PrintForm,
    /// How it will look.
    pub preview: Option<TextureHandle>,
    /// The same in words.
    pub words: String,
    /// Why nothing can be drawn.
    pub problem: Option<String>,
    asked: Option<Key>,
    busy: bool,
    sender: Sender<Result<ColorImage, String>>,
    drawn: Receiver<Result<ColorImage, String>>,
}

impl Printing {
    fn new(form: PrintForm) -> Self {
        let (sender, drawn) = bounded(1);
        Self {
            form,
            preview: None,
            words: String::new(),
            problem: None,
            asked: None,
            busy: false,
            sender,
            drawn,
        }
    }
}

/// The kernel's eigenvalues, at the start and at a step.
fn kernel_panel(view: &KernelView) -> Panel {
    let places = |values: &[f64]| -> Vec<[f64; 2]> {
        let place = |(k, v): (usize, &f64)| [(k as f64 + 1.0).log10(), Scale::Log.place(*v)];
        values.iter().enumerate().map(place).collect()
    };
    let line = |name: String, ink, dash, values: &[f64]| Series {
        name,
        pen: Pen::new(ink, look::WIDTH, dash),
        points: places(values),
        symbol: None,
        right: false,
    };
    let (first, now) = (&view.initial.eigenvalues, &view.now.eigenvalues);
    let all = first.iter().chain(now).filter(|v| **v > 0.0);
    let high = all.clone().fold(f64::MIN_POSITIVE, |a, b| a.max(*b));
    let low = all.fold(high, |a, b| a.min(*b)).max(1e-8 * high);
    let x = Span::new(0.0, (first.len().max(2) as f64).log10());
    let y = Span::new(low.log10() - 0.1, high.log10() + 0.1);
    let mut panel = Panel::new(
        Axis::new("mode k", "", Places::Numbers(Scale::Log), x),
        Axis::new("eigenvalue of K/P", "", Places::Numbers(Scale::Log), y),
        0.6,
    );
    panel.series = vec![
        line("at step 0".into(), Ink::Muted, Dash::Dashed(7.0), first),
        line(
            format!("at step {}", crate::history::format::thousands(view.step)),
            Ink::KernelAlignment,
            Dash::Solid,
            now,
        ),
    ];
    panel
}

impl GrokscopeApp {
    /// Does what the dialog asks for.
    pub(super) fn print(&mut self, action: PrintAction, ctx: &Context, now: f64) {
        match action {
            PrintAction::Open => {
                let mut form = self.state.print_form;
                let subjects = self.print_subjects();
                if self.state.phase.is_large() && subjects.contains(&Subject::Diagram) {
                    form.subject = Subject::Diagram;
                } else if !subjects.contains(&form.subject) {
                    form.subject = subjects.first().copied().unwrap_or_default();
                }
                self.state.printing = Some(Printing::new(form));
            }
            PrintAction::Edit(form) => {
                self.state.print_form = form;
                if let Some(printing) = &mut self.state.printing {
                    printing.form = form;
                }
            }
            PrintAction::Save => {
                let form = self.state.print_form;
                let form = self.state.printing.as_ref().map_or(form, |p| p.form);
                let Some(mut picture) = self.print_picture(form.subject) else {
                    self.failure("There is nothing to draw yet.".into(), now);
                    return;
                };
                picture.carried = self.workspace().to_code();
                let export = Export::Figure(form.format);
                let config = self.state.session.config_on_screen();
                let name = super::export::default_name(export, &config);
                self.exporter.start(name, export, ctx, move || {
                    convert::file(&picture, &form.style, form.format).map(Content::from)
                });
                self.state.printing = None;
            }
            PrintAction::Close => self.state.printing = None,
        }
    }

    /// What there is to be drawn.
    pub(super) fn print_subjects(&self) -> Vec<Subject> {
        let run = self.state.session.run();
        let has_rows = run.is_some_and(|r| !r.rows().is_empty());
        let has = |subject: Subject| match subject {
            Subject::Kernel => matches!(self.state.theory.kernel(), Some(Ok(_))),
            Subject::Diagram => {
                let diagram = self.state.phase.diagram();
                diagram.is_some_and(|d| d.layout().places().any(|p| d.filled_by(p).is_some()))
            }
            _ => has_rows,
        };
        let all = Subject::ALL.iter().map(|(subject, _)| *subject);
        all.filter(|subject| has(*subject)).collect()
    }

    /// The picture of a subject, as it is on screen; without pointer and cursor.
    pub(super) fn print_picture(&self, subject: Subject) -> Option<Picture> {
        let state = &self.state;
        if subject == Subject::Diagram {
            let diagram = state.phase.diagram()?;
            let config = state.session.config();
            let plot = Plot {
                diagram,
                measure: state.phase.measure(),
                never_is_zero: state.phase.never_is_zero(),
                horizon: config.training.steps as f64,
            };
            return Some(plot.picture("", config));
        }
        let run = state.session.run().filter(|r| !r.rows().is_empty())?;
        if subject == Subject::Kernel {
            let configs = std::iter::once(run.config());
            return Some(Picture {
                panels: vec![kernel_panel(state.theory.kernel()?.ok()?)],
                columns: 1,
                caption: format!("{}. {}.", caption::settings(configs), caption::program()),
                ..Picture::default()
            });
        }
        let curves = &state.curves;
        let foresight = state.theory.foresight();
        let shown = &curves.shown;
        let pins = state.pins.iter().filter(|pin| pin.shown);
        let runs = Runs {
            main: Some(run),
            name: super::view::live_name(state.figure.as_ref(), &state.session),
            kept: pins
                .map(|pin| Kept {
                    run: &pin.run,
                    name: &pin.name,
                    ink: pin.colour.ink(),
                    dash: pin.line.dash(),
                })
                .collect(),
            computed: Computed {
                forecast: (foresight.forecast)
                    .filter(|_| shown.forecast && !foresight.stale_forecast),
                floor: foresight.floor,
                lazy: (foresight.lazy).filter(|_| shown.lazy_model && !foresight.stale_lazy),
                level: (foresight.level).filter(|_| shown.lazy_model && !foresight.stale_lazy),
            },
        };
        let [loss_view, lower_view] = curves.views();
        let losses = || {
            let shown = Shown {
                train: shown.train,
                test: shown.test,
                kept_trains: curves.pin_trains(runs.kept.len()),
                seeds: shown.seeds,
                references: shown.references,
                markers: true,
            };
            let mut panel = runs.losses(shown, curves.loss_scale, loss_view);
            let annotations = &curves.annotations;
            annotations.print(PlotKind::Loss, curves.loss_scale, &mut panel);
            panel
        };
        let lower = || {
            let metrics: Vec<Metric> = shown.lower.shown().collect();
            let mut panel = runs.values(&metrics, shown.lower.scale, lower_view);
            let annotations = &curves.annotations;
            annotations.print(PlotKind::Lower, shown.lower.scale, &mut panel);
            panel
        };
        let values = |metrics: &[Metric], scale| {
            let mut panel = runs.values(metrics, scale, View::default());
            panel.aspect = 0.5;
            panel
        };
        let panels = match subject {
            Subject::Both => vec![losses(), lower()],
            Subject::Loss => vec![losses()],
            Subject::Lower => vec![lower()],
            Subject::Error => {
                let terms = [
                    Metric::VarianceError,
                    Metric::MisalignmentError,
                    Metric::LinearPower,
                ];
                vec![values(&terms, curves.loss_scale)]
            }
            Subject::Accuracy => {
                let both = [Metric::TrainAccuracy, Metric::TestAccuracy];
                vec![values(&both, Scale::Linear)]
            }
            Subject::Features => {
                let largest = [
                    Metric::FeatureEigenvalue1,
                    Metric::FeatureEigenvalue2,
                    Metric::FeatureEigenvalue3,
                ];
                vec![values(&largest, Scale::Log)]
            }
            Subject::Kernel | Subject::Diagram => Vec::new(),
        };
        Some(runs.picture(panels))
    }

    /// Draws the preview anew where something has changed, off this thread.
    pub(super) fn advance_print(&mut self, ctx: &Context) {
        let Some(printing) = &self.state.printing else {
            return;
        };
        let form = printing.form;
        let run = self.state.session.run();
        let key = Key {
            form,
            run: run.map(|r| (r.id().0, r.rows().len())),
            pins: (self.state.pins.iter().filter(|p| p.shown))
                .map(|p| format!("{} {:?} {:?}", p.name, p.colour, p.line))
                .collect(),
            cells: self.state.phase.diagram().map_or(0, |d| d.done()),
            pixels_per_point: ctx.pixels_per_point(),
        };
        let wanted = printing.asked.as_ref() != Some(&key) && !printing.busy;
        let picture = wanted.then(|| self.print_picture(form.subject));
        let Some(printing) = &mut self.state.printing else {
            return;
        };
        if let Ok(drawn) = printing.drawn.try_recv() {
            printing.busy = false;
            match drawn {
                Ok(image) => {
                    let options = TextureOptions::LINEAR;
                    printing.preview = Some(ctx.load_texture("print preview", image, options));
                    printing.problem = None;
                }
                Err(problem) => printing.problem = Some(problem),
            }
            // What has changed meanwhile is asked for in the next frame.
            ctx.request_repaint();
        }
        match picture {
            None => {}
            Some(None) => {
                printing.asked = Some(key);
                printing.problem = Some("There is nothing to draw yet.".into());
            }
            Some(Some(picture)) => {
                let problem = form.style.check().err();
                printing.problem = problem.filter(|_| form.format == crate::plot::Format::Png);
                printing.words = in_words(&picture);
                printing.asked = Some(key);
                printing.busy = true;
                let (sender, ctx) = (printing.sender.clone(), ctx.clone());
                std::thread::spawn(move || {
                    let [width, height] = draw::size(&picture, &form.style);
                    let fit = (f64::from(PREVIEW.x) / width).min(f64::from(PREVIEW.y) / height);
                    let dpi = 72.0 * fit * f64::from(ctx.pixels_per_point());
                    let pixels = convert::pixels(&draw::svg(&picture, &form.style), dpi);
                    let image =
                        pixels.map(|(size, rgba)| ColorImage::from_rgba_premultiplied(size, &rgba));
                    // The dialog may be closed.
                    let _ = sender.send(image);
                    ctx.request_repaint();
                });
            }
        }
    }

    /// Arrays of the step at the cursor, or where the run stands.
    pub(super) fn export_arrays(&mut self, ctx: &Context, now: f64) {
        let session = &self.state.session;
        // Weights at the cursor, where they are kept; else they are trained again.
        let past = self.state.past();
        let at = match (past, session.snapshot()) {
            (Some(step), _) => {
                let kept = session.keyframe(step).filter(|kept| kept.step == step);
                Some((
                    step,
                    kept.and_then(|kept| weights_as::<MomentState>(&kept.weights)),
                ))
            }
            (None, Some(snapshot)) => Some((snapshot.step, weights_as(&snapshot.weights))),
            (None, None) => None,
        };
        let config = session
            .run()
            .and_then(|run| run.info())
            .map(|i| i.config.clone());
        let (Some((step, state)), Some(config)) = (at, config) else {
            self.failure("There are no weights to export yet.".into(), now);
            return;
        };
        let instance = session.instance().map(|(_, instance)| instance.clone());
        let export = Export::Arrays;
        let name = super::export::default_name(export, &session.config_on_screen());
        self.exporter.start(name, export, ctx, move || {
            let instance = instance.as_deref();
            let is_function = !config.network.train_readouts
                && config.task.target != crate::sim::config::TargetKind::Hermite;
            let extract = match state.filter(|_| is_function) {
                Some(state) => {
                    let moment = Moment {
                        step,
                        state: (*state).clone(),
                        network: None,
                    };
                    Extract::of(&config, instance, vec![moment])
                }
                None => Extract::train(&config, instance, &[step], |_| true),
            };
            let mut parts = vec![Part::Instance, Part::Weights, Part::Kernel, Part::Spectrum];
            if is_function {
                parts.push(Part::Decomposition);
            }
            crate::io::arrays::npz(&extract?.arrays(&parts)?).map(Content::from)
        });
    }
}
