//! Recorded runs: what is kept, what is said about it, and how it is decimated.

use grokscope::history::{
    Run,
    decimate::{LOG_STEP_ZERO, decimate, log_step, segments, simplify},
};
use grokscope::sim::{
    committee::moments::MomentState,
    config::{Config, MAX_RECORDED_STEPS},
    metrics::{Metric, Row},
    outcome::{Crossings, Thresholds},
    schedule::Schedule,
    verdict::{Crossing, Peak, Status, Verdict},
};
use grokscope::training::protocol::{Event, Finish, Phase, RecentStep, RunId, RunInfo, Snapshot};
use proptest::prelude::*;
use std::sync::Arc;

const RUN: RunId = RunId(7);

fn row(step: u64, train: f64, test: f64) -> Row {
    let mut row = Row::new(step);
    row.set(Metric::TrainLoss, train);
    row.set(Metric::TestLoss, test);
    row
}

fn started(steps: u64) -> Run {
    let mut config = Config::default();
    config.training.steps = steps;
    let mut run = Run::new(RUN, config.clone());
    let info = RunInfo {
        columns: grokscope::sim::committee::model::COLUMNS,
        judge: Default::default(),
        config: config.check().expect("a valid config"),
        thresholds: Thresholds {
            train: 0.1,
            test: 0.1,
        },
        zero_train_loss: 1.0,
        zero_test_loss: 1.0,
        learning_curve: None,
        escape: None,
        note: None,
    };
    run.handle(&Event::Started {
        run: RUN,
        info: Box::new(info),
    });
    run
}

fn rows(run: &mut Run, rows: Vec<Row>) {
    assert!(run.handle(&Event::Rows { run: RUN, rows }));
}

fn verdict() -> Verdict {
    let thresholds = Thresholds {
        train: 0.1,
        test: 0.1,
    };
    let mut verdict = Verdict::begun(thresholds, 2.0, 1_000_000, 1.0, Some(1.0));
    (verdict.train_loss, verdict.test_loss) = (0.3, Some(0.43));
    verdict
}

fn finish(run: &mut Run, verdict: Verdict) {
    run.handle(&Event::Finished {
        run: RUN,
        finish: Finish {
            step: verdict.step,
            verdict: Box::new(verdict),
            training_seconds: 1.0,
            measuring_seconds: 0.25,
            preparing_seconds: 0.125,
            changed_live: false,
        },
    });
}

fn snapshot(step: u64, phase: Phase, crossings: Crossings, recent: Vec<RecentStep>) -> Snapshot {
    let state = Arc::new(MomentState {
        mean: ndarray::Array1::zeros(1),
        factor: ndarray::Array2::zeros((1, 1)),
    });
    Snapshot {
        run: RUN,
        phase,
        step,
        horizon: 1_000_000,
        steps_per_second: 5.0,
        attempt: 0,
        verdict: verdict().crossed(Status::Running, step, crossings),
        recent,
        weights: state.clone(),
        initial: state,
        keyframes: Default::default(),
    }
}

#[test]
fn a_run_of_a_hundred_million_steps_stays_under_50_mib() {
    let horizon = 100_000_000;
    let mut config = Config::default();
    config.training.steps = horizon;
    config.record.points_per_decade = 1_000;
    let schedule = Schedule::new(&config.record);
    let mut run = Run::new(RUN, config.clone());
    let mut step = Some(0);
    while let Some(at) = step.filter(|&s| s <= horizon) {
        rows(&mut run, vec![row(at, 1.0, 1.0)]);
        step = schedule.next_after(at);
    }
    assert!(run.rows().len() > 5_000);
    assert!(run.bytes() < 4 << 20, "{} bytes", run.bytes());

    // The longest list that a config may ask for, arriving in small batches.
    config.record.steps = (0..MAX_RECORDED_STEPS as u64).map(|i| i * 500).collect();
    let mut run = Run::new(RUN, config.clone());
    for batch in config.record.steps.chunks(37) {
        rows(&mut run, batch.iter().map(|&s| row(s, 1.0, 1.0)).collect());
    }
    let recent = (0..1_000_000)
        .map(|step| RecentStep {
            step,
            train_loss: 1.0,
            test_loss: 1.0,
        })
        .collect();
    run.observe(&snapshot(
        horizon,
        Phase::Running,
        Crossings::default(),
        recent,
    ));
    assert_eq!(run.rows().len(), MAX_RECORDED_STEPS);
    assert!(
        run.bytes() < 50 << 20,
        "{:.1} MiB",
        run.bytes() as f64 / f64::from(1 << 20)
    );
}

