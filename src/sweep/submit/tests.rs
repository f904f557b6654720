use super::*;
use proptest::prelude::*;

fn job_for(queue: Queue, run: &[usize]) -> Job {
    let of = |taker: Queue, value: &str| (queue == taker).then(|| value.to_owned());
    Job {
        name: "grokscope-a".into(),
        program: "/opt/it's here/grokscope".into(),
        spec: "/data/a sweep/submit/sweep.toml".into(),
        directory: "/data/a sweep".into(),
        shards: 8,
        run: run.to_vec(),
        cpus: 2,
        time: None,
        mem: None,
        partition: of(Queue::Slurm, "short"),
        account: None,
        qos: None,
        extra: Vec::new(),
        image: of(Queue::Kubernetes, "registry/grokscope:1"),
        claim: of(Queue::Kubernetes, "data"),
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
        let script = queue.script(&job_for(queue, &[1, 2, 5])).unwrap();
        assert!(script.contains("/8 --threads"), "{name}: {script}");
        assert!(script.contains("--resume"), "{name}: {script}");
    }
}

#[test]
fn every_option_of_a_task_comes_into_slurms_script() {
    let mut job = job_for(Queue::Slurm, &[1, 2, 5]);
    job.directory = "/data/100%job".into();
    job.time = Some("1-12:00:00".into());
    job.mem = Some("4G".into());
    job.account = Some("my lab".into());
    job.qos = Some("long".into());
    job.extra = vec!["--gres=gpu:1".into(), "--comment=it's #1".into()];
    let script = Queue::Slurm.script(&job).unwrap();
    for line in [
        "#SBATCH --array=1-2,5\n",
        "#SBATCH --requeue\n",
        "#SBATCH --signal=B:TERM@120\n",
        "#SBATCH --output=/data/100%%job/submit/slurm-%A_%a.log\n",
        "#SBATCH --partition=short\n",
        "#SBATCH --time=1-12:00:00\n",
        "#SBATCH --mem=4G\n",
        "#SBATCH '--account=my lab'\n",
        "#SBATCH --qos=long\n",
        "#SBATCH --gres=gpu:1\n",
        "#SBATCH '--comment=it'\\''s #1'\n",
    ] {
        assert!(script.contains(line), "{line}{script}");
    }
}

#[test]
fn what_a_queueing_system_does_not_take_is_refused_and_named() {
    type Change = fn(&mut Job);
    let cases: [(Queue, Change, &[&str]); 12] = [
        (
            Queue::Slurm,
            |j| j.time = Some("1h 30m".into()),
            &["--time 1h 30m", "slurm takes"],
        ),
        (
            Queue::Kubernetes,
            |j| j.time = Some("01:00:00".into()),
            &["--time", "whole seconds"],
        ),
        (
            Queue::Parallel,
            |j| j.mem = Some("4G".into()),
            &["--mem", "slurm and k8s"],
        ),
        (
            Queue::HyperQueue,
            |j| j.account = Some("a".into()),
            &["--account", "--extra-arg"],
        ),
        (
            Queue::Slurm,
            |j| j.image = Some("a".into()),
            &["--image", "k8s"],
        ),
        (
            Queue::Slurm,
            |j| j.partition = Some("a\nb".into()),
            &["--partition", "line break"],
        ),
        (
            Queue::Slurm,
            |j| j.extra = vec!["x\n#SBATCH".into()],
            &["--extra-arg", "line break"],
        ),
        (
            Queue::Slurm,
            |j| j.extra = vec!["script.sh".into()],
            &["--extra-arg", "option"],
        ),
        (
            Queue::Kubernetes,
            |j| j.extra = vec!["--x".into()],
            &["--extra-arg", "--dry-run"],
        ),
        (
            Queue::Slurm,
            |j| j.directory = "/a\\b".into(),
            &["--out", "backslash"],
        ),
        (
            Queue::Kubernetes,
            |j| j.directory = "/usr".into(),
            &["--out", "/data/sweep"],
        ),
        (
            Queue::Slurm,
            |j| j.mem = Some("4GB".into()),
            &["--mem 4GB", "such as 4G"],
        ),
    ];
    for (queue, change, words) in cases {
        let mut job = job_for(queue, &[0]);
        change(&mut job);
        let error = queue.script(&job).unwrap_err();
        assert!(words.iter().all(|w| error.contains(w)), "{error}");
    }
}

