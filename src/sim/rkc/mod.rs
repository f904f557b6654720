//! A second-order Runge–Kutta–Chebyshev integrator with error control for mildly
//! stiff systems y' = F(t, y) whose Jacobian has its spectrum near the negative
//! real axis, such as gradient flows and diffusion.
//!
//! Source: B. P. Sommeijer, L. F. Shampine and J. G. Verwer, "RKC: an explicit
//! solver for parabolic PDEs", J. Comput. Appl. Math. 88 (1998) 315–326. A step
//! with s stages is stable for h·ρ(∂F/∂y) up to about 0.65·s², so the cost of a
//! stable step grows like √h instead of h.
//!
//! - Local error: Est = [12(y_n − y_{n+1}) + 6h(F_n + F_{n+1})]/15, of order h³.
//! - Step size: the predictive controller of the paper (section 3).
//! - Spectral radius: a nonlinear power method that goes on from the last
//!   direction, with a safety factor.
//! - Between steps: the cubic Hermite interpolant of both end points and their
//!   derivatives. Its own error is O(h⁴) on smooth components, below the method's
//!   local error of O(h³); components that decay within a step are bounded by the
//!   error control and not resolved.
//! - A system can veto a step ([`System::admissible`]): explicit stabilised
//!   methods amplify silently where the spectral radius has outgrown its estimate,
//!   and what may never happen along the exact solution betrays it.

mod coefficients;
mod spectral_radius;
mod system;

use super::checkpoint::{Mismatch, Reader, Writer};
use coefficients::Stages;
pub use coefficients::{MIN_STAGES, stability_interval, stages_for};
use spectral_radius::PowerMethod;
use std::ops::ControlFlow;
pub use system::{Cost, Options, RkcError, System, Tolerance};

/// One end of a step.
#[derive(Clone, Debug, Default)]
struct Point {
    t: f64,
    y: Vec<f64>,
    slope: Vec<f64>,
}

impl Point {
    fn new(t: f64, y: Vec<f64>) -> Self {
        let slope = vec![0.0; y.len()];
        Self { t, y, slope }
    }

    fn save(&self, to: &mut Writer) {
        let Self { t, y, slope } = self;
        to.number(*t);
        to.numbers(y.iter());
        to.numbers(slope.iter());
    }

    fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        self.t = from.number()?;
        from.numbers(self.y.iter_mut())?;
        from.numbers(self.slope.iter_mut())
    }
}

/// The integrator at the end of its last step.
#[derive(Clone, Debug)]
pub struct Rkc {
    options: Options,
    now: Point,
    before: Point,
    next: Point,
    stages: [Vec<f64>; 3],
    radius: PowerMethod,
    // Proposed size of the next step; 0 before the first.
    step: f64,
    // Error ratio and size of the last accepted step, for the controller.
    last_error: Option<(f64, f64)>,
    cost: Cost,
}

/// Called before every evaluation of F; `Break` ends the integration.
pub type KeepGoing<'a> = &'a mut dyn FnMut() -> ControlFlow<()>;

/// Step sizes below this fraction of the time reached cannot be told apart.
const SMALLEST_STEP: f64 = 16.0 * f64::EPSILON;
/// Bounds of the change of step size from one step to the next.
const MOST_GROWTH: f64 = 10.0;
const MOST_SHRINKAGE: f64 = 0.1;
/// Aim below the tolerance by this factor of the step size.
const CAUTION: f64 = 0.8;

impl Rkc {
    /// An integrator at (t, y).
    pub fn new(t: f64, y: Vec<f64>, options: Options) -> Self {
        let n = y.len();
        Self {
            before: Point::new(t, y.clone()),
            next: Point::new(t, vec![0.0; n]),
            now: Point::new(t, y),
            stages: [vec![0.0; n], vec![0.0; n], vec![0.0; n]],
            radius: PowerMethod::new(n),
            step: 0.0,
            last_error: None,
            cost: Cost::default(),
            options,
        }
    }

