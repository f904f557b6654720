//! The runs kept for comparison: their names, colours, outcomes, the settings
//! in which they differ, and a setting swept over values in one action.

use super::{
    action::Action,
    controls::{self, accessible_name, heading},
    curves::{line_sample, pin_style},
    entry,
    pins::{MAX_PINS, PinColor, PinEdit, PinLine, PinView, differences},
    sweep_form::{Spacing, SweepForm, SweepProgress},
    theme::{PINNED_COLORS, Theme},
};
use crate::{
    history::{Run, format},
    sim::{
        config::{Config, field},
        outcome::Outcome,
    },
};
use egui::{
    Align, Align2, Button, Color32, ComboBox, DragValue, FontId, Grid, Id, Key, Label, Layout,
    Popup, ProgressBar, Rect, Response, RichText, Role, ScrollArea, Sense, Shape, Stroke, TextEdit,
    TextStyle, Ui, Vec2, WidgetInfo, vec2,
};

/// Height of a row of the table.
const ROW: f32 = 21.0;
/// Widths of the columns: fits, generalises, ratio.
const COLUMNS: [f32; 3] = [46.0, 56.0, 27.0];
const CHECK: f32 = 16.0;
const SWATCH: f32 = 20.0;
const MENU: f32 = 17.0;
/// Width from which a run has its name and its outcome in one line.
const ONE_LINE: f32 = 351.0;

/// What this view draws.
pub struct View<'a> {
    /// The run on screen.
    pub run: Option<&'a Run>,
    /// The settings that it was trained with.
    pub config: Config,
    /// Steps to which the curves of a sweep go.
    pub horizon: u64,
    /// The runs kept for comparison.
    pub pins: Vec<PinView<'a>>,
    /// What is written in the form of a sweep.
    pub form: &'a SweepForm,
    /// The sweep under way.
    pub sweep: Option<SweepProgress>,
}

/// Draws the tab's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            sweep(ui, theme, view, actions);
            runs(ui, theme, view, actions);
            differing(ui, theme, view);
            ui.add_space(8.0);
        });
}

fn sweep(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    heading(ui, theme, "SWEEP A SETTING");
    let mut form = view.form.clone();
    ui.horizontal_wrapped(|ui| {
        let name = |key| field(key).map_or_else(String::new, accessible_name);
        ComboBox::from_id_salt("swept setting")
            .selected_text(name(form.key))
            .width(138.0)
            .show_ui(ui, |ui| {
                for choice in controls::sweepable() {
                    let on = choice.key == form.key;
                    let item = ui
                        .selectable_label(on, accessible_name(choice))
                        .on_hover_text(choice.why);
                    if item.clicked() && !on {
                        form = SweepForm::of(choice.key);
                    }
                }
            })
            .response
            .on_hover_text("The setting that takes one value for each curve")
            .accessible_name("Setting to sweep");
        for (spacing, word, why) in [
            (Spacing::Log, "log", "Equal ratios between the values."),
            (
                Spacing::Linear,
                "linear",
                "Equal differences between the values.",
            ),
        ] {
            let on = form.spacing == spacing;
            let button = ui.selectable_label(on, word).on_hover_text(why);
            let button = button.accessible_name(format!("{word} spacing"));
            if button.clicked() {
                form.spacing = spacing;
            }
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let muted = |text: &str| RichText::new(text).color(theme.muted);
        let end = |ui: &mut Ui, text: &mut String, name: &str| {
            let edit = TextEdit::singleline(text)
                .id(Id::unique(name))
                .font(TextStyle::Monospace)
                .desired_width(40.0);
            ui.add(edit)
                .on_hover_text("A number: 0.25, 1e-5, 1/32, 2^-5")
                .accessible_name(name);
        };
        ui.label(muted("from"));
        end(ui, &mut form.from, "first value");
        ui.label(muted("to"));
        end(ui, &mut form.to, "last value");
        ui.label(muted("curves"));
        ui.add(DragValue::new(&mut form.count).range(2..=MAX_PINS))
            .on_hover_text("How many curves: one for each value")
            .accessible_name("number of curves");
    });
    match &view.sweep {
        Some(sweep) => progress(ui, sweep, actions),
        None => {
            let text = RichText::new(format!("Sweep {}", form.in_words())).color(theme.on_accent);
            let button = Button::new(text).fill(theme.accent).wrap();
            let ready = view.run.is_some();
            let response = ui
                .add_enabled(ready, button)
                .on_hover_text(
                    "Computes one curve for each value and pins it. Ctrl+Z takes them all back.",
                )
                .accessible_name("Sweep");
            if response.clicked() {
                actions.push(Action::Sweep(form.clone()));
            }
        }
    }
    let horizon = format::steps(view.horizon);
    ui.add(
        Label::new(
            RichText::new(format!(
                "The gradient flow to {horizon} steps, everything else as set on the left."
            ))
            .text_style(TextStyle::Small)
            .color(theme.muted),
        )
        .wrap(),
    );
    if form != *view.form {
        actions.push(Action::EditSweep(form));
    }
}

/// In the place of the button, so that nothing moves.
fn progress(ui: &mut Ui, progress: &SweepProgress, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let width = ui.available_width() - 76.0;
        let part = progress.done as f32 / progress.total.max(1) as f32;
        ui.add(
            ProgressBar::new(part)
                .desired_width(width)
                .text(format!("{} of {}", progress.done, progress.total)),
        )
        .on_hover_text(&progress.what);
        let cancel = Button::new("Cancel").min_size(vec2(60.0, 0.0));
        let response = ui
            .add(cancel)
            .on_hover_text("The curves that are done stay.")
            .accessible_name("Cancel the sweep");
        if response.clicked() {
            actions.push(Action::CancelSweep);
        }
    });
}

