//! Crossings that hold, and what is made of them.

use super::*;
use crate::sim::checkpoint::{Reader, Writer};

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