    /// Time reached.
    pub fn time(&self) -> f64 {
        self.now.t
    }

    /// Start of the last step; the same as [`Rkc::time`] before the first.
    pub fn step_start(&self) -> f64 {
        self.before.t
    }

    /// y at [`Rkc::time`].
    pub fn state(&self) -> &[f64] {
        &self.now.y
    }

    /// F at [`Rkc::time`]; zero before the first step.
    pub fn slope(&self) -> &[f64] {
        &self.now.slope
    }

    /// F at [`Rkc::step_start`]; zero before the first step.
    pub fn start_slope(&self) -> &[f64] {
        &self.before.slope
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Begins anew at (t, y), with what it has cost so far; for a change of F.
    pub fn restart_at(&mut self, t: f64, y: Vec<f64>) {
        let cost = self.cost;
        *self = Self::new(t, y, self.options);
        self.cost = cost;
    }

    /// Writes down where it stands, between two steps.
    pub fn save(&self, to: &mut Writer) {
        // `next` and the stages are scratch.
        let Self {
            options: _,
            now,
            before,
            next: _,
            stages: _,
            radius,
            step,
            last_error,
            cost,
        } = self;
        now.save(to);
        before.save(to);
        radius.save(to);
        to.number(*step);
        to.optional_number(last_error.map(|(error, _)| error));
        to.optional_number(last_error.map(|(_, step)| step));
        let Cost {
            evaluations,
            radius_evaluations,
            accepted,
            rejected,
            most_stages,
        } = *cost;
        for n in [evaluations, radius_evaluations, accepted, rejected] {
            to.count(n);
        }
        to.count(most_stages as u64);
    }

    /// Goes on from what was written down, with the same system and options.
    ///
    /// # Errors
    /// A state of another size; the integrator is then not to be used.
    pub fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        self.now.restore(from)?;
        self.before.restore(from)?;
        self.radius.restore(from)?;
        self.step = from.number()?;
        self.last_error = from.optional_number()?.zip(from.optional_number()?);
        self.cost = Cost {
            evaluations: from.count()?,
            radius_evaluations: from.count()?,
            accepted: from.count()?,
            rejected: from.count()?,
            most_stages: usize::try_from(from.count()?).map_err(|_| Mismatch)?,
        };
        Ok(())
    }

    /// The cubic Hermite interpolant of the last step at `t`, written to `y`.
    /// `t` outside of the step is moved to its nearer end.
    pub fn interpolate(&self, t: f64, y: &mut [f64]) {
        let h = self.now.t - self.before.t;
        if h <= 0.0 || t >= self.now.t {
            y.copy_from_slice(&self.now.y);
            return;
        }
        let u = ((t - self.before.t) / h).max(0.0);
        let v = 1.0 - u;
        let (y0, y1) = ((1.0 + 2.0 * u) * v * v, u * u * (3.0 - 2.0 * u));
        let (s0, s1) = (h * u * v * v, -h * u * u * v);
        let ends = self.before.y.iter().zip(&self.now.y);
        let slopes = self.before.slope.iter().zip(&self.now.slope);
        for (out, ((a, b), (fa, fb))) in y.iter_mut().zip(ends.zip(slopes)) {
            *out = y0 * a + y1 * b + s0 * fa + s1 * fb;
        }
    }

    /// Takes one accepted step, not past `end`.
    ///
    /// # Errors
    /// [`RkcError`]; the integrator then stands where it stood.
    pub fn step(
        &mut self,
        system: &mut impl System,
        end: f64,
        keep_going: KeepGoing,
    ) -> Result<(), RkcError> {
        let before = (self.radius.clone(), self.step, self.last_error);
        let stepped = self.try_steps(system, end, keep_going);
        if let Err(RkcError::Stopped { .. }) = stepped {
            // What it had found out on the way is found out again, to the same bits.
            (self.radius, self.step, self.last_error) = before;
        }
        stepped
    }