fn runs(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    heading(ui, theme, "RUNS");
    ui.horizontal(|ui| {
        let full = view.pins.len() >= MAX_PINS;
        let ready = view.run.is_some_and(|r| !r.rows().is_empty());
        let why = if full {
            format!("{MAX_PINS} runs are pinned already: remove one first.")
        } else {
            "Keeps the run on the plots, whatever is changed next.".into()
        };
        let keep = ui
            .add_enabled(ready && !full, Button::new("Pin this run"))
            .on_hover_text(&why)
            .on_disabled_hover_text(&why);
        if keep.clicked() {
            actions.push(Action::Pin);
        }
        let remove = ui
            .add_enabled(!view.pins.is_empty(), Button::new("Unpin all"))
            .on_hover_text("Takes all pinned runs off the plots. Ctrl+Z brings them back.");
        if remove.clicked() {
            actions.push(Action::UnpinAll);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // The scroll bar stands here.
            ui.add_space(6.0);
            let text = format!("{} of {MAX_PINS}", view.pins.len());
            ui.label(RichText::new(text).color(theme.faint));
        });
    });
    ui.spacing_mut().item_spacing = vec2(2.0, 0.0);
    let width = ui.available_width();
    let one_line = width >= ONE_LINE;
    header(ui, theme, width, one_line);
    if let Some(run) = view.run {
        line(ui, width, one_line, |ui, name_width| {
            ui.allocate_exact_size(vec2(CHECK, ROW), Sense::hover());
            let (rect, _) = ui.allocate_exact_size(vec2(SWATCH, ROW), Sense::hover());
            let middle = rect.left_center();
            let half = 0.5 * SWATCH - 1.0;
            for (x, color) in [(0.0, theme.train), (half, theme.test)] {
                let ends = [middle + vec2(x, 0.0), middle + vec2(x + half, 0.0)];
                ui.painter().line_segment(ends, Stroke::new(3.0, color));
            }
            cell(ui, name_width, Layout::left_to_right(Align::Center), |ui| {
                ui.label(RichText::new("on screen").color(theme.text));
            });
            if one_line {
                outcome(ui, theme, run);
            }
        });
        if !one_line {
            below(ui, theme, width, run);
        }
    }
    for pin in &view.pins {
        line(ui, width, one_line, |ui, name_width| {
            kept(ui, theme, pin, name_width, one_line, actions);
        });
        if !one_line {
            below(ui, theme, width, pin.run);
        }
    }
    if view.pins.is_empty() {
        ui.add_space(4.0);
        ui.label(
            RichText::new(
                "Pin this run, then change a setting: both curves stay. Or sweep a setting.",
            )
            .color(theme.muted),
        );
    }
}

fn small(ui: &Ui) -> FontId {
    let size = TextStyle::Small.resolve(ui.style()).size;
    FontId::new(size, egui::FontFamily::Monospace)
}

fn line(ui: &mut Ui, width: f32, one_line: bool, add: impl FnOnce(&mut Ui, f32)) {
    let columns: f32 = COLUMNS.iter().sum();
    let gaps = if one_line { 7.0 } else { 3.0 } * ui.spacing().item_spacing.x;
    let fixed = CHECK + SWATCH + MENU + if one_line { columns } else { 0.0 } + gaps;
    ui.allocate_ui_with_layout(
        vec2(width, ROW),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, ROW));
            add(ui, (width - fixed).max(40.0));
        },
    );
}

/// The outcome in a line of its own, under the name.
fn below(ui: &mut Ui, theme: &Theme, width: f32, run: &Run) {
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
        ui.set_min_size(vec2(width, ROW));
        let columns: f32 = COLUMNS.iter().sum();
        let gaps = 4.0 * ui.spacing().item_spacing.x;
        ui.add_space((width - columns - gaps - MENU).max(0.0));
        outcome(ui, theme, run);
    });
}

fn cell(ui: &mut Ui, width: f32, layout: Layout, add: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, ROW), layout, |ui| {
        ui.set_min_width(width);
        add(ui);
    });
}

