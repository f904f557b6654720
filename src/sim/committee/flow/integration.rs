//! The flow, step by step: losses and states at any time of the last step, and
//! the times at which the losses cross their thresholds.

use super::system::FlowSystem;
use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::committee::engine::Losses;
use crate::sim::committee::moments::MomentState;
use crate::sim::outcome::{Crossings, Thresholds};
use crate::sim::rkc::{Cost, KeepGoing, Options, Rkc, RkcError, Tolerance};

/// Flow times from which on the losses are below their thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FlowCrossings {
    /// Of the train loss.
    pub fit: Option<f64>,
    /// Of the test loss.
    pub generalise: Option<f64>,
}

/// Thresholds beside the first ones: those of the fixed criteria.
pub const MARKS: usize = 2;

impl FlowCrossings {
    /// Whether both losses have crossed.
    pub fn are_complete(self) -> bool {
        self.fit.is_some() && self.generalise.is_some()
    }

    /// As steps of learning rate η₀: the first step at or after each.
    pub fn in_steps(self, learning_rate: f64) -> Crossings {
        let step = |time: f64| (time / learning_rate).ceil() as u64;
        Crossings {
            fit: self.fit.map(step),
            generalise: self.generalise.map(step),
        }
    }
}

/// Relative accuracy of crossing times on the interpolant.
const CROSSING_ACCURACY: f64 = 1e-7;
/// Most evaluations of a loss for one crossing.
const CROSSING_ITERATIONS: u32 = 40;

/// One integration of the flow, at the end of its last step.
#[derive(Clone)]
pub struct FlowIntegration {
    system: FlowSystem,
    rkc: Rkc,
    thresholds: Option<Thresholds>,
    marks: Option<[Thresholds; MARKS]>,
    // For the thresholds, then for each mark.
    crossings: [FlowCrossings; 1 + MARKS],
    fit_lost: bool,
    peak: Option<(f64, f64)>,
    // Train loss at both ends of the last step, and its derivatives there where
    // they are known.
    train_ends: (f64, f64),
    train_slopes: Option<(f64, f64)>,
    y: Vec<f64>,
}

impl FlowIntegration {
    /// At τ = 0 with weights of moments `initial`, to relative tolerance `rtol` of
    /// the function (see [`FlowSystem`]).
    pub fn new(
        system: FlowSystem,
        initial: &MomentState,
        rtol: f64,
        thresholds: Option<Thresholds>,
    ) -> Self {
        let y = FlowSystem::flatten(initial);
        let options = Options {
            tolerance: Tolerance {
                relative: rtol,
                absolute: f64::MIN_POSITIVE,
            },
            ..Options::default()
        };
        let mut integration = Self {
            rkc: Rkc::new(0.0, y.clone(), options),
            train_ends: (f64::NAN, f64::NAN),
            train_slopes: None,
            crossings: Default::default(),
            fit_lost: false,
            peak: None,
            marks: None,
            system,
            thresholds,
            y,
        };
        let train = integration.system.losses(&integration.y).train;
        let judged = integration.system.judged_test_loss(&integration.y);
        integration.train_ends = (train, train);
        integration.peak = judged.map(|loss| (0.0, loss));
        integration.look_at_start(train, judged);
        integration
    }

    /// Also finds the crossings of other thresholds.
    pub fn with_marks(mut self, marks: Option<[Thresholds; MARKS]>) -> Self {
        self.marks = marks;
        let train = self.train_ends.1;
        let judged = self.system.judged_test_loss(&self.y);
        self.look_at_start(train, judged);
        self
    }

    fn look_at_start(&mut self, train: f64, judged: Option<f64>) {
        for (k, at) in self.all_thresholds().into_iter().enumerate() {
            self.crossings[k] = at.map_or_else(FlowCrossings::default, |at| FlowCrossings {
                fit: (train < at.train).then_some(0.0),
                generalise: judged.filter(|l| *l < at.test).map(|_| 0.0),
            });
        }
    }

    fn all_thresholds(&self) -> [Option<Thresholds>; 1 + MARKS] {
        let [a, b] = self.marks.map_or([None; MARKS], |marks| marks.map(Some));
        [self.thresholds, a, b]
    }

    /// Flow time reached.
    pub fn time(&self) -> f64 {
        self.rkc.time()
    }

