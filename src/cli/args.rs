//! The command line's grammar.

use super::animate::Over;
pub use super::values::{Record, Steps};
use super::values::{assignment, increasing, record, resolution, size, whole, window_size};
use crate::extract::Part;
use crate::plot::Style;
use crate::sim::metrics::Metric;
use crate::sweep::diagram::Measure;
use crate::sweep::shard::Shard;
use crate::sweep::submit::Queue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZero;
use std::path::PathBuf;

/// What the exit codes mean (see [`super::CliError::exit_code`]).
macro_rules! exit_codes {
    () => {
        "Exit codes:\n  \
         0   done; a run that diverged is done too, and its summary says so\n  \
         1   failed: a file that cannot be written, cells that are missing\n  \
         2   arguments, settings or files that cannot be used\n  \
         75  told to stop by Ctrl-C, SIGTERM or SIGHUP; what was done is kept"
    };
}

/// See grokking happen: the transition from lazy to rich training dynamics.
///
/// Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(
    name = "grokscope",
    version,
    args_conflicts_with_subcommands = true,
    after_help = concat!("Examples:\n  \
        grokscope --preset goldilocks\n  \
        grokscope run --preset lazy --out lazy\n  \
        grokscope run --set network.alpha=0.5 --steps 1e6 --out run\n\n\
        Environment:\n  \
        GROKSCOPE_EXPORT_DIR  directory that the window's exports go to, without a dialog\n\n",
        exit_codes!()
    )
)]
pub struct Cli {
    /// A headless command.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What the window opens with.
    #[command(flatten)]
    pub source: Source,
    /// A figure of the paper to open (`grokscope figure` lists them)
    #[arg(long, value_name = "ID", conflicts_with_all = ["preset", "config", "instance"])]
    pub figure: Option<String>,
}

/// The headless commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train without a window and write curve.csv, summary.json and config.toml
    Run(Box<RunArgs>),
    /// Run a grid of cells over any settings, on one machine or many
    #[command(subcommand)]
    Sweep(SweepCommand),
    /// Compute the curves of a figure of the paper; without an ID, list the figures
    Figure(FigureArgs),
    /// Write what was computed as arrays: data, weights at any step, kernels, spectra
    Export(Box<ExportArgs>),
    /// Draw runs that were written to files as a figure for print: SVG, PDF or PNG
    Plot(Box<PlotArgs>),
    /// Film a run over time, or one setting over its values: GIF, APNG or numbered PNG
    Animate(Box<AnimateArgs>),
    /// Open the window with a state: a .grokscope file, a picture that carries one, a code
    Open(OpenArgs),
    /// Train to the horizon and draw the window that shows it, without a screen
    Picture(PictureArgs),
    /// List the runs that ship with the program
    Presets,
    /// Print the table of settings, as Markdown
    Fields,
    /// Print the script that has a shell complete commands and options
    #[command(after_help = "Such as:\n  \
        grokscope completions bash > ~/.local/share/bash-completion/completions/grokscope\n  \
        grokscope completions zsh > ~/.zfunc/_grokscope\n  \
        grokscope completions fish > ~/.config/fish/completions/grokscope.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the page of each command into a directory
    Man {
        /// Directory for the pages; made if it does not exist
        directory: Option<PathBuf>,
    },
}

/// Where settings come from.
#[derive(Args, Clone, Debug, Default)]
pub struct Source {
    /// A run that ships with the program (`grokscope presets` lists them)
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub preset: Option<String>,
    /// Settings in TOML, such as a config.toml that a run wrote
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data of your own: a .csv with a row for each sample, labels in the column y or the
    /// last, and train or test in a column set; or a .npz with X, y and, if there are any,
    /// W0 (initial weights), X_test, y_test and beta. They fix D and P, W0 fixes N
    #[arg(long, value_name = "FILE.npz|.csv")]
    pub instance: Option<PathBuf>,
    /// Bring inputs and labels of the instance to the unit of the model: mean |x|² = 1,
    /// mean y² = 3/4
    #[arg(long)]
    pub rescale: bool,
}

