//! The command that trains a config without a window.

use crate::sim::committee::instance::Instance;
use crate::sim::config::{Config, FIELDS, Value};
use crate::sweep::submit::quote::shell;

/// The shortest `grokscope run` line that trains this config: what differs from
/// the defaults, quoted for a POSIX shell.
pub fn command_line(config: &Config) -> String {
    let default = Config::default();
    let mut words: Vec<String> = vec!["grokscope".into(), "run".into()];
    let mut flag = |name: &str, value: &str| {
        words.push(name.into());
        words.push(shell(value));
    };
    for field in FIELDS.iter() {
        let value = (field.get)(config);
        let fixed = config.instance.is_some() && Instance::always_fixes(field.key);
        if fixed || value == (field.get)(&default) {
            continue;
        }
        let text = plain(&value);
        match field.key {
            "instance" => flag("--instance", &text),
            "rescale" if config.instance.is_none() => {}
            "seed" => flag("--seed", &text),
            "training.engine" => flag("--engine", &text),
            "training.steps" => flag("--steps", &text),
            // `--record log:n` would drop an explicit list.
            "record.points_per_decade" if config.record.steps.is_empty() => {
                flag("--record", &format!("log:{text}"));
            }
            "record.steps" => flag("--record", &text),
            key => flag("--set", &format!("{key}={text}")),
        }
    }
    flag("--out", "run");
    words.join(" ")
}

/// A value as a person would type it: no quotes, no brackets.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(s) => s.clone(),
        Value::Width(w) => w.to_string(),
        Value::Steps(steps) => {
            let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
            steps.join(",")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::{Cli, Command};
    use super::super::settings;
    use super::*;
    use crate::presets;
    use crate::sim::config::{EngineKind, Width};
    use clap::Parser;

    /// What a real shell makes of the line.
    fn split(line: &str) -> Vec<String> {
        let script = format!("printf '%s\\0' {line}");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end_matches('\0')
            .split('\0')
            .map(str::to_owned)
            .collect()
    }

    fn parse(line: &str) -> Config {
        match Cli::try_parse_from(split(line)).unwrap().command {
            Some(Command::Run(args)) => settings::for_run(&args).unwrap().config,
            other => panic!("{line} is {other:?}"),
        }
    }

    #[test]
    fn the_defaults_need_no_flags() {
        assert_eq!(command_line(&Config::default()), "grokscope run --out run");
    }

    #[test]
    fn what_differs_is_named_in_the_shortest_form() {
        let mut config = Config {
            seed: 7,
            ..Config::default()
        };
        config.network.alpha = 1.0;
        config.network.width = Width::Finite(500);
        config.record.points_per_decade = 20;
        assert_eq!(
            command_line(&config),
            "grokscope run --seed 7 --set network.width=500 --set network.alpha=1.0 \
             --record log:20 --out run"
        );
    }

    #[cfg(unix)]
    #[test]
    fn every_preset_comes_back_from_its_command() {
        for preset in presets::all() {
            assert_eq!(
                parse(&command_line(&preset.config)),
                preset.config,
                "{}",
                preset.name
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_config_with_every_setting_changed_comes_back_from_its_command() {
        let mut config = Config {
            seed: u64::from(u32::MAX) * 1_000,
            ..Config::default()
        };
        config.task.dim = 31;
        config.task.samples = 77;
        config.task.test_samples = 5;
        config.task.target_scale = 0.1 + 0.2;
        config.task.target_rank = 3;
        config.task.label_noise = 1e-7;
        config.network.width = Width::Finite(12);
        config.network.alpha = 1.0 / 3.0;
        config.network.epsilon = 1e-6;
        config.network.init_scale = 1e-300;
        config.network.centered = false;
        config.training.engine = EngineKind::Neurons;
        config.training.learning_rate = 12.5;
        config.training.weight_decay = 1e-5;
        config.training.steps = 10_000_000_000;
        config.outcome.threshold = 0.05;
        config.outcome.relative = false;
        config.outcome.min_ratio = 3.0;
        config.record.points_per_decade = 9;
        for steps in [vec![], vec![1, 2, 300]] {
            config.record.steps = steps;
            assert_eq!(parse(&command_line(&config)), config);
        }
    }

    #[cfg(unix)]
    #[test]
    fn words_are_safe_in_a_shell() {
        for word in ["a b", "it's", "$(rm -rf /)", "*", "~", "α", "", "a\"b\\c"] {
            assert_eq!(split(&shell(word)), [word]);
        }
    }

    #[test]
    fn an_instance_is_named_and_what_every_one_fixes_is_not() {
        let mut config = Config {
            instance: Some("/data/my run.npz".into()),
            ..Config::default()
        };
        config.task.dim = 20;
        config.network.width = Width::Finite(40);
        assert_eq!(
            command_line(&config),
            "grokscope run --instance '/data/my run.npz' --set network.width=40 --out run"
        );
    }
}
