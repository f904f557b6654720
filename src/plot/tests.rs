use super::runs::{Kept, Runs, Shown, View};
use super::*;
use crate::figures::run::alone;
use crate::history::Run;
use crate::sim::config::Config;
use crate::sim::metrics::Metric;
use crate::training::protocol::{Event, RunId};
use resvg::usvg::{self, roxmltree};

/// A run that was trained, small, as the window knows one.
fn run(change: impl Fn(&mut Config)) -> Run {
    let mut config = Config::default();
    (config.task.dim, config.task.samples, config.training.steps) = (10, 40, 3_000);
    change(&mut config);
    let config = config.check().expect("valid settings");
    let trained = alone(&config, false, &|| false)
        .expect("a run")
        .expect("to its end");
    let id = RunId::next();
    let mut run = Run::new(id, config.into_inner());
    run.handle(&Event::Started {
        run: id,
        info: Box::new(trained.info),
    });
    run.handle(&Event::Rows {
        run: id,
        rows: trained.rows,
    });
    run.handle(&Event::Finished {
        run: id,
        finish: trained.finish,
    });
    run
}

fn pair(run: &Run) -> Picture {
    let runs = Runs::of(run);
    let lower = [Metric::FeatureAlignment, Metric::WeightNormSq];
    runs.picture(vec![
        runs.losses(Shown::default(), Scale::Log, View::default()),
        runs.values(&lower, Scale::Linear, View::default()),
    ])
}

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("XML");
    let texts = document.descendants().filter(|n| n.has_tag_name("text"));
    texts.filter_map(|n| n.text().map(str::to_owned)).collect()
}

#[test]
fn every_theme_and_width_is_a_picture_whose_text_is_text() {
    let run = run(|c| c.network.alpha = 0.7);
    let picture = pair(&run);
    for (theme, _) in Theme::ALL {
        for (_, width) in style::WIDTHS {
            let style = Style {
                theme,
                paper: Paper {
                    width,
                    height: None,
                },
                ..Style::default()
            };
            let svg = draw::svg(&picture, &style);
            let tree = usvg::Tree::from_str(&svg, &usvg::Options::default()).expect("SVG");
            // 96 pixels to the inch.
            let wanted = width / 25.4 * 96.0;
            assert!((f64::from(tree.size().width()) - wanted).abs() < 0.1);
            let texts = texts(&svg);
            for text in [
                "loss (mean squared error)",
                "training step",
                "train",
                "test",
                "feature alignment",
                "weight norm tr M",
                "threshold θ, test",
            ] {
                assert!(texts.iter().any(|t| t == text), "{text} in {texts:?}");
            }
            let all = texts.join(" ");
            for part in ["α = 0.7", "D = 10", "seed = 9", "Grokscope"] {
                assert!(all.contains(part), "{part} in {all}");
            }
            assert!(
                svg.contains("@font-face") && svg.len() < 200_000,
                "{}",
                svg.len()
            );
        }
    }
}

#[test]
fn nothing_leaves_the_paper_and_no_two_texts_of_a_line_overlap() {
    let run = run(|_| {});
    for (width, fonts) in [
        (60.0, &[6.0, 8.0][..]),
        (85.0, &[6.0, 8.0, 11.0]),
        (174.0, &[6.0, 8.0, 11.0]),
    ] {
        for &font in fonts {
            let style = Style {
                paper: Paper {
                    width,
                    height: None,
                },
                font,
                ..Style::default()
            };
            let svg = draw::svg(&pair(&run), &style);
            let document = roxmltree::Document::parse(&svg).expect("XML");
            let number = |n: roxmltree::Node<'_, '_>, key: &str| -> Option<f64> {
                n.attribute(key).and_then(|v| v.parse().ok())
            };
            let whole = width * style::POINTS_PER_MM;
            let mut boxes: Vec<[f64; 3]> = Vec::new();
            for node in document.descendants().filter(|n| n.has_tag_name("text")) {
                let (Some(x), Some(y)) = (number(node, "x"), number(node, "y")) else {
                    continue;
                };
                let size = number(node, "font-size").expect("a size");
                let text = node.text().unwrap_or_default();
                let bold = node.attribute("font-weight").is_some();
                let long = font::width(text, size, bold);
                let left = match node.attribute("text-anchor") {
                    Some("middle") => x - 0.5 * long,
                    Some("end") => x - long,
                    _ => x,
                };
                assert!(
                    left >= -0.5 && left + long <= whole + 0.5,
                    "{text:?} from {left} to {} of {whole} at {font} pt",
                    left + long
                );
                for [l, r, other] in &boxes {
                    let apart = left >= *r - 0.01 || left + long <= *l + 0.01;
                    assert!(
                        apart || (y - other).abs() > 0.5 * size,
                        "{text:?} at {width} mm, {font} pt"
                    );
                }
                boxes.push([left, left + long, y]);
            }
            assert!(boxes.len() > 20);
        }
    }
}