/// Arguments of `grokscope run`.
///
/// Each wins over those before it: preset or config file, instance, `--set` in
/// order, then the flags that have a name of their own.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = concat!(
        "Each wins over those before it: preset or file, --instance, --set in order, then the \
         flags with a name of their own.\n\nCtrl-C, SIGTERM and SIGHUP end the run where it \
         stands: its files are written and say so. A second Ctrl-C or SIGTERM ends it at \
         once.\n\n",
        exit_codes!()
    )
)]
pub struct RunArgs {
    /// Preset, config file and instance.
    #[command(flatten)]
    pub source: Source,
    /// Set one setting, as often as needed (`grokscope fields` lists them)
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Form of the dynamics
    #[arg(long, value_name = "ENGINE", value_parser = ["moments", "neurons", "flow"])]
    pub engine: Option<String>,
    /// Horizon in steps; 1e6 is understood
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub steps: Option<u64>,
    /// Seed of every random draw
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Steps to record: a list such as 1,2,3,5, or log:20 for 20 in each decade;
    /// step 0 always
    #[arg(long, value_name = "STEPS", value_parser = record, allow_negative_numbers = true)]
    pub record: Option<Record>,
    /// Directory for the files; made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace the run that the directory holds
    #[arg(long)]
    pub force: bool,
    /// Also write arrays beside it, each part into an .npz of its name: data and initial
    /// weights; weights, kernel, spectrum or decomposition at step 0 and at the end;
    /// forecast; lazy
    #[arg(long, value_name = "PART,…", value_delimiter = ',', value_parser = Part::by_name)]
    pub save: Vec<Part>,
}

/// Arguments of `grokscope export`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "Parts:\n  \
         instance       X, y, W0, X_test, y_test, beta, T: what --instance reads\n  \
         weights        w_mean and L with M = LLᵀ + w̄w̄ᵀ, and W of a finite network\n  \
         kernel         K on the train set, K_test\n  \
         spectrum       eigenvalues and eigenvectors of K/P, target power, eigenvalues of M\n  \
         decomposition  b and A of the trained function, and the terms of its test loss\n  \
         forecast       losses of the gradient flow to the horizon\n  \
         lazy           losses of the linearised model, and of regression with K₀\n\n\
         docs/notebook.md reads them with NumPy.\n\n\
         Examples:\n  \
         grokscope export runs/grokking --what weights,kernel --at 0,100,1e4 --out state.npz\n  \
         grokscope export --preset lazy --what spectrum --at 0 --out tables\n\n",
        exit_codes!()
    )
)]
pub struct ExportArgs {
    /// A directory that `grokscope run` wrote: the same run, trained again
    #[arg(value_name = "RUN", conflicts_with_all = ["preset", "config"])]
    pub run: Option<PathBuf>,
    /// Preset, config file and instance.
    #[command(flatten)]
    pub source: Source,
    /// Set one setting, as often as needed (`grokscope fields` lists them)
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// What to write [default: instance,weights]
    #[arg(long, value_name = "PART,…", value_delimiter = ',', value_parser = Part::by_name)]
    pub what: Vec<Part>,
    /// Steps at which weights and what depends on them are taken; the last by default
    #[arg(long, value_name = "STEPS", value_parser = increasing)]
    pub at: Option<Steps>,
    /// The file to write, with the ending .npz, or a directory for CSV tables
    #[arg(long, value_name = "FILE.npz|DIR")]
    pub out: PathBuf,
}

