//! The top bar: presets, exports, run, pause, step, reset, reseed, pace,
//! progress.

mod menus;

use super::{
    action::Action,
    commands::{self, UiCommand},
    paces::PACES,
    status::RunState,
    theme::Theme,
};
use crate::{
    figures::Figure,
    history::{decimate::log_step, format},
    presets::Preset,
    training::Pace,
};
use egui::{
    Align, Button, Color32, Layout, Rect, RichText, Sense, TextStyle, Ui, Vec2, WidgetInfo,
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
/// Least width of the preset button and of the run button with words: what stands
/// beside them must not jump when the word changes.
const PRESET: f32 = 132.0;
const RUN: f32 = 98.0;
/// Room for the speed, and the least for the bar.
const SPEED: f32 = 76.0;
const BAR: f32 = 60.0;

/// How the controls share the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    /// Files and window above, the run below.
    two_rows: bool,
    /// Buttons have words, not only signs.
    words: bool,
    /// The name of the program and the speed are there.
    full: bool,
}

/// The buttons that move the run, with their signs.
static STEPS: [(&str, &UiCommand); 3] = [
    ("▸|", &commands::STEP),
    ("↺", &commands::RESET),
    ("⚄", &commands::RESEED),
];

fn worded(icon: &str, command: &UiCommand, words: bool) -> String {
    if words {
        format!("{icon} {}", command.label)
    } else {
        icon.to_owned()
    }
}

const fn carry_on_text(words: bool) -> &'static str {
    if words { "Carry on ×10" } else { "×10" }
}

/// The richest form that fits.
fn form(ui: &Ui, view: &View<'_>, width: f32) -> Form {
    let text = |text: &str, style: TextStyle| {
        let font = style.resolve(ui.style());
        let galley = (ui.painter()).layout_no_wrap(text.to_owned(), font, Color32::WHITE);
        galley.size().x
    };
    let padding = 2.0 * ui.spacing().button_padding.x;
    let gap = ui.spacing().item_spacing.x;
    let button = |name: &str| (text(name, TextStyle::Button) + padding).ceil() + gap;
    let pace = PACES.iter().map(|(name, _)| button(&format!("{name} ▾")));
    let pace = pace.fold(0.0, f32::max);
    let files = |words: bool| {
        let presets = button("Presets ▾");
        let presets = if words {
            presets.max(PRESET + gap)
        } else {
            presets
        };
        presets + button("Figures ▾") + button("File ▾")
    };
    let run = |words: bool| {
        let buttons = STEPS.map(|(icon, command)| button(&worded(icon, command, words)));
        let least = if words { RUN } else { 34.0 };
        least + gap + buttons.iter().sum::<f32>() + pace + button(carry_on_text(words))
    };
    let window = ["?", "A+", "A−", "◐"].map(button).iter().sum::<f32>();
    let counter = text(&counter(view, view.horizon), TextStyle::Monospace) + gap;
    let title = text("Grokscope", TextStyle::Heading) + 2.0 * gap;
    let row = |words, full: bool| {
        let more = if full { title + SPEED + gap } else { 0.0 };
        files(words) + run(words) + window + counter + BAR + gap + more
    };
    for (words, full) in [(true, true), (true, false), (false, true), (false, false)] {
        if row(words, full) <= width {
            return Form {
                two_rows: false,
                words,
                full,
            };
        }
    }
    let words = (run(true) + counter + BAR + gap).max(files(true) + window) <= width;
    Form {
        two_rows: true,
        words,
        full: files(words) + window + title + SPEED + gap <= width,
    }
}

/// Margins of the bar on both sides.
const MARGINS: f32 = 24.0;

/// Height of the bar, where `ui` has the whole width of the window.
pub fn height(ui: &Ui, view: &View<'_>) -> f32 {
    match form(ui, view, ui.available_width() - MARGINS).two_rows {
        true => 76.0,
        false => 44.0,
    }
}

