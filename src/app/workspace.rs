//! The state of the window as something to keep: taken from what is on screen, and put
//! on screen again.

use super::{
    GrokscopeApp,
    compare::{Pin, PinColour, PinLine},
    files,
    layout::{Drawer, Drawers, Want},
    retrain::Retrain,
    session::{Loaded, RunState},
    state::{PACES, State, Tab, pace_name},
};
use crate::{
    history::Run,
    plot::Span,
    sim::{
        config::{Config, field},
        metrics::Metric,
    },
    training::{Pace, RunId},
    views::{
        axes::Scale,
        curves::{Lower, LowerCurve, Shown},
        laws,
        sweep_form::{Spacing, SweepForm},
    },
    workspace::{self, Workspace},
};
use egui::Context;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

/// Instances by the paths that settings give, and by whether they are rescaled.
pub type Instances = BTreeMap<(String, bool), Loaded>;

/// Tabs by their names in files.
const TABS: [(&str, Tab); 12] = [
    ("error", Tab::Error),
    ("kernel", Tab::Kernel),
    ("features", Tab::Features),
    ("theory", Tab::Theory),
    ("path", Tab::Path),
    ("network", Tab::Network),
    ("accuracy", Tab::Accuracy),
    ("phase", Tab::Phase),
    ("facts", Tab::Facts),
    ("runs", Tab::Runs),
    ("laws", Tab::Laws),
    ("figure", Tab::Figure),
];

/// Reads the instances that a state names.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn instances_of(state: &Workspace) -> Result<Instances, String> {
    let mut found = Instances::new();
    let configs = std::iter::once(&state.settings).chain(state.pins.iter().map(|p| &p.settings));
    for config in configs {
        let Some(path) = &config.instance else {
            continue;
        };
        let key = (path.clone(), config.rescale);
        if let Entry::Vacant(place) = found.entry(key) {
            place.insert(files::read_instance(path.as_ref(), config.rescale)?);
        }
    }
    Ok(found)
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// What a state says of the screen, in the window's own terms.
struct OnScreen {
    tab: Tab,
    pace: Pace,
    shown: Shown,
    sweep: SweepForm,
}

impl OnScreen {
    fn of(state: &Workspace) -> Result<Self, String> {
        let layout = &state.layout;
        let tab = TABS.iter().find(|(name, _)| *name == layout.tab);
        let (_, tab) = tab.ok_or_else(|| {
            let names = list(TABS.iter().map(|(name, _)| *name));
            format!("layout.tab = {:?}: expected one of {names}", layout.tab)
        })?;
        let pace = PACES.iter().find(|(name, _)| *name == layout.pace);
        let (_, pace) = pace.ok_or_else(|| {
            let names = list(PACES.iter().map(|(name, _)| *name));
            format!("layout.pace = {:?}: expected one of {names}", layout.pace)
        })?;
        let metric = |place: &str, name: &String| {
            Metric::by_name(name).ok_or_else(|| {
                format!("layout.{place}: there is no column {name:?}; docs/metrics.md lists them")
            })
        };
        let mut lower = Lower::of(&[]);
        for name in &layout.lower {
            lower.curves.push(LowerCurve {
                metric: metric("lower", name)?,
                on: !layout.lower_hidden.contains(name),
            });
        }
        for name in &layout.lower_hidden {
            metric("lower_hidden", name)?;
        }
        if layout.log_lower {
            lower.scale = Scale::Log;
        }
        let form = &state.sweep;
        let key = field(&form.key).map(|f| f.key).ok_or_else(|| {
            format!(
                "sweep.key = {:?}: there is no such setting; `grokscope fields` lists them",
                form.key
            )
        })?;
        Ok(Self {
            tab: *tab,
            pace: *pace,
            shown: Shown {
                train: layout.train,
                test: layout.test,
                forecast: layout.forecast,
                lazy_model: layout.lazy_model,
                references: layout.references,
                seeds: layout.seeds,
                pin_trains: layout.pin_trains,
                lower,
            },
            sweep: SweepForm {
                key,
                from: form.from.clone(),
                to: form.to.clone(),
                count: form.count,
                spacing: match form.log {
                    true => Spacing::Log,
                    false => Spacing::Linear,
                },
            },
        })
    }
}

fn drawer(drawer: &Drawer) -> workspace::Drawer {
    workspace::Drawer {
        want: match drawer.want {
            Want::Auto => workspace::Want::Auto,
            Want::Open => workspace::Want::Open,
            Want::Shut => workspace::Want::Shut,
        },
        share: drawer.share,
    }
}

fn drawer_of(drawer: &workspace::Drawer) -> Drawer {
    Drawer {
        want: match drawer.want {
            workspace::Want::Auto => Want::Auto,
            workspace::Want::Open => Want::Open,
            workspace::Want::Shut => Want::Shut,
        },
        share: drawer.share,
    }
}

