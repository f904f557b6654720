//! The menus of the bar: presets, figures, files to save, paces.

use super::{MAX_TITLE, PRESET, View};
use crate::{
    figures::Figure,
    history::format,
    presets::Preset,
    sim::config::{Config, FIELDS},
    training::Pace,
    views::{
        action::Action,
        commands, entry, fonts,
        paces::{PACES, pace_name},
        theme::Theme,
    },
};
use egui::{Button, Response, RichText, TextStyle, Ui, Vec2, containers::menu::MenuButton};

pub(super) fn presets(
    ui: &mut Ui,
    theme: &Theme,
    view: &View<'_>,
    words: bool,
    actions: &mut Vec<Action>,
) {
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
    let least = if words { PRESET } else { 0.0 };
    let button = Button::new(format!("{text} ▾")).min_size(Vec2::new(least, 0.0));
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_max_width(380.0);
        tall(ui).show(ui, |ui| {
            for (text, command) in [
                ("Open a file …", &commands::OPEN),
                ("Lecture: from lazy to rich", &commands::LECTURE),
                ("Story of the lecture …", &commands::STORY),
            ] {
                let entry = Button::new(text)
                    .frame_when_inactive(false)
                    .shortcut_text(command.key())
                    .min_size(Vec2::new(360.0, 0.0));
                let entry = ui.add(entry).accessible_name(command.label);
                if entry.on_hover_text(command.hover).clicked() {
                    actions.push(command.action.clone());
                    ui.close();
                }
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

/// A list that scrolls only where the window has no room for all of it.
fn tall(ui: &Ui) -> egui::ScrollArea {
    let room = ui.ctx().content_rect().height() - 96.0;
    egui::ScrollArea::vertical()
        .max_height(room)
        .min_scrolled_height(room)
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
    let default = config.network.family.defaults();
    let parts: Vec<String> = FIELDS
        .iter()
        .filter(|field| {
            field.key == "network.family" && !config.network.family.is_committee()
                || (field.get)(config) != (field.get)(&default)
        })
        .map(|field| {
            format!(
                "{} = {}",
                field.short_name(),
                entry::shown(field, &(field.get)(config))
            )
        })
        .collect();
    match parts.is_empty() {
        true => "Opens with every setting at its default".into(),
        false => format!("Opens with {}, the rest at the defaults", parts.join(", ")),
    }
}

pub(super) fn figures(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let menu = ui.menu_button("Figures ▾", |ui| {
        ui.set_max_width(400.0);
        tall(ui).show(ui, |ui| {
            for figure in crate::figures::all() {
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

pub(super) fn files(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.menu_button("File ▾", |ui| {
        ui.set_min_width(240.0);
        let exports = commands::exports().map(|command| (command, false));
        let first = commands::FILES.into_iter().map(|command| (command, true));
        let mut above = true;
        for (command, first) in first.chain(exports) {
            if above && !first {
                ui.separator();
            }
            above = first;
            let item = Button::new(command.label).shortcut_text(command.key());
            let item = ui.add(item).accessible_name(command.label);
            if item.on_hover_text(command.hover).clicked() {
                actions.push(command.action.clone());
                ui.close();
            }
        }
    })
    .response
    .on_hover_text(
        "Open and save what is on screen; save pictures, the numbers or the settings of this run",
    )
    .accessible_name("File");
}

pub(super) fn paces(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
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
