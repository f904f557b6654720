//! The window: drains the worker's events, does what the user asked for, draws.

mod actions;
pub mod animation;
pub mod autosave;
pub mod backend;
mod collector;
pub mod compare;
pub mod diagram;
pub mod export;
pub mod figures;
pub mod files;
pub mod keeping;
pub mod keys;
mod laws;
pub mod layout;
pub mod lecture;
mod look;
pub mod network;
pub mod persist;
pub mod picture;
mod print;
pub mod raster;
pub mod retrain;
pub mod screen;
pub mod session;
pub mod state;
pub mod sweeping;
mod teach;
mod telling;
pub mod theory;
pub mod time;
pub mod undo;
mod view;
pub mod window;
pub mod workspace;

pub use crate::views::action::Action;

use crate::{
    presets,
    startup::Startup,
    training::{InspectHandle, TheoryHandle, WorkerHandle},
    views::{
        fonts,
        theme::{Ease, Theme},
    },
    workspace::code::is_code,
};
use backend::Backend;
use diagram::PhaseDiagram;
use eframe::CreationContext;
use egui::{Context, Ui};
use export::Exporter;
use files::Files;
use keys::Keyboard;
use network::Network;
use persist::Stored;
use session::Session;
use state::{State, Tab};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use theory::Theory;

/// The name by which desktop and storage know the program.
const APP_ID: &str = "grokscope";
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
            .with_app_id(APP_ID)
            .with_icon(icon())
            // Until the screens are known: see `window::opening`.
            .with_inner_size([1024.0, 600.0])
            .with_min_inner_size([640.0, 420.0])
            .with_drag_and_drop(true),
        renderer: eframe::Renderer::Glow,
        // The bundled fonts have every glyph used, and text must look the same
        // everywhere.
        system_font_fallback: false,
        // Kept by `persist`, with a look at the screens there are.
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        TITLE,
        options,
        Box::new(|cc| {
            let app = GrokscopeApp::new(cc, startup);
            Ok(Box::new(match eframe::storage_dir(APP_ID) {
                Some(directory) => app.with_autosave(&directory.join("autosave")),
                None => app,
            }))
        }),
    )
    // Only the debug form names a missing library.
    .map_err(|e| format!("{e} ({e:?})"))
}

/// The window's icon; an empty one where it cannot be read, for which the system has
/// its own.
fn icon() -> egui::IconData {
    let png = include_bytes!("../../assets/icon/grokscope.png");
    eframe::icon_data::from_png_bytes(png).unwrap_or_default()
}

/// The application.
pub struct GrokscopeApp {
    /// What is on screen.
    pub state: State,
    queue: Vec<Action>,
    exporter: Arc<Exporter>,
    files: Files,
    /// Theme and scale that the context has.
    applied_look: Option<(bool, Ease, f32)>,
    /// An absolute size of text that an earlier version stored.
    earlier_scale: Option<f32>,
    /// Frames until the window is made to fill its work area: a window that is not
    /// on screen yet cannot be.
    fill_in: Option<u8>,
    /// Where the window is while it does not fill the screen.
    place: Option<window::Place>,
    /// A text field had the focus in the last frame.
    typing: bool,
    keyboard: Keyboard,
}

impl GrokscopeApp {
    /// The application with a worker thread of its own.
    pub fn new(cc: &CreationContext<'_>, startup: Startup) -> Self {
        let asked =
            startup.config.is_some() || startup.figure.is_some() || startup.workspace.is_some();
        let ctx = cc.egui_ctx.clone();
        let worker = WorkerHandle::spawn(move || ctx.request_repaint());
        let ctx = cc.egui_ctx.clone();
        let theory = TheoryHandle::spawn(move || ctx.request_repaint());
        let ctx = cc.egui_ctx.clone();
        // Without the thread there is nothing to show in that tab.
        let network = InspectHandle::spawn(move || ctx.request_repaint()).ok();
        let ctx = cc.egui_ctx.clone();
        let phase = PhaseDiagram::new(move || ctx.request_repaint_after(diagram::BETWEEN_FRAMES));
        let mut app = Self::with_backend(cc, startup, Box::new(worker), Exporter::from_env())
            .with_theory(theory)
            .with_network(network)
            .with_diagram(phase);
        // Once, where it can be remembered that it was seen.
        if cc.storage.is_some() && !app.state.toured && !asked {
            app.state.tour = Some(0);
        }
        app.settle(cc);
        app
    }

