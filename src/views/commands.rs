//! What can be asked for with a key, a button or an entry of a menu: a table that
//! the keyboard, the menus and the help read.

pub use super::shortcut::Shortcut;
use super::{
    action::{Action, Scrub},
    animation_form::AnimationAction,
    curves::PlotKind,
    drawer::PanelSide,
    export::Export,
    lecture::LectureAction,
    print_form::PrintAction,
};
use crate::history::Bookmark;
use egui::{Key, Modifiers};

/// Something that can be asked for.
pub struct UiCommand {
    /// What it is called in menus and by a screen reader.
    pub label: &'static str,
    /// What it does, for who points at its button; empty where it has none, or one
    /// that says more than this.
    pub hover: &'static str,
    /// What it does, in the words of the help. Those that follow each other and
    /// have the same help share a line.
    pub help: &'static str,
    /// Its keys; the first is the one that is told.
    pub shortcuts: &'static [Shortcut],
    /// It is done again for as long as its key is held.
    pub repeats: bool,
    /// What is asked for.
    pub action: Action,
}

impl UiCommand {
    /// Its key as it is told: "Ctrl+S"; empty where it has none.
    pub fn key(&self) -> String {
        self.shortcuts
            .first()
            .map_or_else(String::new, Shortcut::label)
    }

    /// What it does and its key: "Full screen or not (F)".
    pub fn hint(&self) -> String {
        self.hint_of(self.hover)
    }

    /// A text about it and its key.
    pub fn hint_of(&self, text: &str) -> String {
        match self.shortcuts.first() {
            Some(shortcut) => format!("{text} ({})", shortcut.label()),
            None => text.to_owned(),
        }
    }
}

/// The command of a pressed key.
pub fn of_key(key: Key, modifiers: Modifiers) -> Option<&'static UiCommand> {
    let pressed = |c: &&&UiCommand| c.shortcuts.iter().any(|s| s.is_pressed(key, modifiers));
    ALL.iter().find(pressed).copied()
}

/// The command of a typed text.
pub fn of_text(text: &str) -> Option<&'static UiCommand> {
    let typed = |c: &&&UiCommand| {
        let mut shortcuts = c.shortcuts.iter();
        shortcuts.any(|s| matches!(s, Shortcut::Typed(typed) if *typed == text))
    };
    ALL.iter().find(typed).copied()
}

/// What the File menu offers first, in order.
pub static FILES: [&UiCommand; 4] = [&OPEN, &SAVE, &SAVE_AS, &COPY_CODE];

/// What the File menu offers below, in order.
pub fn exports() -> impl Iterator<Item = &'static UiCommand> {
    let all = ALL.iter().copied();
    all.filter(|command| {
        matches!(
            command.action,
            Action::Export(_) | Action::Print(_) | Action::Animate(_)
        )
    })
}

/// The lines of the help: keys, and what they do.
pub fn help() -> Vec<(String, &'static str)> {
    let mut lines: Vec<(String, &'static str)> = Vec::new();
    for command in ALL.iter().filter(|c| !c.shortcuts.is_empty()) {
        match lines.last_mut().filter(|(_, help)| *help == command.help) {
            Some((keys, _)) => {
                keys.push_str(", ");
                keys.push_str(&command.key());
            }
            None => lines.push((command.key(), command.help)),
        }
    }
    lines
}

/// A static for each command, and all of them in order.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident {
        label: $label:expr,
        hover: $hover:expr,
        help: $help:expr,
        shortcuts: $shortcuts:expr,
        repeats: $repeats:expr,
        action: $action:expr,
    })*) => {
        $($(#[$doc])*
        pub static $name: UiCommand = UiCommand {
            label: $label,
            hover: $hover,
            help: $help,
            shortcuts: $shortcuts,
            repeats: $repeats,
            action: $action,
        };)*

        /// All commands, in the order of the help.
        pub static ALL: &[&UiCommand] = &[$(&$name),*];
    };
}

