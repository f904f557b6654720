//! The same shards on a cluster: scripts for queueing systems, with the number of
//! shards written into them. A script that computes what an earlier one left over
//! shares the cells out exactly as that one did.

use std::fmt::Write as _;
use std::path::PathBuf;

/// What runs the shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// A Slurm job array.
    Slurm,
    /// A HyperQueue task array.
    HyperQueue,
    /// GNU parallel, here or on hosts reached by ssh.
    Parallel,
    /// A Kubernetes Job in indexed completion mode.
    Kubernetes,
}

/// What to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// The spec, absolute.
    pub spec: PathBuf,
    /// The directory of the sweep, absolute.
    pub directory: PathBuf,
    /// Number of shards that the cells are shared out among.
    pub shards: usize,
    /// Those to run: all, or the incomplete ones.
    pub run: Vec<usize>,
    /// Processors of each task.
    pub cpus: usize,
    /// Time limit of a task, as the queueing system writes it.
    pub time: Option<String>,
    /// Partition of a Slurm cluster.
    pub partition: Option<String>,
    /// Container image with the program, for Kubernetes.
    pub image: Option<String>,
    /// Claim of the volume that holds spec and directory, for Kubernetes.
    pub claim: Option<String>,
}

/// Seconds from SIGTERM to the end: time for the cells in flight.
pub const GRACE: u64 = 120;

impl Queue {
    /// Name on the command line.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("slurm", Self::Slurm),
        ("hyperqueue", Self::HyperQueue),
        ("parallel", Self::Parallel),
        ("k8s", Self::Kubernetes),
    ];

    /// Name of the file that is written.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Slurm => "slurm.sh",
            Self::HyperQueue => "hyperqueue.sh",
            Self::Parallel => "parallel.sh",
            Self::Kubernetes => "k8s.yaml",
        }
    }

    /// The command that submits that file.
    pub fn launcher(self) -> &'static [&'static str] {
        match self {
            Self::Slurm => &["sbatch"],
            Self::HyperQueue | Self::Parallel => &["sh"],
            Self::Kubernetes => &["kubectl", "create", "-f"],
        }
    }

    /// The file's text.
    pub fn script(self, job: &Job) -> String {
        match self {
            Self::Slurm => slurm(job),
            Self::HyperQueue => hyperqueue(job),
            Self::Parallel => parallel(job),
            Self::Kubernetes => kubernetes(job),
        }
    }
}

fn slurm(job: &Job) -> String {
    let mut text = format!(
        "#!/bin/sh\n\
         #SBATCH --job-name={}\n\
         #SBATCH --array={}\n\
         #SBATCH --cpus-per-task={}\n\
         #SBATCH --requeue\n\
         #SBATCH --open-mode=append\n\
         #SBATCH --signal=B:TERM@{GRACE}\n\
         #SBATCH --output={}\n",
        job.name,
        ranges(&job.run),
        job.cpus,
        path(job, "submit/slurm-%A_%a.log"),
    );
    if let Some(time) = &job.time {
        let _ = writeln!(text, "#SBATCH --time={time}");
    }
    if let Some(partition) = &job.partition {
        let _ = writeln!(text, "#SBATCH --partition={partition}");
    }
    let _ = write!(
        text,
        "# {} shards always, whichever of them run. exec: Slurm signals the batch process.\n\
         exec {}\n",
        job.shards,
        command(
            job,
            "\"$SLURM_ARRAY_TASK_ID\"",
            &format!("\"${{SLURM_CPUS_PER_TASK:-{}}}\"", job.cpus)
        )
    );
    text
}

fn hyperqueue(job: &Job) -> String {
    let mut text = format!(
        "#!/bin/sh\n# {} shards always, whichever of them run.\n\
         exec hq submit --name={} --array={} --cpus={}",
        job.shards,
        job.name,
        ranges(&job.run),
        job.cpus
    );
    if let Some(time) = &job.time {
        let _ = write!(text, " --time-limit={time}");
    }
    let task = format!(
        "exec {}",
        command(job, "\"$HQ_TASK_ID\"", &job.cpus.to_string())
    );
    let _ = writeln!(text, " \\\n    -- sh -c {}", quote(&task));
    text
}

fn parallel(job: &Job) -> String {
    let list: Vec<String> = job.run.iter().map(usize::to_string).collect();
    // One quoted word: parallel hands it to a shell with {} replaced.
    let task = format!("exec {}", command(job, "{}", &job.cpus.to_string()));
    format!(
        "#!/bin/sh\n\
         # {} shards always, whichever of them run. JOBS is how many run at once; --sshlogin\n\
         # in PARALLEL sends them to other hosts that see the same directory.\n\
         exec parallel --jobs \"${{JOBS:-1}}\" --line-buffer --termseq TERM,{}000,KILL,25 \\\n    \
         {} ::: {}\n",
        job.shards,
        GRACE,
        quote(&task),
        list.join(" ")
    )
}

