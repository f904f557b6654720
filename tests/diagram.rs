//! The diagram that fills in the window: the same cells as a headless sweep, the
//! newest request alone, and what several seeds come to.

use grokscope::sim::config::{Config, EngineKind, Value};
use grokscope::sweep::Spec;
use grokscope::sweep::cell::{Cache, CellResult, evaluate};
use grokscope::sweep::diagram::{Cell, Class, Criterion, Diagram, Layout, Measure, Summary};
use grokscope::sweep::live::{Begun, Generation, Live, News};
use grokscope::sweep::plan::{Places, Plan, PlanAxis};
use grokscope::sweep::spec::Measures;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn range(key: &'static str, from: f64, to: f64, count: usize, log: bool) -> PlanAxis {
    PlanAxis {
        key,
        places: Places::Range {
            from,
            to,
            count,
            log,
        },
    }
}

fn base(dim: usize, samples: usize) -> Config {
    let mut config = Config::default();
    (config.task.dim, config.task.samples) = (dim, samples);
    config.training.steps = 20_000;
    config
}

fn plan(config: &Config, side: usize, seeds: usize) -> Plan {
    Plan::new(
        config,
        range("network.alpha", 0.1, 10.0, side, true),
        range("network.epsilon", 0.05, 0.5, side, false),
        seeds,
        Measures::default(),
    )
}

fn pool(threads: usize) -> Live {
    Live::spawn(NonZero::new(threads).expect("not zero"), || {})
}

