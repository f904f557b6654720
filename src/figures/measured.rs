//! What the curves of a figure came to on the authors' draw and for other seeds:
//! the table in `assets/figures/measured` from which every number on the page and
//! in the window is taken. `grokscope figure ID --measure FILE.csv` writes it.

use super::claim::Draw;
use super::spec::Curve;
use crate::io::{FileError, atomic};
use crate::sim::config::Config;
use crate::sim::metrics::{self, Metric};
use crate::sim::verdict::Criterion;
use crate::training::headless::HeadlessRun;
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the authors' draw in a table; the other draws are seeds.
pub const AUTHORS: &str = "paper";

macro_rules! quantities {
    ($($variant:ident: $name:literal, $meaning:literal;)*) => {
        /// A number that sums up a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Quantity {
            $(#[doc = $meaning] $variant,)*
        }

        impl Quantity {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Name in tables and claims.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

quantities! {
    Fit: "fit", "step from which on the train loss is below its threshold";
    Generalise: "generalise", "step from which on the test loss is below its threshold";
    Delay: "delay", "steps from the fit to the generalisation";
    Ratio: "ratio", "generalisation step over fit step";
    DelayOrZero: "delay_or_zero", "the delay in steps, 0 where it never generalises or comes first";
    HalfFit: "half_fit", "step from which on the train loss is below 50 % of the zero predictor's";
    HalfGeneralise: "half_generalise", "step from which on the test loss is below 50 % of the zero predictor's";
    HalfDelay: "half_delay", "steps between the two at 50 %";
    TrainEnd: "train_end", "train loss at the end over the zero predictor's";
    TestStart: "test_start", "test loss at step 0 over the zero predictor's";
    TestPeak: "test_peak", "highest test loss over the zero predictor's";
    PeakStep: "peak_step", "step of the highest test loss";
    TrainAtPeak: "train_at_peak", "train loss at that step over the zero predictor's";
    TestAtFit: "test_at_fit", "test loss at the fit over the zero predictor's";
    TestEnd: "test_end", "test loss at the end over the zero predictor's";
    Rise: "rise", "highest test loss over that at step 0";
    LazyEnd: "lazy_end", "test loss of the linearised network at the end over the zero predictor's";
    NormGrowth: "norm_growth", "weight norm tr M at the end over that at step 0";
    Movement: "movement", "|w − w₀|/|w₀| at the end";
    FeatureStart: "feature_start", "share of M along the target's directions at step 0";
    FeatureEnd: "feature_end", "share of M along the target's directions at the end";
    AlignmentGrowth: "alignment_growth", "NTK alignment on the test set (column-centred) at the end over that at step 0";
    LinearStart: "linear_start", "linear power at step 0";
    LinearPeak: "linear_peak", "highest linear power";
    LinearEnd: "linear_end", "linear power at the end";
    MisalignmentPeak: "misalignment_peak", "highest misalignment over that at step 0";
    MisalignmentAtFit: "misalignment_at_fit", "share of misalignment in the test loss at the fit";
    Bumps: "bumps", "rises of the train loss between recorded steps";
}

/// The quantities that are computed of others rather than measured.
const DERIVED: [Quantity; 4] = [
    Quantity::Delay,
    Quantity::Ratio,
    Quantity::DelayOrZero,
    Quantity::HalfDelay,
];

/// Those that are missing where the run never got there.
const CROSSINGS: [Quantity; 4] = [
    Quantity::Fit,
    Quantity::Generalise,
    Quantity::HalfFit,
    Quantity::HalfGeneralise,
];

impl Quantity {
    /// The quantity with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|q| q.name() == name)
    }

    /// Those that a table holds.
    pub fn stored() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|q| !DERIVED.contains(q))
    }
}

/// What one curve came to on one draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the curve.
    pub curve: String,
    /// [`AUTHORS`], or a seed.
    pub draw: String,
    /// Engine that trained it.
    pub engine: String,
    /// Outcome class.
    pub outcome: String,
    values: Vec<f64>,
}

impl Row {
    /// With nothing measured.
    pub fn empty(curve: &str, draw: &str) -> Self {
        Self {
            curve: curve.into(),
            draw: draw.into(),
            engine: String::new(),
            outcome: String::new(),
            values: vec![f64::NAN; Quantity::ALL.len()],
        }
    }

    /// Sets a quantity.
    pub fn set(&mut self, quantity: Quantity, value: f64) {
        self.values[quantity as usize] = value;
    }

