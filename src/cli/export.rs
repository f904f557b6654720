//! `grokscope export` and `grokscope run --save`: what was computed, as arrays.

use super::args::ExportArgs;
use super::progress::Progress;
use super::settings::{self, Resolved};
use super::signals::stop_on_signals;
use super::{CliError, args::RunArgs};
use crate::extract::{Extract, Moment, Named, Part};
use crate::io::{FileError, arrays, atomic};
use crate::sim::committee::instance::Instance;
use crate::sim::committee::moments::MomentState;
use crate::sim::config::ValidConfig;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Trains to the steps asked for and writes the arrays.
///
/// # Errors
/// Names the flag, file or field; nothing is trained unless the arrays can be written.
pub(super) fn export(args: &ExportArgs) -> Result<String, CliError> {
    let Resolved { config, instance } = resolve(args)?;
    let config = config.check()?;
    let tables = prepare(&args.out)?;
    let horizon = config.training.horizon();
    let steps = match &args.at {
        None => vec![horizon],
        Some(steps) => steps.0.clone(),
    };
    if let Some(step) = steps.iter().find(|step| **step > horizon) {
        return Err(CliError::usage(format!(
            "--at: step {step} is beyond the horizon, training.steps = {horizon}"
        )));
    }
    let parts = match args.what.is_empty() {
        true => vec![Part::Instance, Part::Weights],
        false => args.what.clone(),
    };
    let stop = stop_on_signals(|| "no arrays are written".into(), "which is the same")?;
    let instance = instance.map(|(_, instance)| instance);
    let arrays = extract(&config, instance.as_ref(), &parts, &steps, &stop)?;
    write(&args.out, tables, &arrays)?;
    let names: Vec<String> = (arrays.iter())
        .map(|(name, array)| {
            let sides: Vec<String> = array.shape().iter().map(usize::to_string).collect();
            format!("{name} ({})", sides.join("×"))
        })
        .collect();
    Ok(format!(
        "wrote {} to {}",
        names.join(", "),
        args.out.display()
    ))
}

fn resolve(args: &ExportArgs) -> Result<Resolved, CliError> {
    let mut run = RunArgs {
        source: args.source.clone(),
        set: args.set.clone(),
        ..RunArgs::default()
    };
    if let Some(directory) = &args.run {
        let config = directory.join("config.toml");
        if !config.exists() {
            return Err(CliError::usage(format!(
                "{}: holds no config.toml; give a directory that `grokscope run` wrote, or \
                 --config or --preset",
                directory.display()
            )));
        }
        run.source.config = Some(config);
    }
    settings::for_run(&run)
}

/// Whether a directory of tables is asked for; refuses what could not be written.
fn prepare(out: &Path) -> Result<bool, CliError> {
    let usage = |e: FileError| CliError::usage(format!("--out {e}"));
    if out.extension().is_some() {
        atomic::check_ending(out, "npz").map_err(usage)?;
        atomic::check_output(out).map_err(usage)?;
        return Ok(false);
    }
    std::fs::create_dir_all(out)
        .map_err(|e| CliError::usage(format!("--out {}: could not be made: {e}", out.display())))?;
    atomic::check_writable(out).map_err(usage)?;
    Ok(true)
}

fn write(out: &Path, tables: bool, named: &[Named]) -> Result<(), CliError> {
    match tables {
        true => drop(arrays::write_tables(out, named)?),
        false => arrays::write_npz(out, named)?,
    }
    Ok(())
}

fn extract(
    config: &ValidConfig,
    instance: Option<&Arc<Instance>>,
    parts: &[Part],
    steps: &[u64],
    stop: &AtomicBool,
) -> Result<Vec<Named>, CliError> {
    let steps: &[u64] = match parts.iter().any(|part| part.has_steps()) {
        true => steps,
        false => &[],
    };
    let last = steps.last().copied().unwrap_or(0);
    let mut progress = Progress::begin("export", last, "steps");
    let trained = Extract::train(config, instance.map(Arc::as_ref), steps, |step| {
        progress.at(step, step as f64 / last.max(1) as f64, "");
        !stop.load(Ordering::Relaxed)
    });
    progress.end();
    if stop.load(Ordering::Relaxed) {
        return Err(CliError::Stopped(
            "told to stop; no arrays were written".into(),
        ));
    }
    let extract = trained.map_err(CliError::Failed)?;
    extract.arrays(parts).map_err(CliError::usage)
}

/// Name of a part's file beside a run.
pub(super) fn file_name(part: Part) -> String {
    format!("{}.npz", part.name())
}

/// Writes parts of a run beside it, each into a file of its own: what depends on the
/// weights at step 0 and at its end.
pub(super) fn save(
    out: &Path,
    config: &ValidConfig,
    instance: Option<&Arc<Instance>>,
    parts: &[Part],
    end: &End,
) -> Result<Vec<String>, CliError> {
    let instance = instance.map(Arc::as_ref);
    let extract = match &end.states {
        Some([first, last]) => {
            let moment = |step: u64, state: &MomentState| Moment {
                step,
                state: state.clone(),
                network: None,
            };
            let mut moments = vec![moment(0, first)];
            if end.step > 0 {
                moments.push(moment(end.step, last));
            }
            Extract::of(config, instance, moments)
        }
        None => {
            let mut steps = vec![0, end.step];
            steps.dedup();
            Extract::train(config, instance, &steps, |_| true)
        }
    };
    let extract = extract.map_err(CliError::Failed)?;
    let mut files = Vec::new();
    for part in parts {
        let arrays = extract.arrays(&[*part]).map_err(CliError::Failed)?;
        let name = file_name(*part);
        arrays::write_npz(&out.join(&name), &arrays)?;
        files.push(name);
    }
    Ok(files)
}

/// Where a run ended.
pub(super) struct End {
    /// The step.
    pub step: u64,
    /// First and last weights, where they determine the network.
    pub states: Option<[Arc<MomentState>; 2]>,
}
