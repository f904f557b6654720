//! Keys that ask for a command, and how they are written.

use egui::{Key, Modifiers};

/// A key, or a character wherever the keyboard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// A key with the modifiers that must be down.
    Key {
        /// The key.
        key: Key,
        /// With Ctrl, or the command key of a Mac.
        ctrl: bool,
        /// With Shift or without; `None` where it makes no difference.
        shift: Option<bool>,
    },
    /// A character that is typed.
    Typed(&'static str),
}

impl Shortcut {
    pub(super) const fn plain(key: Key) -> Self {
        let (ctrl, shift) = (false, None);
        Self::Key { key, ctrl, shift }
    }

    pub(super) const fn shifted(key: Key, shift: bool) -> Self {
        let (ctrl, shift) = (false, Some(shift));
        Self::Key { key, ctrl, shift }
    }

    pub(super) const fn ctrl(key: Key) -> Self {
        let (ctrl, shift) = (true, Some(false));
        Self::Key { key, ctrl, shift }
    }

    pub(super) const fn ctrl_shift(key: Key) -> Self {
        let (ctrl, shift) = (true, Some(true));
        Self::Key { key, ctrl, shift }
    }

    pub(super) const fn ctrl_any(key: Key) -> Self {
        let (ctrl, shift) = (true, None);
        Self::Key { key, ctrl, shift }
    }

    /// Whether a key with these modifiers is this one.
    pub fn is_pressed(&self, pressed: Key, modifiers: Modifiers) -> bool {
        let Self::Key { key, ctrl, shift } = *self else {
            return false;
        };
        let with_ctrl = modifiers.command || modifiers.ctrl;
        key == pressed
            && ctrl == with_ctrl
            && (with_ctrl || !modifiers.alt)
            && shift.is_none_or(|shift| shift == modifiers.shift)
    }

    /// As it is told: "Ctrl+Shift+S".
    pub fn label(&self) -> String {
        let (key, ctrl, shift) = match *self {
            Self::Typed(text) => return text.to_owned(),
            Self::Key { key, ctrl, shift } => (key, ctrl, shift),
        };
        let name = match key {
            Key::ArrowLeft => "←",
            Key::ArrowRight => "→",
            Key::ArrowUp => "↑",
            Key::ArrowDown => "↓",
            Key::Period => ".",
            Key::Plus => "+",
            Key::Minus => "−",
            Key::Escape => "Esc",
            Key::PageUp => "Page Up",
            Key::PageDown => "Page Down",
            key => key.name(),
        };
        let ctrl = if ctrl { "Ctrl+" } else { "" };
        let shift = if shift == Some(true) { "Shift+" } else { "" };
        format!("{ctrl}{shift}{name}")
    }
}
