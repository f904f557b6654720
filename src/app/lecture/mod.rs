//! A lecture: a story whose steps are states of the window, shown large and one after
//! the other.

mod capture;
mod draw;
pub mod say;
pub mod story;

pub use crate::views::lecture::{LectureAction, StoryEdit};

use super::{
    GrokscopeApp,
    compare::Pin,
    export::{Content, Export},
    layout::Drawers,
    state::Tab,
    undo::Undo,
};
use crate::{
    presets,
    training::Pace,
    views::{
        axes::Scale,
        curves::{Annotations, Lower, Shown, Tool},
    },
};
use egui::{Context, ViewportCommand};
use say::{Facts, When};
use story::{Curve, Step, Story, Subject};

/// What was on screen before a lecture, and comes back with its end.
struct Before {
    shown: Shown,
    scale: Scale,
    annotations: Annotations,
    tab: Tab,
    drawers: Drawers,
    pace: Pace,
    pins: Vec<Pin>,
    undo: Undo,
    large: bool,
    fullscreen: bool,
}

/// The story, and where the lecture stands.
pub struct Lecture {
    story: Story,
    step: usize,
    before: Option<Box<Before>>,
    /// What was drawn and written on each step.
    annotations: Vec<Annotations>,
    /// Runs beside the main one that are to come.
    expected: usize,
    /// The settings are open, to play with.
    pub sliders: bool,
    /// Nothing is shown.
    pub blank: bool,
    /// A bright dot follows the pointer.
    pub laser: bool,
    /// The presenter's view is open.
    pub presenter: bool,
    /// The list of steps is open.
    pub editor: bool,
    changed: bool,
    problem: Option<String>,
    begun: f64,
}

impl Default for Lecture {
    fn default() -> Self {
        Self {
            story: Story::shipped(),
            step: 0,
            before: None,
            annotations: Vec::new(),
            expected: 0,
            sliders: false,
            blank: false,
            laser: false,
            presenter: false,
            editor: false,
            changed: false,
            problem: None,
            begun: 0.0,
        }
    }
}

impl Lecture {
    /// A lecture is under way.
    pub fn is_on(&self) -> bool {
        self.before.is_some()
    }

    /// The story.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// The place of the step that is shown, counted from 0.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The step that is shown.
    pub fn current(&self) -> Option<&Step> {
        self.story.steps.get(self.step)
    }

    /// What the plots showed before, while a lecture is under way.
    pub fn before(&self) -> Option<(&Shown, Scale, Tab, Pace)> {
        let before = self.before.as_ref()?;
        Some((&before.shown, before.scale, before.tab, before.pace))
    }

    /// Pins, notes and pen marks of before, while a lecture is under way.
    pub fn put_aside(&self) -> Option<(&[Pin], &Annotations)> {
        let before = self.before.as_ref()?;
        Some((&before.pins, &before.annotations))
    }

    fn put(&mut self, story: Story) {
        self.annotations = vec![Annotations::default(); story.steps.len()];
        self.step = 0;
        self.story = story;
        (self.changed, self.problem) = (false, None);
    }
}

impl GrokscopeApp {
    /// Does what was asked for in a lecture.
    pub(super) fn lecture(&mut self, action: LectureAction, ctx: &Context, now: f64) {
        let lecture = &mut self.state.lecture;
        let (step, last) = (lecture.step, lecture.story.steps.len().saturating_sub(1));
        match action {
            LectureAction::Toggle if lecture.is_on() => self.end_lecture(ctx, now),
            LectureAction::Toggle => self.begin_lecture(ctx, now),
            LectureAction::Next if step == last => {
                lecture.blank = false;
                self.notice("That was the last step. F5 ends the lecture.".into(), now);
            }
            LectureAction::Next => self.go_to_step(step + 1, ctx, now),
            LectureAction::Previous => self.go_to_step(step.saturating_sub(1), ctx, now),
            LectureAction::First => self.go_to_step(0, ctx, now),
            LectureAction::Last => self.go_to_step(last, ctx, now),
            LectureAction::Go(step) => self.go_to_step(step, ctx, now),
            LectureAction::Again => {
                self.state.session.forget_run();
                self.go_to_step(step, ctx, now);
            }
            LectureAction::Sliders => lecture.sliders = !lecture.sliders,
            LectureAction::Blank => lecture.blank = !lecture.blank,
            LectureAction::Laser => lecture.laser = !lecture.laser,
            LectureAction::Pen => self.state.curves.annotations.toggle(Tool::Pen),
            LectureAction::Note => self.state.curves.annotations.toggle(Tool::Note),
            LectureAction::Clear => self.state.curves.annotations.clear(),
            LectureAction::Presenter => lecture.presenter = !lecture.presenter,
            LectureAction::Editor => lecture.editor = !lecture.editor,
            LectureAction::Edit(edit) => self.edit_story(edit, ctx, now),
        }
        ctx.request_repaint();
    }

