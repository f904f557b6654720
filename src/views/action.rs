//! What the user can ask for.

use super::{
    animation_form::AnimationAction,
    diagram::DiagramAction,
    drawer::PanelSide,
    export::Export,
    laws,
    lecture::LectureAction,
    panels::Tab,
    pins::{PinEdit, PinId},
    print_form::PrintAction,
    sweep_form::SweepForm,
    theme::Ease,
    tour::TourAction,
};
use crate::{history::Bookmark, sim::config::Value, training::Pace};
use std::path::PathBuf;

/// What the user asked for. Views return these and change nothing themselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Hold, go on, or begin.
    ToggleRun,
    /// End the run where it stands.
    StopRun,
    /// Hold and train one step.
    Step,
    /// Step 0 again, same seed.
    Reset,
    /// Step 0 with the next seed.
    Reseed,
    /// Ten times the horizon, without a restart.
    CarryOn,
    /// Change a setting; `dragging` while more may follow.
    Edit {
        /// Dotted key.
        key: &'static str,
        /// New value.
        value: Value,
        /// A drag goes on.
        dragging: bool,
    },
    /// The slider was let go.
    EndDrag,
    /// Change a setting to what was typed.
    Type {
        /// Dotted key.
        key: &'static str,
        /// As typed.
        text: String,
    },
    /// Back to the default.
    ResetField(&'static str),
    /// Open a preset by name.
    LoadPreset(String),
    /// Open a figure of the paper by its ID.
    OpenFigure(String),
    /// Put the figure away.
    CloseFigure,
    /// Give the plots' place to the figure's panels, or back.
    ShowPanels(bool),
    /// Enlarge a panel of the figure, or show all again.
    EnlargePanel(usize),
    /// Put the headless command for the figure on the clipboard.
    CopyFigureCommand,
    /// Open a config or an instance file.
    OpenFile(PathBuf),
    /// Open a state from a line of text.
    OpenCode(String),
    /// Write the state into its file.
    Save,
    /// Write the state into another file.
    SaveAs,
    /// Put the state on the clipboard, as a line of text.
    CopyCode,
    /// Restore what a window left that did not end as it should have, or drop it.
    Restore(bool),
    /// Show or hide what can be opened.
    ShowOpen(bool),
    /// Ask for a file with the system's dialog.
    Browse,
    /// Go back to sampled data.
    CloseInstance,
    /// Bring the data of the instance to the unit of the model, or back to its own.
    Rescale(bool),
    /// Speed of training.
    SetPace(Pace),
    /// Dark or light.
    ToggleTheme,
    /// Larger (+1) or smaller (−1) text and controls.
    Resize(i32),
    /// Full screen or not.
    ToggleFullscreen,
    /// Linear or logarithmic loss axis.
    ToggleLossAxis,
    /// Strong contrast, nothing that moves.
    SetEase(Ease),
    /// Show or hide the keys.
    ToggleHelp,
    /// Show what a word means, in the glossary.
    LookUp(&'static str),
    /// Leave whatever is open.
    Escape,
    /// A tab of the side panel, which is opened for it.
    SelectTab(Tab),
    /// Put a panel away or bring it back.
    TogglePanel(PanelSide),
    /// Make a panel so many points wider.
    WidenPanel(PanelSide, f32),
    /// Something about the phase diagram.
    Diagram(DiagramAction),
    /// Write a file.
    Export(Export),
    /// Something about the dialog for figures for print.
    Print(PrintAction),
    /// Something about the dialog for animations.
    Animate(AnimationAction),
    /// Move the time cursor.
    Scrub(Scrub),
    /// Take the newest change back.
    Undo,
    /// Make the change taken back last again.
    Redo,
    /// Keep the run on screen for comparison.
    Pin,
    /// Keep none any more.
    UnpinAll,
    /// Change a run kept for comparison.
    EditPin(PinId, PinEdit),
    /// Train with the settings of a kept run.
    LoadPin(PinId),
    /// Change what is written in the form of a sweep.
    EditSweep(SweepForm),
    /// Change the formulas of a law across runs.
    EditLaw(laws::Form),
    /// Show a law that ships with the program, by its number.
    OpenLaw(usize),
    /// Sweep a setting over values.
    Sweep(SweepForm),
    /// Give the sweep up.
    CancelSweep,
    /// Draw kept runs that differ in nothing but their seed as a median with a band.
    ShowSeeds(bool),
    /// Put the headless command for this run on the clipboard.
    CopyCommand,
    /// Something about a lecture.
    Lecture(LectureAction),
    /// Show or hide what explains the sentences.
    ToggleWhy,
    /// The same, as is said.
    ShowWhy(bool),
    /// Begin a guess at when the run generalises, or end it.
    ToggleGuess,
    /// Something about the guided tour.
    Tour(TourAction),
}

/// A move of the time cursor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scrub {
    /// To the recorded step nearest to this one.
    To(f64),
    /// One recorded step back.
    Previous,
    /// One recorded step on.
    Next,
    /// A tenth of a decade back.
    LeapBack,
    /// A tenth of a decade on.
    LeapOn,
    /// To step 0.
    Start,
    /// To where the run stands, and on with it.
    Live,
    /// To a bookmark.
    Mark(Bookmark),
    /// To the moment before: step 0, a bookmark.
    PreviousMark,
    /// To the next moment: a bookmark, the live end.
    NextMark,
    /// Replays from here, at the live end from the start; holds a replay.
    Play,
}
