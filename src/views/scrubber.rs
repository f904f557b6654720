//! What controls time, below the plots and along their time axis: the cursor
//! over the whole run, its replay, and the moments worth going to.

use super::{
    action::{Action, Scrub},
    commands,
    curves::EventMark,
    theme::Theme,
};
use crate::history::{
    Bookmark, Run,
    decimate::{LOG_STEP_ZERO, log_step},
    format,
};
use egui::{
    Align, Button, Color32, CursorIcon, Layout, Pos2, Rangef, Rect, Response, RichText, Role,
    Sense, Stroke, TextStyle, Ui, UiBuilder, Vec2, WidgetInfo, accesskit, pos2, vec2,
};

/// Height of the rail.
const RAIL: f32 = 18.0;
/// Radius of the handle.
const HANDLE: f32 = 6.5;
/// Room below that of the buttons.
const GAP: f32 = 3.0;

/// What this view draws.
pub struct View<'a> {
    /// The run.
    pub run: Option<&'a Run>,
    /// The recorded step of the cursor; `None` where it follows the run.
    pub cursor: Option<u64>,
    /// A replay is under way.
    pub playing: bool,
    /// Ends of the time axis on the screen …
    pub axis: Rangef,
    /// … and what they stand for, as log₁₀ of the step.
    pub time: (f64, f64),
}

/// Height that it takes.
pub fn height(ui: &Ui) -> f32 {
    RAIL + GAP + ui.spacing().interact_size.y
}

impl View<'_> {
    fn x(&self, step: u64) -> f32 {
        let (low, high) = self.time;
        let part = (log_step(step) - low) / (high - low);
        let x = self.axis.min + self.axis.span() * part as f32;
        x.clamp(self.axis.min, self.axis.max)
    }

    /// The step at a place on the rail.
    fn step_at(&self, x: f32) -> f64 {
        let (low, high) = self.time;
        let part = f64::from((x - self.axis.min) / self.axis.span().max(1.0));
        let place = low + (high - low) * part.clamp(0.0, 1.0);
        if place < 0.5 * LOG_STEP_ZERO {
            0.0
        } else {
            10f64.powf(place)
        }
    }
}

/// Draws it into `area`.
pub fn show(ui: &mut Ui, theme: &Theme, area: Rect, view: &View<'_>, actions: &mut Vec<Action>) {
    let top = Rect::from_min_size(area.min, vec2(area.width(), RAIL));
    rail(ui, theme, top, view, actions);
    let below = Rect::from_min_max(pos2(view.axis.min, top.bottom() + GAP), area.max);
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(below).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.spacing_mut().button_padding = vec2(8.0, 2.0);
        let words = ui.available_width() >= words_width(ui);
        transport(ui, theme, view, words, actions);
        let from = ui.cursor().left();
        let to = ui
            .with_layout(Layout::right_to_left(Align::Center), |ui| {
                for bookmark in Bookmark::ALL.into_iter().rev() {
                    mark_button(ui, theme, view, bookmark, words, actions);
                }
                ui.cursor().right()
            })
            .inner;
        axis_title(ui, theme, view, Rangef::new(from, to), below);
    });
}

fn rail(ui: &mut Ui, theme: &Theme, area: Rect, view: &View<'_>, actions: &mut Vec<Action>) {
    let line = Rect::from_min_max(
        pos2(view.axis.min, area.top()),
        pos2(view.axis.max, area.bottom()),
    );
    let rows = view.run.map_or(&[][..], Run::rows);
    let reached = rows.len() > 1;
    let sense = if reached {
        Sense::click_and_drag()
    } else {
        Sense::hover()
    };
    let hit = line.expand2(vec2(HANDLE, 0.0));
    let response = ui.interact(hit, ui.scope_id().with("time cursor"), sense);
    let live = view.run.map_or(0, Run::step);
    let now = view.cursor.unwrap_or(live);
    response.widget_info(|| WidgetInfo::slider(reached, now as f64, "time cursor"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(live as f64);
        if reached {
            node.add_action(accesskit::Action::SetValue);
        }
    });
    let set = ui.input(|i| {
        i.accesskit_action_requests(response.id, accesskit::Action::SetValue)
            .filter_map(|request| match request.data {
                Some(accesskit::ActionData::NumericValue(value)) => Some(value),
                _ => None,
            })
            .last()
    });
    if let Some(step) = set {
        actions.push(Action::Scrub(Scrub::To(step)));
    } else if response.is_pointer_button_down_on()
        && ui.input(|i| i.pointer.primary_down())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let step = view.step_at(pointer.x);
        let moved = response.drag_started() || ui.input(|i| i.pointer.delta() != Vec2::ZERO);
        if moved || ui.input(|i| i.pointer.any_pressed()) {
            actions.push(Action::Scrub(Scrub::To(step)));
        }
    }
    paint_rail(ui, theme, line, view, &response, (now, live));
    if reached {
        response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text(
                "Drag through the run: every panel shows the step under the cursor, and training waits. ← → one recorded step, with Shift a tenth of a decade, Home the start, End back to the live end.",
            );
    }
}

