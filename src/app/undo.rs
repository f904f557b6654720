//! Undo and redo of what was done to the settings and to the runs kept for
//! comparison.

use super::{
    Action, GrokscopeApp,
    compare::Pin,
    diagram::DiagramAction,
    session::Loaded,
    state::{Notice, State},
};
use crate::{
    presets,
    sim::{
        committee::instance::same_instance,
        config::{Config, FIELDS, Field, field},
    },
    views::{controls, entry},
};
use std::collections::VecDeque;

/// Most changes that can be taken back.
pub const MOST: usize = 200;
/// A double click on a slider first moves it: its reset within this time is the
/// same change.
const DOUBLE_CLICK_SECS: f64 = 0.7;

/// Everything that a change of settings can touch.
#[derive(Clone)]
pub struct Settings {
    config: Config,
    instance: Option<Loaded>,
    preset: Option<String>,
    defaults: Config,
}

impl Settings {
    fn of(state: &State) -> Self {
        Self {
            config: state.session.config().clone(),
            instance: state.session.instance().cloned(),
            preset: state.preset.clone(),
            defaults: state.defaults.clone(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        let mine = self.instance.as_ref().map(|(_, instance)| instance);
        let others = other.instance.as_ref().map(|(_, instance)| instance);
        same_instance(mine, others) && self.config == other.config
    }

    /// The one setting in which it differs from `other`, and its name.
    fn only_change_from(&self, other: &Self) -> Option<(&'static Field, &'static str)> {
        let differs = |f: &&Field| (f.get)(&other.config) != (f.get)(&self.config);
        let mut fields = FIELDS.iter().filter(differs);
        let (field, others) = (fields.next()?, fields.count());
        if others > 0 {
            return None;
        }
        Some((field, field.short_name()))
    }

    /// What tells it from `before`, in a few words.
    fn change_from(&self, before: &Self) -> Option<String> {
        let (field, name) = self.only_change_from(before)?;
        let value = |config| entry::shown(field, &(field.get)(config));
        Some(format!(
            "{name} {} → {}",
            value(&before.config),
            value(&self.config)
        ))
    }

    /// That it is as before again, in a few words.
    fn back_from(&self, after: &Self) -> Option<String> {
        let (field, name) = self.only_change_from(after)?;
        let value = entry::shown(field, &(field.get)(&self.config));
        Some(format!("{name} back to {value}"))
    }
}

/// What was done, and how to take it back.
enum Change {
    Settings {
        before: Box<Settings>,
        after: Box<Settings>,
    },
    /// Runs that were added, and those removed, with their places.
    Pins {
        added: Vec<Pin>,
        removed: Vec<(usize, Pin)>,
    },
}

struct Entry {
    name: String,
    change: Change,
    /// Names the change while more may join it.
    number: u64,
}

/// What can be taken back, and what was.
#[derive(Default)]
pub struct Undo {
    done: VecDeque<Entry>,
    undone: Vec<Entry>,
    /// The setting of the drag that the newest change belongs to, and when it
    /// was touched last.
    drag: Option<(&'static str, f64)>,
    dragging: bool,
    numbers: u64,
}

impl Undo {
    /// Name of the change that would be taken back.
    pub fn undoable(&self) -> Option<&str> {
        self.done.back().map(|entry| entry.name.as_str())
    }

    /// Name of the change that would be made again.
    pub fn redoable(&self) -> Option<&str> {
        self.undone.last().map(|entry| entry.name.as_str())
    }

    /// Changes that can be taken back.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether nothing can be taken back.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    fn push(&mut self, name: String, change: Change) -> u64 {
        self.numbers += 1;
        self.undone.clear();
        self.done.push_back(Entry {
            name,
            change,
            number: self.numbers,
        });
        if self.done.len() > MOST {
            self.done.pop_front();
        }
        self.numbers
    }

    /// Takes a change in; `joins` if it goes on with the newest one. Returns
    /// whether there is a change that more may join.
    fn settings(&mut self, before: Settings, after: Settings, name: String, joins: bool) -> bool {
        if joins
            && let Some(Entry {
                name,
                change: Change::Settings { before, after: old },
                ..
            }) = self.done.back_mut()
        {
            **old = after;
            if old.is(before) {
                self.done.pop_back();
                return false;
            }
            if let Some(words) = old.change_from(before) {
                *name = words;
            }
            return true;
        }
        if before.is(&after) {
            return false;
        }
        let name = after.change_from(&before).unwrap_or(name);
        let (before, after) = (Box::new(before), Box::new(after));
        self.push(name, Change::Settings { before, after });
        true
    }

    /// Runs were added or removed. Returns the number of the change, which more
    /// runs may join.
    pub fn pins(&mut self, name: String, added: Vec<Pin>, removed: Vec<(usize, Pin)>) -> u64 {
        self.drag = None;
        self.push(name, Change::Pins { added, removed })
    }

    /// Another run belongs to an earlier change, if it still stands.
    pub fn join_pin(&mut self, number: u64, pin: Pin) {
        let entry = self.done.iter_mut().find(|e| e.number == number);
        if let Some(Entry {
            change: Change::Pins { added, .. },
            ..
        }) = entry
        {
            added.push(pin);
        }
    }
}

/// What an action that may change the settings is called where several of them
/// change at once; `None` for those that do not.
fn name_of(action: &Action) -> Option<String> {
    Some(match action {
        Action::Edit { key, .. } | Action::Type { key, .. } | Action::ResetField(key) => {
            let name = |f| format!("{} and what it needs", controls::accessible_name(f));
            field(key).map_or_else(|| (*key).to_owned(), name)
        }
        Action::EndDrag => "a drag".into(),
        Action::Reseed => "a new seed".into(),
        Action::CarryOn => "a longer horizon".into(),
        Action::CloseInstance => "closing the instance".into(),
        Action::LoadPreset(name) => {
            let title = presets::find(name).map_or(name.clone(), |p| p.title.clone());
            format!("the preset “{title}”")
        }
        Action::LoadPin(_) => "loading a pinned run".into(),
        Action::Diagram(DiagramAction::Load(_)) => "loading a cell of the diagram".into(),
        Action::Diagram(DiagramAction::Open(_)) => "opening a diagram".into(),
        _ => return None,
    })
}

impl GrokscopeApp {
    /// Does something to the settings and remembers how to take it back.
    pub(super) fn undoably(&mut self, action: &Action, now: f64, work: impl FnOnce(&mut Self)) {
        let Some(name) = name_of(action) else {
            work(self);
            return;
        };
        let before = Settings::of(&self.state);
        work(self);
        let after = Settings::of(&self.state);
        let undo = &mut self.state.undo;
        let drag = match action {
            Action::Edit { key, dragging, .. } if *dragging => Some(*key),
            _ => None,
        };
        let joins = match (action, undo.drag) {
            (Action::Edit { key, .. }, Some((dragged, _))) => undo.dragging && *key == dragged,
            (Action::ResetField(key), Some((dragged, since))) => {
                *key == dragged && now - since < DOUBLE_CLICK_SECS
            }
            _ => false,
        };
        let open = undo.settings(before, after, name, joins);
        match action {
            Action::EndDrag => undo.dragging = false,
            _ => {
                // A press that changes nothing begins no change to join.
                undo.drag = drag.filter(|_| open).map(|key| (key, now));
                undo.dragging = undo.drag.is_some();
            }
        }
    }

    /// Remembers how to take back the opening of a file.
    pub(super) fn opened_file(&mut self, before: Settings, name: &str) {
        let after = Settings::of(&self.state);
        self.state.undo.drag = None;
        let name = format!("opening {name}");
        self.state.undo.settings(before, after, name, false);
    }

    /// The settings as they are.
    pub(super) fn settings(&self) -> Settings {
        Settings::of(&self.state)
    }

    /// Takes the newest change back, or makes the one taken back last again.
    pub(super) fn undo(&mut self, back: bool, now: f64) {
        let undo = &mut self.state.undo;
        undo.drag = None;
        undo.dragging = false;
        let entry = if back {
            undo.done.pop_back()
        } else {
            undo.undone.pop()
        };
        let Some(mut entry) = entry else {
            let text = if back {
                "There is nothing to undo."
            } else {
                "There is nothing to redo."
            };
            self.notice(text.into(), now);
            return;
        };
        match &mut entry.change {
            Change::Settings { before, after } => {
                let settings = if back { before } else { after };
                if let Err(error) = self.restore(settings, now) {
                    self.failure(error, now);
                    return;
                }
            }
            Change::Pins { added, removed } => self.exchange(added, removed, back),
        }
        let returned = match &entry.change {
            Change::Settings { before, after } if back => before.back_from(after),
            _ => None,
        };
        let word = if back { "Undone" } else { "Done again" };
        let what = returned.unwrap_or_else(|| controls::upper_first(&entry.name));
        let sentence = format!("{word}: {what}.");
        let undo = &mut self.state.undo;
        if back {
            undo.undone.push(entry);
        } else {
            undo.done.push_back(entry);
        }
        self.state.notice = Some(Notice {
            text: sentence,
            bad: false,
            since: now,
        });
    }

    fn restore(&mut self, settings: &Settings, now: f64) -> Result<(), String> {
        let Settings {
            config,
            instance,
            preset,
            defaults,
        } = settings.clone();
        let state = &mut self.state;
        state
            .session
            .take_up(config, instance, now)
            .map_err(|e| e.to_string())?;
        state.preset = preset;
        state.defaults = defaults;
        state.field_errors.clear();
        state.changed = None;
        Ok(())
    }

    fn exchange(&mut self, added: &mut [Pin], removed: &[(usize, Pin)], back: bool) {
        // A sweep under way would go on adding to what is taken back.
        self.cancel_sweep();
        let pins = &mut self.state.pins;
        if back {
            for pin in added.iter_mut() {
                // Renamed since, perhaps: it comes back as it is now.
                if let Some(i) = pins.iter().position(|p| p.id == pin.id) {
                    *pin = pins.remove(i);
                }
            }
            for (place, pin) in removed {
                pins.insert((*place).min(pins.len()), pin.clone());
            }
        } else {
            let gone = |pin: &Pin| removed.iter().any(|(_, r)| r.id == pin.id);
            pins.retain(|pin| !gone(pin));
            pins.extend(added.iter().cloned());
        }
    }
}
