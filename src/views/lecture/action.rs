//! What can be asked for in a lecture and of its story.

/// Something about a lecture.
#[derive(Clone, Debug, PartialEq)]
pub enum LectureAction {
    /// Begin it, or leave it.
    Toggle,
    /// The next step.
    Next,
    /// The step before.
    Previous,
    /// The first step.
    First,
    /// The last step.
    Last,
    /// A step by its place.
    Go(usize),
    /// The step as it was written, whatever was done to it since.
    Again,
    /// The settings, or not.
    Sliders,
    /// Nothing but the ground, or the step again.
    Blank,
    /// A bright dot under the pointer, or not.
    Laser,
    /// Draw on the plots, or not.
    Pen,
    /// Write on the plots, or not.
    Note,
    /// Takes away what was drawn and written on this step.
    Clear,
    /// A second window with notes, next step and clock, or not.
    Presenter,
    /// The list of steps with what can be changed, or not.
    Editor,
    /// Change the story.
    Edit(StoryEdit),
}

/// A change of a story.
#[derive(Clone, Debug, PartialEq)]
pub enum StoryEdit {
    /// What is on screen becomes a step, after this one.
    Add,
    /// What is on screen takes the place of this step's state; its words stay.
    Replace(usize),
    /// Another title of a step.
    Retitle(usize, String),
    /// Other notes.
    Notes(usize, String),
    /// Another sentence, by the name of the state that it speaks of.
    Line(usize, &'static str, String),
    /// A step one place up.
    Up(usize),
    /// A step one place down.
    Down(usize),
    /// A step less.
    Delete(usize),
    /// Another title of the whole.
    Title(String),
    /// Nothing but an empty story.
    New,
    /// The story that ships with the program.
    Shipped,
    /// Write it to a file.
    Save,
}