#[test]
fn every_row_is_kept_and_a_series_leaves_out_what_is_not_finite() {
    let mut run = started(100);
    rows(&mut run, vec![row(0, 1.0, 1.5), row(1, f64::INFINITY, 1.7)]);
    rows(&mut run, vec![row(2, 0.5, f64::NAN), row(3, 0.25, 1.2)]);
    assert_eq!(run.rows().len(), 4);
    let train: Vec<_> = run.series(Metric::TrainLoss).collect();
    assert_eq!(train, [(0, 1.0), (2, 0.5), (3, 0.25)]);
    let test: Vec<_> = run.series(Metric::TestLoss).collect();
    assert_eq!(test, [(0, 1.5), (1, 1.7), (3, 1.2)]);
    assert_eq!(run.last(Metric::Alignment), None);
}

#[test]
fn events_and_snapshots_of_other_runs_change_nothing() {
    let mut run = started(100);
    let stranger = Event::Rows {
        run: RunId(8),
        rows: vec![row(0, 1.0, 1.0)],
    };
    assert!(!run.handle(&stranger));
    let mut other = snapshot(50, Phase::Paused, Crossings::default(), vec![]);
    other.run = RunId(6);
    assert!(!run.observe(&other));
    assert!(run.rows().is_empty());
    assert_eq!((run.step(), run.phase()), (0, Phase::Running));
}

#[test]
fn a_lowered_learning_rate_voids_the_earlier_rows_and_is_said() {
    let mut run = started(100);
    rows(&mut run, vec![row(0, 1.0, 1.0), row(1, 9.0, 9.0)]);
    for (from, to) in [(1.0, 0.5), (0.5, 0.31)] {
        run.handle(&Event::LearningRateLowered {
            run: RUN,
            from,
            to,
            diverged_at: 1_312,
        });
    }
    // A late word from the attempt that diverged.
    let mut late = snapshot(1, Phase::Running, Crossings::default(), vec![]);
    late.verdict.peak = Some(Peak {
        step: 1,
        test_loss: 9.0,
    });
    assert!(!run.observe(&late));
    assert!(run.rows().is_empty() && run.peak().is_none());
    late.attempt = 2;
    assert!(run.observe(&late));
    assert_eq!(run.peak(), late.verdict.peak);
    assert_eq!(
        run.lowered_sentence().as_deref(),
        Some("η₀ lowered to 0.31: 1 was asked for, which diverges at step 1,312")
    );
}

#[test]
fn a_raised_horizon_reopens_a_finished_run_but_a_late_snapshot_does_not() {
    let mut run = started(100);
    rows(&mut run, vec![row(0, 1.0, 1.0), row(100, 0.05, 0.9)]);
    let fitted = Crossings {
        fit: Some(60),
        generalise: None,
    };
    finish(&mut run, verdict().crossed(Status::Finished, 100, fitted));
    run.observe(&snapshot(90, Phase::Running, Crossings::default(), vec![]));
    assert_eq!(run.phase(), Phase::Done);
    assert_eq!(run.crossings().fit, Some(60));

    run.observe(&snapshot(150, Phase::Running, fitted, vec![]));
    assert_eq!((run.phase(), run.outcome()), (Phase::Running, None));
    assert_eq!(
        run.outcome_sentence(),
        "fits at 60; has not generalised yet"
    );
}