fn kept(pin: &Pin) -> workspace::Pin {
    workspace::Pin {
        name: pin.name.clone(),
        colour: match pin.colour {
            PinColour::Palette(i) => workspace::Colour::Palette(i),
            PinColour::Ramp(at) => workspace::Colour::Ramp(at),
        },
        line: match pin.line {
            PinLine::Solid => workspace::Line::Solid,
            PinLine::Dashed => workspace::Line::Dashed,
            PinLine::Dotted => workspace::Line::Dotted,
        },
        shown: pin.shown,
        settings: pin.config.clone(),
    }
}

fn layout_of(state: &State) -> workspace::Layout {
    let curves = &state.curves;
    let shown = &curves.shown;
    let names = |on: bool| {
        let all = shown.lower.curves.iter().filter(|curve| on || !curve.on);
        all.map(|curve| curve.metric.spec().name.to_owned())
            .collect()
    };
    let [time, loss, lower] = curves.zoom().map(|span| span.map(|s| [s.low, s.high]));
    let tab = TABS.iter().find(|(_, tab)| *tab == state.tab);
    workspace::Layout {
        dark: state.dark,
        pace: pace_name(state.session.pace()).into(),
        tab: tab.map_or("error", |(name, _)| name).into(),
        panels: state.figure.as_ref().is_none_or(|open| open.has_panels()),
        log_loss: curves.loss_scale == Scale::Log,
        log_lower: shown.lower.scale == Scale::Log,
        lower: names(true),
        lower_hidden: names(false),
        train: shown.train,
        test: shown.test,
        forecast: shown.forecast,
        lazy_model: shown.lazy_model,
        references: shown.references,
        seeds: shown.seeds,
        pin_trains: shown.pin_trains,
        settings_panel: drawer(&state.drawers.left),
        side_panel: drawer(&state.drawers.right),
        zoom: workspace::Zoom { time, loss, lower },
    }
}

impl GrokscopeApp {
    /// What is on screen, to be kept.
    pub fn workspace(&self) -> Workspace {
        let state = &self.state;
        let session = &state.session;
        let settings = session.config_on_screen();
        let open = state.figure.as_ref();
        let own = |pin: &&Pin| !open.is_some_and(|open| open.is_kept(pin.run.id()));
        let form = &state.sweep_form;
        let law = &state.laws.form;
        // What a lecture put aside is what the user chose.
        let usual = (state.pins.as_slice(), &state.curves.annotations);
        let (pins, annotations) = state.lecture.put_aside().unwrap_or(usual);
        Workspace {
            preset: state.preset.clone().filter(|name| {
                crate::presets::find(name).is_ok_and(|preset| preset.config == settings)
            }),
            figure: open.map(|open| open.figure().id.clone()),
            step: session.reached(),
            held: session.state() == RunState::Paused && !state.time.holds(),
            cursor: state.time.step().or(state.time.wanted()),
            settings,
            layout: layout_of(state),
            diagram: state.phase.kept(),
            sweep: workspace::Sweep {
                key: form.key.into(),
                from: form.from.clone(),
                to: form.to.clone(),
                count: form.count,
                log: form.spacing == Spacing::Log,
            },
            law: workspace::Law {
                x: law.x.clone(),
                y: law.y.clone(),
                time: law.time.clone(),
                of_diagram: law.source == laws::Source::Diagram,
            },
            pins: pins.iter().filter(own).map(kept).collect(),
            notes: annotations.notes.clone(),
            strokes: annotations.strokes.clone(),
            ..Workspace::default()
        }
    }

    /// Puts a state on screen: trains its run at full speed to where it stood, and its
    /// kept runs beside it. What was there before can be taken back. `name` is what it
    /// is called in the menu of changes, such as the file's.
    ///
    /// # Errors
    /// Names the field and what is possible; nothing has changed then.
    pub fn open_workspace(
        &mut self,
        kept: &Workspace,
        instances: &Instances,
        name: &str,
        ctx: &Context,
        now: f64,
    ) -> Result<(), String> {
        kept.check().map_err(|e| e.to_string())?;
        let on_screen = OnScreen::of(kept)?;
        let (config, instance) = with_instance(&kept.settings, instances)?;
        let pins: Vec<_> = (kept.pins.iter())
            .map(|pin| Ok((pin, with_instance(&pin.settings, instances)?)))
            .collect::<Result<_, String>>()?;

        if self.state.lecture.is_on() {
            self.end_lecture(ctx, now);
        }
        self.leave_past(now);
        self.cancel_sweep();
        let before = self.settings();
        match &kept.figure {
            Some(id) => self.open_figure(id, ctx, now),
            None => self.close_figure(),
        }
        let session = &mut self.state.session;
        session
            .open_at(config, instance, kept.step, kept.held, now)
            .map_err(|e| e.to_string())?;
        session.set_pace_later(on_screen.pace);
        let config = session.config().clone();
        self.fresh(config, kept.preset.clone());
        self.opened_file(before, name);
        self.exchange_pins(pins, name, ctx);
        self.lay_out(kept, on_screen);
        Ok(())
    }

