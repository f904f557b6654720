//! The window: drains the worker's events, does what the user asked for, draws.

pub mod actions;
pub mod backend;
pub mod compare;
pub mod diagram;
pub mod export;
pub mod figures;
pub mod files;
pub mod keys;
mod look;
pub mod persist;
pub mod picture;
pub mod raster;
pub mod screen;
pub mod session;
pub mod state;
pub mod sweeping;
pub mod theory;
pub mod time;
pub mod undo;
mod view;

pub use actions::Action;

use crate::{
    presets,
    startup::Startup,
    training::{TheoryHandle, WorkerHandle},
    views::{fonts, theme::Theme},
};
use backend::Backend;
use diagram::Phase;
use eframe::CreationContext;
use egui::{Context, Ui};
use export::Exporter;
use files::Files;
use keys::Keyboard;
use persist::Stored;
use session::Session;
use state::{State, Tab};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use theory::Theory;

/// The window's title.
const TITLE: &str = "Grokscope";

/// Opens the window and returns when it is closed.
///
/// # Errors
/// What the system said where no window could be opened. A missing library may
/// panic instead; the caller turns that into a message too.
pub fn run(startup: Startup) -> Result<(), String> {
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title(TITLE)
            .with_app_id("grokscope")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([640.0, 420.0])
            .with_drag_and_drop(true),
        renderer: eframe::Renderer::Glow,
        // The bundled fonts have every glyph used, and text must look the same
        // everywhere.
        system_font_fallback: false,
        centered: true,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        TITLE,
        options,
        Box::new(|cc| Ok(Box::new(GrokscopeApp::new(cc, startup)))),
    )
    // Only the debug form names a missing library.
    .map_err(|e| format!("{e} ({e:?})"))
}

/// The application.
pub struct GrokscopeApp {
    /// What is on screen.
    pub state: State,
    queue: Vec<Action>,
    exporter: Arc<Exporter>,
    files: Files,
    /// Theme and scale that the context has.
    dressed: Option<(bool, f32)>,
    /// A text field had the focus in the last frame.
    typing: bool,
    keyboard: Keyboard,
}

impl GrokscopeApp {
    /// The application with a worker thread of its own.
    pub fn new(cc: &CreationContext<'_>, startup: Startup) -> Self {
        let ctx = cc.egui_ctx.clone();
        let worker = WorkerHandle::spawn(move || ctx.request_repaint());
        let ctx = cc.egui_ctx.clone();
        let theory = TheoryHandle::spawn(move || ctx.request_repaint());
        let ctx = cc.egui_ctx.clone();
        let phase = Phase::new(move || ctx.request_repaint_after(diagram::BETWEEN_FRAMES));
        Self::with_backend(cc, startup, Box::new(worker), Exporter::from_env())
            .with_theory(theory)
            .with_diagram(phase)
    }

    /// With a thread that looks ahead.
    pub fn with_theory(mut self, theory: TheoryHandle) -> Self {
        self.state.theory = Theory::new(Some(theory));
        self
    }

    /// With a pool that fills the phase diagram.
    pub fn with_diagram(mut self, phase: Phase) -> Self {
        self.state.phase = phase;
        self
    }

    /// The application with another worker and exporter.
    pub fn with_backend(
        cc: &CreationContext<'_>,
        startup: Startup,
        backend: Box<dyn Backend>,
        exporter: Arc<Exporter>,
    ) -> Self {
        let stored = Stored::load(cc.storage);
        Self::assemble(&cc.egui_ctx, stored, startup, backend, exporter)
    }

