//! Changes of the settings: which reach the run in training, and which begin it
//! again.

use super::{ACCURACY_KEYS, Implied, Loaded, Pending, RunState, Session};
use crate::{
    sim::{
        committee::instance::same_instance,
        config::{Config, ConfigError, FIELDS, LiveSetting, Value, field},
    },
    training::Command,
};

impl Session {
    /// Changes one setting. η₀, λ and the horizon reach a run in training
    /// without a restart; anything else restarts it once the change settles.
    ///
    /// # Errors
    /// A value out of range or in conflict with another setting; nothing
    /// changes then.
    pub fn edit(
        &mut self,
        key: &str,
        value: &Value,
        dragging: bool,
        now: f64,
    ) -> Result<(), ConfigError> {
        let mut config = self.config.clone();
        config.set(key, value)?;
        self.adopt_edit(key, config, dragging, now)
    }

    /// As [`Session::edit`], from typed text.
    ///
    /// # Errors
    /// As [`Session::edit`]; also text that is no value.
    pub fn edit_text(&mut self, key: &str, text: &str, now: f64) -> Result<(), ConfigError> {
        let mut config = self.config.clone();
        config.set_str(key, text)?;
        self.adopt_edit(key, config, false, now)
    }

    fn adopt_edit(
        &mut self,
        key: &str,
        config: Config,
        dragging: bool,
        now: f64,
    ) -> Result<(), ConfigError> {
        if let Some(why) = self.fixed(key) {
            return Err(locked(key, &config, why));
        }
        // A value given by hand holds from now on, whatever a schedule had in mind.
        let mut config = config;
        let given = LiveSetting::by_key(key);
        (config.training.changes).retain(|change| Some(change.setting) != given);
        self.dragging = dragging;
        if config == self.config {
            return Ok(());
        }
        let (config, implied) = self.with_needs(key, config)?;
        self.config = config;
        self.implied.retain(|i| i.cause != key);
        self.implied.extend(implied);
        if !self.change_live(key) {
            let first = self.pending.map_or(now, |p| p.first);
            self.pending = Some(Pending { first, last: now });
        }
        Ok(())
    }

    /// The settings with what a changed one needs, and what that is. What its value
    /// before needed is given back first, unless the user has changed that since or
    /// the settings would not agree.
    fn with_needs(&self, key: &str, config: Config) -> Result<(Config, Vec<Implied>), ConfigError> {
        let mut given_back = config.clone();
        for i in self.implied.iter().filter(|i| i.cause == key) {
            if let Some(field) = field(i.key)
                && (field.get)(&given_back) == i.became
            {
                field.set(&mut given_back, &i.was)?;
            }
        }
        let reconciled = |start: Config| {
            let mut config = start.clone();
            let changed = config.reconcile(key);
            config.clone().check().map(|_| (start, config, changed))
        };
        let (start, config, changed) = reconciled(given_back).or_else(|_| reconciled(config))?;
        let cause = field(key).map_or("", |f| f.key);
        let implied = (changed.into_iter().filter_map(field)).map(|f| Implied {
            cause,
            key: f.key,
            was: (f.get)(&start),
            became: (f.get)(&config),
        });
        let implied = implied.collect();
        Ok((config, implied))
    }

    /// Sends a change that the run in training can take; false if it needs a
    /// restart.
    fn change_live(&mut self, key: &str) -> bool {
        if self.pending.is_some() {
            return false;
        }
        let Some(run) = &self.screen.run else {
            return false;
        };
        if ACCURACY_KEYS.contains(&key) && self.config.network.family.is_committee() {
            return true;
        }
        let Some(setting) = LiveSetting::by_key(key) else {
            return false;
        };
        let state = self.screen.state();
        let training = matches!(state, RunState::Running | RunState::Paused);
        let horizon = self.config.training.steps;
        let taken = match setting {
            // The one asked for may be stable by now: it is tried from the start.
            LiveSetting::LearningRate => training && run.lowered().is_none(),
            LiveSetting::WeightDecay => training,
            LiveSetting::Steps => horizon > run.step() && (training || state == RunState::Done),
        };
        if !taken {
            return false;
        }
        let value = self.config.training.get(setting);
        self.backend.send(match setting {
            LiveSetting::LearningRate => Command::SetLearningRate(value),
            LiveSetting::WeightDecay => Command::SetWeightDecay(value),
            LiveSetting::Steps => Command::SetHorizon(horizon),
        });
        if state == RunState::Done {
            self.screen.carried_on = true;
            self.screen.held = false;
        }
        true
    }

