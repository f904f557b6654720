//! The keyboard.

use crate::views::{action::Action, commands, lecture::keys};
use egui::{Context, Event, Key, Popup};
use std::collections::BTreeSet;

/// Which keys are down. A key is known by its place: with Shift let go first, "+"
/// goes down and "=" comes up.
#[derive(Debug, Default)]
pub struct Keyboard {
    down: BTreeSet<Key>,
}

impl Keyboard {
    /// The actions of the keys pressed since the last frame; none while `typing`,
    /// when letters belong to a text field. In a lecture some have another meaning.
    pub fn actions(&mut self, ctx: &Context, typing: bool, lecture: bool) -> Vec<Action> {
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
                        let in_lecture = lecture.then(|| keys::of_key(*key, *modifiers));
                        let found = in_lecture.flatten();
                        let found = found.or_else(|| commands::of_key(*key, *modifiers));
                        found.filter(|command| {
                            let taken = (*key == Key::Escape && menu)
                                || (focused && TAKEN_BY_FOCUS.contains(key));
                            (first || command.repeats) && !taken
                        })
                    }
                    // No event tells of keys that come up elsewhere.
                    Event::WindowFocused(_) => {
                        self.down.clear();
                        None
                    }
                    // Where "?" is on the keyboard depends on its layout.
                    Event::Text(text) => commands::of_text(text),
                    _ => None,
                };
                actions.extend(
                    found
                        .filter(|_| !typing)
                        .map(|command| command.action.clone()),
                );
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

/// A focused button takes the space bar itself, a focused slider the arrows.
const TAKEN_BY_FOCUS: [Key; 3] = [Key::Space, Key::ArrowLeft, Key::ArrowRight];
