//! What is on the axes, what the colours show, how many seeds.

use super::{DiagramAction, SEEDS, Subject, View, ask};
use crate::{
    sim::config::{Family, Field, Kind},
    sweep::{
        diagram::Measure,
        plan::{COUNTS, Places, PlanAxis, axis_fields},
    },
    views::{action::Action, theme::Theme},
};
use egui::{ComboBox, DragValue, RichText, Ui};

/// Draws the rows.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    ui.spacing_mut().button_padding.x = 6.0;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let diagrams = ui.menu_button("Diagrams ▾", |ui| {
            ui.set_min_width(250.0);
            for subject in Subject::ALL {
                let item = ui.button(subject.label()).on_hover_text(subject.why());
                if item.clicked() {
                    ask(actions, DiagramAction::Open(subject));
                    ui.close();
                }
            }
        });
        diagrams
            .response
            .on_hover_text("Diagrams to begin with, among them those of the paper");
        let seeds = ComboBox::from_id_salt("diagram seeds")
            .width(64.0)
            .selected_text(number_of_seeds(view.seeds))
            .show_ui(ui, |ui| {
                for n in SEEDS {
                    let on = n == view.seeds;
                    let item = ui
                        .selectable_label(on, number_of_seeds(n))
                        .on_hover_text("Runs in each cell, each with data and weights of its own");
                    if item.clicked() {
                        ask(actions, DiagramAction::Seeds(n));
                    }
                }
            });
        seeds
            .response
            .on_hover_text("Seeds in each cell: their median is shown, and how far they differ")
            .accessible_name("Seeds in each cell");
    });
    axis(ui, theme, "x", view.x, view.family, Direction::X, actions);
    axis(ui, theme, "y", view.y, view.family, Direction::Y, actions);
    let measure = ComboBox::from_id_salt("diagram measure")
        .width(ui.available_width() - 4.0)
        .selected_text(view.measure.label())
        .show_ui(ui, |ui| {
            for measure in Measure::ALL {
                let enabled = !measure.needs_seeds() || view.seeds > 1;
                let item = egui::Button::selectable(measure == view.measure, measure.label());
                let item = ui
                    .add_enabled(enabled, item)
                    .on_hover_text("Shows this in the colours of the cells")
                    .on_disabled_hover_text("Needs several seeds in each cell");
                if item.clicked() {
                    ask(actions, DiagramAction::Measure(measure));
                }
            }
        });
    measure
        .response
        .on_hover_text("What the colours show")
        .accessible_name("What the colours show");
    let mut escape = view.escape;
    let switch = ui.checkbox(&mut escape, "escape times").on_hover_text(
        "Lines on which the features escape at the same step, from the data of each cell alone: the train loss is then about at half. Drawn where that holds, P ≥ 4D and αεσ² far below s|β|².",
    );
    if switch.changed() {
        ask(actions, DiagramAction::Escape(escape));
    }
    if matches!(view.measure, Measure::Delay(_)) {
        let mut zero = view.never_is_zero;
        let switch = ui
            .checkbox(&mut zero, "“never” drawn as 0")
            .on_hover_text(
                "As in the paper's Figure 3(e): runs that never generalise look like runs without a delay. Off, they have a mark of their own.",
            );
        if switch.changed() {
            ask(actions, DiagramAction::NeverIsZero(zero));
        }
    }
}

fn number_of_seeds(n: usize) -> String {
    match n {
        1 => "1 seed".into(),
        n => format!("{n} seeds"),
    }
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    X,
    /// From bottom to top.
    Y,
}

fn label(field: &Field) -> String {
    match field.symbol {
        "" => field.name.into(),
        symbol => format!("{symbol}  {}", field.name),
    }
}

fn axis(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    axis: &PlanAxis,
    family: Family,
    side: Direction,
    actions: &mut Vec<Action>,
) {
    let mut set = |axis: PlanAxis| {
        let axis = axis.limited();
        ask(
            actions,
            match side {
                Direction::X => DiagramAction::AxisX(axis),
                Direction::Y => DiagramAction::AxisY(axis),
            },
        );
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.spacing_mut().interact_size.x = 30.0;
        ui.label(RichText::new(name).color(theme.muted));
        let short = axis.field().map_or(axis.key, Field::short_name);
        let chosen = ComboBox::from_id_salt(("diagram axis", name))
            .width(46.0)
            .height(420.0)
            .selected_text(short)
            .show_ui(ui, |ui| {
                ui.set_min_width(190.0);
                for field in axis_fields(family) {
                    let on = field.key == axis.key;
                    let item = ui
                        .selectable_label(on, label(field))
                        .on_hover_text(field.why);
                    if item.clicked()
                        && !on
                        && let Some(axis) = PlanAxis::of(field.key)
                    {
                        set(axis);
                    }
                }
            });
        chosen
            .response
            .on_hover_text("The setting along this axis")
            .accessible_name(format!("Setting on axis {name}"));
        let Places::Range {
            from,
            to,
            count,
            log,
        } = axis.places
        else {
            let values: Vec<String> = axis.values().iter().map(|v| v.to_string()).collect();
            let text = values.join(", ");
            ui.label(RichText::new(text).small().color(theme.muted));
            return;
        };
        let whole = axis
            .field()
            .is_some_and(|f| matches!(f.kind, Kind::Integer { .. } | Kind::Width { .. }));
        let range = |from, to, count, log| PlanAxis {
            key: axis.key,
            places: Places::Range {
                from,
                to,
                count,
                log,
            },
        };
        let end = |ui: &mut Ui, value: f64, what: &str| {
            let mut value = value;
            let speed = if whole {
                1.0
            } else {
                0.02 * value.abs().max(1e-6)
            };
            let drag = DragValue::new(&mut value)
                .speed(speed)
                .max_decimals(if whole { 0 } else { 8 })
                .custom_formatter(|v, _| crate::history::format::plain(v, 3))
                .update_while_editing(false);
            let response = ui
                .add(drag)
                .on_hover_text(format!("{what} value on this axis"))
                .accessible_name(format!("{what} value on axis {name}"));
            response.changed().then_some(value)
        };
        if let Some(from) = end(ui, from, "First") {
            set(range(from, to, count, log));
        }
        ui.label(RichText::new("–").color(theme.muted));
        if let Some(to) = end(ui, to, "Last") {
            set(range(from, to, count, log));
        }
        let mut cells = count;
        let counted = ui
            .add(
                DragValue::new(&mut cells)
                    .range(COUNTS)
                    .speed(0.1)
                    .prefix("× "),
            )
            .on_hover_text("Number of values")
            .accessible_name(format!("Values on axis {name}"));
        if counted.changed() {
            set(range(from, to, cells, log));
        }
        let text = if log { "log" } else { "lin" };
        let switch = ui
            .add_enabled(from > 0.0 && to > 0.0, egui::Button::new(text))
            .on_hover_text("Equal ratios (log) or equal differences (lin)")
            .accessible_name(format!("Scale of axis {name}"));
        if switch.clicked() {
            set(range(from, to, count, !log));
        }
    });
}