fn paint_rail(
    ui: &Ui,
    theme: &Theme,
    line: Rect,
    view: &View<'_>,
    response: &Response,
    (now, live): (u64, u64),
) {
    let painter = ui.painter();
    let y = line.center().y;
    let bar = |from: f32, to: f32| Rect::from_min_max(pos2(from, y - 2.0), pos2(to, y + 2.0));
    painter.rect_filled(bar(line.left(), line.right()), 2.0, theme.control);
    let Some(run) = view.run.filter(|run| !run.rows().is_empty()) else {
        return;
    };
    let (at, end) = (view.x(now), view.x(live));
    painter.rect_filled(bar(line.left(), end), 2.0, theme.faint.gamma_multiply(0.7));
    painter.rect_filled(bar(line.left(), at), 2.0, theme.accent);
    for bookmark in Bookmark::ALL {
        if let Some((step, _)) = bookmark.event(run) {
            let place = Pos2::new(view.x(step), y);
            let color = color_of(bookmark, theme);
            mark_of(bookmark).paint(painter, place, 4.2, color, theme.background);
        }
    }
    let centre = pos2(at, y);
    if view.cursor.is_some() {
        if response.hovered() || response.is_pointer_button_down_on() || response.has_focus() {
            painter.circle_filled(centre, 11.0, theme.accent.gamma_multiply(0.25));
        }
        painter.circle(
            centre,
            HANDLE,
            theme.text,
            Stroke::new(1.5, theme.background),
        );
    } else {
        // Following: a ring, as the live end is nothing that was chosen.
        let grip = response.hovered() || response.has_focus();
        let fill = if grip { theme.text } else { theme.background };
        painter.circle(centre, HANDLE - 1.0, fill, Stroke::new(2.0, theme.accent));
    }
}

/// Width of the row with words on its buttons; below it they have signs only.
fn words_width(ui: &Ui) -> f32 {
    let font = TextStyle::Body.resolve(ui.style());
    let text = |text: &str| {
        let galley = (ui.painter()).layout_no_wrap(text.into(), font.clone(), Color32::WHITE);
        galley.size().x
    };
    let marks = Bookmark::ALL.map(|b| text(b.name()) + 1.5 * font.size + 16.0);
    let buttons = text("❚❚ Replay") + text("live ▸|") + 48.0;
    marks.iter().sum::<f32>() + buttons.max(150.0)
}

fn transport(ui: &mut Ui, theme: &Theme, view: &View<'_>, words: bool, actions: &mut Vec<Action>) {
    let ready = view.run.is_some_and(|run| run.rows().len() > 1);
    let (icon, name, why) = match (view.playing, view.cursor) {
        (true, _) => (
            "❚❚",
            "Hold the replay",
            commands::TOGGLE_RUN.hint_of("Hold the replay"),
        ),
        (false, None) => (
            "▶",
            "Replay",
            "Replay what was recorded, from step 0; at the live end training goes on".to_owned(),
        ),
        (false, Some(step)) => (
            "▶",
            "Replay",
            commands::TOGGLE_RUN.hint_of(&format!(
                "Replay from step {}; at the live end training goes on",
                format::thousands(step)
            )),
        ),
    };
    let word = if view.playing { "Hold" } else { "Replay" };
    let (text, least) = match words {
        true => (format!("{icon} {word}"), 76.0),
        false => (icon.to_owned(), 34.0),
    };
    let button = Button::new(text).min_size(vec2(least, 0.0));
    let response = ui
        .add_enabled(ready, button)
        .on_hover_text(why)
        .accessible_name(name);
    if response.clicked() {
        actions.push(Action::Scrub(Scrub::Play));
    }
    let live = view.cursor.is_none();
    let text = if live {
        RichText::new("● live").color(theme.muted)
    } else {
        RichText::new("live ▸|").color(theme.accent)
    };
    let why = if live {
        "All panels follow the run as it trains"
    } else {
        "Back to where the run stands, and on with it (End or Esc)"
    };
    let response = ui
        .add_enabled(
            ready,
            Button::selectable(false, text).min_size(vec2(56.0, 0.0)),
        )
        .on_hover_text(why)
        .accessible_name("Live");
    if response.clicked() && !live {
        actions.push(Action::Scrub(Scrub::Live));
    }
}