    fn begin_lecture(&mut self, ctx: &Context, now: f64) {
        if self.state.lecture.story.steps.is_empty() {
            let text =
                "The story has no step yet: bring the window into a state and add it (Ctrl+L).";
            self.failure(text.into(), now);
            return;
        }
        self.close_figure();
        self.cancel_sweep();
        self.leave_past(now);
        let state = &mut self.state;
        state.curves.guess = None;
        let before = Before {
            shown: state.curves.shown.clone(),
            scale: state.curves.loss_scale,
            annotations: std::mem::take(&mut state.curves.annotations),
            tab: state.tab,
            drawers: state.drawers,
            pace: state.session.pace(),
            pins: std::mem::take(&mut state.pins),
            undo: std::mem::take(&mut state.undo),
            large: state.phase.is_large(),
            fullscreen: state.fullscreen,
        };
        let lecture = &mut state.lecture;
        let steps = lecture.story.steps.len();
        lecture.before = Some(Box::new(before));
        lecture.annotations.resize(steps, Annotations::default());
        (lecture.blank, lecture.sliders, lecture.laser) = (false, false, false);
        lecture.begun = now;
        let first = lecture.step.min(steps - 1);
        (state.help_open, state.open_shown, state.why, state.tour) = (false, false, false, None);
        state.printing = None;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(true));
        state.fullscreen = true;
        self.show_step(first, ctx, now);
    }

    /// Ends the lecture; what was on screen before it comes back, and its run stays.
    pub(super) fn end_lecture(&mut self, ctx: &Context, now: f64) {
        self.put_away();
        let Some(before) = self.state.lecture.before.take() else {
            return;
        };
        self.close_figure();
        self.cancel_sweep();
        let state = &mut self.state;
        state.curves.shown = before.shown;
        state.curves.annotations = before.annotations;
        if state.curves.loss_scale != before.scale {
            state.curves.toggle_loss_scale();
        }
        state.curves.refit();
        (state.tab, state.drawers) = (before.tab, before.drawers);
        (state.pins, state.undo) = (before.pins, before.undo);
        state.phase.set_large(before.large);
        state.session.set_pace(before.pace);
        if !before.fullscreen {
            ctx.send_viewport_cmd(ViewportCommand::Fullscreen(false));
            state.fullscreen = false;
        }
        let lecture = &mut state.lecture;
        (lecture.blank, lecture.laser, lecture.presenter) = (false, false, false);
        self.notice("The run of the lecture stays, to go on with.".into(), now);
    }

    /// What was drawn on the step that is shown is kept for when it comes back.
    fn put_away(&mut self) {
        let state = &mut self.state;
        let lecture = &mut state.lecture;
        state.curves.annotations.stop_writing();
        if let Some(kept) = lecture.annotations.get_mut(lecture.step) {
            kept.clone_from(&state.curves.annotations);
            kept.tool = Tool::None;
        }
    }

    fn go_to_step(&mut self, step: usize, ctx: &Context, now: f64) {
        let lecture = &mut self.state.lecture;
        let step = step.min(lecture.story.steps.len().saturating_sub(1));
        if !lecture.is_on() {
            lecture.step = step;
            return;
        }
        self.put_away();
        self.show_step(step, ctx, now);
    }

    /// Brings the window into the state of a step.
    fn show_step(&mut self, place: usize, ctx: &Context, now: f64) {
        let lecture = &mut self.state.lecture;
        let Some(step) = lecture.story.steps.get(place).cloned() else {
            return;
        };
        let config = lecture.story.config(place);
        let others = step.others(&config);
        (lecture.step, lecture.expected) = (place, others.len());
        (lecture.blank, lecture.sliders) = (false, false);
        let annotations = lecture.annotations.get(place).cloned().unwrap_or_default();
        let usual = lecture.before.as_ref().map(|before| before.pace);
        self.close_figure();
        self.cancel_sweep();
        self.leave_past(now);
        if let Some(pace) = step.pace.or(usual) {
            self.state.session.set_pace(pace);
        }
        let before = self.state.session.run().map(|run| run.id());
        match &step.subject {
            Subject::Figure(id) => self.open_figure(id, ctx, now),
            _ => {
                let ends = [step.from.hold(), step.to.hold()];
                self.state.session.travel(&config, ends, step.runs, now);
            }
        }
        if self.state.session.run().map(|run| run.id()) != before {
            self.state.theory.forget();
        }
        let state = &mut self.state;
        state.session.forget_ghosts();
        state.time = Default::default();
        state.preset = match &step.subject {
            Subject::Preset(name) => Some(name.clone()),
            _ => presets::all()
                .iter()
                .find(|p| p.config == config)
                .map(|p| p.name.clone()),
        };
        state.defaults = config.clone();
        state.field_errors.clear();
        (state.changed, state.notice) = (None, None);
        let curves = &mut state.curves;
        curves.annotations = annotations;
        let hidden = |curve| step.hide.contains(&curve);
        curves.shown = Shown {
            train: !hidden(Curve::Train),
            test: !hidden(Curve::Test),
            forecast: !hidden(Curve::Forecast),
            lazy_model: !hidden(Curve::Lazy),
            references: !hidden(Curve::References),
            seeds: true,
            pin_trains: hidden(Curve::Train).then_some(false),
            lower: match step.lower.is_empty() {
                true => Lower::default(),
                false => Lower::of(&step.lower),
            },
        };
        let scale = match step.log_loss {
            true => Scale::Log,
            false => Scale::Linear,
        };
        if curves.loss_scale != scale {
            curves.toggle_loss_scale();
        }
        curves.look_at(step.time, step.losses);
        if let Some(tab) = step.beside {
            state.tab = tab;
        }
        match step.diagram {
            Some(subject) => state.phase.show_figure(subject, &config),
            None if !matches!(step.subject, Subject::Figure(_)) => state.phase.set_large(false),
            None => {}
        }
        state.pins.clear();
        if !others.is_empty() {
            self.begin_sweep("the runs of this step".into(), others, None, ctx, now);
        }
        self.state.notice = None;
    }

    /// What a sentence of this step can speak of.
    fn told<T>(&self, now: f64, tell: impl FnOnce(&Facts<'_>) -> T) -> T {
        let state = &self.state;
        let run = state.session.shown(now);
        let numbers = run.and_then(|run| {
            let moment = run.moment(state.past());
            super::telling::numbers(moment, state.lazy_level(run))
        });
        let others: Vec<_> = state
            .pins
            .iter()
            .map(|p| (p.name.as_str(), &*p.run))
            .collect();
        let settled = state.phase.is_large() && state.phase.is_settled();
        tell(&Facts {
            run,
            numbers,
            others: &others,
            expected: state.lecture.expected,
            filled: state
                .phase
                .diagram()
                .filter(|d| settled && d.done() == d.len()),
        })
    }

    /// What is said of what is on screen, and the state that it speaks of; what the
    /// status line says where the step has nothing to say.
    pub fn said(&self, now: f64) -> (String, Option<When>, bool) {
        let state = &self.state;
        let told = state.lecture.current().and_then(|step| {
            self.told(now, |facts| {
                facts.states().into_iter().find_map(|when| {
                    let line = facts.fill(step.line(when)?)?;
                    Some((line, Some(when), false))
                })
            })
        });
        // What went wrong, or what was just done, is said first.
        let (sentence, bad) = state.sentence(now);
        let news = (state.notice.as_ref()).is_some_and(|notice| now < notice.until());
        match told {
            Some(told) if !bad && !news => told,
            _ => (sentence, None, bad),
        }
    }

    /// A story was read from a file: it takes the place of the one before, which a
    /// lecture under way is left for.
    pub(super) fn take_story(&mut self, story: Story, ctx: &Context, now: f64) {
        if self.state.lecture.is_on() {
            self.end_lecture(ctx, now);
        }
        self.state.lecture.put(story);
    }

    fn edit_story(&mut self, edit: StoryEdit, ctx: &Context, now: f64) {
        let captured = match edit {
            StoryEdit::Add | StoryEdit::Replace(_) => Some(self.captured()),
            _ => None,
        };
        let lecture = &mut self.state.lecture;
        let steps = &mut lecture.story.steps;
        let known = |i: usize| i < steps.len();
        lecture.changed = true;
        match edit {
            StoryEdit::Add => {
                let Some(step) = captured else { return };
                let at = match steps.is_empty() {
                    true => 0,
                    false => (lecture.step + 1).min(steps.len()),
                };
                let title = step.title.clone();
                steps.insert(at, step);
                let drawn = self.state.curves.annotations.clone();
                lecture
                    .annotations
                    .resize(steps.len() - 1, Annotations::default());
                lecture.annotations.insert(at, drawn);
                lecture.step = at;
                self.notice(format!("Added as step {}: {title}.", at + 1), now);
            }
            StoryEdit::Replace(i) if known(i) => {
                let Some(new) = captured else { return };
                let old = &steps[i];
                steps[i] = Step {
                    title: old.title.clone(),
                    say: old.say.clone(),
                    notes: old.notes.clone(),
                    ..new
                };
                self.notice(format!("Step {} shows this now.", i + 1), now);
            }
            StoryEdit::Retitle(i, title) if known(i) => steps[i].title = title,
            StoryEdit::Notes(i, notes) if known(i) => steps[i].notes = notes,
            StoryEdit::Line(i, name, line) if known(i) => {
                let Some(when) = When::by_name(name) else {
                    return;
                };
                let wrong = say::unknown_word(&line, when);
                lecture.problem = wrong.map(|(word, why)| format!("{{{word}}}: {why}"));
                steps[i].put_line(when, line);
            }
            StoryEdit::Up(i) if i > 0 && known(i) => self.swap_steps(i - 1, i),
            StoryEdit::Down(i) if known(i + 1) => self.swap_steps(i, i + 1),
            StoryEdit::Delete(i) if known(i) => {
                // Steps that build on it keep their settings.
                self.settle_settings(i + 1);
                let lecture = &mut self.state.lecture;
                let gone = lecture.story.steps.remove(i);
                if i < lecture.annotations.len() {
                    lecture.annotations.remove(i);
                }
                let last = lecture.story.steps.len().saturating_sub(1);
                lecture.step = (lecture.step - usize::from(i < lecture.step)).min(last);
                let empty = lecture.story.steps.is_empty();
                if empty && lecture.is_on() {
                    self.end_lecture(ctx, now);
                }
                self.notice(format!("Deleted “{}”.", gone.title), now);
            }
            StoryEdit::Title(title) => lecture.story.title = title,
            StoryEdit::New | StoryEdit::Shipped => {
                if lecture.is_on() {
                    self.end_lecture(ctx, now);
                }
                let story = match edit {
                    StoryEdit::New => Story::default(),
                    _ => Story::shipped(),
                };
                self.state.lecture.put(story);
            }
            StoryEdit::Save => self.save_story(ctx, now),
            _ => {}
        }
    }

    /// The step at this place trains what it trains now, whatever comes before it.
    fn settle_settings(&mut self, i: usize) {
        let story = &mut self.state.lecture.story;
        let config = story.config(i);
        if let Some(step) = story.steps.get_mut(i)
            && step.subject == Subject::Same
        {
            let preset = presets::all().iter().find(|p| p.config == config);
            step.subject = match preset {
                Some(preset) => Subject::Preset(preset.name.clone()),
                None => Subject::Settings(Box::new(config)),
            };
        }
    }

    fn swap_steps(&mut self, i: usize, j: usize) {
        for k in i..=j + 1 {
            self.settle_settings(k);
        }
        let lecture = &mut self.state.lecture;
        lecture.story.steps.swap(i, j);
        if j < lecture.annotations.len() {
            lecture.annotations.swap(i, j);
        }
        lecture.step = match lecture.step {
            step if step == i => j,
            step if step == j => i,
            step => step,
        };
    }

    fn save_story(&mut self, ctx: &Context, now: f64) {
        let text = self.state.lecture.story.to_toml();
        if let Err(error) = Story::from_toml(&text) {
            self.failure(format!("The story was not saved: {error}."), now);
            return;
        }
        self.state.lecture.changed = false;
        let name = "story.toml".to_owned();
        self.exporter.start(name, Export::Toml, ctx, move || {
            Ok(Content::from(text.into_bytes()))
        });
    }
}
