//! `grokscope sweep`: cells on all threads, their merge and their status.

use super::CliError;
use super::args::{SweepCommand, SweepRunArgs};
use super::run::grouped;
use super::signals::stop_on_signals;
use super::submit;
use crate::io::{self, FileError};
use crate::sweep::directory::Directory;
use crate::sweep::merge::{self, RESULTS_CSV, RESULTS_JSONL};
use crate::sweep::record::Attempt;
use crate::sweep::runner::{self, Progress, RunOptions};
use crate::sweep::status::{Status, status};
use crate::sweep::{Spec, SweepError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::num::NonZero;
use std::path::Path;
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
pub fn sweep(command: &SweepCommand) -> Result<Report, CliError> {
    match command {
        SweepCommand::Run(args) => run(args),
        SweepCommand::Merge { dir } => merge_into_tables(dir),
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

fn run(args: &SweepRunArgs) -> Result<Report, CliError> {
    let spec = read_spec(&args.spec)?;
    let directory = Directory::join(&args.out, &spec, args.shard.count, args.resume)?;
    let threads = match args.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let stop = stop_on_signals()?;
    let started = Instant::now();
    let mut display = Display::new(started);
    let progress = runner::run(
        &directory,
        &RunOptions {
            shard: args.shard,
            threads,
            resume: args.resume,
            attempt: this_attempt(args),
        },
        &stop,
        |progress| display.show(progress),
    );
    display.bar.finish_and_clear();
    let progress = progress?;
    Ok(Report {
        text: summary(args, &progress, threads, started.elapsed()),
        warnings: Vec::new(),
        failure: (!progress.is_complete()).then(|| {
            CliError::Stopped(format!(
                "told to stop with {} of {} cells done; run it again with --resume",
                progress.before + progress.done,
                progress.total
            ))
        }),
    })
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
    progress: &Progress,
    threads: NonZero<usize>,
    t: Duration,
) -> String {
    let mut text = format!(
        "{} cells in {:.2} s on {threads} thread{}",
        grouped(progress.done as u64),
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
            grouped(progress.before as u64)
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
        .map(|(name, n)| format!("{} {}", grouped(*n as u64), name.replace('_', " ")))
        .collect();
    words.join(", ")
}

/// A bar on a terminal; elsewhere a line now and then, for the log of a job.
struct Display {
    bar: ProgressBar,
    started: Instant,
    last_line: Instant,
    is_terminal: bool,
}

impl Display {
    const BETWEEN_LINES: Duration = Duration::from_secs(10);

    fn new(started: Instant) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "{bar:28} {human_pos} of {human_len} cells  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self {
            bar,
            started,
            last_line: started,
            is_terminal,
        }
    }

    fn show(&mut self, progress: &Progress) {
        let position = progress.before + progress.done;
        let mut message = String::new();
        if progress.done > 0 {
            let rate = progress.done as f64 / self.started.elapsed().as_secs_f64();
            let left = (progress.total - position) as f64 / rate;
            let _ = write!(
                message,
                "{rate:.1} cells/s  left: {}  {}",
                duration(left),
                classes(&progress.outcomes)
            );
        }
        if self.is_terminal {
            self.bar.set_length(progress.total as u64);
            self.bar.set_position(position as u64);
            self.bar.set_message(message);
        } else if self.last_line.elapsed() >= Self::BETWEEN_LINES {
            self.last_line = Instant::now();
            super::complain(&format!(
                "{position} of {} cells  {message}",
                progress.total
            ));
        }
    }
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn merge_into_tables(dir: &Path) -> Result<Report, CliError> {
    /// Disagreements told one by one.
    const TOLD: usize = 10;
    let report = merge::merge(&Directory::open(dir)?)?;
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
    Ok(Report {
        text: format!(
            "wrote {} of {} cells to {} and {}",
            grouped(done as u64),
            grouped(report.cells as u64),
            jsonl.display(),
            csv.display()
        ),
        warnings,
        failure: (!report.missing.is_empty()).then(|| {
            CliError::Failed(format!(
                "{} of {} cells are missing ({}); `grokscope sweep run` with --resume computes them",
                grouped(report.missing.len() as u64),
                grouped(report.cells as u64),
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
    let percent = 100.0 * status.done as f64 / status.cells.max(1) as f64;
    let _ = write!(
        text,
        "{} of {} cells done ({percent:.0} %), in {} attempt{}",
        grouped(status.done as u64),
        grouped(status.cells as u64),
        status.attempts,
        if status.attempts == 1 { "" } else { "s" }
    );
    if status.done > 0 {
        let _ = write!(text, "\n{}", classes(&status.outcomes));
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
