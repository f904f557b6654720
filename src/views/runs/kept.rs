//! A kept run: whether it is drawn, how, and its name.

use super::{CHECK, MENU, ROW, SWATCH, cell, outcome};
use crate::views::{
    action::Action,
    curves::{line_sample, pin_style},
    pins::{PinColour, PinEdit, PinLine, PinView},
    theme::{PINNED_COLORS, Theme},
};
use egui::{
    Align, Color32, Id, Key, Layout, Popup, Rect, Response, RichText, Role, Sense, Shape, Stroke,
    TextEdit, TextStyle, Ui, Vec2, WidgetInfo, vec2,
};

/// Draws its row; its outcome too, where there is room for `one_line`.
pub(super) fn show(
    ui: &mut Ui,
    theme: &Theme,
    pin: &PinView<'_>,
    name_width: f32,
    one_line: bool,
    actions: &mut Vec<Action>,
) {
    let edit = |edit| Action::EditPin(pin.id, edit);
    if check(ui, theme, pin).clicked() {
        actions.push(edit(PinEdit::Show(!pin.shown)));
    }
    if let Some(change) = swatch(ui, theme, pin) {
        actions.push(edit(change));
    }
    if let Some(name) = name(ui, theme, pin, name_width) {
        actions.push(edit(PinEdit::Rename(name)));
    }
    if one_line {
        outcome(ui, theme, pin.run);
    }
    cell(ui, MENU, Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().button_padding = vec2(3.0, 1.0);
        ui.menu_button("⋯", |ui| {
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            let train = ui
                .button("Train with these settings")
                .on_hover_text("Opens this run's settings and trains them anew");
            if train.clicked() {
                actions.push(Action::LoadPin(pin.id));
                ui.close();
            }
            let remove = ui
                .button("Remove")
                .on_hover_text("Takes this run off the plots and the list; Ctrl+Z brings it back");
            if remove.clicked() {
                actions.push(edit(PinEdit::Remove));
                ui.close();
            }
        })
        .response
        .on_hover_text("Train with this run's settings, or remove it")
        .accessible_name(format!("More about {}", pin.name));
    });
}

/// Whether it is on the plots: a small box, to leave room for the name.
fn check(ui: &mut Ui, theme: &Theme, pin: &PinView<'_>) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(CHECK, ROW), Sense::click());
    let name = format!("Show {}", pin.name);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, pin.shown, &name));
    let box_ = Rect::from_center_size(rect.center(), Vec2::splat(12.0));
    let fill = if response.hovered() || response.has_focus() {
        theme.control_hovered
    } else {
        theme.control
    };
    ui.painter().rect_filled(box_, 3.0, fill);
    if pin.shown {
        let corner = |x: f32, y: f32| box_.lerp_inside(vec2(x, y));
        let tick = vec![corner(0.2, 0.55), corner(0.42, 0.78), corner(0.82, 0.25)];
        ui.painter()
            .add(Shape::line(tick, Stroke::new(1.6, theme.text)));
    }
    response.on_hover_text("On the plots or not")
}

/// The run's line; a click chooses another.
fn swatch(ui: &mut Ui, theme: &Theme, pin: &PinView<'_>) -> Option<PinEdit> {
    let (rect, response) = ui.allocate_exact_size(vec2(SWATCH, ROW), Sense::click());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Colour of {}", pin.name)));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, theme.control_hovered);
    }
    let colour = theme.pin(pin.colour);
    let colour = if pin.shown {
        colour
    } else {
        colour.gamma_multiply(0.35)
    };
    let left = rect.left_center() + vec2(1.0, 0.0);
    let width = SWATCH - 2.0;
    ui.painter()
        .extend(line_sample(colour, 2.5, pin_style(pin.line), left, width));
    let mut chosen = None;
    Popup::menu(&response).show(|ui| {
        ui.set_max_width(190.0);
        ui.label(RichText::new("Colour").color(theme.muted));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for i in 0..PINNED_COLORS {
                let on = pin.colour == PinColour::Palette(i);
                if colour_button(ui, theme, theme.pin(PinColour::Palette(i)), on, i).clicked() {
                    chosen = Some(PinEdit::Color(PinColour::Palette(i)));
                    ui.close();
                }
            }
        });
        ui.label(RichText::new("Line of the test loss").color(theme.muted));
        for (line, word) in PinLine::ALL {
            let item = ui
                .selectable_label(pin.line == line, word)
                .on_hover_text("How the test loss of this run is drawn");
            if item.clicked() {
                chosen = Some(PinEdit::Line(line));
                ui.close();
            }
        }
    });
    response.on_hover_text("Colour and line");
    chosen
}