/// Arguments of `grokscope open`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "Every PNG, SVG and PDF that Grokscope writes carries the state that made it.\n\n\
         Examples:\n  \
         grokscope open talk.grokscope\n  \
         grokscope open loss.svg\n  \
         grokscope open loss.svg --print > loss.grokscope\n\n",
        exit_codes!()
    )
)]
pub struct OpenArgs {
    /// A file (.grokscope, .png, .svg, .pdf, .toml, .npz; settings or the story of a lecture
    /// in .toml), or a code that begins with
    /// grokscope1.
    #[arg(value_name = "FILE|CODE")]
    pub what: String,
    /// Print the state as text, the content of a .grokscope file; open no window
    #[arg(long)]
    pub print: bool,
    /// Print the state as a code; open no window
    #[arg(long, conflicts_with = "print")]
    pub code: bool,
}

/// Arguments of `grokscope figure`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "Examples:\n  grokscope figure\n  grokscope figure 3a\n  \
         grokscope figure 3a --data figure-3a\n  \
         grokscope figure 9 --data figure-9 --engine flow --seeds 16\n  \
         grokscope figure 3a --engine flow --out fig3a.pdf --width 174mm\n\n\
         Ctrl-C, SIGTERM and SIGHUP keep the curves that are finished and write their \
         summary.\n\n",
        exit_codes!()
    )
)]
pub struct FigureArgs {
    /// Number of the figure in the paper, such as 3a
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Directory for its curves, their settings, its panels and a summary; made if it
    /// does not exist
    #[arg(long, value_name = "DIR", requires = "id")]
    pub data: Option<PathBuf>,
    /// Its picture for print, with the ending .svg, .pdf or .png
    #[arg(long, value_name = "FILE", requires = "id", conflicts_with_all = ["data", "seeds"])]
    pub out: Option<PathBuf>,
    /// Picture of its panels, as the window shows them
    #[arg(long, value_name = "FILE.png", requires = "id")]
    pub picture: Option<PathBuf>,
    /// Table of what its curves come to on the authors' draw and for `--seeds` others
    /// (32 by default): what the documentation's numbers are taken from
    #[arg(long, value_name = "FILE.csv", requires = "id", conflicts_with_all = ["data", "picture", "engine"])]
    pub measure: Option<PathBuf>,
    /// Curves that are computed at the same time; all processors by default
    #[arg(long, value_name = "N", requires = "id")]
    pub threads: Option<NonZero<usize>>,
    /// Form of the dynamics instead of the figure's own; the flow takes seconds
    /// where gradient descent takes minutes
    #[arg(long, value_name = "ENGINE", value_parser = ["moments", "neurons", "flow"], requires = "id")]
    pub engine: Option<String>,
    /// Draws of each curve: the first is the authors' own, the others are seeds of
    /// ours, counted up from the figure's
    #[arg(long, value_name = "N", requires = "id")]
    pub seeds: Option<NonZero<u64>>,
    /// Replace the data that the directory holds
    #[arg(long, requires = "data")]
    pub force: bool,
    /// Colours on white, colours on dark, or black and greys on white
    #[arg(long, value_name = "THEME", value_parser = super::plot::themes(), default_value = "light")]
    pub theme: String,
    /// Size and lines of the picture for print.
    #[command(flatten)]
    pub print: PrintArgs,
    /// Print the page of the documentation about all figures
    #[arg(long, conflicts_with = "id")]
    pub markdown: bool,
}

/// Size and lines of a figure for print.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct PrintArgs {
    /// Width, such as 174mm; columns of journals are often 85, 114 or 174 mm wide
    #[arg(long, value_name = "LENGTH", value_parser = |text: &str| Style::read("width", text))]
    pub width: Option<f64>,
    /// Height; what the panels need where nothing is said
    #[arg(long, value_name = "LENGTH", value_parser = |text: &str| Style::read("height", text))]
    pub height: Option<f64>,
    /// Size of the font, in points [default: 8]
    #[arg(long, value_name = "POINTS", value_parser = |text: &str| Style::read("font-size", text))]
    pub font_size: Option<f64>,
    /// Width of the main curves, in points [default: 1.1]
    #[arg(long, value_name = "POINTS", value_parser = |text: &str| Style::read("line-width", text))]
    pub line_width: Option<f64>,
    /// Leave out the settings and the seed below the panels
    #[arg(long)]
    pub no_caption: bool,
    /// Pixels per inch of a PNG [default: 300; 144 of an animation]
    #[arg(long, value_name = "N", value_parser = |text: &str| Style::read("dpi", text))]
    pub dpi: Option<f64>,
}