    /// Start of the last step.
    pub fn step_start(&self) -> f64 {
        self.rkc.step_start()
    }

    /// The crossings so far.
    pub fn crossings(&self) -> FlowCrossings {
        self.crossings[0]
    }

    /// The crossings of the marks so far.
    pub fn marks(&self) -> [FlowCrossings; MARKS] {
        [self.crossings[1], self.crossings[2]]
    }

    /// Whether all crossings that are looked for are known.
    pub fn are_complete(&self) -> bool {
        (self.all_thresholds().iter().zip(&self.crossings))
            .all(|(at, crossings)| at.is_none() || crossings.are_complete())
    }

    /// Whether the train loss rose above the threshold again.
    pub fn fit_lost(&self) -> bool {
        self.fit_lost
    }

    /// Flow time and size of the highest test loss at the ends of steps.
    pub fn peak(&self) -> Option<(f64, f64)> {
        self.peak
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.rkc.cost()
    }

    /// Train loss at the time reached.
    pub fn train_loss(&self) -> f64 {
        self.train_ends.1
    }

    /// The system.
    pub fn system(&self) -> &FlowSystem {
        &self.system
    }

    /// Goes back to a time of the last step and on from there with another weight
    /// decay; crossings that were found later are forgotten.
    pub fn set_weight_decay(&mut self, weight_decay: f64, at: f64) {
        self.rkc.interpolate(at, &mut self.y);
        self.system.set_weight_decay(weight_decay);
        self.rkc.restart_at(at, self.y.clone());
        let train = self.system.losses(&self.y).train;
        (self.train_ends, self.train_slopes) = ((train, train), None);
        let past = |time: &f64| *time <= at;
        for crossings in &mut self.crossings {
            crossings.fit = crossings.fit.filter(past);
            crossings.generalise = crossings.generalise.filter(past);
        }
    }

    /// Writes down where it stands, between two steps.
    pub fn save(&self, to: &mut Writer) {
        let Self {
            system: _,
            rkc,
            thresholds: _,
            marks: _,
            crossings,
            fit_lost,
            peak,
            train_ends: (first, last),
            train_slopes,
            y: _,
        } = self;
        rkc.save(to);
        for FlowCrossings { fit, generalise } in crossings {
            to.optional_number(*fit);
            to.optional_number(*generalise);
        }
        to.flag(*fit_lost);
        to.optional_number(peak.map(|p| p.0));
        to.optional_number(peak.map(|p| p.1));
        to.number(*first);
        to.number(*last);
        to.optional_number(train_slopes.map(|slopes| slopes.0));
        to.optional_number(train_slopes.map(|slopes| slopes.1));
    }