    /// Takes up settings that differ from those of the run in training by what it
    /// can take without a restart; false if it needs one.
    fn take_up_live(&mut self, config: &Config) -> bool {
        let differing = |c: &Config| {
            let values = |s: &LiveSetting| c.training.get(*s) != config.training.get(*s);
            LiveSetting::ALL
                .into_iter()
                .filter(values)
                .collect::<Vec<_>>()
        };
        let changed = differing(&self.config);
        let mut changed_alone = self.config.clone();
        for &setting in &changed {
            let value = config.training.get(setting);
            changed_alone.training.put(setting, value);
        }
        if changed.is_empty() || changed_alone != *config {
            return false;
        }
        self.config = changed_alone;
        changed
            .into_iter()
            .all(|setting| self.change_live(setting.key()))
    }

    /// A drag ended: the curve from before it stays until the new run has had its
    /// chance.
    pub fn end_drag(&mut self) {
        self.dragging = false;
        self.within_drag = false;
    }

    /// Ten times the horizon, without a restart.
    ///
    /// # Errors
    /// The horizon has reached its largest allowed value.
    pub fn carry_on(&mut self, now: f64) -> Result<(), ConfigError> {
        let longer = self.config.training.horizon().saturating_mul(10);
        self.edit("training.steps", &Value::Integer(longer), false, now)
    }

    /// Replaces all settings, and the instance, and watches from step 0.
    ///
    /// # Errors
    /// Settings that are not valid; nothing changes then.
    pub fn open(
        &mut self,
        config: Config,
        instance: Option<Loaded>,
        now: f64,
    ) -> Result<(), ConfigError> {
        self.open_at(config, instance, 0, false, now)
    }

    /// The same, but trains at full speed to a step at first, and waits there where it
    /// is `held`.
    ///
    /// # Errors
    /// Settings that are not valid; nothing changes then.
    pub fn open_at(
        &mut self,
        mut config: Config,
        instance: Option<Loaded>,
        step: u64,
        held: bool,
        now: f64,
    ) -> Result<(), ConfigError> {
        let set_aside = match &instance {
            Some((path, instance)) => {
                // One instance after another: what the first one fixed is no setting
                // to go back to.
                let before = self.set_aside.clone().unwrap_or_else(|| config.clone());
                instance.fix(&mut config);
                config.instance = Some(path.display().to_string());
                Some(before)
            }
            None => {
                config.instance = None;
                config.rescale = false;
                None
            }
        };
        let config = config.check()?;
        self.config = config.clone().into_inner();
        self.instance = instance;
        self.set_aside = set_aside;
        self.implied.clear();
        self.dragging = false;
        self.within_drag = false;
        self.restart_to(config, step, held, now);
        Ok(())
    }

    /// Takes up other settings where the run on screen stands: those of before a
    /// change, or of another run. η₀, λ and the horizon alone need no restart.
    ///
    /// # Errors
    /// Settings that are not valid; nothing changes then.
    pub fn take_up(
        &mut self,
        config: Config,
        instance: Option<Loaded>,
        now: f64,
    ) -> Result<(), ConfigError> {
        let config = config.check()?.into_inner();
        let mut judged = self.config.clone();
        judged.outcome.accuracy_tolerance = config.outcome.accuracy_tolerance;
        judged.outcome.accuracy_level = config.outcome.accuracy_level;
        let accuracy_alone = judged == config && config != self.config && self.run().is_some();
        let before = self.instance.as_ref().map(|(_, instance)| instance);
        let after = instance.as_ref().map(|(_, instance)| instance);
        let same_instance = same_instance(before, after);
        self.implied.clear();
        self.dragging = false;
        self.within_drag = false;
        let live = same_instance && (accuracy_alone || self.take_up_live(&config));
        self.config = config;
        self.instance = instance;
        if !live {
            self.restart(now, true);
        }
        Ok(())
    }

    /// Goes back to sampled data and weights, and to the settings of them that
    /// the instance had fixed.
    pub fn drop_instance(&mut self, now: f64) {
        let Some((_, instance)) = self.instance.take() else {
            return;
        };
        let fixed = self.config.clone();
        self.config.instance = None;
        self.config.rescale = false;
        let Some(before) = self.set_aside.take() else {
            self.restart(now, false);
            return;
        };
        let mut config = self.config.clone();
        for field in FIELDS.iter() {
            if instance.fixes(field.key, &fixed).is_some() {
                // A value that was in force is in range.
                let _ = field.set(&mut config, &(field.get)(&before));
            }
        }
        // The engine may have been changed to one that needs a width, say.
        if config.clone().check().is_ok() {
            self.config = config;
        }
        self.restart(now, false);
    }
}

fn locked(key: &str, config: &Config, why: String) -> ConfigError {
    ConfigError {
        field: key.into(),
        value: field(key).map_or_else(String::new, |f| (f.get)(config).to_string()),
        allowed: why,
        fix: "close the instance to change it".into(),
    }
}
