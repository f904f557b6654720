//! How a lecture is laid out.

use super::{super::layout::PanelSide, say::When};
use crate::{
    app::{GrokscopeApp, state::Regions},
    views::{
        action::Action,
        curves::Tool,
        lecture::{self, StageView, editor, presenter},
        panels,
        theme::Theme,
    },
};
use egui::{CentralPanel, Context, Frame, Margin, Panel, Ui};

impl GrokscopeApp {
    /// The step in large type over the whole window.
    pub(in crate::app) fn draw_lecture(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        actions: &mut Vec<Action>,
    ) {
        let now = ui.input(|i| i.time);
        let width = ui.available_width();
        let (line, _, bad) = self.said(now);
        let lecture = &self.state.lecture;
        let title = lecture.current().map_or(String::new(), |s| s.title.clone());
        let beside = lecture.current().is_some_and(|step| step.beside.is_some());
        let sliders = lecture.sliders;
        self.state.curves.plain = !sliders;
        let lecture = &self.state.lecture;
        let view = StageView {
            title: &title,
            line: &line,
            bad,
            step: lecture.step + 1,
            steps: lecture.story.steps.len(),
            tool: match self.state.curves.annotations.tool {
                Tool::None => None,
                Tool::Pen => Some("pen"),
                Tool::Note => Some("note"),
            },
            sliders,
        };
        let bar = |x, y| {
            Frame::new()
                .fill(theme.background)
                .inner_margin(Margin::symmetric(x, y))
        };
        let top = Panel::top("lecture's title")
            .exact_size(lecture::HEAD)
            .show_separator_line(false)
            .frame(bar(20, 0))
            .show(ui, |ui| lecture::head(ui, theme, &view, actions))
            .response
            .rect;
        let bottom = Panel::bottom("lecture's sentence")
            .exact_size(lecture::FOOT)
            .show_separator_line(false)
            .frame(bar(20, 0))
            .show(ui, |ui| lecture::foot(ui, theme, &view))
            .response
            .rect;
        let settings = sliders.then(|| {
            let [_, normal, _] = PanelSide::Left.widths(width);
            Panel::left("lecture's settings")
                .exact_size(normal)
                .resizable(false)
                .show_separator_line(false)
                .frame(Frame::new().fill(theme.panel))
                .show(ui, |ui| self.draw_settings(ui, theme, actions))
                .response
                .rect
        });
        let room = width - settings.map_or(0.0, |rect| rect.width());
        // A panel beside the plots leaves them the larger part, or has no room.
        let wide = (0.38 * width).clamp(248.0, 640.0);
        let beside = beside && room - wide >= 320.0;
        self.state.side_shown = beside;
        let side = beside.then(|| {
            Panel::right("lecture's panel")
                .exact_size(wide)
                .resizable(false)
                .show_separator_line(false)
                .frame(bar(10, 0))
                .show(ui, |ui| {
                    let view = self.panels_view(theme, now);
                    panels::show_alone(ui, theme, &view, actions);
                })
                .response
                .rect
        });
        let plots = CentralPanel::no_frame()
            .frame(bar(12, 2))
            .show(ui, |ui| match self.state.phase.is_large() {
                true => self.draw_diagram(ui, theme, actions),
                false if self.shows_panels() => self.draw_panels(ui, theme, actions),
                false => self.draw_plots(ui, theme, actions),
            })
            .response
            .rect;
        self.state.regions = Regions {
            top,
            bottom,
            settings,
            side,
            plots,
        };
        let ctx = ui.ctx().clone();
        if self.state.lecture.blank {
            lecture::blank(&ctx);
        } else if self.state.lecture.laser {
            lecture::laser(&ctx, theme);
        }
        if self.state.lecture.presenter {
            self.draw_presenter(&ctx, theme, &line, now, actions);
        }
    }

    fn shows_panels(&self) -> bool {
        let figure = self.state.figure.as_ref();
        figure.is_some_and(|open| open.panels_shown())
    }

    fn draw_presenter(
        &self,
        ctx: &Context,
        theme: &Theme,
        line: &str,
        now: f64,
        actions: &mut Vec<Action>,
    ) {
        let lecture = &self.state.lecture;
        let Some(step) = lecture.current() else {
            return;
        };
        let next = lecture.story.steps.get(lecture.step + 1);
        let view = presenter::View {
            title: &step.title,
            line,
            notes: &step.notes,
            next: next.map(|step| step.title.as_str()),
            place: [lecture.step + 1, lecture.story.steps.len()],
            seconds: now - lecture.begun,
        };
        presenter::show(ctx, theme, &view, actions);
    }

    /// The list of steps.
    pub(in crate::app) fn draw_editor(
        &self,
        ctx: &Context,
        theme: &Theme,
        actions: &mut Vec<Action>,
    ) {
        let lecture = &self.state.lecture;
        let step = lecture.current();
        let line = |when: When| editor::Line {
            name: when.name(),
            label: when.label(),
            text: step
                .and_then(|s| s.line(when))
                .unwrap_or_default()
                .to_owned(),
        };
        let words = super::say::WORDS
            .iter()
            .map(|(word, what)| format!("{{{word}}} {what}"));
        let view = editor::View {
            title: &lecture.story.title,
            steps: lecture
                .story
                .steps
                .iter()
                .map(|s| s.title.as_str())
                .collect(),
            step: lecture.step,
            notes: step.map_or("", |s| s.notes.as_str()),
            lines: When::ALL.into_iter().map(line).collect(),
            problem: lecture.problem.as_deref(),
            words: words.collect::<Vec<_>>().join(", "),
            changed: lecture.changed,
            lecturing: lecture.is_on(),
        };
        editor::show(ctx, theme, &view, actions);
    }
}