#[test]
fn the_outcome_is_one_sentence_from_the_numbers() {
    let said = |status, step, fit, generalise| {
        let mut run = started(1_000_000);
        rows(&mut run, vec![row(0, 1.0, 1.0), row(1_000_000, 0.3, 0.43)]);
        let crossings = Crossings { fit, generalise };
        finish(&mut run, verdict().crossed(status, step, crossings));
        run.outcome_sentence()
    };
    let done = |fit, generalise| said(Status::Finished, 1_000_000, fit, generalise);
    assert_eq!(
        done(Some(641), Some(29_264)),
        "groks: fits at 641, generalises at 29,264, 46× later"
    );
    assert_eq!(
        done(Some(582), Some(885)),
        "generalises at once: fits at 582, generalises at 885, 1.5× later"
    );
    assert_eq!(
        done(Some(885), Some(582)),
        "generalises at once: fits at 885, generalises at 582, 303 steps earlier"
    );
    assert_eq!(
        done(Some(1_190), None),
        "has not generalised by step 10⁶ (the horizon): fits at 1,190, test at 43 % of the zero predictor"
    );
    assert_eq!(
        done(None, None),
        "has not fitted by step 10⁶ (the horizon): train at 30 % of the zero predictor"
    );
    assert_eq!(
        said(Status::Stopped, 12_000, Some(1_190), None),
        "stopped at 12,000 of 10⁶: fits at 1,190; has not generalised yet"
    );
    let told = |change: &dyn Fn(&mut Verdict)| {
        let mut verdict = verdict().crossed(Status::Finished, 1_000, Crossings::default());
        change(&mut verdict);
        verdict.sentence()
    };
    let diverged = |stable| {
        told(&move |v| {
            (v.status, v.diverged) = (Status::Diverged, Some((1_312, stable)));
        })
    };
    assert_eq!(diverged(0.628), "diverged at step 1,312; try η₀ ≤ 0.62");
    assert_eq!(
        diverged(f64::NAN),
        "diverged at step 1,312; try a smaller η₀"
    );
    let lost = told(&|v| {
        for (step, met) in [(5, true), (9, false), (1_000, false)] {
            v.by_loss[0].fit.observe(step, met);
        }
    });
    assert_eq!(
        lost,
        "has not fitted by step 1,000 (the horizon): train loss met θ at 5 and lost it again at 9"
    );
    assert_eq!(
        told(&|v| v.zero_train_loss = 0.0),
        "not judged: all labels are zero, so that there is nothing to learn"
    );
    let unstable = told(&|v| {
        v.by_loss[0].fit = Crossing::at(40);
        (v.test_loss, v.zero_test_loss) = (None, None);
        v.stability.look(10, 0.9);
        v.stability.look(17, 1.2);
    });
    assert_eq!(
        unstable,
        "fits at 40; there is no test loss to judge by; descent is unstable: η₀λ_max(K)/P ≥ 1 at 1 of 2 looks, first at step 17"
    );
    assert_eq!(started(100).outcome_sentence(), "");
    let mut failed = started(100);
    failed.handle(&Event::Failed {
        run: RUN,
        message: "the worker ran out of memory".into(),
    });
    assert_eq!(
        failed.outcome_sentence(),
        "failed: the worker ran out of memory"
    );
}

#[test]
fn the_row_nearest_in_log_time_is_found_from_step_0_to_the_end() {
    let mut run = started(1_000);
    let recorded = [0u64, 1, 2, 10, 100, 1_000];
    rows(
        &mut run,
        recorded.iter().map(|&s| row(s, 1.0, 1.0)).collect(),
    );
    for (asked, found) in [
        (0.0, 0),
        (0.6, 0),
        (0.9, 1),
        (4.0, 2),
        (5.0, 10),
        (31.0, 10),
        (32.0, 100),
        (1e9, 1_000),
    ] {
        let step = run.nearest_row(asked).map(|r| r.step);
        assert_eq!(step, Some(found), "{asked}");
    }
    assert!(Run::new(RUN, Config::default()).nearest_row(1.0).is_none());
}

#[test]
fn step_0_is_drawn_left_of_step_1() {
    assert_eq!(log_step(0), LOG_STEP_ZERO);
    assert!(log_step(0) < log_step(1));
    assert_eq!(log_step(1_000), 3.0);
}

#[test]
fn a_gap_between_columns_survives_as_a_gap() {
    let mut points: Vec<[f64; 2]> = (0..1_000).map(|i| [f64::from(i), 1.0]).collect();
    for point in &mut points[400..600] {
        point[1] = f64::NAN;
    }
    let drawn = decimate(&points, 0.0..=999.0, 50);
    let stretches: Vec<_> = segments(&drawn).collect();
    assert_eq!(stretches.len(), 2);
    assert_eq!(stretches[0].last(), Some(&[399.0, 1.0]));
    assert_eq!(stretches[1].first(), Some(&[600.0, 1.0]));
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -1e3..1e3,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
    ]
}