commands! {
    /// Hold, go on, or begin.
    TOGGLE_RUN {
        label: "Run",
        hover: "",
        help: "run, pause, run again; in the past: replay",
        shortcuts: &[Shortcut::plain(Key::Space)],
        repeats: false,
        action: Action::ToggleRun,
    }
    /// One step.
    STEP {
        label: "Step",
        hover: "Train one step",
        help: "one step",
        shortcuts: &[Shortcut::plain(Key::S)],
        repeats: true,
        action: Action::Step,
    }
    /// Step 0, same seed.
    RESET {
        label: "Reset",
        hover: "Step 0 again, with the same seed",
        help: "reset: the same seed from step 0",
        shortcuts: &[Shortcut::shifted(Key::R, false)],
        repeats: false,
        action: Action::Reset,
    }
    /// Step 0, next seed.
    RESEED {
        label: "Reseed",
        hover: "Step 0 with other data, target and weights",
        help: "reseed: other data, target and weights",
        shortcuts: &[Shortcut::shifted(Key::R, true)],
        repeats: false,
        action: Action::Reseed,
    }
    /// A longer horizon.
    CARRY_ON {
        label: "Carry on",
        hover: "Ten times the horizon, without a restart",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::CarryOn,
    }
    /// One recorded step back.
    PREVIOUS {
        label: "Back",
        hover: "",
        help: "one recorded step",
        shortcuts: &[Shortcut::shifted(Key::ArrowLeft, false)],
        repeats: true,
        action: Action::Scrub(Scrub::Previous),
    }
    /// One recorded step on.
    NEXT {
        label: "On",
        hover: "",
        help: "one recorded step",
        shortcuts: &[Shortcut::shifted(Key::ArrowRight, false)],
        repeats: true,
        action: Action::Scrub(Scrub::Next),
    }
    /// A tenth of a decade back.
    LEAP_BACK {
        label: "Leap back",
        hover: "",
        help: "a tenth of a decade",
        shortcuts: &[Shortcut::shifted(Key::ArrowLeft, true)],
        repeats: true,
        action: Action::Scrub(Scrub::LeapBack),
    }
    /// A tenth of a decade on.
    LEAP_ON {
        label: "Leap on",
        hover: "",
        help: "a tenth of a decade",
        shortcuts: &[Shortcut::shifted(Key::ArrowRight, true)],
        repeats: true,
        action: Action::Scrub(Scrub::LeapOn),
    }
    /// To step 0.
    START {
        label: "Start",
        hover: "",
        help: "step 0, the live end",
        shortcuts: &[Shortcut::plain(Key::Home)],
        repeats: false,
        action: Action::Scrub(Scrub::Start),
    }
    /// To where the run stands.
    LIVE {
        label: "Live",
        hover: "",
        help: "step 0, the live end",
        shortcuts: &[Shortcut::plain(Key::End)],
        repeats: false,
        action: Action::Scrub(Scrub::Live),
    }
    /// To where it fits.
    GO_TO_FIT {
        label: "Fit",
        hover: "",
        help: "to where it fits, peaks, generalises",
        shortcuts: &[Shortcut::plain(Key::Num1)],
        repeats: false,
        action: Action::Scrub(Scrub::Mark(Bookmark::Fit)),
    }
    /// To the highest test loss.
    GO_TO_PEAK {
        label: "Peak",
        hover: "",
        help: "to where it fits, peaks, generalises",
        shortcuts: &[Shortcut::plain(Key::Num2)],
        repeats: false,
        action: Action::Scrub(Scrub::Mark(Bookmark::Peak)),
    }
    /// To where it generalises.
    GO_TO_GROK {
        label: "Generalisation",
        hover: "",
        help: "to where it fits, peaks, generalises",
        shortcuts: &[Shortcut::plain(Key::Num3)],
        repeats: false,
        action: Action::Scrub(Scrub::Mark(Bookmark::Grok)),
    }
    /// To the moment before.
    PREVIOUS_MARK {
        label: "Moment before",
        hover: "",
        help: "the moment before, the next: start, fit, peak, generalisation, live end (a presenter's remote)",
        shortcuts: &[Shortcut::plain(Key::PageUp)],
        repeats: false,
        action: Action::Scrub(Scrub::PreviousMark),
    }
    /// To the next moment.
    NEXT_MARK {
        label: "Next moment",
        hover: "",
        help: "the moment before, the next: start, fit, peak, generalisation, live end (a presenter's remote)",
        shortcuts: &[Shortcut::plain(Key::PageDown)],
        repeats: false,
        action: Action::Scrub(Scrub::NextMark),
    }
    /// Takes the newest change back.
    UNDO {
        label: "Undo",
        hover: "",
        help: "undo, redo a change of settings or pins",
        shortcuts: &[Shortcut::ctrl(Key::Z)],
        repeats: true,
        action: Action::Undo,
    }
    /// Makes a change again.
    REDO {
        label: "Redo",
        hover: "",
        help: "undo, redo a change of settings or pins",
        shortcuts: &[Shortcut::ctrl(Key::Y), Shortcut::ctrl_shift(Key::Z)],
        repeats: true,
        action: Action::Redo,
    }
    /// Shows what can be opened.
    OPEN {
        label: "Open a file",
        hover: "A state, a picture that was made here, settings, or data of your own",
        help: "open a file",
        shortcuts: &[Shortcut::ctrl(Key::O)],
        repeats: false,
        action: Action::ShowOpen(true),
    }
    /// Writes the state.
    SAVE {
        label: "Save",
        hover: "Everything on screen into a file: settings, pinned runs, axes, layout",
        help: "save what is on screen, into another file",
        shortcuts: &[Shortcut::ctrl(Key::S)],
        repeats: false,
        action: Action::Save,
    }
    /// Writes the state elsewhere.
    SAVE_AS {
        label: "Save as…",
        hover: "The same, into another file",
        help: "save what is on screen, into another file",
        shortcuts: &[Shortcut::ctrl_shift(Key::S)],
        repeats: false,
        action: Action::SaveAs,
    }
    /// The state as a line of text.
    COPY_CODE {
        label: "Copy as code",
        hover: "Everything on screen as a line of text to send; pasted into a window (Ctrl+V), it is there",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::CopyCode,
    }
    /// Linear or logarithmic.
    TOGGLE_LOSS_AXIS {
        label: "Loss axis",
        hover: "",
        help: "loss axis linear or logarithmic",
        shortcuts: &[Shortcut::plain(Key::L)],
        repeats: false,
        action: Action::ToggleLossAxis,
    }
    /// Dark or light.
    TOGGLE_THEME {
        label: "Theme",
        hover: "",
        help: "dark or light",
        shortcuts: &[Shortcut::plain(Key::T)],
        repeats: false,
        action: Action::ToggleTheme,
    }
    /// Larger text.
    LARGER {
        label: "Larger text",
        hover: "Larger text and controls",
        help: "larger and smaller text",
        shortcuts: &[Shortcut::plain(Key::Plus), Shortcut::plain(Key::Equals), Shortcut::ctrl_any(Key::Plus), Shortcut::ctrl_any(Key::Equals)],
        repeats: false,
        action: Action::Resize(1),
    }
    /// Smaller text.
    SMALLER {
        label: "Smaller text",
        hover: "Smaller text and controls",
        help: "larger and smaller text",
        shortcuts: &[Shortcut::plain(Key::Minus), Shortcut::ctrl_any(Key::Minus)],
        repeats: false,
        action: Action::Resize(-1),
    }
    /// The panel of the settings.
    TOGGLE_SETTINGS {
        label: "Settings",
        hover: "",
        help: "settings, side panel: put away or brought back",
        shortcuts: &[Shortcut::plain(Key::B)],
        repeats: false,
        action: Action::TogglePanel(PanelSide::Left),
    }
    /// The panel of the tabs.
    TOGGLE_SIDE {
        label: "Side panel",
        hover: "",
        help: "settings, side panel: put away or brought back",
        shortcuts: &[Shortcut::plain(Key::N)],
        repeats: false,
        action: Action::TogglePanel(PanelSide::Right),
    }
    /// The lecture.
    LECTURE {
        label: "Lecture",
        hover: "A lecture in steps, in large type: Page Down goes on, F5 ends it",
        help: "give a lecture in steps, or end it",
        shortcuts: &[Shortcut::plain(Key::F5)],
        repeats: false,
        action: Action::Lecture(LectureAction::Toggle),
    }
    /// Its story.
    STORY {
        label: "Story of the lecture",
        hover: "The steps of the lecture: add what is on screen, rename, move, delete, save",
        help: "the story of the lecture: add what is on screen, change, save",
        shortcuts: &[Shortcut::ctrl(Key::L)],
        repeats: false,
        action: Action::Lecture(LectureAction::Editor),
    }
    /// What explains the sentences.
    WHY {
        label: "Why?",
        hover: "The paragraph that explains this sentence, with the numbers of this run",
        help: "why it is so: what explains the sentence below and the outcome",
        shortcuts: &[Shortcut::plain(Key::W)],
        repeats: false,
        action: Action::ToggleWhy,
    }
    /// A guess at when it generalises.
    GUESS {
        label: "Guess",
        hover: "Drag a mark to where you think it will generalise, then run and see",
        help: "guess when it generalises, then run and see",
        shortcuts: &[Shortcut::plain(Key::G)],
        repeats: false,
        action: Action::ToggleGuess,
    }
    /// Full screen.
    TOGGLE_FULLSCREEN {
        label: "Full screen",
        hover: "",
        help: "full screen",
        shortcuts: &[Shortcut::plain(Key::F), Shortcut::plain(Key::F11)],
        repeats: false,
        action: Action::ToggleFullscreen,
    }
    /// The rows.
    EXPORT_CSV {
        label: "Run as CSV…",
        hover: "Every measured number at every recorded step, as a table; the settings go into a file beside it",
        help: "save the run as CSV",
        shortcuts: &[Shortcut::ctrl(Key::D)],
        repeats: false,
        action: Action::Export(Export::Csv),
    }
    /// The settings.
    EXPORT_TOML {
        label: "Settings as TOML…",
        hover: "The settings, to open again here or to train with on the command line",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::Export(Export::Toml),
    }
    /// The upper plot.
    EXPORT_LOSS_PLOT {
        label: "Loss plot as PNG, 2×…",
        hover: "The loss plot as it is now, at twice the resolution",
        help: "save the loss plot as PNG, 2×",
        shortcuts: &[Shortcut::ctrl(Key::E)],
        repeats: false,
        action: Action::Export(Export::Plot(PlotKind::Loss)),
    }
    /// The dialog.
    EXPORT_FIGURE {
        label: "Figure for print…",
        hover: "SVG, PDF or PNG at a size in millimetres, with a legend for every curve and the settings below",
        help: "a figure for print",
        shortcuts: &[Shortcut::ctrl(Key::P)],
        repeats: false,
        action: Action::Print(PrintAction::Open),
    }
    /// The dialog for animations.
    EXPORT_ANIMATION {
        label: "Animation…",
        hover: "The plots as the run goes on, or as a setting moves: GIF, animated PNG or numbered PNG files",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::Animate(AnimationAction::Open),
    }
    /// The arrays.
    EXPORT_ARRAYS {
        label: "Arrays at the cursor, for NumPy…",
        hover: "Data, weights, kernel, spectrum and the trained function at the step that is shown",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::Export(Export::Arrays),
    }
    /// The lower plot.
    EXPORT_LOWER_PLOT {
        label: "Lower plot as PNG, 2×…",
        hover: "The lower plot as it is now, at twice the resolution",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::Export(Export::Plot(PlotKind::Lower)),
    }
    /// The window.
    EXPORT_WINDOW {
        label: "Window as PNG…",
        hover: "The whole window as it is now",
        help: "save the window as PNG",
        shortcuts: &[Shortcut::ctrl_shift(Key::E)],
        repeats: false,
        action: Action::Export(Export::Window),
    }
    /// The command that trains this run.
    COPY_COMMAND {
        label: "Copy as command",
        hover: "Puts the headless command that trains this run on the clipboard.",
        help: "",
        shortcuts: &[],
        repeats: false,
        action: Action::CopyCommand,
    }
    /// The help.
    TOGGLE_HELP {
        label: "Help",
        hover: "Help: keys, mouse and a glossary",
        help: "this help",
        shortcuts: &[Shortcut::Typed("?"), Shortcut::plain(Key::F1)],
        repeats: false,
        action: Action::ToggleHelp,
    }
    /// Leaves what is open.
    ESCAPE {
        label: "Close",
        hover: "",
        help: "leave whatever is open, the past too; refit the axes",
        shortcuts: &[Shortcut::plain(Key::Escape)],
        repeats: false,
        action: Action::Escape,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings() {
        let keys: Vec<_> = ALL.iter().flat_map(|c| c.shortcuts).collect();
        for (i, one) in keys.iter().enumerate() {
            for other in &keys[..i] {
                let clash = match (one, other) {
                    (
                        Shortcut::Key { key, ctrl, shift },
                        Shortcut::Key {
                            key: other_key,
                            ctrl: other_ctrl,
                            shift: other_shift,
                        },
                    ) => {
                        key == other_key
                            && ctrl == other_ctrl
                            && (shift == other_shift || shift.is_none() || other_shift.is_none())
                    }
                    (one, other) => one == other,
                };
                assert!(!clash, "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn the_help_has_every_key_once_and_says_what_it_does() {
        let lines = help();
        for command in ALL.iter().filter(|c| !c.shortcuts.is_empty()) {
            let told = lines
                .iter()
                .filter(|(keys, _)| keys.split(", ").any(|key| key == command.key()));
            let told: Vec<_> = told.collect();
            assert_eq!(told.len(), 1, "{}", command.label);
            assert!(!told[0].1.is_empty(), "{}", command.label);
        }
        let line = |keys: &str| lines.iter().find(|(k, _)| k == keys).map(|(_, help)| *help);
        assert_eq!(line("Ctrl+Shift+E"), Some("save the window as PNG"));
        assert_eq!(
            line("1, 2, 3"),
            Some("to where it fits, peaks, generalises")
        );
    }

    #[test]
    fn a_key_with_other_modifiers_is_another_command() {
        let shift = Modifiers::SHIFT;
        let label = |key, modifiers| of_key(key, modifiers).map(|c| c.label);
        assert_eq!(label(Key::R, Modifiers::NONE), Some("Reset"));
        assert_eq!(label(Key::R, shift), Some("Reseed"));
        assert_eq!(label(Key::S, shift), Some("Step"));
        assert_eq!(label(Key::S, Modifiers::CTRL | shift), Some("Save as…"));
        assert_eq!(label(Key::L, Modifiers::ALT), None);
        assert_eq!(label(Key::L, Modifiers::CTRL), Some("Story of the lecture"));
        assert_eq!(of_text("?").map(|c| c.label), Some("Help"));
    }
}
