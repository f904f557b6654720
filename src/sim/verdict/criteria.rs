//! Losses and accuracies against their thresholds: the criteria by which a run is
//! judged.

use crate::sim::checkpoint::{Mismatch, Reader, Writer};
use crate::sim::outcome::{Crossings, Thresholds};

/// One loss (or accuracy) against one threshold, watched at every step.
///
/// A crossing counts as long as it holds. Where it was lost, a later one counts
/// once it has held for at least as long as the first one lies before it: a loss
/// that swings about its threshold never meets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossing {
    first: Option<u64>,
    since: Option<u64>,
    lost: Option<u64>,
    losses: u64,
    now: u64,
}

impl Crossing {
    /// Met at this step and held ever since.
    pub fn at(step: u64) -> Self {
        Self {
            first: Some(step),
            since: Some(step),
            now: step,
            ..Self::default()
        }
    }

    /// Looks at one step.
    pub fn observe(&mut self, step: u64, met: bool) {
        match (met, self.since) {
            (true, None) => {
                self.since = Some(step);
                self.first.get_or_insert(step);
            }
            (false, Some(_)) => {
                self.since = None;
                self.lost.get_or_insert(step);
                self.losses += 1;
            }
            _ => {}
        }
        self.now = step;
    }

    /// Met at a step after the last one looked at, which was not looked at itself.
    pub fn cross(&mut self, step: u64) {
        if self.since.is_some() && step > self.now {
            self.observe(step, false);
        }
        if self.since.is_none() {
            self.observe(step, true);
        }
    }

    /// The step from which on the threshold is met, where that holds.
    pub fn step(&self) -> Option<u64> {
        let (first, since) = (self.first?, self.since?);
        (since - first <= self.now - since).then_some(since)
    }

    /// The step from which on it was met as seen from an earlier step.
    pub fn as_of(&self, step: u64) -> Option<u64> {
        let met_once = self.first.filter(|&t| t <= step);
        let before_loss = self.lost.is_none_or(|lost| step < lost);
        match met_once {
            Some(first) if before_loss => Some(first),
            _ => self.step().filter(|&t| t <= step),
        }
    }

    /// Whether it is not met at the last step looked at.
    pub fn needs(&self) -> bool {
        self.since.is_none()
    }

    /// The first step at which it was met, held or not.
    pub fn first(&self) -> Option<u64> {
        self.first
    }

    /// The step at which it was first lost again, where it does not hold.
    pub fn lost(&self) -> Option<u64> {
        self.lost.filter(|_| self.step().is_none())
    }

    /// How often it was lost.
    pub fn losses(&self) -> u64 {
        self.losses
    }

    pub(super) fn save(&self, to: &mut Writer) {
        let Self {
            first,
            since,
            lost,
            losses,
            now,
        } = *self;
        for step in [first, since, lost] {
            to.optional_count(step);
        }
        to.count(losses);
        to.count(now);
    }

    pub(super) fn restored(from: &mut Reader) -> Result<Self, Mismatch> {
        Ok(Self {
            first: from.optional_count()?,
            since: from.optional_count()?,
            lost: from.optional_count()?,
            losses: from.count()?,
            now: from.count()?,
        })
    }
}

/// When a run fits and when it generalises, by one criterion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Train set.
    pub fit: Crossing,
    /// Test loss, or test points.
    pub generalise: Crossing,
}

impl Judged {
    /// Looks at the losses of one step.
    pub fn observe(&mut self, at: Thresholds, step: u64, train: f64, test: Option<f64>) {
        self.fit.observe(step, train < at.train);
        if let Some(test) = test {
            self.generalise.observe(step, test < at.test);
        }
    }

    /// Takes over crossings between the steps looked at.
    pub fn cross(&mut self, found: Crossings) {
        if let Some(step) = found.fit {
            self.fit.cross(step);
        }
        if let Some(step) = found.generalise {
            self.generalise.cross(step);
        }
    }

