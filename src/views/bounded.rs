//! Whatever the numbers of a run are, no view of it costs more than its pixels.

use super::{
    accuracy,
    axes::Scale,
    controls,
    curves::{self, CurvesModel, CurvesState, Foresight, Ghost, Pinned},
    decomposition, eigenvalues, fonts,
    polyline::ScreenPen,
    polyline::cost,
    small_plot::SmallPlot,
    theme::Theme,
};
use crate::{
    history::Run,
    sim::{
        LossPoint,
        accuracy::{ErrorProfile, Errors},
        config::Config,
        metrics::{Metric, Row},
        outcome::{Crossings, Thresholds},
        verdict::{Status, Verdict},
    },
    training::protocol::{Event, Finish, RunId, RunInfo},
};
use egui::{Context, RawInput, Rect, Ui, Vec2, vec2};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SIZE: Vec2 = vec2(700.0, 500.0);

/// What one view costs to draw, in points of its shapes.
fn price(mut view: impl FnMut(&mut Ui)) -> usize {
    let ctx = Context::default();
    fonts::install(&ctx);
    Theme::dark().apply(&ctx, 1.0);
    let mut price = 0;
    for _ in 0..2 {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
            ..RawInput::default()
        };
        let output = ctx.run_ui(input, |ui| view(ui));
        let shapes: Vec<_> = output.shapes.into_iter().map(|s| s.shape).collect();
        price = cost(&shapes);
    }
    price
}

/// Any number that a run can leave behind.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => 0.0..2.0,
        3 => (-300.0..300.0).prop_map(|e: f64| 10f64.powf(e)),
        1 => (-300.0..300.0).prop_map(|e: f64| -(10f64.powf(e))),
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 0.0, 5e-324,
        ]),
    ]
}

fn run(id: u64, numbers: &[(f64, f64)], diverged: bool) -> Run {
    let config = Config::default();
    let id = RunId(id);
    let mut run = Run::new(id, config.clone());
    run.handle(&Event::Started {
        run: id,
        info: Box::new(RunInfo {
            columns: crate::sim::committee::model::COLUMNS,
            judge: Default::default(),
            config: config.check().expect("a valid config"),
            thresholds: Thresholds {
                train: 0.1,
                test: 0.1,
            },
            zero_train_loss: numbers.first().map_or(1.0, |n| n.0),
            zero_test_loss: numbers.first().map_or(1.0, |n| n.1),
            learning_curve: None,
            escape: None,
            note: None,
        }),
    });
    let rows = numbers.iter().enumerate().map(|(i, (a, b))| {
        let mut row = Row::new(i as u64 * (1 + i as u64 / 40));
        for (k, metric) in Metric::ALL.iter().enumerate() {
            row.set(*metric, if k % 2 == 0 { *a } else { *b });
        }
        row
    });
    let rows: Vec<Row> = rows.collect();
    let step = rows.last().map_or(0, |row| row.step);
    run.handle(&Event::Rows { run: id, rows });
    if diverged {
        let thresholds = Thresholds {
            train: 0.1,
            test: 0.1,
        };
        let fitted = Crossings {
            fit: Some(3),
            generalise: None,
        };
        let begun = Verdict::begun(thresholds, 2.0, step, 1.0, Some(1.0));
        let mut verdict = begun.crossed(Status::Diverged, step, fitted);
        verdict.diverged = Some((step, f64::NAN));
        run.handle(&Event::Finished {
            run: id,
            finish: Finish {
                step,
                verdict: Box::new(verdict),
                training_seconds: 1.0,
                measuring_seconds: 0.25,
                preparing_seconds: 0.125,
                changed_live: false,
            },
        });
    }
    run
}

