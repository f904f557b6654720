//! Plots that move, read back by other crates than wrote them: frames, sizes, what
//! differs, and what is left where it was told to stop.

#[cfg(feature = "gui")]
#[expect(dead_code, reason = "shared with the other tests of the window")]
#[path = "ui/support.rs"]
mod support;

use grokscope::history::Run;
use grokscope::plot::animation::{Film, FilmError, Filming, Scene, Values, film, numbered};
use grokscope::plot::runs::{Runs, Shown, View};
use grokscope::plot::{Scale, Style};
use grokscope::sim::config::Config;
use grokscope::sim::metrics::Metric;
use grokscope::training::headless;
use grokscope::workspace::{Workspace, open};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

fn run(alpha: f64) -> Run {
    let mut config = Config::default();
    config.task.dim = 8;
    config.task.samples = 24;
    config.training.steps = 400;
    config.network.alpha = alpha;
    let trained = headless::train(config.check().unwrap(), None, |_| {});
    Run::trained(trained.unwrap())
}

fn filming(film: Film) -> Filming {
    let mut style = Style {
        dpi: 60.0,
        caption: false,
        ..Style::default()
    };
    style.paper.width = 80.0;
    Filming {
        film,
        style,
        rate: 10.0,
        carried: Workspace::default().to_code(),
    }
}

fn over_time(frames: usize) -> Scene {
    let run = run(0.3);
    let runs = Runs::of(&run);
    let losses = runs.losses(Shown::default(), Scale::Linear, View::default());
    Scene::over_time(runs.picture(vec![losses]), run.step(), frames)
}

fn over_alpha() -> Scene {
    let alphas = [0.1, 0.3, 1.0];
    Scene::over_values(Values {
        runs: alphas.map(|a| (format!("α = {a}"), run(a))).into(),
        ends: ["α = 0.1".into(), "α = 1".into()],
        parts: vec![0.0, 0.5, 1.0],
        title: String::new(),
        losses: Some(Scale::Linear),
        lower: (vec![Metric::FeatureAlignment], Scale::Linear),
    })
}

/// Width, height and pixels of each frame of a GIF; delays in hundredths of a second.
fn read_gif(path: &Path) -> (u16, u16, Vec<Vec<u8>>, Vec<u16>) {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options
        .read_info(std::fs::File::open(path).unwrap())
        .unwrap();
    let (mut frames, mut delays) = (Vec::new(), Vec::new());
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        frames.push(frame.buffer.to_vec());
        delays.push(frame.delay);
    }
    (decoder.width(), decoder.height(), frames, delays)
}

fn read_png(path: &Path) -> (u32, u32, Vec<Vec<u8>>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let count = reader
        .info()
        .animation_control()
        .map_or(1, |a| a.num_frames);
    let (width, height) = reader.info().size();
    let mut frames = Vec::new();
    for _ in 0..count {
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        frames.push(pixels);
    }
    (width, height, frames)
}

fn differ(frames: &[Vec<u8>]) {
    for (i, frame) in frames.iter().enumerate() {
        for other in &frames[..i] {
            assert!(frame != other, "frame {i} repeats one before it");
        }
    }
}

