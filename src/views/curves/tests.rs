use super::*;
use crate::sim::{
    config::Config,
    metrics::{Metric, Row},
    outcome::{Crossings, Thresholds},
    verdict::{Status, Verdict},
};
use crate::training::protocol::{Event, Finish, RunId, RunInfo};
use crate::views::fonts;
use egui::{Event as Input, Modifiers, PointerButton};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};

const RUN: RunId = RunId(1);

/// A run whose train loss falls at 100 and test loss at 3,000; some of its
/// numbers cannot be drawn.
fn run(finished: bool) -> Run {
    let config = Config::default();
    let mut run = Run::new(RUN, config.clone());
    run.handle(&Event::Started {
        run: RUN,
        info: Box::new(RunInfo {
            columns: crate::sim::committee::model::COLUMNS,
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
        }),
    });
    let row = |step: u64| {
        let t = step as f64;
        let mut row = Row::new(step);
        let odd = match step {
            5 => f64::INFINITY,
            7 => 0.0,
            9 => -1.0,
            _ => 1.0 / (1.0 + (t / 100.0).powi(4)),
        };
        row.set(Metric::TrainLoss, odd);
        row.set(Metric::TestLoss, 1.0 / (1.0 + (t / 3_000.0).powi(4)));
        row.set(Metric::FeatureAlignment, 1.0 - 1.0 / (1.0 + t / 3_000.0));
        row
    };
    let steps = (0..10).chain((1..=500).map(|i| 10 * i));
    run.handle(&Event::Rows {
        run: RUN,
        rows: steps.map(row).collect(),
    });
    if finished {
        run.handle(&Event::Finished {
            run: RUN,
            finish: Finish {
                step: 5_000,
                verdict: Box::new(verdict()),
                training_seconds: 1.0,
                measuring_seconds: 0.25,
                preparing_seconds: 0.125,
                changed_live: false,
            },
        });
    }
    run
}

fn verdict() -> Verdict {
    let thresholds = Thresholds {
        train: 0.1,
        test: 0.1,
    };
    let crossings = Crossings {
        fit: Some(174),
        generalise: Some(5_000),
    };
    let begun = Verdict::begun(thresholds, 2.0, 5_000, 1.0, Some(1.0));
    begun.crossed(Status::Finished, 5_000, crossings)
}

struct Window {
    run: Option<Run>,
    state: CurvesState,
    response: Option<CurvesResponse>,
    ready: bool,
}

fn window(run: Option<Run>) -> Harness<'static, Window> {
    let start = Window {
        run,
        state: CurvesState::default(),
        response: None,
        ready: false,
    };
    let mut harness = Harness::builder()
        .with_size(vec2(760.0, 620.0))
        .with_step_dt(1.0 / 60.0)
        .build_ui_state(
            |ui, window: &mut Window| {
                let theme = Theme::dark();
                if !window.ready {
                    fonts::install(ui.ctx());
                    theme.apply(ui.ctx(), 1.0);
                    window.ready = true;
                    ui.ctx().request_repaint();
                    return;
                }
                let model = CurvesModel {
                    run: window.run.as_ref(),
                    name: None,
                    ghosts: &[],
                    pinned: &[],
                    foresight: Foresight::default(),
                    horizon: 100_000,
                    cursor: None,
                };
                window.response = Some(show(ui, &model, &mut window.state, &theme));
            },
            start,
        );
    harness.run_steps(4);
    harness
}

fn hover(harness: &mut Harness<'_, Window>, x: f32, y: f32) -> Option<u64> {
    harness.hover_at(pos2(x, y));
    harness.run_steps(2);
    harness.state().response.as_ref()?.hovered_step
}

#[test]
fn every_state_is_drawn_on_both_scales_at_any_size() {
    for run in [
        None,
        Some(Run::new(RUN, Config::default())),
        Some(run(false)),
        Some(run(true)),
    ] {
        for scale in [Scale::Linear, Scale::Log] {
            let mut harness = window(run.clone());
            harness.state_mut().state.loss_scale = scale;
            harness.state_mut().state.shown.lower =
                Lower::of(&Lower::choices(Metric::ALL).collect::<Vec<_>>());
            for size in [
                vec2(760.0, 620.0),
                vec2(200.0, 120.0),
                vec2(1_900.0, 1_000.0),
            ] {
                harness.set_size(size);
                harness.run_steps(3);
            }
        }
    }
}

#[test]
fn the_losses_take_at_least_half_of_the_height() {
    let harness = window(Some(run(true)));
    let response = harness.state().response.as_ref().expect("it was shown");
    assert!(response.loss_rect.height() >= 0.5 * 620.0);
    assert!(response.lower_rect.top() >= response.loss_rect.bottom());
}

