//! Sweeps: the same results however they are shared out and interrupted, and
//! nothing lost that was finished.

use grokscope::sweep::Spec;
use grokscope::sweep::cell::{Cache, CellResult, Keep, evaluate, resumed};
use grokscope::sweep::checkpoint::Checkpoint;
use grokscope::sweep::directory::Directory;
use grokscope::sweep::record::result_line;
use grokscope::sweep::shard::split_mix;
use proptest::prelude::*;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// Twelve cells in a few milliseconds each.
const TINY: &str = r#"
[base.task]
dim = 12
samples = 40
[base.network]
width = 20
[base.training]
engine = "flow"
steps = 5000
[axes]
"network.alpha" = [0.3, 1.0, 3.0]
seed = [1, 2, 3, 4]
"#;

const FIGURE_3E: &str = include_str!("../assets/sweeps/figure3e.toml");
const FIGURE_3E_SMALL: &str = include_str!("../assets/sweeps/figure3e-small.toml");

struct Sweep {
    dir: TempDir,
}

impl Sweep {
    fn new(spec: &str) -> Self {
        let dir = tempfile::tempdir().expect("directory");
        fs::write(dir.path().join("sweep.toml"), spec).expect("written");
        Self { dir }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grokscope"));
        command.arg("sweep").args(arguments);
        command.current_dir(self.dir.path());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("starts")
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["run", "sweep.toml", "--out", "out"];
        arguments.extend(more);
        self.call(&arguments)
    }