    /// With a thread that looks ahead.
    pub fn with_theory(mut self, theory: TheoryHandle) -> Self {
        self.state.theory = Theory::new(Some(theory));
        self
    }

    /// With a thread that looks at networks.
    pub fn with_network(mut self, handle: Option<InspectHandle>) -> Self {
        self.state.network = Network::new(handle);
        self
    }

    /// With a pool that fills the phase diagram.
    pub fn with_diagram(mut self, phase: PhaseDiagram) -> Self {
        let earlier = std::mem::take(&mut self.state.phase);
        self.state.phase = phase.showing_what(earlier);
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
                network: Network::default(),
                phase: PhaseDiagram::default(),
                defaults,
                preset,
                field_errors: BTreeMap::new(),
                changed: None,
                notice: None,
                last_export: None,
                dark: stored.dark,
                ease: stored.ease,
                scale: stored.text_size.unwrap_or(1.0),
                window: egui::Vec2::ZERO,
                drawers: stored.drawers,
                regions: Default::default(),
                help_open: false,
                printing: None,
                print_form: Default::default(),
                animating: None,
                animation_form: Default::default(),
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
                laws: Default::default(),
                sweep: None,
                time: Default::default(),
                undo: Default::default(),
                retrain: None,
                kept: Default::default(),
                lecture: Default::default(),
                why: false,
                tour: None,
                toured: stored.toured,
            },
            queue: Vec::new(),
            exporter,
            files: Files::default(),
            applied_look: None,
            earlier_scale: (stored.text_size.is_none() && stored.scale != 1.0)
                .then_some(stored.scale),
            fill_in: None,
            place: stored.window,
            typing: false,
            keyboard: Keyboard::default(),
        };
        app.apply_look(ctx);
        if let Err(error) = app.state.session.open(config, startup.instance, 0.0) {
            app.failure(error.to_string(), 0.0);
        }
        if let Some(problem) = presets::problems().first() {
            app.failure(problem.clone(), 0.0);
        }
        if let Some(id) = startup.figure {
            app.open_figure(&id, ctx, 0.0);
        }
        if let Some(path) = startup.story {
            app.ask(Action::OpenFile(path));
        }
        if let Some((path, state)) = startup.workspace {
            let opened = workspace::instances_of(&state).and_then(|instances| {
                app.open_workspace(&state, &instances, "the state", ctx, 0.0)
            });
            match opened {
                Ok(()) => app.state.kept.is_in(path, *state),
                Err(error) => app.failure(error, 0.0),
            }
        }
        app
    }

    /// Puts the window where it belongs, before it is seen.
    fn settle(&mut self, cc: &CreationContext<'_>) {
        let Some(native) = cc.winit_window() else {
            return;
        };
        let primary = native.primary_monitor();
        let mut monitors: Vec<_> = native.available_monitors().collect();
        monitors.sort_by_key(|m| Some(m) != primary.as_ref());
        let known = monitors.iter().map(|m| window::Monitor {
            position: [m.position().x as f32, m.position().y as f32],
            size: [m.size().width as f32, m.size().height as f32],
            scale: m.scale_factor() as f32,
        });
        // A screen of no size is one that is not there.
        let known: Vec<_> = known.filter(|m| m.size[0] * m.size[1] > 0.0).collect();
        let (Some(place), Some(monitor)) = (window::opening(&known, self.place), monitors.first())
        else {
            return;
        };
        let mut size = monitor.size();
        (size.width, size.height) = (place.size[0] as u32, place.size[1] as u32);
        // Where it is applied at once no event says so.
        let _ = native.request_inner_size(size);
        if let Some([x, y]) = place.position {
            let mut position = monitor.position();
            (position.x, position.y) = (x as i32, y as i32);
            native.set_outer_position(position);
        }
        self.place = Some(place);
        self.fill_in = place.maximized.then_some(2);
        let points = egui::vec2(place.size[0], place.size[1]) / native.scale_factor() as f32;
        self.state.window = points;
        self.apply_look(&cc.egui_ctx);
    }

    /// Notes how large the window is, in points at a zoom of 1, and where.
    fn observe_window(&mut self, ctx: &Context) {
        let (info, pixels, content) =
            ctx.input(|i| (i.viewport().clone(), i.pixels_per_point(), i.content_rect()));
        let native = info.native_pixels_per_point.unwrap_or(1.0);
        self.state.window = content.size() * (pixels / native);
        if let Some(scale) = self.earlier_scale.take() {
            self.state.scale = layout::nearest_scale(self.state.window, scale);
        }
        if let Some(frames) = self.fill_in {
            self.fill_in = frames.checked_sub(1);
            if self.fill_in.is_none() {
                ctx.send_viewport_cmd(egui::ViewportCommand::Maximized(true));
            } else {
                ctx.request_repaint();
            }
            return;
        }
        let maximized = info.maximized == Some(true);
        if maximized || info.fullscreen == Some(true) {
            if let Some(place) = &mut self.place {
                place.maximized = maximized;
            }
        } else if let Some(inner) = info.inner_rect {
            let position = info
                .outer_rect
                .map(|r| [r.min.x * pixels, r.min.y * pixels]);
            self.place = Some(window::Place {
                position,
                size: [inner.width() * pixels, inner.height() * pixels],
                maximized: false,
            });
        }
    }

    /// Asks for an action, to be done before the next frame.
    pub fn ask(&mut self, action: Action) {
        self.queue.push(action);
    }

    /// Colours and scale of the whole window.
    fn apply_look(&mut self, ctx: &Context) {
        let window = self.state.window;
        let zoom = if window == egui::Vec2::ZERO {
            // Not on screen: a picture has the size it was asked for.
            self.state.scale
        } else {
            layout::text_size(window, self.state.text_scale())
        };
        let (dark, ease) = (self.state.dark, self.state.ease);
        let wanted = (dark, ease, zoom);
        if self.applied_look != Some(wanted) {
            Theme::eased(dark, ease).apply(ctx, 1.0);
            if ease.still {
                ctx.global_style_mut(|style| style.animation_time = 0.0);
            }
            ctx.set_zoom_factor(zoom);
            self.applied_look = Some(wanted);
        }
    }

    /// Drains events and does what was asked for.
    fn advance(&mut self, ctx: &Context) {
        let now = ctx.input(|i| i.time);
        self.observe_window(ctx);
        for action in std::mem::take(&mut self.queue) {
            self.apply(action, ctx, now);
        }
        self.take_files(ctx, now);
        self.take_exports(now);
        self.advance_print(ctx);
        self.advance_animation();
        self.advance_figure();
        self.apply_look(ctx);
        if let Some(wait) = self.state.notice_ends(now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        if let Some(wait) = self.state.session.advance(now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        self.grow_pins();
        self.advance_retrain();
        self.advance_keeping(ctx, now);
        let state = &mut self.state;
        if let Some(wait) = state.time.advance(&mut state.session, now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        self.advance_sweep(now);
        let past = self.state.past();
        let tab = self.state.side_shown.then_some(self.state.tab);
        self.advance_laws(tab == Some(Tab::Laws));
        let session = &self.state.session;
        if let Some(wait) = self.state.theory.advance(session, past, tab, now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        // Tabs that do not apply to the network give way to its own.
        let shown = tab.is_some_and(|tab| {
            matches!(tab, Tab::Network | Tab::Error | Tab::Kernel | Tab::Features)
        });
        let state = &mut self.state;
        if let Some(wait) = state.network.advance(&state.session, past, shown, now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
        }
        let session = &self.state.session;
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
        let mut actions = self
            .keyboard
            .actions(&ctx, typing, self.state.lecture.is_on());
        ctx.input(|i| {
            let paths = i.raw.dropped_files.iter().map(|f| f.path().to_owned());
            actions.extend(paths.map(Action::OpenFile));
            let pasted = i.events.iter().filter_map(|event| match event {
                egui::Event::Paste(text) if !typing && is_code(text) => Some(text.clone()),
                _ => None,
            });
            actions.extend(pasted.map(Action::OpenCode));
        });
        self.draw(ui, &mut actions);
        if !actions.is_empty() {
            self.queue.append(&mut actions);
            ctx.request_repaint();
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        let mut stored = Stored::of(&self.state);
        stored.window = self.place;
        stored.save(storage);
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        Theme::eased(self.state.dark, self.state.ease)
            .background
            .to_normalized_gamma_f32()
    }
}
