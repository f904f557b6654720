//! What is remembered between launches. What cannot be read is ignored.

use super::{
    layout::Drawers,
    state::{OPENING_PACE, PACES, SCALES, State, Tab, pace_name},
    window,
};
use crate::{
    presets,
    sim::{config::Config, metrics::Metric},
    training::Pace,
    views::{
        axes::Scale,
        curves::{CurvesState, Lower, Shown},
        theme::Ease,
    },
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const KEY: &str = "grokscope";

/// Stored settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// Light on dark.
    pub dark: bool,
    /// Strong contrast, nothing that moves.
    pub ease: Ease,
    /// Absolute size of text, as earlier versions stored it; 1 is what those had by
    /// themselves.
    pub scale: f32,
    /// Size of text as a multiple of what the window has by itself.
    pub text_size: Option<f32>,
    /// The panels beside the plots.
    pub drawers: Drawers,
    /// Where the window was.
    pub window: Option<window::Place>,
    /// Name of the pace in the menu.
    pub pace: String,
    /// The loss axis is logarithmic.
    pub log_loss: bool,
    /// The forecast is on show.
    pub forecast: bool,
    /// The lazy model is on show.
    #[serde(alias = "lazy_shadow")]
    pub lazy_model: bool,
    /// Column names of what the lower plot shows.
    pub lower: Vec<String>,
    /// Its axis is logarithmic.
    pub log_lower: bool,
    /// Train losses of pinned runs, where the user said.
    pub pin_trains: Option<bool>,
    /// Tab of the side panel.
    pub tab: Tab,
    /// Settings of the run, as TOML.
    pub config: String,
    /// Preset they are, if any.
    pub preset: Option<String>,
    /// Files that were opened, the newest first.
    pub recent: Vec<PathBuf>,
    /// The guided tour has been seen, or left.
    pub toured: bool,
}

impl Default for Stored {
    fn default() -> Self {
        Self {
            dark: true,
            ease: Ease::default(),
            scale: 1.0,
            text_size: None,
            drawers: Drawers::default(),
            window: None,
            pace: pace_name(OPENING_PACE).into(),
            log_loss: false,
            forecast: true,
            lazy_model: true,
            lower: names(&Shown::default()),
            log_lower: false,
            pin_trains: None,
            tab: Tab::default(),
            config: String::new(),
            preset: None,
            recent: Vec::new(),
            toured: false,
        }
    }
}

/// Column names of what the lower plot shows.
fn names(shown: &Shown) -> Vec<String> {
    let metrics = shown.lower.curves.iter().map(|curve| curve.metric);
    metrics.map(|m| m.spec().name.to_owned()).collect()
}

impl Stored {
    /// What was stored at the last launch; the defaults where there is nothing
    /// or nothing that can be read.
    pub fn load(storage: Option<&dyn eframe::Storage>) -> Self {
        let mut stored: Self = storage
            .and_then(|s| eframe::get_value(s, KEY))
            .unwrap_or_default();
        if !(0.5..=3.0).contains(&stored.scale) {
            stored.scale = 1.0;
        }
        stored.text_size = stored.text_size.filter(|s| SCALES.contains(s));
        stored
    }

    /// The state that is worth remembering.
    pub fn of(state: &State) -> Self {
        // The path of an instance may lead nowhere at the next launch, and D, P
        // and N without it would be another run.
        let mut config = state.session.config().clone();
        config.instance = None;
        // What a figure asked for is not what the user chose.
        let (shown, loss_scale) = match &state.figure {
            Some(open) => (&open.before.0, open.before.1),
            None => (&state.curves.shown, state.curves.loss_scale),
        };
        // Nor what a lecture did.
        let usual = (shown, loss_scale, state.tab, state.session.pace());
        let (shown, loss_scale, tab, pace) = state.lecture.before().unwrap_or(usual);
        Self {
            dark: state.dark,
            ease: state.ease,
            scale: 1.0,
            text_size: Some(state.scale),
            drawers: state.drawers,
            window: None,
            pace: pace_name(pace).into(),
            log_loss: loss_scale == Scale::Log,
            forecast: shown.forecast,
            lazy_model: shown.lazy_model,
            lower: names(shown),
            log_lower: shown.lower.scale == Scale::Log,
            pin_trains: shown.pin_trains,
            tab,
            config: config.to_toml(),
            preset: state.preset.clone(),
            recent: state.recent.clone(),
            toured: state.toured,
        }
    }

    /// Stores it.
    pub fn save(&self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, KEY, self);
    }

    /// What the plots show.
    pub fn curves(&self) -> CurvesState {
        let mut curves = CurvesState::default();
        let shown = &mut curves.shown;
        (shown.forecast, shown.lazy_model) = (self.forecast, self.lazy_model);
        shown.pin_trains = self.pin_trains;
        let known = self.lower.iter().filter_map(|name| Metric::by_name(name));
        shown.lower = Lower::of(&known.collect::<Vec<_>>());
        if self.log_lower {
            shown.lower.scale = Scale::Log;
        }
        if self.log_loss {
            curves.toggle_loss_scale();
        }
        curves
    }

    /// The pace.
    pub fn pace(&self) -> Pace {
        PACES
            .iter()
            .find(|(name, _)| *name == self.pace)
            .map_or(OPENING_PACE, |(_, pace)| *pace)
    }

    /// The settings and their preset, if they are still valid; the opening
    /// preset otherwise.
    pub fn config(&self) -> (Config, Option<String>) {
        let stored = (!self.config.is_empty())
            .then(|| Config::from_toml(&self.config).ok()?.check().ok())
            .flatten();
        match stored {
            Some(config) => {
                let config = config.into_inner();
                let preset = self
                    .preset
                    .clone()
                    .filter(|name| presets::find(name).is_ok_and(|p| p.config == config));
                (config, preset)
            }
            None => (
                presets::opening(),
                presets::all().first().map(|p| p.name.clone()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(Default)]
    struct Memory(HashMap<String, String>);

    impl eframe::Storage for Memory {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.into(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }
        fn flush(&mut self) {}
    }

    #[test]
    fn what_is_stored_comes_back() {
        let mut storage = Memory::default();
        let stored = Stored {
            dark: false,
            text_size: Some(1.5),
            pace: "full speed".into(),
            lazy_model: false,
            lower: vec!["weight_norm_sq".into(), "no such column".into()],
            log_lower: true,
            recent: vec!["a/config.toml".into()],
            ..Stored::default()
        };
        stored.save(&mut storage);
        assert_eq!(Stored::load(Some(&storage)), stored);
        assert_eq!(stored.pace(), Pace::Fast);
        let lower = stored.curves().shown.lower;
        assert_eq!(lower.shown().collect::<Vec<_>>(), [Metric::WeightNormSq]);
        assert_eq!(lower.scale, Scale::Log);
    }

    #[test]
    fn nonsense_in_the_store_is_ignored() {
        let mut storage = Memory::default();
        for nonsense in [
            "",
            "garbage",
            "(scale: 1e30)",
            "(dark: 7)",
            "(pace: \"warp\")",
        ] {
            storage.0.insert(KEY.into(), nonsense.into());
            let stored = Stored::load(Some(&storage));
            assert_eq!(stored.scale, 1.0, "{nonsense}");
            assert_eq!(stored.pace(), OPENING_PACE);
            assert_eq!(stored.config().0, presets::opening());
        }
        let bad = Stored {
            config: "[network]\nalpha = -3\n".into(),
            ..Stored::default()
        };
        assert_eq!(bad.config().0, presets::opening());
    }
}
