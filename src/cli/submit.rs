//! `grokscope sweep submit`.

use super::CliError;
use super::args::SweepSubmitArgs;
use super::sweep::{Report, read_spec, some_of};
use crate::io::{FileError, atomic};
use crate::sweep::Spec;
use crate::sweep::directory::Directory;
use crate::sweep::shard::MAX_SHARDS;
use crate::sweep::submit::{Job, Queue};
use std::path::{Path, PathBuf};
use std::process::Command;

const DEFAULT_SHARDS: usize = 16;
/// Where in the directory the script and the spec go.
const SUBMIT: &str = "submit";
const SPEC: &str = "sweep.toml";

/// Writes the script of the shards and hands it to the queueing system.
///
/// # Errors
/// Names the flag, the file or the launcher, and what to do.
pub(super) fn submit(args: &SweepSubmitArgs) -> Result<Report, CliError> {
    let queue = (Queue::NAMES.iter())
        .find(|(name, _)| *name == args.engine)
        .map(|&(_, queue)| queue)
        .ok_or_else(|| CliError::usage(format!("--engine {}: not known", args.engine)))?;
    if queue == Queue::Kubernetes && (args.image.is_none() || args.claim.is_none()) {
        return Err(CliError::usage(
            "--engine k8s needs --image IMAGE, a container image that has grokscope, and --claim \
             NAME, the volume that is mounted where the sweep's directory is",
        ));
    }
    let spec = read_spec(&args.spec)?;
    let stem = args.spec.file_stem().unwrap_or(args.spec.as_os_str());
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(stem));
    let out = std::path::absolute(&out)
        .map_err(|e| CliError::usage(format!("--out {}: {e}", out.display())))?;
    let job = Job {
        name: format!("grokscope-{}", name_from(&stem.to_string_lossy())),
        program: match queue {
            // Where it is in the image.
            Queue::Kubernetes => "grokscope".into(),
            _ => std::env::current_exe()
                .map_err(|e| CliError::Failed(format!("where this program is: {e}")))?,
        },
        spec: out.join(SUBMIT).join(SPEC),
        directory: out.clone(),
        shards: 1,
        run: vec![0],
        cpus: args.cpus.get(),
        time: args.time.clone(),
        mem: args.mem.clone(),
        account: args.account.clone(),
        qos: args.qos.clone(),
        extra: args.extra_arg.clone(),
        partition: args.partition.clone(),
        image: args.image.clone(),
        claim: args.claim.clone(),
    };
    // Before anything is made on disk.
    queue.script(&job).map_err(CliError::Usage)?;
    let Some((shards, run)) = shards_to_run(args, &spec, &out)? else {
        return Ok(Report {
            text: format!("{}: complete, nothing to submit", out.display()),
            ..Report::default()
        });
    };
    let job = Job { shards, run, ..job };
    let script = queue.script(&job).map_err(CliError::Usage)?;
    if args.dry_run {
        return Ok(Report {
            text: script.trim_end().into(),
            ..Report::default()
        });
    }
    let script = write(&job, &spec, queue, &script)?;
    launch(queue, &script)?;
    Ok(Report {
        text: format!(
            "submitted {} of {} shards ({}) with {}\n`grokscope sweep status {}` shows how far \
             they are",
            job.run.len(),
            job.shards,
            some_of(&job.run),
            script.display(),
            job.directory.display()
        ),
        ..Report::default()
    })
}

/// How many shards there are and which are to be run; `None` if all are done.
fn shards_to_run(
    args: &SweepSubmitArgs,
    spec: &Spec,
    out: &Path,
) -> Result<Option<(usize, Vec<usize>)>, CliError> {
    let begun = match out.join("manifest.json").exists() {
        true => Some(Directory::open(out)?),
        false => None,
    };
    let shards = match (args.shards, &begun) {
        (Some(n), _) => n.get(),
        (None, Some(directory)) => directory.shards(),
        (None, None) => DEFAULT_SHARDS.min(spec.grid().len()),
    };
    if shards > MAX_SHARDS {
        return Err(CliError::usage(format!(
            "--shards {shards}: at most {MAX_SHARDS}"
        )));
    }
    let directory = match (begun, args.dry_run) {
        (None, true) => return Ok(Some((shards, (0..shards).collect()))),
        // Also refuses another spec, and another number of shards.
        _ => Directory::join(out, spec, shards, args.resume)?,
    };
    let contents = directory.read()?;
    if !args.resume && contents.done() > 0 {
        return Err(CliError::usage(format!(
            "{}: {} of {} cells are done; add --resume to submit the shards that are incomplete",
            out.display(),
            contents.done(),
            contents.cells.len()
        )));
    }
    let run = contents.incomplete_shards(shards, spec.hash());
    Ok((!run.is_empty()).then_some((shards, run)))
}

fn write(job: &Job, spec: &Spec, queue: Queue, script: &str) -> Result<PathBuf, CliError> {
    let directory = job.directory.join(SUBMIT);
    std::fs::create_dir_all(&directory)
        .map_err(|e| FileError::new(&directory, format!("could not be made: {e}")))?;
    // A copy: the spec may be edited while the shards wait.
    atomic::write(&job.spec, spec.text().as_bytes())?;
    let file = directory.join(queue.file_name());
    atomic::write(&file, script.as_bytes())?;
    Ok(file)
}

fn launch(queue: Queue, script: &Path) -> Result<(), CliError> {
    let by_hand = || {
        let words = queue.launcher().join(" ");
        format!("the script is there: {words} {}", script.display())
    };
    let Some((program, arguments)) = queue.launcher().split_first() else {
        return Ok(());
    };
    let status = (Command::new(program).args(arguments).arg(script).status()).map_err(|e| {
        CliError::Failed(format!("{program} cannot be started: {e}; {}", by_hand()))
    })?;
    if status.success() {
        return Ok(());
    }
    Err(CliError::Failed(format!(
        "{program} failed ({status}); {}",
        by_hand()
    )))
}

/// What every queueing system takes for a name.
fn name_from(stem: &str) -> String {
    let words: String = (stem.chars())
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => c,
            _ => '-',
        })
        .collect();
    // A label in Kubernetes has at most 63 characters.
    let name: String = words.trim_matches('-').chars().take(40).collect();
    match name.trim_end_matches('-') {
        "" => "sweep".into(),
        name => name.into(),
    }
}
