//! What each queueing system takes: its options, and how it writes times and sizes.

use super::quote::{plain, plain_path};
use super::{Job, Queue};
use std::path::{Path, PathBuf};

impl Queue {
    fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, queue)| *queue == self);
        named.map_or("", |(name, _)| name)
    }

    /// How it writes a time limit.
    fn time_form(self) -> &'static str {
        match self {
            Self::Slurm => "MINUTES, H:MM:SS, DAYS-HOURS or DAYS-H:MM:SS, such as 90 or 1-12:00:00",
            Self::HyperQueue => "numbers with units, such as 90min or 12h 30m",
            Self::Parallel => "seconds, or a number with one of s, m, h, d, such as 90m",
            Self::Kubernetes => "whole seconds, such as 3600",
        }
    }

    fn takes_time(self, text: &str) -> bool {
        match self {
            Self::Slurm => slurm_time(text),
            Self::HyperQueue => human_time(text),
            Self::Parallel => {
                let number = text.trim_end_matches(['s', 'm', 'h', 'd']);
                text.len() <= number.len() + 1 && is_number(number)
            }
            Self::Kubernetes => {
                is_whole(text) && text.parse::<i64>().is_ok_and(|seconds| seconds > 0)
            }
        }
    }
}

/// Checks that the queueing system takes the job as it is.
///
/// # Errors
/// Names the option, its value and what is taken instead.
pub(super) fn check(queue: Queue, job: &Job) -> Result<(), String> {
    plain_path("the program's path", &job.program)?;
    plain_path("the spec's path", &job.spec)?;
    let directory = plain_path("--out", &job.directory)?;
    plain("the job's name", &job.name)?;
    only(queue, "--partition", &job.partition, &[Queue::Slurm])?;
    only(queue, "--account", &job.account, &[Queue::Slurm])?;
    only(queue, "--qos", &job.qos, &[Queue::Slurm])?;
    only(queue, "--mem", &job.mem, &[Queue::Slurm, Queue::Kubernetes])?;
    only(queue, "--image", &job.image, &[Queue::Kubernetes])?;
    only(queue, "--claim", &job.claim, &[Queue::Kubernetes])?;
    if let Some(time) = &job.time {
        plain("--time", time)?;
        if !queue.takes_time(time) {
            return Err(format!(
                "--time {time}: {} takes {}",
                queue.name(),
                queue.time_form()
            ));
        }
    }
    if let Some(mem) = &job.mem {
        let (takes, form) = match queue {
            Queue::Kubernetes => (kubernetes_size(mem), "such as 512Mi or 4Gi"),
            _ => (
                slurm_size(mem),
                "a whole number with K, M, G or T, such as 4G",
            ),
        };
        if !takes {
            return Err(format!("--mem {mem}: {} takes {form}", queue.name()));
        }
    }
    for extra in &job.extra {
        plain("--extra-arg", extra)?;
        if queue == Queue::Kubernetes {
            return Err(format!(
                "--extra-arg {extra}: a Kubernetes Job has no arguments; print it with --dry-run, \
                 change it and hand it to kubectl create -f"
            ));
        }
        if !extra.starts_with('-') {
            return Err(format!(
                "--extra-arg {extra}: must be one whole option, such as --extra-arg=--gres=gpu:1"
            ));
        }
    }
    match queue {
        Queue::Kubernetes => mount_point(&job.directory).map(drop),
        Queue::Slurm if directory.contains('\\') => Err(format!(
            "--out {directory}: Slurm takes no backslash in the path of a log; choose another \
             directory"
        )),
        _ => Ok(()),
    }
}

/// That an option of some queueing systems is not given to another.
fn only(queue: Queue, flag: &str, value: &Option<String>, takers: &[Queue]) -> Result<(), String> {
    let Some(value) = value else { return Ok(()) };
    plain(flag, value)?;
    if takers.contains(&queue) {
        return Ok(());
    }
    let names: Vec<&str> = takers.iter().map(|q| q.name()).collect();
    let fix = match queue {
        Queue::Kubernetes => "leave it out",
        _ => "leave it out, or use --extra-arg with an option of its own",
    };
    Err(format!(
        "{flag} {value}: is for --engine {} and means nothing to {}; {fix}",
        names.join(" and "),
        queue.name()
    ))
}