    fn start(&self, more: &[&str]) -> Child {
        let mut arguments = vec!["run", "sweep.toml", "--out", "out"];
        arguments.extend(more);
        self.command(&arguments).spawn().expect("starts")
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// Both tables, of a complete sweep.
    fn merged(&self) -> (String, String) {
        let output = self.call(&["merge", "out"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        self.tables()
    }

    fn tables(&self) -> (String, String) {
        let read = |name: &str| fs::read_to_string(self.out().join(name)).expect("a table");
        (read("results.jsonl"), read("results.csv"))
    }

    fn attempts(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.out().join("attempts")).expect("attempts");
        let mut files: Vec<PathBuf> = entries.map(|e| e.expect("entry").path()).collect();
        files.sort();
        files
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The tables of one undisturbed run.
fn undisturbed(spec: &str) -> (String, String) {
    let sweep = Sweep::new(spec);
    let output = sweep.run(&["--threads", "1"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    sweep.merged()
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

#[test]
fn shards_and_threads_give_the_bytes_of_one_run() {
    let expected = undisturbed(TINY);
    assert_eq!(expected.0.lines().count(), 12);
    assert_eq!(expected.1.lines().count(), 13);
    let sweep = Sweep::new(TINY);
    // At the same time, and without --resume.
    let children: Vec<Child> = ["0/3", "1/3", "2/3"]
        .iter()
        .map(|shard| sweep.start(&["--shard", shard, "--threads", "2"]))
        .collect();
    for child in children {
        let output = child.wait_with_output().expect("ends");
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    assert_eq!(sweep.merged(), expected);
    assert_eq!(sweep.attempts().len(), 3);
}

#[test]
fn a_cell_does_not_depend_on_the_cells_before_it() {
    let spec = Spec::parse(TINY).expect("valid");
    let mut cache = Cache::default();
    for cell in [7, 3, 11, 7, 4] {
        let warm = evaluate(&spec, cell, &mut cache).expect("valid");
        let fresh = evaluate(&spec, cell, &mut Cache::default()).expect("valid");
        assert_eq!(warm, fresh);
    }
}

/// One state, taken at a chosen one of the chances there are.
#[derive(Default)]
struct Once {
    from: Option<Vec<u64>>,
    chances: u64,
    stop_at: u64,
    kept: Option<Vec<u64>>,
}

impl Keep for Once {
    fn kept(&mut self) -> Option<Vec<u64>> {
        self.from.take()
    }

    fn between(&mut self, _: u64, state: &dyn Fn() -> Vec<u64>) -> ControlFlow<()> {
        self.chances += 1;
        if self.chances == self.stop_at {
            self.kept = Some(state());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// One cell of each form of the dynamics.
const FORMS: [&str; 9] = [
    "[base.training]\nengine = \"moments\"",
    "[base.training]\nengine = \"moments\"\nmomentum = 0.7",
    "[base.training]\nengine = \"moments\"\nweight_decay = 1e-3",
    "[base.training]\nengine = \"neurons\"",
    "[base.training]\nengine = \"neurons\"\nmomentum = 0.7\n[base.network]\ntrain_readouts = true",
    "[base.training]\nengine = \"flow\"",
    "[base.training]\nengine = \"flow\"\nweight_decay = 1e-3",
    "[measures]\nstop = \"horizon\"\n[base.training]\nengine = \"flow\"",
    "[measures]\nstop = \"horizon\"\n[base.training]\nlearning_rate = 30.0",
];

fn form(settings: &str) -> Spec {
    let network = match settings.contains("[base.network]") {
        true => "width = 9\n",
        false => "[base.network]\nwidth = 9\n",
    };
    let text = format!(
        "{settings}\n{network}[base.task]\ndim = 7\nsamples = 12\n[axes]\n\
         \"training.steps\" = [3000]\n"
    );
    Spec::parse(&text).expect("valid")
}

/// Whether a cell that is stopped at any chance, and again after it has gone on,
/// ends as one that is not.
fn goes_on_to_the_bit(spec: &Spec, places: u64) {
    let whole = evaluate(spec, 0, &mut Cache::default()).expect("valid");
    let mut all = Once::default();
    let same = resumed(spec, 0, &mut Cache::default(), &mut all).expect("valid");
    assert_eq!(same.as_ref(), Some(&whole));
    for i in 0..places.min(all.chances) {
        let stop_at = 1 + i * all.chances / places.min(all.chances);
        let mut keep = Once {
            stop_at,
            ..Once::default()
        };
        let mut attempts = 0;
        let result = loop {
            attempts += 1;
            assert!(attempts < 20, "it never ends");
            match resumed(spec, 0, &mut Cache::default(), &mut keep).expect("valid") {
                Some(result) => break result,
                None => {
                    keep = Once {
                        from: Some(keep.kept.expect("a state")),
                        stop_at: if attempts < 3 { 1 + stop_at / 2 } else { 0 },
                        ..Once::default()
                    }
                }
            }
        };
        // Bits, not values: NaN and −0 too.
        let line = |result: &CellResult| result_line(spec.hash(), result).expect("a line");
        assert_eq!(line(&result), line(&whole), "stopped at {stop_at}");
        assert!(attempts > 1);
    }
}

#[test]
fn a_cell_that_is_gone_on_with_ends_as_one_that_was_not_stopped() {
    for settings in FORMS {
        goes_on_to_the_bit(&form(settings), 6);
    }
}

#[test]
fn a_state_of_something_else_is_not_gone_on_with() {
    let mut keep = Once {
        stop_at: 3,
        ..Once::default()
    };
    assert!(
        resumed(&form(FORMS[0]), 0, &mut Cache::default(), &mut keep).is_ok_and(|r| r.is_none())
    );
    let state = keep.kept.expect("a state");
    for settings in &FORMS[1..] {
        let spec = form(settings);
        let whole = evaluate(&spec, 0, &mut Cache::default()).expect("valid");
        let mut torn = state.clone();
        torn.pop();
        for from in [torn, vec![], vec![u64::MAX; 40]] {
            let mut keep = Once {
                from: Some(from),
                ..Once::default()
            };
            let result = resumed(&spec, 0, &mut Cache::default(), &mut keep).expect("valid");
            assert_eq!(result.as_ref(), Some(&whole), "{settings}");
        }
    }
}

#[test]
fn a_kept_file_counts_only_for_its_own_cell_and_only_whole() {
    let sweep = Sweep::new(TINY);
    assert_eq!(code(&sweep.run(&["--shard", "0/2"])), 0);
    let directory = Directory::open(&sweep.out()).expect("open");
    let checkpoint = Checkpoint::of(&directory, 3);
    assert_eq!(checkpoint.read(), None);
    checkpoint.write(&[1, 2, 3]).expect("written");
    assert_eq!(checkpoint.read(), Some(vec![1, 2, 3]));
    let path = |cell: usize| sweep.out().join(format!("checkpoints/{cell}.state"));
    let bytes = fs::read(path(3)).expect("readable");
    // Another cell's, torn, longer, or with any bit flipped.
    fs::write(path(4), &bytes).expect("written");
    assert_eq!(Checkpoint::of(&directory, 4).read(), None);
    for end in 0..bytes.len() {
        fs::write(path(3), &bytes[..end]).expect("written");
        assert_eq!(checkpoint.read(), None, "{end} bytes");
    }
    for i in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[i] ^= 1 << (i % 8);
        fs::write(path(3), flipped).expect("written");
        assert_eq!(checkpoint.read(), None, "byte {i}");
    }
    // What is left behind of cells that are done goes, and the sweep completes.
    for cell in 0..12 {
        fs::write(path(cell), b"half").expect("written");
    }
    assert_eq!(code(&sweep.run(&["--resume"])), 0);
    assert_eq!(sweep.merged(), undisturbed(TINY));
    assert!(!sweep.out().join("checkpoints").exists());
}

/// Two cells of some seconds each.
const LONG: &str = r#"
[base.task]
dim = 40
samples = 150
[base.network]
width = 60
[base.training]
engine = "moments"
weight_decay = 1e-6
steps = 250000
[measures]
stop = "horizon"
[axes]
"network.alpha" = [1.0, 2.0]
"#;

#[cfg(unix)]
#[test]
fn cells_longer_than_the_grace_are_kept_by_every_signal_and_end_to_the_bit() {
    let sweep = Sweep::new(LONG);
    let mut steps = Vec::new();
    for name in ["-TERM", "-HUP", "-INT"] {
        let child = sweep.start(&["--threads", "2", "--resume"]);
        sleep(Duration::from_millis(300));
        signal(&child, name);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(code(&output), 75, "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("2 cells are being kept"), "{said}");
        assert!(said.contains("a second Ctrl-C or SIGTERM"), "{said}");
        assert!(said.contains("2 more kept on the way"), "{said}");
        let status = stdout(&sweep.call(&["status", "out"]));
        assert!(status.contains("2 under way"), "{status}");
        let state = fs::read(sweep.out().join("checkpoints/0.state")).expect("kept");
        // After the head comes the step.
        steps.push(u64::from_le_bytes(
            state[48..56].try_into().expect("a word"),
        ));
    }
    assert!(
        0 < steps[0] && steps[0] < steps[1] && steps[1] < steps[2],
        "{steps:?}"
    );
    let output = sweep.run(&["--resume"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(sweep.merged(), undisturbed(LONG));
    assert!(!sweep.out().join("checkpoints").exists());
}

#[test]
fn a_second_run_needs_resume_and_then_computes_nothing_again() {
    let sweep = Sweep::new(TINY);
    assert_eq!(code(&sweep.run(&[])), 0);
    let again = sweep.run(&[]);
    assert_eq!(code(&again), 2);
    assert!(stderr(&again).contains("--resume"), "{}", stderr(&again));
    let resumed = sweep.run(&["--resume"]);
    assert_eq!(code(&resumed), 0);
    assert!(stdout(&resumed).contains("12 were done before"));
    assert_eq!(sweep.attempts().len(), 1);
}

#[test]
fn another_number_of_shards_needs_resume() {
    let sweep = Sweep::new(TINY);
    assert_eq!(code(&sweep.run(&["--shard", "0/2"])), 0);
    let other = sweep.run(&["--shard", "1/3"]);
    assert_eq!(code(&other), 2);
    assert!(stderr(&other).contains("begun with 2 shards"));
    for shard in ["0/3", "1/3", "2/3"] {
        assert_eq!(code(&sweep.run(&["--shard", shard, "--resume"])), 0);
    }
    assert_eq!(sweep.merged(), undisturbed(TINY));
}

#[test]
fn another_spec_is_refused_and_comments_do_not_make_one() {
    let sweep = Sweep::new(TINY);
    assert_eq!(code(&sweep.run(&["--shard", "0/2"])), 0);
    let spec = sweep.dir.path().join("sweep.toml");
    fs::write(&spec, TINY.replace("dim = 12", "dim = 13")).expect("written");
    let other = sweep.run(&["--resume"]);
    assert_eq!(code(&other), 2);
    assert!(
        stderr(&other).contains("another sweep"),
        "{}",
        stderr(&other)
    );
    fs::write(&spec, format!("# the same\n{TINY}")).expect("written");
    assert_eq!(code(&sweep.run(&["--shard", "1/2"])), 0);
}

#[test]
fn the_spec_in_the_documentation_is_valid() {
    let page = include_str!("../docs/cluster.md");
    let (_, rest) = page.split_once("```toml\n").expect("a spec");
    let (text, _) = rest.split_once("```").expect("its end");
    let spec = Spec::parse(text).expect("valid");
    assert_eq!(spec.grid().len(), 20 * 4 * 3);
}

#[test]
fn a_bad_spec_names_its_file_and_line() {
    let sweep = Sweep::new("[axes]\n\"network.alpa\" = [1, 2]\n");
    let output = sweep.run(&[]);
    assert_eq!(code(&output), 2);
    let message = stderr(&output);
    assert!(message.contains("sweep.toml: line 2"), "{message}");
    assert!(message.contains("did you mean network.alpha"), "{message}");
    assert!(!sweep.out().exists());
}

#[cfg(unix)]
#[test]
fn sigkill_at_any_moment_loses_no_cell_that_is_done() {
    let expected = undisturbed(FIGURE_3E_SMALL);
    let sweep = Sweep::new(FIGURE_3E_SMALL);
    let mut kills = 0;
    loop {
        let before = (sweep.out().join("manifest.json"))
            .exists()
            .then(|| Directory::open(&sweep.out()).expect("readable"));
        let before = before.map_or(0, |d| d.read().expect("readable").done());
        let mut child = sweep.start(&["--threads", "2", "--resume"]);
        sleep(Duration::from_millis(50 + split_mix(5, kills) % 250));
        if kills == 6 {
            assert!(child.wait().expect("ends").success());
            break;
        }
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
        kills += 1;
        if let Ok(directory) = Directory::open(&sweep.out()) {
            assert!(directory.read().expect("readable").done() >= before);
        }
    }
    assert_eq!(sweep.merged(), expected);
}

#[cfg(unix)]
#[test]
fn sigterm_keeps_the_cells_in_flight_and_exits_with_75() {
    let sweep = Sweep::new(FIGURE_3E_SMALL);
    let child = sweep.start(&["--threads", "2"]);
    // Signals are received before the first cell begins, hence before an attempt.
    while fs::read_dir(sweep.out().join("attempts")).map_or(0, Iterator::count) == 0 {
        sleep(Duration::from_millis(5));
    }
    signal(&child, "-TERM");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(code(&output), 75, "{}", stderr(&output));
    assert!(stderr(&output).contains("--resume"));
    let contents = Directory::open(&sweep.out()).expect("open").read();
    assert_eq!(contents.expect("readable").damaged, 0);
    assert_eq!(code(&sweep.run(&["--resume"])), 0);
    assert_eq!(sweep.merged(), undisturbed(FIGURE_3E_SMALL));
}

#[test]
fn torn_and_corrupted_lines_are_counted_and_computed_again() {
    let expected = undisturbed(TINY);
    let sweep = Sweep::new(TINY);
    assert_eq!(code(&sweep.run(&["--threads", "1"])), 0);
    let file = &sweep.attempts()[0];
    let mut bytes = fs::read(file).expect("readable");
    bytes.truncate(bytes.len() - 40);
    let line = bytes.iter().position(|&b| b == b'\n').expect("lines");
    bytes[line + 120] ^= 4;
    fs::write(file, bytes).expect("written");
    let partial = sweep.call(&["merge", "out"]);
    assert_eq!(code(&partial), 1);
    let message = stderr(&partial);
    assert!(message.contains("2 torn or corrupted lines"), "{message}");
    assert!(message.contains("2 of 12 cells are missing"), "{message}");
    assert_eq!(sweep.tables().0.lines().count(), 10);
    assert!(stdout(&sweep.call(&["status", "out"])).contains("10 of 12 cells"));
    assert_eq!(code(&sweep.run(&["--resume"])), 0);
    assert_eq!(sweep.merged(), expected);
}

#[test]
fn attempts_that_disagree_are_reported_and_merged_in_no_order_of_files() {
    let sweep = Sweep::new(TINY);
    assert_eq!(code(&sweep.run(&[])), 0);
    let (jsonl, _) = sweep.merged();
    let spec = Spec::parse(TINY).expect("valid");
    let first = jsonl.lines().next().expect("a line");
    let mut other: CellResult = serde_json::from_str(first).expect("a result");
    other.end_time *= 1.0 + 1e-12;
    let line = result_line(spec.hash(), &other).expect("a line");
    let merge = |name: &str| {
        let file = sweep.out().join("attempts").join(name);
        fs::write(&file, &line).expect("written");
        let output = sweep.call(&["merge", "out"]);
        assert_eq!(code(&output), 0);
        let message = stderr(&output);
        assert!(
            message.contains("cell 0 has 2 different results"),
            "{message}"
        );
        fs::remove_file(file).expect("removed");
        sweep.tables()
    };
    assert_eq!(merge("0.jsonl"), merge("z.jsonl"));
}

#[test]
fn two_runs_into_one_directory_lose_nothing() {
    let sweep = Sweep::new(TINY);
    let one = sweep.start(&["--resume"]);
    let two = sweep.start(&["--resume"]);
    for child in [one, two] {
        let output = child.wait_with_output().expect("ends");
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    assert_eq!(sweep.merged(), undisturbed(TINY));
}

/// A small file system of its own, where the user may mount one.
#[cfg(target_os = "linux")]
struct Tmpfs<'a>(&'a Path);

#[cfg(target_os = "linux")]
impl<'a> Tmpfs<'a> {
    fn mount(path: &'a Path, options: &str) -> Option<Self> {
        fs::create_dir_all(path).expect("made");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        if mount.is_ok_and(|s| s.success()) {
            return Some(Self(path));
        }
        eprintln!("passed over: mounting a file system needs root");
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for Tmpfs<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_what_was_finished() {
    let sweep = Sweep::new(FIGURE_3E_SMALL);
    let out = sweep.out();
    let Some(disk) = Tmpfs::mount(&out, "size=32k") else {
        return;
    };
    let full = sweep.run(&[]);
    let message = stderr(&full);
    assert_eq!(code(&full), 1, "{message}");
    assert!(message.contains("No space left"), "{message}");
    assert!(message.contains("--resume"), "{message}");
    let done = Directory::open(&out)
        .expect("open")
        .read()
        .expect("read")
        .done();
    assert!(done > 10, "{done}");
    // There is room again.
    let grown = Command::new("mount")
        .args(["-o", "remount,size=2m"])
        .arg(disk.0)
        .status();
    assert!(grown.expect("mount").success());
    let resumed = sweep.run(&["--resume"]);
    assert_eq!(code(&resumed), 0);
    assert!(stdout(&resumed).contains(&format!("{done} were done before")));
    assert_eq!(sweep.merged(), undisturbed(FIGURE_3E_SMALL));
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_directory_is_named_before_any_work() {
    let sweep = Sweep::new(TINY);
    let out = sweep.out();
    let Some(_disk) = Tmpfs::mount(&out, "ro,size=32k") else {
        return;
    };
    let output = sweep.run(&[]);
    let message = stderr(&output);
    assert_ne!(code(&output), 0);
    assert!(message.contains("may not be written"), "{message}");
    assert!(message.contains("out"), "{message}");
}

#[test]
fn a_submission_lists_the_incomplete_shards_from_the_data() {
    let sweep = Sweep::new(TINY);
    for shard in ["0/4", "2/4"] {
        assert_eq!(code(&sweep.run(&["--shard", shard])), 0);
    }
    let submit = |more: &[&str]| {
        let mut arguments = vec!["submit", "sweep.toml", "--out", "out", "--dry-run"];
        arguments.extend(more);
        sweep.call(&arguments)
    };
    let refused = submit(&["--engine", "slurm"]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("--resume"));
    let script = stdout(&submit(&["--engine", "slurm", "--resume"]));
    assert!(script.contains("--array=1,3\n"), "{script}");
    assert!(script.contains("/4 --threads"), "{script}");
    let script = stdout(&submit(&["--engine", "parallel", "--resume"]));
    let asked: Vec<bool> = ["0/4", "1/4", "2/4", "3/4"]
        .map(|shard| script.contains(&format!("--shard {shard} ")))
        .to_vec();
    assert_eq!(asked, [false, true, false, true], "{script}");
    let needs = submit(&["--engine", "k8s", "--resume"]);
    assert!(stderr(&needs).contains("--image"));
    for shard in ["1/4", "3/4"] {
        assert_eq!(code(&sweep.run(&["--shard", shard])), 0);
    }
    let nothing = submit(&["--engine", "slurm", "--resume"]);
    assert!(stdout(&nothing).contains("nothing to submit"));
}

#[test]
fn gradient_descent_and_the_flow_find_the_same_classes() {
    let spec = |engine: &str| {
        let text = TINY.replace("\"flow\"", &format!("\"{engine}\""));
        Spec::parse(&text).expect("valid")
    };
    let (flow, moments) = (spec("flow"), spec("moments"));
    let neurons = spec("neurons");
    for cell in [0, 5, 10] {
        let run = |spec: &Spec| evaluate(spec, cell, &mut Cache::default()).expect("valid");
        let (a, b, c) = (run(&flow), run(&moments), run(&neurons));
        assert_eq!(a.outcome, b.outcome, "cell {cell}");
        assert_eq!(
            (b.fit_step, b.generalise_step),
            (c.fit_step, c.generalise_step)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_spec_has_the_cells_of_its_axes(
        alphas in prop::collection::btree_set(1_u32..1000, 1..6),
        seeds in prop::collection::btree_set(0_u64..1000, 1..6),
        count in 2_usize..7,
    ) {
        let alphas: Vec<f64> = alphas.into_iter().map(|a| f64::from(a) / 64.0).collect();
        let seeds: Vec<u64> = seeds.into_iter().collect();
        let text = format!(
            "[axes]\nseed = {seeds:?}\n\"network.epsilon\" = {{ from = 0.1, to = 0.9, count = {count} }}\n\
             \"network.alpha\" = {alphas:?}\n"
        );
        let spec = Spec::parse(&text).expect("valid");
        prop_assert_eq!(spec.grid().len(), alphas.len() * seeds.len() * count);
        for cell in 0..spec.grid().len() {
            let config = spec.config(cell).expect("valid");
            let (row, place) = (cell / alphas.len(), cell % alphas.len());
            prop_assert_eq!(config.network.alpha, alphas[place]);
            prop_assert_eq!(config.seed, seeds[row / count]);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\[axes\\]|\\[base\\]|seed|=|\\[|\\]|\\{|\\}|\"|zip|\n|1|,|from|[a-z.]){0,40}") {
        if let Err(error) = Spec::parse(&text) {
            prop_assert!(error.line >= 1);
            prop_assert!(error.line <= text.split('\n').count());
        }
    }
}

/// At Figure 3(e) itself: 12 cells, drawn by a seed, 6 of each class that occurs
/// (or all there are), against gradient descent with a small learning rate. Takes
/// minutes, so it runs where `GROKSCOPE_SLOW` is set:
/// `GROKSCOPE_SLOW=1 cargo test --release --test sweep exact -- --nocapture`
#[test]
fn figure_3e_agrees_with_exact_gradient_descent() {
    if std::env::var_os("GROKSCOPE_SLOW").is_none() {
        eprintln!("passed over: set GROKSCOPE_SLOW to compare with gradient descent");
        return;
    }
    let flow = Spec::parse(FIGURE_3E).expect("valid");
    let mut order: Vec<usize> = (0..flow.grid().len()).collect();
    order.sort_by_key(|&cell| split_mix(20_260_101, cell as u64));
    let mut cache = Cache::default();
    let mut drawn: Vec<CellResult> = Vec::new();
    for &cell in &order {
        let result = evaluate(&flow, cell, &mut cache).expect("valid");
        let same = drawn.iter().filter(|r| r.outcome == result.outcome).count();
        if same < 6 {
            drawn.push(result);
        }
        if drawn.len() == 12 {
            break;
        }
    }
    assert_eq!(drawn.len(), 12, "two classes with six cells each");
    let close = |name: &str, a: Option<f64>, b: Option<f64>| {
        assert_eq!(a.is_some(), b.is_some(), "{name}");
        let difference = a.zip(b).map_or(0.0, |(a, b)| (a / b - 1.0).abs());
        assert!(difference < 0.05, "{name}: {a:?} and {b:?}");
        100.0 * difference
    };
    for result in drawn {
        let fit = result.fit_time.expect("every cell fits");
        let rate = (fit / 100.0).min(20.0);
        let config = flow.config(result.cell).expect("valid");
        let time = match result.generalise_time {
            Some(time) => 1.1 * time,
            // What the flow has not done when the train loss is spent.
            None => result.end_time,
        };
        let mut config = config.into_inner();
        config.training.engine = grokscope::sim::config::EngineKind::Moments;
        config.training.learning_rate = rate;
        config.training.steps = (time / rate).ceil() as u64;
        config.record.steps = vec![0];
        let valid = config.check().expect("valid");
        let mut exact = grokscope::sim::Simulation::new(&valid, None).expect("made");
        while !exact.is_finished() {
            exact.advance(u64::MAX);
        }
        assert_eq!(
            exact.outcome().name(),
            result.outcome,
            "{}",
            flow.describe(result.cell)
        );
        let at = |step: Option<u64>| step.map(|s| (s as f64 - 0.5) * rate);
        let crossings = exact.crossings();
        let fit = close("fit", at(crossings.fit), result.fit_time);
        let generalise = close(
            "generalise",
            at(crossings.generalise),
            result.generalise_time,
        );
        println!(
            "{}: {} in both; η₀ = {rate:.2}; fit times differ by {fit:.2} %, generalisation times by {generalise:.2} %",
            flow.describe(result.cell),
            result.outcome
        );
    }
}
