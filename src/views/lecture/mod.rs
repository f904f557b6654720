//! A lecture: large type, the plots, one sentence, and what the presenter alone sees.

mod action;
pub mod editor;
pub mod keys;
pub mod presenter;

pub use action::{LectureAction, StoryEdit};

use super::{action::Action, fonts, theme::Theme};
use egui::{
    Align, Button, Color32, Context, FontFamily, FontId, Galley, Id, LayerId, Layout, Order, Pos2,
    RichText, Sense, TextStyle, Ui, WidgetInfo, pos2, text::LayoutJob, vec2,
};
use std::sync::Arc;

/// Text in a lecture is larger by this.
pub const LARGER: f32 = 1.35;
/// Height of the title.
pub const HEAD: f32 = 46.0;
/// Height of the sentence: two lines of the largest size.
pub const FOOT: f32 = 60.0;

/// Sizes of the title: the largest for which there is room.
const SIZES: [f32; 4] = [22.0, 19.0, 16.0, 14.0];

/// What stands above and below the plots.
#[derive(Clone, Copy, Debug)]
pub struct StageView<'a> {
    /// What the step is called.
    pub title: &'a str,
    /// What is said.
    pub line: &'a str,
    /// It is about something that went wrong.
    pub bad: bool,
    /// The step, counted from 1.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// What the pointer does, where that is something else than usual.
    pub tool: Option<&'static str>,
    /// The settings are open.
    pub sliders: bool,
}

/// A text at the largest of these sizes at which it has room; at the smallest it is
/// shortened.
fn fitted(
    ui: &Ui,
    text: &str,
    family: &FontFamily,
    colour: Color32,
    sizes: &[f32],
    [width, height]: [f32; 2],
) -> Arc<Galley> {
    let lay = |size: f32, rows: usize| {
        let font = FontId::new(size, family.clone());
        let mut job = LayoutJob::simple(text.to_owned(), font, colour, width);
        job.wrap.max_rows = rows;
        ui.painter().layout_job(job)
    };
    for &size in sizes {
        let galley = lay(size, usize::MAX);
        if galley.size().y <= height && galley.size().x <= width {
            return galley;
        }
    }
    let least = sizes.last().copied().unwrap_or(12.0);
    let rows = (height / (1.2 * least)).floor().max(1.0);
    lay(least, rows as usize)
}

/// The title, and where the lecture stands.
pub fn head(ui: &mut Ui, theme: &Theme, view: &StageView<'_>, actions: &mut Vec<Action>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (sign, action) in [
            ("×", LectureAction::Toggle),
            ("▸", LectureAction::Next),
            ("◂", LectureAction::Previous),
        ] {
            let Some(command) = keys::of_action(&action) else {
                continue;
            };
            let button = Button::new(RichText::new(sign).color(theme.muted));
            let response = ui
                .add(button.frame_when_inactive(false))
                .on_hover_text(command.hint())
                .accessible_name(command.label);
            if response.clicked() {
                actions.push(command.action.clone());
            }
        }
        let place = format!("{} / {}", view.step, view.steps);
        let place = RichText::new(place).color(theme.muted);
        ui.add(egui::Label::new(place).selectable(false))
            .on_hover_text("The step, and how many there are");
        if let Some(tool) = view.tool {
            ui.label(RichText::new(tool).color(theme.warning));
        }
        let mut rect = ui.available_rect_before_wrap();
        if view.step == 1 && !view.sliders {
            let hint = hint(ui, theme);
            // Beside the title alone, and not at its cost.
            let bold = FontId::new(SIZES[0], fonts::bold());
            let title = (ui.painter()).layout_no_wrap(view.title.into(), bold, theme.text);
            let room = rect.width() - title.size().x - 40.0;
            if hint.size().x < room {
                let at = pos2(
                    rect.right() - hint.size().x,
                    rect.center().y - 0.5 * hint.size().y,
                );
                rect.max.x = at.x - 8.0;
                ui.painter().galley(at, hint, theme.faint);
            }
        }
        let size = [rect.width() - 8.0, rect.height()];
        let galley = fitted(ui, view.title, &fonts::bold(), theme.text, &SIZES, size);
        let at = pos2(rect.left(), rect.center().y - 0.5 * galley.size().y);
        ui.painter().galley(at, galley, theme.text);
        let response = ui.allocate_rect(rect, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Heading, true, view.title));
    });
}

/// What a lecturer needs first.
fn hint(ui: &Ui, theme: &Theme) -> Arc<Galley> {
    let key = |action| keys::of_action(&action).map_or_else(String::new, |command| command.key());
    let [next, sliders, end] = [
        key(LectureAction::Next),
        key(LectureAction::Sliders),
        key(LectureAction::Toggle),
    ];
    let text = format!("{next}: on   {sliders}: settings   {end}: end   ");
    let font = TextStyle::Small.resolve(ui.style());
    ui.painter().layout_no_wrap(text, font, theme.faint)
}

/// The sentence.
pub fn foot(ui: &mut Ui, theme: &Theme, view: &StageView<'_>) {
    let rect = ui.available_rect_before_wrap();
    let colour = if view.bad { theme.warning } else { theme.text };
    let size = [rect.width(), rect.height() - 4.0];
    let family = FontFamily::Proportional;
    let galley = fitted(
        ui,
        view.line,
        &family,
        colour,
        &[20.0, 18.0, 16.0, 14.0, 12.5],
        size,
    );
    let at = pos2(rect.left(), rect.center().y - 0.5 * galley.size().y);
    let elided = galley.elided;
    ui.painter().galley(at, galley, colour);
    let response = ui.allocate_rect(rect, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, view.line));
    if elided {
        response.on_hover_text(view.line);
    }
}

/// Covers everything.
pub fn blank(ctx: &Context) {
    let layer = LayerId::new(Order::Foreground, Id::unique("blank"));
    let painter = ctx.layer_painter(layer);
    painter.rect_filled(ctx.content_rect(), 0.0, Color32::BLACK);
}

/// A bright dot under the pointer, with a rim that stands out from any ground.
pub fn laser(ctx: &Context, theme: &Theme) {
    let Some(at) = ctx.pointer_latest_pos() else {
        return;
    };
    ctx.set_cursor_icon(egui::CursorIcon::None);
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("laser")));
    let size = 0.55 * theme_size(ctx);
    painter.circle_filled(at, 2.4 * size, theme.warning.gamma_multiply(0.25));
    let rim = egui::Stroke::new(2.0, theme.background);
    painter.circle(at, size, theme.warning, rim);
}

fn theme_size(ctx: &Context) -> f32 {
    TextStyle::Heading.resolve(&ctx.global_style()).size
}

/// Where a small window begins, so that it leaves the plots free: at the right.
pub(super) fn beside(ctx: &Context, width: f32) -> Pos2 {
    let screen = ctx.content_rect();
    screen.right_top() + vec2(-width - 24.0, 54.0)
}
