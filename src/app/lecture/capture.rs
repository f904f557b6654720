//! What is on screen as a step of a story.

use super::story::{Curve, Moment, Step, Subject};
use crate::{
    app::{GrokscopeApp, session::RunState},
    presets,
    views::{axes::Scale, curves::Lower},
};

impl GrokscopeApp {
    /// What is on screen, as a step: settings, the step of the run, pace, panel, what
    /// the plots show, the diagram, pinned runs.
    pub(super) fn captured(&self) -> Step {
        let state = &self.state;
        let config = state.session.config_on_screen();
        let (title, subject) = match (&state.figure, &state.preset) {
            (Some(open), _) => {
                let figure = open.figure();
                (figure.title.clone(), Subject::Figure(figure.id.clone()))
            }
            (None, Some(name)) if presets::find(name).is_ok_and(|p| p.config == config) => {
                let title = presets::find(name).map_or(name.clone(), |p| p.title.clone());
                (title, Subject::Preset(name.clone()))
            }
            _ => {
                let mut own = config.clone();
                // A story is plain text: data of a file are not in it.
                own.instance = None;
                let name = super::super::compare::default_name(&own, &presets::opening());
                (name, Subject::Settings(Box::new(own)))
            }
        };
        let runs = state.session.state() == RunState::Running;
        let step = state.past().or(state.session.run().map(|run| run.step()));
        let from = match (runs, step) {
            // A run that trains is to be seen from its beginning.
            (true, _) | (false, None | Some(0)) => Moment::Start,
            (false, Some(step)) if step >= config.training.horizon() => Moment::End,
            (false, Some(step)) => Moment::Step(step),
        };
        let shown = &state.curves.shown;
        let hide = [
            (shown.train, Curve::Train),
            (shown.test, Curve::Test),
            (shown.forecast, Curve::Forecast),
            (shown.lazy_model, Curve::Lazy),
            (shown.references, Curve::References),
        ];
        let lower: Vec<_> = shown.lower.shown().collect();
        let usual: Vec<_> = Lower::default().shown().collect();
        let [time, losses] = state.curves.chosen_view();
        // A figure brings its own curves.
        let pins = state.pins.iter().filter(|pin| {
            let of_figure = |open: &crate::app::figures::OpenFigure| {
                let mut curves = open.figure().curves.iter();
                curves.any(|curve| open.is_run_of(curve, pin.run.id()))
            };
            pin.shown && pin.instance.is_none() && !state.figure.as_ref().is_some_and(of_figure)
        });
        Step {
            title,
            subject,
            from,
            to: Moment::End,
            runs,
            pace: Some(state.session.pace()),
            beside: (!state.lecture.is_on() && state.side_shown).then_some(state.tab),
            lower: if lower == usual { Vec::new() } else { lower },
            log_loss: state.curves.loss_scale == Scale::Log,
            hide: hide
                .into_iter()
                .filter(|(on, _)| !on)
                .map(|(_, c)| c)
                .collect(),
            time,
            losses,
            diagram: state
                .phase
                .is_large()
                .then(|| state.phase.subject())
                .flatten(),
            compare: None,
            pins: pins
                .map(|pin| (pin.name.clone(), pin.config.clone()))
                .collect(),
            say: Vec::new(),
            notes: String::new(),
        }
    }
}
