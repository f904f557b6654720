//! Puts the views in their places and hands them what they draw.

use super::{
    Action, GrokscopeApp,
    compare::Pin,
    export::Export,
    figures::OpenFigure,
    layout::{self, PanelSide},
    raster,
    session::Session,
    state::{EDIT_SECS, NOTICE_SECS, Regions, State, Tab},
    sweeping::Sweep,
};
use crate::{
    figures::Curve,
    history::Run,
    presets,
    sim::config::FIELDS,
    views::{
        animation_form::{self, AnimationView},
        controls,
        curves::{self, CurvesAction, CurvesModel, Ghost, Lower, Pinned, PlotKind},
        drawer, figure, figure_panels, fonts, glossary, help, network, offer, open, panels,
        print_form::{self, PrintView},
        runs, scrubber, status,
        theme::Theme,
        tour, transport, why,
    },
};
use egui::{
    Align2, CentralPanel, Color32, ColorImage, Context, FontId, Frame, Id, LayerId, Margin, Order,
    Panel, ScrollArea, Stroke, Ui,
};

/// The kept runs that are on show.
fn pinned<'a>(pins: &'a [Pin], theme: &Theme) -> Vec<Pinned<'a>> {
    pins.iter()
        .filter(|pin| pin.shown)
        .map(|pin| Pinned {
            run: &pin.run,
            label: &pin.name,
            colour: theme.pin(pin.colour),
            style: curves::pin_style(pin.line),
        })
        .collect()
}

/// The name of the live curve of a figure, as long as it is the figure's.
pub(super) fn live_name(figure: Option<&OpenFigure>, session: &Session) -> Option<&'static str> {
    let live = figure?.figure().live();
    (live.config == *session.config()).then_some(live.label.as_str())
}

/// Says what may be dropped here.
fn invite_drop(ctx: &Context, theme: &Theme) {
    let layer = LayerId::new(Order::Foreground, Id::unique("drop"));
    let painter = ctx.layer_painter(layer);
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, theme.background.gamma_multiply(0.85));
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        "Drop a state, a picture made here, settings or data to open it",
        FontId::new(20.0, fonts::bold()),
        theme.text,
    );
}

impl GrokscopeApp {
    /// Draws everything; what the user asks for goes into `actions`.
    pub(super) fn draw(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let theme = Theme::eased(self.state.dark, self.state.ease);
        match self.state.lecture.is_on() {
            true => self.draw_lecture(ui, &theme, actions),
            false => self.draw_window(ui, &theme, actions),
        }
        self.draw_over(ui, &theme, actions);
    }

    /// Bars, settings, side panel and plots.
    fn draw_window(&mut self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        self.state.curves.plain = false;
        let width = ui.available_width();
        let open = self.state.drawers.open(width);
        let bar = |x, y| {
            Frame::new()
                .fill(theme.panel)
                .inner_margin(Margin::symmetric(x, y))
                .stroke(Stroke::NONE)
        };
        let top = {
            let view = self.transport_view();
            Panel::top("transport")
                .exact_size(transport::height(ui, &view))
                .frame(bar(12, 0))
                .show(ui, |ui| transport::show(ui, theme, &view, actions))
                .response
                .rect
        };
        let bottom = Panel::bottom("status")
            .exact_size(status::HEIGHT)
            .frame(bar(12, 0))
            .show(ui, |ui| self.draw_status(ui, theme, actions))
            .response
            .rect;
        let settings = open.left.map(|width| {
            Panel::left("settings")
                .exact_size(width)
                .resizable(false)
                .show_separator_line(false)
                .frame(bar(0, 0))
                .show(ui, |ui| self.draw_settings(ui, theme, actions))
                .response
                .rect
        });
        self.draw_edge(ui, theme, PanelSide::Left, open.left.is_some(), actions);
        self.state.side_shown = open.right.is_some();
        let side = open.right.map(|width| {
            Panel::right("side")
                .exact_size(width)
                .resizable(false)
                .show_separator_line(false)
                .frame(bar(14, 0))
                .show(ui, |ui| self.draw_side(ui, theme, actions))
                .response
                .rect
        });
        self.draw_edge(ui, theme, PanelSide::Right, open.right.is_some(), actions);
        let mut plots = egui::Rect::NOTHING;
        if !open.covers(width) {
            plots = self.draw_middle(ui, theme, actions);
        }
        self.state.regions = Regions {
            top,
            bottom,
            settings,
            side,
            plots,
        };
    }

