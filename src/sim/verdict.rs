//! All that there is to say about how a run went or stands: one value, from which
//! every sentence, marker, table and file is made.

use super::checkpoint::{Mismatch, Reader, Writer};
use super::outcome::{Crossings, Outcome, Thresholds};

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

    fn save(&self, to: &mut Writer) {
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

    fn restored(from: &mut Reader) -> Result<Self, Mismatch> {
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

/// Whether gradient descent follows the flow or is too coarse for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stability {
    /// How often η₀λ_max(K)/P was looked at, at log-spaced steps.
    pub looks: u32,
    /// How often it was 1 or more.
    pub unstable: u32,
    /// The first step at which it was.
    pub unstable_from: Option<u64>,
    /// The largest value seen; 0 before the first.
    pub largest: f64,
    /// Steps in which the train loss rose, without decay and momentum, which may
    /// make it rise.
    pub rises: u64,
    /// The first of them.
    pub first_rise: Option<u64>,
}

impl Stability {
    /// Takes in one look.
    pub fn look(&mut self, step: u64, value: f64) {
        self.looks += 1;
        self.largest = self.largest.max(value);
        if value >= 1.0 {
            self.unstable += 1;
            self.unstable_from.get_or_insert(step);
        }
    }

    /// A step in which the train loss rose.
    pub fn rise(&mut self, step: u64) {
        self.rises += 1;
        self.first_rise.get_or_insert(step);
    }

    /// Whether a run of so many steps is to be warned about: the curvature was too
    /// large for η₀ at some look, or the loss rose in more than a thousandth of the
    /// steps and more than twice.
    pub fn is_unstable(&self, steps: u64) -> bool {
        self.unstable > 0 || self.rises > (steps / 1000).max(2)
    }
}

/// The highest test loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Step.
    pub step: u64,
    /// Test loss there.
    pub test_loss: f64,
}

/// By what a run is judged first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// The losses against their thresholds.
    #[default]
    Loss,
    /// The accuracies against their level.
    Accuracy,
}

/// Whether a run has ended, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It has not.
    #[default]
    Running,
    /// At its horizon.
    Finished,
    /// Before its horizon, because it was told to.
    Stopped,
    /// The loss exploded.
    Diverged,
    /// The flow could not be integrated any further.
    Failed,
}

impl Status {
    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }
}

/// What a run came to, or where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it has ended.
    pub status: Status,
    /// Step reached.
    pub step: u64,
    /// Last step asked for.
    pub horizon: u64,
    /// How many times later than the fit the generalisation must come to be
    /// called grokking.
    pub min_ratio: f64,
    /// Thresholds of the settings.
    pub thresholds: Thresholds,
    /// By what it is judged first.
    pub judge: Judge,
    /// By the losses, in the order of [`Criterion::ALL`].
    pub by_loss: [Judged; 3],
    /// By the accuracies, where they were followed.
    pub by_accuracy: Option<Judged>,
    /// Train loss at the step reached.
    pub train_loss: f64,
    /// Test loss there, exact or else the sample's, where there is one.
    pub test_loss: Option<f64>,
    /// The zero predictor's train loss.
    pub zero_train_loss: f64,
    /// The zero predictor's test loss, where it is known.
    pub zero_test_loss: Option<f64>,
    /// The highest test loss of all steps.
    pub peak: Option<Peak>,
    /// Whether descent was stable.
    pub stability: Stability,
    /// Step at which the run was seen to diverge, and the largest η₀ that would
    /// have been stable.
    pub diverged: Option<(u64, f64)>,
}

impl Verdict {
    /// Of a run at step 0 that has not been looked at.
    pub fn begun(
        thresholds: Thresholds,
        min_ratio: f64,
        horizon: u64,
        zero_train_loss: f64,
        zero_test_loss: Option<f64>,
    ) -> Self {
        Self {
            status: Status::Running,
            step: 0,
            horizon,
            min_ratio,
            thresholds,
            judge: Judge::Loss,
            by_loss: Default::default(),
            by_accuracy: None,
            train_loss: zero_train_loss,
            test_loss: zero_test_loss,
            zero_train_loss,
            zero_test_loss,
            peak: None,
            stability: Stability::default(),
            diverged: None,
        }
    }

    /// The same at a later step, with these crossings of the thresholds of the
    /// settings.
    pub fn crossed(mut self, status: Status, step: u64, crossings: Crossings) -> Self {
        (self.status, self.step) = (status, step);
        match self.judge {
            Judge::Loss => self.by_loss[0] = crossings.into(),
            Judge::Accuracy => self.by_accuracy = Some(crossings.into()),
        }
        self
    }

    /// By one criterion; that of the settings is on the accuracies where the run is
    /// judged by them.
    pub fn judged(&self, by: Criterion) -> Judged {
        match (by, self.judge, self.by_accuracy) {
            (Criterion::Configured, Judge::Accuracy, Some(judged)) => judged,
            _ => self.by_loss[by as usize],
        }
    }

    /// The steps from which on the run meets what it is judged by.
    pub fn crossings(&self) -> Crossings {
        self.judged(Criterion::Configured).crossings()
    }

    /// Whether there is a test loss to judge by.
    pub fn has_test(&self) -> bool {
        self.test_loss.is_some()
    }

    /// Whether all labels are zero, so that there is nothing to learn.
    pub fn zero_labels(&self) -> bool {
        self.zero_train_loss == 0.0
    }

