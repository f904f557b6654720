//! The side panel: a table of the panels that it can show, one tab for each.

use super::{
    accuracy, action::Action, controls, decomposition, diagram, facts, features, figure, kernel,
    laws, network, path, prediction, runs, theme::Theme,
};
use crate::{
    history::{Moment, Run, format},
    training::{FeatureView, KernelView, PathView},
};
use egui::{Button, RichText, ScrollArea, Sense, Ui, UiBuilder};
use serde::{Deserialize, Serialize};

/// A tab of the side panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tab {
    /// Where the test error comes from.
    #[default]
    Error,
    /// The kernel's spectrum and alignments.
    Kernel,
    /// The neurons in the plane of the target direction.
    Features,
    /// What is known of the run before it trains.
    Theory,
    /// The path of the weights in a plane.
    Path,
    /// What is to be seen in a network that is no committee machine.
    Network,
    /// Grokking by loss and by accuracy.
    Accuracy,
    /// The phase diagram.
    Phase,
    /// Every metric of the newest row.
    Facts,
    /// The runs kept for comparison.
    Runs,
    /// Laws across runs.
    Laws,
    /// The figure of the paper on show; only where there is one.
    Figure,
}

impl Tab {
    /// Its entry in the table.
    pub fn panel(self) -> Option<&'static Panel> {
        PANELS.iter().find(|panel| panel.tab == self)
    }

    /// What is written on it.
    pub fn name(self) -> &'static str {
        self.panel().map_or("", |panel| panel.name)
    }
}

/// A panel: what stands under one tab.
pub struct Panel {
    /// Its name in actions, and in what is remembered between launches.
    pub tab: Tab,
    /// What is written on the tab.
    pub name: &'static str,
    /// What there is to see in it.
    pub why: &'static str,
    /// Whether there is such a panel for what is on screen.
    pub applies: fn(&View<'_>) -> bool,
    /// Draws it.
    pub show: fn(&mut Ui, &Theme, &View<'_>, &mut Vec<Action>),
}

/// All panels, in the order of their tabs.
pub static PANELS: [Panel; 12] = [
    Panel {
        tab: Tab::Error,
        name: "Error",
        why: "Where the test loss comes from: its three parts over time",
        applies: |view| view.is_committee(),
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, moment| {
                decomposition::show(ui, theme, moment);
            });
        },
    },
    Panel {
        tab: Tab::Kernel,
        name: "Kernel",
        why: "The kernel: its eigenvalues, where the labels lie in it, and its alignment",
        applies: |view| view.is_committee(),
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, moment| {
                weights_note(ui, theme, moment, view.keyframe);
                kernel::show(ui, theme, moment, view.kernel);
            });
        },
    },
    Panel {
        tab: Tab::Features,
        name: "Features",
        why: "The neurons as a cloud, and how far they have turned towards the target",
        applies: |view| view.is_committee(),
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, moment| {
                weights_note(ui, theme, moment, view.keyframe);
                features::show(ui, theme, moment.run(), moment.step(), view.features);
            });
        },
    },
    Panel {
        tab: Tab::Theory,
        name: "Theory",
        why: "Before it trains: when the features escape, and how much data the lazy model needs",
        applies: |view| view.is_committee(),
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, moment| {
                prediction::show(ui, theme, moment.run(), view.lazy_level);
            });
        },
    },
    Panel {
        tab: Tab::Path,
        name: "Path",
        why: "The path of all weights between start, lazy solution and end",
        applies: |view| view.is_committee(),
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, moment| {
                weights_note(ui, theme, moment, view.keyframe);
                path::show(ui, theme, moment, view.path);
            });
        },
    },
    Panel {
        tab: Tab::Network,
        name: "Network",
        why: "What the network answers, and what is to be seen in its weights",
        applies: |view| !view.is_committee(),
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, _| {
                network::show(ui, theme, &view.network)
            });
        },
    },
    Panel {
        tab: Tab::Accuracy,
        name: "Accuracy",
        why: "Whether it groks by accuracy too, and how this depends on the tolerance",
        applies: |view| view.has_errors(),
        show: |ui, theme, view, actions| {
            of_moment(ui, theme, view, |ui, moment| {
                let (run, step) = (moment.run(), moment.step());
                accuracy::show(ui, theme, run, step, &view.settings, actions);
            });
        },
    },
    Panel {
        tab: Tab::Phase,
        name: "Phase",
        why: "The phase diagram: one run for each pair of values of two settings",
        applies: always,
        show: |ui, theme, view, actions| {
            diagram::scrolled(ui, |ui| {
                diagram::show_small(ui, theme, &view.diagram, actions);
            });
        },
    },
    Panel {
        tab: Tab::Facts,
        name: "Numbers",
        why: "Every measured number at one step",
        applies: always,
        show: |ui, theme, view, _| {
            of_moment(ui, theme, view, |ui, moment| facts::show(ui, theme, moment));
        },
    },
    Panel {
        tab: Tab::Runs,
        name: "Runs",
        why: "Runs kept for comparison, and a setting swept over values",
        applies: always,
        show: |ui, theme, view, actions| runs::show(ui, theme, &view.runs, actions),
    },
    Panel {
        tab: Tab::Laws,
        name: "Laws",
        why: "One product of settings and measures against another, across the runs kept",
        applies: always,
        show: |ui, theme, view, actions| {
            let Some(laws) = &view.laws else { return };
            ScrollArea::vertical()
                .id_salt("laws")
                .auto_shrink([false, false])
                .show(ui, |ui| laws::show(ui, theme, laws, actions));
        },
    },
    Panel {
        tab: Tab::Figure,
        name: "Figure",
        why: "The paper's figure: caption, claim and what was measured",
        applies: |view| view.figure.is_some(),
        show: |ui, theme, view, actions| {
            let Some(figure) = &view.figure else { return };
            ScrollArea::vertical()
                .id_salt(("figure", &figure.figure.id))
                .auto_shrink([false, false])
                .show(ui, |ui| figure::show(ui, theme, figure, actions));
        },
    },
];

