//! Animations from the window: what is filmed, the thread that makes it, and how far it
//! is.

use super::{
    GrokscopeApp,
    export::{self, Export},
};
use crate::{
    figures::run::alone,
    history::{Run, setting},
    io,
    plot::{
        Picture,
        animation::{self, FRAMES, Film, FilmError, Filming, Scene, Values},
        style::{Paper, Style},
    },
    sim::{
        config::{ValidConfig, field},
        metrics::{Cost, Metric},
    },
    views::{
        animation_form::{AnimationAction, AnimationForm, AnimationProgress},
        axes::Scale,
    },
};
use crossbeam_channel::{Receiver, Sender, bounded};
use egui::Context;
use std::{
    ops::ControlFlow,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

/// The dialog, while it is open.
pub struct Animating {
    /// What is chosen.
    pub form: AnimationForm,
    /// How far the animation is that is being made.
    pub progress: Option<AnimationProgress>,
    news: Option<Receiver<AnimationProgress>>,
    stop: Arc<AtomicBool>,
}

impl Animating {
    fn new(form: AnimationForm) -> Self {
        Self {
            form,
            progress: None,
            news: None,
            stop: Arc::default(),
        }
    }
}

impl Drop for Animating {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// What is to be filmed: drawn already, or to be trained first.
enum Plan {
    Time { whole: Box<Picture>, end: u64 },
    Setting(Sweeping),
}

struct Sweeping {
    configs: Vec<(String, ValidConfig)>,
    parts: Vec<f64>,
    losses: Option<Scale>,
    lower: (Vec<Metric>, Scale),
}

/// Pixels to the inch for which sizes in points are right on a screen.
const DPI: f64 = 144.0;

fn filming(form: &AnimationForm, carried: String) -> Filming {
    let style = Style {
        paper: Paper {
            width: form.width / DPI * 25.4,
            height: None,
        },
        theme: form.theme,
        caption: form.caption,
        dpi: DPI,
        ..Style::default()
    };
    Filming {
        film: form.film,
        style,
        rate: form.rate,
        carried,
    }
}

/// Told how far the work is; `Break` where it was given up.
struct Reporter {
    sender: Sender<AnimationProgress>,
    stop: Arc<AtomicBool>,
    ctx: Context,
}

impl Reporter {
    fn at(&self, doing: &str, done: usize, of: usize) -> ControlFlow<()> {
        // A window that lags behind hears of it the next time.
        let _ = self.sender.try_send(AnimationProgress {
            doing: format!("{doing} {} of {of}", (done + 1).min(of)),
            part: done as f32 / of.max(1) as f32,
        });
        self.ctx.request_repaint();
        match self.stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

/// What is said where it was given up.
const GIVEN_UP: &str = "the animation was given up, and no file is left";

fn train(sweeping: Sweeping, reporter: &Reporter) -> Result<Scene, String> {
    let costly = (sweeping.lower.0.iter()).any(|m| m.spec().cost == Cost::Gram);
    let total = sweeping.configs.len();
    let mut runs = Vec::new();
    let over = || reporter.stop.load(Ordering::Relaxed);
    for (k, (name, config)) in sweeping.configs.iter().enumerate() {
        if reporter.at("run", k, total).is_break() {
            return Err(GIVEN_UP.into());
        }
        let run = alone(config, costly, &over)?.ok_or(GIVEN_UP)?;
        runs.push((name.clone(), Run::trained(run)));
    }
    let end = |run: Option<&(String, Run)>| run.map_or_else(String::new, |(name, _)| name.clone());
    Ok(Scene::over_values(Values {
        ends: [end(runs.first()), end(runs.last())],
        runs,
        parts: sweeping.parts,
        title: String::new(),
        losses: sweeping.losses,
        lower: sweeping.lower,
    }))
}

impl GrokscopeApp {
    /// Does what the dialog asks for.
    pub(super) fn animate(&mut self, action: AnimationAction, ctx: &Context, now: f64) {
        match action {
            AnimationAction::Open => {
                self.state.animating = Some(Animating::new(self.state.animation_form));
            }
            AnimationAction::Edit(form) => {
                self.state.animation_form = form;
                if let Some(animating) = &mut self.state.animating {
                    animating.form = form;
                }
            }
            AnimationAction::Save => self.start_animation(ctx, now),
            AnimationAction::Cancel => {
                if let Some(animating) = &self.state.animating {
                    animating.stop.store(true, Ordering::Relaxed);
                }
            }
            AnimationAction::Close => self.state.animating = None,
        }
    }

    /// What the form of a sweep asks for, in words.
    pub(super) fn animation_sweep(&self) -> String {
        self.state.sweep_form.range_in_words()
    }

    /// Why nothing can be filmed, if nothing can.
    pub(super) fn animation_problem(&self) -> Option<String> {
        let form = self.state.animation_form;
        if let Err(problem) = filming(&form, String::new()).check(form.frames) {
            return Some(problem);
        }
        let session = &self.state.session;
        if form.over_time {
            let empty = session.run().is_none_or(|run| run.rows().len() < 2);
            return empty.then(|| "There is nothing to film yet.".into());
        }
        if session.instance().is_some() {
            return Some(
                "A setting of an instance is filmed on the command line: grokscope animate.".into(),
            );
        }
        let mut sweep = self.state.sweep_form.clone();
        sweep.count = 2;
        sweep.configs(session.config()).err()
    }

    fn start_animation(&mut self, ctx: &Context, now: f64) {
        if let Some(problem) = self.animation_problem() {
            return self.failure(format!("No animation: {problem}"), now);
        }
        let form = self.state.animation_form;
        let plan = match self.plan_animation(&form) {
            Ok(plan) => plan,
            Err(problem) => return self.failure(format!("No animation: {problem}"), now),
        };
        let Some(animating) = &mut self.state.animating else {
            return;
        };
        let (sender, news) = bounded(4);
        animating.stop = Arc::default();
        animating.news = Some(news);
        animating.progress = Some(AnimationProgress {
            doing: "choosing a file".into(),
            part: 0.0,
        });
        let reporter = Reporter {
            sender,
            stop: Arc::clone(&animating.stop),
            ctx: ctx.clone(),
        };
        let filming = filming(&form, self.workspace().to_code());
        let kind = Export::Animation(form.film);
        let name = export::default_name(kind, &self.state.session.config_on_screen());
        self.exporter.start_at(name, kind, ctx, move |path| {
            io::atomic::check_ending(path, filming.film.ending()).map_err(|e| e.to_string())?;
            let scene = match plan {
                Plan::Time { whole, end } => Scene::over_time(*whole, end, form.frames),
                Plan::Setting(sweeping) => train(sweeping, &reporter)?,
            };
            let frames = scene.frames();
            let filmed = animation::film(&scene, &filming, path, |done| {
                reporter.at("frame", done, frames)
            });
            match filmed {
                Ok(paths) => Ok(paths.into_iter().next()),
                Err(FilmError::Stopped(done)) if filming.film == Film::Numbered => {
                    Err(format!("given up after {done} of {frames} frames"))
                }
                Err(FilmError::Stopped(_)) => Err(GIVEN_UP.into()),
                Err(error) => Err(error.to_string()),
            }
        });
    }

    fn plan_animation(&self, form: &AnimationForm) -> Result<Plan, String> {
        let session = &self.state.session;
        if form.over_time {
            let whole = self.plots_for_film(form.losses, form.lower);
            let whole = whole.ok_or("there is nothing to film yet")?;
            let end = session.run().map_or(1, Run::step);
            return Ok(Plan::Time {
                whole: Box::new(whole),
                end,
            });
        }
        let sweep = &self.state.sweep_form;
        let field = field(sweep.key).ok_or_else(|| format!("no setting {}", sweep.key))?;
        let mut many = sweep.clone();
        many.count = form.frames;
        let configs = many.at_most(session.config(), *FRAMES.end())?;
        let last = configs.len().max(2) - 1;
        let curves = &self.state.curves;
        let lower: Vec<Metric> = curves.shown.lower.shown().collect();
        Ok(Plan::Setting(Sweeping {
            parts: (0..configs.len()).map(|k| k as f64 / last as f64).collect(),
            configs: (configs.into_iter())
                .map(|config| (setting::in_words(field, &config), config))
                .collect(),
            losses: form.losses.then_some(curves.loss_scale),
            lower: match form.lower {
                true => (lower, curves.shown.lower.scale),
                false => (Vec::new(), Scale::Linear),
            },
        }))
    }

    /// The plots as they are on screen, of the whole run.
    fn plots_for_film(&self, losses: bool, lower: bool) -> Option<Picture> {
        use crate::views::print_form::Subject;
        let subject = match (losses, lower) {
            (true, true) => Subject::Both,
            (false, true) => Subject::Lower,
            _ => Subject::Loss,
        };
        self.print_picture(subject)
    }

    /// Takes in how far the animation is.
    pub(super) fn advance_animation(&mut self) {
        let Some(animating) = &mut self.state.animating else {
            return;
        };
        let Some(news) = &animating.news else { return };
        loop {
            match news.try_recv() {
                Ok(progress) => animating.progress = Some(progress),
                Err(crossbeam_channel::TryRecvError::Empty) => break,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    // It is done; the status bar says how it went.
                    animating.news = None;
                    animating.progress = None;
                    break;
                }
            }
        }
    }
}
