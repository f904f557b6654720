//! The same shards on a cluster: scripts for queueing systems, with the number of
//! shards written into them. A script that computes what an earlier one left over
//! shares the cells out exactly as that one did.

mod check;
pub mod quote;

use quote::{kubernetes as kubernetes_word, sbatch, sbatch_pattern, shell, yaml};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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
    /// Memory of a task, as the queueing system writes it.
    pub mem: Option<String>,
    /// Partition of a Slurm cluster.
    pub partition: Option<String>,
    /// Account that a Slurm cluster charges.
    pub account: Option<String>,
    /// Quality of service of a Slurm cluster.
    pub qos: Option<String>,
    /// More options of the command that submits, each one word.
    pub extra: Vec<String>,
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

    /// The file's text, every value quoted for the language it stands in.
    ///
    /// # Errors
    /// Names the option that this queueing system does not take, and what it does.
    pub fn script(self, job: &Job) -> Result<String, String> {
        check::check(self, job)?;
        Ok(match self {
            Self::Slurm => slurm(job),
            Self::HyperQueue => hyperqueue(job),
            Self::Parallel => parallel(job),
            Self::Kubernetes => kubernetes(job)?,
        })
    }
}

fn slurm(job: &Job) -> String {
    let log = text(&job.directory.join("submit"));
    let mut options = vec![
        format!("--job-name={}", job.name),
        format!("--array={}", ranges(&job.run)),
        format!("--cpus-per-task={}", job.cpus),
        "--requeue".into(),
        "--open-mode=append".into(),
        format!("--signal=B:TERM@{GRACE}"),
        format!("--output={}/slurm-%A_%a.log", sbatch_pattern(&log)),
    ];
    for (name, value) in [
        ("time", &job.time),
        ("mem", &job.mem),
        ("partition", &job.partition),
        ("account", &job.account),
        ("qos", &job.qos),
    ] {
        options.extend(value.iter().map(|value| format!("--{name}={value}")));
    }
    options.extend(job.extra.iter().cloned());
    let mut script = String::from("#!/bin/sh\n");
    for option in options {
        let _ = writeln!(script, "#SBATCH {}", sbatch(&option));
    }
    let _ = write!(
        script,
        "# {} shards always, whichever of them run. exec: Slurm signals the batch process.\n\
         exec {}\n",
        job.shards,
        command(
            job,
            &format!("\"$SLURM_ARRAY_TASK_ID\"/{}", job.shards),
            &format!("\"${{SLURM_CPUS_PER_TASK:-{}}}\"", job.cpus)
        )
    );
    script
}

fn hyperqueue(job: &Job) -> String {
    let mut words = vec![
        format!("--name={}", job.name),
        format!("--array={}", ranges(&job.run)),
        format!("--cpus={}", job.cpus),
    ];
    words.extend(job.time.iter().map(|time| format!("--time-limit={time}")));
    words.extend(job.extra.iter().cloned());
    let words: Vec<String> = words.iter().map(|word| shell(word)).collect();
    let shard = format!("\"$HQ_TASK_ID\"/{}", job.shards);
    let task = format!("exec {}", command(job, &shard, &job.cpus.to_string()));
    format!(
        "#!/bin/sh\n# {} shards always, whichever of them run.\n\
         exec hq submit {} \\\n    -- sh -c {}\n",
        job.shards,
        words.join(" "),
        shell(&task)
    )
}

fn parallel(job: &Job) -> String {
    let mut words = vec![
        "--line-buffer".into(),
        "--termseq".into(),
        format!("TERM,{GRACE}000,KILL,25"),
    ];
    words.extend(job.time.iter().map(|time| format!("--timeout={time}")));
    words.extend(job.extra.iter().cloned());
    let words: Vec<String> = words.iter().map(|word| shell(word)).collect();
    // Whole commands rather than a pattern: in a pattern parallel would replace what
    // looks like {} in a path.
    let mut tasks = String::new();
    for shard in &job.run {
        let shard = format!("{shard}/{}", job.shards);
        let _ = writeln!(
            tasks,
            "exec {}",
            command(job, &shard, &job.cpus.to_string())
        );
    }
    format!(
        "#!/bin/sh\n\
         # {} shards always, whichever of them run. JOBS is how many run at once; --sshlogin\n\
         # in PARALLEL sends them to other hosts that see the same directory.\n\
         PARALLEL_SHELL=/bin/sh\n\
         export PARALLEL_SHELL\n\
         exec parallel --jobs \"${{JOBS:-1}}\" {} <<'SHARDS'\n{tasks}SHARDS\n",
        job.shards,
        words.join(" "),
    )
}

fn kubernetes(job: &Job) -> Result<String, String> {
    let list: Vec<String> = job.run.iter().map(usize::to_string).collect();
    // The completion index counts the shards that run, not all of them.
    let script = format!(
        "set -- {}; shift \"$JOB_COMPLETION_INDEX\"; exec {}",
        list.join(" "),
        command(
            job,
            &format!("\"$1\"/{}", job.shards),
            &job.cpus.to_string()
        )
    );
    let deadline = match &job.time {
        Some(seconds) => format!("      activeDeadlineSeconds: {seconds}\n"),
        None => String::new(),
    };
    let memory = match &job.mem {
        Some(size) => format!("            memory: {}\n", yaml(size)),
        None => String::new(),
    };
    let mount = check::mount_point(&job.directory)?;
    Ok(format!(
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
         resources:\n          requests:\n            cpu: \"{cpus}\"\n{memory}          \
         limits:\n            cpu: \"{cpus}\"\n{memory}        \
         volumeMounts:\n        - name: sweeps\n          mountPath: {mount}\n      \
         volumes:\n      - name: sweeps\n        persistentVolumeClaim:\n          \
         claimName: {claim}\n",
        shards = job.shards,
        name = job.name,
        n = job.run.len(),
        image = yaml(job.image.as_deref().unwrap_or_default()),
        script = yaml(&kubernetes_word(&script)),
        cpus = job.cpus,
        mount = yaml(&text(&mount)),
        claim = yaml(job.claim.as_deref().unwrap_or_default()),
    ))
}

/// The command of one shard, i/n. It resumes always: a task may be requeued.
fn command(job: &Job, shard: &str, threads: &str) -> String {
    format!(
        "{} sweep run {} --out {} --shard {shard} --threads {threads} --resume",
        shell(&text(&job.program)),
        shell(&text(&job.spec)),
        shell(&text(&job.directory)),
    )
}

/// A path that was checked to be text.
fn text(path: &Path) -> String {
    path.display().to_string()
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
mod tests;