    /// What lies over the rest.
    fn draw_over(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        if let Some(word) = glossary::asked(ui.ctx()) {
            actions.push(Action::LookUp(word));
        }
        if self.state.help_open {
            help::show(ui.ctx(), theme, self.state.ease, actions);
        }
        if let Some(printing) = &self.state.printing {
            let view = PrintView {
                form: &printing.form,
                subjects: &self.print_subjects(),
                preview: printing.preview.as_ref(),
                words: &printing.words,
                problem: printing.problem.as_deref(),
            };
            print_form::show(ui.ctx(), theme, &view, actions);
        }
        if let Some(animating) = &self.state.animating {
            let problem = self.animation_problem();
            let view = AnimationView {
                form: &animating.form,
                sweep: &self.animation_sweep(),
                progress: animating.progress.as_ref(),
                problem: problem.as_deref(),
            };
            animation_form::show(ui.ctx(), theme, &view, actions);
        }
        if self.state.open_shown {
            open::show(ui.ctx(), theme, &self.state.recent, actions);
        }
        if self.state.why {
            let now = ui.input(|i| i.time);
            why::show(ui.ctx(), theme, &self.state.explanation(now), actions);
        }
        if self.state.lecture.editor {
            self.draw_editor(ui.ctx(), theme, actions);
        }
        if let Some(card) = self.state.tour.filter(|_| !self.state.lecture.is_on()) {
            let view = tour::View {
                card,
                top: self.state.regions.top,
                settings: self.state.regions.settings,
                plots: self.state.regions.plots,
            };
            tour::show(ui.ctx(), theme, &view, actions);
        }
        if let Some(text) = self.state.kept.offer() {
            offer::show(ui.ctx(), theme, &text, actions);
        }
        if ui.input(|i| !i.raw.hovered_files.is_empty()) {
            invite_drop(ui.ctx(), theme);
        }
    }

    /// The plots, or what has their place; returns where.
    fn draw_middle(&mut self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) -> egui::Rect {
        CentralPanel::no_frame()
            .frame(
                Frame::new()
                    .fill(theme.background)
                    .inner_margin(Margin::symmetric(10, 8)),
            )
            .show(ui, |ui| {
                let large = self.state.phase.is_large();
                let mut panels = false;
                if let Some(open) = &self.state.figure {
                    let side = self.state.side_shown;
                    let told = side && self.state.tab == Tab::Figure;
                    panels = open.panels_shown() && !large;
                    let shown = panels || (large && open.figure().grid.is_some());
                    figure::strip(ui, theme, open.figure(), told, shown, actions);
                }
                match (large, panels) {
                    (true, _) => self.draw_diagram(ui, theme, actions),
                    (false, true) => self.draw_panels(ui, theme, actions),
                    (false, false) => self.draw_plots(ui, theme, actions),
                }
            })
            .response
            .rect
    }

