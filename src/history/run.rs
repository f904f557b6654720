//! One run as the frontend knows it.

use crate::sim::LossPoint;
use crate::sim::{
    accuracy::ErrorProfile,
    config::Config,
    metrics::{Metric, Row},
    models,
    outcome::{Crossings, Outcome, Thresholds},
    verdict::{Peak, Verdict},
};
use crate::training::headless::HeadlessRun;
use crate::training::protocol::{
    Event, Finish, Phase, RecentStep, RunId, RunInfo, Snapshot, Working,
};
use std::sync::Arc;

/// Longest dense window of recent steps kept for display.
const MAX_RECENT: usize = 4096;

/// A learning rate that was lowered because the run diverged with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lowered {
    /// The largest η₀ that was asked for.
    pub from: f64,
    /// The largest η₀ in force.
    pub to: f64,
    /// Step at which it diverged with the one asked for.
    pub diverged_at: u64,
}

/// A run: its settings, every recorded row, and how it stands.
#[derive(Clone, Debug)]
pub struct Run {
    id: RunId,
    config: Config,
    info: Option<RunInfo>,
    rows: Vec<Row>,
    errors: Vec<(u64, Arc<ErrorProfile>)>,
    recent: Vec<RecentStep>,
    twin: Vec<LossPoint>,
    phase: Phase,
    step: u64,
    horizon: u64,
    steps_per_second: f64,
    attempt: u32,
    verdict: Option<Verdict>,
    finish: Option<Finish>,
    failure: Option<String>,
    lowered: Option<Lowered>,
    working: Option<Working>,
}

impl Run {
    /// A run that was asked for and has not reported anything yet.
    pub fn new(id: RunId, config: Config) -> Self {
        Self {
            id,
            horizon: config.training.horizon(),
            config,
            info: None,
            rows: Vec::new(),
            errors: Vec::new(),
            recent: Vec::new(),
            twin: Vec::new(),
            phase: Phase::Running,
            step: 0,
            steps_per_second: 0.0,
            attempt: 0,
            verdict: None,
            finish: None,
            failure: None,
            lowered: None,
            working: None,
        }
    }

    /// A run that was trained without a window.
    pub fn trained(trained: HeadlessRun) -> Self {
        let HeadlessRun { info, rows, finish } = trained;
        let run = RunId::next();
        let mut recorded = Self::new(run, (*info.config).clone());
        let info = Box::new(info);
        recorded.handle(&Event::Started { run, info });
        recorded.handle(&Event::Rows { run, rows });
        recorded.handle(&Event::Finished { run, finish });
        recorded
    }

    /// Takes an event. Events of other runs are ignored; returns whether it was
    /// this one's.
    pub fn handle(&mut self, event: &Event) -> bool {
        if event.run() != self.id {
            return false;
        }
        self.working = None;
        match event {
            Event::Working { working, .. } => self.working = Some(working.clone()),
            Event::Started { info, .. } => {
                self.config = (*info.config).clone();
                self.horizon = self.horizon.max(self.config.training.horizon());
                self.info = Some((**info).clone());
            }
            Event::Rows { rows, .. } => self.push(rows),
            Event::LearningRateLowered {
                from,
                to,
                diverged_at,
                ..
            } => {
                self.rows.clear();
                self.errors.clear();
                self.recent.clear();
                self.twin.clear();
                self.step = 0;
                self.attempt += 1;
                self.verdict = None;
                self.finish = None;
                let first = Lowered {
                    from: *from,
                    to: *to,
                    diverged_at: *diverged_at,
                };
                let lowered = self.lowered.unwrap_or(first);
                self.lowered = Some(Lowered { to: *to, ..lowered });
                self.config.training.cap_learning_rate(*to);
            }
            Event::Changed { config, .. } => self.config = (***config).clone(),
            Event::Finished { finish, .. } => {
                self.step = finish.step;
                self.verdict = Some(*finish.verdict);
                self.phase = Phase::Done;
                self.steps_per_second = 0.0;
                self.finish = Some(finish.clone());
            }
            Event::Failed { message, .. } => {
                self.phase = Phase::Done;
                self.steps_per_second = 0.0;
                self.failure = Some(message.clone());
            }
        }
        true
    }

    /// Takes a snapshot; one of another run or attempt, or older than the end of
    /// this one, is ignored. Returns whether it was used.
    pub fn observe(&mut self, snapshot: &Snapshot) -> bool {
        let other = snapshot.run != self.id || snapshot.attempt != self.attempt;
        if other || self.failure.is_some() {
            return false;
        }
        self.working = None;
        self.horizon = snapshot.horizon;
        let ended = self
            .finish
            .as_ref()
            .is_some_and(|finish| snapshot.step <= finish.step);
        if !ended {
            self.finish = None;
            self.phase = snapshot.phase;
            self.step = snapshot.step;
            self.steps_per_second = snapshot.steps_per_second;
            self.verdict = Some(snapshot.verdict);
        }
        let window = &snapshot.recent[snapshot.recent.len().saturating_sub(MAX_RECENT)..];
        self.recent.clear();
        self.recent.extend_from_slice(window);
        true
    }

