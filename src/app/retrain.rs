//! Kept runs of a state that was opened: trained again one after the other on a thread
//! of its own, to the same rows.

use super::{
    GrokscopeApp,
    collector::collect,
    compare::{Pin, PinId},
    session::Loaded,
};
use crate::{
    history::Run,
    sim::config::ValidConfig,
    training::{Command, RunId, StartOptions, WorkerHandle},
};
use egui::Context;
use std::{collections::VecDeque, sync::Arc};

struct Waiting {
    pin: PinId,
    config: ValidConfig,
    instance: Option<Loaded>,
}

/// Runs that are trained again.
pub struct Retrain {
    worker: WorkerHandle,
    waiting: VecDeque<Waiting>,
    current: Option<(PinId, Run)>,
}

impl Retrain {
    /// Begins with the first of these; nothing where there is none.
    pub fn begin(pins: &[Pin], ctx: &Context) -> Option<Self> {
        let waiting: VecDeque<Waiting> = (pins.iter())
            .filter_map(|pin| {
                Some(Waiting {
                    pin: pin.id,
                    config: pin.config.clone().check().ok()?,
                    instance: pin.instance.clone(),
                })
            })
            .collect();
        if waiting.is_empty() {
            return None;
        }
        let ctx = ctx.clone();
        let mut retrain = Self {
            worker: WorkerHandle::spawn(move || ctx.request_repaint()),
            waiting,
            current: None,
        };
        retrain.start_next();
        Some(retrain)
    }

    fn start_next(&mut self) {
        let Some(next) = self.waiting.pop_front() else {
            return;
        };
        let run = RunId::next();
        self.current = Some((next.pin, Run::new(run, (*next.config).clone())));
        self.worker.send(Command::Start {
            run,
            config: Box::new(next.config),
            instance: next.instance.map(|(_, instance)| instance),
            options: StartOptions::default(),
        });
    }

    /// Takes in what was trained; returns a run that is done.
    fn advance(&mut self) -> Option<(PinId, Run)> {
        let (_, run) = self.current.as_mut()?;
        collect(&self.worker, run);
        if run.finish().is_none() && run.failure().is_none() {
            return None;
        }
        let done = self.current.take();
        self.start_next();
        done
    }
}

impl GrokscopeApp {
    /// Takes in kept runs that were trained again.
    pub(super) fn advance_retrain(&mut self) {
        let Some(retrain) = &mut self.state.retrain else {
            return;
        };
        if let Some((id, run)) = retrain.advance()
            && let Some(pin) = self.state.pins.iter_mut().find(|pin| pin.id == id)
        {
            pin.run = Arc::new(run);
        }
        let over = self
            .state
            .retrain
            .as_ref()
            .is_some_and(|r| r.current.is_none());
        if over {
            self.state.retrain = None;
        }
    }
}