proptest! {
    #[test]
    fn decimation_keeps_ends_extremes_and_order_in_a_few_points_per_column(
        steps in prop::collection::vec((0u64..50, value()), 1..2_000),
        columns in 1usize..200,
        low in -1.0..3.0,
        width in 0.1..6.0,
    ) {
        let mut step = 0;
        let points: Vec<[f64; 2]> = steps
            .iter()
            .map(|&(gap, y)| {
                step += gap;
                [log_step(step), y]
            })
            .collect();
        let drawn = decimate(&points, low..=low + width, columns);
        prop_assert!(drawn.len() <= 6 * (columns + 2));
        prop_assert!(drawn.windows(2).all(|w| w[0][0] <= w[1][0]));

        // Each drawn point is a stored one, in the stored order.
        let mut stored = points.iter();
        for point in &drawn {
            let found = stored.any(|p| p[0] == point[0] && p[1].to_bits() == point[1].to_bits());
            prop_assert!(found);
        }
        let finite = |points: &[[f64; 2]]| -> Vec<[f64; 2]> {
            points.iter().copied().filter(|p| p[1].is_finite()).collect()
        };
        let (all, kept) = (finite(&points), finite(&drawn));
        prop_assert_eq!(all.first(), kept.first());
        prop_assert_eq!(all.last(), kept.last());
        let extremes = |points: &[[f64; 2]]| {
            points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), p| {
                (lo.min(p[1]), hi.max(p[1]))
            })
        };
        prop_assert_eq!(extremes(&all), extremes(&kept));
        // A gap is never closed up, and none appears.
        prop_assert_eq!(points.len() == all.len(), drawn.len() == kept.len());
    }
}

fn interpolated(points: &[[f64; 2]], x: f64) -> f64 {
    let after = points.partition_point(|p| p[0] < x);
    let (a, b) = (points[after.saturating_sub(1)], points[after]);
    if b[0] > a[0] {
        a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0])
    } else {
        b[1]
    }
}

proptest! {
    #[test]
    fn a_simplified_curve_passes_every_point_within_the_tolerance(
        values in prop::collection::vec(-1.0..1.0f64, 1..300),
        tolerance in 0.0..0.7f64,
    ) {
        let points: Vec<[f64; 2]> = (0..).zip(&values).map(|(i, v)| [f64::from(i), *v]).collect();
        let few = simplify(&points, tolerance);
        prop_assert_eq!(few.first(), points.first());
        prop_assert_eq!(few.last(), points.last());
        for p in &points {
            let error = (interpolated(&few, p[0]) - p[1]).abs();
            prop_assert!(error <= tolerance + 1e-9, "{error} at {}", p[0]);
        }
    }
}

#[test]
fn a_straight_line_is_two_points_and_gaps_and_jumps_stay() {
    let line: Vec<[f64; 2]> = (0..1_000)
        .map(|i| [f64::from(i), 2.0 * f64::from(i)])
        .collect();
    assert_eq!(simplify(&line, 1e-9), [line[0], line[999]]);
    let mut broken = line[..10].to_vec();
    broken.push([10.0, f64::NAN]);
    broken.extend([[11.0, 0.0], [11.0, 5.0], [12.0, 5.0]]);
    let kept = simplify(&broken, 1e-9);
    assert_eq!(kept.len(), 6);
    assert_eq!(segments(&kept).count(), 2);
    assert!(simplify(&[], 1.0).is_empty());
}

#[test]
fn what_a_run_lacks_says_why() {
    let mut run = started(100);
    assert_eq!(run.missing(Metric::TestAlignment), None);
    rows(&mut run, vec![row(0, 1.0, 1.0)]);
    let why = run.missing(Metric::TestAlignment).expect("no test set");
    assert!(why.contains("task.test_samples = 0"), "{why}");
    for measured in [Metric::TestLoss, Metric::LinTestLoss, Metric::NtkDrift] {
        assert_eq!(run.missing(measured), None);
    }
    let mut decaying = Config::default();
    decaying.training.weight_decay = 1e-4;
    let mut run = Run::new(RUN, decaying);
    rows(&mut run, vec![row(0, 1.0, 1.0)]);
    let why = run.missing(Metric::LinTestLoss).expect("no lazy model");
    assert!(why.contains("weight decay"), "{why}");
}