    /// Goes on from what an integration of the same settings wrote down.
    ///
    /// # Errors
    /// A state of another shape; the integration is then not to be used.
    pub fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        self.rkc.restore(from)?;
        for crossings in &mut self.crossings {
            *crossings = FlowCrossings {
                fit: from.optional_number()?,
                generalise: from.optional_number()?,
            };
        }
        self.fit_lost = from.flag()?;
        self.peak = from.optional_number()?.zip(from.optional_number()?);
        self.train_ends = (from.number()?, from.number()?);
        self.train_slopes = from.optional_number()?.zip(from.optional_number()?);
        if self.rkc.cost().accepted > 0 {
            self.system.accept(self.rkc.state());
        }
        Ok(())
    }

    /// Takes one step, not past `end`, and looks for crossings in it.
    ///
    /// # Errors
    /// Those of the integrator.
    pub fn step(&mut self, end: f64, keep_going: KeepGoing) -> Result<(), RkcError> {
        self.rkc.step(&mut self.system, end, keep_going)?;
        let Some(accepted) = self.system.accepted() else {
            return Ok(());
        };
        self.train_ends = (self.train_ends.1, accepted.losses.train);
        let slope = |slope: &[f64]| self.system.train_slope(slope);
        self.train_slopes = slope(self.rkc.start_slope()).zip(slope(self.rkc.slope()));
        let (train, judged) = (accepted.losses.train, accepted.judged);
        if let Some(loss) = judged
            && self.peak.is_none_or(|(_, highest)| loss > highest)
        {
            self.peak = Some((self.time(), loss));
        }
        for (k, at) in self.all_thresholds().into_iter().enumerate() {
            let Some(at) = at else { continue };
            match self.crossings[k].fit {
                None if train < at.train => {
                    let time = self.crossing(at.train, |flow, t| Some(flow.losses_at(t).train));
                    self.crossings[k].fit = Some(time);
                }
                Some(_) if train >= at.train => {
                    self.crossings[k].fit = None;
                    self.fit_lost |= k == 0;
                }
                _ => {}
            }
            match (self.crossings[k].generalise, judged) {
                (None, Some(loss)) if loss < at.test => {
                    let time = self.crossing(at.test, |flow, t| {
                        flow.rkc.interpolate(t, &mut flow.y);
                        flow.system.judged_test_loss(&flow.y)
                    });
                    self.crossings[k].generalise = Some(time);
                }
                (Some(_), Some(loss)) if loss >= at.test => self.crossings[k].generalise = None,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether nothing moves any more: the residuals are down to rounding.
    pub fn is_spent(&self) -> bool {
        self.system.is_spent(self.train_ends.1)
    }

    /// Losses at a time of the last step.
    pub fn losses_at(&mut self, time: f64) -> Losses {
        self.rkc.interpolate(time, &mut self.y);
        let mut losses = self.system.losses(&self.y);
        if let Some(train) = self.train_loss_at(time) {
            losses.train = train;
        }
        losses
    }

    /// The train loss between the ends of the last step where it is known to fall:
    /// parts of the residual that decay within the step are not resolved by the
    /// interpolated state, and would show as loss that comes back.
    fn train_loss_at(&self, time: f64) -> Option<f64> {
        let (slopes, span) = (self.train_slopes?, self.time() - self.step_start());
        let (first, last) = self.train_ends;
        if span <= 0.0 || first <= 0.0 || last <= 0.0 {
            return None;
        }
        let u = ((time - self.step_start()) / span).clamp(0.0, 1.0);
        let fall = (last / first).ln();
        let slopes = (span * slopes.0 / first, span * slopes.1 / last);
        Some(first * monotone(u, fall, slopes).exp())
    }

    /// State at a time of the last step.
    pub fn state_at(&self, time: f64) -> MomentState {
        let mut y = vec![0.0; self.y.len()];
        self.rkc.interpolate(time, &mut y);
        self.system.unflatten(&y)
    }

    /// Where in the last step a loss, below `threshold` at its end, crosses it: the
    /// Illinois variant of regula falsi on its logarithm.
    fn crossing(&mut self, threshold: f64, loss: impl Fn(&mut Self, f64) -> Option<f64>) -> f64 {
        let (mut a, mut b) = (self.step_start(), self.time());
        let height = |flow: &mut Self, t: f64| {
            loss(flow, t).map_or(f64::NAN, |l| (l.max(f64::MIN_POSITIVE) / threshold).ln())
        };
        let (mut fa, mut fb) = (height(self, a), height(self, b));
        let mut side = 0;
        for _ in 0..CROSSING_ITERATIONS {
            if (b - a) <= CROSSING_ACCURACY * b || fb >= 0.0 || fa.is_nan() || fa <= 0.0 {
                break;
            }
            let t = (a * fb - b * fa) / (fb - fa);
            let t = if t > a && t < b { t } else { 0.5 * (a + b) };
            let f = height(self, t);
            if f.is_nan() {
                break;
            }
            if f < 0.0 {
                (b, fb) = (t, f);
                if side == 1 {
                    fa *= 0.5;
                }
                side = 1;
            } else {
                (a, fa) = (t, f);
                if side == -1 {
                    fb *= 0.5;
                }
                side = -1;
            }
        }
        b
    }
}

/// The cubic through 0 at u = 0 and `fall` ≤ 0 at u = 1 with these slopes, each
/// brought into 3·fall … 0, where it is monotone (Fritsch and Carlson 1980).
fn monotone(u: f64, fall: f64, slopes: (f64, f64)) -> f64 {
    let bring = |slope: f64| slope.clamp((3.0 * fall).min(0.0), 0.0);
    let v = 1.0 - u;
    u * u * (3.0 - 2.0 * u) * fall + u * v * v * bring(slopes.0) - u * u * v * bring(slopes.1)
}
