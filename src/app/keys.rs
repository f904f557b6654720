//! The keyboard.

use crate::{
    history::Bookmark,
    views::{
        action::{Action, Scrub},
        curves::PlotKind,
        drawer::Side,
        export::Export,
    },
};
use egui::{Context, Event, Key, Modifiers, Popup};
use std::collections::BTreeSet;

/// Which keys are down. A key is known by its place: with Shift let go first, "+"
/// goes down and "=" comes up.
#[derive(Debug, Default)]
pub struct Keyboard {
    down: BTreeSet<Key>,
}

impl Keyboard {
    /// The actions of the keys pressed since the last frame; none while `typing`,
    /// when letters belong to a text field.
    pub fn actions(&mut self, ctx: &Context, typing: bool) -> Vec<Action> {
        // A focused button takes the space bar itself.
        let focused = ctx.memory(|m| m.focused().is_some());
        // An open menu takes Esc, and nothing else that is open does.
        let menu = Popup::is_any_open(ctx);
        let mut actions = Vec::new();
        ctx.input(|input| {
            for event in &input.events {
                let found = match event {
                    Event::Key {
                        key,
                        physical_key,
                        pressed,
                        modifiers,
                        ..
                    } => {
                        let place = physical_key.unwrap_or(unshifted(*key));
                        let first = match pressed {
                            true => self.down.insert(place),
                            false => {
                                self.down.remove(&place);
                                continue;
                            }
                        };
                        let held = !first && !REPEATING.contains(&place);
                        match key {
                            Key::Escape if menu => None,
                            _ if held => None,
                            key => action(*key, *modifiers, focused),
                        }
                    }
                    // Keys that come up elsewhere are not heard of.
                    Event::WindowFocused(_) => {
                        self.down.clear();
                        None
                    }
                    // Where "?" is on the keyboard depends on its layout.
                    Event::Text(text) if text == "?" => Some(Action::ToggleHelp),
                    _ => None,
                };
                actions.extend(found.filter(|_| !typing));
            }
        });
        actions
    }
}

/// The key without Shift, where the system does not say which it is: on most
/// layouts.
fn unshifted(key: Key) -> Key {
    match key {
        Key::Plus => Key::Equals,
        Key::Questionmark => Key::Slash,
        Key::Colon => Key::Semicolon,
        Key::Pipe => Key::Backslash,
        Key::OpenCurlyBracket => Key::OpenBracket,
        Key::CloseCurlyBracket => Key::CloseBracket,
        Key::Exclamationmark => Key::Num1,
        key => key,
    }
}

/// Keys that go on while they are held.
const REPEATING: [Key; 4] = [Key::S, Key::ArrowLeft, Key::ArrowRight, Key::Z];

fn action(key: Key, modifiers: Modifiers, focused: bool) -> Option<Action> {
    if modifiers.command || modifiers.ctrl {
        return match (key, modifiers.shift) {
            (Key::Z, false) => Some(Action::Undo),
            (Key::Z, true) | (Key::Y, false) => Some(Action::Redo),
            (Key::O, false) => Some(Action::ShowOpen(true)),
            (Key::S, false) => Some(Action::Export(Export::Csv)),
            (Key::S, true) => Some(Action::Export(Export::Toml)),
            (Key::E, false) => Some(Action::Export(Export::Plot(PlotKind::Loss))),
            (Key::E, true) => Some(Action::Export(Export::Window)),
            (Key::Plus | Key::Equals, _) => Some(Action::Resize(1)),
            (Key::Minus, _) => Some(Action::Resize(-1)),
            _ => None,
        };
    }
    if modifiers.alt {
        return None;
    }
    match key {
        Key::Space if !focused => Some(Action::ToggleRun),
        Key::S => Some(Action::Step),
        Key::R if modifiers.shift => Some(Action::Reseed),
        Key::R => Some(Action::Reset),
        Key::L => Some(Action::ToggleLossAxis),
        Key::T => Some(Action::ToggleTheme),
        Key::F | Key::F11 => Some(Action::ToggleFullscreen),
        Key::Plus | Key::Equals => Some(Action::Resize(1)),
        Key::Minus => Some(Action::Resize(-1)),
        Key::B => Some(Action::TogglePanel(Side::Left)),
        Key::N => Some(Action::TogglePanel(Side::Right)),
        Key::F1 => Some(Action::ToggleHelp),
        Key::Escape => Some(Action::Escape),
        // A focused slider takes the arrows itself.
        Key::ArrowLeft | Key::ArrowRight if focused => None,
        Key::ArrowLeft if modifiers.shift => Some(Action::Scrub(Scrub::LeapBack)),
        Key::ArrowRight if modifiers.shift => Some(Action::Scrub(Scrub::LeapOn)),
        Key::ArrowLeft => Some(Action::Scrub(Scrub::Previous)),
        Key::ArrowRight => Some(Action::Scrub(Scrub::Next)),
        Key::Home => Some(Action::Scrub(Scrub::Start)),
        Key::End => Some(Action::Scrub(Scrub::Live)),
        Key::PageUp => Some(Action::Scrub(Scrub::PreviousMark)),
        Key::PageDown => Some(Action::Scrub(Scrub::NextMark)),
        Key::Num1 => Some(Action::Scrub(Scrub::Mark(Bookmark::Fit))),
        Key::Num2 => Some(Action::Scrub(Scrub::Mark(Bookmark::Peak))),
        Key::Num3 => Some(Action::Scrub(Scrub::Mark(Bookmark::Grok))),
        _ => None,
    }
}