    /// The edge between a panel and the plots.
    fn draw_edge(
        &self,
        ui: &mut Ui,
        theme: &Theme,
        side: PanelSide,
        open: bool,
        actions: &mut Vec<Action>,
    ) {
        let (panel, word) = match side {
            PanelSide::Left => (Panel::left("settings edge"), "Settings"),
            PanelSide::Right => (Panel::right("side edge"), self.state.tab.name()),
        };
        let width = if open { layout::EDGE } else { layout::HANDLE };
        let edge = panel
            .exact_size(width)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::new())
            .show(ui, |ui| drawer::show(ui, theme, side, open, word))
            .inner;
        if edge.toggled {
            actions.push(Action::TogglePanel(side));
        }
        if let Some(by) = edge.wider {
            actions.push(Action::WidenPanel(side, by));
        }
    }

    pub(super) fn draw_settings(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let view = self.controls_view();
        Panel::top("settings head")
            .exact_size(34.0)
            .show_separator_line(false)
            .frame(Frame::new().inner_margin(Margin::symmetric(12, 0)))
            .show(ui, |ui| controls::head(ui, theme, &view, actions));
        // A full bar beside the sliders would look like one of them.
        ui.spacing_mut().scroll.foreground_color = false;
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                Frame::new()
                    .inner_margin(Margin::symmetric(12, 2))
                    .show(ui, |ui| controls::show(ui, theme, &view, actions));
            });
    }

    fn draw_side(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let view = self.panels_view(theme, ui.input(|i| i.time));
        panels::show(ui, theme, &view, actions);
    }

    pub(super) fn panels_view(&self, theme: &Theme, now: f64) -> panels::View<'_> {
        let state = &self.state;
        let session = &state.session;
        let (run, cursor) = (session.shown(now), state.time.step());
        let moment = run.map(|run| run.moment(cursor));
        let past = moment.filter(|moment| !moment.is_live());
        let by_error = session.config().network.family.by_error();
        panels::View {
            tab: state.tab,
            run,
            cursor,
            keyframe: past
                .and_then(|m| session.keyframe(m.step()))
                .map(|kept| kept.step),
            settings: self.controls_view(),
            kernel: state.theory.kernel(),
            features: state.theory.features(),
            network: network::View {
                look: state.network.look(),
                number: state.network.number(),
                at: moment.map_or(0, |moment| moment.step()),
                wrong_at_fit: state.network.wrong_at_fit(),
                threshold: by_error.then_some(session.config().outcome.accuracy_tolerance),
            },
            path: state.theory.path(),
            lazy_level: state.theory.lazy_level(),
            laws: (state.tab == Tab::Laws).then(|| state.laws_view(theme)),
            diagram: state.phase.view(session.config()),
            runs: self.runs_view(),
            figure: state
                .figure
                .as_ref()
                .map(|open| self.figure_view(open, theme)),
        }
    }

    fn runs_view(&self) -> runs::View<'_> {
        let state = &self.state;
        runs::View {
            seeds: state.curves.shown.seeds,
            run: state.session.run(),
            config: state.session.config_on_screen(),
            horizon: state.session.config().training.horizon(),
            pins: state.pins.iter().map(Pin::view).collect(),
            form: &state.sweep_form,
            sweep: state.sweep.as_ref().map(Sweep::progress),
        }
    }

    fn figure_view<'a>(&'a self, open: &'a OpenFigure, theme: &Theme) -> figure::View<'a> {
        let curves = open.curves().map(|(curve, summary)| figure::CurveView {
            curve,
            summary,
            live: open.is_live(curve),
            colour: self.curve_color(open, curve, theme),
        });
        figure::View {
            figure: open.figure(),
            curves: curves.collect(),
            computing: open.is_computing(),
            flow: open.is_flow(),
            failures: open.failures(),
        }
    }

    /// The colour that a figure's curve has on the plots.
    fn curve_color(&self, open: &OpenFigure, curve: &Curve, theme: &Theme) -> Color32 {
        if open.is_live(curve) {
            return theme.test;
        }
        let of_curve = |pin: &&Pin| open.is_run_of(curve, pin.run.id());
        let pin = self.state.pins.iter().find(of_curve);
        pin.map_or(theme.faint, |pin| theme.pin(pin.colour))
    }

    fn transport_view(&self) -> transport::View<'_> {
        let session = &self.state.session;
        let run = session.run();
        transport::View {
            state: session.state(),
            preset: self.state.preset.as_deref(),
            presets: presets::all(),
            figure: self.state.figure.as_ref().map(|open| open.figure()),
            step: self.state.past().or(run.map(Run::step)).unwrap_or(0),
            horizon: session.config().training.horizon(),
            steps_per_second: run.map_or(0.0, Run::steps_per_second),
            pace: session.pace(),
            catching_up: session.catching_up(),
            dark: self.state.dark,
            replay: self.state.past().map(|_| self.state.time.is_playing()),
        }
    }

    fn controls_view(&self) -> controls::View<'_> {
        let session = &self.state.session;
        let undo = &self.state.undo;
        controls::View {
            undo: undo.undoable(),
            redo: undo.redoable(),
            config: session.config(),
            defaults: &self.state.defaults,
            errors: &self.state.field_errors,
            lowered: session.run().and_then(Run::lowered),
            fixed: (FIELDS.iter().map(|field| field.key))
                .filter_map(|key| Some((key, session.fixed(key)?)))
                .collect(),
            instance: session.instance().map(|(path, instance)| {
                let name = path.file_name().unwrap_or(path.as_os_str());
                controls::InstanceNote {
                    name: name.to_string_lossy().into_owned(),
                    has_weights: instance.w0.is_some(),
                    scale: instance.scale(),
                    factors: match session.config().rescale {
                        true => instance.rescaled_by,
                        false => instance.factors(),
                    },
                    rescaled: session.config().rescale,
                    remarks: instance.remarks(),
                }
            }),
        }
    }

    fn draw_status(&self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let now = ui.input(|i| i.time);
        let (sentence, bad) = self.state.sentence(now);
        // What was said for a while gives way to the run, also where nothing moves.
        let notice = self.state.notice.as_ref().filter(|n| !n.bad);
        let ends = (notice.map(|n| n.since + NOTICE_SECS).into_iter())
            .chain(self.state.changed.map(|(_, since)| since + EDIT_SECS))
            .filter(|end| *end > now)
            .fold(f64::INFINITY, f64::min);
        if ends.is_finite() {
            let rest = std::time::Duration::from_secs_f64(ends - now + 0.01);
            ui.ctx().request_repaint_after(rest);
        }
        let view = status::View {
            state: self.state.session.state(),
            sentence,
            bad,
            pins: self.state.pins.len(),
            why: self.state.session.run().is_some(),
            sweep: self.state.sweep.as_ref().map(Sweep::progress),
            preparing: (self.state.session.run())
                .and_then(Run::working)
                .is_some_and(|working| working.preparing),
        };
        status::show(ui, theme, &view, actions);
    }

    /// The panels of the figure on show.
    pub(super) fn draw_panels(&mut self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let Some(open) = &self.state.figure else {
            return;
        };
        let plots = open.plots(&self.state.session);
        let (across, enlarged) = (open.figure().across, open.enlarged());
        if let Some(panel) = figure_panels::show(ui, theme, &plots, across, enlarged) {
            actions.push(Action::EnlargePanel(panel));
        }
    }

    pub(super) fn draw_plots(&mut self, ui: &mut Ui, theme: &Theme, actions: &mut Vec<Action>) {
        let cursor = self.state.past();
        let State {
            time,
            session,
            theory: foreseen,
            curves,
            plots_size,
            pins,
            figure,
            ..
        } = &mut self.state;
        *plots_size = ui.available_size();
        let now = ui.input(|i| i.time);
        // Another kind of network has other quantities.
        if let Some(run) = session.shown(now)
            && !curves.shown.lower.suits(run)
        {
            curves.shown.lower = Lower::first_of(run);
        }
        let ghosts: Vec<Ghost<'_>> = session
            .ghosts()
            .map(|ghost| Ghost {
                run: &ghost.run,
                opacity: ghost.opacity(now),
            })
            .collect();
        let pinned = pinned(pins, theme);
        let name = live_name(figure.as_ref(), session);
        let model = CurvesModel {
            run: session.shown(now),
            name,
            ghosts: &ghosts,
            pinned: &pinned,
            foresight: foreseen.foresight().with_twin(session.shown(now)),
            horizon: session.config().training.horizon(),
            cursor,
        };
        let response = curves::show(ui, &model, curves, theme);
        let view = scrubber::View {
            run: session.shown(now),
            cursor,
            playing: time.is_playing(),
            axis: response.axis,
            time: response.time,
        };
        scrubber::show(ui, theme, response.foot, &view, actions);
        match response.action {
            Some(CurvesAction::ExportPlot(kind)) => {
                actions.push(Action::Export(Export::Plot(kind)));
            }
            Some(CurvesAction::PinRun) => actions.push(Action::Pin),
            Some(CurvesAction::Why) => actions.push(Action::ShowWhy(true)),
            Some(CurvesAction::LossScaleChanged) | None => {}
        }
    }

    /// What draws one plot as it is on screen, at twice the resolution; `None`
    /// where there is nothing to draw.
    pub(super) fn plot_picture(
        &self,
        kind: PlotKind,
        ctx: &Context,
    ) -> Option<impl FnOnce() -> ColorImage + Send + 'static> {
        let run = self.state.session.run().filter(|r| !r.rows().is_empty())?;
        let run = run.clone();
        let now = ctx.input(|i| i.time);
        let ghosts: Vec<(Run, f32)> = self
            .state
            .session
            .ghosts()
            .map(|ghost| (ghost.run.clone(), ghost.opacity(now)))
            .collect();
        let pins = self.state.pins.clone();
        let cursor = self.state.past();
        let name = live_name(self.state.figure.as_ref(), &self.state.session);
        let foreseen = self.state.theory.picture();
        let horizon = self.state.session.config().training.horizon();
        let mut state = self.state.curves.clone();
        let plots = self.state.plots_size;
        let theme = Theme::eased(self.state.dark, self.state.ease);
        let legend = curves::pins_legend_height(&pinned(&pins, &theme), plots.x - 32.0);
        let size = plots + egui::vec2(0.0, legend);
        let resolution = 2.0 * ctx.pixels_per_point();
        Some(move || {
            let mut rect = egui::Rect::ZERO;
            let setup = |ctx: &Context| {
                fonts::install(ctx);
                theme.apply(ctx, 1.0);
            };
            let image = raster::draw(size, resolution, theme.background, setup, |ui| {
                let ghosts: Vec<Ghost<'_>> = ghosts
                    .iter()
                    .map(|(run, opacity)| Ghost {
                        run,
                        opacity: *opacity,
                    })
                    .collect();
                let pinned = pinned(&pins, &theme);
                let model = CurvesModel {
                    run: Some(&run),
                    name,
                    ghosts: &ghosts,
                    pinned: &pinned,
                    foresight: foreseen.foresight().with_twin(Some(&run)),
                    horizon,
                    cursor,
                };
                // Above the losses, below the lower plot.
                let top = if kind == PlotKind::Loss { legend } else { 0.0 };
                let area = egui::Rect::from_min_size(egui::pos2(0.0, top), plots);
                let response = ui
                    .scope_builder(egui::UiBuilder::new().max_rect(area), |ui| {
                        curves::show(ui, &model, &mut state, &theme)
                    })
                    .inner;
                // Half of the axis title sticks out.
                rect = match kind {
                    PlotKind::Loss => response.loss_rect,
                    PlotKind::Lower => response.lower_rect,
                }
                .expand(8.0);
                if legend > 0.0 {
                    let beside = egui::Rect::from_min_size(
                        match kind {
                            PlotKind::Loss => egui::pos2(16.0, 4.0),
                            PlotKind::Lower => egui::pos2(16.0, rect.bottom()),
                        },
                        egui::vec2(plots.x - 32.0, legend),
                    );
                    ui.scope_builder(egui::UiBuilder::new().max_rect(beside), |ui| {
                        curves::pins_legend(ui, &pinned, &theme);
                    });
                    rect = rect.union(beside);
                }
                rect = rect.intersect(egui::Rect::from_min_size(egui::Pos2::ZERO, size));
            });
            image.region(&rect, Some(resolution))
        })
    }
}
