//! A picture of the whole window without a window: the same application, run to
//! its end, drawn once by an invisible context.

use super::{
    GrokscopeApp, export,
    export::Exporter,
    persist::Stored,
    raster,
    session::{RunState, Session},
};
use crate::{
    history::Run,
    sim::outcome::Outcome,
    startup::{Picture, Startup, Watch},
    training::{Pace, TheoryHandle, WorkerHandle},
    views::theme::Theme,
};
use egui::vec2;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Trains what `startup` asks for to its horizon, or until `watch` ends it, and
/// returns the window that shows it, as PNG.
///
/// # Errors
/// A run that could not be made.
pub fn picture(startup: Startup, picture: Picture, watch: Watch<'_>) -> Result<Vec<u8>, String> {
    let stored = Stored {
        dark: picture.dark,
        log_loss: picture.log_loss,
        ..Stored::default()
    };
    let app = RefCell::new(None);
    let image = raster::draw(
        vec2(picture.size[0] as f32, picture.size[1] as f32),
        picture.resolution,
        Theme::of(picture.dark).background,
        |ctx| {
            let worker = Box::new(WorkerHandle::spawn(|| {}));
            let exporter = Exporter::new(None);
            let mut ready = GrokscopeApp::assemble(ctx, stored, startup, worker, exporter);
            let whole = train(&mut ready, watch);
            let mut ready = ready.with_theory(TheoryHandle::spawn(|| {}));
            if whole.is_continue() {
                look_ahead(&mut ready, watch);
            }
            *app.borrow_mut() = Some(ready);
        },
        |ui| {
            if let Some(app) = app.borrow_mut().as_mut() {
                app.draw(ui, &mut Vec::new());
            }
        },
    );
    let app = app.into_inner();
    let run = app.as_ref().and_then(|app| app.state.session.run());
    let sentence = run.map_or_else(String::new, Run::outcome_sentence);
    let diverged = matches!(run.and_then(Run::outcome), Some(Outcome::Diverged { .. }));
    if let Some(why) = run.and_then(Run::failure) {
        return Err(why.to_owned());
    }
    if diverged {
        eprintln!("grokscope: warning: the run on the picture {sentence}");
    }
    let code = app.map_or_else(String::new, |app| app.workspace().to_code());
    export::png(image.size, image.as_raw(), &code)
}

/// Runs to the end, at full speed; `Break` where it was told to stop before.
fn train(app: &mut GrokscopeApp, watch: Watch<'_>) -> ControlFlow<()> {
    let start = Instant::now();
    let session = &mut app.state.session;
    session.set_pace(Pace::Fast);
    // The picture is of the run of the settings, as `grokscope run` trains it.
    session.keep_learning_rate();
    session.reset(0.0);
    loop {
        session.advance(start.elapsed().as_secs_f64());
        match session.state() {
            RunState::Done | RunState::Diverged | RunState::Failed => {
                return ControlFlow::Continue(());
            }
            RunState::Empty | RunState::Running | RunState::Paused => {
                let (step, horizon) = reached(session);
                if watch(step, horizon).is_break() {
                    session.pause();
                    return ControlFlow::Break(());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Step and horizon.
fn reached(session: &Session) -> (u64, u64) {
    let snapshot = session.snapshot();
    let steps = session.config().training.horizon();
    snapshot.map_or((0, steps), |s| (s.step, s.horizon))
}

/// Longest wait for a look at the weights: spectra of a large kernel take seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for everything that the theory has to say about the run.
fn look_ahead(app: &mut GrokscopeApp, watch: Watch<'_>) {
    let (step, horizon) = reached(&app.state.session);
    let mut wanted = || watch(step, horizon).is_continue();
    let state = &mut app.state;
    while !state.theory.is_settled() && wanted() {
        state.theory.advance(&state.session, None, None, 0.0);
        std::thread::sleep(Duration::from_millis(5));
    }
    let state = &mut app.state;
    let (start, tab) = (Instant::now(), state.tab);
    // A run that failed has no weights to look at.
    while !state.theory.has_looked(tab)
        && state.session.snapshot().is_some()
        && start.elapsed() < PATIENCE
        && wanted()
    {
        let now = start.elapsed().as_secs_f64();
        state.theory.advance(&state.session, None, Some(tab), now);
        std::thread::sleep(Duration::from_millis(5));
    }
    let start = Instant::now();
    while !app.figure_is_settled() && wanted() {
        app.advance_figure();
        let state = &mut app.state;
        let (session, large) = (&state.session, state.phase.is_large());
        state
            .phase
            .advance(session, large, start.elapsed().as_secs_f64());
        std::thread::sleep(Duration::from_millis(5));
    }
}
