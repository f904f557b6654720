//! What the window shows besides the run.

pub use crate::views::{
    paces::{PACES, pace_name},
    panels::Tab,
};

use super::{
    animation::Animating,
    compare::{Pin, PinId},
    diagram::PhaseDiagram,
    figures::OpenFigure,
    keeping::Keeping,
    laws::Laws,
    layout::Drawers,
    lecture::Lecture,
    network::Network,
    print::Printing,
    retrain::Retrain,
    session::Session,
    sweeping::{Sweep, SweepForm},
    theory::Theory,
    time::Cursor,
    undo::Undo,
};
use crate::{
    sim::config::Config,
    training::Pace,
    views::{
        animation_form::AnimationForm, curves::CurvesState, lecture::LARGER, print_form::PrintForm,
        theme::Ease,
    },
};
use egui::Rect;
use std::{collections::BTreeMap, path::PathBuf};

/// Sizes of text and controls, as multiples of what a window has by itself.
pub const SCALES: [f32; 8] = [0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0];

/// How long the reason for a change, or a notice, is shown.
pub const NOTICE_SECS: f64 = 8.0;
/// Seconds for which the status line says which setting was changed.
pub const EDIT_SECS: f64 = 4.0;
/// How long it is said that something went wrong.
pub const BAD_NOTICE_SECS: f64 = 30.0;

/// A line in the status bar about something the user did.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What happened.
    pub text: String,
    /// It did not work.
    pub bad: bool,
    /// When.
    pub since: f64,
}

impl Notice {
    /// When it is over.
    pub fn until(&self) -> f64 {
        let seconds = if self.bad {
            BAD_NOTICE_SECS
        } else {
            NOTICE_SECS
        };
        self.since + seconds
    }
}

/// Where everything stands in the window, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regions {
    /// The bar at the top.
    pub top: Rect,
    /// The bar at the bottom.
    pub bottom: Rect,
    /// The settings, if they are open.
    pub settings: Option<Rect>,
    /// The side panel, if it is open.
    pub side: Option<Rect>,
    /// The plots, or what has their place.
    pub plots: Rect,
}

impl Default for Regions {
    fn default() -> Self {
        Self {
            top: Rect::ZERO,
            bottom: Rect::ZERO,
            settings: None,
            side: None,
            plots: Rect::ZERO,
        }
    }
}

/// The pace of the first launch: grokking within ten seconds.
pub const OPENING_PACE: Pace = Pace::DecadesPerSecond(2.0 / 3.0);

/// Everything on screen.
pub struct State {
    /// Settings, run and worker.
    pub session: Session,
    /// What the theory says about the run.
    pub theory: Theory,
    /// What was seen of a network that is no committee machine.
    pub network: Network,
    /// The phase diagram.
    pub phase: PhaseDiagram,
    /// What a double click goes back to: the settings as they were opened.
    pub defaults: Config,
    /// Name of the preset on screen, until a setting is changed.
    pub preset: Option<String>,
    /// Why the last value given to a field was refused.
    pub field_errors: BTreeMap<String, String>,
    /// The setting changed last, and when.
    pub changed: Option<(&'static str, f64)>,
    /// What the user should know about the last thing they did.
    pub notice: Option<Notice>,
    /// Where the last export went.
    pub last_export: Option<PathBuf>,
    /// Light on dark.
    pub dark: bool,
    /// Strong contrast, nothing that moves.
    pub ease: Ease,
    /// Size of text and controls, as a multiple of what the window has by itself.
    pub scale: f32,
    /// Size of the window in points at a zoom of 1; zero where there is none.
    pub window: egui::Vec2,
    /// The panels beside the plots, as the user left them.
    pub drawers: Drawers,
    /// Where everything stood in the last frame.
    pub regions: Regions,
    /// Keys are shown.
    pub help_open: bool,
    /// The dialog for figures for print, while it is open.
    pub printing: Option<Printing>,
    /// What was chosen in it last.
    pub print_form: PrintForm,
    /// The dialog for animations, while it is open.
    pub animating: Option<Animating>,
    /// What was chosen in it last.
    pub animation_form: AnimationForm,
    /// What can be opened is shown.
    pub open_shown: bool,
    /// Files that were opened, the newest first.
    pub recent: Vec<PathBuf>,
    /// The window fills the screen.
    pub fullscreen: bool,
    /// Tab of the side panel.
    pub tab: Tab,
    /// The side panel is open.
    pub side_shown: bool,
    /// What the user chose to see of the plots.
    pub curves: CurvesState,
    /// Runs kept for comparison.
    pub pins: Vec<Pin>,
    /// Figure of the paper on show.
    pub figure: Option<OpenFigure>,
    /// The newest of their ids.
    pub pin_ids: PinId,
    /// What is written in the form of a sweep.
    pub sweep_form: SweepForm,
    /// Laws across the runs kept.
    pub laws: Laws,
    /// The sweep under way.
    pub sweep: Option<Sweep>,
    /// Which moment of the run is shown.
    pub time: Cursor,
    /// What can be taken back.
    pub undo: Undo,
    /// The story of a lecture, and where it stands.
    pub lecture: Lecture,
    /// What explains the sentences is shown.
    pub why: bool,
    /// The card of the tour that is shown.
    pub tour: Option<usize>,
    /// The tour has been seen, or left.
    pub toured: bool,
    /// Room that the plots had in the last frame.
    pub plots_size: egui::Vec2,
    /// Kept runs that are trained again.
    pub retrain: Option<Retrain>,
    /// The file of this state, and whether it is as there.
    pub kept: Keeping,
}

impl State {
    /// Seconds until the status bar has something else to say.
    pub fn notice_ends(&self, now: f64) -> Option<f64> {
        let notice = self.notice.as_ref().map(Notice::until);
        let changed = self.changed.map(|(_, since)| since + NOTICE_SECS);
        let ends = notice.into_iter().chain(changed).map(|end| end - now);
        ends.filter(|left| *left > 0.0).min_by(f64::total_cmp)
    }

    /// Size of text and controls as a multiple of what the window has by itself: in a
    /// lecture they are larger.
    pub fn text_scale(&self) -> f32 {
        match self.lecture.is_on() {
            true => self.scale * LARGER,
            false => self.scale,
        }
    }

    /// The recorded step that all panels show, where it is not where the run
    /// stands now.
    pub fn past(&self) -> Option<u64> {
        let moment = self.session.run()?.moment(self.time.step());
        (!moment.is_live()).then(|| moment.step())
    }
}