    /// Tries steps until one is accepted.
    fn try_steps(
        &mut self,
        system: &mut impl System,
        end: f64,
        keep_going: KeepGoing,
    ) -> Result<(), RkcError> {
        if self.step == 0.0 {
            self.start(system, end, keep_going)?;
        } else if self.radius.age >= self.options.refresh {
            self.estimate_radius(system, keep_going)?;
        }
        loop {
            let t = self.now.t;
            let smallest = SMALLEST_STEP * t.abs().max(end.abs() * f64::EPSILON);
            if self.step <= smallest || self.step.is_nan() {
                return Err(RkcError::StepTooSmall { t, step: self.step });
            }
            let tried = self.cost.accepted + self.cost.rejected;
            if tried >= self.options.max_steps {
                return Err(RkcError::TooManySteps { t, steps: tried });
            }
            let radius = self.options.safety * self.radius.value;
            let longest = stability_interval(self.options.max_stages) / radius;
            let mut h = self.step.min(longest);
            // Reaching the end exactly, rather than leaving a sliver.
            let last = t + h * (1.0 + 1e-10) >= end;
            if last {
                h = end - t;
            }
            self.next.t = if last { end } else { t + h };
            let stages = stages_for(h * radius).min(self.options.max_stages);
            self.cost.most_stages = self.cost.most_stages.max(stages);
            self.try_step(system, h, stages, keep_going)?;

            let error = self.error_ratio(system, h);
            if !error.is_finite() {
                self.reject(h * MOST_SHRINKAGE);
                self.estimate_radius(system, keep_going)?;
            } else if error > 1.0 {
                self.reject(h * (CAUTION / error.cbrt()).max(MOST_SHRINKAGE));
                if self.radius.age > 0 {
                    self.estimate_radius(system, keep_going)?;
                }
            } else if !system.admissible(&self.next.y) {
                self.reject(0.5 * h);
                self.estimate_radius(system, keep_going)?;
            } else {
                self.accept(h, error);
                return Ok(());
            }
        }
    }

    /// F, spectral radius and step size at the start.
    fn start(
        &mut self,
        system: &mut impl System,
        end: f64,
        keep_going: KeepGoing,
    ) -> Result<(), RkcError> {
        let t = self.now.t;
        self.evaluate_now(system, keep_going)?;
        // There is nothing before it that it could be refused against.
        system.admissible(&self.now.y);
        self.estimate_radius(system, keep_going)?;
        // The local error of an Euler step of size h is about ½h·|F(y+hF) − F|.
        let radius = self.radius.value * self.options.safety;
        let mut h = (end - t).min(1.0 / radius);
        let [trial, slope, error] = &mut self.stages;
        for ((trial, y), f) in trial.iter_mut().zip(&self.now.y).zip(&self.now.slope) {
            *trial = y + h * f;
        }
        check(t, keep_going)?;
        system.slope(t + h, trial, slope);
        self.cost.evaluations += 1;
        for ((e, f1), f0) in error.iter_mut().zip(&*slope).zip(&self.now.slope) {
            *e = h * (f1 - f0);
        }
        let ratio = system.error_ratio(error, &self.now.y, trial, self.options.tolerance);
        if !ratio.is_finite() {
            h *= MOST_SHRINKAGE * MOST_SHRINKAGE;
        } else if 0.1 * h < (end - t) * ratio.sqrt() {
            h = (0.1 * h / ratio.sqrt()).max(h * 1e-6);
        } else {
            h = end - t;
        }
        self.step = h;
        Ok(())
    }

    fn evaluate_now(
        &mut self,
        system: &mut impl System,
        keep_going: KeepGoing,
    ) -> Result<(), RkcError> {
        let t = self.now.t;
        check(t, keep_going)?;
        system.slope(t, &self.now.y, &mut self.now.slope);
        self.cost.evaluations += 1;
        if self.now.slope.iter().all(|v| v.is_finite()) {
            Ok(())
        } else {
            Err(RkcError::NotFinite { t })
        }
    }

