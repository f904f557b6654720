//! What the window shows besides the run.

use super::{
    compare::{Pin, PinId},
    diagram::Phase,
    figures::OpenFigure,
    layout::Drawers,
    session::Session,
    sweeping::{Sweep, SweepForm},
    theory::Theory,
    time::Cursor,
    undo::Undo,
};
use crate::{sim::config::Config, training::Pace, views::curves::CurvesState};
use egui::Rect;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Sizes of text and controls, as multiples of what a window has by itself.
pub const SCALES: [f32; 8] = [0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0];

/// How long the reason for a change, or a notice, is shown.
pub const NOTICE_SECS: f64 = 8.0;
/// Seconds for which the status line says which setting was changed.
pub const EDIT_SECS: f64 = 4.0;
/// How long it is said that something went wrong.
pub const BAD_NOTICE_SECS: f64 = 30.0;

/// A tab of the side panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tab {
    /// Where the test error comes from.
    #[default]
    Error,
    /// The kernel's spectrum and alignments.
    Kernel,
    /// The neurons in the plane of the target direction.
    Features,
    /// Grokking by loss and by accuracy.
    Accuracy,
    /// The phase diagram.
    Phase,
    /// Every metric of the newest row.
    Facts,
    /// The runs kept for comparison.
    Runs,
    /// The figure of the paper on show; only where there is one.
    Figure,
}

impl Tab {
    /// All tabs, in order.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Error, "Error"),
        (Self::Kernel, "Kernel"),
        (Self::Features, "Features"),
        (Self::Accuracy, "Accuracy"),
        (Self::Phase, "Phase"),
        (Self::Facts, "Numbers"),
        (Self::Runs, "Runs"),
        (Self::Figure, "Figure"),
    ];

    /// What there is to see in it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Error => "Where the test loss comes from: its three parts over time",
            Self::Kernel => {
                "The kernel: its eigenvalues, where the labels lie in it, and its alignment"
            }
            Self::Features => {
                "The neurons as a cloud, and how far they have turned towards the target"
            }
            Self::Accuracy => {
                "Whether it groks by accuracy too, and how this depends on the tolerance"
            }
            Self::Phase => "The phase diagram: one run for each pair of values of two settings",
            Self::Facts => "Every measured number at one step",
            Self::Runs => "Runs kept for comparison, and a setting swept over values",
            Self::Figure => "The paper's figure: caption, claim and what was measured",
        }
    }
}

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

/// Paces in the menu.
pub const PACES: [(&str, Pace); 8] = [
    ("lecture, slow", Pace::DecadesPerSecond(1.0 / 3.0)),
    ("lecture", Pace::DecadesPerSecond(2.0 / 3.0)),
    ("lecture, brisk", Pace::DecadesPerSecond(2.0)),
    ("10 steps/s", Pace::StepsPerSecond(10.0)),
    ("100 steps/s", Pace::StepsPerSecond(100.0)),
    ("1,000 steps/s", Pace::StepsPerSecond(1_000.0)),
    ("10,000 steps/s", Pace::StepsPerSecond(10_000.0)),
    ("full speed", Pace::Fast),
];

/// The pace of the first launch: grokking within ten seconds.
pub const OPENING_PACE: Pace = Pace::DecadesPerSecond(2.0 / 3.0);

/// Name of a pace in the menu.
pub fn pace_name(pace: Pace) -> &'static str {
    PACES
        .iter()
        .find(|(_, p)| *p == pace)
        .map_or("pace", |(name, _)| name)
}

/// Everything on screen.
pub struct State {
    /// Settings, run and worker.
    pub session: Session,
    /// What the theory says about the run.
    pub theory: Theory,
    /// The phase diagram.
    pub phase: Phase,
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
    /// The sweep under way.
    pub sweep: Option<Sweep>,
    /// Which moment of the run is shown.
    pub time: Cursor,
    /// What can be taken back.
    pub undo: Undo,
    /// Room that the plots had in the last frame.
    pub plots_size: egui::Vec2,
}

impl State {
    /// Seconds until the status bar has something else to say.
    pub fn notice_ends(&self, now: f64) -> Option<f64> {
        let notice = self.notice.as_ref().map(Notice::until);
        let changed = self.changed.map(|(_, since)| since + NOTICE_SECS);
        let ends = notice.into_iter().chain(changed).map(|end| end - now);
        ends.filter(|left| *left > 0.0).min_by(f64::total_cmp)
    }

    /// The recorded step that all panels show, where it is not where the run
    /// stands now.
    pub fn past(&self) -> Option<u64> {
        let moment = self.session.run()?.moment(self.time.step());
        (!moment.is_live()).then(|| moment.step())
    }
}