#[test]
fn a_directory_below_the_root_is_mounted_itself() {
    let mut job = job_for(Queue::Kubernetes, &[0]);
    job.directory = "/sweep".into();
    let script = Queue::Kubernetes.script(&job).unwrap();
    assert!(script.contains("mountPath: '/sweep'\n"), "{script}");
}

/// The arguments with which the script of a queueing system, read by real shells and
/// a YAML parser, calls the program for one shard. A stand-in for `hq` and `parallel`
/// does what they do with what they are given.
#[cfg(unix)]
fn called(queue: Queue, job: &Job, scratch: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let executable = |path: &Path, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let told = scratch.join("told");
    executable(
        &scratch.join("bin/hq"),
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done; shift\nHQ_TASK_ID=5 exec \"$@\"\n",
    );
    executable(
        &scratch.join("bin/parallel"),
        "#!/bin/sh\nwhile IFS= read -r task; do sh -c \"$task\"; done\n",
    );
    executable(
        &job.program,
        "#!/bin/sh\nprintf '%s\\0' \"$@\" > \"$TOLD\"\n",
    );
    let mut script = queue.script(job).unwrap();
    if queue == Queue::Kubernetes {
        let documents = yaml_rust2::YamlLoader::load_from_str(&script).unwrap();
        let pod = &documents[0]["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let command = &container["command"];
        assert_eq!(command[0].as_str(), Some("sh"));
        assert_eq!(command[1].as_str(), Some("-c"));
        let image = container["image"].as_str();
        assert_eq!(image, job.image.as_deref());
        let mount = container["volumeMounts"][0]["mountPath"].as_str();
        assert_eq!(mount, job.directory.parent().unwrap().to_str());
        let claim = &pod["volumes"][0]["persistentVolumeClaim"]["claimName"];
        assert_eq!(claim.as_str(), job.claim.as_deref());
        // Kubernetes makes one $ of two.
        script = command[2].as_str().unwrap().replace("$$", "$");
    }
    let path = format!(
        "{}:{}",
        scratch.join("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let status = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("PATH", path)
        .env("TOLD", &told)
        .env("SLURM_ARRAY_TASK_ID", "5")
        .env("JOB_COMPLETION_INDEX", "0")
        .status();
    assert!(status.unwrap().success(), "{script}");
    let text = std::fs::read_to_string(&told).unwrap();
    let mut words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    words.pop();
    words
}

#[cfg(unix)]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_a_path_is_called_the_shard_is_run(
        name in "[ -.0-~]{1,12}|%j|\\$\\(id\\)|\\$\\$\\(|it's \"#1\"|\\{\\} \\{= 1 =\\}|\\PC{1,4}",
    ) {
        // A name that a directory can have.
        let fits = !name.contains(['/', '\0']) && ![".", ".."].contains(&&*name);
        prop_assume!(fits && quote::plain("x", &name).is_ok());
        let scratch = tempfile::tempdir().unwrap();
        for (_, queue) in Queue::NAMES {
            let mut job = job_for(queue, &[5]);
            let directory = scratch.path().join(&name);
            job.program = directory.join("bin/grokscope");
            job.spec = directory.join("submit/sweep.toml");
            job.directory = directory.join("sweep");
            if queue == Queue::Slurm && name.contains('\\') {
                prop_assert!(queue.script(&job).unwrap_err().contains("backslash"));
                continue;
            }
            if queue == Queue::Kubernetes && name.contains(':') {
                prop_assert!(queue.script(&job).unwrap_err().contains("colon"));
                continue;
            }
            let text = |path: &Path| path.to_str().unwrap().to_owned();
            let words = called(queue, &job, scratch.path());
            let expected = [
                "sweep", "run", &text(&job.spec), "--out", &text(&job.directory),
                "--shard", "5/8", "--threads", "2", "--resume",
            ];
            prop_assert_eq!(words, expected, "{:?}", queue);
        }
    }
}