/// The shape that marks it on the curves.
fn mark_of(bookmark: Bookmark) -> EventMark {
    match bookmark {
        Bookmark::Fit => EventMark::Fit,
        Bookmark::Peak => EventMark::Peak,
        Bookmark::Grok => EventMark::Generalise,
    }
}

fn color_of(bookmark: Bookmark, theme: &Theme) -> Color32 {
    match bookmark {
        Bookmark::Fit => theme.train,
        Bookmark::Peak | Bookmark::Grok => theme.test,
    }
}

/// A bookmark, which is also the key to its mark on the curves.
fn mark_button(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    bookmark: Bookmark,
    words: bool,
    actions: &mut Vec<Action>,
) {
    let known = view
        .run
        .and_then(|run| Some((run, bookmark.step(run)?, bookmark.event(run)?)));
    let font = TextStyle::Body.resolve(ui.style());
    let ready = known.is_some();
    let ink = if ready { theme.text } else { theme.faint };
    let galley = ui.painter().layout_no_wrap(
        if words { bookmark.name() } else { "" }.into(),
        font.clone(),
        ink,
    );
    let size = vec2(
        galley.size().x + 1.5 * font.size + 12.0,
        ui.spacing().interact_size.y,
    );
    let sense = if ready {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let name = format!("Go to: {}", bookmark.name());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ready, &name));
    let here = known.is_some_and(|(_, step, _)| view.cursor == Some(step));
    if ready && (response.hovered() || response.has_focus() || here) {
        let fill = if here {
            theme.control
        } else {
            theme.control_hovered
        };
        ui.painter().rect_filled(rect, 6.0, fill);
    }
    let color = if ready {
        color_of(bookmark, theme)
    } else {
        theme.faint
    };
    let middle = rect.center().y;
    let at = pos2(rect.left() + 6.0 + 0.5 * font.size, middle);
    mark_of(bookmark).paint(
        ui.painter(),
        at,
        0.4 * font.size,
        color,
        Color32::TRANSPARENT,
    );
    let text = pos2(
        rect.left() + 6.0 + 1.3 * font.size,
        middle - 0.5 * galley.size().y,
    );
    ui.painter().galley(text, galley, ink);
    let key = Bookmark::ALL
        .iter()
        .position(|b| *b == bookmark)
        .map_or(0, |i| i + 1);
    let why = match known {
        None => match bookmark {
            Bookmark::Fit => "Train loss has not fallen below its threshold yet.".to_owned(),
            Bookmark::Peak => "Test loss has not risen above where it began.".to_owned(),
            Bookmark::Grok => "Test loss has not fallen below its threshold yet.".to_owned(),
        },
        Some((run, step, (event, metric))) => {
            let what = match bookmark {
                Bookmark::Fit => "Train loss falls below its threshold",
                Bookmark::Peak => "Test loss is highest",
                Bookmark::Grok => "Test loss falls below its threshold",
            };
            let loss = run
                .moment(Some(step))
                .last(metric)
                .map_or(f64::NAN, |l| l.1);
            let recorded = if step == event {
                String::new()
            } else {
                format!(", seen at the recorded step {}", format::thousands(step))
            };
            format!(
                "{what} at step {}{recorded}: {} there. Key {key}",
                format::thousands(event),
                format::significant(loss, 3)
            )
        }
    };
    let clicked = response.clicked();
    response.on_hover_text(why);
    if clicked {
        actions.push(Action::Scrub(Scrub::Mark(bookmark)));
    }
}

/// The name of the time axis, in the middle where there is room.
fn axis_title(ui: &Ui, theme: &Theme, view: &View<'_>, free: Rangef, row: Rect) {
    let font = TextStyle::Body.resolve(ui.style());
    let text = "training step t".to_owned();
    let galley = ui.painter().layout_no_wrap(text, font, theme.muted);
    let size = galley.size();
    let left = view.axis.center() - 0.5 * size.x;
    if left > free.min + 8.0 && left + size.x < free.max - 8.0 {
        let at = pos2(left, row.center().y - 0.5 * size.y);
        ui.painter().galley(at, galley, theme.muted);
    }
}