fn kubernetes(job: &Job) -> String {
    let list: Vec<String> = job.run.iter().map(usize::to_string).collect();
    // The completion index counts the shards that run, not all of them.
    let script = format!(
        "set -- {}; shift \"$JOB_COMPLETION_INDEX\"; exec {}",
        list.join(" "),
        command(job, "\"$1\"", &job.cpus.to_string())
    );
    let deadline = match &job.time {
        Some(seconds) => format!("      activeDeadlineSeconds: {seconds}\n"),
        None => String::new(),
    };
    let yaml = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mount = job.directory.parent().unwrap_or(&job.directory);
    format!(
        "# {shards} shards always, whichever of them run.\n\
         apiVersion: batch/v1\n\
         kind: Job\n\
         metadata:\n  generateName: {name}-\n\
         spec:\n  completionMode: Indexed\n  completions: {n}\n  parallelism: {n}\n  \
         backoffLimitPerIndex: 3\n  \
         podFailurePolicy:\n    rules:\n    \
         # Told to stop: the pod that takes its place goes on.\n    \
         - action: Ignore\n      onExitCodes:\n        operator: In\n        values: [75]\n    \
         - action: Ignore\n      onPodConditions:\n      - type: DisruptionTarget\n  \
         template:\n    spec:\n      restartPolicy: Never\n{deadline}      \
         terminationGracePeriodSeconds: {GRACE}\n      \
         containers:\n      - name: grokscope\n        image: {image}\n        \
         command: [sh, -c, {script}]\n        \
         resources:\n          requests:\n            cpu: \"{cpus}\"\n          \
         limits:\n            cpu: \"{cpus}\"\n        \
         volumeMounts:\n        - name: sweeps\n          mountPath: {mount}\n      \
         volumes:\n      - name: sweeps\n        persistentVolumeClaim:\n          \
         claimName: {claim}\n",
        shards = job.shards,
        name = job.name,
        n = job.run.len(),
        image = yaml(job.image.as_deref().unwrap_or_default()),
        script = yaml(&script),
        cpus = job.cpus,
        mount = yaml(&mount.display().to_string()),
        claim = yaml(job.claim.as_deref().unwrap_or_default()),
    )
}

/// The command of one shard. It resumes always: a task may be requeued.
fn command(job: &Job, shard: &str, threads: &str) -> String {
    format!(
        "{} sweep run {} --out {} --shard {shard}/{} --threads {threads} --resume",
        quote(&job.program.display().to_string()),
        quote(&job.spec.display().to_string()),
        quote(&job.directory.display().to_string()),
        job.shards
    )
}

fn path(job: &Job, name: &str) -> String {
    quote(&job.directory.join(name).display().to_string())
}

/// Quotes a word for a POSIX shell where it needs quotes.
fn quote(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-+=.,:/@%".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Increasing numbers as ranges: 0-3,7,9-10.
pub fn ranges(numbers: &[usize]) -> String {
    let mut text = String::new();
    let mut rest = numbers;
    while let Some(&first) = rest.first() {
        let run = (rest.iter().enumerate())
            .take_while(|&(i, &n)| n == first + i)
            .count();
        if !text.is_empty() {
            text.push(',');
        }
        let _ = match run {
            1 => write!(text, "{first}"),
            _ => write!(text, "{first}-{}", first + run - 1),
        };
        rest = &rest[run..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(run: &[usize]) -> Job {
        Job {
            name: "grokscope-a".into(),
            program: "/opt/it's here/grokscope".into(),
            spec: "/data/a sweep/submit/sweep.toml".into(),
            directory: "/data/a sweep".into(),
            shards: 8,
            run: run.to_vec(),
            cpus: 2,
            time: None,
            partition: Some("short".into()),
            image: Some("registry/grokscope:1".into()),
            claim: Some("data".into()),
        }
    }

    #[test]
    fn increasing_numbers_are_written_as_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
        assert_eq!(ranges(&[5]), "5");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn a_partial_submission_keeps_the_number_of_shards() {
        for (name, queue) in Queue::NAMES {
            let script = queue.script(&job(&[1, 2, 5]));
            assert!(script.contains("/8 --threads"), "{name}: {script}");
            assert!(script.contains("--resume"), "{name}: {script}");
        }
        let slurm = Queue::Slurm.script(&job(&[1, 2, 5]));
        for line in [
            "#SBATCH --array=1-2,5\n",
            "#SBATCH --requeue\n",
            "#SBATCH --signal=B:TERM@120\n",
            "#SBATCH --partition=short\n",
        ] {
            assert!(slurm.contains(line), "{slurm}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn shells_read_the_scripts() {
        for queue in [Queue::Slurm, Queue::HyperQueue, Queue::Parallel] {
            let script = queue.script(&job(&[0]));
            let checked = std::process::Command::new("sh")
                .args(["-n", "-c", &script])
                .output();
            let output = checked.expect("a shell");
            assert!(output.status.success(), "{script}\n{output:?}");
        }
    }
}
