//! The dialog for figures for print: what is drawn, how large and how, with a live
//! preview.

use super::{action::Action, controls::heading, fonts, theme::Theme};
use crate::plot::{
    Format, Style, Theme as PrintTheme,
    style::{LIMITS, WIDTHS},
};
use egui::{
    Align2, Button, Context, DragValue, Id, Image, RichText, TextureHandle, Ui, Vec2, Window,
};

/// What can be drawn for print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// The losses and the lower plot, one below the other.
    #[default]
    Both,
    /// The losses.
    Loss,
    /// The lower plot.
    Lower,
    /// The terms of the test loss.
    Error,
    /// Train and test accuracy.
    Accuracy,
    /// Eigenvalues of the kernel, at the start and now.
    Kernel,
    /// The largest eigenvalues of M.
    Features,
    /// The phase diagram.
    Diagram,
}

impl Subject {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Both, "Both plots"),
        (Self::Loss, "Loss plot"),
        (Self::Lower, "Lower plot"),
        (Self::Error, "Terms of the test loss"),
        (Self::Accuracy, "Accuracy"),
        (Self::Kernel, "Kernel eigenvalues"),
        (Self::Features, "Feature eigenvalues"),
        (Self::Diagram, "Phase diagram"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(subject, _)| *subject == self);
        found.map_or("", |(_, name)| name)
    }
}

/// What is chosen in the dialog.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrintForm {
    /// What is drawn.
    pub subject: Subject,
    /// Size, theme, lines.
    pub style: Style,
    /// Of the file.
    pub format: Format,
}