/// Which of the two plots of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlotPart {
    /// The losses.
    Loss,
    /// Other quantities.
    Lower,
    /// One below the other.
    #[default]
    Both,
}

/// Which curves a picture of runs has, and its colours.
#[derive(Clone, Debug, Args)]
pub struct CurveArgs {
    /// Which of the two plots
    #[arg(long, value_name = "PLOT", value_enum, default_value_t)]
    pub plot: PlotPart,
    /// Columns of the lower plot [default: feature_alignment,population_alignment]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', value_parser = super::plot::lower_metric)]
    pub lower: Vec<Metric>,
    /// Losses on a logarithmic axis
    #[arg(long)]
    pub log_loss: bool,
    /// The lower plot on a logarithmic axis
    #[arg(long)]
    pub log_lower: bool,
    /// Colours on white, colours on dark, or black and greys on white
    #[arg(long, value_name = "THEME", value_parser = super::plot::themes(), default_value = "light")]
    pub theme: String,
}

/// Arguments of `grokscope plot`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "The ending of --out says the format. One run is drawn with its thresholds and with \
         where it fits and generalises; several are told apart by the settings in which they \
         differ. The caption has every setting that is not the default, and the seed.\n\n\
         Examples:\n  \
         grokscope plot runs/grokking --out loss.svg --plot loss\n  \
         grokscope plot runs/a runs/b --out both.pdf --width 85mm --theme black\n  \
         grokscope plot runs/grokking --out norm.png --plot lower --lower weight_norm_sq\n\n",
        exit_codes!()
    )
)]
pub struct PlotArgs {
    /// Directories that `grokscope run` wrote, or CSV files of runs
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The file to write, with the ending .svg, .pdf or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What of the runs, and how.
    #[command(flatten)]
    pub curves: CurveArgs,
    /// Runs that differ in nothing but their seed as a median with a band
    #[arg(long)]
    pub seeds: bool,
    /// A title above it
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Size and lines.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// Arguments of `grokscope animate`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "The ending of --out says the form: .gif, .apng, or .png for a file for each frame, \
         NAME-001.png and so on. Over time the curves are drawn as they are trained; over a \
         setting each frame is a run of its own, and --engine flow takes seconds where \
         gradient descent takes minutes.\n\n\
         Examples:\n  \
         grokscope animate runs/grokking --out grokking.gif\n  \
         grokscope animate --preset grokking --over network.alpha=0.03..3:log --engine flow \
         --frames 40 --out alpha.gif\n\n\
         Ctrl-C, SIGTERM and SIGHUP end it: no GIF or APNG is left then, numbered files \
         are.\n\n",
        exit_codes!()
    )
)]
pub struct AnimateArgs {
    /// A directory that `grokscope run` wrote, or a CSV file of a run
    #[arg(value_name = "RUN", conflicts_with_all = ["preset", "config"])]
    pub run: Option<PathBuf>,
    /// Preset, config file and instance.
    #[command(flatten)]
    pub source: Source,
    /// Set one setting, as often as needed (`grokscope fields` lists them)
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Form of the dynamics
    #[arg(long, value_name = "ENGINE", value_parser = ["moments", "neurons", "flow"])]
    pub engine: Option<String>,
    /// What moves: time, or a setting between two values, with :log or :lin
    #[arg(long, value_name = "time|KEY=FROM..TO", value_parser = Over::read, default_value = "time")]
    pub over: Over,
    /// Number of frames, 2 to 1000
    #[arg(long, value_name = "N", default_value = "60")]
    pub frames: usize,
    /// Frames a second, 0.5 to 50
    #[arg(long, value_name = "N", default_value = "15")]
    pub rate: f64,
    /// Runs that are trained at the same time; all processors by default
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
    /// What of the runs, and how.
    #[command(flatten)]
    pub curves: CurveArgs,
    /// A title before the step or the value
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The file to write, with the ending .gif, .apng or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Size and lines.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// The commands of a sweep.
#[derive(Clone, Debug, Subcommand)]
pub enum SweepCommand {
    /// Compute the cells of a spec, or a shard of them, into a directory
    Run(SweepRunArgs),
    /// Make results.jsonl and results.csv of what all attempts have computed
    Merge(SweepMergeArgs),
    /// Draw the phase diagram of what all attempts have computed
    Picture(SweepPictureArgs),
    /// Run the shards on a cluster: Slurm, HyperQueue, GNU parallel or Kubernetes
    Submit(Box<SweepSubmitArgs>),
    /// Show what is done and what is missing
    Status {
        /// Directory of the sweep
        dir: PathBuf,
    },
}

/// Arguments of `grokscope sweep merge`.
#[derive(Args, Clone, Debug)]
pub struct SweepMergeArgs {
    /// Directory of the sweep
    pub dir: PathBuf,
    /// Also write the curves of all finished cells, cells × times, for NumPy; they
    /// are computed anew
    #[arg(long, value_name = "FILE.npz")]
    pub curves: Option<PathBuf>,
    /// Threads that compute curves; all processors by default
    #[arg(long, value_name = "N", requires = "curves")]
    pub threads: Option<NonZero<usize>>,
}

/// Arguments of `grokscope sweep picture`.
#[derive(Args, Clone, Debug)]
pub struct SweepPictureArgs {
    /// Directory of the sweep
    pub dir: PathBuf,
    /// The file to write, with the ending .svg, .pdf or .png
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What the colours show; the delay in steps (t_test − t_train), its ratio, the
    /// same at 10 % or 50 % of the zero predictor's loss, and more
    #[arg(long, value_name = "MEASURE", value_parser = Measure::by_name, default_value = "delay_steps")]
    pub measure: Measure,
    /// Draw cells that never generalise as a delay of 0, as the paper's authors did
    #[arg(long)]
    pub never_as_zero: bool,
    /// Width and height of a picture for a screen, in points: a PNG without --width is
    /// one
    #[arg(long, value_name = "WxH", value_parser = size, default_value = "720x640")]
    pub size: [u32; 2],
    /// Pixels for each point of it, 0.5 to 4
    #[arg(long, value_name = "FACTOR", value_parser = resolution, default_value = "1")]
    pub resolution: f32,
    /// Colours on white, colours on dark, or black and greys on white [default: dark for
    /// a screen, light for print]
    #[arg(long, value_name = "THEME", value_parser = super::plot::themes())]
    pub theme: Option<String>,
    /// Size and lines of a figure for print.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// Arguments of `grokscope sweep submit`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Writes DIR/submit/sweep.toml and a script, and submits it. With --resume \
                        it submits the shards that are incomplete."
)]
pub struct SweepSubmitArgs {
    /// The spec
    pub spec: PathBuf,
    /// What runs the shards
    #[arg(long, value_name = "ENGINE", value_parser = queue_names())]
    pub engine: String,
    /// Directory of the sweep; by default the spec's name without its ending
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Number of shards; 16 by default, or what the sweep was begun with
    #[arg(long, value_name = "N")]
    pub shards: Option<NonZero<usize>>,
    /// Processors of each task
    #[arg(long, value_name = "N", default_value = "1")]
    pub cpus: NonZero<usize>,
    /// Time limit of a task, in the queueing system's own form: 01:00:00 (slurm),
    /// "12h 30m" (hyperqueue), 90m (parallel), 3600 (k8s)
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// Memory of a task: 4G (slurm), 4Gi (k8s)
    #[arg(long, value_name = "SIZE")]
    pub mem: Option<String>,
    /// Partition of a Slurm cluster
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Account that a Slurm cluster charges
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Quality of service of a Slurm cluster
    #[arg(long, value_name = "NAME")]
    pub qos: Option<String>,
    /// Any other option of sbatch, hq submit or parallel, as one word and as often as
    /// needed: --extra-arg=--gres=gpu:1
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub extra_arg: Vec<String>,
    /// Container image that has grokscope (Kubernetes)
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Claim of the volume that is mounted where DIR is (Kubernetes)
    #[arg(long, value_name = "NAME")]
    pub claim: Option<String>,
    /// Submit what is missing according to the results in the directory
    #[arg(long)]
    pub resume: bool,
    /// Print the script; write and submit nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn queue_names() -> Vec<&'static str> {
    Queue::NAMES.iter().map(|(name, _)| *name).collect()
}