    /// A quantity; infinite for a step that was never reached, `None` for what was
    /// not measured.
    pub fn get(&self, quantity: Quantity) -> Option<f64> {
        let [fit, generalise, half_fit, half_generalise] = CROSSINGS.map(|q| self.crossing(q));
        let delay = |fit: f64, generalise: f64| {
            if generalise.is_infinite() {
                f64::INFINITY
            } else {
                generalise - fit
            }
        };
        let value = match quantity {
            q if CROSSINGS.contains(&q) => self.crossing(q),
            Quantity::Delay => delay(fit, generalise),
            Quantity::HalfDelay => delay(half_fit, half_generalise),
            Quantity::DelayOrZero => match delay(fit, generalise) {
                delay if delay.is_finite() => delay.max(0.0),
                _ => 0.0,
            },
            Quantity::Ratio if generalise.is_infinite() => f64::INFINITY,
            Quantity::Ratio if fit == 0.0 && generalise == 0.0 => 1.0,
            Quantity::Ratio => generalise / fit,
            q => self.values[q as usize],
        };
        (!value.is_nan()).then_some(value)
    }

    fn crossing(&self, quantity: Quantity) -> f64 {
        match self.values[quantity as usize] {
            step if step.is_nan() => f64::INFINITY,
            step => step,
        }
    }

    /// Of a run.
    pub fn of(curve: &Curve, draw: &str, run: &HeadlessRun) -> Self {
        let mut row = Self::empty(&curve.name, draw);
        let config: &Config = &run.info.config;
        row.engine = config.training.engine.name().into();
        let verdict = &run.finish.verdict;
        row.outcome = verdict.outcome_name().into();
        let [set, half] =
            [Criterion::Configured, Criterion::Half].map(|by| verdict.judged(by).crossings());
        for (quantity, step) in [
            (Quantity::Fit, set.fit),
            (Quantity::Generalise, set.generalise),
            (Quantity::HalfFit, half.fit),
            (Quantity::HalfGeneralise, half.generalise),
        ] {
            row.set(quantity, step.map_or(f64::NAN, |s| s as f64));
        }
        row.losses(run, set.fit);
        row.weights(run);
        row
    }

    fn losses(&mut self, run: &HeadlessRun, fit: Option<u64>) {
        let rows = &run.rows;
        let exact = rows
            .first()
            .is_some_and(|r| r.get(Metric::TestLoss).is_some());
        let [test, lazy] = match exact {
            true => [Metric::TestLoss, Metric::LinTestLoss],
            false => [Metric::SampleTestLoss, Metric::SampleLinTestLoss],
        };
        let (zero, zero_train) = (run.info.zero_test_loss, run.info.zero_train_loss);
        let peak = run.finish.verdict.peak;
        let peak_row = peak.and_then(|p| rows.iter().rev().find(|r| r.step <= p.step));
        let at_fit = fit.and_then(|step| rows.iter().find(|r| r.step >= step));
        let of =
            |row: Option<&metrics::Row>, m: Metric| row.and_then(|r| r.get(m)).unwrap_or(f64::NAN);
        let (start, end) = (first(rows, test), last(rows, test));
        let top = peak.map_or(f64::NAN, |p| p.test_loss).max(start);
        for (quantity, value) in [
            (
                Quantity::TrainEnd,
                last(rows, Metric::TrainLoss) / zero_train,
            ),
            (Quantity::TestStart, start / zero),
            (Quantity::TestPeak, top / zero),
            (Quantity::PeakStep, peak.map_or(f64::NAN, |p| p.step as f64)),
            (
                Quantity::TrainAtPeak,
                of(peak_row, Metric::TrainLoss) / zero_train,
            ),
            (Quantity::TestAtFit, of(at_fit, test) / zero),
            (Quantity::TestEnd, end / zero),
            (Quantity::Rise, top / start),
            (Quantity::LazyEnd, last(rows, lazy) / zero),
            (
                Quantity::MisalignmentAtFit,
                of(at_fit, Metric::MisalignmentError) / of(at_fit, Metric::TestLoss),
            ),
        ] {
            self.set(quantity, value);
        }
        let mut bumps = 0.0;
        let train: Vec<f64> = series(rows, Metric::TrainLoss).collect();
        let mut rising = false;
        for pair in train.windows(2) {
            // A rise that no rounding makes.
            let rises = pair[1] > pair[0] * (1.0 + 1e-3) && pair[1] > 1e-6 * train[0];
            bumps += f64::from(u8::from(rises && !rising));
            rising = rises;
        }
        self.set(Quantity::Bumps, bumps);
    }

    fn weights(&mut self, run: &HeadlessRun) {
        let rows = &run.rows;
        let growth = |m| last(rows, m) / first(rows, m);
        let peak = |m| series(rows, m).fold(f64::NAN, f64::max);
        for (quantity, value) in [
            (Quantity::NormGrowth, growth(Metric::WeightNormSq)),
            (Quantity::Movement, last(rows, Metric::ParamMovement).sqrt()),
            (
                Quantity::FeatureStart,
                first(rows, Metric::FeatureAlignment),
            ),
            (Quantity::FeatureEnd, last(rows, Metric::FeatureAlignment)),
            (
                Quantity::AlignmentGrowth,
                growth(Metric::TestColumnCenteredAlignment),
            ),
            (Quantity::LinearStart, first(rows, Metric::LinearPower)),
            (Quantity::LinearPeak, peak(Metric::LinearPower)),
            (Quantity::LinearEnd, last(rows, Metric::LinearPower)),
            (
                Quantity::MisalignmentPeak,
                peak(Metric::MisalignmentError) / first(rows, Metric::MisalignmentError),
            ),
        ] {
            self.set(quantity, value);
        }
    }
}

