//! The top bar: presets, exports, run, pause, step, reset, reseed, pace,
//! progress.

use super::{entry, fonts, theme::Theme};
use crate::{
    app::{
        Action,
        export::Export,
        session::RunState,
        state::{PACES, pace_name},
    },
    figures::{self, Figure},
    history::{decimate::log_step, format},
    presets::Preset,
    sim::config::{Config, FIELDS},
    training::Pace,
};
use egui::{
    Align, Button, Layout, Rect, Response, RichText, Sense, TextStyle, Ui, Vec2, WidgetInfo,
    containers::menu::MenuButton,
};

/// What this view draws.
pub struct View<'a> {
    /// What the run is doing.
    pub state: RunState,
    /// Name of the preset on screen.
    pub preset: Option<&'a str>,
    /// All presets.
    pub presets: &'a [Preset],
    /// Figure of the paper on show.
    pub figure: Option<&'static Figure>,
    /// Current step.
    pub step: u64,
    /// Horizon.
    pub horizon: u64,
    /// Training speed; 0 when it does not train.
    pub steps_per_second: f64,
    /// Pace that the user chose.
    pub pace: Pace,
    /// A changed run is taking up where the previous one stood.
    pub catching_up: bool,
    /// Light on dark.
    pub dark: bool,
    /// All panels show the past; whether it is being replayed.
    pub replay: Option<bool>,
}

/// Longest title on the preset button, in characters.
const MAX_TITLE: usize = 16;
/// Width below which buttons lose their words.
const WORDS: f32 = 1120.0;
/// Width below which the speed is left out too.
const ROOM: f32 = 860.0;

/// Draws the bar's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let width = ui.available_width();
    let words = width >= WORDS;
    ui.horizontal_centered(|ui| {
        if width >= ROOM {
            ui.label(
                RichText::new("Grokscope")
                    .text_style(TextStyle::Heading)
                    .color(theme.text),
            );
            ui.add_space(4.0);
        }
        presets(ui, theme, view, words, actions);
        figure_menu(ui, theme, view, actions);
        exports(ui, actions);
        run_button(ui, theme, view, words, actions);
        let mut button = |ui: &mut Ui, icon: &str, word: &str, why: &str, action: Action| {
            let text = if words && !word.is_empty() {
                format!("{icon} {word}")
            } else {
                icon.to_owned()
            };
            let response = ui
                .button(text)
                .on_hover_text(why)
                .accessible_name(if word.is_empty() { why } else { word });
            if response.clicked() {
                actions.push(action);
            }
        };
        button(ui, "▸|", "Step", "Train one step (S)", Action::Step);
        button(
            ui,
            "↺",
            "Reset",
            "Step 0 again, with the same seed (R)",
            Action::Reset,
        );
        button(
            ui,
            "⚄",
            "Reseed",
            "Step 0 with other data, target and weights (Shift+R)",
            Action::Reseed,
        );
        paces(ui, theme, view, actions);
        carry_on(ui, view, words, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            right(ui, theme, view, width, actions);
        });
    });
}

fn presets(ui: &mut Ui, theme: &Theme, view: &View<'_>, words: bool, actions: &mut Vec<Action>) {
    let current = view
        .preset
        .and_then(|name| view.presets.iter().find(|p| p.name == name));
    let title = current.map_or("Presets", |p| p.title.as_str());
    let title = if words { title } else { "Presets" };
    let mut text: String = title.chars().take(MAX_TITLE).collect();
    if text.len() < title.len() {
        text.push('…');
    }
    // A fixed width: the buttons beside it must not jump when the preset changes.
    let least = if words { 132.0 } else { 0.0 };
    let button = Button::new(format!("{text} ▾")).min_size(Vec2::new(least, 0.0));
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_max_width(380.0);
        egui::ScrollArea::vertical()
            .max_height(560.0)
            .show(ui, |ui| {
                let file = Button::new("Open a file …").frame_when_inactive(false);
                let file = file.shortcut_text("Ctrl+O").min_size(Vec2::new(360.0, 0.0));
                let file = ui.add(file).accessible_name("Open a file");
                let file = file.on_hover_text("Settings, or an instance with data and weights");
                if file.clicked() {
                    actions.push(Action::ShowOpen(true));
                    ui.close();
                }
                ui.separator();
                for preset in view.presets {
                    let chosen = view.preset == Some(preset.name.as_str());
                    if preset_item(ui, theme, preset, chosen).clicked() {
                        actions.push(Action::LoadPreset(preset.name.clone()));
                        ui.close();
                    }
                }
            });
    });
    response
        .on_hover_text("Runs that show one thing each")
        .accessible_name("Presets");
}