impl Default for PrintForm {
    fn default() -> Self {
        Self {
            subject: Subject::default(),
            style: Style::default(),
            format: Format::Pdf,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PrintAction {
    /// The dialog.
    Open,
    /// Another choice.
    Edit(PrintForm),
    /// The file.
    Save,
    /// No dialog any more.
    Close,
}

/// What the dialog shows.
pub struct PrintView<'a> {
    /// What is chosen.
    pub form: &'a PrintForm,
    /// What there is to be drawn.
    pub subjects: &'a [Subject],
    /// How it will look; none before the first is drawn.
    pub preview: Option<&'a TextureHandle>,
    /// What is drawn, in words.
    pub words: &'a str,
    /// Why nothing can be drawn.
    pub problem: Option<&'a str>,
}

/// Room for the preview, in points.
pub const PREVIEW: Vec2 = Vec2::new(430.0, 400.0);

/// Draws the dialog; what is chosen is an action.
pub fn show(ctx: &Context, theme: &Theme, view: &PrintView<'_>, actions: &mut Vec<Action>) {
    let mut open = true;
    let mut form = *view.form;
    Window::new(RichText::new("Figure for print").family(fonts::bold()))
        .id(Id::unique("print"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .vscroll(true)
        // As much of it at once as the window has room for.
        .default_height(ctx.content_rect().height() - 90.0)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            let wide = ctx.content_rect().width() > 780.0;
            let contents = |ui: &mut Ui| {
                ui.vertical(|ui| {
                    ui.set_width(250.0);
                    choices(ui, theme, view, &mut form);
                    ui.add_space(6.0);
                    ui.horizontal(|ui| {
                        let save = ui
                            .add_enabled(view.problem.is_none(), Button::new("Save…"))
                            .on_hover_text("Writes the file; text stays text in SVG and PDF")
                            .accessible_name("Save the figure");
                        if save.clicked() {
                            actions.push(Action::Print(PrintAction::Save));
                        }
                        let close = ui.button("Close").on_hover_text("Close this dialog (Esc)");
                        if close.clicked() {
                            actions.push(Action::Print(PrintAction::Close));
                        }
                    });
                });
                ui.vertical(|ui| preview(ui, theme, view));
            };
            match wide {
                true => ui.horizontal_top(contents).inner,
                false => ui.vertical(contents).inner,
            }
        });
    if form != *view.form {
        actions.push(Action::Print(PrintAction::Edit(form)));
    }
    if !open {
        actions.push(Action::Print(PrintAction::Close));
    }
}

fn choices(ui: &mut Ui, theme: &Theme, view: &PrintView<'_>, form: &mut PrintForm) {
    heading(ui, theme, "WHAT");
    egui::ComboBox::from_id_salt("print subject")
        .selected_text(form.subject.name())
        .width(200.0)
        .show_ui(ui, |ui| {
            for subject in view.subjects {
                ui.selectable_value(&mut form.subject, *subject, subject.name());
            }
        })
        .response
        .on_hover_text("Which picture")
        .accessible_name("What is drawn");
    heading(ui, theme, "SIZE");
    ui.horizontal_wrapped(|ui| {
        for (name, width) in WIDTHS {
            let on = form.style.paper.width == width;
            let button = ui
                .selectable_label(on, format!("{width} mm"))
                .on_hover_text(format!("Width of {name} of a journal"));
            if button.clicked() {
                form.style.paper.width = width;
            }
        }
    });
    let style = &mut form.style;
    number(ui, "Width", "width", "mm", &mut style.paper.width);
    ui.horizontal(|ui| {
        let mut own = style.paper.height.is_some();
        ui.checkbox(&mut own, "Height")
            .on_hover_text("A height of your own; else what the panels need");
        let start = 0.75 * style.paper.width;
        style.paper.height = own.then(|| style.paper.height.unwrap_or(start));
        if let Some(height) = &mut style.paper.height {
            drag(ui, "height", "mm", height).on_hover_text("Height of the whole figure");
        }
    });
    number(ui, "Font size", "font-size", "pt", &mut style.font);
    number(ui, "Line width", "line-width", "pt", &mut style.line);
    heading(ui, theme, "LOOK");
    look(ui, &mut style.theme);
    ui.checkbox(&mut style.caption, "Settings and seed below")
        .on_hover_text("Every setting that is not the default, the outcome and the seed");
    heading(ui, theme, "FILE");
    ui.horizontal(|ui| {
        for (format, name) in Format::ALL {
            ui.selectable_value(&mut form.format, format, name.to_uppercase())
                .on_hover_text("Format of the file");
        }
    });
    if form.format == Format::Png {
        number(ui, "Pixels per inch", "dpi", "", &mut form.style.dpi);
    }
}

fn number(ui: &mut Ui, label: &str, name: &str, unit: &str, value: &mut f64) {
    ui.horizontal(|ui| {
        drag(ui, name, unit, value)
            .on_hover_text(format!("{label}: drag, or click and type"))
            .accessible_name(label);
        ui.label(label);
    });
}

fn drag(ui: &mut Ui, name: &str, unit: &str, value: &mut f64) -> egui::Response {
    let limits = LIMITS.iter().find(|limit| limit.0 == name);
    let (low, high) = limits.map_or((0.0, f64::MAX), |limit| (limit.2, limit.3));
    let unit = match unit {
        "" => String::new(),
        unit => format!(" {unit}"),
    };
    let speed = (0.004 * *value).max(0.01);
    ui.add(
        DragValue::new(value)
            .range(low..=high)
            .speed(speed)
            .max_decimals(1)
            .suffix(unit),
    )
}

fn preview(ui: &mut Ui, theme: &Theme, view: &PrintView<'_>) {
    match (view.problem, view.preview) {
        (Some(problem), _) => {
            ui.label(RichText::new(problem).color(theme.warning));
        }
        (None, Some(texture)) => {
            let size = texture.size_vec2();
            let scale = (PREVIEW / size).min_elem().min(1.0);
            ui.add(Image::new((texture.id(), scale * size)).alt_text(view.words))
                .on_hover_text("As it will be in the file");
        }
        (None, None) => {
            ui.label(RichText::new("drawing …").color(theme.muted));
        }
    }
}

/// The choice of ground and colours.
pub(super) fn look(ui: &mut Ui, chosen: &mut PrintTheme) {
    ui.horizontal_wrapped(|ui| {
        for (value, name) in PrintTheme::ALL {
            let name = match value {
                PrintTheme::Black => "black on white",
                _ => name,
            };
            ui.selectable_value(chosen, value, name)
                .on_hover_text("Ground and colours");
        }
    });
}