/// Columns of the widest plot times the points that one may hold, for each line,
/// and as much again for its dashes; then text, grid and legend.
fn most(lines: usize) -> usize {
    lines * 2 * 8 * SIZE.x as usize + 6_000
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_plots_cost_no_more_than_their_pixels(
        numbers in prop::collection::vec((number(), number()), 1..600),
        log in any::<bool>(),
        log_lower in any::<bool>(),
        diverged in any::<bool>(),
        past in prop::option::of(0_u64..5_000),
    ) {
        let (now, before) = (run(1, &numbers, diverged), run(2, &numbers, !diverged));
        let theme = Theme::dark();
        let mut state = CurvesState::default();
        if log {
            state.toggle_loss_scale();
        }
        state.shown.lower = curves::Lower::of(&curves::Lower::choices(Metric::ALL).collect::<Vec<_>>());
        if log_lower {
            state.shown.lower.scale = Scale::Log;
        }
        let computed: Vec<LossPoint> = numbers
            .iter()
            .enumerate()
            .map(|(i, (train, test))| LossPoint { step: i as f64, train: *train, test: *test })
            .collect();
        let pin = |colour, style| Pinned { run: &before, label: "α = 1", colour, style };
        let model = CurvesModel {
            run: Some(&now),
            name: None,
            ghosts: &[Ghost { run: &before, opacity: 1.0 }],
            pinned: &[
                pin(theme.ink(crate::plot::Ink::Kept(0)), egui_plot::LineStyle::Dashed { length: 16.0 }),
                pin(theme.ink(crate::plot::Ink::Kept(1)), egui_plot::LineStyle::Dotted { spacing: 5.0 }),
            ],
            foresight: Foresight {
                forecast: Some(&computed),
                lazy: Some(&computed),
                level: Some(numbers[0].0),
                ..Foresight::default()
            },
            horizon: 100_000,
            cursor: past,
        };
        let price = price(|ui| {
            curves::show(ui, &model, &mut state, &theme);
        });
        prop_assert!(price <= most(4 * Metric::ALL.len() + 20), "{price}");
    }

    #[test]
    fn the_accuracies_cost_no_more_than_their_pixels(
        errors in prop::collection::vec(
            (0_u64..1_000_000, prop::collection::vec(number(), 1..40)),
            1..300,
        ),
        tolerance in prop_oneof![Just(0.01), Just(3.0), 1e-6..10.0_f64],
        level in prop_oneof![Just(1.0), 0.01..1.0_f64],
        (relative, tested) in (any::<bool>(), any::<bool>()),
        at in 0_u64..1_000_000,
    ) {
        let mut config = Config::default();
        config.outcome.accuracy_tolerance = tolerance;
        config.outcome.accuracy_level = level;
        config.outcome.relative = relative;
        let mut steps: Vec<_> = errors.iter().map(|(step, _)| *step).collect();
        steps.sort_unstable();
        steps.dedup();
        let mut now = run(1, &[(1.0, 1.0)], true);
        let rows = steps.iter().zip(&errors).map(|(step, (_, errors))| {
            let mut row = Row::new(*step);
            let accuracy = errors[0];
            row.set(Metric::TrainAccuracy, accuracy);
            row.set(Metric::TestAccuracy, 1.0 - accuracy);
            row.keep_errors(ErrorProfile {
                train: Errors::new(errors.iter().copied()),
                test: tested.then(|| Errors::new(errors.iter().map(|e| 2.0 * e))),
            });
            row
        });
        now.handle(&Event::Rows { run: RunId(1), rows: rows.collect() });
        let theme = Theme::dark();
        let settings = controls::View {
            undo: None,
            redo: None,
            config: &config,
            defaults: &config,
            errors: &BTreeMap::new(),
            lowered: None,
            instance: None,
            fixed: BTreeMap::new(),
        };
        let price = price(|ui| {
            accuracy::show(ui, &theme, &now, at, &settings, &mut Vec::new());
        });
        // Two curves, a band of samples, controls and a table.
        prop_assert!(price <= most(4) + 6_000, "{price}");
    }

    #[test]
    fn the_small_plots_cost_no_more_than_their_pixels(
        numbers in prop::collection::vec((number(), number()), 1..600),
    ) {
        let now = run(1, &numbers, true);
        let theme = Theme::dark();
        let price = price(|ui| {
            eigenvalues::over_time(ui, &theme, &now, 7);
            decomposition::show(ui, &theme, now.moment(None));
            for range in [(0.0, 1.04), (-300.0, 300.0), (0.0, 5e-324)] {
                for dashed in [false, true] {
                    let (plot, _) = SmallPlot::over_time(ui, "any", 100.0, 100_000, range);
                    let pen = ScreenPen::line(theme.test, 1.5, dashed);
                    plot.curve(numbers.iter().copied(), pen);
                    for (log, value) in &numbers {
                        plot.mark(*log, *value, dashed, theme.train);
                    }
                }
            }
        });
        // A mark for each point that is inside, and 12 curves.
        prop_assert!(price <= most(12) + 6 * 4 * numbers.len(), "{price}");
    }
}

#[test]
fn a_run_that_diverges_costs_little_on_either_axis() {
    let theme = Theme::dark();
    let numbers: Vec<(f64, f64)> = (0..400)
        .map(|i| {
            let blown = 10f64.powi((i - 385).max(0));
            (blown, 1.2 * blown)
        })
        .collect();
    let run = run(1, &numbers, true);
    for scale in [Scale::Linear, Scale::Log] {
        let mut state = CurvesState::default();
        state.loss_scale = scale;
        let model = CurvesModel {
            run: Some(&run),
            name: None,
            ghosts: &[],
            pinned: &[],
            foresight: Foresight::default(),
            horizon: 5_000,
            cursor: None,
        };
        let price = price(|ui| {
            curves::show(ui, &model, &mut state, &theme);
        });
        assert!(price < 6_000, "{scale:?}: {price}");
    }
}