fn preset_item(ui: &mut Ui, theme: &Theme, preset: &Preset, chosen: bool) -> Response {
    let mut text = egui::text::LayoutJob::default();
    let body = TextStyle::Body.resolve(ui.style()).size;
    let title = egui::TextFormat {
        font_id: egui::FontId::new(body, fonts::bold()),
        color: if chosen { theme.accent } else { theme.text },
        ..Default::default()
    };
    let claim = egui::TextFormat {
        font_id: egui::FontId::proportional(body * 0.9),
        color: theme.muted,
        ..Default::default()
    };
    text.append(&preset.title, 0.0, title);
    text.append("\n", 0.0, claim.clone());
    text.append(&preset.description, 0.0, claim);
    ui.add(
        Button::new(text)
            .wrap()
            .frame_when_inactive(false)
            .min_size(Vec2::new(360.0, 0.0)),
    )
    .accessible_name(preset.title.as_str())
    .on_hover_text(differs(&preset.config))
}

/// The settings of a preset that are not the defaults.
fn differs(config: &Config) -> String {
    let default = Config::default();
    let parts: Vec<String> = FIELDS
        .iter()
        .filter(|field| (field.get)(config) != (field.get)(&default))
        .map(|field| {
            let name = match field.symbol {
                "" => field.name,
                symbol => symbol,
            };
            format!("{name} = {}", entry::shown(field, &(field.get)(config)))
        })
        .collect();
    match parts.is_empty() {
        true => "Opens with every setting at its default".into(),
        false => format!("Opens with {}, the rest at the defaults", parts.join(", ")),
    }
}

fn figure_menu(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let menu = ui.menu_button("Figures ▾", |ui| {
        ui.set_max_width(400.0);
        egui::ScrollArea::vertical()
            .max_height(560.0)
            .show(ui, |ui| {
                for figure in figures::all() {
                    let shown = view.figure.is_some_and(|f| f.id == figure.id);
                    if figure_item(ui, theme, figure, shown).clicked() {
                        actions.push(Action::OpenFigure(figure.id.clone()));
                        ui.close();
                    }
                }
            });
    });
    menu.response
        .on_hover_text("The paper's figures, each live with its caption")
        .accessible_name("Figures");
}

fn figure_item(ui: &mut Ui, theme: &Theme, figure: &Figure, shown: bool) -> Response {
    let mut text = egui::text::LayoutJob::default();
    let body = TextStyle::Body.resolve(ui.style()).size;
    let format = |font_id, color| egui::TextFormat {
        font_id,
        color,
        ..Default::default()
    };
    let bold = egui::FontId::new(body, fonts::bold());
    text.append(
        &figure.id,
        0.0,
        format(bold, if shown { theme.accent } else { theme.text }),
    );
    let plain = egui::FontId::proportional(body);
    let gap = if figure.id.len() == 1 { 18.0 } else { 10.0 };
    text.append(&figure.title, gap, format(plain, theme.text));
    ui.add(
        Button::new(text)
            .frame_when_inactive(false)
            .min_size(Vec2::new(340.0, 0.0)),
    )
    .on_hover_text(&figure.look)
    .accessible_name(format!("Figure {}: {}", figure.id, figure.title))
}

fn exports(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.menu_button("Export ▾", |ui| {
        ui.set_min_width(220.0);
        for (export, label, key) in Export::ALL {
            let item = Button::new(label).shortcut_text(key);
            let item = ui.add(item).accessible_name(label);
            if item.on_hover_text(export.why()).clicked() {
                actions.push(Action::Export(export));
                ui.close();
            }
        }
    })
    .response
    .on_hover_text("Save pictures, the numbers or the settings of this run")
    .accessible_name("Export");
}

fn run_button(ui: &mut Ui, theme: &Theme, view: &View<'_>, words: bool, actions: &mut Vec<Action>) {
    let replay = match view.replay {
        Some(true) => Some(("❚❚", "Hold", "Hold the replay (space)")),
        Some(false) => Some((
            "▶",
            "Replay",
            "Replay from the cursor; at the live end training goes on (space)",
        )),
        None => None,
    };
    let (icon, word, why) = replay.unwrap_or(match view.state {
        RunState::Running => ("❚❚", "Pause", "Hold the training (space)"),
        RunState::Empty => ("▶", "Run", "Train (space)"),
        RunState::Paused => ("▶", "Run", "Go on training (space)"),
        RunState::Done | RunState::Diverged | RunState::Failed => {
            ("▶", "Run again", "Train again from step 0 (space)")
        }
    });
    let text = if words {
        format!("{icon} {word}")
    } else {
        icon.to_owned()
    };
    // A fixed width: the buttons beside it must not jump when the word changes.
    let least = if words { 98.0 } else { 34.0 };
    let response = ui
        .add(
            Button::new(RichText::new(text).color(theme.on_accent))
                .fill(theme.accent)
                .min_size(Vec2::new(least, 0.0)),
        )
        .on_hover_text(why)
        .accessible_name(word);
    if response.clicked() {
        actions.push(Action::ToggleRun);
    }
}