    fn estimate_radius(
        &mut self,
        system: &mut impl System,
        keep_going: KeepGoing,
    ) -> Result<(), RkcError> {
        let [trial, slope, _] = &mut self.stages;
        let (t, cost) = (self.now.t, &mut self.cost);
        let size = system.size(&self.now.y);
        let mut evaluate = |y: &[f64], out: &mut [f64]| {
            check(t, keep_going)?;
            system.slope(t, y, out);
            cost.evaluations += 1;
            cost.radius_evaluations += 1;
            Ok(())
        };
        self.radius.estimate(
            &self.now.y,
            size,
            &self.now.slope,
            trial,
            slope,
            &mut evaluate,
        )?;
        if self.radius.value.is_finite() {
            Ok(())
        } else {
            Err(RkcError::NotFinite { t })
        }
    }

    /// An s-stage step of size h into `next`, F at its end included.
    fn try_step(
        &mut self,
        system: &mut impl System,
        h: f64,
        stages: usize,
        keep_going: KeepGoing,
    ) -> Result<(), RkcError> {
        let coefficients = Stages::new(stages);
        let [before, last, slope] = &mut self.stages;
        let Point { t, y, slope: f } = &self.now;
        let first = coefficients.first_slope();
        before.copy_from_slice(y);
        for ((last, y), f) in last.iter_mut().zip(y).zip(f) {
            *last = y + first * h * f;
        }
        let mut node = first;
        for c in coefficients {
            check(*t, keep_going)?;
            system.slope(t + node * h, last, slope);
            let (slope_factor, initial_factor) = (c.slope * h, c.initial_slope * h);
            let now = y.iter().zip(f);
            let stage = before.iter_mut().zip(&*last).zip(&*slope);
            for (((out, last), slope), (y, f)) in stage.zip(now) {
                *out = c.initial * y
                    + c.previous * last
                    + c.before_previous * *out
                    + slope_factor * slope
                    + initial_factor * f;
            }
            std::mem::swap(before, last);
            node = c.node;
        }
        std::mem::swap(last, &mut self.next.y);
        check(*t, keep_going)?;
        system.slope(self.next.t, &self.next.y, &mut self.next.slope);
        self.cost.evaluations += stages as u64;
        Ok(())
    }

    /// Est = [12(y_n − y_{n+1}) + 6h(F_n + F_{n+1})]/15 over what is allowed.
    fn error_ratio(&mut self, system: &mut impl System, h: f64) -> f64 {
        let [error, ..] = &mut self.stages;
        let (now, next) = (&self.now, &self.next);
        let ends = now.y.iter().zip(&next.y);
        let slopes = now.slope.iter().zip(&next.slope);
        for (error, ((y0, y1), (f0, f1))) in error.iter_mut().zip(ends.zip(slopes)) {
            *error = 0.8 * (y0 - y1) + 0.4 * h * (f0 + f1);
        }
        system.error_ratio(error, &now.y, &next.y, self.options.tolerance)
    }

    fn reject(&mut self, step: f64) {
        self.cost.rejected += 1;
        self.step = step;
        // After a rejection growth is no longer predicted from before it.
        self.last_error = None;
    }

    fn accept(&mut self, h: f64, error: f64) {
        self.cost.accepted += 1;
        self.radius.age += 1;
        let error = error.max(1e-12);
        let mut factor = CAUTION / error.cbrt();
        if let Some((last_error, last_step)) = self.last_error {
            factor *= (last_error / error).cbrt() * (h / last_step);
        }
        self.step = h * factor.clamp(MOST_SHRINKAGE, MOST_GROWTH);
        self.last_error = Some((error, h));
        std::mem::swap(&mut self.before, &mut self.now);
        std::mem::swap(&mut self.now, &mut self.next);
    }
}

fn check(t: f64, keep_going: KeepGoing) -> Result<(), RkcError> {
    match keep_going() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RkcError::Stopped { t }),
    }
}

#[cfg(test)]
mod tests;