    /// Whether predicting zero already meets the thresholds.
    pub fn is_trivial(&self) -> bool {
        let test = self.zero_test_loss.unwrap_or(f64::INFINITY);
        self.judge == Judge::Loss
            && !self.zero_labels()
            && (self.thresholds.train > self.zero_train_loss || self.thresholds.test > test)
    }

    /// Whether descent was too coarse.
    pub fn is_unstable(&self) -> bool {
        self.stability.is_unstable(self.step)
    }

    /// Outcome by what it is judged by; final once the run has finished.
    pub fn outcome(&self) -> Outcome {
        self.outcome_of(self.judged(Criterion::Configured))
    }

    /// Outcome by the accuracies, where they were followed.
    pub fn accuracy_outcome(&self) -> Option<Outcome> {
        self.by_accuracy.map(|judged| self.outcome_of(judged))
    }

    fn outcome_of(&self, judged: Judged) -> Outcome {
        if let Some((step, stable_learning_rate)) = self.diverged {
            return Outcome::Diverged {
                step,
                stable_learning_rate,
            };
        }
        if self.zero_labels() {
            return Outcome::NotJudged;
        }
        match Outcome::classify(judged.crossings(), self.min_ratio) {
            Outcome::NeverGeneralises if !self.has_test() => Outcome::NotJudged,
            outcome => outcome,
        }
    }

    /// Name of the outcome in files. What a run that has not reached its horizon
    /// has not done it may still do.
    pub fn outcome_name(&self) -> &'static str {
        self.name_of(self.outcome())
    }

    /// The same by the accuracies.
    pub fn accuracy_outcome_name(&self) -> Option<&'static str> {
        self.accuracy_outcome().map(|outcome| self.name_of(outcome))
    }

    fn name_of(&self, outcome: Outcome) -> &'static str {
        match (self.status, outcome) {
            (Status::Running | Status::Stopped | Status::Failed, Outcome::NeverFits) => {
                "has_not_fitted"
            }
            (Status::Running | Status::Stopped | Status::Failed, Outcome::NeverGeneralises) => {
                "has_not_generalised"
            }
            (_, outcome) => outcome.name(),
        }
    }

    /// As it stands where the run is told to stop.
    pub fn stopped(mut self) -> Self {
        if self.status == Status::Running {
            self.status = Status::Stopped;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossing(met: &[(u64, bool)]) -> Crossing {
        let mut crossing = Crossing::default();
        met.iter()
            .for_each(|&(step, met)| crossing.observe(step, met));
        crossing
    }

    #[test]
    fn a_crossing_that_holds_is_the_first() {
        let c = crossing(&[(0, false), (5, true), (9, true)]);
        assert_eq!((c.step(), c.first(), c.lost()), (Some(5), Some(5), None));
        let mut words = Writer::new();
        c.save(&mut words);
        let words = words.into_words();
        assert_eq!(Crossing::restored(&mut Reader::new(&words)), Ok(c));
    }

    #[test]
    fn a_loss_that_swings_about_its_threshold_never_meets_it() {
        let swinging: Vec<(u64, bool)> = (0..1001).map(|t| (t, t >= 5 && t % 3 == 0)).collect();
        for end in 20..swinging.len() {
            let c = crossing(&swinging[..end]);
            assert_eq!(
                (c.step(), c.first(), c.lost()),
                (None, Some(6), Some(7)),
                "{end}"
            );
        }
    }

    #[test]
    fn a_crossing_lost_for_a_moment_counts_again_once_it_has_held_as_long() {
        let steps = [(100, true), (110, false), (120, true), (139, true)];
        assert_eq!(crossing(&steps).step(), None);
        let c = crossing(&[steps.as_slice(), &[(140, true)]].concat());
        assert_eq!((c.step(), c.losses()), (Some(120), 1));
        assert_eq!(
            [99, 105, 115, 130].map(|step| c.as_of(step)),
            [None, Some(100), None, Some(120)]
        );
    }

    #[test]
    fn a_crossing_between_two_looks_is_taken_over_once() {
        let mut c = crossing(&[(0, false)]);
        c.cross(7);
        c.observe(10, true);
        c.cross(7);
        assert_eq!(c.step(), Some(7));
        // Lost and met again between two looks.
        c.cross(12);
        c.observe(20, true);
        assert_eq!((c.step(), c.losses()), (Some(12), 1));
    }

    fn verdict() -> Verdict {
        let thresholds = Thresholds {
            train: 0.1,
            test: 0.1,
        };
        Verdict::begun(thresholds, 2.0, 100, 1.0, Some(1.0))
    }

    #[test]
    fn only_a_finished_run_never_does_anything() {
        let mut v = verdict();
        for (status, name) in [
            (Status::Running, "has_not_fitted"),
            (Status::Stopped, "has_not_fitted"),
            (Status::Failed, "has_not_fitted"),
            (Status::Finished, "never_fits"),
        ] {
            v.status = status;
            assert_eq!(v.outcome_name(), name);
        }
    }

    #[test]
    fn what_cannot_be_judged_is_not() {
        let mut v = verdict();
        v.status = Status::Finished;
        v.by_loss[0].fit = Crossing::at(5);
        assert_eq!(v.outcome(), Outcome::NeverGeneralises);
        v.test_loss = None;
        assert_eq!(v.outcome(), Outcome::NotJudged);
        let mut zero = verdict();
        zero.zero_train_loss = 0.0;
        assert_eq!(zero.outcome(), Outcome::NotJudged);
    }
}
