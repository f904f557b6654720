//! `grokscope sweep`: cells on all threads, their merge and their status.

use super::args::{SweepCommand, SweepMergeArgs, SweepRunArgs};
use super::progress::{Progress, share_of_run};
use super::signals::stop_on_signals;
use super::{CliError, Window, submit, sweep_files};
use crate::history::format::thousands;
use crate::io::{self, FileError, atomic::DirectoryLock};
use crate::sim::outcome::Class;
use crate::sweep::checkpoint;
use crate::sweep::directory::Directory;
use crate::sweep::merge::{self, RESULTS_CSV, RESULTS_JSONL};
use crate::sweep::record::Attempt;
use crate::sweep::runner::{self, RunOptions, ShardProgress};
use crate::sweep::status::{Status, status};
use crate::sweep::{Spec, SweepError};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What the user reads in the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// For standard output.
    pub text: String,
    /// For standard error: what went otherwise than hoped for.
    pub warnings: Vec<String>,
    /// Why it counts as failed, once the rest was said.
    pub failure: Option<CliError>,
}

impl From<SweepError> for CliError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Usage(message) => Self::Usage(message),
            SweepError::File(e) => Self::File(e),
            SweepError::Config(e) => Self::Config(e),
        }
    }
}

/// Does what the arguments say.
///
/// # Errors
/// Names the file, the line or the directory, and what to do.
pub fn sweep(command: &SweepCommand, window: Option<Window>) -> Result<Report, CliError> {
    match command {
        SweepCommand::Run(args) => run(args),
        SweepCommand::Merge(args) => merge_into_tables(args),
        SweepCommand::Picture(args) => Ok(Report {
            text: sweep_files::picture(args, window)?,
            ..Report::default()
        }),
        SweepCommand::Submit(args) => submit::submit(args),
        SweepCommand::Status { dir } => {
            let status = status(&Directory::open(dir)?)?;
            Ok(Report {
                text: describe(&status),
                warnings: damage(status.damaged, status.foreign),
                failure: None,
            })
        }
    }
}

pub(super) fn read_spec(path: &Path) -> Result<Spec, CliError> {
    let text = io::read_text(path).map_err(|e| CliError::usage(e.to_string()))?;
    Spec::parse(&text).map_err(|e| CliError::usage(FileError::new(path, e.to_string()).to_string()))
}

pub(super) fn run(args: &SweepRunArgs) -> Result<Report, CliError> {
    let spec = read_spec(&args.spec)?;
    let directory = Directory::join(&args.out, &spec, args.shard.count, args.resume)?;
    let _lock = take_shard(args)?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let running = Arc::new(AtomicUsize::new(0));
    let under_way = Arc::clone(&running);
    let stop = stop_on_signals(
        move || match under_way.load(Ordering::Relaxed) {
            1 => "1 cell is being kept where it stands, for --resume".into(),
            n => format!("{n} cells are being kept where they stand, for --resume"),
        },
        "and what they have done since they were last kept, up to 30 s, is lost",
    )?;
    let started = Instant::now();
    let cells = args.shard.cells(spec.grid().len(), spec.hash()).len();
    let mut display = Display {
        spec: &spec,
        progress: Progress::begin("sweep", cells as u64, "cells"),
        started,
        first: BTreeMap::new(),
        running,
    };
    let progress = runner::run(
        &directory,
        &RunOptions {
            shard: args.shard,
            threads,
            resume: args.resume,
            keep_every: checkpoint::EVERY,
            attempt: this_attempt(args),
        },
        &stop,
        |progress| display.show(progress),
    );
    display.progress.end();
    let progress = progress?;
    Ok(Report {
        text: summary(args, &progress, threads, started.elapsed()),
        warnings: (progress.trouble.iter())
            .map(|trouble| format!("a cell under way is lost: {trouble}"))
            .collect(),
        failure: (!progress.is_complete()).then(|| {
            CliError::Stopped(format!(
                "told to stop with {} of {} cells done and {} more kept on the way; run it again \
                 with --resume",
                progress.before + progress.done,
                progress.total,
                progress.kept
            ))
        }),
    })
}

