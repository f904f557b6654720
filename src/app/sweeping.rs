//! A setting swept over values in one action: the gradient flow of each, one
//! after the other on a thread of its own, kept for comparison as it is done.

use super::{
    GrokscopeApp,
    compare::{MAX_PINS, Pin, PinColor, PinLine, setting_in_words},
    session::Loaded,
};
use crate::{
    history::{Run, format},
    sim::config::{
        Config, EngineKind, Field, Kind, ValidConfig, Value, Width, field,
        number::{self, Number},
    },
    training::{Command, Event, Frontend, RunId, StartOptions, WorkerHandle, pump},
    views::{controls, slider::Scale},
};
use egui::Context;
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Curves where nothing else is asked for.
const CURVES: usize = 9;
/// Time that events may take in one frame.
const EVENT_BUDGET: Duration = Duration::from_millis(4);

/// How the values of a sweep are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Equal ratios.
    Log,
    /// Equal differences.
    Linear,
}

/// A sweep as it is asked for: what is written in its form.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepForm {
    /// The setting.
    pub key: &'static str,
    /// First value, as written.
    pub from: String,
    /// Last value, as written.
    pub to: String,
    /// Number of values.
    pub count: usize,
    /// How they are spaced.
    pub spacing: Spacing,
}

impl Default for SweepForm {
    fn default() -> Self {
        Self::of("network.alpha")
    }
}

/// An end of a range as the paper writes it: powers of two as such.
fn end_in_words(value: f64) -> String {
    let power = value.log2();
    if power.fract() == 0.0 && power.abs() >= 3.0 {
        format!("2{}", format::superscript(power as i32))
    } else if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

impl SweepForm {
    /// The usual sweep of a setting: over its slider, α over 2⁻⁵ … 2⁵.
    pub fn of(key: &'static str) -> Self {
        let (from, to) = match controls::slider_scale(key) {
            Some(Scale::Linear(lo, hi) | Scale::Log(lo, hi)) => (lo, hi),
            Some(Scale::ZeroThenLog(lo, hi) | Scale::LogThenInfinite(lo, hi)) => (lo, hi),
            None => (1.0, 10.0),
        };
        let linear = matches!(controls::slider_scale(key), Some(Scale::Linear(..)));
        Self {
            key,
            from: end_in_words(from),
            to: end_in_words(to),
            count: CURVES,
            spacing: if linear {
                Spacing::Linear
            } else {
                Spacing::Log
            },
        }
    }

    /// "α: 2⁻⁵ … 2⁵, 9 curves".
    pub fn in_words(&self) -> String {
        let name = field(self.key).map_or(self.key, |f| {
            if f.symbol.is_empty() {
                f.name
            } else {
                f.symbol
            }
        });
        let Self {
            from, to, count, ..
        } = self;
        format!("{name}: {from} … {to}, {count} curves")
    }

    /// The settings of each curve, in order.
    ///
    /// # Errors
    /// Ends that are no numbers or out of range, for the user.
    pub fn configs(&self, base: &Config) -> Result<Vec<ValidConfig>, String> {
        let field = field(self.key).ok_or_else(|| format!("{} is no setting", self.key))?;
        let read = |text: &str| {
            let number = number::read(text).map(Number::as_f64);
            number.filter(|x| x.is_finite()).ok_or_else(|| {
                format!(
                    "{} = {text}: must be a number such as 0.25, 1/32 or 2^-5",
                    field.key
                )
            })
        };
        let (from, to) = (read(&self.from)?, read(&self.to)?);
        if !(2..=MAX_PINS).contains(&self.count) {
            return Err(format!(
                "{} curves: must be between 2 and {MAX_PINS}",
                self.count
            ));
        }
        if self.spacing == Spacing::Log && (from <= 0.0 || to <= 0.0) {
            return Err(format!(
                "{} … {}: both ends must be positive for a logarithmic spacing; choose linear",
                self.from, self.to
            ));
        }
        let last = (self.count - 1) as f64;
        let mut configs: Vec<ValidConfig> = Vec::new();
        for k in 0..self.count {
            let part = k as f64 / last;
            let value = match self.spacing {
                _ if k == 0 => from,
                _ if part == 1.0 => to,
                Spacing::Log => short(from * (to / from).powf(part)),
                Spacing::Linear => short(from + (to - from) * part),
            };
            let mut config = base.clone();
            field
                .set(&mut config, &typed(field, value))
                .map_err(|e| e.to_string())?;
            let config = as_flow(config).map_err(|e| e.to_string())?;
            // Whole numbers that lie close together meet.
            if configs.last() != Some(&config) {
                configs.push(config);
            }
        }
        Ok(configs)
    }
}

/// To three significant digits, so that a curve's name is its exact value.
fn short(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn typed(field: &Field, value: f64) -> Value {
    match field.kind {
        Kind::Width { .. } => Value::Width(Width::Finite(value.round().max(0.0) as usize)),
        Kind::Integer { .. } => Value::Integer(value.round().max(0.0) as u64),
        _ => Value::Real(value),
    }
}

/// With the flow as the engine; with the engine that it has where the flow of
/// such a run is not known.
fn as_flow(config: Config) -> Result<ValidConfig, crate::sim::config::ConfigError> {
    let mut flow = config.clone();
    flow.training.engine = EngineKind::Flow;
    flow.check().or_else(|_| config.check())
}

/// A curve still to be computed.
struct Planned {
    config: ValidConfig,
    name: String,
    color: PinColor,
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

/// Where a sweep stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What is swept.
    pub what: String,
    /// Curves done.
    pub done: usize,
    /// Curves asked for.
    pub total: usize,
}

struct Collector<'a>(&'a mut Run);

impl Frontend for Collector<'_> {
    fn current_run(&self) -> Option<RunId> {
        Some(self.0.id())
    }

    fn handle(&mut self, event: Event) {
        self.0.handle(&event);
    }
}