/// After everything that must not move when it appears.
fn carry_on(ui: &mut Ui, view: &View<'_>, words: bool, actions: &mut Vec<Action>) {
    if view.state == RunState::Done {
        let text = if words { "Carry on ×10" } else { "×10" };
        let response = ui
            .button(text)
            .on_hover_text("Ten times the horizon, without a restart")
            .accessible_name("Carry on");
        if response.clicked() {
            actions.push(Action::CarryOn);
        }
    }
}

fn paces(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let menu = ui.menu_button(format!("{} ▾", pace_name(view.pace)), |ui| {
        ui.set_min_width(230.0);
        for (name, pace) in PACES {
            let detail = match pace {
                Pace::DecadesPerSecond(rate) if rate < 1.0 => {
                    format!("a decade in {} s", format::plain(1.0 / rate, 2))
                }
                Pace::DecadesPerSecond(rate) => {
                    format!("{} decades a second", format::plain(rate, 2))
                }
                Pace::StepsPerSecond(_) | Pace::Fast => String::new(),
            };
            let text = RichText::new(name).color(if pace == view.pace {
                theme.accent
            } else {
                theme.text
            });
            let item = Button::new(text).shortcut_text(detail);
            let why = match pace {
                Pace::DecadesPerSecond(_) => "At constant speed along the log axis, for a lecture",
                Pace::StepsPerSecond(_) => "So many steps a second, or fewer if they take longer",
                Pace::Fast => "As fast as the processor can",
            };
            let item = ui.add(item).accessible_name(name).on_hover_text(why);
            if item.clicked() {
                actions.push(Action::SetPace(pace));
                ui.close();
            }
        }
    });
    menu.response
        .on_hover_text("Speed: along log time for a lecture, or for the work")
        .accessible_name("Pace");
}

fn right(ui: &mut Ui, theme: &Theme, view: &View<'_>, width: f32, actions: &mut Vec<Action>) {
    let mut button = |ui: &mut Ui, text: &str, name: &str, why: &str, action: Action| {
        let response = ui.button(text).on_hover_text(why).accessible_name(name);
        if response.clicked() {
            actions.push(action);
        }
    };
    button(
        ui,
        "?",
        "Help",
        "Help: keys, mouse and a glossary (?)",
        Action::ToggleHelp,
    );
    button(
        ui,
        "A+",
        "Larger text",
        "Larger text and controls (+)",
        Action::Resize(1),
    );
    button(
        ui,
        "A−",
        "Smaller text",
        "Smaller text and controls (−)",
        Action::Resize(-1),
    );
    let to = if view.dark {
        "Dark text on light"
    } else {
        "Light text on dark"
    };
    button(ui, "◐", "Theme", &format!("{to} (T)"), Action::ToggleTheme);
    // A run that has ended has no speed: carrying it on takes the place.
    if width >= ROOM && view.state != RunState::Done {
        let speed = if view.steps_per_second > 0.0 && view.state == RunState::Running {
            format!(
                "{}/s",
                format::thousands(view.steps_per_second.round() as u64)
            )
        } else {
            String::new()
        };
        fixed_label(ui, theme, &speed, 76.0, "Speed in steps per second");
    }
    let progress = format!(
        "{} of {}",
        format::thousands(view.step),
        format::steps(view.horizon)
    );
    let least = if view.horizon >= 1_000_000 {
        150.0
    } else {
        116.0
    };
    fixed_label(ui, theme, &progress, least, "Step, and the horizon");
    if ui.available_width() > 40.0 {
        bar(ui, theme, view);
    }
}

/// A number in a place of its own: neighbours do not move when it grows.
fn fixed_label(ui: &mut Ui, theme: &Theme, text: &str, width: f32, why: &str) {
    let job = RichText::new(text)
        .text_style(TextStyle::Monospace)
        .color(theme.muted);
    ui.allocate_ui_with_layout(
        Vec2::new(width, ui.spacing().interact_size.y),
        Layout::right_to_left(Align::Center),
        |ui| {
            ui.set_min_width(width);
            ui.add(egui::Label::new(job).selectable(false))
                .on_hover_text(why);
        },
    );
}

/// Progress along log time, as the plots show it.
fn bar(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    let width = (ui.available_width() - 4.0).min(420.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 18.0), Sense::hover());
    let share = if view.step == 0 {
        0.0
    } else {
        (log_step(view.step) / log_step(view.horizon.max(2))).clamp(0.0, 1.0)
    };
    let rail = Rect::from_center_size(rect.center(), Vec2::new(width, 6.0));
    let mut done = rail;
    done.set_width(rail.width() * share as f32);
    let colour = match view.state {
        RunState::Diverged | RunState::Failed => theme.warning,
        _ => theme.accent,
    };
    ui.painter().rect_filled(rail, 3.0, theme.control);
    ui.painter().rect_filled(done, 3.0, colour);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(egui::Role::ProgressIndicator, true, "Progress");
        info.value = Some(share);
        info
    });
    let note = if view.catching_up {
        "Catching up to where the run before stood, at full speed"
    } else {
        "Along log time, to the horizon"
    };
    response.on_hover_text(note);
}