/// Other shards work here at the same time, this one only once. A task that was sent
/// away and begun again elsewhere may still be seen to work for a while: one that
/// goes on with it waits for that.
fn take_shard(args: &SweepRunArgs) -> Result<DirectoryLock, CliError> {
    /// Longer than a scheduler's grace, and than network file systems remember.
    const PATIENCE: Duration = Duration::from_secs(150);
    let part = format!("{}-of-{}", args.shard.index, args.shard.count);
    let started = Instant::now();
    let mut told = false;
    loop {
        match DirectoryLock::take_part(&args.out, &part) {
            Ok(lock) => return Ok(lock),
            Err(e) if !args.resume || started.elapsed() > PATIENCE => {
                return Err(CliError::usage(format!("--out {e}")));
            }
            Err(e) => {
                if !std::mem::replace(&mut told, true) {
                    super::complain(&format!("sweep: {e}"));
                }
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }
}

fn this_attempt(args: &SweepRunArgs) -> Attempt {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.map(|h| h.trim().to_owned());
    let job = variable("SLURM_ARRAY_JOB_ID")
        .or_else(|| variable("SLURM_JOB_ID"))
        .or_else(|| variable("HQ_JOB_ID"));
    Attempt {
        shard: args.shard.to_string(),
        host: host.or_else(|| variable("HOSTNAME")).unwrap_or_default(),
        pid: std::process::id(),
        job,
        started: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs()),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

fn summary(
    args: &SweepRunArgs,
    progress: &ShardProgress,
    threads: NonZero<usize>,
    t: Duration,
) -> String {
    let mut text = format!(
        "{} cells in {:.2} s on {threads} thread{}",
        thousands(progress.done as u64),
        t.as_secs_f64(),
        if threads.get() == 1 { "" } else { "s" }
    );
    if progress.done > 0 {
        let rate = progress.done as f64 / t.as_secs_f64();
        let _ = write!(
            text,
            " ({rate:.1} cells/s): {}",
            classes(&progress.outcomes)
        );
    }
    if progress.before > 0 {
        let _ = write!(
            text,
            "\n{} were done before",
            thousands(progress.before as u64)
        );
    }
    if progress.is_complete() {
        let _ = write!(
            text,
            "\ncomplete; `grokscope sweep merge {}` makes {RESULTS_JSONL} and {RESULTS_CSV} of it",
            args.out.display()
        );
    }
    text
}

fn classes(outcomes: &BTreeMap<String, usize>) -> String {
    let words: Vec<String> = (outcomes.iter())
        .map(|(name, n)| {
            let label = match Class::by_name(name) {
                Some(class) => class.label(),
                None => name.as_str(),
            };
            format!("{} {label}", thousands(*n as u64))
        })
        .collect();
    words.join(", ")
}

/// Shows how far the cells are, those under way included.
struct Display<'a> {
    spec: &'a Spec,
    progress: Progress,
    started: Instant,
    // The share of each cell under way that was done when it was first seen.
    first: BTreeMap<usize, f64>,
    // How many cells are under way, for who is told that they stop.
    running: Arc<AtomicUsize>,
}

impl Display<'_> {
    /// Cells under way that are named.
    const NAMED: usize = 4;

    fn show(&mut self, progress: &ShardProgress) {
        self.running
            .store(progress.running.len(), Ordering::Relaxed);
        let position = progress.before + progress.done;
        let mut message = String::new();
        if progress.done > 0 {
            let rate = progress.done as f64 / self.started.elapsed().as_secs_f64();
            let _ = write!(
                message,
                "{rate:.1} cells/s: {}",
                classes(&progress.outcomes)
            );
        }
        let (mut begun, mut before) = (0.0, 0.0);
        let mut named = Vec::new();
        for &(cell, step) in &progress.running {
            let Ok(config) = self.spec.config(cell) else {
                continue;
            };
            let training = &config.training;
            let share = share_of_run(training.engine, step, training.steps);
            // Where it was gone on with from.
            let first = *self.first.entry(cell).or_insert(share);
            begun += share - first;
            before += first;
            named.push(format!("cell {cell} at step {}", thousands(step)));
        }
        // Short cells are not worth naming.
        if self.started.elapsed().as_secs_f64() > 10.0 * (1.0 + progress.done as f64) {
            named.truncate(Self::NAMED);
            if !message.is_empty() {
                message.push_str("; ");
            }
            message.push_str(&named.join(", "));
        }
        let todo = (progress.total - progress.before) as f64 - before;
        let share = (progress.done as f64 + begun) / todo.max(f64::MIN_POSITIVE);
        self.progress.at(position as u64, share, &message);
    }
}

pub(super) fn merge_into_tables(args: &SweepMergeArgs) -> Result<Report, CliError> {
    /// Disagreements told one by one.
    const TOLD: usize = 10;
    let directory = Directory::open(&args.dir)?;
    let report = merge::merge(&directory)?;
    let curves = match &args.curves {
        Some(path) => Some(sweep_files::write_curves(&directory, args, path)?),
        None => None,
    };
    let done = report.cells - report.missing.len();
    let [jsonl, csv] = &report.files;
    let mut warnings = damage(report.damaged, report.foreign);
    for disagreement in report.disagreements.iter().take(TOLD) {
        warnings.push(disagreement.to_string());
    }
    if report.disagreements.len() > TOLD {
        let more = report.disagreements.len() - TOLD;
        warnings.push(format!("and so in {more} more cells"));
    }
    let mut text = format!(
        "wrote {} of {} cells to {} and {}",
        thousands(done as u64),
        thousands(report.cells as u64),
        jsonl.display(),
        csv.display()
    );
    if let Some(curves) = curves {
        text.push('\n');
        text.push_str(&curves);
    }
    Ok(Report {
        text,
        warnings,
        failure: (!report.missing.is_empty()).then(|| {
            CliError::Failed(format!(
                "{} of {} cells are missing ({}); `grokscope sweep run` with --resume computes them",
                thousands(report.missing.len() as u64),
                thousands(report.cells as u64),
                some_of(&report.missing)
            ))
        }),
    })
}

/// The first few of a list of cells or shards.
pub(super) fn some_of(list: &[usize]) -> String {
    const FEW: usize = 10;
    let mut words: Vec<String> = list.iter().take(FEW).map(usize::to_string).collect();
    if list.len() > FEW {
        words.push("…".into());
    }
    words.join(", ")
}

fn damage(damaged: usize, foreign: usize) -> Vec<String> {
    let lines = |n: usize| if n == 1 { "line" } else { "lines" };
    let mut warnings = Vec::new();
    if damaged > 0 {
        warnings.push(format!(
            "{damaged} torn or corrupted {} passed over; their cells count as missing",
            lines(damaged)
        ));
    }
    if foreign > 0 {
        let lines = lines(foreign);
        warnings.push(format!("{foreign} {lines} of another sweep passed over"));
    }
    warnings
}

fn describe(status: &Status) -> String {
    let mut text = String::new();
    if !status.title.is_empty() {
        let _ = writeln!(text, "{}", status.title);
    }
    let _ = write!(
        text,
        "{} of {} cells done ({} %), in {} attempt{}",
        thousands(status.done as u64),
        thousands(status.cells as u64),
        status.percent(),
        status.attempts,
        if status.attempts == 1 { "" } else { "s" }
    );
    if status.done > 0 {
        let _ = write!(text, "\n{}", classes(&status.outcomes));
    }
    if status.under_way > 0 {
        let _ = write!(
            text,
            "\n{} under way, kept where a run with --resume goes on",
            thousands(status.under_way as u64)
        );
    }
    let incomplete: Vec<usize> = (status.shards.iter().enumerate())
        .filter(|(_, (done, all))| done < all)
        .map(|(shard, _)| shard)
        .collect();
    let count = status.shards.len();
    if !incomplete.is_empty() && count > 1 {
        let _ = write!(
            text,
            "\n{} of {count} shards incomplete: {}",
            incomplete.len(),
            some_of(&incomplete)
        );
    }
    if status.disagreements > 0 {
        let _ = write!(
            text,
            "\nattempts disagree in {} cells: `grokscope sweep merge` says how",
            status.disagreements
        );
    }
    text
}
