//! The keys of a lecture. While one is given they come before those of the window: a
//! presenter's remote sends Page Up and Page Down, F5 and a full stop or B.

use super::LectureAction;
use crate::views::{
    action::Action,
    commands::{Shortcut, UiCommand},
};
use egui::{Key, Modifiers};

const fn command(
    label: &'static str,
    help: &'static str,
    shortcuts: &'static [Shortcut],
    action: LectureAction,
) -> UiCommand {
    UiCommand {
        label,
        hover: help,
        help,
        shortcuts,
        repeats: false,
        action: Action::Lecture(action),
    }
}

/// Everything that has a key in a lecture.
pub static COMMANDS: [UiCommand; 14] = [
    command(
        "Next step",
        "the next step",
        &[
            Shortcut::plain(Key::PageDown),
            Shortcut::shifted(Key::ArrowRight, false),
            Shortcut::plain(Key::ArrowDown),
        ],
        LectureAction::Next,
    ),
    command(
        "Step before",
        "the step before",
        &[
            Shortcut::plain(Key::PageUp),
            Shortcut::shifted(Key::ArrowLeft, false),
            Shortcut::plain(Key::ArrowUp),
        ],
        LectureAction::Previous,
    ),
    command(
        "First step",
        "the first step, the last",
        &[Shortcut::plain(Key::Home)],
        LectureAction::First,
    ),
    command(
        "Last step",
        "the first step, the last",
        &[Shortcut::plain(Key::End)],
        LectureAction::Last,
    ),
    command(
        "Step again",
        "the step again, as it was before it was played with",
        &[Shortcut::plain(Key::R)],
        LectureAction::Again,
    ),
    command(
        "Settings",
        "the settings, to play with; R brings the step back",
        &[Shortcut::plain(Key::S)],
        LectureAction::Sliders,
    ),
    command(
        "Blank",
        "blank screen",
        &[Shortcut::plain(Key::B), Shortcut::plain(Key::Period)],
        LectureAction::Blank,
    ),
    command(
        "Pointer",
        "a bright dot that follows the pointer",
        &[Shortcut::plain(Key::X)],
        LectureAction::Laser,
    ),
    command(
        "Pen",
        "draw on the plots with the pointer",
        &[Shortcut::plain(Key::P)],
        LectureAction::Pen,
    ),
    command(
        "Note",
        "write on the plots: a click says where",
        &[Shortcut::plain(Key::N)],
        LectureAction::Note,
    ),
    command(
        "Clear",
        "take away what was drawn and written on this step",
        &[Shortcut::plain(Key::C), Shortcut::plain(Key::Delete)],
        LectureAction::Clear,
    ),
    command(
        "Presenter's view",
        "a second window with notes, the next step and a clock",
        &[Shortcut::plain(Key::V)],
        LectureAction::Presenter,
    ),
    command(
        "Story",
        "the story: steps to go to, to change and to save",
        &[Shortcut::plain(Key::E)],
        LectureAction::Editor,
    ),
    command(
        "End the lecture",
        "end the lecture",
        &[Shortcut::plain(Key::F5)],
        LectureAction::Toggle,
    ),
];

/// The command of a pressed key in a lecture.
pub fn of_key(key: Key, modifiers: Modifiers) -> Option<&'static UiCommand> {
    let pressed = |c: &&UiCommand| c.shortcuts.iter().any(|s| s.is_pressed(key, modifiers));
    COMMANDS.iter().find(pressed)
}

/// The command that does this.
pub fn of_action(action: &LectureAction) -> Option<&'static UiCommand> {
    let same = |c: &&UiCommand| matches!(&c.action, Action::Lecture(other) if other == action);
    COMMANDS.iter().find(same)
}

/// The lines of the help.
pub fn help() -> Vec<(String, &'static str)> {
    let mut lines: Vec<(String, &'static str)> = Vec::new();
    for command in &COMMANDS {
        let keys: Vec<String> = command.shortcuts.iter().map(Shortcut::label).collect();
        let keys = keys.join(", ");
        match lines.last_mut().filter(|(_, help)| *help == command.help) {
            Some((before, _)) => *before = format!("{before}, {keys}"),
            None => lines.push((keys, command.help)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_in_a_lecture() {
        let keys: Vec<Shortcut> = COMMANDS.iter().flat_map(|c| c.shortcuts).copied().collect();
        for (i, one) in keys.iter().enumerate() {
            assert!(keys[..i].iter().all(|other| other != one), "{one:?}");
        }
        let next = of_key(Key::PageDown, Modifiers::NONE).map(|c| c.label);
        assert_eq!(next, Some("Next step"));
        // With Shift an arrow key still moves along the run.
        assert!(of_key(Key::ArrowRight, Modifiers::SHIFT).is_none());
        assert!(of_key(Key::S, Modifiers::CTRL).is_none());
    }
}