    fn exchange_pins(
        &mut self,
        kept: Vec<(&workspace::Pin, (Config, Option<Loaded>))>,
        name: &str,
        ctx: &Context,
    ) {
        let removed: Vec<(usize, Pin)> = self.state.pins.drain(..).enumerate().collect();
        let mut pins = Vec::new();
        for (pin, (config, instance)) in kept {
            pins.push(Pin {
                id: self.next_pin_id(),
                // Without rows until it is trained again.
                run: Arc::new(Run::new(RunId::next(), config.clone())),
                config,
                instance,
                name: pin.name.clone(),
                colour: match pin.colour {
                    workspace::Colour::Palette(i) => PinColour::Palette(i),
                    workspace::Colour::Ramp(at) => PinColour::Ramp(at),
                },
                line: match pin.line {
                    workspace::Line::Solid => PinLine::Solid,
                    workspace::Line::Dashed => PinLine::Dashed,
                    workspace::Line::Dotted => PinLine::Dotted,
                },
                shown: pin.shown,
                grows: false,
            });
        }
        self.state.retrain = Retrain::begin(&pins, ctx);
        if !pins.is_empty() || !removed.is_empty() {
            let what = format!("the pinned runs of {name}");
            self.state.undo.pins(what, pins.clone(), removed);
        }
        self.state.pins = pins;
    }

    fn lay_out(&mut self, kept: &Workspace, on_screen: OnScreen) {
        let state = &mut self.state;
        let layout = &kept.layout;
        state.dark = layout.dark;
        state.drawers = Drawers {
            left: drawer_of(&layout.settings_panel),
            right: drawer_of(&layout.side_panel),
        };
        let curves = &mut state.curves;
        curves.shown = on_screen.shown;
        if (curves.loss_scale == Scale::Log) != layout.log_loss {
            curves.toggle_loss_scale();
        }
        let zoom = [layout.zoom.time, layout.zoom.loss, layout.zoom.lower];
        curves.set_zoom(zoom.map(|span| span.map(|[low, high]| Span::new(low, high))));
        state.phase.restore(&kept.diagram);
        state.sweep_form = on_screen.sweep;
        state.laws.form = laws::Form {
            x: kept.law.x.clone(),
            y: kept.law.y.clone(),
            time: kept.law.time.clone(),
            source: match kept.law.of_diagram {
                true => laws::Source::Diagram,
                false => laws::Source::Runs,
            },
        };
        state.curves.annotations.notes.clone_from(&kept.notes);
        state.curves.annotations.strokes.clone_from(&kept.strokes);
        if let Some(step) = kept.cursor {
            state.time.want(step, kept.step);
        }
        // The tab of a figure needs one.
        if on_screen.tab != Tab::Figure || state.figure.is_some() {
            state.tab = on_screen.tab;
        }
        if let Some(open) = &mut state.figure {
            open.set_panels(layout.panels);
        }
    }
}

/// Settings as they are in force with the instance that they name.
fn with_instance(
    config: &Config,
    instances: &Instances,
) -> Result<(Config, Option<Loaded>), String> {
    let Some(path) = &config.instance else {
        return Ok((config.clone(), None));
    };
    let loaded = instances
        .get(&(path.clone(), config.rescale))
        .ok_or_else(|| format!("instance = {path:?}: was not read"))?;
    let mut fixed = config.clone();
    loaded.1.fix(&mut fixed);
    fixed.clone().check().map_err(|e| e.to_string())?;
    Ok((fixed, Some(loaded.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_has_a_name_in_files() {
        for panel in &crate::views::panels::PANELS {
            assert!(
                TABS.iter().any(|(_, tab)| *tab == panel.tab),
                "{}",
                panel.name
            );
        }
    }

    #[test]
    fn what_is_not_known_is_named_with_what_is() {
        let mut state = Workspace::default();
        assert!(OnScreen::of(&state).is_ok());
        state.layout.tab = "spectra".into();
        let error = OnScreen::of(&state).err().unwrap_or_default();
        assert!(
            error.contains("layout.tab") && error.contains("kernel"),
            "{error}"
        );
        state.layout.tab = "kernel".into();
        state.layout.lower = vec!["no_such".into()];
        let error = OnScreen::of(&state).err().unwrap_or_default();
        assert!(
            error.contains("layout.lower") && error.contains("no_such"),
            "{error}"
        );
    }
}