    fn push(&mut self, rows: &[Row]) {
        // Vec would double: 200,000 rows are 35 MB, and twice that is too much.
        if self.rows.capacity() - self.rows.len() < rows.len() {
            self.rows
                .reserve_exact(rows.len().max(self.rows.len() / 8).max(256));
        }
        for row in rows {
            if let Some(errors) = row.errors() {
                self.errors.push((row.step, Arc::clone(errors)));
            }
            if self.rows.last().is_some_and(|last| last.step == row.step) {
                self.rows.pop();
                self.twin.pop();
            }
            let committee = self.config.network.family.is_committee();
            if let (false, Some(train)) = (committee, row.get(Metric::LinTrainLoss)) {
                self.twin.push(LossPoint {
                    step: row.step as f64,
                    train,
                    test: row.get(Metric::SampleLinTestLoss).unwrap_or(f64::NAN),
                });
            }
            self.rows.push(row.clone());
        }
        if let (Some(last), Some(finish)) = (self.rows.last(), &self.finish)
            && last.step > finish.step
        {
            self.finish = None;
            self.phase = Phase::Running;
        }
        self.step = self.step.max(self.rows.last().map_or(0, |row| row.step));
    }

    fn test_metric_of(&self, row: &Row) -> Metric {
        if row.get(Metric::TestLoss).is_some() {
            Metric::TestLoss
        } else {
            Metric::SampleTestLoss
        }
    }

    /// Something long that the worker is at, if that is all it has to report.
    pub fn working(&self) -> Option<&Working> {
        self.working.as_ref()
    }

    /// Its name.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Its settings: those asked for, then those in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What the worker knew before the first step.
    pub fn info(&self) -> Option<&RunInfo> {
        self.info.as_ref()
    }

    /// What its rows hold, in the order of the columns.
    pub fn columns(&self) -> &'static [Metric] {
        let usual = || models::columns(self.config.network.family);
        self.info.as_ref().map_or_else(usual, |info| info.columns)
    }

    /// Every recorded row, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The errors on the train set and on test points at the steps that carry
    /// them, in order.
    pub fn errors(&self) -> &[(u64, Arc<ErrorProfile>)] {
        &self.errors
    }

    /// The last steps one by one, for display.
    pub fn recent(&self) -> &[RecentStep] {
        &self.recent
    }

    /// Whether a theory foretells it: of the committee machine alone there is one.
    pub fn has_theory(&self) -> bool {
        self.config.network.family.is_committee()
    }

    /// Losses of the linearised model that is trained beside the network, where there
    /// is one.
    pub fn twin(&self) -> &[LossPoint] {
        &self.twin
    }

    /// What the worker is doing with it.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Current step.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Horizon.
    pub fn horizon(&self) -> u64 {
        self.horizon
    }

    /// Training speed; 0 when it does not train.
    pub fn steps_per_second(&self) -> f64 {
        self.steps_per_second
    }

    /// Threshold crossings so far, found at every step.
    pub fn crossings(&self) -> Crossings {
        (self.verdict.as_ref()).map_or_else(Crossings::default, Verdict::crossings)
    }

    /// What it came to, or how it stands; nothing before the first report.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// Thresholds on the losses, once known.
    pub fn thresholds(&self) -> Option<Thresholds> {
        self.info.as_ref().map(|info| info.thresholds)
    }

    /// How it ended, if it has.
    pub fn finish(&self) -> Option<&Finish> {
        self.finish.as_ref()
    }

    /// Outcome class, if it has ended.
    pub fn outcome(&self) -> Option<Outcome> {
        self.finish.as_ref().map(|finish| finish.verdict.outcome())
    }

    /// Why it could not be trained, if it could not.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The learning rate that was lowered to keep it stable, if one was.
    pub fn lowered(&self) -> Option<Lowered> {
        self.lowered
    }

    /// The highest test loss so far, of all steps.
    pub fn peak(&self) -> Option<Peak> {
        self.verdict.as_ref()?.peak
    }

    /// The metric that stands for the test loss: the exact one, or the sample's
    /// where the target is not known.
    pub fn test_metric(&self) -> Metric {
        self.rows
            .first()
            .map_or(Metric::TestLoss, |row| self.test_metric_of(row))
    }

    /// The zero predictor's test loss, where it is known.
    pub fn zero_test_loss(&self) -> Option<f64> {
        let loss = self.info.as_ref()?.zero_test_loss;
        (loss.is_finite() && loss > 0.0).then_some(loss)
    }

    /// A metric over the recorded steps; steps at which it was not measured, or
    /// is not finite, are left out.
    pub fn series(&self, metric: Metric) -> impl DoubleEndedIterator<Item = (u64, f64)> + '_ {
        self.rows.iter().filter_map(move |row| {
            let value = row.get(metric)?;
            value.is_finite().then_some((row.step, value))
        })
    }

    /// The last finite value of a metric.
    pub fn last(&self, metric: Metric) -> Option<(u64, f64)> {
        self.series(metric).next_back()
    }

    /// The recorded row nearest to a step in log time.
    pub fn nearest_row(&self, step: f64) -> Option<&Row> {
        let after = self.rows.partition_point(|row| (row.step as f64) < step);
        let distance =
            |row: &Row| (super::decimate::log_step(row.step) - step.max(0.5).log10()).abs();
        let before = after.checked_sub(1).and_then(|i| self.rows.get(i));
        match (before, self.rows.get(after)) {
            (Some(a), Some(b)) => Some(if distance(a) <= distance(b) { a } else { b }),
            (a, b) => a.or(b),
        }
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.rows.capacity() * size_of::<Row>()
            + self.errors.capacity() * size_of::<(u64, Arc<ErrorProfile>)>()
            + self.errors.iter().map(|(_, e)| e.bytes()).sum::<usize>()
            + self.recent.capacity() * size_of::<RecentStep>()
            + self.twin.capacity() * size_of::<LossPoint>()
            + self.config.record.steps.capacity() * size_of::<u64>()
            + self.info.as_ref().map_or(0, |info| {
                info.config.record.steps.capacity() * size_of::<u64>()
            })
    }
}