fn series(rows: &[metrics::Row], metric: Metric) -> impl Iterator<Item = f64> + '_ {
    rows.iter().filter_map(move |r| r.get(metric))
}

fn first(rows: &[metrics::Row], metric: Metric) -> f64 {
    series(rows, metric).next().unwrap_or(f64::NAN)
}

fn last(rows: &[metrics::Row], metric: Metric) -> f64 {
    series(rows, metric).last().unwrap_or(f64::NAN)
}

/// A figure's table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    rows: Vec<Row>,
}

impl Measured {
    /// Of these rows.
    pub fn new(rows: Vec<Row>) -> Self {
        Self { rows }
    }

    /// Every row.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What a curve came to on a draw.
    pub fn row(&self, curve: &str, draw: &str) -> Option<&Row> {
        self.rows
            .iter()
            .find(|r| r.curve == curve && r.draw == draw)
    }

    /// What a curve came to for the seeds that are not the authors' draw.
    pub fn others<'a>(&'a self, curve: &'a str) -> impl Iterator<Item = &'a Row> {
        let of_curve = self.rows.iter().filter(move |r| r.curve == curve);
        of_curve.filter(|r| r.draw != AUTHORS)
    }

    /// The curves of each draw: the authors' and every seed.
    pub fn draws(&self) -> BTreeMap<&str, Draw<'_>> {
        let mut draws: BTreeMap<&str, Draw<'_>> = BTreeMap::new();
        for row in &self.rows {
            let draw = draws.entry(row.draw.as_str()).or_default();
            draw.insert(row.curve.as_str(), row);
        }
        draws
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Names the line.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| e.to_string())?.clone();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| e.to_string())?;
            let mut row = Row::empty("", "");
            for (name, value) in header.iter().zip(&record) {
                let text = || value.to_owned();
                match name {
                    "curve" => row.curve = text(),
                    "draw" => row.draw = text(),
                    "engine" => row.engine = text(),
                    "outcome" => row.outcome = text(),
                    _ => {
                        let quantity = Quantity::by_name(name)
                            .ok_or_else(|| format!("no quantity is called {name}"))?;
                        let number = match value {
                            "" => f64::NAN,
                            value => value.parse().map_err(|e| format!("{name}: {e}"))?,
                        };
                        row.set(quantity, number);
                    }
                }
            }
            rows.push(row);
        }
        Ok(Self { rows })
    }

    /// Writes the table, numbers to four digits and steps whole.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        atomic::write_with(path, |w| {
            let mut table = csv::Writer::from_writer(w);
            let head = ["curve", "draw", "engine", "outcome"].into_iter();
            let names = head.chain(Quantity::stored().map(Quantity::name));
            table.write_record(names).map_err(std::io::Error::other)?;
            for row in &self.rows {
                let words = [&row.curve, &row.draw, &row.engine, &row.outcome];
                let numbers = Quantity::stored().map(|q| cell(row.values[q as usize]));
                let cells = words.into_iter().cloned().chain(numbers);
                table.write_record(cells).map_err(std::io::Error::other)?;
            }
            table.flush()
        })
    }
}

fn cell(value: f64) -> String {
    match value {
        v if !v.is_finite() => String::new(),
        v if v == v.round() && v.abs() < 1e9 => format!("{v:.0}"),
        // Four digits, without a row of zeros.
        v => format!("{:.3e}", v)
            .parse::<f64>()
            .map_or_else(|_| String::new(), |v| v.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let mut row = Row::empty("a", "7");
        row.engine = "flow".into();
        row.outcome = "groks".into();
        row.set(Quantity::Fit, 12_345.0);
        row.set(Quantity::TestEnd, 0.012_345_6);
        row.set(Quantity::LinearEnd, 1.234_567e-9);
        let file = tempfile::NamedTempFile::new().unwrap();
        Measured::new(vec![row.clone()]).write(file.path()).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let read = Measured::read(&text).unwrap();
        let back = read.row("a", "7").unwrap();
        assert_eq!(back.get(Quantity::Fit), Some(12_345.0));
        assert_eq!(back.get(Quantity::TestEnd), Some(0.012_35));
        assert_eq!(back.get(Quantity::LinearEnd), Some(1.235e-9));
        assert_eq!(back.get(Quantity::Generalise), Some(f64::INFINITY));
        assert_eq!(back.get(Quantity::TestPeak), None);
        assert_eq!(back.get(Quantity::DelayOrZero), Some(0.0));
        assert!(Measured::read("curve,fat\na,1\n").is_err());
    }
}