#[test]
fn a_pdf_and_a_png_are_of_the_size_that_was_asked_for() {
    let run = run(|_| {});
    let style = Style {
        paper: Paper {
            width: 85.0,
            height: Some(110.0),
        },
        dpi: 100.0,
        ..Style::default()
    };
    let pdf = convert::file(&pair(&run), &style, Format::Pdf).expect("a PDF");
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 5_000);
    let text = String::from_utf8_lossy(&pdf);
    let at = text.find("/MediaBox").expect("a page");
    let numbers: Vec<f64> = text[at..]
        .split(['[', ']'])
        .nth(1)
        .expect("its size")
        .split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect();
    assert!(
        (numbers[2] - 85.0 * style::POINTS_PER_MM).abs() < 0.2,
        "{numbers:?}"
    );
    assert!(
        (numbers[3] - 110.0 * style::POINTS_PER_MM).abs() < 0.2,
        "{numbers:?}"
    );
    let (size, pixels) =
        convert::pixels(&draw::svg(&pair(&run), &style), style.dpi).expect("pixels");
    assert_eq!(size, [335, 433]);
    let ground = [255; 4];
    let drawn = pixels.chunks(4).filter(|p| **p != ground).count();
    assert!(drawn > 3_000, "{drawn}");
}

#[test]
fn every_curve_has_a_name_in_the_legend_and_the_caption_tells_what_they_share() {
    let runs: Vec<Run> = [0.25, 0.5, 1.0, 2.0, 4.0]
        .into_iter()
        .map(|alpha| run(|c| c.network.alpha = alpha))
        .collect();
    let names: Vec<String> = (runs.iter())
        .map(|r| format!("α = {}", r.config().network.alpha))
        .collect();
    let kept = runs
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(k, (run, name))| Kept {
            run,
            name,
            ink: runs::kept_ink(k, 5),
            dash: Dash::Solid,
        });
    let runs = Runs {
        kept: kept.collect(),
        ..Runs::default()
    };
    let panel = runs.losses(Shown::default(), Scale::Linear, View::default());
    assert_eq!(panel.series.len(), 10);
    assert!(panel.series.iter().all(|s| !s.name.is_empty()));
    let picture = runs.picture(vec![panel]);
    assert!(!picture.caption.contains("α") && picture.caption.contains("D = 10"));
    let texts = texts(&draw::svg(&picture, &Style::default()));
    for name in &names {
        assert!(texts.contains(&format!("{name}, test")), "{name}");
    }
}

#[test]
fn a_run_that_explodes_or_has_nothing_to_show_is_drawn_all_the_same() {
    let exploded = run(|c| {
        c.training.learning_rate = 50.0;
        c.training.steps = 50;
    });
    assert!(runs::diverged(&exploded));
    let empty = Run::new(RunId::next(), Config::default());
    for run in [&exploded, &empty] {
        for scale in [Scale::Linear, Scale::Log] {
            let runs = Runs::of(run);
            let panel = runs.losses(Shown::default(), scale, View::default());
            let svg = draw::svg(&runs.picture(vec![panel]), &Style::default());
            usvg::Tree::from_str(&svg, &usvg::Options::default()).expect("SVG");
            assert!(!svg.contains("NaN") && !svg.contains("inf"));
        }
    }
}

#[test]
fn a_picture_can_be_heard() {
    let run = run(|_| {});
    let words = in_words(&pair(&run));
    for part in [
        "Loss (mean squared error) over training step",
        "Test goes from",
        "Fits at",
        "seed = 9",
    ] {
        assert!(words.contains(part), "{part} in {words}");
    }
    let svg = draw::svg(&pair(&run), &Style::default());
    let document = roxmltree::Document::parse(&svg).expect("XML");
    let description = document.descendants().find(|n| n.has_tag_name("desc"));
    assert_eq!(description.and_then(|n| n.text()), Some(words.as_str()));
}

#[test]
fn panels_stand_in_a_grid_with_letters() {
    let run = run(|_| {});
    let runs = Runs::of(&run);
    let panel = |metric| runs.values(&[metric], Scale::Linear, View::default());
    let mut picture = Picture {
        panels: vec![
            panel(Metric::TrainLoss),
            panel(Metric::WeightNormSq),
            panel(Metric::ParamMovement),
        ],
        columns: 2,
        lettered: true,
        gauge: None,
        carried: String::new(),
        caption: runs.caption(),
        title: "Three & more".into(),
    };
    picture.panels[0].title = "losses".into();
    let svg = draw::svg(&picture, &Style::default());
    let texts = texts(&svg);
    for text in [
        "(a)",
        "(b)",
        "(c)",
        "losses",
        "Three & more",
        "parameter movement",
    ] {
        assert!(texts.iter().any(|t| t == text), "{text} in {texts:?}");
    }
}