    /// The application in any context, with what was stored at the last launch.
    fn assemble(
        ctx: &Context,
        stored: Stored,
        startup: Startup,
        backend: Box<dyn Backend>,
        exporter: Arc<Exporter>,
    ) -> Self {
        fonts::install(ctx);
        // Text size has keys of its own.
        ctx.options_mut(|o| o.zoom_with_keyboard = false);
        let asked = startup.config.is_some() || startup.instance.is_some();
        let (config, preset) = match startup.config {
            Some(config) => (config, startup.preset),
            None if asked => (presets::opening(), None),
            None => stored.config(),
        };
        // Settings that were changed before the last launch ended go back to
        // the table's defaults; opened ones to what was opened.
        let defaults = if asked || preset.is_some() {
            config.clone()
        } else {
            presets::opening()
        };
        let session = Session::new(backend, config.clone(), stored.pace());
        let mut app = Self {
            state: State {
                session,
                theory: Theory::default(),
                phase: Phase::default(),
                defaults,
                preset,
                field_errors: BTreeMap::new(),
                changed: None,
                notice: None,
                last_export: None,
                dark: stored.dark,
                scale: stored.scale,
                help_open: false,
                open_shown: false,
                recent: stored.recent.clone(),
                fullscreen: false,
                tab: stored.tab,
                side_shown: false,
                curves: stored.curves(),
                plots_size: egui::Vec2::ZERO,
                pins: Vec::new(),
                figure: None,
                pin_ids: 0,
                sweep_form: Default::default(),
                sweep: None,
                time: Default::default(),
                undo: Default::default(),
            },
            queue: Vec::new(),
            exporter,
            files: Files::default(),
            dressed: None,
            typing: false,
            keyboard: Keyboard::default(),
        };
        app.dress(ctx);
        if let Err(error) = app.state.session.open(config, startup.instance, 0.0) {
            app.failure(error.to_string(), 0.0);
        }
        if let Some(problem) = presets::problems().first() {
            app.failure(problem.clone(), 0.0);
        }
        if let Some(id) = startup.figure {
            app.open_figure(&id, ctx, 0.0);
        }
        app
    }

    /// Asks for an action, to be done before the next frame.
    pub fn ask(&mut self, action: Action) {
        self.queue.push(action);
    }

    /// Colours and scale of the whole window.
    fn dress(&mut self, ctx: &Context) {
        let wanted = (self.state.dark, self.state.scale);
        if self.dressed != Some(wanted) {
            Theme::of(self.state.dark).apply(ctx, 1.0);
            ctx.set_zoom_factor(self.state.scale);
            self.dressed = Some(wanted);
        }
    }

    /// Drains events and does what was asked for.
    fn advance(&mut self, ctx: &Context) {
        let now = ctx.input(|i| i.time);
        for action in std::mem::take(&mut self.queue) {
            self.apply(action, ctx, now);
        }
        self.take_files(now);
        self.take_exports(now);
        self.advance_figure();
        self.dress(ctx);
        if let Some(wait) = self.state.session.advance(now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        self.grow_pins();
        let state = &mut self.state;
        if let Some(wait) = state.time.advance(&mut state.session, now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        self.advance_sweep(now);
        let past = self.state.past();
        let tab = self.state.side_shown.then_some(self.state.tab);
        let session = &self.state.session;
        if let Some(wait) = self.state.theory.advance(session, past, tab, now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        let shown = tab == Some(Tab::Phase) || self.state.phase.is_large();
        if let Some(wait) = self.state.phase.advance(session, shown, now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
    }
}

impl eframe::App for GrokscopeApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.advance(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        // Esc takes the focus away before this frame begins: it belongs to the
        // field that had it.
        let typed = std::mem::replace(&mut self.typing, ctx.text_edit_focused());
        let typing = typed || self.typing;
        let mut actions = self.keyboard.actions(&ctx, typing);
        ctx.input(|i| {
            let paths = i.raw.dropped_files.iter().map(|f| f.path().to_owned());
            actions.extend(paths.map(Action::OpenFile));
        });
        self.draw(ui, &mut actions);
        if !actions.is_empty() {
            self.queue.append(&mut actions);
            ctx.request_repaint();
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        Stored::of(&self.state).save(storage);
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        Theme::of(self.state.dark)
            .background
            .to_normalized_gamma_f32()
    }
}