#[test]
fn the_crosshair_finds_the_recorded_step_in_either_plot() {
    let mut harness = window(Some(run(true)));
    let above = hover(&mut harness, 400.0, 200.0).expect("a step");
    let below = hover(&mut harness, 400.0, 500.0).expect("the same step");
    assert_eq!(above, below);
    let right = hover(&mut harness, 440.0, 200.0).expect("a later step");
    assert!(right > above);
    assert_eq!(hover(&mut harness, 735.0, 200.0), Some(5_000));
    assert_eq!(hover(&mut harness, 5.0, 615.0), None);
}

#[test]
fn the_outcome_is_in_the_accessibility_tree() {
    let harness = window(Some(run(true)));
    harness.get_by_label(
        "Loss over training steps: groks: fits at 174, generalises at 5,000, 29× later",
    );
    harness.get_by_label_contains("Alignment over training steps");
}

#[test]
fn the_legend_toggles_and_the_scale_switches() {
    let mut harness = window(Some(run(true)));
    harness.get_by_label("train").click();
    harness.get_by_label("feature alignment").click();
    harness.run_steps(2);
    let shown = &harness.state().state.shown;
    assert!(!shown.train && shown.test && !shown.lower.curves[0].on);
    harness.get_by_label("log").click();
    harness.run_steps(2);
    assert_eq!(harness.state().state.loss_scale, Scale::Log);
}

#[test]
fn a_dragged_view_stays_until_a_double_click_refits_it() {
    let mut harness = window(Some(run(true)));
    let middle = pos2(400.0, 250.0);
    harness.drag_at(middle);
    harness.run_steps(1);
    harness.hover_at(middle + vec2(60.0, 20.0));
    harness.run_steps(1);
    harness.drop_at(middle + vec2(60.0, 20.0));
    harness.run_steps(4);
    assert!(harness.state().state.is_user_view());

    let at = middle + vec2(60.0, 20.0);
    for pressed in [true, false, true, false] {
        harness.event(Input::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    harness.run_steps(4);
    assert!(!harness.state().state.is_user_view());
}

#[test]
fn screen_and_paper_show_the_same_curves_on_the_same_axes() {
    use crate::plot::runs::{Runs, Shown as OnPaper, View, time_span};
    let run = run(true);
    let mut harness = window(Some(run.clone()));
    for scale in [Scale::Linear, Scale::Log] {
        harness.state_mut().state.loss_scale = scale;
        // Until the axis is at its fit.
        harness.run_steps(60);
        let state = &harness.state().state;
        let (time, values) = (state.time.shown(), state.loss.shown());
        let runs = Runs::of(&run);
        let view = View { time, values };
        let panel = runs.losses(OnPaper::default(), scale, view);
        assert_eq!(time, Some(time_span(100_000)));
        assert_eq!(Some(panel.y.span), values);
        // Left to itself the paper leaves less room above, and none below.
        let fitted = runs
            .losses(OnPaper::default(), scale, View::default())
            .y
            .span;
        let screen = values.expect("an axis");
        assert!(fitted.high <= screen.high && fitted.low <= screen.low + 0.05 * screen.width());
        let canvas = series::Canvas {
            time: panel.x.span,
            scale,
            columns: 900,
            tolerance: 0.0,
        };
        let theme = Theme::dark();
        let metrics = [Metric::TrainLoss, Metric::TestLoss];
        assert_eq!(panel.series.len(), metrics.len());
        for (paper, metric) in panel.series.iter().zip(metrics) {
            let pen = ScreenPen::of(paper.pen, &theme);
            let drawn = series::Drawn::new(&run, metric, canvas, pen, &KeptSeries::default());
            let mut compared = 0;
            let last = paper.points.iter().rev().find(|p| p[1].is_finite());
            assert_eq!(drawn.head(), last.copied());
            for point in paper.points.iter().filter(|p| p[1].is_finite()).step_by(7) {
                // Beside a gap there is no height.
                let Some(seen) = drawn.at(point[0]) else {
                    continue;
                };
                compared += 1;
                assert!(
                    (seen - point[1]).abs() < 0.02,
                    "{metric:?} at {point:?}: {seen}"
                );
            }
            assert!(compared > 50, "{compared}");
            let on_screen = match metric {
                Metric::TrainLoss => (theme.train, DASHED),
                _ => (theme.test, LineStyle::Solid),
            };
            assert_eq!((pen.colour, pen.style), on_screen);
        }
    }
}

#[test]
fn the_plots_can_be_heard() {
    let harness = window(Some(run(true)));
    let node = harness.get_by_label_contains("Loss over training steps");
    let words = node.accesskit_node().description().unwrap_or_default();
    assert!(
        words.contains("Test goes from") && words.contains("Fits at 174"),
        "{words}"
    );
}
