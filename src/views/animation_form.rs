//! The dialog for animations: what moves, how large and in which form; and how far it
//! is.

use super::{action::Action, controls::heading, fonts, print_form, theme::Theme};
use crate::plot::{
    Theme as PrintTheme,
    animation::{FRAMES, Film, RATES},
};
use egui::{Align2, Button, Context, DragValue, Id, ProgressBar, RichText, Ui, Vec2, Window};

/// What is chosen in the dialog.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnimationForm {
    /// Training moves; else the setting of the form of a sweep.
    pub over_time: bool,
    /// Number of frames.
    pub frames: usize,
    /// Frames a second.
    pub rate: f64,
    /// Width of a frame, in pixels.
    pub width: f64,
    /// The losses are drawn.
    pub losses: bool,
    /// The lower plot is drawn.
    pub lower: bool,
    /// Colours.
    pub theme: PrintTheme,
    /// Settings and seed below.
    pub caption: bool,
    /// Of the file.
    pub film: Film,
}

impl Default for AnimationForm {
    fn default() -> Self {
        Self {
            over_time: true,
            frames: 60,
            rate: 15.0,
            width: 900.0,
            losses: true,
            lower: true,
            theme: PrintTheme::Dark,
            caption: false,
            film: Film::Gif,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AnimationAction {
    /// The dialog.
    Open,
    /// Another choice.
    Edit(AnimationForm),
    /// The file.
    Save,
    /// Give up what is being made.
    Cancel,
    /// No dialog any more.
    Close,
}

/// How far an animation is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnimationProgress {
    /// What is being done.
    pub doing: String,
    /// From 0 to 1.
    pub part: f32,
}

/// What the dialog shows.
pub struct AnimationView<'a> {
    /// What is chosen.
    pub form: &'a AnimationForm,
    /// The sweep in words, such as "α over 0.03 … 30".
    pub sweep: &'a str,
    /// The name of the file that is being made, and how far it is.
    pub progress: Option<&'a AnimationProgress>,
    /// Why nothing can be made.
    pub problem: Option<&'a str>,
}

/// Narrowest and widest frame, in pixels.
pub const WIDTHS: std::ops::RangeInclusive<f64> = 320.0..=2_400.0;

/// Height of everything in the dialog, in points.
const HEIGHT: f32 = 440.0;

/// Draws the dialog; what is chosen is an action.
pub fn show(ctx: &Context, theme: &Theme, view: &AnimationView<'_>, actions: &mut Vec<Action>) {
    let mut open = true;
    let mut form = *view.form;
    let ask = |action| Action::Animate(action);
    Window::new(RichText::new("Animation").family(fonts::bold()))
        .id(Id::unique("animation"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .vscroll(true)
        // As high as what it says, where the window has room.
        .default_height((ctx.content_rect().height() - 90.0).min(HEIGHT))
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            ui.set_width(330.0);
            ui.add_enabled_ui(view.progress.is_none(), |ui| {
                choices(ui, theme, view, &mut form);
            });
            ui.add_space(6.0);
            if let Some(progress) = view.progress {
                let bar = ProgressBar::new(progress.part).desired_width(310.0);
                ui.add(bar.text(progress.doing.clone()));
                let cancel = ui
                    .button("Cancel")
                    .on_hover_text("Gives it up; a GIF or APNG is not left half made");
                if cancel.clicked() {
                    actions.push(ask(AnimationAction::Cancel));
                }
                return;
            }
            if let Some(problem) = view.problem {
                ui.label(RichText::new(problem).color(theme.warning));
            }
            ui.horizontal(|ui| {
                let save = ui
                    .add_enabled(view.problem.is_none(), Button::new("Save…"))
                    .on_hover_text("Trains what it needs, draws the frames and writes the file")
                    .accessible_name("Save the animation");
                if save.clicked() {
                    actions.push(ask(AnimationAction::Save));
                }
                let close = ui.button("Close").on_hover_text("Close this dialog (Esc)");
                if close.clicked() {
                    actions.push(ask(AnimationAction::Close));
                }
            });
        });
    if form != *view.form {
        actions.push(ask(AnimationAction::Edit(form)));
    }
    if !open {
        actions.push(ask(AnimationAction::Close));
    }
}

fn choices(ui: &mut Ui, theme: &Theme, view: &AnimationView<'_>, form: &mut AnimationForm) {
    heading(ui, theme, "WHAT MOVES");
    ui.horizontal_wrapped(|ui| {
        ui.selectable_value(&mut form.over_time, true, "time")
            .on_hover_text("The run on screen, from step 0 to where it stands");
        ui.selectable_value(&mut form.over_time, false, "a setting")
            .on_hover_text("A run for each value of a setting, as the form in the tab Runs says");
    });
    let told = match form.over_time {
        true => "The curves are drawn as they were trained.".to_owned(),
        false => format!(
            "{}; the form Sweep in the tab Runs changes that.",
            view.sweep
        ),
    };
    ui.label(RichText::new(told).small().color(theme.muted));
    heading(ui, theme, "PLOTS");
    ui.horizontal_wrapped(|ui| {
        let losses = ui
            .checkbox(&mut form.losses, "losses")
            .on_hover_text("The loss plot");
        let lower = ui
            .checkbox(&mut form.lower, "lower plot")
            .on_hover_text("What the lower plot shows now");
        // One of them at least.
        if losses.changed() && !form.losses {
            form.lower = true;
        }
        if lower.changed() && !form.lower {
            form.losses = true;
        }
        ui.checkbox(&mut form.caption, "settings below")
            .on_hover_text("Every setting that is not the default, and the seed");
    });
    heading(ui, theme, "LOOK");
    print_form::look(ui, &mut form.theme);
    ui.horizontal(|ui| {
        let width = DragValue::new(&mut form.width)
            .range(WIDTHS)
            .speed(2.0)
            .max_decimals(0);
        ui.add(width.suffix(" px"))
            .on_hover_text("Width of a frame, in pixels")
            .accessible_name("Width");
        ui.label("wide");
    });
    heading(ui, theme, "FRAMES");
    ui.horizontal(|ui| {
        ui.add(DragValue::new(&mut form.frames).range(FRAMES).speed(0.3))
            .on_hover_text("Number of frames")
            .accessible_name("Frames");
        ui.label("frames,");
        ui.add(
            DragValue::new(&mut form.rate)
                .range(RATES)
                .speed(0.1)
                .max_decimals(1),
        )
        .on_hover_text("Frames a second")
        .accessible_name("Frames a second");
        ui.label("a second");
    });
    let seconds = form.frames as f64 / form.rate;
    ui.label(
        RichText::new(format!("{seconds:.1} s, then the last frame for a while"))
            .small()
            .color(theme.muted),
    );
    heading(ui, theme, "FILE");
    ui.horizontal(|ui| {
        for (film, ending, why) in Film::ALL {
            let name = match film {
                Film::Numbered => "PNG files".to_owned(),
                Film::Gif | Film::Apng => ending.to_uppercase(),
            };
            ui.selectable_value(&mut form.film, film, name)
                .on_hover_text(why);
        }
    });
}