fn go_on(_: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn time_goes_by_in_every_form_and_every_frame_differs() {
    let dir = tempfile::tempdir().unwrap();
    let scene = over_time(7);
    let at = |name: &str| dir.path().join(name);
    film(&scene, &filming(Film::Gif), &at("a.gif"), go_on).unwrap();
    let (width, height, frames, delays) = read_gif(&at("a.gif"));
    assert_eq!(width, (80.0f64 / 25.4 * 60.0).round() as u16);
    assert!(height > width / 3);
    assert_eq!(frames.len(), 7);
    differ(&frames);
    assert_eq!(&delays[..6], [10; 6]);
    assert!(delays[6] > 100, "the last frame stands");

    film(&scene, &filming(Film::Apng), &at("a.apng"), go_on).unwrap();
    let (wide, high, pixels) = read_png(&at("a.apng"));
    assert_eq!((wide, high), (width.into(), height.into()));
    assert_eq!(pixels.len(), 7);
    differ(&pixels);

    let paths = film(&scene, &filming(Film::Numbered), &at("a.png"), go_on).unwrap();
    assert_eq!(paths.len(), 7);
    assert_eq!(paths[6], at("a-007.png"));
    for (path, expected) in paths.iter().zip(&pixels) {
        let (wide, high, frames) = read_png(path);
        assert_eq!((wide, high), (width.into(), height.into()));
        assert!(frames[0] == *expected, "{}", path.display());
    }
    for name in ["a.gif", "a.apng", "a-003.png"] {
        assert_eq!(
            open::read(&at(name)).unwrap(),
            Workspace::default(),
            "{name}"
        );
    }
}

#[test]
fn curves_grow_with_time_and_what_has_not_happened_yet_has_no_mark() {
    let scene = over_time(9);
    let (first, last) = (scene.shot(0), scene.shot(8));
    assert_eq!(first.title, "step 0");
    assert_eq!(last.title, "step 400");
    assert!(first.panels[0].markers.is_empty());
    assert!(!last.panels[0].markers.is_empty());
    let length = |k: usize| {
        let panel = &scene.shot(k).panels[0];
        let named = panel.series.iter().filter(|s| !s.name.is_empty());
        named.map(|s| s.points.len()).sum::<usize>()
    };
    for k in 1..9 {
        assert!(length(k) >= length(k - 1), "frame {k}");
    }
    assert!(length(8) > length(0));
}

#[test]
fn a_setting_moves_on_axes_that_stand_still() {
    let scene = over_alpha();
    let shots: Vec<_> = (0..3).map(|k| scene.shot(k)).collect();
    for shot in &shots {
        for (panel, first) in shot.panels.iter().zip(&shots[0].panels) {
            assert_eq!((panel.x.span, panel.y.span), (first.x.span, first.y.span));
        }
        assert_eq!(shot.caption, shots[0].caption);
    }
    assert_eq!(shots[1].title, "α = 0.3");
    assert_eq!(shots[1].gauge.as_ref().map(|g| g.at), Some(0.5));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gif");
    film(&scene, &filming(Film::Gif), &path, go_on).unwrap();
    let (.., frames, _) = read_gif(&path);
    assert_eq!(frames.len(), 3);
    differ(&frames);
}

#[test]
fn what_is_given_up_leaves_no_half_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let scene = over_time(6);
    let third = |done: usize| match done {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    for (form, name) in [(Film::Gif, "a.gif"), (Film::Apng, "a.apng")] {
        let path = dir.path().join(name);
        std::fs::write(&path, "what was there").unwrap();
        let error = film(&scene, &filming(form), &path, third).unwrap_err();
        assert_eq!(error, FilmError::Stopped(3));
        assert_eq!(std::fs::read(&path).unwrap(), b"what was there");
    }
    let path = dir.path().join("b.png");
    let error = film(&scene, &filming(Film::Numbered), &path, third).unwrap_err();
    assert_eq!(error, FilmError::Stopped(3));
    let left = (0..6).filter(|k| numbered(&path, *k, 6).exists()).count();
    assert_eq!(left, 3);
    let entries = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(entries, 5, "no temporary file is left");
}

fn grokscope(args: &[&str], dir: &Path) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_grokscope"))
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = [out.stdout, out.stderr].concat();
    (
        out.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn the_command_line_films_runs_and_settings() {
    let dir = tempfile::tempdir().unwrap();
    let small = ["--set", "task.dim=8", "--set", "task.samples=20"];
    let call = |args: &[&str]| {
        let (code, text) = grokscope(args, dir.path());
        assert_eq!(code, Some(0), "{args:?}: {text}");
        text
    };
    call(&[&["run", "--steps", "300", "--out", "r"], &small[..]].concat());
    let size = ["--width", "60mm", "--dpi", "60"];
    call(
        &[
            &["animate", "r", "--frames", "4", "--out", "r.gif"],
            &size[..],
        ]
        .concat(),
    );
    assert_eq!(read_gif(&dir.path().join("r.gif")).2.len(), 4);
    let config = std::fs::read_to_string(dir.path().join("r/config.toml")).unwrap();
    let state = open::read(&dir.path().join("r.gif")).unwrap();
    assert_eq!(state.settings, Config::from_toml(&config).unwrap());

    let over = [
        "--over",
        "network.alpha=0.1..1:log",
        "--engine",
        "flow",
        "--plot",
        "loss",
    ];
    let text = call(
        &[
            &[
                "animate", "r", "--frames", "3", "--theme", "dark", "--out", "a.apng",
            ],
            &over[..],
            &size[..],
        ]
        .concat(),
    );
    assert!(text.contains("3 frames"), "{text}");
    let (width, _, frames) = read_png(&dir.path().join("a.apng"));
    assert_eq!(width, (60.0f64 / 25.4 * 60.0).round() as u32);
    assert_eq!(frames.len(), 3);
    differ(&frames);

    for (args, said) in [
        (
            &["--out", "a.mp4"][..],
            "a.mp4: .mp4 is not written; name it with .gif",
        ),
        (&["--out", "nowhere/a.gif"], "nowhere"),
        (
            &["--out", "a.gif", "--frames", "1"],
            "1 frames: from 2 to 1000",
        ),
        (&["--out", "a.gif", "--rate", "500"], "0.5 to 50"),
        (
            &["--out", "a.gif", "--over", "network.alpah=1..2"],
            "no setting",
        ),
        (
            &["--out", "a.gif", "--over", "network.alpha=-1..2"],
            "network.alpha",
        ),
        (
            &["--out", "a.gif", "--width", "1000mm", "--dpi", "1200"],
            "pixels",
        ),
    ] {
        let (code, text) = grokscope(&[&["animate", "r"], args].concat(), dir.path());
        assert_eq!(code, Some(2), "{args:?}: {text}");
        assert!(text.contains(said), "{args:?}: {text}");
    }
}

#[cfg(feature = "gui")]
mod window {
    use super::support::Screen;
    use super::*;
    use grokscope::app::{Action, export::Exporter};
    use grokscope::startup::Startup;
    use grokscope::views::animation_form::{AnimationAction, AnimationForm};

    fn film_from(screen: &mut Screen, form: AnimationForm) {
        screen.app().ask(Action::Animate(AnimationAction::Open));
        screen
            .app()
            .ask(Action::Animate(AnimationAction::Edit(form)));
        screen.steps(3);
        screen.click("Save the animation");
    }

    #[test]
    fn the_dialog_films_the_run_on_screen_and_a_setting() {
        let dir = tempfile::tempdir().unwrap();
        let exporter = Exporter::new(Some(dir.path().to_owned()));
        let mut config = Config::default();
        config.task.dim = 8;
        config.task.samples = 20;
        config.training.steps = 200;
        let startup = Startup {
            config: Some(config),
            ..Startup::default()
        };
        let mut screen = Screen::open(startup, exporter);
        screen.script.rows(screen.run_id(), 0..100);
        screen.steps(3);
        let form = AnimationForm {
            frames: 3,
            width: 320.0,
            ..AnimationForm::default()
        };
        film_from(&mut screen, form);
        let path = screen.exported();
        let (width, _, frames, _) = read_gif(&path);
        assert_eq!((width, frames.len()), (320, 3));
        differ(&frames);
        let state = open::read(&path).unwrap();
        assert_eq!(state, screen.harness.state().workspace());
        screen.wait("the dialog", |app| {
            app.state
                .animating
                .as_ref()
                .is_some_and(|a| a.progress.is_none())
        });

        let form = AnimationForm {
            over_time: false,
            lower: false,
            film: Film::Apng,
            ..form
        };
        film_from(&mut screen, form);
        let path = screen.exported();
        assert_eq!(path.extension().unwrap(), "apng");
        let (.., frames) = read_png(&path);
        assert_eq!(frames.len(), 3);
        differ(&frames);
    }
}
