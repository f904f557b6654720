//! Runs kept for comparison: their names and colours, what tells them apart.

pub use crate::views::pins::{MAX_PINS, PinColour, PinEdit, PinId, PinLine, PinView};

use super::{Action, GrokscopeApp, session::Loaded};
use crate::{
    history::Run,
    sim::config::{Config, FIELDS},
    views::theme::PINNED_COLORS,
};
use std::sync::Arc;

/// A run that the user keeps for comparison.
#[derive(Clone)]
pub struct Pin {
    /// Its name in actions.
    pub id: PinId,
    /// The run as it was.
    pub run: Arc<Run>,
    /// The settings that it was asked for.
    pub config: Config,
    /// Data and weights that it was given.
    pub instance: Option<Loaded>,
    /// What tells it from the others, such as "α = 1".
    pub name: String,
    /// Its colour.
    pub colour: PinColour,
    /// Its line.
    pub line: PinLine,
    /// It is drawn.
    pub shown: bool,
    /// The run was on screen when it was kept: it grows for as long as it is.
    pub grows: bool,
}

impl Pin {
    /// As the views show it.
    pub fn view(&self) -> PinView<'_> {
        PinView {
            id: self.id,
            run: &self.run,
            config: &self.config,
            name: &self.name,
            colour: self.colour,
            line: self.line,
            shown: self.shown,
        }
    }
}

pub use crate::history::setting::in_words as setting_in_words;

/// What tells a run from the settings as they were opened; α where nothing does.
pub fn default_name(config: &Config, opened: &Config) -> String {
    let different: Vec<String> = FIELDS
        .iter()
        .filter(|f| f.key != "training.steps" && (f.get)(config) != (f.get)(opened))
        .map(|f| setting_in_words(f, config))
        .take(3)
        .collect();
    if different.is_empty() {
        format!("α = {}", config.network.alpha)
    } else {
        different.join(", ")
    }
}

impl GrokscopeApp {
    /// Keeps the run on screen.
    pub(super) fn pin(&mut self, now: f64) {
        let run = self.state.session.run();
        let Some(run) = run.filter(|r| !r.rows().is_empty()).cloned() else {
            return;
        };
        if self.state.pins.len() >= MAX_PINS {
            self.failure(
                format!(
                    "{MAX_PINS} runs are pinned already, the most that can be told apart: unpin one first."
                ),
                now,
            );
            return;
        }
        let config = self.state.session.config_on_screen();
        let name = default_name(&config, &self.state.defaults);
        let pin = Pin {
            id: self.next_pin_id(),
            run: Arc::new(run),
            instance: self.state.session.instance().cloned(),
            name: self.free_name(name),
            config,
            colour: PinColour::Palette(self.free_colour()),
            line: PinLine::default(),
            shown: true,
            grows: true,
        };
        self.notice(format!("Pinned {}.", pin.name), now);
        let what = format!("pinning {}", pin.name);
        self.state.undo.pins(what, vec![pin.clone()], Vec::new());
        self.state.pins.push(pin);
    }

    /// Kept runs that are still on screen grow with what was trained since, and
    /// take their end from the curve that fades where another has replaced them.
    pub(super) fn grow_pins(&mut self) {
        let state = &mut self.state;
        for pin in state.pins.iter_mut().filter(|pin| pin.grows) {
            let id = pin.run.id();
            let session = &state.session;
            let shown = session.run().filter(|run| run.id() == id);
            let left = || session.ghosts().map(|g| &g.run).find(|run| run.id() == id);
            pin.grows = shown.is_some();
            let Some(run) = shown.or_else(left) else {
                continue;
            };
            // Each copy is of the whole run: the longer it is, the more seldom.
            let (old, new) = (pin.run.rows().len(), run.rows().len());
            let enough = new > old + old / 64 || run.finish() != pin.run.finish();
            let begun_again = new < old;
            if new > 0 && (enough || begun_again || shown.is_none()) {
                pin.run = Arc::new(run.clone());
                pin.config = run.config().clone();
                pin.config.instance.clone_from(&session.config().instance);
            }
        }
    }

    pub(super) fn next_pin_id(&mut self) -> PinId {
        self.state.pin_ids += 1;
        self.state.pin_ids
    }

    /// The name, with a number where it is taken.
    pub(super) fn free_name(&self, name: String) -> String {
        let taken = |name: &str| self.state.pins.iter().any(|pin| pin.name == name);
        let numbered = (2..).map(|n| format!("{name} ({n})"));
        std::iter::once(name.clone())
            .chain(numbered.take(MAX_PINS))
            .find(|name| !taken(name))
            .unwrap_or(name)
    }

    /// The colour that the fewest runs have.
    fn free_colour(&self) -> usize {
        let uses = |i: &usize| {
            let has = |pin: &&_| matches!(pin, PinColour::Palette(k) if k == i);
            let colors = self.state.pins.iter().map(|pin| pin.colour);
            colors.filter(|colour| has(&colour)).count()
        };
        (0..PINNED_COLORS).min_by_key(uses).unwrap_or(0)
    }

    pub(super) fn edit_pin(&mut self, id: PinId, edit: PinEdit) {
        let pins = &mut self.state.pins;
        let Some(place) = pins.iter().position(|pin| pin.id == id) else {
            return;
        };
        let pin = &mut pins[place];
        match edit {
            PinEdit::Rename(name) if name.trim().is_empty() => {}
            PinEdit::Rename(name) => pin.name = name.trim().to_owned(),
            PinEdit::Color(colour) => pin.colour = colour,
            PinEdit::Line(line) => pin.line = line,
            PinEdit::Show(shown) => pin.shown = shown,
            PinEdit::Remove => {
                let pin = pins.remove(place);
                let what = format!("unpinning {}", pin.name);
                let undo = &mut self.state.undo;
                undo.pins(what, Vec::new(), vec![(place, pin)]);
            }
        }
    }

    /// Keeps no run any more.
    pub(super) fn unpin_all(&mut self) {
        self.cancel_sweep();
        let removed: Vec<_> = self.state.pins.drain(..).enumerate().collect();
        if !removed.is_empty() {
            let what = format!("unpinning {} runs", removed.len());
            self.state.undo.pins(what, Vec::new(), removed);
        }
    }

    /// Trains with the settings of a kept run.
    pub(super) fn load_pin(&mut self, id: PinId, now: f64) {
        let Some(pin) = self.state.pins.iter().find(|pin| pin.id == id) else {
            return;
        };
        let (config, instance) = (pin.config.clone(), pin.instance.clone());
        let name = pin.name.clone();
        match self.state.session.take_up(config, instance, now) {
            Ok(()) => {
                self.state.preset = None;
                self.state.field_errors.clear();
                self.notice(format!("Training with the settings of {name}."), now);
            }
            Err(error) => self.failure(error.to_string(), now),
        }
    }

    /// Actions of the Runs tab.
    pub(super) fn compare(&mut self, action: Action, now: f64) {
        match action {
            Action::Pin => self.pin(now),
            Action::UnpinAll => self.unpin_all(),
            Action::EditPin(id, edit) => self.edit_pin(id, edit),
            Action::LoadPin(id) => self.load_pin(id, now),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_differs_from_what_was_opened() {
        let opened = Config::default();
        let mut config = opened.clone();
        assert_eq!(
            default_name(&config, &opened),
            format!("α = {}", config.network.alpha)
        );
        config.network.alpha = 0.25;
        config.task.samples = 77;
        let name = default_name(&config, &opened);
        assert!(
            name.contains("α = 0.25") && name.contains("P = 77"),
            "{name}"
        );
    }
}
