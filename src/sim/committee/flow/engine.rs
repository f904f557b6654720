//! Gradient flow as a run: step s stands for flow time τ = η₀s.

use super::integration::{FlowCrossings, FlowIntegration, MARKS};
use super::system::FlowSystem;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::committee::engine::{Losses, Problem};
use crate::sim::committee::moments::MomentState;
use crate::sim::outcome::Thresholds;
use crate::sim::rkc::{Cost, RkcError};
use std::ops::ControlFlow;

/// Tolerance of runs: rms error of the function in a step over rms of the labels.
pub const RTOL: f64 = 1e-4;

/// The flow at one time, which can be moved forwards.
#[derive(Clone)]
pub struct FlowEngine {
    integration: FlowIntegration,
    time: f64,
}

impl FlowEngine {
    /// The flow at τ = 0.
    pub fn new(
        problem: Problem,
        initial: &MomentState,
        weight_decay: f64,
        thresholds: Thresholds,
        marks: [Thresholds; MARKS],
    ) -> Self {
        let system = FlowSystem::new(problem, initial, weight_decay);
        let integration = FlowIntegration::new(system, initial, RTOL, Some(thresholds));
        Self {
            integration: integration.with_marks(Some(marks)),
            time: 0.0,
        }
    }

    /// Moves on to flow time `time`, with weight decay λ on the way; times behind
    /// are left alone. Where the residuals are down to rounding nothing moves any
    /// more, and it takes no time. `horizon` is where the run will end as far as is known.
    ///
    /// # Errors
    /// Those of the integrator.
    pub fn advance_to(
        &mut self,
        time: f64,
        horizon: f64,
        weight_decay: f64,
    ) -> Result<(), RkcError> {
        self.advance_while(time, horizon, weight_decay, &|time| time, &mut || true)
            .map(drop)
    }

    /// The same, but ends as soon as `go_on` says no. It stands then at `whole` of a
    /// time that it has reached (the last step up to there), which is returned, and
    /// goes on from there to the same bits.
    ///
    /// # Errors
    /// Those of the integrator.
    pub fn advance_while(
        &mut self,
        time: f64,
        horizon: f64,
        weight_decay: f64,
        whole: &dyn Fn(f64) -> f64,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<f64>, RkcError> {
        if weight_decay != self.integration.system().weight_decay() {
            self.integration.set_weight_decay(weight_decay, self.time);
        }
        while self.integration.time() < time && !self.integration.is_spent() {
            let reached = whole(self.integration.time()).max(self.time);
            // Between the ends of the integrator's last step, so that it can be looked at.
            let may_end =
                (self.integration.step_start()..=self.integration.time()).contains(&reached);
            let stepped = self.integration.step(horizon.max(time), &mut || {
                if may_end && !go_on() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            match stepped {
                Err(RkcError::Stopped { .. }) => {
                    self.time = reached;
                    return Ok(Some(reached));
                }
                stepped => stepped?,
            }
        }
        self.time = self.time.max(time);
        Ok(None)
    }

    /// Writes down where it stands.
    pub fn save(&self, to: &mut Writer) {
        let Self { integration, time } = self;
        integration.save(to);
        to.number(*time);
    }

    /// Goes on from what a flow of the same settings wrote down.
    ///
    /// # Errors
    /// A state of another shape; the flow is then not to be used.
    pub fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        self.integration.restore(from)?;
        self.time = from.number()?;
        Ok(())
    }

    /// Losses now.
    pub fn losses(&mut self) -> Losses {
        self.integration.losses_at(self.time)
    }

    /// Weights now, as moments.
    pub fn state(&self) -> MomentState {
        self.integration.state_at(self.time)
    }

    /// Crossings up to now: of the thresholds, then of each mark.
    pub fn crossings(&self) -> [FlowCrossings; 1 + MARKS] {
        let past = |time: &f64| *time <= self.time;
        let [a, b] = self.integration.marks();
        [self.integration.crossings(), a, b].map(|FlowCrossings { fit, generalise }| {
            FlowCrossings {
                fit: fit.filter(past),
                generalise: generalise.filter(past),
            }
        })
    }

    /// Flow time and size of the highest test loss up to now, at the ends of the
    /// integrator's steps.
    pub fn peak(&self) -> Option<(f64, f64)> {
        self.integration
            .peak()
            .filter(|(time, _)| *time <= self.time)
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.integration.cost()
    }
}