    /// The steps from which on the thresholds are met.
    pub fn crossings(&self) -> Crossings {
        Crossings {
            fit: self.fit.step(),
            generalise: self.generalise.step(),
        }
    }

    /// The same as seen from an earlier step.
    pub fn as_of(&self, step: u64) -> Crossings {
        Crossings {
            fit: self.fit.as_of(step),
            generalise: self.generalise.as_of(step),
        }
    }
}

impl Judged {
    /// Writes down what was seen.
    pub fn save(&self, to: &mut Writer) {
        self.fit.save(to);
        self.generalise.save(to);
    }

    /// What was written down.
    ///
    /// # Errors
    /// Something else was.
    pub fn restored(from: &mut Reader) -> Result<Self, Mismatch> {
        Ok(Self {
            fit: Crossing::restored(from)?,
            generalise: Crossing::restored(from)?,
        })
    }
}

impl From<Crossings> for Judged {
    fn from(crossings: Crossings) -> Self {
        let at = |step: Option<u64>| step.map(Crossing::at).unwrap_or_default();
        Self {
            fit: at(crossings.fit),
            generalise: at(crossings.generalise),
        }
    }
}

/// A criterion on the losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// The threshold of the settings.
    Configured,
    /// 10 % of the zero predictor's loss.
    Tenth,
    /// 50 % of it.
    Half,
}

impl Criterion {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Configured, Self::Tenth, Self::Half];

    /// What follows the names of measures in files.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Configured => "",
            Self::Tenth => "_at_10_percent",
            Self::Half => "_at_50_percent",
        }
    }
}

/// The losses against the thresholds of every [`Criterion`], step by step.
#[derive(Clone, Copy, Debug)]
pub struct Criteria {
    thresholds: [Thresholds; 3],
    judged: [Judged; 3],
}

/// The thresholds of the fixed criteria: 10 % and 50 % of the zero predictor's loss.
pub fn fixed_thresholds(zero_train_loss: f64, zero_test_loss: f64) -> [Thresholds; 2] {
    [0.1, 0.5].map(|share| Thresholds {
        train: share * zero_train_loss,
        test: share * zero_test_loss,
    })
}

impl Criteria {
    /// Nothing seen yet.
    pub fn new(configured: Thresholds, zero_train_loss: f64, zero_test_loss: f64) -> Self {
        let [tenth, half] = fixed_thresholds(zero_train_loss, zero_test_loss);
        Self {
            thresholds: [configured, tenth, half],
            judged: Default::default(),
        }
    }

    /// Looks at the losses of one step.
    pub fn observe(&mut self, step: u64, train: f64, test: Option<f64>) {
        for (judged, at) in self.judged.iter_mut().zip(self.thresholds) {
            judged.observe(at, step, train, test);
        }
    }

    /// Takes over crossings found between the steps looked at, in the order of
    /// [`Criterion::ALL`].
    pub fn cross(&mut self, found: [Crossings; 3]) {
        for (judged, found) in self.judged.iter_mut().zip(found) {
            judged.cross(found);
        }
    }

    /// The thresholds of the settings.
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds[0]
    }

    /// By the order of [`Criterion::ALL`].
    pub fn judged(&self) -> [Judged; 3] {
        self.judged
    }

    /// Whether every threshold is met by both losses.
    pub fn are_complete(&self) -> bool {
        self.judged.iter().all(|j| {
            let Crossings { fit, generalise } = j.crossings();
            fit.is_some() && generalise.is_some()
        })
    }

    /// Writes down what was seen.
    pub fn save(&self, to: &mut Writer) {
        self.judged.iter().for_each(|judged| judged.save(to));
    }

    /// Has seen what was written down.
    ///
    /// # Errors
    /// Something else was.
    pub fn restore(&mut self, from: &mut Reader) -> Result<(), Mismatch> {
        for judged in &mut self.judged {
            *judged = Judged::restored(from)?;
        }
        Ok(())
    }
}
