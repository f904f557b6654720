//! Time of the user interface's thread for a frame of the default layout at
//! 1920×1080 with ten pinned runs of 2,000 recorded points: events taken in,
//! layout, drawing and tessellation, all but the GPU's part. Times are of the
//! thread's processor where the system tells them (Linux), so that the training
//! beside it does not count, and of the wall clock elsewhere.
//!
//! `cargo bench --bench frame`; with `--test` a few frames of each, unmeasured.
#![cfg_attr(not(feature = "gui"), allow(unused))]

#[cfg(not(feature = "gui"))]
fn main() {
    println!("there is no window without the feature `gui`");
}

#[cfg(feature = "gui")]
fn main() {
    frames::measure();
}

#[cfg(feature = "gui")]
mod frames {
    use eframe::App as _;
    use egui::{Context, Event, Pos2, RawInput, Rect, Vec2};
    use grokscope::app::GrokscopeApp;
    use grokscope::app::compare::{Pin, PinColour, PinLine};
    use grokscope::app::session::RunState;
    use grokscope::app::state::Tab;
    use grokscope::history::Run;
    use grokscope::sim::Simulation;
    use grokscope::sim::config::Config;
    use grokscope::startup::Startup;
    use grokscope::training::{Event as Report, Pace, RunId};
    use grokscope::views::panels::{PANELS, Panel};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    const SIZE: Vec2 = Vec2::new(1920.0, 1080.0);
    const PINS: u64 = 10;
    const TARGET_MS: f64 = 4.0;

    /// Processor time of this thread, or else the wall clock's, in milliseconds.
    fn clock(start: Instant) -> f64 {
        let scheduled = || {
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
            let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
            Some(nanoseconds * 1e-6)
        };
        scheduled().unwrap_or_else(|| start.elapsed().as_secs_f64() * 1e3)
    }

    struct Window {
        ctx: Context,
        app: GrokscopeApp,
        frame: eframe::Frame,
        start: Instant,
        /// A clock of its own: frames come 60 times a second.
        time: f64,
        vertices: usize,
    }

    impl Window {
        fn open(config: Config) -> Self {
            let ctx = Context::default();
            let cc = eframe::CreationContext::_new_kittest(ctx.clone());
            let startup = Startup {
                config: Some(config),
                ..Startup::default()
            };
            Self {
                app: GrokscopeApp::new(&cc, startup),
                ctx,
                frame: eframe::Frame::_new_kittest(),
                start: Instant::now(),
                time: 0.0,
                vertices: 0,
            }
        }

        /// One frame; milliseconds that it took.
        fn frame(&mut self, events: Vec<Event>) -> f64 {
            self.time += 1.0 / 60.0;
            let input = RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
                time: Some(self.time),
                focused: true,
                events,
                ..RawInput::default()
            };
            let begin = clock(self.start);
            self.app.logic(&self.ctx, &mut self.frame);
            let (app, frame) = (&mut self.app, &mut self.frame);
            let output = self.ctx.run_ui(input, |ui| app.ui(ui, frame));
            let meshes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
            let took = clock(self.start) - begin;
            self.vertices = meshes
                .iter()
                .map(|mesh| match &mesh.primitive {
                    egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
                    egui::epaint::Primitive::Callback(_) => 0,
                })
                .sum();
            took
        }

        /// Frames until the run has ended and everything has been answered.
        fn settle(&mut self) {
            while self.app.state.session.state() == RunState::Running
                || !self.app.state.theory.is_settled()
            {
                self.frame(Vec::new());
                std::thread::sleep(Duration::from_millis(2));
            }
            for _ in 0..20 {
                self.frame(Vec::new());
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    /// A run that was trained and recorded at about 2,000 steps.
    fn recorded(k: u64) -> Run {
        let mut config = Config::default();
        config.network.alpha = 0.05 * 1.4f64.powi(k as i32);
        (config.task.dim, config.task.samples) = (20, 60);
        config.training.steps = 100_000;
        config.record.points_per_decade = 700;
        let id = RunId(1_000 + k);
        let mut run = Run::new(id, config.clone());
        let valid = config.check().expect("valid");
        let mut simulation = Simulation::new(&valid, None).expect("no instance");
        let mut rows = vec![simulation.record(false)];
        while !simulation.is_finished() {
            if simulation.advance(u64::MAX) {
                rows.push(simulation.record(false));
            }
        }
        run.handle(&Report::Rows { run: id, rows });
        run
    }

    /// The scheduler's clock ticks every few milliseconds: frames are told in
    /// batches.
    const BATCH: usize = 30;

    fn report(name: &str, took: &[f64], vertices: usize) {
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let batches = took.chunks(BATCH).map(mean);
        let (best, worst) = batches.fold((f64::INFINITY, 0.0_f64), |(low, high), batch| {
            (low.min(batch), high.max(batch))
        });
        let all = mean(took);
        let verdict = if all < TARGET_MS {
            ""
        } else {
            "  above the target"
        };
        println!("{name:34} {all:7.2} {best:7.2} {worst:7.2} {vertices:9}{verdict}");
    }

    pub fn measure() {
        let test = std::env::args().any(|a| a == "--test");
        let frames = if test { 3 } else { 300 };
        let mut config = Config::default();
        config.record.points_per_decade = 400;
        let mut window = Window::open(config);
        window.app.state.session.set_pace(Pace::Fast);
        window.settle();
        let kept: Vec<Run> = (0..PINS).map(recorded).collect();
        println!(
            "1920×1080, {PINS} pinned runs of {} points, one of {} points on screen",
            kept[0].rows().len(),
            window.app.state.session.run().map_or(0, |r| r.rows().len())
        );
        println!(
            "{:34} {:>7} {:>7} {:>7} {:>9}",
            "milliseconds a frame", "mean", "best 30", "worst", "vertices"
        );
        let idle = |window: &mut Window, name: &str| {
            window.frame(Vec::new());
            let took: Vec<f64> = (0..frames).map(|_| window.frame(Vec::new())).collect();
            report(name, &took, window.vertices);
        };
        idle(&mut window, "no pinned run, drawn again");
        for (id, run) in (0..).zip(kept) {
            window.app.state.pins.push(Pin {
                grows: false,
                id,
                config: run.config().clone(),
                instance: None,
                name: format!("α = {:.2}", run.config().network.alpha),
                colour: PinColour::Palette(id as usize),
                line: PinLine::Solid,
                shown: true,
                run: Arc::new(run),
            });
        }
        for &Panel { tab, name, .. } in &PANELS {
            window.app.state.tab = tab;
            for _ in 0..10 {
                window.frame(Vec::new());
                std::thread::sleep(Duration::from_millis(2 * u64::from(!test)));
            }
            idle(&mut window, &format!("drawn again, tab {name}"));
        }
        window.app.state.tab = Tab::Error;
        // From left to right over the loss plot.
        let took: Vec<f64> = (0..frames)
            .map(|k| {
                let x = 320.0 + 1_200.0 * k as f32 / frames as f32;
                window.frame(vec![Event::PointerMoved(Pos2::new(x, 400.0))])
            })
            .collect();
        report("hovering over the loss plot", &took, window.vertices);
        window.frame(vec![Event::PointerGone]);
        // A live run: new rows and a snapshot 30 times a second.
        window
            .app
            .state
            .session
            .set_pace(Pace::DecadesPerSecond(1.0));
        window.app.state.session.reset(window.time);
        let took: Vec<f64> = (0..frames)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(if test { 0 } else { 16 }));
                window.frame(Vec::new())
            })
            .collect();
        report("following a live run", &took, window.vertices);
    }
}