/// Arguments of `grokscope sweep run`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "Ctrl-C, SIGTERM and SIGHUP keep the cells under way where they stand and exit with 75; a \
         second Ctrl-C or SIGTERM ends it at once. Cells are also kept every 30 s. Either way \
         --resume goes on, to the same results.\n\n",
        exit_codes!()
    )
)]
pub struct SweepRunArgs {
    /// The spec, such as assets/sweeps/figure3e.toml
    pub spec: PathBuf,
    /// Directory of the sweep; made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Threads that compute cells; all processors by default
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
    /// Compute shard i of n only, i from 0 to n - 1; shards may run at the same time
    #[arg(long, value_name = "i/n", default_value = "0/1")]
    pub shard: Shard,
    /// Go on from what all attempts in the directory have computed
    #[arg(long)]
    pub resume: bool,
}

/// Arguments of `grokscope picture`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = concat!(
        "Ctrl-C, SIGTERM and SIGHUP end the training; the picture then shows the run as it \
         stands.\n\n",
        exit_codes!()
    )
)]
pub struct PictureArgs {
    /// Preset, config file and instance.
    #[command(flatten)]
    pub source: Source,
    /// Set one setting, as often as needed (`grokscope fields` lists them)
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// A figure of the paper instead (`grokscope figure` lists them)
    #[arg(long, value_name = "ID", conflicts_with_all = ["preset", "config", "instance", "set"])]
    pub figure: Option<String>,
    /// Width and height of the window, in points, from 640x420
    #[arg(long, value_name = "WxH", value_parser = window_size, default_value = "1280x800")]
    pub size: [u32; 2],
    /// Pixels for each point, 0.5 to 4
    #[arg(long, value_name = "FACTOR", value_parser = resolution, default_value = "1")]
    pub resolution: f32,
    /// Colours
    #[arg(long, value_name = "THEME", value_parser = ["dark", "light"], default_value = "dark")]
    pub theme: String,
    /// Loss on a logarithmic axis
    #[arg(long)]
    pub log_loss: bool,
    /// The PNG to write
    #[arg(long, value_name = "FILE.png")]
    pub out: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn whole_numbers_may_be_written_with_an_exponent() {
        assert_eq!(whole("1e6"), Ok(1_000_000));
        assert_eq!(whole("18446744073709551615"), Ok(u64::MAX));
        for bad in ["1.5", "-3", "many", "1e300", "nan", ""] {
            assert!(whole(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn records_are_lists_or_densities() {
        assert_eq!(record("log:20"), Ok(Record::PerDecade(20)));
        assert_eq!(record("1, 2,1e3"), Ok(Record::Steps(vec![1, 2, 1_000])));
        for bad in ["", "1,,2", "log:", "log:0", "log:-3", "3,2", "2,2", "x"] {
            assert!(record(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_assignment_needs_a_key() {
        assert_eq!(assignment("a.b = 3"), Ok(("a.b".into(), "3".into())));
        assert!(assignment("a.b").is_err() && assignment("=3").is_err());
    }
}