/// Collects a request's news until it is complete.
fn fill(live: &Live, plan: Plan) -> (Arc<Begun>, Diagram, [Duration; 3]) {
    let asked = live.request(plan);
    let start = Instant::now();
    let (mut begun, mut diagram, mut coarse, mut whole) = (None, None, None, None);
    loop {
        assert!(start.elapsed() < Duration::from_secs(120), "never complete");
        let news = live.news();
        assert_eq!(news.generation, asked);
        assert_eq!(news.failed, None);
        if let Some(answer) = news.begun {
            let answer = answer.expect("a valid plan");
            diagram = Some(Diagram::new(answer.layout.clone()));
            begun = Some(answer);
        }
        for cell in news.cells {
            diagram.as_mut().expect("begun before its cells").put(cell);
        }
        coarse = coarse.or(news.coarse);
        whole = whole.or(news.whole);
        if let Some(complete) = news.complete {
            return (
                begun.expect("begun"),
                diagram.expect("begun"),
                [
                    coarse.expect("the first pass"),
                    whole.expect("every place"),
                    complete,
                ],
            );
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_cells_are_those_of_a_headless_sweep() {
    let plan = plan(&base(12, 40), 5, 2);
    let (begun, diagram, _) = fill(&pool(2), plan.clone());
    let spec = Spec::parse(&plan.to_toml()).expect("what is copied can be run");
    assert_eq!(spec.hash(), begun.spec.hash());
    assert!(diagram.is_complete());
    let mut cache = Cache::default();
    let cells: Vec<&Arc<Cell>> = diagram.finished().collect();
    assert_eq!(cells.len(), 50);
    for cell in cells {
        let alone = evaluate(&spec, cell.result.cell, &mut cache).expect("valid");
        assert_eq!(cell.result, alone);
        assert!(!cell.draft);
        let (first, last) = (cell.curve[0], cell.curve[cell.curve.len() - 1]);
        assert_eq!(first.step, 0.0);
        assert_eq!(Some(last.train), alone.train_loss);
        assert_eq!(Some(last.test), alone.test_loss);
        assert!(cell.curve.windows(2).all(|w| w[0].step < w[1].step));
    }
}

#[test]
fn gradient_descent_fills_a_diagram_with_the_same_cells_too() {
    let mut config = base(8, 20);
    config.training.steps = 3_000;
    let mut plan = plan(&config, 3, 1);
    plan.base.training.engine = EngineKind::Moments;
    let (begun, diagram, _) = fill(&pool(1), plan);
    for cell in diagram.finished() {
        let alone = evaluate(&begun.spec, cell.result.cell, &mut Cache::default());
        assert_eq!(cell.result, alone.expect("valid"));
        assert_eq!(cell.curve[0].step, 0.0);
        let last = cell.curve[cell.curve.len() - 1];
        assert_eq!(last.step, cell.result.steps as f64);
    }
}

#[test]
fn a_newer_request_stops_the_older_one_and_nothing_stale_lands() {
    let live = pool(2);
    // Minutes of work.
    let mut long = base(100, 800);
    long.training.steps = 100_000_000;
    live.request(plan(&long, 14, 8));
    std::thread::sleep(Duration::from_millis(200));
    let asked = Instant::now();
    let newer = plan(&base(8, 20), 4, 1);
    let (begun, diagram, _) = fill(&live, newer.clone());
    // The cells in flight stop within one evaluation of the gradient.
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert_eq!(begun.spec, newer.spec().expect("valid"));
    assert!(diagram.is_complete());
    for cell in diagram.finished() {
        let alone = evaluate(&begun.spec, cell.result.cell, &mut Cache::default());
        assert_eq!(cell.result, alone.expect("valid"));
    }
    assert!(live.news().cells.is_empty());
}

#[test]
fn requests_in_quick_succession_end_with_the_last_one() {
    let live = pool(2);
    let mut last = Generation::default();
    for samples in 20..60 {
        let asked = live.request(plan(&base(10, samples), 6, 1));
        assert!(asked > last);
        last = asked;
        let news = live.news();
        assert!(news.generation == asked && (news.cells.is_empty() || news.begun.is_some()));
    }
    let (begun, ..) = fill(&live, plan(&base(10, 60), 3, 1));
    let config = begun.spec.config(0).expect("valid");
    assert_eq!(config.task.samples, 60);
}

#[test]
fn stopping_keeps_what_is_there_and_brings_nothing_more() {
    let live = pool(1);
    live.request(plan(&base(30, 120), 14, 1));
    std::thread::sleep(Duration::from_millis(100));
    live.stop();
    let _ = live.news();
    std::thread::sleep(Duration::from_millis(100));
    let News { cells, .. } = live.news();
    assert!(cells.is_empty());
}

#[test]
fn a_plan_that_cannot_be_says_why() {
    let live = pool(1);
    let config = base(10, 30);
    let mut bad = plan(&config, 4, 1);
    bad.x = PlanAxis {
        key: "task.target_rank",
        places: Places::List(vec![Value::Integer(5), Value::Integer(50)]),
    };
    live.request(bad);
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(10));
        if let Some(begun) = live.news().begun {
            let why = begun.expect_err("rank above D");
            assert!(why.contains("task.target_rank"), "{why}");
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn result(cell: usize, outcome: &str, ratio: Option<f64>) -> Cell {
    Cell {
        result: CellResult {
            cell,
            axes: [].into(),
            outcome: outcome.into(),
            fit_step: Some(100),
            generalise_step: ratio.map(|r| (100.0 * r) as u64),
            fit_time: None,
            generalise_time: None,
            delay_steps: ratio.map(|r| (100.0 * r) as i64 - 100),
            delay_ratio: ratio,
            log10_delay_ratio: ratio.map(f64::log10),
            fit_step_at_10_percent: Some(100),
            generalise_step_at_10_percent: ratio.map(|r| (100.0 * r) as u64),
            delay_steps_at_10_percent: ratio.map(|r| (100.0 * r) as i64 - 100),
            delay_ratio_at_10_percent: ratio,
            fit_step_at_50_percent: Some(50),
            generalise_step_at_50_percent: ratio.map(|r| (100.0 * r) as u64),
            delay_steps_at_50_percent: ratio.map(|r| (100.0 * r) as i64 - 50),
            delay_ratio_at_50_percent: ratio.map(|r| 2.0 * r),
            predicted_fit_step_at_50_percent: Some(60),
            fit_lost: false,
            unstable: false,
            unstable_from: None,
            largest_stability: None,
            train_loss: Some(0.0),
            test_loss: Some(0.1),
            ended: "classified".into(),
            end_time: 1.0,
            steps: 1,
            evaluations: 1,
            note: None,
        },
        curve: Vec::new(),
        draft: false,
    }
}

#[test]
fn seeds_have_a_median_in_which_not_yet_is_infinite_and_a_class_of_most() {
    let ratio = Measure::Ratio(Criterion::Configured);
    let cells = [
        result(0, "groks", Some(10.0)),
        result(1, "groks", Some(1_000.0)),
        result(2, "never_generalises", None),
    ];
    let summary = Summary::of(cells.iter()).expect("three seeds");
    assert_eq!((summary.class, summary.agreeing()), (Class::Groks, 2));
    let logs = summary.ratio[0].expect("seeds");
    // Of 1, 3 and infinity.
    assert_eq!(
        (logs.lower, logs.median, logs.upper),
        (2.0, 3.0, f64::INFINITY)
    );
    assert_eq!((logs.count, logs.of, logs.range()), (2, 3, None));
    assert_eq!(summary.value(ratio), Some(3.0));
    assert_eq!(summary.value(Measure::Spread), None);
    assert_eq!(summary.value(Measure::Fraction), Some(2.0 / 3.0));
    let steps = summary.value(Measure::Delay(Criterion::Configured));
    assert_eq!(steps, Some(99_900f64.log10()));
    let half = summary.value(Measure::Ratio(Criterion::Half));
    assert!((half.expect("by half") - 2_000f64.log10()).abs() < 1e-12);
    let both = Summary::of(cells[..2].iter()).expect("two seeds");
    assert_eq!(both.value(ratio), Some(2.0));
    assert_eq!(both.value(Measure::Spread), Some(1.0));
    let one = Summary::of(cells[..1].iter()).expect("one seed");
    assert_eq!(one.value(Measure::Spread), None);
    assert_eq!(one.value(Measure::Fraction), None);
    // As many each way: the worse one, so that nothing looks better than it is.
    let even = Summary::of([&cells[0], &cells[2]].into_iter()).expect("two");
    assert_eq!(even.class, Class::NeverGeneralises);
    assert_eq!(even.value(ratio), None);
    assert_eq!(Summary::of([].into_iter()), None);
}

#[test]
fn measures_are_called_what_they_are() {
    for measure in Measure::ALL {
        assert_eq!(Measure::by_name(measure.name()), Ok(measure));
    }
    let why = Measure::by_name("delay").expect_err("which one?");
    assert!(
        why.contains("delay_steps") && why.contains("delay_ratio"),
        "{why}"
    );
}

#[test]
fn a_cell_that_never_generalises_has_no_delay_and_one_without_delay_has_a_class() {
    let ratio = Measure::Ratio(Criterion::Configured);
    let never = Summary::of([&result(0, "never_generalises", None)].into_iter()).expect("one");
    let at_once = Summary::of([&result(0, "generalises_at_once", Some(1.2))].into_iter());
    let at_once = at_once.expect("one");
    assert_eq!(never.value(ratio), None);
    assert_eq!(at_once.value(ratio), None);
    assert_ne!(never.class, at_once.class);
    assert_eq!(never.value(Measure::Generalise), None);
    assert!(at_once.value(Measure::Generalise).is_some());
}

#[test]
fn coarse_cells_fill_their_block_until_finer_ones_come() {
    let spec = plan(&base(8, 20), 6, 1).spec().expect("valid");
    let layout = Layout::of(spec.grid()).expect("two axes");
    let mut diagram = Diagram::new(layout.clone());
    assert_eq!(diagram.filled_by([5, 3]), None);
    let put = |diagram: &mut Diagram, place: [usize; 2], draft: bool| {
        let mut cell = result(layout.cell(place, 0), "groks", Some(9.0));
        cell.draft = draft;
        diagram.put(Arc::new(cell));
    };
    put(&mut diagram, [4, 0], true);
    assert_eq!(diagram.filled_by([5, 3]), Some([4, 0]));
    assert_eq!(diagram.filled_by([3, 3]), None);
    put(&mut diagram, [4, 2], true);
    assert_eq!(diagram.filled_by([5, 3]), Some([4, 2]));
    put(&mut diagram, [5, 3], false);
    assert_eq!(diagram.filled_by([5, 3]), Some([5, 3]));
    assert_eq!(diagram.done(), 1);
    // A draft never replaces what is closer.
    put(&mut diagram, [5, 3], true);
    assert_eq!(diagram.done(), 1);
}

/// `cargo test --release --test diagram follows -- --ignored --nocapture`
#[test]
#[ignore = "measures times"]
fn a_diagram_follows_a_slider() {
    for (dim, samples) in [(30, 120), (40, 120), (40, 160)] {
        let live = Live::spawn(grokscope::sweep::live::threads(), || {});
        let mut times: Vec<[Duration; 3]> = Vec::new();
        for seed in 1..=5 {
            // As the opening preset has it, but for its size.
            let mut config = base(dim, samples);
            (config.seed, config.training.steps) = (seed, 100_000);
            let x = PlanAxis::of("network.alpha").expect("an axis");
            let y = PlanAxis::of("network.epsilon").expect("an axis");
            let plan = Plan::new(&config, x, y, 1, Measures::default());
            times.push(fill(&live, plan).2);
        }
        for (name, which) in [("coarse", 0), ("as a draft", 1), ("complete", 2)] {
            let mut ms: Vec<f64> = times.iter().map(|t| 1e3 * t[which].as_secs_f64()).collect();
            ms.sort_by(f64::total_cmp);
            println!(
                "D={dim}, P={samples}: 14×14 {name} after {:.0} ms (median of 5; {:.0}–{:.0})",
                ms[2], ms[0], ms[4]
            );
        }
    }
}