/// Where the volume of a Kubernetes job is mounted: the directory's parent, so that
/// its other contents are there too; the directory itself where its parent is the
/// root or holds the container's own files.
///
/// # Errors
/// A directory that cannot be mounted.
pub(super) fn mount_point(directory: &Path) -> Result<PathBuf, String> {
    const SYSTEM: [&str; 16] = [
        "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run",
        "/sbin", "/sys", "/tmp", "/usr", "/var",
    ];
    let is_system = |path: &Path| SYSTEM.iter().any(|s| Path::new(s) == path);
    let shown = directory.display();
    if is_system(directory) {
        return Err(format!(
            "--out {shown}: a volume mounted there would hide the container's own files; choose a \
             directory such as /data/sweep"
        ));
    }
    if shown.to_string().contains(':') {
        return Err(format!(
            "--out {shown}: Kubernetes mounts no volume at a path with a colon; choose another \
             directory"
        ));
    }
    match directory.parent() {
        Some(parent) if !is_system(parent) => Ok(parent.to_owned()),
        _ => Ok(directory.to_owned()),
    }
}

fn is_whole(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    match text.split_once('.') {
        Some((whole, part)) => is_whole(whole) && is_whole(part),
        None => is_whole(text),
    }
}

/// minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes or
/// days-hours:minutes:seconds.
fn slurm_time(text: &str) -> bool {
    let clock = |text: &str| {
        let parts: Vec<&str> = text.split(':').collect();
        parts.len() <= 3 && parts.iter().all(|part| is_whole(part))
    };
    match text.split_once('-') {
        Some((days, rest)) => is_whole(days) && clock(rest),
        None => clock(text) || ["UNLIMITED", "INFINITE"].contains(&&*text.to_uppercase()),
    }
}

/// One or more whole numbers, each with a unit: 12h 30m.
fn human_time(text: &str) -> bool {
    const UNITS: [&str; 22] = [
        "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "h",
        "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "week", "weeks", "ms",
    ];
    let mut rest = text.trim();
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest[digits..].trim_start();
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        if digits == 0 || !UNITS.contains(&&after[..letters]) {
            return false;
        }
        rest = after[letters..].trim_start();
    }
    true
}

fn slurm_size(text: &str) -> bool {
    let number = text.strip_suffix(|c: char| "KMGTkmgt".contains(c));
    is_whole(number.unwrap_or(text))
}

fn kubernetes_size(text: &str) -> bool {
    const UNITS: [&str; 13] = [
        "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    is_number(number) && UNITS.contains(&&text[number.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_in_each_systems_own_form() {
        for (queue, good, bad) in [
            (
                Queue::Slurm,
                &[
                    "90",
                    "10:00",
                    "01:00:00",
                    "1-12",
                    "1-2:3",
                    "1-02:03:04",
                    "infinite",
                ][..],
                &["1h", "1h 30m", "12h 1m", "1:2:3:4", "-1", "1-", "", "90 "][..],
            ),
            (
                Queue::HyperQueue,
                &["1h", "12h 1m", "90 min", "1h30m", "2days"],
                &["01:00:00", "90", "1x", "", "h", "1h 30"],
            ),
            (
                Queue::Parallel,
                &["90", "1.5h", "90m", "3d"],
                &["1h 30m", "1hh", "h", "01:00", "", "1."],
            ),
            (
                Queue::Kubernetes,
                &["3600"],
                &["01:00:00", "1h", "0", "-5", "1.5", ""],
            ),
        ] {
            for time in good {
                assert!(queue.takes_time(time), "{queue:?} {time}");
            }
            for time in bad {
                assert!(!queue.takes_time(time), "{queue:?} {time}");
            }
        }
    }

    #[test]
    fn sizes_are_taken_in_each_systems_own_form() {
        assert!(["4G", "512", "10m"].iter().all(|s| slurm_size(s)));
        assert!(
            !["4GB", "4.5G", "4Gi", "", "G"]
                .iter()
                .any(|s| slurm_size(s))
        );
        assert!(
            ["4Gi", "1.5G", "512", "100Mi"]
                .iter()
                .all(|s| kubernetes_size(s))
        );
        assert!(
            !["4GB", "4g", "", "Gi", "1.G"]
                .iter()
                .any(|s| kubernetes_size(s))
        );
    }

    #[test]
    fn a_volume_never_hides_the_containers_own_files() {
        let at = |path: &str| mount_point(Path::new(path)).map(|p| p.display().to_string());
        assert_eq!(at("/data/sweep"), Ok("/data".into()));
        assert_eq!(at("/sweep"), Ok("/sweep".into()));
        assert_eq!(at("/usr/sweep"), Ok("/usr/sweep".into()));
        for bad in ["/", "/usr", "/etc", "/data/a:b/sweep"] {
            assert!(at(bad).unwrap_err().contains("--out"), "{bad}");
        }
    }
}