fn always(_: &View<'_>) -> bool {
    true
}

/// What the panels draw.
pub struct View<'a> {
    /// The tab that was chosen.
    pub tab: Tab,
    /// The run on screen.
    pub run: Option<&'a Run>,
    /// The recorded step that is shown; `None` where it is the newest.
    pub cursor: Option<u64>,
    /// Step of the weights that are shown in the past; `None` where none were kept.
    pub keyframe: Option<u64>,
    /// The settings.
    pub settings: controls::View<'a>,
    /// Spectra of the kernel, or why there are none.
    pub kernel: Option<Result<&'a KernelView, &'a str>>,
    /// The neurons, or why there are none.
    pub features: Option<Result<&'a FeatureView, &'a str>>,
    /// What was seen of a network that is no committee machine.
    pub network: network::View<'a>,
    /// The path of the weights, or why there is none.
    pub path: Option<Result<&'a PathView, &'a str>>,
    /// Test loss of kernel regression with K₀ on the run's own samples.
    pub lazy_level: Option<f64>,
    /// Laws across runs, while their panel is shown.
    pub laws: Option<laws::View<'a>>,
    /// The phase diagram.
    pub diagram: diagram::View<'a>,
    /// The runs kept for comparison.
    pub runs: runs::View<'a>,
    /// The figure of the paper on show.
    pub figure: Option<figure::View<'a>>,
}

impl View<'_> {
    /// The panel that is shown: the first one where the chosen one does not apply.
    fn panel(&self) -> &'static Panel {
        let chosen = self.tab.panel().filter(|panel| (panel.applies)(self));
        let first = || PANELS.iter().find(|panel| (panel.applies)(self));
        chosen.or_else(first).unwrap_or(&PANELS[0])
    }

    fn is_committee(&self) -> bool {
        self.settings.config.network.family.is_committee()
    }

    /// Whether an example is right where its error is small enough: the errors then
    /// tell the accuracy at any tolerance.
    fn has_errors(&self) -> bool {
        self.settings.config.network.family.by_error()
    }
}

/// Draws the tabs and the panel that was chosen.
pub fn show(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    let panel = view.panel();
    tabs(ui, theme, view, panel.tab, actions);
    (panel.show)(&mut fixed(ui), theme, view, actions);
}

/// Draws the panel that was chosen without the tabs.
pub fn show_alone(ui: &mut Ui, theme: &Theme, view: &View<'_>, actions: &mut Vec<Action>) {
    (view.panel().show)(&mut fixed(ui), theme, view, actions);
}

/// A panel about one moment of the run, which scrolls; says so where there is no
/// run.
fn of_moment(ui: &mut Ui, theme: &Theme, view: &View<'_>, show: impl FnOnce(&mut Ui, Moment<'_>)) {
    let Some(run) = view.run else {
        ui.add_space(12.0);
        ui.label(RichText::new("Nothing has been trained yet.").color(theme.muted));
        return;
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| show(ui, run.moment(view.cursor)));
}

/// All the room that is left: what does not fit must not widen the panel, or the
/// plots would jump.
fn fixed(ui: &mut Ui) -> Ui {
    let room = ui.available_rect_before_wrap();
    ui.allocate_rect(room, Sense::hover());
    ui.new_child(UiBuilder::new().max_rect(room))
}

/// The tabs of the panels that apply.
fn tabs(ui: &mut Ui, theme: &Theme, view: &View<'_>, shown: Tab, actions: &mut Vec<Action>) {
    ui.add_space(8.0);
    // Large text takes a second line.
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding.x = 7.0;
        for panel in PANELS.iter().filter(|panel| (panel.applies)(view)) {
            let on = panel.tab == shown;
            let text = RichText::new(panel.name).color(if on { theme.text } else { theme.muted });
            let button = ui.add(Button::selectable(on, text));
            if button.on_hover_text(panel.why).clicked() {
                actions.push(Action::SelectTab(panel.tab));
            }
        }
    });
}

/// Says so where the weights of the moment were not kept.
fn weights_note(ui: &mut Ui, theme: &Theme, moment: Moment<'_>, keyframe: Option<u64>) {
    if moment.is_live() || moment.run().failure().is_some() {
        return;
    }
    let asked = format::thousands(moment.step());
    let text = match keyframe {
        Some(step) if step == moment.step() => return,
        Some(step) => format!(
            "Weights of step {}, the nearest kept before step {asked}.",
            format::thousands(step)
        ),
        None => {
            format!("The weights of step {asked} were not kept: too large. These are the newest.")
        }
    };
    ui.add_space(6.0);
    ui.label(RichText::new(text).color(theme.muted));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_has_one_panel_with_a_name_of_its_own() {
        for (i, panel) in PANELS.iter().enumerate() {
            assert!(!panel.name.is_empty() && !panel.why.is_empty());
            assert_eq!(panel.tab.name(), panel.name);
            for other in &PANELS[..i] {
                assert_ne!(panel.tab, other.tab);
                assert_ne!(panel.name, other.name);
            }
        }
        let last = PANELS.last().map(|panel| panel.tab as usize);
        assert_eq!(last, Some(PANELS.len() - 1), "in the order of the tabs");
    }
}