impl Sweep {
    /// Where it stands.
    pub fn progress(&self) -> Progress {
        Progress {
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
        pump(&self.worker, &mut Collector(run), EVENT_BUDGET);
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
        let free = MAX_PINS.saturating_sub(self.state.pins.len());
        if configs.len() > free {
            self.failure(
                format!(
                    "No sweep of {} curves: {} of at most {MAX_PINS} runs are pinned already. Unpin some first.",
                    configs.len(),
                    self.state.pins.len()
                ),
                now,
            );
            return;
        }
        let Some(field) = field(form.key) else { return };
        let flow = configs
            .iter()
            .all(|config| config.training.engine == EngineKind::Flow);
        let last = configs.len().saturating_sub(1).max(1) as f32;
        let waiting: VecDeque<Planned> = configs
            .into_iter()
            .enumerate()
            .map(|(k, config)| Planned {
                name: setting_in_words(field, &config),
                color: PinColor::Ramp(k as f32 / last),
                config,
            })
            .collect();
        let ctx = ctx.clone();
        let mut sweep = Sweep {
            worker: WorkerHandle::spawn(move || ctx.request_repaint()),
            instance: session.instance().cloned(),
            what: form.in_words(),
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
        let Progress { what, done, total } = sweep.progress();
        match sweep.failed {
            Some(why) => self.failure(format!("Swept {what}; {why}"), now),
            None if done < total => self.failure(
                format!("The sweep of {what} ends after {done}: {MAX_PINS} runs are pinned."),
                now,
            ),
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
            color: planned.color,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_sweep_of_alpha_is_the_papers() {
        let form = SweepForm::of("network.alpha");
        assert_eq!(form.in_words(), "α: 2⁻⁵ … 2⁵, 9 curves");
        let configs = form.configs(&Config::default()).expect("valid");
        let alphas: Vec<f64> = configs.iter().map(|c| c.network.alpha).collect();
        assert_eq!(
            alphas,
            [0.031_25, 0.074_3, 0.177, 0.42, 1.0, 2.38, 5.66, 13.5, 32.0]
        );
        for config in &configs {
            let mut same = config.clone().into_inner();
            assert_eq!(same.training.engine, EngineKind::Flow);
            same.training.engine = Config::default().training.engine;
            same.network.alpha = Config::default().network.alpha;
            assert_eq!(same, Config::default(), "nothing else is changed");
        }
    }

    #[test]
    fn a_sweep_that_cannot_be_says_why() {
        let base = Config::default();
        let form = |from: &str, to: &str, count| SweepForm {
            from: from.into(),
            to: to.into(),
            count,
            ..SweepForm::of("network.alpha")
        };
        for (form, word) in [
            (form("x", "2", 9), "must be a number"),
            (form("0", "2", 9), "positive"),
            (form("1", "2", 1), "between 2 and 20"),
            (form("1", "1e300", 9), "network.alpha"),
        ] {
            let error = form.configs(&base).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
        let whole = SweepForm {
            from: "10".into(),
            to: "12".into(),
            ..SweepForm::of("task.samples")
        };
        assert_eq!(whole.configs(&base).map(|c| c.len()), Ok(3));
    }
}
