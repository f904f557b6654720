//! A setting swept over values in one action: the gradient flow of each, one
//! after the other on a thread of its own, kept for comparison as it is done.

pub use crate::views::sweep_form::{Spacing, SweepForm};

use super::{
    GrokscopeApp,
    collector::collect,
    compare::{MAX_PINS, Pin, PinColour, PinLine, setting_in_words},
    session::Loaded,
};
use crate::{
    history::Run,
    sim::config::{EngineKind, ValidConfig, field},
    training::{Command, RunId, StartOptions, WorkerHandle},
    views::sweep_form::SweepProgress,
};
use egui::Context;
use std::{collections::VecDeque, sync::Arc};

/// A curve still to be computed.
struct Planned {
    config: ValidConfig,
    name: String,
    colour: PinColour,
}

/// A sweep under way.
pub struct Sweep {
    worker: WorkerHandle,
    instance: Option<Loaded>,
    what: String,
    waiting: VecDeque<Planned>,
    current: Option<(Planned, Run)>,
    total: usize,
    done: usize,
    failed: Option<String>,
    /// Number of the change that its runs belong to.
    change: Option<u64>,
}

impl Sweep {
    /// Where it stands.
    pub fn progress(&self) -> SweepProgress {
        SweepProgress {
            what: self.what.clone(),
            done: self.done,
            total: self.total,
        }
    }

    fn start_next(&mut self) {
        let Some(planned) = self.waiting.pop_front() else {
            return;
        };
        let run = RunId::next();
        self.worker.send(Command::Start {
            run,
            config: Box::new(planned.config.clone()),
            instance: self.instance.as_ref().map(|(_, i)| Arc::clone(i)),
            options: StartOptions {
                cheap_columns: true,
                ..StartOptions::default()
            },
        });
        let run = Run::new(run, planned.config.clone().into_inner());
        self.current = Some((planned, run));
    }

    /// Takes in what was computed; returns a curve that is done.
    fn advance(&mut self) -> Option<(Planned, Run)> {
        let (_, run) = self.current.as_mut()?;
        collect(&self.worker, run);
        if run.finish().is_none() && run.failure().is_none() {
            return None;
        }
        let ended = self.current.take();
        self.done += 1;
        self.start_next();
        ended
    }
}

impl GrokscopeApp {
    /// Sweeps a setting over values.
    pub(super) fn start_sweep(&mut self, form: &SweepForm, ctx: &Context, now: f64) {
        self.cancel_sweep();
        let session = &self.state.session;
        if let Some(why) = session.fixed(form.key) {
            self.failure(format!("{} cannot be swept: {why}.", form.key), now);
            return;
        }
        let configs = match form.configs(session.config()) {
            Ok(configs) => configs,
            Err(error) => {
                self.failure(format!("No sweep: {error}."), now);
                return;
            }
        };
        let Some(field) = field(form.key) else { return };
        let named = configs.into_iter();
        let named = named.map(|config| (setting_in_words(field, &config), config));
        let (named, instance) = (named.collect(), session.instance().cloned());
        self.begin_sweep(form.in_words(), named, instance, ctx, now);
    }

    /// Computes runs with settings of their own and keeps them in the place of those
    /// kept before.
    pub(super) fn sweep_runs(
        &mut self,
        what: &str,
        runs: Vec<(String, ValidConfig)>,
        ctx: &Context,
        now: f64,
    ) {
        self.cancel_sweep();
        self.unpin_all();
        self.begin_sweep(what.to_owned(), runs, None, ctx, now);
    }

    pub(super) fn begin_sweep(
        &mut self,
        what: String,
        runs: Vec<(String, ValidConfig)>,
        instance: Option<Loaded>,
        ctx: &Context,
        now: f64,
    ) {
        let free = MAX_PINS.saturating_sub(self.state.pins.len());
        if runs.len() > free {
            self.failure(
                format!(
                    "No sweep of {} curves: {} of at most {MAX_PINS} runs are pinned already. Unpin some first.",
                    runs.len(),
                    self.state.pins.len()
                ),
                now,
            );
            return;
        }
        let flow = runs
            .iter()
            .all(|(_, config)| config.training.engine == EngineKind::Flow);
        let last = runs.len().saturating_sub(1).max(1) as f32;
        let waiting: VecDeque<Planned> = runs
            .into_iter()
            .enumerate()
            .map(|(k, (name, config))| Planned {
                name,
                colour: PinColour::Ramp(k as f32 / last),
                config,
            })
            .collect();
        let ctx = ctx.clone();
        let mut sweep = Sweep {
            worker: WorkerHandle::spawn(move || ctx.request_repaint()),
            instance,
            what,
            total: waiting.len(),
            waiting,
            current: None,
            done: 0,
            failed: None,
            change: None,
        };
        let how = if flow {
            "the gradient flow of each"
        } else {
            "each trained by its own engine, since its gradient flow is not known"
        };
        self.notice(format!("Sweeping {}: {how}.", sweep.what), now);
        sweep.start_next();
        self.state.sweep = Some(sweep);
    }

    /// Gives a sweep up; the curves that are done stay.
    pub(super) fn cancel_sweep(&mut self) {
        self.state.sweep = None;
    }

    /// Takes in the curves of a sweep.
    pub(super) fn advance_sweep(&mut self, now: f64) {
        let Some(mut sweep) = self.state.sweep.take() else {
            return;
        };
        if let Some((planned, run)) = sweep.advance() {
            match run.failure() {
                Some(message) => {
                    sweep.failed = Some(format!("{} failed: {message}", planned.name));
                }
                None => self.keep_swept(&mut sweep, planned, run),
            }
        }
        let full = self.state.pins.len() >= MAX_PINS;
        if sweep.current.is_some() && !full {
            self.state.sweep = Some(sweep);
            return;
        }
        let SweepProgress { what, done, total } = sweep.progress();
        match sweep.failed {
            Some(why) => self.failure(format!("Swept {what}; {why}"), now),
            None if done < total => self.failure(
                format!("The sweep of {what} ends after {done}: {MAX_PINS} runs are pinned."),
                now,
            ),
            // In a lecture the sentence of the step says what came of it.
            None if self.state.lecture.is_on() => {}
            None => self.notice(format!("Swept {what}."), now),
        }
    }

    fn keep_swept(&mut self, sweep: &mut Sweep, planned: Planned, run: Run) {
        let pin = Pin {
            grows: false,
            id: self.next_pin_id(),
            run: Arc::new(run),
            config: planned.config.into_inner(),
            instance: sweep.instance.clone(),
            name: self.free_name(planned.name),
            colour: planned.colour,
            line: PinLine::default(),
            shown: true,
        };
        match sweep.change {
            Some(number) => self.state.undo.join_pin(number, pin.clone()),
            None => {
                let what = format!("the sweep of {}", sweep.what);
                let undo = &mut self.state.undo;
                sweep.change = Some(undo.pins(what, vec![pin.clone()], Vec::new()));
            }
        }
        self.state.pins.push(pin);
    }
}