fn colour_button(ui: &mut Ui, theme: &Theme, colour: Color32, on: bool, i: usize) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(18.0), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("Colour {}", i + 1)));
    ui.painter().rect_filled(rect.shrink(2.0), 3.0, colour);
    if on || response.hovered() || response.has_focus() {
        let stroke = Stroke::new(1.5, if on { theme.text } else { theme.muted });
        ui.painter()
            .rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    response.on_hover_text("Draws this run in this colour")
}

/// As much of a text as has room, with a sign that more follows.
pub(super) fn shortened(ui: &Ui, text: &str, width: f32) -> String {
    let font = TextStyle::Body.resolve(ui.style());
    let fits = |text: &str| {
        let galley = (ui.painter()).layout_no_wrap(text.into(), font.clone(), Color32::WHITE);
        galley.size().x <= width
    };
    if fits(text) {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, _)| at).rev();
    let mut shorter = ends.map(|at| format!("{}…", text[..at].trim_end()));
    shorter.find(|s| fits(s)).unwrap_or_default()
}

/// The run's name, to be edited in place; a new one once it is done.
fn name(ui: &mut Ui, theme: &Theme, pin: &PinView<'_>, width: f32) -> Option<String> {
    let id = Id::unique(("name of a run", pin.id));
    let draft_id = id.with("draft");
    let editing = ui.memory(|m| m.has_focus(id));
    let mut text = match ui.data(|d| d.get_temp::<String>(draft_id)) {
        Some(draft) if editing => draft,
        _ if editing => pin.name.to_owned(),
        _ => shortened(ui, pin.name, width - 6.0),
    };
    let colour = if pin.shown { theme.text } else { theme.faint };
    let mut done = None;
    cell(ui, width, Layout::left_to_right(Align::Center), |ui| {
        let fill = if editing {
            theme.background
        } else {
            Color32::TRANSPARENT
        };
        let response = ui
            .add(
                TextEdit::singleline(&mut text)
                    .id(id)
                    .desired_width(width - 2.0)
                    .clip_text(true)
                    .text_color(colour)
                    .background_color(fill)
                    .frame(
                        egui::Frame::new()
                            .fill(fill)
                            .corner_radius(4)
                            .inner_margin(1),
                    ),
            )
            .accessible_name(format!("Name of {}", pin.name));
        let response = match editing {
            true => response,
            false => response.on_hover_text(format!("{}: click to rename", pin.name)),
        };
        if response.gained_focus() {
            // It may be shown shortened: what is edited is all of it.
            ui.data_mut(|d| d.insert_temp(draft_id, pin.name.to_owned()));
        } else if response.lost_focus() {
            let draft = ui.data_mut(|d| d.remove_temp::<String>(draft_id));
            let cancelled = ui.input(|i| i.key_pressed(Key::Escape));
            let typed = if editing { Some(text) } else { draft };
            if let Some(draft) = typed.filter(|d| !cancelled && d.trim() != pin.name) {
                done = Some(draft);
            }
        } else if editing {
            ui.data_mut(|d| d.insert_temp(draft_id, text.clone()));
        }
    });
    done
}