fn header(ui: &mut Ui, theme: &Theme, width: f32, one_line: bool) {
    line(ui, width, one_line, |ui, name_width| {
        let gap = ui.spacing().item_spacing.x;
        let columns: f32 = COLUMNS.iter().sum();
        ui.add_space(if one_line {
            CHECK + SWATCH + name_width + 3.0 * gap
        } else {
            (width - columns - 4.0 * gap - MENU).max(0.0)
        });
        for (word, why, width) in [
            (
                "fits",
                "Step at which train loss falls below its threshold.",
                COLUMNS[0],
            ),
            (
                "groks",
                "Step at which test loss falls below its threshold.",
                COLUMNS[1],
            ),
            ("ratio", "How many times later that is.", COLUMNS[2]),
        ] {
            cell(ui, width, Layout::right_to_left(Align::Center), |ui| {
                let text = RichText::new(word).text_style(TextStyle::Small);
                ui.label(text.color(theme.faint)).on_hover_text(why);
            });
        }
    });
}

/// When it fits, when it generalises, how many times later.
fn outcome(ui: &mut Ui, theme: &Theme, run: &Run) {
    let crossings = run.crossings();
    // What has not happened is later than the last step.
    let not_yet = match (run.finish(), run.failure()) {
        (_, Some(_)) => "–".to_owned(),
        (Some(finish), _) => format!("> {}", format::steps(finish.step)),
        (None, None) => "…".to_owned(),
    };
    let step = |step: Option<u64>| match step {
        Some(step) if step < 1_000_000 => format::thousands(step),
        Some(step) => format::significant(step as f64, 2),
        None => not_yet.clone(),
    };
    let diverged = matches!(run.outcome(), Some(Outcome::Diverged { .. }));
    let failed = diverged || run.failure().is_some();
    let ratio = match crossings.ratio() {
        _ if failed => "–".to_owned(),
        Some(ratio) => format::times(ratio),
        None => "–".to_owned(),
    };
    let texts = [step(crossings.fit), step(crossings.generalise), ratio];
    let sentence = controls::upper_first(&run.outcome_sentence());
    for (text, width) in texts.into_iter().zip(COLUMNS) {
        let color = match text.as_str() {
            _ if failed => theme.warning,
            text if text.starts_with(['>', '…', '–']) => theme.muted,
            _ => theme.text,
        };
        let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let at = rect.right_center();
        let font = small(ui);
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, &text, font, color);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        if !sentence.is_empty() {
            response.on_hover_text(&sentence);
        }
    }
}

fn kept(
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
    let color = theme.pin(pin.color);
    let color = if pin.shown {
        color
    } else {
        color.gamma_multiply(0.35)
    };
    let left = rect.left_center() + vec2(1.0, 0.0);
    let width = SWATCH - 2.0;
    ui.painter()
        .extend(line_sample(color, 2.5, pin_style(pin.line), left, width));
    let mut chosen = None;
    Popup::menu(&response).show(|ui| {
        ui.set_max_width(190.0);
        ui.label(RichText::new("Colour").color(theme.muted));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for i in 0..PINNED_COLORS {
                let on = pin.color == PinColor::Palette(i);
                if color_button(ui, theme, theme.pinned[i], on, i).clicked() {
                    chosen = Some(PinEdit::Color(PinColor::Palette(i)));
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

fn color_button(ui: &mut Ui, theme: &Theme, color: Color32, on: bool, i: usize) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(18.0), Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("Colour {}", i + 1)));
    ui.painter().rect_filled(rect.shrink(2.0), 3.0, color);
    if on || response.hovered() || response.has_focus() {
        let stroke = Stroke::new(1.5, if on { theme.text } else { theme.muted });
        ui.painter()
            .rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    response.on_hover_text("Draws this run in this colour")
}

/// As much of a text as has room, with a sign that more follows.
fn shortened(ui: &Ui, text: &str, width: f32) -> String {
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
    let color = if pin.shown { theme.text } else { theme.faint };
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
                    .text_color(color)
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

/// The settings in which the runs differ, and no other.
fn differing(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    if view.pins.is_empty() {
        return;
    }
    heading(ui, theme, "WHAT DIFFERS");
    let now = &view.config;
    let configs: Vec<&Config> = std::iter::once(now)
        .chain(view.pins.iter().map(|pin| pin.config))
        .collect();
    let fields = differences(configs.iter().copied());
    if fields.is_empty() {
        ui.label(RichText::new("Nothing: all runs have the same settings.").color(theme.muted));
        return;
    }
    let names = std::iter::once("on screen").chain(view.pins.iter().map(|pin| pin.name));
    ScrollArea::horizontal().show(ui, |ui| {
        Grid::new("difference table")
            .striped(true)
            .spacing([12.0, 3.0])
            .show(ui, |ui| {
                ui.label("");
                for field in &fields {
                    let symbol = if field.symbol.is_empty() {
                        field.name
                    } else {
                        field.symbol
                    };
                    ui.label(RichText::new(symbol).color(theme.muted))
                        .on_hover_text(accessible_name(field));
                }
                ui.end_row();
                for (name, config) in names.zip(&configs) {
                    let shown = shortened(ui, name, 110.0);
                    ui.add(Label::new(RichText::new(shown).color(theme.text)).extend())
                        .on_hover_text(name);
                    for field in &fields {
                        let value = (field.get)(config);
                        let same = value == (field.get)(now);
                        let color = if same { theme.muted } else { theme.text };
                        let text = RichText::new(entry::shown(field, &value));
                        ui.label(text.monospace().color(color));
                    }
                    ui.end_row();
                }
            });
    });
}