/// Draws the bar's content.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let form = form(ui, view, ui.available_width());
    let files = |ui: &mut Ui, actions: &mut Vec<Action>| {
        if form.full {
            ui.label(
                RichText::new("Grokscope")
                    .text_style(TextStyle::Heading)
                    .color(theme.text),
            );
            ui.add_space(4.0);
        }
        menus::presets(ui, theme, view, form.words, actions);
        menus::figures(ui, theme, view, actions);
        menus::files(ui, actions);
    };
    let run = |ui: &mut Ui, actions: &mut Vec<Action>| {
        run_button(ui, theme, view, form.words, actions);
        for (icon, command) in STEPS {
            let response = ui
                .button(worded(icon, command, form.words))
                .on_hover_text(command.hint())
                .accessible_name(command.label);
            if response.clicked() {
                actions.push(command.action.clone());
            }
        }
        menus::paces(ui, theme, view, actions);
        carry_on(ui, view, form.words, actions);
    };
    let right = Layout::right_to_left(Align::Center);
    if form.two_rows {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.add_space(5.0);
        let size = Vec2::new(ui.available_width(), 30.0);
        let row = |ui: &mut Ui, add: &mut dyn FnMut(&mut Ui)| {
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), add);
        };
        row(ui, &mut |ui| {
            files(ui, actions);
            ui.with_layout(right, |ui| {
                window_buttons(ui, view, actions);
                speed(ui, theme, view, form);
            });
        });
        row(ui, &mut |ui| {
            run(ui, actions);
            ui.with_layout(right, |ui| progress(ui, theme, view));
        });
    } else {
        ui.horizontal_centered(|ui| {
            files(ui, actions);
            run(ui, actions);
            ui.with_layout(right, |ui| {
                window_buttons(ui, view, actions);
                speed(ui, theme, view, form);
                progress(ui, theme, view);
            });
        });
    }
}

fn run_button(ui: &mut Ui, theme: &Theme, view: &View<'_>, words: bool, actions: &mut Vec<Action>) {
    let replay = match view.replay {
        Some(true) => Some(("❚❚", "Hold", "Hold the replay")),
        Some(false) => Some((
            "▶",
            "Replay",
            "Replay from the cursor; at the live end training goes on",
        )),
        None => None,
    };
    let (icon, word, why) = replay.unwrap_or(match view.state {
        RunState::Running => ("❚❚", "Pause", "Hold the training"),
        RunState::Empty => ("▶", "Run", "Train"),
        RunState::Paused => ("▶", "Run", "Go on training"),
        RunState::Done | RunState::Diverged | RunState::Failed => {
            ("▶", "Run again", "Train again from step 0")
        }
    });
    let text = if words {
        format!("{icon} {word}")
    } else {
        icon.to_owned()
    };
    // A fixed width: the buttons beside it must not jump when the word changes.
    let least = if words { RUN } else { 34.0 };
    let response = ui
        .add(
            Button::new(RichText::new(text).color(theme.on_accent))
                .fill(theme.accent)
                .min_size(Vec2::new(least, 0.0)),
        )
        .on_hover_text(commands::TOGGLE_RUN.hint_of(why))
        .accessible_name(word);
    if response.clicked() {
        actions.push(Action::ToggleRun);
    }
}

/// After everything that must not move when it appears.
fn carry_on(ui: &mut Ui, view: &View<'_>, words: bool, actions: &mut Vec<Action>) {
    if view.state == RunState::Done {
        let response = ui
            .button(carry_on_text(words))
            .on_hover_text(commands::CARRY_ON.hover)
            .accessible_name(commands::CARRY_ON.label);
        if response.clicked() {
            actions.push(Action::CarryOn);
        }
    }
}

fn window_buttons(ui: &mut Ui, view: &View<'_>, actions: &mut Vec<Action>) {
    let theme = match view.dark {
        true => "Dark text on light",
        false => "Light text on dark",
    };
    for (text, command, why) in [
        ("?", &commands::TOGGLE_HELP, commands::TOGGLE_HELP.hover),
        ("A+", &commands::LARGER, commands::LARGER.hover),
        ("A−", &commands::SMALLER, commands::SMALLER.hover),
        ("◐", &commands::TOGGLE_THEME, theme),
    ] {
        let response = ui
            .button(text)
            .on_hover_text(command.hint_of(why))
            .accessible_name(command.label);
        if response.clicked() {
            actions.push(command.action.clone());
        }
    }
}

/// A run that has ended has no speed: carrying it on takes the place.
fn speed(ui: &mut Ui, theme: &Theme, view: &View<'_>, form: Form) {
    if !form.full || (view.state == RunState::Done && !form.two_rows) {
        return;
    }
    let speed = if view.steps_per_second > 0.0 && view.state == RunState::Running {
        format!(
            "{}/s",
            format::thousands(view.steps_per_second.round() as u64)
        )
    } else {
        String::new()
    };
    fixed_label(ui, theme, &speed, SPEED, "Speed in steps per second");
}

fn counter(view: &View<'_>, step: u64) -> String {
    format!(
        "{} of {}",
        format::thousands(step),
        format::steps(view.horizon)
    )
}

fn progress(ui: &mut Ui, theme: &Theme, view: &View<'_>) {
    let font = TextStyle::Monospace.resolve(ui.style());
    let longest = counter(view, view.horizon.max(view.step));
    let longest = (ui.painter()).layout_no_wrap(longest, font, Color32::WHITE);
    let text = counter(view, view.step);
    let why = "Step, and the horizon";
    fixed_label(ui, theme, &text, longest.size().x.ceil(), why);
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
